"""Customers who may leave at any moment: closed forms, fits with late records and open ends, and refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from custsim.errors import InputError
from custsim.value import choose_model
from custsim.value.exponentialgamma import ExponentialGamma, _counts_likelihood, _likelihood, _rows
from custsim.value.quadrature import gamma_mean
from custsim.value.retention import ShiftedBetaGeometric, why_retention_rises

shapes, scales = st.floats(0.05, 50.0), st.floats(0.05, 500.0)
AGES = np.array([0.0, 0.3, 1.0, 2.5, 7.0, 40.0, 1000.0])


# --- closed forms -------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(r=shapes, alpha=scales)
def test_lifetimes_are_lomax(r, alpha):
    model, known = ExponentialGamma(r=r, alpha=alpha), stats.lomax(r, scale=alpha)
    assert model.survival(AGES) == pytest.approx(known.sf(AGES), rel=1e-9)
    assert model.hazard(AGES) == pytest.approx(np.exp(known.logpdf(AGES) - known.logsf(AGES)), rel=1e-9)


@pytest.mark.parametrize(("r", "alpha"), [(0.4, 3.0), (1.0, 10.0), (6.5, 80.0)])
def test_survival_is_the_mean_over_customers_who_never_change(r, alpha):
    """Each stays with chance exp(-rate t), and the rates are a gamma distribution."""
    rates = stats.gamma(r, scale=1 / alpha)
    for age in (0.5, 4.0, 30.0):
        mean = rates.expect(lambda rate, age=age: np.exp(-rate * age))
        assert ExponentialGamma(r=r, alpha=alpha).survival(age) == pytest.approx(mean, rel=1e-6)
    assert ExponentialGamma(r=r, alpha=alpha).mean_leaving_rate == pytest.approx(rates.mean())


@pytest.mark.parametrize("r", [1.0001, 1.5, 3.0, 40.0])
def test_mean_lifetime(r):
    model = ExponentialGamma(r=r, alpha=12.0)
    assert model.expected_lifetime() == pytest.approx(12 / (r - 1), rel=1e-12)
    assert model.expected_lifetime() == pytest.approx(stats.lomax(r, scale=12.0).mean(), rel=1e-9)
    assert model.expected_residual_lifetime([0.0, 24.0]) == pytest.approx([12 / (r - 1), 36 / (r - 1)], rel=1e-12)


@pytest.mark.parametrize("r", [0.2, 0.7, 1.0])
def test_mean_lifetime_is_infinite_where_the_loyal_weigh_too_much_and_the_discounted_one_is_not(r):
    model = ExponentialGamma(r=r, alpha=12.0)
    assert model.expected_lifetime() == np.inf
    assert np.all(np.isposinf(model.expected_residual_lifetime(AGES)))
    assert 0 < model.discounted_lifetime(1e-6) < 1e6


def test_customers_all_alike_are_exponential():
    """With r / alpha held and alpha without end, nobody differs and age means nothing."""
    model, rate, d = ExponentialGamma(r=0.2e9, alpha=1e9), 0.2, 0.1
    age = np.array([0.0, 1.0, 5.5, 20.0])
    assert model.survival(age) == pytest.approx(np.exp(-rate * age), rel=1e-6)
    assert model.hazard(age) == pytest.approx(np.full(4, rate), rel=1e-6)
    assert model.retention_rate([1.0, 9.0]) == pytest.approx(np.full(2, np.exp(-rate)), rel=1e-6)
    assert model.expected_residual_lifetime(age) == pytest.approx(np.full(4, 1 / rate), rel=1e-6)
    assert model.discounted_residual_lifetime(age, d) == pytest.approx(np.full(4, 1 / (rate + np.log1p(d))), rel=1e-6)


@settings(max_examples=60)
@given(r=shapes, alpha=scales, age=st.floats(0.0, 200.0), d=st.floats(1e-6, 1.0))
def test_survivors_are_customers_of_the_same_model_with_their_age_added_to_alpha(r, alpha, age, d):
    model, older = ExponentialGamma(r=r, alpha=alpha), ExponentialGamma(r=r, alpha=alpha + age)
    ahead = np.array([0.0, 0.5, 3.0, 60.0])
    assert older.survival(ahead) == pytest.approx(model.survival(age + ahead) / model.survival(age), rel=1e-9)
    assert model.hazard(age) == pytest.approx(older.mean_leaving_rate)
    assert model.discounted_residual_lifetime(age, d) == pytest.approx(older.discounted_lifetime(d), rel=1e-12)


def test_rates_of_those_still_there_are_a_gamma_distribution_that_age_has_moved():
    """Drawn, not derived. Kolmogorov-Smirnov: fails by chance for one seed in 1,000."""
    drawn = ExponentialGamma(r=1.4, alpha=6.0).simulate(9.0, customers=60_000, seed=21)
    loyal = drawn.loc[drawn["still_there"], "leaving_rate"]
    assert len(loyal) > 10_000
    assert stats.kstest(loyal, stats.gamma(1.4, scale=1 / 15.0).cdf).pvalue > 1e-3
    assert stats.kstest(loyal, stats.gamma(1.4, scale=1 / 6.0).cdf).pvalue < 1e-9


@settings(max_examples=60)
@given(r=shapes, alpha=scales)
def test_looked_at_once_a_period(r, alpha):
    """Retention rates multiply to survival; who leaves in a period was there before it and is not after it."""
    model, table = ExponentialGamma(r=r, alpha=alpha), ExponentialGamma(r=r, alpha=alpha).predict(12)
    assert table.index.tolist() == list(range(13))
    assert np.isnan(table["retention_rate"].iloc[0])
    assert table["retention_rate"].iloc[1:].prod() == pytest.approx(model.survival(12), rel=1e-9)
    assert table["leaving"].sum() == pytest.approx(1 - model.survival(12), abs=1e-12)
    assert table["leaving"].iloc[3] == pytest.approx(np.diff(stats.lomax(r, scale=alpha).cdf([2, 3]))[0], abs=1e-12)
    assert np.all(np.diff(table["retention_rate"].iloc[1:]) > 0)
    # those who face a period renew with the mean of exp(-rate), rates being Gamma(r, alpha + t - 1)
    assert table["retention_rate"].iloc[5] == pytest.approx((1 + 1 / (alpha + 4)) ** -r, rel=1e-9)


# --- discounted lifetimes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [1, 2, 3, 8, 60])
@pytest.mark.parametrize("d", [1e-5, 0.01, 0.1, 3.0])
def test_discounted_lifetime_for_whole_r_is_an_exponential_integral(r, d):
    z = 12 * np.log1p(d)
    expected = 12 * np.exp(z) * special.expn(r, z)
    assert ExponentialGamma(r=float(r), alpha=12.0).discounted_lifetime(d) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("r", [0.01, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("d", [1e-9, 1e-4, 0.1, 3.0])
def test_discounted_lifetime_for_small_r_is_an_incomplete_gamma_function(r, d):
    z = 12 * np.log1p(d)
    expected = 12 * np.exp(z) * z ** (r - 1) * special.gamma(1 - r) * special.gammaincc(1 - r, z)
    assert ExponentialGamma(r=r, alpha=12.0).discounted_lifetime(d) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("r", "alpha", "age", "d"), [(1.7, 5.0, 3.0, 0.1), (0.6, 40.0, 0.0, 0.03), (25.0, 9.0, 2.0, 0.5)]
)
def test_discounted_lifetime_is_the_integral_of_survival(r, alpha, age, d):
    model = ExponentialGamma(r=r, alpha=alpha)
    paid = integrate.quad(
        lambda s: model.survival(age + s) / model.survival(age) * (1 + d) ** -s,
        0,
        np.inf,
        epsabs=0,
        epsrel=1e-9,
        limit=500,
    )[0]
    assert model.discounted_residual_lifetime(age, d) == pytest.approx(paid, rel=1e-8)


@settings(max_examples=200)
@given(log_r=st.floats(-6, 13), log_alpha=st.floats(-8, 8), log_d=st.floats(-12, 2))
def test_discounted_lifetimes_of_neighbouring_r_go_together(log_r, log_alpha, log_d):
    """Integrated by parts: r / alpha times the lifetime for r + 1 and the force of interest times that for r are 1."""
    r, alpha, d = np.exp([log_r, log_alpha, log_d])
    this, next_ = (ExponentialGamma(r=shape, alpha=alpha).discounted_lifetime(d) for shape in (r, r + 1))
    assert r / alpha * next_ + np.log1p(d) * this == pytest.approx(1, rel=1e-10)


def test_a_tiny_discount_rate_ends_in_the_mean_lifetime():
    model = ExponentialGamma(r=4.0, alpha=12.0)
    assert model.discounted_lifetime(1e-13) == pytest.approx(4.0, rel=1e-11)
    assert model.discounted_lifetime(0.0) == 4.0


@pytest.mark.parametrize(("r", "alpha"), [(0.3, 0.01), (1.0, 15.0), (40.0, 300.0)])
def test_many_customers_at_once_are_worth_what_each_is_alone(r, alpha):
    model, age = ExponentialGamma(r=r, alpha=alpha), np.linspace(0, 300, 2001).reshape(3, 667)
    together = model.discounted_residual_lifetime(age, 0.1)
    assert together.shape == age.shape
    for place in [(0, 0), (0, 1), (1, 400), (2, 666)]:
        alone = model.discounted_residual_lifetime(age[place], 0.1)
        assert together[place] == pytest.approx(float(alone), rel=1e-10)


def test_gamma_mean_has_the_moments_of_the_gamma_distribution():
    shape = np.array([0.05, 0.9, 3.0, 200.0, 1e6])
    assert gamma_mean(shape, 2.0, lambda x: x, flat_below=1e-3) == pytest.approx(shape / 2, rel=1e-11)
    laplace = gamma_mean(shape, shape, lambda x: np.exp(-x), flat_below=1.0)
    assert laplace == pytest.approx(np.exp(-shape * np.log1p(1 / shape)), rel=1e-11)


@settings(max_examples=60)
@given(r=shapes, alpha=scales, d=st.floats(1e-6, 2.0))
def test_whoever_has_stayed_longer_will_stay_longer_and_nobody_pays_more_than_for_ever(r, alpha, d):
    model = ExponentialGamma(r=r, alpha=alpha)
    ahead = model.discounted_residual_lifetime(AGES, d)
    assert ahead.shape == AGES.shape
    assert np.all(np.diff(ahead) > 0)
    assert np.all((ahead > 0) & (ahead < 1 / np.log1p(d)))
    assert np.all(model.discounted_residual_lifetime(AGES, 2 * d) < ahead)
    alive = model.survival(AGES)
    assert alive[0] == 1
    assert np.all((np.diff(alive) <= 0) & (alive[1:] >= 0))
    assert np.all(np.diff(model.hazard(AGES)) < 0)


# --- fits ---------------------------------------------------------------------------------------------------------

TENURES = np.array([0.4, 3.0, 8.5, 8.5, 20.0, 33.0])
OPEN = np.array([False, False, True, False, True, True])
ENTRIES = np.array([0.0, 1.0, 0.0, 6.0, 12.0, 33.0])
COUNTS = np.array([1.0, 2.0, 1.0, 3.5, 1.0, 1.0])


def _differences(likelihood, theta):
    steps = np.diag(1e-5 * theta)
    return np.array([(likelihood(theta + s)[0] - likelihood(theta - s)[0]) / (2 * s.sum()) for s in steps])


@settings(max_examples=60)
@given(r=st.floats(0.1, 20.0), alpha=st.floats(0.2, 100.0))
def test_likelihood_is_that_of_lomax_lifetimes_and_its_gradient_is_right(r, alpha):
    rows, theta, known = _rows(TENURES, OPEN, ENTRIES, COUNTS), np.array([r, alpha]), stats.lomax(r, scale=alpha)
    value, slope = _likelihood(theta, rows)
    each = np.where(OPEN, known.logsf(TENURES), known.logpdf(TENURES)) - known.logsf(ENTRIES)
    assert value == pytest.approx(COUNTS @ each, rel=1e-9)
    assert slope == pytest.approx(_differences(lambda at: _likelihood(at, rows), theta), rel=1e-5, abs=1e-5)


@settings(max_examples=60)
@given(r=st.floats(0.1, 20.0), alpha=st.floats(0.2, 100.0))
def test_likelihood_of_counts_is_multinomial_and_its_gradient_is_right(r, alpha):
    losses, left, theta = np.array([114.0, 80, 0, 116]), 690.0, np.array([r, alpha])
    value, slope = _counts_likelihood(theta, [(losses, left)])
    known = stats.lomax(r, scale=alpha)
    assert value == pytest.approx(losses @ np.log(-np.diff(known.sf(np.arange(5)))) + left * known.logsf(4), rel=1e-7)
    found = _differences(lambda at: _counts_likelihood(at, [(losses, left)]), theta)
    assert slope == pytest.approx(found, rel=1e-4, abs=1e-3)


def _near(model, truth, errors=4.0):
    table = model.summary()
    assert model.convergence.converged
    return np.all(np.abs(table["estimate"] - truth) < errors * table["standard_error"])


def test_fit_recovers_simulated_truth_although_many_are_still_there():
    """Within 4 standard errors: fails by chance about once in 8,000 seeds (two parameters)."""
    drawn = ExponentialGamma(r=1.3, alpha=15.0).simulate(18.0, customers=50_000, seed=31)
    assert 0.3 < drawn["still_there"].mean() < 0.5
    model = ExponentialGamma.fit(drawn["duration"], still_there=drawn["still_there"])
    assert _near(model, [1.3, 15.0])
    assert np.all(model.summary()["standard_error"] < [0.1, 1.5])
    # to take those still there for leavers is to see customers leave faster
    assert ExponentialGamma.fit(drawn["duration"]).survival(18.0) < model.survival(18.0) - 0.1


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Of 150 intervals of 95 %, fewer than 133 or all of them hold it by chance once in 600 seeds or so."""
    held = 0
    for seed in range(150):
        drawn = ExponentialGamma(r=2.0, alpha=10.0).simulate(20.0, customers=800, seed=seed)
        row = ExponentialGamma.fit(drawn["duration"], still_there=drawn["still_there"]).summary().loc["r"]
        held += row["low_95"] <= 2.0 <= row["high_95"]
    assert 133 <= held < 150


