r"""Deterministic lifetime value: what a customer is worth when retention, margin and discount rate are given.

**One timing convention.** A relationship starts at time 0. In period :math:`k = 0, 1, 2, \dots` the customer is still
there with probability :math:`r^k`. Three timings of the margin are in use, and every function takes the same
argument ``timing``:

``"start"`` (default)
    The margin is paid in advance: at times 0, 1, 2, ... by those who are there. The first one is certain and
    undiscounted. :math:`m (1+i) / (1+i-r)`.
``"end"``
    The margin is paid in arrears, at times 1, 2, 3, ..., by those who were there when the period *began*.
    :math:`m / (1+i-r)`: smaller than ``"start"`` by exactly the factor :math:`1 + i`.
``"renewal"``
    The margin is paid at times 1, 2, 3, ... by those who *renewed* until then; today's payment, if any, is not
    counted. :math:`m r / (1+i-r)`: smaller than ``"start"`` by exactly one margin. This is the margin multiple of
    Gupta and Lehmann (2003).

**One unit of time.** Margin, retention, discount and growth belong to the same period. :func:`per_period` turns
annual figures into figures of a shorter period, and is the only place where that is done.

All functions take numbers or arrays that broadcast; plain numbers in give plain numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from custsim.errors import InputError
from custsim.value._inputs import SHARE, Check, plain

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from custsim.value._inputs import Floats, Value

__all__ = [
    "Elasticities",
    "RetentionEffect",
    "Timing",
    "annual_rate",
    "annual_retention",
    "break_even_acquisition",
    "clv",
    "clv_from_curves",
    "contact_cost_table",
    "elasticities",
    "expected_lifetime",
    "margin_multiple",
    "payback_periods",
    "per_period",
    "period_rate",
    "period_retention",
    "retention_effect",
    "retention_ledger",
]

Timing: TypeAlias = Literal["start", "end", "renewal"]

TIMINGS = ("start", "end", "renewal")
LAYERS = ("base", "growth", "cost_saving", "referral", "premium")


class _Flow(NamedTuple):
    """Checked arguments of a stream of margins, and what follows from them."""

    margin: Floats
    retention: Floats
    discount: Floats
    horizon: Floats
    cost: Floats
    ratio: Floats  # what a payment is worth relative to the one before: r (1+g) / (1+i)
    first: Floats  # what the first payment is worth, relative to the margin


def _flow(
    margin: Any, retention: Any, discount: Any, timing: str, horizon: Any, growth: Any, acquisition_cost: Any
) -> _Flow:
    """Check the arguments every lifetime value shares, and refuse streams without a finite value."""
    check = Check()
    m = check.floats("margin", margin)
    r = check.floats("retention", retention, 0, 1, hint=SHARE)
    i = check.floats("discount", discount, 0, 1, hint="write 10 % as 0.1")
    g = check.floats("growth", growth, high=1, above=-1, hint="write 3 % as 0.03")
    cost = check.floats("acquisition_cost", acquisition_cost, 0)
    n = check.floats(
        "horizon", np.inf if horizon is None else horizon, 1, whole=True, infinite=True, hint="None means for ever"
    )
    check.choice("timing", timing, TIMINGS)
    check.done()
    m, r, i, g, n, cost = np.broadcast_arrays(m, r, i, g, n, cost)
    ratio = r * (1 + g) / (1 + i)
    endless = np.isinf(n) & (ratio >= 1)
    if endless.any():
        where = tuple(np.argwhere(endless)[0])
        raise InputError(
            f"retention {float(r[where]):g}, growth {float(g[where]):g} and discount {float(i[where]):g} give an "
            "unbounded lifetime value: retention x (1 + growth) must be below 1 + discount, or give a horizon"
        )
    first = np.ones_like(i) if timing == "start" else 1 / (1 + i) if timing == "end" else r / (1 + i)
    return _Flow(m, r, i, n, cost, ratio, first)


def _annuity(ratio: Floats, horizon: Floats) -> Floats:
    """Sum ``ratio**k`` for k from 0 to ``horizon - 1``, exact also where the ratio is 1."""
    one = np.isclose(ratio, 1.0, rtol=0, atol=1e-12)
    safe = np.where(one, 0.5, ratio)
    with np.errstate(divide="ignore"):
        total = -np.expm1(horizon * np.log(safe)) / (1 - safe)
    return np.where(one, horizon, total)


def _mean_index(ratio: Floats, horizon: Floats) -> Floats:
    """Return the mean of k under weights ``ratio**k``, k < horizon: the elasticity of the annuity to its ratio."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        x = np.log(ratio)
        flat = np.abs(x) * np.where(np.isinf(horizon), 1.0, horizon) < 1e-4
        flat &= ~np.isinf(horizon)
        safe = np.where(flat, -1.0, x)
        tail = np.where(np.isinf(horizon), 0.0, horizon / np.expm1(-horizon * safe))
        steep = 1 / np.expm1(-safe) - tail
        # Near a ratio of 1 the two terms cancel; their Taylor series does not.
        series = (horizon - 1) / 2 + x * (horizon**2 - 1) / 12
    return np.where(flat, series, steep)


