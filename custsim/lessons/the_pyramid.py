"""Lesson 8, the pyramid: who earns, who costs, why customers are so unequal, and whom a store should keep."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from custsim.experiment.counterfactual import Counterfactual, lost_customer_cost
from custsim.lessons.firms import SEED, difference, firm, lived, measured, shown
from custsim.simulation import Run
from custsim.value import concentration, cost_to_serve, rfm, segment_table
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Headline, Number, Option, Wrong
from custsim.widgets.numbers import written
from custsim.widgets.table import Table

__all__ = [
    "by_hand",
    "desk_and_list",
    "evidence_eighty",
    "evidence_fire",
    "evidence_loyal",
    "evidence_pyramid",
    "fifths",
    "gone_or_down",
    "guess_alike",
    "guess_costing",
    "guess_lost_small",
    "guess_price",
    "guess_top_fifth",
    "guess_whale",
    "inequality",
    "levers",
    "lost_customers",
    "old_and_good",
    "quiet_advocates",
    "running_sum",
    "segments",
    "target",
    "times_as_much",
    "top_again",
]

STORE = "department_store"
PRICE = "market.price"
PER_EMPLOYEE = "employees.customers_per_employee"
VISIT_COST = "profit.visit_cost"
SPEND = "market.spend_sd"
ALIKE = {SPEND: 0.0}
DEARER = {PRICE: 1.1}

FIFTHS = ("best fifth", "second", "third", "fourth", "last fifth")

#: per cent of the customers at which their running sum is drawn
_COUNTED = range(0, 101, 5)
#: four customers of a craftsman: revenue, visits and telephone calls a year (of the example by hand)
_CUSTOMERS = {"Adam": (1000.0, 4, 0), "Berta": (800.0, 10, 3), "Carl": (300.0, 2, 1), "Dora": (150.0, 12, 2)}
_MARGIN, _A_VISIT, _A_CALL = 0.4, 12.0, 20.0


# --- who earns -----------------------------------------------------------------------------------------------------


def _opening(run: Run) -> pd.DataFrame:
    """Those who were customers when the five years began, with what is left of each after the staff they tie up."""
    customers = run.customers[run.customers["opening"].astype(bool)]
    return customers.assign(net=customers["value_observed"] - customers["capacity_observed"])


def _best_fifth(run: Run) -> float:
    return 100.0 * concentration(_opening(run)["value_observed"]).top_share[0.2]


def _costing(run: Run) -> float:
    return 100.0 * float((_opening(run)["net"] < 0).mean())


def guess_top_fifth() -> Guess:
    """Predict the share of the best fifth."""
    return Guess(
        "top_fifth",
        question="Rank the store's customers by what each has contributed in five years (revenue less goods and "
        "handling). What share of it all comes from the best fifth?",
        unit="%",
        low=0,
        high=100,
        outcome=lambda: _best_fifth(lived(STORE)),
        explain="Close to three quarters. Not because somebody planned it so: some come often, some fill larger bags, "
        "some stay for all five years, and the three multiply.",
    )


def fifths() -> Table:
    """The pyramid in fifths: what each brings and what it costs."""
    return Table(
        "fifths",
        title="Customers of month 0 by fifths of what is left of each in five years, EUR a customer",
        headings=["Fifth", "visits", "contribution", "staff tied up", "left", "share of contribution"],
        rows=_fifths,
        says="Discounted to month 0. Staff tied up: the store plans one employee for 242 customers, so each customer "
        "ties up the same share of a pay for as long as they stay, about 11 EUR a month.",
    )


def _fifths() -> list[list[str]]:
    customers = _opening(lived(STORE)).sort_values("net", ascending=False)
    fifth = np.arange(len(customers)) * len(FIFTHS) // len(customers)
    rows = []
    for number, name in enumerate(FIFTHS):
        some = customers[fifth == number]
        share = some["value_observed"].sum() / customers["value_observed"].sum()
        means = (some[column].mean() for column in ("value_observed", "capacity_observed", "net"))
        rows.append(
            [
                name,
                written(some["visits"].mean(), 0),
                *(written(one, 0) for one in means),
                f"{written(100 * share, 0)} %",
            ]
        )
    return rows


def times_as_much() -> Number:
    """How much more a customer of the best fifth brings."""

    def share() -> float:
        return _best_fifth(lived(STORE)) / 100.0

    return Number(
        "times_as_much",
        question="The best fifth brings 74 % of the contribution. How many times as much does one customer of the best "
        "fifth bring as one of all the others, on average?",
        tolerance=0.03,
        answer=lambda: (share() / 0.2) / ((1.0 - share()) / 0.8),
        wrong=[
            Wrong(
                when=lambda: share() / (1.0 - share()),
                says="That compares the two GROUPS. The second group is four times as large: divide each by its number "
                "of customers first.",
            ),
            Wrong(
                when=lambda: share() / 0.2,
                says="That compares them with the average customer, themselves included. Compare with the others.",
            ),
        ],
        hint="74 % shared by 20 % of the customers, 26 % by 80 %.",
        explain="(74/20) / (26/80) = 3.7/0.325: about eleven times.",
    )


# --- who costs -----------------------------------------------------------------------------------------------------


def guess_costing() -> Guess:
    """Predict the share of customers who cost more than they bring."""
    return Guess(
        "costing",
        question="Now charge every customer with the staff they tie up as well. What share of the customers have cost "
        "the store more than they brought, over the five years?",
        unit="%",
        low=0,
        high=100,
        outcome=lambda: _costing(lived(STORE)),
        explain="Nearly half. Their loss is not large, but the profit of the others must first make it good.",
    )


def running_sum(shares: Sequence[float]) -> list[float]:
    """What the best of the store's customers have brought together, per cent of what all have.

    Parameters
    ----------
    shares
        Per cent of the customers, counted from the best.

    Examples
    --------
    >>> [round(sum_) for sum_ in running_sum([0, 100])]
    [0, 100]
    """
    left = np.sort(_opening(lived(STORE))["net"].to_numpy(dtype=np.float64))[::-1]
    sums = np.concatenate([[0.0], np.cumsum(left)]) / left.sum()
    return [float(one) for one in 100.0 * np.interp(shares, np.linspace(0.0, 100.0, sums.size), sums)]


def guess_whale() -> Guess:
    """Draw the running sum from the best customer to the worst."""
    return Guess(
        "whale",
        kind="curve",
        question="Line the customers up from the best to the worst, and add up what is left of each. At the far left "
        "nobody has been counted, at the far right everybody, and the sum is 100 % of what the store keeps. Draw the "
        "way from the one to the other.",
        unit="%",
        low=0,
        high=200,
        at=_COUNTED,
        across="{} % of the customers",
        outcome=lambda: running_sum(_COUNTED),
        explain="The first fifth of the customers bring all of it, and half of the line is nearly flat: many "
        "customers neither earn nor cost much.",
    )


def by_hand() -> Number:
    """The whale curve of four customers."""

    def peak() -> float:
        revenue, visits, calls = np.array(list(_CUSTOMERS.values())).T
        found = cost_to_serve(
            revenue=revenue,
            gross_margin=_MARGIN,
            activities={"visit": visits, "call": calls},
            unit_costs={"visit": _A_VISIT, "call": _A_CALL},
        )
        return 100.0 * float(found.summary()["peak of the whale curve"])

    return Number(
        "by_hand",
        question="A craftsman has four customers (revenue; visits; calls a year): Adam 1,000 EUR; 4; 0. Berta 800; 10; "
        "3. Carl 300; 2; 1. Dora 150; 12; 2. Of the revenue 40 % are left after material; a visit costs him 12 EUR, a "
        "call 20. What per cent of today's profit do the PROFITABLE customers earn together?",
        unit="%",
        absolute=0.6,
        answer=peak,
        wrong=[
            Wrong(
                when=lambda: peak() - 100.0,
                says="That is what the others lose, as a share of the profit. The profitable earn 100 % and this.",
            ),
            Wrong(
                when=100.0,
                says="That would be so if nobody cost money. Look at Dora: 60 EUR of margin, and what does she cost?",
            ),
            Wrong(
                when=lambda: 100.0 * 352.0 / 444.0,
                says="That is Adam alone. Berta and Carl are profitable too.",
            ),
        ],
        hint="Profit of each: 40 % of the revenue, less 12 EUR a visit and 20 EUR a call. One is below 0.",
        explain="Adam 352, Berta 140, Carl 76, Dora 60 - 144 - 40 = -124. Together 444; the profitable earn 568, 128 % "
        "of it. His whale rises to 128 %.",
    )


# --- why so unequal ------------------------------------------------------------------------------------------------


def guess_alike() -> Guess:
    """Predict the pyramid of people who spend alike."""
    return Guess(
        "alike",
        question="Suppose everybody in a segment spent exactly the same on a visit; they differ only in how often they "
        "come. What share would the best fifth bring then?",
        unit="%",
        low=0,
        high=100,
        outcome=lambda: _best_fifth(lived(STORE, ALIKE)),
        explain="Still more than half. How often people come, and how long they happen to stay, make a pyramid without "
        "any difference in their purses.",
    )


def _headlines() -> tuple[Headline, ...]:
    return (
        Headline("best_fifth", "Contribution of the best fifth", "%", _best_fifth, "neither", 0,
                 "Share of the five years' contribution of all who were customers in month 0."),
        Headline("costing", "Cost more than they bring", "%", _costing, "less", 0,
                 "Share of the customers of month 0 whose contribution is less than the staff they tie up."),
    )  # fmt: skip


def inequality() -> Board:
    """What makes customers unequal."""
    return Board(
        "inequality",
        title="The store: how different people are",
        scenario=firm(STORE),
        controls=[
            Control(SPEND, label="Differences in spending (0: all alike)", low=0.0, high=1.0, step=0.1, unit=""),
            Control("segments[1].spend", label="Purchases of 'advice' customers, times the average", low=1.0, high=2.5,
                    step=0.1),
        ],
        charts=("customers", "money"),
        numbers=(*_headlines(), "profit"),
        panels=(),
    )  # fmt: skip


def top_again() -> Number:
    """How many of the best fifth of one year are in that of the next."""
    return Number(
        "top_again",
        question="Take the fifth of customers who spent most in the first year. What share of them is in the best "
        "fifth of the SECOND year as well? Write what you believe, in per cent; within five points counts.",
        percent=True,
        absolute=0.05,
        answer=_again,
        wrong=[
            Wrong(
                when=lambda value: value > 0.78,
                says="Too faithful. Some of them were in the best fifth because of one lucky year with many visits; "
                "and one in ten is gone.",
            ),
            Wrong(
                when=lambda value: value < 0.4,
                says="Too pessimistic. Who comes often tends to go on coming often: that is a lasting trait.",
            ),
        ],
        hint="Part of a rank is a trait that lasts, part is luck that does not. Think of two thirds and one third.",
        explain="About two thirds. The rest were lucky that year, or are gone (one in ten). So the best fifth of last "
        "year always disappoints a little this year, whatever you do for them; do not blame the programme, and do not "
        "praise it when those below come up.",
    )


def _again() -> float:
    log = pd.DataFrame(lived(STORE).transactions)
    years = [
        log[(log["time"] >= 12 * n) & (log["time"] < 12 * n + 12)].groupby("person")["amount"].sum() for n in (0, 1)
    ]
    first, second = (set(year.nlargest(len(year) // 5).index) for year in years)
    return len(first & second) / len(first)


def old_and_good() -> Choice:
    """Tenure and profit."""
    return Choice(
        "old_and_good",
        question="How closely does what is left of a customer go with how long they have been one, at the store?",
        options=[
            Option(
                "Hardly at all.",
                right=True,
                says="The correlation is about .05, where 0 would be not at all and 1 perfectly. Long relationships "
                "contain many people who come rarely and drift along. Those who spend much come often, and with every "
                "visit they may be put off.",
            ),
            Option(
                "Closely: old customers are the good ones.",
                right=False,
                says="So it is often told. Here, and in the data of several firms, the two hardly go together: loyal "
                "is not the same as profitable.",
            ),
            Option(
                "Closely, but the other way round: new customers are the good ones.",
                right=False,
                says="Neither. Long-standing customers are not worse; they are mixed, as all are.",
            ),
        ],
        explain="Butterflies come, spend and go; barnacles stay and bring little (Reinartz & Kumar 2002). Reward "
        "purchases, not birthdays.",
    )


# --- making small customers pay ------------------------------------------------------------------------------------


def guess_price() -> Guess:
    """Predict what a higher price does."""
    return Guess(
        "dearer",
        question="Olga proposes prices up by 10 %, 'so that the small ones pay for themselves'. By how much per cent "
        "does the profit of the FIFTH year change?",
        unit="%",
        low=-60,
        high=120,
        outcome=lambda: 100.0 * difference(STORE, "profit.last_year", DEARER) / measured(STORE, "profit.last_year"),
        explain="It falls, although fewer customers cost money and the first years look splendid. Those who leave are "
        "not the ones the list meant.",
    )


def levers() -> Board:
    """Ways to serve at a profit."""
    return Board(
        "levers",
        title="The store: what to do about customers who cost",
        scenario=firm(STORE),
        controls=[
            Control(PER_EMPLOYEE, label="Customers per employee", low=200, high=320, step=2, unit=""),
            Control(PRICE, label="Price against the market", low=0.9, high=1.2, step=0.01),
            Control(VISIT_COST, label="Goods and handling", low=26.0, high=40.0, step=0.5),
        ],
        charts=("customers", "satisfaction", "profit"),
        numbers=(*_headlines(), *shown("profit.first_year", "profit_last_year", "customers_end")),
        panels=("why", "band"),
    )


def target() -> Choice:
    """Why the share of customers who cost is a poor target."""
    return Choice(
        "target",
        question="Olga wants to make the share of customers who cost money a target for the managers. What would you "
        "tell her, after the board?",
        options=[
            Option(
                "It can be met in ways that lose money: dearer, or with fewer staff.",
                right=True,
                says="Price + 10 %, or 300 customers an employee: both lower the share, and the profit of the last "
                "year with it.",
            ),
            Option(
                "Good: whatever lowers it raises profit in the end.",
                right=False,
                says="Try 300 customers per employee: the share falls by about four points, and so does, by more than "
                "a quarter, the profit of the last year.",
            ),
            Option(
                "Bad: it cannot be moved.",
                right=False,
                says="It can, by every one of the three levers. The trouble is what else moves.",
            ),
        ],
        explain="The share is a symptom. Cheaper handling of a visit lowers it a little and raises profit a lot; a "
        "higher price lowers it as much and loses customers who were worth having. Look at the money, not at the "
        "count.",
    )


# --- whom to keep --------------------------------------------------------------------------------------------------


@functools.cache
def _lost() -> Counterfactual:
    """Remove 300 customers of a tier in one life, six times."""
    return lost_customer_cost(firm(STORE), month=0, persons=900, together=300, replications=6, seed=SEED)


def guess_lost_small() -> Guess:
    """Predict what the store loses with a customer of the last fifth."""
    return Guess(
        "lost_small",
        question="The store takes a customer of the least promising fifth off its list, for good. By how much does its "
        "profit of five years change, everything counted: purchases, the staff then not needed, the friends not "
        "brought? (Plus: the store gains.)",
        unit="EUR",
        low=-2_000,
        high=2_000,
        outcome=lambda: -_lost().value("tier: bottom fifth", "total"),
        explain="The store gains some 400 EUR: at THIS store, where a small bag does not pay for goods and handling. "
        "Most of it is staff that is then not needed, if it is in fact reduced. At the hotel of lesson 7 the same "
        "fifth about breaks even.",
    )


def lost_customers() -> Table:
    """What a lost customer costs, by tier."""
    return Table(
        "lost_customers",
        title="What the store misses in five years if one customer is lost, EUR (95 % intervals)",
        headings=["Customer of the", "own contribution", "contribution of others", "costs (saved: minus)", "in all"],
        rows=_lost_rows,
        says="The same five years, in the same luck, with and without them. Tiers by the value expected to come; "
        "minus in the last column: the store is better off without.",
    )


def _lost_rows() -> list[list[str]]:
    rows = []
    for tier in ("top fifth", "middle", "bottom fifth"):
        found = _lost().table
        cells = found[found["group"] == f"tier: {tier}"].set_index("part").to_dict("index")
        told = [
            f"{written(cell['value'], 0, signed=True)} ({written(cell['low'], 0)} to {written(cell['high'], 0)})"
            for cell in (cells[part] for part in ("own", "others", "costs", "total"))
        ]
        rows.append([tier, *told])
    return rows


def gone_or_down() -> Choice:
    """What to do about the last fifth."""
    return Choice(
        "gone_or_down",
        question="The last fifth costs the store 400 EUR each over five years. What follows?",
        options=[
            Option(
                "Find out whether they can be served for less, and only then whether they can be let go.",
                right=True,
                says="Most of the 400 EUR is staff and handling, not malice. A way to serve small bags for less keeps "
                "what they say to their friends, and what some of them will one day become.",
            ),
            Option(
                "Send them away.",
                right=False,
                says="You would lose what they say to others (see their column), some who would have grown, and "
                "the good name of a store that sends people away; the last of these is not even in the model.",
            ),
            Option(
                "Nothing: every customer is a good customer.",
                right=False,
                says="Not here: their own contribution is below 0 before any staff is counted.",
            ),
        ],
        explain="The saving in staff is only real if the staff is in fact reduced; if it stays, nearly all of the gain "
        "is gone.",
    )


def segments() -> Table:
    """RFM segments of the store's log."""
    return Table(
        "segments",
        title="What the till knows: customers by recency, frequency and amount",
        headings=["Segment", "customers", "months since the last visit", "visits", "EUR a visit", "what to do"],
        rows=_segments,
        says="From the log of five years alone; scores by fifths (Hughes 1994). Nobody told the till who has left.",
    )


