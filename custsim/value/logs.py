"""Reading transaction logs: find the columns, understand the dates, count what is wrong, drop nothing in silence.

A log has one row for each transaction: who, when and, if spending matters, how much. :func:`read_log` reads a file,
:func:`clean_log` checks any table. All problems are reported at once, each with the number of rows concerned and the
way out; whatever an option merges or drops is counted in the :class:`LogRecord`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import EnvironmentFailure, InputError

__all__ = [
    "UNITS",
    "CleanLog",
    "Columns",
    "LogRecord",
    "clean_log",
    "moment",
    "read_log",
    "recognise_columns",
    "unit_days",
]

Floats = NDArray[np.float64]

#: Length of each unit of time in days; a month is a twelfth of 365.25 days, as everywhere in custsim.
UNITS: dict[str, float] = {
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
    "month": 365.25 / 12,
    "quarter": 365.25 / 4,
    "half-year": 365.25 / 2,
    "year": 365.25,
}

#: A day ends this much (in days) before the next begins.
_MOMENT = 1e-9

#: Column names recognised without being told, in order of preference, lower case without spaces and underscores.
RECOGNISED: dict[str, tuple[str, ...]] = {
    "customer": ("customer", "customerid", "person", "personid", "client", "clientid", "user", "userid", "member",
                 "memberid", "accountid", "account", "customerno", "customernumber", "custid", "id"),
    "date": ("date", "orderdate", "transactiondate", "purchasedate", "invoicedate", "datetime", "timestamp", "day",
             "time", "month", "week", "period"),
    "amount": ("amount", "value", "revenue", "sales", "total", "spend", "price", "dollarvalue", "dollars", "amt",
               "monetaryvalue", "turnover", "netamount"),
}  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """Which column of a log holds what; ``amount`` may be missing."""

    customer: str
    date: str
    amount: str | None


@dataclass(frozen=True)
class LogRecord:
    """What was read, and what was merged, dropped or assumed on the way.

    Attributes
    ----------
    rows_read, rows_used
        Rows of the log, and rows that count after everything below.
    customers
        Different customers in the rows used.
    duplicates_merged
        Rows that repeated another row in full and were merged into it.
    same_day_merged
        Transactions merged into another of the same customer on the same day (amounts added up).
    nonpositive_dropped, after_end_dropped, outside_cohort_dropped
        Rows left out on request: amounts of 0 or less, dates after the end of observation, customers whose first
        purchase falls outside the cohort.
    assumptions
        What was decided for the user, one sentence each.
    """

    rows_read: int
    rows_used: int
    customers: int
    duplicates_merged: int = 0
    same_day_merged: int = 0
    nonpositive_dropped: int = 0
    after_end_dropped: int = 0
    outside_cohort_dropped: int = 0
    assumptions: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Say in words what happened to the rows, one line for each thing that did.

        Returns
        -------
        list of str
            The rows used first, then what was merged or dropped, then what was assumed.

        Examples
        --------
        >>> LogRecord(rows_read=10, rows_used=9, customers=3, same_day_merged=1).lines()
        ['10 rows read, 9 transactions of 3 customers used', '1 row merged: same customer, same day']
        """
        said = [f"{self.rows_read:,} rows read, {self.rows_used:,} transactions of {self.customers:,} customers used"]
        for count, what in (
            (self.duplicates_merged, "merged: repeats another row in full"),
            (self.same_day_merged, "merged: same customer, same day"),
            (self.nonpositive_dropped, "dropped on request: amount of 0 or less"),
            (self.after_end_dropped, "dropped on request: after the end of observation"),
            (self.outside_cohort_dropped, "dropped on request: first purchase outside the cohort"),
        ):
            if count:
                said.append(f"{count:,} row{'s' if count != 1 else ''} {what}")
        return said + list(self.assumptions)


@dataclass(frozen=True)
class CleanLog:
    """A checked log as arrays, one entry for each row kept, in the log's order.

    Attributes
    ----------
    customer
        Index into ``labels``.
    labels
        Customers as the log names them.
    time
        Days since 1970-01-01 for dates, else the log's own numbers.
    amount
        Amounts in currency units, or ``None`` if the log has none.
    dated
        Whether ``time`` comes from dates.
    end
        End of observation, on the scale of ``time``.
    record
        What happened so far.
    """

    customer: NDArray[np.int64] = field(repr=False)
    labels: pd.Index[Any] = field(repr=False)
    time: Floats = field(repr=False)
    amount: Floats | None = field(repr=False)
    dated: bool
    end: float
    record: LogRecord


