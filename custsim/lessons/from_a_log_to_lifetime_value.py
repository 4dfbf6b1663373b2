"""Lesson 11, from a log to lifetime value: who is still a guest, what are they worth, and how far that is true."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.lessons.firms import difference, firm, lived, measured
from custsim.value import (
    BGNBD,
    MBGNBD,
    CalibrationHoldout,
    calibration_holdout,
    holdout_check,
    summarise,
)
from custsim.value.customers import CustomerBase, customer_base, slipping_away
from custsim.widgets import Board, Chart, Choice, Control, Evidence, Guess, Number, Option, Table, Wrong
from custsim.widgets.numbers import headline, written

__all__ = [
    "KNOWN",
    "SEEN",
    "alive_by_hand",
    "at_risk",
    "by_kind",
    "evidence_model",
    "evidence_rule",
    "evidence_value",
    "guess_quiet",
    "guess_stays",
    "guess_still",
    "guess_unseen",
    "held_out",
    "in_gaps",
    "quiet",
    "recency_by_hand",
    "six_answers",
    "six_guests",
    "twice",
    "what_for",
    "who_is_gone",
    "why_hundred",
]

HOTEL = "hotel"
#: months that the log tells of, and months that are lived altogether
SEEN, KNOWN = 24, 48

CHURN = "loyalty.churn"
_WORSE = {CHURN: 0.36}

#: kinds of guests by repeat stays: name, fewest, most
_KINDS = (("came once", 0, 0), ("came back once or twice", 1, 2), ("3 to 5 times", 3, 5), ("6 times and more", 6, 999))

#: numbers of the board in the words of the lesson
_CALLED: dict[str, dict[str, Any]] = {
    "visits.first_year": {"label": "Stays in the first year", "unit": "stays"},
    "visits.last_year": {"label": "Stays in the last year", "unit": "stays"},
    "lost": {"label": "Guests lost", "meaning": "All who were lost in the run."},
    "customers_end": {"label": "Guests at the end", "meaning": "Guests when the last month is over."},
}

#: repeat stays from which on a guest is said to come often
_OFTEN = 6

#: parameters and a guest of the example by hand: r, alpha, a, b; frequency, recency, T
_MODEL, _GUEST = (0.8, 6.0, 2.7, 21.7), (3.0, 12.0, 24.0)
#: discounted stays, probability to be there, EUR a stay, share of it that is left (of the example by hand)
_WORTH = (4.0, 0.62, 560.0, 0.83)

Floats: TypeAlias = NDArray[np.float64]


# --- the log and the truth ------------------------------------------------------------------------------------------


@functools.cache
def _log() -> CalibrationHoldout:
    """Two years of stays, and what happened in the next two."""
    return calibration_holdout(lived(HOTEL, months=KNOWN), calibration_end=float(SEEN), end=float(KNOWN))


@functools.cache
def _there() -> NDArray[np.bool_]:
    """Who of those in the log was in truth still a guest when it ended."""
    customers = lived(HOTEL, months=SEEN).customers
    there: NDArray[np.bool_] = (customers.loc[_log().calibration.table.index, "state"] == "customer").to_numpy()
    return there


@functools.cache
def _models() -> dict[str, BGNBD | MBGNBD]:
    return {"BG/NBD": BGNBD.fit(_log().calibration), "MBG/NBD": MBGNBD.fit(_log().calibration)}


def _alive(model: str) -> Floats:
    seen = _log().calibration
    return _models()[model].probability_alive(seen.frequency, seen.recency, seen.T)


@functools.cache
def _base() -> CustomerBase:
    """The guests of the log, valued."""
    run = lived(HOTEL, months=SEEN)
    amounts = pd.DataFrame(run.transactions)["amount"]
    left = 1.0 - firm(HOTEL).profit.visit_cost / float(amounts.mean())
    return customer_base(run, model="mbg-nbd", annual_discount_rate=0.10, margin=left, end=float(SEEN))


# --- 1. silence -----------------------------------------------------------------------------------------------------


def guess_quiet() -> Guess:
    """Predict what the till sees of a rise in churn."""
    return Guess(
        "quiet",
        question="From tomorrow on, of 100 guests who check out, 36 instead of 24 will never come back. By how many "
        "per cent does the number of STAYS in the first year fall?",
        unit="%",
        low=-60,
        high=20,
        outcome=lambda: 100.0 * difference(HOTEL, "visits.first_year", _WORSE) / measured(HOTEL, "visits.first_year"),
        explain="By some six per cent: hardly a reason for alarm. In the same year four in ten more guests are lost "
        "than otherwise. Nobody tells the desk.",
    )


def quiet() -> Board:
    """Churn, and what of it can be seen."""
    return Board(
        "quiet_board",
        title="The hotel: what the desk sees, and what it does not",
        scenario=firm(HOTEL),
        controls=[
            Control(CHURN, label="Guests who never return after a stay", low=0.10, high=0.40, step=0.01, percent=True),
            Control("complaints.failure_rate", label="Failures per stay", low=0.03, high=0.30, step=0.01, unit="%"),
        ],
        charts=(
            Chart("stays", "What the desk sees: stays", "stays a month", ("visits",)),
            Chart("lost", "What it does not see: guests lost", "persons a month", ("left",)),
            "customers",
        ),
        numbers=[dataclasses.replace(headline(name), **words) for name, words in _CALLED.items()],
        panels=("customer", "band"),
    )


def guess_still() -> Guess:
    """Predict how many in the log are still guests."""
    return Guess(
        "still",
        question="The log of two years names 3,300 guests. How many of them are STILL guests of the hotel: would come "
        "again if they came to the city?",
        unit="guests",
        low=0,
        high=3_300,
        outcome=lambda: float(_there().sum()),
        explain="Not quite two thirds. We know because we may look behind the curtain; the hotel may not.",
    )


def recency_by_hand() -> Number:
    """Recency of a guest's history."""
    log = pd.DataFrame({"customer": ["Okafor"] * 3, "time": [3.0, 8.0, 15.0], "amount": [500.0] * 3})
    return Number(
        "recency",
        question="Mr Okafor stayed in months 3, 8 and 15 of the log; the log ends with month 24. The models know three "
        "numbers of him: frequency (REPEAT stays) = 2, T (age: end less first stay) = 21, and recency (age at the LAST "
        "stay). What is his recency?",
        unit="months",
        absolute=0.01,
        answer=lambda: float(summarise(log, end=24.0, unit="month", time_unit="month").recency[0]),
        wrong=[
            Wrong(
                when=9.0,
                says="That is the time since his last stay, as 'recency' means in RFM tables. Here it is counted from "
                "the first stay to the last.",
            ),
            Wrong(when=15.0, says="That is when he last came, on the log's clock. Count from his own first stay."),
            Wrong(when=21.0, says="That is T, his age at the end of the log."),
        ],
        hint="From month 3 to month 15.",
        explain="15 - 3 = 12 months. He has been silent for T - recency = 9 months. Beware: the same word means two "
        "different things in two schools.",
    )


