"""One run, told: what happened, in pictures and tables; an anecdote, and the page says so."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from custsim import plots
from custsim.report.again import Firms, command_of, firm_file
from custsim.report.document import Column, Firm, Picture, Section, Table, shown
from custsim.report.parameters import assumed_in
from custsim.simulation.results import Run
from custsim.simulation.summary import Block

__all__ = ["told"]

#: rows of a table of customers beyond which the run's folder is the better place
_MOST_CUSTOMERS = 100_000


def told(run: Run, facts: Mapping[str, str]) -> Section:
    """Tell a run.

    Parameters
    ----------
    run
        A finished run.
    facts
        What else is needed to do it again: versions, when it was made.
    """
    scenario, summary = run.scenario, run.summary()
    name = scenario.title or scenario.name
    firms = Firms()
    variable = firms.add("firm", scenario)
    lived = f"cs.simulate({variable}, seed={run.seed}, replication={run.replication}, months={run.months})"
    python = "\n".join([*firms.lines, f"run = {lived}", "print(run.summary())"])
    firm = firm_file(scenario)
    luck = ["--seed", run.seed, "--replication", run.replication]
    months = [] if firm is None or "--months" in firm[0] else ["--months", run.months]
    command = "" if firm is None else command_of(["custsim", "run", *firm[0], *months, *luck])
    return Section(
        kind="run",
        title=f"{name}: one run of {run.months} months",
        question=f"What happens to the firm in {run.months} months from {scenario.time.start}?",
        answer=_answer(run, summary.data),
        firm=Firm(name, scenario),
        pictures=_pictures(run),
        tables=(*(_block(block) for block in summary.blocks), *_numbers(run, summary.data)),
        assumed=(
            *assumed_in(scenario),
            f"This is one run in one luck (seed {run.seed}, replication {run.replication}). It shows what can happen "
            "and why, not what to expect: other luck gives other numbers, and no interval can be told from one run.",
        ),
        facts=(("Seed", str(run.seed)), ("Replication", str(run.replication)), ("Months", str(run.months)),
               *facts.items()),
        python=python,
        command=command,
        files={} if firm is None else firm[1],
        data=summary.data,
    )  # fmt: skip


def _answer(run: Run, data: Mapping[str, Any]) -> tuple[str, ...]:
    money = run.scenario.currency
    earns = "earns" if data["firm"]["profit"] >= 0 else "loses"
    firm, customers, worth = data["firm"], data["customers"], data["customer_value"]["won"]
    margin = "" if firm["margin"] is None else f" ({shown(firm['margin'], 'share')} of its revenue)"
    said = [
        f"In {run.months} months the firm {earns} {shown(abs(firm['profit']))} {money}{margin}. It begins "
        f"with {shown(customers['start'])} customers, wins {shown(customers['won'])}, loses {shown(customers['lost'])} "
        f"and ends with {shown(customers['end'])}."
    ]
    observed, residual = worth["value_observed"]["mean"], worth["value_residual"]["mean"]
    if observed is not None and residual is not None:
        said.append(
            f"A customer won in the run is worth {shown(observed + residual)} {money} on average: {shown(observed)} "
            f"{money} within the run and {shown(residual)} {money} expected after it."
        )
    said.append(
        "How sure is this? It is one run in one luck. What to expect, with intervals, takes many: "
        "custsim compare tells what a change is worth, over paired replications."
    )
    return tuple(said)


def _pictures(run: Run) -> tuple[Picture, ...]:
    """All sides of a run; what it holds no data for is left out."""
    monthly = run.monthly
    first, last = monthly.iloc[0], monthly.iloc[-1]

    def moved(column: str, label: str) -> str:
        return f"{label} goes from {shown(float(first[column]))} to {shown(float(last[column]))}"

    chain = "; ".join(
        moved(column, label)
        for column, label in (
            ("internal_service", "internal service"), ("employee_satisfaction", "employee satisfaction"),
            ("service_quality", "service quality"), ("satisfaction", "customer satisfaction"),
        )
    )  # fmt: skip
    money = run.scenario.currency
    drawn: list[tuple[str, str, Callable[[], Any], tuple[str, ...]]] = [
        ("The chain, month by month", f"Indices from 0 to 100: {chain}.", lambda: plots.chain(run), ("Months",)),
        ("Customers", f"{moved('customers_end', 'The number of customers')}.", lambda: plots.customers(run),
         ("Months",)),
        ("Complaints", f"{shown(float(monthly['complaints'].sum()))} complaints, answered to satisfaction or not, and "
         "the time to the answer.", lambda: plots.complaints(run), ("Months",)),
        ("Profit", f"{moved('profit', 'Monthly profit')} {money}.", lambda: plots.profit(run), ("Months",)),
        ("Where the profit of the last year comes from", "From revenue, step by step, to a profit of "
         f"{shown(float(monthly['profit'].tail(12).sum()))} {money}.", lambda: plots.profit_bridge(run), ("Months",)),
        ("The ladder of customers", f"{_ladder(run)}.", lambda: plots.ladder(run), ("Ladder",)),
    ]  # fmt: skip
    if (~run.customers["opening"].to_numpy(dtype=bool)).any():
        drawn.append(("What customers are worth",
                      "How value spreads over customers: within the run, after it, and who brings it.",
                      lambda: plots.value_distribution(run), ("Customers",)))  # fmt: skip
    return tuple(Picture(title, alt, draw, numbers) for title, alt, draw, numbers in drawn)


def _ladder(run: Run) -> str:
    return ", ".join(f"{int(count):,} {step}" for step, count in run.ladder.items())


def _block(block: Block) -> Table:
    """Make a table of what the summary says in words already."""
    headings = block.headings or ("", *[""] * (len(block.rows[0]) - 1 if block.rows else 0))
    columns = tuple(Column(heading) for heading in headings)
    rows = [[re.sub(r"^-(?=\d)", "−", cell) for cell in row] for row in block.rows]
    return Table(block.title, block.title, columns, rows, block.note, in_book=False)


def _numbers(run: Run, data: Mapping[str, Any]) -> Iterable[Table]:
    """Tables of numbers, for the workbook."""
    money = run.scenario.currency
    years = (
        ("year", "Year", ""), ("months", "Months", ""), ("revenue", "Revenue", money),
        ("contribution", "Contribution", money), ("profit", "Profit", money), ("margin", "Profit of revenue", "share"),
        ("customers", "Customers at the end", "persons"), ("won", "Won", "persons"), ("lost", "Lost", "persons"),
        ("satisfied_share", "Satisfied", "share"),
    )  # fmt: skip
    yield Table("Years", "Year by year", tuple(Column(label, unit) for _, label, unit in years),
                [tuple(year[name] for name, _, _ in years) for year in data["firm"]["by_year"]],
                on_page=False)  # fmt: skip
    yield Table("Ladder", "Persons by step of the ladder at the end", (Column("Step"), Column("Persons", "persons")),
                [(str(step), int(count)) for step, count in run.ladder.items()], on_page=False)  # fmt: skip
    yield _frame("Months", "Month by month", run.monthly.reset_index(names="month"), run, "monthly")
    if len(run.customers) <= _MOST_CUSTOMERS:
        yield _frame("Customers", "Customer by customer", run.customers.reset_index(names="person"), run, "customers")


def _frame(name: str, title: str, table: pd.DataFrame, run: Run, key: str) -> Table:
    known = {column.name: column for column in run.columns[key]}
    table = table.loc[:, ~table.columns.duplicated()]
    columns = tuple(
        Column(known[str(at)].label, known[str(at)].unit.replace("currency", run.scenario.currency))
        if str(at) in known else Column(str(at).capitalize())
        for at in table.columns
    )  # fmt: skip
    rows = [tuple(_cell(cell) for cell in row) for row in table.astype(object).to_numpy().tolist()]
    return Table(name, title, columns, rows, on_page=False)


def _cell(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
