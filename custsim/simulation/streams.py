"""Random numbers that are a pure function of who draws, when and for what: nothing is stored, nothing is in order.

A draw is named by (seed, replication, stream, month, agent, k). The name goes through Philox4x32 with ten rounds
(Salmon et al. 2011), a counter-based generator in 32-bit arithmetic; what comes out is four 32-bit words. So the
same scenario and seed give the same numbers whatever the order, the number of threads or the machine; two
scenarios that differ in one lever share all other luck; a new stream leaves every other one as it was.

All turning of uniforms into other distributions goes through the inverse distribution function and is monotone:
more luck is never less of the quantity, which is what makes common random numbers pair well.

The counter is (agent, month, stream, block) and the key comes from :func:`key`; all are 32-bit words.

References
----------
Salmon, J. K., Moraes, M. A., Dror, R. O., & Shaw, D. E. (2011). Parallel random numbers: as easy as 1, 2, 3.
Proceedings of SC11.
"""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.errors import InputError
from custsim.simulation.compiled import kernel

__all__ = [
    "bernoulli",
    "beta_ppf",
    "draw4",
    "exponential",
    "fill1",
    "fill4",
    "fill_poisson",
    "gamma_ppf",
    "key",
    "normal",
    "philox",
    "poisson",
    "stream_id",
    "uniform",
    "uniforms",
]

# Philox4x32's multipliers and Weyl increments (Salmon et al. 2011). Words live in uint64 with the upper half
# zero, since Numba has no 32-bit arithmetic; LLVM sees the zeros and emits 32 x 32 -> 64 bit multiplications.
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_TO_UNIT = 2.0**-32

Integer: TypeAlias = "int | np.integer[Any]"
Floats: TypeAlias = NDArray[np.float64]


