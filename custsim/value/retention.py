"""Contractual retention: how long customers who must say goodbye will stay.

A cohort is observed at every renewal: after ``t`` periods a share ``S(t)`` is still there. Three models with one verb
set (``fit``, ``summary``, ``predict``, ``survival``, ``retention_rate``, ``discounted_lifetime``,
``discounted_residual_lifetime``):

========================  =============================================  ==================================
model                     customers                                      survival ``S(t)``
========================  =============================================  ==================================
:class:`Geometric`        all alike, the same churn at every renewal     ``(1 - theta)^t``
:class:`ShiftedBetaGeometric`  differ: churn is Beta(alpha, beta)        ``B(alpha, beta + t) / B(alpha, beta)``
:class:`BetaDiscreteWeibull`   differ, and each one's churn may change   ``B(alpha, beta + t^c) / B(alpha, beta)``
========================  =============================================  ==================================

Timing, everywhere: the first payment is made on joining (age 0), ``S(0) = 1``; renewals come at the end of periods 1,
2, ...; ``S(t)`` is the share that makes the payment at age ``t``; ``retention_rate(t) = S(t) / S(t - 1)``. Ages and
discount rates are per renewal period. For customers who need not wait for a renewal and may leave at any moment, see
:mod:`custsim.value.exponentialgamma`.

References
----------
Fader, P. S. & Hardie, B. G. S. (2007), How to project customer retention, Journal of Interactive Marketing 21(1).
Fader, P. S. & Hardie, B. G. S. (2010), Customer-base valuation in a contractual setting, Marketing Science 29(1).
Fader, P. S., Hardie, B. G. S., Liu, Y., Davin, J. & Steenburgh, T. (2018), "How to project customer retention"
revisited: the role of duration dependence, Journal of Interactive Marketing 43.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.errors import InputError
from custsim.value.likelihood import Convergence, Estimates, Fitted, maximise, require_positive
from custsim.value.quadrature import beta_mean

if TYPE_CHECKING:
    from custsim.value.exponentialgamma import ExponentialGamma

__all__ = [
    "BetaDiscreteWeibull",
    "Geometric",
    "RetentionModel",
    "ShiftedBetaGeometric",
    "compare_retention_models",
    "why_retention_rises",
]

Floats = NDArray[np.float64]
Cohorts = list[tuple[Floats, float]]

#: Terms summed at a time, and at most, for lifetimes without a closed form.
_BLOCK, _MOST_TERMS = 200_000, 40_000_000

#: Above this, Stirling's series of the gamma function is right to all digits after one term.
_STIRLING = 1e4


@dataclass(frozen=True, kw_only=True)
class RetentionModel(Fitted, ABC):
    """What all models of contractual retention can do; see the module's docstring for the timing.

    Parameters
    ----------
    estimates
        How the parameters were found; ``None`` where they were given by hand.
    """

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the estimates, summed over customers; not a number if the model was not fitted."""
        return float("nan") if self.estimates is None else self.estimates.log_likelihood

    @classmethod
    def fit(
        cls,
        survival: ArrayLike | Sequence[ArrayLike],
        *,
        customers: float | Sequence[float] | None = None,
        periods: int | None = None,
    ) -> Self:
        r"""Fit to the survival of one or several cohorts by maximum likelihood.

        With ``n`` customers at the start, those who leave at renewal ``t`` and those who are left at the end give

        .. math:: LL = n \sum_{t=1}^{K} [S_{t-1} - S_t] \ln P(\text{leave at } t) + n S_K \ln S(K).

        Parameters
        ----------
        survival
            Customers left at ages 0, 1, 2, ..., starting with all of them at age 0: counts (1000, 631, 468, ...) or
            percentages (100, 63.1, ...) or shares (1, 0.631, ...). Several cohorts: a list of such rows, each of its
            own length, all counts or each with its number of ``customers``.
        customers
            Number of customers at age 0. Needed for percentages and shares if standard errors are wanted; without it,
            a row that starts at 100 or at 1 is fitted per customer (``n = 1``), and a row that starts at any other
            number is taken as counts.
        periods
            Use only the first so many renewals (a calibration period); all by default.

        Returns
        -------
        RetentionModel
            The fitted model. Read ``convergence`` before the parameters.

        Raises
        ------
        InputError
            If a row has fewer than two ages, is not finite, rises, falls below 0, or nobody ever leaves.

        Examples
        --------
        >>> model = ShiftedBetaGeometric.fit([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1])
        >>> round(model.alpha, 3), round(model.beta, 3)
        (0.668, 3.806)
        """
        cohorts, known = _cohorts(survival, customers, periods)
        return cls._fit(cohorts, known)

    @classmethod
    @abstractmethod
    def _fit(cls, cohorts: Cohorts, known: bool) -> Self:
        """Fit to (losses by age, customers left) of each cohort."""

    @abstractmethod
    def _log_survival(self, age: Floats) -> Floats:
        """Return ``ln S(age)``."""

    def survival(self, age: ArrayLike) -> Floats:
        """Share of the cohort still there at an age, ``S(age)``.

        Parameters
        ----------
        age
            Periods since joining, at least 0; any shape.

        Returns
        -------
        numpy.ndarray
            Shares in 0..1, of the shape of ``age``.

        Raises
        ------
        InputError
            If an age is negative or not a number.

        Examples
        --------
        >>> ShiftedBetaGeometric(alpha=1.0, beta=1.0).survival([0, 1, 3])
        array([1.  , 0.5 , 0.25])
        """
        return np.exp(self._log_survival(_ages(age, least=0)))

    def retention_rate(self, age: ArrayLike) -> Floats:
        """Share of those still there at ``age - 1`` who renew at ``age``: ``r(age) = S(age) / S(age - 1)``.

        Parameters
        ----------
        age
            Periods since joining, at least 1; any shape.

        Returns
        -------
        numpy.ndarray
            Shares in 0..1.

        Raises
        ------
        InputError
            If an age is below 1 or infinite.

        Examples
        --------
        >>> ShiftedBetaGeometric(alpha=1.0, beta=1.0).retention_rate([1, 2, 3]).round(3)
        array([0.5  , 0.667, 0.75 ])
        """
        at = _ages(age, least=1)
        if not np.all(np.isfinite(at)):
            raise InputError("age: must be finite; nobody renews at an infinite age")
        return np.exp(self._log_survival(at) - self._log_survival(at - 1))

    def predict(self, periods: int) -> pd.DataFrame:
        """Project survival and retention to an age.

        Parameters
        ----------
        periods
            Last age of the table, at least 1.

        Returns
        -------
        pandas.DataFrame
            Index ``age`` 0..periods; columns ``survival``, ``retention_rate`` (not a number at age 0), ``leaving``
            (share of the cohort that leaves at that age).

        Raises
        ------
        InputError
            If ``periods`` is below 1.

        Examples
        --------
        >>> Geometric(churn=0.5).predict(2)["survival"].tolist()
        [1.0, 0.5, 0.25]
        """
        return _projected(self.survival, self.retention_rate, periods)

    def expected_lifetime(self) -> float:
        """Mean number of payments of a new customer, ``sum S(t)`` over ``t = 0, 1, ...``, without discounting.

        Returns
        -------
        float
            Periods; infinite where the model's longest-lived customers weigh too much (sBG: ``alpha <= 1``; BdW:
            ``alpha c <= 1``).

        Examples
        --------
        >>> Geometric(churn=0.2).expected_lifetime()
        5.0
        """
        return self.discounted_lifetime(0.0)

    def discounted_lifetime(self, discount_per_period: float) -> float:
        r"""Discounted expected lifetime (DEL) of a customer who is about to make the first payment.

        .. math:: DEL = \sum_{t=0}^{\infty} S(t) / (1 + d)^t

        Times the margin of a period, it is the lifetime value with payments at the start of the periods. With payments
        at their end, divide by ``1 + d``.

        Parameters
        ----------
        discount_per_period
            ``d`` for one renewal period, at least 0; 0.10 is 10 %.

        Returns
        -------
        float
            Discounted payments, the first included; infinite only if ``d = 0`` and the sum diverges.

        Raises
        ------
        InputError
            If the discount rate is negative or not finite.

        References
        ----------
        Fader & Hardie (2010), Marketing Science 29(1).

        Examples
        --------
        >>> round(ShiftedBetaGeometric(alpha=0.668, beta=3.806).discounted_lifetime(0.10), 4)
        5.9226
        """
        return float(self._discounted(np.array(0.0), _discount(discount_per_period)))

    def discounted_residual_lifetime(
        self,
        age: ArrayLike,
        discount_per_period: float,
        *,
        when: Literal["before_renewal", "after_payment"] = "before_renewal",
    ) -> Floats:
        r"""Discounted expected residual lifetime (DERL) of a customer who is still there at an age.

        Two moments of valuation are in use, and a result without its moment is worth little:

        ``"before_renewal"``
            The customer has paid ``n`` times (ages 0 to n - 1); the renewal at age ``n >= 1`` is due at once and not
            known: :math:`\sum_{t=n}^{\infty} \frac{S(t)}{S(n-1)} (1 + d)^{-(t-n)}`.
        ``"after_payment"``
            The payment at age ``n >= 0`` has just been made; the next falls due in one period:
            :math:`\sum_{t=n+1}^{\infty} \frac{S(t)}{S(n)} (1 + d)^{-(t-n)}`.

        The second at ``n`` is the first at ``n + 1``, divided by ``1 + d``.

        Parameters
        ----------
        age
            ``n``, periods since joining; any shape.
        discount_per_period
            ``d`` for one renewal period, at least 0.
        when
            The moment of valuation.

        Returns
        -------
        numpy.ndarray
            Discounted future payments, of the shape of ``age``.

        Raises
        ------
        InputError
            If an age or the discount rate is out of range, or ``when`` is neither of the two.

        References
        ----------
        Fader & Hardie (2010), Marketing Science 29(1).

        Examples
        --------
        >>> Geometric(churn=0.2).discounted_residual_lifetime([1, 5], 0.10).round(4)
        array([2.9333, 2.9333])
        """
        d = _discount(discount_per_period)
        if when == "before_renewal":
            at = _ages(age, least=1)
            return self.retention_rate(at) * self._discounted(at, d)
        if when == "after_payment":
            at = _ages(age, least=0) + 1
            return self.retention_rate(at) * self._discounted(at, d) / (1 + d)
        raise InputError(f"when: must be 'before_renewal' or 'after_payment', got {when!r}")

    def _discounted(self, age: Floats, d: float) -> Floats:
        """Sum ``S(age + j) / S(age) (1 + d)^-j`` over ``j = 0, 1, ...``, term by term."""
        if d == 0 and not self._finite_mean():
            return np.full(age.shape, np.inf)
        out = np.array([self._sum_terms(float(a), d) for a in age.ravel()], dtype=np.float64)
        return out.reshape(age.shape)

    def _finite_mean(self) -> bool:
        """Whether the undiscounted mean lifetime is finite."""
        return True

    def _sum_terms(self, age: float, d: float) -> float:
        total, start = 0.0, float(self._log_survival(np.array(age)))
        for first in range(0, _MOST_TERMS, _BLOCK):
            step = np.arange(first, first + _BLOCK, dtype=np.float64)
            terms = np.exp(self._log_survival(age + step) - start - step * np.log1p(d))
            total += float(terms.sum())
            # survivors only get fewer, so what is left is at most the last term's annuity
            rest = float(terms[-1]) / d if d > 0 else float(terms[-1]) * float(step[-1] + 1)
            if rest < 1e-12 * total:
                return total
        raise InputError(
            f"discount_per_period: {d!r} is so low that the lifetime's sum does not settle in {_MOST_TERMS:,} periods; "
            "use a higher rate or a finite horizon (predict)"
        )


