"""``why``: given two runs, which link of the chain carried how much of the difference in profit, and through what.

The difference is exact: links are switched from the values of the first firm to those of the second one after another,
under the same luck, and what profit moves with each switch is that link's part. The parts depend on the order when
links act on each other; both directions along the chain are shown, and the mean over the orders is the answer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.experiment.accounting import LINES, SERIES, account
from custsim.experiment.evaluate import evaluate
from custsim.experiment.executors import Executor
from custsim.experiment.interval import mean_interval
from custsim.experiment.links import Between, Link
from custsim.experiment.progress import Progress
from custsim.experiment.store import Store
from custsim.scenario.model import Scenario
from custsim.simulation.results import Run

__all__ = ["Explanation", "why"]

Floats = NDArray[np.float64]

#: up to so many links all orders are tried; beyond, only the two along the chain
_ALL_ORDERS = 4
#: above, all orders would need more than a hundred firms
_MOST_LINKS = 6

_INDICES = ("internal_service", "employee_satisfaction", "service_quality", "satisfaction")
_MORE = ("minor_failures", "major_failures", "visits", "response_days", "base", "growth", "saving", "premium")
_SERIES = tuple(dict.fromkeys([*SERIES, *_INDICES, *_MORE]))

#: measure along the chain -> name and unit
CHAIN: dict[str, tuple[str, str]] = {
    "internal_service": ("Internal service", "index 0-100"),
    "employee_satisfaction": ("Employee satisfaction", "index 0-100"),
    "service_quality": ("Service quality", "index 0-100"),
    "failures": ("Failures", "per 100 visits"),
    "response_days": ("Wait at the complaint desk", "working days"),
    "satisfaction": ("Customer satisfaction", "index 0-100"),
    "leaving": ("Customers leaving", "% a month"),
    "joined": ("Customers won", "a month"),
    "customers": ("Customers", "persons"),
    "margin": ("Margin per customer", "currency a month"),
    "profit": ("Profit", "currency a month"),
}


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why one firm earns more than another.

    Attributes
    ----------
    a, b
        The two firms.
    links
        The links in which they differ, in the order of the chain.
    orders
        "all" orders of switching, the "two" along the chain, or "one" if there is one link or none.
    seed, replications
        The luck; a mean over several replications is what to expect, a single one is what happened.
    months
        Months compared.
    profit_a, profit_b
        Mean monthly profit of each replication.
    forward, reverse
        Part of each link when switched in the order of the chain and against it, shape (links, replications).
    lines
        Part of each link in each line of the account, mean over the orders, shape (links, lines, replications).
    chain
        Measures along the chain of both firms, shape (2, measures, replications).
    confidence
        Coverage of the intervals.
    """

    a: Scenario
    b: Scenario
    links: tuple[Link, ...]
    orders: Literal["all", "two", "one"]
    seed: int
    replications: tuple[int, ...]
    months: int
    profit_a: Floats
    profit_b: Floats
    forward: Floats
    reverse: Floats
    lines: Floats
    chain: Floats
    confidence: float = 0.95

    @property
    def difference(self) -> float:
        """Mean monthly profit of b less that of a; the contributions of the links add up to it."""
        return float((self.profit_b - self.profit_a).mean())

    @property
    def contributions(self) -> Floats:
        """Part of each link, mean over the orders, shape (links, replications)."""
        parts: Floats = self.lines.sum(axis=1)
        return parts

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a link: what changed, its part forward, reverse and in the mean with an interval (a month)."""
        mean, low, high = mean_interval(self.contributions, self.confidence)
        return pd.DataFrame(
            {
                "link": [link.name for link in self.links],
                "label": [link.label for link in self.links],
                "changed": ["; ".join(link.changed) for link in self.links],
                "forward": self.forward.mean(axis=1),
                "reverse": self.reverse.mean(axis=1),
                "contribution": mean,
                "low": low,
                "high": high,
            }
        )

    @cached_property
    def account(self) -> pd.DataFrame:
        """One row a line of the account: its part of the difference with an interval, and of that each link's."""
        mean, low, high = mean_interval(self.lines.sum(axis=0), self.confidence)
        table = pd.DataFrame({"line": list(LINES), "label": list(LINES.values()), "amount": mean})
        table["low"], table["high"] = low, high
        for number, link in enumerate(self.links):
            table[link.name] = self.lines[number].mean(axis=1)
        return table

    @cached_property
    def measures(self) -> pd.DataFrame:
        """One row a measure along the chain: a, b, and the difference with an interval, means of the months."""
        apart, low, high = mean_interval(self.chain[1] - self.chain[0], self.confidence)
        return pd.DataFrame(
            {
                "measure": list(CHAIN),
                "label": [label for label, _ in CHAIN.values()],
                "unit": [unit for _, unit in CHAIN.values()],
                "a": mean_interval(self.chain[0])[0],
                "b": mean_interval(self.chain[1])[0],
                "difference": apart,
                "low": low,
                "high": high,
            }
        )

    def summary(self) -> str:
        """Tell in words: how large the difference is, which links carried it, and through what it reached profit."""
        return "\n".join(_words(self))

    def __str__(self) -> str:
        return self.summary()