@kernel(inline=True)
def philox(
    c0: Integer, c1: Integer, c2: Integer, c3: Integer, k0: Integer, k1: Integer
) -> tuple[Integer, Integer, Integer, Integer]:
    """Turn a counter and a key into four random 32-bit words: Philox4x32 with ten rounds.

    Parameters
    ----------
    c0, c1, c2, c3
        The counter, integers; only the low 32 bits count (two's complement for negative ones).
    k0, k1
        The key, likewise.

    Returns
    -------
    tuple of four uint64
        Words in 0 ... 2**32 - 1.

    References
    ----------
    Salmon et al. (2011), section 4.3; checked against the known-answer vectors published with Random123.

    Examples
    --------
    >>> [hex(int(word)) for word in philox(0, 0, 0, 0, 0, 0)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    x0, x1 = np.uint64(c0) & _LOW, np.uint64(c1) & _LOW
    x2, x3 = np.uint64(c2) & _LOW, np.uint64(c3) & _LOW
    a, b = np.uint64(k0) & _LOW, np.uint64(k1) & _LOW
    for _ in range(10):
        p0, p1 = _M0 * x0, _M1 * x2
        x0, x1, x2, x3 = (p1 >> _HALF) ^ x1 ^ a, p1 & _LOW, (p0 >> _HALF) ^ x3 ^ b, p0 & _LOW
        a, b = (a + _W0) & _LOW, (b + _W1) & _LOW
    return x0, x1, x2, x3


@kernel(inner=True)
def _words(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[Integer, Integer, Integer, Integer]:
    """Compile :func:`philox` once for all types of integers that a single draw is named by."""
    return philox(c0, c1, c2, c3, k0, k1)


@kernel
def draw4(
    k0: Integer, k1: Integer, stream: Integer, month: Integer, agent: Integer, block: Integer
) -> tuple[float, float, float, float]:
    """Draw four uniforms of one agent in one month.

    Parameters
    ----------
    k0, k1
        The key of the run, from :func:`key`.
    stream
        What the draw is for, from :func:`stream_id`.
    month
        The month, an integer; negative during warm-up.
    agent
        The agent's id, 0 ... 2**32 - 1.
    block
        Which four: block 0 holds the draws k = 0 ... 3 of :func:`uniform`, block 1 the draws 4 ... 7, and so on.

    Returns
    -------
    tuple of four floats
        ``(word + 0.5) / 2**32``, in the open interval (0, 1).

    Examples
    --------
    >>> k0, k1 = key(seed=1, replication=0)
    >>> draw4(k0, k1, stream_id("churn"), 3, 4711, 0)[2] == uniform(k0, k1, stream_id("churn"), 3, 4711, 2)
    True
    """
    x0, x1, x2, x3 = _words(
        np.uint64(agent), np.uint64(month), np.uint64(stream), np.uint64(block), np.uint64(k0), np.uint64(k1)
    )
    return (
        (np.float64(np.int64(x0)) + 0.5) * _TO_UNIT,
        (np.float64(np.int64(x1)) + 0.5) * _TO_UNIT,
        (np.float64(np.int64(x2)) + 0.5) * _TO_UNIT,
        (np.float64(np.int64(x3)) + 0.5) * _TO_UNIT,
    )


@kernel
def uniform(k0: Integer, k1: Integer, stream: Integer, month: Integer, agent: Integer, k: Integer) -> float:
    """Draw the k-th uniform of one agent in one month.

    It is word ``k & 3`` of :func:`draw4` with block ``k >> 2``, and costs as much as all four.

    Parameters
    ----------
    k0, k1, stream, month, agent
        As in :func:`draw4`.
    k
        The number of the draw, from 0.

    Returns
    -------
    float
        In the open interval (0, 1).

    Examples
    --------
    >>> k0, k1 = key(seed=1, replication=0)
    >>> 0 < uniform(k0, k1, stream_id("churn"), -12, 4711, 0) < 1
    True
    """
    four = np.uint64(np.int64(k) >> 2)
    words = _words(np.uint64(agent), np.uint64(month), np.uint64(stream), four, np.uint64(k0), np.uint64(k1))
    return (np.float64(np.int64(words[np.int64(k) & 3])) + 0.5) * _TO_UNIT


@kernel
def fill4(
    k0: Integer,
    k1: Integer,
    stream: Integer,
    month: Integer,
    agents: NDArray[np.integer[Any]],
    block: Integer,
    out0: Floats,
    out1: Floats,
    out2: Floats,
    out3: Floats,
) -> None:
    """Draw the four uniforms of :func:`draw4` for many agents at once, at less than half the cost of each.

    The loop is vectorised by the compiler; the numbers are bit for bit those of :func:`draw4`. It pays where most
    agents of a stretch need their draws; take stretches of about a thousand, so that the buffers stay in cache.

    Parameters
    ----------
    k0, k1, stream, month, block
        As in :func:`draw4`.
    agents
        Ids, shape (n,).
    out0, out1, out2, out3
        Where the uniforms go, float64, shape (n,) or longer.

    Examples
    --------
    >>> out = np.empty((4, 3))
    >>> fill4(*key(1), stream_id("churn"), 0, np.array([5, 7, 9]), 0, out[0], out[1], out[2], out[3])
    >>> tuple(out[:, 1]) == draw4(*key(1), stream_id("churn"), 0, 7, 0)
    True
    """
    for i in range(agents.size):
        x0, x1, x2, x3 = philox(agents[i], month, stream, block, k0, k1)
        out0[i] = (np.float64(np.int64(x0)) + 0.5) * _TO_UNIT
        out1[i] = (np.float64(np.int64(x1)) + 0.5) * _TO_UNIT
        out2[i] = (np.float64(np.int64(x2)) + 0.5) * _TO_UNIT
        out3[i] = (np.float64(np.int64(x3)) + 0.5) * _TO_UNIT


@kernel
def fill1(
    k0: Integer,
    k1: Integer,
    stream: Integer,
    month: Integer,
    agents: NDArray[np.integer[Any]],
    block: Integer,
    out: Floats,
) -> None:
    """Draw the first of the four uniforms of :func:`draw4` for many agents at once; see :func:`fill4`.

    Examples
    --------
    >>> out = np.empty(3)
    >>> fill1(*key(1), stream_id("churn"), 0, np.array([5, 7, 9]), 0, out)
    >>> bool(out[1] == draw4(*key(1), stream_id("churn"), 0, 7, 0)[0])
    True
    """
    for i in range(agents.size):
        word, _, _, _ = philox(agents[i], month, stream, block, k0, k1)
        out[i] = (np.float64(np.int64(word)) + 0.5) * _TO_UNIT


def key(seed: int, replication: int = 0) -> tuple[np.uint32, np.uint32]:
    """Make the key of one run out of its seed and replication.

    The two are hashed together by Philox itself (the seed as key, the replication as counter), never added:
    replication 1 of seed 1 has nothing to do with replication 0 of seed 2.

    Parameters
    ----------
    seed
        Any integer from 0 to 2**64 - 1.
    replication
        Likewise.

    Returns
    -------
    tuple of two uint32
        The key for :func:`draw4` and :func:`uniform`.

    Raises
    ------
    InputError
        If a number is no integer or outside these bounds.

    Examples
    --------
    >>> key(1, 0) == key(1, 0), key(1, 1) == key(2, 0)
    (True, False)
    """
    words: list[int] = []
    for name, number in (("seed", seed), ("replication", replication)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise InputError(f"{name}: must be an integer, got {number!r}")
        if not 0 <= number < 2**64:
            raise InputError(f"{name}: must be from 0 to 2**64 - 1, got {number}")
        words += [int(number) & 0xFFFFFFFF, int(number) >> 32]
    out = philox(words[2], words[3], _KEY_STREAM, 0, words[0], words[1])
    return np.uint32(out[0]), np.uint32(out[1])


def stream_id(name: str) -> int:
    """Give the number of a stream by its name: the same on every machine and in every version.

    It is the 32-bit FNV-1a hash of the name in UTF-8, short enough to be computed in a browser too.

    Parameters
    ----------
    name
        What the draws are for, such as ``"churn"``.

    Returns
    -------
    int
        0 ... 2**32 - 1. Two names may in principle share a number; the registered names are tested not to.

    References
    ----------
    Noll, L., Vo, K., Eastlake, D., & Hansen, T. (2026). The FNV non-cryptographic hash algorithm. RFC 9923.

    Examples
    --------
    >>> hex(stream_id("foobar"))
    '0xbf9cf968'
    """
    value = 0x811C9DC5
    for byte in name.encode("utf-8"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


_KEY_STREAM = stream_id("key")


def uniforms(
    key: tuple[Integer, Integer], stream: Integer, month: Integer, agents: ArrayLike, k: Integer = 0
) -> Floats:
    """Draw the k-th uniform of each of many agents, from Python.

    Parameters
    ----------
    key
        From :func:`key`.
    stream, month, k
        As in :func:`uniform`.
    agents
        Ids, integers of any shape.

    Returns
    -------
    ndarray of float64
        In (0, 1), of the shape of ``agents``; each equal to what :func:`uniform` gives.

    Raises
    ------
    InputError
        If the ids are no integers.

    Examples
    --------
    >>> luck = uniforms(key(1), stream_id("taste"), 0, np.arange(5))
    >>> bool(luck[3] == uniforms(key(1), stream_id("taste"), 0, [3])[0])
    True
    """
    ids = np.asarray(agents)
    if ids.size and not np.issubdtype(ids.dtype, np.integer):
        raise InputError(f"agents: ids must be integers, got an array of {ids.dtype}")
    out = np.empty((4, ids.size))
    flat = np.ascontiguousarray(ids.ravel()).astype(np.uint64)
    fill4(key[0], key[1], int(stream), int(month), flat, int(k) >> 2, out[0], out[1], out[2], out[3])
    chosen: Floats = out[int(k) & 3].reshape(ids.shape)
    return chosen


# ---- from uniforms to other distributions, by the inverse distribution function -------------------------------


@kernel
def bernoulli(u: float, probability: float) -> bool:
    """Tell whether an event of the given probability happens: ``u < probability``.

    Monotone: with the same uniform, an event that happens still happens at every higher probability.

    Parameters
    ----------
    u
        A uniform in (0, 1).
    probability
        0 ... 1.

    Examples
    --------
    >>> bernoulli(0.2, 0.3), bernoulli(0.2, 0.1)
    (True, False)
    """
    return u < probability


@kernel
def exponential(u: float, mean: float) -> float:
    """Draw an exponential duration: ``-mean log(1 - u)``, rising in ``u``.

    Parameters
    ----------
    u
        A uniform in (0, 1).
    mean
        The mean, in the unit of the result, at least 0.

    Examples
    --------
    >>> round(exponential(0.5, 1.9), 4)
    1.317
    """
    return -mean * math.log(1.0 - u)


_LOG2_HIGH, _LOG2_LOW = 0.693145751953125, 1.42860682030941723212e-6  # log 2 in two parts, the first with few bits
_TAYLOR = tuple(1.0 / math.factorial(n) for n in range(13, -1, -1))


@kernel(inline=True)
def _exp_of_minus(x: float) -> float:
    """Exponential of ``-x`` for 0 <= x <= 700, to two units in the last place; unlike ``math.exp`` it is vectorised.

    With ``k = round(-x / log 2)`` it is ``2**k`` times the Taylor series of the rest, which is at most log(2) / 2.
    """
    k = np.floor(0.5 - x * (1.0 / math.log(2.0)))
    rest = (-x - k * _LOG2_HIGH) - k * _LOG2_LOW
    series = 0.0
    for coefficient in _TAYLOR:
        series = series * rest + coefficient
    return series * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@kernel(inline=True)
def _poisson_up_to_3(u: float, mean: float) -> tuple[int, float, float]:
    """Draw a Poisson count without a branch to mispredict; 4 means that it is above 3.

    Returns also the probability of exactly 3 and that of at most 3.
    """
    p0 = _exp_of_minus(min(mean, 700.0))
    p1 = p0 * mean
    p2 = p1 * mean * 0.5
    p3 = p2 * mean * (1.0 / 3.0)
    below1 = p0 + p1
    below2 = below1 + p2
    below3 = below2 + p3
    return int(u > p0) + int(u > below1) + int(u > below2) + int(u > below3), p3, below3


@kernel
def poisson(u: float, mean: float) -> int:
    """Draw a Poisson count: the least n whose distribution function reaches ``u``.

    The probabilities are summed from 0, or for means above 100 from nine standard deviations below the mean, where
    less than 1e-17 lies. The work grows with the mean (with its root above 100).

    Parameters
    ----------
    u
        A uniform in (0, 1); rising in ``u`` and, with ``u`` held, in ``mean``.
    mean
        The mean, at least 0 and finite.

    Examples
    --------
    >>> poisson(0.5, 1.0), poisson(0.99, 1.0), poisson(0.5, 300.0)
    (1, 4, 300)
    """
    if mean <= 100.0:
        few, p, cumulated = _poisson_up_to_3(u, mean)
        if few <= 3:
            return few
        n = 3
    else:
        n = int(mean - 9.0 * math.sqrt(mean))
        p = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))
        cumulated = p
    while u > cumulated:
        n += 1
        p *= mean / n
        if n > mean and p < 1e-17:  # rounding keeps the sum from reaching a u next to 1
            break
        cumulated += p
    return n


@kernel
def fill_poisson(u: Floats, mean: Floats, out: NDArray[np.integer[Any]], most: int) -> None:
    """Draw many Poisson counts at once, at a third of the cost of :func:`poisson`; none above ``most``.

    Parameters
    ----------
    u, mean
        As in :func:`poisson`, shape (n,).
    out
        Where the counts go, integers, shape (n,).
    most
        The greatest number that ``out`` shall hold.

    Examples
    --------
    >>> counts = np.empty(3, np.uint16)
    >>> fill_poisson(np.array([0.5, 0.99, 0.5]), np.array([1.0, 1.0, 300.0]), counts, 1000)
    >>> counts.tolist()
    [1, 4, 300]
    """
    for i in range(u.size):
        out[i], _, _ = _poisson_up_to_3(u[i], mean[i])
    for i in range(u.size):
        if out[i] > 3:
            out[i] = min(most, poisson(u[i], mean[i]))


_STEPS = 32  # stretches of the table to each halving of the tail probability
_LOWEST = -33  # the table reaches down to 2**-33, the least uniform of a stream


def _normal_table() -> Floats:
    """Tabulate the normal quantile function below the median as cubics, on 32 halvings of the probability.

    Hermite cubics meet value and slope at both ends of each stretch; the error is below 2e-8.
    """
    edges = np.ldexp(1.0 + np.arange(_STEPS) / _STEPS, np.arange(_LOWEST, -1)[:, None]).ravel()
    edges = np.append(edges, 0.5)
    z = special.ndtri(edges)
    slope = math.sqrt(2 * math.pi) * np.exp(z * z / 2)
    width = np.diff(edges)
    rise, left, right = np.diff(z), slope[:-1] * width, slope[1:] * width
    cubics = np.column_stack([z[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise])
    return np.vstack([cubics, np.zeros(4)])  # the last row is the median itself


_NORMAL = _normal_table()
_SHIFT = 52 - (_STEPS.bit_length() - 1)
_FIRST = (1023 + _LOWEST) * _STEPS
_WITHIN = (1 << _SHIFT) - 1


@kernel
def normal(u: float) -> float:
    """Draw a standard normal value: the normal quantile of ``u``.

    Exponent and leading bits of the tail probability pick one of 1,024 cubics, so the central values and the
    tails cost the same and take no logarithm. Absolute error below 2e-8 for uniforms of a stream; beyond them
    (tail below 2**-33) the equation is solved to double precision.

    Parameters
    ----------
    u
        A uniform in (0, 1); rising in ``u``, odd about 1/2.

    Examples
    --------
    >>> round(normal(0.975), 6), normal(0.5)
    (1.959964, 0.0)
    """
    tail = min(u, 1.0 - u)
    if not tail >= 2.0**_LOWEST:
        return _normal_beyond(u)
    bits = np.float64(tail).view(np.int64)
    row = (bits >> _SHIFT) - _FIRST
    t = np.float64(bits & _WITHIN) * 2.0**-_SHIFT
    z: float = _NORMAL[row, 0] + t * (_NORMAL[row, 1] + t * (_NORMAL[row, 2] + t * _NORMAL[row, 3]))
    return z if u <= 0.5 else -z


@kernel(inner=True)
def _normal_beyond(u: float) -> float:
    """Solve log of the normal tail = log of the probability by Newton's method, for tails below 2**-33."""
    tail = min(u, 1.0 - u)
    if not tail > 0.0:
        return math.copysign(math.inf, u - 0.5) if tail == 0.0 else math.nan
    z = math.sqrt(-2.0 * math.log(tail))
    for _ in range(8):
        upper = 0.5 * math.erfc(z / math.sqrt(2.0))
        z += math.log(upper / tail) * upper * math.sqrt(2 * math.pi) * math.exp(z * z / 2)
    return z if u > 0.5 else -z


