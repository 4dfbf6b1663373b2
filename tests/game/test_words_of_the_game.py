"""What a team is told of a year, of its luck and of its rivals, from numbers that are known."""

from __future__ import annotations

import re
import threading
import types
from typing import Any

import pandas as pd
import pytest
from rooms import changed, small_firm

from custsim.errors import InputError
from custsim.game import explain
from custsim.game.benchmark import NAME as BENCHMARK
from custsim.game.benchmark import Benchmark, Fresh
from custsim.game.book import Book, score
from custsim.game.debrief import Story
from custsim.game.explain import luck_of, said, why_of
from custsim.game.leaderboard import Score, leaderboard
from custsim.game.match import Searching, priced, scores, told
from custsim.game.play import Desk, lived, scheduled
from custsim.game.results import ALONG, YearResult
from custsim.game.rivals import RIVALS
from custsim.game.screen import board_data, debrief_data, described, desk_data, results_data
from custsim.simulation import simulate

FIRM = small_firm()
PLACES = leaderboard([
    Score("Owls", False, 4_000_400.0, 20e6, 74.04), Score("Foxes", False, 3e6, 30e6, 73.0),
    Score("The carer", True, 2e6, 25e6, 75.0),
])  # fmt: skip


def years(*profits: float, satisfaction: float = 70.0, equity: float = 5e6) -> list[YearResult]:
    """Years that earned this, the first of them before the game."""
    rest = {one.name: 0.0 for one in ALONG} | {"satisfaction": satisfaction, "equity": equity}
    return [YearResult(number, rest | {"profit": profit}, {}) for number, profit in enumerate(profits)]


def book_of(results: list[YearResult]) -> Any:
    return types.SimpleNamespace(after=lambda plans: types.SimpleNamespace(results=results), firm=FIRM)


# --- a year -------------------------------------------------------------------------------------------------------


def test_a_year_in_a_sentence() -> None:
    assert said(2, 512_345.6, PLACES, "Owls", FIRM) == (
        "Year 2 brought 512,346 EUR of profit. Overall you are number 1 of 3: number 1 by profit, 3 by customer "
        "equity, 2 by satisfaction."
    )
    told_so = said(2, -1234.0, PLACES, "Foxes", FIRM)
    assert "brought \N{MINUS SIGN}1,234 EUR" in told_so
    assert "Overall you are number 2 of 3: number 2 by profit, 1 by customer equity, 3 by" in told_so


def test_a_team_is_scored_on_the_years_it_decided() -> None:
    found = score("Owls", [*years(9e9, 1e6, 2e6)[:2], *years(0, 0, 2e6, satisfaction=71.5, equity=7e6)[2:]])
    assert (found.profit, found.equity, found.satisfaction, found.house) == (3e6, 7e6, 71.5, False)


def test_the_board_of_the_screen_is_the_board() -> None:
    rows = {row["name"]: row for row in board_data(PLACES, "Foxes")}
    owls = rows["Owls"]
    assert (owls["profit"], owls["equity"], owls["satisfaction"]) == (4_000_400, 20_000_000, 74.0)
    assert owls["points"] == PLACES[0].points > 3
    assert (owls["by_profit"], owls["by_equity"], owls["by_satisfaction"]) == (1, 3, 2)
    assert [name for name, row in rows.items() if row["you"]] == ["Foxes"]
    assert [name for name, row in rows.items() if row["house"]] == ["The carer"]


def test_a_year_on_the_screen_is_what_it_brought_and_what_was_charged() -> None:
    (shown,) = results_data([YearResult(2, {"profit": 1.5, "failures": float("nan")}, {"market.marketing": 12.0})])
    assert shown == {"year": 2, "numbers": {"profit": 1.5, "failures": None}, "paid": {"market.marketing": 12.0}}


def test_rivals_are_shown_after_as_many_years_as_the_teams() -> None:
    book = Book(FIRM)
    for closed in (0, 1):
        stories = told(book, [("Owls", False, [dict(FIRM.start)] * closed)], closed)
        assert [len(story.results) for story in stories] == [closed + 1] * (1 + len(RIVALS))
        assert [story.name for story in stories] == ["Owls", *(rival.name for rival in RIVALS)]
        assert [story.house for story in stories] == [False] + [True] * len(RIVALS)


def test_scores_say_who_is_of_the_house() -> None:
    stories = [Story("Owls", False, [], years(0.0, 1e6)), Story("The carer", True, [], years(0.0, 2e6))]
    assert [(one.name, one.house, one.profit) for one in scores(stories)] == [
        ("Owls", False, 1e6), ("The carer", True, 2e6)
    ]  # fmt: skip


