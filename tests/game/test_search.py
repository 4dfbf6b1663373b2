"""The search of the benchmark in a made-up market where the right choice is known at every step."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rooms import small_firm

from custsim.game import benchmark
from custsim.game.benchmark import Benchmark, Fresh, find_benchmark, on_fresh_luck
from custsim.game.rivals import wishes

FIRM = small_firm()
LEVERS = {lever.path: lever for lever in FIRM.levers}
ASKED = {"trials": 40, "replications": 2, "finalists": 3, "final_replications": 2, "test_replications": 4}

Plan = dict[str, Any]


def worth(plan: Plan, replication: int) -> float:
    """Profit of the game in a market: what pays in those of the search is what costs in those of the choice."""
    if replication < 10_000:
        return 1000.0 * nearness(plan) + (replication - 100)
    if replication < 20_000:
        return -1000.0 * nearness(plan) + (replication - 10_000)
    return 1000.0 + plan["market.marketing"] / 1000.0 + 10.0 * (replication - 20_000)


def nearness(plan: Plan) -> float:
    """How near a plan is to one that lies at 0.7 of every range; at most 0."""
    return -sum(((plan[path] - lever.low) / (lever.high - lever.low) - 0.7) ** 2 for path, lever in LEVERS.items())


def run_of(profit: float) -> Any:
    """A run whose years of the game earn this much; the year before them earned a fortune."""
    return types.SimpleNamespace(monthly=pd.DataFrame({"profit": [1e9] * 12 + [profit / 36.0] * 36}))


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Plan, int]]:
    """Plans and markets that were asked for."""
    asked: list[tuple[Plan, int]] = []

    def played(firm: Any, policy: Any, *, replication: int = 0) -> Any:
        plan = dict(policy(None))
        asked.append((plan, replication))
        return [plan] * 3, run_of(worth(plan, replication))

    monkeypatch.setattr(benchmark, "played", played)
    return asked


def markets(asked: list[tuple[Plan, int]], first: int) -> list[tuple[Plan, int]]:
    return [(plan, replication) for plan, replication in asked if first <= replication < first + 9900]


def test_the_best_of_the_search_are_looked_at_again_and_the_choice_is_made_on_other_luck(
    lived: list[tuple[Plan, int]],
) -> None:
    done: list[int] = []
    found = find_benchmark(FIRM, **ASKED, progress=done.append)
    searched = markets(lived, 100)
    assert sorted({replication for _, replication in searched}) == [100, 101]
    tried = [plan for plan, replication in searched if replication == 100]
    assert len({tuple(plan.items()) for plan in tried}) <= found.trials == len(done) == 40
    by_search = sorted(tried, key=lambda plan: -worth(plan, 100))
    assert len({worth(plan, 100) for plan in by_search[:4]}) == 4  # no two are equally good
    looked_at = markets(lived, 10_000)
    assert [plan for plan, replication in looked_at if replication == 10_000] == by_search[:3]
    assert sorted({replication for _, replication in looked_at}) == [10_000, 10_001]
    assert found.plan == by_search[2]  # of the three, the one that is best in the markets of the choice
    assert found.plans == [found.plan] * 3


def test_what_is_told_is_the_mean_of_the_test_and_each_rival_is_told_its_own(lived: list[tuple[Plan, int]]) -> None:
    found = find_benchmark(FIRM, **ASKED)
    for plan, told in [(found.plan, found.fresh), *((wishes(FIRM)[name], found.rivals[name]) for name in found.rivals)]:
        # luck of the four markets: 0, 10, 20, 30; standard deviation 12.91, Student's t of 3 degrees 3.182
        mean = 1000.0 + plan["market.marketing"] / 1000.0 + 15.0
        assert told.mean == pytest.approx(mean)
        assert (told.low, told.high) == pytest.approx((mean - 20.54, mean + 20.54), abs=0.01)
        assert told.replications == 4
    assert {replication for _, replication in markets(lived, 20_000)} == {20_000, 20_001, 20_002, 20_003}


def test_the_search_learns(lived: list[tuple[Plan, int]]) -> None:
    """The twelve plans after the four of the house are tried at random; the last twenty are not."""
    find_benchmark(FIRM, **ASKED | {"trials": 60})
    tried = [nearness(plan) for plan, replication in markets(lived, 100) if replication == 100]
    assert np.mean(tried[-20:]) > np.mean(tried[4:12]) + 0.5


def test_a_trial_is_asked_for_where_the_sliders_can_stand() -> None:
    asked: dict[str, tuple[Any, ...]] = {}
    trial = types.SimpleNamespace(
        suggest_int=lambda path, low, high: asked.setdefault(path, (low, high))[1],
        suggest_float=lambda path, low, high, step: asked.setdefault(path, (low, high, step))[1],
    )
    plan = {path: benchmark._suggested(trial, lever) for path, lever in LEVERS.items()}
    assert plan == pytest.approx({path: lever.high for path, lever in LEVERS.items()})
    for path, lever in LEVERS.items():
        assert asked[path] == ((lever.low, lever.high) if lever.whole else (lever.low, lever.high, lever.step))


def test_a_plan_is_lived_again_in_the_markets_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "lived", lambda firm, plans, *, replication: run_of(worth(plans[0], replication)))
    plans = [{"market.marketing": 5000.0}] * 3
    assert on_fresh_luck(FIRM, plans, replications=3).mean == pytest.approx(1000.0 + 5.0 + 10.0)
    assert on_fresh_luck(FIRM, plans, replications=1) == Fresh(*[pytest.approx(1005.0)] * 3, 1)  # one has no interval


def test_only_a_rival_that_did_better_is_named_and_it_is_the_best() -> None:
    best, better = Fresh(1.0e6, 0.9e6, 1.1e6, 4), Fresh(1.05e6, 0.8e6, 1.3e6, 4)
    lesser = Fresh(0.5e6, 0.4e6, 0.6e6, 4)
    told = Benchmark({}, [], 5, best, {"The carer": better, "The advertiser": lesser}).words("EUR")
    assert "1.00 million EUR" in told
    assert "interval 0.90 to 1.10" in told
    assert told.endswith("On that luck the carer did better (1.05 million).")
    assert "did better" not in Benchmark({}, [], 5, best, {"The advertiser": lesser, "The carer": best}).words()
