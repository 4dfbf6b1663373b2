"""``custsim compare``: two or more firms in the same luck, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custsim.cli.experiments import answer, keeping, place_of, run_options, say_compiling, split_changes
from custsim.errors import InputError

if TYPE_CHECKING:
    from custsim.scenario import Scenario


@click.command("compare")
@click.argument("names", metavar="[NAME|FILE]...", nargs=-1)
@click.option(
    "--set",
    "changes",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change the base; all --set together are one alternative.",
)
@click.option(
    "--with",
    "alternatives",
    metavar='"[NAME:] PATH=VALUE,..."',
    multiple=True,
    help="Changes that together are one more alternative, and what to call it; may be repeated.",
)
@click.option("--own-opening", is_flag=True, help="Alternatives that had always been so, not firms changed now.")
@click.option("--measure", "measures", metavar="NAME", multiple=True, help="What to compare; may be repeated.")
@click.option("--replications", type=click.IntRange(2, 1_000_000), help="Paired replications; 30 without it.")
@click.option(
    "--precision",
    "precisions",
    metavar="[MEASURE=]WIDTH",
    multiple=True,
    help="Instead: half the width an interval may have, for the first measure or the named one.",
)
@click.option(
    "--most",
    type=click.IntRange(5, 1_000_000),
    default=10_000,
    show_default=True,
    help="With --precision: never more replications than this.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="Confidence of each interval.",
)
@run_options
def command(
    names: tuple[str, ...], changes: tuple[str, ...], alternatives: tuple[str, ...], own_opening: bool,
    measures: tuple[str, ...], precisions: tuple[str, ...], as_json: bool, csv: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Compare firms in the same luck, replication by replication, with confidence intervals.

    The first NAME or FILE is the base. Alternatives are further ones, and what --set and --with change in the base.

    \b
    What are two more persons at the complaint desk worth?
      custsim compare neighbourhood_bank --set complaints.staff=6
    \b
    Three investments against each other, by name, 100 replications, kept in a file:
      custsim compare neighbourhood_bank --with "Desk: complaints.staff=6" \\
          --with "Training: internal_service.training.spend=150" \\
          --with "Offers: loyalty.offer_rate=0.2,loyalty.offer_cost=40" \\
          --replications 100 --store bank.db
    \b
    As many replications as an interval of 500 either way takes, for profit:
      custsim compare neighbourhood_bank --set complaints.staff=6 \\
          --measure profit --precision profit=500
    \b
    Two files, other measures, one of each segment, for a script:
      custsim compare today.toml tomorrow.toml --measure profit.last_year \\
          --measure "lifetime_value[*]" --json

    Measures are the columns of the monthly table (profit, satisfaction, complaints, ...; their mean over the months),
    parts of them (profit.total, profit.last_year, customers_end.last), a column over time (monthly:profit), and
    net_present_value, customer_equity, lifetime_value, lifetime_value_observed, lifetime_value_residual, retention,
    referral_share, response_days.
    """  # noqa: D301  # click needs the control character
    called, scenarios = _scenarios(
        names or ("neighbourhood_bank",), changes, alternatives, own_opening, given["months"]
    )
    precision = _precision(precisions)
    say_compiling()
    from custsim.experiment.compare import MEASURES, compare

    with keeping(given["store"]):
        comparison = compare(
            *scenarios,
            measures=measures or MEASURES,
            replications=given["replications"],
            precision=precision,
            confidence=given["confidence"],
            most=given["most"],
            names=called,
            **place_of(given),
        )
    answer(comparison.data, comparison.summary(), comparison.table, as_json=as_json, csv=csv)


def _scenarios(
    names: tuple[str, ...],
    changes: tuple[str, ...],
    alternatives: tuple[str, ...],
    own_opening: bool,
    months: int | None,
) -> tuple[list[str | None], list[Scenario]]:
    """Load the base and the alternatives, with their names; every problem of the command line is reported at once."""
    from custsim.scenario import assignments, load

    length = {} if months is None else {"time.months": months}
    base, *others = (load(name).change(length) if length else load(name) for name in names)
    problems: list[str] = []
    called: list[str | None] = []
    made = []
    for name, texts in ([(None, list(changes))] if changes else []) + [_named(text) for text in alternatives]:
        try:
            made.append(base.change(assignments(texts), opening="own" if own_opening else "same"))
            called.append(name)
        except InputError as error:
            problems += error.problems
    taken = [base.name, *(name for name in called if name is not None)]
    problems += [
        f"--with: two firms are called {name!r}; give each a name of its own"
        for name in dict.fromkeys(taken)
        if taken.count(name) > 1
    ]
    if problems:
        raise InputError(problems)
    if not made and not others:
        raise InputError(
            'nothing to compare with: give a second file, --set complaints.staff=6, or --with "complaints.staff=6"'
        )
    return [*called, *(None for _ in others)], [base, *made, *others]


def _named(text: str) -> tuple[str | None, list[str]]:
    """Take an alternative apart into its name, if it has one, and its changes.

    Examples
    --------
    >>> _named("More staff: complaints.staff=6, complaints.compensation=1.5")
    ('More staff', ['complaints.staff=6', 'complaints.compensation=1.5'])
    >>> _named("complaints.staff=6")
    (None, ['complaints.staff=6'])
    """
    name, colon, _ = text.partition("=")[0].rpartition(":")
    return name.strip() or None, split_changes(text[len(name + colon) :])


def _precision(texts: tuple[str, ...]) -> float | dict[str, float] | None:
    """Read ``500`` or ``profit=500``."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, width = text.rpartition("=")
        try:
            found[name.strip()] = float(width)
        except ValueError:
            raise InputError(f"--precision {text}: write it like profit=500") from None
    if "" in found and len(found) > 1:
        raise InputError("--precision: with several, name the measure of each, like profit=500")
    return found.get("", found or None)
