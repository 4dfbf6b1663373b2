"""The room: who is in, what is revealed, and what each trainee did. It knows nothing of the web.

Everything here runs in one thread, that of the server's event loop; only the file is written in another. What a
trainee did is changed in memory and handed to the file in the same breath, in the order in which it happened.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import psutil

from custsim.errors import CustsimError, InputError
from custsim.widgets.component import Component, Reply, State
from custsim.workshop.joining import Keys, nickname, random_word
from custsim.workshop.prepare import Page, Prepared, Shared
from custsim.workshop.store import KeptAnswer, KeptSeat, Store

__all__ = ["Limits", "Room", "Screen", "Seat", "keys_of"]

Phase = Literal["waiting", "running", "paused"]

#: seconds that somebody whose connection broke keeps the seat
_GRACE = 300.0
#: seconds without a further move after which an unfinished drag is kept
_DRAG_RESTS = 1.0
#: characters of an answer, and points of a drawn curve, that are kept for the trainer
_LONGEST_ANSWER, _CURVE_POINTS = 400, 31


@dataclass(frozen=True)
class Limits:
    """What a room may cost.

    Attributes
    ----------
    most
        Trainees at once.
    idle_minutes
        Minutes without doing anything after which a seat is given free.
    messages_a_second, messages_at_once
        What is read from one trainee; more waits in the network.
    message_bytes
        Longest message from a trainee.
    free_mib
        Nobody joins while the computer has less free memory, MiB.
    """

    most: int = 40
    idle_minutes: float = 90.0
    messages_a_second: float = 20.0
    messages_at_once: int = 40
    message_bytes: int = 64 * 1024
    free_mib: float = 150.0


class Screen(Protocol):
    """A browser that shows the lesson to a trainee; what it is told goes out in turn, nobody waits for it."""

    def tell(self, message: dict[str, Any]) -> None:
        """Send what concerns the room."""

    def show(self, frame: str | bytes) -> None:
        """Send the answer of a component."""

    def leave(self, why: str) -> None:
        """Say goodbye and close: "elsewhere", "idle", "removed" or "full"."""


@dataclass(eq=False)
class Seat:
    """A trainee: what they did, and the browser they are at, if they are."""

    kept: KeptSeat
    screen: Screen | None = None
    progress: dict[str, float] = field(default_factory=dict)
    drags: dict[str, asyncio.TimerHandle] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What the cookie says."""
        return self.kept.id

    @property
    def nickname(self) -> str:
        """What the trainer sees."""
        return self.kept.nickname


