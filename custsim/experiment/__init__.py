"""Many runs: measures, evaluations, comparisons, sweeps, the executors that make runs and the store that keeps them."""

from __future__ import annotations

import importlib
from typing import Any

#: public name -> module of :mod:`custsim.experiment` that holds it, one block a module
_WHERE: dict[str, str] = {
    # what is measured
    "Measure": "measures",
    "measure": "measures",
    # many runs
    "Evaluation": "evaluate",
    "evaluate": "evaluate",
    "Executor": "executors",
    "Store": "store",
}

__all__ = sorted(_WHERE)  # noqa: PLE0605  # one list of names, kept in one place


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'custsim.experiment' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(f"custsim.experiment.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
