"""Lesson 4, the complaint iceberg: silence, voice, the staffing cliff, recovery and its limits."""

from __future__ import annotations

import functools

from custsim.chain.complaints import healed_share
from custsim.lessons.firms import SEED, difference, firm, lived, measured, shown
from custsim.scenario import Scenario
from custsim.value import erlang_c
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Wrong

__all__ = [
    "busy",
    "cliff",
    "ease",
    "evidence_compensation",
    "evidence_lore",
    "evidence_paradox",
    "evidence_tarp",
    "evidence_voice",
    "favour",
    "favour_proof",
    "fewer_complaints",
    "four_people",
    "generous",
    "guess_cliff",
    "guess_complaints",
    "guess_customers",
    "guess_generous",
    "guess_ordinary",
    "guess_silent",
    "one_in_25",
    "paradox",
    "planning",
    "recovery",
    "tarp",
    "wound",
]

BANK, STORE = "neighbourhood_bank", "department_store"
EASE, STAFF, COMPENSATION = "complaints.ease", "complaints.staff", "complaints.compensation"

#: intention to buy again after a loss of more than 100 dollars (TARP): silent; complained and unsatisfied, satisfied
#: slowly, satisfied quickly
TARP = {"silent": 0.09, "unsatisfied": 0.19, "satisfied": 0.54, "quickly": 0.82}

#: an ordinary desk in the store's place
ORDINARY = {
    EASE: 0.5,
    "complaints.solve_rate": 0.5,
    COMPENSATION: 1.0,
    "complaints.interactional": 0.6,
    STAFF: 1,
}

#: what changing a note took, and what a deposit of 250,000 earns a year at one per cent
FAVOUR_COST, DEPOSIT_MARGIN = 8.0, 2_500.0


@functools.cache
def branch() -> Scenario:
    """A claims branch of the insurer, whose three people work almost two days on each complaint."""
    return firm("insurance_contact_centre").change({STAFF: 3, "complaints.handling_days": 1.92}, opening="own")


# --- silence ----------------------------------------------------------------------------------------------------


def guess_silent() -> Guess:
    """Predict how many stay silent for each who complains."""

    def outcome() -> float:
        months = lived(BANK).monthly
        return float(months["silent_failures"].sum() / months["complaints"].sum())

    return Guess(
        "silent",
        question="At the bank, for each customer who complains about a failure: how many have had a failure and say "
        "nothing?",
        low=0.0,
        high=50.0,
        outcome=outcome,
        explain="About five. The famous number is 24, and it is lore: the true number depends on what went wrong.",
    )


def one_in_25() -> Number:
    """From the share that complains to the number of the silent."""
    voice = 0.04
    return Number(
        "one_in_25",
        question="Suppose 4 % of those with a small problem complain. How many silent customers are there for each "
        "complaint?",
        answer=lambda: (1.0 - voice) / voice,
        wrong=[
            Wrong(when=25.0, says="25 customers have the problem for each complaint; one of them is the complainer."),
            Wrong(when=96.0, says="96 of 100 are silent, but there are four complaints among the 100. Divide."),
            Wrong(when=4.0, says="4 of 100 complain. How many of the others are there for each one of the four?"),
        ],
        hint="Of 100 customers 4 complain. 96 do not. How many is that for each of the four?",
        explain="96 silent for 4 complaints: 24 for one. So the famous 1 : 24 is the same statement as 'four per cent "
        "complain', which is about right for small matters seen from head office. Where money was lost, about half "
        "complain: one silent customer for each complaint.",
    )


def fewer_complaints() -> Choice:
    """A falling number of complaints is no good news by itself."""
    return Choice(
        "fewer_complaints",
        question="Jonas reports to the board: 'Complaints have fallen by a third this year.' What can be concluded?",
        options=[
            Option(
                "Fewer customers are wronged.",
                right=False,
                says="Perhaps. But complaints are failures times the share of customers who speak. He counted the "
                "product and talks about the first factor.",
            ),
            Option(
                "Nothing, as long as we do not know how many were wronged.",
                right=True,
                says="Fewer failures, a better hidden form, or customers who have given up hope: all three lower the "
                "count. Ask a sample of customers whether something went wrong, then compare.",
            ),
            Option(
                "The desk works better.",
                right=False,
                says="How the desk answers is not in this number at all. A good desk tends to raise it: people "
                "complain where it helps.",
            ),
        ],
        explain="The number of complaints is what sticks out of the water. Move the ease of complaining on the next "
        "board and see how it changes while the failures below stay nearly the same.",
    )


