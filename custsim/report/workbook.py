"""The workbook: a sheet a table, real numbers, units in the headings, and a first sheet that says what is where."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from custsim.report.document import BY_ROW, Column, Document, Section, Table
from custsim.report.page import needed
from custsim.report.parameters import parameter_table

__all__ = ["workbook"]

#: rows that a sheet holds, its heading included
_ROWS = 1_048_576

#: letters a name of a sheet may have, and letters a cell may hold
_NAME, _TEXT = 31, 32_767

_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")

#: what XML cannot hold
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_WIDEST = 60


def workbook(document: Document) -> bytes:
    """Make the workbook of a report.

    Raises
    ------
    EnvironmentFailure
        If openpyxl is not installed.
    """
    openpyxl = needed("openpyxl", "the workbook")
    book = openpyxl.Workbook()
    contents = book.active
    contents.title = "Contents"
    book.properties.title, book.properties.creator = document.title, document.author or "custsim"
    made = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = made
    listed = []
    taken = {"contents"}
    for section, table in _tables(document):
        name = _sheet_name(table.name, taken, section, many=len(document.sections) > 1)
        _fill(book.create_sheet(name), table)
        listed.append((name, table, section))
    _contents(contents, document, listed)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _tables(document: Document) -> Iterator[tuple[int, Table]]:
    """All tables with the number of their section; the parameters of each firm once, after its first section."""
    listed: list[Any] = []
    for number, section in enumerate(document.sections, 1):
        for table in section.tables:
            if table.rows and table.in_book:
                yield number, table
        if section.firm is not None and section.firm.scenario not in listed:
            listed.append(section.firm.scenario)
            yield number, parameter_table(section.firm.scenario, section.firm.name)
        yield number, _again(section)


def _again(section: Section) -> Table:
    """What is needed to do an experiment again, line by line."""
    rows: list[tuple[str, str]] = [("Question", section.question)]
    rows += [("Answer", paragraph) for paragraph in section.answer]
    rows += [("Assumed", sentence) for sentence in section.assumed]
    rows += list(section.facts)
    for name, text in (("Command", section.command), ("Python", section.python), *section.files.items()):
        rows += [(name, line) for line in text.splitlines()]
    return Table(
        "About", f"{section.title}: question, answer, how to do it again", (Column("What"), Column("Text")), rows
    )


def _sheet_name(name: str, taken: set[str], section: int, *, many: bool) -> str:
    """Make a name that Excel takes and no other sheet has, capitals or not."""
    start = f"{section} " if many else ""
    plain = _NOT_IN_A_NAME.sub(" ", _CONTROL.sub("", name)).strip("' ") or "Table"
    for number in range(1, 10_000):
        end = "" if number == 1 else f" {number}"
        made = f"{start}{plain[: _NAME - len(start) - len(end)]}{end}"
        if made.lower() not in taken and made.lower() != "history":
            break
    taken.add(made.lower())
    return made


def _fill(sheet: Any, table: Table) -> None:
    styles, letter_of = needed("openpyxl.styles", "the workbook"), _letter()
    rows = table.rows[: _ROWS - 1]
    for place, column in enumerate(table.columns, 1):
        cell = sheet.cell(1, place)
        _text(cell, column.heading if column.unit != BY_ROW else f"{column.name} [see Unit]")
        cell.font, cell.alignment = styles.Font(bold=True), styles.Alignment(wrap_text=True, vertical="top")
    formats = [_format(table, place, rows) for place in range(len(table.columns))]
    for number, row in enumerate(rows, 2):
        for place, value in enumerate(row):
            _put(sheet.cell(number, place + 1), value, formats[place] or _of(table.unit(row, place), [value]))
    sheet.freeze_panes = "B2"
    if rows and table.columns:
        sheet.auto_filter.ref = f"A1:{letter_of(len(table.columns))}{len(rows) + 1}"
    for place, column in enumerate(table.columns):
        sheet.column_dimensions[letter_of(place + 1)].width = _width(table, place, column, rows)
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _letter() -> Any:
    return needed("openpyxl.utils", "the workbook").get_column_letter


def _put(cell: Any, value: Any, form: str) -> None:
    """Put a value into a cell: a number as a number, nothing as nothing, and text never as a formula."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, bool):
        cell.value = value
    elif isinstance(value, int | float) and math.isfinite(value):
        cell.value, cell.number_format = value, form
    else:
        _text(cell, "infinite" if isinstance(value, float) else str(value))


