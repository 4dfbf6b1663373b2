"""Opening a workshop: from a lesson's name to a server that is ready, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psutil
import uvicorn

from custsim.errors import InputError
from custsim.lessons.catalogue import Lesson, read
from custsim.workshop.address import addresses, bound, code_for_terminal
from custsim.workshop.joining import checked_word
from custsim.workshop.prepare import prepare
from custsim.workshop.room import Limits, Room, keys_of
from custsim.workshop.server import Server
from custsim.workshop.store import Store

__all__ = ["FOLDER", "state_file", "web_server", "workshop"]

#: where the files of workshops go when nothing else is said
FOLDER = "custsim-workshops"

Tell = Callable[[str], object]

#: seconds the server waits for the last answers when it is ended
_LAST_ANSWERS = 2
#: connections at once, beyond a few for each trainee, before a browser is asked to try again
_SPARE_CONNECTIONS = 100


def state_file(lesson: Lesson, new: bool, today: date | None = None) -> Path:
    """Name the file of today's workshop on a lesson.

    Parameters
    ----------
    lesson
        The lesson.
    new
        Whether to begin another one; without it, the latest of today goes on.
    today
        The day.

    Returns
    -------
    pathlib.Path
        In the folder ``custsim-workshops`` of the working directory.
    """
    stem = f"{lesson.file.stem}-{(today or date.today()).isoformat()}"
    names = [Path(FOLDER, f"{stem}{'' if number == 1 else f'-{number}'}.db") for number in range(1, 1000)]
    there = [name.exists() for name in names]
    first_free = there.index(False)
    return names[first_free if new or not first_free else first_free - 1]


def workshop(
    which: str,
    *,
    host: str = "0.0.0.0",
    port: int = 8000,
    word: str = "",
    limits: Limits | None = None,
    state: Path | None = None,
    new: bool = False,
    self_paced: bool = False,
    tell: Tell = print,
) -> None:
    """Serve a lesson to a room, until Ctrl-C.

    Parameters
    ----------
    which
        Number or name of a lesson, or the path of a notebook; its code is run.
    host, port
        Where to listen: all addresses of this computer by default; port 0 for any that is free.
    word
        Join word; two random words, or those of the file, by default.
    limits
        What the room may cost.
    state
        File that keeps what trainees do; one of today's in ``custsim-workshops`` by default.
    new
        Begin another file instead of going on with today's.
    self_paced
        Start at once, with all steps revealed.
    tell
        Called with each line for the trainer.

    Raises
    ------
    InputError
        If there is no such lesson, it fails, the port is taken, or the file is not this lesson's.
    EnvironmentFailure
        If the machine does not do its part.
    """
    lesson, chosen = read(which), checked_word(word) if word else ""
    if not lesson.steps:
        raise InputError(f"{lesson.file}: is empty: there is nothing to serve")
    file = state or state_file(lesson, new)
    if state and new and state.exists():
        raise InputError(f"{state}: is there already; --new begins a new file: give another name")
    began = time.perf_counter()
    with bound(host, port) as listener, Store.open(file, lesson.name) as store:
        tell(f"{_name(lesson)}: preparing {len(lesson.steps)} step{'s' if len(lesson.steps) > 1 else ''}")
        keys = keys_of(store)
        beside = file.absolute()  # a notebook runs in its own folder, and must not leave anything there
        prepared = prepare(
            lesson, lambda part: part.room_opens(beside.with_name(f"{beside.stem}-{part.id}.db"), keys.room), tell
        )
        room = Room(prepared, store, chosen, limits or Limits())
        at = listener.getsockname()[1]
        hosts = addresses() if host == "0.0.0.0" else [host]
        links = [f"http://{name}{'' if at == 80 else f':{at}'}/" for name in hosts]
        server = Server(room, links[0], tuple(links[1:]))
        if self_paced and room.phase == "waiting":
            room.phase, room.revealed = "running", len(prepared.pages)
            store.note(phase=room.phase, revealed=str(room.revealed))
        seconds, memory = time.perf_counter() - began, psutil.Process().memory_info().rss / 2**20
        ready = f"ready after {seconds:.0f} s, using {memory:.0f} MiB; what trainees do is kept in {file}"
        if room.seats:
            ready += f"\ngoing on with {len(room.seats)} who joined before (--new begins another workshop)"
        with contextlib.suppress(KeyboardInterrupt):  # the usual end, after everything is closed
            asyncio.run(_serve(server, listener, lambda: tell(f"{ready}\n\n{_invitation(server)}")))
        tell("\nThe workshop is closed; the same command goes on with it.")


async def _serve(server: Server, listener: socket.socket, ready: Callable[[], object]) -> None:
    web = web_server(server)
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    while not web.started and not serving.done():
        await asyncio.sleep(0.01)
    if web.started:
        ready()
    await serving


def web_server(server: Server) -> uvicorn.Server:
    """Set up what speaks HTTP: quiet, trusting no proxy, and with bounds on what it reads."""
    limits = server.room.limits
    return uvicorn.Server(
        uvicorn.Config(
            server.app,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_max_size=limits.message_bytes,
            ws_per_message_deflate=False,  # numbers do not shrink, and it costs each trainee memory
            limit_concurrency=4 * limits.most + _SPARE_CONNECTIONS,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
    )


def _name(lesson: Lesson) -> str:
    return f"lesson {lesson.number}, {lesson.title}" if lesson.number else lesson.title


def _invitation(server: Server) -> str:
    """Say how to get in: for the room, and for the trainer alone."""
    lines = [
        f"  Trainees open    {server.address}",
        *(f"  or               {other}" for other in server.others),
        f"  and type         {server.room.word}",
    ]
    if "//127." in server.address:
        lines.append("  (this computer is on no network, or was told to listen to itself: nobody else can open it)")
    code = code_for_terminal(server.join_link)
    encoding = sys.stdout.encoding or "ascii"
    drawable = code.encode(encoding, "replace").decode(encoding) == code
    return "\n".join(
        [
            *lines,
            "",
            *([code] if drawable else []),
            f"  Trainer's page   {server.address}trainer/{server.room.keys.trainer}",
            "  (for you alone: it starts the lesson, reveals its steps, and shows who is how far)",
            "",
            "  Ctrl-C ends the workshop.",
        ]
    )
