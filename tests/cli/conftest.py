"""A terminal in an empty folder, and a small firm to try commands on."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_terminal import Terminal

from custsim.scenario import Scenario, save


@pytest.fixture
def custsim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path, capsys)


@pytest.fixture
def firm(custsim: Terminal) -> str:
    """The file of a firm that lives a few months in a moment; beside it ``busy.toml``, where more goes wrong."""
    small = Scenario().scaled(0.015).change({"time.warm_up_months": 0, "time.months": 4}, opening="own")
    save(small, custsim.folder / "firm.toml")
    save(small.change({"name": "busy", "complaints.failure_rate": 0.2}), custsim.folder / "busy.toml")
    return "firm.toml"
