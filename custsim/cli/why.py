"""``custsim why``: which link of the chain made one firm earn more than another."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import click

from custsim.cli.experiments import answer, keeping, place_of, run_options, say_compiling
from custsim.errors import InputError


@click.command("why")
@click.argument("names", metavar="[NAME|FILE] [NAME|FILE]", nargs=-1)
@click.option("--set", "changes", metavar="PATH=VALUE", multiple=True,
              help="What the second firm has that the first has not; may be repeated.")  # fmt: skip
@click.option("--replications", type=click.IntRange(1, 1_000_000), default=10, show_default=True,
              help="Lives of each firm; several give intervals.")  # fmt: skip
@click.option("--orders", type=click.Choice(["auto", "all", "two"]), default="auto", show_default=True,
              help="Orders in which links are switched: all, or the two along the chain.")  # fmt: skip
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw the answer into FILE.")
@run_options
def command(
    names: tuple[str, ...], changes: tuple[str, ...], replications: int, orders: str, picture: Path | None,
    as_json: bool, csv: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Tell why one firm earns more than another: which link of the chain carried how much of the difference in profit.

    Links are switched from the first firm's values to the second's, one after another, in the same luck.

    \b
    What does a plan do to profit, and through what?
      custsim why neighbourhood_bank --set complaints.staff=6 --set employees.pay=1.05
    \b
    Two files, as a picture, with a surer answer:
      custsim why today.toml tomorrow.toml --replications 40 --picture why.png
    \b
    All orders of switching for five or six links, for a script:
      custsim why today.toml tomorrow.toml --orders all --json
    """  # noqa: D301  # click needs the control character
    from custsim.scenario import assignments, load

    if len(names) > 2 or (len(names) == 2) == bool(changes):
        raise InputError(
            "two firms are needed: give two names or files, or one and --set, such as --set complaints.staff=6"
        )
    length = {} if given["months"] is None else {"time.months": given["months"]}
    first, *other = (load(name).change(length) if length else load(name) for name in names or ("neighbourhood_bank",))
    second = other[0] if other else first.change(assignments(changes))
    say_compiling()
    from custsim.experiment.why import why
    from custsim.experiment.words import as_plain

    with keeping(given["store"]):
        told = why(first, second, replications=replications, orders=cast(Literal["auto"], orders), **place_of(given))
    if picture is not None and told.links:
        from custsim import plots

        called = (first.name, second.name if second.name != first.name else "with the change")
        plots.save(plots.why(told, names=called), picture)
    data = {
        "difference": told.difference,
        "links": told.table.to_dict("records"),
        "account": told.account.to_dict("records"),
        "chain": told.measures.to_dict("records"),
        "orders": told.orders,
        "replications": len(told.replications),
        "seed": told.seed,
        "months": told.months,
        "confidence": told.confidence,
        "currency": first.currency,
    }
    answer(as_plain(data), told.summary(), told.table, as_json=as_json, csv=csv)
    if picture is not None and not as_json:
        click.echo(f"\n{picture}: {'written: the picture' if told.links else 'not written: the firms do not differ'}")
