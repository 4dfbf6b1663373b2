"""Lesson 2, internal customers: the support desk, tools and training, and why employees leave."""

from __future__ import annotations

import functools

import numpy as np

from custsim.chain.employees import quit_probability
from custsim.chain.profit import hiring_cost
from custsim.lessons.firms import difference, firm, lived, shown
from custsim.scenario import Scenario
from custsim.value import erlang_c
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Wrong
from custsim.widgets.table import Table

__all__ = [
    "busy",
    "cures",
    "desk",
    "evidence_climate",
    "evidence_cost",
    "evidence_lore",
    "evidence_turnover",
    "first_year_books",
    "guess_cure",
    "guess_luck",
    "guess_support",
    "guess_wait",
    "leaver_cost",
    "leavers",
    "levers",
    "one_branch",
    "per_euro",
    "two_roads",
    "waiting",
    "where_it_goes",
    "who_is_the_customer",
]

BANK = "neighbourhood_bank"
REQUESTS, DESK, WORK = (
    "internal_service.requests",
    "internal_service.desk_staff",
    "internal_service.desk_handling_days",
)
FLOOD = {REQUESTS: 4.0}
#: what each lever of the last step is set to, with the way its label is written
LEVERS = {
    "Support +60 EUR": {"internal_service.support.spend": 120.0},
    "Rewards +80 EUR": {"internal_service.rewards.spend": 160.0},
    "Training +100 EUR": {"internal_service.training.spend": 200.0},
    "Tools +140 EUR": {"internal_service.tools.spend": 280.0},
    "Pay +5 %": {"employees.pay": 1.05},
}
#: lucks and years of the table of quits
LUCKS, YEARS = 8, 5


@functools.cache
def flooded() -> Scenario:
    """The district after the new loan system: four requests a month from everybody."""
    return firm(BANK).change(FLOOD)


# --- the desk ---------------------------------------------------------------------------------------------------


def who_is_the_customer() -> Choice:
    """Who Mirko's customers are."""
    return Choice(
        "who_is_the_customer",
        question="Mirko answers requests of colleagues: a locked account, a form that does not open, a question about "
        "a rule. Who is his customer?",
        options=[
            Option(
                "The customers of the bank: in the end everybody works for them.",
                right=False,
                says="In the end, yes. But he cannot ask them what they need, and they cannot tell him that he is "
                "slow. Ines can.",
            ),
            Option(
                "Ines and the others at the counter.",
                right=True,
                says="The next person in the process is the customer. What Ines gets from Mirko decides what she can "
                "give to hers.",
            ),
            Option(
                "Head office, which pays him.",
                right=False,
                says="Who pays is not who is served. Head office sees his costs and never waits for him.",
            ),
        ],
        explain="Internal customers are customers: they wait, they judge, and they give up asking. In custsim both "
        "desks are the same queue.",
    )


def _load(requests: float, people: int = 20) -> float:
    return people * requests * firm(BANK).internal_service.desk_handling_days / firm(BANK).time.working_days_per_month


def busy() -> Number:
    """How busy Mirko is at three requests."""
    return Number(
        "busy",
        question="20 colleagues send Mirko 3 requests a month each. A request takes 0.3 days of work, and a month has "
        "21 working days. What share of his time is he busy?",
        percent=True,
        answer=lambda: _load(3.0),
        wrong=[
            Wrong(when=3.0 * 0.3 / 21.0, says="That is the work from one colleague. There are 20."),
            Wrong(when=60.0 / 21.0, says="60 requests are not 60 days: each takes 0.3."),
            Wrong(when=_load(1.5), says="That is with one and a half requests a month, as it is today."),
        ],
        hint="Requests a month, times days of work on each, divided by 21.",
        explain="20 x 3 x 0.3 = 18 days of work in 21: 86 %.",
    )


def waiting() -> Number:
    """Time to the answer at that load."""

    def days(requests: float) -> float:
        queue = erlang_c(20 * requests / 21.0, 1.0 / 0.3, 1)
        return float(queue.mean_wait) + 0.3

    return Number(
        "waiting",
        question="For one person at a desk the mean time to an answer is work / (1 - share of time busy). How many "
        "days does it take at 3 requests a month? (Today, at 1.5, he is busy 43 % and it takes half a day.)",
        unit="days",
        answer=lambda: days(3.0),
        absolute=0.04,
        wrong=[
            Wrong(
                when=2.0 * days(1.5),
                says="Twice the requests, twice the time? Not in a queue: it is the free time that is divided by.",
            ),
            Wrong(when=0.3, says="That is the work alone. Somebody is nearly always before you."),
            Wrong(when=0.3 / 0.857, says="Divide by the share of time he is FREE, 1 - 0.857."),
        ],
        hint="0.3 divided by (1 - 0.857).",
        explain="0.3/0.143 = 2.1 days: four times as long for twice the requests. At four requests there would be 24 "
        "days of work in 21, and the formula has no answer at all.",
    )


