"""Fits of CDNOW, predictions for a million customers, and a log of a million rows, side by side with lifetimes.

Run ``python benchmarks/value_models.py``; needs ``pip install 'custsim[test]'``. Times are the best of several runs, in
one process (the command in its own), after a first run that is not counted. Ratios above 1: custsim is faster. Linear
algebra has one thread, as in the command: on a shared machine, the threads' waiting would be measured otherwise, which
in a fit of four parameters takes up to ten times as long as the fit.

Predictions of both packages agree to eight digits for these customers. Elsewhere lifetimes is not as careful: its
Pareto/NBD gives no number for some frequent buyers (500 purchases), its BG/NBD numbers without a digit that is right
where ``b`` is large and the horizon long; tests/value/test_purchases.py shows both.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from custsim.value import BGNBD, MBGNBD, GammaGamma, ParetoNBD

GOALS = {"BG/NBD fit": 1.0, "Gamma-Gamma fit": 1.0, "Pareto/NBD fit": 10.0}
PREDICTION_GOAL = 5.0
FILE_GOAL = 8.0


def cdnow() -> pd.DataFrame:
    spec = importlib.util.find_spec("lifetimes")
    if spec is None or spec.origin is None:
        sys.exit("the package lifetimes is not installed: pip install 'custsim[test]'")
    table = pd.read_csv(Path(spec.origin).parent / "datasets" / "cdnow_customers_summary_with_transactions.csv")
    return table.rename(columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"})


def timed(call: Callable[[], Any], repeats: int = 3) -> float:
    """Return the best time of several calls, in seconds; the first call warms up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def line(what: str, ours: float, theirs: float | None, goal: float | None = None) -> None:
    other = "       -        -" if theirs is None else f"{theirs:8.3f} {theirs / ours:8.1f}"
    met = "" if goal is None else f"   goal {goal:g} s: {'met' if ours < goal else 'MISSED'}"
    print(f"{what:42} {ours:8.3f} {other}{met}")


def fits(table: pd.DataFrame) -> None:
    import lifetimes

    x, t_x, T = (table[name] for name in ("frequency", "recency", "T"))
    again = table[table["frequency"] > 0]
    spend = again["frequency"], again["monetary_value"]
    cases = [
        ("BG/NBD fit", lambda: BGNBD.fit(table), lambda: lifetimes.BetaGeoFitter().fit(x, t_x, T)),
        ("MBG/NBD fit", lambda: MBGNBD.fit(table), lambda: lifetimes.ModifiedBetaGeoFitter().fit(x, t_x, T)),
        ("Pareto/NBD fit", lambda: ParetoNBD.fit(table), lambda: lifetimes.ParetoNBDFitter().fit(x, t_x, T)),
        ("Gamma-Gamma fit", lambda: GammaGamma.fit(table), lambda: lifetimes.GammaGammaFitter().fit(*spend)),
    ]
    for what, ours, theirs in cases:
        slow = what == "Pareto/NBD fit"
        line(f"{what}, CDNOW (2,357 customers)", timed(ours), timed(theirs, 1 if slow else 3), GOALS.get(what))


def predictions(table: pd.DataFrame, customers: int = 1_000_000) -> None:
    """Predict a million customers, each observed for a time of his own, which is the hard case."""
    import lifetimes

    rng = np.random.default_rng(1)
    T = rng.uniform(4, 78, customers)
    pairs = [
        (BGNBD.fit(table, unit="week"), lifetimes.BetaGeoFitter()),
        (MBGNBD.fit(table, unit="week"), lifetimes.ModifiedBetaGeoFitter()),
        (ParetoNBD.fit(table, unit="week"), lifetimes.ParetoNBDFitter()),
    ]
    spend = GammaGamma.fit(table)
    for model, other in pairs:
        drawn = model.simulate(T, seed=2, spend=spend).summary
        x, t_x, T_ = drawn.frequency, drawn.recency, drawn.T
        other.params_ = pd.Series(model.parameters)

        def theirs(other: Any = other, x: Any = x, t_x: Any = t_x, T: Any = T_) -> None:
            other.conditional_probability_alive(x, t_x, T)
            other.conditional_expected_number_of_purchases_up_to_time(39, x, t_x, T)

        ours = timed(lambda model=model, drawn=drawn: model.predict(drawn, 39), 2)
        line(f"{model.name} predict, {customers:,} customers", ours, timed(theirs, 1), PREDICTION_GOAL)
        value = timed(
            lambda model=model, drawn=drawn: model.residual_lifetime_value(drawn, spend, annual_discount_rate=0.1), 1
        )
        line(f"{model.name} residual value, {customers:,}", value, None, PREDICTION_GOAL)


def log_file(customers: int = 150_000) -> None:
    """From a file of a million transactions to one of customers: ours as a command with all it loads and draws up."""
    import lifetimes
    from lifetimes.utils import summary_data_from_transaction_data

    world = MBGNBD(r=0.6, alpha=4.0, a=0.5, b=3.4, unit="week")
    T = np.random.default_rng(1).uniform(10, 156, customers)
    log = world.simulate(T, seed=2, spend=GammaGamma(p=4.0, q=4.0, v=30.0)).transactions.sort_values("time")
    log["date"] = (np.datetime64("2021-01-01") + np.floor(log.pop("time").to_numpy() * 7).astype(int)).astype(str)

    def theirs() -> None:
        read = pd.read_csv(file)
        table = summary_data_from_transaction_data(read, "customer", "date", "amount", datetime_format="%Y-%m-%d")
        model = lifetimes.ModifiedBetaGeoFitter()
        model.fit(table["frequency"], table["recency"], table["T"])
        again = table[table["monetary_value"] > 0]
        spend = lifetimes.GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
        x, t_x, T = (table[name] for name in ("frequency", "recency", "T"))
        table["alive"] = model.conditional_probability_alive(x, t_x, T)
        table["ahead"] = model.conditional_expected_number_of_purchases_up_to_time(365, x, t_x, T)
        table["spend"] = spend.conditional_expected_average_profit(x, table["monetary_value"])
        table.to_csv(file.with_name("theirs.csv"))

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.csv"
        log.to_csv(file, index=False)
        command = [sys.executable, "-m", "custsim", "value", "fit", str(file), "--out", str(file.with_name("ours.csv"))]
        ours = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), 2)
        line(f"custsim value fit, a log of {len(log):,} rows", ours, timed(theirs, 1), FILE_GOAL)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"{'':42} {'custsim':>8} {'lifetimes':>9} {'ratio':>7}")
    base = cdnow()
    fits(base)
    predictions(base)
    log_file()
