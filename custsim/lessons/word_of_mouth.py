"""Lesson 7, word of mouth: what talk is worth, who hears it, what paying for it does, and what a lost guest costs."""

from __future__ import annotations

import functools

import numpy as np

from custsim.experiment.counterfactual import Counterfactual, lost_customer_cost
from custsim.lessons.firms import SEED, difference, firm, lived, measured, shown
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Wrong
from custsim.widgets.numbers import written
from custsim.widgets.table import Table

__all__ = [
    "arithmetic",
    "attribution",
    "best_reward",
    "evidence_ratio",
    "evidence_referred",
    "evidence_social",
    "evidence_tells_ten",
    "good_and_bad",
    "guess_lost_guest",
    "guess_mute",
    "guess_ratio",
    "guess_reward",
    "guess_strangers",
    "last_euro",
    "lost_guests",
    "lost_guests_of_a_mute_town",
    "mute",
    "networks",
    "price_of_a_guest",
    "rewards",
    "strangers",
    "who_brings",
    "why_more_good",
]

HOTEL = "hotel"
BANK = "neighbourhood_bank"
RECOMMENDED = "referral.positive_contacts"
WARNED = "referral.negative_contacts"
REWARD = "referral.reward"
NETWORK = "referral.network"
MUTE = {RECOMMENDED: 0, WARNED: 0}
STRANGERS = {NETWORK: "well_mixed"}

#: rewards that are tried for the best one, EUR
_TRIED = range(0, 205, 5)
#: rewards over which the profit is drawn, EUR
_DRAWN = range(0, 401, 50)
#: two rewards that are compared, EUR
_SMALL, _LARGE = 60.0, 150.0

#: satisfied and dissatisfied customers, share of each that speaks in a month, persons told (of the example by hand)
_BY_HAND = {"satisfied": (850, 0.07, 5), "dissatisfied": (150, 0.07, 10)}

_WON = ("won", "referral_share", "customers_end", "profit")


# --- 1. a town that says nothing ------------------------------------------------------------------------------------


def guess_mute() -> Guess:
    """Predict what is missing where nobody recommends."""
    return Guess(
        "mute_town",
        question="From tomorrow on nobody recommends the hotel to anybody. After five years, how many of its 3,700 "
        "regular guests will be missing, compared with the same five years with talk?",
        unit="guests",
        low=0,
        high=3_700,
        outcome=lambda: -difference(HOTEL, "customers_end.last", {RECOMMENDED: 0}),
        explain="About one in seven. Talk is not loud, it is steady: every month it brings some twenty guests, and "
        "each of them stays for years and talks in turn.",
    )


def mute() -> Board:
    """How many persons one guest tells, and how often."""
    return Board(
        "mute",
        title="The hotel: switch talk off, and turn it up",
        scenario=firm(HOTEL),
        controls=[
            Control(RECOMMENDED, label="Persons told by one who recommends", low=0, high=12, step=1),
            Control("referral.positive_peak", label="Chance that a delighted guest speaks", low=0, high=0.15,
                    step=0.01),
        ],
        charts=("word_of_mouth", "referrals", "customers", "profit"),
        numbers=_WON,
        panels=("why", "customer", "band"),
    )  # fmt: skip


def attribution() -> Number:
    """Share of new guests credited to talk, against what is missing without talk."""
    return Number(
        "attribution",
        question="At the start of the board, about 40 % of the guests won are counted as won by word of mouth. By how "
        "many per cent does the number of guests WON in five years fall when nobody is told anything (move the first "
        "slider to 0)?",
        percent=True,
        absolute=0.012,
        answer=lambda: -difference(HOTEL, "joined.total", {RECOMMENDED: 0}) / measured(HOTEL, "joined.total"),
        wrong=[
            Wrong(
                when=_share_by_talk,
                says="That is what the books credit to talk. But some of these guests would have found the hotel "
                "anyway, a little later: compare what was won WITH talk and WITHOUT it.",
            ),
            Wrong(
                when=lambda: (
                    1.0 + difference(HOTEL, "joined.total", {RECOMMENDED: 0}) / measured(HOTEL, "joined.total")
                ),
                says="That is what is left. The question is what is missing: 100 % less this.",
            ),
            Wrong(
                when=lambda: measured(HOTEL, "joined.total") / measured(HOTEL, "joined.total", {RECOMMENDED: 0}) - 1.0,
                says="You divided by the smaller number. The fall is measured from where you started: with talk.",
            ),
        ],
        hint="Read 'Customers won' at the start and with the first slider at 0. The fall, divided by the start.",
        explain="About a third is missing, while the books credit 40 % to talk. Who is not won by a friend stays in "
        "the town, and may be won by an advertisement next year. Books ask 'who sent you?'; a decision asks 'who "
        "would not have come?'",
    )


