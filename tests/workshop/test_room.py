"""A room as its people live it: states of their own, drags, limits, pauses, coming back, and a server that dies."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from workshop_room import Open, Trainee, Workshop, write_notebook

from custsim.lessons.catalogue import read_notebook
from custsim.workshop.prepare import Prepared, prepare
from custsim.workshop.room import Limits, Rate, Room
from custsim.workshop.store import Store


def until(true: Any, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(true())


def kept_states(workshop: Workshop, prepared: Prepared, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Read what a copy of the file says, as it lies on disk at this moment: what a process that dies leaves."""
    copy = tmp_path / f"copy-{time.monotonic_ns()}.db"
    for ending in ("", "-wal"):
        original = Path(f"{workshop.room.store.path}{ending}")
        if original.exists():
            Path(f"{copy}{ending}").write_bytes(original.read_bytes())
    with Store.open(copy, prepared.lesson.name) as store:
        return {seat.nickname: seat.states for seat in store.seats()}


# ---- moving -------------------------------------------------------------------------------------------------------


def test_numbers_arrive_beside_the_message(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    assert ana.ask("staff", {"do": "move", "value": 7})["value"] == 7
    assert memoryview(ana.numbers[-1]).cast("f").tolist() == [7.0] * 5


def test_of_a_drag_only_the_newest_move_waits(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    ana.send("staff", {"do": "move", "value": 1, "rest": False, "takes": 2.0})
    lines = workshop.server.work._lines
    assert until(lambda: any(line.busy and not line.waiting for line in list(lines.values())))  # it is under way
    for value in range(2, 30):
        ana.send("staff", {"do": "move", "value": value, "rest": False})
    last = ana.send("staff", {"do": "move", "value": 30, "rest": True})
    answers = [ana.read()["message"]]
    while answers[-1]["n"] != last:
        answers.append(ana.read()["message"])
    assert [answer["value"] for answer in answers] == [1, 30]
    assert answers[-1]["moves"] == 2


def test_moves_that_came_to_rest_are_all_made(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    ana.send("staff", {"do": "move", "value": 1, "takes": 0.2})
    for value in (2, 3, 4):
        ana.send("staff", {"do": "move", "value": value, "rest": True})
    assert [ana.read()["message"]["moves"] for _ in range(4)] == [1, 2, 3, 4]


def test_a_slow_question_holds_up_no_move_and_changes_nothing(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    slow = ana.send("staff", {"do": "why"})
    assert ana.ask("staff", {"do": "move", "value": 5})["value"] == 5  # answered while the other still runs
    told = ana.read()["message"]
    assert (told["is"], told["n"]) == ("why", slow)
    assert ana.ask("staff", {"do": "look"})["value"] == 5


def test_everybody_has_one_slow_question_at_a_time(workshop: Workshop) -> None:
    ana, ben = workshop.join("Ana"), workshop.join("Ben")
    ana.send("staff", {"do": "why"})
    refused = ana.ask("budget", {"do": "why"})
    assert refused["is"] == "problem"
    assert "one moment" in refused["text"]
    assert ben.ask("staff", {"do": "why"})["is"] == "why"
    assert ana.read()["message"]["is"] == "why"


def test_in_quiet_moments_the_server_works_ahead_and_only_then(
    open_workshop: Open, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custsim.workshop.work._QUIET", 5.0)  # longer than any of the looks takes
    monkeypatch.setattr("custsim.workshop.work._BREATH", 60.0)
    workshop = open_workshop()
    workshop.go("reveal_all")
    staff: Any = prepared.components["staff"]
    assert until(lambda: staff.pieces > 5)
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "look"})
    before = staff.pieces
    for _ in range(8):
        ana.ask("staff", {"do": "look"})
        time.sleep(0.05)
    assert staff.pieces <= before + 1  # the piece that was under way
    assert until(lambda: staff.pieces > before + 5)  # and on it goes


def test_the_server_works_ahead_from_where_the_last_trainee_is(
    open_workshop: Open, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custsim.workshop.work._QUIET", 60.0)
    workshop = open_workshop()
    workshop.go("reveal_all")
    staff: Any = prepared.components["staff"]
    ana = workshop.join("Ana")
    assert staff.pieces == 0
    ana.ask("staff", {"do": "move", "value": 5})
    assert until(lambda: staff.pieces > 5)
    assert staff.came_from["value"] == 5


def test_a_component_that_fails_says_so_and_the_room_goes_on(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "move", "value": 3})
    for fault in ("fail", "nan"):
        told = ana.ask("staff", {"do": fault})
        assert told["is"] == "problem"
        assert "ZeroDivision" not in told["text"]
    assert "a fault in a component" in caplog.text
    assert ana.ask("staff", {"do": "look"})["value"] == 3


def test_a_message_that_is_sent_again_is_not_done_again(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    lost = {"do": "move", "value": 3, "n": 7}
    ana.ask("staff", lost, screen="page-a")  # its answer is lost with the connection
    assert ana.ask("staff", lost, screen="page-a")["moves"] == 1
    assert ana.ask("staff", {"do": "look"}, screen="page-a")["moves"] == 1
    assert ana.ask("staff", {"do": "move", "value": 3, "n": 7}, screen="page-b")["moves"] == 2


# ---- the trainer --------------------------------------------------------------------------------------------------


def test_a_pause_stops_hands_but_not_eyes(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "move", "value": 3})
    workshop.go("pause")
    assert ana.hear("room")["phase"] == "paused"
    refused = ana.ask("staff", {"do": "move", "value": 4})
    assert refused["is"] == "problem"
    assert "paused" in refused["text"]
    assert ana.ask("staff", {"do": "look"})["value"] == 3
    workshop.go("resume")
    assert ana.hear("room")["phase"] == "running"
    assert ana.ask("staff", {"do": "move", "value": 4})["value"] == 4


def test_the_trainer_sees_who_is_how_far_and_how_answers_spread_without_names(workshop: Workshop) -> None:
    ana, ben, _ = (workshop.join(name) for name in ("Ana", "Ben", "Cleo"))
    ana.ask("leaves", {"do": "answer", "chosen": [0]})
    ana.ask("leaves", {"do": "answer", "chosen": [1]})
    ben.ask("leaves", {"do": "answer", "chosen": [1]})
    ana.ask("silent", {"do": "guess", "value": 60})
    ben.ask("silent", {"do": "guess", "value": 22})
    ben.ask("sum", {"do": "answer", "text": "six"})
    ben.ask("sum", {"do": "answer", "text": "6"})
    trainer = workshop.trainer()
    hello = trainer.open("trainer/room")
    assert hello["word"] == "amber otter"
    assert "SHEET-OF-THE-TRAINER" in hello["sheet"]
    room = trainer.hear("room")
    assert [checkpoint["id"] for checkpoint in room["checkpoints"]] == ["silent", "leaves", "sum"]
    assert {person["nickname"]: person["progress"] for person in room["people"]} == {
        "Ana": [1.0, 1.0, 0.0],
        "Ben": [1.0, 1.0, 0.0],
        "Cleo": [0.0, 0.0, 0.0],
    }
    told = {question["of"]: question for question in room["questions"]}
    assert (told["leaves"]["right_first"], told["leaves"]["right_later"], told["leaves"]["not_yet"]) == (1, 1, 0)
    assert told["leaves"]["bars"] == [{"text": "the loud", "count": 1}, {"text": "the silent", "count": 1}]
    assert sum(bar["count"] for bar in told["silent"]["bars"]) == 2
    assert told["sum"]["bars"] == [{"text": "6", "count": 1}]  # what was not understood is no answer
    assert "Ana" not in json.dumps(room["questions"])


def test_the_trainer_can_let_somebody_back_in_who_lost_the_cookie(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "move", "value": 9})
    taken = workshop.try_to_join("ana")
    assert taken.status_code == 409
    assert "Ana 2" in taken.json()["problem"] or "ana 2" in taken.json()["problem"]
    trainer = workshop.trainer()
    trainer.open("trainer/room")
    assert trainer.socket is not None
    seat_id = trainer.hear("room")["people"][0]["id"]
    trainer.socket.send(json.dumps({"do": "readmit", "seat": seat_id}))
    assert until(lambda: workshop.room._readmitted)
    again = workshop.join("Ana")
    assert again.ask("staff", {"do": "look"})["value"] == 9
    assert ana.hear("bye")["why"] == "elsewhere"
    assert workshop.try_to_join("Ana").status_code == 409  # once, not for everybody


def test_the_trainer_can_take_somebody_out(workshop: Workshop, prepared: Prepared, tmp_path: Path) -> None:
    ana = workshop.join("Ana")
    ana.ask("leaves", {"do": "answer", "chosen": [1]})
    trainer = workshop.trainer()
    trainer.open("trainer/room")
    assert trainer.socket is not None
    trainer.socket.send(json.dumps({"do": "remove", "seat": trainer.hear("room")["people"][0]["id"]}))
    assert ana.hear("bye")["why"] == "removed"
    assert ana.get("step/1").status_code == 404
    assert until(lambda: not kept_states(workshop, prepared, tmp_path))


# ---- limits -------------------------------------------------------------------------------------------------------


def test_a_full_room_says_so_kindly(open_workshop: Open) -> None:
    workshop = open_workshop(most=2)
    ana, _ = workshop.join("Ana"), workshop.join("Ben")
    full = workshop.try_to_join("Cleo")
    assert full.status_code == 409
    assert "full" in full.json()["problem"]
    ana.open()  # a reload takes no second seat
    assert workshop.try_to_join("Dan").status_code == 409


def test_a_seat_comes_free_when_somebody_is_away_for_long(open_workshop: Open) -> None:
    workshop = open_workshop(most=1)
    ana = workshop.join("Ana")
    ana.leave()
    seat = next(iter(workshop.room.seats.values()))
    assert until(lambda: seat.screen is None)
    assert workshop.try_to_join("Ben").status_code == 409  # a reload may take a moment
    seat.kept.seen -= 400
    ben = workshop.join("Ben")
    ana.connect()
    assert ana.hear("bye")["why"] == "full"
    assert ben.get("seat").json() == {"nickname": "Ben"}


def test_who_does_nothing_for_long_makes_room_and_can_come_back(open_workshop: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr("custsim.workshop.server._SWEEP", 0.05)
    workshop = open_workshop(most=1, idle_minutes=10)
    workshop.go("reveal_all")
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "move", "value": 5})
    next(iter(workshop.room.seats.values())).kept.seen -= 601
    bye = ana.hear("bye")
    assert bye["why"] == "idle"
    assert "kept" in bye["text"]
    workshop.join("Ben")
    workshop.trainees[-1].leave()
    ben = next(seat for seat in workshop.room.seats.values() if seat.nickname == "Ben")
    assert until(lambda: ben.screen is None)
    ben.kept.seen -= 400
    assert ana.open()["nickname"] == "Ana"
    assert ana.ask("staff", {"do": "look"})["value"] == 5


def test_looking_is_not_doing(open_workshop: Open) -> None:
    workshop = open_workshop()
    workshop.go("reveal_all")
    ana = workshop.join("Ana")
    seat = next(iter(workshop.room.seats.values()))
    seat.kept.seen -= 1000
    before = seat.kept.seen
    ana.ask("staff", {"do": "look"})
    assert seat.kept.seen == before
    ana.ask("staff", {"do": "move", "value": 1})
    assert seat.kept.seen > before + 900


def test_nobody_joins_when_memory_is_short(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = workshop.join("Ana")
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=50 * 2**20))
    refused = workshop.try_to_join("Ben")
    assert refused.status_code == 409
    assert "memory" in refused.json()["problem"]
    assert ana.ask("staff", {"do": "look"})["is"] == "view"
    trainer = workshop.trainer()
    trainer.open("trainer/room")
    assert "memory" in " ".join(trainer.hear("room")["warnings"])


