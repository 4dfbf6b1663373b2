r"""Contractual customers who may leave at any moment: the exponential-gamma model (Pareto II, Lomax).

A newspaper that can be cancelled any day, a phone contract without a term: the firm sees who leaves and when, and there
are no renewals to count. Each customer leaves at an own constant rate :math:`\lambda`, and the rates differ, as a gamma
distribution, between customers. It is to continuous time what the shifted beta-geometric of
:mod:`custsim.value.retention` is to renewals.

Timing, everywhere: age is the time since joining, in one unit throughout (days, months, years), and need not be whole;
``S(0) = 1``. Customers pay for as long as they are there and no longer, evenly over time; so a lifetime is a length of
time, where the models of renewals count payments. Discount rates are effective rates of one period, the unit of age:
what is paid at age ``t`` is worth ``(1 + d)^-t``. :func:`~custsim.value.period_rate` makes them of annual ones.

References
----------
Fader, P. S. & Hardie, B. G. S. (2009), Probability models for customer-base analysis, Journal of Interactive Marketing
23(1): which model for which business.
Morrison, D. G. & Schmittlein, D. C. (1980), Jobs, strikes, and wars: probability models for duration, Organizational
Behavior and Human Performance 25(2).
Hardie, B. G. S., Fader, P. S. & Wisniewski, M. (1998), An empirical comparison of new product trial forecasting models,
Journal of Forecasting 17(3-4): the same distribution, for the time until a first purchase.
Lomax, K. S. (1954), Business failures: another example of the analysis of failure data, Journal of the American
Statistical Association 49(268).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from custsim.errors import InputError
from custsim.value._inputs import Check
from custsim.value.likelihood import Fitted, maximise, require_positive
from custsim.value.quadrature import gamma_mean, smooth_in_T
from custsim.value.retention import Cohorts, _ages, _cohort_likelihood, _cohorts, _discount, _projected, _search_cohorts

__all__ = ["ExponentialGamma"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExponentialGamma(Fitted):
    r"""Exponential-gamma (Pareto II, Lomax): customers may leave at any moment, at rates that differ between them.

    .. math:: S(t) = \left(\frac{\alpha}{\alpha + t}\right)^r, \qquad h(t) = \frac{r}{\alpha + t}

    Each customer's rate of leaving is one draw from Gamma(r, alpha), mean ``r / alpha``, and never changes. The rate
    at which a cohort leaves falls with age only because those who were always likely to leave have left: the survivors
    at age ``t`` are customers of the same model with ``alpha + t`` in place of ``alpha``.

    Where ``r <= 1``, the most loyal customers weigh so much that the mean lifetime is infinite. Discounted lifetimes
    are finite all the same.

    Parameters
    ----------
    r
        Above 0. Small values: customers are very unlike each other.
    alpha
        In the unit of age, above 0. With ``r / alpha`` held and ``alpha`` large, all customers are alike and the model
        is the exponential one.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Fader & Hardie (2009), Journal of Interactive Marketing 23(1), for the setting; Morrison & Schmittlein (1980),
    Organizational Behavior and Human Performance 25(2), for the model.

    Examples
    --------
    >>> model = ExponentialGamma(r=2.0, alpha=10.0)
    >>> model.mean_leaving_rate, model.expected_lifetime()
    (0.2, 10.0)
    """

    r: float
    alpha: float
    name: ClassVar[str] = "exponential-gamma"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha")

    def __post_init__(self) -> None:
        require_positive(self.name, r=self.r, alpha=self.alpha)

    @property
    def mean_leaving_rate(self) -> float:
        """Mean rate of leaving of new customers a period, ``r / alpha``."""
        return self.r / self.alpha

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the estimates, summed over customers; not a number if the model was not fitted."""
        return float("nan") if self.estimates is None else self.estimates.log_likelihood

    @classmethod
    def fit(
        cls,
        duration: ArrayLike,
        *,
        still_there: ArrayLike | None = None,
        entry: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> Self:
        r"""Fit to how long each customer stayed, or has stayed so far, by maximum likelihood.

        With :math:`t` the age at which customer :math:`i` left or was last seen, :math:`e` the age at which
        observation of that customer began, and :math:`g = 1` for those who left, 0 for those still there,

        .. math:: LL = \sum_i w_i \left[ g_i \ln \frac{r}{\alpha + t_i}
                  - r \ln \frac{\alpha + t_i}{\alpha + e_i} \right].

        Parameters
        ----------
        duration
            Age on leaving; of those still there, age at the end of observation. One number a customer, all in one
            unit, which becomes the model's. Whole periods that were rounded down are too short: add half a period
            to those of customers who left, or count cohorts and use :meth:`fit_survival`.
        still_there
            True (or 1) for customers who had not left when observation ended; none of them if left out.
        entry
            Age at which observation of a customer began, one number for each or for all: 0 (the default) where it
            began on joining, more where the records begin later and only those who had stayed until then are in them.
            Without it such records make customers look more loyal than they are.
        weights
            Number of customers each row stands for; 1 by default.

        Returns
        -------
        ExponentialGamma
            The fitted model. Read ``convergence`` before the parameters.

        Raises
        ------
        InputError
            If the rows do not go together, a number is out of range, somebody left before observation began or at that
            very moment, or nobody ever leaves.

        Examples
        --------
        >>> drawn = ExponentialGamma(r=1.5, alpha=12.0).simulate(24, customers=20_000, seed=1)
        >>> model = ExponentialGamma.fit(drawn["duration"], still_there=drawn["still_there"])
        >>> model.convergence.converged, round(float(model.survival(24)), 2)
        (True, 0.19)
        """
        rows = _rows(duration, still_there, entry, weights)
        # time observed per customer lost: what the mean lifetime would be were all alike
        length = float(rows.weight @ (rows.end - rows.entry) / rows.leavers.sum())
        starts = [(1.0, 1.0), (0.3, 0.3), (3.0, 3.0), (20.0, 20.0)]
        estimates = maximise(
            lambda theta: _likelihood(theta, rows), cls.parameter_names, starts, float(rows.weight.sum()), [1.0, length]
        )
        return cls(*estimates.parameters, estimates=estimates)

    @classmethod
    def fit_survival(
        cls,
        survival: ArrayLike | Sequence[ArrayLike],
        *,
        customers: float | Sequence[float] | None = None,
        periods: int | None = None,
    ) -> Self:
        r"""Fit to the survival of one or several cohorts, where moments of leaving are not known to the day.

        Customers may leave at any moment but were counted at ages 0, 1, 2, ... only. Those who left between two counts
        give :math:`\ln [S(t - 1) - S(t)]`, those left at the end :math:`\ln S(K)`: the likelihood of the models of
        :mod:`custsim.value.retention`, with which it can be compared on the same counts.

        Parameters
        ----------
        survival, customers, periods
            As for :meth:`RetentionModel.fit <custsim.value.RetentionModel.fit>`. The time between two counts becomes
            the model's unit.

        Returns
        -------
        ExponentialGamma
            The fitted model. Read ``convergence`` before the parameters.

        Raises
        ------
        InputError
            If a row has fewer than two ages, is not finite, rises, falls below 0, or nobody ever leaves.

        Examples
        --------
        >>> model = ExponentialGamma.fit_survival([1000, 640, 490, 410, 360])
        >>> model.convergence.converged
        True
        """
        cohorts, known = _cohorts(survival, customers, periods)
        starts = [(1.0, 1.0), (0.3, 1.0), (1.0, 8.0), (5.0, 20.0)]
        estimates = _search_cohorts(
            lambda theta: _counts_likelihood(theta, cohorts), cls.parameter_names, starts, cohorts, known
        )
        return cls(*estimates.parameters, estimates=estimates)

    def survival(self, age: ArrayLike) -> Floats:
        """Share of the cohort still there at an age, ``S(age) = (alpha / (alpha + age))^r``.

        Parameters
        ----------
        age
            Time since joining, at least 0; any shape.

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
        >>> ExponentialGamma(r=1.0, alpha=1.0).survival([0, 1, 3])
        array([1.  , 0.5 , 0.25])
        """
        return np.exp(-self.r * np.log1p(_ages(age, least=0) / self.alpha))

    def hazard(self, age: ArrayLike) -> Floats:
        """Rate at which those still there at an age leave, ``r / (alpha + age)``: the mean rate of the survivors.

        Parameters
        ----------
        age
            Time since joining, at least 0; any shape.

        Returns
        -------
        numpy.ndarray
            Departures a customer a period, above 0 (and above 1 where most leave within a period).

        Raises
        ------
        InputError
            If an age is negative or not a number.

        Examples
        --------
        >>> ExponentialGamma(r=2.0, alpha=10.0).hazard([0, 10])
        array([0.2, 0.1])
        """
        return np.asarray(self.r / (self.alpha + _ages(age, least=0)), dtype=np.float64)

    def retention_rate(self, age: ArrayLike) -> Floats:
        r"""Share of those still there one period before an age who are still there at it.

        .. math:: r(t) = \frac{S(t)}{S(t - 1)} = \left(\frac{\alpha + t - 1}{\alpha + t}\right)^r

        It rises with age although nobody changes: the likely leavers leave first.

        Parameters
        ----------
        age
            End of the period, in time since joining, at least 1; any shape, and not necessarily whole.

        Returns
        -------
        numpy.ndarray
            Shares in 0..1.

        Raises
        ------
        InputError
            If an age is below 1.

        Examples
        --------
        >>> ExponentialGamma(r=1.0, alpha=1.0).retention_rate([1, 2, 3]).round(3)
        array([0.5  , 0.667, 0.75 ])
        """
        before = _ages(age, least=1) - 1
        return np.exp(-self.r * np.log1p(1 / (self.alpha + before)))

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
            (share of the cohort that leaves in the period that ends at that age).

        Raises
        ------
        InputError
            If ``periods`` is below 1 or not whole.

        Examples
        --------
        >>> ExponentialGamma(r=1.0, alpha=1.0).predict(3)["survival"].round(3).tolist()
        [1.0, 0.5, 0.333, 0.25]
        """
        return _projected(self.survival, self.retention_rate, periods)

    def expected_lifetime(self) -> float:
        """Mean time that a new customer stays, ``alpha / (r - 1)``, without discounting.

        Returns
        -------
        float
            Periods; infinite where ``r <= 1``: there a sample's mean keeps growing with the sample, so use discounted
            lifetimes, or ``predict`` with a finite horizon.

        Examples
        --------
        >>> [ExponentialGamma(r=r, alpha=10.0).expected_lifetime() for r in (3.0, 1.0)]
        [5.0, inf]
        """
        return self.discounted_lifetime(0.0)

    def expected_residual_lifetime(self, age: ArrayLike) -> Floats:
        """Mean time still to come of a customer who has stayed until an age, ``(alpha + age) / (r - 1)``.

        Parameters
        ----------
        age
            Time since joining, at least 0; any shape.

        Returns
        -------
        numpy.ndarray
            Periods, more the older the relationship; infinite where ``r <= 1``.

        Raises
        ------
        InputError
            If an age is negative or not a number.

        Examples
        --------
        >>> ExponentialGamma(r=3.0, alpha=10.0).expected_residual_lifetime([0, 10])
        array([ 5., 10.])
        """
        return self.discounted_residual_lifetime(age, 0.0)

    def discounted_lifetime(self, discount_per_period: float) -> float:
        r"""Discounted expected lifetime of a new customer.

        .. math:: \int_0^\infty S(t)\, (1 + d)^{-t}\, dt

        Times the margin of a period, earned evenly while the customer is there, it is the lifetime value.

        Parameters
        ----------
        discount_per_period
            ``d``, effective rate of one period, at least 0; 0.10 is 10 %. Of an annual rate:
            ``period_rate(0.10, periods_per_year=12)``.

        Returns
        -------
        float
            Discounted periods; infinite only if ``d = 0`` and ``r <= 1``.

        Raises
        ------
        InputError
            If the discount rate is negative or not finite.

        Examples
        --------
        >>> from custsim.value import period_rate
        >>> monthly = period_rate(0.10, periods_per_year=12)
        >>> round(ExponentialGamma(r=0.8, alpha=12.0).discounted_lifetime(monthly), 2)
        31.99
        """
        return float(self.discounted_residual_lifetime(0.0, discount_per_period))

    def discounted_residual_lifetime(self, age: ArrayLike, discount_per_period: float) -> Floats:
        r"""Discounted expected residual lifetime of a customer who has stayed until an age.

        .. math:: \int_0^\infty \frac{S(n + s)}{S(n)}\, e^{-\delta s}\, ds
                  = E\left[\frac{1}{\lambda + \delta}\right]
                  = (\alpha + n)\, U\bigl(1,\, 2 - r,\, \delta (\alpha + n)\bigr),

        with :math:`\delta = \ln(1 + d)` the force of interest and :math:`\lambda` Gamma(r, alpha + n), the rates of
        those still there. Library versions of Tricomi's function :math:`U` (an incomplete gamma function, where
        ``r < 1``) fail where ``r`` is whole or large; so the mean over :math:`\lambda` is computed, whose terms are all
        positive. Its relative error is below 1e-11; below 1e-10 for many different ages at once, between which it is
        interpolated.

        Parameters
        ----------
        age
            ``n``, time since joining, at least 0; any shape. Valued at that very moment.
        discount_per_period
            ``d``, effective rate of one period, at least 0.

        Returns
        -------
        numpy.ndarray
            Discounted periods to come, of the shape of ``age``; infinite only if ``d = 0`` and ``r <= 1``.

        Raises
        ------
        InputError
            If an age is negative or infinite, or the discount rate is out of range.

        References
        ----------
        Olver, F. W. J., Lozier, D. W., Boisvert, R. F. & Clark, C. W. (2010), NIST handbook of mathematical functions,
        section 13.4, for the integral of Tricomi's function.

        Examples
        --------
        >>> ExponentialGamma(r=1.0, alpha=10.0).discounted_residual_lifetime([0, 10, 50], 0.10).round(3)
        array([6.16 , 7.497, 9.093])
        """
        force, at = float(np.log1p(_discount(discount_per_period))), _ages(age, least=0)
        if not np.all(np.isfinite(at)):
            raise InputError("age: must be finite; nobody is still there at an infinite age")
        if force == 0:
            return (self.alpha + at) / (self.r - 1) if self.r > 1 else np.full(at.shape, np.inf)

        def to_come(_: Floats, flat: Floats) -> Floats:
            return gamma_mean(self.r, self.alpha + flat, lambda rate: 1 / (rate + force), flat_below=force)

        return smooth_in_T(np.zeros(at.size), at.ravel(), to_come, self.alpha).reshape(at.shape)

    def simulate(self, length: ArrayLike, *, customers: int | None = None, seed: int) -> pd.DataFrame:
        """Draw customers who join, and observe each of them for some time.

        Parameters
        ----------
        length
            How long a customer is observed from joining, above 0: one number for each, or one for all; infinite to see
            all of them leave.
        customers
            How many, if ``length`` is one number.
        seed
            Seed of the random numbers; the same seed gives the same customers.

        Returns
        -------
        pandas.DataFrame
            Index ``customer``; ``duration`` and ``still_there`` as :meth:`fit` takes them, and what only the
            simulation knows: ``leaving_rate``, departures a period.

        Raises
        ------
        InputError
            If a number is out of range.

        Examples
        --------
        >>> drawn = ExponentialGamma(r=2.0, alpha=10.0).simulate(5, customers=1000, seed=1)
        >>> bool((drawn["duration"] <= 5).all()), drawn.columns.tolist()
        (True, ['duration', 'still_there', 'leaving_rate'])
        """
        check = Check()
        observed = np.atleast_1d(check.floats("length", length, above=0, infinite=True))
        check.require(observed.ndim == 1, f"length: must be one number or one row of numbers, got {observed.ndim} axes")
        if customers is not None:
            check.floats("customers", customers, 1, whole=True, ndim=0)
            check.require(len(observed) == 1, f"customers: leave it out, length is given for {len(observed)} customers")
        check.done(broadcast=False)
        observed = np.broadcast_to(observed, (len(observed) if customers is None else int(customers),))
        rng = np.random.default_rng(seed)
        rate = rng.gamma(self.r, 1 / self.alpha, len(observed))
        with np.errstate(divide="ignore"):  # a rate of 0 to all digits is a customer for ever
            lifetime = rng.exponential(1.0, len(observed)) / rate
        columns = {
            "duration": np.minimum(lifetime, observed),
            "still_there": (lifetime > observed) | np.isinf(lifetime),
            "leaving_rate": rate,
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(observed), name="customer"))


@dataclass(frozen=True)
class _Rows:
    """Customers: age when observation of them began and ended, how many each row stands for, how many of them left."""

    entry: Floats
    end: Floats
    weight: Floats
    leavers: Floats


def _rows(
    duration: ArrayLike, still_there: ArrayLike | None, entry: ArrayLike | None, weights: ArrayLike | None
) -> _Rows:
    """Check the customers' rows."""
    check = Check()
    for name, given in (("duration", duration), ("entry", entry)):
        check.require(
            getattr(getattr(given, "dtype", None), "kind", "f") not in "mM",
            f"{name}: must be numbers in one unit, got dates or lengths of time; take the time since joining and "
            'divide it by pandas.Timedelta("1D") for days',
        )
    check.done()
    t = check.floats(
        "duration", duration, 0, ndim=1, hint="for customers still there, give the age at the end of observation"
    )
    check.done()
    rows: dict[str, Floats] = {
        "still_there": np.zeros(t.shape),
        "entry": np.zeros(t.shape),
        "weights": np.ones(t.shape),
    }
    if still_there is not None:
        rows["still_there"] = check.floats("still_there", still_there, 0, 1, whole=True, hint="True or False")
    if entry is not None:
        rows["entry"] = check.floats("entry", entry, 0)
    if weights is not None:
        rows["weights"] = check.floats("weights", weights, above=0)
    for name, row in rows.items():
        check.require(row.shape in ((), t.shape), f"{name}: must have one number for each of the {len(t)} customers "
                      f"or one for all, got {row.size}")  # fmt: skip
    check.done()
    here, e, w = (np.broadcast_to(row, t.shape).astype(np.float64) for row in rows.values())
    gone = 1 - here
    _require_observed(check, t, gone, e)
    return _Rows(entry=e, end=t, weight=w, leavers=w * gone)


