"""Helpers of these tests are found wherever they are started."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in (Path(__file__).resolve().parent, Path(__file__).resolve().parents[1] / "browser"):
    sys.path.insert(0, str(folder))
