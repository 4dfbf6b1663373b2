"""Results kept on disk: one SQLite file, written only by the process that asks, one transaction a run.

A process that is killed loses at most what had not come back yet; asked again, it computes only what is missing. A
file that is damaged, or that something else wrote, is refused and stays as it is.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.database import Database, Kind, write_ahead
from custsim.errors import InputError
from custsim.scenario.model import Scenario

__all__ = ["Kept", "Store"]

Value = float | NDArray[np.float64]

#: seconds to wait while another process writes
_PATIENCE = 60.0

#: keys in one question; SQLite takes at least 999 values
_AT_ONCE = 500

_SCHEMA = (
    """CREATE TABLE scenarios (
        hash TEXT PRIMARY KEY, title TEXT NOT NULL, scenario TEXT NOT NULL, opening TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE runs (
        key TEXT PRIMARY KEY, scenario TEXT NOT NULL, seed INTEGER NOT NULL, replication INTEGER NOT NULL,
        model TEXT NOT NULL, seconds REAL NOT NULL, finished TEXT NOT NULL, error TEXT) WITHOUT ROWID""",
    """CREATE TABLE results (
        run TEXT NOT NULL, measure TEXT NOT NULL, value REAL, series BLOB, checksum INTEGER NOT NULL,
        PRIMARY KEY (run, measure)) WITHOUT ROWID""",
    """CREATE TABLE experiments (
        number INTEGER PRIMARY KEY, made TEXT NOT NULL, kind TEXT NOT NULL, specification TEXT NOT NULL)""",
)

#: "cust" in ASCII marks a file as a store of custsim
_KIND = Kind("a store of custsim", 0x63757374, 1, _SCHEMA)

#: what came later: a file of an earlier custsim gets it when it is next written, and an earlier custsim overlooks it
_LATER = (
    """CREATE TABLE IF NOT EXISTS findings (
        experiment INTEGER PRIMARY KEY, finding TEXT NOT NULL, checksum INTEGER NOT NULL)""",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds of a run: what was measured, by name, or the error it ended with."""

    measured: Mapping[str, Value]
    error: str = ""


class Store(Database):
    """A file of results; open it with :meth:`open`, and close it, or use it in a ``with`` statement.

    Attributes
    ----------
    path
        The file.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self._scenarios: set[str] = set()

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open a store; a file that does not exist is made.

        Raises
        ------
        InputError
            If the file is damaged or not a store of custsim, or its folder does not exist; it stays as it is.
        EnvironmentFailure
            If it cannot be read or written.

        Examples
        --------
        >>> import tempfile
        >>> with Store.open(Path(tempfile.mkdtemp()) / "results.db") as store:
        ...     len(store)
        0
        """
        file = Path(path)
        if not file.parent.is_dir():
            raise InputError(f"{file}: there is no folder {file.parent}; make it first")
        _KIND.refuse_foreign(file)
        with _KIND.troubles(file):
            connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)
            try:
                _prepare(connection, file)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

    @classmethod
    def read(cls, path: str | Path) -> Store:
        """Open a store that is there, to read it only: neither the file nor what lies beside it changes.

        Raises
        ------
        InputError
            If there is no such file, or it is damaged or not a store of custsim.
        EnvironmentFailure
            If it cannot be read.

        Examples
        --------
        >>> Store.read("nowhere.db")
        Traceback (most recent call last):
        custsim.errors.InputError: nowhere.db: no such file
        """
        file = Path(path)
        if not file.exists():
            raise InputError(f"{file}: no such file")
        if not file.is_file():
            raise InputError(f"{file}: is {'a folder' if file.is_dir() else 'not an ordinary file'}; give a store")
        _KIND.refuse_foreign(file)
        with _KIND.troubles(file):
            if not file.stat().st_size:
                raise InputError(f"{file}: is empty: nothing was ever kept in it")
            # a file that nobody has open is read as it is: SQLite would leave files of its own beside it, or, where it
            # cannot, refuse; the checksums would show if somebody began to write meanwhile
            open_elsewhere = file.with_name(f"{file.name}-wal").exists()
            mode = "mode=ro" if open_elsewhere else "mode=ro&immutable=1"
            connection = sqlite3.connect(
                f"{file.resolve().as_uri()}?{mode}", timeout=_PATIENCE, isolation_level=None, uri=True
            )
            try:
                _KIND.check(connection, file)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

    def __len__(self) -> int:
        """Runs that are kept."""
        with _KIND.troubles(self.path):
            return int(self._connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def get(self, keys: Sequence[str], measures: Sequence[str]) -> dict[str, Kept]:
        """Look up runs; those that lack one of the measures are left out.

        Parameters
        ----------
        keys
            Names of runs, see :func:`custsim.experiment.identity.run_key`.
        measures
            Names of measures.

        Raises
        ------
        InputError
            If what is found is damaged.
        """
        found: dict[str, Kept] = {}
        with _KIND.troubles(self.path):
            for at in range(0, len(keys), _AT_ONCE):
                part = keys[at : at + _AT_ONCE]
                marks = ",".join("?" * len(part))
                for key, error in self._connection.execute(
                    f"SELECT key, error FROM runs WHERE key IN ({marks})",
                    part,
                ):
                    found[key] = Kept({}, error or "")
                values: dict[str, dict[str, Value]] = {}
                for key, name, value, series, checksum in self._connection.execute(
                    f"SELECT run, measure, value, series, checksum FROM results WHERE run IN ({marks})",
                    part,
                ):
                    values.setdefault(key, {})[name] = self._checked(key, name, value, series, checksum)
                for key, by_name in values.items():
                    found[key] = Kept(by_name, found[key].error)
        return {
            key: kept for key, kept in found.items() if kept.error or all(name in kept.measured for name in measures)
        }

    def put(
        self,
        key: str,
        *,
        scenario: Scenario,
        scenario_hash: str,
        seed: int,
        replication: int,
        model: str,
        values: Mapping[str, Value],
        error: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Keep a run, whole or not at all. Measures that are kept already stay as they are.

        Raises
        ------
        EnvironmentFailure
            If it cannot be written.
        """
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [(key, name, *_packed(value), _checksum(key, name, value)) for name, value in values.items()]
        with _KIND.troubles(self.path), self._transaction() as connection:
            if scenario_hash not in self._scenarios:
                _keep_scenario(connection, scenario_hash, scenario)
            connection.execute(
                "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (key, scenario_hash, seed, replication, model, seconds, finished, error or None),
            )
            connection.executemany("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?)", rows)
        self._scenarios.add(scenario_hash)

    def note(
        self,
        kind: str,
        specification: Mapping[str, Any],
        *,
        finding: Mapping[str, Any] | None = None,
        scenarios: Mapping[str, Scenario] | None = None,
    ) -> None:
        """Note what was asked, so that a report can be made from the store alone.

        Parameters
        ----------
        kind
            "compare", "sweep", "sensitivity", "optimise", ...
        specification
            Plain data, ready for JSON. The same specification is noted once.
        finding
            What goes with the answer and does not follow from the runs: plain data, ready for JSON. What was noted
            first stays.
        scenarios
            Scenarios the specification names, by hash, of which there may be no run.
        """
        text = json.dumps(specification, sort_keys=True, allow_nan=True)
        found = None if finding is None else json.dumps(finding, sort_keys=True, allow_nan=True)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        with _KIND.troubles(self.path), self._transaction() as connection:
            for name, scenario in (scenarios or {}).items():
                _keep_scenario(connection, name, scenario)
            known = "SELECT number FROM experiments WHERE kind = ? AND specification = ?"
            row = connection.execute(known, (kind, text)).fetchone()
            if row is None:
                connection.execute(
                    "INSERT INTO experiments (made, kind, specification) VALUES (?, ?, ?)", (made, kind, text)
                )
                row = connection.execute(known, (kind, text)).fetchone()
            if found is not None:
                connection.execute(
                    "INSERT OR IGNORE INTO findings VALUES (?, ?, ?)", (row[0], found, zlib.crc32(found.encode()))
                )

    def experiments(self) -> list[dict[str, Any]]:
        """List what was asked, oldest first: ``number``, ``kind``, ``made``, ``specification``, ``finding``.

        Raises
        ------
        InputError
            If what is found is damaged.
        """
        with _KIND.troubles(self.path):
            there = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'findings'").fetchone()
            rows = self._connection.execute(
                "SELECT number, kind, made, specification, finding, checksum FROM experiments "
                "LEFT JOIN findings ON experiment = number ORDER BY number"
                if there
                else "SELECT number, kind, made, specification, NULL, NULL FROM experiments ORDER BY number"
            ).fetchall()
        try:
            if any(found is not None and zlib.crc32(found.encode()) != checksum for *_, found, checksum in rows):
                raise self._damaged()
            return [
                {
                    "number": number, "kind": kind, "made": made, "specification": json.loads(text),
                    "finding": json.loads(found or "{}"),
                }
                for number, kind, made, text, found, _ in rows
            ]  # fmt: skip
        except json.JSONDecodeError:
            raise self._damaged() from None

    def scenario(self, scenario_hash: str) -> Scenario:
        """Return a scenario of which runs are kept, with the opening it had.

        Raises
        ------
        InputError
            If there is none of this hash.
        """
        with _KIND.troubles(self.path):
            row = self._connection.execute(
                "SELECT scenario, opening FROM scenarios WHERE hash = ?", (scenario_hash,)
            ).fetchone()
        if row is None:
            raise InputError(f"{self.path}: holds no runs of a scenario {scenario_hash}")
        try:
            scenario, opening = (Scenario.model_validate_json(text) for text in row)
        except ValueError:  # what an update no longer allows is refused by pydantic, not by us
            raise InputError(
                f"{self.path}: the scenario {scenario_hash} in it is damaged, or of a version whose parameters were "
                "others; read it with that version of custsim"
            ) from None
        if opening != scenario:
            scenario._opening = opening
        return scenario

    def _checked(self, key: str, name: str, value: float | None, series: bytes | None, checksum: int) -> Value:
        found: Value = float("nan") if value is None else value
        if series is not None:
            if len(series) % 8:
                raise self._damaged()
            found = np.frombuffer(series, dtype="<f8").astype(np.float64)
        if _checksum(key, name, found) != checksum:
            raise self._damaged()
        return found

    def _damaged(self) -> InputError:
        return InputError(f"{self.path}: is damaged; it stays as it is; give another name, or bring back a copy of it")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, with other processes waiting their turn."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _keep_scenario(connection: sqlite3.Connection, scenario_hash: str, scenario: Scenario) -> None:
    texts = [part.model_dump_json(round_trip=True) for part in (scenario, scenario.opening)]
    title = scenario.title or scenario.name
    connection.execute("INSERT OR IGNORE INTO scenarios VALUES (?, ?, ?, ?)", (scenario_hash, title, *texts))


def _packed(value: Value) -> tuple[float | None, bytes | None]:
    """Columns of a value: SQLite keeps every number but not-a-number, which is NULL."""
    if isinstance(value, np.ndarray):
        return None, value.astype("<f8").tobytes()
    return (None if np.isnan(value) else float(value)), None


def _checksum(key: str, name: str, value: Value) -> int:
    # any not-a-number is as good as another, and SQLite keeps no sign of a zero
    content = np.asarray(value, dtype="<f8") + 0.0
    content = np.where(np.isnan(content), np.nan, content)
    return zlib.crc32(content.tobytes(), zlib.crc32(f"{key} {name}".encode()))


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Make the tables in a new file, or check those of an old one."""
    _KIND.founded(connection, file)
    write_ahead(connection, _PATIENCE)
    # what is committed outlives the process; after a power cut the last few runs may be computed again
    connection.execute("PRAGMA synchronous = NORMAL")
    for statement in _LATER:
        connection.execute(statement)
