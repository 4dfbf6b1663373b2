"""What a learner does on a board, in a real browser against real runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from drawn import settled
from playwright.sync_api import Page, expect

Show = Callable[..., Page]


def staff(page: Page) -> Any:
    return page.get_by_role("slider", name="Staff of the complaint desk")


def chart(page: Page, title: str) -> Any:
    return page.locator("figure.chart", has_text=title).locator("canvas")


def height(page: Page) -> float:
    """How high the line of the answer time runs, on an axis that never moves."""
    return float(chart(page, "Time to the answer").evaluate("canvas => window.pixels.height(canvas, '#0072b2')"))


def hashes(page: Page) -> list[int]:
    settled(page)
    found: list[int] = page.locator("figure.chart canvas").evaluate_all("all => all.map(window.pixels.hash)")
    return found


def told(page: Page) -> list[Any]:
    """The chart whose axis never moves, and the numbers in words."""
    return [hashes(page)[0], *page.locator(".number").all_text_contents()]


def at_rest(page: Page) -> None:
    """Wait until the move has been answered and counts as made."""
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    expect(page.locator(".custsim")).to_have_attribute("aria-busy", "false")


def test_fewer_staff_moves_the_line_up_and_more_staff_down(show: Show) -> None:
    page = show("board")
    slider = staff(page)
    slider.press("Home")  # one person
    at_rest(page)
    page.wait_for_function("() => document.querySelector('.change').textContent !== 'no change'")
    hashes(page)
    few = height(page)
    slider.press("End")
    settled(page)
    assert few > height(page) + 0.05


def test_a_drag_with_the_mouse_moves_every_chart_and_counts_as_one_step(show: Show) -> None:
    page = show("board")
    before, picture = told(page), hashes(page)
    box = staff(page).bounding_box()
    assert box
    value = int(staff(page).input_value())
    share = (value - 1) / (int(staff(page).get_attribute("max") or 0) - 1)
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 12 + share * (box["width"] - 24), y)
    page.mouse.down()
    page.mouse.move(box["x"] + 2, y, steps=15)
    page.mouse.up()
    at_rest(page)
    expect(staff(page)).to_have_js_property("value", "1")
    page.wait_for_function("() => document.querySelector('.change').textContent !== 'no change'")
    assert all(one != other for one, other in zip(picture, hashes(page), strict=True))
    page.get_by_role("button", name="Undo").click()
    expect(staff(page)).to_have_js_property("value", str(value))
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert told(page) == before


def test_undo_redo_and_reset_bring_settings_back(show: Show) -> None:
    page = show("board")
    untouched = told(page)
    start = staff(page).input_value()
    staff(page).press("Home")
    at_rest(page)
    settled(page, rest=True)
    moved = told(page)
    assert moved != untouched
    page.get_by_role("button", name="Undo").click()
    expect(staff(page)).to_have_js_property("value", start)
    assert told(page) == untouched
    page.get_by_role("button", name="Redo").click()
    expect(staff(page)).to_have_js_property("value", "1")
    assert told(page) == moved
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(staff(page)).to_have_js_property("value", start)
    assert told(page) == untouched


def test_a_key_press_that_has_not_come_to_rest_can_be_undone_at_once(show: Show) -> None:
    page = show("board")
    start = staff(page).input_value()
    staff(page).press("Home")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.get_by_role("button", name="Undo").click()
    expect(staff(page)).to_have_js_property("value", start)
    expect(page.locator(".custsim > .problem")).to_be_empty()


def test_the_small_button_takes_one_control_back(show: Show) -> None:
    page = show("board")
    start = staff(page).input_value()
    back = page.get_by_role("button", name="Staff of the complaint desk: back to")
    expect(back).to_be_hidden()
    staff(page).press("Home")
    expect(back).to_be_visible()
    back.click()
    expect(staff(page)).to_have_js_property("value", start)
    expect(staff(page)).to_be_focused()
    expect(back).to_be_hidden()


def test_choices_move_the_board_too(show: Show) -> None:
    page = show("board")
    before = hashes(page)
    group = page.get_by_role("radiogroup", name="How a prospect decides")
    group.get_by_role("radio", checked=False).first.check()
    at_rest(page)
    assert hashes(page) != before


def test_a_shared_text_restores_the_setting_elsewhere(show: Show) -> None:
    page = show("board")
    staff(page).press("Home")
    at_rest(page)
    settled(page, rest=True)
    page.get_by_role("button", name="Share", exact=True).click()
    text = page.get_by_label("This setting as a text").input_value()
    there = hashes(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.").or_(page.get_by_text("Selected: copy it with Ctrl+C."))).to_be_visible()
    other = show("board")
    other.get_by_role("button", name="Share", exact=True).click()
    other.get_by_label("A text you were given").fill(text)
    other.get_by_label("A text you were given").press("Enter")
    expect(staff(other)).to_have_js_property("value", "1")
    assert hashes(other) == there


def test_a_text_that_is_no_setting_is_told_and_nothing_moves(show: Show) -> None:
    page = show("board")
    before = hashes(page)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_label("A text you were given").fill("nonsense")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    assert hashes(page) == before


def test_a_frozen_reference_is_what_changes_are_measured_against(show: Show) -> None:
    page = show("board")
    staff(page).press("Home")
    at_rest(page)
    settled(page, rest=True)
    page.get_by_role("button", name="Freeze as reference").click()
    expect(page.locator(".key")).to_contain_text("the setting you froze")
    expect(page.locator(".change").first).to_have_text("no change")
    frozen = hashes(page)
    page.get_by_role("button", name="Reference: back to the start").click()
    expect(page.locator(".key")).to_contain_text("the start")
    expect(page.locator(".change").first).not_to_have_text("no change")
    assert hashes(page) != frozen


def test_the_month_under_the_pointer_is_read_out_on_every_chart(show: Show) -> None:
    page = show("board")
    box = chart(page, "Profit").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    settled(page)
    assert chart(page, "Profit").bounding_box() == box  # nothing jumps
    told = page.locator("figure.chart .readout").all_text_contents()
    assert len({text.partition(",")[0] for text in told}) == 1
    assert told[0].startswith("Month 1")
    page.mouse.move(5, 5)
    expect(page.locator("figure.chart .readout").first).to_be_empty()


def test_months_can_be_read_by_keyboard(show: Show) -> None:
    page = show("board")
    canvas = chart(page, "Profit")
    canvas.focus()
    canvas.press("Home")
    canvas.press("ArrowRight")
    readout = page.locator("figure.chart", has_text="Profit").locator(".readout")
    expect(readout).to_contain_text("Month 2, now (before):")
    expect(readout).to_have_attribute("aria-live", "polite")
    canvas.press("End")
    expect(readout).to_contain_text("Month 36 (year 3), now (before):")
    canvas.press("Escape")
    expect(readout).to_be_empty()


def test_controls_wait_for_the_prediction(show: Show) -> None:
    page = show("predicted")
    slider = page.get_by_role("slider", name="Pay against the market")
    expect(slider).to_be_disabled()
    page.get_by_label("What will pay do?").fill("55 %")
    page.get_by_role("button", name="That is my guess").click()
    expect(page.locator(".reveal")).to_contain_text("40")
    expect(slider).to_be_enabled()
    before = hashes(page)
    slider.press("Home")
    at_rest(page)
    assert hashes(page) != before


def test_the_meaning_of_a_control_is_there_for_the_asking(show: Show) -> None:
    page = show("board")
    info = page.get_by_role("button", name="About: Staff of the complaint desk")
    expect(info).to_have_attribute("aria-expanded", "false")
    info.click()
    expect(info).to_have_attribute("aria-expanded", "true")
    meaning = page.locator(f"#{info.get_attribute('aria-controls')}")
    expect(meaning).to_contain_text("Source:")
    expect(meaning).to_be_visible()


def test_what_is_sent_is_only_what_differs_from_the_start(show: Show, served: Any) -> None:
    page = show("board")
    count = len(served.sent)
    staff(page).press("Home")
    at_rest(page)
    settled(page, rest=True)
    moves = [message for message in served.sent[count:] if message["do"] == "move"]
    assert [json.dumps(message["setting"]) for message in moves] == ['{"complaints.staff": 1}'] * len(moves)
    assert [message["rest"] for message in moves] == [False, True]


def test_sliders_move_by_the_places_that_are_lived_ahead(show: Show, served: Any, parts: Any) -> None:
    levers = parts["scales"].levers
    assert {lever.log for lever in levers} == {True, False}
    page = show("scales")
    for lever in levers:
        slider = page.get_by_role("slider", name=lever.label)
        for key, step in (("ArrowRight", 1), ("ArrowLeft", -1)):
            value = lever.start
            for _ in range(3):
                value = lever.beside(value, step)
                if value is None:
                    break
                count = len(served.sent)
                slider.press(key)
                sent = sent_after(page, served, count)
                assert lever.read(sent["setting"][lever.path]) == value, lever
            page.get_by_role("button", name="Reset").click()
            expect(page.get_by_role("button", name="Reset")).to_be_disabled()


def sent_after(page: Page, served: Any, count: int) -> Any:
    """Wait for the next move after so many messages."""
    for _ in range(500):
        moves = [message for message in served.sent[count:] if message["do"] == "move"]
        if moves:
            return moves[0]
        page.wait_for_timeout(10)
    raise AssertionError("no move was sent")