def unit_days(unit: str) -> float:
    """Length of a unit of time in days.

    Raises
    ------
    InputError
        If the unit is not one of ``UNITS``.

    Examples
    --------
    >>> unit_days("week")
    7.0
    """
    if unit not in UNITS:
        raise InputError(f"unit: must be one of {', '.join(UNITS)}, got {unit!r}")
    return UNITS[unit]


def read_log(
    path: str | Path,
    *,
    separator: str | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    encoding: str = "utf-8-sig",
    customer: str | None = None,
) -> pd.DataFrame:
    r"""Read a file of transactions: CSV, whose separator is found by looking at the first line, or Parquet.

    Parameters
    ----------
    path
        The file, with a line of column names; one that ends in ``.parquet`` (such as a saved run's transactions) is
        read as that, and the other arguments are not used.
    separator
        Between columns; the most frequent of ``, ; tab |`` in the first line if not given.
    decimal
        Decimal mark, ``"."`` or ``","``; in figures with a per cent sign, which stay text, a point takes its place.
    thousands
        Mark between thousands, such as ``","`` in 1,250.00; none by default.
    encoding
        How letters are written; ``"cp1252"`` is what Excel writes on Windows unless told to write UTF-8. A file that
        begins with the mark of UTF-16 (Excel's "Unicode text") is read as that without being told.
    customer
        Column of the customers, recognised if not given. Names such as 007 or 12E3 stay what they are and become no
        numbers.

    Returns
    -------
    pandas.DataFrame
        The file's rows.

    Raises
    ------
    EnvironmentFailure
        If the file cannot be opened.
    InputError
        If it is not a table in that encoding, or has no rows.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = file.write_text("customer;date;amount\n1;2024-01-02;1.209,50\n")
    >>> read_log(file, decimal=",", thousands=".")["amount"].tolist()
    [1209.5]
    """
    path = Path(path)
    if thousands == decimal:
        raise InputError(f"thousands: must differ from the decimal mark, got {thousands!r} for both")
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = _read_csv(path, separator, decimal, thousands, encoding, customer)
    except OSError as error:
        raise EnvironmentFailure(f"{path}: cannot be read ({error.strerror or error})") from error
    except LookupError as error:
        raise InputError(f"encoding: {encoding!r} is not known; try 'utf-8', 'cp1252' or 'utf-16'") from error
    except UnicodeError as error:
        raise InputError(
            f'{path}: is not {"UTF-8" if encoding == "utf-8-sig" else encoding} text; save it as "CSV UTF-8", or state '
            "its encoding (encoding='cp1252' is what Excel writes on Windows, 'gb18030' in China, 'cp932' in Japan)"
        ) from error
    except InputError:
        raise
    except ValueError as error:  # also what pandas and pyarrow say of files that they cannot parse
        raise InputError(f"{path}: {_unreadable(error)}; give a CSV file with a line of column names") from error
    if table.empty:
        raise InputError(f"{path}: has column names but no rows")
    return table


