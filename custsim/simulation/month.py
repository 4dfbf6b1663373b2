"""The month as the customers live it: compiled passes over the persons, in fixed blocks.

Each pass works on one block after the other; a block's sums go into its own row, and the rows are added in a fixed
order, so that the number of threads changes nothing. Within a block the links follow each other as short loops over its
customers, with the laws of :mod:`custsim.chain` called for one person at a time.

What the passes do, in order, is :data:`MONTH`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, TypeAlias

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
from custsim.simulation.streams import Integer, draw4, fill1, fill4, fill_poisson, normal, poisson, uniform
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

#: visits of one customer in a month, at most
_MOST_VISITS = 65_000

#: Ids of persons, or places in a list of them. Unsigned: an index that could be negative costs a test at every use.
Ids: TypeAlias = NDArray[np.uint64]


class Tables(NamedTuple):
    """Laws of whole months, evaluated once: index = months elapsed."""

    discounts: NDArray[np.float64]  #: discount factor
    seniority: NDArray[np.float64]  #: :func:`custsim.chain.profit.tenure_share`


@functools.lru_cache(maxsize=16)
def tables(monthly_rate: float, tenure_months: float) -> Tables:
    """Evaluate :class:`Tables` for a monthly discount rate and the time in which a relationship matures."""
    months = np.arange(LONGEST, dtype=np.float64)
    return Tables((1.0 + monthly_rate) ** -months, np.asarray(tenure_share(months, tenure_months)))


@kernel(inner=True)
def _customers(state: NDArray[np.uint8], start: int, stop: int, idx: Ids) -> int:
    """List the customers from ``start`` to ``stop - 1``; every loop over them goes by this list."""
    n = 0
    for i in range(start, stop):
        idx[n] = i  # written over by the next if this one is no customer: no branch to mispredict
        n += state[i] == CUSTOMER
    return n


@kernel(inner=True)
def _visits(
    p: NDArray[np.void],
    rate: NDArray[np.float32],
    idx: Ids,
    luck: NDArray[np.float64],
    mean: NDArray[np.float64],
    visits: NDArray[np.uint16],
    t: NDArray[np.void],
) -> None:
    """Count this month's visits of each customer; ``mean`` is room for how many are expected."""
    usual = p[0].market_visits_per_month
    for j in range(idx.size):
        mean[j] = usual * rate[idx[j]]
    fill_poisson(luck, mean, visits, _MOST_VISITS)
    total = 0
    for made in visits:
        total += made
    t[0].customers += idx.size
    t[0].visits += total