def _text(cell: Any, text: str) -> None:
    cell.value = _CONTROL.sub("", text)[:_TEXT]
    cell.data_type = "s"  # what begins with = or @ is text all the same


def _format(table: Table, place: int, rows: Sequence[Sequence[Any]]) -> str:
    """Number format of a column; empty where each row has its own unit."""
    column = table.columns[place]
    if column.unit == BY_ROW:
        return ""
    return _of(column.unit, [row[place] for row in rows])


def _of(unit: str, values: Sequence[Any]) -> str:
    """Number format for values of a unit: as many decimals as the largest calls for.

    Examples
    --------
    >>> _of("share", [0.5]), _of("EUR", [12345.6]), _of("persons", [3, 4]), _of("days", [0.00123])
    ('0.00%', '#,##0', '#,##0', '0.000000')

    A column without a unit may hold anything, such as the values of all parameters; nothing may be rounded away:

    >>> _of("", [0.0018, 20000.0])
    'General'
    """
    numbers = [
        abs(value)
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ]
    if unit in ("share", "confidence"):
        return "0.00%"
    if all(float(number).is_integer() for number in numbers):
        return "#,##0"
    if not unit:
        return "General"
    largest = max(numbers, default=0.0)
    if largest >= 1000:
        return "#,##0"
    decimals = 2 if largest >= 10 else 4 if largest >= 0.1 else 6
    return "0." + "0" * decimals


def _width(table: Table, place: int, column: Column, rows: Sequence[Sequence[Any]]) -> float:
    longest = max((len(table.shown(row, place)) for row in rows[:200]), default=0)
    heading = max((len(word) for word in column.heading.split()), default=0)
    return float(min(max(longest + 2, heading + 3, 10, len(column.heading) / 2), _WIDEST))


def _contents(sheet: Any, document: Document, listed: Sequence[tuple[str, Table, int]]) -> None:
    font = needed("openpyxl.styles", "the workbook").Font
    head = [document.title, document.author, f"{document.made}{f', from {document.source}' if document.source else ''}"]
    at = 1
    for text in filter(None, head):
        _text(sheet.cell(at, 1), text)
        sheet.cell(at, 1).font = font(bold=at == 1, size=16 if at == 1 else 11)
        at += 1
    at += 1
    for place, text in enumerate(("Sheet", "What it holds", "Rows", "Experiment", "Note"), 1):
        _text(sheet.cell(at, place), text)
        sheet.cell(at, place).font = font(bold=True)
    sheet.freeze_panes = sheet.cell(at + 1, 1)
    for name, table, section in listed:
        at += 1
        quoted = name.replace("'", "''")
        _text(sheet.cell(at, 1), name)
        sheet.cell(at, 1).hyperlink = f"#'{quoted}'!A1"
        sheet.cell(at, 1).font = font(color="00517F", underline="single")
        _text(sheet.cell(at, 2), table.title)
        sheet.cell(at, 3, min(len(table.rows), _ROWS - 1)).number_format = "#,##0"
        _text(sheet.cell(at, 4), document.sections[section - 1].title)
        cut = f"The first {_ROWS - 1:,} of {len(table.rows):,} rows. " if len(table.rows) >= _ROWS else ""
        _text(sheet.cell(at, 5), cut + table.note)
    for letter, width in zip("ABCDE", (34, 56, 10, 44, 100), strict=True):
        sheet.column_dimensions[letter].width = width
