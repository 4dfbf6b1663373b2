"""``custsim value clv``: what customers are worth when margin, retention and discount rate are given."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custsim.cli import value_output as show

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

#: figures a file of customers may have a column for
_FIGURES = ("margin", "retention", "discount", "growth", "acquisition_cost")
#: customers listed on the screen; all are in the table written with --out
_LISTED = 20


@click.command("clv")
@click.argument("customers", type=show.FILE, required=False)
@click.option("--margin", type=show.NUMBER, help="Contribution of a customer in one period.")
@click.option("--retention", type=show.SHARE, help="Share that stays from one period to the next.")
@click.option("--discount", type=show.SHARE, help="Discount rate of one period.")
@click.option("--growth", type=show.SHARE, default=0.0, help="Growth of the margin a period.")
@click.option("--acquisition-cost", type=show.NUMBER, default=0.0, help="What winning the customer cost.")
@click.option(
    "--timing",
    type=click.Choice(["start", "end", "renewal"]),
    default="start",
    show_default=True,
    help="Margin in advance, in arrears, or from the first renewal on.",
)
@click.option("--horizon", type=click.IntRange(min=1), help="Number of payments counted; all without it.")
@click.option("--conversion", type=show.SHARE, help="Share of prospects won: tells what to spend on each.")
@click.option(
    "--periods-per-year", type=show.NUMBER, help="Turn the annual figures given into this many periods a year."
)
@show.reading
@click.option("--picture", type=show.FILE, help="Draw it: .png, .svg or .pdf.")
@click.option("--out", type=show.FILE, help="Write a table (CSV): of payments, or of all CUSTOMERS.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def clv(
    customers: Path | None,
    conversion: float | None,
    periods_per_year: float | None,
    picture: Path | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Tell what a customer is worth, what may be spent to win one, and what a better retention is worth.

    All figures belong to the same period, unless --periods-per-year is given: then they are annual, are converted, and
    the effect of a better retention is that of the annual one.
    Shares and rates are written 0.8 or 80%.

    CUSTOMERS is a CSV file with one row for each customer or segment and columns such as margin, retention,
    acquisition_cost; what has no column is taken from the options.
    """
    show.check_picture(picture)
    stream: dict[str, Any] = {"timing": options["timing"], "horizon": options["horizon"]}
    if customers is not None:
        with show.in_the_words_of_options():
            given, unused = _of_file(show.read(customers, options), options)
            answer, table = _many(given, stream, conversion, periods_per_year)
        answer["columns_not_used"] = unused
    else:
        table = None
        _require(options, "")
        annual = {name: options[name] for name in ("margin", "retention", "discount", "growth")}
        stream["acquisition_cost"] = options["acquisition_cost"]
        answer = _answer(annual, stream, conversion, periods_per_year)
    if picture is not None:
        _draw(answer, table, picture, periods_per_year)
        answer["picture"] = str(picture)
    if out is not None:
        show.write_table(_payments(_rates(annual, periods_per_year), stream) if table is None else table, out)
        answer["table"] = str(out)
    if as_json:
        show.print_json(answer)
    elif table is not None:
        _print_many(answer, table)
    else:
        _print(answer, conversion)


def _require(options: dict[str, Any], elsewhere: str) -> None:
    """Refuse to go on without the figures that have no usual value."""
    missing = [f"--{name}" for name in ("margin", "retention", "discount") if options[name] is None]
    if missing:
        raise click.UsageError(f"{', '.join(missing)}: missing{elsewhere}")


def _rates(given: dict[str, Any], periods_per_year: float | None) -> dict[str, Any]:
    """Figures of one period: those given, or those that annual figures come to."""
    from custsim.value.lifetime import per_period

    return given if periods_per_year is None else dict(per_period(periods_per_year=periods_per_year, **given))


# --- one customer -----------------------------------------------------------------------------------------------------


