from __future__ import annotations

import importlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from tiny import PYTHON, environment, tiny

from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.identity import scenario_hash
from custsim.experiment.store import Store
from custsim.simulation import Run

MEASURES = ("profit", "response_days", "monthly:customers")


def made(path: Path, **arguments: object) -> Evaluation:
    given = {"points": [{}, {"complaints.staff": 2}], "measures": MEASURES, "base": tiny(), "replications": 3}
    return evaluate(**{**given, "executor": "serial", "store": path, **arguments})  # type: ignore[arg-type]


def same(one: Evaluation, other: Evaluation) -> bool:
    return all(np.array_equal(one.arrays[name], other.arrays[name], equal_nan=True) for name in one.arrays)


def test_what_is_kept_is_not_computed_again_and_comes_back_to_the_bit(tmp_path: Path) -> None:
    first = made(tmp_path / "s.db")
    again = made(tmp_path / "s.db")
    assert (first.computed, first.kept, again.computed, again.kept) == (6, 0, 0, 6)
    assert same(first, again)
    more = made(tmp_path / "s.db", replications=5)
    assert (more.computed, more.kept) == (4, 6)


def test_fewer_measures_are_found_and_other_ones_are_computed_and_added(tmp_path: Path) -> None:
    made(tmp_path / "s.db")
    assert made(tmp_path / "s.db", measures=["profit"]).computed == 0
    assert made(tmp_path / "s.db", measures=["profit", "satisfaction"]).computed == 6
    both = made(tmp_path / "s.db", measures=["satisfaction", *MEASURES])
    assert both.computed == 0
    assert same(both, evaluate([{}, {"complaints.staff": 2}], ["satisfaction", *MEASURES], base=tiny(), replications=3))


def test_another_seed_scenario_opening_or_model_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "s.db")
    assert made(tmp_path / "s.db", seed=2).computed == 6
    changed = tiny(**{"time.warm_up_months": 1})
    assert made(tmp_path / "s.db", base=changed).computed == 6
    assert made(tmp_path / "s.db", points=[changed.change({"complaints.staff": 2}, opening="own")]).computed == 3
    for module in ("custsim.experiment.evaluate", "custsim.experiment.identity"):
        monkeypatch.setattr(importlib.import_module(module), "model_version", lambda: "a newer one")
    assert made(tmp_path / "s.db").computed == 6


