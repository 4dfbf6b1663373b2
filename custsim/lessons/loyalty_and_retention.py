"""Lesson 5, loyalty and retention: the curve, captive and competitive, and five points of retention taken apart."""

from __future__ import annotations

import functools

import numpy as np

from custsim.chain.loyalty import discontent
from custsim.lessons.firms import difference, firm, lived, measured, shown
from custsim.measure import snapshots
from custsim.simulation.population import CUSTOMER
from custsim.value import clv, expected_lifetime
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Wrong
from custsim.widgets.table import Table

__all__ = [
    "boxes",
    "curves",
    "doubled_life",
    "evidence_curve",
    "evidence_lore",
    "evidence_reasons",
    "evidence_tenure",
    "five_points",
    "four_kinds",
    "free_points",
    "guess_bank_curve",
    "guess_operator_curve",
    "guess_released",
    "guess_rescue",
    "relative",
    "released",
    "satisfied_enough",
    "thought_experiment",
    "value_gain",
    "what_is_missing",
]

BANK, OPERATOR = "neighbourhood_bank", "mobile_operator"
BINDING, STAFFING = "loyalty.switching_cost", "employees.customers_per_employee"
RELEASED = {BINDING: 0.2}
RESCUED = {BINDING: 0.2, STAFFING: 560.0}
GIVEN = {"loyalty.churn": 0.006}

#: reported satisfaction from which on, and below which, a customer is in a box
BOXES = {"90 and above": (0.90, 1.01), "65 to 90": (0.65, 0.90), "50 to 65": (0.50, 0.65), "below 50": (0.0, 0.50)}
#: lucks whose customers are counted together
BOX_LUCKS = (1, 2, 3, 4, 5)


# --- the curve --------------------------------------------------------------------------------------------------


def _times(name: str, low: float = 0.5, high: float = 0.9) -> float:
    """How many times as fast customers of satisfaction ``low`` leave as those of ``high``, all else alike."""
    law = firm(name).loyalty
    return float(discontent(low, law.top, law.floor, law.exponent) / discontent(high, law.top, law.floor, law.exponent))


def guess_bank_curve() -> Guess:
    """Predict the curve under competition."""
    return Guess(
        "bank_curve",
        question="At the neighbourhood bank, where three other banks are across the street: customers with a "
        "satisfaction of 50 leave how many times as fast as customers with 90 (all else alike)?",
        unit="times",
        low=0.0,
        high=50.0,
        outcome=lambda: _times(BANK),
        explain="About twelve times. Most of it happens near the top: from 80 to 90 leaving falls to a fifth.",
    )


def guess_operator_curve() -> Guess:
    """Predict the curve of captives."""
    return Guess(
        "operator_curve",
        question="And at the mobile operator, with contracts, instalments and a number one does not want to lose?",
        unit="times",
        low=0.0,
        high=50.0,
        outcome=lambda: _times(OPERATOR),
        explain="One and a half times. What holds them is not satisfaction.",
    )


def curves() -> Table:
    """The law of both firms, point by point."""

    def rows() -> list[list[str]]:
        found = []
        for index in (30, 50, 60, 70, 80, 90):
            cells = [str(index)]
            for name in (BANK, OPERATOR):
                law, reference = firm(name).loyalty, firm(name).loyalty.satisfaction_reference
                here, usual = (
                    float(discontent(s, law.top, law.floor, law.exponent)) for s in (index / 100.0, reference)
                )
                cells.append(f"{here / usual:.1f}")
            found.append(cells)
        return found

    return Table(
        "curves",
        title="How fast customers leave, against the firm's usual customer (= 1)",
        headings=["Satisfaction", "Bank (competitive)", "Operator (captive)"],
        rows=rows,
        says="Read the columns downwards: where does one more point of satisfaction matter most?",
    )


@functools.cache
def left_by_box(name: str, seed: int = 1) -> tuple[tuple[int, float], ...]:
    """Customers in each box at the end of year 3, and the share of them gone a year later."""
    before, after = snapshots(lived(name, seed=seed, months=48), [35, 47])
    there = before.people.state == CUSTOMER
    stayed = (after.people.state == CUSTOMER) & (after.people.changed <= 35)
    found = []
    for low, high in BOXES.values():
        box = there & (before.said >= low) & (before.said < high)
        found.append((int(box.sum()), 1.0 - float(np.mean(stayed[box]))))
    return tuple(found)