def why(
    a: Run | Scenario,
    b: Run | Scenario,
    *,
    seed: int | None = None,
    replications: int | Iterable[int] | None = None,
    orders: Literal["auto", "all", "two"] = "auto",
    confidence: float = 0.95,
    executor: str | Executor | Any = "threads",
    jobs: int | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = True,
) -> Explanation:
    r"""Explain the difference in profit between two runs, or between two scenarios over several replications.

    The links of the chain in which they differ are switched one after another under the same luck. Over all orders
    of n links the mean part of link i is its Shapley value,

    .. math:: \phi_i = \frac{1}{n!} \sum_{\text{orders}} \bigl(P(\text{before } i, i) - P(\text{before } i)\bigr),

    and the parts add up to the difference in any single replication.

    Parameters
    ----------
    a, b
        Two runs (their own luck is used; if it differs, luck is one of the links), or two scenarios.
    seed, replications
        The luck of scenarios, by default seed 1 and one replication; several tell what to expect, with intervals.
    orders
        "all" orders, the "two" along the chain (front to back and back to front), or "auto": all of up to four links.
    confidence
        Coverage of the intervals.
    executor, jobs, store, progress
        As for :func:`custsim.experiment.evaluate.evaluate`.

    Returns
    -------
    Explanation
        ``.summary()`` in words, ``.table`` by link, ``.account`` by line of the accounts, ``.measures`` along the
        chain.

    Raises
    ------
    InputError
        If one is a run and the other is not, they have different lengths, a run used processes of its own or comes out
        otherwise in this version, or two links cannot be switched one without the other.

    References
    ----------
    Shapley (1953), A value for n-person games.

    Examples
    --------
    >>> bank = Scenario().scaled(0.05).change({"time.months": 4}, opening="own")
    >>> told = why(bank, bank.change({"employees.pay": 1.1}), progress=False)
    >>> [link.label for link in told.links], abs(float(told.contributions.sum() - told.difference)) < 1e-9
    (['Employees'], True)
    """
    between, lucks, numbers = _compared(a, b, seed, replications)
    players = tuple(link.name for link in between.links) + (("luck",) if lucks[0] != lucks[1] else ())
    chosen = _orders(players, orders)
    subsets = dict.fromkeys(
        frozenset(order[:n]) for order in [players, players[::-1], *chosen] for n in range(len(players) + 1)
    )
    firms = _lived(between, list(subsets), lucks, numbers, executor=executor, jobs=jobs, store=store, progress=progress)
    _refuse_others(a, firms[frozenset()])
    _refuse_others(b, firms[frozenset(players)])
    steps = [_parts(order, players, firms) for order in chosen]
    links = between.links + ((Link("luck", "Luck", (_luck_words(lucks),)),) if lucks[0] != lucks[1] else ())
    first, last = firms[frozenset()], firms[frozenset(players)]
    shape = (len(players), len(LINES), len(numbers))
    return Explanation(
        a=between.a,
        b=between.b,
        links=links,
        orders="one" if len(players) < 2 else "all" if len(chosen) == math.factorial(len(players)) else "two",
        seed=lucks[0][0],
        replications=numbers,
        months=between.a.time.months,
        profit_a=first["profit"].mean(axis=1),
        profit_b=last["profit"].mean(axis=1),
        forward=_parts(players, players, firms).sum(axis=1),
        reverse=_parts(players[::-1], players, firms).sum(axis=1),
        lines=np.mean(steps, axis=0).reshape(shape),
        chain=np.array([_along(first), _along(last)]),
        confidence=confidence,
    )


_Luck = tuple[int, tuple[int, ...]]


