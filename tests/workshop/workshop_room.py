"""A lesson for the tests of the workshop, a server for it in this process, and trainees who talk to it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from custsim.workshop.address import bound
from custsim.workshop.prepare import Prepared
from custsim.workshop.room import Limits, Room
from custsim.workshop.run import web_server
from custsim.workshop.server import Server
from custsim.workshop.store import Store

WORD = "amber otter"

#: a component as small as can be, with a slow question, a fault and numbers
SLIDER = """
import time
import numpy as np
from custsim.errors import InputError
from custsim.widgets.component import Component, Reply

class Slider(Component):
    kind = "slider"
    slow = frozenset({"why"})
    pieces, came_from = 0, None
    def prepare(self, seconds=1e9, goes_on=lambda: True, state=None, together=1):
        self.came_from = state
        while self.pieces < 1000 and goes_on():
            self.pieces += 1
            time.sleep(0.01)
        return self.pieces
    def describe(self):
        return {"kind": self.kind, "id": self.id, "title": self.title}
    def start(self):
        return {"value": 0, "moves": 0}
    def handle(self, state, message):
        do, number = message.get("do"), message.get("n")
        if do == "move":
            value = message.get("value")
            if not isinstance(value, int) or not 0 <= value <= 1000:
                raise InputError(f"value: must be from 0 to 1000, got {value!r}")
            time.sleep(message.get("takes", 0))
            state = {"value": value, "moves": state["moves"] + 1}
        elif do == "why":
            time.sleep(1.0)  # longer than a busy machine takes for a move
            return {"value": -1, "moves": -1}, Reply({"is": "why", "n": number})
        elif do == "fail":
            raise ZeroDivisionError("a fault in a component")
        elif do == "nan":
            return state, Reply({"is": "view", "value": float("nan")})
        elif do != "look":
            raise InputError(f"do: {do!r} is nothing that can be done here")
        return state, Reply({"is": "view", "n": number, **state}, np.full(5, state["value"], "<f4").tobytes())
