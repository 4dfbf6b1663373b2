"""Buy till you die: one place for the models of customers who come back, or do not, and never say goodbye.

=====================================  ==================================================================
:class:`~custsim.value.bgnbd.BGNBD`        may leave after any repeat purchase
:class:`~custsim.value.bgnbd.MBGNBD`       may leave after any purchase, the first included
:class:`~custsim.value.paretonbd.ParetoNBD`  may leave at any moment
:class:`~custsim.value.bgbb.BGBB`          one opportunity a period; may leave between opportunities
:class:`~custsim.value.gammagamma.GammaGamma`  what is spent on an occasion
=====================================  ==================================================================

All have ``fit``, ``summary``, ``predict`` and ``simulate``; see :mod:`custsim.value.purchase_model` for the verbs and
the timing. This module adds what stands beside a model: which one applies (:func:`choose_model`,
:func:`compare_models`), how sure its predictions are (:func:`bootstrap_intervals`), and whether they came true
(:func:`holdout_check`, :func:`tracking`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from custsim.errors import InputError
from custsim.value.bgbb import BGBB
from custsim.value.bgnbd import BGNBD, MBGNBD
from custsim.value.exponentialgamma import ExponentialGamma
from custsim.value.gammagamma import GammaGamma, spend_frequency_correlation
from custsim.value.paretonbd import ParetoNBD
from custsim.value.purchase_model import PurchaseModel, SimulatedCustomers, _spend_by_hand, as_summary
from custsim.value.retention import ShiftedBetaGeometric
from custsim.value.transactions import CalibrationHoldout, CustomerSummary

__all__ = [
    "BGBB",
    "BGNBD",
    "MBGNBD",
    "BootstrapIntervals",
    "Choice",
    "GammaGamma",
    "HoldoutCheck",
    "ParetoNBD",
    "PurchaseModel",
    "SimulatedCustomers",
    "alive_history",
    "bootstrap_intervals",
    "choose_model",
    "compare_models",
    "holdout_check",
    "spend_frequency_correlation",
    "tracking",
]

Floats = NDArray[np.float64]

#: Histories times draws that a bootstrap keeps in memory (two tables of 4-byte numbers).
_MOST_DRAWN = 100_000_000


@dataclass(frozen=True)
class Choice:
    """Which model applies, and why.

    Attributes
    ----------
    model
        The class to fit.
    name
        What the field calls it.
    why
        The reasons, one sentence each.
    alternatives
        What else may apply, and when.
    data
        What to feed it.
    """

    model: type
    name: str
    why: tuple[str, ...]
    alternatives: tuple[str, ...]
    data: str

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.model.__name__})", *(f"- {reason}" for reason in self.why)]
        lines += [f"Data: {self.data}", *(f"Or: {other}" for other in self.alternatives)]
        return "\n".join(lines)


def choose_model(
    *, contractual: bool, discrete: bool, one_time_buyers_may_be_gone: bool = True, leave_without_buying: bool = False
) -> Choice:
    """Say which model applies to a business, and why, from two questions (and two more where they matter).

    Parameters
    ----------
    contractual
        Does the firm see a customer leave? Yes with subscriptions, accounts, memberships; no in shops.
    discrete
        Do purchases or renewals happen at fixed moments (yearly, monthly), rather than at any time?
    one_time_buyers_may_be_gone
        Only for non-contractual, continuous: may somebody who bought once never have become a customer?
    leave_without_buying
        Only there: do customers leave at any moment, rather than because of an experience with a purchase?

    Returns
    -------
    Choice
        The model, the reasons, the data it needs and the alternatives; ``print`` it.

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2009), Probability models for customer-base analysis, Journal of Interactive
    Marketing 23(1), for the two questions.

    Examples
    --------
    >>> choose_model(contractual=True, discrete=True).name
    'shifted beta-geometric'
    >>> choose_model(contractual=True, discrete=False).name
    'exponential-gamma'
    >>> choose_model(contractual=False, discrete=False).name
    'MBG/NBD'
    """
    if contractual:
        return _contractual(discrete)
    if discrete:
        return Choice(
            BGBB,
            BGBB.name,
            (
                "nobody tells the firm that a customer has left: silence may be a pause or the end",
                "there is one opportunity a period, so buying is yes or no, not a number of times",
            ),
            ("with many purchases a period, count time continuously: MBG/NBD or Pareto/NBD",),
            'summarise(log, timing="discrete", unit=...)',
        )
    why = (
        "nobody tells the firm that a customer has left: silence may be a pause or the end",
        "purchases come at any time, so their number in a period can be anything",
    )
    if leave_without_buying:
        model: type[PurchaseModel] = ParetoNBD
        reason = "customers leave at any moment, whether or not they just bought (a move, an illness, a rival's offer)"
        others: tuple[str, ...] = ("MBG/NBD, if customers leave because of what a purchase was like",)
    elif one_time_buyers_may_be_gone:
        model = MBGNBD
        reason = "customers may leave after any purchase, so those who bought once may be gone (BG/NBD rules it out)"
        others = ("Pareto/NBD, if customers leave at any moment", "BG/NBD, to compare with published work")
    else:
        model = BGNBD
        reason = "customers leave after a repeat purchase; all who bought once count as alive, however long ago"
        others = ("MBG/NBD, if those who bought once may be gone",)
    return Choice(model, model.name, (*why, reason), others, "summarise(log, unit=...)")


def _contractual(discrete: bool) -> Choice:
    seen = "the firm sees who leaves, so survival of a cohort is known and need not be inferred from silence"
    unlike = "customers differ in churn, which is why aggregate retention rises with age; the {} ignores it"
    if discrete:
        return Choice(
            ShiftedBetaGeometric,
            ShiftedBetaGeometric.name,
            (seen, "customers leave at renewals, so time is counted in renewals", unlike.format("geometric")),
            (
                "beta-discrete-Weibull, if a customer's own churn changes with age (contracts that bind, "
                "habits that form)",
            ),
            "customers left at each renewal, from all of them at age 0",
        )
    return Choice(
        ExponentialGamma,
        ExponentialGamma.name,
        (
            seen,
            "customers may leave at any moment, so time is measured and there are no renewals to count",
            unlike.format("exponential"),
        ),
        (
            "fit_survival of the same model, if customers are counted now and then and nobody knows the day they left",
            "beta-discrete-Weibull on short periods, if a customer's own churn changes with age",
        ),
        "how long each customer stayed or has stayed so far, who is still there, and the age at which records begin",
    )


def compare_models(
    data: CustomerSummary | pd.DataFrame, models: Sequence[type[PurchaseModel]] = (BGNBD, MBGNBD, ParetoNBD)
) -> pd.DataFrame:
    """Fit several models to the same customers and hold their likelihoods side by side.

    Parameters
    ----------
    data
        A summary, or a table with ``frequency``, ``recency`` and ``T``.
    models
        Which models; the three for continuous time by default.

    Returns
    -------
    pandas.DataFrame
        Index: the model; columns ``log_likelihood``, ``aic``, ``bic``, ``converged``, best (smallest ``aic``) first.

    Raises
    ------
    InputError
        If the data cannot be fitted.

    References
    ----------
    Akaike, H. (1974), A new look at the statistical model identification, IEEE Transactions on Automatic Control 19(6).
    Schwarz, G. (1978), Estimating the dimension of a model, Annals of Statistics 6(2).

    Examples
    --------
    >>> drawn = ParetoNBD(r=0.5, alpha=8.0, s=1.0, beta=10.0).simulate(50.0, customers=3000, seed=1)
    >>> compare_models(drawn.summary).shape
    (3, 4)
    """
    rows = {}
    for kind in models:
        found = kind.fit(data).estimates
        if found is not None:
            rows[kind.name] = {
                "log_likelihood": found.log_likelihood,
                "aic": found.aic,
                "bic": found.bic,
                "converged": found.convergence.converged,
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model").sort_values("aic")


@dataclass(frozen=True)
class BootstrapIntervals:
    """How much predictions would vary had other customers of the same kind been observed.

    Attributes
    ----------
    customers
        Index as the data's; for ``probability_alive``, ``expected_purchases`` and, if asked for, ``expected_spend``
        and ``residual_value`` the prediction, ``..._low`` and ``..._high``.
    total
        Expected purchases of all customers together: ``estimate``, ``low``, ``high``.
    total_value
        Residual value of all customers together, likewise; ``None`` unless it was asked for.
    draws
        Number of refits.
    unsettled
        Refits whose parameters did not settle (``convergence``). They are kept: their predictions count, and leaving
        them out would make the intervals too narrow. Many of them mean that the data hardly carry the model.
    """

    customers: pd.DataFrame = field(repr=False)
    total: dict[str, float]
    total_value: dict[str, float] | None
    draws: int
    unsettled: int


def bootstrap_intervals(
    model: PurchaseModel,
    data: CustomerSummary | pd.DataFrame,
    periods: float,
    *,
    seed: int,
    draws: int = 200,
    level: float = 0.95,
    spend: GammaGamma | ArrayLike | None = None,
    annual_discount_rate: float | None = None,
    margin: float = 1.0,
) -> BootstrapIntervals:
    """Put intervals on predictions by refitting the models to resampled customers.

    The intervals are for *expectations*: they tell how uncertain the models' parameters leave a customer's expected
    purchases and value. What the customer then does varies more (Poisson).

    Parameters
    ----------
    model
        The fitted model.
    data
        The customers it was fitted to; with ``monetary_value`` if ``spend`` is a model.
    periods
        Length of the future, in the model's unit.
    seed
        Seed of the resampling.
    draws
        Number of refits, at least 20.
    level
        Coverage aimed at, in 0..1.
    spend
        For intervals on residual value too: a fitted :class:`GammaGamma`, which is refitted along with the model, or
        spend an occasion in currency units, one number for all or one for each customer, which stays as it is.
    annual_discount_rate, margin
        As for :meth:`PurchaseModel.residual_lifetime_value`; the rate is needed if ``spend`` is given.

    Returns
    -------
    BootstrapIntervals
        Percentile intervals for each customer and for the totals.

    Raises
    ------
    InputError
        If a number is out of range, ``spend`` comes without a rate, or the tables would not fit in memory.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993), An introduction to the bootstrap, Chapman & Hall: percentile intervals.

    Examples
    --------
    >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6).simulate(40.0, customers=500, seed=1)
    >>> model = MBGNBD.fit(drawn.summary)
    >>> found = bootstrap_intervals(model, drawn.summary, 20, seed=1, draws=20)
    >>> found.total["low"] < found.total["estimate"] < found.total["high"]
    True
    """
    if not 0 < level < 1:
        raise InputError(f"level: must be between 0 and 1, got {level!r}")
    if draws < 20:
        raise InputError(f"draws: must be at least 20, got {draws!r}; 200 give steady intervals")
    if spend is not None and annual_discount_rate is None:
        raise InputError("annual_discount_rate: is needed for intervals on residual value; 0.10 is 10 %")
    summary = as_summary(data)
    histories, which, counts = _distinct(summary, spend)
    if len(histories) * draws > _MOST_DRAWN:
        raise InputError(
            f"draws: {draws} draws of {len(histories):,} different histories need more than "
            f"{_MOST_DRAWN * 8 // 10**6:,} MB; use fewer draws, or a sample of the customers"
        )
    each = None if spend is None or isinstance(spend, GammaGamma) else histories.pop("spend").to_numpy()
    people = CustomerSummary(histories, summary.unit, summary.timing)

    def predicted(model: PurchaseModel, spend: GammaGamma | Floats | None) -> pd.DataFrame:
        table = model.predict(people, periods)
        if spend is None or annual_discount_rate is None:
            return table
        value = model.residual_lifetime_value(people, spend, annual_discount_rate=annual_discount_rate, margin=margin)
        return table.join(value[["expected_spend", "residual_value"]])

    rng = np.random.default_rng(seed)
    kept: list[NDArray[np.float32]] = []
    totals: list[Floats] = []
    unsettled = 0
    for _ in range(draws):
        weights = rng.multinomial(int(counts.sum()), counts / counts.sum())
        again = type(model).fit(people, weights=weights, start=model)
        paid = GammaGamma.fit(people, weights=weights, start=spend) if isinstance(spend, GammaGamma) else each
        fits = [again.convergence, *([paid.convergence] if isinstance(paid, GammaGamma) else [])]
        unsettled += not all(found is not None and found.converged for found in fits)
        drawn = predicted(again, paid)
        kept.append(drawn.to_numpy(dtype=np.float32))
        totals.append(counts @ drawn.to_numpy())
    best = predicted(model, spend if isinstance(spend, GammaGamma) else each)
    tails = [(1 - level) / 2, (1 + level) / 2]
    table, sums = _around(best, which, np.quantile(np.array(kept), tails, axis=0), np.quantile(totals, tails, axis=0))
    return BootstrapIntervals(
        table.set_index(summary.table.index), sums["expected_purchases"], sums.get("residual_value"), draws, unsettled
    )


def _around(
    best: pd.DataFrame, which: NDArray[np.intp], ends: Floats, total_ends: Floats
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Put each customer's predictions, and their sums, between their low and high ends."""
    columns: dict[str, Any] = {}
    sums: dict[str, dict[str, float]] = {}
    for i, name in enumerate(map(str, best.columns)):
        estimate = best[name].to_numpy()[which]
        columns |= {name: estimate, f"{name}_low": ends[0][which, i], f"{name}_high": ends[1][which, i]}
        low, high = (float(end[i]) for end in total_ends)
        sums[name] = {"estimate": float(estimate.sum()), "low": low, "high": high}
    return pd.DataFrame(columns), sums


