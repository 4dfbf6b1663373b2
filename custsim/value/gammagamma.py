r"""Gamma-Gamma: what a customer spends on an occasion, learned from few occasions and from everybody else.

Each customer's amounts vary around an own mean, Gamma(p, nu) an occasion; across customers, nu is Gamma(q, v). A
customer seen often is believed; one seen once is drawn toward the mean of all. Spend is assumed independent of
frequency: look at :func:`spend_frequency_correlation` first.

**Two likelihoods are in use, and they differ by exactly the sum of the logarithms of the frequencies**: the density of
the *mean* amount of an occasion (Fader & Hardie 2013), and that of the *total* (Fader, Hardie & Lee 2005). The
estimates are the same. Here the mean is the default, and ``of="total"`` gives the other.

References
----------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), RFM and CLV: using iso-value curves for customer base analysis,
Journal of Marketing Research 42(4).
Fader, P. S. & Hardie, B. G. S. (2013), The Gamma-Gamma model of monetary value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.errors import InputError
from custsim.value.likelihood import Fitted, maximise, require_positive
from custsim.value.transactions import CustomerSummary

__all__ = ["GammaGamma", "spend_frequency_correlation"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GammaGamma(Fitted):
    r"""Gamma-Gamma model of spend an occasion.

    The density of the mean amount :math:`z` of :math:`x` occasions is

    .. math:: f(z \mid x) = \frac{\Gamma(px + q)}{\Gamma(px)\, \Gamma(q)}
              \frac{v^q \, z^{px - 1} \, x^{px}}{(v + x z)^{px + q}}.

    Parameters
    ----------
    p
        Shape of a customer's amounts: their coefficient of variation is ``1 / sqrt(p)``. Above 0.
    q, v
        Shape and rate of the scale across customers: mean spend is ``p v / (q - 1)`` currency units, finite if
        ``q > 1``. Above 0.
    estimates
        How the parameters were found; ``None`` where they were given by hand.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Fader & Hardie (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> model = GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> round(model.mean_spend, 2)
    35.22
    """

    p: float
    q: float
    v: float
    name: ClassVar[str] = "Gamma-Gamma"
    parameter_names: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    def __post_init__(self) -> None:
        require_positive("Gamma-Gamma", p=self.p, q=self.q, v=self.v)

    @property
    def mean_spend(self) -> float:
        """Mean spend an occasion across customers, ``p v / (q - 1)``; infinite if ``q <= 1``."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")

    @classmethod
    def fit(
        cls,
        data: CustomerSummary | pd.DataFrame,
        *,
        weights: ArrayLike | None = None,
        start: Self | None = None,
    ) -> Self:
        """Fit by maximum likelihood to the customers with repeat purchases.

        Parameters
        ----------
        data
            A summary with ``monetary_value``, or a table with ``frequency`` and ``monetary_value``. ``frequency`` must
            be the number of amounts averaged: repeat occasions, unless the first purchase was included in both.
        weights
            Number of customers each row stands for; 1 by default.
        start
            A model to set out from.

        Returns
        -------
        GammaGamma
            The fitted model. Read ``convergence`` before the parameters.

        Raises
        ------
        InputError
            If fewer than two customers bought again, an amount is missing or not above 0, all amounts are equal, or
            there is not one weight of at least 0 for each row.

        Examples
        --------
        >>> drawn = GammaGamma(p=6.0, q=4.0, v=15.0).simulate(np.full(4000, 5), seed=1)
        >>> bool(abs(GammaGamma.fit(drawn).mean_spend - 30) < 2)
        True
        """
        x, mean, each = _amounts(data, weights)
        size = float(mean.mean())
        units = np.array([1.0, 1.0, size])
        starts = [(2.0, 3.0, 1.0), (6.0, 4.0, 0.4), (1.0, 1.5, 1.0), (20.0, 10.0, 0.3)]
        if start is not None:
            starts = [(start.p, start.q, start.v / size)]
        table = pd.DataFrame({"x": x, "z": mean, "n": each}).groupby(["x", "z"], as_index=False)["n"].sum()
        x, mean, n = (table[name].to_numpy(dtype=np.float64) for name in ("x", "z", "n"))
        rows = _Spending(x, mean, n)
        estimates = maximise(lambda t: _likelihood(t, rows), cls.parameter_names, starts, float(n.sum()), units)
        return cls(*estimates.parameters, estimates=estimates)

    def log_likelihood(self, data: CustomerSummary | pd.DataFrame, *, of: Literal["mean", "total"] = "mean") -> float:
        """Log-likelihood of the customers with repeat purchases.

        Parameters
        ----------
        data
            As for :meth:`fit`.
        of
            ``"mean"``: density of the mean amount; ``"total"``: density of the sum of the amounts, smaller by the sum
            of the logarithms of the frequencies.

        Returns
        -------
        float
            Summed over customers.

        Raises
        ------
        InputError
            If ``of`` is neither, or as for :meth:`fit`.

        Examples
        --------
        >>> table = pd.DataFrame({"frequency": [2, 3], "monetary_value": [20.0, 40.0]})
        >>> model = GammaGamma(p=6.25, q=3.74, v=15.44)
        >>> gap = model.log_likelihood(table) - model.log_likelihood(table, of="total")
        >>> bool(abs(gap - np.log(6)) < 1e-12)
        True
        """
        if of not in ("mean", "total"):
            raise InputError(f"of: must be 'mean' or 'total', got {of!r}")
        x, mean, _ = _amounts(data)
        value, _ = _likelihood(np.array([self.p, self.q, self.v]), _Spending(x, mean, np.ones(len(x))))
        return value - (float(np.log(x).sum()) if of == "total" else 0.0)

    def expected_spend(
        self, data: CustomerSummary | pd.DataFrame | ArrayLike, monetary_value: ArrayLike | None = None
    ) -> Floats:
        r"""Spend to expect of a customer on an occasion, given what was seen.

        .. math:: E = \frac{p\,(v + x \bar z)}{p x + q - 1},

        a weighted mean of the customer's own mean and the mean of all; the mean of all where ``x = 0``.

        Parameters
        ----------
        data
            A summary or table; or frequencies, with ``monetary_value`` beside them.
        monetary_value
            Mean amounts, if ``data`` is frequencies; ignored where the frequency is 0.

        Returns
        -------
        numpy.ndarray
            Currency units, one number for each customer.

        Raises
        ------
        InputError
            If an amount is missing or not above 0 where the frequency is above 0, or if ``q <= 1`` and a customer
            without repeat purchases asks for the mean of all, which is infinite.

        Examples
        --------
        >>> GammaGamma(p=6.25, q=3.74, v=15.44).expected_spend([2, 1, 0], [22.35, 11.77, 0.0]).round(2)
        array([24.66, 18.92, 35.22])
        """
        x, mean = _columns(data, monetary_value)
        bad = (x > 0) & ~(mean > 0)
        if bad.any():
            raise InputError(f"monetary_value: {int(bad.sum()):,} customers bought again without an amount above 0")
        if self.q <= 1 and np.any(self.p * x + self.q <= 1):
            raise InputError(
                f"Gamma-Gamma: q = {self.q:.3g} is at most 1, so mean spend across customers is infinite and nothing "
                "can be said of customers without repeat purchases; give spend on an occasion yourself (spend=...)"
            )
        return np.asarray(self.p * (self.v + np.where(x > 0, x * mean, 0.0)) / (self.p * x + self.q - 1))

    def predict(self, data: CustomerSummary | pd.DataFrame) -> pd.DataFrame:
        """Tabulate each customer's expected spend an occasion; see :meth:`expected_spend`.

        Parameters
        ----------
        data
            A summary with ``monetary_value``, or a table with ``frequency`` and ``monetary_value``.

        Returns
        -------
        pandas.DataFrame
            Index as the data's; column ``expected_spend``, currency units.

        Raises
        ------
        InputError
            As for :meth:`expected_spend`.

        Examples
        --------
        >>> table = pd.DataFrame({"frequency": [2], "monetary_value": [22.35]})
        >>> GammaGamma(p=6.25, q=3.74, v=15.44).predict(table)["expected_spend"].round(2).tolist()
        [24.66]
        """
        index = data.table.index if isinstance(data, CustomerSummary) else data.index
        return pd.DataFrame({"expected_spend": self.expected_spend(data)}, index=index)

    def simulate_amounts(self, customer: ArrayLike, *, seed: int | np.random.Generator) -> Floats:
        """Draw an amount for each purchase, given who made it.

        Parameters
        ----------
        customer
            Whole numbers from 0, one for each purchase.
        seed
            Seed, or a generator to go on with.

        Returns
        -------
        numpy.ndarray
            Currency units, one number for each purchase.

        Raises
        ------
        InputError
            If a customer's number is negative.

        Examples
        --------
        >>> GammaGamma(p=6.25, q=3.74, v=15.44).simulate_amounts([0, 0, 1], seed=1).shape
        (3,)
        """
        who = np.asarray(customer, dtype=np.int64)
        if np.any(who < 0):
            raise InputError(f"customer: must be whole numbers from 0, got {who.min()}")
        rng = np.random.default_rng(seed)
        nu = rng.gamma(self.q, 1 / self.v, int(who.max(initial=-1)) + 1)
        return np.asarray(rng.gamma(self.p, 1 / nu[who]))

    def simulate(self, frequency: ArrayLike, *, seed: int) -> pd.DataFrame:
        """Draw customers with given numbers of repeat purchases.

        Parameters
        ----------
        frequency
            Number of amounts of each customer, at least 0.
        seed
            Seed of the random numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``frequency``, ``monetary_value`` (not a number where ``frequency`` is 0), and ``true_mean``, which
            no firm ever sees.

        Raises
        ------
        InputError
            If a frequency is negative or not finite.

        Examples
        --------
        >>> GammaGamma(p=6.25, q=3.74, v=15.44).simulate([3, 0], seed=1)["monetary_value"].isna().tolist()
        [False, True]
        """
        x = np.asarray(frequency, dtype=np.float64)
        if not np.all(np.isfinite(x) & (x >= 0)):
            raise InputError("frequency: must be finite and at least 0 for every customer")
        rng = np.random.default_rng(seed)
        nu = rng.gamma(self.q, 1 / self.v, len(x))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(x > 0, rng.gamma(np.maximum(self.p * x, 1e-300), 1 / nu) / x, np.nan)
        return pd.DataFrame({"frequency": x, "monetary_value": mean, "true_mean": self.p / nu})


