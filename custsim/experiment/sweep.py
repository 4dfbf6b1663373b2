"""``sweep``: many settings of some parameters, on a grid, from lists, or spread evenly over ranges."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from custsim.errors import InputError
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.executors import Executor
from custsim.experiment.identity import model_version, scenario_hash
from custsim.experiment.measures import Asked
from custsim.experiment.notes import about
from custsim.experiment.progress import Progress
from custsim.experiment.store import Store
from custsim.scenario.changes import plain
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import valued
from custsim.scenario.paths import nearest

__all__ = ["DESIGNS", "Sweep", "design_points", "sweep"]

Design = Literal["grid", "list", "latin", "sobol"]

#: design -> what it does
DESIGNS = {
    "grid": "every combination of the values",
    "list": "the first values together, the second together, and so on",
    "latin": "points spread over ranges, each part of each range once (Latin hypercube)",
    "sobol": "points spread evenly over ranges taken together (scrambled Sobol sequence)",
}

#: a grid grows quickly; more points than this are likely a slip
_MOST_POINTS = 1_000_000


@dataclass(frozen=True, eq=False)
class Sweep:
    """Measures over many settings.

    Attributes
    ----------
    base
        The scenario that was changed.
    over
        Path -> the values, or the range.
    design
        How points were chosen.
    evaluation
        All runs.
    """

    base: Scenario
    over: Mapping[str, Sequence[Any]]
    design: str
    evaluation: Evaluation

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What was asked, as plain data: everything the numbers depend on."""
        return _specification(self)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a run: point, one column a parameter, replication, one a measure, error (empty if none)."""
        runs = self.evaluation.table
        return pd.concat([runs[["point"]], self._settings(runs["point"]), runs.drop(columns="point")], axis=1)

    @cached_property
    def means(self) -> pd.DataFrame:
        """One row a point: the parameters, the mean of each measure, its standard error ``_se``, replications."""
        points = len(self.evaluation.points)
        columns: dict[str, Any] = {}
        finished = np.full(points, len(self.evaluation.replications))
        for point, _ in self.evaluation.errors:
            finished[point] -= 1
        for name, values in self.evaluation.arrays.items():
            if values.ndim == 2:
                frame = pd.DataFrame(values)
                columns[name] = frame.mean(axis=1).to_numpy()
                columns[f"{name}_se"] = frame.sem(axis=1).to_numpy()
        settings = self._settings(pd.Series(range(points)))
        return pd.concat([settings, pd.DataFrame(columns), pd.DataFrame({"replications": finished})], axis=1)

    def summary(self) -> str:
        """Tell what came out, as text of at most 100 columns."""
        from custsim.experiment.words import sweep_in_words

        return sweep_in_words(self)

    @cached_property
    def data(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON; what is not a number is ``None``."""
        from custsim.experiment.words import sweep_as_data

        return sweep_as_data(self)

    def _settings(self, points: pd.Series[int]) -> pd.DataFrame:
        changes = self.evaluation.changes
        return pd.DataFrame({path: [changes[point][path] for point in points] for path in self.over})


def sweep(
    base: Scenario,
    over: Mapping[str, Iterable[Any]],
    *,
    design: Design = "grid",
    points: int | None = None,
    replications: int | Iterable[int] = 1,
    measures: Asked | Iterable[Asked] = ("profit", "customer_equity", "lifetime_value"),
    seed: int = 1,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = True,
) -> Sweep:
    """Run a scenario at many settings of some parameters; all points share their luck, replication by replication.

    Parameters
    ----------
    base
        The scenario that is changed.
    over
        Path -> values; for "latin" and "sobol" path -> (lowest, highest). Whole-number parameters get whole numbers.
    design
        "grid": every combination; "list": values side by side, all of one length; "latin": Latin hypercube; "sobol":
        scrambled Sobol sequence.
    points
        How many, for "latin" and "sobol" (a power of 2 for "sobol").
    replications, measures, seed, executor, jobs, store, progress
        As for :func:`custsim.experiment.evaluate.evaluate`. A sweep with a store goes on where it was stopped.

    Returns
    -------
    Sweep
        ``.table`` has one row a run, ``.means`` one a point. Settings that are not possible have their error there.

    Raises
    ------
    InputError
        If a path does not exist, none of its values is possible, or the design cannot be made.

    References
    ----------
    McKay, Beckman & Conover (1979) for Latin hypercubes; Sobol' (1967) and Owen (1998) for scrambled sequences.

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> sweep(small, {"complaints.staff": [1, 2]}, measures="complaint_desk", executor="serial").means.shape
    (2, 4)
    """
    settings = {path: list(plain(values) if not isinstance(values, str) else [values]) for path, values in over.items()}
    changes = design_points(base, settings, design=design, points=points, seed=seed)
    _refuse_hopeless(base, changes)
    with Store.open(store) if isinstance(store, str | Path) else nullcontext(store) as kept:
        result = evaluate(
            changes,
            measures,
            base=base,
            replications=replications,
            seed=seed,
            executor=executor,
            jobs=jobs,
            store=kept,
            progress=progress,
        )
        if all(one.series for one in result.measures):
            raise InputError("measures: a sweep needs at least one that is a number a run, such as profit")
        done = Sweep(base, settings, design, result)
        if kept is not None:
            found = {**about([base, *result.points], result.measures), "order": list(done.over)}
            kept.note("sweep", done.asked, finding=found, scenarios={done.asked["base"]: base})
    return done


