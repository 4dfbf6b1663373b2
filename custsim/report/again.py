"""How to do an experiment again: lines of Python and a command that make the same firms, tried before they are told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from custsim.errors import CustsimError
from custsim.experiment.identity import scenario_hash
from custsim.scenario.changes import changes_between, otherwise_before
from custsim.scenario.layout import rendered
from custsim.scenario.library import bundled, load
from custsim.scenario.model import Scenario

__all__ = ["Firms", "alternatives", "call", "command_of", "firm_file", "literal"]

#: name of the file that a command reads
FILE = "base.toml"


class Firms:
    """Lines of Python that make firms, each named by a variable."""

    def __init__(self) -> None:
        self.lines = ["import custsim as cs", ""]
        self.complete = True
        self._known: dict[str, str] = {}

    def add(self, name: str, scenario: Scenario) -> str:
        """Make a firm, and return the variable that holds it; several of one kind are made once."""
        marked = _marked(scenario)
        if marked in self._known:
            return self._known[marked]
        opening = scenario.opening
        if opening is scenario or _marked(opening) == marked:
            made = self._alone(scenario)
        else:
            before = self.add("before", opening)
            changes = changes_between(opening, scenario)
            made = f"{before}.change({literal(changes)})" if _same(opening.change(changes), scenario) else None
        if made is None:
            self.complete = False
            made = "...  # its parameters are listed at the end of the report"
        variable = name if name not in self._known.values() else f"{name}_{len(self._known)}"
        self.lines.append(f"{variable} = {made}")
        self._known[marked] = variable
        return variable

    def _alone(self, scenario: Scenario) -> str | None:
        """Say how to make a firm that had always been so: a bundled one, or the one that comes nearest, changed."""
        shortest: tuple[int, str] | None = None
        for name in ("", *bundled()):
            start = load(name) if name else Scenario()
            changes = changes_between(start, scenario)
            code = f'cs.load("{name}")' if name else "cs.Scenario()"
            if changes:
                code += f'.change({literal(changes)}, opening="own")'
            if (shortest is None or len(changes) < shortest[0]) and _makes(start, changes, scenario):
                shortest = (len(changes), code)
        return None if shortest is None else shortest[1]


def _makes(start: Scenario, changes: Mapping[str, Any], wanted: Scenario) -> bool:
    try:
        return _same(start.change(changes, opening="own") if changes else start, wanted)
    except CustsimError:  # steps between two sound firms need not be sound: then it is another way
        return False


def _same(one: Scenario, other: Scenario) -> bool:
    return scenario_hash(one) == scenario_hash(other)


def _marked(scenario: Scenario) -> str:
    """Name a scenario by everything, labels too."""
    return f"{scenario_hash(scenario)} {scenario.name} {scenario.title} {scenario.currency}"


def literal(value: Any) -> str:
    """Write plain data as Python, a long table one entry a line.

    Examples
    --------
    >>> print(literal({"a": 1}))
    {'a': 1}
    """
    short = repr(value)
    if len(short) < 88:
        return short
    if isinstance(value, Mapping):
        return "\n".join(["{", *(f"    {name!r}: {_deeper(item)}," for name, item in value.items()), "}"])
    if isinstance(value, list | tuple):
        ends = "[]" if isinstance(value, list) else "()"
        return "\n".join([ends[0], *(f"    {_deeper(item)}," for item in value), ends[1]])
    return short


def _deeper(value: Any) -> str:
    return literal(value).replace("\n", "\n    ")


def call(function: str, positional: Sequence[str], named: Mapping[str, Any]) -> str:
    """Write a call, one argument a line; ``None`` is left out.

    Examples
    --------
    >>> print(call("compare", ["base"], {"seed": 1, "names": None}))
    found = cs.compare(
        base,
        seed=1,
    )
    print(found.summary())
    """
    given = [*positional, *(f"{name}={_deeper(value)}" for name, value in named.items() if value is not None)]
    body = [f"    {argument}," for argument in given]
    return "\n".join([f"found = cs.{function}(", *body, ")", "print(found.summary())"])


# --- the command line -------------------------------------------------------------------------------------------


def firm_file(scenario: Scenario) -> tuple[list[str], dict[str, str]] | None:
    """Words of a command that name a firm, and the files they need; ``None`` for a firm that has no form in a file.

    A firm that was changed in month 0 is written with what it was before, and read as the same firm.

    Examples
    --------
    >>> firm_file(load("neighbourhood_bank"))
    (['neighbourhood_bank'], {})
    """
    for name in () if otherwise_before(scenario) else bundled():
        there = load(name)
        if not changes_between(there, scenario):
            return [name], {}
        if set(changes_between(there, scenario)) == {"time.months"}:
            return [name, "--months", str(scenario.time.months)], {}
    try:
        return [FILE], {FILE: rendered(scenario)}
    except CustsimError:  # what has no form in a file has none on the command line
        return None


def alternatives(
    base: Scenario, others: Sequence[Scenario], names: Sequence[str]
) -> tuple[list[str], dict[str, str]] | None:
    """Words of ``custsim compare`` that make alternatives of the base, and the files they need; ``None`` if none do.

    Examples
    --------
    >>> bank = load("neighbourhood_bank")
    >>> alternatives(bank, [bank.change({"complaints.staff": 6})], ["Desk"])
    (['--with', 'Desk: complaints.staff=6'], {})
    >>> alternatives(bank, [bank], ["Twin"])[0]
    ['alternative_1.toml']
    """
    words = _changes(base, others, names)
    if words is not None:
        return words, {}
    try:
        # a file is called what its firm is called
        named = [
            other.change({"name": name}, opening="own" if other.opening is other else "same")
            for other, name in zip(others, names, strict=True)
        ]
        files = {f"alternative_{number}.toml": rendered(other) for number, other in enumerate(named, 1)}
    except CustsimError:
        return None
    return list(files), files


def _changes(base: Scenario, others: Sequence[Scenario], names: Sequence[str]) -> list[str] | None:
    """Alternatives as changes of the base, each an option of the command, or ``None`` if that does not make them."""
    own = [_same(other.opening, other) and not _same(other, base) for other in others]
    if any(own) and not all(own):
        return None
    words = ["--own-opening"] if any(own) else []
    for other, name in zip(others, names, strict=True):
        changes = changes_between(base, other)
        texts = [f"{path}={_in_toml(value)}" for path, value in changes.items() if path not in ("name", "title")]
        made = base.change(changes, opening="own" if any(own) else "same")
        if not texts or any("None" in text for text in texts) or not _same(made, other):
            return None
        called = "" if "=" in name else f"{name}: "  # what differs is its name without being told
        words += ["--with", called + ",".join(texts)]
    return words


def command_of(words: Sequence[Any]) -> str:
    """Write a command as it is typed, an option a line."""
    lines: list[list[str]] = [[]]
    for word in words:
        if str(word).startswith("--") and len(lines[-1]) > (2 if len(lines) == 1 else 0):
            lines.append([])
        lines[-1].append(shlex.quote(str(word)))
    return " \\\n    ".join(" ".join(line) for line in lines)


def _in_toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_in_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_in_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
