"""Components on a page, in a real browser; whatever goes wrong on the page fails the test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from custsim.scenario import load
from custsim.widgets import Board, Chart, Choice, Control, Evidence, Guess, Number, Option, Series, Table

sys.path.insert(0, str(Path(__file__).parent))

from one_screen import Screens, screens


def components() -> dict[str, Any]:
    """One of each kind; the boards are small, so that a move takes milliseconds."""
    lines = (Series("response_days", "Answer"),)
    answers = Chart("answers", "Time to the answer", "working days", lines, fixed=(0, 60))
    bank = load("neighbourhood_bank").scaled(0.3).change({"complaints.staff": 3}, opening="own")
    small: dict[str, Any] = {"scenario": bank, "scale": 1, "months": 36}
    desk = Control("complaints.staff", low=1, high=6)
    controls = [desk, "complaints.compensation", "employees.pay", "loyalty.churn", "referral.decision"]
    return {
        "board": Board("board", controls=controls, charts=(answers, "chain", "flows", "profit"), title="The desk",
                       intro="Move the staff of the desk.", **small),
        "scales": Board("scales", charts=("profit",), **{**small, "months": 3}, controls=[
            desk, "employees.pay", "loyalty.churn", Control("complaints.handling_days", log=True)]),
        "predicted": Board("predicted", controls=["employees.pay"], charts=("profit",), **small,
                           guess=Guess("first", question="What will pay do?", low=0, high=100, outcome=40, unit="%")),
        "number": Number("number", question="What is a customer worth?", answer=300, unit="EUR",
                         hint="Use the formula.", explain="Margin times expected life."),
        "choice": Choice("choice", question="Who leaves first?", explain="Silence is exit.",
                         options=[Option("The satisfied", says="They stay."),
                                  Option("The silent", right=True, says="They gave you no chance.")]),
        "several": Choice("several", question="Which are right?", many=True,
                          options=[Option("A", right=True), Option("B", says="No."), Option("C", right=True)]),
        "guess": Guess("guess", question="How many of 100 complain?", low=0, high=100, outcome=4, explain="Few do."),
        "share": Guess("share", question="What share complains?", low=0, high=100, outcome=4, unit="%"),
        "wordy": Guess("wordy", question="How many are heard?", low=0, high=10, outcome=3,
                       unit="recommendations for each warning"),
        "people": Guess("people", question="How many stay?", low=0, high=2000, outcome=99, unit="customers"),
        "curve": Guess("curve", question="Draw the customers.", kind="curve", low=0, high=10, points=24,
                       outcome=lambda: [5.0] * 24, unit="persons"),
        "evidence": Evidence("evidence", claim="24 are silent.", strength="lore", sources=["TARP 1981"], says="Lore."),
        "table": Table("table", title="Who earns", headings=["Tier", "Customers", "Share of profit"],
                       rows=[["top", "43", "20 %"], ["all others", "1,957", "80 %"]], says="Few earn much."),
    }  # fmt: skip


@pytest.fixture(scope="session")
def parts() -> dict[str, Any]:
    """The components that are served, by their ids."""
    return components()


@pytest.fixture(scope="session")
def served(parts: dict[str, Any]) -> Iterator[Screens]:
    """A server with one component of each kind."""
    with screens(parts) as found:
        yield found


@pytest.fixture
def show(chromium: Any, served: Screens) -> Iterator[Callable[..., Any]]:
    """Open components on a page of their own; options are those of a browser context (viewport, device_scale_factor).

    At the end of the test nothing may have been written to the console as an error (which is where a breach of the
    page's policy is told), raised, or asked of another host.
    """
    wrong: list[str] = []
    contexts = []

    def opened(*names: str, **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)  # the first board may have to be compiled
        page.on("console", lambda told: wrong.append(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if ours(asked.url) else wrong.append(f"asked for {asked.url}"))
        page.goto(f"{served.address}?{urlencode([('show', name) for name in names])}")
        page.wait_for_selector("html[data-ready]")
        for name in names:
            page.wait_for_selector(f".custsim[data-id='{name}']")
        return page

    def ours(url: str) -> bool:
        return url.startswith((served.address, "data:", "blob:" + served.address))

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
