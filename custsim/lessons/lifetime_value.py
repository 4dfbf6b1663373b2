"""Lesson 6, lifetime value: by hand, by formula, by simulation; and why cohorts seem to grow loyal."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.experiment.measures import measure
from custsim.lessons.firms import firm, lived
from custsim.scenario import Scenario
from custsim.simulation import Run
from custsim.value import (
    ShiftedBetaGeometric,
    break_even_acquisition,
    clv,
    elasticities,
    period_rate,
    period_retention,
    retention_ledger,
)
from custsim.widgets import (
    Board,
    Chart,
    Choice,
    Control,
    Evidence,
    Guess,
    Headline,
    Months,
    Number,
    Option,
    Series,
    Wrong,
)
from custsim.widgets.numbers import written
from custsim.widgets.table import Table

__all__ = [
    "alike",
    "averages",
    "cohort",
    "commission",
    "elasticity",
    "evidence_cohorts",
    "evidence_elasticity",
    "evidence_lore",
    "evidence_old_customers",
    "foreseen",
    "forever",
    "guess_cohort",
    "guess_half",
    "guess_subscribers",
    "ledger",
    "monthly_retention",
    "one_customer",
    "real_firms",
    "renewals",
    "same_people",
    "second_year",
    "subscribers",
    "three_years",
    "timing",
    "undervalued",
    "which_average",
]

#: Lena's figures: margin a year, yearly retention, yearly discount rate, commission, share of contacted who sign
MARGIN, RETENTION, DISCOUNT = 100.0, 0.8, 0.10
COMMISSION, CONVERSION = 110.0, 0.05

#: survival of two cohorts of subscribers over twelve yearly renewals, per cent (Fader & Hardie 2007, "high end" and
#: "regular"); the first seven are what a model may learn from
SUBSCRIBERS = (100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4)
REGULAR = (100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3)
KNOWN = 7

#: path -> the value that cuts a link of the chain: what is left is the world of the formula
_CUT: dict[str, Any] = {
    "time.warm_up_months": 0,
    "market.opening": "launch",
    "market.join_advertised": 0.0,
    "market.rejoin_months": 1e12,
    "market.visits_shape": 1e6,
    "market.spend_sd": 0.0,
    "employees.visit_hours": 1e-6,
    "complaints.failure_rate": 0.0,
    "complaints.reliability_effect": 0.0,
    "complaints.prevention_effect": 0.0,
    "loyalty.churn_shape": 1e6,
    "loyalty.visits_exponent": 0.0,
    "loyalty.floor": 1.0,
    "loyalty.wound_effect": 0.0,
    "loyalty.negative_effect": 0.0,
    "loyalty.positive_effect": 0.0,
    "referral.network": "well_mixed",
    "referral.positive_peak": 0.0,
    "referral.negative_peak": 0.0,
    "referral.anger_talk": 0.0,
    "referral.minor_anger_talk": 0.0,
    "profit.transaction_share": 0.0,
    "profit.visit_cost": 0.0,
    "profit.tenure_profile": "flat",
    "profit.acquisition_cost": 0.0,
    "profit.monthly_revenue": 10.0,
}


def _bare(customers: int, **more: Any) -> Scenario:
    """A firm of which nothing is left but margin, churn and time."""
    changes = {**_CUT, "market.persons": 10_000, "market.customers": customers, "market.join_base": 0.0, **more}
    return Scenario(name="formula_world", title="The world of the formula").change(changes, opening="own")


@functools.cache
def subscription() -> Scenario:
    """Customers who join over five years, pay the same margin every month, and leave with the same chance."""
    return _bare(0, **{"market.join_base": 0.05, "loyalty.churn": 0.02})


@functools.cache
def cohort_firm() -> Scenario:
    """One cohort of 10,000, who all begin together and are all alike."""
    return _bare(10_000, **{"loyalty.churn": 0.05, "loyalty.churn_shape": 1000.0})


def formula(run: Run) -> float:
    """Value of a customer of a run's firm by the formula, from the margin, churn and discount rate that were set."""
    scenario = run.scenario
    rate = period_rate(scenario.time.annual_discount_rate, periods_per_year=12)
    return float(clv(margin=scenario.profit.monthly_revenue, retention=1.0 - scenario.loyalty.churn, discount=rate))


