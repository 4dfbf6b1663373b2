"""Uncertain assumptions: how far results may be off because parameters are not known, and because luck is luck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from custsim.errors import InputError
from custsim.experiment.distributions import Distribution, Range, Space
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.executors import Executor
from custsim.experiment.measures import Asked, Measure, resolve_all
from custsim.experiment.progress import Progress
from custsim.experiment.store import Store
from custsim.experiment.words import counted
from custsim.scenario.model import Scenario

__all__ = ["Uncertainty", "VarianceSplit", "split_variance", "uncertain"]

Floats = NDArray[np.float64]

#: draws of the generalised confidence interval
_PIVOTS = 8_000


class VarianceSplit(NamedTuple):
    """Where the variance of a result comes from; all numbers in the unit of the result, or its square.

    Attributes
    ----------
    mean, mean_low, mean_high
        Mean over parameters and luck, with its interval.
    parameters, noise
        Variance by not knowing the parameters, and by the luck of one run. An unbiased estimate of a variance that is
        nearly 0 may be below 0; it is reported as it came out.
    luck, interaction
        What the noise consists of: the luck that moves all draws alike, and what it does to single ones.
    share, share_low, share_high
        Share of the parameters in the variance of one run, from 0 to 1, with its interval.
    dominates
        "parameters" or "noise" where the interval of the share lies on one side of a half, else "neither".
    """

    mean: float
    mean_low: float
    mean_high: float
    parameters: float
    noise: float
    luck: float
    interaction: float
    share: float
    share_low: float
    share_high: float
    dominates: Literal["parameters", "noise", "neither"]


def split_variance(values: ArrayLike, *, confidence: float = 0.95, seed: int = 1) -> VarianceSplit:
    r"""Split the variance of results into what parameters and what luck contribute: the law of total variance.

    .. math:: \operatorname{Var}(y) = \operatorname{Var}_\theta(E[y \mid \theta]) + E_\theta[\operatorname{Var}(y
        \mid \theta)]

    The variance of the means of the draws overstates the first term, since each mean still holds some luck. All draws
    share the luck of replication j (common random numbers), which moves all means alike and is no part of their
    differences; so what is taken off is the interaction only. With the mean squares of the two-way table without
    repetition, for D draws and n replications,

    .. math:: \hat\sigma^2_\theta = (MS_\theta - MS_{\theta\omega})/n, \qquad
        \hat\sigma^2_\omega = (MS_\omega - MS_{\theta\omega})/D, \qquad \hat\sigma^2_{\theta\omega} = MS_{\theta\omega},

    which are unbiased whatever the distributions, if draws are independent. The noise of one run is the sum of the last
    two. (Draws of a Latin hypercube are a little more even than independent ones, which overstates
    :math:`\sigma^2_\theta` by at most the factor D/(D-1).) Intervals of the share are generalised confidence intervals;
    they suppose that both effects are roughly normal, and are too wide for evenly spread ones.

    Parameters
    ----------
    values
        Results, of shape (draws, replications), at least 3 by 2.
    confidence
        Of the intervals, above 0, below 1.
    seed
        Of the random numbers that the interval is computed with.

    Raises
    ------
    InputError
        If the shape is too small, or a value is not finite.

    References
    ----------
    Searle, S. R., Casella, G. and McCulloch, C. E. (1992), Variance components, Wiley.
    Burdick, R. K., Borror, C. M. and Montgomery, D. C. (2005), Design and analysis of gauge R&R studies, SIAM
    (generalised confidence intervals).

    Examples
    --------
    >>> split = split_variance([[1.0, 1.1, 0.9], [5.0, 5.1, 4.9], [9.0, 9.1, 8.9], [3.0, 3.1, 2.9]])
    >>> split.dominates, round(split.share, 3)
    ('parameters', 0.999)
    """
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 2 or y.shape[0] < 3 or y.shape[1] < 2:
        raise InputError(
            f"values: at least 3 draws by 2 replications are needed to tell parameters from luck, got shape {y.shape}"
        )
    if not np.isfinite(y).all():
        raise InputError("values: must be finite; leave out draws that have no result")
    if not 0 < confidence < 1:
        raise InputError(f"confidence: must be above 0 and below 1, got {confidence}; write 95 % as 0.95")
    draws, runs = y.shape
    degrees = np.array([draws - 1, runs - 1, (draws - 1) * (runs - 1)], dtype=np.float64)
    squares = _mean_squares(y) * degrees
    parameters, luck, interaction = _components(squares / degrees, draws, runs)
    noise = luck + interaction
    share = _share(parameters, noise)
    # each sum of squares over a chi-square of its degrees of freedom stands for a plausible expected mean square
    pivots = np.random.default_rng(seed).chisquare(degrees[:, None], size=(3, _PIVOTS))
    plausible = _components(squares[:, None] / pivots, draws, runs)
    shares = _share(plausible[0], plausible[1] + plausible[2])
    low, high = np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2])
    mean, reach = float(y.mean()), _reach(squares / degrees, degrees, y.size, confidence)
    return VarianceSplit(
        mean, mean - reach, mean + reach, float(parameters), float(noise), float(luck), float(interaction),
        float(share), float(low), float(high),
        "parameters" if low > 0.5 else "noise" if high < 0.5 else "neither",
    )  # fmt: skip


def _mean_squares(y: Floats) -> Floats:
    """Mean squares of draws, of replications, and of their interaction."""
    draws, runs = y.shape
    rows, columns, mean = y.mean(axis=1), y.mean(axis=0), y.mean()
    rest = y - rows[:, None] - columns[None, :] + mean
    return np.array(
        [
            runs * ((rows - mean) ** 2).sum() / (draws - 1),
            draws * ((columns - mean) ** 2).sum() / (runs - 1),
            (rest**2).sum() / ((draws - 1) * (runs - 1)),
        ]
    )


def _components(squares: Floats, draws: int, runs: int) -> tuple[Any, Any, Any]:
    """Variance components from (expected) mean squares."""
    return (squares[0] - squares[2]) / runs, (squares[1] - squares[2]) / draws, squares[2]


def _share(parameters: Any, noise: Any) -> Any:
    """Share of the parameters, each variance counted as 0 where its estimate is below."""
    ours, theirs = np.maximum(parameters, 0.0), np.maximum(noise, 0.0)
    whole = ours + theirs
    return np.divide(ours, whole, out=np.zeros_like(whole), where=whole > 0) if np.ndim(whole) else (
        ours / whole if whole > 0 else 0.0
    )  # fmt: skip


def _reach(squares: Floats, degrees: Floats, size: int, confidence: float) -> float:
    """Half the width of the interval of the mean, its degrees of freedom by Satterthwaite."""
    from scipy.stats import t

    weights = np.array([1.0, 1.0, -1.0])
    variance = float(weights @ squares)
    if variance <= 0.0:  # more interaction than either: the two-way part cannot be told apart from it
        weights = np.array([1.0, 0.0, 0.0])
        variance = float(squares[0])
    if variance == 0.0:
        return 0.0
    freedom = max(1.0, variance**2 / float(((weights * squares) ** 2 / degrees).sum()))
    return float(t.ppf((1 + confidence) / 2, freedom)) * float(np.sqrt(variance / size))


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Results under uncertain assumptions.

    Attributes
    ----------
    base
        The scenario.
    over
        What is known of each parameter.
    draws
        Values of the parameters, one row a draw.
    evaluation
        All runs.
    confidence
        Of the intervals.
    left_out
        Draws that some run of ended with an error, or that have no result.
    splits
        Measure -> where its variance comes from.
    """

    base: Scenario
    over: Mapping[str, Distribution]
    draws: pd.DataFrame
    evaluation: Evaluation
    confidence: float
    left_out: tuple[int, ...]
    splits: Mapping[str, VarianceSplit]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a measure.

        Columns: unit; mean with its interval; low and high between which one run in one possible world lies with the
        probability asked for; parameter_sd and noise_sd; share of the parameters in the variance with its interval;
        dominates.
        """
        tail = (1 - self.confidence) / 2
        rows = []
        for one in self.evaluation.measures:
            split = self.splits[one.name]
            runs = np.delete(self.evaluation.values(one.name), self.left_out, axis=0)
            low, high = np.quantile(runs, [tail, 1 - tail])
            rows.append(
                {
                    "measure": one.name, "unit": one.unit,
                    "mean": split.mean, "mean_low": split.mean_low, "mean_high": split.mean_high,
                    "low": low, "high": high,
                    "parameter_sd": np.sqrt(max(split.parameters, 0.0)), "noise_sd": np.sqrt(max(split.noise, 0.0)),
                    "share": split.share, "share_low": split.share_low, "share_high": split.share_high,
                    "dominates": split.dominates,
                }
            )  # fmt: skip
        return pd.DataFrame(rows).set_index("measure")

    @property
    def data(self) -> dict[str, Any]:
        """Everything but the runs as plain data, for JSON."""
        return {
            "over": {path: str(known) for path, known in self.over.items()},
            "draws": len(self.draws),
            "left_out": list(self.left_out),
            "replications": len(self.evaluation.replications),
            "confidence": self.confidence,
            "table": self.table.reset_index().to_dict("records"),
        }

    def summary(self) -> str:
        """Say in words how uncertain each result is, and what makes it so."""
        runs = len(self.evaluation.replications)
        wide = f"{100 * self.confidence:g} %"
        lines = [
            f"{len(self.draws) - len(self.left_out)} draws of {counted(len(self.over), 'parameter')}, {runs} runs of "
            "each."
        ]
        if self.left_out:
            lines.append(f"{len(self.left_out)} draws were left out: a run of theirs failed or had no result.")
        for one in self.evaluation.measures:
            row: Any = self.table.loc[one.name]
            why = {
                "parameters": "what is not known of the parameters dominates: better data would narrow it",
                "noise": "the luck of a run dominates: better data on these parameters would narrow it little",
                "neither": "neither dominates beyond doubt",
            }[str(row["dominates"])]
            lines.append(
                f"{one.label}: {_number(row['mean'])} on average ({wide} interval {_number(row['mean_low'])} to "
                f"{_number(row['mean_high'])}); one run lies between {_number(row['low'])} and "
                f"{_number(row['high'])} ({wide} of the runs). Parameters make "
                f"{100 * row['share']:.0f} % of the variance ({100 * row['share_low']:.0f} to "
                f"{100 * row['share_high']:.0f} %): {why}."
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def uncertain(
    base: Scenario,
    over: Mapping[str, Range],
    *,
    draws: int = 64,
    replications: int = 8,
    measures: Asked | Iterable[Asked] = ("profit", "lifetime_value"),
    seed: int = 1,
    opening: Literal["own", "same"] = "own",
    confidence: float = 0.95,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = True,
) -> Uncertainty:
    """Run a scenario under uncertain assumptions, and tell what their uncertainty and what luck does to its results.

    Parameters
    ----------
    base
        The scenario.
    over
        Path -> what is known of it: a :class:`Distribution`, its text ("normal(0.1, 0.02, low=0)"), or (low, high).
    draws
        Sets of parameters, drawn by a Latin hypercube; at least 3.
    replications
        Runs of each set, at least 2: with one run, luck cannot be told from parameters.
    measures
        Names of measures that are one number a run, or functions of a run.
    seed
        Names the draws and the luck.
    opening
        "own": in each possible world the firm had always been so, as it must be where a fact is not known; "same": it
        opens as the base does and changes in month 0, as levers do.
    confidence
        Of the intervals.
    executor, jobs, store, progress
        As for :func:`custsim.experiment.evaluate`.

    Raises
    ------
    InputError
        If a path does not exist, a distribution reaches beyond its parameter's bounds, or too few draws have a result.

    Examples
    --------
    >>> small = Scenario().scaled(0.02).change({"time.months": 6, "time.warm_up_months": 1}, opening="own")
    >>> known = {"profit.monthly_revenue": Distribution.triangular(10, 20, 30)}
    >>> result = uncertain(small, known, draws=6, replications=3, measures="revenue", executor="serial")
    >>> result.splits["revenue"].share > 0.5
    True
    """
    if draws < 3 or replications < 2:
        raise InputError(f"draws, replications: at least 3 and 2 are needed, got {draws} and {replications}")
    asked = scalar_measures(measures, base)
    space = Space.of(base, over)
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(len(space.paths), rng=np.random.default_rng(seed)).random(draws)
    values = space.values(shares)
    evaluation = evaluate(
        possible(base, space.named(values), opening), asked, replications=replications, seed=seed, base=base,
        executor=executor, jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    there = np.ones(draws, dtype=bool)
    for one in asked:
        there &= np.isfinite(evaluation.values(one.name)).all(axis=1)
    if there.sum() < 3:
        evaluation.raise_errors()
        raise InputError("draws: fewer than 3 have a result in every run; take larger firms, longer runs or more draws")
    splits = {
        one.name: split_variance(evaluation.values(one.name)[there], confidence=confidence, seed=seed + 1)
        for one in asked
    }
    return Uncertainty(
        base=base,
        over=dict(zip(space.paths, space.distributions, strict=True)),
        draws=pd.DataFrame(values, columns=list(space.paths)).rename_axis("draw"),
        evaluation=evaluation,
        confidence=confidence,
        left_out=tuple(int(draw) for draw in np.flatnonzero(~there)),
        splits=splits,
    )


def scalar_measures(measures: Asked | Iterable[Asked], base: Scenario) -> tuple[Measure, ...]:
    """Find measures that are one number a run.

    Raises
    ------
    InputError
        If one does not exist, or is a series.
    """
    asked = resolve_all(measures, base)
    series = [f"{one.name!r}: is a series; ask for {one.name.partition(':')[2]}" for one in asked if one.series]
    if series:
        raise InputError(series)
    return asked


def possible(base: Scenario, changes: Iterable[Mapping[str, Any]], opening: str) -> list[Scenario | Mapping[str, Any]]:
    """Make scenarios that open in their own state, or leave the changes for ``evaluate`` to make in the base.

    What cannot be made is left as changes as well, so that its error goes into the table.
    """
    if opening not in ("own", "same"):
        raise InputError(f'opening: must be "own" or "same", got {opening!r}')
    points: list[Scenario | Mapping[str, Any]] = []
    for change in changes:
        try:
            points.append(base.change(change, opening="own") if opening == "own" else change)
        except InputError:
            points.append(change)
    return points
