from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reduced import bare
from scipy import stats
from tiny import tiny

from custsim.errors import InputError
from custsim.experiment.compare import Comparison, compare, differences
from custsim.experiment.investment import invested, payback_month
from custsim.experiment.paired import paired, ratio, stein_replications
from custsim.scenario import Scenario
from custsim.simulation import Run, simulate

# --- a difference that is known ----------------------------------------------------------------------------------

PERSONS, MONTHS, CHURN, REVENUE, MORE = 60, 4, 0.1, 50.0, 10.0

#: customers pay in every month they begin as customers: n (1 + r + r^2 + ...)
TRUTH = MORE * PERSONS * (1 - (1 - CHURN) ** MONTHS) / CHURN

EXPERIMENTS, FIXED, PILOT = 200, 8, 6

#: in pairs of this firm the difference has a standard deviation of 78; this width takes twelve of them in the mean
WIDTH = 60.0


def firm() -> Scenario:
    return bare(
        PERSONS, PERSONS, loyalty={"churn": CHURN}, time={"months": MONTHS}, profit={"monthly_revenue": REVENUE}
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("coverage") / "kept.db"


def experiments(store: Path, **rule: object) -> list[Comparison]:
    base = firm()
    other = base.change({"profit.monthly_revenue": REVENUE + MORE})
    return [
        compare(base, other, measures="profit.total", seed=seed, executor="serial", store=store, **rule)  # type: ignore[arg-type]
        for seed in range(EXPERIMENTS)
    ]


def covered(found: list[Comparison]) -> float:
    rows = [one.table.iloc[0] for one in found]
    return float(np.mean([row["low"] <= TRUTH <= row["high"] for row in rows]))


def test_the_paired_interval_covers(store: Path) -> None:
    """Of 200 intervals of 95 %, 182 to 196 hold the truth; by chance they would not in 2 of 100 cases."""
    found = experiments(store, replications=FIXED)
    assert 0.91 <= covered(found) <= 0.98
    mean = np.mean([one.table["difference"].iloc[0] for one in found])
    error = np.std([one.table["difference"].iloc[0] for one in found], ddof=1) / math.sqrt(EXPERIMENTS)
    assert abs(mean - TRUTH) < 4 * error  # fails by chance in 6 of 100,000 cases


def test_the_interval_of_a_wanted_width_covers_and_is_as_narrow(store: Path) -> None:
    """As above, by Stein's rule."""
    found = experiments(store, precision=WIDTH, pilot=PILOT)
    assert 0.91 <= covered(found) <= 0.98
    replications = [one.replications for one in found]
    assert all((one.table["high"] - one.table["low"]).iloc[0] / 2 <= WIDTH + 1e-9 for one in found)
    assert min(replications) == PILOT
    assert max(replications) > 2 * PILOT  # the rule had something to decide
    assert all(one.wanted == one.replications for one in found)


def test_steins_rule_covers_whatever_the_variance() -> None:
    """100,000 experiments of normal differences: the share covered is 95 % or more, within 4 standard errors."""
    luck = np.random.default_rng(3)
    for spread in (0.3, 2.0):
        pilots = luck.normal(0.0, spread, (100_000, PILOT))
        needed = np.array([stein_replications(pilot, 1.0) for pilot in pilots[:20_000]])
        t = stats.t.ppf(0.975, PILOT - 1)
        s = pilots[:20_000].std(axis=1, ddof=1)
        assert np.array_equal(needed, np.maximum(PILOT, np.ceil((t * s) ** 2)))
        n = np.maximum(PILOT, np.ceil((t * pilots.std(axis=1, ddof=1)) ** 2))
        rest = luck.normal(0.0, 1.0, n.size) * spread * np.sqrt(n - PILOT)
        means = (pilots.sum(axis=1) + rest) / n
        half = t * pilots.std(axis=1, ddof=1) / np.sqrt(n)
        assert (half <= 1.0 + 1e-12).all()
        assert abs((np.abs(means) <= half).mean() - 0.95) < 4 * math.sqrt(0.95 * 0.05 / n.size)


# --- the statistics ----------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_the_paired_t_test() -> None:
    luck = np.random.default_rng(1)
    x = luck.normal(size=25)
    y = x + luck.normal(0.4, 0.7, size=25)
    found = paired(x, y, 0.9)
    expected = stats.ttest_rel(y, x).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.probability_more == pytest.approx(stats.ttest_rel(y, x, alternative="less").pvalue)
    assert found.variance_ratio == pytest.approx((x.var(ddof=1) + y.var(ddof=1)) / (y - x).var(ddof=1))
    assert found.more_in == (y > x).mean()


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=30))
def test_comparing_the_other_way_round_turns_the_signs(pairs: list[tuple[float, float]]) -> None:
    x, y = np.array(pairs).T
    one, other = paired(x, y), paired(y, x)
    assert one.difference == -other.difference
    assert (one.low, one.high) == (-other.high, -other.low)
    assert one.more_in == pytest.approx(1 - other.more_in)
    assert one.low <= one.difference <= one.high


