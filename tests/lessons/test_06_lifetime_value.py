"""Lesson 6: hand, formula and simulation agree where they should; cohorts are sorted and nobody changes."""

import numpy as np
import pytest

from custsim.experiment.measures import measure
from custsim.lessons import lifetime_value as lesson
from custsim.lessons.firms import lived
from custsim.value import ShiftedBetaGeometric
from custsim.widgets import Session


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"loyalty.churn": 0.005},
        {"loyalty.churn": 0.1},
        {"profit.monthly_revenue": 17.5},
        {"time.annual_discount_rate": 0.0},
        {"time.annual_discount_rate": 0.3, "loyalty.churn": 0.03},
    ],
)
def test_formula_and_lives_agree_within_about_one_per_cent(changes):
    numbers = lesson.one_customer().outcome(changes).numbers
    # some 9,500 lives, whose value differs by about its own mean: a standard error of about one per cent
    assert numbers["simulated"] == pytest.approx(numbers["formula"], rel=0.02)
    assert numbers["observed"] < numbers["simulated"]


def test_the_formula_is_the_textbooks_geometric_sum():
    i = 1.1 ** (1 / 12) - 1
    by_hand = sum(10.0 * 0.98**k / (1 + i) ** k for k in range(5_000))
    assert lesson.one_customer().number("formula") == pytest.approx(by_hand, rel=1e-9)


def test_halving_churn_raises_the_value_by_little_more_than_half_and_doubles_it_undiscounted(seeds):
    def value(seed, **changes):
        return float(measure(lived(lesson.subscription(), changes, seed=seed), "lifetime_value"))

    for seed in seeds:
        plain = value(seed, **{"loyalty.churn": 0.01}) / value(seed)
        assert plain == pytest.approx(1.56, abs=0.05)
        free = {"time.annual_discount_rate": 0.0}
        assert value(seed, **free, **{"loyalty.churn": 0.01}) / value(seed, **free) == pytest.approx(2.0, abs=0.07)


def test_sorting_foresees_both_published_cohorts_and_one_churn_for_all_does_not():
    def number(cell):
        return float(cell.removesuffix(" %"))

    for _, constant, sorting, came in lesson.foreseen().describe()["rows"]:
        assert number(sorting) == pytest.approx(number(came), abs=2.0)
        assert number(constant) < number(came) - 8


def test_five_points_are_worth_what_the_formula_gives():
    """1.1/(1.1 - r) five points further, from 60, 80 and 90 %."""
    gains = [100 * ((1.1 - r) / (1.1 - r - 0.05) - 1) for r in (0.6, 0.8, 0.9)]
    assert [f"{gain:.0f} %" for gain in gains] == ["11 %", "20 %", "33 %"]
    for gain in gains:
        assert f"{gain:.0f} %" in lesson.evidence_lore().says


def test_how_much_is_still_a_promise_after_five_years(seeds):
    for churn, share in ((0.02, 1 / 3), (0.01, 0.48)):
        for seed in seeds:
            run = lived(lesson.subscription(), {"loyalty.churn": churn}, seed=seed)
            promised = measure(run, "lifetime_value_residual") / measure(run, "lifetime_value")
            assert promised == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("shape", [1000.0, 2.5, 1.0])
def test_the_cohort_board_lives_the_sbg(shape, seeds):
    """Expected survivors of 10,000 by S(t) = B(a, b + t)/B(a, b); 4 standard errors of a binomial count."""
    model = ShiftedBetaGeometric(alpha=shape, beta=shape * 0.95 / 0.05)
    for seed in seeds:
        left = lived(lesson.cohort_firm(), {"loyalty.churn_shape": shape}, seed=seed).monthly["customers_end"]
        for month in (12, 24, 60):
            expected = float(model.survival(month))
            assert left.iloc[month - 1] == pytest.approx(
                10_000 * expected, abs=4 * 100 * np.sqrt(expected * (1 - expected))
            )


def test_the_more_customers_differ_the_more_a_cohort_seems_to_grow_loyal():
    board = lesson.cohort()
    numbers = [board.outcome({"loyalty.churn_shape": shape}).numbers for shape in (1000.0, 10.0, 2.5, 1.0)]
    rise = [one["last_year"] - one["first_half"] for one in numbers]
    assert rise == sorted(rise)
    assert abs(rise[0]) < 0.5
    assert rise[-1] > 3
    left = [one["after_five"] for one in numbers]
    assert left == sorted(left)
    assert left[-1] / left[0] == pytest.approx(5, abs=0.5)


def test_after_four_years_a_third_as_many_leave_as_at_first(seeds):
    for seed in seeds:
        months = lived(lesson.cohort_firm(), {"loyalty.churn_shape": 1.0}, seed=seed).monthly
        leaving = (months["left"] / months["customers"]).to_numpy()
        assert leaving[48:60].mean() / leaving[:6].mean() == pytest.approx(1 / 3, abs=0.08)


def test_the_published_cohort_is_foreseen_by_sorting_alone():
    rows = lesson.subscribers().rows
    last = [float(cell.rstrip(" %")) for cell in rows[-1][1:]]
    actual, _, constant, sbg = last
    assert constant == pytest.approx(18.5, abs=0.1)
    assert abs(sbg - actual) < 2
    assert actual > 2 * constant


def test_newcomers_are_not_the_average_customer(seeds):
    stock, newcomers, formula, simulated = lesson._held_against("mobile_operator")
    assert newcomers < stock
    assert simulated < formula == pytest.approx(920, abs=10)
    stock, newcomers, formula, simulated = lesson._held_against("neighbourhood_bank")
    assert newcomers < stock
    assert formula < simulated


def test_the_operators_newcomers_are_worth_less_than_its_averages_in_every_luck(seeds):
    for seed in seeds:
        run = lived("mobile_operator", seed=seed)
        assert 830 < measure(run, "lifetime_value") < 900
        assert measure(run, "lifetime_value_observed") / measure(run, "lifetime_value") == pytest.approx(0.36, abs=0.04)


def test_textbook_values_of_other_timings_are_explained_not_only_refused():
    assert "renewals only" in Session(lesson.forever()).answer("266.67 EUR").message["says"]
    assert "END of each year" in Session(lesson.forever()).answer("333.33").message["says"]
