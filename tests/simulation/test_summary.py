"""The summary of a run: identities of its numbers, theory where switches leave some, limits where they should bite."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from custsim.scenario import Scenario
from custsim.simulation import Run, simulate
from custsim.simulation.accounts import COSTS
from custsim.simulation.summary import summarise
from custsim.simulation.weakness import WATCHED, retention, silent_share, weak_points


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(Scenario().scaled(0.15), seed=5, months=30)


def test_money_adds_up(run: Run) -> None:
    firm = run.summary().data["firm"]
    for name in ("revenue", "contribution", "profit", "won", "lost"):
        assert sum(year[name] for year in firm["by_year"]) == pytest.approx(firm[name], rel=1e-9)
    assert firm["contribution"] - float(run.monthly[list(COSTS)].sum().sum()) == pytest.approx(firm["profit"], rel=1e-9)
    assert firm["margin"] == pytest.approx(firm["profit"] / firm["revenue"])
    assert [year["months"] for year in firm["by_year"]] == [12, 12, 6]
    assert firm["last_year"]["profit"] == pytest.approx(float(run.monthly["profit"].iloc[18:].sum()))


def test_persons_are_conserved(run: Run) -> None:
    data = run.summary().data
    customers, worth = data["customers"], data["customer_value"]
    assert customers["start"] + customers["won"] - customers["lost"] == customers["end"]
    new = set(run.joined["person"]) - set(run.customers.index[run.customers["opening"]])
    assert worth["won"]["customers"] == len(new)
    assert worth["opening"]["customers"] == customers["start"]
    assert worth["won"]["still"] + worth["opening"]["still"] == customers["end"]
    assert sum(customers["ladder"].values()) == run.scenario.market.persons
    for by in ("by_segment", "by_ladder"):
        for group in ("won", "opening"):
            assert sum(row[group]["customers"] for row in worth[by]) == worth[group]["customers"]


def test_value_observed_and_expected_are_told_apart_for_those_won_and_those_there(run: Run) -> None:
    worth = run.summary().data["customer_value"]
    joined = run.customers.index.isin(run.joined["person"])
    for group, chosen in (("won", ~run.customers["opening"] & joined), ("opening", run.customers["opening"])):
        table = run.customers[chosen]
        for name in ("value_observed", "value_residual", "capacity_observed", "capacity_residual", "referral_value"):
            assert worth[group][name]["mean"] == pytest.approx(float(np.mean(table[name])))
            assert worth[group][name]["median"] == pytest.approx(float(np.median(table[name])))
    by_hand = sum(
        row[group]["value_observed"]["mean"] * row[group]["customers"]
        for row in worth["by_ladder"]
        for group in ("won", "opening")
        if row[group]["customers"]
    )
    gone = run.customers[~run.customers["opening"] & ~joined]  # left before the run, and were compensated in it
    assert by_hand + float(gone["value_observed"].sum()) == pytest.approx(float(run.customers["value_observed"].sum()))


def test_data_is_plain_and_text_is_narrow(run: Run) -> None:
    summary = summarise(run)
    assert json.loads(json.dumps(summary.data, allow_nan=False)) == summary.data
    lines = str(summary).splitlines()
    assert max(map(len, lines)) <= 80
    for block in summary.blocks:
        assert block.title in lines
    long_names = run.scenario.change(
        {"segments": [{"name": "x" * 60, "share": 0.5}, {"name": "y" * 60, "share": 0.5}], "currency": "doubloons"}
    )
    assert max(map(len, str(simulate(long_names, months=2).summary()).splitlines())) <= 80


def alike(**changes: Any) -> Scenario:
    """A market of persons who all leave with one probability a month, whatever happens to them."""
    return Scenario().change(
        {
            "loyalty.churn": 0.02,
            "loyalty.churn_shape": 1e6,
            "loyalty.floor": 1.0,
            "loyalty.wound_effect": 0.0,
            "loyalty.negative_effect": 0.0,
            "loyalty.positive_effect": 0.0,
            "loyalty.visits_exponent": 0.0,
            "market.opening": "stock",
            **changes,
        },
        opening="own",
    )


def test_retention_of_people_who_are_alike_is_a_power() -> None:
    run = simulate(alike(), seed=3, months=20)
    expected, people = 0.98**12, float(run.monthly["customers"].iloc[8])
    error = math.sqrt(expected * (1 - expected) / people)
    assert abs(retention(run) - expected) < 4 * error  # by chance once in 16,000 seeds
    assert run.summary().data["customers"]["retention_12_months"] == retention(run)
    assert math.isnan(retention(simulate(alike(), seed=3, months=11)))


@pytest.mark.parametrize("staff", [8, 1])
def test_silence_by_severity_is_the_law_of_voice(staff: int) -> None:
    changes = {"complaints.voice_satisfaction": 0.0, "complaints.ease": 0.5, "complaints.staff": staff}
    run = simulate(alike(**changes), seed=4, months=24)  # with one at the desk, many complaints are open at the end
    for severity, log_odds in (
        ("minor", run.scenario.complaints.minor_voice),
        ("major", run.scenario.complaints.major_voice),
    ):
        voiced = 1.0 / (1.0 + math.exp(-log_odds))
        failures = float(run.monthly[f"{severity}_failures"].sum())
        error = math.sqrt(voiced * (1 - voiced) / failures)
        assert abs(silent_share(run, severity) - (1 - voiced)) < 4 * error  # type: ignore[arg-type]


def test_nobody_talks_where_nobody_may() -> None:
    quiet = Scenario().scaled(0.1).change({"referral.positive_peak": 0.0}, opening="own")
    talk = simulate(quiet, months=12).summary().data["word_of_mouth"]
    assert (talk["recommending_share"], talk["recommendations"], talk["referred"]) == (0.0, 0.0, 0.0)
    assert talk["top_recruiters"] == []


def test_recruiters_are_counted_from_the_tree(run: Run) -> None:
    talk = run.summary().data["word_of_mouth"]
    brought = run.referrals.groupby("recruiter").size()
    assert talk["referred"] == len(run.referrals)
    for best in talk["top_recruiters"]:
        assert best["recruits"] == brought[best["person"]]
    assert talk["top_recruiters"][0]["recruits"] == brought.max()


def sound(run: Run) -> Run:
    """The run with a month's row in which every link is well, and without complaints."""
    well = {
        "internal_wait_days": 0.3, "internal_service": 63.0, "employee_satisfaction": 65.0, "quits": 0.0,
        "vacancies": 0.0, "work_pressure": 0.9, "norm_hours": run.scenario.employees.visit_hours, "unserved": 0.0,
        "service_quality": 77.0, "satisfied_share": 0.85, "satisfaction": 78.0, "minor_failures": 1.0,
        "major_failures": 0.0, "complaints": 0.0, "customers": 100.0, "customers_end": 100.0, "recommendations": 30.0,
        "warnings": 10.0, "joined": 10.0, "referred": 3.0, "profit": 10.0, "revenue": 100.0, "visits": 1000.0,
        "employees": 40.0,
    }  # fmt: skip
    customers = run.customers.assign(
        state="customer", changed=-1, opening=False, value_observed=500.0, value_residual=500.0,
        capacity_observed=200.0, capacity_residual=200.0,
    )  # fmt: skip
    return dataclasses.replace(
        run, monthly=run.monthly.assign(**well), customers=customers, tickets=run.tickets.iloc[:0]
    )


