"""A service desk: tickets wait first come, first served, for one of a few servers, and give up in the end.

The complaint desk of the customers and the support desk of the employees are the same queue. Time is continuous
and counted in working days from 0; staff changes at the boundaries of months. One description of the queue, two
engines that give the same times ticket by ticket:

* :class:`BatchDesk` is compiled and works a month through at its end, ticket by ticket in the order of arrival;
* :class:`SimpyDesk` plays the same queue event by event in a SimPy environment, for disciplines of your own.

The rules, which both keep to:

* A ticket is taken up by the server that has been free for longest, at the later of its arrival and that moment.
* A ticket that has not been taken up ``patience`` days after its arrival leaves unserved; if a server becomes free
  at that very moment, it is served. Patience may change between months, for all that wait: who has then waited for
  too long already leaves as the month begins.
* A month holds what happens from its start to just before its end. What would be taken up at the end or later
  waits on, so that a change of staff acts on it.
* Where staff falls, those who would be free last leave: whoever has a ticket in hand finishes it first. Where staff
  grows, the newcomers are free from the start of the month. With no servers nobody is served and all give up.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeAlias

import numpy as np
import simpy
from numpy.typing import ArrayLike, NDArray
from simpy.core import SimTime
from simpy.events import EventPriority

from custsim.errors import InputError
from custsim.simulation.compiled import kernel

__all__ = ["TICKET", "BatchDesk", "Desk", "SimpyDesk"]

#: One ticket. Times are working days on the desk's clock. ``start`` is NaN for a ticket not taken up (yet);
#: ``finish`` is when it was, or will be, completed or given up, NaN while that is open.
TICKET = np.dtype(
    [
        ("owner", np.int64),
        ("month", np.int32),
        ("tag", np.int32),
        ("arrival", np.float64),
        ("handling", np.float64),
        ("start", np.float64),
        ("finish", np.float64),
        ("abandoned", np.bool_),
    ],
    align=True,
)
Tickets: TypeAlias = NDArray[np.void]
Floats: TypeAlias = NDArray[np.float64]


class Desk(Protocol):
    """What every desk can do: be staffed for a month, take tickets, and tell at its end which are finished."""

    patience: float  #: days of waiting after which a ticket leaves unserved; may be changed between months

    @property
    def open(self) -> Tickets:
        """Tickets not yet handed back, in the order of arrival: being served, or waiting (``start`` is NaN)."""

    def open_month(self, t0: float, t1: float, servers: int, month: int | None = None) -> None:
        """Begin the month from ``t0`` to before ``t1`` with so many servers."""

    def submit(self, arrivals: ArrayLike, handling: ArrayLike, owner: ArrayLike, tag: ArrayLike = 0) -> None:
        """Hand in tickets of this month."""

    def close_month(self) -> Tickets:
        """End the month; return what was completed or given up in it, in that order."""


class _Calendar:
    """The month a desk is in, its patience, and the checks both engines make."""

    def __init__(self, patience: float) -> None:
        self._t0, self._t1, self._month, self._is_open = -math.inf, -math.inf, -1, False
        self.patience = patience

    @property
    def patience(self) -> float:
        """Days of waiting after which a ticket leaves unserved; it may be changed between months."""
        return self._patience

    @patience.setter
    def patience(self, days: float) -> None:
        if not days >= 0:
            raise InputError(f"patience: must be at least 0 days (infinite if nobody gives up), got {days}")
        if self._is_open:
            raise InputError(f"patience: cannot change within month {self._month}; close it first")
        self._patience = float(days)

    def _begin(self, t0: float, t1: float, servers: int, month: int | None) -> None:
        if self._is_open:
            raise InputError(f"desk: month {self._month} is still open; close it before the next")
        if not -math.inf < t0 < t1 < math.inf:
            raise InputError(f"desk: a month must go from one day to a later one, got {t0} to {t1}")
        if self._t1 not in (-math.inf, t0):
            raise InputError(f"desk: the next month begins on day {self._t1}, where the last one ended, got {t0}")
        if servers != int(servers) or servers < 0:
            raise InputError(f"servers: must be a whole number of at least 0, got {servers}")
        self._month = self._month + 1 if month is None else month
        self._t0, self._t1, self._is_open = float(t0), float(t1), True

    def _must_be_open(self) -> None:
        if not self._is_open:
            raise InputError("desk: no month is open; call open_month first")

    def _refusal(self) -> InputError:
        return InputError(
            f"desk: tickets of month {self._month} must arrive from {self._t0} to before {self._t1} days, "
            "and take a finite handling time of at least 0 days"
        )


class BatchDesk(_Calendar):
    """A desk that works a month through in compiled code, at its end.

    Parameters
    ----------
    patience
        Days of waiting after which a ticket leaves unserved; infinite if nobody gives up.

    Raises
    ------
    InputError
        By any method: a month out of turn, a negative number of servers, a ticket outside the month.

    Examples
    --------
    One server, three tickets of two days each; the third gives up after three days of waiting.

    >>> desk = BatchDesk(patience=3.0)
    >>> desk.open_month(0.0, 21.0, servers=1)
    >>> desk.submit(arrivals=[0.0, 0.5, 0.75], handling=[2.0, 2.0, 2.0], owner=[7, 8, 9])
    >>> done = desk.close_month()
    >>> [(int(t["owner"]), float(t["finish"]), bool(t["abandoned"])) for t in done]
    [(7, 2.0, False), (9, 3.75, True), (8, 4.0, False)]
    """

    def __init__(self, patience: float = math.inf) -> None:
        super().__init__(patience)
        self._free = np.empty(0)  # when each server is free: a heap, the earliest first
        self._tickets = np.empty(64, dtype=TICKET)
        self._carried = 0  # of which so many are from earlier months,
        self._count = 0  # and so many in all

    @property
    def open(self) -> Tickets:
        """Tickets not yet handed back, in the order of arrival: being served, or waiting (``start`` is NaN)."""
        fresh = self._tickets[self._carried : self._count]
        by_arrival = fresh[np.argsort(fresh["arrival"], kind="stable")]
        return np.concatenate([self._tickets[: self._carried], by_arrival])

    def open_month(self, t0: float, t1: float, servers: int, month: int | None = None) -> None:
        """Begin a month.

        Parameters
        ----------
        t0, t1
            Its start and end in days; it starts where the last one ended.
        servers
            How many serve during the month.
        month
            Its number, written into the tickets; by default one more than the last, from 0.
        """
        self._begin(t0, t1, servers, month)
        if servers < self._free.size:
            self._free = np.sort(self._free)[:servers]
        elif servers > self._free.size:
            self._free = np.sort(np.concatenate([self._free, np.full(servers - self._free.size, float(t0))]))

    def submit(self, arrivals: ArrayLike, handling: ArrayLike, owner: ArrayLike, tag: ArrayLike = 0) -> None:
        """Hand in tickets of this month, in any order; of two with the same arrival the first is served first.

        Parameters
        ----------
        arrivals, handling
            When each ticket arrives, and how long its handling takes; days, shape (n,).
        owner
            The person or employee whose ticket it is, shape (n,).
        tag
            Anything the caller wants back with the ticket (an integer), shape (n,) or one for all.
        """
        self._must_be_open()
        fresh = np.asarray(arrivals, dtype=np.float64)
        self._make_room(fresh.size)
        place = self._tickets[self._count : self._count + fresh.size]
        place["arrival"], place["handling"], place["owner"], place["tag"] = fresh, handling, owner, tag
        if not _admit(place, self._month, self._t0, self._t1):
            raise self._refusal()
        self._count += fresh.size

    def _make_room(self, more: int) -> None:
        if self._count + more > self._tickets.size:
            larger = np.empty(2 * (self._count + more), dtype=TICKET)
            larger[: self._count] = self._tickets[: self._count]
            self._tickets = larger

    def close_month(self) -> Tickets:
        """End the month.

        Returns
        -------
        ndarray of TICKET
            What was completed or given up in it, in that order (of two at one moment, the earlier arrival first).
        """
        self._must_be_open()
        done = np.empty(self._count, dtype=TICKET)
        finished = _work_through(self._tickets, self._carried, self._free, self._t0, self._t1, self.patience, done)
        self._carried = self._count = self._count - finished
        self._is_open = False
        return done[:finished]


@kernel
def _admit(fresh: Tickets, month: int, t0: float, t1: float) -> bool:
    """Mark new tickets as waiting; tell whether all of them are sound."""
    for i in range(fresh.size):
        if not (t0 <= fresh[i].arrival < t1 and 0.0 <= fresh[i].handling < np.inf):
            return False
        fresh[i].month, fresh[i].start, fresh[i].finish, fresh[i].abandoned = month, np.nan, np.nan, False
    return True


@kernel
def _work_through(
    tickets: Tickets, carried: int, free: Floats, t0: float, t1: float, patience: float, done: Tickets
) -> int:
    """Serve a month's tickets, of which ``carried`` are in order already; fill ``done`` in the order of the finish."""
    _sort_by(tickets[carried : done.size], False)
    finished = _serve(tickets[: done.size], free, t0, t1, patience, done)
    _sort_by(done[:finished], True)
    return finished


