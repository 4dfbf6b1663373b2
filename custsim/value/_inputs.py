"""Checking of numbers given by a user: every problem at once, each with its value, its bound and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from custsim.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    #: What the closed forms return: a float for plain numbers, an array where an array came in.
    Value: TypeAlias = float | npt.NDArray[np.float64]
    Floats: TypeAlias = npt.NDArray[np.float64]

SHARE = "write 80 % as 0.8"


class Check:
    """Collect problems with arguments and raise them together.

    Examples
    --------
    >>> check = Check()
    >>> _ = check.floats("retention", 80, 0, 1, hint=SHARE)
    >>> _ = check.floats("margin", "many")
    >>> check.done()
    Traceback (most recent call last):
        ...
    custsim.errors.InputError: retention: must be at least 0 and at most 1, got 80.0; write 80 % as 0.8
    margin: must be a number or an array of numbers, got 'many'
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._shapes: dict[str, tuple[int, ...]] = {}

    def floats(
        self,
        name: str,
        value: Any,
        low: float | None = None,
        high: float | None = None,
        *,
        above: float | None = None,
        below: float | None = None,
        whole: bool = False,
        infinite: bool = False,
        hint: str = "",
        ndim: int | None = None,
    ) -> Floats:
        """Return ``value`` as floats; bounds are inclusive (``low``, ``high``) or not (``above``, ``below``)."""
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            self.problems.append(f"{name}: must be a number or an array of numbers, got {value!r}")
            return np.asarray(np.nan)
        if ndim is not None and array.ndim != ndim:
            self.problems.append(f"{name}: must have {ndim} dimension(s), got {array.ndim}")
            return np.full((1,) * ndim, np.nan)
        if array.size == 0:
            self.problems.append(f"{name}: is empty; give at least one number")
            return np.full((1,) * max(array.ndim, 1), np.nan)
        bad = np.isnan(array) if infinite else ~np.isfinite(array)
        bounds = []
        for bound, wrong, words in (
            (low, np.less, "at least"),
            (above, np.less_equal, "above"),
            (high, np.greater, "at most"),
            (below, np.greater_equal, "below"),
        ):
            if bound is not None:
                bad |= wrong(array, bound)
                bounds.append(f"{words} {bound:g}")
        if whole:
            bad |= np.isfinite(array) & (array != np.floor(array))
            bounds.append("whole")
        if bad.any():
            self._report(name, array, bad, " and ".join(bounds) or "finite", hint)
        self._shapes[name] = array.shape
        return array

    def _report(self, name: str, array: Floats, bad: npt.NDArray[np.bool_], bounds: str, hint: str) -> None:
        first = float(array[bad][0])
        where = ""
        if array.ndim:
            index = ", ".join(str(int(i)) for i in np.argwhere(bad)[0])
            where = f" at [{index}]" + (f" and {int(bad.sum()) - 1} more" if bad.sum() > 1 else "")
        self.problems.append(f"{name}: must be {bounds}, got {first!r}{where}" + (f"; {hint}" if hint else ""))

    def choice(self, name: str, value: str, choices: tuple[str, ...]) -> None:
        """Note a problem unless ``value`` is one of ``choices``."""
        if value not in choices:
            self.problems.append(f"{name}: must be one of {', '.join(map(repr, choices))}, got {value!r}")

    def require(self, fine: bool, problem: str) -> None:
        """Note ``problem`` unless ``fine``."""
        if not fine:
            self.problems.append(problem)

    def done(self, *, broadcast: bool = True) -> None:
        """Raise what was found; by default also when the shapes of the arrays do not go together."""
        if self.problems:
            raise InputError(self.problems)
        if broadcast:
            try:
                np.broadcast_shapes(*self._shapes.values())
            except ValueError:
                shapes = ", ".join(f"{name} {shape}" for name, shape in self._shapes.items() if shape)
                raise InputError(f"the arrays' shapes do not go together: {shapes}") from None


def plain(result: Floats) -> Value:
    """Return a float for a result without dimensions, the array otherwise."""
    return float(result) if np.ndim(result) == 0 else result
