"""Published results, read from the one data file of this folder, and the data sets they were computed on."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

_ENTRIES: dict[str, dict[str, Any]] = {
    entry["id"]: entry
    for entry in json.loads(Path(__file__).with_name("published_clv.json").read_text(encoding="utf-8"))["entries"]
}


@pytest.fixture(scope="session")
def published() -> Callable[[str], dict[str, Any]]:
    """Return a published result by its id: source, grade, inputs, expected, tolerance, and what was recomputed."""

    def entry(name: str) -> dict[str, Any]:
        if name not in _ENTRIES:
            pytest.fail(f"no published result {name!r}; there are: {', '.join(_ENTRIES)}")
        return _ENTRIES[name]

    return entry


@pytest.fixture(scope="session")
def dataset() -> Callable[[str], pd.DataFrame]:
    """Read a data set of the installed package lifetimes by its file name, without importing that package."""

    def read(name: str, **options: Any) -> pd.DataFrame:
        spec = importlib.util.find_spec("lifetimes")
        if spec is None or spec.origin is None:
            pytest.fail("the package lifetimes is not installed: pip install 'custsim[test]'")
        return pd.read_csv(Path(spec.origin).parent / "datasets" / Path(name).name, **options)

    return read
