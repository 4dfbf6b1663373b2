"""What strangers and trainees cannot do, each tried the way they would try it."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from workshop_room import WORD, Open, Trainee, Workshop

SECRETS = ("WORDS-OF-STEP", "SHEET-OF-THE-TRAINER", "iceberg", WORD)


def raw(address: str, target: str) -> bytes:
    """Ask for a path as it stands: clients would tidy it up first."""
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), 5) as line:
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := line.recv(65536):
            answer += part
    return answer


def refused(trainee: Trainee, path: str, origin: str = "") -> int:
    """Try to open a websocket; give the status it was refused with."""
    with pytest.raises(InvalidStatus) as refusal:
        trainee.connect(path, origin)
    return int(refusal.value.response.status_code)


def test_a_stranger_gets_a_form_and_nothing_of_the_lesson(workshop: Workshop) -> None:
    for path in ("", "static/page.js", "static/custsim.js", "static/page.css", "seat"):
        answer = httpx.get(workshop.address + path)
        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in SECRETS)
    for path in ("step/1", "step/2", "trainer", "trainer/code.svg", "trainer/guess", "room", "nowhere"):
        answer = httpx.get(workshop.address + path)
        assert answer.status_code == 404
        assert not any(secret in answer.text for secret in SECRETS)
    stranger = Trainee(workshop.address, "Eve", {})
    assert refused(stranger, "room") == refused(stranger, "trainer/room") == 403


def test_the_right_word_in_any_spelling_opens_and_a_wrong_one_does_not(workshop: Workshop) -> None:
    assert workshop.try_to_join("Ana", "amber").status_code == 403
    refusal = workshop.try_to_join("Ana", "")
    assert refusal.status_code == 403
    assert "set-cookie" not in refusal.headers
    assert workshop.try_to_join("Ana", " Amber-OTTER ").status_code == 200


def test_guessing_the_word_is_slowed_down(workshop: Workshop) -> None:
    answers = [workshop.try_to_join("Eve", f"wrong {number}").status_code for number in range(12)]
    assert answers.count(403) == 8
    assert answers[8:] == [429] * 4
    late = workshop.try_to_join("Eve", WORD)
    assert late.status_code == 429  # or a guesser could tell a right word from a wrong one
    assert "wait" in late.json()["problem"]


def test_the_cookie_is_kept_from_scripts_and_other_sites(workshop: Workshop) -> None:
    set_cookie = workshop.try_to_join("Ana").headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=lax" in set_cookie


def test_a_cookie_that_was_not_signed_here_is_nobody(workshop: Workshop, open_workshop: Open) -> None:
    ana = workshop.join("Ana", sit=False)
    (name, value), *_ = ana.cookies.items()
    seat_id = value.partition(".")[0]
    other = open_workshop("other.db")
    of_other = other.join("Ana", sit=False).cookies
    forged = [
        {name: seat_id},
        {name: f"{seat_id}.x.y"},
        {name: value[:-2] + "xx"},
        {name: next(iter(of_other.values()))},
        of_other,
        {name.replace("seat", "trainer"): value},
        {name.replace("seat", "trainer"): "trainer"},
    ]
    for cookies in forged:
        stranger = Trainee(workshop.address, "Eve", cookies)
        assert stranger.get("step/1").status_code == 404
        assert stranger.get("trainer").status_code == 404
        assert refused(stranger, "room") == refused(stranger, "trainer/room") == 403


def test_a_trainee_cannot_reach_what_is_the_trainers(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    for path in ("trainer", "trainer/", "trainer/code.svg", "trainer/x", "trainer/trainer.html", "static/trainer.html"):
        answer = ana.get(path)
        assert answer.status_code == 404
        assert "SHEET" not in answer.text
    assert refused(Trainee(workshop.address, "Ana", ana.cookies), "trainer/room") == 403
    assert ana.socket is not None
    ana.socket.send(json.dumps({"do": "pause"}))
    ana.socket.send(json.dumps({"to": "staff", "screen": "p", "message": {"do": "reveal_all"}}))
    assert ana.read()["message"]["is"] == "problem"
    assert workshop.room.phase == "running"


def test_steps_that_are_not_open_are_not_sent_and_do_not_answer(open_workshop: Open) -> None:
    workshop = open_workshop()
    ana = workshop.join("Ana")
    assert ana.get("step/1").status_code == 404  # not started yet
    workshop.go("start")
    workshop.go("reveal")
    assert ana.hear("room")["revealed"] == 1
    texts = [ana.get(f"step/{number}") for number in range(6)]
    assert [answer.status_code for answer in texts] == [404, 200, 200, 404, 404, 404]
    assert "STEP-THREE" not in "".join(answer.text for answer in texts)
    assert ana.get("step/-1").status_code == 404
    ana.send("staff", {"do": "move", "value": 7})
    ana.send("silent", {"do": "look"})
    assert ana.hear("room")["revealed"] == 2
    assert ana.read()["of"] == "silent"  # and not staff, which is behind a closed step
    assert all("staff" not in seat.kept.states for seat in workshop.room.seats.values())


def test_nothing_but_the_page_is_served(workshop: Workshop, lesson_file: Path) -> None:
    ana = workshop.join("Ana")
    targets = [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static/....//server.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/../../../../etc/passwd",
        f"/static/{lesson_file}",
        "/04_iceberg.ipynb",
        "/trainer/04_iceberg.md",
        "/room.db",
        "/static/page.js%00.html",
        "/static/",
    ]
    for target in targets:
        answer = raw(workshop.address, target)
        assert answer.startswith(b"HTTP/1.1 404"), (target, answer[:200])
        assert b"SHEET" not in answer
        assert b"import " not in answer
        assert b"root:" not in answer
    assert ana.get("static/page.js").status_code == 200


def test_what_a_trainee_sends_is_never_run(workshop: Workshop, tmp_path: Path) -> None:
    marker = tmp_path / "run"
    code = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    ana = workshop.join("Ana")
    for to in ("staff", "sum", "leaves", "silent"):
        for message in (
            {"do": code},
            {"do": "answer", "text": code},
            {"do": "move", "value": code},
            {"do": "guess", "value": code},
            {"do": "execute_request", "content": {"code": code}},
        ):
            assert ana.ask(to, message)["is"] in ("problem", "verdict")
    for path in ("api/kernels", "lab", "terminals", "exec", "eval"):
        assert httpx.post(workshop.address + path, content=code).status_code == 404
    assert not marker.exists()


def test_another_sites_page_cannot_use_a_trainees_cookie(workshop: Workshop) -> None:
    ana = workshop.join("Ana", sit=False)
    assert refused(ana, "room", "http://evil.example") == 403
    assert refused(workshop.trainer(), "trainer/room", "http://evil.example") == 403
    assert workshop.try_to_join("Ben", Origin="http://evil.example").status_code == 403
    form = httpx.post(
        f"{workshop.address}join",
        content='{"word": "amber otter", "nickname": "Ben"}',
        headers={"Origin": workshop.address.rstrip("/"), "Content-Type": "text/plain"},
    )
    assert form.status_code == 403


def test_every_answer_forbids_what_is_not_this_servers_own(workshop: Workshop) -> None:
    ana, trainer = workshop.join("Ana", sit=False), workshop.trainer()
    answers = [
        httpx.get(workshop.address),
        httpx.get(f"{workshop.address}nowhere"),
        ana.get("step/2"),
        trainer.get("trainer"),
    ]
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert set(policy["connect-src"].split()) == {"'self'", f"ws://{urlsplit(workshop.address).netloc}"}
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
    evil = httpx.get(workshop.address, headers={"Host": "a; script-src *"})
    assert "*" not in evil.headers.get("content-security-policy", "")


def test_the_page_asks_nothing_of_other_hosts() -> None:
    static = Path(__file__).resolve().parents[2] / "custsim" / "workshop" / "static"
    for file in static.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "").replace("/^http:\\/\\//", "")
        assert not re.search(r"https?://", text), file.name
        assert " style=" not in text
        assert not re.search(r"\bon(click|load)\s*=\s*\"", text)


@pytest.mark.parametrize("message", ["no json", "[1]", '"text"', "1", "[" * 50_000, "{" * 60_000])
def test_what_is_no_message_ends_the_talk_and_nothing_else(workshop: Workshop, message: str) -> None:
    ana, ben = workshop.join("Ana"), workshop.join("Ben")
    assert ana.socket is not None
    ana.socket.send(message)
    with pytest.raises(ConnectionClosed):
        ana.hear("nothing more")
    assert ben.ask("staff", {"do": "look"})["is"] == "view"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"to": "staff"},
        {"to": ["staff"], "screen": "p", "message": {}},
        {"to": "staff", "screen": 3, "message": {"do": "move", "value": 3}},
        {"to": "staff", "screen": "p" * 100, "message": {"do": "move", "value": 3}},
        {"to": "nobody", "screen": "p", "message": {"do": "look"}},
        {"to": "staff", "screen": "p", "message": "look"},
    ],
)
def test_messages_of_no_known_form_are_dropped(workshop: Workshop, message: dict[str, object]) -> None:
    ana = workshop.join("Ana")
    assert ana.socket is not None
    ana.socket.send(json.dumps(message))
    assert ana.ask("staff", {"do": "look"})["value"] == 0


def test_a_message_that_is_too_long_is_not_read(workshop: Workshop) -> None:
    ana = workshop.join("Ana")
    ana.send("staff", {"do": "move", "value": 1, "more": "x" * 70_000})
    with pytest.raises(ConnectionClosed) as closed:
        ana.read()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_a_body_that_is_too_long_is_not_read(workshop: Workshop) -> None:
    answer = workshop.try_to_join("A" * 100_000)
    assert answer.status_code == 400


def test_nobody_sees_anothers_state(workshop: Workshop) -> None:
    trainees = [workshop.join(name) for name in ("Ana", "Ben", "Cleo", "Dan", "Eva")]
    for value, trainee in enumerate(trainees, start=10):
        trainee.send("staff", {"do": "move", "value": value, "rest": True})
    for value, trainee in enumerate(trainees, start=10):
        seen = trainee.read()
        assert seen["message"]["value"] == value
        assert trainee.ask("staff", {"do": "look"})["value"] == value
        assert trainee.ask("budget", {"do": "look"})["value"] == 0
        others = {other.nickname for other in trainees} - {trainee.nickname}
        everything = json.dumps([seen, *(trainee.get(f"step/{number}").text for number in range(1, 5))])
        assert not any(other in everything for other in others)


def test_markup_in_a_nickname_stays_text(workshop: Workshop) -> None:
    ana = workshop.join("<b>Ana</b>")
    assert workshop.room.seats
    trainer = workshop.trainer()
    trainer.open("trainer/room")
    assert trainer.hear("room")["people"][0]["nickname"] == "<b>Ana</b>"  # the page inserts it as text
    assert ana.ask("staff", {"do": "look"})["is"] == "view"
