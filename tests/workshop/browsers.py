"""People at browsers of their own, and what went wrong in front of them."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from server_process import Terminal
from workshop_room import Workshop

LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


class Wire:
    """The connection between a page and the workshop, in the hands of a test."""

    def __init__(self) -> None:
        self._page: Any = None
        self._held: list[str | bytes] | None = None
        self._holds_all = self._broken = False
        self._told: list[str] = []

    def lead(self, page: Any) -> None:
        """Lead all connections of a page through this wire."""
        page.route_web_socket(lambda _: True, self._connected)

    def _connected(self, page: Any) -> None:
        if self._broken:
            page.close()
            return
        server = page.connect_to_server()
        server.on_message(self._heard)
        self._page = page

    def _heard(self, message: str | bytes) -> None:
        of_a_component = isinstance(message, bytes) or not message.startswith('{"room"')
        if self._held is not None and (of_a_component or self._holds_all):
            self._held.append(message)
        else:
            self._page.send(message)
            self._told.append(str(message))

    def wait_for(self, page: Any, what: str, times: int) -> None:
        """Wait until the room has told the page this so many times."""
        until = time.monotonic() + 15
        while sum(f'"is": "{what}"' in message for message in self._told) < times:
            assert time.monotonic() < until, self._told
            page.wait_for_timeout(10)

    def hold_answers(self) -> None:
        """Keep what components answer from the page, as a slow network does; the rest passes."""
        self._held, self._holds_all = [], False

    def hold_everything(self) -> None:
        """Keep whatever comes from the workshop from the page."""
        self._held, self._holds_all = [], True

    def let_answers_pass(self) -> None:
        held, self._held = self._held or [], None
        for message in held:
            self._page.send(message)

    def cut(self) -> None:
        """Break the connection, and every further one; what is held is lost."""
        self._broken, self._held = True, None
        self._page.close()

    def mend(self) -> None:
        self._broken = False


class People:
    """Opens pages, each a browser of its own, and hears what goes wrong in them."""

    def __init__(self, chromium: Any, stack: ExitStack) -> None:
        self._chromium, self._stack = chromium, stack
        self.complaints: list[str] = []
        self.outside: list[str] = []

    def open(self, address: str, size: dict[str, int] = LAPTOP, wire: Wire | None = None) -> Any:
        context = self._chromium.new_context(viewport=size)
        self._stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        page.on("request", lambda asked: self._note(asked.url))
        if wire is not None:
            wire.lead(page)
        page.goto(address)
        return page

    def _note(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)

    def join(self, name: str, at: Terminal | Workshop, size: dict[str, int] = LAPTOP, wire: Wire | None = None) -> Any:
        page = self.open(at.address, size, wire)
        page.fill("#word", at.word)
        page.fill("#nickname", name)
        page.click("#join")
        page.wait_for_selector("#waiting:not([hidden]), #lesson:not([hidden])")
        return page
