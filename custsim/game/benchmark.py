"""The benchmark: the best plan a search found for the same firm, levers and budget.

The search holds one plan for all years, cut evenly where a year's budget does not allow it, and looks for the largest
profit. It begins with the plans of the house rivals and goes on with Optuna's tree-structured Parzen estimator. Search,
choice and test each have luck of their own, none of it the game's, so what it finds is not tuned to the luck of the
room. It is the best that was *found*: a team that changes its plan over the years may do better.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.interval import mean_interval
from custsim.game.firm import Firm
from custsim.game.levers import Plan
from custsim.game.memory import Findings, Memory, digest, identity
from custsim.game.play import lived, played
from custsim.game.rivals import wishes

__all__ = ["Benchmark", "Fresh", "Stopped", "find_benchmark", "on_fresh_luck"]

#: what the benchmark is called beside the teams
NAME = "Best found"

#: what the three steps' luck is derived from, each its own
_SEARCH, _CHOICE, _TEST = (100, 10_000, 20_000)


class Stopped(Exception):
    """The search was asked to stop."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Five years' profit on luck that nobody has seen: the mean of some replications and its 95 % interval."""

    mean: float
    low: float
    high: float
    replications: int


@dataclass(frozen=True)
class Benchmark:
    """What the search found.

    Attributes
    ----------
    plan
        The best plan found, before it is cut to a year's budget.
    plans
        As it was followed in the game's luck, year by year.
    trials
        Plans that were tried.
    fresh
        Profit of the whole game on fresh luck.
    rivals
        The same of each house rival.
    """

    plan: Mapping[str, float | int]
    plans: Sequence[Mapping[str, float | int]]
    trials: int
    fresh: Fresh
    rivals: Mapping[str, Fresh]

    def words(self, currency: str = "EUR") -> str:
        """Say what it is, and what it is not."""
        best = max(self.rivals, key=lambda name: self.rivals[name].mean)
        told = (
            f"Best found among {self.trials} plans that stay the same for all years: "
            f"{self.fresh.mean / 1e6:.2f} million {currency} on luck that played no part in the search "
            f"(mean of {self.fresh.replications} markets, 95 % interval {self.fresh.low / 1e6:.2f} to "
            f"{self.fresh.high / 1e6:.2f}). It is not the best possible: a team that changes its plan in time may do "
            "better."
        )
        if self.fresh.mean < self.rivals[best].mean:
            told += f" On that luck {best.lower()} did better ({self.rivals[best].mean / 1e6:.2f} million)."
        return told

    @property
    def data(self) -> dict[str, Any]:
        """Everything as plain data."""

        def fresh(one: Fresh) -> list[float]:
            return [one.mean, one.low, one.high, one.replications]

        return {
            "plan": dict(self.plan),
            "plans": [dict(plan) for plan in self.plans],
            "trials": self.trials,
            "fresh": fresh(self.fresh),
            "rivals": {name: fresh(one) for name, one in self.rivals.items()},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Benchmark:
        """Read it back from plain data."""
        rivals = {name: Fresh(*one) for name, one in data["rivals"].items()}
        return cls(data["plan"], data["plans"], int(data["trials"]), Fresh(*data["fresh"]), rivals)


def find_benchmark(
    firm: Firm,
    *,
    trials: int = 60,
    replications: int = 2,
    finalists: int = 4,
    final_replications: int = 6,
    test_replications: int = 12,
    memory: Findings | None = None,
    progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Benchmark:
    """Search for the plan with the largest profit over the whole game.

    Parameters
    ----------
    firm
        The firm of the game.
    trials
        Plans to try, those of the house rivals included.
    replications
        Markets each is tried in.
    finalists, final_replications
        How many of the best are looked at again, and in how many other markets.
    test_replications
        Markets in which the winner and the house rivals are tested, none used before.
    memory
        Where trials are kept (:class:`Memory`, or the game's file), so that a search that was stopped goes on.
    progress
        Called with the number of trials done.
    stopped
        Asked before each trial whether to stop.

    Raises
    ------
    InputError
        If a number is below 1.
    EnvironmentFailure
        If Optuna is not installed.
    Stopped
        If it was asked to stop.
    """
    numbers = {"trials": trials, "replications": replications, "finalists": finalists,
               "final_replications": final_replications, "test_replications": test_replications}  # fmt: skip
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name}: must be at least 1, got {number}")
    kept: Findings = Memory() if memory is None else memory
    name = f"benchmark {_question(firm, numbers)}"
    found = kept.finding(name)
    if found is None:
        known = _Known(firm, kept, name, stopped)
        tried = _tried(firm, known, trials, replications, progress)
        tried.sort(key=lambda one: -one[1])
        best = max(
            (plan for plan, _ in tried[:finalists]), key=lambda plan: known.mean(plan, _CHOICE, final_replications)
        )
        found = Benchmark(
            plan=best,
            plans=played(firm, lambda desk: best)[0],
            trials=len(tried),
            fresh=known.fresh(best, test_replications),
            rivals={rival: known.fresh(wish, test_replications) for rival, wish in wishes(firm).items()},
        ).data
        kept.keep_finding(name, found)
    return Benchmark.of(found)


def on_fresh_luck(firm: Firm, plans: Sequence[Plan], replications: int = 8) -> Fresh:
    """Play the same decisions once more in markets that nobody has seen.

    Parameters
    ----------
    firm
        The firm of the game.
    plans
        Decisions of each year, as they were made.
    replications
        How many markets.
    """
    runs = [lived(firm, plans, replication=_TEST + number) for number in range(replications)]
    return _summed([float(run.monthly["profit"].iloc[12:].sum()) for run in runs])


class _Known:
    """Profit of a plan in a market, computed once and kept."""

    def __init__(self, firm: Firm, memory: Findings, name: str, stopped: Callable[[], bool]) -> None:
        self.firm, self.memory, self.name, self.stopped = firm, memory, name, stopped

    def profits(self, plan: Plan, first: int, replications: int) -> list[float]:
        """Profit over the whole game in some markets."""
        name = f"{self.name} {digest([dict(plan), first, replications])}"
        found = self.memory.finding(name)
        if found is None:
            found = []
            for number in range(replications):
                if self.stopped():
                    raise Stopped
                _, run = played(self.firm, lambda desk: plan, replication=first + number)
                found.append(float(run.monthly["profit"].iloc[12:].sum()))
            self.memory.keep_finding(name, found)
        return list(found)

    def mean(self, plan: Plan, first: int, replications: int) -> float:
        """Mean profit over the whole game."""
        return float(np.mean(self.profits(plan, first, replications)))

    def fresh(self, plan: Plan, replications: int) -> Fresh:
        """Mean profit and its interval on luck of the test."""
        return _summed(self.profits(plan, _TEST, replications))


def _summed(profits: Sequence[float]) -> Fresh:
    mean, low, high = (float(one) for one in mean_interval(np.asarray(profits)))
    return Fresh(mean, mean if np.isnan(low) else low, mean if np.isnan(high) else high, len(profits))


def _tried(
    firm: Firm, known: _Known, trials: int, replications: int, progress: Callable[[int], None] | None
) -> list[tuple[dict[str, float | int], float]]:
    """Try plans: first those of the house rivals, then what the sampler proposes."""
    try:
        optuna: Any = importlib.import_module("optuna")
    except ImportError as error:
        raise EnvironmentFailure(
            f'the benchmark needs the package optuna ({error}); install it with: pip install "custsim[experiments]"'
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(seed=firm.seed % 2**31, multivariate=True, n_startup_trials=12)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for wish in wishes(firm).values():
        study.enqueue_trial(dict(wish))
    tried: list[tuple[dict[str, float | int], float]] = []
    for number in range(trials):
        trial = study.ask()
        plan = {lever.path: _suggested(trial, lever) for lever in firm.levers}
        value = known.mean(plan, _SEARCH, replications)
        study.tell(trial, value)
        tried.append((plan, value))
        if progress is not None:
            progress(number + 1)
    return tried


def _suggested(trial: Any, lever: Any) -> float | int:
    if lever.whole:
        return int(trial.suggest_int(lever.path, int(lever.low), int(lever.high)))
    return float(round(trial.suggest_float(lever.path, lever.low, lever.high, step=lever.step), 9))


def _question(firm: Firm, numbers: Mapping[str, int]) -> str:
    """Name a search by everything that its result depends on."""
    return digest([identity(firm), numbers])