def clv(
    *,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    timing: Timing = "start",
    horizon: npt.ArrayLike | None = None,
    growth: npt.ArrayLike = 0.0,
    acquisition_cost: npt.ArrayLike = 0.0,
) -> Value:
    r"""Customer lifetime value under constant retention, less what it cost to win the customer.

    With :math:`q = r (1+g) / (1+i)` and :math:`N` payments,

    .. math:: V = f \, m \, \frac{1 - q^N}{1 - q} - A,

    where :math:`f` is 1 for ``timing="start"``, :math:`1/(1+i)` for ``"end"`` and :math:`r/(1+i)` for ``"renewal"``
    (see the module's heading). The first payment counted is always :math:`m`; growth acts from the second.

    Parameters
    ----------
    margin
        Contribution of a customer in one period, currency units; may be negative.
    retention
        Probability of staying from one period to the next, 0 to 1.
    discount
        Discount rate of one period, 0 to 1.
    timing
        When margins are paid: ``"start"``, ``"end"`` or ``"renewal"``.
    horizon
        Number of payments counted, whole and at least 1; None or ``inf`` counts all.
    growth
        Growth of the margin from one period to the next, above -1, at most 1.
    acquisition_cost
        What winning the customer cost at time 0, currency units, at least 0.

    Returns
    -------
    float or numpy.ndarray
        Lifetime value in currency units of time 0; an array of the broadcast shape if any argument is an array.

    Raises
    ------
    InputError
        If an argument is outside its range, the shapes do not go together, or an endless stream has no finite value
        (``retention * (1 + growth) >= 1 + discount``).

    References
    ----------
    Berger, P. D. and Nasr, N. I. (1998), Customer lifetime value: marketing models and applications, Journal of
    Interactive Marketing 12(1). Gupta, S. and Lehmann, D. R. (2003), Customers as assets, Journal of Interactive
    Marketing 17(1).

    Examples
    --------
    >>> round(clv(margin=100, retention=0.8, discount=0.1), 2)
    366.67
    >>> clv(margin=100, retention=[0.8, 0.9], discount=0.1, timing="end").round(2)
    array([333.33, 500.  ])
    """
    flow = _flow(margin, retention, discount, timing, horizon, growth, acquisition_cost)
    return plain(flow.first * flow.margin * _annuity(flow.ratio, flow.horizon) - flow.cost)


def margin_multiple(*, retention: npt.ArrayLike, discount: npt.ArrayLike, growth: npt.ArrayLike = 0.0) -> Value:
    r"""Margin multiple: by what to multiply one period's margin to get the value of the renewals to come.

    .. math:: \frac{r}{1 + i - r (1+g)}

    Parameters
    ----------
    retention, discount, growth
        As in :func:`clv`, of one period.

    Returns
    -------
    float or numpy.ndarray
        The multiple; it leaves out a margin paid today (``timing="renewal"``).

    Raises
    ------
    InputError
        As in :func:`clv`.

    References
    ----------
    Gupta, S. and Lehmann, D. R. (2003), Customers as assets, Journal of Interactive Marketing 17(1).

    Examples
    --------
    >>> round(margin_multiple(retention=0.8, discount=0.12), 2)
    2.5
    """
    return clv(margin=1.0, retention=retention, discount=discount, growth=growth, timing="renewal")


def expected_lifetime(*, retention: npt.ArrayLike, discount: npt.ArrayLike = 0.0) -> Value:
    r"""Expected number of periods a customer stays, the first included; discounted if a rate is given.

    .. math:: \sum_{k \ge 0} \frac{r^k}{(1+i)^k} = \frac{1+i}{1+i-r}, \qquad \frac{1}{1-r} \text{ at } i = 0

    Parameters
    ----------
    retention, discount
        As in :func:`clv`, of one period.

    Returns
    -------
    float or numpy.ndarray
        Periods.

    Raises
    ------
    InputError
        As in :func:`clv`; with retention 1 and no discount the lifetime has no end.

    References
    ----------
    Berger, P. D. and Nasr, N. I. (1998), Customer lifetime value: marketing models and applications, Journal of
    Interactive Marketing 12(1).

    Examples
    --------
    >>> round(expected_lifetime(retention=0.8), 9)
    5.0
    """
    return clv(margin=1.0, retention=retention, discount=discount)


# --- one place for the unit of time -----------------------------------------------------------------------------


def period_rate(annual: npt.ArrayLike, *, periods_per_year: npt.ArrayLike) -> Value:
    """Turn an annual discount or growth rate into that of a shorter period: ``(1 + annual)**(1/periods) - 1``.

    Parameters
    ----------
    annual
        Rate of a year, above -1.
    periods_per_year
        Number of periods in a year, above 0: 12 for months.

    Returns
    -------
    float or numpy.ndarray
        Rate of one period.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2012), Reconciling and clarifying CLV formulas, note 024, brucehardie.com.

    Examples
    --------
    >>> round(period_rate(0.1, periods_per_year=12), 6)
    0.007974
    """
    check = Check()
    rate = check.floats("annual", annual, above=-1, hint="write 10 % as 0.1")
    k = check.floats("periods_per_year", periods_per_year, above=0)
    check.done()
    return plain(np.expm1(np.log1p(rate) / k))


