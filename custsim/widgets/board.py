"""A board: controls of one scenario, the picture of its run beside a frozen reference of the same luck, the numbers.

Everything on a board is the same firm from month 0 on: each setting is ``scenario.change(setting)``, which opens in the
reference's state and lives in its luck, so that what differs on the screen is what the change did.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.scenario import Scenario, load
from custsim.simulation import Run, simulate
from custsim.widgets import sharing
from custsim.widgets.charts import Chart, Months, Series, rescaled
from custsim.widgets.charts import charts as charts_of
from custsim.widgets.component import Component, Reply, State, action, as_json, numbered, shown
from custsim.widgets.controls import Control, Lever, heading, levers
from custsim.widgets.guess import Guess
from custsim.widgets.numbers import HEADLINES, Headline, headlines, told
from custsim.widgets.questions import number_in_range
from custsim.widgets.quick import QUICK, Lived, live

__all__ = ["Board", "Outcome"]

Floats = NDArray[np.float64]

#: persons a board lives with where nothing else is asked for: a run of them is quicker than a blink
PERSONS = 10_000
#: moves that can be taken back
UNDOS = 25
#: outcomes that are kept, so that a room of trainees at one place costs one run
_KEPT = 2048
#: places to either side that are lived ahead: of a control that has just moved, and of the others
_REACH_MOVED, _REACH = 4, 1

PANELS = ("why", "customer", "band")

_ACTIONS = ("look", "move", "undo", "redo", "reset", "restore", "reference", *PANELS, "guess")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one run shows: the series of the charts, and the numbers.

    Attributes
    ----------
    series
        Shape (series, months), float32 as it is sent.
    numbers
        Name -> value, not a number where there is none.
    """

    series: NDArray[np.float32]
    numbers: Mapping[str, float]


