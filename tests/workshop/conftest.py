"""A lesson, a server for it in this process, and a room that has started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browsers import People
from workshop_room import Open, Workshop, write_notebook

from custsim.lessons.catalogue import read_notebook
from custsim.workshop.prepare import Prepared, prepare
from custsim.workshop.store import Store


@pytest.fixture
def lesson_file(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "04_iceberg.ipynb")


@pytest.fixture
def prepared(lesson_file: Path) -> Prepared:
    return prepare(read_notebook(lesson_file))


@pytest.fixture
def open_workshop(prepared: Prepared, tmp_path: Path) -> Iterator[Open]:
    """Open a workshop on a file, as often as wanted; limits by name."""
    with ExitStack() as open_ones:

        def opened(file: str = "room.db", **limits: Any) -> Workshop:
            workshop = Workshop(prepared, Store.open(tmp_path / file, prepared.lesson.name), **limits)
            workshop.start()
            open_ones.callback(workshop.stop)
            return workshop

        yield opened


@pytest.fixture
def workshop(open_workshop: Open) -> Workshop:
    """A workshop that has started, with every step open."""
    made = open_workshop()
    made.go("reveal_all")
    return made


@pytest.fixture
def people(chromium: Any) -> Iterator[People]:
    """People with a browser each."""
    with ExitStack() as stack:
        yield People(chromium, stack)