@dataclass(frozen=True)
class Geometric(RetentionModel):
    """Everyone has the same chance of leaving at every renewal: ``S(t) = (1 - churn)^t``.

    The model behind the textbook formula for lifetime value. It shows, against real cohorts, what assuming that all
    customers are alike does to a projection.

    Parameters
    ----------
    churn
        Share that leaves at each renewal, above 0 and below 1.

    Raises
    ------
    InputError
        If the churn is not strictly between 0 and 1.

    References
    ----------
    Fader & Hardie (2007), Journal of Interactive Marketing 21(1), in which it is the model to beat.

    Examples
    --------
    >>> Geometric.fit([100, 80, 64]).churn
    0.2
    """

    churn: float
    name: ClassVar[str] = "geometric"
    parameter_names: ClassVar[tuple[str, ...]] = ("churn",)

    def __post_init__(self) -> None:
        if not 0 < self.churn < 1:
            raise InputError(f"geometric.churn: must be above 0 and below 1, got {self.churn!r}")

    @classmethod
    def _fit(cls, cohorts: Cohorts, known: bool) -> Self:
        lost = sum(float(losses.sum()) for losses, _ in cohorts)
        renewed = sum(float((losses * np.arange(len(losses))).sum()) + left * len(losses) for losses, left in cohorts)
        if renewed == 0:
            raise InputError("survival: everybody left at the first renewal, so there is no retention to fit")
        churn = lost / (lost + renewed)
        customers = sum(float(losses.sum()) + left for losses, left in cohorts)
        error = float(np.sqrt(churn * (1 - churn) / (lost + renewed))) if known else float("nan")
        record = Convergence(True, "closed form: losses over renewals due", 1, 1, 1, 0.0)
        estimates = Estimates(
            names=cls.parameter_names,
            parameters=(churn,),
            log_likelihood=lost * float(np.log(churn)) + renewed * float(np.log1p(-churn)),
            customers=customers,
            standard_errors=(error,),
            covariance=np.array([[(error / churn) ** 2]]),
            convergence=record,
        )
        return cls(churn=churn, estimates=estimates)

    def _log_survival(self, age: Floats) -> Floats:
        return np.asarray(age * np.log1p(-self.churn), dtype=np.float64)

    def _discounted(self, age: Floats, d: float) -> Floats:
        return np.full(age.shape, (1 + d) / (d + self.churn))