def test_pairs_that_lack_a_number_are_left_out() -> None:
    x, y = np.array([1.0, np.nan, 3.0, 4.0]), np.array([2.0, 5.0, np.nan, 6.0])
    assert paired(x, y).replications == 2
    assert paired(x, y).difference == 1.5
    assert math.isnan(paired(x[:1], y[:1]).low)
    assert paired(x[1:2], y[1:2]).replications == 0


def test_luck_that_changes_nothing_leaves_an_interval_without_width() -> None:
    found = paired(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert (found.low, found.high, found.probability_more) == (1.0, 1.0, 1.0)
    assert found.variance_ratio == math.inf


def test_what_differs_by_rounding_alone_does_not_vary() -> None:
    """A fixed cost is the same in all luck, but y - x of two sums is so only to the last digits."""
    x = np.random.default_rng(1).normal(-7e3, 2e3, 40)
    y = x - 3150.1
    assert np.ptp(y - x) > 0
    found = paired(x, y)
    assert found.low == found.difference == found.high == pytest.approx(-3150.1)
    assert (found.probability_more, found.variance_ratio) == (0.0, math.inf)
    assert paired(x, y + 1e-8 * x).variance_ratio == pytest.approx(2e16, rel=1e-4)  # little, but it varies


def test_a_difference_of_rounding_alone_is_none() -> None:
    """The same money added up in another order is no change for better or worse."""
    x = np.random.default_rng(1).normal(-7e3, 2e3, 40)
    y = ((x + 3150.1) - 1e3) - 2150.1
    assert np.any(y != x)
    assert np.allclose(x, y, rtol=1e-12)
    found = paired(x, y)
    assert (found.difference, found.low, found.high, found.probability_more, found.more_in) == (0, 0, 0, 0.5, 0.5)


def test_the_interval_of_a_ratio_covers() -> None:
    """10,000 ratios of means of 40: the share covered is 95 % within 1 point; no claim beyond large samples."""
    luck = np.random.default_rng(5)
    hits = 0
    for _ in range(10_000):
        below = luck.normal(10.0, 2.0, 40)
        found = ratio(0.3 * below + luck.normal(0.0, 1.0, 40), below)
        hits += found.low <= 0.3 <= found.high
    assert abs(hits / 10_000 - 0.95) < 0.01
    assert math.isnan(ratio(np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 1.0])).value)


# --- investments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "month"),
    [([1, 1], 0), ([-3, 1, 1, 1], 3), ([-3, 4, -3, 4], 3), ([-3, 1, 1], None), ([5, -6], None), ([0, 0], 0)],
)
def test_payback_is_the_month_from_which_nothing_is_owed_any_more(extra: list[float], month: int | None) -> None:
    assert payback_month(np.array(extra, dtype=float)) == month


def test_money_that_comes_back_in_full_is_paid_back_whatever_the_rounding() -> None:
    """0.3 - 0.1 - 0.2 is nothing owed, and neither are its digits behind the sixteenth, however they are added."""
    for parts in ([-0.3, 0.1, 0.2], [-0.3, 0.2, 0.1], [-0.7, 0.1, 0.6], [-0.7, 0.6, 0.1]):
        assert payback_month(np.array(parts)) == 2
        none = np.zeros((4, 3))
        found = invested((none, none + parts), (none, none), (np.zeros(4), np.zeros(4)), 0.0)
        assert (found.payback, found.paid_back) == (2, 1.0)