@kernel
def planned_visits(
    p: NDArray[np.void],
    rate: NDArray[np.float32],
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
        out[j] = min(_MOST_VISITS, poisson(luck, mean * rate[i]))


@kernel(inner=True)
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


@kernel(inner=True)
def _dropouts(
    p: NDArray[np.void],
    people: People,
    idx: Ids,
    visits: NDArray[np.uint16],
    month: int,
    k0: Integer,
    k1: Integer,
    t: NDArray[np.void],
) -> None:
    """After each visit a non-contractual customer may become inactive; later visits of the month do not happen."""
    row = p[0]
    for j in range(idx.size):
        if visits[j] == 0:
            continue
        i = idx[j]
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
        if last <= visits[j]:
            t[0].visits -= visits[j] - last
            visits[j] = int(last)
            people.events[i] |= Event.DROPPED


@kernel(inner=True)
def _turned_away(
    events: NDArray[np.uint16],
    idx: Ids,
    share: float,
    month: int,
    k0: Integer,
    k1: Integer,
    visits: NDArray[np.uint16],
    away: NDArray[np.int64],
    t: NDArray[np.void],
) -> None:
    """Count the visits that could not be served; they are taken off the visits of the month."""
    for j in range(idx.size):
        i = idx[j]
        away[j] = 0
        for visit in range(visits[j]):
            if uniform(k0, k1, _UNSERVED, month, i, visit) >= share:
                away[j] += 1
        if away[j] > 0:
            visits[j] -= away[j]
            events[i] |= Event.UNSERVED
            t[0].visits -= away[j]
            t[0].unserved += away[j]


@kernel(inner=True)
def _visitors(visits: NDArray[np.uint16], away: NDArray[np.int64], order: Ids) -> int:
    """List who visits, or meant to: those with one visit, with two or three, with more.

    The laws raise to the power of the visits; in this order the processor guesses right how long that takes.
    """
    n = 0
    least = 1
    for most in (1, 3, _MOST_VISITS):
        for j in range(visits.size):
            order[n] = j
            meant = visits[j] + away[j]
            n += (meant >= least) & (meant <= most)
        least = most + 1
    return n


@kernel(inner=True)
def _experience(
    p: NDArray[np.void],
    people: People,
    staff: Staff,
    idx: Ids,
    order: Ids,
    noise: NDArray[np.float64],
    luck: NDArray[np.float64],
    visits: NDArray[np.uint16],
    away: NDArray[np.int64],
    trouble: NDArray[np.float64],
) -> None:
    """Perceived quality, disconfirmation, satisfaction; ``trouble`` becomes the probability of a failure."""
    row = p[0]
    count = staff.heads[0]
    trouble[:] = 0.0
    for j in order:
        i, made = idx[j], int(visits[j])
        meant = made + away[j]
        perceived = row.satisfaction_unserved_quality
        if made > 0:
            place = np.uint64(staff.serving[min(count - 1, int(luck[j] * count))])
            trouble[j] = failure_in_month(staff.failure[place], made)
            z = row.satisfaction_noise_sd * normal(noise[j])
            served = perceived_quality(staff.quality[people.segment[i], place], people.taste[i], z, made)
            perceived = served if meant == made else (made * served + away[j] * perceived) / meant
        judged = encounter_satisfaction(
            perceived, people.expectation[i], row.satisfaction_surprise_effect, row.satisfaction_loss_aversion
        )
        people.satisfaction[i] = accumulate_satisfaction(people.satisfaction[i], judged, meant, row.satisfaction_memory)
        people.expectation[i] = adapt_expectation(people.expectation[i], perceived, row.satisfaction_expectation_speed)
        people.visits[i] = made
        people.total_visits[i] += made
        people.events[i] |= Event.VISITED


@kernel(inner=True)
def _failures(
    p: NDArray[np.void],
    people: People,
    idx: Ids,
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
    # one place more than there are persons: a list is written one beyond its end, see _customers
    idx, order = np.empty(BLOCK + 1, np.uint64), np.empty(BLOCK + 1, np.uint64)
    u = np.empty((5, BLOCK))
    made, missed = np.empty(BLOCK, np.uint16), np.zeros(BLOCK, np.int64)
    share = firm[0].served_share
    for block in range(first, last):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, people.state.size)
        people.events[start:stop] = 0
        people.visits[start:stop] = 0
        n = _customers(people.state, start, stop, idx)
        row, ids, visits, away, trouble = totals[block : block + 1], idx[:n], made[:n], missed[:n], u[4, :n]
        fill4(k0, k1, _ENCOUNTER, month, ids, 0, u[0], u[1], u[2], u[3])
        _visits(p, people.rate, ids, u[0, :n], trouble, visits, row)
        if p[0].loyalty_relationship != CONTRACTUAL:
            _dropouts(p, people, ids, visits, month, k0, k1, row)
        if share < 1.0:
            _turned_away(people.events, ids, share, month, k0, k1, visits, away, row)
        visitors = order[: _visitors(visits, away, order)]
        _experience(p, people, staff, ids, visitors, u[1], u[2], visits, away, trouble)
        _failures(p, people, ids, u[3], trouble, month, k0, k1, row)


@kernel(inner=True)
def _margins(
    p: NDArray[np.void],
    people: People,
    idx: Ids,
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


@kernel(inner=True)
def _mood(p: NDArray[np.void], people: People, idx: Ids, t: NDArray[np.void]) -> None:
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


@kernel(inner=True)
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


@kernel(inner=True)
def _outspoken(p: NDArray[np.void], people: People, idx: Ids, luck: NDArray[np.float64], chosen: Ids) -> int:
    """List (places in ``idx``) who might talk this month, which spares the laws for the others.

    Without an event nobody warns who is above the start of negative talk or has more luck than its peak, and likewise
    at the other end.
    """
    row = p[0]
    warns = row.referral_negative_peak
    praises = 1.0 - row.referral_positive_peak * row.reward_factor
    low, high = row.referral_negative_start, row.referral_positive_start
    n = 0
    for j in range(idx.size):
        i, u = idx[j], luck[j]
        acting = people.satisfaction[i] + min(0.0, people.felt[i])
        upset = (people.events[i] & (Event.ANSWERED | Event.SILENT)) != 0
        chosen[n] = j
        n += upset | ((u < warns) & (acting < low)) | ((u > praises) & (acting > high))
    return n


@kernel(inner=True)
def _speak(
    p: NDArray[np.void], people: People, idx: Ids, chosen: Ids, luck: NDArray[np.float64], t: NDArray[np.void]
) -> None:
    """Let those at the places ``chosen`` of ``idx`` recommend, warn or keep silent."""
    row = p[0]
    recommending = warning = 0
    for j in chosen:
        i = idx[j]
        said = _talk(row, people.events[i], people.satisfaction[i], people.felt[i], luck[j])
        people.events[i] |= said
        people.told[i] += said == Event.RECOMMENDED
        recommending += said == Event.RECOMMENDED
        warning += said == Event.WARNED
    t[0].recommending += recommending
    t[0].warning += warning


@kernel(inner=True)
def _wavering(p: NDArray[np.void], people: People, idx: Ids, luck: NDArray[np.float64], chosen: Ids) -> int:
    """List (places in ``idx``) who might leave this month, which spares the laws for the others.

    Nobody leaves above the hazard of the least satisfied, wounds and warnings apart (exp(x) is at most 1 + x + x^2 up
    to x = 1.79). A non-contractual customer leaves by dropping out after a visit.
    """
    row = p[0]
    observed = row.loyalty_relationship == CONTRACTUAL
    most = max(_relative(row, 0.0, 0.0, 0.0, 0.0, 0.0, 0), _relative(row, 0.0, 0.0, 0.0, 0.0, 0.0, 1)) * (1.0 + 1e-9)
    n = 0
    for j in range(idx.size):
        i = idx[j]
        x = row.loyalty_wound_effect * people.wound[i] + row.loyalty_negative_effect * people.warnings[i]
        unsettled = (x > 1.7) | (luck[j] < people.hazard[i] * most * (1.0 + x + x * x))
        dropped = (people.events[i] & Event.DROPPED) != 0
        chosen[n] = j
        n += (observed & unsettled) | dropped
    return n


@kernel(inner=True)
def _leave(
    p: NDArray[np.void],
    people: People,
    idx: Ids,
    chosen: Ids,
    u: NDArray[np.float64],
    month: int,
    tables: Tables,
    t: NDArray[np.void],
) -> None:
    """Let those at the places ``chosen`` of ``idx`` leave or stay; an offer may hold them."""
    row = p[0]
    observed = row.loyalty_relationship == CONTRACTUAL
    for j in chosen:
        i = idx[j]
        if observed:
            relative = _relative(
                row,
                people.satisfaction[i],
                people.felt[i],
                people.wound[i],
                people.warnings[i],
                people.strong[i] + people.weak[i],
                people.referred[i],
            )
            if u[0, j] >= leaving_probability(people.hazard[i], relative):
                continue
            if u[1, j] < row.loyalty_offer_rate:
                charge(people, i, row.loyalty_offer_cost, month, tables.discounts)
                t[0].offers += 1
                if u[2, j] < row.loyalty_offer_success:
                    people.events[i] |= Event.SAVED
                    t[0].saved += 1
                    continue
        people.state[i] = LAPSED
        people.changed[i] = month + 1
        people.events[i] |= Event.LEFT
        t[0].left += 1


@kernel(inner=True)
def _settle(p: NDArray[np.void], people: People, idx: Ids, t: NDArray[np.void]) -> None:
    """Marks fade; the visit rates of those who stay are added up."""
    fade = 1.0 - 1.0 / p[0].complaints_mark_months
    rate = 0.0
    for i in idx:
        wound, felt = people.wound[i], people.felt[i]
        people.wound[i] = wound * fade if wound > 1e-3 else 0.0
        people.felt[i] = felt * fade if abs(felt) > 1e-4 else 0.0
        rate += people.rate[i] if people.state[i] == CUSTOMER else 0.0
    t[0].rate_end += rate


@kernel(inner=True)
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


@kernel(inner=True)
def _approached(row: Any, away: int, u: float) -> bool:
    """Tell whether the firm approaches a person in the month ``away`` after leaving.

    ``u`` belongs to the leaving: it says whether there is an approach at all, and in which month, each equally likely.
    """
    return bool(u < row.loyalty_winback_rate and int(u / row.loyalty_winback_rate * row.loyalty_winback_months) == away)


@kernel(inner=True)
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


@kernel(inner=True)
def _others(state: NDArray[np.uint8], start: int, stop: int, idx: Ids) -> int:
    """List the prospects and the lapsed from ``start`` to ``stop - 1``."""
    n = 0
    for i in range(start, stop):
        idx[n] = i
        n += (state[i] == PROSPECT) | (state[i] == LAPSED)
    return n


@kernel(inner=True)
def _interested(p: NDArray[np.void], people: People, idx: Ids, luck: NDArray[np.float64], chosen: Ids) -> int:
    """List who might join this month, by a bound on the chance that spares the laws for the others."""
    row = p[0]
    two_stage = row.referral_decision != PRODUCT
    winning = row.loyalty_winback_rate > 0.0
    cheapness = 1.0 / row.price_factor
    # 1 - (1 - b)^w = 1 - exp(-kw) is at most kw, while for part of a message (w < 1) it is more than bw
    weak_effect, strong_effect = -np.log1p(-row.referral_weak_effect), -np.log1p(-row.referral_strong_effect)
    n = 0
    for j in range(idx.size):
        i = idx[j]
        most = row.external + weak_effect * people.weak[i] + strong_effect * people.strong[i]
        chosen[n] = i
        interested = luck[j] < cheapness * (row.referral_in_market if two_stage else most)
        n += interested | (winning & (people.state[i] == LAPSED))
    return n


@kernel(inner=True)
def _prospects(
    p: NDArray[np.void],
    people: People,
    idx: Ids,
    month: int,
    tables: Tables,
    k0: Integer,
    k1: Integer,
    joined: Ids,
    t: NDArray[np.void],
) -> int:
    """Prospects and the lapsed decide whether to join; who joins by word of mouth is credited to the informant.

    Who joined is listed in ``joined``.
    """
    row = p[0]
    n = 0
    winning = row.loyalty_winback_rate > 0.0
    cheapness = 1.0 / row.price_factor
    for i in idx:
        u_join, u_back, _, u_cause = draw4(k0, k1, _JOIN, month, i, 0)
        reward = 0.0
        lapsed = people.state[i] == LAPSED
        away = month - people.changed[i]
        won_back = False
        if lapsed and winning and _approached(row, away, uniform(k0, k1, _APPROACH, people.changed[i], i, 0)):
            t[0].approaches += 1
            chance = winback_probability(row.loyalty_winback_success, float(away), row.loyalty_winback_fading)
            won_back = u_back < chance
        if won_back:
            people.events[i] |= Event.WON_BACK
            people.referred[i] = 0
            t[0].won_back += 1
        else:
            chance = _join_chance(row, people.weak[i], people.strong[i], people.warnings[i])
            readiness = rejoin_factor(float(away), row.market_rejoin_months) if lapsed else 1.0
            if u_join >= chance * cheapness * readiness:
                continue
            informed = people.informant[i] >= 0 and u_cause < word_of_mouth_share(chance, row.external)
            people.referred[i] = 1 if informed else 0
            if informed:
                people.events[i] |= Event.REFERRED
                reward = row.referral_reward
                t[0].referred += 1
        _enter(p, people, i, month, reward, tables, t)
        joined[n] = i
        n += 1
    return n


@kernel(inner=True)
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
    idx, chosen = np.empty(BLOCK + 1, np.uint64), np.empty(BLOCK + 1, np.uint64)  # see encounter_pass
    everybody = np.empty(BLOCK, np.uint64)
    for j in range(BLOCK):
        everybody[j] = j
    u = np.empty((4, BLOCK))
    memory = p[0].referral_message_memory
    for block in range(first, last):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, people.state.size)
        n = _customers(people.state, start, stop, idx)
        row, ids = totals[block : block + 1], idx[:n]
        others = idx[n : n + _others(people.state, start, stop, idx[n:])]
        _margins(p, people, ids, month, tables, row)
        _mood(p, people, ids, row)
        fill4(k0, k1, _LOYALTY, month, ids, 0, u[0], u[1], u[2], u[3])
        _speak(p, people, ids, chosen[: _outspoken(p, people, ids, u[3], chosen)], u[3], row)
        _leave(p, people, ids, chosen[: _wavering(p, people, ids, u[0], chosen)], u, month, tables, row)
        _settle(p, people, ids, row)
        fill1(k0, k1, _JOIN, month, others, 0, u[0])
        candidates = chosen[: _interested(p, people, others, u[0], chosen)]
        joined = others[: _prospects(p, people, candidates, month, tables, k0, k1, others, row)]
        fill1(k0, k1, _FIRST_TALK, month, joined, 0, u[0])
        _speak(p, people, joined, everybody[: joined.size], u[0], row)
        row[0].customers_end = n - row[0].left + row[0].joined
        _fade(people.strong[start:stop], memory)
        _fade(people.weak[start:stop], memory)
        _fade(people.warnings[start:stop], memory)


@kernel
def joiners(
    events: NDArray[np.uint16], informant: NDArray[np.int32], who: NDArray[np.int64], recruiter: NDArray[np.int32]
) -> None:
    """List who joined this month, in the order of their ids, and who recommended the firm to them (-1 nobody)."""
    n = 0
    for i in range(events.size):
        if events[i] & Event.JOINED and n < who.size:
            who[n] = i
            recruiter[n] = informant[i] if events[i] & Event.REFERRED else -1
            n += 1
