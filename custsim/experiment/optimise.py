"""``optimise``: the best levers under a budget, searched for by Optuna, chosen and tested again on fresh luck."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import math
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.distributions import Space
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.executors import Executor, executor_for
from custsim.experiment.identity import model_version, scenario_hash
from custsim.experiment.measures import Asked, Measure
from custsim.experiment.notes import about, records
from custsim.experiment.progress import Progress, shown
from custsim.experiment.store import Store
from custsim.experiment.uncertainty import possible, scalar_measures
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import valued

__all__ = ["Budget", "Optimum", "Retest", "optimise"]

Floats = NDArray[np.float64]

#: points beyond the budget that may be passed over one after the other
_PASSED_OVER = 300

#: what to do where nothing can be measured
_MORE_TO_MEASURE = "take a larger firm, a longer run or another measure"

#: share of a range within which a value lies at its end
_AT_AN_END = 0.01


@dataclass(frozen=True)
class Budget:
    """What may be spent.

    Attributes
    ----------
    of
        What it costs: a function of the scenario, known before a run (``lambda firm: 12 * firm.market.marketing``), or
        a measure of the run, by name ("marketing.first_year") or as a :class:`Measure`.
    most
        The most it may be, in the same unit.
    """

    of: str | Measure | Callable[[Scenario], float]
    most: float

    @property
    def name(self) -> str:
        """Name of the cost."""
        called = self.of if isinstance(self.of, str) else getattr(self.of, "name", getattr(self.of, "__name__", ""))
        return "the cost" if called in ("", "<lambda>") else str(called)

    @property
    def known(self) -> Callable[[Scenario], float] | None:
        """The cost as a function of the scenario, if it is one."""
        return None if isinstance(self.of, str | Measure) else self.of


class Retest(NamedTuple):
    """The winner against the base on luck that had no part in finding it.

    Attributes
    ----------
    best, base
        Means of the two.
    difference, low, high
        Mean paired difference with its interval.
    better
        Share of the replications in which the winner was better.
    cost, cost_low, cost_high
        What the winner cost, with its interval; not a number without a budget.
    replications
        How many.
    """

    best: float
    base: float
    difference: float
    low: float
    high: float
    better: float
    cost: float
    cost_low: float
    cost_high: float
    replications: int


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best levers that were found.

    Attributes
    ----------
    base, best
        Scenario before, and with the best levers.
    values
        Path -> best value; empty where nothing that was tried was better than the base.
    measure
        What was to be as large as possible.
    budget
        What may be spent; ``None`` without one.
    trials
        One row a point that was tried: trial, one column a lever, value (mean of the replications), cost, within (the
        budget), error.
    candidates
        The best of them and the base on more replications, the winner first: behind is the mean paired difference to
        the winner, with its interval; equal says that the interval holds 0.
    retest
        The winner against the base on fresh replications.
    confidence
        Of the intervals.
    asked
        What was asked, as plain data: everything the numbers depend on.
    """

    base: Scenario
    best: Scenario
    values: Mapping[str, float | int]
    measure: Measure
    budget: Budget | None
    trials: pd.DataFrame
    candidates: pd.DataFrame
    retest: Retest
    confidence: float
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def at_ends(self) -> dict[str, str]:
        """Levers whose best value lies at an end of the range that was searched, each with that range."""
        ranges = {path: ends[:2] for path, ends in self.asked.get("over", {}).items() if path in self.values}
        return {
            path: f"{low:g} to {high:g}"
            for path, (low, high) in ranges.items()
            if min(self.values[path] - low, high - self.values[path]) <= _AT_AN_END * (high - low)
        }

    @property
    def data(self) -> dict[str, Any]:
        """Everything as plain data, for JSON; what is not known is ``None``."""

        def rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
            return table.astype(object).where(table.notna(), None).to_dict("records")

        retest = {name: None if np.isnan(value) else value for name, value in self.retest._asdict().items()}
        return {
            "maximise": self.measure.name,
            "values": dict(self.values),
            "at_ends": self.at_ends,
            "budget": None if self.budget is None else {"cost": self.budget.name, "most": self.budget.most},
            "confidence": self.confidence,
            "retest": retest,
            "candidates": rows(self.candidates),
            "trials": rows(self.trials),
        }

    def summary(self) -> str:
        """Say in words what was found and how sure it is."""
        wide, retest = f"{100 * self.confidence:g} %", self.retest
        levers = ", ".join(f"{path} = {value:.6g}" for path, value in self.values.items())
        found = f"Best of {len(self.trials)} points tried: {levers}."
        lines = [found if levers else f"None of {len(self.trials)} points tried is better than the base."]
        if levers:
            lines.append(
                f"{self.measure.label} on {retest.replications} fresh replications: {_number(retest.best)} against "
                f"{_number(retest.base)} of the base, {_number(retest.difference)} more ({wide} interval "
                f"{_number(retest.low)} to {_number(retest.high)}), better in {100 * retest.better:.0f} % of them."
            )
            if retest.low <= 0.0 <= retest.high:
                lines.append("That is no proof that it is better: the interval holds 0.")
        lines += [
            f"{path} is at the end of its range, {ends}: nothing beyond was tried."
            for path, ends in self.at_ends.items()
        ]
        if self.budget is not None:
            lines.append(
                f"{self.budget.name} comes to {_number(retest.cost)}; at most {_number(self.budget.most)} may be spent."
            )
        equal = int(self.candidates["equal"].sum()) - 1
        if equal > 0:
            lines.append(f"{equal} other candidate{'s' if equal > 1 else ''} cannot be told from it; see candidates.")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def optimise(
    base: Scenario,
    maximise: Asked = "customer_equity",
    over: Mapping[str, Sequence[Any]] | None = None,
    budget: Budget | tuple[str | Measure | Callable[[Scenario], float], float] | None = None,
    *,
    trials: int = 60,
    replications: int = 4,
    finalists: int = 5,
    final_replications: int = 32,
    seed: int = 1,
    opening: Literal["same", "own"] = "same",
    confidence: float = 0.95,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    study: str | Path | None = None,
    progress: Progress = True,
) -> Optimum:
    """Search for the levers that make a measure largest without spending more than the budget.

    In three steps, each on luck of its own, so that no point wins by having been lucky: the search by Optuna's
    tree-structured Parzen estimator, which begins with the base, on ``replications`` runs a point; the choice among the
    best few and the base on ``final_replications`` others, with the same luck for all; and a test of the winner against
    the base on as many that are fresh. The same seed gives the same optimum, also after an interruption.

    Parameters
    ----------
    base
        The scenario.
    maximise
        A measure that is one number a run, by name or as a function of a run.
    over
        Path -> (low, high); (low, high, "int") for whole numbers where the parameter takes others, too.
    budget
        A :class:`Budget`, or (cost, most). Points beyond a cost that is known before a run are not run, and no trials.
    trials
        Points to run in all, those of an earlier time included. Where the levers are whole numbers with no more
        settings than that, all are tried, once each.
    replications
        Runs of each point in the search.
    finalists, final_replications
        How many of the best are looked at again, and on how many runs.
    seed
        Names the search and the luck.
    opening
        "same": the base's firm, whose levers change in month 0; "own": a firm that had always been so.
    confidence
        Of the intervals.
    executor, jobs, store, progress
        As for :func:`custsim.experiment.evaluate`.
    study
        SQLite file of the search, which goes on where it was; beside ``store`` (``runs.db`` -> ``runs.study.db``) if
        that is given, else none. A file may hold several questions.

    Raises
    ------
    InputError
        If a path or measure does not exist, a range reaches beyond bounds, nothing tried is within the budget, or the
        file of the study is damaged.
    EnvironmentFailure
        If Optuna is not installed.

    References
    ----------
    Akiba, T. et al. (2019), Optuna: a next-generation hyperparameter optimization framework, KDD. Watanabe, S. (2023),
    Tree-structured Parzen estimator, arXiv 2304.11127.

    Examples
    --------
    >>> small = Scenario().scaled(0.02).change({"time.months": 3, "time.warm_up_months": 1}, opening="own")
    >>> found = optimise(small, "profit", {"complaints.staff": (0, 3)}, trials=4, replications=1, finalists=2,
    ...     final_replications=2, executor="serial")
    >>> found.values
    {'complaints.staff': 0}
    """
    for name, number, least in (
        ("trials", trials, 1), ("replications", replications, 1), ("finalists", finalists, 1),
        ("final_replications", final_replications, 2),
    ):  # fmt: skip
        if number < least:
            raise InputError(f"{name}: must be at least {least}, got {number}")
    limit = _limit(budget)
    asked, costs = _asked(base, maximise, limit)
    space = _space(base, over or {})
    with (
        executor_for(executor, jobs) as place,
        Store.open(store) if isinstance(store, str | Path) else nullcontext(store) as kept_in,
    ):
        search = _Search(base, space, asked, costs, limit, opening, replications, seed, place, kept_in)
        with _study(_file(study, store), search.question()) as found:
            search.run(found, trials, progress)
            table = search.table(found)
        optimum = _chosen(search, table, finalists, final_replications, confidence)
        counts = {"trials": trials, "finalists": finalists, "final_replications": final_replications}
        optimum = replace(optimum, asked=search.specification() | counts | {"confidence": confidence})
        if kept_in is not None:
            firms = {optimum.asked["base"]: base, scenario_hash(optimum.best): optimum.best}
            kept_in.note("optimise", optimum.asked, finding=_finding(optimum), scenarios=firms)
    return optimum


