"""Bands, reasons and lives of made-up firms, where what must be told is known."""

from __future__ import annotations

import types

import numpy as np
import pandas as pd
import pytest

from custsim.errors import InputError
from custsim.scenario import load
from custsim.simulation import simulate
from custsim.widgets import panels
from custsim.widgets.numbers import HEADLINES
from custsim.widgets.panels import (
    REPLICATIONS,
    _course,
    _fate,
    _sure_words,
    _whom,
    _why_words,
    band,
    customer,
    why_panel,
)

EUR = types.SimpleNamespace(currency="EUR")


# --- is it luck? ----------------------------------------------------------------------------------------------------


def lived(gain: float, luck: int, days: float = 1.0) -> types.SimpleNamespace:
    """One luck of a firm: luck 0, 1 ... 19 itself, raised by a gain; no answer in month 1, in month 2 of some lucks."""
    some = float(luck) if luck >= 10 else np.nan
    series = np.array([[gain + luck, np.nan, some]], dtype=np.float32)
    profit = 100.0 * gain + 1000.0 * luck + (-1.0) ** luck
    numbers = {"profit": profit, "response_days": days * luck, "churn": 3.0 + gain, "retention": np.nan,
               "won": 500.0 + (-1.0) ** luck * gain}  # fmt: skip
    return types.SimpleNamespace(series=series, numbers=numbers)


def band_of(gain: float, days: float = 1.0, numbers: tuple[str, ...] = ("profit", "response_days", "churn")):
    def outcome(setting, luck):
        return lived(gain * setting["more"], luck, days if setting["more"] else 1.0)

    board = types.SimpleNamespace(outcome=outcome, numbers=[HEADLINES[name] for name in numbers], scenario=EUR)
    return band(board, {"more": 1}, {"more": 0})


def test_a_band_is_from_5_to_95_per_cent_of_the_lucks_first_of_the_present():
    reply = band_of(50.0)
    (low, high), (low_before, high_before) = reply.numbers.reshape(2, 2, 3)
    assert (low_before[0], high_before[0]) == pytest.approx((0.95, 18.05))  # of 0, 1 ... 19
    assert (low[0], high[0]) == pytest.approx((50.95, 68.05))
    assert np.isnan([low[1], high[1], low_before[1], high_before[1]]).all()
    assert (low[2], high[2]) == pytest.approx((10.45, 18.55))  # of the ten that have an answer: 10 ... 19
    assert REPLICATIONS == 20


def test_a_difference_is_the_present_less_the_reference_and_paired():
    told = {one["name"]: one for one in band_of(50.0, days=0.5).message["numbers"]}
    # each luck gains 5,000 exactly, however far lucks lie apart
    assert told["profit"] == {
        "name": "profit", "label": "Profit", "text": "+5,000 EUR a month (95 %: +5,000 to +5,000)", "sure": True
    }  # fmt: skip
    assert told["churn"]["text"] == "+50.0 points a year (95 %: +50.0 to +50.0)"
    # half of 0 ... 19 less: 4.75 in the mean; standard deviation 2.958, Student's t of 19 degrees 2.093
    assert told["response_days"]["text"] == (
        "\N{MINUS SIGN}4.8 working days (95 %: \N{MINUS SIGN}6.1 to \N{MINUS SIGN}3.4)"
    )
    assert told["response_days"]["sure"] is True


def test_what_may_as_well_be_the_other_way_round_is_not_sure():
    """50 more in one luck, 50 less in the next: standard error 11.5, Student's t of 19 degrees 2.093."""
    (won,) = band_of(50.0, numbers=("won",)).message["numbers"]
    assert won["text"] == "0 persons (95 %: \N{MINUS SIGN}24 to +24)"
    assert won["sure"] is False


def test_what_is_written_as_nought_is_not_sure():
    reply = band_of(0.001)  # 0.10 EUR in every luck, and 0.001 points
    assert [one["sure"] for one in reply.message["numbers"]] == [False, False, False]
    assert (
        reply.message["words"][1]
        == "May be luck, since the interval holds 0: profit, wait at the complaint desk, customers leaving."
    )


def test_words_name_what_is_in_doubt_and_not_what_is_unknown():
    sure = {"label": "Profit", "text": "+5 EUR", "sure": True}
    doubt, unknown = sure | {"label": "Churn", "sure": False}, {"label": "Days", "text": "not known", "sure": False}
    assert (
        _sure_words([sure]) == _sure_words([sure, unknown]) == "None of the differences is luck: no interval holds 0."
    )
    assert _sure_words([sure, doubt, unknown]) == "May be luck, since the interval holds 0: churn."
    assert _sure_words([unknown]) == "None of the differences is known."
    assert band_of(5.0, numbers=("retention",)).message["numbers"][0] | {"label": ""} == {
        "name": "retention", "label": "", "text": "not known", "sure": False
    }  # fmt: skip