def _read_csv(
    path: Path, separator: str | None, decimal: str, thousands: str | None, encoding: str, customer: str | None
) -> pd.DataFrame:
    """Read a table from text, its figures in whatever way they are written."""
    head = _refuse_what_is_no_text(path)
    if encoding == "utf-8-sig" and head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if separator is None:
        with open(path, encoding=encoding) as stream:
            separator = _separator(stream.readline())
    # index_col: a separator too many at the end of each row would else move every column to its neighbour's name
    how: dict[str, Any] = {
        "sep": separator,
        "encoding": encoding,
        "skipinitialspace": True,
        "index_col": False,
        "low_memory": False,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table: pd.DataFrame = pd.read_csv(path, decimal=decimal, **how)
    except pd.errors.ParserWarning:
        raise InputError(
            f"{path}: its rows have more columns than its first line has names; name them all, and put figures with "
            "commas between quotation marks where commas separate the columns"
        ) from None
    table = _with_names_kept(table, path, how, customer)
    if thousands is not None:
        table = table.apply(_without_marks, thousands=thousands, decimal=decimal)
    if decimal != ".":
        table = table.apply(_with_points, decimal=decimal)
    return table


def _with_names_kept(table: pd.DataFrame, path: Path, how: dict[str, Any], customer: str | None) -> pd.DataFrame:
    """Take customers as they are written where, read as numbers, 007 and 7 would be one, or 12E3 become 12000."""
    plain = {_plain(name): str(name) for name in reversed(table.columns)}
    name = customer or next((plain[key] for key in RECOGNISED["customer"] if key in plain), None)
    if name is None or name not in table.columns or not pd.api.types.is_numeric_dtype(table[name]):
        return table
    written = pd.read_csv(path, usecols=[name], dtype="string", **how)[name].str.strip()
    lost = written.str.fullmatch(r"0\d+|\d+[eE]\d+").fillna(False)
    return table.assign(**{name: written.astype(object)}) if lost.any() and len(written) == len(table) else table


def _plain(name: Any) -> str:
    """Name of a column without what people write in different ways."""
    return re.sub(r"[_ -]", "", str(name).lower())


def _refuse_what_is_no_text(path: Path) -> bytes:
    """Say what a file is that is often taken for CSV; give its first bytes if it may be one."""
    with open(path, "rb") as stream:
        head = stream.read(4)
    for mark, what in (
        (b"PK", 'is a workbook or another packed file; save the sheet as "CSV UTF-8" and give that'),
        (b"\xd0\xcf\x11\xe0", 'is an old Excel workbook; save the sheet as "CSV UTF-8" and give that'),
        (b"\x1f\x8b", "is compressed; unpack it and give what is inside"),
        (b"PAR1", "is a Parquet file by another name; let it end in .parquet"),
        (b"%PDF", "is a PDF; export the table as CSV"),
    ):
        if head.startswith(mark):
            raise InputError(f"{path}: {what}")
    if not head:
        raise InputError(f"{path}: is empty; give a CSV file with a line of column names")
    return head


def _without_marks(column: pd.Series[Any], *, thousands: str, decimal: str) -> pd.Series[Any]:
    """Turn 1,250.00 into 1250.0 in a column that is mostly such numbers; dates are left alone (02.01.2024)."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    mark, point = re.escape(thousands), re.escape(decimal)
    text = column.astype("string").str.strip()
    number = text.str.fullmatch(rf"-?(\d{{1,3}}({mark}\d{{3}})+|\d+)({point}\d+)?").fillna(False).astype(bool)
    marked = text.str.contains(thousands, regex=False).fillna(False).astype(bool)
    if number.sum() < 0.5 * text.notna().sum() or not (number & marked).any():
        return column
    figures = text[number].str.replace(thousands, "").str.replace(decimal, ".").astype(float)
    return figures if number.all() else column.astype(object).where(~number, figures)


def _with_points(column: pd.Series[Any], *, decimal: str) -> pd.Series[Any]:
    """Turn 86,9 % into 86.9 % in a column of such figures, which the parser takes for words."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.astype("string").str.strip()
    figure = text.str.fullmatch(rf"-?\d+({re.escape(decimal)}\d+)? ?%?") | text.isna()
    share = text.str.endswith("%").fillna(False)
    return text.str.replace(decimal, ".", regex=False).astype(object) if figure.all() and share.any() else column


def _unreadable(error: ValueError) -> str:
    """Put a parser's complaint in words of the field."""
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if found:
        return f"is not a table: line {found[2]} has {found[3]} columns, those before have {found[1]}"
    return f"is not a table of columns ({' '.join(str(error).split())})"


def _separator(first: str) -> str:
    return max(",;\t|", key=first.count)


def recognise_columns(
    names: Iterable[Any], *, customer: str | None = None, date: str | None = None, amount: str | None = None
) -> Columns:
    """Find the customer, date and amount columns of a log by their names, unless they are named.

    Parameters
    ----------
    names
        Column names of the log.
    customer, date, amount
        The column to use; recognised if not given. A log without amounts is accepted.

    Returns
    -------
    Columns
        The three names; ``amount`` may be ``None``.

    Raises
    ------
    InputError
        If a named column is missing, none is recognised, or several have the name: all problems at once, with the
        columns there are.

    Examples
    --------
    >>> recognise_columns(["Order Date", "customer_id", "Total"])
    Columns(customer='customer_id', date='Order Date', amount='Total')
    """
    there = [str(name) for name in names]
    plain = {_plain(name): name for name in reversed(there)}
    unnamed = any(re.fullmatch(r"[\d.,:/-]+", name) for name in there)
    hint = "; the first line must hold the names of the columns" if unnamed else ""
    problems = []
    found: dict[str, str | None] = {}
    for what, named in (("customer", customer), ("date", date), ("amount", amount)):
        if named is not None:
            if named not in there:
                problems.append(f"{what} column {named!r} is not in the log; it has: {', '.join(there)}")
            found[what] = named
            continue
        match = next((plain[key] for key in RECOGNISED[what] if key in plain), None)
        if match is None and what != "amount":
            problems.append(f"no {what} column recognised among: {', '.join(there)}; name it ({what}=...){hint}")
        found[what] = match
    problems += [
        f"{what}: {there.count(name)} columns are called {name!r}; give them names of their own"
        for what, name in found.items()
        if name is not None and there.count(name) > 1
    ]
    if problems:
        raise InputError(problems)
    return Columns(customer=str(found["customer"]), date=str(found["date"]), amount=found["amount"])


def clean_log(
    log: Any,
    *,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    end: Any = None,
    date_format: str | None = None,
    duplicates: Literal["refuse", "merge", "keep"] | None = None,
    nonpositive: Literal["refuse", "drop", "keep"] = "refuse",
    after_end: Literal["refuse", "drop"] = "refuse",
    same_day_merged: bool | None = True,
) -> CleanLog:
    """Check a log and turn it into arrays; every problem is counted, and all are reported at once.

    Parameters
    ----------
    log
        A table with one row for each transaction, or anything with such a table as its ``transactions``.
    customer, date, amount
        Column names; recognised if not given (see :func:`recognise_columns`).
    end
        End of observation: a date (that day is observed to its end), or a number if the log's times are numbers. By
        default the last transaction, which is noted in the record.
    date_format
        As for :func:`datetime.datetime.strptime`; needed where dates can be read in two ways.
    duplicates
        Rows that repeat another in every column: ``"refuse"``, ``"merge"`` into one, or ``"keep"`` as transactions of
        their own. By default they are refused in a table, and kept in an object with ``transactions``.
    nonpositive
        Amounts of 0 or less: ``"refuse"``, ``"drop"`` the row, or ``"keep"`` it.
    after_end
        Transactions after the end: ``"refuse"`` or ``"drop"``.
    same_day_merged
        Whether the caller merges a customer's transactions of one day (``None``: those of a log with dates). Then full
        repeats in a log without amounts change nothing, and are not refused.

    Returns
    -------
    CleanLog
        The rows kept.

    Raises
    ------
    InputError
        With one line for each problem and the number of rows it concerns.

    Examples
    --------
    >>> log = pd.DataFrame({"customer": [1, 1], "date": ["2024-01-02", "2024-02-30"], "amount": [5.0, -1.0]})
    >>> clean_log(log)
    Traceback (most recent call last):
    ...
    custsim.errors.InputError: date: 1 of 2 rows cannot be read as a date (first: '2024-02-30', row 2); ...
    """
    problems = _unknown_options(duplicates, nonpositive, after_end)
    if problems:
        raise InputError(problems)
    table, is_run = _table(log)
    columns = recognise_columns(table.columns, customer=customer, date=date, amount=amount)
    time, dated, notes = _times(table[columns.date], date_format, problems)
    table = _without_blanks(table, columns.customer, notes)
    amounts = None if columns.amount is None else _amounts(table[columns.amount], problems)
    _missing_customers(table[columns.customer], problems)
    until = _end(end, time, dated, notes, problems)

    rule = duplicates or ("keep" if is_run else "refuse")
    late = time > until
    bad = np.zeros_like(late) if amounts is None else amounts <= 0
    by_day = dated if same_day_merged is None else same_day_merged
    matters = rule == "merge" or (rule == "refuse" and (amounts is not None or not by_day))
    repeats = table.duplicated().to_numpy() if matters else np.zeros_like(late)
    if after_end == "refuse" and late.any():
        problems.append(_say_late(columns.date, late, _show(until, dated)))
    if nonpositive == "refuse" and amounts is not None and bad.any():
        problems.append(_say_nonpositive(columns.amount, amounts))
    if rule == "refuse" and repeats.any():
        problems.append(_say_repeats(repeats))
    if problems:
        raise InputError(problems)
    keep = ~late & ~repeats & ~(bad & (nonpositive == "drop"))
    if not keep.any():
        raise InputError(f"log: nothing is left of {len(table):,} rows after dropping what was asked to be dropped")
    codes, labels = pd.factorize(table[columns.customer][keep], sort=True)
    record = LogRecord(
        rows_read=len(table),
        rows_used=int(keep.sum()),
        customers=len(labels),
        duplicates_merged=int((repeats & ~late).sum()),
        nonpositive_dropped=int((bad & ~late & ~repeats).sum()) if nonpositive == "drop" else 0,
        after_end_dropped=int(late.sum()),
        assumptions=(*_say_columns(columns, (customer, date, amount)), *notes),
    )
    return CleanLog(
        customer=np.asarray(codes, dtype=np.int64),
        labels=pd.Index(labels, name="customer"),
        time=time[keep],
        amount=None if amounts is None else amounts[keep],
        dated=dated,
        end=until,
        record=record,
    )


def _unknown_options(duplicates: Any, nonpositive: Any, after_end: Any) -> list[str]:
    options = (
        ("duplicates", duplicates, (None, "refuse", "merge", "keep")),
        ("nonpositive", nonpositive, ("refuse", "drop", "keep")),
        ("after_end", after_end, ("refuse", "drop")),
    )
    return [f"{n}: must be one of {', '.join(map(repr, ok))}, got {v!r}" for n, v, ok in options if v not in ok]


def _say_columns(columns: Columns, named: tuple[str | None, ...]) -> list[str]:
    """Say which columns were taken, unless the user named them all."""
    if named == (columns.customer, columns.date, columns.amount):
        return []
    what = "no amounts" if columns.amount is None else f"amount: {columns.amount}"
    return [f"columns taken for customer: {columns.customer}; date: {columns.date}; {what}"]


def _say_late(name: str, late: NDArray[np.bool_], until: str) -> str:
    return (
        f"{name}: {_rows(late)} after the end of observation ({until}); move the end, or drop them on purpose "
        "(after_end='drop')"
    )


def _say_repeats(repeats: NDArray[np.bool_]) -> str:
    return (
        f"log: {_rows(repeats)} repeating an earlier row in every column; if they are one transaction entered twice, "
        "merge them (duplicates='merge'), if they are real, keep them (duplicates='keep')"
    )


def _say_nonpositive(name: str | None, amounts: Floats) -> str:
    return (
        f"{name}: {_rows(amounts <= 0)} of 0 or less ({int((amounts < 0).sum())} negative, "
        f"{int((amounts == 0).sum())} zero); net refunds against their purchase, or leave them out on purpose "
        "(nonpositive='drop'), or keep them (nonpositive='keep')"
    )


def _table(log: Any) -> tuple[pd.DataFrame, bool]:
    """Return the log's table, and whether it came out of an object such as a simulated run."""
    is_run = not isinstance(log, pd.DataFrame)
    table = getattr(log, "transactions", None) if is_run else log
    if is_run and table is None and hasattr(log, "transactions"):
        raise InputError(f"log: this {type(log).__name__} kept no transactions; make it again with transactions kept")
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"log: must be a table (pandas DataFrame) or have one as its 'transactions', got {type(log).__name__}"
        )
    if len(table) == 0:
        raise InputError("log: has no rows; there is nothing to learn from an empty log")
    return table, is_run