def _compared(
    a: Run | Scenario, b: Run | Scenario, seed: int | None, replications: int | Iterable[int] | None
) -> tuple[Between, tuple[_Luck, _Luck], tuple[int, ...]]:
    """Say what is compared: the firms, the luck of each, and the numbers of the replications."""
    if isinstance(a, Run) and isinstance(b, Run):
        if seed is not None or replications is not None:
            raise InputError("seed, replications: runs have their own; give the scenarios instead (run.scenario)")
        if a.months != b.months:
            raise InputError(f"b: has {b.months} months and a has {a.months}; simulate both with the same months=")
        lucks = ((a.seed, (a.replication,)), (b.seed, (b.replication,)))
        return Between(a.scenario, b.scenario, a.months), lucks, (a.replication,)
    if not (isinstance(a, Scenario) and isinstance(b, Scenario)):
        raise InputError(
            f"a, b: give two runs or two scenarios, got {type(a).__name__} and {type(b).__name__}; "
            "the scenario of a run is run.scenario"
        )
    if a.time.months != b.time.months:
        raise InputError(f"time.months: is {a.time.months} in a and {b.time.months} in b; make them equal")
    asked = 1 if replications is None else replications
    numbers = tuple(range(asked)) if isinstance(asked, int) else tuple(dict.fromkeys(asked))
    luck = (1 if seed is None else seed, numbers)
    return Between(a, b, a.time.months), (luck, luck), numbers


def _luck_words(lucks: tuple[_Luck, _Luck]) -> str:
    one, other = (f"seed {seed}, replication {which[0]}" for seed, which in lucks)
    return f"{one} to {other}"


def _orders(players: tuple[str, ...], asked: str) -> list[tuple[str, ...]]:
    if asked not in ("auto", "all", "two"):
        raise InputError(f'orders: must be "auto", "all" or "two", got {asked!r}')
    if asked == "all" and len(players) > _MOST_LINKS:
        raise InputError(
            f'orders: {len(players)} links differ, all orders would need {2 ** len(players)} firms; use orders="two"'
        )
    if asked == "all" or (asked == "auto" and len(players) <= _ALL_ORDERS):
        return list(itertools.permutations(players))
    return [players, players[::-1]]


def _lived(
    between: Between,
    subsets: Sequence[frozenset[str]],
    lucks: tuple[_Luck, _Luck],
    numbers: tuple[int, ...],
    **options: Any,
) -> dict[frozenset[str], Mapping[str, Floats]]:
    """Live every firm in its luck; column -> values of shape (replications, months)."""
    found: dict[frozenset[str], Mapping[str, Floats]] = {}
    for number, (seed, which) in enumerate(lucks if lucks[0] != lucks[1] else lucks[:1]):
        here = [subset for subset in subsets if ("luck" in subset) == bool(number)]
        made = evaluate(
            [between.mixed(subset - {"luck"}) for subset in here],
            [f"monthly:{name}" for name in _SERIES],
            seed=seed,
            replications=which,
            **options,
        ).raise_errors()
        for point, subset in enumerate(here):
            found[subset] = {name: made.values(f"monthly:{name}")[point] for name in _SERIES}
    return found


def _refuse_others(asked: Run | Scenario, lived: Mapping[str, Floats]) -> None:
    if isinstance(asked, Run) and not np.allclose(asked.monthly["profit"], lived["profit"][0], rtol=1e-9, atol=1e-6):
        raise InputError(
            "the run comes out otherwise when it is lived again: it used processes or a desk of its own, or was made "
            "by another version of custsim; compare scenarios, and write what a process did as interventions"
        )


def _parts(
    order: Sequence[str], players: tuple[str, ...], firms: Mapping[frozenset[str], Mapping[str, Floats]]
) -> Floats:
    """Account of each switch of an order, by player: shape (links, lines, replications)."""
    steps: dict[str, Floats] = {}
    for n, name in enumerate(order):
        steps[name] = account(firms[frozenset(order[:n])], firms[frozenset(order[: n + 1])])
    replications = next(iter(firms.values()))["profit"].shape[0]
    return np.array([steps[name] for name in players]).reshape(len(players), len(LINES), replications)


def _along(firm: Mapping[str, Floats]) -> Floats:
    """Measures of :data:`CHAIN`, means of the months, shape (measures, replications)."""
    sums = {name: values.sum(axis=1) for name, values in firm.items()}
    answered, _, _ = mean_interval(firm["response_days"])
    failures = _ratio(sums["minor_failures"] + sums["major_failures"], sums["visits"])
    margins = sums["base"] + sums["growth"] + sums["saving"] + sums["premium"]
    found = {name: mean_interval(firm[name])[0] for name in (*_INDICES, "joined", "customers", "profit")}
    found |= {
        "failures": 100.0 * failures,
        "response_days": answered,
        "leaving": 100.0 * _ratio(sums["left"], sums["customers"]),
        "margin": _ratio(margins, sums["customers"]),
    }
    return np.array([found[name] for name in CHAIN])