def _late_records(model, size, seed):
    """Customers joined over four years; the records begin today, and end in a year."""
    age_today = np.random.default_rng(seed).uniform(0, 48, size)
    drawn = model.simulate(age_today + 12, seed=seed + 1).assign(entry=age_today)
    return drawn[drawn["duration"] > drawn["entry"]]


def test_customers_already_there_are_no_fair_sample_and_entry_says_so():
    """Within 4 standard errors: fails by chance about once in 8,000 seeds; without entry, far off."""
    records = _late_records(ExponentialGamma(r=1.3, alpha=15.0), 60_000, seed=41)
    told = ExponentialGamma.fit(records["duration"], still_there=records["still_there"], entry=records["entry"])
    assert _near(told, [1.3, 15.0])
    # without it the loyal are taken for all customers: 1.3 / 15 leave a month, and it sees less than half of that
    untold = ExponentialGamma.fit(records["duration"], still_there=records["still_there"])
    assert untold.mean_leaving_rate < 0.5 * told.mean_leaving_rate
    assert untold.survival(12.0) > told.survival(12.0) + 0.15


def test_estimates_do_not_depend_on_the_unit_or_on_how_rows_are_grouped():
    drawn = ExponentialGamma(r=1.3, alpha=15.0).simulate(18.0, customers=3000, seed=51)
    time, still = np.ceil(drawn["duration"].to_numpy() * 2) / 2, drawn["still_there"].to_numpy()
    months = ExponentialGamma.fit(time, still_there=still)
    days = ExponentialGamma.fit(time * 30, still_there=still)
    assert [days.r, days.alpha] == pytest.approx([months.r, 30 * months.alpha], rel=1e-6)
    assert days.log_likelihood == pytest.approx(months.log_likelihood - (~still).sum() * np.log(30), rel=1e-9)
    rows, counts = np.unique(np.column_stack([time, still]), axis=0, return_counts=True)
    grouped = ExponentialGamma.fit(rows[:, 0], still_there=rows[:, 1], weights=counts)
    assert [grouped.r, grouped.alpha] == pytest.approx([months.r, months.alpha], rel=1e-6)
    assert grouped.summary()["standard_error"].to_numpy() == pytest.approx(
        months.summary()["standard_error"].to_numpy(), rel=1e-4
    )
    assert grouped.estimates.customers == 3000