_SCORES = np.linspace(-6.5, 6.5, 521)  # normal scores that cover every uniform of a stream, 40 to the unit
_LEAST_SHAPE = 0.05  # below, the lower quantiles leave the range of floats and scipy is asked directly


def gamma_ppf(u: ArrayLike, shape: float, mean: float = 1.0) -> Floats:
    """Draw gamma values with a given shape and mean, such as visit rates across customers.

    The quantile function is tabulated once for a shape (log quantile against normal score, as Hermite cubics), so
    that a million draws take a fraction of a second.

    Parameters
    ----------
    u
        Uniforms of a stream (2**-33 ... 1 - 2**-33), any shape; the result rises with them.
    shape
        The gamma distribution's shape, above 0; the coefficient of variation is ``shape**-0.5``.
    mean
        The mean, above 0 (scale times shape).

    Returns
    -------
    ndarray of float64
        Of the shape of ``u``; relative error below 1e-7.

    Raises
    ------
    InputError
        If the shape or the mean is not positive and finite, or a uniform is not from a stream.

    Examples
    --------
    >>> gamma_ppf([0.5], shape=1.0).round(6)  # an exponential's median is log 2
    array([0.693147])
    """
    _need_positive("gamma_ppf", shape=shape, mean=mean)
    uniforms = np.asarray(u, dtype=np.float64)
    if shape < _LEAST_SHAPE:
        draws = special.gammaincinv(shape, uniforms)
    else:
        draws = np.exp(_from_table(_gamma_table(float(shape)), uniforms))
    return cast(Floats, draws * (mean / shape))