def _segments() -> list[list[str]]:
    found = segment_table(rfm(lived(STORE)))
    return [
        [
            str(name),
            f"{written(100 * row['share_of_customers'], 0)} %",
            written(row["since_last"], 1),
            written(row["purchases"], 0),
            written(row["spend"], 0),
            row["action"],
        ]
        for name, row in found.to_dict("index").items()
    ]


def desk_and_list() -> Choice:
    """Which segment deserves the next call."""
    return Choice(
        "next_call",
        question="Kenji has one person who can telephone forty customers a week. Whom first?",
        options=[
            Option(
                "'At risk': they used to come often for much, and have not come for about two years.",
                right=True,
                says="Much to win back, and a reason that can still be found out. (Two years is late: the list should "
                "have been read a year ago.)",
            ),
            Option(
                "'Champions': they bring most.",
                right=False,
                says="They were here three weeks ago. Thank them when they come; a call changes little where nothing "
                "is in danger. What counts is the difference a call makes, not the value of who is called.",
            ),
            Option(
                "'Lost': there are most to be won.",
                right=False,
                says="They came rarely, for little, long ago. Forty calls a week buy nothing there.",
            ),
        ],
        explain="Value times the chance that the call changes something. Lesson 11 computes both from the same log.",
    )


def quiet_advocates() -> Number:
    """Customers of low own and high referral value."""

    def brought() -> float:
        customers = lived(STORE).customers
        return float((customers[customers["opening"].astype(bool)]["referral_value"] > 0).mean())

    return Number(
        "quiet_advocates",
        question="Of the customers of month 0, one in eight has brought somebody in the five years. Those whose own "
        "contribution is below the median AND who have brought somebody are called advocates. If bringing had nothing "
        "to do with one's own contribution, what share of all customers would they be?",
        percent=True,
        absolute=0.008,
        answer=lambda: 0.5 * brought(),
        wrong=[
            Wrong(
                when=brought,
                says="That is everybody who has brought somebody. Only those below the median are meant: half of all.",
            ),
            Wrong(when=0.25, says="Four fields of a table are not equally full: only one in eight brings anybody."),
        ],
        hint="One in eight, of one half.",
        explain="12.5 % x 1/2 = 6.25 %, and that is what the run shows: own contribution says next to nothing about "
        "who recommends. A list by spending treats these people as small (Kumar, Petersen & Leone 2007).",
    )