# --- voice ------------------------------------------------------------------------------------------------------


def guess_complaints() -> Guess:
    """Predict the number of complaints when complaining is made easy."""
    return Guess(
        "complaints_up",
        question="Complaining is made easy (from 50 to 90 of 100: a number on every letter, somebody asks). By how "
        "many per cent does the number of complaints change?",
        unit="%",
        low=-100.0,
        high=300.0,
        outcome=lambda: 100.0 * (measured(BANK, "complaints", {EASE: 0.9}) / measured(BANK, "complaints") - 1.0),
        explain="It rises by almost half. On a chart of 'complaints received' this looks like a disaster.",
    )


def guess_customers() -> Guess:
    """Predict what that does to the number of customers."""
    return Guess(
        "customers_up",
        question="And the number of customers after five years (it is about 2,800)? How many more or fewer will it be?",
        unit="customers",
        low=-500.0,
        high=500.0,
        outcome=lambda: difference(BANK, "customers_end.last", {EASE: 0.9}),
        explain="It is higher, although the two people at the desk now take more than twice as long to answer. Whoever "
        "complains gives the bank a chance; whoever says nothing has often decided already.",
    )


def ease() -> Board:
    """Make complaining easy, and staff the desk for it."""
    return Board(
        "ease",
        title="Jonas's desk at the bank",
        scenario=firm(BANK),
        controls=[
            Control(EASE, label="Ease of complaining", low=0, high=1, step=0.05),
            Control(STAFF, label="Staff of the complaint desk", low=0, high=6),
        ],
        charts=("complaints", "answer_time", "customers", "profit"),
        numbers=shown("complaints", "silent_share", "response_days", "customers_end", "profit_last_year"),
    )


# --- the cliff --------------------------------------------------------------------------------------------------


def _load(people: int, complaints: float = 28.0, days: float = 1.92) -> float:
    return complaints * days / (people * firm(BANK).time.working_days_per_month)


def busy() -> Number:
    """How busy the branch's desk is."""
    return Number(
        "busy",
        question="Priya's desk gets 28 complaints a month. Each takes 1.92 days of work. Three people work 21 days a "
        "month each. What share of their time are they busy?",
        percent=True,
        answer=lambda: _load(3),
        wrong=[
            Wrong(when=3.0 * 21.0 / (28.0 * 1.92), says="Upside down: you divided the time there is by the work."),
            Wrong(when=_load(1), says="That is the work for one person. There are three."),
            Wrong(when=28.0 / 63.0, says="A complaint takes 1.92 days, not one."),
        ],
        hint="Days of work that arrive in a month, divided by the days that three people have.",
        explain="28 x 1.92 = 53.8 days of work for 63 days of people: 85 %. That sounds as if 15 % were idle money. It "
        "is what keeps the queue short.",
    )


def four_people() -> Number:
    """Answer time with four, by Erlang's formula."""

    def days(people: int) -> float:
        return float(erlang_c(28.0 / 21.0, 1.0 / 1.92, people).mean_wait) + 1.92

    return Number(
        "four_people",
        question="With three people busy 85 % of the time an answer takes five days, of which two are work. A fourth "
        "joins: they are busy 64 % of the time. How many days does an answer take now, about? (Within half a day.)",
        unit="days",
        answer=lambda: days(4),
        absolute=0.5,
        wrong=[
            Wrong(
                when=lambda value: 3.0 < value < 4.5,
                says="You shared five days among four instead of three. But only the waiting shrinks, and it shrinks "
                "much faster than the share of work.",
            ),
            Wrong(
                when=lambda value: 0.0 < value < 1.92,
                says="Nobody is quicker than the work itself: 1.92 days.",
            ),
        ],
        hint="The work stays at 1.92 days. What happens to the three days of waiting?",
        explain="Of three days of waiting about half a day is left: together two and a half. That is Erlang's formula "
        "for waiting lines; it is a hundred years old and exact for a desk like this.",
    )