@dataclass(frozen=True)
class ShiftedBetaGeometric(RetentionModel):
    r"""Shifted beta-geometric (sBG): churn differs between customers, and no customer ever changes.

    .. math:: S(t) = \frac{B(\alpha, \beta + t)}{B(\alpha, \beta)}, \qquad
              r(t) = \frac{\beta + t - 1}{\alpha + \beta + t - 1}

    Each customer's churn is one draw from Beta(alpha, beta), mean ``alpha / (alpha + beta)``. Aggregate retention rises
    with age only because those who were always likely to leave have left (see :func:`why_retention_rises`).

    Parameters
    ----------
    alpha, beta
        Above 0. Small values of both: customers are very unlike each other.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Fader & Hardie (2007), Journal of Interactive Marketing 21(1).

    Examples
    --------
    >>> model = ShiftedBetaGeometric(alpha=0.668, beta=3.806)
    >>> round(model.mean_churn, 3)
    0.149
    """

    alpha: float
    beta: float
    name: ClassVar[str] = "shifted beta-geometric"
    parameter_names: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    def __post_init__(self) -> None:
        require_positive("sBG", alpha=self.alpha, beta=self.beta)

    @property
    def mean_churn(self) -> float:
        """Mean chance of leaving of a new customer, ``alpha / (alpha + beta)``."""
        return self.alpha / (self.alpha + self.beta)

    @classmethod
    def _fit(cls, cohorts: Cohorts, known: bool) -> Self:
        def likelihood(theta: Floats) -> tuple[float, Floats]:
            value, slope = _bdw_likelihood(np.append(theta, 1.0), cohorts)
            return value, slope[:2]

        starts = [(1.0, 1.0), (0.3, 1.0), (1.0, 8.0), (5.0, 20.0)]
        estimates = _search_cohorts(likelihood, cls.parameter_names, starts, cohorts, known)
        return cls(*estimates.parameters, estimates=estimates)

    def _log_survival(self, age: Floats) -> Floats:
        return _log_beta_ratio(self.alpha, self.beta, age)

    def _finite_mean(self) -> bool:
        return self.alpha > 1

    def _discounted(self, age: Floats, d: float) -> Floats:
        if d == 0:
            if not self._finite_mean():
                return np.full(age.shape, np.inf)
            return (self.alpha + self.beta + age - 1) / (self.alpha - 1)
        # 2F1(1, beta + n; alpha + beta + n; v) after Euler's transformation, in which nothing overflows
        b, c, v = self.beta + age, self.alpha + self.beta + age, 1 / (1 + d)
        return _hyp2f1_one(b, c, v)


