"""Talk on its way to its hearers: one pass in the order of the speakers, so that it is always the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custsim.simulation import streams
from custsim.simulation.compiled import kernel
from custsim.simulation.population import Event, People
from custsim.simulation.streams import Integer, uniform

__all__ = ["deliver"]

_TALK = streams.stream_id("talk")


#: persons looked through, and messages on their way, at once
_AT_ONCE = 2048


@kernel(inner=True)
def _speakers(events: NDArray[np.uint16], start: int, stop: int, chosen: NDArray[np.uint64]) -> int:
    """List who of ``start`` to ``stop - 1`` recommends or warns this month."""
    n = 0
    for i in range(start, stop):
        chosen[n] = i
        n += (events[i] & (Event.RECOMMENDED | Event.WARNED)) != 0
    return n


@kernel(inner=True)
def _hear(
    events: NDArray[np.uint16],
    mind: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    informant: NDArray[np.int32],
    speaker: NDArray[np.int32],
    heard: NDArray[np.int32],
    sums: NDArray[np.float64],
) -> None:
    """Let messages arrive: ``heard`` holds the tie they come by, ``mind`` the messages that everybody has in mind."""
    strong, weak, warnings = mind
    praised = 0
    for m in range(heard.size):
        tie = heard[m]
        hearer = np.uint64(tie if tie >= 0 else ~tie)
        if events[np.uint64(speaker[m])] & Event.WARNED:
            warnings[hearer] += 1.0
            continue
        praised += 1
        informant[hearer] = speaker[m]
        if tie >= 0:
            strong[hearer] += 1.0
        else:
            weak[hearer] += 1.0
    sums[0] += praised
    sums[1] += heard.size - praised


@kernel
def deliver(
    p: NDArray[np.void],
    people: People,
    offsets: NDArray[np.int64],
    ties: NDArray[np.int32],
    month: int,
    k0: Integer,
    k1: Integer,
    sums: NDArray[np.float64],
) -> None:
    """Deliver recommendations and warnings to some of the speakers' ties; they act from the next month.

    A speaker tells the next few in a shuffled circle of ties, from a random start: a fair sample without repetition.
    Without ties (well mixed) everybody may be met, and messages count as those of weak ties.

    Parameters
    ----------
    p, people, month, k0, k1
        As in the other passes; the hearers are changed.
    offsets, ties
        The network: ties of person i are ``ties[offsets[i]:offsets[i + 1]]``, a weak one written as ``~id``; no offsets
        for a well-mixed market.
    sums
        Room for two sums: recommendations and warnings delivered.
    """
    row = p[0]
    sums[:] = 0.0
    persons = people.state.size
    mixed = offsets.size == 0
    mind = people.strong, people.weak, people.warnings
    chosen = np.empty(_AT_ONCE, np.uint64)
    # The ties are collected first and followed then, so that the processor waits for many far places at a time.
    speaker, heard = np.empty(_AT_ONCE, np.int32), np.empty(_AT_ONCE, np.int32)
    n = 0
    for start in range(0, persons, _AT_ONCE):
        for i in chosen[: _speakers(people.events, start, min(start + _AT_ONCE, persons), chosen)]:
            praise = (people.events[i] & Event.RECOMMENDED) != 0
            wanted = int(row.referral_positive_contacts if praise else row.referral_negative_contacts)
            first = 0 if mixed else offsets[i]
            degree = persons if mixed else offsets[i + np.uint64(1)] - first
            told = wanted if mixed else min(wanted, degree)
            place = min(degree - 1, int(uniform(k0, k1, _TALK, month, i, 0) * degree))
            for m in range(told):
                if n == _AT_ONCE:
                    _hear(people.events, mind, people.informant, speaker, heard, sums)
                    n = 0
                if mixed:
                    place = min(persons - 1, int(uniform(k0, k1, _TALK, month, i, m) * persons))
                speaker[n] = i
                heard[n] = ~place if mixed else ties[np.uint64(first + place)]
                place = place + 1 if place + 1 < degree else 0
                n += 1
    _hear(people.events, mind, people.informant, speaker[:n], heard[:n], sums)
