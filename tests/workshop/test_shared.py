"""A component that the whole room shares: a file of its own, a desk for the trainer, and screens that follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workshop_room import Workshop, write_notebook

from custsim.lessons.catalogue import read_notebook
from custsim.workshop.prepare import Shared, prepare
from custsim.workshop.room import keys_of
from custsim.workshop.store import Store

POT = '''
from custsim.errors import InputError
from custsim.widgets.component import Component, Reply

class Pot(Component):
    """Everybody puts something in; the trainer empties it."""
    kind = "pot"
    room_changed = None
    def room_opens(self, file, room):
        self.file, self.room = file, room
        if not file.exists():
            file.write_text("0")
    @property
    def sum(self):
        return int(self.file.read_text())
    def describe(self):
        return {"kind": self.kind, "id": self.id, "title": "", "room": self.room}
    def start(self):
        return {"name": "", "gave": 0}
    def start_for(self, seat, nickname):
        return {"name": nickname, "gave": 0}
    def progress(self, state):
        return float(self.sum >= 5)
    def handle(self, state, message):
        if message["do"] == "give":
            self.file.write_text(str(self.sum + 1))
            state = {**state, "gave": state["gave"] + 1}
            self.room_changed()
        return state, Reply({"is": "pot", "n": message.get("n"), "sum": self.sum, **state})
    def describe_trainer(self):
        return {"words": [f"{self.sum} in it"], "buttons": [{"do": "empty", "label": "Empty it"}]}
    def handle_trainer(self, message):
        if message["do"] != "empty":
            raise InputError("there is nothing but emptying")
        self.file.write_text("0")
        self.room_changed()
        return Reply({})
    def close(self):
        self.file.with_suffix(".closed").touch()
'''


@pytest.fixture
def pot(tmp_path: Path) -> Iterator[Workshop]:
    lesson = read_notebook(write_notebook(tmp_path / "10_pot.ipynb", ["# Pot", f">>>{POT}", ">>>Pot('pot')"]))
    store = Store.open(tmp_path / "room.db", lesson.name)
    room = keys_of(store).room
    served = Workshop(prepare(lesson, lambda part: part.room_opens(tmp_path / f"{part.id}.txt", room)), store)
    served.start()
    served.go("reveal_all")
    yield served
    served.stop()


def test_the_room_plays_with_one_and_every_screen_follows(pot: Workshop, tmp_path: Path) -> None:
    ana, ben = pot.join("Ana"), pot.join("Ben")
    assert ana.ask("pot", {"do": "look"})["name"] == "Ana"
    given = ana.ask("pot", {"do": "give"})
    assert (given["sum"], given["gave"]) == (1, 1)
    assert ben.hear("refresh")["of"] == "pot"
    seen = ben.ask("pot", {"do": "look"})
    assert (seen["sum"], seen["gave"], seen["name"]) == (1, 0, "Ben")
    assert json.loads(ana.get("step/1").text)["blocks"][0]["description"]["room"] == pot.room.keys.room
    pot.stop()
    assert (tmp_path / "pot.closed").exists()


def test_the_trainer_has_a_desk_for_it_and_others_have_not(pot: Workshop) -> None:
    ana, trainer = pot.join("Ana"), pot.trainer()
    for _ in range(5):
        ana.ask("pot", {"do": "give"})
    trainer.open("trainer/room")
    assert trainer.socket is not None
    room = trainer.hear("room")
    assert room["shared"] == [{"of": "pot", "words": ["5 in it"], "buttons": [{"do": "empty", "label": "Empty it"}]}]
    assert room["people"][0]["progress"] == [1.0]
    trainer.socket.send(json.dumps({"do": "act", "of": "pot", "name": "burn"}))
    assert trainer.hear("done")["problem"] == "there is nothing but emptying"
    assert ana.socket is not None
    ana.socket.send(json.dumps({"do": "act", "of": "pot", "name": "empty"}))
    assert ana.ask("pot", {"do": "empty"})["sum"] == 5
    trainer.socket.send(json.dumps({"do": "act", "of": "pot", "name": "empty"}))
    ana.hear("refresh")
    assert ana.ask("pot", {"do": "look"})["sum"] == 0


def test_a_fault_of_it_is_told_to_the_trainer_and_freezes_nothing(
    pot: Workshop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = pot.trainer()
    trainer.open("trainer/room")
    assert trainer.socket is not None
    (tmp_path / "pot.txt").rename(tmp_path / "away.txt")
    pot.join("Ana")
    while not (told := trainer.hear("room"))["warnings"]:
        pass
    assert "pot cannot be shown" in told["warnings"][0]
    assert told["shared"] == []
    trainer.socket.send(json.dumps({"do": "act", "of": "pot", "name": "empty", "n": 1}))  # writes the file anew
    assert trainer.hear("done") == {"is": "done", "n": 1, "problem": ""}
    while not (told := trainer.hear("room"))["shared"]:
        pass
    assert told["warnings"] == []
    trainer.socket.send(json.dumps({"do": "act", "of": "pot", "n": 2, "name": ["empty"]}))
    assert trainer.hear("done")["n"] == 2
    (tmp_path / "pot.txt").unlink()
    (tmp_path / "pot.txt").mkdir()
    trainer.socket.send(json.dumps({"do": "act", "of": "pot", "name": "empty", "n": 3}))
    assert "a fault of ours" in trainer.hear("done")["problem"]
    assert "FileNotFoundError" in caplog.text


def test_the_budget_game_is_such_a_component() -> None:
    from custsim.game import Game

    game: Any = Game("budget_game")
    assert isinstance(game, Shared)