def test_counts_now_and_then_recover_the_model_they_come_from():
    truth = ExponentialGamma(r=0.9, alpha=6.0)
    model = ExponentialGamma.fit_survival(truth.survival(np.arange(9)), customers=1000)
    assert [model.r, model.alpha] == pytest.approx([0.9, 6.0], rel=1e-6)
    two = ExponentialGamma.fit_survival([1000 * truth.survival(np.arange(9)), 1000 * truth.survival(np.arange(4))])
    assert [two.r, two.alpha] == pytest.approx([0.9, 6.0], rel=1e-6)
    assert two.estimates.customers == pytest.approx(2000)
    # against a model of renewals on the same counts
    assert model.log_likelihood > ShiftedBetaGeometric.fit(truth.survival(np.arange(9)), customers=1000).log_likelihood
    assert np.isnan(ExponentialGamma.fit_survival(truth.survival(np.arange(9))).summary()["standard_error"]).all()


def test_counts_and_durations_of_the_same_customers_tell_the_same():
    """Within 4 standard errors: fails by chance about once in 8,000 seeds (two parameters)."""
    drawn = ExponentialGamma(r=1.3, alpha=15.0).simulate(18.0, customers=50_000, seed=61)
    counted = [int((drawn["duration"] >= age).sum()) for age in range(19)]
    model = ExponentialGamma.fit_survival(counted)
    assert _near(model, [1.3, 15.0])
    finer = ExponentialGamma.fit(drawn["duration"], still_there=drawn["still_there"])
    assert np.all(finer.summary()["standard_error"] < model.summary()["standard_error"])