def _answer(
    given: dict[str, Any], stream: dict[str, Any], conversion: float | None, periods_per_year: float | None
) -> dict[str, Any]:
    """Compute everything the command tells, in numbers that JSON can hold (null where there is none)."""
    from custsim.errors import InputError
    from custsim.value.lifetime import break_even_acquisition, clv, elasticities, payback_periods

    rates = _rates(given, periods_per_year)
    earning = {**rates, "timing": stream["timing"], "horizon": stream["horizon"]}
    value = clv(**rates, **stream)
    payback = float(payback_periods(**rates, timing=stream["timing"], acquisition_cost=stream["acquisition_cost"]))
    answer: dict[str, Any] = {
        "inputs": {**rates, **stream, "periods_per_year": periods_per_year},
        "lifetime_value": value,
        "worth_winning": value > 0,
        "break_even_acquisition": break_even_acquisition(**earning),
        "payback_periods": payback if payback <= (stream["horizon"] or sys.float_info.max) else None,
    }
    if conversion is not None:
        answer["break_even_per_prospect"] = break_even_acquisition(**earning, conversion=conversion)
    answer["elasticities"] = None
    if periods_per_year is None and value > 0:  # of a loss, and of figures nobody gave, they say nothing
        answer["elasticities"] = elasticities(**rates, **stream)._asdict()
    for key, better in (
        ("percentage_points", given["retention"] + 0.01),
        ("relative_per_cent", given["retention"] * 1.01),
    ):
        try:
            after = clv(**_rates(given | {"retention": better}, periods_per_year), **stream)
            answer[f"retention_plus_1_{key}"] = {"retention": better, "change": after - value}
        except InputError:  # retention cannot rise above 1, or the value would be unbounded
            answer[f"retention_plus_1_{key}"] = None
    return answer


def _payments(rates: dict[str, Any], stream: dict[str, Any]) -> pd.DataFrame:
    """What a customer brings payment by payment, until 99 % of the value has come in (500 at most)."""
    import numpy as np
    import pandas as pd

    from custsim.value.lifetime import clv

    count = stream["horizon"] or 500
    so_far = np.asarray(clv(**rates, **(stream | {"horizon": np.arange(1, count + 1)})))
    earned = so_far + stream["acquisition_cost"]
    if stream["horizon"] is None:
        done = np.abs(earned) >= 0.99 * np.abs(np.asarray(clv(**rates, timing=stream["timing"])))
        count = int(np.argmax(done)) + 1 if done.any() else count
    k = np.arange(count, dtype=float)
    renewals = k + 1 if stream["timing"] == "renewal" else k
    table: dict[str, Any] = {
        "still_there": rates["retention"] ** renewals,
        "margin": rates["margin"] * (1 + rates["growth"]) ** k,
        "discounted_expected_margin": np.diff(earned[:count], prepend=0.0),
        "value_so_far": so_far[:count],
    }
    return pd.DataFrame(table, index=pd.RangeIndex(1, count + 1, name="payment"))


def _draw(answer: dict[str, Any], table: pd.DataFrame | None, picture: Path, periods_per_year: float | None) -> None:
    from custsim.plots.economics import lorenz, relationship_value
    from custsim.plots.style import save

    if table is not None:
        save(lorenz(table["lifetime_value"], what="lifetime value"), picture)
        return
    figures = {name: value for name, value in answer["inputs"].items() if name != "periods_per_year"}
    save(relationship_value(**figures, period="year" if periods_per_year == 1 else "period"), picture)


def _print(answer: dict[str, Any], conversion: float | None) -> None:
    screen = show.console()
    given = answer["inputs"]
    spent = f", {given['acquisition_cost']:,.2f} spent to win the customer" if given["acquisition_cost"] else ""
    screen.print(
        f"margin {given['margin']:,.2f}, retention {given['retention']:.2%}, discount {given['discount']:.2%}"
        + (f", growth {given['growth']:.2%}" if given["growth"] else "")
        + spent
        + f"; {_TIMING[given['timing']]}"
        + (f"; {given['horizon']} payment{'s' * (given['horizon'] > 1)}" if given["horizon"] else ""),
        highlight=False,
        soft_wrap=True,
    )
    screen.print(_table(answer, conversion))
    if not answer["worth_winning"]:
        screen.print("At these figures a customer is not worth winning.", highlight=False)
    show.print_files(screen, answer)


