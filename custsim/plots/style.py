"""The house look of every picture: one palette, one grid, legible from the back of the room.

Figures are made without pyplot. Nothing here reads or writes matplotlib's global state, so pictures can be drawn in
threads, in a notebook and on a machine without a screen, and drawing one never changes the look of another.

A picture is made in four steps::

    figure = new_figure()
    ax = figure.axes[0]
    ax.plot(x, y, color=COLOURS["blue"])
    dress(ax, title="What it says", x="years", y="currency units")

``dress`` is called last, after the data are drawn, so that it can see them.
"""

from __future__ import annotations

import contextlib
import io
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import FuncFormatter, ScalarFormatter

from custsim.errors import EnvironmentFailure, InputError

__all__ = [
    "COLOURS",
    "FORMATS",
    "GREY",
    "INK",
    "PALETTE",
    "SEQUENTIAL",
    "SIZES",
    "dress",
    "footnote",
    "legend",
    "new_figure",
    "number",
    "percent_axis",
    "save",
    "thousands_axis",
]

#: Colours that people with any of the common colour-vision deficiencies can tell apart (Okabe & Ito 2008).
COLOURS: dict[str, str] = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "vermilion": "#D55E00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}

#: The order in which series take their colours; yellow is left out, it does not show on white.
PALETTE: tuple[str, ...] = tuple(COLOURS[name] for name in ("blue", "orange", "green", "vermilion", "sky", "pink"))

#: Text and axes.
INK = "#222222"
#: What is there for comparison only: reference lines, "before", footnotes.
GREY = "#6B6B6B"
#: Grid lines.
GRID = "#E3E3E3"
#: Name of matplotlib's perceptually even, colour-blind-safe map for surfaces and heat maps.
SEQUENTIAL = "cividis"

#: Font sizes in points on a picture 10 inches wide: readable when projected.
SIZES: dict[str, float] = {"title": 17.0, "subtitle": 13.0, "label": 14.0, "tick": 12.5, "legend": 12.5, "note": 11.0}

#: File endings :func:`save` writes.
FORMATS: tuple[str, ...] = (".png", ".svg", ".pdf")

_MINUS = "\N{MINUS SIGN}"


class Picture(Figure):
    """A figure that shows itself in a notebook, although pyplot does not know of it."""

    def _repr_png_(self) -> bytes:
        """Draw the picture as a notebook wants it."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def new_figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = 10.0,
    height: float = 5.6,
    sharex: bool = False,
    sharey: bool = False,
    width_ratios: Sequence[float] | None = None,
    height_ratios: Sequence[float] | None = None,
) -> Figure:
    """Make an empty picture with ``rows x columns`` panels, in ``figure.axes``, row by row.

    Parameters
    ----------
    rows, columns
        Number of panels, at least 1 each.
    width, height
        Size in inches; the default fills a 16:9 slide.
    sharex, sharey
        Whether the panels share their axes.
    width_ratios, height_ratios
        Relative sizes of columns and of rows.

    Returns
    -------
    matplotlib.figure.Figure
        A figure that pyplot does not know of; nothing has to be closed. A notebook shows it all the same.

    Raises
    ------
    InputError
        If a size or a number of panels is not positive.

    Examples
    --------
    >>> figure = new_figure(1, 2)
    >>> len(figure.axes)
    2
    """
    for name, value in (("rows", rows), ("columns", columns), ("width", width), ("height", height)):
        if not value > 0:
            raise InputError(f"{name}: must be above 0, got {value!r}; a picture needs at least one panel and a size")
    figure = Picture(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)  # type: ignore[union-attr,call-arg]
    figure.subplots(rows, columns, sharex=sharex, sharey=sharey, width_ratios=width_ratios, height_ratios=height_ratios)
    return figure


def dress(
    ax: Axes,
    *,
    title: str = "",
    subtitle: str = "",
    x: str = "",
    y: str = "",
    grid: Literal["x", "y", "both", "none"] = "y",
    numbers: bool = True,
) -> None:
    """Give one panel the house look: no top and right spine, a light grid, thousands separators, large letters.

    Parameters
    ----------
    ax
        The panel; call this after its data are drawn.
    title, subtitle
        What the picture says (bold), and what it shows (smaller, grey), left-aligned.
    x, y
        Axis labels, with their units.
    grid
        Where grid lines run from: the horizontal (``"x"``), the vertical axis (``"y"``), both or none.
    numbers
        Whether to write linear axes with thousands separators. Axes with a formatter or tick labels of their own are
        left alone.

    Raises
    ------
    InputError
        If ``grid`` is none of the four.
    """
    if grid not in ("x", "y", "both", "none"):
        raise InputError(f"grid: must be 'x', 'y', 'both' or 'none', got {grid!r}")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GREY)
    ax.set_axisbelow(True)
    if grid != "none":
        ax.grid(True, axis=grid, color=GRID, linewidth=0.9)
    ax.tick_params(labelsize=SIZES["tick"], color=GREY, labelcolor=INK)
    ax.set_xlabel(x, fontsize=SIZES["label"], color=INK, labelpad=6)
    ax.set_ylabel(y, fontsize=SIZES["label"], color=INK, labelpad=8)
    if numbers:
        for axis in (ax.xaxis, ax.yaxis):
            if isinstance(axis.get_major_formatter(), ScalarFormatter) and axis.get_scale() == "linear":
                thousands_axis(axis)
    if title:
        ax.set_title(
            title, loc="left", fontsize=SIZES["title"], fontweight="bold", color=INK, pad=30 if subtitle else 12
        )
    if subtitle:
        ax.annotate(
            subtitle,
            xy=(0, 1),
            xycoords="axes fraction",
            xytext=(0, 10),
            textcoords="offset points",
            fontsize=SIZES["subtitle"],
            color=GREY,
            ha="left",
            va="bottom",
            annotation_clip=False,
        )


def number(value: float, decimals: int | None = None) -> str:
    """Write a number as people read it: thousands separators, a true minus sign, no needless decimals.

    Parameters
    ----------
    value
        The number.
    decimals
        Digits after the point; by default as many as the size calls for (at most 3, none above 100).

    Returns
    -------
    str
        The number as text.

    Examples
    --------
    >>> number(1234567.8), number(0.25), number(12.5), number(3.0)
    ('1,234,568', '0.25', '12.5', '3')
    """
    if decimals is not None:
        text = f"{value:,.{decimals}f}"
    else:
        size = abs(value)
        digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        text = f"{value:,.{digits}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    if text.strip("-0.,") == "":
        text = text.lstrip("-")
    return text.replace("-", _MINUS)


def thousands_axis(axis: Axis) -> None:
    """Write an axis' ticks with thousands separators and a true minus sign."""
    axis.set_major_formatter(FuncFormatter(lambda value, _position: _tick(value, axis)))