def boxes_together(name: str) -> tuple[tuple[int, float], ...]:
    """The same, with the customers of several lucks counted together: the best box of one luck is small."""
    found = []
    for one in zip(*(left_by_box(name, seed) for seed in BOX_LUCKS), strict=True):
        customers = sum(number for number, _ in one)
        found.append((customers, sum(number * share for number, share in one) / customers))
    return tuple(found)


def boxes() -> Table:
    """Who really left, by box."""

    def rows() -> list[list[str]]:
        return [
            [name, *(cell for number, share in both for cell in (f"{number:,}", f"{100 * share:.0f} %"))]
            for name, *both in zip(BOXES, boxes_together(BANK), boxes_together(OPERATOR), strict=True)
        ]

    return Table(
        "boxes",
        title="Satisfaction today, gone a year later",
        headings=["Satisfaction", "Bank: customers", "gone", "Operator: customers", "gone"],
        rows=rows,
        says="Simulated persons, counted as a firm could count them; those of five lucks together, since in one there "
        "are few in the best box. Small boxes are noisy: look at the number of customers.",
    )


def satisfied_enough() -> Choice:
    """The satisfied are not safe."""
    return Choice(
        "satisfied_enough",
        question="The bank's board: '82 % of our customers are satisfied (65 and above). So at most 18 % are at risk.' "
        "What is wrong?",
        options=[
            Option(
                "Nothing: satisfied customers stay.",
                right=False,
                says="Look at the table. Most of those who left within the year had been satisfied: 13 to 15 % of the "
                "satisfied go, and there are many of them.",
            ),
            Option(
                "Under competition the merely satisfied leave several times as often as the very satisfied.",
                right=True,
                says="In the table about three times; at Xerox, in the study that made the point famous, it was six. "
                "'Satisfied' hides that difference.",
            ),
            Option(
                "Satisfaction has nothing to do with leaving.",
                right=False,
                says="At the bank it has, a great deal, but most of it happens near the top. At the operator it has "
                "little.",
            ),
        ],
        explain="Under competition look at the share of VERY satisfied customers, not of the satisfied.",
    )


# --- hostages ---------------------------------------------------------------------------------------------------


def guess_released() -> Guess:
    """Predict what happens when leaving becomes easy."""
    return Guess(
        "released",
        question="The regulator makes leaving easy: from the first month on contracts end at once and the number moves "
        "along. Until now the operator has lost some 700 of its 4,000 customers in a year. How many does it lose in "
        "the FIRST YEAR after the release?",
        unit="customers",
        low=0.0,
        high=4_000.0,
        outcome=lambda: measured(OPERATOR, "left.first_year", RELEASED),
        explain="Nearly twice as many. Their satisfaction did not change by a point.",
    )


def guess_rescue() -> Guess:
    """Predict what better service saves at that moment."""
    return Guess(
        "rescue",
        question="In the same month the operator hires: 560 customers for each employee instead of 680. How many "
        "customers more will it have after five years than without the hiring (it will have about 2,500)?",
        unit="customers",
        low=-500.0,
        high=2_000.0,
        outcome=lambda: difference(OPERATOR, "customers_end.last", RESCUED, before=RELEASED),
        explain="Some, but in most lucks too few to pay for the people. Satisfaction moves slowly, and its effect on "
        "staying is small where people stayed for other reasons.",
    )


def released() -> Board:
    """Bind customers, or let them go."""
    return Board(
        "hostages",
        title="The operator on the day the doors open",
        scenario=firm(OPERATOR),
        controls=[
            Control(BINDING, label="What binds customers", low=0, high=1.5, step=0.1, unit=""),
            Control(STAFFING, label="Customers per employee", low=480, high=880, step=20),
            Control("loyalty.offer_rate", label="Leavers met with an offer", low=0, high=0.75, step=0.05),
        ],
        charts=("chain", "flows", "customers", "profit"),
        numbers=shown(
            "satisfaction", "retention", "left.first_year", "customers_end", "profit.first_year", "profit_last_year"
        ),
    )


def four_kinds() -> Choice:
    """Apostle, mercenary, hostage, defector."""
    return Choice(
        "four_kinds",
        question="Jones & Sasser tell four kinds of customers apart. Which of these is a HOSTAGE?",
        options=[
            Option(
                "Ms Aydin is delighted with the bank and brings her neighbours.",
                right=False,
                says="Satisfied and loyal: a loyalist, and since she talks, an apostle.",
            ),
            Option(
                "Mr Lund is content with the bank and moves his money for a tenth of a per cent.",
                right=False,
                says="Satisfied and not loyal: a mercenary.",
            ),
            Option(
                "Mr Novak hates his operator and has stayed for six years; his contract renews itself.",
                right=True,
                says="Dissatisfied and staying, because he must or believes so. In the books he looks exactly like a "
                "loyalist.",
            ),
            Option(
                "Ms Okafor left after the second wrong bill and tells everybody.",
                right=False,
                says="Dissatisfied and gone: a defector; and since she talks, what they call a terrorist.",
            ),
        ],
        explain="Retention alone cannot tell loyalists from hostages. Ask what would happen if leaving were easy.",
    )


