"""How far it is, on standard error and only on a terminal: runs done, and the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Progress", "shown"]

#: no bar, a bar on a terminal, or a function of runs done and runs in all
Progress = bool | Callable[[int, int], None]


@contextmanager
def shown(progress: Progress, total: int, what: str = "runs") -> Iterator[Callable[[int], None]]:
    """Show progress while something runs: ``with shown(True, 100) as done: done(1)``.

    Parameters
    ----------
    progress
        ``True`` for a bar if standard error is a terminal, ``False`` for none, or a function that is called with the
        number done and the number in all.
    total
        How many there are.
    what
        What is counted.

    Examples
    --------
    >>> with shown(lambda done, total: print(f"{done} of {total}"), 2) as done:
    ...     done(2)
    2 of 2
    """
    if callable(progress):
        tell = progress
        yield lambda done: tell(done, total)
        return
    if not progress or not total:
        yield lambda done: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
