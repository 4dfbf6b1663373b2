r"""Expectations behind buy-till-you-die models, computed so that nothing cancels and nothing overflows.

The textbook expressions are Gaussian hypergeometric functions, :math:`{}_2F_1`. Library versions of that function are
exact for everyday customers and wrong without a word for others: for BG/NBD with ``b = 30``, 50 purchases and a horizon
of ten times the observation, the closed form in double precision gives minus 28 thousand million expected purchases
instead of 196. Near ``a = 1`` the closed form divides nought by nought. The integrals those functions stand for have
only positive terms, so here the integrals are computed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["beta_mean", "discounted_integral", "gamma_mean", "smooth_in_T"]

Floats = NDArray[np.float64]

#: Nodes of the trapezoidal rule in the logit; and points evaluated at a time (memory stays below about 200 MB).
_NODES, _CHUNK = 160, 20_000
#: Nodes of the trapezoidal rule in the logarithm of a gamma-distributed variable.
_GAMMA_NODES = 256
#: Nodes in time for discounted sums.
_TIME_NODES = 64


def beta_mean(
    a: ArrayLike, b: ArrayLike, function: Callable[[Floats], Floats], *, scale: ArrayLike = 0.0, nodes: int = _NODES
) -> Floats:
    r"""Mean of a positive function of a beta-distributed variable, ``E[g(p)]`` with ``p ~ Beta(a, b)``.

    The integral is taken by the trapezoidal rule in ``y = ln(p / (1 - p))``, where the integrand is analytic and
    decays at both ends, so that the rule's error shrinks exponentially with the number of nodes; the ends, where ``g``
    no longer varies, are geometric series and summed as such. The weights are normalised by the same rule.

    Parameters
    ----------
    a, b
        Above 0; broadcast against each other and ``scale``.
    function
        ``p -> g(p)``, smooth, rising toward 0 at most like ``1 / p``; ``p`` has the broadcast shape with one axis of
        nodes appended.
    scale
        How fast ``g`` varies near 0: ``g`` is flat for ``p`` well below ``1 / (1 + scale)``.
    nodes
        Number of nodes.

    Returns
    -------
    numpy.ndarray
        Of the broadcast shape; relative error about 1e-9 or less.

    Examples
    --------
    >>> bool(abs(beta_mean(0.7, 2.4, lambda p: p) - 0.7 / 3.1) < 1e-12)
    True
    """
    a, b, scale = (v[..., None] for v in np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (a, b, scale))))
    middle, spread = np.log(a / b), np.sqrt(1 / a + 1 / b)
    # g rises at most like 1/p: with a > 2 the mass stays where the weight has it, otherwise it may sit at 1/scale
    left = np.where(a > 2, middle - 80 / a, np.minimum(middle, -np.log1p(scale)) - 40 / a) - 9 * spread
    low = np.maximum(-25 - np.log(1 + scale + b), left)
    high = np.minimum(25 + np.log(1 + scale + a), middle + 40 / b + 9 * spread)
    step = (high - low) / (nodes - 1)
    y = low + step * np.arange(nodes)
    smaller = np.exp(-np.abs(y))  # the smaller of p / (1 - p) and its inverse
    # p^a (1 - p)^b
    log_weight = -(a + b) * np.log1p(smaller) - a * np.maximum(-y, 0) - b * np.maximum(y, 0)
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    # the trapezoidal sums beyond both ends, where the integrand is a pure exponential
    weight[..., :1] *= 1 + 1 / np.expm1(np.minimum(a * step, 700))
    weight[..., -1:] *= 1 + 1 / np.expm1(np.minimum(b * step, 700))
    total = (weight * function(np.where(y < 0, smaller, 1) / (1 + smaller))).sum(axis=-1)
    return np.asarray(total / weight.sum(axis=-1), dtype=np.float64)


def gamma_mean(
    shape: ArrayLike, rate: ArrayLike, function: Callable[[Floats], Floats], *, flat_below: ArrayLike
) -> Floats:
    r"""Mean of a positive function of a gamma-distributed variable, ``E[g(x)]`` with ``x ~ Gamma(shape, rate)``.

    The trapezoidal rule in ``y = ln(x rate / shape)``, as in :func:`beta_mean`: the integrand is analytic and decays
    at both ends; the left end, where ``g`` no longer varies, is a geometric series and summed as such. The weights are
    normalised by the same rule.

    Parameters
    ----------
    shape, rate
        Above 0; mean ``shape / rate``. Broadcast against each other and ``flat_below``.
    function
        ``x -> g(x)``, smooth, rising toward 0 at most like ``1 / x``; ``x`` has the broadcast shape with one axis of
        nodes appended.
    flat_below
        Above 0: ``g`` is flat for ``x`` well below it.

    Returns
    -------
    numpy.ndarray
        Of the broadcast shape; relative error 1e-11 or less unless ``flat_below * rate`` is below 1e-20.

    Examples
    --------
    >>> bool(abs(gamma_mean(0.7, 2.0, lambda x: np.exp(-x), flat_below=1.0) - (2 / 3) ** 0.7) < 1e-12)
    True
    """
    r, rate, flat = (
        v[..., None] for v in np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (shape, rate, flat_below)))
    )
    # x^r / x has fallen by e^-40, or g is flat and the density a power, both to thirteen digits
    with np.errstate(divide="ignore"):
        fallen = np.where(r > 1, -40 / np.maximum(r - 1, 0) - 10 / np.sqrt(r), -np.inf)
    low = np.maximum(np.log(np.minimum(1.0, flat * rate) / r) - 30, fallen)
    high = np.log1p((10 * np.sqrt(r) + 50) / r)
    step = (high - low) / (_GAMMA_NODES - 1)
    y = low + step * np.arange(_GAMMA_NODES)
    # x^r e^-(rate x), relative to its value at the mean: nothing cancels however large r is
    weight = np.exp(-r * (np.expm1(y) - y))
    # the trapezoidal sum beyond the left end, where the integrand is a pure exponential
    weight[..., :1] *= 1 + 1 / np.expm1(np.minimum(r * step, 700))
    total = (weight * function(r / rate * np.exp(y))).sum(axis=-1)
    return np.asarray(total / weight.sum(axis=-1), dtype=np.float64)


def discounted_integral(
    rate: Callable[[Floats], Floats], force: float, horizon: float, time_scale: ArrayLike
) -> Floats:
    r"""Discounted sum of a slowly falling rate, :math:`\int_0^H e^{-\delta t} m(t)\,dt`.

    Gauss-Legendre in ``ln(1 + t / time_scale)``, in which rates that fall as a power of time are nearly straight.

    Parameters
    ----------
    rate
        ``t -> m(t)``, for ``t`` of the shape of ``time_scale``.
    force
        Force of interest ``delta`` a period, at least 0 (above 0 if the horizon is infinite).
    horizon
        ``H`` in periods; may be infinite.
    time_scale
        Time in which the rate changes markedly.

    Returns
    -------
    numpy.ndarray
        Of the shape of ``time_scale``.

    Examples
    --------
    >>> bool(abs(discounted_integral(lambda t: np.ones_like(t), 0.1, np.inf, np.array(1.0)) - 10) < 1e-6)
    True
    """
    scale = np.asarray(time_scale, dtype=np.float64)
    end = min(horizon, 45 / force) if force > 0 else horizon
    top = np.log1p(end / scale)
    points, weights = np.polynomial.legendre.leggauss(_TIME_NODES)
    total = np.zeros_like(scale)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        t = scale * np.expm1(point * top)
        total += weight * top * (scale + t) * np.exp(-force * t) * rate(t)
    return total


def smooth_in_T(frequency: Floats, T: Floats, function: Callable[[Floats, Floats], Floats], origin: float) -> Floats:
    """Evaluate a positive function of (frequency, T): exactly for few customers, by interpolation for many.

    Customers with the same frequency differ in ``T`` only, and in ``T`` the functions wanted here are smooth. Where a
    frequency has more different ``T`` than nodes, the logarithm is interpolated at Chebyshev points of
    ``ln(origin + T)``, to about ten digits.

    Parameters
    ----------
    frequency, T
        One row for each customer.
    function
        ``(frequency, T) -> value``, above 0, vectorised.
    origin
        Where ``function`` varies as a function of ``ln(origin + T)``.

    Returns
    -------
    numpy.ndarray
        One value for each customer.

    Examples
    --------
    >>> smooth_in_T(np.array([1.0, 2.0]), np.array([3.0, 3.0]), lambda x, T: x + T, 1.0)
    array([4., 5.])
    """
    plans = [_Plan(float(frequency[rows[0]]), T[rows], rows, origin) for rows in _groups(frequency)]
    if not plans:
        return np.zeros_like(T)
    x_points = np.concatenate([np.full(len(plan.points), plan.x) for plan in plans])
    T_points = np.concatenate([plan.points for plan in plans])
    values = np.concatenate(
        [function(x_points[i : i + _CHUNK], T_points[i : i + _CHUNK]) for i in range(0, len(x_points), _CHUNK)]
    )
    out = np.empty(len(T))
    at = 0
    for plan in plans:
        out[plan.rows] = plan.read(values[at : at + len(plan.points)])
        at += len(plan.points)
    return out


def _groups(values: Floats) -> list[NDArray[np.intp]]:
    """Rows of each different value."""
    codes, different = pd.factorize(values)
    # numbers of two bytes are sorted in one pass
    order = np.argsort(codes.astype(np.uint16) if len(different) <= 2**16 else codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1]) if len(order) else []


class _Plan:
    """Where to evaluate for the customers of one frequency, and how to read their values off."""

    def __init__(self, x: float, times: Floats, rows: NDArray[np.intp], origin: float) -> None:
        self.x, self.rows = x, rows
        low, high = np.log(origin + times.min()), np.log(origin + times.max())
        nodes = 18 + int(np.ceil(8 * (high - low)))
        self.inverse: NDArray[np.intp] | None = None
        if len(times) <= nodes or len(np.unique(times[: 4 * nodes])) <= nodes:
            self.inverse, self.points = pd.factorize(times)
            if len(self.points) <= nodes:
                return
            self.inverse = None
        self.angles = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)
        self.points = np.exp(low + (self.angles + 1) / 2 * (high - low)) - origin
        self.place = 2 * (np.log(origin + times) - low) / (high - low) - 1

    def read(self, values: Floats) -> Floats:
        """Return one value for each row."""
        if self.inverse is not None:
            return np.asarray(values[self.inverse], dtype=np.float64)
        basis = np.polynomial.chebyshev.chebvander(self.angles, len(values) - 1)
        coefficients = 2 / len(values) * basis.T @ np.log(values)
        coefficients[0] /= 2
        # those that only carry rounding cost time
        coefficients = np.polynomial.chebyshev.chebtrim(coefficients, 1e-14 * np.abs(coefficients).max())
        blocks = np.split(self.place, range(_CHUNK, len(self.place), _CHUNK))
        logs = np.concatenate([np.polynomial.chebyshev.chebval(place, coefficients) for place in blocks])
        return np.asarray(np.exp(logs), dtype=np.float64)
