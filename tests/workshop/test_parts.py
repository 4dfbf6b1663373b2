"""The parts of a workshop, each alone: the file, words and names, cookies, pages, addresses."""

from __future__ import annotations

import re
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workshop_room import CELLS, write_notebook

from custsim.errors import EnvironmentFailure, InputError
from custsim.lessons.catalogue import read_notebook
from custsim.widgets import Number, Session
from custsim.workshop.address import addresses, bound, code_for_page
from custsim.workshop.joining import Brake, Keys, checked_word, nickname, normal_word, random_word, same_word
from custsim.workshop.page import result_block, words_block
from custsim.workshop.prepare import Prepared, prepare
from custsim.workshop.run import state_file
from custsim.workshop.store import KeptAnswer, Store
from custsim.workshop.trainer import spread

# ---- the file -----------------------------------------------------------------------------------------------------


def test_the_file_gives_back_what_was_kept(tmp_path: Path) -> None:
    with Store.open(tmp_path / "new" / "room.db", "iceberg") as store:
        store.seat("a", "Ana", 1.0)
        store.keep("a", "staff", {"value": 3}, "p:1")
        store.keep("a", "leaves", {"tries": 1}, "p:2", KeptAnswer([0], False))
        store.keep("a", "leaves", {"tries": 2}, "p:3", KeptAnswer([1], True))
        store.seat("b", "Ben", 2.0)
        store.note(word="amber otter")
    with Store.open(tmp_path / "new" / "room.db", "iceberg") as store:
        ana, ben = store.seats()
        assert (ana.nickname, ben.nickname) == ("Ana", "Ben")
        assert ana.states == {"staff": {"value": 3}, "leaves": {"tries": 2}}
        assert ana.marks == {"staff": "p:1", "leaves": "p:3"}
        assert ana.answers == {"leaves": [KeptAnswer([0], False), KeptAnswer([1], True)]}
        assert store.facts()["word"] == "amber otter"
        store.unseat("a").result()
        assert [seat.nickname for seat in store.seats()] == ["Ben"]


def test_a_change_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    with Store.open(tmp_path / "room.db", "iceberg") as store:
        store.seat("a", "Ana", 1.0).result()
        store._connection.execute("DROP TABLE answers")
        failed = store.keep("a", "leaves", {"tries": 1}, "p:1", KeptAnswer([0], False))
        with pytest.raises(EnvironmentFailure, match="answers"):
            failed.result()
        store._connection.execute("CREATE TABLE answers (number, seat, component, given, correct, at)")
        assert store.seats()[0].states == {}


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with Store.open(tmp_path / "room.db", "iceberg"):
        assert (tmp_path / "room.db").stat().st_mode & 0o077 == 0


def test_a_file_in_use_is_not_opened_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custsim.workshop.store._PATIENCE", 0.05)
    with (
        Store.open(tmp_path / "room.db", "iceberg"),
        pytest.raises(EnvironmentFailure, match="another workshop is using it"),
    ):
        Store.open(tmp_path / "room.db", "iceberg")
    Store.open(tmp_path / "room.db", "iceberg").close()


def test_the_file_of_another_lesson_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "room.db", "iceberg").close()
    with pytest.raises(InputError, match="of the lesson iceberg, not lifetime_value; give another name"):
        Store.open(tmp_path / "room.db", "lifetime_value")


@pytest.mark.parametrize("content", [b"PK not a database", b"SQLite format 3\0 short"])
def test_what_is_no_file_of_a_workshop_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "room.db"
    file.write_bytes(content)
    with pytest.raises(InputError, match="stays as it is"):
        Store.open(file, "iceberg")
    assert file.read_bytes() == content


def test_somebody_elses_database_is_refused_and_stays(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "room.db") as other:
        other.execute("CREATE TABLE mine (x)")
    before = (tmp_path / "room.db").read_bytes()
    with pytest.raises(InputError, match="database of something else"):
        Store.open(tmp_path / "room.db", "iceberg")
    assert (tmp_path / "room.db").read_bytes()[100:] == before[100:]


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "room.db"
    with Store.open(file, "iceberg") as store:
        for number in range(200):
            store.keep("a", f"part{number}", {"value": "x" * 500}, "")
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)
    with pytest.raises(InputError, match="is damaged") as refusal:
        Store.open(file, "iceberg")
    assert len(refusal.value.problems) == 1


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFailure, match="file"):
        Store.open(tmp_path / "file" / "room.db", "iceberg")


