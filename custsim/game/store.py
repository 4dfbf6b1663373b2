"""What was submitted, kept on disk: one SQLite file a room, one transaction a submission.

A submission that was acknowledged is on the disk, whatever happens to the process afterwards. Several processes may
use one file. What was computed is kept as findings, so that a server that is started again goes on at once; the
submissions alone would do.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from custsim.database import Database, Kind, write_ahead
from custsim.errors import InputError

__all__ = ["READABLE", "Store", "Submission", "Team"]

#: letters and digits that nobody confuses when they are read aloud
READABLE = "ABCDEFGHJKLMNPRSTUVWXYZ23456789"

#: seconds to wait while another process writes
_PATIENCE = 30.0

#: how many teams a game takes, and how many times a team may submit in a year
MOST_TEAMS, MOST_SUBMISSIONS = 60, 500

_SCHEMA = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE teams (number INTEGER PRIMARY KEY, folded TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
    "word TEXT NOT NULL, members INTEGER NOT NULL, joined TEXT NOT NULL)",
    "CREATE TABLE years (year INTEGER PRIMARY KEY, opened TEXT NOT NULL, closed TEXT)",
    "CREATE TABLE submissions (number INTEGER PRIMARY KEY, team INTEGER NOT NULL, year INTEGER NOT NULL, "
    "key TEXT NOT NULL, plan TEXT NOT NULL, cost REAL NOT NULL, at TEXT NOT NULL, UNIQUE (team, key))",
    "CREATE TABLE findings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

#: "cuga" in ASCII marks a file as that of a game
_KIND = Kind("the file of a game", 0x63756761, 1, _SCHEMA)


@dataclass(frozen=True, slots=True)
class Team:
    """A team as the file knows it: its number, name, the word its members join with, and how many joined."""

    number: int
    name: str
    word: str
    members: int


@dataclass(frozen=True, slots=True)
class Submission:
    """A plan that was handed in.

    Attributes
    ----------
    number
        Its number in the file; the latest of a team and year counts.
    team, year
        Whose it is, and for which year.
    plan
        Lever -> value.
    cost
        What it was priced at, currency a year.
    at
        When, ISO 8601 in UTC.
    """

    number: int
    team: int
    year: int
    plan: Mapping[str, float | int]
    cost: float
    at: str


class Store(Database):
    """The file of a game; open it with :meth:`open`, and close it, or use it in a ``with`` statement.

    Parameters
    ----------
    path, connection
        The file, and an open connection to it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Store:
        """Open the file of a game, or make an empty one.

        Raises
        ------
        InputError
            If the file is something else or damaged; it stays as it is.
        EnvironmentFailure
            If it cannot be read or written.

        Examples
        --------
        >>> import tempfile
        >>> with Store.open(Path(tempfile.mkdtemp()) / "game.db") as store:
        ...     store.teams()
        []
        """
        file = Path(path)
        _KIND.refuse_foreign(file)
        with _KIND.troubles(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection, file)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

    def close(self) -> None:
        """Close the file; what was acknowledged is on the disk already."""
        with self._lock:
            super().close()

    # -- what the game is -------------------------------------------------------------------------------------------

    def facts(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Give the facts of the game; the first who asks founds it with ``wanted``."""
        with self._writing() as write:
            found = {name: json.loads(value) for name, value in write.execute("SELECT name, value FROM facts")}
            if not found:
                rows = [(name, json.dumps(value)) for name, value in wanted.items()]
                write.executemany("INSERT INTO facts VALUES (?, ?)", rows)
            return found or dict(wanted)

    # -- teams ------------------------------------------------------------------------------------------------------

    def found_team(self, name: str) -> Team:
        """Found a team and give it the word that further members must know.

        Raises
        ------
        InputError
            If the name is taken or not possible, or there is no room for more teams.
        """
        clean = team_name(name)
        with self._writing() as write:
            if write.execute("SELECT COUNT(*) FROM teams").fetchone()[0] >= MOST_TEAMS:
                raise InputError(f"team: this game has {MOST_TEAMS} teams already, which is the most; join one of them")
            if write.execute("SELECT 1 FROM teams WHERE folded = ?", (clean.casefold(),)).fetchone():
                raise InputError(f"team: the name {clean} is taken; take another, or join with the team's word")
            word = "".join(secrets.choice(READABLE) for _ in range(5))
            write.execute("INSERT INTO teams (folded, name, word, members, joined) VALUES (?, ?, ?, 1, ?)",
                          (clean.casefold(), clean, word, _now()))  # fmt: skip
        return next(team for team in self.teams() if team.name == clean)

    def join_team(self, name: str, word: str) -> Team:
        """Join a team that exists, with its word.

        Raises
        ------
        InputError
            If there is no such team, or the word is another.
        """
        clean = team_name(name)
        with self._writing() as write:
            row = write.execute("SELECT number, word FROM teams WHERE folded = ?", (clean.casefold(),)).fetchone()
            if row is None or not secrets.compare_digest(str(row[1]).encode(), word.strip().upper().encode()):
                raise InputError(f"team: no team {clean} with this word; ask who founded it for the word")
            write.execute("UPDATE teams SET members = members + 1 WHERE number = ?", (row[0],))
        return next(team for team in self.teams() if team.number == row[0])

    def member_of(self, name: str, word: str) -> Team:
        """Find the team of somebody who joined before.

        Raises
        ------
        InputError
            If there is no such team, or the word is another.
        """
        for team in self.teams():
            if team.name == name and secrets.compare_digest(team.word.encode(), str(word).encode()):
                return team
        raise InputError("team: you are in no team of this game; found one, or join one with its word")

    def teams(self) -> list[Team]:
        """List the teams in the order in which they were founded."""
        rows = self._read("SELECT number, name, word, members FROM teams ORDER BY number")
        return [Team(*row) for row in rows]

    # -- years ------------------------------------------------------------------------------------------------------

    def years(self) -> dict[int, bool]:
        """Say which years were opened, each with whether it is closed."""
        return {year: closed is not None for year, closed in self._read("SELECT year, closed FROM years ORDER BY year")}

    def open_year(self, year: int) -> None:
        """Open a year for submissions.

        Raises
        ------
        InputError
            If the year before is not closed, or this one was opened before.
        """
        with self._writing() as write:
            rows = dict(write.execute("SELECT year, closed FROM years").fetchall())
            if year in rows:
                raise InputError(f"year {year} {'is closed' if rows[year] else 'is open'} already")
            if year != len(rows) + 1 or any(closed is None for closed in rows.values()):
                raise InputError(f"year {year} cannot be opened before year {len(rows) or 1} is closed")
            write.execute("INSERT INTO years VALUES (?, ?, NULL)", (year, _now()))

    def close_year(self, year: int) -> None:
        """Close a year; what comes later is refused.

        Raises
        ------
        InputError
            If it is not open.
        """
        with self._writing() as write:
            done = write.execute("UPDATE years SET closed = ? WHERE year = ? AND closed IS NULL", (_now(), year))
            if done.rowcount != 1:
                raise InputError(f"year {year} is not open, so it cannot be closed")

    # -- submissions ------------------------------------------------------------------------------------------------

    def submit(self, team: Team, year: int, key: str, plan: Mapping[str, float | int], cost: float) -> Submission:
        """Keep a plan; when this returns, it is on the disk.

        The same key with the same plan is the same submission, however often it comes.

        Raises
        ------
        InputError
            If the year is not open, the key was used for something else, or the team submitted too often.
        """
        written = json.dumps(dict(plan), sort_keys=True)
        with self._writing() as write:
            before = write.execute("SELECT number, year, plan, cost, at FROM submissions WHERE team = ? AND key = ?",
                                   (team.number, key)).fetchone()  # fmt: skip
            if before is not None:
                if (before[1], before[2]) != (year, written):
                    raise InputError("key: was used for another submission of your team; every submission has its own")
                return Submission(before[0], team.number, year, dict(plan), before[3], before[4])
            _refuse_closed(write, year)
            made = write.execute("SELECT COUNT(*) FROM submissions WHERE team = ? AND year = ?", (team.number, year))
            if made.fetchone()[0] >= MOST_SUBMISSIONS:
                raise InputError(f"year {year}: your team has submitted {MOST_SUBMISSIONS} plans; the last one counts")
            at = _now()
            number = write.execute(
                "INSERT INTO submissions (team, year, key, plan, cost, at) VALUES (?, ?, ?, ?, ?, ?)",
                (team.number, year, key, written, cost, at),
            ).lastrowid
        return Submission(int(number or 0), team.number, year, dict(plan), cost, at)

    def submissions(self) -> dict[tuple[int, int], Submission]:
        """Give the submission that counts, the last one, by number of the team and year."""
        rows = self._read("SELECT number, team, year, plan, cost, at FROM submissions ORDER BY number")
        return {(team, year): Submission(number, team, year, json.loads(plan), cost, at)
                for number, team, year, plan, cost, at in rows}  # fmt: skip

    # -- findings ---------------------------------------------------------------------------------------------------

    def finding(self, name: str) -> Any:
        """Give what was found earlier under a name, or ``None``."""
        rows = self._read("SELECT value FROM findings WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    def keep_finding(self, name: str, value: Any) -> None:
        """Keep what was found under a name; of two the later stays."""
        with self._writing() as write:
            write.execute("INSERT OR REPLACE INTO findings VALUES (?, ?)", (name, json.dumps(value)))

    # -- the file ---------------------------------------------------------------------------------------------------

    def _read(self, question: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock, _KIND.troubles(self.path):
            return self._connection.execute(question, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file for one transaction: all of it is kept, or nothing."""
        with self._lock, _KIND.troubles(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def team_name(name: Any) -> str:
    """Bring the name of a team to its one spelling.

    Raises
    ------
    InputError
        If it is no text, or has not 1 to 30 characters that can be read.

    Examples
    --------
    >>> team_name("  The   Owls ")
    'The Owls'
    """
    if not isinstance(name, str) or len(name) > 200:
        raise InputError("team: give a name of 1 to 30 characters")
    clean = " ".join(unicodedata.normalize("NFKC", name).split())
    if not 1 <= len(clean) <= 30 or not clean.isprintable():
        raise InputError(f"team: give a name of 1 to 30 characters that can be read, got {clean[:40]!r}")
    return clean


def _refuse_closed(write: sqlite3.Connection, year: int) -> None:
    row = write.execute("SELECT closed FROM years WHERE year = ?", (year,)).fetchone()
    if row is None:
        raise InputError(f"year {year} is not open yet; your plan was not taken")
    if row[0] is not None:
        raise InputError(f"year {year} is closed; your plan came too late and was not taken")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Make sure that the file is a game's, and that what is acknowledged is on the disk."""
    _KIND.founded(connection, file)
    write_ahead(connection, _PATIENCE)
    connection.execute("PRAGMA synchronous = FULL")
