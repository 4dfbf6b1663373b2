"""Lesson 10, the budget game: one budget over the whole chain for five years, against rivals in the same luck."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from custsim.game import RIVALS, Firm, Game, leaderboard
from custsim.game import firm as firm_of
from custsim.game.book import Book, score
from custsim.game.leaderboard import points
from custsim.game.play import played
from custsim.game.results import YearResult
from custsim.lessons.firms import difference, firm, shown
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Headline, Number, Option, Table, Wrong
from custsim.widgets.numbers import written

__all__ = [
    "REHEARSAL",
    "benchmark",
    "best_of_many",
    "evidence_games",
    "evidence_most",
    "game",
    "guess_cutter",
    "guess_other_lucks",
    "guess_pay",
    "in_one_luck",
    "levers",
    "pay_bill",
    "points_by_hand",
    "rehearsal",
    "same_money",
    "slow_first",
]

BANK = "neighbourhood_bank"
#: code of the district that the house managers rehearse with; not the one that is played
REHEARSAL = "REHEARSAL"
#: other lucks in which two managers are compared
_LUCKS = 6

STEADY, CUTTER, _, CARER = (rival.name for rival in RIVALS)

#: profits of three teams, EUR (of the example by hand)
_PROFITS = (3_000_000.0, 2_400_000.0, 2_200_000.0)

_PAY = {"employees.pay": 1.03}


# --- one budget ------------------------------------------------------------------------------------------------------


def pay_bill() -> Number:
    """What three per cent more pay costs."""
    bank = firm(BANK)
    heads = bank.market.customers / bank.employees.customers_per_employee
    return Number(
        "pay_bill",
        question="A district with 3,000 customers has one employee for 150 of them, at 3,150 EUR a month each. What do "
        "3 % more pay for everybody cost a year?",
        unit="EUR a year",
        answer=lambda: 0.03 * heads * bank.employees.monthly_pay * 12.0,
        wrong=[
            Wrong(when=lambda: 0.03 * heads * bank.employees.monthly_pay, says="That is one month."),
            Wrong(
                when=lambda: heads * bank.employees.monthly_pay * 12.0, says="That is all of the pay, not 3 % of it."
            ),
        ],
        hint="20 people, 3,150 EUR, 12 months, 3 %.",
        explain="20 x 3,150 x 12 = 756,000 EUR a year; 3 % of it is 22,680 EUR. Wages are by far the largest line of "
        "the budget, so that small per cents there are large sums elsewhere.",
    )


def same_money() -> Number:
    """What else the same money would buy."""
    bank = firm(BANK)
    heads = bank.market.customers / bank.employees.customers_per_employee
    bill = 0.03 * heads * bank.employees.monthly_pay * 12.0
    return Number(
        "same_money",
        question="How much MORE training per employee and month could be had for these 22,680 EUR a year?",
        unit="EUR",
        answer=lambda: bill / (12.0 * heads),
        wrong=[
            Wrong(when=lambda: bill / heads, says="That is a year's training of one employee. Divide by 12."),
            Wrong(when=lambda: bill / 12.0, says="That is a month's money for all 20 of them."),
        ],
        hint="Divide by the people and by the months.",
        explain="94.50 EUR: the training budget of 100 EUR could nearly be doubled. That is what a budget is: every "
        "euro has another use.",
    )


def guess_pay() -> Guess:
    """Predict what more pay brings in five years."""
    return Guess(
        "pay_rise",
        question="The 3 % more pay cost 113,000 EUR in five years. By how much does the PROFIT of the five years "
        "differ with them, all told? (Minus: it falls.)",
        unit="EUR",
        low=-300_000,
        high=300_000,
        outcome=lambda: difference(BANK, "profit.total", _PAY),
        explain="It falls, by somewhat less than the pay costs: fewer people leave, service is a little better, some "
        "customers stay. An outlay that comes back in part is still an outlay.",
    )


def _own_cost(name: str) -> Headline:
    return Headline(
        name,
        "What the firm spends itself",
        "currency a month",
        lambda run: float((run.monthly["contribution"] - run.monthly["profit"]).mean()),
        "neither",
        0,
        "Everything but what is spent for each customer: pay, internal service, desks, advertising, fixed cost.",
    )


def levers() -> Board:
    """The levers of the game, at a district of the bundled bank."""
    return Board(
        "levers",
        title="A district of the neighbourhood bank: the levers of the game, to get to know them",
        scenario=firm(BANK),
        controls=[
            Control("internal_service.training.spend", label="Training", low=0, high=200, step=10),
            Control("internal_service.tools.spend", label="Tools", low=0, high=280, step=10),
            Control("employees.pay", label="Pay against the market", low=0.96, high=1.08, step=0.01),
            Control("employees.customers_per_employee", label="Customers per employee", low=128, high=180, step=2,
                    unit=""),
            Control("complaints.staff", label="People at the complaint desk", low=0, high=4, step=1),
            Control("loyalty.offer_rate", label="Leavers met with an offer", low=0, high=0.4, step=0.05),
            Control("referral.reward", label="Reward for a recruit", low=0, high=100, step=5, unit="EUR"),
            Control("market.marketing", label="Advertising", low=0, high=12_000, step=500),
        ],
        charts=("chain", "customers", "profit"),
        numbers=(_own_cost("own_cost"), *shown("profit.first_year", "profit_last_year", "profit.total",
                                               "customer_equity", "satisfaction")),
        panels=("why", "band"),
    )  # fmt: skip


def slow_first() -> Choice:
    """What to buy early and what late."""
    return Choice(
        "slow_first",
        question="You may plan each of five years anew. Which order makes sense for profit over the five years?",
        options=[
            Option(
                "What works slowly in the first years; in the last only what pays within it.",
                right=True,
                says="Training and tools need years to come back. In the fifth year nothing slow can come back any "
                "more - unless the customers you leave behind count as well, and in this game they do.",
            ),
            Option(
                "First what pays at once; the slow things when there is money.",
                right=False,
                says="Then the slow things come back after the game is over. The budget is a share of revenue: it does "
                "not grow by waiting.",
            ),
            Option(
                "The same every year: a strategy must be steady.",
                right=False,
                says="Steady in its aim, yes. But an investment made in year 1 works for five years and one made in "
                "year 5 for one.",
            ),
        ],
        explain="This is why 'customer equity' is on the leaderboard: without it the best last year is a plundered "
        "one.",
    )


# --- the rehearsal ---------------------------------------------------------------------------------------------------


@functools.cache
def _district() -> Firm:
    return firm_of(REHEARSAL)


@functools.cache
def _managers() -> dict[str, tuple[YearResult, ...]]:
    """Years of the four house managers at the rehearsal's district, from the year before on."""
    book = Book(_district())
    return {rival.name: book.after(book.rival(rival.name)).results for rival in RIVALS}


