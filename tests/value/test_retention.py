"""Retention models: published fits, closed forms, recovery of simulated truth, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from custsim.errors import InputError
from custsim.value.exponentialgamma import ExponentialGamma
from custsim.value.retention import (
    BetaDiscreteWeibull,
    Geometric,
    ShiftedBetaGeometric,
    _bdw_likelihood,
    compare_retention_models,
    why_retention_rises,
)

SBG = ShiftedBetaGeometric(alpha=1.0, beta=1.0)
HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]

positive = st.floats(0.05, 20.0)


def _observed(published, entry, segment):
    return published(entry["inputs"]["survival_entry"])["expected"][segment]


def test_survival_table_is_the_published_one(published):
    assert published("sbg_survival_table")["expected"]["high_end"] == HIGH_END


@pytest.mark.parametrize("segment", ["high_end", "regular"])
def test_sbg_fit_of_seven_years_is_the_published_one(published, segment):
    entry = published("sbg_mle_7yr")
    model = ShiftedBetaGeometric.fit(_observed(published, entry, segment), periods=entry["inputs"]["years_used"])
    expected = entry["expected"][segment]
    assert model.convergence.converged
    assert model.alpha == pytest.approx(expected["alpha"], abs=entry["tolerance"]["parameters_abs"])
    assert model.beta == pytest.approx(expected["beta"], abs=entry["tolerance"]["parameters_abs"])
    assert round(model.alpha, 3) == expected["alpha"]
    assert round(model.beta, 3) == expected["beta"]
    if "LL_per_customer" in expected:
        assert round(model.log_likelihood, 3) == expected["LL_per_customer"]
    assert model.mean_churn == pytest.approx(entry["recomputed"][segment]["E_theta"], abs=1e-6)


def test_misprinted_alpha_of_the_regular_segment_is_not_the_maximum(published):
    """A circulating reference gives alpha = 0.688 for the regular segment; it is a misprint of 0.704."""
    entry = published("sbg_mle_7yr")
    data = np.array(_observed(published, entry, "regular")[:8]) / 100
    cohorts = [(-np.diff(data), float(data[-1]))]
    best, _ = _bdw_likelihood(np.array([0.704, 1.182, 1.0]), cohorts)
    misprint, _ = _bdw_likelihood(np.array([0.688, 1.182, 1.0]), cohorts)
    assert misprint < best - 1e-5
    assert abs(ShiftedBetaGeometric.fit(data * 100).alpha - 0.688) > 0.01


@pytest.mark.parametrize("segment", ["high_end", "regular"])
def test_sbg_fit_of_four_years(published, segment):
    entry = published("sbg_mle_4yr")
    model = ShiftedBetaGeometric.fit(_observed(published, entry, segment), periods=entry["inputs"]["years_used"])
    assert [model.alpha, model.beta] == pytest.approx(entry["expected"][segment], rel=entry["tolerance"]["rel"])


@pytest.mark.parametrize("segment", ["high_end", "regular"])
def test_discounted_lifetime_of_a_new_customer(published, segment):
    entry = published("sbg_del_new_customer")
    alpha, beta = entry["inputs"][segment]
    found = ShiftedBetaGeometric(alpha=alpha, beta=beta).discounted_lifetime(entry["inputs"]["discount"])
    assert found == pytest.approx(entry["expected"][segment], rel=entry["tolerance"]["rel"])


def test_residual_lifetime_differs_by_exactly_one_period_of_discount_between_its_two_moments():
    model = ShiftedBetaGeometric(alpha=0.668, beta=3.806)
    before = model.discounted_residual_lifetime(np.arange(1, 8), 0.13)
    after = model.discounted_residual_lifetime(np.arange(0, 7), 0.13, when="after_payment")
    assert before / after == pytest.approx(np.full(7, 1.13), rel=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        Geometric(churn=0.2),
        ShiftedBetaGeometric(alpha=0.7, beta=1.2),
        ShiftedBetaGeometric(alpha=30.0, beta=400.0),
        BetaDiscreteWeibull(alpha=0.7, beta=1.2, c=1.4),
    ],
)
def test_lifetimes_are_the_sums_they_are_defined_as(model):
    d, age = 0.1, 3
    t = np.arange(0, 3000)
    assert model.discounted_lifetime(d) == pytest.approx((model.survival(t) / (1 + d) ** t).sum(), rel=1e-9)
    later = np.arange(age, 3000)
    direct = (model.survival(later) / model.survival(age - 1) / (1 + d) ** (later - age)).sum()
    assert model.discounted_residual_lifetime(age, d) == pytest.approx(direct, rel=1e-9)


@pytest.mark.parametrize(
    "model", [ShiftedBetaGeometric(alpha=9.0, beta=4.0), BetaDiscreteWeibull(alpha=6.0, beta=4.0, c=1.2)]
)
def test_lifetimes_without_discount_are_sums_of_survival(model):
    t = np.arange(0, 40_000)
    assert model.expected_lifetime() == pytest.approx(model.survival(t).sum(), rel=1e-8)
    later = (model.survival(t[5:]) / model.survival(4)).sum()
    assert model.discounted_residual_lifetime(5, 0.0) == pytest.approx(later, rel=1e-8)


def test_slow_sums_go_on_until_what_is_left_is_negligible():
    """At a tiny discount rate the sum of the BdW takes many blocks; with c = 1 the sBG has a closed form."""
    slow, closed = BetaDiscreteWeibull(alpha=0.5, beta=2.0, c=1.0), ShiftedBetaGeometric(alpha=0.5, beta=2.0)
    assert slow.discounted_lifetime(1e-5) == pytest.approx(closed.discounted_lifetime(1e-5), rel=1e-8)


def test_geometric_lifetime_is_the_textbook_formula():
    assert Geometric(churn=0.2).discounted_lifetime(0.1) == pytest.approx(1.1 / (1.1 - 0.8), rel=1e-14)


def test_expected_lifetime_is_infinite_where_the_loyal_weigh_too_much():
    assert ShiftedBetaGeometric(alpha=0.9, beta=3.0).expected_lifetime() == np.inf
    assert BetaDiscreteWeibull(alpha=0.9, beta=3.0, c=1.0).expected_lifetime() == np.inf
    # S(t) falls as t^-(alpha c)
    assert BetaDiscreteWeibull(alpha=1.5, beta=3.0, c=0.5).expected_lifetime() == np.inf
    # mean of the sum over S(t) is E[1 / theta]
    assert ShiftedBetaGeometric(alpha=3.0, beta=4.0).expected_lifetime() == pytest.approx(6 / 2)


def test_lifetime_at_a_tiny_discount_rate_keeps_its_digits():
    """E[1 / (1 - v (1 - theta))] by adaptive quadrature, where the hypergeometric series converges slowly."""
    a, b, d = 0.668, 3.806, 1e-5
    v = 1 / (1 + d)

    def tail(y):  # in the logarithm of theta, where the mass at 0 is smooth
        theta = np.exp(y)
        log_density = a * y + (b - 1) * np.log1p(-theta) - special.betaln(a, b)
        return np.exp(log_density) / (1 - v + v * theta)

    direct = integrate.quad(tail, -60, -10, limit=500)[0] + integrate.quad(tail, -10, -1e-12, limit=500)[0]
    assert ShiftedBetaGeometric(alpha=a, beta=b).discounted_lifetime(d) == pytest.approx(direct, rel=1e-7)


def test_weibull_with_shape_one_is_the_sbg():
    plain, general = ShiftedBetaGeometric(alpha=0.7, beta=1.2), BetaDiscreteWeibull(alpha=0.7, beta=1.2, c=1.0)
    age = np.arange(0, 30)
    assert general.survival(age) == pytest.approx(plain.survival(age), rel=1e-12)
    assert general.discounted_lifetime(0.1) == pytest.approx(plain.discounted_lifetime(0.1), rel=1e-9)
    assert general.discounted_residual_lifetime(4, 0.1) == pytest.approx(
        plain.discounted_residual_lifetime(4, 0.1), rel=1e-9
    )


def _simulated_cohort(churn_by_age, size, periods, rng):
    """Let customers with own chances of leaving face renewals one by one."""
    left, alive = [size], np.ones(size, dtype=bool)
    for t in range(1, periods + 1):
        alive &= rng.random(size) >= churn_by_age(t)
        left.append(int(alive.sum()))
    return left


def test_sbg_recovers_simulated_truth():
    """Within 4 standard errors: fails by chance about once in 8,000 seeds (two parameters)."""
    rng = np.random.default_rng(11)
    theta = rng.beta(1.3, 4.0, 60_000)
    model = ShiftedBetaGeometric.fit(_simulated_cohort(lambda _: theta, 60_000, 8, rng))
    table = model.summary()
    assert model.convergence.converged
    assert np.all(np.abs(table["estimate"] - [1.3, 4.0]) < 4 * table["standard_error"])
    assert np.all(table["standard_error"] < [0.1, 0.3])


def test_weibull_recovers_simulated_truth():
    """Within 4 standard errors: fails by chance about once in 5,000 seeds (three parameters)."""
    rng = np.random.default_rng(12)
    theta, c = rng.beta(1.0, 5.0, 200_000), 0.7
    cohort = _simulated_cohort(lambda t: 1 - (1 - theta) ** (t**c - (t - 1) ** c), 200_000, 12, rng)
    model = BetaDiscreteWeibull.fit(cohort)
    table = model.summary()
    assert model.convergence.converged
    assert np.all(np.abs(table["estimate"] - [1.0, 5.0, 0.7]) < 4 * table["standard_error"])


def test_several_cohorts_are_fitted_together():
    whole = ShiftedBetaGeometric.fit([2000, 1262, 936, 764])
    halves = ShiftedBetaGeometric.fit([[1000, 631, 468, 382], [1000, 631, 468, 382]])
    assert halves.parameters == pytest.approx(whole.parameters, rel=1e-6)
    younger = ShiftedBetaGeometric.fit([[1000, 631, 468, 382], [1000, 631]])
    assert younger.estimates.customers == 2000


def test_percentages_have_no_standard_errors_until_customers_are_given():
    assert np.isnan(ShiftedBetaGeometric.fit(HIGH_END).summary()["standard_error"]).all()
    few = ShiftedBetaGeometric.fit(HIGH_END, customers=100).summary()["standard_error"]
    many = ShiftedBetaGeometric.fit(HIGH_END, customers=10_000).summary()["standard_error"]
    assert few.to_numpy() / many.to_numpy() == pytest.approx([10, 10], rel=1e-6)


def test_intervals_are_symmetric_on_the_log_scale_and_hold_95_per_cent():
    row = Geometric.fit([1000, 800]).summary().iloc[0]
    factor = np.exp(stats.norm.ppf(0.975) * row["standard_error"] / row["estimate"])
    assert (row["low_95"], row["high_95"]) == pytest.approx((row["estimate"] / factor, row["estimate"] * factor))


def test_geometric_standard_error_is_the_binomial_one():
    assert Geometric.fit([1000, 800, 640, 512]).churn == pytest.approx(0.2)  # 488 losses among 2440 renewals due
    model = Geometric.fit([1000, 800])
    assert model.summary()["standard_error"].iloc[0] == pytest.approx(np.sqrt(0.2 * 0.8 / 1000))
    assert model.log_likelihood == pytest.approx(200 * np.log(0.2) + 800 * np.log(0.8))


@settings(max_examples=60)
@given(alpha=positive, beta=positive, c=st.floats(0.3, 2.0))
def test_gradient_of_the_likelihood(alpha, beta, c):
    data = np.array(HIGH_END[:8]) * 10
    cohorts = [(-np.diff(data), float(data[-1]))]
    theta = np.array([alpha, beta, c])
    _, slope = _bdw_likelihood(theta, cohorts)
    for i in range(3):
        step = np.zeros(3)
        step[i] = 1e-5 * theta[i]
        ahead, behind = (_bdw_likelihood(theta + sign * step, cohorts)[0] for sign in (1, -1))
        assert slope[i] == pytest.approx(
            (ahead - behind) / (2 * step[i]), rel=1e-4, abs=1e-3 * max(1, abs(slope).max())
        )


@settings(max_examples=80)
@given(alpha=positive, beta=positive, c=st.floats(0.3, 2.5))
def test_survival_falls_from_one_toward_nought(alpha, beta, c):
    alive = BetaDiscreteWeibull(alpha=alpha, beta=beta, c=c).survival(np.arange(0, 60))
    assert alive[0] == 1
    assert np.all(np.diff(alive) <= 0)
    assert np.all((alive >= 0) & (alive <= 1))


@settings(max_examples=80)
@given(alpha=positive, beta=positive)
def test_sbg_retention_rises_with_age_and_only_by_sorting(alpha, beta):
    model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
    assert np.all(np.diff(model.retention_rate(np.arange(1, 40))) > 0)
    table = why_retention_rises(model, 10)
    assert np.all(table["sorting"] > 0)
    assert np.abs(table["individuals"]).max() < 1e-12
    # sorting = variance of retention among those facing the renewal / its mean
    facing = stats.beta(alpha, beta + table.index.to_numpy() - 1)
    assert table["sorting"].to_numpy() == pytest.approx(facing.var() / (1 - facing.mean()), rel=1e-6, abs=1e-12)


@settings(max_examples=50)
@given(alpha=st.floats(0.3, 20.0), beta=st.floats(0.3, 20.0), c=st.floats(0.5, 2.0))
def test_rise_of_retention_is_taken_apart_without_rest(alpha, beta, c):
    model = BetaDiscreteWeibull(alpha=alpha, beta=beta, c=c)
    table = why_retention_rises(model, 8, groups=5)
    assert (table["sorting"] + table["individuals"]).to_numpy() == pytest.approx(table["change"].to_numpy(), abs=1e-14)
    assert table["change"].to_numpy() == pytest.approx(np.diff(model.retention_rate(np.arange(1, 10))), abs=1e-12)
    shares = table[[f"group_{g}" for g in range(1, 6)]].to_numpy()
    assert shares.sum(axis=1) == pytest.approx(np.ones(8), abs=1e-9)
    assert shares[0] == pytest.approx(np.full(5, 0.2), abs=1e-7)
    own = table[[f"retention_{g}" for g in range(1, 6)]].to_numpy()
    together = np.nansum(np.where(shares > 0, shares * own, 0.0), axis=1)
    assert together == pytest.approx(table["retention_rate"].to_numpy(), abs=1e-9)


def test_comparison_judges_by_ages_kept_back():
    table = compare_retention_models(HIGH_END, periods=7)
    assert table.loc["geometric", "holdout_error"] > 5
    assert table.loc["shifted beta-geometric", "holdout_error"] < 2
    assert np.isnan(compare_retention_models(HIGH_END)["holdout_error"]).all()


def test_a_model_of_another_kind_is_held_against_the_same_ages():
    """With r = alpha = 1 a share 1/(1 + t) is there at age t: the error of a cohort that does so is nought."""
    cohort = [6000, 3000, 2000, 1500, 1200]
    exact = ExponentialGamma(r=1.0, alpha=1.0)
    row = compare_retention_models(cohort, periods=2, also=[exact]).loc["exponential-gamma"]
    assert row["fit_error"] == pytest.approx(0, abs=1e-12)
    assert row["holdout_error"] == pytest.approx(0, abs=1e-12)
    assert not row["converged"]  # given by hand
    fitted = compare_retention_models(cohort, also=[ExponentialGamma.fit_survival(cohort)])
    # such a cohort is of the shifted beta-geometric too: alpha = beta = 1 give 1/(1 + t)
    likelihood = fitted["log_likelihood"]
    assert likelihood["exponential-gamma"] == pytest.approx(likelihood["shifted beta-geometric"], abs=1e-6)


@pytest.mark.parametrize(
    ("survival", "options", "words"),
    [
        ([100], {}, "at least two ages"),
        ([100, 80, 90], {}, "rises at age 2;"),
        ([100, -5], {}, "never fall below 0"),
        ([100, float("nan")], {}, "not a number at age 1;"),
        ([100, 100, 100], {}, "nobody leaves"),
        ([100, 80], {"periods": 5}, "a whole number between 1 and 1, the renewals observed"),
        ([100, 80], {"customers": -1}, "must be above 0"),
        ([[100, 80], [100, 90]], {"customers": [100]}, "1 numbers for 2 cohorts"),
    ],
)
def test_impossible_survival_is_refused(survival, options, words):
    with pytest.raises(InputError, match=words):
        ShiftedBetaGeometric.fit(survival, **options)


def test_all_bad_cohorts_are_reported_at_once():
    with pytest.raises(InputError) as caught:
        ShiftedBetaGeometric.fit([[100, 120], [100, 50], [50, float("inf")]])
    assert len(caught.value.problems) == 2


def test_bad_numbers_are_refused():
    with pytest.raises(InputError, match="alpha"):
        ShiftedBetaGeometric(alpha=-1.0, beta=1.0)
    with pytest.raises(InputError, match="churn"):
        Geometric(churn=1.0)
    model = ShiftedBetaGeometric(alpha=1.0, beta=1.0)
    with pytest.raises(InputError, match="at least 1 periods, got 0"):
        model.retention_rate(0)
    with pytest.raises(InputError, match="discount_per_period"):
        model.discounted_lifetime(-0.1)
    with pytest.raises(InputError, match="before_renewal"):
        model.discounted_residual_lifetime(2, 0.1, when="soon")
    with pytest.raises(InputError, match="no differences"):
        why_retention_rises(Geometric(churn=0.1), 5)


def test_fit_that_runs_away_is_recorded_and_not_raised():
    """Exactly geometric survival: the differences between customers vanish, and alpha and beta grow without end."""
    model = ShiftedBetaGeometric.fit(1000 * 0.8 ** np.arange(9))
    assert not model.convergence.converged
    assert "alpha and beta ran away" in model.convergence.message
    assert np.isnan(model.summary()["standard_error"]).all()
    assert model.mean_churn == pytest.approx(0.2, rel=1e-3)


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 2.0), (3e4, 2e5), (2e6, 9e4), (2e9, 8e9), (3.0, 1e12), (1e12, 5.0)])
def test_survival_is_the_product_of_the_retention_rates_whatever_the_size_of_the_parameters(alpha, beta):
    """S(t) = (beta / (alpha + beta)) ... ((beta + t - 1) / (alpha + beta + t - 1)): customers ever more alike."""
    steps = np.arange(40)
    product = np.concatenate([[0.0], np.cumsum(np.log((beta + steps) / (alpha + beta + steps)))])
    model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
    shown = product > -600  # less than that is hardly a number
    assert np.log(model.survival(np.arange(41)[shown])) == pytest.approx(product[shown], rel=1e-9, abs=1e-9)
    assert model.retention_rate(1) == pytest.approx(beta / (alpha + beta), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SBG.retention_rate([1, np.inf]), "age: must be finite"),
        (lambda: SBG.discounted_residual_lifetime(np.inf, 0.1), "age: must be finite"),
        (lambda: SBG.discounted_lifetime([0.1, 0.2]), "discount_per_period: must be one number"),
        (lambda: SBG.discounted_lifetime("much"), "discount_per_period: must be one number"),
        (lambda: SBG.predict(np.inf), "periods: must be a whole number"),
        (lambda: SBG.predict(np.nan), "periods: must be a whole number"),
        (lambda: why_retention_rises(SBG, np.nan), "periods: must be a whole number"),
        (lambda: Geometric.fit([100, 80, 60, 50], periods=2.5), "periods: must be a whole number between 1 and 3"),
        (lambda: Geometric.fit([100, 80, 60], customers=np.inf), "customers: must be above 0 and finite"),
    ],
)
def test_numbers_that_are_none_are_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_numbers_of_customers_may_be_an_array():
    rows = [[100, 80, 60], [100, 70, 50]]
    assert Geometric.fit(rows, customers=np.array([1000, 20])) == Geometric.fit(rows, customers=[1000, 20])
