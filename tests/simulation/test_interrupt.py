"""Ctrl-C may come at any moment: it ends the run, not the interpreter, and the next run is what it would have been."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import signal
import time

from custsim.scenario import Scenario
from custsim.simulation import simulate
from custsim.simulation.opening import forget

signal.signal(signal.SIGALRM, signal.default_int_handler)
firm = Scenario().scaled(6).change({"time.warm_up_months": 2}, opening="own")
expected = simulate(firm, months=4)
forget()
began = time.perf_counter()
simulate(firm, months=4)
whole = time.perf_counter() - began
stopped = 0
for part in range(1, 41):
    if part % 3:
        forget()
    signal.setitimer(signal.ITIMER_REAL, whole * part / 40)
    try:
        simulate(firm, months=4, threads=1 + part % 2)
    except KeyboardInterrupt:
        stopped += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
assert stopped > 10, stopped
assert simulate(firm, months=4) == expected
print("sound")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer that interrupts")
def test_a_run_can_be_stopped_at_any_moment() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "sound"
