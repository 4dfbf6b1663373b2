"""Link 4: perception, disconfirmation with loss aversion, expectations that adapt, satisfaction that accumulates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from laws import acts, between, within

from custsim.chain.satisfaction import (
    accumulate_satisfaction,
    adapt_expectation,
    disconfirmation,
    encounter_satisfaction,
    perceived_quality,
)


def test_luck_averages_out_over_visits():
    assert perceived_quality(0.77, 0.05, 0.16, 1) == pytest.approx(0.98)
    assert perceived_quality(0.77, 0.05, 0.16, 4) == pytest.approx(0.90)
    assert perceived_quality(0.77, 0.05, -0.16, 16) == pytest.approx(0.78)
    acts(perceived_quality, "quality", 1)
    acts(perceived_quality, "taste", 1)


@given(between(0.0, 1.0), between(0.01, 1.0), between(1.0, 4.0))
def test_a_shortfall_weighs_more_than_an_equal_surplus(gap, gain, aversion):
    assert disconfirmation(-gap, gain, aversion) == pytest.approx(-aversion * disconfirmation(gap, gain, aversion))
    assert disconfirmation(gap, gain, aversion) == pytest.approx(gain * gap)
    assert disconfirmation(0.0, gain, aversion) == 0.0


def test_satisfaction_follows_quality_and_surprise():
    assert encounter_satisfaction(0.7, 0.7, 0.3, 2.25) == pytest.approx(0.7)
    assert encounter_satisfaction(0.7, 0.8, 0.3, 2.25) == pytest.approx(0.7 - 0.1 * 0.3 * 2.25)
    assert encounter_satisfaction(0.8, 0.7, 0.3, 2.25) == pytest.approx(0.83)
    acts(encounter_satisfaction, "perceived", 1)
    acts(encounter_satisfaction, "expected", -1)
    acts(encounter_satisfaction, "loss_aversion", -1)
    within(encounter_satisfaction, 0.0, 1.0)


def test_expectations_learn_a_share_of_the_surprise():
    assert adapt_expectation(0.8, 0.7, 0.2) == pytest.approx(0.78)
    assert adapt_expectation(0.8, 0.7, 0.0) == 0.8
    assert adapt_expectation(0.8, 0.7, 1.0) == pytest.approx(0.7)
    expected = 0.9
    for _ in range(10):
        expected = adapt_expectation(expected, 0.6, 0.2)
    assert expected == pytest.approx(0.6 + 0.3 * 0.8**10)


def test_satisfaction_accumulates_visit_by_visit_and_rests_without_one():
    assert accumulate_satisfaction(0.8, 0.2, 0, 0.9) == 0.8
    assert accumulate_satisfaction(0.8, 0.2, 1, 0.9) == pytest.approx(0.74)
    once_at_a_time = 0.8
    for _ in range(5):
        once_at_a_time = accumulate_satisfaction(once_at_a_time, 0.2, 1, 0.9)
    assert accumulate_satisfaction(0.8, 0.2, 5, 0.9) == pytest.approx(once_at_a_time)
    visits = np.arange(1, 40)
    assert (np.diff(accumulate_satisfaction(0.8, 0.2, visits, 0.9)) < 0).all()
    acts(accumulate_satisfaction, "encounter", 1)
    acts(accumulate_satisfaction, "cumulative", 1)
    within(accumulate_satisfaction, 0.0, 1.0 + 1e-12)