def _profits(name: str) -> list[float]:
    return [year.profit for year in _managers()[name][1:]]


def guess_cutter() -> Guess:
    """Draw the cost cutter's five years."""
    return Guess(
        "cutter",
        kind="curve",
        question="The cost cutter spends as little as the rules allow on training, tools, support and pay, and has as "
        "few people as they allow. In the year before, the district earned 541,000 EUR. Draw what it earns in each of "
        "the cutter's five years.",
        unit="EUR",
        low=-500_000,
        high=1_500_000,
        at=range(1, 6),
        across="year {}",
        outcome=lambda: _profits(CUTTER),
        explain="The first year is far better than that of any of the others: whoever is judged by it would be "
        "promoted now. The fifth is a fraction of it. People, quality and customers have gone, in this order; lessons "
        "1 and 9 show the same in slow motion.",
    )


def rehearsal() -> Table:
    """The house managers' five years."""
    return Table(
        "rehearsal",
        title="Four house managers at another district, profit in thousands of EUR",
        headings=["Manager", *(f"year {year}" for year in range(1, 6)), "all five", "customer equity, millions",
                  "satisfaction", "points"],
        rows=_rehearsal_rows,
        says="The same firm, the same luck and the same budget for all four. Customer equity is that of "
        "the end of year 5, satisfaction that of the year; points by the rule of the game.",
    )  # fmt: skip


