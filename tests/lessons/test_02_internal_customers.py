"""Lesson 2: what it says the sliders do, they do, in the boards' luck and in others."""

import numpy as np
import pytest

from custsim.lessons import internal_customers as lesson
from custsim.lessons.firms import difference, firm, lived, measured

STAFF, CUSTOMERS = "employee_satisfaction.last_year", "satisfaction.last_year"


def all_lucks(what, changes, seeds, of=lesson.BANK):
    return np.array([difference(of, what, changes, seed=seed) for seed in seeds])


def wait(requests, seed=1):
    return measured(lesson.BANK, "internal_wait_days", {lesson.REQUESTS: requests}, seed=seed)


# ---- the desk ----------------------------------------------------------------------------------------------------


def test_the_district_is_as_the_situation_tells():
    bank = firm(lesson.BANK)
    assert bank.internal_service.desk_staff == 1
    assert bank.market.customers / bank.employees.customers_per_employee == 20
    assert measured(lesson.BANK, "internal_wait_days") == pytest.approx(0.5, abs=0.05)


def test_the_queue_is_patient_and_then_is_not(seeds):
    for seed in seeds:
        waits = [wait(requests, seed) for requests in (1.5, 2.5, 3.0, 4.0)]
        assert waits == sorted(waits)
        assert waits[1] < 1.3
        assert 1.2 < waits[2] < 2.2
        assert 11 < waits[3] < 18


def test_the_flood_goes_down_the_chain(seeds):
    for column, low, high in (("internal_service.last_year", -12.5, -10), (STAFF, -7, -3), (CUSTOMERS, -1.4, -0.4)):
        change = all_lucks(column, lesson.FLOOD, seeds)
        assert ((low < change) & (change < high)).all(), column


def test_the_books_of_the_first_year_show_nothing_and_those_of_the_last_something(seeds):
    assert (np.abs(all_lucks("profit.first_year", lesson.FLOOD, seeds)) < 1_500).all()
    last = all_lucks("profit.last_year", lesson.FLOOD, seeds)
    assert (last < -10_000).sum() >= 4  # "in most lucks"


# ---- cures -------------------------------------------------------------------------------------------------------


def test_the_opening_is_the_banks_own_and_the_flood_comes_after_it():
    assert lesson.flooded().opening == firm(lesson.BANK)


def test_every_cure_ends_the_waiting_and_the_second_person_is_the_dearest(seeds):
    for cure in ({lesson.DESK: 2}, {lesson.WORK: 0.2}, {lesson.REQUESTS: 3.0}):
        for seed in seeds:
            assert measured(lesson.flooded(), "internal_wait_days", cure, seed=seed) < 2.5
        assert (all_lucks(STAFF, cure, seeds, of=lesson.flooded()) > 1.5).all()
    hired = all_lucks("profit.total", {lesson.DESK: 2}, seeds, of=lesson.flooded())
    assert ((hired < -110_000) & (hired > -200_000)).all()
    repaired = all_lucks("profit.total", {lesson.WORK: 0.2}, seeds, of=lesson.flooded())
    assert (repaired > hired + 100_000).all()
    queue = -all_lucks("profit.total", lesson.FLOOD, seeds)
    assert ((queue > 0) & (queue < 70_000)).all()


def test_no_desk_at_all_looks_like_a_saving(seeds):
    assert all_lucks("profit.first_year", {lesson.DESK: 0}, seeds) == pytest.approx(38_000, abs=1_500)


# ---- leaving -----------------------------------------------------------------------------------------------------


def test_forty_years_of_the_same_district_are_as_different_as_chance_makes_them():
    """Counts of a Poisson process have a variance near their mean; 40 of them, so within a factor of two and a half."""
    years = np.array(lesson.quits()).ravel()
    assert years.mean() == pytest.approx(4.6, abs=0.5)
    assert years.max() == 10
    assert years.min() == 0
    assert 0.4 < years.var() / years.mean() < 2.5
    assert lesson.guess_luck().outcome == years.max()


def test_a_leaver_costs_a_fifth_of_a_years_pay():
    bank = firm(lesson.BANK)
    assert lesson.leaver_cost().right / (12 * bank.employees.monthly_pay) == pytest.approx(0.21, abs=0.002)


# ---- levers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_support_is_cheapest_for_staff_and_training_and_tools_for_customers(seed):
    staff, customers = {}, {}
    for name, changes in lesson.LEVERS.items():
        cost = sum(
            difference(lesson.BANK, f"{column}.first_year", changes, seed=seed)
            for column in ("internal_service_cost", "pay")
        )
        staff[name] = difference(lesson.BANK, STAFF, changes, seed=seed) / cost
        customers[name] = difference(lesson.BANK, CUSTOMERS, changes, seed=seed) / cost
    assert max(staff, key=staff.get) == "Support +60 EUR"
    first_two = sorted(customers, key=customers.get, reverse=True)[:2]
    assert set(first_two) == {"Training +100 EUR", "Tools +140 EUR"}
    assert min(customers, key=customers.get) == "Pay +5 %"


def test_no_lever_pays_in_the_first_year_and_the_mood_alone_does_not_pay_in_five(seeds):
    for name, changes in lesson.LEVERS.items():
        assert (all_lucks("profit.first_year", changes, seeds) < 0).all(), name
        total = all_lucks("profit.total", changes, seeds)
        if name in ("Training +100 EUR", "Tools +140 EUR"):
            assert (np.abs(total) < 45_000).all(), name  # "about even"
        else:
            assert (total < 0).all(), name


def test_the_bank_loses_a_fifth_to_a_quarter_of_its_people_a_year(seeds):
    for seed in seeds:
        months = lived(lesson.BANK, seed=seed).monthly
        assert 0.15 < 12 * months["quits"].sum() / months["employees"].sum() < 0.35
