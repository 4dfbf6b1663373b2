"""Questions, predictions and evidence, answered as a learner answers them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from drawn import settled
from playwright.sync_api import Locator, Page, expect

Show = Callable[..., Page]


def verdict(page: Page) -> Locator:
    return page.locator(".verdict")


def test_a_right_number_is_accepted_and_explained(show: Show) -> None:
    page = show("number")
    field = page.get_by_label("What is a customer worth?")
    field.fill("300.00 EUR")
    field.press("Enter")
    expect(verdict(page)).to_contain_text("✓ Right.")
    expect(verdict(page)).to_contain_text("Margin times expected life.")
    expect(verdict(page)).to_have_attribute("role", "status")
    expect(verdict(page)).to_contain_text("1 try")


def test_wrong_numbers_get_a_hint_and_then_the_answer(show: Show) -> None:
    page = show("number")
    field = page.get_by_label("What is a customer worth?")
    expect(verdict(page)).to_be_hidden()
    for tries in range(1, 4):
        field.fill(str(1000 + tries))
        page.get_by_role("button", name="Check").click()
        expect(verdict(page)).to_contain_text(f"{tries} tr")
        expect(verdict(page)).to_contain_text("✗ Not yet.")
    expect(verdict(page)).to_contain_text("Use the formula.")
    verdict(page).get_by_role("button", name="Show the answer").click()
    expect(verdict(page)).to_contain_text("300")


def test_an_empty_answer_is_not_sent(show: Show) -> None:
    page = show("number")
    page.get_by_label("What is a customer worth?").press("Enter")
    settled(page)
    expect(verdict(page)).to_be_hidden()


def test_one_option_is_chosen_by_keyboard(show: Show) -> None:
    page = show("choice")
    page.get_by_role("radio", name="The satisfied").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Check").press("Enter")
    expect(verdict(page)).to_contain_text("✗ Not yet.")
    expect(page.locator(".custsim")).to_contain_text("They stay.")
    page.get_by_role("radio", name="The satisfied").press("ArrowDown")
    page.get_by_role("button", name="Check").press("Enter")
    expect(verdict(page)).to_contain_text("✓ Right.")
    expect(verdict(page)).to_contain_text("Silence is exit.")


def test_of_several_chosen_each_is_told_once_under_its_option(show: Show) -> None:
    page = show("several")
    page.get_by_role("checkbox", name="A").check()
    page.get_by_role("checkbox", name="B").check()
    page.get_by_role("button", name="Check").click()
    expect(verdict(page)).to_contain_text("✗ Not yet. What is said under each answer tells why.")
    expect(verdict(page)).not_to_contain_text("No.")
    expect(page.locator("ul.options .says")).to_have_text(["", "✗ No.", ""])


def test_of_one_chosen_it_is_told_once_in_the_verdict(show: Show) -> None:
    page = show("choice")
    page.get_by_role("radio", name="The satisfied").check()
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("They stay.")).to_have_count(1)
    expect(verdict(page)).to_contain_text("✗ Not yet. They stay.")


def test_all_that_are_right_have_to_be_chosen(show: Show) -> None:
    page = show("several")
    page.get_by_role("checkbox", name="A").check()
    page.get_by_role("button", name="Check").click()
    expect(verdict(page)).to_contain_text("✗ Not yet.")
    page.get_by_role("checkbox", name="C").check()
    page.get_by_role("button", name="Check").click()
    expect(verdict(page)).to_contain_text("✓ Right.")


def test_a_guess_that_may_be_a_fraction_or_per_cent_is_asked_back(show: Show) -> None:
    page = show("share")
    field, guess = page.get_by_role("textbox"), page.get_by_role("button", name="That is my guess")
    field.fill("0.4")
    guess.click()
    expect(page.get_by_role("alert").filter(has_text="mean")).to_have_text(
        "Do you mean 0.4 % or 40 %? Write it with the % sign."
    )
    expect(page.locator(".reveal")).to_be_hidden()
    field.fill("0.4 %")
    guess.click()
    expect(page.locator(".reveal")).to_contain_text("You said 0.40 %")


def test_a_guess_is_held_against_the_outcome_and_stands(show: Show) -> None:
    page = show("guess")
    field = page.get_by_label("How many of 100 complain?")
    field.fill("many")
    page.get_by_role("button", name="That is my guess").click()
    expect(page.get_by_role("alert").first).to_contain_text("I find no number in 'many'")
    field.fill("45")
    page.get_by_role("button", name="That is my guess").click()
    expect(page.locator(".reveal")).to_contain_text("Your guess")
    expect(page.locator(".reveal")).to_contain_text("Few do.")
    expect(field).to_be_disabled()
    mine, outcome = (page.locator(f".two-bars .{kind}").bounding_box() for kind in ("mine", "outcome"))
    assert mine
    assert outcome
    assert abs(mine["width"] / outcome["width"] - 45 / 4) < 0.5


def test_a_guess_out_of_range_is_told(show: Show) -> None:
    page = show("guess")
    page.get_by_label("How many of 100 complain?").fill("450")
    page.get_by_role("button", name="That is my guess").click()
    expect(page.locator(".custsim > .problem")).to_contain_text("100")


def draw(page: Page, *points: tuple[float, float]) -> None:
    """Draw with the mouse, in shares of the canvas."""
    canvas = page.locator("canvas.drawing")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_a_curve_is_drawn_and_the_outcome_appears_beside_it(show: Show) -> None:
    page = show("curve")
    done = page.get_by_role("button", name="That is my guess")
    expect(done).to_be_disabled()
    draw(page, (0.15, 0.7), (0.5, 0.4), (0.9, 0.1))
    canvas = page.locator("canvas.drawing")
    assert (canvas.get_attribute("aria-label") or "").startswith("Your curve.")
    before = canvas.evaluate("window.pixels.hash")
    done.click()
    expect(page.locator(".reveal")).to_be_visible()
    expect(page.locator(".key")).to_contain_text("Your guess")
    settled(page)
    assert canvas.evaluate("window.pixels.hash") != before
    # the outcome is 5 of 0 to 10, level: half way up the axis, which fills most of the canvas
    assert 0.5 < float(canvas.evaluate("c => window.pixels.height(c, '#0072b2')")) < 0.6
    expect(done).to_be_hidden()


def test_a_rising_stroke_makes_a_rising_curve(show: Show, served: object) -> None:
    page = show("curve")
    draw(page, (0.2, 0.75), (0.9, 0.1))
    page.get_by_role("button", name="That is my guess").click()
    expect(page.locator(".reveal")).to_be_visible()
    curve = served.sent[-1]["curve"]  # type: ignore[attr-defined]
    assert len(curve) == 24
    assert all(one <= other for one, other in pairwise(curve))
    assert curve[-1] > 8
    assert curve[0] < 2


def test_a_curve_can_be_entered_by_keyboard_alone(show: Show, served: object) -> None:
    page = show("curve")
    page.get_by_text("Enter points instead of drawing").press("Enter")
    fields = page.locator(".points input")
    first, last = fields.first, fields.last
    first.fill("2")
    last.fill("8")
    last.press("Tab")
    done = page.get_by_role("button", name="That is my guess")
    expect(done).to_be_enabled()
    done.press("Enter")
    expect(page.locator(".reveal")).to_be_visible()
    curve = served.sent[-1]["curve"]  # type: ignore[attr-defined]
    assert curve[0] == 2
    assert curve[-1] == 8
    assert abs(curve[12] - (2 + 6 * 12 / 23)) < 0.01  # straight in between


def test_a_point_of_a_curve_is_read_as_it_was_meant_or_asked_again(show: Show, served: object) -> None:
    page = show("curve")
    page.get_by_text("Enter points instead of drawing").press("Enter")
    first, last = page.locator(".points input").first, page.locator(".points input").last
    problem = page.get_by_role("alert").filter(has_text="write a number from 0 to 10")
    for unreadable in ("1.234,5", "1/3", "2 or 3", "11", "2k"):
        first.fill(unreadable)
        first.press("Tab")
        expect(problem).to_be_visible()
    first.fill("2,5")
    last.fill("7.5")
    last.press("Tab")
    expect(problem).to_have_count(0)
    page.get_by_role("button", name="That is my guess").click()
    expect(page.locator(".reveal")).to_be_visible()
    curve = served.sent[-1]["curve"]  # type: ignore[attr-defined]
    assert (curve[0], curve[-1]) == (2.5, 7.5)


def test_a_guess_with_a_decimal_comma_is_not_ten_times_as_large(show: Show) -> None:
    page = show("guess")
    page.get_by_label("How many of 100 complain?").fill("12,5")
    page.get_by_role("button", name="That is my guess").click()
    expect(page.locator(".reveal")).to_contain_text("You said 12.5;")


@pytest.mark.parametrize("kind", ["number", "share", "table"])
def test_no_line_ends_between_a_number_and_its_unit(show: Show, kind: str) -> None:
    page = show(kind)
    if kind != "table":
        page.get_by_role("textbox").fill("300 EUR" if kind == "number" else "0.4")
        page.locator("form button").first.click()
    text = page.locator("section.custsim").filter(has_text=re.compile("Right|mean|Share")).text_content() or ""
    assert re.search(r"\d\u00a0(%|EUR)", text) or kind == "number"
    assert re.search(r"\d (%|[A-Z]{3}\b)", text) is None


def test_drawing_can_be_begun_again(show: Show) -> None:
    page = show("curve")
    draw(page, (0.2, 0.75), (0.9, 0.1))
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("button", name="That is my guess")).to_be_disabled()


def test_evidence_names_its_strength_and_sources(show: Show) -> None:
    page = show("evidence")
    box = page.get_by_role("complementary", name="What the evidence says")
    expect(box).to_contain_text("24 are silent.")
    expect(box.get_by_role("listitem")).to_contain_text("TARP 1981")
    expect(box.locator(".strength")).to_contain_text("ore")  # "Lore: ..."