# --- by hand ----------------------------------------------------------------------------------------------------


def second_year() -> Number:
    """The second payment."""
    return Number(
        "second_year",
        question="A subscriber brings 100 EUR a year, paid in advance, the first payment today. Each year 80 % renew. "
        "Money is discounted at 10 % a year. What is the SECOND payment worth today, on average?",
        unit="EUR",
        answer=lambda: MARGIN * RETENTION / (1.0 + DISCOUNT),
        absolute=0.2,
        wrong=[
            Wrong(
                when=MARGIN * RETENTION,
                says="You counted that only 80 % still pay, but not that the money comes a year later. Divide by 1.10.",
            ),
            Wrong(
                when=MARGIN / (1.0 + DISCOUNT), says="You discounted, but assumed that everybody renews. Only 80 % do."
            ),
            Wrong(
                when=MARGIN * RETENTION * (1.0 - DISCOUNT),
                says="Close, but discounting at 10 % is dividing by 1.10, not multiplying by 0.90.",
            ),
        ],
        hint="First the chance that it is paid, then the year of waiting.",
        explain="100 x 0.8 / 1.10 = 72.73. Every further payment shrinks by the same factor, 0.8/1.1.",
    )


def three_years() -> Number:
    """Three payments."""

    def total(years: int) -> float:
        return float(clv(margin=MARGIN, retention=RETENTION, discount=DISCOUNT, horizon=years))

    return Number(
        "three_years",
        question="And the first THREE payments together?",
        unit="EUR",
        answer=lambda: total(3),
        wrong=[
            Wrong(when=MARGIN * (1 + RETENTION + RETENTION**2), says="That is the sum without discounting."),
            Wrong(when=total(4) - MARGIN, says="You left out today's payment and took the next three."),
            Wrong(when=total(2), says="Those are two payments; the third shrinks by 0.8/1.1 once more."),
        ],
        hint="100, then times 0.8/1.1, then times 0.8/1.1 again. Add the three.",
        explain="100 + 72.73 + 52.89 = 225.62.",
    )


def ledger() -> Table:
    """Ten years, line by line."""

    def rows() -> list[list[str]]:
        table = retention_ledger(years=10, base=MARGIN, retention=RETENTION, discount=DISCOUNT).iloc[1:]
        columns = (table[name] for name in ("survival", "expected", "discounted", "cumulative"))
        return [
            [str(number), f"{100 * there:.1f} %", f"{paid:.2f}", f"{worth:.2f}", f"{total:.2f}"]
            for number, (there, paid, worth, total) in enumerate(zip(*columns, strict=True), start=1)
        ]

    return Table(
        "ledger",
        title="The same, for ten payments",
        headings=["Payment", "Still there", "Expected, EUR", "Worth today, EUR", "Sum so far, EUR"],
        rows=rows,
        says="The last column rises ever more slowly. Where does it end?",
    )


# --- by formula -------------------------------------------------------------------------------------------------


