"""What a moving slider asks of a run, without its tables: making them would take a quarter of the time of a move.

The definitions are those of :mod:`custsim.experiment.measures` and :mod:`custsim.simulation.tables`; tests hold them
equal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.scenario import Scenario
from custsim.simulation import Run, simulate
from custsim.simulation.engine import Simulation, monthly_rate
from custsim.simulation.population import CUSTOMER
from custsim.simulation.worth import residual_value

__all__ = ["QUICK", "Lived", "live"]

Floats = NDArray[np.float64]


class Lived:
    """A run with the persons as it left them.

    Parameters
    ----------
    run
        The run.
    simulation
        What it was lived in.
    """

    def __init__(self, run: Run, simulation: Simulation) -> None:
        self.run = run
        self.people = simulation.state.people
        self.end = simulation.state.month
        self.scenario = simulation.scenario  # with the levers in force at the end
        self.months = simulation.rows.size
        self.customers_a_year_ago = float(simulation.rows["customers"][max(0, self.months - 12)])

    @cached_property
    def who(self) -> NDArray[np.int64]:
        """Persons who have an account: the rows of ``Run.customers``."""
        return np.flatnonzero((self.people.spells > 0) | (self.people.contribution != 0.0))

    @cached_property
    def residual(self) -> Floats:
        """Expected contribution after the run, discounted to each person's first month."""
        return residual_value(self.people, self.who, self.scenario, self.end)[0]

    @cached_property
    def won(self) -> NDArray[np.bool_]:
        """Who became a customer in the run and was none at the opening."""
        later: NDArray[np.bool_] = self.people.since[self.who] > 0
        return later


def live(scenario: Scenario, seed: int, replication: int) -> Lived:
    """Live a scenario, and keep the persons as it left them.

    Examples
    --------
    >>> lived = live(Scenario().scaled(0.05), 1, 0)
    >>> lived.run.months, lived.who.size == len(lived.run.customers)
    (60, True)
    """
    kept: list[Simulation] = []

    def witness(simulation: Simulation) -> Generator[Any, Any, None]:
        kept.append(simulation)
        yield simulation.env.timeout(0)

    run = simulate(scenario, seed, replication, processes=(witness,), transactions=False)
    return Lived(run, kept[0])


def _lifetime_value(lived: Lived) -> float:
    worth = lived.people.value[lived.who].astype(np.float64) + lived.residual
    return float(worth[lived.won].mean()) if lived.won.any() else float("nan")


def _customer_equity(lived: Lived) -> float:
    since = lived.people.since[lived.who].astype(np.float64)
    return float((lived.residual * (1.0 + monthly_rate(lived.run.scenario)) ** (lived.months - since)).sum())


def _retention(lived: Lived) -> float:
    if lived.months < 12 or not lived.customers_a_year_ago:
        return float("nan")
    people, who = lived.people, lived.who
    stayed = (people.state[who] == CUSTOMER) & (people.changed[who] <= lived.months - 12)
    return 100.0 * float(stayed.sum()) / lived.customers_a_year_ago


#: number of :data:`custsim.widgets.numbers.HEADLINES` -> the same without tables
QUICK: dict[str, Callable[[Lived], float]] = {
    "lifetime_value": _lifetime_value,
    "customer_equity": _customer_equity,
    "retention": _retention,
}
