"""The browser's side of the components as text: one module and one style sheet, for a notebook and a workshop alike.

The modules in ``static/`` import each other, so a page can also load them as they are. A notebook wants one text; it
is the modules one after another, without their imports.
"""

from __future__ import annotations

import re
from importlib.resources import files

__all__ = ["MODULES", "script", "stylesheet"]

#: the modules in the order in which each can rely on those before it
MODULES: tuple[str, ...] = (
    "format.js",
    "dom.js",
    "line.js",
    "chart.js",
    "controls.js",
    "guess.js",
    "questions.js",
    "panels.js",
    "picture.js",
    "board.js",
    "custsim.js",
)

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[\w-]+\.js";\n', re.MULTILINE)


def script(*more: str) -> str:
    """Join the browser's modules into one module.

    Parameters
    ----------
    more
        Texts of modules with further kinds of components. They may import from the modules by their file names, one
        import a line, and must not use a name at their top level that another module uses.

    Returns
    -------
    str
        An ES module. It exports what the modules export; its default export is what anywidget wants.

    Examples
    --------
    >>> "export function mount(" in script()
    True
    """
    folder = files("custsim.widgets") / "static"
    texts = [(folder / name).read_text(encoding="utf-8") for name in MODULES]
    return "\n".join(_IMPORT.sub("", text) for text in (*texts, *more))


def stylesheet() -> str:
    """Give the style sheet; all of it is under the class ``custsim``.

    Examples
    --------
    >>> ".custsim" in stylesheet()
    True
    """
    return (files("custsim.widgets") / "static" / "custsim.css").read_text(encoding="utf-8")
