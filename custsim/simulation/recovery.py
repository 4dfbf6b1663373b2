"""Complaints on their way to the desk, and what a finished one does to the customer: three justices, two marks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custsim.chain import complaints
from custsim.chain.complaints import (
    distributive_justice,
    felt_after_recovery,
    handling_justice,
    healed_share,
    interactional_justice,
    procedural_justice,
    solve_probability,
    wound_after_recovery,
)
from custsim.simulation import streams
from custsim.simulation.compiled import kernel, use_laws
from custsim.simulation.population import CUSTOMER, Event, People, charge
from custsim.simulation.streams import Integer, draw4, exponential, normal, uniform

__all__ = ["MAJOR", "OUTCOME", "answer", "raise_complaints", "raise_requests"]

use_laws(complaints)

#: tag of a ticket about a major failure
MAJOR = 1

#: what became of a finished complaint; shares 0-1, compensation in currency
OUTCOME = np.dtype(
    [
        ("solved", np.bool_),
        ("distributive", np.float64),
        ("interactional", np.float64),
        ("procedural", np.float64),
        ("justice", np.float64),
        ("satisfied", np.bool_),
        ("compensation", np.float64),
        ("customer", np.bool_),
    ],
    align=True,
)

_TICKET, _ANSWER, _REQUESTS, _REQUEST = (
    streams.stream_id(name) for name in ("ticket", "answer", "internal requests", "internal request")
)


@kernel
def raise_complaints(
    p: NDArray[np.void],
    events: NDArray[np.uint16],
    month: int,
    opens: float,
    k0: Integer,
    k1: Integer,
    owner: NDArray[np.int64],
    tag: NDArray[np.int32],
    arrival: NDArray[np.float64],
    handling: NDArray[np.float64],
) -> int:
    """List this month's complaints: who, how severe, when (working days), how much work.

    Parameters
    ----------
    p, month, k0, k1
        As in :func:`custsim.simulation.month.encounter_pass`.
    events
        What happened to each person this month.
    opens
        Start of the month on the desk's clock, working days.
    owner, tag, arrival, handling
        Room for the tickets.

    Returns
    -------
    int
        How many complaints were raised (all of them, even if there is less room).
    """
    row = p[0]
    count = 0
    for i in range(events.size):
        if events[i] & Event.COMPLAINED:
            if count < owner.size:
                u_when, u_work, _, _ = draw4(k0, k1, _TICKET, month, i, 0)
                owner[count] = i
                tag[count] = MAJOR if events[i] & Event.MAJOR_FAILURE else 0
                arrival[count] = opens + u_when * row.days
                handling[count] = exponential(u_work, row.complaints_handling_days)
            count += 1
    return count


@kernel
def raise_requests(
    p: NDArray[np.void],
    filled: NDArray[np.uint8],
    month: int,
    opens: float,
    k0: Integer,
    k1: Integer,
    owner: NDArray[np.int64],
    arrival: NDArray[np.float64],
    handling: NDArray[np.float64],
) -> int:
    """List this month's requests of employees to the internal support desk; see :func:`raise_complaints`."""
    row = p[0]
    count = 0
    for place in range(filled.size):
        if filled[place] == 0:
            continue
        left = uniform(k0, k1, _REQUESTS, month, place, 0)
        for request in range(streams.poisson(left, row.internal_service_requests)):
            if count < owner.size:
                u_when, u_work, _, _ = draw4(k0, k1, _REQUEST, month, place, request)
                owner[count] = place
                arrival[count] = opens + u_when * row.days
                handling[count] = exponential(u_work, row.internal_service_desk_handling_days)
            count += 1
    return count


@kernel(inner=True)
def _judge(
    p: NDArray[np.void],
    firm: NDArray[np.void],
    ticket: NDArray[np.void],
    k0: Integer,
    k1: Integer,
    result: NDArray[np.void],
) -> None:
    """Judge one finished complaint by the three justices."""
    row, f, t, r = p[0], firm[0], ticket[0], result[0]
    wait = t.finish - t.arrival
    empowered = f.level_empowerment - row.reference_level
    u_solved, u_noise, _, _ = draw4(k0, k1, _ANSWER, t.month, t.owner, 0)
    chance = solve_probability(row.complaints_solve_rate, empowered, row.complaints_solve_empowerment)
    r.solved = (not t.abandoned) and u_solved < chance
    loss = row.complaints_major_loss if t.tag == MAJOR else row.complaints_minor_loss
    r.compensation = row.complaints_compensation * loss if r.solved else 0.0
    r.distributive = distributive_justice(
        row.complaints_compensation if r.solved else 0.0,
        wait,
        row.complaints_distributive_floor,
        row.complaints_best_compensation,
        row.complaints_distributive_patience_days,
    )
    r.interactional = interactional_justice(
        0.0 if t.abandoned else row.complaints_interactional,
        0.0 if t.abandoned else f.empathy,
        0.0 if t.abandoned else empowered,
        0.0 if t.abandoned else f.level_training - row.reference_level,
        row.complaints_interactional_satisfaction,
        row.complaints_interactional_empowerment,
        row.complaints_interactional_training,
    )
    r.procedural = procedural_justice(wait, row.complaints_procedural_patience_days)
    r.justice = handling_justice(
        r.distributive,
        r.interactional,
        r.procedural,
        row.complaints_justice_noise_sd * normal(u_noise),
        row.complaints_distributive_weight,
        row.complaints_interactional_weight,
        row.complaints_procedural_weight,
    )
    r.satisfied = r.justice >= row.complaints_satisfied_above


@kernel
def answer(
    p: NDArray[np.void],
    firm: NDArray[np.void],
    people: People,
    tickets: NDArray[np.void],
    month: int,
    discounts: NDArray[np.float64],
    k0: Integer,
    k1: Integer,
    results: NDArray[np.void],
    sums: NDArray[np.float64],
) -> None:
    """Let this month's finished complaints act on their owners.

    Parameters
    ----------
    p, firm, people, month, discounts, k0, k1
        As in the other passes; the persons are changed.
    tickets
        Finished tickets of the complaint desk, answered or given up.
    results
        One row of :data:`OUTCOME` for each ticket, to fill.
    sums
        Room for five sums: handled, given up, satisfied, waiting days, compensation.
    """
    row = p[0]
    sums[:] = 0.0
    for j in range(tickets.size):
        _judge(p, firm, tickets[j : j + 1], k0, k1, results[j : j + 1])
        t, r = tickets[j], results[j]
        i = np.uint64(t.owner)
        people.open_complaints[i] = max(0, people.open_complaints[i] - 1)
        wait = t.finish - t.arrival
        sums[0] += 0.0 if t.abandoned else 1.0
        sums[1] += 1.0 if t.abandoned else 0.0
        sums[2] += 1.0 if r.satisfied else 0.0
        sums[3] += wait
        sums[4] += r.compensation
        charge(people, i, r.compensation, month, discounts)
        people.events[i] |= Event.ANSWERED | (Event.PLEASED if r.satisfied else 0)
        r.customer = people.state[i] == CUSTOMER
        if not r.customer:
            continue
        healed = healed_share(
            r.justice, wait, row.complaints_heal_patience_days, row.complaints_heal_below, row.complaints_heal_range
        )
        people.wound[i] = wound_after_recovery(
            people.wound[i],
            healed,
            r.justice,
            row.complaints_heal_below,
            row.complaints_insult,
            row.complaints_deepest_wound,
        )
        people.felt[i] = felt_after_recovery(
            people.felt[i], r.justice, row.complaints_pleased_above, row.complaints_pleased_gain
        )