def _tick(value: float, axis: Axis, whole: float = 1.0) -> str:
    """Write a tick with just the decimals that tell it from its neighbours."""
    ticks: Any = axis.get_majorticklocs()
    step = abs(float(ticks[1] - ticks[0])) / whole if len(ticks) > 1 else abs(value) / whole
    decimals = 0
    while decimals < 6 and abs(round(step, decimals) - step) > 1e-6 * max(step, 1e-12):
        decimals += 1
    return number(value / whole, decimals)


def percent_axis(axis: Axis, *, whole: float = 1.0) -> None:
    """Write an axis' ticks as per cent of ``whole`` (1 for shares, 100 for per cent)."""
    axis.set_major_formatter(FuncFormatter(lambda value, _position: f"{_tick(value, axis, whole / 100)} %"))


def legend(ax: Axes, *, loc: str = "best", title: str | None = None, columns: int = 1, **kwargs: Any) -> Legend:
    """Add a legend in the house look: no frame line, readable letters, a white ground so that lines do not cross it."""
    options: dict[str, Any] = {"loc": loc, "title": title, "ncols": columns, "fontsize": SIZES["legend"]} | kwargs
    options |= {"framealpha": 0.9, "edgecolor": "none", "title_fontsize": SIZES["legend"], "labelcolor": INK}
    box: Legend = ax.legend(**options)
    box.get_title().set_color(GREY)
    return box


def footnote(figure: Figure, text: str) -> None:
    """Write a source or an assumption in small grey letters below the picture."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=SIZES["note"], color=GREY)


def save(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 160) -> Path:
    """Write a picture to a file, whole or not at all.

    The picture is written beside its place and then moved there in one step: a reader never sees half of it, and a
    failure leaves the older file as it was.

    Parameters
    ----------
    figure
        The picture.
    path
        Where to; the ending decides the format: ``.png``, ``.svg`` or ``.pdf``.
    dpi
        Dots an inch of a PNG; 160 makes the default picture 1,600 dots wide.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        If the ending is none of the three.
    EnvironmentFailure
        If the folder does not exist or cannot be written to.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> save(new_figure(), folder / "empty.png").name
    'empty.png'
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise InputError(f"picture {str(target)!r}: the ending must be one of {', '.join(FORMATS)}, got {ending!r}")
    # Without a date in them, equal pictures are equal files.
    dates: dict[str, dict[str, Any]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    aside = target.with_name(f".{target.stem}-{uuid.uuid4().hex}{ending}")
    try:
        figure.savefig(aside, dpi=dpi, format=ending[1:], metadata=dates[ending])
        os.replace(aside, target)
    except OSError as error:
        raise EnvironmentFailure(
            f"picture {str(target)!r}: cannot be written ({error.strerror or error}); "
            "check that the folder exists and that you may write there"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return target
