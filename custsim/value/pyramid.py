"""The customer pyramid: who brings the money, how unequal customers are, and which kind each of them is.

Customers are rows: a pandas Series or array of one number a customer, or a table. Results keep a Series' index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from custsim.errors import InputError
from custsim.value._inputs import Check

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from custsim.value._inputs import Floats

__all__ = [
    "SEGMENTS",
    "TIERS",
    "Concentration",
    "CostToServe",
    "LorenzCurve",
    "concentration",
    "cost_to_serve",
    "lorenz_curve",
    "referral_quadrants",
    "rfm",
    "satisfaction_quadrants",
    "segment_table",
    "strategy_table",
    "tier_table",
    "tiers",
]

#: Tiers of the pyramid and the share of customers in each (Curry & Curry 2000).
TIERS: dict[str, float] = {"top": 0.01, "large": 0.04, "medium": 0.15, "small": 0.80}

#: RFM segments by thirds of recency (first) and of frequency and monetary value together (second): 2 is the best.
SEGMENTS: dict[tuple[int, int], str] = {
    (2, 2): "champions",
    (2, 1): "potential loyalists",
    (2, 0): "new",
    (1, 2): "loyal",
    (1, 1): "need attention",
    (1, 0): "occasional",
    (0, 2): "at risk",
    (0, 1): "slipping",
    (0, 0): "lost",
}

_ACTIONS: dict[str, str] = {
    "champions": "thank them, ask for referrals, try new things on them first",
    "potential loyalists": "invite a further purchase, offer membership",
    "new": "make the first months good: welcome, explain, answer fast",
    "loyal": "recognise them, offer more of what they buy",
    "need attention": "remind them, ask what is missing",
    "occasional": "reach them at low cost, watch for signs of growth",
    "at risk": "call them: find out what went wrong and put it right",
    "slipping": "one good offer to come back",
    "lost": "leave them, or win back only where it pays",
}


def _values(check: Check, name: str, data: Any) -> Floats:
    return check.floats(name, data, ndim=1)


def _index(data: Any) -> pd.Index:
    """Index of the customers: that of a Series or table, or 0, 1, 2, ..."""
    import pandas as pd

    return data.index if isinstance(data, pd.Series | pd.DataFrame) else pd.RangeIndex(len(data))


# --- tiers ------------------------------------------------------------------------------------------------------


def tiers(value: npt.ArrayLike, *, shares: Mapping[str, float] | None = None) -> pd.Series:
    """Tier of each customer: top, large, medium or small, by rank of value.

    Customers are ranked from the most valuable down, ties in the order given; the first per cent is the top tier,
    the next four large, the next fifteen medium, the rest small. Tier sizes are rounded to whole customers, so that
    fewer than 50 customers leave the top tier empty.

    Parameters
    ----------
    value
        One number a customer: sales, contribution or lifetime value.
    shares
        Share of customers in each tier, best first; they add up to 1. Default :data:`TIERS`.

    Returns
    -------
    pandas.Series
        Ordered categories, the best tier first, with the index of ``value``.

    Raises
    ------
    InputError
        If values are missing, or shares are negative or do not add up to 1.

    References
    ----------
    Curry, J. and Curry, A. (2000), The Customer Marketing Method, Free Press.

    Examples
    --------
    >>> tiers(range(100)).value_counts().tolist()
    [80, 15, 4, 1]
    """
    import pandas as pd

    check = Check()
    x = _values(check, "value", value)
    chosen = dict(TIERS if shares is None else shares)
    check.floats("shares", list(chosen.values()), 0, 1, hint="write 20 % as 0.2")
    check.done(broadcast=False)
    total = sum(chosen.values())
    check.require(abs(total - 1) < 1e-9, f"shares: must add up to 1, got {total:.10g}")
    check.done(broadcast=False)
    ends = np.floor(np.cumsum(list(chosen.values())) * x.size + 0.5 + 1e-9).astype(int)
    ends[-1] = x.size
    rank = np.empty(x.size, dtype=int)
    rank[np.argsort(-x, kind="stable")] = np.arange(x.size)
    codes = np.searchsorted(ends, rank, side="right")
    labels = pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(list(chosen)), ordered=True)
    return pd.Series(labels, index=_index(value), name="tier")


def tier_table(
    value: npt.ArrayLike,
    *,
    revenue: npt.ArrayLike | None = None,
    shares: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Share of customers, of value and (if given) of revenue by tier.

    Parameters
    ----------
    value
        Contribution or lifetime value of each customer; decides the tier.
    revenue
        Revenue of each customer, to show beside it.
    shares
        As in :func:`tiers`.

    Returns
    -------
    pandas.DataFrame
        One row a tier, best first: ``customers``, ``share_of_customers``, ``value``, ``share_of_value``,
        ``value_per_customer``, ``unprofitable`` (customers with a value below 0), and ``revenue`` with
        ``share_of_revenue`` if given. Shares of a sum that is not positive are missing.

    Raises
    ------
    InputError
        As in :func:`tiers`, or if ``revenue`` has another length.

    References
    ----------
    Curry, J. and Curry, A. (2000), The Customer Marketing Method, Free Press.

    Examples
    --------
    >>> table = tier_table([100] * 5 + [20] * 15 + [2] * 80)
    >>> table["share_of_value"].round(3).tolist()
    [0.104, 0.417, 0.312, 0.167]
    """
    import pandas as pd

    tier = tiers(value, shares=shares).reset_index(drop=True)
    check = Check()
    x = _values(check, "value", value)
    r = None if revenue is None else _values(check, "revenue", revenue)
    check.require(r is None or r.size == x.size, f"revenue: must have one number for each of {x.size} customers")
    check.done(broadcast=False)
    data = pd.DataFrame({"value": x, "loss": x < 0} | ({} if r is None else {"revenue": r}))
    groups = data.groupby(tier, observed=False)
    table = pd.DataFrame({"customers": groups.size()})
    table["share_of_customers"] = table["customers"] / x.size
    table["value"] = groups["value"].sum()
    table["share_of_value"] = table["value"] / x.sum() if x.sum() > 0 else np.nan
    table["value_per_customer"] = groups["value"].mean()
    table["unprofitable"] = groups["loss"].sum().astype(int)
    if r is not None:
        table["revenue"] = groups["revenue"].sum()
        table["share_of_revenue"] = table["revenue"] / r.sum() if r.sum() > 0 else np.nan
    return table


