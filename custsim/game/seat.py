"""Who plays: a learner alone, whose state is all there is, or a trainee of a team, whose game is the room's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from custsim.errors import InputError
from custsim.game.book import Book
from custsim.game.explain import said
from custsim.game.leaderboard import leaderboard
from custsim.game.levers import read_plan
from custsim.game.match import Match, Searching, priced, scores, told
from custsim.game.screen import board_data, debrief_data, desk_data, results_data
from custsim.game.store import Team
from custsim.widgets.component import State, shown, text

__all__ = ["YOU", "Seat", "Solo"]

#: what the learner's own team is called when playing alone
YOU = "You"


#: told to a team that handed in nothing
MISSED = "You submitted no plan for year {year}, so your firm went on as before. "


class Solo:
    """A learner who plays alone: all that was done is the state."""

    def __init__(self, book: Book, searching: Searching, state: State) -> None:
        self.book, self.searching = book, searching
        self.plans = [read_plan(self.book.firm.levers, plan) for plan in state.get("plans", ())]

    @property
    def state(self) -> State:
        """The learner's state."""
        return {"plans": self.plans}

    def join(self, message: Mapping[str, Any]) -> None:
        """Refuse: there are no teams."""
        raise InputError("join: you play alone against the house rivals; there are no teams to join")

    def again(self) -> None:
        """Begin again with the same firm."""
        self.plans = []

    def submit(self, message: Mapping[str, Any]) -> None:
        """Take the plan of a year, which is lived at once."""
        year, years = whole(message.get("year"), "year"), self.book.firm.years
        if len(self.plans) >= years:
            raise InputError(f"year {year}: all {years} years are decided; play again for another try")
        if year != len(self.plans) + 1:
            when = "is closed, its plan cannot be changed" if year <= len(self.plans) else "comes later"
            raise InputError(f"year {year} {when}; it is year {len(self.plans) + 1} that is to be decided")
        plan, _ = priced(self.book.desk(self.plans), message.get("plan"))
        self.plans = [*self.plans, plan]

    def finished(self) -> list[dict[str, float | int]]:
        """Give the plans of the whole game, once it is over."""
        if len(self.plans) < self.book.firm.years:
            raise InputError(f"this is told when all {self.book.firm.years} years are decided")
        return self.plans

    def screen(self) -> dict[str, Any]:
        """Tell what the learner sees."""
        self.searching.start()
        decided, years = len(self.plans), self.book.firm.years
        page = self.book.after(self.plans)
        shown_now: dict[str, Any] = {
            "phase": "over" if decided >= years else "deciding",
            "team": YOU,
            "year": min(decided + 1, years),
            "results": results_data(page.results),
            "desk": None if decided >= years else desk_data(self.book.desk(self.plans)),
            "board": [],
            "debrief": None,
        }
        if decided:
            stories = told(self.book, [(YOU, False, list(self.plans))], decided)
            places = leaderboard(scores(stories))
            shown_now["board"] = board_data(places, YOU)
            shown_now["said"] = said(decided, page.results[-1].profit, places, YOU, self.book.firm)
            if decided >= years:
                search = self.searching
                shown_now["debrief"] = debrief_data(self.book, stories, search.found, search.status, YOU)
        return shown_now


class Seat:
    """A trainee in a room: who their team is, is in the state; what it did is in the room's file."""

    def __init__(self, match: Match, changed: Callable[[], None], state: State) -> None:
        self.match, self.changed, self.state = match, changed, dict(state)
        self.team: Team | None = None
        if state.get("team"):
            try:
                self.team = match.store.member_of(str(state["team"]), str(state.get("word", "")))
            except InputError:
                self.state = {"team": "", "word": ""}  # of another game: the trainee is asked for a team

    def again(self) -> None:
        """Refuse: it is the room's game."""
        raise InputError("again: this is the room's game; it is the trainer who begins a new one")

    def join(self, message: Mapping[str, Any]) -> None:
        """Found a team, or join one with its word."""
        if self.team is not None:
            raise InputError(f"join: you are in the team {self.team.name} already")
        name = text(message.get("team"), "team", 200)
        word = text(message.get("word", ""), "word", 40).strip()
        store = self.match.store
        self.team = store.join_team(name, word) if word else self.match.found_team(name)
        self.state = {"team": self.team.name, "word": self.team.word}
        self.changed()

    def submit(self, message: Mapping[str, Any]) -> None:
        """Hand a plan in."""
        key = text(message.get("key"), "key", 80)
        if not key:
            raise InputError("key: a submission needs a key of its own")
        self.match.submit(self._member(), whole(message.get("year"), "year"), key, message.get("plan") or {})
        self.changed()

    def finished(self) -> list[dict[str, float | int]]:
        """Give the plans of the team, once the strategies are revealed."""
        if not self.match.revealed:
            raise InputError("this is told when the trainer has revealed the strategies")
        return self.match.plans(self._member())

    def _member(self) -> Team:
        if self.team is None:
            raise InputError("you are in no team yet; found one, or join one with its word")
        return self.team

    def screen(self) -> dict[str, Any]:
        """Tell what the trainee sees."""
        match, year = self.match, self.match.open_now
        if self.team is None:
            names = [team.name for team in match.store.teams()]
            return {"phase": "join", "teams": names, "year": year or min(match.closed + 1, match.firm.years)}
        plans = match.plans(self.team)
        page = match.book.after(plans)
        told_now: dict[str, Any] = {
            "phase": self._phase(year, len(plans)),
            "team": self.team.name,
            "word": self.team.word,
            "members": self.team.members,
            "year": year or min(len(plans) + 1, match.firm.years),
            "results": results_data(page.results),
            "desk": None,
            "submission": None,
            "board": [],
            "debrief": None,
        }
        if year is not None:
            made = match.submission(self.team, year)
            told_now["desk"] = desk_data(match.desk(self.team), None if made is None else made.plan)
            told_now["submission"] = None if made is None else {"cost": made.cost, "at": made.at, "number": made.number}
        if plans:
            stories = match.stories()
            places = leaderboard(scores(stories))
            told_now["board"] = board_data(places, self.team.name)
            missed = "" if match.submission(self.team, len(plans)) else MISSED.format(year=len(plans))
            told_now["said"] = missed + said(len(plans), page.results[-1].profit, places, self.team.name, match.firm)
            if match.revealed:
                search = match.searching
                search.start()
                told_now["debrief"] = debrief_data(match.book, stories, search.found, search.status, self.team.name)
        return told_now

    def _phase(self, year: int | None, closed: int) -> str:
        if year is not None:
            return "deciding"
        if closed >= self.match.firm.years:
            return "over"
        return "waiting" if not closed else "closed"


def whole(value: Any, name: str) -> int:
    """Read a whole number from a message.

    Raises
    ------
    InputError
        If it is none, or out of all bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise InputError(f"{name}: must be a whole number, got {shown(value)}")
    return value
