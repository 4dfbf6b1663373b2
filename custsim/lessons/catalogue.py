"""The lessons that come with custsim: finding one by number or name, and reading its notebook into steps.

A lesson is a notebook ``NN_name.ipynb``. Its first heading is the title; what stands before the first heading of level
two is the opening (outcomes, minutes, the situation); each heading of level two begins a step. A notebook is read as
the JSON it is, so that lessons can be listed, copied and served where JupyterLab is not installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from custsim.errors import EnvironmentFailure, InputError
from custsim.scenario.paths import nearest

__all__ = ["Cell", "Lesson", "Step", "bundled", "find", "folder", "read", "read_notebook", "sheet_of"]

#: the layout of notebooks that is read; every Jupyter since 2015 writes it
_LAYOUT = 4
_FILE = re.compile(r"(\d{1,3})_(\w+)")
_HEADING = re.compile(r"(#{1,2})\s+(.+?)\s*#*\s*$")
_LOWER = re.compile(r"(#{3,6})\s+(.+?)\s*#*\s*$")
#: how a heading begins below which it is told what the predictions above it were about
_TELLS = "What happened"
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_MINUTES = re.compile(r"(\d{1,3})\s*(?:\*\*|__)?\s+minutes")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(.+)")
_EMPHASIS = re.compile(r"[*_`]")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a notebook, or the part of one that belongs to a step.

    Attributes
    ----------
    kind
        ``"words"`` (Markdown) or ``"code"`` (Python).
    text
        What stands in it.
    number
        Its place in the notebook, from 1, for messages.
    tells
        Whether it stands under "What happened": not to be seen before one has predicted.
    """

    kind: Literal["words", "code"]
    text: str
    number: int
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What is shown together: a heading and the cells below it. The opening is a step too, titled as the lesson."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as its notebook tells it.

    Attributes
    ----------
    file
        The notebook.
    number
        The lesson's number; 0 for a notebook whose name begins with none.
    name
        File name without number and ending.
    title
        First heading, without the number.
    minutes
        Minutes it takes, the first "… minutes" of the opening; 0 if it does not say.
    outcomes
        What one will be able to do: the first list of the opening.
    steps
        The opening, then one step for each heading of level two.
    """

    file: Path
    number: int
    name: str
    title: str
    minutes: int
    outcomes: tuple[str, ...]
    steps: tuple[Step, ...]


def folder() -> Path:
    """Tell where the lessons are: in the installed package, or beside it in a checkout of the sources.

    Examples
    --------
    >>> folder().name in ("bundled_lessons", "lessons")
    True
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / "bundled_lessons"
    return installed if installed.is_dir() else package.parent / "lessons"


def bundled() -> list[Path]:
    """List the notebooks that come with custsim, in the order of their numbers."""
    found = folder().glob("*.ipynb") if folder().is_dir() else ()
    return sorted((file for file in found if _FILE.fullmatch(file.stem)), key=_number_and_name)


def find(which: str) -> Path:
    """Find a lesson by its number, its name, or the path of a notebook of one's own.

    Parameters
    ----------
    which
        ``"4"``, ``"complaint_iceberg"``, a part of the name that only one lesson has, or a path that ends with
        ``.ipynb``.

    Returns
    -------
    pathlib.Path
        The notebook.

    Raises
    ------
    InputError
        If there is no such lesson; the nearest name is given, or the list of all.
    """
    if which.endswith(".ipynb"):
        if not Path(which).is_file():
            raise InputError(f"{which}: there is no such notebook; custsim lessons --list lists those of custsim")
        return Path(which)
    files = bundled()
    wanted = re.sub(r"[\s\-]+", "_", which.strip().lower())
    for file in files:
        number, name = _number_and_name(file)
        if wanted in (name.lower(), file.stem.lower()) or (wanted.isdecimal() and int(wanted) == number):
            return file
    part_of = [file for file in files if len(wanted) > 2 and wanted in file.stem.lower()]
    if len(part_of) == 1:
        return part_of[0]
    raise InputError(f"no lesson {which!r}; {_meant(wanted, part_of or files)}")


def _meant(wanted: str, files: Sequence[Path]) -> str:
    names = [_number_and_name(file)[1] for file in files]
    called = {word: name for name in names for word in (*name.split("_"), name)}
    close = nearest(re.sub(r"^\d+_", "", wanted), called) if not wanted.isdecimal() else None
    if close:
        return f"did you mean {called[close]}?"
    listed = ", ".join(f"{number} {name}" for number, name in map(_number_and_name, files))
    return f"there are {listed}" if listed else "none came with this installation; give the path of a notebook"


def read(which: str) -> Lesson:
    """Read a lesson by number, name or path; see :func:`find` and :func:`read_notebook`."""
    return read_notebook(find(which))


