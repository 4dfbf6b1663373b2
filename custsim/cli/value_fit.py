"""``custsim value fit`` and ``custsim value retention``: models fitted to a client's own files."""

from __future__ import annotations

import contextlib
import json
import math
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custsim.cli.value_clv import SHARE, WIDTH

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from custsim.value.customers import CustomerBase
    from custsim.value.retention import RetentionModel

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("fit")
@click.argument("log", type=_FILE)
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
@click.option("--unit", type=click.Choice(["day", "week", "month", "quarter", "year"]), help="Period; weeks for dates.")
@click.option("--end", help="Last day observed, 2024-12-31; the last transaction without it.")
@click.option("--discount", type=SHARE, default=0.10, show_default=True, help="Discount rate a year.")
@click.option("--margin", type=SHARE, default=1.0, show_default=True, help="Contribution as a share of spend.")
@click.option("--horizon", type=float, help="Periods that expected purchases look ahead; a year without it.")
@click.option("--date-format", help="How dates are written, such as %d.%m.%Y.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Decimal mark.")
@click.option("--duplicates", type=click.Choice(["refuse", "merge", "keep"]), help="Rows that repeat another in full.")
@click.option("--nonpositive", type=click.Choice(["refuse", "drop", "keep"]), default="refuse", help="Amounts <= 0.")
@click.option("--after-end", type=click.Choice(["refuse", "drop"]), default="refuse", help="Rows after --end.")
@click.option(
    "--top", type=click.IntRange(min=0), default=10, show_default=True, help="Customers slipping away to list."
)
@click.option("--picture", type=_FILE, help="Draw who is probably still a customer: .png, .svg or .pdf.")
@click.option("--out", type=_FILE, help="Write a table of all customers (CSV).")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def fit(
    log: Path, picture: Path | None, out: Path | None, as_json: bool, top: int, decimal: str, **options: Any
) -> None:
    """Tell from a LOG of transactions who is probably still a customer, and what each is worth from now on.

    LOG is a CSV file with one row for each transaction: who, when and, if spending matters, how much.
    """
    from custsim.value.customers import customer_base
    from custsim.value.logs import read_log

    rules = {name: value for name, value in options.items() if value is not None}
    rules["periods"] = rules.pop("horizon", None)
    rules["annual_discount_rate"] = rules.pop("discount")
    base = customer_base(read_log(log, decimal=decimal), **rules)
    answer = _fit_answer(base, top)
    if picture is not None:
        _draw_map(base, picture)
        answer["picture"] = str(picture)
    if out is not None:
        _write_table(base.customers, out)
        answer["table"] = str(out)
    if as_json:
        click.echo(json.dumps(_plain(answer), indent=2, allow_nan=False))
    else:
        _print_fit(base, answer)


def _fit_answer(base: CustomerBase, top: int) -> dict[str, Any]:
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
        "convergence": _convergence(model),
        "spend": None,
        "inputs": {
            "annual_discount_rate": base.annual_discount_rate,
            "margin": base.margin,
            "horizon": base.periods,
        },
        "totals": base.totals(),
        "slipping_away": [],
    }
    if base.spend is not None:
        answer["spend"] = {
            "model": base.spend.name,
            "parameters": base.spend.summary().to_dict(orient="index"),
            "convergence": _convergence(base.spend),
            "correlation_with_frequency": base.spend_frequency_correlation,
        }
    if top:
        answer["slipping_away"] = slipping_away(base, most=top).reset_index().to_dict(orient="records")
    return answer


def _convergence(model: Any) -> dict[str, Any] | None:
    found = model.convergence
    return None if found is None else {"converged": found.converged, "message": found.message}


def _draw_map(base: CustomerBase, picture: Path) -> None:
    from custsim.plots.purchases import frequency_recency
    from custsim.plots.style import save

    longest = float(base.summary.T.max())
    T = math.floor(longest) if base.model.timing == "discrete" or longest >= 5 else longest
    most = int(min(max(base.summary.frequency.max(), 3), 15))
    most = min(most, int(T)) if base.model.timing == "discrete" else most
    save(frequency_recency(base.model, T=T, most=most, customers=base.summary), picture)


