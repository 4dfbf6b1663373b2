"""One person's life in plain words: who they are, what happened to them, whom they told, why they left, their worth."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from custsim.chain import loyalty
from custsim.scenario.model import Scenario
from custsim.simulation.population import CUSTOMER, LAPSED, PROSPECT

if TYPE_CHECKING:
    from custsim.simulation.results import Run

__all__ = ["calendar_month", "tell"]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip

#: a change of reported satisfaction that is worth a word, points of 100
_NOTABLE = 8.0

#: an effect on the hazard of leaving that counts as a cause (half as much again)
_CAUSE = math.log(1.5)

#: months with messages above which they are counted, not told one by one
_MANY_MESSAGES = 12

_WIDTH, _DATES = 80, 16

#: a space at which no line is broken, while lines are made
_KEPT = "\N{NO-BREAK SPACE}"


def tell(run: Run, person: int) -> str:
    """Tell one person's life in plain words, with calendar dates.

    Parameters
    ----------
    run
        A finished run. If it did not follow the person, it is lived once more, which gives the same life.
    person
        Id of a person of the market, customer or not.

    Returns
    -------
    str
        Text of at most 80 columns.

    Raises
    ------
    InputError
        If there is no such person, or the run cannot be lived again.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> print(tell(simulate(Scenario().scaled(0.05), seed=1, months=6, trace=[7]), 7).splitlines()[0][:8])
    Person 7
    """
    life = _Life(run, int(person), run.followed(int(person)))
    lines = [life.title, "=" * len(life.title), ""]
    for paragraph in (_who(life), _before(life)):
        lines += [*_wrapped(paragraph), ""]
    months = list(_timeline(life))
    for date, text in months:
        lines += _wrapped(text, date)
    if months:
        lines.append("")
    return "\n".join([*lines, *_wrapped(_end(life))])


def _wrapped(text: str, date: str = "") -> list[str]:
    """Wrap a paragraph, hanging from its date; a number stays with its unit."""
    kept = re.sub(r"(?<=\d) (?=(%|of 100))|(?<=\d of) (?=100)", _KEPT, text)
    indents = (date.ljust(_DATES), " " * _DATES) if date else ("", "")
    lines = textwrap.wrap(kept, _WIDTH, initial_indent=indents[0], subsequent_indent=indents[1])
    return [line.replace(_KEPT, " ") for line in lines]


def calendar_month(start: str, month: int) -> str:
    """Name the calendar month of a month of the run.

    Parameters
    ----------
    start
        Calendar month of month 0, as in ``2025-01``. Anything else names no dates, and months are numbered.
    month
        Month of the run; negative before it.

    Examples
    --------
    >>> calendar_month("2025-01", 14), calendar_month("2025-01", -1), calendar_month("next spring", 2)
    ('March 2026', 'December 2024', 'month 2')
    """
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", start.strip())
    if match is None:
        return f"month {month}"
    count = 12 * int(match[1]) + int(match[2]) - 1 + month
    return f"{_MONTHS[count % 12]} {count // 12}"


@dataclass(frozen=True)
class _Life:
    """A person's months and everything of the run's tables that concerns them."""

    run: Run
    person: int
    months: pd.DataFrame

    @cached_property
    def scenario(self) -> Scenario:
        return self.run.scenario

    @cached_property
    def first(self) -> Any:
        return self.months.iloc[0]

    @cached_property
    def last(self) -> Any:
        return self.months.iloc[-1]

    @cached_property
    def row(self) -> Any:
        """The person's row of ``Run.customers``; None if they never were a customer in the run."""
        table = self.run.customers
        return table.loc[self.person] if self.person in table.index else None

    @cached_property
    def tickets(self) -> pd.DataFrame:
        return self.run.tickets[self.run.tickets["person"] == self.person]

    @cached_property
    def recruiters(self) -> dict[int, int]:
        """Month of joining -> who recommended (-1 nobody)."""
        own = self.run.joined[self.run.joined["person"] == self.person]
        return dict(zip(own["month"].tolist(), own["recruiter"].tolist(), strict=True))

    @cached_property
    def recruits(self) -> dict[int, list[int]]:
        """Month -> those who joined on this person's word."""
        brought = self.run.joined[self.run.joined["recruiter"] == self.person]
        return {int(str(month)): group["person"].tolist() for month, group in brought.groupby("month")}

    @cached_property
    def opening(self) -> bool:
        """Whether the person was a customer when the run began."""
        return bool(self.row is not None and self.row["opening"])

    @cached_property
    def messages(self) -> list[tuple[int, int]]:
        """Recommendations and warnings that reached the person, by month; what was heard before month 0 is left out."""
        heard = [(0, 0)]
        for at in range(1, len(self.months)):
            memory = self.in_force(at).referral.message_memory
            now, before = self.months.iloc[at], self.months.iloc[at - 1]
            good, bad = (
                max(0, round(float(now[name]) - memory * float(before[name])))
                for name in ("recommendations", "warnings")
            )
            heard.append((good, bad))
        return heard

    @property
    def title(self) -> str:
        if self.row is None:
            kind = "a lapsed customer" if int(self.last["state"]) == LAPSED else "never a customer"
        else:
            names = {"first-time": "a first-time customer", "repeat": "a repeat customer", "client": "a client",
                     "advocate": "an advocate", "lapsed": "a lapsed customer"}  # fmt: skip
            kind = names.get(str(self.row["ladder"]), str(self.row["state"]))
        return f"Person {self.person}, {kind}"

    def date(self, month: int) -> str:
        return calendar_month(self.scenario.time.start, month)

    def money(self, amount: float) -> str:
        return f"{self.scenario.currency}{_KEPT}{amount:,.0f}"

    def in_force(self, month: int) -> Scenario:
        """The scenario with the levers that were in force in a month."""
        levers = self.run.levers
        if levers.empty or not (levers["month"] <= month).any():
            return self.scenario
        changed = levers[levers["month"] <= month]
        return self.scenario.change(dict(zip(changed["path"], changed["value"], strict=True)))


