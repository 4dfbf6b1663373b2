from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.value import pyramid

values = st.lists(st.floats(0, 1e6), min_size=2, max_size=200).filter(lambda x: sum(x) > 1e-3)


class TestTiers:
    @given(st.lists(st.floats(-100, 100), min_size=1, max_size=300))
    def test_higher_tiers_hold_higher_values(self, x):
        tier = pyramid.tiers(x).cat.codes.to_numpy()
        order = np.argsort(-np.asarray(x), kind="stable")
        assert (np.diff(tier[order]) >= 0).all()

    @pytest.mark.parametrize("n", [100, 1000, 12_345])
    def test_sizes_are_one_four_fifteen_eighty(self, n):
        counts = pyramid.tiers(np.arange(n)).value_counts().sort_index().to_numpy()
        np.testing.assert_allclose(counts, np.array([0.01, 0.04, 0.15, 0.80]) * n, atol=1)
        assert counts.sum() == n

    @pytest.mark.parametrize(("n", "sizes"), [(49, [0, 2, 8, 39]), (50, [1, 2, 7, 40]), (10, [0, 1, 1, 8])])
    def test_sizes_are_rounded_to_whole_customers(self, n, sizes):
        """Tiers end at 1, 5 and 20 % of all, rounded: under 50 customers nobody is in the top tier."""
        assert pyramid.tiers(np.arange(n)).value_counts().sort_index().tolist() == sizes

    def test_index_is_kept(self):
        tier = pyramid.tiers(pd.Series([1, 5], index=["ann", "bob"]), shares={"best": 0.5, "rest": 0.5})
        assert tier.to_dict() == {"ann": "rest", "bob": "best"}

    def test_shares_must_be_everyone(self):
        with pytest.raises(InputError, match=r"must add up to 1, got 0\.9"):
            pyramid.tiers([1, 2], shares={"a": 0.5, "b": 0.4})

    @given(values)
    def test_table_adds_up(self, x):
        table = pyramid.tier_table(x, revenue=np.asarray(x) * 2 + 1)
        assert table["customers"].sum() == len(x)
        assert table["value"].sum() == pytest.approx(sum(x))
        assert table["share_of_value"].sum() == pytest.approx(1)
        assert table["share_of_revenue"].sum() == pytest.approx(1)

    def test_losses_are_counted_by_tier_and_shares_of_a_loss_are_missing(self):
        table = pyramid.tier_table([10, -1, -30], shares={"up": 1 / 3, "down": 2 / 3})
        assert table["unprofitable"].tolist() == [0, 2]
        assert table["share_of_value"].isna().all()
        assert table["value_per_customer"].tolist() == [10, -15.5]

    def test_strategies_are_for_the_tiers(self):
        table = pyramid.strategy_table()
        assert list(table.index) == list(pyramid.TIERS)
        assert not table.isna().any().any()


