"""Playing: a firm lives by plans that are known, or by a policy that makes each year's plan when the year begins.

Both give the same firm, bit by bit: a plan is a dated intervention, and what a year brings does not depend on what is
decided after it. So nothing but the plans has to be kept, and a year is closed by living the firm from its opening on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from custsim.game.firm import Firm
from custsim.game.levers import Line, Plan, Volumes, cost, in_budget, lines
from custsim.scenario.model import Scenario
from custsim.simulation.engine import Simulation
from custsim.simulation.results import Run
from custsim.simulation.run import simulate

__all__ = ["Desk", "Policy", "lived", "played", "scheduled"]


@dataclass(frozen=True)
class Desk:
    """What lies on the desk when a year is planned.

    Attributes
    ----------
    firm
        The firm.
    year
        Year that is planned, from 1.
    volumes
        Of the last twelve months.
    previous
        Plan of the year before.
    """

    firm: Firm
    year: int
    volumes: Volumes
    previous: Plan

    @property
    def lines(self) -> tuple[Line, ...]:
        """What things cost this year."""
        return lines(self.firm.scenario, self.volumes, self.firm.made_good)

    @property
    def budget(self) -> float:
        """What may be planned to be spent, currency a year; never less than the leanest plan costs."""
        leanest = self.cost({lever.path: lever.cheap for lever in self.firm.levers})
        return max(self.firm.budget(self.volumes), 1000.0 * math.ceil(leanest / 1000.0))

    def cost(self, plan: Plan) -> float:
        """What a plan costs, currency a year."""
        return cost(self.lines, plan)

    def fitted(self, plan: Plan) -> dict[str, float | int]:
        """Cut a plan evenly until the budget holds it."""
        return in_budget(self.lines, self.firm.levers, plan, self.budget)


#: makes a plan of what lies on the desk; what is beyond the budget is cut evenly
Policy = Callable[[Desk], Plan]


def scheduled(firm: Firm, plans: Sequence[Plan]) -> Scenario:
    """Give the firm with the plans of years 1, 2 ... as dated interventions."""
    dated = [
        {"name": f"plan of year {year}", "month": 12 * year, "change": dict(plan)}
        for year, plan in enumerate(plans, start=1)
    ]
    return firm.scenario.change({"interventions": dated})


def lived(firm: Firm, plans: Sequence[Plan], *, seed: int | None = None, replication: int = 0) -> Run:
    """Live the year before the game and as many years as there are plans.

    Parameters
    ----------
    firm
        The firm.
    plans
        One for each year, from year 1 on.
    seed, replication
        The luck; the game's own by default.
    """
    seed = firm.seed if seed is None else seed
    return simulate(scheduled(firm, plans), seed, replication, months=12 * (len(plans) + 1))


def desk_after(firm: Firm, run: Run, plans: Sequence[Plan]) -> Desk:
    """Lay out what is known when the year after a run is planned."""
    return Desk(firm, len(plans) + 1, Volumes.of(run.monthly.iloc[-12:]), plans[-1] if plans else firm.start)


def played(
    firm: Firm, policy: Policy, *, seed: int | None = None, replication: int = 0
) -> tuple[list[dict[str, float | int]], Run]:
    """Live the whole game by a policy, year by year in one run.

    Returns
    -------
    tuple
        The plans that were made, and the run; :func:`lived` with these plans gives the same months.
    """
    plans: list[dict[str, float | int]] = []

    def manage(simulation: Simulation) -> Generator[Any, Any, None]:
        for year in range(1, firm.years + 1):
            yield simulation.until(12 * year)
            months = simulation.rows[12 * (year - 1) : 12 * year]
            desk = Desk(firm, year, Volumes.of(months), plans[-1] if plans else firm.start)
            plans.append(desk.fitted(policy(desk)))
            simulation.set(plans[-1])

    run = simulate(firm.scenario, firm.seed if seed is None else seed, replication, processes=[manage])
    return plans, run