def _distinct(
    summary: CustomerSummary, spend: GammaGamma | ArrayLike | None
) -> tuple[pd.DataFrame, NDArray[np.intp], NDArray[np.int64]]:
    """List the different histories, which of them each customer has, and how many customers have each."""
    names = ["frequency", "recency", "T"]
    table = summary.table[names].reset_index(drop=True)
    if isinstance(spend, GammaGamma):
        # what is missing (of those who did not buy again) is equal to itself here
        table["monetary_value"] = np.where(summary.frequency > 0, summary.monetary_value, 0.0)
    elif spend is not None:
        table["spend"] = _spend_by_hand(spend, (len(table),))
    groups = table.groupby(list(table.columns), sort=False)
    which, counts = np.asarray(groups.ngroup(), dtype=np.intp), np.asarray(groups.size(), dtype=np.int64)
    return table.drop_duplicates().reset_index(drop=True), which, counts


@dataclass(frozen=True)
class HoldoutCheck:
    """Predictions of a hold-out period against what happened in it.

    Attributes
    ----------
    by_frequency
        Index: purchases in calibration (the last row takes the rest); columns ``customers``, ``actual`` and
        ``predicted`` mean purchases in the hold-out.
    actual_total, predicted_total
        Purchases of all customers in the hold-out.
    relative_error
        ``predicted_total / actual_total - 1``; not a number if nobody bought.
    mean_absolute_error
        Of the prediction of a customer, in purchases.
    correlation
        Between predicted and actual purchases, customer by customer; not a number if one of them does not vary.
    """

    by_frequency: pd.DataFrame = field(repr=False)
    actual_total: float
    predicted_total: float
    relative_error: float
    mean_absolute_error: float
    correlation: float


