"""Questions that check themselves: a number in any reasonable spelling, or a choice; a wrong answer is explained."""

from __future__ import annotations

import inspect
import math
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from custsim.errors import InputError
from custsim.widgets.component import Component, Reply, State, action, numbered, real, shown, text
from custsim.widgets.numbers import written

__all__ = ["Choice", "Number", "Option", "Wrong", "number_in_range", "readings"]

#: after so many wrong answers there is a hint, and the answer may be asked for
TRIES = 3
#: characters of an answer that are read
_LONGEST = 100
#: a number without a per cent sign may be meant as a fraction of one up to this size: 1.28 may be 128 %
_FRACTION = 3.0

# --- reading numbers as people write them -------------------------------------------------------------------------

_SIZES = {
    "k": 1e3, "thousand": 1e3, "tsd": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6,
    "bn": 1e9, "mrd": 1e9, "billion": 1e9,
}  # fmt: skip
_FILLERS = frozenset(["about", "around", "roughly", "approximately", "approx", "circa", "ca", "almost", "nearly"])
_FILLERS |= {"a", "an", "the", "of", "per", "is", "it", "in", "each", "every", "plus", "times", "x"}
#: words for one unit, of which any will do
_SAME = (
    frozenset(["people", "person", "persons", "employees", "customers", "guests", "colleagues"]),
    frozenset(["day", "days", "d", "working"]),
    frozenset(["week", "weeks", "w", "wk", "wks"]),
    frozenset(["month", "months", "mo"]),
    frozenset(["year", "years", "y", "yr", "yrs"]),
    frozenset(["point", "points", "pt", "pts"]),
)
_MONEY = frozenset(["eur", "euro", "euros", "usd", "dollar", "dollars", "gbp", "pound", "pounds", "chf", "twd", "nt"])
_PERCENT = frozenset(["%", "percent", "pct", "prozent"])
_MINUSES = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-"})
_FRACTION_OF = re.compile(r"(?<![\d.,/])(\d+)\s?[/\N{FRACTION SLASH}]\s?(\d+)(?![\d.,/])")
_NUMBER = re.compile(r"[+-]?\s*(\d[\d.,'\N{RIGHT SINGLE QUOTATION MARK} ]*|[.,]\d+)(e[+-]?\d{1,3}(?![a-z\d]))?")
_SYMBOLS = re.compile(r"[€$£¥~≈=×]|nt\$")


def readings(answer: str, *, unit: str = "", percent: bool = False) -> tuple[float, ...]:
    """Read a number as a person writes it.

    Parameters
    ----------
    answer
        Such as ``1,234.50 EUR``, ``1 234,5``, ``about 1.2k``, ``12 %``.
    unit
        Unit that was asked for; its words may follow the number.
    percent
        Whether a share was asked for: ``12 %``, ``12``, ``0.12`` and ``3/25`` are then all 0.12. If the unit is ``%``
        instead, the same are 12, 12, 0.12 or 12, and 12.

    Returns
    -------
    tuple of float
        What it may mean: the most usual reading first.

    Raises
    ------
    InputError
        If it is not one number in this unit; the text says what to write instead.

    Examples
    --------
    >>> readings("1,234.50 EUR", unit="EUR"), readings("1 234,5"), readings("about 1.2k")
    ((1234.5,), (1234.5,), (1200.0,))
    >>> readings("1.234"), readings("12 %", percent=True), readings("0.12", percent=True)
    ((1.234, 1234.0), (0.12,), (0.12, 0.0012))
    """
    plain = re.sub(r"\bminus\b", "-", " ".join(answer.translate(_MINUSES).lower().split()))
    wanted = "%" if percent else unit
    if not plain:
        raise InputError(f"Write a number{f' in {wanted}' if wanted else ''}.")
    bare = _SYMBOLS.sub(" ", plain)
    bare, divisor = _divided(bare)
    found = list(_NUMBER.finditer(bare))
    if not found:
        raise InputError(
            f"I find no number in {shown(answer)}; write it in digits{f', in {wanted}' if wanted else ''}."
        )
    if len(found) > 1:
        raise InputError(f"I find {len(found)} numbers in {shown(answer)}; write one.")
    match = found[0]
    size, is_percent = _words_around(f"{bare[: match.start()]} {bare[match.end() :]}", unit, percent, answer)
    power = float(f"1{match[2]}") if match[2] else 1.0
    sign = -1.0 if match[0].lstrip().startswith("-") else 1.0
    values = [sign * value * power * size / divisor for value in _digits(match[1].strip(), answer)]
    if not all(math.isfinite(value) for value in values):
        raise InputError(f"{shown(answer)} is too large to be read as a number.")
    if divisor != 1.0 and wanted == "%" and not is_percent:  # a third is 33 %
        return tuple(value if percent else 100.0 * value for value in values)
    return tuple(dict.fromkeys(share for value in values for share in _shares(value, wanted, percent, is_percent)))


