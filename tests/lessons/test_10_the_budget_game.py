"""Lesson 10: the rehearsal shows the same in other rooms; sums and points by hand are right; the game can be played."""

from __future__ import annotations

import pytest

from custsim.game import RIVALS, Game, firm, leaderboard
from custsim.game.book import Book, score
from custsim.lessons import the_budget_game as lesson
from custsim.lessons.firms import difference
from custsim.widgets import Session

ROOMS = (lesson.REHEARSAL, "OTHER")


@pytest.fixture(scope="module", params=ROOMS)
def managers(request):
    """The four house managers' years at the district of a room, by name."""
    if request.param == lesson.REHEARSAL:
        return lesson._managers()
    book = Book(firm(request.param))
    return {rival.name: book.after(book.rival(rival.name)).results for rival in RIVALS}


def test_the_cutter_leads_at_first_and_is_last_at_the_end(managers):
    profits = {name: [year.profit for year in years[1:]] for name, years in managers.items()}
    assert max(profits, key=lambda name: profits[name][0]) == lesson.CUTTER
    assert min(profits, key=lambda name: profits[name][-1]) == lesson.CUTTER
    assert profits[lesson.CARER][0] < profits[lesson.STEADY][0]
    assert profits[lesson.CARER][-1] > profits[lesson.STEADY][-1]
    places = leaderboard([score(name, years) for name, years in managers.items()])
    assert places[0].score.name == lesson.CARER
    assert places[-1].score.name == lesson.CUTTER


def test_the_advertiser_has_more_customers_and_earns_less_than_the_steady_hand(managers):
    steady, advertiser = managers[lesson.STEADY], managers["The advertiser"]
    assert advertiser[-1].numbers["customers"] > steady[-1].numbers["customers"]
    assert sum(year.profit for year in advertiser[1:]) < sum(year.profit for year in steady[1:])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_pay_comes_back_in_part(seed):
    lost = -difference(lesson.BANK, "profit.total", lesson._PAY, seed=seed)
    assert 0 < lost < 5 * lesson.pay_bill().right


def test_most_of_a_small_lead_is_gone_in_other_lucks():
    ours, theirs = (sum(year.profit for year in lesson._managers()[name][1:]) for name in (lesson.CARER, lesson.STEADY))
    assert 0 < lesson.guess_other_lucks().outcome < 0.6 * (ours - theirs)
    assert (lesson._apart() < 0).any()


def test_the_table_is_ordered_by_points():
    rows = lesson.rehearsal().describe()["rows"]
    points = [int(row[-1]) for row in rows]
    assert points == sorted(points, reverse=True)
    assert rows[0][0] == lesson.CARER


def test_sums_by_hand():
    assert lesson.pay_bill().right == pytest.approx(22_680)
    assert lesson.same_money().right == pytest.approx(94.5)
    assert lesson.points_by_hand().right == pytest.approx(25)
    assert lesson.best_of_many().right == pytest.approx(153_875, rel=1e-3)  # 1.53875: tables of order statistics
    assert "mean" not in Session(lesson.points_by_hand()).answer("50").message["says"]
    assert "by rank" in Session(lesson.points_by_hand()).answer("50").message["says"]


def test_the_game_can_be_played_from_the_lesson():
    made = lesson.game()
    assert isinstance(made, Game)
    assert made.code != lesson.REHEARSAL
    session = Session(made)
    assert session.look().message["phase"] == "deciding"
    made.close()


def test_the_board_shows_what_an_outlay_costs():
    session = Session(lesson.levers())
    told = {one["name"]: one for one in session.move({"employees.pay": 1.08}).message["numbers"]}
    assert told["own_cost"]["direction"] == "up"
    assert told["own_cost"]["good"] is None
    assert told["profit.total"]["direction"] == "down"


@pytest.mark.parametrize("room", ROOMS)
def test_the_budget_is_five_per_cent_more_at_first_and_then_follows_revenue(room):
    made = firm(room)
    desk = Book(made).desk([])
    assert desk.budget / desk.cost(made.start) == pytest.approx(1.05, abs=0.002)
    cutter = Book(made).rival(lesson.CUTTER)
    later = Book(made).desk(cutter[:2])
    assert later.budget < 0.95 * desk.budget
    assert later.budget == pytest.approx(made.budget_share * later.volumes.revenue, abs=501)


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_slow_pays_when_it_is_bought_early(room):
    """The order of ``slow_first``: tools and training in years 1 to 3 earn more than in years 3 to 5."""
    made = firm(room)
    book = Book(made)
    slow = ("internal_service.tools.spend", "internal_service.training.spend")
    more = dict(made.start) | {lever.path: lever.high for lever in made.levers if lever.path in slow}

    def profit(years):
        plans = []
        for year in range(1, 6):
            desk = book.desk(plans)
            plans.append(desk.fitted(more if year in years else made.start))
        return score("x", book.after(plans).results).profit

    assert profit((1, 2, 3)) > profit((3, 4, 5)) > 0
    assert profit((1, 2, 3)) > profit(())


def test_nobody_need_have_beaten_the_benchmark_to_answer():
    assert "Suppose your team beat it" in lesson.benchmark().question