def test_customers_all_alike_make_the_fit_run_away_which_is_recorded_and_not_raised():
    """Lifetimes that vary less than exponential ones leave no room for differences between customers."""
    time = np.linspace(1, 9, 50)
    model = ExponentialGamma.fit(time)
    assert not model.convergence.converged
    assert "r and alpha ran away" in model.convergence.message
    assert np.isnan(model.summary()["standard_error"]).all()
    assert model.mean_leaving_rate == pytest.approx(1 / time.mean(), rel=1e-4)


# --- simulated customers ------------------------------------------------------------------------------------------


def test_simulated_customers_stay_as_long_as_the_model_says():
    """Kolmogorov-Smirnov: fails by chance for one seed in 1,000; the share still there within 4 standard errors."""
    model = ExponentialGamma(r=1.3, alpha=15.0)
    whole = model.simulate(np.inf, customers=20_000, seed=71)
    assert not whole["still_there"].any()
    assert stats.kstest(whole["duration"], stats.lomax(1.3, scale=15.0).cdf).pvalue > 1e-3
    cut = model.simulate(18.0, customers=20_000, seed=71)
    share = float(model.survival(18.0))
    assert abs(cut["still_there"].mean() - share) < 4 * np.sqrt(share * (1 - share) / 20_000)
    assert (cut["duration"] == whole["duration"].clip(upper=18.0)).all()
    pd.testing.assert_frame_equal(cut, model.simulate(np.full(20_000, 18.0), seed=71))
    assert not cut.equals(model.simulate(18.0, customers=20_000, seed=72))


