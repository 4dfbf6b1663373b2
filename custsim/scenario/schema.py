"""The JSON schema of a scenario file, by which editors complete names and mark mistakes while one types."""

from __future__ import annotations

from typing import Any

from custsim.scenario.changes import opens
from custsim.scenario.parameter import Section

__all__ = ["schema_of"]

#: no parameter of a firm, but which firm it was
_OPENING = {
    "type": "object",
    "description": "What was otherwise before month 0, by path: the firm opens in the state of one with these values. "
    "Without it, it had always been as the file says.",
    "unit": "table",
    "source": "assumption: a what-if is the same firm, changed in month 0",
}

#: dialect in which pydantic writes schemas
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(model: type[Section]) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a scenario class.

    Every parameter carries its meaning as ``description``, its bounds, its default, and under ``unit`` and
    ``source`` what was declared.

    Examples
    --------
    >>> from custsim.scenario.parameter import param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> staff = schema_of(Desk)["properties"]["staff"]
    >>> staff["minimum"], staff["unit"], staff["default"]
    (1, 'persons', 4)
    """
    found = {"$schema": DIALECT, **model.model_json_schema()}
    if opens(model):
        found["properties"]["opening"] = _OPENING
    return found
