"""What people do while something else arrives, or while nothing does: no press and no answer is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import PHONE, People, Wire
from playwright.sync_api import Locator, Page, expect
from workshop_room import Open, Trainee, Workshop, write_notebook

from custsim.lessons.catalogue import read_notebook
from custsim.workshop.prepare import prepare
from custsim.workshop.store import Store

CELLS = [
    "# The game\n\nWords.",
    ">>>from custsim.game import Game\nGame('game', years=2, trials=2)",
    "## Check",
    ">>>from custsim.widgets import Guess, Number\n"
    "Number('sum', question='2 + 3?', answer=5, tolerance=0.01, explain='Adding.')",
    ">>>Guess('silent', question='Of 100, how many complain?', unit='persons', low=0, high=100, outcome=22.0)",
]


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Workshop]:
    """A workshop with the game and two questions, not started yet."""
    lesson = read_notebook(write_notebook(tmp_path / "10_game.ipynb", CELLS))
    prepared = prepare(lesson, lambda part: part.room_opens(tmp_path / "game.db", "room"))
    made = Workshop(prepared, Store.open(tmp_path / "room.db", lesson.name))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def room(closed: Workshop) -> Workshop:
    """The same with everything open."""
    closed.go("reveal_all")
    return closed


@pytest.fixture
def wire() -> Wire:
    return Wire()


def part(page: Page, name: str) -> Locator:
    return page.locator(f"section.custsim[data-id={name}]")


def found(trainee: Trainee, team: str) -> str:
    """Found a team; give its word."""
    return str(trainee.ask("game", {"do": "join", "team": team, "word": ""})["word"])


def found_in_browser(page: Page, team: str) -> None:
    page.get_by_label("Name of the team").fill(team)
    part(page, "game").get_by_role("button", name="Join").click()


def test_a_press_is_not_lost_when_others_found_teams_at_the_same_moment(
    people: People, room: Workshop, wire: Wire
) -> None:
    page = people.join("Ana", room, wire=wire)
    others = [room.join(name) for name in ("Ben", "Cleo")]
    expect(page.get_by_text("There are no teams yet.")).to_be_visible()
    wire.hold_answers()
    found(others[0], "Foxes")  # the page looks, and has no answer yet
    expect(part(page, "game")).to_have_attribute("aria-busy", "true")
    found_in_browser(page, "Owls")
    found(others[1], "Bears")
    wire.wait_for(page, "refresh", 2)
    wire.let_answers_pass()
    expect(page.get_by_text("Team Owls;")).to_be_visible()


def test_a_refusal_stays_in_sight_when_others_do_something(people: People, room: Workshop, wire: Wire) -> None:
    page = people.join("Ana", room, wire=wire)
    others = [room.join(name) for name in ("Ben", "Cleo")]
    found(others[0], "Owls")
    expect(page.get_by_text("There are: Owls.")).to_be_visible()
    wire.hold_answers()
    found_in_browser(page, "owls")
    expect(part(page, "game")).to_have_attribute("aria-busy", "true")
    found(others[1], "Bears")
    wire.wait_for(page, "refresh", 2)
    wire.let_answers_pass()
    expect(page.get_by_text("There are: Owls, Bears.")).to_be_visible()
    expect(part(page, "game").get_by_role("alert")).to_contain_text("the name owls is taken")
    page.get_by_label("Name of the team").fill("Foxes")
    part(page, "game").get_by_role("button", name="Join").click()
    expect(page.get_by_text("Team Foxes;")).to_be_visible()
    expect(part(page, "game").get_by_role("alert")).to_have_count(0)


def test_all_that_is_answered_while_the_connection_is_broken_arrives_once(
    people: People, room: Workshop, wire: Wire
) -> None:
    page = people.join("Ana", room, wire=wire)
    field, check = part(page, "sum").get_by_role("textbox"), part(page, "sum").get_by_role("button", name="Check")
    expect(field).to_be_visible()
    wire.cut()
    expect(page.locator("#lost")).to_be_visible()
    for given in ("7", "6", "5"):
        field.fill(given)
        check.click()
    wire.mend()
    expect(part(page, "sum")).to_contain_text("Adding.")
    expect(part(page, "sum")).to_contain_text("3 tries")
    expect(page.locator("#lost")).to_be_hidden()


def test_what_had_arrived_before_the_connection_broke_is_not_done_twice(
    people: People, room: Workshop, wire: Wire
) -> None:
    page = people.join("Ana", room, wire=wire)
    wire.hold_answers()
    part(page, "sum").get_by_role("textbox").fill("7")
    part(page, "sum").get_by_role("button", name="Check").click()
    part(page, "silent").get_by_role("textbox").fill("30")
    part(page, "silent").get_by_role("button", name="That is my guess").click()
    trainer = people.open(room.trainer_address)
    expect(trainer.locator(".question").filter(has_text="1 answered")).to_have_count(2)
    wire.cut()
    expect(page.locator("#lost")).to_be_visible()
    wire.mend()
    expect(part(page, "sum")).to_contain_text("Not yet.")
    expect(part(page, "sum")).to_contain_text("1 try")
    expect(part(page, "silent").locator(".reveal")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(part(page, "sum")).to_have_attribute("aria-busy", "false")
    part(page, "sum").get_by_role("textbox").fill("5")
    part(page, "sum").get_by_role("button", name="Check").click()
    expect(part(page, "sum")).to_contain_text("2 tries")


def test_a_double_click_is_one_answer(people: People, room: Workshop) -> None:
    page = people.join("Ana", room)
    part(page, "sum").get_by_role("textbox").fill("7")
    check = part(page, "sum").get_by_role("button", name="Check")
    check.hover()
    for click in (1, 2):
        page.mouse.down(click_count=click)
        page.mouse.up(click_count=click)
        expect(part(page, "sum")).to_contain_text("Not yet.")
    part(page, "sum").get_by_role("textbox").fill("5")
    check.click()
    expect(part(page, "sum")).to_contain_text("Adding.")
    expect(part(page, "sum")).to_contain_text("2 tries")


def test_what_is_being_typed_stays_when_an_answer_arrives(people: People, room: Workshop, wire: Wire) -> None:
    page = people.join("Ana", room, wire=wire)
    field = part(page, "sum").get_by_role("textbox")
    expect(field).to_be_visible()
    expect(part(page, "game")).to_contain_text("There are no teams yet.")
    wire.hold_answers()
    field.fill("7")
    field.press("Enter")
    field.fill("")  # and begins again while the answer is on its way
    wire.let_answers_pass()
    expect(part(page, "sum")).to_contain_text("Not yet.")
    page.keyboard.type("5")
    expect(field).to_have_value("5")
    page.reload()
    expect(field).to_have_value("7")  # after a reload the last answer is there again


def test_who_types_when_the_trainer_pauses_goes_on_typing_afterwards(people: People, room: Workshop) -> None:
    page = people.join("Ana", room)
    field = part(page, "sum").get_by_role("textbox")
    field.click()
    page.keyboard.type("1")
    room.go("pause")
    expect(page.locator("#paused")).to_be_visible()
    room.go("resume")
    expect(page.locator("#paused")).to_be_hidden()
    page.keyboard.type("2")
    expect(field).to_have_value("12")


def test_a_page_shows_the_lesson_of_a_room_that_took_the_place_of_another(
    people: People, room: Workshop, wire: Wire
) -> None:
    """The trainer begins anew at the same address: old steps and old answers are not shown on."""
    page = people.join("Ana", room, wire=wire)
    part(page, "sum").get_by_role("textbox").fill("5")
    part(page, "sum").get_by_role("button", name="Check").click()
    expect(part(page, "sum")).to_contain_text("Adding.")
    wire.cut()
    expect(page.locator("#lost")).to_be_visible()
    room.room.seats.clear()
    wire.mend()
    expect(page.locator("#joining")).to_be_visible()
    expect(page.locator("#lost")).to_be_hidden()
    page.fill("#word", room.word)
    page.fill("#nickname", "Ben")
    page.click("#join")
    expect(part(page, "sum").get_by_role("textbox")).to_have_value("")
    expect(part(page, "sum")).not_to_contain_text("Adding.")


def test_a_plan_of_the_team_is_seen_by_all_its_members(people: People, room: Workshop) -> None:
    """Nobody takes the sliders for the plan that counts when a team-mate has submitted another."""
    trainer = people.open(room.trainer_address)
    mate = room.join("Ben")
    word = found(mate, "Owls")
    page = people.join("Ana", room)
    page.get_by_label("Word of the team").fill(word)
    found_in_browser(page, "Owls")
    trainer.get_by_role("button", name="Open year 1").click()
    expect(page.get_by_text("Year 1 of 2 is open.")).to_be_visible(timeout=120_000)
    slider = part(page, "game").get_by_role("slider", name="Reward for a referral")
    other = page.get_by_text("The sliders show another plan")
    plan = mate.ask("game", {"do": "look"})["desk"]["plan"]

    def submits(reward: int, key: str) -> None:
        given = {**plan, "market.marketing": 0.5 * plan["market.marketing"], "referral.reward": reward}
        told = mate.ask("game", {"do": "submit", "year": 1, "key": key, "plan": given})
        assert told["is"] == "game", told

    submits(10, "a")
    expect(slider).to_have_attribute("aria-valuetext", "10 EUR")  # untouched sliders follow
    expect(other).to_be_hidden()
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "15 EUR")
    expect(other).to_be_visible()
    submits(20, "b")
    taken = page.locator(".game-submitted")
    expect(taken).to_contain_text("was taken at")
    expect(slider).to_have_attribute("aria-valuetext", "15 EUR")  # what is being planned stays
    expect(other).to_be_visible()
    page.locator(".game-submit").click()
    expect(other).to_be_hidden()
    expect(slider).to_have_attribute("aria-valuetext", "15 EUR")


# ---- the trainer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", [100, 900])
def test_who_presses_twice_opens_a_year_and_does_not_close_it(people: People, room: Workshop, pause: int) -> None:
    """A double click, and a second press of somebody who saw nothing happen."""
    found(room.join("Ana"), "Owls")
    trainer = people.open(room.trainer_address)
    button = trainer.get_by_role("button", name="Open year 1")
    button.hover()
    for click in (1, 2):
        trainer.mouse.down(click_count=click if pause < 500 else 1)
        trainer.mouse.up(click_count=click if pause < 500 else 1)
        trainer.wait_for_timeout(pause)
    room.join("Ben")
    expect(trainer.locator("#counts")).to_contain_text("2 joined")
    expect(trainer.get_by_text("Year 1 of 2 is open")).to_be_visible()
    expect(trainer.get_by_role("button", name="Close year 1")).to_be_enabled()
    expect(trainer.get_by_role("alert")).to_have_count(0)


def test_who_presses_twice_while_a_year_is_being_lived_closes_it_once(people: People, room: Workshop) -> None:
    found(room.join("Ana"), "Owls")
    trainer = people.open(room.trainer_address)
    trainer.get_by_role("button", name="Open year 1").click()
    for _ in range(2):
        trainer.get_by_role("button", name="Close year 1").click()
    expect(trainer.get_by_text("1 of 2 years are decided")).to_be_visible(timeout=120_000)
    trainer.get_by_role("button", name="Open year 2").click()
    expect(trainer.get_by_text("Year 2 of 2 is open")).to_be_visible()
    expect(trainer.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("by", ["double click", "held key"])
def test_one_press_opens_one_step(people: People, open_workshop: Open, by: str) -> None:
    made = open_workshop()
    made.go("start")
    trainer = people.open(made.trainer_address)
    button = trainer.locator("#next")
    expect(button).to_contain_text("Open step 2")
    button.hover()
    button.focus()
    trainer.wait_for_timeout(700)  # the room is quiet: what is pressed is shown at once
    for again in range(2):
        if by == "double click":
            trainer.mouse.down(click_count=again + 1)
            trainer.mouse.up(click_count=again + 1)
        else:
            trainer.keyboard.down("Enter")  # without letting it go
        trainer.wait_for_timeout(200)
    trainer.keyboard.up("Enter")
    made.join("Ben")
    expect(trainer.locator("#counts")).to_contain_text("1 joined")
    expect(button).to_contain_text("Open step 3")
    assert made.room.revealed == 2


def test_a_step_is_opened_once_when_two_trainers_open_it(people: People, open_workshop: Open) -> None:
    """Each presses the button that names it, before the page knows of the other."""
    made = open_workshop()
    made.go("start")
    wires = [Wire(), Wire()]
    pages = [people.open(made.trainer_address, wire=wire) for wire in wires]
    for page in pages:
        expect(page.locator("#next")).to_contain_text("Open step 2")
    for wire in wires:
        wire.hold_everything()
    for page in pages:
        page.locator("#next").click()
    for wire in wires:
        wire.let_answers_pass()
    for page in pages:
        expect(page.locator("#next")).to_contain_text("Open step 3")
        expect(page.locator("#phase")).to_contain_text("2 of 4 steps are open")
    made.join("Ben")
    for page in pages:
        expect(page.locator("#counts")).to_contain_text("1 joined")  # all that was pressed is done
    assert made.room.revealed == 2


def test_a_table_stays_where_it_was_scrolled_to(people: People, room: Workshop) -> None:
    """On a phone, while the page looks again every few seconds and others do something."""
    found(room.join("Ana"), "OwlsAndOthersOfTheNorth")
    trainer = people.open(room.trainer_address, PHONE)
    table = trainer.locator(".shared .scroll").first
    table.evaluate("place => { place.scrollLeft = 60; }")
    left = table.evaluate("place => place.scrollLeft")
    assert left > 0
    found(room.join("Ben"), "FoxesOfTheWest")
    expect(table).to_contain_text("FoxesOfTheWest")
    assert table.evaluate("place => place.scrollLeft") == left


def test_a_trainer_learns_that_a_press_did_nothing(people: People, closed: Workshop, wire: Wire) -> None:
    trainer = people.open(closed.trainer_address, PHONE, wire=wire)
    expect(trainer.locator("#next")).to_have_text("Start the lesson")
    wire.cut()
    trainer.locator("#next").click()
    expect(trainer.get_by_role("alert")).to_contain_text("“Start the lesson” did not reach the workshop")
    expect(trainer.locator("#lost")).to_be_visible()
    trainer.evaluate("scrollTo({ top: 300, behavior: 'instant' })")
    lost, problem = trainer.locator("#lost").bounding_box(), trainer.get_by_role("alert").bounding_box()
    assert 0 <= lost["y"] < lost["y"] + lost["height"] <= problem["y"] < 740  # both can be read
    wire.mend()
    expect(trainer.locator("#lost")).to_be_hidden()
    trainer.locator("#next").click()
    expect(trainer.locator("#next")).to_contain_text("Open step 2")
    expect(trainer.get_by_role("alert")).to_have_count(0)


def test_a_trainer_learns_that_a_press_may_have_done_nothing(people: People, closed: Workshop, wire: Wire) -> None:
    trainer = people.open(closed.trainer_address, wire=wire)
    expect(trainer.locator("#next")).to_have_text("Start the lesson")
    wire.hold_everything()
    trainer.locator("#next").click()
    wire.cut()
    wire.mend()
    expect(trainer.get_by_role("alert")).to_contain_text("look whether “Start the lesson” was done")
