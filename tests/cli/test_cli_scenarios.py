"""The commands around scenario files, run the way a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from one_terminal import Terminal

from custsim.scenario import Scenario, bundled, declared, load, save


@pytest.fixture
def custsim(custsim: Terminal) -> Terminal:
    save(Scenario().change({"name": "own", "title": "Our own bank", "complaints.staff": 7}), "own.toml")
    return custsim


def test_new_writes_a_file_that_is_in_order_and_says_the_same(custsim: Terminal) -> None:
    done = custsim("new", "mine", "--from", "own.toml")
    assert (done.code, done.err) == (0, "")
    mine = load("mine.toml")
    assert mine == load("own.toml").change({"name": "mine"}, opening="own")
    text = Path("mine.toml").read_text(encoding="utf-8")
    for parameter in declared(Scenario):
        assert parameter.path.rsplit(".", 1)[-1] in text
    assert custsim("check", "mine.toml").code == 0


def test_new_never_overwrites(custsim: Terminal) -> None:
    before = Path("own.toml").read_bytes()
    done = custsim("new", "own", "--from", "own.toml")
    assert done.code == 2
    assert "own.toml: is there already" in done.err
    assert Path("own.toml").read_bytes() == before


def test_new_from_nothing_or_into_nowhere_is_an_input_error(custsim: Terminal) -> None:
    assert custsim("new", "x", "--from", "no_such_bank").code == 2
    assert custsim("new", "no/such/folder/x.toml", "--from", "own.toml").code == 2
    assert [entry.name for entry in custsim.folder.iterdir()] == ["own.toml"]


def test_check_tells_what_a_right_file_is(custsim: Terminal) -> None:
    done = custsim("check", "own.toml")
    assert done.code == 0
    assert "in order" in done.out
    assert "Our own bank" in done.out
    facts = json.loads(custsim("check", "own.toml", "--json").out)
    assert facts["ok"]
    assert facts["name"] == "own"
    assert facts["differ"] == 3


WRONG = """
nmae = "x"
[complaints]
staff = -3
ease = "high"
[[interventions]]
month = 3
change = { "complaints.staf" = 4 }
"""


def test_check_reports_all_problems_at_once_and_ends_with_2(custsim: Terminal) -> None:
    Path("wrong.toml").write_text(WRONG, encoding="utf-8")
    done = custsim("check", "wrong.toml")
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert len(lines) == 4
    assert any(line.startswith("custsim: interventions[0].change: complaints.staf: no such") for line in lines)
    assert "custsim: nmae: no such parameter; did you mean name?" in lines
    assert any(line.startswith("custsim: complaints.staff: must be at least ") for line in lines)
    assert "custsim: complaints.ease: must be a number, got 'high'" in lines
    as_json = custsim("check", "wrong.toml", "--json")
    assert as_json.code == 2
    assert as_json.err == ""
    assert json.loads(as_json.out)["problems"] == [line.removeprefix("custsim: ") for line in lines]


def test_check_looks_into_interventions(custsim: Terminal) -> None:
    Path("wrong.toml").write_text('[[interventions]]\nmonth = 3\nchange = { "complaints.staf" = 4 }', encoding="utf-8")
    done = custsim("check", "wrong.toml")
    assert done.code == 2
    assert "interventions[0].change: complaints.staf: no such parameter; did you mean complaints.staff?" in done.err


def test_check_of_what_is_no_scenario(custsim: Terminal) -> None:
    Path("picture.toml").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    Path("broken.toml").write_text("[complaints\nstaff = 3", encoding="utf-8")
    for file, words in {
        "picture.toml": "not a text file",
        "broken.toml": "not TOML",
        "none.toml": "no scenario",
        ".": "is a folder",
        "x" * 5000: "is no path a file can have",
        "own": "did you mean the file own.toml?",
    }.items():
        done = custsim("check", file)
        assert done.code == 2
        assert words in done.err
        assert len(done.err.splitlines()) == 1


def test_describe_tells_every_value_with_unit_meaning_and_source(custsim: Terminal) -> None:
    rows = json.loads(custsim("describe", "own.toml", "--json").out)
    by_path = {row["path"]: row for row in rows}
    assert len(rows) == len(by_path)
    assert (by_path["complaints.staff"]["value"], by_path["complaints.staff"]["differs"]) == (7, True)
    assert all(row["unit"] and row["meaning"] and row["source"] for row in rows)
    table = custsim("describe", "own.toml")
    assert table.code == 0
    assert all(row["path"] in table.out for row in rows)


def test_describe_narrows_down(custsim: Terminal) -> None:
    changed = json.loads(custsim("describe", "own.toml", "--changed", "--json").out)
    assert [row["path"] for row in changed] == ["name", "title", "complaints.staff"]
    one = json.loads(custsim("describe", "own.toml", "--section", "loyalty", "--json").out)
    assert {row["path"].split(".")[0] for row in one} == {"loyalty"}
    wrong = custsim("describe", "own.toml", "--section", "loyality")
    assert wrong.code == 2
    assert "did you mean loyalty?" in wrong.err


def test_describe_without_a_name_lists_the_bundled_scenarios(custsim: Terminal) -> None:
    assert list(json.loads(custsim("describe", "--json").out)) == bundled()
    done = custsim("describe")
    assert done.code == 0
    assert all(name in done.out for name in bundled())


def test_schema_is_printed_or_written(custsim: Terminal) -> None:
    printed = json.loads(custsim("schema").out)
    assert custsim("schema", "--out", "schema.json").code == 0
    assert json.loads(Path("schema.json").read_text(encoding="utf-8")) == printed


@pytest.mark.parametrize("words", [["chek"], ["check"], ["describe", "--nonsense"], ["new"]])
def test_wrong_use_ends_with_2(custsim: Terminal, words: list[str]) -> None:
    assert custsim(*words).code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [(["check", "own.toml"], 0), (["check", "wrong.toml"], 2), (["check", "none.toml"], 2), (["--version"], 0)],
)
def test_exit_codes_seen_by_a_shell(custsim: Terminal, words: list[str], code: int) -> None:
    Path("wrong.toml").write_text(WRONG, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "custsim", *words], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_an_unreadable_file_ends_with_1(custsim: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    done = custsim("check", "own.toml")
    assert done.code == 1
    assert done.err.splitlines() == ["custsim: own.toml: cannot be read: Permission denied"]
    assert custsim("check", "own.toml", "--json").code == 1


def test_no_command_about_files_loads_the_compiler() -> None:
    code = (
        "import sys; from custsim.cli import main\n"
        "try: main(['schema'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('numba', 'scipy', 'pandas', 'matplotlib') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_describe_says_that_a_firm_was_changed_in_month_0(custsim: Terminal) -> None:
    before = Scenario().complaints.staff
    assert f"changed in month 0; before: complaints.staff = {before}\n" in custsim("describe", "own.toml").out
    assert "month 0" not in custsim("describe", "neighbourhood_bank").out.partition("parameter")[0]
