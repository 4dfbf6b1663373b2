"""Who is ahead: by profit, by customer equity, by satisfaction, and overall.

In each of the three the best gets 100 points and the last none, the others in proportion; overall counts the sum, and
of equal sums the higher profit. Points, not ranks, are added up: who is far ahead in one and close behind in two is
ahead. What reads the same on the board (money in thousands, satisfaction with one decimal) is equal, and equals share
the better rank, so that after two firsts comes a third.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

__all__ = ["RULE", "Place", "Score", "leaderboard", "points", "ranks", "table"]

#: the rule, in the words that are shown
RULE = (
    "Overall: in profit, customer equity and satisfaction the best gets 100 points and the last 0, the others in "
    "proportion; the largest sum leads, and of equal sums the higher profit. Numbers that read the same share a rank."
)


@dataclass(frozen=True, slots=True)
class Score:
    """What counts of a team.

    Attributes
    ----------
    name
        Of the team.
    house
        Whether it is a house rival.
    profit
        Of all years decided so far, currency.
    equity
        Customer equity at the end of the last of them, currency.
    satisfaction
        Mean customer satisfaction in the last of them, 0-100.
    """

    name: str
    house: bool
    profit: float
    equity: float
    satisfaction: float


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the leaderboard: the score, its ranks (1 the best), and its points, 0-300."""

    score: Score
    by_profit: int
    by_equity: int
    by_satisfaction: int
    points: int
    overall: int


def ranks(values: Sequence[Any]) -> list[int]:
    """Rank numbers, the largest first; equals share the better rank.

    Examples
    --------
    >>> ranks([5, 9, 9, 1])
    [3, 1, 1, 4]
    """
    return [1 + sum(other > value for other in values) for value in values]


def points(values: Sequence[float]) -> list[float]:
    """Give the largest number 100 points, the smallest 0, the others in proportion; 100 to all if all are equal.

    Examples
    --------
    >>> points([5.0, 9.0, 1.0]), points([2.0, 2.0])
    ([50.0, 100.0, 0.0], [100.0, 100.0])
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    return [100.0 * (value - low) / (high - low) if high > low else 100.0 for value in values]


def leaderboard(scores: Iterable[Score]) -> list[Place]:
    """Rank teams by each of the three numbers and overall, the leader first.

    Examples
    --------
    >>> a, b, c = Score("A", False, 3e6, 28e6, 76.0), Score("B", False, 4e6, 27e6, 75.0), Score("C", False, 0, 0, 70.0)
    >>> [(place.score.name, place.points, place.overall) for place in leaderboard([a, b, c])]
    [('B', 280, 1), ('A', 275, 2), ('C', 0, 3)]
    """
    listed = list(scores)
    columns: tuple[list[float], ...] = (
        [round(one.profit / 1000.0) for one in listed],
        [round(one.equity / 1000.0) for one in listed],
        [round(one.satisfaction, 1) for one in listed],
    )
    totals = [round(sum(three)) for three in zip(*(points(column) for column in columns), strict=True)]
    overall = ranks(list(zip(totals, columns[0], strict=True)))
    profit, equity, satisfaction = (ranks(column) for column in columns)
    places = [Place(*line) for line in zip(listed, profit, equity, satisfaction, totals, overall, strict=True)]
    return sorted(places, key=lambda place: (place.overall, place.score.name.casefold(), place.score.name))


def table(places: Iterable[Place]) -> pd.DataFrame:
    """Write a leaderboard as a table: one row a team, the leader first."""
    names = ["overall", "team", "house", "points", "profit", "by_profit", "equity", "by_equity", "satisfaction",
             "by_satisfaction"]  # fmt: skip
    return pd.DataFrame(
        [
            [place.overall, place.score.name, place.score.house, place.points, place.score.profit, place.by_profit,
             place.score.equity, place.by_equity, place.score.satisfaction, place.by_satisfaction]
            for place in places
        ],
        columns=names,
    )  # fmt: skip