def forever() -> Number:
    """The formula."""
    return Number(
        "forever",
        question="The payments shrink by the factor 0.8/1.1 for ever. Their sum is margin x (1 + i)/(1 + i - r), with "
        "the discount rate i and the retention r. What is the subscriber worth?",
        unit="EUR",
        answer=lambda: float(clv(margin=MARGIN, retention=RETENTION, discount=DISCOUNT)),
        wrong=[
            Wrong(
                when=lambda: float(clv(margin=MARGIN, retention=RETENTION, discount=DISCOUNT, timing="renewal")),
                says="That is the value of the renewals only (r instead of 1 + i above the line). Today's payment is "
                "missing.",
            ),
            Wrong(
                when=lambda: float(clv(margin=MARGIN, retention=RETENTION, discount=DISCOUNT, timing="end")),
                says="That is right if the subscriber pays at the END of each year. Here the first payment comes "
                "today.",
            ),
            Wrong(
                when=MARGIN / (1.0 - RETENTION),
                says="That is 100 times a mean life of five years, without discounting.",
            ),
            Wrong(
                when=MARGIN * (1.0 + DISCOUNT) / DISCOUNT, says="That subscriber would stay for ever. Retention is 0.8."
            ),
        ],
        hint="1 + i is 1.1. What is 1 + i - r?",
        explain="100 x 1.1/0.3 = 366.67. Three formulas are in use: 366.67 if the first payment comes today, 333.33 if "
        "each year is paid at its end, 266.67 if today's payment is not counted. None is wrong. Mixing them is.",
    )


def timing() -> Choice:
    """Which formula for which question."""
    return Choice(
        "timing",
        question="Lena asks what she may pay to WIN a subscriber who then pays 100 EUR at once. A colleague quotes "
        "266.67 from a textbook. What do you say?",
        options=[
            Option(
                "The textbook is wrong.",
                right=False,
                says="It answers another question: what the renewals of a subscriber are worth who has just paid.",
            ),
            Option(
                "It leaves out the first payment; for winning somebody, count it: 366.67.",
                right=True,
                says="Winning her brings today's 100 as well. For KEEPING somebody who has just paid, 266.67 is right.",
            ),
            Option(
                "The difference is only a matter of taste.",
                right=False,
                says="It is exactly one margin, 100 EUR, on every customer. Somebody will spend it.",
            ),
        ],
        explain="Before you compare two lifetime values, ask of both: is the first payment in, and when is it made?",
    )


def commission() -> Number:
    """What one may pay for a contact."""
    return Number(
        "commission",
        question="A dealer offers Lena addresses. One in twenty people written to signs. How much may she spend on "
        "each ADDRESS at most, all told, if a subscriber is worth 366.67 EUR?",
        unit="EUR",
        answer=lambda: float(
            break_even_acquisition(margin=MARGIN, retention=RETENTION, discount=DISCOUNT, conversion=CONVERSION)
        ),
        wrong=[
            Wrong(when=366.67, says="That is for a subscriber. Only one address in twenty becomes one."),
            Wrong(when=366.67 / CONVERSION, says="You divided by 0.05. Twenty addresses must share the 366.67."),
            Wrong(when=MARGIN * CONVERSION, says="You took one year's margin. She stays for more than one."),
        ],
        hint="What is the expected value of one address?",
        explain="366.67 x 0.05 = 18.33 EUR. That is the limit at which nothing is left, not a target.",
    )


def monthly_retention() -> Number:
    """From a year to a month."""
    return Number(
        "monthly_retention",
        question="80 % a year: what is that a MONTH, if the chance to leave is the same in every month?",
        percent=True,
        answer=lambda: float(period_retention(RETENTION, periods_per_year=12)),
        absolute=0.0004,
        wrong=[
            Wrong(
                when=1.0 - 0.2 / 12.0,
                says="20 % through 12 is not quite it: twelve months of 1.67 % lose 18.3 %, "
                "because each month fewer are left to leave. Take the twelfth root.",
            ),
            Wrong(
                when=RETENTION / 12.0,
                says="Retention is no amount that could be spread over the months. It "
                "multiplies: r x r x ... twelve times gives 0.8.",
            ),
            Wrong(when=RETENTION, says="With 80 % a month hardly anybody would be left after a year: 7 %."),
        ],
        hint="Which number, multiplied with itself twelve times, gives 0.8?",
        explain="0.8^(1/12) = 98.16 % a month. Rates of a year and of a month do not mix; turn all of them at once.",
    )


