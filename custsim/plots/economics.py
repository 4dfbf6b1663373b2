"""Pictures of customer-value economics: lifetime value, retention, concentration, equity and diffusion.

Each function draws one picture from what :mod:`custsim.value` returns or takes, and returns the figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.scale import SymmetricalLogScale
from matplotlib.ticker import FuncFormatter, MaxNLocator

from custsim.errors import InputError
from custsim.plots.style import (
    COLOURS,
    GREY,
    INK,
    SEQUENTIAL,
    SIZES,
    dress,
    legend,
    new_figure,
    number,
    percent_axis,
)
from custsim.value.diffusion import Bass, BassFit
from custsim.value.equity import ResponseCurve, acquisition_retention_balance, balance_equity
from custsim.value.lifetime import LAYERS, Timing, clv, payback_periods
from custsim.value.pyramid import (
    CostToServe,
    concentration,
    lorenz_curve,
    referral_quadrants,
    satisfaction_quadrants,
    segment_table,
    tier_table,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "bass_diffusion",
    "equity_surface",
    "lorenz",
    "loyalty_map",
    "referral_map",
    "relationship_value",
    "retention_ledger",
    "retention_worth",
    "rfm_segments",
    "tiers",
    "whale_curve",
]

_WHITE_BOX: dict[str, Any] = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def _say(ax: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **options: Any) -> None:
    """Write a remark beside a point of the data, on a light ground."""
    look: dict[str, Any] = {"fontsize": SIZES["legend"], "color": INK, "bbox": _WHITE_BOX, "zorder": 6} | options
    ax.annotate(text, xy=at, xytext=shift, textcoords="offset points", **look)


def _per_cent(share: float, decimals: int = 0) -> str:
    """Write a share as per cent, without decimals that say nothing."""
    return f"{number(round(100 * share, decimals), None if decimals else 0)} %"


def _whole_numbers(ax: Axes) -> None:
    """Put the ticks of the horizontal axis on whole numbers."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True, steps=[1, 2, 5, 10]))


# --- lifetime value ---------------------------------------------------------------------------------------------


def _payments_drawn(ratio: float, back: float) -> int:
    """Count the payments until 95 % of the value has come in, and the cost is paid back if it ever is."""
    needed = int(np.ceil(np.log(0.05) / np.log(ratio))) if 0 < ratio < 1 else 1
    return int(min(max(needed, 5, 0 if np.isinf(back) else back + 2), 240))


