"""``custsim run`` and ``custsim warmup``, used the way a user uses them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from one_terminal import Terminal

from custsim.scenario import Scenario, load, save
from custsim.simulation import Run, simulate

TABLES = {f"{name}.parquet" for name in ("monthly", "customers", "tickets", "employees", "joined", "levers")}


@pytest.fixture
def custsim(custsim: Terminal) -> Terminal:
    firm = Scenario().scaled(0.03).change({"name": "own", "title": "Our own bank", "time.months": 8}, opening="own")
    save(firm, "own.toml")
    return custsim


def test_one_command_tells_all_and_keeps_it(custsim: Terminal) -> None:
    done = custsim("run", "own.toml", "--seed", "3")
    assert done.code == 0
    assert done.err.splitlines()[0] == "Our own bank: 600 persons, 8 months, seed 3"
    for title in ("What the firm earned", "What a customer is worth", "Who complains", "Who recommends",
                  "Employees", "Where the chain is weak"):  # fmt: skip
        assert title in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    folder = Path("custsim-results/own-seed3")
    assert done.out.splitlines()[-1] == f"{folder}: written: tables, summary, overview.png"
    assert {file.name for file in folder.iterdir()} == {
        *TABLES, "manifest.json", "summary.txt", "summary.json", "overview.png",
    }  # fmt: skip
    run = Run.load(folder)
    assert run == simulate(load("own.toml"), seed=3)
    assert (folder / "summary.txt").read_text(encoding="utf-8") == f"{run.summary()}\n"
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8")) == run.summary().data
    assert (folder / "overview.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_name_the_neighbourhood_bank_is_run(custsim: Terminal) -> None:
    done = custsim("run", "--months", "2", "--no-picture", "--json")
    assert done.code == 0
    data = json.loads(done.out)
    assert (data["run"]["scenario"], data["run"]["months"]) == ("neighbourhood_bank", 2)
    assert Path(data["folder"]).is_dir()


def test_json_is_json_and_nothing_else(custsim: Terminal) -> None:
    done = custsim("run", "own.toml", "--json", "--no-picture", "--out", "here", "--story", "7")
    data = json.loads(done.out)
    run = Run.load("here")
    assert (data.pop("folder"), data.pop("story")) == ("here", run.story(7))
    assert data == run.summary().data
    assert not Path("here/overview.png").exists()
    assert Path("here/story.txt").read_text(encoding="utf-8") == f"{run.story(7)}\n"


def test_every_option_means_what_python_means(custsim: Terminal) -> None:
    done = custsim("run", "own.toml", "--seed", "4", "--replication", "2", "--months", "5", "--threads", "2", "--set",
                   "complaints.staff=3", "--set", "loyalty.relationship=contractual", "--set", "market.price=1.1",
                   "--no-picture", "--out", "x")  # fmt: skip
    assert done.code == 0
    changed = {"complaints.staff": 3, "loyalty.relationship": "contractual", "market.price": 1.1}
    own = load("own.toml")
    assert Run.load("x") == simulate(own.change(changed), seed=4, replication=2, months=5)
    assert custsim("run", "own.toml", "--set", "complaints.staff=3", "--own-opening", "--out", "y").code == 0
    always = Run.load("y")
    assert always == simulate(own.change({"complaints.staff": 3}, opening="own"))
    assert always.scenario.opening.complaints.staff == 3


def test_a_story_is_told(custsim: Terminal) -> None:
    done = custsim("run", "own.toml", "--story", "11", "--no-picture")
    assert done.code == 0
    told = Run.load("custsim-results/own-seed1").story(11)
    assert told in done.out


def test_what_was_asked_for_names_the_folder(custsim: Terminal) -> None:
    options = ("--months", "1", "--no-picture")
    custsim("run", "own.toml", *options)
    custsim("run", "own.toml", *options, "--replication", "3")
    custsim("run", "own.toml", *options, "--set", "complaints.staff=2")
    custsim("run", "own.toml", *options, "--set", "complaints.staff=2", "--own-opening")
    assert sorted(entry.name for entry in Path("custsim-results").iterdir()) == [
        "own-seed1-1months",
        "own-seed1-1months-complaints.staff=2",
        "own-seed1-1months-complaints.staff=2-own-opening",
        "own-seed1-rep3-1months",
    ]
    long = "x" * 500
    done = custsim("run", "own.toml", *options, "--set", f'description="{long}"', "--set", "name=../../a b")
    assert done.code == 0
    assert {entry.name for entry in custsim.folder.iterdir()} == {"own.toml", "custsim-results"}


def test_a_run_is_replaced(custsim: Terminal) -> None:
    assert custsim("run", "own.toml", "--months", "2", "--out", "x").code == 0
    before = custsim.files()
    assert custsim("run", "own.toml", "--months", "3", "--out", "x").code == 0
    assert Run.load("x").months == 3
    assert custsim.files() == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "none.toml"], 2, "no scenario"),
        (["run", "own.toml", "--set", "complaints.staf=3"], 2, "did you mean complaints.staff?"),
        (["run", "own.toml", "--set", "complaints.staff"], 2, "is not a change"),
        (["run", "own.toml", "--set", "complaints.staff=-1"], 2, "must be at least 0, got -1"),
        (["run", "own.toml", "--set", "market.persons=100000000"], 2, "GB of memory"),
        (["run", "own.toml", "--months", "0"], 2, "0"),
        (["run", "own.toml", "--seed", "-1"], 2, "-1"),
        (["run", "own.toml", "--story", "600"], 2, "must be a person from 0 to 599, got 600"),
        (["run", "own.toml", "--out", "."], 2, "holds own.toml, which is no part of a run"),
        (["run", "own.toml", "--out", "own.toml"], 2, "is not a folder"),
        (["run", "own.toml", "--out", "own.toml/x"], 1, "is not a folder"),
        (["run", "own.toml", "--out", "x" * 300], 2, "no path"),
        (["run", "own.toml", "--nonsense"], 2, "--nonsense"),
    ],
)
def test_what_cannot_be_is_one_clear_line(custsim: Terminal, words: list[str], code: int, said: str) -> None:
    done = custsim(*words)
    assert done.code == code
    assert said in done.err
    assert done.out == ""
    assert custsim.files() == ["own.toml"]
    if "--set" in words or "--out" in words:
        assert sum(line.startswith("custsim: ") for line in done.err.splitlines()) == 1


def test_a_full_disk_ends_with_1_and_leaves_nothing(custsim: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = custsim("run", "own.toml", "--no-picture")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("custsim: ")
    assert done.err.splitlines()[-1].endswith("cannot be written: No space left on device")
    assert custsim.files() == ["own.toml"]


def test_an_interrupt_while_saving_leaves_the_older_run(custsim: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert custsim("run", "own.toml", "--months", "2", "--out", "x", "--no-picture").code == 0
    before = custsim.files()
    real, calls = os.fsync, []

    def stop(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 4:
            raise KeyboardInterrupt
        real(descriptor)

    monkeypatch.setattr(os, "fsync", stop)
    done = custsim("run", "own.toml", "--months", "3", "--out", "x", "--no-picture")
    assert done.code == 130
    assert Run.load("x").months == 2
    assert custsim.files() == before


def interrupted(words: list[str], wait_for: str, then: float, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell would, send it Ctrl-C some time after it said something, and wait for its end."""
    # tests that run in the background may have been told to ignore Ctrl-C, and children inherit that
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from custsim.cli import main; main(sys.argv[1:])"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert child.stderr is not None
    said = ""
    while wait_for not in said:
        line = child.stderr.readline()
        assert line, f"ended without saying {wait_for!r}: {said}"
        said += line
    time.sleep(then)
    assert child.poll() is None, "it ended before Ctrl-C could come"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    return subprocess.CompletedProcess(words, child.returncode, out, said + err)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole groups of processes only")