def test_a_trainee_is_read_no_faster_than_is_fair(open_workshop: Open) -> None:
    workshop = open_workshop(messages_a_second=10.0, messages_at_once=5)
    workshop.go("reveal_all")
    ana, ben = workshop.join("Ana"), workshop.join("Ben")
    begun = time.monotonic()
    for _ in range(25):
        ana.send("staff", {"do": "look"})
    assert ben.ask("staff", {"do": "look"})["is"] == "view"
    quick = time.monotonic() - begun
    for _ in range(25):
        ana.read()
    assert time.monotonic() - begun > (25 - 5 - 2) / 10
    assert quick < 1.2  # and not after all of Ana's


def test_the_rate_lets_a_handful_through_and_then_spaces_them() -> None:
    clock = [0.0]
    rate = Rate(10.0, 3, lambda: clock[0])
    assert [rate.wait() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])
    clock[0] = 100.0
    assert [rate.wait() for _ in range(4)] == pytest.approx([0, 0, 0, 0.1])


# ---- coming back --------------------------------------------------------------------------------------------------


def test_a_second_tab_takes_over_from_the_first(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "move", "value": 6})
    second = Trainee(workshop.address, "Ana", ana.cookies)
    workshop.trainees.append(second)
    second.open()
    assert ana.hear("bye")["why"] == "elsewhere"
    with pytest.raises(ConnectionClosed):
        ana.hear("nothing more")
    assert second.ask("staff", {"do": "look"})["value"] == 6
    assert second.get("seat").json() == {"nickname": "Ana"}