def guess_cliff() -> Guess:
    """Predict the answer time with two of three."""
    return Guess(
        "two_people",
        question="Now the other way: the savings round takes one of the three people away. How many working days does "
        "an answer take with two?",
        unit="working days",
        low=0.0,
        high=100.0,
        outcome=lambda: cliff().number("response_days", {STAFF: 2}),
        explain="Two people can do 42 days of work a month; 54 arrive. The queue grows until people give up waiting. "
        "Between 85 % and 128 % there is no slope but a cliff.",
    )


def cliff() -> Board:
    """Staff the branch's desk."""
    return Board(
        "cliff",
        title="Priya's desk at the insurer",
        scenario=branch(),
        seed=SEED,
        controls=[
            Control(STAFF, label="Staff of the complaint desk", low=1, high=6),
            Control("complaints.handling_days", label="Work on one complaint", low=0.8, high=3.2, step=0.08),
        ],
        charts=("answer_time", "recovery", "customers", "profit"),
        numbers=shown("response_days", "resolved_share", "customers_end", "customer_equity", "profit_last_year"),
    )


def planning() -> Choice:
    """Plan for the bad month, not for the mean."""
    return Choice(
        "planning",
        question="The consultants say: 'A desk that is busy 85 % of the time has 15 % of slack. With better planning "
        "we get to 98 %.' What do you answer? (More than one.)",
        many=True,
        options=[
            Option(
                "The slack is not waste: complaints do not arrive evenly, and slack is what answers them in time.",
                right=True,
                says="Waiting does not grow with the work but with work over slack. Half the slack is twice the wait.",
            ),
            Option(
                "One person ill, and the desk is over the edge.",
                right=True,
                says="Two instead of three is 128 %. Small desks have the steepest cliffs.",
            ),
            Option(
                "At 98 % an answer takes about 15 % longer.",
                right=False,
                says="It takes twice as long and more. Try it: 2.2 days of work on one complaint make 98 % on the "
                "board. Over a longer time it would be several times as long.",
            ),
            Option(
                "Shorter work on each complaint helps as much as another person.",
                right=True,
                says="For the queue, work and people are two sides of the same share. Training and the right to "
                "decide shorten the work.",
            ),
        ],
        explain="Plan a desk by the share of its time it is busy, and leave slack on purpose.",
    )


# --- making it good ---------------------------------------------------------------------------------------------


def guess_ordinary() -> Guess:
    """Predict what an ordinary desk would lose."""
    return Guess(
        "ordinary",
        question="Samir wants an ordinary desk: one person instead of two, half of the cases solved instead of three "
        "quarters, the loss and no gift, ordinary friendliness, and no card at the tills that asks for complaints. "
        "How many customers more or fewer will the store have after five years (of about 4,600)?",
        unit="customers",
        low=-2_000.0,
        high=2_000.0,
        outcome=lambda: difference(STORE, "customers_end.last", ORDINARY),
        explain="It loses about one customer in forty. That seems little, for a legend. It is one in forty of all "
        "customers, for a matter that touches only one in twenty of them a year at the desk.",
    )


def guess_generous() -> Guess:
    """Predict what triple compensation brings."""
    return Guess(
        "generous",
        question="And if the store gave not 1.2 times but THREE times the loss? Customers after five years, compared "
        "with today's policy?",
        unit="customers",
        low=-500.0,
        high=500.0,
        outcome=lambda: difference(STORE, "customers_end.last", {COMPENSATION: 3.0}),
        explain="None are won. Up to about one and a half times the loss people find it fair. Beyond that it begins to "
        "feel wrong, as if they were being bought.",
    )


def recovery() -> Board:
    """The store's desk, lever by lever."""
    return Board(
        "recovery",
        title="The store that makes it good",
        scenario=firm(STORE),
        controls=[
            Control(STAFF, label="Staff of the complaint desk", low=0, high=5),
            Control(
                COMPENSATION, label="Compensation, times the loss", low=0, high=3, step=0.1, percent=False, unit=""
            ),
            Control("complaints.solve_rate", label="Cases the desk can solve", low=0.3, high=0.9, step=0.05),
            Control("complaints.interactional", label="Courtesy", low=0.3, high=1.0, step=0.05),
            Control(EASE, label="Ease of complaining", low=0, high=1, step=0.05),
        ],
        charts=("recovery", "answer_time", "customers", "profit"),
        numbers=shown("resolved_share", "response_days", "customers_end", "profit.first_year", "profit_last_year"),
    )


