"""People at browsers of their own, and what went wrong in front of them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from server_process import Terminal
from workshop_room import Workshop

LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


class People:
    """Opens pages, each a browser of its own, and hears what goes wrong in them."""

    def __init__(self, chromium: Any, stack: ExitStack) -> None:
        self._chromium, self._stack = chromium, stack
        self.complaints: list[str] = []
        self.outside: list[str] = []

    def open(self, address: str, size: dict[str, int] = LAPTOP) -> Any:
        context = self._chromium.new_context(viewport=size)
        self._stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        page.on("request", lambda asked: self._note(asked.url))
        page.goto(address)
        return page

    def _note(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)

    def join(self, name: str, at: Terminal | Workshop, size: dict[str, int] = LAPTOP) -> Any:
        page = self.open(at.address, size)
        page.fill("#word", at.word)
        page.fill("#nickname", name)
        page.click("#join")
        page.wait_for_selector("#waiting:not([hidden]), #lesson:not([hidden])")
        return page
