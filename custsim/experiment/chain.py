r"""The chain, measured: how much each link moves the next, and each lever profit.

An elasticity says by how many per cent the one moves when the other moves by one,

.. math:: \varepsilon = \frac{\ln y_1 - \ln y_0}{\ln x_1 - \ln x_0},

from two lives of the firm under the same luck. To measure a link, something is moved that enters the chain at its
beginning and nowhere later, so that what arrives at its end has come through it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.interval import jackknife
from custsim.scenario.changes import plain
from custsim.scenario.model import DRIVERS, Scenario

__all__ = ["ARROWS", "LEVERS", "NODES", "MeasuredChain", "measure_chain"]

Floats = NDArray[np.float64]

#: place in the chain -> name and unit
NODES: dict[str, tuple[str, str]] = {
    "internal_service": ("Internal service", "of 100"),
    "employee_satisfaction": ("Employee satisfaction", "of 100"),
    "service_quality": ("Service quality", "of 100"),
    "failures": ("Failures", "per 100 visits"),
    "satisfaction": ("Customer satisfaction", "of 100"),
    "retention": ("Retention", "% a year"),
    "recommendations": ("Recommendations", "a month"),
    "joined": ("Customers won", "a month"),
    "profit": ("Profit", "currency a month"),
}

#: arrow -> what is moved to measure it
ARROWS: dict[tuple[str, str], str] = {
    ("internal_service", "employee_satisfaction"): "rewards and teamwork",
    ("employee_satisfaction", "service_quality"): "pay",
    ("service_quality", "satisfaction"): "quality of the same time",
    ("service_quality", "failures"): "quality of the same time",
    ("failures", "retention"): "failures",
    ("satisfaction", "retention"): "weight of shortfalls",
    ("satisfaction", "recommendations"): "weight of shortfalls",
    ("recommendations", "joined"): "readiness to recommend",
    ("retention", "profit"): "churn",
    ("joined", "profit"): "joining",
}

#: lever -> paths of the parameters that are moved together
LEVERS: dict[str, tuple[str, ...]] = {
    "internal service, all spending": tuple(f"internal_service.{name}.spend" for name in DRIVERS),
    "pay": ("employees.pay",),
    "customers per employee": ("employees.customers_per_employee",),
    "hiring delay": ("employees.hiring_delay",),
    "complaint staff": ("complaints.staff",),
    "ease of complaining": ("complaints.ease",),
    "compensation": ("complaints.compensation",),
    "advertising": ("market.marketing",),
    "price": ("market.price",),
}

_COLUMNS = (
    "internal_service",
    "employee_satisfaction",
    "service_quality",
    "satisfaction",
    "minor_failures",
    "major_failures",
    "visits",
    "left",
    "customers",
    "recommendations",
    "joined",
    "profit",
)


@dataclass(frozen=True, eq=False)
class MeasuredChain:
    """The chain with numbers on its arrows.

    Attributes
    ----------
    scenario
        The firm.
    nodes
        One row a place in the chain: node, label, unit, value (mean of months and replications).
    table
        One row an arrow: source, target, moved (what was moved to measure it), elasticity, low, high, and what one per
        cent more of the source does to the target in its own unit: effect, effect_low, effect_high, unit. Not a number
        where the thing to move is 0 in this firm.
    levers
        One row a lever: lever, before, after (of its first parameter), and the same columns for profit. The elasticity
        of profit is not a number where profit is not above 0.
    replications, seed, step, confidence
        How it was measured.
    """

    scenario: Scenario
    nodes: pd.DataFrame
    table: pd.DataFrame
    levers: pd.DataFrame
    replications: tuple[int, ...]
    seed: int
    step: float
    confidence: float = 0.95

    def elasticity(self, source: str, target: str) -> float:
        """Elasticity of one arrow.

        Raises
        ------
        InputError
            If there is no such arrow.
        """
        rows = self.table[(self.table["source"] == source) & (self.table["target"] == target)]
        if rows.empty:
            known = "; ".join(f"{one} to {other}" for one, other in ARROWS)
            raise InputError(f"{source!r} to {target!r}: no such arrow; there are {known}")
        return float(rows["elasticity"].iloc[0])

    def summary(self) -> str:
        """Tell the arrows and the levers in words, with intervals."""
        names = {node: label for node, (label, _) in NODES.items()}
        lines = [
            "One per cent more of the first moves the second by so many per cent (not here: nothing moves, or a loss):"
        ]
        for row in self.table.to_dict("records"):
            arrow = f"{names[row['source']]} to {names[row['target']].lower()}"
            lines.append(f"  {arrow:<46} {_bounds(row, 'elasticity', 'low', 'high', 2)}")
            if row["target"] == "profit":
                money = _bounds(row, "effect", "effect_low", "effect_high", 0)
                lines.append(f"  {'  in money':<46} {money}  {row['unit']}")
        lines.append(f"One per cent more of a lever moves profit by so much ({self.scenario.currency} a month):")
        for row in self.levers.to_dict("records"):
            lines.append(f"  {row['lever']:<46} {_bounds(row, 'effect', 'effect_low', 'effect_high', 0)}")
        count = len(self.replications)
        lines.append(
            f"In brackets: {100 * self.confidence:g} % intervals from {count} replications of seed {self.seed}; "
            f"steps of {100 * self.step:g} %, means of {self.scenario.time.months} months."
        )
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()


def measure_chain(
    scenario: Scenario,
    *,
    levers: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    step: float = 0.1,
    replications: int | Iterable[int] = 16,
    seed: int = 1,
    confidence: float = 0.95,
    **options: Any,
) -> MeasuredChain:
    """Measure the elasticity of each link to the one before it, and of profit to each lever.

    Parameters
    ----------
    scenario
        The firm.
    levers
        Paths of parameters, or names with the paths that are moved together; :data:`LEVERS` by default. Levers at 0 and
        those that are no numbers are left out.
    step
        Share by which things are moved, above 0 and at most 0.2; whole numbers move by at least 1.
    replications, seed
        The luck; intervals need at least three.
    confidence
        Coverage of the intervals (jackknife over replications).
    options
        ``executor``, ``jobs``, ``store``, ``progress``, as for :func:`custsim.experiment.evaluate.evaluate`.

    Returns
    -------
    MeasuredChain
        ``.table`` (arrows), ``.levers``, ``.nodes``, ``.summary()``.

    Raises
    ------
    InputError
        If the step is out of bounds or a path does not exist.

    References
    ----------
    The chain: Heskett, Jones, Loveman, Sasser & Schlesinger (1994). Elasticities along it: Loveman (1998).

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> chain = measure_chain(small, levers=["employees.pay"], replications=2, progress=False)
    >>> len(chain.table), chain.levers["lever"].tolist()
    (10, ['employees.pay'])
    """
    if not 0 < step <= 0.2:
        raise InputError(f"step: must be above 0 and at most 0.2, got {step!r}; 0.1 moves things by a tenth")
    asked = LEVERS if levers is None else levers
    named = dict(asked) if isinstance(asked, Mapping) else {path: (path,) for path in asked}
    moves = {name: move for name, paths in named.items() if (move := _moved(scenario, paths, step))}
    shocks = {name: change for name, make in _SHOCKS.items() if (change := make(scenario, step))}
    firms = [scenario, *(scenario.change(change) for change in (*shocks.values(), *moves.values()))]
    made = evaluate(firms, list(_COLUMNS), replications=replications, seed=seed, **options).raise_errors()
    base = _nodes(made, 0)
    along = {name: _nodes(made, number) for number, name in enumerate(shocks, start=1)}
    arrows = [_arrow(arrow, moved, base, along.get(moved), confidence, scenario) for arrow, moved in ARROWS.items()]
    table = []
    for number, (name, change) in enumerate(moves.items(), start=1 + len(shocks)):
        path, after = next(iter(change.items()))
        before = _value(scenario, path)
        ratio = np.full(len(made.replications), after / before)
        found = _moves(np.ones_like(ratio), ratio, base["profit"], _nodes(made, number)["profit"], confidence)
        table.append({"lever": name, "before": before, "after": after} | found | {"unit": _unit("profit", scenario)})
    return MeasuredChain(
        scenario=scenario,
        nodes=pd.DataFrame(
            [
                {"node": node, "label": label, "unit": _unit(node, scenario), "value": float(base[node].mean())}
                for node, (label, _) in NODES.items()
            ]
        ),
        table=pd.DataFrame(arrows),
        levers=pd.DataFrame(table, columns=["lever", "before", "after", *_FOUND, "unit"]),
        replications=made.replications,
        seed=seed,
        step=step,
        confidence=confidence,
    )


# --- what is moved --------------------------------------------------------------------------------------------------


def _scaled(*paths: str, by: Callable[[float], float]) -> Callable[[Scenario, float], dict[str, float]]:
    """Move parameters by a factor that depends on the step; none that is 0, and nothing out of its bounds."""

    def make(scenario: Scenario, step: float) -> dict[str, float]:
        values = {path: _value(scenario, path) for path in paths}
        return {path: value * by(step) for path, value in values.items() if value > 0}

    return make


def _shortfalls(scenario: Scenario, step: float) -> dict[str, float]:
    """Let shortfalls weigh less: satisfaction rises, and nothing before it moves."""
    law = scenario.satisfaction
    if law.loss_aversion <= 1.0 or law.surprise_effect == 0.0:
        return {}
    return {"satisfaction.loss_aversion": 1.0 + (law.loss_aversion - 1.0) * (1.0 - 4.0 * step)}


_SHOCKS: dict[str, Callable[[Scenario, float], dict[str, float]]] = {
    "rewards and teamwork": _scaled(
        "internal_service.rewards.spend", "internal_service.teamwork.spend", by=lambda step: 1.0 + 3.0 * step
    ),
    "pay": _scaled("employees.pay", by=lambda step: 1.0 + step),
    "quality of the same time": _scaled("service_quality.time_reference", by=lambda step: 1.0 - step / 4.0),
    "failures": _scaled("complaints.failure_rate", by=lambda step: 1.0 - step),
    "weight of shortfalls": _shortfalls,
    "readiness to recommend": _scaled("referral.positive_peak", by=lambda step: 1.0 - step),
    "churn": _scaled("loyalty.churn", by=lambda step: 1.0 - step),
    "joining": _scaled("market.join_base", "market.join_advertised", by=lambda step: 1.0 - step),
}


def _moved(scenario: Scenario, paths: Sequence[str], step: float) -> dict[str, float]:
    """Raise parameters by the step; empty if one is 0 or no number."""
    found: dict[str, float] = {}
    for path in paths:
        value = _value(scenario, path)
        if isinstance(value, dict | list):
            raise InputError(f"{path}: is no parameter but a group of them; name one, such as complaints.staff")
        if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
            return {}
        found[path] = value + max(1, round(step * value)) if isinstance(value, int) else value * (1.0 + step)
    return found


def _value(scenario: Scenario, path: str) -> Any:
    value: Any = plain(scenario)
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            scenario.change({path: 0})  # says which path comes nearest
            raise InputError(f"{path}: no such lever")
        value = value[name]
    return value


# --- what follows -----------------------------------------------------------------------------------------------------


def _nodes(made: Evaluation, point: int) -> dict[str, Floats]:
    """Measure all places of the chain, one number a replication."""
    of = {name: made.values(name)[point] for name in _COLUMNS}
    with np.errstate(divide="ignore", invalid="ignore"):
        failures = 100.0 * (of["minor_failures"] + of["major_failures"]) / of["visits"]
        retention = 100.0 * (1.0 - of["left"] / of["customers"]) ** 12
    return {**{node: of[node] for node in NODES if node in of}, "failures": failures, "retention": retention}


_FOUND = ("elasticity", "low", "high", "effect", "effect_low", "effect_high")


def _arrow(
    arrow: tuple[str, str],
    moved: str,
    base: Mapping[str, Floats],
    other: Mapping[str, Floats] | None,
    confidence: float,
    scenario: Scenario,
) -> dict[str, Any]:
    source, target = arrow
    found = dict.fromkeys(_FOUND, math.nan)
    if other is not None:
        found = _moves(base[source], other[source], base[target], other[target], confidence)
    return {"source": source, "target": target, "moved": moved} | found | {"unit": _unit(target, scenario)}


def _moves(x0: Floats, x1: Floats, y0: Floats, y1: Floats, confidence: float) -> dict[str, float]:
    """Elasticity of y to x, and what one per cent of x does to y, each with its interval."""
    relative = jackknife(_elasticity, x0, x1, y0, y1, confidence=confidence)
    absolute = jackknife(_effect, x0, x1, y0, y1, confidence=confidence)
    return dict(zip(_FOUND, (*relative, *absolute), strict=True))


def _elasticity(x0: float, x1: float, y0: float, y1: float) -> float:
    if min(x0, x1, y0, y1) <= 0.0 or x0 == x1:
        return math.nan
    return math.log(y1 / y0) / math.log(x1 / x0)


def _effect(x0: float, x1: float, y0: float, y1: float) -> float:
    if min(x0, x1) <= 0.0 or x0 == x1:
        return math.nan
    return (y1 - y0) / math.log(x1 / x0) * math.log(1.01)


def _unit(node: str, scenario: Scenario) -> str:
    return NODES[node][1].replace("currency", scenario.currency)


def _bounds(row: Mapping[Any, Any], value: str, low: str, high: str, digits: int) -> str:
    if math.isnan(row[value]):
        return f"{'not here':>26}"
    bounds = "[too few]" if math.isnan(row[low]) else f"[{row[low]:+,.{digits}f}, {row[high]:+,.{digits}f}]"
    text = f"{row[value]:+,.{digits}f} {bounds}"
    return f"{text:>26}".replace("-", "\N{MINUS SIGN}")
