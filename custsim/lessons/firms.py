"""The bundled firms at the size of a lesson, and what comes of them: what boards show and guesses are held against.

A lesson's firm is a district of the bundled one, with at most 10,000 persons in its market, so that a move of a slider
answers at once. Boards and guesses of a lesson use the same firm and the same luck.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from custsim.experiment.measures import measure
from custsim.scenario import Scenario, load
from custsim.simulation import Run, simulate
from custsim.widgets import Headline
from custsim.widgets.numbers import headline

__all__ = ["PERSONS", "SEED", "difference", "firm", "lived", "measured", "monthly", "shown"]

#: persons in the market of a lesson's firm, at most
PERSONS = 10_000

#: the luck that boards and guesses share
SEED = 1

#: measures that boards of lessons show -> how learners read them
_LABELS = {
    "employee_satisfaction.last_year": "Employee satisfaction, last year",
    "satisfaction.first_year": "Customer satisfaction, first year",
    "satisfaction.last_year": "Customer satisfaction, last year",
    "left.first_year": "Customers lost in the first year",
    "profit.first_year": "Profit of the first year",
    "profit.total": "Profit of all years",
    "referred.total": "Won by word of mouth, all years",
    "rewards.total": "Referral rewards, all years",
}

#: a firm of its own, or the name of a bundled one
Firm: TypeAlias = str | Scenario


@functools.cache
def firm(name: str) -> Scenario:
    """Give the bundled firm of this name at the size of a lesson.

    Examples
    --------
    >>> firm("neighbourhood_bank").market.persons
    10000
    """
    whole = load(name)
    return whole.scaled(min(1.0, PERSONS / whole.market.persons))


def lived(of: Firm, changes: Mapping[str, Any] | None = None, *, seed: int = SEED, months: int | None = None) -> Run:
    """Simulate a lesson's firm, changed from month 0 on.

    Parameters
    ----------
    of
        Name of a bundled firm, or a scenario.
    changes
        Path -> value.
    seed
        The luck; that of the boards by default.
    months
        Months to live; the scenario's own by default.
    """
    base = firm(of) if isinstance(of, str) else of
    return simulate(base.change(changes) if changes else base, seed=seed, months=months)


def measured(of: Firm, what: str, changes: Mapping[str, Any] | None = None, *, seed: int = SEED) -> float:
    """Measure a lesson's firm; names as in :mod:`custsim.experiment.measures`.

    Examples
    --------
    >>> 70 < measured("neighbourhood_bank", "satisfaction") < 80
    True
    """
    return float(measure(lived(of, changes, seed=seed), what))


def difference(
    of: Firm, what: str, changes: Mapping[str, Any], *, before: Mapping[str, Any] | None = None, seed: int = SEED
) -> float:
    """Say by how much a measure differs after changes, in the same luck.

    Parameters
    ----------
    of, what, changes, seed
        As for :func:`measured`.
    before
        Changes of the firm it is compared with; none by default.
    """
    return measured(of, what, changes, seed=seed) - measured(of, what, before, seed=seed)


def monthly(
    of: Firm, column: str, changes: Mapping[str, Any] | None = None, *, seed: int = SEED
) -> NDArray[np.float64]:
    """Give a column of a lesson's firm, one number a month."""
    return lived(of, changes, seed=seed).monthly[column].to_numpy(dtype=np.float64)


def shown(*names: str) -> tuple[Headline | str, ...]:
    """Give numbers for a board, under labels that learners read.

    Examples
    --------
    >>> [one if isinstance(one, str) else one.label for one in shown("profit.total", "retention")]
    ['Profit of all years', 'retention']
    """
    return tuple(_relabelled(name) if name in _LABELS else name for name in names)


def _relabelled(name: str) -> Headline:
    """A measure under a label that says which year it is of, so that its unit need not say "a year"."""
    found = headline(name)
    unit = found.unit.removesuffix(" a year") if name.endswith(".first_year") else found.unit
    return dataclasses.replace(found, label=_LABELS[name], unit=unit)