# --- five points on paper ---------------------------------------------------------------------------------------


def relative() -> Number:
    """Points and per cent."""
    return Number(
        "relative",
        question="Retention is 60 % a year. A consultant promises '5 % more retention'. If he means 5 per cent OF IT, "
        "what will it be?",
        percent=True,
        answer=lambda: 0.60 * 1.05,
        absolute=0.001,
        wrong=[
            Wrong(when=0.65, says="That is five percentage POINTS. Five per cent of 60 are three points."),
            Wrong(when=0.62, says="That is five per cent of the 40 % who leave, two points. A third possible reading!"),
        ],
        hint="What is five per cent of 60?",
        explain="63 %. Five points would make 65 %. Ask which of the two is meant before you discuss what it is worth.",
    )


def doubled_life() -> Number:
    """Halved defection doubles mean life."""
    return Number(
        "doubled_life",
        question="A firm loses 10 % of its customers a year, then 5 %: five points of retention. By how many YEARS "
        "does the mean time as a customer rise?",
        unit="years",
        answer=lambda: float(expected_lifetime(retention=0.95)) - float(expected_lifetime(retention=0.90)),
        wrong=[
            Wrong(when=20.0, says="20 years is the new mean. By how many did it rise?"),
            Wrong(when=0.5, says="Five per cent of ten years? The mean life is 1 divided by the share who leave."),
            Wrong(
                when=5.0,
                says="Points are not years. The mean life is 1 divided by the share who leave: 1/0.10, then 1/0.05.",
            ),
        ],
        hint="The mean life is 1 divided by the share who leave in a year.",
        explain="From 1/0.10 = 10 to 1/0.05 = 20 years. The five points sound small; they HALVED defection. That is "
        "where the famous figure has its power from.",
    )


def value_gain() -> Number:
    """What it does to value."""
    worth = {r: float(clv(margin=1.0, retention=r, discount=0.10)) for r in (0.90, 0.95)}
    return Number(
        "value_gain",
        question="By how many per cent does the VALUE of a customer rise, at a discount rate of 10 %? (Value = margin "
        "x 1.1/(1.1 - r).)",
        percent=True,
        answer=lambda: worth[0.95] / worth[0.90] - 1.0,
        tolerance=0.02,
        wrong=[
            Wrong(
                when=1.0,
                says="The mean life doubles, but the years won lie far in the future and are worth less today.",
            ),
            Wrong(when=0.05 / 0.90, says="That is how retention changes. Put both into the formula."),
            Wrong(when=1.0 - worth[0.90] / worth[0.95], says="You divided by the new value. Compare with the old one."),
        ],
        hint="1.1/0.20 and 1.1/0.15.",
        explain="5.50 and 7.33 margins: 33 % more. Without discounting it would be 100 %; from 70 to 75 % retention it "
        "would be 14 %. The famous range is arithmetic. It needs no experiment, and it says nothing about cost.",
    )


# --- five points bought -----------------------------------------------------------------------------------------


def free_points() -> Guess:
    """Predict what points from heaven bring."""
    return Guess(
        "free_points",
        question="Suppose Hanna's customers simply become more faithful, for nothing: leaving falls from 1.05 to 0.6 % "
        "a month, some four points of yearly retention. By how many per cent is the profit of the FIFTH YEAR higher?",
        unit="%",
        low=0.0,
        high=300.0,
        outcome=lambda: 100.0 * difference(BANK, "profit.last_year", GIVEN) / measured(BANK, "profit.last_year"),
        explain="Here it about doubles; in other lucks it is between half as much again and a little more than double. "
        "The bank's fixed costs are paid already, so most of what additional customers bring is profit. So the famous "
        "figures are no exaggeration, IF the points are free.",
    )