# --- why? -----------------------------------------------------------------------------------------------------------


def told_why(a, b, amounts, measures=()):
    return types.SimpleNamespace(
        profit_a=np.array(a, dtype=float),
        profit_b=np.array(b, dtype=float),
        replications=tuple(range(len(a))),
        months=24,
        account=pd.DataFrame({"label": [f"Line {n}" for n in range(len(amounts))], "amount": amounts}),
        measures=pd.DataFrame(list(measures), columns=["measure", "label", "unit", "a", "b"]),
    )


BOARD = types.SimpleNamespace(scenario=EUR)


def test_more_and_less_are_those_of_the_present_firm():
    # +100, +200, +300: 200 in the mean; standard error 57.7, Student's t of 2 degrees 4.303
    (words,) = _why_words(told_why([0, 0, 0], [100, 200, 300], []), BOARD)[:1]
    assert "earns 200 EUR a month more than the reference" in words
    assert "interval \N{MINUS SIGN}48 to +448; 3 lucks, 24 months" in words
    (words,) = _why_words(told_why([110, 200, 290], [10, 100, 190], []), BOARD)  # each luck 100 less: no doubt
    assert "earns 100 EUR a month less than the reference" in words
    assert len(_why_words(told_why([0, 0, 0], [100, 200, 300], []), BOARD)) == 2
    assert _why_words(told_why([0, 0, 0], [100, 200, 300], []), BOARD)[1] == "The interval holds 0: this may be luck."


def test_the_four_largest_lines_are_told_whatever_their_sign():
    words = _why_words(told_why([0, 0], [9, 9], [0.4, -300.0, 20.0, -0.6, 100.0, 50.0]), BOARD)
    assert words[1] == (
        "Profit moves most through line 1 \N{MINUS SIGN}300 EUR; line 4 +100 EUR; line 5 +50 EUR; line 2 +20 EUR."
    )
    small = _why_words(told_why([0, 0], [9, 9], [0.4, -0.6]), BOARD)
    assert small[1] == "Profit moves most through line 1 \N{MINUS SIGN}1 EUR."
    assert len(_why_words(told_why([0, 0], [9, 9], [0.4, -0.4]), BOARD)) == 1


def test_what_moved_along_the_chain_is_told_from_the_reference_to_the_present():
    measures = [("satisfaction", "Satisfaction", "index 0-100", 70.0, 71.0), ("profit", "Profit", "currency", 5.0, 9.0),
                ("quits", "Quits", "persons", 20.0, 20.05), ("price", "Price", "currency", 10.0, 8.0),
                ("share", "Share", "share", 0.0, 0.0004), ("days", "Days", "days", np.nan, 3.0)]  # fmt: skip
    words = _why_words(told_why([0, 0], [9, 9], [], measures), BOARD)
    assert words[1] == "Along the chain: satisfaction 70.0 to 71.0 (index 0-100); price 10.0 to 8.00 (EUR)."


@pytest.mark.parametrize(("links", "replications"), [(1, 8), (2, 8), (3, 6), (4, 3), (5, 4), (6, 4), (12, 2)])
def test_why_lives_no_more_firms_than_it_may(links, replications, monkeypatch):
    """48 firms in all: 2 for each order of switching up to four links, two orders beyond; from 2 to 8 lucks."""
    asked = {}

    def why(before, present, *, seed, replications, **rest):
        asked.update(before=before, present=present, seed=seed, replications=replications)
        found = told_why([0.0] * 2, [9.0] * 2, [])
        found.difference = 9.4
        found.table = pd.DataFrame([{"link": "x", "label": "X", "contribution": 9.4, "low": 1.0, "high": np.nan}])
        return found

    monkeypatch.setattr(panels, "why", why)
    monkeypatch.setattr(panels, "Between", lambda *given: types.SimpleNamespace(links=range(links)))
    board = types.SimpleNamespace(changed=lambda setting: setting["name"], scenario=EUR, months=24, seed=7)
    told = why_panel(board, {"name": "present"}, {"name": "before"}).message
    assert asked == {"before": "before", "present": "present", "seed": 7, "replications": replications}
    assert told["total"] == {"value": 9.4, "text": "+9 EUR a month"}
    assert told["bars"] == [{"link": "x", "label": "X", "value": 9.4, "low": 1.0, "high": None, "text": "+9 EUR"}]


# --- whose life? ----------------------------------------------------------------------------------------------------


