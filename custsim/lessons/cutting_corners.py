"""Lesson 9, cutting corners: why fewer people pay at first, where the cost hides, and why it does not come back."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.chain.employees import served_share, time_per_visit
from custsim.experiment.evaluate import evaluate
from custsim.lessons.firms import SEED, difference, firm, measured, monthly, shown
from custsim.scenario import Scenario
from custsim.widgets import (
    Board,
    Chart,
    Choice,
    Control,
    Evidence,
    Guess,
    Headline,
    Months,
    Number,
    Option,
    Series,
    Table,
    Wrong,
)
from custsim.widgets.numbers import written

__all__ = [
    "YEARS",
    "apart",
    "bank",
    "bank_that_saved",
    "dashboard",
    "erosion",
    "evidence_erosion",
    "evidence_newcomers",
    "evidence_recovery",
    "evidence_savings",
    "evidence_utilisation",
    "first_to_move",
    "guess_back",
    "guess_more_people",
    "guess_pressure",
    "guess_years",
    "half_life",
    "hired_back",
    "measurements",
    "payroll",
    "same_trap",
    "served",
    "staffing",
    "time_given",
    "what_brings_it_back",
    "what_is_left",
    "year_by_year",
]

BANK = "neighbourhood_bank"
PER_EMPLOYEE = "employees.customers_per_employee"
EROSION = "employees.norm_erosion_months"
RECOVERY = "employees.norm_recovery"
FEWER = {PER_EMPLOYEE: 180.0}
#: more people than before the saving
MORE = {PER_EMPLOYEE: 135.0}

#: years that are lived
YEARS = 8


def _times(column: str, factor: float) -> Callable[[Months], NDArray[np.float64]]:
    return lambda months: factor * months[column]


#: what a visit gets in minutes, not in per cent of a plan that may move
_MINUTES = Chart(
    "minutes",
    "Time for a visit",
    "minutes",
    (
        Series("given", "given", _times("visit_hours", 60.0), "blue", "solid", 1),
        Series("norm", "norm", _times("norm_hours", 60.0), "green", "dot", 1),
    ),
    "What a visit gets, and what it should get by the norm of the day.",
    zero=False,
)
_PRESSURE = Headline(
    "pressure_last_year",
    "Work pressure of the last year",
    "% of capacity",
    lambda run: 100.0 * float(run.monthly["work_pressure"].iloc[-12:].mean()),
    "neither",
    0,
    "Work that is due, in per cent of what the staff can do at the norm of the day.",
)
_LOAD = Chart(
    "load",
    "Work pressure",
    "% of capacity",
    (Series("load", "pressure", _times("work_pressure", 100.0), "vermilion", "solid"),),
    "Work that is due, in per cent of what the staff can do at the norm of the day.",
    zero=False,
)

#: the saving, for two years
_TWO_YEARS = {"interventions": [{"name": "The saving", "month": 0, "until": 24, "change": FEWER}]}

#: work over full capacity in the example by hand
_OVERLOAD = 1.2
#: weeks in which a norm goes 63 % of its way down (Oliva & Sterman 2001)
_WEEKS = 18.8


@functools.cache
def bank() -> Scenario:
    """Give the lesson's bank, for eight years.

    Examples
    --------
    >>> bank().time.months // 12
    8
    """
    return firm(BANK).change({"time.months": 12 * YEARS}, opening="own")


@functools.cache
def bank_that_saved() -> Scenario:
    """Give the same bank, which lives with fewer people for two years and then hires back."""
    return bank().change(_TWO_YEARS)


# --- 1. a saving that works ------------------------------------------------------------------------------------------


def payroll() -> Number:
    """What the saving takes off the payroll, by hand."""
    people = bank().employees
    customers = bank().market.customers

    def heads(per_employee: float) -> float:
        return customers / per_employee

    saved = heads(people.customers_per_employee) - heads(FEWER[PER_EMPLOYEE])
    return Number(
        "payroll",
        question="The bank has 3,000 customers and one employee for 150 of them; an employee costs 3,150 EUR a month. "
        "What does one employee for 180 customers take off the payroll in a year?",
        unit="EUR a year",
        answer=lambda: 12.0 * people.monthly_pay * saved,
        wrong=[
            Wrong(when=lambda: people.monthly_pay * saved, says="That is a month. The question asks for a year."),
            Wrong(
                when=lambda: 12.0 * people.monthly_pay * heads(people.customers_per_employee) * 0.2,
                says="180 is a fifth more than 150, but 3,000/180 is only a sixth less than 3,000/150: 16.7 people "
                "instead of 20.",
            ),
        ],
        hint="3,000/150 people, less 3,000/180 people, times pay, times 12.",
        explain="20 people less 16.7 people, times 3,150 EUR, times 12: 126,000 EUR. Nobody is dismissed: whoever "
        "leaves is not replaced until there are 180 customers for each.",
    )


def apart(changes: Mapping[str, Any]) -> NDArray[np.float64]:
    """By how much the profit of each year differs after changes, EUR.

    Examples
    --------
    >>> apart({}).tolist() == [0.0] * YEARS
    True
    """
    by_month = monthly(bank(), "profit", changes) - monthly(bank(), "profit")
    yearly: NDArray[np.float64] = by_month.reshape(YEARS, 12).sum(axis=1)
    return yearly


def guess_years() -> Guess:
    """Draw what the saving does to the profit of each of the eight years."""
    return Guess(
        "years",
        kind="curve",
        question="One employee for 180 customers instead of 150, for eight years. Draw by how much the profit of each "
        "year differs from what it would have been: above 0 it is higher, below 0 it is lower.",
        unit="EUR",
        low=-250_000,
        high=250_000,
        at=range(1, YEARS + 1),
        across="year {}",
        outcome=lambda: apart(FEWER),
        explain="Three good years, the second the best: less than the 126,000, because people leave one by one, and "
        "customers hardly notice. In the fourth the saving is gone. From then on it costs more every year, because "
        "customers have gone, slowly, one in six.",
    )


def staffing() -> Board:
    """How many customers an employee has."""
    return Board(
        "staffing",
        title="The bank, eight years: how many customers for one employee",
        scenario=bank(),
        controls=[Control(PER_EMPLOYEE, label="Customers per employee", low=130, high=210, step=5, unit="")],
        charts=(_MINUTES, "chain", "customers", "profit"),
        numbers=shown("profit.first_year", "profit_last_year", "net_present_value", "customers_end", "customer_equity"),
        panels=("why", "customer", "band"),
    )


def what_is_left() -> Number:
    """What the customers at the end are worth."""

    def fall(name: str) -> float:
        return -difference(bank(), name, FEWER) / measured(bank(), name)

    return Number(
        "what_is_left",
        question="Over the eight years the net present value of profit is about what it would have been. By how many "
        "per cent is the VALUE OF THE CUSTOMERS AT THE END lower with 180 customers per employee than with 150?",
        percent=True,
        absolute=0.008,
        answer=lambda: fall("customer_equity"),
        wrong=[
            Wrong(
                when=lambda: fall("customers_end.last"),
                says="That is the NUMBER of customers. Those who stay are worth less as well, because they will not "
                "stay as long.",
            ),
            Wrong(
                when=lambda: fall("profit.last_year"),
                says="That is the profit of the last year.",
            ),
        ],
        hint="Set the slider to 180 and divide the change of 'Customer equity' by what it was.",
        explain="About a fifth, some three million EUR: far more than any year's profit. The saving was paid out of "
        "the customers, and no account of these eight years shows it.",
    )


def first_to_move() -> Choice:
    """Which number would have warned in time."""
    return Choice(
        "first_to_move",
        question="Which of these would have told Ruth in the SECOND year that something is going wrong? (More than "
        "one.)",
        many=True,
        options=[
            Option(
                "The time a visit gets.",
                right=True,
                says="It is down by some seven or eight per cent. It is what changes first, and few firms measure it.",
            ),
            Option(
                "The satisfaction of the employees.",
                right=True,
                says="It is down by about nine points, the steepest fall of all lines.",
            ),
            Option(
                "Profit.",
                right=False,
                says="In the second year profit is at its best. It is the last to know.",
            ),
            Option(
                "The number of customers.",
                right=False,
                says="It is down by about one per cent: nobody would call that a signal. It takes years to add up.",
            ),
        ],
        explain="Judge a saving by the first link it touches. What comes in money comes last.",
    )


# --- 2. corners ------------------------------------------------------------------------------------------------------


def time_given() -> Number:
    """By how much time per visit falls at an overload of 20 %."""
    exponent = bank().employees.pressure_exponent
    return Number(
        "time_given",
        question="There is work for 120 % of what the people can do at the proper time per visit. At a lending centre "
        "Oliva and Sterman found that the time per order was then the proper time x (work/capacity) to the power of "
        "-0.64. By how many per cent is a visit shorter?",
        percent=True,
        absolute=0.004,
        answer=lambda: 1.0 - float(time_per_visit(1.0, _OVERLOAD, exponent)),
        wrong=[
            Wrong(
                when=lambda: 1.0 - 1.0 / _OVERLOAD,
                says="That would serve everybody: then corners would be cut until all the work is done. People cut "
                "about two thirds of the way.",
            ),
            Wrong(when=0.2, says="20 % more work is not 20 % less time; and people do not shorten all the way."),
            Wrong(
                when=lambda: float(time_per_visit(1.0, _OVERLOAD, exponent)),
                says="That is the time that is left. The question asks what is missing.",
            ),
        ],
        hint="1.2 to the power of -0.64 is about 0.89.",
        explain="1.2^-0.64 = 0.89, so 11 % shorter. Nobody ordered it, and nobody could see it in a single visit.",
    )


def served() -> Number:
    """How many more visits are served at an overload of 20 %."""
    exponent = bank().employees.pressure_exponent
    return Number(
        "served",
        question="With visits 11 % shorter, how many per cent MORE visits are served than at the proper time?",
        percent=True,
        absolute=0.005,
        answer=lambda: _OVERLOAD * float(served_share(_OVERLOAD, exponent)) - 1.0,
        wrong=[
            Wrong(
                when=0.2,
                says="20 % more come. Not all of them are served: visits would have to be 17 % shorter for that.",
            ),
            Wrong(
                when=0.11,
                says="Close, and a common slip: 11 % shorter visits leave room for 1/0.89, which is 12 % more.",
            ),
            Wrong(
                when=lambda: 1.0 - float(served_share(_OVERLOAD, exponent)),
                says="That is the share of visitors who are turned away or give up.",
            ),
        ],
        hint="In the time of 89 proper visits there is now room for 100.",
        explain="1/0.89 = 1.12. The firm looks 12 % more productive. And 6 % of those who came were not served.",
    )


# --- 3. the norm follows ---------------------------------------------------------------------------------------------


def guess_pressure() -> Guess:
    """Predict work pressure in the eighth year."""
    return Guess(
        "pressure",
        question="Work pressure is the work that is due, in per cent of what the staff can do; today it is 93. In the "
        "second year with 180 customers per employee it is about 105. What is it in the EIGHTH year?",
        unit="% of capacity",
        low=50,
        high=200,
        outcome=lambda: 100.0 * measured(bank(), "work_pressure.last_year", FEWER),
        explain="Nearly as at the beginning. The dashboard says that all is well again.",
    )


def erosion() -> Board:
    """How fast the norm follows what is practised."""
    return Board(
        "erosion",
        title="The same, and how fast the norm follows what is done",
        scenario=bank(),
        controls=[
            Control(PER_EMPLOYEE, label="Customers per employee", low=130, high=210, step=5, unit=""),
            Control(EROSION, label="Months in which the norm follows", low=1.33, high=121.33, step=3, unit="months"),
        ],
        charts=(_LOAD, _MINUTES, "chain", "customers"),
        numbers=(_PRESSURE, "employee_satisfaction", "customers_end", "profit_last_year"),
        panels=("why", "band"),
    )


def dashboard() -> Choice:
    """Why work pressure is back to normal."""
    return Choice(
        "dashboard",
        question="With a sixth fewer people, work pressure is nearly back to normal after some years. Why?",
        options=[
            Option(
                "What counts as a proper visit has become shorter.",
                right=True,
                says="The norm has followed the practice: 43 minutes instead of 48. Measured against the new norm "
                "there is enough time.",
            ),
            Option(
                "The people have learned to work faster.",
                right=False,
                says="Their skill is what it was. They do less in a visit, and quality shows it.",
            ),
            Option(
                "Customers have left, so there is less work.",
                right=False,
                says="They have left, and the staff was reduced with them: still 180 for each. That cannot be it.",
            ),
        ],
        explain="A measure that uses the norm as its yardstick cannot see the norm move. Measure minutes, not per cent "
        "of plan.",
    )


def half_life() -> Number:
    """Half-life of a norm."""
    return Number(
        "half_life",
        question="Under lasting overload a norm goes 63 % of its way down in 18.8 weeks (a time constant). After how "
        "many weeks has it gone HALF of the way?",
        unit="weeks",
        absolute=0.3,
        answer=lambda: _WEEKS * math.log(2.0),
        wrong=[
            Wrong(
                when=_WEEKS / 2.0,
                says="It does not go down evenly: fast at first, then more and more slowly. In half of the time it has "
                "gone 39 % of the way.",
            ),
            Wrong(when=_WEEKS * 0.5 / 0.63, says="Close, but a straight line to 63 %. The way down is a curve."),
        ],
        hint="Time constant times ln 2, and ln 2 is 0.69.",
        explain="18.8 x 0.69 = 13 weeks: one busy quarter. A whole team of newcomers may never have seen the old norm.",
    )


# --- 4. hiring back --------------------------------------------------------------------------------------------------


@functools.cache
def _yearly() -> dict[str, NDArray[np.float64]]:
    """Profit of each year, mean of six lucks: as it was, saved for two years, saved for good."""
    points: list[Mapping[str, Any]] = [{}, _TWO_YEARS, FEWER]
    made = evaluate(points, ["monthly:profit"], base=bank(), replications=6, seed=SEED, progress=False)
    monthly = made.raise_errors().values("monthly:profit")
    yearly = monthly.reshape(len(points), -1, YEARS, 12).sum(axis=3).mean(axis=1)
    return dict(zip(("as it was", "two years", "for good"), yearly, strict=True))


def guess_back() -> Guess:
    """Predict the eighth year of a bank that hired back in the third."""
    return Guess(
        "back",
        question="After two years the bank hires back, to one employee for 150 customers. By how much does the profit "
        "of the EIGHTH year differ from that of a bank that never saved?",
        unit="EUR",
        low=-300_000,
        high=300_000,
        outcome=lambda: float(_yearly()["two years"][-1] - _yearly()["as it was"][-1]),
        explain="Six years after the saving has ended the bank earns less than a bank that never saved, and even less "
        "than one that saved for good. The people are back and paid; the time they give is not, and the customers who "
        "left have not returned.",
    )


def year_by_year() -> Table:
    """The three banks, year by year."""
    return Table(
        "year_by_year",
        title="Profit of each year, thousands of EUR (mean of six lucks)",
        headings=["Year", "never saved", "saved for two years", "difference", "saved for good", "difference"],
        rows=_yearly_rows,
        says="The last row adds the years up.",
    )


def _yearly_rows() -> list[list[str]]:
    never, two, good = (_yearly()[name] / 1000.0 for name in ("as it was", "two years", "for good"))

    def row(name: str, a: float, b: float, c: float) -> list[str]:
        plain = (written(a, 0), written(b, 0), written(b - a, 0, signed=True), written(c, 0))
        return [name, *plain, written(c - a, 0, signed=True)]

    rows = [row(str(year + 1), never[year], two[year], good[year]) for year in range(YEARS)]
    return [*rows, row("all", never.sum(), two.sum(), good.sum())]


def guess_more_people() -> Guess:
    """Predict the time for a visit when more people are hired back than there were."""
    return Guess(
        "more_people",
        question="The saving has cut a visit from 48 minutes to 44. Suppose the bank then hires MORE people than it "
        "had: one for 135 customers instead of 150. How many minutes MORE does a visit get in the EIGHTH year than in "
        "the bank that hired back to 150?",
        unit="minutes",
        low=-5,
        high=10,
        outcome=lambda: 60.0 * difference(bank_that_saved(), "visit_hours.last_year", MORE),
        explain="None. They have the time, and give what has become a proper visit: about 46 minutes, with the "
        "additional people and without. Of what was lost, hardly more than half is back after six years.",
    )


def hired_back() -> Board:
    """The bank that saved for two years, and what could bring the norm back."""
    return Board(
        "hired_back",
        title="The bank that saved for two years and hired back",
        scenario=bank_that_saved(),
        controls=[
            Control(
                PER_EMPLOYEE, label="Customers per employee from the third year on", low=120, high=180, step=5, unit=""
            ),
            Control(RECOVERY, label="Lost norm regained", low=0.0003, high=0.1003, step=0.001),
        ],
        charts=(_MINUTES, _LOAD, "customers", "profit"),
        numbers=("profit_last_year", "net_present_value", "customers_end"),
        panels=("why", "band"),
    )


def what_brings_it_back() -> Choice:
    """What brings the norm back."""
    return Choice(
        "what_brings_it_back",
        question="What brings the time per visit back, in the bank that saved for two years?",
        options=[
            Option(
                "Making the old norm the norm again: showing, teaching and asking for it.",
                right=True,
                says="That is what the second slider stands for. With 5 % of what is lost regained in a month, the "
                "norm is nearly back after three years.",
            ),
            Option(
                "More people.",
                right=False,
                says="With one for 135 customers there is slack, and the visits stay short: people do what has become "
                "normal. It costs another 75,000 EUR a year and more.",
            ),
            Option(
                "Waiting.",
                right=False,
                says="At the rate of this bank, less than 1 % of what is lost comes back in a month, and only in "
                "months without overload. Oliva and Sterman found practically none.",
            ),
        ],
        explain="Capacity lets people keep a standard. It does not give them one.",
    )


def same_trap() -> Choice:
    """Where else the same structure is found."""
    return Choice(
        "same_trap",
        question="Which of these have the same shape: a saving now, a cost that hides and comes later, and a way back "
        "that is longer than the way there? (More than one.)",
        many=True,
        options=[
            Option(
                "Leaving vacancies open for half a year instead of two months.",
                right=True,
                says="The same pressure by another door. Try employees.hiring_delay in a scenario of your own.",
            ),
            Option(
                "Stopping all training.",
                right=True,
                says="Lesson 1: profit rises in the first year; skill and trust run out, and return slowly.",
            ),
            Option(
                "Negotiating a lower rent.",
                right=False,
                says="It saves now and goes on saving. Not every saving is a trap; ask what it touches.",
            ),
            Option(
                "Postponing the renewal of the tools everybody works with.",
                right=True,
                says="Workarounds become the way of working, and nobody remembers how it was meant.",
            ),
        ],
        explain="A capability is a stock: it is filled slowly and runs out slowly, so that the result of today tells "
        "of yesterday's investment. That is why the trap works.",
    )


# --- what the evidence says ------------------------------------------------------------------------------------------


def measurements() -> Table:
    """What was measured where, and what this bank takes."""

    def rows() -> list[list[str]]:
        people = bank().employees
        weeks = people.norm_erosion_months * 52.0 / 12.0
        leaver = people.turnover_cost + people.recruiting_cost / (12.0 * people.monthly_pay)
        return [
            [
                "Time for a case, by load (exponent)",
                "\N{MINUS SIGN}0.64; anew \N{MINUS SIGN}0.60",
                f"\N{MINUS SIGN}{people.pressure_exponent:.2f}",
                "one lending centre (Oliva & Sterman 2001; Dogan 2007)",
            ],
            [
                "Norm goes 63 % of the way down, weeks",
                "18.8; anew 12.5",
                f"{weeks:.1f}",
                "the same data",
            ],
            [
                "Norm comes back by itself",
                "practically none",
                f"{100.0 * people.norm_recovery:.1f} % a month",
                "the same data; here more hopeful",
            ],
            [
                "Cost of a leaver",
                "21 % of a year's pay",
                f"{100.0 * leaver:.0f} % of a year's pay",
                "typical of many studies (Boushey & Glynn 2012)",
            ],
            ["Quality, by length of visit", "nothing", "assumed", "no study that we know of"],
        ]

    return Table(
        "measurements",
        title="What was measured, and what this bank takes",
        headings=["What", "Published", "This bank", "Where"],
        rows=rows,
        says="Anew: the same data, analysed by somebody else.",
    )


def evidence_erosion() -> Evidence:
    """Eroding standards."""
    return Evidence(
        "eroding",
        title="Standards erode",
        claim="Under lasting overload people cut the time per case, and the norm follows within months.",
        strength="fair",
        sources=["Oliva & Sterman 2001", "Dogan 2007", "Oliva & Bean 2008"],
        says="Measured in one retail lending centre of a British bank, and found again in an analysis anew of its "
        "data. Careful work, and one site. It has become a simulator for managers; whether they learn from it was not "
        "measured.",
    )


def evidence_recovery() -> Evidence:
    """Recovery of standards."""
    return Evidence(
        "recover",
        title="Standards come back",
        claim="When the load falls again, standards come back by themselves.",
        strength="lore",
        sources=["often assumed; against it Oliva & Sterman 2001"],
        says="In their data the way up is so slow that it cannot be told from never. This bank lets a tenth of what is "
        "lost come back in a year: an assumption on the hopeful side.",
    )


def evidence_newcomers() -> Evidence:
    """Turnover and quality."""
    return Evidence(
        "newcomers",
        title="Those who know how it was meant",
        claim="Where more people leave, customers find the quality lower, most in large units and where many are new.",
        strength="fair",
        sources=["Hausknecht, Trevor & Howard 2009", "Park & Shaw 2013"],
        says="75 units, 5,631 employees, 59,602 customers. Over many studies a unit's performance goes together with "
        "people who leave of their own accord (-.15) and with lay-offs (-.17) alike, and hardly with dismissals "
        "(-.01). Moderate, and correlations.",
    )


def evidence_utilisation() -> Evidence:
    """Utilisation."""
    return Evidence(
        "utilisation",
        title="No slack",
        claim="The closer planned utilisation is to 100 %, the more a small surge costs.",
        strength="strong",
        sources=["queueing theory, Erlang C", "worked example of pyworkforce, recomputed"],
        says="100 calls in half an hour, three minutes each: 13 agents answer after 17 seconds on average, 12 after "
        "40, 11 after 123. That part is mathematics. What surges do to people and standards is the part that is not.",
    )


def evidence_savings() -> Evidence:
    """Against the lesson."""
    return Evidence(
        "savings",
        title="Against this lesson",
        claim="Whoever saves on service always loses in the end.",
        strength="weak",
        sources=["Hogreve, Iseke, Derfuss & Eller 2017", "Gelade & Young 2005"],
        says="The largest analysis of the service-profit chain finds that the highest quality is not always best for "
        "profit, and a test in banks found the way over satisfaction too weak to matter. On your first board one "
        "employee for 165 customers earns more than one for 150 over the eight years, and leaves customers who are "
        "worth less. Where the edge is must be found out, not believed.",
    )