class Room:
    """A lesson and the people in it.

    Parameters
    ----------
    prepared
        The lesson.
    store
        The file; what it holds of an earlier server is taken over.
    word
        Join word; that of the file, or a new one, if it is empty.
    limits
        What the room may cost.
    """

    def __init__(self, prepared: Prepared, store: Store, word: str, limits: Limits) -> None:
        self.prepared, self.store, self.limits = prepared, store, limits
        facts = store.facts()
        self.keys = keys_of(store)
        self.word = word or facts.get("word") or random_word()
        self.phase: Phase = "waiting"
        self.revealed = min(int(facts.get("revealed", 0)), len(prepared.pages))
        if self.revealed:
            self.phase = "paused" if facts.get("phase") == "paused" else "running"
        #: steps up to this one have everything open, whether one has predicted or not
        self.told = min(int(facts.get("told", 0)), self.revealed)
        self.trouble = ""
        self.changed: Callable[[], None] = lambda: None
        store.note(word=self.word)
        self.checkpoints: tuple[Component, ...] = tuple(
            component for component in prepared.components.values() if component.progress(component.start()) < 1
        )
        self.seats = {kept.id: Seat(kept) for kept in store.seats()}
        self._readmitted: dict[str, float] = {}
        self._writing: set[asyncio.Future[None]] = set()
        edited = facts.get("edition", prepared.edition) != prepared.edition
        for seat in self.seats.values():
            self._take_over(seat, edited)
        store.note(edition=prepared.edition)

    def _take_over(self, seat: Seat, edited: bool) -> None:
        """Measure the progress of somebody whom an earlier server knew.

        If the lesson was edited in between, states that no longer fit their component begin anew.
        """
        for name in [name for name in seat.kept.states if edited and name in self.prepared.components]:
            component = self.prepared.components[name]
            try:
                component.handle(seat.kept.states[name], {"do": "look"})
                component.progress(seat.kept.states[name])
            except (LookupError, TypeError, ValueError, AttributeError):
                del seat.kept.states[name]
        for component in self.checkpoints:
            if component.id in seat.kept.states:
                seat.progress[component.id] = component.progress(seat.kept.states[component.id])

    # ---- coming and going ---------------------------------------------------------------------------------------

    def join(self, name: str) -> tuple[Seat, Future[None]]:
        """Give somebody a seat, or back the one that the trainer lets them have again.

        Returns
        -------
        Seat, Future
            The seat, and what to wait for until it is on disk.

        Raises
        ------
        InputError
            If the nickname is taken or unfit, the room full or the computer out of memory; the text is for the trainee.
        """
        known = next(
            (seat for seat in self.seats.values() if seat.nickname.casefold() == name.strip().casefold()), None
        )
        if known and self._readmitted.pop(known.id, 0.0) > time.time():
            return known, self.store.seat(known.id, known.nickname, known.kept.joined)
        taken = nickname(name, (seat.nickname for seat in self.seats.values()))
        if refusal := self.refusal(None):
            raise InputError(refusal)
        now = time.time()
        seat = Seat(KeptSeat(secrets.token_hex(16), taken, now, now))
        self.seats[seat.id] = seat
        self.changed()
        return seat, self.store.seat(seat.id, taken, now)

    def refusal(self, seat: Seat | None) -> str:
        """Say why somebody cannot come in at present; empty if they can."""
        now = time.time()
        taken = sum(self._sits(other, now) for other in self.seats.values() if other is not seat)
        if taken >= self.limits.most:
            return (
                f"The room is full: all {self.limits.most} seats are taken. "
                "Please sit with a neighbour, or ask your trainer for a seat."
            )
        if seat is None and psutil.virtual_memory().available < self.limits.free_mib * 2**20:
            return "The trainer's computer is short of memory and lets nobody in at present. Please tell your trainer."
        return ""

    def _sits(self, seat: Seat, now: float) -> bool:
        return seat.screen is not None or now - seat.kept.seen < _GRACE

    def seated(self) -> int:
        """Count the seats that are taken."""
        now = time.time()
        return sum(self._sits(seat, now) for seat in self.seats.values())

    def enter(self, seat: Seat, screen: Screen) -> None:
        """Show the lesson on a screen; one that showed it to the same trainee before is told so and closed."""
        before, seat.screen = seat.screen, screen
        self.touch(seat)
        self.changed()
        if before is not None:
            before.leave("elsewhere")

    def left(self, seat: Seat, screen: Screen) -> None:
        """Note that a screen has gone."""
        if seat.screen is screen:
            seat.screen = None
            seat.kept.seen = time.time()
            self.changed()

    def touch(self, seat: Seat) -> None:
        """Note that somebody did something just now."""
        seat.kept.seen = time.time()

    def readmit(self, seat_id: str) -> None:
        """Let whoever joins with this trainee's nickname within three minutes have the seat."""
        if seat_id in self.seats:
            self._readmitted[seat_id] = time.time() + 180

    async def remove(self, seat_id: str) -> None:
        """Take somebody out of the room, with all they did."""
        seat = self.seats.pop(seat_id, None)
        if seat is None:
            return
        for timer in seat.drags.values():
            timer.cancel()
        done = self.store.unseat(seat_id)
        self.changed()
        if seat.screen is not None:
            seat.screen.leave("removed")
        await self._on_disk(done)

    async def sweep(self) -> None:
        """Give the seats of those free who have done nothing for long, and keep when everybody was last seen."""
        idle_since = time.time() - 60 * self.limits.idle_minutes
        for seat in list(self.seats.values()):
            if seat.screen is not None and seat.kept.seen < idle_since:
                screen, seat.screen = seat.screen, None
                seat.kept.seen = min(seat.kept.seen, time.time() - _GRACE)
                screen.leave("idle")
                self.changed()
        await self._on_disk(self.store.seen({seat.id: seat.kept.seen for seat in self.seats.values()}))

    # ---- what is shown ------------------------------------------------------------------------------------------

    async def go(self, do: str, step: int | None = None) -> None:
        """Do what the trainer's button says: "start", "pause", "resume", "reveal", "reveal_all", "tell".

        Parameters
        ----------
        do
            What to do.
        step
            The step to reveal, counted from 1; the next one by default. One that is revealed already stays so: two
            presses of the same button are one.
        """
        last = len(self.prepared.pages)
        if do == "start":
            self.phase, self.revealed = "running", max(self.revealed, min(1, last))
        elif do == "pause" and self.phase == "running":
            self.phase = "paused"
        elif do == "resume" and self.phase == "paused":
            self.phase = "running"
        elif do in ("reveal", "reveal_all"):
            self.phase = "running" if self.phase == "waiting" else self.phase
            wanted = last if do == "reveal_all" else self.revealed + 1 if step is None else step
            self.revealed = max(self.revealed, min(wanted, last))
        elif do == "tell" and self.phase != "waiting":
            self.told = self.revealed
        else:
            return
        kept = self.store.note(phase=self.phase, revealed=str(self.revealed), told=str(self.told))
        self.changed()
        self._tell_all({"is": "room", **self.shown()})
        await self._on_disk(kept)

    def shown(self) -> dict[str, Any]:
        """Tell a trainee's screen where the room is; of what is not revealed, only how much there is."""
        return {"phase": self.phase, "revealed": self.revealed, "told": self.told, "steps": len(self.prepared.pages)}

    def page(self, number: int) -> Page | None:
        """Give a step by its number from 1, if it is revealed."""
        if self.phase == "waiting" or not 1 <= number <= self.revealed:
            return None
        return self.prepared.pages[number - 1]

    def component(self, name: object) -> Component | None:
        """Give a component by its id, if its step is revealed."""
        pages = self.prepared.pages[: 0 if self.phase == "waiting" else self.revealed]
        return next((part for page in pages for part in page.components if part.id == name), None)

    def refresh(self, component: Component) -> None:
        """Have everybody's screen look at a component again, as somebody else changed what it shows."""
        if component in self.checkpoints:
            for seat in self.seats.values():
                if component.id in seat.kept.states:
                    seat.progress[component.id] = component.progress(seat.kept.states[component.id])
        self.changed()
        self._tell_all({"is": "refresh", "of": component.id})

    def _tell_all(self, message: dict[str, Any]) -> None:
        for seat in self.seats.values():
            if seat.screen is not None:
                seat.screen.tell(message)

    # ---- what a trainee did -------------------------------------------------------------------------------------

    def state(self, seat: Seat, component: Component) -> State:
        """Give a trainee's state of a component; a new one for who has done nothing there yet."""
        if component.id not in seat.kept.states:
            new = component.start_for(seat.id, seat.nickname) if isinstance(component, Shared) else component.start()
            seat.kept.states[component.id] = new
        return seat.kept.states[component.id]

    async def did(
        self, seat: Seat, component: Component, message: dict[str, Any], mark: str, after: State, reply: Reply
    ) -> None:
        """Keep what a message made of a trainee's state; come back when it is on disk, at once for a drag under way."""
        if self.seats.get(seat.id) is not seat:
            return
        before = seat.kept.states[component.id]
        answer = _answer(message, reply)
        seat.kept.states[component.id] = after
        if mark and reply.message.get("is") != "problem":  # what was refused is refused again when it is sent again
            seat.kept.marks[component.id] = mark
        if after == before and answer is None:
            return
        if component in self.checkpoints:
            seat.progress[component.id] = component.progress(after)
            self.changed()
        if timer := seat.drags.pop(component.id, None):
            timer.cancel()
        if is_drag(message):
            later = asyncio.get_running_loop().call_later
            seat.drags[component.id] = later(_DRAG_RESTS, self._keep_drag, seat, component.id)
            return
        if answer is not None:
            seat.kept.answers.setdefault(component.id, []).append(answer)
            self.changed()
        await self._on_disk(self.store.keep(seat.id, component.id, after, mark, answer))

    def _keep_drag(self, seat: Seat, name: str) -> None:
        seat.drags.pop(name).cancel()
        written = self.store.keep(seat.id, name, seat.kept.states[name], seat.kept.marks.get(name, ""))
        task = asyncio.ensure_future(self._on_disk(written))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def keep_drags(self) -> None:
        """Keep every drag under way, before the server ends."""
        for seat in self.seats.values():
            for name in list(seat.drags):
                self._keep_drag(seat, name)
        await asyncio.gather(*self._writing)

    async def _on_disk(self, written: Future[None]) -> None:
        try:
            await asyncio.wrap_future(written)
        except CustsimError as error:  # the lesson goes on from memory; the trainer is told
            self.trouble = f"What trainees do cannot be kept: {error}"
            self.changed()
        else:
            self.trouble = ""

    def done(self, seat: Seat) -> float:
        """Tell what part of all checkpoints a trainee has done, 0 to 1; 1 in a lesson without checkpoints."""
        if not self.checkpoints:
            return 1.0
        return sum(seat.progress.get(component.id, 0.0) for component in self.checkpoints) / len(self.checkpoints)


