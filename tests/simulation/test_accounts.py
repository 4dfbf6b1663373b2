"""A month's account line by line: a price of the scenario times what was counted; and what is carried over."""

from __future__ import annotations

import numpy as np
import pytest
from firms import VARIANTS, Life, live, small

from custsim.chain.complaints import prevention_level
from custsim.simulation.accounts import CHARGED, COSTS
from custsim.simulation.population import CUSTOMER

#: everything that costs something does so, and nothing costs the same
DEAR = {
    "employees.pay": 1.1,
    "employees.quit_hazard": 0.1,
    "employees.hiring_delay": 0.5,
    "internal_service.supplier_grade": "C",
    "internal_service.desk_staff": 2,
    "complaints.staff": 3,
    "complaints.ease": 0.7,
    "loyalty.churn": 0.1,
    "loyalty.switching_cost": 0.2,
    "loyalty.offer_rate": 0.5,
    "loyalty.offer_false_alarms": 0.3,
    "loyalty.winback_rate": 0.6,
    "loyalty.winback_cost": 7.0,
    "referral.reward": 30.0,
    "market.marketing": 1234.0,
    "profit.fixed_cost": 4321.0,
}
FIRMS = {name: VARIANTS[name] for name in ("as it is", "fast hiring", "nobody yet", "non-contractual")} | {"dear": DEAR}
CARRIED = ("hostility", "prevention", "planned_customers", "customer_rate")
by_firm = pytest.mark.parametrize("name", FIRMS)


@pytest.fixture(scope="module")
def lives() -> dict[str, Life]:
    return {}


@pytest.fixture
def life(name, lives) -> Life:
    if name not in lives:
        lives[name] = live(small(FIRMS[name]), seed=3)
    return lives[name]


@by_firm
def test_every_cost_is_a_price_times_what_was_counted(life):
    firm, monthly = life.run.scenario, life.run.monthly
    margins = monthly["base"] + monthly["growth"] + monthly["premium"]
    staff, inside, loyalty = firm.employees, firm.internal_service, firm.loyalty
    grade = 1.0 - inside.grade_discount * "ABCD".index(inside.supplier_grade)
    spends = [getattr(inside, name).spend for name in ("training", "support", "rewards", "teamwork", "empowerment")]
    pay = staff.monthly_pay * staff.pay
    a_hire = staff.recruiting_cost * 2.0 / staff.hiring_delay  # what it says is at a delay of two months
    expected = {
        "acquisition": firm.profit.acquisition_cost * monthly["joined"],
        "rewards": firm.referral.reward * monthly["referred"],
        "pay": pay * monthly["employees"],
        "turnover": staff.turnover_cost * 12.0 * pay * monthly["quits"] + a_hire * monthly["hired"],
        "internal_service_cost": (sum(spends) + grade * inside.tools.spend) * monthly["employees"],
        "internal_desk": inside.desk_staff * staff.monthly_pay,
        "complaint_desk": firm.complaints.staff * staff.monthly_pay,
        "complaint_channel": firm.complaints.ease_cost * firm.complaints.ease**2 * monthly["customers"],
        "lock_in": loyalty.switching_cost_price * loyalty.switching_cost * monthly["customers"],
        "false_alarms": loyalty.offer_false_alarms * monthly["offers"],
        "marketing": firm.market.marketing,
        "fixed": firm.profit.fixed_cost,
        "revenue": margins + firm.profit.visit_cost * monthly["visits"],
    }
    for line, amount in expected.items():
        np.testing.assert_allclose(monthly[line], amount, rtol=1e-9, atol=1e-9, err_msg=line)


def test_in_the_dear_firm_no_line_is_empty(lives):
    """So that the test above has seen every price. Offers and approaches are made to all who are held or won back."""
    run = lives.setdefault("dear", live(small(DEAR), seed=3)).run
    monthly, loyalty = run.monthly, run.scenario.loyalty
    assert (monthly[[*CHARGED, *COSTS, "quits", "hired"]].sum() > 0).all()
    for line, price, least in (("offers", "offer_cost", "saved"), ("approaches", "winback_cost", "won_back")):
        made = monthly[line] / getattr(loyalty, price)
        np.testing.assert_allclose(made, made.round(), atol=1e-6, err_msg=line)
        assert (made.round() >= monthly[least]).all(), line
        assert monthly[least].sum() > 0, line


@by_firm
def test_what_is_carried_over_to_the_next_month(name):
    """Failures per visit over the base rate, less one, smoothed over three months; lessons; customers to plan for."""
    told = []

    def look(simulation):
        simulation.watchers.append(lambda now: told.append(told_by(now)))
        yield simulation.until(0)

    firm = small({"employees.head_smoothing_months": 4.0, **FIRMS[name]})
    run = live(firm, seed=3, processes=[look]).run
    monthly = run.monthly
    failures = (monthly["minor_failures"] + monthly["major_failures"]).to_numpy()
    for month in range(1, run.months):
        before, after = told[month - 1], told[month]
        row = monthly.loc[month]
        hostile = before["hostility"]
        if row["visits"] > 0:
            hostile += (failures[month] / row["visits"] / firm.complaints.failure_rate - 1.0 - hostile) / 3.0
        assert after["hostility"] == pytest.approx(hostile, rel=1e-9, abs=1e-12)
        learned = prevention_level(
            before["prevention"], row["answered"], failures[month], firm.complaints.prevention_months
        )
        assert after["prevention"] == pytest.approx(float(learned), rel=1e-9)
        planned = before["planned_customers"] + (row["customers_end"] - before["planned_customers"]) / 4.0
        assert after["planned_customers"] == pytest.approx(planned, rel=1e-9)
        assert after["customer_rate"] == pytest.approx(after["rates"], rel=1e-5)
    assert len(told) == run.months


def told_by(simulation) -> dict[str, float]:
    firm, people = simulation.state.firm[0], simulation.state.people
    rates = people.rate[people.state == CUSTOMER].sum(dtype=np.float64)
    return {name: float(firm[name]) for name in CARRIED} | {"rates": float(rates)}


def test_without_failures_to_compare_with_nobody_is_hostile():
    """A base rate of nothing, or no visits, is no reason for hostility, nor an end of it."""
    for changes in ({"complaints.failure_rate": 0.0}, {"market.visits_per_month": 1e-9}):
        life = live(small(changes), seed=3)
        assert life.run.monthly["minor_failures"].sum() == 0
        assert life.simulation.state.firm[0]["hostility"] == 0.0
