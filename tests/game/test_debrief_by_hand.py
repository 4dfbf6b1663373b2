"""The debrief of made-up years: sums, means, units and the picture, worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from matplotlib.colors import same_color
from rooms import changed, small_firm

from custsim.game.benchmark import NAME as BENCHMARK
from custsim.game.debrief import Debrief, Story
from custsim.game.levers import STAFFING
from custsim.game.results import ALONG, YearResult
from custsim.plots.style import INK

FIRM = small_firm()
#: lines of a budget, in the order of the chain
LINES = ("internal_service.tools.spend", "internal_service.training.spend", "internal_service.support.spend", STAFFING,
         "complaints.staff", "complaints.compensation", "loyalty.offer_rate", "referral.reward",
         "market.marketing")  # fmt: skip


def year(number: int, paid: float, **numbers: float) -> YearResult:
    """A year in which every line of the budget cost the same, but for wages, which cost ten times that."""
    named = {one.name: numbers.get(one.name, 50.0) for one in ALONG}
    return YearResult(number, named, {path: paid * (10.0 if path == STAFFING else 1.0) for path in LINES})


def story(name: str, house: bool, paid: tuple[float, float], marketing: tuple[float, float]) -> Story:
    plans = [changed(FIRM.start, market__marketing=one) for one in marketing]
    return Story(name, house, plans, [
        year(0, 1000.0, profit=100_000.0, satisfaction=70.0), year(1, paid[0], profit=200_000.0, satisfaction=75.0),
        year(2, paid[1], profit=350_000.4, satisfaction=80.0, response_days=float("nan")),
    ])  # fmt: skip


#: Owls spend some 500 less than before in two years on each line, the others 1,000 and 2,000 more and as much
FOUND = Debrief(FIRM, [
    story("Owls", False, (700.4, 800.2), (50.0, 100.5)), story("Foxes", False, (1500.0, 1500.0), (0.0, 0.0)),
    story("The carer", True, (2000.0, 2000.0), (10.0, 20.0)),
    story("The cost cutter", True, (1000.0, 1000.0), (0.0, 0.0)),
    story(BENCHMARK, True, (1000.0, 1000.0), (30.0, 30.00004)),
])  # fmt: skip


def test_what_was_spent_is_the_sum_of_the_years_decided() -> None:
    assert FOUND.spent["Owls"].tolist() == pytest.approx([1500.6] * 3 + [15_006.0] + [1500.6] * 5)
    assert FOUND.spent.index[3] == "Wages"


def test_what_was_decided_is_the_mean_of_the_years() -> None:
    assert FOUND.decided.loc["Advertising, per month"].tolist() == pytest.approx([75.25, 0.0, 15.0, 0.0, 30.00002])


def test_the_table_is_the_last_year_and_the_lines_are_all_years() -> None:
    assert FOUND.table.loc["Profit", "Owls"] == 350_000.4
    assert (FOUND.table.loc["Profit", "unit"], FOUND.table.loc["Failures", "unit"]) == ("EUR", "per 100 visits")
    assert FOUND.over_years("profit")["Owls"] == [100_000.0, 200_000.0, 350_000.4]


def test_the_same_as_plain_data() -> None:
    data = FOUND.data()
    assert data["teams"][2] == {"name": "The carer", "house": True}
    assert data["spent"][3] == {"label": "Wages", "values": [15_006, 30_000, 40_000, 20_000, 20_000]}
    assert data["spent"][0]["values"] == [1501, 3000, 4000, 2000, 2000]
    advertising = next(row for row in data["decided"] if row["path"] == "market.marketing")
    assert advertising["values"] == [75.25, 0.0, 15.0, 0.0, 30.0]
    pay = next(row for row in data["decided"] if row["path"] == "employees.pay")
    assert pay["values"] == pytest.approx([FIRM.start["employees.pay"]] * 5, abs=5e-5)
    links = {one["name"]: one for one in data["links"]}
    assert links["profit"]["years"][0] == [100_000.0, 200_000.0, 350_000.4]
    assert (links["profit"]["unit"], links["satisfaction"]["unit"]) == ("EUR", "of 100")
    assert links["response_days"]["years"][0] == [50.0, 50.0, None]


def test_the_picture_shows_spending_against_the_year_before_times_the_years() -> None:
    figure = FOUND.figure()
    spending = next(ax for ax in figure.axes if ax.get_title(loc="left") == "Spending against year 0")
    assert [label.get_text() for label in spending.get_yticklabels()] == FOUND.spent.index.tolist()
    low, high = sorted(spending.get_ylim())
    assert spending.get_ylim() == (high, low)  # the first line of the budget on top
    assert "thousand EUR" in spending.get_xlabel()
    for bars, more in zip(spending.containers, (-0.4994, 1.0, 2.0, 0.0, 0.0), strict=True):
        widths = [bar.get_width() for bar in bars]
        assert widths == pytest.approx([more] * 3 + [10.0 * more] + [more] * 5)
    ends = [[(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars] for bars in spending.containers]
    for row in range(len(LINES)):  # bars of a line stand side by side around its place, and on no other line's
        here = [bars[row] for bars in ends]
        assert here == sorted(here)
        assert all(before[1] <= after[0] for before, after in pairwise(here))
        assert (here[0][0] + here[-1][1]) / 2 == pytest.approx(row)
        assert here[-1][1] - here[0][0] <= 0.8
    assert [bool(bars[0].get_hatch()) for bars in spending.containers] == [False, False, True, True, True]
    assert any("the sum of 2 years" in text.get_text() for text in figure.texts)


def test_money_is_drawn_in_thousands_and_nothing_else_is() -> None:
    drawn = {ax.get_title(loc="left"): ax for ax in FOUND.figure().axes}
    assert drawn["Profit"].lines[0].get_ydata() == pytest.approx([100.0, 200.0, 350.0004])
    assert drawn["Profit"].get_ylabel() == "thousand EUR"
    assert drawn["Customer satisfaction"].lines[0].get_ydata() == pytest.approx([70.0, 75.0, 80.0])
    assert drawn["Customer satisfaction"].get_ylabel() == "of 100"
    assert drawn["Profit"].lines[0].get_xdata() == pytest.approx([0, 1, 2])


def test_teams_and_house_are_told_apart() -> None:
    lines = next(ax for ax in FOUND.figure().axes if ax.get_title(loc="left") == "Profit").lines
    assert [line.get_label() for line in lines] == [one.name for one in FOUND.stories]
    assert not any(
        same_color(one.get_color(), other.get_color()) for one in lines for other in lines if one is not other
    )
    assert len({line.get_marker() for line in lines}) == 5
    owls, foxes, carer, cutter, best = lines
    assert owls.get_linestyle() == foxes.get_linestyle() == "-"
    assert carer.get_linestyle() == cutter.get_linestyle() != "-"
    assert min(owls.get_linewidth(), foxes.get_linewidth()) > carer.get_linewidth()
    assert same_color(best.get_color(), INK)
