"""``custsim value clv``: what a customer is worth when margin, retention and discount rate are given."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

#: width of the answer where there is no screen to ask
WIDTH = 100


class _Share(click.ParamType[float]):
    """A share, as 0.8 or 80%."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{value!r} is no share: write 0.8 or 80%", param, ctx)


SHARE = _Share()


@click.command("clv")
@click.option("--margin", type=float, required=True, help="Contribution of a customer in one period.")
@click.option("--retention", type=SHARE, required=True, help="Share that stays from one period to the next.")
@click.option("--discount", type=SHARE, required=True, help="Discount rate of one period.")
@click.option("--growth", type=SHARE, default=0.0, help="Growth of the margin a period.")
@click.option("--acquisition-cost", type=float, default=0.0, help="What winning the customer cost.")
@click.option(
    "--timing",
    type=click.Choice(["start", "end", "renewal"]),
    default="start",
    show_default=True,
    help="Margin in advance, in arrears, or from the first renewal on.",
)
@click.option("--horizon", type=int, help="Number of payments counted; all without it.")
@click.option("--conversion", type=SHARE, help="Share of prospects won: tells what to spend on each.")
@click.option("--periods-per-year", type=float, help="Turn the annual figures given into this many periods a year.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw it: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def clv(
    margin: float,
    retention: float,
    discount: float,
    growth: float,
    acquisition_cost: float,
    timing: Any,
    horizon: int | None,
    conversion: float | None,
    periods_per_year: float | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Tell what a customer is worth, what may be spent to win one, and what a better retention is worth.

    All figures belong to the same period, unless --periods-per-year is given: then they are annual, are converted, and
    the effect of a better retention is that of the annual one.
    Shares and rates are written 0.8 or 80%.
    """
    annual: dict[str, Any] = {"margin": margin, "retention": retention, "discount": discount, "growth": growth}
    stream: dict[str, Any] = {"timing": timing, "horizon": horizon, "acquisition_cost": acquisition_cost}
    answer = _answer(annual, stream, conversion, periods_per_year)
    rates = _rates(annual, periods_per_year)
    if picture is not None:
        from custsim.plots.economics import relationship_value
        from custsim.plots.style import save

        figure = relationship_value(**rates, **stream, period="year" if periods_per_year == 1 else "period")
        save(figure, picture)
        answer["picture"] = str(picture)
    if as_json:
        click.echo(json.dumps(answer, indent=2, allow_nan=False))
    else:
        _print(answer, conversion)


def _rates(given: dict[str, Any], periods_per_year: float | None) -> dict[str, Any]:
    """Figures of one period: those given, or those that annual figures come to."""
    from custsim.value.lifetime import per_period

    return given if periods_per_year is None else dict(per_period(periods_per_year=periods_per_year, **given))


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


def _print(answer: dict[str, Any], conversion: float | None) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    given = answer["inputs"]
    spent = f", {given['acquisition_cost']:,.2f} spent to win the customer" if given["acquisition_cost"] else ""
    console.print(
        f"margin {given['margin']:,.2f}, retention {given['retention']:.2%}, discount {given['discount']:.2%}"
        + (f", growth {given['growth']:.2%}" if given["growth"] else "")
        + spent
        + f"; {_TIMING[given['timing']]}"
        + (f"; {given['horizon']} payments" if given["horizon"] else ""),
        highlight=False,
        soft_wrap=True,
    )
    console.print(_table(answer, conversion))
    if not answer["worth_winning"]:
        console.print("At these figures a customer is not worth winning.", highlight=False)
    if "picture" in answer:
        console.print(f"picture: {answer['picture']}", highlight=False, soft_wrap=True)


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