def generous() -> Choice:
    """The inverted U of compensation."""
    return Choice(
        "compensation",
        question="Try 0, 1.2 and 3 times the loss on the board. Which rule fits what you see?",
        options=[
            Option(
                "The more, the better: a customer won back pays for everything.",
                right=False,
                says="From 1.2 to 3 times the loss no customers are won and much money goes. Look again at the "
                "customers' number.",
            ),
            Option(
                "Give the loss, perhaps a little more; the rest of your effort into speed and courtesy.",
                right=True,
                says="That is also what experiments find: useful up to about one and a half times the loss "
                "(Haesevoets et al. 2017), better at once than late, and in kind (Roschk & Gelbrich 2014).",
            ),
            Option(
                "Money does not matter, only courtesy does.",
                right=False,
                says="At 0 the share closed to satisfaction falls by more than half. What a customer gets weighs most; "
                "courtesy comes next, then speed.",
            ),
        ],
        explain="Compensation is an inverted U: best at about one to one and a half times the loss.",
    )


# --- limits -----------------------------------------------------------------------------------------------------


def wound() -> Number:
    """What is left of a wound after a perfect, late answer."""
    days = 20.0
    law = firm(STORE).complaints

    def left() -> float:
        healed = healed_share(1.0, days, law.heal_patience_days, law.heal_below, law.heal_range)
        return 1.0 - float(healed)

    return Number(
        "wound",
        question="In the model a loss of money leaves a wound of 1. A perfect answer heals the share exp(-days/20) of "
        "it. The answer comes after 20 working days. How deep is the wound still? (exp(-1) is 0.37.)",
        answer=left,
        absolute=0.02,
        wrong=[
            Wrong(when=0.37, says="0.37 is the share that heals. What is left?"),
            Wrong(when=0.0, says="Perfect, but late. Time has already done its work: people have looked around."),
        ],
        hint="Healed share first; then one minus it.",
        explain="0.37 heals, 0.63 stays. Answered on the same day nearly all would have healed, but never more than "
        "all: in this model nobody becomes more loyal than before by being wronged.",
    )


def paradox() -> Choice:
    """What the recovery paradox is, and is not."""
    return Choice(
        "paradox",
        question="A magazine writes: 'Customers whose complaint was solved at once are MORE loyal than those who never "
        "had a problem. A mistake is an opportunity!' In the store's tables the first group indeed stays longer. "
        "What do you say?",
        options=[
            Option(
                "So a few mistakes, handled well, would be good for business.",
                right=False,
                says="Try it: on no board does a failure raise the number of customers. The table compares different "
                "people.",
            ),
            Option(
                "Those who complain are not like the others: they already thought well of the store.",
                right=True,
                says="Complaining is more likely for customers who expect to be heard and wish to stay. That alone "
                "makes the table. Compared with themselves, they are at best as loyal as before.",
            ),
            Option(
                "The table must contain an error.",
                right=False,
                says="No, the count is right; tables of many firms look like that. It is the conclusion that is wrong.",
            ),
        ],
        explain="The paradox exists in what people SAY right after a good recovery; in what they do, it has not been "
        "found (de Matos, Henrique & Rossi 2007; Knox & van Oest 2014).",
    )


def tarp() -> Number:
    """Voice pays only where the desk works."""
    voice, quick, slow = 0.9, 0.7, 0.2

    def average() -> float:
        answered = quick * TARP["quickly"] + slow * TARP["satisfied"] + (1.0 - quick - slow) * TARP["unsatisfied"]
        return (1.0 - voice) * TARP["silent"] + voice * answered

    return Number(
        "tarp",
        question="A firm gets 90 % of its wronged customers to speak, satisfies 70 % of those quickly and 20 % slowly. "
        "What share of ALL wronged customers intends to buy again?",
        percent=True,
        answer=average,
        absolute=0.006,
        wrong=[
            Wrong(
                when=quick * TARP["quickly"] + slow * TARP["satisfied"] + 0.1 * TARP["unsatisfied"],
                says="That is the mean of those who complained. One in ten is still silent, with 9 %.",
            ),
            Wrong(
                when=sum(TARP.values()) / 4.0,
                says="The four groups are not equally large. Weigh each with its share.",
            ),
        ],
        hint="First the mean of those who complain (70, 20 and 10 %), then mix in the silent tenth.",
        explain="0.9 x (0.7 x 82 + 0.2 x 54 + 0.1 x 19) + 0.1 x 9 = 64 %. With a poor desk (10 % quickly, 20 % slowly) "
        "the same 90 % of voice would give only 30 %, and with a quarter speaking, 15 %. Encouraging complaints pays "
        "if the desk works. These are intentions, and complainers are a selected group: read the order, not the "
        "decimals.",
    )


