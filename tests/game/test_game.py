"""The component: alone and in a room, with whatever a browser may send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import changed, small_firm

from custsim.errors import InputError
from custsim.game import Game, Match
from custsim.game.book import Book
from custsim.game.match import Searching
from custsim.game.play import lived, played
from custsim.game.rivals import RIVALS
from custsim.game.seat import MISSED
from custsim.game.store import Store
from custsim.widgets.component import Session
from custsim.widgets.numbers import written


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Game:
    """A small game for one, without the search in the background."""
    monkeypatch.setattr(Searching, "start", lambda self: None)
    game, book = Game("game", years=3), Book(small_firm())
    game._alone = (book, Searching(book, trials=4))  # type: ignore[misc]
    return game


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Game]:
    """A small game for a room."""
    monkeypatch.setattr(Searching, "start", lambda self: None)
    game = Game("game", years=3, match=Match(small_firm(), Store.open(tmp_path / "game.db"), trials=4))
    yield game
    game.close()


def trainee(game: Game, team: str, word: str = "") -> Session:
    session = Session(game)
    session.send({"do": "join", "team": team, "word": word})
    return session


def hand_in(session: Session, year: int, key: str = "k", **moves: float) -> dict[str, Any]:
    plan = changed(session.look().message["desk"]["previous"], **moves)
    return session.send({"do": "submit", "year": year, "plan": plan, "key": key}).message


# --- alone --------------------------------------------------------------------------------------------------------


def test_three_years_alone_are_the_runs_of_the_plans(alone: Game) -> None:
    session = Session(alone)
    json.dumps(alone.describe(), allow_nan=False)
    plans = []
    for year in (1, 2, 3):
        screen = session.look().message
        assert (screen["phase"], screen["year"], screen["desk"]["year"]) == ("deciding", year, year)
        assert session.progress == pytest.approx((year - 1) / 3)
        plan = changed(screen["desk"]["plan"], market__marketing=50.0 * year)
        plans.append(plan)
        screen = session.send({"do": "submit", "year": year, "plan": plan, "n": year}).message
        assert screen["n"] == year
        json.dumps(screen, allow_nan=False)
    profit = lived(alone.firm, plans).monthly["profit"].to_numpy().reshape(-1, 12).sum(axis=1)
    assert [one["numbers"]["profit"] for one in screen["results"]] == pytest.approx(profit.tolist(), abs=1e-3)
    assert screen["phase"] == "over"
    assert {row["name"] for row in screen["board"]} == {"You", *(rival.name for rival in RIVALS)}
    mine = next(row for row in screen["board"] if row["you"])
    assert mine["profit"] == round(profit[1:].sum())
    assert str(mine["overall"]) in screen["said"]
    assert session.progress == 1.0
    assert screen["debrief"]["benchmark"] is None
    assert session.send({"do": "again"}).message["year"] == 1


def test_the_price_on_the_screen_is_the_price_that_is_checked(alone: Game) -> None:
    """The browser multiplies the lines it is sent; the sum is what the budget is held against."""
    session = Session(alone)
    desk = session.look().message["desk"]

    def priced(plan: dict[str, Any]) -> float:
        return sum(line["amount"] * np.prod([plan[path] ** power for path, power in line["powers"].items()])
                   for line in desk["lines"])  # fmt: skip

    plan = dict(desk["plan"])
    plan["market.marketing"] += (desk["budget"] - priced(plan)) / 12.0
    plan["market.marketing"] -= 0.01
    assert priced(plan) <= desk["budget"]
    over = changed(plan, market__marketing=plan["market.marketing"] + 10.0)
    with pytest.raises(InputError, match=r"this plan costs .* EUR, 1\d\d more than the budget of .*; it was not taken"):
        session.send({"do": "submit", "year": 1, "plan": over})
    assert session.state == {"plans": []}
    assert session.send({"do": "submit", "year": 1, "plan": plan}).message["year"] == 2


def test_a_year_is_decided_once_and_in_its_turn(alone: Game) -> None:
    session = Session(alone)
    plan = session.look().message["desk"]["plan"]
    with pytest.raises(InputError, match="year 2 comes later; it is year 1"):
        session.send({"do": "submit", "year": 2, "plan": plan})
    session.send({"do": "submit", "year": 1, "plan": plan})
    with pytest.raises(InputError, match="year 1 is closed, its plan cannot be changed"):
        session.send({"do": "submit", "year": 1, "plan": plan})
    for do in ("why", "luck"):
        with pytest.raises(InputError, match="when all 3 years are decided"):
            session.send({"do": do})
    with pytest.raises(InputError, match="you play alone"):
        session.send({"do": "join", "team": "Owls"})


def test_why_adds_up_and_luck_is_told(alone: Game) -> None:
    session = Session(alone)
    for year in (1, 2, 3):
        plan = changed(session.look().message["desk"]["previous"], complaints__compensation=0.0,
                       internal_service__tools__spend=80.0)  # fmt: skip
        session.send({"do": "submit", "year": year, "plan": plan})
    plans = session.state["plans"]
    same = lived(alone.firm, [alone.firm.start] * 3).monthly["profit"].sum()
    told = session.send({"do": "why"}).message
    assert told["total"]["value"] == pytest.approx(lived(alone.firm, plans).monthly["profit"].sum() - same, abs=1.0)
    assert sum(bar["value"] for bar in told["bars"]) == pytest.approx(told["total"]["value"], abs=3.0)
    assert {bar["link"] for bar in told["bars"]} == {"internal_service", "complaints"}
    luck = session.send({"do": "luck"}).message
    assert luck["low"] < luck["mean"] < luck["high"]
    assert "luck" in luck["words"][0]


# --- whatever comes -----------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
messages = st.fixed_dictionaries(
    {},
    optional={
        "do": st.sampled_from(["look", "join", "submit", "again", "why", "luck"]) | anything,
        "n": anything, "year": st.integers(-2, 5) | anything, "plan": anything, "key": anything, "team": anything,
        "word": anything,
    },
)  # fmt: skip


@given(messages | anything)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_messages_are_refused_in_words_and_change_nothing(alone: Game, room: Game, message: Any) -> None:
    for game in (alone, room):
        state = game.start()
        before = json.dumps(state)
        try:
            after, reply = game.handle(state, message)
        except InputError as error:
            after, told = state, str(error)
        else:
            told = ""
            json.dumps(reply.message, allow_nan=False)
        assert json.dumps(state) == before
        assert len(told) < 4000
        json.dumps(after)


@given(st.fixed_dictionaries({"team": anything, "word": anything}))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_state_of_another_game_leads_to_the_door(room: Game, state: dict[str, Any]) -> None:
    assert room.handle(state, {"do": "look"})[1].message["phase"] == "join"


# --- a room -------------------------------------------------------------------------------------------------------


def test_a_room_plays_and_nobody_sees_another_teams_plan(room: Game) -> None:
    changes: list[int] = []
    room.room_changed = lambda: changes.append(1)
    owls, foxes = trainee(room, "Owls"), trainee(room, "Foxes")
    mate = trainee(room, "owls", owls.state["word"])
    assert mate.state == owls.state
    assert owls.look().message["phase"] == "waiting"
    for year in (1, 2, 3):
        room.handle_trainer({"do": "open_year"})
        submission = hand_in(owls, year, f"o{year}", market__marketing=1.0 * year)["submission"]
        assert submission["number"]
        assert submission["cost"] == pytest.approx(owls.look().message["desk"]["cost"])
        assert mate.look().message["desk"]["plan"]["market.marketing"] == year
        assert mate.look().message["submission"] is not None
        assert foxes.look().message["submission"] is None
        assert "market.marketing" not in json.dumps(foxes.look().message["board"])
        assert room.describe_trainer()["words"][0] == f"Year {year} of 3 is open; 1 of 2 teams have submitted."
        reply = room.handle_trainer({"do": "close_year", "n": 5}).message
        assert reply["n"] == 5
    assert len(changes) >= 3 + 3 * 3
    screen = foxes.look().message
    assert (screen["phase"], screen["debrief"]) == ("over", None)
    labels = [(one["label"], one["enabled"]) for one in room.match.actions()]  # type: ignore[union-attr]
    assert labels[:2] == [("Open year 3", False), ("Close year 3", False)]  # there is no fourth
    with pytest.raises(InputError, match="when the trainer has revealed"):
        foxes.send({"do": "why"})
    room.handle_trainer({"do": "reveal"})
    assert {team["name"] for team in foxes.look().message["debrief"]["teams"]} >= {"Owls", "Foxes", "The carer"}
    assert all(button["why"] for button in room.describe_trainer()["buttons"])  # nothing is left to be done
    assert set(room.scores()["team"]) == {"Owls", "Foxes", *(rival.name for rival in RIVALS)}
    # who submitted nothing went on as before, cut evenly where a budget did not allow it
    plans, run = played(room.firm, lambda desk: desk.previous)
    scores = room.scores().set_index("team")
    assert scores.loc["Foxes", "profit"] == pytest.approx(run.monthly["profit"].iloc[12:].sum())
    assert room.debrief().stories[1].plans == plans


def test_late_early_and_foreign_submissions_are_refused_with_clear_words(room: Game) -> None:
    owls, nobody = trainee(room, "Owls"), Session(room)
    plan = dict(room.firm.start)
    with pytest.raises(InputError, match="you are in no team yet"):
        nobody.send({"do": "submit", "year": 1, "plan": plan, "key": "k"})
    with pytest.raises(InputError, match="year 1 is not open yet"):
        owls.send({"do": "submit", "year": 1, "plan": plan, "key": "k"})
    room.handle_trainer({"do": "open_year"})
    with pytest.raises(InputError, match="year 2 is not open yet"):
        owls.send({"do": "submit", "year": 2, "plan": plan, "key": "k"})
    with pytest.raises(InputError, match="key: a submission needs a key"):
        owls.send({"do": "submit", "year": 1, "plan": plan, "key": ""})
    with pytest.raises(InputError, match="more than the budget"):
        hand_in(owls, 1, "dear", employees__customers_per_employee=128.0, employees__pay=1.08)
    room.handle_trainer({"do": "close_year"})
    for late in (plan, changed(plan, employees__customers_per_employee=128.0, employees__pay=1.08)):
        with pytest.raises(InputError, match="year 1 is closed; your plan came too late and was not taken"):
            owls.send({"do": "submit", "year": 1, "plan": late, "key": "late"})
        with pytest.raises(InputError, match="year 2 is not open yet; your plan was not taken"):
            owls.send({"do": "submit", "year": 2, "plan": late, "key": "early"})
    for name in ("The carer", "best found", "owls"):
        with pytest.raises(InputError, match=r"is a name of the house|is taken"):
            nobody.send({"do": "join", "team": name})
    with pytest.raises(InputError, match="already"):
        owls.send({"do": "join", "team": "Bears"})
    with pytest.raises(InputError, match="it is the trainer"):
        owls.send({"do": "again"})


def test_the_trainer_can_do_only_what_is_due(room: Game) -> None:
    with pytest.raises(InputError, match="Open year 1: no team has joined yet"):
        room.handle_trainer({"do": "open_year"})
    trainee(room, "Owls")
    with pytest.raises(InputError, match="no year is open"):
        room.handle_trainer({"do": "close_year"})
    with pytest.raises(InputError, match="not before all years are closed"):
        room.handle_trainer({"do": "reveal"})
    with pytest.raises(InputError, match="nothing that can be done"):
        room.handle_trainer({"do": "drop tables"})
    with pytest.raises(InputError, match="played alone"):
        Game("game").handle_trainer({"do": "look"})


def test_a_button_of_a_page_that_lags_behind_does_nothing_to_another_year(room: Game) -> None:
    """Two trainers' pages: one closes year 1 and opens year 2, the other still says "Close year 1"."""
    trainee(room, "Owls")
    room.handle_trainer({"do": "open_year", "label": "Open year 1"})
    room.handle_trainer({"do": "close_year", "label": "Close year 1"})
    room.handle_trainer({"do": "open_year", "label": "Open year 2"})
    with pytest.raises(InputError, match="Close year 1: somebody was faster; now it is 'Close year 2'"):
        room.handle_trainer({"do": "close_year", "label": "Close year 1"})
    assert room.describe_trainer()["words"][0].startswith("Year 2 of 3 is open")


