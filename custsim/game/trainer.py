"""What the trainer's page shows of a game: who is in, who has submitted, what can be done now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custsim.game.match import Match
from custsim.game.screen import board_data
from custsim.game.store import Team

__all__ = ["trainer_data"]


def trainer_data(match: Match) -> dict[str, Any]:
    """Tell the trainer's page everything, in words, buttons and a table.

    Parameters
    ----------
    match
        The game of the room.

    Returns
    -------
    dict
        "buttons" ("do", "label", "why" not now; each keeps its place, so that no press meets another), "words",
        "table" ("headings", "rows" as text) and "board".
    """
    year, closed, years = match.open_now, match.closed, match.firm.years
    teams, made = match.store.teams(), match.store.submissions()
    rows = [[team.name, str(team.members), *_submitted(match, team, year, made)] for team in teams]
    missing = sum((team.number, year) not in made for team in teams)
    if year is not None:
        now = f"Year {year} of {years} is open; {len(teams) - missing} of {len(teams)} teams have submitted."
    elif match.over:
        now = f"All {years} years are decided" + (" and revealed." if match.revealed else ".")
    else:
        now = f"{closed} of {years} years are decided, none is open; {len(teams)} teams have joined."
    idle = [team.name for team in teams if closed and (team.number, closed) not in made]
    if idle and year is None:
        now += f" Without a plan for year {closed}, going on as before: {', '.join(idle)}."
    words = [now, f"Code of the firm: {match.firm.code}", f"Benchmark: {match.searching.status}"]
    return {
        "buttons": [{"do": one["name"], "label": one["label"], "why": one["why"]} for one in match.actions()],
        "words": [*words, match.note] if match.note else words,
        "table": {"headings": ["Team", "Members", "This year's plan", "Word to join"], "rows": rows},
        "board": board_data(match.board()) if closed else [],
    }


def _submitted(match: Match, team: Team, year: int | None, made: Mapping[Any, Any]) -> list[str]:
    one = made.get((team.number, year))
    if year is None:
        return ["–", team.word]
    return [f"{one.cost:,.0f} {match.firm.scenario.currency}" if one is not None else "not yet", team.word]
