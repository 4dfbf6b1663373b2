"""The contract of luck at the level of runs: what may not change a run leaves every bit of it as it was."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from firms import VARIANTS, live, small
from pandas.testing import assert_frame_equal
from scipy import stats
from special import bare

import custsim as cs
from custsim.scenario.model import Scenario
from custsim.simulation.month import BLOCK
from custsim.simulation.opening import forget, opening_state
from custsim.simulation.streams import stream_id

TABLES = ("monthly", "customers", "tickets", "employees", "joined", "levers")


def same_tables(one, other):
    """Every table equal, bit for bit."""
    for name in TABLES:
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True, obj=name)
    assert (one.transactions is None) == (other.transactions is None)
    if one.transactions is not None:
        assert_frame_equal(one.transactions, other.transactions, check_exact=True)


def same_people(one, other):
    for name in one._fields:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# ---- threads -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"loyalty.relationship": "noncontractual", "referral.decision": "two_stage"}])
def test_a_run_is_the_same_on_any_number_of_threads(changes):
    persons = 6 * BLOCK + 321
    firm = (
        Scenario()
        .scaled(persons / 20_000)
        .change({"market.persons": persons, "time.warm_up_months": 6, **changes}, opening="own")
    )
    lives = []
    for threads in (1, 2, 3):
        forget()  # so that the warm-up is lived on this number of threads too
        lives.append(live(firm, seed=3, months=6, threads=threads))
    for other in lives[1:]:
        same_tables(lives[0].run, other.run)
        same_people(lives[0].simulation.state.people, other.simulation.state.people)


def test_a_run_is_the_same_again():
    firm = small()
    first = cs.simulate(firm, seed=4)
    again = cs.simulate(firm, seed=4)  # from the opening state that is kept
    forget()
    same_tables(first, again)
    same_tables(first, cs.simulate(firm, seed=4))


# ---- time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"complaints.staff": 9},
        {"market.price": 1.3},
        {"employees.customers_per_employee": 60.0},
        {"loyalty.churn": 0.05},  # redraws traits, from the same luck
        {"referral.decision": "two_stage"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_intervention_in_month_24_leaves_months_0_to_23_as_they_were(change):
    firm = small({"time.months": 30})
    later = firm.change({"interventions": [{"month": 24, "change": change}]})
    without, with_it = cs.simulate(firm, seed=5), cs.simulate(later, seed=5)
    assert_frame_equal(without.monthly[:24], with_it.monthly[:24], check_exact=True)
    before = [run.tickets[run.tickets["closed"] < 24].reset_index(drop=True) for run in (without, with_it)]
    assert_frame_equal(*before, check_exact=True)
    before = [run.joined[run.joined["month"] < 24].reset_index(drop=True) for run in (without, with_it)]
    assert_frame_equal(*before, check_exact=True)
    assert not without.monthly[24:].equals(with_it.monthly[24:])


@pytest.mark.parametrize("name", ["as it is", "non-contractual", "interventions", "people come and go"])
def test_24_months_are_the_first_24_of_60(name):
    firm = small(VARIANTS[name])
    short, long = cs.simulate(firm, seed=6, months=24), cs.simulate(firm, seed=6, months=60)
    assert_frame_equal(short.monthly, long.monthly[:24], check_exact=True)
    early = long.tickets[long.tickets["closed"] < 24].reset_index(drop=True)
    assert_frame_equal(short.tickets, early, check_exact=True)


# ---- what shares luck and what does not --------------------------------------------------------------------------


def independent(one, other):
    """Correlation of two samples that share nothing: fails by chance once in 10,000 times."""
    return stats.pearsonr(one, other).pvalue > 1e-4


@pytest.mark.parametrize("names", [((1, 0), (1, 1)), ((1, 0), (2, 0)), ((1, 1), (2, 0)), ((1, 1), (2, 1))])
def test_seeds_and_replications_do_not_share_streams(names):
    # Traits of 20,000 persons, and who is lost when: seven tests at 1 of 10,000 for each pair
    firm = bare(20_000, 20_000, loyalty={"churn": 0.05}, market={"visits_shape": 1.5, "spend_sd": 0.9})
    firm = firm.change({"loyalty.churn_shape": 2.0, "referral.network": "small_world"}, opening="own")
    one, other = (live(firm, seed, replication=replication, months=8) for seed, replication in names)
    ours, theirs = one.simulation.state.people, other.simulation.state.people
    for trait in ("rate", "spend", "taste", "hazard"):
        assert not np.array_equal(getattr(ours, trait), getattr(theirs, trait))
        assert independent(stats.rankdata(getattr(ours, trait)), stats.rankdata(getattr(theirs, trait)))
    assert independent(ours.total_visits, theirs.total_visits)
    assert independent(ours.changed, theirs.changed)
    ties = [life.simulation.state.network.ties for life in (one, other)]
    assert ties[0].size != ties[1].size or independent(ties[0], ties[1])


def test_more_persons_leave_the_others_traits_as_they_were():
    few, many = (
        live(Scenario().change({"market.persons": persons, "market.opening": "stock"}, opening="own"), months=1)
        for persons in (7_000, 9_999)
    )
    for trait in ("segment", "rate", "spend", "taste", "hazard"):
        ours, theirs = (getattr(life.simulation.state.people, trait) for life in (few, many))
        np.testing.assert_array_equal(ours, theirs[: ours.size], err_msg=trait)


def test_more_persons_leave_the_others_lives_as_they_were_where_nothing_couples_them():
    # Without talk, failures and scarce staff a life depends on one's own luck only
    sections = {
        "market": {"join_base": 0.05, "rejoin_months": 3.0, "visits_shape": 1.5, "spend_sd": 0.9},
        "loyalty": {"churn": 0.05, "churn_shape": 2.0},
        "profit": {"transaction_share": 0.4, "visit_cost": 1.0, "tenure_profile": "rising"},
    }
    few, many = (live(bare(persons, **sections), seed=8, months=20) for persons in (3_000, 2 * BLOCK + 5))
    ours, theirs = few.simulation.state.people, many.simulation.state.people
    assert 0 < (ours.state == 1).sum() < 3_000
    for name in ("state", "visits", "total_visits", "changed", "since", "spells", "contribution", "value", "growth"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name)[:3_000], err_msg=name)


def test_more_employees_leave_the_others_traits_and_customers_luck_as_they_were():
    # With flat quality and time to spare, more hands change nobody's life but the payroll
    def firm(heads):
        quality = {f"{name}_slope": 0.0 for name in ("reliability", "assurance", "tangibles", "empathy")}
        return bare(
            2_000,
            2_000,
            loyalty={"churn": 0.05},
            employees={"customers_per_employee": 2_000 / heads, "head_smoothing_months": 1e6},
            service_quality={**quality, "responsiveness_slope": 0.0},
            internal_service={"requests": 0.0},  # the internal desk is the one thing employees share
        )

    few, many = (live(firm(heads), seed=9, months=12) for heads in (10, 25))
    for name in ("state", "visits", "satisfaction", "contribution"):
        ours, theirs = (getattr(life.simulation.state.people, name) for life in (few, many))
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    ours, theirs = (life.run.employees[lambda t: t["position"] < 10] for life in (few, many))
    assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True), check_exact=True)


def test_no_two_streams_of_the_package_have_one_number():
    # Streams are named where modules are set up. One name twice, or two names with one 32-bit number, would share luck
    names = []
    for file in sorted(Path(cs.__file__).parent.rglob("*.py")):
        for statement in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and not isinstance(statement.value, ast.List):
                names += streams_named(statement.value)
    assert {"encounter", "loyalty", "join", "talk", "person/rate", "employee/month", "network place"} <= set(names)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert len({stream_id(name) for name in names}) == len(names) > 25


def streams_named(value):
    """Names in ``stream_id("a")``, or in ``(stream_id(f"x/{name}") for name in ("a", "b"))``."""
    if "stream_id" not in ast.dump(value):
        return []
    if isinstance(value, ast.Call):
        return [value.args[0].value]
    call, listed = value.elt, value.generators[0].iter
    parts = [part.value for part in getattr(call.args[0], "values", []) if isinstance(part, ast.Constant)]
    return ["".join(parts) + name.value for name in listed.elts]


# ---- the opening -------------------------------------------------------------------------------------------------


def test_a_changed_firm_opens_as_the_one_it_was_changed_from():
    firm = small()
    changed = firm.change({"employees.customers_per_employee": 60.0, "loyalty.churn": 0.05})
    same_people(opening_state(firm, 10, 0).people, opening_state(changed, 10, 0).people)
    twice = changed.change({"complaints.staff": 9})
    same_people(opening_state(firm, 10, 0).people, opening_state(twice, 10, 0).people)
    own = firm.change({"employees.customers_per_employee": 60.0, "loyalty.churn": 0.05}, opening="own")
    assert (opening_state(firm, 10, 0).people.state != opening_state(own, 10, 0).people.state).any()


@pytest.mark.parametrize(
    "changes",
    [{"market.persons": 1_300}, {"market.customers": 300}, {"referral.network": "scale_free"}],
    ids=lambda changes: next(iter(changes)),
)
def test_another_firm_has_its_own_opening(changes):
    assert small().change(changes).opening != small()


def test_the_reference_is_not_changed_by_running_a_what_if():
    firm = small()
    before = cs.simulate(firm, seed=11)
    cs.simulate(firm.change({"market.price": 1.5, "loyalty.churn": 0.2}), seed=11)
    same_tables(before, cs.simulate(firm, seed=11))


@pytest.mark.parametrize(
    "idle",
    [
        {"loyalty.offer_success": 0.9},  # no offers are made
        {"loyalty.winback_success": 0.9},  # nobody is approached
        {"referral.in_market": 0.2},  # decision = product
        {"referral.referred_churn": 0.1},  # the switch is off
        {"complaints.quick_days": 1.0},  # only a way of counting
        {"referral.reward_effect": 3.0},  # no reward is paid
    ],
    ids=lambda idle: next(iter(idle)),
)
def test_a_lever_that_acts_on_nothing_leaves_the_run_as_it_was(idle):
    firm = small({"referral.decision": "product", "loyalty.offer_rate": 0.0, "loyalty.winback_rate": 0.0})
    same_tables(cs.simulate(firm, seed=12), cs.simulate(firm.change(idle), seed=12))
    same_tables(cs.simulate(firm, seed=12), cs.simulate(firm.change(idle, opening="own"), seed=12))


def test_two_what_ifs_share_all_luck_they_do_not_touch():
    # A dearer desk changes money only; the same lives, the same answers
    firm = small()
    dearer = cs.simulate(firm.change({"profit.fixed_cost": 0.0, "complaints.ease_cost": 5.0}), seed=13)
    plain = cs.simulate(firm, seed=13)
    columns = [name for name in plain.monthly if name not in ("fixed", "complaint_channel", "profit")]
    assert_frame_equal(plain.monthly[columns], dearer.monthly[columns], check_exact=True)
    pd.testing.assert_frame_equal(plain.customers, dearer.customers, check_exact=True)
