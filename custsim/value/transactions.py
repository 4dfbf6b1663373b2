"""From a transaction log to frequency, recency, T and monetary value.

The four numbers buy-till-you-die models live on, for each customer:

``frequency``
    Repeat purchase occasions: the first purchase makes somebody a customer and is not counted.
``recency``
    Time from the first to the last purchase (0 for one-time buyers). *Not* the time since the last purchase.
``T``
    Time from the first purchase to the end of observation.
``monetary_value``
    Mean amount of the repeat occasions; not a number where there are none.

Times are in periods (``unit``), measured to the day and not rounded: 272 days are 38.857 weeks. Every rule that changes
these numbers (first purchase, same day, end, duplicates) is an argument, and its effect is counted in the ``record``.

References
----------
Fader, P. S. & Hardie, B. G. S. (2005), Marketing Science 24(2), for the summary's definition.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.value.logs import UNITS, CleanLog, LogRecord, clean_log, moment, unit_days

__all__ = ["CalibrationHoldout", "CustomerSummary", "calibration_holdout", "periods_per_year", "summarise"]

Floats = NDArray[np.float64]
Timing = Literal["continuous", "discrete"]


def periods_per_year(unit: str) -> float:
    """How many periods make a year of 365.25 days.

    Parameters
    ----------
    unit
        ``"hour"``, ``"day"``, ``"week"``, ``"fortnight"``, ``"month"``, ``"quarter"``, ``"half-year"`` or ``"year"``.

    Returns
    -------
    float
        Their number, such as 52.18 weeks or 12 months.

    Raises
    ------
    InputError
        If the unit has no known length, such as the ``"period"`` of a ready-made table.

    Examples
    --------
    >>> periods_per_year("month")
    12.0
    """
    return 365.25 / unit_days(unit)


#: units that are cut by the calendar, and their months
_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def _length(unit: str) -> float:
    """Length of a unit in days; a period of unknown length is its own measure."""
    return 1.0 if unit == "period" else unit_days(unit)


@dataclass(frozen=True)
class CustomerSummary:
    """Frequency, recency, T and monetary value of customers, with the rules they were made by.

    Made by :func:`summarise` from a log, or by :meth:`of` from a table that has the numbers already.

    Attributes
    ----------
    table
        Index ``customer``; columns ``frequency``, ``recency``, ``T`` and, if amounts are known, ``monetary_value``.
    unit
        Period of ``recency`` and ``T``: a unit of :func:`periods_per_year`; ``"period"`` if its length is not known.
    timing
        ``"continuous"``: times are measured; ``"discrete"``: periods are counted (``T`` opportunities, at most one
        purchase each); ``None`` for a ready-made table.
    first_purchase
        Whether ``frequency`` and ``monetary_value`` leave the first purchase out (``"exclude"``) or not.
    record
        What happened to the log's rows; ``None`` for a ready-made table.
    occasions
        Purchase occasions, the first included: ``customer`` (row of ``table``) and ``time`` in periods since the
        earliest first purchase; ``None`` for a ready-made table.
    """

    table: pd.DataFrame = field(repr=False)
    unit: str
    timing: Timing | None = None
    first_purchase: Literal["exclude", "include"] = "exclude"
    record: LogRecord | None = field(default=None, repr=False)
    occasions: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def frequency(self) -> Floats:
        """Repeat purchase occasions, one number for each customer."""
        return self.table["frequency"].to_numpy(dtype=np.float64)

    @property
    def recency(self) -> Floats:
        """Periods from the first to the last purchase, one number for each customer."""
        return self.table["recency"].to_numpy(dtype=np.float64)

    @property
    def T(self) -> Floats:
        """Periods from the first purchase to the end of observation, one number for each customer."""
        return self.table["T"].to_numpy(dtype=np.float64)

    @property
    def monetary_value(self) -> Floats:
        """Mean amount of an occasion in currency units, one number for each customer.

        Raises
        ------
        InputError
            If the summary was made without amounts.
        """
        if "monetary_value" not in self.table:
            raise InputError("monetary_value: the summary has none; name the log's amount column in summarise(...)")
        return self.table["monetary_value"].to_numpy(dtype=np.float64)

    @classmethod
    def of(cls, table: pd.DataFrame, *, unit: str = "period", timing: Timing | None = None) -> Self:
        """Check a table that already has ``frequency``, ``recency``, ``T`` and perhaps ``monetary_value``.

        Parameters
        ----------
        table
            One row for each customer; its index names them.
        unit
            Period of ``recency`` and ``T``; without it no annual discount rate can be applied later.
        timing
            ``"discrete"`` if the numbers count opportunities.

        Returns
        -------
        CustomerSummary
            The same numbers, checked.

        Raises
        ------
        InputError
            With a count of the rows that break each rule: whole ``frequency`` of at least 0, ``0 <= recency <= T``, no
            recency without a repeat purchase.

        Examples
        --------
        >>> table = pd.DataFrame({"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86]})
        >>> len(CustomerSummary.of(table, unit="week"))
        2
        """
        if unit != "period":
            unit_days(unit)
        missing = [name for name in ("frequency", "recency", "T") if name not in table]
        if missing:
            raise InputError(
                f"summary table: lacks {', '.join(missing)}; it has: {', '.join(map(str, table.columns))}; rename the "
                "columns, or make the table from a log with summarise(...)"
            )
        x, t_x, T = (
            pd.to_numeric(table[n], errors="coerce").to_numpy(np.float64) for n in ("frequency", "recency", "T")
        )
        whole = np.isfinite(x) & np.isfinite(t_x) & np.isfinite(T)
        checks = (
            (~whole, "with a value that is not a number"),
            (whole & ((x < 0) | (x != np.floor(x))), "whose frequency is not a whole number of at least 0"),
            (whole & ((t_x < 0) | (t_x > T)), "whose recency is not between 0 and T"),
            (whole & (x == 0) & (t_x > 0), "with a recency above 0 but no repeat purchase"),
        )
        problems = [
            f"summary table: {int(bad.sum()):,} of {len(table):,} customers {what} (first: row "
            f"{int(np.flatnonzero(bad)[0]) + 1})"
            for bad, what in checks
            if bad.any()
        ]
        if problems:
            raise InputError(problems)
        kept = [name for name in ("frequency", "recency", "T", "monetary_value") if name in table]
        return cls(table=table[kept].copy(), unit=unit, timing=timing)


@dataclass(frozen=True)
class CalibrationHoldout:
    """A log cut in two: a summary to fit, and what the same customers did afterwards.

    Attributes
    ----------
    calibration
        Summary of the customers won in the calibration period, observed to its end.
    holdout
        Index as ``calibration.table``; columns ``purchases`` (occasions in the hold-out) and, if amounts are known,
        ``amount`` (their sum).
    periods
        Length of the hold-out.
    occasions
        All occasions of these customers, in both parts, as in :attr:`CustomerSummary.occasions`.
    end_of_calibration
        On the time scale of ``occasions``.
    """

    calibration: CustomerSummary
    holdout: pd.DataFrame = field(repr=False)
    periods: float
    occasions: pd.DataFrame = field(repr=False)
    end_of_calibration: float


@dataclass(frozen=True)
class _Occasions:
    """Purchase occasions sorted by customer and time; ``scale`` places other moments among them.

    Times are whole days where the rule is "by day" and periods otherwise; ``length`` of them make a period. Dividing
    differences only, and last, makes equal numbers of days equal numbers of weeks, to the last bit.
    """

    customer: NDArray[np.int64]
    time: Floats
    amount: Floats | None
    labels: pd.Index[Any]
    end: float
    record: LogRecord
    unit: str
    timing: Timing
    scale: _Scale


@dataclass(frozen=True)
class _Scale:
    """From a clean log's time (days since 1970, or its own numbers) to periods, by the rule of the occasions."""

    dated: bool
    days: float
    unit: str
    rule: Literal["measured", "by day", "calendar"]

    def __call__(self, time: Floats) -> Floats:
        """Place moments on the scale of the occasions."""
        unit = _length(self.unit)
        if self.rule == "measured":
            # the same unit on both sides must not move a number by a rounding
            return time if self.days == unit else np.asarray(time * (self.days / unit))
        if self.rule == "by day":
            return np.asarray(np.floor(time * self.days))
        if not self.dated:
            return np.asarray(np.floor(time if self.days == unit else time * (self.days / unit)))
        if self.unit == "hour":
            return np.asarray(np.floor(time * 24))
        day = np.floor(time).astype("int64")
        if self.unit in _MONTHS:
            months = day.astype("datetime64[D]").astype("datetime64[M]").astype("int64")
            return np.asarray(months // _MONTHS[self.unit], dtype=np.float64)
        # 1970 began on a Thursday; weeks begin on Mondays
        return np.asarray(day if self.unit == "day" else (day + 3) // int(unit), dtype=np.float64)

    @property
    def length(self) -> float:
        """How much of the placed time makes a period."""
        return _length(self.unit) if self.rule == "by day" else 1.0

    def at(self, value: Any, name: str, *, beginning: bool = False) -> float:
        """Place a date or number given by the user."""
        return float(self(np.array([moment(value, self.dated, name, beginning=beginning)]))[0])


def summarise(
    log: Any,
    *,
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    unit: str | None = None,
    time_unit: str | None = None,
    end: Any = None,
    cohort: tuple[Any, Any] | None = None,
    timing: Timing = "continuous",
    first_purchase: Literal["exclude", "include"] = "exclude",
    same_day: Literal["merge", "separate"] | None = None,
    duplicates: Literal["refuse", "merge", "keep"] | None = None,
    nonpositive: Literal["refuse", "drop", "keep"] = "refuse",
    after_end: Literal["refuse", "drop"] = "refuse",
    date_format: str | None = None,
) -> CustomerSummary:
    """Turn a transaction log into frequency, recency, T and monetary value for each customer.

    Parameters
    ----------
    log
        One row for each transaction; or an object with such a table as its ``transactions``, such as a simulated run.
    customer, date, amount
        Column names; recognised where the names are usual ones.
    unit
        Period of the result: ``"hour"``, ``"day"``, ``"week"``, ``"fortnight"``, ``"month"``, ``"quarter"``,
        ``"half-year"``, ``"year"``. Weeks by default for dates; for numeric times the ``time_unit``. Numeric times may
        also count ``"period"``, of a length that nobody knows (campaigns, conferences); to periods of unknown length no
        annual discount rate can be applied.
    time_unit
        What numeric times count (they are not dates). Must be given, here or as ``unit``, for a table of numbers; a
        simulated run counts months.
    end
        End of observation (a date, observed to its end; or a number). Nothing is known of the customers after it, and
        everything before it: a wrong end makes customers look asleep who are not. By default the last transaction.
    cohort
        ``(first, last)``: only customers whose first purchase lies between these, both included. A log that starts in
        the middle of the firm's life takes old customers for new ones; a cohort won within the log avoids that.
    timing
        ``"continuous"``: times are measured, for BG/NBD, MBG/NBD and Pareto/NBD. ``"discrete"``: calendar periods of
        length ``unit`` are counted, each with or without a purchase, for BG/BB.
    first_purchase
        ``"exclude"`` (what the models need) or ``"include"`` the first occasion in frequency and monetary value.
    same_day
        ``"merge"`` a customer's transactions of one day into one occasion (amounts added), or keep them ``"separate"``.
        Merged by default for dates (unless the unit is the hour), separate for numeric times.
    duplicates, nonpositive, after_end, date_format
        What to do about doubtful rows; see :func:`custsim.value.logs.clean_log`.

    Returns
    -------
    CustomerSummary
        One row for each customer, and the record of what was merged, dropped and assumed.

    Raises
    ------
    InputError
        With one line, and a count of rows, for each problem of the log.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the
    Pareto/NBD model, Marketing Science 24(2), for what is counted.

    Examples
    --------
    >>> log = pd.DataFrame({"customer": ["a", "a", "a", "b"], "amount": [10.0, 20.0, 30.0, 5.0],
    ...                     "date": ["2024-01-01", "2024-01-08", "2024-01-22", "2024-01-15"]})
    >>> summarise(log, unit="week", end="2024-01-29").table
              frequency  recency    T  monetary_value
    customer
    a                 2      3.0  4.0            25.0
    b                 0      0.0  2.0             NaN
    """
    _check_choices(timing=timing, first_purchase=first_purchase, same_day=same_day)
    found = _occasions(
        log, customer=customer, date=date, amount=amount, unit=unit, time_unit=time_unit, end=end, timing=timing,
        same_day=same_day, duplicates=duplicates, nonpositive=nonpositive, after_end=after_end, date_format=date_format,
    )  # fmt: skip
    return _summary(_choose_cohort(found, cohort), first_purchase)


def calibration_holdout(log: Any, *, calibration_end: Any, end: Any = None, **rules: Any) -> CalibrationHoldout:
    """Cut a log in two at a date, to fit on the first part and to check on the second.

    Customers whose first purchase falls in the second part belong to neither, and are counted in the record.

    Parameters
    ----------
    log
        As for :func:`summarise`.
    calibration_end
        Last day (or time) of the calibration period.
    end
        End of the hold-out; by default the last transaction.
    **rules
        Every other argument of :func:`summarise`.

    Returns
    -------
    CalibrationHoldout
        The summary to fit, and each customer's purchases in the hold-out.

    Raises
    ------
    InputError
        If nobody bought before ``calibration_end``, or it is not before ``end``; or as for :func:`summarise`.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the
    Pareto/NBD model, Marketing Science 24(2): 39 weeks to fit, 39 to check.

    Examples
    --------
    >>> log = pd.DataFrame({"customer": [1, 1, 2, 2], "time": [0.0, 4.0, 1.0, 9.0]})
    >>> split = calibration_holdout(log, calibration_end=5, end=10, unit="week")
    >>> split.calibration.table["frequency"].tolist(), split.holdout["purchases"].tolist()
    ([1, 0], [0, 1])
    """
    first_purchase = rules.pop("first_purchase", "exclude")
    cohort = rules.pop("cohort", None)
    rules = {"timing": "continuous", "same_day": None} | rules
    _check_choices(timing=rules["timing"], first_purchase=first_purchase, same_day=rules["same_day"])
    whole = _choose_cohort(_occasions(log, end=end, **rules), cohort)
    cut = whole.scale.at(calibration_end, "calibration_end")
    if not cut < whole.end:
        raise InputError(f"calibration_end: must be before the end of the hold-out, got {calibration_end!r}")
    birth = whole.time[_firsts(whole.customer)]
    kept = birth <= cut
    if not kept.any():
        raise InputError(f"calibration_end: nobody bought before {calibration_end!r}")
    record = replace(
        whole.record,
        assumptions=(
            *whole.record.assumptions,
            f"{int((~kept).sum()):,} customers first bought after the calibration period and are left out",
        ),
    )
    mine = _only(replace(whole, record=record), kept)
    before = mine.time <= cut
    summary = _summary(
        replace(
            mine, customer=mine.customer[before], time=mine.time[before], end=cut,
            amount=None if mine.amount is None else mine.amount[before],
        ),
        first_purchase,
    )  # fmt: skip
    size = len(mine.labels)
    later = {"purchases": np.bincount(mine.customer[~before], minlength=size)}
    if mine.amount is not None:
        later["amount"] = np.bincount(mine.customer[~before], weights=mine.amount[~before], minlength=size)
    return CalibrationHoldout(
        calibration=summary,
        holdout=pd.DataFrame(later, index=mine.labels),
        periods=float(mine.end - cut) / mine.scale.length,
        occasions=_since_first(mine),
        end_of_calibration=float(cut - mine.time.min()) / mine.scale.length,
    )


def _check_choices(timing: Any, first_purchase: Any, same_day: Any) -> None:
    choices = (
        ("timing", timing, ("continuous", "discrete")),
        ("first_purchase", first_purchase, ("exclude", "include")),
        ("same_day", same_day, (None, "merge", "separate")),
    )
    problems = [f"{n}: must be one of {', '.join(map(repr, ok))}, got {v!r}" for n, v, ok in choices if v not in ok]
    if problems:
        raise InputError(problems)


def _occasions(
    log: Any,
    *,
    unit: str | None = None,
    time_unit: str | None = None,
    timing: Timing,
    same_day: str | None,
    **rules: Any,
) -> _Occasions:
    """Clean a log, choose the unit, merge what counts as one occasion, and sort."""
    for name in (unit, time_unit):
        if name is not None:
            _length(name)
    apart = same_day == "separate" or (same_day is None and unit == "hour")
    merged_by_day = True if timing == "discrete" or same_day == "merge" else False if apart else None
    clean = clean_log(log, same_day_merged=merged_by_day, **rules)
    if not clean.dated and time_unit is None:
        time_unit = unit if unit is not None or isinstance(log, pd.DataFrame) else "month"
        if time_unit is None:
            raise InputError(
                "unit: the log's times are numbers, not dates; say what they count (unit='week', or time_unit='month' "
                f"and unit='week'); units: {', '.join(UNITS)}, period"
            )
    unit = str(unit or ("week" if clean.dated else time_unit))
    if "period" in (unit, time_unit) and (clean.dated or unit != time_unit):
        raise InputError(
            "unit: 'period' is for times that are numbers and count periods; name a unit that has a length"
        )
    usual = "merge" if clean.dated and unit != "hour" else "separate"
    merge = timing == "continuous" and (same_day or usual) == "merge"
    scale = _Scale(
        dated=clean.dated,
        days=1.0 if clean.dated else _length(str(time_unit)),
        unit=unit,
        rule="calendar" if timing == "discrete" else "by day" if merge else "measured",
    )
    code, time, amount, merged = _sorted(clean, scale(clean.time), scale.rule != "measured")
    record = replace(clean.record, rows_used=len(code), same_day_merged=merged if merge else 0)
    if timing == "discrete" and merged:
        note = f"{merged:,} rows fell into a {unit} in which the customer had bought already, and count once"
        record = replace(record, assumptions=(*record.assumptions, note))
    end = float(scale(np.array([clean.end]))[0])
    return _Occasions(code, time, amount, clean.labels, end, record, unit, timing, scale)


def _sorted(clean: CleanLog, time: Floats, merge: bool) -> tuple[NDArray[np.int64], Floats, Floats | None, int]:
    """Sort by customer and time; merge equal times, adding their amounts."""
    order = np.lexsort((time, clean.customer))
    code, time = clean.customer[order], time[order]
    amount = None if clean.amount is None else clean.amount[order]
    if not merge:
        return code, time, amount, 0
    new = np.ones(len(code), dtype=bool)
    new[1:] = (code[1:] != code[:-1]) | (time[1:] != time[:-1])
    at = np.flatnonzero(new)
    if amount is not None:
        amount = np.add.reduceat(amount, at)
    return code[at], time[at], amount, len(code) - len(at)


def _since_first(found: _Occasions) -> pd.DataFrame:
    """Tabulate occasions in periods since the earliest of all."""
    return pd.DataFrame({"customer": found.customer, "time": (found.time - found.time.min()) / found.scale.length})


def _firsts(code: NDArray[np.int64]) -> NDArray[np.intp]:
    """Row of each customer's first occasion, in a table sorted by customer."""
    return np.flatnonzero(np.diff(code, prepend=-1))


def _only(found: _Occasions, kept: NDArray[np.bool_]) -> _Occasions:
    """Keep some of the customers."""
    rows = kept[found.customer]
    number = np.cumsum(kept) - 1
    return replace(
        found,
        customer=number[found.customer[rows]].astype(np.int64),
        time=found.time[rows],
        amount=None if found.amount is None else found.amount[rows],
        labels=found.labels[kept],
    )


def _choose_cohort(found: _Occasions, cohort: tuple[Any, Any] | None) -> _Occasions:
    if cohort is None:
        return found
    try:
        low, high = cohort
    except (TypeError, ValueError) as error:
        raise InputError(f"cohort: must be a pair (first, last), got {cohort!r}") from error
    birth = found.time[_firsts(found.customer)]
    kept = (birth >= found.scale.at(low, "cohort", beginning=True)) & (birth <= found.scale.at(high, "cohort"))
    if not kept.any():
        raise InputError(f"cohort: nobody first bought between {low!r} and {high!r}")
    chosen = _only(found, kept)
    dropped = len(found.customer) - len(chosen.customer)
    record = replace(
        found.record, outside_cohort_dropped=dropped, rows_used=len(chosen.customer), customers=len(chosen.labels)
    )
    return replace(chosen, record=record)


def _summary(found: _Occasions, first_purchase: Literal["exclude", "include"]) -> CustomerSummary:
    """Count and average each customer's occasions."""
    firsts = _firsts(found.customer)
    counts = np.diff(np.append(firsts, len(found.customer)))
    birth, last = found.time[firsts], found.time[firsts + counts - 1]
    skip = 1 if first_purchase == "exclude" else 0
    columns: dict[str, Any] = {
        "frequency": counts - skip,
        "recency": (last - birth) / found.scale.length,
        "T": np.maximum(found.end - birth, last - birth) / found.scale.length,
    }
    if found.amount is not None:
        total = np.add.reduceat(found.amount, firsts) - (found.amount[firsts] if skip else 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns["monetary_value"] = np.where(counts > skip, total / (counts - skip), np.nan)
    return CustomerSummary(
        table=pd.DataFrame(columns, index=found.labels),
        unit=found.unit,
        timing=found.timing,
        first_purchase=first_purchase,
        record=replace(found.record, customers=len(found.labels), rows_used=len(found.customer)),
        occasions=_since_first(found),
    )