def annual_rate(period: npt.ArrayLike, *, periods_per_year: npt.ArrayLike) -> Value:
    """Turn a discount or growth rate of a period into that of a year: ``(1 + period)**periods - 1``.

    Parameters
    ----------
    period
        Rate of one period, above -1.
    periods_per_year
        Number of periods in a year, above 0.

    Returns
    -------
    float or numpy.ndarray
        Rate of a year.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2012), Reconciling and clarifying CLV formulas, note 024, brucehardie.com.

    Examples
    --------
    >>> round(annual_rate(0.01, periods_per_year=12), 6)
    0.126825
    """
    check = Check()
    rate = check.floats("period", period, above=-1, hint="write 1 % as 0.01")
    k = check.floats("periods_per_year", periods_per_year, above=0)
    check.done()
    return plain(np.expm1(np.log1p(rate) * k))


def period_retention(annual: npt.ArrayLike, *, periods_per_year: npt.ArrayLike) -> Value:
    """Turn a year's retention into that of a shorter period: ``annual**(1/periods)``.

    Parameters
    ----------
    annual
        Share of customers still there after a year, 0 to 1.
    periods_per_year
        Number of periods in a year, above 0.

    Returns
    -------
    float or numpy.ndarray
        Share still there after one period.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2012), Reconciling and clarifying CLV formulas, note 024, brucehardie.com.

    Examples
    --------
    >>> round(period_retention(0.8, periods_per_year=12), 6)
    0.981577
    """
    check = Check()
    share = check.floats("annual", annual, 0, 1, hint=SHARE)
    k = check.floats("periods_per_year", periods_per_year, above=0)
    check.done()
    return plain(share ** (1 / k))


def annual_retention(period: npt.ArrayLike, *, periods_per_year: npt.ArrayLike) -> Value:
    """Turn a period's retention into that of a year: ``period**periods``.

    Parameters
    ----------
    period
        Share of customers still there after one period, 0 to 1.
    periods_per_year
        Number of periods in a year, above 0.

    Returns
    -------
    float or numpy.ndarray
        Share still there after a year.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2012), Reconciling and clarifying CLV formulas, note 024, brucehardie.com.

    Examples
    --------
    >>> round(annual_retention(0.99, periods_per_year=12), 4)
    0.8864
    """
    check = Check()
    share = check.floats("period", period, 0, 1, hint=SHARE)
    k = check.floats("periods_per_year", periods_per_year, above=0)
    check.done()
    return plain(share**k)


def per_period(
    *,
    periods_per_year: float,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    growth: npt.ArrayLike = 0.0,
) -> dict[str, Value]:
    """Turn annual figures into those of a shorter period, as keyword arguments for :func:`clv` and its kin.

    The margin is divided evenly, rates compound, retention is spread geometrically. Lifetime value changes when the
    period does: customers who leave in mid-year pay for part of that year only.

    Parameters
    ----------
    periods_per_year
        Number of periods in a year, above 0: 12 for months.
    margin, retention, discount, growth
        Annual figures, ranges as in :func:`clv`.

    Returns
    -------
    dict
        ``margin``, ``retention``, ``discount`` and ``growth`` of one period.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2012), Reconciling and clarifying CLV formulas, note 024, brucehardie.com.

    Examples
    --------
    >>> monthly = per_period(periods_per_year=12, margin=1200, retention=0.8, discount=0.1)
    >>> round(clv(**monthly), 2)
    3818.43
    """
    check = Check()
    amount = check.floats("margin", margin)
    check.floats("retention", retention, 0, 1, hint=SHARE)
    check.floats("discount", discount, 0, 1, hint="write 10 % as 0.1")
    check.floats("growth", growth, high=1, above=-1, hint="write 3 % as 0.03")
    check.floats("periods_per_year", periods_per_year, above=0)
    check.done()
    return {
        "margin": plain(amount / periods_per_year),
        "retention": period_retention(retention, periods_per_year=periods_per_year),
        "discount": period_rate(discount, periods_per_year=periods_per_year),
        "growth": period_rate(growth, periods_per_year=periods_per_year),
    }


# --- any curve --------------------------------------------------------------------------------------------------