def test_a_room_that_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Searching, "start", lambda self: None)
    file = tmp_path / "room.db"
    first = Game("game", years=2)
    first.room_opens(file, "blue otter")
    owls = trainee(first, "Owls")
    first.handle_trainer({"do": "open_year"})
    hand_in(owls, 1, "a", market__marketing=5000.0)
    first.handle_trainer({"do": "close_year"})
    first.handle_trainer({"do": "open_year"})
    hand_in(owls, 2, "b", market__marketing=6000.0)
    screen = owls.look().message  # the server is not closed: it is killed
    for place in ("custsim.game.book.lived", "custsim.game.book.played"):
        monkeypatch.setattr(place, lambda *given: pytest.fail("what is known is lived again"))
    second = Game("game", years=2)
    second.room_opens(file, "blue otter")
    assert second.firm == first.firm
    again = Session(second, owls.state)  # the browser reloads
    assert again.look().message == screen
    assert again.look().message["desk"]["plan"]["market.marketing"] == 6000.0
    assert [row["name"] for row in again.look().message["board"]] == [row["name"] for row in screen["board"]]
    first.close()
    second.close()
    with pytest.raises(InputError, match=r"holds the game with the code .* take another file"):
        Match.open(file, "OTHER1")


def test_the_search_goes_on_in_a_room_that_stopped_once_its_game_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Searching] = []

    def note(searching: Searching) -> None:
        begun.append(searching)

    monkeypatch.setattr(Searching, "start", note)
    game = Game("game", years=2)
    game.room_opens(tmp_path / "room.db", "blue otter")
    assert begun == []
    trainee(game, "Owls")
    game.handle_trainer({"do": "open_year"})
    again = Game("game", years=2)
    again.room_opens(tmp_path / "room.db", "blue otter")  # killed, and started again
    assert begun == [game.searching, again.searching]
    game.close()
    again.close()