def five_points() -> Board:
    """Points from heaven, and points that are bought."""
    return Board(
        "five_points",
        title="Some points of retention at Hanna's bank",
        scenario=firm(BANK),
        controls=[
            Control("loyalty.churn", label="Leaving, a month (a gift of fate)", low=0.003, high=0.02, step=0.0005),
            Control(
                BINDING,
                label="Loyalty programme (binds; costs 6 EUR a head and unit)",
                low=0,
                high=0.8,
                step=0.1,
                unit="",
            ),
            Control("loyalty.offer_rate", label="Leavers met with an offer", low=0, high=0.5, step=0.05),
            Control("internal_service.training.spend", label="Training", low=0, high=300, step=10),
            Control("complaints.ease", label="Ease of complaining", low=0, high=1, step=0.05),
        ],
        charts=("churn", "customers", "satisfaction", "profit"),
        numbers=shown("retention", "lifetime_value", "profit.first_year", "profit_last_year", "net_present_value"),
    )


def thought_experiment() -> Choice:
    """The same points, bought."""
    return Choice(
        "thought_experiment",
        question="On the board, get about four points of retention by the loyalty programme (0.5). The lifetime value "
        "rises by about a quarter, nearly as with the gift of fate. What about the net present value of five years?",
        options=[
            Option(
                "It rises about as much as with the gift.",
                right=False,
                says="The gift brings 500,000 EUR and more; the programme at most a quarter of it.",
            ),
            Option(
                "It rises a little: most of the gain goes into the programme.",
                right=True,
                says="9,000 EUR a month are paid for every customer, also for those who would have stayed anyway. In "
                "one of five lucks nothing is left.",
            ),
            Option(
                "It falls deeply: loyalty programmes never pay.",
                right=False,
                says="Here it pays a little in most lucks. Fewer units pay as much: try 0.2.",
            ),
        ],
        explain="Lifetime value does not contain what the firm spends on everybody. A lever has to be judged by profit "
        "as well.",
    )


def what_is_missing() -> Choice:
    """What the famous sentence leaves out."""
    return Choice(
        "what_is_missing",
        question="'Five per cent more retention means 25 to 85 % more profit.' What does the sentence leave out? (More "
        "than one.)",
        many=True,
        options=[
            Option(
                "Whether five points or five per cent are meant.",
                right=True,
                says="Points: defection was halved in the examples.",
            ),
            Option("What the points cost.", right=True, says="On your board the cost ate most of the gain."),
            Option(
                "Whether the firm can have them at all.",
                right=True,
                says="Offers to half of all leavers brought one point and a half.",
            ),
            Option(
                "That retention has no influence on profit.",
                right=False,
                says="It has a large one, as you have seen. The sentence is not wrong in that.",
            ),
        ],
        explain="As arithmetic the sentence is right; as advice it is half a sentence.",
    )


# --- evidence ---------------------------------------------------------------------------------------------------


def evidence_lore() -> Evidence:
    """5 % = 25-85 %."""
    return Evidence(
        "lore_25_85",
        title="Five per cent",
        claim="Five per cent more retention is 25 to 85 % more profit.",
        strength="lore",
        sources=["Reichheld & Sasser 1990, as it is quoted", "Heskett et al. 1994", "critique: Sharp"],
        says="Arithmetic about halved defection, not an experiment; you have just done it. At ten per cent discount "
        "the value of a customer rises by a third.",
    )


def evidence_curve() -> Evidence:
    """The curve."""
    return Evidence(
        "curve",
        title="The curve",
        claim="Loyalty in behaviour rises ever more steeply with satisfaction where customers can choose, and hardly "
        "where they cannot.",
        strength="fair",
        sources=["Jones & Sasser 1995", "Mittal & Kamakura 2001", "Kumar, Dalla Pozza & Ganesh 2013"],
        says="100,040 car buyers: intentions flatten with satisfaction, purchases steepen. The difference between "
        "markets rests on few cases, among them Xerox's factor of six. Satisfaction alone explains little of loyalty.",
    )


def evidence_reasons() -> Evidence:
    """Why people switch."""
    return Evidence(
        "reasons",
        title="Why people switch",
        claim="People switch because of failures, encounters and prices; competitors' attraction alone is seldom the "
        "reason.",
        strength="fair",
        sources=["Keaveney 1995"],
        says="Some 800 incidents told by 500 people, several reasons in many of them. Told afterwards, so remembered "
        "and put in order.",
    )


def evidence_tenure() -> Evidence:
    """Loyal and profitable."""
    return Evidence(
        "tenure",
        title="Loyal and profitable",
        claim="Loyal customers are the profitable ones.",
        strength="weak",
        sources=["Reinartz & Kumar 2000", "Reinartz & Kumar 2002"],
        says="Over 16,000 customers of four firms: the two went together with r of .20 to .45. Some of the "
        "long-standing ones cost more than they bring, some of the most profitable stay only briefly.",
    )
