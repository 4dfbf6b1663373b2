"""The numbers that matter above a board's picture: what they are, how they are written, which way is good."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from custsim.errors import InputError
from custsim.experiment import measures
from custsim.scenario.paths import nearest
from custsim.simulation.results import Run

__all__ = ["HEADLINES", "Headline", "headline", "headlines", "told"]

_MINUS = "\N{MINUS SIGN}"

Better = Literal["more", "less", "neither"]


@dataclass(frozen=True)
class Headline:
    """A number of a run with its name, its unit and which way is good.

    Attributes
    ----------
    name, label, unit
        Its name; what it is called; its unit: "currency", "%", "working days" ... ("currency" is the scenario's).
    of
        Function of a run.
    better
        Whether "more" or "less" of it is good for the firm, or "neither".
    decimals
        Digits after the point; -1: as many as the size calls for.
    meaning
        What it is, one sentence, for a tooltip.
    """

    name: str
    label: str
    unit: str
    of: Callable[[Run], float]
    better: Better = "more"
    decimals: int = -1
    meaning: str = ""

    def describe(self, currency: str) -> dict[str, Any]:
        """Tell a screen what it is."""
        return {
            "name": self.name,
            "label": self.label,
            "unit": _unit(self.unit, currency),
            "better": self.better,
            "meaning": self.meaning,
        }

    def write(self, value: float, currency: str, *, signed: bool = False) -> str:
        """Write a value with its unit; a difference with its sign, of per cent in points.

        Examples
        --------
        >>> HEADLINES["retention"].write(84.31, "EUR"), HEADLINES["retention"].write(-1.2, "EUR", signed=True)
        ('84.3 %', '−1.2 points')
        >>> HEADLINES["profit"].write(12345.6, "EUR")
        '12,346 EUR a month'
        """
        if math.isnan(value):
            return "not known"
        unit = _unit(self.unit, currency)
        if signed and unit.startswith("%"):
            unit = f"points{unit[1:]}"
        return with_unit(written(value, self.decimals, signed=signed), unit)


def written(value: float, decimals: int = -1, *, signed: bool = False) -> str:
    """Write a number with thousands separators and a true minus sign.

    Examples
    --------
    >>> written(1234.5, 0, signed=True), written(-0.04, 1), written(12.34)
    ('+1,234', '0.0', '12.3')
    """
    digits = decimals
    if decimals < 0:
        size = abs(value)
        digits = 0 if size >= 100 else 1 if size >= 10 else 2
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    return text.replace("-", _MINUS)


def with_unit(number: str, unit: str) -> str:
    """Put a number, as it is written, and its unit together: of one, the unit has no s.

    Examples
    --------
    >>> with_unit("2", "persons"), with_unit("+1", "persons"), with_unit("1", "working days"), with_unit("12", "")
    ('2 persons', '+1 person', '1 working day', '12')
    """
    if number.lstrip(f"+{_MINUS}") == "1":
        unit = re.sub(r"^((?:working )?[a-z]+)s\b", r"\1", unit)
    return f"{number} {unit}".strip()


def _unit(unit: str, currency: str) -> str:
    return unit.replace("currency", currency)


# --- the numbers ------------------------------------------------------------------------------------------------


def _mean(column: str, times: float = 1.0) -> Callable[[Run], float]:
    measured = measures.resolve(column)
    return lambda run: times * float(measured(run))


def _ratio(part: str, whole: str, times: float = 100.0) -> Callable[[Run], float]:
    """Ratio of two sums of the months."""

    def of(run: Run) -> float:
        below = float(run.monthly[whole].sum())
        return times * float(run.monthly[part].sum()) / below if below > 0 else float("nan")

    return of


def _satisfied(run: Run) -> float:
    weights = run.monthly["customers"]
    total = float(weights.sum())
    return 100.0 * float((run.monthly["satisfied_share"] * weights).sum()) / total if total > 0 else float("nan")


def _silent(run: Run) -> float:
    failures = float(run.monthly["minor_failures"].sum() + run.monthly["major_failures"].sum())
    return 100.0 * float(run.monthly["silent_failures"].sum()) / failures if failures > 0 else float("nan")


def _resolved(run: Run) -> float:
    closed = float(run.monthly["answered"].sum() + run.monthly["gave_up"].sum())
    return 100.0 * float(run.monthly["satisfied_complaints"].sum()) / closed if closed > 0 else float("nan")


def _response(run: Run) -> float:
    """Mean time to an answer or to giving up, each complaint counted once."""
    closed = run.monthly["answered"] + run.monthly["gave_up"]
    total = float(closed.sum())
    return float((run.monthly["response_days"] * closed).sum()) / total if total > 0 else float("nan")


def _yearly(count: str, stock: str) -> Callable[[Run], float]:
    """Share of a stock that goes within a year, from the sums of all months."""
    return lambda run: 12.0 * _ratio(count, stock)(run)


_ROWS: tuple[tuple[str, str, str, Callable[[Run], float], Better, int, str], ...] = (
    ("profit", "Profit", "currency a month", _mean("profit"), "more", 0, "Mean of the months."),
    ("profit_last_year", "Profit of the last year", "currency", _mean("profit.last_year"), "more", 0,
     "Sum of the last twelve months."),
    ("net_present_value", "Net present value", "currency", _mean("net_present_value"), "more", 0,
     "Profit of all months, discounted to month 0."),
    ("customer_equity", "Customer equity", "currency", _mean("customer_equity"), "more", 0,
     "Contribution still to be expected of those who are customers at the end, discounted to the end."),
    ("lifetime_value", "Lifetime value of those won", "currency", _mean("lifetime_value"), "more", 0,
     "Mean discounted contribution of those won in the run: what was observed and what is still to be expected."),
    ("retention", "Retention, 12 months", "%", _mean("retention", 100.0), "more", 1,
     "Share of the customers of a year before the end who stayed without a break."),
    ("churn", "Customers leaving", "% a year", _yearly("left", "customers"), "less", 1,
     "Customers lost in a year, as a share of the mean number of customers."),
    ("customers_end", "Customers at the end", "persons", _mean("customers_end.last"), "more", 0,
     "Customers when the last month is over."),
    ("won", "Customers won", "persons", _mean("joined.total"), "more", 0, "All who joined in the run."),
    ("lost", "Customers lost", "persons", _mean("left.total"), "less", 0, "All who left in the run."),
    ("satisfaction", "Customer satisfaction", "of 100", _mean("satisfaction"), "more", 1,
     "Mean index of the months."),
    ("satisfied_share", "Satisfied customers", "%", _satisfied, "more", 1,
     "Share of the customers who would say that they are satisfied, mean of the months."),
    ("employee_satisfaction", "Employee satisfaction", "of 100", _mean("employee_satisfaction"), "more", 1,
     "Mean index of the months."),
    ("turnover", "Staff turnover", "% a year", _yearly("quits", "employees"), "less", 1,
     "Employees who quit in a year, as a share of the staff."),
    ("internal_service", "Internal service quality", "of 100", _mean("internal_service"), "more", 1,
     "Mean index of the months."),
    ("service_quality", "Service quality", "of 100", _mean("service_quality"), "more", 1, "Mean index of the months."),
    ("internal_wait", "Time to an internal answer", "working days", _mean("internal_wait_days"), "less", 1,
     "Mean of the months."),
    ("work_pressure", "Work pressure", "% of capacity", _mean("work_pressure", 100.0), "neither", 0,
     "Work against capacity, mean of the months."),
    ("response_days", "Wait at the complaint desk", "working days", _response, "less", 1,
     "Mean time until a complaint was answered or given up."),
    ("complaints", "Complaints", "a month", _mean("complaints"), "neither", 0,
     "Complaints raised, mean of the months. More of them may be good news: silence teaches nothing."),
    ("silent_share", "Failures kept silent", "%", _silent, "less", 1, "Share of all failures."),
    ("resolved_share", "Complaints that ended well", "%", _resolved, "more", 1,
     "Share of the complaints that were answered or given up."),
    ("referral_share", "Won by word of mouth", "%", _ratio("referred", "joined"), "more", 1,
     "Share of those who joined whom somebody had recommended the firm to."),
    ("recommendations", "Recommendations heard", "a month", _mean("recommendations"), "more", 0,
     "Mean of the months."),
    ("warnings", "Warnings heard", "a month", _mean("warnings"), "less", 0, "Mean of the months."),
)  # fmt: skip

#: numbers by name; any measure of :mod:`custsim.experiment.measures` can be asked for besides
HEADLINES: dict[str, Headline] = {row[0]: Headline(*row) for row in _ROWS}


@functools.cache
def headline(name: str) -> Headline:
    """Find a number by its name: one of :data:`HEADLINES`, or any measure of a run.

    Raises
    ------
    InputError
        If there is none, with the nearest there is.

    Examples
    --------
    >>> headline("vacancies").label, headline("vacancies").better
    ('Vacant positions', 'less')
    """
    if name in HEADLINES:
        return HEADLINES[name]
    try:
        found = measures.resolve(name)
    except InputError as error:
        close = nearest(name, HEADLINES)
        raise InputError(f"numbers: no {name!r}; did you mean {close}?" if close else error.problems) from None
    if found.series:
        raise InputError(f"numbers: {name!r} is one number a month, which is drawn; ask for {name.partition(':')[2]}")
    if found.unit == "share":
        return Headline(name, found.label, "%", lambda run: 100.0 * float(found(run)), found.better, 1)
    unit = found.unit.replace("/", " a ").replace("index 0-100", "of 100")
    return Headline(name, found.label, "" if unit == "1" else unit, lambda run: float(found(run)), found.better)


def headlines(asked: Iterable[str | Headline]) -> tuple[Headline, ...]:
    """Find several numbers, each once.

    Raises
    ------
    InputError
        With one line for each that does not exist.
    """
    found: dict[str, Headline] = {}
    problems: list[str] = []
    for item in asked:
        try:
            one = item if isinstance(item, Headline) else headline(item)
            found.setdefault(one.name, one)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def told(one: Headline, value: float, reference: float, currency: str) -> dict[str, Any]:
    """Tell a number and how it differs from the reference: text, change with its sign, direction, and if that is good.

    Examples
    --------
    >>> told(HEADLINES["response_days"], 3.0, 5.5, "EUR")["change"], told(
    ...     HEADLINES["response_days"], 3.0, 5.5, "EUR"
    ... )["good"]
    ('−2.5 working days', True)
    """
    answer: dict[str, Any] = {"name": one.name, "label": one.label, "text": one.write(value, currency)}
    apart = value - reference
    # the unit may have digits of its own ("of 100"), so it is the bare number that tells whether anything changed
    if math.isnan(apart) or not any(digit in written(apart, one.decimals) for digit in "123456789"):
        return answer | {"change": "", "direction": "same", "good": None}
    change = one.write(apart, currency, signed=True)
    good = None if one.better == "neither" else (apart > 0) == (one.better == "more")
    return answer | {"change": change, "direction": "up" if apart > 0 else "down", "good": good}
