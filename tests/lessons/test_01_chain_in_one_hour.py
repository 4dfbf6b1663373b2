"""Lesson 1: what it says the sliders do, they do, in the boards' luck and in others."""

import numpy as np
import pytest

from custsim.lessons import chain_in_one_hour as lesson
from custsim.lessons.firms import difference, firm, lived, monthly

TRAINING = lesson.TRAINING


def all_lucks(what, changes, seeds):
    return np.array([difference(lesson.BANK, what, changes, seed=seed) for seed in seeds])


def test_the_bank_is_as_the_situation_tells():
    bank = firm(lesson.BANK)
    assert bank.market.customers / bank.employees.customers_per_employee == 20
    profit = lived(lesson.BANK).monthly["profit"].sum() / 5
    assert 200_000 < profit < 300_000


def test_without_training_profit_first_rises_by_less_than_the_saving_and_then_falls_by_far_more(seeds):
    first = all_lucks("profit.first_year", lesson.NO_TRAINING, seeds)
    fifth = all_lucks("profit.last_year", lesson.NO_TRAINING, seeds)
    assert ((first > 8_000) & (first < 20_000)).all()
    assert ((fifth < -60_000) & (fifth > -110_000)).all()


def test_the_links_move_one_after_another():
    def month_of_half(column):
        change = monthly(lesson.BANK, column, lesson.NO_TRAINING) - monthly(lesson.BANK, column)
        return int(np.argmax(np.abs(change) >= np.abs(change).max() / 2))

    months = [month_of_half(c) for c in ("internal_service", "employee_satisfaction", "satisfaction", "customers_end")]
    assert months == sorted(months)
    assert months[0] < 6
    assert months[-1] > 24


def test_double_training_costs_first_and_hardly_pays_in_five_years(seeds):
    double = {TRAINING: 200.0}
    assert (all_lucks("profit.first_year", double, seeds) < -15_000).all()
    assert (all_lucks("profit.last_year", double, seeds) > 0).sum() >= 4  # "in most lucks, not in all"
    assert (all_lucks("profit.total", double, seeds) < 25_000).all()


def test_pay_and_training_please_the_staff_alike_but_not_customers(seeds):
    staff, customers = "employee_satisfaction.last_year", "satisfaction.last_year"
    pay, training = lesson.FIVE_PER_CENT, {TRAINING: 200.0}
    assert all_lucks(staff, pay, seeds).mean() == pytest.approx(2.4, abs=0.6)
    assert all_lucks(staff, training, seeds).mean() == pytest.approx(2.0, abs=0.6)
    ratio = all_lucks(customers, training, seeds) / all_lucks(customers, pay, seeds)
    assert ((ratio > 1.5) & (ratio < 5)).all()
    assert all_lucks(customers, training, seeds).mean() > 0.5
    assert all_lucks(customers, pay, seeds).mean() == pytest.approx(0.2, abs=0.1)


def test_no_training_loses_six_points_of_staff_and_three_of_customers(seeds):
    assert all_lucks("employee_satisfaction.last_year", lesson.NO_TRAINING, seeds).mean() == pytest.approx(-6, abs=1)
    assert all_lucks("satisfaction.last_year", lesson.NO_TRAINING, seeds).mean() == pytest.approx(-3, abs=0.5)


def test_offers_pay_within_about_a_year_and_please_nobody(seeds):
    assert (all_lucks("profit.first_year", lesson.OFFERS, seeds) > -12_000).all()
    assert (all_lucks("profit.total", lesson.OFFERS, seeds) > 50_000).all()
    assert all_lucks("satisfaction.last_year", lesson.OFFERS, seeds).mean() < 0  # "in most lucks"


def test_advertising_is_about_even_and_luck_decides(seeds):
    total = all_lucks("profit.total", {"market.marketing": 6_000.0}, seeds)
    assert (total > 0).any()
    assert (total < 0).any()


def test_easier_complaining_costs_first_and_keeps_customers(seeds):
    assert (all_lucks("profit.first_year", {"complaints.ease": 0.9}, seeds) < 0).all()
    assert (all_lucks("customers_end.last", {"complaints.ease": 0.9}, seeds) > 0).all()


def test_the_contest_of_the_sheet_can_be_won():
    board = lesson.budget()
    start, offers = board.outcome().numbers, board.outcome({"loyalty.offer_rate": 0.5}).numbers
    assert offers["net_present_value"] > start["net_present_value"]
    assert offers["profit.first_year"] > start["profit.first_year"] - 5_000
