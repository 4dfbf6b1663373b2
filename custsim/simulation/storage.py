"""A run in a folder: its tables as Parquet files and a manifest, all of it or nothing.

The folder is written beside its place, forced to the disk and then renamed, so that nobody ever sees half of it. The
manifest is written last; it names every file with its size and checksum, and says all that is needed to live the run
again: scenario, opening, seed, replication, months, versions.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from custsim.errors import CustsimError, EnvironmentFailure, InputError
from custsim.scenario.changes import built, plain
from custsim.scenario.model import Scenario

if TYPE_CHECKING:
    from custsim.simulation.results import Run

__all__ = ["FORMAT", "MANIFEST", "load", "refuse_unusable", "save"]

#: version of the layout of a folder; a folder of another one is refused
FORMAT = 1

MANIFEST = "manifest.json"

#: tables of a run; those in :data:`_MAY_LACK` are there only if the run kept them
_TABLES = ("monthly", "customers", "tickets", "employees", "joined", "levers", "transactions", "trace")
_MAY_LACK = ("transactions", "trace")

#: what file managers leave in folders without being asked
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")

#: columns of the tables that are not documented elsewhere
_OTHER_COLUMNS: dict[str, dict[str, str]] = {
    "employees": {"position": "position", "holder": "number of the holder", "hired": "month", "left": "month",
                  "satisfaction": "index 0-100", "skill": "share of full skill"},
    "joined": {"month": "month", "person": "person", "recruiter": "person, -1 nobody"},
    "levers": {"month": "month", "path": "parameter", "value": "JSON"},
    "transactions": {"person": "person", "time": "months", "amount": "currency"},
}  # fmt: skip

RunType = TypeVar("RunType", bound="Run")


def save(run: Run, folder: str | os.PathLike[str], also: Mapping[str, bytes] | None = None) -> Path:
    """Save a run to a folder, whole or not at all.

    Parameters
    ----------
    run
        A finished run.
    folder
        Where to. A folder that holds a run and nothing else is replaced; folders above it are made.
    also
        Files to put beside the tables, such as a picture, by name.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        If there is something else at that place.
    EnvironmentFailure
        If the folder cannot be written; what was there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import Run, simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=3)
    >>> place = save(run, Path(tempfile.mkdtemp()) / "small")
    >>> Run.load(place) == run
    True
    """
    place = Path(os.path.abspath(folder))
    aside = place.with_name(f".{place.name[:80]}-{uuid.uuid4().hex}.part")
    with _machine(place, "written"):
        refuse_unusable(place)
        with _made(place.parent):
            try:
                aside.mkdir()
                _fill(aside, run, also or {})
                _put(aside, place)
            finally:
                _remove(aside)
    return Path(folder)


def load(folder: str | os.PathLike[str], kind: type[RunType]) -> RunType:
    """Load a run from a folder, complete or not at all.

    Parameters
    ----------
    folder
        A folder that :func:`save` wrote.
    kind
        The class of a run, :class:`custsim.simulation.results.Run`.

    Raises
    ------
    InputError
        If the folder is no run, or one that lacks a file or holds a damaged one; every problem is named.
    EnvironmentFailure
        If it cannot be read.
    """
    place = Path(folder)
    with _machine(place, "read"):
        if not place.is_dir():
            raise InputError(f"{place}: {'is a file, not the folder of a run' if place.exists() else 'no such folder'}")
        manifest = _manifest(place)
        _refuse_damage(place, manifest)
        tables = {name: _table(place, manifest, name) for name in _TABLES}
    scenario = _scenario(place, manifest)
    again = {} if manifest["own_processes"] else {"processes": (), "desk": manifest["desk"]}
    return kind(
        scenario=scenario,
        seed=manifest["seed"],
        replication=manifest["replication"],
        ladder=pd.Series(manifest["ladder"], name="persons", dtype=np.int64),
        seconds=manifest["seconds"],
        version=manifest["versions"]["custsim"],
        _again=again,
        **tables,  # type: ignore[arg-type]
    )


def refuse_unusable(folder: str | os.PathLike[str]) -> None:
    """Refuse a place where a run cannot be saved, or not without destroying something else.

    Raises
    ------
    InputError
        If there is a file, or a folder with content that is no part of a run.
    EnvironmentFailure
        If it cannot be looked at, or nothing can be written there.
    """
    place = Path(os.path.abspath(folder))
    with _machine(place, "looked at"):
        above = next(parent for parent in place.parents if parent.exists())
        if not above.is_dir():
            raise EnvironmentFailure(f"{place}: cannot be made: {above} is not a folder")
        if not os.access(above, os.W_OK | os.X_OK):
            raise EnvironmentFailure(f"{place}: cannot be made: no permission to write in {above}")
        if not place.exists():
            return
        if not place.is_dir():
            raise InputError(f"{place}: is there and is not a folder; give the name of a folder for the run")
        inside = {entry.name for entry in place.iterdir()} - set(_LITTER)
        if not inside:
            return
        known = {MANIFEST} if MANIFEST in inside else set()
        with contextlib.suppress(InputError):
            known |= set(_manifest(place)["files"])
        if inside - known:
            names = sorted(inside - known)
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise InputError(f"{place}: holds {shown}, which is no part of a run; give another folder or move it away")


# --- writing ----------------------------------------------------------------------------------------------------


def _fill(aside: Path, run: Run, also: Mapping[str, bytes]) -> None:
    """Write all files of a run into a folder, the manifest last, and force them to the disk."""
    rows: dict[str, int] = {}
    for name in _TABLES:
        table = getattr(run, name)
        if table is None:
            continue
        if name == "levers":
            table = table.assign(value=[json.dumps(plain(value)) for value in table["value"]])
        rows[name] = len(table)
        with (aside / f"{name}.parquet").open("xb") as stream:
            table.to_parquet(stream, engine="pyarrow", compression="zstd")
            _to_disk(stream)
    for name, content in also.items():
        with (aside / name).open("xb") as stream:
            stream.write(content)
            _to_disk(stream)
    files = {file.name: {"bytes": file.stat().st_size, "sha256": _checksum(file)} for file in sorted(aside.iterdir())}
    with (aside / MANIFEST).open("xb") as stream:
        stream.write(json.dumps(_description(run, rows, files), indent=2).encode())
        _to_disk(stream)
    _folder_to_disk(aside)


def _description(run: Run, rows: Mapping[str, int], files: Mapping[str, Any]) -> dict[str, Any]:
    import numba

    opening = run.scenario.opening
    return {
        "format": FORMAT,
        "what": "a run of custsim",
        "seed": run.seed,
        "replication": run.replication,
        "months": run.months,
        "scenario": plain(run.scenario),
        "opening": None if opening is run.scenario else plain(opening),
        "own_processes": not run._again or bool(run._again["processes"]) or not isinstance(run._again["desk"], str),
        "desk": run._again["desk"] if run._again and isinstance(run._again["desk"], str) else None,
        "ladder": {str(step): int(count) for step, count in run.ladder.items()},
        "seconds": dict(run.seconds),
        "versions": {
            "custsim": run.version,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "pandas": pd.__version__,
        },
        "rows": dict(rows),
        "columns": {
            name: {column.name: f"{column.label} [{column.unit}]" for column in columns}
            for name, columns in run.columns.items()
        }
        | _OTHER_COLUMNS,
        "files": dict(files),
    }


def _put(aside: Path, place: Path) -> None:
    """Move a finished folder to its place; a run that is there goes only when the new one has come."""
    old: Path | None = None
    try:
        if place.exists():
            old = place.with_name(f".{place.name[:80]}-{uuid.uuid4().hex}.old")
            os.replace(place, old)
        os.replace(aside, place)
    except BaseException:  # an interrupt as well: the older run must come back
        if old is not None and old.exists() and not place.exists():
            os.replace(old, place)
        raise
    finally:
        if old is not None and place.exists():
            _remove(old)
    _folder_to_disk(place.parent)


def _to_disk(stream: Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _folder_to_disk(folder: Path) -> None:
    if os.name == "nt":  # Windows has no such thing and needs none
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; if what follows fails, those that were made go again."""
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for made in missing:
            with contextlib.suppress(OSError):
                made.rmdir()
        raise


