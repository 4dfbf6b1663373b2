"""Link 5: failures, voice, three justices, two marks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from laws import acts, between, within

from custsim.chain.complaints import (
    distributive_justice,
    failure_in_month,
    failure_probability,
    felt_after_recovery,
    handling_justice,
    healed_share,
    interactional_justice,
    prevention_level,
    procedural_justice,
    solve_probability,
    voice_probability,
    wound_after_failure,
    wound_after_recovery,
)

shares, days, wounds = between(0.0, 1.0), between(0.0, 60.0), between(0.0, 2.0)


def test_failures_fall_with_reliability_and_with_what_was_learned():
    assert failure_probability(0.035, 0.1, 0.2, 3.0, 1.5) == pytest.approx(0.035 * math.exp(-0.6))
    assert failure_probability(0.9, -1.0, 0.0, 3.0, 1.5) == 1.0
    acts(failure_probability, "reliability_gap", -1)
    acts(failure_probability, "prevention_gap", -1)
    within(failure_probability, 0.0, 1.0)


def test_each_visit_is_a_chance_to_fail():
    assert failure_in_month(0.1, 0) == 0.0
    assert failure_in_month(0.1, 3) == pytest.approx(1 - 0.9**3)
    acts(failure_in_month, "visits", 1)
    within(failure_in_month, 0.0, 1.0)


def test_an_organisation_learns_from_the_share_it_handled_not_from_the_count():
    assert prevention_level(0.1, 4.0, 10.0, 12.0) == pytest.approx(0.125)
    assert prevention_level(0.1, 400.0, 1000.0, 12.0) == pytest.approx(
        0.125
    )  # a hundred times the firm learns the same
    assert prevention_level(0.1, 0.0, 0.0, 12.0) == 0.1  # nothing went wrong, nothing was learned or forgotten
    assert prevention_level(0.1, 0.0, 10.0, 12.0) == pytest.approx(0.1 * 11 / 12)  # silent failures teach nothing
    acts(prevention_level, "handled", 1)
    within(prevention_level, 0.0, 1.0)


def test_voice_is_logistic_in_ease_and_satisfaction():
    assert voice_probability(0.0, 0.5, 0.0, 2.0, 1.5) == pytest.approx(0.5)
    assert voice_probability(-3.0, 1.0, 0.2, 2.0, 1.5) == pytest.approx(1 / (1 + math.exp(3.0 - 1.0 - 0.3)))
    acts(voice_probability, "ease", 1)
    acts(voice_probability, "satisfaction_gap", 1)
    within(voice_probability, 0.0, 1.0)


def test_solving_stays_a_probability():
    assert solve_probability(0.7, 0.2, 0.3) == pytest.approx(0.76)
    acts(solve_probability, "empowerment_gap", 1)
    within(solve_probability, 0.0, 1.0)


@given(between(0.05, 5.0), between(0.0, 0.9))
def test_compensation_is_an_inverted_u_with_its_top_at_the_best_compensation(best, floor):
    ratio = np.linspace(0.0, 3.0 * best, 3001)
    justice = distributive_justice(ratio, 0.0, floor, best, 15.0)
    top = int(justice.argmax())
    assert ratio[top] == pytest.approx(best, rel=1e-9)
    assert justice[top] == pytest.approx(1.0)
    assert justice[0] == pytest.approx(floor)
    assert (np.diff(justice[: top + 1]) > 0).all()
    assert (np.diff(justice[top:]) < 0).all()


def test_late_money_is_worth_less_but_an_apology_keeps():
    assert distributive_justice(1.25, 15.0, 0.15, 1.25, 15.0) == pytest.approx(0.15 + 0.85 / math.e)
    assert distributive_justice(0.0, 30.0, 0.15, 1.25, 15.0) == 0.15
    acts(distributive_justice, "wait_days", -1)
    within(distributive_justice, 0.0, 1.0 + 1e-12)


def test_treatment_and_speed():
    assert interactional_justice(0.6, 0.1, 0.1, 0.1, 0.6, 0.3, 0.3) == pytest.approx(0.72)
    for cause in ("satisfaction_gap", "empowerment_gap", "training_gap"):
        acts(interactional_justice, cause, 1)
    within(interactional_justice, 0.0, 1.0)
    assert procedural_justice(0.0, 5.0) == 1.0
    assert procedural_justice(5.0, 5.0) == pytest.approx(1 / math.e)
    acts(procedural_justice, "wait_days", -1)


def test_the_outcome_outweighs_treatment_outweighs_speed_in_the_judgement():
    weights = (0.5, 0.35, 0.15)
    alone = [handling_justice(*(float(n == m) for m in range(3)), 0.0, *weights) for n in range(3)]
    assert alone == pytest.approx(weights)
    assert handling_justice(1.0, 0.6, 0.5, 0.0, 1.0, 0.7, 0.3) == pytest.approx(0.785)  # proportions only
    for justice in ("distributive", "interactional", "procedural", "noise"):
        acts(handling_justice, justice, 1)
    within(handling_justice, 0.0, 1.0)


# ---- the wound ---------------------------------------------------------------------------------------------------


def test_a_second_failure_while_the_first_is_open_or_unhealed_hurts_more():
    unhurt = wound_after_failure(0.0, 0.5, 0, 0.3, 1.5, 10.0)
    still_open = wound_after_failure(0.0, 0.5, 1, 0.3, 1.5, 10.0)
    unhealed = wound_after_failure(0.4, 0.5, 0, 0.3, 1.5, 10.0)
    faded = wound_after_failure(0.2, 0.5, 0, 0.3, 1.5, 10.0)
    assert unhurt == pytest.approx(0.5)
    assert still_open == pytest.approx(0.75)
    assert unhealed == pytest.approx(0.4 + 0.75)
    assert faded == pytest.approx(0.2 + 0.5)
    assert wound_after_failure(0.4, 0.5, 0, 0.3, 1.0, 10.0) == pytest.approx(0.9)  # aggravation 1: no double deviation
    assert wound_after_failure(1.8, 1.0, 1, 0.3, 1.5, 2.0) == 2.0
    acts(wound_after_failure, "hurt", 1)
    acts(wound_after_failure, "open_complaint", 1)
    acts(wound_after_failure, "wound", 1)


@given(wounds, shares, days, between(0.1, 60.0), shares, between(0.05, 1.0), wounds)
def test_who_recovered_is_never_better_off_than_unhurt(wound, justice, wait, patience, none_below, full, insult):
    healed = healed_share(justice, wait, patience, none_below, full)
    after = wound_after_recovery(wound, healed, justice, none_below, insult, 2.0)
    assert 0.0 <= healed <= 1.0
    assert after >= 0.0
    if justice >= none_below:
        assert after <= wound  # a fair answer never adds to the wound


def test_healing_and_insult():
    assert healed_share(0.25, 0.0, 20.0, 0.25, 0.55) == 0.0
    assert healed_share(0.8, 0.0, 20.0, 0.25, 0.55) == pytest.approx(1.0)
    assert healed_share(0.525, 20.0, 20.0, 0.25, 0.55) == pytest.approx(0.5 / math.e)
    assert wound_after_recovery(1.0, 0.0, 0.1, 0.25, 0.2, 2.0) == pytest.approx(1.2)
    assert wound_after_recovery(1.9, 0.0, 0.1, 0.25, 0.2, 2.0) == 2.0
    acts(healed_share, "justice", 1)
    acts(healed_share, "wait_days", -1)
    acts(wound_after_recovery, "healed", -1)
    acts(wound_after_recovery, "justice", -1)


# ---- the felt mark -----------------------------------------------------------------------------------------------


def test_a_very_good_recovery_pleases_and_a_fair_one_only_consoles():
    assert felt_after_recovery(-0.25, 0.0, 0.65, 0.3) == -0.25
    assert felt_after_recovery(-0.25, 0.325, 0.65, 0.3) == pytest.approx(-0.125)
    assert felt_after_recovery(-0.25, 0.65, 0.65, 0.3) == pytest.approx(0.0)
    assert felt_after_recovery(-0.25, 0.85, 0.65, 0.3) == pytest.approx(0.06)  # the recovery paradox
    assert felt_after_recovery(0.05, 0.2, 0.65, 0.3) == pytest.approx(0.05)  # a pleasant memory is kept
    acts(felt_after_recovery, "justice", 1)
    acts(felt_after_recovery, "felt", 1)