_TIMING = {
    "start": "margin paid in advance",
    "end": "margin paid in arrears",
    "renewal": "margin counted from the first renewal",
}


def _table(answer: dict[str, Any], conversion: float | None) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    yearly = " a year" if answer["inputs"]["periods_per_year"] else ""
    table = Table(box=SIMPLE, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row("lifetime value", f"[bold]{answer['lifetime_value']:,.2f}[/bold]", "net of what winning cost")
    table.add_row("most to spend on winning one", f"{answer['break_even_acquisition']:,.2f}", "a customer won")
    if conversion is not None:
        table.add_row("", f"{answer['break_even_per_prospect']:,.2f}", f"a prospect, if {conversion:.2%} are won")
    if answer["inputs"]["acquisition_cost"]:
        payback = answer["payback_periods"]
        table.add_row("paid back after", "never" if payback is None else f"{payback:.0f}", "payments")
    for key, words in (("percentage_points", "+1 percentage point"), ("relative_per_cent", "+1 % (relative)")):
        effect = answer[f"retention_plus_1_{key}"]
        if effect is not None:
            table.add_row(f"retention {words}", f"{effect['change']:+,.2f}", f"to {effect['retention']:.2%}{yearly}")
    if answer["elasticities"] is not None:
        for key, size in answer["elasticities"].items():
            if size:
                table.add_row(f"1 % more {key.replace('_', ' ')}", f"{size:+.2f} %", "of lifetime value")
    return table


# --- a file of customers ----------------------------------------------------------------------------------------------


def _of_file(table: pd.DataFrame, options: dict[str, Any]) -> tuple[pd.DataFrame, list[str]]:
    """Figures of each customer, from the file's columns and otherwise from the options; and the columns not used."""
    import pandas as pd

    from custsim.errors import InputError

    plain = {str(name).strip().lower().replace(" ", "_").replace("-", "_"): name for name in table.columns}
    _require(
        options | dict.fromkeys(set(plain) & set(_FIGURES), 0),
        f" (and no column of that name among: {', '.join(map(str, table.columns))})",
    )
    name = next((column for key, column in plain.items() if key not in _FIGURES), None)
    index = table[name] if name is not None else pd.RangeIndex(1, len(table) + 1)
    given = pd.DataFrame(index=pd.Index(index, name="customer"))
    problems = []
    for figure in _FIGURES:
        if figure not in plain:
            given[figure] = options[figure]
            continue
        numbers = _numbers(table[plain[figure]])
        wrong = numbers.isna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            example = table[plain[figure]].iloc[row]
            problems.append(
                f"{figure}: {int(wrong.sum()):,} of {len(table):,} rows not a number (first: "
                f"{'nothing' if pd.isna(example) else repr(example)}, data row {row + 1})"
            )
        given[figure] = numbers.to_numpy()
    if problems:
        raise InputError(problems)
    return given, [str(column) for key, column in plain.items() if key not in _FIGURES and column != name]


def _numbers(column: pd.Series[Any]) -> pd.Series[float]:
    """Read a column of numbers, or of shares written 80%."""
    import pandas as pd

    text = column.astype("string").str.strip()
    per_cent = text.str.endswith("%").fillna(False).astype(bool)
    found = pd.to_numeric(text.str.removesuffix("%"), errors="coerce").astype(float)
    return found.where(~per_cent, found / 100)


def _many(
    given: pd.DataFrame, stream: dict[str, Any], conversion: float | None, periods_per_year: float | None
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Value every customer of a file; the table, and what it adds up to."""
    import numpy as np

    from custsim.value.lifetime import break_even_acquisition, clv, payback_periods

    annual = {name: given[name].to_numpy() for name in ("margin", "retention", "discount", "growth")}
    cost = given["acquisition_cost"].to_numpy()
    rates = _rates(annual, periods_per_year)
    value = np.asarray(clv(**rates, **stream, acquisition_cost=cost))
    better = _rates(annual | {"retention": np.minimum(annual["retention"] + 0.01, 1.0)}, periods_per_year)
    payback = np.asarray(payback_periods(**rates, timing=stream["timing"], acquisition_cost=cost), dtype=float)
    beyond = payback > (stream["horizon"] or np.inf)
    table = given.assign(
        lifetime_value=value,
        break_even_acquisition=break_even_acquisition(**rates, **stream),
        payback_payments=np.where(beyond | np.isinf(payback), np.nan, payback),
    )
    if conversion is not None:
        table["break_even_per_prospect"] = break_even_acquisition(**rates, **stream, conversion=conversion)
    bounded = stream["horizon"] is not None or (better["retention"] * (1 + better["growth"]) < 1 + better["discount"])
    can_rise = (annual["retention"] <= 0.99) & bounded
    table["worth_of_a_retention_point"] = np.nan
    if can_rise.any():
        some = {name: figure[can_rise] for name, figure in better.items()}
        change = np.asarray(clv(**some, **stream, acquisition_cost=cost[can_rise])) - value[can_rise]
        table.loc[can_rise, "worth_of_a_retention_point"] = change
    top = np.sort(value)[::-1][: max(1, round(len(value) / 5))].sum()
    answer = {
        "totals": {
            "customers": len(value),
            "lifetime_value": float(value.sum()),
            "mean_lifetime_value": float(value.mean()),
            "not_worth_winning": int((value <= 0).sum()),
            "share_of_top_fifth": float(top / value.sum()) if value.sum() > 0 else None,
        },
        "customers": table.reset_index().to_dict(orient="records"),
    }
    return answer, table


def _print_many(answer: dict[str, Any], table: pd.DataFrame) -> None:
    screen = show.console()
    totals, share = answer["totals"], answer["totals"]["share_of_top_fifth"]
    sums = show.table("", "", "", header=False)
    sums.add_row("customers", f"{totals['customers']:,}", f"{totals['not_worth_winning']:,} not worth winning")
    sums.add_row("lifetime value of all", f"[bold]{totals['lifetime_value']:,.2f}[/bold]", "net of what winning cost")
    sums.add_row("on average", f"{totals['mean_lifetime_value']:,.2f}", "a row of the file")
    if share is not None:
        sums.add_row("held by the top fifth", f"{share:.0%}", "")
    screen.print(sums)
    prospects = "break_even_per_prospect" in table.columns
    most = ("most to spend", *(["on a prospect"] if prospects else []))
    rows = show.table("customer", "lifetime value", *most, "paid back after", "+1 point of retention")
    best = table.sort_values("lifetime_value", ascending=False, kind="stable")
    for name, row in best.head(_LISTED).iterrows():
        back, point = row["payback_payments"], row["worth_of_a_retention_point"]
        rows.add_row(
            str(name),
            f"{row['lifetime_value']:,.2f}",
            f"{row['break_even_acquisition']:,.2f}",
            *([f"{row['break_even_per_prospect']:,.2f}"] if prospects else []),
            "never" if math.isnan(back) else f"{back:.0f}",
            "" if math.isnan(point) else f"{point:+,.2f}",
        )
    screen.print(rows)
    if answer["columns_not_used"]:
        screen.print(f"Columns not used: {', '.join(answer['columns_not_used'])}.", style="dim", highlight=False)
    if len(table) > _LISTED:
        screen.print(f"The first {_LISTED} of {len(table):,}; all with --out.", style="dim", highlight=False)
    show.print_files(screen, answer)
