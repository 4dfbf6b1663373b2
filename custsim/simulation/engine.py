"""One run under way: SimPy owns time and hosts the processes; the month is a few compiled passes.

The environment's unit of time is the month; month 0 is the first of the run, warm-up months are negative. The month
always comes last at its instant, so that hiring, interventions and processes of your own act on it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import EventPriority

from custsim.errors import InputError
from custsim.scenario.model import STRUCTURE, Intervention, Scenario
from custsim.simulation.accounts import MONTHLY, close_accounts
from custsim.simulation.desk import BatchDesk, Desk
from custsim.simulation.firm import new_firm, planned_heads
from custsim.simulation.month import BLOCK, TOTALS, behaviour_pass, encounter_pass, joiners, planned_visits, tables
from custsim.simulation.network import Network
from custsim.simulation.parameters import pack, pack_segments
from custsim.simulation.population import CUSTOMER, Event, People, draw_traits, new_population, open_stock, traits_of
from custsim.simulation.recovery import OUTCOME, answer, raise_complaints, raise_requests
from custsim.simulation.talk import deliver
from custsim.simulation.workforce import Staff, fill_place, new_staff, staff_month

__all__ = ["Process", "Simulation", "State", "new_state"]

#: a process of the user's: receives the simulation and yields SimPy events
Process = Callable[["Simulation"], Generator[Any, Any, Any]]

#: months over which the internal waiting time is felt
_WAIT_MONTHS = 2.0


@dataclass
class State:
    """Everything that is carried from month to month; what a firm opens in.

    Attributes
    ----------
    month
        The month that comes next.
    people, staff, firm
        Persons, employees, and the record of :mod:`custsim.simulation.firm`.
    complaint_desk, internal_desk
        The two desks, with what is waiting and in work.
    network
        Who talks to whom; never changed.
    luck
        Key of the run.
    """

    month: int
    people: People
    staff: Staff
    firm: NDArray[np.void]
    complaint_desk: Desk
    internal_desk: Desk
    network: Network
    luck: tuple[np.uint32, np.uint32]

    def copy(self) -> State:
        """Copy all that changes."""
        return State(
            self.month,
            self.people.copy(),
            self.staff.copy(),
            self.firm.copy(),
            copy.deepcopy(self.complaint_desk),
            copy.deepcopy(self.internal_desk),
            self.network,
            self.luck,
        )


def new_state(
    scenario: Scenario,
    network: Network,
    luck: tuple[np.uint32, np.uint32],
    month: int,
    desk: Callable[[float], Desk] = BatchDesk,
) -> State:
    """Found a firm in ``month``: persons with traits, a stock of customers, a settled staff, empty desks.

    Parameters
    ----------
    scenario, network, luck
        The firm, who talks to whom, the key of the run.
    month
        First month; negative if a warm-up comes first.
    desk
        Makes a desk for a patience in working days.
    """
    people = new_population(scenario.market.persons)
    draw_traits(people, scenario, luck)
    open_stock(people, scenario, luck, month)
    staff = new_staff(scenario, 2 * planned_heads(scenario) + 16, pack(scenario), luck, month)
    return State(
        month=month,
        people=people,
        staff=staff,
        firm=new_firm(scenario),
        complaint_desk=desk(scenario.complaints.patience_days),
        internal_desk=desk(scenario.internal_service.desk_patience_days),
        network=network,
        luck=luck,
    )


@dataclass
class Log:
    """What happened, one list entry a month: the raw material of the tables of a run."""

    tickets: list[tuple[int, NDArray[np.void], NDArray[np.void]]] = field(default_factory=list)
    joined: list[tuple[int, NDArray[np.int64], NDArray[np.int32]]] = field(default_factory=list)
    left_staff: list[tuple[int, int, int, int, float, float]] = field(default_factory=list)
    visits: list[tuple[int, NDArray[np.int64], NDArray[np.uint16], NDArray[np.int64]]] = field(default_factory=list)
    levers: list[tuple[int, str, Any]] = field(default_factory=list)


class Simulation:
    """A run under way. A process of your own receives it, changes levers, looks at anything, and yields events.

    Parameters
    ----------
    scenario
        The firm.
    state
        What it opens in; changed by the run.
    months
        Months to live.
    threads
        Threads that share the blocks of persons; the result is the same for any number.

    Attributes
    ----------
    env
        The SimPy environment; its unit is the month.
    scenario
        The scenario with the levers in force.
    state
        Persons, staff, firm, desks.
    rows
        The monthly table so far, one :data:`custsim.simulation.accounts.MONTHLY` a month.

    Examples
    --------
    A process that doubles the complaint desk when answers take more than five days::

        def help_the_desk(simulation):
            while True:
                yield simulation.next_month()
                if simulation.last["response_days"] > 5:
                    simulation.set({"complaints.staff": 8})
                    return
    """

    def __init__(self, scenario: Scenario, state: State, months: int, *, threads: int = 1) -> None:
        self.scenario, self.state, self.months = scenario, state, months
        self.env = simpy.Environment(initial_time=state.month)
        self.first = state.month
        self._done = self.env.event()
        self.rows: NDArray[np.void] = np.zeros(months, dtype=MONTHLY)
        self.log = Log()
        self.keep_visits = False
        self.watchers: list[Callable[[Simulation], None]] = []
        self._threads = max(1, threads)
        self._pool = ThreadPoolExecutor(self._threads) if self._threads > 1 else None
        self._hired = 0
        self._warm_up = scenario.opening.time.warm_up_months
        self._open = int(state.complaint_desk.open.size)
        self._traits = traits_of(scenario.opening)
        self._visit_hours = scenario.opening.employees.visit_hours
        blocks = -(-state.people.state.size // BLOCK)
        self._blocks = np.zeros(blocks, dtype=TOTALS)
        self._block_sums = self._blocks.view(np.float64).reshape(blocks, -1)
        self._totals = np.zeros(1, dtype=TOTALS)
        self._sums = self._totals.view(np.float64)
        self._room = _Room(256, max(256, 4 * state.staff.filled.size))
        self._staff_sums, self._desk_sums, self._talk_sums = np.zeros(3), np.zeros(5), np.zeros(2)
        self._adopt(scenario)
        self._reschedule_hires()
        self.env.process(self._lead())

    # -- what processes use ---------------------------------------------------------------------------------------

    @property
    def month(self) -> int:
        """The month that is being lived, or comes next."""
        return self.state.month

    @property
    def last(self) -> Any:
        """The monthly row of the last month that was lived (all 0 before the first)."""
        return self.rows[max(0, self.state.month - self.first - 1)]

    def until(self, month: float) -> simpy.Event:
        """Event of the beginning of ``month``, before anything of it is lived; at once if it has begun."""
        return self.env.timeout(max(0.0, month - self.env.now))

    def next_month(self) -> simpy.Event:
        """Event of the beginning of the next month."""
        return self.env.timeout(1)

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change levers from now on.

        Raises
        ------
        InputError
            If a path does not exist, a value is not possible, or the firm would become another one.
        """
        _refuse_structure(changes)
        scenario = self.scenario.change(changes)
        self.log.levers += [(self.month, path, value) for path, value in changes.items()]
        self._adopt(scenario)

    def process(self, process: Process) -> simpy.Process:
        """Start a process of your own."""
        return self.env.process(process(self))

    # -- time -----------------------------------------------------------------------------------------------------

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Live all months.

        Parameters
        ----------
        progress
            Called with the number of months lived, after each.
        """
        if progress is not None:
            self.watchers.append(lambda simulation: progress(simulation.month - simulation.first + 1))
        try:
            self.env.run(until=self._done)
        finally:
            if self._pool is not None:
                self._pool.shutdown()

    def intervene(self, interventions: Iterable[Intervention]) -> None:
        """Schedule the interventions of a scenario, checked before anything is lived."""
        for intervention in interventions:
            _refuse_structure(intervention.change)
            self.scenario.change(intervention.change)
            self.env.process(self._intervention(intervention))

    def _lead(self) -> Generator[Any, Any, None]:
        for n in range(self.months):
            if n:
                yield self.env.timeout(1)
            yield _last_of_all(self.env)
            self._live()
            self.state.month += 1
        self._done.succeed()  # at once: what is due at the next month's beginning belongs to whoever lives that month

    def _intervention(self, intervention: Intervention) -> Generator[Any, Any, None]:
        if intervention.month < self.state.month:
            return
        yield self.until(intervention.month)
        before = {path: _value(self.scenario, path) for path in intervention.change}
        steps, end = intervention.ramp_months, intervention.until
        for step in range(1, steps + 1):
            part = {path: _between(before[path], new, step / (steps + 1)) for path, new in intervention.change.items()}
            self.set(part)
            yield self.env.timeout(1)
            if end is not None and self.env.now >= end:
                break
        else:
            self.set(intervention.change)
        if end is not None:
            yield self.until(end)
            self.set(before)

    # -- one month ------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        state, at = self.state, self.state.month - self.first
        row = self.rows[at : at + 1]
        k0, k1 = state.luck
        self._staff(row[0])
        self._blocks.fill(0)
        self._over_blocks(encounter_pass, self._p, state.firm, state.people, state.staff, state.month, k0, k1)
        row["open_complaints"] = self._complaints()
        self._requests()
        self._over_blocks(behaviour_pass, self._p, state.people, self._tables, state.month, k0, k1)
        network, talk_sums = state.network, self._talk_sums
        deliver(self._p, state.people, network.offsets, network.ties, state.month, k0, k1, talk_sums)
        close_accounts(
            self._p,
            state.firm,
            self._staff_sums,
            self._desk_sums,
            talk_sums,
            self._block_sums,
            self._totals,
            self._sums,
            row,
        )
        self._keep()

    def _over_blocks(self, run: Callable[..., None], *arguments: Any) -> None:
        blocks = self._blocks.size
        if self._pool is None or blocks < 2 * self._threads:
            run(*arguments, 0, blocks, self._blocks)
            return
        edges = np.linspace(0, blocks, self._threads + 1).astype(int)
        jobs = [self._pool.submit(run, *arguments, int(a), int(b), self._blocks) for a, b in itertools.pairwise(edges)]
        for job in jobs:
            job.result()

    def _staff(self, row: Any) -> None:
        state = self.state
        k0, k1 = state.luck
        vacated = self._room.places
        quits, waiting, missing = staff_month(
            self._p,
            state.firm,
            state.staff,
            self._weights,
            self._bends,
            self._shares,
            state.month,
            k0,
            k1,
            vacated,
            self._staff_sums,
        )
        for place in vacated[:quits]:
            self.log.left_staff.append(
                (
                    int(place),
                    int(state.staff.holder[place]) - 1,
                    int(state.staff.hired[place]),
                    state.month,
                    float(state.staff.satisfaction[place]),
                    float(state.staff.skill[place]),
                )
            )
        if missing > 0:
            self._open_vacancies(missing)
        row["employees"], row["vacancies"] = state.staff.heads[0], waiting + max(0, missing)
        row["quits"], row["hired"] = quits, self._hired
        self._hired = 0

    def _open_vacancies(self, missing: int) -> None:
        vacant = self._vacant()
        if vacant.size < missing:
            self._more_positions(missing)
            vacant = self._vacant()
        for place in vacant[:missing]:
            self.state.staff.due[place] = self.env.now + self.scenario.employees.hiring_delay
            self.env.process(self._hire(int(place)))

    def _vacant(self) -> NDArray[np.int64]:
        """Positions that nobody holds and that are not being filled."""
        staff = self.state.staff
        return np.flatnonzero((staff.filled == 0) & ~np.isfinite(staff.due))

    def _more_positions(self, missing: int) -> None:
        grown: list[Any] = []
        arrays: Any = self.state.staff
        for name, array in zip(Staff._fields, arrays, strict=True):
            if name == "heads":
                grown.append(array)
                continue
            shape = (*array.shape[:-1], missing + array.shape[-1])
            more = np.full(shape, np.inf if name == "due" else 0, dtype=array.dtype)
            grown.append(np.concatenate([array, more], axis=-1))
        self.state.staff = Staff(*grown)
        self._room = _Room(self._room.owner.size, 4 * self.state.staff.filled.size)

    def _reschedule_hires(self) -> None:
        for place in np.flatnonzero(np.isfinite(self.state.staff.due)):
            self.env.process(self._hire(int(place)))

    def _hire(self, place: int) -> Generator[Any, Any, None]:
        yield self.env.timeout(max(0.0, self.state.staff.due[place] - self.env.now))
        k0, k1 = self.state.luck
        fill_place(self.state.staff, place, self.month, self.scenario.employees.rookie_skill, self._p, k0, k1)
        self._hired += 1

    def _day(self, month: int) -> float:
        """Start of a month on the desks' clock, which begins at 0 with the warm-up."""
        return (month + self._warm_up) * self.scenario.time.working_days_per_month

    def _complaints(self) -> int:
        """Raise and answer complaints; give how many are open at the end."""
        state, room = self.state, self._room
        k0, k1 = state.luck
        events, opens = state.people.events, self._day(state.month)
        desk = state.complaint_desk
        desk.open_month(opens, self._day(state.month + 1), self.scenario.complaints.staff, state.month)
        while True:
            count = raise_complaints(
                self._p, events, state.month, opens, k0, k1, room.owner, room.tag, room.arrival, room.handling
            )
            if count <= room.owner.size:
                break
            self._room = room = _Room(2 * count, room.places.size)
        desk.submit(room.arrival[:count], room.handling[:count], room.owner[:count], room.tag[:count])
        done = desk.close_month()
        results = np.zeros(done.size, dtype=OUTCOME)
        discounts, sums = self._tables.discounts, self._desk_sums
        answer(self._p, state.firm, state.people, done, state.month, discounts, k0, k1, results, sums)
        if done.size:
            self.log.tickets.append((state.month, done, results))
        self._open += count - done.size
        return self._open

    def _requests(self) -> None:
        """Let the internal desk answer the requests of the employees."""
        state, room = self.state, self._room
        k0, k1 = state.luck
        opens = self._day(state.month)
        desk = state.internal_desk
        desk.open_month(opens, self._day(state.month + 1), self.scenario.internal_service.desk_staff, state.month)
        while True:
            count = raise_requests(
                self._p, state.staff.filled, state.month, opens, k0, k1, room.place, room.when, room.work
            )
            if count <= room.place.size:
                break
            self._room = room = _Room(room.owner.size, 2 * count)
        desk.submit(room.when[:count], room.work[:count], room.place[:count])
        done = desk.close_month()
        if done.size:
            firm = state.firm[0]
            wait = float(np.add.reduce(done["finish"] - done["arrival"]) / done.size)
            firm["internal_wait"] += (wait - firm["internal_wait"]) / _WAIT_MONTHS

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        people, month = self.state.people, self.state.month
        joined = int(self._totals["joined"][0])
        if joined:
            who, recruiter = np.empty(joined, np.int64), np.empty(joined, np.int32)
            joiners(people.events, people.informant, who, recruiter)
            self.log.joined.append((month, who, recruiter))
        if self.keep_visits:
            self.log.visits.append((month, *self._visits_made()))
        for watch in self.watchers:
            watch(self)

    def _visits_made(self) -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.int64]]:
        """Who visited this month, how often, and how often they had meant to: more than that if they dropped out."""
        people, (k0, k1) = self.state.people, self.state.luck
        visitors = np.flatnonzero(people.visits)
        meant = people.visits[visitors].astype(np.int64)
        dropped = np.flatnonzero(people.events[visitors] & Event.DROPPED)
        planned = np.empty(dropped.size, np.int64)
        planned_visits(self._p, people.rate, visitors[dropped], self.state.month, k0, k1, planned)
        meant[dropped] = np.maximum(meant[dropped], planned)
        return visitors, people.visits[visitors], meant

    def _adopt(self, scenario: Scenario) -> None:
        """Let the levers of ``scenario`` act from now on."""
        # a new design of the service moves the norm with it; what was eroded stays eroded
        self.state.firm["norm_hours"] *= scenario.employees.visit_hours / self._visit_hours
        self._visit_hours = scenario.employees.visit_hours
        self.scenario = scenario
        self._p = pack(scenario)
        self._weights, self._bends = pack_segments(scenario)
        self._shares = np.array([segment.share for segment in scenario.segments])
        self._tables = tables(monthly_rate(scenario), scenario.profit.tenure_months)
        traits = traits_of(scenario)
        if traits != self._traits:
            self._traits = traits
            draw_traits(self.state.people, scenario, self.state.luck)
            people = self.state.people
            self.state.firm["customer_rate"] = people.rate[people.state == CUSTOMER].sum(dtype=np.float64)
        if len(scenario.segments) != self.state.staff.quality.shape[0]:
            quality = np.zeros((len(scenario.segments), self.state.staff.filled.size))
            self.state.staff = self.state.staff._replace(quality=quality)
        self.state.complaint_desk.patience = scenario.complaints.patience_days
        self.state.internal_desk.patience = scenario.internal_service.desk_patience_days