def test_todays_file_goes_on_unless_a_new_one_is_wanted(
    lesson_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lesson = read_notebook(lesson_file)
    first = state_file(lesson, new=False)
    assert re.fullmatch(r"custsim-workshops.04_iceberg-\d{4}-\d\d-\d\d\.db", str(first))
    assert state_file(lesson, new=True) == first
    first.parent.mkdir()
    first.touch()
    assert state_file(lesson, new=False) == first
    second = state_file(lesson, new=True)
    assert second != first
    second.touch()
    assert state_file(lesson, new=False) == second


# ---- words and names ----------------------------------------------------------------------------------------------


def test_words_drawn_are_two_plain_words_of_many() -> None:
    drawn = {random_word() for _ in range(60)}
    assert len(drawn) > 55
    assert all(re.fullmatch(r"[a-z]{3,} [a-z]{3,}", word) and checked_word(word) == word for word in drawn)


@given(st.text(max_size=30))
def test_a_word_is_right_only_if_it_reads_the_same(given_word: str) -> None:
    assert same_word(given_word, "amber otter") == (normal_word(given_word) == "amber otter")


@pytest.mark.parametrize("word", ["abc", "", "a" * 61, "amber/otter", "<b>word</b>", "amber\0otter"])
def test_join_words_that_cannot_be_said_are_refused(word: str) -> None:
    with pytest.raises(InputError, match="--word: must be 4 to 60"):
        checked_word(word)


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=24), max_size=5))
def test_a_nickname_is_short_visible_and_nobody_elses_or_it_is_refused_kindly(name: str, taken: list[str]) -> None:
    try:
        got = nickname(name, taken)
    except InputError as refusal:
        said = str(refusal)
    else:
        said = ""
    if said:
        assert said.startswith("Please") or "is taken" in said
        return
    assert 1 <= len(got) <= 24
    assert got.isprintable()
    assert got not in taken


def test_a_taken_nickname_comes_with_a_free_one() -> None:
    with pytest.raises(InputError, match="such as Ana 3"):
        nickname("Ana", ["ANA", "ana 2"])


def test_letters_that_turn_the_direction_of_text_are_left_out() -> None:
    assert nickname("A\u202ena\u200b", []) == "Ana"


def test_a_signature_is_good_for_one_role_and_one_room() -> None:
    keys, other = Keys.new(), Keys.new()
    signed = keys.sign("seat", "abc")
    assert keys.read("seat", signed) == "abc"
    assert keys.read("trainer", signed) is None
    assert other.read("seat", signed) is None
    assert keys.read("seat", None) is keys.read("seat", "") is keys.read("seat", "abc") is None
    assert keys.cookie("seat") != other.cookie("seat")
    assert keys.opens(keys.trainer)
    assert not keys.opens("")
    assert not keys.opens(keys.trainer[:-1])


def test_the_brake_gives_attempts_back_one_by_one() -> None:
    clock = [0.0]
    brake = Brake(attempts=3, seconds=5.0, now=lambda: clock[0])
    for _ in range(3):
        assert brake.wait("a") == 0
        brake.wrong("a")
    assert brake.wait("a") == 5
    assert brake.wait("b") == 0
    clock[0] = 5.0
    assert brake.wait("a") == 0
    brake.wrong("a")
    assert brake.wait("a") == 5
    clock[0] = 1000.0
    for _ in range(3):
        assert brake.wait("a") == 0
        brake.wrong("a")
    assert brake.wait("a") == 5


# ---- pages --------------------------------------------------------------------------------------------------------


def test_markup_other_than_markdown_is_shown_as_text() -> None:
    html = words_block("<script>alert(1)</script> <img src=x onerror=y> [x](javascript:alert(1))", Path())["html"]
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_pictures_come_with_the_page_and_from_the_lesson_only(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "secret.svg").write_text("<svg/>")
    html = words_block("![a dot](dot.svg)", tmp_path / "in")["html"]
    assert 'alt="a dot"' in html
    assert 'src="data:image/svg+xml;base64,' in html
    for source in ("../secret.svg", "http://example.org/x.png", "missing.png", "//example.org/x.png"):
        with pytest.raises(InputError, match="no such picture"):
            words_block(f"![x]({source})", tmp_path / "in")


def test_results_become_pictures_tables_or_text() -> None:
    import pandas as pd

    from custsim.plots import new_figure

    figure = new_figure()
    figure.axes[0].set_title("The staffing cliff")
    picture = result_block(figure)
    assert picture["data"].startswith("data:image/png;base64,")
    assert picture["alt"] == "Picture: The staffing cliff"
    frame = pd.DataFrame({"tier": ["top", "low"], "share": [0.2, 1234.6], "n": [1000, 2]})
    table = result_block(frame)
    assert table["head"] == ["tier", "share", "n"]
    assert table["rows"] == [["top", "0.2", "1,000"], ["low", "1,235", "2"]]
    assert "200" in result_block(pd.DataFrame({"x": range(300)}))["note"]
    assert result_block("plain") == {"is": "text", "text": "plain"}


