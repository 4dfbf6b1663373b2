"""Pictures of a run show the run's own numbers, draw without complaint, and stay legible for short and long runs."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from custsim import plots
from custsim.errors import InputError
from custsim.plots.style import number
from custsim.scenario import Scenario
from custsim.simulation import Run, simulate
from custsim.simulation.accounts import COSTS

PICTURES = ("overview", "chain", "customers", "satisfaction", "complaints", "profit", "value_distribution", "ladder",
            "profit_bridge")  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Run:
    changed = {"interventions": [{"name": "fewer at the desk", "month": 9, "change": {"complaints.staff": 1}}]}
    return simulate(Scenario().scaled(0.1).change(changed), seed=2, months=30)


@pytest.fixture(scope="module")
def long_run() -> Run:
    return simulate(Scenario().scaled(0.05), seed=2, months=100)


def rendered(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(buffer, format="png", dpi=50)
    return buffer.getvalue()


def line(figure: Figure, label: str) -> Any:
    """The heights of the line with a label, on whichever axis it is."""
    return next(item.get_ydata() for ax in figure.axes for item in ax.lines if item.get_label() == label)


def bars(figure: Figure, label: str) -> Any:
    found = next(bars for ax in figure.axes for bars in ax.containers if bars.get_label() == label)
    return np.array([bar.get_height() for bar in found])


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("months", [1, 8, 30, 100])
def test_every_picture_draws_without_complaint(run: Run, long_run: Run, name: str, months: int) -> None:
    drawn = {30: run, 100: long_run}.get(months) or simulate(Scenario().scaled(0.05), seed=2, months=months)
    figure = getattr(plots, name)(drawn)
    assert isinstance(figure, Figure)
    assert rendered(figure).startswith(b"\x89PNG")
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert sum(bool(title) for title in titles) == {"overview": 4, "value_distribution": 2}.get(name, 1)


def test_a_run_without_complaints_or_customers_draws_too() -> None:
    quiet = Scenario().scaled(0.05).change({"complaints.failure_rate": 0.0, "time.warm_up_months": 0}, opening="own")
    rendered(plots.overview(simulate(quiet, months=5)))
    nobody = {"market.customers": 0, "market.join_base": 0.0, "market.join_advertised": 0.0, "market.opening": "launch"}
    empty = simulate(Scenario().scaled(0.02).change(nobody, opening="own"), months=3)
    for name in PICTURES:
        if name != "value_distribution":
            rendered(getattr(plots, name)(empty))
    with pytest.raises(InputError, match="nobody is in 'all'"):
        plots.value_distribution(empty)


def test_lines_and_bars_are_the_monthly_table(run: Run) -> None:
    monthly = run.monthly
    chain = plots.chain(run)
    named = {
        "internal service": "internal_service",
        "employee satisfaction": "employee_satisfaction",
        "service quality": "service_quality",
        "customer satisfaction": "satisfaction",
    }
    for label, column in named.items():
        np.testing.assert_array_equal(line(chain, label), monthly[column])
    customers = plots.customers(run)
    np.testing.assert_array_equal(line(customers, "customers"), monthly["customers_end"])
    np.testing.assert_array_equal(bars(customers, "won"), monthly["joined"])
    np.testing.assert_array_equal(bars(customers, "lost"), -monthly["left"])
    complaints = plots.complaints(run)
    np.testing.assert_array_equal(bars(complaints, "satisfied with the handling"), monthly["satisfied_complaints"])
    closed = monthly["answered"] + monthly["gave_up"]
    np.testing.assert_array_equal(bars(complaints, "not satisfied"), closed - monthly["satisfied_complaints"])
    np.testing.assert_allclose(line(complaints, "wait at the desk (right)"), monthly["response_days"], rtol=1e-12)


def test_profit_so_far_is_discounted(run: Run) -> None:
    figure = plots.profit(run)
    np.testing.assert_array_equal(bars(figure, "profit"), run.monthly["profit"])
    discount = (1 + run.scenario.time.annual_discount_rate) ** (-np.arange(30) / 12)
    expected = np.cumsum(run.monthly["profit"] * discount)
    np.testing.assert_allclose(line(figure, "profit so far (right)"), expected, rtol=1e-12)
    left, right = figure.axes
    where = [-ax.get_ylim()[0] / (ax.get_ylim()[1] - ax.get_ylim()[0]) for ax in (left, right)]
    assert where[0] == pytest.approx(where[1])  # both axes have their 0 at one height


def test_a_long_run_is_drawn_by_quarter_and_nobody_is_lost_on_the_way(long_run: Run) -> None:
    figure = plots.customers(long_run)
    assert len(bars(figure, "won")) == 34
    assert bars(figure, "won").sum() == long_run.monthly["joined"].sum()
    answer = line(plots.complaints(long_run), "wait at the desk (right)")
    months = long_run.monthly.iloc[:3]
    closed = months["answered"] + months["gave_up"]
    waited = long_run.tickets[long_run.tickets["closed"] < 3]["wait_days"]
    assert len(waited) == closed.sum()
    assert answer[0] == pytest.approx(float(waited.mean()))


def test_the_bridge_leads_from_revenue_to_profit(run: Run) -> None:
    figure = plots.profit_bridge(run, 6, 17)
    ax = figure.axes[0]
    names = [label.get_text() for label in ax.get_yticklabels()]
    widths = dict(zip(names, [bar.get_width() for bar in ax.patches], strict=True))
    span = run.monthly.iloc[6:18]
    assert widths["Revenue"] == pytest.approx(span["revenue"].sum())
    assert widths["Contribution of customers"] == pytest.approx(span["contribution"].sum())
    assert widths["Profit"] == pytest.approx(span["profit"].sum())
    wholes = ("Revenue", "Contribution of customers", "Profit")
    split = names.index("Contribution of customers")
    taken = [widths[name] for name in names[1:split]]
    assert widths["Revenue"] + sum(taken) == pytest.approx(widths["Contribution of customers"])
    own = [widths[name] for name in names[split + 1 :] if name not in wholes]
    assert sum(own) == pytest.approx(-float(span[list(COSTS)].sum().sum()))
    assert widths["Contribution of customers"] + sum(own) == pytest.approx(widths["Profit"])
    assert "July 2025 to June 2026" in [text.get_text() for text in ax.texts]
    for first, last in ((-1, 3), (5, 4), (0, 30)):
        with pytest.raises(InputError, match="must be months of the run"):
            plots.profit_bridge(run, first, last)


def test_the_ladder_has_everybody_on_it(run: Run) -> None:
    ax = plots.ladder(run).axes[0]
    assert sum(bar.get_width() for bar in ax.patches) == run.scenario.market.persons
    assert [label.get_text() for label in ax.get_yticklabels()] == list(run.ladder.index)


def test_concentration_of_value(run: Run) -> None:
    figure = plots.value_distribution(run, "opening")
    value = np.sort(run.customers.loc[run.customers["opening"], "value_observed"])[::-1]
    best = 100 * value[: len(value) // 5].sum() / value.sum()
    told = [text.get_text() for text in figure.axes[1].texts if text.get_text().startswith("the best")]
    assert abs(float(told[0].split()[-2]) - best) < 1.0
    assert any(
        f"customers there at the start, {number(len(value))}" in text.get_text() for text in figure.axes[0].texts
    )
    with pytest.raises(InputError, match="group: must be"):
        plots.value_distribution(run, "some")  # type: ignore[arg-type]


def test_interventions_are_marked_and_named(run: Run) -> None:
    figure = plots.overview(run)
    assert "fewer at the desk" in [text.get_text() for text in figure.axes[0].texts]
    for ax in figure.axes[:4]:
        assert any(list(item.get_xdata()) == [9, 9] for item in ax.lines)


def test_years_are_on_the_axis(run: Run, long_run: Run) -> None:
    assert [label.get_text() for label in plots.chain(run).axes[0].get_xticklabels()] == ["2025", "2026", "2027"]
    assert [label.get_text() for label in plots.chain(long_run).axes[0].get_xticklabels()][:2] == ["2025", "2027"]
    short = plots.chain(simulate(Scenario().scaled(0.05), months=6)).axes[0]
    assert short.get_xticklabels()[0].get_text() == "Jan 2025"


def test_panels_of_the_overview_are_wide(run: Run) -> None:
    """A long legend or subtitle must not squeeze its panel."""
    figure = plots.overview(run)
    rendered(figure)
    for ax in figure.axes[:4]:
        assert ax.get_position().width > 0.38
