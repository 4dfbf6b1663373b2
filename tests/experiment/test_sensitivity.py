"""Sensitivity against numbers that are known: Sobol indices of a lifetime value by integration, slopes, additive costs.

The truth of m(1+i)/(1+i-r) comes from Gauss-Legendre quadrature of its conditional means, which shares no code with
SALib; the design is fixed, so a test fails always or never.
"""

from __future__ import annotations

import numpy as np
import pytest
from reduced import bare
from scipy import stats

from custsim.errors import InputError
from custsim.experiment.distributions import Distribution
from custsim.experiment.sensitivity import _luck, sensitivity, sensitivity_of
from custsim.scenario import Scenario
from custsim.value import clv

MARGIN, CHURN, ANNUAL = (8.0, 14.0), (0.10, 0.25), (0.02, 0.20)


def monthly(annual):
    return (1.0 + annual) ** (1 / 12) - 1.0


def truth():
    """First-order and total Sobol indices of m(1+i)/(1+i-r) in m, 1 - r and the annual rate behind i, all uniform."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    grids = [(low + high) / 2 + (high - low) / 2 * nodes for low, high in (MARGIN, CHURN, ANNUAL)]
    m, churn, annual = np.meshgrid(*grids, indexing="ij", sparse=True)
    i = monthly(annual)
    value = m * (1 + i) / (i + churn)
    w = weights / 2

    def mean(table, axes):
        for axis in sorted(axes, reverse=True):
            table = np.tensordot(table, w, axes=(axis, 0))
        return table

    whole = mean(value**2, (0, 1, 2)) - mean(value, (0, 1, 2)) ** 2
    first, total = {}, {}
    for at, name in enumerate(("margin", "churn", "annual")):
        others = tuple(axis for axis in range(3) if axis != at)
        alone, rest = mean(value, others), mean(value, (at,))
        first[name] = (w @ alone**2 - (w @ alone) ** 2) / whole
        total[name] = 1 - (w @ (rest**2) @ w - (w @ rest @ w) ** 2) / whole
    return first, total


FIRST, TOTAL = truth()


def test_the_truth_is_a_split_of_the_variance():
    # by hand: the margin factorises, so its first index is Var(m) E[g]^2 over the whole; shares add up to less than 1
    assert sum(FIRST.values()) < 1 < sum(TOTAL.values())
    assert all(FIRST[name] < TOTAL[name] for name in FIRST)
    rng = np.random.default_rng(1)
    m, churn, annual = (rng.uniform(low, high, 200_000) for low, high in (MARGIN, CHURN, ANNUAL))
    i = monthly(annual)
    g = (1 + i) / (i + churn)
    assert FIRST["margin"] == pytest.approx(m.var() * g.mean() ** 2 / (m * g).var(), rel=0.02)


def value(margin, churn, annual):
    return clv(margin=margin, retention=1 - churn, discount=monthly(annual))


OVER = {"margin": MARGIN, "churn": CHURN, "annual": ANNUAL}


def test_sobol_indices_of_a_lifetime_value_are_those_of_the_integral():
    # a quasi-random design of 4096 rows; the largest error allowed is a hundredth of the whole variance
    table = sensitivity_of(value, OVER, samples=4096).of("value")
    assert list(table.index) == ["churn", "margin", "annual"]
    for name in OVER:
        assert table.loc[name, "first"] == pytest.approx(FIRST[name], abs=0.01)
        assert table.loc[name, "total"] == pytest.approx(TOTAL[name], abs=0.01)


def test_intervals_of_sobol_indices_hold_the_truth():
    # 6 indices in each of 30 designs at 95 %; an evenly spread design makes the bootstrap too wide rather than narrow
    held = []
    for seed in range(30):
        table = sensitivity_of(value, OVER, samples=128, seed=seed).of("value")
        for name in OVER:
            held.append(table.loc[name, "first_low"] <= FIRST[name] <= table.loc[name, "first_high"])
            held.append(table.loc[name, "total_low"] <= TOTAL[name] <= table.loc[name, "total_high"])
    assert np.mean(held) > 0.91


def test_the_jackknife_of_a_mean_is_the_interval_of_student():
    rng = np.random.default_rng(4)
    result = rng.normal(size=(5, 7))
    reach = stats.t.ppf(0.975, 6) * result.std(axis=1, ddof=1) / np.sqrt(7)
    np.testing.assert_allclose(_luck(result, lambda means: means, 0.95), reach, rtol=1e-12)


def test_morris_finds_slopes_and_tells_curved_from_straight():
    table = sensitivity_of(lambda x, y, z: 3 * x - 2 * y + 0 * z, {"x": (0, 2), "y": (1, 4), "z": (0, 1)}, "morris").of(
        "value"
    )
    assert table["effect"].to_dict() == pytest.approx({"x": 6.0, "y": -6.0, "z": 0.0})
    assert table["strength"].to_dict() == pytest.approx({"x": 6.0, "y": 6.0, "z": 0.0})
    np.testing.assert_allclose(table["spread"], 0.0, atol=1e-9)
    curved = sensitivity_of(lambda x, y: x * y, {"x": (-1, 1), "y": (-1, 1)}, "morris").of("value")
    assert (curved["spread"] > 0.5).all()


def test_a_straight_line_has_no_spread_whatever_the_rounding():
    """y = 2.1 x + 1e3 has the same slope everywhere."""
    found = sensitivity_of(lambda x, z: 2.1 * x + 1e3 + 0.0 * z, {"x": (0, 0.7), "z": (0, 1)}, "morris", samples=20)
    table = found.of("value")
    assert table["spread"].tolist() == [0.0, 0.0]
    assert table.loc["x", "strength"] == pytest.approx(2.1 * 0.7)
    assert table.loc["z", ["strength", "strength_low", "strength_high"]].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_what_does_nothing_is_told_as_that(method):
    found = sensitivity_of(lambda x, z: x + 0.0 * z, {"x": (0, 1), "z": (0, 1)}, method, samples=64)
    assert found.idle("value") == ("z",)


def test_a_share_that_cannot_be_is_told_as_an_error_of_estimation():
    """A share of the variance lies between 0 and 1; its estimate from four samples need not."""
    few = sensitivity_of(lambda x, z: x + 0.3 * z, {"x": (0, 1), "z": (0, 1)}, samples=4)
    many = sensitivity_of(lambda x, z: x + z, {"x": (0, 1), "z": (0, 1)}, samples=4096)
    assert ((few.table[["first", "total"]] > 1) | (few.table[["first", "total"]] < 0)).any(axis=None)
    assert "take more samples" in few.summary()
    assert "take more samples" not in many.summary()


def test_a_tornado_of_single_runs_has_no_intervals_and_says_so():
    from custsim.scenario import Scenario

    firm = Scenario().scaled(0.02).change({"time.months": 2, "time.warm_up_months": 0}, opening="own")
    over = {"profit.fixed_cost": (0, 5000), "time.annual_discount_rate": (0.05, 0.15)}
    found = sensitivity(firm, over, "tornado", measures="profit", replications=1, executor="serial", progress=False)
    assert found.idle("profit") == ("time.annual_discount_rate",)
    assert "there are no intervals" in found.summary()
    assert "95 % intervals" not in found.summary()
    from custsim.report.search import sensitivity as told

    first, *rest = told(found, {}).answer
    assert first.endswith(" time.annual_discount_rate made no difference at any point.")
    assert "then time" not in first
    assert rest == list(found.caution)


def test_a_distribution_moves_the_indices_as_its_variance_does():
    known = {"x": Distribution.normal(0, 2), "y": Distribution.normal(0, 1)}
    table = sensitivity_of(lambda x, y: x + y, known, samples=2048).of("value")
    assert table["first"].to_dict() == pytest.approx({"x": 0.8, "y": 0.2}, abs=0.02)
    # from 5 % to 95 % of a normal distribution are 3.29 standard deviations
    morris = sensitivity_of(lambda x, y: x + y, known, "morris", samples=200).of("value")
    ends = 2 * 1.6449 * np.array([2.0, 1.0])
    # a step of the grid is two thirds of the way, not straight in shares: within a sixth
    np.testing.assert_allclose(morris.loc[["x", "y"], "effect"], ends, rtol=0.17)


# ---- the simulation --------------------------------------------------------------------------------------------


def mean_value(run):
    """Value of the customers of month 0: what was observed, and the expected rest."""
    return float(run.customers[["value_observed", "value_residual"]].sum(axis=1).mean())


PATHS = {"profit.monthly_revenue": "margin", "loyalty.churn": "churn", "time.annual_discount_rate": "annual"}


def test_sobol_indices_of_a_simulated_lifetime_value_are_those_of_the_integral():
    """Of a firm without feedbacks, one of a few hundred customers, whose value is m(1+i)/(1+i-r) on average.

    64 rows make indices that are known to some hundredths; the luck of 400 customers over two months moves them less.
    """
    firm = bare(400, 400, time={"months": 2})
    result = sensitivity(
        firm, {path: OVER[name] for path, name in PATHS.items()}, "sobol", measures=mean_value, samples=64,
        replications=2, seed=3, executor="serial",
    )  # fmt: skip
    table = result.of("mean_value").rename(index=PATHS)
    assert result.evaluation.computed == 64 * 5 * 2
    for name in OVER:
        assert table.loc[name, "first"] == pytest.approx(FIRST[name], abs=0.08)
        assert table.loc[name, "total"] == pytest.approx(TOTAL[name], abs=0.08)
        assert table.loc[name, "total_low"] <= TOTAL[name] <= table.loc[name, "total_high"]
        assert table.loc[name, "first_low"] <= FIRST[name] <= table.loc[name, "first_high"]
    assert "of the variance with interactions" in str(result)


def small():
    return Scenario().scaled(0.02).change({"time.months": 2, "time.warm_up_months": 1}, opening="own")


def test_a_tornado_moves_one_parameter_and_leaves_the_others():
    base = small()
    result = sensitivity(
        base, {"market.marketing": (0, 1000), "profit.fixed_cost": (100, 5100)}, "tornado", measures="profit",
        replications=2, executor="serial",
    )  # fmt: skip
    row = result.of("profit").loc["profit.fixed_cost"]
    # a fixed cost changes nothing but the profit, and with the same luck that is known exactly
    assert row["effect"] == pytest.approx(-5000, abs=1e-6)
    assert row["effect_low"] == pytest.approx(row["effect_high"], abs=1e-6)
    assert row["base"] - row["at_low"] == pytest.approx(100 - base.profit.fixed_cost, abs=1e-6)
    assert result.design.iloc[-1].tolist() == [base.market.marketing, base.profit.fixed_cost]
    assert result.design.iloc[0].tolist() == [0.0, base.profit.fixed_cost]
    assert result.table["parameter"].iloc[0] == "profit.fixed_cost"


def test_a_whole_number_is_one_in_every_design(tmp_path):
    over = {"complaints.staff": (1, 3), "loyalty.churn": (0.01, 0.02)}
    result = sensitivity(
        small(), over, "morris", measures="profit", samples=2, replications=1, executor="serial",
        store=tmp_path / "runs.db",
    )  # fmt: skip
    assert set(result.design["complaints.staff"]) <= {1.0, 2.0, 3.0}
    assert "leave out what luck does" in str(result)
    again = sensitivity(
        small(), over, "morris", measures="profit", samples=2, replications=1, executor="serial",
        store=tmp_path / "runs.db",
    )  # fmt: skip
    assert again.evaluation.computed == 0
    assert again.table.equals(result.table)


def test_a_result_that_does_not_vary_has_no_shares():
    result = sensitivity_of(lambda x: 0 * x + 7.5, {"x": (0, 1)})
    assert result.table[["first", "total"]].isna().all(axis=None)
    assert "does not vary at all" in str(result)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "fast"}, "method: must be one of sobol, morris, tornado"),
        ({"samples": 100}, "samples: must be a power of 2"),
        ({"method": "morris", "samples": 1}, "at least 2 trajectories"),
        ({"measures": "monthly:profit"}, "ask for profit"),
        ({"opening": "new"}, 'opening: must be "own" or "same"'),
    ],
)
def test_what_cannot_be_is_refused(options, words):
    with pytest.raises(InputError) as problem:
        sensitivity(small(), {"complaints.staff": (1, 3)}, **options)
    assert words in str(problem.value)


def test_a_point_that_fails_is_named():
    with pytest.raises(InputError, match="customers"):
        sensitivity(small(), {"market.customers": (50, 500)}, "tornado", measures="profit", executor="serial")
