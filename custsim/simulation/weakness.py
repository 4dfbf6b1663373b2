"""Where the chain is weak: what is watched along it, the limit of each, and why the limit is where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from custsim.scenario.model import Scenario

if TYPE_CHECKING:
    from custsim.simulation.results import Run

__all__ = [
    "WATCHED",
    "Watch",
    "closest_points",
    "figure",
    "retention",
    "satisfied_share",
    "share",
    "silent_share",
    "weak_points",
    "won",
]

#: fewer events than this say nothing about a share
_FEW = 20

Unit = Literal["share", "days", "points", "index", "number", "money"]


@dataclass(frozen=True)
class View:
    """What a watch may look at: a run, and its months of the first and of the last year."""

    run: Run
    first: pd.DataFrame
    last: pd.DataFrame

    @property
    def scenario(self) -> Scenario:
        """The scenario that was run."""
        return self.run.scenario

    def change(self, column: str) -> float:
        """Mean of the last year less that of the first; not a number in a run of less than two years."""
        if self.run.months < 24:
            return float("nan")
        return float(self.last[column].mean() - self.first[column].mean())


@dataclass(frozen=True)
class Watch:
    """One thing that is watched along the chain.

    Attributes
    ----------
    link
        Link of the chain.
    what
        What is measured.
    unit
        How the number is written.
    worse
        On which side of the limit the chain is weak.
    limit
        The limit, from the scenario where it depends on it.
    reason
        Why the limit is there.
    meaning
        What it means to be beyond it.
    measure
        The number; not a number where there is too little to go by.
    """

    link: str
    what: str
    unit: Unit
    worse: Literal["above", "below"]
    limit: Callable[[Scenario], float]
    reason: str
    meaning: str
    measure: Callable[[View], float]


def share(part: float, whole: float, least: float = 0.0) -> float:
    """Share of a whole; not a number if the whole is 0 or below ``least``.

    Examples
    --------
    >>> share(1, 4), share(1, 0)
    (0.25, nan)
    """
    return float(part) / float(whole) if whole > 0 and whole >= least else float("nan")


def satisfied_share(tickets: pd.DataFrame) -> float:
    """Share of the closed complaints that satisfied, those given up waiting included; not a number with too few."""
    return share(int(tickets["satisfied"].sum()), len(tickets), _FEW)


def silent_share(run: Run, severity: Literal["minor", "major"]) -> float:
    """Share of the failures of a severity that nobody complained about.

    Complaints that are still open at the end have no ticket yet; they are shared out as the closed ones are.
    """
    failures = float(run.monthly[f"{severity}_failures"].sum())
    raised = run.tickets[run.tickets["raised"] >= 0]
    of_kind = int((raised["severity"] == severity).sum())
    voiced = share(of_kind, len(raised)) * float(run.monthly["complaints"].sum()) if len(raised) else np.nan
    if not float(run.monthly["complaints"].sum()):
        voiced = 0.0
    return max(0.0, 1.0 - share(voiced, failures))


def retention(run: Run) -> float:
    """Share of the customers of twelve months ago who stayed without a break; not a number in a run below a year."""
    if run.months < 12:
        return float("nan")
    then = run.months - 12
    stayed = (run.customers["state"] == "customer") & (run.customers["changed"] <= then)
    return share(int(stayed.sum()), float(run.monthly["customers"].iloc[then]))


def won(run: Run) -> pd.DataFrame:
    """Rows of the customers won in the run; who was there at the opening, or left before it, is not among them."""
    table = run.customers
    return table[~table["opening"] & table.index.isin(run.joined["person"])]


def _turnover(view: View) -> float:
    heads = float(view.last["employees"].mean())
    return share(float(view.last["quits"].sum()) * 12.0 / len(view.last), heads)


def _vacant(view: View) -> float:
    vacant = float(view.last["vacancies"].sum())
    return share(vacant, vacant + float(view.last["employees"].sum()))


def _eroded(view: View) -> float:
    return 1.0 - float(view.last["norm_hours"].iloc[-1]) / view.scenario.employees.visit_hours


def _turned_away(view: View) -> float:
    away = float(view.last["unserved"].sum())
    return share(away, away + float(view.last["visits"].sum()), _FEW)


def _failures_a_visit(view: View) -> float:
    failures = float(view.last["minor_failures"].sum() + view.last["major_failures"].sum())
    return share(failures, float(view.last["visits"].sum())) if failures >= _FEW else float("nan")


def _silent_after_money(view: View) -> float:
    enough = float(view.run.monthly["major_failures"].sum()) >= _FEW
    return silent_share(view.run, "major") if enough else float("nan")


def _answer_days(view: View) -> float:
    answered = view.run.tickets[~view.run.tickets["gave_up"].astype(bool)]
    return float(answered["wait_days"].mean()) if len(answered) else float("nan")


def _gave_up(view: View) -> float:
    return share(int(view.run.tickets["gave_up"].sum()), len(view.run.tickets), _FEW)


def _growth(view: View) -> float:
    start, end = float(view.run.monthly["customers"].iloc[0]), float(view.run.monthly["customers_end"].iloc[-1])
    if view.run.months < 12 or start < _FEW:
        return float("nan")
    return float((end / start) ** (12.0 / view.run.months) - 1.0)


def _messages(view: View) -> float:
    return share(float(view.last["recommendations"].sum()), float(view.last["warnings"].sum()), _FEW)


def _by_word(view: View) -> float:
    return share(float(view.last["referred"].sum()), float(view.last["joined"].sum()), _FEW)


def _margin(months: pd.DataFrame) -> float:
    return share(float(months["profit"].sum()), float(months["revenue"].sum()))


def _margin_change(view: View) -> float:
    return 100.0 * (_margin(view.last) - _margin(view.first)) if view.run.months >= 24 else float("nan")


def _won_after_capacity(view: View) -> float:
    table = won(view.run)
    if len(table) < _FEW:
        return float("nan")
    value = table["value_observed"] + table["value_residual"]
    return float((value - table["capacity_observed"] - table["capacity_residual"]).mean())


def _fixed(limit: float) -> Callable[[Scenario], float]:
    return lambda _scenario: limit


#: what is watched, in the order of the chain; "year" means the last twelve months, changes are against the first
WATCHED: tuple[Watch, ...] = (
    Watch(
        "internal service", "time to an internal answer", "days", "above",
        lambda s: s.internal_service.tolerated_days + 1.0,
        "a working day more than staff still feel as prompt",
        "staff wait for their own support desk, and support loses its worth: internal customers are customers too",
        lambda v: float(v.last["internal_wait_days"].mean()),
    ),
    Watch(
        "internal service", "change of internal service quality", "points", "below", _fixed(-3.0),
        "assumption: three points are more than a steady firm moves by chance",
        "what the firm does for its own people is getting worse, and everything along the chain follows",
        lambda v: v.change("internal_service"),
    ),
    Watch(
        "employees", "employee satisfaction", "index", "below",
        lambda s: 100.0 * s.employees.satisfaction - 5.0,
        "five points below the reference: that much moved customers and revenue at Sears (Rucci et al. 1998)",
        "discontented staff are less attentive to customers and quit sooner",
        lambda v: float(v.last["employee_satisfaction"].mean()),
    ),
    Watch(
        "employees", "turnover a year", "share", "above", _fixed(0.30),
        "contact centres live with about 25 % a year",
        "experience walks out faster than it is learned, and each quit costs pay, recruiting and skill",
        _turnover,
    ),
    Watch(
        "employees", "vacant positions", "share", "above", _fixed(0.05),
        "at 25 % turnover and two months to hire, 4 % are vacant in the best case",
        "positions stay empty and those who are left carry their work",
        _vacant,
    ),
    Watch(
        "employees", "work pressure", "number", "above", _fixed(1.0),
        "above 1, more is asked of the staff than there is time for",
        "staff cut the time given to each visit, and in the end take the hurry for normal (Oliva & Sterman 2001)",
        lambda v: float(v.last["work_pressure"].mean()),
    ),
    Watch(
        "employees", "norm of time per visit lost", "share", "above", _fixed(0.02),
        "assumption: below 2 % nobody would see it",
        "standards have slid below what the service was designed for, and they hardly come back by themselves",
        _eroded,
    ),
    Watch(
        "service quality", "visits turned away", "share", "above", _fixed(0.005),
        "assumption: one in two hundred is bad luck, more is a queue at the door",
        "customers come and are not served",
        _turned_away,
    ),
    Watch(
        "service quality", "change of service quality", "points", "below", _fixed(-2.0),
        "assumption: two points are more than a steady firm moves by chance",
        "what customers get is getting worse, before they say so",
        lambda v: v.change("service_quality"),
    ),
    Watch(
        "satisfaction", "satisfied customers", "share", "below", _fixed(0.75),
        "firms in good order report four of five satisfied",
        "more than one customer in four is not satisfied and open to leave",
        lambda v: float(v.last["satisfied_share"].mean()),
    ),
    Watch(
        "satisfaction", "change of satisfaction", "points", "below", _fixed(-2.0),
        "assumption: two points are more than a steady firm moves by chance",
        "customers are less content than they were",
        lambda v: v.change("satisfaction"),
    ),
    Watch(
        "complaints", "failures a visit", "share", "above", lambda s: 1.25 * s.complaints.failure_rate,
        "a quarter more than at the scenario's reference",
        "service goes wrong more often than it was built to",
        _failures_a_visit,
    ),
    Watch(
        "complaints", "silent although money was lost", "share", "above", _fixed(0.60),
        "about half of those who lose money complain (TARP)",
        "most of the badly wronged leave without a word, and the firm learns nothing",
        _silent_after_money,
    ),
    Watch(
        "complaints", "answer time", "days", "above", lambda s: s.complaints.quick_days,
        "complaints.quick_days of the scenario",
        "answers come late: money, kindness and healing are worth less with every day",
        _answer_days,
    ),
    Watch(
        "complaints", "complaints given up waiting", "share", "above", _fixed(0.05),
        "assumption: one in twenty",
        "the desk is overloaded: complainers get nothing but the wait",
        _gave_up,
    ),
    Watch(
        "complaints", "satisfied with the handling", "share", "below", _fixed(0.50),
        "usually a majority is not (Tax, Brown & Chandrashekaran 1998); half is a modest aim",
        "most of those who took the trouble to complain are disappointed a second time",
        lambda v: satisfied_share(v.run.tickets),
    ),
    Watch(
        "loyalty", "retention over the last 12 months", "share", "below", _fixed(0.80),
        "assumption: retail banks keep 80 to 90 % a year",
        "more than one customer in five is lost within a year",
        lambda v: retention(v.run),
    ),
    Watch(
        "loyalty", "change of customers a year", "share", "below", _fixed(-0.02),
        "assumption: 2 % a year is a third less in twenty years",
        "more leave than come",
        _growth,
    ),
    Watch(
        "word of mouth", "recommendations heard for each warning", "number", "below", _fixed(2.0),
        "three to one is usual (East, Hammond & Wright 2007)",
        "the firm is talked about, and not well",
        _messages,
    ),
    Watch(
        "word of mouth", "joined by recommendation", "share", "below", _fixed(0.20),
        "assumption: 20 to 40 % for services that people talk about",
        "nearly every customer has to be bought by advertising",
        _by_word,
    ),
    Watch(
        "profit", "profit margin", "share", "below", _fixed(0.0),
        "below 0 the firm loses money",
        "the customers do not pay for the firm",
        lambda v: _margin(v.last),
    ),
    Watch(
        "profit", "change of the profit margin", "points", "below", _fixed(-5.0),
        "assumption: five points of revenue",
        "the firm earns less on what it sells than it did",
        _margin_change,
    ),
    Watch(
        "profit", "worth of a customer won, less staff tied up", "money", "below", _fixed(0.0),
        "value observed and expected, less the capacity the customer ties up",
        "winning customers does not pay: they cost more staff than they bring",
        _won_after_capacity,
    ),
)  # fmt: skip


def weak_points(run: Run) -> list[dict[str, Any]]:
    """List what is beyond its limit, in the order of the chain; nothing if the chain is sound.

    Parameters
    ----------
    run
        A finished run.

    Returns
    -------
    list of dict
        ``link``, ``what``, ``value``, ``limit``, ``worse``, ``unit``, ``beyond``, ``text`` (number and limit in
        words), ``meaning``, ``reason``.

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> crowded = Scenario().scaled(0.05).change({"employees.visit_hours": 2.5})
    >>> "work pressure" in [point["what"] for point in weak_points(simulate(crowded, months=12))]
    True
    """
    return [point for point in _looked_at(run) if point["beyond"]]


def closest_points(run: Run, most: int = 3) -> list[dict[str, Any]]:
    """List what is within its limit but closest to it, the closest first: where the chain would give way next.

    Parameters
    ----------
    run
        A finished run.
    most
        How many at the most. Closeness is the distance to the limit over the size of the limit.
    """
    within = [point for point in _looked_at(run) if not point["beyond"] and point["limit"] != 0]
    return sorted(within, key=lambda point: abs(point["value"] / point["limit"] - 1.0))[:most]


def _looked_at(run: Run) -> Iterator[dict[str, Any]]:
    """Look at everything that is watched and can be measured in this run, in the order of the chain."""
    year = min(12, run.months)
    view = View(run, run.monthly.iloc[:year], run.monthly.iloc[-year:])
    for watch in WATCHED:
        value, limit = watch.measure(view), watch.limit(run.scenario)
        if not np.isfinite(value):
            continue
        money = run.scenario.currency
        seen, border = figure(value, watch.unit, money), figure(limit, watch.unit, money)
        beyond = value > limit if watch.worse == "above" else value < limit
        side = watch.worse if beyond else f"weak {watch.worse}"
        yield {
            "link": watch.link,
            "what": watch.what,
            "value": value,
            "limit": limit,
            "worse": watch.worse,
            "unit": watch.unit,
            "beyond": bool(beyond),
            "text": f"{watch.what} {seen} ({side} {border})",
            "meaning": watch.meaning,
            "reason": watch.reason,
        }


def figure(value: float, unit: Unit, currency: str = "") -> str:
    """Write a number as its unit asks for; a dash where there is none.

    Examples
    --------
    >>> figure(0.4967, "share"), figure(-3.14, "points"), figure(1234.5, "money", "EUR")
    ('49.7 %', '-3.1 points', 'EUR 1,234')
    """
    if not np.isfinite(value):
        return "-"
    if unit == "share":
        return f"{100.0 * value:.1f} %"
    if unit == "money":
        return f"{currency} {value:,.0f}".strip()
    if unit == "number":
        return f"{value:.2f}"
    return f"{value:.1f} of 100" if unit == "index" else f"{value:.1f} {unit}"
