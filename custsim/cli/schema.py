"""``custsim schema``: the JSON schema of scenario files, for editors."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.option("--out", metavar="FILE", help="Write to a file instead of the screen.")
def command(out: str | None) -> None:
    """Print the JSON schema (draft 2020-12) of scenario files, by which editors complete and check them."""
    from custsim.scenario import schema
    from custsim.scenario.files import write_text

    text = json.dumps(schema(), indent=2) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    write_text(out, text)
    click.echo(f"{out}: written")