def relationship_value(
    *,
    margin: float,
    retention: float,
    discount: float,
    acquisition_cost: float = 0.0,
    growth: float = 0.0,
    timing: Timing = "start",
    horizon: int | None = None,
    period: str = "year",
) -> Figure:
    """Draw how the value of a customer builds up, when he has paid back his cost, and what he is worth in the end.

    Parameters
    ----------
    margin, retention, discount, acquisition_cost, growth, timing
        As in :func:`custsim.value.clv`.
    horizon
        Number of payments counted and drawn; by default all count, and they are drawn until 95 % of the value has
        come in, 240 at most.
    period
        What one period is called on the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Expected discounted margin so far, the final value, and the payback.

    Raises
    ------
    InputError
        As in :func:`custsim.value.clv`.

    Examples
    --------
    >>> figure = relationship_value(margin=100, retention=0.8, discount=0.1, acquisition_cost=150)
    """
    common: dict[str, Any] = {"margin": margin, "retention": retention, "discount": discount, "growth": growth}
    final = float(clv(**common, timing=timing, acquisition_cost=acquisition_cost, horizon=horizon))
    back = float(payback_periods(**common, timing=timing, acquisition_cost=acquisition_cost))
    periods = horizon if horizon is not None else _payments_drawn(retention * (1 + growth) / (1 + discount), back)
    back = back if back <= periods else np.inf
    count = np.arange(1, periods + 1)
    value = np.asarray(clv(**common, timing=timing, acquisition_cost=acquisition_cost, horizon=count))
    steps, path = np.concatenate([[0], count]), np.concatenate([[-acquisition_cost], value])

    figure = new_figure()
    ax = figure.axes[0]
    ax.axhline(0, color=GREY, linewidth=1.2)
    tone = COLOURS["green"] if final >= 0 else COLOURS["vermilion"]
    ax.axhline(final, color=tone, linewidth=2, linestyle=(0, (5, 3)))
    ax.fill_between(steps, path, 0, where=(path <= 0).tolist(), color=COLOURS["vermilion"], alpha=0.18,
                    interpolate=True, linewidth=0)  # fmt: skip
    ax.fill_between(
        steps, path, 0, where=(path >= 0).tolist(), color=COLOURS["blue"], alpha=0.14, interpolate=True, linewidth=0
    )
    ax.plot(steps, path, color=COLOURS["blue"], linewidth=3, marker="o" if periods <= 40 else "", markersize=5)
    _say(ax, f"lifetime value {number(final)}", (periods, final), (0, 7), ha="right", va="bottom",
         color=tone, fontweight="bold", bbox=None)  # fmt: skip
    if 0 < back <= periods:
        at = (back, float(path[int(back)]))
        ax.plot(*at, marker="o", markersize=11, color=COLOURS["orange"], zorder=5)
        _say(ax, f"paid back with payment {int(back)}", at, (14, -26), ha="left", va="top")
    elif np.isinf(back) and acquisition_cost > 0:
        ax.text(0.97, 0.05, "never paid back", transform=ax.transAxes, ha="right", fontsize=SIZES["label"], color=INK)
    ax.set_xlim(0, periods * 1.02)
    _whole_numbers(ax)
    ax.margins(y=0.12)
    dress(
        ax,
        title="What a customer is worth builds up payment by payment",
        subtitle=f"margin {number(margin)}, retention {_per_cent(retention, 1)}, discount {_per_cent(discount, 1)} "
        f"a {period}",
        x=f"payments received, one a {period}",
        y="expected value so far, discounted",
    )
    return figure


def retention_worth(
    *,
    margin: float,
    retention: float,
    discount: float,
    percentage_points: float = 5.0,
    acquisition_cost: float = 0.0,
    timing: Timing = "start",
) -> Figure:
    """Draw lifetime value over retention, and what some percentage points more are worth.

    Parameters
    ----------
    margin, retention, discount, acquisition_cost, timing
        As in :func:`custsim.value.clv`.
    percentage_points
        The improvement shown, above 0.

    Returns
    -------
    matplotlib.figure.Figure
        The curve, today's point, and the point after the improvement.

    Raises
    ------
    InputError
        As in :func:`custsim.value.clv`, or if the new retention is not above the old one and at most 1.

    Examples
    --------
    >>> figure = retention_worth(margin=100, retention=0.8, discount=0.1)
    """
    after = retention + percentage_points / 100
    if not retention < after <= 1:
        raise InputError(f"percentage_points: {percentage_points:g} takes retention {retention:g} to {after:g}; "
                         "must lead above today's and at most to 1")  # fmt: skip
    common: dict[str, Any] = {"margin": margin, "discount": discount, "timing": timing,
                              "acquisition_cost": acquisition_cost}  # fmt: skip
    low = max(0.0, min(0.5, retention - 0.25))
    grid = np.linspace(low, max(after, min(0.95, after + 0.05)), 200)
    old, new = float(clv(retention=retention, **common)), float(clv(retention=after, **common))
    figure = new_figure()
    ax = figure.axes[0]
    ax.plot(grid, np.asarray(clv(retention=grid, **common)), color=COLOURS["blue"], linewidth=3)
    ax.plot([retention, after, after], [old, old, new], color=COLOURS["vermilion"], linewidth=2.2)
    ax.plot([retention, after], [old, new], "o", color=COLOURS["vermilion"], markersize=9, zorder=5)
    _say(ax, f"{number(old)} today", (retention, old), (-10, 10), ha="right", va="bottom")
    gain = f" ({_per_cent((new - old) / abs(old))} more)" if old > 0 else ""
    _say(ax, f"{number(new)}\n{number(new - old)} more{gain and gain.replace(' more', '')}", (after, new), (-12, 4),
         ha="right", va="bottom", fontweight="bold")  # fmt: skip
    ax.margins(y=0.15)
    percent_axis(ax.xaxis)
    dress(
        ax,
        title=f"What {number(percentage_points)} percentage points of retention are worth",
        subtitle=f"margin {number(margin)} a period, discount {_per_cent(discount, 1)}; steeper as fewer leave",
        x="retention from one period to the next",
        y="lifetime value",
        grid="both",
    )
    return figure


