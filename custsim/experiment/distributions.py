"""What is known of a parameter, as a distribution; and the ranges of several parameters, checked against a scenario."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.scenario.parameter import Parameter, bound_in_words, valued
from custsim.scenario.paths import join_path, parse_path, suggestion

__all__ = ["KINDS", "Distribution", "Range", "Space"]

Floats = NDArray[np.float64]

#: kind -> its numbers, in order
KINDS: dict[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sigma"),
    "beta": ("a", "b"),
}

#: quantiles are taken inside (0, 1), so that an end that a parameter may not take is never drawn
_OPEN = 2.0**-40

_CALL = re.compile(r"(?P<kind>[a-z]+)\s*\((?P<inside>[^()]*)\)", re.IGNORECASE)


@dataclass(frozen=True)
class Distribution:
    """What is known of a number: a kind, its numbers, and where it is cut off.

    Attributes
    ----------
    kind
        "uniform", "triangular", "normal", "lognormal" or "beta".
    numbers
        Those of the kind, see :data:`KINDS`; in the unit of the parameter, but for lognormal's sigma (the standard
        deviation of the logarithm) and beta's two shapes.
    low, high
        Where a normal, a lognormal are cut off; between what a beta lies (0 and 1 by default).

    Raises
    ------
    InputError
        If the kind does not exist, or its numbers do not make a distribution.

    Examples
    --------
    >>> Distribution.uniform(2, 6).quantile(0.25)
    3.0
    >>> str(Distribution.normal(0.1, 0.02, low=0))
    'normal(0.1, 0.02, low=0)'
    """

    kind: str
    numbers: tuple[float, ...]
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"distribution {self.kind!r}: there is none; there are {', '.join(KINDS)}")
        object.__setattr__(self, "numbers", tuple(float(number) for number in self.numbers))
        if self.kind == "beta":
            object.__setattr__(self, "low", 0.0 if self.low is None else self.low)
            object.__setattr__(self, "high", 1.0 if self.high is None else self.high)
        names = KINDS[self.kind]
        given = [*self.numbers, *(end for end in (self.low, self.high) if end is not None)]
        if len(self.numbers) != len(names) or not np.isfinite(given).all():
            raise InputError(f"{self}: {self.kind} takes {len(names)} finite numbers: {', '.join(names)}")
        problem = self._problem()
        if problem:
            raise InputError(f"{self}: {problem}")

    def _problem(self) -> str:
        """Say what is wrong with the numbers; empty if nothing is."""
        first, last = self.numbers[0], self.numbers[-1]
        if self.kind in ("uniform", "triangular"):
            if self.low is not None or self.high is not None:
                return "is not cut off: its ends are its own"
            if not first < last:
                return "low must be below high"
            return "" if first <= self.numbers[1] <= last else "the mode must lie between low and high"
        if last <= 0 or (self.kind != "normal" and first <= 0):
            return f"{' and '.join(KINDS[self.kind][-1 if self.kind == 'normal' else 0 :])} must be above 0"
        low, high = self.support
        if not low < high:
            return "low must be below high"
        return "" if self._cdf(high) - self._cdf(low) > 1e-6 else "hardly anything is left between low and high"

    @classmethod
    def uniform(cls, low: float, high: float) -> Distribution:
        """Make one in which all values from ``low`` to ``high`` are as likely; whole numbers include both ends."""
        return cls("uniform", (low, high))

    @classmethod
    def triangular(cls, low: float, mode: float, high: float) -> Distribution:
        """Make one with a likeliest value, falling in straight lines to both ends."""
        return cls("triangular", (low, mode, high))

    @classmethod
    def normal(cls, mean: float, sd: float, *, low: float | None = None, high: float | None = None) -> Distribution:
        """Make a normal one, cut off below ``low`` and above ``high``."""
        return cls("normal", (mean, sd), low, high)

    @classmethod
    def lognormal(
        cls, median: float, sigma: float, *, low: float | None = None, high: float | None = None
    ) -> Distribution:
        """Make one whose logarithm is normal with standard deviation ``sigma``: for what varies by factors."""
        return cls("lognormal", (median, sigma), low, high)

    @classmethod
    def beta(cls, a: float, b: float, *, low: float = 0.0, high: float = 1.0) -> Distribution:
        """Make a beta one between ``low`` and ``high``: ``beta(8, 92)`` is what 8 of 100 observed tell of a share."""
        return cls("beta", (a, b), low, high)

    @classmethod
    def from_range(
        cls, low: float, high: float, kind: Literal["uniform", "normal", "lognormal"] = "normal", coverage: float = 0.95
    ) -> Distribution:
        """Make one from the range that a source gives, such as a 95 % confidence interval.

        Parameters
        ----------
        low, high
            The range, in the parameter's unit.
        kind
            "normal" and "lognormal" lie in the range with probability ``coverage``; "uniform" always.
        coverage
            Above 0, below 1.

        Raises
        ------
        InputError
            If the range is empty, or not above 0 for a lognormal.

        Examples
        --------
        >>> str(Distribution.from_range(0.8, 1.2, "normal", coverage=0.95))
        'normal(1, 0.102043)'
        """
        if kind not in ("uniform", "normal", "lognormal"):
            raise InputError(f"from_range: kind must be uniform, normal or lognormal, got {kind!r}")
        if not low < high or (kind == "lognormal" and low <= 0):
            raise InputError(
                f"from_range: low must be below high{' and above 0' * (kind == 'lognormal')}: {low}, {high}"
            )
        if not 0 < coverage < 1:
            raise InputError(f"from_range: coverage must be above 0 and below 1, got {coverage}; write 95 % as 0.95")
        from scipy.stats import norm

        reach = 2.0 * float(norm.ppf(0.5 + coverage / 2.0))
        if kind == "uniform":
            return cls.uniform(low, high)
        if kind == "normal":
            return cls.normal((low + high) / 2.0, (high - low) / reach)
        return cls.lognormal(float(np.sqrt(low * high)), float(np.log(high / low)) / reach)

    @classmethod
    def parse(cls, text: str) -> Distribution:
        """Read a distribution as it is written on the command line: ``2..8``, ``normal(0.1, 0.02, low=0)``.

        Raises
        ------
        InputError
            If it is not written so.

        Examples
        --------
        >>> Distribution.parse("2..8") == Distribution.uniform(2, 8)
        True
        """
        how = "write 2..8, or triangular(2, 3, 8), normal(5, 1, low=0), lognormal(5, 0.2), beta(8, 92)"
        first, dots, last = text.partition("..")
        match = _CALL.fullmatch(text.strip())
        try:
            if match is None and dots:
                return cls.uniform(float(first), float(last))
            if match is None:
                raise InputError(f"{text!r} is no distribution: {how}")
            numbers: list[float] = []
            ends: dict[str, float] = {}
            for part in match["inside"].split(","):
                name, equals, value = part.partition("=")
                if not equals:
                    numbers.append(float(part))
                elif name.strip() in ("low", "high"):
                    ends[name.strip()] = float(value)
                else:
                    raise InputError(f"{text!r}: no {name.strip()!r} there; {how}")
            return cls(match["kind"].lower(), tuple(numbers), ends.get("low"), ends.get("high"))
        except InputError:
            raise
        except ValueError:
            raise InputError(f"{text!r} is no distribution: {how}") from None

    @property
    def support(self) -> tuple[float, float]:
        """Least and largest value; infinite where it has none."""
        if self.kind in ("uniform", "triangular"):
            return self.numbers[0], self.numbers[-1]
        ends = {"normal": (-np.inf, np.inf), "lognormal": (0.0, np.inf), "beta": (0.0, 1.0)}[self.kind]
        low = ends[0] if self.low is None else self.low
        if self.kind == "lognormal":
            low = max(low, 0.0)
        return low, ends[1] if self.high is None else self.high

    def quantile(self, share: ArrayLike) -> Any:
        """Value below which a share of the distribution lies; shares from 0 to 1, of any shape."""
        if self.kind == "uniform":  # the ends themselves, exactly
            first, last = self.numbers
            even = first + np.asarray(share, dtype=np.float64) * (last - first)
            return float(even) if np.ndim(even) == 0 else np.minimum(even, last)
        inside = np.clip(np.asarray(share, dtype=np.float64), _OPEN, 1.0 - _OPEN)
        if self.kind in ("normal", "lognormal"):
            low, high = self.support
            below, above = self._cdf(low), self._cdf(high)
            inside = below + inside * (above - below)
        values = self._frozen().ppf(inside)
        return float(values) if np.ndim(values) == 0 else np.asarray(values, dtype=np.float64)

    def _cdf(self, value: float) -> float:
        return float(self._frozen().cdf(value))

    def _frozen(self) -> Any:
        """Distribution of scipy.stats, before it is cut off."""
        from scipy import stats

        first, last = self.numbers[0], self.numbers[-1]
        if self.kind == "uniform":
            return stats.uniform(first, last - first)
        if self.kind == "triangular":
            return stats.triang((self.numbers[1] - first) / (last - first), first, last - first)
        if self.kind == "normal":
            return stats.norm(first, last)
        if self.kind == "lognormal":
            return stats.lognorm(last, scale=first)
        low, high = self.support
        return stats.beta(first, last, low, high - low)

    def __str__(self) -> str:
        """Write it as :meth:`parse` reads it."""
        ends = [f"{name}={end:g}" for name, end in (("low", self.low), ("high", self.high)) if end is not None]
        if self.kind == "beta" and (self.low, self.high) == (0.0, 1.0):
            ends = []
        return f"{self.kind}({', '.join([*(f'{number:g}' for number in self.numbers), *ends])})"


#: how the range of a parameter may be given: a distribution, its text, or (low, high)
Range: TypeAlias = "Distribution | str | Sequence[float]"


def distribution(asked: Range) -> Distribution:
    """Make a distribution of what a user gave for one.

    Raises
    ------
    InputError
        If it is neither a distribution, nor the text of one, nor (low, high).
    """
    if isinstance(asked, Distribution):
        return asked
    if isinstance(asked, str):
        return Distribution.parse(asked)
    ends: tuple[Any, ...] = tuple(asked) if isinstance(asked, Sequence | np.ndarray) else ()
    if len(ends) != 2 or not all(
        isinstance(end, int | float | np.number) and not isinstance(end, bool) for end in ends
    ):
        raise InputError(f"{asked!r}: give (low, high) or a Distribution")
    return Distribution.uniform(float(ends[0]), float(ends[1]))


@dataclass(frozen=True)
class Space:
    """Parameters of a scenario with what is known of each, checked: where designs are laid out.

    Attributes
    ----------
    base
        The scenario.
    paths
        The parameters.
    distributions
        What is known of each.
    whole
        Whether each takes whole numbers only.
    """

    base: Scenario
    paths: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    whole: tuple[bool, ...]

    @classmethod
    def of(cls, base: Scenario, over: Mapping[str, Range]) -> Space:
        """Check ranges against the bounds of the parameters.

        Raises
        ------
        InputError
            With one line for each path that does not exist, is no number, or has a range beyond its bounds.

        Examples
        --------
        >>> Space.of(Scenario(), {"complaints.staff": (2, 8)}).changes([[0.0], [0.5], [1.0]])
        [{'complaints.staff': 2}, {'complaints.staff': 5}, {'complaints.staff': 8}]
        >>> Space.of(Scenario(), {"loyalty.churn": (0.5, 1.5)})
        Traceback (most recent call last):
        custsim.errors.InputError: loyalty.churn: must be below 1, which uniform(0.5, 1.5) is not everywhere
        """
        if not isinstance(over, Mapping) or not over:
            raise InputError('over: name at least one parameter with its range, such as {"complaints.staff": (2, 8)}')
        declared = {parameter.path: parameter for parameter in valued(base)}
        found: dict[str, tuple[Distribution, bool]] = {}
        problems: list[str] = []
        for asked, what in over.items():
            try:
                path = join_path(parse_path(asked))
                if path not in declared:
                    raise InputError(f"{path}: no such parameter{suggestion(type(base), parse_path(path))}")
                one = distribution(what)
                found[path] = (one, _checked(declared[path], one))
            except InputError as error:
                known = isinstance(asked, str) and error.problems[0].startswith(asked)
                problems += error.problems if known else [f"{asked}: {problem}" for problem in error.problems]
        if problems:
            raise InputError(problems)
        return cls(base, tuple(found), tuple(one for one, _ in found.values()), tuple(w for _, w in found.values()))

    def values(self, shares: ArrayLike) -> Floats:
        """Turn shares from 0 to 1, of shape (points, parameters), into values of the parameters.

        Whole numbers are rounded; of a uniform one both ends are as likely as what lies between.
        """
        table = np.asarray(shares, dtype=np.float64)
        columns = []
        for column, (one, whole) in enumerate(zip(self.distributions, self.whole, strict=True)):
            # a whole number takes what rounds to it, from half below to half above
            spread = whole and one.kind == "uniform"
            wide = Distribution.uniform(one.numbers[0] - 0.5, one.numbers[1] + 0.5) if spread else one
            values = np.asarray(wide.quantile(table[:, column]))
            columns.append(np.minimum(np.floor(values + 0.5), one.support[1]) if whole else values)
        return np.column_stack(columns)

    def changes(self, shares: ArrayLike) -> list[dict[str, float | int]]:
        """Turn shares from 0 to 1, of shape (points, parameters), into changes of the scenario."""
        return self.named(self.values(shares))

    def named(self, values: Floats) -> list[dict[str, float | int]]:
        """Name values of the parameters, of shape (points, parameters)."""
        return [
            {
                path: int(value) if whole else float(value)
                for path, value, whole in zip(self.paths, row, self.whole, strict=True)
            }
            for row in values
        ]


def _checked(parameter: Parameter, one: Distribution) -> bool:
    """Whether the parameter takes whole numbers only; refuses one that is no number, and a range beyond its bounds."""
    if parameter.type not in ("number", "whole number"):
        raise InputError(f"{parameter.path}: is {parameter.type or 'no number'}, which has no range; sweep takes lists")
    # what can be drawn: of a distribution without ends, nothing beyond seven standard deviations or so
    low, high = one.quantile(0.0), one.quantile(1.0)
    broken = (
        (parameter.ge, "at least", "low", parameter.ge is not None and low < parameter.ge),
        (parameter.gt, "above", "low", parameter.gt is not None and low <= parameter.gt),
        (parameter.le, "at most", "high", parameter.le is not None and high > parameter.le),
        (parameter.lt, "below", "high", parameter.lt is not None and high >= parameter.lt),
    )
    for bound, word, end, wrong in broken:
        if bound is not None and wrong:
            way_out = f"; cut it off with {end}=" if one.kind in ("normal", "lognormal") else ""
            raise InputError(
                f"{parameter.path}: must be {word} {bound_in_words(bound)}, which {one} is not everywhere{way_out}"
            )
    whole = parameter.type == "whole number"
    if whole and one.kind == "uniform" and not all(end.is_integer() for end in one.numbers):
        raise InputError(f"{parameter.path}: takes whole numbers, got {one}")
    return whole
