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
    strong, weak, warnings, informant = people.strong, people.weak, people.warnings, people.informant
    for i in range(persons):
        event = people.events[i]
        if not event & (Event.RECOMMENDED | Event.WARNED):
            continue
        praise = (event & Event.RECOMMENDED) != 0
        wanted = int(row.referral_positive_contacts if praise else row.referral_negative_contacts)
        if offsets.size == 0:
            for m in range(wanted):
                hearer = min(persons - 1, int(uniform(k0, k1, _TALK, month, i, m) * persons))
                if praise:
                    weak[hearer] += 1.0
                    informant[hearer] = i
                else:
                    warnings[hearer] += 1.0
            sums[0 if praise else 1] += wanted
            continue
        first, degree = offsets[i], offsets[i + 1] - offsets[i]
        if degree == 0:
            continue
        start = min(degree - 1, int(uniform(k0, k1, _TALK, month, i, 0) * degree))
        told = min(wanted, degree)
        for m in range(told):
            tie = ties[first + (start + m) % degree]
            hearer = tie if tie >= 0 else ~tie
            if not praise:
                warnings[hearer] += 1.0
                continue
            informant[hearer] = i
            if tie >= 0:
                strong[hearer] += 1.0
            else:
                weak[hearer] += 1.0
        sums[0 if praise else 1] += told