def _reported(row: Any) -> float:
    return 100.0 * min(1.0, max(0.0, float(row["satisfaction"]) + float(row["felt"])))


# --- who they are, and how it began -----------------------------------------------------------------------------


def _who(life: _Life) -> str:
    row, scenario = life.first, life.scenario
    taste = float(row["taste"]) / scenario.satisfaction.taste_sd if scenario.satisfaction.taste_sd else 0.0
    pleased = _word(
        taste,
        (-1.0, "hard to please"),
        (-0.4, "rather harder to please than most"),
        (0.4, "as easy to please as most"),
        (1.0, "rather easier to please than most"),
        (math.inf, "easily pleased"),
    )
    visits = float(row["rate"]) * scenario.market.visits_per_month
    apart = round(1.0 / max(visits, 1e-3))
    often = "about once a month" if apart <= 1 else f"about once in {apart} months"
    if visits > 1.2:
        often = f"about {visits:.1f} times a month"
    usual = -math.log1p(-scenario.loyalty.churn)
    nature = _word(
        float(row["hazard"]) / usual if usual else 1.0,
        (0.6, "a creature of habit, slow to change provider"),
        (1.5, "no more and no less ready than others to change provider"),
        (math.inf, "quick to change provider"),
    )
    would = "" if life.row is not None else "would "
    segments = [segment.name for segment in scenario.segments]
    kind = f' of the segment "{segments[int(row["segment"])]}"' if len(segments) > 1 else ""
    return (
        f"A person{kind}, {pleased}, {nature}. They {would}come {often} and {would}spend {_spend(float(row['spend']))}."
    )


def _spend(factor: float) -> str:
    if 0.85 <= factor <= 1.2:
        return "about as much as the average customer"
    if factor > 1.2:
        return f"{factor:.1f} times as much as the average customer"
    return f"{max(1.0, 100 * factor):.0f} % of what the average customer does"


def _word(value: float, *steps: tuple[float, str]) -> str:
    return next(word for limit, word in steps if value <= limit)


def _before(life: _Life) -> str:
    first, begins = life.first, life.date(0)
    if life.opening:
        since = int(first["changed"])
        known = int(first["state"]) == CUSTOMER and since < 0
        long = f"They have been a customer since {life.date(since)}. " if known else "They are a customer already. "
        return (
            f"{long}When this story begins, in {begins}, their satisfaction stands at {_reported(first):.0f} of 100 "
            f"and they expect about {100 * float(first['expectation']):.0f}."
        )
    if int(first["state"]) == LAPSED and not bool(first["left"]):
        gone = life.date(int(first["changed"]) - 1)
        return f"They were a customer once and left in {gone}. This story begins in {begins}."
    return f"When this story begins, in {begins}, they are not a customer."


# --- month by month ---------------------------------------------------------------------------------------------


