"""Pictures of a run: the four-panel overview, and each of its sides by itself.

Each function draws one picture from a :class:`custsim.simulation.Run` and returns the figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from custsim.errors import InputError
from custsim.plots.style import COLOURS, GREY, INK, SIZES, dress, legend, new_figure, number, percent_axis
from custsim.simulation.accounts import CHARGED, COLUMNS, COSTS, MARGINS
from custsim.simulation.story import calendar_month
from custsim.simulation.tables import LADDER
from custsim.simulation.weakness import won

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from custsim.simulation.results import Run

__all__ = [
    "chain",
    "complaints",
    "customers",
    "ladder",
    "overview",
    "profit",
    "profit_bridge",
    "satisfaction",
    "value_distribution",
]

_LABELS = {column.name: column.label for column in COLUMNS}

#: the links that are indices, in the order of the chain, with colour and name
_INDICES = {
    "internal_service": ("sky", "internal service"),
    "employee_satisfaction": ("orange", "employee satisfaction"),
    "service_quality": ("green", "service quality"),
    "satisfaction": ("blue", "customer satisfaction"),
}

#: longest run of which single months are drawn as bars; longer ones are drawn by quarter
_BARS = 84


def overview(run: Run) -> Figure:
    """Draw a run in four panels: the chain, the customers, the complaints, the money.

    Parameters
    ----------
    run
        A finished run.

    Returns
    -------
    matplotlib.figure.Figure
        Indices along the chain; customers, won and lost; complaints and their wait; contribution, profit and what has
        been earned so far, discounted.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = overview(simulate(Scenario().scaled(0.05), seed=1, months=6))
    >>> len(figure.axes) >= 4
    True
    """
    figure = new_figure(2, 2, width=14.5, height=9.2)
    for ax, draw in zip(list(figure.axes), (_chain, _customers, _complaints, _money), strict=True):
        draw(ax, run)
    title = run.scenario.title or run.scenario.name
    figure.suptitle(f"{title}, seed {run.seed}", x=0.012, ha="left", fontsize=SIZES["title"] + 2, color=INK)
    return figure


def chain(run: Run) -> Figure:
    """Draw the links of the chain that are indices, month by month.

    Parameters
    ----------
    run
        A finished run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = chain(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    return _single(_chain, run)


def customers(run: Run) -> Figure:
    """Draw the customers, those won and those lost, month by month.

    Parameters
    ----------
    run
        A finished run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = customers(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    return _single(_customers, run)


def complaints(run: Run) -> Figure:
    """Draw complaints answered to satisfaction and not, and the time to the answer.

    Parameters
    ----------
    run
        A finished run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = complaints(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    return _single(_complaints, run)


def profit(run: Run) -> Figure:
    """Draw contribution and profit month by month, and the profit so far, discounted.

    Parameters
    ----------
    run
        A finished run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = profit(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    return _single(_money, run)


def satisfaction(run: Run) -> Figure:
    """Draw the shares of very satisfied, satisfied and unsatisfied customers, month by month.

    Parameters
    ----------
    run
        A finished run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = satisfaction(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    return _single(_satisfaction, run)


def value_distribution(run: Run, group: Literal["won", "opening", "all"] = "all") -> Figure:
    """Draw how value is spread: most customers are worth little, a few very much.

    Parameters
    ----------
    run
        A finished run.
    group
        Customers won in the run, those there at its opening, or all.

    Returns
    -------
    matplotlib.figure.Figure
        Left the distribution of observed and of expected value, right the share of value that the best bring.

    Raises
    ------
    InputError
        If the group is unknown or nobody is in it.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = value_distribution(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    table = _group(run, group)
    figure = new_figure(1, 2, width=13, height=5.6, width_ratios=(1.5, 1))
    left, right = figure.axes
    observed, residual = (table[name].to_numpy(dtype=float) for name in ("value_observed", "value_residual"))
    lowest = float(np.quantile(observed, 0.002))
    highest = float(max(np.quantile(observed, 0.98), np.quantile(residual, 0.98), lowest + 1.0))
    bins = np.linspace(min(lowest, 0.0), highest, 46).tolist()
    left.hist(observed, bins=bins, color=COLOURS["blue"], alpha=0.55, label="in the run (observed)")
    stayed = "after it (expected), of those who stayed"
    left.hist(residual[residual > 0], bins=bins, color=COLOURS["orange"], alpha=0.55, label=stayed)
    left.axvline(0, color=GREY, linewidth=1)
    mean = float(observed.mean())
    left.axvline(mean, color=COLOURS["blue"], linewidth=2, linestyle=(0, (5, 3)))
    left.annotate(f"mean observed {number(mean)}", (mean, 0.93), xycoords=("data", "axes fraction"), xytext=(7, 0),
                  textcoords="offset points", fontsize=SIZES["legend"], color=COLOURS["blue"])  # fmt: skip
    words = {"won": "customers won in the run", "opening": "customers there at the start", "all": "all customers"}
    dress(left, title="What customers are worth", subtitle=f"{words[group]}, {number(len(table))}; few are worth more",
          x=f"discounted contribution, {run.scenario.currency}", y="customers")  # fmt: skip
    legend(left, loc="upper right", bbox_to_anchor=(1.0, 0.88))
    _concentration(right, observed)
    return figure


def ladder(run: Run) -> Figure:
    """Draw how many persons stand on each step of the customer ladder at the end, and what they are worth.

    Parameters
    ----------
    run
        A finished run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = ladder(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    figure = new_figure(width=11, height=5.4)
    ax = figure.axes[0]
    counts = run.ladder.reindex(list(LADDER)).fillna(0).to_numpy(dtype=float)
    tones = ["sky", "sky", "orange", "orange", "blue", "green", "vermilion"]
    ax.barh(range(len(LADDER)), counts, color=[COLOURS[tone] for tone in tones], height=0.72)
    worth = run.customers.groupby("ladder")[["value_observed", "value_residual"]].mean()
    money = run.scenario.currency
    for place, (step, count) in enumerate(zip(LADDER, counts, strict=True)):
        text = number(float(count))
        if step in worth.index:
            observed, residual = (float(worth.loc[step, name]) for name in worth.columns)  # type: ignore[arg-type]
            text += f"  ·  {money} {number(observed)} in the run"
            text += f", {number(residual)} after" if residual else ""
        ax.annotate(text, (float(count), place), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=SIZES["legend"], color=INK)  # fmt: skip
    ax.set_yticks(range(len(LADDER)), list(LADDER))
    ax.set_xlim(0, max(1.0, float(counts.max())) * 1.5)
    dress(ax, title="The customer ladder", subtitle="persons on each step at the end, and the mean value of those who "
          "were customers in the run", x="persons", grid="x")  # fmt: skip
    return figure


def profit_bridge(run: Run, first: int | None = None, last: int | None = None) -> Figure:
    """Draw the profit and loss account as a bridge from revenue to profit.

    Parameters
    ----------
    run
        A finished run.
    first, last
        First and last month that count; by default the last twelve.

    Returns
    -------
    matplotlib.figure.Figure
        Revenue, what is taken away step by step, contribution on the way, profit at the end.

    Raises
    ------
    InputError
        If the months are not in the run.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> figure = profit_bridge(simulate(Scenario().scaled(0.05), seed=1, months=6))
    """
    last = run.months - 1 if last is None else last
    first = max(0, last - 11) if first is None else first
    if not 0 <= first <= last < run.months:
        raise InputError(f"first, last: must be months of the run, 0 to {run.months - 1}, got {first} to {last}")
    steps = _bridge(run.monthly.iloc[first : last + 1])
    figure = new_figure(width=12, height=0.46 * len(steps) + 2.0)
    ax = figure.axes[0]
    level = 0.0
    widest = max(abs(amount) for _, amount, _ in steps)
    for place, (_name, amount, whole) in enumerate(steps):
        start = 0.0 if whole else level
        end = amount if whole else level + amount
        tone = COLOURS["blue"] if whole else COLOURS["vermilion" if amount < 0 else "green"]
        ax.barh(place, end - start, left=start, color=tone, height=0.68)
        if place:
            ax.plot([level, level], [place - 1 + 0.34, place - 0.34], color=GREY, linewidth=1)
        ax.annotate(number(amount, 0), (max(start, end), place), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=SIZES["legend"], color=INK, fontweight="bold" if whole else "normal")  # fmt: skip
        level = end
    ax.axvline(0, color=GREY, linewidth=1.2)
    ax.set_yticks(range(len(steps)), [name for name, _, _ in steps])
    ax.invert_yaxis()
    ax.set_xlim(right=widest * 1.16)
    span = f"{_month(run, first)} to {_month(run, last)}"
    ax.xaxis.set_major_formatter(FuncFormatter(_short_money))
    dress(ax, title="From revenue to profit", subtitle=span, x=run.scenario.currency, grid="x")
    return figure


# --- panels -----------------------------------------------------------------------------------------------------


def _single(draw: Any, run: Run) -> Figure:
    figure = new_figure(width=11, height=6)
    draw(figure.axes[0], run)
    return figure


def _chain(ax: Axes, run: Run) -> None:
    months = np.arange(run.months)
    values = run.monthly[list(_INDICES)]
    for name, (tone, label) in _INDICES.items():
        ax.plot(months, values[name], color=COLOURS[tone], linewidth=2.6, label=label)
    low, high = float(np.nanmin(values.to_numpy())), float(np.nanmax(values.to_numpy()))
    room = max(10.0, high - low)
    ax.set_ylim(max(0.0, low - 0.15 * room), min(100.0, high + 0.45 * room))
    _interventions(ax, run)
    _months(ax, run)
    dress(ax, title="The chain", subtitle="indices, 0 to 100", numbers=False)
    _legend(ax, columns=2)


def _customers(ax: Axes, run: Run) -> None:
    monthly, months = run.monthly, np.arange(run.months)
    at, (won, lost) = _bars(monthly, "joined", "left")
    below = ax.twinx()
    width = 0.8 * (at[1] - at[0] if len(at) > 1 else 1.0)
    below.bar(at, won, width=width, color=COLOURS["green"], alpha=0.75, label="won")
    below.bar(at, -lost, width=width, color=COLOURS["vermilion"], alpha=0.75, label="lost")
    most = max(1.0, float(won.max()), float(lost.max()))
    below.set_ylim(-1.15 * most, 5.2 * most)
    below.yaxis.set_major_locator(FixedLocator([-_round(most), 0, _round(most)]))
    below.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: number(abs(value))))
    below.axhline(0, color=GREY, linewidth=0.8)
    _second(below)
    ax.plot(months, monthly["customers_end"], color=COLOURS["blue"], linewidth=3, label="customers")
    low, high = float(monthly["customers_end"].min()), float(monthly["customers_end"].max())
    room = max(high - low, 0.04 * high, 1.0)
    ax.set_ylim(max(0.0, low - 1.3 * room), high + 0.75 * room)
    _interventions(ax, run, named=False)
    _months(ax, run)
    unit = "a month" if len(at) == run.months else "a quarter"
    dress(ax, title="Customers", subtitle=f"at the end of a month; won and lost {unit} (right)")
    _legend(ax, below, columns=3)


def _complaints(ax: Axes, run: Run) -> None:
    monthly = run.monthly
    closed = monthly["answered"] + monthly["gave_up"]
    table = monthly.assign(closed=closed, waited=(closed * monthly["response_days"]).fillna(0.0))
    at, (good, done, waited) = _bars(table, "satisfied_complaints", "closed", "waited")
    width = 0.8 * (at[1] - at[0] if len(at) > 1 else 1.0)
    ax.bar(at, good, width=width, color=COLOURS["green"], alpha=0.8, label="satisfied with the handling")
    ax.bar(at, done - good, bottom=good, width=width, color=COLOURS["vermilion"], alpha=0.8, label="not satisfied")
    ax.set_ylim(0, max(1.0, float(done.max())) * 1.5)
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    days = ax.twinx()
    answer = np.divide(waited, done, out=np.full(len(at), np.nan), where=done > 0)
    days.plot(at, answer, color=INK, linewidth=2, label="wait at the desk (right)")
    quick = run.scenario.complaints.quick_days
    days.axhline(quick, color=GREY, linewidth=1.5, linestyle=(0, (5, 3)))
    slowest = float(np.nanmax([*answer, quick]))
    days.set_ylim(0, slowest * 1.5)
    days.annotate(f"quick: {quick:g} days", (1.0, quick), xycoords=("axes fraction", "data"), xytext=(-4, 4),
                  textcoords="offset points", ha="right", fontsize=SIZES["note"], color=GREY)  # fmt: skip
    _second(days)
    _interventions(ax, run, named=False)
    _months(ax, run)
    unit = "month" if len(at) == run.months else "quarter"
    dress(ax, title="Complaints", subtitle=f"closed in a {unit}; working days to the answer (right)")
    _legend(ax, days, columns=2)


def _money(ax: Axes, run: Run) -> None:
    monthly, months = run.monthly, np.arange(run.months)
    monthly_discount = (1.0 + run.scenario.time.annual_discount_rate) ** (-months / 12.0)
    so_far = (monthly["profit"].to_numpy() * monthly_discount).cumsum()
    ax.plot(months, monthly["contribution"], color=COLOURS["blue"], linewidth=2.6, label="contribution of customers")
    earned = monthly["profit"].to_numpy()
    tones = [COLOURS["green"] if amount >= 0 else COLOURS["vermilion"] for amount in earned]
    ax.bar(months, earned, width=0.8, color=tones, alpha=0.8, label="profit")
    ax.axhline(0, color=GREY, linewidth=1)
    total = ax.twinx()
    total.plot(months, so_far, color=COLOURS["orange"], linewidth=2.6, label="profit so far (right)")
    _align_zero(ax, total)
    _second(total)
    total.yaxis.set_major_formatter(FuncFormatter(_short_money))
    ax.yaxis.set_major_formatter(FuncFormatter(_short_money))
    _interventions(ax, run, named=False)
    _months(ax, run)
    dress(ax, title="Money", subtitle=f"{run.scenario.currency} a month; so far, discounted (right)")
    _legend(ax, total, columns=2)


def _satisfaction(ax: Axes, run: Run) -> None:
    monthly, months = run.monthly, np.arange(run.months)
    top, satisfied = monthly["top_box_share"], monthly["satisfied_share"]
    ax.fill_between(months, 0, top, color=COLOURS["green"], alpha=0.8, linewidth=0, label="very satisfied (90+)")
    ax.fill_between(months, top, satisfied, color=COLOURS["sky"], alpha=0.8, linewidth=0, label="satisfied")
    ax.fill_between(months, satisfied, 1, color=COLOURS["vermilion"], alpha=0.7, linewidth=0, label="not satisfied")
    ax.plot(months, monthly["reported_satisfaction"] / 100.0, color=INK, linewidth=2.4, label="mean index (of 100)")
    ax.set_ylim(0, 1)
    percent_axis(ax.yaxis)
    _interventions(ax, run, named=False)
    _months(ax, run)
    dress(ax, title="How satisfied customers say they are", subtitle="share of customers, as reported")
    legend(ax, loc="center left", columns=2)


def _concentration(ax: Axes, value: Any) -> None:
    """Share of the whole that the best customers bring."""
    best = np.sort(value)[::-1]
    total = float(best.sum())
    if total > 0:
        share = np.concatenate([[0.0], np.cumsum(best) / total])
        people = np.linspace(0.0, 1.0, share.size)
        ax.plot(people, share, color=COLOURS["blue"], linewidth=3)
        fifth = float(np.interp(0.2, people, share))
        ax.plot([0.2, 0.2, 0], [0, fifth, fifth], color=GREY, linewidth=1.4, linestyle=(0, (4, 3)))
        ax.annotate(f"the best 20 %\nbring {100 * fifth:.0f} %", (0.2, fifth), xytext=(12, -6),
                    textcoords="offset points", va="top", fontsize=SIZES["legend"], color=INK)  # fmt: skip
        ax.set_ylim(0, max(1.05, float(share.max()) * 1.05))
    ax.set_xlim(0, 1)
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    dress(ax, title="Who brings it", subtitle="share of the observed value", x="customers, the best first")


# --- helpers ----------------------------------------------------------------------------------------------------


def _bridge(months: pd.DataFrame) -> list[tuple[str, float, bool]]:
    """Name, amount and whether it is a whole, from revenue to profit; what is 0 is left out."""
    sums = {str(name): float(total) for name, total in months.sum().items()}
    serving = sums["revenue"] - sum(sums[name] for name in MARGINS)
    charged = [("Serving visits, savings off", -serving), *((_LABELS[name], -sums[name]) for name in CHARGED)]
    own = [(_LABELS[name], -sums[name]) for name in COSTS]
    return [
        ("Revenue", sums["revenue"], True),
        *((name, amount, False) for name, amount in charged if amount),
        ("Contribution of customers", sums["contribution"], True),
        *((name, amount, False) for name, amount in own if amount),
        ("Profit", sums["profit"], True),
    ]


def _group(run: Run, group: str) -> pd.DataFrame:
    table = run.customers
    chosen = {"won": won(run), "opening": table[table["opening"]], "all": table}
    if group not in chosen:
        raise InputError(f"group: must be 'won', 'opening' or 'all', got {group!r}")
    found = chosen[group]
    if found.empty:
        raise InputError(f"group: nobody is in {group!r} in this run; take another group or more months")
    return found


def _bars(monthly: pd.DataFrame, *names: str) -> tuple[Any, list[Any]]:
    """Heights of bars and where they stand: by month, or by quarter in a long run."""
    if len(monthly) <= _BARS:
        return np.arange(len(monthly)), [monthly[name].to_numpy(dtype=float) for name in names]
    quarter = np.arange(len(monthly)) // 3
    summed = monthly[list(names)].groupby(quarter).sum()
    return 3.0 * np.arange(len(summed)) + 1.0, [summed[name].to_numpy(dtype=float) for name in names]


def _legend(ax: Axes, other: Axes | None = None, *, columns: int) -> None:
    """One legend for a panel and its second axis, at the top; neither it nor the subtitle may squeeze the panel."""
    handles, labels = ax.get_legend_handles_labels()
    if other is not None:
        more, others = other.get_legend_handles_labels()
        handles, labels = handles + more, labels + others
    box = legend(other or ax, loc="upper left", columns=columns, handles=handles, labels=labels)
    for artist in (box, *ax.texts):
        artist.set_in_layout(False)


def _month(run: Run, month: int) -> str:
    return calendar_month(run.scenario.time.start, month)


def _months(ax: Axes, run: Run) -> None:
    """Put calendar years, or months of a short run, on the horizontal axis."""
    ax.set_xlim(-0.6, max(0.6, run.months - 0.4))
    names = [_month(run, month) for month in range(run.months)]
    januaries = [month for month, name in enumerate(names) if name.startswith("January")]
    if len(januaries) < 2:
        every = max(1, -(-run.months // 6))
        ticks = list(range(0, run.months, every))
        labels = [names[month] if names[month].startswith("month") else _brief(names[month]) for month in ticks]
    else:
        ticks = januaries[:: max(1, -(-len(januaries) // 8))]
        labels = [names[month].rpartition(" ")[2] for month in ticks]
    ax.set_xticks(ticks, labels)


def _brief(name: str) -> str:
    month, _, year = name.partition(" ")
    return f"{month[:3]} {year}"


def _interventions(ax: Axes, run: Run, *, named: bool = True) -> None:
    """Mark the months in which levers change."""
    for item in run.scenario.interventions:
        if item.month >= run.months:
            continue
        ax.axvline(item.month, color=INK, linewidth=1.3, linestyle=(0, (1, 2)), zorder=1)
        if named and item.name:
            ax.annotate(item.name, (item.month, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0),
                        textcoords="offset points", fontsize=SIZES["note"], color=INK)  # fmt: skip


def _second(other: Axes) -> None:
    """Dress a second vertical axis; it lies before the first, so the legend belongs to it."""
    for side in ("top", "left", "bottom"):
        other.spines[side].set_visible(False)
    other.spines["right"].set_color(GREY)
    other.tick_params(labelsize=SIZES["tick"], color=GREY, labelcolor=GREY)
    other.grid(False)


def _align_zero(ax: Axes, other: Axes) -> None:
    """Give two vertical axes their zero at the same height, with room for a legend."""
    spans = []
    for panel in (ax, other):
        low, high = panel.get_ylim()
        low, high = min(0.0, low), max(0.0, high)
        spans.append((low, high + 0.3 * (high - low) if high > low else 1.0))
    down = max(-low / (high - low) for low, high in spans)
    for panel, (low, high) in zip((ax, other), spans, strict=True):
        reach = max(high / (1.0 - down) if down < 1.0 else high, -low / down if down > 0 else 0.0)
        panel.set_ylim(-down * reach, (1.0 - down) * reach)


def _round(value: float) -> float:
    """Round down to one digit: a tick that bars of this height reach."""
    size = 10.0 ** np.floor(np.log10(max(value, 1e-9)))
    return float(max(1.0, np.floor(value / size) * size))


def _short_money(value: float, _position: int | None) -> str:
    """Write an amount of money in thousands or millions."""
    for unit, name in ((1e6, " m"), (1e3, " k")):
        if abs(value) >= unit:
            return f"{number(value / unit)}{name}"
    return number(value)