def test_an_investment_of_100_that_brings_60_a_year_is_worth_what_the_textbook_says() -> None:
    months, rate = 24, 1.1 ** (1 / 12) - 1
    nothing = np.zeros((3, months))
    luck = np.array([-1.0, 0.0, 1.0])[:, None]
    gain = nothing.copy()
    gain[:, 1:] += 5.0
    cost = nothing.copy()
    cost[:, 0] = 100.0
    equity = np.zeros(3), np.full(3, 50.0)
    found = invested((nothing + luck, gain - cost + luck), (nothing + luck, gain + luck), equity, rate)
    value = sum(5.0 * (1 + rate) ** -month for month in range(1, months)) - 100.0
    assert found.cost.difference == pytest.approx(100.0)
    assert found.net_present_value.difference == pytest.approx(value)
    assert found.with_customers.difference == pytest.approx(value + 50 / 1.1**2)
    assert found.value_return.value == pytest.approx(value / 100)
    assert found.payback == 20  # 20 payments of 5, the first in month 1
    assert found.paid_back == 1.0


# --- comparisons -------------------------------------------------------------------------------------------------


def test_a_comparison_tells_what_the_runs_say() -> None:
    base = tiny(**{"time.months": 12})
    changed = base.change({"complaints.staff": 3})
    found = compare(base, changed, measures=["profit", "response_days", "customers"], replications=4, executor="serial")
    runs = [[simulate(firm, 1, n).monthly["profit"].mean() for n in range(4)] for firm in (base, changed)]
    row = found.table.iloc[0]
    assert row["difference"] == pytest.approx(np.mean(runs[1]) - np.mean(runs[0]))
    assert row["scenario"] == "complaints.staff = 3"
    assert row["probability_better"] < 0.05  # two idle clerks cost their pay
    quick = found.table.iloc[1]
    assert quick["difference"] < 0
    assert quick["better_in"] > 0.5  # less waiting is better
    over = found.over_time()
    assert len(over) == 12
    assert over["difference"].mean() == pytest.approx(row["difference"])
    assert found.investments["complaints.staff = 3"].cost.difference > 0
    json.dumps(found.data, allow_nan=False)
    text = found.summary()
    assert "4 paired replications" in text
    assert max(map(len, text.splitlines())) < 140


def test_segments_and_several_alternatives_have_rows_of_their_own() -> None:
    base = tiny(segments=[{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}])
    found = compare(
        base, {"complaints.staff": 2}, base.change({"name": "cheap", "market.price": 0.9}),
        measures=["profit", "customer_equity[*]"], replications=3, executor="serial",
    )  # fmt: skip
    assert found.names == ("unnamed", "complaints.staff = 2", "cheap")
    assert found.table["measure"].tolist() == ["profit", "customer_equity[a]", "customer_equity[b]"] * 2


@pytest.mark.parametrize("names", [[None, "complaints.staff = 3"], ["complaints.staff = 3", None]])
def test_a_name_that_is_given_is_kept_and_no_other_is_like_it(names: list[str | None]) -> None:
    changes = [{"complaints.staff": 3} if name is None else {"market.price": 0.9} for name in names]
    found = compare(tiny(), *changes, names=names, measures="profit", replications=2, executor="serial")
    expected = [name or f"complaints.staff = 3 ({number})" for number, name in enumerate(names, 1)]
    assert found.names == ("unnamed", *expected)


def test_a_store_keeps_what_a_comparison_computed(tmp_path: Path) -> None:
    arguments = {"measures": "profit", "executor": "serial", "store": tmp_path / "s.db"}
    first = compare(tiny(), {"complaints.staff": 2}, replications=3, **arguments)  # type: ignore[arg-type]
    more = compare(tiny(), {"complaints.staff": 2}, replications=5, **arguments)  # type: ignore[arg-type]
    assert (first.evaluation.computed, more.evaluation.computed, more.evaluation.kept) == (6, 4, 6)