# --- reading ----------------------------------------------------------------------------------------------------


def _manifest(place: Path) -> dict[str, Any]:
    """Read the manifest of a run, or say why it is none."""
    file = place / MANIFEST
    if not file.is_file():
        raise InputError(f"{place}: is not a run of custsim: there is no {MANIFEST}")
    try:
        read: Any = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise InputError(f"{file}: is damaged: not JSON") from None
    if not isinstance(read, dict) or read.get("what") != "a run of custsim":
        raise InputError(f"{file}: is not the manifest of a run of custsim")
    if read.get("format") != FORMAT:
        raise InputError(
            f"{file}: has format {read.get('format')!r}, this custsim reads format {FORMAT}; "
            "use the version that wrote it, or run it again"
        )
    needed = ("seed", "replication", "months", "scenario", "opening", "own_processes", "desk", "ladder", "seconds",
              "versions", "rows", "files")  # fmt: skip
    missing = [name for name in needed if name not in read]
    if missing:
        raise InputError(f"{file}: is damaged: {', '.join(missing)} missing")
    return read


def _refuse_damage(place: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a run that lacks a file or holds one that is not as it was written."""
    problems = [
        f"{place}: the table {name} is missing from the manifest"
        for name in _TABLES
        if name not in _MAY_LACK and f"{name}.parquet" not in manifest["files"]
    ]
    for name, written in manifest["files"].items():
        file = place / name
        if not name.endswith(".parquet"):
            continue
        if not file.is_file():
            problems.append(f"{file}: is missing")
        elif file.stat().st_size != written["bytes"]:
            problems.append(f"{file}: is damaged: {file.stat().st_size:,} bytes instead of {written['bytes']:,}")
        elif _checksum(file) != written["sha256"]:
            problems.append(f"{file}: is damaged or was changed: its checksum is not the one in {MANIFEST}")
    if problems:
        raise InputError(problems)


def _table(place: Path, manifest: Mapping[str, Any], name: str) -> pd.DataFrame | None:
    if f"{name}.parquet" not in manifest["files"]:
        return None
    table = pd.read_parquet(place / f"{name}.parquet", engine="pyarrow")
    if name == "levers":
        table["value"] = pd.Series([json.loads(value) for value in table["value"]], dtype=object, index=table.index)
    return table


def _scenario(place: Path, manifest: Mapping[str, Any]) -> Scenario:
    """Build the scenario of a run, opening in the state it opened in."""
    try:
        scenario = built(Scenario, manifest["scenario"])
        if manifest["opening"] is not None:
            scenario._opening = built(Scenario, manifest["opening"])
    except InputError as error:
        raise InputError(f"{place / MANIFEST}: {problem}" for problem in error.problems) from None
    return scenario


def _checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def _machine(place: Path, done: str) -> Iterator[None]:
    """Turn what the machine refuses into one line."""
    if "\0" in str(place):
        raise InputError(f"{str(place)!r}: is no path a folder can have: it holds a null character")
    try:
        yield
    except CustsimError:
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(f"{str(place)[:80]}…: is no path a folder can have: {error.strerror}") from error
        raise EnvironmentFailure(f"{place}: cannot be {done}: {error.strerror or error}") from error