def beta_ppf(u: ArrayLike, a: float, b: float) -> Floats:
    """Draw beta values, such as base churn across customers.

    The quantile function is tabulated once for a pair (log odds of the quantile against normal score, as Hermite
    cubics), so that a million draws take a fraction of a second.

    Parameters
    ----------
    u
        Uniforms of a stream (2**-33 ... 1 - 2**-33), any shape; the result rises with them.
    a, b
        The beta distribution's parameters, above 0; the mean is ``a / (a + b)``.

    Returns
    -------
    ndarray of float64
        In [0, 1], of the shape of ``u``; the error is below 1e-6 of the smaller of the value and its complement.

    Raises
    ------
    InputError
        If a parameter is not positive and finite, or a uniform is not from a stream.

    Examples
    --------
    >>> beta_ppf([0.25], 1.0, 1.0).round(6)  # the uniform distribution
    array([0.25])
    """
    _need_positive("beta_ppf", a=a, b=b)
    uniforms = np.asarray(u, dtype=np.float64)
    if min(a, b) < _LEAST_SHAPE:
        return cast(Floats, special.betaincinv(a, b, uniforms))
    return cast(Floats, special.expit(_from_table(_beta_table(float(a), float(b)), uniforms)))


def _need_positive(what: str, **values: float) -> None:
    problems = [
        f"{what}: {name} must be positive and finite, got {value}"
        for name, value in values.items()
        if not 0 < value < math.inf
    ]
    if problems:
        raise InputError(problems)