def people(**columns):
    rows = pd.DataFrame(columns).set_index("person")
    return types.SimpleNamespace(customers=rows)


def test_who_is_met_is_whom_the_difference_concerns_most():
    stay = ["customer", "customer", "customer"]
    before = people(person=[1, 2, 3], state=stay, value_observed=[100.0, 10.0, 50.0], value_residual=[0.0, 5.0, 50.0])
    worth = people(person=[1, 2, 3], state=stay, value_observed=[100.0, 12.0, 50.0], value_residual=[1.0, 5.0, 10.0])
    assert _whom(worth, before, same=False) == (3, "This is the person whose worth differs most.")  # by 40, less
    left = people(person=[1, 2], state=["lapsed", "lapsed"], value_observed=[100.0, 10.0], value_residual=[0.0, 0.0])
    # 3 is in one run only; of the three fates that differ, theirs differs by 100
    assert _whom(left, before, same=False)[0] == 3
    some = people(person=[1, 2, 3], state=["customer", "lapsed", "lapsed"], value_observed=[0.0, 10.0, 50.0],
                  value_residual=[0.0, 0.0, 40.0])  # fmt: skip
    assert _whom(some, before, same=False) == (
        3, "Of all whose fate differs, theirs is the worth that differs most."
    )  # fmt: skip  # that of 1 differs by 100, but their fate does not


def test_where_nothing_differs_it_is_somebody_to_whom_much_happened():
    run = people(person=[1, 2, 3], complaints=[0, 2, 2], failures=[9, 2, 3])
    assert _whom(run, run, same=True)[0] == 3
    nobody = people(person=[], complaints=[], failures=[])
    with pytest.raises(InputError, match="nobody was a customer"):
        _whom(nobody, nobody, same=True)


@pytest.fixture(scope="module")
def run():
    firm = load("neighbourhood_bank").scaled(0.1)
    hard = {"complaints.staff": 1, "complaints.handling_days": 5.0, "time.months": 24}
    return simulate(firm.change(hard, opening="own"), 1)


def test_a_fate_is_what_the_story_tells(run):
    left = run.customers[run.customers["state"] != "customer"].index[:3]
    for person in left:
        gone = next(
            line
            for line in reversed(run.story(person).splitlines())
            if "Leaves the firm" in line or "Comes no more" in line
        )
        month = gone[:16].strip()
        worth = run.customers.loc[person, ["value_observed", "value_residual"]].sum()
        text = f"{worth:,.0f}".replace("-", "\N{MINUS SIGN}")
        assert _fate(run, person) == f"they leave in {month} and are worth EUR {text}"
    stay = run.customers[run.customers["state"] == "customer"].index[0]
    worth = run.customers.loc[stay, ["value_observed", "value_residual"]].sum()
    assert run.customers.loc[stay, "value_residual"] > 1.0
    assert _fate(run, stay) == f"they are a customer at the end and worth EUR {worth:,.0f}"


def test_a_course_is_what_would_be_reported_while_a_customer(run):
    hurt = next(
        one
        for one in run.customers.index
        if run.customers.loc[one, "wound"] > 0 and run.customers.loc[one, "state"] != "customer"
    )
    months = run.followed(hurt).reset_index(drop=True)
    course = _course(run, hurt)["satisfaction"]
    for at, told in enumerate(course):
        if months.loc[at, "state"] != 1:
            assert told is None
        else:
            felt = months.loc[at, "satisfaction"] + months.loc[at, "felt"]
            assert told == pytest.approx(100.0 * min(1.0, max(0.0, felt)), rel=1e-3)
    assert any(one is None for one in course)
    assert any(one is not None for one in course)
    assert (months["felt"] != 0).any()


def test_a_course_stays_within_the_index():
    months = pd.DataFrame({"satisfaction": [0.02, 0.99], "felt": [-0.1, 0.1], "state": [1, 1]})
    assert _course(types.SimpleNamespace(followed=lambda person: months), 1)["satisfaction"] == [0.0, 100.0]


def test_both_lives_are_told_each_on_its_side(run, monkeypatch):
    other = simulate(run.scenario.change({"complaints.staff": 6}), 1)
    board = types.SimpleNamespace(run=lambda setting: run if setting else other)
    told = customer(board, {"now": 1}, {}).message
    person = told["person"]
    assert told["months"] == {"present": _course(run, person), "reference": _course(other, person)}
    assert told["events"]["present"] == panels.events(run, person)
    assert told["events"]["reference"] == panels.events(other, person)
    assert f"In the reference {_fate(other, person)}; now {_fate(run, person)}." in told["difference"]
