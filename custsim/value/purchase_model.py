"""What every buy-till-you-die model can do: one verb set, so that the second model costs nothing to learn.

A model is an immutable object with its parameters. ``fit`` makes one from data; or make one by hand, from published
parameters. Verbs: ``fit``, ``summary``, ``predict``, ``probability_alive``, ``expected_purchases``,
``discounted_purchases``, ``residual_lifetime_value``, ``simulate``.

Timing: everything is measured in the model's ``unit`` from a customer's first purchase; predictions start at the end of
that customer's observation, ``T``. Discounting goes by an effective annual rate, ``(1 + i)`` a year, back to that same
moment. A new customer is one with ``frequency = recency = T = 0``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from custsim.errors import InputError
from custsim.value.lifetime import period_rate
from custsim.value.likelihood import Fitted, maximise
from custsim.value.transactions import CustomerSummary, Timing, periods_per_year

if TYPE_CHECKING:
    from custsim.value.gammagamma import GammaGamma

__all__ = ["PurchaseModel", "Rows", "SimulatedCustomers", "as_summary"]

Floats = NDArray[np.float64]

#: Histories a likelihood works on at a time (they stay in the processor's cache), and that a pilot fit takes at least.
_BLOCK, _PILOT = 8192, 10_000


@dataclass(frozen=True)
class Rows:
    """Different (frequency, recency, T) of a summary, each with its number of customers."""

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats

    @cached_property
    def by_frequency(self) -> tuple[Floats, Floats, NDArray[np.intp]]:
        """Different frequencies, the number of customers with each, and which of them each row has."""
        x, which = np.unique(self.x, return_inverse=True)
        return x, np.bincount(which, weights=self.weight).astype(np.float64), which

    def part(self, which: slice) -> Rows:
        """Take some of the rows."""
        return Rows(self.x[which], self.t_x[which], self.T[which], self.weight[which])


@dataclass(frozen=True)
class SimulatedCustomers:
    """Customers drawn from a model: what a firm would see, and what only the simulation knows.

    Attributes
    ----------
    transactions
        One row for each purchase, the first included: ``customer``, ``time`` (in ``unit``, from the first customer's
        first purchase), and ``amount`` if spending was simulated. Goes to ``summarise`` and ``calibration_holdout``.
    truth
        Index ``customer``: ``purchase_rate`` (or chance to buy) a period, ``lifetime`` (periods from the first purchase
        to the end of the relationship; infinite if it outlives the simulation), ``alive`` at the end of observation,
        and ``holdout_purchases`` after it.
    summary
        The customers as observed until ``end``.
    end
        End of observation on the time scale of ``transactions``; the simulation goes on to ``end + holdout``.
    holdout
        Periods simulated after the end of observation.
    """

    transactions: pd.DataFrame = field(repr=False)
    truth: pd.DataFrame = field(repr=False)
    summary: CustomerSummary = field(repr=False)
    end: float
    holdout: float


def as_summary(data: CustomerSummary | pd.DataFrame, unit: str | None = None) -> CustomerSummary:
    """Accept a summary, or check a table with ``frequency``, ``recency`` and ``T``.

    Raises
    ------
    InputError
        If it is neither, or the table breaks a rule, or ``unit`` contradicts the summary.

    Examples
    --------
    >>> as_summary(pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [5.0]}), "week").unit
    'week'
    """
    if isinstance(data, CustomerSummary):
        if unit not in (None, data.unit):
            raise InputError(f"unit: the summary is in {data.unit}s, not in {unit}s; leave unit out")
        return data
    if isinstance(data, pd.DataFrame):
        return CustomerSummary.of(data, unit=unit or "period")
    raise InputError(
        f"data: must be a CustomerSummary (from summarise) or a table with frequency, recency and T, got "
        f"{type(data).__name__}"
    )


@dataclass(frozen=True, kw_only=True)
class PurchaseModel(Fitted, ABC):
    """Base of the buy-till-you-die models.

    Parameters
    ----------
    unit
        Period the parameters are in: a unit of :func:`~custsim.value.periods_per_year`; ``"period"`` if its length is
        not known.
    estimates
        How the parameters were found; ``None`` where they were given by hand.
    """

    unit: str = "period"
    timing: ClassVar[Timing] = "continuous"
    starts: ClassVar[Sequence[tuple[float, ...]]]

    # -- fitting ----------------------------------------------------------------------------------------------------

    @classmethod
    def fit(
        cls,
        data: CustomerSummary | pd.DataFrame,
        *,
        unit: str | None = None,
        weights: ArrayLike | None = None,
        start: Self | None = None,
    ) -> Self:
        """Fit the model by maximum likelihood.

        The search runs on the logarithms of the parameters, on times scaled by the longest observation, from several
        starts; it ends in a convergence record, not in an exception.

        Parameters
        ----------
        data
            A summary (from ``summarise``), or a table with ``frequency``, ``recency`` and ``T``.
        unit
            Period of a table's times; needed for annual discounting later.
        weights
            Number of customers each row stands for; 1 by default.
        start
            A model to set out from, instead of the usual starts.

        Returns
        -------
        PurchaseModel
            The fitted model. Read ``convergence`` before the parameters.

        Raises
        ------
        InputError
            If there are fewer than two customers, nobody buys again, the first purchase is counted in ``frequency``,
            or the summary's timing is not the model's.

        Examples
        --------
        >>> from custsim.value.bgnbd import MBGNBD
        >>> drawn = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week").simulate(40.0, customers=500, seed=1)
        >>> MBGNBD.fit(drawn.summary).convergence.converged
        True
        """
        summary = as_summary(data, unit)
        rows = _rows(summary, weights)
        cls._check(summary, rows)
        return cls._fit_rows(rows, summary.unit, start)

    @classmethod
    def _fit_rows(cls, rows: Rows, unit: str, start: Self | None = None) -> Self:
        """Fit to grouped customers."""
        every = len(rows.x) // _PILOT
        if start is None and every > 1:
            # with very many histories the starts are compared on a part of them, and the best is taken up by all
            pilot = cls._fit_rows(rows.part(slice(None, None, every)), unit)
            return cls._fit_rows(rows, unit, pilot)._credit(pilot, every)
        length = float(rows.T.max()) if cls.timing == "continuous" else 1.0
        units = cls._units(length)
        starts = cls.starts if start is None else [tuple(np.array(list(start.parameters.values())) / units)]
        blocks = [rows.part(slice(i, i + _BLOCK)) for i in range(0, len(rows.x), _BLOCK)]

        def likelihood(theta: Floats) -> tuple[float, Floats]:
            values, slopes = zip(*(cls._likelihood(theta, block) for block in blocks), strict=True)
            return float(sum(values)), np.sum(slopes, axis=0)

        estimates = maximise(likelihood, cls.parameter_names, starts, float(rows.weight.sum()), units)
        return cls(*estimates.parameters, unit=unit, estimates=estimates)

    def _credit(self, pilot: PurchaseModel, every: int) -> Self:
        """Record that the starts were compared by a pilot fit."""
        if self.estimates is None or pilot.convergence is None or self.convergence is None:
            return self
        mine, first = self.convergence, pilot.convergence
        message = mine.message
        if mine.converged:
            message = (
                f"a maximum; {first.agreeing} of {first.starts} starts led there on one in {every} of the histories"
            )
        record = replace(
            mine,
            message=message,
            starts=first.starts,
            agreeing=first.agreeing,
            evaluations=mine.evaluations + first.evaluations,
        )
        return replace(self, estimates=replace(self.estimates, convergence=record))

    @classmethod
    @abstractmethod
    def _units(cls, length: float) -> Floats:
        """Natural size of each parameter when the longest observation has this length."""

    @classmethod
    @abstractmethod
    def _likelihood(cls, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        """Return the log-likelihood and its gradient."""

    @classmethod
    def _check(cls, summary: CustomerSummary, rows: Rows) -> None:
        customers, repeats = float(rows.weight.sum()), float(rows.weight[rows.x > 0].sum())
        who = f"{customers:,.0f} customer{'' if customers == 1 else 's'}"
        problems = []
        if customers < 2:
            problems.append(f"{cls.name}: {who} only; differences between customers need at least two")
        if repeats == 0:
            problems.append(
                f"{cls.name}: none of {who} bought again, so nothing can be learned about buying "
                "or leaving; observe for longer, or check the customer column"
            )
        if summary.first_purchase == "include":
            problems.append(f"{cls.name}: frequency counts the first purchase; summarise with first_purchase='exclude'")
        if summary.timing not in (None, cls.timing):
            problems.append(
                f"{cls.name}: needs {cls.timing} times, and the summary is {summary.timing}; summarise the log with "
                f"timing={cls.timing!r}"
            )
        if rows.T.max() <= 0:
            problems.append(f"{cls.name}: every customer was observed for 0 {summary.unit}s; set a later end")
        if problems:
            raise InputError(problems)

    def log_likelihood(self, data: CustomerSummary | pd.DataFrame, *, weights: ArrayLike | None = None) -> float:
        """Log-likelihood of data under this model's parameters, summed over customers.

        Parameters
        ----------
        data, weights
            As for :meth:`fit`.

        Returns
        -------
        float
            Natural logarithm of the density of the histories.

        Raises
        ------
        InputError
            If the data break a rule of :meth:`CustomerSummary.of`.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> silent = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [20.0]})
        >>> bool(abs(model.log_likelihood(silent) - 0.243 * np.log(4.414 / 24.414)) < 1e-12)
        True
        """
        rows = _rows(as_summary(data), weights)
        return self._likelihood(np.array(list(self.parameters.values())), rows)[0]

    # -- one customer's future --------------------------------------------------------------------------------------

    @abstractmethod
    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Probability that a customer with this history has not left by the end of observation.

        Parameters
        ----------
        frequency, recency, T
            Histories; any shapes that go together.

        Returns
        -------
        numpy.ndarray
            Probabilities in 0..1.

        Raises
        ------
        InputError
            If a history is impossible.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> round(float(BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426).probability_alive(2, 30.43, 38.86)), 4)
        0.7266
        """

    @abstractmethod
    def _purchases_if_alive(self, periods: Floats, x: Floats, T: Floats) -> Floats:
        """Expected purchases in ``periods`` of customers who are alive at ``T``; flat arrays of one length."""

    @abstractmethod
    def _discounted_if_alive(self, discount: float, periods: float, x: Floats, T: Floats) -> Floats:
        """Discounted expected purchases of customers who are alive at ``T``; flat arrays of one length."""

    def expected_purchases(
        self, periods: ArrayLike, frequency: ArrayLike = 0.0, recency: ArrayLike = 0.0, T: ArrayLike = 0.0
    ) -> Floats:
        r"""Purchases to expect of a customer in the next periods; of a new customer, if no history is given.

        .. math:: E = P(\text{alive}) \cdot E[\text{purchases in } t \mid \text{alive}],

        the second factor being on the model's own page.

        Parameters
        ----------
        periods
            Length of the future, at least 0; any shape that goes with the history.
        frequency, recency, T
            The customer's history; 0, 0, 0 is a customer at the moment of the first purchase.

        Returns
        -------
        numpy.ndarray
            Expected number of purchases (the first purchase of a new customer not counted).

        Raises
        ------
        InputError
            If ``periods`` is negative or infinite, or the history is impossible.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> round(float(model.expected_purchases(39, frequency=2, recency=30.43, T=38.86)), 3)
        1.226
        """
        t, x, t_x, T_ = _history(frequency, recency, T, periods)
        flat = [np.ascontiguousarray(v.ravel()) for v in (t, x, T_)]
        alive = self.probability_alive(x, t_x, T_)
        return alive * self._purchases_if_alive(*flat).reshape(x.shape)

    def discounted_purchases(
        self,
        annual_discount_rate: float,
        frequency: ArrayLike = 0.0,
        recency: ArrayLike = 0.0,
        T: ArrayLike = 0.0,
        *,
        periods: float = np.inf,
    ) -> Floats:
        r"""Discounted expected residual transactions (DERT) of a customer; of a new one, if no history is given.

        .. math:: DERT = P(\text{alive}) \int_0^{\infty} (1 + i)^{-t}\, m(t)\, dt,

        with :math:`m(t)` the purchases a year of a customer alive at :math:`T`, :math:`t` years later; for the BG/BB
        the sum over opportunities.

        Parameters
        ----------
        annual_discount_rate
            Effective rate a year, above 0 (at least 0 if ``periods`` is finite); 0.10 is 10 %.
        frequency, recency, T
            The customer's history.
        periods
            How far to look ahead; for ever by default.

        Returns
        -------
        numpy.ndarray
            Purchases after ``T``, each worth ``(1 + i)^-years`` of the time until it is made.

        Raises
        ------
        InputError
            If the rate is out of range, or the model's unit has no known length.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> soon, ever = (float(model.discounted_purchases(0.1, 2, 30.43, 38.86, periods=p)) for p in (39, np.inf))
        >>> 0 < soon < 1.226 < ever
        True
        """
        per_period = self._discount(annual_discount_rate, periods)
        _, x, t_x, T_ = _history(frequency, recency, T, 0.0)
        ahead = self._discounted_if_alive(per_period, periods, np.ravel(x), np.ravel(T_))
        return self.probability_alive(x, t_x, T_) * ahead.reshape(x.shape)

    def _discount(self, annual: float, periods: float) -> float:
        """Turn an annual rate into the effective rate of a period."""
        if self.unit == "period":
            raise InputError(
                f"unit: this {self.name} model does not know how long its period is, so an annual discount rate means "
                "nothing; fit with unit='week' or the like"
            )
        if not (np.isfinite(annual) and (annual > 0 or (annual == 0 and np.isfinite(periods)))):
            raise InputError(
                f"annual_discount_rate: must be above 0 (0.10 is 10 %), or 0 with a finite horizon, got {annual!r}"
            )
        if not periods > 0:
            raise InputError(f"periods: must be above 0, got {periods!r}")
        return float(period_rate(annual, periods_per_year=periods_per_year(self.unit)))

    # -- many customers ---------------------------------------------------------------------------------------------

    def predict(self, data: CustomerSummary | pd.DataFrame, periods: float) -> pd.DataFrame:
        """Predict each customer: probability of still being one, and purchases in the next periods.

        Parameters
        ----------
        data
            A summary, or a table with ``frequency``, ``recency`` and ``T``.
        periods
            Length of the future, in the model's unit.

        Returns
        -------
        pandas.DataFrame
            Index as the data's; columns ``probability_alive`` and ``expected_purchases``.

        Raises
        ------
        InputError
            If the data's unit is not the model's, or a number is out of range.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> table = pd.DataFrame({"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]})
        >>> model.predict(table, 39).round(3)
           probability_alive  expected_purchases
        0              0.727               1.226
        1              1.000               0.195
        """
        summary = self._same_unit(data)
        x, t_x, T = summary.frequency, summary.recency, summary.T
        if not periods >= 0:
            raise InputError(f"periods: must be at least 0, got {periods!r}")
        alive = self.probability_alive(x, t_x, T)
        ahead = self._purchases_if_alive(np.full(len(x), float(periods)), x, T)
        return pd.DataFrame(
            {"probability_alive": alive, "expected_purchases": alive * ahead}, index=summary.table.index
        )

    def residual_lifetime_value(
        self,
        data: CustomerSummary | pd.DataFrame,
        spend: GammaGamma | ArrayLike,
        *,
        annual_discount_rate: float,
        margin: float = 1.0,
        periods: float = np.inf,
    ) -> pd.DataFrame:
        """Value each customer's future: residual value = margin x DERT x expected spend an occasion.

        Parameters
        ----------
        data
            A summary with ``monetary_value`` (if ``spend`` is a model).
        spend
            A fitted :class:`~custsim.value.gammagamma.GammaGamma`, or spend an occasion in currency units, one number
            for all or one for each customer.
        annual_discount_rate
            Effective rate a year; 0.10 is 10 %.
        margin
            Contribution as a share of spend, above 0 and at most 1.
        periods
            How far to look ahead; for ever by default.

        Returns
        -------
        pandas.DataFrame
            Index as the data's; columns ``probability_alive``, ``discounted_purchases``, ``expected_spend`` and
            ``residual_value`` (currency units, at the end of observation; what was earned before is not in it).

        Raises
        ------
        InputError
            If units differ or a number is out of range.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> table = pd.DataFrame({"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]})
        >>> worth = model.residual_lifetime_value(table, 35.0, annual_discount_rate=0.15, margin=0.3)
        >>> bool(worth["residual_value"][0] > worth["residual_value"][1])
        True
        """
        summary = self._same_unit(data)
        if not 0 < margin <= 1:
            raise InputError(f"margin: must be a share above 0 and at most 1 (0.3 is 30 %), got {margin!r}")
        per_period = self._discount(annual_discount_rate, periods)
        x, t_x, T = summary.frequency, summary.recency, summary.T
        alive = self.probability_alive(x, t_x, T)
        purchases = alive * self._discounted_if_alive(per_period, periods, x, T)
        each = spend.expected_spend(summary) if hasattr(spend, "expected_spend") else _spend_by_hand(spend, x.shape)
        return pd.DataFrame(
            {
                "probability_alive": alive,
                "discounted_purchases": purchases,
                "expected_spend": each,
                "residual_value": margin * purchases * each,
            },
            index=summary.table.index,
        )

    def _same_unit(self, data: CustomerSummary | pd.DataFrame) -> CustomerSummary:
        summary = as_summary(data)
        if "period" not in (summary.unit, self.unit) and summary.unit != self.unit:
            raise InputError(f"unit: the model is in {self.unit}s, the data in {summary.unit}s; summarise again")
        if summary.timing not in (None, self.timing):
            raise InputError(f"{self.name}: needs {self.timing} times, and the summary is {summary.timing}")
        return summary

    # -- simulation -------------------------------------------------------------------------------------------------

    def simulate(
        self,
        T: ArrayLike,
        *,
        seed: int,
        holdout: float = 0.0,
        customers: int | None = None,
        spend: GammaGamma | None = None,
    ) -> SimulatedCustomers:
        """Draw customers from the model, and let them buy until the end of observation and beyond.

        Parameters
        ----------
        T
            How long each customer is observed: one number for each, or one for all. Customers with a shorter ``T``
            come later; all are observed to the same end.
        seed
            Seed of the random numbers; the same seed gives the same customers.
        holdout
            Periods to go on after the end of observation.
        customers
            How many, if ``T`` is one number.
        spend
            A spend model to draw amounts from.

        Returns
        -------
        SimulatedCustomers
            The log, the truth behind it, and the summary of what was observed.

        Raises
        ------
        InputError
            If a number is out of range.

        Examples
        --------
        >>> from custsim.value.bgnbd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> drawn = model.simulate(39.0, customers=3, seed=1, holdout=39.0)
        >>> len(drawn.summary), drawn.end
        (3, 39.0)
        """
        length = np.atleast_1d(np.asarray(T, dtype=np.float64))
        if customers is not None:
            length = np.broadcast_to(length, (int(customers),))
        if length.ndim != 1 or len(length) == 0 or not np.all(np.isfinite(length) & (length >= 0)) or holdout < 0:
            raise InputError("T and holdout: must be finite and at least 0, T one number or one for each customer")
        rng = np.random.default_rng(seed)
        rate, lifetime, who, when = self._draw(rng, length, length + holdout)
        return _assemble(self, length, float(holdout), rate, lifetime, who, when, spend, rng)

    @abstractmethod
    def _draw(self, rng: np.random.Generator, length: Floats, horizon: Floats) -> tuple[Floats, Floats, Any, Floats]:
        """Draw (rate, lifetime) of each customer, and (customer, time since the first purchase) of each repeat."""


