"""Lesson 7: what it says about talk, networks, rewards and lost guests holds in the lesson's luck and in others."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from custsim.experiment import evaluate
from custsim.lessons import word_of_mouth as lesson
from custsim.lessons.firms import firm
from custsim.widgets import Session
from custsim.widgets.component import Component
from custsim.widgets.table import Table

LUCKS = (1, 4)
SILENT = {lesson.RECOMMENDED: 0}
HOTEL = {
    "as it is": {},
    "silent": SILENT,
    "strangers": lesson.STRANGERS,
    "acquaintances": {"referral.strong_ties": 2, "referral.weak_ties": 12},
    "60": {lesson.REWARD: 60.0},
    "150": {lesson.REWARD: 150.0},
    "400": {lesson.REWARD: 400.0},
}
BANK = {
    "as it is": {},
    "silent": SILENT,
    "no warnings": {lesson.WARNED: 0},
    "more failures": {"complaints.failure_rate": 0.064},
}
TOTALS = ("joined.total", "referred.total", "rewards.total", "profit", "customers_end.last", "recommendations",
          "warnings")  # fmt: skip


@functools.cache
def measured(name, seed):
    """Every case of a firm in two replications of a seed: case -> measure -> values."""
    cases = {"hotel": HOTEL, "neighbourhood_bank": BANK}[name]
    found = evaluate(list(cases.values()), TOTALS, base=firm(name), replications=2, seed=seed, progress=False)
    return {case: {one: found.values(one)[at] for one in TOTALS} for at, case in enumerate(cases)}


@pytest.mark.parametrize("seed", LUCKS)
def test_without_recommendations_a_third_of_the_new_guests_is_missing_less_than_the_books_say(seed):
    hotel = measured("hotel", seed)
    missing = 1 - hotel["silent"]["joined.total"] / hotel["as it is"]["joined.total"]
    credited = hotel["as it is"]["referred.total"] / hotel["as it is"]["joined.total"]
    assert np.all((missing > 0.27) & (missing < 0.38))
    assert np.all(credited > missing + 0.02)
    profit = hotel["silent"]["profit"] / hotel["as it is"]["profit"]
    assert 0.1 < profit.mean() < 0.55


@pytest.mark.parametrize("seed", LUCKS)
def test_at_the_bank_good_talk_is_the_larger_stream(seed):
    bank = measured("neighbourhood_bank", seed)
    start = bank["as it is"]
    assert np.all(start["recommendations"] / start["warnings"] > 2.5)
    gained = bank["no warnings"]["customers_end.last"] - start["customers_end.last"]
    lost = start["customers_end.last"] - bank["silent"]["customers_end.last"]
    assert np.all(gained > 0)
    assert np.all(lost > 2 * gained)
    assert np.all(bank["more failures"]["warnings"] > 1.25 * start["warnings"])
    assert np.all(bank["more failures"]["recommendations"] < 0.95 * start["recommendations"])


@pytest.mark.parametrize("seed", LUCKS)
def test_who_speaks_matters_more_than_how_many_words_are_said(seed):
    hotel = measured("hotel", seed)
    start, strangers = hotel["as it is"], hotel["strangers"]
    assert np.all(strangers["recommendations"] > 0.85 * start["recommendations"])
    assert np.all(strangers["referred.total"] < 0.6 * start["referred.total"])
    assert np.all(hotel["acquaintances"]["referred.total"] < 0.8 * start["referred.total"])


def test_friendships_across_the_town_make_no_difference_beyond_luck():
    changes = [{}, {"referral.rewiring": 0.0}, {"referral.rewiring": 1.0}]
    won = evaluate(changes, ["joined.total"], base=firm("hotel"), replications=6, seed=5, progress=False)
    start, *others = won.values("joined.total")
    for other in others:
        assert abs((other - start).mean()) < 0.02 * start.mean()


@pytest.mark.parametrize("seed", LUCKS)
def test_a_small_reward_pays_and_a_large_one_does_not(seed):
    hotel = measured("hotel", seed)
    profit = {case: values["profit"] for case, values in hotel.items()}
    assert np.all(profit["60"] > profit["as it is"])
    assert np.all(profit["60"] > profit["150"])
    assert np.all(profit["400"] < profit["as it is"])


@pytest.mark.parametrize("seed", LUCKS)
def test_the_next_guest_costs_far_more_than_the_average_one(seed):
    hotel = measured("hotel", seed)
    won, paid = ({case: values[one] for case, values in hotel.items()} for one in ("joined.total", "rewards.total"))
    average = paid["60"] / (won["60"] - won["as it is"])
    following = (paid["150"] - paid["60"]) / (won["150"] - won["60"])
    assert np.all((average > 180) & (average < 320))
    assert np.all(following > 5 * average)


def test_the_best_reward_is_far_below_what_a_guest_is_worth():
    assert 40 <= lesson.best_reward() <= 100


def test_a_rare_guest_is_worth_more_by_words_than_by_stays_and_only_where_people_talk():
    talking, mute = lesson._lost(False), lesson._lost(True)
    rare, others = (talking.value("tier: bottom fifth", part) for part in ("own", "others"))
    assert others > 3 * rare
    assert abs(mute.value("tier: bottom fifth", "others")) < 0.3 * others
    assert mute.value("tier: bottom fifth", "total") < 0 < talking.value("tier: bottom fifth", "total") + 100
    best = talking.value("tier: top fifth", "own")
    assert best > 20 * abs(talking.value("tier: top fifth", "others"))


def test_tables_tell_the_counterfactuals_they_stand_on():
    for table in (lesson.lost_guests(), lesson.lost_guests_of_a_mute_town()):
        assert isinstance(table, Table)
        told = table.describe()
        assert [row[0] for row in told["rows"]] == ["top fifth", "middle", "bottom fifth"]
        assert told["numeric"] == [False, True, True, True, True]


def test_the_calculation_by_hand_explains_who_forgets_the_number_of_speakers():
    verdict = Session(lesson.arithmetic()).answer("0.5").message
    assert verdict["right"] is False
    assert "How many speakers" in verdict["says"]
    assert Session(lesson.arithmetic()).answer("2.8").message["right"] is True
    assert Session(lesson.arithmetic()).answer("17/6").message["right"] is True


def test_every_public_function_makes_a_component_or_a_number():
    for name in lesson.__all__:
        made = getattr(lesson, name)()
        assert isinstance(made, Component | float), name
