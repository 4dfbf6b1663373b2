"""The firm of a room: the same for the same code, another for another, always within the documented ranges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.game.firm import MARGIN, RANGES, SLACK, _changes, _drawn, code_of, firm, new_code, read_code
from custsim.game.levers import levers
from custsim.game.play import desk_after, lived
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
    with pytest.raises(InputError, match="from 1 to 10, got 11"):
        firm("KAB417", years=11)
