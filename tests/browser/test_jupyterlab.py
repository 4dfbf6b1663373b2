"""A board in JupyterLab, run and moved as a student does it, without a request to anywhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from one_notebook import lab, run_cell
from playwright.sync_api import Page, expect

from custsim.lessons.catalogue import bundled

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed (extra: lessons)")

CELL = """\
from custsim.scenario import load
from custsim.widgets import Board
bank = load("neighbourhood_bank").scaled(0.3).change({"complaints.staff": 3}, opening="own")
Board("desk", scenario=bank, controls=["complaints.staff"], scale=1, months=36, title="The desk")
"""

HASH = """
canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return copy.getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((sum, part, index) => (sum + part * (index % 8191)) | 0, 0);
}
"""


def hashes(page: Page) -> list[int]:
    page.wait_for_timeout(300)
    return [page.locator("figure.chart canvas").nth(at).evaluate(HASH) for at in range(4)]


def test_a_board_in_a_notebook_moves_and_asks_nobody_else(chromium: Any, tmp_path: Path) -> None:
    with lab(tmp_path, CELL) as address:
        context = chromium.new_context(viewport={"width": 1366, "height": 900})
        page = context.new_page()
        page.set_default_timeout(60_000)
        asked: list[str] = []
        wrong: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        run_cell(page, 0)
        page.wait_for_selector(".custsim figure.chart canvas")
        before = hashes(page)
        slider = page.get_by_role("slider", name="Staff of the complaint desk")
        slider.press("ArrowLeft")
        slider.press("ArrowLeft")
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()
        expect(page.locator(".change").first).not_to_have_text("no change")
        assert all(one != other for one, other in zip(before, hashes(page), strict=True))
        assert page.locator(".jp-Notebook .jp-Cell").count() == 2  # no key of the slider reached the notebook
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".change").first).to_have_text("no change")
        page.get_by_role("button", name="Share", exact=True).click()
        page.get_by_label("A text you were given").fill("abdx")  # in command mode: new cell, delete, cut
        assert page.locator(".jp-Notebook .jp-Cell").count() == 2
        with page.expect_response(lambda answer: answer.request.method == "PUT" and "one.ipynb" in answer.url):
            page.keyboard.press("Control+s")  # of all keys this one is the notebook's
        light = page.locator("figure.chart canvas").first.evaluate(HASH)
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")
        assert hashes(page)[0] != light
        here = address.split("/lab/")[0]
        places = (here, here.replace("http", "ws"), "data:", f"blob:{here}")
        assert [url for url in asked if not url.startswith(places)] == []
        assert wrong == []
        context.close()


def test_what_happened_is_folded_in_a_lesson_until_it_is_opened(chromium: Any, tmp_path: Path) -> None:
    lesson = next(file for file in bundled() if file.name.startswith("01_"))
    with lab(tmp_path, lesson=lesson) as address:
        page = chromium.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(address)
        heading = page.get_by_role("heading", name="What happened, and why").first
        heading.scroll_into_view_if_needed()
        told = page.get_by_role("paragraph").filter(has_text="Without training newcomers learn more slowly")
        expect(told).to_be_hidden()
        expect(page.get_by_role("heading", name="Check yourself").first).to_be_hidden()  # it gives the outcome away
        expect(page.get_by_role("heading", name="How much gets through").first).to_be_visible()
        page.get_by_role("button", name="3 cells hidden").first.click()
        expect(told).to_be_visible()
        page.close()


def restart_kernel(page: Page) -> None:
    page.get_by_role("menuitem", name="Kernel").click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()


def test_a_restarted_kernel_is_told_at_once_and_the_cell_run_again_works(chromium: Any, tmp_path: Path) -> None:
    with lab(tmp_path, CELL) as address:
        page = chromium.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(60_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        run_cell(page, 0)
        slider = page.get_by_role("slider", name="Staff of the complaint desk")
        slider.press("ArrowLeft")
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()
        restart_kernel(page)
        told = page.locator(".custsim .busy")
        expect(told).to_have_text("The kernel that answered here is gone. Run the cells again, from the first.")
        slider.press("ArrowLeft")
        expect(told).to_have_text("The kernel that answered here is gone. Run the cells again, from the first.")
        run_cell(page, 0)
        expect(told).to_have_text("", timeout=60_000)
        slider.press("ArrowLeft")
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()
        assert wrong == []
        page.close()
