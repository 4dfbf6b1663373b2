"""``custsim workshop``: serve a lesson to a room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

#: what the workshop needs beyond custsim itself, and the extra that brings it
_NEEDED = ("starlette", "uvicorn", "websockets", "segno", "markdown_it", "itsdangerous")
_EXTRA = "workshop"


@click.command("workshop")
@click.argument("lesson")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@click.option(
    "--host",
    default="0.0.0.0",
    metavar="ADDRESS",
    help="Listen to one address of this computer only, and show that; 127.0.0.1 to try it alone.",
)
@click.option("--word", default="", metavar="WORDS", help="Join word of your own; two random words without it.")
@click.option("--most", type=click.IntRange(1, 500), default=40, show_default=True, help="Trainees at once.")
@click.option(
    "--idle",
    type=click.FloatRange(1, 1440),
    default=90,
    show_default=True,
    metavar="MINUTES",
    help="Minutes without doing anything after which a seat is given free.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="File that keeps what trainees do; today's in custsim-workshops without it.",
)
@click.option("--new", is_flag=True, help="Begin a new file instead of going on with today's.")
@click.option("--self-paced", is_flag=True, help="Start at once, with every step revealed.")
def command(lesson: str, most: int, idle: float, **options: Any) -> None:
    """Serve a lesson to a room: one address, a join word, and nothing to install for trainees.

    LESSON is the number or the name of a lesson (custsim lessons --list), or the path of a notebook of your own.
    Trainees open the address that is shown, on the same network. You start the lesson and reveal its steps on the
    trainer's page. What trainees do is kept: after Ctrl-C, or worse, the same command goes on where they were.
    """
    from custsim.cli.extras import require
    from custsim.cli.warmup import compile_all, compiling_takes
    from custsim.lessons.catalogue import find

    require(_EXTRA, _NEEDED)
    find(lesson)
    ahead = compiling_takes()
    if ahead:
        click.echo(ahead, err=True)
        compile_all()
    from custsim.workshop.room import Limits
    from custsim.workshop.run import workshop

    workshop(lesson, limits=Limits(most=most, idle_minutes=idle), tell=click.echo, **options)
