"""What would be lost: word of mouth, a customer, a complaint handled well, a point of internal service.

Each is the difference between two lives of the same firm under the same luck, one of them without the thing in
question. A value is therefore what the firm would miss, with everything that follows, not what an account attributes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.experiment.evaluate import evaluate
from custsim.experiment.interval import jackknife, mean_interval
from custsim.experiment.measures import resolve
from custsim.scenario.model import DRIVERS, Scenario
from custsim.simulation.desk import Desk
from custsim.simulation.engine import Process, Simulation, monthly_rate
from custsim.simulation.population import CUSTOMER, REMOVED
from custsim.simulation.results import Run
from custsim.simulation.run import simulate
from custsim.simulation.tables import LADDER, ladder_step
from custsim.simulation.worth import residual_value
from custsim.value.pyramid import tiers

__all__ = [
    "Counterfactual",
    "handled_complaint_worth",
    "internal_service_point",
    "lost_customer_cost",
    "word_of_mouth_worth",
]

Floats = NDArray[np.float64]

#: tiers by expected value to come, best first
TIERS = {"top fifth": 0.2, "middle": 0.6, "bottom fifth": 0.2}

#: parts of a difference in discounted profit; they add up to it
PARTS = {
    "total": "in all",
    "own": "own contribution",
    "others": "contribution of others (social value)",
    "costs": "own costs of the firm (negative: saved)",
}

_SHUT: dict[str, dict[str, int]] = {
    "recommendations": {"referral.positive_contacts": 0},
    "warnings": {"referral.negative_contacts": 0},
    "both": {"referral.positive_contacts": 0, "referral.negative_contacts": 0},
}


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """Answer to a question of the kind "what if this were not there".

    Attributes
    ----------
    question
        The question in words.
    table
        One row a number: group, part, label, unit, value, low, high, count (of what was sampled; 0 if nothing was).
    sample
        One row a sampled person or complaint with its own numbers; empty where whole firms were compared.
    notes
        How it was found, and what is left out.
    confidence
        Coverage of the intervals.
    """

    question: str
    table: pd.DataFrame
    sample: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    confidence: float = 0.95

    def value(self, group: str, part: str) -> float:
        """One number of the table.

        Raises
        ------
        InputError
            If there is no such row.
        """
        rows = self.table[(self.table["group"] == group) & (self.table["part"] == part)]
        if rows.empty:
            groups, parts = (", ".join(map(str, self.table[name].unique())) for name in ("group", "part"))
            raise InputError(f"{group!r}, {part!r}: no such number; groups are {groups}; parts are {parts}")
        return float(rows["value"].iloc[0])

    def summary(self) -> str:
        """Tell the answer in words, with intervals."""
        lines = [self.question]
        for group, rows in self.table.groupby("group", sort=False):
            count = int(rows["count"].iloc[0])
            lines.append(f"{group}{f' ({count} sampled)' if count else ''}:")
            lines += [f"  {row['label']:<44} {_told(row)}  {row['unit']}" for row in rows.to_dict("records")]
        return "\n".join([*lines, f"In brackets: {100 * self.confidence:g} % intervals.", *self.notes])

    def __str__(self) -> str:
        return self.summary()


def word_of_mouth_worth(
    scenario: Scenario,
    measures: Sequence[str] = ("profit", "net_present_value", "customers_end.last"),
    *,
    replications: int | Iterable[int] = 16,
    seed: int = 1,
    confidence: float = 0.95,
    **options: Any,
) -> Counterfactual:
    """What word of mouth is worth: the firm as it is less the same firm whose customers tell nobody.

    Recommendations, warnings and both are shut from month 0 on; warnings are worth less than nothing.

    Parameters
    ----------
    scenario
        The firm.
    measures
        Names of measures that are numbers.
    replications, seed
        The luck.
    confidence
        Coverage of the intervals.
    options
        ``executor``, ``jobs``, ``store``, ``progress``, as for :func:`custsim.experiment.evaluate.evaluate`.

    Returns
    -------
    Counterfactual
        Groups "recommendations", "warnings", "both"; parts are the measures.

    Raises
    ------
    InputError
        If a measure does not exist or is a series.

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> worth = word_of_mouth_worth(small, ["profit"], replications=2, progress=False)
    >>> worth.table["group"].tolist()
    ['recommendations', 'warnings', 'both']
    """
    firms = [scenario, *(scenario.change(changes) for changes in _SHUT.values())]
    made = evaluate(firms, measures, replications=replications, seed=seed, **options).raise_errors()
    rows = []
    for number, group in enumerate(_SHUT, start=1):
        for one in made.measures:
            values = made.values(one.name)
            if values.ndim != 2:
                raise InputError(f"{one.name}: is a series; ask for one number a run, such as profit")
            bounds = mean_interval(values[0] - values[number], confidence)
            rows.append(_row(group, one.name, one.label, _unit(one.unit, scenario), *bounds))
    return Counterfactual(
        "What is word of mouth worth? The firm as it is, less the firm without it.",
        pd.DataFrame(rows),
        notes=(f"{len(made.replications)} replications of seed {seed}, {scenario.time.months} months.",),
        confidence=confidence,
    )


def internal_service_point(
    scenario: Scenario,
    *,
    step: float = 0.1,
    replications: int | Iterable[int] = 16,
    seed: int = 1,
    confidence: float = 0.95,
    **options: Any,
) -> Counterfactual:
    """What one point of internal service quality is worth along each link.

    All spending on internal service is raised by a share; what follows at each link is divided by the points of
    internal service that it bought, both as means over months and replications.

    Parameters
    ----------
    scenario
        The firm.
    step
        Share by which the spending is raised, above 0.
    replications, seed, confidence, options
        As for :func:`word_of_mouth_worth`.

    Returns
    -------
    Counterfactual
        One group; parts are measures along the chain, each per point (of 100). Profit is given before and after the
        spending itself.

    Raises
    ------
    InputError
        If ``step`` is not above 0, or the spending moves nothing.

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> point = internal_service_point(small, replications=3, progress=False)
    >>> point.value("one point of internal service", "internal_service")
    1.0
    """
    if not step > 0:
        raise InputError(f"step: must be above 0, got {step!r}; 0.1 raises the spending by a tenth")
    spend = {name: getattr(scenario.internal_service, name).spend for name in DRIVERS}
    more = {f"internal_service.{name}.spend": (1.0 + step) * value for name, value in spend.items()}
    made = evaluate(
        [scenario, scenario.change(more)], list(_POINTS), replications=replications, seed=seed, **options
    ).raise_errors()
    apart = {name: made.values(name)[1] - made.values(name)[0] for name in _POINTS}
    if not apart["internal_service"].mean() > 0:
        raise InputError("internal_service: more spending does not raise it; is any spending and weight above 0?")
    apart["profit before the spending"] = apart["profit"] + apart["internal_service_cost"]
    rows = []
    for name, values in apart.items():
        bounds = jackknife(lambda x, y: y / x, apart["internal_service"], values, confidence=confidence)
        known = resolve(name) if name in _POINTS else resolve("profit")
        label = known.label if name in _POINTS else "Profit before that spending"
        rows.append(_row("one point of internal service", name, label, _unit(known.unit, scenario), *bounds))
    return Counterfactual(
        "What is one point of internal service (of 100) worth, link by link?",
        pd.DataFrame(rows),
        notes=(
            f"Spending on all six drivers + {100 * step:g} %; means of {scenario.time.months} months, "
            f"{len(made.replications)} replications of seed {seed}; jackknife intervals.",
        ),
        confidence=confidence,
    )


#: what is looked at along the chain
_POINTS = (
    "internal_service",
    "employee_satisfaction",
    "quits",
    "service_quality",
    "minor_failures",
    "major_failures",
    "satisfaction",
    "left",
    "joined",
    "customers",
    "contribution",
    "internal_service_cost",
    "profit",
)


def lost_customer_cost(
    scenario: Scenario,
    *,
    month: int = 12,
    persons: int = 12,
    together: int = 1,
    replications: int = 8,
    seed: int = 1,
    confidence: float = 0.95,
    jobs: int | None = None,
) -> Counterfactual:
    """What a lost customer costs: the firm as it is less the firm that one customer leaves, never to return.

    In every replication some customers are drawn, equally many from each tier, and removed one at a time at the
    beginning of ``month``. The loss of discounted profit is what the person would have contributed, what others would
    have contributed less (those the person would have brought, and whoever waits for whom), and the costs that change.

    Parameters
    ----------
    scenario
        The firm.
    month
        Month at whose beginning the customer is gone; money is discounted to it.
    persons
        Customers drawn in each replication, at least one a tier.
    together
        Customers of one tier that are removed in the same life. What they bring others and what they cost is shared
        evenly among them, and its noise falls with their number: one person less moves a queue about as far as ten.
    replications, seed
        The luck; intervals treat replications as independent, not persons.
    confidence
        Coverage of the intervals.
    jobs
        Replications lived at once; one for each processor by default.

    Returns
    -------
    Counterfactual
        Groups: "all customers", tiers by expected value to come, steps of the customer ladder; parts: :data:`PARTS`.
        Means of all customers and of ladder steps weigh each tier by its size.

    Raises
    ------
    InputError
        If the month is not within the run, numbers are too small, or there are no customers in that month.

    Notes
    -----
    Money after the end of the run is not counted: the longer the run, the more of the loss is seen.

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 6}, opening="own")
    >>> cost = lost_customer_cost(small, month=2, persons=3, replications=2)
    >>> round(cost.value("all customers", "total") - sum(
    ...     cost.value("all customers", part) for part in ("own", "others", "costs")), 6)
    0.0
    """
    if not 0 <= month < scenario.time.months:
        raise InputError(f"month: must be from 0 to {scenario.time.months - 1}, got {month}")
    if not 1 <= together <= max(1, persons // len(TIERS)):
        raise InputError(
            f"together: must be from 1 to {max(1, persons // len(TIERS))}, a tier's persons, got {together}"
        )
    if persons < len(TIERS) or replications < 2:
        raise InputError(
            f"persons, replications: at least {len(TIERS)} and 2 are needed, got {persons}, {replications}"
        )
    lives = _each(lambda number: _losses(scenario, seed, number, month, (persons, together)), replications, jobs)
    sample = pd.DataFrame([row for rows in lives for row in rows])
    groups = [("all customers", "", "")]
    groups += [(f"tier: {name}", "tier", name) for name in TIERS]
    groups += [(f"ladder: {name}", "ladder", name) for name in LADDER]
    return Counterfactual(
        f"What does a lost customer cost? Discounted profit missed from month {month} on.",
        _grouped(sample, groups, scenario, confidence),
        sample,
        (
            f"{len(sample)} customers removed, {together} at a time, {replications} replications of seed {seed}; "
            f"money after month {scenario.time.months - 1} is not counted.",
            "Tiers are ranked by the value expected to come.",
        ),
        confidence,
    )


def handled_complaint_worth(
    scenario: Scenario,
    *,
    first: int = 0,
    last: int = 11,
    complaints: int = 12,
    replications: int = 8,
    seed: int = 1,
    confidence: float = 0.95,
    jobs: int | None = None,
) -> Counterfactual:
    """What a complaint handled well is worth: the firm as it is less the firm that leaves this one unanswered.

    In every replication some complaints that ended in satisfaction are drawn, and each is voided in a life of its own:
    the desk has the same work, but the customer hears nothing and gets nothing.

    Parameters
    ----------
    scenario
        The firm.
    first, last
        Months in which the answers were given; money is discounted to the month of the answer.
    complaints
        Complaints drawn in each replication, half of them minor and half major where there are enough.
    replications, seed, confidence, jobs
        As for :func:`lost_customer_cost`.

    Returns
    -------
    Counterfactual
        Groups: "all complaints" (weighing the severities as they occur), "minor", "major"; parts: :data:`PARTS`, where
        own contribution is after the compensation paid.

    Raises
    ------
    InputError
        If the months are not within the run, numbers are too small, or no complaint was handled well.

    Examples
    --------
    >>> small = Scenario().scaled(0.05).change({"time.months": 8}, opening="own")
    >>> worth = handled_complaint_worth(small, last=5, complaints=2, replications=3)
    >>> worth.table["part"].unique().tolist()
    ['total', 'own', 'others', 'costs']
    """
    if not 0 <= first <= last < scenario.time.months:
        raise InputError(
            f"first, last: must be months of the run, 0 to {scenario.time.months - 1}, got {first}, {last}"
        )
    if complaints < 2 or replications < 2:
        raise InputError(f"complaints, replications: at least 2 of each are needed, got {complaints}, {replications}")
    lives = _each(lambda number: _voided(scenario, seed, number, (first, last), complaints), replications, jobs)
    sample = pd.DataFrame([row for rows in lives for row in rows])
    if sample.empty:
        raise InputError(
            f"complaints: none was handled well from month {first} to {last}; take more months or a better desk"
        )
    groups = [("all complaints", "", ""), ("minor", "severity", "minor"), ("major", "severity", "major")]
    return Counterfactual(
        "What is a complaint handled well worth, against the same complaint left unanswered?",
        _grouped(sample, groups, scenario, confidence),
        sample,
        (
            f"{len(sample)} complaints voided one at a time, {replications} replications of seed {seed}; "
            f"money after month {scenario.time.months - 1} is not counted.",
        ),
        confidence,
    )


# --- one person more or less --------------------------------------------------------------------------------------


class _Ledger:
    """Everybody's contribution so far at the end of each month, and a look at the persons at one moment."""

    def __init__(self, month: int | None = None) -> None:
        self.month = month
        self.contribution: list[Floats] = []
        self.customers = pd.DataFrame()

    def __call__(self, simulation: Simulation) -> Generator[Any, Any, None]:
        simulation.watchers.append(lambda lived: self.contribution.append(lived.state.people.contribution.copy()))
        if self.month is not None:
            yield simulation.until(self.month)
            self.customers = _standing(simulation, self.month)

    def own(self, person: int, start: int) -> Floats:
        """Contribution of a person in each month from ``start`` on."""
        so_far = np.array([month[person] for month in self.contribution])
        months: Floats = np.diff(so_far, prepend=0.0)[start:]
        return months


