"""What a room did, kept on disk: one SQLite file, written in one place, one transaction a change.

Every answer and every control that came to rest is on disk before the trainee sees the reply, so a process that is
killed loses none. The file also keeps what the room is known by (join word, the secrets behind its cookies), so a
server that is started again is the same room. While a server runs, no other can open its file.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custsim.database import Database, Kind
from custsim.errors import InputError

__all__ = ["KeptAnswer", "KeptSeat", "Store"]

#: seconds to wait for a file that another process is about to leave
_PATIENCE = 2.0

_SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE seats (
        id TEXT PRIMARY KEY, nickname TEXT NOT NULL, joined REAL NOT NULL, seen REAL NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE states (
        seat TEXT NOT NULL, component TEXT NOT NULL, state TEXT NOT NULL, mark TEXT NOT NULL,
        PRIMARY KEY (seat, component)) WITHOUT ROWID""",
    """CREATE TABLE answers (
        number INTEGER PRIMARY KEY, seat TEXT NOT NULL, component TEXT NOT NULL, given TEXT NOT NULL,
        correct INTEGER, at REAL NOT NULL)""",
)

#: "cuws" in ASCII marks a file as that of a workshop
_KIND = Kind(
    "the file of a workshop",
    0x63757773,
    1,
    _SCHEMA,
    "give another name with --state",
    "another workshop is using it; end that one, or give another name with --state",
)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer or a guess as it was given.

    Attributes
    ----------
    given
        Text, numbers of options, value or curve, as it came from the browser.
    right
        Whether it was right; None for a guess.
    """

    given: Any
    right: bool | None


@dataclass(slots=True)
class KeptSeat:
    """A trainee as the file knows them: states, marks of the last message, answers, by component."""

    id: str
    nickname: str
    joined: float
    seen: float
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[KeptAnswer]] = field(default_factory=dict)


class Store(Database):
    """The file of a room; open it with :meth:`open`, and close it, or use it in a ``with`` statement.

    Reading happens once, when a server starts. Every change is handed to one thread that writes in the order of
    asking, and answered with a future: who must be sure waits for it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="custsim-store")

    @classmethod
    def open(cls, path: str | Path, lesson: str) -> Store:
        """Open the file of a room, or make it.

        Parameters
        ----------
        path
            The file; its folder is made if need be.
        lesson
            Name of the lesson the room is for.

        Raises
        ------
        InputError
            If the file is of another lesson, damaged, or something else altogether; it stays as it is.
        EnvironmentFailure
            If it is in use by another server, or cannot be read or written.

        Examples
        --------
        >>> import tempfile
        >>> with Store.open(Path(tempfile.mkdtemp()) / "room.db", "complaint_iceberg") as store:
        ...     store.seats()
        []
        """
        file = Path(path)
        _KIND.refuse_foreign(file)
        with _KIND.troubles(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))  # holds secrets: for its owner only
            connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection, file, lesson)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

    def close(self) -> None:
        """Write what is still to be written, and close the file."""
        self._writer.shutdown(wait=True)
        super().close()

    # ---- reading, before anything is written ---------------------------------------------------------------------

    def facts(self) -> dict[str, str]:
        """Read what the room is known by."""
        with _KIND.troubles(self.path):
            return dict(self._connection.execute("SELECT name, value FROM facts"))

    def seats(self) -> list[KeptSeat]:
        """Read everybody with all they did, in the order of joining.

        Raises
        ------
        InputError
            If something in the file makes no sense.
        """
        with _KIND.troubles(self.path), _complete():
            seats = {row[0]: KeptSeat(*row) for row in self._connection.execute("SELECT * FROM seats ORDER BY joined")}
            for seat, component, state, mark in self._connection.execute("SELECT * FROM states"):
                seats[seat].states[component] = _read(self.path, state)
                seats[seat].marks[component] = mark
            for seat, component, given, right in self._connection.execute(
                "SELECT seat, component, given, correct FROM answers ORDER BY number"
            ):
                answer = KeptAnswer(_read(self.path, given), None if right is None else bool(right))
                seats[seat].answers.setdefault(component, []).append(answer)
        return list(seats.values())

    # ---- writing, in the order of asking ------------------------------------------------------------------------

    def note(self, **facts: str) -> Future[None]:
        """Keep facts about the room."""
        rows = list(facts.items())
        return self._write(lambda db: db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows))

    def seat(self, id: str, nickname: str, joined: float) -> Future[None]:
        """Keep that somebody joined, or was given another nickname."""
        row = (id, nickname, joined, joined)
        return self._write(lambda db: db.execute("INSERT OR REPLACE INTO seats VALUES (?, ?, ?, ?)", row))

    def seen(self, times: Mapping[str, float]) -> Future[None]:
        """Keep when people were last seen."""
        rows = [(at, seat) for seat, at in times.items()]
        return self._write(lambda db: db.executemany("UPDATE seats SET seen = ? WHERE id = ?", rows))

    def unseat(self, seat: str) -> Future[None]:
        """Remove somebody with all they did."""

        def remove(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM seats WHERE id = ?", (seat,))
            db.execute("DELETE FROM states WHERE seat = ?", (seat,))
            db.execute("DELETE FROM answers WHERE seat = ?", (seat,))

        return self._write(remove)

    def keep(
        self, seat: str, component: str, state: Mapping[str, Any], mark: str, answer: KeptAnswer | None = None
    ) -> Future[None]:
        """Keep a trainee's state of a component, with the answer that led to it if there was one."""
        row = (seat, component, json.dumps(state), mark)

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)", row)
            if answer is not None:
                db.execute(
                    "INSERT INTO answers (seat, component, given, correct, at) VALUES (?, ?, ?, ?, ?)",
                    (seat, component, json.dumps(answer.given), answer.right, time.time()),
                )

        return self._write(write)

    def _write(self, change: Callable[[sqlite3.Connection], object]) -> Future[None]:
        def transaction() -> None:
            with _KIND.troubles(self.path):
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    change(self._connection)
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise

        return self._writer.submit(transaction)


@contextmanager
def _complete() -> Iterator[None]:
    """Tell of something that belongs to nobody as of any other damage."""
    try:
        yield
    except KeyError as error:
        raise sqlite3.DatabaseError(f"nobody is {error}") from None


def _prepare(connection: sqlite3.Connection, file: Path, lesson: str) -> None:
    """Take hold of the file; make the tables in a new one, or check those of an old one."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    # on disk, not only with the operating system, before a trainee is told: a laptop may lose its power
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")  # from here on the file is ours
    if _KIND.founded(connection, file):
        connection.execute("INSERT INTO facts VALUES ('lesson', ?)", (lesson,))
    else:
        kept = connection.execute("SELECT value FROM facts WHERE name = 'lesson'").fetchone()
        if kept is None or kept[0] != lesson:
            of = kept[0] if kept else "no lesson"
            raise InputError(f"{file}: is of the lesson {of}, not {lesson}; give another name with --state")
    connection.execute("COMMIT")


def _read(file: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise InputError(f"{file}: is damaged (a state is no JSON); it stays as it is; give another name") from None
