"""``custsim why`` and ``custsim worth``, as a script and a person use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from one_terminal import Terminal

import custsim as cs
from custsim.experiment import word_of_mouth_worth


def test_why_says_what_the_python_function_says(firm: str, custsim: Terminal) -> None:
    words = ("why", firm, "--set", "complaints.staff=2", "--set", "employees.pay=1.1", "--replications", "3")
    base = cs.load(firm)
    told = cs.why(base, base.change({"complaints.staff": 2, "employees.pay": 1.1}), replications=3)
    code, out, _ = custsim(*words, "--picture", "why.png")
    assert code == 0
    assert told.summary() in out
    assert Path("why.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads(custsim(*words, "--json")[1])
    assert data["difference"] == told.difference
    assert sum(link["contribution"] for link in data["links"]) == pytest.approx(data["difference"], rel=1e-9)
    assert sum(line["amount"] for line in data["account"]) == pytest.approx(data["difference"], rel=1e-9)


def test_why_compares_two_files_and_says_when_they_do_not_differ(firm: str, custsim: Terminal) -> None:
    code, out, _ = custsim("why", firm, "busy.toml", "--replications", "2", "--json")
    assert code == 0
    assert "complaints.failure_rate" in json.loads(out)["links"][-1]["changed"] or len(json.loads(out)["links"]) > 1
    code, out, _ = custsim("why", firm, firm, "--picture", "none.png")
    assert code == 0
    assert "not written: the firms do not differ" in out
    assert not Path("none.png").exists()


@pytest.mark.parametrize(
    "words",
    [("why", "firm.toml"), ("why", "firm.toml", "busy.toml", "--set", "complaints.staff=2"), ("why", "a", "b", "c")],
)
def test_why_needs_two_firms(words: tuple[str, ...], firm: str, custsim: Terminal) -> None:
    code, _, err = custsim(*words)
    assert code == 2
    assert "two firms are needed" in err


def test_worth_says_what_the_python_function_says(firm: str, custsim: Terminal) -> None:
    told = word_of_mouth_worth(cs.load(firm), ["profit"], replications=3, seed=2)
    words = ("worth", "word-of-mouth", firm, "--measure", "profit", "--replications", "3", "--seed", "2")
    assert told.summary() in custsim(*words)[1]
    data = json.loads(custsim(*words, "--json", "--csv", "t.csv", "--picture", "w.svg")[1])
    assert [row["value"] for row in data["numbers"]] == told.table["value"].tolist()
    assert Path("t.csv").read_text().startswith("group,part,label,unit,value")
    assert Path("w.svg").read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    "words",
    [
        ("lost-customer", "--month", "2", "--persons", "3"),
        ("complaint", "--last", "3", "--complaints", "2"),
        ("internal-service", "--store", "s.db"),
    ],
)
def test_each_question_is_answered_in_words_and_drawn(words: tuple[str, ...], firm: str, custsim: Terminal) -> None:
    question, *more = words
    code, out, err = custsim(
        "worth", question, firm, "--set", "complaints.failure_rate=0.3", *more, "--replications", "3",
        "--picture", "w.png",
    )  # fmt: skip
    assert code == 0, err
    assert "In brackets: 95 % intervals." in out
    assert Path("w.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_lived_here_has_no_store(firm: str, custsim: Terminal) -> None:
    code, _, err = custsim("worth", "lost-customer", firm, "--store", "s.db")
    assert code == 2
    assert "leave them out" in err
    assert not Path("s.db").exists()


def test_help_teaches_by_example(custsim: Terminal) -> None:
    assert "custsim why neighbourhood_bank --set complaints.staff=6" in custsim("why", "--help")[1]
    assert "custsim worth lost-customer neighbourhood_bank --month 12" in custsim("worth", "--help")[1]
