"""Five real browsers and their trainer: joining, steps, states of their own, reloading, a server that dies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import PHONE, People
from playwright.sync_api import expect
from server_process import Terminal
from workshop_room import Workshop, write_notebook

from custsim.lessons.catalogue import bundled, read_notebook
from custsim.workshop.prepare import Prepared, prepare
from custsim.workshop.store import Store

CELLS = [
    "# 4. The iceberg\n\n**45 minutes.** You will be able to\n\n- say who stays silent.",
    ">>>from custsim.widgets import Board, Choice, Number, Option",
    "## Try\n\nMove the staff.",
    ">>>Board('staffing', scenario='neighbourhood_bank', controls=['complaints.staff'], scale=0.05, months=12, seed=1)",
    "## Explain",
    ">>>Choice('leaves', question='Who leaves?', options=[Option('the loud', says='They were heard.'), "
    "Option('the silent', right=True)], explain='Silence.')",
    ">>>Number('sum', question='2 + 3?', answer=5, tolerance=0.01, explain='Adding.')",
]
NAMES = ("Ana", "Ben", "Cleo", "Dan", "Eva")
SLIDER = "[data-id=staffing] input[type=range]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    write_notebook(folder / "04_iceberg.ipynb", CELLS)
    return folder


@pytest.fixture
def terminal(folder: Path, tmp_path: Path) -> Iterator[Terminal]:
    state = str(tmp_path / "room.db")
    terminal = Terminal(folder, "04_iceberg.ipynb", "--host", "127.0.0.1", "--port", "0", "--state", state)
    yield terminal.wait_until_ready()
    terminal.close()


@pytest.fixture(scope="module")
def lesson(folder: Path) -> Prepared:
    return prepare(read_notebook(folder / "04_iceberg.ipynb"))


@pytest.fixture
def served(lesson: Prepared, tmp_path: Path) -> Iterator[Workshop]:
    """A server in this process, where nothing is to be killed."""
    served = Workshop(lesson, Store.open(tmp_path / "served.db", lesson.lesson.name))
    served.start()
    yield served
    served.stop()


def move(page: Any, presses: int) -> str:
    """Move the slider by the keyboard; give what the page says it is then."""
    page.focus(SLIDER)
    for _ in range(presses):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    return str(page.input_value(SLIDER))


def test_a_room_of_five_browsers_from_joining_to_a_server_that_dies(
    people: People, terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    trainer = people.open(terminal.trainer)
    trainer.wait_for_selector("text=Nobody yet")
    assert terminal.trainer not in trainer.url  # the secret is not in sight when the page is projected
    pages = {name: people.join(name, terminal) for name in NAMES}
    trainer.wait_for_selector("text=5 here, 5 joined")
    for name, page in pages.items():
        assert f"Welcome, {name}" in page.text_content("#waiting")
        assert "Move the staff" not in page.content()

    trainer.click("#next")
    trainer.wait_for_selector("#next:has-text('Open step 2: Try')")
    for page in pages.values():
        page.wait_for_selector("#step-1")
        assert page.locator("#step-2").count() == 0
    trainer.click("#next")
    for page in pages.values():
        page.wait_for_selector(SLIDER)
        assert page.locator("#step-3").count() == 0
    assert "New: Try" in pages["Ana"].text_content("#arrived")

    shown = {name: move(page, presses) for presses, (name, page) in enumerate(pages.items())}
    assert len(set(shown.values())) == 5  # everybody sees their own
    trainer.click("#all")
    pages["Ben"].wait_for_selector("#step-3")
    pages["Ben"].locator("[data-id=leaves] input").nth(1).check()
    pages["Ben"].locator("[data-id=leaves] button").first.click()
    pages["Ben"].wait_for_selector("[data-id=leaves] >> text=Silence.")
    trainer.wait_for_selector("[aria-label='1 of 2 done']")
    trainer.wait_for_selector("text=1 right at once")
    assert "Ben" not in trainer.text_content("#questions")

    pages["Cleo"].reload()
    pages["Cleo"].wait_for_selector(SLIDER)
    expect(pages["Cleo"].locator(SLIDER)).to_have_value(shown["Cleo"])
    assert people.complaints == []
    assert people.outside == []

    terminal.kill()
    pages["Dan"].wait_for_selector("#lost:not([hidden])")
    again = Terminal(
        folder, "04_iceberg.ipynb", "--host", "127.0.0.1", "--port", terminal.port, "--state", str(tmp_path / "room.db")
    )
    try:
        again.wait_until_ready()
        for name, page in pages.items():
            page.wait_for_selector("#lost", state="hidden")
            expect(page.locator(SLIDER)).to_have_value(shown[name])
        pages["Ben"].reload()
        pages["Ben"].wait_for_selector("[data-id=leaves] >> text=Silence.")
        assert pages["Ben"].locator("[data-id=leaves] input").nth(1).is_checked()
        assert move(pages["Dan"], 1) != shown["Dan"]  # and it goes on
        trainer.wait_for_selector("text=5 here, 5 joined")
    finally:
        again.close()


_TOP_OF_STEP = "document.querySelector('#step-3').getBoundingClientRect().top"


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_reloaded_page_is_where_it_was_unless_one_goes_on_at_once(
    people: People, terminal: Terminal, goes_on: bool
) -> None:
    trainer = people.open(terminal.trainer)
    page = people.join("Ana", terminal, PHONE)
    trainer.click("#all")
    page.wait_for_selector("#step-3")
    page.wait_for_timeout(600)  # it has settled at its top
    page.evaluate("scrollTo({ top: document.querySelector('#step-3').offsetTop - 100, behavior: 'instant' })")
    page.wait_for_timeout(200)
    before = page.evaluate(_TOP_OF_STEP)
    page.reload()
    page.evaluate("() => new Promise(r => { const f = () => scrollY > 0 ? r() : requestAnimationFrame(f); f(); })")
    if goes_on:
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.wait_for_timeout(800)
    assert page.evaluate("scrollY") == 0 if goes_on else abs(page.evaluate(_TOP_OF_STEP) - before) <= 2


def test_an_answer_given_while_the_connection_is_broken_arrives(
    people: People, terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    trainer = people.open(terminal.trainer)
    page = people.join("Ana", terminal)
    trainer.click("#all")
    page.wait_for_selector("#step-3")
    terminal.kill()
    page.wait_for_selector("#lost:not([hidden])")
    page.locator("[data-id=sum] input").first.fill("5")
    page.locator("[data-id=sum] button").first.click()
    again = Terminal(
        folder, "04_iceberg.ipynb", "--host", "127.0.0.1", "--port", terminal.port, "--state", str(tmp_path / "room.db")
    )
    try:
        again.wait_until_ready()
        page.wait_for_selector("[data-id=sum] >> text=Adding.")
        assert page.locator("[data-id=sum] >> text=2 tries").count() == 0  # once, not twice
    finally:
        again.close()


def test_the_trainer_pauses_shows_the_code_and_reads_the_sheet(people: People, served: Workshop) -> None:
    trainer = people.open(served.trainer_address)
    page = people.join("Ana", served, PHONE)
    trainer.click("#next")
    page.wait_for_selector("#step-1")
    trainer.wait_for_selector("#pause:has-text('Pause'):enabled")
    trainer.click("#pause")
    page.wait_for_selector("#paused:not([hidden])")
    trainer.wait_for_selector("#pause:has-text('Go on')")
    trainer.click("#pause")
    page.wait_for_selector("#paused", state="hidden")

    trainer.click("#show-code")
    trainer.wait_for_selector("dialog[open]")
    picture = trainer.locator("#code-picture")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth && image.clientWidth") > 400
    assert trainer.text_content("#word") == served.word
    assert trainer.text_content("#address") == served.address.removeprefix("http://").rstrip("/")
    trainer.click("#hide-code")
    assert not trainer.is_visible("text=SHEET-OF-THE-TRAINER")
    trainer.click("summary")
    trainer.wait_for_selector("text=SHEET-OF-THE-TRAINER")
    assert people.complaints == []
    assert people.outside == []


@pytest.mark.parametrize("by", ["mouse", "space bar"])
def test_a_button_that_is_held_while_the_room_changes_does_what_it_says(
    people: People, served: Workshop, by: str
) -> None:
    """People hold a button for a tenth of a second, and somebody is always just joining."""
    trainer = people.open(served.trainer_address)
    served.join("Ana").leave()
    held = trainer.get_by_role("button", name="Let back in")
    held.hover()
    held.focus()
    trainer.mouse.down() if by == "mouse" else trainer.keyboard.down("Space")
    served.join("Ben")
    trainer.wait_for_timeout(1500)
    trainer.mouse.up() if by == "mouse" else trainer.keyboard.up("Space")
    expect(trainer.locator("#problem")).to_contain_text("Whoever joins as Ana")
    expect(trainer.locator("#counts")).to_contain_text("2 joined")  # what waited is drawn


def test_the_code_fills_in_the_join_word_and_wrong_words_are_explained(people: People, served: Workshop) -> None:
    page = people.open(f"{served.address}#{served.word.replace(' ', '-')}", PHONE)
    page.wait_for_selector("#joining:not([hidden])")
    assert page.input_value("#word") == served.word
    page.click("#join")
    page.wait_for_selector("text=Please enter a nickname.")
    page.fill("#word", "wrong")
    page.fill("#nickname", "Ana")
    page.press("#nickname", "Enter")
    page.wait_for_selector("text=That is not the join word")
    page.fill("#word", served.word.upper())
    page.press("#word", "Enter")
    page.wait_for_selector("text=Welcome, Ana")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_garbled_address_still_asks_for_the_word(people: People, served: Workshop) -> None:
    page = people.open(f"{served.address}#%E0%A4%A", PHONE)
    page.wait_for_selector("#joining:not([hidden])")
    assert page.input_value("#word") == ""
    assert people.complaints == []


def test_a_second_tab_takes_over_and_the_first_can_take_back(people: People, served: Workshop) -> None:
    first = people.join("Ana", served)
    second = first.context.new_page()
    second.goto(served.address)
    second.wait_for_selector("text=Welcome, Ana")
    first.wait_for_selector("text=Open elsewhere")
    first.click("#back")
    first.wait_for_selector("text=Welcome, Ana")
    second.wait_for_selector("text=Open elsewhere")


def test_nothing_is_cut_on_a_phone(people: People, served: Workshop) -> None:
    trainer = people.open(served.trainer_address, PHONE)
    page = people.join("Ana", served, PHONE)
    trainer.click("#all")
    page.wait_for_selector("#step-3")
    page.wait_for_selector(SLIDER)
    for shown in (page, trainer):
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_a_long_title_does_not_cover_the_numbers(people: People, served: Workshop) -> None:
    trainer = people.open(served.trainer_address, PHONE)
    page = people.join("Maximiliane", served, PHONE)
    trainer.click("#all")
    page.wait_for_selector(SLIDER)
    longest = max((read_notebook(file).title for file in bundled()), key=len)
    page.evaluate("title => document.getElementById('lesson-title').textContent = title", longest)
    page.locator("[data-id=staffing] .controls").scroll_into_view_if_needed()
    bar, numbers = (page.locator(name).first.bounding_box() for name in (".bar", "[data-id=staffing] .numbers"))
    assert bar
    assert numbers
    assert numbers["y"] >= bar["y"] + bar["height"] - 1
