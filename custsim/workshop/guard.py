"""What every answer carries, and whose questions are heard: a browser runs and asks nothing but this server's own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guarded", "same_origin"]

_HOST = re.compile(r"[\w.:\[\]-]{1,255}")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def same_origin(connection: HTTPConnection) -> bool:
    """Tell whether a page of this very server asks, not one of another that the same browser shows."""
    origin, host = connection.headers.get("origin"), connection.headers.get("host")
    return bool(origin and host) and urlsplit(str(origin)).netloc == host


class Guarded:
    """Puts a strict policy on every answer: scripts, styles and connections of this server only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # browsers of a few years ago do not count websockets as connections to "self"
        host = "".join(
            letter for letter in Headers(scope=scope).get("host", "") if letter.isalnum() or letter in ".:-[]"
        )
        policy = _POLICY.format(host=host)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)
