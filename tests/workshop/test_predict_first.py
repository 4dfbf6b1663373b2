"""What happened is told to who has predicted, to who wants no prediction, and to all when the trainer says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import PHONE, People
from playwright.sync_api import expect
from workshop_room import Open, Workshop, write_notebook

from custsim.lessons.catalogue import read_notebook
from custsim.workshop.prepare import Prepared, prepare
from custsim.workshop.room import Limits, Room
from custsim.workshop.store import Store

CELLS = [
    "# 4. The iceberg\n\n**45 minutes.** You will be able to\n\n- say who stays silent.",
    ">>>from custsim.widgets import Board, Guess, Table",
    "## Try",
    ">>>Guess('silent', question='How many are silent?', low=0, high=50, outcome=5)",
    ">>>Guess('lost', question='How many are lost?', low=0, high=50, outcome=7)",
    "### What happened, and why\n\nFIVE-ARE-SILENT",
    ">>>Table('counted', headings=['Who', 'How many'], rows=[['silent', '5']])",
    "### Check yourself\n\nIN-SIGHT: 80 % of 300 EUR.",
    "## Again",
    ">>>Guess('later', question='And later?', low=0, high=50, outcome=7)",
    ">>>Guess('drawn', question='Draw it.', kind='curve', low=-10, high=10, points=60, outcome=[5.0] * 60)",
    "### What happened, and why\n\nSEVEN-LATER",
    "## Nothing to predict\n\n### What happened, and why\n\nTOLD-AT-ONCE",
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(read_notebook(write_notebook(tmp_path_factory.mktemp("room") / "04_iceberg.ipynb", CELLS)))


@pytest.fixture
def page(people: People, workshop: Workshop) -> Iterator[Any]:
    page = people.join("Ana", workshop, PHONE)
    page.wait_for_selector("#step-4")
    yield page
    assert people.complaints == []


def predict(page: Any, name: str) -> None:
    part = page.locator(f"[data-id={name}]")
    part.get_by_role("textbox").fill("10")
    part.get_by_role("button", name="That is my guess").click()
    expect(part.locator(".reveal")).to_be_visible()


def test_it_opens_when_all_predictions_above_it_are_made_and_stays_open(page: Any) -> None:
    told, lid = page.get_by_text("FIVE-ARE-SILENT"), page.locator("#step-2 .lid")
    expect(told).to_be_hidden()
    expect(page.locator("[data-id=counted]")).to_be_hidden()
    expect(page.locator("#step-2").get_by_role("heading", name="What happened, and why")).to_be_visible()
    in_sight = page.get_by_text("IN-SIGHT")
    expect(in_sight).to_be_visible()
    assert (
        in_sight.text_content() == "IN-SIGHT: 80\N{NO-BREAK SPACE}% of 300\N{NO-BREAK SPACE}EUR."
    )  # no line ends there
    expect(page.get_by_text("TOLD-AT-ONCE")).to_be_visible()
    expect(lid).to_contain_text("when you have made your 2 predictions above")
    predict(page, "lost")
    expect(lid).to_contain_text("when you have made your prediction above")
    expect(told).to_be_hidden()
    predict(page, "silent")
    expect(told).to_be_visible()
    expect(page.locator("[data-id=counted]")).to_be_visible()
    expect(lid).to_have_count(0)
    expect(page.get_by_text("SEVEN-LATER")).to_be_hidden()
    page.reload()
    expect(told).to_be_visible()
    expect(page.get_by_text("SEVEN-LATER")).to_be_hidden()


def test_who_wants_no_prediction_opens_it_alone(page: Any, people: People, workshop: Workshop) -> None:
    other = people.join("Ben", workshop)
    page.locator("#step-3").get_by_role("button", name="I do not want to predict: show it").click()
    expect(page.get_by_text("SEVEN-LATER")).to_be_visible()
    page.reload()
    expect(page.get_by_text("SEVEN-LATER")).to_be_visible()
    expect(page.get_by_text("FIVE-ARE-SILENT")).to_be_hidden()
    expect(other.get_by_text("SEVEN-LATER")).to_be_hidden()


def test_the_trainer_opens_what_happened_for_all(people: People, open_workshop: Open) -> None:
    room = open_workshop()
    trainer = people.open(room.trainer_address)
    page = people.join("Ana", room)
    tell = trainer.get_by_role("button", name="Open what happened, for all")
    expect(tell).to_be_disabled()
    trainer.get_by_role("button", name="Start the lesson").click()
    trainer.get_by_role("button", name="Open step 2").click()
    expect(page.get_by_text("FIVE-ARE-SILENT")).to_be_hidden()
    tell.click()
    expect(page.get_by_text("FIVE-ARE-SILENT")).to_be_visible()
    expect(tell).to_be_disabled()
    trainer.get_by_role("button", name="Open step 3").click()
    page.wait_for_selector("#step-3")
    expect(page.get_by_text("SEVEN-LATER")).to_be_hidden()  # the next step waits again
    expect(tell).to_be_enabled()


def test_the_trainer_sees_all_curves_over_each_other(people: People, open_workshop: Open) -> None:
    room = open_workshop()
    room.go("reveal_all")
    trainer = people.open(room.trainer_address)
    for name, end in (("Ana", 10), ("Ben", -10)):
        told = room.join(name).ask("drawn", {"do": "guess", "curve": [0, end]})
        assert told["is"] == "revealed"
        assert len(told["guess"]) == 60
    picture = trainer.get_by_role("img", name="2 curves, from month 1 to month 60")
    expect(picture.locator("polyline")).to_have_count(2)
    lines = picture.locator("polyline").evaluate_all("all => all.map(line => line.getAttribute('points'))")
    assert [line.split()[-1] for line in lines] == ["360,0", "360,150"]
    expect(trainer.get_by_text("Step 3, drawn. 2 answered.")).to_be_visible()


def test_what_is_open_is_open_after_a_restart(prepared: Prepared, open_workshop: Open, tmp_path: Path) -> None:
    room = open_workshop()
    room.go("reveal_all")
    trainer = room.trainer()
    trainer.open("trainer/room")
    assert trainer.socket is not None
    trainer.socket.send('{"do": "tell"}')
    ana = room.join("Ana", sit=False)
    while ana.open()["told"] != len(prepared.pages):
        pass
    room.stop()
    again = Room(prepared, Store.open(tmp_path / "room.db", prepared.lesson.name), "", Limits())
    assert again.shown()["told"] == len(prepared.pages)
