"""Changing a scenario: by dotted paths, validated as a whole, never in place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from custsim.errors import InputError
from custsim.scenario.parameter import Section
from custsim.scenario.paths import fields_at, join_path, parse_path, suggestion
from custsim.scenario.problems import shown, validated

__all__ = ["assignments", "built", "change", "changes_between", "flattened", "opens", "otherwise_before", "plain"]

Changed = TypeVar("Changed", bound=Section)

#: parts of a scenario that mean nothing to a run that is under way
_NOT_LEVERS = ("name", "title", "description", "currency", "time", "segments", "interventions")

#: what does not act on the state a firm opens in
_NOT_BEFORE = ("name", "title", "description", "currency", "time.months", "time.start", "interventions")

_BARE_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def change(scenario: Changed, changes: Mapping[str, Any]) -> Changed:
    """Return a new scenario in which some parameters have other values.

    Parameters
    ----------
    scenario
        Scenario to start from; it stays as it is.
    changes
        Dotted path -> new value. A list is replaced as a whole; a table given for a section changes the parameters it
        names and leaves the others.

    Returns
    -------
    Section
        A scenario of the same class. Comments of the file the first one came from go with it.

    Raises
    ------
    InputError
        With one line for each path that does not exist (and the nearest that does), each value out of bounds or of
        the wrong type, and each combination that cannot be.

    Examples
    --------
    >>> from custsim.scenario.parameter import param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> change(Desk(), {"staff": 8}).staff
    8
    >>> change(Desk(), {"staf": 8})
    Traceback (most recent call last):
    custsim.errors.InputError: staf: no such parameter; did you mean staff?
    """
    data = plain(scenario)
    problems: list[str] = []
    for path, value in changes.items():
        try:
            _put(data, parse_path(path), plain(value), type(scenario))
        except InputError as error:
            problems += error.problems
    changed = built(type(scenario), data, also=problems)
    changed._text = scenario._text
    return changed


def built(model: type[Changed], data: Mapping[str, Any], also: Sequence[str] = ()) -> Changed:
    """Build a scenario from plain data, its interventions included, or report everything that is wrong.

    The changes of an intervention are checked as if they were made before the run, and may be written as nested
    tables (``change = {complaints.staff = 8}`` without quotation marks is one in TOML). A table ``opening`` holds what
    was otherwise before month 0: the firm opens in the state of one with these values.

    Raises
    ------
    InputError
        With one line a problem; ``also`` holds those found before.
    """
    before = data.get("opening") if opens(model) else None
    if before is not None:
        data = {name: value for name, value in data.items() if name != "opening"}
    listed = data.get("interventions")
    if isinstance(listed, (list, tuple)):
        data = {**data, "interventions": [_with_paths(item) for item in listed]}
        # Names can be looked up whatever else is wrong; values and combinations only in a scenario that holds together.
        also = [*also, *_wrong_paths_in_interventions(model, data["interventions"])]
    scenario = validated(model, data, also)
    problems = list(_intervention_problems(scenario))
    if problems:
        raise InputError(problems)
    return scenario if before is None else _opened(scenario, before)


def opens(model: type[Section]) -> bool:
    """Whether scenarios of a class open in the state of a firm, which may be that of another one."""
    return "_opening" in model.__private_attributes__


def changes_between(one: Section, other: Section) -> dict[str, Any]:
    """Changes that make one scenario the other: path -> new value; lists are replaced as a whole.

    Examples
    --------
    >>> from custsim.scenario.parameter import param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> changes_between(Desk(), Desk(staff=9))
    {'staff': 9}
    """
    return _apart(plain(one), plain(other), "")


def _apart(one: Mapping[str, Any], other: Mapping[str, Any], above: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in other.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, dict) and isinstance(one.get(name), dict) and (value or one[name]):
            found |= _apart(one[name], value, path)
        elif one.get(name) != value:
            found[path] = value
    return found


def otherwise_before(scenario: Section) -> dict[str, Any]:
    """Tell what was otherwise before month 0, by path: the values of the firm it opens in that differ and act there."""
    opening = getattr(scenario, "opening") if opens(type(scenario)) else scenario  # noqa: B009  # of some classes only
    return {path: value for path, value in changes_between(scenario, opening).items() if path not in _NOT_BEFORE}


def _opened(scenario: Changed, before: Any) -> Changed:
    """Give a scenario the firm it opens in: the same one, with the values of a table ``opening``."""
    if not isinstance(before, Mapping):
        raise InputError(
            f'opening: must be a table of paths and values, such as "complaints.staff" = 4, got {before!r}'
        )
    values = flattened(plain(before))
    fixed = {
        path for path in values if path in scenario.STRUCTURE or path in _NOT_BEFORE or path.startswith("interventions")
    }
    problems = [
        f"opening: {path}: a firm is the same in this from its opening on, or another firm; leave it out"
        for path in values
        if path in fixed
    ]
    acting = {path: value for path, value in values.items() if path not in fixed}
    try:
        opening = change(scenario, {**acting, "interventions": []})
    except InputError as error:
        problems += [f"opening: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    scenario._opening = opening  # type: ignore[attr-defined]
    return scenario


def flattened(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Write nested tables as one table of dotted paths.

    Examples
    --------
    >>> flattened({"complaints": {"staff": 8}, "loyalty.churn": 0.1})
    {'complaints.staff': 8, 'loyalty.churn': 0.1}
    """
    found: dict[str, Any] = {}
    for name, value in table.items():
        path = f"{above}.{name}" if above else name
        found.update(flattened(value, path) if isinstance(value, Mapping) and value else {path: value})
    return found


