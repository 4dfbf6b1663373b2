"""A table of what was computed: a comparison, the tiers of a pyramid, the parameters that matter."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from custsim.errors import InputError
from custsim.widgets.component import Component, Reply, State, action, numbered

__all__ = ["Table"]

#: a cell that stands to the right begins with a number, or is empty
_NUMERIC = re.compile(r"[+\N{MINUS SIGN}<>]?\s?\d|\Z")


class Table(Component):
    """Numbers side by side, each already written as text; the first column names the rows.

    Parameters
    ----------
    id
        Its name, unique in a lesson.
    headings
        Headings of the columns.
    rows
        One list of cells a row, or a function that gives them, called once when they are first needed.
    title
        What it shows.
    says
        How to read it, shown below.

    Raises
    ------
    InputError
        If there are no headings, or (when it is described) a row has another number of cells.

    Examples
    --------
    >>> tiers = Table("tiers", headings=["Tier", "Customers"], rows=[["top fifth", "737"]])
    >>> tiers.describe()["rows"], tiers.describe()["numeric"]
    ([['top fifth', '737']], [False, True])
    """

    kind: ClassVar[str] = "table"

    def __init__(
        self,
        id: str,
        *,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]] | Callable[[], Sequence[Sequence[str]]],
        title: str = "",
        says: str = "",
    ) -> None:
        super().__init__(id, title)
        if isinstance(headings, str) or not headings:
            raise InputError(f"{id}: a table needs a list of headings")
        self.headings, self.says = tuple(headings), says
        self._rows = rows
        self._lock = threading.Lock()

    @property
    def rows(self) -> list[list[str]]:
        """The cells, row by row."""
        with self._lock:
            if callable(self._rows):
                self._rows = self._rows()
            rows = [list(row) for row in self._rows]
        if any(len(row) != len(self.headings) for row in rows):
            lengths = sorted({len(row) for row in rows})
            raise InputError(f"{self.id}: rows must have {len(self.headings)} cells as the headings, got {lengths}")
        return rows

    def describe(self) -> dict[str, Any]:
        """Tell the screen all there is to it."""
        rows = self.rows
        columns = zip(*rows, strict=True) if rows else [()] * len(self.headings)
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title,
            "headings": list(self.headings),
            "numeric": [any(cells) and all(_NUMERIC.match(cell) for cell in cells) for cells in columns],
            "rows": rows,
            "says": self.says,
        }

    def start(self) -> State:
        """Nothing can be done to it."""
        return {}

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """It can be looked at."""
        action(message, ("look",))
        return state, Reply(numbered({"is": "open"}, message))