def clv_from_curves(
    *,
    survival: npt.ArrayLike | Callable[[Floats], npt.ArrayLike],
    margin: npt.ArrayLike | Callable[[Floats], npt.ArrayLike],
    discount: npt.ArrayLike,
    timing: Timing = "start",
    horizon: int | None = None,
    acquisition_cost: npt.ArrayLike = 0.0,
) -> Value:
    r"""Lifetime value from any survival curve and any margin curve.

    With :math:`S_k` the share still there in period :math:`k` and :math:`m_k` that period's margin,

    .. math::

        \text{start: } \sum_{k=0}^{N-1} \frac{m_k S_k}{(1+i)^k}, \quad
        \text{end: } \sum_{k=0}^{N-1} \frac{m_k S_k}{(1+i)^{k+1}}, \quad
        \text{renewal: } \sum_{k=1}^{N-1} \frac{m_k S_k}{(1+i)^k}

    Parameters
    ----------
    survival
        Shares still there in periods 0, 1, ..., N-1 along the last axis: starts at 1, never rises, never below 0.
        Or a function that gives them for an array of period numbers.
    margin
        Margin of each period, of one number or along the last axis as ``survival``; or a function of period numbers.
        Under ``"renewal"`` the margin of period 0 is not counted.
    discount
        Discount rate of one period, 0 to 1; one for all curves, or one a curve (the shape without the last axis).
    timing
        As in :func:`clv`.
    horizon
        Number of periods N for a curve given as a function; an array is cut to its first N periods.
    acquisition_cost
        Spent at time 0, at least 0; broadcasts with the curves.

    Returns
    -------
    float or numpy.ndarray
        Lifetime value of each curve up to the horizon. What comes after the last period is not counted.

    Raises
    ------
    InputError
        If survival does not start at 1, rises, or leaves 0 to 1; if the curves' lengths differ; if a function is
        given without a horizon.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2012), Reconciling and clarifying CLV formulas, note 024, brucehardie.com.

    Examples
    --------
    >>> round(clv_from_curves(survival=[1, 0.631, 0.468, 0.382], margin=100, discount=0.1), 2)
    224.74
    >>> forever = clv_from_curves(survival=lambda k: 0.8**k, margin=100, discount=0.1, horizon=500)
    >>> round(forever, 2)
    366.67
    """
    check = Check()
    i = check.floats("discount", discount, 0, 1, hint="write 10 % as 0.1")
    cost = check.floats("acquisition_cost", acquisition_cost, 0)
    check.choice("timing", timing, TIMINGS)
    s, m = _curves(check, survival, margin, horizon)
    check.done(broadcast=False)
    k = np.arange(s.shape[-1], dtype=np.float64)
    weights = s * (1 + i[..., None]) ** -(k + (timing == "end"))
    if timing == "renewal":
        weights[..., 0] = 0.0
    return plain((weights * m).sum(axis=-1) - cost)


def _curves(check: Check, survival: Any, margin: Any, horizon: Any) -> tuple[Floats, Floats]:
    """Evaluate a survival and a margin curve over the same periods, and check that they are curves."""
    periods = None if horizon is None else int(check.floats("horizon", horizon, 1, whole=True, ndim=0).item())
    if periods is None:
        if callable(survival):
            raise InputError("horizon: needed when survival is a function; give the number of periods to count")
        if np.ndim(survival) == 0:
            raise InputError(f"survival: must be a curve (an array or a function), got {survival!r}; see clv()")
        periods = int(np.shape(survival)[-1])
    k = np.arange(periods, dtype=np.float64)
    s = check.floats("survival", survival(k) if callable(survival) else survival, 0, 1, hint="divide by the first")
    m = check.floats("margin", margin(k) if callable(margin) else margin)
    check.done(broadcast=False)
    s = np.atleast_1d(s)[..., :periods]
    if horizon is not None and m.ndim:
        m = m[..., :periods]
    check.require(s.shape[-1] == periods, f"survival: must have the {periods} periods of horizon, got {s.shape[-1]}")
    check.require(
        m.ndim == 0 or m.shape[-1] in (1, s.shape[-1]),
        f"margin: must be one number or one for each of the {s.shape[-1]} periods, got shape {m.shape}",
    )
    check.require(bool(np.allclose(s[..., 0], 1.0)), "survival: must start at 1; divide it by its first value")
    check.require(bool((np.diff(s, axis=-1) <= 1e-12).all()), "survival: must never rise from one period to the next")
    return s, m


# --- what may I spend, and what is a point worth ----------------------------------------------------------------


def break_even_acquisition(
    *,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    timing: Timing = "start",
    horizon: npt.ArrayLike | None = None,
    growth: npt.ArrayLike = 0.0,
    conversion: npt.ArrayLike = 1.0,
    required_return: npt.ArrayLike = 0.0,
) -> Value:
    r"""The most one may spend on a prospect without losing money: conversion times lifetime value.

    .. math:: A^* = \frac{c \, V}{1 + \rho}

    Parameters
    ----------
    margin, retention, discount, timing, horizon, growth
        As in :func:`clv`.
    conversion
        Share of the prospects addressed who become customers, above 0, at most 1; 1 gives the spend for each
        customer won.
    required_return
        What the money must earn over the discount rate, as a share of the spend, at least 0: 0.5 asks for 1.50 back
        for each 1.00.

    Returns
    -------
    float or numpy.ndarray
        Currency units for each prospect addressed; 0 where a customer is worth nothing or less.

    Raises
    ------
    InputError
        As in :func:`clv`, or if conversion or required return is outside its range.

    References
    ----------
    Blattberg, R. C. and Deighton, J. (1996), Manage marketing by the customer equity test, Harvard Business Review
    74(4).

    Examples
    --------
    >>> round(break_even_acquisition(margin=100, retention=0.8, discount=0.1, conversion=0.02), 2)
    7.33
    """
    check = Check()
    share = check.floats("conversion", conversion, high=1, above=0, hint="write 2 % as 0.02")
    asked = check.floats("required_return", required_return, 0)
    check.done()
    worth = clv(margin=margin, retention=retention, discount=discount, timing=timing, horizon=horizon, growth=growth)
    return plain(np.asarray(np.maximum(worth, 0.0) * share / (1 + asked)))


