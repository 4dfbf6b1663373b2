"""Pictures of results: one function a picture, each returning a :class:`matplotlib.figure.Figure`.

Names are loaded when they are first used: matplotlib costs a third of a second to import.
"""

from __future__ import annotations

import importlib
from typing import Any

#: public name -> module of :mod:`custsim.plots` that holds it, one block a module
_WHERE: dict[str, str] = {
    # the house look
    "new_figure": "style",
    "save": "style",
    # a run
    "overview": "run",
    "chain": "run",
    "customers": "run",
    "satisfaction": "run",
    "complaints": "run",
    "profit": "run",
    "value_distribution": "run",
    "ladder": "run",
    "profit_bridge": "run",
    # the chain, measured; a difference between two runs
    "measured_chain": "measured",
    "why": "difference",
    "counterfactual": "missed",
    # alternatives, settings, a search
    "comparison": "experiments",
    "earned_so_far": "experiments",
    "sweep": "experiments",
    "optimum": "experiments",
    # what matters, and how sure results are
    "tornado": "sensitivity",
    "sobol": "sensitivity",
    "morris": "sensitivity",
    "variance_split": "sensitivity",
    # what a firm sees
    "importance_performance": "measure",
    "index_intervals": "measure",
    "survey_against_truth": "measure",
    # customer-value economics
    "bass_diffusion": "economics",
    "equity_surface": "economics",
    "lorenz": "economics",
    "whale_curve": "economics",
    "rfm_segments": "economics",
    "retention_worth": "economics",
    "referral_map": "economics",
    "loyalty_map": "economics",
    "relationship_value": "economics",
    "retention_ledger": "economics",
    "tiers": "economics",
    # contractual retention
    "retention_by_age": "retention",
    "sorting_of_customers": "retention",
    "survival_projection": "retention",
    # buy till you die
    "alive_history": "purchases",
    "frequency_recency": "purchases",
    "holdout_by_frequency": "purchases",
    "purchase_tracking": "purchases",
}

__all__ = sorted(_WHERE)  # noqa: PLE0605  # one list of names, kept in one place


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'custsim.plots' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(f"custsim.plots.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