def holdout_check(model: PurchaseModel, split: CalibrationHoldout, *, most: int = 7) -> HoldoutCheck:
    """Hold a model fitted to the calibration period against the hold-out.

    Parameters
    ----------
    model
        Fitted to ``split.calibration``.
    split
        From ``calibration_holdout``.
    most
        Customers with so many purchases or more in calibration share the last row.

    Returns
    -------
    HoldoutCheck
        Totals, errors, and means by calibration frequency.

    Raises
    ------
    InputError
        If the units differ.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the
    Pareto/NBD model, Marketing Science 24(2): conditional expectations by frequency.

    Examples
    --------
    >>> from custsim.value.transactions import calibration_holdout
    >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(
    ...     40.0, customers=4000, seed=1, holdout=40.0)
    >>> split = calibration_holdout(drawn, calibration_end=40.0, end=80.0, unit="week")
    >>> bool(abs(holdout_check(MBGNBD.fit(split.calibration), split).relative_error) < 0.15)
    True
    """
    predicted = model.predict(split.calibration, split.periods)["expected_purchases"].to_numpy()
    actual = split.holdout["purchases"].to_numpy(dtype=np.float64)
    group = np.minimum(split.calibration.frequency, most).astype(int)
    table = pd.DataFrame({"actual": actual, "predicted": predicted}).groupby(group).mean()
    table.insert(0, "customers", np.bincount(group, minlength=most + 1)[table.index.to_numpy()])
    table.index = pd.Index([f"{i}+" if i == most else str(i) for i in table.index], name="frequency")
    varies = np.ptp(actual) > 0 and np.ptp(predicted) > 0
    return HoldoutCheck(
        by_frequency=table,
        actual_total=float(actual.sum()),
        predicted_total=float(predicted.sum()),
        relative_error=float(predicted.sum() / actual.sum() - 1) if actual.sum() > 0 else float("nan"),
        mean_absolute_error=float(np.abs(predicted - actual).mean()),
        correlation=float(np.corrcoef(predicted, actual)[0, 1]) if varies else float("nan"),
    )


