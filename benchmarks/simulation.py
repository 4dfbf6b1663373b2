"""What a run costs: time a month and a person, memory, compiling, starting; beside NumPy and Mesa with the same laws.

Run ``python benchmarks/simulation.py`` (about three minutes; ``--persons 200000`` for less). Mesa is compared if it is
installed (``pip install mesa``). Times are the best of several, after a first run that compiles and finds the opening
state. On one core they are processor time, which other work on the machine disturbs less than the clock; processes and
threads go by the clock. The machine should have nothing else to do all the same: caches are shared.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import same_laws

import custsim as cs
from custsim.scenario import Scenario
from custsim.simulation import Simulation
from custsim.simulation.opening import forget, opening_state
from custsim.simulation.population import bytes_per_person

#: goals of this step, printed beside what was measured
GOALS = {"run_ms": 40.0, "customer_month_ns": 150.0, "bytes": 100.0, "overhead_us": 150.0, "import_s": 0.3}
KERNELS = ("staff_month", "encounter_pass", "raise_complaints", "answer", "raise_requests", "behaviour_pass", "deliver")


def best(work: Callable[[], Any], times: int, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of the fastest of a few."""
    spent = []
    for _ in range(times):
        start = clock()
        work()
        spent.append(clock() - start)
    return min(spent)


def tell(what: str, value: float, unit: str, goal: float | None = None) -> None:
    aim = "" if goal is None else f"   goal {goal:g}: {'reached' if value <= goal else 'NOT reached'}"
    print(f"{what:58} {value:10.3g} {unit}{aim}", flush=True)


def bank(persons: int, **changes: Any) -> Scenario:
    """The flagship at another size; 30 % of the persons are customers."""
    flagship = cs.load("neighbourhood_bank")
    return flagship.scaled(persons / flagship.market.persons).change(changes, opening="own")


# ---- the main job ------------------------------------------------------------------------------------------------


def main_job() -> None:
    firm = bank(10_000)
    first = best(lambda: cs.simulate(firm, 1), 1)
    tell("10,000 persons x 60 months, first (compiled, opening found)", first * 1e3, "ms")
    whole = best(lambda: cs.simulate(firm, 1), 15)
    tell("the same again, tables included", whole * 1e3, "ms", GOALS["run_ms"])
    months, kernels = parts_of_a_month(firm)
    tell("  of which the months", months * 1e3, "ms")
    tell("  of which tables and the copy of the opening", (whole - months) * 1e3, "ms")
    tell("  outside compiled passes, a month", (months - kernels) / 60 * 1e6, "us", GOALS["overhead_us"])


