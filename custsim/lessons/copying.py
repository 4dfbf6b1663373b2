"""Copying the lessons to a folder of the learner's, and never over a learner's work.

What was copied is noted beside the copies, with a fingerprint of each file, so that a later copy can tell a file that a
learner has worked in from one that is merely older.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import custsim
from custsim.errors import EnvironmentFailure, InputError
from custsim.lessons.catalogue import folder

__all__ = ["NOTE", "copy_lessons"]

#: the note of what was copied
NOTE = ".custsim-lessons.json"
_TRAINER = "trainer"


def copy_lessons(target: str | Path, *, with_trainer: bool = False, source: Path | None = None) -> list[str]:
    """Copy the lessons to a folder; a file that the learner has changed stays as it is.

    Of a lesson that has a newer version, the learner's file stays too if it was changed; the newer one goes beside it
    under another name. An older file that nobody changed is replaced.

    Parameters
    ----------
    target
        Folder; it is made if need be.
    with_trainer
        Whether the trainer's sheets are copied too. They hold the answers.
    source
        Folder of the lessons; that of custsim by default.

    Returns
    -------
    list of str
        A line for everything worth saying: what was copied, what was kept.

    Raises
    ------
    InputError
        If the target is a file, or the folder of the lessons itself.
    EnvironmentFailure
        If it cannot be written, or no lessons came with this installation.
    """
    into, lessons = Path(target), source or folder()
    if into.exists() and not into.is_dir():
        raise InputError(f"{into}: is a file; give the name of a folder")
    if not lessons.is_dir():
        raise EnvironmentFailure(f"{lessons}: no lessons came with this installation; install custsim again")
    if into.resolve() == lessons.resolve() or lessons.resolve() in into.resolve().parents:
        raise InputError(f"{into}: is where the lessons come from; give another folder")
    try:
        return _copied(lessons, into, with_trainer)
    except OSError as error:
        raise EnvironmentFailure(f"{error.filename or into}: {error.strerror or error}") from None


def _copied(lessons: Path, into: Path, with_trainer: bool) -> list[str]:
    into.mkdir(parents=True, exist_ok=True)
    note = into / NOTE
    given = _read_note(note)
    said, new = [], 0
    for file in _files(lessons, with_trainer):
        name = file.relative_to(lessons).as_posix()
        place, mark = into / name, _mark(file)
        if not place.exists():
            _put(file, place)
            new += 1
        elif _mark(place) == mark:
            pass
        elif _mark(place) == given.get(name):
            _put(file, place)
            said.append(f"{name}: replaced by its newer version, as you had not changed it")
        elif given.get(name) != mark and not any(_mark(other) == mark for other in _beside(place)):
            beside = _free(place)
            _put(file, beside)
            said.append(f"{name}: yours is kept; its newer version is beside it, as {beside.name}")
        given[name] = mark
        _write_note(note, given)
    files = "1 file" if new == 1 else f"{new} files"
    return [f"{files} copied to {into}" if new else f"everything was in {into} already", *said]


def _files(lessons: Path, with_trainer: bool) -> Iterator[Path]:
    for file in sorted(lessons.rglob("*")):
        parts = file.relative_to(lessons).parts
        if not file.is_file() or any(part.startswith((".", "__")) for part in parts):
            continue
        if with_trainer or parts[0] != _TRAINER:
            yield file


def _mark(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:24]


def _beside(place: Path) -> list[Path]:
    return list(place.parent.glob(f"{place.stem}-newer*{place.suffix}"))


def _free(place: Path) -> Path:
    """Name a newer version beside a file, by the version of custsim that it comes with."""
    stem = f"{place.stem}-newer-{custsim.__version__}"
    taken = {other.name for other in _beside(place)}
    names = (f"{stem}{'' if number == 1 else f'-{number}'}{place.suffix}" for number in range(1, len(taken) + 2))
    return place.with_name(next(name for name in names if name not in taken))


def _put(file: Path, place: Path) -> None:
    """Copy whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with _beginning(place) as part:
        shutil.copyfile(file, part)


@contextmanager
def _beginning(place: Path) -> Iterator[Path]:
    """Give a file to write that takes the place of another when it is whole; two who copy at once have one each."""
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _read_note(note: Path) -> dict[str, str]:
    """Read what was copied before; without a note that makes sense, every file that differs counts as changed."""
    try:
        read = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    except ValueError:
        return {}
    return {str(name): str(mark) for name, mark in read.items()} if isinstance(read, dict) else {}


def _write_note(note: Path, given: dict[str, str]) -> None:
    with _beginning(note) as part:
        part.write_text(json.dumps(given, indent=1, sort_keys=True), encoding="utf-8")
