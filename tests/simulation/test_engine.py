"""The run: its clock, levers, desks, vacancies, openings; and that the laws are what acts in it.

Statistical tests have fixed seeds; ``LIMIT`` is 4 standard errors, 6.3 failures in 100,000 comparisons by chance.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest
from firms import VARIANTS, live, small
from pandas.testing import assert_frame_equal
from special import LIMIT, bare

import custsim as cs
from custsim.chain.loyalty import leaving_probability
from custsim.chain.referral import join_probability, two_stage_probability
from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation import MONTH, opening
from custsim.simulation.desk import BatchDesk
from custsim.simulation.population import CUSTOMER, PROSPECT, Event

# ---- desks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["as it is", "complaints everywhere", "nobody at the desks", "interventions"])
def test_the_desk_of_simpy_gives_the_same_run(name):
    firm = small(VARIANTS[name])
    batch, simpy = cs.simulate(firm, seed=1), cs.simulate(firm, seed=1, desk="simpy")
    for table in ("monthly", "customers", "tickets", "employees", "joined"):
        assert_frame_equal(getattr(batch, table), getattr(simpy, table), rtol=1e-9, atol=1e-9, obj=table)
    assert name == "nobody at the desks" or (batch.tickets["wait_days"] > 0).any()


def test_a_desk_of_ones_own_serves_the_run():
    made = []

    def patient(patience):
        made.append(BatchDesk(1e6))
        return made[-1]

    run = cs.simulate(small(), seed=1, desk=patient)
    assert len(made) == 2
    assert len(run.monthly) == 14
    with pytest.raises(InputError, match="desk: must be"):
        cs.simulate(small(), desk="quick")


# ---- processes and interventions ---------------------------------------------------------------------------------


def test_a_process_of_ones_own_reads_and_changes_levers():
    seen = []

    def help_the_desk(simulation):
        yield simulation.until(2)
        while simulation.month < 9:
            seen.append((simulation.env.now, simulation.month, float(simulation.last["customers_end"])))
            yield simulation.next_month()
        simulation.set({"complaints.staff": 7, "market.marketing": 0.0})

    run = cs.simulate(small(), seed=2, processes=[help_the_desk])
    assert [(now, month) for now, month, _ in seen] == [(float(month), month) for month in range(2, 9)]
    ends = run.monthly["customers_end"]
    assert [end for _, _, end in seen] == [ends[month - 1] for month in range(2, 9)]
    assert (run.monthly["complaint_desk"][:9] < run.monthly["complaint_desk"][9:].min()).all()
    assert (run.monthly["marketing"][9:] == 0).all()
    assert (run.monthly["marketing"][:9] > 0).all()
    assert run.levers.to_numpy().tolist() == [[9, "complaints.staff", 7], [9, "market.marketing", 0.0]]


def test_what_a_process_may_not_change_ends_the_run_with_a_clear_error():
    def wish(simulation):
        yield simulation.until(3)
        simulation.set({"market.persons": 5})

    with pytest.raises(InputError, match=r"market\.persons: cannot change during a run"):
        cs.simulate(small(), processes=[wish])


def levers(*interventions, months=14):
    """Value of the lever at work in each month."""
    firm = small({"market.marketing": 100.0, "time.months": months})
    run = cs.simulate(firm.change({"interventions": list(interventions)}), seed=3)
    return run.monthly["marketing"].tolist()


def test_interventions_act_at_once_and_until_an_end():
    change = {"change": {"market.marketing": 500.0}}
    assert levers({"month": 0, **change}) == [500.0] * 14
    assert levers({"month": 5, **change}) == [100.0] * 5 + [500.0] * 9
    assert levers({"month": 5, "until": 8, **change}) == [100.0] * 5 + [500.0] * 3 + [100.0] * 6
    assert levers({"month": 14, **change}) == [100.0] * 14


def test_interventions_ramp_in_equal_steps():
    change = {"change": {"market.marketing": 500.0}}
    assert levers({"month": 4, "ramp_months": 3, **change})[3:9] == [100.0, 200.0, 300.0, 400.0, 500.0, 500.0]
    assert levers({"month": 4, "ramp_months": 3, "until": 9, **change})[6:11] == [400.0, 500.0, 500.0, 100.0, 100.0]
    assert levers({"month": 4, "ramp_months": 3, "until": 6, **change})[3:8] == [100.0, 200.0, 300.0, 100.0, 100.0]
    firm = small({"complaints.staff": 2}).change(
        {"interventions": [{"month": 2, "ramp_months": 2, "change": {"complaints.staff": 7}}]}
    )
    run = cs.simulate(firm, seed=3)
    assert run.levers["value"].tolist() == [4, 5, 7]  # whole persons
    switch = small().change(
        {"interventions": [{"month": 2, "ramp_months": 2, "change": {"referral.referred_advantage": True}}]}
    )
    assert cs.simulate(switch, seed=3).levers["value"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    "change",
    [
        {"market.persons": 10},
        {"referral.network": "scale_free"},
        {"loyalty.relationship": "noncontractual"},
        {"time.months": 10},
        {"time.annual_discount_rate": 0.2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_firm_is_cannot_be_an_intervention(change):
    path = next(iter(change)).replace(".", r"\.")
    with pytest.raises(InputError, match=path):
        cs.simulate(small().change({"interventions": [{"month": 3, "change": change}]}))


# ---- what is refused ---------------------------------------------------------------------------------------------


def test_a_population_that_does_not_fit_is_refused_before_anything_is_made(monkeypatch):
    def never(*_):
        raise AssertionError("something was allocated")

    monkeypatch.setattr(opening, "new_state", never)
    monkeypatch.setattr(opening, "build_network", never)
    memory = psutil.virtual_memory()._replace(available=1_000_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with pytest.raises(InputError, match=r"market\.persons: 20,000,000 persons need about .* GB of memory, 1\.0 GB"):
        cs.simulate(Scenario().change({"market.persons": 20_000_000}))
    with pytest.raises(InputError, match=r"employees\.customers_per_employee: 0\.0001 asks for"):
        cs.simulate(small({"employees.customers_per_employee": 1e-4}))


@pytest.mark.parametrize("months", [0, -3, 1201])
def test_months_out_of_range_are_refused(months):
    with pytest.raises(InputError, match=rf"months: must be from 1 to 1200, got {months}"):
        cs.simulate(small(), months=months)


def test_persons_to_follow_must_exist():
    with pytest.raises(InputError, match="trace: persons are 0 to 1199"):
        cs.simulate(small(), trace=[3, 1200])


# ---- staff -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delay", "months"), [(1.0, 1), (2.0, 2), (2.5, 3), (0.25, 1), (6.0, 6)])
def test_a_vacancy_is_filled_after_the_hiring_delay(delay, months):
    # A vacancy is planned in the month of the quit; delays of part of a month end at the next month's beginning
    firm = bare(
        3_000,
        3_000,
        loyalty={"churn": 0.0},
        employees={"customers_per_employee": 60.0, "quit_hazard": 0.05, "hiring_delay": delay},
    )
    run = cs.simulate(firm, seed=4, months=24)
    staff = run.employees
    assert (staff["hired"] >= 0).sum() > 20
    later = staff[staff["holder"] > 0]
    last = staff.set_index(["position", "holder"])["left"]
    left = np.array([last[position, holder - 1] for position, holder in zip(later.position, later.holder, strict=True)])
    assert (later["hired"] - left == months).all()
    assert (run.monthly["employees"] + run.monthly["vacancies"] == 50).all()


def test_hires_due_at_the_opening_are_those_of_month_0():
    # The warm-up ends as month 0 begins; who comes that day is counted, and paid for, in month 0
    firm = small({"employees.quit_hazard": 0.3, "employees.customers_per_employee": 20.0, "employees.hiring_delay": 1})
    monthly = cs.simulate(firm, seed=5, months=4).monthly
    waiting = opening.opening_state(firm, 5, 0).staff.due
    assert monthly["hired"][0] == np.isfinite(waiting).sum() > 0


def test_planned_staff_follows_the_customers():
    firm = bare(4_000, 2_000, loyalty={"churn": 0.1}, employees={"customers_per_employee": 20.0, "quit_hazard": 0.2})
    monthly = cs.simulate(firm, seed=6, months=40).monthly
    assert monthly["employees"][0] > 60
    assert monthly["employees"][39] <= 10  # nobody is dismissed, but positions are closed as people leave


# ---- the plan of the month ---------------------------------------------------------------------------------------


def test_the_plan_of_the_month_can_be_printed_and_names_files_that_are_there():
    package = Path(cs.__file__).parent
    assert [step for step, _, _ in MONTH][:5] == [
        "interventions",
        "internal service",
        "employees",
        "service quality",
        "encounters",
    ]
    for step, what, file in MONTH:
        assert step
        assert what
        assert (package / file).is_file(), file
    assert len({step for step, _, _ in MONTH}) == len(MONTH)


# ---- other firms -------------------------------------------------------------------------------------------------


def test_a_noncontractual_customer_leaves_only_after_a_visit_and_the_visits_are_kept():
    served = {"employees.customers_per_employee": 20.0, "employees.quit_hazard": 0.0}  # nobody is turned away
    firm = small({"loyalty.relationship": "noncontractual", "loyalty.churn": 0.2, **served})
    dropped, visited = [], []

    def watch(simulation):
        people = simulation.state.people
        dropped.append((people.events & Event.LEFT) != 0)
        visited.append((people.events & Event.VISITED) != 0)

    def look(simulation):
        simulation.watchers.append(watch)
        yield simulation.until(0)

    run = cs.simulate(firm, seed=7, processes=[look])
    assert run.monthly["left"].sum() > 50
    assert all((visits | ~left).all() for left, visits in zip(dropped, visited, strict=True))
    log = run.transactions
    assert list(log.columns) == ["person", "time", "amount"]
    assert log.sort_values(["person", "time"]).index.is_monotonic_increasing
    assert log["time"].between(0, 14).all()
    gone = run.customers.index[(run.customers["state"] == "lapsed") & (run.customers["changed"] >= 1)]
    last = log.groupby("person")["time"].max()
    assert (np.floor(last[gone]) == run.customers.loc[gone, "changed"] - 1).all()
    assert cs.simulate(small(), seed=7, months=2).transactions is None
    assert len(cs.simulate(small(), seed=7, months=2, transactions=True).transactions) > 0


def test_messages_go_along_the_ties_of_a_file(tmp_path):
    # A star: person 0 knows 1 to 5 (strong) and 6 to 9 (weak). Person 0 alone is a customer and tells everybody
    file = tmp_path / "ties.csv"
    rows = [f"0,{other},{'strong' if other <= 5 else 'weak'}" for other in range(1, 10)]
    file.write_text("\n".join(["source,target,strong", *rows]), encoding="utf-8")
    firm = bare(
        12,
        1,
        referral={
            "network": "edges",
            "edges": str(file),
            "positive_peak": 1.0,
            "positive_start": 0.0,
            "positive_base": 1.0,
            "positive_contacts": 50,
            "strong_effect": 0.0,
            "weak_effect": 0.0,
            "message_memory": 0.0,
        },
        loyalty={"churn": 0.0},
    )
    for seed in range(100):
        life = live(firm, seed=seed, months=2)
        customer = int(np.flatnonzero(life.simulation.state.people.state == CUSTOMER)[0])
        heard = life.simulation.state.people.strong + life.simulation.state.people.weak
        expected = {0: 9} | dict.fromkeys(range(1, 10), 1)
        assert heard.sum() == expected.get(customer, 0)
        if customer == 0:
            people = life.simulation.state.people
            assert people.strong[1:6].tolist() == [1.0] * 5
            assert people.weak[6:10].tolist() == [1.0] * 4
            assert people.informant[1:10].tolist() == [0] * 9
            break
    else:
        pytest.fail("person 0 was never the customer")


def test_a_steady_firm_hardly_moves_and_a_launch_does():
    # A smoke test of the opening; the flagship's own facts are tested elsewhere
    steady = cs.simulate(Scenario().scaled(0.5), seed=8, months=24).monthly
    customers = steady["customers_end"]
    assert abs(customers.iloc[-1] / customers.iloc[0] - 1.0) < 0.15
    assert abs(steady["satisfaction"].iloc[-1] - steady["satisfaction"].iloc[0]) < 3.0
    launch = Scenario().scaled(0.5).change({"market.opening": "launch", "market.customers": 0}, opening="own")
    launched = cs.simulate(launch, seed=8, months=24).monthly
    assert launched["customers"][0] == 0
    assert launched["customers_end"].iloc[-1] > 100


# ---- the laws are what acts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["product", "two_stage"])
def test_prospects_join_with_the_probability_of_the_law(decision):
    # Messages that fade leave parts of one; 12 months of joinings against the law's probability, one comparison each
    talk = {
        "network": "small_world",
        "decision": decision,
        "message_memory": 0.6,
        "positive_peak": 0.3,
        "positive_start": 0.0,
        "positive_base": 1.0,
        "positive_contacts": 2,
        "negative_peak": 0.3,
        "negative_start": 1.0,
        "negative_contacts": 1,
        "weak_effect": 0.5,
        "strong_effect": 0.7,
        "in_market": 0.3,
    }
    firm = bare(
        20_000, 1_000, market={"join_base": 0.01}, loyalty={"churn": 0.0}, referral=talk, satisfaction={"entry": 0.5}
    )
    expected, variance, joined = [], [], []

    def ask(simulation):
        law, external = simulation.scenario.referral, simulation.scenario.market.join_base
        for _ in range(12):
            people = simulation.state.people
            who = people.state == PROSPECT
            heard = people.weak[who].astype(float), people.strong[who].astype(float), people.warnings[who].astype(float)
            if decision == "product":
                chance = join_probability(external, *heard, law.weak_effect, law.strong_effect, law.negative_discount)
            else:
                chance = two_stage_probability(
                    external, *heard, law.in_market, law.weak_shift, law.strong_shift, law.negative_shift
                )
            expected.append(chance.sum())
            variance.append((chance * (1.0 - chance)).sum())
            yield simulation.next_month()

    run = cs.simulate(firm, seed=9, months=12, processes=[ask])
    joined = run.monthly["joined"].to_numpy()
    assert run.monthly["warnings"].sum() > 100
    assert (np.abs(joined - expected) < LIMIT * np.sqrt(variance)).all()
    assert abs(joined.sum() - np.sum(expected)) < LIMIT * np.sqrt(np.sum(variance))


@pytest.mark.parametrize("factor", [0.4, 5.0])
def test_referred_customers_leave_at_their_own_hazard(factor):
    # Everybody hears of the firm from the start; one comparison of the months until 1,000 are left
    firm = bare(
        20_000,
        4_000,
        market={"join_base": 1e-9},
        loyalty={"churn": 0.05},
        referral={
            "positive_peak": 1.0,
            "positive_start": 0.0,
            "positive_base": 1.0,
            "positive_contacts": 3,
            "weak_effect": 0.5,
            "referred_advantage": True,
            "referred_churn": factor,
        },
    )
    at_risk = left = 0

    def watch(simulation):
        nonlocal at_risk, left
        people = simulation.state.people
        fresh = (people.events & Event.JOINED) != 0
        gone = (people.events & Event.LEFT) != 0
        referred = people.referred != 0
        at_risk += int((referred & (((people.state == CUSTOMER) & ~fresh) | gone)).sum())
        left += int((referred & gone).sum())

    def look(simulation):
        simulation.watchers.append(watch)
        yield simulation.until(0)

    cs.simulate(firm, seed=10, months=10, processes=[look])
    chance = float(leaving_probability(-np.log(0.95), factor))
    assert at_risk > 20_000
    assert abs(left - at_risk * chance) < LIMIT * np.sqrt(at_risk * chance * (1.0 - chance))


def test_anger_talks_even_where_a_failure_leaves_no_mark():
    # Silent minor failures that neither hurt nor show: they are told with the probability the scenario says
    firm = bare(
        20_000,
        20_000,
        loyalty={"churn": 0.0},
        complaints={
            "failure_rate": 0.2,
            "major_share": 0.0,
            "minor_hurt": 0.0,
            "minor_felt": 0.0,
            "minor_voice": -20.0,
        },
        referral={"minor_anger_talk": 0.25},
    )
    monthly = cs.simulate(firm, seed=11, months=3).monthly
    silent = monthly["silent_failures"].sum()
    assert silent > 5_000
    assert abs(monthly["warning"].sum() - 0.25 * silent) < LIMIT * np.sqrt(silent * 0.25 * 0.75)


def test_leavers_are_met_with_offers_and_saved_at_the_rates_of_the_scenario():
    firm = bare(20_000, 20_000, loyalty={"churn": 0.2, "offer_rate": 0.5, "offer_success": 0.4, "offer_cost": 10.0})
    monthly = cs.simulate(firm, seed=12, months=3).monthly
    met = monthly["offers"].sum() / 10.0
    leavers = monthly["left"].sum() + monthly["saved"].sum()
    assert abs(met - 0.5 * leavers) < LIMIT * np.sqrt(0.25 * leavers)
    assert abs(monthly["saved"].sum() - 0.4 * met) < LIMIT * np.sqrt(0.24 * met)
    assert (monthly["false_alarms"] == monthly["offers"] * firm.loyalty.offer_false_alarms).all()


def test_the_lapsed_are_approached_and_won_back_while_it_is_not_too_late():
    law = {"churn": 0.5, "winback_rate": 0.6, "winback_months": 3, "winback_success": 0.5, "winback_cost": 1.0}
    firm = bare(20_000, 20_000, loyalty={**law, "winback_fading": 1e9})
    firm = firm.change({"interventions": [{"month": 1, "change": {"loyalty.churn": 0.0}}]})
    monthly = cs.simulate(firm, seed=13, months=8).monthly
    assert monthly["left"][0] > 9_000
    assert monthly["left"][1:].sum() == 0
    assert monthly["approaches"][[0, 4, 5, 6, 7]].sum() == 0
    gone = monthly["left"][0]
    for month in (1, 2, 3):
        approached = monthly["approaches"][month]
        assert abs(approached - 0.2 * gone) < LIMIT * np.sqrt(0.16 * gone)
        assert abs(monthly["won_back"][month] - 0.5 * approached) < LIMIT * np.sqrt(0.25 * approached)
    approached = monthly["approaches"].sum()  # each once or never, in one of three months
    assert abs(approached - 0.6 * gone) < LIMIT * np.sqrt(0.24 * gone)
