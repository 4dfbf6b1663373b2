"""The page: one HTML file with everything in it, that asks nobody for anything."""

from __future__ import annotations

import base64
import importlib
import io
import math
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

from custsim.errors import EnvironmentFailure
from custsim.report.document import Document, Firm, Picture, Section, Table
from custsim.report.parameters import parameter_table

__all__ = ["needed", "page"]

#: letters a cell of the page shows
_LONGEST = 200

#: where a long name may break: behind a dot, a line or a stroke between letters
_JOINT = re.compile(r"(?<=[a-z][._/])(?=[a-z])")

#: a number that is in words already, as in a summary
_WORDED = re.compile(r"[+−-]?\d[\d,]*(\.\d+)?( %)?|[–-]")


def page(document: Document) -> str:
    """Make the page of a report.

    Raises
    ------
    EnvironmentFailure
        If jinja2 is not installed.
    """
    jinja = needed("jinja2", "the page")
    loader = jinja.FunctionLoader(lambda name: (resources.files("custsim.report") / name).read_text(encoding="utf-8"))
    environment = jinja.Environment(
        loader=loader, autoescape=True, undefined=jinja.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    firms = _firms(document.sections)
    return str(
        environment.get_template("page.html").render(
            document=document,
            sections=list(enumerate(document.sections, 1)),
            firms=[(name, firm, parameter_table(firm.scenario, firm.name)) for name, firm in firms.items()],
            firm_of={id(section): name for name, firm in firms.items() for section in document.sections
                     if section.firm is not None and _same(section.firm, firm)},
            files_of=_files(document.sections),
            id=id,
            inline=_inline,
            cells=_cells,
            heads=_heads,
        )
    )  # fmt: skip


def needed(package: str, what: str) -> Any:
    """Import a package that reports need.

    Raises
    ------
    EnvironmentFailure
        If it is not installed.

    Examples
    --------
    >>> needed("no_such_package", "the page")
    Traceback (most recent call last):
    custsim.errors.EnvironmentFailure: the page of a report needs the package no_such_package; install it with: ...
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        raise EnvironmentFailure(
            f'{what} of a report needs the package {package}; install it with: pip install "custsim[reports]"'
        ) from None


def _firms(sections: Sequence[Section]) -> dict[str, Firm]:
    """Firms whose parameters are listed, each once, by anchor."""
    found: dict[str, Firm] = {}
    for section in sections:
        if section.firm is not None and not any(_same(section.firm, firm) for firm in found.values()):
            found[f"parameters-{len(found) + 1}"] = section.firm
    return found


def _files(sections: Sequence[Section]) -> dict[int, list[tuple[str, str, int]]]:
    """Name and text of the files of each section, and the number of an earlier section that shows the same."""
    shown: dict[tuple[str, str], int] = {}
    found: dict[int, list[tuple[str, str, int]]] = {}
    for number, section in enumerate(sections, 1):
        found[id(section)] = [(name, text, shown.get((name, text), 0)) for name, text in section.files.items()]
        for name, text in section.files.items():
            shown.setdefault((name, text), number)
    return found


def _same(one: Firm, other: Firm) -> bool:
    return one.scenario == other.scenario


def _inline(picture: Picture) -> str:
    """Draw a picture, as text that stands in the page itself; its letters are shapes, alike on every machine."""
    stream = io.BytesIO()
    picture.draw().savefig(stream, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _heads(table: Table) -> list[tuple[list[str], str, bool]]:
    """Name in its parts, unit and whether it holds numbers, of each column."""
    return [
        (
            _JOINT.split(column.name),
            column.heading.removeprefix(column.name).strip(),
            any(_is_number(row[place]) for row in table.rows[: table.most]),
        )
        for place, column in enumerate(table.columns)
    ]


def _cells(table: Table) -> list[tuple[list[tuple[str, list[str], bool]], bool]]:
    """Text of each cell, its parts and whether it is a number, row by row, and whether the row differs."""
    differs = [place for place, column in enumerate(table.columns) if column.name == "Differs"]
    return [
        (
            [_cell(_cut(table.shown(row, place)), _is_number(row[place])) for place in range(len(table.columns))],
            any(row[place] is True for place in differs),
        )
        for row in table.rows[: table.most]
    ]


def _cell(text: str, number: bool) -> tuple[str, list[str], bool]:
    """Take a text apart where it may break on a narrow column: names of parameters and files at their joints."""
    return text, _JOINT.split(text), number


def _cut(text: str) -> str:
    """Cut what is too long for a cell; a description stands above its table in full."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _WORDED.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isinf(value)
