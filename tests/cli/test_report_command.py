"""``custsim report``, as a person and a script use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from one_terminal import Terminal


def kept(firm: str, custsim: Terminal) -> None:
    words = ("--replications", "2", "--measure", "profit", "--store", "bank.db")
    assert custsim("compare", firm, "--set", "complaints.staff=3", *words)[0] == 0
    assert custsim("sweep", firm, "--over", "complaints.staff=1,2", *words)[0] == 0


def test_a_store_becomes_a_page_and_a_workbook(firm: str, custsim: Terminal) -> None:
    kept(firm, custsim)
    code, out, err = custsim("report", "bank.db", "--title", "For the board", "--author", "A. Consultant")
    assert (code, err) == (0, "")
    assert out.splitlines()[-2].endswith("bank-report.html: written")
    assert out.splitlines()[-1].endswith("bank-report.xlsx: written")
    page = Path("bank-report.html").read_text(encoding="utf-8")
    assert "<h1>For the board</h1>" in page
    assert "A. Consultant" in page
    assert sorted(os.listdir()) == ["bank-report.html", "bank-report.xlsx", "bank.db", "busy.toml", "firm.toml"]


def test_a_script_reads_the_same_numbers_as_json(firm: str, custsim: Terminal) -> None:
    kept(firm, custsim)
    listed = json.loads(custsim("report", "bank.db", "--list", "--json")[1])
    assert [(entry["number"], entry["kind"]) for entry in listed] == [(1, "compare"), (2, "sweep")]
    told = json.loads(custsim("report", "bank.db", "--experiment", "1", "--out", "a.html", "--json")[1])
    assert (told["page"], told["workbook"]) == ("a.html", "a.xlsx")
    words = ("--replications", "2", "--measure", "profit", "--json")
    again = json.loads(custsim("compare", firm, "--set", "complaints.staff=3", *words)[1])
    assert told["experiments"][0]["result"]["alternatives"] == again["alternatives"]


def test_a_run_is_told_too(firm: str, custsim: Terminal) -> None:
    custsim("run", firm, "--out", "this-run", "--no-picture")
    assert custsim("report", "this-run", "--out", "r.html", "--no-workbook")[0] == 0
    assert sorted(os.listdir()) == ["busy.toml", "firm.toml", "r.html", "this-run"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("report", "nowhere.db"), 2, "nowhere.db: no such file"),
        (("report", "firm.toml"), 2, "firm.toml: is not a store of custsim"),
        (("report", "."), 2, "is not the folder of a run"),
        (("report", "bank.db", "--experiment", "7"), 2, "none of number 7; it has 1 (compare"),
        (("report", "bank.db", "--out", "a.pdf"), 2, "a page ends in .html; write a.html"),
        (("report", "bank.db", "--out", "nowhere/a.html"), 2, "there is no folder nowhere"),
        (("report", "bank.db", "--workbook", "a.xls"), 2, "a workbook ends in .xlsx; write a.xlsx"),
        pytest.param(
            ("report", "bank.db", "--out", "/proc/a.html"),
            1,
            "/proc/a.html: cannot be written",
            marks=pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nobody can write to"),
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    words: tuple[str, ...], code: int, message: str, firm: str, custsim: Terminal
) -> None:
    kept(firm, custsim)
    before = sorted(os.listdir())
    ended, out, err = custsim(*words)
    assert (ended, out) == (code, "")
    assert message in err
    assert err.startswith("custsim: ")
    assert err.count("\n") == 1
    assert sorted(os.listdir()) == before


def test_a_report_that_is_killed_leaves_the_older_one(firm: str, custsim: Terminal) -> None:
    """Killed at the worst moment: when the new page lies beside its place and is not yet there."""
    kept(firm, custsim)
    Path("bank-report.html").write_text("the older report")
    code = (
        "import os, signal, sys; from custsim.cli import main\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(['report', 'bank.db'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -9
    assert Path("bank-report.html").read_text() == "the older report"
    assert not Path("bank-report.xlsx").exists()
    assert custsim("report", "bank.db")[0] == 0
    assert Path("bank-report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_help_teaches_by_example(custsim: Terminal) -> None:
    out = custsim("report", "--help")[1]
    assert "custsim report bank.db --title" in out
    assert "custsim report this-run" in out
