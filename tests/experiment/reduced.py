"""The firm without feedbacks that the tests of the simulation use, for experiments that have a closed form."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location(
    "special", Path(__file__).resolve().parents[1] / "simulation" / "special.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_special = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_special)

bare = _special.bare
