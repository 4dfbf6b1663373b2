"""Pictures of what would be missed: word of mouth, a customer, an answered complaint, a point of internal service."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from custsim.errors import InputError
from custsim.plots.style import COLOURS, GREY, INK, SIZES, dress, footnote, new_figure, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from custsim.experiment.counterfactual import Counterfactual

__all__ = ["counterfactual"]

#: panels side by side; a table with more parts, or with one group, is drawn row by row
_PANELS = 4


def counterfactual(answer: Counterfactual) -> Figure:
    """Draw what would be missed, with intervals.

    Parameters
    ----------
    answer
        Made by :func:`custsim.experiment.word_of_mouth_worth`, :func:`~custsim.experiment.lost_customer_cost`,
        :func:`~custsim.experiment.handled_complaint_worth` or :func:`~custsim.experiment.internal_service_point`.

    Returns
    -------
    matplotlib.figure.Figure
        Several groups: a panel for each part, one row a group. One group: a row for each part, each on a scale of its
        own, since the links of the chain have different units.

    Raises
    ------
    InputError
        If there is nothing in it.

    Examples
    --------
    >>> from custsim.experiment import word_of_mouth_worth
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> figure = counterfactual(word_of_mouth_worth(small, ["profit"], replications=2, progress=False))
    >>> len(figure.axes)
    1
    """
    table = answer.table
    if table.empty:
        raise InputError("answer: holds no numbers, so there is nothing to draw")
    groups, parts = list(dict.fromkeys(table["group"])), list(dict.fromkeys(table["part"]))
    figure = _links(table) if len(groups) == 1 or len(parts) > _PANELS else _panels(table, groups, parts)
    figure.suptitle(answer.question, x=0.012, ha="left", fontsize=SIZES["title"], fontweight="bold", color=INK)
    said = [f"Thin lines: {100 * answer.confidence:g} % intervals.", *answer.notes]
    width = int(12 * figure.get_figwidth())
    footnote(figure, "\n".join(textwrap.wrap(" ".join(said), width)))
    return figure


def _panels(table: pd.DataFrame, groups: Sequence[str], parts: Sequence[str]) -> Figure:
    """Draw a panel for each part, with one row for each group."""
    wide = (5.4 if len(parts) < 3 else 4.0) * len(parts) + 2.0
    figure = new_figure(1, len(parts), width=max(wide, 9.0), height=0.56 * len(groups) + 2.7)
    for place, (ax, part) in enumerate(zip(figure.axes, parts, strict=True)):
        rows = table[table["part"] == part].to_dict("records")
        for row in rows:
            _bar(ax, groups.index(row["group"]), row)
        ax.axvline(0.0, color=INK, linewidth=1.3)
        ax.set_yticks(range(len(groups)), groups if place == 0 else [""] * len(groups))
        ax.set_ylim(len(groups) - 0.4, -0.6)
        ax.margins(x=0.14)
        ax.xaxis.set_major_locator(_few_ticks())
        title = "\n".join(textwrap.wrap(rows[0]["label"], 30))
        dress(ax, x=rows[0]["unit"].replace("/", " per "), grid="x")
        ax.set_title(title, loc="left", fontsize=SIZES["label"], fontweight="bold", color=INK, pad=10)
    return figure


def _bar(ax: Axes, place: int, row: Mapping[Any, Any]) -> None:
    tone = COLOURS["blue"] if row["value"] >= 0 else COLOURS["vermilion"]
    ax.barh(place, row["value"], height=0.58, color=tone)
    if not math.isnan(row["low"]):
        ax.errorbar(row["value"], place, xerr=[[row["value"] - row["low"]], [row["high"] - row["value"]]], fmt="none",
                    ecolor=INK, elinewidth=1.6, capsize=4)  # fmt: skip


def _links(table: pd.DataFrame) -> Figure:
    """Draw one row a number, each on its own scale, with the number and its interval beside it."""
    rows = table.to_dict("records")
    figure = new_figure(width=13.0, height=0.5 * len(rows) + 1.7)
    ax = figure.axes[0]
    for place, row in enumerate(rows):
        ends = [row[name] for name in ("value", "low", "high") if not math.isnan(row[name])]
        widest = max((abs(end) for end in ends), default=1.0) or 1.0
        scaled = {name: row[name] / widest for name in ("value", "low", "high")}
        _bar(ax, place, scaled)
        ax.annotate(_told(row), (1.08, place), va="center", fontsize=SIZES["legend"], color=INK, annotation_clip=False)
    ax.axvline(0.0, color=INK, linewidth=1.3)
    ax.set_yticks(range(len(rows)), [row["label"] for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-1.05, 3.1)
    dress(ax, grid="none", numbers=False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.annotate("each row on a scale of its own", (-1.05, -0.55), fontsize=SIZES["note"], color=GREY,
                annotation_clip=False, va="bottom")  # fmt: skip
    return figure


def _told(row: Mapping[Any, Any]) -> str:
    between = "" if math.isnan(row["low"]) else f"  ({_signed(row['low'])} to {_signed(row['high'])})"
    return f"{_signed(row['value'])}{between}  {row['unit'].replace('/', ' per ')}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value)


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)
