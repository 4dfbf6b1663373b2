"""Is the budget game worth playing? House rivals, single levers and mixed strategies on the firms of many rooms.

Run it with ``python benchmarks/game_balance.py [rooms]``. It prints, over all rooms: how often the cost cutter leads in
year 1, how often it is last in year 5, what each lever alone brings at its ends, how mixed strategies compare, and how
large the differences are against what luck alone does. The search for the benchmark is not part of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

import numpy as np

from custsim.experiment.measures import measure
from custsim.game.firm import Firm, firm
from custsim.game.play import played
from custsim.game.rivals import RIVALS

Moves = Mapping[str, str | float]

TOOLS, TRAINING, SUPPORT = (f"internal_service.{name}.spend" for name in ("tools", "training", "support"))
PAY, STAFFING = "employees.pay", "employees.customers_per_employee"
DESK, COMPENSATION = "complaints.staff", "complaints.compensation"
OFFERS, REWARD, ADVERTISING = "loyalty.offer_rate", "referral.reward", "market.marketing"

#: sensible spreads, each by another belief: lever -> value, or factor on the bundled bank's value
SPREADS: dict[str, dict[str, float]] = {
    "lean and kind": {TOOLS: 180, TRAINING: 140, STAFFING: 166, DESK: 3, OFFERS: 0.2, REWARD: 40},
    "loyalty first": {TOOLS: 140, TRAINING: 100, OFFERS: 0.4, REWARD: 40, DESK: 3},
    "back office": {TOOLS: 200, TRAINING: 140, SUPPORT: 50, STAFFING: 160, PAY: 0.98, DESK: 3},
    "thrift": {TOOLS: 160, TRAINING: 110, PAY: 0.97, STAFFING: 166, DESK: 3, OFFERS: 0.2},
}


def lived(room: Firm, wish: Mapping[str, float | int]) -> tuple[list[float], float, float]:
    """Profit by year from 1 on, customer equity and satisfaction at the end."""
    _, run = played(room, lambda desk: wish)
    profit = run.monthly["profit"].to_numpy().reshape(-1, 12).sum(axis=1)[1:]
    return profit.tolist(), float(measure(run, "customer_equity")), float(run.monthly["satisfaction"].iloc[-12:].mean())


def one_room(code: str) -> dict[str, tuple[list[float], float, float]]:
    """Everything that is tried in a room, by name."""
    room = firm(code)
    found = {rival.name: lived(room, rival.wish(room)) for rival in RIVALS}
    for lever in room.levers:
        for end, value in (("low", lever.low), ("high", lever.high)):
            wish = {**room.start, lever.path: round(value) if lever.whole else value}
            found[f"only {lever.path} {end}"] = lived(room, wish)
    return found | {name: lived(room, {**room.start, **moves}) for name, moves in SPREADS.items()}


def main(rooms: int) -> None:
    """Print the tables."""
    began = time.perf_counter()
    codes = [f"BALANCE{number}" for number in range(rooms)]
    found = [one_room(code) for code in codes]
    names = list(found[0])
    total = {name: np.array([sum(one[name][0]) for one in found]) for name in names}
    years = {name: np.array([one[name][0] for one in found]) for name in names}
    rivals = [rival.name for rival in RIVALS]
    cutter = years["The cost cutter"]
    first = sum(all(cutter[n, 0] >= years[name][n, 0] for name in rivals) for n in range(rooms))
    last = sum(all(cutter[n, -1] <= years[name][n, -1] for name in rivals) for n in range(rooms))
    behind = int((total["The cost cutter"] < total["The steady hand"]).sum())
    print(f"{rooms} rooms. The cost cutter leads the house in year 1 in {first}, is last in year 5 in {last}, "
          f"and is behind the steady hand over five years in {behind}.")  # fmt: skip
    steady = total["The steady hand"]
    print(f"\n{'strategy':48} {'profit':>8} {'(sd)':>7} {'year 1':>8} {'year 5':>8} {'equity':>8} {'satisf.':>8}"
          "   against the steady hand; money in thousands")  # fmt: skip
    for name in sorted(names, key=lambda name: -float((total[name] - steady).mean())):
        apart = (total[name] - steady) / 1e3
        by_year = (years[name] - years["The steady hand"]).mean(axis=0) / 1e3
        equity, satisfied = (np.mean([one[name][k] - one["The steady hand"][k] for one in found]) for k in (1, 2))
        print(f"{name:48} {apart.mean():8.0f} {apart.std(ddof=1):7.0f} {by_year[0]:8.0f} {by_year[-1]:8.0f} "
              f"{equity / 1e3:8.0f} {satisfied:8.1f}")  # fmt: skip
    best_single = np.max([total[name] for name in names if name.startswith("only")], axis=0)
    best_spread = np.max([total[name] for name in SPREADS], axis=0)
    winners = [max(SPREADS, key=lambda name: total[name][n]) for n in range(rooms)]
    beaten = int((best_spread > best_single).sum())
    shares = ", ".join(f"{name} in {winners.count(name)}" for name in SPREADS)
    print(f"\nthe best spread beats the best single lever in {beaten} of {rooms} rooms; it is {shares}")
    print(f"{time.perf_counter() - began:.0f} s for {rooms * len(names)} games")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
