"""What a board tells when asked: is it luck (band), which link carried it (why), whose life it changed (customer).

Each takes a second or a few, changes nothing of a learner's state, and says what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.errors import InputError
from custsim.experiment.interval import mean_interval
from custsim.experiment.links import Between
from custsim.experiment.why import Explanation, why
from custsim.simulation import Run
from custsim.simulation.population import PROSPECT
from custsim.simulation.story import calendar_month
from custsim.widgets.component import Reply, as_json
from custsim.widgets.events import events, lanes
from custsim.widgets.numbers import Headline, written

if TYPE_CHECKING:
    from custsim.widgets.board import Board

__all__ = ["REPLICATIONS", "band", "customer", "why_panel"]

Floats = NDArray[np.float64]

#: lucks of a band
REPLICATIONS = 20
#: firms that a why panel lives at most, over all replications
_FIRMS = 48
#: what is written of a difference that some luck does not have
_NOT_KNOWN = "not known"

# --- is it luck? --------------------------------------------------------------------------------------------------


def band(board: Board, setting: Mapping[str, Any], reference: Mapping[str, Any]) -> Reply:
    """Live the present and the reference setting in 20 lucks, the same for both.

    Returns
    -------
    Reply
        Buffer of shape (2 firms: present, reference) x (low, high) x series x months: 5 and 95 % of the lucks. The
        numbers are mean differences with their 95 % interval.

    Examples
    --------
    >>> from custsim.widgets import Board
    >>> board = Board("b", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.02, months=4)
    >>> band(board, {"complaints.staff": 2}, {}).numbers.size == 2 * 2 * len(board.series) * 4
    True
    """
    lucks = range(REPLICATIONS)
    present, before = ([board.outcome(firm, luck) for luck in lucks] for firm in (setting, reference))
    rows = np.array([_quantiles(np.array([one.series for one in firm])) for firm in (present, before)], dtype="<f4")
    numbers = []
    for one in board.numbers:
        now, then = (np.array([lived.numbers[one.name] for lived in firm]) for firm in (present, before))
        numbers.append(_difference(one, now - then, board.scenario.currency))
    words = [
        f"Each band holds 9 of 10 of {REPLICATIONS} lucks; both settings live through the same ones.",
        "The settings are the same, so nothing differs." if dict(setting) == dict(reference) else _sure_words(numbers),
    ]
    return Reply({"is": "band", "replications": REPLICATIONS, "numbers": numbers, "words": words}, rows.tobytes())


def _quantiles(series: NDArray[np.float32]) -> NDArray[np.float32]:
    """5 and 95 % over the replications; not a number in months in which no replication has one."""
    values = series.astype(np.float64)
    nowhere = np.isnan(values).all(axis=0)
    values[:, nowhere] = 0.0
    bounds = np.nanquantile(values, [0.05, 0.95], axis=0)
    bounds[:, nowhere] = np.nan
    return bounds.astype("<f4")


def _difference(one: Headline, apart: Floats, currency: str) -> dict[str, Any]:
    mean, low, high = (float(value) for value in mean_interval(apart))
    told: dict[str, Any] = {"name": one.name, "label": one.label}
    if np.isnan(low):
        return told | {"text": _NOT_KNOWN, "sure": False}
    ends = " to ".join(one.write(bound, "", signed=True).split(" ")[0] for bound in (low, high))
    # as it is written: an end that is written as 0 leaves a doubt
    sure = (low > 0 or high < 0) and all(_not_zero(end) for end in ends.split(" to "))
    return told | {"text": f"{one.write(mean, currency, signed=True)} (95 %: {ends})", "sure": sure}


def _not_zero(text: str) -> bool:
    return any(digit in text for digit in "123456789")


def _sure_words(numbers: list[dict[str, Any]]) -> str:
    known = [one for one in numbers if one["text"] != _NOT_KNOWN]
    doubtful = [one["label"].lower() for one in known if not one["sure"]]
    if doubtful:
        return f"May be luck, since the interval holds 0: {', '.join(doubtful)}."
    return "None of the differences is luck: no interval holds 0." if known else "None of the differences is known."


# --- why? ---------------------------------------------------------------------------------------------------------


def why_panel(board: Board, setting: Mapping[str, Any], reference: Mapping[str, Any]) -> Reply:
    """Say which link of the chain carried the difference in profit, and through what it reached it.

    Examples
    --------
    >>> from custsim.widgets import Board
    >>> board = Board("b", scenario="neighbourhood_bank", controls=["employees.pay"], scale=0.02, months=4)
    >>> [bar["link"] for bar in why_panel(board, {"employees.pay": 1.1}, {}).message["bars"]]
    ['employees']
    """
    before, present = board.changed(reference), board.changed(setting)
    currency = board.scenario.currency
    unit = f"{currency} a month"
    links = len(Between(before, present, board.months).links)
    firms = 2**links if links <= 4 else 2 * links
    replications = int(np.clip(_FIRMS // firms, 2, 8))
    if not links:
        words = ["The setting is the reference: nothing differs. Move a control first."]
        return Reply({"is": "why", "words": words, "bars": [], "unit": unit, "total": {"value": 0.0, "text": "0"}})
    told = why(before, present, seed=board.seed, replications=replications, progress=False, executor="serial")
    bars = [
        {"link": row["link"], "label": row["label"], "value": row["contribution"], "low": _bound(row["low"]),
         "high": _bound(row["high"]), "text": _money(row["contribution"], currency)}
        for row in told.table.to_dict("records")
    ]  # fmt: skip
    total = {"value": told.difference, "text": f"{_money(told.difference, currency)} a month"}
    return Reply({"is": "why", "words": _why_words(told, board), "bars": bars, "unit": unit, "total": total})


def _why_words(told: Explanation, board: Board) -> list[str]:
    currency = board.scenario.currency
    mean, low, high = (float(v) for v in mean_interval(told.profit_b - told.profit_a))
    more = "more" if mean >= 0 else "less"
    words = [
        f"The present firm earns {written(abs(mean), 0)} {currency} a month {more} than the reference "
        f"(95 % interval {written(low, 0, signed=True)} to {written(high, 0, signed=True)}; "
        f"{len(told.replications)} lucks, {told.months} months)."
    ]
    if low < 0 < high:
        words.append("The interval holds 0: this may be luck.")
    lines = told.account[told.account["amount"].abs() >= 0.5]
    lines = lines.reindex(lines["amount"].abs().sort_values(ascending=False, kind="stable").index).head(4)
    reached = [f"{str(row['label']).lower()} {_money(row['amount'], currency)}" for row in lines.to_dict("records")]
    if reached:
        words.append(f"Profit moves most through {'; '.join(reached)}.")
    moved = [_moved(row, currency) for row in told.measures.to_dict("records") if _tells(row)]
    if moved:
        words.append(f"Along the chain: {'; '.join(moved)}.")
    return words


def _tells(row: Mapping[Any, Any]) -> bool:
    a, b = float(row["a"]), float(row["b"])
    return row["measure"] != "profit" and not np.isnan(a + b) and abs(b - a) >= 5e-3 * max(0.1, abs(a))


def _moved(row: Mapping[Any, Any], currency: str) -> str:
    a, b = float(row["a"]), float(row["b"])
    return (
        f"{str(row['label']).lower()} {written(a)} to {written(b)} ({str(row['unit']).replace('currency', currency)})"
    )


def _money(value: float, currency: str) -> str:
    return f"{written(float(value), 0, signed=True)} {currency}"


def _bound(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


# --- whose life? --------------------------------------------------------------------------------------------------


def customer(
    board: Board, setting: Mapping[str, Any], reference: Mapping[str, Any], person: int | None = None
) -> Reply:
    """Tell one life in both runs: of the person asked for, or of the one whom the difference concerns most.

    Examples
    --------
    >>> from custsim.widgets import Board
    >>> board = Board("b", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.05, months=6)
    >>> customer(board, {}, {}, 7).message["words"][0][:8]
    'Person 7'
    """
    same = dict(setting) == dict(reference)
    present = board.run(setting)
    before = present if same else board.run(reference)
    why_this_one = ""
    if person is None:
        person, why_this_one = _whom(present, before, same)
    words = _told(present, person)
    lived, lived_before = events(present, person), [] if same else events(before, person)
    message = {
        "is": "customer",
        "person": person,
        "words": words,
        "before": [] if same else _told(before, person),
        "difference": f"{why_this_one} {_compared(present, before, person, same)}".strip(),
        "months": {"present": _course(present, person), "reference": None if same else _course(before, person)},
        "events": {"present": lived, "reference": None if same else lived_before},
        "lanes": lanes(lived, lived_before),
    }
    return Reply(message)


def _worth(run: Run) -> pd.Series[float]:
    return run.customers["value_observed"] + run.customers["value_residual"]


def _whom(present: Run, before: Run, same: bool) -> tuple[int, str]:
    """The person whose worth differs most, of those who stay in one run and leave in the other if there are any."""
    if present.customers.empty and before.customers.empty:
        raise InputError("person: nobody was a customer in these runs; ask for a person by number")
    if same:
        most = present.customers.sort_values(["complaints", "failures"], ascending=False, kind="stable")
        return int(most.index[0]), "Nothing differs yet; this is somebody to whom much happened."
    apart = _worth(present).sub(_worth(before), fill_value=0.0).abs()
    fate = [run.customers["state"].reindex(apart.index, fill_value="none") for run in (present, before)]
    other_fate = fate[0] != fate[1]
    if other_fate.any():
        return int(str(apart[other_fate].idxmax())), "Of all whose fate differs, theirs is the worth that differs most."
    return int(str(apart.idxmax())), "This is the person whose worth differs most."


def _told(run: Run, person: int) -> list[str]:
    """A story as a list: its title, its paragraphs, and one item for each date."""
    items: list[str] = []
    fresh = True
    for line in run.story(person).splitlines():
        if not line.strip() or set(line) == {"="}:
            fresh = True
        elif line[14:16] == "  " and not line.startswith(" "):
            items.append(f"{line[:16].strip()}: {line[16:].strip()}")
            fresh = False
        elif fresh:
            items.append(line.strip())
            fresh = False
        else:
            items[-1] = f"{items[-1]} {line.strip()}"
    return items


def _compared(present: Run, before: Run, person: int, same: bool) -> str:
    if same:
        return ""
    now, then = _fate(present, person), _fate(before, person)
    return "The change makes no difference to them." if now == then else f"In the reference {then}; now {now}."


def _fate(run: Run, person: int) -> str:
    """What became of a person, in a few words."""
    if person not in run.customers.index:
        once = run.followed(person)["state"].iloc[0] != PROSPECT
        return "they do not come back" if once else "they never become a customer"
    row: Any = run.customers.loc[person]
    worth = f"{run.scenario.currency} {written(float(row['value_observed'] + row['value_residual']), 0)}"
    if row["state"] == "customer":
        return f"they are a customer at the end and worth {worth}"
    return f"they leave in {calendar_month(run.scenario.time.start, int(row['changed']) - 1)} and are worth {worth}"


def _course(run: Run, person: int) -> dict[str, list[float | None]]:
    """Satisfaction as a person would report it, in the months in which they are a customer."""
    months = run.followed(person)
    said = (months["satisfaction"] + months["felt"]).to_numpy(dtype=np.float64)
    reported = 100.0 * np.clip(said, 0.0, 1.0)
    reported[months["state"].to_numpy() != 1] = np.nan
    return {"satisfaction": as_json(reported)}
