"""The month as the customers live it: compiled passes over the persons, in fixed blocks.

Each pass works on one block after the other; a block's sums go into its own row, and the rows are added in a fixed
order, so that the number of threads changes nothing. Within a block the links follow each other as short loops over its
customers, with the laws of :mod:`custsim.chain` called for one person at a time.

What the passes do, in order, is :data:`MONTH`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from custsim.chain import complaints, forms, loyalty, profit, referral, satisfaction
from custsim.chain.complaints import failure_in_month, voice_probability, wound_after_failure
from custsim.chain.loyalty import (
    behaviour_satisfaction,
    discontent,
    leaving_probability,
    relative_hazard,
    winback_probability,
)
from custsim.chain.profit import referred_margin_factor, tenure_share, visit_revenue_factor
from custsim.chain.referral import (
    join_probability,
    negative_talk,
    positive_talk,
    rejoin_factor,
    two_stage_probability,
    word_of_mouth_share,
)
from custsim.chain.satisfaction import (
    accumulate_satisfaction,
    adapt_expectation,
    encounter_satisfaction,
    perceived_quality,
)
from custsim.simulation import streams
from custsim.simulation.compiled import kernel, use_laws
from custsim.simulation.parameters import CONTRACTUAL, PRODUCT
from custsim.simulation.population import CUSTOMER, LAPSED, PROSPECT, Event, People, charge
from custsim.simulation.streams import Integer, draw4, fill4, normal, poisson, uniform
from custsim.simulation.workforce import Staff

__all__ = [
    "BLOCK",
    "MONTH",
    "TOTALS",
    "Tables",
    "behaviour_pass",
    "encounter_pass",
    "joiners",
    "planned_visits",
    "tables",
]

use_laws(forms, satisfaction, complaints, loyalty, referral, profit)

#: persons in a block
BLOCK = 2048

#: longest time anybody can be a customer, months: warm-up, run, and the age of the opening stock
LONGEST = 3100

#: the month's plan: what happens, and where it is done
MONTH: tuple[tuple[str, str, str], ...] = (
    ("interventions", "levers change, vacancies are filled", "simulation/engine.py"),
    (
        "internal service",
        "six drivers and the internal desk's waiting time move internal service quality",
        "simulation/workforce.py",
    ),
    ("employees", "satisfaction, quits, skill; work pressure, time per visit, the norm", "simulation/workforce.py"),
    ("service quality", "five dimensions for each employee, weighed by each segment", "simulation/workforce.py"),
    (
        "encounters",
        "visits, perception, disconfirmation, satisfaction; non-contractual customers may drop out",
        "simulation/month.py",
    ),
    ("failures", "minor or major; wounds and felt marks; voice or silence", "simulation/month.py"),
    ("desks", "complaints and internal requests queue, are handled, or given up", "simulation/desk.py"),
    ("recovery", "what was answered this month is judged, and heals or insults", "simulation/recovery.py"),
    ("margins", "each customer's contribution in four layers", "simulation/month.py"),
    ("loyalty", "who leaves, retention offers; marks and messages fade", "simulation/month.py"),
    ("talk", "who recommends and who warns", "simulation/month.py"),
    (
        "joining",
        "prospects and the lapsed decide; win-back; recruits are credited to who told them",
        "simulation/month.py",
    ),
    ("messages", "this month's talk reaches its hearers, who act on it from the next month", "simulation/talk.py"),
    ("accounts", "profit and loss, planned staff, what the organisation learned", "simulation/accounts.py"),
)

#: sums of one month over a block of persons
TOTALS = np.dtype(
    [
        (name, np.float64)
        for name in (
            "customers",
            "visits",
            "unserved",
            "satisfaction",
            "reported",
            "satisfied",
            "top_box",
            "wounds",
            "minor_failures",
            "major_failures",
            "complaints",
            "silent",
            "base",
            "growth",
            "saving",
            "premium",
            "left",
            "offers",
            "saved",
            "recommending",
            "warning",
            "joined",
            "referred",
            "approaches",
            "won_back",
            "customers_end",
            "rate_end",
        )
    ]
)

_ENCOUNTER, _UNSERVED, _DROPOUT, _FAILURE, _LOYALTY, _JOIN, _APPROACH, _FIRST_TALK = (
    streams.stream_id(name)
    for name in ("encounter", "unserved", "dropout", "failure", "loyalty", "join", "approach", "first talk")
)

_NOT_THIS_MONTH = np.uint16(0)


class Tables(NamedTuple):
    """Laws of whole months, evaluated once: index = months elapsed."""

    discounts: NDArray[np.float64]  #: discount factor
    seniority: NDArray[np.float64]  #: :func:`custsim.chain.profit.tenure_share`


@functools.lru_cache(maxsize=16)
def tables(monthly_rate: float, tenure_months: float) -> Tables:
    """Evaluate :class:`Tables` for a monthly discount rate and the time in which a relationship matures."""
    months = np.arange(LONGEST, dtype=np.float64)
    return Tables((1.0 + monthly_rate) ** -months, np.asarray(tenure_share(months, tenure_months)))


@kernel
def _visits(
    p: NDArray[np.void], people: People, idx: NDArray[np.int64], luck: NDArray[np.float64], t: NDArray[np.void]
) -> None:
    """Count this month's visits of each customer."""
    mean = p[0].market_visits_per_month
    total = 0.0
    for j in range(idx.size):
        i = idx[j]
        visits = min(65_000, poisson(luck[j], mean * people.rate[i]))
        people.visits[i] = visits
        total += visits
    t[0].customers += idx.size
    t[0].visits += total


