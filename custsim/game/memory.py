"""What took long to find out, kept under a name that says everything it depends on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from custsim.experiment.identity import model_version, scenario_hash
from custsim.game.firm import Firm

__all__ = ["Findings", "Memory", "digest", "identity"]


class Findings(Protocol):
    """A place where findings are kept: :class:`Memory`, or the file of a room."""

    def finding(self, name: str) -> Any:
        """Give what was kept under a name, or ``None``."""

    def keep_finding(self, name: str, value: Any) -> None:
        """Keep something under a name."""


@dataclass
class Memory:
    """Findings of this process, gone with it."""

    kept: dict[str, Any] = field(default_factory=dict)

    def finding(self, name: str) -> Any:
        """Give what was kept under a name, or ``None``."""
        return self.kept.get(name)

    def keep_finding(self, name: str, value: Any) -> None:
        """Keep something under a name."""
        self.kept[name] = value


def digest(value: Any) -> str:
    """Name a value by its content, in 24 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]


def identity(firm: Firm) -> str:
    """Name a game by everything that its numbers depend on: the firm, its luck, its budget, the model's version."""
    return digest(
        [scenario_hash(firm.scenario), model_version(), firm.seed, firm.years, firm.budget_share, firm.made_good]
    )