def _rows(mask: NDArray[np.bool_]) -> str:
    count = int(mask.sum())
    first = int(np.flatnonzero(mask)[0]) + 1
    return f"{count:,} of {len(mask):,} rows (first: row {first})"


def _show(time: float, dated: bool) -> str:
    if not dated:
        return f"{time:g}"
    stamp = np.datetime64(0, "D") + np.timedelta64(int(np.floor(time - 1e-9)), "D")
    return str(stamp)


def _without_blanks(table: pd.DataFrame, name: str, notes: list[str]) -> pd.DataFrame:
    """Take "ann " for "ann", and a customer of blanks only for none."""
    codes, names = pd.factorize(table[name])
    stripped = [(who.strip() or None) if isinstance(who, str) else who for who in names]
    differs = np.array([*(new != old for new, old in zip(stripped, names, strict=True)), False])
    if not differs.any():
        return table
    known = differs[codes] & np.array([*(new is not None for new in stripped), False])[codes]
    if known.any():
        count = int(known.sum())
        notes.append(f"{name}: blanks before or after the name left out in {count:,} row{'s' if count != 1 else ''}")
    return table.assign(**{name: np.array([*stripped, None], dtype=object)[codes]})


def _missing_customers(column: pd.Series[Any], problems: list[str]) -> None:
    missing = column.isna().to_numpy()
    if missing.any():
        problems.append(f"{column.name}: {_rows(missing)} without a customer; find out who bought, or leave them out")


