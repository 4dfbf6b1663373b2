"""``custsim report``: a page and a workbook to send, from a store or a run's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command("report")
@click.argument("source", metavar="STORE|FOLDER", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.html",
              help="The page; NAME-report.html beside the store or folder without it.")  # fmt: skip
@click.option("--workbook", type=click.Path(path_type=Path), metavar="FILE.xlsx",
              help="The workbook; beside the page without it.")  # fmt: skip
@click.option("--no-workbook", is_flag=True, help="Write the page only.")
@click.option("--experiment", "experiments", type=click.IntRange(1), metavar="NUMBER", multiple=True,
              help="Of a store: only this one, see --list; may be repeated.")  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="Tell which experiments a store holds, and write nothing.")
@click.option("--title", default="", help="Title of the page, in your words.")
@click.option("--question", default="", help="The question of the first experiment, in your words.")
@click.option("--author", default="", help="Who signs it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written and the results as JSON.")
def command(
    source: Path, workbook: Path | None, no_workbook: bool, experiments: tuple[int, ...], listed: bool, as_json: bool,
    **words: Any,
) -> None:  # fmt: skip
    """Write a report to send: one page that needs nothing else, and a workbook with the numbers behind each chart.

    STORE is a file that --store named, FOLDER the results of custsim run. The page has the question, the answer in
    words with its uncertainty, charts, tables, every parameter with its source, what was assumed, and how to do it
    again.

    \b
    Three investments against each other, as a page for the client:
      custsim compare neighbourhood_bank --with "Desk: complaints.staff=6" \\
          --with "Training: internal_service.training.spend=150" --store bank.db
      custsim report bank.db --title "Where should the bank invest?" --author "A. Consultant"
    \b
    Which experiments are in a store, and a page of the second one only:
      custsim report bank.db --list
      custsim report bank.db --experiment 2 --out second.html
    \b
    What happened in one run:
      custsim run neighbourhood_bank --out this-run
      custsim report this-run --out this-run.html --no-workbook

    The page opens in any browser, loads nothing from anywhere, and prints well.
    """  # noqa: D301  # click needs the control character
    if listed:
        _list(source, as_json)
        return
    if workbook is not None and no_workbook:
        raise click.UsageError("--workbook and --no-workbook: give one of them")
    from custsim.report.write import report

    made = report(source, workbook=not no_workbook if workbook is None else workbook,
                  experiments=experiments or None, **words)  # fmt: skip
    if as_json:
        click.echo(json.dumps(made.data, indent=2, allow_nan=False))
        return
    for section in made.document.sections:
        click.echo(f"{section.title}\n{section.answer[0]}\n")
    files = [made.page, *([made.workbook] if made.workbook else [])]
    click.echo("\n".join(f"{file}: written" for file in files))


def _list(source: Path, as_json: bool) -> None:
    from custsim.experiment.store import Store

    with Store.read(source) as store:
        entries = [
            {
                "number": entry["number"], "kind": entry["kind"], "made": entry["made"],
                "about": entry["specification"].get("names") or list(entry["specification"].get("over", {})),
            }
            for entry in store.experiments()
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        click.echo(f"{entry['number']:>4}  {entry['made'][:16]}  {entry['kind']:<12} {', '.join(entry['about'])}")
    if not entries:
        click.echo(f"{source}: holds no experiments")
