"""The neighbourhood bank against the published facts it claims; docs/discussion/calibration.md tells them one by one.

Ten seeds for the baseline, four paired ones for each change. Targets are ranges from the literature or from the design
of the scenario, never our own output; a mean must lie in its range as it stands, without the benefit of its standard
error. Seeds are fixed, so nothing here fails by chance.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import custsim as cs
from custsim.chain import loyalty
from custsim.simulation import Run
from custsim.simulation.population import CUSTOMER, Event

SEEDS = range(1, 11)
DRIVERS = {"tools": 140.0, "training": 100.0, "support": 60.0, "rewards": 80.0, "teamwork": 35.0, "empowerment": 35.0}


@cache
def bank() -> cs.Scenario:
    return cs.load("neighbourhood_bank")


@cache
def baseline(seed: int, months: int = 60) -> Run:
    return cs.simulate(bank(), seed=seed, months=months)


def mean(measure: Any) -> float:
    return float(np.mean([measure(baseline(seed)) for seed in SEEDS]))


def worth(run: Run) -> pd.Series:
    return run.customers["value_observed"] + run.customers["value_residual"]


BASELINE = {
    # name: (measure, least, most); where each range is from is told in docs/discussion/calibration.md
    "yearly retention": (lambda r: (1 - r.monthly.left.sum() / r.monthly.customers.sum()) ** 12, 0.80, 0.88),
    "satisfied share": (lambda r: r.monthly.satisfied_share.mean(), 0.80, 0.85),
    "satisfaction index": (lambda r: r.monthly.reported_satisfaction.mean(), 75.0, 80.0),
    "turnover a year": (lambda r: r.monthly.quits.sum() / r.monthly.employees.mean() / 5, 0.20, 0.25),
    "voice after a minor failure": (
        lambda r: (r.tickets.severity == "minor").sum() / r.monthly.minor_failures.sum(),
        0.01,
        0.05,
    ),
    "voice after a loss of money": (
        lambda r: (r.tickets.severity == "major").sum() / r.monthly.major_failures.sum(),
        0.45,
        0.55,
    ),
    "complainers satisfied: under half": (lambda r: r.tickets.satisfied.mean(), 0.40, 0.50),
    "positive to negative messages": (lambda r: r.monthly.recommendations.sum() / r.monthly.warnings.sum(), 2.7, 3.3),
    "joiners by word of mouth": (lambda r: r.monthly.referred.sum() / r.monthly.joined.sum(), 0.20, 0.40),
    "profit over revenue": (lambda r: r.monthly.profit.sum() / r.monthly.revenue.sum(), 0.10, 0.20),
    "contribution of the top fifth": (
        lambda r: r.customers.contribution.nlargest(len(r.customers) // 5).sum() / r.customers.contribution.sum(),
        0.50,
        0.65,
    ),
}


@pytest.mark.parametrize("fact", BASELINE)
def test_baseline_is_plausible(fact: str) -> None:
    measure, least, most = BASELINE[fact]
    assert least <= mean(measure) <= most


LEVEL = {
    # column: (scale that its drift is compared with, most drift between the first and the last year)
    "customers": 0.03,
    "satisfaction": 0.01,
    "employee_satisfaction": 0.03,
    "norm_hours": 0.01,
    "contribution": 0.03,
}


@pytest.mark.parametrize("column", LEVEL)
def test_baseline_is_stationary(column: str) -> None:
    first = mean(lambda r: r.monthly[column].iloc[:12].mean())
    last = mean(lambda r: r.monthly[column].iloc[-12:].mean())
    assert abs(last / first - 1) < LEVEL[column]


def changed(changes: dict[str, Any], measure: Any, seeds: range = range(1, 5), months: int = 60) -> float:
    """Mean paired difference of a measure, the same firm from month 0 on."""
    other = bank().change(changes)
    return float(
        np.mean([measure(cs.simulate(other, seed=s, months=months)) - measure(baseline(s, months)) for s in seeds])
    )


def spend(factor: float) -> dict[str, float]:
    return {f"internal_service.{name}.spend": factor * money for name, money in DRIVERS.items()}


def test_sears_chain() -> None:
    """Five points of employee attitude bring 1.3 of customer impression (Rucci, Kirn & Quinn 1998) and revenue growth.

    Growth comes out above the published half point a year (0.76): a several-fold loyalty of the very satisfied, also
    published, needs a steep curve. Both cannot be had; see docs/discussion/calibration.md.
    """
    third = slice(24, 36)
    attitude = changed(spend(1.42), lambda r: r.monthly.employee_satisfaction[third].mean())
    impression = changed(spend(1.42), lambda r: r.monthly.satisfaction[third].mean())
    assert 4.0 < attitude < 6.0
    assert 0.26 * 0.75 < impression / attitude < 0.26 * 1.25
    per_year = changed(spend(1.42), lambda r: np.log(r.monthly.revenue.iloc[-12:].sum())) * 100 / 5
    assert 0.4 < per_year < 1.0


def test_very_satisfied_stay_several_times_more_often() -> None:
    """Jones & Sasser (1995): "satisfied" customers of a competitive market leave several times as often."""
    shares = []
    for seed in range(1, 5):
        before: dict[str, np.ndarray] = {}

        def look(sim: Any, before: dict[str, np.ndarray] = before) -> Any:
            yield sim.until(12)
            people = sim.state.people
            before["said"] = np.clip(people.satisfaction + people.felt, 0, 1).copy()
            before["customer"], before["since"] = people.state == CUSTOMER, people.changed.copy()
            yield sim.until(24)
            before["left"] = (people.state != CUSTOMER) | (people.changed != before["since"])

        cs.simulate(bank(), seed=seed, months=25, processes=[look])
        said, there, left = before["said"], before["customer"], before["left"]
        boxes = [(0.9, 2.0), (0.65, 0.9), (0.5, 0.65), (0.0, 0.5)]
        shares.append([left[there & (said >= low) & (said < high)].mean() for low, high in boxes])
    top, satisfied, indifferent, dissatisfied = np.mean(shares, axis=0)
    assert satisfied > 2.5 * top
    assert top < satisfied < indifferent < dissatisfied


@cache
def outcomes() -> pd.DataFrame:
    """Intention right after each failure that stayed silent and each complaint that was closed."""
    found = []

    def look(sim: Any) -> Any:
        law, fade = bank().loyalty, 1 - 1 / bank().complaints.mark_months

        def intends(i: Any) -> Any:
            people = sim.state.people
            return loyalty.repurchase_intention(
                law.intention,
                people.satisfaction[i] - law.satisfaction_reference,
                people.felt[i] / fade,
                people.wound[i] / fade,
                law.intention_satisfaction,
                law.intention_wound,
            )

        while True:
            yield sim.next_month()
            month, events = sim.month - 1, sim.state.people.events
            silent = np.flatnonzero(events & Event.SILENT)
            severity = np.where(events[silent] & Event.MAJOR_FAILURE, "major", "minor")
            found.append(pd.DataFrame({"severity": severity, "outcome": "silent", "intention": intends(silent)}))
            for when, done, result in sim.log.tickets[-1:]:
                if when == month:
                    wait, who = done["finish"] - done["arrival"], done["owner"]
                    pleased = np.where(wait <= bank().complaints.quick_days, "quick", "satisfied")
                    outcome = np.where(result["satisfied"], pleased, "unsatisfied")
                    table = {"severity": np.where(done["tag"] == 1, "major", "minor"), "outcome": outcome}
                    found.append(pd.DataFrame({**table, "intention": intends(who)})[result["customer"]])

    for seed in range(1, 4):
        cs.simulate(bank(), seed=seed, months=60, processes=[look])
    return pd.concat(found)


TARP = {
    "major": {"silent": 0.09, "unsatisfied": 0.19, "satisfied": 0.54, "quick": 0.82},
    "minor": {"silent": 0.37, "unsatisfied": 0.46, "satisfied": 0.70, "quick": 0.95},
}


@pytest.mark.parametrize("severity", TARP)
def test_intentions_after_a_failure(severity: str) -> None:
    """TARP's stated intentions by outcome (Goodman 1999): the order, and each within twelve points."""
    seen = outcomes()[outcomes()["severity"] == severity].groupby("outcome")["intention"].mean()
    for outcome, published in TARP[severity].items():
        assert seen[outcome] == pytest.approx(published, abs=0.12), outcome
    assert seen["silent"] < seen["unsatisfied"] < seen["satisfied"] < seen["quick"]


