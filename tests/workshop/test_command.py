"""``custsim workshop``, used the way a trainer uses it: started, told wrong things, ended, killed, started again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from server_process import Terminal
from workshop_room import CELLS, Trainee, write_notebook

from custsim.cli import main

Start = Callable[..., Terminal]


@pytest.fixture
def start(lesson_file: Path) -> Iterator[Start]:
    """Start a workshop on the tests' lesson in its folder."""
    with ExitStack() as started:

        def begun(*words: str) -> Terminal:
            terminal = Terminal(lesson_file.parent, lesson_file.name, "--host", "127.0.0.1", *words)
            started.callback(terminal.close)
            return terminal

        yield begun


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run the command in this process where it must end before it serves; give code and message."""
    with pytest.raises(SystemExit) as ending:
        main(["workshop", *words])
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return int(ending.value.code or 0), said.err


def joined(terminal: Terminal, nickname: str, cookies: dict[str, str] | None = None) -> Trainee:
    import httpx

    if cookies is None:
        answer = httpx.post(
            f"{terminal.address}join",
            json={"word": terminal.word, "nickname": nickname},
            headers={"Origin": terminal.address.rstrip("/")},
            verify=False,
        )
        assert answer.status_code == 200, answer.text
        cookies = dict(answer.cookies)
    trainee = Trainee(terminal.address, nickname, cookies)
    trainee.open()
    return trainee


def test_killed_in_the_middle_and_started_again_it_has_lost_no_answer(start: Start) -> None:
    first = start("--port", "0", "--self-paced").wait_until_ready()
    trainees = [joined(first, name) for name in ("Ana", "Ben", "Cleo")]
    for value, trainee in enumerate(trainees, start=5):
        trainee.ask("staff", {"do": "move", "value": value, "rest": True})
        trainee.ask("leaves", {"do": "answer", "chosen": [1]})
    first.kill()
    second = start("--port", first.port).wait_until_ready()
    assert "going on with 3 who joined before" in second.said
    assert (second.word, second.trainer) == (first.word, first.trainer)
    for value, trainee in enumerate(trainees, start=5):
        back = joined(second, trainee.nickname, trainee.cookies)
        assert back.ask("staff", {"do": "look"})["value"] == value
        assert back.ask("leaves", {"do": "look"})["right"] is True
        back.leave()
    assert second.interrupt() == 0
    assert "The workshop is closed; the same command goes on with it." in second.said
    assert "Traceback" not in second.said


def test_a_new_workshop_knows_nobody(start: Start) -> None:
    first = start("--port", "0", "--word", "Tea-Time", "--self-paced").wait_until_ready()
    assert first.word == "tea time"
    ana = joined(first, "Ana")
    ana.leave()
    assert first.interrupt() == 0
    second = start("--port", "0", "--new").wait_until_ready()
    assert "going on" not in second.said
    assert second.word != "tea time"
    assert Trainee(second.address, "Ana", ana.cookies).get("seat").json() == {"nickname": None}


def test_what_it_prints_is_enough_to_begin(start: Start) -> None:
    terminal = start("--port", "0").wait_until_ready()
    assert "lesson 4, The iceberg: preparing 4 steps" in terminal.said
    assert "step 4 of 4 is ready: Explain" in terminal.said
    assert "MiB; what trainees do is kept in custsim-workshops" in terminal.said
    assert "█" in terminal.said  # the code to scan
    assert "nobody else can open it" in terminal.said  # as it listens to itself only
    assert "Traceback" not in terminal.said


def test_a_taken_port_is_said_before_anything_is_prepared(
    lesson_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lesson_file.parent)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, said = refused(capsys, lesson_file.name, "--host", "127.0.0.1", "--port", port)
    assert code == 2
    assert f"port {port} is taken" in said
    assert "try --port" in said
    assert not Path("custsim-workshops").exists()


def test_what_is_wrong_is_said_in_one_line(
    lesson_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lesson_file.parent)
    bad = write_notebook(lesson_file.parent / "05_bad.ipynb", [*CELLS, ">>>1 / 0"])
    (lesson_file.parent / "no.ipynb").write_text("{}", encoding="utf-8")
    damaged = lesson_file.parent / "damaged.db"
    damaged.write_bytes(b"not a database")
    local = ("--host", "127.0.0.1", "--port", "0")
    tried = {
        ("no such lesson",): "no lesson 'no such lesson'; there are",
        ("icebreg",): "did you mean",
        ("missing.ipynb",): "there is no such notebook",
        ("no.ipynb", *local): "is not a notebook of layout 4",
        (bad.name, *local): "05_bad.ipynb, cell 11: ZeroDivisionError",
        (lesson_file.name, *local, "--word", "x"): "--word: must be 4 to 60",
        (lesson_file.name, *local, "--state", str(damaged)): "is not the file of a workshop",
        (lesson_file.name, *local, "--state", str(lesson_file.parent)): "is a folder",
        (lesson_file.name, "--host", "192.0.2.77", "--port", "0"): "is no address of this computer",
    }
    for words, says in tried.items():
        code, said = refused(capsys, *words)
        assert code == 2
        line = [one for one in said.splitlines() if one.startswith("custsim: ")]
        assert len(line) == 1
        assert says in line[0], (words, said)
    assert damaged.read_bytes() == b"not a database"


def test_without_the_extra_it_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("segno", "uvicorn") else real(name))
    code, said = refused(capsys, "4")
    assert code == 1
    assert (
        'this needs uvicorn, segno, which are not installed; get all of it by: pip install "custsim[workshop]"' in said
    )


def test_what_a_room_shares_is_kept_beside_its_file_not_in_the_lessons_folder(tmp_path: Path) -> None:
    lesson, here = tmp_path / "lesson", tmp_path / "here"
    lesson.mkdir()
    here.mkdir()
    game = '>>>from custsim.game import Game\nGame("game", years=2)'
    notebook = write_notebook(lesson / "01_game.ipynb", ["# A game", game])
    terminal = Terminal(here, str(notebook), "--host", "127.0.0.1", "--port", "0").wait_until_ready()
    terminal.close()
    assert [file.name for file in (here / "custsim-workshops").glob("*-game.db")] != []
    assert list(lesson.rglob("*.db")) == []