@kernel
def planned_visits(
    p: NDArray[np.void],
    people: People,
    who: NDArray[np.int64],
    month: int,
    k0: Integer,
    k1: Integer,
    out: NDArray[np.int64],
) -> None:
    """Tell how many visits persons meant to make this month, those included that dropping out prevented.

    The same luck gives the same number again, so nothing is kept of it during the month.
    """
    mean = p[0].market_visits_per_month
    for j in range(who.size):
        i = who[j]
        luck, _, _, _ = draw4(k0, k1, _ENCOUNTER, month, i, 0)
        out[j] = min(65_000, poisson(luck, mean * people.rate[i]))


@kernel
def _relative(
    row: Any, satisfied: float, felt: float, wound: float, warnings: float, praise: float, referred: int
) -> float:
    """Hazard of one customer relative to the reference customer."""
    acting = behaviour_satisfaction(satisfied, felt)
    left = discontent(acting, row.loyalty_top, row.loyalty_floor, row.loyalty_exponent) / row.reference_discontent
    relative = relative_hazard(
        left,
        wound,
        row.loyalty_switching_cost,
        row.price_factor,
        warnings,
        praise,
        row.loyalty_wound_effect,
        row.loyalty_negative_effect,
        row.loyalty_positive_effect,
    )
    if row.referral_referred_advantage != 0.0 and referred != 0:
        relative *= row.referral_referred_churn
    return float(relative)


@kernel
def _dropouts(
    p: NDArray[np.void],
    people: People,
    idx: NDArray[np.int64],
    month: int,
    k0: Integer,
    k1: Integer,
    t: NDArray[np.void],
) -> None:
    """After each visit a non-contractual customer may become inactive; later visits of the month do not happen."""
    row = p[0]
    for i in idx:
        if people.visits[i] == 0:
            continue
        relative = _relative(
            row,
            people.satisfaction[i],
            people.felt[i],
            people.wound[i],
            people.warnings[i],
            people.strong[i] + people.weak[i],
            people.referred[i],
        )
        chance = leaving_probability(people.hazard[i], relative)
        u = uniform(k0, k1, _DROPOUT, month, i, 0)
        last = 1.0 + np.floor(np.log(u) / np.log1p(-min(chance, 1.0 - 1e-12))) if chance > 0.0 else np.inf
        if last <= people.visits[i]:
            t[0].visits -= people.visits[i] - last
            people.visits[i] = np.uint16(last)
            people.events[i] |= Event.DROPPED