def elasticity() -> Number:
    """How strongly value hangs on retention."""
    return Number(
        "elasticity",
        question="Retention rises by one per cent of itself, from 0.800 to 0.808. By how many per cent does the "
        "subscriber's value rise? (To one decimal.)",
        unit="%",
        answer=lambda: float(elasticities(margin=MARGIN, retention=RETENTION, discount=DISCOUNT).retention),
        absolute=0.15,
        wrong=[
            Wrong(
                when=1.0, says="That would hold for the margin. Retention acts on every later payment, again and again."
            ),
            Wrong(when=3.45, says="That is a change by one percentage POINT, 0.80 to 0.81."),
        ],
        hint="Compute 100 x 1.1/(1.1 - 0.808) and compare with 366.67.",
        explain="376.71 instead of 366.67: 2.7 %. A margin one per cent higher gives one per cent. In the study of "
        "Gupta, Lehmann & Stuart (2004) it was about five for retention, one for margin, and a tenth for the cost of "
        "acquisition.",
    )


# --- by simulation ----------------------------------------------------------------------------------------------

_VALUES = (
    Headline("formula", "By the formula", "currency a customer", formula, "more", 1, "margin x (1 + i)/(1 + i - r)"),
    Headline(
        "simulated",
        "Lived by thousands of customers",
        "currency a customer",
        lambda run: float(measure(run, "lifetime_value")),
        "more",
        1,
        "Mean over all who joined: what they paid, discounted, and what those still there may be expected to pay.",
    ),
    Headline(
        "observed",
        "of that, paid within the five years",
        "currency a customer",
        lambda run: float(measure(run, "lifetime_value_observed")),
        "more",
        1,
        "What was paid until the end of the run, discounted to the day of joining.",
    ),
)


def guess_half() -> Guess:
    """Predict what halving churn does."""

    def outcome() -> float:
        before, after = (lived(subscription(), {"loyalty.churn": c}) for c in (0.02, 0.01))
        return 100.0 * (float(measure(after, "lifetime_value")) / float(measure(before, "lifetime_value")) - 1.0)

    return Guess(
        "half",
        question="Now 10 EUR a month, and 2 % leave each month. What happens to the value of a customer if churn is "
        "HALVED, to 1 % a month? By how many per cent does it rise?",
        unit="%",
        low=0.0,
        high=200.0,
        outcome=outcome,
        explain="The mean life doubles, from 50 months to 100. But the added months lie far away, and money that comes "
        "late is worth less: at 10 % a year the value rises by little more than half.",
    )


def one_customer() -> Board:
    """The formula, lived."""
    return Board(
        "one_customer",
        title="A world in which the formula is true",
        scenario=subscription(),
        controls=[
            Control(
                "profit.monthly_revenue", label="Margin of a customer, a month", low=5, high=20, step=0.5, unit="EUR"
            ),
            Control("loyalty.churn", label="Leaving, a month", low=0.005, high=0.1, step=0.005),
            Control("time.annual_discount_rate", label="Discount rate", low=0, high=0.3, step=0.01),
        ],
        charts=("customers", "flows"),
        numbers=_VALUES,
        panels=("band",),
    )


def alike() -> Choice:
    """Why the two agree, and what that needs."""
    return Choice(
        "agreement",
        question="On the board the formula and ten thousand simulated lives agree within about one per cent, wherever "
        "you put the sliders. What does that show?",
        options=[
            Option(
                "The formula is right for real firms.",
                right=False,
                says="This world was made to fit it: all customers alike, the same margin, the same chance to leave "
                "every month. Real firms come later in this lesson.",
            ),
            Option(
                "The formula and the simulation are the same sum, done in two ways, as long as the formula's "
                "assumptions hold.",
                right=True,
                says="That is the use of it: where the two part, an assumption was broken, and we can find out which.",
            ),
            Option(
                "The simulation uses the formula.",
                right=False,
                says="Only for what may still be expected after the five years. What was paid within them is simply "
                "counted, life by life.",
            ),
        ],
        explain="A simulation that cannot reproduce the simple case should not be trusted with the hard one.",
    )


