"""Link 6: convex behaviour, concave intention, hazards, win-back; and no paradox in loyalty."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from laws import acts, between, within

from custsim.chain.complaints import felt_after_recovery, healed_share, wound_after_recovery
from custsim.chain.loyalty import (
    behaviour_satisfaction,
    discontent,
    leaving_probability,
    price_effect,
    relative_hazard,
    repurchase_intention,
    winback_probability,
)

shares = between(0.0, 1.0)


def stays(satisfaction, top=0.915, floor=0.05, exponent=3.2, hazard=0.1):
    return 1.0 - leaving_probability(hazard, discontent(satisfaction, top, floor, exponent))


def test_retention_is_convex_in_satisfaction_under_competition():
    retention = stays(np.linspace(0.0, 0.9, 50))
    assert (np.diff(retention) > 0).all()
    assert (np.diff(retention, 2) > 0).all()


def test_captive_customers_stay_whatever_they_feel_but_for_the_bottom():
    retention = stays(np.linspace(0.01, 0.9, 50), exponent=0.3)
    assert (np.diff(retention, 2) < 0).all()
    lowest, highest = (stays(level + 0.1, exponent=0.3) - stays(level, exponent=0.3) for level in (0.0, 0.8))
    assert lowest > 10 * highest


def test_loyalty_is_full_from_the_top_on():
    assert discontent(0.0, 0.915, 0.05, 3.2) == 1.0
    assert discontent(0.915, 0.915, 0.05, 3.2) == pytest.approx(0.05)
    assert discontent(1.0, 0.915, 0.05, 3.2) == pytest.approx(0.05)
    assert discontent(0.4575, 0.915, 0.0, 2.0) == pytest.approx(0.75)
    assert discontent(0.3, 0.915, 1.0, 3.2) == 1.0  # floor 1: satisfaction does not act
    acts(discontent, "satisfaction", -1)
    acts(discontent, "floor", 1)
    within(discontent, 0.0, 1.0 + 1e-12)


@given(between(0.0, 0.95), between(0.0, 3.0))
def test_a_personal_probability_comes_back_where_the_hazard_is_that_of_the_reference(probability, relative):
    assert leaving_probability(-np.log1p(-probability), 1.0) == pytest.approx(probability, abs=1e-12)
    # twice the hazard is two independent chances to leave
    twice = leaving_probability(-np.log1p(-probability), 2.0)
    assert twice == pytest.approx(1.0 - (1.0 - probability) ** 2, abs=1e-12)
    assert 0.0 <= leaving_probability(-np.log1p(-probability), relative) <= 1.0


def test_what_drives_away_and_what_binds():
    neutral = {"wound_effect": 2.2, "negative_effect": 0.1, "positive_effect": 0.05}
    assert relative_hazard(0.5, 0.0, 0.0, 1.0, 0.0, 0.0, **neutral) == 0.5
    together = relative_hazard(0.5, 0.5, 0.2, 1.3, 2.0, 4.0, **neutral)
    assert together == pytest.approx(0.5 * 1.3 * math.exp(1.1 - 0.2 + 0.2 - 0.2))
    for cause, sign in {"wound": 1, "negative_messages": 1, "discontent": 1, "price_factor": 1}.items():
        acts(relative_hazard, cause, sign)
    for cause in ("switching_cost", "positive_messages"):
        acts(relative_hazard, cause, -1)


def test_price_has_an_elasticity():
    assert price_effect(1.0, 3.0) == 1.0
    assert price_effect(1.1, 3.0) == pytest.approx(1.331)
    assert price_effect(2.0, 0.0) == 1.0


def test_a_bad_mark_acts_on_behaviour_and_a_pleasant_one_does_not():
    assert behaviour_satisfaction(0.8, -0.2) == pytest.approx(0.6)
    assert behaviour_satisfaction(0.8, 0.2) == 0.8
    assert behaviour_satisfaction(0.1, -0.5) == 0.0
    within(behaviour_satisfaction, 0.0, 1.0)


@given(shares, between(0.0, 1.0), between(-0.5, 0.0), between(0.0, 2.0), shares, between(0.0, 60.0))
def test_who_was_recovered_never_stays_more_surely_than_who_was_never_hurt(
    satisfaction, hazard, felt, wound, justice, wait
):
    def leaves(felt, wound):
        left = discontent(behaviour_satisfaction(satisfaction, felt), 0.915, 0.05, 3.2)
        return leaving_probability(hazard, relative_hazard(left, wound, 0.0, 1.0, 0.0, 0.0, 2.2, 0.1, 0.05))

    healed = healed_share(justice, wait, 20.0, 0.25, 0.55)
    after = wound_after_recovery(wound, healed, justice, 0.25, 0.2, 2.0)
    recovered = leaves(felt_after_recovery(felt, justice, 0.65, 0.3), after)
    assert recovered >= leaves(0.0, 0.0) - 1e-12


def test_intention_is_concave_where_behaviour_is_convex_and_does_reward_recovery():
    gaps = np.linspace(-0.2, 0.2, 41)
    intention = repurchase_intention(2.3, gaps, 0.0, 0.0, 4.0, 4.3)
    assert (np.diff(intention, 2) < 0).all()
    assert repurchase_intention(2.3, 0.0, 0.0, 0.0, 4.0, 4.3) == pytest.approx(1 / (1 + math.exp(-2.3)))
    acts(repurchase_intention, "satisfaction_gap", 1)
    acts(repurchase_intention, "felt", 1)
    acts(repurchase_intention, "wound", -1)


def test_win_back_fades():
    assert winback_probability(0.474, 0.0, 6.3) == 0.474
    # 47.4 % within 90 days and 29.5 % in the next (Dillard & Bates 2011): three months apart
    assert winback_probability(0.474, 3.0, 6.3) == pytest.approx(0.295, abs=0.001)
    acts(winback_probability, "months_since", -1)
    within(winback_probability, 0.0, 1.0)
