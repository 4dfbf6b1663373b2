"""A simulated run goes straight into the functions for logs, and what they say is held against what the run knows.

The special case in which the models are exactly right is a test of the simulation. Here a bundled firm is taken as it
is: old customers whose first purchase nobody saw, satisfaction that moves, complaints, word of mouth.
"""

import numpy as np
import pandas as pd
import pytest

import custsim as cs

SEEN, AHEAD = 24, 12


@pytest.fixture(scope="module")
def firm():
    return cs.load("department_store").scaled(0.25)


@pytest.fixture(scope="module")
def run(firm):
    return cs.simulate(firm, seed=5, months=SEEN)


@pytest.fixture(scope="module")
def base(firm, run):
    return cs.value.customer_base(run, end=SEEN, annual_discount_rate=firm.time.annual_discount_rate, margin=0.5)


def test_a_run_is_a_log_whose_times_count_months(run, base):
    assert base.summary.unit == "month"
    log = run.transactions
    assert base.customers.index.tolist() == sorted(log["person"].unique())
    assert base.customers["frequency"].sum() + len(base.customers) == len(log)
    assert base.summary.record.rows_used == len(log)
    assert base.model.convergence.converged


def test_who_is_still_a_customer_and_how_much_they_buy(firm, run, base):
    """Within 10 % of the truth: the firm is not the models' world, so this is no question of standard errors."""
    truly = (run.customers["state"].astype(str) == "customer").loc[base.customers.index]
    assert base.customers["probability_alive"].sum() == pytest.approx(truly.sum(), rel=0.10)
    # who is there has a higher probability than who is gone, nine times in ten
    here, gone = (base.customers.loc[truly == state, "probability_alive"].to_numpy() for state in (True, False))
    assert (here[:, None] > gone).mean() > 0.9
    later = cs.simulate(firm, seed=5, months=SEEN + AHEAD).transactions
    split = cs.value.calibration_holdout(later, calibration_end=SEEN, end=SEEN + AHEAD, unit="month", duplicates="keep")
    check = cs.value.holdout_check(cs.value.MBGNBD.fit(split.calibration), split)
    assert abs(check.relative_error) < 0.10
    assert check.correlation > 0.7


def test_predicted_residual_value_ranks_customers_nearly_as_the_truth_does(firm, run, base):
    years = SEEN / 12
    # the run discounts to each person's month of joining; for the ranking, the moment of valuation is put at the end
    truth = run.customers.loc[base.customers.index, "value_residual"] * (1 + firm.time.annual_discount_rate) ** years
    predicted = base.customers["residual_value"]
    fifth = len(predicted) // 5
    held, possible = (truth[order.nlargest(fifth).index].sum() / truth.sum() for order in (predicted, truth))
    assert held > 0.85 * possible
    assert predicted.corr(truth, method="spearman") > 0.7
    tenth = pd.qcut(predicted.rank(method="first"), 10, labels=False)
    assert np.all(np.diff(truth.groupby(tenth).mean()) > -0.05 * truth.mean())


def test_scores_of_a_run(run):
    scores = cs.value.rfm(run, end=SEEN)
    table = cs.value.segment_table(scores)
    assert table["customers"].sum() == run.transactions["person"].nunique()
    assert scores["purchases"].sum() == len(run.transactions)
    alive = (run.customers["state"].astype(str) == "customer").loc[scores.index]
    share = alive.groupby(scores["segment"]).mean()
    assert share["champions"] > 0.9
    assert share["lost"] < 0.7
