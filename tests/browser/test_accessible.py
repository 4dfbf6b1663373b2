"""Legible, sayable and reachable: contrast, names for a screen reader, the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drawn import ALL, canvas_texts, settled
from playwright.sync_api import Page, expect

Show = Callable[..., Page]

#: contrast of every text against what is behind it, as the Web Content Accessibility Guidelines reckon it
CONTRASTS = """
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => rgba(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  window.contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const found = [];
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent.trim();
    if (!text || !element.getClientRects().length || element.closest(":disabled")) continue;
    const style = getComputedStyle(element);
    found.push([text, window.contrast(style.color, behind(element)), parseFloat(style.fontSize)]);
  }
  return found;
}
"""


def darken(page: Page) -> None:
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    settled(page)


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_contrast_and_size(show: Show, dark: bool) -> None:
    page = show(*ALL)
    if dark:
        darken(page)
    page.get_by_role("slider", name="Staff of the complaint desk").press("Home")
    page.get_by_role("button", name="Share", exact=True).first.click()
    page.get_by_label("What is a customer worth?").fill("3")
    page.get_by_label("What is a customer worth?").press("Enter")
    page.get_by_label("How many of 100 complain?").fill("450")
    page.get_by_label("How many of 100 complain?").press("Enter")
    expect(page.locator(".verdict:visible")).to_have_count(1)
    page.wait_for_timeout(300)
    texts = page.evaluate(CONTRASTS)
    assert len(texts) > 60
    assert [text for text in texts if text[1] < 4.5] == []
    assert [text for text in texts if text[2] < 14] == []


@pytest.mark.parametrize("dark", [False, True])
def test_lines_and_labels_of_charts_have_contrast(show: Show, dark: bool) -> None:
    page = show("board")
    if dark:
        darken(page)
    page.evaluate(CONTRASTS)
    of = page.evaluate(
        """() => {
             const style = getComputedStyle(document.querySelector('.custsim'));
             const colour = (name) => style.getPropertyValue(`--${name}`);
             const lines = ['blue', 'orange', 'green', 'vermilion', 'sky', 'pink', 'yellow'];
             const others = ['before', 'edge', 'soft', 'ink', 'accent', 'good', 'bad'];
             const against = (name, place) => window.contrast(colour(name), colour(place));
             return [...lines.map((name) => `line-${name}`), ...others]
               .map((name) => [name, against(name, 'ground'), against(name, 'panel')]);
           }"""
    )
    assert [found for found in of if min(found[1:]) < 3] == []
    labels = [text for texts in canvas_texts(page) for text in texts]
    ground = page.evaluate("getComputedStyle(document.querySelector('.custsim')).getPropertyValue('--ground')")
    weak = [
        text for text in labels if page.evaluate("([a, b]) => window.contrast(a, b)", [text["colour"], ground]) < 4.5
    ]
    assert weak == []


def test_dark_is_dark(show: Show) -> None:
    page = show("board")
    light = page.locator("figure.chart canvas").first.evaluate("window.pixels.hash")
    darken(page)
    assert page.locator("figure.chart canvas").first.evaluate("window.pixels.hash") != light
    assert "rgb(23, 26, 32)" in page.locator(".custsim").evaluate("e => getComputedStyle(e).backgroundColor")


def test_everything_one_can_do_has_a_name_to_say(show: Show) -> None:
    """The tree that a screen reader is given."""
    page = show(*ALL)
    page.get_by_role("button", name="Share", exact=True).first.click()
    page.get_by_text("Enter points instead of drawing").click()
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = {"slider", "button", "textbox", "radio", "checkbox", "image", "spinbutton", "group", "radiogroup", "region"}
    seen = [node for node in nodes if not node.get("ignored") and node.get("role", {}).get("value") in roles]
    nameless = [node["role"]["value"] for node in seen if not node.get("name", {}).get("value", "").strip()]
    assert {"slider", "button", "textbox", "radio", "checkbox"} <= {node["role"]["value"] for node in seen}
    assert [role for role in nameless if role != "region"] == []
    sliders = page.get_by_role("slider")
    for at in range(sliders.count()):
        text = sliders.nth(at).get_attribute("aria-valuetext") or ""
        assert any(letter.isdigit() for letter in text)
        assert "00000" not in text


def test_the_picture_says_in_words_what_it_shows(show: Show) -> None:
    page = show("board")
    canvas = page.get_by_role("img", name="Profit, month by month")
    before = canvas.get_attribute("aria-label")
    page.get_by_role("slider", name="Staff of the complaint desk").press("Home")
    page.wait_for_function("before => document.querySelectorAll('canvas')[3].ariaLabel !== before", arg=before)
    assert "Staff of the complaint desk" in (canvas.get_attribute("aria-label") or "")
    expect(page.locator(".custsim > .unseen")).to_contain_text("Staff of the complaint desk")


def test_the_whole_board_can_be_reached_by_keyboard(show: Show) -> None:
    page = show("board")
    reached = set()
    here = "[document.activeElement].map((at) => at.ariaLabel || at.textContent || at.labels?.[0]?.textContent)[0]"
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(here))
    for name in ("Staff of the complaint desk", "About: Staff of the complaint desk", "Why?", "Band of luck", "Share"):
        assert name in reached