def spend_frequency_correlation(data: CustomerSummary | pd.DataFrame) -> float:
    """Correlation of frequency and mean spend (Pearson's) among customers who bought again.

    The Gamma-Gamma model assumes that it is 0. Published CDNOW: 0.11, taken as small enough. Where it is not, customers
    who buy often are valued wrongly, in the direction of its sign.

    Parameters
    ----------
    data
        As for :meth:`GammaGamma.fit`.

    Returns
    -------
    float
        -1 to 1; 0 if frequencies or amounts are all alike.

    Raises
    ------
    InputError
        As for :meth:`GammaGamma.fit`.

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> table = pd.DataFrame({"frequency": [1, 2, 3], "monetary_value": [10.0, 20.0, 30.0]})
    >>> round(spend_frequency_correlation(table), 6)
    1.0
    """
    x, mean, _ = _amounts(data)
    if np.ptp(x) == 0 or np.ptp(mean) == 0:
        return 0.0
    return float(np.corrcoef(x, mean)[0, 1])


class _Spending:
    """Mean amounts grouped by frequency, on which most of the likelihood depends alone.

    Sums go without the linear algebra library: it would share them out among threads, which then wait for each other.
    """

    def __init__(self, x: Floats, z: Floats, weight: Floats) -> None:
        order = np.argsort(x, kind="stable")
        x, z, self.weight = x[order], z[order], weight[order]
        self.starts = np.flatnonzero(np.diff(x, prepend=np.nan) != 0)
        self.total = x * z  # spent on all occasions
        self.x, self.n = x[self.starts], self.sums(self.weight)
        self.log_total = self.sums(self.weight * np.log(self.total))
        self.log_mean = float((self.weight * np.log(z)).sum())

    def sums(self, values: Floats) -> Floats:
        """Add up one number for each row, frequency by frequency."""
        return np.asarray(np.add.reduceat(values, self.starts), dtype=np.float64)