def test_a_desk_shows_the_plan_of_the_year_before() -> None:
    plans = [changed(FIRM.start, market__marketing=100.0), changed(FIRM.start, market__marketing=200.0)]
    for decided in (0, 1, 2):
        desk = Book(FIRM).desk(plans[:decided])
        assert desk.year == decided + 1
        assert desk.previous == (plans[decided - 1] if decided else FIRM.start)


def test_house_rivals_are_lived_ahead_to_the_last_year(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(FIRM)
    book.prepare()
    monkeypatch.setattr("custsim.game.book.lived", lambda *given: pytest.fail("not lived ahead"))
    for rival in RIVALS:
        assert len(book.after(book.rival(rival.name)).results) == FIRM.years + 1


# --- the search, told ---------------------------------------------------------------------------------------------


def test_how_far_the_search_is() -> None:
    searching = Searching(Book(FIRM), trials=10)
    assert searching.status == "not begun"
    searching._thread = threading.current_thread()
    for done, status in ((3, "searching: 3 of 10 plans tried"), (9, "searching: 9 of 10 plans tried"),
                         (10, "testing the best on fresh luck")):  # fmt: skip
        searching._tell(done)
        assert searching.status == status


def test_a_search_that_was_stopped_calls_nobody() -> None:
    called: list[int] = []
    searching = Searching(Book(FIRM), trials=10)
    searching.ready = lambda: called.append(1)
    searching._stop.set()
    searching._search()
    assert (searching.found, called) == (None, [])
    assert searching.status == "there is none: the search was stopped"


# --- prices -------------------------------------------------------------------------------------------------------


def test_a_plan_that_costs_the_budget_to_the_cent_is_taken_and_one_that_costs_more_is_not() -> None:
    desk = types.SimpleNamespace(firm=FIRM, year=3, budget=2000.0, cost=lambda plan: 2000.0)
    assert priced(desk, dict(FIRM.start)) == (FIRM.start, 2000.0)  # type: ignore[arg-type]
    desk.cost = lambda plan: 2450.0
    with pytest.raises(InputError, match=re.escape("costs 2,450 EUR, 450 more than the budget of 2,000")):
        priced(desk, dict(FIRM.start))  # type: ignore[arg-type]


def test_a_desk_begins_with_a_plan_that_the_budget_holds_and_tells_its_cost() -> None:
    dear = {lever.path: lever.low if lever.cheap == lever.high else lever.high for lever in FIRM.levers}
    desk = Desk(FIRM, 2, Book(FIRM).after(()).volumes, dear)
    data = desk_data(desk)
    assert data["cost"] == desk.cost(data["plan"]) <= data["budget"] < desk.cost(dear)
    assert data["previous"] == dear
    assert data["customers"] == desk.volumes.customers
    own = changed(FIRM.start, market__marketing=50.0)
    assert desk_data(desk, own)["plan"] == own
    assert desk_data(desk, own)["cost"] == desk.cost(own)


def test_the_rules_tell_the_share_of_revenue_and_which_levers_are_shares() -> None:
    told_once = described(FIRM, room=False)
    share = re.search(r"budget of a year is ([\d.]+) %", told_once["rules"][0])
    assert share
    assert float(share[1]) == pytest.approx(100.0 * FIRM.budget_share, abs=0.05)
    units = {one["name"]: one["unit"] for one in told_once["along"]}
    assert (units["profit"], units["satisfaction"], units["quits"]) == ("EUR", "of 100", "persons")
    for lever, shown in zip(FIRM.levers, told_once["levers"], strict=True):
        assert (shown["low"], shown["high"], shown["cheap"]) == (lever.low, lever.high, lever.cheap)
    percent = {lever["path"] for lever in told_once["levers"] if lever["percent"]}
    assert percent == {"employees.pay", "complaints.compensation", "loyalty.offer_rate"}


# --- why, and luck ------------------------------------------------------------------------------------------------


def test_nothing_is_explained_only_where_no_year_was_changed() -> None:
    same, other = dict(FIRM.start), changed(FIRM.start, market__marketing=0.0)
    assert why_of(FIRM, [same, same, same])["total"] is None
    assert why_of(FIRM, [same, other, same])["total"]["value"] != 0


def test_why_is_told_of_the_whole_game_against_the_firm_left_as_it_was() -> None:
    """A firm that saves half of its advertising: the account has it to the euro."""
    half = FIRM.start["market.marketing"] / 2
    plans = [changed(FIRM.start, market__marketing=half)] * 3
    ours = lived(FIRM, plans).monthly
    theirs = simulate(scheduled(FIRM, []), FIRM.seed, months=48).monthly
    whole = float(ours["profit"].sum() - theirs["profit"].sum())
    found = why_of(FIRM, plans)
    more = "more" if whole >= 0 else "less"
    assert found["total"]["value"] == pytest.approx(whole, abs=1.0)
    assert f"earned {abs(round(whole)):,} EUR {more} than it would have" in found["words"][0]
    saved = round(36 * half)
    assert f"marketing +{saved:,} EUR" in found["words"][1] or f"advertising +{saved:,} EUR" in found["words"][1]
    amounts = [abs(float(one.replace(",", "").replace("\N{MINUS SIGN}", "-")))
               for one in re.findall(r"([+\N{MINUS SIGN}][\d,]+) EUR", found["words"][1])]  # fmt: skip
    assert len(amounts) == 4
    assert amounts == sorted(amounts, reverse=True)
    assert [bar["text"] for bar in found["bars"]] == [
        f"{bar['value']:+,} EUR".replace("-", "\N{MINUS SIGN}") for bar in found["bars"]
    ]


def test_the_largest_lines_are_told_first_whatever_their_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """48 months: means of a month times 48 are the sums of the game."""
    account = pd.DataFrame({"label": ["Pay", "Revenue", "Tools", "Fixed", "Offers"],
                            "amount": [-100.0, 10.0, -20.0, 0.5, 30.0]})  # fmt: skip
    table = pd.DataFrame([{"link": "employees", "label": "Your people", "contribution": -79.5}])
    found = types.SimpleNamespace(months=48, difference=-79.5, account=account, table=table)
    monkeypatch.setattr(explain, "why", lambda same, ours, **rest: found)
    words = why_of(FIRM, [changed(FIRM.start, market__marketing=0.0)])["words"]
    assert words[0].startswith("In all your firm earned 3,816 EUR less than it would have in the same luck")
    minus = "\N{MINUS SIGN}"
    assert words[1] == (
        f"It reached profit through: pay {minus}4,800 EUR; offers +1,440 EUR; tools {minus}960 EUR; revenue +480 EUR."
    )


def test_amounts_have_a_true_sign_and_nothing_has_none() -> None:
    assert explain._signed(1234.4, "EUR") == "+1,234 EUR"
    assert explain._signed(-1234.4, "EUR") == "\N{MINUS SIGN}1,234 EUR"
    assert explain._signed(-0.4, "EUR") == "0 EUR"


@pytest.mark.parametrize(("profit", "kind"), [(2.2e6, "good"), (1.3e6, "bad")])
def test_luck_is_what_was_earned_above_the_mean_of_other_markets(
    profit: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "on_fresh_luck", lambda made, plans: Fresh(1.7e6, 1.5e6, 1.9e6, 8))
    found = luck_of(FIRM, [], book_of(years(5e6, profit / 2, profit / 2)))
    assert f"here they earned {profit / 1e6:.2f} million" in found["words"][0]
    assert f"So about {abs(profit - 1.7e6) / 1e6:.2f} million was {kind} luck" in found["words"][0]
    assert (found["mean"], found["low"], found["high"], found["actual"]) == (1_700_000, 1_500_000, 1_900_000, profit)


@pytest.mark.parametrize(
    ("best", "words"),
    [(2e6, "it earned 1.50 million EUR; Foxes earned more: 2.00 million."),
     (1.2e6, "it earned 1.50 million EUR, the best team (Foxes) 1.20 million.")],
)  # fmt: skip
def test_the_benchmark_is_held_against_the_best_team_in_the_luck_of_the_game(best: float, words: str) -> None:
    stories = [
        Story(name, house, [FIRM.start], [with_paid(one) for one in years(0.0, profit)])
        for name, house, profit in (("Owls", False, 1e6), ("Foxes", False, best), ("The carer", True, 0.9e6))
    ]
    found = Benchmark(FIRM.start, [FIRM.start], 5, Fresh(1e6, 0.9e6, 1.1e6, 4), {"The carer": Fresh(0, 0, 0, 4)})
    book = book_of([with_paid(one) for one in years(7e6, 1.5e6, satisfaction=77.77, equity=6e6)])
    data = debrief_data(book, stories, found, "ready", "Foxes")
    assert data["benchmark"]["words"][1].endswith(words)
    assert {name: data["benchmark"][name] for name in ("profit", "equity", "satisfaction")} == {
        "profit": 1_500_000, "equity": 6_000_000, "satisfaction": 77.8,
    }  # fmt: skip
    assert [team["name"] for team in data["teams"] if team["benchmark"]] == [BENCHMARK]
    assert [team["name"] for team in data["teams"] if team["you"]] == ["Foxes"]
    assert [team["name"] for team in data["teams"] if team["house"]] == ["The carer", BENCHMARK]


def with_paid(one: YearResult) -> YearResult:
    """A year in which nothing was charged."""
    lines = Desk(FIRM, 1, Book(FIRM).after(()).volumes, FIRM.start).lines
    return YearResult(one.year, one.numbers, {line.lever: 0.0 for line in lines})
