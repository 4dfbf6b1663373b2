"""Which assumptions matter: Sobol indices, Morris screening, and one parameter after the other (tornado)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.distributions import Distribution, Range, Space, distribution
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.executors import Executor
from custsim.experiment.identity import model_version, scenario_hash
from custsim.experiment.measures import Asked
from custsim.experiment.notes import about, records
from custsim.experiment.paired import ROUNDING
from custsim.experiment.progress import Progress
from custsim.experiment.store import Store
from custsim.experiment.uncertainty import possible, scalar_measures
from custsim.scenario.model import Scenario

__all__ = ["METHODS", "Sensitivity", "sensitivity", "sensitivity_of"]

Floats = NDArray[np.float64]
Method: TypeAlias = Literal["sobol", "morris", "tornado"]

#: method -> what it tells
METHODS: dict[str, str] = {
    "sobol": "shares of the variance of the result, alone and with interactions",
    "morris": "mean absolute effect of a parameter over its range: cheap, for many parameters",
    "tornado": "one parameter after the other from low to high, the others as they are",
}

#: samples where none are asked for
_SAMPLES = {"sobol": 64, "morris": 10, "tornado": 1}

#: levels of the grid that Morris' trajectories walk on
_LEVELS = 4

#: shares of a distribution without ends that "low" and "high" stand for
_TAIL = 0.05

#: resamples of SALib's intervals
_RESAMPLES = 400


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Which parameters matter for which result.

    Attributes
    ----------
    method
        "sobol", "morris" or "tornado".
    over
        What is known of each parameter.
    table
        One row a measure and parameter, the parameter that matters most first. Columns: measure, parameter, and

        - sobol: first (share of the variance that goes if this parameter becomes known), total (share that remains if
          all others become known), each with its interval;
        - morris: strength (mean absolute effect of moving from low to high), its interval, effect (mean with its sign),
          spread (standard deviation of the effect: the effect depends on where it is, or on others);
        - tornado: low and high (values), base (result), at_low and at_high (results), effect (at high less at low) and
          its interval.
    labels, units
        Of the measures.
    design
        Values of the parameters, one row a point.
    confidence
        Of the intervals.
    replications
        Runs of each point.
    evaluation
        All runs; ``None`` for a function.
    base
        The scenario; ``None`` for a function.
    asked
        What was asked, as plain data: everything the numbers depend on; empty for a function.
    """

    method: str
    over: Mapping[str, Distribution]
    table: pd.DataFrame
    labels: Mapping[str, str]
    units: Mapping[str, str]
    design: pd.DataFrame
    confidence: float
    replications: int
    evaluation: Evaluation | None = None
    base: Scenario | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    def of(self, measure: str) -> pd.DataFrame:
        """Rows of one measure, indexed by parameter.

        Raises
        ------
        InputError
            If it was not measured.
        """
        if measure not in self.labels:
            raise InputError(f"{measure!r}: was not measured; there are {', '.join(self.labels)}")
        return self.table[self.table["measure"] == measure].drop(columns="measure").set_index("parameter")

    @property
    def caution(self) -> tuple[str, ...]:
        """What the design leaves open, in sentences."""
        said = []
        if self.evaluation is not None and self.replications == 1:
            said.append(
                "With one run of each point there are no intervals; take replications of 2 up."
                if self.method == "tornado"
                else "With one run of each point the intervals leave out what luck does; take replications of 2 up."
            )
        if self.method == "sobol" and (
            (self.table[["first", "total"]] > 1.0) | (self.table[["first", "total"]] < 0.0)
        ).any(axis=None):
            said.append("Shares below 0 % or above 100 % are errors of the estimate: take more samples.")
        return tuple(said)

    def idle(self, measure: str) -> tuple[str, ...]:
        """Parameters that the measure does not depend on at all: no point of the design shows any effect.

        Raises
        ------
        InputError
            If it was not measured.
        """
        rows = self.of(measure)
        still = {
            "sobol": ["total", "total_low", "total_high"], "morris": ["strength", "strength_low", "strength_high"],
            "tornado": ["effect", "effect_low", "effect_high"],
        }[self.method]  # fmt: skip
        none = (rows[still].fillna(0.0) == 0.0).all(axis=1)
        if self.method == "sobol":
            none &= rows["total"].notna()
        if self.method == "tornado":
            # as good at both ends as in the middle
            none &= rows["at_low"] == rows["base"]
        return tuple(str(path) for path in rows.index[none])

    @property
    def data(self) -> dict[str, Any]:
        """Everything as plain data, for JSON; what is not known is ``None``."""
        rows = self.table.astype(object).where(self.table.notna(), None)
        return {
            "method": self.method,
            "over": {path: str(known) for path, known in self.over.items()},
            "points": len(self.design),
            "replications": self.replications,
            "confidence": self.confidence,
            "measures": [{"name": name, "label": self.labels[name], "unit": self.units[name]} for name in self.labels],
            "table": rows.to_dict("records"),
        }

    def summary(self) -> str:
        """Say in words what matters for each result."""
        points, wide = len(self.design), f"{100 * self.confidence:g} %"
        runs = f", {self.replications} run{'s' if self.replications > 1 else ''} of each" if self.evaluation else ""
        caution = self.caution
        intervals = "" if self.method == "tornado" and self.replications == 1 else f", {wide} intervals"
        lines = [f"{self.method}: {METHODS[self.method]}; {points} points{runs}{intervals}.", *caution]
        for measure, label in self.labels.items():
            lines.append(f"{label}:")
            lines += [f"  {parameter}: {_WORDS[self.method](row)}" for parameter, row in self.of(measure).iterrows()]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def _sobol_words(row: Any) -> str:
    if not np.isfinite(row["total"]):
        return "the result does not vary at all"
    return (
        f"{_percent(row['total'])} of the variance with interactions ({_percent(row['total_low'])} to "
        f"{_percent(row['total_high'])}), {_percent(row['first'])} alone ({_percent(row['first_low'])} to "
        f"{_percent(row['first_high'])})"
    )


