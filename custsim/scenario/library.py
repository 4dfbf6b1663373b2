"""The scenarios that come with custsim, and loading one of them or one's own by name or path."""

from __future__ import annotations

import os
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from custsim.errors import InputError
from custsim.scenario.files import exists, parse, read_text
from custsim.scenario.model import Scenario
from custsim.scenario.paths import nearest
from custsim.scenario.schema import schema_of

__all__ = ["bundled", "bundled_text", "load", "schema"]


def load(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Load a scenario: one that comes with custsim, by its name, or your own, by the path of its TOML file.

    Parameters
    ----------
    name_or_path
        Name of a bundled scenario (see :func:`bundled`) or path of a file. A bundled name wins over a file of the
        same name; write ``./name`` for the file.

    Returns
    -------
    Scenario
        Validated and immutable.

    Raises
    ------
    InputError
        If there is no such scenario, or with one line for each thing that is wrong in its file.
    EnvironmentFailure
        If the file cannot be read.

    Examples
    --------
    >>> load("neighbourhood_bank").name
    'neighbourhood_bank'
    """
    name = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and name in bundled():
        return parse(bundled_text(name), Scenario, name)
    if not exists(name):
        raise InputError(f"no scenario {name!r}: neither a file nor the name of a bundled one; {_meant(name)}")
    return parse(read_text(name), Scenario, name)


def _meant(name: str) -> str:
    if Path(f"{name}.toml").is_file():
        return f"did you mean the file {name}.toml?"
    close = nearest(Path(name).stem, bundled())
    return f"did you mean {close}?" if close else f"bundled are {', '.join(bundled()) or 'none'}"


def bundled() -> list[str]:
    """List the names of the scenarios that come with custsim.

    Examples
    --------
    >>> "neighbourhood_bank" in bundled()
    True
    """
    folder = _folder()
    files = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))


def bundled_text(name: str) -> str:
    """Return the text of a bundled scenario's file.

    Raises
    ------
    InputError
        If there is no bundled scenario of this name.
    """
    if name not in bundled():
        close = nearest(name, bundled())
        raise InputError(
            f"no bundled scenario {name!r}; {f'did you mean {close}?' if close else 'see custsim describe'}"
        )
    return _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a scenario file, for editors.

    Examples
    --------
    >>> schema()["$schema"]
    'https://json-schema.org/draft/2020-12/schema'
    """
    return schema_of(Scenario)


def _folder() -> Traversable:
    """Where the bundled files are: in the installed package, or beside it in a checkout of the sources."""
    package = resources.files("custsim")
    installed = package.joinpath("bundled")
    return installed if installed.is_dir() else Path(str(package)).parent / "scenarios"
