"""The recurring forms: values computed by hand, limits, signs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from laws import acts, within

from custsim.chain.forms import anchored_logistic, relax, saturating


def test_the_anchored_logistic_is_the_logistic_through_its_anchor():
    assert anchored_logistic(0.77, 3.0, 0.0) == pytest.approx(0.77)
    assert anchored_logistic(0.5, 2.0, 1.0) == pytest.approx(1 / (1 + math.exp(-2)))
    step = 1e-6  # slope at the reference: k y (1 - y)
    assert (anchored_logistic(0.77, 3.0, step) - 0.77) / step == pytest.approx(3 * 0.77 * 0.23, rel=1e-4)
    acts(anchored_logistic, "deviation", 1)
    within(anchored_logistic, 0.0, 1.0)


def test_saturation_buys_63_percent_at_its_scale_and_ever_less_beyond():
    assert saturating(0.0, 10.0) == 0.0
    assert saturating(10.0, 10.0) == pytest.approx(1 - math.exp(-1))
    gains = np.diff(saturating(np.linspace(0, 50, 20), 10.0))
    assert (np.diff(gains) < 0).all()
    acts(saturating, "amount", 1)
    acts(saturating, "scale", -1)
    within(saturating, 0.0, 1.0)


def test_relaxation_has_its_own_speed_up_and_down_and_rests_at_its_target():
    assert relax(0.5, 0.8, 3.0, 1.0) == pytest.approx(0.6)
    assert relax(0.5, 0.2, 3.0, 1.0) == pytest.approx(0.2)
    assert relax(0.4, 0.4, 3.0, 7.0) == 0.4
    level = 0.0
    for _ in range(9):
        level = relax(level, 1.0, 9.0, 4.0)
    assert level == pytest.approx(1 - (8 / 9) ** 9)
    acts(relax, "target", 1)
    acts(relax, "level", 1)
    within(relax, 0.0, 1.0)
