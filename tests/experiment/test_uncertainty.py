"""Parameter uncertainty and luck told apart: against variance components that are known, and a closed form.

Seeds are fixed; each statistical test says how often it would fail by chance had the seed been drawn afresh.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reduced import bare
from scipy import stats

from custsim.errors import InputError
from custsim.experiment.distributions import Distribution, Space
from custsim.experiment.uncertainty import split_variance, uncertain
from custsim.scenario import Scenario

# ---- distributions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "scipy"),
    [
        (Distribution.uniform(2, 6), stats.uniform(2, 4)),
        (Distribution.triangular(1, 2, 5), stats.triang(0.25, 1, 4)),
        (Distribution.normal(3, 0.5), stats.norm(3, 0.5)),
        (Distribution.lognormal(4, 0.3), stats.lognorm(0.3, scale=4)),
        (Distribution.beta(8, 92), stats.beta(8, 92)),
        (Distribution.normal(0, 1, low=-1, high=2), stats.truncnorm(-1, 2)),
    ],
    ids=lambda one: str(one) if isinstance(one, Distribution) else "scipy",
)
def test_quantiles_are_those_of_the_distribution(ours, scipy):
    shares = np.linspace(0.001, 0.999, 25)
    np.testing.assert_allclose(ours.quantile(shares), scipy.ppf(shares), rtol=1e-9, atol=1e-12)
    assert Distribution.parse(str(ours)) == ours


def test_a_published_range_becomes_the_distribution_that_has_it():
    for kind in ("normal", "lognormal"):
        known = Distribution.from_range(0.5, 2.0, kind, coverage=0.9)
        np.testing.assert_allclose(known.quantile([0.05, 0.95]), [0.5, 2.0], rtol=1e-12)
    assert Distribution.from_range(0.5, 2.0, "uniform") == Distribution.uniform(0.5, 2.0)


@given(st.floats(0, 1), st.integers(1, 50), st.integers(1, 50))
def test_what_is_drawn_lies_within_and_grows_with_the_share(share, low, width):
    known = Distribution.triangular(low, low + width / 3, low + width)
    assert low <= known.quantile(share) <= low + width
    assert known.quantile(share / 2) <= known.quantile(share)
    staff = Space.of(Scenario(), {"complaints.staff": (low, low + width)}).changes([[share]])[0]["complaints.staff"]
    assert isinstance(staff, int)
    assert low <= staff <= low + width


def test_both_ends_of_a_whole_number_are_as_likely_as_what_lies_between():
    shares = (np.arange(9000)[:, None] + 0.5) / 9000
    drawn = Space.of(Scenario(), {"complaints.staff": (2, 4)}).values(shares)[:, 0]
    assert np.unique(drawn, return_counts=True)[1].tolist() == [3000, 3000, 3000]


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"complaints.staf": (2, 8)}, "complaints.staf: no such parameter; did you mean complaints.staff?"),
        (
            {"loyalty.churn": Distribution.normal(0.02, 0.01)},
            "must be at least 0, which normal(0.02, 0.01) is not everywhere; cut it off with low=",
        ),
        ({"loyalty.churn": (0.5, 1.5)}, "must be below 1, which uniform(0.5, 1.5) is not everywhere"),
        ({"loyalty.churn": (0.5, 1)}, "must be below 1, which uniform(0.5, 1) is not everywhere"),
        ({"complaints.staff": (1.5, 8)}, "takes whole numbers"),
        ({"title": (0, 1)}, "title: is text, which has no range"),
        ({"complaints.staff": (8, 2)}, "low must be below high"),
        ({"complaints.staff": 3}, "give (low, high) or a Distribution"),
        ({"complaints.staff": "gamma(2, 3)"}, "there is none; there are uniform"),
        ({"complaints.staff": "2-8"}, "is no distribution: write 2..8"),
        ({}, "name at least one parameter"),
    ],
)
def test_a_range_that_cannot_be_is_refused_with_the_way_out(over, words):
    with pytest.raises(InputError) as problem:
        Space.of(Scenario(), over)
    assert words in str(problem.value)


def test_what_is_never_drawn_does_not_break_a_bound():
    # a normal distribution has no ends, but a hundred standard deviations are never drawn
    known = Space.of(Scenario(), {"loyalty.churn": Distribution.normal(0.5, 0.005)})
    assert 0.4 < known.values([[0.0]])[0, 0] < known.values([[1.0]])[0, 0] < 0.6
    # the end of an open bound is not drawn either
    assert Space.of(Scenario(), {"market.price": Distribution.triangular(0, 1, 2)}).values([[0.0]])[0, 0] > 0.0


@pytest.mark.parametrize("numbers", [(1.0,), (1.0, 0.0), (1.0, float("nan"))])
def test_numbers_that_make_no_distribution_are_refused(numbers):
    with pytest.raises(InputError, match="normal"):
        Distribution("normal", numbers)


# ---- variance components ---------------------------------------------------------------------------------------


def effects(repeats, draws, runs, sds, seed):
    """Results of an experiment with known variances: parameters, luck shared by all draws, interaction."""
    rng = np.random.default_rng(seed)
    a, b, ab = sds
    return (
        rng.normal(0, a, (repeats, draws, 1))
        + rng.normal(0, b, (repeats, 1, runs))
        + rng.normal(0, ab, (repeats, draws, runs))
    )


@pytest.mark.parametrize("sds", [(3.0, 1.0, 2.0), (0.5, 2.0, 1.0), (0.0, 1.0, 1.0)])
def test_components_are_estimated_without_bias(sds):
    # 9 comparisons within 4 standard errors: fails in 6 of 10,000
    splits = [split_variance(y) for y in effects(300, 12, 5, sds, seed=1)]
    for name, sd in zip(("parameters", "luck", "interaction"), sds, strict=True):
        found = np.array([getattr(split, name) for split in splits])
        assert abs(found.mean() - sd**2) < 4 * found.std(ddof=1) / np.sqrt(found.size), name


@pytest.mark.parametrize("sds", [(3.0, 1.0, 2.0), (1.0, 1.0, 1.0)])
def test_intervals_hold_what_they_promise(sds):
    # 300 experiments at 95 %: below 91 % in 1 of 1,000 for an exact interval
    a, b, ab = np.square(sds)
    splits = [split_variance(y) for y in effects(300, 15, 6, sds, seed=2)]
    share = a / (a + b + ab)
    assert np.mean([s.share_low <= share <= s.share_high for s in splits]) > 0.91
    assert np.mean([s.mean_low <= 0.0 <= s.mean_high for s in splits]) > 0.91


def test_the_whole_variance_is_the_sum_of_its_parts():
    y = effects(1, 30, 8, (2.0, 1.0, 1.5), seed=3)[0]
    split = split_variance(y)
    assert split.noise == pytest.approx(split.luck + split.interaction, rel=1e-12)
    # unequal pairs of runs, with neither draw nor replication in common, differ by twice the whole variance
    pairs = [(y[i, j] - y[k, m]) ** 2 for i in range(30) for k in range(30) if i != k
             for j in range(8) for m in range(8) if j != m]  # fmt: skip
    assert np.mean(pairs) / 2 == pytest.approx(split.parameters + split.noise, rel=1e-9)


def test_it_says_what_dominates_only_when_that_is_sure():
    assert split_variance(effects(1, 60, 10, (5.0, 1.0, 1.0), seed=4)[0]).dominates == "parameters"
    assert split_variance(effects(1, 60, 10, (0.5, 2.0, 2.0), seed=4)[0]).dominates == "noise"
    assert split_variance(effects(1, 5, 2, (1.0, 1.0, 1.0), seed=4)[0]).dominates == "neither"


@pytest.mark.parametrize("values", [[[1.0, 2.0]] * 2, [[1.0]] * 5, [[1.0, float("nan")]] * 4])
def test_too_little_to_tell_apart_is_refused(values):
    with pytest.raises(InputError, match="values"):
        split_variance(values)


# ---- the simulation --------------------------------------------------------------------------------------------

RETENTION, CUSTOMERS, MONTHS = 0.5, 60, 22


def mean_value(run):
    """Value observed of the customers of month 0; of 0.5^22 nobody is left."""
    return float(run.customers["value_observed"].mean())


def test_margin_and_luck_are_told_apart_as_the_closed_form_has_them():
    """Margin M is uniform; the value of n customers is M times the mean of n discounted geometric lives.

    With v = 1/(1 + i) and a last month T that is geometric, a life is worth M (1 - v^T)/(1 - v).
    """
    i = 1.1 ** (1 / 12) - 1
    v = 1 / (1 + i)

    def transform(z):
        return (1 - RETENTION) * z / (1 - RETENTION * z)

    unit = 1 / (1 - RETENTION * v)
    luck = (transform(v**2) - transform(v) ** 2) / (1 - v) ** 2 / CUSTOMERS
    low, high = 8.0, 14.0
    spread, middle = (high - low) ** 2 / 12, (low + high) / 2
    firm = bare(
        CUSTOMERS, CUSTOMERS, loyalty={"churn": 1 - RETENTION},
        time={"annual_discount_rate": 0.10, "months": MONTHS},
    )  # fmt: skip
    result = uncertain(
        firm, {"profit.monthly_revenue": (low, high)}, draws=8, replications=60, measures=mean_value, seed=5,
        executor="serial",
    )  # fmt: skip
    split = result.splits["mean_value"]
    # eight even margins vary by 8/7 of the whole; a variance from 60 lucks is off by 4 times its 18 % in 1 of 1,000
    assert split.parameters == pytest.approx(8 / 7 * spread * unit**2, rel=0.15)
    assert split.noise == pytest.approx((spread + middle**2) * luck, rel=4 * np.sqrt(2 / 59))
    share = spread * unit**2 / (spread * unit**2 + (spread + middle**2) * luck)
    assert split.share_low <= share <= split.share_high
    assert split.mean == pytest.approx(middle * unit, abs=4 * middle * np.sqrt(luck / 60))
    assert "Parameters make" in result.summary()
    assert result.table.loc["mean_value", "low"] < split.mean < result.table.loc["mean_value", "high"]


def small():
    return Scenario().scaled(0.02).change({"time.months": 2, "time.warm_up_months": 1}, opening="own")


def test_a_draw_that_cannot_be_is_left_out_and_told():
    # 400 persons: more customers than persons are refused
    result = uncertain(
        small(), {"market.customers": (50, 500)}, draws=9, replications=2, measures="revenue", executor="serial"
    )
    refused = np.flatnonzero(result.draws["market.customers"] > 400)
    assert len(refused)
    assert result.left_out == tuple(refused)
    assert f"{len(refused)} draws were left out" in str(result)
    assert json.loads(json.dumps(result.data, allow_nan=False)) == result.data


def test_one_run_of_each_cannot_tell_luck_from_parameters():
    with pytest.raises(InputError, match="at least 3 and 2"):
        uncertain(small(), {"complaints.staff": (1, 3)}, draws=5, replications=1)


def test_a_series_has_no_variance_to_split():
    with pytest.raises(InputError, match="ask for profit"):
        uncertain(small(), {"complaints.staff": (1, 3)}, measures="monthly:profit")
