"""Lessons as tests see them: their notebooks, the components their cells return, and how people spell an answer."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import re
from dataclasses import dataclass
from pathlib import Path

from custsim.lessons import catalogue
from custsim.widgets import Component

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = tuple(sorted((ROOT / "lessons").glob("*.ipynb")))

_IMPORT = re.compile(r"from custsim\.lessons import (\w+) as lesson(?:\n#.*)?")
_CALL = re.compile(r"lesson\.(\w+)\(\)")


@dataclass(frozen=True)
class Shown:
    """A component where a lesson shows it: the step, the function that makes it, and itself."""

    step: str
    function: str
    component: Component


@functools.cache
def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path):
    return ["".join(cell["source"]) for cell in notebook(path)["cells"] if cell["cell_type"] == "code"]


def module_of(path):
    """Module that the first code cell of a lesson imports as ``lesson``."""
    match = _IMPORT.fullmatch(code_cells(path)[0].strip())
    assert match, f"{path.name}: the first code cell must be 'from custsim.lessons import … as lesson'"
    return importlib.import_module(f"custsim.lessons.{match[1]}")


@functools.cache
def shown(path):
    """Everything a lesson shows, in its order."""
    module = module_of(path)
    found = []
    for step in catalogue.read_notebook(path).steps:
        for cell in step.cells:
            call = _CALL.fullmatch(cell.text.strip()) if cell.kind == "code" else None
            if call:
                found.append(Shown(step.title, call[1], getattr(module, call[1])()))
    return tuple(found)


def of_kind(path, kind):
    return [one.component for one in shown(path) if isinstance(one.component, kind)]


def spellings(number):
    """Ways in which people would write the right answer of a question."""
    scale = 100.0 if number.percent else 1.0
    value = number.right * scale
    digits = next(d for d in range(9) if number._is(round(value, d) / scale, number.right))
    plain = f"{value:.{digits}f}"
    unit = number.unit
    written = [f"{plain} {unit}".strip(), f"{value:,.{digits}f} {unit}".strip()]
    if not number.percent or abs(value) > 1.0:  # 0.32 without a sign may be a third or a third of a per cent
        written += [plain, f"about {plain}", f" {plain}", f"{value:,.{digits}f}".replace(",", " ")]
        if digits != 3:  # 1,234 may be a thousand and more
            written.append(plain.replace(".", ","))
    if number.percent:
        written += [f"{plain}%", f"{plain} per cent"]
        as_fraction = f"{number.right:.{digits + 2}f}"
        if not number._a_slip([float(as_fraction) / 100.0]):  # which is asked back
            written.append(as_fraction)
    if "EUR" in unit:
        written += [f"€{plain}", f"{plain} euros"]
    return written


def written_as(number, value):
    """One way to write a number as an answer to a question."""
    return f"{100.0 * value:.10g} %" if number.percent else f"{value:.10g}"


def known_values(wrong):
    """The number of a known wrong answer; none if it is recognised by a function of the answer."""
    if not callable(wrong.when):
        return [float(wrong.when)]
    return [] if inspect.signature(wrong.when).parameters else [float(wrong.when())]


def answer_in_sheet(number, sheet):
    """Whether the trainer's sheet tells the answer of a question, in a line that names it."""
    line = next((line for line in sheet.splitlines() if f"**{number.id}**" in line), "")
    value = number.right * (100.0 if number.percent else 1.0)
    return any(re.search(rf"(?<![\d.,]){re.escape(f'{value:,.{d}f}')}(?!\d)", line) for d in range(5))
