"""The truth at one moment: what every person holds and what the staff delivers; what a survey is later held against."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.chain import service_quality
from custsim.errors import InputError
from custsim.scenario.model import DIMENSIONS, REFERENCE_LEVEL, Scenario
from custsim.simulation import Run, Simulation, simulate
from custsim.simulation.parameters import pack_segments
from custsim.simulation.population import People

__all__ = ["Snapshot", "snapshot", "snapshots"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Persons and service at the end of a month.

    Attributes
    ----------
    scenario
        The firm, with the levers then in force.
    month
        The month that had just ended.
    people
        Everybody of the market; a copy.
    delivered
        Mean level of the five dimensions over the serving staff, 0-1, in the order of
        :data:`custsim.scenario.model.DIMENSIONS`.
    felt
        The same as each segment feels it, by its Kano kinds; shape (segments, 5).
    weights
        Importance of the dimensions to each segment, summing to 1; shape (segments, 5).
    """

    scenario: Scenario
    month: int
    people: People
    delivered: Floats
    felt: Floats
    weights: Floats

    @property
    def quality(self) -> Floats:
        """Quality as each segment weighs it, 0-1; shape (segments,)."""
        total: Floats = (self.weights * self.felt).sum(axis=1)
        return total

    @property
    def said(self) -> Floats:
        """Satisfaction as everybody would report it without noise, 0-1: cumulative satisfaction plus the felt mark."""
        people = self.people
        return np.clip(people.satisfaction.astype(np.float64) + people.felt, 0.0, 1.0)


def snapshot(source: Run | Simulation | Snapshot, month: int | None = None) -> Snapshot:
    """Look at everybody at the end of a month.

    Parameters
    ----------
    source
        A run (lived once more up to the end, which gives the same lives), a simulation under way (as it is now), or a
        snapshot (returned as it is).
    month
        Month of a run, the last by default. A simulation and a snapshot have only their own.

    Raises
    ------
    InputError
        If the run has no such month, or cannot be lived again.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> now = snapshot(run)
    >>> now.month, now.delivered.shape
    (5, (5,))
    """
    if isinstance(source, Run):
        return snapshots(source, [source.months - 1 if month is None else month])[0]
    taken = source if isinstance(source, Snapshot) else _take(source)
    if month is not None and month != taken.month:
        raise InputError(
            f"month: this {type(source).__name__.lower()} is at the end of month {taken.month}, got {month}; "
            "take the finished run to look at another month"
        )
    return taken


def snapshots(run: Run, months: Sequence[int]) -> list[Snapshot]:
    """Look at everybody at the ends of several months of a run, which is lived once more for it.

    Parameters
    ----------
    run
        A finished run.
    months
        Months to look at, in any order.

    Raises
    ------
    InputError
        If the run has no such month, or cannot be lived again: it was saved and had processes of its own, or another
        version of custsim made it.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> [then.month for then in snapshots(run, [0, 3])]
    [0, 3]
    """
    wrong = sorted({month for month in months if not 0 <= month < run.months})
    if wrong:
        raise InputError(f"month: the run has months 0 to {run.months - 1}, got {', '.join(map(str, wrong))}")
    if not run._again:
        raise InputError(
            "the saved run used processes or a desk of its own and cannot be lived again; simulate it again"
        )
    wanted, found = set(months), dict[int, Snapshot]()

    def look(simulation: Simulation) -> Generator[Any, Any, None]:
        def watch(now: Simulation) -> None:
            if now.month in wanted:
                found[now.month] = _take(now, ended=now.month)

        simulation.watchers.append(watch)
        yield simulation.until(simulation.month)

    options = dict(run._again)
    options["processes"] = (*options.get("processes", ()), look)
    again = simulate(run.scenario, run.seed, run.replication, months=run.months, **options)
    if not np.allclose(again.monthly, run.monthly, rtol=1e-9, atol=1e-9, equal_nan=True):
        raise InputError(
            f"the run was made by custsim {run.version} and comes out otherwise now, so these would be "
            "other customers; simulate it again"
        )
    return [found[month] for month in months]


def _take(simulation: Simulation, ended: int | None = None) -> Snapshot:
    """Copy what a simulation holds now; by default nothing of the present month has been lived yet."""
    state, scenario = simulation.state, simulation.scenario
    levels = _levels(simulation)
    if levels.shape[1] == 0:
        raise InputError("nobody serves customers, or nothing has been lived yet; look again at the end of a month")
    weights, bends = pack_segments(scenario)
    anchor = scenario.service_quality.anchor
    felt = np.array([service_quality.kano(levels, anchor, bend[:, None]).mean(axis=1) for bend in bends])
    return Snapshot(
        scenario=scenario,
        month=state.month - 1 if ended is None else ended,
        people=state.people.copy(),
        delivered=levels.mean(axis=1),
        felt=felt,
        weights=weights / weights.sum(axis=1, keepdims=True),
    )


def _levels(simulation: Simulation) -> Floats:
    """What each serving employee delivers in the five dimensions, by the laws of the chain; shape (5, employees)."""
    state, quality, firm = simulation.state, simulation.scenario.service_quality, simulation.state.firm[0]
    serving = state.staff.serving[: state.staff.heads[0]]
    skill = state.staff.skill[serving] - quality.skill_reference
    mood = state.staff.satisfaction[serving] - simulation.scenario.employees.satisfaction
    tools, training = firm["level_tools"] - REFERENCE_LEVEL, firm["level_training"] - REFERENCE_LEVEL
    time = firm["time_hours"] / quality.time_reference - 1.0
    anchor = quality.anchor
    levels = {
        "reliability": service_quality.reliability(
            anchor,
            quality.reliability_slope,
            skill,
            tools,
            time,
            quality.reliability_tools,
            quality.reliability_time,
        ),
        "assurance": service_quality.assurance(
            anchor, quality.assurance_slope, training, skill, quality.assurance_skill
        ),
        "tangibles": service_quality.tangibles(anchor, quality.tangibles_slope, tools),
        "empathy": service_quality.empathy(anchor, quality.empathy_slope, mood),
        "responsiveness": service_quality.responsiveness(anchor, quality.responsiveness_slope, time),
    }
    return np.array([np.broadcast_to(levels[name], serving.shape) for name in DIMENSIONS], dtype=np.float64)