def _likelihood(theta: Floats, data: _Spending) -> tuple[float, Floats]:
    """Log-likelihood of mean amounts, and its gradient."""
    p, q, v = (float(t) for t in theta)
    px, n = p * data.x, data.n
    # logarithms of the shares that xz and v have in v + xz, added up
    own = -data.sums(data.weight * np.log1p(v / data.total))
    others = n * np.log(v) - data.log_total + own
    each = n * (special.gammaln(px + q) - special.gammaln(px) - special.gammaln(q)) + px * own + q * others
    psi = special.digamma(px + q)
    slope = np.array(
        [
            (data.x * (n * (psi - special.digamma(px)) + own)).sum(),
            (n * (psi - special.digamma(q)) + others).sum(),
            (n * q / v - (px + q) * data.sums(data.weight / (v + data.total))).sum(),
        ]
    )
    return float(each.sum()) - data.log_mean, slope


def _columns(
    data: CustomerSummary | pd.DataFrame | ArrayLike, monetary_value: ArrayLike | None
) -> tuple[Floats, Floats]:
    if isinstance(data, CustomerSummary):
        return data.frequency, data.monetary_value
    if isinstance(data, pd.DataFrame):
        missing = [name for name in ("frequency", "monetary_value") if name not in data]
        if missing:
            raise InputError(f"spend table: lacks {', '.join(missing)}; it has: {', '.join(map(str, data.columns))}")
        return data["frequency"].to_numpy(np.float64), data["monetary_value"].to_numpy(np.float64)
    if monetary_value is None:
        raise InputError("monetary_value: give it beside the frequencies, or give a summary")
    x, mean = np.broadcast_arrays(np.asarray(data, np.float64), np.asarray(monetary_value, np.float64))
    return x, mean


def _amounts(data: CustomerSummary | pd.DataFrame, weights: ArrayLike | None = None) -> tuple[Floats, Floats, Floats]:
    """Return frequency, mean amount and weight of those who bought again."""
    x, mean = _columns(data, None)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != x.shape or not np.all(np.isfinite(weight) & (weight >= 0)):
        raise InputError(f"weights: must be one number of at least 0 for each of the {len(x)} rows")
    again = (x > 0) & (weight > 0)
    count = float(weight[again].sum())
    problems = []
    if count < 2:
        who = "1 customer" if count else "no customer"
        problems.append(f"Gamma-Gamma: {who} bought again; a model of spend needs at least two")
    bad = again & ~(np.isfinite(mean) & (mean > 0))
    if bad.any():
        problems.append(
            f"monetary_value: {int(bad.sum()):,} of {int(again.sum()):,} customers who bought again have no mean "
            "amount above 0; leave free or refunded purchases out (nonpositive='drop')"
        )
    elif count >= 2 and np.ptp(mean[again]) == 0:
        problems.append("monetary_value: all amounts are equal; no model of spend is needed")
    if problems:
        raise InputError(problems)
    return x[again], mean[again], weight[again]