@kernel
def _turned_away(
    people: People,
    idx: NDArray[np.int64],
    share: float,
    month: int,
    k0: Integer,
    k1: Integer,
    away: NDArray[np.float64],
    t: NDArray[np.void],
) -> None:
    """Count the visits that could not be served; they are taken off the visits of the month."""
    for j in range(idx.size):
        i = idx[j]
        away[j] = 0.0
        for visit in range(people.visits[i]):
            if uniform(k0, k1, _UNSERVED, month, i, visit) >= share:
                away[j] += 1.0
        if away[j] > 0.0:
            people.visits[i] -= np.uint16(away[j])
            people.events[i] |= Event.UNSERVED
            t[0].visits -= away[j]
            t[0].unserved += away[j]


@kernel
def _experience(
    p: NDArray[np.void],
    people: People,
    staff: Staff,
    idx: NDArray[np.int64],
    noise: NDArray[np.float64],
    luck: NDArray[np.float64],
    away: NDArray[np.float64],
    trouble: NDArray[np.float64],
) -> None:
    """Perceived quality, disconfirmation, satisfaction; ``trouble`` becomes the probability of a failure."""
    row = p[0]
    count = staff.heads[0]
    for j in range(idx.size):
        i = idx[j]
        trouble[j] = 0.0
        visits = int(people.visits[i])
        meant = visits + int(away[j])
        if meant == 0:
            continue
        perceived = row.satisfaction_unserved_quality
        if visits > 0:
            place = staff.serving[min(count - 1, int(luck[j] * count))]
            trouble[j] = failure_in_month(staff.failure[place], visits)
            z = row.satisfaction_noise_sd * normal(noise[j])
            served = perceived_quality(staff.quality[people.segment[i], place], people.taste[i], z, visits)
            perceived = served if meant == visits else (visits * served + away[j] * perceived) / meant
        judged = encounter_satisfaction(
            perceived, people.expectation[i], row.satisfaction_surprise_effect, row.satisfaction_loss_aversion
        )
        people.satisfaction[i] = accumulate_satisfaction(people.satisfaction[i], judged, meant, row.satisfaction_memory)
        people.expectation[i] = adapt_expectation(people.expectation[i], perceived, row.satisfaction_expectation_speed)
        people.total_visits[i] += people.visits[i]
        people.events[i] |= Event.VISITED


@kernel
def _failures(
    p: NDArray[np.void],
    people: People,
    idx: NDArray[np.int64],
    luck: NDArray[np.float64],
    trouble: NDArray[np.float64],
    month: int,
    k0: Integer,
    k1: Integer,
    t: NDArray[np.void],
) -> None:
    """Failures hurt; the wronged complain or stay silent."""
    row = p[0]
    for j in range(idx.size):
        if luck[j] >= trouble[j]:
            continue
        i = idx[j]
        u_severity, u_voice, _, _ = draw4(k0, k1, _FAILURE, month, i, 0)
        major = u_severity < row.complaints_major_share
        hurt = row.complaints_major_hurt if major else row.complaints_minor_hurt
        felt = row.complaints_major_felt if major else row.complaints_minor_felt
        intercept = row.complaints_major_voice if major else row.complaints_minor_voice
        people.wound[i] = wound_after_failure(
            people.wound[i],
            hurt,
            min(1, people.open_complaints[i]),
            row.complaints_fresh_wound,
            row.complaints_aggravation,
            row.complaints_deepest_wound,
        )
        people.felt[i] = max(-1.0, people.felt[i] + felt)
        voice = voice_probability(
            intercept,
            row.complaints_ease,
            people.satisfaction[i] - row.loyalty_satisfaction_reference,
            row.complaints_ease_effect,
            row.complaints_voice_satisfaction,
        )
        people.failures[i] += 1
        people.events[i] |= Event.MAJOR_FAILURE if major else Event.MINOR_FAILURE
        if major:
            t[0].major_failures += 1
        else:
            t[0].minor_failures += 1
        if u_voice < voice:
            people.complaints[i] += 1
            people.open_complaints[i] += 1
            people.events[i] |= Event.COMPLAINED
            t[0].complaints += 1
        else:
            people.events[i] |= Event.SILENT
            t[0].silent += 1


