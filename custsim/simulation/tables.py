"""The tables of a run: what their columns are, and how they are made of a simulation that has been lived."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.chain import loyalty
from custsim.simulation.accounts import Column
from custsim.simulation.engine import Simulation, monthly_rate
from custsim.simulation.population import CUSTOMER, LAPSED, PROSPECT, STATES, People
from custsim.simulation.worth import residual_value, tied_capacity

__all__ = [
    "CUSTOMER_COLUMNS",
    "LADDER",
    "TICKET_COLUMNS",
    "customer_table",
    "employee_table",
    "joined_table",
    "ladder_counts",
    "ladder_step",
    "lever_table",
    "monthly_table",
    "ticket_table",
]

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


def monthly_table(simulation: Simulation) -> pd.DataFrame:
    """One row a month; see :data:`custsim.simulation.accounts.COLUMNS`."""
    rows = simulation.rows
    numbers = rows.view(np.float64).reshape(rows.size, -1).copy()  # one block: column by column takes 30 times as long
    return pd.DataFrame(numbers, columns=rows.dtype.names, index=pd.RangeIndex(rows.size, name="month"), copy=False)


def joined_table(simulation: Simulation) -> pd.DataFrame:
    """One row a joining: month, person, recruiter (-1 nobody)."""
    log = simulation.log.joined
    return pd.DataFrame(
        {
            "month": np.repeat([month for month, _, _ in log], [who.size for _, who, _ in log]).astype(np.int64),
            "person": np.concatenate([who for _, who, _ in log]) if log else np.zeros(0, np.int64),
            "recruiter": np.concatenate([by for _, _, by in log]).astype(np.int64) if log else np.zeros(0, np.int64),
        }
    )


def ticket_table(simulation: Simulation) -> pd.DataFrame:
    """One row a complaint that was answered or given up; see :data:`TICKET_COLUMNS`."""
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


def lever_table(simulation: Simulation) -> pd.DataFrame:
    """Changes of levers; values stay what they are, numbers or text, whatever stands beside them."""
    months, paths, values = zip(*simulation.log.levers, strict=True) if simulation.log.levers else ((), (), ())
    return pd.DataFrame(
        {
            "month": pd.Series(months, dtype=np.int64),
            "path": pd.Series(paths, dtype=str),
            "value": pd.Series(values, dtype=object),
        }
    )


def employee_table(simulation: Simulation) -> pd.DataFrame:
    """One row a holder of a position."""
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


def ladder_counts(simulation: Simulation) -> pd.Series[int]:
    """Count the persons on each step of the customer ladder at the end."""
    people, end, scenario = simulation.state.people, simulation.state.month, simulation.scenario
    everybody = np.flatnonzero(people.state <= LAPSED)
    steps = ladder_step(people, everybody, end, scenario.satisfaction.satisfied_above)
    return pd.Series({step: int((steps == step).sum()) for step in LADDER}, name="persons")


def customer_table(simulation: Simulation, joined: pd.DataFrame) -> pd.DataFrame:
    """One row a person who is or was a customer; see :data:`CUSTOMER_COLUMNS`."""
    people, scenario, end = simulation.state.people, simulation.scenario, simulation.state.month
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
