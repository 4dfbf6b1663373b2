"""What a run leaves behind: tables with documented columns, a summary, the story of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import custsim
from custsim.chain import loyalty
from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation.accounts import COLUMNS, Column
from custsim.simulation.engine import Process, Simulation, monthly_rate
from custsim.simulation.population import CUSTOMER, LAPSED, PROSPECT, STATES, People
from custsim.simulation.trace import Trace
from custsim.simulation.worth import residual_value, tied_capacity

if TYPE_CHECKING:
    from custsim.simulation.summary import Summary

__all__ = ["CUSTOMER_COLUMNS", "LADDER", "TICKET_COLUMNS", "Run"]

#: the customer ladder, from outside in, and those who left
LADDER = ("suspect", "prospect", "first-time", "repeat", "client", "advocate", "lapsed")


def _columns(*rows: str) -> tuple[Column, ...]:
    return tuple(Column(*(part.strip() for part in row.split("|"))) for row in rows)


#: columns of ``Run.customers``, one row a person who is or was a customer in the run, or had left before it and was
#: compensated in it
CUSTOMER_COLUMNS = _columns(
    "state | customer, or lapsed (or removed) | text",
    "segment | Segment | text",
    "ladder | Step of the customer ladder | text",
    "opening | Was a customer at month 0 | true or false",
    "since | Month from which value is counted (0 for the opening stock) | month",
    "changed | First month of the present state (below 0: before the run) | month",
    "tenure_months | Completed months of the present spell | months",
    "referred | Present spell brought about by word of mouth | true or false",
    "recruiter | Who recommended, -1 nobody (first time in the run) | person",
    "visit_rate | Personal mean of visits | visits/month",
    "visits | Visits in the run | visits",
    "satisfaction | Cumulative satisfaction | index 0-100",
    "reported_satisfaction | Satisfaction as reported, with the felt mark | index 0-100",
    "intention | Stated intention to stay | probability",
    "leaving_chance | Probability to leave in a month, once wounds and messages have faded | probability",
    "wound | Wound, at least 0 | wound",
    "failures | Failures suffered | failures",
    "complaints | Complaints raised | complaints",
    "told | Months in which this person recommended | months",
    "recruits | Customers brought in the run | persons",
    "base | Base profit | currency",
    "growth | Purchase growth | currency",
    "saving | Cost saving | currency",
    "premium | Price premium | currency",
    "care | Acquisition, rewards, compensation, offers (a cost) | currency",
    "contribution | Margins less care, undiscounted | currency",
    "value_observed | Contribution discounted to ``since``, to the end of the run | currency",
    "value_residual | Expected contribution after the run, discounted to ``since`` (closed form) | currency",
    "capacity_observed | Staff tied up, discounted to ``since``, to the end of the run | currency",
    "capacity_residual | Staff tied up after the run, discounted to ``since`` (closed form) | currency",
    "referral_value | Value, observed and residual, of those this person brought, discounted to ``since`` | currency",
)

#: columns of ``Run.tickets``, one row a complaint that was answered or given up in the run
TICKET_COLUMNS = _columns(
    "person | Who complained | person",
    "raised | Month of the complaint | month",
    "closed | Month of the answer | month",
    "severity | minor or major | text",
    "arrival_day | Arrival on the desk's clock | working days",
    "wait_days | Arrival to answer, or to giving up | working days",
    "handling_days | Work on it | working days",
    "gave_up | Left the queue unanswered | true or false",
    "solved | Solved by the desk | true or false",
    "distributive | Distributive justice | index 0-1",
    "interactional | Interactional justice | index 0-1",
    "procedural | Procedural justice | index 0-1",
    "justice | Overall judgement of the handling | index 0-1",
    "satisfied | Satisfied with the handling | true or false",
    "compensation | Compensation paid | currency",
    "customer | Was still a customer | true or false",
)


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
    monthly: pd.DataFrame
    customers: pd.DataFrame
    tickets: pd.DataFrame
    employees: pd.DataFrame
    joined: pd.DataFrame
    levers: pd.DataFrame
    ladder: pd.Series[int]
    transactions: pd.DataFrame | None = None
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
        """Collect the tables of a simulation that has been lived."""
        people, end = simulation.state.people, simulation.state.month
        joined = _joined(simulation)
        tickets = _tickets(simulation)
        return cls(
            scenario=scenario,
            seed=seed,
            replication=replication,
            monthly=_monthly(simulation),
            customers=_customers(simulation, joined, tickets, end),
            tickets=tickets,
            employees=_employees(simulation),
            joined=joined,
            levers=_levers(simulation),
            ladder=_ladder_counts(people, end, scenario),
            transactions=_transactions(simulation) if simulation.keep_visits else None,
            seconds=dict(seconds),
            trace=None if trace is None else trace.table,
            _again={"processes": processes, "desk": desk},
        )

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


def _monthly(simulation: Simulation) -> pd.DataFrame:
    rows: Any = simulation.rows
    table = pd.DataFrame({column.name: rows[column.name] for column in COLUMNS})
    table.index = pd.RangeIndex(len(table), name="month")
    return table


def _joined(simulation: Simulation) -> pd.DataFrame:
    log = simulation.log.joined
    return pd.DataFrame(
        {
            "month": np.repeat([month for month, _, _ in log], [who.size for _, who, _ in log]).astype(np.int64),
            "person": np.concatenate([who for _, who, _ in log]) if log else np.zeros(0, np.int64),
            "recruiter": np.concatenate([by for _, _, by in log]).astype(np.int64) if log else np.zeros(0, np.int64),
        }
    )


def _tickets(simulation: Simulation) -> pd.DataFrame:
    log = simulation.log.tickets
    if not log:
        return pd.DataFrame({column.name: pd.Series(dtype=float) for column in TICKET_COLUMNS})
    done: Any = np.concatenate([tickets for _, tickets, _ in log])
    out: Any = np.concatenate([results for _, _, results in log])
    return pd.DataFrame(
        {
            "person": done["owner"],
            "raised": done["month"],
            "closed": np.repeat([month for month, _, _ in log], [tickets.size for _, tickets, _ in log]),
            "severity": np.where(done["tag"] == 1, "major", "minor"),
            "arrival_day": done["arrival"],
            "wait_days": done["finish"] - done["arrival"],
            "handling_days": done["handling"],
            "gave_up": done["abandoned"],
            **{name: out[name] for name in ("solved", "distributive", "interactional", "procedural", "justice")},
            **{name: out[name] for name in ("satisfied", "compensation", "customer")},
        }
    )


def _levers(simulation: Simulation) -> pd.DataFrame:
    """Changes of levers; values stay what they are, numbers or text, whatever stands beside them."""
    months, paths, values = zip(*simulation.log.levers, strict=True) if simulation.log.levers else ((), (), ())
    return pd.DataFrame(
        {
            "month": pd.Series(months, dtype=np.int64),
            "path": pd.Series(paths, dtype=str),
            "value": pd.Series(values, dtype=object),
        }
    )


def _employees(simulation: Simulation) -> pd.DataFrame:
    staff = simulation.state.staff
    here = np.flatnonzero(staff.filled)
    still = [
        (int(p), int(staff.holder[p]), int(staff.hired[p]), -1, float(staff.satisfaction[p]), float(staff.skill[p]))
        for p in here
    ]
    names = ["position", "holder", "hired", "left", "satisfaction", "skill"]
    table = pd.DataFrame([*simulation.log.left_staff, *still], columns=names)
    table["satisfaction"] *= 100.0
    return table.sort_values(["position", "holder"], ignore_index=True)


def _transactions(simulation: Simulation) -> pd.DataFrame:
    """One row a visit; within a month visits are spread evenly at random, in the person's own luck."""
    from custsim.simulation.worth import visit_times

    return visit_times(simulation)


