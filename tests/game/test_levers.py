"""What a plan costs, what is refused, and how a plan is cut to a budget."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.game.levers import (
    STAFFING,
    Volumes,
    _cut,
    _nice,
    cost,
    in_budget,
    lever_values,
    levers,
    lines,
    read_plan,
)
from custsim.scenario import load

BANK = load("neighbourhood_bank")
LEVERS = levers(BANK)
START = lever_values(BANK, LEVERS)
YEAR = Volumes(customers=6000, answered=300, leavers=800, referred=250, revenue=4.6e6)
LINES = lines(BANK, YEAR, 50.0)


def plans() -> st.SearchStrategy[dict[str, Any]]:
    """Any plan within the ranges."""
    return st.fixed_dictionaries(
        {lever.path: st.integers(int(lever.low), int(lever.high)) if lever.whole else st.floats(lever.low, lever.high)
         for lever in LEVERS}
    )  # fmt: skip


def test_every_lever_moves_a_parameter_and_the_firm_as_it_is_stands_within_all_ranges() -> None:
    assert read_plan(LEVERS, START) == START
    assert BANK.change(START).complaints.staff == START["complaints.staff"]
    for lever in LEVERS:
        for end in (lever.low, lever.high):
            BANK.change({lever.path: int(end) if lever.whole else end})  # both ends are possible
        assert math.isclose((lever.high - lever.low) / lever.step, round((lever.high - lever.low) / lever.step))


def test_both_ends_of_every_range_can_be_asked_for_and_nothing_beyond() -> None:
    for lever in LEVERS:
        for end in (lever.low, lever.high):
            assert read_plan(LEVERS, {**START, lever.path: end})[lever.path] == end
        for beyond in (lever.low - lever.step, lever.high + lever.step):
            with pytest.raises(InputError, match="must be from"):
                read_plan(LEVERS, {**START, lever.path: beyond})


def test_ranges_are_what_is_documented_in_round_steps() -> None:
    found = {lever.path: (lever.low, lever.high, lever.step) for lever in LEVERS}
    assert found["internal_service.training.spend"] == (0.0, 200.0, 5.0)  # up to twice the bank's 100
    assert found["market.marketing"] == (0.0, 24_000.0, 1000.0)  # up to three times 8,000
    assert found[STAFFING] == (128.0, 180.0, 2.0)  # 0.85 to 1.2 times 150: 127.5 to 180, where the slider can stand
    assert found["complaints.staff"] == (1.0, 8.0, 1.0)  # a quarter of 4 to twice 4
    for lever in LEVERS:
        assert 5 <= (lever.high - lever.low) / lever.step <= 50


@pytest.mark.parametrize(
    ("size", "step"), [(1.0, 1.0), (3.1, 2.0), (3.3, 5.0), (7.0, 5.0), (7.2, 10.0), (0.014, 0.01), (420.0, 500.0)]
)
def test_a_step_is_the_1_2_or_5_that_is_nearest_as_a_ratio(size: float, step: float) -> None:
    """Half way from 2 to 5 is the root of 10, and from 5 to 10 that of 50."""
    assert _nice(size) == pytest.approx(step)


def test_the_cheap_end_is_the_cheap_one() -> None:
    plan = {**START, "loyalty.offer_rate": 0.1, "referral.reward": 20.0}
    for lever in LEVERS:
        dear = lever.low if lever.cheap == lever.high else lever.high
        assert cost(LINES, {**plan, lever.path: lever.cheap}) < cost(LINES, {**plan, lever.path: dear})


def test_volumes_are_the_sums_of_the_months_and_the_customers_of_the_last() -> None:
    months = pd.DataFrame({"customers_end": [900, 950, 1000], "answered": [1, 2, 3], "left": [10, 20, 30],
                           "saved": [1, 1, 1], "referred": [4, 5, 6], "revenue": [100.0, 200.0, 300.5]})  # fmt: skip
    assert Volumes.of(months) == Volumes(customers=1000, answered=6, leavers=63, referred=15, revenue=600.5)


def test_tools_of_a_lower_grade_cost_less() -> None:
    cheaper = BANK.change({"internal_service.supplier_grade": "C"}, opening="own")
    discount = BANK.internal_service.grade_discount
    tools, same = (next(line for line in lines(one, YEAR, 50.0) if line.label == "Tools") for one in (cheaper, BANK))
    assert discount > 0
    assert tools.cost(START) == pytest.approx(same.cost(START) * (1.0 - 2.0 * discount))


def test_a_plan_costs_what_the_account_would_charge_at_these_volumes() -> None:
    heads = 6000 / 150
    by_hand = (
        heads * 12 * (140 + 100 + 60)  # tools, training, support
        + heads * 12 * 3150  # wages at the market's pay
        + 4 * 12 * 3150  # complaint desk
        + 1.0 * 300 * 50  # compensation of the whole loss
        + 12 * 8000  # advertising
    )
    assert math.isclose(cost(LINES, START), by_hand)
    offers = {**START, "loyalty.offer_rate": 0.1, "referral.reward": 20.0}
    # of 80 leavers met and three times as many who would have stayed, each 25; 250 recruits at 20
    assert math.isclose(cost(LINES, offers) - by_hand, 80 * 4 * 25 + 250 * 20)
    # a sixth fewer people, tools and training with them, at 5 % more pay
    leaner = heads * 12 * 300 * 150 / 180 + heads * 12 * 3150 * 1.05 * 150 / 180
    change = cost(LINES, {**START, STAFFING: 180.0, "employees.pay": 1.05}) - by_hand
    assert math.isclose(change, leaner - heads * 12 * (300 + 3150), rel_tol=1e-9)


@given(plans(), st.floats(0.0, 1.0))
def test_a_cut_plan_is_within_the_budget_and_within_the_ranges(plan: dict[str, Any], share: float) -> None:
    cheapest = cost(LINES, {lever.path: lever.cheap for lever in LEVERS})
    budget = cheapest + share * 1.2e6 + 1e-6
    cut = in_budget(LINES, LEVERS, plan, budget)
    assert cost(LINES, cut) <= budget
    assert read_plan(LEVERS, cut) == cut
    if cost(LINES, plan) <= budget:
        assert cut == plan
    else:
        for lever in LEVERS:  # nothing is spent on that was not wished for
            assert abs(cut[lever.path] - lever.cheap) <= abs(plan[lever.path] - lever.cheap) + 1e-6


def test_a_cut_goes_no_further_than_it_must() -> None:
    dear = {lever.path: lever.low if lever.cheap == lever.high else lever.high for lever in LEVERS}
    plan = {path: round(value) if path == "complaints.staff" else value for path, value in dear.items()}
    lean = {lever.path: lever.cheap for lever in LEVERS}
    whole, least = cost(LINES, plan), cost(LINES, lean)
    assert in_budget(LINES, LEVERS, plan, whole) == plan  # what costs just the budget stays
    assert in_budget(LINES, LEVERS, plan, least) == pytest.approx(lean)
    for percent in (10, 37, 80):
        even = [{lever.path: _cut(lever, plan[lever.path], one / 100.0) for lever in LEVERS}
                for one in range(percent + 1)]  # fmt: skip
        budget = cost(LINES, even[percent])
        assert in_budget(LINES, LEVERS, plan, budget) == next(one for one in even if cost(LINES, one) <= budget)


def test_a_cut_value_stands_on_a_step_on_the_cheap_side() -> None:
    by_path = {lever.path: lever for lever in LEVERS}
    reward, staffing = by_path["referral.reward"], by_path[STAFFING]
    assert _cut(reward, 100.0, 0.5) == 50.0
    assert _cut(reward, 95.0, 0.5) == 45.0  # 47.50, and steps of 5
    assert _cut(staffing, 150.0, 0.5) == 166.0  # 165, and steps of 2 down from 180; more customers a head cost less
    assert _cut(by_path["loyalty.offer_rate"], 0.3, 0.5) == 0.15  # three steps of 0.05, however they are represented
    assert _cut(by_path["complaints.staff"], 8, 0.5) == 4
    for lever in LEVERS:
        assert _cut(lever, START[lever.path], 0.0) == pytest.approx(START[lever.path])
        assert _cut(lever, START[lever.path], 1.0) == pytest.approx(lever.cheap)


def test_a_budget_below_the_cheapest_plan_is_refused() -> None:
    with pytest.raises(InputError, match="even the cheapest plan costs"):
        in_budget(LINES, LEVERS, START, 1000.0)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


@given(anything | st.dictionaries(st.sampled_from([lever.path for lever in LEVERS]) | st.text(max_size=9), anything))
def test_whatever_comes_as_a_plan_is_read_or_refused_in_words(given_plan: Any) -> None:
    try:
        plan = read_plan(LEVERS, given_plan)
    except InputError as error:
        longest = max(len(problem) for problem in error.problems)
    else:
        longest = 0
        assert set(plan) == {lever.path for lever in LEVERS}
    assert longest < 300


@pytest.mark.parametrize(
    ("move", "words"),
    [
        ({"complaints.staff": 2.5}, "must be a whole number, got 2.5"),
        ({"complaints.staff": True}, "must be a number from 1 to 8"),
        ({"complaints.staff": 9}, "must be from 1 to 8, got 9"),
        ({"market.marketing": math.nan}, "must be a number"),
        ({"market.marketing": "8000"}, "must be a number"),
        ({"market.marketting": 1}, "did you mean market.marketing"),
        ({"profit.fixed_cost": 0}, "is no lever of this game"),
    ],
)
def test_a_wrong_value_is_named_with_its_bound(move: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_plan(LEVERS, {**START, **move})
