"""The measured chain: cut links measure 0, laws known in closed form come out, pictures carry the numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

import custsim
from custsim.errors import InputError
from custsim.experiment.chain import ARROWS, NODES, _moves, measure_chain
from custsim.experiment.interval import jackknife, mean_interval
from custsim.plots.measured import measured_chain

SMALL = custsim.load("neighbourhood_bank").scaled(0.05).change({"time.months": 24}, opening="own")
QUIET: dict[str, Any] = {"progress": False, "executor": "serial"}


@given(st.floats(-3.0, 3.0), st.floats(0.8, 1.25).filter(lambda ratio: abs(ratio - 1.0) > 1e-3))
def test_a_power_law_has_its_exponent_as_elasticity(exponent: float, ratio: float) -> None:
    x = np.full(5, 7.0)
    found = _moves(x, ratio * x, 2.0 * x**exponent, 2.0 * (ratio * x) ** exponent, 0.95)
    assert found["elasticity"] == pytest.approx(exponent, abs=1e-9)
    assert found["low"] == pytest.approx(exponent, abs=1e-6)  # no spread between replications, no width
    one_per_cent = 2.0 * (x[0] * ratio) ** exponent - 2.0 * x[0] ** exponent
    assert found["effect"] == pytest.approx(one_per_cent * math.log(1.01) / math.log(ratio), abs=1e-9)


def test_the_jackknife_of_a_mean_is_the_t_interval() -> None:
    """An identity: without one value the mean moves by its distance from the mean over n - 1."""
    values = np.random.default_rng(1).normal(5.0, 2.0, 12)
    mean, low, high = mean_interval(values, 0.9)
    assert jackknife(lambda x: x, values, confidence=0.9) == pytest.approx((float(mean), float(low), float(high)))


def test_intervals_of_means_cover() -> None:
    """2,000 normal samples of 5: 95 % cover; the share lies within 4 standard errors (.02) but once in 16,000."""
    values = np.random.default_rng(2).normal(1.0, 3.0, (2000, 5))
    _, low, high = mean_interval(values)
    assert abs(((low <= 1.0) & (high >= 1.0)).mean() - 0.95) < 0.02


def test_intervals_of_ratios_cover() -> None:
    """1,000 samples of 16 pairs, a ratio of 2: jackknife intervals cover 95 % within .03 (4 standard errors)."""
    luck = np.random.default_rng(3)
    x = luck.normal(10.0, 1.0, (1000, 16))
    y = 2.0 * x + luck.normal(0.0, 2.0, x.shape)
    bounds = [jackknife(lambda a, b: b / a, *pair)[1:] for pair in zip(x, y, strict=True)]
    assert abs(np.mean([low <= 2.0 <= high for low, high in bounds]) - 0.95) < 0.03


def test_missing_values_are_left_out_and_one_value_has_no_interval() -> None:
    mean, low, _ = mean_interval(np.array([[1.0, np.nan, 3.0], [4.0, np.nan, np.nan], [np.nan] * 3]))
    assert mean.tolist()[:2] == [2.0, 4.0]
    assert np.isnan(mean[2])
    assert np.isnan(low).tolist() == [False, True, True]


def test_links_that_are_cut_measure_exactly_nothing() -> None:
    cut = SMALL.change(
        {
            "employees.internal_service_effect": 0.0,
            "loyalty.floor": 1.0,
            "loyalty.wound_effect": 0.0,
            "loyalty.positive_effect": 0.0,
            "loyalty.negative_effect": 0.0,
            "referral.strong_shift": 0.0,
            "referral.weak_shift": 0.0,
        }
    )
    chain = measure_chain(cut, levers=[], replications=3, **QUIET)
    assert chain.elasticity("internal_service", "employee_satisfaction") == pytest.approx(0.0, abs=2e-3)
    assert chain.elasticity("satisfaction", "retention") == 0.0
    assert chain.elasticity("failures", "retention") == 0.0
    assert chain.elasticity("recommendations", "joined") == 0.0
    assert chain.elasticity("service_quality", "satisfaction") > 0.1  # what is not cut still acts


def test_signs_of_the_chain() -> None:
    """Direction of each link as in the literature; each is several standard errors from 0 in this luck."""
    chain = measure_chain(SMALL, levers=[], replications=4, **QUIET)
    wanted = dict.fromkeys(ARROWS, 1) | {("service_quality", "failures"): -1, ("failures", "retention"): -1}
    small = {("joined", "profit"), ("failures", "retention")}  # too weak for four short runs of 300 customers
    for source, target in set(ARROWS) - small:
        row = chain.table[(chain.table["source"] == source) & (chain.table["target"] == target)].iloc[0]
        value = row["effect"] if target == "profit" else row["elasticity"]
        assert value * wanted[source, target] > 0, (source, target)
    assert chain.nodes["node"].tolist() == list(NODES)


def test_levers_with_closed_forms() -> None:
    """Fixed cost F acts on nothing: a tenth more costs F/10 a month; one per cent on the log scale its share of it."""
    chain = measure_chain(
        SMALL,
        levers={
            "fixed cost": ["profit.fixed_cost"],
            "none": ["referral.reward"],
            "desk": ["internal_service.desk_staff"],
        },
        replications=3,
        **QUIET,
    )
    assert chain.levers["lever"].tolist() == ["fixed cost", "desk"]  # what is 0 cannot be moved by a share
    fixed, desk = (row for _, row in chain.levers.iterrows())
    wanted = -0.1 * SMALL.profit.fixed_cost / math.log(1.1) * math.log(1.01)
    assert fixed["effect"] == pytest.approx(wanted)
    assert fixed["effect_high"] - fixed["effect_low"] == pytest.approx(0.0, abs=1e-6)
    assert (desk["before"], desk["after"]) == (1, 2)  # whole persons


def test_what_is_not_there_cannot_be_measured_and_says_so() -> None:
    chain = measure_chain(
        SMALL.change({"complaints.failure_rate": 0.0, "satisfaction.loss_aversion": 1.0}),
        levers=[],
        replications=2,
        **QUIET,
    )
    assert math.isnan(chain.elasticity("failures", "retention"))
    assert math.isnan(chain.elasticity("satisfaction", "recommendations"))
    assert "not here" in chain.summary()
    measured_chain(chain)


def test_the_picture_carries_the_numbers() -> None:
    chain = measure_chain(SMALL, levers=[], replications=3, **QUIET)
    texts = {text.get_text() for text in measured_chain(chain).axes[0].findobj(Text)}
    shown = chain.elasticity("internal_service", "employee_satisfaction")
    assert f"+{shown:.2f}".rstrip("0") in {text.rstrip("0") for text in texts}
    assert {"Profit", "Internal\nservice"} <= texts


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"step": 0.0}, "step"),
        ({"step": 0.5}, "step"),
        ({"levers": ["complaints.staf"]}, "did you mean"),
        ({"levers": ["complaints"]}, "complaints"),
    ],
)
def test_impossible_questions_are_refused(options: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        measure_chain(SMALL, replications=1, **options, **QUIET)


def test_unknown_arrows_are_refused() -> None:
    chain = measure_chain(SMALL.change({"time.months": 2}), levers=[], replications=1, **QUIET)
    with pytest.raises(InputError, match="no such arrow"):
        chain.elasticity("profit", "retention")