def ladder_step(people: People, who: NDArray[np.int64], end: int, satisfied_above: float) -> NDArray[np.str_]:
    """Place persons on the customer ladder.

    Suspect: in the market, has heard nothing. Prospect: has heard of the firm. First-time: a customer with at most one
    visit yet. Repeat: a customer of less than a year. Client: a customer of a year or more. Advocate: a satisfied
    customer who has recommended in this run. Lapsed: was a customer.
    """
    state, told = people.state[who], people.told[who] > 0
    heard = (people.strong[who] + people.weak[who] + people.warnings[who]) > 0
    tenure = end - people.changed[who].astype(np.int64)
    satisfied = people.satisfaction[who] + people.felt[who] >= satisfied_above
    customer = state == CUSTOMER
    first = customer & (people.total_visits[who] <= 1) & (tenure < 12)
    return np.select(
        [
            customer & told & satisfied,
            first,
            customer & (tenure >= 12),
            customer,
            state == LAPSED,
            (state == PROSPECT) & heard,
        ],
        ["advocate", "first-time", "client", "repeat", "lapsed", "prospect"],
        "suspect",
    )


def _ladder_counts(people: People, end: int, scenario: Scenario) -> pd.Series[int]:
    everybody = np.flatnonzero(people.state <= LAPSED)
    steps = ladder_step(people, everybody, end, scenario.satisfaction.satisfied_above)
    return pd.Series({step: int((steps == step).sum()) for step in LADDER}, name="persons")