class Board(Component):
    """Controls of a scenario, and what a run of it looks like beside the reference.

    Parameters
    ----------
    id
        Its name, unique in a lesson.
    scenario
        Name of a bundled scenario, or a scenario.
    controls
        Paths of parameters, or :class:`Control` where something is to be said about one; arranged by link of the chain.
    charts
        Ids of :data:`custsim.widgets.charts.CHARTS`, or charts of your own.
    numbers
        Names of :data:`custsim.widgets.numbers.HEADLINES`, of any measure of a run, or numbers of your own.
    seed
        The luck all settings share.
    months
        Months to live; the scenario's own by default.
    scale
        Factor of :meth:`Scenario.scaled`; by default such that there are at most 10,000 persons.
    guess
        What to predict before the controls move.
    panels
        What can be asked for: "why", "customer", "band".
    title, intro
        Heading, and a sentence on what to do.

    Raises
    ------
    InputError
        With one line for each control, chart, number or panel that does not exist.

    Examples
    --------
    >>> from custsim.widgets import Session
    >>> board = Board("staffing", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.05, months=6)
    >>> reply = Session(board).move({"complaints.staff": 3})
    >>> reply.message["is"], reply.message["setting"], reply.numbers.size == len(board.series) * 6
    ('view', {'complaints.staff': 3}, True)
    """

    kind: ClassVar[str] = "board"
    slow: ClassVar[frozenset[str]] = frozenset(PANELS)

    def __init__(
        self,
        id: str,
        *,
        scenario: str | Scenario,
        controls: Iterable[str | Control],
        charts: Iterable[str | Chart] = ("chain", "customers", "answer_time", "profit"),
        numbers: Iterable[str | Headline] = ("profit", "customers_end", "satisfied_share", "retention"),
        seed: int = 1,
        months: int | None = None,
        scale: float | None = None,
        guess: Guess | None = None,
        panels: Iterable[str] = PANELS,
        title: str = "",
        intro: str = "",
    ) -> None:
        super().__init__(id, title)
        firm = load(scenario) if isinstance(scenario, str) else scenario
        if not isinstance(firm, Scenario):
            raise InputError(f"scenario: must be a name or a Scenario, got {shown(scenario)}")
        self.seed, self.intro, self.guess = seed, intro, guess
        self.scenario = _sized(firm, scale, months)
        self.months = self.scenario.time.months
        self.levers = levers(self.scenario, controls)
        self.charts = charts_of(charts)
        self.numbers = headlines(numbers)
        self.panels = tuple(panels)
        wrong = [name for name in self.panels if name not in PANELS]
        if wrong:
            raise InputError(f"panels: no {', '.join(map(repr, wrong))}; there are {', '.join(PANELS)}")
        self.series: tuple[tuple[Chart, Series], ...] = tuple((one, line) for one in self.charts for line in one.lines)
        self._by_path = {lever.path: lever for lever in self.levers}
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()
        self._under_way: dict[str, Future[Outcome]] = {}
        self._lock = threading.Lock()
        self._describing = threading.Lock()
        self._description: dict[str, Any] | None = None

    # --- what a run shows ---------------------------------------------------------------------------------------

    def changed(self, setting: Mapping[str, Any]) -> Scenario:
        """Return the firm of a setting: the same firm from month 0 on, with these values.

        Raises
        ------
        InputError
            If the values do not fit together.
        """
        return self.scenario.change(setting) if setting else self.scenario

    def run(self, setting: Mapping[str, Any], replication: int = 0) -> Run:
        """Live a setting."""
        return simulate(self.changed(setting), self.seed, replication)

    def outcome(self, setting: Mapping[str, Any] | None = None, replication: int = 0) -> Outcome:
        """What a setting shows; kept, so that it is lived once.

        Parameters
        ----------
        setting
            Path -> value of what differs from the start.
        replication
            Which luck of the board's seed.

        Raises
        ------
        InputError
            If the values are not possible.

        Examples
        --------
        >>> board = Board("b", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.05, months=6)
        >>> sorted(board.outcome().numbers)
        ['customers_end', 'profit', 'retention', 'satisfied_share']
        """
        setting = self._read_setting(dict(setting or {}))
        return self._outcome(setting, replication)

    def _outcome(self, setting: Mapping[str, Any], replication: int = 0) -> Outcome:
        """What a setting shows that has been read."""
        name = json.dumps([setting, replication])
        with self._lock:
            if name in self._outcomes:
                self._outcomes.move_to_end(name)
                return self._outcomes[name]
            if name in self._under_way:
                waited: Future[Outcome] | None = self._under_way[name]
            else:
                waited, mine = None, self._under_way.setdefault(name, Future())
        if waited is not None:
            try:
                return waited.result()
            except CancelledError:  # whoever lived it was interrupted
                return self._outcome(setting, replication)
        return self._made(name, mine, setting, replication)

    def _made(self, name: str, promise: Future[Outcome], setting: Mapping[str, Any], replication: int) -> Outcome:
        """Live a setting and keep what it shows; who asked for the same in the meantime gets it too."""
        try:
            made = self._outcome_of(live(self.changed(setting), self.seed, replication))
        except BaseException as error:
            with self._lock:
                del self._under_way[name]
            if isinstance(error, Exception):
                promise.set_exception(error)
            else:  # an interrupt is meant for whoever was at work, not for those who wait
                promise.cancel()
            raise
        with self._lock:
            self._outcomes[name] = made
            del self._under_way[name]
            while len(self._outcomes) > _KEPT:
                self._outcomes.popitem(last=False)
        promise.set_result(made)
        return made

    def prepare(
        self,
        seconds: float = math.inf,
        goes_on: Callable[[], bool] = lambda: True,
        state: State | None = None,
        together: int = 1,
    ) -> int:
        """Live ahead of time what each control leads to.

        From the start it is each control along its range, or each two of them over theirs, coarsely first and then in
        between; from a learner's state the places next to it, the control that moved last and its direction first.
        """
        until = time.monotonic() + seconds
        self.describe()
        done = self.guess.prepare() if self.guess is not None else 0
        for setting in _tour(self.levers, together) if state is None else self._next(state):
            if time.monotonic() >= until or not goes_on() or done >= _KEPT // 2:
                break
            with contextlib.suppress(InputError):  # a value that does not fit the others is the learner's to find
                self.outcome(setting)
                done += 1
        return done

    def _next(self, state: State) -> Iterator[dict[str, Any]]:
        """Settings a learner may well ask for next."""
        if not self._may_move(state):
            return
        setting = state["setting"]
        dragged = setting != state["rest"] or not state["undo"]
        before = state["rest"] if dragged else state["undo"][-1]
        for path, value in _beside(self.levers, setting, before):
            yield self._read_setting({**setting, path: value})

    def number(self, name: str, setting: Mapping[str, Any] | None = None) -> float:
        """Value of one number of the board in a setting, for the answer of a question or the outcome of a guess."""
        found = self.outcome(setting).numbers
        if name not in found:
            raise InputError(f"{name}: is not among the numbers of the board {self.id}: {', '.join(found)}")
        return found[name]

    def values(self, name: str, setting: Mapping[str, Any] | None = None) -> Floats:
        """Values of one series of the board in a setting, one a month."""
        values: Floats = self.outcome(setting).series[self.row(name)].astype(np.float64)
        return values

    def row(self, name: str) -> int:
        """Row of a series in every buffer.

        Raises
        ------
        InputError
            If the board does not draw it.
        """
        names = [line.name for _, line in self.series]
        if name not in names:
            raise InputError(f"{name}: is not among the series of the board {self.id}: {', '.join(names)}")
        return names.index(name)

    def _outcome_of(self, lived: Lived) -> Outcome:
        months = Months(lived.run)
        rows = np.array([line.values(months) for _, line in self.series], dtype="<f4")
        numbers = {
            one.name: float(QUICK[one.name](lived) if HEADLINES.get(one.name) is one and one.name in QUICK
                            else one.of(lived.run))
            for one in self.numbers
        }  # fmt: skip
        return Outcome(rows, numbers)

    # --- the component ------------------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Tell the screen everything that stays as it is, the start's run included."""
        with self._describing:
            if self._description is None:
                self._description = self._described()
            return self._description

    def start(self) -> State:
        """Give the state of a learner who has moved nothing yet."""
        return {
            "setting": {},
            "rest": {},
            "undo": [],
            "redo": [],
            "reference": {},
            "scales": {},
            "guess": self.guess.start() if self.guess is not None else None,
        }

    def progress(self, state: State) -> float:
        """1 when the prediction was made, or if there is none to make."""
        return 1.0 if self.guess is None else self.guess.progress(state["guess"])

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """Answer what a learner does; see :meth:`Component.handle`."""
        do = action(message, _ACTIONS)
        if do == "guess":
            return self._guessed(state, message)
        if do in PANELS:
            return state, self._panel(do, state, message)
        if do != "look" and not self._may_move(state):
            raise InputError("first predict: the controls move when your prediction is made")
        after = _STEPS[do](self, state, message)
        outcome, reference = self._outcome(after["setting"]), self._outcome(after["reference"])
        after["scales"] = self._scales(outcome, reference, after["scales"] if do != "reset" else {})
        view = self._view(after, outcome, reference)
        if do == "look" and self.guess is not None and self._may_move(after):
            view["prediction"] = self.guess.handle(after["guess"], {"do": "look"})[1].message
        if do == "reference" or (do == "look" and after["reference"]):
            both = np.concatenate([reference.series, outcome.series])
            return after, Reply(numbered({**view, "is": "reference"}, message), both.tobytes())
        return after, Reply(numbered(view, message), outcome.series.tobytes())

    def save_picture(self, path: str, state: State | None = None) -> Any:
        """Save what a learner sees as a picture: ``.png``, ``.svg`` or ``.pdf``.

        Returns
        -------
        pathlib.Path
            The file written.
        """
        from custsim.plots.style import save
        from custsim.widgets.picture import picture

        return save(picture(self, state), path)

    # --- steps: what a learner does to the state ------------------------------------------------------------------

    def _look(self, state: State, _message: Mapping[str, Any]) -> State:
        return dict(state)

    def _move(self, state: State, message: Mapping[str, Any]) -> State:
        rest = message.get("rest", True)
        if not isinstance(rest, bool):
            raise InputError(f"rest: must be true or false, got {shown(rest)}")
        setting = self._read_setting(message.get("setting"))
        return self._rested(state, setting) if rest else {**state, "setting": setting}

    def _rested(self, state: State, setting: dict[str, Any]) -> State:
        """Take over a setting, so that the one before can be had back."""
        if setting == state["rest"]:
            return {**state, "setting": setting}
        undo = [*state["undo"], state["rest"]][-UNDOS:]
        return {**state, "setting": setting, "rest": setting, "undo": undo, "redo": []}

    def _undo(self, state: State, _message: Mapping[str, Any]) -> State:
        state = self._rested(state, state["setting"])  # a drag that was not released counts as released
        if not state["undo"]:
            raise InputError("undo: there is nothing to take back")
        *undo, setting = state["undo"]
        redo = [*state["redo"], state["rest"]][-UNDOS:]
        return {**state, "setting": setting, "rest": setting, "undo": undo, "redo": redo}

    def _redo(self, state: State, _message: Mapping[str, Any]) -> State:
        state = self._rested(state, state["setting"])
        if not state["redo"]:
            raise InputError("redo: nothing was taken back")
        *redo, setting = state["redo"]
        undo = [*state["undo"], state["rest"]][-UNDOS:]
        return {**state, "setting": setting, "rest": setting, "undo": undo, "redo": redo}

    def _reset(self, state: State, _message: Mapping[str, Any]) -> State:
        return {**self._rested(state, {}), "reference": {}}

    def _restore(self, state: State, message: Mapping[str, Any]) -> State:
        return self._rested(state, self._read_setting(sharing.restored(self.id, message.get("text"))))

    def _reference(self, state: State, message: Mapping[str, Any]) -> State:
        wanted = message.get("set")
        if not isinstance(wanted, str) or wanted not in ("now", "start"):
            raise InputError(f"set: must be 'now' or 'start', got {shown(wanted)}")
        return {**state, "reference": state["setting"] if wanted == "now" else {}}

    def _read_setting(self, setting: Any) -> dict[str, Any]:
        """Read a setting: known controls, possible values, in the order of the controls, without what is as it was."""
        if not isinstance(setting, dict):
            raise InputError(f"setting: must be a table of controls and values, got {shown(setting)}")
        unknown = [path for path in setting if path not in self._by_path]
        if unknown:
            raise InputError(f"setting: {shown(unknown[0])} is no control here; there are {', '.join(self._by_path)}")
        read = {path: lever.read(setting[path]) for path, lever in self._by_path.items() if path in setting}
        return {path: value for path, value in read.items() if value != self._by_path[path].start}

    def _may_move(self, state: State) -> bool:
        return self.guess is None or self.guess.progress(state["guess"]) == 1.0

    def _guessed(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        if self.guess is None:
            raise InputError("guess: there is nothing to predict here")
        after, reply = self.guess.handle(state["guess"], message)
        return {**state, "guess": after}, reply

    def _panel(self, do: str, state: State, message: Mapping[str, Any]) -> Reply:
        from custsim.widgets import panels

        if do not in self.panels:
            raise InputError(f"do: {do} is not to be had here")
        person = message.get("person")
        if do == "customer" and person is not None:
            person = int(number_in_range(person, "person", 0, self.scenario.market.persons - 1))
        ask: dict[str, Callable[[], Reply]] = {
            "band": lambda: panels.band(self, state["setting"], state["reference"]),
            "why": lambda: panels.why_panel(self, state["setting"], state["reference"]),
            "customer": lambda: panels.customer(self, state["setting"], state["reference"], person),
        }
        reply = ask[do]()
        both = {"setting": state["setting"], "reference": state["reference"]}
        return Reply(numbered({**reply.message, **both}, message), reply.buffer)

    # --- words for the screen -----------------------------------------------------------------------------------

    def _described(self) -> dict[str, Any]:
        start = self.start()
        outcome = self.outcome()
        start["scales"] = self._scales(outcome, outcome, {})
        currency = self.scenario.currency
        links = dict.fromkeys(lever.link for lever in self.levers)
        persons = self.scenario.market.persons
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title or self.scenario.title,
            "intro": self.intro,
            "currency": currency,
            "months": self.months,
            "start": self.scenario.time.start,
            "persons": persons,
            "what": f"{persons:,} persons, {self.months} months",
            "groups": [
                {"link": k, "label": heading(k), "controls": [one.path for one in self.levers if one.link == k]}
                for k in links
            ],
            "controls": [lever.describe() for lever in self.levers],
            "series": [_line_described(one, line, currency) for one, line in self.series],
            "charts": [
                {
                    "id": one.id,
                    "title": one.title,
                    "unit": one.unit.replace("currency", currency),
                    "series": [line.name for line in one.lines],
                    "meaning": one.meaning,
                }
                for one in self.charts
            ],
            "numbers": [one.describe(currency) for one in self.numbers],
            "panels": list(self.panels),
            "guess": None if self.guess is None else self.guess.describe(),
            "view": self._view(start, outcome, outcome),
            "reference": [as_json(row.astype(np.float64)) for row in outcome.series],
        }

    def _scales(self, outcome: Outcome, reference: Outcome, before: Mapping[str, Any]) -> dict[str, list[float]]:
        scales: dict[str, list[float]] = {}
        at = 0
        for one in self.charts:
            rows = slice(at, at + len(one.lines))
            at += len(one.lines)
            if one.fixed is not None:
                scales[one.id] = list(one.fixed)
                continue
            values = np.concatenate([outcome.series[rows], reference.series[rows]]).astype(np.float64)
            was = before.get(one.id)
            scales[one.id] = list(rescaled(values, (was[0], was[1]) if was else None, zero=one.zero, span=one.span))
        return scales

    def _view(self, state: State, outcome: Outcome, reference: Outcome) -> dict[str, Any]:
        currency = self.scenario.currency
        numbers = [told(one, outcome.numbers[one.name], reference.numbers[one.name], currency) for one in self.numbers]
        return {
            "is": "view",
            "setting": state["setting"],
            "reference": state["reference"],
            "numbers": numbers,
            "scales": state["scales"],
            "undo": bool(state["undo"]) or state["setting"] != state["rest"],
            "redo": bool(state["redo"]),
            "share": sharing.shared(self.id, state["setting"]),
            "said": self._said(state, numbers),
            "guessed": self._may_move(state),
        }

    def _said(self, state: State, numbers: list[dict[str, Any]]) -> str:
        """One sentence for a screen reader: what is set, and what it did to the numbers."""
        setting = state["setting"]
        where = "; ".join(f"{self._by_path[p].label} {self._by_path[p].write(v)}" for p, v in setting.items())
        parts = [
            f"{one['label']} {one['text']}" + (f" ({one['direction']} {one['change'][1:]})" if one["change"] else "")
            for one in numbers
        ]
        return f"{where or 'As at the start'}: {', '.join(parts)}." if parts else f"{where or 'As at the start'}."


