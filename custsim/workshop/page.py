"""What stands on a step's page: words, pictures, tables and components, as plain data for the browser.

Words come from the lesson's notebook, which is part of custsim or the trainer's own; markup other than Markdown's is
shown as text all the same. Nothing that a trainee typed passes through here.
"""

from __future__ import annotations

import base64
import io
import math
import mimetypes
import numbers
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from custsim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Block", "result_block", "words_block"]

#: a part of a page: "is" says what it is (words, picture, table, text, component; told: blocks that wait)
Block = dict[str, Any]

#: dots an inch of pictures: sharp on a screen of high density, and on a projector
_DOTS = 144
#: rows of a table that are shown
_MOST_ROWS = 100


def words_block(text: str, folder: Path) -> Block:
    """Turn Markdown into a block of words.

    Parameters
    ----------
    text
        Markdown (CommonMark with tables). Raw HTML in it is shown as text.
    folder
        Where its pictures are.

    Raises
    ------
    InputError
        If a picture is not there, or lies outside the folder or on another machine.

    Examples
    --------
    >>> words_block("**24** are <i>silent</i>", Path("."))
    {'is': 'words', 'html': '<p><strong>24</strong> are &lt;i&gt;silent&lt;/i&gt;</p>'}
    """
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Words).enable(["table", "strikethrough"])
    return {"is": "words", "html": markdown.render(text, {"folder": folder}).strip()}


def result_block(result: object) -> Block:
    """Turn what a cell gave into a block: a picture, a table, or else its text.

    Examples
    --------
    >>> result_block(1_234.5)
    {'is': 'text', 'text': '1234.5'}
    """
    # what a result is can be told by name, without loading a library that it does not come from
    kinds = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(result).__mro__}
    value: Any = result
    if "matplotlib.Figure" in kinds:
        return _picture(value)
    if "matplotlib.Axes" in kinds:
        return _picture(value.figure)
    if "pandas.DataFrame" in kinds:
        return _table(value)
    if "pandas.Series" in kinds:
        return _table(value.to_frame())
    return {"is": "text", "text": str(result)}


def _picture(figure: Figure) -> Block:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DOTS)
    titles = [ax.get_title(loc) for ax in figure.axes for loc in ("left", "center", "right")]
    words = [" ".join(title.split()) for title in [str(figure.get_label()), *titles] if title.strip()]
    width, height = (round(inches * 100) for inches in figure.get_size_inches())
    return {
        "is": "picture",
        "data": _as_address(stream.getvalue(), "image/png"),
        "alt": "Picture: " + ("; ".join(words) or "what the text around it describes"),
        "width": width,
        "height": height,
    }


def _table(frame: pd.DataFrame) -> Block:
    shown = frame.head(_MOST_ROWS)
    if shown.index.names != [None] or list(shown.index) != list(range(len(shown))):
        shown = shown.reset_index()
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    left_out = len(frame) - len(shown)
    return {
        "is": "table",
        "head": [str(name) for name in shown.columns],
        "rows": rows,
        "note": f"and {left_out:,} more rows" if left_out else "",
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:,.0f}" if value.is_integer() or abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, numbers.Integral) else str(value)


def _as_address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


class _Words(RendererHTML):
    """HTML of Markdown that makes no request and carries no style of its own."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Put a picture into the page itself."""
        token = tokens[idx]
        source = str(token.attrs["src"])
        folder = Path(str(env["folder"])).resolve()
        file = (folder / source).resolve()
        kind = mimetypes.guess_type(file.name)[0] or ""
        if "://" in source or not file.is_relative_to(folder) or not file.is_file() or not kind.startswith("image/"):
            raise InputError(f"{source}: no such picture in {folder}; a lesson brings its pictures with it")
        token.attrs["src"] = _as_address(file.read_bytes(), kind)
        token.attrs["alt"] = self.renderInlineAsText(token.children or [], options, env)
        return self.renderToken(tokens, idx, options, env)

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Open links aside, so that nobody loses the lesson, and tell the other page nothing."""
        tokens[idx].attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
        return self.renderToken(tokens, idx, options, env)

    def _aligned(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Say by a class, not by a style, how a cell is aligned: pages with a strict policy ignore styles."""
        attributes: Mapping[str, Any] = tokens[idx].attrs
        if style := attributes.get("style"):
            tokens[idx].attrs = {"class": str(style).replace("text-align:", "to-the-")}
        return self.renderToken(tokens, idx, options, env)

    th_open = td_open = _aligned
