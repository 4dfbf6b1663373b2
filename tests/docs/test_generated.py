"""What the documentation takes from the code is fresh, and its tables of results are those that a run gives."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from pages import ROOT

from custsim.scenario.model import Scenario
from custsim.simulation import Run, simulate


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(Scenario().scaled(0.02), seed=1, months=3, transactions=True, trace=[0])


def test_the_pages_are_fresh(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    code = generate.main(["--check"])
    assert (code, capsys.readouterr().out) == (0, "")


def test_a_stale_page_is_noticed_and_written_anew(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    equations = "<!-- symbols\nc = complaints.staff\n-->\nold\n<!-- end of symbols -->\n"
    (tmp_path / "equations.md").write_text(equations, encoding="utf-8")
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    text = (tmp_path / "equations.md").read_text(encoding="utf-8")
    assert "old" not in text
    assert f"| $c$ | `complaints.staff` | `{Scenario().complaints.staff}` | persons |" in text


def test_a_parameter_that_does_not_exist_is_refused(generate: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"complaints\.staf"):
        generate.symbols("<!-- symbols\nc = complaints.staf\n-->\n<!-- end of symbols -->\n")


@pytest.mark.parametrize(
    "name",
    ["monthly", "customers", "tickets", "employees", "joined", "referrals", "levers", "transactions", "followed"],
)
def test_the_columns_are_those_of_a_run(generate: ModuleType, run: Run, name: str) -> None:
    section = generate.results_page().split(f"## `run.{name}", 1)[1].split("\n## ", 1)[0]
    told = [line.split("`")[1] for line in section.splitlines() if re.match(r"\| `", line)]
    table = run.followed(0) if name == "followed" else getattr(run, name)
    assert told == list(table.columns)


def test_the_ladder_is_that_of_a_run(generate: ModuleType, run: Run) -> None:
    assert list(generate.STEPS) == list(run.ladder.index)
