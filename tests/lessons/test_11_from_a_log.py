"""Lesson 11: what it says about silence, forecasts, one-time guests and unseen ones holds, also in other lucks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from custsim.lessons import from_a_log_to_lifetime_value as lesson
from custsim.lessons.firms import difference, lived, measured
from custsim.value import BGNBD, MBGNBD, calibration_holdout, holdout_check
from custsim.widgets import Session

LUCKS = (1, 2, 3)


@pytest.fixture(scope="module", params=LUCKS)
def hotel(request):
    """A log, the models fitted to it, and who is in truth still a guest."""
    now = lived(lesson.HOTEL, seed=request.param, months=lesson.SEEN)
    later = lived(lesson.HOTEL, seed=request.param, months=lesson.KNOWN)
    split = calibration_holdout(later, calibration_end=float(lesson.SEEN), end=float(lesson.KNOWN))
    there = (now.customers.loc[split.calibration.table.index, "state"] == "customer").to_numpy()
    return now, later, split, there


def test_the_longer_run_begins_with_the_shorter_one(hotel):
    now, later, *_ = hotel
    begun = later.transactions[later.transactions["time"] < lesson.SEEN]
    pd.testing.assert_frame_equal(begun.reset_index(drop=True), now.transactions.reset_index(drop=True))


def test_the_total_is_right_and_the_persons_are_wrong(hotel):
    _, _, split, there = hotel
    seen = split.calibration
    plain, modified = BGNBD.fit(seen), MBGNBD.fit(seen)
    assert abs(holdout_check(plain, split).relative_error) < 0.07
    once = seen.frequency == 0
    alive = {model: model.probability_alive(seen.frequency, seen.recency, seen.T) for model in (plain, modified)}
    assert alive[plain][once] == pytest.approx(1.0)
    assert 0.52 < there[once].mean() < 0.68
    assert alive[plain].sum() > 1.2 * there.sum()
    assert abs(alive[modified].sum() - there.sum()) < 0.55 * abs(alive[plain].sum() - there.sum())


def test_a_fixed_rule_is_wrong_about_one_in_three(hotel):
    _, _, split, there = hotel
    silent = split.calibration.T - split.calibration.recency
    assert 0.27 < float(np.mean((silent < 12) != there)) < 0.40


def test_silence_in_own_gaps_tells_regulars_apart(hotel):
    _, _, split, there = hotel
    seen = split.calibration
    often = seen.frequency >= 6
    gaps = (seen.T - seen.recency)[often] / (seen.recency / np.maximum(seen.frequency, 1))[often]
    assert there[often][gaps <= 1].mean() > 0.85
    assert there[often][gaps > 6].mean() < 0.3


def test_more_than_four_in_ten_guests_are_not_in_the_log(hotel):
    now, _, split, _ = hotel
    present = now.customers.index[now.customers["state"] == "customer"]
    assert 0.40 < float(np.mean(~present.isin(split.calibration.table.index))) < 0.47


@pytest.mark.parametrize("seed", LUCKS)
def test_a_rise_in_churn_is_quiet(seed):
    stays = difference(lesson.HOTEL, "visits.first_year", lesson._WORSE, seed=seed)
    assert -0.10 < stays / measured(lesson.HOTEL, "visits.first_year", seed=seed) < -0.03
    lost, before = (
        lived(lesson.HOTEL, one, seed=seed).monthly["left"].iloc[:12].sum() for one in (lesson._WORSE, None)
    )
    assert lost > 1.3 * before


def test_the_board_shows_fewer_stays_and_more_lost():
    session = Session(lesson.quiet())
    told = {one["name"]: one for one in session.move({lesson.CHURN: 0.36}).message["numbers"]}
    assert told["visits.first_year"]["direction"] == "down"
    assert told["lost"]["direction"] == "up"
    labels = [one.label for one in lesson.quiet().numbers]
    assert not any(
        word in label for label in labels for word in ("Visit", "Customer")
    )  # the desk sees stays, of guests


def test_berg_is_more_probably_gone_than_silva():
    fitted = lesson._models()["BG/NBD"]
    berg, silva = fitted.probability_alive([12, 1], [12.0, 12.0], [24.0, 24.0])
    assert berg < 0.2
    assert silva > 0.5


def test_the_formula_in_words_is_the_models():
    r, alpha, a, b = lesson._MODEL
    x, recency, age = lesson._GUEST
    odds = a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ** (r + x)
    assert lesson.alive_by_hand().right == pytest.approx(1 / (1 + odds))
    assert "odds" in Session(lesson.alive_by_hand()).answer("79 %").message["says"]


def test_the_two_meanings_of_recency_are_told_apart():
    assert lesson.recency_by_hand().right == pytest.approx(12)
    assert "RFM" in Session(lesson.recency_by_hand()).answer("9 months").message["says"]


def test_tables_agree_with_each_other():
    kinds = lesson.by_kind().describe()["rows"]
    counts = [int(row[1].replace(",", "")) for row in kinds]
    assert sum(counts[:-1]) == counts[-1] == len(lesson._there())
    asked, answered = lesson.six_guests().describe()["rows"], lesson.six_answers().describe()["rows"]
    assert [row[0] for row in asked] == [row[0] for row in answered]
    assert len(asked) == 6
    held = lesson.held_out().describe()["rows"]
    assert sum(int(row[1].replace(",", "")) for row in held) == counts[-1]


def test_a_ranked_list_disappoints():
    *eight, last = lesson.at_risk().describe()["rows"]
    assert [row[5] for row in eight] == ["gone"] * 8  # "of the first eight none"
    believed, true = (float(cell.split(" ")[0]) for cell in (last[3], last[5]))
    assert true < believed