def _morris_words(row: Any) -> str:
    return (
        f"moves it by {_number(row['strength'])} ({_number(row['strength_low'])} to {_number(row['strength_high'])}), "
        f"with sign {_number(row['effect'])}, spread {_number(row['spread'])}"
    )


def _tornado_words(row: Any) -> str:
    known = np.isfinite(row["effect_low"])
    interval = f" ({_number(row['effect_low'])} to {_number(row['effect_high'])})" if known else ""
    return (
        f"from {row['low']:g} to {row['high']:g} it goes from {_number(row['at_low'])} to {_number(row['at_high'])}, "
        f"by {_number(row['effect'])}{interval}"
    )


_WORDS: dict[str, Callable[[Any], str]] = {
    "sobol": _sobol_words,
    "morris": _morris_words,
    "tornado": _tornado_words,
}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def sensitivity(
    base: Scenario,
    over: Mapping[str, Range],
    method: Method = "sobol",
    *,
    measures: Asked | Iterable[Asked] = ("profit", "lifetime_value"),
    samples: int | None = None,
    replications: int = 4,
    seed: int = 1,
    opening: Literal["own", "same"] = "own",
    confidence: float = 0.95,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = True,
) -> Sensitivity:
    """Tell which of a scenario's parameters matter for its results.

    Every point is measured as the mean of its replications; all points share their luck (common random numbers).
    Sobol's and Morris' intervals consist of two parts, added as variances: that of the design by SALib's bootstrap, and
    that of the luck by a jackknife over replications.

    Parameters
    ----------
    base
        The scenario.
    over
        Path -> range: (low, high), a :class:`Distribution`, or its text. For Morris and the tornado "low" and "high" of
        a distribution that is not uniform are what it lies below and above with 5 % each.
    method
        One of :data:`METHODS`.
    measures
        Names of measures that are one number a run, or functions of a run.
    samples
        Sobol: rows of the base design, a power of 2; there are samples x (parameters + 2) points (default 64). Morris:
        trajectories; there are samples x (parameters + 1) points (default 10). Tornado: not used.
    replications
        Runs of each point.
    seed
        Names the design and the luck.
    opening
        "own": a firm that had always been so, as for a fact that is not known; "same": the base's firm that changes in
        month 0, as for a lever.
    confidence
        Of the intervals.
    executor, jobs, store, progress
        As for :func:`custsim.experiment.evaluate`.

    Raises
    ------
    InputError
        If a path or measure does not exist, a range reaches beyond its parameter's bounds, or a point has no result.
    EnvironmentFailure
        If SALib is not installed, for Sobol and Morris.

    References
    ----------
    Saltelli, A. et al. (2010), Variance based sensitivity analysis of model output, Computer Physics Communications
    181(2). Morris, M. D. (1991), Factorial sampling plans, Technometrics 33(2). Herman, J. and Usher, W. (2017), SALib,
    Journal of Open Source Software 2(9).

    Examples
    --------
    >>> small = Scenario().scaled(0.02).change({"time.months": 3, "time.warm_up_months": 1}, opening="own")
    >>> result = sensitivity(small, {"profit.fixed_cost": (0, 5000), "complaints.staff": (1, 2)}, "tornado",
    ...     measures="profit", replications=2, executor="serial")
    >>> float(result.of("profit").loc["profit.fixed_cost", "effect"].round(6))
    -5000.0
    """
    asked = scalar_measures(measures, base)
    space = Space.of(base, over)
    design = _Design.of(method, space.distributions, samples, seed)
    values = space.values(design.shares)
    if method == "tornado":
        values = _around(base, space.paths, values)
    changes = space.named(values)
    with Store.open(store) if isinstance(store, str | Path) else nullcontext(store) as kept:
        evaluation = evaluate(
            possible(base, changes, opening), asked, replications=replications, seed=seed, base=base,
            executor=executor, jobs=jobs, store=kept, progress=progress,
        ).raise_errors()  # fmt: skip
        results = {one.name: evaluation.values(one.name) for one in asked}
        _refuse_no_result(results, changes)
        found = Sensitivity(
            method=method,
            over=dict(zip(space.paths, space.distributions, strict=True)),
            table=_table(design, space.paths, values, results, confidence),
            labels={one.name: one.label for one in asked},
            units={one.name: one.unit for one in asked},
            design=pd.DataFrame(values, columns=list(space.paths)).rename_axis("point"),
            confidence=confidence,
            replications=len(evaluation.replications),
            evaluation=evaluation,
            base=base,
            asked=_specification(base, space, method, samples, opening, confidence, evaluation),
        )
        if kept is not None:
            kept.note("sensitivity", found.asked, finding=_finding(found), scenarios={found.asked["base"]: base})
    return found


