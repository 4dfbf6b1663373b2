"""Experiments told again from a store: by a model of another day, in a folder that is closed, with other labels."""

from __future__ import annotations

import importlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny

from custsim.errors import InputError
from custsim.experiment import compare, optimise, sensitivity, sweep
from custsim.experiment.kept import kept_experiment
from custsim.experiment.store import Store
from custsim.simulation.results import Run


def busiest(run: Run) -> float:
    return float(run.monthly["visits"].max())


def compared(file: Path) -> Any:
    alternatives = ({"complaints.staff": 2}, {"market.price": 0.9})
    asked = ["profit", "lifetime_value[*]", busiest]
    return compare(tiny(), *alternatives, replications=3, store=file, measures=asked, executor="serial")


def swept(file: Path) -> Any:
    over = {"market.price": [0.9, -1.0], "complaints.staff": [1, 2]}
    return sweep(tiny(), over, replications=2, store=file, executor="serial")


def found(file: Path) -> Any:
    known = {"profit.fixed_cost": (0, 5000), "complaints.staff": (1, 2)}
    return sensitivity(tiny(), known, "tornado", store=file, replications=2, executor="serial")


def best(file: Path) -> Any:
    levers = {"complaints.staff": (1, 4), "complaints.ease": (0.4, 0.6)}
    return optimise(
        tiny(), "profit", levers, ("complaint_desk.total", 1e6), trials=4, replications=1, finalists=2,
        final_replications=3, store=file, executor="serial",
    )  # fmt: skip


EXPERIMENTS = [compared, swept, found, best]


def told(file: Path) -> list[Any]:
    with Store.read(file) as store:
        return [kept_experiment(store, entry) for entry in store.experiments()]


def what(result: Any) -> dict[str, Any]:
    return {name: value for name, value in result.data.items() if name not in ("computed", "from_store", "seconds")}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_is_told_again_as_it_was_by_another_model(
    experiment: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(tmp_path / "s.db")
    for module in ("evaluate", "compare", "sweep", "sensitivity", "optimise"):
        monkeypatch.setattr(
            importlib.import_module(f"custsim.experiment.{module}"), "model_version", lambda: "a newer one"
        )
    (again,) = told(tmp_path / "s.db")
    assert again.summary() == made.summary()
    assert what(again) == what(made)
    assert again.base == made.base
    if "over" in made.asked:
        assert list(again.asked["over"].items()) == list(made.asked["over"].items())


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_same_question_is_noted_once(experiment: Callable[[Path], Any], tmp_path: Path) -> None:
    for _ in range(2):
        experiment(tmp_path / "s.db")
    assert len(told(tmp_path / "s.db")) == 1


def test_each_experiment_has_the_labels_it_was_asked_with(tmp_path: Path) -> None:
    for currency in ("EUR", "GBP"):
        firm = tiny().change({"title": f"A firm paid in {currency}", "currency": currency}, opening="own")
        changes = {"complaints.staff": 2 + len(currency) * (currency == "GBP")}
        compare(firm, changes, replications=2, store=tmp_path / "s.db", measures="profit", executor="serial")
    assert [result.base.currency for result in told(tmp_path / "s.db")] == ["EUR", "GBP"]
    assert [result.base.title for result in told(tmp_path / "s.db")] == ["A firm paid in EUR", "A firm paid in GBP"]


def test_a_store_of_an_earlier_custsim_is_told_and_then_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    measures = ["profit", "customers_end.last"]
    made = compare(tiny(), {"complaints.staff": 2}, replications=3, store=file, measures=measures, executor="serial")
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE findings")
    connection.close()
    assert told(file)[0].summary() == made.summary()
    compare(tiny(), {"complaints.staff": 2}, replications=3, store=file, measures=measures, executor="serial")
    with Store.read(file) as store:
        (entry,) = store.experiments()
    assert entry["finding"]["versions"]["custsim"]


def test_reading_changes_nothing_and_makes_no_file(tmp_path: Path) -> None:
    swept(tmp_path / "s.db")
    before = (tmp_path / "s.db").read_bytes()
    told(tmp_path / "s.db")
    assert (tmp_path / "s.db").read_bytes() == before
    assert os.listdir(tmp_path) == ["s.db"]
    with pytest.raises(InputError, match="no such file"):
        Store.read(tmp_path / "t.db")
    assert os.listdir(tmp_path) == ["s.db"]


def test_runs_that_are_gone_count_as_failed_and_nothing_left_is_refused(tmp_path: Path) -> None:
    swept(tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("DELETE FROM results WHERE run IN (SELECT key FROM runs WHERE replication = 1)")
    connection.close()
    (again,) = told(tmp_path / "s.db")
    assert "the run was not kept" in again.evaluation.errors.values()
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("DELETE FROM results")
    connection.close()
    with pytest.raises(InputError, match="none of its 4 runs is in the file"):
        told(tmp_path / "s.db")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE experiments SET specification = '{'", "is damaged"),
        ("UPDATE experiments SET specification = '{}'", "is damaged"),
        ("UPDATE findings SET finding = '{}'", "is damaged"),
        ("UPDATE scenarios SET scenario = '{\"market\": 3}'", "is damaged, or of a version"),
        ("UPDATE experiments SET kind = 'dance'", "does not know"),
    ],
)
def test_damaged_notes_are_refused_in_one_line(statement: str, words: str, tmp_path: Path) -> None:
    swept(tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(InputError, match=words) as refused:
        told(tmp_path / "s.db")
    assert len(refused.value.problems) == 1
    assert "\n" not in refused.value.problems[0]
