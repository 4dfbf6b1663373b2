"""House rivals: what four kinds of managers would do with the same firm, the same luck and the same budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custsim.game.firm import Firm
from custsim.game.levers import Lever, Plan
from custsim.game.play import Policy

__all__ = ["RIVALS", "Rival", "wishes"]


@dataclass(frozen=True, slots=True)
class Rival:
    """A house rival: one plan for all years, cut evenly to the budget of each.

    Attributes
    ----------
    name, creed
        What it is called, and what it believes.
    moves
        Lever -> "low" or "high" (the end that costs least or most), or the factor on what was done so far.
    """

    name: str
    creed: str
    moves: Mapping[str, str | float]

    def wish(self, firm: Firm) -> dict[str, float | int]:
        """Plan that it would follow if the budget were no matter."""
        return {lever.path: _moved(lever, firm.start, self.moves) for lever in firm.levers}

    def policy(self, firm: Firm) -> Policy:
        """Its way to play."""
        wish = self.wish(firm)
        return lambda desk: wish


#: in the order in which they are shown
RIVALS = (
    Rival("The steady hand", "Never change what has worked so far.", {}),
    Rival(
        "The cost cutter",
        "Every euro not spent is profit; customers will not notice.",
        {
            "internal_service.tools.spend": "low",
            "internal_service.training.spend": "low",
            "internal_service.support.spend": "low",
            "employees.pay": "low",
            "employees.customers_per_employee": "low",
            "complaints.staff": 0.5,
            "complaints.compensation": 0.5,
        },
    ),
    Rival(
        "The advertiser",
        "Customers come from advertising; whoever leaves is replaced.",
        {
            "internal_service.tools.spend": 0.5,
            "internal_service.training.spend": 0.5,
            "loyalty.offer_rate": "high",
            "referral.reward": "high",
            "market.marketing": "high",
        },
    ),
    Rival(
        "The carer",
        "Look after your people, and they will look after the customers.",
        {
            "internal_service.tools.spend": "high",
            "internal_service.training.spend": "high",
            "internal_service.support.spend": "high",
            "employees.pay": 1.03,
            "complaints.staff": 1.25,
        },
    ),
)


def _moved(lever: Lever, start: Plan, moves: Mapping[str, str | float]) -> float | int:
    move = moves.get(lever.path, 1.0)
    if isinstance(move, str):
        dear = lever.low if lever.cheap == lever.high else lever.high
        value = lever.cheap if move == "low" else dear
    else:
        value = min(lever.high, max(lever.low, start[lever.path] * move))
    stand = lever.low + lever.step * round((value - lever.low) / lever.step)  # where its slider can stand
    return round(stand) if lever.whole else round(stand, 9)


def wishes(firm: Firm) -> dict[str, dict[str, float | int]]:
    """Give the plan of every house rival, by name."""
    return {rival.name: rival.wish(firm) for rival in RIVALS}
