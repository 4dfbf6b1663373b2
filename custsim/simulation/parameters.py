"""The scenario as the compiled month reads it: one flat record of numbers.

Field names are the paths with underscores (``complaints.staff`` is ``complaints_staff``); a choice is the number of its
place in the declaration; a switch is 0 or 1. What several laws need and follows from others is derived here once.
"""

from __future__ import annotations

import functools
import typing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custsim.chain import loyalty, referral
from custsim.scenario.model import DIMENSIONS, REFERENCE_LEVEL, Scenario
from custsim.scenario.parameter import Section

__all__ = ["CONTRACTUAL", "PRODUCT", "RECORD", "WELL_MIXED", "pack", "pack_segments"]

#: places of the choices that the kernels ask about
CONTRACTUAL, PRODUCT, WELL_MIXED = 0, 0, 2

_SECTIONS = (
    "market",
    "internal_service",
    "employees",
    "service_quality",
    "satisfaction",
    "complaints",
    "loyalty",
    "referral",
    "profit",
)

#: quantities that follow from the parameters
_DERIVED = (
    "days",
    "reference_level",
    "reference_discontent",
    "price_factor",
    "external",
    "reward_factor",
    "tools_factor",
    "tools_price",
    "growth",
    "saving",
    "premium",
)


@functools.cache
def _fields(section: type[Section], prefix: str) -> tuple[tuple[str, tuple[str, ...], tuple[Any, ...]], ...]:
    """List (flat name, attribute path, choices) of every number, switch and choice in a section class."""
    found: list[tuple[str, tuple[str, ...], tuple[Any, ...]]] = []
    for name, info in section.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            found += [(flat, (name, *path), choices) for flat, path, choices in _fields(kind, f"{prefix}{name}_")]
        elif kind in (int, float, bool):
            found.append((f"{prefix}{name}", (name,), ()))
        elif typing.get_origin(kind) is typing.Literal:
            found.append((f"{prefix}{name}", (name,), typing.get_args(kind)))
    return tuple(found)


_FLAT = tuple(
    (flat, (section, *path), choices)
    for section in _SECTIONS
    for flat, path, choices in _fields(
        typing.cast("type[Section]", Scenario.model_fields[section].annotation), f"{section}_"
    )
)

#: NumPy type of the record
RECORD = np.dtype([(flat, np.float64) for flat, _, _ in _FLAT] + [(name, np.float64) for name in _DERIVED])


def pack(scenario: Scenario) -> NDArray[np.void]:
    """Pack a scenario into an array of one :data:`RECORD`.

    Parameters
    ----------
    scenario
        A validated scenario; of its time section only what the month needs is taken.

    Examples
    --------
    >>> float(pack(Scenario())["complaints_staff"][0])
    4.0
    """
    record = np.zeros(1, dtype=RECORD)
    row = record[0]
    for flat, path, choices in _FLAT:
        value: Any = scenario
        for name in path:
            value = getattr(value, name)
        row[flat] = choices.index(value) if choices else value
    _derive(scenario, row)
    return record


def _derive(scenario: Scenario, row: Any) -> None:
    market, talk, profit, inside = scenario.market, scenario.referral, scenario.profit, scenario.internal_service
    grade = "ABCD".index(inside.supplier_grade)
    rising = profit.tenure_profile == "rising"
    row["days"] = scenario.time.working_days_per_month
    row["reference_level"] = REFERENCE_LEVEL
    row["reference_discontent"] = loyalty.discontent(
        scenario.loyalty.satisfaction_reference, scenario.loyalty.top, scenario.loyalty.floor, scenario.loyalty.exponent
    )
    row["price_factor"] = loyalty.price_effect(market.price, market.price_sensitivity)
    row["external"] = referral.external_influence(
        market.join_base, market.join_advertised, market.marketing, market.marketing_scale
    )
    row["reward_factor"] = referral.reward_factor(talk.reward, talk.reward_effect, talk.reward_scale)
    row["tools_factor"] = 1.0 - inside.grade_loss * grade
    row["tools_price"] = 1.0 - inside.grade_discount * grade
    row["growth"] = profit.purchase_growth if rising else 0.0
    row["saving"] = profit.cost_saving if rising else 0.0
    row["premium"] = profit.price_premium if rising else 0.0


def pack_segments(scenario: Scenario) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pack what the segments value.

    Returns
    -------
    weights, curvatures
        Shape (segments, 5), in the order of :data:`custsim.scenario.model.DIMENSIONS`; curvatures for
        :func:`custsim.chain.service_quality.kano`.
    """
    curvature = scenario.service_quality.kano_curvature
    sign = {"must_be": curvature, "linear": 0.0, "attractive": -curvature}
    weights = [[getattr(segment, f"{name}_weight") for name in DIMENSIONS] for segment in scenario.segments]
    bends = [[sign[getattr(segment, f"{name}_kind")] for name in DIMENSIONS] for segment in scenario.segments]
    return np.array(weights, dtype=np.float64), np.array(bends, dtype=np.float64)
