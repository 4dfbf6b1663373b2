"""Every lesson that comes with custsim can be served to a room, and shows there what its notebook shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from workshop_room import Workshop

from custsim.lessons.catalogue import bundled, read, read_notebook
from custsim.workshop.prepare import Prepared, prepare
from custsim.workshop.store import Store


@pytest.mark.parametrize("file", bundled(), ids=lambda file: file.stem)
def test_a_bundled_lesson_can_be_served(file: Path, tmp_path: Path) -> None:
    lesson = read_notebook(file)
    with ExitStack() as leaving:

        def opens(part: Any) -> None:
            leaving.callback(part.close)
            part.room_opens(tmp_path / "shared.db", "room")

        ready = prepare(lesson, opens)
    assert ready.sheet
    assert len(ready.components) >= 5
    shown = [json.loads(page.content) for page in ready.pages]
    assert [page["title"] for page in shown] == [step.title for step in lesson.steps]
    blocks = [block for page in shown for block in everything(page["blocks"])]
    words = "".join(block["html"] for block in blocks if block["is"] == "words")
    assert not re.search(r"&lt;/?[a-z]+[^&]*&gt;", words)  # markup that a notebook would show as such
    assert not re.search(r"\$[^$\n]*[\\_^{][^$\n]*\$", words)  # nor a formula that only a notebook sets
    for block in blocks:
        assert block["is"] != "text", block  # the plain repr of something
        assert block.get("alt", "Picture: x") != "Picture: "
    asked = {block["id"] for block in blocks if block.get("description", {}).get("kind") == "guess"}
    waiting = [block for block in blocks if block["is"] == "told"]
    assert waiting
    assert all(set(block["after"]) <= asked for block in waiting)


def everything(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All blocks of a step, those that wait for a prediction too."""
    for block in blocks:
        yield block
        yield from everything(block.get("blocks", []))


@pytest.fixture(scope="module")
def iceberg() -> Prepared:
    return prepare(read("4"))


@pytest.fixture
def room(iceberg: Prepared, tmp_path: Path) -> Iterator[Workshop]:
    served = Workshop(iceberg, Store.open(tmp_path / "room.db", iceberg.lesson.name))
    served.start()
    served.go("reveal_all")
    yield served
    served.stop()


def test_lesson_4_in_a_room_of_five_browsers(chromium: Any, room: Workshop) -> None:
    complaints: list[str] = []
    outside: list[str] = []
    boards = [part for part in room.room.prepared.components.values() if part.kind == "board"]
    free = next(board for board in boards if board.describe()["guess"] is None)
    slider = f"[data-id={free.id}] input[type=range] >> nth=0"
    with ExitStack() as stack:
        pages = []
        for name in ("Ana", "Ben", "Cleo", "Dan", "Eva"):
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
            page.on("request", lambda asked: None if room.address in asked.url else outside.append(asked.url))
            page.goto(f"{room.address}#{room.word.replace(' ', '-')}")
            page.fill("#nickname", name)
            page.click("#join")
            pages.append(page)
        for page in pages:
            page.wait_for_selector(f"#step-{len(room.room.prepared.pages)}")
        for presses, page in enumerate(pages):
            page.focus(slider)
            for _ in range(presses):
                page.keyboard.press("ArrowLeft")
            if presses:
                changes = page.locator(f"[data-id={free.id}] .change")
                expect(changes.filter(has_not_text="no change").first).to_be_visible()
        pages[0].wait_for_timeout(1500)  # whatever went to somebody else would have come
        settings = {
            seat.nickname: seat.kept.states.get(free.id, free.start())["setting"] for seat in room.room.seats.values()
        }
        assert settings["Ana"] == {}
        assert settings["Ben"] != {}
        for page, name in zip(pages, settings, strict=True):
            changes = page.locator(f"[data-id={free.id}] .change").all_inner_texts()
            assert any(text != "no change" for text in changes) == (settings[name] != {})
    assert complaints == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