def guess_wait() -> Guess:
    """Predict the wait at four requests."""
    return Guess(
        "wait",
        question="The new loan system makes it FOUR requests a month from everybody. How many working days does an "
        "internal answer take then, on average over five years?",
        unit="working days",
        low=0.0,
        high=60.0,
        outcome=lambda: desk().number("internal_wait", FLOOD),
        explain="Between two and three weeks. It does not grow for ever only because people stop asking and muddle "
        "through.",
    )


def desk() -> Board:
    """Mirko's desk."""
    return Board(
        "desk",
        title="The desk behind the desk",
        scenario=firm(BANK),
        controls=[
            Control(REQUESTS, label="Requests", low=0.5, high=6, step=0.25),
            Control(DESK, label="Staff of the internal desk", low=0, high=4),
            Control(WORK, label="Work on one request", low=0.1, high=0.6, step=0.05),
        ],
        charts=("internal_desk", "chain", "customers", "profit"),
        numbers=shown(
            "internal_wait",
            "employee_satisfaction.last_year",
            "satisfaction.last_year",
            "profit.first_year",
            "profit_last_year",
        ),
    )


# --- who pays ---------------------------------------------------------------------------------------------------


def first_year_books() -> Choice:
    """What the books show in the first year."""
    return Choice(
        "first_year_books",
        question="Set the requests to 4 on the board and look at the profit of the FIRST year. It has hardly changed. "
        "Why?",
        options=[
            Option(
                "Because internal waiting does no harm.",
                right=False,
                says="Look at the staff's line: it falls by three to six points. And at the profit of the last year.",
            ),
            Option(
                "Because nobody is paid for waiting, and customers have not yet felt it.",
                right=True,
                says="Waiting is on no invoice. Internal service falls, then the staff's satisfaction, then empathy at "
                "the counter. A year is too short for the end of the chain.",
            ),
            Option(
                "Because Mirko works more.",
                right=False,
                says="He cannot: 24 days of work do not fit into 21. That is why the queue grows.",
            ),
        ],
        explain="Internal queues cost nothing in the books of the department that has them. So they are cut first and "
        "noticed last.",
    )


def guess_cure() -> Guess:
    """Predict what a second person at the desk brings."""
    return Guess(
        "cure",
        question="With four requests from everybody, Mirko asks for a second person (38,000 EUR a year). The waiting "
        "ends at once. How much MORE or LESS profit does the district make over the FIVE years together, compared with "
        "leaving the queue as it is?",
        unit="EUR",
        low=-400_000.0,
        high=400_000.0,
        outcome=lambda: difference(flooded(), "profit.total", {DESK: 2}),
        explain="Less. In this district the queue costs some 3,000 to 67,000 EUR in five years, the second person "
        "190,000. The waiting is real, and hiring is the most expensive way to end it.",
    )


def cures() -> Board:
    """Three cures for the flood."""
    return Board(
        "cures",
        title="After the new system: three cures",
        scenario=flooded(),
        controls=[
            Control(DESK, label="Staff of the internal desk", low=0, high=3),
            Control(WORK, label="Work on one request", low=0.1, high=0.4, step=0.05),
            Control(REQUESTS, label="Requests", low=1, high=5, step=0.25),
        ],
        charts=("internal_desk", "chain", "profit"),
        numbers=shown("internal_wait", "employee_satisfaction.last_year", "satisfaction.last_year", "profit.total"),
    )


def where_it_goes() -> Choice:
    """Look for the cause."""
    return Choice(
        "where_it_goes",
        question="What should Hanna do first?",
        options=[
            Option(
                "Hire: a queue is a lack of people.",
                right=False,
                says="It ends the waiting, and costs three times what the waiting does in this district, and more. "
                "Where ten people at a desk serve 200 colleagues, ONE more would end it for all of them; there it may "
                "well be right.",
            ),
            Option(
                "Find out what the requests are, and end the most frequent ones.",
                right=True,
                says="From four requests back to three, or from 0.3 to 0.2 days of work: both bring the queue below "
                "the edge. What that costs is not on the board; it is worth up to what the queue costs.",
            ),
            Option(
                "Nothing: it does not show in profit.",
                right=False,
                says="In the last year it does, in most lucks, by 10,000 EUR and more. And people who have stopped "
                "asking are hard to win back.",
            ),
        ],
        explain="A queue has three handles: people, work on each case, and cases. The last two are usually cheaper, "
        "and seldom tried first.",
    )


# --- why employees leave ----------------------------------------------------------------------------------------


