"""What the screen of the game is told: plain data made of desks, results, leaderboards and debriefs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from custsim.game.benchmark import NAME as BENCHMARK
from custsim.game.benchmark import Benchmark
from custsim.game.book import Book, score
from custsim.game.debrief import Debrief, Story
from custsim.game.firm import Firm
from custsim.game.leaderboard import RULE, Place
from custsim.game.levers import Lever
from custsim.game.play import Desk
from custsim.game.results import ALONG, YearResult, as_json
from custsim.game.rivals import RIVALS

__all__ = ["board_data", "debrief_data", "described", "desk_data", "results_data", "with_benchmark"]


def described(firm: Firm, *, room: bool) -> dict[str, Any]:
    """Tell everything about a game that stays as it is."""
    currency = firm.scenario.currency
    groups: dict[str, list[str]] = {}
    for lever in firm.levers:
        groups.setdefault(lever.group, []).append(lever.path)
    return {
        "mode": "room" if room else "solo",
        "code": firm.code,
        "currency": currency,
        "years": firm.years,
        "intro": _intro(firm, room),
        "rules": _rules(firm, room),
        "rule": RULE,
        "groups": [{"label": label, "levers": paths} for label, paths in groups.items()],
        "levers": [_lever_data(lever) for lever in firm.levers],
        "along": [
            {"name": one.name, "label": one.label, "unit": currency if one.unit == "money" else one.unit,
             "decimals": one.decimals, "better": one.better}
            for one in ALONG
        ],
        "rivals": [{"name": rival.name, "creed": rival.creed} for rival in RIVALS],
    }  # fmt: skip


def _intro(firm: Firm, room: bool) -> list[str]:
    bank = firm.scenario
    against = "the other teams" if room else "four house rivals"
    return [
        f"You run a service firm after the pattern of {bank.title[:1].lower()}{bank.title[1:]}: "
        f"{bank.market.persons:,} people in its town, some of them customers, and staff who serve them.",
        f"For {firm.years} years you decide once a year what is spent where, against {against}, who run the same firm "
        "in the same luck.",
        "What you give your own people reaches the customers with a delay, and so does what you take from them.",
    ]


def _rules(firm: Firm, room: bool) -> list[str]:
    share = f"{100 * firm.budget_share:.1f}".rstrip("0").rstrip(".")
    last = (
        "You can submit as often as you like while a year is open; the last plan counts. Who submits nothing goes on "
        "as before, cut evenly if the budget does not allow it."
        if room
        else "A plan that is submitted cannot be taken back: the year is lived at once."
    )
    return [
        f"The budget of a year is {share} % of last year's revenue; the leanest plan is always within it. What is left "
        "of it is profit, and nothing is free.",
        "A plan is priced with last year's numbers: customers, complaints, leavers, recommendations. What is charged "
        "in the end is what happened.",
        "Everybody has a firm and a market of their own, all alike, with the same luck: who does the same gets the "
        "same.",
        last,
        f"What counts is the profit of the {firm.years} years, the value of the customers at the end (their expected "
        "contribution from then on, before wages and fixed cost), and how satisfied they are in the last year.",
    ]


def _lever_data(lever: Lever) -> dict[str, Any]:
    percent = lever.unit == "%"
    return {
        "path": lever.path, "label": lever.label, "kind": "range", "unit": lever.unit,
        "low": lever.low, "high": lever.high, "step": lever.step, "scale": "linear", "percent": percent,
        "meaning": lever.meaning, "source": "", "cheap": lever.cheap,
    }  # fmt: skip


def desk_data(desk: Desk, plan: Any = None) -> dict[str, Any]:
    """Tell what lies on a desk: budget, prices, last year's plan, and the plan that the sliders begin with."""
    begin = desk.fitted(desk.previous) if plan is None else dict(plan)
    return {
        "year": desk.year,
        "budget": desk.budget,
        "lines": [
            {"lever": line.lever, "label": line.label, "amount": line.amount, "powers": dict(line.powers)}
            for line in desk.lines
        ],
        "previous": dict(desk.previous),
        "plan": begin,
        "cost": desk.cost(begin),
        "customers": round(desk.volumes.customers),
    }


def results_data(results: Iterable[YearResult]) -> list[dict[str, Any]]:
    """Tell the years a team has lived."""
    return [{"year": one.year, "numbers": as_json(one.numbers), "paid": as_json(one.paid)} for one in results]


def board_data(places: Sequence[Place], you: str = "") -> list[dict[str, Any]]:
    """Tell a leaderboard, with the team that asks marked."""
    return [
        {
            "overall": place.overall, "name": place.score.name, "house": place.score.house,
            "you": place.score.name == you, "points": place.points,
            "profit": round(place.score.profit), "by_profit": place.by_profit,
            "equity": round(place.score.equity), "by_equity": place.by_equity,
            "satisfaction": round(place.score.satisfaction, 1), "by_satisfaction": place.by_satisfaction,
        }
        for place in places
    ]  # fmt: skip


def with_benchmark(book: Book, stories: Sequence[Story], found: Benchmark | None) -> list[Story]:
    """Put the benchmark behind the teams, if it is there."""
    if found is None:
        return list(stories)
    return [*stories, Story(BENCHMARK, True, found.plans, book.after(found.plans).results)]


def debrief_data(
    book: Book, stories: Sequence[Story], found: Benchmark | None, status: str, you: str
) -> dict[str, Any]:
    """Tell the debrief, with the benchmark as far as it is there."""
    data = Debrief(book.firm, with_benchmark(book, stories, found)).data()
    for team in data["teams"]:
        team["you"] = team["name"] == you
        team["benchmark"] = team["name"] == BENCHMARK
    if found is None:
        return {**data, "benchmark": None, "status": status}
    own = score(BENCHMARK, book.after(found.plans).results)
    best = max(stories, key=lambda story: score(story.name, story.results).profit)
    words = [found.words(book.firm.scenario.currency), _against(own.profit, best, book.firm.scenario.currency)]
    told = {"profit": round(own.profit), "equity": round(own.equity), "satisfaction": round(own.satisfaction, 1)}
    return {**data, "benchmark": {**told, "words": words}, "status": status}


def _against(profit: float, best: Story, currency: str) -> str:
    """Say how the benchmark did in the game's own luck against the best team."""
    theirs = score(best.name, best.results).profit
    begin = f"In the luck of this game it earned {profit / 1e6:.2f} million {currency}"
    if theirs > profit:
        return f"{begin}; {best.name} earned more: {theirs / 1e6:.2f} million."
    return f"{begin}, the best team ({best.name}) {theirs / 1e6:.2f} million."