def _refuse_no_result(results: Mapping[str, Floats], changes: Sequence[Mapping[str, Any]]) -> None:
    for name, result in results.items():
        if not np.isfinite(result).all():
            point = int(np.flatnonzero(~np.isfinite(result).all(axis=1))[0])
            raise InputError(
                f"{name}: has no result at {changes[point]}; take larger firms, longer runs or narrower ranges"
            )


def _specification(
    base: Scenario, space: Space, method: str, samples: int | None, opening: str, confidence: float, result: Evaluation
) -> dict[str, Any]:
    return {
        "base": scenario_hash(base),
        "over": {path: str(known) for path, known in zip(space.paths, space.distributions, strict=True)},
        "method": method,
        "samples": _SAMPLES[method] if samples is None else samples,
        "opening": opening,
        "points": [None if point is None else scenario_hash(point) for point in result.points],
        "measures": [one.name for one in result.measures],
        "replications": len(result.replications),
        "seed": result.seed,
        "confidence": confidence,
        "model": model_version(),
    }


def _finding(found: Sensitivity) -> dict[str, Any]:
    measures = () if found.evaluation is None else found.evaluation.measures
    return {
        **about([found.base], measures, "SALib"), "table": records(found.table), "design": records(found.design),
        "order": list(found.over),
    }  # fmt: skip


