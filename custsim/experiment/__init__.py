"""Many runs: measures, evaluations, comparisons, sweeps, the executors that make runs and the store that keeps them.

Some functions are named as their modules are, so they are bound here at once: a module that were loaded later would
take the name of its function.
"""

from custsim.experiment.chain import MeasuredChain, measure_chain
from custsim.experiment.compare import Comparison, compare
from custsim.experiment.counterfactual import (
    Counterfactual,
    handled_complaint_worth,
    internal_service_point,
    lost_customer_cost,
    word_of_mouth_worth,
)
from custsim.experiment.distributions import Distribution
from custsim.experiment.evaluate import Evaluation, evaluate
from custsim.experiment.executors import Executor
from custsim.experiment.measures import Measure, measure
from custsim.experiment.optimise import Budget, Optimum, optimise
from custsim.experiment.sensitivity import Sensitivity, sensitivity, sensitivity_of
from custsim.experiment.store import Store
from custsim.experiment.sweep import Sweep, sweep
from custsim.experiment.uncertainty import uncertain
from custsim.experiment.why import Explanation, why

__all__ = [
    "Budget",
    "Comparison",
    "Counterfactual",
    "Distribution",
    "Evaluation",
    "Executor",
    "Explanation",
    "Measure",
    "MeasuredChain",
    "Optimum",
    "Sensitivity",
    "Store",
    "Sweep",
    "compare",
    "evaluate",
    "handled_complaint_worth",
    "internal_service_point",
    "lost_customer_cost",
    "measure",
    "measure_chain",
    "optimise",
    "sensitivity",
    "sensitivity_of",
    "sweep",
    "uncertain",
    "why",
    "word_of_mouth_worth",
]
