"""The chain as a path diagram: its places, and on each arrow how much the one moves the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from custsim.plots.style import COLOURS, GREY, INK, SIZES, footnote, new_figure, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from custsim.experiment.chain import MeasuredChain

__all__ = ["measured_chain"]

#: size of a box, inches
_WIDE, _TALL = 1.72, 1.12

#: centre of each place, inches
_PLACES = {
    "internal_service": (1.05, 2.9),
    "employee_satisfaction": (3.65, 2.9),
    "service_quality": (6.25, 2.9),
    "satisfaction": (8.85, 2.9),
    "retention": (11.45, 2.9),
    "profit": (14.25, 2.9),
    "failures": (8.85, 0.85),
    "recommendations": (8.85, 5.05),
    "joined": (11.45, 5.05),
}

#: names on two lines
_NAMES = {
    "internal_service": "Internal\nservice",
    "employee_satisfaction": "Employee\nsatisfaction",
    "service_quality": "Service\nquality",
    "satisfaction": "Customer\nsatisfaction",
    "retention": "Retention",
    "profit": "Profit",
    "failures": "Failures",
    "recommendations": "Recommen-\ndations",
    "joined": "Customers\nwon",
}


def measured_chain(chain: MeasuredChain) -> Figure:
    """Draw the service-profit chain with the measured numbers on its arrows.

    Parameters
    ----------
    chain
        Made by :func:`custsim.experiment.measure_chain`.

    Returns
    -------
    matplotlib.figure.Figure
        A box for each place with its present value. An arrow carries its elasticity, to profit the money that one per
        cent brings, each with its interval; it is grey and dashed where the interval holds 0 or nothing was measured.

    Examples
    --------
    >>> from custsim.experiment import measure_chain
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> figure = measured_chain(measure_chain(small, levers=[], replications=2, progress=False))
    """
    figure = new_figure(width=15.4, height=7.2)
    ax = figure.axes[0]
    ax.set_xlim(0.0, 15.3)
    ax.set_ylim(0.2, 5.75)
    ax.set_aspect("equal")
    ax.axis("off")
    for row in chain.table.to_dict("records"):
        _arrow(ax, row)
    for row in chain.nodes.to_dict("records"):
        _box(ax, row)
    name = chain.scenario.title or chain.scenario.name
    figure.suptitle(
        f"The chain, measured: {name}", x=0.012, ha="left", fontsize=SIZES["title"] + 3, fontweight="bold", color=INK
    )
    ax.set_title(
        "On an arrow: by how many per cent the one moves when the other rises by one; "
        f"to profit: what that brings, {chain.scenario.currency} a month",
        loc="left", fontsize=SIZES["subtitle"], color=GREY, pad=8,
    )  # fmt: skip
    footnote(
        figure,
        f"In brackets: {100 * chain.confidence:g} % intervals, {len(chain.replications)} paired replications of seed "
        f"{chain.seed}, means of {chain.scenario.time.months} months. Grey and dashed: could be 0.",
    )
    return figure


def _box(ax: Axes, row: Mapping[Any, Any]) -> None:
    x, y = _PLACES[row["node"]]
    profit = row["node"] == "profit"
    ax.add_patch(
        FancyBboxPatch(
            (x - _WIDE / 2, y - _TALL / 2), _WIDE, _TALL, boxstyle="round,pad=0,rounding_size=0.14", linewidth=2,
            edgecolor=COLOURS["blue"], facecolor=COLOURS["blue"] if profit else "white", zorder=3,
        )
    )  # fmt: skip
    tone, pale = ("white", "white") if profit else (INK, GREY)
    ax.text(x, y + 0.16, _NAMES[row["node"]], ha="center", va="center", fontsize=SIZES["label"], fontweight="bold",
            color=tone, zorder=4, linespacing=1.05)  # fmt: skip
    ax.text(x, y - 0.36, f"{number(row['value'])} {row['unit']}", ha="center", va="center", fontsize=SIZES["note"],
            color=pale, zorder=4)  # fmt: skip


def _arrow(ax: Axes, row: Mapping[Any, Any]) -> None:
    money = row["target"] == "profit"
    value, low, high = (row[name] for name in (("effect", "effect_low", "effect_high") if money else
                                               ("elasticity", "low", "high")))  # fmt: skip
    unsure = math.isnan(value) or not (low > 0.0 or high < 0.0)
    tone = GREY if unsure else COLOURS["green" if value > 0 else "vermilion"]
    (x0, y0), (x1, y1) = _PLACES[row["source"]], _PLACES[row["target"]]
    start, end, (x, y, side) = _ends(x0, y0, x1, y1)
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>,head_length=9,head_width=5", mutation_scale=1, linewidth=3,
                        color=tone, linestyle=(0, (2, 1.4)) if unsure else "solid", shrinkA=0, shrinkB=0, zorder=2)
    )  # fmt: skip
    digits = 0 if money else 2
    text = "?" if math.isnan(value) else ("+" if value > 0 else "") + number(value, digits)
    interval = "" if math.isnan(low) else f"[{number(low, digits)}, {number(high, digits)}]"
    ax.text(x, y + 0.02, text, ha=side, va="bottom", fontsize=SIZES["label"] + 1, fontweight="bold", color=tone,
            zorder=5)  # fmt: skip
    ax.text(x, y - 0.03, interval, ha=side, va="top", fontsize=SIZES["note"] - 2, color=GREY, zorder=5)


_Point = tuple[float, float]


def _ends(x0: float, y0: float, x1: float, y1: float) -> tuple[_Point, _Point, tuple[float, float, str]]:
    """Where an arrow leaves one box and meets the next, and where its number stands (and which side of it)."""
    half, tall, gap = _WIDE / 2, _TALL / 2, 0.05
    if y0 == y1:
        middle = ((x0 + x1) / 2, y0 + 0.34, "center")
        return (x0 + half + gap, y0), (x1 - half - gap, y1), middle
    up = 1.0 if y1 > y0 else -1.0
    if x0 == x1:
        return (x0, y0 + up * (tall + gap)), (x1, y1 - up * (tall + gap)), (x0 + 0.16, (y0 + y1) / 2, "left")
    if abs(y0 - _PLACES["satisfaction"][1]) < 1e-9:  # from the middle row to a side row
        start, end = (x0 + 0.35 * half, y0 + up * (tall + gap)), (x1 - half - gap, y1)
        return start, end, ((start[0] + end[0]) / 2 - 0.3, (start[1] + end[1]) / 2 - 0.22, "right")
    start, end = (x0 + half + gap, y0), (x1 - 0.35 * half, y1 - up * (tall + gap))
    return start, end, ((start[0] + end[0]) / 2 + 0.26, (start[1] + end[1]) / 2 - 0.14 * up, "left")