def _finding(optimum: Optimum) -> dict[str, Any]:
    """What of an optimum does not follow from the runs that are kept: which points were tried, and chosen."""
    return {
        **about([optimum.base, optimum.best], [optimum.measure], "optuna"),
        "best": scenario_hash(optimum.best),
        "values": dict(optimum.values),
        "trials": records(optimum.trials),
        "candidates": records(optimum.candidates),
        "retest": optimum.retest._asdict(),
        "order": list(optimum.asked["over"]),
    }


def _limit(budget: Any) -> Budget | None:
    """Read a budget as it may be given."""
    if budget is None or isinstance(budget, Budget):
        return budget
    if isinstance(budget, str) or not isinstance(budget, Sequence) or len(budget) != 2:
        raise InputError(f'budget: give (cost, most), such as ("marketing.first_year", 120_000), got {budget!r}')
    return Budget(*budget)


def _asked(base: Scenario, maximise: Asked, limit: Budget | None) -> tuple[Measure, Measure | None]:
    """Find the measure to maximise, and the one of the cost if it is one."""
    asked = scalar_measures(maximise, base)
    if len(asked) != 1:
        raise InputError(f"maximise: must be one measure, got {len(asked)}")
    if limit is None:
        return asked[0], None
    if not np.isfinite(limit.most):
        raise InputError(f"budget: the most that may be spent must be a number, got {limit.most}")
    if isinstance(limit.of, str | Measure):
        return asked[0], scalar_measures(limit.of, base)[0]
    if not callable(limit.of):
        raise InputError(f"budget: its cost must be a measure or a function of a scenario, got {limit.of!r}")
    return asked[0], None


