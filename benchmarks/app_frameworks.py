"""Which app framework should serve a workshop: the same small page in each, opened by the same browsers.

Run ``python benchmarks/app_frameworks.py`` in an environment that also has what it compares (``pip install nicegui
shiny panel``; none of them is needed by custsim). Each server runs in a process of its own and answers a move with a
run of 2,000 persons and 60 months; ten pages of one headless Chromium send four moves a second each. Printed are the
memory of the server, the time until all pages are ready, the wait from a move to the answer in the page, and requests
to outside.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import playwright.sync_api as driven
import psutil

import custsim as cs

PAGES, MOVES, PORT = 10, 20, 9101
FIRM = cs.load("neighbourhood_bank").scaled(0.1)
COLUMNS = ["profit", "customers", "satisfaction", "response_days"]
POOL = ThreadPoolExecutor(2)

HTML = '<canvas id="c" width="900" height="300"></canvas>'
DRAW = """
window.draw = (n, d) => {
  const pen = document.getElementById("c")?.getContext("2d");
  pen?.clearRect(0, 0, 900, 300);
  for (let r = 0; r < 4; r++) {
    const row = d.slice(60 * r, 60 * r + 60), low = Math.min(...row), high = Math.max(...row) + 1e-9;
    pen?.beginPath();
    row.forEach((v, i) => pen?.lineTo(15 * i, 290 - 280 * (v - low) / (high - low)));
    pen?.stroke();
  }
  document.body.dataset.done = n;
};
"""
#: in each page: a move every quarter of a second, and the wait until its answer is drawn
DRIVE = """async (moves) => {
  const waits = [];
  for (let i = 1; i <= moves; i++) {
    const sent = performance.now();
    window.move(i, 1 + i % 9);
    while (document.body.dataset.done != i && performance.now() - sent < 1500) await new Promise(r => setTimeout(r, 4));
    waits.push(performance.now() - sent);
    await new Promise(r => setTimeout(r, Math.max(0, 250 - (performance.now() - sent))));
  }
  window.waits = waits;
}"""


def answer(tenths: int) -> list[float]:
    run = cs.simulate(FIRM.change({"complaints.compensation": tenths / 10}), months=60)
    return [float(x) for name in COLUMNS for x in np.nan_to_num(run.monthly[name])]


async def answered(tenths: int) -> list[float]:
    return await asyncio.get_running_loop().run_in_executor(POOL, answer, tenths)


def starlette() -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocketDisconnect

    script = (
        DRAW
        + "const line = new WebSocket(`ws://${location.host}/line`); line.onopen = () => { window.move = (n, v) => "
        "line.send(JSON.stringify({n, v})); }; line.onmessage = e => { const m = JSON.parse(e.data); draw(m.n, m.d); };"
    )

    async def page(request: Any) -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><body>{HTML}<script>{script}</script>")

    async def line(socket: Any) -> None:
        await socket.accept()
        try:
            while True:
                move = await socket.receive_json()
                await socket.send_json({"n": move["n"], "d": await answered(move["v"])})
        except WebSocketDisconnect:
            return

    uvicorn.run(Starlette(routes=[Route("/", page), WebSocketRoute("/line", line)]), port=PORT, log_level="error")


def nicegui() -> None:
    from nicegui import ui

    @ui.page("/")
    def page() -> None:
        ui.add_body_html(f"<script>{DRAW}window.move = (n, v) => emitEvent('moved', {{n, v}});</script>")
        ui.html(HTML, sanitize=False)
        client = ui.context.client

        async def moved(event: Any) -> None:
            client.run_javascript(f"draw({event.args['n']}, {await answered(event.args['v'])})")

        ui.on("moved", moved)

    ui.run(port=PORT, show=False, reload=False, uvicorn_logging_level="error")


def shiny() -> None:
    from shiny import App, reactive, run_app, ui

    ready = (
        "(function go() { if (!window.Shiny?.addCustomMessageHandler) return setTimeout(go, 20);"
        "Shiny.addCustomMessageHandler('draw', m => draw(m.n, m.d));"
        "window.move = (n, v) => Shiny.setInputValue('moved', {n, v}, {priority: 'event'}); })();"
    )

    def server(input: Any, output: Any, session: Any) -> None:
        @reactive.effect
        @reactive.event(input.moved)
        async def _() -> None:
            move = input.moved()
            await session.send_custom_message("draw", {"n": move["n"], "d": await answered(move["v"])})

    run_app(App(ui.page_fluid(ui.HTML(HTML), ui.tags.script(DRAW + ready)), server), port=PORT, log_level="error")


def panel() -> None:
    import panel as pn
    import param
    from panel.custom import JSComponent

    class Board(JSComponent):
        asked = param.Dict(default={})
        told = param.Dict(default={})
        _esm = (
            "export function render({model}) { const place = document.createElement('div');" + DRAW
            + "model.on('told', () => draw(model.told.n, model.told.d));"
            "window.move = (n, v) => { model.asked = {n, v}; }; return place; }"
        )  # fmt: skip

        @param.depends("asked", watch=True)
        async def _moved(self) -> None:
            self.told = {"n": self.asked["n"], "d": await answered(self.asked["v"])}

    pn.serve(Board, port=PORT, show=False)


SERVERS = {"starlette": starlette, "nicegui": nicegui, "shiny": shiny, "panel": panel}


def measure(name: str, browser: Any) -> str:
    child = subprocess.Popen([sys.executable, __file__, name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        began = time.time()
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5).read()
                break
            except OSError:
                if child.poll() is not None or time.time() - began > 60:
                    return f"{name:10} did not start; is it installed?"
                time.sleep(0.1)
        context, outside = browser.new_context(), []
        context.on("request", lambda asked: outside.append(asked.url) if "//127.0.0.1" not in asked.url else None)
        began = time.time()
        pages = [context.new_page() for _ in range(PAGES)]
        for page in pages:
            page.goto(f"http://127.0.0.1:{PORT}/", wait_until="commit")
        try:
            for page in pages:
                page.wait_for_function("!!window.move", polling=50, timeout=20_000)
        except driven.TimeoutError:
            return f"{name:10} the pages did not become ready"
        joined = time.time() - began
        for page in pages:
            page.evaluate(f"() => {{ ({DRIVE})({MOVES}); }}")
        for page in pages:
            page.wait_for_function("!!window.waits", polling=200, timeout=90_000)
        waits = sorted(wait for page in pages for wait in page.evaluate("window.waits"))
        memory = psutil.Process(child.pid).memory_info().rss / 2**20
        context.close()
        lost = sum(wait >= 1500 for wait in waits)
        return (
            f"{name:10} {memory:6.0f} MiB   joined in {joined:4.1f} s   wait {statistics.median(waits):5.0f} ms, 95 % "
            f"{waits[int(0.95 * len(waits))]:5.0f}   unanswered {lost} of {len(waits)}   outside {len(outside)}"
        )
    finally:
        child.kill()
        child.wait()


def main() -> None:
    awake = ["--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--no-sandbox"]
    with driven.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=awake)
        for name in SERVERS:
            print(measure(name, browser), flush=True)


if __name__ == "__main__":
    answer(1)
    if len(sys.argv) > 1:
        SERVERS[sys.argv[1]]()
    else:
        main()
