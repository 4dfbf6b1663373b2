"""The budget game in a room: two teams at browsers, a trainer, and a power cut in the middle of a year."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browsers import People
from playwright.sync_api import Locator, Page, expect
from server_process import Terminal

from custsim.lessons.catalogue import find

#: the game of the lesson, with fewer years, and a search that tries two plans
SHORT = "from custsim.game import Game\nGame('budget_game', years=2, trials=2)"
GAME = "section.custsim[data-id=budget_game]"
#: a year of all teams, on a busy machine
LONG = 120_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the lesson, its game cut short."""
    notebook = json.loads(find("10").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "lesson.game()" in "".join(cell["source"]):
            cell["source"] = SHORT
    (tmp_path / "game.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return tmp_path


@pytest.fixture
def started(folder: Path) -> Iterator[Any]:
    """Start the workshop, with the same command except for the port that was free."""
    with ExitStack() as stack:

        def start(port: str = "0") -> Terminal:
            terminal = Terminal(folder, "game.ipynb", "--host", "127.0.0.1", "--port", port)
            stack.callback(terminal.close)
            return terminal.wait_until_ready()

        yield start


def found(page: Page, team: str) -> None:
    """Found a team."""
    page.locator(GAME).scroll_into_view_if_needed()
    page.get_by_label("Name of the team").fill(team)
    page.locator(GAME).get_by_role("button", name="Join").click()
    expect(page.get_by_text("The trainer opens the first year.")).to_be_visible()


def submitted(page: Page, presses: int) -> str:
    """Move money from advertising to the reward for a referral, and submit; give what is said of the plan."""
    page.bring_to_front()
    page.locator(GAME).get_by_role("slider", name="Advertising").press(
        "ArrowLeft"
    )  # within the budget, whichever firm it is
    slider = page.get_by_role("slider", name="Reward for a referral")
    for _ in range(presses):
        slider.press("ArrowRight")
    page.locator(".game-submit").click()
    taken = page.locator(".game-submitted")
    expect(taken).to_contain_text("was taken at")
    return str(taken.text_content())


def rewarded(page: Page) -> str:
    return str(page.get_by_role("slider", name="Reward for a referral").get_attribute("aria-valuetext"))


def standings(page: Page) -> list[str]:
    expect(page.get_by_role("table", name="Leaderboard")).to_be_visible(timeout=LONG)
    return page.get_by_role("table", name="Leaderboard").get_by_role("row").all_text_contents()


def of_team(trainer: Page, team: str) -> Locator:
    """The trainer's row on a team's plan."""
    return trainer.get_by_role("table", name="Teams").get_by_role("row").filter(has_text=team)


def test_a_game_goes_on_after_a_power_cut_and_loses_no_plan(people: People, started: Any, folder: Path) -> None:
    first = started()
    trainer = people.open(first.trainer)
    owls, foxes = (people.join(name, first) for name in ("Ana", "Ben"))
    trainer.click("#all")
    found(owls, "Owls")
    found(foxes, "Foxes")

    trainer.get_by_role("button", name="Open year 1").click()
    for page, presses in ((owls, 1), (foxes, 0)):
        expect(page.get_by_text("Year 1 of 2 is open.")).to_be_visible(timeout=LONG)
        submitted(page, presses)
    expect(trainer.get_by_text("2 of 2 teams have submitted")).to_be_visible()
    trainer.get_by_role("button", name="Close year 1").click()
    for page, team in ((owls, "Owls"), (foxes, "Foxes")):
        expect(page.get_by_text("Year 1 is closed.")).to_be_visible(timeout=LONG)
        assert any(f"{team} (you)" in row for row in standings(page))
    trainer.get_by_role("button", name="Open year 2").click()
    expect(owls.get_by_text("Year 2 of 2 is open.")).to_be_visible(timeout=LONG)
    expect(foxes.get_by_text("Year 2 of 2 is open.")).to_be_visible(timeout=LONG)
    before = {page: standings(page) for page in (owls, foxes)}
    taken, reward = submitted(owls, 2), rewarded(owls)
    expect(of_team(trainer, "Owls")).to_contain_text(re.compile(r"[\d,]+\sEUR"))
    cost = of_team(trainer, "Owls").get_by_role("cell").nth(2).text_content()
    assert people.complaints == []

    first.kill()
    for page in (owls, foxes, trainer):
        page.wait_for_selector("#lost:not([hidden])")
    again = started(first.port)
    assert "going on with 2 who joined before" in again.said
    for page in (owls, foxes, trainer):
        expect(page.locator("#lost")).to_be_hidden(timeout=LONG)
    for page in (owls, foxes):
        expect(page.get_by_text("Year 2 of 2 is open.")).to_be_visible(timeout=LONG)
        assert standings(page) == before[page]
    expect(of_team(trainer, "Owls")).to_contain_text(str(cost))
    expect(of_team(trainer, "Foxes")).to_contain_text("not yet")
    expect(trainer.get_by_text("1 of 2 teams have submitted")).to_be_visible()
    expect(trainer.get_by_text("Benchmark: not begun")).to_have_count(0)  # the search goes on as well
    owls.reload()  # nothing of this is only in the page
    expect(owls.locator(".game-submitted")).to_have_text(taken)
    assert rewarded(owls) == reward

    submitted(foxes, 1)
    trainer.get_by_role("button", name="Close year 2").click()
    for page in (owls, foxes):
        expect(page.get_by_text("All years are decided.")).to_be_visible(timeout=LONG)
        assert standings(page) != before[page]
    trainer.get_by_role("button", name="Reveal the strategies").click()
    for page, other in ((owls, "Foxes"), (foxes, "Owls")):
        expect(page.get_by_role("table", name="Who spent on what")).to_contain_text(other, timeout=LONG)
    expect(owls.get_by_text("The benchmark", exact=True)).to_be_visible(timeout=LONG)
    assert [told for told in people.complaints if "ERR_CONNECTION_REFUSED" not in told] == []  # while it was dead
    assert people.outside == []
