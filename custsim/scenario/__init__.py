"""What the user writes: a scenario, typed, validated, loaded, saved, changed and described.

Declared in :mod:`custsim.scenario.model`, with the helper of :mod:`custsim.scenario.parameter`.
"""

from custsim.scenario.changes import assignments
from custsim.scenario.describe import Row, describe, frame
from custsim.scenario.files import save
from custsim.scenario.library import bundled, load, schema
from custsim.scenario.model import Intervention, Scenario, Segment
from custsim.scenario.parameter import Parameter, declared, valued

__all__ = [
    "Intervention",
    "Parameter",
    "Row",
    "Scenario",
    "Segment",
    "assignments",
    "bundled",
    "declared",
    "describe",
    "frame",
    "load",
    "save",
    "schema",
    "valued",
]