def test_recovery_pleases_but_does_not_bind() -> None:
    """The paradox in satisfaction only: a quick recovery lifts the felt mark above 0, the wound never below 0."""
    lowest, pleased = [], []

    def look(sim: Any) -> Any:
        while True:
            yield sim.next_month()
            people = sim.state.people
            lowest.append(people.wound.min())
            pleased.append(people.felt[(people.events & Event.PLEASED) != 0])

    cs.simulate(bank(), seed=1, months=24, processes=[look])
    assert min(lowest) == 0.0
    assert np.concatenate(pleased).mean() > 0.0


def test_five_points_of_retention_are_worth_a_lot() -> None:
    """Some five points of retention raise the lifetime value of customers won by 20-60 %."""
    less = {"loyalty.churn": bank().loyalty.churn * 0.55}
    won = lambda r: worth(r)[~r.customers.opening].mean()  # noqa: E731
    points = changed(less, lambda r: 100 * (1 - r.monthly.left.sum() / r.monthly.customers.sum()) ** 12)
    assert 4.0 < points < 6.0
    assert 0.20 < changed(less, won) / mean(won) < 0.60


def test_complaint_desk_has_a_cliff_and_an_optimum() -> None:
    """Waiting explodes as the desk fills up, and neither no desk nor a large one is best."""
    days = [
        np.nanmean(cs.simulate(bank().change({"complaints.staff": staff}), seed=1).monthly.response_days)
        for staff in (5, 4, 3, 2)
    ]
    assert days == sorted(days)
    assert days[3] - days[2] > 3 * (days[2] - days[1])
    late = lambda r: r.monthly.profit.iloc[-24:].mean()  # noqa: E731
    assert changed({"complaints.staff": 0}, late) < 0
    assert changed({"complaints.staff": 8}, late) < 0