@dataclass(frozen=True)
class BetaDiscreteWeibull(RetentionModel):
    r"""Beta-discrete-Weibull (BdW): churn differs between customers and changes with their own age.

    .. math:: S(t) = \frac{B(\alpha, \beta + t^c)}{B(\alpha, \beta)}

    ``c < 1``: a customer's own churn falls with age; ``c = 1``: it stays, which is the sBG; ``c > 1``: it rises, so
    that aggregate retention may fall although the likely leavers go first.

    Parameters
    ----------
    alpha, beta, c
        Above 0.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Fader, Hardie, Liu, Davin & Steenburgh (2018), Journal of Interactive Marketing 43.

    Examples
    --------
    >>> plain = ShiftedBetaGeometric(alpha=0.7, beta=1.2)
    >>> bool(BetaDiscreteWeibull(alpha=0.7, beta=1.2, c=1.0).survival(5) == plain.survival(5))
    True
    """

    alpha: float
    beta: float
    c: float
    name: ClassVar[str] = "beta-discrete-Weibull"
    parameter_names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")

    def __post_init__(self) -> None:
        require_positive("BdW", alpha=self.alpha, beta=self.beta, c=self.c)

    @classmethod
    def _fit(cls, cohorts: Cohorts, known: bool) -> Self:
        starts = [(1.0, 1.0, 1.0), (0.3, 1.0, 1.2), (1.0, 8.0, 0.8), (5.0, 20.0, 1.5)]
        estimates = _search_cohorts(
            lambda theta: _bdw_likelihood(theta, cohorts), cls.parameter_names, starts, cohorts, known
        )
        return cls(*estimates.parameters, estimates=estimates)

    def _log_survival(self, age: Floats) -> Floats:
        return _log_beta_ratio(self.alpha, self.beta, age**self.c)

    def _finite_mean(self) -> bool:
        return self.alpha * self.c > 1


