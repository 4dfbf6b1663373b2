"""What pairing gains, what a second core gives, and what keeping results costs; ratios, since machines differ.

Run it with ``python benchmarks/experiment.py``; it takes some minutes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import custsim as cs
from custsim.experiment.compare import compare
from custsim.experiment.evaluate import evaluate
from custsim.experiment.store import Store
from custsim.scenario import Scenario

REPLICATIONS = 64


def clock(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def pairing(bank: Scenario) -> None:
    """Variance of the difference with independent luck over that with the same luck."""
    print(f"\nTwo persons more at the complaint desk of the bank, {REPLICATIONS} replications")
    print("measure                     difference   half width   independent runs / paired runs")
    measures = ("profit", "net_present_value", "customer_equity", "lifetime_value", "retention", "satisfaction")
    found = compare(
        bank, {"complaints.staff": bank.complaints.staff + 2}, measures=measures, replications=REPLICATIONS
    )  # fmt: skip
    for row in found.table.to_dict("records"):
        half = (row["high"] - row["low"]) / 2
        print(f"{row['measure']:24}  {row['difference']:12.5g}  {half:11.3g}  {row['variance_ratio']:15,.0f}")
    # the same from runs that really have luck of their own: seeds 1 and 2
    apart = [
        evaluate([firm], "profit", replications=REPLICATIONS, seed=seed).values("profit")[0]
        for firm, seed in ((bank, 1), (found.scenarios[1], 2))
    ]
    paired = found.evaluation.values("profit")
    ratio = (apart[1] - apart[0]).var(ddof=1) / (paired[1] - paired[0]).var(ddof=1)
    print(f"profit, measured with independent seeds: {ratio:,.0f} times the variance (wanted: at least 5)")


LOOP = "x = 0\nfor i in range(20_000_000): x += i"


def machine() -> float:
    """What two cores give here now: two plain loops in processes of their own, against one after the other."""

    def loops(count: int) -> None:
        for process in [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]:
            process.wait()

    return min(2 * clock(lambda: loops(1)) / clock(lambda: loops(2)) for _ in range(3))


def cores(bank: Scenario) -> None:
    """Two runs at once against one; several times in turn, since other work disturbs."""
    print(f"\n{REPLICATIONS} replications of the bank, seconds; two plain loops at once here: ratio {machine():.2f}")
    for executor in ("threads", "processes"):
        evaluate([bank], "profit", replications=4, executor=executor, jobs=2)  # started, compiled code loaded
        evaluate([bank], "profit", replications=4, executor=executor, jobs=1)
        best: dict[int, float] = {}
        for seed in (11, 12, 13):
            for jobs in (1, 2):
                # every round has seeds of its own, so that no opening is there from before
                luck = 100 * seed + jobs
                took = clock(
                    lambda luck=luck, jobs=jobs, executor=executor: evaluate(
                        [bank], "profit", replications=REPLICATIONS, seed=luck, executor=executor, jobs=jobs
                    )
                )
                best[jobs] = min(took, best.get(jobs, took))
        print(f"{executor:10} one {best[1]:6.2f}   two {best[2]:6.2f}   ratio {best[1] / best[2]:.2f} (wanted: 1.7)")


def bookkeeping() -> None:
    """A thousand small runs, with and without a store, and what a run costs beside simulating and measuring."""
    small = Scenario().scaled(0.015).change({"time.warm_up_months": 0, "time.months": 6}, opening="own")
    evaluate([small], "profit", executor="serial")
    count = 1000
    bare = clock(lambda: [cs.simulate(small, 1, n).monthly["profit"].mean() for n in range(count)])
    without = clock(lambda: evaluate([small], "profit", replications=count, seed=2, executor="serial"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept.db"
        kept = clock(lambda: evaluate([small], "profit", replications=count, seed=3, executor="serial", store=path))
        found = clock(lambda: evaluate([small], "profit", replications=count, seed=3, executor="serial", store=path))
        with Store.open(path) as store:
            values = {"profit": 1.0, "lifetime_value": 2.0}
            put = clock(
                lambda: [
                    store.put(
                        str(n), scenario=small, scenario_hash="h", seed=1, replication=n, model="m", values=values
                    )
                    for n in range(count)
                ]
            )
    print(f"\n{count} runs of 300 persons and 6 months, milliseconds a run")
    print(f"simulate in a loop {1e3 * bare / count:8.2f}")
    print(f"evaluate           {1e3 * without / count:8.2f}")
    print(f"evaluate, kept     {1e3 * kept / count:8.2f}")
    print(f"put in the store   {1e3 * put / count:8.2f}  (wanted: bookkeeping below 1 ms, or 3 %)")
    print(f"found in the store {1e3 * found / count:8.2f}")


def memory() -> None:
    """Memory must not grow with the number of runs."""
    small = Scenario().scaled(0.05).change({"time.warm_up_months": 0, "time.months": 12}, opening="own")
    peaks = []
    for count in (200, 1000):
        evaluate([small], "profit", replications=count, seed=count, executor="threads")
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
    print(f"\nPeak memory after 200 runs {peaks[0]:.0f} MB, after 1,000 more {peaks[1]:.0f} MB")


def main() -> None:
    bank = cs.load("neighbourhood_bank")
    pairing(bank)
    cores(bank)
    bookkeeping()
    memory()


if __name__ == "__main__":
    main()