@pytest.mark.parametrize("later", [0.3, 4.0])
def test_ctrl_c_during_a_run_leaves_nothing(custsim: Terminal, later: float) -> None:
    changes = ("market.persons=600000", "market.customers=180000", "complaints.staff=100")
    words = ["run", "own.toml", "--months", "1200", *(word for change in changes for word in ("--set", change))]
    done = interrupted(words, "600,000 persons", later)  # far from its end, whatever is compiled already
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "custsim: stopped; nothing half-written was left"
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert custsim.files() == ["own.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole groups of processes only")
@pytest.mark.parametrize("later", [0.2, 0.7, 2.0])
def test_the_first_run_says_that_it_compiles_and_can_be_stopped(
    custsim: Terminal, tmp_path: Path, later: float
) -> None:
    empty = tmp_path / "cache"
    done = interrupted(["run", "own.toml"], "compiling the laws", later, NUMBA_CACHE_DIR=str(empty))
    assert done.returncode == 130
    assert "(once; custsim warmup does it ahead)" in done.stderr
    assert not Path("custsim-results").exists()


def test_warmup_compiles_what_runs_need(custsim: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    done = custsim("warmup")
    assert done.code == 0
    assert "compiled in" in done.out
    assert "compiling" not in custsim("run", "own.toml", "--months", "1", "--no-picture").err
    from custsim.simulation import compiled

    monkeypatch.setattr(compiled, "cache_folder", lambda: None)
    assert "not kept" in custsim("warmup").out


def test_help_and_the_first_line_load_nothing_heavy(custsim: Terminal) -> None:
    code = (
        "import sys, custsim.cli.run; from custsim.scenario import load\n"
        "load('own.toml')\n"
        "print([name for name in ('numba', 'scipy', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "--own-opening" in custsim("run", "--help").out


def test_a_progress_bar_is_shown_on_a_terminal_only(custsim: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, Any] = {}
    for kind in ("0", "1"):
        monkeypatch.setenv("FORCE_COLOR" if kind == "1" else "NO_COLOR", "1")
        monkeypatch.setenv("TTY_COMPATIBLE", kind)
        shown[kind] = custsim("run", "own.toml", "--no-picture", "--json")
        json.loads(shown[kind].out)
    assert "8/8" in shown["1"].err
    assert "8/8" not in shown["0"].err