def test_infinite_and_missing_numbers_come_back(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        values = {"a": float("nan"), "b": float("inf"), "c": -0.0, "d": np.array([1.5, np.nan, -np.inf]), "e": 5e-324}
        firm = tiny()
        store.put("k", scenario=firm, scenario_hash="h", seed=1, replication=0, model="m", values=values)
        found = store.get(["k", "other"], list(values))["k"].measured
    for name, value in values.items():
        assert np.array_equal(found[name], value, equal_nan=True)


def test_a_store_knows_the_scenarios_it_holds_and_what_was_asked(tmp_path: Path) -> None:
    base = tiny()
    changed = base.change({"complaints.staff": 2})
    made(tmp_path / "s.db")
    with Store.open(tmp_path / "s.db") as store:
        found = store.scenario(scenario_hash(changed))
        assert found == changed
        assert found.opening == base
        store.note("sweep", {"over": ["complaints.staff"]})
        store.note("sweep", {"over": ["complaints.staff"]})
        assert [entry["kind"] for entry in store.experiments()] == ["sweep"]
        with pytest.raises(InputError, match="holds no runs"):
            store.scenario("nothing")


def _fails(run: Run) -> float:
    raise ValueError("never comes out")


def _memory(run: Run) -> float:
    raise MemoryError("full today")


def test_an_error_that_would_come_again_is_kept_and_one_of_the_machine_is_not(tmp_path: Path) -> None:
    assert made(tmp_path / "s.db", measures=_fails).errors[0, 0] == "ValueError: never comes out"
    assert made(tmp_path / "s.db", measures=_fails).computed == 0
    assert made(tmp_path / "m.db", measures=_memory).errors[0, 0] == "MemoryError: full today"
    assert made(tmp_path / "m.db", measures=_memory).computed == 6


# --- files that are not in order ---------------------------------------------------------------------------------


def _text(path: Path) -> None:
    path.write_text("these are my notes, not a database\n" * 50)


def _picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (amount REAL)")
        connection.execute("INSERT INTO invoices VALUES (12.5)")
    connection.close()


def _newer(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def _cut(path: Path) -> None:
    made(path)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)


def _cut_in_head(path: Path) -> None:
    made(path)
    with path.open("r+b") as stream:
        stream.truncate(50)


def _scribbled(path: Path) -> None:
    made(path)
    content = bytearray(path.read_bytes())
    luck = random.Random(1)
    for _ in range(400):
        content[luck.randrange(200, len(content))] = luck.randrange(256)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("spoil", [_text, _picture, _foreign, _newer, _cut, _cut_in_head, _scribbled])
def test_a_damaged_or_foreign_file_is_refused_and_stays_as_it_is(spoil, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "s.db"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"s\.db: "):
        made(path)
    assert path.read_bytes() == before


def test_one_number_that_was_altered_is_found(tmp_path: Path) -> None:
    made(tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE results SET value = value + 1 WHERE measure = 'profit'")
    connection.close()
    with pytest.raises(InputError, match="is damaged"):
        made(tmp_path / "s.db")


def test_a_place_that_cannot_hold_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        Store.open(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        Store.open(tmp_path / "not" / "there.db")


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions")
def test_a_file_that_may_not_be_written_is_a_failure_of_the_environment(tmp_path: Path) -> None:
    made(tmp_path / "s.db")
    (tmp_path / "s.db").chmod(0o400)
    with pytest.raises(EnvironmentFailure):
        made(tmp_path / "s.db", replications=4)


# --- several processes, and processes that are killed ------------------------------------------------------------

_SWEEP = """
import sys
from tiny import tiny
from custsim.experiment.evaluate import evaluate
POINTS = [{"complaints.compensation": 0.5 + 0.01 * n} for n in range(100)] + [
    {"loyalty.offer_rate": 0.01 * n} for n in range(1, 101)] + [{"complaints.staff": -1}]
if __name__ == "__main__":
    store, executor = sys.argv[1:3]
    found = evaluate(
        POINTS, ("profit", "response_days", "monthly:customers"), base=tiny(**{"time.months": 2}), executor=executor,
        jobs=2, store=None if store == "-" else store, progress=lambda done, total: print(done, flush=True),
    )
    import numpy as np
    np.savez(sys.argv[3], **found.arrays)
    print("computed", found.computed, "kept", found.kept, len(found.errors), flush=True)
"""


def start(script: Path, store: Path | str, out: Path, executor: str = "threads") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PYTHON, str(script), str(store), executor, str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k], equal_nan=True) for k in one)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_sweep_that_is_killed_ten_times_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    script, store = tmp_path / "work.py", tmp_path / "kept.db"
    script.write_text(_SWEEP)
    undisturbed = start(script, "-", tmp_path / "undisturbed.npz")
    luck = random.Random(20)
    there = 0
    for _ in range(10):
        process = start(script, store, tmp_path / "never.npz")
        assert process.stdout is not None
        # wait until it computes, then kill it at a random moment, mostly in the middle of a run or of a write
        first = process.stdout.readline()
        assert first, process.communicate()[1]
        assert int(first) >= there  # what was kept is not computed again
        time.sleep(luck.uniform(0.0, 0.12))
        process.kill()
        process.communicate()
        if store.exists():
            with Store.open(store) as kept:
                there = len(kept)
    assert there < 200, "the kills came too late to mean anything"
    last = start(script, store, tmp_path / "resumed.npz")
    out, err = last.communicate(timeout=120)
    assert last.returncode == 0, err
    assert f"computed {200 - there} kept {there} 1" in out
    assert undisturbed.communicate(timeout=120)[0].endswith("computed 200 kept 0 1\n")
    assert equal(arrays(tmp_path / "undisturbed.npz"), arrays(tmp_path / "resumed.npz"))


def test_two_processes_on_one_store_do_not_disturb_each_other(tmp_path: Path) -> None:
    script, store = tmp_path / "work.py", tmp_path / "kept.db"
    script.write_text(_SWEEP)
    both = [start(script, store, tmp_path / f"{name}.npz") for name in "ab"]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert equal(arrays(tmp_path / "a.npz"), arrays(tmp_path / "b.npz"))
    with Store.open(store) as kept:
        assert len(kept) == 200
    shutil.copy(store, tmp_path / "copy.db")
    again = start(script, tmp_path / "copy.db", tmp_path / "c.npz")
    assert "computed 0 kept 200 1" in again.communicate(timeout=120)[0]
    assert equal(arrays(tmp_path / "a.npz"), arrays(tmp_path / "c.npz"))
