"""What the trainer sees of the room: who is in, how far they are, and how answers spread, without names."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psutil

from custsim.widgets.component import Component
from custsim.workshop.prepare import Shared
from custsim.workshop.room import Room, Seat
from custsim.workshop.store import KeptAnswer

__all__ = ["shared_views", "snapshot", "spread"]

_log = logging.getLogger("custsim.workshop")

#: wrong answers that are listed, the most frequent first
_LISTED = 6
#: characters of an answer that are listed
_LONGEST = 40
#: bars of a picture of guesses, at most
_BARS = 12
#: a warning is given below this much free memory, MiB
_SHORT_MIB = 500


def snapshot(room: Room) -> dict[str, Any]:
    """Describe the room for the trainer's page, as JSON."""
    now = time.time()
    free = psutil.virtual_memory().available / 2**20
    warnings = [room.trouble] if room.trouble else []
    if free < _SHORT_MIB:
        warnings.append(f"This computer has only {free:.0f} MiB of free memory: close what you do not need.")
    revealed = 0 if room.phase == "waiting" else room.revealed
    return {
        "is": "room",
        **room.shown(),
        "titles": [page.title for page in room.prepared.pages],
        "untold": any(page.tells for page in room.prepared.pages[room.told : revealed]),
        "checkpoints": [
            {"id": part.id, "step": number, "open": number <= revealed}
            for number, page in enumerate(room.prepared.pages, start=1)
            for part in page.components
            if part in room.checkpoints
        ],
        "people": [_person(room, seat, now) for seat in room.seats.values()],
        "seated": room.seated(),
        "most": room.limits.most,
        "memory_mib": round(psutil.Process().memory_info().rss / 2**20),
        "free_mib": round(free),
        "warnings": warnings,
        "questions": [
            {"step": number, **told}
            for number, page in enumerate(room.prepared.pages[:revealed], start=1)
            for part in page.components
            if (told := _question(room, part)) is not None
        ],
    }


def shared_views(room: Room) -> tuple[list[dict[str, Any]], list[str]]:
    """Describe the revealed components that the whole room shares, such as a game; may read a file.

    Returns
    -------
    list, list
        What each shows, and a warning for each that cannot be shown: the rest of the room is shown all the same.
    """
    pages = room.prepared.pages[: 0 if room.phase == "waiting" else room.revealed]
    parts = [part for page in pages for part in page.components if isinstance(part, Shared)]
    views, warnings = [], []
    for part in parts:
        try:
            views.append({"of": part.id, **part.describe_trainer()})
        except Exception as error:
            _log.exception("%s cannot be shown to the trainer", part.id)
            warnings.append(f"{part.id} cannot be shown at present: {error}")
    return views, warnings


def _person(room: Room, seat: Seat, now: float) -> dict[str, Any]:
    return {
        "id": seat.id,
        "nickname": seat.nickname,
        "here": seat.screen is not None,
        "quiet_minutes": int((now - seat.kept.seen) / 60),
        "progress": [seat.progress.get(component.id, 0.0) for component in room.checkpoints],
        "done": room.done(seat),
    }


def _question(room: Room, component: Component) -> dict[str, Any] | None:
    """Tell how a question or a guess was answered; None where nothing is asked."""
    description = component.describe()
    asked = description if "question" in description else description.get("guess")
    if not asked:
        return None
    given = [seat.kept.answers[component.id] for seat in room.seats.values() if seat.kept.answers.get(component.id)]
    return {"of": component.id, "question": asked["question"], "unit": asked.get("unit") or "", **spread(asked, given)}


def spread(asked: dict[str, Any], given: Sequence[Sequence[KeptAnswer]]) -> dict[str, Any]:
    """Tell how answers spread, without names.

    Parameters
    ----------
    asked
        What was asked, as its component describes it.
    given
        For each trainee who answered: the answers, in order.

    Returns
    -------
    dict
        ``answered`` (trainees), ``right_first``, ``right_later``, ``not_yet`` where there is a right answer, and
        ``bars``: text and number of trainees, by the first answer of each; ``curves`` that were drawn, one over the
        other.

    Examples
    --------
    >>> right, wrong = KeptAnswer([1], True), KeptAnswer([0], False)
    >>> told = spread({"options": ["price", "silence"]}, [[right], [wrong, right], [wrong]])
    >>> told["right_first"], told["right_later"], told["not_yet"]
    (1, 1, 1)
    >>> told["bars"]
    [{'text': 'price', 'count': 2}, {'text': 'silence', 'count': 1}]
    """
    first = [answers[0] for answers in given]
    told: dict[str, Any] = {"answered": len(given), "bars": _bars(asked, first)}
    if asked.get("form") == "curve":
        told["curves"] = {
            "low": asked["low"],
            "high": asked["high"],
            "from": asked["across"].format(f"{asked['at'][0]:g}"),
            "to": asked["across"].format(f"{asked['at'][-1]:g}"),
            "drawn": [answer.given for answer in first if isinstance(answer.given, list)],
        }
    judged = [[answer.right for answer in answers] for answers in given if answers[-1].right is not None]
    if judged:
        at_once = sum(bool(marks[0]) for marks in judged)
        later = sum(any(marks[1:]) and not marks[0] for marks in judged)
        told |= {"right_first": at_once, "right_later": later, "not_yet": len(judged) - at_once - later}
    return told


def _bars(asked: dict[str, Any], first: Sequence[KeptAnswer]) -> list[dict[str, Any]]:
    options = asked.get("options")
    if isinstance(options, list):
        chosen = Counter(option for answer in first if isinstance(answer.given, list) for option in answer.given)
        return [{"text": str(text), "count": chosen[number]} for number, text in enumerate(options)]
    values = [float(answer.given) for answer in first if isinstance(answer.given, int | float)]
    if values:
        return _histogram(values, asked)
    texts = Counter(str(answer.given).strip()[:_LONGEST] for answer in first if isinstance(answer.given, str))
    return [{"text": text, "count": count} for text, count in texts.most_common(_LISTED)]


def _histogram(values: Sequence[float], asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Count guesses in bars of a round width, about a dozen over the range that could be guessed.

    Examples
    --------
    >>> _histogram([22, 24, 61], {"low": 0, "high": 100})[0]
    {'text': '20 to 30', 'count': 2}
    """
    scale = 100 if asked.get("percent") else 1
    low, high = (scale * float(asked.get(end, limit)) for end, limit in (("low", min(values)), ("high", max(values))))
    width = _round_width((high - low) / _BARS)
    counts = Counter(math.floor(min(scale * value, math.nextafter(high, low)) / width) for value in values)
    return [
        {"text": f"{bar * width:,.10g} to {(bar + 1) * width:,.10g}", "count": counts[bar]}
        for bar in range(min(counts), max(counts) + 1)
    ]


def _round_width(width: float) -> float:
    """Round a width up to 1, 2 or 5 times a power of ten."""
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= 0.999 * width)
