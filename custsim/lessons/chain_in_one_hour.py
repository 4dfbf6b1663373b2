"""Lesson 1, the chain in one hour: from the back office to profit, at a district of the neighbourhood bank."""

from __future__ import annotations

from custsim.lessons.firms import difference, firm, shown
from custsim.widgets import Board, Choice, Control, Evidence, Guess, Number, Option, Wrong

__all__ = [
    "budget",
    "counter_evidence",
    "direct_way",
    "eight_points",
    "evidence_lore",
    "evidence_sears",
    "evidence_units",
    "fastest",
    "guess_fifth_year",
    "guess_first_year",
    "guess_offers",
    "guess_pay",
    "last_to_move",
    "levers",
    "saving",
    "training",
    "two_links",
]

BANK = "neighbourhood_bank"
TRAINING = "internal_service.training.spend"
TOOLS = "internal_service.tools.spend"
NO_TRAINING = {TRAINING: 0.0}
FIVE_PER_CENT = {"employees.pay": 1.05}
OFFERS = {"loyalty.offer_rate": 0.2}

#: points of employees' attitude, of customers' impression, per cent of revenue growth (Rucci, Kirn & Quinn 1998)
SEARS = (5.0, 1.3, 0.5)

_CHAIN = shown(
    "employee_satisfaction.last_year",
    "satisfaction.last_year",
    "customers_end",
    "profit.first_year",
    "profit_last_year",
)
_EUR_LIMIT = 60_000.0


def saving() -> Number:
    """What the cut saves a year, by hand."""
    bank = firm(BANK)
    staff = bank.market.customers / bank.employees.customers_per_employee
    monthly = bank.internal_service.training.spend
    return Number(
        "saving",
        question="Training costs 100 EUR for each of the 20 employees, every month. What does Viktor's cut save in a "
        "year?",
        unit="EUR a year",
        answer=lambda: 12.0 * monthly * staff,
        wrong=[
            Wrong(when=monthly * staff, says="That is one month. The board of directors counts in years: times 12."),
            Wrong(when=12.0 * monthly, says="That is one employee's year. There are 20 of them."),
        ],
        hint="Amount a month, times employees, times months.",
        explain="100 EUR x 20 employees x 12 months = 24,000 EUR a year. This part of the sum is certain, and visible "
        "in the books from the first month on. That is why it is so tempting.",
    )


def guess_first_year() -> Guess:
    """Predict the profit of the first year without training."""
    return Guess(
        "first_year",
        question="All training is cut from the first month on. By how much does the profit of the FIRST YEAR differ "
        "from what it would have been? (Minus: it falls.)",
        unit="EUR",
        low=-_EUR_LIMIT,
        high=_EUR_LIMIT,
        outcome=lambda: difference(BANK, "profit.first_year", NO_TRAINING),
        explain="It rises: the saving comes at once, the damage hardly yet. But less than the 24,000 EUR saved, "
        "because the first customers feel it within the year.",
    )


def guess_fifth_year() -> Guess:
    """Predict the profit of the fifth year without training."""
    return Guess(
        "fifth_year",
        question="And the profit of the FIFTH YEAR, still without training?",
        unit="EUR",
        low=-150_000.0,
        high=150_000.0,
        outcome=lambda: difference(BANK, "profit.last_year", NO_TRAINING),
        explain="It is far below: the bank saves 24,000 EUR a year and loses several times as much. Skill, the mood of "
        "the staff, quality, satisfaction and at last the customers followed the cut, one after the other.",
    )


def training() -> Board:
    """Cut training, or raise it, and watch the links move one after another."""
    return Board(
        "training",
        title="Hanna's district: the training budget",
        scenario=firm(BANK),
        controls=[Control(TRAINING, label="Training", low=0, high=300, step=10)],
        charts=("chain", "customers", "profit"),
        numbers=_CHAIN,
    )


def last_to_move() -> Choice:
    """Which number moves last, and what follows for a trial."""
    return Choice(
        "last_to_move",
        question="Head office says: cut training in one district for a year, then look at the profit. If it has not "
        "fallen, cut it everywhere. What will this trial show?",
        options=[
            Option(
                "The damage, if there is any: a year is long enough.",
                right=False,
                says="A year is enough for the books to show the saving and too short for the customers to have left. "
                "Profit is the last link to move: look at the first year on the board.",
            ),
            Option(
                "A rise in profit, whatever the damage.",
                right=True,
                says="The saving is in the books in month 1. Trust, skill, satisfaction and custom follow with months "
                "of delay each, and profit comes after all of them.",
            ),
            Option(
                "Nothing that can be told from chance.",
                right=False,
                says="In one district luck is large, but the saving is not luck: it is there in every luck we tried. "
                "The trial shows a clear rise. It is the wrong thing to look at, not too small a thing.",
            ),
        ],
        explain="Judge a cut by the first links, not by the last: internal service and the staff move within months, "
        "customers within a year or two, profit after that.",
    )