@kernel
def encounter_pass(
    p: NDArray[np.void],
    firm: NDArray[np.void],
    people: People,
    staff: Staff,
    month: int,
    k0: Integer,
    k1: Integer,
    first: int,
    last: int,
    totals: NDArray[np.void],
) -> None:
    """Let the customers of blocks ``first`` to ``last - 1`` meet the firm: links 4 and 5 up to the complaint desk.

    Parameters
    ----------
    p, firm, people, staff
        Packed scenario, state of the firm, persons and staff; the persons are changed.
    month
        Month, negative in the warm-up.
    k0, k1
        Key of the run.
    first, last
        Blocks to work on.
    totals
        One row of :data:`TOTALS` for each block, to add to.
    """
    idx = np.empty(BLOCK, np.int64)
    u = np.empty((6, BLOCK))
    share = firm[0].served_share
    for block in range(first, last):
        n = 0
        for i in range(block * BLOCK, min((block + 1) * BLOCK, people.state.size)):
            people.events[i] = _NOT_THIS_MONTH
            people.visits[i] = _NOT_THIS_MONTH
            if people.state[i] == CUSTOMER:
                idx[n] = i
                n += 1
        row, ids, away, trouble = totals[block : block + 1], idx[:n], u[4, :n], u[5, :n]
        fill4(k0, k1, _ENCOUNTER, month, ids, 0, u[0], u[1], u[2], u[3])
        _visits(p, people, ids, u[0], row)
        if p[0].loyalty_relationship != CONTRACTUAL:
            _dropouts(p, people, ids, month, k0, k1, row)
        away[:] = 0.0
        if share < 1.0:
            _turned_away(people, ids, share, month, k0, k1, away, row)
        _experience(p, people, staff, ids, u[1], u[2], away, trouble)
        _failures(p, people, ids, u[3], trouble, month, k0, k1, row)


@kernel
def _margins(
    p: NDArray[np.void],
    people: People,
    idx: NDArray[np.int64],
    month: int,
    tables: Tables,
    t: NDArray[np.void],
) -> None:
    """Contribution of each customer in four layers, and its discounted sum."""
    row = p[0]
    base_sum = growth_sum = saving_sum = premium_sum = 0.0
    for i in idx:
        visits = float(people.visits[i])
        tenure = month - people.changed[i]
        grown = tables.seniority[tenure]
        usual = visit_revenue_factor(visits, row.market_visits_per_month, row.profit_transaction_share)
        revenue = row.profit_monthly_revenue * row.market_price * people.spend[i] * usual
        if row.referral_referred_advantage != 0.0 and people.referred[i] != 0:
            revenue *= referred_margin_factor(
                float(tenure), row.referral_referred_margin, row.referral_referred_margin_months
            )
        serving = row.profit_visit_cost * visits
        base = revenue - serving
        growth = revenue * row.growth * grown
        saving = serving * row.saving * grown
        premium = (revenue + growth) * row.premium * grown
        people.growth[i] += growth
        people.saving[i] += saving
        people.premium[i] += premium
        margin = base + growth + saving + premium
        people.contribution[i] += margin
        people.value[i] += margin * tables.discounts[max(0, month - people.since[i])]
        base_sum += base
        growth_sum += growth
        saving_sum += saving
        premium_sum += premium
    t[0].base += base_sum
    t[0].growth += growth_sum
    t[0].saving += saving_sum
    t[0].premium += premium_sum


