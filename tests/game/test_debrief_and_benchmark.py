"""The debrief says what the runs say; the benchmark is at least as good as the house, or says that it is not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from rooms import changed, small_firm

from custsim.errors import InputError
from custsim.experiment.measures import measure
from custsim.game.benchmark import Benchmark, Fresh, Stopped, find_benchmark, on_fresh_luck
from custsim.game.book import Book
from custsim.game.debrief import Debrief
from custsim.game.match import Searching, told
from custsim.game.memory import Memory, digest
from custsim.game.play import lived, played
from custsim.game.rivals import RIVALS, wishes
from custsim.game.screen import debrief_data, with_benchmark
from custsim.game.store import Store

FEW = {"trials": 6, "replications": 1, "finalists": 2, "final_replications": 2, "test_replications": 3}


def debrief() -> Debrief:
    firm = small_firm()
    plans = [changed(firm.start, complaints__compensation=1.0 + 0.25 * year) for year in (1, 2, 3)]
    return Debrief(firm, told(Book(firm), [("Owls", False, plans)], 3))


def test_the_debrief_holds_the_numbers_of_the_runs() -> None:
    found = debrief()
    for story in found.stories:
        run = lived(found.firm, story.plans)
        years, last = run.monthly.iloc[12:], run.monthly.iloc[-12:]
        assert found.spent.loc["Wages", story.name] == pytest.approx(years["pay"].sum())
        assert found.spent.loc["Advertising", story.name] == pytest.approx(years["marketing"].sum())
        assert found.spent.loc["Compensation", story.name] == pytest.approx(years["compensation"].sum())
        column = found.table[story.name]
        assert column["Profit"] == pytest.approx(last["profit"].sum())
        assert column["Customer satisfaction"] == pytest.approx(last["satisfaction"].mean())
        assert column["Customers at the end"] == last["customers_end"].iloc[-1]
        assert column["Customer equity at the end"] == pytest.approx(measure(run, "customer_equity"))
        profit = run.monthly["profit"].to_numpy().reshape(-1, 12).sum(axis=1)
        assert found.over_years("profit")[story.name] == pytest.approx(profit.tolist())
    assert found.decided.loc["Compensation, of the loss", "Owls"] == pytest.approx(1.5)
    with pytest.raises(InputError, match="no such number"):
        found.over_years("joy")


def test_the_picture_shows_every_team_and_every_line() -> None:
    found = debrief()
    figure = found.figure()
    panels = [ax for ax in figure.axes if ax.lines and len(ax.lines) == len(found.stories)]
    assert len(panels) == 6
    profit = next(ax for ax in panels if ax.get_title(loc="left") == "Profit")
    drawn = {line.get_label(): np.asarray(line.get_ydata()) * 1000.0 for line in profit.lines}
    for name, values in found.over_years("profit").items():
        assert drawn[name] == pytest.approx(values)
    bars = [patch for ax in figure.axes if ax not in panels for patch in ax.patches]
    assert len(bars) == len(found.spent) * len(found.stories)


def test_nothing_decided_is_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="nothing was decided yet"):
        Debrief(small_firm(), []).figure()
    before = Debrief(small_firm(), told(Book(small_firm()), [("Owls", False, [])], 0))
    for ask in (before.figure, before.data):
        with pytest.raises(InputError, match="nothing was decided yet"):
            ask()


def test_the_benchmark_tries_the_house_first_and_is_as_good_as_it_or_says_so() -> None:
    firm = small_firm()
    memory = Memory()
    found = find_benchmark(firm, **FEW, memory=memory)
    assert found.trials == 6
    assert set(found.rivals) == {rival.name for rival in RIVALS}
    best = max(found.rivals.values(), key=lambda one: one.mean)
    assert found.fresh.mean >= best.mean or "did better" in found.words()
    assert "not the best possible" in found.words()
    assert "Best found among 6 plans" in found.words()
    # what is told of the test is what the plan earns in markets that nobody has seen
    fresh = [played(firm, lambda desk: found.plan, replication=20_000 + n)[1].monthly["profit"].iloc[12:].sum()
             for n in range(3)]  # fmt: skip
    assert found.fresh.mean == pytest.approx(np.mean(fresh))
    for plan in wishes(firm).values():  # each house rival was among the trials
        assert any(plan == tried for tried in _tried_plans(firm, memory))


def _tried_plans(firm: object, memory: Memory) -> list[dict[str, float]]:
    """Plans of the house whose value in the search is kept."""
    return [plan for plan in wishes(firm).values()  # type: ignore[arg-type]
            if any(name.endswith(digest([plan, 100, 1])) for name in memory.kept)]  # fmt: skip


def test_a_benchmark_that_is_worse_than_a_rival_says_so() -> None:
    made = Benchmark({}, [], 5, Fresh(1e6, 0.9e6, 1.1e6, 4), {"The carer": Fresh(2e6, 1.9e6, 2.1e6, 4)})
    assert "the carer did better (2.00 million)" in made.words()
    assert Benchmark.of(made.data) == dataclasses.replace(made)


def test_a_search_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    firm, asked = small_firm(), []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 4

    with Store.open(tmp_path / "game.db") as store:
        with pytest.raises(Stopped):
            find_benchmark(firm, **FEW, memory=store, stopped=stop)
        done: list[int] = []
        resumed = find_benchmark(firm, **FEW, memory=store, progress=done.append)
        assert done == list(range(1, 7))
        assert find_benchmark(firm, **FEW, memory=store, stopped=lambda: True) == resumed  # kept: nothing is run again
    assert resumed == find_benchmark(firm, **FEW)


def test_in_the_background_it_is_found_and_told() -> None:
    firm = small_firm()
    book, calls = Book(firm), []
    searching = Searching(book, trials=5)
    assert searching.status == "not begun"
    searching.ready = lambda: calls.append(searching.status)
    found = searching.wait(120)
    assert found is not None
    assert calls == ["ready: the best of 5 plans tried"]
    stories = told(book, [("Owls", False, [dict(firm.start)] * 3)], 3)
    data = debrief_data(book, stories, found, searching.status, "Owls")
    own = with_benchmark(book, stories, found)[-1]
    assert data["benchmark"]["profit"] == round(sum(year.profit for year in own.results[1:]))
    assert data["teams"][0]["you"]
    assert data["teams"][-1]["benchmark"]


def test_without_optuna_the_game_goes_on_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    searching = Searching(Book(small_firm()), trials=3)
    assert searching.wait(120) is None
    assert 'pip install "custsim[experiments]"' in searching.status


def test_the_same_decisions_in_other_luck() -> None:
    firm = small_firm()
    plans = [dict(firm.start)] * 3
    fresh = on_fresh_luck(firm, plans, replications=3)
    runs = [lived(firm, plans, replication=20_000 + n).monthly["profit"].iloc[12:].sum() for n in range(3)]
    assert fresh.mean == pytest.approx(np.mean(runs))
    assert fresh.low < fresh.mean < fresh.high


@pytest.mark.parametrize("name", ["trials", "replications", "finalists", "final_replications", "test_replications"])
def test_a_search_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: must be at least 1, got 0"):
        find_benchmark(small_firm(), **{**FEW, name: 0})
