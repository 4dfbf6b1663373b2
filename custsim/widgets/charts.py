"""What a board draws: named series of a run, grouped into charts of one unit each, and axes that do not jitter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.scenario.paths import nearest
from custsim.simulation.accounts import COLUMNS, Column
from custsim.simulation.results import Run

__all__ = ["CHARTS", "Chart", "Months", "Series", "chart", "charts", "rescaled", "scale_for"]

Floats = NDArray[np.float64]

_COLUMNS: dict[str, Column] = {column.name: column for column in COLUMNS}

#: names of the colours of :data:`custsim.plots.style.COLOURS` that show on white
COLOUR_NAMES = ("blue", "orange", "green", "vermilion", "sky", "pink")

Dash = Literal["solid", "dash", "dot", "dashdot"]
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot", "dashdot")


class Months:
    """The monthly columns of a run as arrays, and its discount rate.

    Parameters
    ----------
    run
        A finished run.
    """

    def __init__(self, run: Run) -> None:
        self._table = run.monthly
        self.scenario = run.scenario
        self.count = len(self._table)

    def __getitem__(self, name: str) -> Floats:
        """Values of a column, one a month."""
        values: Floats = self._table[name].to_numpy(dtype=np.float64)
        return values

    @property
    def monthly_discount(self) -> float:
        """Monthly rate at which money is discounted."""
        return float((1.0 + self.scenario.time.annual_discount_rate) ** (1.0 / 12.0) - 1.0)


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes
    ----------
    name
        Its name; the name of a column of ``Run.monthly`` where ``of`` is not given.
    label
        Name at the end of its line; the column's label by default.
    of
        Function of :class:`Months` that gives one number a month.
    colour, dash
        How it is told apart: the name of a colour of the house and a dash; given by the chart's order if left out.
    decimals
        Digits after the point when a value is read off.
    """

    name: str
    label: str = ""
    of: Callable[[Months], Floats] | None = None
    colour: str = ""
    dash: Dash | Literal[""] = ""
    decimals: int = 0

    def values(self, months: Months) -> Floats:
        """Values of a run, one a month; not a number where there is none."""
        return months[self.name] if self.of is None else self.of(months)


@dataclass(frozen=True)
class Chart:
    """A chart: lines of one unit over the months.

    Attributes
    ----------
    id
        Its name.
    title
        What it shows.
    unit
        Unit of its axis; "currency" stands for the scenario's.
    series
        Its lines; a name stands for the column of ``Run.monthly``.
    meaning
        How to read it, one sentence.
    fixed
        Lowest and highest value of the axis, where it never moves.
    zero
        Whether the axis always shows 0.
    span
        Without 0: the least length of the axis as a share of the largest value, so that noise is not blown up.

    Raises
    ------
    InputError
        If a series names no column, or there is none.

    Examples
    --------
    >>> Chart("staff", "Employees", "persons", ("employees", "vacancies")).series[1].label
    'Vacant positions'
    """

    id: str
    title: str
    unit: str
    series: tuple[Series, ...] | tuple[str, ...] | tuple[Series | str, ...]
    meaning: str = ""
    fixed: tuple[float, float] | None = None
    zero: bool = True
    span: float = 0.0
    lines: tuple[Series, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        lines = tuple(_line(item, number) for number, item in enumerate(self.series))
        if not lines:
            raise InputError(f"chart {self.id}: needs at least one series")
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "series", lines)


def _line(item: Series | str, number: int) -> Series:
    series = Series(item) if isinstance(item, str) else item
    if series.of is None and series.name not in _COLUMNS:
        close = nearest(series.name, _COLUMNS)
        hint = f"did you mean {close}?" if close else "give a function (of=) for what is no column of Run.monthly"
        raise InputError(f"series {series.name!r}: no such column; {hint}")
    colour = series.colour or COLOUR_NAMES[number % len(COLOUR_NAMES)]
    if colour not in COLOUR_NAMES:
        raise InputError(f"series {series.name!r}: colour must be one of {', '.join(COLOUR_NAMES)}, got {colour!r}")
    dash = series.dash or DASHES[number % len(DASHES)]
    label = series.label or _COLUMNS[series.name].label
    return Series(series.name, label, series.of, colour, dash, series.decimals)