# --- cohorts ----------------------------------------------------------------------------------------------------


def guess_subscribers() -> Guess:
    """Predict who of a real cohort is left after twelve years."""
    return Guess(
        "subscribers",
        question="A published cohort of subscribers (Fader & Hardie 2007): after one year 86.9 % are left, so 13.1 % "
        "have gone. If it went on like that, 18.5 % would be left after TWELVE years. How many per cent were left?",
        unit="%",
        low=0.0,
        high=100.0,
        outcome=SUBSCRIBERS[-1],
        label="The cohort",
        explain="More than twice as many as the first year lets one expect. Year after year a larger share renewed.",
    )


def subscribers() -> Table:
    """The cohort, what constant churn expects, and what a model of differences expects."""

    def rows() -> list[list[str]]:
        known = ShiftedBetaGeometric.fit(list(SUBSCRIBERS), periods=KNOWN)
        expected = known.survival(np.arange(len(SUBSCRIBERS)))
        first = SUBSCRIBERS[1] / SUBSCRIBERS[0]
        return [
            [
                str(year),
                f"{SUBSCRIBERS[year]:.1f} %",
                f"{100 * SUBSCRIBERS[year] / SUBSCRIBERS[year - 1]:.0f} %",
                f"{100 * first**year:.1f} %",
                f"{100 * float(expected[year]):.1f} %",
            ]
            for year in range(1, len(SUBSCRIBERS))
        ]

    return Table(
        "cohort_table",
        title="A cohort of subscribers over twelve years",
        headings=[
            "Year",
            "Still there, of 100",
            "Renewed this year",
            "If churn stayed as in year 1",
            "sBG, from years 1 to 7",
        ],
        rows=rows,
        says="The last column comes from a model (the sBG, below) that has seen only the first seven years.",
    )


def renewals() -> Choice:
    """What the rise could mean."""
    return Choice(
        "renewals",
        question="In year 2 some 86 % renewed, in year 12 some 96 %. The head of marketing says: 'The longer they are "
        "with us, the more loyal they become. Time makes loyalty.' Does the table prove it?",
        options=[
            Option(
                "Yes: the same customers renew more and more often.",
                right=False,
                says="They are not the same customers! In year 12 six in ten of them have gone.",
            ),
            Option(
                "No: it may be that those who were likely to leave have left.",
                right=True,
                says="Then nobody has changed at all; only the mix of those who are still there has. The next board "
                "shows that this alone is enough.",
            ),
            Option(
                "No: the rise is chance.",
                right=False,
                says="It goes on for eleven years in a row, and it is found in cohort after cohort.",
            ),
        ],
        explain="Two stories, one table: people change, or people are sorted. The table alone cannot tell them apart.",
    )


def _renewed(months: Months) -> NDArray[np.float64]:
    """Share of those there in a month who stay, over the last twelve months; nothing before the sixth."""
    left, there = np.cumsum(months["left"]), np.cumsum(months["customers"])
    left[12:], there[12:] = left[12:] - left[:-12].copy(), there[12:] - there[:-12].copy()
    share: NDArray[np.float64] = 100.0 * (
        1.0 - np.divide(left, there, out=np.full(left.shape, np.nan), where=there > 0)
    )
    share[:5] = np.nan
    return share


_RETENTION = Chart(
    "renewed",
    "Staying: share of those still there who stay another month",
    "%",
    (Series("renewed", "Staying", _renewed, "green", "solid", 1),),
    "Mean of the last twelve months. Each customer's own chance never changes in this world.",
    fixed=(90.0, 100.0),
)


