"""Lessons 6 and 7 from top to bottom in a browser, served by the command to a student who is alone with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsers import People
from student import study


@pytest.mark.parametrize("number", ["6", "7"])
def test_a_lesson_from_top_to_bottom_without_help(number: str, people: People, tmp_path: Path) -> None:
    study(number, people, tmp_path)
