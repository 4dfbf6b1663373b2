"""``compare``: two or more scenarios in the same luck, replication by replication, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from custsim.errors import InputError
from custsim.experiment.evaluate import Evaluation, Point, evaluate
from custsim.experiment.executors import Executor, executor_for
from custsim.experiment.identity import differences, model_version, scenario_hash
from custsim.experiment.investment import Investment, invested
from custsim.experiment.measures import Asked, Measure, resolve_all
from custsim.experiment.notes import about
from custsim.experiment.paired import paired, ratio, stein_replications
from custsim.experiment.progress import Progress
from custsim.experiment.store import Store
from custsim.scenario.model import Scenario
from custsim.simulation.engine import monthly_rate

__all__ = ["ACCOUNTS", "MEASURES", "PILOT", "Comparison", "compare", "differences"]

#: what is compared if nothing is asked for
MEASURES = (
    "profit",
    "net_present_value",
    "customer_equity",
    "lifetime_value",
    "retention",
    "satisfaction",
    "response_days",
    "referral_share",
)

#: replications from which the number for a wanted precision is found
PILOT = 30

#: replications if neither their number nor a precision is given
_USUAL = 30

#: more than this are not made for a precision unless allowed
_MOST = 10_000

#: what an investment is seen from
ACCOUNTS = ("monthly:profit", "monthly:contribution", "customer_equity")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Alternatives against a base, over paired replications.

    Attributes
    ----------
    names
        Names of the base and of the alternatives.
    evaluation
        All runs; point 0 is the base.
    measures
        What was asked for.
    confidence
        Confidence of each interval by itself.
    precision
        Half widths that were asked for, by measure.
    pilot
        Replications from which the number of them was found; ``None`` if the number was given.
    wanted
        Replications the precision takes; above those that were made if there was a limit.
    """

    names: tuple[str, ...]
    evaluation: Evaluation
    measures: tuple[Measure, ...]
    confidence: float
    precision: Mapping[str, float]
    pilot: int | None = None
    wanted: int | None = None

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What was asked, as plain data: everything the numbers depend on."""
        return _specification(self)

    @property
    def base(self) -> Scenario:
        """The scenario that the others are compared with."""
        return self.scenarios[0]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The base and the alternatives."""
        return tuple(scenario for scenario in self.evaluation.points if scenario is not None)

    @property
    def replications(self) -> int:
        """Paired replications."""
        return len(self.evaluation.replications)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an alternative and measure.

        Columns: ``scenario``, ``measure``, ``label``, ``unit``; ``base`` and ``mean``; ``difference`` with ``low`` and
        ``high``; ``relative`` with ``relative_low`` and ``relative_high`` (of the base; not a number where that may be
        0); ``probability_better`` (confidence that the mean is better) and ``better_in`` (share of replications);
        ``variance_ratio`` (what pairing gained); ``replications``.
        """
        rows = [
            self._row(point, one)
            for point in range(1, len(self.names))
            for one in self.measures
            if self.evaluation.values(one.name).ndim == 2
        ]
        return pd.DataFrame(rows)

    def over_time(self, measure: str = "monthly:profit") -> pd.DataFrame:
        """A series month by month: scenario, month, base, mean, difference, low, high (each month by itself).

        Parameters
        ----------
        measure
            Name of a series, such as ``monthly:satisfaction``; it must have been asked for (``monthly:profit`` and
            ``monthly:contribution`` always are).

        Raises
        ------
        InputError
            If it was not measured, or is no series.
        """
        values = self.evaluation.values(measure)
        if values.ndim != 3:
            raise InputError(f"{measure!r}: is one number a run; ask for monthly:{measure.partition('.')[0]}")
        rows = []
        for point in range(1, len(self.names)):
            for month in range(values.shape[2]):
                found = paired(values[0, :, month], values[point, :, month], self.confidence)
                rows.append(
                    {
                        "scenario": self.names[point],
                        "month": month,
                        "base": found.base,
                        "mean": found.other,
                        "difference": found.difference,
                        "low": found.low,
                        "high": found.high,
                    }
                )
        return pd.DataFrame(rows)

    @cached_property
    def investments(self) -> dict[str, Investment]:
        """Each alternative as an investment, by name: payback, net present value, return."""
        profit, contribution, equity = (self.evaluation.values(name) for name in ACCOUNTS)
        rate = monthly_rate(self.base)
        return {
            self.names[point]: invested(
                (profit[0], profit[point]),
                (contribution[0], contribution[point]),
                (equity[0], equity[point]),
                rate,
                self.confidence,
            )
            for point in range(1, len(self.names))
        }

    def summary(self) -> str:
        """Tell what came out, as text of at most 100 columns."""
        from custsim.experiment.words import comparison_in_words

        return comparison_in_words(self)

    @cached_property
    def data(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON; what is not a number is ``None``."""
        from custsim.experiment.words import comparison_as_data

        return comparison_as_data(self)

    def _row(self, point: int, one: Measure) -> dict[str, Any]:
        values = self.evaluation.values(one.name)
        pilot = self.pilot if one.name in self.precision else None
        found = paired(values[0], values[point], self.confidence, pilot)
        relative = ratio(values[point] - values[0], values[0], self.confidence)
        sign = math.copysign(1.0, found.base) if found.base else 1.0
        limits = sorted((relative.low * sign, relative.high * sign))
        more = one.better == "more"
        return {
            "scenario": self.names[point],
            "measure": one.name,
            "label": one.label,
            "unit": one.unit,
            "base": found.base,
            "mean": found.other,
            "difference": found.difference,
            "low": found.low,
            "high": found.high,
            "relative": relative.value * sign,
            "relative_low": limits[0],
            "relative_high": limits[1],
            "probability_better": found.probability_more if more else 1.0 - found.probability_more,
            "better_in": found.more_in if more else 1.0 - found.more_in,
            "variance_ratio": found.variance_ratio,
            "replications": found.replications,
        }