_LAYER_NAMES = {
    "base": "base profit",
    "growth": "purchase growth",
    "cost_saving": "cost saving",
    "referral": "referrals",
    "premium": "price premium",
}
_LAYER_COLOURS = dict(zip(LAYERS, ("blue", "sky", "green", "orange", "pink"), strict=True))


def retention_ledger(ledger: pd.DataFrame) -> Figure:
    """Draw a retention ledger: the five layers of profit by year, and what they add up to.

    Parameters
    ----------
    ledger
        What :func:`custsim.value.retention_ledger` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Left the layers of a customer who is there, right the expected discounted sum so far.

    Raises
    ------
    InputError
        If columns of a ledger are missing.

    Examples
    --------
    >>> from custsim.value import retention_ledger as ledger
    >>> figure = retention_ledger(ledger(years=5, base=30, growth=15, acquisition_cost=50))
    """
    missing = {"acquisition", *LAYERS, "cumulative"} - set(ledger.columns)
    if missing:
        raise InputError(
            f"ledger: lacks {', '.join(sorted(missing))}; give what custsim.value.retention_ledger returned"
        )
    figure = new_figure(1, 2, width=12, height=5.8, width_ratios=(3, 2))
    left, right = figure.axes
    year = ledger.index.to_numpy()
    left.bar(year, ledger["acquisition"], color=GREY, width=0.72, label="acquisition cost")
    up, down = np.zeros(len(year)), ledger["acquisition"].to_numpy().copy()
    for name in LAYERS:
        layer = ledger[name].to_numpy()
        if not layer.any():
            continue
        bottom = np.where(layer >= 0, up, down)
        left.bar(year, layer, bottom=bottom, width=0.72, color=COLOURS[_LAYER_COLOURS[name]], label=_LAYER_NAMES[name],
                 edgecolor="white", linewidth=0.6)  # fmt: skip
        up, down = up + np.maximum(layer, 0), down + np.minimum(layer, 0)
    left.axhline(0, color=GREY, linewidth=1.2)
    left.set_xticks(_whole_ticks(year))
    # Room for two lines of legend above the bars, whatever the sizes.
    left.set_ylim(top=float(up.max()) + 0.24 * max(float(up.max() - down.min()), 1e-9))
    dress(left, title="Profit from one customer, by layer", x="year of the relationship", y="currency units a year")
    legend(left, loc="upper left", columns=3, columnspacing=1.2, handlelength=1.2)
    total = ledger["cumulative"].to_numpy()
    right.axhline(0, color=GREY, linewidth=1.2)
    right.plot(year, total, color=COLOURS["blue"], linewidth=3, marker="o", markersize=6)
    _say(right, number(float(total[-1])), (float(year[-1]), float(total[-1])), (0, 9), ha="right", va="bottom",
         fontweight="bold", bbox=None)  # fmt: skip
    right.margins(y=0.15)
    right.set_xticks(_whole_ticks(year))
    dress(right, title="Lifetime value so far", x="year of the relationship", y="expected, discounted")
    return figure


