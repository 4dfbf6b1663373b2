"""Every number above a picture and every line in it, worked out once more from persons, complaints and months."""

from __future__ import annotations

import math
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

from custsim.experiment.measures import measure, resolve
from custsim.experiment.why import CHAIN
from custsim.game.results import ALONG
from custsim.scenario import load
from custsim.simulation import Run, simulate
from custsim.widgets.charts import CHARTS, Chart, Months, Series, rescaled, scale_for
from custsim.widgets.numbers import HEADLINES, headline, headlines, written
from custsim.widgets.quick import QUICK, live

MONTHS = 26


@cache
def run() -> Run:
    """A firm with too few people at its desk and many who quit, so that nothing is nought."""
    firm = load("mobile_operator").scaled(0.3)
    hard = {
        "complaints.staff": 1,
        "complaints.handling_days": 3.0 * firm.complaints.handling_days,
        "employees.quit_hazard": 4.0 * firm.employees.quit_hazard,
        "time.months": MONTHS,
    }
    return simulate(firm.change(hard, opening="own"), 3)


def test_the_wait_that_counts_who_gave_up_is_not_named_as_the_time_to_an_answer() -> None:
    """Boards, the game and *why* count who gave up waiting, experiments do not: nobody is to compare the two."""
    waits = {
        HEADLINES["response_days"].label,
        CHARTS["answer_time"].title,
        next(one.label for one in ALONG if one.name == "response_days"),
        CHAIN["response_days"][0],
    }
    assert waits == {"Wait at the complaint desk"}
    assert resolve("response_days").label == "Time to the answer of an answered complaint"
    assert abs(value("response_days") - measure(run(), "response_days")) > 0.5  # two numbers, not one


def value(name: str, lived: Run | None = None) -> float:
    return headline(name).of(lived or run())


def emptied(**columns: float) -> Run:
    """The same run with some columns of its months set."""
    other = simulate(run().scenario, 3, months=3)
    object.__setattr__(other, "monthly", other.monthly.assign(**columns))
    return other


@cache
def store() -> Run:
    """A store whose complaints are answered so late that some who complained have left before the run."""
    firm = load("department_store").scaled(0.3)
    slow = {"complaints.staff": 1, "complaints.handling_days": 3.0 * firm.complaints.handling_days, "time.months": 14}
    return simulate(firm.change(slow, opening="own"), 1)


# --- numbers --------------------------------------------------------------------------------------------------------


def test_the_run_has_something_of_everything() -> None:
    monthly = run().monthly
    for name in ("gave_up", "answered", "quits", "referred", "warnings", "silent_failures", "major_failures", "saved"):
        assert monthly[name].sum() > 0, name
    assert monthly["vacancies"].sum() > 0


def test_numbers_of_persons_are_counted_one_by_one() -> None:
    monthly, customers, joined = run().monthly, run().customers, run().joined
    at_the_end = (customers["state"] == "customer").sum()
    assert value("customers_end") == at_the_end
    assert value("won") == len(joined)
    assert value("lost") == monthly["customers"].iloc[0] + len(joined) + monthly["won_back"].sum() - at_the_end
    assert value("churn") == pytest.approx(100.0 * 12.0 * (value("lost") / MONTHS) / monthly["customers"].mean())
    quits = (run().employees["left"] >= 0).sum()
    assert value("turnover") == pytest.approx(100.0 * 12.0 * (quits / MONTHS) / monthly["employees"].mean())
    assert value("referral_share") == pytest.approx(100.0 * (joined["recruiter"] >= 0).mean())
    stayed = (customers["state"] == "customer") & (customers["changed"] <= MONTHS - 12)
    assert value("retention") == pytest.approx(100.0 * stayed.sum() / monthly["customers"].iloc[MONTHS - 12])


