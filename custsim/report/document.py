"""What a report consists of, before anything is drawn or written: sections with words, pictures, tables and facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from custsim.experiment.words import chance_in_words, in_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from custsim.scenario.model import Scenario

__all__ = ["BY_ROW", "Column", "Document", "Firm", "Picture", "Section", "Table", "shown", "unit_in_words"]

#: unit of a column whose rows name their own, in the column headed "Unit"
BY_ROW = "by row"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name
        Heading, without the unit.
    unit
        Unit of its numbers; "share" and "confidence" are written in per cent, but a confidence never as certainty;
        :data:`BY_ROW` if each row names its own; empty for text and for numbers without one.
    difference
        Whether its numbers are differences: shares are then percentage points, and signs are written.
    """

    name: str
    unit: str = ""
    difference: bool = False

    @property
    def heading(self) -> str:
        """Name with unit.

        Examples
        --------
        >>> Column("Profit", "EUR/month").heading, Column("Share", "share").heading
        ('Profit [EUR per month]', 'Share [%]')
        """
        if not self.unit or self.unit == BY_ROW:
            return self.name
        return f"{self.name} [{unit_in_words(self.unit, difference=self.difference)}]"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of raw values: numbers stay numbers until somebody reads them.

    Attributes
    ----------
    name
        Short name, for a sheet of a workbook.
    title
        What it tells.
    columns, rows
        The columns, and the values row by row; ``None`` and not a number are empty cells.
    note
        What must be known to read it.
    on_page, in_book
        Whether the page shows it, and whether the workbook has it.
    most
        Rows the page shows.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    on_page: bool = True
    in_book: bool = True
    most: int = 60

    def unit(self, row: Sequence[Any], place: int) -> str:
        """Unit of a cell."""
        unit = self.columns[place].unit
        if unit != BY_ROW:
            return unit
        at = next(number for number, column in enumerate(self.columns) if column.name == "Unit")
        return "share" if row[at] in ("%", "share") else str(row[at])

    def shown(self, row: Sequence[Any], place: int) -> str:
        """Text of a cell for a reader."""
        return shown(row[place], self.unit(row, place), difference=self.columns[place].difference)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is drawn when the page is made.

    Attributes
    ----------
    title
        What it shows.
    alt
        What it says, for whoever does not see it.
    draw
        Makes the figure.
    numbers
        Names of the tables that hold its numbers.
    """

    title: str
    alt: str
    draw: Callable[[], Figure]
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm whose every parameter is listed at the end.

    Attributes
    ----------
    name
        What it is called.
    scenario
        Its parameters.
    """

    name: str
    scenario: Scenario


@dataclass(frozen=True)
class Section:
    """One experiment, told.

    Attributes
    ----------
    kind
        "comparison", "sweep", "sensitivity", "optimum", "run", ...
    title, question
        What it is about.
    answer
        Paragraphs; the first is the answer in one or two sentences, with its uncertainty.
    more
        Headings with paragraphs, for what is too long for the answer.
    pictures, tables
        In the order of the page.
    assumed
        What was assumed, in sentences.
    facts
        Name and value of what is needed to do it again: seed, replications, versions.
    python, command, files
        Lines that do it again, in Python and for the command line, and the files (name and text) these read.
    firm
        The base, listed parameter by parameter.
    data
        The result as plain data.
    """

    kind: str
    title: str
    question: str
    answer: tuple[str, ...]
    firm: Firm | None
    more: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    assumed: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    python: str = ""
    command: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes
    ----------
    title, author, made
        For the head of the page; ``made`` is a date.
    source
        What it was made from.
    sections
        One for each experiment.
    """

    title: str
    sections: tuple[Section, ...]
    made: str
    source: str = ""
    author: str = ""


def unit_in_words(unit: str, *, difference: bool = False) -> str:
    """Write a unit for a reader.

    Examples
    --------
    >>> unit_in_words("EUR/customer"), unit_in_words("share"), unit_in_words("share", difference=True)
    ('EUR per customer', '%', 'percentage points')
    """
    if unit in ("share", "confidence"):
        return "percentage points" if difference else "%"
    return unit.replace("1/", "per ") if unit.startswith("1/") else unit.replace("/", " per ")


def shown(value: Any, unit: str = "", *, difference: bool = False, with_unit: bool = False) -> str:
    """Write a value for a reader: four figures, thousands apart, true minus signs, a dash for nothing.

    Examples
    --------
    >>> shown(-1234.5), shown(0.25, "share"), shown(12.0, "EUR", difference=True, with_unit=True), shown(None)
    ('−1,234', '25.00 %', '+12 EUR', '–')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float):
        return str(value)
    if unit == "confidence":
        return chance_in_words(float(value))
    text = in_figures(float(value), "share" if unit == "share" else "", sign=difference).replace("-", "−")
    if with_unit and unit not in ("", "share"):
        return f"{text} {unit_in_words(unit)}"
    return text
