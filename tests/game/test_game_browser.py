"""The game in a real browser: alone to the end, and two teams in a room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from one_screen import Screens, screens
from playwright.sync_api import Page, expect
from rooms import small_firm

from custsim.game import Game, Match
from custsim.game.book import Book
from custsim.game.match import Searching
from custsim.game.seat import Solo
from custsim.game.store import Store


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    file: Path = tmp_path_factory.mktemp("room") / "game.db"
    game = Game("room", years=2, match=Match(small_firm("SMALL2", 2), Store.open(file), trials=4))
    yield game
    game.close()


@pytest.fixture(scope="module")
def served(room: Game) -> Iterator[Screens]:
    alone, book = Game("alone", years=2), Book(small_firm("SMALL2", 2))
    alone._alone = (book, Searching(book, trials=4))  # type: ignore[misc]
    with screens({"alone": alone, "room": room}) as found:
        yield found
    alone.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Page]:
    """A page on which nothing may go wrong."""
    wrong: list[str] = []
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    one = context.new_page()
    one.on("pageerror", lambda error: wrong.append(str(error)))
    one.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    yield one
    context.close()
    assert wrong == []


def left(page: Page) -> float:
    """What the page says is left of the budget; below 0 when it is over."""
    text = page.locator(".game-left strong").inner_text()
    amount = float("".join(letter for letter in text if letter.isdigit()))
    return -amount if text.endswith("over") else amount


def adds_up(page: Page) -> None:
    """What changed is the difference of the two numbers that are read beside it, in every row."""
    table = page.get_by_role("table", name="Your firm, year by year")
    rows = [row.get_by_role("cell").all_text_contents()[-3:] for row in table.get_by_role("row").all()[1:]]
    assert len(rows) == 15
    for before, now, change in rows:
        number = [float(re.sub("[^0-9.-]", "", text.replace("\u2212", "-")) or "nan") for text in (before, now, change)]
        assert number[1] - number[0] == pytest.approx(number[2], abs=1e-9), (before, now, change)


def test_alone_from_the_first_slider_to_the_debrief(page: Page, served: Screens) -> None:
    page.goto(f"{served.address}?show=alone")
    live = page.get_by_role("button", name="Live year 1")
    expect(live).to_be_enabled()
    before = left(page)
    pay = page.get_by_role("slider", name="Pay")
    for share in ("Pay", "Compensation", "Leavers met with an offer"):
        expect(page.get_by_role("slider", name=share)).to_have_attribute("aria-valuetext", re.compile(r"^\d+ %$"))
    pay.press("ArrowRight")
    assert left(page) < before  # a point of pay has its price at once
    page.get_by_role("slider", name="People at the complaint desk").press("End")
    assert left(page) < 0
    expect(live).to_be_disabled()
    expect(page.get_by_role("alert").filter(has_text="more than the budget")).to_be_visible()
    assert not any(message["do"] == "submit" for message in served.sent)
    page.get_by_role("button", name="As last year").click()
    assert left(page) == before
    staffing = page.get_by_role("slider", name="Customers per employee")
    words = page.locator(".game-cost").filter(has_text="employees, wages")
    expect(words).to_have_text(re.compile(r"a year$"))
    for key, told in (
        ("End", "Nobody is dismissed: the saving comes as people leave"),
        ("Home", "New people start, and cost, some months later"),
    ):
        staffing.press(key)  # people come and go by and by: the price is that of when they have
        expect(words).to_contain_text(told)
    page.get_by_role("button", name="As last year").click()
    expect(words).to_have_text(re.compile(r"a year$"))
    live.click()
    expect(page.get_by_text("Year 2 of 2 is open.")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("table", name="Leaderboard")).to_contain_text("The cost cutter")
    expect(
        page.get_by_role("table", name="Your firm, year by year").get_by_role("columnheader", name="Year 1")
    ).to_be_visible()
    adds_up(page)
    page.get_by_role("button", name="Live year 2").click()
    expect(page.get_by_text("All years are decided.")).to_be_visible(timeout=20_000)
    adds_up(page)
    expect(page.get_by_text("Best found among 4 plans")).to_be_visible(timeout=90_000)
    assert page.locator(".game-links svg").count() == 13
    lines = page.locator(".game-links svg").first.locator("polyline")
    assert lines.count() == 6  # you, four rivals, the benchmark
    dashes = lines.evaluate_all("all => all.map(one => one.getAttribute('stroke-dasharray'))")
    assert len(set(dashes)) == 6  # told apart without colour
    page.get_by_role("button", name="What part was luck?").click()
    expect(page.get_by_text("The same decisions earn")).to_be_visible(timeout=60_000)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Play again").click()
    expect(page.get_by_text("Year 1 of 2 is open.")).to_be_visible()


def test_who_presses_again_while_a_year_is_lived_lives_one_year(page: Page, served: Screens) -> None:
    page.goto(f"{served.address}?show=alone")
    live = page.get_by_role("button", name="Live year 1")
    expect(live).to_be_enabled()
    live.hover()
    before = len(served.sent)
    for _ in range(2):
        page.mouse.down()
        page.mouse.up()
    expect(page.get_by_text("Year 2 of 2 is open.")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Live year 2")).to_be_enabled()
    page.get_by_role("slider", name="Pay").press("ArrowRight")
    assert [message["do"] for message in served.sent[before:]].count("submit") == 1
    expect(page.locator(".custsim > .problem")).to_be_empty()


def test_two_teams_in_a_room(page: Page, served: Screens, room: Game) -> None:
    page.goto(f"{served.address}?show=room")
    page.get_by_label("Name of the team").fill("Owls")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("The trainer opens the first year.")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{served.address}?show=room")
    other.get_by_label("Name of the team").fill("owls")
    other.get_by_role("button", name="Join").click()
    expect(other.get_by_role("alert").filter(has_text="the name owls is taken")).to_be_visible()
    other.get_by_label("Name of the team").fill("Foxes")
    other.get_by_role("button", name="Join").click()
    expect(other.get_by_text("Team Foxes")).to_be_visible()
    for year in (1, 2):
        room.handle_trainer({"do": "open_year"})
        submit = page.get_by_role("button", name="Submit this plan")
        expect(submit).to_be_enabled(timeout=20_000)  # the page looks by itself
        submit.click()
        expect(page.get_by_text("was taken at")).to_be_visible(timeout=20_000)
        slider = page.get_by_role("slider", name="Reward for a referral")
        slider.press("ArrowRight")
        page.get_by_role("button", name="Submit again").click()
        expect(page.get_by_text("was taken at")).to_be_visible()
        expect(slider).to_have_attribute("aria-valuetext", f"{5 * year} EUR")  # the answer leaves the sliders alone
        room.handle_trainer({"do": "close_year"})
        page.reload()
        page.get_by_label("Name of the team").fill("Owls")  # this tiny server forgets; the team's word does not
        word = next(team.word for team in room.match.store.teams() if team.name == "Owls")  # type: ignore[union-attr]
        page.get_by_label("Word of the team").fill(word)
        page.get_by_role("button", name="Join").click()
        expect(page.get_by_role("table", name="Leaderboard")).to_contain_text("Owls (you)")
    expect(page.get_by_text("The trainer will reveal what everybody did.")).to_be_visible()
    room.handle_trainer({"do": "reveal"})
    expect(page.get_by_role("table", name="Who spent on what")).to_contain_text("Foxes")


def test_what_is_read_and_pressed_at_the_end_stays_where_it_is(page: Page, served: Screens) -> None:
    """While the benchmark is looked for, the page looks again and again; only what is new is drawn."""
    firm = small_firm("SMALL2", 2)
    book = Book(firm)
    seat = Solo(book, Searching(book, trials=1), {"plans": [dict(firm.start)] * 2})
    seat.searching.start = lambda: None  # type: ignore[method-assign]  # it is looked for as long as this test lasts
    page.goto(served.address)
    page.wait_for_selector("html[data-ready]")
    page.evaluate(
        """([description, message]) => {
            window.asked = [];
            let status = "not begun";
            const tell = (n) => transport.onmessage({ ...message, n, debrief: { ...message.debrief, status } }, null);
            const transport = { send: ({ do: what, n }) => {
                window.asked.push(what);
                if (what === "look") setTimeout(tell, 0, n);
            } };
            window.stands = (words) => { status = words; tell(); };
            window.custsim.mount(document.querySelector("main"), description, transport);
        }""",
        [Game("alone").describe() | {"years": 2}, {"is": "game", **seat.screen()}],
    )
    button = page.get_by_role("button", name="What part was luck?")
    button.hover()
    button.evaluate("button => { window.luck = button; }")
    page.mouse.down()
    page.evaluate("stands('not begun')")
    page.evaluate("stands('searching: 1 of 4 plans tried')")
    assert page.evaluate("luck.isConnected")
    page.mouse.up()
    assert page.evaluate("asked").count("luck") == 1
    expect(page.get_by_text("searching: 1 of 4 plans tried")).to_be_visible()
    expect(button).to_be_focused()
    page.evaluate("luck = document.activeElement")
    page.evaluate("stands('searching: 1 of 4 plans tried')")
    assert page.evaluate("luck.isConnected")