class _Room:
    """Room for the tickets and vacancies of a month."""

    def __init__(self, complaints: int, requests: int) -> None:
        self.owner, self.tag = np.empty(complaints, np.int64), np.empty(complaints, np.int32)
        self.arrival, self.handling = np.empty(complaints), np.empty(complaints)
        self.place, self.when, self.work = np.empty(requests, np.int64), np.empty(requests), np.empty(requests)
        self.places = np.empty(requests, np.int32)


def monthly_rate(scenario: Scenario) -> float:
    """Discount rate a month that compounds to the annual one."""
    return float((1.0 + scenario.time.annual_discount_rate) ** (1.0 / 12.0) - 1.0)


def _last_of_all(env: simpy.Environment) -> simpy.Event:
    """Event of this very instant that comes after everything else of it."""
    event = env.event()
    event._ok, event._value = True, None
    env.schedule(event, priority=EventPriority(3))
    return event


def _refuse_structure(changes: Mapping[str, Any]) -> None:
    problems = [
        f"{path}: cannot change during a run; use scenario.change({{{path!r}: ...}}) for another firm"
        for path in changes
        if path in STRUCTURE or path.startswith(("time.", "segments", "interventions")) or path in ("name", "currency")
    ]
    if problems:
        raise InputError(problems)


def _value(scenario: Scenario, path: str) -> Any:
    value: Any = scenario
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _between(old: Any, new: Any, share: float) -> Any:
    """Value a share of the way from old to new; what is not a number changes only at the end."""
    if isinstance(old, bool) or not isinstance(old, int | float):
        return old
    value = old + share * (new - old)
    return round(value) if isinstance(old, int) and isinstance(new, int) else float(value)
