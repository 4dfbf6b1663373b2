"""What must add up in every run: persons, money, tickets, and Little's law; to one part in a thousand million."""

from __future__ import annotations

import numpy as np
import pytest
from firms import VARIANTS, drawn_firms, firm, live, small
from hypothesis import HealthCheck, given, settings

import custsim as cs
from custsim.scenario import bundled
from custsim.simulation.accounts import CHARGED, COSTS, MARGINS
from custsim.simulation.population import CUSTOMER, STATES
from custsim.simulation.tables import LADDER

RELATIVE = 1e-9
MONEY = (*MARGINS, *CHARGED, *COSTS, "revenue", "contribution", "profit")


def adds_up(one, other, size=0.0):
    """Equal to 1e-9 of the larger, or of the size of what was added up."""
    scale = max(abs(one), abs(other), size)
    assert abs(one - other) <= RELATIVE * scale, f"{one!r} is not {other!r}"


# ---- persons -----------------------------------------------------------------------------------------------------


def persons_are_conserved(life):
    monthly, persons = life.run.monthly, life.run.scenario.market.persons
    assert (monthly["customers_end"] == monthly["customers"] + monthly["joined"] - monthly["left"]).all()
    assert (monthly["customers"].to_numpy()[1:] == monthly["customers_end"].to_numpy()[:-1]).all()
    states = np.array(life.states)
    assert (states.sum(axis=1) == persons).all()
    assert (states[:, CUSTOMER] == monthly["customers_end"]).all()
    assert (monthly["referred"] + monthly["won_back"] <= monthly["joined"]).all()
    assert (monthly["recommending"] + monthly["warning"] <= monthly["customers"] + monthly["joined"]).all()
    assert life.run.ladder.sum() == persons
    assert tuple(life.run.ladder.index) == LADDER


def joinings_are_those_of_the_months(life):
    joined, monthly = life.run.joined, life.run.monthly
    counts = joined.groupby("month").size().reindex(monthly.index, fill_value=0)
    assert (counts == monthly["joined"]).all()
    referred = joined[joined["recruiter"] >= 0].groupby("month").size().reindex(monthly.index, fill_value=0)
    assert (referred == monthly["referred"]).all()
    assert len(life.run.referrals) == monthly["referred"].sum()
    assert set(joined["person"]) <= set(life.run.customers.index)


def employees_are_conserved(life):
    staff, monthly = life.run.employees, life.run.monthly
    heads = monthly["employees"].to_numpy()
    assert (np.diff(heads) == (monthly["hired"] - monthly["quits"]).to_numpy()[1:]).all()
    assert (staff["left"] == -1).sum() == heads[-1]
    quits = staff.loc[staff["left"] >= 0].groupby("left").size().reindex(monthly.index, fill_value=0)
    assert (quits == monthly["quits"]).all()
    hired = staff.loc[staff["hired"] >= 0].groupby("hired").size().reindex(monthly.index, fill_value=0)
    assert (hired == monthly["hired"]).all()
    assert not staff.duplicated(["position", "holder"]).any()
    gone = staff[staff["left"] >= 0]
    assert (gone["left"] >= gone["hired"]).all()


# ---- money -------------------------------------------------------------------------------------------------------


def the_accounts_add_up(life):
    monthly, customers = life.run.monthly, life.run.customers
    gross = sum(monthly[name].abs() for name in (*MARGINS, *CHARGED))
    contribution = sum(monthly[name] for name in MARGINS) - sum(monthly[name] for name in CHARGED)
    profit = monthly["contribution"] - sum(monthly[name] for name in COSTS)
    for month in monthly.index:
        adds_up(monthly["contribution"][month], contribution[month], gross[month])
        adds_up(monthly["profit"][month], profit[month], gross[month] + monthly["pay"][month])
    adds_up(customers["contribution"].sum(), monthly["contribution"].sum(), gross.sum())
    # persons keep their layers in single precision
    for name in ("growth", "saving", "premium"):
        assert customers[name].sum() == pytest.approx(monthly[name].sum(), rel=1e-5, abs=1e-5 * gross.sum())
    charged = sum(monthly[name] for name in CHARGED).sum()
    assert customers["care"].sum() == pytest.approx(charged, rel=1e-5, abs=1e-5 * gross.sum())
    layers = sum(customers[name] for name in MARGINS) - customers["care"]
    np.testing.assert_allclose(layers, customers["contribution"], rtol=1e-9, atol=1e-9 * gross.sum())


