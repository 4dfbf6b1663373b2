"""What goes into a store beside the runs, so that an experiment can be told again: measures, labels, versions."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

import custsim
from custsim.experiment.identity import scenario_hash
from custsim.experiment.measures import Measure
from custsim.scenario.model import Scenario

__all__ = ["about", "frame", "labels_of", "measures_of", "records", "versions"]

#: packages that numbers depend on
_PACKAGES = ("numpy", "numba", "scipy", "pandas")

#: what acts on no run and is therefore no part of a scenario's hash
_LABELS = ("name", "title", "description", "currency")


def versions(*more: str) -> dict[str, str]:
    """Tell the versions of custsim, of Python and of the packages that numbers depend on.

    Parameters
    ----------
    *more
        Further packages; those that are not installed are left out.

    Examples
    --------
    >>> list(versions())[:2]
    ['custsim', 'python']
    """
    found = {"custsim": custsim.__version__, "python": platform.python_version()}
    for name in (*_PACKAGES, *more):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def about(scenarios: Iterable[Scenario | None], measures: Iterable[Measure], *packages: str) -> dict[str, Any]:
    """Put together what every experiment notes: labels of its scenarios, what was measured, versions."""
    return {
        "labels": labels_of(scenarios),
        "measured": measures_of(measures),
        "versions": versions(*packages),
    }


def labels_of(scenarios: Iterable[Scenario | None]) -> dict[str, dict[str, str]]:
    """Names, titles, descriptions and currencies of scenarios, by hash.

    Of several scenarios that mean the same, the first counts; those labelled as the first of all are left out.
    """
    found: dict[str, dict[str, str]] = {}
    for scenario in scenarios:
        if scenario is not None:
            labels = {name: getattr(scenario, name) for name in _LABELS}
            if not found or labels != next(iter(found.values())):
                found.setdefault(scenario_hash(scenario), labels)
    return found


def measures_of(measures: Iterable[Measure]) -> list[dict[str, Any]]:
    """Everything of measures but their functions."""
    return [
        {
            "name": one.name, "label": one.label, "unit": one.unit, "better": one.better, "series": one.series,
            "identity": one.identity,
        }
        for one in measures
    ]  # fmt: skip


def records(table: pd.DataFrame) -> dict[str, Any]:
    """Write a table as plain data: its columns and its rows.

    Examples
    --------
    >>> records(pd.DataFrame({"a": [1, 2]}))
    {'columns': ['a'], 'rows': [[1], [2]]}
    """
    rows: Sequence[Sequence[Any]] = table.astype(object).to_numpy().tolist()
    return {"columns": [str(name) for name in table.columns], "rows": [[_plain(cell) for cell in row] for row in rows]}


def frame(kept: Mapping[str, Any]) -> pd.DataFrame:
    """Read a table that :func:`records` wrote."""
    return pd.DataFrame(kept["rows"], columns=kept["columns"])


def _plain(cell: Any) -> Any:
    return cell.item() if hasattr(cell, "item") else cell