"""

CELLS = [
    "# 4. The iceberg\n\n**45 minutes.** You will be able to\n\n- say who stays silent,\n- decide.",
    f">>>{SLIDER}",
    "## Predict\n\nWORDS-OF-STEP-TWO",
    ">>>from custsim.widgets import Choice, Guess, Number, Option\n"
    "Guess('silent', question='Of 100, how many complain?', unit='persons', low=0, high=100, outcome=lambda: 22.0)",
    "## Try\n\nWORDS-OF-STEP-THREE",
    ">>>Slider('staff')",
    ">>>Slider('budget')",
    "## Explain\n\nWORDS-OF-STEP-FOUR",
    ">>>Choice('leaves', question='Who leaves?', options=[Option('the loud', says='They were heard.'), "
    "Option('the silent', right=True)], explain='Silence.')",
    ">>>Number('sum', question='2 + 3?', answer=5, tolerance=0.01, explain='Adding.')",
]


def write_notebook(file: Path, cells: list[str] = CELLS) -> Path:
    """Write a notebook; cells that begin with >>> are code."""
    made = [
        {"cell_type": "code", "metadata": {}, "source": cell[3:], "outputs": [], "execution_count": None}
        if cell.startswith(">>>")
        else {"cell_type": "markdown", "metadata": {}, "source": cell}
        for cell in cells
    ]
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}), encoding="utf-8")
    sheet = file.parent / "trainer" / f"{file.stem}.md"
    sheet.parent.mkdir(exist_ok=True)
    sheet.write_text("# Sheet\n\nSHEET-OF-THE-TRAINER", encoding="utf-8")
    return file


class Trainee:
    """A browser that joined: requests with its cookie, and a websocket that has said hello."""

    def __init__(self, address: str, nickname: str, cookies: dict[str, str]) -> None:
        self.address, self.nickname, self.cookies = address, nickname, cookies
        self.numbers: list[bytes] = []
        self.socket: ClientConnection | None = None
        self._n = 0
        self._open = ExitStack()

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.address + path, headers=self.headers, verify=False)

    def open(self, path: str = "room") -> dict[str, Any]:
        self.connect(path)
        return self.hear("hello")

    def connect(self, path: str = "room", origin: str = "") -> None:
        self._open.close()
        address = self.address.replace("http", "ws") + path
        from_page = Origin(origin or self.address.rstrip("/"))
        self.socket = self._open.enter_context(connect(address, additional_headers=self.headers, origin=from_page))

    def leave(self) -> None:
        self._open.close()

    def send(self, to: str, message: dict[str, Any], *, screen: str = "page") -> int:
        assert self.socket is not None
        self._n += 1
        numbered = {"n": self._n, **message}
        self.socket.send(json.dumps({"to": to, "screen": screen, "message": numbered}))
        return int(numbered["n"])

    def read(self, timeout: float = 10) -> dict[str, Any]:
        assert self.socket is not None
        frame = self.socket.recv(timeout)
        if isinstance(frame, bytes):
            length = int.from_bytes(frame[:4], "little")
            self.numbers.append(frame[4 + length :])
            return dict(json.loads(frame[4 : 4 + length]))
        return dict(json.loads(frame))

    def hear(self, what: str) -> dict[str, Any]:
        """Read until the room says this."""
        while (told := self.read()).get("room", {}).get("is") != what:
            pass
        return dict(told["room"])

    def ask(self, to: str, message: dict[str, Any], **how: Any) -> dict[str, Any]:
        """Send a message and read its answer."""
        number = self.send(to, message, **how)
        while True:
            told = self.read()
            if told.get("of") == to and told["message"].get("n", number) == number:
                return dict(told["message"])


class Workshop:
    """A server in a thread of this process."""

    def __init__(self, prepared: Prepared, store: Store, **limits: Any) -> None:
        self.room = Room(prepared, store, WORD, Limits(**limits))
        self._listener = bound("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self.server = Server(self.room, self.address)
        self._web = web_server(self.server)
        self._thread = threading.Thread(target=self._web.run, kwargs={"sockets": [self._listener]})
        self.trainees: list[Trainee] = []

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + 20
        while not self._web.started:
            assert time.monotonic() < until
            time.sleep(0.01)

    def stop(self) -> None:
        for trainee in self.trainees:
            trainee.leave()
        self._web.should_exit = True
        self._thread.join(20)
        self._listener.close()

    @property
    def word(self) -> str:
        return self.room.word

    @property
    def trainer_address(self) -> str:
        return f"{self.address}trainer/{self.room.keys.trainer}"

    def try_to_join(self, nickname: str, word: str = WORD, **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.address}join",
            content=json.dumps({"word": word, "nickname": nickname}),
            headers={"Origin": self.address.rstrip("/"), "Content-Type": "application/json", **headers},
            verify=False,  # http only; finding certificates takes longer than the request
        )

    def join(self, nickname: str, *, sit: bool = True) -> Trainee:
        response = self.try_to_join(nickname)
        assert response.status_code == 200, response.text
        trainee = Trainee(self.address, nickname, dict(response.cookies))
        self.trainees.append(trainee)
        if sit:
            trainee.open()
        return trainee

    def trainer(self) -> Trainee:
        answer = httpx.get(self.trainer_address, verify=False)
        assert answer.status_code == 303
        trainer = Trainee(self.address, "trainer", dict(answer.cookies))
        self.trainees.append(trainer)
        return trainer

    def go(self, do: str = "reveal_all") -> None:
        """Press a button of the trainer's."""
        trainer = self.trainer()
        trainer.open("trainer/room")
        assert trainer.socket is not None
        before = (self.room.phase, self.room.revealed)
        trainer.socket.send(json.dumps({"do": do}))
        until = time.monotonic() + 20
        while (self.room.phase, self.room.revealed) == before and time.monotonic() < until:
            time.sleep(0.005)
        trainer.leave()


Open = Callable[..., Workshop]
