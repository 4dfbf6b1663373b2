"""``custsim compare`` and ``custsim sweep``, as a script and a person use them."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
from one_terminal import Terminal

from custsim.cli.experiments import split_changes, values_by_path
from custsim.errors import InputError
from custsim.scenario import Scenario


def test_compare_answers_in_words_and_in_json(firm: str, custsim: Terminal) -> None:
    code, out, err = custsim("compare", firm, "--set", "complaints.staff=3", "--replications", "3")
    assert code == 0, err
    assert "complaints.staff = 3" in out
    assert "As an investment over 4 months" in out
    code, out, _ = custsim(
        "compare", firm, "busy.toml", "--with", "complaints.staff=3,complaints.compensation=1.5",
        "--measure", "profit", "--measure", "lifetime_value[*]", "--replications", "3", "--json",
    )  # fmt: skip
    data = json.loads(out)
    assert [one["name"] for one in data["alternatives"]] == [
        "complaints.staff = 3, complaints.compensation = 1.5",
        "busy",
    ]
    assert data["alternatives"][0]["changes"] == {"complaints.staff": 3, "complaints.compensation": 1.5}
    assert data["replications"] == 3
    assert "investment" in data["alternatives"][0]


def test_alternatives_have_the_names_they_are_given(firm: str, custsim: Terminal) -> None:
    alternatives = ("--with", "Two at the desk: complaints.staff=2, complaints.compensation=1.5",
                    "--with", "complaints.staff=3")  # fmt: skip
    words = ("compare", firm, *alternatives, "--measure", "profit", "--replications", "2", "--store", "s.db")
    code, out, _ = custsim(*words)
    assert code == 0
    assert "\nTwo at the desk\n===============\n" in out
    assert "\ncomplaints.staff = 3\n" in out
    told = json.loads(custsim(*words, "--json")[1])["alternatives"]
    assert [one["name"] for one in told] == ["Two at the desk", "complaints.staff = 3"]
    assert told[0]["changes"] == {"complaints.staff": 2, "complaints.compensation": 1.5}
    custsim("report", "s.db", "--out", "page.html", "--no-workbook")
    again = html.unescape(Path("page.html").read_text())
    assert "--with 'Two at the desk: complaints.staff=2,complaints.compensation=1.5'" in again
    assert "--with complaints.staff=3" in again


@pytest.mark.parametrize("name", ["Desk", Scenario().name])
def test_two_firms_of_one_name_are_refused(firm: str, custsim: Terminal, name: str) -> None:
    alternatives = ("--with", "Desk: complaints.staff=2", "--with", f"{name}: complaints.staff=3")
    code, _, err = custsim("compare", firm, *alternatives, "--with", "Odd: complaints.stuff=3")
    assert code == 2
    assert f"--with: two firms are called '{name}'; give each a name of its own" in err
    assert "complaints.stuff" in err


def test_compare_makes_as_many_replications_as_a_precision_takes(firm: str, custsim: Terminal) -> None:
    words = ("compare", firm, "--set", "market.price=0.9", "--measure", "profit", "--precision", "profit=100000")
    code, out, _ = custsim(*words, "--json")
    assert (code, json.loads(out)["replications"]) == (0, 30)


def test_a_store_is_used_again_and_a_table_is_written(firm: str, custsim: Terminal) -> None:
    words = ("sweep", firm, "--over", "complaints.staff=1..3", "--replications", "2", "--store", "s.db", "--json")
    first = json.loads(custsim(*words)[1])
    again = json.loads(custsim(*words, "--csv", "t.csv")[1])
    assert (first["computed"], again["computed"], again["from_store"]) == (6, 0, 6)
    assert first["points"] == again["points"]
    table = Path("t.csv").read_text().splitlines()
    assert table[0].startswith("point,complaints.staff,replication,profit")
    assert len(table) == 7


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("compare", "firm.toml"), "nothing to compare with"),
        (("compare", "firm.toml", "--set", "complaints.staf=3"), "did you mean complaints.staff"),
        (("compare", "firm.toml", "--set", "complaints.staff=3", "--measure", "profitt"), "did you mean profit"),
        (("compare", "firm.toml", "--set", "complaints.staff=3", "--precision", "profit=x"), "write it like"),
        (("compare", "firm.toml", "--set", "complaints.staff=3", "--store", "firm.toml"), "not a store"),
        (("sweep", "firm.toml", "--over", "complaints.staff"), "write it like complaints.staff=2,4,8"),
        (("sweep", "firm.toml", "--over", "loyalty.offer_rate=0..0.5"), "--design latin"),
        (("sweep", "firm.toml", "--over", "complaints.staff=1", "--measure", "monthly:profit"), "told in numbers"),
    ],
)
def test_bad_input_ends_with_code_2_and_a_line(
    words: tuple[str, ...], message: str, firm: str, custsim: Terminal
) -> None:
    code, out, err = custsim(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["compare", "sweep"])
def test_help_teaches_by_examples_that_can_be_typed(command: str, custsim: Terminal) -> None:
    code, out, _ = custsim(command, "--help")
    assert code == 0
    assert out.count(f"custsim {command} ") >= 3


def test_no_progress_is_shown_where_there_is_no_terminal(firm: str, custsim: Terminal) -> None:
    _, _, err = custsim("sweep", firm, "--over", "complaints.staff=1,2", "--replications", "2")
    assert "runs" not in err


def test_changes_are_split_at_commas_outside_of_brackets_and_quotation_marks() -> None:
    assert split_changes('a=1, b=[1, 2],c="x, y",d={e = 1, f = 2}') == [
        "a=1", "b=[1, 2]", 'c="x, y"', "d={e = 1, f = 2}",
    ]  # fmt: skip


def test_values_and_ranges() -> None:
    texts = ["a.b=1,2.5,x", "c=2..4"]
    assert values_by_path(texts, ranges=False) == {"a.b": [1, 2.5, "x"], "c": [2, 3, 4]}
    assert values_by_path(["c=0..0.5"], ranges=True) == {"c": [0, 0.5]}
    with pytest.raises(InputError) as refused:
        values_by_path(["a", "b=", "c=4..2"], ranges=False)
    assert len(refused.value.problems) == 3