def parts_of_a_month(firm: Scenario) -> tuple[float, float]:
    """Seconds of 60 months, and of the compiled passes in them (calls from Python included)."""
    from custsim.simulation import engine

    spent = 0.0

    def timed(kernel: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            nonlocal spent
            start = time.process_time()
            result = kernel(*arguments)
            spent += time.process_time() - start
            return result

        return run

    kernels = {name: getattr(engine, name) for name in KERNELS}
    fastest = (float("inf"), 0.0)
    try:
        for name, kernel in kernels.items():
            setattr(engine, name, timed(kernel))
        for _ in range(15):
            simulation = Simulation(firm, opening_state(firm, 1, 0), 60)
            spent = 0.0
            start = time.process_time()
            simulation.run()
            fastest = min(fastest, (time.process_time() - start, spent))
    finally:
        for name, kernel in kernels.items():
            setattr(engine, name, kernel)
    return fastest


# ---- many persons ------------------------------------------------------------------------------------------------


def many_persons(persons: int, months: int = 4) -> None:
    forget()
    firm = bank(persons, **{"time.warm_up_months": 3})
    start = time.perf_counter()
    state = opening_state(firm, 1, 0)
    tell(f"{persons:,} persons: network, traits and 3 months of warm-up", time.perf_counter() - start, "s")
    cpu, wall = float("inf"), {1: float("inf"), 2: float("inf")}
    for threads in (1, 2, 1, 2, 1):
        simulation = Simulation(firm, state.copy(), months, threads=threads)
        start, clock = time.process_time(), time.perf_counter()
        simulation.run()
        cpu = min(cpu, time.process_time() - start) if threads == 1 else cpu
        wall[threads] = min(wall[threads], time.perf_counter() - clock)
    customers = simulation.rows["customers"].sum()
    tell("  a customer-month", cpu / customers * 1e9, "ns", GOALS["customer_month_ns"])
    tell("  a person-month (customers, prospects, lapsed)", cpu / persons / months * 1e9, "ns")
    tell(f"  two threads on {os.cpu_count()} cores: times as fast by the clock", wall[1] / wall[2], "x")
    arrays = sum(array.nbytes for array in state.people)
    assert arrays == persons * bytes_per_person()
    tell("  memory of a person, without the network", arrays / persons, "bytes", GOALS["bytes"])
    tell("  memory of a person's ties", state.network.memory_bytes / persons, "bytes")


# ---- beside others -----------------------------------------------------------------------------------------------


def a_month(live: Callable[[], int], months: int) -> float:
    """Seconds a customer-month, the first month not counted."""
    live()
    start, customers = time.process_time(), 0
    for _ in range(months):
        customers += live()
    return (time.process_time() - start) / customers


def ours(firm: Scenario, months: int) -> float:
    fastest = float("inf")
    for _ in range(3):
        simulation = Simulation(firm, opening_state(firm, 1, 0), months)
        start = time.process_time()
        simulation.run()
        fastest = min(fastest, (time.process_time() - start) / float(simulation.rows["customers"].sum()))
    return fastest


def beside_others() -> None:
    print("\nBeside the same laws without custsim; what they leave out: benchmarks/same_laws.py")
    for persons, months in ((10_000, 24), (200_000, 4)):
        forget()
        firm = bank(persons, **{"time.warm_up_months": 12})
        mine = ours(firm, months)
        numpy_month = same_laws.NumpyMonth(firm, opening_state(firm, 1, 0))
        theirs = min(a_month(numpy_month.live, months) for _ in range(3))
        print(
            f"{persons:9,} persons: a customer-month {mine * 1e9:7.0f} ns, NumPy {theirs * 1e9:7.0f} ns: "
            f"{theirs / mine:.1f} times as fast as NumPy (which does less)"
        )
    if importlib.util.find_spec("mesa") is None:
        print("Mesa is not installed (pip install mesa); not compared")
        return
    import mesa

    firm = bank(10_000, **{"time.warm_up_months": 12})
    mine = ours(firm, 24)
    _, live = same_laws.mesa_model(mesa, firm, opening_state(firm, 1, 0))
    theirs = a_month(live, 4)
    print(
        f"   10,000 persons: a customer-month {mine * 1e9:7.0f} ns, Mesa {mesa.__version__} {theirs * 1e9:7.0f} ns: "
        f"{theirs / mine:.0f} times as fast as Mesa (which does less)"
    )


# ---- starting ----------------------------------------------------------------------------------------------------


def process(*arguments: str, **variables: str) -> float:
    """Seconds a process takes from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env={**os.environ, **variables})
    return time.perf_counter() - start


def starting() -> None:
    print()
    bare = best(lambda: process("-c", "pass"), 5, time.perf_counter)
    tell(
        "import custsim",
        best(lambda: process("-c", "import custsim"), 5, time.perf_counter) - bare,
        "s",
        GOALS["import_s"],
    )
    small = "import custsim as cs; cs.simulate(cs.load('neighbourhood_bank').scaled(.05), months=2)"
    with tempfile.TemporaryDirectory() as folder:
        cache = {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        tell("a process with a small run, nothing compiled yet", process("-c", small, **cache), "s")
        tell("the same, compiled code on disk", min(process("-c", small, **cache) for _ in range(3)), "s")
        if importlib.util.find_spec("custsim.cli.run") is not None:
            command = ("-m", "custsim", "run", "--out", str(Path(folder) / "run"))
            process(*command, **cache)
            tell("custsim run (summary, picture, folder), warm", min(process(*command, **cache) for _ in range(3)), "s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=1_000_000, help="size of the large market")
    arguments = parser.parse_args()
    main_job()
    many_persons(arguments.persons)
    beside_others()
    starting()


if __name__ == "__main__":
    main()