class TestConcentration:
    def test_pareto_distribution(self):
        """The Lorenz curve of a Pareto law with shape a is 1 - (1-u)^(1-1/a), its Gini 1/(2a-1)."""
        a, n = 1.5, 200_000
        x = (1 - (np.arange(n) + 0.5) / n) ** (-1 / a)
        found = pyramid.concentration(x, top=(0.2, 0.01))
        assert found.gini == pytest.approx(1 / (2 * a - 1), abs=0.01)
        assert found.top_share[0.2] == pytest.approx(0.2 ** (1 - 1 / a), abs=0.01)
        assert found.customers_for_80 == pytest.approx(0.8 ** (a / (a - 1)), abs=0.02)

    @given(values)
    def test_gini_is_the_area_above_the_lorenz_curve(self, x):
        curve = pyramid.lorenz_curve(x)
        area = np.trapezoid(curve.value, curve.customers)
        assert pyramid.concentration(x).gini == pytest.approx(1 - 2 * area, abs=1e-9)

    @given(values)
    def test_lorenz_curve_rises_ever_faster_to_one(self, x):
        curve = pyramid.lorenz_curve(x)
        assert (curve.customers[0], curve.value[0], curve.customers[-1], curve.value[-1]) == (0, 0, 1, 1)
        assert (np.diff(curve.value, n=2) >= -1e-12).all()

    @given(values, st.floats(0.01, 100))
    def test_does_not_depend_on_the_currency(self, x, rate):
        one, two = pyramid.concentration(x), pyramid.concentration(np.asarray(x) * rate)
        assert one.gini == pytest.approx(two.gini, abs=1e-9)
        assert one.customers_for_80 == pytest.approx(two.customers_for_80, abs=1e-9)

    def test_counted_by_hand(self):
        """Ten customers bring 10, 8, 5, 3, 2, 1, 1, 0, 0, 0: three bring 23 of 30, the fourth the missing 1 of 3."""
        found = pyramid.concentration([3, 10, 0, 1, 8, 0, 2, 1, 5, 0], top=(0.25,))
        assert found.customers_for_80 == pytest.approx((3 + 1 / 3) / 10)
        assert found.top_share[0.25] == pytest.approx((10 + 8 + 5 / 2) / 30)
        # half the mean difference between two customers, over the mean
        x = np.array([3, 10, 0, 1, 8, 0, 2, 1, 5, 0])
        assert found.gini == pytest.approx(np.abs(x[:, None] - x).mean() / 2 / x.mean())

    def test_equal_customers(self):
        found = pyramid.concentration([3] * 50, top=(0.2, 1.0))
        assert found.gini == pytest.approx(0, abs=1e-12)
        assert found.top_share == pytest.approx({0.2: 0.2, 1.0: 1.0})
        assert found.customers_for_80 == pytest.approx(0.8)

    def test_one_who_brings_everything(self):
        assert pyramid.concentration([0] * 99 + [5]).gini == pytest.approx(0.99)

    def test_customers_who_cost_money_make_the_curve_dip(self):
        assert pyramid.lorenz_curve([-1, 2, 3]).value[1] == pytest.approx(-0.25)

    @pytest.mark.parametrize("bad", [[0, 0], [-5, 1], []])
    def test_shares_of_nothing_are_refused(self, bad):
        with pytest.raises(InputError, match="value: "):
            pyramid.concentration(bad)


class TestCostToServe:
    @pytest.fixture
    def result(self):
        rng = np.random.default_rng(5)
        return pyramid.cost_to_serve(
            revenue=pd.Series(rng.lognormal(5, 1, 80), index=[f"c{k}" for k in range(80)]),
            gross_margin=0.3,
            activities={"visit": rng.poisson(1, 80), "call": rng.poisson(6, 80)},
            unit_costs={"visit": 25.0, "call": 3.0},
        )

    def test_profits_add_up_down_the_whale_curve(self, result):
        table = result.customers
        np.testing.assert_allclose(
            table["profit"], 0.3 * table["revenue"] - table["visit"] - table["call"], rtol=1e-12, atol=1e-9
        )
        assert table["cumulative_profit"].iloc[-1] == pytest.approx(table["profit"].sum())
        assert (table["profit"].diff().dropna() <= 0).all()

    def test_summary_splits_gain_and_loss(self, result):
        summary = result.summary()
        assert summary["profit of the profitable"] + summary["loss of the unprofitable"] == pytest.approx(
            summary["profit"]
        )
        assert summary["share unprofitable"] == pytest.approx(len(result.unprofitable) / 80)
        assert summary["peak of the whale curve"] * summary["profit"] == pytest.approx(
            result.customers["cumulative_profit"].max()
        )

    def test_every_activity_needs_a_price(self):
        with pytest.raises(InputError, match=r"in one only: \['call', 'visit'\]"):
            pyramid.cost_to_serve(revenue=[1], gross_margin=0.3, activities={"visit": [1]}, unit_costs={"call": 2})


@pytest.fixture
def log():
    return pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b", "c", "c"],
            "date": ["2024-01-01", "2024-02-01", "2024-03-01", "2024-01-15", "2024-02-20", "2024-02-25"],
            "amount": [10.0, 20.0, 30.0, 5.0, 50.0, 60.0],
        }
    )


