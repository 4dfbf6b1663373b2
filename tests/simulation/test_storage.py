"""A run in a folder: the same when it comes back, whole or not at all, and every damage is named."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from custsim.errors import EnvironmentFailure, InputError
from custsim.scenario import Scenario
from custsim.simulation import Run, Simulation, simulate
from custsim.simulation.storage import save

TABLES = ("monthly", "customers", "tickets", "employees", "joined", "levers")


def small(**changes: Any) -> Scenario:
    return Scenario().scaled(0.03).change({"time.warm_up_months": 6, **changes}, opening="own")


@pytest.fixture(scope="module")
def run() -> Run:
    changed = {
        "complaints.compensation": 1.2,
        "interventions": [{"month": 2, "change": {"internal_service.supplier_grade": "C", "complaints.staff": 2}}],
    }
    return simulate(small().change(changed), seed=9, replication=2, months=6, trace=[3, 40], transactions=True)


@pytest.fixture
def saved(run: Run, tmp_path: Path) -> Path:
    return run.save(tmp_path / "out")


def siblings(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.parent.iterdir())


def test_it_comes_back_equal(run: Run, saved: Path) -> None:
    back = Run.load(saved)
    assert back == run
    for name in (*TABLES, "transactions", "trace"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(run, name), check_exact=True)
    pd.testing.assert_series_equal(back.ladder, run.ladder)
    assert back.scenario == run.scenario
    assert back.scenario.opening == run.scenario.opening != run.scenario
    assert (back.seed, back.replication, back.months, back.version) == (9, 2, 6, run.version)
    assert back.seconds == run.seconds
    assert back.summary().data == run.summary().data
    assert siblings(saved) == ["out"]


def test_what_is_not_the_same_is_not_equal(run: Run) -> None:
    assert run != simulate(run.scenario, seed=9, replication=3, months=6, transactions=True)
    assert run != dataclasses.replace(run, monthly=run.monthly + 1e-9)
    assert run == simulate(run.scenario, seed=9, replication=2, months=6, transactions=True)


def test_a_story_is_told_after_loading(run: Run, saved: Path) -> None:
    back = Run.load(saved)
    person = int(run.customers.index[-1])
    assert back.story(person) == run.story(person)
    assert back.story(3) == run.story(3)


def nothing(simulation: Simulation) -> Generator[Any, Any, None]:
    yield simulation.next_month()


def test_a_run_with_processes_of_its_own_is_not_lived_again_after_loading(tmp_path: Path) -> None:
    own = simulate(small(), months=2, processes=[nothing], trace=[5])
    back = Run.load(own.save(tmp_path / "own"))
    assert back.story(5) == own.story(5)
    with pytest.raises(InputError, match=re.escape("simulate it with trace=[6]")):
        back.story(6)
    assert Run.load(back.save(tmp_path / "again")) == own  # and saving what was loaded forgets nothing


def test_a_run_that_comes_out_otherwise_now_is_not_told_as_the_same_life(run: Run, saved: Path) -> None:
    elsewhere = dataclasses.replace(Run.load(saved), monthly=run.monthly * 1.000001, trace=None)
    with pytest.raises(InputError, match="another life"):
        elsewhere.story(1)


def test_the_manifest_says_what_is_needed_to_live_it_again(run: Run, saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text(encoding="utf-8"))
    assert {"custsim", "numpy", "numba", "python", "pandas"} <= set(manifest["versions"])
    assert manifest["scenario"]["complaints"]["compensation"] == 1.2
    assert manifest["opening"]["complaints"]["compensation"] == 1.0
    assert manifest["rows"] == {name: len(getattr(run, name)) for name in (*TABLES, "transactions", "trace")}
    for name in ("monthly", "customers", "tickets"):
        assert set(manifest["columns"][name]) == set(getattr(run, name).columns)
        assert all(re.fullmatch(r".+ \[.+\]", text) for text in manifest["columns"][name].values())


def test_a_run_is_replaced_and_files_beside_the_tables_are_kept_with_it(run: Run, saved: Path) -> None:
    other = simulate(small(), months=3)
    (saved / ".DS_Store").write_bytes(b"litter")
    save(other, saved, also={"note.txt": b"hello"})
    assert Run.load(saved) == other
    assert (saved / "note.txt").read_bytes() == b"hello"
    assert siblings(saved) == ["out"]
    save(run, saved)  # the note is part of the run that goes
    assert not (saved / "note.txt").exists()


def test_other_content_is_refused_and_left_alone(run: Run, saved: Path, tmp_path: Path) -> None:
    (saved / "my notes.md").write_text("important", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds my notes\.md, which is no part of a run"):
        run.save(saved)
    assert (saved / "my notes.md").read_text(encoding="utf-8") == "important"
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is not a folder"):
        run.save(file)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "manifest.json").write_text("{}", encoding="utf-8")
    (stranger / "monthly.parquet").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds monthly\.parquet"):
        run.save(stranger)
    assert siblings(saved) == ["file", "out", "stranger"]


def test_an_empty_folder_is_taken(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert Run.load(run.save(tmp_path / "empty")) == run


class Failing:
    """Stands in for a function of the system and fails at its nth call."""

    def __init__(self, real: Callable[..., Any], nth: int, error: BaseException) -> None:
        self.real, self.nth, self.error, self.calls = real, nth, error, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls == self.nth:
            raise self.error
        return self.real(*args, **kwargs)


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full disk", "interrupt"])
@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_whenever_it_fails_the_older_run_or_the_new_one_is_there_and_nothing_else(
    run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException
) -> None:
    new = simulate(small(), months=3)
    nth, failed, told = 0, True, set[str]()
    while failed:
        nth += 1
        with monkeypatch.context() as patch:
            failing = Failing(getattr(os, name), nth, error)
            patch.setattr(os, name, failing)
            try:
                new.save(saved)
            except EnvironmentFailure as caught:
                told.add(str(caught))
            except KeyboardInterrupt:
                told.add("interrupt")
            failed = failing.calls >= nth
        assert Run.load(saved) in (run, new)
        assert siblings(saved) == ["out"]
        if Run.load(saved) == new:
            run.save(saved)
    full = f"{saved}: cannot be written: No space left on device"
    assert told == {full if isinstance(error, OSError) else "interrupt"}


def test_a_failure_leaves_no_folder_that_was_made_on_the_way(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.setattr(os, "fsync", Failing(os.fsync, 2, FULL))
    with pytest.raises(EnvironmentFailure):
        run.save(tmp_path / "there" / "a" / "b")
    assert list((tmp_path / "there").iterdir()) == []


def test_a_place_where_nothing_can_be_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EnvironmentFailure, match="is not a folder"):
        run.save(tmp_path / "file" / "out")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)  # permissions do not bind every user that may run the tests
        with pytest.raises(EnvironmentFailure, match="no permission to write"):
            run.save(tmp_path / "out")
    for name, words in (("x" * 300, "no path"), ("a\0b", "null character")):
        with pytest.raises(InputError, match=words):
            run.save(tmp_path / name)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place, words in ((tmp_path / "none", "no such folder"), (tmp_path / "file", "is a file"),
                         (tmp_path, r"there is no manifest\.json")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            Run.load(place)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("damage", ["is missing", "is damaged: .* bytes instead of", "its checksum is not the one"])
def test_a_missing_or_damaged_table_is_named(saved: Path, table: str, damage: str) -> None:
    file = saved / f"{table}.parquet"
    content = bytearray(file.read_bytes())
    if "missing" in damage:
        file.unlink()
    elif "bytes" in damage:
        file.write_bytes(content[:-7])
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with pytest.raises(InputError, match=rf"{table}\.parquet: .*{damage}|{table}\.parquet: {damage}"):
        Run.load(saved)


def test_all_damage_is_told_at_once(saved: Path) -> None:
    (saved / "monthly.parquet").unlink()
    (saved / "tickets.parquet").write_bytes(b"")
    with pytest.raises(InputError) as refused:
        Run.load(saved)
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda manifest: "not JSON {", "is damaged: not JSON"),
        (lambda manifest: [], "is not the manifest of a run"),
        (lambda manifest: manifest | {"format": 99}, "has format 99, this custsim reads format 1"),
        (lambda manifest: {k: v for k, v in manifest.items() if k != "seed"}, "is damaged: seed missing"),
        (lambda manifest: manifest | {"files": {}}, "the table monthly is missing from the manifest"),
        (lambda manifest: manifest | {"scenario": manifest["scenario"] | {"nmae": "x"}}, "did you mean name"),
    ],
)
def test_a_damaged_manifest_is_told(saved: Path, change: Callable[[Any], Any], words: str) -> None:
    file = saved / "manifest.json"
    changed = change(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(changed if isinstance(changed, str) else json.dumps(changed), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(words)):
        Run.load(saved)


def test_a_folder_may_be_moved(run: Run, saved: Path, tmp_path: Path) -> None:
    shutil.move(saved, tmp_path / "elsewhere")
    assert Run.load(tmp_path / "elsewhere") == run


def test_what_cannot_be_read_is_the_machines_failure(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(EnvironmentFailure, match="cannot be read: Permission denied"):
        Run.load(saved)