@functools.lru_cache(maxsize=64)
def _gamma_table(shape: float) -> Floats:
    """Tabulate log quantile against normal score, for a gamma distribution of scale 1."""
    low = np.minimum(_SCORES, 0.0)
    q = np.where(
        _SCORES < 0, special.gammaincinv(shape, special.ndtr(low)), special.gammainccinv(shape, special.ndtr(-_SCORES))
    )
    log_q = np.log(q)
    log_density = shape * log_q - q - special.gammaln(shape)  # of log q
    return _cubics(log_q, np.exp(-(_SCORES**2) / 2 - log_density) / math.sqrt(2 * math.pi))


@functools.lru_cache(maxsize=64)
def _beta_table(a: float, b: float) -> Floats:
    """Tabulate the log odds of the quantile against normal score; each tail is solved from its own side."""
    below, above = special.ndtr(_SCORES), special.ndtr(-_SCORES)
    lower, upper = special.betaincinv(a, b, below), special.betaincinv(b, a, above)
    nearer = np.minimum(lower, upper)
    log_near, log_far = np.log(nearer), np.log1p(-nearer)
    log_q, log_p = np.where(lower < upper, (log_near, log_far), (log_far, log_near))
    log_density = a * log_q + b * log_p - special.betaln(a, b)  # of the log odds
    return _cubics(log_q - log_p, np.exp(-(_SCORES**2) / 2 - log_density) / math.sqrt(2 * math.pi))


def _cubics(value: Floats, slope: Floats) -> Floats:
    """Lay Hermite cubics through values and slopes at the normal scores; shape (4, stretches)."""
    step = _SCORES[1] - _SCORES[0]
    rise, left, right = np.diff(value), slope[:-1] * step, slope[1:] * step
    return np.stack([value[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise])


def _from_table(cubics: Floats, uniforms: Floats) -> Floats:
    """Read a table of cubics at the normal scores of uniforms."""
    place = (special.ndtri(uniforms) - _SCORES[0]) / (_SCORES[1] - _SCORES[0])
    stretches = cubics.shape[1]
    if not np.all((place >= 0) & (place <= stretches)):
        raise InputError("u: must lie between 2**-33 and 1 - 2**-33, as the uniforms of a stream do")
    row = np.minimum(place.astype(np.intp), stretches - 1)
    t = place - row
    c0, c1, c2, c3 = cubics[:, row]
    return cast(Floats, c0 + t * (c1 + t * (c2 + t * c3)))