def _share_by_talk() -> float:
    months = lived(HOTEL).monthly
    return float(months["referred"].sum() / months["joined"].sum())


# --- 2. good and bad talk --------------------------------------------------------------------------------------------


def guess_ratio() -> Guess:
    """Predict the ratio of recommendations to warnings."""
    return Guess(
        "ratio",
        question="At the bank across the street, one who recommends tells 5 people, one who warns tells 10. For every "
        "warning heard in town, how many recommendations are heard?",
        unit="recommendations for each warning",
        low=0,
        high=10,
        outcome=lambda: _heard("recommendations") / _heard("warnings"),
        explain="About three. That one angry customer tells twice as many is true of PERSONS; there are far more "
        "content persons than angry ones.",
    )


def _heard(kind: str) -> float:
    return float(lived(BANK).monthly[kind].sum())


def good_and_bad() -> Board:
    """Failures, and how far good and bad talk reach."""
    return Board(
        "good_and_bad",
        title="The bank across the street: good talk and bad talk",
        scenario=firm(BANK),
        controls=[
            Control("complaints.failure_rate", label="Failures", low=0.01, high=0.10, step=0.002),
            Control(RECOMMENDED, label="Persons told by one who recommends", low=0, high=12, step=1),
            Control(WARNED, label="Persons told by one who warns", low=0, high=12, step=1),
        ],
        charts=("word_of_mouth", "referrals", "customers"),
        numbers=("recommendations", "warnings", "won", "customers_end", "profit"),
        panels=("why", "customer", "band"),
    )  # fmt: skip


def why_more_good() -> Choice:
    """Why there is more good talk than bad."""
    return Choice(
        "why_more_good",
        question="An unhappy customer tells twice as many people as a happy one. Why is there still more good talk "
        "than bad?",
        options=[
            Option(
                "Most customers are satisfied, so more of them have something good to say.",
                right=True,
                says="Volume is persons times readiness times people told. The first factor decides.",
            ),
            Option(
                "Unhappy customers stay silent.",
                right=False,
                says="They complain little to the FIRM. To their friends they speak more readily than the happy do.",
            ),
            Option(
                "Bad talk is forgotten sooner.",
                right=False,
                says="Here both are forgotten equally fast, and we counted what was heard, not what was remembered.",
            ),
        ],
        explain="So a rise in failures hurts twice: it makes more people warn, and it makes fewer people recommend. "
        "Look at both lines when you move the failures.",
    )


def arithmetic() -> Number:
    """The ratio by hand."""
    good, bad = (count * share * told for count, share, told in _BY_HAND.values())
    satisfied, unsatisfied = _BY_HAND["satisfied"][0], _BY_HAND["dissatisfied"][0]
    return Number(
        "by_hand",
        question="A shop has 850 satisfied and 150 dissatisfied customers. In a month 7 % of each speak about it; a "
        "satisfied one tells 5 people, a dissatisfied one 10. How many recommendations are heard for each warning?",
        answer=lambda: good / bad,
        absolute=0.05,
        wrong=[
            Wrong(when=5 / 10, says="That compares two speakers. How many speakers of each kind are there?"),
            Wrong(
                when=satisfied / unsatisfied,
                says="That compares the speakers. Each dissatisfied one reaches twice as many people.",
            ),
            Wrong(when=lambda: bad / good, says="The other way round: that is warnings for each recommendation."),
        ],
        hint="Persons x share that speaks x people told, once for each kind; then divide.",
        explain="850 x 7 % x 5 = 297.5 recommendations; 150 x 7 % x 10 = 105 warnings; 297.5/105 = 2.8.",
    )


# --- 3. who talks to whom --------------------------------------------------------------------------------------------


