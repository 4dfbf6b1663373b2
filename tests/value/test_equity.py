import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.value.equity import (
    ResponseCurve,
    acquisition_retention_balance,
    balance_equity,
    customer_equity,
    referral_multiplier,
)
from custsim.value.lifetime import clv

curves = st.builds(ResponseCurve, st.floats(0.05, 0.95), st.floats(0.005, 0.5))


class TestCustomerEquity:
    def test_cohorts_add_up(self):
        found = customer_equity(customers=10, new_per_period=4, margin=20, retention=0.7, discount=0.1,
                                acquisition_cost=15, periods_of_acquisition=3)  # fmt: skip
        value = clv(margin=20, retention=0.7, discount=0.1)
        assert found.present == pytest.approx(10 * value)
        assert found.future == pytest.approx(sum(4 * (value - 15) / 1.1**k for k in (1, 2, 3)))
        assert found.total == pytest.approx(found.present + found.future)

    def test_endless_cohorts_are_a_perpetuity(self):
        found = customer_equity(customers=0, new_per_period=4, margin=20, retention=0.7, discount=0.1)
        assert found.total == pytest.approx(4 * clv(margin=20, retention=0.7, discount=0.1) / 0.1)

    def test_without_discount_cohorts_must_end(self):
        figures = {"customers": 1, "new_per_period": 2, "margin": 20, "retention": 0.5, "discount": 0}
        with pytest.raises(InputError, match="give periods_of_acquisition"):
            customer_equity(**figures)
        assert customer_equity(**figures, periods_of_acquisition=5).future == pytest.approx(5 * 2 * 40)


class TestResponseCurve:
    @given(st.floats(0.1, 100), st.floats(0.1, 0.9), st.floats(0.05, 0.95))
    def test_goes_through_todays_point_and_never_above_its_ceiling(self, spend, ceiling, part):
        curve = ResponseCurve.through(spend=spend, share=ceiling * part, ceiling=ceiling)
        assert curve(spend) == pytest.approx(ceiling * part)
        assert curve(0) == 0
        assert curve(1e9) <= ceiling

    def test_share_must_lie_below_the_ceiling(self):
        with pytest.raises(InputError, match="the ceiling is what no spend can exceed"):
            ResponseCurve.through(spend=10, share=0.5, ceiling=0.4)

    @given(curves, st.floats(0, 50))
    def test_slope_is_the_derivative(self, curve, spend):
        h = 1e-5
        assert curve.slope(spend) == pytest.approx((curve(spend + h) - curve(spend)) / h, rel=1e-3, abs=1e-9)


class TestBalance:
    @given(curves, curves, st.floats(1, 500), st.floats(0.01, 0.5), st.floats(0.1, 50), st.floats(0.5, 50))
    def test_is_the_published_formula(self, a, r, margin, d, spend, keep):
        rate = r(keep)
        discounted = rate / (1 + d)
        by_print = a(spend) * margin - spend + a(spend) * (margin - keep / rate) * discounted / (1 - discounted)
        found = balance_equity(acquisition_spend=spend, retention_spend=keep, margin=margin, discount=d,
                               acquisition=a, retention=r)  # fmt: skip
        assert found == pytest.approx(by_print, rel=1e-9, abs=1e-9)

    @given(curves, curves, st.floats(1, 500), st.floats(0.01, 0.5))
    def test_no_neighbour_is_better_and_the_last_unit_brings_back_one(self, a, r, margin, d):
        figures = {"margin": margin, "discount": d, "acquisition": a, "retention": r}
        best = acquisition_retention_balance(**figures)
        win, keep = best.acquisition_spend, best.retention_spend
        around = np.linspace(0, 3, 41)
        grid = balance_equity(
            acquisition_spend=(win + 0.1) * around[:, None], retention_spend=(keep + 0.1) * around, **figures
        )
        assert best.equity >= grid.max() - 1e-9 * (1 + abs(best.equity))
        for spend, back in ((win, best.acquisition_condition), (keep, best.retention_condition)):
            assert back == pytest.approx(1, abs=1e-6) if spend > 0 else back <= 1 + 1e-6

    def test_retention_spend_does_not_depend_on_acquisition(self):
        r = ResponseCurve(0.7, 0.08)
        keep = [
            acquisition_retention_balance(margin=50, discount=0.15, acquisition=a, retention=r).retention_spend
            for a in (ResponseCurve(0.1, 0.01), ResponseCurve(0.9, 0.3))
        ]
        assert keep[0] == keep[1]

    def test_a_customer_who_is_worth_little_is_not_bought(self):
        best = acquisition_retention_balance(
            margin=1, discount=0.1, acquisition=ResponseCurve(0.1, 0.1), retention=ResponseCurve(0.3, 0.01)
        )
        assert (best.acquisition_spend, best.retention_spend, best.equity) == (0, 0, 0)
        assert best.acquisition_condition < 1
        assert best.retention_condition < 1