def _rehearsal_rows() -> list[list[str]]:
    places = leaderboard([score(name, years, house=True) for name, years in _managers().items()])
    rows = []
    for place in places:
        years = [written(profit / 1000.0, 0) for profit in _profits(place.score.name)]
        rest = [
            written(place.score.profit / 1000.0, 0),
            written(place.score.equity / 1e6, 1),
            written(place.score.satisfaction, 1),
            written(place.points, 0),
        ]
        rows.append([place.score.name, *years, *rest])
    return rows


def points_by_hand() -> Number:
    """Points of the middle of three teams."""
    return Number(
        "points_by_hand",
        question="In each of profit, customer equity and satisfaction the best team gets 100 points, the last 0, the "
        "others in proportion. Three teams earn 3.0, 2.4 and 2.2 million EUR. How many points for profit does the team "
        "with 2.4 million get?",
        unit="points",
        answer=lambda: points(_PROFITS)[1],
        wrong=[
            Wrong(when=50.0, says="That would go by rank. It goes in proportion: 2.4 is much nearer to the last."),
            Wrong(when=80.0, says="That is 2.4 in per cent of 3.0. The last team gets 0, so count from 2.2."),
            Wrong(when=75.0, says="That is its distance from the best. Count from the last: 2.4 less 2.2."),
        ],
        hint="(2.4 - 2.2)/(3.0 - 2.2).",
        explain="0.2/0.8 = 25 points. What counts is how far you are behind the best, not how many you are ahead of. "
        "Three firsts give 300.",
    )


# --- the game --------------------------------------------------------------------------------------------------------


def game() -> Game:
    """Play five years."""
    return Game("budget_game")


# --- looking back ----------------------------------------------------------------------------------------------------


@functools.cache
def _apart() -> NDArray[np.float64]:
    """The carer's five years' profit less the steady hand's, in other lucks."""
    district = _district()
    carer, steady = (next(rival for rival in RIVALS if rival.name == name) for name in (CARER, STEADY))
    found = []
    for replication in range(1, _LUCKS + 1):
        both = [played(district, one.policy(district), replication=replication)[1] for one in (carer, steady)]
        ours, theirs = (float(run.monthly["profit"].iloc[12:].sum()) for run in both)
        found.append(ours - theirs)
    return np.array(found)


def guess_other_lucks() -> Guess:
    """Predict how the rehearsal's winner fares in other lucks."""
    return Guess(
        "other_lucks",
        question="At the rehearsal the carer earned some 140,000 EUR more than the steady hand, in five years. On "
        "average of six OTHER lucks (other weeks of illness, other customers with other moods), how much more does "
        "the carer earn with the same plan?",
        unit="EUR",
        low=-500_000,
        high=500_000,
        outcome=lambda: float(_apart().mean()),
        explain="About half or less of it. Who wins had a good plan AND good luck; in other lucks the plan remains and "
        "the luck does not. In some lucks the steady hand is ahead.",
    )


def in_one_luck() -> Choice:
    """What the same luck for all makes fair."""
    return Choice(
        "in_one_luck",
        question="All teams of a room have the same luck. What does that make of the leaderboard?",
        options=[
            Option(
                "Differences come from the plans, but a plan may happen to suit this luck.",
                right=True,
                says="Nobody had an easier market than the others. Still, a thin complaint desk looks clever in a luck "
                "with few failures. Ask for other lucks before you copy the winner.",
            ),
            Option(
                "The winner has the best plan.",
                right=False,
                says="In this luck. See what you have just guessed: most of a small lead is gone in other lucks.",
            ),
            Option(
                "It is a lottery.",
                right=False,
                says="It would be if each team had its own luck: then luck alone would spread profits by 200,000 EUR "
                "and more. In the same luck that part is taken off.",
            ),
        ],
        explain="It is the same idea as pairing in lesson 12: compare in the same luck, and repeat in many.",
    )


