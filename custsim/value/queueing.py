"""Waiting at a desk in closed form: the M/M/c queue (Erlang C)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from custsim.errors import InputError

__all__ = ["ErlangC", "erlang_c"]


class ErlangC(NamedTuple):
    """The M/M/c queue in its steady state; arrays of the common shape of the arguments.

    Attributes
    ----------
    wait_probability
        Share of arrivals that have to wait at all, 0-1.
    mean_wait
        Mean time from arrival to being taken up, all arrivals counted; in the unit of time of the rates.
    mean_queue_length
        Mean number waiting, which is the arrival rate times the mean wait (Little's law).
    utilisation
        Share of the time a server is busy, 0-1.
    service_level
        Share of arrivals taken up within the time asked for, 0-1.
    """

    wait_probability: NDArray[np.float64]
    mean_wait: NDArray[np.float64]
    mean_queue_length: NDArray[np.float64]
    utilisation: NDArray[np.float64]
    service_level: NDArray[np.float64]


def erlang_c(arrival_rate: ArrayLike, service_rate: ArrayLike, servers: ArrayLike, within: ArrayLike = 0.0) -> ErlangC:
    """How long one waits at a desk with Poisson arrivals, exponential handling and c servers, nobody giving up.

    With load a = arrival_rate / service_rate and Erlang's loss probability B,
    B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)):

    P(wait) = c B(c) / (c - a (1 - B(c))),
    mean wait = P(wait) / (c service_rate - arrival_rate),
    P(wait <= t) = 1 - P(wait) exp(-(c service_rate - arrival_rate) t).

    Parameters
    ----------
    arrival_rate
        Arrivals per unit of time, at least 0.
    service_rate
        Tickets one server completes per unit of time when busy, above 0.
    servers
        c, a whole number of at least 1.
    within
        The t of the service level, in the same unit of time, at least 0.

    Returns
    -------
    ErlangC
        Named results, arrays of the common shape (0-dimensional for numbers).

    Raises
    ------
    InputError
        If an argument is outside its range, or the load is not below the number of servers: then the queue grows
        without end and has no steady state.

    References
    ----------
    Erlang, A. K. (1917). Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges. Elektroteknikeren, 13.
    Cooper, R. B. (1981). Introduction to Queueing Theory (2nd ed.), North Holland, section 3.4.

    Examples
    --------
    Two arrivals a day, one handled a day by each of three servers.

    >>> queue = erlang_c(arrival_rate=2.0, service_rate=1.0, servers=3)
    >>> print(f"{queue.wait_probability:.4f} wait, {queue.mean_wait:.4f} days on average")
    0.4444 wait, 0.4444 days on average
    """
    arrival, service, count, time = np.broadcast_arrays(
        *(np.asarray(argument, dtype=np.float64) for argument in (arrival_rate, service_rate, servers, within))
    )
    _check(arrival, service, count, time)
    load = arrival / service
    blocked = np.ones_like(load)
    for k in range(1, int(count.max(initial=1)) + 1):
        blocked = np.where(k <= count, load * blocked / (k + load * blocked), blocked)
    wait_probability = count * blocked / (count - load * (1 - blocked))
    spare = count * service - arrival
    mean_wait = wait_probability / spare
    return ErlangC(
        wait_probability, mean_wait, arrival * mean_wait, load / count, 1 - wait_probability * np.exp(-spare * time)
    )


def _check(
    arrival: NDArray[np.float64],
    service: NDArray[np.float64],
    count: NDArray[np.float64],
    time: NDArray[np.float64],
) -> None:
    """Refuse arguments out of range, all of them in one error."""
    ranges = (
        ("arrival_rate", arrival, (arrival >= 0) & np.isfinite(arrival), "must be finite and at least 0"),
        ("service_rate", service, (service > 0) & np.isfinite(service), "must be finite and above 0"),
        ("servers", count, (count >= 1) & (count == np.floor(count)) & np.isfinite(count), "must be 1, 2, 3, ..."),
        ("within", time, time >= 0, "must be at least 0"),
    )
    problems = [f"{name}: {must}, got {values[~good].flat[0]}" for name, values, good, must in ranges if not good.all()]
    if problems:
        raise InputError(problems)
    full = arrival >= count * service
    if full.any():
        work, hands = arrival[full].flat[0], (count * service)[full].flat[0]
        raise InputError(
            f"arrival_rate: {work} is not below what the servers can do ({hands}); the queue would grow without end; "
            "use more servers, or simulate a desk where the waiting give up"
        )