def _whole_ticks(year: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Choose ticks on whole years, at most some ten of them."""
    step = int(np.ceil(len(year) / 11))
    return year[::step]


# --- concentration ----------------------------------------------------------------------------------------------


def lorenz(value: npt.ArrayLike, *, top: float = 0.2, what: str = "value") -> Figure:
    """Draw the Lorenz curve of customers, with the Gini coefficient and the share of the best.

    Parameters
    ----------
    value
        One number a customer; the sum must be above 0.
    top
        Share of customers whose part is marked, above 0, below 1.
    what
        What the numbers are, for the axis: "contribution", "sales".

    Returns
    -------
    matplotlib.figure.Figure
        The curve against the line of equality.

    Raises
    ------
    InputError
        As in :func:`custsim.value.concentration`.

    Examples
    --------
    >>> figure = lorenz([1, 2, 3, 10, 40])
    """
    curve, found = lorenz_curve(value), concentration(value, top=(top,))
    part = found.top_share[top]
    figure = new_figure(width=8.4, height=6.6)
    ax = figure.axes[0]
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1.8, linestyle=(0, (5, 3)))
    ax.fill_between(curve.customers, curve.value, curve.customers, color=COLOURS["blue"], alpha=0.13, linewidth=0)
    ax.plot(curve.customers, curve.value, color=COLOURS["blue"], linewidth=3.2)
    ax.plot([1 - top, 1 - top, 1], [min(0.0, float(curve.value.min())), 1 - part, 1 - part], color=COLOURS["vermilion"],
            linewidth=1.6, linestyle=(0, (2, 2)))  # fmt: skip
    ax.plot(1 - top, 1 - part, "o", color=COLOURS["vermilion"], markersize=10, zorder=5)
    words = f"the best {_per_cent(top)} of customers\nbring {_per_cent(part)} of the {what}"
    _say(ax, words, (1 - top, 1 - part), (-14, 10),
         ha="right", va="bottom", fontweight="bold")  # fmt: skip
    ax.text(0.31, 0.36, "if all were equal", rotation=45, rotation_mode="anchor", color=GREY,
            fontsize=SIZES["legend"], transform_rotates_text=True)  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_ylim(min(0.0, float(curve.value.min()) * 1.1), 1.01)
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    dress(
        ax,
        title=f"How unequal customers are: Gini {found.gini:.2f}",
        x="customers, those with the least first",
        y=f"share of all {what}",
        grid="both",
    )
    return figure


def whale_curve(result: CostToServe) -> Figure:
    """Draw cumulative profit over customers, the best first: it rises to a peak, and the unprofitable take it down.

    Parameters
    ----------
    result
        What :func:`custsim.value.cost_to_serve` returned.

    Returns
    -------
    matplotlib.figure.Figure
        The whale curve with its peak and its end.

    Examples
    --------
    >>> from custsim.value import cost_to_serve
    >>> figure = whale_curve(cost_to_serve(revenue=[900, 500, 100], gross_margin=0.3, activities={"call": [1, 2, 20]},
    ...     unit_costs={"call": 5}))
    """
    table = result.customers
    share = np.concatenate([[0.0], table["share_of_customers"].to_numpy()])
    profit = np.concatenate([[0.0], table["cumulative_profit"].to_numpy()])
    peak = int(np.argmax(profit))
    figure = new_figure()
    ax = figure.axes[0]
    ax.axhline(0, color=GREY, linewidth=1.2)
    ax.fill_between(
        share, profit, 0, where=(share <= share[peak]).tolist(), color=COLOURS["blue"], alpha=0.14, linewidth=0
    )
    ax.fill_between(share, profit, 0, where=(share >= share[peak]).tolist(), color=COLOURS["vermilion"], alpha=0.16,
                    linewidth=0)  # fmt: skip
    ax.plot(share, profit, color=COLOURS["blue"], linewidth=3.2)
    ax.plot(share[[peak, -1]], profit[[peak, -1]], "o", color=COLOURS["vermilion"], markersize=9, zorder=5)
    middle = 0.25 < share[peak] < 0.75
    _say(ax, f"{_per_cent(float(share[peak]))} of customers earn {number(float(profit[peak]))}",
         (float(share[peak]), float(profit[peak])), (0, 10), ha="center" if middle else "right" if peak > 0 and
         share[peak] >= 0.75 else "left", va="bottom", fontweight="bold")  # fmt: skip
    if peak < len(profit) - 1:
        _say(ax, f"{number(float(profit[-1]))} is left", (1.0, float(profit[-1])), (-10, -12), ha="right", va="top")
    ax.set_xlim(0, 1.02)
    ax.margins(y=0.18)
    if profit.min() >= 0:
        ax.set_ylim(bottom=0)
    percent_axis(ax.xaxis)
    dress(
        ax,
        title="Some customers cost what others earn",
        subtitle="profit after cost to serve, added up from the most profitable customer down",
        x="customers, the most profitable first",
        y="profit so far, currency units",
    )
    return figure


def tiers(value: npt.ArrayLike, *, shares: dict[str, float] | None = None, what: str = "value") -> Figure:
    """Draw the customer pyramid: how many customers a tier has and how much of the value it brings.

    Parameters
    ----------
    value
        One number a customer; the sum must be above 0.
    shares
        As in :func:`custsim.value.tiers`.
    what
        What the numbers are: "contribution", "sales".

    Returns
    -------
    matplotlib.figure.Figure
        Two bars a tier, with their shares.

    Raises
    ------
    InputError
        As in :func:`custsim.value.tiers`, or if the sum is not above 0.

    Examples
    --------
    >>> figure = tiers([100] * 2 + [40] * 8 + [10] * 30 + [1] * 160)
    """
    table = tier_table(value, shares=shares)
    if table["share_of_value"].isna().any():
        raise InputError("value: the sum over customers must be above 0 to have shares")
    figure = new_figure(height=5.8)
    ax = figure.axes[0]
    place = np.arange(len(table))
    bars = (
        ("share_of_customers", f"share of customers ({number(float(table['customers'].sum()))})", GREY, 0.2),
        ("share_of_value", f"share of {what}", COLOURS["blue"], -0.2),
    )
    widest = float(table[["share_of_customers", "share_of_value"]].to_numpy().max())
    for column, label, colour, shift in bars:
        part = table[column].to_numpy()
        ax.barh(place - shift, part, height=0.38, color=colour, label=label)
        for y, width in zip(place - shift, part, strict=True):
            text = _per_cent(float(width), 0 if width >= 0.095 or width == 0 else 1)
            _say(ax, text, (max(float(width), 0.0), float(y)), (6, 0), va="center", bbox=None)
    ax.axvline(0, color=GREY, linewidth=1)
    ax.set_yticks(place, [f"{name}\n{number(float(n))} customers" for name, n in table["customers"].items()])
    ax.invert_yaxis()
    ax.set_xlim(right=widest * 1.14)
    percent_axis(ax.xaxis)
    best = table.iloc[:-1]
    share = _per_cent(float(best["share_of_customers"].sum()))
    dress(
        ax,
        title=f"The best {share} of customers bring {_per_cent(float(best['share_of_value'].sum()))} of the {what}",
        x="share of the whole",
        grid="x",
    )
    legend(ax, loc="best")
    return figure


def rfm_segments(scores: pd.DataFrame) -> Figure:
    """Draw how many customers are in each RFM segment, and what they spend.

    Parameters
    ----------
    scores
        What :func:`custsim.value.rfm` returned.

    Returns
    -------
    matplotlib.figure.Figure
        One bar a segment, best first.

    Raises
    ------
    InputError
        If the table has no column ``segment``.

    Examples
    --------
    >>> import pandas as pd
    >>> from custsim.value import rfm
    >>> figure = rfm_segments(rfm(pd.DataFrame({"frequency": [0, 2, 9], "recency": [0.0, 10.0, 38.0], "T": 39.0,
    ...     "monetary_value": [0.0, 20.0, 45.0]})))
    """
    table = segment_table(scores)
    figure = new_figure(height=0.56 * len(table) + 2.0)
    ax = figure.axes[0]
    tones = {"champions": "green", "potential loyalists": "green", "loyal": "green", "at risk": "vermilion",
             "slipping": "vermilion", "lost": "vermilion"}  # fmt: skip
    colours = [COLOURS[tones.get(str(name), "blue")] for name in table.index]
    ax.barh(table.index.astype(str), table["share_of_customers"], color=colours, height=0.7)
    columns = ["customers", "purchases", "spend", "share_of_customers"]
    for place, row in enumerate(table[columns].to_dict("records")):
        count, bought, spend, share = (float(row[name]) for name in columns)
        spent = f" of {number(spend)}" if spend > 0 else ""
        ax.annotate(
            f"{number(count)}  ·  {number(round(bought, 1))} purchase{'s' if round(bought, 1) != 1 else ''}{spent}",
            (share, place), xytext=(7, 0), textcoords="offset points", va="center",
            fontsize=SIZES["legend"], color=INK,
        )  # fmt: skip
    ax.invert_yaxis()
    ax.set_xlim(0, float(table["share_of_customers"].max()) * 1.45)
    percent_axis(ax.xaxis)
    dress(
        ax,
        title="Who buys lately, often and for much",
        subtitle="customers, mean number of purchases and mean spend by segment",
        x="share of customers",
        grid="x",
    )
    return figure


# --- quadrants --------------------------------------------------------------------------------------------------


def _map(x: Any, y: Any, kinds: pd.Series, corners: dict[str, tuple[str, str]], cuts: tuple[float, float]) -> Figure:
    """Scatter customers over four corners, each corner with its name and share."""
    figure = new_figure(width=8.8, height=6.8)
    ax = figure.axes[0]
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    size = float(np.clip(14_000 / max(len(xs), 1), 5, 60))
    names = kinds.astype(str).to_numpy()
    for kind, (colour, _) in corners.items():
        chosen = names == kind
        ax.scatter(xs[chosen], ys[chosen], s=size, color=COLOURS[colour], alpha=0.6, linewidths=0, rasterized=True)
    ax.axvline(cuts[0], color=GREY, linewidth=1.4)
    ax.axhline(cuts[1], color=GREY, linewidth=1.4)
    by_corner: dict[str, list[str]] = {}
    for kind, (_, corner) in corners.items():
        share = float((names == kind).mean())
        if share > 0 or corner not in by_corner:
            by_corner.setdefault(corner, []).append(f"{kind} {_per_cent(share)}")
    for corner, lines in by_corner.items():
        right, top = "right" in corner, "upper" in corner
        ax.text(0.985 if right else 0.015, 0.985 if top else 0.015, "\n".join(lines), transform=ax.transAxes,
                ha="right" if right else "left", va="top" if top else "bottom", fontsize=SIZES["label"],
                fontweight="bold", color=INK, bbox=_WHITE_BOX, zorder=6)  # fmt: skip
    return figure


def _money_scale(ax: Axes, which: Literal["x", "y"], values: npt.NDArray[Any]) -> None:
    """Scale an axis for money, of which few have much and some have less than nothing: linear near 0, log beyond."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    size = np.abs(values[values != 0])
    linear = float(10 ** np.floor(np.log10(np.median(size)))) if size.size else 1.0
    span = max(float(values.max()), float(np.ptp(values)), linear)
    scale = SymmetricalLogScale(axis, linthresh=linear)
    low = min(float(values.min()) * 1.5, -0.35 * linear)
    ax.set(**{f"{which}scale": scale, f"{which}lim": (low, span * 2.5)})
    axis.set_major_formatter(FuncFormatter(lambda value, _position: number(value)))


def referral_map(lifetime_value: npt.ArrayLike, referral_value: npt.ArrayLike) -> Figure:
    """Draw customers by what they are worth and what those are worth whom they bring, cut at the medians.

    Parameters
    ----------
    lifetime_value, referral_value
        One number a customer each, currency units.

    Returns
    -------
    matplotlib.figure.Figure
        Champions, affluents, advocates and misers.

    Raises
    ------
    InputError
        As in :func:`custsim.value.referral_quadrants`.

    Examples
    --------
    >>> figure = referral_map([100, 90, 5, 4], [50, 0, 60, 1])
    """
    kinds = referral_quadrants(lifetime_value, referral_value)
    own, brought = np.asarray(lifetime_value, dtype=float), np.asarray(referral_value, dtype=float)
    corners = {"advocates": ("orange", "upper left"), "champions": ("green", "upper right"),
               "misers": ("vermilion", "lower left"), "affluents": ("blue", "lower right")}  # fmt: skip
    figure = _map(own, brought, kinds, corners, (float(np.median(own)), float(np.median(brought))))
    ax = figure.axes[0]
    _money_scale(ax, "x", own)
    _money_scale(ax, "y", brought)
    dress(ax, title="Worth through themselves, worth through others", x="own lifetime value",
          y="value of those they brought", grid="none")  # fmt: skip
    return figure


def loyalty_map(
    satisfaction: npt.ArrayLike, loyalty: npt.ArrayLike, *, cut: float = 0.5, extreme: float = 0.9
) -> Figure:
    """Draw customers by satisfaction and loyalty: loyalists, mercenaries, hostages, defectors and the two extremes.

    Parameters
    ----------
    satisfaction, loyalty, cut, extreme
        As in :func:`custsim.value.satisfaction_quadrants`, 0 to 1; drawn as 0 to 100.

    Returns
    -------
    matplotlib.figure.Figure
        Four corners, with apostles and terrorists in the extreme ones.

    Raises
    ------
    InputError
        As in :func:`custsim.value.satisfaction_quadrants`.

    Examples
    --------
    >>> figure = loyalty_map([0.95, 0.8, 0.2, 0.1], [0.95, 0.3, 0.8, 0.05])
    """
    kinds = satisfaction_quadrants(satisfaction, loyalty, cut=cut, extreme=extreme)
    corners = {"hostage": ("orange", "upper left"), "apostle": ("green", "upper right"),
               "loyalist": ("blue", "upper right"), "terrorist": ("vermilion", "lower left"),
               "defector": ("pink", "lower left"), "mercenary": ("sky", "lower right")}  # fmt: skip
    happy, loyal = 100 * np.asarray(satisfaction, dtype=float), 100 * np.asarray(loyalty, dtype=float)
    figure = _map(happy, loyal, kinds, corners, (100 * cut, 100 * cut))
    ax = figure.axes[0]
    ax.set_xlim(-4, 104)
    ax.set_ylim(-8, 108)
    dress(
        ax, title="Satisfied is not the same as loyal", x="satisfaction, 0 to 100", y="loyalty, 0 to 100", grid="none"
    )
    return figure


# --- equity and diffusion ---------------------------------------------------------------------------------------


def equity_surface(*, margin: float, discount: float, acquisition: ResponseCurve, retention: ResponseCurve) -> Figure:
    """Draw customer equity over acquisition and retention spending, with the best of both marked.

    Parameters
    ----------
    margin, discount, acquisition, retention
        As in :func:`custsim.value.acquisition_retention_balance`.

    Returns
    -------
    matplotlib.figure.Figure
        Contours of equity a prospect; below the thick line marketing loses money.

    Raises
    ------
    InputError
        As in :func:`custsim.value.acquisition_retention_balance`.

    Examples
    --------
    >>> from custsim.value import ResponseCurve
    >>> figure = equity_surface(margin=50, discount=0.15, acquisition=ResponseCurve(0.4, 0.1),
    ...     retention=ResponseCurve(0.7, 0.08))
    """
    best = acquisition_retention_balance(margin=margin, discount=discount, acquisition=acquisition, retention=retention)
    wide = max(2.4 * best.acquisition_spend, 0.5 / acquisition.steepness)
    tall = max(2.4 * best.retention_spend, 0.5 / retention.steepness)
    spend, upkeep = np.meshgrid(np.linspace(0, wide, 161), np.linspace(0, tall, 161))
    equity = np.asarray(
        balance_equity(acquisition_spend=spend, retention_spend=upkeep, margin=margin, discount=discount,
                       acquisition=acquisition, retention=retention)
    )  # fmt: skip
    figure = new_figure(width=9.6, height=6.2)
    ax = figure.axes[0]
    levels = MaxNLocator(11).tick_values(float(np.quantile(equity, 0.08)), float(equity.max()))
    filled = ax.contourf(spend, upkeep, equity, levels=levels, cmap=SEQUENTIAL, extend="min")
    ax.contour(spend, upkeep, equity, levels=levels, colors="white", linewidths=0.5, alpha=0.6)
    if equity.min() < 0 < equity.max():
        ax.contour(spend, upkeep, equity, levels=[0.0], colors=[INK], linewidths=2.4)
    ax.plot(best.acquisition_spend, best.retention_spend, marker="*", markersize=22, color=COLOURS["vermilion"],
            markeredgecolor="white", markeredgewidth=1.4, zorder=6, clip_on=False)  # fmt: skip
    _say(ax, f"best: {number(best.acquisition_spend)} to win, {number(best.retention_spend)} a year to keep\n"
         f"{_per_cent(best.acquisition_rate)} won, {_per_cent(best.retention_rate)} kept a year, "
         f"equity {number(best.equity)}", (best.acquisition_spend, best.retention_spend), (0, 18), ha="center",
         va="bottom")  # fmt: skip
    bar = figure.colorbar(filled, ax=ax, pad=0.02)
    bar.set_label("equity for each prospect", fontsize=SIZES["label"], color=INK)
    bar.ax.tick_params(labelsize=SIZES["tick"])
    bar.outline.set_visible(False)
    dress(
        ax,
        title="How much to spend on winning, how much on keeping",
        subtitle="customer equity, currency units; beyond the black line marketing loses money",
        x="spent on each prospect",
        y="spent on each customer a year",
        grid="none",
    )
    return figure


def bass_diffusion(bass: Bass | BassFit, *, periods: int | None = None, period: str = "year") -> Figure:
    """Draw how a market fills: new users a period with the peak, and all users with the ceiling.

    Parameters
    ----------
    bass
        A curve, or a fitted one, whose data are drawn too.
    periods
        Number of periods drawn; by default until 98 % of the ceiling is reached.
    period
        What one period is called on the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Left the flow, right the stock.

    Raises
    ------
    InputError
        If ``periods`` is below 2.

    Examples
    --------
    >>> from custsim.value import Bass
    >>> figure = bass_diffusion(Bass(p=0.03, q=0.38, market=1000))
    """
    fit = bass if isinstance(bass, BassFit) else None
    curve = bass.bass if isinstance(bass, BassFit) else bass
    if periods is None:
        grid = np.linspace(0, 400, 40001)
        reached = np.asarray(curve.users(grid)) >= 0.98 * curve.ceiling
        end = float(grid[int(np.argmax(reached))]) if reached.any() else 400.0
        periods = int(max(np.ceil(end), 5, 0 if fit is None else fit.sales.size))
    if periods < 2:
        raise InputError(f"periods: must be at least 2, got {periods}")
    t = np.linspace(0, periods, 400)
    figure = new_figure(1, 2, width=12, height=5.4)
    left, right = figure.axes
    net = "net growth" if curve.attrition else "new users"
    left.plot(t, np.asarray(curve.rate(t)), color=COLOURS["blue"], linewidth=3, label="Bass curve")
    if fit is not None:
        left.plot(np.arange(fit.sales.size) + 0.5, fit.sales, "o", color=COLOURS["orange"], markersize=8, label="sales")
        legend(left, loc="upper left")
    at = (curve.peak_time, curve.peak_height)
    left.plot(*at, "o", color=COLOURS["vermilion"], markersize=9, zorder=5)
    side = "center" if at[0] > periods / 6 else "left"
    _say(left, f"peak {number(at[1])}\nafter {number(at[0], 1)} {period}s", at, (0, 10), ha=side, va="bottom")
    left.set_ylim(0, 1.3 * max(at[1], 0.0 if fit is None else float(fit.sales.max())))
    left.set_xlim(0, periods)
    dress(left, title=f"{net.capitalize()} a {period}", x=f"{period}s since launch", y=f"a {period}")
    right.plot(t, np.asarray(curve.users(t)), color=COLOURS["blue"], linewidth=3)
    if fit is not None:
        right.plot(np.arange(1, fit.sales.size + 1), np.cumsum(fit.sales), "o", color=COLOURS["orange"], markersize=8)
    right.axhline(curve.ceiling, color=GREY, linewidth=1.8, linestyle=(0, (5, 3)))
    _say(right, f"settles at {number(curve.ceiling)}", (0, curve.ceiling), (8, 6), ha="left", va="bottom", bbox=None)
    right.set_ylim(0, 1.14 * curve.ceiling)
    right.set_xlim(0, periods)
    _whole_numbers(left)
    _whole_numbers(right)
    dress(right, title="Users", x=f"{period}s since launch")
    return figure
