"""The firm of a workshop: a bundled one, randomised by the room's code so that answers cannot be looked up.

The code is all that is needed to make the same firm and the same luck again. Draws come from custsim's own random
numbers, so that a code means the same firm on every machine.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from custsim.errors import InputError
from custsim.game.levers import Lever, Plan, Volumes, cost, lever_values, levers, lines
from custsim.game.store import READABLE
from custsim.scenario.library import bundled, load
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import valued
from custsim.simulation.run import simulate
from custsim.simulation.streams import key, stream_id, uniforms

__all__ = ["RANGES", "Firm", "Range", "code_of", "firm", "new_code", "read_code"]

#: share of revenue that the firm earned in the year before the game, lowest and highest
MARGIN = (0.09, 0.15)

#: how much more than the plan of the year before may be spent
SLACK = 0.05

#: firms that a game may be played with
FIRMS = ("neighbourhood_bank",)


@dataclass(frozen=True, slots=True)
class Range:
    """How far a parameter of a game's firm may lie from the bundled scenario's, as factors."""

    path: str
    low: float
    high: float
    meaning: str


#: what differs from room to room
RANGES = (
    Range("employees.customers_per_employee", 0.96, 1.08, "how lean the firm is staffed"),
    Range("internal_service.tools.spend", 0.5, 1.2, "what was spent on tools so far"),
    Range("internal_service.training.spend", 0.5, 1.2, "what was spent on training so far"),
    Range("internal_service.support.spend", 0.5, 1.2, "what was spent on internal support so far"),
    Range("internal_service.tools.scale", 0.8, 1.25, "what tools cost"),
    Range("internal_service.training.scale", 0.8, 1.25, "what training costs"),
    Range("employees.quit_hazard", 0.8, 1.3, "how readily people leave"),
    Range("complaints.failure_rate", 0.8, 1.25, "how often things go wrong"),
    Range("complaints.handling_days", 0.85, 1.15, "how much work a complaint is"),
    Range("complaints.compensation", 0.5, 1.25, "what was paid so far to those who complained"),
    Range("loyalty.churn", 0.85, 1.15, "how readily customers leave"),
    Range("loyalty.offer_success", 0.7, 1.2, "how well retention offers work"),
    Range("loyalty.offer_false_alarms", 0.8, 1.6, "how many offers go to those who would have stayed"),
    Range("referral.positive_peak", 0.8, 1.2, "how readily the satisfied recommend"),
    Range("referral.reward_effect", 0.6, 1.3, "what a reward adds"),
    Range("market.join_advertised", 0.8, 1.25, "what advertising can reach"),
    Range("market.marketing", 0.6, 1.4, "what was spent on advertising so far"),
    Range("profit.acquisition_cost", 0.8, 1.25, "what taking on a customer costs"),
)


@dataclass(frozen=True)
class Firm:
    """The firm of a game, with what everybody is told about it.

    Attributes
    ----------
    code
        The room's code.
    base
        Name of the bundled scenario.
    years
        Years that are decided.
    scenario
        The firm; its first year is the one before the game.
    seed
        Its luck, the same for all teams.
    levers
        What is decided.
    start
        The plan that was followed so far.
    budget_share
        Share of last year's revenue that may be planned to be spent.
    made_good
        What a complaint that was answered cost in the mean in the year before the game, at a compensation of the whole
        loss: the loss where it was solved, and nothing where it was not; currency.
    """

    code: str
    base: str
    years: int
    scenario: Scenario
    seed: int
    levers: tuple[Lever, ...]
    start: Plan
    budget_share: float
    made_good: float

    def budget(self, volumes: Volumes) -> float:
        """What may be planned for the next year: a share of last year's revenue, in whole thousands."""
        return 1000.0 * round(self.budget_share * volumes.revenue / 1000.0)


def new_code() -> str:
    """Make a code for a room, by chance: six letters and digits that can be read aloud.

    Examples
    --------
    >>> len(new_code())
    6
    """
    return "".join(secrets.choice(READABLE) for _ in range(6))


def code_of(room: str) -> str:
    """Make a code of the name of a room: the same for the same room.

    Examples
    --------
    >>> code_of("blue otter") == code_of("blue otter"), len(code_of("blue otter"))
    (True, 6)
    """
    digest = hashlib.sha256(room.encode()).digest()
    return "".join(READABLE[byte % len(READABLE)] for byte in digest[:6])


