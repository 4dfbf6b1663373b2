"""Lesson 3, satisfaction: what was expected, must-be and attractive, what a survey sees and what it misses."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd

from custsim import measure
from custsim.chain.satisfaction import encounter_satisfaction
from custsim.chain.service_quality import kano
from custsim.lessons.firms import difference, firm, lived, shown
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Wrong
from custsim.widgets.table import Table

__all__ = [
    "ask_more",
    "dimensions",
    "evidence_expectation",
    "evidence_index",
    "evidence_kano",
    "evidence_lore",
    "felt",
    "first_to_improve",
    "guess_felt",
    "guess_no_rewards",
    "guess_promise",
    "guess_score",
    "guess_taken_for_granted",
    "guess_truth",
    "importance",
    "index",
    "kinds",
    "opportunity",
    "paired",
    "promise",
    "quarters",
    "recommendation",
    "shortfall",
    "slogan",
    "steps",
    "surplus",
    "what_pulls",
]

HOTEL, BANK = "hotel", "neighbourhood_bank"
PROMISE, REWARDS, TOOLS = "satisfaction.promise", "internal_service.rewards.spend", "internal_service.tools.spend"
EMPATHY = ("segments[0].empathy_kind", "segments[1].empathy_kind")
PROMISED = {PROMISE: 0.1}
UNREWARDED = {REWARDS: 0.0}
GRANTED = dict.fromkeys(EMPATHY, "must_be")

#: answers of 100 guests to "would you recommend us?": 9-10, 7-8, 0-6
ANSWERS = {"promoters": 45, "passives": 30, "detractors": 25}
#: months at whose end guests are asked in the table of quarters
QUARTERS = (11, 14, 17, 20, 23, 26, 29, 32)
_SURVEYS = measure.SurveyDesign(sample=400)
_LARGE = measure.SurveyDesign(sample=3000)


# --- expectations -----------------------------------------------------------------------------------------------


def _judged(perceived: float, expected: float) -> float:
    law = firm(HOTEL).satisfaction
    return 100.0 * float(encounter_satisfaction(perceived, expected, law.surprise_effect, law.loss_aversion))


def shortfall() -> Number:
    """Less than expected."""
    return Number(
        "shortfall",
        question="A guest expects 80 of 100 and finds 70. In the model satisfaction is what is found, less 0.30 x 2.25 "
        "= 0.675 points for each point that is missing. How satisfied is the guest?",
        unit="points",
        answer=lambda: _judged(0.70, 0.80),
        absolute=0.3,
        wrong=[
            Wrong(when=70.0, says="That is what was found. Being disappointed costs something on top."),
            Wrong(when=60.0, says="You took the whole gap off. Only 0.675 of each missing point counts."),
            Wrong(
                when=67.0, says="0.30 is the weight of a pleasant surprise. A disappointment weighs 2.25 times as much."
            ),
        ],
        hint="Ten points are missing. 70 less 10 x 0.675.",
        explain="70 - 6.75 = 63.25.",
    )


def surplus() -> Number:
    """More than expected."""
    return Number(
        "surplus",
        question="Another guest expects 70 and finds 80. For each point MORE than expected satisfaction rises by 0.30. "
        "How satisfied is this one?",
        unit="points",
        answer=lambda: _judged(0.80, 0.70),
        absolute=0.3,
        wrong=[
            Wrong(when=86.75, says="You used the weight of a disappointment. A surplus counts only 0.30 a point."),
            Wrong(when=80.0, says="That is what was found. A pleasant surprise adds a little."),
            Wrong(when=90.0, says="You added the whole gap. Only 0.30 of each point counts."),
        ],
        hint="80 plus 10 x 0.30.",
        explain="80 + 3 = 83. The same ten points gave 3 up and 6.75 down: losses weigh more than gains.",
    )


def guess_promise() -> Guess:
    """Predict what a promise does that is not kept."""
    return Guess(
        "promised",
        question="The campaign promises ten points more than the hotel delivers. New guests arrive with that in mind. "
        "How many regular guests more or fewer will the hotel have after five years (of about 3,700)?",
        unit="guests",
        low=-1_000.0,
        high=1_000.0,
        outcome=lambda: difference(HOTEL, "customers_end.last", PROMISED),
        explain="Some 30 fewer, and about 100,000 EUR and more less profit in five years. Expectations sink to what is "
        "found within some visits; but the first visits are what decides whether there will be more.",
    )


def promise() -> Board:
    """Promise more, or less, than is delivered."""
    return Board(
        "promise",
        title="Giulia's hotel: what the advertisement promises",
        scenario=firm(HOTEL),
        controls=[
            Control(
                PROMISE,
                label="Promise above delivery (0.1: ten points)",
                low=-0.2,
                high=0.2,
                step=0.01,
                percent=False,
                unit="",
            )
        ],
        charts=("satisfaction", "word_of_mouth", "customers", "profit"),
        numbers=shown("satisfaction.first_year", "satisfaction.last_year", "warnings", "customers_end", "profit.total"),
    )


def slogan() -> Choice:
    """When a promise may still be right."""
    return Choice(
        "slogan",
        question="On the board a promise never brings anything. So hotels should promise as little as possible?",
        options=[
            Option(
                "Yes, the board shows it.",
                right=False,
                says="The board shows only one half: what guests feel who have come. In this model nobody comes "
                "because of a promise.",
            ),
            Option(
                "No: a promise also brings guests, and the board leaves that out.",
                right=True,
                says="What the board tells is the price of a promise that is not kept. What it brings in new guests "
                "must be known from elsewhere, and must be worth more.",
            ),
            Option(
                "No: expectations do not matter in the long run.",
                right=False,
                says="They adapt, but new guests come every month, and each brings the promise along.",
            ),
        ],
        explain="Always ask what a model leaves out before you let it give advice.",
    )


# --- dimensions -------------------------------------------------------------------------------------------------


def dimensions() -> Table:
    """What guests weigh, by kind of guest."""

    def rows() -> list[list[str]]:
        business, leisure = firm(HOTEL).segments
        words = {"must_be": "must be", "linear": "the more the better", "attractive": "attractive"}
        return [
            [
                name.capitalize(),
                *(
                    cell
                    for one in (business, leisure)
                    for cell in (f"{getattr(one, f'{name}_weight'):.0f}", words[getattr(one, f"{name}_kind")])
                ),
            ]
            for name in ("reliability", "assurance", "tangibles", "empathy", "responsiveness")
        ]

    return Table(
        "dimensions",
        title="What guests of this hotel weigh, of 100, and how they feel it",
        headings=["Dimension", "Business guests", "felt as", "Leisure guests", "felt as"],
        rows=rows,
        says="Set by us in the scenario: a survey will have to find it out.",
    )


def guess_felt() -> Guess:
    """Predict how a must-be dimension is felt when it fails."""

    def outcome() -> float:
        quality = firm(HOTEL).service_quality
        return 100.0 * float(kano(0.50, quality.anchor, quality.kano_curvature))

    return Guess(
        "felt_failure",
        question="Clean rooms are a MUST for leisure guests. Usually they are at 78 of 100, and that is felt as 78. "
        "Now they fall to 50. As what is that felt?",
        unit="points",
        low=0.0,
        high=100.0,
        outcome=outcome,
        explain="As about 40: a must that fails hurts more than it measures. Had it been an attractive extra, 50 would "
        "have felt like 57.",
    )


def felt() -> Table:
    """The three curves."""

    def rows() -> list[list[str]]:
        quality = firm(HOTEL).service_quality
        bend = quality.kano_curvature
        return [
            [f"{level}", *(f"{100 * float(kano(level / 100, quality.anchor, b)):.0f}" for b in (bend, 0.0, -bend))]
            for level in (40, 50, 60, 70, 78, 85, 90, 95)
        ]

    return Table(
        "felt",
        title="What is delivered, and as what it is felt",
        headings=["Delivered", "Must be", "The more the better", "Attractive"],
        rows=rows,
        says="At 78, the usual level, all three agree. Compare upwards and downwards.",
    )


def guess_no_rewards() -> Guess:
    """Predict what cutting rewards does."""
    return Guess(
        "no_rewards",
        question="Rosa's bonus for the staff (80 EUR a head and month) is cut to nothing. People become less cheerful, "
        "and so does the house. By how many points does the satisfaction of GUESTS change until the fifth year?",
        unit="points",
        low=-20.0,
        high=10.0,
        outcome=lambda: difference(HOTEL, "satisfaction.last_year", UNREWARDED),
        explain="By a little over half a point. Being known by name is a delight in this house. Where a delight is "
        "missing, people are less delighted, not angry.",
    )


def guess_taken_for_granted() -> Guess:
    """Predict the same where empathy is taken for granted."""

    def outcome() -> float:
        return difference(HOTEL, "satisfaction.last_year", {**UNREWARDED, **GRANTED}, before=GRANTED)

    return Guess(
        "granted",
        question="And in a house whose guests TAKE IT FOR GRANTED that they are known by name? The same cut, in "
        "points:",
        unit="points",
        low=-20.0,
        high=10.0,
        outcome=outcome,
        explain="Nearly one point, a third more. Nothing differs between the two houses but what the guests are used "
        "to.",
    )


def kinds() -> Board:
    """Rewards and tools, with empathy as delight or as a must."""
    return Board(
        "kinds",
        title="The same house, with guests who are used to more or to less",
        scenario=firm(HOTEL),
        controls=[
            Control(REWARDS, label="Rewards", low=0, high=240, step=10),
            Control(TOOLS, label="Tools and furnishing", low=0, high=270, step=10),
            Control(EMPATHY[0], label="To business guests, to be known is"),
            Control(EMPATHY[1], label="To leisure guests, to be known is"),
        ],
        charts=("chain", "satisfaction", "word_of_mouth", "profit"),
        numbers=shown(
            "employee_satisfaction.last_year",
            "satisfaction.last_year",
            "satisfied_share",
            "customers_end",
            "profit.total",
        ),
    )


def paired() -> Choice:
    """Kano's paired question."""
    return Choice(
        "paired",
        question="Kano asks in pairs. 'If breakfast is ready at six, how do you feel?' - 'I like it.' 'And if it is "
        "not?' - 'I do not mind.' What is an early breakfast to this guest?",
        options=[
            Option(
                "A must.",
                right=False,
                says="Then the second answer would be 'I dislike it', and the first only 'that must be so'.",
            ),
            Option(
                "The more the better.",
                right=False,
                says="Then it would be liked if it is there AND disliked if it is not.",
            ),
            Option(
                "An attractive extra.",
                right=True,
                says="It pleases if it is there, and is not missed if it is not. Ask again in three years: delights "
                "become habits.",
            ),
            Option(
                "Indifferent.",
                right=False,
                says="Then the first answer would be 'I do not mind' as well.",
            ),
        ],
        explain="Two questions are needed, because 'how important is it?' cannot tell a must from a delight.",
    )


# --- what a survey sees -----------------------------------------------------------------------------------------


@functools.cache
def _hotel_now() -> measure.Snapshot:
    return measure.snapshot(lived(HOTEL))


def importance() -> Table:
    """Importance, performance, opportunity, as a survey of the hotel gives them."""

    def rows() -> list[list[str]]:
        table = measure.importance_performance(measure.survey(_hotel_now(), measure.SurveyDesign(sample=1500)))
        return [
            [str(name).capitalize(), f"{i:.1f}", f"{p:.1f}", f"{o:.1f}", f"{points:.0f}", f"{100 * derived:.0f}"]
            for name, i, p, o, points, derived in zip(
                table.index,
                *(table[column] for column in ("importance", "performance", "opportunity", "points", "derived")),
                strict=True,
            )
        ]

    return Table(
        "importance",
        title="A survey of the hotel's guests",
        headings=["Dimension", "Importance", "Performance", "Opportunity", "Points of 100", "Derived, of 100"],
        rows=rows,
        says="Importance and performance are ticks from 1 to 10; opportunity is I + (I \N{MINUS SIGN} P). Points: "
        "guests divide a hundred. Derived: what really moves their overall judgement.",
    )


def opportunity() -> Number:
    """I + (I - S)."""
    return Number(
        "opportunity",
        question="Quick answers: importance 9, satisfaction 6. What is the opportunity, I + (I \N{MINUS SIGN} S)?",
        answer=lambda: float(measure.opportunity(9.0, 6.0)),
        wrong=[
            Wrong(
                when=3.0,
                says="That is the gap alone. Importance counts once more: a gap in what nobody needs is no "
                "opportunity.",
            ),
            Wrong(when=15.0, says="You added the satisfaction. What is done well already lowers the opportunity."),
            Wrong(when=6.0, says="That is the satisfaction. Importance plus the gap: 9 + (9 - 6)."),
        ],
        hint="Importance plus the gap.",
        explain="9 + (9 - 6) = 12.",
    )


def first_to_improve() -> Choice:
    """What to improve first, and what to doubt."""
    return Choice(
        "first_to_improve",
        question="By opportunity empathy comes first in the table. Paul wants to put the whole budget there. What "
        "would you ask him? (More than one.)",
        many=True,
        options=[
            Option(
                "Whether empathy is a must or a delight to our guests.",
                right=True,
                says="The ticks cannot tell. At a delight, falling short costs less than it seems, and gains go on.",
            ),
            Option(
                "How sure the numbers are.",
                right=True,
                says="The performances lie within a few tenths but for one, each with a margin of about 0.1. The order "
                "of most dimensions is chance.",
            ),
            Option(
                "Whether business and leisure guests want the same.",
                right=True,
                says="They do not: the mean of two views may be nobody's.",
            ),
            Option(
                "Nothing: the formula says it.",
                right=False,
                says="There is always something on top of a list, also in a house where nothing is wrong.",
            ),
        ],
        explain="Opportunity is a good way to begin a discussion and a bad way to end it.",
    )


def index() -> Number:
    """The satisfaction index."""

    def value(*items: float) -> float:
        return float(measure.satisfaction_index(items))

    weights = measure.OHIO_WEIGHTS
    return Number(
        "index",
        question="The national index asks three questions on a scale from 1 to 10: overall, against expectation, "
        "against the ideal. A guest ticks 8, 7, 7. The published example of weights is .3885, .3190, .2925. The index "
        "is 100/9 x the weighted mean of (tick \N{MINUS SIGN} 1). What is it? (Two decimals.)",
        answer=lambda: value(8, 7, 7),
        absolute=0.03,
        wrong=[
            Wrong(
                when=lambda: 10.0 * sum(w * x for w, x in zip(weights, (8, 7, 7), strict=True)),
                says="The lowest tick is 1, not 0: subtract 1 from each, and divide by 9.",
            ),
            Wrong(
                when=lambda: float(measure.satisfaction_index((8, 7, 7), measure.EQUAL_WEIGHTS)),
                says="That is with equal weights. Close, but the overall question weighs more here.",
            ),
            Wrong(
                when=220.0 / 3.0,
                says="The plain mean times ten. Weigh the three, and let 1 be the bottom of the scale.",
            ),
        ],
        hint=".3885 x 7 + .3190 x 6 + .2925 x 6, divided by 9, times 100.",
        explain="(2.7195 + 1.914 + 1.755)/9 x 100 = 70.98.",
    )


def recommendation() -> Number:
    """The recommendation score."""

    def score() -> float:
        ticks = [10] * ANSWERS["promoters"] + [8] * ANSWERS["passives"] + [3] * ANSWERS["detractors"]
        return float(measure.recommendation_score(ticks).value)

    return Number(
        "recommendation",
        question="'How likely are you to recommend us, 0 to 10?' Of 100 guests 45 tick 9 or 10, 30 tick 7 or 8, and 25 "
        "tick 6 or less. What is the recommendation score?",
        unit="points",
        answer=score,
        wrong=[
            Wrong(when=45.0, says="Those are the promoters. The detractors are subtracted."),
            Wrong(when=50.0, says="7 and 8 count for nothing, neither way: 45 less 25."),
            Wrong(when=75.0, says="You counted 7 and 8 as promoters. They count for nothing."),
        ],
        hint="Promoters (9, 10) less detractors (0 to 6).",
        explain="45 - 25 = 20.",
    )


@functools.cache
def _scores() -> tuple[measure.Estimate, ...]:
    found = []
    for now in measure.snapshots(lived(HOTEL), list(QUARTERS)):
        answers = measure.survey(now, _SURVEYS)
        found.append(measure.recommendation_score(answers.loc[answers["answered"], "recommend"]))
    return tuple(found)


def guess_score() -> Guess:
    """Predict how far the score moves although nothing does."""
    return Guess(
        "score",
        question="Nothing changes at the hotel for two years. Each quarter 400 guests are asked (about 120 answer). By "
        "how many points do the HIGHEST and the LOWEST of the eight recommendation scores differ?",
        unit="points",
        low=0.0,
        high=60.0,
        outcome=lambda: max(one.value for one in _scores()) - min(one.value for one in _scores()),
        explain="By more than ten points, by chance alone. Managers have been praised and dismissed for less.",
    )


def quarters() -> Table:
    """Eight quarters in which nothing happens."""

    def rows() -> list[list[str]]:
        months = lived(HOTEL).monthly["satisfaction"]
        return [
            [
                str(n),
                str(one.answers),
                f"{one.value:.0f}",
                f"{one.low:.0f} to {one.high:.0f}".replace("-", "\N{MINUS SIGN}"),
                f"{months.iloc[month]:.1f}",
            ]
            for n, (month, one) in enumerate(zip(QUARTERS, _scores(), strict=True), start=1)
        ]

    return Table(
        "quarters",
        title="Eight quarters at a hotel where nothing changes",
        headings=["Quarter", "Answers", "Score", "Interval (95 %)", "True satisfaction"],
        rows=rows,
        says="The last column is what only a simulation knows.",
    )


# --- what it misses ---------------------------------------------------------------------------------------------


@functools.cache
def _errors() -> tuple[pd.DataFrame, measure.Estimate]:
    """The bank asks all of its customers: the way from the truth to the result, and the result with its margin."""
    now = measure.snapshot(lived(BANK))
    answers = measure.survey(now, _LARGE)
    given = answers[answers["answered"]]
    found = measure.mean_interval(measure.satisfaction_index(given[list(measure.ITEMS)]), given["weight"])
    return measure.survey_error(now, answers, _LARGE), found


def guess_truth() -> Guess:
    """Predict the truth behind a precise survey."""
    return Guess(
        "truth",
        question="Nils asks ALL customers of the bank. 914 answer; the index is 70.0, with a margin of error of 0.7. "
        "What is the true index of everybody who has dealt with the bank in the last two years and can be reached, "
        "those included who have left?",
        unit="points",
        low=0.0,
        high=100.0,
        outcome=lambda: float(_errors()[0]["index"].to_numpy()[0]),
        explain="It is some three points lower, four times the margin of error away. The margin tells about luck in "
        "drawing people. It knows nothing of those who were not asked, nor of those who did not answer.",
    )


def steps() -> Table:
    """From the truth to the result."""

    def rows() -> list[list[str]]:
        table: Any = _errors()[0]
        words = {
            "everybody": "All, also those who have left",
            "on the list": "Customers on the list",
            "asked": "Those asked",
            "answered": "Those who answered: what they feel",
            "stated": "What they ticked",
        }
        return [
            [
                words[name],
                f"{people:,.0f}",
                f"{value:.1f}",
                "" if pd.isna(step) else f"{step:+.1f}".replace("-", "\N{MINUS SIGN}"),
            ]
            for name, people, value, step in zip(
                table.index, table["persons"], table["index"], table["step"], strict=True
            )
        ]

    return Table(
        "steps",
        title="From the truth to the slide",
        headings=["Step", "Persons", "Index", "Change"],
        rows=rows,
        says="Most of the error comes from two steps in which nobody made a mistake.",
    )


