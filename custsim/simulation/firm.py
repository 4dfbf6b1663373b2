"""The state of the firm that is not a person's or an employee's: one record, carried from month to month."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from custsim.chain import employees, internal_service
from custsim.scenario.model import DRIVERS, Scenario

__all__ = ["FIRM", "new_firm"]

#: the record; indices 0-1, times in working days unless named otherwise
FIRM = np.dtype(
    [
        (name, np.float64)
        for name in (
            "internal_service",  # quality Q of internal service
            "internal_wait",  # smoothed time to an internal answer
            "norm_hours",  # norm of time per visit, T*
            "time_hours",  # time a visit gets this month, T
            "pressure",  # work pressure this month
            "pressure_norms",  # smoothed, as norms feel it
            "pressure_strain",  # smoothed, as strain is felt
            "served_share",  # share of visits that can be served this month
            "hostility",  # smoothed failures per visit over the base rate, less 1
            "prevention",  # smoothed share of failures handled
            "planned_customers",  # smoothed customers that staff is planned for
            "level_tools",
            "level_training",
            "level_support",
            "level_rewards",
            "level_teamwork",
            "level_empowerment",
            "empathy",  # mean satisfaction of the serving staff less its reference
            "customer_rate",  # sum of the customers' visit rates, relative to the market's mean
            "expected_visits",  # visits expected this month
        )
    ]
)


def new_firm(scenario: Scenario) -> NDArray[np.void]:
    """Make the record of a settled firm: everything at what its own spending gives, desks without a queue.

    Returns
    -------
    ndarray
        Array of one :data:`FIRM`.
    """
    firm = np.zeros(1, dtype=FIRM)
    row, inside = firm[0], scenario.internal_service
    levels = {
        name: float(internal_service.driver_level(getattr(inside, name).spend, getattr(inside, name).scale))
        for name in DRIVERS
    }
    levels["tools"] *= 1.0 - inside.grade_loss * "ABCD".index(inside.supplier_grade)
    for name, level in levels.items():
        row[f"level_{name}"] = level
    row["internal_service"] = internal_service.target_internal_service(
        *levels.values(), *(getattr(inside, name).weight for name in DRIVERS)
    )
    row["internal_wait"] = inside.tolerated_days
    row["norm_hours"] = row["time_hours"] = scenario.employees.visit_hours
    row["pressure"] = row["pressure_norms"] = row["pressure_strain"] = scenario.employees.tolerated_pressure
    row["served_share"] = 1.0
    row["prevention"] = scenario.complaints.prevention_reference
    row["planned_customers"] = scenario.market.customers
    row["customer_rate"] = scenario.market.customers
    return firm


def planned_heads(scenario: Scenario) -> int:
    """Count the employees a firm of the opening size plans for."""
    return int(employees.head_target(scenario.market.customers, scenario.employees.customers_per_employee))