@kernel
def _mood(p: NDArray[np.void], people: People, idx: NDArray[np.int64], t: NDArray[np.void]) -> None:
    """What a complete survey would hear this month."""
    row = p[0]
    total = reported = wounds = 0.0
    satisfied = top = 0
    for i in idx:
        now = float(people.satisfaction[i])
        said = min(1.0, max(0.0, now + people.felt[i]))
        total += now
        reported += said
        wounds += people.wound[i]
        satisfied += said >= row.satisfaction_satisfied_above
        top += said >= 0.9
    t[0].satisfaction += total
    t[0].reported += reported
    t[0].wounds += wounds
    t[0].satisfied += satisfied
    t[0].top_box += top


@kernel
def _talk(row: Any, event: int, satisfied: float, felt: float, u: float) -> int:
    """What one customer does this month: recommend, warn (the bit of the event), or keep silent (0)."""
    anger = 0.0
    if (event & Event.ANSWERED and not event & Event.PLEASED) or (event & Event.SILENT and event & Event.MAJOR_FAILURE):
        anger = row.referral_anger_talk
    elif event & Event.SILENT:
        anger = row.referral_minor_anger_talk
    acting = behaviour_satisfaction(satisfied, felt)
    warns = negative_talk(acting, row.referral_negative_peak, row.referral_negative_start, anger)
    if u < warns:
        return Event.WARNED
    praises = positive_talk(
        acting, row.referral_positive_peak, row.referral_positive_start, row.referral_positive_base, row.reward_factor
    )
    return Event.RECOMMENDED if u > 1.0 - praises else 0


@kernel
def _decide(
    p: NDArray[np.void],
    people: People,
    idx: NDArray[np.int64],
    u: NDArray[np.float64],
    month: int,
    tables: Tables,
    t: NDArray[np.void],
) -> None:
    """Who leaves, who is held by an offer, who talks; marks fade."""
    row = p[0]
    fade = 1.0 - 1.0 / row.complaints_mark_months
    observed = row.loyalty_relationship == CONTRACTUAL
    # Bounds that spare the laws for most. Nobody leaves above the hazard of the least satisfied, wounds and warnings
    # apart (exp(x) is at most 1 + x + x^2 up to x = 1.79); without an event nobody talks between the two peaks.
    most = max(_relative(row, 0.0, 0.0, 0.0, 0.0, 0.0, 0), _relative(row, 0.0, 0.0, 0.0, 0.0, 0.0, 1)) * (1.0 + 1e-9)
    warns = row.referral_negative_peak
    praises = 1.0 - row.referral_positive_peak * row.reward_factor
    rate = 0.0
    for j in range(idx.size):
        i = idx[j]
        if people.events[i] & (Event.ANSWERED | Event.SILENT) or u[3, j] < warns or u[3, j] > praises:
            said = _talk(row, people.events[i], people.satisfaction[i], people.felt[i], u[3, j])
            people.events[i] |= said
            people.told[i] += said == Event.RECOMMENDED
            t[0].recommending += said == Event.RECOMMENDED
            t[0].warning += said == Event.WARNED
        leaves = (people.events[i] & Event.DROPPED) != 0
        x = row.loyalty_wound_effect * people.wound[i] + row.loyalty_negative_effect * people.warnings[i]
        if observed and (x > 1.7 or u[0, j] < people.hazard[i] * most * (1.0 + x + x * x)):
            relative = _relative(
                row,
                people.satisfaction[i],
                people.felt[i],
                people.wound[i],
                people.warnings[i],
                people.strong[i] + people.weak[i],
                people.referred[i],
            )
            leaves = u[0, j] < leaving_probability(people.hazard[i], relative)
        if leaves and observed and u[1, j] < row.loyalty_offer_rate:
            charge(people, i, row.loyalty_offer_cost, month, tables.discounts)
            t[0].offers += 1
            if u[2, j] < row.loyalty_offer_success:
                leaves = False
                people.events[i] |= Event.SAVED
                t[0].saved += 1
        if leaves:
            people.state[i] = LAPSED
            people.changed[i] = month + 1
            people.events[i] |= Event.LEFT
            t[0].left += 1
        else:
            rate += people.rate[i]
        if people.wound[i] != 0.0 or people.felt[i] != 0.0:
            people.wound[i] = people.wound[i] * fade if people.wound[i] > 1e-3 else 0.0
            people.felt[i] = people.felt[i] * fade if abs(people.felt[i]) > 1e-4 else 0.0
    t[0].rate_end += rate


