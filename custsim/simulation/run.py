"""``simulate``: one run of one scenario."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import simpy

from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation.desk import BatchDesk, Desk, SimpyDesk
from custsim.simulation.engine import Process, Simulation
from custsim.simulation.opening import opening_state
from custsim.simulation.results import Run
from custsim.simulation.trace import Trace

__all__ = ["simulate"]


def simulate(
    scenario: Scenario,
    seed: int = 1,
    replication: int = 0,
    *,
    months: int | None = None,
    processes: Sequence[Process] = (),
    desk: Literal["batch", "simpy"] | Callable[[float], Desk] = "batch",
    threads: int = 1,
    trace: Iterable[int] = (),
    transactions: bool | None = None,
    progress: Callable[[int], None] | None = None,
) -> Run:
    """Simulate a firm, its employees and its customers one by one.

    The result is a pure function of scenario, seed, replication and your processes: the same on one thread and on many,
    and every other draw stays as it was when a lever changes (common random numbers).

    Parameters
    ----------
    scenario
        The firm. A scenario made by :meth:`Scenario.change` opens as the one it was changed from.
    seed, replication
        Name the luck; replications of one seed share nothing.
    months
        Months to live; the scenario's own by default.
    processes
        Processes of your own: functions that receive the :class:`Simulation` and yield SimPy events.
    desk
        Engine of the two desks: "batch" (compiled), "simpy" (the same times, event by event), or a function that makes
        a desk of your own for a patience in working days.
    threads
        Threads that share the persons.
    trace
        Persons whose every month is kept, for :meth:`Run.story`.
    transactions
        Whether to keep the log of visits (:attr:`Run.transactions`); by default for non-contractual relationships.
    progress
        Called with the number of months lived.

    Returns
    -------
    Run
        Tables, summary, stories; see :class:`custsim.simulation.results.Run`.

    Raises
    ------
    InputError
        If the population would not fit in memory, an intervention is not possible, a person to trace does not exist.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05)
    >>> run = simulate(small, seed=7, months=6)
    >>> len(run.monthly), run.seed
    (6, 7)
    """
    months = scenario.time.months if months is None else months
    if not 1 <= months <= 1200:
        raise InputError(f"months: must be from 1 to 1200, got {months}")
    traced = sorted(set(trace))
    if traced and not 0 <= traced[0] <= traced[-1] < scenario.market.persons:
        raise InputError(f"trace: persons are 0 to {scenario.market.persons - 1}, got {traced[0]} to {traced[-1]}")
    began = time.perf_counter()
    state = opening_state(scenario, seed, replication, threads=threads, desk=_desk_maker(desk))
    opened = time.perf_counter()
    simulation = Simulation(scenario, state, months, threads=threads)
    keep_visits = scenario.loyalty.relationship == "noncontractual" if transactions is None else transactions
    simulation.keep_visits = keep_visits
    simulation.intervene(scenario.interventions)
    for process in processes:
        simulation.process(process)
    follow = Trace(traced) if traced else None
    if follow is not None:
        simulation.watchers.append(follow)
    simulation.run(progress)
    seconds = {"opening": opened - began, "months": time.perf_counter() - opened}
    return Run.of(
        simulation,
        scenario,
        seed=seed,
        replication=replication,
        seconds=seconds,
        trace=follow,
        processes=tuple(processes),
        desk=desk,
    )


def _desk_maker(desk: str | Callable[[float], Desk]) -> Callable[[float], Desk]:
    if desk == "batch":
        return BatchDesk
    if desk == "simpy":
        return lambda patience: SimpyDesk(simpy.Environment(), patience)
    if not callable(desk):
        raise InputError(f'desk: must be "batch", "simpy" or a function that makes a desk, got {desk!r}')
    return desk


Run._simulate = staticmethod(simulate)  # a run can be lived again, and no import goes round in a circle
