"""What is measured of a run: every monthly column, what a customer is worth, and functions of your own, by name.

A name is one of

- a column of ``Run.monthly``: its mean over the months (``profit``, ``satisfaction``);
- a column and a part of the run: ``profit.total``, ``profit.first_year``, ``profit.last_year``, ``customers_end.last``,
  ``customers.first``; a year of a flow (money, visits, complaints) is its sum, a year of a level its mean;
- a column over time: ``monthly:profit``, a series with one number a month;
- one of :data:`DERIVED`, such as ``lifetime_value`` or ``retention``;
- a derived one of :data:`BY_SEGMENT` in one segment: ``lifetime_value[personal]``.
"""

from __future__ import annotations

import functools
import hashlib
import re
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.scenario.paths import nearest
from custsim.simulation.accounts import COLUMNS, Column
from custsim.simulation.engine import monthly_rate
from custsim.simulation.results import Run
from custsim.simulation.weakness import retention

__all__ = ["BY_SEGMENT", "DERIVED", "PARTS", "Asked", "Measure", "known", "measure", "resolve", "resolve_all"]

Value = float | NDArray[np.float64]

#: what may be asked for: a name, a measure, or a function of a run
Asked: TypeAlias = "str | Measure | Callable[[Run], Any]"


@dataclass(frozen=True)
class Measure:
    """A measure of a run.

    Attributes
    ----------
    name
        What it is asked for by; also its column in tables and its name in a store.
    label, unit
        For pictures and tables; "currency" is the scenario's.
    of
        Function that measures a run.
    better
        Whether "more" or "less" of it is better for the firm.
    series
        Whether it is one number a month.
    """

    name: str
    label: str
    unit: str
    of: Callable[[Run], Value]
    better: Literal["more", "less"] = "more"
    series: bool = False

    def __call__(self, run: Run) -> Value:
        """Measure a run."""
        value = self.of(run)
        if self.series:
            return np.asarray(value, dtype=np.float64)
        return float(value)

    @property
    def identity(self) -> str:
        """Name under which results are kept: for a function of the user's it follows the function's code."""
        code = getattr(self.of, "__code__", None)
        return f"{self.name}#{_code_hash(self.of)}" if code is not None and self.unit == _OWN else self.name


#: unit of a function of the user's, which says nothing about itself
_OWN = ""

#: columns that are counted or paid in a month; all others are levels
_FLOWS = frozenset(
    [
        "quits",
        "hired",
        "visits",
        "unserved",
        "minor_failures",
        "major_failures",
        "complaints",
        "silent_failures",
        "answered",
        "gave_up",
        "satisfied_complaints",
        "left",
        "saved",
        "recommending",
        "warning",
        "recommendations",
        "warnings",
        "joined",
        "referred",
        "won_back",
    ]
)

#: columns of which less is better; of money they are the costs
_LESS = frozenset(
    [
        "internal_wait_days",
        "vacancies",
        "quits",
        "work_pressure",
        "unserved",
        "minor_failures",
        "major_failures",
        "complaints",
        "silent_failures",
        "gave_up",
        "response_days",
        "open_complaints",
        "left",
        "warning",
        "warnings",
        "acquisition",
        "rewards",
        "compensation",
        "offers",
        "pay",
        "turnover",
        "internal_service_cost",
        "internal_desk",
        "complaint_desk",
        "complaint_channel",
        "lock_in",
        "false_alarms",
        "approaches",
        "marketing",
        "fixed",
    ]
)

#: part of a run -> what is said of it
PARTS = {
    "mean": "mean of the months",
    "total": "sum of the months",
    "first": "in the first month",
    "last": "in the last month",
    "first_year": "in the first year",
    "last_year": "in the last year",
}

_COLUMNS = {column.name: column for column in COLUMNS}
_SEGMENT = re.compile(r"(?P<name>[^\[\]]+)\[(?P<segment>.+)\]")


def measure(run: Run, name: Asked) -> Value:
    """Measure a run.

    Parameters
    ----------
    run
        A finished run.
    name
        Name of a measure (see the head of this module), a :class:`Measure`, or a function of a run.

    Returns
    -------
    float or numpy.ndarray
        A number, not a number where the run holds nothing to go by; an array of one number a month for a series.

    Raises
    ------
    InputError
        If there is no such measure, with the nearest there is, or no such segment.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=3)
    >>> measure(run, "profit.total") == float(run.monthly["profit"].sum())
    True
    >>> measure(run, "monthly:customers").shape
    (3,)
    >>> measure(run, "profits")
    Traceback (most recent call last):
    custsim.errors.InputError: 'profits': no such measure; did you mean profit?
    """
    return resolve(name, run.scenario)(run)


