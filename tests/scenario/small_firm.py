"""A scenario small enough to see through, on which the machinery around scenarios is tested."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from custsim.errors import InputError
from custsim.scenario.parameter import Section, param


class Desk(Section):
    """The complaint desk."""

    staff: int = param(4, unit="persons", meaning="Staff at the desk.", source="assumption", ge=1, le=500)
    compensation: float = param(
        1.0, unit="losses", meaning="What a complainer gets.", source="Smith 1999: best near 1", ge=0
    )
    closes: bool = param(False, unit="true or false", meaning="Whether the desk closes at night.", source="assumption")


class Loyalty(Section):
    """Who stays."""

    relationship: Literal["contractual", "noncontractual"] = param(
        "contractual",
        unit="kind",
        meaning="How customers are bound.",
        source="assumption",
        choices={"contractual": "renewed each month", "noncontractual": "leaves unseen"},
    )
    churn: float = param(0.02, unit="1/month", meaning="Share that leaves.", source="assumption", gt=0, lt=1)
    floor: float | None = param(None, unit="1/month", meaning="Lowest churn.", source="assumption", ge=0)


class Segment(Section):
    """A group of customers."""

    name: str = param(..., unit="text", meaning="What the group is called.", source="assumption")
    share: float = param(1.0, unit="share", meaning="Share of the market.", source="assumption", ge=0, le=1)
    desk: Desk = Desk()


class Price(Section):
    """A price change."""

    kind: Literal["price"] = param("price", unit="kind", meaning="Kind.", source="assumption")
    month: int = param(12, unit="months", meaning="When.", source="assumption", ge=0)


class Shift(Section):
    """Other values from some month on."""

    kind: Literal["shift"] = param("shift", unit="kind", meaning="Kind.", source="assumption")
    changes: dict[str, float | str] = param({}, unit="table", meaning="Path to value.", source="assumption")


class Firm(Section):
    """A firm."""

    name: str = param("firm", unit="text", meaning="What the firm is called.", source="assumption", min_length=1)
    complaints: Desk = Desk()
    loyalty: Loyalty = Loyalty()
    weights: tuple[float, ...] = param((1.0, 2.0), unit="1", meaning="Weights.", source="assumption", min_length=1)
    segments: tuple[Segment, ...] = (Segment(name="young", share=0.25), Segment(name="old", share=0.75))
    interventions: tuple[Annotated[Price | Shift, Field(discriminator="kind")], ...] = ()

    @model_validator(mode="after")
    def _shares(self) -> Firm:
        problems = []
        total = sum(segment.share for segment in self.segments)
        if abs(total - 1) > 1e-9:
            problems.append(f"segments: shares must add up to 1, got {total:g}")
        if self.complaints.closes and self.complaints.staff > 100:
            problems.append("complaints.staff: must be at most 100 where the desk closes, got more")
        if problems:
            raise InputError(problems)
        return self
