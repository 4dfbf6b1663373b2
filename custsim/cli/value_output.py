"""What the commands under ``custsim value`` share: how figures are typed, files read, answers printed and written."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

#: width of the answer where there is no screen to ask
WIDTH = 100

FILE = click.Path(dir_okay=False, path_type=Path)


class _Share(click.ParamType[float]):
    """A share, as 0.8 or 80%."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            share = math.nan
        if not math.isfinite(share):
            self.fail(f"{value!r} is no share: write 0.8 or 80%", param, ctx)
        return share


class _Rate(_Share):
    """A rate of interest, as 0.1 or 10%, in which 10 is a slip."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        rate = super().convert(value, param, ctx)
        if rate > 1:
            self.fail(f"{value!r} is {rate:,.0%}: write 10 % as 0.1 or 10%", param, ctx)
        return rate


class _Number(click.ParamType[float]):
    """A number, with a word of help for those who write 1,000 or 1 000."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number: write 1000 or 9.5, without marks between thousands", param, ctx)
        return number


SHARE = _Share()
RATE = _Rate()
NUMBER = _Number()


# --- files in ---------------------------------------------------------------------------------------------------------


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a CSV file is written; they arrive as ``separator``, ``decimal`` and so on."""
    for option in (
        click.option("--encoding", default="utf-8-sig", help="How letters are written; UTF-8 without it, cp1252 is "
                     "Excel's on Windows."),
        click.option("--thousands", type=click.Choice([",", ".", " ", "'"]), help="Mark between thousands."),
        click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Decimal mark."),
        click.option("--separator", help="Between columns; found by looking at the first line without it."),
    ):  # fmt: skip
        command = option(command)
    return command


def read(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """Read a file with the options of :func:`reading`, which are taken out of ``options``."""
    from custsim.value.logs import read_log

    how = {name: options.pop(name) for name in ("separator", "decimal", "thousands", "encoding")}
    return read_log(path, customer=options.get("customer"), **how)


@contextmanager
def in_the_words_of_options(names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Let problems name what was typed: ``nonpositive='drop'`` becomes ``--nonpositive drop``.

    Parameters
    ----------
    names
        Arguments of the library that are called otherwise on the command line.
    """
    from custsim.errors import InputError

    try:
        yield
    except InputError as error:
        raise InputError([_as_options(problem, names or {}) for problem in error.problems]) from error


def _as_options(problem: str, names: Mapping[str, str]) -> str:
    def option(name: str) -> str:
        return "--" + names.get(name, name).replace("_", "-")

    def setting(found: re.Match[str]) -> str:
        value = found[2] or ("NAME" if found[1] in ("customer", "date", "amount", "column") else "NUMBER")
        return f"{option(found[1])} {value!r}" if re.search(r"[\s,;']", value) else f"{option(found[1])} {value}"

    problem = re.sub(r"\b([a-z_]+)=(?:'([^']*)'|\.\.\.)", setting, problem)
    problem = re.sub(r"(\(first: (?:.*, )?)row (\d+)\)", r"\1data row \2)", problem)
    head, colon, rest = problem.partition(": ")
    return f"{option(head)}{colon}{rest}" if head in names else problem


# --- answers out ------------------------------------------------------------------------------------------------------


def console() -> Console:
    """Console as wide as the screen, or as :data:`WIDTH` where there is none."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal else Console(width=WIDTH)


def table(*columns: str, header: bool = True) -> Table:
    """Table of the house: words on the left, figures on the right."""
    from rich.box import SIMPLE
    from rich.table import Table

    made = Table(box=SIMPLE, show_header=header, pad_edge=False)
    for i, name in enumerate(columns):
        made.add_column(name, justify="left" if i == 0 or (not header and i == len(columns) - 1) else "right")
    return made


def print_files(screen: Console, answer: dict[str, Any]) -> None:
    """Say what was written."""
    for what in ("picture", "table"):
        if what in answer:
            screen.print(f"{what}: {answer[what]}", highlight=False, soft_wrap=True)


def print_json(answer: dict[str, Any]) -> None:
    """Print an answer as JSON."""
    click.echo(json.dumps(plain(answer), indent=2, allow_nan=False))


def convergence(model: Any) -> dict[str, Any] | None:
    """How a fit went; nothing for a model that was not fitted."""
    found = model.convergence
    return None if found is None else {"converged": found.converged, "message": found.message}


def distrust(screen: Console, what: str) -> None:
    """Warn of a fit that did not settle."""
    screen.print(f"[bold red]not to be trusted:[/bold red] {what}", highlight=False)


def parameters(models: dict[str, dict[str, dict[str, float]]]) -> Table:
    """Tabulate the parameters of fitted models with their intervals."""
    rows = [(f"{model} {name}".strip(), found) for model, names in models.items() for name, found in names.items()]
    known = not all(math.isnan(found["standard_error"]) for _, found in rows)
    made = table("parameter", "estimate", *(("std. error", "95 % interval") if known else ()))
    for name, found in rows:
        low, high, error = found["low_95"], found["high_95"], found["standard_error"]
        cells = ["" if math.isnan(error) else f"{error:,.3g}", "" if math.isnan(low) else f"{low:,.3g} to {high:,.3g}"]
        made.add_row(name, f"{found['estimate']:,.4g}", *(cells if known else ()))
    return made


def check_picture(path: Path | None) -> None:
    """Refuse a picture of an unknown kind before the work is done, not after it."""
    if path is None:
        return
    from custsim.errors import InputError
    from custsim.plots.style import FORMATS

    if path.suffix.lower() not in FORMATS:
        raise InputError(f"picture {str(path)!r}: the ending must be one of {', '.join(FORMATS)}, got {path.suffix!r}")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all: beside its place first, then moved there in one step."""
    import pandas as pd

    from custsim.errors import EnvironmentFailure

    aside = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    # pandas would write the same figures, but take longer over them than over the fits
    figures = {
        str(name): pd.Series(
            ["" if math.isnan(v) else repr(v) for v in column.tolist()], index=frame.index, dtype=object
        )
        for name, column in frame.items()
        if column.dtype == "float64"
    }
    try:
        frame.assign(**figures).to_csv(aside)
        os.replace(aside, path)
    except OSError as error:
        raise EnvironmentFailure(
            f"table {str(path)!r}: cannot be written ({error.strerror or error}); check that the folder exists and "
            "that you may write there"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def plain(value: Any) -> Any:
    """Turn an answer into what JSON can hold; null where there is no number."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
