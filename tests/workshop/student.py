"""A student at a lesson in a browser: predicts, answers, moves what can be moved, and looks at what comes of it.

What is right, and what a board should then show, is asked of the lesson's own components in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsers import People
from playwright.sync_api import Locator, Page, expect
from server_process import Terminal

from custsim.lessons.catalogue import read
from custsim.widgets import Board, Choice, Guess, Number, Session
from custsim.widgets.component import Component
from custsim.workshop.prepare import prepare

#: whatever all charts of a board show, once the frame after an answer is drawn
_PIXELS = """board => new Promise(seen => requestAnimationFrame(() => requestAnimationFrame(() =>
    seen([...board.querySelectorAll('figure.chart canvas')].map(canvas => canvas.toDataURL())))))"""
_MANNERS: tuple[Callable[[str, str], str], ...] = (
    lambda digits, unit: digits,
    lambda digits, unit: f"{digits} {unit}".strip(),
    lambda digits, unit: f"about {digits}",
    lambda digits, unit: f"= {digits.replace(',', ' ')}",
)


def as_written(question: Number, manner: int) -> str:
    """The right answer with no more digits than are asked for, in one of the ways people write numbers."""
    size = 100.0 if question.percent else 1.0
    right = question.right * size
    allowed = question.absolute * size if question.absolute is not None else (question.tolerance or 0.0) * abs(right)
    places = next(places for places in range(9) if abs(round(right, places) - right) <= allowed / 2)
    if question.percent and abs(right) <= 1.0:
        manner = 1  # 0.32 alone may be 32 %, and the question asks which
    return _MANNERS[manner % len(_MANNERS)](f"{right:,.{places}f}", question.unit)


def misconception(question: Number) -> tuple[str, str] | None:
    """A wrong answer that the question knows, and what it should say to it."""
    for known in question.wrong:
        try:
            wrong = float(known.when() if callable(known.when) else known.when)
        except TypeError:  # recognises answers instead of naming one
            continue
        given = f"{100.0 * wrong:.6f} %" if question.percent else f"{wrong:.6f}"
        return given, str(Session(question).answer(given).message["says"])
    return None


class Student:
    """Goes through a lesson on a page, in the order of the page.

    Parameters
    ----------
    page
        The page of a trainee who has joined.
    components
        The lesson's components by id, in order.
    """

    def __init__(self, page: Page, components: dict[str, Component]) -> None:
        self.page, self.components = page, components
        #: what was asked or answered so far, by name
        self.asked: dict[str, list[str]] = {}
        #: what each component must still show when the page is loaded again
        self.kept: list[Callable[[], None]] = []

    def goes_through(self) -> None:
        """Do everything there is to do, and load the page again half way."""
        on_page = self.page.locator("section.custsim").evaluate_all("all => all.map(one => one.dataset.id)")
        assert on_page == list(self.components)
        for place, component in enumerate(self.components.values()):
            if place == len(self.components) // 2:
                self.reloads()
            part = self.page.locator(f"section.custsim[data-id='{component.id}']")
            part.scroll_into_view_if_needed()
            if isinstance(component, Guess):
                self._guesses(part, component)
            elif isinstance(component, Number):
                self._calculates(part, component)
            elif isinstance(component, Choice):
                self._chooses(part, component)
            elif isinstance(component, Board):
                self._plays(part, component)
            else:
                expect(part).to_contain_text(component.title)
            self._sees_no_problem()
        self.reloads()

    def reloads(self) -> None:
        """Load the page again; everything is there that was done."""
        self.page.reload()
        expect(self.page.locator("section.custsim")).to_have_count(len(self.components))
        for look in self.kept:
            look()
        self._sees_no_problem()

    def _sees_no_problem(self) -> None:
        assert [text for text in self.page.locator(".problem").all_text_contents() if text] == []
        expect(self.page.locator("#lost")).to_be_hidden()

    def _note(self, what: str, which: str) -> int:
        """Note that something was done; give how often before."""
        done = self.asked.setdefault(what, [])
        done.append(which)
        return len(done) - 1

    # -- predicting --------------------------------------------------------------------------------------------------

    def _guesses(self, part: Locator, guess: Guess) -> None:
        self._note(guess.form, guess.id)
        reveal, drawing = part.locator(".reveal"), part.locator("canvas.drawing")
        expect(reveal).to_be_hidden()
        if guess.form == "curve":
            before = drawing.evaluate("canvas => canvas.toDataURL()")
            self._draws(drawing)
            assert drawing.evaluate("canvas => canvas.toDataURL()") != before
        else:
            value = guess.low + 0.6 * (guess.high - guess.low)
            said = str(Session(guess).send({"do": "guess", "value": value}).message["says"])
            part.get_by_role("textbox").fill(f"{value:g}")
        part.get_by_role("button", name="That is my guess").click()

        def revealed() -> None:
            expect(reveal).to_contain_text(guess.explain)
            if guess.form == "curve":
                expect(part.locator(".key")).to_contain_text("Your guess")
                expect(drawing).to_have_attribute("aria-label", drawn)
            else:
                expect(part.get_by_role("textbox")).to_be_disabled()
                expect(reveal).to_contain_text(said)

        expect(reveal).to_be_visible()
        drawn = (drawing.get_attribute("aria-label") or "") if guess.form == "curve" else ""
        revealed()
        self.kept.append(revealed)

    def _draws(self, drawing: Locator) -> None:
        drawing.hover()  # waits until it stands still
        box = drawing.bounding_box()
        assert box
        shares = ((0.1, 0.1), (0.5, 0.5), (0.9, 0.7))
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()

    # -- answering ---------------------------------------------------------------------------------------------------

    def _calculates(self, part: Locator, question: Number) -> None:
        before = self._note("number", question.id)
        field, check, verdict = part.get_by_role("textbox"), part.get_by_role("button"), part.locator(".verdict")
        known = misconception(question) if len(self.asked.get("explained", [])) < 2 else None
        if known is not None:
            self._note("explained", question.id)
            field.fill(known[0])
            check.first.click()
            expect(verdict).to_contain_text("✗ Not yet.")
            expect(verdict).to_contain_text(known[1])
        given = as_written(question, before)
        field.fill(given)
        check.first.click()

        def right() -> None:
            expect(verdict).to_contain_text("✓ Right.")
            expect(verdict).to_contain_text(question.explain)
            expect(field).to_have_value(given)

        right()
        self.kept.append(right)

    def _chooses(self, part: Locator, question: Choice) -> None:
        before = self._note("choice", question.id)
        options, verdict = part.locator("ul.options input"), part.locator(".verdict")
        comments = part.locator("ul.options .says")
        if before == 0:
            wrong = next(at for at, option in enumerate(question.options) if not option.right)
            options.nth(wrong).check()
            part.get_by_role("button", name="Check").click()
            expect(verdict).to_contain_text("✗ Not yet.")
            expect(comments.nth(wrong) if question.many else verdict).to_contain_text(question.options[wrong].says)
            if question.many:
                options.nth(wrong).uncheck()
        chosen = [at for at, option in enumerate(question.options) if option.right]
        for at in chosen:
            options.nth(at).check()
        part.get_by_role("button", name="Check").click()

        def right() -> None:
            expect(verdict).to_contain_text("✓ Right.")
            expect(verdict).to_contain_text(question.explain)
            for at in chosen:
                expect(options.nth(at)).to_be_checked()
            told = [f"✓ {option.says}" if option.right else "" for option in question.options] if question.many else []
            expect(comments).to_have_text(told)

        right()
        self.kept.append(right)

    # -- trying ------------------------------------------------------------------------------------------------------

    def _plays(self, part: Locator, board: Board) -> None:
        self._note("board", board.id)
        spec = board.describe()["controls"][0]
        numbers, changes = part.locator(".number .value"), part.locator(".number .change")
        expect(part).to_have_attribute("aria-busy", "false")
        assert set(changes.all_text_contents()) == {"no change"}
        starts = [lever.write(lever.start) for lever in board.levers if lever.kind == "range"]
        expect(part.locator(".control output")).to_have_text(starts)
        pixels = part.evaluate(_PIXELS)
        value, moved = self._moves(part, spec)
        if spec["kind"] == "range":
            expect(part.locator(".control output").first).to_have_text(board.levers[0].write(value))
        shown = [number["text"] for number in Session(board).move({spec["path"]: value}).message["numbers"]]
        expect(numbers).to_have_text(shown)
        assert set(changes.all_text_contents()) != {"no change"}
        now = part.evaluate(_PIXELS)
        assert any(one != other for one, other in zip(pixels, now, strict=True))
        expect(part.get_by_role("button", name="Undo")).to_be_enabled()
        self._looks_closer(part, board)

        def as_left() -> None:
            moved()
            expect(numbers).to_have_text(shown)

        as_left()
        self.kept.append(as_left)

    def _moves(self, part: Locator, spec: dict[str, Any]) -> tuple[Any, Callable[[], None]]:
        """Move a board's first control by the keyboard; give its value then, and what it must look like."""
        control = part.locator(".control").first
        if spec["kind"] == "range":
            slider = control.get_by_role("slider")
            start = slider.input_value()
            end = "max" if spec["start"] - spec["low"] < spec["high"] - spec["start"] else "min"
            slider.press("End" if end == "max" else "Home")
            position = slider.input_value()
            assert position != start
            log = spec.get("scale") == "log"
            value = {"max": spec["high"], "min": spec["low"]}[end] if log else float(position)
            return value, lambda: expect(slider).to_have_value(position)
        radios = control.get_by_role("radio")
        values = [choice["value"] for choice in spec["choices"]]
        at = (values.index(spec["start"]) + 1) % len(values)
        control.locator("input:checked").press("ArrowDown")
        return values[at], lambda: expect(radios.nth(at)).to_be_checked()

    def _looks_closer(self, part: Locator, board: Board) -> None:
        """Ask why and meet a customer, on the first board that offers it."""
        for panel, title, told in (("why", "Why?", "rowheader"), ("customer", "Meet a customer", "listitem")):
            if panel in board.panels and panel not in self.asked:
                self._note(panel, board.id)
                part.get_by_role("button", name=title, exact=True).click()
                region = part.get_by_role("region", name=title)
                expect(region.get_by_role(told).first).to_be_visible(timeout=60_000)  # many runs, on a busy machine
                expect(region.get_by_text("You have moved a control since then.")).to_be_hidden()


def study(number: str, people: People, folder: Path) -> None:
    """Serve a lesson with the command and go through it; whatever goes wrong on the way fails."""
    terminal = Terminal(folder, number, "--host", "127.0.0.1", "--port", "0", "--self-paced")
    try:
        components = prepare(read(number)).components  # while the other process does the same
        page = people.join("Ana", terminal.wait_until_ready())
        expect(page.locator("section.custsim")).to_have_count(len(components))
        student = Student(page, components)
        student.goes_through()
        offered = {panel for one in components.values() if isinstance(one, Board) for panel in one.panels}
        assert {"number", "choice", "board", "explained"} | (offered - {"band"}) <= set(student.asked)
        assert len(student.asked["explained"]) == 2
        trainer = people.open(terminal.trainer)
        expect(trainer.locator("#counts")).to_have_text("1 here, 1 joined. 1 with every checkpoint done.")
        assert people.complaints == []
        assert people.outside == []
    finally:
        terminal.close()
