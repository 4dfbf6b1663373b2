"""Lesson 8: what it says about earners, losers, inequality, prices and lost customers holds in several lucks."""

from __future__ import annotations

import numpy as np
import pytest

from custsim.experiment.counterfactual import lost_customer_cost
from custsim.lessons import the_pyramid as lesson
from custsim.lessons.firms import difference, firm, lived, measured
from custsim.value import referral_quadrants
from custsim.widgets import Session

LUCKS = (1, 2, 5)


@pytest.mark.parametrize("seed", LUCKS)
def test_a_few_bring_most_and_nearly_half_cost(seed):
    run = lived(lesson.STORE, seed=seed)
    assert 70 < lesson._best_fifth(run) < 78
    assert 40 < lesson._costing(run) < 50
    left = lesson._opening(run)["net"]
    assert 1.1 < left[left > 0].sum() / left.sum() < 1.3


@pytest.mark.parametrize("seed", LUCKS)
def test_with_equal_purses_there_is_still_a_pyramid(seed):
    alike = lived(lesson.STORE, lesson.ALIKE, seed=seed)
    assert 50 < lesson._best_fifth(alike) < 60
    richer = lived(lesson.STORE, {"segments[1].spend": 2.5}, seed=seed)
    assert abs(lesson._best_fifth(richer) - lesson._best_fifth(lived(lesson.STORE, seed=seed))) < 3


@pytest.mark.parametrize("seed", LUCKS)
def test_tenure_says_next_to_nothing(seed):
    customers = lesson._opening(lived(lesson.STORE, seed=seed))
    assert abs(np.corrcoef(customers["tenure_months"], customers["net"])[0, 1]) < 0.15


@pytest.mark.parametrize("seed", LUCKS)
def test_ways_to_lower_the_share_that_costs_differ_in_money(seed):
    start = lived(lesson.STORE, seed=seed)
    for change in (lesson.DEARER, {lesson.PER_EMPLOYEE: 300.0}, {lesson.VISIT_COST: 30.0}):
        assert lesson._costing(lived(lesson.STORE, change, seed=seed)) < lesson._costing(start) - 2
    dearer = {
        part: difference(lesson.STORE, f"profit.{part}_year", lesson.DEARER, seed=seed) for part in ("first", "last")
    }
    fewer = {
        part: difference(lesson.STORE, f"profit.{part}_year", {lesson.PER_EMPLOYEE: 300.0}, seed=seed)
        for part in ("first", "last")
    }
    assert dearer["first"] > 100_000
    assert dearer["last"] < 0
    assert fewer["first"] > 0
    assert fewer["last"] < -0.2 * measured(lesson.STORE, "profit.last_year", seed=seed)
    cheaper = difference(lesson.STORE, "profit.last_year", {lesson.VISIT_COST: 30.0}, seed=seed)
    assert cheaper > 0.25 * measured(lesson.STORE, "profit.last_year", seed=seed)


def test_the_board_lowers_the_share_as_the_lesson_says():
    board = lesson.levers()
    session = Session(board)
    for setting in ({lesson.PRICE: 1.1}, {lesson.PER_EMPLOYEE: 300}, {lesson.VISIT_COST: 30}):
        session.reset()
        told = {one["name"]: one for one in session.move(setting).message["numbers"]}
        assert told["costing"]["direction"] == "down"
        assert told["costing"]["good"] is True


def test_the_last_fifth_costs_the_store_and_the_saving_hangs_on_the_staff():
    assert lesson.guess_lost_small().outcome > 200
    assert lesson._lost().value("tier: bottom fifth", "own") < 0
    assert lesson._lost().value("tier: top fifth", "total") > 3_000
    kept = firm(lesson.STORE).change({"employees.head_smoothing_months": 1000.0})
    found = lost_customer_cost(kept, month=0, persons=900, together=300, replications=3, seed=1)
    assert abs(found.value("tier: bottom fifth", "costs")) < 50
    assert -found.value("tier: bottom fifth", "total") < lesson.guess_lost_small().outcome


def test_two_thirds_of_the_best_fifth_are_there_again():
    assert 0.6 < lesson._again() < 0.72
    question = lesson.top_again()
    assert Session(question).answer("two thirds").message["right"] is None
    assert Session(question).answer("67 %").message["right"] is True
    assert "Too faithful" in Session(question).answer("90 %").message["says"]
    assert "Too pessimistic" in Session(question).answer("20").message["says"]


def test_own_contribution_says_little_about_who_recommends():
    customers = lived(lesson.STORE).customers
    customers = customers[customers["opening"].astype(bool)]
    kinds = referral_quadrants(customers["value_observed"], customers["referral_value"])
    assert abs(float((kinds == "advocates").mean()) - lesson.quiet_advocates().right) < 0.012


def test_fifths_add_up():
    rows = lesson.fifths().describe()["rows"]
    shares = [float(row[-1].replace("\N{MINUS SIGN}", "-").rstrip(" %")) for row in rows]
    assert sum(shares) == pytest.approx(100, abs=2)
    assert float(rows[0][4].replace(",", "")) > 0
    assert rows[-1][4].startswith("\N{MINUS SIGN}")


def test_segments_share_out_all_customers():
    rows = lesson.segments().describe()["rows"]
    assert sum(float(row[1].rstrip(" %")) for row in rows) == pytest.approx(100, abs=4)
    assert {"champions", "at risk", "lost"} <= {row[0] for row in rows}


def test_how_long_and_how_much_hardly_go_together_and_no_option_gives_it_away():
    customers = lesson._opening(lived(lesson.STORE))
    assert abs(float(np.corrcoef(customers["tenure_months"], customers["net"])[0, 1])) < 0.1
    assert not any(character.isdigit() for option in lesson.old_and_good().options for character in option.text)


def test_the_words_about_champions_are_those_of_the_table():
    champions = next(row for row in lesson.segments().rows if row[0] == "champions")
    weeks = float(champions[2]) * 52 / 12
    assert 2.5 < weeks < 3.5
    assert any("three weeks ago" in option.says for option in lesson.desk_and_list().options)