def _timeline(life: _Life) -> Iterator[tuple[str, str]]:
    """Yield date and text of each month in which something worth telling happened."""
    told = _reported(life.first) if life.opening else math.nan
    one_by_one = sum(1 for good, bad in life.messages if good or bad) <= _MANY_MESSAGES
    customer = life.opening
    for at in range(len(life.months)):
        row = life.months.iloc[at]
        said = [*_heard(life, at)] if one_by_one and not customer else []
        said += _lived(life, at) if customer else _too_late(life, at)
        said += _passed_on(life, at, row)
        if customer:
            now, drift = _reported(row), _drift(life, at, told)
            if row["minor_failure"] or row["major_failure"] or row["answered"]:
                told = now
            elif drift and not row["left"]:
                said.append(drift)
                told = now
        if row["saved"]:
            said.append("Is on the point of leaving; an offer of the firm holds them.")
        if row["left"]:
            said.append(_leaving(life, at))
            customer = False
        if row["joined"]:
            said.append(_joining(life, at))
            customer, told = True, _reported(row)
        if said:
            yield life.date(at), " ".join(said)


def _heard(life: _Life, at: int) -> Iterator[str]:
    good, bad = life.messages[at]
    if good:
        who = int(life.months.iloc[at]["informant"])
        times = "" if good == 1 else f" ({good} times this month)"
        yield f"Hears the firm recommended by person {who}{times}."
    if bad:
        yield "Is warned of the firm." if bad == 1 else f"Is warned of the firm by {bad} people."


def _lived(life: _Life, at: int) -> list[str]:
    """What the firm did to a customer in a month."""
    row, said = life.months.iloc[at], []
    if row["unserved"]:
        said.append("Comes and is turned away: there is no time for them.")
    if row["minor_failure"] or row["major_failure"]:
        said.append(_failure(life, at))
    closed = life.tickets[life.tickets["closed"] == at]
    said += [_answer(life, at, closed.iloc[nth]) for nth in range(len(closed))]
    return said


def _too_late(life: _Life, at: int) -> Iterator[str]:
    """What became of the complaints of somebody who has left."""
    closed = life.tickets[life.tickets["closed"] == at]
    for nth in range(len(closed)):
        ticket = closed.iloc[nth]
        days = f"{float(ticket['wait_days']):.0f} working days"
        if ticket["gave_up"]:
            yield f"After {days} nobody has answered their complaint, and they have left anyway."
        else:
            paid = float(ticket["compensation"])
            what = f", with {life.money(paid)}" if paid > 0 else ""
            yield f"The answer to their complaint comes after {days}{what}: too late, they have left."


def _failure(life: _Life, at: int) -> str:
    row, law = life.months.iloc[at], life.in_force(at).complaints
    before = life.months.iloc[at - 1] if at else None
    if row["major_failure"]:
        text = f"Something goes badly wrong: a loss of about {life.money(law.major_loss)}."
    else:
        text = f"Something goes wrong, a trifle of about {life.money(law.minor_loss)}."
    if before is not None and float(before["wound"]) > law.fresh_wound:
        text += " The earlier matter still hurts, so this one hurts the more."
    if not row["complained"]:
        text += " They say nothing to the firm."
    else:
        text += " They complain."
        if not ((life.tickets["raised"] == at).any()):
            text += " No answer comes before the story ends."
    if before is not None and not row["answered"] and _reported(before) - _reported(row) >= 1.0:
        text += f" Satisfaction falls from {_reported(before):.0f} to {_reported(row):.0f}."
    return text


def _answer(life: _Life, at: int, ticket: Any) -> str:
    """How a complaint ended, and how it was judged by the three justices."""
    law, row, raised = life.in_force(at).complaints, life.months.iloc[at], int(ticket["raised"])
    wait = float(ticket["wait_days"])
    about = "" if raised == at else f" to the complaint of {life.date(raised)}"
    if ticket["gave_up"]:
        return f"After {wait:.0f} working days without an answer{about} they give up waiting. {_mark(row)}"
    loss = law.major_loss if ticket["severity"] == "major" else law.minor_loss
    paid = float(ticket["compensation"])
    if not ticket["solved"]:
        outcome = "the matter is not put right"
    elif paid > 0:
        outcome = f"they get {life.money(paid)} for the loss of {life.money(loss)}"
    else:
        outcome = "the matter is put right, without compensation"
    justice = {name: float(ticket[name]) for name in ("distributive", "interactional", "procedural", "justice")}
    worth = _word(justice["distributive"], (0.3, "poor"), (0.55, "meagre"), (0.8, "acceptable"), (math.inf, "fair"))
    manner = _word(justice["interactional"], (0.35, "cold"), (0.55, "cool"), (0.75, "decent"), (math.inf, "kind"))
    speed = _word(
        justice["procedural"], (0.2, "far too late"), (0.45, "slow"), (0.7, "in fair time"), (math.inf, "quick")
    )
    verdict = "satisfied" if ticket["satisfied"] else "not satisfied"
    return (
        f"The answer{about} comes after {wait:.1f} working days: {outcome}. The outcome is {worth}, the treatment "
        f"{manner}, the speed {speed}: {100 * justice['justice']:.0f} of 100, they are {verdict}. {_mark(row)}"
    )