def test_a_simulated_customer_who_never_leaves_is_still_there():
    """With r near 0 most rates are 0 to all digits."""
    drawn = ExponentialGamma(r=1e-4, alpha=1.0).simulate(np.inf, customers=50, seed=81)
    assert (drawn["still_there"] == np.isinf(drawn["duration"])).all()
    assert drawn["still_there"].any()


# --- which model, and refusals ------------------------------------------------------------------------------------


def test_chooser_says_why_time_is_measured():
    choice = choose_model(contractual=True, discrete=False)
    assert choice.model is ExponentialGamma
    assert "any moment" in str(choice)
    assert "fit_survival" in str(choice)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"duration": []}, "duration: is empty"),
        ({"duration": 5.0}, "duration: must have 1 dimension"),
        ({"duration": [1.0, -2.0]}, r"duration: must be at least 0, got -2.0 at \[1\]"),
        ({"duration": [1.0, np.nan]}, "for customers still there, give the age"),
        ({"duration": ["long"]}, "duration: must be a number"),
        ({"duration": pd.Series(pd.to_timedelta([3, 4], unit="D"))}, "divide it by pandas.Timedelta"),
        ({"duration": [3.0], "entry": pd.Series(pd.to_datetime(["2024-01-01"]))}, "entry: must be numbers in one unit"),
        (
            {"duration": [1.0, 2.0], "still_there": [True]},
            "still_there: must have one number for each of the 2 customers",
        ),
        ({"duration": [1.0, 2.0], "still_there": [0, 2]}, "still_there: must be .* got 2.0"),
        ({"duration": [1.0, 2.0], "still_there": [True, True]}, "nobody leaves"),
        (
            {"duration": [1.0, 2.0], "still_there": [0, 1], "entry": [0.5, 3.0]},
            r"below entry for 1 of 2 .* \[1\] \(2 and 3\)",
        ),
        ({"duration": [1.0, 0.0]}, r"1 of 2 customers leave at the very .* at \[1\]; .* half a day"),
        ({"duration": [1.0, 2.0], "entry": [0.5, 2.0]}, "leave at the very moment they are first observed"),
        ({"duration": [1.0, 2.0], "entry": [-1.0, 0.0]}, "entry: must be at least 0"),
        ({"duration": [1.0, 2.0], "weights": [0.0, 1.0]}, "weights: must be above 0"),
    ],
)
def test_impossible_customers_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        ExponentialGamma.fit(**arguments)


