"""Explanations, counterfactual values, the measured chain and uncertain assumptions, told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from custsim import plots
from custsim.experiment.chain import LEVERS, NODES, MeasuredChain
from custsim.experiment.counterfactual import Counterfactual
from custsim.experiment.uncertainty import Uncertainty
from custsim.experiment.why import Explanation
from custsim.experiment.words import as_plain
from custsim.report.again import Firms, call
from custsim.report.document import BY_ROW, Column, Firm, Picture, Section, Table, shown
from custsim.report.parameters import assumed_in, changed_table, in_words, of_luck

__all__ = ["chain", "counterfactual", "explanation", "uncertainty"]

#: numbers of a group that the answer tells; along the chain the last ones are those of money
_TOLD = 4


def explanation(told: Explanation, facts: Mapping[str, str]) -> Section:
    """Tell why one firm earns more than another."""
    name, money = told.a.title or told.a.name, told.a.currency
    columns = (
        Column("Link"), Column("What changed"), Column("Part of the difference", f"{money}/month", difference=True),
        Column("From", f"{money}/month", difference=True), Column("To", f"{money}/month", difference=True),
        Column("Switched along the chain", f"{money}/month", difference=True),
        Column("Switched against it", f"{money}/month", difference=True),
    )  # fmt: skip
    keys = ["label", "changed", "contribution", "low", "high", "forward", "reverse"]
    lines = tuple(
        Column(title, f"{money}/month" * bool(at), difference=bool(at))
        for at, title in enumerate(("Line of the account", "Part of the difference", "From", "To"))
    )
    along = ("Measure", "Unit", "First firm", "Second firm", "Difference", "From", "To")
    chain_columns = tuple(Column(title, BY_ROW if at > 1 else "", difference=at > 3) for at, title in enumerate(along))
    count = len(told.replications)
    pictures = (
        Picture("Which link, and through what", told.summary(), lambda: plots.why(told), ("Links", "Account")),
    ) if told.links else ()  # fmt: skip
    return Section(
        kind="explanation",
        title=f"{name}: why the difference in profit",
        question=f"Why does profit differ if this changes: {in_words(told.a, told.b)}?",
        answer=_paragraphs(told.summary()),
        firm=Firm(name, told.a),
        pictures=pictures,
        tables=(
            changed_table(told.a, {"Second firm": told.b}),
            Table("Links", "Which link carried how much", columns, _rows(told.table, keys)),
            Table("Account", "Through what it reached profit", lines,
                  _rows(told.account, ["label", "amount", "low", "high"])),
            Table("Along the chain", "Along the chain", chain_columns,
                  _rows(told.measures.assign(unit=told.measures["unit"].str.replace("currency", money)),
                        ["label", "unit", "a", "b", "difference", "low", "high"])),
        ),
        assumed=(*assumed_in(told.a, [told.b]), of_luck(count, told.confidence)),
        facts=(("Replications", f"{count:,}"), ("Seed", str(told.seed)), *facts.items()),
        python=_why_again(told),
        data=as_plain({"difference": told.difference, "links": told.table.to_dict("records")}),
    )  # fmt: skip


def _why_again(told: Explanation) -> str:
    """Lines that explain it again; two runs in different luck have none that are short."""
    if any(link.name == "luck" for link in told.links):
        return ""
    firms = Firms()
    both = [firms.add("first", told.a), firms.add("second", told.b)]
    named = {"seed": told.seed, "replications": _numbers(told.replications), "confidence": told.confidence}
    orders = {} if told.orders == "one" else {"orders": told.orders}
    return "\n".join([*firms.lines, call("why", both, named | orders)])


def _numbers(replications: tuple[int, ...]) -> int | list[int]:
    return len(replications) if replications == tuple(range(len(replications))) else list(replications)


def counterfactual(told: Counterfactual, facts: Mapping[str, str]) -> Section:
    """Tell what would be missed."""
    sampled = bool((told.table["count"] > 0).any())
    columns = (
        Column("Group"), Column("What"), Column("Unit"), Column("Value", BY_ROW, difference=True),
        Column("From", BY_ROW, difference=True), Column("To", BY_ROW, difference=True),
        *([Column("Sampled")] if sampled else []),
    )  # fmt: skip
    rows = _rows(told.table, ["group", "label", "unit", "value", "low", "high", *(["count"] if sampled else [])])
    return Section(
        kind="counterfactual",
        title=told.question.partition("?")[0] + "?",
        question=told.question,
        answer=tuple(
            f"{group}: " + "; ".join(
                f"{row['label']} {shown(row['value'], row['unit'], difference=True, with_unit=True)} "
                f"({shown(row['low'], row['unit'], difference=True)} to "
                f"{shown(row['high'], row['unit'], difference=True)})" for row in part.tail(_TOLD).to_dict("records")
            ) + "."
            for group, part in told.table.groupby("group", sort=False)
        ),
        firm=None,
        pictures=(Picture(told.question, told.summary(), lambda: plots.counterfactual(told), ("Values",)),),
        tables=(Table("Values", told.question, columns, rows),),
        assumed=(*told.notes, f"In brackets: {100 * told.confidence:g} % intervals of the luck of the runs."),
        facts=tuple(facts.items()),
        data=as_plain({"numbers": told.table.to_dict("records")}),
    )  # fmt: skip


def chain(told: MeasuredChain, facts: Mapping[str, str]) -> Section:
    """Tell the chain with numbers on its arrows."""
    name = told.scenario.title or told.scenario.name
    labels = {node: label for node, (label, _) in NODES.items()}
    arrows = [
        (labels[row["source"]], labels[row["target"]], row["moved"], row["elasticity"], row["low"], row["high"])
        for row in told.table.to_dict("records")
    ]
    heads = ("From", "To", "What was moved", "Elasticity", "Interval from", "Interval to")
    money = f"{told.scenario.currency}/month"
    levers = ("Lever", "Before", "After", "Profit of 1 % more", "From", "To")
    count = len(told.replications)
    return Section(
        kind="chain",
        title=f"{name}: the chain, measured",
        question="By how many per cent does each link move, if the one before it moves by one per cent?",
        answer=_paragraphs(told.summary()),
        firm=Firm(name, told.scenario),
        pictures=(Picture("The chain with numbers on its arrows", told.summary(),
                          lambda: plots.measured_chain(told), ("Arrows",)),),
        tables=(
            Table("Arrows", "Elasticities along the chain", tuple(map(Column, heads)), arrows),
            Table("Levers", "What one per cent more of a lever does to profit",
                  tuple(Column(title, money * (at > 2), difference=at > 2) for at, title in enumerate(levers)),
                  _rows(told.levers, ["lever", "before", "after", "effect", "effect_low", "effect_high"])),
        ),
        assumed=(*assumed_in(told.scenario), of_luck(count, told.confidence)),
        facts=(("Replications", f"{count:,}"), ("Seed", str(told.seed)), ("Step", f"{100 * told.step:g} %"),
               *facts.items()),
        python=_chain_again(told),
        data=as_plain({"arrows": told.table.to_dict("records"), "levers": told.levers.to_dict("records")}),
    )  # fmt: skip


def _chain_again(told: MeasuredChain) -> str:
    firms = Firms()
    firm = firms.add("firm", told.scenario)
    names = told.levers["lever"].tolist()
    levers = "" if set(names) <= set(LEVERS) else f"levers={names!r}, "
    counts = f"{levers}step={told.step!r}, replications={_numbers(told.replications)!r}, seed={told.seed}"
    lines = ["from custsim.experiment import measure_chain", *firms.lines]
    return "\n".join([*lines, f"found = measure_chain({firm}, {counts})", "print(found.summary())"])


def uncertainty(told: Uncertainty, facts: Mapping[str, str]) -> Section:
    """Tell how far results may be off, and what makes them so."""
    name, result = told.base.title or told.base.name, told.evaluation
    labels = {one.name: one.label for one in result.measures}
    heads = ("Measure", "Unit", "Mean", "Mean, from", "Mean, to", "One run, from", "One run, to", "By parameters",
             "By luck", "Share of parameters", "Share, from", "Share, to", "What dominates")  # fmt: skip
    keys = ["mean", "mean_low", "mean_high", "low", "high", "parameter_sd", "noise_sd", "share", "share_low",
            "share_high", "dominates"]  # fmt: skip
    rows = [
        (labels[str(at)], row["unit"].replace("currency", told.base.currency), *(row[key] for key in keys))
        for at, row in told.table.iterrows()
    ]
    units = ["", "", *[BY_ROW] * 7, "share", "share", "share", ""]
    known = tuple((path, str(text)) for path, text in told.over.items())
    return Section(
        kind="uncertainty",
        title=f"{name}: how sure the results are",
        question="How far may results be off, because parameters are not known and because luck is luck?",
        answer=_paragraphs(told.summary()),
        firm=Firm(name, told.base),
        pictures=(Picture("What makes results uncertain", told.summary(),
                          lambda: plots.variance_split(told), ("Uncertainty",)),),
        tables=(
            Table("Uncertainty", "Means, runs, and where their variance comes from",
                  tuple(Column(title, unit) for title, unit in zip(heads, units, strict=True)), rows),
            Table("Known", "What is known of the parameters", (Column("Parameter"), Column("Known of it")), known),
        ),
        assumed=assumed_in(told.base),
        facts=(("Draws", f"{len(told.draws):,}"), ("Replications", f"{len(result.replications):,}"),
               ("Seed", str(result.seed)), *facts.items()),
        data=as_plain(told.data),
    )  # fmt: skip


def _paragraphs(summary: str) -> tuple[str, ...]:
    """Lines of a summary as paragraphs: what is indented belongs to the line above."""
    found: list[str] = []
    for line in summary.splitlines():
        if found and found[-1].endswith(":") and not line.startswith(" "):
            found[-1] += f" {line.strip()}"
        elif line.startswith(" ") and found:
            found[-1] = f"{found[-1].rstrip(':;')}{':' if found[-1].endswith(':') else ';'} {' '.join(line.split())}"
        elif line.strip():
            found.append(line.strip())
    return tuple(found)


def _rows(table: pd.DataFrame, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in table.to_dict("records")]