def tracking(model: PurchaseModel, data: CalibrationHoldout | CustomerSummary, *, step: float = 1.0) -> pd.DataFrame:
    """Track repeat purchases of the cohort, actual and expected, period by period.

    What is expected at a time is the sum, over customers, of a *new* customer's expected purchases since his or her
    first: the model is not told who bought what, so calibration and hold-out are judged alike.

    Parameters
    ----------
    model
        Fitted to the calibration period.
    data
        A split (calibration and hold-out), or a summary made from a log.
    step
        Length of a row of the table, in periods; a last step that was not observed in full is left out.

    Returns
    -------
    pandas.DataFrame
        Index ``time`` (periods since the earliest first purchase); columns ``actual``, ``expected`` (in that step),
        ``actual_cumulative``, ``expected_cumulative``, ``holdout`` (whether after calibration).

    Raises
    ------
    InputError
        If ``step`` is not above 0 or longer than the observation, or the summary was not made from a log.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the
    Pareto/NBD model, Marketing Science 24(2): tracking plots.

    Examples
    --------
    >>> from custsim.value.transactions import summarise
    >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(40.0, customers=2000, seed=1)
    >>> table = tracking(MBGNBD.fit(drawn.summary), drawn.summary, step=10)
    >>> bool(abs(table["expected_cumulative"].iloc[-1] / table["actual_cumulative"].iloc[-1] - 1) < 0.05)
    True
    """
    if not step > 0:
        raise InputError(f"step: must be above 0, got {step!r}")
    summary = data.calibration if isinstance(data, CalibrationHoldout) else data
    occasions = data.occasions
    if occasions is None:
        raise InputError("data: this summary was not made from a log; use summarise(log) or calibration_holdout(log)")
    who, when = occasions["customer"].to_numpy(), occasions["time"].to_numpy(dtype=np.float64)
    is_first = np.diff(who, prepend=-1) != 0
    births = when[is_first]
    if isinstance(data, CalibrationHoldout):
        cut, end = data.end_of_calibration, data.end_of_calibration + data.periods
    else:
        cut = end = float((births + summary.T).max())
    if end < step:
        raise InputError(f"step: must be at most the {end:g} {summary.unit}s observed, got {step!r}")
    time = np.arange(1, int(np.floor(end / step + 1e-9)) + 1) * step
    grid = np.arange(0, np.ceil(end) + 1) if model.timing == "discrete" else np.linspace(0, max(end, 1e-9), 1500)
    curve = model.expected_purchases(grid)
    expected = np.array([np.interp(np.maximum(t - births, 0), grid, curve).sum() for t in time])
    actual = np.searchsorted(np.sort(when[~is_first]), time + 1e-9, side="right")
    return pd.DataFrame(
        {
            "actual": np.diff(actual, prepend=0),
            "expected": np.diff(expected, prepend=0.0),
            "actual_cumulative": actual,
            "expected_cumulative": expected,
            "holdout": time > cut + 1e-9,
        },
        index=pd.Index(time, name="time"),
    )