@functools.cache
def quits() -> tuple[tuple[int, ...], ...]:
    """Quits in each year of the unchanged district, one row a luck."""
    found = []
    for seed in range(1, LUCKS + 1):
        months = lived(BANK, seed=seed).monthly["quits"].to_numpy()
        found.append(tuple(int(year.sum()) for year in np.split(months, YEARS)))
    return tuple(found)


def guess_luck() -> Guess:
    """Predict the range of pure luck."""
    return Guess(
        "luck",
        question="Nothing changes: 20 people, the same satisfaction, between four and five of them leave in an average "
        "year. We live the same five years in eight different lucks: forty years. How many leave in the WORST of these "
        "years?",
        unit="people",
        low=0.0,
        high=20.0,
        outcome=lambda: float(max(max(row) for row in quits())),
        explain="Twice the mean and more, with nobody to blame. And in the best year nobody leaves, with nobody to "
        "praise.",
    )


def one_branch() -> Table:
    """The forty years."""
    return Table(
        "forty_years",
        title="How many left: the same district in eight lucks",
        headings=["Luck", *(f"Year {year}" for year in range(1, YEARS + 1)), "In all"],
        rows=lambda: [[str(n), *(str(year) for year in row), str(sum(row))] for n, row in enumerate(quits(), start=1)],
        says="Same people, same work, same pay. Would you have praised the head of luck 1 in year 5, and dismissed the "
        "one of luck 5?",
    )


def _leavers(satisfaction: float) -> float:
    """Expected number of 20 who leave in a year, as each monthly chance goes."""
    law = firm(BANK).employees
    monthly = float(quit_probability(satisfaction, law.quit_hazard, law.quit_sensitivity, law.satisfaction))
    return 20.0 * 12.0 * monthly


def leavers() -> Number:
    """Expected leavers at ten points less."""
    return Number(
        "leavers",
        question="In the model the chance to leave rises by the factor exp(0.02) for each point that satisfaction "
        "falls. At 65 points 4.6 of 20 people leave in a year. How many at 55? (exp(0.2) is 1.22.)",
        unit="people",
        answer=lambda: _leavers(0.55),
        absolute=0.12,
        wrong=[
            Wrong(when=4.6 * 1.02, says="That is for one point less. Here it is ten: the factor works ten times."),
            Wrong(when=4.6 / 1.22, says="Turned round: the less satisfied leave more."),
            Wrong(when=14.6, says="A point is not a person. Multiply 4.6 by 1.22."),
        ],
        hint="4.6 times exp(0.2).",
        explain="5.6: one more in a year. A real effect, and invisible in one district, where luck alone moves the "
        "number between 0 and 10. Over a firm of 150 districts it is 150 people a year.",
    )


def leaver_cost() -> Number:
    """What one leaver costs."""
    law = firm(BANK).employees

    def cost() -> float:
        return law.turnover_cost * 12.0 * law.monthly_pay + float(
            hiring_cost(law.hiring_delay, law.recruiting_cost, 2.0)
        )

    return Number(
        "leaver_cost",
        question="A leaver costs 17 % of a year's pay (lost work, training) and 1,500 EUR to recruit. Pay is 3,150 EUR "
        "a month. What does one leaver cost?",
        unit="EUR",
        answer=cost,
        wrong=[
            Wrong(when=0.17 * 12 * 3150, says="And recruiting? 1,500 EUR more."),
            Wrong(when=0.17 * 3150 + 1500, says="17 % of a YEAR's pay, not of a month's."),
            Wrong(
                when=12 * 3150.0,
                says="A year's pay is what vendors like to quote. Careful studies find about a fifth of it.",
            ),
        ],
        hint="A year's pay is 12 x 3,150. Take 17 % of it, then add the recruiting.",
        explain="6,426 + 1,500 = 7,926 EUR: 21 % of a year's pay, the typical figure of careful studies. What "
        "customers lose by the newcomer's first months comes on top, along the chain.",
    )


# --- where a euro goes furthest ---------------------------------------------------------------------------------


def guess_support() -> Guess:
    """Predict what doubled support does."""
    return Guess(
        "support",
        question="Support (help, supervision, somebody to ask) is doubled, from 60 to 120 EUR an employee and month: "
        "about 14,000 EUR a year. By how many points of 100 is the STAFF more content in the fifth year?",
        unit="points",
        low=0.0,
        high=20.0,
        outcome=lambda: difference(BANK, "employee_satisfaction.last_year", LEVERS["Support +60 EUR"]),
        explain="About two points. That is nearly what 5 % more pay brings, for less than half of the money. And "
        "doubling does not bring twice as much: the first euros do most.",
    )