def payback_periods(
    *,
    acquisition_cost: npt.ArrayLike,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    growth: npt.ArrayLike = 0.0,
    timing: Timing = "start",
) -> Value:
    r"""Number of payments after which a customer has, on average, earned what winning him cost.

    The smallest :math:`N` with :math:`f m (1-q^N)/(1-q) \ge A` (symbols as in :func:`clv`); infinite if never.

    Parameters
    ----------
    acquisition_cost, margin, retention, discount, growth, timing
        As in :func:`clv`.

    Returns
    -------
    float or numpy.ndarray
        Whole number of payments, 0 if winning a customer costs nothing, ``inf`` if the cost never comes back (or is
        more than 1e308 first payments).

    Raises
    ------
    InputError
        If an argument is outside its range.

    References
    ----------
    Blattberg, R. C. and Deighton, J. (1996), Manage marketing by the customer equity test, Harvard Business Review
    74(4), for what is compared; the number of payments follows from the formula of :func:`clv`.

    Examples
    --------
    >>> payback_periods(acquisition_cost=200, margin=100, retention=0.8, discount=0.1)
    3.0
    """
    flow = _flow(margin, retention, discount, timing, 1, growth, acquisition_cost)
    one = np.isclose(flow.ratio, 1.0, rtol=0, atol=1e-12)
    safe = np.where(one, 0.5, flow.ratio)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        # in units of the first payment; too many for a number is endless, and rightly so: never, where payments shrink
        needed = flow.cost / (flow.first * flow.margin)
        steep = np.log1p(-needed * (1 - safe)) / np.log(safe)
        count = np.where(one, needed, steep)
    count = np.where(flow.ratio == 0, np.where(needed <= 1, 1.0, np.inf), count)
    count = np.where(np.isnan(count) | (flow.first * flow.margin <= 0), np.inf, count)
    # A cost met exactly by the N-th payment must not count as N + 1 for the last bit's sake.
    return plain(np.where(flow.cost == 0, 0.0, np.maximum(np.ceil(count - 1e-9), 1.0)))


class Elasticities(NamedTuple):
    """By how many per cent lifetime value changes when one input changes by one per cent (relative).

    Attributes
    ----------
    retention, margin, discount, acquisition_cost
        Without unit; the last is negative or zero, and so is that to the discount rate of a stream of gains.
    """

    retention: Value
    margin: Value
    discount: Value
    acquisition_cost: Value


def elasticities(
    *,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    timing: Timing = "start",
    horizon: npt.ArrayLike | None = None,
    growth: npt.ArrayLike = 0.0,
    acquisition_cost: npt.ArrayLike = 0.0,
) -> Elasticities:
    r"""Elasticities of lifetime value to retention, margin, discount rate and acquisition cost.

    :math:`\varepsilon_x = \partial \ln V / \partial \ln x`, of the value *net* of acquisition cost. For an endless
    stream without growth and acquisition cost:

    ============ ======================= ============================
    timing       to retention            to the discount rate
    ============ ======================= ============================
    start        :math:`r/(1+i-r)`       :math:`-ir/((1+i)(1+i-r))`
    end          :math:`r/(1+i-r)`       :math:`-i/(1+i-r)`
    renewal      :math:`(1+i)/(1+i-r)`   :math:`-i/(1+i-r)`
    ============ ======================= ============================

    The published rule "1 % of retention is worth 3 to 7 %" uses ``"renewal"``.

    Parameters
    ----------
    margin, retention, discount, timing, horizon, growth, acquisition_cost
        As in :func:`clv`.

    Returns
    -------
    Elasticities
        ``retention``, ``margin``, ``discount`` and ``acquisition_cost``; the last is negative or zero, and margin
        and acquisition cost always add up to 1.

    Raises
    ------
    InputError
        As in :func:`clv`, or if the net value is zero: a percentage of nothing has no meaning.

    References
    ----------
    Gupta, S., Lehmann, D. R. and Stuart, J. A. (2004), Valuing customers, Journal of Marketing Research 41(1).

    Examples
    --------
    >>> e = elasticities(margin=100, retention=0.8, discount=0.12, timing="renewal")
    >>> round(e.retention, 6), round(e.margin, 6), round(e.discount, 6)
    (3.5, 1.0, -0.375)
    """
    flow = _flow(margin, retention, discount, timing, horizon, growth, acquisition_cost)
    gross = flow.first * flow.margin * _annuity(flow.ratio, flow.horizon)
    net = gross - flow.cost
    if (net == 0).any():
        raise InputError("lifetime value net of acquisition_cost is 0: it has no elasticities; change one input")
    mean = _mean_index(flow.ratio, flow.horizon)
    leverage = gross / net
    return Elasticities(
        retention=plain(leverage * (mean + (timing == "renewal"))),
        margin=plain(leverage),
        discount=plain(-leverage * flow.discount / (1 + flow.discount) * (mean + (timing != "start"))),
        acquisition_cost=plain(-flow.cost / net),
    )


