"""What a run leaves behind: tables with documented columns, a summary, the story of a person."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

import numpy as np
import pandas as pd

import custsim
from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation.accounts import COLUMNS, Column
from custsim.simulation.engine import Process, Simulation
from custsim.simulation.tables import (
    CUSTOMER_COLUMNS,
    TICKET_COLUMNS,
    customer_table,
    employee_table,
    joined_table,
    ladder_counts,
    lever_table,
    monthly_table,
    ticket_table,
)
from custsim.simulation.trace import Trace
from custsim.simulation.worth import visit_times

if TYPE_CHECKING:
    from custsim.simulation.summary import Summary

__all__ = ["Run"]

Kind = TypeVar("Kind")


class _Table(Generic[Kind]):
    """A field that may be given as a table or as a function that makes it when it is first asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, run: object | None, owner: type | None = None) -> Kind:
        if run is None:
            raise AttributeError(self._name)  # so that the field has no default
        kept = vars(run)
        if callable(kept[self._name]):
            kept[self._name] = kept[self._name]()
        return cast(Kind, kept[self._name])

    def __set__(self, run: object, value: Kind | Callable[[], Kind]) -> None:
        vars(run)[self._name] = value


@dataclass(frozen=True, eq=False)
class Run:
    """One run of one scenario: immutable, with everything as tables. Two runs are equal if their tables are.

    Attributes
    ----------
    scenario, seed, replication
        What was run; together with the version they reproduce every number.
    monthly
        One row a month; columns and units in :data:`custsim.simulation.accounts.COLUMNS`.
    customers
        One row a person who was a customer or was paid compensation, indexed by person; see :data:`CUSTOMER_COLUMNS`.
    tickets
        One row a finished complaint; see :data:`TICKET_COLUMNS`.
    employees
        One row a holder of a position: position, holder, hired, left (-1: still there), satisfaction (0-100), skill.
    referrals
        One row a joining by word of mouth: month, recruit, recruiter.
    joined
        One row a joining: month, person, recruiter (-1 nobody).
    transactions
        One row a visit, if kept: person, time (months), amount; ``None`` otherwise.
    levers
        One row a change of a lever during the run: month, path, value.
    ladder
        Persons on each step of the customer ladder at the end.
    seconds
        Time the opening and the months took.
    version
        Version of custsim.
    """

    scenario: Scenario
    seed: int
    replication: int
    monthly: _Table[pd.DataFrame] = _Table()
    customers: _Table[pd.DataFrame] = _Table()
    tickets: _Table[pd.DataFrame] = _Table()
    employees: _Table[pd.DataFrame] = _Table()
    joined: _Table[pd.DataFrame] = _Table()
    levers: _Table[pd.DataFrame] = _Table()
    ladder: _Table[pd.Series[int]] = _Table()
    transactions: _Table[pd.DataFrame | None] = _Table()
    version: str = custsim.__version__
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    trace: pd.DataFrame | None = None
    _again: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    #: what the columns of the tables are, with their units
    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "monthly": COLUMNS,
        "customers": CUSTOMER_COLUMNS,
        "tickets": TICKET_COLUMNS,
    }
    _simulate: ClassVar[Callable[..., Run]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Run):
            return NotImplemented
        named = ("scenario", "seed", "replication", "version")
        shown = ("monthly", "customers", "tickets", "employees", "joined", "levers", "ladder", "transactions")
        return all(getattr(self, name) == getattr(other, name) for name in named) and all(
            _same(getattr(self, name), getattr(other, name)) for name in shown
        )

    def __hash__(self) -> int:
        return hash((self.seed, self.replication, self.months, self.version))

    @classmethod
    def of(
        cls,
        simulation: Simulation,
        scenario: Scenario,
        *,
        seed: int,
        replication: int,
        seconds: Mapping[str, float],
        trace: Trace | None,
        processes: tuple[Process, ...],
        desk: str | Callable[..., Any],
    ) -> Run:
        """Collect the results of a simulation that has been lived; a table is made when it is first asked for."""
        joined = functools.cache(lambda: joined_table(simulation))
        return cls(
            scenario=scenario,
            seed=seed,
            replication=replication,
            monthly=monthly_table(simulation),
            customers=lambda: customer_table(simulation, joined()),
            tickets=lambda: ticket_table(simulation),
            employees=lambda: employee_table(simulation),
            joined=joined,
            levers=lambda: lever_table(simulation),
            ladder=lambda: ladder_counts(simulation),
            transactions=(lambda: visit_times(simulation)) if simulation.keep_visits else None,
            seconds=dict(seconds),
            trace=None if trace is None else trace.table,
            _again={"processes": processes, "desk": desk},
        )

    def __getstate__(self) -> dict[str, Any]:
        """Make every table before the run is copied or sent elsewhere."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def months(self) -> int:
        """Months lived."""
        return len(self.monthly)

    @cached_property
    def referrals(self) -> pd.DataFrame:
        """The referral tree: one row a joining by word of mouth."""
        told = self.joined[self.joined["recruiter"] >= 0]
        return told.rename(columns={"person": "recruit"}).reset_index(drop=True)

    def summary(self) -> Summary:
        """Summarise the run: what the firm earned, what a customer is worth, who complains, who recommends, weak links.

        Returns
        -------
        Summary
            Prints as text; ``.data`` is a plain dictionary for scripts.
        """
        from custsim.simulation.summary import summarise

        return summarise(self)

    def story(self, person: int) -> str:
        """Tell one person's life in plain words: dates, satisfaction, complaints, recoveries, referrals, worth.

        Parameters
        ----------
        person
            Id of a person. If the run did not follow them, it is lived once more, which gives the same life.

        Raises
        ------
        InputError
            If there is no such person, or a saved run cannot be lived again: it used processes of its own, or another
            version of custsim.
        """
        from custsim.simulation.story import tell

        return tell(self, person)

    def save(self, folder: str | Path) -> Path:
        """Save all tables (Parquet) with a manifest (JSON: scenario, seed, versions); all of it or nothing.

        Raises
        ------
        InputError
            If the folder exists and holds something that is not a run of custsim.
        EnvironmentFailure
            If it cannot be written.
        """
        from custsim.simulation.storage import save

        return save(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> Run:
        """Load a saved run.

        Raises
        ------
        InputError
            If the folder is not a complete run.
        EnvironmentFailure
            If it cannot be read.
        """
        from custsim.simulation.storage import load

        return load(folder, cls)

    def followed(self, person: int) -> pd.DataFrame:
        """Months of one person; lived again if this run did not follow them.

        Raises
        ------
        InputError
            As :meth:`story`.
        """
        if not 0 <= person < self.scenario.market.persons:
            raise InputError(f"person: must be from 0 to {self.scenario.market.persons - 1}, got {person}")
        if self.trace is not None and (self.trace["person"] == person).any():
            return self.trace[self.trace["person"] == person].reset_index(drop=True)
        if not self._again:
            raise InputError(
                f"person {person}: the saved run used processes or a desk of its own and cannot be lived again; "
                f"simulate it with trace=[{person}]"
            )
        again = self._simulate(
            self.scenario, self.seed, self.replication, months=self.months, trace=[person], **dict(self._again)
        )
        if not np.allclose(again.monthly, self.monthly, rtol=1e-9, atol=1e-9, equal_nan=True):
            raise InputError(
                f"person {person}: the run was made by custsim {self.version} and comes out otherwise now, so this "
                f"would be another life; simulate it again with trace=[{person}]"
            )
        return again.followed(person)


def _same(one: Any, other: Any) -> bool:
    return one is other or (one is not None and other is not None and bool(one.equals(other)))