def guess_cohort() -> Guess:
    """Draw the size of a cohort of unlike customers."""
    return Guess(
        "cohort_curve",
        kind="curve",
        question="10,000 customers start together. On average 5 % leave in a month, but they differ: some are "
        "restless, some would hardly ever leave, and nobody ever changes. Draw how many are left, month by month. (If "
        "all were alike: 5,400 after one year, 460 after five.)",
        unit="customers",
        low=0.0,
        high=10_000.0,
        points=60,
        outcome=lambda: (
            lived(cohort_firm(), {"loyalty.churn_shape": 1.0}).monthly["customers_end"].to_numpy(dtype=float)
        ),
        explain="It falls as fast as the alike ones at first, and then ever more slowly: some 2,400 are left after "
        "five years, five times as many.",
    )


def cohort() -> Board:
    """One cohort, from all alike to very different."""
    return Board(
        "cohort",
        title="One cohort, in which nobody ever changes",
        scenario=cohort_firm(),
        controls=[
            Control(
                "loyalty.churn_shape",
                label="How alike customers are",
                low=0.5,
                high=1000,
                step=0.1,
                log=True,
                meaning="1000: everybody leaves with 5 % a month. 1 and below: some with far more, some with hardly "
                "any.",
            ),
            Control("loyalty.churn", label="Leaving, a month, on average", low=0.01, high=0.1, step=0.005),
        ],
        charts=("customers", _RETENTION),
        numbers=(
            Headline("after_year", "Still there after one year", "customers", lambda run: _left(run, 12), "more", 0),
            Headline("after_five", "Still there after five years", "customers", lambda run: _left(run, 60), "more", 0),
            Headline("first_half", "Staying a month, first half-year", "%", lambda run: _staying(run, 0, 6), "more", 1),
            Headline("last_year", "Staying a month, last year", "%", lambda run: _staying(run, 48, 60), "more", 1),
        ),
        panels=("customer", "band"),
    )


def _left(run: Run, months: int) -> float:
    return float(run.monthly["customers_end"].iloc[months - 1])


def _staying(run: Run, begin: int, end: int) -> float:
    months = run.monthly.iloc[begin:end]
    return 100.0 * (1.0 - float(months["left"].sum()) / float(months["customers"].sum()))


def same_people() -> Choice:
    """What follows for a loyalty programme."""
    return Choice(
        "same_people",
        question="Members of a bonus programme may join it after three years as customers. Members leave half as often "
        "as customers in general. 'The programme halves churn', says its manager. What would you want to know first?",
        options=[
            Option(
                "How often customers of three years and more left before there was a programme.",
                right=True,
                says="They had been sorted for three years. On your board those still there after four years leave a "
                "third as often as newcomers, without any programme.",
            ),
            Option(
                "How satisfied the members are.",
                right=False,
                says="They may well be, and may have been before. It does not tell what the programme did.",
            ),
            Option(
                "What the programme costs.",
                right=False,
                says="Soon, yes. But first ask whether it did anything at all.",
            ),
        ],
        explain="Compare like with like: people of the same age as customers, with and without; best by lot.",
    )


def undervalued() -> Number:
    """What constant churn does to the value of a cohort."""

    def value() -> float:
        return float(ShiftedBetaGeometric.fit(list(SUBSCRIBERS), periods=KNOWN).discounted_lifetime(DISCOUNT)) * MARGIN

    naive = MARGIN * (1.0 + DISCOUNT) / (1.0 + DISCOUNT - SUBSCRIBERS[1] / 100.0)
    return Number(
        "undervalued",
        question="For the published cohort, at 100 EUR a year and 10 % discount: the formula with the first year's "
        "retention (86.9 %) gives 476.19 EUR. The sBG, which knows that customers differ, expects 5.922 discounted "
        "payments. By how many per cent is the cohort worth more than the formula says?",
        unit="%",
        answer=lambda: 100.0 * (value() / naive - 1.0),
        tolerance=0.02,
        wrong=[
            Wrong(when=value, says="That is its value in EUR. Compare it with 476.19."),
            Wrong(when=lambda: value() - naive, says="That is the difference in EUR. As a share of 476.19?"),
            Wrong(
                when=lambda: 100.0 * (1.0 - naive / value()),
                says="You divided by the larger one. The question takes the formula's value as 100 %.",
            ),
        ],
        hint="5.922 payments of 100 EUR. Compare with 476.19.",
        explain="592.2 against 476.2: 24 % more. Whoever reads the value of a cohort off its first year, or a weak "
        "first month, gives up customers too early.",
    )


