"""Intervals of means over replications, and of ratios of such means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from custsim.errors import InputError

__all__ = ["jackknife", "mean_interval"]

Floats = NDArray[np.float64]


def _quantile(confidence: float, freedom: int) -> float:
    if not 0.0 < confidence < 1.0:
        raise InputError(f"confidence: must be between 0 and 1, got {confidence!r}; 0.95 is usual")
    return float(stats.t.ppf(0.5 + confidence / 2.0, freedom))


def mean_interval(values: Floats, confidence: float = 0.95) -> tuple[Floats, Floats, Floats]:
    r"""Mean over the last axis with its t interval.

    .. math:: \bar x \pm t_{n-1} s / \sqrt n

    Parameters
    ----------
    values
        Independent values along the last axis; those that are not a number are left out.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    mean, low, high
        Arrays without the last axis; bounds are not a number with fewer than two values.

    Raises
    ------
    InputError
        If ``confidence`` is not between 0 and 1.

    Examples
    --------
    >>> mean, low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> float(mean), round(float(high), 2)
    (2.0, 4.48)
    """
    values = np.asarray(values, dtype=np.float64)
    there = ~np.isnan(values)
    count = there.sum(axis=-1)
    filled = np.where(there, values, 0.0)
    mean = np.divide(filled.sum(axis=-1), count, out=np.full(count.shape, np.nan), where=count > 0)
    apart = np.where(there, values - mean[..., None], 0.0)
    spread = np.divide((apart**2).sum(axis=-1), count - 1.0, out=np.full(count.shape, np.nan), where=count > 1)
    quantiles = np.array([_quantile(confidence, max(1, int(n) - 1)) for n in np.ravel(count)]).reshape(count.shape)
    half = quantiles * np.sqrt(spread / np.maximum(count, 1))
    return mean, mean - half, mean + half


def jackknife(function: Callable[..., float], *samples: Floats, confidence: float = 0.95) -> tuple[float, float, float]:
    r"""Value of a function of means of paired samples, with a jackknife interval.

    .. math:: \theta \pm t_{n-1} \sqrt{\tfrac{n-1}{n} \sum_k (\theta_{-k} - \bar\theta_{-})^2}

    Parameters
    ----------
    function
        Of the means, one argument a sample.
    samples
        Arrays of equal length n; entry k of all comes from replication k.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    value, low, high
        Bounds are not a number with fewer than three replications.

    References
    ----------
    Efron (1982), The jackknife, the bootstrap and other resampling plans.

    Examples
    --------
    >>> value, low, high = jackknife(lambda x, y: y / x, np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    >>> float(value), round(float(high), 6)
    (2.0, 2.0)
    """
    table = np.array(samples, dtype=np.float64)
    n = table.shape[1]
    value = float(function(*table.mean(axis=1)))
    if n < 3:
        return value, float("nan"), float("nan")
    without = (table.sum(axis=1, keepdims=True) - table) / (n - 1)
    partial = np.array([function(*without[:, k]) for k in range(n)], dtype=np.float64)
    half = _quantile(confidence, n - 1) * float(np.sqrt((n - 1) / n * ((partial - partial.mean()) ** 2).sum()))
    return value, value - half, value + half
