from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from tiny import PYTHON, environment, tiny

from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.executors import executor_for
from custsim.experiment.identity import scenario_hash
from custsim.experiment.store import Store
from custsim.experiment.work import Task, Unit, do
from custsim.simulation import Run, simulate

MEASURES = ("profit", "lifetime_value", "response_days", "monthly:customers")
POINTS = ({}, {"complaints.staff": 2}, {"complaints.compensation": 1.3})


def same(one: Evaluation, other: Evaluation) -> bool:
    return one.errors == other.errors and all(
        np.array_equal(one.arrays[name], other.arrays[name], equal_nan=True) for name in one.arrays
    )


def test_every_number_is_that_of_the_run_it_belongs_to() -> None:
    base = tiny()
    found = evaluate(POINTS, MEASURES, base=base, replications=3, seed=5, executor="serial")
    for row in found.table.itertuples():
        run = simulate(base.change(POINTS[row.point]), 5, row.replication)
        assert row.profit == run.monthly["profit"].mean()
        series = found.values("monthly:customers")[row.point, row.replication]
        assert np.array_equal(series, run.monthly["customers"])
    long = found.series("monthly:customers")
    assert len(long) == 3 * 3 * 6
    assert long["monthly:customers"].iloc[7] == found.values("monthly:customers")[0, 1, 1]


@pytest.mark.parametrize(("executor", "jobs"), [("threads", 2), ("threads", 3), ("processes", 2)])
def test_the_numbers_are_the_same_bits_whichever_executor(executor: str, jobs: int) -> None:
    serial = evaluate(POINTS, MEASURES, base=tiny(), replications=4, executor="serial")
    assert same(serial, evaluate(POINTS, MEASURES, base=tiny(), replications=4, executor=executor, jobs=jobs))


def test_an_opening_of_its_own_travels_to_other_processes() -> None:
    base = tiny(**{"time.warm_up_months": 4})
    changed = base.change({"complaints.failure_rate": 0.3})
    own = base.change({"complaints.failure_rate": 0.3}, opening="own")
    here = evaluate([changed, own], "profit", executor="serial")
    there = evaluate([changed, own], "profit", executor="processes", jobs=2)
    assert same(here, there)
    assert here.values("profit")[0, 0] != here.values("profit")[1, 0]


def test_points_that_mean_the_same_are_computed_once() -> None:
    base = tiny()
    found = evaluate([base, base.change({"title": "Another"}), base.change({"complaints.staff": 3})], replications=2)
    assert found.computed == 4
    assert np.array_equal(found.values("profit")[0], found.values("profit")[1])


def test_some_replications_are_those_of_more() -> None:
    some = evaluate([tiny()], "profit", replications=range(2, 5), executor="serial")
    more = evaluate([tiny()], "profit", replications=6, executor="serial")
    assert np.array_equal(some.values("profit"), more.values("profit")[:, 2:5])
    assert some.table["replication"].tolist() == [2, 3, 4]


def _fails(run: Run) -> float:
    if run.replication == 1:
        raise ZeroDivisionError("no profit to divide by")
    return 1.0


@pytest.mark.parametrize("executor", ["serial", "threads", "processes"])
def test_a_run_that_raises_is_recorded_and_does_not_end_the_others(executor: str) -> None:
    found = evaluate([tiny()], [_fails, "profit"], replications=3, executor=executor, jobs=2)
    assert found.table["error"].tolist() == ["", "ZeroDivisionError: no profit to divide by", ""]
    assert np.isfinite(found.values("profit")[0, [0, 2]]).all()
    assert np.isnan(found.values("profit")[0, 1])
    with pytest.raises(InputError, match="point 0, replication 1: ZeroDivisionError"):
        found.raise_errors()


def test_a_point_that_is_not_possible_is_recorded_and_all_of_them_are_refused() -> None:
    found = evaluate([{}, {"complaints.staff": -1}], "profit", base=tiny(), replications=2, executor="serial")
    assert found.points[1] is None
    assert found.table["error"].str.contains("at least 0, got -1").tolist() == [False, False, True, True]
    with pytest.raises(InputError, match="at least 0"):
        evaluate([{"complaints.staff": -1}], "profit", base=tiny())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"measures": "profitt"}, "did you mean profit"),
        ({"replications": 0}, "replications: must be"),
        ({"replications": []}, "at least one"),
        ({"seed": -1}, "seed: must be"),
        ({"executor": "thread"}, "did you mean 'threads'"),
        ({"jobs": 0}, "jobs: must be"),
        ({"points": []}, "at least one scenario"),
        ({"points": [{"complaints.staff": 1}]}, "base="),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_runs(arguments: dict[str, object], message: str) -> None:
    given = {"points": [tiny()], "measures": "profit", **arguments}
    with pytest.raises(InputError, match=message):
        evaluate(**given)  # type: ignore[arg-type]