def benchmark() -> Choice:
    """What the benchmark is and is not."""
    return Choice(
        "benchmark",
        question="At the end you see 'the best found': a plan that a search found by trying several dozen on other "
        "lucks, one plan for all five years. Suppose your team beat it. Which of these can be the reason? (More than "
        "one.)",
        many=True,
        options=[
            Option(
                "You changed your plan over the years, and it could not.",
                right=True,
                says="It holds one plan. Slow things first and quick ones last is open to you and not to it.",
            ),
            Option(
                "Luck: it was not tuned to the luck of this room.",
                right=True,
                says="On purpose. A plan tuned to one luck is worth nothing in the next.",
            ),
            Option(
                "You have found the best plan there is.",
                right=False,
                says="That cannot be known, by you or by the search. Better than what was found so far is all that "
                "anybody can say.",
            ),
        ],
        explain="A benchmark answers 'is there much left?', not 'is this the best?'.",
    )


def best_of_many() -> Number:
    """Why the best of many looks better than it is."""

    def expected(teams: int) -> float:
        # mean of the largest of n independent standard normal numbers, by the trapezoidal rule over its distribution
        z = np.linspace(-8.0, 8.0, 4001)
        density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
        below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0 * np.diff(z))])
        return float(np.trapezoid(z * teams * below ** (teams - 1) * density, z))

    return Number(
        "best_of_many",
        question="Ten teams make equally good plans; by luck alone their results spread with a standard deviation of "
        "100,000 EUR: two of three teams are within 100,000 of the average. By about how much will the WINNER lie "
        "above the average of the ten? Estimate; within 30,000 EUR counts.",
        unit="EUR",
        absolute=30_000,
        answer=lambda: 100_000.0 * expected(10),
        wrong=[
            Wrong(
                when=0.0,
                says="On average a team lies 0 above. But the winner is not any team: it is the luckiest of ten.",
            ),
            Wrong(
                when=100_000.0,
                says="One standard deviation is exceeded by one team in six. Of ten teams, one or two are above it, "
                "and the winner is the best of these.",
            ),
            Wrong(when=300_000.0, says="Three standard deviations happen to one team in 700. You have ten."),
        ],
        hint="One in ten lies above 1.3 standard deviations. The winner is on average somewhat higher still.",
        explain="About 154,000 EUR, with no skill at all. The more teams there are, the more the winner's lead is "
        "luck. Branches, funds and salespeople are ranked like this every year.",
    )


# --- what the evidence says ------------------------------------------------------------------------------------------


def evidence_games() -> Evidence:
    """Do games teach?"""
    return Evidence(
        "games",
        title="Learning from games",
        claim="Managers learn more from simulation games than from lectures.",
        strength="weak",
        sources=["Pasin & Giroux 2011", "Teach & Patel, citing Gosen"],
        says="For complex decisions over time, better than lectures in a study with 100 teams; for simple skills not. "
        "Measured gains are small elsewhere (53 to 60 % right before and after). What teaches is the debrief.",
    )


def evidence_most() -> Evidence:
    """More is not always better."""
    return Evidence(
        "most",
        title="As satisfied as possible",
        claim="Whoever has the most satisfied customers earns the most.",
        strength="weak",
        sources=["Hogreve, Iseke, Derfuss & Eller 2017", "Keene & Laux 2016"],
        says="The largest analysis of the service-profit chain finds that pushing satisfaction and quality as high as "
        "possible is not always best for profit; returns diminish. Satisfaction has a price, and the game has it too.",
    )
