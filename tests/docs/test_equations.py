"""The page of equations names every law and only parameters that exist; the page of terms spells what it says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from pages import ROOT, names_in_backticks

from custsim import chain
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import declared

PAGE = ROOT / "docs" / "reference" / "equations.md"
PATHS = [parameter.path for parameter in declared(Scenario)]

#: what acts in no equation: names, the clock, the opening, and what belongs to lists
APART = re.compile(r"[^.]+|time\..*|interventions.*|segments\[\]\.name|market\.(persons|customers|opening)")


def paths_named(page: Path) -> set[str]:
    """Collect what looks like the path of a parameter; ``*`` stands for any name."""
    sections = "|".join({re.split(r"[.\[]", path)[0] for path in PATHS if "." in path})
    form = re.compile(rf"(?:{sections})(?:\[\w*\])?\.[\w.*]+")
    return {name for name in names_in_backticks(page) if form.fullmatch(name)}


def meant(name: str) -> list[str]:
    pattern = re.compile(re.escape(re.sub(r"\[\w*\]", "[]", name)).replace(r"\*", r"\w+"))
    return [path for path in PATHS if pattern.fullmatch(path)]


def test_every_public_law_is_named() -> None:
    page = names_in_backticks(PAGE)
    laws = {
        law
        for link in chain.__all__
        for law in importlib.import_module(f"custsim.chain.{link}").__all__
        if law.islower()
    }
    assert len(laws) > 40
    assert sorted(laws - page) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_every_path_named_exists(page: Path) -> None:
    parts = re.compile(r"\w+\.(total|mean|first|last|first_year|last_year)")  # of a measure, not of a scenario
    wrong = [name for name in sorted(paths_named(page)) if not meant(name) and not parts.fullmatch(name)]
    assert wrong == []


def test_every_parameter_that_acts_in_a_law_is_named() -> None:
    named = {path for name in paths_named(PAGE) for path in meant(name)}
    assert [path for path in PATHS if not APART.fullmatch(path) and path not in named] == []


def test_a_wrong_path_is_noticed() -> None:
    assert meant("complaints.staf") == []
    assert meant("internal_service.*.spend")[0] == "internal_service.tools.spend"
    assert meant("segments[0].share") == ["segments[].share"]
