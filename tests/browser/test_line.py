"""The line to the component: one change under way, the newest waiting, a sign for a wait, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from drawn import settled
from playwright.sync_api import Page, expect

from custsim.widgets.browser import script

Show = Callable[..., Page]

VIEW: dict[str, Any] = {
    "is": "view", "setting": {}, "reference": {}, "scales": {"staff": [0, 12]}, "undo": False, "redo": False,
    "share": "fake:4", "said": "staff 4",
    "numbers": [{"name": "staff", "label": "Staff", "text": "4", "change": "", "direction": "same", "good": None}],
}  # fmt: skip

#: a board written by hand, for a page that answers itself
BOARD: dict[str, Any] = {
    "kind": "board", "id": "fake", "title": "By hand", "intro": "", "currency": "EUR", "months": 24,
    "groups": [{"link": "complaints", "label": "Complaints", "controls": ["complaints.staff"]}],
    "controls": [{"path": "complaints.staff", "label": "Staff", "kind": "range", "unit": "persons", "low": 1,
                  "high": 12, "step": 1, "scale": "linear", "decimals": 0, "start": 4, "meaning": "Staff.",
                  "source": "assumption", "percent": False}],
    "series": [{"name": "staff", "chart": "staff", "label": "Staff", "unit": "persons", "colour": "blue"}],
    "charts": [{"id": "staff", "title": "Staff", "unit": "persons", "series": ["staff"]}],
    "numbers": [{"name": "staff", "label": "Staff", "unit": "persons"}],
    "panels": [], "guess": None, "view": VIEW, "reference": [[4.0] * 24],
}  # fmt: skip


def fake(show: Show, delay: int, board: dict[str, Any] = BOARD) -> Page:
    page = show()
    page.evaluate("([board, delay]) => { window.fake = window.fakeBoard(board, delay); }", [board, delay])
    idle(page)
    return page


def idle(page: Page) -> None:
    page.wait_for_function("() => window.fake.flying === 0")


def sent(page: Page, do: str = "move") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("do_ => window.fake.sent.filter(one => one.do === do_)", do)
    return found


def slider(page: Page) -> Any:
    return page.get_by_role("slider", name="Staff")


def drag(page: Page, steps: int = 30) -> None:
    """Drag from the first value to the last, as fast as the mouse can."""
    box = slider(page).bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 12 + 3 / 11 * (box["width"] - 24), y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, y, steps=steps)
    page.mouse.up()


def test_a_fast_drag_keeps_one_move_under_way_and_ends_where_the_finger_is(show: Show) -> None:
    fine = BOARD | {"controls": [BOARD["controls"][0] | {"step": 0.01, "decimals": 2}]}
    page = fake(show, 200, fine)
    page.evaluate(
        """() => {
             window.passed = [];
             document.querySelector('input[type=range]').addEventListener('input', (event) =>
               window.passed.push([event.target.value, performance.now()]));
           }"""
    )
    drag(page)
    page.wait_for_function("() => document.querySelector('.value').textContent === '12'")
    idle(page)
    moves, passed = sent(page), page.evaluate("window.passed")
    took = passed[-1][1] - passed[0][1]
    assert page.evaluate("window.fake.most") == 1
    assert len(passed) >= 20
    assert len(moves) <= took / 200 + 3  # one at once, then one an answer, and the newest at the end, which rests
    assert moves[-1]["setting"] == {"complaints.staff": 12}
    assert moves[-1]["rest"] is True
    expect(slider(page)).to_have_js_property("value", "12")
    assert float(page.locator("canvas").evaluate("c => window.pixels.height(c, '#0072b2')")) > 0.8


def test_a_drag_is_shown_on_the_way_when_answers_are_quick(show: Show) -> None:
    page = fake(show, 5)
    box = slider(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + 12 + 3 / 11 * (box["width"] - 24), box["y"] + 16)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 16, steps=4)
    page.wait_for_function("() => Number(document.querySelector('.value').textContent) > 4")
    assert [move["rest"] for move in sent(page)] == [False] * len(sent(page))
    page.mouse.up()
    idle(page)
    assert sent(page)[-1]["rest"] is True


def test_messages_are_numbered_upwards(show: Show) -> None:
    page = fake(show, 5)
    drag(page, 5)
    idle(page)
    numbers = [one["n"] for one in page.evaluate("window.fake.sent")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_wait_is_shown_only_when_it_is_long(show: Show) -> None:
    page = fake(show, 50)
    page.evaluate(
        """() => {
             window.waited = false;
             const look = () => { window.waited ||= document.querySelector('.busy').textContent !== ''; };
             new MutationObserver(look).observe(document.querySelector('.busy'), { childList: true, subtree: true });
           }"""
    )
    slider(page).press("ArrowRight")
    page.wait_for_timeout(800)
    assert page.evaluate("window.waited") is False
    page.evaluate("window.fake.delay = 700")
    slider(page).press("ArrowRight")
    expect(page.locator(".busy")).to_contain_text("Working")
    expect(page.locator(".custsim")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".busy")).to_be_empty()
    expect(page.locator(".custsim")).to_have_attribute("aria-busy", "false")


def test_a_move_that_was_lost_with_the_connection_is_made_again(show: Show) -> None:
    page = fake(show, 5)
    page.evaluate("window.fake.deaf = true")
    slider(page).press("End")
    page.evaluate("window.fake.deaf = false; window.fake.screen.refresh()")
    page.wait_for_function("() => document.querySelector('.value').textContent === '12'")
    expect(slider(page)).to_have_js_property("value", "12")


def test_a_refused_move_is_told_and_the_control_goes_back(show: Show) -> None:
    page = fake(show, 5)
    page.evaluate("window.fake.refuses = true")
    slider(page).press("End")
    expect(page.get_by_role("alert")).to_have_text("that cannot be")
    expect(slider(page)).to_have_js_property("value", "4")
    page.evaluate("window.fake.refuses = false")
    slider(page).press("End")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(slider(page)).to_have_js_property("value", "12")


def test_what_another_screen_of_the_same_component_did_is_followed(show: Show) -> None:
    page = fake(show, 5)
    page.evaluate(
        """view => window.fake.transport.onmessage({ ...view, n: 7, setting: { 'complaints.staff': 9 } },
                                                   new Float32Array(24).fill(9))""",
        VIEW,
    )
    expect(slider(page)).to_have_js_property("value", "9")


def test_the_summary_for_a_screen_reader_waits_for_rest(show: Show) -> None:
    page = fake(show, 5)
    page.wait_for_timeout(900)
    page.evaluate(
        """() => {
             window.said = [];
             const place = document.querySelector('.custsim > .unseen');
             new MutationObserver(() => window.said.push(place.textContent)).observe(place, { childList: true });
           }"""
    )
    drag(page, 25)
    page.wait_for_function("() => window.said.length > 0")
    page.wait_for_timeout(800)
    assert page.evaluate("window.said") == ["staff 12"]


def test_a_logarithmic_slider_runs_by_ratio_and_keeps_its_ends(show: Show) -> None:
    wide = BOARD["controls"][0] | {"scale": "log", "positions": 1000, "low": 1, "high": 123456, "start": 4}
    page = fake(show, 5, BOARD | {"controls": [wide]})
    for key, value in (("End", 123456), ("Home", 1)):
        slider(page).press(key)
        idle(page)
        assert sent(page)[-1]["setting"] == {"complaints.staff": value}
    slider(page).evaluate("input => { input.value = 500; input.dispatchEvent(new Event('input')); }")
    idle(page)
    middle = sent(page)[-1]["setting"]["complaints.staff"]
    assert middle == round(123456**0.5)  # half the way is the geometric mean of 1 and 123,456
    expect(slider(page)).to_have_attribute("aria-valuetext", f"{middle} persons")


def test_a_board_that_was_hidden_is_drawn_when_it_appears(show: Show) -> None:
    """A step of a workshop that is not yet revealed, or a notebook in a tab behind another."""
    page = show()
    page.evaluate(
        """board => {
             document.querySelector('main').hidden = true;
             window.fake = window.fakeBoard(board, 5);
           }""",
        BOARD,
    )
    settled(page)
    page.evaluate("document.querySelector('main').hidden = false")
    settled(page)
    assert page.locator("canvas").evaluate("c => window.pixels.height(c, '#0072b2')") is not None


NASTY = "<img src=x onerror='window.hacked=true'><b>bold</b>"


def nasty(value: Any, key: str = "") -> Any:
    """Put markup into every text that a scenario or another person could have written."""
    if isinstance(value, dict):
        return {name: nasty(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [nasty(inner, key) for inner in value]
    shown = {"title", "intro", "label", "meaning", "source", "unit", "text", "said", "share", "question", "options"}
    shown |= {"claim", "says", "sources", "strength_text", "explain", "hint", "headings", "rows", "change", "words"}
    return NASTY if isinstance(value, str) and key in shown else value


@pytest.mark.parametrize(
    "description",
    [
        BOARD,
        {"kind": "number", "id": "a", "title": "t", "question": "q", "unit": "EUR", "percent": False},
        {"kind": "choice", "id": "a", "title": "t", "question": "q", "many": False, "options": ["x", "y"]},
        {"kind": "guess", "id": "a", "title": "t", "question": "q", "form": "number", "unit": "u", "low": 0, "high": 9},
        {"kind": "evidence", "id": "a", "title": "t", "claim": "c", "strength": "lore", "strength_text": "s",
         "sources": ["s"], "says": "s"},
        {"kind": "table", "id": "a", "title": "t", "headings": ["h", "i"], "numeric": [False, True],
         "rows": [["r", "s"]], "says": "s"},
        {"kind": NASTY, "id": "a", "title": "t"},
    ],
    ids=lambda description: str(description["kind"])[:8],
)  # fmt: skip
def test_markup_in_words_is_shown_as_it_is_written(show: Show, description: dict[str, Any]) -> None:
    page = show()
    answers = [
        {"is": "verdict", "right": False, "says": "s", "hint": "h", "explain": "e", "tries": 3, "options": []},
        {"is": "revealed", "guess": 3, "outcome": 4, "says": "s", "explain": "e"},
        {"is": "problem", "text": "t"},
    ]
    page.evaluate(
        """([description, answers]) => {
             const transport = { send() {} };
             window.custsim.mount(document.querySelector('main'), description, transport);
             if (description.kind !== 'board') answers.forEach((one) => transport.onmessage?.(one, null));
           }""",
        [nasty(description), nasty(answers)],
    )
    page.wait_for_timeout(150)  # an image that is asked for fails
    assert page.evaluate("window.hacked") is None
    assert page.locator(".custsim img, .custsim b").count() == 0
    expect(page.locator(".custsim")).to_contain_text(NASTY)


def test_a_further_kind_can_be_registered(show: Show) -> None:
    page = show()
    page.evaluate(
        """() => {
             window.custsim.register('echo', (root, description, line) => {
               root.append(description.title);
               return { receive: (message, numbers) => root.append(` ${message.text} ${numbers[0]}`) };
             });
             const transport = { send: ({ n }) => setTimeout(() =>
               transport.onmessage({ is: 'open', n, text: 'heard' }, new Float32Array([2.5]))) };
             window.custsim.mount(document.querySelector('main'), { kind: 'echo', id: 'e', title: 'Echo' }, transport);
           }"""
    )
    expect(page.locator(".custsim[data-kind=echo]")).to_contain_text("Echo heard 2.5")


def test_a_notebook_draws_and_hears_it_and_cleans_up(show: Show) -> None:
    """What anywidget does: a model that sends, and hears messages whose numbers start at any byte of a buffer."""
    page = show()
    page.evaluate(
        """board => {
             const heard = new Map();
             window.model = { sent: [], get: () => board, send: (message) => window.model.sent.push(message),
               on: (what, hear) => heard.set(hear, what), off: (_, hear) => heard.delete(hear), heard };
             const el = document.querySelector('main');
             window.leave = window.custsim.default.render({ model: window.model, el });
             const bytes = new Uint8Array(3 + 24 * 4);
             new Uint8Array(bytes.buffer, 3).set(new Uint8Array(new Float32Array(24).fill(11).buffer));
             const view = { ...board.view, n: window.model.sent[0].n, setting: { 'complaints.staff': 11 } };
             heard.forEach((what, hear) => what === 'msg:custom' && hear(view, [new DataView(bytes.buffer, 3)]));
           }""",
        BOARD,
    )
    assert page.evaluate("window.model.sent.map((one) => one.do)") == ["look"]
    expect(slider(page)).to_have_js_property("value", "11")
    settled(page)
    assert float(page.locator("canvas").evaluate("c => window.pixels.height(c, '#0072b2')")) > 0.75
    page.evaluate("window.leave()")
    assert page.evaluate("[window.model.heard.size, document.querySelectorAll('.custsim').length]") == [0, 0]


def test_the_modules_are_joined_into_one_without_imports() -> None:
    text = script('import { make } from "./dom.js";\nexport function more() {}\n')
    assert "import {" not in text
    assert "export function more()" in text
    assert text.count("export default") == 1
