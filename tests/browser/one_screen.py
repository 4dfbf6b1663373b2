"""The smallest front end there is: one page that shows components, each over a websocket of its own.

Only for tests and benchmarks. It serves the same script and style sheet as the notebook and the workshop, under the
workshop's strict policy on what a page may load.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from custsim.errors import InputError
from custsim.widgets import Component, problem
from custsim.widgets.browser import script, stylesheet

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws:; "
    "base-uri 'none'; form-action 'none'"
)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>custsim</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/custsim.css"></head>
<body><main></main><script type="module" src="/page.js"></script></body></html>
"""


@dataclass(frozen=True)
class Screens:
    """Where the page is, and what was sent to the components so far."""

    address: str
    sent: list[dict[str, Any]]


def _answer(connection: ServerConnection, component: Component, sent: list[dict[str, Any]]) -> None:
    """Talk to one learner until the page is closed."""
    connection.send(json.dumps(component.describe()))
    state = component.start()
    for text in connection:
        message = json.loads(text)
        sent.append(message)
        try:
            state, reply = component.handle(state, message)
        except InputError as error:
            reply = problem(error, message)
        connection.send(json.dumps(reply.message))
        connection.send(reply.buffer)


def _once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


@contextmanager
def screens(components: Mapping[str, Component]) -> Iterator[Screens]:
    """Serve components on this machine for as long as the block runs; ``/?show=a&show=b`` shows those two."""
    here, shown = Path(__file__).parent, components.values()
    files = {
        "/": ("text/html; charset=utf-8", PAGE),
        "/page.js": ("text/javascript; charset=utf-8", (here / "page.js").read_text(encoding="utf-8")),
        "/custsim.js": ("text/javascript; charset=utf-8", script(*_once(one.browser_source() for one in shown))),
        "/custsim.css": (
            "text/css; charset=utf-8",
            stylesheet() + "".join(_once(one.browser_style() for one in shown)),
        ),
    }
    sent: list[dict[str, Any]] = []

    def file(_connection: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        if path == "/socket":
            return None
        kind, text = files.get(path, ("text/plain", ""))
        body = text.encode()
        headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Content-Security-Policy": POLICY})
        return Response(200 if path in files else 404, "OK" if path in files else "Not Found", headers, body)

    def talk(connection: ServerConnection) -> None:
        name = parse_qs(urlsplit(connection.request.path).query)["show"][0] if connection.request else ""
        with suppress(ConnectionClosed):  # the page was closed
            _answer(connection, components[name], sent)

    with serve(talk, "127.0.0.1", 0, process_request=file, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Screens(f"http://127.0.0.1:{server.socket.getsockname()[1]}/", sent)
        server.shutdown()
        thread.join()
