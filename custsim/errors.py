"""What can go wrong, in three kinds: the input, the environment, and custsim itself.

The command line turns an :class:`InputError` into exit code 2 and an :class:`EnvironmentFailure` into exit
code 1, with one line for each problem and no traceback. Anything else that escapes is a bug of custsim.
"""

from __future__ import annotations

from collections.abc import Iterable


class CustsimError(Exception):
    """Base of every error custsim raises on purpose.

    Parameters
    ----------
    problems
        One line for each problem: the thing, its value, the bound, and the way out.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class InputError(CustsimError, ValueError):
    """What the user gave cannot be used: a value, a name, a file's content, an impossible combination."""


class EnvironmentFailure(CustsimError, OSError):
    """The machine did not do its part: a file that cannot be read, a folder that cannot be written, a full disk."""
