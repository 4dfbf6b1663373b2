r"""Pareto/NBD: customers who buy at random and may leave at any moment.

While alive, a customer buys at an own rate :math:`\lambda` (Poisson) and leaves at an own rate :math:`\mu`, whether or
not a purchase was made. Across customers, :math:`\lambda` is Gamma(r, alpha) and :math:`\mu` is Gamma(s, beta).

The likelihood is usually written with differences of Gaussian hypergeometric functions, which overflow for frequent
buyers. Here the integral over the moment of leaving is taken itself: all its terms are positive.

References
----------
Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987), Counting your customers: who are they and what will they do
next?, Management Science 33(1).
Fader, P. S. & Hardie, B. G. S. (2005), A note on deriving the Pareto/NBD model and related expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.value.likelihood import require_positive
from custsim.value.purchase_model import PurchaseModel, Rows, _history, draw_purchases
from custsim.value.quadrature import discounted_integral, smooth_in_T

__all__ = ["ParetoNBD"]

Floats = NDArray[np.float64]

#: Nodes of the integral over the moment of leaving.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_POINTS, _WEIGHTS = (_POINTS + 1) / 2, _WEIGHTS / 2


@dataclass(frozen=True)
class ParetoNBD(PurchaseModel):
    r"""Pareto/NBD: customers buy at random and may leave at any moment.

    A history :math:`(x, t_x, T)` has the likelihood

    .. math:: L = \frac{\Gamma(r + x)\, \alpha^r \beta^s}{\Gamma(r)} \left[ (\alpha + T)^{-(r + x)} (\beta + T)^{-s}
              + s \int_{t_x}^{T} (\alpha + \tau)^{-(r + x)} (\beta + \tau)^{-(s + 1)} d\tau \right],

    and a customer alive at :math:`T` is expected to make, in the next :math:`t` periods,

    .. math:: \frac{r + x}{\alpha + T} \cdot \frac{\beta + T}{s - 1}
              \left[ 1 - \left(\frac{\beta + T}{\beta + T + t}\right)^{s - 1} \right] \text{ purchases.}

    Parameters
    ----------
    r, alpha
        Purchase rates are Gamma(r, alpha): mean ``r / alpha`` a period. Above 0.
    s, beta
        Rates of leaving are Gamma(s, beta): mean ``s / beta`` a period. Above 0.

    Raises
    ------
    InputError
        If a parameter is not finite and above 0.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Management Science 33(1).

    Examples
    --------
    >>> fitted = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
    >>> fitted.probability_alive([2, 0], [30.43, 0], [38.86, 38.86]).round(3)
    array([0.869, 0.295])
    """

    r: float
    alpha: float
    s: float
    beta: float
    name: ClassVar[str] = "Pareto/NBD"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    starts: ClassVar[Sequence[tuple[float, ...]]] = (
        (0.5, 0.2, 0.5, 0.3),
        (1.5, 0.5, 1.0, 1.0),
        (0.3, 0.05, 2.0, 3.0),
        (2.0, 1.0, 0.3, 0.05),
    )

    def __post_init__(self) -> None:
        require_positive(self.name, r=self.r, alpha=self.alpha, s=self.s, beta=self.beta)

    @classmethod
    def _units(cls, length: float) -> Floats:
        return np.array([1.0, length, 1.0, length])

    @classmethod
    def _likelihood(cls, theta: Floats, rows: Rows) -> tuple[float, Floats]:
        r, alpha, s, beta = (float(v) for v in theta)
        n, size = rows.weight, r + rows.x
        log_alive = -size * np.log(alpha + rows.T) - s * np.log(beta + rows.T)
        log_gone, means = _moment_of_leaving(alpha, beta, size, s, rows.t_x, rows.T)
        log_both = np.logaddexp(log_alive, log_gone)
        gone = np.exp(log_gone - log_both)
        here = 1 - gone
        each = special.gammaln(size) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta) + log_both
        log_a, inverse_a, log_b, inverse_b = means
        alpha_T, beta_T = alpha + rows.T, beta + rows.T
        slope = np.array(
            [
                n
                @ (special.digamma(size) - special.digamma(r) + np.log(alpha) - here * np.log(alpha_T) - gone * log_a),
                n @ (r / alpha - size * (here / alpha_T + gone * inverse_a)),
                n @ (np.log(beta) - here * np.log(beta_T) + gone * (1 / s - log_b)),
                n @ (s / beta - here * s / beta_T - gone * (s + 1) * inverse_b),
            ]
        )
        return float(n @ each), slope

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        r"""Probability that a customer with this history has not left by the end of observation.

        .. math:: P = \left[1 + s\,(\alpha + T)^{r + x} (\beta + T)^{s}
                      \int_{t_x}^{T} (\alpha + \tau)^{-(r + x)} (\beta + \tau)^{-(s + 1)} d\tau \right]^{-1}

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
        >>> model = ParetoNBD(r=0.5, alpha=10.0, s=0.6, beta=12.0)
        >>> float(model.probability_alive(3, 20, 20))
        1.0
        """
        _, x, t_x, T_ = _history(frequency, recency, T, 0.0)
        flat = [np.atleast_1d(v.ravel()) for v in (x, t_x, T_)]
        out = np.empty(len(flat[0]))
        for rows in np.array_split(np.arange(len(out)), max(1, len(out) // 50_000)):
            size, last, now = self.r + flat[0][rows], flat[1][rows], flat[2][rows]
            log_gone, _ = _moment_of_leaving(self.alpha, self.beta, size, self.s, last, now, slopes=False)
            log_alive = -size * np.log(self.alpha + now) - self.s * np.log(self.beta + now)
            out[rows] = special.expit(log_alive - log_gone)
        return out.reshape(x.shape)

    def _purchases_if_alive(self, periods: Floats, x: Floats, T: Floats) -> Floats:
        # (1 - u^-(s-1)) / (s-1) with u = (beta+T+t)/(beta+T), written so that s = 1 is nothing special
        log_u = np.log1p(periods / (self.beta + T))
        mean_time = (self.beta + T) * log_u * special.exprel(-(self.s - 1) * log_u)
        return np.asarray((self.r + x) / (self.alpha + T) * mean_time)

    def _discounted_if_alive(self, discount: float, periods: float, x: Floats, T: Floats) -> Floats:
        force = float(np.log1p(discount))

        def mean_time(_: Floats, T: Floats) -> Floats:
            scale = self.beta + T
            return discounted_integral(lambda t: (1 + t / scale) ** -self.s, force, periods, scale)

        return (self.r + x) / (self.alpha + T) * smooth_in_T(np.zeros_like(x), T, mean_time, self.beta)

    def _draw(self, rng: np.random.Generator, length: Floats, horizon: Floats) -> tuple[Floats, Floats, Any, Floats]:
        size = len(length)
        rate = rng.gamma(self.r, 1 / self.alpha, size)
        with np.errstate(divide="ignore"):
            lifetime = rng.exponential(1.0, size) / rng.gamma(self.s, 1 / self.beta, size)
        lifetime, who, when = draw_purchases(rng, np.maximum(rate, 1e-300), lifetime, np.zeros(size), horizon)
        return rate, lifetime, who, when


def _moment_of_leaving(
    alpha: float, beta: float, size: Floats, s: float, t_x: Floats, T: Floats, *, slopes: bool = True
) -> tuple[Floats, tuple[Floats, ...]]:
    r"""Integrate over the moment of leaving between the last purchase and the end of observation.

    Returns the logarithm of :math:`s \int_{t_x}^{T} (\alpha + \tau)^{-(r + x)} (\beta + \tau)^{-(s + 1)} d\tau`, and
    the means of ``ln(alpha + tau)``, ``1 / (alpha + tau)``, ``ln(beta + tau)`` and ``1 / (beta + tau)`` under its
    integrand, which are its slopes. Gauss-Legendre in ``u = ln(c + tau)``, ``c`` the smaller of alpha and beta, in
    which both powers are smooth; cut where the integrand has fallen by e^-40.
    """
    c = min(alpha, beta)
    start, end = np.log(c + t_x), np.log(c + T)
    # the integrand falls at least this fast in u
    fall = size * (c + t_x) / (alpha + t_x) + (s + 1) * (c + t_x) / (beta + t_x) - 1
    width = np.where(fall > 0, np.minimum(end - start, 40 / np.maximum(fall, 1e-9)), end - start)
    u = start[:, None] + width[:, None] * _POINTS
    tau = np.exp(u) - c
    log_a, log_b = np.log(alpha + tau), np.log(beta + tau)
    log_f = -size[:, None] * log_a - (s + 1) * log_b + u
    top = log_f.max(axis=1, keepdims=True)
    weight = np.exp(log_f - top) * _WEIGHTS
    total = weight.sum(axis=1)
    with np.errstate(divide="ignore"):
        log_integral = np.log(s) + np.log(width) + top[:, 0] + np.log(total)
    if not slopes:
        return log_integral, ()
    weight /= total[:, None]
    means = tuple((weight * v).sum(axis=1) for v in (log_a, 1 / (alpha + tau), log_b, 1 / (beta + tau)))
    return log_integral, means