def read_code(code: Any) -> str:
    """Bring a code to its one spelling: capital letters and digits.

    Raises
    ------
    InputError
        If it has fewer than 3 or more than 20 of them.

    Examples
    --------
    >>> read_code("kab 417")
    'KAB417'
    """
    kept = re.sub(r"[^A-Z0-9]", "", code.upper()) if isinstance(code, str) and len(code) <= 100 else ""
    if not 3 <= len(kept) <= 20:
        raise InputError(f"code: give 3 to 20 letters and digits, such as KAB417, got {str(code)[:40]!r}")
    return kept


def firm(code: str, base: str = "neighbourhood_bank", *, years: int = 5) -> Firm:
    """Make the firm of a room: the same for the same code, on every machine.

    Every parameter in :data:`RANGES` is multiplied by a factor drawn evenly from its range. Fixed cost, which acts
    on nothing but profit, is then set so that the firm earned a drawn share of its revenue (:data:`MARGIN`) in the
    year before the game.

    Parameters
    ----------
    code
        The room's code, 3 to 20 letters and digits; case, blanks and dashes do not count.
    base
        Name of the bundled scenario, one of :data:`FIRMS`.
    years
        Years that are decided, 1 to 10.

    Raises
    ------
    InputError
        If the code, the base or the number of years is not possible.

    Examples
    --------
    >>> firm("KAB417").scenario.profit.acquisition_cost == firm("kab-417").scenario.profit.acquisition_cost
    True
    """
    code = read_code(code)
    if base not in FIRMS:
        known = ", ".join(FIRMS)
        raise InputError(f"base: the game is balanced for {known}, got {base!r}" if base in bundled() else
                         f"base: no scenario {base!r}; the game is played with {known}")  # fmt: skip
    if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= 10:
        raise InputError(f"years: must be a whole number from 1 to 10, got {years!r}")
    bank = load(base)
    rules = levers(bank)
    drawn = _drawn(code, base)
    scenario = bank.change({**_changes(bank, rules, drawn), "time.months": 12 * (years + 1)}, opening="own")
    seed = int.from_bytes(_digest(code, base, "luck")[:4], "big")
    before = simulate(scenario, seed, months=12)
    volumes, start = Volumes.of(before.monthly), lever_values(scenario, rules)
    margin = MARGIN[0] + (MARGIN[1] - MARGIN[0]) * drawn["margin"]
    earned = float(before.monthly["profit"].sum()) + 12.0 * scenario.profit.fixed_cost
    fixed = max(0.0, 1000.0 * round((earned - margin * volumes.revenue) / 12_000.0))
    made_good = _made_good(scenario, before.tickets, volumes.answered)
    spent = cost(lines(scenario, volumes, made_good), start)
    return Firm(
        code=code,
        base=base,
        years=years,
        scenario=scenario.change({"profit.fixed_cost": fixed}),
        seed=seed,
        levers=rules,
        start=start,
        budget_share=round((1.0 + SLACK) * spent / volumes.revenue, 4),
        made_good=made_good,
    )


def _made_good(scenario: Scenario, tickets: pd.DataFrame, answered: float) -> float:
    """What the complaints answered cost in the mean if all of the loss is made good; who is not helped gets nothing."""
    major = int((tickets["solved"] & (tickets["severity"] == "major")).sum())
    minor = int(tickets["solved"].sum()) - major
    return (major * scenario.complaints.major_loss + minor * scenario.complaints.minor_loss) / answered


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _drawn(code: str, base: str) -> Mapping[str, float]:
    """Draw a number between 0 and 1 for each parameter that differs from room to room, and for the margin."""
    luck = key(int.from_bytes(_digest(code, base, "firm")[:8], "big"))
    names = [*(one.path for one in RANGES), "margin"]
    return {name: float(uniforms(luck, stream_id(name), 0, [0])[0]) for name in names}


def _changes(bank: Scenario, rules: tuple[Lever, ...], drawn: Mapping[str, float]) -> dict[str, float | int]:
    values = {parameter.path: parameter.value for parameter in valued(bank)}
    steps = {lever.path: lever.step for lever in rules}
    changes: dict[str, float | int] = {}
    for one in RANGES:
        value = values[one.path] * (one.low + (one.high - one.low) * drawn[one.path])
        if one.path in steps:  # where a slider begins is a place where it can stand
            value = round(value / steps[one.path]) * steps[one.path]
        changes[one.path] = round(value, 9)
    return changes