# --- what is derived of the columns -------------------------------------------------------------------------------


def _ratio(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return share


def _over_a_year(values: Floats) -> Floats:
    """Sum of the last twelve months, or of those there have been; nothing before the third."""
    summed: Floats = np.cumsum(values)
    summed[12:] = summed[12:] - np.cumsum(values)[:-12]
    summed[:2] = np.nan
    return summed


def _yearly(flow: Floats, stock: Floats) -> Floats:
    """Per cent of a stock that go in a year."""
    return 1200.0 * _ratio(_over_a_year(flow), _over_a_year(stock))


def _turnover(months: Months) -> Floats:
    return _yearly(months["quits"], months["employees"])


def _vacant(months: Months) -> Floats:
    return 100.0 * _ratio(months["vacancies"], months["vacancies"] + months["employees"])


def _given(name: str) -> Callable[[Months], Floats]:
    """Hours per visit as per cent of the time the service was designed for."""
    return lambda months: 100.0 * months[name] / months.scenario.employees.visit_hours


def _hundred(name: str) -> Callable[[Months], Floats]:
    return lambda months: 100.0 * months[name]


def _discounted(months: Months) -> Floats:
    factor = (1.0 + months.monthly_discount) ** -np.arange(months.count, dtype=np.float64)
    worth: Floats = np.cumsum(months["profit"] * factor)
    return worth


def _churn(months: Months) -> Floats:
    return _yearly(months["left"], months["customers"])


def _failures(months: Months) -> Floats:
    return 100.0 * _ratio(months["minor_failures"] + months["major_failures"], months["visits"])


def _closed(months: Months) -> Floats:
    closed = _over_a_year(months["answered"] + months["gave_up"])
    return 100.0 * _ratio(_over_a_year(months["satisfied_complaints"]), closed)


def _voiced(months: Months) -> Floats:
    failures = _over_a_year(months["minor_failures"] + months["major_failures"])
    return 100.0 * _ratio(_over_a_year(months["complaints"]), failures)


def _talk(months: Months) -> Floats:
    return 100.0 * _ratio(_over_a_year(months["referred"]), _over_a_year(months["joined"]))


def _own_cost(months: Months) -> Floats:
    return months["contribution"] - months["profit"]


_INDEX = "index 0-100"
_MONEY = "currency a month"

#: charts by id; a lesson may make its own
CHARTS: dict[str, Chart] = {
    one.id: one
    for one in (
        Chart(
            "chain",
            "The chain, from inside to outside",
            _INDEX,
            (
                Series("internal_service", "Internal service", colour="green", dash="dot"),
                Series("employee_satisfaction", "Employees", colour="orange", dash="dashdot"),
                Series("service_quality", "Service quality", colour="sky", dash="dash"),
                Series("satisfaction", "Customers", colour="blue", dash="solid"),
            ),
            "Internal service, satisfaction of employees, service quality and satisfaction of customers.",
            zero=False,
            span=0.35,
        ),
        Chart(
            "customers",
            "Customers",
            "persons",
            (Series("customers_end", "Customers", colour="blue"),),
            "Customers at the end of each month.",
            zero=False,
            span=0.25,
        ),
        Chart(
            "flows",
            "Customers won and lost",
            "persons a month",
            (Series("joined", "Won", colour="green", dash="solid"), Series("left", "Lost", colour="vermilion")),
            "Where more are lost than won, the firm shrinks.",
        ),
        Chart(
            "complaints",
            "Failures: told and untold",
            "a month",
            (
                Series("complaints", "Complaints", colour="vermilion"),
                Series("silent_failures", "Silent failures", colour="sky"),
            ),
            "What reaches the complaint desk, and what customers keep to themselves.",
        ),
        Chart(
            "answer_time",
            "Wait at the complaint desk",
            "working days",
            (Series("response_days", "Wait", colour="vermilion", decimals=1),),
            "Mean time until a complaint was answered or given up.",
        ),
        Chart(
            "profit",
            "Profit",
            _MONEY,
            (Series("profit", "Profit", colour="blue"),),
            "What is left of a month's contribution of customers after the firm's own costs.",
        ),
        Chart(
            "value",
            "Profit so far, discounted",
            "currency",
            (Series("discounted_profit", "Profit so far", _discounted, "blue"),),
            "Profit since month 0, each month discounted to month 0; the last value is the net present value.",
        ),
        Chart(
            "word_of_mouth",
            "Word of mouth",
            "messages a month",
            (
                Series("recommendations", "Recommendations", colour="green", dash="solid"),
                Series("warnings", "Warnings", colour="vermilion"),
            ),
            "Recommendations and warnings that were heard.",
        ),
        Chart(
            "referrals",
            "Customers won, and by whom",
            "persons a month",
            (
                Series("joined", "Won", colour="green", dash="solid"),
                Series("referred", "by word of mouth", colour="orange"),
            ),
            "All who joined, and those of them whom somebody had recommended the firm to.",
        ),
        Chart(
            "employees",
            "Employees leaving",
            "%",
            (
                Series("turnover_share", "Turnover a year", _turnover, "vermilion", "solid", 1),
                Series("vacant_share", "Vacant positions", _vacant, "orange", "dash", 1),
            ),
            "Share of the staff that quit within twelve months, and share of the positions that are vacant.",
        ),
        Chart(
            "pressure",
            "Pressure and cut corners",
            "% of plan",
            (
                Series("pressure_share", "Work pressure", _hundred("work_pressure"), "vermilion", "solid"),
                Series("given_share", "Time given", _given("visit_hours"), "blue", "dash"),
                Series("norm_share", "Norm", _given("norm_hours"), "green", "dot"),
            ),
            "Work against capacity; time a visit gets, and the norm of it, against the time the service was made for.",
        ),
        Chart(
            "internal_desk",
            "Time to an internal answer",
            "working days",
            (Series("internal_wait_days", "Internal answer", colour="orange", decimals=1),),
            "How long an employee waits for help.",
        ),
        Chart(
            "satisfaction",
            "Satisfied customers",
            "%",
            (
                Series("satisfied_percent", "Satisfied", _hundred("satisfied_share"), "blue", "solid"),
                Series("top_box_percent", "Very satisfied", _hundred("top_box_share"), "green", "dash"),
            ),
            "Share of the customers who would say they are satisfied, and very satisfied (90 and above).",
            fixed=(0.0, 100.0),
        ),
        Chart(
            "failures",
            "Failures",
            "per 100 visits",
            (Series("failures_per_visit", "Failures", _failures, "vermilion", "solid", 1),),
            "Visits at which something went wrong.",
        ),
        Chart(
            "recovery",
            "Complaints told and settled",
            "%",
            (
                Series("voiced_percent", "Complained about", _voiced, "orange", "dash"),
                Series("closed_percent", "Ended well", _closed, "green", "solid"),
            ),
            "Over the last twelve months: share of failures that were complained about, and of complaints that ended "
            "well.",
            fixed=(0.0, 100.0),
        ),
        Chart(
            "churn",
            "Customers leaving",
            "% a year",
            (Series("churn_percent", "Leaving", _churn, "vermilion", "solid", 1),),
            "Customers lost in the last twelve months, as a share of the customers there were.",
        ),
        Chart(
            "referral_share",
            "Won by word of mouth",
            "%",
            (Series("referral_percent", "By word of mouth", _talk, "orange", "solid"),),
            "Share of those who joined in the last twelve months whom somebody had recommended the firm to.",
            fixed=(0.0, 100.0),
        ),
        Chart(
            "money",
            "Contribution and cost",
            _MONEY,
            (
                Series("contribution", "Contribution of customers", colour="blue", dash="solid"),
                Series("own_cost", "The firm's own cost", _own_cost, "vermilion", "dash"),
            ),
            "Profit is the distance between the two.",
        ),
    )
}


def chart(asked: str | Chart) -> Chart:
    """Find a chart by its id.

    Raises
    ------
    InputError
        If there is none, with the nearest there is.

    Examples
    --------
    >>> chart("answer_time").unit
    'working days'
    """
    if isinstance(asked, Chart):
        return asked
    if not isinstance(asked, str) or asked not in CHARTS:
        close = nearest(asked, CHARTS) if isinstance(asked, str) else None
        raise InputError(f"charts: no {asked!r}; {f'did you mean {close}?' if close else f'there are {_list(CHARTS)}'}")
    return CHARTS[asked]


def charts(asked: Iterable[str | Chart]) -> tuple[Chart, ...]:
    """Find several charts, each once.

    Raises
    ------
    InputError
        With one line for each that does not exist or is named twice; if there is none.
    """
    found: dict[str, Chart] = {}
    problems: list[str] = []
    for item in asked:
        try:
            one = chart(item)
            if one.id in found:
                raise InputError(f"charts: {one.id} is named twice")
            found[one.id] = one
        except InputError as error:
            problems += error.problems
    if not found and not problems:
        problems.append(f"charts: a board needs at least one of {_list(CHARTS)}")
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(names)


# --- axes -------------------------------------------------------------------------------------------------------

#: round ends of an axis, times a power of ten
_LADDER = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

#: an axis shrinks only when what it shows fills less than this share of it
_SHRINKS_BELOW = 0.45


def scale_for(values: Floats, *, zero: bool = True, span: float = 0.0) -> tuple[float, float]:
    """Round axis that holds the values.

    Parameters
    ----------
    values
        What is drawn, of any shape; what is not a number is left out.
    zero
        Whether the axis shows 0.
    span
        Without 0: least length of the axis, as a share of the largest value.

    Returns
    -------
    low, high
        With 0, both 0 or one of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten.

    Examples
    --------
    >>> scale_for(np.array([0.0, 1234.0])), scale_for(np.array([-20.0, 70.0]))
    ((0.0, 1500.0), (-20.0, 80.0))
    """
    there = values[np.isfinite(values)]
    least, most = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    if zero or least <= 0.0 <= most:
        least, most = min(least, 0.0), max(most, 0.0)
    else:
        return _between(least, most, span)
    if least == most:
        most = 1.0
    size = max(-least, most)
    # a dip of a few per cent below 0 is given a little room, not an axis of its own size
    low = -_ladder(max(-least, 0.05 * size)) if least < 0 else 0.0
    high = _ladder(max(most, 0.05 * size)) if most > 0 else 0.0
    return low, high


def rescaled(
    values: Floats, before: tuple[float, float] | None, *, zero: bool = True, span: float = 0.0
) -> tuple[float, float]:
    """Axis for new values that stays as it was while they fit, so that it does not jitter under a moving slider.

    Parameters
    ----------
    values
        What is drawn.
    before
        The axis so far; ``None`` if there was none.
    zero, span
        As for :func:`scale_for`.

    Examples
    --------
    >>> rescaled(np.array([0.0, 900.0]), (0.0, 1500.0)), rescaled(np.array([0.0, 300.0]), (0.0, 1500.0))
    ((0.0, 1500.0), (0.0, 300.0))
    """
    wanted = scale_for(values, zero=zero, span=span)
    if before is None:
        return wanted
    fits = before[0] <= wanted[0] and wanted[1] <= before[1]
    roomy = (wanted[1] - wanted[0]) < _SHRINKS_BELOW * (before[1] - before[0])
    return before if fits and not roomy else wanted


def _ladder(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    for step in _LADDER:
        if step * power >= value * (1.0 - 1e-9):
            return float(f"{step * power:.6g}")
    return 10.0 * power


def _between(least: float, most: float, span: float) -> tuple[float, float]:
    """Round axis without 0: ends are multiples of a round step; never beyond 0 on the other side."""
    size = max(most - least, max(span, 1e-3) * max(abs(least), abs(most)))
    step = _ladder(size / 6.0)
    middle = (least + most) / 2.0
    low, high = min(least, middle - size / 2.0), max(most, middle + size / 2.0)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if least > 0:
        low = max(low, 0.0)
    else:
        high = min(high, 0.0)
    return float(f"{low:.9g}"), float(f"{high:.9g}")
