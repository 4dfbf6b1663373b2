"""Firms of every kind to hold the identities against, and a run with a look inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import custsim as cs
from custsim.errors import InputError
from custsim.scenario import declared
from custsim.scenario.model import STRUCTURE, Scenario
from custsim.simulation import Run, Simulation
from custsim.simulation.population import STATES


@dataclass
class Life:
    """A run, the simulation it came from, and how many persons were in each state at the end of each month."""

    run: Run
    simulation: Simulation
    states: list[np.ndarray] = field(default_factory=list)


def live(scenario: Scenario, seed: int = 1, **options: Any) -> Life:
    """Simulate and keep hold of the simulation."""
    inside: list[Simulation] = []
    states: list[np.ndarray] = []

    def look(simulation):
        inside.append(simulation)
        simulation.watchers.append(
            lambda now: states.append(np.bincount(now.state.people.state, minlength=len(STATES)))
        )
        yield simulation.until(0)

    run = cs.simulate(scenario, seed, processes=[look, *options.pop("processes", ())], **options)
    return Life(run, inside[0], states)


_SEGMENTS = [
    {"name": "careful", "share": 0.5, "reliability_kind": "must_be", "empathy_weight": 0.0, "churn": 0.6},
    {"name": "busy", "share": 0.3, "visits": 3.0, "spend": 2.5, "responsiveness_kind": "must_be"},
    {"name": "fond", "share": 0.2, "visits": 0.3, "empathy_kind": "attractive", "tangibles_kind": "attractive"},
]

#: what each firm changes in a small one
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "launch": {"market.opening": "launch", "market.customers": 100},
    "nobody yet": {"market.opening": "launch", "market.customers": 0},
    "stock": {"market.opening": "stock"},
    "everybody is a customer": {"market.customers": 1_200, "market.opening": "stock"},
    "non-contractual": {"loyalty.relationship": "noncontractual", "loyalty.churn": 0.05, "market.visits_per_month": 2},
    "two stages": {"referral.decision": "two_stage"},
    "scale free": {"referral.network": "scale_free"},
    "well mixed": {"referral.network": "well_mixed", "referral.message_memory": 0.8},
    "referred customers are better": {"referral.referred_advantage": True, "referral.referred_churn": 2.0},
    "offers": {"loyalty.offer_rate": 0.6, "loyalty.churn": 0.05},
    "win-back": {"loyalty.winback_rate": 0.7, "loyalty.winback_success": 0.5, "loyalty.churn": 0.05},
    "rewards": {"referral.reward": 40.0, "referral.strong_effect": 0.2, "referral.positive_peak": 0.4},
    "flat": {"profit.tenure_profile": "flat"},
    "segments and Kano kinds": {"segments": _SEGMENTS},
    "overload": {"employees.customers_per_employee": 400.0, "employees.visit_hours": 1.5},
    "overload, non-contractual": {
        "employees.customers_per_employee": 400.0,
        "loyalty.relationship": "noncontractual",
        "loyalty.churn": 0.1,
    },
    "nobody at the desks": {"complaints.staff": 0, "internal_service.desk_staff": 0, "complaints.patience_days": 30.0},
    "complaints everywhere": {
        "complaints.failure_rate": 0.5,
        "complaints.staff": 2,
        "complaints.minor_voice": 2.0,
        "complaints.patience_days": 15.0,
    },
    "people come and go": {
        "loyalty.churn": 0.3,
        "market.join_base": 0.1,
        "market.rejoin_months": 1.0,
        "complaints.failure_rate": 0.3,
        "employees.quit_hazard": 0.2,
    },
    "fast hiring": {"employees.hiring_delay": 0.4, "employees.quit_hazard": 0.15},
    "interventions": {
        "interventions": [
            {"month": 3, "change": {"complaints.staff": 5, "market.price": 1.1}, "until": 8},
            {"month": 2, "change": {"employees.pay": 1.2, "complaints.compensation": 1.5}, "ramp_months": 4},
            {"month": 5, "change": {"employees.customers_per_employee": 40.0, "loyalty.offer_rate": 0.5}},
        ]
    },
}


def small(changes: dict[str, Any] | None = None) -> Scenario:
    """A firm of 1,200 persons with a short warm-up, changed."""
    return (
        Scenario().scaled(0.06).change({"time.warm_up_months": 8, "time.months": 14, **(changes or {})}, opening="own")
    )


_FIXED = {*STRUCTURE, "time.months", "time.start", "name", "title", "description", "currency"}
#: values beyond which a run of a few hundred persons only gets slow
_MOST = {
    "internal_service.requests": 10,
    "internal_service.desk_staff": 50,
    "complaints.staff": 50,
    "referral.positive_contacts": 50,
    "referral.negative_contacts": 50,
    "market.visits_per_month": 30,
}
_LEAST = {"employees.customers_per_employee": 1.0}
LEVERS = [
    parameter
    for parameter in declared(Scenario)
    if "[]" not in parameter.path
    and parameter.path not in _FIXED
    and parameter.type in ("number", "whole number", "switch", "choice")
]


def _values(parameter: Any) -> st.SearchStrategy[Any]:
    """Values a parameter may take, up to a few times its default, its bounds included."""
    if parameter.type == "switch":
        return st.booleans()
    if parameter.type == "choice":
        return st.sampled_from(list(parameter.choices))
    low = parameter.ge if parameter.ge is not None else parameter.gt
    high = parameter.le if parameter.le is not None else parameter.lt
    low = 0.0 if low is None else float(low)
    high = np.inf if high is None else float(high)
    usual = float(parameter.default)
    high = min(high, _MOST.get(parameter.path, np.inf), max(1.0, 4.0 * abs(usual)) if low >= 0 else 5.0)
    low = max(low, -5.0, 1e-6 if parameter.gt is not None else -np.inf, _LEAST.get(parameter.path, -np.inf))
    if parameter.type == "whole number":
        return st.integers(int(np.ceil(low)), int(high))
    return st.floats(low, high, exclude_max=parameter.lt == high, allow_subnormal=False)


@st.composite
def drawn_firms(draw: Any) -> dict[str, Any]:
    """Draw what a firm changes: some levers, anywhere within their bounds."""
    persons = draw(st.integers(200, 600))
    changes: dict[str, Any] = {
        "market.persons": persons,
        "market.customers": draw(st.integers(0, persons)),
        "market.opening": draw(st.sampled_from(["steady", "stock", "launch"])),
        "time.warm_up_months": draw(st.integers(0, 4)),
        "time.months": draw(st.integers(6, 12)),
        "loyalty.relationship": draw(st.sampled_from(["contractual", "noncontractual"])),
        "referral.network": draw(st.sampled_from(["small_world", "scale_free", "well_mixed"])),
        "internal_service.desk_staff": 1,
        "complaints.staff": 1,
    }
    if draw(st.booleans()):
        changes["segments"] = _SEGMENTS
    for lever in draw(st.lists(st.sampled_from(LEVERS), max_size=8, unique_by=lambda lever: lever.path)):
        changes[lever.path] = draw(_values(lever), label=lever.path)
    return changes


def firm(changes: dict[str, Any]) -> Scenario:
    """Make a drawn firm; combinations that are refused do not count."""
    try:
        return Scenario().change(changes, opening="own")
    except InputError:
        assume(False)
        raise