def design_points(
    base: Scenario,
    over: Mapping[str, Sequence[Any]],
    *,
    design: Design = "grid",
    points: int | None = None,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """List the settings of a design, as changes of ``base``.

    Parameters
    ----------
    base, over, design, points, seed
        As for :func:`sweep`.

    Raises
    ------
    InputError
        If the design cannot be made.

    Examples
    --------
    >>> design_points(Scenario(), {"complaints.staff": [1, 2], "loyalty.offer_rate": [0.0, 0.1]})[1]
    {'complaints.staff': 1, 'loyalty.offer_rate': 0.1}
    """
    if not over:
        raise InputError("over: at least one parameter is needed, such as complaints.staff")
    empty = [path for path, values in over.items() if not len(values)]
    if empty:
        raise InputError([f"{path}: no values" for path in empty])
    if design not in DESIGNS:
        close = nearest(str(design), DESIGNS)
        hint = f"did you mean {close}?" if close else f"there are {', '.join(DESIGNS)}"
        raise InputError(f"design: no {design!r}; {hint}")
    if design in ("grid", "list") and points is not None:
        raise InputError(f"points: a {design} has as many as its values give; leave it out")
    if design == "grid":
        count = math.prod(len(values) for values in over.values())
        if count > _MOST_POINTS:
            raise InputError(f"over: {count:,} combinations; take fewer values, or design='latin' with points=")
        return [dict(zip(over, values, strict=True)) for values in itertools.product(*over.values())]
    if design == "list":
        lengths = {path: len(values) for path, values in over.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{path} has {length}" for path, length in lengths.items())
            raise InputError(f"over: a list needs as many values of each parameter; {found}")
        return [dict(zip(over, values, strict=True)) for values in zip(*over.values(), strict=True)]
    return _spread(base, over, design, points, seed)


def _spread(
    base: Scenario, over: Mapping[str, Sequence[Any]], design: str, points: int | None, seed: int
) -> list[dict[str, Any]]:
    """Spread points over ranges."""
    from scipy.stats import qmc

    problems = [f"{path}: {design} needs a range (lowest, highest), got {list(values)!r}"
                for path, values in over.items() if not _is_range(values)]  # fmt: skip
    if points is None or not 1 <= points <= _MOST_POINTS:
        problems.append(f"points: how many? {design} needs a number from 1 to {_MOST_POINTS:,}, got {points}")
    elif design == "sobol" and points & (points - 1):
        power = 1 << points.bit_length()
        problems.append(f"points: a Sobol sequence is even only at powers of 2; take {power // 2} or {power}")
    if problems or points is None:
        raise InputError(problems)
    # the design has luck of its own: the seed names it, but no run shares it
    rng = np.random.default_rng([seed, 0xDE51])
    sampler = qmc.LatinHypercube(len(over), rng=rng) if design == "latin" else qmc.Sobol(len(over), rng=rng)
    whole = {parameter.path for parameter in valued(base) if parameter.type == "whole number"}
    unit = sampler.random(points)
    columns = [_scaled(unit[:, place], values, path in whole) for place, (path, values) in enumerate(over.items())]
    return [dict(zip(over, values, strict=True)) for values in zip(*columns, strict=True)]


def _is_range(values: Sequence[Any]) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return len(values) == 2 and numbers and values[0] < values[1]


def _scaled(unit: Any, values: Sequence[Any], whole: bool) -> list[Any]:
    low, high = values
    if whole:
        # every whole number of the range is as likely, the first and the last too
        spread = np.floor(low + unit * (high - low + 1)).astype(int)
        return [int(value) for value in np.minimum(spread, int(high))]
    return [float(value) for value in low + unit * (high - low)]


def _refuse_hopeless(base: Scenario, changes: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a path of which no value is possible: it is misspelt, or its values are."""
    problems: list[str] = []
    for path in changes[0]:
        failure: InputError | None = None
        for value in {repr(change[path]): change[path] for change in changes}.values():
            try:
                base.change({path: value})
            except InputError as error:
                failure = failure or error
            else:
                failure = None
                break
        if failure is not None:
            problems += failure.problems
    if problems:
        raise InputError(problems)


def _specification(done: Sweep) -> dict[str, Any]:
    result = done.evaluation
    return {
        "base": scenario_hash(done.base),
        "over": {path: list(values) for path, values in done.over.items()},
        "design": done.design,
        "points": [None if point is None else scenario_hash(point) for point in result.points],
        "changes": [dict(change) for change in result.changes],
        "measures": [one.name for one in result.measures],
        "replications": list(result.replications),
        "seed": result.seed,
        "model": model_version(),
    }
