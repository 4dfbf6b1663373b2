"""Customer equity: what all customers, present and future, are worth, and how to divide money between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from custsim.errors import CustsimError, InputError
from custsim.value._inputs import SHARE, Check, plain
from custsim.value.lifetime import Timing, clv

if TYPE_CHECKING:
    import numpy.typing as npt

    from custsim.value._inputs import Value

__all__ = [
    "Balance",
    "CustomerEquity",
    "ReferralMultiplier",
    "ResponseCurve",
    "acquisition_retention_balance",
    "balance_equity",
    "customer_equity",
    "referral_multiplier",
]


class CustomerEquity(NamedTuple):
    """Value of the customers there now, of those to come, and of both.

    Attributes
    ----------
    present, future, total
        Currency units of today.
    """

    present: Value
    future: Value
    total: Value


def customer_equity(
    *,
    customers: npt.ArrayLike,
    new_per_period: npt.ArrayLike,
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    acquisition_cost: npt.ArrayLike = 0.0,
    growth: npt.ArrayLike = 0.0,
    timing: Timing = "start",
    periods_of_acquisition: npt.ArrayLike | None = None,
) -> CustomerEquity:
    r"""Customer equity: present customers at their lifetime value, and each future cohort at its own, net of its cost.

    .. math:: CE = n_0 V + n \, (V - A) \sum_{k=1}^{K} (1+i)^{-k}

    Parameters
    ----------
    customers
        Customers there now, at least 0.
    new_per_period
        Customers won in each period to come, the first cohort one period from now, at least 0.
    margin, retention, discount, growth, timing
        As in :func:`custsim.value.clv`; under ``"start"`` the present customers' margin of this period is counted.
    acquisition_cost
        Cost of winning one customer, spent when he joins, at least 0.
    periods_of_acquisition
        Number of cohorts K counted, whole and at least 1; None for all, which needs a discount above 0.

    Returns
    -------
    CustomerEquity
        ``present``, ``future`` and ``total``.

    Raises
    ------
    InputError
        If an argument is outside its range or an endless sum has no finite value.

    References
    ----------
    Gupta, S., Lehmann, D. R. and Stuart, J. A. (2004), Valuing customers, Journal of Marketing Research 41(1).

    Examples
    --------
    >>> equity = customer_equity(customers=1000, new_per_period=200, margin=100, retention=0.8, discount=0.1,
    ...     acquisition_cost=150)
    >>> round(equity.present), round(equity.future), round(equity.total)
    (366667, 433333, 800000)
    """
    check = Check()
    stock = check.floats("customers", customers, 0)
    flow = check.floats("new_per_period", new_per_period, 0)
    cost = check.floats("acquisition_cost", acquisition_cost, 0)
    endless = np.inf if periods_of_acquisition is None else periods_of_acquisition
    cohorts = check.floats(
        "periods_of_acquisition", endless, 1, whole=True, infinite=True, hint="None counts all cohorts"
    )
    check.done()
    value = np.asarray(clv(margin=margin, retention=retention, discount=discount, growth=growth, timing=timing))
    rate = np.asarray(discount, dtype=np.float64)
    if (np.isinf(cohorts) & (rate == 0) & (flow > 0)).any():
        raise InputError("discount: must be above 0 when cohorts go on for ever; give periods_of_acquisition")
    safe = np.where(rate == 0, 1.0, rate)
    finite = np.where(np.isinf(cohorts), 0.0, cohorts)
    left = np.where(np.isinf(cohorts), 0.0, (1 + safe) ** -finite)
    annuity = np.where(rate == 0, finite, (1 - left) / safe)
    present, future = stock * value, flow * (value - cost) * annuity
    return CustomerEquity(plain(np.asarray(present)), plain(np.asarray(future)), plain(np.asarray(present + future)))


@dataclass(frozen=True)
class ResponseCurve:
    r"""Share of people won (or kept) by a spend a head, with diminishing returns up to a ceiling.

    .. math:: y(x) = c \, (1 - e^{-k x})

    Parameters
    ----------
    ceiling
        Share reached however much is spent, above 0, at most 1.
    steepness
        :math:`k`, one over currency units, above 0: a spend of :math:`1/k` reaches 63 % of the ceiling.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Blattberg, R. C. and Deighton, J. (1996), Manage marketing by the customer equity test, Harvard Business Review
    74(4).

    Examples
    --------
    >>> curve = ResponseCurve.through(spend=10, share=0.2, ceiling=0.4)
    >>> round(curve(10), 3), round(curve(1000), 3)
    (0.2, 0.4)
    """

    ceiling: float
    steepness: float

    def __post_init__(self) -> None:
        check = Check()
        check.floats("ceiling", self.ceiling, high=1, above=0, ndim=0, hint=SHARE)
        check.floats("steepness", self.steepness, above=0, ndim=0)
        check.done()

    @classmethod
    def through(cls, *, spend: float, share: float, ceiling: float) -> ResponseCurve:
        """Curve through today's point, as managers can state it: today's spend and share, and the ceiling.

        Parameters
        ----------
        spend
            What is spent a head now, currency units, above 0.
        share
            What share that wins or keeps, above 0, below the ceiling.
        ceiling
            Share that no spend could exceed, at most 1.

        Returns
        -------
        ResponseCurve
            The curve through (0, 0) and (spend, share).

        Raises
        ------
        InputError
            If a value is outside its range, or the share is not below the ceiling.

        Examples
        --------
        >>> ResponseCurve.through(spend=5, share=0.16, ceiling=0.4)(5)
        0.16
        """
        check = Check()
        check.floats("spend", spend, above=0, ndim=0)
        check.floats("ceiling", ceiling, high=1, above=0, ndim=0, hint=SHARE)
        check.floats("share", share, above=0, below=ceiling, ndim=0, hint="the ceiling is what no spend can exceed")
        check.done()
        return cls(ceiling, -math.log1p(-share / ceiling) / spend)

    def __call__(self, spend: npt.ArrayLike) -> Value:
        """Share won or kept at a spend a head (currency units, at least 0)."""
        check = Check()
        x = check.floats("spend", spend, 0)
        check.done()
        return plain(np.asarray(-self.ceiling * np.expm1(-self.steepness * x)))

    def slope(self, spend: float) -> float:
        r"""Share gained by the next currency unit a head, :math:`c k e^{-k x}`.

        Parameters
        ----------
        spend
            Present spend a head, currency units, at least 0.

        Returns
        -------
        float
            Share a currency unit.

        Raises
        ------
        InputError
            If the spend is negative.

        Examples
        --------
        >>> round(ResponseCurve(0.4, 0.05).slope(0), 9)
        0.02
        """
        check = Check()
        check.floats("spend", spend, 0, ndim=0)
        check.done()
        return self.ceiling * self.steepness * math.exp(-self.steepness * spend)


def balance_equity(
    *,
    acquisition_spend: npt.ArrayLike,
    retention_spend: npt.ArrayLike,
    margin: npt.ArrayLike,
    discount: npt.ArrayLike,
    acquisition: ResponseCurve,
    retention: ResponseCurve,
) -> Value:
    r"""Equity of one prospect at given acquisition and retention spends.

    .. math:: a(A)\,\frac{m (1+d) - R}{1 + d - r(R)} - A

    which is the published :math:`a m - A + a (m - R/r)\, r'/(1 - r')` with :math:`r' = r/(1+d)`, written so that it
    also holds where nothing is spent on retention. The first margin comes at time 0; from then on those who are kept
    pay a margin at each year's end, and the retention spend of a year is counted at that same moment.

    Parameters
    ----------
    acquisition_spend
        Spent on each prospect, currency units, at least 0.
    retention_spend
        Spent on each customer a year, currency units, at least 0.
    margin
        Margin of a customer a year, before retention spend, currency units, at least 0.
    discount
        Annual discount rate, above 0, at most 1.
    acquisition, retention
        Response curves.

    Returns
    -------
    float or numpy.ndarray
        Currency units for each prospect.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Blattberg, R. C. and Deighton, J. (1996), Manage marketing by the customer equity test, Harvard Business Review
    74(4).

    Examples
    --------
    >>> a, r = ResponseCurve(0.4, 0.05), ResponseCurve(0.7, 0.08)
    >>> round(balance_equity(acquisition_spend=10, retention_spend=20, margin=50, discount=0.15,
    ...     acquisition=a, retention=r), 3)
    -0.019
    """
    check = Check()
    spend = check.floats("acquisition_spend", acquisition_spend, 0)
    upkeep = check.floats("retention_spend", retention_spend, 0)
    m = check.floats("margin", margin, 0)
    d = check.floats("discount", discount, high=1, above=0, hint="write 10 % as 0.1")
    check.done()
    value = (m * (1 + d) - upkeep) / (1 + d - retention(upkeep))
    return plain(np.asarray(acquisition(spend) * value - spend))


class Balance(NamedTuple):
    """Best division of marketing money between winning and keeping customers.

    Attributes
    ----------
    acquisition_spend, retention_spend
        Currency units a head: on each prospect, and on each customer a year.
    acquisition_rate, retention_rate
        Shares won, and kept a year, at these spends.
    customer_value
        What a customer won is worth, currency units.
    equity
        What a prospect is worth, currency units: share won times customer value, less the acquisition spend.
    acquisition_condition, retention_condition
        What one more currency unit of that spend brings back at the optimum: exactly 1, or less than 1 where nothing
        should be spent.
    """

    acquisition_spend: float
    retention_spend: float
    acquisition_rate: float
    retention_rate: float
    customer_value: float
    equity: float
    acquisition_condition: float
    retention_condition: float


def acquisition_retention_balance(
    *, margin: float, discount: float, acquisition: ResponseCurve, retention: ResponseCurve
) -> Balance:
    r"""Balance of acquisition and retention spending that makes customer equity largest.

    With :math:`V(R) = (m(1+d) - R) / (1 + d - r(R))`, the value of a customer won, both first-order conditions say
    the same: the last currency unit brings back exactly one,

    .. math:: r'(R^*)\, V(R^*) = 1, \qquad a'(A^*)\, V(R^*) = 1.

    The retention spend does not depend on acquisition: settle first how to keep customers, then how many to buy. The
    first condition falls strictly in :math:`R`, so its root (found with Brent's method) is the only optimum; the
    second has a closed form. Both are checked before the answer is given.

    Parameters
    ----------
    margin
        Margin of a customer a year, before retention spend, currency units, above 0.
    discount
        Annual discount rate, above 0, at most 1.
    acquisition
        Share of prospects won, by spend on each prospect.
    retention
        Share of customers kept a year, by spend on each customer a year.

    Returns
    -------
    Balance
        Best spends, the rates they give, a customer's value, equity a prospect, and the two conditions.

    Raises
    ------
    InputError
        If margin or discount is outside its range.
    CustsimError
        If the optimality conditions are not met by the solution found.

    References
    ----------
    Blattberg, R. C. and Deighton, J. (1996), Manage marketing by the customer equity test, Harvard Business Review
    74(4).

    Examples
    --------
    >>> best = acquisition_retention_balance(margin=50, discount=0.15,
    ...     acquisition=ResponseCurve(0.4, 0.05), retention=ResponseCurve(0.7, 0.08))
    >>> round(best.acquisition_spend, 2), round(best.retention_spend, 2), round(best.equity, 2)
    (5.06, 16.03, 0.7)
    """
    from scipy.optimize import brentq

    check = Check()
    check.floats("margin", margin, above=0, ndim=0)
    check.floats("discount", discount, high=1, above=0, ndim=0, hint="write 10 % as 0.1")
    check.done()

    def value(spend: float) -> float:
        return float((margin * (1 + discount) - spend) / (1 + discount - retention(spend)))

    def condition(spend: float) -> float:
        """Return the sign of what one more unit of retention spend changes; falls strictly in the spend."""
        return float(retention.slope(spend) * (margin * (1 + discount) - spend) - (1 + discount - retention(spend)))

    # Above margin x (1 + discount) a customer costs more than he can ever bring.
    keep = (
        0.0 if condition(0.0) <= 0 else float(brentq(condition, 0.0, margin * (1 + discount), xtol=1e-12, rtol=1e-14))
    )
    worth = value(keep)
    gain = acquisition.ceiling * acquisition.steepness * worth
    win = math.log(gain) / acquisition.steepness if gain > 1 else 0.0
    conditions = acquisition.slope(win) * worth, retention.slope(keep) * worth
    for name, spend, back in (("acquisition", win, conditions[0]), ("retention", keep, conditions[1])):
        if (spend > 0 and abs(back - 1) > 1e-6) or (spend == 0 and back > 1 + 1e-6):
            raise CustsimError(f"{name} spend {spend:g} is no optimum: one more unit brings back {back:.8f}, not 1")
    a, r = float(acquisition(win)), float(retention(keep))
    return Balance(win, keep, a, r, worth, a * worth - win, *conditions)


class ReferralMultiplier(NamedTuple):
    """By how much referrals multiply what a customer is worth, and whether the base would grow on its own.

    ``multiplier`` is the value of a customer with all he brings, directly and indirectly, over his own value;
    ``reproduction`` is how many newcomers one customer brings in his life, undiscounted; ``growth`` is the growth of
    the base each period from referrals alone.
    """

    multiplier: Value
    reproduction: Value
    growth: Value


def referral_multiplier(
    *,
    referrals: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike = 0.0,
    would_have_come: npt.ArrayLike = 0.0,
    value_ratio: npt.ArrayLike = 1.0,
    generations: int | None = None,
) -> ReferralMultiplier:
    r"""Referral multiplier: lifetime value with the tree of referred customers over lifetime value without.

    A customer there at the start of a period wins :math:`w` others by its end, of whom a share would have come
    anyway. One customer thus starts :math:`\rho = w / (1 + i - r)` discounted newcomers, each of whom does the same:

    .. math:: M = 1 + h \sum_{g=1}^{G} \rho^g, \qquad M_\infty = 1 + \frac{h \rho}{1 - \rho}.

    **Validity.** The endless sum exists only if the base grows more slowly than money:
    :math:`w + r < 1 + i`, that is :math:`\rho < 1`. A base that grows at all, :math:`w + r > 1`, soon meets the limits
    of its market, which this formula does not know: use a diffusion model, or count a few generations.

    Parameters
    ----------
    referrals
        Newcomers a customer wins in one period, at least 0 (conversations times the share that leads to a sale).
    retention, discount
        As in :func:`custsim.value.clv`, of one period.
    would_have_come
        Share of those referred who would have become customers anyway, 0 to 1; only the others count.
    value_ratio
        Value of a referred customer over that of another, :math:`h`, at least 0.
    generations
        Number of generations counted, whole and at least 0; None counts all.

    Returns
    -------
    ReferralMultiplier
        ``multiplier``, ``reproduction`` and ``growth``.

    Raises
    ------
    InputError
        If a value is outside its range, or the endless sum does not exist or describes a base that grows for ever.

    References
    ----------
    Hogan, J. E., Lemon, K. N. and Libai, B. (2003), What is the true value of a lost customer?, Journal of Service
    Research 5(3). Kumar, V., Petersen, J. A. and Leone, R. P. (2007), How valuable is word of mouth?, Harvard
    Business Review 85(10).

    Examples
    --------
    >>> tree = referral_multiplier(referrals=0.06, retention=0.8, discount=0.1)
    >>> round(tree.multiplier, 3), round(tree.reproduction, 3)
    (1.25, 0.3)
    """
    check = Check()
    w = check.floats("referrals", referrals, 0)
    r = check.floats("retention", retention, 0, 1, hint=SHARE)
    i = check.floats("discount", discount, 0, 1, hint="write 10 % as 0.1")
    anyway = check.floats("would_have_come", would_have_come, 0, 1, hint=SHARE)
    ratio = check.floats("value_ratio", value_ratio, 0)
    depth = check.floats("generations", 0 if generations is None else generations, 0, whole=True, ndim=0)
    check.done()
    w = w * (1 - anyway)
    growth = np.asarray(w + r - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(w == 0, 0.0, w / (1 + i - r))
        born = np.where(w == 0, 0.0, w / (1 - r))
    if generations is not None:
        if not np.isfinite(each).all():
            raise InputError("retention: must be below 1 + discount, or each customer refers for ever")
        total = np.asarray(sum(each**g for g in range(1, int(depth) + 1)), dtype=np.float64)
        return ReferralMultiplier(plain(1 + ratio * total), plain(born), plain(growth))
    _refuse_endless_growth(w, r, i, growth)
    return ReferralMultiplier(plain(1 + ratio * each / (1 - each)), plain(born), plain(growth))


def _refuse_endless_growth(w: npt.NDArray[np.float64], r: npt.NDArray[np.float64], i: npt.NDArray[np.float64],
                           growth: npt.NDArray[np.float64]) -> None:  # fmt: skip
    """Refuse referral rates under which the tree never ends."""
    w, r, i, growth = np.broadcast_arrays(w, r, i, growth)
    for wrong, why in (
        ((growth >= i) & (w > 0), "the base would grow at least as fast as money, and the sum has no finite value"),
        ((growth > 0) & (w > 0), "the base would grow for ever, which no market allows"),
    ):
        if wrong.any():
            first = tuple(np.argwhere(wrong)[0])
            raise InputError(
                f"referrals {w[first]:g} (those that count) with retention {r[first]:g} and discount {i[first]:g}: "
                f"{why}; referrals must be below {1 - r[first]:g}, or give generations to count, "
                "or use a diffusion model (custsim.value.Bass)"
            )