def keys_of(store: Store) -> Keys:
    """Give the secrets of the room that a file is of; a new file gets new ones."""
    facts, names = store.facts(), ("signing", "trainer", "room")
    if all(name in facts for name in names):
        return Keys(*(facts[name] for name in names))
    keys = Keys.new()
    store.note(signing=keys.signing, trainer=keys.trainer, room=keys.room).result()
    return keys


def is_drag(message: dict[str, Any]) -> bool:
    """Tell whether a message is a move of a finger that has not been lifted yet."""
    return message.get("do") == "move" and message.get("rest") is False


def _answer(message: dict[str, Any], reply: Reply) -> KeptAnswer | None:
    """Read off a message and its reply what was answered, if anything was, and whether it was right."""
    if message.get("do") not in ("answer", "guess") or reply.message.get("is") not in ("verdict", "revealed"):
        return None
    given = next((message[name] for name in ("text", "chosen", "value") if name in message), None)
    if given is None and reply.message["is"] == "revealed":
        given = _thinned(reply.message["guess"])
    right = reply.message.get("right")
    not_understood = reply.message["is"] == "verdict" and right is None
    if given is None or not_understood or len(json.dumps(given)) > _LONGEST_ANSWER:
        return None
    return KeptAnswer(given, right if isinstance(right, bool) else None)


def _thinned(curve: Any) -> list[float] | None:
    """A drawn curve with as many points as the trainer's picture of it needs."""
    if not isinstance(curve, list):
        return None
    most = min(_CURVE_POINTS, len(curve))
    places = [round(at * (len(curve) - 1) / max(1, most - 1)) for at in range(most)]
    return [float(f"{curve[place]:.4g}") for place in places]


class Rate:
    """Lets so many messages a second through, after a handful at once."""

    def __init__(self, a_second: float, at_once: int, now: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._most, self._now = a_second, float(at_once), now
        self._left, self._at = self._most, now()

    def wait(self) -> float:
        """Take one; say how many seconds to wait before the next is read."""
        now = self._now()
        self._left = min(self._most, self._left + (now - self._at) * self._a_second) - 1
        self._at = now
        return max(0.0, -self._left / self._a_second)
