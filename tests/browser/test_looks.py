"""Sharp, uncut, legible and sayable: on a laptop, a projector, a phone, in the dark, and for who does not see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from drawn import ALL, canvas_texts, settled
from playwright.sync_api import Page, expect

Show = Callable[..., Page]

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True}


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return bool(across > 1 and down > 1)


@pytest.mark.parametrize("size", [(360, 740), (768, 1024), (1366, 768), (1920, 1080)])
def test_no_text_is_cut_and_no_label_covers_another(show: Show, size: tuple[int, int]) -> None:
    page = show(*ALL, viewport={"width": size[0], "height": size[1]})
    charts = canvas_texts(page)
    assert len(charts) == 6
    for texts in charts:
        assert texts
        for text in texts:
            assert text["left"] >= -0.5, text
            assert text["right"] <= text["width"] + 0.5, text
            assert text["top"] >= -0.5, text
            assert text["bottom"] <= text["height"] + 0.5, text
            assert text["size"] >= 14
        pairs = [
            (one["text"], other["text"]) for at, one in enumerate(texts) for other in texts[:at] if overlap(one, other)
        ]
        assert pairs == []


@pytest.mark.parametrize("large", [False, True])
def test_a_phone_shows_everything_without_scrolling_sideways(show: Show, large: bool) -> None:
    page = show(*ALL, **PHONE)
    if large:
        page.get_by_role("button", name="Large type").first.click()
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.custsim *')].filter((one) => {
             if (one.closest('.unseen, .scroller, canvas') || !one.getClientRects().length) return false;
             const box = one.getBoundingClientRect();
             return box.right > 360.5 || box.left < -0.5 || one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
               && getComputedStyle(one).display !== 'inline' && one.tagName !== 'INPUT';
           }).map((one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`)"""
    )
    assert cut == []


@pytest.mark.parametrize(("name", "guessed", "outcome"), [("wordy", 6, 3), ("people", 1000, 99)])
@pytest.mark.parametrize("size", [PHONE, {"viewport": {"width": 1280, "height": 800}}])
def test_a_guess_and_the_outcome_are_seen_whole_and_drawn_to_one_scale(
    show: Show, size: dict[str, Any], name: str, guessed: float, outcome: float
) -> None:
    page = show(name, **size)
    page.get_by_role("textbox").fill(str(guessed))
    page.get_by_role("button", name="That is my guess").click()
    page.wait_for_selector(".two-bars .fill")
    wide = size["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    told = [box for one in page.locator(".two-bars strong").all() if (box := one.bounding_box())]
    assert len(told) == 2
    assert all(box["x"] + box["width"] <= wide for box in told)
    mine, theirs = (box["width"] for one in page.locator(".two-bars .fill").all() if (box := one.bounding_box()))
    assert mine > 25
    assert theirs == pytest.approx(mine * outcome / guessed, abs=1.0)


def test_on_a_phone_the_charts_come_first_and_the_numbers_stay_in_sight(show: Show) -> None:
    page = show("board", **PHONE)
    slider = page.get_by_role("slider", name="Staff of the complaint desk")
    chart = page.locator("figure.chart").last
    boxes = [one.bounding_box() for one in (chart, slider)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] < boxes[1]["y"]
    slider.focus()
    numbers = page.locator(".numbers").bounding_box()
    place = slider.bounding_box()
    assert numbers
    assert place
    assert numbers["y"] >= -1
    assert numbers["y"] + numbers["height"] <= place["y"]


def test_beside_each_other_on_a_laptop(show: Show) -> None:
    page = show("board")
    slider, chart = (page.locator(what).first.bounding_box() for what in ("input[type=range]", "figure.chart"))
    assert slider
    assert chart
    assert slider["x"] + slider["width"] < chart["x"]


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_charts_are_drawn_in_the_pixels_of_the_screen(show: Show, ratio: float) -> None:
    page = show("board", "curve", device_scale_factor=ratio)
    sizes = page.locator("canvas").evaluate_all(
        "all => all.map((c) => [c.width, c.clientWidth, c.height, c.clientHeight])"
    )
    assert len(sizes) == 5
    for width, across, height, down in sizes:
        assert abs(width - across * ratio) <= 1
        assert abs(height - down * ratio) <= 1
    # an answer takes a few days of the sixty on the axis: the line runs low, at whatever density
    answers = page.locator("figure.chart canvas").first
    assert answers.evaluate("c => window.pixels.height(c, '#0072b2')") < 0.4


def test_charts_follow_the_size_of_the_window_undistorted(show: Show) -> None:
    page = show("board")
    page.set_viewport_size({"width": 500, "height": 700})
    settled(page)
    canvas = page.locator("figure.chart canvas").first
    width, across, height, down = canvas.evaluate("c => [c.width, c.clientWidth, c.height, c.clientHeight]")
    assert across < 500
    assert (width, height) == (across, down)


def test_large_type_is_larger_everywhere(show: Show) -> None:
    page = show("board")
    page.get_by_role("button", name="Large type").click()
    expect(page.get_by_role("button", name="Large type")).to_have_attribute("aria-pressed", "true")
    assert page.locator(".label-row label").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") > 20
    assert min(text["size"] for texts in canvas_texts(page) for text in texts) >= 19


def test_whoever_wants_less_motion_gets_none(show: Show) -> None:
    page = show("board", reduced_motion="reduce")
    moving = page.evaluate(
        """() => {
             document.querySelector('.busy').append(document.createElement('span'));
             return [...document.querySelectorAll('.custsim *')].map((one) => getComputedStyle(one))
               .filter((style) => style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0).length;
           }"""
    )
    assert moving == 0


def test_a_laptop_has_two_columns_of_charts_and_only_narrow_boards_small_tiles(show: Show) -> None:
    def letters(page: Page) -> float:
        return float(page.locator(".number dt").first.evaluate("tile => parseFloat(getComputedStyle(tile).fontSize)"))

    def columns(page: Page) -> int:
        return len({round(box["x"]) for one in page.locator("figure.chart").all() if (box := one.bounding_box())})

    laptop, phone = (show("board", viewport={"width": width, "height": 800}) for width in (960, 360))
    assert (columns(laptop), columns(phone)) == (2, 1)
    wide = show("board", viewport={"width": 1366, "height": 800})
    assert letters(wide) > letters(laptop)