def _divided(words: str) -> tuple[str, float]:
    """Take the divisor out of a fraction such as 1/3; 1 and the words as they are if there is none."""
    fraction = _FRACTION_OF.search(words)
    if not fraction or not float(fraction[2]):
        return words, 1.0
    return f"{words[: fraction.end(1)]} {words[fraction.end() :]}", float(fraction[2])


def _shares(value: float, wanted: str, percent: bool, is_percent: bool) -> tuple[float, ...]:
    """Read a value that was to be a share: 12 is 12 %, 0.12 and 1.2 may be either; as a share, or in per cent."""
    if wanted != "%":
        return (value,)
    size = 0.01 if percent else 1.0
    if is_percent or abs(value) > _FRACTION:
        return (size * value,)
    both = (100.0 * size * value, size * value)  # as a fraction of one, and in per cent
    return both if percent and abs(value) <= 1.0 else both[::-1]


def _words_around(words: str, unit: str, percent: bool, answer: str) -> tuple[float, bool]:
    """Read the words beside the number: a size such as k, a per cent sign, the unit; anything else is refused."""
    words = words.replace("per cent", "%")
    said = re.findall(r"%|[^\W\d_]+", words)
    rest = re.sub(r"%|[^\W\d_]+|[\s./()!]", "", words)
    own = set(re.findall(r"%|[^\W\d_]+", unit.lower()))
    own |= {f"{word}s" for word in own} | {word.removesuffix("s") for word in own}
    own = own.union(*(same for same in _SAME if own & same))
    money = bool(own & _MONEY) or not unit
    size, is_percent = 1.0, False
    unknown: list[str] = [rest] if rest else []
    for word in said:
        if word in _SIZES and word not in own and size == 1.0:
            size = _SIZES[word]
        elif word in _PERCENT and (percent or "%" in own):
            is_percent = True
        elif not (word in own or word in _FILLERS or (money and word in _MONEY)):
            unknown.append(word)
    if unknown:
        wanted = "%" if percent else unit
        asked = f"the answer is asked for in {wanted}" if wanted else "write the number alone"
        raise InputError(f"I do not understand {unknown[0]!r} in {shown(answer)}; {asked}.")
    return size, is_percent


def _digits(body: str, answer: str) -> tuple[float, ...]:
    """Read digits with separators; three digits after a single separator may be thousands or decimals."""
    body = re.sub(r"(?<=\d)[ '\N{RIGHT SINGLE QUOTATION MARK}](?=\d{3}(?!\d))", "", body).strip().rstrip(".,")
    commas, points = body.count(","), body.count(".")
    wrong = InputError(f"I cannot read {shown(answer)} as one number; write it like 1234.5.")
    if re.search(r"[^\d.,]", body) or not re.search(r"\d", body):
        raise wrong
    if commas and points:
        decimal = max(",.", key=body.rfind)
        if body.count(decimal) > 1 or not _grouped(body.split(decimal)[0], ",."[decimal == ","]):
            raise wrong
        return (float(body.replace("," if decimal == "." else ".", "").replace(",", ".")),)
    mark = "," if commas else "."
    if body.count(mark) > 1:
        if not _grouped(body, mark):
            raise wrong
        return (float(body.replace(mark, "")),)
    if mark in body and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body):
        thousands, decimals = float(body.replace(mark, "")), float(body.replace(mark, "."))
        return (thousands, decimals) if mark == "," else (decimals, thousands)
    return (float(body.replace(",", ".")),)


def _grouped(body: str, mark: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}(\{mark}\d{{3}})*", body) is not None or mark not in body


def number_in_range(value: Any, name: str, low: int, high: int) -> int:
    """Read a whole number from a message.

    Raises
    ------
    InputError
        If it is none, or out of its bounds.
    """
    number = real(value, name, low, high)
    if not number.is_integer():
        raise InputError(f"{name}: must be a whole number, got {shown(value)}")
    return int(number)


