"""``custsim check``: is a scenario file right, and what does it say?"""

from __future__ import annotations

import json
import sys

import click

from custsim.errors import EnvironmentFailure, InputError


@click.command("check")
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(file: str, as_json: bool) -> None:
    """Check a scenario FILE (or a bundled scenario's name) and report every problem at once.

    Ends with code 2 if something is wrong with the file, and with 1 if it cannot be read.
    """
    from custsim.scenario import describe, load

    try:
        scenario = load(file)
    except (InputError, EnvironmentFailure) as error:
        if not as_json:
            raise
        click.echo(json.dumps({"file": file, "ok": False, "problems": error.problems}, indent=2))
        sys.exit(2 if isinstance(error, InputError) else 1)
    rows = describe(scenario)
    facts = {
        "file": file,
        "ok": True,
        "problems": [],
        "name": scenario.name,
        "title": scenario.title,
        "months": scenario.time.months,
        "persons": scenario.market.persons,
        "segments": len(scenario.segments),
        "interventions": len(scenario.interventions),
        "parameters": len(rows),
        "differ": sum(row.differs for row in rows),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    plural = "s" * (len(scenario.segments) != 1)
    click.echo(
        f"{file}: in order\n"
        f"  {scenario.title or scenario.name}\n"
        f"  {scenario.market.persons:,} persons in {len(scenario.segments)} segment{plural}, "
        f"{scenario.time.months} months, {len(scenario.interventions) or 'no'} "
        f"intervention{'s' * (len(scenario.interventions) != 1)}\n"
        f"  {facts['differ']} of {len(rows)} values differ from the defaults"
    )
