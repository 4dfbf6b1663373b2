"""Following some persons month by month: what a story is told from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.simulation.population import EVENTS

if TYPE_CHECKING:
    from custsim.simulation.engine import Simulation

__all__ = ["TRACE", "Trace"]

#: a followed person at the end of a month
TRACE = np.dtype(
    [
        ("month", np.int32),
        ("person", np.int64),
        ("state", np.uint8),
        ("events", np.uint16),
        ("visits", np.uint16),
        ("satisfaction", np.float64),
        ("expectation", np.float64),
        ("felt", np.float64),
        ("wound", np.float64),
        ("recommendations", np.float64),
        ("warnings", np.float64),
        ("informant", np.int32),
        ("contribution", np.float64),
        ("value", np.float64),
        ("changed", np.int16),
        ("segment", np.uint8),
        ("rate", np.float64),
        ("spend", np.float64),
        ("taste", np.float64),
        ("hazard", np.float64),
    ]
)

#: what is kept as the population has it
_AS_THEY_ARE = tuple(name for name in TRACE.names or () if name not in ("month", "person", "recommendations"))


class Trace:
    """A watcher that keeps every month of some persons.

    Parameters
    ----------
    persons
        Their ids.
    """

    def __init__(self, persons: Sequence[int]) -> None:
        self.persons = np.array(persons, dtype=np.int64)
        self._months: list[NDArray[np.void]] = []

    def __call__(self, simulation: Simulation) -> None:
        """Keep this month."""
        people, who = simulation.state.people, self.persons
        rows = np.zeros(who.size, dtype=TRACE)
        rows["month"], rows["person"] = simulation.month, who
        for name in _AS_THEY_ARE:
            rows[name] = getattr(people, name)[who]
        rows["recommendations"] = people.strong[who] + people.weak[who]
        self._months.append(rows)

    @property
    def table(self) -> pd.DataFrame:
        """One row a month and person; every event is a column of true and false."""
        rows: Any = np.concatenate(self._months) if self._months else np.zeros(0, dtype=TRACE)
        table = pd.DataFrame({name: rows[name] for name in TRACE.names or () if name != "events"})
        for bit, name in EVENTS.items():
            table[name] = (rows["events"] & bit) != 0
        return table