def _amounts(column: pd.Series[Any], problems: list[str]) -> Floats:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(values)
    if wrong.any():
        example = column.iloc[int(np.flatnonzero(wrong)[0])]
        problems.append(
            f"{column.name}: {_rows(wrong)} not a number (first: {_named(example)}); {_mend_amount(example)}"
        )
        values = np.where(wrong, 1.0, values)
    return values


def _named(value: Any) -> str:
    """Write a value of a table as people would."""
    if pd.isna(value):
        return "nothing"
    return repr(value.item() if hasattr(value, "item") else value)


def _mend_amount(example: Any) -> str:
    """Suggest what to do about something that should be a number."""
    text = str(example).strip()
    if re.fullmatch(r"-?\d+,\d+", text):
        return "if the comma is a decimal mark, read the file with decimal=','"
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        return "if the comma marks thousands, read the file with thousands=','"
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})*,\d+", text):
        return "read the file with decimal=',' and thousands='.'"
    if re.search(r"\d", text):
        return "leave the amounts as plain numbers, without currency signs or letters"
    return "mend them, or leave the rows out"


def _times(column: pd.Series[Any], date_format: str | None, problems: list[str]) -> tuple[Floats, bool, list[str]]:
    """Read the date column: dates as days since 1970, numbers as they are."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return _days(column, column, problems), True, []
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and date_format is None:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        whole = np.isfinite(values) & (values == np.floor(values))
        if whole.all() and values.min() >= 19000101 and values.max() <= 22001231:
            stamps = pd.to_datetime(column.astype("int64").astype(str), format="%Y%m%d", errors="coerce")
            return _days(stamps, column, problems), True, [f"{column.name}: read as dates written yyyymmdd"]
        wrong = ~np.isfinite(values)
        if wrong.any():
            problems.append(f"{column.name}: {_rows(wrong)} without a time; mend them")
            values = np.where(wrong, 0.0, values)
        return values, False, []
    notes: list[str] = []
    # a text that many rows share is read once
    rows, different = pd.factorize(column.astype("string"), use_na_sentinel=False)
    text = pd.Series(different, name=column.name).str.strip()
    if date_format is not None:
        stamps = pd.to_datetime(text, format=date_format, errors="coerce")
    else:
        stamps = _guess_dates(text, np.bincount(rows), problems, notes)
    return _days(stamps.take(rows), column, problems), True, notes


#: Dates in figures: day and month in one order or the other, a year of four or two figures, perhaps a time of day.
_FIGURES = re.compile(r"\d{1,2}([/.-])\d{1,2}\1(\d{4}|\d{2})(?: (\d{1,2}:\d{2}(:\d{2})?)( ?[AaPp][Mm])?)?")
#: A time of day and the zone behind it.
_ZONE = re.compile(r"(\d[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?) ?(?:Z|[+-]\d{2}(?::?\d{2})?)$")
#: Dates whose month is a word cannot be taken for others.
_WORDS = tuple(f"%d{mark}{month}{mark}{year}" for month in ("%b", "%B") for mark in " -." for year in ("%Y", "%y"))
_WORDS += ("%b %d, %Y", "%B %d, %Y", "%d. %B %Y", "%d. %b %Y")


def _guess_dates(
    text: pd.Series[Any], rows: NDArray[np.int64], problems: list[str], notes: list[str]
) -> pd.Series[Any]:
    """Read dates: ISO first; figures in either order only where just one order fits every row; then words.

    Each text stands for a number of rows.
    """

    def count(column: pd.Series[Any]) -> int:
        return int(rows[column.notna().to_numpy()].sum())

    most = 0.5 * max(count(text), 1)
    # a day begins when the clock on the wall says so, and not in Greenwich
    local = text.str.replace(_ZONE, r"\1", regex=True)
    iso = pd.to_datetime(local, format="ISO8601", errors="coerce", utc=True)
    if count(iso) >= most:
        if not local.equals(text):
            notes.append(
                f"{text.name}: days and times are those of the clock where they were written; zones are left out"
            )
        return iso
    shape = next((found for value in text.dropna() if (found := _FIGURES.fullmatch(value))), None)
    if shape is not None:
        orders = _orders(shape)
        day_first, month_first = (pd.to_datetime(text, format=f, errors="coerce", utc=True) for f in orders)
        fits = count(day_first), count(month_first)
        if max(fits) >= most:
            if fits[0] == fits[1] and not day_first.equals(month_first):
                problems.append(
                    f"{text.name}: dates such as {shape[0]!r} can be read as day{shape[1]}month or month{shape[1]}day; "
                    f"say which (date_format='{orders[0]}' or date_format='{orders[1]}')"
                )
            order = "day first" if fits[0] >= fits[1] else "month first"
            notes.append(f"{text.name}: dates read {order}, because the other order does not fit")
            return day_first if fits[0] >= fits[1] else month_first
    sample = text.dropna().head(100)
    for f in _WORDS:
        if pd.to_datetime(sample, format=f, errors="coerce").notna().any():
            worded = pd.to_datetime(text, format=f, errors="coerce", utc=True)
            if count(worded) >= most:
                return worded
    return iso


def _orders(shape: re.Match[str]) -> tuple[str, str]:
    """Formats of a date in figures: day first, month first."""
    mark, year, time, seconds, half = shape.groups()
    clock = ""
    if time:
        clock = (" %I" if half else " %H") + ":%M" + (":%S" if seconds else "")
        clock += half.replace(half.strip(), "%p") if half else ""
    ending = f"{mark}{'%Y' if len(year) == 4 else '%y'}{clock}"
    return f"%d{mark}%m{ending}", f"%m{mark}%d{ending}"


def _days(stamps: pd.Series[Any], original: pd.Series[Any], problems: list[str]) -> Floats:
    wrong = stamps.isna().to_numpy()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        problems.append(
            f"{original.name}: {int(wrong.sum()):,} of {len(wrong):,} rows cannot be read as a date (first: "
            f"{_named(original.iloc[at])}, row {at + 1}); mend them, or state the format (date_format='%d.%m.%Y')"
        )
    plain = stamps.dt.tz_localize(None) if getattr(stamps.dt, "tz", None) is not None else stamps
    # microseconds, not nanoseconds, in which years after 2262 would wrap round without a word
    days = plain.to_numpy(dtype="datetime64[us]").astype("int64") / 86_400e6
    return np.where(wrong, 0.0, days)


def _end(end: Any, time: Floats, dated: bool, notes: list[str], problems: list[str]) -> float:
    """Return the end of observation on the scale of ``time``; a day counts to its end."""
    if end is None:
        last = float(time.max())
        future = time >= _today() + 2  # somewhere it is tomorrow already
        if dated and future.any():
            problems.append(
                f"date: {_rows(future)} in the future (latest: {_show(last + 1e-6, True)}); mend them, or set the end "
                "of observation"
            )
        notes.append(f"observed until the last transaction, {_show(np.floor(last) + 1, True) if dated else last:}")
        return float(np.floor(last) + 1 - _MOMENT) if dated else last
    until = moment(end, dated, "end")
    if dated and until >= _today() + 2:
        problems.append(f"end: {_show(until, True)} is in the future, which nobody has observed; set an earlier end")
    return until


def _today() -> float:
    return float(np.datetime64("today", "D").astype("int64"))


def moment(value: Any, dated: bool, name: str, *, beginning: bool = False) -> float:
    """Put a date or a number on a clean log's time scale; a date stands for the end of its day, or its beginning.

    Raises
    ------
    InputError
        If a dated log is given something that is no date, or a log of numbers something that is no number.

    Examples
    --------
    >>> moment("1970-01-02", True, "end", beginning=True), moment(3, False, "end")
    (1.0, 3.0)
    """
    if not dated:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = np.nan
        if np.isnan(number):
            raise InputError(f"{name}: the log's times are numbers, so it must be a number, got {value!r}")
        return number
    stamp: pd.Timestamp | None
    try:
        stamp = pd.Timestamp(str(value) if isinstance(value, int | float) else value)
    except (ValueError, TypeError):
        stamp = None
    if stamp is None or pd.isna(stamp):
        raise InputError(f"{name}: cannot be read as a date, got {value!r}; write it as 2024-12-31")
    day = float(stamp.tz_localize(None).normalize().to_datetime64().astype("datetime64[D]").astype("int64"))
    return day if beginning else day + 1 - _MOMENT