def six_guests() -> Table:
    """Six guests of the log."""
    return Table(
        "six_guests",
        title="Six guests of the log (months)",
        headings=["Guest", "repeat stays", "recency", "T", "silent for"],
        rows=_six,
        says="Which of them are still guests? Write down six times yes or no before you go on.",
    )


def _six_rows() -> pd.DataFrame:
    """Pick guests of different kinds: of each number of repeat stays one long silent and one not."""
    table = _log().calibration.table.assign(there=_there())
    table["silent"] = table["T"] - table["recency"]
    picked = []
    for fewest, most in ((0, 0), (2, 3), (8, 12)):
        some = table[table["frequency"].between(fewest, most) & (table["T"] > 15)].sort_values("silent", kind="stable")
        picked += [some.index[len(some) // 10], some.index[len(some) * 8 // 10]]
    return table.loc[picked]


def _six() -> list[list[str]]:
    return [
        [f"no. {name}", *(written(float(row[column]), 0) for column in ("frequency", "recency", "T", "silent"))]
        for name, row in _six_rows().to_dict("index").items()
    ]


# --- 2. silence means different things ------------------------------------------------------------------------------


def who_is_gone() -> Choice:
    """Which of two silent guests is gone."""
    return Choice(
        "who_is_gone",
        question="Two guests have been in the log for two years. Berg came 13 times in the first twelve months, and "
        "has been silent for twelve. Silva came twice, the last time twelve months ago. Who is more probably gone?",
        options=[
            Option(
                "Berg: for somebody who came every month, a year of silence means something.",
                right=True,
                says="His usual gap is a month. He would have been expected a dozen times.",
            ),
            Option(
                "Silva: two stays are no habit.",
                right=False,
                says="For her, a year between stays is as usual. Silence is no news of somebody who comes rarely.",
            ),
            Option(
                "Both alike: twelve months are twelve months.",
                right=False,
                says="That is the rule of most databases: 'inactive for a year = lost'. In this log it is wrong about "
                "one guest in three.",
            ),
        ],
        explain="Silence is to be measured in a guest's own gaps. That is all that frequency, recency and T are for.",
    )


def in_gaps() -> Table:
    """Silence in a guest's own gaps, and who is still there."""
    return Table(
        "in_gaps",
        title="Guests with six repeat stays and more, by how long they have been silent",
        headings=["Silent for, in usual gaps", "guests", "still there, model", "truth"],
        rows=_in_gaps,
        says="Usual gap: mean time between a guest's stays. Model: BG/NBD, which knows nothing but frequency, recency "
        "and T.",
    )


def _in_gaps() -> list[list[str]]:
    seen = _log().calibration
    often = seen.frequency >= _OFTEN
    gaps = (seen.T - seen.recency)[often] / (seen.recency / np.maximum(seen.frequency, 1.0))[often]
    model, there = _alive("BG/NBD")[often], _there()[often]
    rows = []
    for name, low, high in (("up to 1", 0, 1), ("1 to 2", 1, 2), ("2 to 4", 2, 4), ("4 to 6", 4, 6), ("more", 6, 1e9)):
        some = (gaps > low) & (gaps <= high)
        rows.append([name, written(float(some.sum()), 0), _percent(model[some].mean()), _percent(there[some].mean())])
    return rows


def alive_by_hand() -> Number:
    """Probability to be alive, by the formula of the BG/NBD model."""
    r, alpha, a, b = _MODEL
    frequency, recency, age = _GUEST

    def right() -> float:
        model = BGNBD(r=r, alpha=alpha, a=a, b=b, unit="month")
        return float(model.probability_alive([frequency], [recency], [age])[0])

    return Number(
        "alive_by_hand",
        question="For a guest with x repeat stays the BG/NBD model gives the chance to be there still as 1/(1 + q), "
        "with q = a/(b + x - 1) * ((alpha + T)/(alpha + recency))^(r + x). With r = 0.8, alpha = 6, a = 2.7, b = "
        "21.7: what is it for x = 3, recency = 12, T = 24?",
        percent=True,
        absolute=0.01,
        answer=right,
        wrong=[
            Wrong(when=lambda: 1.0 - right(), says="That is the chance that the guest is GONE."),
            Wrong(
                when=lambda: a / (b + frequency - 1.0) * ((alpha + age) / (alpha + recency)) ** (r + frequency),
                says="That is q, the odds of being gone. The chance is 1/(1 + q).",
            ),
            Wrong(
                when=lambda: 1.0 / (1.0 + a / b * ((alpha + age) / (alpha + recency)) ** (r + frequency)),
                says="In the first fraction it is b + x - 1, not b.",
            ),
        ],
        hint="(30/18)^3.8 is about 7.0; 2.7/23.7 is about 0.114.",
        explain="q = 0.114 x 6.97 = 0.79, so 1/1.79 = 56 %. Long silence makes the second factor large, and the more "
        "so the more often the guest used to come.",
    )


# --- 3. held against what happened ----------------------------------------------------------------------------------


def guess_stays() -> Guess:
    """Predict how far off the forecast of stays is."""
    return Guess(
        "stays",
        question="The model is fitted to the two years of the log and predicts all stays of these guests in the NEXT "
        "two years. How far off is it, in per cent? (Minus: too low.)",
        unit="%",
        low=-60,
        high=60,
        outcome=lambda: 100.0 * holdout_check(_models()["BG/NBD"], _log()).relative_error,
        explain="A per cent or so; in other lucks up to five. From three numbers a guest, without asking anybody.",
    )


def held_out() -> Table:
    """Predicted and actual stays of the hold-out."""
    return Table(
        "held_out",
        title="Stays in the two years after the log, per guest, by repeat stays in it",
        headings=["Repeat stays in the log", "guests", "predicted", "came to pass"],
        rows=_held_out,
        says="BG/NBD model, fitted to the log alone.",
    )


def _held_out() -> list[list[str]]:
    found = holdout_check(_models()["BG/NBD"], _log()).by_frequency
    return [
        [
            str(frequency),
            written(row["customers"], 0),
            written(row["predicted"], 2),
            written(row["actual"], 2),
        ]
        for frequency, row in found.to_dict("index").items()
    ]


def by_kind() -> Table:
    """Who is still a guest, by two models and in truth."""
    return Table(
        "by_kind",
        title="Share of guests who are still guests when the log ends",
        headings=["Guests who", "guests", "BG/NBD says", "MBG/NBD says", "truth"],
        rows=_by_kind,
        says="The truth is known only because the hotel is simulated.",
    )


def _by_kind() -> list[list[str]]:
    frequency, there = _log().calibration.frequency, _there()
    rows = []
    for name, fewest, most in (*_KINDS, ("all", 0, 999)):
        some = (frequency >= fewest) & (frequency <= most)
        shares = (_alive("BG/NBD")[some].mean(), _alive("MBG/NBD")[some].mean(), there[some].mean())
        rows.append([name, written(float(some.sum()), 0), *(_percent(float(one)) for one in shares)])
    return rows


def six_answers() -> Table:
    """The six guests again, with what the models say and the truth."""
    return Table(
        "six_answers",
        title="The six guests again: still there?",
        headings=["Guest", "repeat stays", "silent for", "BG/NBD says", "MBG/NBD says", "in truth"],
        rows=_six_answers,
        says="How many did you get right, and how many would you have got right by saying yes six times?",
    )


def _six_answers() -> list[list[str]]:
    place = {name: at for at, name in enumerate(_log().calibration.table.index)}
    return [
        [
            f"no. {name}",
            written(row["frequency"], 0),
            written(row["silent"], 0),
            *(_percent(_alive(model)[place[name]]) for model in ("BG/NBD", "MBG/NBD")),
            "still a guest" if row["there"] else "gone",
        ]
        for name, row in _six_rows().to_dict("index").items()
    ]


def why_hundred() -> Choice:
    """Why the BG/NBD model believes in everybody who came once."""
    return Choice(
        "why_hundred",
        question="The BG/NBD model is sure that EVERYBODY who came once is still a guest. In truth six in ten are. Why "
        "does it say so?",
        options=[
            Option(
                "It assumes that a guest can only be lost after a REPEAT stay.",
                right=True,
                says="So nobody can be lost after the first. The MBG/NBD model lets guests drop out after the first "
                "stay as well, and does much better here.",
            ),
            Option(
                "There are too few data on guests who came once.",
                right=False,
                says="There are more of them than of any other kind: four in ten. More data would not help; it is the "
                "assumption.",
            ),
            Option(
                "One-time guests are in fact loyal.",
                right=False,
                says="Look at the last column.",
            ),
        ],
        explain="The total of stays was right within a per cent or two, and the persons were wrong. A model can be "
        "good for one question and bad for the next. Ask what the number will be used for.",
    )


# --- 4. from stays to value -----------------------------------------------------------------------------------------


def twice() -> Number:
    """Value of a guest, without counting the risk twice."""
    stays, chance, spend, left = _WORTH
    return Number(
        "twice",
        question="For a guest the model gives: chance to be there still, 62 %; expected discounted stays from now on, "
        "4.0 (the chance of being gone is already in it); 560 EUR a stay, of which 83 % are left after the costs of "
        "the stay. What is the guest worth from now on?",
        unit="EUR",
        tolerance=0.005,
        answer=lambda: stays * spend * left,
        wrong=[
            Wrong(
                when=lambda: stays * spend * left * chance,
                says="The risk of being gone is in the 4.0 already. You have taken it off twice.",
            ),
            Wrong(when=lambda: stays * spend, says="That is revenue. 17 % of it are the costs of the stay."),
        ],
        hint="Stays x EUR a stay x what is left of it.",
        explain="4.0 x 560 x 0.83 = 1,859 EUR. Read what an expected value already contains before you multiply.",
    )


def at_risk() -> Table:
    """Guests who are slipping away."""
    return Table(
        "at_risk",
        title="Guests whom a call may be worth: much value, and probably about to be gone",
        headings=["Guest", "usual gap, months", "silent for", "still there, model", "worth, EUR", "in truth"],
        rows=_at_risk,
        says="The eight with the largest product of worth and chance of being gone; last, the mean of the fifty first. "
        "MBG/NBD and Gamma-Gamma models, 10 % a year.",
    )


def _at_risk() -> list[list[str]]:
    states = lived(HOTEL, months=SEEN).customers["state"]
    listed = slipping_away(_base(), most=50)
    listed["there"] = states.reindex(listed.index) == "customer"

    def row(name: str, found: Mapping[Any, Any], truth: str) -> list[str]:
        months = (written(found["usual_gap"], 1), written(found["silent_for"], 1))
        return [name, *months, _percent(found["probability_alive"]), written(found["residual_value"], 0), truth]

    rows = [
        row(f"no. {name}", found, "still a guest" if found["there"] else "gone")
        for name, found in listed.head(8).to_dict("index").items()
    ]
    means = {str(column): float(mean) for column, mean in listed.mean().items()}
    return [*rows, row("mean of 50", means, f"{_percent(means['there'])} are guests")]


def _percent(share: float) -> str:
    return f"{written(100.0 * share, 0)} %"


def guess_unseen() -> Guess:
    """Predict how many guests the log has never seen."""
    return Guess(
        "unseen",
        question="And now the other way round. Of all people who at the end of the log ARE guests of the hotel, what "
        "share does not appear in it at all, because they did not come in these two years?",
        unit="%",
        low=0,
        high=100,
        outcome=_unseen,
        explain="More than four in ten. Most guests come less than once a year. A log shows who comes, not who would; "
        "its 'customer base' is a part of it.",
    )


def _unseen() -> float:
    run = lived(HOTEL, months=SEEN)
    present = run.customers.index[run.customers["state"] == "customer"]
    return 100.0 * float(np.mean(~present.isin(_log().calibration.table.index)))


def what_for() -> Choice:
    """What the model is good for."""
    return Choice(
        "what_for",
        question="What would you use this model for, after all you have seen? (More than one.)",
        many=True,
        options=[
            Option(
                "To plan rooms and staff: how many stays to expect of known guests.",
                right=True,
                says="The total was right within a few per cent.",
            ),
            Option(
                "To choose whom to call first among guests who come often.",
                right=True,
                says="Ranking is where it is better than any fixed rule: silence in a guest's own gaps.",
            ),
            Option(
                "To delete guests with less than 50 % from the file.",
                right=False,
                says="It is a probability: of those with 40 %, four in ten are still there. And the next stay may be "
                "next year. A letter costs little; a lost guest costs more than his stays (lesson 7).",
            ),
            Option(
                "To tell why they left.",
                right=False,
                says="It knows when people came, and nothing else. Ask them, and read the complaints (lessons 3 and "
                "4).",
            ),
        ],
        explain="Totals and ranks, yes; verdicts on single persons and reasons, no.",
    )


# --- what the evidence says -----------------------------------------------------------------------------------------


def evidence_model() -> Evidence:
    """Buy-till-you-die models."""
    return Evidence(
        "models",
        title="Three numbers a guest",
        claim="Frequency, recency and T predict the purchases of a group well.",
        strength="strong",
        sources=[
            "Schmittlein, Morrison & Colombo 1987",
            "Fader, Hardie & Lee 2005",
            "Batislam, Denizel & Filiztekin 2007",
        ],
        says="Tried on many logs. The forecasts of a cohort's total and of groups by frequency are good; single "
        "persons vary a great deal around them.",
    )


def evidence_rule() -> Evidence:
    """Rules of thumb."""
    return Evidence(
        "inactive",
        title="A year of silence",
        claim="Whoever has not bought for a year is lost.",
        strength="lore",
        sources=["a rule of many databases, without a source"],
        says="In this log it is wrong about one guest in three, and so, for single persons, is the model: what it "
        "adds is how sure it is, and a ranking. Where people buy often, it adds much more.",
    )


def evidence_value() -> Evidence:
    """Long life and profit."""
    return Evidence(
        "long_life",
        title="A long life",
        claim="Where nothing is signed, a long life is not necessarily a profitable one.",
        strength="fair",
        sources=["Reinartz & Kumar 2000"],
        says="One catalogue firm, three years: long and short lives with high and low profit all occurred. Value takes "
        "stays, spending and costs, not only the chance of being there.",
    )
