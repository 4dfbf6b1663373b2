"""What a learner sees, described once and apart from the front end that draws it.

A component tells a screen what to draw (:meth:`Component.describe`) and answers what the learner does
(:meth:`Component.handle`). All that a learner did to it is a small state, kept by whoever serves the learner, so that
one component serves a whole room from many threads. The notebook and the workshop page drive the same components with
the same messages.
"""

from __future__ import annotations

import copy
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.scenario.paths import nearest

__all__ = ["Component", "Reply", "Session", "State", "problem"]

#: all that one learner did to one component: JSON, a few kilobytes
State: TypeAlias = dict[str, Any]

_ID = re.compile(r"[a-z][a-z0-9_-]{0,59}")


@dataclass(frozen=True)
class Reply:
    """What goes back to the screen of the learner who sent a message.

    Attributes
    ----------
    message
        JSON; "is" says what it is.
    buffer
        Little-endian float32 numbers, row by row, or empty.
    """

    message: dict[str, Any]
    buffer: bytes = b""

    @property
    def numbers(self) -> NDArray[np.float32]:
        """The buffer as a flat array.

        Examples
        --------
        >>> Reply({"is": "view"}, np.array([1.0, 2.5], dtype="<f4").tobytes()).numbers.tolist()
        [1.0, 2.5]
        """
        return np.frombuffer(self.buffer, dtype="<f4")


