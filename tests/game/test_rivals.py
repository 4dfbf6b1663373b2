"""House rivals do what their creeds say."""

from __future__ import annotations

import pytest

from custsim.game.firm import firm
from custsim.game.levers import STAFFING, lever_values
from custsim.game.play import desk_after, lived
from custsim.game.rivals import RIVALS, _moved, wishes

FIRM = firm("KAB417")
LEVERS = {lever.path: lever for lever in FIRM.levers}
WISHES = wishes(FIRM)


def test_the_steady_hand_changes_nothing() -> None:
    assert WISHES["The steady hand"] == pytest.approx(FIRM.start)


def test_the_cost_cutter_wishes_for_the_least_and_the_carer_for_the_most() -> None:
    desk = desk_after(FIRM, lived(FIRM, ()), ())
    costs = {name: desk.cost(plan) for name, plan in WISHES.items()}
    assert min(costs, key=lambda name: costs[name]) == "The cost cutter"
    cutter, carer, start = WISHES["The cost cutter"], WISHES["The carer"], FIRM.start
    assert cutter[STAFFING] == LEVERS[STAFFING].high  # as few people as can be
    assert cutter["employees.pay"] == LEVERS["employees.pay"].low
    for part in ("tools", "training", "support"):
        path = f"internal_service.{part}.spend"
        assert (cutter[path], carer[path]) == (0.0, LEVERS[path].high)
    assert cutter["complaints.staff"] == start["complaints.staff"] / 2
    assert carer["complaints.staff"] == start["complaints.staff"] * 1.25
    assert carer["employees.pay"] == pytest.approx(1.03 * start["employees.pay"], abs=0.005)
    assert carer[STAFFING] == pytest.approx(start[STAFFING], abs=1.0)


def test_the_advertiser_spends_on_the_market_and_not_on_its_people() -> None:
    plan = WISHES["The advertiser"]
    for path in ("market.marketing", "referral.reward", "loyalty.offer_rate"):
        assert plan[path] == LEVERS[path].high
    step = LEVERS["internal_service.training.spend"].step
    half = FIRM.start["internal_service.training.spend"] / 2
    assert plan["internal_service.training.spend"] == pytest.approx(half, abs=step / 2)


def test_a_move_is_to_an_end_by_what_it_costs_or_by_a_factor_within_the_range() -> None:
    staffing, start = LEVERS[STAFFING], FIRM.start
    assert _moved(staffing, start, {STAFFING: "low"}) == staffing.high
    assert _moved(staffing, start, {STAFFING: "high"}) == staffing.low
    assert _moved(staffing, start, {STAFFING: 9.0}) == staffing.high
    assert _moved(staffing, start, {STAFFING: 0.1}) == staffing.low
    for rival in RIVALS:
        for path, value in WISHES[rival.name].items():
            steps = (value - LEVERS[path].low) / LEVERS[path].step
            assert steps == pytest.approx(round(steps))


def test_a_firm_begins_where_its_sliders_can_stand() -> None:
    assert lever_values(FIRM.scenario, FIRM.levers) == FIRM.start
