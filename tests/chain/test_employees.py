"""Link 2: satisfaction, quitting, skill, work pressure and the norm that erodes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from laws import acts, between, within

from custsim.chain.employees import (
    grow_skill,
    head_target,
    next_norm,
    next_satisfaction,
    quit_probability,
    satisfaction_target,
    served_share,
    survivor_shift,
    time_per_visit,
    work_pressure,
    workload_strain,
)


def test_causes_act_on_employee_satisfaction_with_their_sign():
    assert satisfaction_target(0.65, 0.1, 0.2, 0.05, 0.5, 0.03, 0.45, 0.5, 0.8, 0.06) == pytest.approx(
        0.65 + 0.045 + 0.1 - 0.04 - 0.03 + 0.03
    )
    for cause, sign in {"internal_service_gap": 1, "pay_gap": 1, "trait": 1, "strain": -1}.items():
        acts(satisfaction_target, cause, sign)
    acts(satisfaction_target, "hostility", -1)
    within(satisfaction_target, 0.0, 1.0)


def test_satisfaction_follows_its_target_and_stays_an_index():
    assert next_satisfaction(0.6, 0.9, 0.0, 3.0) == pytest.approx(0.7)
    assert next_satisfaction(0.6, 0.9, 0.05, 3.0) == pytest.approx(0.75)
    assert next_satisfaction(0.95, 1.0, 0.9, 1.0) == 1.0
    acts(next_satisfaction, "target", 1)
    acts(next_satisfaction, "noise", 1)
    within(next_satisfaction, 0.0, 1.0)


def test_strain_begins_above_what_is_tolerated():
    assert workload_strain(0.9, 0.95) == 0.0
    assert workload_strain(1.15, 0.95) == pytest.approx(0.2)


def test_the_satisfied_stay():
    assert quit_probability(0.65, 0.02, 2.0, 0.65) == pytest.approx(-math.expm1(-0.02))
    assert quit_probability(0.75, 0.02, 2.0, 0.65) == pytest.approx(-math.expm1(-0.02 * math.exp(-0.2)))
    assert quit_probability(0.2, 0.0, 2.0, 0.65) == 0.0
    acts(quit_probability, "satisfaction", -1)
    acts(quit_probability, "base", 1)
    within(quit_probability, 0.0, 1.0)


def test_survivors_are_the_easily_satisfied():
    # Traits N(0, s^2), each leaving at h exp(-g z): after time t the weight of z falls by exp(-h t exp(-g z)). To first
    # order in g s the mean trait of those left has risen by h t g s^2: by g s^2 at t = 1/h
    g, s = 2.0, 0.08
    z = np.linspace(-8, 8, 20_001) * s
    weight = np.exp(-((z / s) ** 2) / 2) * np.exp(-np.exp(-g * z))
    assert survivor_shift(g, s) == pytest.approx((weight * z).sum() / weight.sum(), rel=0.02)


def test_skill_grows_to_full_skill_and_training_shortens_the_way():
    assert grow_skill(0.45, 0.625, 3.0, 1.25, 0.4) == pytest.approx(0.45 + 0.55 / 3.0)
    assert grow_skill(1.0, 0.3, 3.0, 1.25, 0.4) == 1.0
    skill = 0.45
    for _ in range(8):
        skill = grow_skill(skill, 0.6321, 3.0, 1.25, 0.4)
    assert skill > 0.95  # full productivity after about eight months
    acts(grow_skill, "training", 1)
    acts(grow_skill, "skill", 1)
    within(grow_skill, 0.0, 1.0)


def test_pressure_is_desired_over_actual_capacity():
    assert work_pressure(1200.0, 0.5, 500.0) == pytest.approx(1.2)


pressures, exponents = between(0.0, 4.0), between(0.0, 1.0)


@given(pressures, exponents, between(0.1, 2.0))
def test_what_shortening_does_not_absorb_is_not_served(pressure, exponent, norm):
    # hours used = visits x share served x time each = capacity, whenever there is more to do than capacity
    visits, capacity = 1000.0, 1000.0 * norm / max(pressure, 1e-6)
    used = visits * served_share(pressure, exponent) * time_per_visit(norm, pressure, exponent)
    assert used == pytest.approx(min(capacity, visits * norm))
    assert 0.0 < served_share(pressure, exponent) <= 1.0
    assert time_per_visit(norm, pressure, exponent) <= norm


def test_under_pressure_time_is_cut_by_the_exponent_of_oliva_and_sterman():
    assert time_per_visit(0.84, 1.0, 0.64) == 0.84
    assert time_per_visit(0.84, 0.5, 0.64) == 0.84
    assert time_per_visit(1.0, 1.2, 0.64) == pytest.approx(1.2**-0.64)
    assert served_share(1.2, 1.0) == 1.0  # every corner is cut until everybody is served
    assert time_per_visit(1.0, 1.2, 0.0) == 1.0  # no corner is cut
    assert served_share(1.2, 0.0) == pytest.approx(1 / 1.2)
    acts(time_per_visit, "pressure", -1)
    acts(served_share, "pressure", -1)


@given(between(0.1, 2.0), between(0.0, 4.0), exponents, between(0.0, 0.2), between(1.0, 24.0))
def test_a_norm_without_recovery_never_rises(norm, pressure, exponent, dead_band, months):
    later = next_norm(norm, norm + 1.0, pressure, exponent, dead_band, months, 0.0)
    assert 0.0 < later <= norm


@given(between(0.1, 1.0), between(0.0, 4.0), between(0.0, 1.0))
def test_a_norm_never_recovers_beyond_the_design(norm, pressure, recovery):
    assert next_norm(norm, 1.0, pressure, 0.64, 0.03, 4.33, recovery) <= 1.0


def test_the_norm_erodes_under_sustained_overload_only_and_recovers_only_below():
    norm = next_norm(0.84, 0.84, 1.2 * 1.03, 0.64, 0.03, 4.33, 0.0083)
    assert norm == pytest.approx(0.84 * (1 + (1.2**-0.64 - 1) / 4.33))
    assert next_norm(0.84, 0.84, 1.03, 0.64, 0.03, 4.33, 0.0083) == 0.84  # within the dead band
    assert next_norm(0.7, 0.84, 0.9, 0.64, 0.03, 4.33, 0.01) == pytest.approx(0.7 + 0.14 * 0.01)
    assert next_norm(0.7, 0.84, 1.025, 0.64, 0.03, 4.33, 0.01) == 0.7  # too busy to recover, not enough to erode
    acts(next_norm, "smoothed_pressure", -1)


def test_the_planned_staff_is_rounded_and_at_least_one():
    assert head_target(6000.0, 150.0) == 40.0
    assert head_target(6110.0, 150.0) == 41.0
    assert head_target(0.0, 150.0) == 1.0
