"""custsim: customer-value economics, simulated one person at a time along the service-profit chain.

Everything listed in ``__all__`` is loaded when it is first used, so that ``import custsim`` stays light.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

#: when this process began to load the package; sources edited later are not what runs
_LOADED_AT = time.time()

#: public name -> module that holds it (the module itself where both names are equal)
_WHERE: dict[str, str] = {
    "Scenario": "custsim.scenario",
    "load": "custsim.scenario",
    "Run": "custsim.simulation",
    "simulate": "custsim.simulation",
    "evaluate": "custsim.experiment",
    "compare": "custsim.experiment",
    "sweep": "custsim.experiment",
    "why": "custsim.experiment",
    "Distribution": "custsim.experiment",
    "uncertain": "custsim.experiment",
    "sensitivity": "custsim.experiment",
    "optimise": "custsim.experiment",
    "report": "custsim.report",
    "value": "custsim.value",
    "plots": "custsim.plots",
    "chain": "custsim.chain",
    "measure": "custsim.measure",
}

__all__ = [
    "Distribution",
    "Run",
    "Scenario",
    "__version__",
    "chain",
    "compare",
    "evaluate",
    "load",
    "measure",
    "optimise",
    "plots",
    "report",
    "sensitivity",
    "simulate",
    "sweep",
    "uncertain",
    "value",
    "why",
]

if TYPE_CHECKING:
    from custsim import chain, measure, plots, value
    from custsim.experiment.compare import compare
    from custsim.experiment.distributions import Distribution
    from custsim.experiment.evaluate import evaluate
    from custsim.experiment.optimise import optimise
    from custsim.experiment.sensitivity import sensitivity
    from custsim.experiment.sweep import sweep
    from custsim.experiment.uncertainty import uncertain
    from custsim.experiment.why import why
    from custsim.report.write import report
    from custsim.scenario import Scenario, load
    from custsim.simulation import Run, simulate


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'custsim' has no attribute {name!r}")
    module = importlib.import_module(_WHERE[name])
    return module if _WHERE[name].endswith(f".{name}") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
