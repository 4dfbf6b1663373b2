import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.value import lifetime as lt

shares = st.floats(0.0, 0.99)
rates = st.floats(0.001, 0.5)
timings = st.sampled_from(["start", "end", "renewal"])


def by_hand(m, r, i, timing="start", n=5000, g=0.0):
    """Add the stream up payment by payment, straight from the convention's words."""
    total = 0.0
    for k in range(n):
        amount = m * (1 + g) ** k
        if timing == "start":
            total += amount * r**k / (1 + i) ** k
        elif timing == "end":
            total += amount * r**k / (1 + i) ** (k + 1)
        else:
            total += amount * r ** (k + 1) / (1 + i) ** (k + 1)
    return total


class TestPublished:
    def test_margin_multiple_of_gupta_and_lehmann(self, published):
        entry = published("gupta_lehmann_margin_multiple")
        for r, row in entry["expected"].items():
            found = lt.margin_multiple(retention=float(r), discount=np.array(entry["inputs"]["discount"]))
            np.testing.assert_array_equal(np.round(found, entry["tolerance"]["decimals"]), row)

    def test_elasticities_in_closed_form(self, published):
        entry = published("clv_retention_elasticity_closed_form")
        i, rel = entry["inputs"]["discount"], entry["tolerance"]["rel"]
        found = lt.elasticities(
            margin=1, retention=np.array(entry["inputs"]["retention"]), discount=i, timing="renewal"
        )
        np.testing.assert_allclose(found.retention, entry["expected"]["retention"], rtol=rel)
        at_80 = lt.elasticities(margin=1, retention=0.8, discount=i, timing="renewal").discount
        assert at_80 == pytest.approx(-entry["expected"]["size of discount elasticity at retention 0.8"], rel=rel)

    def test_berger_and_nasr_half_yearly_sales(self, published):
        """Contribution at times 0, 1/2, ..., 4 years; promotion in the middle of each half-year, to those there."""
        entry = published("berger_nasr_case_2a_form")
        given_ = entry["inputs"]
        d = lt.period_rate(given_["annual_discount"], periods_per_year=2)
        periods = 2 * given_["years"]
        sales = lt.clv(margin=given_["gross_contribution"], retention=given_["retention_per_half_year"], discount=d,
                       horizon=periods + 1)  # fmt: skip
        # promotion of period i reaches those there at its start and is spent half a period later
        spent = lt.clv(margin=given_["promotion_cost"], retention=given_["retention_per_half_year"], discount=d,
                       horizon=periods)  # fmt: skip
        assert sales - spent / (1 + d) ** 0.5 == pytest.approx(entry["expected"], rel=entry["tolerance"]["rel"])


class TestTimingTrap:
    @given(shares, rates)
    def test_start_and_end_differ_by_exactly_one_plus_the_discount_rate(self, r, i):
        start = lt.clv(margin=100, retention=r, discount=i, timing="start")
        end = lt.clv(margin=100, retention=r, discount=i, timing="end")
        assert start / end == pytest.approx(1 + i, rel=1e-12)

    @given(shares, rates)
    def test_start_and_renewal_differ_by_exactly_one_margin(self, r, i):
        start = lt.clv(margin=100, retention=r, discount=i)
        renewal = lt.clv(margin=100, retention=r, discount=i, timing="renewal")
        assert start - renewal == pytest.approx(100, rel=1e-10)

    def test_survival_curves_have_the_same_trap(self):
        s = [1, 0.631, 0.468, 0.382]
        start, end, renewal = (
            lt.clv_from_curves(survival=s, margin=1, discount=0.1, timing=t) for t in ("start", "end", "renewal")
        )
        assert start / end == pytest.approx(1.1, rel=1e-12)
        assert start - renewal == pytest.approx(1.0, rel=1e-12)


