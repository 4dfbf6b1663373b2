"""A game so small that a year takes hundredths of a second, and what tests of the game share."""

from __future__ import annotations

import dataclasses
import functools
import os
import sys
from pathlib import Path
from typing import Any

from custsim.game.firm import Firm, firm
from custsim.game.levers import Volumes, cost, lever_values, lines
from custsim.game.play import lived

HERE = Path(__file__).resolve().parent


@functools.cache
def small_firm(code: str = "SMALL1", years: int = 3) -> Firm:
    """The firm of a code at a twentieth of its size, with a shorter past."""
    whole = firm(code, years=years)
    scenario = whole.scenario.scaled(0.05).change({"time.warm_up_months": 6}, opening="own")
    start = lever_values(scenario, whole.levers)
    made = dataclasses.replace(whole, scenario=scenario, start=start)
    before = Volumes.of(lived(made, ()).monthly)
    share = 1.05 * cost(lines(scenario, before, made.made_good), start) / before.revenue
    return dataclasses.replace(made, budget_share=share)


def environment() -> dict[str, str]:
    """Environment of a process that is to find this custsim and these helpers, wherever it is started."""
    import custsim

    package = str(Path(custsim.__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([package, str(HERE)])}


def changed(plan: Any, **moves: float) -> dict[str, Any]:
    """A plan with some levers moved; ``complaints__staff=2`` stands for complaints.staff."""
    return {**plan, **{name.replace("__", "."): value for name, value in moves.items()}}


PYTHON = sys.executable
