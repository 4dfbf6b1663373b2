"""What an analyst predicts from a simulated firm's log, against what the simulation knows.

The analyst sees purchases only. The simulation knows who is still a customer, at what rate, with what dropout
probability, and what everybody is going to do.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import custsim as cs
from custsim.value import BGNBD, rfm
from tests.simulation.special import LIMIT, bare

PERSONS, SEEN, AHEAD = 20_000, 24, 24
R, ALPHA, A, B = 1.2, 1.5, 1.0, 4.0


@cache
def firm() -> cs.Scenario:
    """The world of BG/NBD: everybody starts together, gamma rates, beta dropout, nothing else."""
    return bare(
        PERSONS,
        PERSONS,
        market={"visits_per_month": R / ALPHA, "visits_shape": R, "spend_sd": 0.6},
        loyalty={"relationship": "noncontractual", "churn": A / (A + B), "churn_shape": A},
        profit={"transaction_share": 1.0},
    )


@cache
def table() -> pd.DataFrame:
    """One row a customer: history seen, prediction, and the truth."""
    whole = cs.simulate(firm(), seed=11, months=SEEN + AHEAD)
    half = cs.simulate(firm(), seed=11, months=SEEN)
    log = whole.transactions
    before, after = log[log["time"] < SEEN], log[log["time"] >= SEEN]
    who = pd.RangeIndex(PERSONS)
    seen = pd.DataFrame(
        {
            # joining at time 0 is the first purchase; visits are the repeats
            "frequency": before.groupby("person").size().reindex(who, fill_value=0),
            "recency": before.groupby("person")["time"].max().reindex(who, fill_value=0.0),
            "T": float(SEEN),
        }
    )
    model = BGNBD.fit(seen, unit="month")
    people = half.customers
    per_visit = people["contribution"] / people["visits"]  # no spend is known of who has never bought
    known = seen["frequency"] > 0
    valued = model.residual_lifetime_value(
        seen[known], per_visit[known].to_numpy(), annual_discount_rate=firm().time.annual_discount_rate
    )
    seen["alive"] = model.probability_alive(seen["frequency"], seen["recency"], seen["T"])
    seen["predicted"] = model.expected_purchases(AHEAD, seen["frequency"], seen["recency"], seen["T"])
    seen["bought"] = after.groupby("person").size().reindex(who, fill_value=0)
    seen["truly_alive"] = people["state"] == "customer"
    seen["value"] = valued["residual_value"]
    # the run discounts to the month of joining; the analyst to the end of what is seen
    seen["true_value"] = people["value_residual"] * 1.10 ** (SEEN / 12)
    return seen


def groups(by: str) -> pd.core.groupby.DataFrameGroupBy:
    found = table()
    return found.groupby(pd.qcut(found[by].rank(method="first"), 10, labels=False))


@pytest.mark.parametrize(("predicted", "true"), [("predicted", "bought"), ("alive", "truly_alive")])
def test_predictions_are_right_on_average_in_every_decile(predicted: str, true: str) -> None:
    # 10 deciles at 4 standard errors: fails in 6 of 10,000
    for _, decile in groups(predicted):
        apart = decile[true].astype(float) - decile[predicted]
        # where nearly nothing is expected, nothing may happen at all; counts vary at least as Poisson ones
        spread = max(apart.std(), np.sqrt(decile[predicted].mean()))
        assert abs(apart.mean()) < LIMIT * spread / np.sqrt(len(decile))


def test_residual_value_is_right_on_average_in_every_decile() -> None:
    # The prediction discounts a purchase at its moment, the run at the beginning of its month: half a month, 0.4 %.
    # Dropout within a month after a purchase: the run's closed form counts a full month. One per cent covers both.
    known = table().dropna(subset=["value"])
    typical = known.loc[known["truly_alive"], "true_value"].mean()
    for _, decile in known.groupby(pd.qcut(known["value"].rank(method="first"), 10, labels=False)):
        apart = decile["true_value"] - decile["value"]
        spread = max(apart.std(), np.sqrt(decile["value"].mean() * typical))
        assert abs(apart.mean()) < LIMIT * spread / np.sqrt(len(decile)) + 0.01 * decile["value"].mean()


def test_residual_value_ranks_customers_as_the_truth_does() -> None:
    known = table().dropna(subset=["value"])
    # nearly three quarters have left unseen; a ranking that knew nothing would find a fifth of the value in a fifth
    best = known.nlargest(len(known) // 5, "value")["true_value"].sum() / known["true_value"].sum()
    assert best > 0.7


def test_a_run_is_a_log_for_rfm() -> None:
    run = cs.simulate(firm().scaled(0.05), seed=3, months=12)
    scored = rfm(run)
    assert len(scored) == run.transactions["person"].nunique()
    assert scored["purchases"].sum() == len(run.transactions)
    paid = run.transactions.groupby("person")["amount"].sum()
    assert np.allclose((scored["spend"] * scored["purchases"]).sort_index(), paid)
