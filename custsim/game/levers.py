"""What a team decides: the levers, their ranges, and what a plan costs before the year is lived.

A *plan* is a dictionary from the path of a lever to its value. What it costs is known when it is made: every line of
the budget is a product of an amount for this firm and year and of values of the plan, so that a browser can
work it out with the same few multiplications. What is charged in the end is what happened; see
:mod:`custsim.simulation.accounts`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import valued
from custsim.scenario.paths import nearest

__all__ = ["Lever", "Line", "Plan", "Volumes", "cost", "in_budget", "lever_values", "levers", "lines", "read_plan"]

Plan = Mapping[str, float | int]

#: the lever whose inverse times the customers is the number of employees
STAFFING = "employees.customers_per_employee"


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever of the game.

    Attributes
    ----------
    path
        Parameter of the scenario that it moves.
    label, unit, meaning
        For the screen; the meaning is the parameter's own unless a plainer one is at hand. A unit of "%" stands for
        a share.
    group
        Part of the chain it belongs to.
    low, high, step
        Range and step.
    whole
        Whether it takes whole numbers only.
    cheap
        The end of its range that costs least.
    """

    path: str
    label: str
    group: str
    unit: str
    meaning: str
    low: float
    high: float
    step: float
    whole: bool
    cheap: float


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a lever is made for a firm: its range, as multiples of the bundled scenario's value or as it is."""

    path: str
    label: str
    unit: str
    group: str
    low: float
    high: float
    times: bool
    step: float = 0.0
    meaning: str = ""


#: the levers, in the order of the chain; ranges marked ``times`` are multiples of the bundled scenario's value
_RULES = (
    _Rule("internal_service.tools.spend", "Tools, per head and month", "{currency}", "Your people", 0.0, 2.0, True,
          meaning="What your people work with. Customers see it, and mistakes depend on it."),
    _Rule("internal_service.training.spend", "Training, per head and month", "{currency}", "Your people", 0.0, 2.0,
          True,          meaning="Skill, and the assurance with which customers are served."),
    _Rule("internal_service.support.spend", "Support, per head and month", "{currency}", "Your people", 0, 2, True,
          meaning="Help from the back office for those who serve customers."),
    _Rule("employees.pay", "Pay, of what the market pays", "%", "Your people", 0.96, 1.08, False, 0.01),
    _Rule(STAFFING, "Customers per employee", "", "Your people", 0.85, 1.2, True,
          meaning="More customers per employee: fewer employees, lower wages, more work for each. Nobody is dismissed; "
                  "who leaves is not replaced."),
    _Rule("complaints.staff", "People at the complaint desk", "", "When things go wrong", 0.25, 2.0, True, 1.0),
    _Rule("complaints.compensation", "Compensation, of the loss", "%", "When things go wrong", 0.0, 2.0, False, 0.25),
    _Rule("loyalty.offer_rate", "Leavers met with an offer", "%", "Your customers", 0.0, 0.4, False, 0.05,
          meaning="Share of those about to leave who get an offer. Some offers go to customers who would have stayed."),
    _Rule("referral.reward", "Reward for a referral", "{currency}", "Your customers", 0.0, 100.0, False, 5.0),
    _Rule("market.marketing", "Advertising, per month", "{currency}", "Your customers", 0.0, 3.0, True),
)  # fmt: skip


def levers(base: Scenario) -> tuple[Lever, ...]:
    """Make the levers of a game on a bundled scenario.

    Ranges follow the scenario's own values, not those of the randomised firm, so that a range gives nothing away.

    Examples
    --------
    >>> [lever.path for lever in levers(Scenario())][:2]
    ['internal_service.tools.spend', 'internal_service.training.spend']
    """
    declared = {parameter.path: parameter for parameter in valued(base)}
    made = []
    for rule in _RULES:
        parameter = declared[rule.path]
        scale = float(parameter.value) if rule.times else 1.0
        step = rule.step or _nice((rule.high - rule.low) * scale / 30.0)
        low, high = (_snap(scale * end, step) for end in (rule.low, rule.high))
        made.append(
            Lever(
                path=rule.path,
                label=rule.label,
                group=rule.group,
                unit=rule.unit.format(currency=base.currency),
                meaning=rule.meaning or parameter.meaning,
                low=low,
                high=high,
                step=step,
                whole=parameter.type == "whole number",
                cheap=high if rule.path == STAFFING else low,
            )
        )
    return tuple(made)


def lever_values(scenario: Scenario, rules: Sequence[Lever]) -> dict[str, float | int]:
    """Give the plan that leaves a firm as it is."""
    values = {parameter.path: parameter.value for parameter in valued(scenario)}
    return {lever.path: values[lever.path] for lever in rules}