def test_who_joins_again_with_a_cookie_keeps_the_seat(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    again = workshop.try_to_join("Somebody", Cookie=ana.headers["Cookie"])
    assert again.json() == {"nickname": "Ana"}
    assert len(workshop.room.seats) == 1


def test_a_rest_and_an_answer_are_on_disk_before_the_reply(
    workshop: Workshop, prepared: Prepared, tmp_path: Path
) -> None:
    ana = workshop.join("Ana")
    ana.ask("staff", {"do": "move", "value": 6, "rest": True})
    assert kept_states(workshop, prepared, tmp_path)["Ana"]["staff"]["value"] == 6
    ana.ask("leaves", {"do": "answer", "chosen": [1]})
    kept = kept_states(workshop, prepared, tmp_path)["Ana"]
    assert prepared.components["leaves"].progress(kept["leaves"]) == 1


def test_a_drag_is_on_disk_soon_after_it_ends(workshop: Workshop, prepared: Prepared, tmp_path: Path) -> None:
    ana = workshop.join("Ana")
    for value in range(1, 6):
        ana.ask("staff", {"do": "move", "value": value, "rest": False})
    assert "staff" not in kept_states(workshop, prepared, tmp_path)["Ana"]  # not for every pixel
    assert until(lambda: kept_states(workshop, prepared, tmp_path)["Ana"].get("staff", {}).get("value") == 5)


def test_a_server_that_is_started_again_is_the_same_room(open_workshop: Open) -> None:
    first = open_workshop()
    first.go("start")
    first.go("reveal_all")
    ana = first.join("Ana")
    ana.ask("staff", {"do": "move", "value": 8, "rest": False})  # a drag under way is kept when the server ends
    ana.ask("leaves", {"do": "answer", "chosen": [0]})
    first.stop()
    second = open_workshop()
    assert (second.room.word, second.room.keys) == (first.room.word, first.room.keys)
    assert (second.room.phase, second.room.revealed) == ("running", 4)
    back = Trainee(second.address, "Ana", ana.cookies)
    second.trainees.append(back)
    assert back.open()["nickname"] == "Ana"
    assert back.ask("staff", {"do": "look"})["value"] == 8
    trainer = second.trainer()
    trainer.open("trainer/room")
    told = {question["of"]: question for question in trainer.hear("room")["questions"]}
    assert told["leaves"]["bars"][0] == {"text": "the loud", "count": 1}


def test_states_that_an_edited_lesson_cannot_read_begin_anew(prepared: Prepared, tmp_path: Path) -> None:
    with Store.open(tmp_path / "room.db", prepared.lesson.name) as store:
        Room(prepared, store, "", Limits())
        store.seat("seat", "Ana", 1.0).result()
        store.keep("seat", "staff", {"value": 4, "moves": 1}, "").result()
        store.keep("seat", "leaves", {"of another kind": 1}, "").result()
    write_notebook(tmp_path / "04_iceberg.ipynb", [*prepared_cells(tmp_path), "One more word."])
    edited = prepare(read_notebook(tmp_path / "04_iceberg.ipynb"))
    with Store.open(tmp_path / "room.db", edited.lesson.name) as store:
        seat = Room(edited, store, "", Limits()).seats["seat"]
        assert seat.kept.states == {"staff": {"value": 4, "moves": 1}}


def prepared_cells(folder: Path) -> list[str]:
    cells = json.loads((folder / "04_iceberg.ipynb").read_text(encoding="utf-8"))["cells"]
    return [(">>>" if cell["cell_type"] == "code" else "") + cell["source"] for cell in cells]


def test_what_cannot_be_written_stops_no_lesson_and_the_trainer_hears_of_it(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    workshop.room.store._connection.execute("PRAGMA query_only = ON")  # as if the disk were full
    assert ana.ask("staff", {"do": "move", "value": 3})["value"] == 3
    assert ana.ask("staff", {"do": "move", "value": 4, "rest": False})["value"] == 4
    trainer = workshop.trainer()
    trainer.open("trainer/room")
    assert "cannot be kept" in " ".join(trainer.hear("room")["warnings"])
    refused = workshop.try_to_join("Ben")
    assert refused.status_code == 500
    assert "tell your trainer" in refused.json()["problem"]
    workshop.room.store._connection.execute("PRAGMA query_only = OFF")
    assert ana.ask("staff", {"do": "move", "value": 5})["value"] == 5
    assert workshop.room.trouble == ""
