"""The persons of the market as a structure of arrays: who they are, what they went through, what they are worth.

A person's id is the index into the arrays and never changes. What a person *is* (rate, spend, taste, hazard, segment)
is drawn once from that person's own luck by inverse distribution functions, so that a change of a distribution moves
everybody in order and nobody at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from custsim.chain import loyalty
from custsim.scenario.model import Scenario
from custsim.simulation import streams
from custsim.simulation.compiled import kernel
from custsim.simulation.streams import Integer

__all__ = [
    "CUSTOMER",
    "EVENTS",
    "LAPSED",
    "PROSPECT",
    "REMOVED",
    "STATES",
    "Event",
    "People",
    "bytes_per_person",
    "charge",
    "draw_traits",
    "new_population",
    "open_stock",
]

Luck = tuple[np.uint32, np.uint32]

#: states of a person
PROSPECT, CUSTOMER, LAPSED, REMOVED = 0, 1, 2, 3
STATES = ("prospect", "customer", "lapsed", "removed")


#: probability to leave above which nobody could tell the difference; a hazard of certainty would be infinite
_SUREST = 1.0 - 1e-9


class _Bits(NamedTuple):
    """What can happen to a person in a month: bits of :attr:`People.events`."""

    VISITED: int = 1
    UNSERVED: int = 2
    MINOR_FAILURE: int = 4
    MAJOR_FAILURE: int = 8
    COMPLAINED: int = 16
    SILENT: int = 32
    ANSWERED: int = 64
    PLEASED: int = 128
    RECOMMENDED: int = 256
    WARNED: int = 512
    JOINED: int = 1024
    REFERRED: int = 2048
    LEFT: int = 4096
    SAVED: int = 8192
    WON_BACK: int = 16384
    DROPPED: int = 32768


#: the bits by name; a tuple, because compiled code knows those
Event = _Bits()

#: bit -> name, in the order of a month
EVENTS: dict[int, str] = {bit: name.lower() for name, bit in Event._asdict().items()}

_SEGMENT, _RATE, _SPEND, _TASTE, _HAZARD, _STOCK, _AGE = (
    streams.stream_id(f"person/{name}") for name in ("segment", "rate", "spend", "taste", "hazard", "stock", "age")
)


class People(NamedTuple):
    """The arrays, each of shape (persons,). Indices are 0-1, money in currency, months counted from month 0."""

    state: NDArray[np.uint8]  #: PROSPECT, CUSTOMER, LAPSED or REMOVED
    segment: NDArray[np.uint8]  #: place of the segment in the scenario
    events: NDArray[np.uint16]  #: what happened this month: bits of Event
    visits: NDArray[np.uint16]  #: visits this month
    open_complaints: NDArray[np.uint8]  #: complaints waiting or in work
    spells: NDArray[np.uint8]  #: times this person became a customer since the opening
    rate: NDArray[np.float32]  #: visits relative to the market's mean
    spend: NDArray[np.float32]  #: revenue relative to the market's mean
    taste: NDArray[np.float32]  #: lasting leniency, index points
    hazard: NDArray[np.float32]  #: hazard of leaving at the reference satisfaction, a month or a purchase
    satisfaction: NDArray[np.float32]  #: cumulative satisfaction
    expectation: NDArray[np.float32]  #: expected quality
    felt: NDArray[np.float32]  #: felt mark of failures and recoveries
    wound: NDArray[np.float32]  #: wound, acts on loyalty only
    strong: NDArray[np.float32]  #: recommendations in mind from strong ties
    weak: NDArray[np.float32]  #: recommendations in mind from weak ties
    warnings: NDArray[np.float32]  #: warnings in mind
    informant: NDArray[np.int32]  #: who recommended last, -1 nobody
    changed: NDArray[np.int16]  #: first month of the present state
    since: NDArray[np.int16]  #: month from which lifetime value is counted and discounted
    referred: NDArray[np.uint8]  #: 1 if word of mouth brought the present spell
    total_visits: NDArray[np.uint32]  #: visits since the opening
    failures: NDArray[np.uint16]  #: failures since the opening
    complaints: NDArray[np.uint16]  #: complaints since the opening
    told: NDArray[np.uint16]  #: months of recommending since the opening
    growth: NDArray[np.float32]  #: purchase growth since the opening
    saving: NDArray[np.float32]  #: cost saving since the opening
    premium: NDArray[np.float32]  #: price premium since the opening
    care: NDArray[np.float32]  #: acquisition, offers, rewards and compensation since the opening (a cost, at least 0)
    contribution: NDArray[np.float64]  #: all margins less care since the opening; the accounts add up from it
    value: NDArray[np.float32]  #: the same, discounted to the month ``since``

    def copy(self) -> People:
        """Copy every array."""
        arrays: Any = (array.copy() for array in self)
        return People(*arrays)


@kernel(inner=True)
def charge(people: People, i: Integer, cost: float, month: int, discounts: NDArray[np.float64]) -> None:
    """Charge a cost of winning or keeping person ``i`` to that person's contribution and value."""
    people.care[i] += cost
    people.contribution[i] -= cost
    people.value[i] -= cost * discounts[max(0, month - people.since[i])]


