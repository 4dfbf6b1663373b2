"""What the commands of many runs have in common: options of luck and place, reading of alternatives and values."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from custsim.cli.warmup import compiling_takes
from custsim.errors import InputError

Command = TypeVar("Command", bound=Callable[..., Any])

#: where runs are made, as the command line calls it
PLACES = ("threads", "processes", "serial", "dask")

_RANGE = re.compile(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)\.\.([+-]?[\d.]+(?:[eE][+-]?\d+)?)")


def run_options(command: Command) -> Command:
    """Add the options of luck, place, store and output that all commands of many runs have."""
    for option in reversed(
        (
            click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True,
                         help="Names the luck."),
            click.option("--months", type=click.IntRange(1, 1200), help="Months to live; its own without it."),
            click.option("--executor", type=click.Choice(PLACES), default="threads", show_default=True,
                         help="Where runs are made; the numbers are the same everywhere."),
            click.option("--cluster", metavar="ADDRESS", help="Make the runs on a Dask cluster: tcp://host:8786."),
            click.option("--jobs", type=click.IntRange(1, 4096), help="Runs at once; all processors without it."),
            click.option("--store", type=click.Path(path_type=Path), metavar="FILE",
                         help="Keep results in FILE as they come, and go on from what is there."),
            click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write the table to FILE."),
            click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def place_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an experiment from the options of :func:`run_options`."""
    return {
        "seed": given["seed"],
        "executor": given["cluster"] or given["executor"],
        "jobs": given["jobs"],
        "store": given["store"],
    }


def say_compiling() -> None:
    """Say that the laws are being compiled, if they are."""
    compiling = compiling_takes()
    if compiling:
        click.echo(f"{compiling} (once; custsim warmup does it ahead)", err=True)


@contextlib.contextmanager
def keeping(store: Path | None) -> Iterator[None]:
    """Say on Ctrl-C what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        if store is not None:
            click.echo(f"{store}: keeps the runs that were done; the same command goes on from there", err=True)
        raise


def answer(data: Mapping[str, Any], text: str, table: Any, *, as_json: bool, csv: Path | None) -> None:
    """Print the answer, and write the table if asked."""
    if csv is not None:
        from custsim.scenario.files import write_text

        write_text(csv, table.to_csv(index=False))
    click.echo(json.dumps(data, indent=2, allow_nan=False) if as_json else text)
    if csv is not None and not as_json:
        click.echo(f"\n{csv}: written: the table")


def split_changes(text: str) -> list[str]:
    """Split changes at commas, but not within brackets or quotation marks.

    Examples
    --------
    >>> split_changes("complaints.staff=8, segments=[1, 2]")
    ['complaints.staff=8', 'segments=[1, 2]']
    """
    parts, depth, quote, here = [], 0, "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        if letter == "," and not depth and not quote:
            parts.append(here.strip())
            here = ""
        else:
            here += letter
    return [part for part in [*parts, here.strip()] if part]


def values_by_path(texts: Iterable[str], *, ranges: bool) -> dict[str, list[Any]]:
    """Read ``path=1,2,3`` and ``path=2..12``.

    Parameters
    ----------
    texts
        One for each parameter.
    ranges
        Whether ``low..high`` is a range of which points are drawn; otherwise it is every whole number from low to high.

    Raises
    ------
    InputError
        With one line for each text that cannot be read.

    Examples
    --------
    >>> values_by_path(["complaints.staff=2..4", "loyalty.offer_rate=0,.1"], ranges=False)
    {'complaints.staff': [2, 3, 4], 'loyalty.offer_rate': [0, 0.1]}
    """
    from custsim.scenario import assignments

    found: dict[str, list[Any]] = {}
    problems: list[str] = []
    for text in texts:
        path, equals, values = text.partition("=")
        match = _RANGE.fullmatch(values.strip())
        try:
            if not equals or not values.strip():
                raise InputError(f"{text!r} is no parameter with values; write it like complaints.staff=2,4,8")
            if match is not None:
                low, high = (_number(part, text) for part in match.groups())
                name = next(iter(assignments([f"{path}=0"])))
                found[name] = [low, high] if ranges else _whole(low, high, text)
                continue
            for value in split_changes(values):
                for name, read in assignments([f"{path}={value}"]).items():
                    found.setdefault(name, []).append(read)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _number(text: str, whole: str) -> float | int:
    try:
        return int(text) if re.fullmatch(r"\s*[+-]?\d[\d_]*\s*", text) else float(text)
    except ValueError:
        raise InputError(f"{whole!r}: {text!r} is no number") from None


def _whole(low: float, high: float, text: str) -> list[int]:
    if not isinstance(low, int) or not isinstance(high, int) or low > high:
        raise InputError(
            f"{text!r}: on a grid, .. stands for whole numbers from low to high; write other values with commas, or "
            "take --design latin"
        )
    return list(range(low, high + 1))