def guess_strangers() -> Guess:
    """Predict what talk among strangers brings."""
    return Guess(
        "strangers_share",
        question="In the hotel's town 40 % of new guests come by word of mouth. Suppose the same words were said, but "
        "to people met at random, on trains and in queues, instead of to friends and acquaintances. What share would "
        "come by word of mouth then?",
        unit="%",
        low=0,
        high=100,
        outcome=lambda: 100.0 * _share_among_strangers(),
        explain="About half of it. As many words are said, but a stranger's word convinces less than a friend's.",
    )


def _share_among_strangers() -> float:
    months = lived(HOTEL, STRANGERS).monthly
    return float(months["referred"].sum() / months["joined"].sum())


def networks() -> Board:
    """Who talks to whom."""
    return Board(
        "networks",
        title="The hotel's town: who talks to whom",
        scenario=firm(HOTEL),
        controls=[
            Control(NETWORK, label="Who talks to whom", choices=("small_world", "scale_free", "well_mixed")),
            Control("referral.strong_ties", label="Close friends of a person", low=0, high=12, step=2),
            Control("referral.weak_ties", label="Acquaintances of a person", low=0, high=12, step=2),
            Control("referral.rewiring", label="Friendships across the town", low=0, high=1, step=0.1),
        ],
        charts=("word_of_mouth", "referrals", "customers"),
        numbers=("recommendations", "referral_share", "won", "customers_end"),
        panels=("band",),
    )


def strangers() -> Choice:
    """What of a network matters here."""
    return Choice(
        "strangers",
        question="What did you find on the board? (More than one is right.)",
        many=True,
        options=[
            Option(
                "Friendships that reach across the town, or stay in the street: it makes no clear difference.",
                right=True,
                says="Move it from 0 to 100 % and look at the band: the two firms overlap.",
            ),
            Option(
                "With few close friends and many acquaintances, less is won by word of mouth.",
                right=True,
                says="The same five words go to people who believe them less.",
            ),
            Option(
                "Where a few people know very many ('scale free'), word of mouth brings more.",
                right=False,
                says="It brings a little less here: words pile up on those who know everybody, and nobody can be won "
                "twice.",
            ),
            Option(
                "Among strangers fewer words are heard.",
                right=False,
                says="Nearly as many are heard. They convince less.",
            ),
        ],
        explain="This town has known the hotel for years. Where something is NEW, the shape of the network may matter "
        "more, because news has to travel; and the effect of one word is an assumption of the model, taken from "
        "Goldenberg, Libai & Muller (2001), not a measurement in your town.",
    )


# --- 4. paying for it ------------------------------------------------------------------------------------------------


@functools.cache
def best_reward() -> float:
    """Give the reward with the highest profit of five years, among those tried.

    Examples
    --------
    >>> 0 < best_reward() < 200
    True
    """
    profits = [measured(HOTEL, "profit", {REWARD: float(one)} if one else None) for one in _TRIED]
    return float(_TRIED[int(np.argmax(profits))])


def guess_reward() -> Guess:
    """Draw the profit over the reward."""

    def profits() -> list[float]:
        return [measured(HOTEL, "profit", {REWARD: float(one)} if one else None) for one in _DRAWN]

    return Guess(
        "reward",
        kind="curve",
        question="Jonas wants to pay 150 EUR to every guest who brings a new one; a guest who is won is worth some "
        "2,500 EUR over the years. Without a reward the hotel earns about 30,000 EUR a month. Draw its profit for "
        "every reward from 0 to 400 EUR: where does it begin, how high does it rise, and where is the top?",
        unit="EUR a month",
        low=0,
        high=60_000,
        at=_DRAWN,
        across="{} EUR of reward",
        outcome=profits,
        explain="It rises steeply, and then it falls for good. The best reward is far less than what a guest is worth. "
        "It is paid for everybody who is recommended, also for those who would have come without it; and the first "
        "30 EUR move more tongues than the next hundred.",
    )


def rewards() -> Board:
    """The reward, and how much people respond to it."""
    return Board(
        "rewards",
        title="The hotel: paying those who recommend",
        scenario=firm(HOTEL),
        controls=[
            Control(REWARD, label="Reward for a recruit", low=0, high=400, step=5, unit="EUR"),
            Control("referral.reward_effect", label="Most that a reward adds to recommending", low=0, high=1.5,
                    step=0.1, percent=True),
            Control("referral.referred_advantage", label="Recommended guests stay longer and spend more"),
        ],
        charts=("referrals", "customers", "profit"),
        numbers=shown("profit", "won", "referred.total", "rewards.total", "customers_end"),
        panels=("why", "band"),
    )  # fmt: skip