class TestRfm:
    def test_log_is_summed_by_hand(self, log):
        table = pyramid.rfm(log, end="2024-03-31", monetary="total")
        assert table["since_last"].to_dict() == {"a": 30, "b": 76, "c": 35}
        assert table["purchases"].to_dict() == {"a": 3, "b": 1, "c": 2}
        assert table["spend"].to_dict() == {"a": 60, "b": 5, "c": 110}
        assert pyramid.rfm(log)["spend"]["c"] == 55

    def test_the_end_defaults_to_the_last_purchase(self, log):
        assert pyramid.rfm(log)["since_last"].min() == 0

    def test_columns_can_be_named(self, log):
        renamed = log.rename(columns={"customer_id": "who", "date": "when", "amount": "much"})
        named = pyramid.rfm(renamed, customer="who", date="when", amount="much")
        pd.testing.assert_frame_equal(named, pyramid.rfm(log), check_names=False)

    def test_order_of_rows_does_not_matter(self, log):
        pd.testing.assert_frame_equal(pyramid.rfm(log), pyramid.rfm(log.iloc[::-1]))

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(1, 50)), min_size=3, max_size=80),
           st.integers(2, 9))  # fmt: skip
    def test_scores_follow_the_order_and_keep_ties_together(self, rows, bins):
        table = pyramid.rfm(pd.DataFrame(rows, columns=["person", "month", "amount"]), bins=bins, duplicates="keep")
        for column, score, sign in (
            ("since_last", "recency_score", -1),
            ("purchases", "frequency_score", 1),
            ("spend", "monetary_score", 1),
        ):
            ordered = table.sort_values(column, ascending=sign > 0)
            assert (ordered[score].diff().dropna() >= 0).all()
            spread = table.groupby(column)[score].agg(lambda group: group.max() - group.min())
            assert (spread == 0).all()
            assert table[score].min() == 1
            assert table[score].max() <= bins
        assert set(table["segment"]) <= set(pyramid.SEGMENTS.values())

    def test_quintiles_of_a_hundred_different_customers(self):
        n = np.arange(1, 101)
        log = pd.DataFrame({"person": n, "month": n, "amount": n})
        table = pyramid.rfm(log)
        assert table["recency_score"].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)
        assert table["monetary_score"].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)
        assert set(table["frequency_score"]) == {1}

    def test_extremes_are_champions_and_lost(self):
        rows = [("best", month, 90) for month in range(1, 31)] + [(f"c{k}", 2 * k, 5 + k) for k in range(15)]
        rows += [("mid", 12, 40), ("mid", 13, 40)]
        table = pyramid.rfm(pd.DataFrame(rows, columns=["person", "month", "amount"]), duplicates="keep")
        assert table.loc["best", ["score", "segment"]].tolist() == ["555", "champions"]
        assert table.loc["c0", ["score", "segment"]].tolist() == ["111", "lost"]

    def test_segments_are_read_off_recency_first(self):
        """Nine customers on a grid: bought lately or long ago (rows of the table) by often or seldom (columns)."""
        rows = []
        for lately, last in enumerate((10, 60, 110)):
            for often, times in enumerate((1, 3, 9)):
                rows += [(f"{lately}{often}", last - k, 5.0) for k in range(times)]
        table = pyramid.rfm(pd.DataFrame(rows, columns=["person", "month", "amount"]), bins=3)
        # all spend the same, so frequency and amount together reach the middle third at best
        assert table.loc["20", "segment"] == "new"
        assert table.loc["22", "segment"] == "potential loyalists"
        assert table.loc["02", "segment"] == "slipping"
        assert table.loc["00", "segment"] == "lost"
        assert table.loc["12", "segment"] == "need attention"

    def test_summary_table_in_the_standard_names(self):
        summary = pd.DataFrame(
            {"frequency": [0, 3], "recency": [0.0, 30.0], "T": [40.0, 35.0], "monetary_value": [0.0, 12.0]},
            index=["a", "b"],
        )
        table = pyramid.rfm(summary)
        assert table["since_last"].to_dict() == {"a": 40, "b": 5}
        assert table["purchases"].to_dict() == {"a": 1, "b": 4}
        assert np.isnan(table.loc["a", "spend"])
        assert table.loc["a", "monetary_score"] == 1

    def test_an_object_with_transactions_is_read_as_its_log(self):
        rows = pd.DataFrame({"person": [1, 1, 2], "month": [3, 3, 5], "amount": [10.0, 10.0, 4.0]})
        table = pyramid.rfm(SimpleNamespace(transactions=rows), end=6)
        assert table["purchases"].to_dict() == {1: 2, 2: 1}
        assert table["since_last"].to_dict() == {1: 3, 2: 1}

    def test_every_fault_of_a_log_is_counted_at_once(self):
        bad = pd.DataFrame(
            {
                "person": ["a", None, "b", "c", "c", "d", "d"],
                "date": ["2024-01-01", "2024-01-02", "soon", "2024-01-03", "2024-01-03", "2024-01-04", "2030-01-01"],
                "amount": [1, 2, 3, 4, 4, -5, "six"],
            }
        )
        with pytest.raises(InputError) as error:
            pyramid.rfm(bad, end="2024-12-31")
        assert len(error.value.problems) == 6
        assert all("1 of 7 rows" in problem for problem in error.value.problems)

    @pytest.mark.parametrize(("duplicates", "purchases"), [("keep", 2), ("merge", 1)])
    def test_duplicates_are_kept_or_merged_only_when_asked(self, duplicates, purchases):
        twice = pd.DataFrame({"person": ["a", "a"], "date": ["2024-01-01"] * 2, "amount": [3.0, 3.0]})
        assert pyramid.rfm(twice, duplicates=duplicates)["purchases"]["a"] == purchases
        with pytest.raises(InputError, match=r"1 of 2 rows .* repeating an earlier row"):
            pyramid.rfm(twice)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (pd.DataFrame({"x": [1]}), "no customer column recognised"),
            (pd.DataFrame({"id": [], "date": [], "amount": []}), "has no rows"),
            (pd.DataFrame({"id": [1], "date": ["2024-01-01"]}), "no column of amounts"),
            ({"a": 1}, "have one as its 'transactions', got dict"),
            (
                pd.DataFrame({"frequency": [1], "recency": [9.0], "T": [5.0], "monetary_value": [1.0]}),
                "recency above T",
            ),
        ],
    )
    def test_refuses_what_is_no_log(self, data, words):
        with pytest.raises(InputError, match=words):
            pyramid.rfm(data)

    def test_segments_add_up(self, log):
        scores = pyramid.rfm(log, bins=3)
        table = pyramid.segment_table(scores)
        assert table["customers"].sum() == 3
        assert table["share_of_customers"].sum() == pytest.approx(1)
        assert table["action"].str.len().gt(0).all()