_TYPES: dict[str, np.dtype[np.generic]] = {
    name: np.dtype(kind)
    for name, kind in zip(
        People._fields,
        [
            "u1",
            "u1",
            "u2",
            "u2",
            "u1",
            "u1",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "f4",
            "i4",
            "i2",
            "i2",
            "u1",
            "u4",
            "u2",
            "u2",
            "u2",
            "f4",
            "f4",
            "f4",
            "f4",
            "f8",
            "f4",
        ],
        strict=True,
    )
}


def bytes_per_person() -> int:
    """Memory of one person in bytes, without the network.

    Examples
    --------
    >>> bytes_per_person() < 100
    True
    """
    return sum(kind.itemsize for kind in _TYPES.values())


@dataclass(frozen=True)
class _Traits:
    """The parameters that a person's lasting traits are drawn from; equal ones need no new draw."""

    segments: tuple[tuple[float, float, float, float], ...]
    visits_shape: float
    visits_exponent: float
    spend_sd: float
    taste_sd: float
    churn: float
    churn_shape: float


def traits_of(scenario: Scenario) -> _Traits:
    """Collect what the traits of a scenario's persons are drawn from."""
    return _Traits(
        segments=tuple((s.share, s.visits, s.spend, s.churn) for s in scenario.segments),
        visits_shape=scenario.market.visits_shape,
        visits_exponent=scenario.loyalty.visits_exponent,
        spend_sd=scenario.market.spend_sd,
        taste_sd=scenario.satisfaction.taste_sd,
        churn=scenario.loyalty.churn,
        churn_shape=scenario.loyalty.churn_shape,
    )


def new_population(persons: int) -> People:
    """Make the arrays for a number of prospects who have no traits yet.

    Parameters
    ----------
    persons
        Number of persons, at least 1.
    """
    people = People(**{name: np.zeros(persons, dtype=kind) for name, kind in _TYPES.items()})
    people.informant.fill(-1)
    return people


def draw_traits(people: People, scenario: Scenario, luck: Luck) -> None:
    """Draw everybody's lasting traits from their own luck; the same luck under other distributions keeps the order.

    Visit rates are gamma, spend lognormal, taste normal, the probability to leave Beta across persons (the hazard is
    its ``-log(1 - p)``, times the power of the visit rate normalised to a mean of 1).

    References
    ----------
    Gamma rates and Beta churn: Ehrenberg (1959), Fader & Hardie (2007), Fader, Hardie & Lee (2005).
    """
    segments = scenario.segments
    ids = np.arange(people.state.size)
    edges = np.cumsum([segment.share for segment in segments])[:-1]
    people.segment[:] = np.searchsorted(edges, streams.uniforms(luck, _SEGMENT, 0, ids), side="right")
    own = people.segment
    rate = streams.gamma_ppf(streams.uniforms(luck, _RATE, 0, ids), scenario.market.visits_shape)
    rate = np.maximum(rate, 1e-6)  # a rate of exactly 0 has no power below 0
    people.rate[:] = rate * np.array([segment.visits for segment in segments])[own]
    sd = scenario.market.spend_sd
    score = special.ndtri(streams.uniforms(luck, _SPEND, 0, ids))
    people.spend[:] = np.exp(sd * score - sd * sd / 2) * np.array([segment.spend for segment in segments])[own]
    people.taste[:] = scenario.satisfaction.taste_sd * special.ndtri(streams.uniforms(luck, _TASTE, 0, ids))
    people.hazard[:] = _hazards(scenario, streams.uniforms(luck, _HAZARD, 0, ids))
    people.hazard[:] *= np.array([segment.churn for segment in segments])[own]
    people.hazard[:] *= _power_of_rate(rate, scenario.market.visits_shape, scenario.loyalty.visits_exponent)


