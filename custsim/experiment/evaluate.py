"""``evaluate``: many runs, from scenarios and replications to a table of measures. All experiments stand on it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import CustsimError, InputError
from custsim.experiment.executors import Executor, executor_for
from custsim.experiment.identity import model_version, run_key, scenario_hash
from custsim.experiment.measures import Asked, Measure, resolve_all
from custsim.experiment.progress import Progress, shown
from custsim.experiment.store import Store
from custsim.experiment.work import Outcome, Task, Unit
from custsim.scenario.changes import plain
from custsim.scenario.model import Scenario

__all__ = ["Evaluation", "Point", "evaluate"]

#: a scenario, or what is changed in the base scenario
Point: TypeAlias = "Scenario | Mapping[str, Any]"

Floats = NDArray[np.float64]

#: most runs that are made in one place before their results come back
_LARGEST_UNIT = 16

_MOST_REPLICATIONS = 1_000_000


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Measures of many runs.

    Attributes
    ----------
    points
        The scenarios, in the order they were given; ``None`` where the changes were not possible.
    changes
        What was changed in the base for each point; empty for points that were given as scenarios.
    measures
        What was measured.
    replications
        Numbers of the replications.
    seed
        Names the luck; replication n of one point has the luck of replication n of every other.
    arrays
        Measure -> values of shape (points, replications), or (points, replications, months) for a series; not a number
        where a run failed.
    errors
        (point, replication) -> the error that run ended with.
    computed, kept
        Runs that were made now, and runs whose results were in the store.
    seconds
        Time it took.
    """

    points: tuple[Scenario | None, ...]
    changes: tuple[Mapping[str, Any], ...]
    measures: tuple[Measure, ...]
    replications: tuple[int, ...]
    seed: int
    arrays: Mapping[str, Floats]
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    computed: int = 0
    kept: int = 0
    seconds: float = 0.0

    def values(self, measure: str) -> Floats:
        """Values of a measure, of shape (points, replications), or (points, replications, months) for a series.

        Raises
        ------
        InputError
            If it was not measured.
        """
        if measure not in self.arrays:
            raise InputError(f"{measure!r}: was not measured; there are {', '.join(self.arrays)}")
        return self.arrays[measure]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a run: point, replication, one column a measure that is a number, error (empty if none)."""
        points, replications = len(self.points), len(self.replications)
        columns: dict[str, Any] = {
            "point": np.repeat(np.arange(points), replications),
            "replication": np.tile(np.array(self.replications, dtype=np.int64), points),
        }
        columns |= {name: values.ravel() for name, values in self.arrays.items() if values.ndim == 2}
        columns["error"] = [
            self.errors.get((point, number), "") for point in range(points) for number in self.replications
        ]
        return pd.DataFrame(columns)

    def series(self, measure: str) -> pd.DataFrame:
        """A measure over time, one row a month of a run: point, replication, month, value.

        Raises
        ------
        InputError
            If it was not measured, or is no series.
        """
        values = self.values(measure)
        if values.ndim != 3:
            raise InputError(f"{measure!r}: is one number a run; ask for monthly:{measure.partition('.')[0]}")
        index = pd.MultiIndex.from_product(
            [range(values.shape[0]), self.replications, range(values.shape[2])], names=["point", "replication", "month"]
        )
        return pd.Series(values.ravel(), index=index, name=measure).reset_index()

    def raise_errors(self) -> Evaluation:
        """Return this evaluation if every run came to its end.

        Raises
        ------
        InputError
            With the first few errors otherwise.
        """
        if self.errors:
            few = sorted(self.errors.items())[:5]
            more = [f"... and {len(self.errors) - 5} more"] if len(self.errors) > 5 else []
            raise InputError([f"point {point}, replication {number}: {error}" for (point, number), error in few] + more)
        return self


def evaluate(
    points: Sequence[Point],
    measures: Asked | Iterable[Asked] = ("profit", "lifetime_value"),
    *,
    replications: int | Iterable[int] = 1,
    seed: int = 1,
    base: Scenario | None = None,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = True,
) -> Evaluation:
    """Run every point in every replication, and measure the runs.

    Replication n of all points shares its luck (common random numbers). The numbers do not depend on the executor, on
    the number of jobs, or on what came from a store. Points that mean the same are computed once.

    Parameters
    ----------
    points
        Scenarios, or changes of ``base`` as for :meth:`Scenario.change`.
    measures
        Names of measures (see :mod:`custsim.experiment.measures`), or functions of a run.
    replications
        How many, or which: ``range(100, 200)`` are another hundred.
    seed
        Names the luck.
    base
        The scenario that points given as changes are changes of.
    executor, jobs
        Where runs are made, see :func:`custsim.experiment.executors.executor_for`.
    store
        File in which results are kept as they come, and in which those of an earlier time are found.
    progress
        A bar on a terminal, or a function of runs done and runs in all.

    Returns
    -------
    Evaluation
        A run that raises is in it with its error; it does not end the others.

    Raises
    ------
    InputError
        If a measure does not exist, all points are impossible, or the store is damaged.
    EnvironmentFailure
        If a cluster cannot be reached, or the store not be written.
    KeyboardInterrupt
        On Ctrl-C; what came back before is in the store.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> both = evaluate([small, small.change({"complaints.staff": 2})], "profit", replications=2, executor="serial")
    >>> both.table[["point", "replication", "error"]].to_numpy().tolist()
    [[0, 0, ''], [0, 1, ''], [1, 0, ''], [1, 1, '']]
    """
    began = time.perf_counter()
    scenarios, changes, problems = _scenarios(points, base)
    first = next((scenario for scenario in scenarios if scenario is not None), None)
    asked = resolve_all(measures, first)
    numbers = _numbers(replications)
    _refuse_seed(seed)
    with Store.open(store) if isinstance(store, str | Path) else nullcontext(store) as kept_in:
        job = _Job(scenarios, asked, numbers, seed, kept_in)
        job.note_problems(problems)
        job.look_up()
        with shown(progress, job.total) as tell:
            tell(job.done)
            if job.missing:
                with executor_for(executor, jobs) as place:
                    job.compute(place, tell)
    return job.evaluation(changes, time.perf_counter() - began)


def _scenarios(
    points: Sequence[Point], base: Scenario | None
) -> tuple[list[Scenario | None], list[Mapping[str, Any]], dict[int, str]]:
    """Make the scenarios; changes that are not possible are a problem of their point, unless all are."""
    if isinstance(points, Scenario | Mapping):
        points = [points]
    if not points:
        raise InputError("points: at least one scenario is needed")
    scenarios: list[Scenario | None] = []
    changes: list[Mapping[str, Any]] = []
    problems: dict[int, str] = {}
    failure: CustsimError | None = None
    for number, point in enumerate(points):
        if isinstance(point, Scenario):
            scenarios.append(point)
            changes.append({})
            continue
        if base is None or not isinstance(point, Mapping):
            raise InputError(f"points[{number}]: is {type(point).__name__}; give scenarios, or changes with base=")
        changes.append({path: plain(value) for path, value in point.items()})
        try:
            scenarios.append(base.change(point) if point else base)
        except InputError as error:
            failure = failure or error
            problems[number] = str(error)
            scenarios.append(None)
    if failure is not None and len(problems) == len(points):
        raise failure
    return scenarios, changes, problems


def _numbers(replications: int | Iterable[int]) -> tuple[int, ...]:
    if isinstance(replications, int | np.integer) and not isinstance(replications, bool):
        if not 1 <= replications <= _MOST_REPLICATIONS:
            raise InputError(f"replications: must be from 1 to {_MOST_REPLICATIONS:,}, got {replications}")
        return tuple(range(int(replications)))
    if not isinstance(replications, Iterable):
        raise InputError(f"replications: how many, or a list of which, got {replications!r}")
    numbers = tuple(dict.fromkeys(int(number) for number in replications))
    if not numbers or min(numbers) < 0:
        raise InputError("replications: at least one is needed, and they count from 0")
    return numbers


def _refuse_seed(seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise InputError(f"seed: must be a whole number from 0 to 2^63 - 1, got {seed!r}")


class _Job:
    """An evaluation under way: what is there, what is missing, and where results go."""

    def __init__(
        self,
        scenarios: Sequence[Scenario | None],
        measures: tuple[Measure, ...],
        numbers: tuple[int, ...],
        seed: int,
        store: Store | None,
    ) -> None:
        self.scenarios, self.measures, self.numbers, self.seed, self.store = (
            scenarios,
            measures,
            numbers,
            int(seed),
            store,
        )
        self.version = model_version()
        self.hashes = [None if scenario is None else scenario_hash(scenario) for scenario in scenarios]
        self.column = {number: column for column, number in enumerate(numbers)}
        #: points of the same hash, of which the first is computed
        self.twins: dict[str, list[int]] = {}
        for point, name in enumerate(self.hashes):
            if name is not None:
                self.twins.setdefault(name, []).append(point)
        self.arrays: dict[str, Floats] = {
            one.name: np.full((len(scenarios), len(numbers)), np.nan) for one in measures if not one.series
        }
        self.errors: dict[tuple[int, int], str] = {}
        self.missing: dict[tuple[int, int], None] = {
            (points[0], number): None for number in numbers for points in self.twins.values()
        }
        self.total, self.done, self.computed, self.kept = len(self.missing), 0, 0, 0

    def note_problems(self, problems: Mapping[int, str]) -> None:
        """Note the points whose changes are not possible."""
        for point, problem in problems.items():
            for number in self.numbers:
                self.errors[point, number] = problem

    def look_up(self) -> None:
        """Take from the store what it holds."""
        if self.store is None:
            return
        runs = {self._key(point, number): (point, number) for point, number in self.missing}
        names = [one.identity for one in self.measures]
        for key, kept in self.store.get(list(runs), names).items():
            measured = kept.measured
            values = () if kept.error else tuple(measured[name] for name in names)
            self._take(Outcome(*runs[key], values, kept.error))
            self.kept += 1

    def compute(self, executor: Executor, tell: Any) -> None:
        """Make what is missing, keeping each result as it comes."""
        results = executor.run(self._units(executor.workers))
        try:
            for outcomes in results:
                for outcome in outcomes:
                    self._keep(outcome)
                    self._take(outcome)
                    self.computed += 1
                tell(self.done)
        finally:
            # on Ctrl-C: nothing goes on in the background
            close = getattr(results, "close", None)
            if close is not None:
                close()

    def evaluation(self, changes: Sequence[Mapping[str, Any]], seconds: float) -> Evaluation:
        """Put the results together."""
        return Evaluation(
            points=tuple(self.scenarios),
            changes=tuple(changes),
            measures=self.measures,
            replications=self.numbers,
            seed=self.seed,
            arrays={one.name: self.arrays[one.name] for one in self.measures if one.name in self.arrays},
            errors=dict(sorted(self.errors.items())),
            computed=self.computed,
            kept=self.kept,
            seconds=seconds,
        )

    def _key(self, point: int, number: int) -> str:
        return run_key(str(self.hashes[point]), self.seed, number, self.version)

    def _units(self, workers: int) -> Iterator[Unit]:
        """Put together runs that open in the same state: the opening of a firm is more work than a run."""
        measures = tuple(one.name if one == _by_name(one) else (one.name, one.of) for one in self.measures)
        groups: dict[tuple[int, str], list[Task]] = {}
        openings: dict[int, str] = {}
        for point, number in self.missing:
            scenario = self.scenarios[point]
            if scenario is not None:
                if point not in openings:
                    openings[point] = scenario_hash(scenario.opening)
                task = Task(point, scenario, self.seed, number)
                groups.setdefault((number, openings[point]), []).append(task)
        size = max(1, min(_LARGEST_UNIT, len(self.missing) // (4 * workers)))
        for tasks in groups.values():
            for at in range(0, len(tasks), size):
                yield Unit(tuple(tasks[at : at + size]), measures, self.version, alone=len(tasks) <= size)

    def _keep(self, outcome: Outcome) -> None:
        scenario = self.scenarios[outcome.point]
        if self.store is None or scenario is None or (outcome.error and not outcome.final):
            return
        names = [one.identity for one in self.measures] if not outcome.error else []
        self.store.put(
            self._key(outcome.point, outcome.replication),
            scenario=scenario,
            scenario_hash=str(self.hashes[outcome.point]),
            seed=self.seed,
            replication=outcome.replication,
            model=self.version,
            values=dict(zip(names, outcome.values, strict=True)),
            error=outcome.error,
            seconds=outcome.seconds,
        )

    def _take(self, outcome: Outcome) -> None:
        self.missing.pop((outcome.point, outcome.replication), None)
        self.done += 1
        column = self.column[outcome.replication]
        for point in self.twins[str(self.hashes[outcome.point])]:
            if outcome.error:
                self.errors[point, outcome.replication] = outcome.error
                continue
            for one, value in zip(self.measures, outcome.values, strict=True):
                self._room(one.name, value)[point, column, ...] = value

    def _room(self, name: str, value: float | Floats) -> Floats:
        """Room for the values of a measure; of a series the number of months shows with its first value."""
        months = np.asarray(value).shape
        room = self.arrays.get(name)
        if room is None or (room.ndim == 2 and months and np.isnan(room).all()):
            self.arrays[name] = room = np.full((len(self.scenarios), len(self.numbers), *months), np.nan)
        elif months and room.ndim == 3 and months[0] > room.shape[2]:
            # runs of different length: the shorter ones end in not a number
            grown = np.full((*room.shape[:2], *months), np.nan)
            grown[:, :, : room.shape[2]] = room
            self.arrays[name] = room = grown
        return room[:, :, : months[0]] if months else room


def _by_name(one: Measure) -> Measure | None:
    """Return the measure that its name stands for, if it is one that has a name everywhere."""
    from custsim.experiment.measures import resolve

    try:
        return resolve(one.name)
    except InputError:
        return None
