"""``custsim value …``: customer-value economics on the command line; each subcommand is loaded when it is called."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import click

#: subcommand -> module of :mod:`custsim.cli` and the name it has there
SUBCOMMANDS: dict[str, str] = {
    "clv": "value_clv:clv",
    "fit": "value_fit:fit",
    "retention": "value_retention:retention",
}


class _Lazy(click.Group):
    """A group that imports a subcommand's module only when that subcommand is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, where in SUBCOMMANDS.items() if importlib.util.find_spec(_module(where))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        where = SUBCOMMANDS[cmd_name]
        found: Any = getattr(importlib.import_module(_module(where)), where.partition(":")[2])
        return found  # type: ignore[no-any-return]


def _module(where: str) -> str:
    return f"custsim.cli.{where.partition(':')[0]}"


@click.group("value", cls=_Lazy)
def command() -> None:
    """Customer-value economics: what a customer is worth, by formula or from data."""
