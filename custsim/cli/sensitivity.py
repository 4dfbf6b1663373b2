"""``custsim sensitivity``: which assumptions matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from custsim.cli.experiments import answer, keeping, place_of, run_options, say_compiling
from custsim.errors import InputError


@click.command("sensitivity")
@click.argument("name", metavar="[NAME|FILE]", default="neighbourhood_bank")
@click.option(
    "--over",
    "over",
    metavar="PATH=RANGE",
    multiple=True,
    required=True,
    help="A parameter and what is known of it: 2..8, or normal(5, 1, low=0); may be repeated.",
)
@click.option(
    "--method",
    type=click.Choice(["sobol", "morris", "tornado"]),
    default="tornado",
    show_default=True,
    help="Shares of the variance; a cheap screening of many parameters; one after the other.",
)
@click.option(
    "--samples", type=click.IntRange(2, 1_000_000), help="Size of the design, for sobol (64) and morris (10)."
)
@click.option("--replications", type=click.IntRange(1, 1_000_000), default=4, show_default=True,
              help="Runs of each point.")  # fmt: skip
@click.option("--set", "changes", metavar="PATH=VALUE", multiple=True, help="Change the firm before all else.")
@click.option("--measure", "measures", metavar="NAME", multiple=True,
              help="What to measure, see custsim compare --help; may be repeated.")  # fmt: skip
@click.option("--same-opening", is_flag=True, help="The ranges are levers that change in month 0, not unknown facts.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw the first measure into FILE.")
@run_options
def command(
    name: str, over: tuple[str, ...], changes: tuple[str, ...], measures: tuple[str, ...], same_opening: bool,
    picture: Path | None, as_json: bool, csv: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Tell which parameters of a firm matter for its results, with intervals.

    \b
    One parameter after the other from low to high, as a picture:
      custsim sensitivity neighbourhood_bank --over loyalty.churn=0.008..0.013 \\
          --over complaints.failure_rate=0.02..0.045 --picture tornado.png
    \b
    What is known of a parameter, as a distribution:
      custsim sensitivity neighbourhood_bank --over "loyalty.churn=lognormal(0.01, 0.2, high=0.5)" \\
          --over "profit.monthly_revenue=triangular(55, 60, 66)"
    \b
    Shares of the variance, alone and with interactions; 64 x (2 + 2) points, kept in a file:
      custsim sensitivity neighbourhood_bank --method sobol --samples 64 \\
          --over loyalty.churn=0.008..0.013 --over complaints.staff=2..8 --store bank.db

    Ranges: low..high, uniform(low, high), triangular(low, mode, high), normal(mean, sd), lognormal(median, sigma),
    beta(a, b); normal, lognormal and beta take low= and high=.
    """  # noqa: D301  # click needs the control character
    from custsim.scenario import assignments, load

    length = {} if given["months"] is None else {"time.months": given["months"]}
    base = load(name).change({**length, **assignments(changes)}, opening="own")
    known = ranges(over)
    say_compiling()
    from custsim.experiment.sensitivity import sensitivity

    with keeping(given["store"]):
        found = sensitivity(
            base,
            known,
            given["method"],
            measures=measures or ("profit", "customer_equity", "lifetime_value"),
            samples=given["samples"],
            replications=given["replications"],
            opening="same" if same_opening else "own",
            **place_of(given),
        )
    if picture is not None:
        from custsim.plots.sensitivity import picture_of
        from custsim.plots.style import save

        save(picture_of(found), picture)
    answer(found.data, found.summary(), found.table, as_json=as_json, csv=csv)
    if picture is not None and not as_json:
        click.echo(f"\n{picture}: written: the picture")


def ranges(texts: tuple[str, ...]) -> dict[str, str]:
    """Read ``path=range``; what the range means is read by the experiment.

    Raises
    ------
    InputError
        With one line for each text without a path or a range, and each path that is named twice.

    Examples
    --------
    >>> ranges(("loyalty.churn=0.01..0.02",))
    {'loyalty.churn': '0.01..0.02'}
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for text in texts:
        path, equals, known = (part.strip() for part in text.partition("="))
        if not equals or not path or not known:
            problems.append(f"{text!r} is no parameter with a range; write it like complaints.staff=2..8")
        elif path in found:
            problems.append(f"{path}: is given two ranges")
        found[path] = known
    if problems:
        raise InputError(problems)
    return found
