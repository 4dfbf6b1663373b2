"""Controls of a board, made from the declarations of the parameters: nothing about a parameter is said twice."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from custsim.errors import InputError
from custsim.experiment.links import LINKS
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import Parameter, valued
from custsim.scenario.paths import nearest
from custsim.widgets.component import real, shown
from custsim.widgets.numbers import with_unit, written

__all__ = ["Control", "Lever", "levers"]

#: a slider has at most so many positions
_POSITIONS = 400
#: steps of a logarithmic slider from one end to the other
_LOG_POSITIONS = 1000
#: how a number of persons, calls or staff is told from one that may have a fraction
_WHOLE = "whole number"

_LINK_OF = {section: link for link, (_, sections) in LINKS.items() for section in sections}

#: links as a heading over controls names them, where the comparison's name for them says too little
_HEADINGS = {"complaints": "Complaints and recovery", "loyalty": "Loyalty and retention"}

#: words of a path that make a poor label, path -> label
_LABELS = {
    "complaints.staff": "Staff of the complaint desk",
    "complaints.compensation": "Compensation for a loss",
    "complaints.ease": "Ease of complaining",
    "complaints.handling_days": "Work on one complaint",
    "complaints.solve_rate": "Complaints the desk can solve",
    "internal_service.desk_staff": "Staff of the internal desk",
    "internal_service.requests": "Requests to the internal desk",
    "employees.pay": "Pay against the market",
    "employees.customers_per_employee": "Customers per employee",
    "employees.hiring_delay": "Time to fill a vacancy",
    "employees.visit_hours": "Time a visit should get",
    "loyalty.churn": "Churn",
    "loyalty.exponent": "Competition (shape of loyalty)",
    "loyalty.offer_rate": "Leavers met with an offer",
    "loyalty.offer_success": "Offers accepted",
    "loyalty.offer_false_alarms": "False alarms per leaver met",
    "loyalty.winback_rate": "Lapsed who are approached",
    "loyalty.switching_cost": "Switching cost",
    "referral.reward": "Reward for a recruit",
    "referral.referred_advantage": "Referred customers are better",
    "referral.decision": "How a prospect decides",
    "referral.network": "Who talks to whom",
    "referral.positive_peak": "Readiness to recommend",
    "referral.negative_peak": "Readiness to warn",
    "referral.positive_contacts": "Told by one who recommends",
    "referral.negative_contacts": "Told by one who warns",
    "market.marketing": "Advertising",
    "market.price": "Price against the market",
    "satisfaction.promise": "Promise above delivery",
    "profit.tenure_profile": "Profit over tenure",
    "profit.acquisition_cost": "Cost of a new customer",
    "profit.monthly_revenue": "Revenue of a customer",
    "time.annual_discount_rate": "Discount rate",
}


@dataclass(frozen=True)
class Control:
    """What a lesson says about one control; what it leaves out comes from the parameter's declaration.

    Parameters
    ----------
    path
        Dotted path of the parameter.
    label
        Name on the screen.
    low, high, step
        Range and step of a slider.
    unit
        Unit as the screen writes it.
    meaning
        What it is, for the tooltip.
    percent
        Whether the value is shown times 100: shares as per cent and indices as "of 100" are by default.
    log
        Whether the slider is logarithmic; by default only where the range spans more than a factor of 1000.
    choices
        Those of the choices that are offered; all by default.

    Examples
    --------
    >>> Control("complaints.compensation", low=0, high=3, step=0.1).path
    'complaints.compensation'
    """

    path: str
    label: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str | None = None
    meaning: str = ""
    percent: bool | None = None
    log: bool | None = None
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Lever:
    """A control with everything filled in: what a screen draws, and what a value must be.

    Attributes
    ----------
    path, label, unit, meaning, source
        As :class:`Control`, with the declaration's words where a lesson gave none.
    link
        Link of the chain it belongs to.
    kind
        "range" (a slider), "choice" or "switch".
    start
        Value of the scenario.
    whole
        Whether values are whole numbers.
    low, high, step, log, percent
        Of a range.
    choices
        Value -> meaning, of a choice.
    """

    path: str
    label: str
    unit: str
    meaning: str
    source: str
    link: str
    kind: Literal["range", "choice", "switch"]
    start: Any
    whole: bool = False
    low: float = 0.0
    high: float = 1.0
    step: float = 0.1
    log: bool = False
    percent: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    def describe(self) -> dict[str, Any]:
        """Tell a screen how to draw it."""
        told: dict[str, Any] = {
            "path": self.path,
            "label": self.label,
            "kind": self.kind,
            "link": self.link,
            "unit": self.unit,
            "start": self.start,
            "meaning": self.meaning,
            "source": self.source,
        }
        if self.kind == "range":
            told |= {"low": self.low, "high": self.high, "step": self.step, "percent": self.percent}
            told |= {"scale": "log" if self.log else "linear", "decimals": self.decimals}
            if self.log:
                told["positions"] = _LOG_POSITIONS
        if self.kind == "choice":
            told["choices"] = [
                {"value": value, "label": value.replace("_", " "), "meaning": meaning}
                for value, meaning in self.choices
            ]
        return told

    @property
    def decimals(self) -> int:
        """Digits after the point that tell two neighbouring positions apart, as shown."""
        return 0 if self.whole else _decimals(self.step * (100.0 if self.percent else 1.0))

    @property
    def places(self) -> tuple[Any, ...]:
        """Every value the control can be moved to; of a logarithmic slider only the ends.

        Examples
        --------
        >>> levers(Scenario(), ["complaints.staff", "profit.tenure_profile"])[0].places[-2:]
        (11, 12)
        """
        if self.kind == "switch":
            return (False, True)
        if self.kind == "choice":
            return tuple(name for name, _ in self.choices)
        if self.log:
            return (self.read(self.low), self.read(self.high))
        count = math.floor((self.high - self.low) / self.step + 1e-9)
        return tuple(self.read(min(self.high, self.low + place * self.step)) for place in range(count + 1))

    def beside(self, value: Any, places: int) -> Any:
        """Value of the control so many places on, or back if negative; None beyond its ends.

        Examples
        --------
        >>> staff = levers(Scenario(), ["complaints.staff"])[0]
        >>> staff.beside(4, 1), staff.beside(4, -1), staff.beside(12, 1)
        (5, 3, None)
        """
        if self.kind != "range":
            at = self.places.index(value) + places
            return self.places[at] if 0 <= at < len(self.places) else None
        if self.log:
            ratio = math.log(self.high / self.low) / _LOG_POSITIONS
            beside = self.low * math.exp(ratio * (round(math.log(value / self.low) / ratio) + places))
            beside = float(f"{beside:.4g}")  # as the slider rounds it
        else:
            beside = value + places * self.step
        within = self.low - 1e-9 * self.step <= beside <= self.high + 1e-9 * self.step
        return self.read(min(max(beside, self.low), self.high)) if within else None

    def read(self, value: Any) -> Any:
        """Read a value that a learner set.

        Raises
        ------
        InputError
            If it is of another type or out of the control's range.
        """
        if self.kind == "switch":
            if not isinstance(value, bool):
                raise InputError(f"{self.path}: must be true or false, got {shown(value)}")
            return value
        if self.kind == "choice":
            names = [name for name, _ in self.choices]
            if not isinstance(value, str) or value not in names:
                raise InputError(f"{self.path}: must be one of {', '.join(names)}, got {shown(value)}")
            return value
        if self.log:
            return self._read_log(value)
        number = real(value, self.path, self.low, self.high)
        if self.whole:
            if not number.is_integer():
                raise InputError(f"{self.path}: must be a whole number, got {shown(value)}")
            return int(number)
        # 0.1 + 0.2 is 0.3: what a slider's arithmetic adds is not the learner's
        return float(f"{number:.9g}")

    def _read_log(self, value: Any) -> Any:
        """Read a value of a logarithmic slider, whose positions are rounded to four figures, at the ends too."""
        number = min(max(real(value, self.path, 0.999 * self.low, 1.001 * self.high), self.low), self.high)
        return round(number) if self.whole else float(f"{number:.9g}")

    def write(self, value: Any) -> str:
        """Write a value as the screen does, with its unit.

        Examples
        --------
        >>> ease, staff = levers(Scenario(), ["complaints.ease", "complaints.staff"])
        >>> ease.write(0.65), staff.write(1), staff.write(2)
        ('65 of 100', '1 person', '2 persons')
        """
        if self.kind == "switch":
            return "yes" if value else "no"
        if self.kind == "choice":
            return str(value).replace("_", " ")
        return with_unit(written(value * (100.0 if self.percent else 1.0), self.decimals), self.unit)


def levers(scenario: Scenario, controls: Iterable[str | Control]) -> tuple[Lever, ...]:
    """Make the controls of a board, in the order of the chain.

    Parameters
    ----------
    scenario
        Whose parameters are controlled, and from where the controls start.
    controls
        Paths, or :class:`Control` where something is to be said about one.

    Returns
    -------
    tuple of Lever
        Grouped by link, along the chain; within a link in the order given.

    Raises
    ------
    InputError
        With one line for each path that does not exist, is named twice, cannot be a control, or has a range that the
        declaration forbids.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> [(one.path, one.low, one.high, one.step) for one in levers(Scenario(), ["complaints.staff"])]
    [('complaints.staff', 0.0, 12.0, 1.0)]
    """
    known = {parameter.path: parameter for parameter in valued(scenario)}
    asked = [Control(item) if isinstance(item, str) else item for item in controls]
    problems: list[str] = []
    made: dict[str, Lever] = {}
    for control in asked:
        try:
            if control.path in made:
                raise InputError(f"{control.path}: is a control twice; name it once")
            made[control.path] = _lever(control, _parameter(control.path, known), scenario)
        except InputError as error:
            problems += error.problems
    if not asked:
        problems.append("controls: a board needs at least one, such as complaints.staff")
    if problems:
        raise InputError(problems)
    order = list(LINKS)
    return tuple(sorted(made.values(), key=lambda lever: order.index(lever.link)))


def heading(link: str) -> str:
    """Heading over the controls of a link.

    Examples
    --------
    >>> heading("complaints"), heading("employees")
    ('Complaints and recovery', 'Employees')
    """
    return _HEADINGS.get(link, LINKS[link][0])


def _parameter(path: str, known: Mapping[str, Parameter]) -> Parameter:
    if path not in known:
        close = nearest(path, known)
        raise InputError(f"{path}: no such parameter{f'; did you mean {close}?' if close else ''}")
    return known[path]


def _lever(control: Control, parameter: Parameter, scenario: Scenario) -> Lever:
    section = re.split(r"[.\[]", parameter.path)[0]
    if section not in _LINK_OF or parameter.path in ("time.months", "time.start", "time.warm_up_months"):
        raise InputError(f"{parameter.path}: cannot be a control; a board's length is months= of the board")
    told: dict[str, Any] = {
        "path": parameter.path,
        "label": control.label or _label(parameter.path, scenario),
        "unit": control.unit,
        "meaning": control.meaning or parameter.meaning,
        "source": parameter.source,
        "link": _LINK_OF[section],
        "start": parameter.value,
    }
    if parameter.type == "true or false" or parameter.choices:
        told["unit"] = told["unit"] or ""
        if parameter.choices:
            return Lever(**told, kind="choice", choices=_choices(control, parameter))
        return Lever(**told, kind="switch")
    if parameter.type not in ("number", _WHOLE):
        raise InputError(f"{parameter.path}: is a {parameter.type} and cannot be a control; numbers and choices can")
    return _range(control, parameter, told, scenario.currency)


def _choices(control: Control, parameter: Parameter) -> tuple[tuple[str, str], ...]:
    known = dict(parameter.choices or {})
    offered = tuple(known) if control.choices is None else control.choices
    wrong = [name for name in offered if name not in known]
    if wrong or parameter.value not in offered:
        raise InputError(
            f"{parameter.path}: choices must be among {', '.join(known)} and hold the scenario's "
            f"{parameter.value}, got {', '.join(offered)}"
        )
    return tuple((name, known[name]) for name in offered)


def _range(control: Control, parameter: Parameter, told: dict[str, Any], currency: str) -> Lever:
    whole, value = parameter.type == _WHOLE, float(parameter.value)
    low, high = _bounds(parameter, value)
    low, high = (low if control.low is None else control.low), (high if control.high is None else control.high)
    path = parameter.path
    if not low < high:
        raise InputError(f"{path}: low must be below high, got {low:g} and {high:g}")
    if not low <= value <= high:
        raise InputError(f"{path}: the range {low:g} to {high:g} does not hold the scenario's {value:g}; widen it")
    for bound in (low, high):
        _refuse_forbidden(parameter, bound)
    step = _step(low, high, value, whole) if control.step is None else _reaching(control.step, value - low, whole)
    if not 0 < step <= high - low or (whole and not float(step).is_integer()):
        kind = "a whole number above 0" if whole else "above 0"
        raise InputError(f"{path}: step must be {kind} and at most the range {high - low:g}, got {step:g}")
    log = (low > 0 and high / low > 1000.0) if control.log is None else control.log
    if log and low <= 0:
        raise InputError(f"{path}: a logarithmic slider needs low above 0, got {low:g}")
    hundredths = _in_hundredths(parameter)
    percent = hundredths is not None if control.percent is None else control.percent
    if told["unit"] is None:
        told["unit"] = (hundredths or "%") if percent else _unit(parameter.unit, currency)
    return Lever(**told, kind="range", whole=whole, low=low, high=high, step=step, log=log, percent=percent)


def _refuse_forbidden(parameter: Parameter, bound: float) -> None:
    allowed = (
        (parameter.ge is None or bound >= parameter.ge)
        and (parameter.gt is None or bound > parameter.gt)
        and (parameter.le is None or bound <= parameter.le)
        and (parameter.lt is None or bound < parameter.lt)
    )
    if not allowed:
        raise InputError(f"{parameter.path}: a range to {bound:g} goes beyond what it may be, {parameter.bounds}")


def _bounds(parameter: Parameter, value: float) -> tuple[float, float]:
    """Range of a slider where a lesson gives none: to about three times the value, within what is allowed, round.

    A share or an index that is not small gets all of its range.
    """
    whole = parameter.type == _WHOLE
    least = parameter.ge if parameter.ge is not None else parameter.gt
    most = parameter.le if parameter.le is not None else parameter.lt
    bounded = least is not None and most is not None and most - least <= 2.0
    if bounded and least is not None and most is not None and (value == 0 or abs(value) > 0.15 * (most - least)):
        low, high = float(least), float(most)
    else:
        usual = 6.0 if whole else 100.0 if parameter.unit.startswith("currency") else 1.0
        high = _round_up(max(3.0 * abs(value), 6.0 if whole else 0.0) or usual)
        low = 0.0 if least is not None and least >= 0 else -high
        low = low if least is None else max(low, float(least))
        high = high if most is None else min(high, float(most))
    # where a bound itself is not allowed, a slider ends well before it
    if parameter.gt is not None and low <= parameter.gt:
        low = _round_down((value - parameter.gt) / 4.0) + parameter.gt
    if parameter.lt is not None and high >= parameter.lt:
        high = parameter.lt - _step(low, high, value, whole)
    return min(low, value), max(high, value)


def _step(low: float, high: float, value: float, whole: bool) -> float:
    """Round step of at most 100 positions; finer, up to 400, where only so the value itself lies on a position."""
    steps = [base * 10.0**power for power in range(-9, 9) for base in (1.0, 2.0, 5.0)]
    steps = [float(f"{step:.6g}") for step in steps if not whole or step >= 1.0]
    coarse = next(at for at, step in enumerate(steps) if (high - low) / step <= 100.0)
    for step in reversed(steps[max(0, coarse - 2) : coarse + 1]):
        places = (value - low) / step
        if abs(places - round(places)) < 1e-6 and (high - low) / step <= _POSITIONS:
            return step
    return steps[coarse]


def _reaching(step: float, distance: float, whole: bool) -> float:
    """Step a lesson gave, or a half, a fifth or a tenth of it if only so the start lies on a position."""
    for part in (1.0, 2.0, 5.0, 10.0):
        places = distance / (step / part) if step > 0 else 0.0
        if abs(places - round(places)) < 1e-6 and (not whole or part == 1.0):
            return float(f"{step / part:.9g}")
    return step


def _round_down(value: float) -> float:
    """Nearest of 1, 2, 5 times a power of ten that is not above the value.

    Examples
    --------
    >>> _round_down(0.25), _round_down(37.5)
    (0.2, 20.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{max(base * power for base in (1.0, 2.0, 5.0) if base * power <= value * (1 + 1e-9)):.6g}")


def _round_up(value: float) -> float:
    """Nearest of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below the value.

    Examples
    --------
    >>> _round_up(11.7), _round_up(0.031)
    (12.0, 0.04)
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for factor in (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0):
        if factor * power >= value * (1 - 1e-9):
            return float(f"{factor * power:.6g}")
    return 10.0 * power


def _decimals(step: float) -> int:
    for digits in range(7):
        if abs(round(step, digits) - step) <= 1e-9 * max(1.0, abs(step)):
            return digits
    return 7


def _label(path: str, scenario: Scenario) -> str:
    """Name on the screen: the last part of the path in words, with the driver or segment it belongs to."""
    if path in _LABELS:
        return _LABELS[path]
    *above, name = path.split(".")
    words = name.replace("_", " ")
    item = re.fullmatch(r"segments\[(\d+)\]", above[-1]) if above else None
    if item:
        return f"{words.capitalize()}, {scenario.segments[int(item[1])].name}"
    if len(above) > 1:
        return f"{above[-1].replace('_', ' ').capitalize()}: {words}"
    return words.capitalize()


def _in_hundredths(parameter: Parameter) -> str | None:
    """Unit of a share, a probability or an index when it is shown times 100; none for any other number."""
    most = parameter.le if parameter.le is not None else parameter.lt
    unit = parameter.unit
    if most is None or most > 1.0:
        return None
    if unit == "index 0-1":
        return "of 100"
    if unit in ("share", "probability"):
        return "%"
    if unit.startswith("share of "):
        return f"% of {unit.removeprefix('share of ')}"
    if unit.startswith(("1/", "share/")):
        return f"% a {unit.partition('/')[2]}"
    return None


def _unit(unit: str, currency: str) -> str:
    """Unit as people read it: the currency's name, "a month" for "/month", nothing for a pure number."""
    if unit == "share of loss":
        return "× the loss"
    if unit in ("1", "text", "choice", "switch", "grade", "Kano kind"):
        return ""
    named, *per = unit.split("/")
    words = {"currency": currency, "1": ""}.get(named, named)
    return " ".join([words, *(f"{'an' if part[0] in 'aeiou' else 'a'} {part}" for part in per)]).strip()