def alive_history(model: PurchaseModel, purchases: ArrayLike, until: float, *, points: int = 300) -> pd.DataFrame:
    """Follow one customer's probability of being alive from the first purchase on.

    Parameters
    ----------
    model
        A model with its parameters.
    purchases
        Times of the customer's purchases, the first included, in the model's unit; the first becomes 0.
    until
        End of the history, on the scale of ``purchases``.
    points
        Moments between which the curve is drawn (whole periods for BG/BB); purchases are added.

    Returns
    -------
    pandas.DataFrame
        Index ``time`` since the first purchase; columns ``probability_alive`` and ``purchases`` so far (repeats).

    Raises
    ------
    InputError
        If there is no purchase, or one lies after ``until``.

    References
    ----------
    Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987), Counting your customers: who are they and what will they
    do next?, Management Science 33(1).

    Examples
    --------
    >>> model = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6)
    >>> history = alive_history(model, [0, 3, 5], until=30)
    >>> bool(history["probability_alive"].iloc[-1] < 0.3)
    True
    """
    at = np.sort(np.asarray(purchases, dtype=np.float64).ravel())
    if len(at) == 0 or not np.all(np.isfinite(at)) or at[-1] > until:
        raise InputError(f"purchases: needs at least one time, none after the end of the history ({until!r})")
    at, end = at - at[0], until - at[0]
    if model.timing == "discrete":
        time = np.arange(0, np.floor(end) + 1)
    else:
        # just before a purchase as well, or the jump would look like a slope
        time = np.unique(np.concatenate([np.linspace(0, end, points), at, np.maximum(at[1:] - 1e-6 * max(end, 1), 0)]))
    so_far = np.searchsorted(at, time, side="right")
    recency = at[so_far - 1]
    alive = model.probability_alive(so_far - 1, recency, time)
    return pd.DataFrame({"probability_alive": alive, "purchases": so_far - 1}, index=pd.Index(time, name="time"))
