"""The monthly table: what each column is, and the profit and loss account of a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from custsim.chain import internal_service, profit
from custsim.scenario.model import DRIVERS, Scenario

__all__ = ["CHARGED", "COLUMNS", "COSTS", "MARGINS", "MONTHLY", "Column", "close_accounts"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the monthly table.

    Attributes
    ----------
    name, label, unit
        Name in the table, label for pictures, unit ("currency" is the scenario's).
    """

    name: str
    label: str
    unit: str


def _columns(*rows: str) -> tuple[Column, ...]:
    return tuple(Column(*(part.strip() for part in row.split("|"))) for row in rows)


#: every column of ``Run.monthly``, along the chain; indices are 0-100, shares 0-1
COLUMNS = _columns(
    "internal_service | Internal service quality | index 0-100",
    "internal_wait_days | Time to an internal answer | working days",
    "employees | Employees serving customers | persons",
    "vacancies | Vacant positions | persons",
    "quits | Employees who quit | persons",
    "hired | Employees hired | persons",
    "employee_satisfaction | Employee satisfaction | index 0-100",
    "skill | Skill of the staff | share of full skill",
    "work_pressure | Work pressure | 1",
    "visit_hours | Time given per visit | hours",
    "norm_hours | Norm of time per visit | hours",
    "served_share | Share of visits that could be served | share",
    "service_quality | Service quality as customers weigh it | index 0-100",
    "customers | Customers at the start | persons",
    "visits | Visits served | visits",
    "unserved | Visits turned away | visits",
    "satisfaction | Cumulative satisfaction | index 0-100",
    "reported_satisfaction | Reported satisfaction | index 0-100",
    "satisfied_share | Satisfied customers | share",
    "top_box_share | Very satisfied customers (90 and above) | share",
    "minor_failures | Minor failures | failures",
    "major_failures | Major failures | failures",
    "complaints | Complaints raised | complaints",
    "silent_failures | Failures nobody complained about | failures",
    "answered | Complaints answered | complaints",
    "gave_up | Complaints given up waiting | complaints",
    "satisfied_complaints | Complaints closed to satisfaction | complaints",
    "response_days | Time until a complaint was answered or given up | working days",
    "open_complaints | Complaints open at the end | complaints",
    "prevention | Share of failures learned from | share",
    "left | Customers lost | persons",
    "saved | Leavers held by an offer | persons",
    "recommending | Customers who recommended | persons",
    "warning | Customers who warned | persons",
    "recommendations | Recommendations heard | messages",
    "warnings | Warnings heard | messages",
    "joined | Customers won | persons",
    "referred | of them by word of mouth | persons",
    "won_back | of them won back | persons",
    "customers_end | Customers at the end | persons",
    "revenue | Revenue | currency",
    "base | Base profit of customers | currency",
    "growth | Purchase growth | currency",
    "saving | Cost saving | currency",
    "premium | Price premium | currency",
    "acquisition | Acquisition | currency",
    "rewards | Referral rewards | currency",
    "compensation | Compensation | currency",
    "offers | Retention offers accepted or declined by leavers | currency",
    "contribution | Contribution of customers | currency",
    "pay | Pay of the serving staff | currency",
    "turnover | Turnover and recruiting | currency",
    "internal_service_cost | Internal service | currency",
    "internal_desk | Internal support desk | currency",
    "complaint_desk | Complaint desk | currency",
    "complaint_channel | Ease of complaining | currency",
    "lock_in | Programme that binds customers | currency",
    "false_alarms | Offers to customers who would have stayed | currency",
    "approaches | Win-back approaches | currency",
    "marketing | Advertising | currency",
    "fixed | Fixed cost | currency",
    "profit | Profit | currency",
)

#: the layers of margin, and the costs charged to a customer: contribution = sum of the first less sum of the second
MARGINS = ("base", "growth", "saving", "premium")
CHARGED = ("acquisition", "rewards", "compensation", "offers")

#: the firm's own costs: profit = contribution less their sum
COSTS = (
    "pay",
    "turnover",
    "internal_service_cost",
    "internal_desk",
    "complaint_desk",
    "complaint_channel",
    "lock_in",
    "false_alarms",
    "approaches",
    "marketing",
    "fixed",
)

#: delay in months at which recruiting costs what ``employees.recruiting_cost`` says
_USUAL_DELAY = 2.0

#: NumPy type of a month's row
MONTHLY = np.dtype([(column.name, np.float64) for column in COLUMNS])


def close_accounts(row: Any, scenario: Scenario, totals: Any, *, heads: float, quits: float, hired: float) -> None:
    """Fill the money columns of a month.

    Parameters
    ----------
    row
        One :data:`MONTHLY` whose counts and ``compensation`` are filled.
    scenario
        Levers and prices in force this month.
    totals
        Sums over the persons, one :data:`custsim.simulation.month.TOTALS`.
    heads, quits, hired
        Positions filled, vacated and filled anew this month.

    Notes
    -----
    Contribution is margins less what is charged to customers; profit is contribution less the firm's own costs.
    """
    staff, inside, loyalty, money = scenario.employees, scenario.internal_service, scenario.loyalty, scenario.profit
    customers = row["customers"]
    for name in MARGINS:
        row[name] = totals[name]
    row["revenue"] = totals["base"] + totals["growth"] + totals["premium"] + money.visit_cost * totals["visits"]
    row["acquisition"] = money.acquisition_cost * totals["joined"]
    row["rewards"] = scenario.referral.reward * totals["referred"]
    row["offers"] = loyalty.offer_cost * totals["offers"]
    row["contribution"] = sum(row[name] for name in MARGINS) - sum(row[name] for name in CHARGED)

    spend = sum(getattr(inside, name).spend for name in DRIVERS if name != "tools")
    grade = 1.0 - inside.grade_discount * "ABCD".index(inside.supplier_grade)
    row["internal_service_cost"] = heads * (spend + internal_service.purchase_cost(inside.tools.spend, grade))
    row["pay"] = heads * staff.monthly_pay * staff.pay
    row["turnover"] = quits * staff.turnover_cost * 12.0 * staff.monthly_pay * staff.pay
    row["turnover"] += hired * profit.hiring_cost(staff.hiring_delay, staff.recruiting_cost, _USUAL_DELAY)
    row["internal_desk"] = inside.desk_staff * staff.monthly_pay
    row["complaint_desk"] = scenario.complaints.staff * staff.monthly_pay
    row["complaint_channel"] = profit.complaint_channel_cost(
        scenario.complaints.ease, scenario.complaints.ease_cost, customers
    )
    row["lock_in"] = profit.lock_in_cost(loyalty.switching_cost, loyalty.switching_cost_price, customers)
    row["false_alarms"] = row["offers"] * loyalty.offer_false_alarms
    row["approaches"] = loyalty.winback_cost * totals["approaches"]
    row["marketing"] = scenario.market.marketing
    row["fixed"] = money.fixed_cost
    row["profit"] = row["contribution"] - sum(row[name] for name in COSTS)
