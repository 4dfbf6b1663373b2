"""Link 1: six drivers, the supplier, the internal desk."""

from __future__ import annotations

import math

import pytest
from laws import acts, within

from custsim.chain.internal_service import driver_level, purchase_cost, support_access, target_internal_service
from custsim.scenario.model import REFERENCE_LEVEL

WEIGHTS = (0.2, 0.2, 0.2, 0.15, 0.15, 0.1)


def test_a_driver_has_diminishing_returns():
    assert driver_level(0.0, 100.0) == 0.0
    assert driver_level(100.0, 100.0) == pytest.approx(REFERENCE_LEVEL, rel=1e-15)
    assert driver_level(200.0, 100.0) == pytest.approx(1 - math.exp(-2))
    first, second = driver_level(100.0, 100.0), driver_level(200.0, 100.0) - driver_level(100.0, 100.0)
    assert second == pytest.approx(first / math.e)
    acts(driver_level, "spend", 1)


def test_waiting_at_the_internal_desk_takes_support_away_only_beyond_what_is_tolerated():
    assert support_access(0.35, 0.35, 5.0) == 1.0
    assert support_access(0.0, 0.35, 5.0) == 1.0
    assert support_access(5.35, 0.35, 5.0) == pytest.approx(math.exp(-1))
    acts(support_access, "wait_days", -1)
    acts(support_access, "tolerated_days", 1)
    acts(support_access, "patience_days", 1)
    within(support_access, 0.0, 1.0)


def test_internal_service_is_the_weighted_mean_of_its_drivers():
    assert target_internal_service(1, 0, 0, 0, 0, 0, *WEIGHTS) == pytest.approx(0.2)
    assert target_internal_service(0, 0, 0, 0, 0, 1, *WEIGHTS) == pytest.approx(0.1)
    assert target_internal_service(*[0.6] * 6, *WEIGHTS) == pytest.approx(0.6)
    doubled = [2 * weight for weight in WEIGHTS]  # only the proportions of the weights count
    levels = (0.9, 0.1, 0.5, 0.3, 0.8, 0.2)
    assert target_internal_service(*levels, *doubled) == pytest.approx(target_internal_service(*levels, *WEIGHTS))
    for driver in ("tools", "training", "support", "rewards", "teamwork", "empowerment"):
        acts(target_internal_service, driver, 1)
    within(target_internal_service, 0.0, 1.0 + 1e-12)


def test_a_cheaper_supplier_costs_less():
    assert purchase_cost(140.0, 0.9) == pytest.approx(126.0)
