"""Experiments told again from what a store holds: nothing is run, and nothing depends on the model of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from custsim.errors import CustsimError, InputError
from custsim.experiment.compare import ACCOUNTS, Comparison
from custsim.experiment.distributions import distribution
from custsim.experiment.evaluate import Evaluation
from custsim.experiment.identity import run_key, scenario_hash
from custsim.experiment.measures import Measure, resolve
from custsim.experiment.notes import frame
from custsim.experiment.optimise import Budget, Optimum, Retest
from custsim.experiment.sensitivity import Sensitivity
from custsim.experiment.store import Kept, Store
from custsim.experiment.sweep import Sweep
from custsim.scenario.model import Scenario
from custsim.simulation.results import Run

__all__ = ["Result", "kept_experiment"]

Floats = NDArray[np.float64]
Result: TypeAlias = "Comparison | Sweep | Sensitivity | Optimum"


def kept_experiment(store: Store, entry: Mapping[str, Any]) -> Result:
    """Put an experiment together again from the runs that a store holds.

    Parameters
    ----------
    store
        A file of results, see :meth:`custsim.experiment.store.Store.read`.
    entry
        One of its :meth:`~custsim.experiment.store.Store.experiments`.

    Returns
    -------
    Comparison, Sweep, Sensitivity or Optimum
        As the function returned it that was asked. Runs that are no longer there count as failed.

    Raises
    ------
    InputError
        If the kind is not known, the entry is damaged, or nothing of it is left.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from custsim.experiment import compare
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> file = Path(tempfile.mkdtemp()) / "results.db"
    >>> made = compare(small, {"complaints.staff": 2}, replications=2, store=file, executor="serial")
    >>> with Store.read(file) as store:
    ...     told = kept_experiment(store, store.experiments()[0])
    >>> told.summary() == made.summary()
    True
    """
    kind = entry["kind"]
    if kind not in _KINDS:
        raise InputError(
            f"{store.path}: experiment {entry['number']} is of the kind {kind!r}, which this custsim does not know; "
            f"it knows {', '.join(_KINDS)}"
        )
    try:
        return _KINDS[kind](_Notes(store, entry))
    except CustsimError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(
            f"{store.path}: experiment {entry['number']} ({kind}) is damaged: {type(error).__name__} {error}"
        ) from error


class _Notes:
    """An entry of a store, and how to read it."""

    def __init__(self, store: Store, entry: Mapping[str, Any]) -> None:
        self.store, self.number = store, int(entry["number"])
        self.asked: dict[str, Any] = dict(entry["specification"])
        self.found: dict[str, Any] = dict(entry["finding"])
        if "over" in self.asked:  # a design depends on the order of its parameters, and JSON in a store is sorted
            over = self.asked["over"]
            self.asked["over"] = {path: over[path] for path in self.found.get("order", over)}

    def scenario(self, name: str) -> Scenario:
        """Return a scenario with the labels it had in this experiment."""
        scenario = self.store.scenario(name)
        known: dict[str, dict[str, str]] = self.found.get("labels", {})
        labels = known.get(name, next(iter(known.values()), {}))
        return scenario.model_copy(update=labels) if labels else scenario

    def base(self) -> Scenario:
        """Return the scenario that was changed; in a store of an earlier custsim it may be but a point's opening."""
        name = self.asked["base"]
        try:
            return self.scenario(name)
        except InputError:
            first = next(point for point in self.asked["points"] if point is not None)
            found = self.store.scenario(first).opening
            if scenario_hash(found) != name:
                raise
            return found

    def measures(self, names: Sequence[str]) -> dict[Measure, str]:
        """Return what was measured, with the names that results are kept under."""
        if "measured" in self.found:
            return {_named(one): one["identity"] for one in self.found["measured"]}
        return {resolve(name): name for name in names}

    def evaluation(self, measures: Mapping[Measure, str]) -> Evaluation:
        """Put all runs of the experiment together."""
        asked = self.asked["replications"]
        numbers = tuple(range(asked)) if isinstance(asked, int) else tuple(int(number) for number in asked)
        hashes: list[str | None] = self.asked["points"]
        seed, model = int(self.asked["seed"]), self.asked["model"]
        keys = {
            (point, number): run_key(name, seed, number, model)
            for point, name in enumerate(hashes)
            if name is not None
            for number in numbers
        }
        found = self.store.get(list(dict.fromkeys(keys.values())), list(measures.values()))
        if not found:
            raise InputError(
                f"{self.store.path}: experiment {self.number}: none of its {len(keys)} runs is in the file"
            )
        changes = self.asked.get("changes") or [{} for _ in hashes]
        errors = self._impossible(hashes, numbers, changes)
        errors |= {place: found[key].error if key in found else "the run was not kept" for place, key in keys.items()
                   if key not in found or found[key].error}  # fmt: skip
        column = {number: at for at, number in enumerate(numbers)}
        runs = {(point, column[number]): found[key] for (point, number), key in keys.items() if key in found}
        return Evaluation(
            points=tuple(None if name is None else self.scenario(name) for name in hashes),
            changes=tuple(changes),
            measures=tuple(measures),
            replications=numbers,
            seed=seed,
            arrays={one.name: _array(name, runs, (len(hashes), len(numbers))) for one, name in measures.items()},
            errors=dict(sorted(errors.items())),
            kept=len(found),
        )

    def _impossible(
        self, hashes: Sequence[str | None], numbers: Sequence[int], changes: Sequence[Mapping[str, Any]]
    ) -> dict[tuple[int, int], str]:
        """Say again what was wrong with the points that could not be made."""
        errors: dict[tuple[int, int], str] = {}
        for point, name in enumerate(hashes):
            if name is None:
                try:
                    self.base().change(changes[point])
                    problem = "was not possible"
                except InputError as error:
                    problem = str(error)
                errors |= {(point, number): problem for number in numbers}
        return errors