class Component(ABC):
    """A part of a lesson that a learner does something with.

    Parameters
    ----------
    id
        Its name, unique in a lesson: small letters, digits, ``_`` and ``-``, beginning with a letter.
    title
        Heading over it; none by default.

    Raises
    ------
    InputError
        If the id is not of that form.
    """

    #: what it is: "board", "number", "choice", "guess", "evidence" ...
    kind: ClassVar[str]
    #: what it can be asked that takes seconds; such a message never changes the state, so front ends answer it aside
    slow: ClassVar[frozenset[str]] = frozenset()
    #: shows a component in a notebook; the package puts it here, so that no import goes round in a circle
    _shown: ClassVar[Callable[..., Any]]

    def __init__(self, id: str, title: str = "") -> None:
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise InputError(
                f"id: must be small letters, digits, _ or -, beginning with a letter, got {id!r}; such as 'five_points'"
            )
        self.id = id
        self.title = title

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Tell the screen everything that stays as it is: JSON, made once and kept."""

    @abstractmethod
    def start(self) -> State:
        """Give the state of a learner who has done nothing yet."""

    @abstractmethod
    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """Answer a message.

        Parameters
        ----------
        state
            The learner's state; it stays as it is.
        message
            What the learner did. It comes from a browser, so nothing in it is trusted.

        Returns
        -------
        State, Reply
            The state from now on, and what the learner sees.

        Raises
        ------
        InputError
            If the message makes no sense; the text is for the learner. Nothing else escapes.
        """

    def progress(self, state: State) -> float:
        """Say what part of its checkpoint is done, 0 to 1; 1 for what has no checkpoint."""
        return 1.0

    def prepare(
        self,
        seconds: float = math.inf,
        goes_on: Callable[[], bool] = lambda: True,
        state: State | None = None,
        together: int = 1,
    ) -> int:
        """Work out ahead of time what learners are likely to ask for.

        A room that is about to begin calls it, and a notebook after each answer.

        Parameters
        ----------
        seconds
            Time it may take, about.
        goes_on
            Asked between two pieces of work; false ends it.
        state
            Where the learner is who may go on from there; by default where everybody begins.
        together
            How many controls may differ at once from where everybody begins: 1 or 2.

        Returns
        -------
        int
            Pieces of work done.
        """
        return 0

    def resume(self) -> State | None:
        """Give the state in which a learner left it in a notebook that was closed; none by default."""
        return None

    def keep(self, state: State) -> None:  # noqa: B027  may be left as it is
        """Keep a learner's state in a notebook, for :meth:`resume`; not done by default: a lesson is soon done again.

        Raises
        ------
        EnvironmentFailure
            If it cannot be written.
        """

    def browser_source(self) -> str:
        """JavaScript that draws this kind of component, where the front end does not know it; none by default."""
        return ""

    def browser_style(self) -> str:
        """Style sheet that goes with :meth:`browser_source`."""
        return ""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show itself in a notebook, as the last expression of a cell."""
        return type(self)._shown(self, **kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"


class Session:
    """One learner at one component, in Python: what a front end does, without the screen.

    Parameters
    ----------
    component
        What the learner works with.
    state
        State to go on from; a new learner's by default. It stays as it is.

    Examples
    --------
    >>> from custsim.widgets import Evidence
    >>> box = Evidence("iceberg", claim="One complains, 24 are silent.", strength="lore", sources=["TARP 1981"])
    >>> session = Session(box)
    >>> session.send({"do": "look"}).message["is"]
    'open'
    """

    def __init__(self, component: Component, state: State | None = None) -> None:
        self.component = component
        self.state: State = component.start() if state is None else copy.deepcopy(state)
        self.reply: Reply | None = None

    def send(self, message: Mapping[str, Any]) -> Reply:
        """Send one message and take the answer; the state moves on.

        Raises
        ------
        InputError
            If the message makes no sense; the state stays as it was.
        """
        self.state, self.reply = self.component.handle(self.state, dict(message))
        return self.reply

    def move(self, setting: Mapping[str, Any] | None = None, *, rest: bool = True) -> Reply:
        """Move controls of a board: those named get new values, the others stay where they are."""
        return self.send({"do": "move", "setting": {**self.state.get("setting", {}), **(setting or {})}, "rest": rest})

    def look(self) -> Reply:
        """Ask for the screen as it is."""
        return self.send({"do": "look"})

    def undo(self) -> Reply:
        """Take the last move back."""
        return self.send({"do": "undo"})

    def redo(self) -> Reply:
        """Make the move again that was taken back."""
        return self.send({"do": "redo"})

    def reset(self) -> Reply:
        """Put every control back to where it started."""
        return self.send({"do": "reset"})

    def share(self) -> str:
        """Give the present setting as a short text."""
        return str(self.look().message["share"])

    def restore(self, text: str) -> Reply:
        """Take over the setting of a shared text."""
        return self.send({"do": "restore", "text": text})

    def answer(self, text: str) -> Reply:
        """Answer a question that wants a number."""
        return self.send({"do": "answer", "text": text})

    def choose(self, *chosen: int) -> Reply:
        """Answer a question by the numbers of its options, counted from 0."""
        return self.send({"do": "answer", "chosen": list(chosen)})

    def predict(self, guess: float | Sequence[float]) -> Reply:
        """Make a prediction: a number, or a curve as a list of numbers."""
        given = {"value": guess} if isinstance(guess, int | float) else {"curve": list(guess)}
        return self.send({"do": "guess", **given})

    @property
    def progress(self) -> float:
        """What part of the component's checkpoint is done, 0 to 1."""
        return self.component.progress(self.state)


def problem(error: InputError, message: Any = None) -> Reply:
    """Make the reply that tells a learner what was wrong with a message.

    Examples
    --------
    >>> problem(InputError("complaints.staff: must be at most 12, got 90"), {"n": 3}).message
    {'is': 'problem', 'text': 'complaints.staff: must be at most 12, got 90', 'n': 3}
    """
    told: dict[str, Any] = {"is": "problem", "text": "\n".join(error.problems)}
    if isinstance(message, dict):
        if isinstance(message.get("do"), str):
            told["do"] = message["do"][:40]
        number = message.get("n")
        if isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**53:
            told["n"] = number
    return Reply(told)


# --- reading messages -------------------------------------------------------------------------------------------


def action(message: Any, known: tuple[str, ...]) -> str:
    """Read what a message asks for, refusing what is not known.

    Raises
    ------
    InputError
        If the message is not a table, or asks for something else, or its number is not a whole number.
    """
    if not isinstance(message, dict):
        raise InputError(f"a message is a table with 'do', got {shown(message)}")
    do = message.get("do")
    if not isinstance(do, str) or do not in known:
        close = nearest(do, known) if isinstance(do, str) and len(do) < 100 else None
        raise InputError(f"do: {shown(do)} is nothing that can be done here; {_hint(close, known)}")
    number = message.get("n", 0)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**53:
        raise InputError(f"n: must be a whole number of at least 0, got {shown(number)}")
    return do


def numbered(reply: dict[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    """Give a reply the number of the message it answers, if that had one."""
    return {**reply, "n": message["n"]} if "n" in message else reply


def real(value: Any, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Read a number from a message.

    Raises
    ------
    InputError
        If it is not a number, or not within its bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name}: must be a number, got {shown(value)}")
    try:
        read = float(value)
    except OverflowError:
        read = math.inf
    if not math.isfinite(read) or not low <= read <= high:
        raise InputError(f"{name}: must be from {low:g} to {high:g}, got {shown(value)}")
    return read


def text(value: Any, name: str, longest: int) -> str:
    """Read a text from a message.

    Raises
    ------
    InputError
        If it is not a text, or longer than ``longest`` characters.
    """
    if not isinstance(value, str):
        raise InputError(f"{name}: must be a text, got {shown(value)}")
    if len(value) > longest:
        raise InputError(f"{name}: must have at most {longest} characters, got {len(value)}")
    return value


def shown(value: Any) -> str:
    """Show a value from a message in an error: short, and whatever it is.

    Examples
    --------
    >>> shown("eight"), shown([1] * 100)
    ("'eight'", 'a list')
    """
    if isinstance(value, dict | list | tuple):
        return "a list" if not isinstance(value, dict) else "a table"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15:
        return "a very large number"
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:57]}..."


def _hint(close: str | None, known: tuple[str, ...]) -> str:
    return f"did you mean {close!r}?" if close else f"there are {', '.join(known)}"


def as_json(values: NDArray[np.float64]) -> list[float | None]:
    """Write an array for JSON: six digits, ``None`` where there is no number.

    Examples
    --------
    >>> as_json(np.array([1.0, np.nan]))
    [1.0, None]
    """
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values.tolist()]