@kernel
def _join_chance(row: Any, weak: float, strong: float, warnings: float) -> float:
    """Probability of a prospect to join this month by the ordinary ways."""
    if weak + strong + warnings == 0.0:
        return float(row.external)
    if row.referral_decision == PRODUCT:
        chance = join_probability(
            row.external,
            weak,
            strong,
            warnings,
            row.referral_weak_effect,
            row.referral_strong_effect,
            row.referral_negative_discount,
        )
    else:
        chance = two_stage_probability(
            row.external,
            weak,
            strong,
            warnings,
            row.referral_in_market,
            row.referral_weak_shift,
            row.referral_strong_shift,
            row.referral_negative_shift,
        )
    return float(chance)


@kernel
def _approached(row: Any, away: int, u: float) -> bool:
    """Tell whether the firm approaches a person in the month ``away`` after leaving.

    ``u`` belongs to the leaving: it says whether there is an approach at all, and in which month, each equally likely.
    """
    return bool(u < row.loyalty_winback_rate and int(u / row.loyalty_winback_rate * row.loyalty_winback_months) == away)


@kernel
def _enter(
    p: NDArray[np.void],
    people: People,
    i: int,
    month: int,
    reward: float,
    tables: Tables,
    t: NDArray[np.void],
) -> None:
    """Person ``i`` becomes a customer from the next month on; the cost of winning them is the first entry."""
    row = p[0]
    people.state[i] = CUSTOMER
    people.changed[i] = month + 1
    if people.spells[i] == 0:
        people.since[i] = month + 1
    people.spells[i] = min(255, people.spells[i] + 1)
    people.wound[i] = 0.0
    people.felt[i] = 0.0
    entry = row.satisfaction_entry + row.satisfaction_entry_taste * people.taste[i]
    people.satisfaction[i] = min(1.0, max(0.0, entry))
    people.expectation[i] = row.service_quality_anchor + people.taste[i] + row.satisfaction_promise
    charge(people, i, row.profit_acquisition_cost + reward, month, tables.discounts)
    people.events[i] |= Event.JOINED
    t[0].joined += 1
    t[0].rate_end += people.rate[i]


@kernel
def _prospects(
    p: NDArray[np.void],
    people: People,
    idx: NDArray[np.int64],
    u: NDArray[np.float64],
    month: int,
    tables: Tables,
    k0: Integer,
    k1: Integer,
    t: NDArray[np.void],
) -> None:
    """Prospects and the lapsed decide whether to join; who joins by word of mouth is credited to the informant."""
    row = p[0]
    two_stage = row.referral_decision != PRODUCT
    winning = row.loyalty_winback_rate > 0.0
    cheapness = 1.0 / row.price_factor
    # 1 - (1 - b)^w = 1 - exp(-kw) is at most kw, while for part of a message (w < 1) it is more than bw
    weak_effect, strong_effect = -np.log1p(-row.referral_weak_effect), -np.log1p(-row.referral_strong_effect)
    for j in range(idx.size):
        i = idx[j]
        # a bound on the chance to join spares the laws for most
        most = row.external + weak_effect * people.weak[i] + strong_effect * people.strong[i]
        if u[0, j] >= cheapness * (row.referral_in_market if two_stage else most) and not winning:
            continue
        reward = 0.0
        lapsed = people.state[i] == LAPSED
        away = month - people.changed[i]
        won_back = False
        if lapsed and winning and _approached(row, away, uniform(k0, k1, _APPROACH, people.changed[i], i, 0)):
            t[0].approaches += 1
            chance = winback_probability(row.loyalty_winback_success, float(away), row.loyalty_winback_fading)
            won_back = u[1, j] < chance
        if won_back:
            people.events[i] |= Event.WON_BACK
            people.referred[i] = 0
            t[0].won_back += 1
        else:
            chance = _join_chance(row, people.weak[i], people.strong[i], people.warnings[i])
            readiness = rejoin_factor(float(away), row.market_rejoin_months) if lapsed else 1.0
            if u[0, j] >= chance * cheapness * readiness:
                continue
            informed = people.informant[i] >= 0 and u[3, j] < word_of_mouth_share(chance, row.external)
            people.referred[i] = 1 if informed else 0
            if informed:
                people.events[i] |= Event.REFERRED
                reward = row.referral_reward
                t[0].referred += 1
        _enter(p, people, i, month, reward, tables, t)
        luck = uniform(k0, k1, _FIRST_TALK, month, i, 0)
        said = _talk(row, people.events[i], people.satisfaction[i], people.felt[i], luck)
        people.events[i] |= said
        people.told[i] += said == Event.RECOMMENDED
        t[0].recommending += said == Event.RECOMMENDED
        t[0].warning += said == Event.WARNED