class RetentionEffect(NamedTuple):
    """Lifetime value before and after a change of retention.

    Attributes
    ----------
    retention_before, retention_after
        Shares, 0 to 1.
    value_before, value_after, change
        Currency units.
    relative_change
        The change as a share of the value before.
    """

    retention_before: Value
    retention_after: Value
    value_before: Value
    value_after: Value
    change: Value
    relative_change: Value


def retention_effect(
    *,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    percentage_points: npt.ArrayLike | None = None,
    relative_per_cent: npt.ArrayLike | None = None,
    timing: Timing = "start",
    horizon: npt.ArrayLike | None = None,
    growth: npt.ArrayLike = 0.0,
    acquisition_cost: npt.ArrayLike = 0.0,
) -> RetentionEffect:
    r"""What a better retention is worth, with a percentage point and a relative per cent kept apart.

    From a retention of 0.80, one percentage *point* leads to 0.81, one relative *per cent* to 0.808.

    Parameters
    ----------
    margin, retention, discount, timing, horizon, growth, acquisition_cost
        As in :func:`clv`.
    percentage_points
        Change in percentage points: 5 takes 0.80 to 0.85. Give this or the next, not both.
    relative_per_cent
        Change in per cent of the present retention: 5 takes 0.80 to 0.84.

    Returns
    -------
    RetentionEffect
        ``retention_before``, ``retention_after``, ``value_before``, ``value_after``, ``change`` (currency units) and
        ``relative_change`` (a share; infinite or not a number where the value before is 0).

    Raises
    ------
    InputError
        If both or neither change is given, or the new retention is outside 0 to 1.

    References
    ----------
    Reichheld, F. F. and Sasser, W. E. (1990), Zero defections: quality comes to services, Harvard Business Review
    68(5): the source of the "5 %" that is a percentage point of defection, not a relative per cent.

    Examples
    --------
    >>> worth = dict(margin=100, retention=0.8, discount=0.1)
    >>> round(retention_effect(**worth, percentage_points=5).change, 2)
    73.33
    >>> round(retention_effect(**worth, relative_per_cent=5).change, 2)
    56.41
    """
    if (percentage_points is None) == (relative_per_cent is None):
        raise InputError(
            "percentage_points or relative_per_cent: give exactly one of them; from a retention of 0.80, "
            "5 percentage points lead to 0.85 and 5 relative per cent to 0.84"
        )
    check = Check()
    before = check.floats("retention", retention, 0, 1, hint=SHARE)
    if percentage_points is not None:
        after = before + check.floats("percentage_points", percentage_points) / 100
    else:
        after = before * (1 + check.floats("relative_per_cent", relative_per_cent) / 100)
    check.done()
    check.floats("retention after the change", after, 0, 1, hint="ask for a smaller change")
    check.done()
    common: dict[str, Any] = {
        "margin": margin,
        "discount": discount,
        "timing": timing,
        "horizon": horizon,
        "growth": growth,
        "acquisition_cost": acquisition_cost,
    }
    old, new = clv(retention=before, **common), clv(retention=after, **common)
    gain = np.asarray(new - old)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = gain / np.abs(old)
    return RetentionEffect(plain(before), plain(after), old, new, plain(gain), plain(np.asarray(share)))


# --- tables -----------------------------------------------------------------------------------------------------


def _layer(check: Check, name: str, value: Any, years: int, ramp: Floats) -> Floats:
    """One layer by year: a sequence as given, a number as the level it builds up to."""
    layer = check.floats(name, value)
    if layer.ndim == 0:
        return np.asarray(layer * ramp)
    check.require(
        layer.shape == (years,), f"{name}: must be one number or one for each of the {years} years, got {layer.shape}"
    )
    return layer if layer.shape == (years,) else np.zeros(years)