def test_numbers_of_complaints_are_those_of_the_tickets() -> None:
    monthly, tickets = run().monthly, run().tickets
    assert value("response_days") == pytest.approx(tickets["wait_days"].mean())
    assert value("resolved_share") == pytest.approx(100.0 * tickets["satisfied"].mean())
    failures = monthly["minor_failures"].sum() + monthly["major_failures"].sum()
    assert value("silent_share") == pytest.approx(100.0 * monthly["silent_failures"].sum() / failures)
    # all failures are told, or kept silent, or not yet told
    assert value("complaints") * MONTHS <= failures - monthly["silent_failures"].sum()


def test_numbers_of_money() -> None:
    profit, customers = run().monthly["profit"].to_numpy(), run().customers
    assert value("profit") == pytest.approx(profit.mean())
    assert value("profit_last_year") == pytest.approx(profit[-12:].sum())
    rate = run().scenario.time.annual_discount_rate
    assert value("net_present_value") == pytest.approx(sum(profit * (1.0 + rate) ** (-np.arange(MONTHS) / 12.0)))
    won = customers[~customers["opening"].astype(bool)]
    assert value("lifetime_value") == pytest.approx((won["value_observed"] + won["value_residual"]).mean())
    assert value("lifetime_value_observed") + value("lifetime_value_residual") == pytest.approx(value("lifetime_value"))
    # what is still expected is discounted to each person's first month; to the end it is worth more
    ahead = (MONTHS - customers["since"].astype(float)) / 12.0
    assert value("customer_equity") == pytest.approx((customers["value_residual"] * (1.0 + rate) ** ahead).sum())


def test_who_is_compensated_after_leaving_was_not_won() -> None:
    """They have an account, since they cost money; but the run did not win them."""
    customers, joined = store().customers, set(store().joined["person"])
    never = customers[~customers["opening"] & ~customers.index.isin(joined)]
    assert len(never) > 0
    assert (never["contribution"] < 0).all()
    won = customers[~customers["opening"] & customers.index.isin(joined)]
    expected = (won["value_observed"] + won["value_residual"]).mean()
    assert value("lifetime_value", store()) == pytest.approx(expected)
    quick = live(store().scenario, 1, 0)
    assert QUICK["lifetime_value"](quick) == pytest.approx(expected)
    assert set(quick.who) == set(customers.index)
    assert quick.who[quick.won].tolist() == won.index.tolist()


@pytest.mark.parametrize("months", [11, 12, 13])
def test_retention_is_known_after_a_year(months: int) -> None:
    firm = load("mobile_operator").scaled(0.05).change({"time.months": months})
    lived, whole = live(firm, 3, 0), simulate(firm, 3)
    found = QUICK["retention"](lived)
    assert math.isnan(found) is (months < 12)
    assert found == pytest.approx(100.0 * measure(whole, "retention"), nan_ok=True)


def test_where_nobody_was_won_their_value_is_not_known() -> None:
    lived = live(run().scenario, 3, 0)
    lived.won[:] = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(QUICK["lifetime_value"](lived))


@pytest.mark.parametrize(
    ("name", "column", "times"),
    [
        ("satisfaction", "satisfaction", 1.0),
        ("employee_satisfaction", "employee_satisfaction", 1.0),
        ("internal_service", "internal_service", 1.0),
        ("service_quality", "service_quality", 1.0),
        ("internal_wait", "internal_wait_days", 1.0),
        ("work_pressure", "work_pressure", 100.0),
        ("complaints", "complaints", 1.0),
        ("recommendations", "recommendations", 1.0),
        ("warnings", "warnings", 1.0),
    ],
)
def test_means_of_the_months(name: str, column: str, times: float) -> None:
    assert value(name) == pytest.approx(times * run().monthly[column].mean())


def test_the_share_of_the_satisfied_counts_each_customer_of_each_month_once() -> None:
    monthly = run().monthly
    satisfied = sum(
        share * there for share, there in zip(monthly["satisfied_share"], monthly["customers"], strict=True)
    )
    assert value("satisfied_share") == pytest.approx(100.0 * satisfied / sum(monthly["customers"]))