_STEPS: dict[str, Callable[[Board, State, Mapping[str, Any]], State]] = {
    "look": Board._look,
    "move": Board._move,
    "undo": Board._undo,
    "redo": Board._redo,
    "reset": Board._reset,
    "restore": Board._restore,
    "reference": Board._reference,
}


def _tour(controls: tuple[Lever, ...], together: int) -> Iterator[dict[str, Any]]:
    """Settings in which so many controls are moved: every 32nd place of each first, then every 16th, and on.

    Examples
    --------
    >>> two = levers(Scenario(), ["complaints.staff", "profit.tenure_profile"])
    >>> len(list(_tour(two, 1))), len(list(_tour(two, 2)))
    (15, 26)
    """
    for stride in (32, 16, 8, 4, 2, 1):
        for some in itertools.combinations(controls, together):
            for at in itertools.product(*(range(0, len(lever.places), stride) for lever in some)):
                if stride == 32 or any(place % (2 * stride) for place in at):
                    yield {lever.path: lever.places[place] for lever, place in zip(some, at, strict=True)}


def _beside(
    controls: tuple[Lever, ...], setting: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Places of one control next to a setting: of one that has just moved the farther ones too, and all that lie ahead.

    Examples
    --------
    >>> list(_beside(levers(Scenario(), ["complaints.staff"]), {"complaints.staff": 3}, {}))[:3]
    [('complaints.staff', 2), ('complaints.staff', 4), ('complaints.staff', 1)]
    """
    now = {lever.path: setting.get(lever.path, lever.start) for lever in controls}
    moved = [lever for lever in controls if now[lever.path] != before.get(lever.path, lever.start)]
    for reach, those in ((_REACH_MOVED, moved), (_REACH, [lever for lever in controls if lever not in moved])):
        for places in range(1, reach + 1):
            for lever in those:
                back = lever.kind == "range" and now[lever.path] < before.get(lever.path, lever.start)
                for step in (-places, places) if back else (places, -places):
                    value = lever.beside(now[lever.path], step)
                    if value is not None:
                        yield lever.path, value


def _line_described(one: Chart, line: Series, currency: str) -> dict[str, Any]:
    from custsim.plots.style import COLOURS

    return {
        "name": line.name,
        "chart": one.id,
        "label": line.label,
        "unit": one.unit.replace("currency", currency),
        "colour": line.colour,
        "hex": COLOURS[line.colour],
        "dash": line.dash,
        "decimals": line.decimals,
    }


def _sized(firm: Scenario, scale: float | None, months: int | None) -> Scenario:
    """Give a firm the size and the length a board wants."""
    if scale is None:
        scale = _handy_scale(firm)
    if not 0 < scale <= 100:
        raise InputError(f"scale: must be above 0 and at most 100, got {scale:g}")
    sized = firm.scaled(scale) if scale != 1 else firm
    return sized if months is None else sized.change({"time.months": months}, opening="own")


def _handy_scale(firm: Scenario) -> float:
    """Factor that leaves at most 10,000 persons, with desks no busier than they were and as large as may be.

    Staff comes in whole persons: a desk that would need 1.3 of them and gets 1 would drown. One that gets too many is
    merely quick, which counts less.

    Examples
    --------
    >>> _handy_scale(Scenario())
    0.5
    """
    most = PERSONS / firm.market.persons
    if most >= 1:
        return 1.0
    staff = [number for number in (firm.complaints.staff, firm.internal_service.desk_staff) if number]

    def harm(factor: float) -> float:
        loads = [n * factor / max(1, round(n * factor)) for n in staff]
        busier = max((load - 1.0 for load in loads if load > 1.0), default=0.0)
        idler = max((1.0 - load for load in loads if load < 1.0), default=0.0)
        return 3.0 * busier + 0.3 * idler + 0.2 * (1.0 - factor / most)

    return float(min((step / 100.0 * most for step in range(100, 59, -1)), key=harm))
