"""``custsim worth``: what would be missed without word of mouth, a customer, an answer, internal service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from custsim.cli.experiments import answer, keeping, place_of, run_options, say_compiling
from custsim.errors import InputError

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("worth")
def command() -> None:
    """Tell what a firm would miss: two lives in the same luck, one of them without the thing in question.

    \b
    What do the customers' recommendations bring, and their warnings cost?
      custsim worth word-of-mouth neighbourhood_bank
    \b
    What does a customer cost who leaves at the end of the first year?
      custsim worth lost-customer neighbourhood_bank --month 12
    \b
    What is an answered complaint worth, against one that nobody answers?
      custsim worth complaint neighbourhood_bank --picture complaint.png
    \b
    What follows from one point more of internal service, link by link?
      custsim worth internal-service neighbourhood_bank --json
    """  # noqa: D301  # click needs the control character


def _options(function: Command) -> Command:
    """Add what all four have in common."""
    for option in reversed(
        (
            click.argument("name", metavar="[NAME|FILE]", default="neighbourhood_bank"),
            click.option("--set", "changes", metavar="PATH=VALUE", multiple=True, help="Change the firm first."),
            click.option("--replications", type=click.IntRange(2, 1_000_000), help="Lives of the firm."),
            click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw the answer."),
        )
    ):  # fmt: skip
        function = option(function)
    return run_options(function)


@command.command("word-of-mouth", short_help="What recommendations bring and warnings cost.")
@click.option("--measure", "measures", metavar="NAME", multiple=True, help="What to measure; may be repeated.")
@_options
def word_of_mouth(measures: tuple[str, ...], **given: Any) -> None:
    """Tell what recommendations, warnings and both are worth: the firm as it is, less the same firm without them."""
    own = {"measures": measures} if measures else {}
    _tell("word_of_mouth_worth", given, own, stored=True)


@command.command("lost-customer", short_help="What a customer costs who leaves.")
@click.option(
    "--month", type=click.IntRange(0), default=12, show_default=True, help="Month in which the customer goes."
)
@click.option("--persons", type=click.IntRange(3), default=12, show_default=True, help="Customers drawn in each life.")
@click.option("--together", type=click.IntRange(1), default=1, show_default=True,
              help="Customers of a tier that go in the same life; several are surer.")  # fmt: skip
@_options
def lost_customer(month: int, persons: int, together: int, **given: Any) -> None:
    """Tell what a lost customer costs, by tier and by step of the ladder: removed for good, one or a few at a time."""
    _tell("lost_customer_cost", given, {"month": month, "persons": persons, "together": together})


@command.command("complaint", short_help="What an answered complaint is worth.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="First month of the answers.")
@click.option("--last", type=click.IntRange(0), default=11, show_default=True, help="Last month of the answers.")
@click.option("--complaints", type=click.IntRange(2), default=12, show_default=True, help="Drawn in each life.")
@_options
def complaint(first: int, last: int, complaints: int, **given: Any) -> None:
    """Tell what a complaint handled well is worth, against the same complaint left unanswered."""
    _tell("handled_complaint_worth", given, {"first": first, "last": last, "complaints": complaints})


@command.command("internal-service", short_help="What a point of internal service is worth.")
@click.option("--step", type=click.FloatRange(0, min_open=True), default=0.1, show_default=True,
              help="Share by which spending on internal service is raised.")  # fmt: skip
@_options
def internal_service(step: float, **given: Any) -> None:
    """Tell what one point of internal service is worth, link by link, and before and after what it costs."""
    _tell("internal_service_point", given, {"step": step}, stored=True)


def _tell(question: str, given: dict[str, Any], own: dict[str, Any], *, stored: bool = False) -> None:
    """Ask one of the questions, and print the answer."""
    from custsim.scenario import assignments, load

    length = {} if given["months"] is None else {"time.months": given["months"]}
    firm = load(given["name"]).change({**length, **assignments(given["changes"])}, opening="own")
    place = place_of(given)
    if not stored:
        if given["store"] is not None or given["cluster"] is not None or given["executor"] != "threads":
            raise InputError("--store, --executor, --cluster: lives that are changed as they go on are lived here; "
                             "leave them out")  # fmt: skip
        place = {"seed": given["seed"], "jobs": given["jobs"]}
    count = {} if given["replications"] is None else {"replications": given["replications"]}
    say_compiling()
    from custsim.experiment import counterfactual
    from custsim.experiment.words import as_plain

    with keeping(given["store"]):
        told = getattr(counterfactual, question)(firm, **own, **count, **place)
    if given["picture"] is not None:
        from custsim import plots

        plots.save(plots.counterfactual(told), given["picture"])
    data = {
        "question": told.question,
        "numbers": told.table.to_dict("records"),
        "notes": list(told.notes),
        "confidence": told.confidence,
    }
    answer(as_plain(data), told.summary(), told.table, as_json=given["as_json"], csv=given["csv"])
    if given["picture"] is not None and not given["as_json"]:
        click.echo(f"\n{given['picture']}: written: the picture")
