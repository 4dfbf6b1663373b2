"""What travels between the process that asks and those that compute: tasks there, numbers back, nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.errors import CustsimError, EnvironmentFailure
from custsim.scenario.model import Scenario
from custsim.simulation.results import Run

__all__ = ["Outcome", "Task", "Unit", "do", "lost"]

Value = float | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Task:
    """One run that is to be made: the number of its point, its scenario and its luck."""

    point: int
    scenario: Scenario
    seed: int
    replication: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Some runs that are made one after another in one place, because they open in the same state.

    Attributes
    ----------
    tasks
        The runs.
    measures
        Names of measures, or functions of the user's with their names.
    version
        Model version of the process that asks; elsewhere it must be the same.
    alone
        Whether no other unit opens in the same state.
    """

    tasks: tuple[Task, ...]
    measures: tuple[str | tuple[str, Callable[[Run], Any]], ...]
    version: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: a value for each measure, or an error; ``final`` if it would come again."""

    point: int
    replication: int
    values: tuple[Value, ...]
    error: str = ""
    final: bool = True
    seconds: float = 0.0


def do(unit: Unit) -> list[Outcome]:
    """Make the runs of a unit; one that raises says so in its outcome and does not keep the others from being made.

    Raises
    ------
    EnvironmentFailure
        If this is not the model that was asked for: no number could be trusted, so nothing is computed.
    """
    from custsim.experiment.identity import model_version

    here = model_version()
    if here != unit.version:
        raise EnvironmentFailure(
            f"another custsim, NumPy or Numba is installed where this was to be computed (model {here}, asked for "
            f"{unit.version}): install the same versions there, or, if the sources were edited since, start anew"
        )
    return [_one(task, unit) for task in unit.tasks]


def lost(unit: Unit, why: str) -> list[Outcome]:
    """Outcomes of a unit that could not be computed, through no fault of its own."""
    return [Outcome(task.point, task.replication, (), why, final=False) for task in unit.tasks]


def _one(task: Task, unit: Unit) -> Outcome:
    from custsim.simulation.run import simulate

    began = time.perf_counter()
    try:
        run = simulate(task.scenario, task.seed, task.replication)
        values = _measured(run, unit.measures)
    except Exception as error:  # whatever a run or a function of the user's raises belongs into the table
        message = str(error) if isinstance(error, CustsimError) else f"{type(error).__name__}: {error}"
        # a machine that was short of something may do better next time; anything else would only come again
        final = not isinstance(error, MemoryError | OSError)
        return Outcome(task.point, task.replication, (), message, final, time.perf_counter() - began)
    return Outcome(task.point, task.replication, values, seconds=time.perf_counter() - began)


def _measured(run: Run, measures: Sequence[str | tuple[str, Callable[[Run], Any]]]) -> tuple[Value, ...]:
    from custsim.experiment.measures import resolve

    values: list[Value] = []
    for asked in measures:
        if isinstance(asked, str):
            values.append(resolve(asked, run.scenario)(run))
        else:
            name, of = asked
            value = np.asarray(of(run), dtype=np.float64)
            if value.ndim > 1:
                raise TypeError(f"{name}: a measure is a number or a series, got an array of {value.ndim} dimensions")
            values.append(float(value) if value.ndim == 0 else value)
    return tuple(value + 0.0 for value in values)  # 0 for -0, so that what was kept and what was not are the same bits