def _print_fit(base: CustomerBase, answer: dict[str, Any]) -> None:
    console = _console()
    for line in answer["log"]:
        console.print(line, style="dim", highlight=False)
    console.print()
    console.print(f"[bold]{answer['model']}[/bold]", highlight=False)
    for reason in answer["why"]:
        console.print(f"  because {reason}", highlight=False)
    for other in answer["alternatives"]:
        console.print(f"  or {other}", highlight=False, style="dim")
    fits = [answer, *([answer["spend"]] if answer["spend"] else [])]
    console.print(_parameters({fit["model"]: fit["parameters"] for fit in fits}))
    for fit in fits:
        found = fit["convergence"]
        if found and not found["converged"]:
            console.print(
                f"[bold red]not to be trusted:[/bold red] {fit['model']}: {found['message']}", highlight=False
            )
    console.print(_totals(base, answer["totals"]))
    correlation = base.spend_frequency_correlation
    if abs(correlation) > 0.2:
        console.print(
            f"Spend and frequency go together (correlation {correlation:+.2f}), which the spend model rules out: "
            "values of frequent customers are off in that direction.",
            highlight=False,
        )
    if answer["slipping_away"]:
        console.print(_slipping(base, answer["slipping_away"]))
    _print_files(console, answer)


def _parameters(models: dict[str, dict[str, dict[str, float]]]) -> Table:
    table = _table("parameter", "estimate", "std. error", "95 % interval")
    for name, parameters in models.items():
        for parameter, found in parameters.items():
            low, high, error = found["low_95"], found["high_95"], found["standard_error"]
            table.add_row(
                f"{name} {parameter}",
                f"{found['estimate']:,.4g}",
                "" if math.isnan(error) else f"{error:,.3g}",
                "" if math.isnan(low) else f"{low:,.3g} to {high:,.3g}",
            )
    return table


def _totals(base: CustomerBase, totals: dict[str, float]) -> Table:
    table = _table("", "", "", header=False)
    number = totals["customers"]
    table.add_row("customers", f"{number:,.0f}", f"{totals['one_time_buyers'] / number:.0%} bought once")
    table.add_row(
        "probably still customers",
        f"[bold]{totals['expected_customers']:,.0f}[/bold]",
        f"{totals['expected_customers'] / number:.0%}",
    )
    table.add_row(
        "purchases to expect",
        f"{totals['expected_purchases']:,.0f}",
        f"in the next {base.periods:g} {base.summary.unit}s",
    )
    if base.spend is not None:
        table.add_row(
            "mean spend on an occasion", f"{totals['mean_spend']:,.2f}", "across customers, by the spend model"
        )
        table.add_row(
            "residual value of all customers",
            f"[bold]{totals['residual_value']:,.0f}[/bold]",
            f"at {base.margin:.0%} margin, discounted at {base.annual_discount_rate:.1%} a year",
        )
    else:
        table.add_row(
            "discounted purchases of all customers",
            f"[bold]{totals['residual_value']:,.0f}[/bold]",
            f"discounted at {base.annual_discount_rate:.1%} a year; no amounts, so no money",
        )
    table.add_row("held by the top fifth", f"{totals['share_of_top_fifth']:.0%}", "")
    return table


