"""What is wrong with a scenario, one plain line a problem: path, bound, value, and the nearest right name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from custsim.errors import InputError
from custsim.scenario.parameter import bound_in_words
from custsim.scenario.paths import fields_at, join_path, nearest, suggestion

__all__ = ["problems_of", "shown", "validated"]

Model = TypeVar("Model", bound=BaseModel)

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of ordinary size",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "none_required": "left out",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
}

_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}

_LENGTHS = {
    "too_short": ("at least", "min_length", "item"),
    "too_long": ("at most", "max_length", "item"),
    "string_too_short": ("at least", "min_length", "character"),
    "string_too_long": ("at most", "max_length", "character"),
}

_LEADING_PATH = re.compile(r"^([a-z_][a-z0-9_]*)((?:\[\d+\])?(?:\.[a-z_][a-z0-9_]*(?:\[\d+\])?)*): ")


def validated(model: type[Model], data: Mapping[str, Any], also: Sequence[str] = ()) -> Model:
    """Build a model from plain data, or report everything that is wrong with the data.

    Parameters
    ----------
    model
        A section class, usually the scenario's.
    data
        Plain tables, lists and values.
    also
        Problems found before, to be reported with the rest.

    Raises
    ------
    InputError
        With one line a problem.
    """
    found = list(also)
    try:
        built = model.model_validate(dict(data))
    except ValidationError as error:
        found += problems_of(error, model, data)
    if found:
        raise InputError(found)
    return built


def problems_of(error: ValidationError, model: type[BaseModel], data: Any) -> list[str]:
    r"""Put what pydantic found into plain lines, in the order in which it was found.

    Examples
    --------
    >>> from custsim.scenario.parameter import Section, param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> data = {"staff": -3, "staf": 2}
    >>> try:
    ...     Desk.model_validate(data)
    ... except ValidationError as error:
    ...     print(*problems_of(error, Desk, data), sep="\n")
    staff: must be at least 1, got -3
    staf: no such parameter; did you mean staff?
    """
    lines: dict[str, None] = {}
    wrong_kind: dict[str, list[str]] = {}
    for item in error.errors(include_url=False):
        steps = _steps_in(item["loc"], data, keep_last=item["type"] == "missing")
        path, kind = join_path(steps), _KINDS.get(item["type"])
        if kind is None:
            lines.update(dict.fromkeys(_lines(item, steps, model)))
            continue
        # A value that may be of several kinds fails once for each of them: one line names them all.
        kinds = wrong_kind.setdefault(path, [])
        lines.pop(_kind_line(path, kinds, item["input"]), None)
        kinds += [kind] if kind not in kinds else []
        lines[_kind_line(path, kinds, item["input"])] = None
    return list(lines)


def shown(value: Any, longest: int = 60) -> str:
    """Write a value the way a scenario file would, cut short if it is long.

    Examples
    --------
    >>> shown(True), shown("fast"), shown(-3), shown((1, 2))
    ('true', "'fast'", '-3', '[1, 2]')
    """
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, Mapping):
        text = "a table"
    elif isinstance(value, (list, tuple)):
        text = f"[{', '.join(shown(item) for item in value)}]"
    else:
        text = repr(value) if isinstance(value, (str, bytes, type(None))) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _kind_line(path: str, kinds: Sequence[str], value: Any) -> str:
    return f"{path or 'scenario'}: must be {' or '.join(kinds)}, got {shown(value)}"


def _steps_in(loc: Sequence[str | int], data: Any, *, keep_last: bool) -> list[str | int]:
    """Drop from a location what is not in the data: pydantic adds the names of a union's members."""
    steps: list[str | int] = []
    for position, step in enumerate(loc):
        inside = (isinstance(data, Mapping) and step in data) or (
            isinstance(data, (list, tuple)) and isinstance(step, int) and -len(data) <= step < len(data)
        )
        if inside:
            data = data[step]
        elif isinstance(data, BaseModel) and step in type(data).model_fields:
            data = getattr(data, str(step))
        elif not (keep_last and position == len(loc) - 1):
            continue
        steps.append(step)
    return steps


def _lines(item: Any, steps: Sequence[str | int], model: type[BaseModel]) -> list[str]:
    path, kind, value, context = join_path(steps), item["type"], item["input"], item.get("ctx", {})
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return [f"{path}: must be {words} {bound_in_words(context[name])}, got {shown(value)}"]
    if kind in _LENGTHS:
        words, name, thing = _LENGTHS[kind]
        length = context[name]
        return [f"{path}: must have {words} {length} {thing}{'s' * (length != 1)}, got {len(value)}"]
    if kind == "extra_forbidden":
        return [f"{path}: no such parameter{suggestion(model, steps)}"]
    if kind == "missing":
        return [f"{path}: must be given"]
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return [_choice_line(path, kind, value, context)]
    if kind == "union_tag_not_found":
        return [f"{path}: {str(context.get('discriminator', 'kind')).strip(chr(39))} must be given"]
    if kind in ("value_error", "assertion_error"):
        raised = context.get("error")
        found = raised.problems if isinstance(raised, InputError) else (str(raised),)
        return [_below(steps, line, model) for line in found]
    return [f"{path or 'scenario'}: {item['msg'][:1].lower()}{item['msg'][1:]}, got {shown(value)}"]


def _choice_line(path: str, kind: str, value: Any, context: Mapping[str, Any]) -> str:
    if kind == "union_tag_invalid":
        path, value = f"{path}.{str(context['discriminator']).strip(chr(39))}", context["tag"]
    expected = str(context.get("expected") or context.get("expected_tags", ""))
    names = re.findall(r"'([^']*)'", expected)
    close = nearest(value, names) if isinstance(value, str) else None
    hint = f"; did you mean {close!r}?" if close else ""
    return f"{path}: must be {'one of ' if len(names) > 1 else ''}{expected}, got {shown(value)}{hint}"


def _below(steps: Sequence[str | int], line: str, model: type[BaseModel]) -> str:
    """Put the path of a section before what the section's own check said about one of its parameters."""
    if not steps:
        return line
    match = _LEADING_PATH.match(line)
    if match and match[1] in fields_at(model, steps):
        return f"{join_path(steps)}.{line}"
    return f"{join_path(steps)}: {line}"
