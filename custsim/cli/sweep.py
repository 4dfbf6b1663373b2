"""``custsim sweep``: a firm at many settings of some parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from custsim.cli.experiments import answer, keeping, place_of, run_options, say_compiling, values_by_path
from custsim.errors import InputError


@click.command("sweep")
@click.argument("name", metavar="[NAME|FILE]", default="neighbourhood_bank")
@click.option(
    "--over",
    "over",
    metavar="PATH=VALUES",
    multiple=True,
    required=True,
    help="A parameter and its values: 2,4,8 or 2..12; may be repeated.",
)
@click.option(
    "--design",
    type=click.Choice(["grid", "list", "latin", "sobol"]),
    default="grid",
    show_default=True,
    help="Every combination; values side by side; or --points spread over ranges.",
)
@click.option("--points", type=click.IntRange(1, 1_000_000), help="How many, for latin and sobol.")
@click.option("--set", "changes", metavar="PATH=VALUE", multiple=True, help="Change the firm before the sweep.")
@click.option(
    "--replications", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="Runs of each point."
)
@click.option(
    "--measure",
    "measures",
    metavar="NAME",
    multiple=True,
    help="What to measure, see custsim compare --help; may be repeated.",
)
@run_options
def command(
    name: str, over: tuple[str, ...], design: Any, points: int | None, changes: tuple[str, ...], replications: int,
    measures: tuple[str, ...], as_json: bool, csv: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Run a firm at many settings of some parameters; all points share their luck.

    \b
    Every number of staff at the complaint desk from 2 to 12:
      custsim sweep neighbourhood_bank --over complaints.staff=2..12 --replications 20
    \b
    A grid of two parameters, kept in a file; the same command goes on where it was stopped:
      custsim sweep neighbourhood_bank --over complaints.staff=2,4,8 \\
          --over loyalty.offer_rate=0,0.1,0.3 --replications 20 --store bank.db
    \b
    64 points spread evenly over ranges, on a cluster, as a table for a spreadsheet:
      custsim sweep neighbourhood_bank --design sobol --points 64 \\
          --over loyalty.offer_rate=0..0.5 --over complaints.compensation=0.5..2 \\
          --cluster tcp://scheduler:8786 --csv points.csv

    A point that is not possible is recorded with its error, and the others are run.
    """  # noqa: D301  # click needs the control character
    from custsim.scenario import assignments, load

    length = {} if given["months"] is None else {"time.months": given["months"]}
    base = load(name).change({**length, **assignments(changes)})
    settings = values_by_path(over, ranges=design in ("latin", "sobol"))
    if any(one.strip().startswith("monthly:") for one in measures):
        raise InputError("--measure: a sweep is told in numbers; take profit.last_year or the like instead of a series")
    say_compiling()
    from custsim.experiment.sweep import sweep

    with keeping(given["store"]):
        done = sweep(
            base,
            settings,
            design=design,
            points=points,
            replications=replications,
            measures=measures or ("profit", "customer_equity", "lifetime_value"),
            **place_of(given),
        )
    answer(done.data, done.summary(), done.table, as_json=as_json, csv=csv)