def test_who_comes_late_finds_the_years_before_as_the_firm_was_left(room: Game) -> None:
    trainee(room, "Owls")
    room.handle_trainer({"do": "open_year"})
    room.handle_trainer({"do": "close_year"})
    late = trainee(room, "Bears")
    screen = late.look().message
    assert len(screen["results"]) == 2
    room.handle_trainer({"do": "open_year"})
    assert late.look().message["desk"]["previous"] == room.firm.start


def test_a_year_is_told_with_its_own_profit_alone(alone: Game) -> None:
    session = Session(alone)
    for year in (1, 2, 3):
        screen = session.send({"do": "submit", "year": year, "plan": session.look().message["desk"]["plan"]}).message
        assert screen["year"] == min(year + 1, 3)
        assert screen["said"].startswith(
            f"Year {year} brought {written(screen['results'][-1]['numbers']['profit'], 0)} EUR"
        )
    assert len({one["numbers"]["profit"] for one in screen["results"]}) == 4
    assert alone.describe()["mode"] == "solo"


def test_a_year_is_told_with_its_own_profit_in_a_room_and_who_missed_it_is_told_so(room: Game) -> None:
    owls = trainee(room, "Owls")
    for year in (1, 2, 3):
        room.handle_trainer({"do": "open_year"})
        if year == 1:
            hand_in(owls, 1)
        room.handle_trainer({"do": "close_year"})
        screen = owls.look().message
        assert screen["year"] == Session(room).look().message["year"] == min(year + 1, 3)
        profit = written(screen["results"][-1]["numbers"]["profit"], 0)
        assert f"Year {year} brought {profit} EUR" in screen["said"]
        assert screen["said"].startswith(MISSED.format(year=year)) is (year > 1)
    assert room.describe()["mode"] == "room"


def test_a_game_that_goes_on_keeps_its_length_and_says_which_version_began_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "room.db"
    Match.open(file, "KAB417", years=2).close()
    same = Match.open(file, years=5)
    assert (same.firm.years, same.firm.code, same.note) == (2, "KAB417", "")
    same.close()
    monkeypatch.setattr("custsim.__version__", "99.0")
    later = Match.open(file)
    assert "goes on with 99.0" in later.note
    later.close()
