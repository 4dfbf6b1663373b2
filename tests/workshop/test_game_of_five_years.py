"""Five years of the budget game: four teams with beliefs of their own, one of them late and once without a plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import LAPTOP, PHONE, People
from playwright.sync_api import Locator, Page, expect
from server_process import Terminal
from workshop_room import write_notebook

YEARS = 5
CELLS = [
    "# The game\n\nWords.",
    "## Five years",
    f">>>from custsim.game import Game\nGame('game', years={YEARS}, trials=2)",
]
#: a year of all teams, on a busy machine
LONG = 120_000
#: what each team does in year 1: presses of a key on a slider; the rest of the game it stays with it
BELIEFS = {
    "Owls": {"Training": 2, "Advertising": -4},
    "Foxes": {"Training": -9, "Support": -5, "Customers per employee": 4},
    "Bears": {"Advertising": -1},
}


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    write_notebook(tmp_path / "game.ipynb", CELLS)
    terminal = Terminal(tmp_path, "game.ipynb", "--host", "127.0.0.1", "--port", "0")
    yield terminal.wait_until_ready()
    terminal.close()


def game(page: Page) -> Locator:
    return page.locator("section.custsim[data-id=game]")


def found(page: Page, team: str) -> None:
    field = page.get_by_label("Name of the team")
    if team != "Hares":
        field.fill(team)
    expect(field).to_have_value(team)  # what the Hares typed long ago, while others came and went
    game(page).get_by_role("button", name="Join").click()
    expect(page.get_by_text(f"Team {team};")).to_be_visible()


def press(page: Page, slider: str, times: int) -> None:
    for _ in range(abs(times)):
        game(page).get_by_role("slider", name=slider).press("ArrowRight" if times > 0 else "ArrowLeft")


def submit(page: Page) -> None:
    page.locator(".game-submit").click()
    expect(page.locator(".game-submitted")).to_contain_text("was taken at")


def is_open(page: Page, year: int) -> None:
    page.bring_to_front()
    expect(page.get_by_text(f"Year {year} of {YEARS} is open.")).to_be_visible(timeout=LONG)


def board(page: Page) -> Locator:
    return page.get_by_role("table", name="Leaderboard")


def fits(page: Page) -> None:
    """Nothing but tables that scroll by themselves is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_four_teams_play_five_years_to_the_benchmark(people: People, terminal: Terminal) -> None:
    trainer = people.open(terminal.trainer)
    sizes = {"Owls": LAPTOP, "Foxes": PHONE, "Bears": PHONE, "Hares": LAPTOP}
    pages: dict[str, Any] = {name: people.join(name, terminal, size) for name, size in sizes.items()}
    trainer.click("#all")
    pages["Hares"].get_by_label("Name of the team").fill("Hares")
    for team in BELIEFS:
        found(pages[team], team)
    for year in range(1, YEARS + 1):
        trainer.get_by_role("button", name=f"Open year {year}").click()
        if year == 1:
            _spends_too_much(pages["Bears"])
        if year == 2:
            found(pages["Hares"], "Hares")  # they were late: year 1 was lived without them
            press(pages["Hares"], "Advertising", -2)
        for team, page in pages.items():
            if team == "Hares" and year in (1, 3):
                continue
            is_open(page, year)
            if year == 1:
                for slider, times in BELIEFS[team].items():
                    press(page, slider, times)
            submit(page)
        if year == 4:
            _reloads_in_the_middle(pages["Bears"])
        trainer.get_by_role("button", name=f"Close year {year}").click()
        for team, page in pages.items():
            if team == "Hares" and year == 1:
                continue
            expect(board(page)).to_contain_text(f"{team} (you)", timeout=LONG)
            closed = "All years are decided." if year == YEARS else f"Year {year} is closed."
            expect(page.get_by_text(closed)).to_be_visible(timeout=LONG)
            missed = page.locator(".said").filter(has_text=f"You submitted no plan for year {year}, so your firm")
            expect(missed).to_have_count(1 if team == "Hares" and year == 3 else 0)
        without = trainer.get_by_text(f"Without a plan for year {year}, going on as before: Hares.")
        expect(without).to_have_count(1 if year == 3 else 0)
        fits(pages["Foxes"])
    _ends(trainer, pages)
    assert people.complaints == []
    assert people.outside == []


def _spends_too_much(page: Page) -> None:
    """A plan over the budget cannot be submitted, and says so."""
    is_open(page, 1)
    game(page).get_by_role("slider", name="People at the complaint desk").press("End")
    game(page).get_by_role("slider", name="Tools").press("End")
    expect(page.get_by_role("alert").filter(has_text="more than the budget")).to_be_visible()
    expect(page.locator(".game-submit")).to_be_disabled()
    page.get_by_role("button", name="As last year").click()
    expect(page.locator(".game-submit")).to_be_enabled()


def _reloads_in_the_middle(page: Page) -> None:
    """What was submitted is there after a reload; what was only moved is not."""
    slider = game(page).get_by_role("slider", name="Advertising")
    taken, value = page.locator(".game-submitted").text_content(), slider.get_attribute("aria-valuetext")
    press(page, "Advertising", -1)
    expect(slider).not_to_have_attribute("aria-valuetext", str(value))
    page.reload()
    expect(page.locator(".game-submitted")).to_have_text(str(taken))
    expect(slider).to_have_attribute("aria-valuetext", str(value))


def _ends(trainer: Page, pages: dict[str, Any]) -> None:
    """Everybody sees the same places, the strategies when they are revealed, and the benchmark."""
    expect(trainer.get_by_text(f"All {YEARS} years are decided.")).to_be_visible(timeout=LONG)
    ranked = [
        row.get_by_role("cell").nth(1).text_content()
        for row in trainer.get_by_role("table", name="Leaderboard").get_by_role("row").all()[1:]
    ]
    assert set(pages) <= set(ranked)
    assert len(ranked) == len(pages) + 4
    for page in pages.values():
        names = board(page).get_by_role("rowheader").all_text_contents()
        assert [name.split(". ", 1)[1].removesuffix(" (you)") for name in names] == ranked
        expect(page.get_by_role("table", name="Who spent on what")).to_have_count(0)
    trainer.get_by_role("button", name="Reveal the strategies").click()
    for page in pages.values():
        spent = page.get_by_role("table", name="Who spent on what")
        for team in pages:
            expect(spent.get_by_role("columnheader", name=team)).to_be_visible(timeout=LONG)
    expect(pages["Owls"].get_by_text("The benchmark", exact=True)).to_be_visible(timeout=LONG)
    training = pages["Foxes"].get_by_role("table", name="How the levers stood").get_by_role("row").nth(2)
    means = [float(text) for text in training.get_by_role("cell").all_text_contents()[:2]]
    assert means[0] > means[1]  # owls, then foxes
    fits(pages["Foxes"])