def _with_paths(item: Any) -> Any:
    item = plain(item)
    if isinstance(item, dict) and isinstance(item.get("change"), dict):
        return {**item, "change": flattened(item["change"])}
    return item


def _wrong_paths_in_interventions(model: type[Section], items: Sequence[Any]) -> Iterator[str]:
    for index, item in enumerate(items):
        changes = item.get("change") if isinstance(item, dict) else None
        for path in changes if isinstance(changes, dict) else ():
            try:
                _refuse_path(model, path)
            except InputError as error:
                yield from (f"interventions[{index}].change: {problem}" for problem in error.problems)


def _refuse_path(model: type[Section], path: str) -> None:
    """Refuse what is no path, leads to no parameter, or leads to one that is fixed for a run."""
    steps = parse_path(path)
    for position, step in enumerate(steps):
        names = fields_at(model, steps[:position])
        if names and step not in names:
            hint = suggestion(model, steps[: position + 1], steps[position + 1 :])
            raise InputError(f"{path}: no such parameter{hint}")
    if steps[0] in _NOT_LEVERS or join_path(steps) in model.STRUCTURE:
        raise InputError(f"{path}: cannot change during a run; set it in the scenario itself")


def _intervention_problems(scenario: Section) -> Iterator[str]:
    """Make each intervention's changes in the scenario, to see whether a run could."""
    for index, item in enumerate(getattr(scenario, "interventions", ())):
        changes = getattr(item, "change", None)
        if isinstance(changes, Mapping):
            data: dict[str, Any] = {**plain(scenario), "interventions": []}
            problems: list[str] = []
            for path, value in changes.items():
                try:
                    _put(data, parse_path(path), plain(value), type(scenario))
                except InputError as error:
                    problems += error.problems
            try:
                validated(type(scenario), data, also=problems)
            except InputError as error:
                yield from (f"interventions[{index}].change: {problem}" for problem in error.problems)


def assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Read changes written as ``path=value``, the value as in a TOML file.

    Text may do without quotation marks, since shells take them away, and a number without a digit before or after its
    decimal point.

    Raises
    ------
    InputError
        With one line for each text that has no ``=`` or no path.

    Examples
    --------
    >>> assignments(["complaints.staff=8", "segments[0].share=.3", "loyalty.relationship=contractual"])
    {'complaints.staff': 8, 'segments[0].share': 0.3, 'loyalty.relationship': 'contractual'}
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            problems.append(f"{text!r} is not a change; write it like complaints.staff=8")
            continue
        try:
            found[join_path(parse_path(path))] = _toml_value(value.strip())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def plain(value: Any) -> Any:
    """Turn sections into tables and NumPy's numbers and arrays into Python's, all the way down.

    Examples
    --------
    >>> plain({"staff": (1, 2)})
    {'staff': [1, 2]}
    """
    if isinstance(value, Section):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(item) for item in value]
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


def _toml_value(text: str) -> Any:
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return float(text) if _BARE_NUMBER.fullmatch(text) else text
    return read["value"] if len(read) == 1 else text


def _put(data: Any, steps: tuple[str | int, ...], value: Any, model: type[Section]) -> None:
    """Set the value at a path, or say where the path leaves what exists."""
    for position, step in enumerate(steps):
        here, last = steps[: position + 1], position == len(steps) - 1
        if isinstance(step, int):
            if not isinstance(data, list):
                raise InputError(f"{join_path(here)}: {join_path(here[:-1])} is not a list")
            if not 0 <= step < len(data):
                raise InputError(f"{join_path(here)}: there are {len(data)}, counted from 0")
        elif isinstance(data, list):
            above = join_path(here[:-1])
            raise InputError(
                f"{join_path(steps)}: {above} is a list of {len(data)}; write {above}[0] for its first item"
            )
        elif not isinstance(data, dict):
            raise InputError(f"{join_path(steps)}: no such parameter; {join_path(here[:-1])} is {shown(data)}")
        elif not fields_at(model, here[:-1]):
            # A table with names of its own, such as the changes an intervention makes: the rest is one name.
            data[join_path(steps[position:])] = value
            return
        elif step not in data:
            raise InputError(f"{join_path(steps)}: no such parameter{suggestion(model, here, steps[position + 1 :])}")
        if last and isinstance(value, dict) and isinstance(data[step], dict) and fields_at(model, here):
            data[step].update(value)
        elif last:
            data[step] = value
        else:
            data = data[step]
