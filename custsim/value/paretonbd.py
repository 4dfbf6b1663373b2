r"""Pareto/NBD: customers who buy at random and may leave at any moment.

While alive, a customer buys at an own rate :math:`\lambda` (Poisson) and leaves at an own rate :math:`\mu`, whether or
not a purchase was made. Across customers, :math:`\lambda` is Gamma(r, alpha) and :math:`\mu` is Gamma(s, beta).

The likelihood is usually written with differences of Gaussian hypergeometric functions, which overflow for frequent
buyers. Here the integral over the moment of leaving is taken itself, for fits; for predictions, which need no slopes,
such a function is turned round until nothing is subtracted, and computed as a continued fraction with a known error.

References
----------
Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987), Counting your customers: who are they and what will they do
next?, Management Science 33(1).
Fader, P. S. & Hardie, B. G. S. (2005), A note on deriving the Pareto/NBD model and related expressions.
Olver, F. W. J., Lozier, D. W., Boisvert, R. F. & Clark, C. W. (2010), NIST handbook of mathematical functions, section
15.7, for the continued fraction of Gauss.
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
from custsim.value.quadrature import beta_mean, discounted_integral, smooth_in_T

__all__ = ["ParetoNBD"]

Floats = NDArray[np.float64]

#: Nodes of the integral over the moment of leaving.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_POINTS, _WEIGHTS = (_POINTS + 1) / 2, _WEIGHTS / 2

#: Customers a fraction is computed for at a time: their numbers stay in the processor's cache.
_BLOCK = 8192
#: Steps of the continued fraction, and the largest distance y of the rates for which they give a relative error below
#: 1e-14 (see :func:`_fraction`); for larger distances the mean is taken by quadrature.
STEPS = ((8, 0.08), (16, 0.6), (32, 3.0), (64, 12.0))


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

        It is computed as :math:`[1 - G(T) + G(t_x) / Q]^{-1}`, with :math:`G(t)` the chance that a customer alive at
        :math:`t` leaves before buying again, and :math:`Q` the chance that a customer alive at :math:`t_x` neither
        buys nor leaves before :math:`T`: terms of one sign, to about twelve digits.

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
        size, silence = self.r + x, T_ - t_x
        log_silent = size * np.log1p(silence / (self.alpha + t_x)) + self.s * np.log1p(silence / (self.beta + t_x))
        silent = np.exp(-log_silent)
        then, now = (
            _leaves_before_buying(size.ravel(), self.alpha, self.s, self.beta, at.ravel()).reshape(x.shape)
            for at in (t_x, T_)
        )
        return np.asarray(silent / (silent * (1 - now) + then))

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
    alpha: float, beta: float, size: Floats, s: float, t_x: Floats, T: Floats
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
    weight /= total[:, None]
    means = tuple((weight * v).sum(axis=1) for v in (log_a, 1 / (alpha + tau), log_b, 1 / (beta + tau)))
    return log_integral, means


def _leaves_before_buying(size: Floats, alpha: float, s: float, beta: float, at: Floats) -> Floats:
    r"""Chance that a customer who is alive at a time leaves before buying again.

    .. math:: G = s \int_t^\infty \left(\frac{\alpha + t}{\alpha + \tau}\right)^{A}
              \frac{(\beta + t)^s}{(\beta + \tau)^{s + 1}} d\tau
              = E\left[\frac{\mu}{\lambda + \mu}\right]
              = \frac{s}{A + s}\, {}_2F_1\left(1, A; A + s + 1; \frac{\alpha - \beta}{\alpha + t}\right),

    with :math:`A = r + x`, :math:`\lambda` Gamma(A, alpha + t) and :math:`\mu` Gamma(s, beta + t). Relative error at
    most 1e-13 by the continued fraction, about 1e-10 by quadrature where alpha and beta lie far apart.
    """
    near = min(alpha, beta)
    y = abs(alpha - beta) / (near + at)
    out = np.empty_like(y)
    above = -1.0
    for steps, most in STEPS:
        within = np.flatnonzero((y > above) & (y <= most))
        above = most
        for rows in np.array_split(within, len(within) // _BLOCK + 1):
            A, distance = size[rows], y[rows]
            # where alpha > beta, by Pfaff's transformation, so that the function's argument is -y and nothing cancels
            if alpha > beta:
                out[rows] = s * (1 + distance) / _fraction(s + 1, A, A + s, distance, steps)
            else:
                out[rows] = s / _fraction(A, s + 1, A + s, distance, steps)
    far = np.flatnonzero(y > above)
    if len(far):
        out[far] = smooth_in_T(size[far], at[far], lambda A, t: _mean_share(A, alpha + t, s, beta + t), near)
    return out


def _fraction(b: Floats | float, d: Floats | float, total: Floats, y: Floats, steps: int) -> Floats:
    r"""Gauss' continued fraction: ``total / 2F1(1, b; b + d; -y)``, with ``total = b + d - 1``, for ``y >= 0``.

    .. math:: c +\frac{b\,c\,y}{c + 1 +} \; \frac{1\,d\,y}{c + 2 +} \; \frac{(b + 1)(c + 1)\,y}{c + 3 +} \;
              \frac{2\,(d + 1)\,y}{c + 4 +} \cdots, \qquad c = b + d - 1.

    All terms are positive. The function is the mean of ``1 / (1 + y p)`` for a beta-distributed ``p``, and its fraction
    cut after ``n`` steps is a Gauss or Radau rule: its weights are positive, and it is exact for polynomials of degree
    ``n``. So the error is at most twice that of the best polynomial, which Chebyshev found; relative to the function it
    is at most ``y rho^n`` with ``rho = (sqrt(1 + y) - 1) / (sqrt(1 + y) + 1)``.
    """
    value = total + steps
    for m in range(steps // 2, 0, -1):
        value = (total + (2 * m - 1)) + m * (d + (m - 1)) * y / value
        value = (total + (2 * m - 2)) + (b + (m - 1)) * (total + (m - 1)) * y / value
    return value


def _mean_share(size: Floats, alpha: Floats, s: float, beta: Floats) -> Floats:
    """Mean of ``mu / (lambda + mu)`` by quadrature: where alpha and beta, at that time, lie far apart."""
    # With p the share of mu's, or of lambda's, gamma variable in the sum of both: whichever varies most near p = 0. A
    # factor mu is taken into the distribution as s + 1, so that what is left is flat there.
    if np.all(alpha > beta):
        k = alpha / beta
        mean = beta_mean(s + 1, size, lambda p: 1 / (p + (1 - p) / k[..., None]), scale=k)
    else:
        k = beta / alpha
        mean = beta_mean(size, s + 1, lambda p: 1 / (1 - p + p * k[..., None]), scale=k)
    return s / (size + s) * mean
