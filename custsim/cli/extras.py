"""What is not installed with custsim itself, asked for in one clear line."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from custsim.errors import EnvironmentFailure

__all__ = ["require"]


def require(extra: str, modules: Sequence[str]) -> None:
    """See to it that the modules of an extra can be imported.

    Parameters
    ----------
    extra
        Name of the extra that brings them.
    modules
        Their import names.

    Raises
    ------
    EnvironmentFailure
        If one is missing, with the command that installs it.

    Examples
    --------
    >>> require("lessons", ["json"])
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise EnvironmentFailure(
            f"this needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed; "
            f'get all of it by: pip install "custsim[{extra}]"'
        )
