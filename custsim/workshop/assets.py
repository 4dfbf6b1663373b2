"""The files of the page: read once when the server starts, so that nothing a browser asks for is used as a path."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from custsim.widgets import browser
from custsim.workshop.room import Room

__all__ = ["Content", "assets"]

_KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
#: below this many bytes nothing is packed
_SMALL = 1000


class Content:
    """Bytes to be served, with their kind, packed once."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._plain, self._kind = content, kind
        self._packed = gzip.compress(content, 6, mtime=0) if len(content) > _SMALL else None
        self._tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'

    def response(self, request: Request) -> Response:
        """Answer a request: packed if the browser can unpack, empty if it has the same already."""
        headers = {"ETag": self._tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=headers)
        if self._packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._packed, media_type=self._kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(self._plain, media_type=self._kind, headers=headers)


def assets(room: Room) -> dict[str, Content]:
    """Read every file there is to serve: those of the page, and the components' module and style sheet."""
    texts = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in resources.files("custsim.workshop").joinpath("static").iterdir()
        if entry.is_file()
    }
    parts = room.prepared.components.values()
    texts["custsim.js"] = browser.script(*filter(None, dict.fromkeys(part.browser_source() for part in parts)))
    styles = filter(None, dict.fromkeys(part.browser_style() for part in parts))
    texts["custsim.css"] = "\n".join([browser.stylesheet(), *styles])
    return {name: Content(text.encode(), _KINDS[f".{name.rpartition('.')[2]}"]) for name, text in texts.items()}
