"""Link 7: the asymmetric U, messages that convince or deter, and their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import acts, between, within

from custsim.chain.referral import (
    external_influence,
    join_probability,
    negative_talk,
    positive_talk,
    rejoin_factor,
    reward_factor,
    two_stage_probability,
    word_of_mouth_share,
)


def test_the_very_satisfied_and_the_dissatisfied_talk_and_those_between_are_silent():
    assert positive_talk(0.7, 0.056, 0.7, 0.35, 1.0) == 0.0
    assert positive_talk(0.7 + 1e-6, 0.056, 0.7, 0.35, 1.0) == pytest.approx(0.056 * 0.35, rel=1e-4)
    assert positive_talk(0.85, 0.056, 0.7, 0.35, 1.0) == pytest.approx(0.056 * (0.35 + 0.65 / 2))
    assert positive_talk(1.0, 0.056, 0.7, 0.35, 2.0) == pytest.approx(0.112)
    assert negative_talk(0.6, 0.22, 0.6, 0.0) == 0.0
    assert negative_talk(0.0, 0.22, 0.6, 0.0) == pytest.approx(0.22)
    assert negative_talk(0.3, 0.22, 0.6, 0.3) == pytest.approx(0.41)
    between_the_branches = np.linspace(0.6, 0.7, 11)
    talk = positive_talk(between_the_branches, 0.056, 0.7, 0.35, 1.0) + negative_talk(between_the_branches, 0.2, 0.6, 0)
    assert (talk == 0).all()
    acts(positive_talk, "satisfaction", 1)
    acts(positive_talk, "on_top", 1)
    acts(negative_talk, "satisfaction", -1)
    acts(negative_talk, "event", 1)
    within(positive_talk, 0.0, 1.0)
    within(negative_talk, 0.0, 1.0)


def test_rewards_and_advertising_have_diminishing_returns():
    assert reward_factor(0.0, 0.5, 30.0) == 1.0
    assert reward_factor(30.0, 0.5, 30.0) == pytest.approx(1 + 0.5 * (1 - math.exp(-1)))
    assert reward_factor(1e9, 0.5, 30.0) == pytest.approx(1.5)
    assert external_influence(0.002, 0.003, 8000.0, 8000.0) == pytest.approx(0.002 + 0.003 * (1 - math.exp(-1)))
    acts(reward_factor, "reward", 1)
    acts(external_influence, "spend", 1)


# ---- one message after the other ---------------------------------------------------------------------------------

few = st.integers(0, 12).map(float)
small = between(0.0, 0.3)


@given(small, few, few, small, small)
def test_each_message_is_an_independent_chance_to_convince(external, weak, strong, weak_effect, strong_effect):
    untouched = 1.0 - external
    for _ in range(int(weak)):
        untouched *= 1.0 - weak_effect
    for _ in range(int(strong)):
        untouched *= 1.0 - strong_effect
    chance = join_probability(external, weak, strong, 0.0, weak_effect, strong_effect, 0.35)
    assert chance == pytest.approx(1.0 - untouched, abs=1e-12)


def test_warnings_discount_the_chance():
    plain = join_probability(0.01, 1.0, 2.0, 0.0, 0.01, 0.04, 0.35)
    assert join_probability(0.01, 1.0, 2.0, 2.0, 0.01, 0.04, 0.35) == pytest.approx(plain * math.exp(-0.7))
    for message in ("weak_messages", "strong_messages"):
        acts(join_probability, message, 1)
    acts(join_probability, "negative_messages", -1)
    within(join_probability, 0.0, 1.0)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 1.0])
def test_goldenbergs_network_is_bass_where_everybody_meets_everybody(share):
    # With messages Poisson with mean F, E[1 - (1-p)(1-q)^w] = 1 - (1-p) exp(-qF): Bass's hazard p + qF for small p, q
    p, q = 0.03, 0.38
    heard = np.arange(60.0)
    log_weights = heard * math.log(share) - share - np.cumsum(np.log(np.maximum(heard, 1.0))) if share else None
    weights = np.exp(log_weights) if log_weights is not None else (heard == 0).astype(float)
    mean = (weights * join_probability(p, heard, 0.0, 0.0, q, 0.0, 0.0)).sum()
    assert mean == pytest.approx(1 - (1 - p) * math.exp(-q * share), rel=1e-12)
    step = 1e-4
    assert (1 - (1 - p * step) * math.exp(-q * step * share)) / step == pytest.approx(p + q * share, rel=1e-3)


@given(between(1e-6, 0.2), between(0.25, 1.0))
def test_both_decisions_are_the_external_chance_without_messages(external, in_market):
    assert two_stage_probability(external, 0.0, 0.0, 0.0, in_market, 0.4, 0.8, 0.5) == pytest.approx(external)
    assert join_probability(external, 0.0, 0.0, 0.0, 0.01, 0.04, 0.35) == pytest.approx(external)


def test_in_two_stages_both_signs_shift_the_choice_of_those_in_the_market():
    # a prior of .4 among those in the market, moved by .8 and by -.5 in log odds (East, Hammond & Lomax 2008)
    assert two_stage_probability(0.04, 0.0, 1.0, 0.0, 0.1, 0.4, 0.811, 0.5) == pytest.approx(0.06, abs=1e-4)
    assert two_stage_probability(0.04, 0.0, 0.0, 1.0, 0.1, 0.4, 0.8, 0.49) == pytest.approx(0.029, abs=1e-4)
    equal = two_stage_probability(0.004, 0.0, 3.0, 3.0, 0.03, 0.4, 0.5, 0.5)
    assert equal == pytest.approx(0.004)  # a warning weighs as a recommendation of the same strength does
    assert two_stage_probability(0.004, 0.0, 500.0, 0.0, 0.03, 0.4, 0.5, 0.5) == pytest.approx(0.03)
    for message in ("weak_messages", "strong_messages"):
        acts(two_stage_probability, message, 1)
    acts(two_stage_probability, "negative_messages", -1)
    within(two_stage_probability, 0.0, 1.0)


# ---- who gets the credit -----------------------------------------------------------------------------------------


def test_word_of_mouth_is_credited_with_its_share_of_the_log_odds_of_staying_away():
    assert word_of_mouth_share(0.01, 0.01) == 0.0
    assert word_of_mouth_share(0.005, 0.01) == 0.0  # warnings outweighed
    assert word_of_mouth_share(0.3, 0.0) == 1.0
    # two independent causes of equal strength share the credit equally
    assert word_of_mouth_share(1 - 0.99**2, 0.01) == pytest.approx(0.5)
    acts(word_of_mouth_share, "joined", 1)
    acts(word_of_mouth_share, "external", -1)
    within(word_of_mouth_share, 0.0, 1.0)


def test_the_lapsed_come_back_with_time():
    assert rejoin_factor(0.0, 24.0) == 0.0
    assert rejoin_factor(24.0, 24.0) == pytest.approx(1 - math.exp(-1))
    acts(rejoin_factor, "months_since", 1)
    within(rejoin_factor, 0.0, 1.0)
