"""``why``: parts add up exactly, order effects show, and the account of the difference is an identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

import custsim
from custsim.errors import InputError
from custsim.experiment.accounting import LINES, SERIES, account
from custsim.experiment.links import Between
from custsim.experiment.why import why
from custsim.plots.style import number
from custsim.scenario.model import Scenario
from custsim.simulation.accounts import CHARGED, COSTS, MARGINS

SMALL = custsim.load("neighbourhood_bank").scaled(0.05).change({"time.months": 24}, opening="own")
QUIET: dict[str, Any] = {"progress": False, "executor": "serial"}

THREE = {
    "internal_service.training.spend": 250.0,
    "complaints.staff": 0,
    "referral.positive_contacts": 0,
}


def monthly(seed: int, months: int = 9) -> dict[str, np.ndarray]:
    """Months of an invented firm that obeys the two identities: customers are conserved, profit adds up."""
    luck = np.random.default_rng(seed)
    firm = {name: luck.uniform(0.0, 50.0, (1, months)) for name in (*MARGINS, *CHARGED, *COSTS)}
    joined = luck.integers(0, 9, (1, months)).astype(float)
    customers, left = np.zeros((1, months)), np.zeros((1, months))
    stock = float(luck.integers(0, 4))
    for month in range(months):
        customers[0, month] = stock
        left[0, month] = luck.integers(0, int(stock) + 1)
        stock += joined[0, month] - left[0, month]
    for name in MARGINS:
        firm[name] *= customers > 0  # nobody there, no margin
    profit = sum(firm[name] for name in MARGINS) - sum(firm[name] for name in (*CHARGED, *COSTS))
    referred = np.floor(joined / 2)
    return firm | {
        "profit": profit,
        "customers": customers,
        "left": left,
        "joined": joined,
        "referred": referred,
        "won_back": np.minimum(1.0, joined - referred),
    }


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_account_adds_up_to_the_difference_in_profit(one: int, other: int) -> None:
    a, b = monthly(one), monthly(other)
    assert account(a, b).sum() == pytest.approx((b["profit"] - a["profit"]).mean(), abs=1e-9)
    np.testing.assert_allclose(account(b, a), -account(a, b), atol=1e-9)


def test_customers_kept_are_worth_their_margin() -> None:
    """100 customers at a margin of 2, of whom one firm loses 10 in the first of two months: 10 x 2 / 2 months."""
    a = {name: np.zeros((1, 2)) for name in SERIES}
    a |= {"customers": np.array([[100.0, 100.0]]), "base": np.array([[200.0, 200.0]])}
    b = a | {
        "customers": np.array([[100.0, 90.0]]),
        "left": np.array([[10.0, 0.0]]),
        "base": np.array([[200.0, 180.0]]),
    }
    found = dict(zip(LINES, account(a, b)[:, 0].tolist(), strict=True))
    assert found.pop("kept") == pytest.approx(-10.0, abs=1e-12)
    assert not any(found.values())


def test_parts_of_the_links_add_up_exactly_in_every_replication() -> None:
    told = why(SMALL, SMALL.change(THREE), replications=2, **QUIET)
    assert [link.name for link in told.links] == ["internal_service", "complaints", "referral"]
    difference = told.profit_b - told.profit_a
    assert abs(difference).min() > 1.0
    for parts in (told.contributions, told.forward, told.reverse):
        np.testing.assert_allclose(parts.sum(axis=0), difference, atol=1e-9)
    assert told.table["contribution"].sum() == pytest.approx(told.difference, abs=1e-9)
    assert told.account["amount"].sum() == pytest.approx(told.difference, abs=1e-9)
    for row in told.table.itertuples():
        assert told.account[row.link].sum() == pytest.approx(row.contribution, abs=1e-9)


def test_the_parts_are_the_shapley_values() -> None:
    """By the definition for two links, from four firms lived one by one."""
    one, other = {"complaints.staff": 0}, {"loyalty.churn": 0.05}
    p = {
        name: custsim.simulate(SMALL.change(changes), seed=3).monthly["profit"].mean()
        for name, changes in {"": {}, "1": one, "2": other, "12": one | other}.items()
    }
    told = why(SMALL, SMALL.change(one | other), seed=3, **QUIET)
    wanted = (p["1"] - p[""] + p["12"] - p["2"]) / 2
    assert told.contributions[0, 0] == pytest.approx(wanted, abs=1e-9)
    assert told.forward[0, 0] == pytest.approx(p["1"] - p[""], abs=1e-9)
    assert told.reverse[0, 0] == pytest.approx(p["12"] - p["2"], abs=1e-9)
    assert told.forward[0, 0] != pytest.approx(told.reverse[0, 0], abs=1.0)  # the order does matter here


def test_where_the_order_of_switching_does_not_matter_that_is_said() -> None:
    """Two costs that act on nothing add up in any order."""
    told = why(SMALL, SMALL.change({"profit.fixed_cost": 9000.0, "loyalty.winback_cost": 15.5}), **QUIET)
    assert len(told.links) == 2
    np.testing.assert_allclose(told.forward, told.reverse, atol=1e-9)
    assert "The order does not matter here." in told.summary()
    assert "order matters most" not in told.summary()


def test_identical_runs_differ_by_nothing_and_say_so() -> None:
    run = custsim.simulate(SMALL, seed=2)
    told = why(run, run, **QUIET)
    assert told.difference == 0.0
    assert told.links == ()
    assert "the same" in told.summary()
    assert told.table.empty
    assert not told.account["amount"].any()
    renamed = why(SMALL, SMALL.change({"title": "another title"}), **QUIET)
    assert renamed.links == ()


def test_two_runs_with_different_luck_have_luck_as_a_link() -> None:
    a, b = custsim.simulate(SMALL, seed=1, months=12), custsim.simulate(SMALL.change(THREE), seed=5, months=12)
    told = why(a, b, orders="two", **QUIET)
    assert told.links[-1].name == "luck"
    assert told.orders == "two"
    assert told.difference == pytest.approx(b.monthly["profit"].mean() - a.monthly["profit"].mean(), abs=1e-9)
    assert told.contributions.sum() == pytest.approx(told.difference, abs=1e-9)
    np.testing.assert_allclose((told.forward + told.reverse) / 2, told.contributions, atol=1e-9)


def test_interventions_belong_to_the_links_they_change() -> None:
    changed = SMALL.change(
        {
            "interventions": [
                {"month": 3, "change": {"complaints.staff": 0, "market.marketing": 0.0}},
                {"month": 6, "change": {"complaints.ease": 0.9}},
            ]
        }
    )
    between = Between(SMALL, changed, 24)
    assert [link.name for link in between.links] == ["complaints", "profit"]
    mixed = between.mixed(frozenset(["complaints"])).interventions
    assert [dict(item.change) for item in mixed] == [{"complaints.staff": 0}, {"complaints.ease": 0.9}]
    told = why(SMALL, changed, **QUIET)
    assert told.contributions.sum() == pytest.approx(told.difference, abs=1e-9)


def test_a_firm_that_had_always_been_so_differs_in_its_opening() -> None:
    told = why(SMALL, SMALL.change({"employees.customers_per_employee": 220.0}, opening="own"), **QUIET)
    assert [link.name for link in told.links] == ["opening", "employees"]
    assert told.contributions.sum() == pytest.approx(told.difference, abs=1e-9)
    assert told.account.set_index("line").loc["opening", "opening"] != 0.0


def test_a_cost_that_acts_on_nothing_is_all_there_is() -> None:
    """Closed form: fixed cost changes profit by just that, in one line, without any uncertainty."""
    dearer = SMALL.change({"profit.fixed_cost": SMALL.profit.fixed_cost + 123.0})
    told = why(SMALL, dearer, replications=3, **QUIET)
    found = told.account.set_index("line")["amount"]
    assert found["fixed"] == pytest.approx(-123.0, abs=1e-9)
    assert found.drop("fixed").abs().max() == 0.0
    assert told.table.loc[0, ["low", "high"]].tolist() == pytest.approx([-123.0, -123.0], abs=1e-9)
    assert "market and profit" in told.summary()


@pytest.mark.parametrize(
    ("a", "b", "options", "says"),
    [
        (SMALL, SMALL.change({"time.months": 12}), {}, "time.months"),
        (SMALL, 7, {}, "two runs or two scenarios"),
        (SMALL, SMALL, {"orders": "some"}, "orders"),
        (SMALL, SMALL.change(THREE), {"confidence": 1.0}, "confidence"),
    ],
)
def test_what_cannot_be_compared_is_refused(a: Scenario, b: Any, options: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        why(a, b, **options, **QUIET).table  # noqa: B018


def test_a_run_with_a_process_of_its_own_is_refused() -> None:
    def generous(simulation: Any) -> Any:
        yield simulation.until(2)
        simulation.set({"employees.pay": 1.5})

    plain = custsim.simulate(SMALL, months=6)
    with pytest.raises(InputError, match="processes"):
        why(plain, custsim.simulate(SMALL, months=6, processes=[generous]), **QUIET)
    with pytest.raises(InputError, match="months"):
        why(plain, custsim.simulate(SMALL, months=7), **QUIET)


def test_the_picture_shows_both_firms_and_every_part() -> None:
    told = why(SMALL, SMALL.change(THREE), replications=2, **QUIET)
    figure = custsim.plots.why(told, names=("today", "the plan"))
    left, right = figure.axes
    texts = {text.get_text() for text in left.findobj(Text)}
    assert {"today", "the plan", "Internal service", "Complaints", "Word of mouth"} <= texts
    for part in told.table["contribution"]:
        assert ("+" if part > 0 else "") + number(part, 0) in texts
    assert "Complaint desk" in {text.get_text() for text in right.findobj(Text)}
    with pytest.raises(InputError, match="do not differ"):
        custsim.plots.why(why(SMALL, SMALL, **QUIET))


def test_what_a_store_has_kept_gives_the_same_answer(tmp_path: Path) -> None:
    changed = SMALL.change({"complaints.staff": 0, "loyalty.churn": 0.03})
    fresh, kept = (why(SMALL, changed, store=tmp_path / "runs.sqlite", **QUIET) for _ in range(2))
    assert fresh.table.equals(kept.table)
    assert fresh.account.equals(kept.account)
    assert fresh.summary() == kept.summary()
