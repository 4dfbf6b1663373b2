"""What a year brought, by definition: from the persons, the complaints and the account of its twelve months."""

from __future__ import annotations

import math

import pytest
from rooms import changed, small_firm

from custsim.experiment.measures import measure
from custsim.game.play import lived
from custsim.game.results import ALONG, as_json, year_result


def test_the_numbers_of_a_year_are_what_happened_in_it() -> None:
    firm = small_firm()
    trained = firm.start["internal_service.training.spend"] + 50.0
    plans = [
        changed(firm.start, complaints__staff=1),
        changed(firm.start, employees__customers_per_employee=180.0, internal_service__training__spend=trained),
    ]
    run = lived(firm, plans)
    told, year, before = year_result(firm, run, plans), run.monthly.iloc[24:], run.monthly.iloc[12:24]
    numbers = told.numbers
    assert told.year == 2
    assert set(numbers) == {one.name for one in ALONG}
    # persons and complaints, one by one
    joined, closed = run.joined[run.joined["month"] >= 24], run.tickets[run.tickets["closed"] >= 24]
    assert numbers["joined"] == len(joined)
    assert numbers["referred"] == (joined["recruiter"] >= 0).sum() > 0
    assert numbers["quits"] == (run.employees["left"] >= 24).sum() > 0
    assert numbers["customers"] == (run.customers["state"] == "customer").sum()
    assert numbers["left"] == before["customers_end"].iloc[-1] + len(joined) - numbers["customers"]
    assert numbers["response_days"] == pytest.approx(closed["wait_days"].mean())
    # shares and means of the months, in the units that are shown
    failures = year["minor_failures"] + year["major_failures"]
    assert numbers["failures"] == pytest.approx(100.0 * failures.sum() / year["visits"].sum())
    assert numbers["work_pressure"] == pytest.approx(100.0 * year["work_pressure"].mean())
    for name in ("internal_service", "employee_satisfaction", "service_quality", "satisfaction"):
        assert numbers[name] == pytest.approx(year[name].mean())
    # money
    assert numbers["revenue"] == pytest.approx(year["revenue"].sum())
    assert told.profit == numbers["profit"] == pytest.approx(year["profit"].sum())
    assert numbers["equity"] == pytest.approx(measure(run, "customer_equity"))
    assert told.paid["internal_service.training.spend"] == pytest.approx(trained * year["employees"].sum())


def test_each_complaint_counts_once_whether_it_was_answered_or_given_up() -> None:
    run = lived(small_firm(), [])
    months = {"answered": [3] + [0] * 11, "gave_up": [1, 4] + [0] * 10, "response_days": [2.0, 7.0] + [math.nan] * 10}
    object.__setattr__(run, "monthly", run.monthly.assign(**months))
    assert year_result(small_firm(), run, []).numbers["response_days"] == pytest.approx((4 * 2.0 + 4 * 7.0) / 8)


def test_without_plans_it_is_the_year_before_the_game() -> None:
    firm = small_firm()
    run = lived(firm, [])
    told = year_result(firm, run, [])
    assert (told.year, told.numbers["customers"]) == (0, run.monthly["customers_end"].iloc[11])
    training = firm.start["internal_service.training.spend"] * run.monthly["employees"].sum()
    assert told.paid["internal_service.training.spend"] == pytest.approx(training)


def test_what_cannot_be_said_is_left_empty() -> None:
    firm = small_firm()
    run = lived(firm, [])
    quiet = run.monthly.assign(visits=0.0, answered=0.0, gave_up=0.0, response_days=math.nan)
    object.__setattr__(run, "monthly", quiet)
    numbers = year_result(firm, run, []).numbers
    assert math.isnan(numbers["failures"])
    assert math.isnan(numbers["response_days"])
    assert as_json({"a": math.nan, "b": math.inf, "c": None, "d": 1.23456789}) == {
        "a": None, "b": None, "c": None, "d": 1.234568,
    }  # fmt: skip


def test_of_trouble_and_loss_less_is_better() -> None:
    less = {"quits", "work_pressure", "failures", "response_days", "left"}
    assert {one.name for one in ALONG if one.better == "less"} == less
    assert {one.better for one in ALONG} == {"more", "less"}
