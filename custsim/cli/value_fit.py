"""``custsim value fit``: who is probably still a customer, and what each is worth, from a client's own log."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custsim.cli import value_output as show

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from custsim.value.customers import CustomerBase
    from custsim.value.purchases import BootstrapIntervals, HoldoutCheck

_UNITS = ["hour", "day", "week", "fortnight", "month", "quarter", "half-year", "year"]
#: what the library calls arguments that have another name here
_NAMES = {"annual_discount_rate": "discount", "periods": "horizon", "calibration_end": "holdout", "margin": "margin",
          "draws": "bootstrap", "end": "end", "cohort": "cohort", "spend": "spend"}  # fmt: skip


@click.command("fit")
@click.argument("log", type=show.FILE)
@click.option("--customer", help="Column that says who bought; recognised by usual names.")
@click.option("--date", help="Column that says when; recognised by usual names.")
@click.option("--amount", help="Column that says for how much; recognised by usual names. Without one: purchases only.")
@click.option(
    "--model",
    type=click.Choice(["auto", "bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb"]),
    default="auto",
    show_default=True,
    help="Purchase model; auto says which and why.",
)
@click.option("--unit", type=click.Choice(_UNITS), help="Period of the answer; weeks for dates.")
@click.option("--time-unit", type=click.Choice(_UNITS), help="What times count that are numbers, not dates.")
@click.option("--end", help="Last day observed, 2024-12-31; the last transaction without it.")
@click.option("--cohort", nargs=2, metavar="FIRST LAST", help="Only customers won between these days, both included.")
@click.option("--discount", type=show.RATE, default=0.10, help="Discount rate a year; 10% without it.")
@click.option("--margin", type=show.SHARE, default=1.0, help="Contribution as a share of spend; 100% without it.")
@click.option("--spend", type=show.NUMBER, help="Spend on an occasion, the same for all, instead of a model of it.")
@click.option("--horizon", type=show.NUMBER, help="Periods that expected purchases look ahead; a year without it.")
@click.option("--holdout", metavar="DAY", help="Check first: fit up to that day, hold what follows against it.")
@click.option("--bootstrap", type=int, metavar="DRAWS", help="Put 95 % intervals on predictions; 200 are steady.")
@click.option("--seed", type=int, default=1, show_default=True, help="Names the luck of the draws.")
@click.option("--date-format", help="How dates are written, such as %d.%m.%Y.")
@click.option(
    "--same-day",
    type=click.Choice(["merge", "separate"]),
    help="Several transactions of a customer on one day; merged for dates, separate for times that are numbers.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "merge", "keep"]),
    help="Rows that repeat another in full; refused without it where they change the answer.",
)
@click.option(
    "--nonpositive",
    type=click.Choice(["refuse", "drop", "keep"]),
    default="refuse",
    show_default=True,
    help="Amounts of 0 or less.",
)
@click.option(
    "--after-end",
    type=click.Choice(["refuse", "drop"]),
    default="refuse",
    show_default=True,
    help="Transactions after --end.",
)
@show.reading
@click.option(
    "--top", type=click.IntRange(min=0), default=10, show_default=True, help="Customers slipping away to list."
)
@click.option("--picture", type=show.FILE, help="Draw who is probably still a customer: .png, .svg or .pdf.")
@click.option("--out", type=show.FILE, help="Write a table of all customers (CSV).")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def fit(log: Path, picture: Path | None, out: Path | None, as_json: bool, top: int, **options: Any) -> None:
    """Tell from a LOG of transactions who is probably still a customer, and what each is worth from now on.

    LOG is a CSV file with one row for each transaction: who, when and, if spending matters, how much. The transactions
    of a saved run (Parquet) are read too.
    """
    show.check_picture(picture)
    with show.in_the_words_of_options(_NAMES):
        table = show.read(log, options)
        base, check, intervals = _work(table, options)
    answer = _answer(base, check, intervals, top)
    if picture is not None:
        _draw_map(base, picture)
        answer["picture"] = str(picture)
    if out is not None:
        show.write_table(_customers(base, intervals), out)
        answer["table"] = str(out)
    if as_json:
        show.print_json(answer)
    else:
        _print(base, answer)


def _work(
    table: pd.DataFrame, options: dict[str, Any]
) -> tuple[CustomerBase, HoldoutCheck | None, BootstrapIntervals | None]:
    """Fit, check on the hold-out, and resample, as asked for."""
    from custsim.errors import InputError
    from custsim.value.customers import customer_base
    from custsim.value.purchases import holdout_check
    from custsim.value.transactions import calibration_holdout

    rules = {name: value for name, value in options.items() if value is not None}
    terms = {"annual_discount_rate": rules.pop("discount"), "margin": rules.pop("margin")}
    terms |= {"model": rules.pop("model"), "periods": rules.pop("horizon", None)}
    cut, draws, seed = rules.pop("holdout", None), rules.pop("bootstrap", None), rules.pop("seed")
    if draws is not None and draws < 20:
        raise InputError(f"draws: must be at least 20, got {draws}; 200 give steady intervals")
    base = customer_base(table, **terms, **rules)
    check = None
    if cut is not None:
        split = calibration_holdout(table, calibration_end=cut, timing=base.model.timing, **rules)
        check = holdout_check(type(base.model).fit(split.calibration), split)
    return base, check, None if draws is None else base.intervals(seed=seed, draws=draws)


def _customers(base: CustomerBase, intervals: BootstrapIntervals | None) -> pd.DataFrame:
    """One row for each customer, with intervals if there are any."""
    if intervals is None:
        return base.customers
    ends = [name for name in intervals.customers.columns if str(name).endswith(("_low", "_high"))]
    return base.customers.join(intervals.customers[ends])


def _answer(
    base: CustomerBase, check: HoldoutCheck | None, intervals: BootstrapIntervals | None, top: int
) -> dict[str, Any]:
    """Gather what the command tells."""
    from custsim.value.customers import slipping_away

    model, record = base.model, base.summary.record
    answer: dict[str, Any] = {
        "log": [] if record is None else record.lines(),
        "model": model.name,
        "why": [] if base.choice is None else list(base.choice.why),
        "alternatives": [] if base.choice is None else list(base.choice.alternatives),
        "unit": base.summary.unit,
        "parameters": model.summary().to_dict(orient="index"),
        "log_likelihood": None if model.estimates is None else model.estimates.log_likelihood,
        "convergence": show.convergence(model),
        "spend": None,
        "inputs": {
            "annual_discount_rate": base.annual_discount_rate,
            "margin": base.margin,
            "horizon": base.periods,
        },
        "totals": base.totals(),
        "holdout": None if check is None else _holdout(check),
        "intervals": None,
        "slipping_away": [],
    }
    if isinstance(base.spend, float):
        answer["spend"] = {"model": None, "amount": base.spend, "convergence": None, "parameters": {}}
    elif base.spend is not None:
        answer["spend"] = {
            "model": base.spend.name,
            "parameters": base.spend.summary().to_dict(orient="index"),
            "convergence": show.convergence(base.spend),
            "correlation_with_frequency": base.spend_frequency_correlation,
        }
    if intervals is not None:
        answer["intervals"] = {
            "level": 0.95,
            "draws": intervals.draws,
            "unsettled": intervals.unsettled,
            "expected_purchases": intervals.total,
            "residual_value": intervals.total_value,
        }
    if top:
        answer["slipping_away"] = slipping_away(base, most=top).reset_index().to_dict(orient="records")
    return answer


def _holdout(check: HoldoutCheck) -> dict[str, Any]:
    return {
        "predicted": check.predicted_total,
        "actual": check.actual_total,
        "relative_error": check.relative_error,
        "mean_absolute_error": check.mean_absolute_error,
        "correlation": check.correlation,
        "by_frequency": check.by_frequency.to_dict(orient="index"),
    }


def _draw_map(base: CustomerBase, picture: Path) -> None:
    from custsim.plots.purchases import frequency_recency
    from custsim.plots.style import save

    longest = float(base.summary.T.max())
    T = math.floor(longest) if base.model.timing == "discrete" or longest >= 5 else longest
    most = int(min(max(base.summary.frequency.max(), 3), 15))
    most = min(most, int(T)) if base.model.timing == "discrete" else most
    save(frequency_recency(base.model, T=T, most=most, customers=base.summary), picture)


def _print(base: CustomerBase, answer: dict[str, Any]) -> None:
    from rich.padding import Padding

    screen = show.console()
    for line in answer["log"]:
        screen.print(line, style="dim", highlight=False)
    screen.print()
    screen.print(f"[bold]{answer['model']}[/bold]", highlight=False)
    for reason in answer["why"]:
        screen.print(Padding(f"because {reason}", (0, 0, 0, 2)), highlight=False)
    for other in answer["alternatives"]:
        screen.print(Padding(f"or {other}", (0, 0, 0, 2)), highlight=False, style="dim")
    fits = [answer, *([answer["spend"]] if answer["spend"] else [])]
    screen.print(show.parameters({fit["model"]: fit["parameters"] for fit in fits}))
    for fit in fits:
        found = fit["convergence"]
        if found and not found["converged"]:
            show.distrust(screen, f"{fit['model']}: {found['message']}")
    if answer["holdout"] is not None:
        _print_holdout(screen, answer["holdout"])
    screen.print(_totals(base, answer["totals"], answer["intervals"]))
    correlation = base.spend_frequency_correlation
    if abs(correlation) > 0.2:
        screen.print(
            f"Spend and frequency go together (correlation {correlation:+.2f}), which the spend model rules out: "
            "values of frequent customers are off in that direction.",
            highlight=False,
        )
    if answer["slipping_away"]:
        screen.print(_slipping(base, answer["slipping_away"]))
    show.print_files(screen, answer)


def _print_holdout(screen: Console, found: dict[str, Any]) -> None:
    error = found["relative_error"]
    apart = "" if math.isnan(error) else f" ({error:+.0%})"
    screen.print(
        f"Hold-out: {found['predicted']:,.0f} purchases predicted, {found['actual']:,.0f} came{apart}", highlight=False
    )
    table = show.table("purchases before", "customers", "predicted, each", "came, each")
    for name, row in found["by_frequency"].items():
        table.add_row(f"{name}", f"{row['customers']:,.0f}", f"{row['predicted']:.2f}", f"{row['actual']:.2f}")
    screen.print(table)


def _between(found: dict[str, float] | None) -> str:
    """Say an interval after a figure."""
    return "" if found is None else f"; 95 % between {found['low']:,.0f} and {found['high']:,.0f}"


def _totals(base: CustomerBase, totals: dict[str, float], intervals: dict[str, Any] | None) -> Table:
    table = show.table("", "", "", header=False)
    number = totals["customers"]
    ends = intervals or {"expected_purchases": None, "residual_value": None}
    table.add_row("customers", f"{number:,.0f}", f"{totals['one_time_buyers'] / number:.0%} bought once")
    table.add_row(
        "probably still customers",
        f"[bold]{totals['expected_customers']:,.0f}[/bold]",
        f"{totals['expected_customers'] / number:.0%}",
    )
    table.add_row(
        "purchases to expect",
        f"{totals['expected_purchases']:,.0f}",
        f"in the next {base.periods:g} {base.summary.unit}s{_between(ends['expected_purchases'])}",
    )
    if base.spend is not None:
        how = "the same for all" if isinstance(base.spend, float) else "across customers, by the spend model"
        table.add_row("mean spend on an occasion", f"{totals['mean_spend']:,.2f}", how)
        table.add_row(
            "residual value of all customers",
            f"[bold]{totals['residual_value']:,.0f}[/bold]",
            f"at {base.margin:.0%} margin, discounted at {base.annual_discount_rate:.1%} a year"
            f"{_between(ends['residual_value'])}",
        )
    else:
        table.add_row(
            "discounted purchases of all customers",
            f"[bold]{totals['residual_value']:,.0f}[/bold]",
            f"discounted at {base.annual_discount_rate:.1%} a year; no amounts, so no money"
            f"{_between(ends['residual_value'])}",
        )
    table.add_row("held by the top fifth", f"{totals['share_of_top_fifth']:.0%}", "")
    return table


def _slipping(base: CustomerBase, rows: list[dict[str, Any]]) -> Table:
    unit = base.summary.unit
    table = show.table(
        "slipping away", "purchases", f"usual gap ({unit}s)", f"silent for ({unit}s)", "still there", "at risk"
    )
    for row in rows:
        table.add_row(
            str(row["customer"]),
            f"{row['frequency'] + 1:,.0f}",
            f"{row['usual_gap']:,.1f}",
            f"{row['silent_for']:,.1f}",
            f"{row['probability_alive']:.0%}",
            f"{row['at_risk']:,.2f}",
        )
    return table
