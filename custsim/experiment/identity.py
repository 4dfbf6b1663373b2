"""What a result belongs to: the hash of a scenario with its opening, the version of the model; what differs."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import numba
import numpy as np

import custsim
from custsim.errors import EnvironmentFailure
from custsim.scenario.changes import plain
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import valued

__all__ = ["differences", "model_version", "run_key", "scenario_hash"]

#: the sources that a result depends on; a picture or a page that was reworded leaves results valid
_SOURCES = ("scenario", "chain", "value", "simulation", "experiment/measures.py")

_LABELS = {"name", "title", "description", "currency"}


@functools.cache
def model_version() -> str:
    """Name the model that this process runs: a hash of its sources with the versions of NumPy and Numba.

    Returns
    -------
    str
        16 hexadecimal digits. Sources that were edited while this process ran give a name of their own, since nobody
        knows which of them act.

    Raises
    ------
    EnvironmentFailure
        If the sources cannot be read.

    Examples
    --------
    >>> model_version() == model_version()
    True
    """
    folder = Path(custsim.__file__).resolve().parent
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__}".encode())
    try:
        for place in _SOURCES:
            file = folder / place
            for source in sorted(file.rglob("*.py")) if file.is_dir() else [file]:
                content = source.read_bytes()
                digest.update(f"\0{source.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
                digest.update(content)
                if source.stat().st_mtime > custsim._LOADED_AT:
                    digest.update(f"edited after {custsim._LOADED_AT}".encode())
    except OSError as error:
        raise EnvironmentFailure(f"{folder}: the sources cannot be read, to name results by: {error}") from None
    return digest.hexdigest()[:16]


def scenario_hash(scenario: Scenario) -> str:
    """Name a scenario by everything that acts on a run of it, the firm it opens as included; labels do not count.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    EnvironmentFailure
        If a file of ties that the scenario names cannot be read.

    Examples
    --------
    >>> bank = Scenario()
    >>> scenario_hash(bank) == scenario_hash(bank.change({"title": "Ours"}))
    True
    >>> scenario_hash(bank) == scenario_hash(bank.change({"complaints.staff": 9}))
    False
    """
    digest = hashlib.sha256()
    # only what acts before month 0 counts of the opening: its interventions do not
    for part, left_out in ((scenario, _LABELS), (scenario.opening, {*_LABELS, "interventions"})):
        digest.update(part.model_dump_json(exclude=left_out, round_trip=True).encode())
        digest.update(b"\0")
        if part.referral.edges:
            try:
                digest.update(hashlib.sha256(Path(part.referral.edges).read_bytes()).digest())
            except OSError as error:
                raise EnvironmentFailure(f"{part.referral.edges}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()[:32]


def run_key(scenario: str, seed: int, replication: int, version: str) -> str:
    """Name a run: the hash of its scenario, its luck, the version of the model.

    Examples
    --------
    >>> run_key("a", 1, 0, "v") == run_key("a", 1, 0, "v") != run_key("a", 1, 1, "v")
    True
    """
    return hashlib.sha256(f"{scenario} {seed} {replication} {version}".encode()).hexdigest()[:32]


def differences(one: Scenario, other: Scenario) -> dict[str, tuple[Any, Any]]:
    """List the parameters in which two scenarios differ: path -> both values.

    Examples
    --------
    >>> differences(Scenario(), Scenario().change({"complaints.staff": 9}))["complaints.staff"][1]
    9
    """
    values = [
        {parameter.path: plain(parameter.value) for parameter in valued(scenario)} for scenario in (one, other)
    ]  # fmt: skip
    labels = ("name", "title", "description")
    return {
        path: (values[0].get(path), values[1].get(path))
        for path in {**values[0], **values[1]}
        if path not in labels and values[0].get(path) != values[1].get(path)
    }