def _require_observed(check: Check, t: Floats, gone: Floats, e: Floats) -> None:
    """Refuse customers who were never observed, and data in which nobody leaves."""
    early = t < e
    if early.any():
        i = int(np.argmax(early))
        check.require(
            False,
            f"duration: below entry for {int(early.sum())} of {len(t)} customers, the first at [{i}] ({t[i]:g} and "
            f"{e[i]:g}); leave out those who left before the records begin",
        )
    at_once = (t == e) & (gone > 0)
    if at_once.any():
        check.require(
            False,
            f"duration: {int(at_once.sum())} of {len(t)} customers leave at the very moment they are first observed, "
            f"the first at [{int(np.argmax(at_once))}]; a stay has a length: if it was rounded down to days, add half "
            "a day to the durations of those who left, or count cohorts and use fit_survival",
        )
    check.require(bool(gone.any()), "still_there: nobody leaves, so there is no rate to fit; observe for longer")
    check.done()


def _likelihood(theta: Floats, rows: _Rows) -> tuple[float, Floats]:
    """Log-likelihood of the customers' durations, and its gradient."""
    r, alpha = (float(v) for v in theta)
    at_end, at_entry, stayed = alpha + rows.end, alpha + rows.entry, rows.end - rows.entry
    fallen = np.log1p(stayed / at_entry)  # -ln S(end) / S(entry), a unit of r
    value = float(rows.leavers @ (np.log(r) - np.log(at_end)) - r * (rows.weight @ fallen))
    in_r = rows.leavers.sum() / r - rows.weight @ fallen
    in_alpha = r * (rows.weight @ (stayed / (at_end * at_entry))) - rows.leavers @ (1 / at_end)
    return value, np.array([in_r, in_alpha])


def _counts_likelihood(theta: Floats, cohorts: Cohorts) -> tuple[float, Floats]:
    """Log-likelihood of counts at whole ages, and its gradient."""
    r, alpha = (float(v) for v in theta)
    value, slope = 0.0, np.zeros(2)
    for losses, left in cohorts:
        age = np.arange(len(losses) + 1, dtype=np.float64)
        fallen = np.log1p(age / alpha)
        gradient = np.array([-fallen, r * age / (alpha * (alpha + age))])  # of ln S
        cohort_value, cohort_slope = _cohort_likelihood(-r * fallen, gradient, losses, left)
        value += cohort_value
        slope += cohort_slope
    return value, slope