def test_which_way_is_good() -> None:
    less = {"churn", "lost", "turnover", "internal_wait", "response_days", "silent_share", "warnings"}
    assert {name for name, one in HEADLINES.items() if one.better == "less"} == less
    assert {name for name, one in HEADLINES.items() if one.better == "neither"} == {"work_pressure", "complaints"}


@pytest.mark.parametrize(
    ("name", "nothing"),
    [
        ("churn", {"customers": 0.0}),
        ("turnover", {"employees": 0.0}),
        ("referral_share", {"joined": 0.0}),
        ("satisfied_share", {"customers": 0.0}),
        ("silent_share", {"minor_failures": 0.0, "major_failures": 0.0}),
        ("resolved_share", {"answered": 0.0, "gave_up": 0.0}),
        ("response_days", {"answered": 0.0, "gave_up": 0.0}),
    ],
)
def test_a_share_of_nothing_is_not_known(name: str, nothing: dict[str, float]) -> None:
    assert math.isnan(value(name, emptied(**nothing)))


def test_any_measure_in_the_units_that_are_shown() -> None:
    other = headline("reported_satisfaction")
    assert (other.unit, other.of(run())) == ("of 100", pytest.approx(run().monthly["reported_satisfaction"].mean()))
    share = headline("served_share")
    assert (share.unit, share.of(run())) == ("%", pytest.approx(100.0 * measure(run(), "served_share")))
    assert headline("work_pressure.last").unit == ""
    assert headline("lifetime_value_residual").unit == "currency a customer"
    assert [one.name for one in headlines(["profit", "churn", HEADLINES["profit"]])] == ["profit", "churn"]


@pytest.mark.parametrize(
    ("number", "text"),
    [(100.0, "100"), (99.94, "99.9"), (10.0, "10.0"), (9.994, "9.99"), (0.5, "0.50"), (1234.5, "1,234")],
)
def test_as_many_digits_as_the_size_calls_for(number: float, text: str) -> None:
    assert written(number) == text
    assert written(-number) == f"\N{MINUS SIGN}{text}"


def test_what_is_written_as_nought_has_no_sign() -> None:
    assert (written(-0.04, 1), written(0.04, 1, signed=True), written(-0.4, 0, signed=True)) == ("0.0", "0.0", "0")
    assert written(-0.06, 1) == "\N{MINUS SIGN}0.1"


# --- lines ----------------------------------------------------------------------------------------------------------


def line(name: str) -> np.ndarray:
    series: Series = next(one for chart in CHARTS.values() for one in chart.lines if one.name == name)
    return series.values(Months(run()))


def trailing(months: pd.Series) -> list[float]:
    """Sum of the last twelve months; of as many as there have been, brought to a year; nothing before the third."""
    last = [months.iloc[max(0, at - 11) : at + 1] for at in range(len(months))]
    return [math.nan if at < 2 else 12.0 * part.mean() for at, part in enumerate(last)]


def test_lines_of_a_year_so_far() -> None:
    monthly = run().monthly
    failures, closed = monthly["minor_failures"] + monthly["major_failures"], monthly["answered"] + monthly["gave_up"]
    for name, part, whole, times in (
        ("churn_percent", monthly["left"], monthly["customers"], 12.0),
        ("turnover_share", monthly["quits"], monthly["employees"], 12.0),
        ("referral_percent", monthly["referred"], monthly["joined"], 1.0),
        ("voiced_percent", monthly["complaints"], failures, 1.0),
        ("closed_percent", monthly["satisfied_complaints"], closed, 1.0),
    ):
        share = 100.0 * times * np.array(trailing(part)) / np.array(trailing(whole))
        assert line(name) == pytest.approx(share, nan_ok=True), name
        assert np.isnan(line(name)[:2]).all()
        assert np.isfinite(line(name)[2:]).all()


