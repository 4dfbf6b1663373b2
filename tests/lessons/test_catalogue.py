"""Finding a lesson by what somebody types, and reading a notebook into steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import EnvironmentFailure, InputError
from custsim.lessons import catalogue
from custsim.lessons.catalogue import bundled, find, read, read_notebook, sheet_of


def notebook(file: Path, *cells: str) -> Path:
    """Write a notebook; cells that begin with >>> are code. Long notebooks store a cell as a list of lines."""
    made = [
        {"cell_type": "code" if cell.startswith(">>>") else "markdown", "source": cell.removeprefix(">>>")}
        for cell in cells
    ]
    made[-1]["source"] = made[-1]["source"].splitlines(keepends=True)  # type: ignore[assignment]
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}), encoding="utf-8")
    return file


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf of three lessons and things that are none."""
    for name in ("04_the_complaint_iceberg", "06_lifetime_value", "12_what_if", "draft"):
        notebook(tmp_path / f"{name}.ipynb", f"# {name}")
    (tmp_path / "README.md").write_text("no lesson", encoding="utf-8")
    monkeypatch.setattr(catalogue, "folder", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "typed",
    [
        "4",
        "04",
        "the_complaint_iceberg",
        "The Complaint-Iceberg",
        "complaint_iceberg",
        "iceberg",
        "04_the_complaint_iceberg",
    ],
)
def test_a_lesson_is_found_by_number_name_or_part_of_it(shelf: Path, typed: str) -> None:
    assert find(typed).stem == "04_the_complaint_iceberg"


@pytest.mark.parametrize("typed", ["icebreg", "the_complaint_icebreg", "complant", "04_the_complant_iceberg"])
def test_a_typing_error_is_answered_with_the_nearest_name(shelf: Path, typed: str) -> None:
    with pytest.raises(InputError, match=r"did you mean the_complaint_iceberg\?"):
        find(typed)


@pytest.mark.parametrize("typed", ["3", "", "xyz", "t", "1"])
def test_what_is_near_to_nothing_is_answered_with_the_list(shelf: Path, typed: str) -> None:
    with pytest.raises(InputError, match="there are 4 the_complaint_iceberg, 6 lifetime_value, 12 what_if"):
        find(typed)


def test_lessons_are_listed_by_number_and_drafts_are_not(shelf: Path) -> None:
    assert [file.stem for file in bundled()] == ["04_the_complaint_iceberg", "06_lifetime_value", "12_what_if"]


def test_a_notebook_of_ones_own_is_found_by_its_path(shelf: Path) -> None:
    assert find(str(shelf / "draft.ipynb")) == shelf / "draft.ipynb"
    with pytest.raises(InputError, match="there is no such notebook"):
        find("missing.ipynb")


def test_a_notebook_is_cut_at_headings_of_level_two(tmp_path: Path) -> None:
    lesson = read_notebook(
        notebook(
            tmp_path / "04_iceberg.ipynb",
            "# 4. The *complaint* iceberg\n\nAbout **75 minutes**, 10 minutes of them for the debrief.\n\n"
            "You will be able to\n\n1. say *who* stays\n   silent;\n2. decide `x`.\n\nAnother:\n\n- not this",
            ">>>x = 1",
            "## Predict ##\n\nwords\n\n### not a step\n\n```python\n## nor this\n```\n\n## Try",
            ">>>x",
            "# a late title\n\n#nor this",
        )
    )
    assert (lesson.number, lesson.name, lesson.minutes) == (4, "iceberg", 75)
    assert lesson.title == "The *complaint* iceberg"
    assert lesson.outcomes == ("say who stays silent;", "decide x.")
    assert [step.title for step in lesson.steps] == ["The *complaint* iceberg", "Predict", "Try"]
    assert [[cell.kind for cell in step.cells] for step in lesson.steps] == [
        ["words", "code"],
        ["words"],
        ["code", "words"],
    ]
    assert [[cell.number for cell in step.cells] for step in lesson.steps] == [[1, 2], [3], [4, 5]]
    assert "## nor this" in lesson.steps[1].cells[0].text
    assert lesson.steps[2].cells[1].text.startswith("# a late title")


def test_what_stands_under_what_happened_tells_until_the_next_heading(tmp_path: Path) -> None:
    lesson = read_notebook(
        notebook(
            tmp_path / "own.ipynb",
            "## Try",
            ">>>guess",
            "Pull.\n\n### What happened, and why\n\nIt fell.",
            ">>>table",
            "Read it.\n\n```\n### no heading\n```",
            "#### What follows from it",
            ">>>question",
            "### Check yourself",
            ">>>another",
            "### What happened then\n\nMore.",
            "## Next\n\nWords.",
            ">>>board",
        )
    )
    cells = [(cell.text.splitlines()[0], cell.tells) for step in lesson.steps for cell in step.cells]
    assert cells == [
        ("guess", False),
        ("Pull.", False),
        ("### What happened, and why", False),
        ("It fell.", True),
        ("table", True),
        ("Read it.", True),
        ("#### What follows from it", True),
        ("question", True),
        ("### Check yourself", False),
        ("another", False),
        ("### What happened then", False),
        ("More.", True),
        ("Words.", False),
        ("board", False),
    ]


def test_a_notebook_without_an_opening_begins_with_its_first_step(tmp_path: Path) -> None:
    lesson = read_notebook(notebook(tmp_path / "own.ipynb", "## Try", ">>>1"))
    assert [step.title for step in lesson.steps] == ["Try"]
    assert (lesson.number, lesson.minutes, lesson.outcomes) == (0, 0, ())


@given(st.lists(st.text("#`~ \nab", max_size=30), min_size=1, max_size=4))
def test_no_word_of_a_notebook_is_lost_or_doubled(texts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        lesson = read_notebook(notebook(Path(folder) / "own.ipynb", *texts))
    told = "".join(f"{step.title}{''.join(cell.text for cell in step.cells)}" for step in lesson.steps)
    assert told.count("a") + told.count("b") >= sum(text.count("a") + text.count("b") for text in texts)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[]",
        '{"nbformat": 3, "worksheets": []}',
        '{"nbformat": 4, "cells": [1]}',
        '{"nbformat": 4, "cells": 1}',
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "own.ipynb").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is not a notebook of layout 4"):
        read_notebook(tmp_path / "own.ipynb")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure):
        read_notebook(tmp_path)
    (tmp_path / "own.ipynb").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_notebook(tmp_path / "own.ipynb")


def test_every_bundled_lesson_says_what_it_takes_and_gives_and_has_a_sheet() -> None:
    for file in bundled():
        lesson = read(file.stem)
        assert 30 <= lesson.minutes <= 90, file.name
        assert len(lesson.outcomes) >= 2, file.name
        assert len(lesson.steps) >= 4, file.name
        assert sheet_of(lesson), file.name
        assert sheet_of(lesson) not in "".join(cell.text for step in lesson.steps for cell in step.cells)