def _assemble(
    model: PurchaseModel,
    length: Floats,
    holdout: float,
    rate: Floats,
    lifetime: Floats,
    who: NDArray[np.int64],
    when: Floats,
    spend: GammaGamma | None,
    rng: np.random.Generator,
) -> SimulatedCustomers:
    """Put simulated purchases together: the log, the summary, the truth."""
    size = len(length)
    end = float(length.max())
    customer = np.concatenate([np.arange(size), who])
    since = np.concatenate([np.zeros(size), when])
    order = np.lexsort((since, customer))
    customer, since = customer[order], since[order]
    columns: dict[str, Any] = {"customer": customer, "time": (end - length)[customer] + since}
    seen = (since > 0) & (since <= length[customer])
    table: dict[str, Any] = {"frequency": np.bincount(customer[seen], minlength=size)}
    last = np.zeros(size)
    np.maximum.at(last, customer[seen], since[seen])
    table |= {"recency": last, "T": length}
    if spend is not None:
        columns["amount"] = spend.simulate_amounts(customer, seed=rng)
        total = np.bincount(customer[seen], weights=columns["amount"][seen], minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            table["monetary_value"] = np.where(table["frequency"] > 0, total / table["frequency"], np.nan)
    index = pd.RangeIndex(size, name="customer")
    later = since > length[customer]
    truth = {
        "purchase_rate": rate,
        "lifetime": lifetime,
        "alive": lifetime > length,
        "holdout_purchases": np.bincount(customer[later], minlength=size),
    }
    summary = CustomerSummary.of(pd.DataFrame(table, index=index), unit=model.unit, timing=model.timing)
    occasions = pd.DataFrame({"customer": customer, "time": columns["time"]})
    return SimulatedCustomers(
        transactions=pd.DataFrame(columns),
        truth=pd.DataFrame(truth, index=index),
        summary=replace(summary, occasions=occasions[(occasions["time"] <= end).to_numpy()]),
        end=end,
        holdout=holdout,
    )


def draw_purchases(
    rng: np.random.Generator, rate: Floats, lifetime: Floats, leave: Floats, horizon: Floats
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Let customers buy at their rates until they leave or the simulation ends.

    Parameters
    ----------
    rng
        Random numbers.
    rate
        Purchases a period while alive.
    lifetime
        End of the relationship known beforehand (0: gone at once; infinite: not known).
    leave
        Chance to leave after each purchase.
    horizon
        How long each customer is followed.

    Returns
    -------
    lifetime, customer, time
        The lifetimes, and one entry for each purchase.
    """
    lifetime = lifetime.copy()
    who: list[NDArray[np.int64]] = []
    when: list[Floats] = []
    active = np.flatnonzero(lifetime > 0)
    clock = np.zeros(len(active))
    while len(active):
        clock = clock + rng.exponential(1 / rate[active])
        buys = clock <= np.minimum(lifetime, horizon)[active]
        active, clock = active[buys], clock[buys]
        who.append(active)
        when.append(clock)
        goes = rng.random(len(active)) < leave[active]
        lifetime[active[goes]] = clock[goes]
        active, clock = active[~goes], clock[~goes]
    if not who:
        return lifetime, np.zeros(0, dtype=np.int64), np.zeros(0)
    return lifetime, np.concatenate(who), np.concatenate(when)


def _spend_by_hand(spend: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Spend an occasion that is given and not modelled: one number for all, or one for each customer."""
    each = np.asarray(spend, dtype=np.float64)
    if each.shape not in ((), shape):
        raise InputError(f"spend: must be one number, or one for each of the {shape[0]} customers, got {each.shape}")
    if not np.isfinite(each).all():
        raise InputError(f"spend: {int((~np.isfinite(each)).sum())} of {each.size} numbers are missing or infinite")
    return np.broadcast_to(each, shape)


def _rows(summary: CustomerSummary, weights: ArrayLike | None) -> Rows:
    """Group customers with equal histories."""
    each = np.ones(len(summary)) if weights is None else np.asarray(weights, dtype=np.float64)
    if each.shape != (len(summary),) or not np.all(np.isfinite(each) & (each >= 0)):
        raise InputError(f"weights: must be one number of at least 0 for each of the {len(summary)} rows")
    table = pd.DataFrame({"x": summary.frequency, "t_x": summary.recency, "T": summary.T, "weight": each})
    grouped = table.groupby(["x", "t_x", "T"], as_index=False)["weight"].sum()
    grouped = grouped[grouped["weight"] > 0]
    if grouped.empty:
        raise InputError("data: has no customers")
    return Rows(*(grouped[name].to_numpy(dtype=np.float64) for name in ("x", "t_x", "T", "weight")))


def _history(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, periods: ArrayLike) -> tuple[Floats, ...]:
    """Broadcast (periods, frequency, recency, T) and refuse what cannot be."""
    t, x, t_x, T_ = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (periods, frequency, recency, T)))
    problems = []
    if not np.all(t >= 0):
        problems.append(f"periods: must be at least 0, got {np.min(t):g}")
    elif not np.all(np.isfinite(t)):
        problems.append("periods: must be finite, or purchases may add up for ever; for them all, discount them "
                        "(discounted_purchases)")  # fmt: skip
    if np.any(np.isinf(T_)):
        problems.append("history: T must be finite; nobody was observed for ever")
    if not np.all((x >= 0) & (t_x >= 0) & (t_x <= T_)):
        problems.append("history: needs frequency >= 0 and 0 <= recency <= T for every customer")
    elif np.any((x == 0) & (t_x > 0)):
        problems.append("history: recency must be 0 where frequency is 0")
    if problems:
        raise InputError(problems)
    return t, x, t_x, T_
