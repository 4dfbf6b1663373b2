"""Controls from the declarations; axes; numbers as they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.scenario import Scenario, bundled, load
from custsim.scenario.parameter import valued
from custsim.widgets import Chart, Control, Headline, Series
from custsim.widgets.charts import CHARTS, rescaled, scale_for
from custsim.widgets.controls import levers
from custsim.widgets.numbers import HEADLINES, headline, told

NOT_LEVERS = ("name", "title", "description", "currency", "time.months", "time.start", "time.warm_up_months")


def controllable(scenario):
    return [one for one in valued(scenario)
            if one.path not in NOT_LEVERS and (one.type in ("number", "whole number", "true or false") or one.choices)
            and not one.path.startswith("interventions")]  # fmt: skip


@pytest.mark.parametrize("name", bundled())
def test_every_parameter_of_every_firm_makes_a_sensible_control(name):
    scenario = load(name)
    for parameter in controllable(scenario):
        (lever,) = levers(scenario, [parameter.path])
        assert lever.read(lever.start) == lever.start
        assert lever.label
        assert lever.meaning
        if lever.kind != "range":
            continue
        assert lever.low <= lever.start <= lever.high, lever
        assert 2 <= round((lever.high - lever.low) / lever.step) <= 400, lever
        for bound in (lever.low, lever.high):
            assert parameter.ge is None or bound >= parameter.ge
            assert parameter.gt is None or bound > parameter.gt
            assert parameter.le is None or bound <= parameter.le
            assert parameter.lt is None or bound < parameter.lt
        if parameter.type == "whole number":
            assert isinstance(lever.read(lever.high), int)
            assert lever.step.is_integer()
        first, second = lever.write(lever.start), lever.write(lever.start + lever.step)
        assert first != second, lever


def test_the_screen_is_told_label_unit_range_meaning_and_source():
    staff, ease, kind = (one.describe() for one in levers(
        Scenario(), ["complaints.staff", "complaints.ease", "profit.tenure_profile"]))  # fmt: skip
    assert (staff["low"], staff["high"], staff["step"], staff["decimals"]) == (0, 12, 1, 0)
    assert (staff["unit"], staff["start"], staff["percent"]) == ("persons", 4, False)
    assert staff["meaning"] == "Staff of the complaint desk."
    assert staff["source"].startswith("assumption")
    assert (ease["percent"], ease["unit"]) == (True, "of 100")
    assert [one["value"] for one in kind["choices"]] == ["rising", "flat"]
    assert all(one["meaning"] for one in kind["choices"])


def test_a_lesson_may_say_it_otherwise():
    (lever,) = levers(
        Scenario(),
        [Control("complaints.compensation", low=0, high=2, step=0.25, label="Paid back", unit="times", meaning="m")],
    )
    assert (lever.label, lever.unit, lever.step, lever.write(1.25)) == ("Paid back", "times", 0.25, "1.25 times")
    (better,) = levers(Scenario(), [Control("referral.referred_advantage")])
    assert (better.kind, better.write(True), better.write(False)) == ("switch", "yes", "no")
    (grade,) = levers(Scenario(), [Control("internal_service.supplier_grade", choices=("A", "D"))])
    assert [value for value, _ in grade.choices] == ["A", "D"]
    with pytest.raises(InputError, match="hold the scenario's A"):
        levers(Scenario(), [Control("internal_service.supplier_grade", choices=("C", "D"))])


def test_units_are_words():
    units = {
        "loyalty.churn": "%",
        "employees.quit_hazard": "% a month",
        "time.annual_discount_rate": "% a year",
        "internal_service.training.spend": "EUR an employee a month",
        "complaints.compensation": "× the loss",
        "employees.pay": "",
        "satisfaction.taste_sd": "of 100",
    }
    for path, unit in units.items():
        assert levers(Scenario(), [path])[0].unit == unit
    (discount,) = levers(Scenario(), ["time.annual_discount_rate"])
    assert discount.write(0.1) == "10.0 % a year"


def test_controls_stand_in_the_order_of_the_chain():
    paths = ["market.price", "referral.reward", "complaints.staff", "employees.pay", "complaints.ease"]
    assert [one.path for one in levers(Scenario(), paths)] == [
        "employees.pay", "complaints.staff", "complaints.ease", "referral.reward", "market.price"
    ]  # fmt: skip


def test_slider_arithmetic_leaves_no_dust():
    (lever,) = levers(Scenario(), [Control("complaints.compensation", low=0, high=3, step=0.1)])
    assert lever.read(0.1 + 0.2) == 0.3
    assert lever.read(1) == 1.0


def test_a_logarithmic_slider_takes_rounded_positions_and_still_holds_its_range():
    (lever,) = levers(Scenario(), ["market.persons"])
    assert lever.describe()["scale"] == "log"
    assert lever.read(12.35) == 12
    assert lever.read(60010) == 60000
    with pytest.raises(InputError, match="must be from"):
        lever.read(70000)


def test_the_start_lies_on_a_position():
    (lever,) = levers(Scenario(), [Control("complaints.handling_days", low=0.5, high=4, step=0.5)])
    assert lever.step == 0.1
    assert 1.9 in lever.places
    (lever,) = levers(Scenario(), [Control("complaints.compensation", low=0, high=3, step=0.5)])
    assert lever.step == 0.5


# --- axes -----------------------------------------------------------------------------------------------------------

VALUES = st.lists(st.floats(-1e9, 1e9).filter(lambda v: v == 0 or abs(v) > 1e-6), min_size=1, max_size=20)


@given(VALUES, st.booleans())
def test_an_axis_holds_its_values(values, zero):
    low, high = scale_for(np.array(values), zero=zero)
    assert low < high
    assert low <= min(values) + 1e-6 * abs(min(values))
    assert high >= max(values) - 1e-6 * abs(max(values))
    if zero:
        assert low <= 0 <= high


@given(VALUES, VALUES)
def test_an_axis_moves_only_when_it_must(first, then):
    before = scale_for(np.array(first))
    after = rescaled(np.array(then), before)
    assert after[0] <= min(0, *then) + 1e-6 * abs(min(then))
    assert after[1] >= max(0, *then) - 1e-6 * abs(max(then))
    if after != before:
        grown = after[0] < before[0] or after[1] > before[1]
        assert grown or (after[1] - after[0]) < 0.45 * (before[1] - before[0])
    assert rescaled(np.array(then), after) == after


def test_axes_are_round_and_noise_is_not_blown_up():
    assert scale_for(np.array([0.0, 1234.0])) == (0.0, 1500.0)
    assert scale_for(np.array([np.nan])) == (0.0, 1.0)
    assert scale_for(np.array([-3.0, 1000.0])) == (-50.0, 1000.0)
    low, high = scale_for(np.array([76.0, 77.0]), zero=False, span=0.35)
    assert high - low >= 0.35 * 77
    assert 0 <= low <= 76
    assert high >= 77


def test_charts_have_one_unit_and_series_told_apart():
    for chart in CHARTS.values():
        assert chart.meaning.endswith(".")
        assert len({(line.colour, line.dash) for line in chart.lines}) == len(chart.lines)
        assert len({line.dash for line in chart.lines}) == len(chart.lines)  # without colours too


def test_charts_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="did you mean profit"):
        Chart("c", "t", "u", ("profits",))
    with pytest.raises(InputError, match="at least one series"):
        Chart("c", "t", "u", ())
    with pytest.raises(InputError, match="colour must be one of"):
        Chart("c", "t", "u", (Series("profit", colour="yellow"),))


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "reference", "text", "change", "direction", "good"),
    [
        ("profit", 1234.4, 1000.0, "1,234 EUR a month", "+234 EUR a month", "up", True),
        ("profit", -1234.4, 1000.0, "−1,234 EUR a month", "−2,234 EUR a month", "down", False),
        ("response_days", 3.04, 5.5, "3.0 working days", "−2.5 working days", "down", True),
        ("churn", 12.0, 10.0, "12.0 % a year", "+2.0 points a year", "up", False),
        ("retention", 84.3, 85.5, "84.3 %", "−1.2 points", "down", False),
        ("complaints", 30.0, 20.0, "30 a month", "+10 a month", "up", None),
        ("retention", 84.31, 84.32, "84.3 %", "", "same", None),
        ("profit", 1000.2, 1000.0, "1,000 EUR a month", "", "same", None),
        ("retention", float("nan"), 84.0, "not known", "", "same", None),
    ],
)
def test_a_number_its_change_its_sign_and_whether_that_is_good(name, value, reference, text, change, direction, good):
    one = told(HEADLINES[name], value, reference, "EUR")
    assert (one["text"], one["change"], one["direction"], one["good"]) == (text, change, direction, good)


def test_any_measure_can_be_a_number():
    assert headline("customers_end.last").unit == "persons"
    assert headline("lifetime_value_residual").unit == "currency a customer"
    assert headline("referral_share").unit == "%"
    assert isinstance(headline("quits"), Headline)
    assert headline("quits").better == "less"
    with pytest.raises(InputError, match="no such measure"):
        headline("happiness")