# --- what the evidence says ----------------------------------------------------------------------------------------


def evidence_eighty() -> Evidence:
    """Eighty and twenty."""
    return Evidence(
        "eighty_twenty",
        title="Eighty and twenty",
        claim="Twenty per cent of the customers bring eighty per cent of the sales.",
        strength="lore",
        sources=["Sharp and colleagues, Ehrenberg-Bass Institute (quoted from memory)"],
        says="In purchases of consumer goods the best fifth often brings only 50 to 60 % within a year. The longer the "
        "period and the more the measure is profit rather than sales, the steeper the pyramid. Count your own.",
    )


def evidence_pyramid() -> Evidence:
    """Curry's pyramid."""
    return Evidence(
        "pyramid",
        title="The tiers",
        claim="Top 1 %, large 4 %, medium 15 %, small 80 % of the customers: 50, 30 and 20 % of the sales, or 40, 25 "
        "and 15.",
        strength="weak",
        sources=["Curry & Curry 2000, as retold in trade texts that disagree with each other"],
        says="A useful way to draw a customer base, and no law: the retold shares differ, and no study behind them was "
        "found.",
    )


def evidence_loyal() -> Evidence:
    """Loyalty and profitability."""
    return Evidence(
        "loyal",
        title="Loyal and profitable",
        claim="Loyal customers are not reliably the profitable ones.",
        strength="fair",
        sources=["Reinartz & Kumar 2002", "Reinartz & Kumar 2000"],
        says="Four firms, more than 16,000 customers: loyalty and profitability correlated between .20 and .45. No "
        "proof that old customers cost less, pay more or recommend more.",
    )


def evidence_fire() -> Evidence:
    """Bank customers who cost more than they bring."""
    return Evidence(
        "unprofitable",
        title="Customers who cost",
        claim="The bottom fifth of a bank's customers cost three to four times what they bring.",
        strength="weak",
        sources=["teaching slides of a US university; no study named"],
        says="That some customers cost more than they bring is found wherever costs are charged to them. By how much "
        "depends on how the costs are charged: staff that would be there anyway is not saved.",
    )