@kernel
def _fade(messages: NDArray[np.float32], memory: float) -> None:
    """Messages are forgotten; what is left of one below a hundredth is nothing."""
    share = np.float32(memory)
    for i in range(messages.size):
        left = messages[i] * share
        messages[i] = left if left > np.float32(0.01) else np.float32(0.0)


@kernel
def behaviour_pass(
    p: NDArray[np.void],
    people: People,
    tables: Tables,
    month: int,
    k0: Integer,
    k1: Integer,
    first: int,
    last: int,
    totals: NDArray[np.void],
) -> None:
    """Let blocks ``first`` to ``last - 1`` act: margins, loyalty, talk, joining (links 6, 7 and 8).

    Parameters
    ----------
    p, people
        Packed scenario and persons; the persons are changed.
    tables
        What depends on whole months only.
    month
        Month, negative in the warm-up.
    k0, k1
        Key of the run.
    first, last
        Blocks to work on.
    totals
        One row of :data:`TOTALS` for each block, to add to.
    """
    idx = np.empty(BLOCK, np.int64)
    out = np.empty(BLOCK, np.int64)
    u = np.empty((4, BLOCK))
    memory = p[0].referral_message_memory
    for block in range(first, last):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, people.state.size)
        n = m = 0
        for i in range(start, stop):
            if people.state[i] == CUSTOMER:
                idx[n] = i
                n += 1
            elif people.state[i] == PROSPECT or people.state[i] == LAPSED:
                out[m] = i
                m += 1
        row, ids = totals[block : block + 1], idx[:n]
        _margins(p, people, ids, month, tables, row)
        _mood(p, people, ids, row)
        fill4(k0, k1, _LOYALTY, month, ids, 0, u[0], u[1], u[2], u[3])
        _decide(p, people, ids, u, month, tables, row)
        fill4(k0, k1, _JOIN, month, out[:m], 0, u[0], u[1], u[2], u[3])
        _prospects(p, people, out[:m], u, month, tables, k0, k1, row)
        row[0].customers_end = n - row[0].left + row[0].joined
        _fade(people.strong[start:stop], memory)
        _fade(people.weak[start:stop], memory)
        _fade(people.warnings[start:stop], memory)


@kernel
def joiners(people: People, who: NDArray[np.int64], recruiter: NDArray[np.int32]) -> None:
    """List who joined this month, in the order of their ids, and who recommended the firm to them (-1 nobody)."""
    n = 0
    for i in range(people.events.size):
        if people.events[i] & Event.JOINED and n < who.size:
            who[n] = i
            recruiter[n] = people.informant[i] if people.events[i] & Event.REFERRED else -1
            n += 1