class TestClv:
    @given(shares, rates, timings, st.integers(1, 60), st.floats(-0.2, 0.2))
    def test_equals_the_sum_by_hand(self, r, i, timing, n, g):
        found = lt.clv(margin=50, retention=r, discount=i, timing=timing, horizon=n, growth=g)
        assert found == pytest.approx(by_hand(50, r, i, timing, n, g), rel=1e-9, abs=1e-12)

    def test_endless_closed_form(self):
        assert lt.clv(margin=100, retention=0.8, discount=0.1) == pytest.approx(100 * 1.1 / 0.3, rel=1e-14)

    def test_payments_that_keep_their_present_value_are_counted_not_divided_by_zero(self):
        assert lt.clv(margin=10, retention=1, discount=0.05, growth=0.05, horizon=7) == pytest.approx(70)
        assert lt.clv(margin=10, retention=1, discount=0, horizon=7) == pytest.approx(70)

    @pytest.mark.parametrize("eps", [1e-13, 1e-10, 1e-7])
    def test_no_loss_of_digits_near_that_point(self, eps):
        assert lt.clv(margin=1, retention=1, discount=eps, horizon=50) == pytest.approx(50 - 1225 * eps, rel=1e-9)

    def test_arrays_broadcast_and_numbers_stay_numbers(self):
        grid = lt.clv(margin=[[1.0], [2.0]], retention=[0.5, 0.8, 0.9], discount=0.1)
        assert grid.shape == (2, 3)
        np.testing.assert_allclose(grid[1], 2 * grid[0])
        assert isinstance(lt.clv(margin=1, retention=0.5, discount=0.1), float)

    @given(shares, shares, rates)
    def test_rises_with_retention(self, a, b, i):
        low, high = sorted((a, b))
        assert lt.clv(margin=1, retention=low, discount=i) <= lt.clv(margin=1, retention=high, discount=i) + 1e-12

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ({"retention": 80}, "retention: must be at least 0 and at most 1, got 80.0; write 80 % as 0.8"),
            ({"discount": -0.1}, "discount: must be at least 0"),
            ({"margin": float("nan")}, "margin"),
            ({"margin": "lots"}, "margin: must be a number"),
            ({"horizon": 2.5}, "horizon: must be at least 1 and whole, got 2.5"),
            ({"horizon": 0}, "horizon"),
            ({"timing": "middle"}, "timing: must be one of 'start', 'end', 'renewal', got 'middle'"),
            ({"growth": -1}, "growth"),
            ({"acquisition_cost": -1}, "acquisition_cost"),
            ({"retention": [0.5, 1.2, 2.0]}, r"got 1.2 at \[1\] and 1 more"),
            ({"retention": 1.0, "discount": 0.0}, "unbounded"),
            ({"growth": 0.5}, "unbounded"),
            ({"retention": [0.5, 0.6], "margin": [1, 2, 3]}, "shapes do not go together"),
        ],
    )
    def test_refuses_with_the_thing_the_value_and_the_bound(self, bad, words):
        with pytest.raises(InputError, match=words):
            lt.clv(**({"margin": 1, "retention": 0.8, "discount": 0.1} | bad))

    def test_reports_every_problem_at_once(self):
        with pytest.raises(InputError) as error:
            lt.clv(margin=1, retention=80, discount=10, timing="never")
        assert len(error.value.problems) == 3

    def test_expected_lifetime(self):
        assert lt.expected_lifetime(retention=0.8) == pytest.approx(5)
        with pytest.raises(InputError, match="unbounded"):
            lt.expected_lifetime(retention=1)


class TestPeriods:
    @given(st.floats(-0.5, 2), st.floats(0.1, 400))
    def test_rates_come_back(self, rate, k):
        there = lt.period_rate(rate, periods_per_year=k)
        assert lt.annual_rate(there, periods_per_year=k) == pytest.approx(rate, rel=1e-9, abs=1e-12)

    @given(st.floats(0.01, 1), st.floats(0.1, 365))
    def test_retention_comes_back(self, share, k):
        there = lt.period_retention(share, periods_per_year=k)
        assert lt.annual_retention(there, periods_per_year=k) == pytest.approx(share, rel=1e-9)

    def test_a_year_of_months_keeps_its_customers_and_its_interest(self):
        month = lt.per_period(periods_per_year=12, margin=1200, retention=0.8, discount=0.1, growth=0.02)
        assert month["margin"] == pytest.approx(100)
        assert month["retention"] ** 12 == pytest.approx(0.8)
        assert (1 + month["discount"]) ** 12 == pytest.approx(1.1)
        assert (1 + month["growth"]) ** 12 == pytest.approx(1.02)

    def test_with_one_period_a_year_nothing_changes(self):
        figures = {"margin": 5.0, "retention": 0.7, "discount": 0.1, "growth": 0.01}
        assert lt.per_period(periods_per_year=1, **figures) == pytest.approx(figures)


