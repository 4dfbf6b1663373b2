from __future__ import annotations

import math

import numpy as np
import pytest
from tiny import tiny

from custsim.errors import InputError
from custsim.experiment.measures import BY_SEGMENT, DERIVED, Measure, known, measure, resolve, resolve_all
from custsim.simulation import Run, simulate
from custsim.simulation.accounts import COLUMNS


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(tiny(**{"time.months": 24, "market.persons": 1500, "market.customers": 700}), seed=3)


def test_every_column_is_a_measure_of_its_mean_and_a_series(run: Run) -> None:
    for column in COLUMNS:
        if column.name in DERIVED:
            continue
        months = run.monthly[column.name]
        assert measure(run, column.name) == pytest.approx(months.mean(), rel=1e-12, nan_ok=True)
        assert np.array_equal(measure(run, f"monthly:{column.name}"), months, equal_nan=True)


def test_a_year_of_a_flow_is_its_sum_and_of_a_level_its_mean(run: Run) -> None:
    assert measure(run, "profit.last_year") == pytest.approx(run.monthly["profit"].iloc[12:].sum())
    assert measure(run, "profit.first_year") + measure(run, "profit.last_year") == pytest.approx(
        measure(run, "profit.total")
    )
    assert measure(run, "satisfaction.last_year") == pytest.approx(run.monthly["satisfaction"].iloc[12:].mean())
    assert measure(run, "customers_end.last") == run.monthly["customers_end"].iloc[-1]
    assert measure(run, "customers.first") == run.monthly["customers"].iloc[0]


def test_a_run_shorter_than_a_year_has_no_year() -> None:
    short = simulate(tiny(), seed=1)
    assert math.isnan(float(measure(short, "profit.last_year")))
    assert math.isnan(float(measure(short, "retention")))


def test_net_present_value_is_the_discounted_sum(run: Run) -> None:
    a_month = 1.1 ** (1 / 12)
    expected = sum(profit / a_month**month for month, profit in enumerate(run.monthly["profit"]))
    assert measure(run, "net_present_value") == pytest.approx(expected, rel=1e-12)


def test_customer_equity_is_what_the_customers_at_the_end_will_bring_seen_from_there(run: Run) -> None:
    at_end = run.customers[run.customers["state"] == "customer"]
    expected = sum(
        row.value_residual * 1.1 ** ((24 - row.since) / 12) for row in at_end.itertuples()
    )  # fmt: skip
    assert measure(run, "customer_equity") == pytest.approx(expected, rel=1e-9)


def test_lifetime_value_is_of_customers_won_in_the_run_and_has_two_parts(run: Run) -> None:
    won = run.customers[~run.customers["opening"]]
    assert 0 < len(won) < len(run.customers)
    assert measure(run, "lifetime_value_observed") == pytest.approx(won["value_observed"].mean())
    assert measure(run, "lifetime_value") == pytest.approx(
        measure(run, "lifetime_value_observed") + measure(run, "lifetime_value_residual")
    )


def test_segments_add_up_to_the_whole(run: Run) -> None:
    two = tiny(
        **{
            "time.months": 12,
            "segments": [{"name": "personal", "share": 0.7}, {"name": "business", "share": 0.3, "spend": 3.0}],
        }
    )
    lived = simulate(two, seed=2)
    for name in ("customer_equity", "contribution"):
        parts = [float(measure(lived, f"{name}[{segment}]")) for segment in ("personal", "business")]
        assert sum(parts) == pytest.approx(float(measure(lived, name)), rel=1e-9)
    won = lived.customers[~lived.customers["opening"]]["segment"].value_counts(normalize=True)
    mean = sum(won[name] * float(measure(lived, f"lifetime_value[{name}]")) for name in won.index)
    assert mean == pytest.approx(float(measure(lived, "lifetime_value")), rel=1e-9)
    assert [one.name for one in resolve_all("lifetime_value[*]", two)] == [
        "lifetime_value[personal]",
        "lifetime_value[business]",
    ]


def test_answer_time_is_over_complaints_and_share_of_referrals_over_joiners(run: Run) -> None:
    answered = run.tickets[~run.tickets["gave_up"].astype(bool)]
    assert measure(run, "response_days") == pytest.approx(answered["wait_days"].mean())
    assert measure(run, "referral_share") == pytest.approx(run.monthly["referred"].sum() / run.monthly["joined"].sum())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("profits", "did you mean profit?"),
        ("lifetme_value", "did you mean lifetime_value?"),
        ("satisfaction.total", "level, which has no sum"),
        ("profit[personal]", "not measured by segment"),
        ("lifetime_value[nobody]", "no such segment"),
        ("monthly:profi", "did you mean monthly:profit?"),
        (7, "a name or a function"),
    ],
)
def test_what_is_no_measure_is_refused_with_the_nearest(asked: object, message: str) -> None:
    with pytest.raises(InputError) as refused:
        resolve(asked, tiny())  # type: ignore[arg-type]
    assert message in str(refused.value)


def test_all_misspelt_measures_are_reported_at_once() -> None:
    with pytest.raises(InputError) as refused:
        resolve_all(["profits", "profit", "retentoin"])
    assert len(refused.value.problems) == 2


def test_what_is_known_says_what_it_is_and_whether_more_is_better() -> None:
    names = [one.name for one in known()]
    assert len(set(names)) == len(names)
    assert set(DERIVED) | set(BY_SEGMENT) <= set(names)
    assert all(one.label and one.unit for one in known())
    better = {one.name: one.better for one in known()}
    assert (better["profit"], better["response_days"], better["left"], better["pay.total"]) == (
        "more", "less", "less", "less",
    )  # fmt: skip


def test_a_function_is_a_measure_whose_identity_follows_its_code(run: Run) -> None:
    def busiest(run: Run, factor: float = 1.0) -> float:
        return factor * float(run.monthly["visits"].max())

    first = resolve(busiest)
    assert first(run) == run.monthly["visits"].max()

    def busiest(run: Run, factor: float = 1.0) -> float:  # type: ignore[no-redef]
        return factor * float(run.monthly["visits"].min())

    second = resolve(busiest)
    assert first.name == second.name == "busiest"
    assert first.identity != second.identity
    with pytest.raises(InputError, match="two measures of this name"):
        resolve_all([first, second])
    named = Measure("peak", "Busiest month", "visits", lambda run: 1.0)
    assert named.identity == "peak"