def _hazards(scenario: Scenario, luck: NDArray[np.float64]) -> NDArray[np.float64]:
    """Personal hazards of leaving at the reference satisfaction, from Beta-distributed probabilities."""
    mean, shape = min(scenario.loyalty.churn, _SUREST), scenario.loyalty.churn_shape
    if mean <= 0.0 or shape >= 1e5:
        return np.full(luck.size, -np.log1p(-mean))
    probability = streams.beta_ppf(luck, shape, shape / mean - shape)
    return -np.log1p(-np.minimum(probability, _SUREST))


def _power_of_rate(rate: NDArray[np.float64], shape: float, exponent: float) -> NDArray[np.float64]:
    """Power of a gamma rate with mean 1, over its expectation (closed form); tiny rates are floored."""
    least = 0.05
    whole = np.exp(special.gammaln(shape + exponent) - special.gammaln(shape) - exponent * np.log(shape))
    mean = whole * special.gammaincc(shape + exponent, shape * least)
    mean += least**exponent * special.gammainc(shape, shape * least)
    power: NDArray[np.float64] = np.maximum(rate, least) ** exponent / mean
    return power


def open_stock(people: People, scenario: Scenario, luck: Luck, month: int) -> None:
    """Make ``market.customers`` persons customers in ``month``: as a grown stock, or all new for a launch.

    Entrants are not the stock: those who stay differ in churn and taste. For a grown stock a person is drawn with odds
    1/(1 + h/j), where h is that person's hazard and j the chance to join, and gets an age from the same hazard.
    """
    persons, market, law = people.state.size, scenario.market, scenario.loyalty
    grown = market.opening != "launch"
    ids = np.arange(persons)
    # the power of the visit rate is left out: it is there to offset the failures that frequent visitors meet
    hazard = _hazards(scenario, streams.uniforms(luck, _HAZARD, 0, ids))
    hazard *= np.array([segment.churn for segment in scenario.segments])[people.segment]
    usual = np.clip(law.satisfaction_reference + people.taste.astype(np.float64), 0.0, 1.0)
    hazard *= loyalty.discontent(usual, law.top, law.floor, law.exponent)
    hazard /= loyalty.discontent(law.satisfaction_reference, law.top, law.floor, law.exponent)
    join = max(market.join_base + market.join_advertised, 1e-4)
    weight = 1.0 / (1.0 + hazard / join) if grown else np.ones(persons)
    race = -np.log(streams.uniforms(luck, _STOCK, 0, ids)) / weight
    chosen = np.argsort(race, kind="stable")[: market.customers]
    people.state[chosen] = CUSTOMER
    entry = scenario.satisfaction.entry + scenario.satisfaction.entry_taste * people.taste
    people.satisfaction[:] = np.clip(entry, 0.0, 1.0)
    people.expectation[:] = scenario.service_quality.anchor + people.taste + scenario.satisfaction.promise
    people.changed.fill(month)
    people.since[chosen] = max(month, 0)
    people.spells[chosen] = 1
    if grown:
        age = -np.log(streams.uniforms(luck, _AGE, 0, chosen)) / np.maximum(hazard[chosen], 1e-3)
        people.changed[chosen] = month - np.minimum(age, 600.0).astype(np.int16)
