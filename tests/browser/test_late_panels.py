"""What takes seconds arrives when the learner has gone on: it calls nobody back, and tells nothing that is not so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_line import BOARD, fake, idle, sent, slider

from custsim.widgets import Choice, Guess, Number, Option, Session

Show = Callable[..., Page]

#: what is asked for in these tests, and the answer to it
ANSWERS: dict[str, dict[str, Any]] = {
    "why": {"is": "why", "words": ["It is the desk."], "bars": [], "unit": "EUR"},
    "customer": {"is": "customer", "person": 41, "words": ["Stays."], "before": [], "difference": "", "lanes": [],
                 "events": {"present": [], "reference": []}, "months": {"present": {}}},
    "band": {"is": "band", "words": ["Within the band."], "numbers": []},
}  # fmt: skip


@pytest.fixture
def page(show: Show) -> Page:
    """A board that answers moves at once, and a panel or the band when the test says so."""
    page = fake(show, 0, BOARD | {"panels": ["why", "customer", "band"]})
    page.evaluate(
        """() => {
             const { transport } = window.fake;
             const send = transport.send;
             transport.send = (message) => {
               window.fake.deaf = ['why', 'customer', 'band'].includes(message.do);
               send(message);
             };
           }"""
    )
    return page


def ask(page: Page, button: str, do: str) -> int:
    """Press a button; gives the number of what was asked."""
    page.get_by_role("button", name=button, exact=True).click()
    return int(sent(page, do)[-1]["n"])


def answer(page: Page, do: str, n: int, setting: dict[str, Any], **more: Any) -> None:
    """Let the answer arrive, for a setting and for the start as reference."""
    message = {**ANSWERS[do], "n": n, "setting": setting, "reference": {}, **more}
    page.evaluate(
        "([message]) => window.fake.transport.onmessage(message, new Float32Array(4 * 24).fill(4))", [message]
    )


def move(page: Page, key: str, to: int) -> None:
    slider(page).press(key)
    expect(page.locator(".numbers .value")).to_have_text(str(to))
    page.wait_for_function("() => window.fake.sent.at(-1).rest === true")  # the keys have come to rest
    idle(page)


def test_an_answer_for_an_earlier_setting_says_so(page: Page) -> None:
    n = ask(page, "Why?", "why")
    move(page, "ArrowRight", 5)
    answer(page, "why", n, {})
    why = page.get_by_role("region", name="Why?")
    expect(why.get_by_text("You have moved a control since then.")).to_be_visible()
    n = ask(page, "Ask again", "why")
    answer(page, "why", n, {"complaints.staff": 5})
    expect(why.get_by_text("You have moved a control since then.")).to_be_hidden()
    expect(why.get_by_role("heading")).to_be_focused()  # the button that was pressed went away


def test_an_answer_for_another_reference_says_so(page: Page) -> None:
    answer(page, "why", ask(page, "Why?", "why"), {}, reference={"complaints.staff": 7})
    expect(page.get_by_text("The reference is another one since then.")).to_be_visible()


@pytest.mark.parametrize("earlier", [{"setting": {}}, {"setting": {"complaints.staff": 5}, "reference": {"x": 1}}])
def test_a_band_of_what_is_not_seen_any_more_is_not_drawn_but_asked_for_anew(
    page: Page, earlier: dict[str, Any]
) -> None:
    n = ask(page, "Band of luck", "band")
    move(page, "ArrowRight", 5)
    answer(page, "band", n, **earlier)
    band = page.get_by_role("button", name="Band of luck")
    expect(band).to_have_attribute("aria-pressed", "false")
    asked = sent(page, "band")
    assert len(asked) == 2
    answer(page, "band", asked[-1]["n"], {"complaints.staff": 5})
    expect(band).to_have_attribute("aria-pressed", "true")


def test_an_answer_leaves_a_learner_who_went_on_where_they_are(page: Page) -> None:
    n = ask(page, "Why?", "why")
    slider(page).press("ArrowRight")
    answer(page, "why", n, {})
    expect(page.get_by_role("region", name="Why?")).to_be_visible()
    expect(slider(page)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".numbers .value")).to_have_text("6")


def test_a_closed_panel_gives_the_focus_back(page: Page) -> None:
    answer(page, "why", ask(page, "Why?", "why"), {})
    page.get_by_role("button", name="Close: Why?").press("Enter")
    expect(page.get_by_role("button", name="Why?", exact=True)).to_be_focused()


def test_one_customer_after_another_by_keyboard_and_a_number_being_typed_stays(page: Page) -> None:
    answer(page, "customer", ask(page, "Meet a customer", "customer"), {})
    other = page.get_by_role("button", name="Someone else")
    other.press("Enter")
    answer(page, "customer", sent(page, "customer")[-1]["n"], {}, person=42)
    field = page.get_by_role("spinbutton", name="Person")
    expect(field).to_have_value("42")
    expect(other).to_be_focused()
    other.press("Enter")
    field.fill("17")
    answer(page, "customer", sent(page, "customer")[-1]["n"], {}, person=43, words=["Goes."])
    expect(page.get_by_text("Goes.")).to_be_visible()
    expect(field).to_have_value("17")
    expect(field).to_be_focused()
    field.press("Enter")
    assert sent(page, "customer")[-1]["person"] == 17


def test_a_step_that_is_not_to_be_had_any_more_hands_the_focus_on(show: Show) -> None:
    page = show("board")
    page.get_by_role("slider", name="Staff of the complaint desk").press("Home")
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    expect(undo).to_be_enabled()
    undo.press("Enter")
    expect(redo).to_be_focused()
    page.keyboard.press("Enter")
    expect(undo).to_be_focused()


def test_a_prediction_made_before_a_reload_is_shown_again(show: Show) -> None:
    guess = Guess("first", question="What will it do?", low=0, high=100, outcome=40, unit="%")
    prediction = Session(guess).predict(55).message
    view = {**BOARD["view"], "guessed": True, "prediction": prediction}
    page = fake(show, 0, BOARD | {"guess": guess.describe(), "view": view})
    expect(page.get_by_label("What will it do?")).to_have_value("55")
    expect(page.get_by_label("What will it do?")).to_be_disabled()
    expect(page.locator(".reveal")).to_contain_text("40 %")


def two_views(page: Page, question: Number | Choice) -> None:
    """Show a question in two places, as a notebook does: what is answered is heard in both."""
    page.evaluate(
        """description => {
             window.asked = [];
             const views = [0, 1].map(() => {
               const place = document.createElement('div');
               document.querySelector('main').append(place);
               const transport = { send: (message) => window.asked.push(message) };
               window.custsim.mount(place, description, transport);
               return transport;
             });
             window.say = (message) => views.forEach((view) => view.onmessage(message, null));
           }""",
        question.describe(),
    )
    for n in page.evaluate("window.asked.map((one) => one.n)"):
        page.evaluate("n => window.say({ is: 'open', n })", n)


def handed_in(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("window.asked.filter((one) => one.do === 'answer')")
    return found


def verdict(page: Page, answer: dict[str, Any], right: bool) -> None:
    told = {"is": "verdict", "right": right, "says": "So.", "hint": None, "explain": None, "tries": 1, "answer": answer}
    page.evaluate("told => window.say(told)", {**told, "n": handed_in(page)[-1]["n"]})


def test_an_answer_stands_beside_its_verdict_in_every_view_and_what_is_being_typed_stays(show: Show) -> None:
    page = show()
    two_views(page, Number("worth", question="What is it worth?", answer=300))
    one, other = (page.get_by_label("What is it worth?").nth(at) for at in (0, 1))
    one.fill("10")
    one.press("Enter")
    verdict(page, {"text": "10"}, False)
    expect(other).to_have_value("10")
    one.fill("20")
    other.fill("300")
    other.press("Enter")
    verdict(page, {"text": "300"}, True)
    expect(page.locator(".verdict").nth(0)).to_contain_text("Right")
    expect(one).to_have_value("20")
    one.press("Enter")
    page.evaluate("n => window.say({ is: 'problem', text: 'no', n })", handed_in(page)[-1]["n"])
    verdict(page, {"text": "300"}, True)
    expect(one).to_have_value("20")  # what was refused can be mended


def test_the_marks_of_a_choice_follow_its_verdict_in_every_view(show: Show) -> None:
    page = show()
    two_views(page, Choice("who", question="Who?", options=[Option("A", right=True), Option("B", says="No.")]))
    page.get_by_label("A").nth(0).check()
    page.get_by_role("button", name="Check").nth(0).click()
    verdict(page, {"chosen": [0]}, True)
    expect(page.get_by_label("A").nth(1)).to_be_checked()


def test_an_answer_pressed_again_while_it_is_under_way_is_one_answer(show: Show) -> None:
    page = show()
    two_views(page, Number("worth", question="What is it worth?", answer=300))
    field = page.get_by_label("What is it worth?").nth(0)
    field.fill("10")
    field.press("Enter")
    field.press("Enter")
    page.get_by_role("button", name="Check").nth(0).click()
    verdict(page, {"text": "10"}, False)
    assert len(handed_in(page)) == 1
    field.press("Enter")  # once it is answered it may be given again
    assert len(handed_in(page)) == 2
