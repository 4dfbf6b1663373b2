"""Answering trainees: moves at once in a few threads, what takes seconds aside, and for each trainee in turn.

A component answers in a thread; compiled runs leave the interpreter to the others. There are as many quick threads as
cores. What takes seconds (a replication band, a why) has threads of its own and at most one question of each trainee,
so that a room full of curious people does not slow down those who drag. While nobody asks for anything, one thread
works ahead for whoever asked last, and another lives what the controls of the boards lead to, each alone and then two
together, so that the room finds most of it ready.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from custsim.errors import InputError
from custsim.widgets.ahead import Ahead
from custsim.widgets.component import Component, Reply, State, problem
from custsim.workshop.room import Room, Seat, is_drag

__all__ = ["Work", "framed"]

#: messages of one trainee to one component that may wait
_MOST_WAITING = 32

#: seconds without a message from anybody after which the server works ahead
_QUIET = 2.0
#: seconds without a message after which it works ahead for whoever sent the last: one who drags alone lets it begin, a
#: room that drags does not
_BREATH = 0.05
#: seconds that a run which was begun ahead may still take when the server ends
_LAST_RUN = 5.0

_log = logging.getLogger("custsim.workshop")


@dataclass(frozen=True, slots=True)
class _Ask:
    message: dict[str, Any]
    mark: str


@dataclass(slots=True)
class _Line:
    """What one trainee asks of one component, answered one after the other."""

    waiting: deque[_Ask] = field(default_factory=deque)
    busy: bool = False


class Work:
    """Answers the messages of a room.

    Parameters
    ----------
    room
        Whose states it reads and changes.
    cores
        Cores to use; all of this computer by default.
    """

    def __init__(self, room: Room, cores: int | None = None) -> None:
        cores = cores or os.cpu_count() or 2
        self._room = room
        self._quick = ThreadPoolExecutor(cores, thread_name_prefix="custsim-quick")
        self._slow = ThreadPoolExecutor(max(1, cores // 4), thread_name_prefix="custsim-slow")
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="custsim-desk")
        self._lines: dict[tuple[str, str], _Line] = {}
        self._ahead = threading.Thread(target=self._work_ahead, name="custsim-ahead", daemon=True)
        self._next = Ahead(_BREATH)
        self._closed = threading.Event()
        self._last_ask = -math.inf
        self._aside: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def work_ahead(self) -> None:
        """Begin to live, while nobody asks for anything, what the controls of the boards lead to."""
        self._ahead.start()

    def _work_ahead(self) -> None:
        for together, part in itertools.product((1, 2), self._room.prepared.components.values()):
            finished = False
            while not finished and not self._closed.wait(_QUIET / 4):
                if self._idle():
                    part.prepare(goes_on=self._idle, together=together)
                    finished = self._idle()  # and not broken off

    def _idle(self) -> bool:
        return not self._closed.is_set() and time.monotonic() - self._last_ask > _QUIET

    def close(self) -> None:
        """End the threads; what has not begun is dropped."""
        self._closed.set()
        self._next.close()
        if self._ahead.is_alive():
            self._ahead.join(_LAST_RUN)
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)
        self._desk.shutdown(wait=False, cancel_futures=True)

    def forget(self, seat_id: str) -> None:
        """Drop what waits of somebody who has gone."""
        for key in [key for key in self._lines if key[0] == seat_id and not self._lines[key].busy]:
            del self._lines[key]

    def ask(self, seat: Seat, component: Component, message: dict[str, Any], screen: str) -> None:
        """Take a message of a trainee to a component; the answer goes to the trainee's screen.

        A move replaces one that waits if that was part of the same drag. Everything else is answered in turn.

        Parameters
        ----------
        seat, component
            Who asks, and what is asked.
        message
            As it came from the browser.
        screen
            Names the page the message comes from. With the number of the message it tells one that a page sends again,
            because its connection broke before the answer, from a new one.
        """
        self._last_ask = time.monotonic()
        self._next.stop()
        number = message.get("n")
        mark = f"{screen}:{number}" if screen and isinstance(number, int) and message.get("do") != "look" else ""
        line = self._lines.setdefault((seat.id, component.id), _Line())
        if line.waiting and message.get("do") == "move" and is_drag(line.waiting[-1].message):
            line.waiting[-1] = _Ask(message, mark)
        elif len(line.waiting) >= _MOST_WAITING:
            self._show(seat, component, problem(InputError("Too much at once: wait for the answer."), message))
        else:
            line.waiting.append(_Ask(message, mark))
        if not line.busy:
            line.busy = True
            self._spawn(self._serve(seat, component, line))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, seat: Seat, component: Component, line: _Line) -> None:
        try:
            while line.waiting:
                ask = line.waiting.popleft()
                if ask.message.get("do") in component.slow:
                    self._ask_aside(seat, component, ask)
                else:
                    await self._one(seat, component, ask)
        finally:
            line.busy = False

    async def _one(self, seat: Seat, component: Component, ask: _Ask) -> None:
        if _seen(ask.mark, seat.kept.marks.get(component.id, "")):
            # sent again after a broken connection, but it had arrived: the page is told what came of it
            ask = _Ask({"do": "look", "n": ask.message.get("n")}, "")
        state = self._room.state(seat, component)
        loop = asyncio.get_running_loop()
        after, reply, frame = await loop.run_in_executor(self._quick, _handled, component, state, ask.message)
        await self._room.did(seat, component, ask.message, ask.mark, after, reply)
        if seat.screen is not None:
            seat.screen.show(frame)
        self._next.work(component, after)

    def _ask_aside(self, seat: Seat, component: Component, ask: _Ask) -> None:
        if seat.id in self._aside:
            wait = InputError("Your last question is still being answered; one moment, please.")
            self._show(seat, component, problem(wait, ask.message))
            return
        self._aside.add(seat.id)
        self._spawn(self._one_aside(seat, component, ask))

    async def _one_aside(self, seat: Seat, component: Component, ask: _Ask) -> None:
        """Answer what takes seconds; such a message changes no state."""
        state = self._room.state(seat, component)
        loop = asyncio.get_running_loop()
        try:
            _, _, frame = await loop.run_in_executor(self._slow, _handled, component, state, ask.message)
        finally:
            self._aside.discard(seat.id)
        if seat.screen is not None:
            seat.screen.show(frame)

    async def quick(self, work: Callable[[], Any]) -> Any:
        """Do something of the trainer's in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._quick, work)

    async def desk(self, work: Callable[[], Any]) -> Any:
        """Do something of the trainer's that may take long; it does not wait for what trainees ask."""
        return await asyncio.get_running_loop().run_in_executor(self._desk, work)

    def _show(self, seat: Seat, component: Component, reply: Reply) -> None:
        if seat.screen is not None:
            seat.screen.show(framed(component.id, reply))


