"""What a game tells in words: a year, why a team earned what it did, and what part of that was luck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from custsim.experiment.why import why
from custsim.game.benchmark import on_fresh_luck
from custsim.game.book import Book
from custsim.game.firm import Firm
from custsim.game.leaderboard import Place
from custsim.game.levers import Plan
from custsim.game.play import scheduled
from custsim.widgets.numbers import written

__all__ = ["luck_of", "said", "why_of"]


def said(year: int, profit: float, places: Sequence[Place], you: str, made: Firm) -> str:
    """Tell a year in one sentence."""
    mine = next(place for place in places if place.score.name == you)
    return (
        f"Year {year} brought {written(profit, 0)} {made.scenario.currency} of profit. Overall you are number "
        f"{mine.overall} of {len(places)}: number {mine.by_profit} by profit, {mine.by_equity} by customer equity, "
        f"{mine.by_satisfaction} by satisfaction."
    )


def why_of(made: Firm, plans: Sequence[Plan]) -> dict[str, Any]:
    """Explain a team's profit against the firm that goes on as it was."""
    currency = made.scenario.currency
    if all(dict(plan) == dict(made.start) for plan in plans):
        return _nothing(currency)
    same = scheduled(made, [made.start] * len(plans))
    found = why(same, scheduled(made, plans), seed=made.seed, replications=1, orders="two", progress=False)
    whole = float(found.months)  # parts are means of the months; what a game is about is its sum
    bars = [
        {
            "link": row["link"],
            "label": row["label"],
            "value": round(whole * row["contribution"]),
            "low": None,
            "high": None,
            "text": _signed(whole * row["contribution"], currency),
        }
        for row in found.table.to_dict("records")
    ]
    lines = found.account.reindex(found.account["amount"].abs().sort_values(ascending=False).index).head(4)
    through = "; ".join(
        f"{row['label'].lower()} {_signed(whole * row['amount'], currency)}" for row in lines.to_dict("records")
    )
    more, total = "more" if found.difference >= 0 else "less", whole * found.difference
    words = [
        f"In all your firm earned {abs(total):,.0f} {currency} {more} than it would have in the same luck, left "
        "as it was.",
        f"It reached profit through: {through}.",
    ]
    return {**_nothing(currency), "words": words, "bars": bars,
            "total": {"value": round(total), "text": _signed(total, currency)}}  # fmt: skip


def _nothing(currency: str) -> dict[str, Any]:
    words = ["You left everything as it was, so there is nothing to explain."]
    return {"is": "why", "words": words, "bars": [], "unit": f"{currency} over the game", "total": None}


def luck_of(made: Firm, plans: Sequence[Plan], book: Book) -> dict[str, Any]:
    """Tell how the same decisions fare in other luck."""
    fresh, actual = on_fresh_luck(made, plans), sum(year.profit for year in book.after(plans).results[1:])
    currency, luck = made.scenario.currency, actual - fresh.mean
    words = (
        f"The same decisions earn {fresh.mean / 1e6:.2f} million {currency} in the mean of {fresh.replications} other "
        f"markets (95 % interval {fresh.low / 1e6:.2f} to {fresh.high / 1e6:.2f}); here they earned "
        f"{actual / 1e6:.2f} million. So about {abs(luck) / 1e6:.2f} million was {'good' if luck >= 0 else 'bad'} "
        "luck, and it was the same luck for all. (Budgets of the other markets were not checked again.)"
    )
    numbers = {"mean": fresh.mean, "low": fresh.low, "high": fresh.high, "actual": actual}
    return {"is": "luck", "words": [words], **{name: round(value) for name, value in numbers.items()}}


def _signed(amount: float, currency: str) -> str:
    return f"{written(amount, 0, signed=True)} {currency}"
