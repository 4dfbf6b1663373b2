"""The firm of a room: the same for the same code, another for another, always within the documented ranges."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.game.firm import (
    MARGIN,
    RANGES,
    SLACK,
    _changes,
    _digest,
    _drawn,
    _made_good,
    code_of,
    firm,
    new_code,
    read_code,
)
from custsim.game.levers import levers
from custsim.game.play import desk_after, lived
from custsim.game.results import year_result
from custsim.scenario import load
from custsim.scenario.parameter import valued

BANK = load("neighbourhood_bank")
VALUES = {parameter.path: parameter.value for parameter in valued(BANK)}
LEVERS = {lever.path: lever for lever in levers(BANK)}


def test_a_code_makes_one_firm_whatever_way_it_is_written() -> None:
    one, same = firm("KAB417"), firm("  kab-417 ")
    assert one == same
    other = firm("KAB418")
    assert (other.scenario, other.seed) != (one.scenario, one.seed)


@given(st.from_regex(r"[A-Z0-9]{3,12}", fullmatch=True))
@settings(max_examples=60)
def test_every_firm_lies_within_the_documented_ranges_and_its_sliders_can_stand_there(code: str) -> None:
    changes = _changes(BANK, tuple(LEVERS.values()), _drawn(code, "neighbourhood_bank"))
    assert set(changes) == {one.path for one in RANGES}
    BANK.change(changes)
    for one in RANGES:
        step = LEVERS[one.path].step if one.path in LEVERS else 0.0
        low, high = VALUES[one.path] * one.low - step / 2, VALUES[one.path] * one.high + step / 2
        assert low - 1e-9 <= changes[one.path] <= high + 1e-9
        if one.path in LEVERS:
            steps = (changes[one.path] - LEVERS[one.path].low) / step
            assert abs(steps - round(steps)) < 1e-6
            assert LEVERS[one.path].low <= changes[one.path] <= LEVERS[one.path].high


def test_draws_fill_their_ranges() -> None:
    """With 200 codes, the smallest and the largest of 200 even draws miss the outer tenths once in a billion."""
    drawn = [_drawn(f"CODE{n}", "neighbourhood_bank") for n in range(200)]
    for name in drawn[0]:
        values = [one[name] for one in drawn]
        assert min(values) < 0.1
        assert max(values) > 0.9


def test_the_firm_earned_a_usual_margin_before_the_game_and_may_spend_a_little_more() -> None:
    made = firm("KAB417")
    run = lived(made, ())
    desk = desk_after(made, run, ())
    margin = run.monthly["profit"].sum() / desk.volumes.revenue
    assert MARGIN[0] - 0.005 <= margin <= MARGIN[1] + 0.005
    assert desk.budget == pytest.approx((1 + SLACK) * desk.cost(made.start), rel=0.002)


def test_a_drawn_number_is_a_place_in_its_range() -> None:
    """All draws 0 are the low ends, all 1 the high ones, a quarter is a quarter of the way; sliders to half a step."""
    for share in (0.0, 0.25, 1.0):
        changes = _changes(BANK, tuple(LEVERS.values()), {one.path: share for one in RANGES})
        for one in RANGES:
            exact = VALUES[one.path] * ((1.0 - share) * one.low + share * one.high)
            step = LEVERS[one.path].step if one.path in LEVERS else 0.0
            assert changes[one.path] == pytest.approx(exact, rel=1e-9, abs=step / 2 + 1e-9)


@pytest.mark.parametrize("code", ["KAB417", "OTTER", "X99"])
def test_prices_margin_and_budget_of_a_firm_are_those_of_its_year_before_the_game(code: str) -> None:
    made = firm(code)
    run = lived(made, ())
    desk, paid = desk_after(made, run, ()), year_result(made, run, ()).paid
    # at the volumes of a year, a plan is priced at what the year charged; customers of the end stand for those of the
    # year, and positions that were vacant were not paid
    priced = {line.lever: line.cost(made.start) for line in desk.lines}
    for path in ("complaints.staff", "complaints.compensation", "market.marketing"):
        assert priced[path] == pytest.approx(paid[path], rel=1e-9), path
        assert paid[path] > 0
    for path in ("employees.customers_per_employee", "internal_service.tools.spend", "internal_service.support.spend"):
        assert paid[path] < priced[path] < 1.1 * paid[path]
    # fixed cost comes in whole thousands a month, so the margin is the drawn one to 6,000 of revenue
    drawn = MARGIN[0] + (MARGIN[1] - MARGIN[0]) * _drawn(made.code, made.base)["margin"]
    assert run.monthly["profit"].sum() == pytest.approx(drawn * desk.volumes.revenue, abs=6000.0)
    assert desk.budget % 1000.0 == 0.0


def test_a_complaint_that_is_not_solved_costs_no_compensation() -> None:
    """Answered: one large loss and one small made good, and one of each kind not; given up on: two."""
    tickets = pd.DataFrame({
        "severity": ["major", "minor", "minor", "major", "major", "minor"],
        "solved": [True, True, False, False, False, False],
        "gave_up": [False] * 4 + [True] * 2,
    })  # fmt: skip
    both = BANK.complaints.major_loss + BANK.complaints.minor_loss
    assert _made_good(BANK, tickets, 4.0) == pytest.approx(both / 4)


def test_offers_and_rewards_cost_what_the_desk_says() -> None:
    """Some 800 leavers, of whom 3 in 10 are met: 4 standard errors are 20 %."""
    made = firm("KAB417")
    plan = {**made.start, "loyalty.offer_rate": 0.3, "referral.reward": 50.0}
    run = lived(made, [plan])
    priced = {line.lever: line.cost(plan) for line in desk_after(made, run, [plan]).lines}
    paid = year_result(made, run, [plan]).paid
    assert priced["referral.reward"] == paid["referral.reward"] > 0
    assert priced["loyalty.offer_rate"] == pytest.approx(paid["loyalty.offer_rate"], rel=0.2)


def test_room_names_make_codes() -> None:
    assert code_of("a") != code_of("b")
    assert read_code(code_of("a")) == code_of("a")
    assert read_code(new_code()) != read_code(new_code())


@pytest.mark.parametrize("code", ["", "ab", "!!!", "x" * 30, None, 7])
def test_codes_that_are_none_are_refused(code: object) -> None:
    with pytest.raises(InputError, match="3 to 20 letters and digits"):
        read_code(code)


def test_firms_and_lengths_that_are_not_played_are_refused() -> None:
    with pytest.raises(InputError, match="balanced for neighbourhood_bank"):
        firm("KAB417", "hotel")
    with pytest.raises(InputError, match="no scenario 'nothing'"):
        firm("KAB417", "nothing")
    for years in (0, 11, True, 2.0):
        with pytest.raises(InputError, match=f"from 1 to 10, got {years}"):
            firm("KAB417", years=years)  # type: ignore[arg-type]


def test_the_shortest_and_the_longest_code_and_game_can_be() -> None:
    assert read_code("abc") == "ABC"
    assert read_code("a" * 20) == "A" * 20
    for years in (1, 10):
        assert firm("KAB417", years=years).scenario.time.months == 12 * (years + 1)


def test_each_code_has_luck_of_its_own() -> None:
    assert len({firm(code).seed for code in ("KAB417", "KAB418", "KAB419")}) == 3
    assert _digest("ab", "c") != _digest("a", "bc")
