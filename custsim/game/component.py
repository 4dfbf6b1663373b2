"""The game as a component: alone against house rivals in a notebook, or a room of teams in a workshop."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from custsim.errors import InputError
from custsim.game.book import Book
from custsim.game.debrief import Debrief
from custsim.game.explain import luck_of, why_of
from custsim.game.firm import Firm, code_of, firm, read_code
from custsim.game.leaderboard import table
from custsim.game.match import Match, Searching
from custsim.game.memory import identity
from custsim.game.screen import (
    described,
    with_benchmark,
)
from custsim.game.seat import Seat, Solo
from custsim.game.store import Store
from custsim.game.trainer import trainer_data
from custsim.widgets.component import Component, Reply, State, action, numbered

__all__ = ["Game"]

_DOS = ("look", "join", "submit", "again", "why", "luck")


class Game(Component):
    """The budget game.

    In a notebook one learner plays against the house rivals; the years decided are kept in a file ``<id>.db`` beside
    the notebook, and the game goes on from them another day. In a workshop, which calls :meth:`room_opens`, teams play
    each other, and the trainer opens and closes the years.

    Parameters
    ----------
    id
        Its name in the lesson.
    code
        Names the firm and the luck; another code is another firm.
    base
        Bundled scenario that the firm is made of.
    years
        Years to decide.
    title
        Heading.
    match
        The game of a room; alone without it.
    trials
        Plans that the search for the benchmark tries.

    Raises
    ------
    InputError
        If the code, the base or the number of years is not possible.

    Examples
    --------
    >>> from custsim.widgets.component import Session
    >>> session = Session(Game("budget_game"))
    >>> session.look().message["phase"]
    'deciding'
    """

    kind: ClassVar[str] = "game"
    slow: ClassVar[frozenset[str]] = frozenset({"why", "luck"})

    def __init__(
        self,
        id: str = "budget_game",
        *,
        code: str = "FIRST",
        base: str = "neighbourhood_bank",
        years: int = 5,
        title: str = "The budget game",
        match: Match | None = None,
        trials: int = 60,
    ) -> None:
        super().__init__(id, title)
        self.code, self.base, self.years, self.match, self.trials = read_code(code), base, years, match, trials
        #: set by a workshop; called when what other screens show may have changed
        self.room_changed: Callable[[], None] | None = None
        self._lock = threading.RLock()

    # -- what it stands on -------------------------------------------------------------------------------------------

    @functools.cached_property
    def _alone(self) -> tuple[Book, Searching]:
        made = firm(self.code, self.base, years=self.years)
        book = Book(made)
        return book, Searching(book, trials=self.trials)

    @property
    def firm(self) -> Firm:
        """The firm that is played with."""
        return self.book.firm

    @property
    def book(self) -> Book:
        """What became of every plan."""
        if self.match is not None:
            return self.match.book
        with self._lock:
            return self._alone[0]

    @property
    def searching(self) -> Searching:
        """The search for the benchmark."""
        if self.match is not None:
            return self.match.searching
        with self._lock:
            return self._alone[1]

    # -- the component -----------------------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Tell the screen everything that stays as it is."""
        told_once = described(self.firm, room=self.match is not None)
        return {"kind": self.kind, "id": self.id, "title": self.title, **told_once}

    def start(self) -> State:
        """Give the state of a learner who has done nothing yet."""
        return {"team": "", "word": ""} if self.match is not None else {"plans": []}

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """Answer a message; in a room, what a team did is in the room's file and not in the state.

        Raises
        ------
        InputError
            If the message makes no sense, or a plan is not taken, and why.
        """
        do = action(message, _DOS)
        match = self.match
        seat = Solo(self.book, self.searching, state) if match is None else Seat(match, self._changed, state)
        if do == "why":
            return state, Reply(numbered(why_of(self.firm, seat.finished()), message))
        if do == "luck":
            return state, Reply(numbered(luck_of(self.firm, seat.finished(), self.book), message))
        if do == "submit":
            seat.submit(message)
        elif do == "again":
            seat.again()
        elif do == "join":
            seat.join(message)
        return seat.state, Reply(numbered({"is": "game", **seat.screen()}, message))

    def progress(self, state: State) -> float:
        """Share of the years that are decided."""
        if self.match is None:
            plans = state.get("plans")
            return len(plans) / self.years if isinstance(plans, list) else 0.0
        return self.match.closed / self.match.firm.years if state.get("team") else 0.0

    def resume(self) -> State | None:
        """Give the years that were decided before the notebook was closed.

        Raises
        ------
        InputError, EnvironmentFailure
            If the file beside the notebook is no game's, or cannot be read.
        """
        file = self._file
        if self.match is not None or not file.exists():
            return None
        with Store.open(file) as store:
            plans = store.finding(self._kept_as)
        if plans is None:
            return None
        state: State = {"plans": plans}
        Solo(self.book, self.searching, state)  # refuses what is no plan any more
        return state

    def keep(self, state: State) -> None:
        """Keep the years decided, beside the notebook.

        Raises
        ------
        InputError, EnvironmentFailure
            If the file is no game's, or cannot be written.
        """
        if self.match is None:
            with Store.open(self._file) as store:
                store.keep_finding(self._kept_as, state["plans"])

    @property
    def _file(self) -> Path:
        return Path(f"{self.id}.db")

    @property
    def _kept_as(self) -> str:
        return f"alone {identity(self.firm)}"

    def browser_source(self) -> str:
        """Give the module that draws the game."""
        return (files("custsim.game") / "static" / "game.js").read_text(encoding="utf-8")

    def browser_style(self) -> str:
        """Give the style sheet of the game."""
        return (files("custsim.game") / "static" / "game.css").read_text(encoding="utf-8")

    # -- the room ----------------------------------------------------------------------------------------------------

    def room_opens(self, file: str | os.PathLike[str], room: str) -> None:
        """Become the game of a room: a new one in a new file, or the one that the file holds.

        Parameters
        ----------
        file
            SQLite file of the game.
        room
            Names the room; the firm of a new game is made of it.
        """
        code = None if os.path.exists(file) else code_of(room)
        self.match = Match.open(file, code, self.base, years=self.years, trials=self.trials)
        self.match.searching.ready = self._changed
        if self.match.store.years():  # it goes on with what it had not finished, and not only when a year is opened
            self.match.searching.start()

    def start_for(self, seat: str, nickname: str) -> State:
        """Give the state of a trainee who has just come in."""
        return self.start()

    def close(self) -> None:
        """Stop what runs in the background and close the file."""
        if self.match is not None:
            self.match.close()
        elif "_alone" in vars(self):
            self.searching.stop()

    def describe_trainer(self) -> dict[str, Any]:
        """Tell the trainer's page who is in, who has submitted, and what can be done now."""
        return trainer_data(self._room())

    def handle_trainer(self, message: dict[str, Any]) -> Reply:
        """Do what the trainer asks for: open_year, close_year or reveal.

        Raises
        ------
        InputError
            If it is not the moment, or something else is asked for; or if "label", what the button said that was
            pressed, is not what it says now.
        """
        match = self._room()
        do = action(message, ("look", *(one["name"] for one in match.actions())))
        if do != "look":
            match.act(do, message.get("label"))
            self._changed()
        return Reply(numbered({"is": "trainer", **self.describe_trainer()}, message))

    def scores(self) -> pd.DataFrame:
        """Give the leaderboard of a room as a table: one row a team, the leader first."""
        return table(self._room().board())

    def debrief(self) -> Debrief:
        """Compare all teams of a room along the chain, with the benchmark once it is found."""
        match = self._room()
        return Debrief(match.firm, with_benchmark(match.book, match.stories(), match.searching.found))

    def _room(self) -> Match:
        if self.match is None:
            raise InputError("this game is played alone; a workshop opens a room with room_opens")
        return self.match

    def _changed(self) -> None:
        if self.room_changed is not None:
            self.room_changed()