@kernel(inner=True)
def _sort_by(tickets: Tickets, finish: bool) -> None:
    """Sort tickets by finish or else by arrival; those at one moment stay in the order they have.

    Runs of doubling length are merged. (NumPy's sort, which Numba knows too, takes ten times as long to compile.)
    """
    n = tickets.size
    when, order, merged = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    in_order = True
    for i in range(n):
        when[i] = tickets[i].finish if finish else tickets[i].arrival
        order[i] = i
        in_order = in_order and (i == 0 or when[i - 1] <= when[i])
    if in_order:
        return
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            a, b = low, min(low + width, n)
            middle, high = b, min(low + 2 * width, n)
            for k in range(low, high):
                first = a < middle and (b == high or when[order[a]] <= when[order[b]])
                merged[k] = order[a] if first else order[b]
                a, b = (a + 1, b) if first else (a, b + 1)
        order, merged = merged, order
        width *= 2
    copy = tickets.copy()
    for i in range(n):
        tickets[i] = copy[order[i]]


@kernel(inner=True)
def _serve(tickets: Tickets, free: Floats, t0: float, t1: float, patience: float, done: Tickets) -> int:
    """Work a month through: ``tickets`` in the order of arrival, ``free`` a heap of the times servers are free.

    Finished tickets go to ``done``, the others move up in ``tickets``. Returns the number finished. Because the
    queue is first come, first served, each ticket's times follow from those before it: n log c steps.
    """
    finished = 0
    for i in range(tickets.size):
        ticket = tickets[i]
        if np.isnan(ticket.start):
            start = max(ticket.arrival, free[0]) if free.size else np.inf
            gives_up = max(ticket.arrival + patience, t0)
            if start <= gives_up and start < t1:
                ticket.start, ticket.finish = start, start + ticket.handling
                _replace_earliest(free, ticket.finish)
            elif gives_up < start and gives_up < t1:
                ticket.finish, ticket.abandoned = gives_up, True
        if ticket.finish < t1:
            done[finished] = ticket
            finished += 1
        else:
            tickets[i - finished] = ticket
    return finished


