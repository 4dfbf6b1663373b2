"""The state a firm opens in: drawn as a grown stock, warmed up, computed once and kept.

A what-if is the same firm from month 0 on, so a changed scenario opens in the state of the one it was changed from.
Months before month 0 are kept apart: nothing of them is in any table, and everybody's account starts at 0.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import psutil

from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation.desk import BatchDesk, Desk
from custsim.simulation.engine import Simulation, State, new_state
from custsim.simulation.network import build_network
from custsim.simulation.population import CUSTOMER, bytes_per_person
from custsim.simulation.streams import key

__all__ = ["forget", "opening_state", "refuse_too_large"]

#: how much memory the kept states may take together
_KEPT_BYTES = 600_000_000

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
        If the population would not fit in memory, or a seed is not possible.
    """
    reference = scenario.opening
    name = (fingerprint(reference), seed, replication)
    with _lock:
        if desk is BatchDesk and name in _kept:
            _kept.move_to_end(name)
            return _kept[name][0].copy()
    refuse_too_large(reference)
    state = _open(reference, seed, replication, threads, desk)
    if desk is not BatchDesk or _size(state) > _KEPT_BYTES // 4:
        return state
    with _lock:
        _kept[name] = (state, _size(state))
        while sum(size for _, size in _kept.values()) > _KEPT_BYTES:
            _kept.popitem(last=False)
    return state.copy()


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
    for array in (people.total_visits, people.failures, people.complaints, people.told):
        array.fill(0)
    for money in (people.growth, people.saving, people.premium, people.care, people.contribution, people.value):
        money.fill(0)
    people.events.fill(0)
    people.visits.fill(0)
    people.since.fill(0)
    people.spells[:] = people.state == CUSTOMER


def _size(state: State) -> int:
    return sum(array.nbytes for array in state.people) + state.network.ties.nbytes + state.network.offsets.nbytes
