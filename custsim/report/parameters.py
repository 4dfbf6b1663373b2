"""Every parameter of a firm, what was changed in it, and what is assumed: the part of a report that is signed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from custsim.experiment.identity import differences, scenario_hash
from custsim.report.document import Column, Table, shown, unit_in_words
from custsim.scenario.describe import describe
from custsim.scenario.model import Scenario

__all__ = [
    "assumed_in",
    "changed_table",
    "in_words",
    "meaning_of",
    "of_luck",
    "parameter_column",
    "parameter_table",
    "written",
]

#: units of parameters that are no numbers
_NO_UNITS = ("", "text", "choice", "switch", "grade", "Kano kind", "path", "path = value", "year-month")


def parameter_table(scenario: Scenario, name: str) -> Table:
    """List every parameter: what it means, its value and unit, whether it differs from the default, its source."""
    rows = [
        (
            row.path, row.meaning, written(row.value), _unit(row.unit, scenario),
            written(row.default) if row.differs else "", row.differs, _source(row.source, row.differs),
        )
        for row in describe(scenario)
    ]  # fmt: skip
    differ = sum(row[5] for row in rows)
    return Table(
        "Parameters",
        f"Every parameter of {name}",
        (
            Column("Parameter"), Column("Meaning"), Column("Value"), Column("Unit"), Column("Default"),
            Column("Differs"), Column("Source"),
        ),
        rows,
        f"{len(rows)} parameters; {differ} differ from the default, which is then given, with its source.",
        most=100_000,
    )  # fmt: skip


def _source(source: str, differs: bool) -> str:
    return f"set in this scenario; of the default: {source}" if differs else source


def written(value: Any) -> Any:
    """Write a value of a parameter as a scenario file has it; numbers stay numbers.

    Examples
    --------
    >>> written(0.5), written([1, 2]), written(None)
    (0.5, '[1, 2]', 'none')
    """
    if value is None:
        return "none"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def changed_table(base: Scenario, others: Mapping[str, Scenario]) -> Table:
    """List what differs between a base and its alternatives, one column an alternative."""
    apart = {name: differences(base, other) for name, other in others.items()}
    paths = list(dict.fromkeys(path for changes in apart.values() for path in changes))
    known = {row.path: row for scenario in (base, *others.values()) for row in describe(scenario)}
    rows = []
    for path in paths:
        row = known[path]
        before = next(changes[path][0] for changes in apart.values() if path in changes)
        after = [written(changes[path][1]) if path in changes else written(before) for changes in apart.values()]
        rows.append((path, row.meaning, _unit(row.unit, base), written(before), *after))
    columns = [Column("Parameter"), Column("Meaning"), Column("Unit"), Column("Base"), *map(Column, others)]
    return Table("Changes", "What was changed", tuple(columns), rows)


def in_words(base: Scenario, other: Scenario, most: int = 4) -> str:
    """Tell in words what was changed.

    Examples
    --------
    >>> in_words(Scenario(), Scenario().change({"complaints.staff": 9}))
    'complaints.staff from 4 to 9 persons (Staff of the complaint desk)'
    """
    known = {row.path: row for row in describe(other)}
    found = []
    for path, (before, after) in differences(base, other).items():
        if path.startswith("interventions["):
            continue  # a plan is one thing, told at the end
        row = known.get(path)
        unit = "" if row is None or row.unit in (*_NO_UNITS, "share", "1") else f" {_unit(row.unit, other)}"
        meaning = f" ({row.meaning.rstrip('.')})" if row is not None else ""
        found.append(f"{path} from {_brief(before)} to {_brief(after)}{unit}{meaning}")
    if base.interventions != other.interventions:
        found.append(f"planned interventions from {_planned(base)} to {_planned(other)}")
    more = f", and {len(found) - most} more" if len(found) > most else ""
    return "; ".join(found[:most]) + more if found else "nothing"


def _planned(scenario: Scenario) -> str:
    """Tell the plan of a firm: what acts when."""
    plan = []
    for item in scenario.interventions:
        what = ", ".join(f"{path} = {_brief(value)}" for path, value in item.change.items())
        when = f"in month {item.month}" if item.until is None else f"from month {item.month} until {item.until}"
        plan.append(f"{item.name or 'an intervention'} ({when}: {what})")
    return " and ".join(plan) or "none"


def _brief(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(written(value))
    return text if len(text) < 60 else f"{text[:57]}…"


def _unit(unit: str, scenario: Scenario) -> str:
    if unit == "1":
        return "factor"
    return unit_in_words(unit.replace("currency", scenario.currency)) if unit != "share" else "share, 0 to 1"


def parameter_column(scenario: Scenario, path: str) -> Column:
    """Make a column of values of a parameter, written as a scenario file has them."""
    unit = meaning_of(scenario, path)[1]
    return Column(path, "" if unit in _NO_UNITS else unit)


def meaning_of(scenario: Scenario, path: str) -> tuple[str, str]:
    """Meaning and unit of a parameter; empty where it is none."""
    for row in describe(scenario):
        if row.path == path:
            return row.meaning.rstrip("."), _unit(row.unit, scenario)
    return "", ""


def assumed_in(scenario: Scenario, others: Iterable[Scenario] = (), *, decided: bool = True) -> tuple[str, ...]:
    """Tell what every experiment with a firm assumes.

    Parameters
    ----------
    scenario
        The firm.
    others
        What it was changed to.
    decided
        Whether changes were decided on now, or what is not known was always so.
    """
    rows = describe(scenario)
    assumed, differ = sum(row.assumed for row in rows), sum(row.differs for row in rows)
    opened = scenario_hash(scenario.opening)
    own = [scenario_hash(other.opening) != opened for other in others]
    said = [
        f"The firm is simulated: {scenario.market.persons:,} persons, one by one, over {scenario.time.months} months "
        f"from {scenario.time.start}. What the model leaves out is not in these numbers.",
        f"Of its {len(rows)} parameters, {differ} were set for this firm and the others have the default of custsim. "
        f"Of the defaults, {len(rows) - assumed} come from publications and {assumed} are assumptions. "
        "All are listed at the end with their sources.",
        f"Money is discounted at {shown(scenario.time.annual_discount_rate, 'share')} a year where values at different "
        "times are added up.",
    ]
    if own:
        said.append(
            "Alternatives are firms that had always been so: their customers at the start are others."
            if all(own) and decided
            else "Some alternatives are the same firm, changed from month 0 on; others had always been so, with other "
            "customers at the start."
            if any(own) and decided
            else "Alternatives are the same firm with the same customers at the start, changed from month 0 on."
        )
    if scenario.interventions:
        planned = ", ".join(f"month {item.month}" for item in scenario.interventions)
        said.append(f"Planned interventions happen in every alternative that keeps them ({planned}).")
    return tuple(said)


def of_luck(replications: int, confidence: float, *, paired: bool = True) -> str:
    """Tell what intervals hold, and what not."""
    shared = (
        " Replication n of all has the same luck, so that differences show the change and not the luck."
        if paired
        else ""
    )
    return (
        f"Every number is a mean over {replications:,} replications.{shared} {100 * confidence:g} % intervals hold the "
        "luck of the runs, each by itself; they do not hold what is not known about the parameters."
    )
