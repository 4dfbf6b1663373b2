"""How fast the parts of the engine are, each beside what one would take instead; ratios, since machines differ.

Run it with ``python benchmarks/engine_room.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import networkx
import numpy as np
import simpy
from scipy import special, stats

from custsim.simulation.compiled import kernel
from custsim.simulation.desk import BatchDesk, Desk, SimpyDesk
from custsim.simulation.network import draw_network
from custsim.simulation.streams import (
    draw4,
    exponential,
    fill4,
    fill_poisson,
    key,
    normal,
    poisson,
    stream_id,
    uniforms,
)

DRAWS = 1_000_000
STREAM = stream_id("benchmark")


@kernel
def draw4_each(k0, k1, n):
    total = 0.0
    for agent in range(n):
        a, b, c, d = draw4(k0, k1, STREAM, 0, agent, 0)
        total += a * b + c * d
    return total


@kernel
def fill4_in_stretches(k0, k1, n):
    ids, out = np.arange(1024), np.empty((4, 1024))
    for _ in range(n // 1024):
        fill4(k0, k1, STREAM, 0, ids, 0, out[0], out[1], out[2], out[3])
    return out[0, 0]


@kernel
def normals(u, out):
    for i in range(u.size):
        out[i] = normal(u[i])


@kernel
def poissons(u, mean, out):
    for i in range(u.size):
        out[i] = poisson(u[i], mean[i])


@kernel
def exponentials(u, out):
    for i in range(u.size):
        out[i] = exponential(u[i], 1.9)


def best(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest of a few runs, after one that compiles."""
    work()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


def tell(what: str, ours: float, instead: str, theirs: float, count: int) -> None:
    ours, theirs = ours / count * 1e9, theirs / count * 1e9
    print(f"{what:34} {ours:10.1f} ns   {instead:34} {theirs:10.1f} ns   x {theirs / ours:.1f}")


def desk_months(desk: Desk) -> None:
    rng = np.random.default_rng(0)
    for month in range(24):
        desk.open_month(21.0 * month, 21.0 * (month + 1), 4)
        desk.submit(rng.uniform(21.0 * month, 21.0 * (month + 1), 30), rng.exponential(2.5, 30), np.arange(30))
        desk.close_month()


def main() -> None:
    k0, k1 = key(1)
    rng, u, out = np.random.default_rng(1), uniforms(key(1), STREAM, 0, np.arange(DRAWS)), np.empty(DRAWS)
    means = rng.gamma(1.5, 1 / 1.5, DRAWS)
    four = best(lambda: rng.random((4, DRAWS)))
    tell("draw4, one agent at a time", best(lambda: draw4_each(k0, k1, DRAWS)), "NumPy PCG64, 4 at a time", four, DRAWS)
    tell("fill4, in stretches", best(lambda: fill4_in_stretches(k0, k1, DRAWS)), "NumPy PCG64", four, DRAWS)
    tell("normal", best(lambda: normals(u, out)), "scipy ndtri", best(lambda: special.ndtri(u)), DRAWS)
    tell("exponential", best(lambda: exponentials(u, out)), "NumPy log1p", best(lambda: -1.9 * np.log1p(-u)), DRAWS)
    tell(
        "poisson, gamma means about 1",
        best(lambda: poissons(u, means, out)),
        "scipy poisson.ppf",
        best(lambda: stats.poisson.ppf(u[:10_000], means[:10_000]), 1) * DRAWS / 10_000,
        DRAWS,
    )
    counts = np.empty(DRAWS, np.uint16)
    each = best(lambda: poissons(u, means, out))
    tell("fill_poisson", best(lambda: fill_poisson(u, means, counts, 65_000)), "poisson, one at a time", each, DRAWS)
    tell(
        "desk, a ticket (batch)",
        best(lambda: desk_months(BatchDesk(40.0))),
        "desk, a ticket (SimPy)",
        best(lambda: desk_months(SimpyDesk(simpy.Environment(), 40.0)), 2),
        24 * 30,
    )
    tell(
        "small world, a person of 10,000",
        best(lambda: draw_network("small_world", 10_000, key(1), weak_ties=0)),
        "networkx Watts-Strogatz",
        best(lambda: networkx.watts_strogatz_graph(10_000, 6, 0.1, seed=1), 2),
        10_000,
    )
    start = time.perf_counter()
    size = draw_network("small_world", 1_000_000, key(1)).memory_bytes
    print(f"small world of a million persons with 12 ties: {time.perf_counter() - start:.1f} s, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