def _array(identity: str, runs: Mapping[tuple[int, int], Kept], shape: tuple[int, int]) -> Floats:
    """Values of a measure; runs that failed, and the months after the end of the shorter ones, are not a number."""
    values = {place: np.asarray(kept.measured[identity]) for place, kept in runs.items() if identity in kept.measured}
    months = max((value.shape for value in values.values()), default=())
    array = np.full((*shape, *months), np.nan)
    for (point, column), value in values.items():
        if months:
            array[point, column, : value.size] = value
        else:
            array[point, column] = value
    return array


def _named(kept: Mapping[str, Any]) -> Measure:
    """Make a measure that knows its labels; what it was measured by is not kept."""

    def of(run: Run) -> float:
        raise InputError(f"{kept['name']}: how it was measured is not kept in a store; ask for it by its name again")

    return Measure(kept["name"], kept["label"], kept["unit"], of, kept["better"], bool(kept["series"]))


# --- by kind ----------------------------------------------------------------------------------------------------


def _comparison(notes: _Notes) -> Comparison:
    asked = notes.asked
    measures = notes.measures(list(dict.fromkeys([*asked["measures"], *ACCOUNTS])))
    evaluation = notes.evaluation(measures)
    compared = set(asked["measures"])
    return Comparison(
        names=tuple(asked["names"]),
        evaluation=evaluation,
        measures=tuple(one for one in measures if one.name in compared),
        confidence=asked["confidence"],
        precision=asked["precision"],
        pilot=asked["pilot"],
        wanted=notes.found.get("wanted"),
    )


def _sweep(notes: _Notes) -> Sweep:
    evaluation = notes.evaluation(notes.measures(notes.asked["measures"]))
    return Sweep(notes.base(), notes.asked["over"], notes.asked["design"], evaluation)


def _sensitivity(notes: _Notes) -> Sensitivity:
    asked, measures = notes.asked, notes.measures(notes.asked["measures"])
    return Sensitivity(
        method=asked["method"],
        over={path: distribution(text) for path, text in asked["over"].items()},
        table=frame(notes.found["table"]),
        labels={one.name: one.label for one in measures},
        units={one.name: one.unit for one in measures},
        design=frame(notes.found["design"]).rename_axis("point"),
        confidence=asked["confidence"],
        replications=asked["replications"],
        evaluation=notes.evaluation(measures),
        base=notes.base(),
        asked=asked,
    )


def _optimum(notes: _Notes) -> Optimum:
    asked, found = notes.asked, notes.found
    (measure,) = notes.measures(())
    budget = asked["budget"]
    return Optimum(
        base=notes.base(),
        best=notes.scenario(found["best"]),
        values={path: found["values"][path] for path in asked["over"] if path in found["values"]},
        measure=measure,
        budget=None if budget is None else Budget(budget["cost"], budget["most"]),
        trials=frame(found["trials"]),
        candidates=frame(found["candidates"]),
        retest=Retest(**found["retest"]),
        confidence=asked["confidence"],
        asked=asked,
    )


_KINDS: dict[str, Callable[[_Notes], Result]] = {
    "compare": _comparison,
    "sweep": _sweep,
    "sensitivity": _sensitivity,
    "optimise": _optimum,
}