def strategy_table() -> pd.DataFrame:
    """Differentiated strategy: what to aim at, how to serve and what to watch in each tier of the pyramid.

    Returns
    -------
    pandas.DataFrame
        One row a tier; columns ``aim``, ``contact``, ``service``, ``offer`` and ``watch``. A starting point for
        discussion, not a finding.

    References
    ----------
    Curry, J. and Curry, A. (2000), The Customer Marketing Method, Free Press. Zeithaml, V. A., Rust, R. T. and
    Lemon, K. N. (2001), The customer pyramid, California Management Review 43(4).

    Examples
    --------
    >>> strategy_table().index.tolist()
    ['top', 'large', 'medium', 'small']
    """
    import pandas as pd

    rows = {
        "top": ("keep every one", "a person of their own, visits", "first in the queue, empowered to decide",
                "built for them", "satisfaction and contacts of each, by name"),
        "large": ("keep, and grow the share of their spending", "account team, regular calls", "short waiting, by name",
                  "bundles, early access", "share of wallet, complaints"),
        "medium": ("move up those who can", "telephone and mail, on occasion", "good standard service",
                   "add-ons that fit past purchases", "who moves up, who drifts down"),
        "small": ("serve at a profit", "self-service, newsletters", "simple and faultless, at low cost",
                  "standard, priced to cover its cost", "cost to serve, newcomers with promise"),
    }  # fmt: skip
    columns = ["aim", "contact", "service", "offer", "watch"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("tier")


# --- concentration ----------------------------------------------------------------------------------------------


class LorenzCurve(NamedTuple):
    """Points of a Lorenz curve, from (0, 0) to (1, 1), customers with the least value first."""

    customers: Floats
    value: Floats


def lorenz_curve(value: npt.ArrayLike) -> LorenzCurve:
    """Lorenz curve: what share of all value the poorest share of customers brings.

    Parameters
    ----------
    value
        One number a customer; the sum must be above 0. Customers who cost money make the curve dip below 0.

    Returns
    -------
    LorenzCurve
        ``customers`` and ``value``, cumulative shares, shape ``(n + 1,)`` each.

    Raises
    ------
    InputError
        If values are missing or their sum is not above 0.

    References
    ----------
    Lorenz, M. O. (1905), Methods of measuring the concentration of wealth, Publications of the American Statistical
    Association 9(70).

    Examples
    --------
    >>> lorenz_curve([1, 1, 2]).value.tolist()
    [0.0, 0.25, 0.5, 1.0]
    """
    x = np.sort(_positive_sum(value))
    total = np.concatenate([[0.0], np.cumsum(x)])
    return LorenzCurve(np.arange(x.size + 1) / x.size, total / total[-1])


def _positive_sum(value: Any) -> Floats:
    check = Check()
    x = _values(check, "value", value)
    check.done()
    if not x.sum() > 0:
        raise InputError(f"value: the sum over customers must be above 0 to have shares, got {x.sum():g}")
    return x


class Concentration(NamedTuple):
    """How unequal customers are.

    ``gini`` is 0 when all are equal and close to 1 when one brings everything (above 1 is possible if some cost
    money); ``top_share`` maps a share of customers to the share of value they bring; ``customers_for_80`` is the
    share of customers it takes to make 80 % of the value.
    """

    gini: float
    top_share: dict[float, float]
    customers_for_80: float


def concentration(value: npt.ArrayLike, *, top: Sequence[float] = (0.01, 0.05, 0.2)) -> Concentration:
    r"""Concentration of value: Gini coefficient, share of the best customers, customers needed for 80 %.

    .. math:: G = \frac{\sum_i (2i - n - 1)\, x_{(i)}}{n \sum_i x_i}

    Parameters
    ----------
    value
        One number a customer; the sum must be above 0.
    top
        Shares of customers, each above 0 and at most 1; a share that is no whole number of customers counts the last
        one in part.

    Returns
    -------
    Concentration
        ``gini``, ``top_share`` and ``customers_for_80``.

    Raises
    ------
    InputError
        If values are missing, their sum is not above 0, or a share is outside its range.

    References
    ----------
    Gini, C. (1914), Sulla misura della concentrazione e della variabilità dei caratteri, Atti del Reale Istituto
    Veneto 73.

    Examples
    --------
    >>> found = concentration([8] * 20 + [0.5] * 80)
    >>> round(found.gini, 3), round(found.top_share[0.2], 3), round(found.customers_for_80, 3)
    (0.6, 0.8, 0.2)
    """
    x = np.sort(_positive_sum(value))
    check = Check()
    shares = check.floats("top", list(top), high=1, above=0, ndim=1, hint="write 20 % as 0.2")
    check.done()
    n = x.size
    gini = float((2 * np.arange(1, n + 1) - n - 1) @ x / (n * x.sum()))
    best = np.concatenate([[0.0], np.cumsum(x[::-1])]) / x.sum()
    ranks = np.arange(n + 1) / n
    # Where customers cost money the running sum passes 80 % twice; the first crossing is meant.
    last = int(np.argmax(best >= 0.8 - 1e-12))
    step = best[last] - best[last - 1]
    eighty = (last - 1 + (0.8 - best[last - 1]) / step) / n
    return Concentration(gini, {float(s): float(np.interp(s, ranks, best)) for s in shares}, float(eighty))


# --- cost to serve ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CostToServe:
    """Who earns money and who costs money once serving them is charged to them.

    ``customers`` has one row a customer, the most profitable first: ``revenue``, ``gross_profit``, one column of cost
    for each activity, ``cost_to_serve``, ``profit``, ``unprofitable``, ``cumulative_profit`` and
    ``share_of_customers`` so far (the whale curve).
    """

    customers: pd.DataFrame

    @property
    def unprofitable(self) -> pd.DataFrame:
        """The customers with a profit below 0, the costliest last."""
        return self.customers[self.customers["unprofitable"]]

    def summary(self) -> pd.Series[float]:
        """Sum up: profit, profit before losses, share of customers who cost money, and what they cost.

        Returns
        -------
        pandas.Series
            ``customers``; ``profit``; ``profit of the profitable``; ``loss of the unprofitable`` (negative); ``share
            unprofitable``; and ``peak of the whale curve`` (profit of the profitable over all profit; missing without
            a profit).

        Examples
        --------
        >>> found = cost_to_serve(revenue=[100, 100], gross_margin=0.5, activities={"call": [1, 30]},
        ...     unit_costs={"call": 2}).summary()
        >>> found["profit"], found["peak of the whale curve"].round(2)
        (np.float64(38.0), np.float64(1.26))
        """
        import pandas as pd

        profit = self.customers["profit"]
        gain, loss = float(profit[profit > 0].sum()), float(profit[profit < 0].sum())
        return pd.Series(
            {
                "customers": float(len(profit)),
                "profit": float(profit.sum()),
                "profit of the profitable": gain,
                "loss of the unprofitable": loss,
                "share unprofitable": float((profit < 0).mean()),
                "peak of the whale curve": gain / float(profit.sum()) if profit.sum() > 0 else float("nan"),
            },
            name="cost to serve",
        )


def cost_to_serve(
    *,
    revenue: npt.ArrayLike,
    gross_margin: npt.ArrayLike,
    activities: Mapping[str, npt.ArrayLike],
    unit_costs: Mapping[str, float],
) -> CostToServe:
    r"""Charge each customer with what serving him costs, and see who is unprofitable.

    .. math:: \text{profit}_i = \text{revenue}_i \cdot \text{margin}_i - \sum_k n_{ik} c_k

    Parameters
    ----------
    revenue
        Revenue of each customer, at least 0, shape ``(n,)``; an index is kept.
    gross_margin
        Gross margin as a share of revenue, -1 to 1; one number or one a customer.
    activities
        Number of times each activity was performed for each customer: name to array of shape ``(n,)``, at least 0.
    unit_costs
        Cost of one performance of each activity, at least 0; the same names.

    Returns
    -------
    CostToServe
        The table by customer, with a ``summary()``.

    Raises
    ------
    InputError
        If lengths differ, a value is outside its range, or the two mappings name different activities.

    References
    ----------
    Kaplan, R. S. and Narayanan, V. G. (2001), Measuring and managing customer profitability, Journal of Cost
    Management 15(5).

    Examples
    --------
    >>> result = cost_to_serve(revenue=[1000, 800, 300], gross_margin=0.3,
    ...     activities={"visit": [1, 2, 3], "call": [5, 2, 20]}, unit_costs={"visit": 40, "call": 4})
    >>> result.customers["profit"].tolist()
    [240.0, 152.0, -110.0]
    >>> len(result.unprofitable)
    1
    """
    import pandas as pd

    check = Check()
    x = check.floats("revenue", revenue, 0, ndim=1)
    margin = check.floats("gross_margin", gross_margin, -1, 1, hint="write 30 % as 0.3")
    missing = set(activities) ^ set(unit_costs)
    check.require(
        not missing, f"activities and unit_costs: must name the same, these are in one only: {sorted(missing)}"
    )
    counts = {name: check.floats(f"activities[{name!r}]", count, 0) for name, count in activities.items()}
    prices = {name: check.floats(f"unit_costs[{name!r}]", cost, 0, ndim=0) for name, cost in unit_costs.items()}
    check.done()
    table = pd.DataFrame({"revenue": x, "gross_profit": x * margin}, index=_index(revenue))
    for name, count in counts.items():
        table[name] = np.broadcast_to(count * prices[name], x.shape)
    table["cost_to_serve"] = table[list(counts)].sum(axis=1) if counts else 0.0
    table["profit"] = table["gross_profit"] - table["cost_to_serve"]
    table["unprofitable"] = table["profit"] < 0
    table = table.sort_values("profit", ascending=False, kind="stable")
    table["cumulative_profit"] = table["profit"].cumsum()
    table["share_of_customers"] = np.arange(1, x.size + 1) / x.size
    return CostToServe(table)


# --- RFM --------------------------------------------------------------------------------------------------------


def rfm(
    data: Any,
    *,
    end: Any = None,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    date_format: str | None = None,
    bins: int = 5,
    monetary: Literal["mean", "total"] = "mean",
    duplicates: Literal["refuse", "merge", "keep"] | None = None,
) -> pd.DataFrame:
    """Recency, frequency and monetary scores of each customer, and the segment they put him in.

    Each score runs from 1 to ``bins``, ``bins`` being the best: bought lately, often, for much. Scores are quantiles
    with ties kept together: everyone with the same number of purchases has the same score, and those at the bottom
    have 1. Segments divide the scores into thirds (:data:`SEGMENTS`): recency against the mean of the other two.

    Parameters
    ----------
    data
        One of three: a transaction log (one row a purchase: customer, date or time, amount); a summary table (one row
        a customer: ``frequency`` = repeat purchases, ``recency`` = age at the last purchase, ``T`` = age now,
        ``monetary_value`` = mean amount); or any object with a log as its attribute ``transactions``, such as a
        simulated run.
    end
        When recency is counted to: a date for a log with dates, a number for one with numbers. By default the last
        purchase in the log. Not used with a summary table, where ``T`` says it.
    customer, date, amount
        Names of the log's columns, where they are not recognised.
    date_format
        How dates are written, where they can be read in two ways (such as ``"%d.%m.%Y"``).
    bins
        Number of scores, 2 to 9.
    monetary
        Whether to score the ``"mean"`` amount of a purchase (independent of how many there are) or the ``"total"``.
        A summary table knows the mean only, and not that of those who never came back: theirs is missing.
    duplicates
        Rows that repeat another in every column: ``"refuse"`` them (default for a table), ``"merge"`` them into one,
        or ``"keep"`` them as separate purchases (default for an object with ``transactions``).

    Returns
    -------
    pandas.DataFrame
        One row a customer: ``since_last`` (whole days for dates, else in the log's unit), ``purchases``,
        ``spend`` (mean or total), the three scores, ``score`` (such as ``"545"``) and ``segment``.

    Raises
    ------
    InputError
        If columns are missing, dates cannot be read, amounts are missing or not above 0, purchases lie after ``end``
        or rows are repeated. The message counts the rows; none is ever left out silently.

    References
    ----------
    Hughes, A. M. (1994), Strategic Database Marketing, Probus.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"customer": ["ann", "ann", "bob", "eve"], "date": ["2024-01-05", "2024-06-01",
    ...     "2024-02-01", "2024-05-20"], "amount": [20.0, 30.0, 15.0, 80.0]})
    >>> rfm(log, end="2024-06-30")[["since_last", "purchases", "spend"]].loc["ann"].tolist()
    [29.0, 2.0, 25.0]
    """
    import pandas as pd

    from custsim.value.logs import clean_log

    check = Check()
    check.floats("bins", bins, 2, 9, whole=True, ndim=0)
    check.choice("monetary", monetary, ("mean", "total"))
    check.done()
    if isinstance(data, pd.DataFrame) and {"frequency", "recency", "T"} <= set(data.columns):
        return _scored(_from_summary(data, monetary), bins)
    log = clean_log(data, customer=customer, date=date, amount=amount, end=end, date_format=date_format,
                    duplicates=duplicates, same_day_merged=False)  # fmt: skip
    if log.amount is None:
        raise InputError('amount: no column of amounts recognised; name it (amount="...")')
    clean = pd.DataFrame({"customer": log.customer, "time": log.time, "amount": log.amount})
    groups = clean.groupby("customer")
    since = (log.end - groups["time"].max()).to_numpy()
    table = pd.DataFrame(
        {
            # The last day is observed to its end; whole days are counted.
            "since_last": np.floor(since) if log.dated else since,
            "purchases": groups.size().to_numpy(),
            "spend": (groups["amount"].sum() if monetary == "total" else groups["amount"].mean()).to_numpy(),
        },
        index=log.labels,
    )
    return _scored(table, bins)


def _from_summary(table: pd.DataFrame, monetary: str) -> pd.DataFrame:
    """Read a table with frequency, recency and T (and monetary_value) a customer."""
    import pandas as pd

    check = Check()
    check.require(monetary == "mean", "monetary: a summary table knows the mean amount only; say 'mean' or give a log")
    check.require("monetary_value" in table.columns, "summary: needs a column 'monetary_value' beside the others")
    check.done()
    frequency = check.floats("frequency", table["frequency"], 0, whole=True, ndim=1)
    recency = check.floats("recency", table["recency"], 0, ndim=1)
    age = check.floats("T", table["T"], 0, ndim=1)
    spend = check.floats("monetary_value", table["monetary_value"], 0, ndim=1)
    check.done()
    late = int((recency > age).sum())
    check.require(late == 0, f"summary: {late} of {len(table)} rows have recency above T; recency is the age at the "
                             "last purchase")  # fmt: skip
    check.done()
    names = next((name for name in ("customer", "person", "ID", "id", "customer_id") if name in table.columns), None)
    index = pd.Index(table[names]) if names else table.index
    return pd.DataFrame(
        {
            "since_last": age - recency,
            "purchases": frequency.astype(int) + 1,
            "spend": np.where(frequency > 0, spend, np.nan),
        },
        index=index.rename("customer"),
    )


def _score(values: pd.Series[float], bins: int) -> pd.Series[int]:
    """Quantile scores from 1 to ``bins``; ties get the lowest score of their group."""
    below = (values.rank(method="min") - 1) / len(values)
    return (below * bins + 1e-9).floordiv(1).astype(int) + 1


def _scored(table: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Add scores and segments."""
    table["recency_score"] = _score(-table["since_last"], bins)
    table["frequency_score"] = _score(table["purchases"].astype(float), bins)
    # Who never came back has no known amount in a summary table: the lowest score, and no mean to spoil.
    table["monetary_score"] = _score(table["spend"].fillna(0.0), bins)
    scores = table[["recency_score", "frequency_score", "monetary_score"]]
    table["score"] = scores.astype(str).agg("".join, axis=1)
    place = (scores - 1) / (bins - 1)
    both = (place["frequency_score"] + place["monetary_score"]) / 2
    thirds = zip(_third(place["recency_score"]), _third(both), strict=True)
    table["segment"] = [SEGMENTS[pair] for pair in thirds]
    return table


def _third(place: pd.Series[float]) -> list[int]:
    """Return 0, 1 or 2 for places in the lower, middle or upper third of 0 to 1."""
    return [int(x) for x in np.clip(np.floor(place * 3 + 1e-9), 0, 2)]


def segment_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Sum RFM scores up by segment, with what to do about each.

    Parameters
    ----------
    scores
        What :func:`rfm` returned.

    Returns
    -------
    pandas.DataFrame
        One row a segment present, best first: ``customers``, ``share_of_customers``, means of ``since_last``,
        ``purchases`` and ``spend``, and ``action``.

    Raises
    ------
    InputError
        If the table has no column ``segment``.

    References
    ----------
    Hughes, A. M. (1994), Strategic Database Marketing, Probus; the names of segments and actions are usual ones.

    Examples
    --------
    >>> import pandas as pd
    >>> summary = pd.DataFrame({"frequency": [0, 2, 9], "recency": [0.0, 10.0, 38.0], "T": 39.0,
    ...     "monetary_value": [0.0, 20.0, 45.0]})
    >>> segment_table(rfm(summary, bins=3))["customers"].sum()
    np.int64(3)
    """
    import pandas as pd

    if "segment" not in scores.columns:
        raise InputError("scores: has no column 'segment'; give what rfm() returned")
    groups = scores.groupby("segment")
    table = pd.DataFrame({"customers": groups.size()})
    table["share_of_customers"] = table["customers"] / len(scores)
    for name in ("since_last", "purchases", "spend"):
        table[name] = groups[name].mean()
    table["action"] = [_ACTIONS[str(name)] for name in table.index]
    return table.loc[[name for name in SEGMENTS.values() if name in table.index]]


# --- quadrants --------------------------------------------------------------------------------------------------


def _cut(check: Check, name: str, cut: float | Literal["median"], values: Floats) -> float:
    """Return the value at which high begins."""
    if isinstance(cut, str):
        check.choice(name, cut, ("median",))
        return float(np.median(values))
    return float(check.floats(name, cut, ndim=0))


def referral_quadrants(
    lifetime_value: npt.ArrayLike,
    referral_value: npt.ArrayLike,
    *,
    lifetime_cut: float | Literal["median"] = "median",
    referral_cut: float | Literal["median"] = "median",
) -> pd.Series:
    r"""Kind of customer by what he is worth and what those are worth whom he brings.

    ================ ==================== ====================
    \                 low referral value   high referral value
    ================ ==================== ====================
    high own value   affluents            champions
    low own value    misers               advocates
    ================ ==================== ====================

    Parameters
    ----------
    lifetime_value, referral_value
        One number a customer each, currency units.
    lifetime_cut, referral_cut
        Where high begins: values *above* it are high. A number, or ``"median"``.

    Returns
    -------
    pandas.Series
        Categories, with the index of ``lifetime_value``.

    Raises
    ------
    InputError
        If lengths differ or values are missing.

    References
    ----------
    Kumar, V., Petersen, J. A. and Leone, R. P. (2007), How valuable is word of mouth?, Harvard Business Review
    85(10).

    Examples
    --------
    >>> referral_quadrants([100, 100, 5, 5], [50, 0, 60, 1]).tolist()
    ['champions', 'affluents', 'advocates', 'misers']
    """
    import pandas as pd

    check = Check()
    own = _values(check, "lifetime_value", lifetime_value)
    brought = _values(check, "referral_value", referral_value)
    cuts = _cut(check, "lifetime_cut", lifetime_cut, own), _cut(check, "referral_cut", referral_cut, brought)
    check.require(own.size == brought.size, f"referral_value: must have {own.size} numbers, got {brought.size}")
    check.done(broadcast=False)
    names = ["champions", "affluents", "advocates", "misers"]
    codes = 2 * (own <= cuts[0]) + (brought <= cuts[1])
    kinds = pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(names))
    return pd.Series(kinds, index=_index(lifetime_value), name="kind")


def satisfaction_quadrants(
    satisfaction: npt.ArrayLike,
    loyalty: npt.ArrayLike,
    *,
    cut: float = 0.5,
    extreme: float = 0.9,
) -> pd.Series:
    r"""Kind of customer by satisfaction and loyalty.

    ===================== =========================== =============================
    \                      low loyalty                 high loyalty
    ===================== =========================== =============================
    high satisfaction     mercenary                   loyalist, at its best apostle
    low satisfaction      defector, at worst terrorist hostage
    ===================== =========================== =============================

    Parameters
    ----------
    satisfaction, loyalty
        One number a customer each, 0 to 1.
    cut
        Where high begins, 0 to 1: values at or above it are high.
    extreme
        Loyalists with both marks at or above this are apostles; defectors with both at or below one minus this are
        terrorists. At least 0.5 and above ``cut`` and ``1 - cut``; use 1.01 for none.

    Returns
    -------
    pandas.Series
        Categories, with the index of ``satisfaction``.

    Raises
    ------
    InputError
        If lengths differ or a value is outside its range.

    References
    ----------
    Jones, T. O. and Sasser, W. E. (1995), Why satisfied customers defect, Harvard Business Review 73(6).

    Examples
    --------
    >>> satisfaction_quadrants([0.95, 0.8, 0.8, 0.2, 0.3, 0.05], [0.97, 0.7, 0.2, 0.9, 0.2, 0.02]).tolist()
    ['apostle', 'loyalist', 'mercenary', 'hostage', 'defector', 'terrorist']
    """
    import pandas as pd

    check = Check()
    s = check.floats("satisfaction", satisfaction, 0, 1, ndim=1, hint="divide a 0-100 index by 100")
    b = check.floats("loyalty", loyalty, 0, 1, ndim=1, hint="divide a 0-100 index by 100")
    check.floats("cut", cut, 0, 1, ndim=0)
    check.require(
        extreme > max(cut, 1 - cut),
        f"extreme: must be above cut and above 1 - cut ({max(cut, 1 - cut):g}), got {extreme}",
    )
    check.require(s.size == b.size, f"loyalty: must have {s.size} numbers, got {b.size}")
    check.done(broadcast=False)
    names = ["apostle", "loyalist", "mercenary", "hostage", "defector", "terrorist"]
    happy, loyal = s >= cut, b >= cut
    best = (s >= extreme) & (b >= extreme)
    # Marks such as 0.1 and 1 - 0.9 differ in the last bit.
    worst = (s <= 1 - extreme + 1e-12) & (b <= 1 - extreme + 1e-12)
    codes = np.select([best, worst, happy & loyal, happy, loyal], [0, 5, 1, 2, 3], default=4)
    kinds = pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(names))
    return pd.Series(kinds, index=_index(satisfaction), name="kind")