def _seen(mark: str, last: str) -> bool:
    """Tell whether a message was answered already: pages number theirs in the order of sending."""
    screen, _, number = mark.rpartition(":")
    of_last, _, number_of_last = last.rpartition(":")
    return bool(screen) and screen == of_last and int(number) <= int(number_of_last)


def _handled(component: Component, state: State, message: dict[str, Any]) -> tuple[State, Reply, str | bytes]:
    """Let a component answer, in a thread; a fault of the component ends neither the thread nor the lesson."""
    try:
        after, reply = component.handle(state, message)
        return after, reply, framed(component.id, reply)
    except InputError as error:
        reply = problem(error, message)
    except Exception:
        _log.exception("%s failed on %.300s", component.id, message)
        reply = problem(InputError("This did not work, by a fault of ours. What you did before is kept."), message)
    return state, reply, framed(component.id, reply)


def framed(component: str, reply: Reply) -> str | bytes:
    """Pack a reply for the browser: JSON, or, with numbers, the length of the JSON, the JSON, and the numbers.

    The length is 4 bytes, little-endian; the JSON is filled up with spaces, so that the numbers begin at a multiple
    of 4.

    Examples
    --------
    >>> framed("staffing", Reply({"is": "open"}))
    '{"of": "staffing", "message": {"is": "open"}}'
    >>> len(framed("staffing", Reply({"is": "view"}, bytes(8)))) % 4
    0
    """
    text = json.dumps({"of": component, "message": reply.message}, ensure_ascii=False, allow_nan=False)
    if not reply.buffer:
        return text
    head = text.encode()
    head += b" " * (-len(head) % 4)
    return len(head).to_bytes(4, "little") + head + reply.buffer
