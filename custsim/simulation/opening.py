"""The state a firm opens in: drawn as a grown stock, warmed up, computed once and kept.

A what-if is the same firm from month 0 on, so a changed scenario opens in the state of the one it was changed from.
Months before month 0 are kept apart: nothing of them is in any table, and everybody's account starts at 0.

The kept states of a process take at most 300 MB, or as many as the environment variable ``CUSTSIM_OPENINGS_MB`` says
(0: none is kept); the least recently used go first. A state that takes more than a quarter of that is not kept.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import psutil

from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation.desk import BatchDesk, Desk
from custsim.simulation.engine import Simulation, State, new_state
from custsim.simulation.network import build_network
from custsim.simulation.population import CUSTOMER, bytes_per_person
from custsim.simulation.streams import key

__all__ = ["forget", "kept_bytes", "opening_state", "refuse_too_large"]

#: how much memory the kept states may take together unless the environment says otherwise, MB
_KEPT_MB = 300

#: what is 0 for everybody as month 0 begins
_FROM_ZERO = (
    "events",
    "visits",
    "since",
    "total_visits",
    "failures",
    "complaints",
    "told",
    "growth",
    "saving",
    "premium",
    "care",
    "contribution",
    "value",
)

#: what is different before month 0: no interventions yet, and the norm of time per visit is still as designed
_WARM_UP = {"interventions": [], "employees.norm_erosion_months": 1e9}

#: kept states, each with its size in bytes, the least recently used first
_kept: OrderedDict[tuple[str, int, int], tuple[State, int]] = OrderedDict()
_lock = threading.Lock()


def opening_state(
    scenario: Scenario,
    seed: int,
    replication: int,
    *,
    threads: int = 1,
    desk: Callable[[float], Desk] = BatchDesk,
) -> State:
    """Give the state in which a run of ``scenario`` begins, at month 0; a copy of its own.

    Parameters
    ----------
    scenario
        The firm; what counts is the scenario it opens in, :attr:`Scenario.opening`, without its interventions.
    seed, replication
        Name the luck of the run.
    threads
        Threads for the warm-up.
    desk
        Makes a desk for a patience in working days; a state with desks other than the default is not kept.

    Raises
    ------
    InputError
        If the population would not fit in memory, a seed is not possible, or ``CUSTSIM_OPENINGS_MB`` is no number.
    """
    room = kept_bytes()
    reference = scenario.opening
    name = (fingerprint(reference), seed, replication)
    with _lock:
        if desk is BatchDesk and name in _kept:
            _kept.move_to_end(name)
            return _kept[name][0].copy()
    refuse_too_large(reference)
    state = _open(reference, seed, replication, threads, desk)
    if desk is not BatchDesk or _size(state) > room // 4:
        return state
    kept = _without_zeros(state)
    with _lock:
        _kept[name] = (kept, _size(state))
        while sum(size for _, size in _kept.values()) > room:
            _kept.popitem(last=False)
    return kept.copy()


def kept_bytes() -> int:
    """Tell how much memory the kept states of this process may take together.

    Raises
    ------
    InputError
        If ``CUSTSIM_OPENINGS_MB`` is set to anything but a number of at least 0.

    Examples
    --------
    >>> kept_bytes() >= 0
    True
    """
    said = os.environ.get("CUSTSIM_OPENINGS_MB", str(_KEPT_MB))
    try:
        megabytes = float(said)
    except ValueError:
        megabytes = -1.0
    if not 0.0 <= megabytes < 1e9:
        raise InputError(f"CUSTSIM_OPENINGS_MB: must be a number of megabytes of at least 0, got {said!r}")
    return int(megabytes * 1e6)


def forget() -> None:
    """Forget all kept states."""
    with _lock:
        _kept.clear()


def fingerprint(scenario: Scenario) -> str:
    """Name a scenario by everything that acts on its opening state."""
    return scenario.model_dump_json(
        exclude={"name", "title", "description", "currency", "interventions"}, round_trip=True
    )


def refuse_too_large(scenario: Scenario) -> None:
    """Refuse a population that would not fit in memory, before anything is allocated.

    Raises
    ------
    InputError
        With the memory that is needed and that there is.
    """
    talk = scenario.referral
    ties = talk.strong_ties + talk.weak_ties if talk.network in ("small_world", "scale_free") else 0
    # making a network takes about three times what it takes in the end
    needed = scenario.market.persons * (1.3 * bytes_per_person() + 3 * (4 * ties + 8 * (ties > 0)))
    there = psutil.virtual_memory().available
    if needed > 0.9 * there:
        raise InputError(
            f"market.persons: {scenario.market.persons:,} persons need about {needed / 1e9:.1f} GB of memory, "
            f"{there / 1e9:.1f} GB are free; take fewer persons or ties (referral.strong_ties, referral.weak_ties)"
        )
    heads = scenario.market.customers / scenario.employees.customers_per_employee
    needed = heads * 1000.0  # twice as many positions as heads, with quality by segment and a month's requests
    if needed > 0.9 * there:
        raise InputError(
            f"employees.customers_per_employee: {scenario.employees.customers_per_employee:g} asks for {heads:,.0f} "
            f"employees, who need about {needed / 1e9:.1f} GB of memory, {there / 1e9:.1f} GB are free; raise it"
        )


def _open(scenario: Scenario, seed: int, replication: int, threads: int, desk: Callable[[float], Desk]) -> State:
    luck = key(seed, replication)
    network = build_network(scenario, luck)
    months = scenario.time.warm_up_months if scenario.market.opening == "steady" else 0
    state = new_state(scenario, network, luck, -months, desk)
    if months:
        Simulation(scenario.change(_WARM_UP), state, months, threads=threads).run()
    _start_accounts(state)
    return state


def _start_accounts(state: State) -> None:
    """Begin everybody's account at month 0."""
    people = state.people
    for name in _FROM_ZERO:
        getattr(people, name).fill(0)
    people.spells[:] = people.state == CUSTOMER


def _without_zeros(state: State) -> State:
    """Share the arrays of a state, but let what is 0 for everybody be one zero; a copy has all of it again."""
    persons = state.people.state.size
    zeros = {name: np.broadcast_to(np.zeros((), getattr(state.people, name).dtype), persons) for name in _FROM_ZERO}
    return dataclasses.replace(state, people=state.people._replace(**zeros))


def _size(state: State) -> int:
    """Memory that a state takes while it is kept, bytes."""
    names = [name for name in state.people._fields if name not in _FROM_ZERO]
    return sum(int(getattr(state.people, name).nbytes) for name in names) + state.network.memory_bytes