def test_progress_counts_up_to_all() -> None:
    told: list[tuple[int, int]] = []
    evaluate([tiny()], "profit", replications=5, executor="serial", progress=lambda *at: told.append(at))
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)
    assert told == sorted(told)


def test_a_place_with_another_model_computes_nothing() -> None:
    with pytest.raises(EnvironmentFailure, match="install the same versions"):
        do(Unit((Task(0, tiny(), 1, 0),), ("profit",), "another version"))


def test_the_hash_of_a_scenario_holds_its_opening_but_no_labels() -> None:
    base = tiny()
    names = {
        scenario_hash(base),
        scenario_hash(base.change({"complaints.staff": 2})),
        scenario_hash(base.change({"complaints.staff": 2}, opening="own")),
        scenario_hash(base.change({"interventions": [{"month": 2, "change": {"complaints.staff": 2}}]})),
    }
    assert len(names) == 4
    assert scenario_hash(base.change({"title": "x", "currency": "CHF"})) == scenario_hash(base)
    # back to what it was is the same firm
    assert scenario_hash(base.change({"complaints.staff": 2}).change({"complaints.staff": 1})) == scenario_hash(base)


def test_the_hash_follows_the_content_of_a_file_of_ties(tmp_path: Path) -> None:
    ties = tmp_path / "ties.csv"
    ties.write_text("source,target,strong\n0,1,1\n")
    firm = tiny(**{"referral.network": "edges", "referral.edges": str(ties)})
    before = scenario_hash(firm)
    ties.write_text("source,target,strong\n0,2,1\n")
    assert scenario_hash(firm) != before


def _dies_once(run: Run) -> float:
    """Kill the process that measures replication 2, the first time."""
    mark = Path(os.environ["CUSTSIM_TEST_MARK"])
    if run.replication == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return float(run.monthly["profit"].sum())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_process_that_is_killed_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from joblib.externals.loky import get_reusable_executor

    monkeypatch.setenv("CUSTSIM_TEST_MARK", str(tmp_path / "mark"))
    get_reusable_executor().shutdown(wait=True)  # processes that are there do not know the variable
    found = evaluate([tiny()], [_dies_once, "profit.total"], replications=12, executor="processes", jobs=2)
    assert (tmp_path / "mark").exists()
    assert found.errors == {}
    assert np.array_equal(found.values("_dies_once"), found.values("profit.total"))
    get_reusable_executor().shutdown(wait=True)


def _dies(run: Run) -> float:
    if run.replication == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return 1.0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_that_kills_every_process_is_given_up_and_the_others_finish() -> None:
    found = evaluate([tiny()], _dies, replications=20, executor="processes", jobs=2)
    assert list(found.errors) == [(0, 2)]
    assert "was killed" in found.errors[0, 2]
    assert np.delete(found.values("_dies")[0], 2).tolist() == [1.0] * 19


def test_an_executor_of_ones_own_and_an_open_one_serve() -> None:
    class Backwards:
        workers = 2

        def run(self, units):  # type: ignore[no-untyped-def]
            for unit in reversed(list(units)):
                yield do(unit)

    usual = evaluate(POINTS, MEASURES, base=tiny(), replications=4, executor="serial")
    assert same(usual, evaluate(POINTS, MEASURES, base=tiny(), replications=4, executor=Backwards()))
    with executor_for("threads", jobs=2) as executor:
        assert same(usual, evaluate(POINTS, MEASURES, base=tiny(), replications=4, executor=executor))


_ENDLESS = """
import signal
from tiny import tiny
from custsim.experiment.evaluate import evaluate
if __name__ == "__main__":
    # tests that run in the background may have been told to ignore Ctrl-C, and children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    def tell(done, total):
        print(done, flush=True)
    try:
        evaluate(
            [tiny()], "profit", replications=100_000, executor="{executor}", jobs=2, store="{store}", progress=tell
        )
    except KeyboardInterrupt:
        print("stopped", flush=True)
        raise SystemExit(130)
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_ctrl_c_keeps_what_is_done(executor: str, tmp_path: Path) -> None:
    script, store = tmp_path / "endless.py", tmp_path / "kept.db"
    script.write_text(_ENDLESS.format(executor=executor, store=store))
    process = subprocess.Popen(
        [PYTHON, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    told = ""
    while int(told or 0) < 10:
        told = process.stdout.readline()
        assert told, process.communicate()[1]
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the group
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert time.monotonic() - began < 30
    assert "stopped" in out
    with Store.open(store) as kept:
        assert 10 <= len(kept) < 100_000