def test_nothing_stands_out_where_all_is_well(run: Run) -> None:
    assert weak_points(sound(run)) == []
    assert "Nothing stands out" in str(sound(run).summary())


LAST = np.arange(30) >= 18
BEYOND: list[tuple[str, dict[str, Any]]] = [
    ("time to an internal answer", {"internal_wait_days": 1.5}),
    ("change of internal service quality", {"internal_service": 63.0 - 4.0 * LAST}),
    ("employee satisfaction", {"employee_satisfaction": 55.0}),
    ("turnover a year", {"quits": 40.0 * 0.31 / 12}),
    ("vacant positions", {"vacancies": 2.2}),
    ("work pressure", {"work_pressure": 1.01}),
    ("norm of time per visit lost", {"norm_hours": 0.7}),
    ("visits turned away", {"unserved": 6.0}),
    ("change of service quality", {"service_quality": 77.0 - 3.0 * LAST}),
    ("satisfied customers", {"satisfied_share": 0.74}),
    ("change of satisfaction", {"satisfaction": 78.0 - 3.0 * LAST}),
    ("failures a visit", {"minor_failures": 80.0}),
    ("silent although money was lost", {"major_failures": 1.0}),
    ("change of customers a year", {"customers_end": 94.0}),
    ("recommendations heard for each warning", {"recommendations": 19.0}),
    ("joined by recommendation", {"referred": 1.0}),
    ("profit margin", {"profit": -1.0}),
    ("change of the profit margin", {"profit": 10.0 - 6.0 * LAST}),
]


