"""The picture of a difference in profit: from one firm to the other, link by link and line by line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from custsim.errors import InputError
from custsim.experiment.interval import mean_interval
from custsim.plots.style import COLOURS, GREY, INK, SIZES, dress, footnote, new_figure, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from custsim.experiment.why import Explanation

__all__ = ["why"]

#: lines of the account that are drawn by themselves
_LINES = 7

_Step = tuple[str, float, float, float]


def why(explanation: Explanation, *, names: tuple[str, str] = ("first", "second")) -> Figure:
    """Draw which links carried how much of a difference in profit, and through what it reached profit.

    Parameters
    ----------
    explanation
        Made by :func:`custsim.why`.
    names
        What the two firms are called.

    Returns
    -------
    matplotlib.figure.Figure
        A waterfall from the profit of the one to that of the other, by link (left; left out if one link differs) and by
        line of the account. Thin lines are intervals; a dot and a ring show a link's part when it is switched in the
        order of the chain and against it.

    Raises
    ------
    InputError
        If the two do not differ: there is nothing to draw.

    Examples
    --------
    >>> import custsim
    >>> from custsim.scenario.model import Scenario
    >>> bank = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> figure = why(custsim.why(bank, bank.change({"complaints.staff": 0}), progress=False))
    """
    told = explanation
    if not told.links:
        raise InputError("explanation: the two firms do not differ, so there is nothing to draw")
    both = len(told.links) > 1
    lines = _lines(told)
    tall = max(len(lines), len(told.links) if both else 0) + 2
    figure = new_figure(1, 1 + both, width=15.5 if both else 11.5, height=0.5 * tall + 2.6)
    more = "more" if told.difference >= 0 else "less"
    currency = told.a.currency
    figure.suptitle(
        f"Why {names[1]} earns {number(abs(told.difference), 0)} {currency} a month {more} than {names[0]}",
        x=0.012, ha="left", fontsize=SIZES["title"] + 2, fontweight="bold", color=INK,
    )  # fmt: skip
    if both:
        links = [(row["label"], row["contribution"], row["low"], row["high"]) for row in told.table.to_dict("records")]
        _waterfall(figure.axes[0], told, links, names)
        _both_directions(figure.axes[0], told)
        dress(figure.axes[0], title="Which link", subtitle="profit, along the chain", x=f"{currency} a month", grid="x")
    link = "" if both else f", all through {told.links[0].label.lower()}"
    _waterfall(figure.axes[-1], told, lines, names)
    dress(figure.axes[-1], title="Through what", subtitle=f"profit, line by line{link}", x=f"{currency} a month",
          grid="x")  # fmt: skip
    footnote(figure, _small_print(told))
    return figure


def _lines(told: Explanation) -> list[_Step]:
    """Take the largest lines of the account in its order, and the others as one."""
    table = told.account[told.account["amount"].abs() >= 0.5]
    large = table["amount"].abs().nlargest(_LINES).index
    steps: list[_Step] = [
        (row["label"], row["amount"], row["low"], row["high"]) for row in table.loc[sorted(large)].to_dict("records")
    ]
    rest = float(told.account["amount"].sum() - table.loc[large, "amount"].sum())
    if len(table) > len(large):
        steps.append(("Everything else", rest, math.nan, math.nan))
    return steps


def _waterfall(ax: Axes, told: Explanation, steps: Sequence[_Step], names: tuple[str, str]) -> None:
    first, last = float(told.profit_a.mean()), float(told.profit_b.mean())
    level, edges = first, [first, last]
    for place, (_, amount, low, high) in enumerate(steps, start=1):
        tone = COLOURS["vermilion" if amount < 0 else "green"]
        ax.barh(place, amount, left=level, color=tone, height=0.62)
        ax.plot([level, level], [place - 0.69, place + 0.31], color=GREY, linewidth=1)
        ends = [level, level + amount]
        if not math.isnan(low) and high - low > 0.0:
            ax.plot([level + low, level + high], [place, place], color=INK, linewidth=1.6)
            ends += [level + low, level + high]
        edges += ends
        ax.annotate(_signed(amount), (max(ends), place), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=SIZES["legend"], color=INK)  # fmt: skip
        level += amount
    ax.plot([level, level], [len(steps) + 0.31, len(steps) + 1.31], color=GREY, linewidth=1)
    room = 0.12 * (max(edges) - min(edges) or 1.0)
    left, right = min(edges) - room, max(edges) + 1.6 * room
    for place, value in ((0, first), (len(steps) + 1, last)):
        ax.barh(place, value - left, left=left, color=COLOURS["blue"], height=0.62)
        ax.annotate(number(value, 0), (value, place), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=SIZES["legend"], fontweight="bold", color=INK)  # fmt: skip
    ax.set_xlim(left, right)
    ax.set_yticks(range(len(steps) + 2), [names[0], *(label for label, *_ in steps), names[1]])
    ax.invert_yaxis()


def _both_directions(ax: Axes, told: Explanation) -> None:
    """Mark each link's part when it is switched in the order of the chain (dot) and against it (ring)."""
    level = float(told.profit_a.mean())
    for place, (part, forward, reverse) in enumerate(
        zip(told.contributions.mean(axis=1), told.forward.mean(axis=1), told.reverse.mean(axis=1), strict=True), start=1
    ):
        ax.plot(level + forward, place + 0.19, "o", color=INK, markersize=5.5)
        ax.plot(level + reverse, place + 0.19, "o", markerfacecolor="white", markeredgecolor=INK, markersize=5.5)
        level += part


def _signed(amount: float) -> str:
    return ("+" if amount > 0 else "") + number(amount, 0)


def _small_print(told: Explanation) -> str:
    count = len(told.replications)
    marks = "dot: switched in the order of the chain, ring: against it; " if len(told.links) > 1 else ""
    if count == 1:
        return (
            f"{marks}means of {told.months} months, one luck: seed {told.seed}. Blue bars start at the edge, not at 0."
        )
    _, low, high = mean_interval(told.profit_b - told.profit_a, told.confidence)
    return (
        f"Thin lines: {100 * told.confidence:g} % intervals (of the whole difference {_signed(float(low))} to "
        f"{_signed(float(high))}); {marks}means of {told.months} months,\n{count} replications of seed {told.seed}. "
        "Blue bars start at the edge, not at 0."
    )