def resolve(asked: Asked, scenario: Scenario | None = None) -> Measure:
    """Find a measure by its name.

    Parameters
    ----------
    asked
        Name, measure, or function of a run (its name is the function's).
    scenario
        Whose segments may be named.

    Raises
    ------
    InputError
        If there is no such measure, with the nearest there is, or no such segment.

    Examples
    --------
    >>> resolve("lifetime_value").unit
    'currency/customer'
    """
    if isinstance(asked, Measure):
        return asked
    if not isinstance(asked, str):
        if not callable(asked):
            raise InputError(f"a measure is a name or a function of a run, got {asked!r}")
        name = getattr(asked, "__name__", type(asked).__name__)
        return Measure(name, name, _OWN, asked)
    asked = asked.strip()
    if (match := _SEGMENT.fullmatch(asked)) is not None:
        return _in_segment(match["name"], match["segment"], scenario)
    found = _named().get(asked)
    if found is not None:
        return found
    column, dot, part = asked.partition(".")
    if dot and column in _COLUMNS and part == "total":
        raise InputError(f"{asked!r}: {column} is a level, which has no sum; ask for {column} or {column}.last")
    close = nearest(asked, _named(), likeness=0.5)
    raise InputError(f"{asked!r}: no such measure; {f'did you mean {close}?' if close else 'see custsim compare -h'}")


def resolve_all(
    asked: Asked | Iterable[Asked],
    scenario: Scenario | None = None,
) -> tuple[Measure, ...]:
    """Find several measures, each once; ``name[*]`` stands for one of each segment.

    Raises
    ------
    InputError
        With one line for each name that is not a measure; if two functions have one name; if none is asked for.
    """
    items: list[Any] = [asked] if isinstance(asked, str | Measure) or callable(asked) else list(asked)
    found: dict[str, Measure] = {}
    problems: list[str] = []
    for item in _spread(items, scenario):
        try:
            one = resolve(item, scenario)
        except InputError as error:
            problems += error.problems
            continue
        before = found.setdefault(one.name, one)
        if before.identity != one.identity:
            problems.append(
                f"{one.name!r}: two measures of this name; wrap one as Measure(name, label, unit, function)"
            )
    if not items:
        problems.append("measures: at least one must be asked for, such as profit")
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def known() -> tuple[Measure, ...]:
    """List all measures that have a name, but for those of a segment.

    Examples
    --------
    >>> [one.name for one in known()][:3]
    ['net_present_value', 'customer_equity', 'lifetime_value']
    """
    return tuple(_named().values())


def _spread(items: Sequence[Any], scenario: Scenario | None) -> list[Any]:
    names = [segment.name for segment in scenario.segments] if scenario is not None else []
    spread: list[Any] = []
    for item in items:
        if isinstance(item, str) and item.strip().endswith("[*]") and names:
            spread += [f"{item.strip()[:-3]}[{name}]" for name in names]
        else:
            spread.append(item)
    return spread


# --- columns ----------------------------------------------------------------------------------------------------


def _is_flow(column: Column) -> bool:
    return column.unit == "currency" or column.name in _FLOWS


def _unit(column: Column, part: str) -> str:
    if not _is_flow(column):
        return column.unit
    return {"total": column.unit, "first_year": f"{column.unit}/year", "last_year": f"{column.unit}/year"}.get(
        part, f"{column.unit}/month"
    )


def _of_column(name: str, part: str, flow: bool) -> Callable[[Run], float]:
    def of(run: Run) -> float:
        months = run.monthly[name].to_numpy(dtype=np.float64)
        if part in ("first_year", "last_year"):
            if months.size < 12:
                return float("nan")
            year = months[:12] if part == "first_year" else months[-12:]
            return float(year.sum()) if flow else _mean(year)
        if part == "total":
            return float(months.sum())
        return _mean(months) if part == "mean" else float(months[0 if part == "first" else -1])

    return of


def _series_of(name: str) -> Callable[[Run], NDArray[np.float64]]:
    return lambda run: run.monthly[name].to_numpy(dtype=np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of the months that have a number, such as an answer time in months with answers."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")


def _better(name: str) -> Literal["more", "less"]:
    return "less" if name in _LESS else "more"


# --- what is derived --------------------------------------------------------------------------------------------


def _net_present_value(run: Run) -> float:
    """Profit discounted to month 0, the first month not at all."""
    profit = run.monthly["profit"].to_numpy(dtype=np.float64)
    return float(profit @ (1.0 + monthly_rate(run.scenario)) ** -np.arange(profit.size, dtype=np.float64))


def _customer_equity(run: Run, who: pd.DataFrame) -> float:
    """Expected contribution after the run of its customers, discounted to the run's end."""
    months = run.months - who["since"].to_numpy(dtype=np.float64)
    later = who["value_residual"].to_numpy(dtype=np.float64)
    return float((later * (1.0 + monthly_rate(run.scenario)) ** months).sum())