def test_a_limit_on_replications_is_said() -> None:
    found = compare(
        tiny(), {"market.price": 0.9}, measures="profit", precision=1e-6, pilot=5, most=6, executor="serial"
    )  # fmt: skip
    assert found.replications == 6
    assert found.wanted is not None
    assert found.wanted > 6
    assert "Only 6 were allowed" in found.summary()


def _two_of_three(run: Run) -> float:
    """Profit, but in every third luck there is nothing to measure."""
    profit = run.monthly["profit"].sum()
    return float("nan") if run.replication % 3 == 0 else float(profit)


def test_pairs_without_a_value_do_not_count_for_a_wanted_precision() -> None:
    """However many pairs have no value, the interval is no wider than was asked for."""
    from custsim.experiment.measures import Measure

    some = Measure("some", "Profit in two of three", "currency", _two_of_three)
    arguments: dict[str, Any] = {"measures": some, "pilot": 6, "executor": "serial"}
    pilot = compare(tiny(), {"market.price": 0.9}, replications=6, measures=some, executor="serial").table.iloc[0]
    half = (pilot["high"] - pilot["low"]) / 4
    found = compare(tiny(), {"market.price": 0.9}, precision=half, **arguments)
    row = found.table.iloc[0]
    assert row["replications"] == sum(number % 3 != 0 for number in range(found.replications))
    assert found.wanted == found.replications
    assert (row["high"] - row["low"]) / 2 <= half
    assert f"some: {row['replications']} of {found.replications} pairs have a value" in found.summary()


def test_a_precision_is_refused_where_the_pilot_tells_nothing() -> None:
    """Nobody at the desk answers nothing: no pair has an answer time, and no number of pairs would give one."""
    with pytest.raises(InputError, match="response_days: precision: only 0 of the pilot's 5 pairs have a value"):
        compare(tiny(), {"complaints.staff": 0}, measures="response_days", precision=0.1, pilot=5, executor="serial")


def test_what_is_the_same_in_all_luck_is_told_as_that() -> None:
    found = compare(tiny(), {}, measures=["profit", "response_days"], replications=2, executor="serial")
    assert "The account is the same in every replication." in " ".join(found.summary().split())
    assert "50.0 %" not in found.summary()


@pytest.mark.parametrize(
    ("others", "arguments", "message"),
    [
        ((), {}, "at least one alternative"),
        (({"complaints.staf": 1},), {}, "did you mean complaints.staff"),
        (({"time.months": 7},), {}, "last 6, 7 months"),
        (({},), {"replications": 1}, "at least 2"),
        (({},), {"confidence": 95}, "confidence: must be"),
        (({},), {"precision": -1.0}, "above 0"),
        (({},), {"precision": math.inf}, "a number above 0"),
        (({},), {"precision": {"retention": 1.0}, "measures": "profit"}, "not among the measures"),
        (({},), {"precision": 1.0, "replications": 9}, "give one of them"),
        (({},), {"names": ["a", "b"]}, "1 needed, all different"),
        (({}, {}), {"names": ["a", "a"]}, "2 needed, all different"),
        (({},), {"names": ["unnamed"]}, "none that of the base"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    others: tuple[object, ...], arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        compare(tiny(), *others, executor="serial", **arguments)  # type: ignore[arg-type]


def test_a_run_that_fails_is_left_out_with_its_pair_and_an_alternative_that_always_fails_is_refused() -> None:
    def odd(run: object) -> float:
        if run.scenario.complaints.staff == 2 and run.replication in failing:  # type: ignore[attr-defined]
            raise ValueError("odd")
        return 1.0

    failing = {1}
    found = compare(tiny(), {"complaints.staff": 2}, measures=[odd], replications=4, executor="serial")
    assert found.table["replications"].tolist() == [3]
    assert "1 runs failed" in found.summary()
    failing = {0, 1, 2, 3}
    with pytest.raises(InputError, match="odd"):
        compare(tiny(), {"complaints.staff": 2}, measures=[odd], replications=4, executor="serial")


def test_differences_name_what_was_changed() -> None:
    base = tiny()
    assert differences(base, base) == {}
    changed = base.change({"complaints.staff": 3, "segments": [{"name": "all", "spend": 2.0}]})
    assert differences(base, changed) == {"complaints.staff": (1, 3), "segments[0].spend": (1.0, 2.0)}
