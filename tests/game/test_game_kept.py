"""A game alone in a notebook goes on after the kernel was started again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rooms import small_firm

pytest.importorskip("anywidget")

from custsim.game import Game
from custsim.game.book import Book
from custsim.game.match import Searching
from custsim.game.store import Store
from custsim.widgets.notebook import NotebookWidget


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the notebook; nothing is searched in the background."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Searching, "start", lambda self: None)
    return tmp_path


class Kernel:
    """A kernel that runs the cell of the game: what it says goes to a list."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **how: Any) -> None:
        game = Game("my_game", years=3)
        book = Book(small_firm(**how))
        game._alone = (book, Searching(book, trials=4))  # type: ignore[misc]
        self.widget = NotebookWidget(game)
        self.said: list[dict[str, Any]] = []
        monkeypatch.setattr(self.widget, "send", lambda message, buffers=None: self.said.append(message))

    def send(self, **message: Any) -> dict[str, Any]:
        self.widget._hear(self.widget, message, [])
        return self.said[-1]

    def decide(self, year: int) -> dict[str, Any]:
        plan = self.send(do="look")["desk"]["plan"]
        return self.send(do="submit", year=year, plan=plan, key=f"year {year}")


def test_years_decided_are_there_after_the_kernel_was_started_again(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    first = Kernel(monkeypatch)
    first.send(do="look")
    assert list(folder.iterdir()) == []  # who only looks leaves nothing behind
    before = [first.decide(year) for year in (1, 2)][-1]
    assert before["is"] == "game", before
    assert [file.name for file in folder.iterdir()] == ["my_game.db"]
    again = Kernel(monkeypatch).send(do="look")
    assert (again["year"], again["phase"]) == (3, "deciding")
    assert (again["results"], again["board"]) == (before["results"], before["board"])


def test_playing_again_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Kernel(monkeypatch)
    first.decide(1)
    first.send(do="again")
    assert Kernel(monkeypatch).send(do="look")["year"] == 1


def test_another_firm_is_another_game_in_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(monkeypatch).decide(1)
    other = Kernel(monkeypatch, code="OTHER2")
    assert other.send(do="look")["year"] == 1
    assert Kernel(monkeypatch).send(do="look")["year"] == 2


def test_where_it_cannot_be_kept_the_game_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "my_game.db").write_text("a diary")
    kernel = Kernel(monkeypatch)
    told = kernel.decide(1)
    assert told["is"] == "problem"
    assert told["text"].startswith("what you did is not kept: ")
    assert kernel.said[-2]["year"] == 2
    assert (folder / "my_game.db").read_text() == "a diary"


def test_plans_that_do_not_fit_any_more_are_let_be(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    kernel = Kernel(monkeypatch)
    with Store.open(folder / "my_game.db") as store:
        store.keep_finding(kernel.widget.component._kept_as, [{"no": 1}])  # type: ignore[attr-defined]
    assert Kernel(monkeypatch).send(do="look")["year"] == 1