def test_a_lesson_is_made_ready_as_a_notebook_runs_it(tmp_path: Path) -> None:
    file = write_notebook(
        tmp_path / "02_two.ipynb",
        [
            "# Two\n\nOpening.",
            ">>>import os\nx = 20",
            "## One\n\ntext\n\n## Two\n\nmore",
            ">>>print('printed')\ndisplay('shown')\nx + 1",
            ">>>x = x + 5;",
            ">>>x",
            ">>>x;",
            ">>>open('here.txt', 'w').close()",
            ">>>from custsim.widgets import Number\n[Number(name, question='?', answer=1) for name in 'ab']",
        ],
    )
    told: list[str] = []
    ready = prepare(read_notebook(file), tell=told.append)
    assert [page.title for page in ready.pages] == ["Two", "One", "Two"]
    texts = [block.get("text") for block in __import__("json").loads(ready.pages[2].content)["blocks"]]
    assert texts == [None, "printed", "shown", "21", "25", None, None]
    assert [part.id for part in ready.pages[2].components] == ["a", "b"]
    assert (tmp_path / "here.txt").exists()
    assert len(told) == 3


NUMBER = "from custsim.widgets import Number\n"


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("1 / 0", "cell 3: ZeroDivisionError: division by zero"),
        ("x = (", "cell 3: SyntaxError"),
        ("from custsim.widgets import Number\nNumber('Not An Id', question='?', answer=1)", "cell 3: id: must be"),
        (
            "from custsim.widgets import Number\n[Number('a', question='?', answer=1)] * 2",
            "two components are called 'a'",
        ),
    ],
)
def test_a_cell_that_fails_is_named(tmp_path: Path, cell: str, says: str) -> None:
    file = write_notebook(tmp_path / "03_bad.ipynb", ["# Bad", ">>>x = 1", f">>>{cell}"])
    with pytest.raises(InputError, match=r"03_bad\.ipynb") as refusal:
        prepare(read_notebook(file))
    assert says in str(refusal.value)


def test_the_trainers_sheet_is_in_no_page(prepared: Prepared) -> None:
    assert "SHEET-OF-THE-TRAINER" in prepared.sheet
    assert not any(b"SHEET" in page.content for page in prepared.pages)
    assert len(prepared.pages) == sum(cell.startswith(("# ", "## ")) for cell in CELLS)


# ---- answers ------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40))
def test_every_guess_is_in_one_bar(values: list[float]) -> None:
    told = spread({"low": 0, "high": 100, "question": "?"}, [[KeptAnswer(value, None)] for value in values])
    assert told["answered"] == len(values)
    assert sum(bar["count"] for bar in told["bars"]) == len(values)
    assert all(bar["count"] >= 0 for bar in told["bars"])
    assert len(told["bars"]) <= 12


def test_a_real_question_is_read_off_its_reply() -> None:
    from custsim.workshop.room import _answer

    session = Session(Number("sum", question="2 + 3?", answer=5))
    for text, right in (("5", True), ("7", False), ("dunno", None)):
        message: dict[str, Any] = {"do": "answer", "text": text}
        answer = _answer(message, session.send(message))
        assert answer == (None if right is None else KeptAnswer(text, right))
    assert _answer({"do": "look"}, session.look()) is None


# ---- addresses ----------------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_and_a_free_one_suggested() -> None:
    with bound("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is taken") as refusal:
            bound("127.0.0.1", port)
        suggested = int(str(refusal.value).rsplit(" ", 1)[1])
        bound("127.0.0.1", suggested).close()


@pytest.mark.parametrize("host", ["192.0.2.77", "no such host"])
def test_an_address_that_is_not_this_computers_is_refused(host: str) -> None:
    with pytest.raises(InputError, match="is no address of this computer"):
        bound(host, 0)


def test_the_address_for_the_room_is_one_that_others_can_reach() -> None:
    found = addresses()
    assert found
    assert found == ["127.0.0.1"] or not any(address.startswith("127.") for address in found)
    for address in found:
        socket.inet_aton(address)


def test_the_code_is_a_picture_without_a_request() -> None:
    svg = code_for_page("http://192.168.1.5:8000/#amber-otter").decode()
    assert svg.startswith("<svg")
    assert "style=" not in svg
