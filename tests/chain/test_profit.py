"""Link 8: the layers of a customer's margin, and what the levers cost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from laws import acts, between, within

from custsim.chain.profit import (
    complaint_channel_cost,
    hiring_cost,
    lock_in_cost,
    referred_margin_factor,
    tenure_share,
    visit_revenue_factor,
)


def test_a_relationship_matures():
    assert tenure_share(0.0, 36.0) == 0.0
    assert tenure_share(-3.0, 36.0) == 0.0
    assert tenure_share(36.0, 36.0) == pytest.approx(1 - math.exp(-1))
    acts(tenure_share, "tenure_months", 1)
    within(tenure_share, 0.0, 1.0)


@given(between(0.0, 1.0), between(0.1, 20.0))
def test_revenue_is_typical_at_the_typical_number_of_visits(share, expected):
    assert visit_revenue_factor(expected, expected, share) == pytest.approx(1.0)
    assert visit_revenue_factor(0.0, expected, share) == pytest.approx(1.0 - share)  # fees are paid without a visit
    assert visit_revenue_factor(3.0 * expected, expected, share) == pytest.approx(1.0 + 2.0 * share)


def test_the_edge_of_the_referred_fades_to_nothing():
    assert referred_margin_factor(0.0, 1.2, 24.0) == pytest.approx(1.2)
    assert referred_margin_factor(24.0, 1.2, 24.0) == pytest.approx(1 + 0.2 / math.e)
    assert referred_margin_factor(1e6, 1.2, 24.0) == pytest.approx(1.0)
    assert referred_margin_factor(5.0, 1.0, 24.0) == 1.0


def test_costs_of_the_levers():
    assert complaint_channel_cost(0.5, 0.4, 1000.0) == pytest.approx(100.0)
    assert complaint_channel_cost(1.0, 0.4, 1000.0) == pytest.approx(400.0)  # twice as easy, four times as dear
    assert lock_in_cost(0.3, 20.0, 1000.0) == pytest.approx(6000.0)
    assert hiring_cost(2.0, 1500.0, 2.0) == pytest.approx(1500.0)
    assert hiring_cost(1.0, 1500.0, 2.0) == pytest.approx(3000.0)
    acts(complaint_channel_cost, "ease", 1)
    acts(lock_in_cost, "switching_cost", 1)
    acts(hiring_cost, "delay_months", -1)
