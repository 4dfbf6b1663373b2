"""Pictures of what matters: tornado, Sobol bars, Morris screening, and where the variance of results comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custsim.errors import InputError
from custsim.plots.style import COLOURS, GREY, INK, SIZES, dress, footnote, legend, new_figure, number, percent_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from custsim.experiment.sensitivity import Sensitivity
    from custsim.experiment.uncertainty import Uncertainty

__all__ = ["morris", "picture_of", "sobol", "tornado", "variance_split"]

#: most parameters one picture shows; the others matter less
_MOST = 16


def picture_of(found: Sensitivity, measure: str | None = None) -> Figure:
    """Draw a sensitivity by its own method: :func:`tornado`, :func:`sobol` or :func:`morris`.

    Parameters
    ----------
    found
        Result of :func:`custsim.experiment.sensitivity`.
    measure
        Which measure; the first without it.
    """
    return {"tornado": tornado, "sobol": sobol, "morris": morris}[found.method](found, measure)


def tornado(found: Sensitivity, measure: str | None = None) -> Figure:
    """Draw one bar a parameter from the result at its low to that at its high value, the longest on top.

    Raises
    ------
    InputError
        If the sensitivity is not a tornado, or the measure was not measured.
    """
    name, rows, figure, ax = _begin(found, "tornado", measure)
    at = np.arange(len(rows))
    base = float(rows["base"].iloc[0])
    for end, colour, label in (
        ("low", COLOURS["sky"], "at its low value"),
        ("high", COLOURS["blue"], "at its high value"),
    ):
        ax.barh(at, rows[f"at_{end}"] - base, left=base, height=0.62, color=colour, label=label)
    known = bool(np.isfinite(rows["effect_low"]).all())
    ends = rows[["at_low", "at_high"]].to_numpy()
    # the luck of a difference, at the end that lies farther from the base
    farther = np.where(np.abs(ends[:, 1] - base) >= np.abs(ends[:, 0] - base), ends[:, 1], ends[:, 0])
    reach = (rows["effect_high"] - rows["effect_low"]).to_numpy() / 2 if known else np.zeros(len(rows))
    if known:
        ax.errorbar(farther, at, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.6, capsize=4)
    left = np.minimum(np.minimum(ends.min(axis=1), base), farther - reach)
    right = np.maximum(np.maximum(ends.max(axis=1), base), farther + reach)
    for place, (_, row) in enumerate(rows.iterrows()):
        values = (row["low"], row["high"]) if row["at_high"] >= row["at_low"] else (row["high"], row["low"])
        for x, value, shift, side in ((left, values[0], -8, "right"), (right, values[1], 8, "left")):
            ax.annotate(f"{value:.4g}", (x[place], place), xytext=(shift, 0), textcoords="offset points", ha=side,
                        va="center", fontsize=SIZES["note"], color=GREY)  # fmt: skip
    ax.axvline(base, color=INK, linewidth=1.4)
    ax.margins(x=0.16)
    _parameters(ax, rows)
    dress(ax, title=f"{found.labels[name]}: what moves it",
          subtitle=f"one parameter after the other; the line is the firm as it is ({number(base)})",
          x=_unit(found, name), grid="x")  # fmt: skip
    legend(ax, loc="lower right")
    if known:
        footnote(
            figure, f"Whiskers: {100 * found.confidence:g} % intervals of the difference between high and low, by luck."
        )
    return figure


def sobol(found: Sensitivity, measure: str | None = None) -> Figure:
    """Draw shares of the variance, alone and with interactions, with their intervals.

    Raises
    ------
    InputError
        If the sensitivity is not by Sobol, or the measure was not measured.
    """
    name, rows, figure, ax = _begin(found, "sobol", measure)
    at = np.arange(len(rows))
    for shift, column, colour, label in (
        (0.2, "first", COLOURS["sky"], "alone"), (-0.2, "total", COLOURS["blue"], "with interactions"),
    ):  # fmt: skip
        share = rows[column].fillna(0.0)
        ax.barh(at + shift, share, height=0.36, color=colour, label=label)
        reach = (rows[f"{column}_high"] - rows[f"{column}_low"]).fillna(0.0) / 2
        ax.errorbar(share, at + shift, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.5, capsize=4)
    ax.axvline(0, color=INK, linewidth=1.2)
    ax.set_xlim(right=max(1.0, ax.get_xlim()[1]))
    percent_axis(ax.xaxis)
    _parameters(ax, rows)
    dress(ax, title=f"{found.labels[name]}: what its variance comes from",
          subtitle="share that goes if the parameter is known; share that stays if all others are",
          x="share of the variance", grid="x", numbers=False)  # fmt: skip
    legend(ax, loc="lower right")
    footnote(figure, f"{len(found.design):,} points; whiskers: {100 * found.confidence:g} % intervals.")
    return figure


def morris(found: Sensitivity, measure: str | None = None) -> Figure:
    """Draw the mean absolute effect of each parameter, with its interval.

    Raises
    ------
    InputError
        If the sensitivity is not by Morris, or the measure was not measured.
    """
    name, rows, figure, ax = _begin(found, "morris", measure)
    at = np.arange(len(rows))
    colours = [COLOURS["green"] if effect >= 0 else COLOURS["vermilion"] for effect in rows["effect"]]
    ax.barh(at, rows["strength"], height=0.6, color=colours, alpha=0.85)
    reach = np.array([rows["strength"] - rows["strength_low"], rows["strength_high"] - rows["strength"]])
    ax.errorbar(rows["strength"], at, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.6, capsize=4)
    ax.plot(rows["spread"], at, "D", color=INK, markersize=6, label="spread: it depends on where, or on others")
    ax.set_xlim(left=0)
    _parameters(ax, rows)
    dress(ax, title=f"{found.labels[name]}: what moves it",
          subtitle="mean absolute effect from low to high; green raises it on the whole, red lowers it",
          x=_unit(found, name), grid="x")  # fmt: skip
    legend(ax, loc="lower right")
    footnote(figure, f"{len(found.design):,} points; whiskers: {100 * found.confidence:g} % intervals.")
    return figure


def variance_split(result: Uncertainty) -> Figure:
    """Draw for each measure how much of its variance the parameters and how much luck makes.

    Examples
    --------
    >>> variance_split.__name__
    'variance_split'
    """
    table = result.table.iloc[::-1]
    figure = new_figure(height=1.9 + 0.75 * len(table))
    ax = figure.axes[0]
    at = np.arange(len(table))
    ax.barh(at, table["share"], height=0.6, color=COLOURS["blue"], label="not knowing the parameters")
    ax.barh(at, 1 - table["share"], left=table["share"], height=0.6, color=COLOURS["orange"], label="luck of one run")
    reach = np.array([table["share"] - table["share_low"], table["share_high"] - table["share"]]).clip(min=0)
    ax.errorbar(table["share"], at, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.8, capsize=5)
    ax.axvline(0.5, color=GREY, linewidth=1.3, linestyle=(0, (5, 3)))
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.6, len(table) + 0.1)
    percent_axis(ax.xaxis)
    labels = {one.name: one.label for one in result.evaluation.measures}
    ax.set_yticks(at, [_broken(labels[str(name)]) for name in table.index])
    dress(ax, title="What makes results uncertain", subtitle="share of the variance of one run",
          grid="x", numbers=False)  # fmt: skip
    legend(ax, loc="upper center", columns=2)
    footnote(figure, f"Whiskers: {100 * result.confidence:g} % intervals of the share of the parameters.")
    return figure


# --- helpers ----------------------------------------------------------------------------------------------------


def _begin(found: Sensitivity, method: str, measure: str | None) -> tuple[str, pd.DataFrame, Figure, Axes]:
    """Refuse what is not by this method; rows from the least important up, and an empty picture."""
    if found.method != method:
        raise InputError(
            f"this sensitivity is by {found.method}; draw it with custsim.plots.sensitivity.{found.method}"
        )
    name = next(iter(found.labels)) if measure is None else measure
    rows = found.of(name).iloc[:_MOST].iloc[::-1]
    figure = new_figure(height=2.6 + 0.62 * len(rows))
    return name, rows, figure, figure.axes[0]


def _parameters(ax: Any, rows: pd.DataFrame) -> None:
    ax.set_yticks(np.arange(len(rows)), [str(path).replace(".", ".\n", 1) for path in rows.index])
    ax.set_ylim(-0.7, len(rows) - 0.3)


def _unit(found: Sensitivity, name: str) -> str:
    unit = found.units[name] or found.labels[name]
    return unit if found.base is None else unit.replace("currency", found.base.currency).replace("/", " per ")


def _broken(label: str) -> str:
    """Break a long label in two lines."""
    words = label.split()
    half = (len(words) + 1) // 2
    return label if len(label) < 22 else f"{' '.join(words[:half])}\n{' '.join(words[half:])}"