def retention_ledger(
    *,
    years: int,
    base: float | Sequence[float],
    growth: float | Sequence[float] = 0.0,
    cost_saving: float | Sequence[float] = 0.0,
    referral: float | Sequence[float] = 0.0,
    premium: float | Sequence[float] = 0.0,
    acquisition_cost: float = 0.0,
    retention: float = 1.0,
    discount: float = 0.0,
    timing: Timing = "start",
    profile: Literal["rising", "flat"] = "rising",
    build_up_years: float = 4.0,
) -> pd.DataFrame:
    r"""The retention ledger: what a relationship earns year by year, in the five classical layers of profit.

    With profit :math:`\pi_k` in year :math:`k` (the sum of the layers),

    .. math:: V = -A + \sum_{k=1}^{n} \frac{\pi_k \, r^{k-1}}{(1+i)^{k-1}} \quad (\text{timing "start"}).

    The layers are base profit, growth of purchases, savings in the cost of serving someone who knows the firm,
    referrals, and a price premium. Whether the last four rise with tenure is disputed: they do in Reichheld and
    Sasser (1990), they need not in Reinartz and Kumar (2002). So the profile is a switch.

    Parameters
    ----------
    years
        Number of years, at least 1.
    base
        Base profit a year, currency units: one number, or one for each year.
    growth, cost_saving, referral, premium
        The other layers. A number is the level a layer has once it is fully built up: it is 0 in year 1 and rises in
        equal steps over ``build_up_years``. A sequence of ``years`` numbers is taken as it is.
    acquisition_cost
        Spent in year 0, at least 0.
    retention
        Share of customers kept from one year to the next, 0 to 1; 1 shows a relationship that lasts.
    discount
        Annual discount rate, 0 to 1.
    timing
        When a year's profit arrives, as in :func:`clv`: ``"start"`` discounts year 1 by nothing, ``"end"`` by one
        year; ``"renewal"`` counts it for those still there at the year's end.
    profile
        ``"rising"`` builds the layers up; ``"flat"`` leaves the base alone, whatever the other layers say.
    build_up_years
        Years from the first until a layer given as a number is complete, above 0.

    Returns
    -------
    pandas.DataFrame
        One row a year from 0, indexed by ``year``; columns ``acquisition`` (negative), the five layers, ``profit``
        (their sum, of a customer who is there), ``survival``, ``expected`` (profit times survival), ``discounted``
        and ``cumulative``. The last row's ``cumulative`` is the lifetime value to that year.

    Raises
    ------
    InputError
        If a value is outside its range or a sequence does not have one number a year.

    References
    ----------
    Reichheld, F. F. and Sasser, W. E. (1990), Zero defections, Harvard Business Review 68(5). Reinartz, W. and
    Kumar, V. (2002), The mismanagement of customer loyalty, Harvard Business Review 80(7).

    Examples
    --------
    >>> ledger = retention_ledger(years=3, base=30, growth=20, acquisition_cost=50, build_up_years=2)
    >>> ledger["profit"].tolist()
    [-50.0, 30.0, 40.0, 50.0]
    >>> retention_ledger(years=3, base=30, growth=20, acquisition_cost=50, profile="flat")["profit"].tolist()
    [-50.0, 30.0, 30.0, 30.0]
    """
    import pandas as pd

    check = Check()
    count = check.floats("years", years, 1, 1000, whole=True, ndim=0)
    cost = check.floats("acquisition_cost", acquisition_cost, 0, ndim=0)
    r = check.floats("retention", retention, 0, 1, hint=SHARE, ndim=0)
    i = check.floats("discount", discount, 0, 1, hint="write 10 % as 0.1", ndim=0)
    build = check.floats("build_up_years", build_up_years, above=0, ndim=0)
    check.choice("timing", timing, TIMINGS)
    check.choice("profile", profile, ("rising", "flat"))
    check.done(broadcast=False)
    n = int(count)
    age = np.arange(n, dtype=np.float64)
    ramp = np.minimum(1.0, age / build)
    given = dict(zip(LAYERS, (base, growth, cost_saving, referral, premium), strict=True))
    layers = {name: _layer(check, name, given[name], n, np.ones(n) if name == "base" else ramp) for name in LAYERS}
    check.done(broadcast=False)
    if profile == "flat":
        layers |= {name: np.zeros(n) for name in LAYERS[1:]}
    table = pd.DataFrame({"acquisition": 0.0} | layers, index=pd.RangeIndex(1, n + 1, name="year"))
    start = pd.DataFrame(0.0, index=pd.RangeIndex(0, 1, name="year"), columns=table.columns)
    start["acquisition"] = -float(cost)
    table = pd.concat([start, table])
    table["profit"] = table[["acquisition", *LAYERS]].sum(axis=1)
    table["survival"] = np.concatenate([[1.0], r ** (age + (timing == "renewal"))])
    table["expected"] = table["profit"] * table["survival"]
    table["discounted"] = table["expected"] * np.concatenate([[1.0], (1 + i) ** -(age + (timing != "start"))])
    table["cumulative"] = table["discounted"].cumsum()
    return table