def _space(base: Scenario, over: Mapping[str, Sequence[Any]]) -> Space:
    """Check the ranges of the levers; "int" makes a number whole."""
    problems = [f"{path}: give (low, high) or (low, high, 'int'), got {ends!r}" for path, ends in over.items()
                if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) not in (2, 3)
                or (len(ends) == 3 and ends[2] != "int")]  # fmt: skip
    if problems:
        raise InputError(problems)
    space = Space.of(base, {path: tuple(ends[:2]) for path, ends in over.items()})
    whole = tuple(was or len(ends) == 3 for was, ends in zip(space.whole, over.values(), strict=True))
    for path, one, must in zip(space.paths, space.distributions, whole, strict=True):
        if must and not all(float(end).is_integer() for end in one.support):
            raise InputError(f"{path}: is to be a whole number, so its range must be, too; got {one}")
    return Space(space.base, space.paths, space.distributions, whole)


class _Search:
    """The search under way: what a point is, what it is worth, what it costs."""

    def __init__(
        self,
        base: Scenario,
        space: Space,
        measure: Measure,
        cost: Measure | None,
        budget: Budget | None,
        opening: str,
        replications: int,
        seed: int,
        executor: Executor,
        store: Store | None,
    ) -> None:
        self.base, self.space, self.measure, self.cost, self.budget = base, space, measure, cost, budget
        self.opening, self.replications, self.seed = opening, replications, seed
        self.executor, self.store = executor, store

    def question(self) -> str:
        """Name the search by everything that its course depends on."""
        cost = self.budget and (self.budget.of if isinstance(self.budget.of, str) else self._cost_identity())
        parts = (
            scenario_hash(self.base), model_version(), self.measure.identity, self.space.paths, self.space.whole,
            [one.support for one in self.space.distributions], cost, self.budget and self.budget.most,
            self.opening, self.replications, self.seed,
        )  # fmt: skip
        return f"custsim-{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"

    def specification(self) -> dict[str, Any]:
        """Return the question as plain data."""
        spaces = zip(self.space.paths, self.space.distributions, self.space.whole, strict=True)
        return {
            "base": scenario_hash(self.base),
            "maximise": self.measure.name,
            "over": {path: [*one.support, "int"] if whole else [*one.support] for path, one, whole in spaces},
            "budget": None if self.budget is None else {"cost": self.budget.name, "most": self.budget.most},
            "opening": self.opening,
            "replications": self.replications,
            "seed": self.seed,
            "model": model_version(),
        }

    def _cost_identity(self) -> str:
        if self.cost is not None:
            return self.cost.identity
        of: Any = self.budget.of if self.budget else None
        return Measure(getattr(of, "__name__", type(of).__name__), "", "", of).identity

    def scenario(self, change: Mapping[str, Any]) -> Scenario:
        """Make the scenario of a point."""
        made = possible(self.base, [change], self.opening)[0]
        return made if isinstance(made, Scenario) else self.base.change(change)

    def evaluate(self, points: Sequence[Mapping[str, Any]], numbers: range) -> Evaluation:
        """Run points in some replications."""
        measures = [self.measure] if self.cost is None else [self.measure, self.cost]
        return evaluate(
            possible(self.base, points, self.opening), measures, replications=numbers, seed=self.seed, base=self.base,
            executor=self.executor, store=self.store, progress=False,
        )  # fmt: skip

    def known_cost(self, change: Mapping[str, Any]) -> float:
        """Return the cost of a point that is known before a run; not a number if there is none."""
        of = self.budget.known if self.budget is not None else None
        return float("nan") if of is None else float(of(self.scenario(change)))

    def run(self, study: Any, trials: int, progress: Progress) -> None:
        """Try points until there are as many as asked for, those of an earlier time included."""
        optuna = _optuna()
        # what was under way when an earlier search was stopped is not known: it is asked for again
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        waiting = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
        if not _counted(study) and not waiting:
            study.enqueue_trial(self._start())
        if self._few(trials):
            self._try_all(study, progress)
            return
        passed = 0
        with shown(progress, trials, "trials") as tell:
            while (done := sum("passed" not in trial.user_attrs for trial in _counted(study))) < trials:
                tell(done)
                passed = passed + 1 if self._try(study) else 0
                if passed > _PASSED_OVER:
                    raise InputError(
                        f"budget: {passed} points in a row cost more than {self.budget.most if self.budget else 0:g}; "
                        "narrow the ranges of the levers or raise the budget"
                    )
            tell(done)

    def _few(self, most: int) -> bool:
        """Tell whether the levers, all whole numbers, have no more settings than ``most``."""
        return all(self.space.whole) and math.prod(len(values) for values in self._values()) <= most

    def _values(self) -> list[range]:
        """All values of levers that are whole numbers."""
        ends = [one.support for one in self.space.distributions]
        return [range(int(low), int(high) + 1) for low, high in ends]

    def _try_all(self, study: Any, progress: Progress) -> None:
        """Try every setting once: a search would meet some again and others never."""
        waiting = (_optuna().trial.TrialState.WAITING,)
        known = [trial.params for trial in _counted(study)]
        known += [trial.system_attrs["fixed_params"] for trial in study.get_trials(deepcopy=False, states=waiting)]
        settings = [dict(zip(self.space.paths, values, strict=True)) for values in itertools.product(*self._values())]
        for setting in settings:
            if setting not in known:
                study.enqueue_trial(setting)
        with shown(progress, len(settings), "trials") as tell:
            while left := len(study.get_trials(deepcopy=False, states=waiting)):
                tell(len(settings) - left)
                self._try(study)
            tell(len(settings))
        if all("passed" in trial.user_attrs for trial in _counted(study)):
            least = min(trial.user_attrs["cost"] for trial in _counted(study))
            most = self.budget.most if self.budget else 0.0
            raise InputError(
                f"budget: none of the {len(settings)} settings costs at most {most:g}; "
                f"the cheapest costs {least:g}; raise it or widen the ranges"
            )

    def _start(self) -> dict[str, Any]:
        """Return the levers of the base, moved into the ranges where they lie outside."""
        now = {parameter.path: parameter.value for parameter in valued(self.base)}
        ends = np.array([one.support for one in self.space.distributions])
        inside = np.clip([float(now[path]) for path in self.space.paths], ends[:, 0], ends[:, 1])
        return self.space.named(np.where(self.space.whole, np.rint(inside), inside)[None, :])[0]

    def _try(self, study: Any) -> bool:
        """Try one point; whether it was passed over because it costs too much."""
        optuna = _optuna()
        study.sampler = self._sampler(len(_counted(study)))
        trial = study.ask(self._distributions())
        change = self.space.named(np.array([[trial.params[path] for path in self.space.paths]]))[0]
        most = np.inf if self.budget is None else self.budget.most
        try:
            cost = self.known_cost(change)
            if cost > most:
                trial.set_user_attr("passed", True)
                self._note(trial, cost, cost - most)
                study.tell(trial, 0.0)
                return True
            results = self.evaluate([change], range(self.replications)).raise_errors()
        except InputError as error:
            trial.set_user_attr("error", str(error))
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return False
        value = float(results.values(self.measure.name).mean())
        if self.cost is not None:
            cost = float(results.values(self.cost.name).mean())
        if not np.isfinite(value) or (self.cost is not None and not np.isfinite(cost)):
            nothing = self.measure if self.cost is None or not np.isfinite(value) else self.cost
            trial.set_user_attr("error", f"{nothing.name}: has no result")
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return False
        self._note(trial, cost, cost - most if self.budget else 0.0)
        study.tell(trial, value)
        return False

    def _note(self, trial: Any, cost: float, excess: float) -> None:
        """Note what a point costs, and tell the sampler by how much it is beyond the budget."""
        trial.set_user_attr("excess", excess)
        if self.budget is not None:
            trial.set_user_attr("cost", cost)
            trial.set_constraint("budget", excess)

    def _sampler(self, number: int) -> Any:
        """Make a sampler whose luck depends on the number of the trial only, so that a resumed search goes on alike."""
        optuna = _optuna()
        (luck,) = np.random.SeedSequence([self.seed, number]).generate_state(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.TPESampler(
                seed=int(luck),
                multivariate=True,
                constant_liar=False,
            )

    def _distributions(self) -> dict[str, Any]:
        optuna = _optuna()
        return {
            path: optuna.distributions.IntDistribution(*(int(end) for end in one.support))
            if whole
            else optuna.distributions.FloatDistribution(*one.support)
            for path, one, whole in zip(self.space.paths, self.space.distributions, self.space.whole, strict=True)
        }

    def table(self, study: Any) -> pd.DataFrame:
        """One row a point that was tried; those that were passed over are not."""
        rows = []
        for trial in _counted(study):
            if "passed" in trial.user_attrs:
                continue
            error = trial.user_attrs.get("error", "")
            change = {path: trial.params[path] for path in self.space.paths}
            rows.append(
                {
                    "trial": trial.number, **change, "value": float("nan") if error else trial.value,
                    "cost": trial.user_attrs.get("cost", float("nan")),
                    "within": not error and trial.user_attrs["excess"] <= 0.0, "error": error,
                }
            )  # fmt: skip
        return pd.DataFrame(rows)


def _counted(study: Any) -> list[Any]:
    """List the trials that came to an end: with a value, passed over, or with an error of their own."""
    complete = _optuna().trial.TrialState.COMPLETE
    return [
        trial for trial in study.get_trials(deepcopy=False) if trial.state == complete or "error" in trial.user_attrs
    ]


def _chosen(search: _Search, table: pd.DataFrame, finalists: int, runs: int, confidence: float) -> Optimum:
    """Choose among the best few and the base on luck of their own, and test the winner on fresh luck."""
    paths = list(search.space.paths)
    if (table["error"] != "").all():
        raise InputError(f"{table['error'].iloc[0]} at any of the {len(table)} points tried; {_MORE_TO_MEASURE}")
    tried = table[table["within"]].drop_duplicates(paths).sort_values("value", ascending=False, kind="stable")
    every = ({path: row[path] for path in paths} for row in tried.to_dict("records"))
    # the base is looked at again anyway, and to find it is to find nothing better
    others = (point for point in every if scenario_hash(search.scenario(point)) != scenario_hash(search.base))
    points: list[dict[str, Any]] = list(itertools.islice(others, finalists))
    first = search.replications
    points.append({})
    again = search.evaluate(points, range(first, first + runs)).raise_errors()
    cost = _costs(search, again, points)
    most = np.inf if search.budget is None else search.budget.most
    # without a budget a cost is not a number, and within
    within = ~(cost.mean(axis=1) > most)
    if not within.any():
        least = f"; the least that was tried costs {table['cost'].min():g}" if table["cost"].notna().any() else ""
        raise InputError(f"budget: nothing that was tried stays within {most:g}{least}; raise it or widen the ranges")
    values = again.values(search.measure.name)
    measured: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    if not measured[-1]:
        raise InputError(f"{search.measure.name}: has no result for the firm as it is; {_MORE_TO_MEASURE}")
    within = within & measured
    winner = int(np.argmax(np.where(within, values.mean(axis=1), -np.inf)))
    best = points[winner]
    fresh = search.evaluate([best, {}], range(first + runs, first + 2 * runs)).raise_errors()
    return Optimum(
        base=search.base,
        best=search.scenario(best) if best else search.base,
        values=best,
        measure=search.measure,
        budget=search.budget,
        trials=table,
        candidates=_candidates(points, values, cost, within, winner, paths, search.base, confidence),
        retest=_retested(fresh.values(search.measure.name), _costs(search, fresh, [best, {}])[0], confidence),
        confidence=confidence,
    )


def _costs(search: _Search, results: Evaluation, points: Sequence[Mapping[str, Any]]) -> Floats:
    """Costs of points, of shape (points, replications)."""
    if search.cost is not None:
        return results.values(search.cost.name)
    known = np.array([search.known_cost(point) for point in points])
    return np.repeat(known[:, None], len(results.replications), axis=1)


def _candidates(
    points: Sequence[Mapping[str, Any]], values: Floats, cost: Floats, within: NDArray[np.bool_], winner: int,
    paths: Sequence[str], base: Scenario, confidence: float,
) -> pd.DataFrame:  # fmt: skip
    now = {parameter.path: parameter.value for parameter in valued(base)}
    rows = []
    for number, point in enumerate(points):
        behind, low, high = _interval(values[winner] - values[number], confidence)
        rows.append(
            {
                **{path: point.get(path, now[path]) for path in paths}, "base": not point,
                "mean": values[number].mean(), "behind": behind, "behind_low": low, "behind_high": high,
                "equal": bool(within[number]) and low <= 0.0 <= high,
                "cost": cost[number].mean(), "within": bool(within[number]), "winner": number == winner,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).sort_values(["winner", "within", "mean"], ascending=False, ignore_index=True)


def _retested(values: Floats, cost: Floats, confidence: float) -> Retest:
    gain = values[0] - values[1]
    return Retest(
        float(values[0].mean()), float(values[1].mean()), *_interval(gain, confidence), float((gain > 0).mean()),
        *_interval(cost, confidence), len(gain),
    )  # fmt: skip


def _interval(sample: Floats, confidence: float) -> tuple[float, float, float]:
    """Mean of a sample with Student's interval."""
    from scipy.stats import t

    mean = float(sample.mean())
    reach = float(t.ppf((1 + confidence) / 2, sample.size - 1) * sample.std(ddof=1) / np.sqrt(sample.size))
    return mean, mean - reach, mean + reach


# --- Optuna -----------------------------------------------------------------------------------------------------


def _optuna() -> Any:
    try:
        return importlib.import_module("optuna")
    except ImportError as error:
        raise EnvironmentFailure(
            f'optimise needs the package optuna ({error}); install it with: pip install "custsim[experiments]"'
        ) from None


def _file(study: str | Path | None, store: Store | str | Path | None) -> Path | None:
    if study is not None:
        return Path(study)
    beside = store.path if isinstance(store, Store) else store
    return None if beside is None else Path(beside).with_suffix(".study.db")


@contextmanager
def _study(file: Path | None, name: str) -> Iterator[Any]:
    """Open the study of a question, in its file or in memory."""
    optuna = _optuna()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        if file is not None:
            _refuse_foreign(file)
            storage = optuna.storages.RDBStorage(f"sqlite:///{file.resolve()}")
        yield optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)
    finally:
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()
        optuna.logging.set_verbosity(before)


def _refuse_foreign(file: Path) -> None:
    """Refuse a file that is damaged or holds something else; it stays as it is."""
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}; make it first")
    if not file.exists() or file.stat().st_size == 0:
        return
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            sound = connection.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise InputError(f"{file}: is damaged or no SQLite file ({error}); take another for the study") from None
    if sound != "ok":
        raise InputError(f"{file}: is damaged ({sound}); take another for the study")
    if tables and "studies" not in tables:
        raise InputError(f"{file}: holds no study but something else; take another file for the study")
