"""``custsim new``: a commented scenario file to start from."""

from __future__ import annotations

from pathlib import Path

import click

HEADING = """\
{name}: a scenario for custsim, made from {origin}.

Every parameter is here with its meaning, unit, bounds and source. A line that begins with # followed by a name says
what holds if nothing is said: take the # away to change it. Lines you do not need may be deleted.

    custsim check {file}
    custsim run {file}
"""


@click.command("new")
@click.argument("name_or_path", metavar="NAME_OR_PATH")
@click.option("--from", "origin", default="neighbourhood_bank", show_default=True, help="Scenario to start from.")
def command(name_or_path: str, origin: str) -> None:
    """Write a commented scenario file to start from: NAME.toml here, or the path given.

    A file that is there already is never overwritten.
    """
    from custsim.scenario import load
    from custsim.scenario.files import write_text
    from custsim.scenario.layout import starter

    path = Path(name_or_path if name_or_path.endswith(".toml") else f"{name_or_path}.toml")
    scenario = load(origin).change({"name": path.stem}, opening="own")
    write_text(path, starter(scenario, HEADING.format(name=path.stem, origin=origin, file=path)), overwrite=False)
    click.echo(f"{path}: written; look through it, then: custsim run {path}")