class TestCurves:
    @given(shares, rates, timings)
    def test_geometric_survival_gives_the_closed_form(self, r, i, timing):
        found = lt.clv_from_curves(survival=lambda k: r**k, margin=7, discount=i, timing=timing, horizon=40)
        n = 40 - (timing == "renewal")
        assert found == pytest.approx(lt.clv(margin=7, retention=r, discount=i, timing=timing, horizon=n), rel=1e-9)

    def test_margin_curve_and_several_cohorts(self):
        s = np.array([[1, 0.5, 0.25], [1, 0.8, 0.6]])
        found = lt.clv_from_curves(survival=s, margin=[10, 20, 30], discount=0.1, acquisition_cost=[1, 2])
        by_hand_ = [10 + 20 * 0.5 / 1.1 + 30 * 0.25 / 1.21 - 1, 10 + 20 * 0.8 / 1.1 + 30 * 0.6 / 1.21 - 2]
        np.testing.assert_allclose(found, by_hand_)

    def test_a_curve_is_cut_at_the_horizon(self):
        s = [1, 0.5, 0.25, 0.1]
        assert lt.clv_from_curves(survival=s, margin=[1, 1, 1, 9], discount=0, horizon=2) == pytest.approx(1.5)

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ({"survival": [100, 63.1]}, "at most 1"),
            ({"survival": [0.9, 0.8]}, "must start at 1"),
            ({"survival": [1, 0.5, 0.6]}, "must never rise"),
            ({"survival": lambda k: 0.9**k}, "horizon: needed"),
            ({"survival": 0.8}, "must be a curve"),
            ({"margin": [1, 2, 3]}, "one for each of the 2 periods"),
            ({"horizon": 5}, "must have the 5 periods"),
        ],
    )
    def test_refuses_what_is_no_survival_curve(self, bad, words):
        with pytest.raises(InputError, match=words):
            lt.clv_from_curves(**({"survival": [1, 0.5], "margin": 1, "discount": 0.1} | bad))


class TestSpending:
    @given(shares, rates, timings)
    def test_spending_the_break_even_leaves_nothing(self, r, i, timing):
        stream = {"margin": 30, "retention": r, "discount": i, "timing": timing}
        spend = lt.break_even_acquisition(**stream)
        assert lt.clv(**stream, acquisition_cost=spend) == pytest.approx(0, abs=1e-9)

    def test_conversion_and_required_return(self):
        stream = {"margin": 100, "retention": 0.8, "discount": 0.1}
        full = lt.break_even_acquisition(**stream)
        assert lt.break_even_acquisition(**stream, conversion=0.02, required_return=0.25) == pytest.approx(
            full * 0.02 / 1.25
        )

    def test_nothing_may_be_spent_on_a_customer_who_costs_money(self):
        assert lt.break_even_acquisition(margin=-5, retention=0.8, discount=0.1) == 0

    @given(st.floats(1, 2000), shares, rates, timings)
    def test_payback_is_the_first_horizon_with_a_value_not_below_zero(self, cost, r, i, timing):
        stream = {"margin": 100, "retention": r, "discount": i, "timing": timing, "acquisition_cost": cost}
        n = lt.payback_periods(**stream)
        if np.isinf(n):
            assert lt.clv(**stream) <= 1e-6
        else:
            assert lt.clv(**stream, horizon=n) >= -1e-6
            assert n == 1 or lt.clv(**stream, horizon=n - 1) < 1e-6

    @pytest.mark.parametrize("timing", ["start", "end", "renewal"])
    @pytest.mark.parametrize("growth", [0.0, 0.05, -0.1])
    def test_the_value_of_n_payments_is_paid_back_with_the_nth(self, timing, growth):
        stream = {"margin": 100, "retention": 0.9, "discount": 0.07, "growth": growth, "timing": timing}
        for n in range(1, 30):
            cost = lt.clv(**stream, horizon=n)
            assert lt.payback_periods(**stream, acquisition_cost=cost) == n

    def test_who_pays_once_pays_back_with_that_or_never(self):
        once = {"margin": 100, "retention": 0, "discount": 0.1}
        assert lt.payback_periods(**once, acquisition_cost=100) == 1
        assert np.isinf(lt.payback_periods(**once, acquisition_cost=101))

    @pytest.mark.parametrize("timing", ["start", "end", "renewal"])
    def test_a_cost_beyond_all_payments_never_comes_back_and_is_no_overflow(self, timing):
        """Almost nobody renews, or almost nothing is earned: the cost in payments is more than a number holds."""
        stream = {"discount": 0.1, "timing": timing, "acquisition_cost": [0, 1e-300, 1, 1500]}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            faithless = lt.payback_periods(margin=100, retention=1e-309, **stream)
            penniless = lt.payback_periods(margin=1e-309, retention=0.8, **stream)
        assert penniless.tolist() == [0, np.inf, np.inf, np.inf]
        never = np.inf if timing == "renewal" else 1
        assert faithless.tolist() == [0, never, never, np.inf]

    def test_payback_met_exactly(self):
        assert lt.payback_periods(acquisition_cost=300, margin=100, retention=1, discount=0) == 3
        assert lt.payback_periods(acquisition_cost=0, margin=100, retention=1, discount=0) == 0
        assert np.isinf(lt.payback_periods(acquisition_cost=1, margin=-1, retention=0.5, discount=0))