def _paid(reward: float) -> float:
    return measured(HOTEL, "rewards.total", {REWARD: reward})


def _won(reward: float) -> float:
    return measured(HOTEL, "joined.total", {REWARD: reward} if reward else None)


def price_of_a_guest() -> Number:
    """What an additional guest costs at a reward of 60 EUR."""
    return Number(
        "price_of_a_guest",
        question="Set the reward to 60 EUR. How much is paid in rewards over five years for each ADDITIONAL guest won "
        "(won with the reward, less won without)?",
        unit="EUR",
        tolerance=0.03,
        answer=lambda: _paid(_SMALL) / (_won(_SMALL) - _won(0.0)),
        wrong=[
            Wrong(
                when=_SMALL,
                says="60 EUR is paid for each RECOMMENDED guest, also for those who came by recommendation before "
                "there was a reward. Divide all that is paid by the guests who would not have come.",
            ),
            Wrong(
                when=lambda: _paid(_SMALL) / _won(_SMALL),
                says="You divided by all guests won. Most of them would have come without a reward.",
            ),
        ],
        hint="'Referral rewards' divided by the change in 'Customers won'. At a reward of 60.",
        explain="About four times the reward: of four who are paid for, three would have come anyway. Still a good "
        "buy: a guest is worth more than that.",
    )


def last_euro() -> Number:
    """What the additional guests between a small and a large reward cost."""

    def marginal() -> float:
        return (_paid(_LARGE) - _paid(_SMALL)) / (_won(_LARGE) - _won(_SMALL))

    return Number(
        "last_euro",
        question="Jonas asks for 150 EUR instead of 60. What does each guest cost whom the step from 60 to 150 brings "
        "IN ADDITION? (Additional rewards paid, divided by additional guests won.)",
        unit="EUR",
        tolerance=0.06,
        answer=marginal,
        wrong=[
            Wrong(
                when=lambda: _paid(_LARGE) / (_won(_LARGE) - _won(0.0)),
                says="That is the average from 0 to 150. The first 60 EUR were good value and hide how poor the next "
                "90 are. Compare 150 with 60, not with 0.",
            ),
            Wrong(
                when=_LARGE - _SMALL,
                says="That is the difference of the two rewards. How much more is PAID, and how many more COME?",
            ),
        ],
        hint="Note 'Referral rewards' and 'Customers won' at 60 and at 150; subtract; divide.",
        explain="Between two and three thousand EUR: about all that a guest will ever be worth. Averages look fine "
        "long after the last euro has begun to lose money. Decide by the next step, not by the average.",
    )


# --- 5. a lost guest -------------------------------------------------------------------------------------------------


@functools.cache
def _lost(mute_town: bool) -> Counterfactual:
    """Remove 300 guests of a tier in one life, eight times: what each was worth to the hotel over five years."""
    town = firm(HOTEL).change(MUTE) if mute_town else firm(HOTEL)
    return lost_customer_cost(town, month=0, persons=900, together=300, replications=8, seed=SEED)


def guess_lost_guest() -> Guess:
    """Predict what a rare guest is worth together with those who listen."""
    return Guess(
        "lost_guest",
        question="Take the fifth of the guests who are expected to bring least. One of them spends so little that "
        "about 100 EUR are left in five years. What CONTRIBUTION does the hotel miss, this guest's and that of "
        "others, if the guest is gone for good?",
        unit="EUR",
        low=0,
        high=2_000,
        outcome=lambda: _of(_lost(False), "bottom fifth", "own") + _of(_lost(False), "bottom fifth", "others"),
        explain="Several times what the guest spends. Those who come rarely talk as much as anybody.",
    )


def lost_guests() -> Table:
    """What a lost guest costs, by tier."""
    return Table(
        "lost_guests",
        title="What the hotel misses in five years if one guest is lost, EUR (95 % intervals)",
        headings=["Guest of the", "own contribution", "contribution of others", "costs (saved: minus)", "in all"],
        rows=lambda: _rows(_lost(False)),
        says="The same firm in the same luck, once with and once without these guests: 300 of a tier are removed "
        "together, in eight lives, and what is missing is divided among them.",
    )