def _ratio(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
    return share


# --- in words -----------------------------------------------------------------------------------------------------


def _money(value: float, currency: str) -> str:
    return f"{value:+z,.0f} {currency}".replace("-", "\N{MINUS SIGN}")


def _between(low: float, high: float, told: Explanation) -> str:
    if math.isnan(low):
        return ""
    bounds = f"{low:+,.0f} to {high:+,.0f}".replace("-", "\N{MINUS SIGN}")
    return f" ({100 * told.confidence:g} % interval {bounds})"


def _words(told: Explanation) -> list[str]:
    if not told.links:
        return ["The two are the same: no link of the chain differs, and neither does the profit (difference 0)."]
    return [*_opening_words(told), *_link_words(told), *_account_words(told), *_chain_words(told), *_caution(told)]


def _opening_words(told: Explanation) -> list[str]:
    _, low, high = mean_interval(told.profit_b - told.profit_a, told.confidence)
    more = "more" if told.difference >= 0 else "less"
    size = f"{abs(told.difference):,.0f} {told.a.currency}"
    doubt = (
        ["The interval holds 0: these replications do not tell which of the two earns more."] if low < 0 < high else []
    )
    return [
        f"The second firm earns {size} a month {more} than the first{_between(float(low), float(high), told)}:",
        f"{told.profit_b.mean():,.0f} against {told.profit_a.mean():,.0f}, means of {told.months} months.".replace(
            "-", "\N{MINUS SIGN}"
        ),
        *doubt,
    ]


def _link_words(told: Explanation) -> list[str]:
    rows = told.table.to_dict("records")
    if len(rows) == 1:
        return ["", f"All of it comes from one link, {rows[0]['label'].lower()}: {_brief(told.links[0].changed)}."]
    lines = ["", "Link by link, along the chain:"]
    for row, link in zip(rows, told.links, strict=True):
        lines.append(
            f"  {row['label']:<20} {_money(row['contribution'], told.a.currency):>14}"
            f"{_between(row['low'], row['high'], told)}"
            f"   {_brief(link.changed)}"
        )
    apart = (told.forward - told.reverse).mean(axis=1)
    most = int(np.argmax(np.abs(apart)))
    how = "all orders of switching" if told.orders == "all" else "the two orders along the chain"
    first, last = told.forward.mean(axis=1)[most], told.reverse.mean(axis=1)[most]
    if abs(round(last) - round(first)) < 1:
        # as they are written there is nothing to tell apart
        return [*lines, f"Each part is the mean over {how}. The order does not matter here."]
    lines.append(f"Each part is the mean over {how}. The order matters most for {rows[most]['label'].lower()}:")
    lines.append(
        f"  {_money(first, told.a.currency)} switched from the front of the chain, "
        f"{_money(last, told.a.currency)} from the back."
    )
    return lines


def _account_words(told: Explanation) -> list[str]:
    table = told.account[told.account["amount"].abs() >= 0.5]
    table = table.reindex(table["amount"].abs().sort_values(ascending=False, kind="stable").index)
    lines = ["", "Through what it reaches profit (exact; + is profit gained, a month):"]
    for row in table.head(6).to_dict("records"):
        amount = _money(row["amount"], told.a.currency)
        interval = _between(row["low"], row["high"], told)
        lines.append(f"  {row['label']:<44} {amount:>14}{interval}")
    rest = float(table["amount"].iloc[6:].sum())
    if len(table) > 6:
        lines.append(f"  {'everything else':<44} {_money(rest, told.a.currency):>14}")
    return lines if len(table) else [*lines, "  nothing moves by half a unit of money"]


def _chain_words(told: Explanation) -> list[str]:
    lines = ["", "Along the chain (first firm, second firm):"]
    for row in told.measures.to_dict("records"):
        a, b = row["a"], row["b"]
        if row["measure"] == "profit" or math.isnan(a) or math.isnan(b) or abs(b - a) < 5e-3 * max(0.1, abs(a)):
            continue
        lines.append(f"  {row['label']:<24} {a:>10,.2f} {b:>10,.2f}   {row['unit']}")
    return lines if len(lines) > 2 else []


def _caution(told: Explanation) -> list[str]:
    if len(told.replications) > 1:
        return []
    return [
        "",
        "This is what happened in one luck. For what to expect give the scenarios and replications=20, say.",
    ]


def _brief(changed: Sequence[str]) -> str:
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return "; ".join(changed[:3]) + more
