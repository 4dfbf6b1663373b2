"""Pictures of what a firm sees: importance-performance map, indices with intervals, a survey against the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from custsim.errors import InputError
from custsim.measure.index import Estimate
from custsim.measure.priorities import QUADRANTS
from custsim.plots.style import COLOURS, GREY, INK, SIZES, dress, footnote, new_figure, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["importance_performance", "index_intervals", "survey_against_truth"]

_QUARTERS = {
    "concentrate here": "vermilion",
    "keep up the good work": "green",
    "low priority": "sky",
    "possible overkill": "orange",
}


def importance_performance(table: pd.DataFrame) -> Figure:
    """Draw the importance-performance map: what matters and how it is done, in four quarters.

    Parameters
    ----------
    table
        Result of :func:`custsim.measure.importance_performance`, or a table of your own with the columns
        ``importance``, ``performance`` and ``quadrant``, one row an attribute; with ``importance_margin`` and
        ``performance_margin`` the margins of error are drawn too.

    Returns
    -------
    matplotlib.figure.Figure
        Performance to the right, importance upwards; the lines are the means of the attributes.

    Raises
    ------
    InputError
        If a column is missing or a quarter is unknown.

    References
    ----------
    Martilla & James (1977).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"importance": [9.0, 6.0], "performance": [6.0, 8.0]}, index=["speed", "rooms"])
    >>> table["quadrant"] = ["concentrate here", "possible overkill"]
    >>> figure = importance_performance(table)
    """
    _check(table, ("importance", "performance", "quadrant"))
    unknown = sorted(set(table["quadrant"]) - set(QUADRANTS.values()))
    if unknown:
        raise InputError(f"quadrant: must be one of {', '.join(QUADRANTS.values())}, got {', '.join(unknown)}")
    figure = new_figure(height=6.6)
    ax = figure.axes[0]
    x, y = (table[name].to_numpy(dtype=np.float64) for name in ("performance", "importance"))
    margins = [table.get(f"{name}_margin") for name in ("performance", "importance")]
    _frame(ax, x, y, margins)
    if margins[0] is not None and margins[1] is not None:
        ax.errorbar(x, y, xerr=margins[0], yerr=margins[1], fmt="none", color=GREY, alpha=0.55, linewidth=1.5, zorder=2)
    for name, px, py, quarter in zip(table.index, x, y, table["quadrant"], strict=True):
        ax.plot(px, py, "o", markersize=13, color=COLOURS[_QUARTERS[quarter]], markeredgecolor=INK, zorder=3)
        right = px < ax.get_xlim()[0] + 0.72 * np.ptp(ax.get_xlim())
        ax.annotate(
            str(name),
            (px, py),
            xytext=(9 if right else -9, 13),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=SIZES["label"],
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
            zorder=2.5,
        )
    title = _first(table, x, margins[0])
    dress(
        ax,
        title=title,
        subtitle="Lines: means of the attributes; crosses: margins of error, where known",
        x="performance, 1-10",
        y="importance, 1-10",
    )
    return figure


def index_intervals(estimates: Mapping[str, Estimate], truth: Mapping[str, float] | None = None) -> Figure:
    """Draw indices with their intervals, one a row: of several months, segments, or firms.

    Parameters
    ----------
    estimates
        Estimate by name, drawn from top to bottom.
    truth
        True values by name, where they are known.

    Returns
    -------
    matplotlib.figure.Figure
        Dots with intervals; the truth as a rhombus.

    Raises
    ------
    InputError
        If there is nothing to draw, or a truth for which there is no estimate.

    Examples
    --------
    >>> figure = index_intervals({"everyday": Estimate(75, 73, 77, 300, 0.95)}, {"everyday": 74.0})
    """
    if not estimates:
        raise InputError("estimates: there must be at least one")
    odd = sorted(set(truth or {}) - set(estimates))
    if odd:
        raise InputError(f"truth: there is no estimate of {', '.join(odd)}")
    figure = new_figure(height=max(3.4, 1.9 + 0.62 * len(estimates)))
    ax = figure.axes[0]
    for row, (name, found) in enumerate(estimates.items()):
        ax.plot([found.low, found.high], [row, row], color=COLOURS["blue"], linewidth=4, solid_capstyle="round")
        ax.plot(found.value, row, "o", markersize=12, color=COLOURS["blue"], zorder=3)
        beside = f"{number(found.value, 1)} ± {number(found.margin, 1)}  ({found.answers:,} answers)"
        ax.annotate(
            beside,
            (found.value, row),
            xytext=(0, 13),
            textcoords="offset points",
            ha="center",
            fontsize=SIZES["legend"],
            color=INK,
        )
        if truth and name in truth:
            ax.plot(truth[name], row, "D", markersize=10, color=COLOURS["vermilion"], markeredgecolor="white", zorder=4)
    ax.set_yticks(range(len(estimates)), list(estimates))
    ax.set_ylim(len(estimates) - 0.5, -0.75)
    confidence = {found.confidence for found in estimates.values()}
    share = f"{number(100 * confidence.pop())} % intervals" if len(confidence) == 1 else "intervals"
    missed = [n for n, value in (truth or {}).items() if not estimates[n].low <= value <= estimates[n].high]
    title = "What the answers say, and how sure they are"
    if truth:
        title = (
            f"{len(missed)} of {len(truth)} intervals miss the truth" if missed else "Every interval holds the truth"
        )
    dress(ax, title=title, subtitle=f"{share}{'; rhombus: the truth' if truth else ''}", x="index", grid="x")
    return figure


def survey_against_truth(steps: pd.DataFrame, confidence: Estimate | None = None) -> Figure:
    """Draw the way from the truth to the index of a survey, step by step.

    Parameters
    ----------
    steps
        Result of :func:`custsim.measure.survey_error`.
    confidence
        Interval of the result, from :func:`custsim.measure.mean_interval`: what the firm would report.

    Returns
    -------
    matplotlib.figure.Figure
        A staircase; each step is named by its cause.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> from custsim import measure
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> figure = survey_against_truth(measure.survey_error(run, measure.survey(run)))
    """
    _check(steps, ("persons", "index", "step", "because"))
    figure = new_figure(height=6.0)
    ax = figure.axes[0]
    level, places = steps["index"].to_numpy(dtype=np.float64), np.arange(len(steps))
    for n in places[1:]:
        up = level[n] >= level[n - 1]
        ax.plot([n - 1 + 0.3, n - 0.3], [level[n - 1], level[n - 1]], color=GREY, linewidth=1.2, linestyle=":")
        ax.bar(n, level[n] - level[n - 1], 0.6, level[n - 1], color=COLOURS["sky" if up else "orange"], alpha=0.75)
        text = f"{steps['because'].iloc[n]}\n{'+' if up else ''}{number(level[n] - level[n - 1], 1)}"
        _note(ax, n, max(level[n - 1], level[n]), text, 7, "bottom")
    for n in places:
        ax.plot([n - 0.3, n + 0.3], [level[n], level[n]], color=INK, linewidth=3)
    _note(ax, 0, level[0], f"the truth\n{number(level[0], 1)}", 7, "bottom")
    if confidence is not None:
        ax.errorbar(
            places[-1] + 0.45,
            confidence.value,
            yerr=[[confidence.value - confidence.low], [confidence.high - confidence.value]],
            color=COLOURS["blue"],
            linewidth=3,
            capsize=7,
        )
    labels = [f"{name}\n({int(n):,})" for name, n in zip(steps.index, steps["persons"], strict=True)]
    ax.set_xticks(places, labels)
    _room(ax, level, confidence)
    ax.set_xlim(-0.5, places[-1] + 0.7)
    off = level[-1] - level[0]
    title = f"The survey says {number(level[-1], 1)}; the truth is {number(level[0], 1)}"
    dress(
        ax, title=title, subtitle=f"{number(abs(off), 1)} points too {'high' if off > 0 else 'low'}", y="index, 0-100"
    )
    if confidence is not None:
        footnote(figure, "Blue: the margin of error the firm would report. It knows of sampling only.")
    return figure


def _first(table: pd.DataFrame, performance: Any, margin: Any) -> str:
    """Say what to work on first, and whether the answers are enough to be sure."""
    first = (table["quadrant"] == QUADRANTS[True, False]).to_numpy()
    if not first.any():
        return "Nothing important lags behind"
    names = " and ".join(str(name) for name in table.index[first])
    unsure = margin is not None and bool(np.any((performance + np.asarray(margin))[first] > performance.mean()))
    return f"Perhaps {names} first: the margins leave it open" if unsure else f"Work first on {names}"


def _note(ax: Axes, x: float, y: float, text: str, shift: float, va: str) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(0, shift),
        textcoords="offset points",
        ha="center",
        va=va,
        fontsize=SIZES["legend"],
        color=INK,
    )


def _room(ax: Axes, level: Any, confidence: Estimate | None) -> None:
    """Leave room above the staircase for the words, and show where it is cut."""
    ends = [level.min(), level.max()] + ([confidence.low, confidence.high] if confidence is not None else [])
    height = max(max(ends) - min(ends), 1.0)
    ax.set_ylim(min(ends) - 0.15 * height, max(ends) + 0.3 * height)


def _frame(ax: Axes, x: Any, y: Any, margins: Sequence[Any]) -> None:
    """Set limits that are even around the points, draw the means, and name the quarters in the corners."""
    for values, margin, axis in zip((x, y), margins, "xy", strict=True):
        wide = 0.0 if margin is None else np.asarray(margin, dtype=np.float64)
        half = max((np.abs(values - values.mean()) + wide).max() * 1.25, 0.1)
        ax.set(**{f"{axis}lim": (values.mean() - half, values.mean() + half)})
    ax.axvline(x.mean(), color=GREY, linewidth=1.2)
    ax.axhline(y.mean(), color=GREY, linewidth=1.2)
    for (important, well), name in QUADRANTS.items():
        ax.text(
            0.985 if well else 0.015,
            0.98 if important else 0.02,
            name,
            transform=ax.transAxes,
            ha="right" if well else "left",
            va="top" if important else "bottom",
            fontsize=SIZES["legend"],
            fontweight="bold",
            color=GREY,
        )


def _check(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing or table.empty:
        raise InputError(
            f"table: needs rows and the columns {', '.join(columns)}; missing: {', '.join(missing) or 'rows'}"
        )
