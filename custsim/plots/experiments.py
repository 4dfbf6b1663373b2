"""Pictures of experiments: what alternatives change and when they pay, where a sweep leads, what a search found."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.experiment.interval import mean_interval
from custsim.plots.style import (
    COLOURS,
    GREY,
    INK,
    PALETTE,
    SIZES,
    dress,
    footnote,
    legend,
    new_figure,
    number,
    percent_axis,
)
from custsim.scenario.parameter import valued

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from custsim.experiment.compare import Comparison
    from custsim.experiment.measures import Measure
    from custsim.experiment.optimise import Optimum
    from custsim.experiment.sweep import Sweep

__all__ = ["comparison", "earned_so_far", "optimum", "sweep", "verdict"]

#: what an interval says -> colour, marker, words; told apart without colour as well
_VERDICTS: dict[str, tuple[str, str, str]] = {
    "better": (COLOURS["green"], "o", "better for the firm"),
    "worse": (COLOURS["vermilion"], "s", "worse for the firm"),
    "open": (GREY, "D", "not decided: the interval holds 0"),
    "same": (INK, "P", "the same in every pair"),
}

#: letters in a line of a name at the side of a panel
_NAME = 26

#: lines of one picture that can be told apart
_LINES = 6

#: parameters that have a panel of their own
_PANELS = 6


def verdict(low: float, high: float, better: str = "more") -> str:
    """Tell what an interval of a difference says for the firm: "better", "worse", "open" if it holds 0.

    An interval that is nothing but 0 is "same": no pair differs, and that is known.

    Examples
    --------
    >>> verdict(1.0, 2.0), verdict(1.0, 2.0, "less"), verdict(-1.0, 2.0), verdict(0.0, 0.0)
    ('better', 'worse', 'open', 'same')
    """
    if low == 0.0 == high:
        return "same"
    if not (low > 0.0 or high < 0.0):
        return "open"
    return "better" if (low > 0.0) == (better == "more") else "worse"


def comparison(compared: Comparison, measures: Sequence[str] | None = None) -> Figure:
    """Draw what alternatives change, one panel a measure: mean paired differences to the base, with intervals.

    Parameters
    ----------
    compared
        Made by :func:`custsim.compare`.
    measures
        Names of the measures to draw; all that are numbers without it.

    Raises
    ------
    InputError
        If a measure was not compared.

    Examples
    --------
    >>> import custsim
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> made = custsim.compare(small, {"complaints.staff": 2}, replications=3, executor="serial")
    >>> len(comparison(made, ["profit"]).axes)
    1
    """
    table = compared.table
    names = list(dict.fromkeys(table["measure"])) if measures is None else list(measures)
    known = {one.name: one for one in compared.measures}
    for name in names:
        if name not in set(table["measure"]):
            raise InputError(f"{name!r}: was not compared; there are {', '.join(dict.fromkeys(table['measure']))}")
    columns = 1 if len(names) == 1 else 2
    rows = math.ceil(len(names) / columns)
    labels = [_wrapped(name) for name in compared.names[1:]]
    tall = sum(0.28 + 0.24 * (1 + label.count("\n")) for label in labels) + 1.75
    figure = new_figure(rows, columns, width=7.6 * columns if columns > 1 else 11.0, height=tall * rows + 0.8)
    for place, name in enumerate(names):
        ax = figure.axes[place]
        rows_of = table[table["measure"] == name].to_dict("records")
        _forest(ax, rows_of, known[name].better)
        ax.set_yticks(range(len(labels)), labels if place % columns == 0 else [""] * len(labels))
        unit = _unit(known[name], compared.base.currency)
        goal = "more is better" if known[name].better == "more" else "less is better"
        dress(ax, title=known[name].label, subtitle=f"difference to the base; {goal}", x=unit, grid="x",
              numbers=known[name].unit != "share")  # fmt: skip
        if known[name].unit == "share":
            _points_axis(ax)
    for ax in figure.axes[len(names) :]:
        ax.set_axis_off()
    _explain(figure, compared)
    return figure


def _forest(ax: Axes, rows: Sequence[Mapping[Any, Any]], better: str) -> None:
    """Draw one difference a row, the first on top."""
    for place, row in enumerate(rows):
        low, high, mean = row["low"], row["high"], row["difference"]
        if math.isnan(mean):
            ax.annotate("nothing to measure", (0.0, place), ha="center", va="center", fontsize=SIZES["note"],
                        color=GREY)  # fmt: skip
            continue
        colour, marker, _ = _VERDICTS[verdict(low, high, better)]
        if not math.isnan(low):
            ax.plot([low, high], [place, place], color=colour, linewidth=3.4, solid_capstyle="butt")
        ax.plot(mean, place, marker, color=colour, markersize=10, markeredgecolor="white", markeredgewidth=1.2)
    # below the marks: those at 0 are to be seen as well
    ax.axvline(0.0, color=INK, linewidth=1.3, zorder=1.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.margins(x=0.12)
    ax.xaxis.set_major_locator(MaxNLocator(5))


def _explain(figure: Figure, compared: Comparison) -> None:
    marks = {"better": "circle, green", "worse": "square, red", "open": "diamond, grey", "same": "cross, black"}
    said = "; ".join(f"{marks[name]}: {words}" for name, (_, _, words) in _VERDICTS.items())
    footnote(
        figure,
        f"Bars: {100 * compared.confidence:g} % intervals of the mean difference over {compared.replications:,} "
        f"paired replications, each by itself.\n{said[:1].upper()}{said[1:]}.",
    )


def earned_so_far(compared: Comparison) -> Figure:
    """Draw the extra profit of each alternative added up month by month, with its interval: when does it pay?

    Parameters
    ----------
    compared
        Made by :func:`custsim.compare`.

    Examples
    --------
    >>> import custsim
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> figure = earned_so_far(custsim.compare(small, {"complaints.staff": 2}, replications=3, executor="serial"))
    """
    profit = compared.evaluation.values("monthly:profit")
    months = np.arange(profit.shape[2])
    shown = list(enumerate(compared.names))[1 : _LINES + 1]
    figure = new_figure(width=11.5, height=6.0)
    ax = figure.axes[0]
    for (point, name), colour in zip(shown, PALETTE, strict=False):
        extra = profit[point] - profit[0]
        summed = np.cumsum(extra[np.isfinite(extra).all(axis=1)], axis=1)
        mean, low, high = mean_interval(summed.T, compared.confidence)
        ax.fill_between(months, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(months, mean, color=colour, linewidth=2.6, label=_wrapped(name, 46))
        back = compared.investments[name].payback
        if back:
            ax.plot(back, mean[back], "o", color=colour, markersize=9, markeredgecolor="white")
    ax.axhline(0.0, color=INK, linewidth=1.3)
    dress(ax, title="What an alternative has earned so far, more than the base",
          subtitle="mean extra profit added up, not discounted", x="month (0 is the first)",
          y=compared.base.currency)  # fmt: skip
    legend(ax)
    left_out = len(compared.names) - 1 - len(shown)
    more = f" The first {len(shown)} of {len(compared.names) - 1} alternatives." if left_out > 0 else ""
    footnote(
        figure,
        f"Bands: {100 * compared.confidence:g} % intervals, each month by itself. A dot: the month from which the mean "
        f"is no longer behind.{more}",
    )
    return figure


# --- sweeps -----------------------------------------------------------------------------------------------------


def sweep(done: Sweep, measure: str | None = None, *, confidence: float = 0.95) -> Figure:
    """Draw a measure over the settings of a sweep.

    Parameters
    ----------
    done
        Made by :func:`custsim.sweep`.
    measure
        Name of the measure; the first without it.
    confidence
        Of the intervals of single points.

    Returns
    -------
    matplotlib.figure.Figure
        One line if one parameter varies; a line for each value of the second on a grid of two (of up to six lines);
        otherwise a panel for each of up to six parameters, in which the others vary as well.

    Raises
    ------
    InputError
        If it was not measured.

    Examples
    --------
    >>> import custsim
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> made = custsim.sweep(small, {"complaints.staff": [1, 2]}, measures="profit", executor="serial")
    >>> figure = sweep(made)
    """
    one = _asked(done, measure)
    means = done.means
    settings = {path: len(set(means[path].astype(str))) for path in done.over}
    varied = [path for path, count in settings.items() if count > 1] or list(done.over)[:1]
    lines = 1 if len(varied) == 1 else min(settings[path] for path in varied)
    if len(varied) == 1 or (done.design == "grid" and len(varied) == 2 and lines <= _LINES):
        figure = _curves(done, one, varied, confidence)
    else:
        figure = _clouds(done, one, varied[:_PANELS])
    footnote(figure, "\n".join(textwrap.wrap(_said_below(done, len(figure.axes) == 1, confidence), 118)))
    return figure


def _said_below(done: Sweep, bars: bool, confidence: float) -> str:
    count, failed = len(done.evaluation.replications), len(done.evaluation.errors)
    said = f"Means of {count:,} replication{'s' if count > 1 else ''}"
    if count > 1 and bars:
        said += f"; bars: {100 * confidence:g} % intervals of each point by itself"
    said += ". All points share their luck, so differences between them are surer than the points."
    return said + (f" {failed:,} runs failed and are left out." if failed else "")


def _asked(done: Sweep, measure: str | None) -> Measure:
    numbers = [one for one in done.evaluation.measures if done.evaluation.values(one.name).ndim == 2]
    name = numbers[0].name if measure is None else measure
    for one in numbers:
        if one.name == name:
            return one
    raise InputError(f"{name!r}: was not measured; there are {', '.join(one.name for one in numbers)}")


def _curves(done: Sweep, one: Measure, varied: Sequence[str], confidence: float) -> Figure:
    """Draw lines over the parameter with more values, one for each value of the other."""
    means = done.means
    order = sorted(varied, key=lambda path: -len(set(means[path].astype(str))))
    along, by = order[0], order[1] if len(order) > 1 else None
    figure = new_figure(width=11.0, height=6.0)
    ax = figure.axes[0]
    values = list(dict.fromkeys(means[by])) if by else [None]
    for value, colour, marker in zip(values, PALETTE, "osD^vP", strict=False):
        rows = means if by is None else means[means[by] == value]
        x = _positions(ax, means[along], rows[along])
        reach = _reach(rows[f"{one.name}_se"], rows["replications"], confidence)
        label = None if by is None else f"{by} = {_said(value)}"
        ax.errorbar(x, rows[one.name], yerr=reach, color=colour, marker=marker, markersize=8, linewidth=2.4, capsize=4,
                    label=label)  # fmt: skip
    _mark_base(ax, done, along)
    by_words = f", and of {by}" if by else ""
    _finish(ax, done, one, title=f"{one.label}: settings of {along}{by_words}", x=_axis(done, along))
    if by is not None or ax.get_legend_handles_labels()[1]:
        legend(ax)
    return figure


def _clouds(done: Sweep, one: Measure, varied: Sequence[str]) -> Figure:
    """Draw all points over each parameter by itself."""
    means = done.means
    columns = 2 if len(varied) > 1 else 1
    rows = math.ceil(len(varied) / columns)
    figure = new_figure(rows, columns, width=7.2 * columns, height=4.4 * rows + 0.7, sharey=True)
    for place, path in enumerate(varied):
        ax = figure.axes[place]
        ax.plot(_positions(ax, means[path], means[path]), means[one.name], "o", color=COLOURS["blue"], markersize=6,
                alpha=0.65, markeredgecolor="white")  # fmt: skip
        _mark_base(ax, done, path)
        _finish(ax, done, one, title=path, x=_axis(done, path), side=place % columns == 0)
    for ax in figure.axes[len(varied) :]:
        ax.set_axis_off()
    figure.suptitle(f"{one.label} at {len(means):,} settings", x=0.012, ha="left", fontsize=SIZES["title"] + 2,
                    fontweight="bold", color=INK)  # fmt: skip
    return figure


def _finish(ax: Axes, done: Sweep, one: Measure, *, title: str, x: str, side: bool = True) -> None:
    dress(ax, title=title, x=x, y=_unit(one, done.base.currency) if side else "", numbers=one.unit != "share")
    if one.unit == "share":
        percent_axis(ax.yaxis)


def _positions(ax: Axes, everything: pd.Series[Any], values: pd.Series[Any]) -> NDArray[np.float64]:
    """Place values on an axis: numbers where they are, anything else side by side."""
    if pd.api.types.is_numeric_dtype(everything) and not pd.api.types.is_bool_dtype(everything):
        if (everything == everything.round()).all():
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        return values.to_numpy(dtype=np.float64)
    names = list(dict.fromkeys(str(value) for value in everything))
    ax.set_xticks(range(len(names)), [_wrapped(name, 16) for name in names])
    return np.array([names.index(str(value)) for value in values], dtype=np.float64)


def _axis(done: Sweep, path: str) -> str:
    """Name a parameter with its unit."""
    units = {parameter.path: parameter.unit for parameter in valued(done.base)}
    return f"{path} [{units[path]}]" if units.get(path) else path


def _mark_base(ax: Axes, done: Sweep, path: str) -> None:
    """Mark where the firm is today."""
    now = {parameter.path: parameter.value for parameter in valued(done.base)}.get(path)
    low, high = ax.get_xlim()
    if isinstance(now, int | float) and not isinstance(now, bool) and low <= now <= high:
        ax.axvline(now, color=GREY, linewidth=1.4, linestyle=(0, (5, 3)), label=f"as it is ({_said(now)})")


def _reach(error: pd.Series[Any], replications: pd.Series[Any], confidence: float) -> NDArray[np.float64]:
    from scipy.stats import t

    freedom = np.maximum(replications.to_numpy(dtype=np.float64) - 1.0, 1.0)
    reach = t.ppf((1 + confidence) / 2, freedom) * error.to_numpy(dtype=np.float64)
    return np.asarray(np.nan_to_num(reach), dtype=np.float64)


# --- optima -----------------------------------------------------------------------------------------------------


def optimum(found: Optimum) -> Figure:
    """Draw a search: every point that was tried in its order, and the finalists against the winner.

    Parameters
    ----------
    found
        Made by :func:`custsim.optimise`.

    Examples
    --------
    >>> optimum.__name__
    'optimum'
    """
    figure = new_figure(1, 2, width=15.0, height=6.2, width_ratios=(1.0, 1.0))
    _search(figure.axes[0], found)
    _finalists(figure.axes[1], found)
    footnote(
        figure,
        f"Right: mean paired differences with {100 * found.confidence:g} % intervals, on luck that had no part in the "
        "search. A diamond: cannot be told from the best.",
    )
    return figure


def _search(ax: Axes, found: Optimum) -> None:
    trials = found.trials[found.trials["error"] == ""]
    within = trials["within"].to_numpy(dtype=bool)
    number_of, value = trials["trial"].to_numpy(dtype=np.float64) + 1, trials["value"].to_numpy(dtype=np.float64)
    ax.plot(number_of[within], value[within], "o", color=COLOURS["blue"], markersize=7, markeredgecolor="white",
            label="tried")  # fmt: skip
    if not within.all():
        ax.plot(number_of[~within], value[~within], "x", color=GREY, markersize=8, markeredgewidth=2,
                label="beyond the budget")  # fmt: skip
    if within.any():
        ax.step(number_of[within], np.maximum.accumulate(value[within]), where="post", color=COLOURS["orange"],
                linewidth=2.4, label="best so far")  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    share = found.measure.unit == "share"
    dress(ax, title="The search", subtitle=f"{found.measure.label}, mean of each point that was run", x="trial",
          y=_unit(found.measure, found.base.currency), numbers=not share)  # fmt: skip
    if share:
        percent_axis(ax.yaxis)
    legend(ax, loc="lower right")


def _finalists(ax: Axes, found: Optimum) -> None:
    rows = found.candidates[found.candidates["within"].astype(bool)].to_dict("records")
    paths = [path for path in found.candidates.columns if path in found.trials.columns and "." in path]
    for place, row in enumerate(rows):
        tone = COLOURS["green"] if row["winner"] else GREY if row["equal"] else COLOURS["vermilion"]
        marker = "o" if row["winner"] else "D" if row["equal"] else "s"
        # how far behind the winner: to the left of it
        if not row["winner"]:
            ax.plot([-row["behind_high"], -row["behind_low"]], [place, place], color=tone, linewidth=3.4)
        ax.plot(-row["behind"], place, marker, color=tone, markersize=10, markeredgecolor="white")
    ax.axvline(0.0, color=INK, linewidth=1.3)
    ax.set_yticks(range(len(rows)), [_finalist(row, paths) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.margins(x=0.1)
    share = found.measure.unit == "share"
    dress(ax, title="The finalists, looked at again", subtitle="difference to the best of them",
          x=_unit(found.measure, found.base.currency), grid="x", numbers=not share)  # fmt: skip
    if share:
        _points_axis(ax)
    ax.xaxis.set_major_locator(MaxNLocator(5))


def _finalist(row: Mapping[Any, Any], paths: Sequence[str]) -> str:
    levers = "\n".join(f"{path.rpartition('.')[2]} = {_said(row[path])}" for path in paths[:4])
    return f"as it is\n{levers}" if row["base"] else levers


def _points_axis(ax: Axes) -> None:
    """Write differences of shares as percentage points."""
    percent_axis(ax.xaxis)
    of_share = ax.xaxis.get_major_formatter()
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, place: of_share(value, place).removesuffix(" %")))
    ax.set_xlabel("percentage points", fontsize=SIZES["label"], color=INK, labelpad=6)


# --- helpers ----------------------------------------------------------------------------------------------------


def _unit(one: Measure, currency: str) -> str:
    if one.unit == "share":
        return "per cent"
    return one.unit.replace("currency", currency).replace("/", " per ") or one.label


def _said(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _wrapped(name: str, width: int = _NAME) -> str:
    return "\n".join(textwrap.wrap(name, width, break_long_words=True)) or name
