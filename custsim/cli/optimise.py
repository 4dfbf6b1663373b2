"""``custsim optimise``: the best levers under a budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from custsim.cli.experiments import answer, keeping, place_of, run_options, say_compiling
from custsim.cli.sensitivity import ranges
from custsim.errors import InputError


@click.command("optimise")
@click.argument("name", metavar="[NAME|FILE]", default="neighbourhood_bank")
@click.option("--over", "over", metavar="PATH=LOW..HIGH", multiple=True, required=True,
              help="A lever and its range; LOW..HIGH:int for whole numbers; may be repeated.")  # fmt: skip
@click.option("--maximise", metavar="NAME", default="customer_equity", show_default=True,
              help="Measure to make as large as possible, see custsim compare --help.")  # fmt: skip
@click.option("--budget", metavar="MEASURE<=MOST", help="What may be spent: marketing.first_year<=120000.")
@click.option("--trials", type=click.IntRange(1, 1_000_000), default=60, show_default=True,
              help="Points to run, those of an earlier time included.")  # fmt: skip
@click.option("--replications", type=click.IntRange(1, 1_000_000), default=4, show_default=True,
              help="Runs of each point in the search.")  # fmt: skip
@click.option("--finalists", type=click.IntRange(1, 10_000), default=5, show_default=True,
              help="How many of the best are looked at again.")  # fmt: skip
@click.option("--final-replications", type=click.IntRange(2, 1_000_000), default=32, show_default=True,
              help="Runs of each finalist, and of the test of the winner.")  # fmt: skip
@click.option("--study", type=click.Path(path_type=Path), metavar="FILE",
              help="Keep the search in FILE; beside --store without it.")  # fmt: skip
@click.option("--set", "changes", metavar="PATH=VALUE", multiple=True, help="Change the firm before all else.")
@run_options
def command(
    name: str, over: tuple[str, ...], maximise: str, budget: str | None, changes: tuple[str, ...], as_json: bool,
    csv: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Search for the best levers under a budget, and test the winner on luck that had no part in finding it.

    \b
    How many people at the complaint desk, and what compensation, are best for profit:
      custsim optimise neighbourhood_bank --maximise net_present_value \\
          --over complaints.staff=2..10 --over complaints.compensation=0.5..2
    \b
    The same within 400,000 a year for the desk; kept in a file, so that it can be stopped and go on:
      custsim optimise neighbourhood_bank --maximise net_present_value \\
          --over complaints.staff=2..10 --over complaints.compensation=0.5..2 \\
          --budget "complaint_desk.first_year<=400000" --store bank.db
    \b
    A little more searching, later: the trials that were made are not made again:
      custsim optimise ... --trials 120 --store bank.db

    The winner is chosen among the best few and the firm as it is on --final-replications runs of their own, and then
    tested on as many fresh ones; the difference is told with its interval.
    """  # noqa: D301  # click needs the control character
    from custsim.scenario import assignments, load

    length = {} if given["months"] is None else {"time.months": given["months"]}
    base = load(name).change({**length, **assignments(changes)}, opening="own")
    levers = {path: lever(path, text) for path, text in ranges(over).items()}
    limit = None if budget is None else limit_of(budget)
    say_compiling()
    from custsim.experiment.optimise import optimise

    counts = ("trials", "replications", "finalists", "final_replications", "study")
    with keeping(given["store"] or given["study"]):
        found = optimise(
            base, maximise, levers, limit, **{count: given[count] for count in counts}, **place_of(given)
        )  # fmt: skip
    answer(found.data, found.summary(), found.trials, as_json=as_json, csv=csv)


def lever(path: str, text: str) -> tuple[Any, ...]:
    """Read the range of a lever.

    Raises
    ------
    InputError
        If it is not written as ``low..high`` or ``low..high:int``.

    Examples
    --------
    >>> lever("complaints.staff", "2..8"), lever("market.marketing", "0..1e4:int")
    ((2.0, 8.0), (0.0, 10000.0, 'int'))
    """
    low, dots, rest = text.partition("..")
    high, colon, kind = rest.partition(":")
    try:
        if not dots or (colon and kind != "int"):
            raise ValueError
        return (float(low), float(high), "int") if colon else (float(low), float(high))
    except ValueError:
        raise InputError(f"{path}: {text!r} is no range; write it like 2..8, or 0..10000:int") from None


def limit_of(text: str) -> tuple[str, float]:
    """Read a budget.

    Raises
    ------
    InputError
        If it is not written as ``measure<=most``.

    Examples
    --------
    >>> limit_of("marketing.first_year<=120000")
    ('marketing.first_year', 120000.0)
    """
    measure, sign, most = text.partition("<=")
    try:
        if not sign or not measure.strip():
            raise ValueError
        return measure.strip(), float(most)
    except ValueError:
        raise InputError(f"--budget: {text!r} is none; write it like marketing.first_year<=120000") from None
