"""Files that SQLite keeps: how one kind is told from another, founded, checked, and how its troubles are told.

What is damaged, or was written by something else, is refused and stays as it is.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from custsim.errors import CustsimError, EnvironmentFailure, InputError

__all__ = ["Database", "Kind", "write_ahead"]

#: what every SQLite file begins with
_HEAD = b"SQLite format 3\0"


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    what
        What it is called in messages: "a store of custsim".
    application, layout
        What marks a file as of this kind (SQLite's application id), and the version of its tables.
    schema
        Statements that make the tables.
    remedy
        What a user can do about a file that is refused.
    in_use
        What to tell if another process holds the file.
    """

    what: str
    application: int
    layout: int
    schema: tuple[str, ...]
    remedy: str = "give another name"
    in_use: str = "another process is using it; try again when that has ended"

    def refuse_foreign(self, file: Path) -> None:
        """Refuse what SQLite did not write, before SQLite touches it; a file that is not there or empty is welcome.

        Raises
        ------
        InputError
            If the file is a folder, or does not begin as SQLite's files do.
        EnvironmentFailure
            If it cannot be read.
        """
        with self.troubles(file):
            if file.is_dir():
                raise InputError(f"{file}: is a folder; give the name of a file in it")
            if not file.exists() or not file.stat().st_size:
                return
            with file.open("rb") as stream:
                head = stream.read(len(_HEAD))
        if head != _HEAD:
            raise InputError(f"{file}: is not {self.what}; it stays as it is; {self.remedy}")

    def founded(self, connection: sqlite3.Connection, file: Path) -> bool:
        """Make the tables in a new file, or check those of an old one; tell whether it was new.

        Within a transaction of the caller it stays open; otherwise it has one of its own.

        Raises
        ------
        InputError
            As :meth:`check`.
        """
        own = not connection.in_transaction
        if own and not _is_new(connection):
            self.check(connection, file)
            return False
        if own:
            connection.execute("BEGIN IMMEDIATE")
        new = _is_new(connection)  # otherwise another process was quicker
        if new:
            for statement in self.schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {self.application}")
            connection.execute(f"PRAGMA user_version = {self.layout}")
        else:
            self.check(connection, file)
        if own:
            connection.execute("COMMIT")
        return new

    def check(self, connection: sqlite3.Connection, file: Path) -> None:
        """Refuse a database that is not of this kind, of another layout, or damaged.

        Raises
        ------
        InputError
            If it is of another kind or layout.
        sqlite3.DatabaseError
            If it is damaged; :meth:`troubles` tells that.
        """
        application, layout, fault = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "quick_check(1)")
        )
        if application != self.application:
            raise InputError(
                f"{file}: is a database of something else, not {self.what}; it stays as it is; {self.remedy}"
            )
        if layout != self.layout:
            raise InputError(f"{file}: has layout {layout}, this custsim reads {self.layout}; {self.remedy}")
        if fault != "ok":
            raise sqlite3.DatabaseError(fault)

    @contextmanager
    def troubles(self, file: Path) -> Iterator[None]:
        """Say in one line what SQLite or the machine refused.

        Raises
        ------
        InputError
            If the file is damaged.
        EnvironmentFailure
            If it is in use, or cannot be read or written.
        """
        try:
            yield
        except CustsimError:
            raise
        except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
            told = self.in_use if "locked" in str(error) else error
            raise EnvironmentFailure(f"{file}: {told}") from None
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{file}: is damaged ({error}); it stays as it is; {self.remedy}, or bring back a copy"
            ) from None
        except OSError as error:
            raise EnvironmentFailure(f"{file}: {error.strerror or error}") from None


class Database:
    """An open file; close it, or use it in a ``with`` statement.

    Parameters
    ----------
    path, connection
        The file, and an open connection to it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Let readers read while one writes. Processes that open a new file at once must set that in turn.

    Parameters
    ----------
    connection
        An open connection, outside a transaction.
    patience
        Seconds to wait for the others.

    Raises
    ------
    sqlite3.OperationalError
        If another still holds the file after that time.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _is_new(connection: sqlite3.Connection) -> bool:
    return not any(
        connection.execute(query).fetchone()[0]
        for query in ("PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
    )
