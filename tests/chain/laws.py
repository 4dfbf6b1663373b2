"""Every law of the chain with arguments it can be called with: values for each name of an argument.

Names are those of the signatures, so a new law with a new argument is asked for its range here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custsim import chain

MODULES: dict[str, ModuleType] = {name: getattr(chain, name) for name in chain.__all__}
LAWS: dict[str, Callable[..., Any]] = {
    f"{module}.{name}": getattr(MODULES[module], name) for module in MODULES for name in MODULES[module].__all__
}


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_subnormal=False)


_NAMES: dict[str, st.SearchStrategy[float]] = {
    # shares, levels and judgements
    """base_share cumulative distributive ease encounter floor fulfilment healed insult_below interactional
    justice level memory none_below open_complaint peak perceived procedural quality recovery_per_month rewards
    satisfaction skill speed support target teamwork tools training transaction_share reliability assurance tangibles
    empathy responsiveness discontent first_month event empowerment""": between(0.0, 1.0),
    "anchor start top full_range pleased_above expected": between(0.05, 0.95),
    "weak_effect strong_effect external per_visit dead_band base base_hazard advertised": between(0.0, 0.2),
    "in_market": between(0.25, 1.0),
    "joined": between(0.0, 0.99),
    # deviations from a reference
    """deviation gap satisfaction_gap felt noise taste trait hostility pay_gap internal_service_gap reliability_gap
    prevention_gap empowerment_gap training_gap skill_gap tools_gap time_gap""": between(-1.0, 1.0),
    "intercept curvature": between(-5.0, 5.0),
    # times
    "months months_up months_down fading_months": between(1.0, 60.0),
    "months_since tenure_months delay_months reference_delay": between(0.0, 120.0),
    "wait_days tolerated_days": between(0.0, 60.0),
    "patience_days": between(0.1, 60.0),
    # counts
    "weak_messages strong_messages negative_messages positive_messages handled failures": between(0.0, 40.0),
    "visits": st.integers(1, 40).map(float),
    "served": st.integers(0, 40).map(float),
    # money
    "amount spend reward cost customers smoothed_customers": between(0.0, 1e4),
    "scale customers_per_employee effective_hours": between(1.0, 1e4),
    # strengths, factors, wounds
    """weak_shift strong_shift negative_shift negative_discount wound hurt fresh_wound insult deepest strain relative
    switching_cost compensation pressure smoothed_pressure tolerated_pressure""": between(0.0, 3.0),
    "slope sensitivity gain reference effect": between(0.0, 5.0),
    "price best initial on_top price_factor norm design norm_hours trait_sd": between(0.05, 3.0),
    "exponent": between(0.3, 4.0),
    "aggravation loss_aversion": between(1.0, 4.0),
}
ARGUMENTS = {name: values for names, values in _NAMES.items() for name in names.split()}
#: arguments that mean something else in one law
OWN: dict[tuple[str, str], st.SearchStrategy[float]] = {
    ("grow_skill", "ease"): between(0.3, 3.0),
    ("time_per_visit", "exponent"): between(0.0, 1.0),
    ("served_share", "exponent"): between(0.0, 1.0),
    ("next_norm", "exponent"): between(0.0, 1.0),
    ("visit_revenue_factor", "expected"): between(0.05, 20.0),
}


def arguments(law: Callable[..., Any]) -> dict[str, st.SearchStrategy[float]]:
    """Values of the arguments of a law: by name, or by the name's beginning or ending."""
    found = {}
    for name in inspect.signature(law).parameters:
        if (law.__name__, name) in OWN:
            found[name] = OWN[law.__name__, name]
        elif name in ARGUMENTS:
            found[name] = ARGUMENTS[name]
        elif name.startswith("weight_"):
            found[name] = between(0.1, 40.0)
        elif name.endswith("_effect"):
            found[name] = between(0.0, 5.0)
        else:
            raise LookupError(f"{law.__name__}: which values can {name} take? Say so in tests/chain/laws.py")
    return found


def acts(law: Callable[..., Any], argument: str, sign: int) -> None:
    """Check the sign with which an argument acts: 1 never lowers, -1 never raises, wherever the others are."""
    values = arguments(law)

    @given(st.fixed_dictionaries(values), values[argument])
    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    def monotone(sample: dict[str, float], other: float) -> None:
        low, high = sorted((sample[argument], other))
        before, after = float(law(**{**sample, argument: low})), float(law(**{**sample, argument: high}))
        slack = 1e-9 * max(1.0, abs(before), abs(after))
        assert sign * (after - before) >= -slack, f"{argument}: {low} gives {before}, {high} gives {after}"

    monotone()


def within(law: Callable[..., Any], low: float, high: float) -> None:
    """Check that a law stays within a range, wherever its arguments are."""

    @given(st.fixed_dictionaries(arguments(law)))
    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    def bounded(sample: dict[str, float]) -> None:
        assert low <= float(law(**sample)) <= high

    bounded()