def test_cutting_staff_pays_first_and_costs_later() -> None:
    """Oliva & Sterman (2001): fewer people pay in the first year; as standards erode and customers leave, no longer."""
    fewer = {"employees.customers_per_employee": 180.0}
    assert changed(fewer, lambda r: r.monthly.profit.iloc[:12].mean()) > 0
    assert changed(fewer, lambda r: r.monthly.profit.iloc[-36:].mean(), months=120) < 0
    assert changed(fewer, lambda r: r.monthly.norm_hours.iloc[-1]) < -0.02


def test_warnings_have_weight() -> None:
    """Shutting negative talk brings customers; word of mouth as a whole is worth more than its warnings cost."""
    end = lambda r: r.monthly.customers_end.iloc[-1]  # noqa: E731
    without = changed({"referral.negative_contacts": 0}, end)
    nothing = changed({"referral.negative_contacts": 0, "referral.positive_contacts": 0}, end)
    assert without > 0.01 * mean(end)
    assert nothing < -0.05 * mean(end)


def test_price_is_not_free() -> None:
    """A higher price earns at once and loses customers; in the long run it is not free money."""
    dearer = {"market.price": 1.03}
    assert changed(dearer, lambda r: r.monthly.profit.iloc[:12].mean()) > 0
    assert changed(dearer, lambda r: r.monthly.customers_end.iloc[-1]) < -0.03 * 6_000