def no_money_is_missing(life):
    """Money is finite; but the residual value of who never leaves is infinite where nothing is discounted."""
    assert np.isfinite(life.run.monthly[list(MONEY)]).all().all()
    columns = ["contribution", "care", "base", "growth", "saving", "premium", "value_observed", "value_residual"]
    columns += ["capacity_observed", "capacity_residual", "referral_value", "leaving_chance", "intention"]
    customers = life.run.customers
    endless = (customers["leaving_chance"] == 0.0) & (life.run.scenario.time.annual_discount_rate == 0.0)
    assert not customers[columns].isna().any().any()
    assert endless.any() or np.isfinite(customers[columns]).all().all()
    assert (life.run.monthly[[*CHARGED, *COSTS]] >= 0).all().all()


# ---- tickets -----------------------------------------------------------------------------------------------------


def tickets_in_are_out_and_open(life):
    monthly, tickets = life.run.monthly, life.run.tickets
    closed = monthly["answered"] + monthly["gave_up"]
    at_first = monthly["open_complaints"][0] - monthly["complaints"][0] + closed[0]
    assert at_first >= 0
    assert (at_first + (monthly["complaints"] - closed).cumsum() == monthly["open_complaints"]).all()
    failures = monthly["minor_failures"] + monthly["major_failures"]
    assert (failures == monthly["complaints"] + monthly["silent_failures"]).all()
    by_month = tickets.groupby("closed").size().reindex(monthly.index, fill_value=0)
    assert (by_month == closed).all()
    assert tickets["gave_up"].sum() == monthly["gave_up"].sum()
    assert tickets["satisfied"].sum() == monthly["satisfied_complaints"].sum()
    adds_up(tickets["compensation"].sum(), monthly["compensation"].sum())
    raised = tickets[tickets["raised"] >= 0].groupby("raised").size().reindex(monthly.index, fill_value=0)
    still_open = life.simulation.state.complaint_desk.open
    raised += np.bincount(still_open["month"][still_open["month"] >= 0], minlength=len(monthly))
    assert (raised == monthly["complaints"]).all()
    assert life.simulation.state.people.open_complaints.sum() == still_open.size


def littles_law_holds(life):
    """Time-average number in the system = arrival rate x mean time in the system, over the run's window.

    The number is followed from the count at month 0 by the arrivals and departures, and meets the monthly table at each
    month's end. Those there at the beginning and those there at the end count with the time they spend in the window.
    """
    monthly, tickets, simulation = life.run.monthly, life.run.tickets, life.simulation
    days = life.run.scenario.time.working_days_per_month
    begin = life.run.scenario.opening.time.warm_up_months * days
    end = begin + days * len(monthly)
    still_open = simulation.state.complaint_desk.open
    arrival = np.concatenate([tickets["arrival_day"], still_open["arrival"]])
    departure = np.concatenate([tickets["arrival_day"] + tickets["wait_days"], np.full(still_open.size, np.inf)])
    events = np.concatenate([arrival[arrival >= begin], departure[departure < end]])
    steps = np.concatenate([np.ones((arrival >= begin).sum()), -np.ones((departure < end).sum())])
    order = np.argsort(events, kind="stable")
    moments = np.concatenate([[begin], events[order], [end]])
    closed = monthly["answered"][0] + monthly["gave_up"][0]
    at_first = monthly["open_complaints"][0] - monthly["complaints"][0] + closed
    number = at_first + np.concatenate([[0.0], np.cumsum(steps[order])])
    for month in monthly.index:
        before = moments[:-1] < begin + (month + 1) * days - 1e-9
        assert number[before][-1] == monthly["open_complaints"][month]
    average = (number * np.diff(moments)).sum() / (end - begin)
    fresh, old = arrival >= begin, arrival < begin
    sojourn = np.minimum(departure, end) - np.maximum(arrival, begin)
    rate = fresh.sum() / (end - begin)
    carried = sojourn[old].sum() / (end - begin)
    adds_up(average, carried + (rate * sojourn[fresh].mean() if fresh.any() else 0.0), 1.0)


