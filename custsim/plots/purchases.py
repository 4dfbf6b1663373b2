"""Pictures of buy-till-you-die models: who is still a customer, one customer's history, and whether it came true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from custsim.errors import InputError
from custsim.plots.style import COLOURS, GREY, INK, SEQUENTIAL, SIZES, dress, legend, new_figure, percent_axis
from custsim.value.purchases import BGNBD, HoldoutCheck, PurchaseModel  # noqa: F401  # BGNBD: the examples
from custsim.value.purchases import alive_history as history_of
from custsim.value.purchases import tracking as tracked
from custsim.value.transactions import CalibrationHoldout, CustomerSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = ["alive_history", "frequency_recency", "holdout_by_frequency", "purchase_tracking"]

#: dots beyond which a map could not be seen for them
_MOST_DOTS = 1000


def frequency_recency(
    model: PurchaseModel,
    *,
    T: float,
    show: Literal["alive", "purchases"] = "alive",
    periods: float | None = None,
    most: int = 12,
    customers: CustomerSummary | None = None,
) -> Figure:
    """Draw a heat map over frequency and recency: who is probably still a customer, or will buy how often.

    Parameters
    ----------
    model
        A model with its parameters.
    T
        How long the customers of the picture have been observed, in the model's unit, above 0.
    show
        ``"alive"``: probability of still being a customer; ``"purchases"``: expected purchases in ``periods``.
    periods
        Length of the future for ``"purchases"``; ``T`` by default.
    most
        Highest frequency drawn.
    customers
        Customers to mark as points: those with a frequency up to ``most`` who were observed for 85 to 115 % of ``T``
        (a map for one ``T`` says nothing about others). Of many, 1,000 are drawn at random, always the same.

    Returns
    -------
    matplotlib.figure.Figure
        Frequency across, recency up.

    Raises
    ------
    InputError
        If ``show`` is neither, or a number is out of range.

    Examples
    --------
    >>> figure = frequency_recency(BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week"), T=39)
    """
    if show not in ("alive", "purchases"):
        raise InputError(f"show: must be 'alive' or 'purchases', got {show!r}")
    if not T > 0 or most < 1:
        raise InputError(f"T and most: must be above 0 and at least 1, got {T!r} and {most!r}")
    ahead = T if periods is None else periods
    x = np.arange(1, most + 1)
    discrete = model.timing == "discrete"
    t_x = np.arange(1, int(T) + 1, dtype=float) if discrete else np.linspace(0, T, 121)
    grid_x, grid_t = np.meshgrid(x, t_x)
    impossible = grid_x > grid_t if discrete else np.zeros(grid_x.shape, dtype=bool)
    safe_t = np.where(impossible, grid_x, grid_t) if discrete else grid_t
    horizon = np.maximum(T, safe_t)
    if show == "alive":
        value = model.probability_alive(grid_x, safe_t, horizon)
    else:
        value = model.expected_purchases(ahead, grid_x, safe_t, horizon)
    figure = new_figure(width=10.5, height=6.2)
    ax = figure.axes[0]
    step = (t_x[1] - t_x[0]) / 2 if len(t_x) > 1 else 0.5
    shade = ax.imshow(
        np.ma.masked_array(value, impossible),
        origin="lower",
        aspect="auto",
        cmap=SEQUENTIAL,
        extent=(0.5, most + 0.5, t_x[0] - (step if discrete else 0), t_x[-1] + (step if discrete else 0)),
        vmin=0,
        vmax=1 if show == "alive" else None,
        interpolation="nearest",
    )
    _colour_bar(figure, ax, shade, show, ahead, model.unit)
    marked = ""
    if customers is not None:
        marked = _mark(ax, customers, most, T)
    ax.set_xticks(np.arange(1, most + 1))
    unit = _unit(model)
    titles = {
        "alive": "Who is probably still a customer",
        "purchases": f"Purchases to expect in the next {ahead:g} {unit}s",
    }
    subtitle = f"{model.name}; customers who came {T:g} {unit}s ago{marked}"
    dress(ax, title=titles[show], subtitle=subtitle, x="frequency (repeat purchases)",
          y=f"recency ({unit}s from first to last purchase)", grid="none")  # fmt: skip
    ax.texts[-1].set_in_layout(False)  # the subtitle may run on above the colour bar
    return figure


def _colour_bar(figure: Figure, ax: Axes, shade: Any, show: str, ahead: float, unit: str) -> None:
    bar = figure.colorbar(shade, ax=ax, pad=0.02, fraction=0.06)
    bar.outline.set_visible(False)
    label = "probability of being a customer" if show == "alive" else "expected purchases"
    bar.set_label(label, fontsize=SIZES["label"], color=INK)
    bar.ax.tick_params(labelsize=SIZES["tick"], color=GREY, labelcolor=INK)
    if show == "alive":
        percent_axis(bar.ax.yaxis)


def _mark(ax: Axes, customers: CustomerSummary, most: int, T: float) -> str:
    """Mark customers observed for about ``T``, and say which."""
    x, t_x, observed = customers.frequency, customers.recency, customers.T
    some = (x >= 1) & (x <= most) & (observed >= 0.85 * T) & (observed <= 1.15 * T) & (t_x <= T)
    if not some.any():
        return ""
    luck = np.random.default_rng(0)  # always the same
    low, high = observed[some].min(), observed[some].max()
    dots = np.flatnonzero(some)
    if len(dots) > _MOST_DOTS:
        dots = luck.choice(dots, _MOST_DOTS, replace=False)
    aside = luck.uniform(-0.32, 0.32, len(dots))  # spread points of one frequency a little
    ax.plot(x[dots] + aside, t_x[dots], "o", color="white", markersize=3.4, markeredgecolor=INK, markeredgewidth=0.5,
            alpha=0.75)  # fmt: skip
    span = f", {low:.0f} to {high:.0f} {customers.unit}s" if high - low >= 1 else ""
    those = len(customers) if len(dots) == some.sum() else int(some.sum())
    return f" (dots: {len(dots):,} of {those:,}{span})"


def alive_history(model: PurchaseModel, purchases: ArrayLike, until: float, *, customer: str | None = None) -> Figure:
    """Draw one customer's probability of being alive, from the first purchase to the end of observation.

    Parameters
    ----------
    model
        A model with its parameters.
    purchases
        Times of the purchases, the first included, in the model's unit.
    until
        End of the history, on the same scale.
    customer
        What to call the customer in the title.

    Returns
    -------
    matplotlib.figure.Figure
        Probability by time; a purchase is proof of life, and the curve jumps.

    Raises
    ------
    InputError
        If there is no purchase, or one lies after ``until``.

    Examples
    --------
    >>> figure = alive_history(BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week"), [0, 3, 9, 12], until=40)
    """
    table = history_of(model, purchases, until)
    figure = new_figure()
    ax = figure.axes[0]
    time, alive = table.index.to_numpy(), table["probability_alive"].to_numpy()
    ax.fill_between(time, alive, color=COLOURS["blue"], alpha=0.13, linewidth=0)
    ax.plot(time, alive, color=COLOURS["blue"], linewidth=3)
    at = np.sort(np.asarray(purchases, dtype=np.float64))
    at = at - at[0]
    ax.vlines(at, 0, 1, color=COLOURS["vermilion"], linewidth=1.3, linestyle=(0, (4, 3)), zorder=1)
    ax.plot(at, np.full(len(at), 1.045), "v", color=COLOURS["vermilion"], markersize=9, label="purchase", clip_on=False)
    ax.set_ylim(0, 1.1)
    ax.set_xlim(0, max(float(time[-1]), 1e-9) * 1.005)
    percent_axis(ax.yaxis)
    ax.set_yticks(np.arange(0, 1.01, 0.25))
    unit = _unit(model)
    below = alive[-1] > 0.2  # the curve falls toward its end, so there is room under it
    ax.annotate(f"{alive[-1] * 100:.0f} %", (time[-1], alive[-1]), xytext=(-10, -8 if below else 12),
                textcoords="offset points", ha="right", va="top" if below else "bottom", fontsize=SIZES["title"],
                fontweight="bold", color=COLOURS["blue"])  # fmt: skip
    silent = time[-1] - at[-1]
    name = "The customer" if customer is None else f"Customer {customer}"
    title = f"{name}: still there with a probability of {alive[-1] * 100:.0f} %"
    subtitle = f"Silent for {silent:.3g} {unit}s after the last purchase (triangles: purchases; {model.name})"
    dress(ax, title=title, subtitle=subtitle, x=f"{unit}s since the first purchase",
          y="probability of being a customer")  # fmt: skip
    return figure


def purchase_tracking(model: PurchaseModel, data: CalibrationHoldout | CustomerSummary, *, step: float = 1.0) -> Figure:
    """Draw repeat purchases of the cohort, actual and expected: cumulated, and step by step.

    Parameters
    ----------
    model
        Fitted to the calibration period.
    data
        A split (calibration and hold-out), or a summary made from a log.
    step
        Length of a step, in periods.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels over time; the hold-out is shaded.

    Raises
    ------
    InputError
        If ``step`` is not above 0, or the summary was not made from a log.

    Examples
    --------
    >>> drawn = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week").simulate(39.0, customers=300, seed=1)
    >>> figure = purchase_tracking(BGNBD.fit(drawn.summary), drawn.summary, step=3)
    """
    table = tracked(model, data, step=step)
    time = table.index.to_numpy()
    figure = new_figure(1, 2, width=13)
    unit = _unit(model)
    later = table["holdout"].to_numpy()
    for ax, kind in zip(figure.axes, ("_cumulative", ""), strict=True):
        actual, expected = table[f"actual{kind}"].to_numpy(), table[f"expected{kind}"].to_numpy()
        top = 1.16 * max(actual.max(), expected.max(), 1e-9)
        if later.any():
            cut = data.end_of_calibration if isinstance(data, CalibrationHoldout) else 0.0
            ax.axvspan(cut, time[-1], color=COLOURS["sky"], alpha=0.13, linewidth=0)
            ax.text(cut + 0.015 * time[-1], top * 0.97, "hold-out", color=GREY, fontsize=SIZES["note"], va="top")
        ax.plot(time, actual, color=INK, linewidth=2.2, label="actual")
        ax.plot(time, expected, color=COLOURS["orange"], linewidth=3, label=f"expected ({model.name})")
        ax.set_xlim(0, time[-1])
        ax.set_ylim(0, top)
    miss = table["expected_cumulative"].iloc[-1] / max(table["actual_cumulative"].iloc[-1], 1) - 1
    close = "within 1 %" if abs(miss) < 0.01 else f"{abs(miss) * 100:.0f} % {'above' if miss > 0 else 'below'}"
    every = f"a {unit}" if step == 1 else f"each {step:g} {unit}s"
    left, right = figure.axes
    x = f"{unit}s since the first customer came"
    dress(left, title=f"Forecast {close} of what came" if "within" in close else f"Forecast {close} what came",
          subtitle="Repeat purchases of all customers, cumulated", x=x, y="purchases so far")  # fmt: skip
    dress(right, title=f"Purchases {every}", subtitle="The same, step by step", x=x, y=f"purchases {every}")
    legend(left, loc="lower right")
    return figure


def holdout_by_frequency(check: HoldoutCheck) -> Figure:
    """Draw mean purchases in the hold-out, actual and predicted, by purchases in calibration.

    Parameters
    ----------
    check
        From :func:`custsim.value.purchases.holdout_check`.

    Returns
    -------
    matplotlib.figure.Figure
        Pairs of bars.

    Examples
    --------
    >>> from custsim.value.purchases import holdout_check
    >>> from custsim.value.transactions import calibration_holdout
    >>> drawn = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week").simulate(
    ...     39.0, customers=500, seed=1, holdout=39.0)
    >>> split = calibration_holdout(drawn, calibration_end=39.0, end=78.0, unit="week")
    >>> figure = holdout_by_frequency(holdout_check(BGNBD.fit(split.calibration), split))
    """
    table = check.by_frequency
    figure = new_figure()
    ax = figure.axes[0]
    at = np.arange(len(table))
    ax.bar(at - 0.2, table["actual"], width=0.38, color=INK, label="actual")
    ax.bar(at + 0.2, table["predicted"], width=0.38, color=COLOURS["orange"], label="predicted")
    labels = [f"{name}\n{count:,}" for name, count in zip(table.index, table["customers"], strict=True)]
    ax.set_xticks(at, labels)
    dress(
        ax,
        title=f"{check.actual_total:,.0f} purchases came, {check.predicted_total:,.0f} were predicted",
        subtitle="Mean purchases of a customer in the hold-out",
        x="repeat purchases in calibration (below: number of customers)",
        y="purchases in the hold-out",
    )
    legend(ax, loc="upper left")
    return figure


def _unit(model: PurchaseModel) -> str:
    return model.unit
