"""Lesson 9: a saving that pays for years, a norm that hides it, and a way back that is longer than the way there."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from custsim.lessons import cutting_corners as lesson
from custsim.lessons.firms import difference, lived, measured
from custsim.widgets import Session

LUCKS = (1, 2, 3)
KEPT = {lesson.EROSION: 121.33}


@functools.cache
def yearly(column, seed, saving="none", kept=False):
    """Means of the years: without the saving, with it for good, or for two years; with a norm that stays or not."""
    base = lesson.bank_that_saved() if saving == "two years" else lesson.bank()
    changes = (lesson.FEWER if saving == "for good" else {}) | (KEPT if kept else {})
    run = lived(base, changes, seed=seed)
    return run.monthly[column].to_numpy(dtype=float).reshape(lesson.YEARS, 12).mean(axis=1)


@pytest.mark.parametrize("seed", LUCKS)
def test_the_saving_pays_at_first_and_costs_at_the_end(seed):
    assert difference(lesson.bank(), "profit.first_year", lesson.FEWER, seed=seed) > 40_000
    assert difference(lesson.bank(), "profit.last_year", lesson.FEWER, seed=seed) < -50_000
    apart = yearly("profit", seed, "for good") - yearly("profit", seed)
    assert np.all(apart[:3] > 0), "three good years"
    assert apart[1] > apart[0], "the second year is the best"
    equity = -difference(lesson.bank(), "customer_equity", lesson.FEWER, seed=seed)
    assert equity > 0.15 * measured(lesson.bank(), "customer_equity", seed=seed)


@pytest.mark.parametrize("seed", LUCKS)
def test_time_and_staff_warn_in_the_second_year_customers_and_profit_do_not(seed):
    time, customers = (yearly(one, seed, "for good")[1] / yearly(one, seed)[1] for one in ("visit_hours", "customers"))
    assert time < 0.95
    assert yearly("employee_satisfaction", seed, "for good")[1] < yearly("employee_satisfaction", seed)[1] - 5
    assert customers > 0.97
    assert yearly("profit", seed, "for good")[1] > yearly("profit", seed)[1]


@pytest.mark.parametrize("seed", LUCKS)
def test_pressure_heals_because_the_norm_moves(seed):
    pressure = yearly("work_pressure", seed, "for good")
    assert pressure[1] > 1.02
    assert pressure[-1] < 1.0
    assert yearly("norm_hours", seed, "for good")[-1] * 60 < 45
    assert np.all(yearly("work_pressure", seed, "for good", kept=True)[3:] > pressure[3:] + 0.03)
    happier = yearly("employee_satisfaction", seed, "for good") - yearly(
        "employee_satisfaction", seed, "for good", kept=True
    )
    assert happier[-1] > 3, "who has forgotten the norm is not unhappy"


@pytest.mark.parametrize("seed", LUCKS)
def test_erosion_does_not_make_the_damage_larger(seed):
    eroded, kept = (yearly("customers", seed, "for good", kept=one)[-1] for one in (False, True))
    assert abs(eroded / kept - 1) < 0.05


@pytest.mark.parametrize("seed", LUCKS)
def test_hiring_back_does_not_bring_the_time_back(seed):
    back, never = yearly("visit_hours", seed, "two years"), yearly("visit_hours", seed)
    assert back[-1] < 0.98 * never[-1]
    assert yearly("work_pressure", seed, "two years")[3] < 0.9, "slack instead of time for customers"
    assert yearly("profit", seed, "two years")[-1] * 12 < yearly("profit", seed)[-1] * 12 - 40_000
    taught = lived(lesson.bank_that_saved(), {lesson.RECOVERY: 0.0503}, seed=seed)
    assert taught.monthly["norm_hours"].iloc[-1] > back[-1] + 0.01
    assert taught.monthly["profit"].iloc[-12:].mean() > yearly("profit", seed, "two years")[-1]
    more = lived(lesson.bank_that_saved(), {lesson.PER_EMPLOYEE: 134.0}, seed=seed)
    assert more.monthly["visit_hours"].iloc[-12:].mean() < 0.985 * never[-1]
    assert more.monthly["profit"].iloc[-12:].mean() < yearly("profit", seed, "two years")[-1]


def test_the_table_tells_three_banks_and_adds_up():
    rows = lesson.year_by_year().describe()["rows"]
    assert [row[0] for row in rows] == [str(year) for year in range(1, lesson.YEARS + 1)] + ["all"]
    years = lesson._yearly()
    assert years["for good"].sum() > years["two years"].sum()
    assert years["two years"][:2] == pytest.approx(years["for good"][:2])
    assert lesson.guess_back().outcome < -50_000


@pytest.mark.parametrize("seed", LUCKS)
def test_more_people_bring_no_time_back(seed):
    def minutes(changes=None):
        return 60 * measured(lesson.bank_that_saved(), "visit_hours.last_year", changes, seed=seed)

    assert minutes(lesson.MORE) == pytest.approx(minutes(), abs=0.1)
    assert minutes(lesson.MORE) < 47 < minutes({lesson.RECOVERY: 0.0503})


def test_more_people_are_predicted_before_it_is_told():
    guess = lesson.guess_more_people()
    assert guess.outcome == pytest.approx(0.0, abs=0.1)
    minutes = 60 * yearly("visit_hours", 1, "two years")
    assert minutes[[1, -1]] == pytest.approx([44, 46], abs=0.5)
    assert "None" in guess.explain


def test_the_table_of_measurements_tells_what_the_bank_takes():
    time, down, back, leaver, _ = lesson.measurements().describe()["rows"]
    assert time[1].startswith(time[2]), "the published exponent"
    assert down[1].startswith(down[2])
    assert back[2] == "0.8 % a month"
    assert leaver[1] == leaver[2]


def test_calculations_by_hand_follow_the_law():
    assert lesson.time_given().right == pytest.approx(1 - 1.2**-0.64)
    assert lesson.served().right == pytest.approx(1.2**0.64 - 1)
    assert lesson.half_life().right == pytest.approx(13.03, abs=0.01)
    assert lesson.payroll().right == pytest.approx(126_000)


def test_the_common_slip_of_a_fifth_is_explained():
    verdict = Session(lesson.payroll()).answer("151,200").message
    assert verdict["right"] is False
    assert "only a sixth" in verdict["says"]


def test_the_board_shows_the_saving_in_the_first_year_and_the_loss_in_the_last():
    session = Session(lesson.staffing())
    told = {one["name"]: one for one in session.move({lesson.PER_EMPLOYEE: 180}).message["numbers"]}
    assert told["profit.first_year"]["direction"] == "up"
    for name in ("profit_last_year", "customers_end", "customer_equity"):
        assert told[name]["direction"] == "down"
        assert told[name]["good"] is False
