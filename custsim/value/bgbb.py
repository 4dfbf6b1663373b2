r"""BG/BB: customers with one opportunity a period, who buy or not, and may leave between opportunities.

The discrete-time sibling of the Pareto/NBD: yearly conferences, charity drives, cruises, or any business counted by
period. At each opportunity a customer still alive leaves first with an own chance :math:`\theta`, and, if still there,
buys with an own chance :math:`p`. Across customers, :math:`p` is Beta(alpha, beta) and :math:`\theta` is
Beta(gamma, delta).

References
----------
Fader, P. S., Hardie, B. G. S. & Shang, J. (2010), Customer-base analysis in a discrete-time noncontractual setting,
Marketing Science 29(6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.errors import InputError
from custsim.value.likelihood import require_positive
from custsim.value.purchase_model import PurchaseModel, Rows, _history
from custsim.value.quadrature import beta_mean
from custsim.value.transactions import CustomerSummary, Timing

__all__ = ["BGBB"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BGBB(PurchaseModel):
    r"""BG/BB: one opportunity a period; customers buy or not, and may leave between opportunities.

    ``frequency`` counts the periods with a purchase after the first, ``recency`` is the last such period, ``T`` the
    number of opportunities: summarise a log with ``timing="discrete"``. A history of :math:`n = T` opportunities has
    the likelihood

    .. math:: L = \sum_{i=t_x}^{n} \frac{B(\alpha + x, \beta + i - x)}{B(\alpha, \beta)} \cdot
              \frac{B(\gamma + \delta_{i<n},\, \delta + i)}{B(\gamma, \delta)},

    the sum being over the opportunities for which the customer was there, and one alive at :math:`n` is expected to
    make, at the next :math:`m`,

    .. math:: \frac{\alpha + x}{\alpha + \beta + n} \sum_{j=1}^{m}
              \frac{B(\gamma, \delta + n + j)}{B(\gamma, \delta + n)} \text{ purchases.}

    Parameters
    ----------
    alpha, beta
        Chances to buy at an opportunity are Beta(alpha, beta). Above 0.
    gamma, delta
        Chances to leave before an opportunity are Beta(gamma, delta). Above 0.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Fader, Hardie & Shang (2010), Marketing Science 29(6).

    Examples
    --------
    >>> donors = BGBB(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783, unit="year")
    >>> donors.probability_alive([6, 0], [6, 0], 6).round(3)
    array([1.   , 0.116])
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    name: ClassVar[str] = "BG/BB"
    parameter_names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")
    timing: ClassVar[Timing] = "discrete"
    starts: ClassVar[Sequence[tuple[float, ...]]] = (
        (1.0, 1.0, 0.5, 2.0),
        (0.5, 3.0, 1.0, 10.0),
        (2.0, 1.0, 0.2, 1.0),
        (0.3, 0.6, 2.0, 8.0),
    )

    def __post_init__(self) -> None:
        require_positive(self.name, alpha=self.alpha, beta=self.beta, gamma=self.gamma, delta=self.delta)

    @classmethod
    def _units(cls, length: float) -> Floats:
        return np.ones(4)

    @classmethod
    def _check(cls, summary: CustomerSummary, rows: Rows) -> None:
        super()._check(summary, rows)
        odd = (rows.t_x % 1 != 0) | (rows.T % 1 != 0) | (rows.x > rows.t_x)
        if odd.any():
            raise InputError(
                f"BG/BB: {rows.weight[odd].sum():,.0f} customers have times that do not count opportunities (whole "
                "numbers, at most one purchase each); summarise the log with timing='discrete'"
            )

    @classmethod
    def _likelihood(cls, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        alpha, beta, gamma, delta = (float(v) for v in theta)
        x, n = rows.x[:, None], rows.weight
        active, left = _active(rows.t_x, rows.T)  # number of opportunities the customer was there for, and left after
        log_each = special.betaln(alpha + x, beta + active - x) + special.betaln(gamma + left, delta + active)
        log_each[np.isnan(active)] = -np.inf
        log_both = special.logsumexp(log_each, axis=1)
        share = np.exp(log_each - log_both[:, None])
        norm = special.betaln(alpha, beta) + special.betaln(gamma, delta)

        def mean(values: Floats) -> Floats:
            return np.asarray((share * np.where(np.isnan(values), 0.0, values)).sum(axis=1))

        buy, stay = special.digamma(alpha + beta + active), special.digamma(gamma + delta + left + active)
        psi = special.digamma
        slope = np.array(
            [
                n @ (mean(psi(alpha + x) - buy) - psi(alpha) + psi(alpha + beta)),
                n @ (mean(psi(beta + active - x) - buy) - psi(beta) + psi(alpha + beta)),
                n @ (mean(psi(gamma + left) - stay) - psi(gamma) + psi(gamma + delta)),
                n @ (mean(psi(delta + active) - stay) - psi(delta) + psi(gamma + delta)),
            ]
        )
        return float(n @ (log_both - norm)), slope

    def probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, periods_ahead: int = 0
    ) -> Floats:
        """Probability that a customer with this history is still there.

        Parameters
        ----------
        frequency, recency, T
            Histories in opportunities; any shapes that go together.
        periods_ahead
            0: at the end of observation, as in all models here. 1: at the next opportunity, before which the customer
            may leave once more; this is what Fader, Hardie & Shang (2010) tabulate.

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
        >>> donors = BGBB(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
        >>> float(donors.probability_alive(6, 6, 6, periods_ahead=1).round(2))
        0.93
        """
        _, x, t_x, T_ = _history(frequency, recency, T, 0.0)
        if np.any((x > t_x) | (t_x % 1 != 0) | (T_ % 1 != 0)):
            raise InputError("history: BG/BB counts opportunities: whole numbers, and frequency at most recency")
        flat = np.column_stack([np.atleast_1d(v.ravel()) for v in (x, t_x, T_)])
        unique, inverse = np.unique(flat, axis=0, return_inverse=True)
        active, left = _active(unique[:, 1], unique[:, 2])
        bought = unique[:, :1]
        log_each = special.betaln(self.alpha + bought, self.beta + active - bought) + special.betaln(
            self.gamma + left, self.delta + active
        )
        log_each[np.isnan(active)] = -np.inf
        alive = np.exp(log_each[:, 0] - special.logsumexp(log_each, axis=1))
        ahead = special.betaln(self.gamma, self.delta + unique[:, 2] + periods_ahead)
        alive *= np.exp(ahead - special.betaln(self.gamma, self.delta + unique[:, 2]))
        return np.asarray(alive[np.ravel(inverse)].reshape(x.shape))

    def _purchases_if_alive(self, periods: Floats, x: Floats, T: Floats) -> Floats:
        if np.any(periods != np.floor(periods)):
            raise InputError("periods: BG/BB counts opportunities, so periods must be a whole number")
        pairs, inverse = np.unique(np.column_stack([periods, T]), axis=0, return_inverse=True)
        stays = np.array([self._survival(n, np.arange(1, m + 1)).sum() for m, n in pairs])
        return np.asarray(self._chance(x, T) * stays[np.ravel(inverse)])

    def _discounted_if_alive(self, discount: float, periods: float, x: Floats, T: Floats) -> Floats:
        unique, inverse = np.unique(T, return_inverse=True)
        factor = 1 / (1 + discount)
        if np.isfinite(periods):
            step = np.arange(1, int(periods) + 1)
            stays = np.array([(self._survival(n, step) * factor**step).sum() for n in unique])
        else:
            # sum of E[(1 - theta)^j] v^j over j >= 1, as a mean over theta: every term is positive
            stays = beta_mean(
                self.gamma,
                self.delta + unique,
                lambda theta: (1 - theta) * factor / (discount * factor + theta * factor),
                scale=np.full(len(unique), 1 / discount),
            )
        return np.asarray(self._chance(x, T) * stays[inverse])

    def _survival(self, T: float, ahead: ArrayLike) -> Floats:
        """Chance that a customer alive at ``T`` is still alive so many opportunities ahead."""
        base = self.delta + T
        log_chance = special.betaln(self.gamma, base + np.asarray(ahead)) - special.betaln(self.gamma, base)
        return np.asarray(np.exp(log_chance))

    def _chance(self, x: Floats, T: Floats) -> Floats:
        """Mean chance to buy at an opportunity of a customer alive at ``T``."""
        return np.asarray((self.alpha + x) / (self.alpha + self.beta + T))

    def _draw(self, rng: np.random.Generator, length: Floats, horizon: Floats) -> tuple[Floats, Floats, Any, Floats]:
        if np.any(length != np.floor(length)) or np.any(horizon != np.floor(horizon)):
            raise InputError("T and holdout: BG/BB counts opportunities, so they must be whole numbers")
        size = len(length)
        chance = rng.beta(self.alpha, self.beta, size)
        leave = np.maximum(rng.beta(self.gamma, self.delta, size), 1e-300)
        # there for so many opportunities: leaves before number lifetime + 1
        there = np.floor(np.log1p(-rng.random(size)) / np.log1p(-np.minimum(leave, 1 - 1e-16)))
        lifetime = np.where(there >= horizon, np.inf, there)
        who, when = [], []
        for t in range(1, int(horizon.max()) + 1):
            buys = np.flatnonzero((rng.random(size) < chance) & (there >= t) & (horizon >= t))
            who.append(buys)
            when.append(np.full(len(buys), float(t)))
        # a customer who leaves before opportunity n + 1 is there at n, which is the end of period n
        return chance, lifetime + 1, np.concatenate([np.zeros(0, np.int64), *who]), np.concatenate([np.zeros(0), *when])


def _active(t_x: Floats, T: Floats) -> tuple[Floats, Floats]:
    """List, for each history, how many opportunities the customer may have been there for.

    First column: all ``T``, and not left. Then ``t_x``, ``t_x + 1``, ... ``T - 1``, after which the customer left; not
    a number where a history has fewer.
    """
    most = int((T - t_x).max()) if len(T) else 0
    after = t_x[:, None] + np.arange(most)
    after = np.where(after < T[:, None], after, np.nan)
    active = np.column_stack([T, after])
    left = np.ones_like(active)
    left[:, 0] = 0.0
    return active, left
