"""Lessons 1, 4, 6 and 7 from top to bottom in a browser, served by the command to a student who is alone with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsers import People
from playwright.sync_api import expect
from server_process import Terminal
from student import Student

from custsim.lessons.catalogue import read
from custsim.widgets import Board
from custsim.workshop.prepare import prepare


@pytest.mark.parametrize("number", ["1", "4", "6", "7"])
def test_a_lesson_from_top_to_bottom_without_help(number: str, people: People, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, number, "--host", "127.0.0.1", "--port", "0", "--self-paced")
    try:
        components = prepare(read(number)).components  # while the other process does the same
        terminal.wait_until_ready()
        page = people.join("Ana", terminal)
        expect(page.locator("section.custsim")).to_have_count(len(components))
        student = Student(page, components)
        student.goes_through()
        offered = {panel for one in components.values() if isinstance(one, Board) for panel in one.panels}
        assert {"number", "choice", "board", "explained"} | (offered - {"band"}) <= set(student.asked)
        assert len(student.asked["explained"]) == 2
        trainer = people.open(terminal.trainer)
        expect(trainer.locator("#counts")).to_have_text("1 here, 1 joined. 1 with every checkpoint done.")
        assert people.complaints == []
        assert people.outside == []
    finally:
        terminal.close()
