"""``custsim value retention``: how long a cohort's customers will stay, and what one of each age is worth."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custsim.cli import value_output as show

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from rich.console import Console

    from custsim.value.exponentialgamma import ExponentialGamma
    from custsim.value.retention import RetentionModel

#: names of columns that hold ages, lower case
_AGES = {"age", "year", "month", "quarter", "week", "period", "t", "time", "renewal", "tenure"}
#: numbers from here on are calendar years and not ages
_FIRST_CALENDAR_YEAR = 1900

#: the model of customers who may leave at any moment
_ANY_TIME = "exponential-gamma"
#: when customers pay, and at which moment one of an age is valued
_AT_RENEWALS = "paid at ages 0, 1, 2, ...; valued when the payment at the age has just been made"
_EVENLY = "paid evenly while a customer is there; valued at the age itself"


@click.command("retention")
@click.argument("survival", type=show.FILE)
@click.option("--column", help="Column with the customers left; the first column of numbers that is no age without it.")
@click.option("--age", help="Column with the ages 0, 1, 2, ...; recognised by usual names, or the rows are counted.")
@click.option("--customers", type=click.FloatRange(min=1), help="Customers at age 0, if the column is in per cent.")
@click.option("--periods", type=click.IntRange(min=1), help="Fit to so many renewals only; the rest is the hold-out.")
@click.option("--project", type=click.IntRange(min=1), help="Last age projected; twice the last observed without it.")
@click.option("--discount", type=show.RATE, default=0.10, help="Discount rate of one period; 10% without it.")
@click.option("--margin", type=show.NUMBER, help="What one period contributes: tells values and not payments only.")
@click.option(
    "--model",
    type=click.Choice(["sbg", "bdw", "geometric", _ANY_TIME]),
    default="sbg",
    show_default=True,
    help="Model to project with: customers leave at renewals (the first three, which are always compared), or may "
    "leave at any moment and pay evenly until they do.",
)
@click.option("--period", default="year", show_default=True, help="What one period is called in the picture.")
@show.reading
@click.option("--picture", type=show.FILE, help="Draw survival and projection: .png, .svg or .pdf.")
@click.option("--out", type=show.FILE, help="Write the projection, with what a customer of each age is worth (CSV).")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def retention(
    survival: Path, picture: Path | None, out: Path | None, as_json: bool, period: str, **options: Any
) -> None:
    """Project from the SURVIVAL of a cohort how long its customers will stay.

    SURVIVAL is a CSV file with a column of the customers left at ages 0, 1, 2, ... (counts or per cent), from all of
    them at age 0. Several cohorts may stand side by side: cells of ages not observed yet stay empty.
    """
    show.check_picture(picture)
    with show.in_the_words_of_options({"periods": "periods", "discount_per_period": "discount"}):
        column, others, observed = _survival(show.read(survival, options), options["column"], options["age"])
        models = _fits(observed, options)
        chosen = models[options["model"]]
        projection = _projection(chosen, options["project"] or 2 * (len(observed) - 1), options)
        answer = _answer(chosen, projection, observed, options) | {"column": column, "other_columns": others}
    if picture is not None:
        from custsim.plots.retention import survival_projection
        from custsim.plots.style import save

        order = [chosen, *(model for model in models.values() if model is not chosen)]
        end, last = len(projection) - 1, options["periods"] or len(observed) - 1
        save(
            survival_projection(order, observed, periods=end, calibration=min(last, end), period=period),
            picture,
        )
        answer["picture"] = str(picture)
    if out is not None:
        show.write_table(projection, out)
        answer["table"] = str(out)
    if as_json:
        show.print_json(answer)
    else:
        _print(answer)


def _fits(observed: NDArray[Any], options: dict[str, Any]) -> dict[str, RetentionModel | ExponentialGamma]:
    from custsim.value.exponentialgamma import ExponentialGamma
    from custsim.value.retention import BetaDiscreteWeibull, Geometric, ShiftedBetaGeometric

    kinds: dict[str, type[RetentionModel]] = {
        "sbg": ShiftedBetaGeometric,
        "bdw": BetaDiscreteWeibull,
        "geometric": Geometric,
    }
    given = {"periods": options["periods"], "customers": options["customers"]}
    fitted: dict[str, RetentionModel | ExponentialGamma] = {
        name: kind.fit(observed, **given) for name, kind in kinds.items()
    }
    if options["model"] == _ANY_TIME:
        fitted[_ANY_TIME] = ExponentialGamma.fit_survival(observed, **given)
    return fitted


def _projection(model: RetentionModel | ExponentialGamma, last: int, options: dict[str, Any]) -> pd.DataFrame:
    """Survival and retention by age, and what is to come from a customer of that age."""
    table = model.predict(last)
    table[_to_come(model)] = to_come = _residual(model, table.index.to_numpy(), options["discount"])
    if options["margin"] is not None:
        table["residual_value"] = options["margin"] * to_come
    return table


def _residual(model: RetentionModel | ExponentialGamma, age: Any, discount: float) -> NDArray[Any]:
    from custsim.value.retention import RetentionModel

    if isinstance(model, RetentionModel):
        return model.discounted_residual_lifetime(age, discount, when="after_payment")
    return model.discounted_residual_lifetime(age, discount)


def _to_come(model: RetentionModel | ExponentialGamma) -> str:
    return "periods_to_come" if model.name == _ANY_TIME else "payments_to_come"


def _answer(
    model: RetentionModel | ExponentialGamma, projection: pd.DataFrame, observed: NDArray[Any], options: dict[str, Any]
) -> dict[str, Any]:
    from custsim.value.retention import compare_retention_models

    last, discount, margin = len(observed) - 1, options["discount"], options["margin"]
    given = {"periods": options["periods"], "customers": options["customers"]}
    new = model.discounted_lifetime(discount)
    return {
        "model": model.name,
        "parameters": model.summary().to_dict(orient="index"),
        "log_likelihood": model.log_likelihood,
        "convergence": show.convergence(model),
        "discounted_expected_lifetime": new,
        "discounted_expected_residual_lifetime": float(_residual(model, last, discount)),
        "lifetime_value": None if margin is None else margin * new,
        "inputs": {"discount_per_period": discount, "margin": margin, "last_age_observed": last, **given},
        "timing": _EVENLY if model.name == _ANY_TIME else _AT_RENEWALS,
        "comparison": compare_retention_models(
            observed, **given, also=[model] if model.name == _ANY_TIME else []
        ).to_dict(orient="index"),
        "projection": projection.reset_index().to_dict(orient="records"),
    }


def _survival(table: pd.DataFrame, column: str | None, age: str | None) -> tuple[str, list[str], NDArray[Any]]:
    """Find the column of customers left, put it in the order of the ages, and name what else it might have been."""
    import numpy as np

    from custsim.errors import InputError

    names = [str(name) for name in table.columns]
    if all(re.fullmatch(r"[\d.,%]+", name) for name in names):
        raise InputError(f"no names of columns in the first line ({', '.join(names)}); write them above the figures")
    table = table.set_axis(names, axis=1).dropna(how="all")
    for option, name in (("column", column), ("age", age)):
        if name is not None and name not in names:
            raise InputError(f"{option} {name!r} is not in the file; it has: {', '.join(names)}")
    numbers = {name: found for name in names if (found := _numbers(table[name])) is not None}
    age = age or _age_column(names, numbers, column)
    others = [name for name in numbers if name not in (age, column)]
    if column is None:
        if not others:
            words = [f"{name} has {_first_word(table[name])!r}" for name in names if name not in numbers]
            what = f", which is no number ({'; '.join(words)})" if words else ""
            raise InputError(f"no column of customers left among: {', '.join(names)}{what}; name it (column=...), or "
                             "state the decimal mark (decimal=',')")  # fmt: skip
        column = others.pop(0)
    if column not in numbers:
        raise InputError(f"column {column!r} is not made of numbers; it has {_first_word(table[column])!r}")
    left = numbers[column]
    left = left if age is None else left[_in_order(age, numbers.get(age))]
    # cells below the last age of a younger cohort are empty: not observed yet
    observed = np.flatnonzero(~np.isnan(left))
    return column, others, left[: observed[-1] + 1] if len(observed) else left


def _numbers(column: pd.Series[Any]) -> NDArray[Any] | None:
    """Read a column as numbers, per cent signs left out; nothing for words."""
    import pandas as pd

    if column.dtype.kind not in "iufOUT":
        return None
    text = column if column.dtype.kind in "iuf" else column.astype("string").str.strip().str.removesuffix("%")
    found = pd.to_numeric(text, errors="coerce")
    return None if found.notna().sum() < column.notna().sum() else found.to_numpy(dtype=float)


def _first_word(column: pd.Series[Any]) -> Any:
    """Find the first value that is no number."""
    import pandas as pd

    return column[pd.to_numeric(column, errors="coerce").isna().to_numpy()].iloc[0]


def _age_column(names: list[str], numbers: dict[str, NDArray[Any]], column: str | None) -> str | None:
    """Recognise the ages by their name, or as a first column that counts 0, 1, 2, ..."""
    named = next((name for name in names if name.lower() in _AGES and name != column), None)
    if named is not None and named in numbers:
        return named
    first = names[0]
    if first not in numbers or first == column:
        return None
    return first if (numbers[first] == range(len(numbers[first]))).all() else None


def _in_order(age: str, ages: NDArray[Any] | None) -> NDArray[Any]:
    """Order of the rows by age; the ages must be 0, 1, 2, ... or calendar years in a row."""
    import numpy as np

    from custsim.errors import InputError

    if ages is None:
        raise InputError(f"age {age!r} is not made of numbers")
    order = np.argsort(ages, kind="stable")
    first = ages[order[0]] if ages[order[0]] >= _FIRST_CALENDAR_YEAR else 0.0
    if not np.array_equal(ages[order], first + np.arange(len(ages))):
        shown = ", ".join(f"{value:g}" for value in ages[:6]) + (", ..." if len(ages) > 6 else "")
        raise InputError(
            f"{age}: ages must be 0, 1, 2, ... without a gap, got {shown}; the row of age 0 holds all customers, and "
            "every renewal has its row"
        )
    return order


def _print(answer: dict[str, Any]) -> None:
    screen = show.console()
    others = ", ".join(answer["other_columns"])
    also = f" (also there: {others}; choose with --column)" if others else ""
    screen.print(f"[bold]{answer['model']}[/bold], fitted to column {answer['column']}{also}", highlight=False)
    screen.print(show.parameters({"": answer["parameters"]}))
    if all(math.isnan(row["standard_error"]) for row in answer["parameters"].values()):
        screen.print("No standard errors: say how many the cohort began with (--customers).", style="dim")
    found = answer["convergence"]
    if not found["converged"]:
        show.distrust(screen, found["message"])
    _print_projection(answer)
    _print_worth(screen, answer)
    table = show.table("model", "log-likelihood", "fitted: points off", "hold-out: points off")
    for name, row in answer["comparison"].items():
        out = row["holdout_error"]
        table.add_row(
            name, f"{row['log_likelihood']:,.3f}", f"{row['fit_error']:.2f}", "" if math.isnan(out) else f"{out:.2f}"
        )
    screen.print(table)
    show.print_files(screen, answer)


def _print_worth(screen: Console, answer: dict[str, Any]) -> None:
    given, worth = answer["inputs"], answer["lifetime_value"]
    last, at = given["last_age_observed"], f"at {given['discount_per_period']:.1%} a period"
    if answer["model"] == _ANY_TIME:
        new, what = "a new customer stays", "discounted periods, and pays evenly"
        old, more, each = f"one still there at age {last}", f"discounted periods more, {at}", "period"
    else:
        new, what = "a new customer pays", "discounted times, first included"
        old, more, each = f"one who has just paid at age {last}", f"discounted times more, {at}", "payment"
    table = show.table("", "", "", header=False)
    table.add_row(new, _amount(answer["discounted_expected_lifetime"]), what)
    if worth is not None:
        table.add_row("and is worth", f"[bold]{_amount(worth)}[/bold]", f"at {given['margin']:,.2f} a {each}")
    table.add_row(old, _amount(answer["discounted_expected_residual_lifetime"]), more)
    screen.print(table)


def _print_projection(answer: dict[str, Any]) -> None:
    money = answer["lifetime_value"] is not None
    evenly = answer["model"] == _ANY_TIME
    units = "periods_to_come" if evenly else "payments_to_come"
    what = "value to come" if money else "time to come" if evenly else "payments to come"
    table = show.table("age", "still customers", "retention rate", what)
    for row in answer["projection"]:
        rate, later = row["retention_rate"], row["age"] > answer["inputs"]["last_age_observed"]
        table.add_row(
            f"{row['age']:.0f}{' (projected)' if later else ''}",
            f"{row['survival']:.1%}",
            "" if math.isnan(rate) else f"{rate:.1%}",
            _amount(row["residual_value" if money else units]),
        )
    show.console().print(table)


def _amount(value: float) -> str:
    return f"{value:,.2f}" if math.isfinite(value) else "no end"
