"""When a page has drawn what it was told, and what is written on its canvases, and where."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

#: one component of each kind, by name
ALL = ("board", "predicted", "number", "choice", "several", "guess", "curve", "evidence", "table")

#: notes every text drawn on a canvas with its box in CSS pixels; what a chart draws again replaces what it drew before
NOTE_TEXTS = """
() => {
  const letters = CanvasRenderingContext2D.prototype.fillText;
  const ground = CanvasRenderingContext2D.prototype.fillRect;
  window.texts = new Map();
  CanvasRenderingContext2D.prototype.fillRect = function (x, y, width, height) {
    window.texts.set(this.canvas, []);
    return ground.call(this, x, y, width, height);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const measured = this.measureText(text);
    const left = x - measured.actualBoundingBoxLeft;
    window.texts.get(this.canvas)?.push({ text, left, right: x + measured.actualBoundingBoxRight,
      top: y - measured.actualBoundingBoxAscent, bottom: y + measured.actualBoundingBoxDescent,
      size: parseFloat(this.font), width: this.canvas.clientWidth, height: this.canvas.clientHeight,
      colour: this.fillStyle });
    return letters.call(this, text, x, y);
  };
}
"""


_SETTLED = """
rest => new Promise((drawn) => {
  const look = (frames) => {
    if (frames === 3) drawn();
    else requestAnimationFrame(() => look(window.pending || (rest && window.moving) ? 0 : frames + 1));
  };
  look(0);
})
"""


def settled(page: Page, *, rest: bool = False) -> None:
    """Wait until all messages are answered and drawn, and, if asked, until the last move has come to rest."""
    page.evaluate(_SETTLED, rest)


def canvas_texts(page: Page) -> list[list[dict[str, Any]]]:
    """Texts of each canvas as last drawn."""
    page.evaluate(NOTE_TEXTS)
    page.evaluate("document.documentElement.dataset.drawn = 'again'")  # a change of theme draws everything again
    settled(page)
    found: list[list[dict[str, Any]]] = page.evaluate("[...window.texts.values()]")
    return found