def _mark(row: Any) -> str:
    """What the answer left behind: the wound acts on loyalty, the felt mark on what they report."""
    hurt = _word(
        float(row["wound"]),
        (0.05, "Of the hurt nothing remains"),
        (0.3, "Of the hurt a little remains"),
        (0.8, "It still hurts"),
        (math.inf, "It hurts as much as ever"),
    )
    now = _reported(row)
    if float(row["felt"]) > 0.005:
        return f"{hurt}, and they even report more satisfaction than before all this: {now:.0f}."
    return f"{hurt}; they report a satisfaction of {now:.0f}."


def _passed_on(life: _Life, at: int, row: Any) -> Iterator[str]:
    """What they told others, and who came of it."""
    law = life.in_force(at).referral
    if row["recommended"]:
        yield f"Recommends the firm to {_people(law.positive_contacts)}."
    if row["warned"]:
        yield f"Warns {_people(law.negative_contacts)} of the firm."
    brought = life.recruits.get(at, [])
    if brought:
        names = " and ".join(f"person {who}" for who in brought)
        yield f"On their word {names} {'joins' if len(brought) == 1 else 'join'}."


def _people(contacts: int) -> str:
    return "one other" if contacts == 1 else f"up to {contacts} others"


def _drift(life: _Life, at: int, told: float) -> str:
    """A notable change of satisfaction since it was last told; empty if there is none."""
    now = _reported(life.months.iloc[at])
    if not abs(now - told) >= _NOTABLE:
        return ""
    faded = at > 0 and abs(float(life.months.iloc[at - 1]["felt"])) > 0.02
    if now > told:
        why = "As the matter fades" if faded else "Visits go better than they expected"
        return f"{why}, satisfaction climbs from {told:.0f} to {now:.0f}."
    return f"Visit after visit falls short of what they expected; satisfaction slips from {told:.0f} to {now:.0f}."


def _joining(life: _Life, at: int) -> str:
    row, recruiter = life.months.iloc[at], life.recruiters.get(at, -1)
    again = life.opening or any(month < at for month in life.recruiters) or _lapsed_before(life)
    verb = "Comes back" if again else "Joins"
    if row["won_back"]:
        return "Is won back by the firm, which has asked them to return."
    if recruiter >= 0:
        return f"{verb} on the recommendation of person {recruiter}."
    return f"{verb} without anybody's recommendation."


def _lapsed_before(life: _Life) -> bool:
    return int(life.first["state"]) == LAPSED and not bool(life.first["left"])


# --- why they left ----------------------------------------------------------------------------------------------


def _leaving(life: _Life, at: int) -> str:
    """Leaving, with the most likely cause along the chain."""
    scenario = life.in_force(at)
    observed = scenario.loyalty.relationship == "contractual"
    pushes, chance, unhurt = _pushes(life, at, scenario)
    unit = "in that month" if observed else "after that purchase"
    text = "Leaves the firm." if observed else "Comes no more, and tells nobody."
    cause, strength = max(pushes.items(), key=lambda item: item[1])
    text += f" {_cause(life, at, cause if strength >= _CAUSE else 'chance')}"
    if chance > 1.1 * unhurt:
        text += (
            f" The chance to go {unit} was {100 * chance:.1f} %; for the same person, unhurt and as content as the "
            f"reference customer, it is {100 * unhurt:.1f} %."
        )
    else:
        text += f" The chance to go {unit} was {100 * chance:.1f} %, the usual one for this person."
    return text


