"""``custsim lessons``: the lessons in a folder of one's own, opened in JupyterLab."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import click

#: where the lessons go when nothing else is said
FOLDER = "custsim-lessons"

#: what the lessons need beyond custsim itself, and the extra that brings it
_NEEDED = ("jupyterlab", "anywidget", "ipywidgets")
_EXTRA = "lessons"

#: JupyterLab asks nothing of the world outside: no news, no search for updates, no list of extensions
_QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.answer_yes=True",  # Ctrl-C ends it without a question
)


@click.command("lessons")
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER)
@click.option("--list", "list_only", is_flag=True, help="List the lessons and do nothing else.")
@click.option("--no-open", is_flag=True, help="Copy only; JupyterLab stays closed.")
@click.option("--with-trainer", is_flag=True, help="Copy the trainer's sheets too. They hold the answers.")
def command(folder: Path, list_only: bool, no_open: bool, with_trainer: bool) -> None:
    """Copy the lessons to a folder of yours and open JupyterLab there.

    FOLDER is ./custsim-lessons without a name. What you have worked in is never overwritten: if a lesson has a newer
    version, that one goes beside yours under another name. JupyterLab makes no request to the world outside.
    """
    from custsim.cli.extras import require
    from custsim.lessons.copying import copy_lessons

    if list_only:
        _tell_lessons()
        return
    if not no_open:
        require(_EXTRA, _NEEDED)
    for line in copy_lessons(folder, with_trainer=with_trainer):
        click.echo(line)
    if no_open:
        click.echo(f"open them with: {shlex.join(['custsim', 'lessons', str(folder)])}")
        return
    click.echo("opening JupyterLab; Ctrl-C ends it")
    raise SystemExit(_open(folder))


def _open(folder: Path) -> int:
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", *_QUIET]
    with subprocess.Popen(command) as lab:
        while True:
            try:
                return lab.wait()
            except KeyboardInterrupt:  # it got the same Ctrl-C, and saves what it must before it ends
                continue


def _tell_lessons() -> None:
    from rich.console import Console
    from rich.table import Table

    from custsim.lessons.catalogue import bundled, read_notebook

    table = Table(box=None, pad_edge=False)
    for heading in ("", "lesson", "minutes", "name"):
        table.add_column(heading, justify="right" if heading in ("", "minutes") else "left", no_wrap=heading == "name")
    for file in bundled():
        lesson = read_notebook(file)
        table.add_row(str(lesson.number), lesson.title, str(lesson.minutes or ""), lesson.name)
    if not table.row_count:
        click.echo("no lessons came with this installation")
        return
    Console(highlight=False, width=100).print(table)
    click.echo("\ncustsim lessons opens them for you; custsim workshop 4 serves one to a room")