# ---- bounds ------------------------------------------------------------------------------------------------------


def everything_is_within_bounds(life):
    people, scenario, monthly = life.simulation.state.people, life.simulation.scenario, life.run.monthly
    persons = scenario.market.persons
    for name in ("satisfaction",):
        assert ((getattr(people, name) >= 0) & (getattr(people, name) <= 1)).all(), name
    assert (people.wound >= 0).all()
    assert (people.felt >= -1).all()
    assert np.isfinite(people.felt).all()
    assert np.isfinite(people.expectation).all()
    assert (people.rate > 0).all()
    assert (people.spend > 0).all()
    assert (people.hazard >= 0).all()
    for name in ("strong", "weak", "warnings"):
        assert (getattr(people, name) >= 0).all(), name
    assert ((people.informant >= -1) & (people.informant < persons)).all()
    assert (people.informant != np.arange(persons)).all() or scenario.referral.network == "well_mixed"
    assert (people.state < len(STATES)).all()
    assert (people.segment < len(scenario.segments)).all()
    assert people.changed.max() <= life.simulation.month
    for name in ("served_share", "satisfied_share", "top_box_share", "skill", "prevention"):
        shares = monthly[name].dropna()
        assert ((shares >= 0) & (shares <= 1 + 1e-12)).all(), name
    for name in ("internal_service", "employee_satisfaction", "satisfaction", "reported_satisfaction"):
        levels = monthly[name].dropna()
        assert ((levels >= 0) & (levels <= 100 + 1e-9)).all(), name
    assert (monthly["work_pressure"] >= 0).all()
    assert (life.run.tickets["wait_days"] >= 0).all()
    for name in ("distributive", "interactional", "procedural", "justice"):
        judged = life.run.tickets[name]
        assert ((judged >= 0) & (judged <= 1)).all(), name


IDENTITIES = (
    persons_are_conserved,
    joinings_are_those_of_the_months,
    employees_are_conserved,
    the_accounts_add_up,
    no_money_is_missing,
    tickets_in_are_out_and_open,
    littles_law_holds,
    everything_is_within_bounds,
)
by_identity = pytest.mark.parametrize("identity", IDENTITIES, ids=lambda identity: identity.__name__)


@pytest.fixture(scope="module")
def lives():
    return {}


@by_identity
@pytest.mark.parametrize("name", VARIANTS)
def test_in_firms_of_every_kind(name, identity, lives):
    if name not in lives:
        lives[name] = live(small(VARIANTS[name]), seed=5)
    identity(lives[name])


@by_identity
@pytest.mark.parametrize("name", bundled())
def test_in_every_bundled_scenario(name, identity, lives):
    if name not in lives:
        lives[name] = live(cs.load(name), seed=6)
    identity(lives[name])


@pytest.mark.filterwarnings("error::RuntimeWarning")
@given(drawn_firms())
@settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much])
def test_in_firms_with_levers_anywhere(changes):
    life = live(firm(changes), seed=7)
    for identity in IDENTITIES:
        identity(life)


def test_visits_are_those_of_the_months():
    run = live(small({"loyalty.relationship": "noncontractual", "loyalty.churn": 0.05}), seed=8).run
    months = np.floor(run.transactions["time"]).astype(int)
    counts = months.value_counts().reindex(run.monthly.index, fill_value=0)
    assert (counts == run.monthly["visits"]).all()
    assert (run.transactions.groupby("person").size() == run.customers["visits"][lambda n: n > 0]).all()
