r"""BG/NBD and MBG/NBD: customers who buy at random and may leave after any purchase.

While alive, a customer buys at an own rate :math:`\lambda` (Poisson); after a purchase the customer leaves with an own
chance :math:`p`. Across customers, :math:`\lambda` is Gamma(r, alpha) and :math:`p` is Beta(a, b).

The two models differ in one thing. In the BG/NBD nobody leaves before the first repeat purchase, so that **a one-time
buyer is alive for certain, however long ago that was**. In the MBG/NBD (modified) customers may also leave right after
the first purchase. Where one-time buyers matter, use the MBG/NBD or the Pareto/NBD.

References
----------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24(2).
Batislam, E. P., Denizel, M. & Filiztekin, A. (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3).
Hoppe, D. & Wagner, U. (2007), Customer base analysis: the case for a central variant of the betageometric/NBD model,
Marketing: Journal of Research and Management 3(2).
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.value.likelihood import require_positive
from custsim.value.purchase_model import PurchaseModel, Rows, _history, draw_purchases
from custsim.value.quadrature import beta_mean, discounted_integral, smooth_in_T

__all__ = ["BGNBD", "MBGNBD"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _BetaGeometric(PurchaseModel, ABC):
    """What BG/NBD and MBG/NBD share: all but the chance to leave after the first purchase."""

    r: float
    alpha: float
    a: float
    b: float
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    starts: ClassVar[Sequence[tuple[float, ...]]] = (
        (0.5, 0.2, 1.0, 2.0),
        (1.5, 0.5, 0.3, 3.0),
        (0.3, 0.05, 2.0, 8.0),
        (3.0, 2.0, 0.7, 0.7),
    )
    #: 1 if customers may leave right after the first purchase
    first: ClassVar[int]

    def __post_init__(self) -> None:
        require_positive(self.name, r=self.r, alpha=self.alpha, a=self.a, b=self.b)

    @classmethod
    def _units(cls, length: float) -> Floats:
        return np.array([1.0, length, 1.0, 1.0])

    @classmethod
    def _likelihood(cls, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        r, alpha, a, b = (float(v) for v in theta)
        # what depends on the frequency alone is computed once for each
        x, customers, which = rows.by_frequency
        size, chances = r + x, b + x + cls.first  # of the posterior gamma, and of the posterior beta
        log_odds = np.full_like(x, -np.inf)  # of leaving after the last purchase, where there is one to leave after
        later = np.zeros_like(x)
        may_leave = chances > b
        log_odds[may_leave] = np.log(a) - np.log(chances[may_leave] - 1)
        later[may_leave] = 1 / (chances[may_leave] - 1)

        n, sizes = rows.weight, size[which]
        log_now, log_then = np.log(alpha + rows.T), np.log(alpha + rows.t_x)
        log_stayed, log_left = -sizes * log_now, log_odds[which] - sizes * log_then
        log_both = np.logaddexp(log_stayed, log_left)
        left = np.exp(log_left - log_both)
        here = 1 - left
        each = special.gammaln(size) - special.gammaln(r) + r * np.log(alpha)
        each = each + special.betaln(a, chances) - special.betaln(a, b)
        psi_sum, psi_after = special.digamma(a + b), special.digamma(a + chances)
        in_time = here / (alpha + rows.T) + left / (alpha + rows.t_x)
        slope = np.array(
            [
                customers @ (special.digamma(size) - special.digamma(r) + np.log(alpha))
                - n @ (here * log_now + left * log_then),
                customers.sum() * r / alpha - n @ (sizes * in_time),
                customers @ (psi_sum - psi_after) + n @ left / a,
                customers @ (special.digamma(chances) - psi_after - special.digamma(b) + psi_sum)
                - n @ (left * later[which]),
            ]
        )
        return float(customers @ each + n @ log_both), slope

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        r"""Probability that a customer with this history has not left by the end of observation.

        .. math:: P = \left[1 + \frac{a}{b + x - 1 + k}
                      \left(\frac{\alpha + T}{\alpha + t_x}\right)^{r + x}\right]^{-1}

        with ``k = 0`` for the BG/NBD, in which it is 1 for ``x = 0``, and ``k = 1`` for the MBG/NBD.

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
        >>> fitted = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> fitted.probability_alive([2, 0], [30.43, 0], [38.86, 38.86]).round(4)
        array([0.7266, 1.    ])
        """
        _, x, t_x, T_ = _history(frequency, recency, T, 0.0)
        bought = x + self.first > 0
        with np.errstate(divide="ignore", over="ignore"):
            log_odds_left = (
                np.log(self.a)
                - np.log(np.where(bought, self.b + x - 1 + self.first, 1.0))
                + (self.r + x) * np.log((self.alpha + T_) / (self.alpha + t_x))
            )
        return np.where(bought, special.expit(-log_odds_left), 1.0)

    def _purchases_if_alive(self, periods: Floats, x: Floats, T: Floats) -> Floats:
        def expected(t: Any, x: Floats, T: Floats) -> Floats:
            size, ratio = self.r + x, t / (self.alpha + T)
            return beta_mean(
                self.a,
                self.b + x + self.first,
                lambda p: -np.expm1(-size[..., None] * np.log1p(ratio[..., None] * p)) / p,
                scale=size * ratio,
            )

        if len(periods) == 0 or np.all(periods == 0):
            return np.zeros_like(T)
        if np.all(periods == periods[0]):
            return smooth_in_T(x, T, lambda x, T: expected(periods[0], x, T), self.alpha)
        out = np.empty_like(T)
        for rows in np.array_split(np.arange(len(T)), max(1, len(T) // 20_000)):
            out[rows] = expected(periods[rows], x[rows], T[rows])
        return out

    def _discounted_if_alive(self, discount: float, periods: float, x: Floats, T: Floats) -> Floats:
        force = float(np.log1p(discount))

        def discounted(x: Floats, T: Floats) -> Floats:
            size, scale = self.r + x, self.alpha + T

            def rate(t: Floats) -> Floats:
                ratio = t / scale
                falling = beta_mean(
                    self.a,
                    self.b + x + self.first,
                    lambda p: np.exp(-(size[..., None] + 1) * np.log1p(ratio[..., None] * p)),
                    scale=size * ratio,
                    nodes=96,
                )
                return size / scale * falling

            return discounted_integral(rate, force, periods, scale / (1 + x))

        return smooth_in_T(x, T, discounted, self.alpha)

    def _draw(self, rng: np.random.Generator, length: Floats, horizon: Floats) -> tuple[Floats, Floats, Any, Floats]:
        size = len(length)
        rate = rng.gamma(self.r, 1 / self.alpha, size)
        leave = rng.beta(self.a, self.b, size)
        lifetime = np.full(size, np.inf)
        if self.first:
            lifetime[rng.random(size) < leave] = 0.0
        lifetime, who, when = draw_purchases(rng, np.maximum(rate, 1e-300), lifetime, leave, horizon)
        return rate, lifetime, who, when


@dataclass(frozen=True)
class BGNBD(_BetaGeometric):
    r"""BG/NBD: customers buy at random and may leave after any *repeat* purchase.

    One-time buyers are alive for certain under this model; see :class:`MBGNBD` where that is absurd.

    A history :math:`(x, t_x, T)` has the likelihood

    .. math:: L = \frac{\Gamma(r + x)\, \alpha^r}{\Gamma(r)} \left[ \frac{B(a, b + K)}{B(a, b)}
              (\alpha + T)^{-(r + x)} + \delta_{K > 0} \frac{B(a + 1, b + K - 1)}{B(a, b)}
              (\alpha + t_x)^{-(r + x)} \right], \qquad K = x,

    and a customer alive at :math:`T` is expected to make, in the next :math:`t` periods,

    .. math:: E\left[ \frac{1 - (1 + p\, t / (\alpha + T))^{-(r + x)}}{p} \right] \text{ purchases,}
              \qquad p \sim Beta(a, b + K).

    Parameters
    ----------
    r, alpha
        Purchase rates are Gamma(r, alpha): mean ``r / alpha`` a period. Above 0.
    a, b
        Chances to leave after a purchase are Beta(a, b): mean ``a / (a + b)``. Above 0.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24(2).

    Examples
    --------
    >>> fitted = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> round(float(fitted.expected_purchases(39, frequency=2, recency=30.43, T=38.86)), 3)
    1.226
    """

    name: ClassVar[str] = "BG/NBD"
    first: ClassVar[int] = 0


@dataclass(frozen=True)
class MBGNBD(_BetaGeometric):
    r"""MBG/NBD: customers buy at random and may leave after any purchase, the first included.

    A history :math:`(x, t_x, T)` has the likelihood

    .. math:: L = \frac{\Gamma(r + x)\, \alpha^r}{\Gamma(r)} \left[ \frac{B(a, b + K)}{B(a, b)}
              (\alpha + T)^{-(r + x)} + \delta_{K > 0} \frac{B(a + 1, b + K - 1)}{B(a, b)}
              (\alpha + t_x)^{-(r + x)} \right], \qquad K = x + 1,

    and a customer alive at :math:`T` is expected to make, in the next :math:`t` periods,

    .. math:: E\left[ \frac{1 - (1 + p\, t / (\alpha + T))^{-(r + x)}}{p} \right] \text{ purchases,}
              \qquad p \sim Beta(a, b + K).

    Parameters
    ----------
    r, alpha
        Purchase rates are Gamma(r, alpha): mean ``r / alpha`` a period. Above 0.
    a, b
        Chances to leave after a purchase are Beta(a, b): mean ``a / (a + b)``. Above 0.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Batislam, Denizel & Filiztekin (2007), International Journal of Research in Marketing 24(3).
    Hoppe & Wagner (2007), Marketing: Journal of Research and Management 3(2).

    Examples
    --------
    >>> model = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week")
    >>> bool(model.probability_alive(0, 0, 100) < model.probability_alive(0, 0, 1) < 1)
    True
    """

    name: ClassVar[str] = "MBG/NBD"
    first: ClassVar[int] = 1