def _slipping(base: CustomerBase, rows: list[dict[str, Any]]) -> Table:
    unit = base.summary.unit
    table = _table(
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


@click.command("retention")
@click.argument("survival", type=_FILE)
@click.option("--column", help="Column with the customers left; the first column of numbers that is no age without it.")
@click.option("--customers", type=click.FloatRange(min=1), help="Customers at age 0, if the column is in per cent.")
@click.option("--periods", type=click.IntRange(min=1), help="Fit to so many renewals only; the rest is the hold-out.")
@click.option("--project", type=click.IntRange(min=1), help="Last age projected; twice the last observed without it.")
@click.option("--discount", type=SHARE, default=0.10, show_default=True, help="Discount rate of one renewal period.")
@click.option(
    "--model",
    type=click.Choice(["sbg", "bdw", "geometric"]),
    default="sbg",
    show_default=True,
    help="Model to project with; all three are compared.",
)
@click.option("--period", default="year", show_default=True, help="What one period is called in the picture.")
@click.option("--picture", type=_FILE, help="Draw survival and projection: .png, .svg or .pdf.")
@click.option("--out", type=_FILE, help="Write the projection (CSV).")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def retention(
    survival: Path, picture: Path | None, out: Path | None, as_json: bool, period: str, discount: float, **options: Any
) -> None:
    """Project from the SURVIVAL of a cohort how long its customers will stay.

    SURVIVAL is a CSV file with a column of the customers left at ages 0, 1, 2, ... (counts or per cent), from all of
    them at age 0.
    """
    from custsim.value.logs import read_log
    from custsim.value.retention import BetaDiscreteWeibull, Geometric, ShiftedBetaGeometric, compare_retention_models

    column, observed = _survival_column(read_log(survival), options["column"])
    given = {"periods": options["periods"], "customers": options["customers"]}
    kinds: dict[str, type[RetentionModel]] = {
        "sbg": ShiftedBetaGeometric,
        "bdw": BetaDiscreteWeibull,
        "geometric": Geometric,
    }
    models = {name: kind.fit(observed, **given) for name, kind in kinds.items()}
    chosen = models[options["model"]]
    last = len(observed) - 1
    projection = chosen.predict(options["project"] or 2 * last)
    answer = {
        "column": column,
        "model": chosen.name,
        "parameters": chosen.summary().to_dict(orient="index"),
        "log_likelihood": chosen.log_likelihood,
        "convergence": _convergence(chosen),
        "discounted_expected_lifetime": chosen.discounted_lifetime(discount),
        "discounted_expected_residual_lifetime": float(
            chosen.discounted_residual_lifetime(last, discount, when="after_payment")
        ),
        "inputs": {"discount_per_period": discount, "last_age_observed": last, **given},
        "comparison": compare_retention_models(observed, **given).to_dict(orient="index"),
        "projection": projection.reset_index().to_dict(orient="records"),
    }
    if picture is not None:
        from custsim.plots.retention import survival_projection
        from custsim.plots.style import save

        order = [chosen, *(model for model in models.values() if model is not chosen)]
        end = len(projection) - 1
        figure = survival_projection(
            order, observed, periods=end, calibration=min(options["periods"] or last, end), period=period
        )
        save(figure, picture)
        answer["picture"] = str(picture)
    if out is not None:
        _write_table(projection, out)
        answer["table"] = str(out)
    if as_json:
        click.echo(json.dumps(_plain(answer), indent=2, allow_nan=False))
    else:
        _print_retention(answer)


def _survival_column(table: pd.DataFrame, column: str | None) -> tuple[str, Any]:
    """Find the column of customers left."""
    from custsim.errors import InputError

    names = [str(name) for name in table.columns]
    if column is not None and column not in names:
        raise InputError(f"column {column!r} is not in the file; it has: {', '.join(names)}")
    if column is None:
        ages = {"age", "year", "month", "quarter", "week", "period", "t", "time", "renewal"}
        numeric = [name for name in names if table[name].dtype.kind in "iuf" and name.lower() not in ages]
        if not numeric:
            raise InputError(f"no column of customers left among: {', '.join(names)}; name it (--column)")
        column = numeric[0]
    if table[column].dtype.kind not in "iuf":
        raise InputError(f"column {column!r} is not made of numbers; its first value is {table[column].iloc[0]!r}")
    return column, table[column].to_numpy(dtype=float)


def _print_retention(answer: dict[str, Any]) -> None:
    console = _console()
    console.print(f"[bold]{answer['model']}[/bold], fitted to column {answer['column']}", highlight=False)
    console.print(_parameters({"": answer["parameters"]}))
    found = answer["convergence"]
    if not found["converged"]:
        _distrust(console, found["message"])
    table = _table("age", "still customers", "retention rate")
    for row in answer["projection"]:
        rate = row["retention_rate"]
        later = " (projected)" if row["age"] > answer["inputs"]["last_age_observed"] else ""
        table.add_row(f"{row['age']:.0f}{later}", f"{row['survival']:.1%}", "" if math.isnan(rate) else f"{rate:.1%}")
    console.print(table)
    given = answer["inputs"]
    table = _table("", "", "", header=False)
    table.add_row(
        "a new customer pays", f"{answer['discounted_expected_lifetime']:.2f}", "discounted times, first included"
    )
    table.add_row(
        f"one who has just paid at age {given['last_age_observed']}",
        f"{answer['discounted_expected_residual_lifetime']:.2f}",
        f"discounted times more, at {given['discount_per_period']:.1%} a period",
    )
    console.print(table)
    table = _table("model", "log-likelihood", "fitted: points off", "hold-out: points off")
    for name, row in answer["comparison"].items():
        out = row["holdout_error"]
        table.add_row(
            name, f"{row['log_likelihood']:,.3f}", f"{row['fit_error']:.2f}", "" if math.isnan(out) else f"{out:.2f}"
        )
    console.print(table)
    _print_files(console, answer)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def _distrust(console: Console, message: str) -> None:
    console.print(f"[bold red]not to be trusted:[/bold red] {message}", highlight=False)


def _table(*columns: str, header: bool = True) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, show_header=header, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 or (not header and i == len(columns) - 1) else "right")
    return table


def _print_files(console: Console, answer: dict[str, Any]) -> None:
    for what in ("picture", "table"):
        if what in answer:
            console.print(f"{what}: {answer[what]}", highlight=False, soft_wrap=True)


def _write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all: beside its place first, then moved there in one step."""
    from custsim.errors import EnvironmentFailure

    aside = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        table.to_csv(aside)
        os.replace(aside, path)
    except OSError as error:
        raise EnvironmentFailure(
            f"table {str(path)!r}: cannot be written ({error.strerror or error}); check that the folder exists and "
            "that you may write there"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Turn an answer into what JSON can hold; null where there is no number."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
