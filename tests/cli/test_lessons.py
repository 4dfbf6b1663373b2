"""``custsim lessons``, used the way a learner uses it; what they have worked in is never touched."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest

import custsim
from custsim.cli import main
from custsim.errors import EnvironmentFailure, InputError
from custsim.lessons.copying import copy_lessons


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Two lessons, a picture of theirs, a trainer's sheet."""
    shelf = tmp_path / "shelf"
    for name in ("01_one.ipynb", "02_two.ipynb", "pictures/ice.svg", "trainer/01_one.md"):
        (shelf / name).parent.mkdir(parents=True, exist_ok=True)
        (shelf / name).write_text(f"first {name}", encoding="utf-8")
    (shelf / ".ipynb_checkpoints").mkdir()
    (shelf / ".ipynb_checkpoints" / "01_one.ipynb").write_text("old", encoding="utf-8")
    return shelf


def names(folder: Path) -> list[str]:
    return sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file() and file.name[0] != "."
    )


def test_everything_is_copied_but_the_trainers_sheets(shelf: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    assert copy_lessons(mine, source=shelf) == [f"3 files copied to {mine}"]
    assert names(mine) == ["01_one.ipynb", "02_two.ipynb", "pictures/ice.svg"]
    assert copy_lessons(mine, source=shelf) == [f"everything was in {mine} already"]
    copy_lessons(mine, source=shelf, with_trainer=True)
    assert "trainer/01_one.md" in names(mine)


def test_a_learners_work_stays_and_a_newer_version_goes_beside_it_once(shelf: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    copy_lessons(mine, source=shelf)
    (mine / "01_one.ipynb").write_text("my work", encoding="utf-8")
    assert copy_lessons(mine, source=shelf) == [f"everything was in {mine} already"]
    (shelf / "01_one.ipynb").write_text("second", encoding="utf-8")
    beside = f"01_one-newer-{custsim.__version__}.ipynb"
    assert copy_lessons(mine, source=shelf)[1:] == [
        f"01_one.ipynb: yours is kept; its newer version is beside it, as {beside}"
    ]
    assert (mine / "01_one.ipynb").read_text(encoding="utf-8") == "my work"
    assert (mine / beside).read_text(encoding="utf-8") == "second"
    (mine / beside).write_text("my work in the newer one", encoding="utf-8")
    assert copy_lessons(mine, source=shelf) == [f"everything was in {mine} already"]
    (shelf / "01_one.ipynb").write_text("third", encoding="utf-8")
    copy_lessons(mine, source=shelf)
    kept = {file.read_text(encoding="utf-8") for file in mine.glob("01_one*")}
    assert kept == {"my work", "my work in the newer one", "third"}


def test_an_older_version_that_nobody_changed_is_replaced(shelf: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    copy_lessons(mine, source=shelf)
    (shelf / "02_two.ipynb").write_text("second", encoding="utf-8")
    assert copy_lessons(mine, source=shelf)[1:] == [
        "02_two.ipynb: replaced by its newer version, as you had not changed it"
    ]
    assert (mine / "02_two.ipynb").read_text(encoding="utf-8") == "second"


@pytest.mark.parametrize("note", [None, "damaged", "[1]"])
def test_without_a_note_that_makes_sense_every_difference_counts_as_work(
    shelf: Path, tmp_path: Path, note: str | None
) -> None:
    mine = tmp_path / "mine"
    copy_lessons(mine, source=shelf)
    (shelf / "01_one.ipynb").write_text("second", encoding="utf-8")
    if note is None:
        (mine / ".custsim-lessons.json").unlink()
    else:
        (mine / ".custsim-lessons.json").write_text(note, encoding="utf-8")
    said = copy_lessons(mine, source=shelf)
    assert "yours is kept" in said[1]
    assert (mine / "01_one.ipynb").read_text(encoding="utf-8") == "first 01_one.ipynb"


def test_a_lesson_that_a_learner_threw_away_comes_again(shelf: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    copy_lessons(mine, source=shelf)
    (mine / "01_one.ipynb").unlink()
    assert copy_lessons(mine, source=shelf) == [f"1 file copied to {mine}"]


def test_two_who_copy_at_once_do_not_get_in_each_others_way(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    copy_file, copied = shutil.copyfile, []

    def overtaken(source: Path, part: Path) -> None:
        copied.append(copy_file(source, part))
        if len(copied) == 1:  # another copies all of it while this one is at the first file
            code = f"from custsim.lessons.copying import *\ncopy_lessons({str(mine)!r}, source=Path({str(shelf)!r}))"
            subprocess.run([sys.executable, "-c", f"from pathlib import Path\n{code}"], check=True)

    monkeypatch.setattr("shutil.copyfile", overtaken)
    copy_lessons(mine, source=shelf)
    assert names(mine) == ["01_one.ipynb", "02_two.ipynb", "pictures/ice.svg"]
    assert list(mine.rglob("*.part")) == []
    assert copy_lessons(mine, source=shelf) == [f"everything was in {mine} already"]


def test_folders_that_will_not_do_are_refused(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        copy_lessons(tmp_path / "file", source=shelf)
    for inside in (shelf, shelf / "mine"):
        with pytest.raises(InputError, match="where the lessons come from"):
            copy_lessons(inside, source=shelf)
    with pytest.raises(EnvironmentFailure):
        copy_lessons(tmp_path / "file" / "below", source=shelf)
    with pytest.raises(EnvironmentFailure, match="no lessons came"):
        copy_lessons(tmp_path / "mine", source=tmp_path / "nowhere")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ending:
        main(["lessons", *words])
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return int(ending.value.code or 0), said.out + said.err


def test_the_list_names_every_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "--list")
    assert code == 0
    assert re.search(r"^ *4 +The complaint iceberg +\d\d +the_complaint_iceberg", said, re.MULTILINE)
    assert max(len(line) for line in said.splitlines()) <= 100


def test_copying_without_opening_needs_no_jupyter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, said = run(capsys, "--no-open")
    assert code == 0
    assert "files copied to custsim-lessons" in said
    assert "open them with: custsim lessons custsim-lessons" in said
    assert (tmp_path / "custsim-lessons" / "04_the_complaint_iceberg.ipynb").is_file()
    assert not (tmp_path / "custsim-lessons" / "trainer").exists()
    assert "open them with: custsim lessons 'my übung'" in run(capsys, "my übung", "--no-open")[1]  # as one types it
    code, said = run(capsys, "other")
    assert code == 1
    assert 'pip install "custsim[lessons]"' in said
    assert not (tmp_path / "other").exists()


def test_jupyterlab_opens_there_asks_nothing_of_the_world_and_ends_at_once(tmp_path: Path) -> None:
    pytest.importorskip("jupyterlab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "config"
    config.mkdir()
    # what a test needs and a learner does not: no browser, a known token, and leave to run in a container
    settings = {"open_browser": False, "allow_root": True, "port": port, "ip": "127.0.0.1"}
    (config / "jupyter_server_config.json").write_text(
        json.dumps({"ServerApp": settings, "IdentityProvider": {"token": "known"}}), encoding="utf-8"
    )
    dirs = {name: str(tmp_path / name) for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    # tests that run in the background may have been told to ignore Ctrl-C, and children inherit that
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from custsim.cli import main; main(sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "lessons", "mine"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(config), **dirs},
    )
    try:
        said = ""
        assert process.stdout is not None
        while "Use Control-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line

        def get(path: str) -> str:
            until = time.monotonic() + 60
            while True:  # it says that it is running a little before it is
                try:
                    return fetched(path)
                except URLError:
                    assert time.monotonic() < until, said
                    time.sleep(0.2)

        def fetched(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}?token=known", timeout=60) as answer:
                return str(answer.read().decode())

        page = get("lab")
        found = re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
        assert found
        settings_of_page = json.loads(found[1])
        assert settings_of_page["news"] == {"disabled": True}
        assert "04_the_complaint_iceberg.ipynb" in get("api/contents")
        assert json.loads(get("lab/api/news"))["news"] == []
        assert json.loads(get("lab/api/update"))["notification"] is None
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to custsim and to JupyterLab
        said += process.communicate(timeout=60)[0]
        assert "[y/[n]]" not in said
        assert "Traceback" not in said
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