# --- real firms -------------------------------------------------------------------------------------------------


@functools.cache
def _held_against(name: str) -> tuple[float, float, float, float]:
    """Retention of the stock and of newcomers in their first year; value of a new customer by formula and lived."""
    run = lived(name)
    months, scenario = run.monthly, run.scenario
    margin = float(months[["base", "growth", "saving", "premium"]].sum(axis=1).sum() / months["customers"].sum())
    stay = 1.0 - float(months["left"].sum() / months["customers"].sum())
    rate = period_rate(scenario.time.annual_discount_rate, periods_per_year=12)
    by_averages = float(
        clv(margin=margin, retention=stay, discount=rate, acquisition_cost=scenario.profit.acquisition_cost)
    )
    won = run.customers[run.customers["since"].between(1, run.months - 12)]  # 0: there, or gone, before the run
    gone = (won["state"] != "customer") & (won["changed"] - won["since"] <= 12)
    return stay**12, 1.0 - float(gone.mean()), by_averages, float(measure(run, "lifetime_value"))


def averages() -> Guess:
    """Predict what a new subscriber of the whole operator is worth."""
    return Guess(
        "averages",
        question="The operator's finance department puts averages over ALL customers into the formula: margin 22 EUR a "
        "month, 85 % stay a year, commission 110 EUR, discount 10 %. It gives about 920 EUR. What is a NEWLY WON "
        "customer worth in the simulation, where customers differ, get angry, and talk?",
        unit="EUR",
        low=0.0,
        high=3_000.0,
        outcome=lambda: _held_against("mobile_operator")[3],
        explain="Less. The average customer has been there for years; the restless ones among them have gone. "
        "Newcomers have not been sorted yet.",
    )


def real_firms() -> Table:
    """Formula on averages against simulated newcomers, at two firms."""

    def rows() -> list[list[str]]:
        found = []
        for name in ("mobile_operator", "neighbourhood_bank"):
            stock, newcomers, by_averages, simulated = _held_against(name)
            found.append(
                [
                    firm(name).title,
                    f"{100 * stock:.1f} %",
                    f"{100 * newcomers:.1f} %",
                    f"{by_averages:,.0f}",
                    f"{simulated:,.0f}",
                    f"{written(100 * (by_averages / simulated - 1.0), 0, signed=True)} %",
                ]
            )
        return found

    return Table(
        "real_firms",
        title="A new customer: the formula with averages, and simulated lives",
        headings=[
            "Firm",
            "All: stay a year",
            "New: stay a year",
            "Formula, EUR",
            "Simulated, EUR",
            "Formula is off by",
        ],
        rows=rows,
        says="Two firms, two errors of different sign.",
    )


def which_average() -> Choice:
    """Two errors that pull in opposite directions."""
    return Choice(
        "which_average",
        question="At the operator the formula with averages gives too much for a new customer, at the bank too little. "
        "Which of these pull it UP, above the truth? (More than one.)",
        many=True,
        options=[
            Option(
                "It takes the retention of the whole stock; newcomers leave sooner.",
                right=True,
                says="At both firms newcomers stay less often in their first year than the stock does.",
            ),
            Option(
                "It takes the margin of the whole stock; newcomers have not yet bought more.",
                right=True,
                says="At the bank margins rise with the years, so an average margin is too high for the first years.",
            ),
            Option(
                "It assumes one retention for ever; those who remain stay longer and longer.",
                right=False,
                says="True, and it pulls DOWN: the formula lets the loyal remainder die out too fast. At the bank this "
                "is the strongest of the three.",
            ),
        ],
        explain="Averages over a stock mix people of all ages as customers. Which error wins depends on how different "
        "customers are and how long they stay. Follow a cohort instead, or fit a model of differences (lesson 11).",
    )