def _won(who: pd.DataFrame, *columns: str) -> float:
    won = who[who["since"].to_numpy() > 0]  # who was compensated after leaving before the run was never won
    return float(won[list(columns)].sum(axis=1).mean()) if len(won) else float("nan")


def _lifetime_value(run: Run, who: pd.DataFrame) -> float:
    return _won(who, "value_observed", "value_residual")


def _observed(run: Run, who: pd.DataFrame) -> float:
    return _won(who, "value_observed")


def _residual(run: Run, who: pd.DataFrame) -> float:
    return _won(who, "value_residual")


def _referral_share(run: Run, who: pd.DataFrame) -> float:
    joined = run.joined[run.joined["person"].isin(who.index)]
    return float((joined["recruiter"] >= 0).mean()) if len(joined) else float("nan")


def _response_days(run: Run, who: pd.DataFrame) -> float:
    tickets = run.tickets
    answered = tickets[~tickets["gave_up"].astype(bool) & tickets["person"].isin(who.index)]
    return float(answered["wait_days"].mean()) if len(answered) else float("nan")


def _contribution(run: Run, who: pd.DataFrame) -> float:
    return float(who["contribution"].sum()) / run.months


_OfCustomers = Callable[[Run, pd.DataFrame], float]

#: measures of the customers, which may be asked for by segment: name -> label, unit, better, function
_CUSTOMERS: dict[str, tuple[str, str, Literal["more", "less"], _OfCustomers]] = {
    "customer_equity": ("Value of the customers at the end", "currency", "more", _customer_equity),
    "lifetime_value": ("Lifetime value of a customer won", "currency/customer", "more", _lifetime_value),
    "lifetime_value_observed": ("Lifetime value within the run", "currency/customer", "more", _observed),
    "lifetime_value_residual": ("Lifetime value after the run", "currency/customer", "more", _residual),
    "referral_share": ("Share won by word of mouth", "share", "more", _referral_share),
    "response_days": ("Time to the answer of an answered complaint", "working days", "less", _response_days),
    "contribution": ("Contribution of customers", "currency/month", "more", _contribution),
}

#: measures that may be asked for by segment, as ``lifetime_value[personal]``
BY_SEGMENT = tuple(_CUSTOMERS)

#: measures that are not just a column
DERIVED = ("net_present_value", *(name for name in BY_SEGMENT if name != "contribution"), "retention")


def _of_everybody(of: _OfCustomers) -> Callable[[Run], float]:
    return lambda run: of(run, run.customers)


def _of_segment(of: _OfCustomers, segment: str) -> Callable[[Run], float]:
    return lambda run: of(run, run.customers[(run.customers["segment"] == segment).to_numpy(dtype=bool)])


def _in_segment(name: str, segment: str, scenario: Scenario | None) -> Measure:
    if name not in _CUSTOMERS:
        raise InputError(f"{name}[{segment}]: not measured by segment; by segment there are {', '.join(BY_SEGMENT)}")
    names = [part.name for part in scenario.segments] if scenario is not None else [segment]
    if segment not in names:
        close = nearest(segment, names)
        hint = f"did you mean {close}?" if close else f"there are {', '.join(names)}"
        raise InputError(f"{name}[{segment}]: no such segment; {hint}")
    label, unit, better, of = _CUSTOMERS[name]
    return Measure(f"{name}[{segment}]", f"{label}, {segment}", unit, _of_segment(of, segment), better)


@functools.cache
def _named() -> dict[str, Measure]:
    found = {"net_present_value": Measure("net_present_value", "Net present value of profit", "currency",
                                          _net_present_value)}  # fmt: skip
    for name, (label, unit, better, of) in _CUSTOMERS.items():
        if name in DERIVED:
            found[name] = Measure(name, label, unit, _of_everybody(of), better)
    found["retention"] = Measure("retention", "Retention over twelve months", "share", retention)
    for column in COLUMNS:
        flow, better = _is_flow(column), _better(column.name)
        for part, words in PARTS.items():
            if part == "total" and not flow:
                continue
            name = column.name if part == "mean" else f"{column.name}.{part}"
            label = column.label if part == "mean" else f"{column.label} {words}"
            found.setdefault(
                name, Measure(name, label, _unit(column, part), _of_column(column.name, part, flow), better)
            )
        name = f"monthly:{column.name}"
        found[name] = Measure(name, column.label, _unit(column, "mean"), _series_of(column.name), better, series=True)
    return found


# --- functions of the user's ------------------------------------------------------------------------------------


def _code_hash(function: Any) -> str:
    """Name a function by what it does: its code, its defaults and what it closes over."""
    cells = [repr(cell.cell_contents) for cell in function.__closure__ or ()]
    parts = repr((_code(function.__code__), repr(function.__defaults__), repr(function.__kwdefaults__), cells))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _code(code: types.CodeType) -> tuple[Any, ...]:
    constants = tuple(_code(item) if isinstance(item, types.CodeType) else repr(item) for item in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars
