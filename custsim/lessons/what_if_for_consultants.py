"""Lesson 12, what-if for consultants: compare in the same luck, find what matters, search, and sign a report."""

from __future__ import annotations

import functools
import math
import tempfile
from pathlib import Path

import numpy as np

from custsim.experiment import Comparison, Optimum, Sensitivity, compare, optimise, sensitivity
from custsim.experiment.interval import mean_interval
from custsim.lessons.firms import SEED, firm
from custsim.report import report
from custsim.scenario.model import DRIVERS
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Table, Wrong
from custsim.widgets.controls import levers
from custsim.widgets.numbers import written

__all__ = [
    "best_found",
    "curse",
    "evidence_intervals",
    "evidence_sources",
    "find_out_first",
    "guess_churn",
    "guess_inside",
    "guess_luck",
    "guess_search",
    "interval_by_hand",
    "one_luck",
    "pairing",
    "proposals",
    "recommend",
    "return_by_hand",
    "sign",
    "the_report",
    "tornado",
]

BANK = "neighbourhood_bank"

INSIDE, OFFERS, REWARD, HIRING = "more inside", "offers to leavers", "referral reward", "slower hiring"
_REPLICATIONS = 12
_MEASURES = ("profit", "net_present_value", "customer_equity", "retention")

#: what is not known for sure of this bank, and between which bounds
_UNSURE = {
    "loyalty.churn": (0.009, 0.012),
    "loyalty.exponent": (2.4, 4.0),
    "employees.internal_service_effect": (0.2, 0.7),
    "service_quality.empathy_slope": (2.5, 6.5),
}
_CALLED = {
    "loyalty.churn": "how readily customers leave",
    "loyalty.exponent": "how much satisfaction matters for staying",
    "employees.internal_service_effect": "how much internal service does for the staff",
    "service_quality.empathy_slope": "how much a content staff does for service",
}

#: levers of the search, with their bounds
_SEARCHED = {"complaints.ease": (0.0, 1.0), "loyalty.offer_rate": (0.0, 0.4), "referral.reward": (0.0, 80.0)}
_SEARCHED_CALLED = {
    "complaints.ease": "ease of complaining",
    "loyalty.offer_rate": "leavers met with an offer",
    "referral.reward": "reward for bringing a customer",
}

#: paired differences of five lucks, EUR a month (of the example by hand)
_DIFFERENCES = (400.0, 1200.0, 900.0, -100.0, 600.0)
#: share of the variance that is left by pairing, and pairs made (of the example by hand)
_RATIO, _PAIRS = 16.0, 25


# --- what is computed, once ----------------------------------------------------------------------------------------


def _changes() -> dict[str, dict[str, float]]:
    bank = firm(BANK)
    inside = {
        f"internal_service.{name}.spend": 1.3 * float(getattr(bank.internal_service, name).spend) for name in DRIVERS
    }
    return {
        INSIDE: inside,
        OFFERS: {"loyalty.offer_rate": 0.2},
        REWARD: {"referral.reward": 30.0},
        HIRING: {"employees.hiring_delay": 4.0},
    }


@functools.cache
def _compared() -> Comparison:
    """Compare the four proposals with the bank as it is, in the same luck."""
    changes = _changes()
    return compare(
        firm(BANK),
        *changes.values(),
        names=list(changes),
        measures=_MEASURES,
        replications=_REPLICATIONS,
        seed=SEED,
        progress=False,
    )


@functools.cache
def _sensitivity() -> Sensitivity:
    return sensitivity(firm(BANK), _UNSURE, "tornado", measures="profit", replications=4, seed=SEED, progress=False)


@functools.cache
def _optimum() -> Optimum:
    return optimise(
        firm(BANK),
        "net_present_value",
        over=_SEARCHED,
        trials=14,
        replications=2,
        finalists=3,
        final_replications=8,
        seed=SEED,
        progress=False,
    )


def _value(name: str, measure: str, column: str = "difference") -> float:
    table = _compared().table
    return float(table.loc[(table["scenario"] == name) & (table["measure"] == measure), column].iloc[0])


def _bounds(value: float, low: float, high: float) -> str:
    return f"{written(value, 0, signed=True)} ({written(low, 0)} to {written(high, 0)})"


# --- one run is an anecdote ----------------------------------------------------------------------------------------


def guess_luck() -> Guess:
    """Predict how much luck alone moves profit."""
    return Guess(
        "luck",
        question="The same bank, nothing changed, lives its five years in twelve different lucks: other people fall "
        "ill, other customers are wronged. Its profit is about 26,000 EUR a month. By how much do the twelve differ "
        "(standard deviation)?",
        unit="EUR a month",
        low=0,
        high=20_000,
        outcome=lambda: float(np.std(_compared().evaluation.values("profit")[0], ddof=1)),
        explain="By some thousands of EUR a month: more than any of the four proposals brings. Compare two firms in "
        "two different lucks, and you compare the lucks.",
    )


def one_luck() -> Board:
    """The proposals, in one luck."""
    return Board(
        "one_luck",
        title="The bank: four proposals, in one luck",
        scenario=firm(BANK),
        controls=[
            Control("internal_service.training.spend", label="Training (part of 'more inside')", low=0,
                    high=200, step=10),
            Control("loyalty.offer_rate", label="Leavers met with an offer", low=0, high=0.4, step=0.05),
            Control("referral.reward", label="Reward for a recruit", low=0, high=80, step=5, unit="EUR"),
            Control("employees.hiring_delay", label="Months until a vacancy is filled", low=1, high=6, step=0.5),
        ],
        charts=("chain", "customers", "profit"),
        numbers=("profit", "net_present_value", "customer_equity", "retention"),
        panels=("why", "band"),
    )  # fmt: skip


def interval_by_hand() -> Number:
    """Lower end of an interval."""
    mean, low, _ = mean_interval(np.array(_DIFFERENCES), 0.95)
    sd = float(np.std(_DIFFERENCES, ddof=1))
    return Number(
        "interval_by_hand",
        question="In five lucks a proposal changed profit by 400, 1,200, 900, -100 and 600 EUR a month. Mean 600, "
        "standard deviation 495. The 95 % interval is the mean plus and minus t x sd/sqrt(n), with t = 2.78 for five "
        "values. What is its LOWER end?",
        unit="EUR",
        absolute=12.0,
        answer=lambda: float(low),
        wrong=[
            Wrong(
                when=lambda: mean - 1.96 * sd / math.sqrt(5.0),
                says="You took 1.96, which holds for many values. With five, the standard deviation itself is hardly "
                "known, and the factor is 2.78.",
            ),
            Wrong(
                when=lambda: mean - 2.78 * sd,
                says="Divide by the square root of n: the mean of five varies less than one.",
            ),
            Wrong(
                when=lambda: mean - sd,
                says="That is one standard deviation of a single luck. The mean is surer than that.",
            ),
        ],
        hint="495/2.236 = 221; times 2.78.",
        explain="600 - 2.78 x 221 = -15 EUR. The interval holds 0: after five lucks nothing is decided, though four of "
        "five went well.",
    )


# --- in the same luck ----------------------------------------------------------------------------------------------


def guess_inside() -> Guess:
    """Predict the net present value of more internal service."""
    return Guess(
        "inside",
        question="'More inside' (30 % more for tools, training, support and the like) costs 170,000 EUR in five years. "
        "What is its net present value, cost and gain together, over the FIVE years?",
        unit="EUR",
        low=-300_000,
        high=600_000,
        outcome=lambda: _value(INSIDE, "net_present_value"),
        explain="Below 0: most of what it brings comes after the five years. See the column 'with the customers' of "
        "the table.",
    )


def proposals() -> Table:
    """The four proposals, compared."""
    return Table(
        "proposals",
        title=f"Four proposals against the bank as it is, {_REPLICATIONS} pairs (95 % intervals)",
        headings=[
            "Proposal",
            "profit, EUR a month",
            "better in",
            "value of 5 years",
            "with the customers",
            "paid back",
        ],
        rows=_proposal_rows,
        says="Value of 5 years: net present value of profit, in thousands of EUR. With the customers: the same, and "
        "what the customers at the end are worth more, discounted to today.",
    )


def _proposal_rows() -> list[list[str]]:
    rows = []
    for name, found in _compared().investments.items():
        profit = (_value(name, "profit", column) for column in ("difference", "low", "high"))
        value, whole = found.net_present_value, found.with_customers
        rows.append(
            [
                name,
                _bounds(*profit),
                f"{written(_REPLICATIONS * _value(name, 'profit', 'better_in'), 0)} of {_REPLICATIONS}",
                _bounds(*(one / 1000.0 for one in (value.difference, value.low, value.high))),
                _bounds(*(one / 1000.0 for one in (whole.difference, whole.low, whole.high))),
                "not yet" if found.payback is None else f"month {found.payback}" if found.payback else "at once",
            ]
        )
    return rows


def pairing() -> Number:
    """What pairing saves."""
    return Number(
        "pairing",
        question="In the same luck the variance of a difference is one sixteenth of what it would be in independent "
        "lucks. You made 25 pairs. How many pairs of INDEPENDENT runs would give an interval as narrow?",
        unit="pairs",
        answer=lambda: _RATIO * _PAIRS,
        wrong=[
            Wrong(
                when=lambda: math.sqrt(_RATIO) * _PAIRS,
                says="The width of an interval goes with the square root of the variance, and that with the square "
                "root of n: the two roots cancel. It is sixteen times as many.",
            ),
            Wrong(when=_PAIRS, says="As many would give an interval four times as wide."),
        ],
        hint="Variance of the mean: variance/n. Which n makes 16 times the variance as small?",
        explain="16 x 25 = 400. A common luck is the cheapest improvement of any experiment, in a model as in life: "
        "same branches, same weeks.",
    )


def return_by_hand() -> Number:
    """Return of the referral reward."""
    return Number(
        "return_by_hand",
        question="A proposal raises the firm's own costs by 54,000 EUR in five years, and the contribution of "
        "customers by 89,000 EUR. What is its return: net present value over cost?",
        percent=True,
        absolute=0.02,
        answer=lambda: (89_000.0 - 54_000.0) / 54_000.0,
        wrong=[
            Wrong(when=89.0 / 54.0, says="That counts the cost as gain: take it off first."),
            Wrong(
                when=35.0 / 89.0, says="That is a share of the gain. The return is measured against what was put in."
            ),
        ],
        hint="Gain less cost, over cost.",
        explain="35,000/54,000 = 65 % in five years. The referral reward is of this kind: the rewards themselves are "
        "paid for customers and already taken off the contribution; own costs rise because more customers need more "
        "staff.",
    )


def recommend() -> Choice:
    """Which proposal to recommend."""
    return Choice(
        "recommend",
        question="Ruth is judged by the profit of five years; the owners will sell the bank after that. Which of "
        "these can you sign? (More than one.)",
        many=True,
        options=[
            Option(
                "For five years of profit, taking nothing from the owners: the referral reward or offers to leavers. "
                "Between the two, profit decides nothing.",
                right=True,
                says="Both intervals lie above 0 in both columns; by five years of profit each holds the other's "
                "mean. Slower hiring brings more in five years, and takes it from the owners.",
            ),
            Option(
                "For the owners: more inside, by far.",
                right=True,
                says="Counting the customers at the end it is worth several hundred thousand more, although it has not "
                "paid back within five years.",
            ),
            Option(
                "Slower hiring: it raises profit and costs nothing.",
                right=False,
                says="It raises five years' profit, and takes far more off the value of the customers. Read the last "
                "columns before you sign (and lesson 9).",
            ),
            Option(
                "More inside does not pay: its net present value is below 0.",
                right=False,
                says="Over five years. The sentence is wrong without these two words.",
            ),
        ],
        explain="Before 'which is best?' comes 'best at what, until when?'. The order of the proposals turns round "
        "with the answer.",
    )


# --- what matters --------------------------------------------------------------------------------------------------


def guess_churn() -> Guess:
    """Predict how much the uncertainty of churn is worth."""
    return Guess(
        "churn",
        question="The bank's monthly churn at ordinary satisfaction is set to 1.05 %. From the books one can say that "
        "it is between 0.9 and 1.2. By how much does profit differ between the two ends? (Minus: lower at 1.2.)",
        unit="EUR a month",
        low=-40_000,
        high=10_000,
        outcome=lambda: float(_sensitivity().of("profit")["effect"].to_dict()["loyalty.churn"]),
        explain="By more than half of the profit. What looks like a decimal is the question on which all else hangs.",
    )


def tornado() -> Table:
    """What the unsure parameters do to profit."""
    return Table(
        "tornado",
        title="Profit a month, one assumption after another from its low to its high end, EUR",
        headings=["Assumption", "from", "to", "profit at low", "profit at high", "effect (95 % interval)"],
        rows=_tornado_rows,
        says="Each firm has always been so; the others stay as they are. The longest bar comes first, which is why "
        "such a picture is called a tornado.",
    )


def _as_on_a_board(path: str, value: float) -> str:
    """Write a value of a parameter as its slider does."""
    return levers(firm(BANK), [path])[0].write(value)


def _tornado_rows() -> list[list[str]]:
    return [
        [
            _CALLED[str(path)],
            _as_on_a_board(str(path), row["low"]),
            _as_on_a_board(str(path), row["high"]),
            written(row["at_low"], 0),
            written(row["at_high"], 0),
            _bounds(row["effect"], row["effect_low"], row["effect_high"]),
        ]
        for path, row in _sensitivity().of("profit").to_dict("index").items()
    ]


def find_out_first() -> Choice:
    """What to find out first."""
    return Choice(
        "find_out_first",
        question="The client pays for one week of research. What do you find out?",
        options=[
            Option(
                "How readily customers leave: a week with the account books.",
                right=True,
                says="It has the longest bar by far, and it can be found out.",
            ),
            Option(
                "How much a content staff does for service: a survey of employees and customers.",
                right=False,
                says="Interesting, and the subject of many studies. Here its bar cannot be told from 0: whatever you "
                "found, the forecast would stay the same.",
            ),
            Option(
                "All four a little.",
                right=False,
                says="The other three move the answer little. A week is better spent on the one that does.",
            ),
        ],
        explain="Value of knowing = how much the answer would move x how far it can be narrowed. What matters for the "
        "forecast need not matter for the choice, though: run the comparison again at both ends before you sign.",
    )


# --- the best levers -----------------------------------------------------------------------------------------------


def guess_search() -> Guess:
    """Predict what the search found, on fresh luck."""
    return Guess(
        "search",
        question="A search tries 14 settings of three levers (ease of complaining, offers, reward) for the highest net "
        "present value over five years. Its winner is then tested on fresh luck. How much MORE than the bank as it is "
        "does it bring?",
        unit="EUR",
        low=-100_000,
        high=400_000,
        outcome=lambda: float(_optimum().retest.difference),
        explain="More than any single proposal brings in five years: three levers together, each moved only as far as "
        "it pays.",
    )


def best_found() -> Table:
    """What the search found, and what is left of it on fresh luck."""
    return Table(
        "best_found",
        title="The best of 14 settings tried",
        headings=["", "", "95 % interval"],
        rows=_best_rows,
        says="Only the last row is free of the luck of having been chosen. That is the one to report.",
    )


def _best_rows() -> list[list[str]]:
    best = _optimum()
    rows = [[_SEARCHED_CALLED[path], _as_on_a_board(path, value), ""] for path, value in best.values.items()]
    search = best.trials["value"].dropna()
    retest = best.retest
    return [
        *rows,
        ["gain in the search, 2 lucks, EUR", written(float(search.max() - search.iloc[0]), 0, signed=True), ""],
        [
            f"gain on {retest.replications} fresh lucks, EUR",
            written(retest.difference, 0, signed=True),
            f"{written(retest.low, 0)} to {written(retest.high, 0)}",
        ],
    ]


def curse() -> Choice:
    """Why a winner is tested again."""
    return Choice(
        "curse",
        question="Why is the winner tested again on lucks that had no part in the search?",
        options=[
            Option(
                "It won partly because it suited the lucks it was tried in; that part does not come again.",
                right=True,
                says="The best of many is always flattered by its own luck. The more settings are tried, the more.",
            ),
            Option(
                "To make the interval narrower.",
                right=False,
                says="More runs of the same luck would do that as well, and would be narrow around the wrong number.",
            ),
            Option(
                "Because the search may have made a mistake.",
                right=False,
                says="It computes what it is asked to. The trouble is in choosing the largest of many noisy numbers.",
            ),
        ],
        explain="The same holds for the best branch, the best fund and the best salesperson of last year (lesson 10), "
        "and for the best guests of a ranked list (lesson 11).",
    )


# --- the report ----------------------------------------------------------------------------------------------------


@functools.cache
def _written() -> list[list[str]]:
    """Write the report into a folder that is thrown away, and tell what it says."""
    with tempfile.TemporaryDirectory() as folder:
        made = report(_compared(), Path(folder) / "proposals.html", author="N. de Vries")
        section = made.document.sections[0]
        size = made.page.stat().st_size / 1024.0
        sheets = 0.0 if made.workbook is None else made.workbook.stat().st_size / 1024.0
        return [
            ["the question", section.question],
            *([f"the answer, {number}", sentence] for number, sentence in enumerate(section.answer, start=1)),
            ["to do it again", "a command, lines of Python, the scenario as a file, seed, replications, versions"],
            ["files", f"a page of {size:,.0f} KB and a workbook of {sheets:,.0f} KB, complete in themselves"],
        ]


def the_report() -> Table:
    """What the report says."""
    return Table(
        "the_report",
        title="What the report says",
        headings=["Part", "Text"],
        rows=_written,
        says="Besides: pictures with their numbers, each proposal as an investment, and every parameter with its "
        "source.",
    )


def sign() -> Choice:
    """What belongs into a report."""
    return Choice(
        "sign",
        question="Bianchi wants 'one number, no ifs'. Which of these may NOT be left out if you sign? (More than one.)",
        many=True,
        options=[
            Option(
                "The interval.",
                right=True,
                says="Without it a coin's fall and a finding look alike.",
            ),
            Option(
                "Over which time, and what is counted.",
                right=True,
                says="The order of the proposals turns round with it.",
            ),
            Option(
                "Which assumptions the answer hangs on, and where they come from.",
                right=True,
                says="Most parameters of this bank are assumptions. Who signs says so.",
            ),
            Option(
                "The name of the random number generator.",
                right=False,
                says="It stands with the seed under 'to do it again', and nobody needs it in the answer.",
            ),
        ],
        explain="One number is fine as a heading. The rest is what makes it yours.",
    )


# --- what the evidence says ----------------------------------------------------------------------------------------


def evidence_intervals() -> Evidence:
    """What intervals hold."""
    return Evidence(
        "intervals",
        title="What an interval holds",
        claim="A 95 % interval of the simulation holds the truth about the client in 95 of 100 cases.",
        strength="lore",
        sources=["a common misreading; against it the theory of simulation experiments"],
        says="It holds what the MODEL would give on average over lucks: that part is mathematics, and tested here. "
        "Whether the model is the client's firm, the interval does not know. That is what the assumptions are for.",
    )


def evidence_sources() -> Evidence:
    """Effects of the chain."""
    return Evidence(
        "moderate",
        title="How strong the chain is",
        claim="The links of the service-profit chain exist, are moderate, and differ between kinds of firms.",
        strength="strong",
        sources=[
            "Harter, Schmidt & Hayes 2002",
            "Hogreve, Iseke, Derfuss & Eller 2017",
            "Kumar, Dalla Pozza & Ganesh 2013",
        ],
        says="So a consultant may rely on signs and orders, should vary sizes, and must put the client's own figures "
        "in where the tornado is widest.",
    )
