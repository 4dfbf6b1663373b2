"""``custsim describe``: every value of a scenario with its unit, meaning and source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from custsim.scenario import Row

#: width of the table where there is no screen to ask
WIDTH = 150


@click.command("describe")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--changed", is_flag=True, help="Only what differs from the default.")
@click.option("--section", metavar="SECTION", help="Only one section, such as complaints.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(name: str | None, changed: bool, section: str | None, as_json: bool) -> None:
    """Tell every value of a scenario with its unit, meaning and source, and what differs from the default.

    NAME is that of a bundled scenario or the path of a file; without it, the bundled scenarios are listed.
    """
    from custsim.scenario import describe, load
    from custsim.scenario.changes import otherwise_before
    from custsim.scenario.problems import shown

    if name is None:
        _list_bundled(as_json)
        return
    scenario = load(name)
    rows = describe(scenario, section, changed=changed)
    if as_json:
        click.echo(json.dumps([{**asdict(row), "assumed": row.assumed} for row in rows], indent=2))
        return
    click.echo(f"{scenario.title or scenario.name}\n{scenario.description}".strip())
    before = otherwise_before(scenario)
    if before:
        click.echo("changed in month 0; before: " + ", ".join(f"{path} = {shown(v)}" for path, v in before.items()))
    if rows:
        _print_table(rows)
    differ, assumed = sum(row.differs for row in rows), sum(row.assumed for row in rows)
    click.echo(f"values: {len(rows)}; that differ from the default (*): {differ}; whose default is assumed: {assumed}")


def _list_bundled(as_json: bool) -> None:
    from custsim.scenario import bundled, load

    titles = {name: load(name).title for name in bundled()}
    if as_json:
        click.echo(json.dumps(titles, indent=2))
        return
    width = max(map(len, titles), default=0)
    for name, title in titles.items():
        click.echo(f"{name:{width}}  {title}".rstrip())


def _print_table(rows: Sequence[Row]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from custsim.scenario.problems import shown

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("parameter", no_wrap=True)
    table.add_column("value", overflow="fold", max_width=36)
    for heading in ("unit", "meaning", "source"):
        table.add_column(heading)
    section = _section(rows[0])
    for row in rows:
        if _section(row) != section:
            section = _section(row)
            table.add_section()
        value = shown(row.value, 200) if row.value is not None else "-"
        if row.differs:
            value += f" * ({shown(row.default) if row.default is not None else '-'})"
        cells = [row.path, value, row.unit, row.meaning, row.source]
        table.add_row(*(Text(cell, style="bold" if row.differs else "") for cell in cells))
    console.print(table)


def _section(row: Row) -> str:
    above, dot, _ = row.path.partition(".")
    return above if dot else ""
