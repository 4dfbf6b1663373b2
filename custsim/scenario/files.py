"""Scenario files: reading them with every problem reported at once, and writing them whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tomllib
import uuid
from pathlib import Path
from typing import Any, TypeVar

from custsim.errors import CustsimError, EnvironmentFailure, InputError
from custsim.scenario.changes import built
from custsim.scenario.layout import rendered
from custsim.scenario.parameter import Section

__all__ = ["exists", "parse", "read_text", "save", "write_text"]

Read = TypeVar("Read", bound=Section)

#: no scenario written by hand comes near this many bytes
LARGEST = 5_000_000


def parse(text: str, model: type[Read], name: str = "scenario") -> Read:
    """Build a scenario from the text of a TOML file.

    Parameters
    ----------
    text
        The file's text; it stays with the scenario, so that saving keeps comments and layout.
    model
        Class of the scenario.
    name
        What to call the file in messages.

    Raises
    ------
    InputError
        With the line and column of a fault in the TOML, or with one line for each wrong parameter.

    Examples
    --------
    >>> from custsim.scenario.parameter import param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> parse("staff = 8  # more on Fridays", Desk).staff
    8
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(f"{name}: not TOML: {reason[:1].lower()}{reason[1:]}") from None
    scenario = built(model, data)
    scenario._text = text
    return scenario


def read_text(path: str | os.PathLike[str]) -> str:
    """Read the text of a file somebody wrote by hand.

    Raises
    ------
    InputError
        If there is no such file, or it is a folder, a device, far too large, or not text in UTF-8.
    EnvironmentFailure
        If the machine refuses to read it.
    """
    file = Path(path)
    try:
        if not exists(file):
            raise InputError(f"{file}: no such file")
        if not file.is_file():
            raise InputError(f"{file}: is {'a folder' if file.is_dir() else 'not an ordinary file'}; give a TOML file")
        size = file.stat().st_size
        if size > LARGEST:
            raise InputError(f"{file}: has {size:,} bytes; a scenario file has at most {LARGEST:,}")
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, CustsimError):
            raise
        raise _failure(file, "read", error) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}: not a text file in UTF-8: byte {content[error.start]:#04x} in line {line}") from None


def save(scenario: Section, path: str | os.PathLike[str]) -> None:
    """Write a scenario to a TOML file, which is replaced as a whole or not at all.

    Comments and layout of the file the scenario was loaded from are kept. Written are the values which that file
    mentioned, and those that differ from the defaults. A firm that was changed in month 0 stays one: a table
    ``opening`` holds what was otherwise before, so that the file is read as the same firm, to the last bit of its runs.

    Raises
    ------
    InputError
        If the folder does not exist or a value has no form in TOML.
    EnvironmentFailure
        If the file cannot be written; what was there before is untouched.
    """
    write_text(path, rendered(scenario))


def write_text(path: str | os.PathLike[str], text: str, *, overwrite: bool = True) -> None:
    """Write a text file whole or not at all: aside, to the disk, then in one step to its place.

    Parameters
    ----------
    path
        Where to write. A link is followed; the permissions of a file that is replaced are kept.
    text
        What to write, in UTF-8, its line ends as they are.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    InputError
        If the folder does not exist, the path is a folder, or the file is there and may not be replaced.
    EnvironmentFailure
        If the machine refuses: no permission, a full disk.
    """
    file = Path(path)
    aside: Path | None = None
    try:
        file = file.resolve()
        if file.is_dir():
            raise InputError(f"{path}: is a folder; give the name of a file in it")
        if not file.parent.is_dir():
            raise InputError(f"{path}: there is no folder {file.parent}; make it first")
        if file.exists() and not overwrite:
            raise InputError(f"{path}: is there already and is left as it is; give another name or remove it")
        aside = file.with_name(f".{file.name[:100]}.{uuid.uuid4().hex}.part")
        with aside.open("xb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            shutil.copymode(file, aside)
        aside.replace(file)
    except (OSError, ValueError) as error:
        if isinstance(error, CustsimError):
            raise
        raise _failure(file, "written", error) from None
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether there is something at a path.

    Raises
    ------
    InputError
        If no path can look like this one.
    EnvironmentFailure
        If the machine does not let one see.
    """
    try:
        return Path(path).exists()
    except (OSError, ValueError) as error:
        raise _failure(Path(path), "looked up", error) from None


def _failure(file: Path, done: str, error: Exception) -> CustsimError:
    reason: Any = error.strerror if isinstance(error, OSError) and error.strerror else error
    if isinstance(error, ValueError) or (isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG):
        name = str(file)
        return InputError(f"{name if len(name) < 80 else name[:79] + '…'}: is no path a file can have: {reason}")
    return EnvironmentFailure(f"{file}: cannot be {done}: {reason}")
