"""``custsim run``: live through a scenario, and tell what came of it."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custsim.cli.warmup import compiling_takes

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from custsim.scenario import Scenario
    from custsim.simulation import Run
    from custsim.simulation.summary import Block, Summary

#: width of the summary: any terminal has that
WIDTH = 80

#: where runs go when nothing else is said
RESULTS = "custsim-results"

#: longest name of a results folder
_LONGEST = 100


@click.command("run")
@click.argument("name", metavar="[NAME|FILE]", default="neighbourhood_bank")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Names the luck.")
@click.option(
    "--replication",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Another luck of the same seed.",
)
@click.option("--months", type=click.IntRange(1, 1200), help="Months to live; the scenario's own without it.")
@click.option(
    "--set",
    "changes",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a parameter, such as complaints.staff=8; may be repeated.",
)
@click.option("--own-opening", is_flag=True, help="With --set: a firm that had always been so, not one changed now.")
@click.option("--out", type=click.Path(path_type=Path), help=f"Results folder; without it one in {RESULTS}.")
@click.option("--story", "person", type=int, metavar="PERSON", help="Tell one person's life too.")
@click.option("--no-picture", is_flag=True, help="Draw nothing.")
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    help="Threads; the result is the same for any number.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")  # fmt: skip
def command(
    name: str, changes: tuple[str, ...], own_opening: bool, out: Path | None, no_picture: bool, as_json: bool,
    person: int | None, **luck: Any,
) -> None:  # fmt: skip
    """Live through a scenario month by month, and tell what came of it.

    NAME is that of a bundled scenario or the path of a file; without it, the neighbourhood bank. Tables, a summary and
    a picture go to a results folder, whole or not at all; a run that is there already is replaced.
    """
    from custsim.scenario import assignments, load

    changed = assignments(changes)
    scenario = load(name).change(changed, opening="own" if own_opening else "same")
    months = luck["months"] or scenario.time.months
    click.echo(
        f"{scenario.title or scenario.name}: {scenario.market.persons:,} persons, {months} months, "
        f"seed {luck['seed']}" + (f", replication {luck['replication']}" if luck["replication"] else ""),
        err=True,
    )
    folder = out or Path(RESULTS) / _folder_name(scenario, luck, changed, own_opening)
    _refuse_early(scenario, folder, person)
    run = _lived(scenario, months, luck, person)
    summary = run.summary()
    story = None if person is None else run.story(person)
    _keep(run, folder, summary, story, picture=not no_picture)
    if as_json:
        answer = {**summary.data, "folder": str(folder)} | ({} if story is None else {"story": story})
        click.echo(json.dumps(answer, indent=2, allow_nan=False))
        return
    _print(summary, story)
    click.echo(f"\n{folder}: written: tables, summary{'' if no_picture else ', overview.png'}")


def _folder_name(scenario: Scenario, luck: Mapping[str, Any], changed: Mapping[str, Any], own_opening: bool) -> str:
    """Name a results folder by what was asked for, so that a changed run does not replace the unchanged one."""
    parts = [scenario.name, f"seed{luck['seed']}"]
    parts += [f"rep{luck['replication']}"] if luck["replication"] else []
    parts += [f"{luck['months']}months"] if luck["months"] else []
    parts += [f"{path}={value}" for path, value in changed.items()] + (["own-opening"] if own_opening else [])
    name = re.sub(r"[^\w.=-]+", "_", "-".join(parts)).strip(".")
    if len(name) <= _LONGEST:
        return name or "run"
    import hashlib

    return f"{name[: _LONGEST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _refuse_early(scenario: Scenario, folder: Path, person: int | None) -> None:
    """Refuse what would only fail at the end, before anything is computed."""
    from custsim.errors import InputError
    from custsim.simulation.storage import refuse_unusable

    if person is not None and not 0 <= person < scenario.market.persons:
        raise InputError(f"--story: must be a person from 0 to {scenario.market.persons - 1}, got {person}")
    refuse_unusable(folder)


def _lived(scenario: Scenario, months: int, luck: Mapping[str, Any], person: int | None) -> Run:
    """Live the months, with a bar on a terminal."""
    compiling = compiling_takes()
    if compiling:
        click.echo(f"{compiling} (once; custsim warmup does it ahead)", err=True)
    from custsim.simulation import simulate

    with _progress(months) as lived:
        return simulate(
            scenario,
            luck["seed"],
            luck["replication"],
            months=months,
            threads=luck["threads"],
            trace=() if person is None else [person],
            progress=lived,
        )


@contextlib.contextmanager
def _progress(months: int) -> Iterator[Callable[[int], None] | None]:
    """Show a bar on standard error if that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("opening", total=months)
        yield lambda done: progress.update(task, completed=done, description="months")


def _keep(run: Run, folder: Path, summary: Summary, story: str | None, *, picture: bool) -> None:
    """Write the results folder: tables, summary, story, picture."""
    from custsim.simulation.storage import save

    files = {
        "summary.txt": f"{summary}\n".encode(),
        "summary.json": json.dumps(summary.data, indent=2, allow_nan=False).encode(),
    }
    if story is not None:
        files["story.txt"] = f"{story}\n".encode()
    if picture:
        files["overview.png"] = _drawn(run)
    save(run, folder, also=files)


def _drawn(run: Run) -> bytes:
    from custsim.plots.run import overview

    buffer = io.BytesIO()
    overview(run).savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _print(summary: Summary, story: str | None) -> None:
    from rich.console import Console

    # A narrower screen would cut the numbers: let it wrap lines instead.
    console = Console(width=WIDTH, highlight=False)
    console.print(f"\n[bold]{_plain(summary.title)}[/bold]")
    for block in summary.blocks:
        console.print()
        _print_block(console, block)
    if story is not None:
        console.print()
        console.print(_plain(story))


def _print_block(console: Console, block: Block) -> None:
    console.print(f"[bold]{_plain(block.title)}[/bold]")
    if block.rows:
        console.print(_table(block))
    if block.note:
        console.print(_plain(block.note), style="dim" if block.rows else "")


def _table(block: Block) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD if block.headings else None, show_header=bool(block.headings), pad_edge=False,
                  show_edge=False, header_style="", padding=(0, 1))  # fmt: skip
    for place in range(len(block.rows[0])):
        heading = block.headings[place] if block.headings else ""
        numbers = place > 0 and not block.prose
        table.add_column(heading, justify="right" if numbers else "left", no_wrap=place == 0)
    for row in block.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
