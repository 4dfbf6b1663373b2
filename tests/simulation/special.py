"""The model with every feedback switched off: what is left of it has a closed form.

Each link of the chain is opened by parameters of its own. :data:`OFF` names them all, so that a test switches on
exactly what it is about. Two of the book-keeping choices matter: customers pay from the month they are customers in
(month 0 of a launch, the month after the one they join in), and whoever leaves has paid for that month.
"""

from __future__ import annotations

from typing import Any

from custsim.scenario.model import Scenario

#: path -> the value that cuts the link, with what it cuts
OFF: dict[str, Any] = {
    # nobody comes by themselves, and who has left stays away
    "market.join_base": 0.0,
    "market.join_advertised": 0.0,
    "market.rejoin_months": 1e12,
    # persons are alike: no differences in visits, spend, or the hazard of leaving
    "market.visits_shape": 1e6,
    "market.spend_sd": 0.0,
    "loyalty.churn_shape": 1e6,
    "loyalty.visits_exponent": 0.0,
    # satisfaction, wounds and talk do not act on leaving; nobody is held or fetched back
    "loyalty.floor": 1.0,
    "loyalty.wound_effect": 0.0,
    "loyalty.negative_effect": 0.0,
    "loyalty.positive_effect": 0.0,
    "loyalty.switching_cost": 0.0,
    "loyalty.offer_rate": 0.0,
    "loyalty.winback_rate": 0.0,
    # nothing goes wrong, so nobody is hurt, complains or is paid compensation; and nothing is learned
    "complaints.failure_rate": 0.0,
    "complaints.reliability_effect": 0.0,
    "complaints.prevention_effect": 0.0,
    # nobody talks
    "referral.network": "well_mixed",
    "referral.positive_peak": 0.0,
    "referral.negative_peak": 0.0,
    "referral.anger_talk": 0.0,
    "referral.minor_anger_talk": 0.0,
    # a customer brings the same margin every month, and nothing is spent on winning one
    "profit.transaction_share": 0.0,
    "profit.visit_cost": 0.0,
    "profit.tenure_profile": "flat",
    "profit.acquisition_cost": 0.0,
    # visits take no time, so the staff is never short and nobody is turned away
    "employees.visit_hours": 1e-6,
    # all customers are new at month 0
    "market.opening": "launch",
    "time.warm_up_months": 0,
}

#: standard errors that an estimate may lie from the truth; a normal one lies beyond in 6.3 of 100,000 cases
LIMIT = 4.0


def bare(persons: int, customers: int = 0, **sections: dict[str, Any]) -> Scenario:
    """Make a firm without feedbacks: ``bare(1000, 1000, loyalty={"churn": 0.1})``.

    Parameters
    ----------
    persons, customers
        Size of the market, and how many are customers in month 0.
    **sections
        What is switched on again or set otherwise, by section.
    """
    changes: dict[str, Any] = {**OFF, "market.persons": persons, "market.customers": customers}
    for section, values in sections.items():
        changes |= {f"{section}.{name}": value for name, value in values.items()}
    return Scenario().change(changes, opening="own")