def eight_points() -> Number:
    """Multiply along the chain with the figures of Sears."""
    employees, customers, revenue = SEARS
    return Number(
        "eight_points",
        question="At Sears, 5 points more of employees' attitude went with 1.3 points more of customers' impression, "
        "and those with 0.5 % more growth of revenue. If the same held at the bank: what growth would 8 points of "
        "employees' attitude go with?",
        unit="%",
        answer=lambda: 8.0 * (customers / employees) * (revenue / customers),
        absolute=0.01,
        wrong=[
            Wrong(
                when=8.0 * customers / employees,
                says="Those are the customers' points. One more link: 1.3 points of customers go with 0.5 % of growth.",
            ),
            Wrong(
                when=8.0 * customers,
                says="You took 1.3 points for ONE point of employees; it is for five. And that is not yet revenue.",
            ),
            Wrong(
                when=8.0 * revenue,
                says="0.5 % belongs to five points of employees' attitude, not to one.",
            ),
        ],
        hint="How much does one point of employees' attitude bring? Then times eight.",
        explain="8 x 1.3/5 = 2.08 points of customers' impression; 2.08 x 0.5/1.3 = 0.8 % of growth. The middle link "
        "drops out, as in any chain of proportions.",
    )


def two_links() -> Number:
    """Correlations multiply."""
    return Number(
        "two_links",
        question="Suppose units with more content staff have more content customers (correlation 0.3), and units with "
        "more content customers earn more (correlation 0.3), and nothing else connects the two ends. What correlation "
        "do you expect between content staff and earnings?",
        answer=lambda: 0.3 * 0.3,
        absolute=0.005,
        wrong=[
            Wrong(when=0.6, says="Links in a row weaken each other; they do not add up."),
            Wrong(when=0.3, says="As strong as one link alone? The second link lets only part of the first through."),
            Wrong(when=0.15, says="An average would mean that a second, leaky link costs nothing. Multiply."),
        ],
        hint="Each link lets only a part of the movement through.",
        explain="0.3 x 0.3 = 0.09. Measured directly, over 7,939 business units, it is about .15 to .17: a little "
        "more, because there are other ways than through the customers (Harter, Schmidt & Hayes 2002).",
    )


def guess_pay() -> Guess:
    """Predict what more pay does for customers."""
    return Guess(
        "pay_rise",
        question="Everybody's pay rises by 5 % (38,000 EUR a year). By how many points of 100 will the satisfaction of "
        "CUSTOMERS be higher in the fifth year?",
        unit="points",
        low=-1.0,
        high=5.0,
        outcome=lambda: difference(BANK, "satisfaction.last_year", FIVE_PER_CENT),
        explain="About a fifth of a point, although the staff is about two and a half points more content. Pay reaches "
        "customers only by way of the mood at the counter.",
    )


def levers() -> Board:
    """Pay, training and tools side by side."""
    return Board(
        "levers",
        title="Three ways to content staff",
        scenario=firm(BANK),
        controls=[
            Control(TRAINING, label="Training", low=0, high=300, step=10),
            Control(TOOLS, label="Tools", low=0, high=420, step=10),
            Control("employees.pay", label="Pay against the market", low=0.95, high=1.10, step=0.01),
        ],
        charts=("chain", "profit"),
        numbers=_CHAIN,
        panels=("why", "band"),
    )


def direct_way() -> Choice:
    """Why training does more for customers than pay."""
    return Choice(
        "direct_way",
        question="Training at 200 EUR (24,000 EUR a year more) and 5 % more pay (38,000 EUR) lift the staff's "
        "satisfaction by about two points each. Yet customers gain two to four times as much from training. Why?",
        options=[
            Option(
                "Trained people are not only more content; they also do things right.",
                right=True,
                says="Training acts on customers twice: through the mood of the staff, and directly through skill and "
                "assurance. Tools do the same through reliability.",
            ),
            Option(
                "Pay does not make anybody more content.",
                right=False,
                says="It does here, by about as much as training: compare the employees' line. The difference comes "
                "after that link.",
            ),
            Option(
                "Because more was spent on training.",
                right=False,
                says="Less was: 24,000 EUR a year against 38,000. Look at what the money does, not how much it is.",
            ),
        ],
        explain="The chain has side roads. An investment that reaches the customer by two roads does not depend on "
        "one leaky link. That is also what the largest study of the chain finds (Hogreve et al. 2017).",
    )