def read_notebook(file: str | Path) -> Lesson:
    """Read a notebook into the steps of a lesson. Nothing in it is run.

    Parameters
    ----------
    file
        A notebook in layout 4, that of every Jupyter since 2015.

    Raises
    ------
    InputError
        If it is not such a notebook.
    EnvironmentFailure
        If it cannot be read.
    """
    path = Path(file)
    cells = [
        Cell("words" if cell["cell_type"] == "markdown" else "code", text, number)
        for number, cell in enumerate(_cells(path), start=1)
        if cell["cell_type"] in ("markdown", "code") and (text := "".join(cell["source"])).strip()
    ]
    number, name = _number_and_name(path)
    steps = tuple(_steps(cells, number, fallback=name.replace("_", " ")))
    opening = [cell.text for cell in steps[0].cells if cell.kind == "words"] if steps else []
    words = "\n\n".join(opening)
    minutes = _MINUTES.search(words)
    return Lesson(
        file=path,
        number=number,
        name=name,
        title=steps[0].title if steps else name,
        minutes=int(minutes[1]) if minutes else 0,
        outcomes=tuple(_first_list(words)),
        steps=steps,
    )


def sheet_of(lesson: Lesson) -> str | None:
    """Return the trainer's sheet of a lesson, as Markdown, or None if it has none. It is not for trainees."""
    file = lesson.file.parent / "trainer" / f"{lesson.file.stem}.md"
    return _text(file) if file.is_file() else None


def _number_and_name(file: Path) -> tuple[int, str]:
    match = _FILE.fullmatch(file.stem)
    return (int(match[1]), match[2]) if match else (0, file.stem)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not text in UTF-8") from None
    except OSError as error:
        raise EnvironmentFailure(f"{file}: {error.strerror or error}") from None


def _cells(file: Path) -> list[dict[str, Any]]:
    text = _text(file)
    try:
        notebook = json.loads(text)
        layout, cells = notebook["nbformat"], notebook["cells"]
        sound = all(isinstance(cell["cell_type"], str) and isinstance(cell["source"], str | list) for cell in cells)
    except (ValueError, KeyError, TypeError):
        layout, cells, sound = _LAYOUT, [], False
    if not sound or layout != _LAYOUT:
        raise InputError(f"{file}: is not a notebook of layout {_LAYOUT}; open it in JupyterLab and save it again")
    return list(cells)


def _steps(cells: Sequence[Cell], number: int, fallback: str) -> Iterator[Step]:
    """Cut the cells at their headings of level two; the first heading of level one titles the opening.

    The number of the lesson before its title is left out.
    """
    title, gathered, opening, tells = "", list[Cell](), True, 0
    for cell in cells:
        if cell.kind == "code":
            gathered.append(replace(cell, tells=tells > 0))
            continue
        for level, heading, text in _parts(cell.text):
            if level == 2:
                if gathered or title:
                    yield Step(title or fallback, tuple(gathered))
                title, gathered, opening, tells = heading, [], False, 0
            titles_the_opening = level == 1 and opening and not title
            title = heading.removeprefix(f"{number}.").lstrip() if titles_the_opening else title
            words = f"# {heading}\n{text}" if level == 1 and not titles_the_opening else text
            told = list(_told(words, tells))
            gathered += [Cell("words", part.strip("\n"), cell.number, tell > 0) for tell, part in told if part.strip()]
            tells = told[-1][0]
    if gathered or title:
        yield Step(title or fallback, tuple(gathered))


def _told(text: str, tells: int) -> Iterator[tuple[int, str]]:
    """Cut Markdown into what tells the outcome of predictions and what does not; such a heading itself does not.

    As when a heading is folded in a notebook, headings below it belong to it, and one of its own level ends it.

    Parameters
    ----------
    text
        Markdown without headings of level one and two.
    tells
        Level of such a heading under which it begins; 0 if there is none.
    """
    kept = ""
    for level, heading, below in _parts(text, _LOWER):
        told = level > 0 and heading.startswith(_TELLS)
        line = f"{'#' * level} {heading}\n" if level else ""
        if told or 0 < level <= tells:
            yield tells, kept
            kept, tells = "", level if told else 0
        if told:
            yield 0, line
            line = ""
        kept += f"{line}{below}\n"
    yield tells, kept


def _parts(text: str, at: re.Pattern[str] = _HEADING) -> Iterator[tuple[int, str, str]]:
    """Cut Markdown at headings, of level one and two by default: level (0 before the first), heading, text below it."""
    level, heading, lines, fence = 0, "", list[str](), ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        found = None if fence else at.match(line)
        if found:
            yield level, heading, "\n".join(lines)
            level, heading, lines = len(found[1]), found[2], []
        else:
            lines.append(line)
    yield level, heading, "\n".join(lines)


def _first_list(words: str) -> Iterator[str]:
    """Yield the items of the first list, with lines that go on joined and emphasis taken off."""
    item, blank = "", False
    for line in words.splitlines():
        start = _ITEM.match(line)
        if start and item:
            yield _EMPHASIS.sub("", item)
        if start:
            item = start[1].strip()
        elif item and line.strip():
            if blank:
                break
            item += f" {line.strip()}"
        blank = not line.strip()
    if item:
        yield _EMPHASIS.sub("", item)
