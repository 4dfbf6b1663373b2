"""Link 3: five dimensions, their weights, and Kano's kinds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from laws import acts, between, within

from custsim.chain.service_quality import (
    assurance,
    empathy,
    kano,
    reliability,
    responsiveness,
    tangibles,
    weighted_quality,
)

anchors, levels = between(0.1, 0.9), between(0.0, 1.0)
MUST_BE, ATTRACTIVE = 2.0, -2.0


@pytest.mark.parametrize(
    ("dimension", "causes"),
    [
        (reliability, ["skill_gap", "tools_gap", "time_gap"]),
        (responsiveness, ["time_gap"]),
        (assurance, ["training_gap", "skill_gap"]),
        (empathy, ["satisfaction_gap"]),
        (tangibles, ["tools_gap"]),
    ],
)
def test_a_dimension_rises_with_its_causes_from_its_anchor(dimension, causes):
    for cause in causes:
        acts(dimension, cause, 1)
    within(dimension, 0.0, 1.0)


def test_a_dimension_is_at_its_anchor_when_its_causes_are_at_their_reference():
    assert reliability(0.77, 2.0, 0.0, 0.0, 0.0, 0.25, 0.5) == pytest.approx(0.77)
    assert assurance(0.77, 2.0, 0.0, 0.0, 0.5) == pytest.approx(0.77)
    for dimension in (responsiveness, empathy, tangibles):
        assert dimension(0.77, 2.0, 0.0) == pytest.approx(0.77)
    # odds 3 times e^(2 x (0.1 + 0.25 x 0.2 + 0.5 x 0.3)) at the anchor .75
    odds = 3.0 * np.exp(2.0 * 0.3)
    assert reliability(0.75, 2.0, 0.1, 0.2, 0.3, 0.25, 0.5) == pytest.approx(odds / (1 + odds))


@given(anchors, between(-5.0, 5.0))
def test_choosing_a_kano_kind_leaves_level_and_slope_of_the_baseline(anchor, curvature):
    step = 1e-4
    assert kano(anchor, anchor, curvature) == pytest.approx(anchor)
    slope = (kano(anchor + step, anchor, curvature) - kano(anchor - step, anchor, curvature)) / (2 * step)
    assert slope == pytest.approx(1.0, abs=1e-6)


@given(anchors, levels)
def test_must_be_forgives_no_shortfall_and_attractive_delights(anchor, level):
    must_be, linear, attractive = (kano(level, anchor, bend) for bend in (MUST_BE, 0.0, ATTRACTIVE))
    assert must_be <= linear + 1e-9 <= attractive + 2e-9  # below the baseline and above it
    assert linear == pytest.approx(level, abs=2e-6)
    if abs(level - anchor) > 0.01:
        assert must_be < linear < attractive


def test_a_shortfall_of_what_must_be_outweighs_an_equal_surplus_and_the_reverse_where_it_delights():
    loss, gain = 0.77 - kano(0.67, 0.77, MUST_BE), kano(0.87, 0.77, MUST_BE) - 0.77
    assert loss == pytest.approx((np.exp(0.2) - 1) / 2)
    assert gain == pytest.approx((1 - np.exp(-0.2)) / 2)
    assert 0.77 - kano(0.67, 0.77, ATTRACTIVE) == pytest.approx(gain)
    assert kano(0.87, 0.77, ATTRACTIVE) - 0.77 == pytest.approx(loss)
    acts(kano, "fulfilment", 1)


def test_quality_is_the_weighted_mean_of_the_dimensions():
    published = (32, 19, 11, 16, 22)  # Zeithaml, Parasuraman & Berry (1990)
    for place, weight in enumerate(published):
        only = [float(place == n) for n in range(5)]
        assert weighted_quality(*only, *published) == pytest.approx(weight / 100)
    for name in ("reliability", "assurance", "tangibles", "empathy", "responsiveness"):
        acts(weighted_quality, name, 1)
    within(weighted_quality, 0.0, 1.0 + 1e-12)
