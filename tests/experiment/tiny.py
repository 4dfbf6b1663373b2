"""A firm so small that a run takes a hundredth of a second, and what tests of many runs share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from custsim.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]


def tiny(**changes: object) -> Scenario:
    """300 persons, 6 months, no warm-up."""
    small = Scenario().scaled(0.015)
    return small.change({"time.warm_up_months": 0, "time.months": 6, **changes}, opening="own")


def environment() -> dict[str, str]:
    """Environment of a process that is to find the custsim and the helpers of this test, wherever it is started."""
    here = [str(Path(__file__).resolve().parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    import custsim

    package = str(Path(custsim.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([package, *here])}


PYTHON = sys.executable
