"""What a workshop costs: memory, time for a room to join, and how long a trainee waits for a move.

Run ``python benchmarks/workshop.py`` (about two minutes). It starts ``custsim workshop`` in a process of its own and
sends it simulated trainees over websockets, from this process; both share the machine, so the server alone is
quicker than what is printed. In quiet moments the server lives ahead what each control alone leads to. Moves of several
controls at once are new to it: both are measured, the second being the worst that a room can do. ``--lesson 4`` takes a
bundled lesson instead of one board of 10,000 persons and 60 months.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

#: goals of a room of 25, printed beside what was measured
GOALS = {"memory_mib": 700.0, "join_s": 5.0, "p95_ms": 150.0}

CELLS = [
    ("markdown", "# The cliff"),
    (
        "code",
        "from custsim.widgets import Board\n"
        "Board('cliff', scenario='neighbourhood_bank', seed=1, "
        "controls=['complaints.staff', 'complaints.compensation', 'loyalty.offer_rate'])",
    ),
]


def tell(what: str, value: float, unit: str, goal: float | None = None) -> None:
    aim = "" if goal is None else f"   goal {goal:g}: {'reached' if value <= goal else 'NOT reached'}"
    print(f"{what:58} {value:10.4g} {unit}{aim}", flush=True)


class Served:
    """A workshop in a process of its own."""

    def __init__(self, folder: Path, lesson: str, most: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "custsim", "workshop", lesson, "--host", "127.0.0.1", "--port", "0",
             "--most", str(most), "--self-paced", "--new"],
            cwd=folder, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        said = ""
        assert self._process.stdout is not None
        while "Ctrl-C" not in said:
            line = self._process.stdout.readline()
            if not line:
                sys.exit(said)
            said += line
        self.address = re.search(r"Trainees open +(\S+)", said)[1]  # type: ignore[index]
        self.word = re.search(r"and type +(.+)", said)[1]  # type: ignore[index]

    @property
    def memory_mib(self) -> float:
        return float(psutil.Process(self._process.pid).memory_info().rss / 2**20)

    @property
    def processor_s(self) -> float:
        """Processor time so far, all threads; other work on the machine disturbs it less than the clock."""
        spent = psutil.Process(self._process.pid).cpu_times()
        return float(spent.user + spent.system)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(30)


class Trainee:
    """A browser: loads the page and its files, joins, reads every step, looks at every component, and moves boards."""

    def __init__(self, served: Served, number: int) -> None:
        self._served, self._name = served, f"Trainee {number}"
        self._luck = random.Random(number)
        self._n = 0
        self.waits: list[float] = []
        self.boards: list[dict[str, Any]] = []

    async def join(self) -> None:
        served = self._served
        async with httpx.AsyncClient(base_url=served.address, verify=False, timeout=60) as web:
            for path in ("", "static/page.css", "static/custsim.css", "static/page.js", "static/custsim.js", "seat"):
                (await web.get(path)).raise_for_status()
            word = {"word": served.word, "nickname": self._name}
            (await web.post("join", json=word, headers={"Origin": served.address[:-1]})).raise_for_status()
            cookie = "; ".join(f"{name}={value}" for name, value in web.cookies.items())
            self._socket: ClientConnection = await connect(
                served.address.replace("http", "ws") + "room",
                origin=Origin(served.address[:-1]),
                additional_headers={"Cookie": cookie},
            )
            hello = json.loads(await self._socket.recv())["room"]
            for step in range(1, hello["revealed"] + 1):
                blocks = (await web.get(f"step/{step}")).json()["blocks"]
                for block in [part for one in blocks for part in one.get("blocks", [one])]:  # what waits, too
                    if block["is"] == "component":
                        await self.ask(block["id"], {"do": "look"})
                        if block["description"]["kind"] == "board":
                            self.boards.append(block["description"])

    async def ask(self, to: str, message: dict[str, Any]) -> float:
        """Send a message and wait for its answer; give the seconds that took."""
        self._n += 1
        begun = time.perf_counter()
        await self._socket.send(json.dumps({"to": to, "screen": self._name, "message": {"n": self._n, **message}}))
        while True:
            frame = await self._socket.recv()
            length = int.from_bytes(frame[:4], "little") if isinstance(frame, bytes) else 0
            told = json.loads(frame[4 : 4 + length] if isinstance(frame, bytes) else frame)
            if told.get("message", {}).get("n") == self._n:
                if told["message"]["is"] == "problem":
                    sys.exit(told["message"]["text"])
                return time.perf_counter() - begun

    async def move(self, a_second: float, seconds: float, controls: int = 1) -> None:
        """Jump about on one of the boards, never more than one move under way; every eighth move comes to rest."""
        await asyncio.sleep(self._luck.random() / a_second)
        board = self._luck.choice(self.boards)
        starts = {control["path"]: control["start"] for control in board["controls"]}
        ranges = [control for control in board["controls"] if control["kind"] == "range"][:controls]
        begun, setting = time.perf_counter(), {}
        for number in range(int(seconds * a_second)):
            await asyncio.sleep(max(0.0, begun + number / a_second - time.perf_counter()))
            control = self._luck.choice(ranges)
            setting[control["path"]] = self._somewhere(control)
            told = {path: value for path, value in setting.items() if value != starts[path]}
            rest = number % 8 == 7
            self.waits.append(await self.ask(board["id"], {"do": "move", "setting": told, "rest": rest}))

    def _somewhere(self, control: dict[str, Any]) -> float:
        """Any place of a slider."""
        low, high, step = control["low"], control["high"], control["step"]
        if control["scale"] == "log":
            place = self._luck.randint(0, control["positions"]) / control["positions"]
            return min(high, max(low, float(f"{low * (high / low) ** place:.4g}")))
        value = low + step * self._luck.randint(0, int((high - low) / step + 1e-9))
        return round(value) if step == int(step) and low == int(low) else float(f"{value:.9g}")

    async def leave(self) -> None:
        await self._socket.close()


def waits(title: str, trainees: list[Trainee], goal: float | None) -> None:
    seconds = sorted(wait for trainee in trainees for wait in trainee.waits)
    tell(f"{title} moves answered", len(seconds), "")
    tell(f"{title} median wait", 1000 * statistics.median(seconds), "ms")
    tell(f"{title} 95 % wait at most", 1000 * seconds[int(0.95 * (len(seconds) - 1))], "ms", goal)
    for trainee in trainees:
        trainee.waits.clear()


async def measure(served: Served, people: int, a_second: float, seconds: float, ahead: float) -> None:
    tell("memory before anybody joins", served.memory_mib, "MiB")
    trainees = [Trainee(served, number) for number in range(people)]
    begun, spent = time.perf_counter(), served.processor_s
    await asyncio.gather(*(trainee.join() for trainee in trainees))
    tell(f"{people} join together, every board drawn", time.perf_counter() - begun, "s", GOALS["join_s"])
    tell("of that, processor time of the server", served.processor_s - spent, "s")
    idle = served.memory_mib
    tell(f"memory with {people} idle", idle, "MiB", GOALS["memory_mib"])
    await asyncio.sleep(ahead)
    tell(f"memory after {ahead:g} quiet seconds of working ahead", served.memory_mib, "MiB", GOALS["memory_mib"])
    await trainees[0].move(a_second, seconds)
    print(f"one moves, {people - 1} idle")
    waits(" ", trainees[:1], GOALS["p95_ms"])
    for title, controls in (("one control", 1), ("all controls at once", 99)):
        spent = served.processor_s
        await asyncio.gather(*(trainee.move(a_second, seconds, controls) for trainee in trainees))
        moves = sum(len(trainee.waits) for trainee in trainees)
        print(f"{people} at {a_second:g} moves a second, {title}")
        tell("  processor time of the server a move", 1000 * (served.processor_s - spent) / moves, "ms")
        tell("  load of the machine", psutil.getloadavg()[0], f"of {psutil.cpu_count()} cores")
        waits(" ", trainees, GOALS["p95_ms"])
    tell(f"memory with {people} moving", served.memory_mib, "MiB", GOALS["memory_mib"])
    tell("memory a trainee", (served.memory_mib - idle) / people, "MiB (since joining)")
    for trainee in trainees:
        await trainee.leave()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--moves", type=float, default=4.0, help="moves a second of each")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--ahead", type=float, default=25.0, help="quiet seconds before anybody moves")
    parser.add_argument("--lesson", default="", help="a bundled lesson instead of one board")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cells = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in CELLS]
        notebook = Path(folder) / "cliff.ipynb"
        notebook.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
        served = Served(Path(folder), asked.lesson or str(notebook), asked.people)
        try:
            asyncio.run(measure(served, asked.people, asked.moves, asked.seconds, asked.ahead))
        finally:
            served.end()


if __name__ == "__main__":
    main()