def compare(
    base: Scenario,
    *others: Point,
    measures: Asked | Iterable[Asked] = MEASURES,
    replications: int | None = None,
    precision: float | Mapping[str, float] | None = None,
    confidence: float = 0.95,
    names: Sequence[str | None] | None = None,
    seed: int = 1,
    pilot: int = PILOT,
    most: int = _MOST,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = True,
) -> Comparison:
    r"""Compare scenarios over paired replications: replication n of all of them has the same luck.

    Parameters
    ----------
    base
        What is compared with.
    *others
        Scenarios, or changes of ``base`` as for :meth:`Scenario.change`.
    measures
        Names of measures, see :mod:`custsim.experiment.measures`; ``lifetime_value[*]`` is one of each segment.
    replications
        How many pairs; 30 if no precision is asked for.
    precision
        Instead: half the width that an interval may have, in the unit of the measure; one number for the first
        measure, or a number by measure. Stein's rule: a pilot of n0 replications, then as many as its variance asks
        for, :math:`N = \max(n_0, \lceil (t_{n_0-1} s_0 / h)^2 \rceil)`. The interval covers with at least the
        confidence asked for if differences are normal.
    confidence
        Confidence of each interval by itself.
    names
        Names of the alternatives; what is different about one that has none.
    seed
        Names the luck.
    pilot, most
        Replications of the pilot, and the most that are made for a precision.
    executor, jobs, store, progress
        As for :func:`custsim.experiment.evaluate.evaluate`.

    Returns
    -------
    Comparison
        ``.summary()`` as text, ``.table``, ``.over_time()``, ``.investments``.

    Raises
    ------
    InputError
        If there is nothing to compare, a measure does not exist, scenarios last differently long, or every run fails.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, chapters 10 and 11: paired intervals, common random numbers. Stein
    (1945): the two-stage rule.

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> more = compare(small, {"complaints.staff": 2}, replications=3, measures="complaint_desk", executor="serial")
    >>> more.table["difference"].tolist()
    [3150.0]
    """
    scenarios = _scenarios(base, others)
    _refuse_numbers(replications, confidence, pilot, most)
    asked = resolve_all(measures, base)
    wanted = _precision(precision, asked, replications)
    everything = resolve_all([*asked, *ACCOUNTS], base)
    labels = _names(scenarios, names)
    opened = Store.open(store) if isinstance(store, str | Path) else nullcontext(store)
    with opened as kept, executor_for(executor, jobs) as place:
        common: dict[str, Any] = {"seed": seed, "executor": place, "store": kept, "progress": progress}
        first = pilot if wanted else replications or _USUAL
        result = evaluate(scenarios, everything, replications=first, **common)
        needed = None
        if wanted:
            needed = _needed(result, wanted, confidence, pilot)
            # more than once only where pairs have no value: how many do is known when they have been made
            while more := range(len(result.replications), min(needed, most)):
                result = _joined(result, evaluate(scenarios, everything, replications=more, **common))
                needed = _needed(result, wanted, confidence, pilot)
        _refuse_nothing(result)
        comparison = Comparison(labels, result, asked, confidence, wanted, pilot if wanted else None, needed)
        if kept is not None:
            kept.note("compare", comparison.asked, finding=_finding(comparison))
    return comparison