def _customers(simulation: Simulation, joined: pd.DataFrame, tickets: pd.DataFrame, end: int) -> pd.DataFrame:
    people, scenario = simulation.state.people, simulation.scenario
    who = np.flatnonzero((people.spells > 0) | (people.contribution != 0.0))
    said = np.clip(people.satisfaction[who] + people.felt[who], 0.0, 1.0)
    gap = people.satisfaction[who] - scenario.loyalty.satisfaction_reference
    opinion = scenario.loyalty
    residual, chance = residual_value(people, who, scenario, end)
    observed_capacity, residual_capacity = tied_capacity(people, who, scenario, end, chance)
    first = joined.drop_duplicates("person").set_index("person")["recruiter"]
    care = people.care[who].astype(float)
    layers = {name: getattr(people, name)[who].astype(float) for name in ("growth", "saving", "premium")}
    table = pd.DataFrame(
        {
            "state": np.array(STATES)[people.state[who]],
            "segment": np.array([segment.name for segment in scenario.segments])[people.segment[who]],
            "ladder": ladder_step(people, who, end, scenario.satisfaction.satisfied_above),
            "opening": (people.spells[who] > 0) & (~np.isin(who, first.index) | (people.since[who] == 0)),
            "since": people.since[who],
            "changed": people.changed[who],
            "tenure_months": np.where(people.state[who] == CUSTOMER, end - people.changed[who].astype(int), 0),
            "referred": people.referred[who] > 0,
            "recruiter": first.reindex(who, fill_value=-1).to_numpy(),
            "visit_rate": people.rate[who] * scenario.market.visits_per_month,
            "visits": people.total_visits[who],
            "satisfaction": 100.0 * people.satisfaction[who],
            "reported_satisfaction": 100.0 * said,
            "intention": loyalty.repurchase_intention(
                opinion.intention,
                gap,
                people.felt[who],
                people.wound[who],
                opinion.intention_satisfaction,
                opinion.intention_wound,
            ),
            "leaving_chance": chance,
            "wound": people.wound[who],
            "failures": people.failures[who],
            "complaints": people.complaints[who],
            "told": people.told[who],
            "recruits": joined["recruiter"].value_counts().reindex(who, fill_value=0).to_numpy(),
            "base": people.contribution[who] + care - sum(layers.values()),
            **layers,
            "care": care,
            "contribution": people.contribution[who],
            "value_observed": people.value[who].astype(float),
            "value_residual": residual,
            "capacity_observed": observed_capacity,
            "capacity_residual": residual_capacity,
        },
        index=pd.Index(who, name="person"),
    )
    table["referral_value"] = _referral_values(table, monthly_rate(scenario))
    return table


def _referral_values(table: pd.DataFrame, rate: float) -> NDArray[np.float64]:
    """Value of those each person brought first, discounted from the recruit's first month to the recruiter's."""
    recruits = table[(table["recruiter"] >= 0) & ~table["opening"]]
    brought = recruits[recruits["recruiter"].isin(table.index)]
    worth = brought["value_observed"] + brought["value_residual"]
    apart = brought["since"].to_numpy(dtype=float) - table.loc[brought["recruiter"], "since"].to_numpy(dtype=float)
    summed = (worth * (1.0 + rate) ** -apart).groupby(brought["recruiter"]).sum()
    values: NDArray[np.float64] = summed.reindex(table.index, fill_value=0.0).to_numpy(dtype=np.float64)
    return values