def test_whoever_joined_on_the_last_day_is_welcome():
    with_newcomer = ExponentialGamma.fit([2.0, 30.0, 0.5, 9.0, 0.0], still_there=[0, 1, 0, 0, 1])
    without = ExponentialGamma.fit([2.0, 30.0, 0.5, 9.0], still_there=[0, 1, 0, 0])
    assert with_newcomer.log_likelihood == pytest.approx(without.log_likelihood, rel=1e-9)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError) as caught:
        ExponentialGamma.fit([1.0, 2.0], still_there=[3, 0], entry=[-1.0, 0.0], weights=[1.0, 2.0, 3.0])
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError) as caught:
        ExponentialGamma(r=0.0, alpha=np.inf)
    assert len(caught.value.problems) == 2


def test_bad_numbers_are_refused():
    model = ExponentialGamma(r=1.0, alpha=1.0)
    for verb in (model.survival, model.hazard, model.expected_residual_lifetime):
        with pytest.raises(InputError, match="age: must be at least 0 periods, got -1"):
            verb(-1.0)
    with pytest.raises(InputError, match="age: must be finite"):
        model.discounted_residual_lifetime([1.0, np.inf], 0.1)
    with pytest.raises(InputError, match=r"at least 1 periods, got 0\.5"):
        model.retention_rate(0.5)
    with pytest.raises(InputError, match="periods: must be a whole number"):
        model.predict(0)
    with pytest.raises(InputError, match="discount_per_period"):
        model.discounted_lifetime(-0.1)
    with pytest.raises(InputError, match="length: must be above 0"):
        model.simulate(0.0, customers=5, seed=1)
    with pytest.raises(InputError, match="leave it out, length is given for 2 customers"):
        model.simulate([1.0, 2.0], customers=5, seed=1)
    with pytest.raises(InputError, match="customers: must be at least 1"):
        model.simulate(1.0, customers=0, seed=1)
    with pytest.raises(InputError, match="ExponentialGamma knows no renewals"):
        why_retention_rises(model, 5)
    with pytest.raises(InputError, match="rises at age 2"):
        ExponentialGamma.fit_survival([100, 80, 90])
