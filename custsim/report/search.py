"""Sweeps, sensitivities and optima, told: where settings lead, what matters, what is best and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custsim.experiment.measures import Measure
from custsim.experiment.optimise import Optimum
from custsim.experiment.paired import paired
from custsim.experiment.sensitivity import METHODS, Sensitivity
from custsim.experiment.sweep import DESIGNS, Sweep
from custsim.experiment.words import counted
from custsim.plots.experiments import optimum as picture_of_search
from custsim.plots.experiments import sweep as picture_of_sweep
from custsim.plots.sensitivity import picture_of
from custsim.report.again import Firms, call, command_of, firm_file
from custsim.report.document import Column, Firm, Picture, Section, Table, shown
from custsim.report.parameters import assumed_in, changed_table, meaning_of, of_luck, parameter_column, written
from custsim.scenario.model import Scenario

__all__ = ["optimum", "sensitivity", "sweep"]

#: column that holds the number of a setting
_POINT = "point"

#: measures that have a picture of their own
_PICTURES = 4


# --- sweeps -----------------------------------------------------------------------------------------------------


def sweep(done: Sweep, facts: Mapping[str, str]) -> Section:
    """Tell a sweep."""
    result, base = done.evaluation, done.base
    numbers = [one for one in result.measures if result.values(one.name).ndim == 2]
    python, command, files = _sweep_again(done)
    return Section(
        kind="sweep",
        title=f"{base.title or base.name}: settings of {_listed(list(done.over))}",
        question=(
            f"How do{'es' * (len(numbers) == 1)} {_listed([_lower(one.label) for one in numbers])} depend on "
            f"{_over(base, done.over)}?"
        ),
        answer=_sweep_answer(done, numbers),
        firm=Firm(base.title or base.name, base),
        pictures=tuple(
            Picture(f"{one.label} at every setting", _sweep_alt(done, one), _drawn(picture_of_sweep, done, one.name),
                    ("Settings",))
            for one in numbers[:_PICTURES]
        ),
        tables=(_settings(done, numbers), _sweep_runs(done, numbers)),
        assumed=(
            *assumed_in(base),
            f"{counted(len(result.points), 'setting')}: {DESIGNS[done.design]}. Each is the same firm, changed from "
            "month 0 on.",
            "All settings share their luck. The best of many settings looks better than it is: it was chosen for it.",
        ),
        facts=(("Replications", f"{len(result.replications):,}"), ("Seed", str(result.seed)), *facts.items()),
        python=python,
        command=command,
        files=files,
        data=done.data,
    )  # fmt: skip


def _drawn(draw: Any, result: Any, name: str) -> Any:
    return lambda: draw(result, name)


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _over(base: Scenario, over: Mapping[str, Any]) -> str:
    said = []
    for path in over:
        meaning, unit = meaning_of(base, path)
        said.append(f"{path} ({meaning}{f', {unit}' if unit else ''})" if meaning else path)
    return _listed(said)


def _setting(row: Mapping[Any, Any], paths: Sequence[str]) -> str:
    return ", ".join(f"{path} = {_value(row[path])}" for path in paths)


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(written(value))


def _ends(done: Sweep, one: Measure) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
    """Best and worst setting, for the firm."""
    means = done.means.assign(**{_POINT: range(len(done.means))}).dropna(subset=[one.name])
    rows = means.sort_values(one.name, ascending=one.better == "less", kind="stable")
    return None if rows.empty else (rows.iloc[0].to_dict(), rows.iloc[-1].to_dict())


def _sweep_answer(done: Sweep, numbers: Sequence[Measure]) -> tuple[str, ...]:
    paths, count = list(done.over), len(done.evaluation.replications)
    said = []
    for one in numbers:
        ends = _ends(done, one)
        if ends is None:
            said.append(f"{one.label} could not be measured at any setting.")
            continue
        unit = one.unit.replace("currency", done.base.currency)
        best, worst = (
            f"{shown(end[one.name], unit, with_unit=True)} ({_error(end, one, unit)}) at {_setting(end, paths)}"
            for end in ends
        )
        if ends[0][_POINT] == ends[1][_POINT]:
            said.append(f"{one.label} is {best}: no other setting has a result to hold against it.")
            continue
        said.append(
            f"{one.label} is best for the firm at {best}, and least good at {worst}.{_apart(done, one, ends, unit)}"
        )
    if count > 1:
        from scipy.stats import t

        said.append(
            f"In brackets is the standard error of a mean: {t.ppf(0.975, count - 1):.3g} of them either way are a 95 % "
            f"interval, with {count:,} replications."
        )
    else:
        said.append("With one replication of each setting it is not known what is luck; take more.")
    failed = len(done.evaluation.errors)
    if failed:
        first = next(iter(done.evaluation.errors.values()))
        said.append(f"{failed:,} runs failed and are left out; the first: {first}")
    return tuple(said)


def _apart(done: Sweep, one: Measure, ends: Sequence[Mapping[Any, Any]], unit: str) -> str:
    """Tell how far the best and the least good setting lie apart, in shared luck, and whether that is decided."""
    values = done.evaluation.values(one.name)
    best, worst = (values[int(end[_POINT])] for end in ends)
    gap = paired(worst, best)
    if math.isnan(gap.low):
        return ""
    if gap.low == 0.0 == gap.high:
        return " It is the same at both, in every replication."
    told = [shown(value, unit, difference=True, with_unit=number == 0) for number, value in enumerate(
        (gap.difference, gap.low, gap.high))]  # fmt: skip
    undecided = "; that holds 0, so it is not decided which is better" * (gap.low <= 0.0 <= gap.high)
    return f" Between the two lie {told[0]} (95 % interval {told[1]} to {told[2]}{undecided})."


def _error(row: Mapping[Any, Any], one: Measure, unit: str) -> str:
    error = row[f"{one.name}_se"]
    if math.isnan(error):
        return "no standard error"
    text = f"{100 * error:.2g} points" if unit == "share" else shown(error)
    return f"±{text}"


def _sweep_alt(done: Sweep, one: Measure) -> str:
    ends = _ends(done, one)
    if ends is None:
        return f"{one.label} could not be measured."
    unit = one.unit.replace("currency", done.base.currency)
    best, worst = (f"{shown(end[one.name], unit, with_unit=True)} at {_setting(end, list(done.over))}" for end in ends)
    return f"{one.label} over {_listed(list(done.over))}: from {worst} to {best}."


def _settings(done: Sweep, numbers: Sequence[Measure]) -> Table:
    first = numbers[0]
    means = done.means.sort_values(first.name, ascending=first.better == "less", na_position="last")
    columns = [parameter_column(done.base, path) for path in done.over]
    names: list[str] = []
    for one in numbers:
        unit = one.unit.replace("currency", done.base.currency)
        columns += [Column(one.label, unit), Column(f"{one.label}, standard error", unit)]
        names += [one.name, f"{one.name}_se"]
    rows = [
        (*(written(row[path]) for path in done.over), *(row[name] for name in names), row["replications"])
        for row in means.to_dict("records")
    ]
    return Table(
        "Settings", f"Every setting, best {_lower(first.label)} first", (*columns, Column("Replications")), rows
    )


def _sweep_runs(done: Sweep, numbers: Sequence[Measure]) -> Table:
    columns = [Column("Point"), *(parameter_column(done.base, path) for path in done.over)]
    columns += [Column("Replication")]
    columns += [Column(one.label, one.unit.replace("currency", done.base.currency)) for one in numbers]
    names = ["replication", *(one.name for one in numbers)]
    rows = [
        (
            row["point"],
            *(written(row[path]) for path in done.over),
            *(row[name] for name in names),
            row["error"] or None,
        )
        for row in done.table.to_dict("records")
    ]
    return Table("Runs", "Every run", (*columns, Column("Error")), rows, on_page=False)


def _sweep_again(done: Sweep) -> tuple[str, str, Mapping[str, str]]:
    asked, firms, result = done.asked, Firms(), done.evaluation
    base = firms.add("base", done.base)
    points = len(result.points) if done.design in ("latin", "sobol") else None
    numbers = asked["replications"]
    whole = list(numbers) == list(range(len(numbers)))
    named = {
        "over": {path: list(values) for path, values in done.over.items()}, "design": done.design, "points": points,
        "replications": len(numbers) if whole else list(numbers), "measures": asked["measures"], "seed": asked["seed"],
    }  # fmt: skip
    python = "\n".join([*firms.lines, call("sweep", [base], named)])
    firm = firm_file(done.base)
    if firm is None or not whole:
        return python, "", {}
    ranges = points is not None
    over = []
    for path, values in done.over.items():
        texts = [str(value) if isinstance(value, int | float) else "" for value in values]
        if not all(texts) or any(isinstance(value, bool) for value in values):
            return python, "", {}
        over += ["--over", f"{path}={'..'.join(texts) if ranges else ','.join(texts)}"]
    words: list[Any] = ["custsim", "sweep", *firm[0], *over, "--design", done.design]
    words += ["--points", points] if points else []
    words += [part for name in asked["measures"] for part in ("--measure", name)]
    return python, command_of([*words, "--replications", len(numbers), "--seed", asked["seed"]]), firm[1]


# --- sensitivity ------------------------------------------------------------------------------------------------

#: method -> columns of its table: name, heading, whether in the unit of the measure, a share, or of the parameter
_COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "tornado": (
        ("low", "Low value", ""), ("high", "High value", ""), ("base", "Result as it is", "measure"),
        ("at_low", "Result at low", "measure"), ("at_high", "Result at high", "measure"),
        ("effect", "Difference", "measure"), ("effect_low", "From", "measure"), ("effect_high", "To", "measure"),
    ),
    "sobol": (
        ("first", "Alone", "share"), ("first_low", "Alone, from", "share"), ("first_high", "Alone, to", "share"),
        ("total", "With interactions", "share"), ("total_low", "With interactions, from", "share"),
        ("total_high", "With interactions, to", "share"),
    ),
    "morris": (
        ("strength", "Mean absolute effect", "measure"), ("strength_low", "From", "measure"),
        ("strength_high", "To", "measure"), ("effect", "Mean effect with its sign", "measure"),
        ("spread", "Spread of the effect", "measure"),
    ),
}  # fmt: skip


def sensitivity(found: Sensitivity, facts: Mapping[str, str]) -> Section:
    """Tell a sensitivity."""
    base = found.base
    named = "a function" if base is None else base.title or base.name
    replications = f"{found.replications:,}"
    python, command, files = ("", "", {}) if base is None else _sensitivity_again(found, base)
    result = found.evaluation
    luck = (("Seed", str(result.seed)),) if result is not None else ()
    assumed = () if base is None else assumed_in(base)
    opened = "a firm that had always had its values" if found.asked.get("opening", "own") == "own" else (
        "the same firm, changed from month 0 on"
    )  # fmt: skip
    known = "; ".join(f"{path}: {text}" for path, text in found.over.items())
    return Section(
        kind="sensitivity",
        title=f"{named}: what matters for {_listed([_lower(label) for label in found.labels.values()])}",
        question=(
            f"Which of these matter for {_listed([_lower(label) for label in found.labels.values()])}: "
            f"{_listed(list(found.over)) if base is None else _over(base, found.over)}?"
        ),
        answer=_sensitivity_answer(found),
        firm=None if base is None else Firm(named, base),
        pictures=tuple(
            Picture(f"{label}: what matters", _sensitivity_alt(found, name), _drawn(picture_of, found, name),
                    (_sheet(label),))
            for name, label in found.labels.items()
        ),
        tables=(*(_matters(found, name) for name in found.labels), _design(found)),
        assumed=(
            *assumed,
            f"Known of the parameters: {known}. Each point is {opened}.",
            f"Method: {found.method}, {METHODS[found.method]}; {len(found.design):,} points, {replications} "
            f"replication{'s' if found.replications > 1 else ''} of each.",
        ),
        facts=(
            ("Points", f"{len(found.design):,}"), ("Replications", replications), *luck,
            ("Confidence of the intervals", f"{100 * found.confidence:g} %"), *facts.items(),
        ),
        python=python,
        command=command,
        files=files,
        data=found.data,
    )  # fmt: skip


def _sheet(label: str) -> str:
    return f"{label}, effects"


def _unit(found: Sensitivity, name: str) -> str:
    currency = "currency" if found.base is None else found.base.currency
    return found.units[name].replace("currency", currency)


def _sensitivity_answer(found: Sensitivity) -> tuple[str, ...]:
    said = []
    for name, label in found.labels.items():
        if found.method == "sobol" and found.of(name)["total"].isna().all():
            said.append(f"{label}: does not vary at all over these ranges.")
            continue
        idle = list(found.idle(name))
        rows = found.of(name).drop(index=idle)
        told = [f"{path} {_effect(found, name, row)}" for path, row in rows.head(3).iterrows()]
        most = f" most depends on {'; then '.join(told)}." if told else ""
        more = f" The other {len(rows) - 3} matter less." if len(rows) > 3 else ""
        none = f" {_listed(idle)} made no difference at any point." if idle else ""
        said.append(f"{label}:{most}{more}{none}")
    said += found.caution
    return tuple(said)


def _effect(found: Sensitivity, name: str, row: Any) -> str:
    unit = _unit(found, name)
    wide = f"{100 * found.confidence:g} % interval"

    def between(low: str, high: str, of: str = unit, *, difference: bool = True) -> str:
        if not math.isfinite(row[low]):
            return ""
        ends = (shown(row[end], of, difference=difference) for end in (low, high))
        return f" ({wide} {' to '.join(ends)})"

    if found.method == "tornado":
        amount = shown(row["effect"], unit, difference=True, with_unit=True)
        return f"(from {_value(row['low'])} to {_value(row['high'])}: {amount}{between('effect_low', 'effect_high')})"
    if found.method == "morris":
        amount = shown(row["strength"], unit, with_unit=True)
        return f"(moves it by {amount} over its range{between('strength_low', 'strength_high', difference=False)})"
    if not math.isfinite(row["total"]):
        return "(the result does not vary at all)"
    return (
        f"({shown(row['total'], 'share')} of the variance with interactions"
        f"{between('total_low', 'total_high', 'share', difference=False)}, {shown(row['first'], 'share')} alone)"
    )


def _sensitivity_alt(found: Sensitivity, name: str) -> str:
    told = [f"{path} {_effect(found, name, row)}" for path, row in found.of(name).head(6).iterrows()]
    return f"{found.labels[name]}, the parameter that matters most on top: {'; '.join(told)}."


def _matters(found: Sensitivity, name: str) -> Table:
    unit = _unit(found, name)
    difference = {"tornado": ("effect", "effect_low", "effect_high"), "morris": ("effect",)}.get(found.method, ())
    columns = [
        Column(heading, {"measure": unit, "share": "share"}.get(of, ""), difference=name_ in difference)
        for name_, heading, of in _COLUMNS[found.method]
    ]
    keys = [key for key, _, _ in _COLUMNS[found.method]]
    rows = [(path, str(found.over[str(path)]), *(row[key] for key in keys)) for path, row in found.of(name).iterrows()]
    head = (Column("Parameter"), Column("Known of it"))
    wide = f"From, to: {100 * found.confidence:g} % intervals."
    return Table(_sheet(found.labels[name]), f"{found.labels[name]}: what matters", (*head, *columns), rows, wide)


def _design(found: Sensitivity) -> Table:
    columns = [Column("Point"), *(Column(str(path)) for path in found.design.columns)]
    values = [list(row) for row in found.design.to_numpy(dtype=np.float64).tolist()]
    if found.evaluation is not None:
        for one in found.evaluation.measures:
            columns.append(Column(f"{one.label}, mean", _unit(found, one.name)))
            means = found.evaluation.values(one.name).mean(axis=1)
            values = [[*row, float(mean)] for row, mean in zip(values, means, strict=True)]
    rows = [(number, *row) for number, row in enumerate(values)]
    return Table("Points", "Every point of the design", tuple(columns), rows, on_page=False)


def _sensitivity_again(found: Sensitivity, base: Scenario) -> tuple[str, str, Mapping[str, str]]:
    asked, firms = found.asked, Firms()
    if not asked:
        return "", "", {}
    samples = None if found.method == "tornado" else asked["samples"]
    named = {
        "over": dict(asked["over"]), "method": found.method, "measures": asked["measures"], "samples": samples,
        "replications": asked["replications"], "seed": asked["seed"], "opening": asked["opening"],
        "confidence": asked["confidence"],
    }  # fmt: skip
    variable = firms.add("base", base)
    python = "\n".join([*firms.lines, call("sensitivity", [variable], named)])
    firm = firm_file(base)
    if firm is None or asked["confidence"] != 0.95:
        return python, "", {}
    words = ["custsim", "sensitivity", *firm[0]]
    words += [part for path, text in asked["over"].items() for part in ("--over", f"{path}={text}")]
    words += ["--method", found.method, *(["--samples", samples] if samples else [])]
    words += [part for name in asked["measures"] for part in ("--measure", name)]
    words += ["--same-opening"] if asked["opening"] == "same" else []
    return python, command_of([*words, "--replications", asked["replications"], "--seed", asked["seed"]]), firm[1]


# --- optima -----------------------------------------------------------------------------------------------------


def optimum(found: Optimum, facts: Mapping[str, str]) -> Section:
    """Tell an optimum."""
    base, asked = found.base, found.asked
    unit = found.measure.unit.replace("currency", base.currency)
    levers = [path for path in found.trials.columns if path in dict.fromkeys(asked.get("over", found.values))]
    limit = "" if found.budget is None else (
        f" while {found.budget.name} is at most {shown(float(found.budget.most))}"
    )  # fmt: skip
    python, command, files = _optimum_again(found)
    seed = (("Seed", str(asked["seed"])), ("Replications in the search", str(asked["replications"]))) if asked else ()
    return Section(
        kind="optimum",
        title=f"{base.title or base.name}: the best levers for {_lower(found.measure.label)}",
        question=(
            f"Which settings of {_over(base, dict.fromkeys(levers))} make {_lower(found.measure.label)} largest{limit}?"
        ),
        answer=_optimum_answer(found, unit),
        firm=Firm(base.title or base.name, base),
        pictures=(
            Picture("The search and the finalists", _optimum_alt(found, unit), lambda: picture_of_search(found),
                    ("Tried", "Finalists")),
        ),
        tables=(
            changed_table(base, {"Best": found.best}), _retest(found, unit), _finalists(found, levers, unit),
            _tried(found, levers, unit),
        ),
        assumed=(
            *assumed_in(base, [found.best]),
            "The search, the choice among the finalists and the test of the winner have luck of their own: the winner "
            "did not win by having been lucky. Better settings than those tried may exist.",
            of_luck(found.retest.replications, found.confidence),
        ),
        facts=(
            ("Points tried", f"{len(found.trials):,}"), *seed,
            ("Replications of the test", f"{found.retest.replications:,}"),
            ("Confidence of the intervals", f"{100 * found.confidence:g} %"), *facts.items(),
        ),
        python=python,
        command=command,
        files=files,
        data=found.data,
    )  # fmt: skip


def _optimum_answer(found: Optimum, unit: str) -> tuple[str, ...]:
    retest, label = found.retest, _lower(found.measure.label)
    wide = f"{100 * found.confidence:g} % interval"
    if not found.values:
        return (
            f"None of the {len(found.trials):,} points that were tried is better for {label} than the firm as it is.",
        )
    amount = shown(retest.difference, unit, difference=True, with_unit=True)
    ends = f"{shown(retest.low, unit, difference=True)} to {shown(retest.high, unit, difference=True)}"
    sure = "That is no proof that it is better: the interval holds 0." if retest.low <= 0.0 <= retest.high else (
        "On fresh luck it is better than the firm as it is, beyond what chance explains."
        if retest.low > 0.0 else "On fresh luck it is worse than the firm as it is: the search was led by luck."
    )  # fmt: skip
    said = [
        f"Best of {len(found.trials):,} points tried: {_setting(found.values, list(found.values))}. Against the firm "
        f"as it is, {label} differs by {amount} ({wide} {ends}), on {retest.replications:,} fresh replications "
        f"({shown(retest.best, unit, with_unit=True)} against {shown(retest.base, unit, with_unit=True)}); better in "
        f"{100 * retest.better:.0f} % of them. {sure}"
    ]
    if found.budget is not None:
        said.append(
            f"{found.budget.name} comes to {shown(retest.cost)} ({wide} {shown(retest.cost_low)} to "
            f"{shown(retest.cost_high)}); at most {shown(float(found.budget.most))} may be spent."
        )
    said += [
        f"{path} is at the end of the range that was searched, {ends}: nothing beyond was tried."
        for path, ends in found.at_ends.items()
    ]
    equal = int(found.candidates["equal"].sum()) - 1
    if equal > 0:
        said.append(f"{equal} of the other finalists cannot be told from it: choose among them by what else matters.")
    return tuple(said)


def _optimum_alt(found: Optimum, unit: str) -> str:
    values = found.trials["value"].dropna()
    span = f"{shown(values.min(), unit)} to {shown(values.max(), unit, with_unit=True)}" if len(values) else "nothing"
    return (
        f"Left: {found.measure.label} of {len(found.trials):,} points in the order they were tried, from {span}. "
        f"Right: {len(found.candidates)} finalists as differences to the best, with intervals. "
        f"{_optimum_answer(found, unit)[0]}"
    )


def _retest(found: Optimum, unit: str) -> Table:
    retest = found.retest
    columns = [
        Column(f"{found.measure.label}, best", unit), Column(f"{found.measure.label}, as it is", unit),
        Column("Difference", unit, difference=True), Column("From", unit, difference=True),
        Column("To", unit, difference=True), Column("Better in", "share"),
    ]  # fmt: skip
    row: list[Any] = [retest.best, retest.base, retest.difference, retest.low, retest.high, retest.better]
    if found.budget is not None:
        columns += [Column(f"{found.budget.name}{what}") for what in ("", ", from", ", to")]
        row += [retest.cost, retest.cost_low, retest.cost_high]
    columns.append(Column("Replications"))
    return Table(
        "Test", "The best against the firm as it is, on fresh luck", tuple(columns), [(*row, retest.replications)]
    )


def _finalists(found: Optimum, levers: Sequence[str], unit: str) -> Table:
    columns = [*(parameter_column(found.base, path) for path in levers), Column("As it is")]
    columns += [Column(found.measure.label, unit)]
    columns += [Column(f"Behind the best{what}", unit, difference=True) for what in ("", ", from", ", to")]
    columns += [Column("Cannot be told from it"), Column("Cost"), Column("Within the budget"), Column("Best")]
    keys = [*levers, "base", "mean", "behind", "behind_low", "behind_high", "equal", "cost", "within", "winner"]
    rows = [tuple(_cell(row[key]) for key in keys) for row in found.candidates.to_dict("records")]
    return Table("Finalists", "The finalists, looked at again", tuple(columns), rows)


def _tried(found: Optimum, levers: Sequence[str], unit: str) -> Table:
    columns = [Column("Trial"), *(parameter_column(found.base, path) for path in levers)]
    columns += [Column(found.measure.label, unit), Column("Cost"), Column("Within the budget"), Column("Error")]
    keys = [*levers, "value", "cost", "within"]
    rows = [
        (int(row["trial"]) + 1, *(_cell(row[key]) for key in keys), row["error"] or None)
        for row in found.trials.to_dict("records")
    ]
    return Table("Tried", "Every point that was tried", tuple(columns), rows, on_page=False)


def _cell(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _optimum_again(found: Optimum) -> tuple[str, str, Mapping[str, str]]:
    asked, firms = found.asked, Firms()
    budget = asked.get("budget") if asked else None
    if not asked or (budget is not None and not _is_measure(budget["cost"])):
        return "", "", {}
    base = firms.add("base", found.base)
    counts = {name: asked[name] for name in ("trials", "replications", "finalists", "final_replications")}
    named = {
        "maximise": asked["maximise"], "over": {path: tuple(ends) for path, ends in asked["over"].items()},
        "budget": None if budget is None else (budget["cost"], budget["most"]), **counts, "seed": asked["seed"],
        "opening": asked["opening"], "confidence": asked["confidence"],
    }  # fmt: skip
    python = "\n".join([*firms.lines, call("optimise", [base], named)])
    firm = firm_file(found.base)
    if firm is None or asked["confidence"] != 0.95 or asked["opening"] != "same":
        return python, "", {}
    words = ["custsim", "optimise", *firm[0], "--maximise", asked["maximise"]]
    for path, ends in asked["over"].items():
        words += ["--over", f"{path}={ends[0]:g}..{ends[1]:g}{':int' if len(ends) > 2 else ''}"]
    words += [] if budget is None else ["--budget", f"{budget['cost']}<={budget['most']:g}"]
    for name, count in counts.items():
        words += [f"--{name.replace('_', '-')}", count]
    return python, command_of([*words, "--seed", asked["seed"]]), firm[1]


def _is_measure(name: str) -> bool:
    from custsim.errors import InputError
    from custsim.experiment.measures import resolve

    try:
        resolve(name)
    except InputError:
        return False
    return True
