"""Worth of what is not there: closed forms where nothing else acts, parts that add up everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import custsim
from custsim.errors import InputError
from custsim.experiment.counterfactual import (
    PARTS,
    handled_complaint_worth,
    internal_service_point,
    lost_customer_cost,
    word_of_mouth_worth,
)

SMALL = custsim.load("neighbourhood_bank").scaled(0.05).change({"time.months": 18}, opening="own")
QUIET: dict[str, Any] = {"progress": False, "executor": "serial"}

#: nobody acts on anybody: satisfaction, wounds and talk change nothing, and everybody pays 60 a month and never leaves
ALONE = SMALL.change(
    {
        "market.spend_sd": 0.0,
        "market.rejoin_months": 1e6,
        "loyalty.churn": 0.0,
        "loyalty.floor": 1.0,
        "loyalty.wound_effect": 0.0,
        "loyalty.negative_effect": 0.0,
        "loyalty.positive_effect": 0.0,
        "referral.positive_contacts": 0,
        "referral.negative_contacts": 0,
        "profit.transaction_share": 0.0,
        "profit.visit_cost": 0.0,
        "profit.tenure_profile": "flat",
    },
    opening="own",
)


def test_a_customer_alone_is_worth_the_annuity() -> None:
    """Closed form: 60 a month for the months that are left, the first undiscounted; nobody else notices."""
    silent = ALONE.change({"complaints.failure_rate": 0.0})
    month, months = 5, 18
    cost = lost_customer_cost(silent, month=month, persons=3, replications=2, jobs=1)
    discount = 1.10 ** (-np.arange(months - month) / 12)
    np.testing.assert_allclose(cost.sample["own"], 60.0 * discount.sum(), rtol=1e-9)
    np.testing.assert_allclose(cost.sample["others"], 0.0, atol=1e-6)
    # the channel for complaints costs ease squared times .4 a customer and month, which is saved; staff may follow
    channel = 0.4 * 0.5**2 * discount.sum()
    quiet = cost.sample[cost.sample["costs"].abs() < 100.0]  # no position more or less
    assert len(quiet) >= 3
    np.testing.assert_allclose(quiet["costs"], -channel, rtol=1e-9)


def test_parts_add_up_for_every_customer_and_group() -> None:
    cost = lost_customer_cost(SMALL, month=3, persons=3, replications=3, jobs=1)
    parts = cost.sample[["own", "others", "costs"]].sum(axis=1)
    np.testing.assert_allclose(parts, cost.sample["total"], atol=1e-9)
    for group in cost.table["group"].unique():
        total = sum(cost.value(group, part) for part in PARTS if part != "total")
        assert cost.value(group, "total") == pytest.approx(total, abs=1e-6)
    assert set(cost.sample["tier"]) == {"top fifth", "middle", "bottom fifth"}
    assert "all customers (9 sampled)" in cost.summary()


def test_customers_removed_together_are_missed_together() -> None:
    """Of the same life each has the own contribution, an even share of the rest, and the sums are those of the life."""
    cost = lost_customer_cost(SMALL, month=3, persons=6, together=2, replications=2, jobs=1)
    alone = lost_customer_cost(SMALL, month=3, persons=6, replications=2, jobs=1)
    assert cost.sample["person"].tolist() == alone.sample["person"].tolist()
    np.testing.assert_allclose(cost.sample["own"], alone.sample["own"], atol=1e-9)
    for _, pair in cost.sample.groupby(["replication", "tier"]):
        assert pair["others"].nunique() == pair["costs"].nunique() == 1
    parts = cost.sample[["own", "others", "costs"]].sum(axis=1)
    np.testing.assert_allclose(parts, cost.sample["total"], atol=1e-9)


def test_tiers_are_ranked_and_weighed() -> None:
    cost = lost_customer_cost(SMALL, month=3, persons=6, replications=4, jobs=1)
    own = [cost.value(f"tier: {tier}", "own") for tier in ("top fifth", "middle", "bottom fifth")]
    assert own == sorted(own, reverse=True)  # spend varies by a factor of seven between the tiers
    # equally many of each tier are drawn in each replication, but they stand for 20, 60 and 20 % of the customers
    assert cost.value("all customers", "own") == pytest.approx(np.dot([0.2, 0.6, 0.2], own), rel=0.01)


def test_a_removed_customer_is_gone_for_good_and_all_else_is_as_it_was_before() -> None:
    from custsim.experiment.counterfactual import _removal

    base = custsim.simulate(SMALL, seed=4)
    person = int(base.customers.index[(base.customers["opening"]) & (base.customers["state"] == "customer")][0])
    other = custsim.simulate(SMALL, seed=4, processes=[_removal([person], 6)])
    assert other.customers.loc[person, "state"] == "removed"
    assert other.monthly.iloc[:6].equals(base.monthly.iloc[:6])
    assert other.monthly["customers"][6] == base.monthly["customers"][6] - 1


def test_a_complaint_that_moves_nobody_costs_its_compensation() -> None:
    """Closed form: where wounds and talk act on nothing, handling well costs the loss made good: 10 or 100."""
    worth = handled_complaint_worth(
        ALONE.change({"complaints.failure_rate": 0.2, "complaints.staff": 3}),
        complaints=4, replications=2, jobs=1,
    )  # fmt: skip
    assert set(worth.sample["severity"]) == {"minor", "major"}
    loss = worth.sample["severity"].map({"minor": 10.0, "major": 100.0})
    paid = worth.sample["compensation"]  # whoever was pleased without a solution got nothing
    assert ((paid == loss) | (paid == 0.0)).all()
    assert (paid == loss).sum() >= 4
    np.testing.assert_allclose(worth.sample["own"], -paid, rtol=1e-9, atol=1e-9)
    parts = worth.sample[["own", "others", "costs"]].sum(axis=1)
    np.testing.assert_allclose(parts, worth.sample["total"], atol=1e-9)


def test_complaints_handled_well_keep_customers() -> None:
    """With hurt that drives everybody away and answers that heal, answering is worth more than it costs."""
    hurting = SMALL.change({"complaints.failure_rate": 0.2, "complaints.staff": 3, "loyalty.wound_effect": 6.0})
    worth = handled_complaint_worth(hurting, complaints=8, replications=4, jobs=1)
    major = worth.table[(worth.table["group"] == "major") & (worth.table["part"] == "own")].iloc[0]
    assert major["value"] > 0.0


def test_nothing_has_no_minus() -> None:
    from custsim.experiment.counterfactual import _told

    assert _told({"value": -1e-12, "low": -0.004, "high": 0.004}).strip() == "+0.00 [+0.00, +0.00]"
    assert _told({"value": -0.006, "low": -0.5, "high": 0.0}).strip() == "−0.01 [−0.50, +0.00]"


def test_word_of_mouth_without_contacts_is_worth_exactly_nothing() -> None:
    mute = SMALL.change({"referral.positive_contacts": 0, "referral.negative_contacts": 0})
    worth = word_of_mouth_worth(mute, ["profit", "customers_end.last"], replications=2, **QUIET)
    assert worth.table["value"].abs().max() == 0.0


def test_recommendations_bring_customers_and_warnings_cost_them() -> None:
    """Means of 6 paired replications of a talkative market, some ten standard errors from 0."""
    talkative = SMALL.change({"referral.positive_peak": 0.5, "referral.negative_peak": 0.8})
    worth = word_of_mouth_worth(talkative, ["customers_end.last"], replications=6, **QUIET)
    assert worth.value("recommendations", "customers_end.last") > 0.0 > worth.value("warnings", "customers_end.last")
    table = worth.table.set_index("group")
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()


def test_internal_service_that_acts_on_nothing_is_worth_less_than_nothing() -> None:
    """Every path from internal service cut: a point moves nothing and costs just what is spent on it."""
    cut = ALONE.change(
        {
            "employees.internal_service_effect": 0.0,
            "employees.skill_training_effect": 0.0,
            "service_quality.reliability_tools": 0.0,
            "service_quality.assurance_slope": 0.0,
            "service_quality.tangibles_slope": 0.0,
            "complaints.failure_rate": 0.0,
        }
    )
    point = internal_service_point(cut, replications=3, **QUIET)
    group = "one point of internal service"
    for part in ("employee_satisfaction", "service_quality", "satisfaction", "left", "contribution"):
        assert point.value(group, part) == 0.0
    assert point.value(group, "profit before the spending") == pytest.approx(0.0, abs=1e-9)
    assert point.value(group, "profit") == pytest.approx(-point.value(group, "internal_service_cost"))
    assert point.value(group, "internal_service_cost") > 0.0


def test_a_point_of_internal_service_moves_employees_by_their_law() -> None:
    """A point moves the target of employee satisfaction by .45 of a point; with lags somewhat less (16 months)."""
    point = internal_service_point(SMALL, replications=4, **QUIET)
    assert 0.2 < point.value("one point of internal service", "employee_satisfaction") < 0.5
    assert point.value("one point of internal service", "internal_service") == 1.0


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: lost_customer_cost(SMALL, month=18), "month"),
        (lambda: lost_customer_cost(SMALL, persons=2), "persons"),
        (lambda: lost_customer_cost(SMALL, jobs=0), "jobs"),
        (lambda: lost_customer_cost(SMALL, persons=6, together=3), "together"),
        (lambda: handled_complaint_worth(SMALL, last=40), "last"),
        (lambda: handled_complaint_worth(SMALL, complaints=1), "complaints"),
        (
            lambda: handled_complaint_worth(ALONE.change({"complaints.failure_rate": 0.0}, opening="own"), last=1),
            "none was handled well",
        ),
        (lambda: internal_service_point(SMALL, step=0.0, **QUIET), "step"),
        (lambda: word_of_mouth_worth(SMALL, ["monthly:profit"], replications=1, **QUIET), "series"),
    ],
)
def test_impossible_questions_are_refused(ask: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        ask()
