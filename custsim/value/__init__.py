"""Customer-value economics in closed form: what a student computes by hand and a consultant fits to data.

Nothing here knows of the simulation. One vocabulary (margin, retention, discount, frequency, recency, T,
monetary_value) and one timing convention throughout, stated in every docstring.

Names are loaded when they are first used, so that ``import custsim.value`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what type checkers and editors see
    from custsim.value.customers import CustomerBase, customer_base, slipping_away  # noqa: F401
    from custsim.value.diffusion import *  # noqa: F403
    from custsim.value.equity import *  # noqa: F403
    from custsim.value.exponentialgamma import ExponentialGamma  # noqa: F401
    from custsim.value.lifetime import *  # noqa: F403
    from custsim.value.likelihood import Convergence, Estimates  # noqa: F401
    from custsim.value.logs import LogRecord, read_log  # noqa: F401
    from custsim.value.markov import *  # noqa: F403
    from custsim.value.purchases import *  # noqa: F403
    from custsim.value.pyramid import *  # noqa: F403
    from custsim.value.queueing import *  # noqa: F403
    from custsim.value.retention import *  # noqa: F403
    from custsim.value.transactions import *  # noqa: F403

#: public name -> module of :mod:`custsim.value` that holds it, one block a module
_WHERE: dict[str, str] = {
    # deterministic lifetime value
    "Elasticities": "lifetime",
    "RetentionEffect": "lifetime",
    "annual_rate": "lifetime",
    "annual_retention": "lifetime",
    "break_even_acquisition": "lifetime",
    "clv": "lifetime",
    "clv_from_curves": "lifetime",
    "contact_cost_table": "lifetime",
    "elasticities": "lifetime",
    "expected_lifetime": "lifetime",
    "margin_multiple": "lifetime",
    "payback_periods": "lifetime",
    "per_period": "lifetime",
    "period_rate": "lifetime",
    "period_retention": "lifetime",
    "retention_effect": "lifetime",
    "retention_ledger": "lifetime",
    # migration
    "MarkovChain": "markov",
    "StoppingRule": "markov",
    "recency_chain": "markov",
    # customer equity
    "Balance": "equity",
    "CustomerEquity": "equity",
    "ReferralMultiplier": "equity",
    "ResponseCurve": "equity",
    "acquisition_retention_balance": "equity",
    "balance_equity": "equity",
    "customer_equity": "equity",
    "referral_multiplier": "equity",
    # diffusion
    "AdopterValue": "diffusion",
    "Bass": "diffusion",
    "BassFit": "diffusion",
    "adopter_value": "diffusion",
    "bass_fit": "diffusion",
    # pyramid and portfolio
    "Concentration": "pyramid",
    "CostToServe": "pyramid",
    "LorenzCurve": "pyramid",
    "concentration": "pyramid",
    "cost_to_serve": "pyramid",
    "lorenz_curve": "pyramid",
    "referral_quadrants": "pyramid",
    "rfm": "pyramid",
    "satisfaction_quadrants": "pyramid",
    "segment_table": "pyramid",
    "strategy_table": "pyramid",
    "tier_table": "pyramid",
    "tiers": "pyramid",
    # contractual retention
    "BetaDiscreteWeibull": "retention",
    "Geometric": "retention",
    "RetentionModel": "retention",
    "ShiftedBetaGeometric": "retention",
    "compare_retention_models": "retention",
    "why_retention_rises": "retention",
    "ExponentialGamma": "exponentialgamma",
    # transaction logs
    "LogRecord": "logs",
    "read_log": "logs",
    "CalibrationHoldout": "transactions",
    "CustomerSummary": "transactions",
    "calibration_holdout": "transactions",
    "periods_per_year": "transactions",
    "summarise": "transactions",
    # buy till you die
    "BGBB": "purchases",
    "BGNBD": "purchases",
    "BootstrapIntervals": "purchases",
    "Choice": "purchases",
    "GammaGamma": "purchases",
    "HoldoutCheck": "purchases",
    "MBGNBD": "purchases",
    "ParetoNBD": "purchases",
    "PurchaseModel": "purchases",
    "SimulatedCustomers": "purchases",
    "alive_history": "purchases",
    "bootstrap_intervals": "purchases",
    "choose_model": "purchases",
    "compare_models": "purchases",
    "holdout_check": "purchases",
    "spend_frequency_correlation": "purchases",
    "tracking": "purchases",
    # a customer base in one call
    "CustomerBase": "customers",
    "customer_base": "customers",
    "slipping_away": "customers",
    # queues
    "ErlangC": "queueing",
    "erlang_c": "queueing",
    # how a fit went
    "Convergence": "likelihood",
    "Estimates": "likelihood",
}

#: modules that can be reached as attributes, such as ``custsim.value.lifetime``
_MODULES: frozenset[str] = frozenset(_WHERE.values())

__all__ = sorted(_WHERE)  # noqa: PLE0605  # one list of names, kept in one place


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"custsim.value.{_WHERE[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"custsim.value.{name}")
    raise AttributeError(f"module 'custsim.value' has no attribute {name!r}; it has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*__all__, *sorted(_MODULES)]
