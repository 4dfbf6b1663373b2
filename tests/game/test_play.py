"""Playing year by year is the run of all years; luck is the same for all; nothing is free."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from rooms import changed, small_firm

from custsim.game.book import Book
from custsim.game.levers import Volumes
from custsim.game.play import Desk, desk_after, lived, played, scheduled
from custsim.game.results import year_result
from custsim.game.rivals import RIVALS
from custsim.simulation import simulate


def by_year(desk: Desk) -> dict[str, float | int]:
    """A policy that does something else every year, and looks at what lies on the desk."""
    start = desk.firm.start
    return changed(
        start,
        complaints__staff=1 + desk.year,
        market__marketing=start["market.marketing"] * (0.5 + 0.25 * desk.year),
        internal_service__training__spend=10.0 * round(desk.volumes.customers / 50),
        loyalty__offer_rate=0.1 * desk.year,
        employees__customers_per_employee=150.0 + 5.0 * desk.year,
    )


def test_year_by_year_and_all_at_once_are_the_same_firm_bit_by_bit() -> None:
    firm = small_firm()
    plans, staged = played(firm, by_year)
    assert len(plans) == 3
    assert len({tuple(plan.items()) for plan in plans}) == 3
    whole = lived(firm, plans)
    pd.testing.assert_frame_equal(staged.monthly, whole.monthly, check_exact=True)
    pd.testing.assert_frame_equal(staged.customers, whole.customers, check_exact=True)
    pd.testing.assert_frame_equal(staged.tickets, whole.tickets, check_exact=True)
    pd.testing.assert_frame_equal(staged.employees, whole.employees, check_exact=True)


def test_a_policy_sees_the_plan_of_the_year_before() -> None:
    firm, seen = small_firm(), []

    def policy(desk: Desk) -> dict[str, float | int]:
        seen.append(desk.previous)
        return by_year(desk)

    plans, _ = played(firm, policy)
    assert seen == [firm.start, *plans[:-1]]


@pytest.mark.parametrize("luck", [{}, {"seed": 99}, {"replication": 1}])
def test_a_game_is_lived_in_the_luck_that_is_asked_for(luck: dict[str, int]) -> None:
    firm = small_firm()
    left_alone = simulate(firm.scenario, luck.get("seed", firm.seed), luck.get("replication", 0))
    _, run = played(firm, lambda desk: firm.start, **luck)
    for found in (run, lived(firm, [firm.start] * 3, **luck)):
        assert (found.seed, found.replication) == (left_alone.seed, left_alone.replication)
        assert (found.monthly["left"].iloc[:12] == left_alone.monthly["left"].iloc[:12]).all()


def test_what_is_decided_later_leaves_the_years_before_as_they_were() -> None:
    firm = small_firm()
    plans, _ = played(firm, by_year)
    whole = lived(firm, plans)
    for years in range(len(plans) + 1):
        part = lived(firm, plans[:years])
        pd.testing.assert_frame_equal(part.monthly, whole.monthly.iloc[: 12 * (years + 1)], check_exact=True)


def test_a_plan_acts_for_its_whole_year_and_not_before() -> None:
    firm = small_firm()
    plans = [changed(firm.start, market__marketing=100.0 * year) for year in (1, 2, 3)]
    spent = lived(firm, plans).monthly["marketing"].to_numpy().reshape(-1, 12)
    assert (spent == np.array([[firm.start["market.marketing"]], [100.0], [200.0], [300.0]])).all()


def test_who_does_the_same_gets_the_same_and_one_lever_leaves_all_other_luck_as_it_was() -> None:
    firm = small_firm()
    one, same = lived(firm, [firm.start]), lived(firm, [dict(firm.start)])
    pd.testing.assert_frame_equal(one.monthly, same.monthly, check_exact=True)
    # compensation of the loss or half more: who fails, complains and waits is the same person at the same time
    generous = lived(firm, [changed(firm.start, complaints__compensation=firm.start["complaints.compensation"] + 0.5)])
    first = one.tickets[one.tickets["raised"] == 12][["person", "raised", "severity"]].reset_index(drop=True)
    other = generous.tickets[generous.tickets["raised"] == 12][["person", "raised", "severity"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, other)
    assert generous.monthly["compensation"].iloc[12:].sum() > one.monthly["compensation"].iloc[12:].sum()
    pd.testing.assert_frame_equal(generous.monthly.iloc[:12], one.monthly.iloc[:12], check_exact=True)


def test_a_firm_left_alone_is_the_scenario_itself() -> None:
    firm = small_firm()
    left_alone = simulate(firm.scenario, firm.seed)
    pd.testing.assert_frame_equal(lived(firm, [firm.start] * 3).monthly, left_alone.monthly, check_exact=True)


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_house_rival_never_plans_more_than_its_budget(rival: object) -> None:
    firm = small_firm()
    plans, run = played(firm, rival.policy(firm))  # type: ignore[attr-defined]
    for year, plan in enumerate(plans, start=1):
        volumes = Volumes.of(run.monthly.iloc[12 * (year - 1) : 12 * year])
        desk = Desk(firm, year, volumes, firm.start)
        assert desk.cost(plan) <= desk.budget


def test_the_leanest_plan_is_always_within_the_budget() -> None:
    firm = small_firm()
    lean = {lever.path: lever.cheap for lever in firm.levers}
    poor = Volumes(customers=5000.0, answered=10.0, leavers=10.0, referred=10.0, revenue=1.0)
    desk = Desk(firm, 1, poor, firm.start)
    assert desk.cost(lean) <= desk.budget < desk.cost(lean) + 1000.0
    assert desk.fitted(firm.start) == pytest.approx(lean)


@pytest.mark.parametrize("grade", ["A", "C"])
def test_nothing_is_free_what_is_charged_under_the_levers_is_in_the_account(grade: str) -> None:
    firm = small_firm()
    supplied = firm.scenario.change({"internal_service.supplier_grade": grade}, opening="own")
    firm = dataclasses.replace(firm, scenario=supplied)
    plan = changed(firm.start, loyalty__offer_rate=0.3, referral__reward=50.0, complaints__compensation=1.5)
    run = lived(firm, [plan])
    year, months = year_result(firm, run, [plan]), run.monthly.iloc[12:]
    inside = firm.scenario.internal_service
    others = sum(getattr(inside, name).spend for name in ("rewards", "teamwork", "empowerment"))
    account = ["pay", "internal_service_cost", "complaint_desk", "compensation", "offers", "false_alarms", "rewards",
               "marketing"]  # fmt: skip
    charged = months[account].sum().sum() - others * months["employees"].sum()
    assert sum(year.paid.values()) == pytest.approx(charged, rel=1e-12)
    assert all(amount > 0 for amount in year.paid.values())


def test_the_book_remembers_what_a_run_says() -> None:
    firm = small_firm()
    book, plans = Book(firm), [firm.start, changed(firm.start, complaints__staff=3)]
    page, run = book.after(plans), lived(firm, plans)
    assert [year.profit for year in page.results] == pytest.approx(
        run.monthly["profit"].to_numpy().reshape(-1, 12).sum(axis=1).tolist(), rel=1e-12
    )
    assert page.results[1] == year_result(firm, lived(firm, plans[:1]), plans[:1])
    assert book.after(plans) is page
    assert book.desk(plans).volumes == desk_after(firm, run, plans).volumes


def test_the_plans_of_all_years_are_dated_interventions() -> None:
    firm = small_firm()
    dated = scheduled(firm, [firm.start, firm.start]).interventions
    assert [one.month for one in dated] == [12, 24]
    assert all(one.until is None and one.ramp_months == 0 for one in dated)