def sensitivity_of(
    function: Callable[..., Any],
    over: Mapping[str, Range],
    method: Method = "sobol",
    *,
    samples: int | None = None,
    seed: int = 1,
    confidence: float = 0.95,
) -> Sensitivity:
    """Tell which arguments of a function matter for its value, as for a scenario: for closed forms.

    Parameters
    ----------
    function
        Takes an array for each argument, by name, and returns an array of values.
    over
        Argument -> range, as for :func:`sensitivity`.
    method, samples, seed, confidence
        As for :func:`sensitivity`, but for the tornado.

    Raises
    ------
    InputError
        If a range is none, or a value of the function is not finite.

    Examples
    --------
    >>> result = sensitivity_of(lambda x, y: 2 * x + y, {"x": (0, 1), "y": (0, 1)}, samples=1024)
    >>> result.of("value")["total"].round(2).to_dict()
    {'x': 0.8, 'y': 0.2}
    """
    if method == "tornado" or method not in METHODS:
        raise InputError(f'method: must be "sobol" or "morris" for a function, got {method!r}')
    if not over:
        raise InputError('over: name at least one argument with its range, such as {"margin": (5, 15)}')
    known = {name: distribution(what) for name, what in over.items()}
    design = _Design.of(method, tuple(known.values()), samples, seed)
    values = np.column_stack([one.quantile(design.shares[:, at]) for at, one in enumerate(known.values())])
    result = np.asarray(function(**{name: values[:, at] for at, name in enumerate(known)}), dtype=np.float64)
    if result.shape != (len(values),) or not np.isfinite(result).all():
        raise InputError(f"function: must return {len(values)} finite values for as many arguments")
    return Sensitivity(
        method=method,
        over=known,
        table=_table(design, tuple(known), values, {"value": result[:, None]}, confidence),
        labels={"value": "Value"},
        units={"value": ""},
        design=pd.DataFrame(values, columns=list(known)).rename_axis("point"),
        confidence=confidence,
        replications=1,
    )


