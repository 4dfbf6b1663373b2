"""The server: one process, one address; pages, websockets, and who may reach which.

Without the join word a browser gets an empty page with a form, and nothing else. With it, it gets a signed cookie that
is a seat: the revealed steps, and one websocket on which its components talk. The trainer's page needs a cookie of its
own, which only the address shown in the terminal gives. Nothing that a browser sends is ever run or used as a path:
every file there is to be served is read when the server starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from custsim.errors import CustsimError, InputError
from custsim.widgets.component import problem
from custsim.workshop.address import code_for_page
from custsim.workshop.assets import Content, assets
from custsim.workshop.guard import Guarded, same_origin
from custsim.workshop.joining import Brake, same_word
from custsim.workshop.prepare import Shared
from custsim.workshop.room import Rate, Room, Seat
from custsim.workshop.screens import Browser
from custsim.workshop.trainer import shared_views, snapshot
from custsim.workshop.work import Work, framed

__all__ = ["Server"]

_log = logging.getLogger("custsim.workshop")

#: longest body of a request
_LONGEST_BODY = 4096
#: seconds between two looks of the trainer's page at the room: at least, at most
_LOOKS = (0.5, 5.0)
#: seconds between two sweeps for idle seats
_SWEEP = 20.0
#: trainer's pages open at once
_TRAINERS = 8

_NOTHING_HERE = "There is nothing here. The workshop is at the address your trainer shows.\n"


class Server:
    """Serves a room.

    Parameters
    ----------
    room
        The lesson and the people in it.
    address
        What trainees type into their browsers, such as ``http://192.168.1.5:8000/``.
    others
        Further addresses of this computer.

    Attributes
    ----------
    app
        What an ASGI server runs.
    """

    def __init__(self, room: Room, address: str, others: tuple[str, ...] = ()) -> None:
        self.room, self.work, self.brake = room, Work(room), Brake()
        self.address, self.others = address, others
        self.join_link = f"{address}#{room.word.replace(' ', '-')}"
        self._assets = assets(room)
        self._pages = [Content(page.content, "application/json") for page in room.prepared.pages]
        self._trainers: set[asyncio.Event] = set()
        room.changed = self._changed
        pages = Starlette(
            routes=[
                Route("/", self._home),
                Route("/static/{name}", self._static),
                Route("/seat", self._seat_told),
                Route("/join", self._join, methods=["POST"]),
                Route("/step/{number:int}", self._step),
                WebSocketRoute("/room", self._trainee),
                Route("/trainer", self._trainer_page),
                Route("/trainer/code.svg", self._code),
                WebSocketRoute("/trainer/room", self._trainer),
                Route("/trainer/{secret}", self._trainer_door),
            ],
            exception_handlers={404: _nothing_here, 405: _nothing_here},
            lifespan=self._lifespan,
        )
        pages.router.redirect_slashes = False
        self.app: ASGIApp = Guarded(pages)

    # ---- life ---------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: object) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(self._sweep())
        loop = asyncio.get_running_loop()
        for part in self._shared():
            part.room_changed = functools.partial(loop.call_soon_threadsafe, self.room.refresh, part)
        self.work.work_ahead()
        try:
            yield
        finally:
            sweeping.cancel()
            await self.close()

    async def close(self) -> None:
        """Keep what is not kept yet, and leave all files."""
        self.work.close()
        await self.room.keep_drags()
        for part in self._shared():
            part.room_changed = None
            part.close()
        self.room.store.close()

    def _shared(self) -> list[Any]:
        """List the components that the room has in common."""
        return [part for part in self.room.prepared.components.values() if isinstance(part, Shared)]

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            await self.room.sweep()

    def _changed(self) -> None:
        for event in self._trainers:
            event.set()

    # ---- who is it ----------------------------------------------------------------------------------------------

    def _seat(self, connection: HTTPConnection) -> Seat | None:
        keys = self.room.keys
        name = keys.read("seat", connection.cookies.get(keys.cookie("seat")))
        return self.room.seats.get(name) if name else None

    def _is_trainer(self, connection: HTTPConnection) -> bool:
        keys = self.room.keys
        return keys.read("trainer", connection.cookies.get(keys.cookie("trainer"))) == "trainer"

    def _give(self, response: Response, role: str, value: str) -> Response:
        keys = self.room.keys
        response.set_cookie(
            keys.cookie(role), keys.sign(role, value), max_age=7 * 24 * 3600, httponly=True, samesite="lax", path="/"
        )
        return response

    # ---- for everybody ------------------------------------------------------------------------------------------

    async def _home(self, request: Request) -> Response:
        return self._assets["page.html"].response(request)

    async def _static(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None or request.path_params["name"].endswith(".html"):
            return _nothing()
        return asset.response(request)

    async def _seat_told(self, request: Request) -> Response:
        seat = self._seat(request)
        return JSONResponse({"nickname": seat.nickname if seat else None})

    async def _join(self, request: Request) -> Response:
        if not same_origin(request) or request.headers.get("content-type") != "application/json":
            return _refused(403, "Please join on the page of the workshop.")
        who = request.client.host if request.client else ""
        if wait := self.brake.wait(who):
            return _refused(429, f"Too many attempts. Please wait {wait} seconds, then try again.")
        asked = await _json_of(request)
        word, name = asked.get("word"), asked.get("nickname")
        if not isinstance(word, str) or not isinstance(name, str):
            return _refused(400, "Please enter the join word and a nickname.")
        if not same_word(word, self.room.word):
            self.brake.wrong(who)
            return _refused(403, "That is not the join word. Your trainer shows it.")
        seat = self._seat(request)
        if seat is not None:  # joined already, in another tab
            return JSONResponse({"nickname": seat.nickname})
        try:
            seat, kept = self.room.join(name)
        except InputError as error:
            return _refused(409, str(error))
        try:
            await asyncio.wrap_future(kept)
        except CustsimError as error:
            _log.error("%s", error)
            if not seat.kept.states:  # not one that was let back in
                self.room.seats.pop(seat.id, None)
            return _refused(500, "The trainer's computer could not write this down. Please tell your trainer.")
        return self._give(JSONResponse({"nickname": seat.nickname}), "seat", seat.id)

    # ---- for trainees -------------------------------------------------------------------------------------------

    async def _step(self, request: Request) -> Response:
        number: int = request.path_params["number"]
        if self._seat(request) is None or self.room.page(number) is None:
            return _nothing()
        return self._pages[number - 1].response(request)

    async def _trainee(self, socket: WebSocket) -> None:
        seat = self._seat(socket)
        if seat is None or not same_origin(socket):
            await socket.close()
            return
        await socket.accept()
        screen, limits = Browser(socket), self.room.limits
        rate = Rate(limits.messages_a_second, limits.messages_at_once)
        if refusal := self.room.refusal(seat):
            screen.leave("full", refusal)
            await screen.talk(rate, lambda message: None)
            return
        self.room.enter(seat, screen)
        lesson = self.room.prepared.lesson
        screen.tell({"is": "hello", "nickname": seat.nickname, "title": lesson.title, **self.room.shown()})
        try:
            await screen.talk(rate, lambda message: self._heard(seat, screen, message))
        finally:
            self.room.left(seat, screen)

    def _heard(self, seat: Seat, screen: Browser, message: dict[str, Any]) -> None:
        """Take a message to a component that is revealed; what is of no known form is dropped."""
        component, said, page = self.room.component(message.get("to")), message.get("message"), message.get("screen")
        if component is None or not isinstance(said, dict) or not isinstance(page, str) or len(page) > 32:
            return
        looking = said.get("do") == "look"
        if not looking:
            self.room.touch(seat)
        if self.room.phase == "paused" and not looking:
            told = problem(InputError("Your trainer has paused the workshop for a moment."), said)
            screen.show(framed(component.id, told))
            return
        self.work.ask(seat, component, said, page)

    # ---- for the trainer ----------------------------------------------------------------------------------------

    async def _trainer_door(self, request: Request) -> Response:
        """Turn the address shown in the terminal into a cookie, so that it is not seen on a projector."""
        if not self.room.keys.opens(request.path_params["secret"]):
            return _nothing()
        return self._give(RedirectResponse("/trainer", 303), "trainer", "trainer")

    async def _trainer_page(self, request: Request) -> Response:
        return self._assets["trainer.html"].response(request) if self._is_trainer(request) else _nothing()

    async def _code(self, request: Request) -> Response:
        if not self._is_trainer(request):
            return _nothing()
        return Response(code_for_page(self.join_link), media_type="image/svg+xml")

    async def _trainer(self, socket: WebSocket) -> None:
        if not self._is_trainer(socket) or not same_origin(socket) or len(self._trainers) >= _TRAINERS:
            await socket.close()
            return
        await socket.accept()
        screen, changed = Browser(socket), asyncio.Event()
        self._trainers.add(changed)
        prepared = self.room.prepared
        screen.tell(
            {
                "is": "hello",
                "title": prepared.lesson.title,
                "minutes": prepared.lesson.minutes,
                "address": self.address,
                "others": list(self.others),
                "word": self.room.word,
                "sheet": prepared.sheet,
            }
        )
        keep_told = asyncio.create_task(self._keep_told(screen, changed))
        tasks: set[asyncio.Task[None]] = set()

        def heard(message: dict[str, Any]) -> None:
            task = asyncio.create_task(self._do(screen, message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        try:
            await screen.talk(Rate(20.0, 40), heard)
        finally:
            self._trainers.discard(changed)
            keep_told.cancel()

    async def _keep_told(self, screen: Browser, changed: asyncio.Event) -> None:
        """Send how the room stands, soon after it changed and every few seconds."""
        while True:
            changed.clear()
            shared, warnings = await self.work.quick(lambda: shared_views(self.room))
            told = snapshot(self.room)
            screen.tell({**told, "warnings": [*told["warnings"], *warnings], "shared": shared})
            await asyncio.sleep(_LOOKS[0])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _LOOKS[1])

    async def _do(self, screen: Browser, message: dict[str, Any]) -> None:
        """Do what a button of the trainer's page says, and say when it is done, or why it is not."""
        trouble = ""
        try:
            await self._done(str(message.get("do")), str(message.get("seat")), message)
        except CustsimError as error:
            trouble = str(error)
        except Exception:
            _log.exception("the trainer's press failed: %.300s", message)
            trouble = "This did not work, by a fault of ours. What was done before is kept."
        screen.tell({"is": "done", "n": message.get("n"), "problem": trouble})

    async def _done(self, do: str, seat_id: str, message: dict[str, Any]) -> None:
        if do == "readmit":
            self.room.readmit(seat_id)
        elif do == "remove":
            await self.room.remove(seat_id)
            self.work.forget(seat_id)
        elif do == "act":
            component = self.room.component(message.get("of"))
            if isinstance(component, Shared):
                asked = {"do": message.get("name"), "label": message.get("label")}
                await self.work.desk(lambda: component.handle_trainer(asked))
        else:
            step = message.get("step")
            await self.room.go(do, step if isinstance(step, int) else None)


async def _json_of(request: Request) -> dict[str, Any]:
    """Read a small JSON object; an empty one if it is none, or too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            return {}
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _refused(status: int, text: str) -> Response:
    return JSONResponse({"problem": text}, status)


def _nothing() -> Response:
    return PlainTextResponse(_NOTHING_HERE, 404)


async def _nothing_here(_request: Request, _error: Exception) -> Response:
    return _nothing()