def _standing(simulation: Simulation, month: int) -> pd.DataFrame:
    """Tier and ladder step of every customer, by person."""
    people, scenario = simulation.state.people, simulation.scenario
    who = np.flatnonzero(people.state == CUSTOMER)
    later, _ = residual_value(people, who, scenario, month)
    later *= (1.0 + monthly_rate(scenario)) ** (month - people.since[who].astype(np.float64))
    step = ladder_step(people, who, month, scenario.satisfaction.satisfied_above)
    return pd.DataFrame({"tier": tiers(later, shares=TIERS).astype(str).to_numpy(), "ladder": step}, index=who)


def _removal(persons: Sequence[int], month: int) -> Process:
    def remove(simulation: Simulation) -> Generator[Any, Any, None]:
        yield simulation.until(month)
        people, gone = simulation.state.people, list(persons)
        people.state[gone], people.changed[gone] = REMOVED, month
        simulation.state.firm["customer_rate"] -= people.rate[gone].sum(dtype=np.float64)

    return remove


def _losses(scenario: Scenario, seed: int, number: int, month: int, counts: tuple[int, int]) -> list[dict[str, Any]]:
    """Remove some customers of one replication, one or a few of a tier at a time."""
    persons, together = counts
    base = _Ledger(month)
    run = simulate(scenario, seed, number, processes=[base], transactions=False)
    if base.customers.empty:
        raise InputError(f"month: there are no customers in month {month} of replication {number}")
    luck = np.random.default_rng([seed, number, month])
    rows = []
    for tier, members in base.customers.groupby("tier", sort=True):
        drawn = luck.permutation(members.index.to_numpy())[: persons // len(TIERS)]
        for first in range(0, len(drawn), together):
            gone = drawn[first : first + together].tolist()
            without = _Ledger()
            other = simulate(scenario, seed, number, processes=[_removal(gone, month), without], transactions=False)
            own = [base.own(person, month) - without.own(person, month) for person in gone]
            shared = _missed(run, other, np.sum(own, axis=0), month)
            for person, mine in zip(gone, own, strict=True):
                found = {part: value / len(gone) for part, value in shared.items()} | {"own": _discounted(run, mine)}
                found["total"] = found["own"] + found["others"] + found["costs"]
                rows.append(
                    {"replication": number, "person": person, "tier": tier}
                    | {"ladder": base.customers.loc[person, "ladder"], "weight": len(members) / len(drawn)}
                    | found
                )
    return rows


class _Voiding:
    """A desk that does all its work, but leaves one ticket without an answer."""

    def __init__(self, desk: Desk, owner: int, raised: int) -> None:
        self._desk, self._owner, self._raised = desk, owner, raised

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    @property
    def patience(self) -> float:
        return self._desk.patience

    @patience.setter
    def patience(self, days: float) -> None:
        self._desk.patience = days

    def close_month(self) -> NDArray[np.void]:
        done: Any = self._desk.close_month()
        done["abandoned"] |= (done["owner"] == self._owner) & (done["month"] == self._raised)
        return done  # type: ignore[no-any-return]


def _voids(owner: int, raised: int) -> Process:
    def void(simulation: Simulation) -> Generator[Any, Any, None]:
        yield simulation.until(0)
        desk: Any = _Voiding(simulation.state.complaint_desk, owner, raised)
        simulation.state.complaint_desk = desk

    return void


def _voided(
    scenario: Scenario, seed: int, number: int, months: tuple[int, int], complaints: int
) -> list[dict[str, Any]]:
    """Void some complaints of one replication that were handled well, one at a time."""
    base = _Ledger()
    run = simulate(scenario, seed, number, processes=[base], transactions=False)
    tickets = run.tickets
    good = tickets[(tickets["satisfied"] & tickets["customer"] & ~tickets["gave_up"]).astype(bool)]
    good = good[good["closed"].between(*months)]
    luck = np.random.default_rng([seed, number, *months])
    rows = []
    for severity, members in good.groupby("severity", sort=True):
        drawn = luck.permutation(len(members))[: complaints // 2]
        for ticket in members.iloc[drawn].to_dict("records"):
            person, closed = int(ticket["person"]), int(ticket["closed"])
            without = _Ledger()
            other = simulate(
                scenario, seed, number, processes=[_voids(person, int(ticket["raised"])), without], transactions=False
            )
            rows.append(
                {"replication": number, "person": person, "closed": closed, "severity": severity}
                | {"compensation": float(ticket["compensation"])}
                | {"weight": len(members) / len(drawn)}
                | _missed(run, other, base.own(person, closed) - without.own(person, closed), closed)
            )
    return rows


def _missed(run: Run, other: Run, own: Floats, start: int) -> dict[str, float]:
    """What of discounted profit is missed in the other life, in parts."""
    total, contribution = (
        _discounted(run, (run.monthly[name] - other.monthly[name]).to_numpy(dtype=np.float64)[start:])
        for name in ("profit", "contribution")
    )
    mine = _discounted(run, own)
    return {"total": total, "own": mine, "others": contribution - mine, "costs": total - contribution}


def _discounted(run: Run, series: Floats) -> float:
    """Discount a series to its first month."""
    return float(series @ (1.0 + monthly_rate(run.scenario)) ** -np.arange(series.size, dtype=np.float64))


def _grouped(
    sample: pd.DataFrame, groups: Sequence[tuple[str, str, str]], scenario: Scenario, confidence: float
) -> pd.DataFrame:
    """Weighted means by group: one mean a replication, and an interval over the replications."""
    rows = []
    for group, column, wanted in groups:
        chosen = sample if not column else sample[sample[column] == wanted]
        for part, label in PARTS.items():
            means = [float(np.average(one[part], weights=one["weight"])) for _, one in chosen.groupby("replication")]
            if means:
                bounds = mean_interval(np.array(means), confidence)
                rows.append(_row(group, part, label, scenario.currency, *bounds, count=len(chosen)))
    return pd.DataFrame(rows)


def _each(make: Callable[[int], list[dict[str, Any]]], count: int, jobs: int | None) -> list[list[dict[str, Any]]]:
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs: must be at least 1, got {jobs}")
    lives: list[list[dict[str, Any]]] = joblib.Parallel(n_jobs=jobs or -1, backend="threading")(
        joblib.delayed(make)(number) for number in range(count)
    )
    return lives


def _row(
    group: str, part: str, label: str, unit: str, value: Any, low: Any, high: Any, *, count: int = 0
) -> dict[str, Any]:
    return {"group": group, "part": part, "label": label, "unit": unit, "value": float(value)} | {
        "low": float(low),
        "high": float(high),
        "count": count,
    }


def _unit(unit: str, scenario: Scenario) -> str:
    return unit.replace("currency", scenario.currency)


def _told(row: Mapping[Any, Any]) -> str:
    digits = 2 * (abs(row["value"]) < 100)
    # z: what is 0 as it is written has no minus
    bounds = "[too few]" if math.isnan(row["low"]) else f"[{row['low']:+z,.{digits}f}, {row['high']:+z,.{digits}f}]"
    return f"{row['value']:+z,.{digits}f} {bounds}".replace("-", "\N{MINUS SIGN}").rjust(34)
