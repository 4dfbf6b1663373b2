"""From a key or a click on the slider to changed pixels, in a real browser, at 10,000 persons x 60 months.

Run ``python benchmarks/slider.py`` (two minutes; ``--lab`` for JupyterLab too; needs Chromium and Playwright). It
measures in the page of ``custsim workshop``, served from a process of its own. A move is timed from the event in the
page to the first animation frame in which a canvas shows something else: the message, the run, the answer and the
drawing. Places next to where a learner is are lived ahead while the learner looks; a click goes to a far one, beside
another place of the second control, so that nothing of it was lived. Keys come eight a second, clicks two. Beside it,
what a new place takes in Python alone. A drag runs at 30 steps a second; its lag is the time from letting go until the
last picture is shown. On a machine with other work the 95th percentile tells more of that work than of this program:
processor time is the measure that stays.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

from workshop import Served

from custsim.widgets import Board, Session

#: milliseconds
GOAL_KEY, GOAL_LAG = 100.0, 150.0

#: times each key press until a canvas has been painted differently; the picture is compared by a coarse copy
WATCH = """
() => {
  const canvases = [...document.querySelectorAll("figure.chart canvas")];
  const copy = new OffscreenCanvas(160, 100).getContext("2d", { willReadFrequently: true });
  const look = () => canvases.map((canvas) => {
    copy.drawImage(canvas, 0, 0, 160, 100);
    return copy.getImageData(0, 0, 160, 100).data.reduce((sum, part, index) => (sum + part * (index % 8191)) | 0, 0);
  }).join();
  window.seen = look();
  window.times = [];
  window.changes = [];
  let pressed = null;
  const painted = new MessageChannel(); // a task after the frame: what the frame drew is seen, not what it will draw
  painted.port1.onmessage = () => {
    const now = look();
    if (now !== window.seen) {
      window.seen = now;
      window.changes.push(performance.now());
      if (pressed !== null) window.times.push(performance.now() - pressed);
      pressed = null;
    }
  };
  const frame = () => {
    painted.port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  const slider = document.querySelector("input[type=range]");
  for (const event of ["keydown", "pointerdown"]) {
    slider.addEventListener(event, () => { pressed = performance.now(); }, true);
  }
  addEventListener("pointerup", () => { window.released = performance.now(); }, true);
  requestAnimationFrame(frame);
}
"""


#: seconds from one key, or click, to the next, at least
KEY_GAP, CLICK_GAP = 0.125, 0.5


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def tell(what: str, values: Sequence[float], goal: float | None = None) -> None:
    median, high = statistics.median(values), percentile(values, 0.95)
    aim = "" if goal is None else f"   goal 95 % under {goal:g}: {'reached' if high < goal else 'NOT reached'}"
    print(f"{what:52} median {median:6.1f} ms   95 % {high:6.1f} ms   n {len(values)}{aim}", flush=True)


#: the board that is measured, as a cell of a notebook
CELL = """\
from custsim.scenario import load
from custsim.widgets import Board
bank = load("neighbourhood_bank")
board = Board("speed", scenario=bank, controls=["employees.pay", "complaints.staff"],
              scale=10_000 / bank.market.persons, months=60)
board
"""


def board() -> Board:
    made: dict[str, Any] = {}
    exec(CELL, made)
    found: Board = made["board"]
    return found


def server_times(session: Session, moves: int) -> tuple[list[float], list[float]]:
    """What one move takes in Python (the run, the numbers and the words): by the clock, and of the processor."""
    clock, processor = [], []
    for step in range(moves):
        start, worked = time.perf_counter(), time.process_time()
        session.move({"employees.pay": 0.90 + 0.0005 * step})
        clock.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - worked))
    return clock, processor


def key_times(page: Page, presses: int) -> list[float]:
    """Press keys one after another, each when the one before has been seen, and at no more than a human pace."""
    slider = page.locator("input[type=range]").first
    slider.focus()
    page.evaluate(WATCH)
    for press in range(presses):
        before = page.evaluate("window.times.length")
        slider.press("ArrowRight" if press < presses / 2 else "ArrowLeft")
        begun = time.monotonic()
        page.wait_for_function("before => window.times.length > before", arg=before, timeout=5000)
        page.wait_for_timeout(1000 * max(0.0, KEY_GAP - (time.monotonic() - begun)))
    times: list[float] = page.evaluate("window.times")
    return times


def click_times(page: Page, clicks: int) -> list[float]:
    """Click far from where the slider stands, each time elsewhere: nothing of it was lived ahead."""
    slider, other = page.locator("input[type=range]").first, page.locator("input[type=range]").nth(1)
    box: Any = slider.bounding_box()
    page.evaluate("window.times.length = 0")
    for click in range(clicks):
        other.press("ArrowRight" if click % 16 < 8 else "ArrowLeft")
        page.wait_for_timeout(1000 * CLICK_GAP)
        share = (0.05 if click % 2 == 0 else 0.55) + 0.4 * (click * 0.618034 % 1.0)
        page.mouse.click(box["x"] + 14 + share * (box["width"] - 28), box["y"] + box["height"] / 2)
        page.wait_for_function("before => window.times.length > before", arg=click, timeout=5000)
    times: list[float] = page.evaluate("window.times")
    return times


def drag_lags(page: Page, drags: int) -> tuple[list[float], list[int]]:
    """Drag to and fro at 30 steps a second; milliseconds until the last picture, and pictures shown on the way."""
    slider = page.locator("input[type=range]").first
    box: Any = slider.bounding_box()
    across = [box["x"] + 14 + share * (box["width"] - 28) for share in (0.15, 0.9)]
    y, lags, shown = box["y"] + box["height"] / 2, [], []
    for number in range(drags):
        start, end = across if number % 2 == 0 else across[::-1]
        page.mouse.move(start, y)
        page.mouse.down()
        page.wait_for_timeout(300)
        page.evaluate("window.changes.length = 0")
        for step in range(1, 19):
            page.mouse.move(start + (end - start) * step / 18, y)
            page.wait_for_timeout(1000 / 30)
        page.mouse.up()
        page.wait_for_timeout(1000)
        last, released, count = page.evaluate("[window.changes.at(-1), window.released, window.changes.length]")
        lags.append(max(0.0, last - released))
        shown.append(count)
    return lags, shown


@contextmanager
def in_a_workshop() -> Iterator[Served]:
    """Serve the board as a lesson of its own."""
    with tempfile.TemporaryDirectory() as folder:
        cells = [("markdown", "# How fast"), ("code", CELL)]
        told = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]
        notebook = Path(folder) / "speed.ipynb"
        notebook.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": told}))
        served = Served(Path(folder), str(notebook), 4)
        try:
            yield served
        finally:
            served.end()


def measure(page: Page, presses: int, drags: int) -> None:
    """Press keys and drag on a page that shows the board, and tell what it took."""
    page.wait_for_selector("figure.chart canvas", timeout=120_000)
    page.wait_for_timeout(1000)
    tell("key to changed pixels", key_times(page, presses), GOAL_KEY)
    tell("click at a far place to changed pixels", click_times(page, presses // 2), GOAL_KEY)
    lags, shown = drag_lags(page, drags)
    tell("lag after letting go of a drag of 18 steps", lags, GOAL_LAG)
    print(f"pictures shown in a drag of 18 steps at 30 Hz: {', '.join(map(str, shown))}")


def in_jupyterlab(browser: Any, presses: int, drags: int) -> None:
    """The same in a notebook."""
    from one_notebook import lab, run_cell

    with tempfile.TemporaryDirectory() as folder, lab(Path(folder), CELL) as address:
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.goto(address)
        run_cell(page, 0)
        measure(page, presses, drags)
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--drags", type=int, default=6)
    parser.add_argument("--lab", action="store_true", help="measure in JupyterLab too")
    chosen = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("slider.py: no Chromium on this machine; install it (Debian: apt install chromium)")
    shown_board = board()
    print(f"{shown_board.describe()['what']}; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    alone, processor = server_times(Session(shown_board), chosen.presses)
    tell("one move in Python alone", alone)
    tell("  of which the processor worked", processor)
    with in_a_workshop() as served, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(served.address)
        page.fill("#word", served.word)
        page.fill("#nickname", "Ana")
        page.click("#join")
        measure(page, chosen.presses, chosen.drags)
        page.close()
        if chosen.lab:
            print(f"in JupyterLab; load of the machine {os.getloadavg()[0]:.1f}")
            in_jupyterlab(browser, chosen.presses, chosen.drags)
        browser.close()


if __name__ == "__main__":
    main()