class TestElasticities:
    @given(
        st.floats(0.05, 0.9), st.floats(0.02, 0.4), timings,
        st.sampled_from([None, 1, 2, 7, 40]), st.floats(-0.05, 0.05), st.floats(0, 20),
    )  # fmt: skip
    def test_agree_with_differences_of_the_value(self, r, i, timing, n, g, cost):
        base = {"margin": 100.0, "retention": r, "discount": i, "acquisition_cost": cost}
        rest = {"timing": timing, "horizon": n, "growth": g}
        value = lt.clv(**base, **rest)
        found = lt.elasticities(**base, **rest)
        if abs(value) < 5:  # a percentage of next to nothing
            return
        h = 1e-6
        for name in ("retention", "margin", "discount", "acquisition_cost"):
            up = lt.clv(**(base | {name: base[name] * (1 + h)}), **rest)
            down = lt.clv(**(base | {name: base[name] * (1 - h)}), **rest)
            slope = (up - down) / (2 * h) / value
            assert getattr(found, name) == pytest.approx(slope, rel=1e-4, abs=1e-4)

    @given(shares, rates, st.floats(0, 500))
    def test_margin_and_acquisition_add_up_to_one(self, r, i, cost):
        found = lt.elasticities(margin=1000, retention=r, discount=i, acquisition_cost=cost)
        assert found.margin + found.acquisition_cost == pytest.approx(1)

    def test_where_payments_keep_their_present_value(self):
        """With 1 + g = 1 + i and nobody leaving, all of n payments weigh the same: the mean index is (n - 1) / 2."""
        found = lt.elasticities(margin=1, retention=1, discount=0.1, growth=0.1, horizon=9)
        assert found.retention == pytest.approx(4)

    @pytest.mark.parametrize("short_of_one", [1e-4, 1e-6, 1e-7, -1e-7, -1e-6])
    @pytest.mark.parametrize("n", [2, 40, 90])
    def test_keep_their_digits_near_that_point(self, short_of_one, n):
        """The mean index by direct summation, where the closed form's two terms nearly cancel."""
        growth = 0.1 - 1.1 * short_of_one
        ratio = (1 + growth) / 1.1
        k = np.arange(n)
        found = lt.elasticities(margin=1, retention=1, discount=0.1, growth=growth, horizon=n)
        assert found.retention == pytest.approx((k * ratio**k).sum() / (ratio**k).sum(), rel=1e-9)

    def test_nothing_has_no_elasticity(self):
        with pytest.raises(InputError, match="net of acquisition_cost is 0"):
            lt.elasticities(margin=10, retention=0, discount=0, acquisition_cost=10)


class TestRetentionEffect:
    def test_a_point_is_not_a_per_cent(self):
        stream = {"margin": 100, "retention": 0.8, "discount": 0.1}
        point = lt.retention_effect(**stream, percentage_points=5)
        relative = lt.retention_effect(**stream, relative_per_cent=5)
        assert point.retention_after == pytest.approx(0.85)
        assert relative.retention_after == pytest.approx(0.84)
        assert point.change == pytest.approx(110 / 0.25 - 110 / 0.3)
        assert relative.change == pytest.approx(110 / 0.26 - 110 / 0.3)
        assert point.relative_change == pytest.approx(0.2)

    def test_halving_defection_doubles_the_mean_life_but_not_the_value(self):
        """From 10 to 5 % defection: 10 to 20 years, yet at 10 % discount one third more value (5.50 to 7.33)."""
        assert lt.expected_lifetime(retention=0.95) == pytest.approx(2 * lt.expected_lifetime(retention=0.9))
        effect = lt.retention_effect(margin=1, retention=0.9, discount=0.1, percentage_points=5)
        assert (round(effect.value_before, 2), round(effect.value_after, 2)) == (5.5, 7.33)

    @pytest.mark.parametrize("both", [{}, {"percentage_points": 1, "relative_per_cent": 1}])
    def test_exactly_one_of_them(self, both):
        with pytest.raises(InputError, match="exactly one"):
            lt.retention_effect(margin=1, retention=0.8, discount=0.1, **both)

    def test_not_beyond_everyone(self):
        with pytest.raises(InputError, match="retention after the change"):
            lt.retention_effect(margin=1, retention=0.98, discount=0.1, percentage_points=3)