def _scenarios(base: Scenario, others: Sequence[Point]) -> list[Scenario]:
    if not others:
        raise InputError("compare: give at least one alternative: a scenario, or changes such as complaints.staff = 8")
    scenarios = [base, *(other if isinstance(other, Scenario) else base.change(other) for other in others)]
    months = [scenario.time.months for scenario in scenarios]
    if len(set(months)) > 1:
        raise InputError(f"time.months: the scenarios last {', '.join(map(str, months))} months; let them last as long")
    return scenarios


def _refuse_numbers(replications: int | None, confidence: float, pilot: int, most: int) -> None:
    problems = []
    if replications is not None and replications < 2:
        problems.append(f"replications: at least 2 are needed for an interval, got {replications}")
    if not 0.5 <= confidence < 1:
        problems.append(f"confidence: must be from 0.5 to below 1, such as 0.95, got {confidence}")
    if pilot < 5:
        problems.append(f"pilot: must be at least 5, got {pilot}")
    if most < pilot:
        problems.append(f"most: must be at least the pilot's {pilot} replications, got {most}")
    if problems:
        raise InputError(problems)


def _precision(
    precision: float | Mapping[str, float] | None, asked: Sequence[Measure], replications: int | None
) -> dict[str, float]:
    if precision is None:
        return {}
    if replications is not None:
        raise InputError("replications and precision: give one of them; the precision decides on the replications")
    wanted = dict(precision) if isinstance(precision, Mapping) else {asked[0].name: precision}
    names = [one.name for one in asked if not one.series]
    problems = [f"precision: {name!r} is not among the measures" for name in wanted if name not in names]
    problems += [
        f"precision: must be a number above 0, got {half} for {name}"
        for name, half in wanted.items()
        if not 0 < half < math.inf
    ]
    if problems:
        raise InputError(problems)
    return wanted


def _needed(result: Evaluation, precision: Mapping[str, float], confidence: float, pilot: int) -> int:
    """Replications that every interval asked for takes, if as many of them have a value as up to now."""
    needed, problems = [pilot], []
    for name, half in precision.items():
        values = result.values(name)
        for point in range(1, len(values)):
            differences = values[point] - values[0]
            try:
                pairs = stein_replications(differences[:pilot], half, confidence)
            except InputError as error:
                problems.append(f"{name}: {error}")
                continue
            made, there = differences.size, int(np.isfinite(differences).sum())
            needed.append(made if there >= pairs else math.ceil(made * pairs / there))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return max(needed)


def _joined(one: Evaluation, more: Evaluation) -> Evaluation:
    """Put the later replications of the same points behind the first."""
    return Evaluation(
        points=one.points,
        changes=one.changes,
        measures=one.measures,
        replications=one.replications + more.replications,
        seed=one.seed,
        arrays={name: np.concatenate([one.arrays[name], more.arrays[name]], axis=1) for name in one.arrays},
        errors={**one.errors, **more.errors},
        computed=one.computed + more.computed,
        kept=one.kept + more.kept,
        seconds=one.seconds + more.seconds,
    )


def _refuse_nothing(result: Evaluation) -> None:
    """Refuse to compare with a scenario of which no run came to its end."""
    for point in range(len(result.points)):
        if all((point, number) in result.errors for number in result.replications):
            result.raise_errors()


def _names(scenarios: Sequence[Scenario], names: Sequence[str | None] | None) -> tuple[str, ...]:
    base, *others = scenarios
    given = [None] * len(others) if names is None else list(names)
    named = [name for name in given if name is not None]
    if len(given) != len(others) or len({base.name, *named}) <= len(named):
        told = ", ".join(name or "none" for name in given) or "none"
        raise InputError(f"names: {len(others)} needed, all different and none that of the base; got {told}")
    found = [base.name]
    for number, (other, name) in enumerate(zip(others, given, strict=True), 1):
        derived = other.name if other.name != base.name else _what_differs(base, other)
        found.append(name or (f"{derived} ({number})" if derived in {*found, *named} else derived))
    return tuple(found)


def _what_differs(base: Scenario, other: Scenario, most: int = 3) -> str:
    changed = [f"{path} = {new}" for path, (_, new) in differences(base, other).items()]
    more = f", {len(changed) - most} more" if len(changed) > most else ""
    return ", ".join(changed[:most]) + more if changed else "the same"


def _specification(comparison: Comparison) -> dict[str, Any]:
    result = comparison.evaluation
    return {
        "names": list(comparison.names),
        "points": [scenario_hash(point) for point in result.points if point is not None],
        "measures": [one.name for one in comparison.measures],
        "replications": len(result.replications),
        "seed": result.seed,
        "confidence": comparison.confidence,
        "precision": dict(comparison.precision),
        "pilot": comparison.pilot,
        "model": model_version(),
    }


def _finding(comparison: Comparison) -> dict[str, Any]:
    result = comparison.evaluation
    return {**about(result.points, result.measures), "wanted": comparison.wanted}
