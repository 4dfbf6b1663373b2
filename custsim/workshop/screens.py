"""The browsers at the other end: they are sent things in turn, and are read no faster than is fair."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from custsim.workshop.room import Rate

__all__ = ["Browser"]

#: messages on their way to a browser; one that takes so few of them is let go, and comes back
_MOST_ON_THE_WAY = 500

#: why a screen is closed -> what it shows; the page offers to come back where that makes sense
FAREWELLS = {
    "elsewhere": "You opened this workshop in another tab or on another page. It goes on there.",
    "idle": "You have not done anything for a while, so your seat was given free. What you did is kept.",
    "removed": "Your trainer took you out of the room. You can join again.",
}


class Browser:
    """A browser at a websocket that has been accepted."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._out: asyncio.Queue[str | bytes | None] = asyncio.Queue(_MOST_ON_THE_WAY)
        self._writer: asyncio.Task[None] | None = None

    def tell(self, message: dict[str, Any]) -> None:
        """Send what concerns the room."""
        self.show(json.dumps({"room": message}, ensure_ascii=False, allow_nan=False))

    def show(self, frame: str | bytes) -> None:
        """Send the answer of a component."""
        self._put(frame)

    def leave(self, why: str, text: str = "") -> None:
        """Say goodbye and close."""
        self.tell({"is": "bye", "why": why, "text": text or FAREWELLS[why]})
        self._put(None)

    def _put(self, item: str | bytes | None) -> None:
        try:
            self._out.put_nowait(item)
        except asyncio.QueueFull:
            if self._writer is not None:
                self._writer.cancel()

    async def _write(self) -> None:
        """Send until the last word was said, or nobody listens any more."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):  # gone: its reader ends too
            while (item := await self._out.get()) is not None:
                await (self._socket.send_text(item) if isinstance(item, str) else self._socket.send_bytes(item))
            await self._socket.close()

    async def _read(self, rate: Rate, heard: Callable[[dict[str, Any]], None]) -> None:
        async for text in self._texts():
            try:
                message = json.loads(text)
            except (ValueError, RecursionError):
                return
            if not isinstance(message, dict):
                return
            heard(message)
            if (seconds := rate.wait()) > 0:
                await asyncio.sleep(seconds)

    async def _texts(self) -> AsyncIterator[str]:
        while True:
            event = await self._socket.receive()
            if event["type"] != "websocket.receive" or not isinstance(event.get("text"), str):
                return
            yield event["text"]

    async def talk(self, rate: Rate, heard: Callable[[dict[str, Any]], None]) -> None:
        """Exchange messages until one side leaves. What is no JSON object ends the talk."""
        self._writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self._read(rate, heard))
        both = {self._writer, reader}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._socket.close()
