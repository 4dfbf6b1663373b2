"""The game of a room: teams, years, submissions, and what became of them.

Decisions are in the file (:class:`custsim.game.store.Store`), and everything else follows from them, so a game that was
interrupted goes on as if it had not been. A team that submits nothing for a year goes on as before, cut evenly if the
year's budget does not allow it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import custsim
from custsim.errors import CustsimError, InputError
from custsim.experiment.identity import model_version
from custsim.game.benchmark import NAME as BENCHMARK
from custsim.game.benchmark import Benchmark, Stopped, find_benchmark
from custsim.game.book import Book, score
from custsim.game.debrief import Story
from custsim.game.firm import Firm, firm, new_code, read_code
from custsim.game.leaderboard import Place, Score, leaderboard
from custsim.game.levers import read_plan
from custsim.game.memory import Findings, Memory
from custsim.game.play import Desk
from custsim.game.rivals import RIVALS
from custsim.game.store import Store, Submission, Team, team_name

__all__ = ["Match", "Searching", "priced"]


def priced(desk: Desk, given: Any) -> tuple[dict[str, float | int], float]:
    """Read a plan and price it.

    Raises
    ------
    InputError
        If the plan is not possible, or costs more than the budget.
    """
    plan = read_plan(desk.firm.levers, given)
    costs, budget, currency = desk.cost(plan), desk.budget, desk.firm.scenario.currency
    if costs > budget:
        raise InputError(
            f"year {desk.year}: this plan costs {costs:,.0f} {currency}, {costs - budget:,.0f} more than the budget of "
            f"{budget:,.0f}; it was not taken, lower a lever and submit again"
        )
    return plan, costs


class Searching:
    """What is worked out ahead in a thread of its own: the house rivals, then the benchmark.

    Parameters
    ----------
    book
        Of the game.
    memory
        Where trials are kept.
    trials
        Plans to try.
    """

    def __init__(self, book: Book, memory: Findings | None = None, trials: int = 60) -> None:
        self.book, self.memory, self.trials, self.done = book, memory or Memory(), trials, 0
        self.found: Benchmark | None = None
        self.trouble = ""
        #: called when the search has ended
        self.ready: Callable[[], None] | None = None
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._search, name="custsim-benchmark", daemon=True)
                self._thread.start()

    def wait(self, seconds: float | None = None) -> Benchmark | None:
        """Wait for what is found."""
        self.start()
        if self._thread is not None:
            self._thread.join(seconds)
        return self.found

    def stop(self) -> None:
        """End the search after the run that is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def status(self) -> str:
        """How far it is, in words."""
        if self.found is not None:
            return f"ready: the best of {self.found.trials} plans tried"
        if self.trouble:
            return f"there is none: {self.trouble}"
        if self.done >= self.trials:
            return "testing the best on fresh luck"
        return f"searching: {self.done} of {self.trials} plans tried" if self._thread else "not begun"

    def _search(self) -> None:
        try:
            self.book.prepare(self._stop.is_set)
            self.found = find_benchmark(
                self.book.firm, trials=self.trials, memory=self.memory, progress=self._tell, stopped=self._stop.is_set
            )
        except Stopped:
            self.trouble = "the search was stopped"
        except CustsimError as error:
            self.trouble = str(error)
        if self.ready is not None and not self._stop.is_set():
            self.ready()

    def _tell(self, done: int) -> None:
        self.done = done