def levers() -> Board:
    """Five levers on the staff."""
    return Board(
        "levers",
        title="Five ways to content staff",
        scenario=firm(BANK),
        controls=[
            Control("internal_service.tools.spend", label="Tools", low=0, high=420, step=10),
            Control("internal_service.training.spend", label="Training", low=0, high=300, step=10),
            Control("internal_service.support.spend", label="Support", low=0, high=180, step=10),
            Control("internal_service.rewards.spend", label="Rewards", low=0, high=240, step=10),
            Control("employees.pay", label="Pay against the market", low=0.9, high=1.1, step=0.01),
        ],
        charts=("chain", "employees", "customers", "profit"),
        numbers=shown(
            "employee_satisfaction.last_year",
            "satisfaction.last_year",
            "turnover",
            "profit.first_year",
            "profit_last_year",
        ),
    )


@functools.cache
def bought() -> dict[str, tuple[float, float, float]]:
    """What each lever costs a year, and its points of staff and of customers in the fifth year."""
    found = {}
    for name, changes in LEVERS.items():
        cost = sum(difference(BANK, f"{column}.first_year", changes) for column in ("internal_service_cost", "pay"))
        staff = difference(BANK, "employee_satisfaction.last_year", changes)
        found[name] = (cost, staff, difference(BANK, "satisfaction.last_year", changes))
    return found


def per_euro() -> Table:
    """Points for 10,000 EUR a year."""

    def rows() -> list[list[str]]:
        return [
            [
                name,
                f"{cost:,.0f}",
                f"{staff:.1f}",
                f"{customers:.2f}",
                f"{1e4 * staff / cost:.1f}",
                f"{1e4 * customers / cost:.2f}",
            ]
            for name, (cost, staff, customers) in bought().items()
        ]

    return Table(
        "per_euro",
        title="What is bought, in the fifth year",
        headings=[
            "Lever",
            "EUR a year",
            "Staff, points",
            "Customers, points",
            "Staff for 10,000 EUR",
            "Customers for 10,000 EUR",
        ],
        rows=rows,
        says="Each lever alone, in the boards' luck. EUR a year: for the 18 people who are there on average, since a "
        "vacancy takes time to fill.",
    )


def two_roads() -> Choice:
    """Which lever for which aim."""
    return Choice(
        "two_roads",
        question="Which of these does the table say? (More than one.)",
        many=True,
        options=[
            Option(
                "For the mood of the staff, support gives most for the money.",
                right=True,
                says="It helps where people are stuck, and it is cheap.",
            ),
            Option(
                "For customers, training and tools give most for the money.",
                right=True,
                says="They reach customers by two roads: the mood, and what people are able to do.",
            ),
            Option(
                "More pay is the surest way to more satisfied customers.",
                right=False,
                says="It is the dearest: its customers' column is the smallest of all.",
            ),
            Option(
                "Whatever pleases the staff most pleases customers most.",
                right=False,
                says="Compare the two last columns: the order is not the same.",
            ),
        ],
        explain="Ask of every measure for employees: by which road does it reach the customer? Some do by none, and "
        "may be right all the same: people are not only a link.",
    )


# --- evidence ---------------------------------------------------------------------------------------------------


def evidence_turnover() -> Evidence:
    """Satisfaction and turnover."""
    return Evidence(
        "turnover_evidence",
        title="Who leaves, and what it does",
        claim="Units with less content staff lose more people, and units that lose more people serve worse.",
        strength="strong",
        sources=["Harter, Schmidt & Hayes 2002", "Hausknecht, Trevor & Howard 2009", "Park & Shaw 2013"],
        says="Correlations of about -.30 to -.36 between satisfaction and turnover of 7,939 units; of -.15 between "
        "turnover and performance over some 300 samples. Moderate, and visible only over many units.",
    )


def evidence_climate() -> Evidence:
    """Internal service."""
    return Evidence(
        "climate",
        title="Help aimed at service",
        claim="Help for the staff that is aimed at service does more for customers than general kindness.",
        strength="fair",
        sources=["Hong, Liao, Hu & Jiang 2013", "Hogreve, Iseke, Derfuss & Eller 2017"],
        says="58 samples: service-minded personnel work and leadership go more closely with customers' judgement than "
        "general ones. Internal quality also acts by other roads than satisfaction.",
    )


def evidence_cost() -> Evidence:
    """Cost of turnover."""
    return Evidence(
        "turnover_cost",
        title="What a leaver costs",
        claim="Losing an employee costs about a fifth of a year's pay.",
        strength="fair",
        sources=["Boushey & Glynn 2012"],
        says="Typical is 21 %. Figures of 100 to 300 %, quoted by vendors, are not evidence. The "
        "dearest posts do cost more.",
    )


def evidence_lore() -> Evidence:
    """Lore on people leaving."""
    return Evidence(
        "managers",
        title="Why people leave",
        claim="People do not leave companies, they leave their managers.",
        strength="lore",
        sources=["often said; no source that we know of"],
        says="Managers matter, and so do pay, work, luck and another offer. Individually satisfaction explains little "
        "of who leaves; and of a single branch's turnover most is chance, as you have seen.",
    )
