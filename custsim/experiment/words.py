"""Experiments in words and in plain data."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from custsim.experiment.identity import differences
from custsim.experiment.investment import Investment

if TYPE_CHECKING:
    from custsim.experiment.compare import Comparison
    from custsim.experiment.sweep import Sweep

__all__ = [
    "as_plain",
    "chance_in_words",
    "comparison_as_data",
    "comparison_in_words",
    "counted",
    "in_figures",
    "investment_in_words",
    "pairs_in_words",
    "rule_in_words",
    "sweep_as_data",
    "sweep_in_words",
]

#: width of the text
_WIDTH = 100

#: from here on a number has more digits than double precision knows
_AS_DIGITS = 1e15


def in_figures(value: float, unit: str = "", *, sign: bool = False) -> str:
    """Write a number as a reader wants it: shares in per cent, four figures, thousands apart.

    Examples
    --------
    >>> in_figures(0.1234, "share"), in_figures(1234567.0), in_figures(0.00123), in_figures(float("nan"))
    ('12.34 %', '1,234,567', '0.00123', '-')
    >>> in_figures(-1e-9, "share")
    '0.00 %'
    >>> in_figures(2.0e16)
    '2e+16'
    """
    if not math.isfinite(value):
        return "-" if math.isnan(value) else "infinite"
    plus = "+" if sign and value > 0 else ""
    if unit == "share":
        return f"{plus}{100 * value:z.2f}{' points' if sign else ' %'}"
    size = abs(value)
    if 1000 <= size < _AS_DIGITS:
        return f"{plus}{value:,.0f}"
    return f"{plus}{value:z.4g}"


def counted(number: int, what: str) -> str:
    """Count things that take an s.

    Examples
    --------
    >>> counted(1, "point"), counted(2000, "point")
    ('1 point', '2,000 points')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def as_plain(value: Any) -> Any:
    """Turn NumPy's numbers into Python's, and what is not a finite number into ``None``, all the way down."""
    if isinstance(value, Mapping):
        return {str(name): as_plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [as_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Set a table in columns: the first is text, the others numbers."""
    everything = [headings, *rows]
    widths = [max(len(row[place]) for row in everything) for place in range(len(headings))]
    lines = [
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in everything
    ]  # fmt: skip
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


# --- comparisons ------------------------------------------------------------------------------------------------


def comparison_in_words(comparison: Comparison) -> str:
    """Tell what a comparison came to."""
    result, base = comparison.evaluation, comparison.base
    lines = textwrap.wrap(
        f"{base.title or base.name}: {base.time.months} months, {comparison.replications} paired replications, "
        f"seed {result.seed}, intervals of {100 * comparison.confidence:g} %", _WIDTH
    )  # fmt: skip
    if comparison.precision:
        lines += textwrap.wrap(rule_in_words(comparison), _WIDTH)
    if result.errors:
        lines += textwrap.wrap(f"{len(result.errors)} runs failed and are left out with their pairs, the first: "
                               f"{next(iter(result.errors.values()))}", _WIDTH)  # fmt: skip
    for name in comparison.names[1:]:
        lines += ["", name, "=" * min(len(name), _WIDTH), *_differences(comparison, name), ""]
        lines += textwrap.wrap(investment_in_words(comparison.investments[name], comparison), _WIDTH)
    lines += ["", *textwrap.wrap(" ".join(filter(None, [pairs_in_words(comparison), _pairing(comparison)])), _WIDTH)]
    return "\n".join(lines)


def rule_in_words(comparison: Comparison) -> str:
    """Tell how many replications a precision took."""
    asked = ", ".join(f"{name} to ±{half:g}" for name, half in comparison.precision.items())
    needed = comparison.wanted or 0
    text = f"Asked for: {asked}. Stein's rule, from a pilot of {comparison.pilot}: {needed:,} replications."
    if needed > comparison.replications:
        text += f" Only {comparison.replications:,} were allowed, so the intervals are wider than asked for."
    return text


def _differences(comparison: Comparison, name: str) -> list[str]:
    table = comparison.table
    money = comparison.base.currency
    rows = []
    for row in table[table["scenario"] == name].to_dict("records"):
        unit = row["unit"]
        interval = f"{in_figures(row['low'], unit, sign=True)} to {in_figures(row['high'], unit, sign=True)}"
        named = f"{row['label']} [{unit.replace('currency', money)}]" if unit != "share" else row["label"]
        rows.append(
            (
                named,
                in_figures(row["base"], unit),
                in_figures(row["mean"], unit),
                in_figures(row["difference"], unit, sign=True),
                interval,
                "-" if math.isnan(row["relative"]) else f"{100 * row['relative']:+z.1f} %",
                "same" if _is_same(row) else chance_in_words(row["probability_better"]),
            )
        )
    return columns(("", "base", "changed", "difference", "interval", "relative", "better"), rows)


def _is_same(row: Mapping[Any, Any]) -> bool:
    """Tell whether a measure was the same in every pair: that is known, not undecided."""
    return bool(row["low"] == 0.0 == row["high"])


def pairs_in_words(comparison: Comparison) -> str:
    """Tell of which measures not every pair has a value: their intervals are not those of all pairs."""
    count = comparison.replications
    table = comparison.table
    fewest = dict(table.groupby("measure", sort=False)["replications"].min()) if len(table) else {}
    few = [f"{name}: {there:,} of {count:,} pairs have a value" for name, there in fewest.items() if there < count]
    return f"Fewer pairs count for {'; '.join(few)}." if few else ""


def chance_in_words(probability: float) -> str:
    """Write a confidence; one that is next to certain is not rounded to certainty."""
    if math.isnan(probability):
        return "-"
    if 0.0 < probability < 0.001 or 0.999 < probability < 1.0:
        return "< 0.1 %" if probability < 0.5 else "> 99.9 %"
    return f"{100 * probability:.1f} %"


def investment_in_words(found: Investment, comparison: Comparison) -> str:
    """Tell an alternative as an investment: costs, gains, net present value, return, payback."""
    money, months = comparison.base.currency, comparison.base.time.months
    value, later = found.net_present_value, found.with_customers
    text = (
        f"As an investment over {months} months, in {money} of month 0: own costs "
        f"{in_figures(found.cost.difference, sign=True)}, contribution of customers "
        f"{in_figures(found.gain.difference, sign=True)}, net present value "
        f"{in_figures(value.difference, sign=True)} "
        f"({in_figures(value.low, sign=True)} to {in_figures(value.high, sign=True)}); with the customers at the end "
        f"{in_figures(later.difference, sign=True)} "
        f"({in_figures(later.low, sign=True)} to {in_figures(later.high, sign=True)})."
    )
    if found.net_present_value.low == 0.0 == found.net_present_value.high and found.cost.low == 0.0 == found.cost.high:
        return f"{text} The account is the same in every replication."
    if not math.isnan(found.value_return.value):
        back = found.value_return
        text += f" Return on its cost {100 * back.value:+.0f} % ({100 * back.low:+.0f} to {100 * back.high:+.0f} %)."
    if found.payback is None:
        return f"{text} Not paid back within the run."
    when = "never behind" if found.payback == 0 else f"paid back in month {found.payback}"
    return f"{text} On average {when}; by the end in {100 * found.paid_back:.0f} % of replications."


def _pairing(comparison: Comparison) -> str:
    """Tell what pairing gained."""
    table = comparison.table
    gains = table.loc[np.isfinite(table["variance_ratio"]), ["measure", "variance_ratio"]]
    if gains.empty:
        return "better: confidence that the mean is better for the firm."
    least, most = gains.loc[gains["variance_ratio"].idxmin()], gains.loc[gains["variance_ratio"].idxmax()]
    text = (
        "better: confidence that the mean is better for the firm. Pairing: with independent luck the same precision "
        f"would take {in_figures(float(least['variance_ratio']))} times as many runs for {least['measure']}"
    )
    if least["measure"] != most["measure"]:
        text += f", and {in_figures(float(most['variance_ratio']))} times as many for {most['measure']}"
    return f"{text}."


def comparison_as_data(comparison: Comparison) -> dict[str, Any]:
    """Everything of a comparison as plain data."""
    result = comparison.evaluation
    changed = [differences(comparison.base, other) for other in comparison.scenarios[1:]]
    data = {
        "base": comparison.names[0],
        "alternatives": [
            {
                "name": name,
                "changes": {path: new for path, (_, new) in changes.items()},
                "measures": comparison.table[comparison.table["scenario"] == name]
                .drop(columns="scenario")
                .to_dict("records"),
                "investment": asdict(comparison.investments[name]),
            }
            for name, changes in zip(comparison.names[1:], changed, strict=True)
        ],
        "replications": comparison.replications,
        "seed": result.seed,
        "confidence": comparison.confidence,
        "precision": dict(comparison.precision),
        "pilot": comparison.pilot,
        "wanted": comparison.wanted,
        "months": comparison.base.time.months,
        "currency": comparison.base.currency,
        "failed": len(result.errors),
        "computed": result.computed,
        "from_store": result.kept,
        "seconds": result.seconds,
    }
    plain: dict[str, Any] = as_plain(data)
    return plain


# --- sweeps -----------------------------------------------------------------------------------------------------


def sweep_in_words(sweep: Sweep) -> str:
    """Tell what a sweep came to: its points in the order of the first measure, best first."""
    result, one = sweep.evaluation, next(item for item in sweep.evaluation.measures if not item.series)
    means = sweep.means
    ordered = means.sort_values(one.name, ascending=one.better == "less", na_position="last")
    paths = list(sweep.over)
    rows = [
        (
            ", ".join(f"{path} = {_brief(row[path])}" for path in paths),
            in_figures(row[one.name], one.unit),
            "-" if math.isnan(row[f"{one.name}_se"]) else f"±{in_figures(row[f'{one.name}_se'], one.unit)}",
        )
        for row in ordered.head(10).to_dict("records")
    ]
    lines = textwrap.wrap(
        f"{sweep.base.title or sweep.base.name}: {counted(len(means), 'point')} ({sweep.design}), "
        f"{counted(len(result.replications), 'replication')} in the same luck, seed {result.seed}", _WIDTH
    )  # fmt: skip
    lines += ["", *columns((f"{one.label}, best first", "mean", "standard error"), rows)]
    if len(means) > len(rows):
        lines.append(f"... and {len(means) - len(rows)} more")
    if result.errors:
        lines += textwrap.wrap(f"{len(result.errors)} runs failed, the first: {next(iter(result.errors.values()))}",
                               _WIDTH)  # fmt: skip
    if len(means) > 1:
        lines += textwrap.wrap(
            "The best of many points looks better than it is: test it on fresh replications.", _WIDTH
        )
    return "\n".join(lines)


def _brief(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def sweep_as_data(sweep: Sweep) -> dict[str, Any]:
    """Everything of a sweep as plain data."""
    result = sweep.evaluation
    failed: dict[int, list[str]] = {}
    for (point, _), error in result.errors.items():
        failed.setdefault(point, []).append(error)
    scalars = [one for one in result.measures if result.values(one.name).ndim == 2]
    points = [
        {
            "changes": {path: row[path] for path in sweep.over},
            "measures": {one.name: {"mean": row[one.name], "standard_error": row[f"{one.name}_se"]} for one in scalars},
            "replications": row["replications"],
            "errors": sorted(set(failed.get(number, []))),
        }
        for number, row in enumerate(sweep.means.to_dict("records"))
    ]
    data = {
        "base": sweep.base.name,
        "design": sweep.design,
        "points": points,
        "measures": [{"name": one.name, "label": one.label, "unit": one.unit} for one in result.measures],
        "replications": len(result.replications),
        "seed": result.seed,
        "failed": len(result.errors),
        "computed": result.computed,
        "from_store": result.kept,
        "seconds": result.seconds,
    }
    plain: dict[str, Any] = as_plain(data)
    return plain