def lost_guests_of_a_mute_town() -> Table:
    """The same where nobody talks."""
    return Table(
        "mute_guests",
        title="The same in a town where nobody talks, EUR (95 % intervals)",
        headings=["Guest of the", "own contribution", "contribution of others", "costs (saved: minus)", "in all"],
        rows=lambda: _rows(_lost(True)),
        says="Without talk, little is left in the column of the others.",
    )


def _of(found: Counterfactual, tier: str, part: str) -> float:
    return found.value(f"tier: {tier}", part)


def _rows(found: Counterfactual) -> list[list[str]]:
    rows = []
    for tier in ("top fifth", "middle", "bottom fifth"):
        cells = found.table[found.table["group"] == f"tier: {tier}"].set_index("part").to_dict("index")
        told = [
            f"{written(cell['value'], 0, signed=True)} ({written(cell['low'], 0)} to {written(cell['high'], 0)})"
            for cell in (cells[part] for part in ("own", "others", "costs", "total"))
        ]
        rows.append([tier, *told])
    return rows


def who_brings() -> Choice:
    """Why a rare guest's word is worth more than the stays."""
    return Choice(
        "who_brings",
        question="Why is the talk of guests who hardly ever come worth several times their own spending?",
        options=[
            Option(
                "What guests spend depends on how often they come; whether they talk does not.",
                right=True,
                says="In this model satisfaction decides who talks, and every fifth brings about as many new guests as "
                "any other. Those who are brought are not rare guests; they are ordinary ones.",
            ),
            Option(
                "Because rare guests are more satisfied.",
                right=False,
                says="They are not: the satisfaction of the bottom fifth is a little below that of the top fifth.",
            ),
            Option(
                "Because rare guests bring others of their kind.",
                right=False,
                says="Then their talk would be worth little. In this model a friend of a rare guest is like anybody in "
                "town. (In life, birds of a feather do flock together: that would lower the figure.)",
            ),
        ],
        explain="A list ranked by spending does not show this. Before you 'let the small ones go', ask whom they talk "
        "to.",
    )


# --- what the evidence says ------------------------------------------------------------------------------------------


def evidence_tells_ten() -> Evidence:
    """People told."""
    return Evidence(
        "tells_ten",
        title="One tells ten",
        claim="A dissatisfied customer tells ten people (or nine, or twenty), a satisfied one five.",
        strength="lore",
        sources=["TARP, as retold by Goodman", "Anderson 1998"],
        says="The numbers are retold from American studies of the 1970s and 1980s. Per person, bad news does travel "
        "further; how much further is smaller than believed (Anderson 1998, in the US and Sweden).",
    )


def evidence_ratio() -> Evidence:
    """Incidence of good and bad talk."""
    return Evidence(
        "three_to_one",
        title="Three to one",
        claim="There is about three times as much good talk as bad.",
        strength="strong",
        sources=["East, Hammond & Wright 2007", "East, Hammond & Lomax 2008"],
        says="Found in 15 studies of many categories. For familiar brands good talk also moves people somewhat more "
        "than bad talk does; it depends on how likely they were to buy before.",
    )


def evidence_referred() -> Evidence:
    """Referred customers."""
    return Evidence(
        "referred",
        title="Referred customers",
        claim="Referred customers are better customers.",
        strength="weak",
        sources=["Schmitt, Skiera & Van den Bulte 2011", "Wolters & Gedenk 2019"],
        says="At a German bank (about 10,000 customers, 33 months, a reward of 25 EUR) they were worth at least 16 % "
        "more and stayed longer. In telecommunications they also left less, but their margins were SMALLER. "
        "The switch on the board lets you try both.",
    )


def evidence_social() -> Evidence:
    """Social value of a lost customer."""
    return Evidence(
        "social_value",
        title="What a lost customer costs",
        claim="A lost customer costs more than the own purchases: also those of others who would have been won.",
        strength="fair",
        sources=["Hogan, Lemon & Libai 2003"],
        says="A model fitted to the spread of an online service, and it says when: the loss of an early customer "
        "costs most, because the rest of the market had not heard yet. How large the effect is in a "
        "grown market, nobody has measured person by person.",
    )