@kernel(inner=True)
def _replace_earliest(heap: Floats, value: float) -> None:
    """Put a later time in the place of the earliest of a binary heap."""
    place, n = 0, heap.size
    while True:
        child = 2 * place + 1
        if child >= n:
            break
        if child + 1 < n and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = value


class _Ticket:
    """A ticket on its way through :class:`SimpyDesk`: its record, its number, and when it gives up."""

    def __init__(self, record: Any, number: int) -> None:
        self.record, self.number, self.gives_up = record, number, math.inf


class _Server:
    """Someone at the desk: when they are, or will be, free."""

    def __init__(self, free_at: float) -> None:
        self.free_at, self.busy = free_at, False


class _Late(simpy.Event):
    """A timeout that comes after everything else of its moment, so that a server who is free just then serves."""

    def __init__(self, env: simpy.Environment, delay: SimTime) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, priority=EventPriority(2), delay=delay)


class SimpyDesk(_Calendar):
    """The same desk as SimPy processes, event by event: slower, readable, and open to other disciplines.

    Each ticket is a process that arrives; each service and each wait that may end in giving up is another. For a
    discipline of your own, derive a class and write :meth:`choose`.

    Parameters
    ----------
    env
        The SimPy environment; its time unit is the working day. Months are opened at their start. They are closed
        at their end by a process of the environment; where none is running, closing runs the environment up to it.
    patience
        Days of waiting after which a ticket leaves unserved; infinite if nobody gives up.

    Raises
    ------
    InputError
        By any method: a month out of turn, a negative number of servers, a ticket outside the month.

    Examples
    --------
    >>> desk = SimpyDesk(simpy.Environment(), patience=3.0)
    >>> desk.open_month(0.0, 21.0, servers=1)
    >>> desk.submit(arrivals=[0.0, 0.5, 0.75], handling=[2.0, 2.0, 2.0], owner=[7, 8, 9])
    >>> done = desk.close_month()
    >>> [(int(t["owner"]), float(t["finish"]), bool(t["abandoned"])) for t in done]
    [(7, 2.0, False), (9, 3.75, True), (8, 4.0, False)]
    """

    def __init__(self, env: simpy.Environment, patience: float = math.inf) -> None:
        super().__init__(patience)
        self.env = env
        self._servers: list[_Server] = []
        self._waiting: list[_Ticket] = []
        self._tickets: list[_Ticket] = []
        self._submitted = 0

    def choose(self, waiting: list[Tickets]) -> int:
        """Choose the ticket to serve next.

        Parameters
        ----------
        waiting
            The records of the tickets that wait, in the order of arrival; at least one.

        Returns
        -------
        int
            The place of the chosen one; 0, unless overridden: first come, first served.
        """
        return 0

    @property
    def open(self) -> Tickets:
        """Tickets not yet handed back, in the order of arrival: being served, or waiting (``start`` is NaN)."""
        tickets = sorted(self._tickets, key=lambda ticket: (ticket.record["arrival"], ticket.number))
        return np.array([ticket.record for ticket in tickets], dtype=TICKET)

    def open_month(self, t0: float, t1: float, servers: int, month: int | None = None) -> None:
        """Begin a month, at its start; see :meth:`BatchDesk.open_month`."""
        if self.env.now > t0:
            raise InputError(f"desk: the month from {t0} days must be opened by then, but it is day {self.env.now}")
        self._begin(t0, t1, servers, month)
        newcomers = [_Server(float(t0)) for _ in range(servers - len(self._servers))]
        # Those who would be free last leave; a ticket in hand runs on without them.
        self._servers = sorted(self._servers + newcomers, key=lambda server: server.free_at)[:servers]
        self.env.process(self._at_the_start(t0 - self.env.now))

    def _at_the_start(self, delay: SimTime) -> Any:
        yield self.env.timeout(delay)
        for ticket in self._waiting:
            self._set_patience(ticket)
        self._take_up()

    def submit(self, arrivals: ArrayLike, handling: ArrayLike, owner: ArrayLike, tag: ArrayLike = 0) -> None:
        """Hand in tickets of this month that have not arrived yet; see :meth:`BatchDesk.submit`."""
        self._must_be_open()
        fresh = np.zeros(np.asarray(arrivals).size, dtype=TICKET)
        fresh["arrival"], fresh["handling"], fresh["owner"], fresh["tag"] = arrivals, handling, owner, tag
        if not _admit(fresh, self._month, self._t0, self._t1):
            raise self._refusal()
        if (fresh["arrival"] < self.env.now).any():
            raise InputError(f"desk: it is day {self.env.now}, tickets can no longer arrive before it")
        for record in fresh:
            self._submitted += 1
            ticket = _Ticket(record, self._submitted)
            self._tickets.append(ticket)
            self.env.process(self._arrive(ticket))

    def _arrive(self, ticket: _Ticket) -> Any:
        yield self.env.timeout(ticket.record["arrival"] - self.env.now)
        self._waiting.append(ticket)
        self._set_patience(ticket)
        self._take_up()

    def _set_patience(self, ticket: _Ticket) -> None:
        gives_up = max(ticket.record["arrival"] + self.patience, self._t0)
        if gives_up != ticket.gives_up:
            ticket.gives_up = gives_up
            if gives_up < math.inf:
                self.env.process(self._give_up(ticket, gives_up))

    def _give_up(self, ticket: _Ticket, moment: float) -> Any:
        yield _Late(self.env, max(0.0, moment - self.env.now))
        if ticket in self._waiting and ticket.gives_up == moment:  # else it was served, or its patience changed
            self._waiting.remove(ticket)
            ticket.record["finish"], ticket.record["abandoned"] = moment, True

    def _handle(self, ticket: _Ticket, server: _Server) -> Any:
        yield self.env.timeout(ticket.record["handling"])
        server.busy = False
        self._take_up()

    def _take_up(self) -> None:
        """Let idle servers take up waiting tickets, unless the month is over and the next not yet open."""
        while self._waiting and self._t0 <= self.env.now < self._t1:
            idle = [server for server in self._servers if not server.busy]
            if not idle:
                return
            server = min(idle, key=lambda server: server.free_at)
            ticket = self._waiting.pop(self.choose([waiting.record for waiting in self._waiting]))
            start = max(ticket.record["arrival"], server.free_at)  # that is now, but for SimPy's rounding of delays
            ticket.record["start"], ticket.record["finish"] = start, start + ticket.record["handling"]
            server.busy, server.free_at = True, float(ticket.record["finish"])
            self.env.process(self._handle(ticket, server))

    def close_month(self) -> Tickets:
        """End the month, at its end; see :meth:`BatchDesk.close_month`."""
        self._must_be_open()
        if self.env.now < self._t1 and self.env.active_process is None:
            self.env.run(until=self._t1)
        if self.env.now < self._t1:
            raise InputError(f"desk: it is day {self.env.now}, month {self._month} can be closed on day {self._t1}")
        done = [ticket for ticket in self._tickets if ticket.record["finish"] < self._t1]
        self._tickets = [ticket for ticket in self._tickets if not ticket.record["finish"] < self._t1]
        self._is_open = False
        done.sort(key=lambda ticket: (ticket.record["finish"], ticket.record["arrival"], ticket.number))
        return np.array([ticket.record for ticket in done], dtype=TICKET)
