"""Predict first: a number or a drawn curve, then held against what happens."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.widgets.component import Component, Reply, State, action, as_json, numbered, real, shown, text
from custsim.widgets.numbers import written
from custsim.widgets.questions import readings

__all__ = ["Guess"]

#: characters of a guess that are read
_LONGEST = 100
#: points of a curve that is sent
_POINTS = 1200


class Guess(Component):
    """A prediction: entered as a number or drawn as a curve, then revealed against the outcome.

    Parameters
    ----------
    id
        Its name, unique in a lesson.
    question
        What is to be predicted.
    outcome
        What happens: a number or a series, or a function that gives it, called once when it is first needed.
    low, high
        Range of what may be predicted.
    unit
        Unit of it.
    kind
        "number", or "curve": one value a month.
    explain
        Why it comes out so; shown once it is revealed.
    points
        Of a curve: how many months there are, if they are months.
    at
        Of a curve over something else: the places at which it has values, evenly spaced.
    across
        How such a place is written, with ``{}`` for the number: ``"year {}"``, ``"{} EUR of reward"``.
    label
        What the outcome comes from: the model, unless it was published.
    title
        Heading.

    Raises
    ------
    InputError
        If the range is empty, the kind unknown, or a curve has no points.

    Examples
    --------
    >>> from custsim.widgets import Session
    >>> session = Session(Guess("worth", question="What is it worth?", outcome=120.0, low=0, high=500, unit="EUR"))
    >>> session.send({"do": "guess", "value": 60}).message["says"]
    'You said 60 EUR; it is 120 EUR: twice as much.'
    """

    kind: ClassVar[str] = "guess"

    def __init__(
        self,
        id: str,
        *,
        question: str,
        outcome: float | Callable[[], Any] | Any,
        low: float,
        high: float,
        unit: str = "",
        kind: Literal["number", "curve"] = "number",
        explain: str = "",
        points: int = 60,
        at: Sequence[float] | None = None,
        across: str = "month {}",
        label: str = "The model",
        title: str = "",
    ) -> None:
        super().__init__(id, title)
        if not low < high:
            raise InputError(f"low: must be below high, got {low:g} and {high:g}")
        if kind not in ("number", "curve"):
            raise InputError(f"kind: must be 'number' or 'curve', got {kind!r}")
        self.at = tuple(float(place) for place in at) if at is not None else tuple(range(1, points + 1))
        points = len(self.at)
        if not 2 <= points <= _POINTS:
            raise InputError(f"points: must be from 2 to {_POINTS}, got {points}")
        steps = np.diff(self.at)
        if not (steps[0] > 0 and np.allclose(steps, steps[0])):
            raise InputError("at: the places of a curve must rise in even steps")
        if across.count("{}") != 1:
            raise InputError(f"across: must hold {{}} once, where the number of a place goes, got {across!r}")
        self.question, self.unit, self.explain, self.across = question, unit, explain, across
        self.label = label
        self.low, self.high, self.form, self.points = float(low), float(high), kind, points
        self._outcome: Any = outcome
        self._lock = threading.Lock()

    @property
    def outcome(self) -> float | NDArray[np.float64]:
        """What happens: a number, or one number a month."""
        with self._lock:
            if callable(self._outcome):
                self._outcome = self._outcome()
        if self.form == "number":
            return float(self._outcome)
        series = np.asarray(self._outcome, dtype=np.float64)
        if series.shape != (self.points,):
            raise InputError(f"outcome: must be {self.points} numbers, got an array of shape {series.shape}")
        return series

    def describe(self) -> dict[str, Any]:
        """Tell the screen what to ask; the outcome stays here until a guess is made."""
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title,
            "question": self.question,
            "form": self.form,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "points": self.points,
            "at": list(self.at),
            "across": self.across,
            "label": self.label,
        }

    def start(self) -> State:
        """Nothing was predicted yet."""
        return {"guess": None, "revealed": False}

    def progress(self, state: State) -> float:
        """1 once a guess was made."""
        return 1.0 if state["revealed"] else 0.0

    def prepare(
        self,
        seconds: float = math.inf,
        goes_on: Callable[[], bool] = lambda: True,
        state: State | None = None,
        together: int = 1,
    ) -> int:
        """Work the outcome out."""
        return int(self.outcome is not None)

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """Take a guess and reveal the outcome; the first guess stands."""
        do = action(message, ("look", "guess"))
        if do == "guess":
            if state["revealed"]:
                raise InputError("guess: your prediction is made, and it stands")
            state = {"guess": self._read(message), "revealed": True}
        if not state["revealed"]:
            return state, Reply(numbered({"is": "open"}, message))
        return state, Reply(numbered(self._revealed(state["guess"]), message))

    def _read(self, message: dict[str, Any]) -> float | list[float]:
        if self.form == "number":
            if "text" in message:
                return self._in_words(text(message["text"], "text", _LONGEST))
            if "value" not in message:
                raise InputError("value: a number is missing; send what you expect")
            return self._in_range(message["value"], "your guess")
        curve = message.get("curve")
        if not isinstance(curve, list) or not 2 <= len(curve) <= _POINTS:
            raise InputError(f"curve: must be a list of 2 to {_POINTS} numbers, got {shown(curve)}")
        drawn = [self._in_range(value, f"curve[{at}]") for at, value in enumerate(curve)]
        # a curve may be drawn with fewer points than there are months: in between it is straight
        at = np.linspace(0.0, len(drawn) - 1.0, self.points)
        spread = np.interp(at, np.arange(len(drawn)), drawn)
        return [float(f"{value:.4g}") for value in spread]

    def _in_words(self, given: str) -> float:
        """Read a guess as somebody wrote it; if what they may mean instead is larger and could be, they are asked."""
        usual, *others = readings(given, unit=self.unit)
        plain = self.unit == "%" and abs(usual) >= 1.0  # 2.5 where per cent are asked for
        larger = [other for other in others if abs(other) > abs(usual) and self.low <= other <= self.high]
        if larger and not plain:
            way = "Write it with the % sign." if self.unit == "%" else "Write it without separators."
            both = " or ".join(self._exactly(value) for value in (usual, *larger))
            raise InputError(f"Do you mean {both}? {way}")
        if not self.low <= usual <= self.high:
            ends = f"from {self._exactly(self.low)} to {self._exactly(self.high)}"
            raise InputError(f"{self._exactly(usual)} is out of range; write a guess {ends}.")
        return float(usual)

    def _in_range(self, value: Any, name: str) -> float:
        return real(value, name, self.low, self.high)

    def _revealed(self, guess: Any) -> dict[str, Any]:
        outcome = self.outcome
        if isinstance(outcome, float):
            distance: float | None = guess - outcome
            says, shown_outcome = self._number_in_words(guess, outcome), outcome  # type: Any, Any
        else:
            distance, says = self._curve_in_words(np.asarray(guess, dtype=np.float64), outcome)
            shown_outcome = as_json(outcome)
        return {
            "is": "revealed",
            "guess": guess,
            "outcome": shown_outcome,
            "distance": distance,
            "says": says,
            "explain": self.explain or None,
        }

    def _number_in_words(self, guess: float, outcome: float) -> str:
        said, came = self._write(guess), self._write(outcome)
        if said == came:
            return f"You said {said}, and so it is."
        return f"You said {said}; it is {came}: {_apart(guess, outcome)}."

    def _curve_in_words(self, guess: NDArray[np.float64], outcome: NDArray[np.float64]) -> tuple[float | None, str]:
        there = ~np.isnan(outcome)
        if not there.any():
            return None, "Nothing came of it that could be held against your curve."
        apart = guess[there] - outcome[there]
        distance = float(np.abs(apart).mean())
        most = int(np.flatnonzero(there)[np.argmax(np.abs(apart))])
        side = "too high" if guess[most] > outcome[most] else "too low"
        words = (
            f"On average you were {self._write(distance)} away, most {self._place(most)}: you drew "
            f"{self._write(guess[most])}, {side}; it was {self._write(outcome[most])}."
        )
        return distance, f"{words} {_shape(guess[there], outcome[there])}".strip()

    def _place(self, index: int) -> str:
        return f"{'at' if self.across.startswith('{}') else 'in'} {self.across.format(f'{self.at[index]:,g}')}"

    def _exactly(self, value: float) -> str:
        return f"{written(value, next(d for d in range(10) if d == 9 or round(value, d) == value))} {self.unit}".strip()

    def _write(self, value: float) -> str:
        size = abs(value)
        digits = 0 if size >= 100 or float(value).is_integer() else 1 if size >= 10 else 2
        return f"{written(float(value), digits)} {self.unit}".strip()


def _apart(guess: float, outcome: float) -> str:
    """Distance in words that fits its size."""
    if guess * outcome < 0 or guess == 0 or outcome == 0:
        return "the other way round" if guess * outcome < 0 else "more" if outcome > guess else "less"
    ratio = abs(outcome) / abs(guess)
    if 1.95 <= ratio <= 2.05:
        return "twice as much"
    if ratio > 2.05:
        return f"{ratio:.1f} times as much" if ratio < 10 else f"{ratio:,.0f} times as much"
    if ratio < 0.55:
        return "half as much" if ratio > 0.45 else f"{100 * ratio:.0f} % of what you said"
    if abs(ratio - 1.0) < 0.05:
        return "very close"
    return f"{100 * abs(ratio - 1.0):.0f} % {'more' if ratio > 1 else 'less'}"


def _shape(guess: NDArray[np.float64], outcome: NDArray[np.float64]) -> str:
    """Say whether the course was right."""
    size = max(float(np.ptp(outcome)), 1e-12)
    drawn, came = _course(guess, size), _course(outcome, size)
    if drawn == came:
        return f"You have the course right: it {came}."
    return f"Yours {drawn}; it {came}."


def _course(line: NDArray[np.float64], size: float) -> str:
    """Where a line goes, if changes below a seventh of the size are none; of many points, three count as one."""
    few = 3 if line.size >= 24 else 1
    smooth = np.convolve(line, np.full(few, 1.0 / few), mode="valid")
    first, last, least = float(smooth[0]), float(smooth[-1]), size / 7.0
    if smooth.max() > max(first, last) + least:
        return "rises, then falls"
    if smooth.min() < min(first, last) - least:
        return "falls, then rises"
    return "rises" if last > first + least else "falls" if last < first - least else "ends near its start"