def _pushes(life: _Life, at: int, scenario: Scenario) -> tuple[dict[str, float], float, float]:
    """Log hazard that each cause added, the chance to leave, and that of the same person unhurt.

    Marks are told at the end of a month, when they have faded; they acted before. A non-contractual customer decides
    after a purchase, with what there was before it.
    """
    law, price = scenario.loyalty, loyalty.price_effect(scenario.market.price, scenario.market.price_sensitivity)
    before = life.months.iloc[max(0, at - 1)]
    now = life.months.iloc[at] if law.relationship == "contractual" else before
    fade = 1.0 - 1.0 / scenario.complaints.mark_months if law.relationship == "contractual" else 1.0
    wound, felt = (float(now[name]) / fade if fade > 0 else float(now[name]) for name in ("wound", "felt"))
    usual = float(loyalty.discontent(law.satisfaction_reference, law.top, law.floor, law.exponent))
    calm = float(loyalty.discontent(float(now["satisfaction"]), law.top, law.floor, law.exponent)) / usual
    acting = loyalty.behaviour_satisfaction(float(now["satisfaction"]), felt)
    felt_too = float(loyalty.discontent(acting, law.top, law.floor, law.exponent)) / usual
    warned, praised = float(before["warnings"]), float(before["recommendations"])
    effects = (law.wound_effect, law.negative_effect, law.positive_effect)
    relative = loyalty.relative_hazard(felt_too, wound, law.switching_cost, price, warned, praised, *effects)
    content = loyalty.relative_hazard(1.0, 0.0, law.switching_cost, price, 0.0, 0.0, *effects)
    if scenario.referral.referred_advantage and life.recruiters and max(life.recruiters.values()) >= 0:
        relative, content = (value * scenario.referral.referred_churn for value in (relative, content))
    hazard, mean = float(life.months.iloc[at]["hazard"]), -math.log1p(-law.churn)
    pushes = {
        "wound": law.wound_effect * wound + math.log(felt_too / calm),
        "dissatisfaction": math.log(calm),
        "warnings": law.negative_effect * warned,
        "price": math.log(price),
        "nature": math.log(hazard / mean) if hazard > 0 and mean > 0 else 0.0,
    }
    chances = (float(loyalty.leaving_probability(hazard, value)) for value in (relative, content))
    return pushes, *chances  # type: ignore[return-value]


def _cause(life: _Life, at: int, cause: str) -> str:
    if cause == "wound":
        hurt = life.months.iloc[: at + 1]
        failed = hurt[hurt["minor_failure"] | hurt["major_failure"]]
        when = f"of {life.date(int(failed['month'].iloc[-1]))}" if len(failed) else "from before this story"
        voiced = len(failed) and bool(failed["complained"].iloc[-1])
        asked = life.tickets[life.tickets["raised"] == int(failed["month"].iloc[-1])] if voiced else life.tickets[:0]
        asked = asked[asked["closed"] <= at]
        if len(asked):
            end = "and nobody answered" if asked["gave_up"].iloc[0] else "and the answer did not heal it"
        elif voiced:
            end = "and they were still waiting for an answer"
        else:
            end = "and nobody at the firm knew" if len(failed) else "and it never healed"
        return f"The most likely cause: the failure {when} hurt, {end}."
    satisfaction = f"{100 * float(life.months.iloc[at]['satisfaction']):.0f} of 100"
    return {
        "dissatisfaction": f"The most likely cause: they were not satisfied ({satisfaction}).",
        "warnings": "The most likely cause: what others told them of the firm.",
        "price": "The most likely cause: the price.",
        "nature": "No one thing drove them out: they change provider more readily than most.",
        "chance": "Nothing along the chain explains it: chance, such as a move to another town.",
    }[cause]


# --- how it ends ------------------------------------------------------------------------------------------------


def _end(life: _Life) -> str:
    state, ends = int(life.last["state"]), life.date(len(life.months) - 1)
    good, bad = (sum(counts) for counts in zip(*life.messages, strict=True))
    if life.row is None:
        heard = f"{good} recommendation{'s' * (good != 1)} and {bad} warning{'s' * (bad != 1)} reached them"
        gone = "They have not come back" if state != PROSPECT else "They never became a customer"
        return f"So it stands at the end, in {ends}. {gone}; {heard}. To the firm they were worth nothing in this time."
    row = life.row
    now = "not a customer"
    if state == CUSTOMER:
        now = f"a customer, with a satisfaction of {_reported(life.last):.0f}"
    since = "the beginning of the story" if life.opening else life.date(int(row["since"]))
    text = (
        f"At the end, in {ends}, they are {now}. Seen from {since}, what they brought the firm in this time is worth "
        f"{life.money(float(row['value_observed']))}"
    )
    if state == CUSTOMER:
        text += f"; what may be expected of them after it, {life.money(float(row['value_residual']))} more"
    text += "."
    if int(row["recruits"]):
        count = int(row["recruits"])
        who = "The one customer they brought is" if count == 1 else f"The {count} customers they brought are"
        text += f" {who} worth {life.money(float(row['referral_value']))}, observed and expected."
    return text