def test_lines_of_a_month() -> None:
    monthly, firm = run().monthly, run().scenario
    positions = monthly["vacancies"] + monthly["employees"]
    failures = monthly["minor_failures"] + monthly["major_failures"]
    rate = firm.time.annual_discount_rate
    worth = [sum(p * (1.0 + rate) ** (-at / 12.0) for at, p in enumerate(monthly["profit"][: n + 1]))
             for n in range(MONTHS)]  # fmt: skip
    for name, expected in {
        "vacant_share": 100.0 * monthly["vacancies"] / positions,
        "pressure_share": 100.0 * monthly["work_pressure"],
        "given_share": 100.0 * monthly["visit_hours"] / firm.employees.visit_hours,
        "norm_share": 100.0 * monthly["norm_hours"] / firm.employees.visit_hours,
        "satisfied_percent": 100.0 * monthly["satisfied_share"],
        "top_box_percent": 100.0 * monthly["top_box_share"],
        "failures_per_visit": 100.0 * failures / monthly["visits"],
        "discounted_profit": worth,
        "own_cost": monthly["contribution"] - monthly["profit"],
        "internal_wait_days": monthly["internal_wait_days"],
    }.items():
        assert line(name) == pytest.approx(np.asarray(expected)), name


def test_a_share_of_nothing_is_no_number() -> None:
    other = emptied(visits=0.0)
    assert np.isnan(CHARTS["failures"].lines[0].values(Months(other))).all()


def test_lines_are_told_apart_by_colour_and_by_dash_where_nothing_is_said() -> None:
    lines = Chart("c", "t", "persons", ("joined", "left", "referred", "won_back")).lines
    assert len({one.colour for one in lines}) == len({one.dash for one in lines}) == 4


def test_a_percentage_fits_its_axis() -> None:
    for chart in CHARTS.values():
        if chart.fixed is not None:
            for one in chart.lines:
                there = line(one.name)[np.isfinite(line(one.name))]
                assert chart.fixed[0] <= there.min() <= there.max() <= chart.fixed[1], one.name


# --- axes -----------------------------------------------------------------------------------------------------------


def test_a_dip_below_nought_is_given_a_twentieth_of_the_axis() -> None:
    assert scale_for(np.array([-3.0, 1000.0])) == (-50.0, 1000.0)
    assert scale_for(np.array([-1000.0, 3.0])) == (-1000.0, 50.0)
    assert scale_for(np.array([-300.0, 1000.0])) == (-300.0, 1000.0)


@pytest.mark.parametrize("end", [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 1500.0])
def test_a_round_value_is_an_end_of_its_own(end: float) -> None:
    assert scale_for(np.array([0.0, end])) == (0.0, end)
    assert scale_for(np.array([0.0, 1.01 * end]))[1] > end


def test_an_axis_without_nought_stays_on_its_side_and_is_no_longer_than_it_must() -> None:
    low, high = scale_for(np.array([2.0, 90.0]), zero=False, span=2.0)
    assert (low, high >= 90.0) == (0.0, True)
    low, high = scale_for(np.array([-90.0, -2.0]), zero=False, span=2.0)
    assert (low <= -90.0, high) == (True, 0.0)
    low, high = scale_for(np.array([76.0, 77.0]), zero=False, span=0.35)
    assert 0.35 * 77 <= high - low <= 0.35 * 77 + 2 * 5.0  # the span, rounded out at either end by less than a step
    assert (low % 5.0, high % 5.0) == (0.0, 0.0)
    assert scale_for(np.array([-5.0, 5.0]), zero=False)[0] <= -5.0  # what crosses nought shows it


def test_an_axis_shrinks_when_less_than_half_of_it_is_used_and_grows_when_it_must() -> None:
    before = (0.0, 1000.0)
    for values, after in (([0.0, 480.0], before), ([0.0, 390.0], (0.0, 400.0)), ([0.0, 1100.0], (0.0, 1500.0)),
                          ([-100.0, 900.0], (-100.0, 1000.0))):  # fmt: skip
        assert rescaled(np.array(values), before) == after
    assert rescaled(np.array([0.0, 480.0]), None) == (0.0, 500.0)