class TestReferrals:
    @given(st.floats(0.05, 0.95), st.floats(0.01, 0.3), st.floats(0.01, 0.9))
    def test_value_equals_own_plus_that_of_all_descendants(self, r, i, part):
        """Solve V = m (1+i)/(1+i-r) + w V / (1+i-r) directly: each period there, w newcomers a period later."""
        w = part * (1 - r)
        found = referral_multiplier(referrals=w, retention=r, discount=i)
        own = clv(margin=1, retention=r, discount=i)
        value = own
        for _ in range(3000):  # fixed point, by iteration rather than by the formula
            value = own + w / (1 + i - r) * value
        assert found.multiplier * own == pytest.approx(value, rel=1e-8)
        assert found.reproduction == pytest.approx(w / (1 - r))
        assert found.growth == pytest.approx(w + r - 1)

    def test_generations_converge_to_the_whole_tree(self):
        figures = {"referrals": 0.1, "retention": 0.8, "discount": 0.1, "value_ratio": 1.16}
        parts = [referral_multiplier(**figures, generations=g).multiplier for g in (0, 1, 2, 60)]
        assert parts[0] == 1
        assert parts[1] == pytest.approx(1 + 1.16 / 3)
        assert parts[2] == pytest.approx(1 + 1.16 * (1 / 3 + 1 / 9))
        assert parts[3] == pytest.approx(referral_multiplier(**figures).multiplier)

    def test_those_who_would_have_come_anyway_do_not_count(self):
        assert referral_multiplier(referrals=0.1, retention=0.8, would_have_come=0.5) == referral_multiplier(
            referrals=0.05, retention=0.8
        )
        assert referral_multiplier(referrals=0.5, retention=0.8, would_have_come=1).multiplier == 1

    @pytest.mark.parametrize(
        ("referrals", "discount", "words"),
        [
            (0.35, 0.1, "at least as fast as money"),
            (0.3, 0.1, "at least as fast as money"),
            (0.25, 0.1, "which no market allows"),
            (0.2, 0.0, "at least as fast as money"),
        ],
    )
    def test_a_tree_without_end_is_refused_with_the_bound(self, referrals, discount, words):
        with pytest.raises(InputError, match=words) as error:
            referral_multiplier(referrals=referrals, retention=0.8, discount=discount)
        assert "referrals must be below 0.2" in str(error.value)

    def test_few_generations_of_a_growing_base_are_allowed(self):
        assert math.isfinite(referral_multiplier(referrals=0.5, retention=0.8, generations=3).multiplier)

    @given(st.floats(0, 0.18), st.floats(0, 0.18))
    def test_more_referrals_are_worth_more(self, a, b):
        low, high = sorted((a, b))
        assume(high - low > 1e-6)
        one, two = (referral_multiplier(referrals=w, retention=0.8, discount=0.1).multiplier for w in (low, high))
        assert one < two
