"""Lesson 4: what it says the sliders do, they do, in the boards' luck and in others."""

import numpy as np
import pytest

from custsim.lessons import complaint_iceberg as lesson
from custsim.lessons.firms import difference, lived
from custsim.scenario import load
from custsim.simulation import simulate
from custsim.widgets import Session

EASY = {lesson.EASE: 0.9}
THIRD = {lesson.EASE: 0.9, lesson.STAFF: 3}


def all_lucks(of, what, changes, seeds):
    return np.array([difference(of, what, changes, seed=seed) for seed in seeds])


def days(changes, seed):
    """Mean time to an answer or giving up, each complaint once."""
    months = lived(lesson.branch(), changes, seed=seed).monthly
    closed = months["answered"] + months["gave_up"]
    return float((months["response_days"].fillna(0) * closed).sum() / closed.sum())


# ---- silence and voice -------------------------------------------------------------------------------------------


def test_voice_is_about_one_in_twenty_and_one_in_two():
    tickets, customers = (lived(lesson.BANK, seed=s) for s in (1, 2))
    months = lived(lesson.BANK).monthly
    assert 13 <= months["complaints"].mean() <= 15
    for run in (tickets, customers):
        data = run.summary().data["complaints"]["by_severity"]
        assert data["minor"]["voiced_share"] == pytest.approx(0.05, abs=0.015)
        assert data["major"]["voiced_share"] == pytest.approx(0.5, abs=0.05)


def test_easy_complaining_brings_complaints_and_keeps_customers(seeds):
    for seed in seeds:
        before, after = lived(lesson.BANK, seed=seed).monthly, lived(lesson.BANK, EASY, seed=seed).monthly
        assert 1.3 < after["complaints"].mean() / before["complaints"].mean() < 1.5
        assert after["silent_failures"].mean() / before["silent_failures"].mean() == pytest.approx(0.82, abs=0.05)
        assert after["response_days"].mean() > 2 * before["response_days"].mean()
    kept = all_lucks(lesson.BANK, "customers_end.last", EASY, seeds)
    assert ((kept > 30) & (kept < 90)).all()


def test_a_third_person_answers_quickly_costs_first_and_pays_later(seeds):
    assert (all_lucks(lesson.BANK, "customers_end.last", THIRD, seeds) > 80).all()
    assert (all_lucks(lesson.BANK, "profit.first_year", THIRD, seeds) < -35_000).all()
    fifth = all_lucks(lesson.BANK, "profit.last_year", THIRD, seeds)
    assert ((fifth > 5_000) & (fifth < 35_000)).all()
    total = all_lucks(lesson.BANK, "profit.total", THIRD, seeds)
    assert (np.abs(total) < 0.06 * lived(lesson.BANK, seed=2).monthly["profit"].sum()).all()  # "about even"


def test_the_quietest_desk_loses_customers(seeds):
    hidden = {lesson.EASE: 0.1}
    assert (all_lucks(lesson.BANK, "complaints", hidden, seeds) < -4).all()
    lost = all_lucks(lesson.BANK, "customers_end.last", hidden, seeds)
    assert ((lost < -75) & (lost > -125)).all()


# ---- the cliff ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_answer_time_falls_off_a_cliff(seed):
    four, three, two = (days({lesson.STAFF: people}, seed) for people in (4, 3, 2))
    assert four == pytest.approx(2.4, abs=0.3)
    assert three == pytest.approx(5.0, abs=1.0)
    assert 28 < two < 40


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_slower_work_goes_over_the_same_edge(seed):
    assert days({"complaints.handling_days": 2.2}, seed) > 1.5 * days(None, seed)


def test_few_complaints_end_well_beyond_the_edge():
    board = lesson.cliff()
    assert board.number("resolved_share") == pytest.approx(40, abs=3)
    assert board.number("resolved_share", {lesson.STAFF: 2}) < 8


def test_what_falling_costs(seeds):
    two = {lesson.STAFF: 2}
    assert (all_lucks(lesson.branch(), "profit.first_year", two, seeds) > 30_000).all()
    assert (all_lucks(lesson.branch(), "profit.last_year", two, seeds) > 0).sum() >= 3  # "in most lucks"
    lost = all_lucks(lesson.branch(), "customers.last", two, seeds)
    assert ((lost < -180) & (lost > -380)).all()
    assert (all_lucks(lesson.branch(), "customer_equity", two, seeds) < 0).all()


def test_at_full_size_the_saving_is_gone_within_five_years():
    insurer = load("insurance_contact_centre")
    three, two = (simulate(insurer.change({lesson.STAFF: n}), seed=1).monthly["profit"] for n in (3, 2))
    assert two[:12].sum() > three[:12].sum()
    assert two.sum() < three.sum()


def test_wrong_ideas_of_the_fourth_person_are_recognised():
    question = lesson.four_people()
    assert "much faster" in Session(question).answer("3.75").message["says"]
    assert "quicker than the work" in Session(question).answer("1 day").message["says"]


# ---- recovery ----------------------------------------------------------------------------------------------------


def test_an_ordinary_desk_earns_more_first_and_less_later(seeds):
    first = all_lucks(lesson.STORE, "profit.first_year", lesson.ORDINARY, seeds)
    fifth = all_lucks(lesson.STORE, "profit.last_year", lesson.ORDINARY, seeds)
    assert ((first > 28_000) & (first < 50_000)).all()
    assert ((fifth < -10_000) & (fifth > -50_000)).all()
    lost = all_lucks(lesson.STORE, "customers_end.last", lesson.ORDINARY, seeds)
    assert ((lost < -75) & (lost > -170)).all()
    total = all_lucks(lesson.STORE, "profit.total", lesson.ORDINARY, seeds)
    assert (total > 0).any()
    assert (total < 0).any()  # "about even: sometimes the one is ahead, sometimes the other"


def test_compensation_is_an_inverted_u(seeds):
    nothing, triple = {lesson.COMPENSATION: 0.0}, {lesson.COMPENSATION: 3.0}
    assert (all_lucks(lesson.STORE, "customers_end.last", nothing, seeds) < -25).all()
    assert (all_lucks(lesson.STORE, "customers_end.last", triple, seeds) <= 0).all()
    wasted = all_lucks(lesson.STORE, "profit.total", triple, seeds)
    assert ((wasted < -140_000) & (wasted > -200_000)).all()
    board = lesson.recovery()
    closed = [board.number("resolved_share", {lesson.COMPENSATION: c}) for c in (0.0, 1.2, 3.0)]
    assert closed[0] < closed[1] / 2
    assert closed[2] < closed[1]


def test_nobody_becomes_more_loyal_by_being_wronged(seeds):
    fewer = {"complaints.failure_rate": 0.018}
    assert (all_lucks(lesson.STORE, "customers_end.last", fewer, seeds) > 0).all()
