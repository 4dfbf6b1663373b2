"""What happened to one person, month by month, as marks on a time line: each has a lane, and words of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from custsim.simulation import Run
from custsim.simulation.population import CUSTOMER, PROSPECT

__all__ = ["LANES", "events", "lanes"]

#: lane of a time line -> its label; in the order in which things tend to follow each other
LANES = {
    "trouble": "Trouble",
    "complaint": "Complaint",
    "answer": "Answer",
    "delight": "Delight",
    "talk": "Talk",
    "leaving": "Leaving",
    "joining": "Joining",
}

#: felt satisfaction above which an answer has left somebody happier than before the trouble
_HAPPIER = 0.005

_Months: TypeAlias = dict[str, NDArray[Any]]


def _months(run: Run, person: int) -> _Months:
    """What the run knows of a person's months, and in which of them they gave up waiting for an answer."""
    table = run.followed(person)
    own = run.tickets[(run.tickets["person"] == person) & run.tickets["gave_up"]]
    months = {str(name): table[name].to_numpy() for name in table.columns}
    return months | {"gave_up": np.isin(np.arange(len(table)), own["closed"])}


def _answer(months: _Months, at: int) -> str:
    if months["gave_up"][at]:
        return "gives up waiting for an answer"
    return f"gets an answer, and is {'' if months['pleased'][at] else 'not '}satisfied with it"


def _trouble(months: _Months, at: int) -> str:
    if not (months["minor_failure"][at] or months["major_failure"][at]):
        return "comes, and is turned away"
    what = "something goes badly wrong" if months["major_failure"][at] else "something small goes wrong"
    return f"{what}, and they say nothing" if months["silent"][at] else what


def _was_here(months: _Months, at: int) -> bool:
    """Whether they had been a customer before: earlier in the run, or before it."""
    return bool(months["left"][:at].any() or (at and months["state"][0] not in (CUSTOMER, PROSPECT)))


#: lane -> when it has a mark, and the words of the mark
_TOLD: dict[str, tuple[Callable[[_Months], NDArray[np.bool_]], Callable[[_Months, int], str]]] = {
    "trouble": (lambda m: m["minor_failure"] | m["major_failure"] | m["unserved"], _trouble),
    "complaint": (lambda m: m["complained"], lambda m, at: "complains"),
    "answer": (lambda m: m["answered"], _answer),
    "delight": (lambda m: m["answered"] & (m["felt"] > _HAPPIER), lambda m, at: "is happier than before the trouble"),
    "talk": (
        lambda m: m["recommended"] | m["warned"],
        lambda m, at: "recommends the firm" if m["recommended"][at] else "warns others of the firm",
    ),
    "leaving": (
        lambda m: m["left"] | m["saved"],
        lambda m, at: "leaves" if m["left"][at] else "is about to leave, and is held by an offer",
    ),
    "joining": (lambda m: m["joined"], lambda m, at: "comes back" if _was_here(m, at) else "joins"),
}


def events(run: Run, person: int) -> list[dict[str, Any]]:
    """Tell what happened to a person in a run.

    Parameters
    ----------
    run
        A run.
    person
        Person of its market.

    Returns
    -------
    list of dict
        ``month`` (0 is the first), ``lane`` (of :data:`LANES`) and ``says``, in the order of the months.

    Raises
    ------
    InputError
        If there is no such person, or the run cannot be lived again.

    Examples
    --------
    >>> from custsim.scenario import Scenario
    >>> from custsim.simulation import simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> set(one["lane"] for one in events(run, 7)) <= set(LANES)
    True
    """
    months = _months(run, person)
    found = [
        {"month": int(at), "lane": lane, "says": says(months, int(at))}
        for lane, (there, says) in _TOLD.items()
        for at in np.flatnonzero(there(months))
    ]
    return sorted(found, key=lambda one: int(one["month"]))  # within a month in the order of the lanes


def lanes(*lives: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Give the lanes that some lives need, each with its label.

    Examples
    --------
    >>> lanes([{"month": 3, "lane": "talk", "says": "recommends the firm"}], [])
    [{'lane': 'talk', 'label': 'Talk'}]
    """
    used = {one["lane"] for life in lives for one in life}
    return [{"lane": lane, "label": label} for lane, label in LANES.items() if lane in used]