def _around(base: Scenario, paths: Sequence[str], values: Floats) -> Floats:
    """Leave the parameters that are not moved at a point as they are in the base; the last point is the base."""
    from custsim.scenario.parameter import valued

    now = {parameter.path: parameter.value for parameter in valued(base)}
    table = np.tile([float(now[path]) for path in paths], (len(values) + 1, 1))
    rows = np.arange(len(values))
    table[rows, rows // 2] = values[rows, rows // 2]
    return table


@dataclass(frozen=True)
class _Design:
    """Points of a design as shares of the distributions, from 0 to 1."""

    method: str
    grid: Floats
    shares: Floats
    seed: int

    @classmethod
    def of(cls, method: str, known: Sequence[Distribution], samples: int | None, seed: int) -> _Design:
        """Lay out a design; SALib sees the unit cube, on which all methods work."""
        if method not in METHODS:
            raise InputError(f"method: must be one of {', '.join(METHODS)}, got {method!r}")
        number = _SAMPLES[method] if samples is None else samples
        count, (here, later) = len(known), np.random.SeedSequence(seed).generate_state(2)
        if method == "sobol":
            if number < 4 or number & (number - 1):
                raise InputError(f"samples: must be a power of 2, at least 4, got {number}; 64, 128, 256 are usual")
            sampler = _salib("sample.sobol")
            grid = sampler.sample(_problem(count), number, calc_second_order=False, seed=int(here))
        elif method == "morris":
            if number < 2:
                raise InputError(f"samples: Morris needs at least 2 trajectories, got {number}")
            grid = _salib("sample.morris").sample(_problem(count), number, num_levels=_LEVELS, seed=int(here))
        else:
            grid = np.repeat(np.full((1, count), 0.5), 2 * count, axis=0)
            grid[np.arange(2 * count), np.arange(2 * count) // 2] = np.tile([0.0, 1.0], count)
        shares = np.array(grid, dtype=np.float64)
        if method != "sobol":
            for column, one in enumerate(known):
                if one.kind != "uniform":
                    shares[:, column] = _TAIL + (1.0 - 2.0 * _TAIL) * shares[:, column]
        return cls(method, np.asarray(grid, dtype=np.float64), shares, int(later) | 1)


def _salib(module: str) -> Any:
    try:
        return importlib.import_module(f"SALib.{module}")
    except ImportError as error:
        raise EnvironmentFailure(
            f'Sobol and Morris need the package SALib ({error}); install it with: pip install "custsim[experiments]"'
        ) from None


def _problem(count: int) -> dict[str, Any]:
    return {"num_vars": count, "names": [f"x{at}" for at in range(count)], "bounds": [[0.0, 1.0]] * count}


def _table(
    design: _Design, paths: Sequence[str], values: Floats, results: Mapping[str, Floats], confidence: float
) -> pd.DataFrame:
    """Indices of every measure, the parameter that matters most first."""
    if not 0 < confidence < 1:
        raise InputError(f"confidence: must be above 0 and below 1, got {confidence}; write 95 % as 0.95")
    how = {"sobol": _sobol, "morris": _morris, "tornado": _tornado}[design.method]
    tables = []
    for name, result in results.items():
        table = how(design, values, result, confidence)
        table.insert(0, "parameter", list(paths))
        table.insert(0, "measure", name)
        order = table[{"sobol": "total", "morris": "strength", "tornado": "effect"}[design.method]].abs()
        tables.append(table.loc[order.sort_values(ascending=False, kind="stable").index])
    return pd.concat(tables, ignore_index=True)


def _sobol(design: _Design, _values: Floats, result: Floats, confidence: float) -> pd.DataFrame:
    count = design.grid.shape[1]
    analyser, problem = _salib("analyze.sobol"), _problem(count)

    def indices(means: Floats, resamples: int) -> Any:
        return analyser.analyze(
            problem, means, calc_second_order=False, num_resamples=resamples, conf_level=confidence, seed=design.seed
        )

    columns = ["first", "first_low", "first_high", "total", "total_low", "total_high"]
    if np.ptp(result.mean(axis=1)) == 0.0:
        return pd.DataFrame(np.nan, index=range(count), columns=columns)
    found = indices(result.mean(axis=1), _RESAMPLES)
    table: dict[str, Floats] = {}
    for name, key in (("first", "S1"), ("total", "ST")):
        luck = _luck(result, lambda means, key=key: indices(means, 2)[key], confidence)  # type: ignore[misc]
        reach = np.hypot(found[f"{key}_conf"], luck)
        table |= {name: found[key], f"{name}_low": found[key] - reach, f"{name}_high": found[key] + reach}
    return pd.DataFrame(table)


def _morris(design: _Design, _values: Floats, result: Floats, confidence: float) -> pd.DataFrame:
    analyser, problem = _salib("analyze.morris"), _problem(design.grid.shape[1])

    def effects(means: Floats, resamples: int) -> Any:
        return analyser.analyze(
            problem, design.grid, means, num_resamples=resamples, conf_level=confidence, num_levels=_LEVELS,
            seed=design.seed,
        )  # fmt: skip

    found = effects(result.mean(axis=1), _RESAMPLES)
    strength = np.asarray(found["mu_star"], dtype=np.float64)
    luck = _luck(result, lambda means: np.asarray(effects(means, 2)["mu_star"]), confidence)
    reach = np.hypot(np.asarray(found["mu_star_conf"], dtype=np.float64), luck)
    return pd.DataFrame(
        {
            "strength": strength, "strength_low": np.maximum(strength - reach, 0.0), "strength_high": strength + reach,
            "effect": np.asarray(found["mu"], dtype=np.float64),
            # effects that vary by their own rounding do not vary
            "spread": np.where(found["sigma"] <= ROUNDING * np.abs(result).max(), 0.0, found["sigma"]),
        }
    )  # fmt: skip


def _luck(result: Floats, of: Callable[[Floats], Any], confidence: float) -> Floats | float:
    """Half the width of an interval for what the luck of the replications does to indices, by the jackknife."""
    runs = result.shape[1]
    if runs < 2:
        return 0.0
    from scipy.stats import t

    without = np.array([of(np.delete(result, run, axis=1).mean(axis=1)) for run in range(runs)])
    variance = (runs - 1) / runs * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(t.ppf((1 + confidence) / 2, runs - 1) * np.sqrt(variance), dtype=np.float64)


def _tornado(_design: _Design, values: Floats, result: Floats, confidence: float) -> pd.DataFrame:
    from scipy.stats import t

    count, runs = values.shape[1], result.shape[1]
    low, high, base = result[0:-1:2], result[1:-1:2], result[-1]
    effect = high - low
    reach = np.full(count, np.nan)
    if runs > 1:
        reach = t.ppf((1 + confidence) / 2, runs - 1) * effect.std(axis=1, ddof=1) / np.sqrt(runs)
    mean = effect.mean(axis=1)
    at = np.arange(count)
    return pd.DataFrame(
        {
            "low": values[2 * at, at], "high": values[2 * at + 1, at], "base": base.mean(),
            "at_low": low.mean(axis=1), "at_high": high.mean(axis=1),
            "effect": mean, "effect_low": mean - reach, "effect_high": mean + reach,
        }
    )  # fmt: skip
