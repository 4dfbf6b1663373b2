"""Two scenarios in the same luck: the mean difference, its interval, and what pairing was worth. Plain statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custsim.errors import InputError

__all__ = ["Difference", "Ratio", "paired", "ratio", "stein_replications"]

Floats = NDArray[np.float64]

#: what sums in double precision can be wrong by, as a share of their size
ROUNDING = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True)
class Difference:
    """What the alternative has more than the base, over paired replications.

    Attributes
    ----------
    base, other
        Means.
    difference, low, high
        Mean difference and its confidence interval.
    probability_more
        Confidence that the mean difference is above 0: the share of the t distribution around it that is.
    more_in
        Share of replications in which the alternative had more; a tie counts half.
    variance_ratio
        Variance of the difference of independent runs over that of paired runs: how many times as many runs the same
        precision would take without common random numbers.
    replications
        Pairs that count: both runs came to their end, and there was something to measure.
    """

    base: float
    other: float
    difference: float
    low: float
    high: float
    probability_more: float
    more_in: float
    variance_ratio: float
    replications: int

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two means with its confidence interval; not a number where the denominator may be 0."""

    value: float
    low: float
    high: float


def paired(base: Floats, other: Floats, confidence: float = 0.95, pilot: int | None = None) -> Difference:
    r"""Compare two scenarios over paired replications.

    .. math:: \bar d \pm t_{n-1}\, s_d / \sqrt n, \qquad d_j = y_j - x_j

    Parameters
    ----------
    base, other
        Measure of each replication, shape (replications,), paired by position.
    confidence
        Confidence of the interval, 0 to 1.
    pilot
        If the number of replications was chosen by Stein's rule, the replications it was chosen from: then
        :math:`s_d` and the degrees of freedom are those of the first ``pilot`` replications.

    Returns
    -------
    Difference
        Pairs in which either is not a number are left out; with fewer than two pairs there is no interval. Differences
        that vary by no more than the rounding of the measures themselves do not vary, and differences no larger than
        that are 0.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 10.2.1: the paired-t interval. Stein (1945) for ``pilot``.

    Examples
    --------
    >>> import numpy as np
    >>> both = paired(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.5, 3.5]))
    >>> both.difference, both.more_in, round(both.low, 2)
    (1.0, 1.0, -0.24)
    """
    there = np.isfinite(base) & np.isfinite(other)
    x, y = base[there], other[there]
    n = int(x.size)
    if n == 0:
        nan = math.nan
        return Difference(nan, nan, nan, nan, nan, nan, nan, nan, 0)
    d = y - x
    rounding = ROUNDING * max(np.abs(x).max(), np.abs(y).max())
    if np.abs(d).max() <= rounding:
        d = np.zeros(n)
    mean = float(d.mean())
    if np.ptp(d) <= rounding:
        d = np.full(n, mean)
    half, probability, gain = math.nan, math.nan, math.nan
    if n > 1:
        first = d if pilot is None else d[: int(there[:pilot].sum())]
        half, probability = _interval(mean, first, n, confidence)
        spread = float(d.var(ddof=1))
        apart = float(x.var(ddof=1) + y.var(ddof=1))
        gain = apart / spread if spread > 0 else (math.inf if apart > 0 else math.nan)
    more = float((d > 0).mean() + 0.5 * (d == 0).mean())
    return Difference(
        float(x.mean()), float(y.mean()), mean, mean - half, mean + half, probability, more, gain, n
    )  # fmt: skip


def _interval(mean: float, first: Floats, n: int, confidence: float) -> tuple[float, float]:
    """Half width of the interval, and confidence that the mean difference is above 0."""
    from scipy import stats

    freedom = first.size - 1
    if freedom < 1:
        return math.nan, math.nan
    error = float(first.std(ddof=1)) / math.sqrt(n)
    half = float(stats.t.ppf(0.5 + confidence / 2.0, freedom)) * error
    if error == 0.0:
        return half, 0.5 + 0.5 * float(np.sign(mean))
    return half, float(stats.t.cdf(mean / error, freedom))


def ratio(above: Floats, below: Floats, confidence: float = 0.95) -> Ratio:
    r"""Divide the means of two measures of the same replications.

    .. math:: R = \bar a / \bar b, \qquad R \pm t_{n-1}\, s_e / (|\bar b| \sqrt n), \qquad e_j = a_j - R\, b_j

    Parameters
    ----------
    above, below
        Measures of each replication, shape (replications,).
    confidence
        Confidence of the interval.

    Returns
    -------
    Ratio
        Not a number where the interval of the denominator holds 0: the ratio could then be anything.

    References
    ----------
    Cochran (1977), Sampling Techniques, 6.3-6.4: the ratio estimator and its standard error.

    Examples
    --------
    >>> import numpy as np
    >>> ratio(np.array([1.0, 2.0, 1.5]), np.array([2.0, 4.0, 3.0])).value
    0.5
    """
    there = np.isfinite(above) & np.isfinite(below)
    a, b = above[there], below[there]
    nothing = Ratio(math.nan, math.nan, math.nan)
    if a.size < 2:
        return nothing
    bottom = float(b.mean())
    half, _ = _interval(bottom, b, b.size, confidence)
    if abs(bottom) <= half:
        return nothing
    value = float(a.mean()) / bottom
    half, _ = _interval(0.0, a - value * b, a.size, confidence)
    return Ratio(value, value - half / abs(bottom), value + half / abs(bottom))


def stein_replications(pilot: Floats, precision: float, confidence: float = 0.95) -> int:
    r"""Pairs that an interval of half width ``precision`` takes, from a pilot.

    .. math:: N = \max\left(n_0, \left\lceil (t_{n_0-1}\, s_0 / h)^2 \right\rceil\right)

    With :math:`\bar d_N \pm t_{n_0-1} s_0/\sqrt N` the interval covers with at least the confidence asked for, however
    large the variance is: N depends on the pilot's variance alone, which for normal differences tells nothing about
    their mean. Rules that look again after each batch stop too often where the variance happens to be small.

    Parameters
    ----------
    pilot
        Differences of the first replications, shape (replications,); n0 is how many of them are numbers.
    precision
        Half width h wanted.
    confidence
        Confidence of the interval.

    Raises
    ------
    InputError
        If fewer than two of them are numbers: then nothing is known about how much they vary.

    References
    ----------
    Stein (1945), A two-sample test for a linear hypothesis whose power is independent of the variance.

    Examples
    --------
    >>> import numpy as np
    >>> stein_replications(np.array([-1.0, 1.0, -1.0, 1.0]), 1.0)
    14
    """
    from scipy import stats

    there = pilot[np.isfinite(pilot)]
    if there.size < 2:
        raise InputError(
            f"precision: only {there.size} of the pilot's {pilot.size} pairs have a value, which does not tell how "
            "many would be needed; take a larger firm, a longer run, another measure, or a number of replications"
        )
    t = float(stats.t.ppf(0.5 + confidence / 2.0, there.size - 1))
    return max(int(there.size), math.ceil((t * float(there.std(ddof=1)) / precision) ** 2))