class TestLedger:
    def test_layers_add_up_and_the_last_sum_is_the_lifetime_value(self):
        ledger = lt.retention_ledger(years=6, base=30, growth=[0, 2, 4, 6, 8, 9], cost_saving=8, referral=10, premium=6,
                                     acquisition_cost=60, retention=0.8, discount=0.1)  # fmt: skip
        assert ledger.index.tolist() == list(range(7))
        np.testing.assert_allclose(ledger["profit"], ledger[["acquisition", *lt.LAYERS]].sum(axis=1))
        years = ledger.iloc[1:]
        value = lt.clv_from_curves(
            survival=0.8 ** np.arange(6), margin=years["profit"].to_numpy(), discount=0.1, acquisition_cost=60
        )
        assert ledger["cumulative"].iloc[-1] == pytest.approx(value)

    @pytest.mark.parametrize("timing", ["start", "end", "renewal"])
    def test_flat_is_the_closed_form(self, timing):
        flat = lt.retention_ledger(years=8, base=40, growth=20, premium=5, acquisition_cost=70, retention=0.75,
                                   discount=0.12, profile="flat", timing=timing)  # fmt: skip
        expected = lt.clv(margin=40, retention=0.75, discount=0.12, horizon=8, timing=timing, acquisition_cost=70)
        assert flat["cumulative"].iloc[-1] == pytest.approx(expected)

    def test_layers_build_up_in_equal_steps(self):
        ledger = lt.retention_ledger(years=6, base=0, premium=8, build_up_years=4)
        assert ledger["premium"].iloc[1:].tolist() == [0, 2, 4, 6, 8, 8]

    def test_rising_is_never_worth_less_than_flat(self):
        layers = {"years": 5, "base": 10, "growth": 3, "referral": 1, "retention": 0.9, "discount": 0.05}
        rising, flat = (lt.retention_ledger(**layers, profile=p) for p in ("rising", "flat"))
        assert (rising["cumulative"] >= flat["cumulative"]).all()

    def test_a_sequence_needs_a_number_a_year(self):
        with pytest.raises(InputError, match="growth: must be one number or one for each of the 3 years"):
            lt.retention_ledger(years=3, base=1, growth=[1, 2])


class TestContactCosts:
    def test_contribution_is_gross_profit_less_contacts(self):
        sheet = lt.contact_cost_table(
            sales=10_000, gross_margin=0.3, relationship_years=5, selling_contacts=6, selling_contact_cost=80,
            deliveries=12, delivery_cost=20, service_contacts=10, service_contact_cost=15,
            administration_contacts=24, administration_contact_cost=5, acquisition_cost=1000,
        )["customer 1"]  # fmt: skip
        margin = 3000 - 480 - 240 - 150 - 120
        assert sheet["contribution a year"] == pytest.approx(margin)
        # costs are lines to be added up, as in an account
        lines = ["gross profit", "cost of selling", "cost of delivery", "cost of service", "cost of administration"]
        assert [sheet[f"{line} a year"] for line in lines] == [3000, -480, -240, -150, -120]
        assert sheet["acquisition cost"] == -1000
        assert sheet["lifetime value, undiscounted"] == pytest.approx(5 * margin - 1000)
        assert sheet["lifetime value"] == pytest.approx(5 * margin - 1000)

    def test_discounting_is_that_of_clv_with_the_retention_that_lasts_so_long(self):
        sheet = lt.contact_cost_table(
            sales=[100, 200], gross_margin=0.5, relationship_years=[4, 10], discount=0.1, timing="end"
        )
        expected = lt.clv(margin=[50, 100], retention=[0.75, 0.9], discount=0.1, timing="end")
        np.testing.assert_allclose(sheet.loc["lifetime value"], expected)

    def test_columns_are_named_once_each(self):
        with pytest.raises(InputError, match="customers: must name each of the 2 columns once"):
            lt.contact_cost_table(sales=[1, 2], gross_margin=0.5, relationship_years=4, customers=["a", "a"])