class TestQuadrants:
    def test_medians_split_in_half(self):
        rng = np.random.default_rng(3)
        kinds = pyramid.referral_quadrants(rng.normal(size=400), rng.normal(size=400))
        assert kinds.isin(["champions", "affluents"]).sum() == 200
        assert kinds.isin(["champions", "advocates"]).sum() == 200

    def test_who_is_at_the_cut_is_low(self):
        kinds = pyramid.referral_quadrants([10, 11], [0, 0], lifetime_cut=10, referral_cut=0)
        assert kinds.tolist() == ["misers", "affluents"]

    @given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50))
    def test_everyone_is_of_the_kind_of_the_table(self, marks):
        s, b = (list(x) for x in zip(*marks, strict=True))
        for kind, sat, loy in zip(pyramid.satisfaction_quadrants(s, b), s, b, strict=True):
            corner = {(True, True): {"loyalist", "apostle"}, (True, False): {"mercenary"},
                      (False, True): {"hostage"}, (False, False): {"defector", "terrorist"}}  # fmt: skip
            assert kind in corner[sat >= 0.5, loy >= 0.5]
            assert (kind == "apostle") == (min(sat, loy) >= 0.9)

    def test_an_index_of_0_to_100_is_refused_with_the_way_out(self):
        with pytest.raises(InputError, match="divide a 0-100 index by 100"):
            pyramid.satisfaction_quadrants([84], [0.5])

    def test_lengths_must_agree(self):
        with pytest.raises(InputError, match="must have 2 numbers, got 1"):
            pyramid.satisfaction_quadrants([0.1, 0.2], [0.5])
