"""Submissions on disk: none that was acknowledged is lost, late and doubled ones are told apart."""

from __future__ import annotations

import sqlite3
import subprocess
import textwrap
from pathlib import Path

import pytest
from rooms import PYTHON, environment

from custsim.errors import InputError
from custsim.game.store import MOST_TEAMS, Store, team_name

#: a process that submits as fast as it can and says what was acknowledged
SUBMITTER = """
import sys, threading
from custsim.game.store import Store
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store.open(path)
team = next(team for team in store.teams() if team.name == name)
lock = threading.Lock()
def work(thread):
    for number in range(count):
        key = f"{name}-{thread}-{number}"
        made = store.submit(team, 1, key, {"market.marketing": float(number), "thread": thread}, 1000.0 + number)
        with lock:
            print(key, made.number, flush=True)
threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
[one.start() for one in threads]
[one.join() for one in threads]
"""


def opened(path: Path) -> Store:
    store = Store.open(path)
    store.found_team("Owls")
    store.found_team("Foxes")
    store.open_year(1)
    return store


def keys(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        return dict(connection.execute("SELECT key, number FROM submissions").fetchall())


def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "game.db"
    opened(path).close()
    program = textwrap.dedent(SUBMITTER)
    for round_ in range(3):
        process = subprocess.Popen(
            [PYTHON, "-c", program, str(path), "Owls" if round_ % 2 else "Foxes", "100000" if round_ < 2 else "20"],
            stdout=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        assert process.stdout is not None
        acknowledged = []
        for line in process.stdout:
            acknowledged.append(line.split())
            if round_ < 2 and len(acknowledged) == 40:
                process.kill()  # in the middle of writing
                break
        acknowledged += [line.split() for line in process.stdout if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        kept = keys(path)
        assert len(acknowledged) >= 40
        assert all(kept[key] == int(number) for key, number in acknowledged)
        with Store.open(path) as store:  # and the file goes on being a game's
            assert store.years() == {1: False}


def test_two_processes_write_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "game.db"
    opened(path).close()
    program = textwrap.dedent(SUBMITTER)
    processes = [
        subprocess.Popen([PYTHON, "-c", program, str(path), name, "15"], stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.PIPE, env=environment())
        for name in ("Owls", "Foxes")
    ]  # fmt: skip
    told = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    kept = keys(path)
    assert len(kept) == 2 * 3 * 15
    assert len(set(kept.values())) == len(kept)


def test_the_last_submission_counts_and_one_that_comes_twice_is_one(tmp_path: Path) -> None:
    with opened(tmp_path / "game.db") as store:
        owls = store.teams()[0]
        first = store.submit(owls, 1, "a", {"x": 1.0}, 10.0)
        second = store.submit(owls, 1, "b", {"x": 2.0}, 20.0)
        again = store.submit(owls, 1, "a", {"x": 1.0}, 10.0)
        assert again == first
        assert store.submissions() == {(owls.number, 1): second}
        with pytest.raises(InputError, match="was used for another submission"):
            store.submit(owls, 1, "a", {"x": 3.0}, 30.0)


def test_before_it_opens_and_after_it_closes_a_year_takes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "game.db") as store:
        owls = store.teams()[0]
        with pytest.raises(InputError, match="year 2 is not open yet"):
            store.submit(owls, 2, "early", {"x": 1.0}, 1.0)
        kept = store.submit(owls, 1, "in time", {"x": 1.0}, 1.0)
        store.close_year(1)
        with pytest.raises(InputError, match="year 1 is closed; your plan came too late"):
            store.submit(owls, 1, "late", {"x": 2.0}, 1.0)
        assert store.submit(owls, 1, "in time", {"x": 1.0}, 1.0) == kept  # the answer had been lost on its way
        with pytest.raises(InputError, match="not open"):
            store.close_year(1)
        with pytest.raises(InputError, match="is closed already"):
            store.open_year(1)
        with pytest.raises(InputError, match="cannot be opened before"):
            store.open_year(3)
        store.open_year(2)
        with pytest.raises(InputError, match="cannot be opened before year 2 is closed"):
            store.open_year(3)
        assert store.years() == {1: True, 2: False}


def test_teams_have_names_words_and_an_end(tmp_path: Path) -> None:
    with opened(tmp_path / "game.db") as store:
        owls = store.teams()[0]
        with pytest.raises(InputError, match="the name OWLS is taken"):
            store.found_team(" OWLS ")
        with pytest.raises(InputError, match="no team Owls with this word"):
            store.join_team("Owls", "wrong")
        with pytest.raises(InputError, match="no team Bears with this word"):
            store.join_team("Bears", owls.word)
        assert store.join_team("owls", f" {owls.word.lower()} ").members == 2
        assert store.member_of("Owls", owls.word).number == owls.number
        with pytest.raises(InputError, match="in no team"):
            store.member_of("Owls", "")
        for number in range(MOST_TEAMS - 2):
            store.found_team(f"Team {number}")
        with pytest.raises(InputError, match=f"{MOST_TEAMS} teams already"):
            store.found_team("One more")


@pytest.mark.parametrize("name", ["", "   ", "x" * 31, "a\nb\x00", None, 7, ["Owls"], "\u202eevil"])
def test_names_that_cannot_be_shown_are_refused(name: object) -> None:
    with pytest.raises(InputError, match="1 to 30 characters"):
        team_name(name)


def test_files_that_are_something_else_stay_as_they_are(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    words = tmp_path / "words.txt"
    words.write_text("not a database, but long enough to be mistaken for one\n" * 50)
    for file in (other, words):
        before = file.read_bytes()
        with pytest.raises(InputError, match=r"not the file of a game|is not the file of a game"):
            Store.open(file)
        assert file.read_bytes() == before
    with pytest.raises(InputError, match="is a folder"):
        Store.open(tmp_path)


def test_findings_are_kept(tmp_path: Path) -> None:
    with opened(tmp_path / "game.db") as store:
        assert store.finding("benchmark") is None
        store.keep_finding("benchmark", {"best": [1, 2.5]})
    with Store.open(tmp_path / "game.db") as store:
        assert store.finding("benchmark") == {"best": [1, 2.5]}
        assert store.facts({"code": "NEW"}) == {"code": "NEW"}
        assert store.facts({"code": "OTHER"}) == {"code": "NEW"}
