"""A scenario as a table: every value with its unit, meaning and source, and what differs from the default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from custsim.errors import InputError
from custsim.scenario.changes import plain
from custsim.scenario.parameter import Section, valued
from custsim.scenario.paths import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Row", "describe", "frame"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a scenario's description.

    Attributes
    ----------
    path
        Dotted path, as used in ``--set`` and in :meth:`Scenario.change`.
    value, default
        Value in this scenario and where nothing is said.
    unit, meaning, source, bounds
        As declared.
    differs
        Whether the value differs from the default.
    """

    path: str
    value: Any
    unit: str
    meaning: str
    source: str
    default: Any
    bounds: str
    differs: bool

    @property
    def assumed(self) -> bool:
        """Whether the default is an assumption rather than taken from a publication."""
        return self.source.lower().startswith("assumption")


def describe(scenario: Section, section: str | None = None, *, changed: bool = False) -> list[Row]:
    """List the parameters of a scenario, in the order of the chain.

    Parameters
    ----------
    scenario
        A scenario.
    section
        Only this section, such as ``"complaints"``.
    changed
        Only what differs from the default.

    Raises
    ------
    InputError
        If the scenario has no such section.

    Examples
    --------
    >>> from custsim.scenario.parameter import param
    >>> class Desk(Section):
    ...     staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1)
    >>> [(row.path, row.value, row.default, row.differs) for row in describe(Desk(staff=8))]
    [('staff', 8, 4, True)]
    """
    names = list(type(scenario).model_fields)
    if section is not None and section not in names:
        close = nearest(section, names)
        hint = f"did you mean {close}?" if close else f"there are {', '.join(names)}"
        raise InputError(f"no section {section!r}; {hint}")
    rows = (
        Row(p.path, plain(p.value), p.unit, p.meaning, p.source, plain(p.default), p.bounds, p.differs)
        for p in valued(scenario)
    )
    return [
        row
        for row in rows
        if (section is None or row.path.replace("[", ".").split(".")[0] == section) and (row.differs or not changed)
    ]


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Put a description into a DataFrame, one row a parameter, indexed by path."""
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows], columns=list(Row.__slots__)).set_index("path")
