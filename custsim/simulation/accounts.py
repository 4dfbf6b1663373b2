"""The monthly table: what each column is, the profit and loss account of a month, and what the firm learned in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custsim.chain import complaints, internal_service, profit
from custsim.chain.complaints import prevention_level
from custsim.chain.internal_service import purchase_cost
from custsim.chain.profit import complaint_channel_cost, hiring_cost, lock_in_cost
from custsim.simulation.compiled import kernel, use_laws

__all__ = ["CHARGED", "COLUMNS", "COSTS", "MARGINS", "MONTHLY", "Column", "close_accounts"]

use_laws(internal_service, complaints, profit)


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

#: months over which the hostility of customers is felt
_HOSTILITY_MONTHS = 3.0

#: NumPy type of a month's row
MONTHLY = np.dtype([(column.name, np.float64) for column in COLUMNS])


@kernel(inner=True)
def _count(
    firm: NDArray[np.void],
    staff_sums: NDArray[np.float64],
    desk_sums: NDArray[np.float64],
    talk_sums: NDArray[np.float64],
    totals: NDArray[np.void],
    row: NDArray[np.void],
) -> None:
    """Fill the columns that count and measure persons, employees and the desks."""
    f, t, r = firm[0], totals[0], row[0]
    heads, handled = r.employees, desk_sums[0] + desk_sums[1]
    r.employee_satisfaction = 100.0 * staff_sums[0] / heads if heads > 0.0 else 0.0
    r.skill = staff_sums[1] / heads if heads > 0.0 else 0.0
    r.service_quality = 100.0 * staff_sums[2] / heads if heads > 0.0 else 0.0
    r.internal_service, r.internal_wait_days = 100.0 * f.internal_service, f.internal_wait
    r.work_pressure, r.served_share = f.pressure, f.served_share
    r.visit_hours, r.norm_hours = f.time_hours, f.norm_hours
    r.customers, r.customers_end = t.customers, t.customers_end
    r.visits, r.unserved = t.visits, t.unserved
    customers = t.customers if t.customers > 0.0 else np.nan
    r.satisfaction = 100.0 * t.satisfaction / customers
    r.reported_satisfaction = 100.0 * t.reported / customers
    r.satisfied_share = t.satisfied / customers
    r.top_box_share = t.top_box / customers
    r.minor_failures, r.major_failures = t.minor_failures, t.major_failures
    r.complaints, r.silent_failures = t.complaints, t.silent
    r.answered, r.gave_up, r.satisfied_complaints = desk_sums[0], desk_sums[1], desk_sums[2]
    r.response_days = desk_sums[3] / handled if handled > 0.0 else np.nan
    r.prevention = f.prevention
    r.left, r.saved = t.left, t.saved
    r.recommending, r.warning = t.recommending, t.warning
    r.recommendations, r.warnings = talk_sums[0], talk_sums[1]
    r.joined, r.referred, r.won_back = t.joined, t.referred, t.won_back


@kernel(inner=True)
def _profit_and_loss(p: NDArray[np.void], totals: NDArray[np.void], compensation: float, row: NDArray[np.void]) -> None:
    """Fill the money columns."""
    q, t, r = p[0], totals[0], row[0]
    r.base, r.growth, r.saving, r.premium = t.base, t.growth, t.saving, t.premium
    r.revenue = t.base + t.growth + t.premium + q.profit_visit_cost * t.visits
    r.acquisition = q.profit_acquisition_cost * t.joined
    r.rewards = q.referral_reward * t.referred
    r.compensation = compensation
    r.offers = q.loyalty_offer_cost * t.offers
    charged = r.acquisition + r.rewards + r.compensation + r.offers
    r.contribution = r.base + r.growth + r.saving + r.premium - charged

    pay = q.employees_monthly_pay * q.employees_pay
    spend = (
        q.internal_service_training_spend
        + q.internal_service_support_spend
        + q.internal_service_rewards_spend
        + q.internal_service_teamwork_spend
        + q.internal_service_empowerment_spend
    )
    tools = purchase_cost(q.internal_service_tools_spend, q.tools_price)
    r.internal_service_cost = r.employees * (spend + tools)
    r.pay = r.employees * pay
    hiring = hiring_cost(q.employees_hiring_delay, q.employees_recruiting_cost, _USUAL_DELAY)
    r.turnover = r.quits * q.employees_turnover_cost * 12.0 * pay + r.hired * hiring
    r.internal_desk = q.internal_service_desk_staff * q.employees_monthly_pay
    r.complaint_desk = q.complaints_staff * q.employees_monthly_pay
    r.complaint_channel = complaint_channel_cost(q.complaints_ease, q.complaints_ease_cost, t.customers)
    r.lock_in = lock_in_cost(q.loyalty_switching_cost, q.loyalty_switching_cost_price, t.customers)
    r.false_alarms = r.offers * q.loyalty_offer_false_alarms
    r.approaches = q.loyalty_winback_cost * t.approaches
    r.marketing, r.fixed = q.market_marketing, q.profit_fixed_cost
    staff = r.pay + r.turnover + r.internal_service_cost + r.internal_desk
    programmes = r.complaint_desk + r.complaint_channel + r.lock_in + r.false_alarms + r.approaches
    r.profit = r.contribution - (staff + programmes + r.marketing + r.fixed)


@kernel(inner=True)
def _learn(p: NDArray[np.void], totals: NDArray[np.void], answered: float, firm: NDArray[np.void]) -> None:
    """Carry over what the next month needs: customers' hostility, lessons from failures, whom to plan staff for."""
    q, t, f = p[0], totals[0], firm[0]
    failures, rate = t.minor_failures + t.major_failures, q.complaints_failure_rate
    if t.visits > 0.0 and rate > 0.0:
        f.hostility += (failures / t.visits / rate - 1.0 - f.hostility) / _HOSTILITY_MONTHS
    f.prevention = prevention_level(f.prevention, answered, failures, q.complaints_prevention_months)
    f.planned_customers += (t.customers_end - f.planned_customers) / q.employees_head_smoothing_months
    f.customer_rate = t.rate_end


@kernel
def close_accounts(
    p: NDArray[np.void],
    firm: NDArray[np.void],
    staff_sums: NDArray[np.float64],
    desk_sums: NDArray[np.float64],
    talk_sums: NDArray[np.float64],
    blocks: NDArray[np.float64],
    totals: NDArray[np.void],
    sums: NDArray[np.float64],
    row: NDArray[np.void],
) -> None:
    """Close a month: what was counted, the profit and loss account, and what the firm carries over.

    Parameters
    ----------
    p, firm
        Packed scenario and state of the firm; the latter is changed.
    staff_sums, desk_sums, talk_sums
        Sums of :func:`custsim.simulation.workforce.staff_month`, :func:`custsim.simulation.recovery.answer` and
        :func:`custsim.simulation.talk.deliver`.
    blocks
        Sums over the persons, one row a block, in the order of :data:`custsim.simulation.month.TOTALS`.
    totals, sums
        Room for their sum: one :data:`custsim.simulation.month.TOTALS`, and the same memory as plain numbers.
    row
        One :data:`MONTHLY` to fill, in which employees, vacancies, quits, hired and open complaints are filled.

    Notes
    -----
    Contribution is margins less what is charged to customers; profit is contribution less the firm's own costs.
    """
    for k in range(sums.size):
        sums[k] = 0.0
        for block in range(blocks.shape[0]):
            sums[k] += blocks[block, k]
    _count(firm, staff_sums, desk_sums, talk_sums, totals, row)
    _profit_and_loss(p, totals, desk_sums[4], row)
    _learn(p, totals, desk_sums[0], firm)
