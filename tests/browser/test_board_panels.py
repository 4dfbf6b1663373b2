"""What a board tells on demand: the band of luck, why, one customer's life, a picture to keep."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drawn import settled
from playwright.sync_api import Page, expect
from test_line import BOARD

Show = Callable[..., Page]


def staff(page: Page) -> Any:
    return page.get_by_role("slider", name="Staff of the complaint desk")


def hashes(page: Page) -> list[int]:
    settled(page)
    found: list[int] = page.locator("figure.chart canvas").evaluate_all("all => all.map(window.pixels.hash)")
    return found


def at_rest(page: Page) -> None:
    """Wait until the move has been answered and counts as made."""
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    expect(page.locator(".custsim")).to_have_attribute("aria-busy", "false")


def test_why_the_band_and_a_customer_are_told_on_demand(show: Show) -> None:
    page = show("board")
    staff(page).press("Home")
    at_rest(page)
    settled(page, rest=True)
    before = hashes(page)
    page.get_by_role("button", name="Band of luck").click()
    expect(page.get_by_role("button", name="Band of luck")).to_have_attribute("aria-pressed", "true")
    shaded = hashes(page)
    assert shaded != before
    page.get_by_role("button", name="Why?").click()
    why = page.get_by_role("region", name="Why?")
    expect(why).to_be_visible(timeout=30_000)
    expect(why.get_by_role("rowheader").first).to_be_visible()
    expect(why.get_by_role("heading")).to_be_focused()
    page.get_by_role("button", name="Meet a customer").click()
    life = page.get_by_role("region", name="Meet a customer")
    expect(life.get_by_role("listitem").first).to_be_visible(timeout=30_000)
    staff(page).press("ArrowRight")
    expect(page.get_by_role("button", name="Band of luck")).to_have_attribute("aria-pressed", "false")
    expect(why.get_by_text("You have moved a control since then.")).to_be_visible()
    why.get_by_role("button", name="Close").click()
    expect(why).to_be_hidden()


def test_what_happened_to_a_customer_is_marked_on_their_time_line_and_told_in_words(show: Show) -> None:
    page = show("board")
    staff(page).press("Home")
    at_rest(page)
    page.get_by_role("button", name="Meet a customer").click()
    life = page.get_by_role("region", name="Meet a customer")
    line = life.locator("canvas")
    expect(line).to_be_visible(timeout=30_000)
    assert "marks of what happened: " in (line.get_attribute("aria-label") or "")
    marks = life.get_by_role("list", name=re.compile("^What happened")).get_by_role("listitem")
    month, says = (marks.first.text_content() or "").split(": ", 1)
    line.focus()
    for _ in range(int(month.split()[1])):
        page.keyboard.press("ArrowRight")
    expect(life.locator(".readout")).to_contain_text(says)


def test_another_person_can_be_met_by_number(show: Show) -> None:
    page = show("board")
    page.get_by_role("button", name="Meet a customer").click()
    life = page.get_by_role("region", name="Meet a customer")
    life.get_by_role("spinbutton", name="Person").fill("17")
    life.get_by_role("button", name="Meet", exact=True).click()
    expect(life.get_by_role("listitem").first).to_contain_text("17")


def test_the_picture_saved_is_a_png_of_the_whole_board(show: Show, tmp_path: Path) -> None:
    page = show("board")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save picture").click()
    file = tmp_path / "board.png"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename == "board.png"
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, tall = struct.unpack(">II", data[16:24])
    assert width == 2400
    assert tall > 1600  # twice: head, numbers, two rows of charts


def test_a_long_setting_is_broken_into_lines_on_the_picture_and_not_squeezed(show: Show) -> None:
    page = show()
    long = "fake:" + ",".join(f"complaints.lever_{at}={at}.25" for at in range(12)) + "~abcd"
    page.evaluate("([board, delay]) => { window.fake = window.fakeBoard(board, delay); }",
                  [BOARD | {"view": BOARD["view"] | {"share": long}}, 10**6])  # fmt: skip
    page.evaluate(
        """() => {
             window.squeezed = []; window.written = '';
             const fill = CanvasRenderingContext2D.prototype.fillText;
             CanvasRenderingContext2D.prototype.fillText = function (text, x, y, most) {
               window.written += text;
               if (this.measureText(text).width > most) window.squeezed.push(text);
               fill.call(this, text, x, y, ...(most ? [most] : []));
             };
           }"""
    )
    with page.expect_download():
        page.get_by_role("button", name="Save picture").click()
    assert page.evaluate("window.squeezed") == []
    assert long in page.evaluate("window.written")