def guess_offers() -> Guess:
    """Predict what an offer to every fifth leaver brings."""
    return Guess(
        "offers",
        question="Another idea: every fifth customer who comes to close an account is met with an offer (30 % accept; "
        "an offer costs 25 EUR, and for each leaver met three offers go to people who would have stayed). By how much "
        "does the profit of all FIVE YEARS together differ?",
        unit="EUR",
        low=-300_000.0,
        high=300_000.0,
        outcome=lambda: difference(BANK, "profit.total", OFFERS),
        explain="It rises, and soon: this lever sits right at the customer's decision, at the end of the chain.",
    )


def budget() -> Board:
    """One district, levers along the whole chain."""
    return Board(
        "budget",
        title="The whole chain: where would you put 24,000 EUR a year?",
        scenario=firm(BANK),
        controls=[
            Control(TRAINING, label="Training", low=0, high=300, step=10),
            Control("complaints.ease", label="Ease of complaining", low=0, high=1, step=0.05),
            Control("loyalty.offer_rate", label="Leavers met with an offer", low=0, high=0.5, step=0.05),
            Control("market.marketing", label="Advertising", low=0, high=12_000, step=500),
        ],
        charts=("chain", "customers", "profit"),
        numbers=shown("customers_end", "lifetime_value", "profit.first_year", "profit_last_year", "net_present_value"),
        panels=("why", "customer", "band"),
    )


def fastest() -> Choice:
    """Which lever pays first, and which reaches deepest."""
    return Choice(
        "fastest",
        question="Which of these are true in Hanna's district? Try each lever alone on the board. (More than one.)",
        many=True,
        options=[
            Option(
                "The nearer a lever is to the customer's decision to leave, the sooner it pays.",
                right=True,
                says="Offers pay within about a year; training takes several.",
            ),
            Option(
                "Offers to leavers make customers more satisfied.",
                right=False,
                says="Mean satisfaction falls a little in most lucks: offers keep people who are discontented. They "
                "buy time, they do not mend the reason.",
            ),
            Option(
                "More training lowers the profit of the first year.",
                right=True,
                says="It is paid at once and works later. That is the cut, seen in a mirror.",
            ),
            Option(
                "What raises satisfaction also raises this year's profit.",
                right=False,
                says="The whole lesson says otherwise: training raises satisfaction and lowers this year's profit.",
            ),
        ],
        explain="Levers at the end of the chain are quick and shallow; levers at its beginning are slow and reach "
        "everybody. A good plan says which of the two it needs, and when it will know.",
    )


def evidence_sears() -> Evidence:
    """Sears."""
    return Evidence(
        "sears",
        title="Sears",
        claim="Five points of employees' attitude, 1.3 points of customers' impression, half a per cent of growth.",
        strength="weak",
        sources=["Rucci, Kirn & Quinn 1998"],
        says="One firm in one period, and the firm reported it itself. Good as a picture of a chain whose links let a "
        "part through; not a law for your firm.",
    )


def evidence_units() -> Evidence:
    """Meta-analyses of units."""
    return Evidence(
        "units",
        title="Over many units",
        claim="Business units with more content employees have more content customers, lose fewer people and earn "
        "somewhat more.",
        strength="strong",
        sources=["Harter, Schmidt & Hayes 2002", "Brown & Lam 2008", "Hong, Liao, Hu & Jiang 2013"],
        says="Over 7,939 units in 36 firms the correlations are about .32 with customers, -.30 to -.36 with turnover "
        "and .15 to .17 with profit. Moderate, found again and again, and a correlation: which way the arrow points is "
        "less sure.",
    )


def counter_evidence() -> Evidence:
    """Studies that did not find the chain strong."""
    return Evidence(
        "counter",
        title="Against a strong chain",
        claim="The way from attitude over satisfaction to sales may be too weak to matter, and more is not always "
        "better.",
        strength="fair",
        sources=["Gelade & Young 2005", "Hogreve, Iseke, Derfuss & Eller 2017"],
        says="In a test in banking the indirect effect was too small to be of practical importance. And the largest "
        "analysis of the chain finds that pushing quality and satisfaction as high as possible is not always best "
        "for profit.",
    )


def evidence_lore() -> Evidence:
    """Lore."""
    return Evidence(
        "happy",
        title="Happy employees",
        claim="Look after your employees, and everything else follows by itself.",
        strength="lore",
        sources=["often said; no study that we know of shows it"],
        says="You have just measured it: 5 % more pay made the staff more content and moved customers by a fifth of a "
        "point. It depends on what is done, and on the links in between.",
    )
