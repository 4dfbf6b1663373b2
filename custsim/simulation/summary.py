"""A run on one page: what the firm earned, what a customer is worth, who complains, who recommends, what is weak."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from custsim.simulation.weakness import closest_points, figure, retention, share, silent_share, weak_points, won

if TYPE_CHECKING:
    from custsim.simulation.results import Run

__all__ = ["Block", "Summary", "summarise"]

#: years that a table shows before it leaves out those in the middle
_YEARS_SHOWN = 7

_VALUES = ("value_observed", "value_residual", "capacity_observed", "capacity_residual", "referral_value")


@dataclass(frozen=True)
class Block:
    """A titled table of a summary, in words.

    Attributes
    ----------
    title
        What the table tells.
    headings
        Heads of the columns; empty for a list of name and number.
    rows
        The cells; the first column is text, the others are numbers. In a block of ``prose`` the last column is text.
    note
        What must be known to read it.
    prose
        Whether the last column is a sentence, to be wrapped.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    prose: bool = False

    def __str__(self) -> str:
        lines = [self.title, "-" * len(self.title)]
        lines += _prose(self.rows) if self.prose else _columns(self.headings, self.rows)
        lines += textwrap.wrap(self.note, 80)
        return "\n".join(lines)


@dataclass(frozen=True)
class Summary:
    """A run on one page.

    Attributes
    ----------
    data
        Everything as plain dictionaries, lists, numbers, text and None (where there is nothing to go by), ready for
        JSON. Money is in the scenario's currency, shares are 0-1, indices 0-100. Keys: ``run``, ``firm``,
        ``customer_value``, ``customers``, ``complaints``, ``word_of_mouth``, ``employees``, ``weak_points``,
        ``closest_to_weak``.

    Notes
    -----
    ``str()`` gives the page as text of at most 80 columns; :attr:`blocks` are its tables.
    """

    data: Mapping[str, Any]

    @property
    def title(self) -> str:
        """One line that says which run this is."""
        run = self.data["run"]
        return f"{run['title'] or run['scenario']}: {run['months']} months from {run['start']}, seed {run['seed']}" + (
            f", replication {run['replication']}" if run["replication"] else ""
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The tables of the page, in its order."""
        money = self.data["run"]["currency"]
        return (
            _firm_block(self.data["firm"], money),
            _years_block(self.data["firm"], money),
            _value_block(self.data["customer_value"], money),
            *_split_blocks(self.data["customer_value"], money),
            _customers_block(self.data["customers"]),
            _complaints_block(self.data["complaints"], money),
            _severity_block(self.data["complaints"]),
            _talk_block(self.data["word_of_mouth"], money),
            _staff_block(self.data["employees"]),
            _weak_block(self.data["weak_points"], self.data["closest_to_weak"]),
        )

    def __str__(self) -> str:
        heading = textwrap.wrap(self.title, 80)
        return "\n\n".join(["\n".join(heading), *(str(block) for block in self.blocks)])


def summarise(run: Run) -> Summary:
    """Summarise a run.

    Parameters
    ----------
    run
        A finished run.

    Returns
    -------
    Summary
        Text by ``str()``, plain data by ``.data``.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> summary = summarise(simulate(Scenario().scaled(0.05), seed=1, months=12))
    >>> print(summary.blocks[0].title)
    What the firm earned
    """
    scenario = run.scenario
    about = {
        "scenario": scenario.name,
        "title": scenario.title,
        "start": scenario.time.start,
        "months": run.months,
        "seed": run.seed,
        "replication": run.replication,
        "persons": scenario.market.persons,
        "currency": scenario.currency,
        "relationship": scenario.loyalty.relationship,
        "version": run.version,
    }
    parts = {
        "run": about,
        "firm": _firm(run.monthly),
        "customer_value": _value(run),
        "customers": _customers(run),
        "complaints": _complaints(run),
        "word_of_mouth": _talk(run),
        "employees": _staff(run),
        "weak_points": weak_points(run),
        "closest_to_weak": closest_points(run),
    }
    return Summary(_plain(parts))


# --- the numbers ------------------------------------------------------------------------------------------------


def _firm(monthly: pd.DataFrame) -> dict[str, Any]:
    year = min(12, len(monthly))
    years = [_earned(monthly.iloc[at : at + 12]) | {"year": at // 12 + 1} for at in range(0, len(monthly), 12)]
    return _earned(monthly) | {
        "first_year": _earned(monthly.iloc[:year]),
        "last_year": _earned(monthly.iloc[-year:]),
        "by_year": years,
    }


def _earned(months: pd.DataFrame) -> dict[str, Any]:
    """Sums of money over some months, and what goes with them."""
    revenue, profit = float(months["revenue"].sum()), float(months["profit"].sum())
    return {
        "months": len(months),
        "revenue": revenue,
        "contribution": float(months["contribution"].sum()),
        "profit": profit,
        "margin": share(profit, revenue),
        "customers": float(months["customers_end"].iloc[-1]),
        "won": float(months["joined"].sum()),
        "lost": float(months["left"].sum()),
        "satisfied_share": share(float((months["satisfied_share"] * months["customers"]).sum()),
                                 float(months["customers"].sum())),
    }  # fmt: skip


def _value(run: Run) -> dict[str, Any]:
    customers = run.customers
    groups = {"won": won(run), "opening": customers[customers["opening"]]}
    return {
        **{name: _worth(group) for name, group in groups.items()},
        "by_segment": _split(groups, customers, "segment", [segment.name for segment in run.scenario.segments]),
        "by_ladder": _split(groups, customers, "ladder", run.ladder.index),
    }


def _worth(group: pd.DataFrame) -> dict[str, Any]:
    """Means and medians of what the customers of a group are worth; those who left are counted."""
    answer: dict[str, Any] = {"customers": len(group), "still": int((group["state"] == "customer").sum())}
    for name in _VALUES:
        answer[name] = {"mean": float(group[name].mean()), "median": float(group[name].median())}
    return answer


def _split(
    groups: Mapping[str, pd.DataFrame], customers: pd.DataFrame, by: str, order: Iterable[str]
) -> list[dict[str, Any]]:
    names = [name for name in order if (customers[by] == name).any()]
    return [{by: name} | {group: _worth(table[table[by] == name]) for group, table in groups.items()} for name in names]


def _customers(run: Run) -> dict[str, Any]:
    monthly = run.monthly
    monthly_loss = share(float(monthly["left"].sum()), float(monthly["customers"].sum()))
    at = int(np.argmin(monthly["customers_end"]))
    return {
        "start": float(monthly["customers"].iloc[0]),
        "end": float(monthly["customers_end"].iloc[-1]),
        "lowest": float(monthly["customers_end"].iloc[at]),
        "lowest_month": at,
        "won": float(monthly["joined"].sum()),
        "lost": float(monthly["left"].sum()),
        "won_back": float(monthly["won_back"].sum()),
        "held_by_offers": float(monthly["saved"].sum()),
        "retention_12_months": retention(run),
        "monthly_churn": monthly_loss,
        "satisfaction": float(monthly["satisfaction"].mean()),
        "satisfied_share": _earned(monthly)["satisfied_share"],
        "ladder": {str(step): int(count) for step, count in run.ladder.items()},
    }


def _complaints(run: Run) -> dict[str, Any]:
    monthly, tickets = run.monthly, run.tickets
    failures = {kind: float(monthly[f"{kind}_failures"].sum()) for kind in ("minor", "major")}
    answered = tickets[~tickets["gave_up"].astype(bool)]
    quick = run.scenario.complaints.quick_days
    people = run.customers.groupby("segment")[["failures", "complaints"]].sum()
    return {
        "failures": sum(failures.values()),
        "failures_a_customer_year": 12.0 * share(sum(failures.values()), float(monthly["customers"].sum())),
        "by_severity": {
            kind: {
                "failures": count,
                "voiced_share": 1.0 - silent_share(run, kind),  # type: ignore[arg-type]
                "silent_share": silent_share(run, kind),  # type: ignore[arg-type]
            }
            for kind, count in failures.items()
        },
        "complaints": float(monthly["complaints"].sum()),
        "voiced_share": share(float(monthly["complaints"].sum()), sum(failures.values())),
        "voiced_share_by_segment": {
            str(name): share(float(row["complaints"]), float(row["failures"])) for name, row in people.iterrows()
        },
        "closed": len(tickets),
        "open_at_end": float(monthly["open_complaints"].iloc[-1]),
        "answer_days": {"mean": float(answered["wait_days"].mean()), "median": float(answered["wait_days"].median())},
        "quick_days": quick,
        "quick_share": share(int((answered["wait_days"] <= quick).sum()), len(tickets)),
        "gave_up_share": share(int(tickets["gave_up"].sum()), len(tickets)),
        "satisfied_share": share(int(tickets["satisfied"].sum()), len(tickets)),
        "compensation": float(monthly["compensation"].sum()),
    }


def _talk(run: Run) -> dict[str, Any]:
    monthly, customers = run.monthly, run.customers
    months, joined = float(monthly["customers"].sum()), float(monthly["joined"].sum())
    best = customers.sort_values(["recruits", "referral_value"], ascending=False).head(5)
    names = ["segment", "recruits", "referral_value"]
    return {
        "recommending_share": share(float(monthly["recommending"].sum()), months),
        "warning_share": share(float(monthly["warning"].sum()), months),
        "recommendations": float(monthly["recommendations"].sum()),
        "warnings": float(monthly["warnings"].sum()),
        "recommendations_a_warning": share(
            float(monthly["recommendations"].sum()), float(monthly["warnings"].sum())
        ),
        "joined": joined,
        "referred": float(monthly["referred"].sum()),
        "referred_share": share(float(monthly["referred"].sum()), joined),
        "recruiters": int((customers["recruits"] > 0).sum()),
        "top_recruiters": [
            {"person": int(str(person))} | {name: row[name] for name in names}
            for person, row in best[best["recruits"] > 0].iterrows()
        ],
    }  # fmt: skip


def _staff(run: Run) -> dict[str, Any]:
    monthly, year = run.monthly, min(12, run.months)
    quits, heads = float(monthly["quits"].sum()), float(monthly["employees"].mean())
    vacant = float(monthly["vacancies"].sum())
    peak = int(np.argmax(monthly["work_pressure"]))
    return {
        "employees": heads,
        "satisfaction": float(monthly["employee_satisfaction"].mean()),
        "satisfaction_first_year": float(monthly["employee_satisfaction"].iloc[:year].mean()),
        "satisfaction_last_year": float(monthly["employee_satisfaction"].iloc[-year:].mean()),
        "quits": quits,
        "turnover_a_year": 12.0 * share(quits, heads * run.months),
        "vacant_share": share(vacant, vacant + heads * run.months),
        "skill": float(monthly["skill"].mean()),
        "internal_service": float(monthly["internal_service"].mean()),
        "internal_wait_days": float(monthly["internal_wait_days"].mean()),
        "work_pressure": float(monthly["work_pressure"].mean()),
        "work_pressure_highest": float(monthly["work_pressure"].iloc[peak]),
        "work_pressure_highest_month": peak,
        "norm_hours_designed": run.scenario.employees.visit_hours,
        "norm_hours_start": float(monthly["norm_hours"].iloc[0]),
        "norm_hours_end": float(monthly["norm_hours"].iloc[-1]),
        "turned_away_share": share(
            float(monthly["unserved"].sum()), float(monthly["unserved"].sum() + monthly["visits"].sum())
        ),
    }


def _plain(value: Any) -> Any:
    """Turn NumPy's numbers into Python's, and what is not a number into None, all the way down."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# --- the words --------------------------------------------------------------------------------------------------


def _n(value: float | None, decimals: int = 0) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"


def _pc(value: float | None) -> str:
    return "-" if value is None else figure(value, "share")


def _firm_block(data: Mapping[str, Any], money: str) -> Block:
    spans = [("whole run", data)]
    if data["months"] > 12:
        spans += [("first year", data["first_year"]), ("last year", data["last_year"])]
    headings = ("", *(name for name, _ in spans))
    rows = [
        (f"{name}, {money}", *(_n(span[name]) for _, span in spans)) for name in ("revenue", "contribution", "profit")
    ]
    rows.append(("profit margin", *(_pc(span["margin"]) for _, span in spans)))
    note = "Contribution: margins of the customers less what was spent on winning, keeping and compensating them."
    return Block("What the firm earned", headings, tuple(rows), note)


def _years_block(data: Mapping[str, Any], money: str) -> Block:
    years = data["by_year"]
    shown = years if len(years) <= _YEARS_SHOWN else [*years[:3], None, *years[-3:]]
    rows = []
    for year in shown:
        if year is None:
            rows.append(("...",) * 7)
            continue
        part = "" if year["months"] == 12 else f" ({year['months']} mo.)"
        rows.append(
            (f"{year['year']}{part}", _n(year["profit"]), _pc(year["margin"]), _n(year["customers"]), _n(year["won"]),
             _n(year["lost"]), _pc(year["satisfied_share"]))
        )  # fmt: skip
    return Block("Year by year", ("year", f"profit, {money}", "margin", "customers", "won", "lost", "satisfied"),
                 tuple(rows))  # fmt: skip


def _value_block(data: Mapping[str, Any], money: str) -> Block:
    names = {
        "value_observed": "value in the run (observed)",
        "value_residual": "value after the run (expected)",
        "capacity_observed": "staff tied up in the run",
        "capacity_residual": "staff tied up after the run (expected)",
        "referral_value": "value of those they brought (both)",
    }
    groups = [data["won"], data["opening"]]
    rows = [("customers", *(cell for g in groups for cell in (_n(g["customers"]), "")))]
    rows += [("still customers", *(cell for g in groups for cell in (_n(g["still"]), "")))]
    for key, name in names.items():
        rows.append((name, *(_n(g[key][kind]) for g in groups for kind in ("mean", "median"))))
    note = (
        "Those who left are counted. Value is discounted contribution: from joining for those won in the run, from "
        "the first month of the run for those who were there. Observed and expected value are kept apart."
    )
    return Block(f"What a customer is worth, {money}", ("", "won: mean", "median", "there at start: mean", "median"),
                 tuple(rows), note)  # fmt: skip


def _split_blocks(data: Mapping[str, Any], money: str) -> Iterable[Block]:
    headings = ("", "won", "in run", "after", "at start", "in run", "after")
    for by, title in (("segment", "by segment"), ("ladder", "by ladder step")):
        rows = []
        for row in data[f"by_{by}"]:
            cells = []
            for group in (row["won"], row["opening"]):
                cells += [_n(group["customers"]), _n(group["value_observed"]["mean"])]
                cells += [_n(group["value_residual"]["mean"])]
            rows.append((_short(row[by]), *cells))
        if len(rows) > 1:
            note = "Number of customers and mean value, of those won and those there at the start."
            yield Block(f"Worth {title}, {money}", headings, tuple(rows), note)


def _customers_block(data: Mapping[str, Any]) -> Block:
    rows = [
        ("customers at the start", _n(data["start"])),
        ("customers at the end", _n(data["end"])),
        ("won in the run", _n(data["won"])),
        ("lost in the run", _n(data["lost"])),
        ("stayed through the last 12 months", _pc(data["retention_12_months"])),
        ("satisfied, mean of all months", _pc(data["satisfied_share"])),
    ]
    for key, name in (("won_back", "of the won: won back by an approach"), ("held_by_offers", "held by an offer")):
        if data[key]:
            rows.insert(-2, (name, _n(data[key])))
    return Block("Customers", (), tuple(rows))


def _complaints_block(data: Mapping[str, Any], money: str) -> Block:
    rows = [
        ("failures a customer and year", _n(data["failures_a_customer_year"], 2)),
        ("complaints raised", _n(data["complaints"])),
        ("answer time, mean (median), working days",
         f"{_n(data['answer_days']['mean'], 1)} ({_n(data['answer_days']['median'], 1)})"),
        (f"answered within {data['quick_days']:g} days", _pc(data["quick_share"])),
        ("given up waiting", _pc(data["gave_up_share"])),
        ("satisfied with the handling", _pc(data["satisfied_share"])),
        (f"compensation paid, {money}", _n(data["compensation"])),
    ]  # fmt: skip
    return Block("Who complains", (), tuple(rows))


def _severity_block(data: Mapping[str, Any]) -> Block:
    rows = [
        (f"{kind} failures", _n(row["failures"]), _pc(row["voiced_share"]), _pc(row["silent_share"]))
        for kind, row in data["by_severity"].items()
    ]
    rows += [
        (f"segment {_short(name)}", "", _pc(voiced), _pc(None if voiced is None else 1.0 - voiced))
        for name, voiced in data["voiced_share_by_segment"].items()
        if len(data["voiced_share_by_segment"]) > 1
    ]
    return Block("Voice or silence", ("", "failures", "complained", "silent"), tuple(rows))


def _talk_block(data: Mapping[str, Any], money: str) -> Block:
    rows = [
        ("customers who recommend in a month", _pc(data["recommending_share"])),
        ("customers who warn in a month", _pc(data["warning_share"])),
        ("recommendations heard for each warning", _n(data["recommendations_a_warning"], 1)),
        ("joined by recommendation", f"{_n(data['referred'])} of {_n(data['joined'])} ({_pc(data['referred_share'])})"),
        ("customers who brought somebody", _n(data["recruiters"])),
    ]
    rows += [
        (f"  person {best['person']} brought", f"{best['recruits']}, worth {money} {_n(best['referral_value'])}")
        for best in data["top_recruiters"]
    ]
    return Block("Who recommends", (), tuple(rows))


def _staff_block(data: Mapping[str, Any]) -> Block:
    norm = f"{data['norm_hours_start']:.2f} h, {data['norm_hours_end']:.2f} h ({data['norm_hours_designed']:.2f} h)"
    rows = [
        ("employees serving customers", _n(data["employees"], 1)),
        ("employee satisfaction, of 100", _n(data["satisfaction"], 1)),
        ("turnover a year", _pc(data["turnover_a_year"])),
        ("positions vacant", _pc(data["vacant_share"])),
        ("work pressure (highest month)", f"{_n(data['work_pressure'], 2)} ({_n(data['work_pressure_highest'], 2)})"),
        ("norm of time per visit at start, end (designed)", norm),
        ("visits turned away", _pc(data["turned_away_share"])),
    ]
    return Block("Employees", (), tuple(rows))


def _weak_block(points: Iterable[Mapping[str, Any]], closest: Iterable[Mapping[str, Any]]) -> Block:
    rows = tuple((point["link"], f"{point['text']}: {point['meaning']}.") for point in points)
    title = "Where the chain is weak"
    if not rows:
        rows = tuple((point["link"], f"{point['text']}.") for point in closest)
        note = "Nothing stands out: every link is within its limits"
        return Block(title, (), rows, note + ("; these come closest to theirs." if rows else "."), prose=True)
    return Block(title, (), rows, prose=True)


def _short(name: str, longest: int = 16) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _columns(headings: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[str]:
    """Lay cells out in columns, the first to the left, the others to the right; long headings go over two lines."""
    count = len(headings) or (len(rows[0]) if rows else 0)
    split = [textwrap.wrap(heading, 11) or [""] for heading in headings]
    deep = max((len(parts) for parts in split), default=0)
    heads = [tuple(parts[line - deep + len(parts)] if line >= deep - len(parts) else "" for parts in split)
             for line in range(deep)]  # fmt: skip
    lines = [*heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(count)]
    return [
        "  ".join(cell.rjust(width) if column else cell.ljust(width)
                  for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]  # fmt: skip


def _prose(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    width = max(len(row[0]) for row in rows) + 2
    return [
        line
        for name, sentence in rows
        for line in textwrap.wrap(sentence, 80, initial_indent=name.ljust(width), subsequent_indent=" " * width)
    ]
