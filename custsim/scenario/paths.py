"""Dotted paths to parameters, such as ``complaints.staff`` or ``segments[0].share``, and the nearest right one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from custsim.errors import InputError
from custsim.scenario.parameter import declared, is_list, sections_in

__all__ = ["fields_at", "join_path", "nearest", "parse_path", "suggestion"]

_STEP = re.compile(r"(?P<name>[^.\[\]\s]+)|\[(?P<index>-?\d+)\]")


def parse_path(path: str) -> tuple[str | int, ...]:
    """Split a dotted path into names and indices.

    Raises
    ------
    InputError
        If the text is not a path.

    Examples
    --------
    >>> parse_path("segments[0].share")
    ('segments', 0, 'share')
    """
    steps: list[str | int] = []
    position, text = 0, path.strip()
    while position < len(text):
        dotted = bool(steps) and text[position] == "."
        match = _STEP.match(text, position + dotted)
        if match is None or (match["name"] is not None and bool(steps) != dotted) or (match["index"] and dotted):
            break
        steps.append(match["name"] if match["name"] is not None else int(match["index"]))
        position = match.end()
    if not steps or position < len(text) or not isinstance(steps[0], str):
        raise InputError(
            f"{path!r} is not the path of a parameter; write it like complaints.staff or segments[0].share"
        )
    return tuple(steps)


def join_path(steps: Iterable[str | int]) -> str:
    """Write names and indices as a dotted path.

    Examples
    --------
    >>> join_path(("segments", 0, "share"))
    'segments[0].share'
    """
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def nearest(name: str, candidates: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the candidate that looks most like a misspelt name, or ``None`` if none does.

    Examples
    --------
    >>> nearest("complaint", ["complaints", "employees"])
    'complaints'
    """
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=likeness)
    return by_lower[found[0]] if found else None


def fields_at(section: type[BaseModel], steps: Sequence[str | int]) -> list[str]:
    """List the names that may stand below a path; empty where the path ends at a value or nowhere."""
    here: tuple[type[BaseModel], ...] = (section,)
    listed = False
    for step in steps:
        if isinstance(step, int):
            listed = False
            continue
        annotations: list[Any] = [part.model_fields[step].annotation for part in here if step in part.model_fields]
        here = tuple(found for annotation in annotations for found in sections_in(annotation))
        listed = any(is_list(annotation) for annotation in annotations)
    return [] if listed else list(dict.fromkeys(name for part in here for name in part.model_fields))


def suggestion(section: type[BaseModel], steps: Sequence[str | int], rest: Sequence[str | int] = ()) -> str:
    """Say which parameter was meant by a path that does not exist, as "; did you mean x?", or nothing.

    ``steps`` ends at the misspelt name; ``rest`` is what was written after it.

    Names beside the misspelt one are preferred; then the same or a similar name in another section; then the whole
    path that looks most like it.
    """
    *above, last = steps
    beside = nearest(str(last), fields_at(section, above))
    if beside is not None:
        return f"; did you mean {join_path([*above, beside, *rest])}?"
    paths = [parameter.path for parameter in declared(section)]
    by_name: dict[str, str] = {}
    for path in paths:
        by_name.setdefault(path.rsplit(".", 1)[-1], path)
    elsewhere = by_name.get(str(last)) or nearest(join_path([*steps, *rest]), paths, likeness=0.8)
    if elsewhere is None:
        close = nearest(str(last), by_name, likeness=0.8)
        elsewhere = by_name[close] if close else None
    return f"; did you mean {elsewhere}?" if elsewhere else ""
