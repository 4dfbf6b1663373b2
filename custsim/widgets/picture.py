"""A board's view as a picture: what is saved, and what stands where no screen can be drawn on."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from custsim.plots.style import COLOURS, GREY, INK, SIZES, dress, footnote, new_figure
from custsim.widgets.charts import Chart
from custsim.widgets.component import State

if TYPE_CHECKING:
    from custsim.widgets.board import Board

__all__ = ["picture"]

Rows = NDArray[np.float32]

_DASHES: dict[str, Any] = {"solid": "-", "dash": (0, (6, 3)), "dot": (0, (1.5, 2)), "dashdot": (0, (7, 2.5, 1.5, 2.5))}
#: least distance of two labels of one line at line ends, as a share of the axis
_APART = 0.085
#: inches a row of numbers takes
_ROW = 0.85
_GOOD = {True: "#00694D", False: "#A34700", None: INK}


def picture(board: Board, state: State | None = None) -> Figure:
    """Draw what a learner sees: the numbers, and each chart with the reference in grey.

    Parameters
    ----------
    board
        The board.
    state
        A learner's state; the start by default.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a chart, two side by side.

    Examples
    --------
    >>> from custsim.widgets import Board
    >>> board = Board("b", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.02, months=4)
    >>> len([ax for ax in picture(board).axes if ax.get_visible()]) == len(board.charts)
    True
    """
    state = board.start() if state is None else state
    _, reply = board.handle(state, {"do": "look"})
    view = reply.message
    present = board.outcome(state["setting"]).series
    before = None if state["setting"] == state["reference"] else board.outcome(state["reference"]).series
    columns = min(2, len(board.charts))
    rows = math.ceil(len(board.charts) / columns)
    figure = new_figure(rows, columns, width=6.6 * columns + 1.0, height=3.9 * rows + _band(board) + 0.3)
    at = 0
    for ax, chart in zip(figure.axes, board.charts, strict=False):
        lines = slice(at, at + len(chart.lines))
        at += len(chart.lines)
        _draw(ax, chart, present[lines], None if before is None else before[lines], view["scales"][chart.id], board)
    for ax in figure.axes[len(board.charts) :]:
        ax.set_visible(False)
    _numbers_above(figure, board, view)
    footnote(figure, _set_words(board, state, before is not None))
    return figure


def _draw(ax: Axes, chart: Chart, present: Rows, before: Rows | None, scale: list[float], board: Board) -> None:
    months = np.arange(1, present.shape[1] + 1)
    if before is not None:
        for row in before:
            ax.plot(months, row, color="#9A9A9A", linewidth=1.6, linestyle=(0, (4, 2)), zorder=2)
    for line, row in zip(chart.lines, present, strict=True):
        style = {"color": COLOURS[line.colour], "linestyle": _DASHES[line.dash], "linewidth": 2.4, "zorder": 3}
        ax.plot(months, row, **style)
    low, high = scale
    ax.set_ylim(low, high)
    ax.set_xlim(1, present.shape[1])
    ax.set_xticks([1, *range(12, present.shape[1] + 1, 12)])
    unit = chart.unit.replace("currency", board.scenario.currency)
    dress(ax, title=chart.title, x="month", y=unit)
    if low < 0 < high:
        ax.axhline(0.0, color=GREY, linewidth=1.0, zorder=1)
    _label_ends(ax, chart, present, scale)


def _label_ends(ax: Axes, chart: Chart, present: Rows, scale: list[float]) -> None:
    """Name each line at its end, moved apart where two would stand on each other."""
    if len(chart.lines) == 1:
        return
    low, high = scale
    ends = [_last(row) for row in present]
    heights = [0.5 if np.isnan(end) else (end - low) / (high - low) for end in ends]
    labels = ["\n".join(textwrap.wrap(line.label, 16)) for line in chart.lines]
    apart = _APART * (1 + max(label.count("\n") for label in labels))
    for place, number in zip(_spread(heights, apart), np.argsort(heights), strict=True):
        line = chart.lines[int(number)]
        ax.annotate(
            labels[int(number)],
            xy=(1.0, place),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            color=_dark(COLOURS[line.colour]),
            fontsize=SIZES["tick"],
            va="center",
            annotation_clip=False,
        )


def _last(row: Rows) -> float:
    there = row[~np.isnan(row)]
    return float(there[-1]) if there.size else float("nan")


def _spread(heights: list[float], apart: float = _APART) -> list[float]:
    """Places in rising order, at least so far apart and near where they belong.

    Examples
    --------
    >>> [round(place, 3) for place in _spread([0.5, 0.5])]
    [0.458, 0.542]
    """
    places = sorted(heights)
    for _ in range(60):
        for at in range(len(places) - 1):
            short = apart - (places[at + 1] - places[at])
            if short > 1e-6:
                places[at] -= short / 2
                places[at + 1] += short / 2
    return places


def _dark(colour: str) -> str:
    """Same hue, dark enough to be read as text on white."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    light = (0.299 * red + 0.587 * green + 0.114 * blue) / 255.0
    factor = min(1.0, 0.40 / light)
    return "#" + "".join(f"{round(part * factor):02X}" for part in (red, green, blue))


def _numbers_above(figure: Figure, board: Board, view: dict[str, Any]) -> None:
    """Write title and numbers in a band of their own above the charts, in as many rows as they need."""
    height = float(figure.get_size_inches()[1])
    figure.get_layout_engine().set(rect=(0.0, 0.0, 0.985, 1.0 - _band(board) / height))  # type: ignore[union-attr,call-arg]
    figure.text(0.015, 1.0 - 0.12 / height, board.title or board.scenario.title, fontsize=SIZES["title"] + 2,
                fontweight="bold", color=INK, va="top")  # fmt: skip
    in_a_row = _in_a_row(board)
    for at, one in enumerate(view["numbers"]):
        x = 0.015 + at % in_a_row * 0.985 / in_a_row
        y = 1.0 - (0.76 + _ROW * (at // in_a_row)) / height
        figure.text(x, y, textwrap.shorten(one["label"], 34, placeholder="…"), fontsize=SIZES["note"], color=GREY,
                    va="bottom")  # fmt: skip
        figure.text(x, y - 0.06 / height, one["text"], fontsize=SIZES["label"], color=INK, va="top")
        if one["change"]:
            figure.text(x, y - 0.35 / height, one["change"], fontsize=SIZES["tick"], color=_GOOD[one["good"]],
                        va="top")  # fmt: skip


def _in_a_row(board: Board) -> int:
    return 3 if len(board.charts) == 1 else 5


def _band(board: Board) -> float:
    """Inches above the charts that title and numbers take."""
    return 0.75 + _ROW * math.ceil(len(board.numbers) / _in_a_row(board))


def _set_words(board: Board, state: State, reference: bool) -> str:
    by_path = {lever.path: lever for lever in board.levers}
    values = [f"{by_path[path].label} {by_path[path].write(value)}" for path, value in state["setting"].items()]
    text = f"Set: {'; '.join(values)}." if values else "All controls as at the start."
    grey = " Grey: the reference, same luck." if reference else ""
    what = f"{board.scenario.market.persons:,} persons, {board.months} months, seed {board.seed}."
    width = 95 if len(board.charts) == 1 else 165
    return "\n".join(textwrap.wrap(f"{text}{grey} {what}", width))