def favour() -> Number:
    """How often a small favour would have to end in a large deposit."""
    return Number(
        "favour",
        question="Say the favour cost 8 dollars of working time, and such a deposit earns 2,500 dollars a year. In "
        "what share of all favours must it happen to pay back within a year?",
        percent=True,
        answer=lambda: FAVOUR_COST / DEPOSIT_MARGIN,
        wrong=[
            Wrong(when=FAVOUR_COST / 250_000.0, says="The bank does not earn the deposit, only the margin on it."),
        ],
        hint="Cost of one favour, divided by what one success earns.",
        explain="8/2,500 = 0.32 %: one favour in about 310. That is a claim one can test. The story is not a test.",
    )


def favour_proof() -> Choice:
    """What an anecdote proves."""
    return Choice(
        "favour_proof",
        question="What does the story of the banknote prove?",
        options=[
            Option(
                "That small favours pay.",
                right=False,
                says="It shows that it happened once. Nobody prints the story of the 300 favours after which nothing "
                "happened.",
            ),
            Option(
                "Nothing about how often: we hear of the one time it worked.",
                right=True,
                says="And we do not know whether the man would have opened the account anyway. To know, count the "
                "favours, and compare with customers who did not get one.",
            ),
            Option(
                "That it is invented.",
                right=False,
                says="It may well be true. True stories can be badly chosen evidence.",
            ),
        ],
        explain="Stories like this one, or like the store that made dozens of telephone calls in a night, show what "
        "good recovery looks like. What it is worth, they cannot show. For that one needs the ordinary days as well.",
    )


# --- evidence ---------------------------------------------------------------------------------------------------


def evidence_lore() -> Evidence:
    """1 : 24."""
    return Evidence(
        "lore_24",
        title="One to twenty-four",
        claim="For each customer who complains, 24 stay silent.",
        strength="lore",
        sources=["retold from American studies of the 1970s and 80s; no original could be traced"],
        says="It is 4 % voice: about right for small matters seen from head office, badly wrong where money is lost. "
        "On your bank's board it was about five.",
    )


def evidence_voice() -> Evidence:
    """Who speaks."""
    return Evidence(
        "voice",
        title="Who speaks",
        claim="Half and more complain to the front line where money was lost; 5 to 30 % after rudeness or poor "
        "quality; 1 to 5 % ever reach head office.",
        strength="fair",
        sources=["TARP, as reported by Goodman"],
        says="American studies, some of them old, reported by those who made them. The order is found everywhere; the "
        "figures depend on the trade.",
    )


def evidence_tarp() -> Evidence:
    """Intentions by outcome."""
    return Evidence(
        "tarp_table",
        title="Answers and intentions",
        claim="The better and the quicker a complaint is answered, the more customers intend to buy again.",
        strength="fair",
        sources=["TARP", "Orsingher, Valentini & de Angelis 2010", "Gelbrich & Roschk 2011"],
        says="The order is firm: over 60 studies, what one gets weighs most in satisfaction with the handling, then "
        "how one is treated, then speed. The percentages are stated intentions of people who chose to complain.",
    )


def evidence_paradox() -> Evidence:
    """The paradox."""
    return Evidence(
        "paradox_evidence",
        title="The paradox",
        claim="A complaint handled well makes a better customer than none.",
        strength="weak",
        sources=["de Matos, Henrique & Rossi 2007", "Knox & van Oest 2014"],
        says="In satisfaction sometimes; in repurchase, word of mouth and image no, over many studies. In the "
        "purchases of 20,000 customers recovery hardly ever made up for the failure.",
    )


def evidence_compensation() -> Evidence:
    """Compensation."""
    return Evidence(
        "compensation_evidence",
        title="Compensation",
        claim="Compensation helps up to about one and a half times the loss; soon, and in kind.",
        strength="fair",
        sources=["Haesevoets et al. 2017", "Roschk & Gelbrich 2014", "Smith, Bolton & Wagner 1999"],
        says="Mostly experiments with described situations. How satisfaction falls with each further day of waiting, "
        "nobody has published as a curve: in this model that is an assumption.",
    )