# --- evidence ---------------------------------------------------------------------------------------------------


def foreseen() -> Table:
    """Two published cohorts: what seven years let one expect of the twelfth, and what came."""

    def row(name: str, cohort: tuple[float, ...]) -> list[str]:
        last = len(cohort) - 1
        sorted_only = ShiftedBetaGeometric.fit(list(cohort), periods=KNOWN).survival(last)
        constant = (cohort[KNOWN] / cohort[0]) ** (last / KNOWN)
        return [name, *(f"{100 * float(share):.1f} %" for share in (constant, sorted_only, cohort[last] / 100.0))]

    return Table(
        "foreseen",
        title="Left after twelve years, foreseen from the first seven (Fader & Hardie 2007)",
        headings=["Cohort", "One churn for all", "Sorting (sBG)", "There were"],
        rows=lambda: [row("high end", SUBSCRIBERS), row("regular", REGULAR)],
        says="One churn for all: the mean of the seven years, going on.",
    )


def evidence_cohorts() -> Evidence:
    """Sorting."""
    return Evidence(
        "cohorts",
        title="Sorted cohorts",
        claim="Retention of a cohort rises with age although no customer changes.",
        strength="strong",
        sources=["Fader & Hardie 2007", "Fader & Hardie 2010"],
        says="That sorting alone makes it rise is mathematics. That it is the main reason in a given firm is a "
        "question for its data: the table shows only that nothing else was needed there.",
    )


def evidence_elasticity() -> Evidence:
    """What value hangs on."""
    return Evidence(
        "elasticity_evidence",
        title="What value hangs on",
        claim="One per cent of retention moves a firm's value by about five, of margin by about one, of acquisition "
        "cost by a tenth.",
        strength="fair",
        sources=["Gupta, Lehmann & Stuart 2004"],
        says="Five firms, 3 to 7 for retention, and mostly a property of the formula itself. Where the first payment "
        "is not counted it is (1 + i)/(1 + i - r): 3.7 at 80 % retention, 5.5 at 90 %. Your subscriber's 2.7 is less, "
        "because the first payment is sure. What one per cent of retention costs, none of this says.",
    )


def evidence_old_customers() -> Evidence:
    """Old customers."""
    return Evidence(
        "old_customers",
        title="Old customers",
        claim="Old customers cost less, buy more, pay more, and bring others.",
        strength="weak",
        sources=["Reichheld & Sasser 1990", "Reinartz & Kumar 2000", "Reinartz & Kumar 2002"],
        says="Told of a few industries in 1990. Looked for in data of over 16,000 customers of four firms, loyalty and "
        "profit went together only loosely (r of .20 to .45), and no proof of the reasons was found. In custsim it is "
        "a switch.",
    )


def evidence_lore() -> Evidence:
    """The five per cent."""

    def gain(before: float) -> float:
        value, more = (float(clv(margin=MARGIN, retention=r, discount=DISCOUNT)) for r in (before, before + 0.05))
        return 100.0 * (more / value - 1.0)

    return Evidence(
        "five_per_cent",
        title="Five per cent",
        claim="Five per cent more retention brings 25 to 85 % more profit.",
        strength="lore",
        sources=["Reichheld & Sasser 1990, as it is quoted", "critique: Sharp"],
        says="It is arithmetic about points, not an experiment, and you have the formula for it: at 10 % discount five "
        f"points more make a customer worth {gain(0.6):.0f} % more from 60 %, {gain(0.8):.0f} % from 80 % and "
        f"{gain(0.9):.0f} % from 90 %. What the points cost is not in it. Lesson 5 takes it apart.",
    )