class Match:
    """The game of a room.

    Parameters
    ----------
    firm
        The firm of the game.
    store
        Its file.
    note
        What the trainer should know, such as that an older version began the game.
    trials
        Plans that the search for the benchmark tries.
    """

    def __init__(self, firm: Firm, store: Store, *, note: str = "", trials: int = 60) -> None:
        self.firm, self.store, self.note = firm, store, note
        self.book = Book(firm, store)
        self.searching = Searching(self.book, store, trials)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], code: str | None = None, base: str = "neighbourhood_bank", *,
        years: int = 5, trials: int = 60,
    ) -> Match:  # fmt: skip
        """Open the game in a file, or begin one there.

        Parameters
        ----------
        path
            SQLite file of the game.
        code
            The room's code; by chance for a new game, and that of the file for one that goes on.
        base, years
            Of a new game, as for :func:`custsim.game.firm.firm`.
        trials
            Plans that the search for the benchmark tries.

        Raises
        ------
        InputError
            If the file holds a game with another code, or is no game's.
        """
        asked = None if code is None else read_code(code)
        store = Store.open(path)
        try:
            version = f"{custsim.__version__} ({model_version()})"
            facts = store.facts({"code": asked or new_code(), "base": base, "years": years, "version": version})
            if asked is not None and facts["code"] != asked:
                raise InputError(
                    f"{path}: holds the game with the code {facts['code']}, not {asked}; take another file for a new "
                    "game"
                )
            note = ""
            if facts["version"] != version:
                note = (
                    f"This game was begun with custsim {facts['version']} and goes on with {version}: years that "
                    "were closed may come out otherwise now."
                )
            return cls(firm(facts["code"], facts["base"], years=facts["years"]), store, note=note, trials=trials)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Stop the search and close the file."""
        self.searching.stop()
        self.store.close()

    # -- years ------------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> int:
        """Years that are closed."""
        return sum(self.store.years().values())

    @property
    def open_now(self) -> int | None:
        """Year that is open, if one is."""
        return next((year for year, closed in self.store.years().items() if not closed), None)

    @property
    def over(self) -> bool:
        """Whether all years are closed."""
        return self.closed >= self.firm.years

    @property
    def revealed(self) -> bool:
        """Whether the trainer has revealed the debrief."""
        return bool(self.store.finding("revealed"))

    def act(self, name: str, label: object = None) -> None:
        """Do what the trainer asks for: "open_year", "close_year" or "reveal".

        Parameters
        ----------
        name
            What to do.
        label
            What the button said that was pressed: on a page that lags behind it may be of another year.

        Raises
        ------
        InputError
            If it is not the moment, or another year's.
        """
        for action in self.actions():
            if action["name"] == name:
                if label not in (None, action["label"]):
                    raise InputError(f"{str(label)[:40]}: somebody was faster; now it is {action['label']!r}")
                if not action["enabled"]:
                    raise InputError(f"{action['label']}: {action['why']}")
                break
        else:
            raise InputError(f"{str(name)[:40]!r}: there are {', '.join(a['name'] for a in self.actions())}")
        if name == "open_year":
            self.searching.start()
            self.book.after(())
            self.store.open_year(self.closed + 1)
        elif name == "close_year":
            self.store.close_year(self.open_now or 0)
            self.board()  # lives the year of every team, so that all see it at once
        else:
            self.store.keep_finding("revealed", True)

    def actions(self) -> list[dict[str, Any]]:
        """List what the trainer can do: name, label, whether now, and why not."""
        year, closed, years = self.open_now, self.closed, self.firm.years
        next_year, now = min(closed + 1, years), year or min(closed + 1, years)
        if year is not None:
            no_opening = f"year {year} is open"
        elif closed >= years:
            no_opening = "all years are decided"
        else:
            no_opening = "" if self.store.teams() else "no team has joined yet"
        no_closing = "" if year is not None else "no year is open"
        no_reveal = (
            "it is revealed already" if self.revealed else "" if self.over else "not before all years are closed"
        )
        listed = (
            ("open_year", f"Open year {next_year}", no_opening),
            ("close_year", f"Close year {now}", no_closing),
            ("reveal", "Reveal the strategies and the benchmark", no_reveal),
        )
        return [{"name": name, "label": label, "enabled": not why, "why": why} for name, label, why in listed]

    # -- teams ------------------------------------------------------------------------------------------------------

    def plans(self, team: Team) -> list[dict[str, float | int]]:
        """Give what a team decided in the years that are closed."""
        made = self.store.submissions()
        plans: list[dict[str, float | int]] = []
        for year in range(1, self.closed + 1):
            one = made.get((team.number, year))
            plans.append(dict(one.plan) if one is not None else self._as_before(plans))
        return plans

    def _as_before(self, plans: list[dict[str, float | int]]) -> dict[str, float | int]:
        desk = self.book.desk(plans)
        return desk.fitted(desk.previous)

    def found_team(self, name: str) -> Team:
        """Found a team.

        Raises
        ------
        InputError
            If the name is taken, not possible, or that of a house rival.
        """
        if team_name(name).casefold() in {*(rival.name.casefold() for rival in RIVALS), BENCHMARK.casefold()}:
            raise InputError(f"team: {team_name(name)} is a name of the house; take another")
        return self.store.found_team(name)

    def desk(self, team: Team) -> Desk:
        """What lies on the desk of a team."""
        return self.book.desk(self.plans(team))

    def submit(self, team: Team, year: int, key: str, given: Mapping[str, Any]) -> Submission:
        """Take a plan, if it is possible, within the budget and in time; the last one counts when the year is closed.

        Raises
        ------
        InputError
            If it is not taken, and why.
        """
        closed = self.closed
        if year <= closed:
            raise InputError(f"year {year} is closed; your plan came too late and was not taken")
        if year != self.open_now:
            raise InputError(f"year {year} is not open yet; your plan was not taken")
        plan, costs = priced(self.desk(team), given)
        return self.store.submit(team, year, key, plan, costs)

    def submission(self, team: Team, year: int) -> Submission | None:
        """Give the plan of a team that counts for a year so far."""
        return self.store.submissions().get((team.number, year))

    # -- all teams --------------------------------------------------------------------------------------------------

    def stories(self) -> list[Story]:
        """Tell what every team and house rival did and what became of it, in the years that are closed."""
        teams = [(team.name, False, self.plans(team)) for team in self.store.teams()]
        return told(self.book, teams, self.closed)

    def board(self) -> list[Place]:
        """Rank teams and house rivals on the years that are closed."""
        return leaderboard(scores(self.stories()))


def told(book: Book, teams: list[tuple[str, bool, list[dict[str, float | int]]]], years: int) -> list[Story]:
    """Put house rivals beside teams, all after the same number of years."""
    rivals = [(one.name, True, book.rival(one.name)[:years]) for one in RIVALS]
    return [Story(name, house, plans, book.after(plans).results) for name, house, plans in [*teams, *rivals]]


def scores(stories: list[Story]) -> list[Score]:
    """Score teams on what became of them."""
    return [score(story.name, story.results, house=story.house) for story in stories]