@pytest.mark.parametrize(("what", "columns"), BEYOND)
def test_what_is_beyond_its_limit_is_told_and_nothing_else(run: Run, what: str, columns: dict[str, Any]) -> None:
    well = sound(run)
    found = weak_points(dataclasses.replace(well, monthly=well.monthly.assign(**columns)))
    assert [point["what"] for point in found] == [what]
    assert found[0]["text"] in str(dataclasses.replace(well, monthly=well.monthly.assign(**columns)).summary()).replace(
        "\n" + " " * (len(found[0]["link"]) + 2), " "
    )


@pytest.mark.parametrize(
    ("what", "columns"),
    [
        ("answer time", {"wait_days": 5.1}),
        ("complaints given up waiting", {"gave_up": np.arange(40) < 3}),
        ("satisfied with the handling", {"satisfied": np.arange(40) < 19}),
    ],
)
def test_the_desk_is_watched(run: Run, what: str, columns: dict[str, Any]) -> None:
    well, tickets = sound(run), run.tickets.iloc[:40].assign(wait_days=2.0, gave_up=False, satisfied=True)
    assert weak_points(dataclasses.replace(well, tickets=tickets)) == []
    found = weak_points(dataclasses.replace(well, tickets=tickets.assign(**columns)))
    assert [point["what"] for point in found] == [what]


@pytest.mark.parametrize(
    ("what", "columns"),
    [("retention over the last 12 months", {"state": "lapsed"}),
     ("worth of a customer won, less staff tied up", {"capacity_observed": 900.0})],
)  # fmt: skip
def test_the_customers_are_watched(run: Run, what: str, columns: dict[str, Any]) -> None:
    well = sound(run)
    found = weak_points(dataclasses.replace(well, customers=well.customers.assign(**columns)))
    assert [point["what"] for point in found] == [what]


def test_every_limit_is_tested_has_a_reason_and_stands_in_the_order_of_the_chain() -> None:
    tested = {what for what, _ in BEYOND} | {
        "answer time", "complaints given up waiting", "satisfied with the handling",
        "retention over the last 12 months", "worth of a customer won, less staff tied up",
    }  # fmt: skip
    assert {watch.what for watch in WATCHED} == tested
    links = ["internal service", "employees", "service quality", "satisfaction", "complaints", "loyalty",
             "word of mouth", "profit"]  # fmt: skip
    assert list(dict.fromkeys(watch.link for watch in WATCHED)) == links
    assert [links.index(watch.link) for watch in WATCHED] == sorted(links.index(watch.link) for watch in WATCHED)
    for watch in WATCHED:
        assert math.isfinite(watch.limit(Scenario()))
        assert watch.reason
        assert watch.meaning


def test_a_firm_without_customers_or_of_one_month_has_a_summary_too() -> None:
    empty = Scenario().scaled(0.02).change(
        {"market.customers": 0, "market.join_base": 0.0, "market.join_advertised": 0.0, "market.opening": "launch"},
        opening="own",
    )  # fmt: skip
    data = simulate(empty, months=3).summary()
    assert data.data["customers"]["end"] == 0
    assert data.data["firm"]["margin"] is None
    json.dumps(data.data, allow_nan=False)
    assert "What the firm earned" in str(data)
    assert simulate(Scenario().scaled(0.02), months=1).summary().data["customers"]["retention_12_months"] is None
