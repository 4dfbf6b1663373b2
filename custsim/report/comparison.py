"""A comparison, told: which alternative is better for the firm, by how much, how sure that is, and when it pays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from custsim.experiment.compare import Comparison
from custsim.experiment.measures import Measure
from custsim.experiment.paired import paired
from custsim.experiment.words import chance_in_words, investment_in_words, pairs_in_words, rule_in_words
from custsim.plots.experiments import comparison as picture_of_differences
from custsim.plots.experiments import earned_so_far, verdict
from custsim.report.again import Firms, alternatives, call, command_of, firm_file
from custsim.report.document import BY_ROW, Column, Firm, Picture, Section, Table, shown
from custsim.report.parameters import assumed_in, changed_table, in_words, of_luck

__all__ = ["told"]


def told(compared: Comparison, facts: Mapping[str, str]) -> Section:
    """Tell a comparison.

    Parameters
    ----------
    compared
        Made by :func:`custsim.compare`.
    facts
        What else is needed to do it again: versions, when it was made.
    """
    base, names = compared.base, compared.names
    others = dict(zip(names[1:], compared.scenarios[1:], strict=True))
    python, command, files = _again(compared)
    return Section(
        kind="comparison",
        title=(
            f"{base.title or base.name}: {len(others)} alternatives compared" if len(others) > 1 else
            f"{base.title or base.name}: as it is, and with {names[1]}"
        ),
        question=_question(compared, others),
        answer=_answer(compared),
        firm=Firm(base.title or base.name, base),
        more=_more(compared) if len(others) > 1 else (),
        pictures=_pictures(compared),
        tables=(
            changed_table(base, others), *_results(compared), _investments(compared), _over_time(compared),
            runs(compared),
        ),
        assumed=(
            *assumed_in(base, others.values()),
            of_luck(compared.replications, compared.confidence),
            *filter(None, [pairs_in_words(compared)]),
            _pairing(compared),
            *([rule_in_words(compared)] if compared.precision else []),
        ),
        facts=(
            ("Replications", f"{compared.replications:,}"), ("Seed", str(compared.evaluation.seed)),
            ("Confidence of the intervals", _percent(compared)), *facts.items(),
        ),
        python=python,
        command=command,
        files=files,
        data=compared.data,
    )  # fmt: skip


def _question(compared: Comparison, others: Mapping[str, Any]) -> str:
    base = compared.base
    over = f"over {base.time.months} months"
    if len(others) == 1:
        (other,) = others.values()
        changes = in_words(base, other)
        what = "to the firm" if changes == "nothing" else f"if this changed: {changes}"
        return f"What would {_lower(_first(compared).label)} gain or lose, {over}, {what}?"
    listed = "; ".join(f"({number}) {in_words(base, other)}" for number, other in enumerate(others.values(), 1))
    return (
        f"Which of {len(others)} alternatives is better for the firm, {over}, and by how much? They change: {listed}."
    )


def _first(compared: Comparison) -> Measure:
    """Return the measure that the answer begins with: the first that is one number a run."""
    numbers = [one for one in compared.measures if not one.series]
    return numbers[0] if numbers else compared.measures[0]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


# --- the answer -------------------------------------------------------------------------------------------------


def _answer(compared: Comparison) -> tuple[str, ...]:
    table = compared.table
    if table.empty:
        return ("Only series over time were asked for; the pictures and the workbook have them.",)
    first = _first(compared)
    rows = table[table["measure"] == first.name].to_dict("records")
    said = [_best(compared, first, rows)] if len(rows) > 1 else []
    said += [f"{row['scenario']}: {in_a_sentence(row, compared)}" for row in rows]
    if len(rows) == 1:
        said += _besides(compared, rows[0]["scenario"])
    failed = len(compared.evaluation.errors)
    if failed:
        said.append(f"{failed:,} runs failed and are left out with their pairs; the first: "
                    f"{next(iter(compared.evaluation.errors.values()))}")  # fmt: skip
    return tuple(said)


def _more(compared: Comparison) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, _besides(compared, name)) for name in compared.names[1:])


def _besides(compared: Comparison, name: str) -> tuple[str, ...]:
    """Tell of an alternative what the answer leaves out: the other measures, and whether it pays."""
    investment = _minus(investment_in_words(compared.investments[name], compared))
    return tuple(filter(None, (_others(compared, name, _first(compared).name), investment)))


def in_a_sentence(row: Mapping[Any, Any], compared: Comparison) -> str:
    """Tell one difference with its interval."""
    unit = row["unit"].replace("currency", compared.base.currency)
    one = next(one for one in compared.measures if one.name == row["measure"])
    if math.isnan(row["difference"]):
        return f"{row['label']} could not be measured."
    amount = shown(row["difference"], unit, difference=True, with_unit=True)
    if math.isnan(row["low"]):
        return f"{row['label']} differs by {amount}; one pair has no interval."
    share = _minus(f"{100 * row['relative']:+z.1f}")
    relative = "" if math.isnan(row["relative"]) else f", {share} %"
    between = f"{_percent(compared)} interval {_between(row, unit)}{relative}"
    sure = f"confidence that it is better for the firm: {chance_in_words(row['probability_better'])}"
    told_as = verdict(row["low"], row["high"], one.better)
    label = _lower(row["label"])
    if told_as == "same":
        return f"{label} is the same as the base's in each of the {row['replications']:,} pairs."
    if told_as == "open":
        return (
            f"it is not decided whether {label} changes: the mean difference is {amount}, but its "
            f"{between}, holds 0 ({sure})."
        )
    goes = "rises" if row["difference"] > 0 else "falls"
    return f"{label} {goes}, which is {told_as} for the firm: {amount} ({between}; {sure})."


def _best(compared: Comparison, first: Measure, rows: Sequence[Mapping[Any, Any]]) -> str:
    """Say which alternative comes first, and whether that is sure."""
    sign = 1.0 if first.better == "more" else -1.0
    ranked = sorted(range(1, len(compared.names)), key=lambda point: -sign * _number(rows[point - 1]["difference"]))
    values = compared.evaluation.values(first.name)
    best, second = ranked[0], ranked[1]
    row = rows[best - 1]
    name, label = compared.names[best], _lower(first.label)
    unit = first.unit.replace("currency", compared.base.currency)
    if verdict(row["low"], row["high"], first.better) == "worse":
        return f"None of the {len(rows)} alternatives improves {label}; the least bad is {name}."
    ahead = paired(values[second], values[best], compared.confidence)
    gap = (
        f"{shown(ahead.difference, unit, difference=True, with_unit=True)} "
        f"({_percent(compared)} interval {shown(ahead.low, unit, difference=True)} to "
        f"{shown(ahead.high, unit, difference=True)})"
    )
    sure = "" if verdict(ahead.low, ahead.high, first.better) == "better" else ", so the two cannot be told apart"
    if all(verdict(one["low"], one["high"], first.better) == "same" for one in rows):
        return f"None of the {len(rows)} alternatives changes {label} in any pair."
    decided = verdict(row["low"], row["high"], first.better) == "better"
    leads = f"Best for {label} of {len(rows)} alternatives: {name}" if decided else (
        f"No alternative is shown to improve {label}; the highest mean has {name}"
    )  # fmt: skip
    return f"{leads}. Against the next best, {compared.names[second]}, the difference is {gap}{sure}."


def _number(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _others(compared: Comparison, name: str, first: str) -> str:
    """Tell the other measures by what their intervals say."""
    kinds: dict[str, list[str]] = {"better": [], "worse": [], "open": [], "same": [], "none": []}
    better = {one.name: one.better for one in compared.measures}
    for row in compared.table[compared.table["scenario"] == name].to_dict("records"):
        if row["measure"] == first:
            continue
        found = verdict(row["low"], row["high"], better[row["measure"]])
        if math.isnan(row["difference"]) or found == "same":
            kinds["same" if found == "same" else "none"].append(_lower(row["label"]))
            continue
        unit = row["unit"].replace("currency", compared.base.currency)
        amount = shown(row["difference"], unit, difference=True, with_unit=True)
        kinds[found].append(f"{_lower(row['label'])} {amount} ({_between(row, unit)})")
    said = [f"{what}: {'; '.join(kinds[kind])}" for kind, what in
            (("better", "Better"), ("worse", "Worse"), ("open", "Not decided"), ("same", "The same in every pair"),
             ("none", "Nothing to measure")) if kinds[kind]]  # fmt: skip
    return f"{'. '.join(said)}." if said else ""


def _between(row: Mapping[Any, Any], unit: str) -> str:
    return f"{shown(row['low'], unit, difference=True)} to {shown(row['high'], unit, difference=True)}"


def _percent(compared: Comparison) -> str:
    return f"{100 * compared.confidence:g} %"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _pairing(compared: Comparison) -> str:
    gains = compared.table["variance_ratio"] if len(compared.table) else pd.Series(dtype=float)
    known = gains[np.isfinite(gains)]
    if known.empty:
        return "What shared luck gained cannot be told: differences did not vary."
    least, most = float(known.min()), float(known.max())
    span = shown(least) if shown(least) == shown(most) else f"{shown(least)} to {shown(most)}"
    by_measure = "" if shown(least) == shown(most) else ", depending on the measure"
    return f"Without shared luck the same precision would have taken {span} times as many runs{by_measure}."


# --- pictures and tables ----------------------------------------------------------------------------------------


def _pictures(compared: Comparison) -> tuple[Picture, ...]:
    pictures = []
    if len(compared.table):
        first = _first(compared)
        rows = compared.table[compared.table["measure"] == first.name].to_dict("records")
        said = "; ".join(f"{row['scenario']}: {in_a_sentence(row, compared)}" for row in rows)
        pictures.append(
            Picture(
                "What each alternative changes, with intervals",
                f"One panel for each of {compared.table['measure'].nunique()} measures, with the mean difference of "
                f"each alternative to the base and its interval. {said}",
                lambda: picture_of_differences(compared),
                ("Results",),
            )
        )
    ends = []
    for name, found in compared.investments.items():
        back = "is behind at the end" if found.payback is None else f"is no longer behind from month {found.payback}"
        ends.append(f"{name} {back}")
    pictures.append(
        Picture(
            "What each alternative has earned so far",
            f"Extra profit added up month by month, with a band for its interval. {'; '.join(ends)}.",
            lambda: earned_so_far(compared),
            ("Over time",),
        )
    )
    return tuple(pictures)


def _results(compared: Comparison) -> list[Table]:
    """Put all differences into one table for the workbook, and into one an alternative for the page."""
    currency = compared.base.currency
    better = {one.name: one.better for one in compared.measures}
    said = {"better": "better", "worse": "worse", "open": "not decided", "same": "the same"}
    rows = [
        (
            row["scenario"], row["label"], "%" if row["unit"] == "share" else row["unit"].replace("currency", currency),
            row["base"], row["mean"], row["difference"], row["low"], row["high"], row["relative"],
            said[told_as] if row["replications"] else "nothing to measure",
            None if told_as == "same" else row["probability_better"],
            row["variance_ratio"] if math.isfinite(row["variance_ratio"]) else None,
        )
        for row in compared.table.to_dict("records")
        for told_as in [verdict(row["low"], row["high"], better[row["measure"]])]
    ]  # fmt: skip
    columns = (
        Column("Alternative"), Column("Measure"), Column("Unit"), Column("Base", BY_ROW),
        Column("Alternative's mean", BY_ROW), Column("Difference", BY_ROW, difference=True),
        Column("From", BY_ROW, difference=True), Column("To", BY_ROW, difference=True),
        Column("Relative", "share"), Column("For the firm"), Column("Confidence that better", "confidence"),
        Column("Gain of pairing"),
    )  # fmt: skip
    note = (
        f"From, to: {_percent(compared)} interval of the difference. Gain of pairing: how many times as many runs "
        "independent luck would have taken; none is told of differences that do not vary. Differences of percentages "
        "are percentage points."
    )
    names = compared.names[1:]
    pages = [
        Table(f"Results {number}", f"{name}: means, and paired difference to the base", columns[1:],
              [row[1:] for row in rows if row[0] == name], note if number == len(names) else "", in_book=False)
        for number, name in enumerate(names, 1)
    ]  # fmt: skip
    return [*pages, Table("Results", "Means, and paired differences to the base", columns, rows, note, on_page=False)]


def _investments(compared: Comparison) -> Table:
    money = compared.base.currency
    rows = []
    for name, found in compared.investments.items():
        value, later = found.net_present_value, found.with_customers
        rows.append(
            (
                name, found.cost.difference, found.gain.difference, value.difference, value.low, value.high,
                later.difference, later.low, later.high, found.value_return.value, found.payback, found.paid_back,
            )
        )  # fmt: skip
    return Table(
        "Investment",
        "Each alternative as an investment",
        (
            Column("Alternative"), Column("Own costs", money, difference=True),
            Column("Contribution of customers", money, difference=True),
            Column("Net present value", money, difference=True), Column("From", money, difference=True),
            Column("To", money, difference=True),
            Column("With customers at the end", money, difference=True),
            Column("From, with customers", money, difference=True),
            Column("To, with customers", money, difference=True), Column("Return on own costs", "share"),
            Column("Paid back in month"), Column("Paid back in share of runs", "share"),
        ),
        rows,
        "Differences to the base, discounted to month 0. Months count from 0. No month: not paid back within the run.",
    )  # fmt: skip


def _over_time(compared: Comparison) -> Table:
    """Put all series side by side, month by month, and the extra profit added up."""
    from custsim.experiment.interval import mean_interval

    series = {one.name: one for one in compared.evaluation.measures if one.series}
    currency = compared.base.currency
    columns = [Column("Alternative"), Column("Month (0 is the first)")]
    parts: list[Any] = []
    for name, one in series.items():
        over = compared.over_time(name)
        unit = one.unit.replace("currency", currency)
        columns += [Column(f"{one.label}, base", unit), Column(f"{one.label}, alternative", unit)]
        columns += [Column(f"{one.label}, {what}", unit, difference=True) for what in ("difference", "from", "to")]
        parts.append(over[["base", "mean", "difference", "low", "high"]])
    profit = compared.evaluation.values("monthly:profit")
    so_far = []
    for point in range(1, len(compared.names)):
        extra = profit[point] - profit[0]
        summed = np.cumsum(extra[np.isfinite(extra).all(axis=1)], axis=1)
        mean, low, high = mean_interval(summed.T, compared.confidence)
        so_far.append(pd.DataFrame({"mean": mean, "low": low, "high": high}))
    columns += [Column(f"Extra profit so far{what}", currency, difference=True) for what in ("", ", from", ", to")]
    parts.append(pd.concat(so_far, ignore_index=True))
    head = compared.over_time("monthly:profit")[["scenario", "month"]]
    values = pd.concat([head, *parts], axis=1).to_numpy().tolist()
    return Table("Over time", "Month by month", tuple(columns), values, on_page=False)


def runs(compared: Comparison) -> Table:
    """List every run, for whoever wants to check."""
    table = compared.evaluation.table
    known = {one.name: one for one in compared.evaluation.measures}
    names = [name for name in table.columns if name not in ("point", "replication", "error")]
    columns = [Column("Alternative"), Column("Replication")]
    columns += [
        Column(known[name].label, known[name].unit.replace("currency", compared.base.currency)) for name in names
    ]
    rows = [
        (
            compared.names[int(row["point"])],
            int(row["replication"]),
            *(row[name] for name in names),
            row["error"] or None,
        )
        for row in table.to_dict("records")
    ]
    return Table("Runs", "Every run", (*columns, Column("Error")), rows, on_page=False)


# --- doing it again ---------------------------------------------------------------------------------------------


def _again(compared: Comparison) -> tuple[str, str, Mapping[str, str]]:
    asked, firms = compared.asked, Firms()
    variables = [firms.add("base", compared.base)]
    for number, other in enumerate(compared.scenarios[1:], 1):
        variables.append(firms.add(f"alternative_{number}", other))
    counts: dict[str, Any] = {"replications": asked["replications"]}
    if compared.precision:
        counts = {"precision": dict(compared.precision), "pilot": compared.pilot, "most": asked["replications"]}
    named = {
        "names": list(compared.names[1:]), "measures": asked["measures"], **counts, "seed": asked["seed"],
        "confidence": asked["confidence"],
    }  # fmt: skip
    python = "\n".join([*firms.lines, call("compare", variables, named)])
    return python, *_command(compared)


def _command(compared: Comparison) -> tuple[str, Mapping[str, str]]:
    firm, changes = firm_file(compared.base), alternatives(compared.base, compared.scenarios[1:], compared.names[1:])
    if firm is None or changes is None:
        return "", {}
    words, files = firm
    more, made = changes
    counts = ["--replications", compared.replications]
    if compared.precision:
        counts = [part for name, half in compared.precision.items() for part in ("--precision", f"{name}={half:g}")]
        counts += ["--most", max(compared.replications, 5)]
    measures = [part for name in compared.asked["measures"] for part in ("--measure", name)]
    luck = ["--seed", compared.evaluation.seed, "--confidence", compared.confidence]
    # files come before options, --months of the base too
    firms = [words[0], *more, *words[1:]] if made else [*words, *more]
    return command_of(["custsim", "compare", *firms, *measures, *counts, *luck]), {**files, **made}