def ask_more() -> Choice:
    """What would mend it."""
    return Choice(
        "ask_more",
        question="The satisfied like to answer, the dissatisfied throw the letter away. What lessens this error?",
        options=[
            Option(
                "Asking more people.",
                right=False,
                says="The margin of error shrinks, and the error stays: it becomes a precise wrong number.",
            ),
            Option(
                "Reminding those who did not answer, or calling a few of them.",
                right=True,
                says="Even a small sample of the silent tells how they differ; then one can correct for it.",
            ),
            Option(
                "Asking more often.",
                right=False,
                says="Then the same people answer more often. And the silent ones become fewer still.",
            ),
            Option(
                "Using the recommendation question instead.",
                right=False,
                says="It is answered by the same people.",
            ),
        ],
        explain="The bias is the covariance of answering with what is asked, over the mean response. The size of the "
        "sample is not in it (Bethlehem 1988).",
    )


def what_pulls() -> Choice:
    """Coverage."""
    return Choice(
        "what_pulls",
        question="Next year the bank loses many discontented customers. What happens to the index of its survey of "
        "customers?",
        options=[
            Option(
                "It falls.",
                right=False,
                says="Those who would have pulled it down are no longer on the list.",
            ),
            Option(
                "It may rise.",
                right=True,
                says="Whoever leaves takes his dissatisfaction along. Read an index together with the number of those "
                "who left, and ask them, too.",
            ),
            Option(
                "Nothing.",
                right=False,
                says="The mix of those who are asked changes, and with it the mean.",
            ),
        ],
        explain="A survey of customers is a survey of those who are still there.",
    )


# --- evidence ---------------------------------------------------------------------------------------------------


def evidence_expectation() -> Evidence:
    """Disconfirmation."""
    return Evidence(
        "expectation",
        title="Expectations",
        claim="Satisfaction follows quality and the surprise; a shortfall weighs more than an equal surplus.",
        strength="strong",
        sources=["Anderson & Sullivan 1993", "Szymanski & Henard 2001", "Tversky & Kahneman 1992"],
        says="22,300 Swedish customers, and a meta-analysis in which disconfirmation is among the two strongest "
        "companions of satisfaction. The factor 2.25 comes from experiments with money.",
    )


def evidence_kano() -> Evidence:
    """Kano."""
    return Evidence(
        "kano_evidence",
        title="Musts and delights",
        claim="Some qualities are taken for granted, others delight; delights turn into musts with the years.",
        strength="fair",
        sources=["Kano et al. 1984", "Berger et al. 1993", "Borgianni 2018"],
        says="The kinds are found again and again with paired questions. The way from delight to must was partly "
        "confirmed over 176 attributes. How strongly each curve bends is an assumption here.",
    )


def evidence_index() -> Evidence:
    """Scores."""
    return Evidence(
        "scores",
        title="One number",
        claim="The recommendation score is the one number a firm needs.",
        strength="weak",
        sources=["Keiningham et al. 2007", "Fornell et al. 1996"],
        says="Over 21 firms and more than 15,500 interviews it foresaw growth no better than satisfaction did. It uses "
        "two cuts of an eleven-point scale and so throws away most of what people say.",
    )


def evidence_lore() -> Evidence:
    """Lore."""
    return Evidence(
        "delight_lore",
        title="Delight",
        claim="Exceed expectations, always.",
        strength="lore",
        sources=["often said", "against it: Hogreve, Iseke, Derfuss & Eller 2017"],
        says="Expectations follow what is delivered: who exceeds them always, raises them always. And pushing quality "
        "and satisfaction as high as possible is not always best for profit.",
    )