@dataclass(frozen=True, slots=True)
class Volumes:
    """What a plan is priced with: the numbers of the last twelve months.

    Attributes
    ----------
    customers
        Customers at the end.
    answered
        Complaints answered.
    leavers
        Customers who left or were about to.
    referred
        Customers won by word of mouth.
    revenue
        Revenue of the year.
    """

    customers: float
    answered: float
    leavers: float
    referred: float
    revenue: float

    @classmethod
    def of(cls, months: Any) -> Volumes:
        """Read them from twelve rows of the monthly table (a DataFrame or NumPy records)."""

        def total(name: str) -> float:
            return float(sum(float(value) for value in months[name]))

        customers = [float(value) for value in months["customers_end"]][-1]
        return cls(
            customers=customers,
            answered=total("answered"),
            leavers=total("left") + total("saved"),
            referred=total("referred"),
            revenue=total("revenue"),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a budget: an amount a year times powers of some values of the plan.

    Attributes
    ----------
    lever
        Path of the lever under which the line is shown.
    label
        What it is called.
    amount
        Currency a year, for this firm and year.
    powers
        Path -> power.
    """

    lever: str
    label: str
    amount: float
    powers: Mapping[str, int]

    def cost(self, plan: Plan) -> float:
        """Money a year that the line comes to."""
        return self.amount * math.prod(plan[path] ** power for path, power in self.powers.items())


def lines(firm: Scenario, volumes: Volumes, made_good: float) -> tuple[Line, ...]:
    """List the lines of a year's budget.

    Parameters
    ----------
    firm
        Whose prices hold: pay, offers, supplier.
    volumes
        Of the last twelve months.
    made_good
        What a complaint that is answered costs in the mean at a compensation of the whole loss, currency.
    """
    staff, loyalty = firm.employees, firm.loyalty
    heads, people = {STAFFING: -1}, 12.0 * volumes.customers
    named = (
        ("tools", "Tools", grade_factor(firm)),
        ("training", "Training", 1.0),
        ("support", "Internal support", 1.0),
    )
    spend = [
        Line(f"internal_service.{name}.spend", label, people * factor, {f"internal_service.{name}.spend": 1, **heads})
        for name, label, factor in named
    ]
    offer = loyalty.offer_cost * (1.0 + loyalty.offer_false_alarms)
    return (
        *spend,
        Line(STAFFING, "Wages", people * staff.monthly_pay, {"employees.pay": 1, **heads}),
        _own("complaints.staff", "Complaint desk", 12.0 * staff.monthly_pay),
        _own("complaints.compensation", "Compensation", volumes.answered * made_good),
        _own("loyalty.offer_rate", "Retention offers", volumes.leavers * offer),
        _own("referral.reward", "Rewards for referrals", volumes.referred),
        _own("market.marketing", "Advertising", 12.0),
    )


def grade_factor(firm: Scenario) -> float:
    """Price of tools of the firm's supplier relative to one of grade A."""
    inside = firm.internal_service
    return 1.0 - inside.grade_discount * "ABCD".index(inside.supplier_grade)


def _own(path: str, label: str, amount: float) -> Line:
    return Line(path, label, amount, {path: 1})


def cost(budget_lines: Sequence[Line], plan: Plan) -> float:
    """What a plan costs a year, currency."""
    return math.fsum(line.cost(plan) for line in budget_lines)


def in_budget(
    budget_lines: Sequence[Line], rules: Sequence[Lever], plan: Plan, budget: float
) -> dict[str, float | int]:
    """Cut a plan evenly until the budget holds it: every lever moves the same share of the way to its cheap end.

    A plan within the budget stays as it is. Values that were cut are multiples of the lever's step, rounded to the
    cheap side.

    Raises
    ------
    InputError
        If even the cheapest plan costs more than the budget.
    """
    if cost(budget_lines, plan) <= budget:
        return dict(plan)
    for share in range(1, 101):
        cut = {lever.path: _cut(lever, plan[lever.path], share / 100.0) for lever in rules}
        if cost(budget_lines, cut) <= budget:
            return cut
    raise InputError(
        f"budget: even the cheapest plan costs {cost(budget_lines, cut):,.0f}, more than the budget of {budget:,.0f}"
    )


def _cut(lever: Lever, value: float, share: float) -> float | int:
    exact = value + share * (lever.cheap - value)
    steps = (exact - lever.cheap) / lever.step
    moved = lever.cheap + lever.step * (math.floor(steps + 1e-9) if steps > 0 else math.ceil(steps - 1e-9))
    return round(moved) if lever.whole else round(moved, 9)


def read_plan(rules: Sequence[Lever], given: Any) -> dict[str, float | int]:
    """Read a plan that came from outside: every lever once, each a number in its range.

    Raises
    ------
    InputError
        With one line for each lever that is missing, unknown, no number or out of its range.

    Examples
    --------
    >>> rules = levers(Scenario())
    >>> read_plan(rules, lever_values(Scenario(), rules) | {"complaints.staff": 99})
    Traceback (most recent call last):
    custsim.errors.InputError: People at the complaint desk: must be from 1 to 8, got 99
    """
    if not isinstance(given, Mapping):
        raise InputError(f"a plan is a table of levers and values, got {type(given).__name__}")
    names = {lever.path for lever in rules}
    problems = []
    for name in list(given)[:50]:
        if name not in names:
            close = nearest(str(name)[:80], names)
            problems.append(f"{str(name)[:80]!r} is no lever of this game{f'; did you mean {close}?' if close else ''}")
    plan: dict[str, float | int] = {}
    for lever in rules:
        try:
            plan[lever.path] = _read(lever, given)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return plan


def _read(lever: Lever, given: Mapping[str, Any]) -> float | int:
    if lever.path not in given:
        raise InputError(f"{lever.label}: the plan must say what is spent on it ({lever.path})")
    value = given[lever.path]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(
            f"{lever.label}: must be a number from {lever.low:g} to {lever.high:g}, got {str(value)[:40]!r}"
        )
    if not lever.low <= value <= lever.high:
        raise InputError(f"{lever.label}: must be from {lever.low:g} to {lever.high:g}, got {value:g}")
    if lever.whole and value != int(value):
        raise InputError(f"{lever.label}: must be a whole number, got {value:g}")
    return int(value) if lever.whole else float(value)


def _nice(size: float) -> float:
    """Round a step to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(size))
    return float(min((1.0, 2.0, 5.0, 10.0), key=lambda n: abs(math.log(n * power / size))) * power)


def _snap(value: float, step: float) -> float:
    return round(round(value / step) * step, 9)