# --- a number -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that is known, and what it comes from.

    Attributes
    ----------
    when
        The wrong number, a function without arguments that gives it, or a function of the answer that recognises it.
    says
        Which misconception leads there.
    """

    when: float | Callable[..., Any]
    says: str


def _recognises(known: Wrong) -> bool:
    """Whether it is a function of the answer, and no number."""
    return callable(known.when) and bool(inspect.signature(known.when).parameters)


class Number(Component):
    """A question whose answer is a number, computed by a law and never typed in.

    Parameters
    ----------
    id
        Its name, unique in a lesson.
    question
        What is asked.
    answer
        The right number, or a function that gives it, called once when it is first needed.
    tolerance
        How far off an answer may be, relative to the right one.
    absolute
        How far off it may be in units of the answer, instead.
    unit
        Unit of the answer.
    percent
        Whether the answer is a share, to be written as per cent.
    wrong
        Wrong answers that are known.
    hint
        What to think of; shown after three wrong answers.
    explain
        Why the right answer is right.
    title
        Heading.

    Raises
    ------
    InputError
        If both tolerances are given, or one is negative.

    Examples
    --------
    >>> from custsim.widgets import Session
    >>> question = Number("clv", question="What is a customer worth?", answer=lambda: 10.0 / 0.05, unit="EUR",
    ...                   wrong=[Wrong(when=2000.0, says="A month's churn is not a year's.")])
    >>> Session(question).answer("200 euro").message["right"]
    True
    >>> Session(question).answer("2,000").message["says"]
    "A month's churn is not a year's."
    """

    kind: ClassVar[str] = "number"

    def __init__(
        self,
        id: str,
        *,
        question: str,
        answer: float | Callable[[], float],
        tolerance: float | None = None,
        absolute: float | None = None,
        unit: str = "",
        percent: bool = False,
        wrong: Sequence[Wrong] = (),
        hint: str = "",
        explain: str = "",
        title: str = "",
    ) -> None:
        super().__init__(id, title)
        if tolerance is not None and absolute is not None:
            raise InputError(f"{id}: give tolerance (relative) or absolute, not both")
        if min(tolerance or 0.0, absolute or 0.0) < 0:
            raise InputError(f"{id}: tolerance and absolute must be at least 0")
        self.question, self.unit, self.percent = question, "%" if percent else unit, percent
        self.tolerance = 0.01 if tolerance is None and absolute is None else tolerance
        self.absolute = absolute
        self.wrong, self.hint, self.explain = tuple(wrong), hint, explain
        self._answer = answer
        self._lock = threading.Lock()

    @property
    def right(self) -> float:
        """The right number."""
        with self._lock:
            if callable(self._answer):
                self._answer = float(self._answer())
        return float(self._answer)

    def describe(self) -> dict[str, Any]:
        """Tell the screen what to ask; the answer stays here."""
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title,
            "question": self.question,
            "unit": self.unit,
            "percent": self.percent,
            "hint_after": TRIES,
        }

    def start(self) -> State:
        """No answer yet."""
        return _unanswered()

    def progress(self, state: State) -> float:
        """1 once it was answered right, or the answer was shown after three tries."""
        return _done(state)

    def prepare(
        self,
        seconds: float = math.inf,
        goes_on: Callable[[], bool] = lambda: True,
        state: State | None = None,
        together: int = 1,
    ) -> int:
        """Work the answer out."""
        return int(math.isfinite(self.right))

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """Judge an answer; one that cannot be read, or may be read in two ways, does not count as a try."""
        do = action(message, ("look", "answer", "show"))
        if do == "answer":
            given = text(message.get("text"), "text", _LONGEST)
            return _counted(self, state, {"text": given}, self._judged(given), message)
        if do == "show":
            return _shown(state, message, self._shown_answer(), self.explain)
        return _looked(self, state, message)

    def _judged(self, given: str) -> tuple[bool | None, str]:
        try:
            values = readings(given, unit="" if self.percent else self.unit, percent=self.percent)
        except InputError as error:
            return None, str(error)
        right = [value for value in values if self._is(value, self.right)]
        if right and (values[0] not in right or self._a_slip(values[1:])):
            both = " or ".join(self._write(value) for value in values)
            sizes = [abs(value) for value in values]
            separator = self.unit != "%" or max(sizes) > 500.0 * min(sizes)  # a share for per cent is a hundredth
            way = "Write it without separators." if separator else "Write the % sign."
            return None, f"Do you mean {both}? {way}"
        if right:
            return True, "Right."
        for known in self.wrong:
            if any(self._known(known, value) for value in values):
                return False, known.says
        near = min(values, key=self._apart)
        return False, f"{self._write(near)} is not it{self._nearness(near)}."

    def _a_slip(self, values: Sequence[float]) -> bool:
        """Whether what may also be meant, in per cent, is a wrong number that is known."""
        named = [known for known in self.wrong if not _recognises(known)]
        return self.unit == "%" and any(self._known(known, value) for known in named for value in values)

    def _apart(self, value: float) -> float:
        """How far a reading is off, in powers of ten: the nearest one is what was meant."""
        ratio = value / self.right if self.right else 0.0
        return abs(math.log10(ratio)) if ratio > 0 else math.inf

    def _is(self, value: float, target: float) -> bool:
        allowed = self.absolute if self.absolute is not None else (self.tolerance or 0.0) * abs(target)
        return abs(value - target) <= allowed + 1e-9 * max(1.0, abs(target))

    def _known(self, known: Wrong, value: float) -> bool:
        if not callable(known.when):
            return self._is(value, float(known.when))
        if _recognises(known):
            return bool(known.when(value))
        return self._is(value, float(known.when()))

    def _nearness(self, value: float) -> str:
        right = self.right
        if right * value < 0:
            return ": the sign is wrong"
        if right and value and abs(math.log10(abs(value / right))) > 0.99:
            return f": it is far too {'large' if abs(value) > abs(right) else 'small'}"
        if abs(value - right) <= 0.1 * abs(right):
            return ", but close"
        return f": it is too {'large' if value > right else 'small'}"

    def _shown_answer(self) -> str:
        return f"The answer is {self._write(self.right)}."

    def _write(self, value: float) -> str:
        if self.percent:
            return f"{written(100.0 * value, _digits_of(100.0 * value))} %"
        return f"{written(value, _digits_of(value))} {self.unit}".strip()


def _digits_of(value: float) -> int:
    """Digits after the point that show a number as it was meant: up to four figures, and no needless zeros."""
    most = 0 if abs(value) >= 10_000 else 1 if abs(value) >= 1000 else 2 if abs(value) >= 1 else 4
    return next(digits for digits in range(most + 1) if digits == most or abs(round(value, digits) - value) < 1e-9)


# --- a choice -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """An answer to choose.

    Attributes
    ----------
    text
        What it says.
    right
        Whether it is right.
    says
        Why it is right or wrong; shown when it is chosen.
    """

    text: str
    right: bool = False
    says: str = ""


class Choice(Component):
    """A question with answers to choose from.

    Parameters
    ----------
    id
        Its name, unique in a lesson.
    question
        What is asked.
    options
        The answers, at least two, at least one right.
    many
        Whether several are to be chosen; all that are right, and no other.
    hint
        What to think of; shown after three wrong answers.
    explain
        Why the right answer is right.
    title
        Heading.

    Raises
    ------
    InputError
        If there are too few options, none is right, or several are where one is to be chosen; if a wrong one does not
        say why it is wrong.

    Examples
    --------
    >>> from custsim.widgets import Session
    >>> question = Choice("who", question="Who leaves?", options=[
    ...     Option("Those who complain", says="They give the firm a chance."),
    ...     Option("Those who say nothing", right=True)])
    >>> Session(question).choose(0).message["says"]
    'They give the firm a chance.'
    """

    kind: ClassVar[str] = "choice"

    def __init__(
        self,
        id: str,
        *,
        question: str,
        options: Sequence[Option],
        many: bool = False,
        hint: str = "",
        explain: str = "",
        title: str = "",
    ) -> None:
        super().__init__(id, title)
        right = sum(option.right for option in options)
        if len(options) < 2 or not right or (right > 1 and not many):
            raise InputError(
                f"{id}: a choice needs at least two options, and one that is right (several only with many=True); "
                f"got {len(options)} with {right} right"
            )
        silent = [option.text for option in options if not option.right and not option.says]
        if silent:
            raise InputError(f"{id}: a wrong option says why it is wrong (says=); {silent[0]!r} does not")
        self.question, self.options, self.many = question, tuple(options), many
        self.hint, self.explain = hint, explain

    def describe(self) -> dict[str, Any]:
        """Tell the screen what to ask; which is right stays here."""
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title,
            "question": self.question,
            "many": self.many,
            "options": [option.text for option in self.options],
            "hint_after": TRIES,
        }

    def start(self) -> State:
        """No answer yet."""
        return _unanswered()

    def progress(self, state: State) -> float:
        """1 once it was answered right, or the answer was shown after three tries."""
        return _done(state)

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """Judge what was chosen."""
        do = action(message, ("look", "answer", "show"))
        if do == "answer":
            chosen = self._read(message.get("chosen"))
            return _counted(self, state, {"chosen": chosen}, self._judged(chosen), message, self._comments(chosen))
        if do == "show":
            return _shown(state, message, self._shown_answer(), self.explain)
        comments = self._comments(state["last"]["chosen"]) if state["last"] is not None else None
        return _looked(self, state, message, comments)

    def _read(self, chosen: Any) -> list[int]:
        if not isinstance(chosen, list) or len(chosen) > len(self.options):
            raise InputError(f"chosen: must be a list of option numbers, got {shown(chosen)}")
        read = sorted({number_in_range(item, "chosen", 0, len(self.options) - 1) for item in chosen})
        if not read:
            raise InputError("chosen: choose an answer first")
        if len(read) > 1 and not self.many:
            raise InputError("chosen: choose one answer")
        return read

    def _judged(self, chosen: list[int]) -> tuple[bool | None, str]:
        right = {at for at, option in enumerate(self.options) if option.right}
        if set(chosen) == right:
            said = " ".join(filter(None, (self.options[at].says for at in chosen)))
            return True, f"Right. {said}".strip()
        wrong = [self.options[at].says for at in chosen if at not in right]
        if wrong:
            return False, " ".join(wrong)
        return False, f"What you chose is right, but there {_more(len(right - set(chosen)))}."

    def _comments(self, chosen: list[int]) -> list[dict[str, Any]]:
        return [{"option": at, "right": self.options[at].right, "says": self.options[at].says} for at in chosen]

    def _shown_answer(self) -> str:
        right = [option.text for option in self.options if option.right]
        return f"The answer is: {'; '.join(right)}"


def _more(count: int) -> str:
    return "is one more" if count == 1 else f"are {count} more"


# --- what both have in common -------------------------------------------------------------------------------------


def _unanswered() -> State:
    return {"tries": 0, "right": False, "shown": False, "last": None}


def _done(state: State) -> float:
    return 1.0 if state["right"] or state["shown"] else 0.0


def _counted(
    question: Number | Choice,
    state: State,
    given: Any,
    judged: tuple[bool | None, str],
    message: dict[str, Any],
    comments: list[dict[str, Any]] | None = None,
) -> tuple[State, Reply]:
    right, _ = judged
    tries = state["tries"] + (1 if right is not None and not state["right"] else 0)
    after = {**state, "tries": tries, "right": state["right"] or right is True, "last": given}
    return after, Reply(numbered(_verdict(question, after, judged, comments), message))


def _verdict(
    question: Number | Choice,
    state: State,
    judged: tuple[bool | None, str],
    comments: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    right, says = judged
    verdict: dict[str, Any] = {
        "is": "verdict",
        "right": right,
        "says": says,
        "explain": (question.explain or None) if right else None,
        "hint": (question.hint or None) if right is not True and state["tries"] >= TRIES else None,
        "tries": state["tries"],
        "may_show": state["tries"] >= TRIES and not state["right"],
        "answer": state["last"],
    }
    return verdict if comments is None else verdict | {"options": comments}


def _shown(state: State, message: dict[str, Any], says: str, explain: str) -> tuple[State, Reply]:
    if state["tries"] < TRIES and not state["right"]:
        left = TRIES - state["tries"]
        raise InputError(f"show: try {'once' if left == 1 else f'{left} times'} more before the answer is shown")
    after = {**state, "shown": True}
    return after, Reply(numbered(_told(after, says, explain), message))


def _told(state: State, says: str, explain: str) -> dict[str, Any]:
    return {
        "is": "verdict",
        "right": None,
        "says": says,
        "explain": explain or None,
        "hint": None,
        "tries": state["tries"],
        "may_show": False,
        "answer": state["last"],
    }


def _looked(
    question: Number | Choice,
    state: State,
    message: dict[str, Any],
    comments: list[dict[str, Any]] | None = None,
) -> tuple[State, Reply]:
    if state["shown"] and not state["right"]:
        return state, Reply(numbered(_told(state, question._shown_answer(), question.explain), message))
    if state["last"] is None:
        return state, Reply(numbered({"is": "open"}, message))
    (given,) = state["last"].values()
    return state, Reply(numbered(_verdict(question, state, question._judged(given), comments), message))
