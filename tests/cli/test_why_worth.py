"""``custsim why`` and ``custsim worth``, as a script and a person use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import custsim as cs
from custsim.cli import main
from custsim.experiment import word_of_mouth_worth
from custsim.scenario import Scenario, save


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    small = Scenario().scaled(0.015).change({"time.warm_up_months": 0, "time.months": 6}, opening="own")
    save(small, tmp_path / "firm.toml")
    save(small.change({"name": "busy", "complaints.failure_rate": 0.2}), tmp_path / "busy.toml")
    return "firm.toml"


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_why_says_what_the_python_function_says(firm: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("why", firm, "--set", "complaints.staff=2", "--set", "employees.pay=1.1", "--replications", "3")
    base = cs.load(firm)
    told = cs.why(base, base.change({"complaints.staff": 2, "employees.pay": 1.1}), replications=3)
    code, out, _ = called(capsys, *words, "--picture", "why.png")
    assert code == 0
    assert told.summary() in out
    assert Path("why.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads(called(capsys, *words, "--json")[1])
    assert data["difference"] == told.difference
    assert sum(link["contribution"] for link in data["links"]) == pytest.approx(data["difference"], rel=1e-9)
    assert sum(line["amount"] for line in data["account"]) == pytest.approx(data["difference"], rel=1e-9)


def test_why_compares_two_files_and_says_when_they_do_not_differ(firm: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "why", firm, "busy.toml", "--replications", "2", "--json")
    assert code == 0
    assert "complaints.failure_rate" in json.loads(out)["links"][-1]["changed"] or len(json.loads(out)["links"]) > 1
    code, out, _ = called(capsys, "why", firm, firm, "--picture", "none.png")
    assert code == 0
    assert "not written: the firms do not differ" in out
    assert not Path("none.png").exists()


@pytest.mark.parametrize(
    "words",
    [("why", "firm.toml"), ("why", "firm.toml", "busy.toml", "--set", "complaints.staff=2"), ("why", "a", "b", "c")],
)
def test_why_needs_two_firms(words: tuple[str, ...], firm: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, *words)
    assert code == 2
    assert "two firms are needed" in err


def test_worth_says_what_the_python_function_says(firm: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = word_of_mouth_worth(cs.load(firm), ["profit"], replications=3, seed=2)
    words = ("worth", "word-of-mouth", firm, "--measure", "profit", "--replications", "3", "--seed", "2")
    assert told.summary() in called(capsys, *words)[1]
    data = json.loads(called(capsys, *words, "--json", "--csv", "t.csv", "--picture", "w.svg")[1])
    assert [row["value"] for row in data["numbers"]] == told.table["value"].tolist()
    assert Path("t.csv").read_text().startswith("group,part,label,unit,value")
    assert Path("w.svg").read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    "words",
    [
        ("lost-customer", "--month", "2", "--persons", "3"),
        ("complaint", "--last", "5", "--complaints", "2"),
        ("internal-service", "--store", "s.db"),
    ],
)
def test_each_question_is_answered_in_words_and_drawn(
    words: tuple[str, ...], firm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    question, *more = words
    code, out, err = called(
        capsys, "worth", question, firm, "--set", "complaints.failure_rate=0.3", *more, "--replications", "3",
        "--picture", "w.png",
    )  # fmt: skip
    assert code == 0, err
    assert "In brackets: 95 % intervals." in out
    assert Path("w.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_lived_here_has_no_store(firm: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "worth", "lost-customer", firm, "--store", "s.db")
    assert code == 2
    assert "leave them out" in err
    assert not Path("s.db").exists()


def test_help_teaches_by_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert "custsim why neighbourhood_bank --set complaints.staff=6" in called(capsys, "why", "--help")[1]
    assert "custsim worth lost-customer neighbourhood_bank --month 12" in called(capsys, "worth", "--help")[1]
