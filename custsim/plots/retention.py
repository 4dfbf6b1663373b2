"""Pictures of contractual retention: survival and its projection, retention by age, and why it rises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from matplotlib.ticker import MaxNLocator

from custsim.errors import InputError
from custsim.plots.style import COLOURS, GREY, INK, PALETTE, SIZES, dress, legend, new_figure, percent_axis
from custsim.value.exponentialgamma import ExponentialGamma
from custsim.value.retention import (
    BetaDiscreteWeibull,
    Geometric,
    RetentionModel,
    ShiftedBetaGeometric,
    why_retention_rises,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["retention_by_age", "sorting_of_customers", "survival_projection"]

#: What says how long customers stay, at renewals or at any moment.
Staying: TypeAlias = RetentionModel | ExponentialGamma

#: One colour and line for each kind of model, the same in every picture.
_LOOK: dict[type[Staying], dict[str, Any]] = {
    ShiftedBetaGeometric: {"color": COLOURS["blue"], "linewidth": 3.0},
    BetaDiscreteWeibull: {"color": COLOURS["orange"], "linewidth": 3.0},
    # on top and open: on the same counts it hardly differs from the sBG, and would hide it or be hidden
    ExponentialGamma: {"color": COLOURS["green"], "linewidth": 3.0, "linestyle": (0, (2.5, 1.5)), "zorder": 2.5},
    Geometric: {"color": GREY, "linewidth": 2.2, "linestyle": (0, (5, 3))},
}
_SHORT: dict[type[Staying], str] = {
    ShiftedBetaGeometric: "customers differ (sBG)",
    BetaDiscreteWeibull: "differ and change (BdW)",
    ExponentialGamma: "differ, leave any time (EG)",
    Geometric: "all alike (geometric)",
}


def survival_projection(
    models: Staying | Sequence[Staying],
    observed: ArrayLike | None = None,
    *,
    periods: int | None = None,
    calibration: int | None = None,
    period: str = "year",
) -> Figure:
    """Draw a cohort's survival, what models make of it, and where they part in the projection.

    Parameters
    ----------
    models
        One fitted model or several, of renewals or of customers who may leave at any moment.
    observed
        Customers left at ages 0, 1, 2, ...: counts, percentages or shares; none to draw models only.
    periods
        Last age drawn; by default the last observed, or 12.
    calibration
        Last age the models were fitted to; ages after it are drawn hollow, as what came afterwards.
    period
        What one period is called on the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Survival in per cent by age.

    Raises
    ------
    InputError
        If there is no model, or ``periods`` or ``calibration`` is out of range.

    Examples
    --------
    >>> figure = survival_projection(ShiftedBetaGeometric(alpha=0.668, beta=3.806), [100, 86.9, 74.3, 65.3])
    """
    shown = _models(models)
    share = _shares(observed)
    last = _last(periods, share)
    share = None if share is None else share[: last + 1]
    if calibration is not None and not 1 <= calibration <= last:
        raise InputError(f"calibration: must be between 1 and the last age drawn ({last}), got {calibration!r}")
    figure = new_figure()
    ax = figure.axes[0]
    if calibration is not None and calibration < last:
        ax.axvspan(calibration, last, color=COLOURS["sky"], alpha=0.13, linewidth=0)
        ax.text(calibration + 0.01 * last, 1.03, "projected", color=GREY, fontsize=SIZES["note"], va="center")
        ax.text(calibration - 0.01 * last, 1.03, "fitted", color=GREY, fontsize=SIZES["note"], va="center", ha="right")
    for model in shown:
        age = _drawn_ages(model, 0, last)
        ax.plot(age, model.survival(age), label=_SHORT[type(model)], **_LOOK[type(model)])
    if share is not None:
        _observed(ax, np.arange(len(share)), share, len(share) - 1 if calibration is None else calibration)
    ax.set_ylim(0, 1.06)
    ax.set_xlim(0, last)
    _finish(ax)
    title = (
        f"Of 100 customers, {float(shown[0].survival(last)) * 100:.0f} are expected to be left after {last} {period}s"
    )
    dress(ax, title=title, subtitle=_subtitle(shown[0]), x=f"{period}s since joining", y="still customers")
    lines = [np.asarray(line.get_xydata()) for line in ax.lines]
    low = min(float(line[line[:, 0] <= 0.42 * last, 1].min()) for line in lines if (line[:, 0] <= 0.42 * last).any())
    # below the curves while they stay high, else above them, where "projected" must stay free
    legend(ax, loc="lower left") if low > 0.44 else legend(ax, loc="upper right", bbox_to_anchor=(1.0, 0.94))
    return figure


def retention_by_age(
    models: Staying | Sequence[Staying],
    observed: ArrayLike | None = None,
    *,
    periods: int | None = None,
    calibration: int | None = None,
    period: str = "year",
) -> Figure:
    """Draw the share that renews, by the age of the relationship.

    Parameters
    ----------
    models, observed, periods, calibration, period
        As for :func:`survival_projection`.

    Returns
    -------
    matplotlib.figure.Figure
        Retention rate in per cent by age.

    Raises
    ------
    InputError
        If there is no model, or a number is out of range.

    Examples
    --------
    >>> figure = retention_by_age(ShiftedBetaGeometric(alpha=0.668, beta=3.806), periods=10)
    """
    shown = _models(models)
    share = _shares(observed)
    last = _last(periods, share)
    share = None if share is None else share[: last + 1]
    figure = new_figure()
    ax = figure.axes[0]
    for model in shown:
        age = _drawn_ages(model, 1, last)
        ax.plot(age, model.retention_rate(age), label=_SHORT[type(model)], **_LOOK[type(model)])
    lows = [float(model.retention_rate(np.arange(1, last + 1)).min()) for model in shown]
    if share is not None:
        known = np.flatnonzero(share[:-1] > 0) + 1
        rate = share[known] / share[known - 1]
        _observed(ax, known, rate, len(share) - 1 if calibration is None else calibration)
        lows.append(float(rate.min()))
    ax.set_ylim(max(0.0, np.floor(min(lows) * 10 - 0.3) / 10), 1.0)
    ax.set_xlim(0.7, last + 0.3)
    _finish(ax)
    first, final = (float(shown[0].retention_rate(a)) for a in (1, last))
    verb = "rises" if final > first + 0.005 else "falls" if final < first - 0.005 else "stays"
    to = f"from {_per_cent(first)} to {_per_cent(final)}" if verb != "stays" else f"at {_per_cent(first)}"
    renewals = isinstance(shown[0], RetentionModel)
    dress(
        ax,
        title=f"Retention {verb} with age, {to}",
        subtitle="Share of the customers up for renewal who renew"
        if renewals
        else f"Share of those there a {period} before who are still there",
        x=f"renewal ({period}s since joining)" if renewals else f"{period}s since joining",
        y="retention rate",
    )
    legend(ax, loc="lower left" if verb == "falls" else "lower right")
    return figure


def sorting_of_customers(
    model: ShiftedBetaGeometric | BetaDiscreteWeibull, periods: int = 8, *, groups: int = 4, period: str = "year"
) -> Figure:
    """Draw why aggregate retention rises: the mix of customers changes, not the customers.

    Left, who is still there, by groups of equal size at the start, from the most loyal up; right, each group's own
    retention beside that of all.

    Parameters
    ----------
    model
        A model in which customers differ.
    periods
        Last renewal drawn.
    groups
        Number of groups, 2 to 6.
    period
        What one period is called on the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.

    Raises
    ------
    InputError
        If the model knows no differences between customers, or a number is out of range.

    Examples
    --------
    >>> figure = sorting_of_customers(ShiftedBetaGeometric(alpha=0.7, beta=1.2))
    """
    if not 2 <= groups <= 6:
        raise InputError(f"groups: must be between 2 and 6 to be told apart, got {groups!r}")
    table = why_retention_rises(model, periods, groups=groups)
    figure = new_figure(1, 2, width=13, width_ratios=[1.0, 1.3])
    left, right = figure.axes
    age = table.index.to_numpy()
    floor = np.zeros(len(age))
    for g in range(groups):
        share, own = table[f"group_{g + 1}"].to_numpy(), table[f"retention_{g + 1}"].to_numpy()
        left.bar(age, share, bottom=floor, color=PALETTE[g], width=0.82, edgecolor="white", linewidth=0.8)
        right.plot(age, own, color=PALETTE[g], linewidth=2.6)
        right.text(age[-1] + 0.03 * periods, own[-1], _rank(g, groups), color=PALETTE[g], fontsize=SIZES["legend"],
                   va="center", fontweight="bold")  # fmt: skip
        floor = floor + share
    together = table["retention_rate"].to_numpy()
    right.plot(age, together, color=INK, linewidth=3.6, marker="o", markersize=6, zorder=5)
    middle = len(age) // 2
    # between the two least loyal groups there is always room
    room = float(table[[f"retention_{groups - 1}", f"retention_{groups}"]].iloc[middle].mean())
    right.annotate("all together", (age[middle], together[middle]), xytext=(age[middle], room), ha="center",
                   va="center", fontsize=SIZES["label"], fontweight="bold", color=INK, zorder=6,
                   arrowprops={"arrowstyle": "-", "color": INK, "shrinkB": 6})  # fmt: skip
    for ax in figure.axes:
        _finish(ax)
    left.set_ylim(0, 1)
    right.set_ylim(max(0.0, np.floor(float(table.filter(like="retention_").min().min()) * 10) / 10), 1.005)
    right.set_xlim(0.7, age[-1] * 1.28 + 0.3)
    right.set_xticks([tick for tick in right.get_xticks() if 1 <= tick <= age[-1]])
    x = f"renewal ({period}s since joining)"
    first, last = float(table["group_1"].iloc[0]), float(table["group_1"].iloc[-1])
    dress(left, title="The mix changes ...", x=x, y="share of those up for renewal",
          subtitle=f"The most loyal go from {_per_cent(first)} to {_per_cent(last)}")  # fmt: skip
    changes = isinstance(model, BetaDiscreteWeibull) and abs(model.c - 1) > 1e-9
    title, subtitle = (
        ("... and each customer changes too", "Retention of each group, and of all")
        if changes
        else ("... and no customer does", "In each group, too, the likely leavers go first")
    )
    dress(right, title=title, x=x, y="retention rate", subtitle=subtitle)
    return figure


def _rank(group: int, groups: int) -> str:
    """Name a group by its place between the most and the least loyal."""
    if group == 0:
        return "most loyal"
    return "least loyal" if group == groups - 1 else ("second", "third", "fourth", "fifth")[group - 1]


def _models(models: Staying | Sequence[Staying]) -> list[Staying]:
    shown = [models] if isinstance(models, RetentionModel | ExponentialGamma) else list(models)
    if not shown:
        raise InputError("models: needs at least one fitted model")
    return shown


def _shares(observed: ArrayLike | None) -> NDArray[np.float64] | None:
    if observed is None:
        return None
    left = np.asarray(observed, dtype=np.float64)
    if left.ndim != 1 or len(left) < 2 or not left[0] > 0:
        raise InputError("observed: needs one row of customers left, starting above 0 at age 0")
    return np.asarray(left / left[0], dtype=np.float64)


def _last(periods: int | None, share: NDArray[np.float64] | None) -> int:
    last = periods if periods is not None else len(share) - 1 if share is not None else 12
    if last < 1:
        raise InputError(f"periods: must be at least 1, got {periods!r}")
    return int(last)


def _drawn_ages(model: Staying, first: int, last: int) -> NDArray[np.float64]:
    """Ages at which a curve is drawn: renewals, or close together where customers may leave at any moment."""
    points = last - first + 1 if isinstance(model, RetentionModel) else max(40 * (last - first), 1) + 1
    return np.linspace(first, last, points)


def _observed(ax: Axes, age: NDArray[Any], value: NDArray[Any], calibration: int) -> None:
    """Draw what was observed: full in the calibration, hollow after it."""
    inside = age <= calibration
    ax.plot(age[inside], value[inside], "o", color=INK, markersize=8, label="observed", zorder=5, clip_on=False)
    if not inside.all():
        ax.plot(age[~inside], value[~inside], "o", color=INK, markerfacecolor="white", markersize=8,
                markeredgewidth=1.8, label="observed later", zorder=5, clip_on=False)  # fmt: skip


def _finish(ax: Axes) -> None:
    """Write shares as per cent and ages as whole numbers."""
    percent_axis(ax.yaxis)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=13, integer=True))


def _per_cent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _subtitle(model: Staying) -> str:
    fitted = ", ".join(f"{name} {value:.3g}" for name, value in model.parameters.items())
    return f"{model.name[0].upper()}{model.name[1:]} model: {fitted}"
