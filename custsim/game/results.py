"""What a year brought: the same few numbers along the chain for screen, leaderboard and debrief."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from custsim.experiment.measures import measure
from custsim.game.firm import Firm
from custsim.game.levers import STAFFING, Plan, grade_factor
from custsim.simulation.results import Run

__all__ = ["ALONG", "Along", "YearResult", "as_json", "year_result"]


@dataclass(frozen=True, slots=True)
class Along:
    """A number along the chain: its name, label, unit, decimals and whether more of it is better."""

    name: str
    label: str
    unit: str
    decimals: int
    better: str = "more"


#: what a team sees of a year, in the order of the chain
ALONG = (
    Along("internal_service", "Internal service", "of 100", 1),
    Along("employee_satisfaction", "Employee satisfaction", "of 100", 1),
    Along("quits", "Employees who quit", "persons", 0, "less"),
    Along("work_pressure", "Work pressure", "% of what is possible", 0, "less"),
    Along("service_quality", "Service quality", "of 100", 1),
    Along("failures", "Failures", "per 100 visits", 1, "less"),
    Along("response_days", "Wait at the complaint desk", "working days", 1, "less"),
    Along("satisfaction", "Customer satisfaction", "of 100", 1),
    Along("left", "Customers lost", "persons", 0, "less"),
    Along("joined", "Customers won", "persons", 0),
    Along("referred", "of them by word of mouth", "persons", 0),
    Along("customers", "Customers at the end", "persons", 0),
    Along("revenue", "Revenue", "money", 0),
    Along("profit", "Profit", "money", 0),
    Along("equity", "Customer equity at the end", "money", 0),
)


@dataclass(frozen=True)
class YearResult:
    """One year of one team.

    Attributes
    ----------
    year
        From 1; 0 is the year before the game.
    numbers
        Name in :data:`ALONG` -> value.
    paid
        Lever -> what was in fact charged under it, currency.
    """

    year: int
    numbers: Mapping[str, float]
    paid: Mapping[str, float]

    @property
    def profit(self) -> float:
        """Profit of the year, currency."""
        return float(self.numbers["profit"])


def year_result(firm: Firm, run: Run, plans: Sequence[Plan]) -> YearResult:
    """Read the last year of a run that followed these plans: the one before the game if there are none."""
    months, plan = run.monthly.iloc[-12:], plans[-1] if plans else firm.start
    numbers = {**_numbers(months), "equity": float(measure(run, "customer_equity"))}
    return YearResult(len(plans), numbers, _paid(firm, months, plan))


def _numbers(months: pd.DataFrame) -> dict[str, float]:
    totals, means = months.sum(), months.mean()
    failures = totals["minor_failures"] + totals["major_failures"]
    closed = months["answered"] + months["gave_up"]  # each complaint counts once, not each month
    waited = float((months["response_days"] * closed).sum())
    return {
        **{name: float(means[name]) for name in ("internal_service", "employee_satisfaction", "service_quality")},
        "satisfaction": float(means["satisfaction"]),
        "response_days": waited / float(closed.sum()) if closed.any() else math.nan,
        "work_pressure": 100.0 * float(means["work_pressure"]),
        "failures": 100.0 * float(failures / totals["visits"]) if totals["visits"] else math.nan,
        **{name: float(totals[name]) for name in ("quits", "left", "joined", "referred", "revenue", "profit")},
        "customers": float(months["customers_end"].iloc[-1]),
    }


def _paid(firm: Firm, months: pd.DataFrame, plan: Plan) -> dict[str, float]:
    """Charge the account of a year to the levers."""
    heads, totals = float(months["employees"].sum()), months.sum()
    # the account has one line for all drivers of internal service; each head is given what the plan says
    inside = {name: heads * plan[f"internal_service.{name}.spend"] for name in ("tools", "training", "support")}
    inside["tools"] *= grade_factor(firm.scenario)
    return {
        **{f"internal_service.{name}.spend": amount for name, amount in inside.items()},
        STAFFING: float(totals["pay"]),
        "complaints.staff": float(totals["complaint_desk"]),
        "complaints.compensation": float(totals["compensation"]),
        "loyalty.offer_rate": float(totals["offers"] + totals["false_alarms"]),
        "referral.reward": float(totals["rewards"]),
        "market.marketing": float(totals["marketing"]),
    }


def as_json(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Write numbers for a browser: ``None`` for what is not known."""
    return {name: None if value is None or not math.isfinite(value) else round(float(value), 6)
            for name, value in numbers.items()}  # fmt: skip