def contact_cost_table(
    *,
    sales: npt.ArrayLike,
    gross_margin: npt.ArrayLike,
    relationship_years: npt.ArrayLike,
    selling_contacts: npt.ArrayLike = 0.0,
    selling_contact_cost: npt.ArrayLike = 0.0,
    deliveries: npt.ArrayLike = 0.0,
    delivery_cost: npt.ArrayLike = 0.0,
    service_contacts: npt.ArrayLike = 0.0,
    service_contact_cost: npt.ArrayLike = 0.0,
    administration_contacts: npt.ArrayLike = 0.0,
    administration_contact_cost: npt.ArrayLike = 0.0,
    acquisition_cost: npt.ArrayLike = 0.0,
    discount: npt.ArrayLike = 0.0,
    timing: Timing = "start",
    customers: Sequence[str] | None = None,
) -> pd.DataFrame:
    r"""Lifetime value from the cost of each contact: the worksheet a sales manager fills in.

    A year's contribution is the gross profit less what the contacts cost, each kind counted and priced:

    .. math:: m = \text{sales} \cdot \text{margin} - \sum_{k} n_k c_k, \qquad
              V = m \, \frac{1+i}{1+i-r} - A, \quad r = 1 - \frac{1}{L}

    with :math:`k` over selling, delivery, service and administration, and :math:`L` the expected length of the
    relationship in years. Without discount :math:`V = m L - A`.

    Parameters
    ----------
    sales
        Sales to the customer a year, currency units, at least 0.
    gross_margin
        Gross margin as a share of sales, -1 to 1.
    relationship_years
        Expected length of the relationship in years, at least 1.
    selling_contacts, deliveries, service_contacts, administration_contacts
        Number of contacts of each kind a year, at least 0.
    selling_contact_cost, delivery_cost, service_contact_cost, administration_contact_cost
        Cost of one contact of that kind, currency units, at least 0.
    acquisition_cost
        Spent at the start, at least 0.
    discount
        Annual discount rate, 0 to 1.
    timing
        As in :func:`clv`.
    customers
        Column names where arguments are arrays with one number a customer or customer group.

    Returns
    -------
    pandas.DataFrame
        One column a customer, one row a line of the worksheet: sales, gross profit, the four costs, contribution a
        year, relationship years, lifetime value without and with discount.

    Raises
    ------
    InputError
        If a value is outside its range, arrays do not go together, or ``customers`` does not name each column once.

    References
    ----------
    Curry, J. and Curry, A. (2000), The Customer Marketing Method, Free Press.

    Examples
    --------
    >>> sheet = contact_cost_table(sales=[10_000, 2_000], gross_margin=0.3, relationship_years=[8, 3],
    ...     selling_contacts=6, selling_contact_cost=80, customers=["large", "small"])
    >>> sheet.loc["contribution a year"].tolist()
    [2520.0, 120.0]
    >>> sheet.loc["lifetime value, undiscounted"].tolist()
    [20160.0, 360.0]
    """
    import pandas as pd

    check = Check()
    turnover = check.floats("sales", sales, 0)
    share = check.floats("gross_margin", gross_margin, -1, 1, hint="write 30 % as 0.3")
    length = check.floats("relationship_years", relationship_years, 1, hint="a relationship lasts a year or more")
    contacts = {
        "cost of selling": ("selling_contacts", selling_contacts, "selling_contact_cost", selling_contact_cost),
        "cost of delivery": ("deliveries", deliveries, "delivery_cost", delivery_cost),
        "cost of service": ("service_contacts", service_contacts, "service_contact_cost", service_contact_cost),
        "cost of administration": (
            "administration_contacts",
            administration_contacts,
            "administration_contact_cost",
            administration_contact_cost,
        ),
    }
    costs = {line: check.floats(a, b, 0) * check.floats(c, d, 0) for line, (a, b, c, d) in contacts.items()}
    spent = check.floats("acquisition_cost", acquisition_cost, 0)
    check.floats("discount", discount, 0, 1, hint="write 10 % as 0.1")
    check.choice("timing", timing, TIMINGS)
    check.done()
    gross = turnover * share
    margin = gross - sum(costs.values())
    value = clv(
        margin=margin, retention=1 - 1 / length, discount=discount, timing=timing, acquisition_cost=acquisition_cost
    )
    lines = {"sales a year": turnover, "gross profit a year": gross}
    lines |= {f"{line} a year": -cost for line, cost in costs.items()}
    lines |= {"contribution a year": margin, "relationship years": length, "acquisition cost": -spent}
    lines |= {
        "lifetime value, undiscounted": margin * length - spent,
        "lifetime value": np.asarray(value),
    }
    columns = np.broadcast_arrays(*[np.atleast_1d(line) for line in lines.values()])
    if columns[0].ndim != 1:
        raise InputError(f"arguments: must be numbers or one-dimensional arrays, got shape {columns[0].shape}")
    names = list(customers) if customers is not None else [f"customer {k + 1}" for k in range(columns[0].size)]
    if len(names) != columns[0].size or len(set(names)) != len(names):
        raise InputError(f"customers: must name each of the {columns[0].size} columns once, got {names!r}")
    return pd.DataFrame(np.vstack(columns) + 0.0, index=pd.Index(lines, name="line"), columns=names)
