"""What became of every sequence of plans, lived once and remembered as a few numbers."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from custsim.game.firm import Firm
from custsim.game.leaderboard import Score
from custsim.game.levers import Plan, Volumes
from custsim.game.memory import Findings, digest, identity
from custsim.game.play import Desk, lived, played
from custsim.game.results import YearResult, year_result
from custsim.game.rivals import RIVALS

__all__ = ["Book", "Page", "score"]

#: pages that are remembered
_MOST = 5000


@dataclass(frozen=True)
class Page:
    """The firm after some years.

    Attributes
    ----------
    results
        Years lived, from the one before the game on.
    volumes
        Of the last of them.
    """

    results: tuple[YearResult, ...]
    volumes: Volumes


class Book:
    """Lives plans and remembers what came out; safe to ask from many threads.

    Parameters
    ----------
    firm
        The firm of the game.
    findings
        Where pages are kept, so that a game that goes on after its process ended need not live everything again.
    """

    def __init__(self, firm: Firm, findings: Findings | None = None) -> None:
        self.firm, self.findings = firm, findings
        self._name = "" if findings is None else f"page {identity(firm)}"
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._rivals: dict[str, list[dict[str, float | int]]] = {}
        self._at_work: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def after(self, plans: Sequence[Plan]) -> Page:
        """Give the firm after the years that were planned; each year was lived by the firm of the year before it."""
        name = json.dumps([dict(plan) for plan in plans], sort_keys=True)
        with self._alone(name):
            with self._lock:
                if name in self._pages:
                    self._pages.move_to_end(name)
                    return self._pages[name]
            page = self._kept_or_lived(f"{self._name} {digest(name)}", plans)
            with self._lock:
                self._pages[name] = page
                while len(self._pages) > _MOST:
                    self._pages.popitem(last=False)
            return page

    def _kept_or_lived(self, name: str, plans: Sequence[Plan]) -> Page:
        kept = None if self.findings is None else self.findings.finding(name)
        if kept is not None:
            return Page(tuple(YearResult(**one) for one in kept["results"]), Volumes(**kept["volumes"]))
        earlier = self.after(plans[:-1]).results if plans else ()
        run = lived(self.firm, plans)
        last = year_result(self.firm, run, plans)
        page = Page((*earlier, last), Volumes.of(run.monthly.iloc[-12:]))
        if self.findings is not None:
            results = [{"year": one.year, "numbers": dict(one.numbers), "paid": dict(one.paid)} for one in page.results]
            self.findings.keep_finding(name, {"results": results, "volumes": asdict(page.volumes)})
        return page

    def desk(self, plans: Sequence[Plan]) -> Desk:
        """Lay out what is known when the year after these plans is planned."""
        previous = plans[-1] if plans else self.firm.start
        return Desk(self.firm, len(plans) + 1, self.after(plans).volumes, previous)

    def rival(self, name: str) -> list[dict[str, float | int]]:
        """Give the plans of a house rival, all years."""
        with self._alone(f"rival {name}"):
            if name not in self._rivals:
                one = next(rival for rival in RIVALS if rival.name == name)
                kept = None if self.findings is None else self.findings.finding(f"{self._name} rival {name}")
                self._rivals[name] = played(self.firm, one.policy(self.firm))[0] if kept is None else kept
                if self.findings is not None and kept is None:
                    self.findings.keep_finding(f"{self._name} rival {name}", self._rivals[name])
            return self._rivals[name]

    def prepare(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Live the house rivals, year by year, before somebody asks for them."""
        for years in range(self.firm.years + 1):
            for rival in RIVALS:
                if stopped():
                    return
                self.after(self.rival(rival.name)[:years])

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Let no two threads work on the same thing at once; the second finds it done."""
        with self._lock:
            lock = self._at_work.setdefault(name, threading.Lock())
        with lock:
            yield
        with self._lock:
            self._at_work.pop(name, None)


def score(name: str, results: Sequence[YearResult], *, house: bool = False) -> Score:
    """Score a team on the years it decided."""
    last = results[-1].numbers
    return Score(
        name=name,
        house=house,
        profit=sum(result.profit for result in results[1:]),
        equity=last["equity"],
        satisfaction=last["satisfaction"],
    )