def why_retention_rises(
    model: ShiftedBetaGeometric | BetaDiscreteWeibull, periods: int, *, groups: int = 4
) -> pd.DataFrame:
    r"""Take the rise of a cohort's retention apart: sorting of unlike customers, and change within each customer.

    Between renewal ``t`` and ``t + 1``, aggregate retention changes because the mix of those still there changes (the
    likely leavers leave first: *sorting*) and because customers change themselves (*individuals*; always 0 in the sBG):

    .. math:: r(t+1) - r(t) = \underbrace{\int (w_{t+1} - w_t)(\theta)\, r_\theta(t)\, d\theta}_{sorting}
              + \underbrace{\int w_{t+1}(\theta) [r_\theta(t+1) - r_\theta(t)]\, d\theta}_{individuals}

    with ``w_t`` the distribution of the propensity to leave among those who face renewal ``t``. In the sBG the sorting
    term equals the variance of retention among those who face the renewal, divided by its mean: no differences, no
    rise.

    Parameters
    ----------
    model
        A model in which customers differ.
    periods
        Last renewal of the table, at least 1.
    groups
        The cohort is split at the start into so many equal groups, from the most to the least loyal; at least 2.

    Returns
    -------
    pandas.DataFrame
        Index ``age`` 1..periods; columns ``retention_rate``; ``change`` to the next renewal, ``sorting`` and
        ``individuals``, which add up to it; ``group_1`` ... (most to least loyal), each one's share of the customers
        who face that renewal; and ``retention_1`` ..., each group's own retention rate.

    Raises
    ------
    InputError
        If the model knows no differences between customers, or a number is out of range.

    References
    ----------
    Fader & Hardie (2010), Marketing Science 29(1).

    Examples
    --------
    >>> table = why_retention_rises(ShiftedBetaGeometric(alpha=1.0, beta=1.0), 3)
    >>> table[["retention_rate", "change", "sorting", "individuals"]].round(3).iloc[0].tolist()
    [0.5, 0.167, 0.167, 0.0]
    """
    if not isinstance(model, ShiftedBetaGeometric | BetaDiscreteWeibull):
        raise InputError(
            f"model: must be one of renewals and unlike customers (sBG or BdW); {type(model).__name__} knows "
            f"{'no differences between customers' if isinstance(model, Geometric) else 'no renewals'}"
        )
    for what, value, least in (("periods", periods, 1), ("groups", groups, 2)):
        if not (np.isfinite(value) and int(value) == value and value >= least):
            raise InputError(f"{what}: must be a whole number, at least {least}, got {value!r}")
    c = model.c if isinstance(model, BetaDiscreteWeibull) else 1.0
    age = np.arange(1, int(periods) + 1, dtype=np.float64)
    before, now, later = (age - 1) ** c, age**c, (age + 1) ** c
    retention = model.retention_rate(age)
    # those who face renewal t + 1 would renew with the exponent of renewal t: sorting alone
    sorted_only = np.exp(_log_beta_ratio(model.alpha, model.beta + now, now - before))
    following = np.exp(_log_beta_ratio(model.alpha, model.beta + now, later - now))
    columns: dict[str, Any] = {
        "retention_rate": retention,
        "change": following - retention,
        "sorting": sorted_only - retention,
        "individuals": following - sorted_only,
    }
    edges = special.betaincinv(model.alpha, model.beta, np.arange(groups + 1) / groups)
    facing = np.diff(special.betainc(model.alpha, model.beta + before[:, None], edges), axis=1)
    renewing = np.diff(special.betainc(model.alpha, model.beta + now[:, None], edges), axis=1)
    for g in range(groups):
        columns[f"group_{g + 1}"] = facing[:, g]
    with np.errstate(divide="ignore", invalid="ignore"):
        for g in range(groups):
            columns[f"retention_{g + 1}"] = retention * renewing[:, g] / facing[:, g]
    return pd.DataFrame(columns, index=pd.Index(age.astype(int), name="age"))


