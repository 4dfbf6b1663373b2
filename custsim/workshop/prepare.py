"""Making a lesson ready before anybody joins: its notebook is run once, and every component once moved.

The code of a lesson is the trainer's own, like any program they start; what comes from a trainee is never run. All
cells run in one namespace, in the lesson's folder; the last expression of a cell is what is shown.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import custsim
from custsim.errors import CustsimError, InputError
from custsim.lessons.catalogue import Cell, Lesson, sheet_of
from custsim.widgets.component import Component, Reply, State
from custsim.workshop.page import Block, result_block, words_block

__all__ = ["Page", "Prepared", "Shared", "prepare"]


@runtime_checkable
class Shared(Protocol):
    """A component that a room has in common, with a file and a trainer's desk of its own: the budget game."""

    id: str
    #: set by the server; called, from any thread, when what others see may have changed
    room_changed: Callable[[], None] | None

    def room_opens(self, file: Path, room: str) -> None:
        """Become the room's own: a new one in a new file, or the one that the file holds."""

    def start_for(self, seat: str, nickname: str) -> State:
        """Give the state of a trainee who has just come in."""

    def describe_trainer(self) -> dict[str, Any]:
        """Describe the trainer's desk, as JSON: "words", "buttons", "table", "board".

        A button has "do", "label" and, if it cannot be pressed now, "why" not: it keeps its place all the same.
        """

    def handle_trainer(self, message: dict[str, Any]) -> Reply:
        """Do what one of the buttons says: "do", and "label" as it was when it was pressed."""

    def close(self) -> None:
        """Leave the file."""


@dataclass(frozen=True)
class Page:
    """A step as it is sent: made once, the same for everybody.

    Attributes
    ----------
    title
        Its heading.
    components
        Its components, in order.
    content
        JSON of title and blocks.
    tells
        Whether something in it is to be seen only by who has predicted.
    """

    title: str
    components: tuple[Component, ...]
    content: bytes
    tells: bool


@dataclass(frozen=True)
class Prepared:
    """A lesson that is ready to be served.

    Attributes
    ----------
    lesson
        What was read from the notebook.
    pages
        One for each step.
    components
        All components by id.
    sheet
        HTML of the trainer's sheet; empty if there is none.
    edition
        Changes when the lesson or custsim does.
    """

    lesson: Lesson
    pages: tuple[Page, ...]
    components: dict[str, Component]
    sheet: str
    edition: str


def prepare(
    lesson: Lesson,
    room_opens: Callable[[Shared], object] = lambda part: None,
    tell: Callable[[str], object] = lambda line: None,
) -> Prepared:
    """Run a lesson's notebook and make its pages.

    Parameters
    ----------
    lesson
        As read by :func:`custsim.lessons.catalogue.read`.
    room_opens
        Called with each component that a room shares, before it is described, to give it its file.
    tell
        Called with a line for each step that is ready.

    Raises
    ------
    InputError
        If a cell fails, with its number and what went wrong; or if two components share an id.
    """
    folder = lesson.file.resolve().parent
    shown: list[object] = []
    namespace: dict[str, Any] = {"__name__": "__lesson__", "display": lambda *things: shown.extend(things)}
    components: dict[str, Component] = {}

    def results(cell: Cell) -> Iterator[Block]:
        """Show what a cell gives."""
        for result in _single(_run(cell, lesson.file, namespace, shown)):
            if not isinstance(result, Component):
                yield result_block(result)
                continue
            if isinstance(result, Shared):
                room_opens(result)
            _take(result, components)
            yield {"is": "component", "id": result.id, "description": result.describe()}

    pages = []
    for number, step in enumerate(lesson.steps, start=1):
        blocks: list[tuple[bool, Block]] = []
        for cell in step.cells:
            if cell.kind == "words":
                blocks.append((cell.tells, words_block(cell.text, folder)))
                continue
            with _blamed(lesson.file, cell), contextlib.chdir(folder):
                blocks += [(cell.tells, block) for block in results(cell)]
        own = tuple(components[block["id"]] for _, block in blocks if block["is"] == "component")
        ready = _held_back(blocks)
        content = json.dumps({"title": step.title, "blocks": ready}, ensure_ascii=False, allow_nan=False)
        pages.append(Page(step.title, own, content.encode(), any(block["is"] == "told" for block in ready)))
        tell(f"step {number} of {len(lesson.steps)} is ready: {step.title}")
    sheet = sheet_of(lesson)
    told = words_block(sheet, folder / "trainer")["html"] if sheet is not None else ""
    edition = hashlib.sha256(lesson.file.read_bytes() + custsim.__version__.encode()).hexdigest()[:16]
    return Prepared(lesson, tuple(pages), components, told, edition)


def _held_back(blocks: Sequence[tuple[bool, Block]]) -> list[Block]:
    """Put what tells an outcome into blocks of its own, each with the predictions it waits for.

    Those are the ones above it that nothing has told of yet. Where none was asked, everything is shown at once.

    Examples
    --------
    >>> guess = {"is": "component", "id": "churn", "description": {"kind": "guess"}}
    >>> _held_back([(False, guess), (True, {"is": "words", "html": "It fell."})])[1]
    {'is': 'told', 'after': ['churn'], 'blocks': [{'is': 'words', 'html': 'It fell.'}]}
    """
    ready: list[Block] = []
    asked: list[str] = []
    for tells, group in itertools.groupby(blocks, key=lambda block: block[0]):
        some = [block for _, block in group]
        if tells and asked:
            ready.append({"is": "told", "after": asked, "blocks": some})
        else:
            ready += some
        asked = [] if tells else asked + [block["id"] for block in some if _asks_to_predict(block)]
    return ready


def _asks_to_predict(block: Block) -> bool:
    described = block.get("description", {})
    return described.get("kind") == "guess" or bool(described.get("guess"))


def _run(cell: Cell, file: Path, namespace: dict[str, Any], shown: list[object]) -> Iterator[object]:
    """Run a cell; yield what it printed, displayed and ended with."""
    body = ast.parse(cell.text, f"{file.name}, cell {cell.number}").body
    quiet = cell.text.rstrip().endswith(";")
    last = body[-1] if body and not quiet else None
    printed = io.StringIO()
    shown.clear()
    place = f"<{file.name}, cell {cell.number}>"
    with contextlib.redirect_stdout(printed):
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(body[:-1], []), place, "exec"), namespace)
            result = eval(compile(ast.Expression(last.value), place, "eval"), namespace)
        else:
            exec(compile(ast.Module(body, []), place, "exec"), namespace)
            result = None
    if printed.getvalue().strip():
        yield printed.getvalue().rstrip()
    yield from shown
    if result is not None:
        yield result


def _take(component: Component, components: dict[str, Component]) -> None:
    if component.id in components:
        raise InputError(f"two components are called {component.id!r}; an id is unique in a lesson")
    component.handle(component.start(), {"do": "look"})  # compiles, and runs a board once
    components[component.id] = component


def _single(results: Iterable[object]) -> Iterator[object]:
    """Take lists of components apart."""
    for result in results:
        if isinstance(result, list | tuple) and any(isinstance(part, Component) for part in result):
            yield from _single(result)
        elif result is not None:
            yield result


@contextlib.contextmanager
def _blamed(file: Path, cell: Cell) -> Iterator[None]:
    """Say in which cell something failed, whatever it was: the code is not ours alone."""
    try:
        yield
    except CustsimError as error:
        raise InputError([f"{file.name}, cell {cell.number}: {problem}" for problem in error.problems]) from error
    except Exception as error:
        raise InputError(f"{file.name}, cell {cell.number}: {type(error).__name__}: {error}") from error
