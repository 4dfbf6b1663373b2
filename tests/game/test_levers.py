"""What a plan costs, what is refused, and how a plan is cut to a budget."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.game.levers import STAFFING, Volumes, cost, in_budget, lever_values, levers, lines, read_plan
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
    assert cost(LINES, {**START, STAFFING: 180.0}) < by_hand


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