def compare_retention_models(
    survival: ArrayLike,
    *,
    periods: int | None = None,
    customers: float | None = None,
    also: Sequence[RetentionModel | ExponentialGamma] = (),
) -> pd.DataFrame:
    """Fit all three models of renewals to one cohort, and hold their projections against the ages kept back.

    Parameters
    ----------
    survival, periods, customers
        As for :meth:`RetentionModel.fit`; ages after ``periods`` are the hold-out.
    also
        Further models to hold against the same ages, fitted to the same periods and customers: such as
        :meth:`ExponentialGamma.fit_survival <custsim.value.ExponentialGamma.fit_survival>`.

    Returns
    -------
    pandas.DataFrame
        Index: the model; columns ``log_likelihood`` (over customers), ``parameters`` (their number), ``converged``,
        ``fit_error`` and ``holdout_error`` (mean absolute difference in survival, percentage points; not a number
        without hold-out).

    Raises
    ------
    InputError
        As for :meth:`RetentionModel.fit`.

    References
    ----------
    Fader, Hardie, Liu, Davin & Steenburgh (2018), Journal of Interactive Marketing 43.

    Examples
    --------
    >>> cohort = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
    >>> table = compare_retention_models(cohort, periods=7)
    >>> table["holdout_error"].idxmin()
    'beta-discrete-Weibull'
    """
    observed = np.asarray(survival, dtype=np.float64)
    rows = {}
    kinds: tuple[type[RetentionModel], ...] = (Geometric, ShiftedBetaGeometric, BetaDiscreteWeibull)
    fitted = [kind.fit(observed, periods=periods, customers=customers) for kind in kinds]
    for model in (*fitted, *also):
        miss = np.abs(model.survival(np.arange(len(observed))) - observed / observed[0]) * 100
        last = len(observed) - 1 if periods is None else int(periods)
        rows[model.name] = {
            "log_likelihood": model.log_likelihood,
            "parameters": len(model.parameter_names),
            "converged": model.convergence is not None and model.convergence.converged,
            "fit_error": miss[1 : last + 1].mean(),
            "holdout_error": miss[last + 1 :].mean() if last + 1 < len(observed) else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


def _cohorts(
    survival: ArrayLike | Sequence[ArrayLike], customers: float | Sequence[float] | None, periods: int | None
) -> tuple[Cohorts, bool]:
    """Check the rows and turn them into (losses by age, customers left); and say whether customers were counted."""
    nested: Any = survival
    rows: list[Any] = list(nested) if _is_nested(survival) else [survival]
    given_sizes: Any = customers
    sizes: list[Any] = list(given_sizes) if np.ndim(given_sizes) else [customers] * len(rows)
    if len(sizes) != len(rows):
        raise InputError(f"customers: {len(sizes)} numbers for {len(rows)} cohorts; give one for each cohort")
    problems: list[str] = []
    cohorts: Cohorts = []
    known = True
    for i, (row, given) in enumerate(zip(rows, sizes, strict=True)):
        where = "survival" if len(rows) == 1 else f"survival of cohort {i}"
        left = np.asarray(row, dtype=np.float64)
        found = _row_problems(left, where, given, periods)
        if found:
            problems += found
            continue
        left = left if periods is None else left[: int(periods) + 1]
        size = given
        if given is None:
            counted = left[0] not in (1.0, 100.0)
            known &= counted
            size = left[0] if counted else 1.0
        left = left / left[0] * float(size)
        cohorts.append((-np.diff(left), float(left[-1])))
    if not problems and not any(losses.sum() > 0 for losses, _ in cohorts):
        problems.append("survival: nobody leaves, so there is no churn to fit; observe the cohort for longer")
    if problems:
        raise InputError(problems)
    return cohorts, known


def _row_problems(left: Floats, where: str, size: float | None, periods: int | None) -> list[str]:
    if left.ndim != 1 or len(left) < 2:
        return [f"{where}: needs at least two ages (all customers at age 0, those left at age 1), got {left.size}"]
    problems = []
    if not np.all(np.isfinite(left)):
        ages = np.flatnonzero(~np.isfinite(left)).tolist()
        return [f"{where}: not a number at {_at(ages)}; end the row before the first age not observed"]
    if left[0] <= 0 or np.any(left < 0):
        problems.append(f"{where}: must start above 0 and never fall below 0, got {left.min():g}")
    rises = np.flatnonzero(np.diff(left) > 0) + 1
    if len(rises):
        problems.append(f"{where}: rises at {_at(rises.tolist())}; those who left do not come back")
    if size is not None and not 0 < size < np.inf:
        problems.append(f"customers: must be above 0 and finite, got {size!r}")
    if periods is not None and not (1 <= periods <= len(left) - 1 and int(periods) == periods):
        problems.append(
            f"periods: must be a whole number between 1 and {len(left) - 1}, the renewals observed, got {periods!r}"
        )
    return problems


def _at(ages: list[int]) -> str:
    """Name some ages."""
    shown = ", ".join(map(str, ages[:5])) + (", ..." if len(ages) > 5 else "")
    return f"age {shown}" if len(ages) == 1 else f"{len(ages)} ages ({shown})"


def _is_nested(survival: Any) -> bool:
    if isinstance(survival, np.ndarray):
        return survival.ndim == 2
    if isinstance(survival, Sequence) and len(survival) > 0:
        return isinstance(survival[0], Sequence | np.ndarray | pd.Series)
    return False


def _search_cohorts(
    likelihood: Any, names: tuple[str, ...], starts: Sequence[tuple[float, ...]], cohorts: Cohorts, known: bool
) -> Estimates:
    """Maximise, and withhold standard errors where the number of customers is not known."""
    customers = sum(float(losses.sum()) + left for losses, left in cohorts)
    found = maximise(likelihood, names, starts, customers)
    if known:
        return found
    return Estimates(
        names=found.names,
        parameters=found.parameters,
        log_likelihood=found.log_likelihood,
        customers=found.customers,
        standard_errors=(float("nan"),) * len(names),
        covariance=np.full_like(found.covariance, np.nan),
        convergence=found.convergence,
    )


def _bdw_likelihood(theta: Floats, cohorts: Cohorts) -> tuple[float, Floats]:
    """Log-likelihood of the beta-discrete-Weibull and its gradient; with ``c = 1``, of the sBG."""
    alpha, beta, c = (float(v) for v in theta)
    value, slope = 0.0, np.zeros(3)
    for losses, left in cohorts:
        age = np.arange(len(losses) + 1, dtype=np.float64)
        power = age**c
        log_s = _log_beta_ratio(alpha, beta, power)
        total = special.digamma(alpha + beta + power)
        gradient = np.zeros((3, len(age)))  # of ln S
        gradient[0] = special.digamma(alpha + beta) - total
        inner = special.digamma(beta + power) - total
        gradient[1] = inner - special.digamma(beta) + special.digamma(alpha + beta)
        gradient[2, 1:] = inner[1:] * power[1:] * np.log(age[1:])
        cohort_value, cohort_slope = _cohort_likelihood(log_s, gradient, losses, left)
        value += cohort_value
        slope += cohort_slope
    return value, slope


def _cohort_likelihood(log_s: Floats, gradient: Floats, losses: Floats, left: float) -> tuple[float, Floats]:
    """Log-likelihood of one cohort and its gradient, from ``ln S(0), ln S(1), ...`` and theirs (a row a parameter)."""
    # ln P(leave at t) = ln S(t-1) + ln(1 - S(t)/S(t-1))
    drop = np.diff(log_s)
    log_p = log_s[:-1] + np.log(-np.expm1(drop))
    odds = 1 / np.expm1(-drop)  # r / (1 - r)
    d_log_p = gradient[:, :-1] - np.diff(gradient, axis=1) * odds
    used = losses > 0
    value = float(losses[used] @ log_p[used]) + (left * float(log_s[-1]) if left > 0 else 0.0)
    slope = d_log_p[:, used] @ losses[used] + (left * gradient[:, -1] if left > 0 else 0.0)
    return value, slope


def _log_beta_ratio(a: float, b: ArrayLike, t: Any) -> Floats:
    """Return ``ln B(a, b + t) / B(a, b)``, which is 0 exactly at ``t = 0``.

    Where customers are nearly alike (large ``b``), both logarithms are so large that their difference has no digits
    left; there Stirling's series is used, in terms no larger than the difference's own.
    """
    b, t = np.asarray(b, dtype=np.float64), np.asarray(t, dtype=np.float64)
    plain = special.betaln(a, b + t) - special.betaln(a, b)
    if not np.any(b > _STIRLING):
        return np.asarray(plain, dtype=np.float64)
    with np.errstate(invalid="ignore"):  # at an infinite age, where the plain difference is right
        series = (
            (b - 0.5) * np.log1p(t / b)
            - (a + b - 0.5) * np.log1p(t / (a + b))
            - t * np.log1p(a / (b + t))
            + (1 / (b + t) - 1 / b - 1 / (a + b + t) + 1 / (a + b)) / 12
        )
    return np.asarray(np.where((b > _STIRLING) & np.isfinite(t), series, plain), dtype=np.float64)


def _hyp2f1_one(b: Floats, c: Floats, v: float) -> Floats:
    """Return ``2F1(1, b; c; v)`` for ``c > b > 0`` and ``0 < v < 1``.

    scipy's own is exact for moderate arguments; where ``v`` is close to 1 or ``b`` large it loses digits without a
    word, so the integral ``E[1 / (1 - v p)]``, ``p ~ Beta(b, c - b)``, stands in: all its terms are positive.
    """
    one_minus = 1 - v
    return beta_mean(c - b, b, lambda churn: 1 / (one_minus + v * churn), scale=np.asarray(v / one_minus))


def _projected(
    survival: Callable[[ArrayLike], Floats], retention_rate: Callable[[ArrayLike], Floats], periods: int
) -> pd.DataFrame:
    """Survival, retention and leavers at ages of whole periods: the table of ``predict``."""
    if not (np.isfinite(periods) and int(periods) == periods and periods >= 1):
        raise InputError(f"periods: must be a whole number, at least 1, got {periods!r}")
    age = np.arange(int(periods) + 1)
    alive = survival(age)
    rate = np.concatenate([[np.nan], retention_rate(age[1:])])
    leaving = np.concatenate([[0.0], -np.diff(alive)])
    return pd.DataFrame(
        {"survival": alive, "retention_rate": rate, "leaving": leaving}, index=pd.Index(age, name="age")
    )


def _ages(age: ArrayLike, least: int) -> Floats:
    at = np.asarray(age, dtype=np.float64)
    if not np.all(at >= least):
        raise InputError(f"age: must be at least {least} periods, got {np.min(at):g}")
    return at


def _discount(rate: float) -> float:
    if np.ndim(rate) or not isinstance(rate, int | float | np.number | np.ndarray):
        raise InputError(f"discount_per_period: must be one number, got {rate!r}")
    if not (np.isfinite(rate) and rate >= 0):
        raise InputError(f"discount_per_period: must be finite and at least 0 (0.10 is 10 %), got {rate!r}")
    return float(rate)
