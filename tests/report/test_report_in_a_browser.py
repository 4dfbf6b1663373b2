"""A report in a real browser: it asks nobody for anything, shows every picture, fits the window, and prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import custsim as cs
from custsim.scenario import Scenario


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = Scenario().scaled(0.015).change({"time.warm_up_months": 0, "time.months": 6}, opening="own")
    compared = cs.compare(base, {"complaints.staff": 2}, {"market.price": 0.9}, replications=3, executor="serial")
    swept = cs.sweep(base, {"complaints.staff": [1, 2]}, replications=2, executor="serial")
    made = cs.report([compared, swept], tmp_path_factory.mktemp("page") / "report.html")
    return Path(made.page)


@pytest.fixture
def seen(chromium: Any, page_file: Path) -> Iterator[tuple[Any, list[str], list[str]]]:
    """The open page, what it asked for beyond itself, and what the browser complained about."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []

    def stop(route: Any) -> None:
        if route.request.url == page_file.as_uri():
            route.continue_()
            return
        asked.append(route.request.url)
        route.abort()

    page.route("**/*", stop)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_file.as_uri())
    yield page, asked, said
    context.close()


def test_nothing_is_asked_for_and_nothing_goes_wrong(seen: tuple[Any, list[str], list[str]]) -> None:
    page, asked, said = seen
    page.wait_for_load_state("networkidle")
    assert [url[:80] for url in asked if not url.startswith("data:")] == []
    assert said == []


def test_every_picture_is_drawn(seen: tuple[Any, list[str], list[str]]) -> None:
    page, _, _ = seen
    sizes = page.evaluate("[...document.images].map(one => [one.complete, one.naturalWidth, one.clientWidth])")
    assert len(sizes) >= 5
    assert all(complete and natural > 300 and shown > 300 for complete, natural, shown in sizes)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_the_window(width: int, seen: tuple[Any, list[str], list[str]]) -> None:
    page, _, _ = seen
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('h1, h2, h3, p, li').forEach(one => one.append('x'.repeat(60)))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width  # long names are broken


def test_text_stands_out_from_its_ground(seen: tuple[Any, list[str], list[str]]) -> None:
    """WCAG 2.1 AA: a contrast of 4.5 to 1 for every word."""
    page, _, _ = seen
    worst = page.evaluate(
        """() => {
          const part = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
          const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
          const read = text => text.match(/[\\d.]+/g).map(Number);
          const ground = one => { for (; one; one = one.parentElement) {
            const c = read(getComputedStyle(one).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
            return [255, 255, 255]; };
          let least = 21;
          for (const one of document.querySelectorAll('body *')) {
            if (![...one.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || one.matches('.skip')) continue;
            const [a, b] = [light(read(getComputedStyle(one).color)), light(ground(one))];
            least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
          }
          return least;
        }"""
    )
    assert worst >= 4.5


def test_it_prints_and_no_table_runs_off_the_paper(seen: tuple[Any, list[str], list[str]], tmp_path: Path) -> None:
    page, _, _ = seen
    page.emulate_media(media="print")
    # A4 less the margins, at 96 dots an inch
    page.set_viewport_size({"width": round((210 - 30) / 25.4 * 96), "height": 1000})
    wide = page.evaluate(
        "[...document.querySelectorAll('table, img, pre')].map(one => one.getBoundingClientRect().right)"
    )
    assert max(wide) <= page.viewport_size["width"] + 1
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert len(printed) > 50_000
