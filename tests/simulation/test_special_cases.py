"""What has a closed form comes out: lifetime value, survival, diffusion, buying till one dies, queueing.

Seeds are fixed, so a test fails always or never. Each says how often it would fail by chance had the seed been drawn
afresh; together that is about once in 500. ``LIMIT`` is 4 standard errors: 6.3 failures in 100,000 comparisons.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from special import LIMIT, bare

import custsim as cs
from custsim.value import BGNBD, clv, period_rate
from custsim.value.queueing import erlang_c

MARGIN, DISCOUNT = 10.0, 0.10


def off_by(sample, expected):
    """How many standard errors the mean of a sample lies from what is expected."""
    values = np.asarray(sample, dtype=float)
    return (values.mean() - expected) / (values.std(ddof=1) / math.sqrt(values.size))


# ---- one retention, one margin -----------------------------------------------------------------------------------


def geometric(persons, customers, retention, **market):
    return bare(
        persons,
        customers,
        market=market,
        loyalty={"churn": 1.0 - retention},
        profit={"monthly_revenue": MARGIN},
        time={"annual_discount_rate": DISCOUNT},
    )


def worth(retention):
    """m (1 + i)/(1 + i - r): Gupta & Lehmann (2003), first margin at once."""
    i = (1.0 + DISCOUNT) ** (1.0 / 12.0) - 1.0
    expected = MARGIN * (1.0 + i) / (1.0 + i - retention)
    rate = period_rate(DISCOUNT, periods_per_year=12)
    assert clv(margin=MARGIN, retention=retention, discount=rate) == pytest.approx(expected, rel=1e-12)
    return expected


@pytest.mark.parametrize("retention", [0.5, 0.9])
def test_lifetime_value_observed_until_hardly_anybody_is_left(retention):
    # 40,000 lives of which less than one in a billion goes on; two comparisons, fails in 1.3 of 10,000
    run = cs.simulate(geometric(40_000, 40_000, retention), seed=11, months=220)
    assert len(run.customers) == 40_000
    assert abs(off_by(run.customers["value_observed"], worth(retention))) < LIMIT


@pytest.mark.parametrize("retention", [0.9, 0.97, 0.995])
def test_lifetime_value_of_joiners_observed_and_residual(retention):
    # about 27,000 joiners spread over 24 months, the last of whom have only a residual; fails in 1.9 of 10,000
    run = cs.simulate(geometric(40_000, 0, retention, join_base=0.045), seed=12, months=24)
    joiners = run.customers[run.customers["since"] > 0]
    assert len(joiners) > 20_000
    assert joiners["since"].max() == 24
    assert abs(off_by(joiners["value_observed"] + joiners["value_residual"], worth(retention))) < LIMIT


def test_residual_value_is_the_same_multiple_of_the_margin_for_all_who_stay():
    run = cs.simulate(geometric(2_000, 2_000, 0.9), seed=13, months=7)
    here = run.customers["state"] == "customer"
    discount = (1.0 + DISCOUNT) ** (-7.0 / 12.0)
    np.testing.assert_allclose(run.customers.loc[here, "value_residual"], worth(0.9) * discount, rtol=1e-6)
    assert (run.customers.loc[~here, "value_residual"] == 0).all()


# ---- Beta churn: shifted beta-geometric --------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b"), [(0.668, 3.806), (0.704, 1.182), (5.0, 45.0)])
def test_survival_of_a_cohort_is_shifted_beta_geometric(a, b):
    # The first two pairs: the high-end and regular customers of Fader & Hardie (2007). S(t) = B(a, b + t)/B(a, b).
    # 8 comparisons and one chi-square test at 1 of 10,000, three times: fails in 1.8 of 1,000
    persons, months = 40_000, 48
    firm = bare(persons, persons, loyalty={"churn": a / (a + b), "churn_shape": a})
    monthly = cs.simulate(firm, seed=21, months=months).monthly
    t = np.arange(1, months + 1)
    survival = np.exp(special.betaln(a, b + t) - special.betaln(a, b))
    alive = monthly["customers_end"].to_numpy() / persons
    off = (alive - survival) / np.sqrt(survival * (1.0 - survival) / persons)
    assert (np.abs(off[[0, 1, 2, 5, 11, 23, 35, 47]]) < LIMIT).all()
    expected = persons * np.append(-np.diff(np.append(1.0, survival)), survival[-1])
    counted = np.append(monthly["left"].to_numpy(), monthly["customers_end"].iloc[-1])
    assert stats.chisquare(counted, expected).pvalue > 1e-4


def test_survivors_differ_from_entrants_as_the_beta_posterior_says():
    # Personal probabilities to leave of those still there after t months are Beta(a, b + t): 2 comparisons
    a, b, months = 1.5, 20.0, 24
    firm = bare(40_000, 40_000, loyalty={"churn": a / (a + b), "churn_shape": a})
    customers = cs.simulate(firm, seed=22, months=months).customers
    stayed = customers.loc[customers["state"] == "customer", "leaving_chance"]
    assert abs(off_by(stayed, a / (a + b + months))) < LIMIT
    second_moment = a * (a + 1) / ((a + b + months) * (a + b + months + 1))
    assert abs(off_by(stayed**2, second_moment)) < LIMIT


# ---- well mixed, one message a month: Bass -----------------------------------------------------------------------

INNOVATION, IMITATION = 0.01, 0.4


def talkative(persons):
    """Everybody tells one random person each month, from the month they join in; it is forgotten after a month."""
    return bare(
        persons,
        market={"join_base": INNOVATION},
        loyalty={"churn": 0.0},
        referral={
            "positive_peak": 1.0,
            "positive_start": 0.0,
            "positive_base": 1.0,
            "positive_contacts": 1,
            "weak_effect": IMITATION,
            "message_memory": 0.0,
        },
    )


def bass(months):
    """F' = F + (1 - F)(1 - (1 - p) exp(-qF)), from nobody; the share at the end of each month."""
    share, path = 0.0, []
    for _ in range(months):
        share += (1.0 - share) * (1.0 - (1.0 - INNOVATION) * math.exp(-IMITATION * share))
        path.append(share)
    return np.array(path)


def adopted(persons, seed, replication=0, months=24):
    run = cs.simulate(talkative(persons), seed=seed, replication=replication, months=months)
    assert (run.monthly["recommendations"] == run.monthly["customers_end"]).all()
    return run.monthly["customers_end"].to_numpy() / persons


def test_each_month_of_a_diffusion_has_the_joiners_bass_says():
    # Given C customers at its start, a month's messages are C tickets drawn among N persons, so that the chance to join
    # is exactly 1 - (1 - p)(1 - q/N)^C; joinings are negatively associated, so their variance is at most binomial.
    # 24 months and their sum: fails in at most 1.6 of 1,000
    persons = 40_000
    share = adopted(persons, seed=31)
    customers = np.round(np.append(0.0, share[:-1]) * persons)
    joined = np.diff(np.append(0.0, share)) * persons
    chance = 1.0 - (1.0 - INNOVATION) * (1.0 - IMITATION / persons) ** customers
    expected, variance = (persons - customers) * chance, (persons - customers) * chance * (1.0 - chance)
    assert (np.abs(joined - expected) < LIMIT * np.sqrt(variance)).all()
    assert abs((joined - expected).sum()) < LIMIT * math.sqrt(variance.sum())


def test_the_path_is_that_of_bass_and_chance_shrinks_with_the_root_of_the_market():
    # The mean path of 12 markets of 20,000 at five months: fails in about 3 of 1,000 (t with 11 degrees of freedom,
    # 2.1 of 1,000 beyond 4, of which the five months share most)
    months = 24
    paths = np.array([adopted(20_000, 32, replication, months) for replication in range(12)])
    expected = bass(months)
    for month in (0, 4, 8, 12, 18):
        assert abs(off_by(paths[:, month], expected[month])) < LIMIT
    # Deviations shrink as 1/sqrt(N): root mean squares over 12 markets of 1,250 and of 20,000 differ by a factor of 4;
    # each has a relative error of about 20 %, so a ratio beyond [1.8, 9] has a chance below 1 of 1,000 (F test)
    small = np.array([adopted(1_250, 33, replication, months) for replication in range(12)])
    rough, fine = (np.sqrt(((sample - expected)[:, 6:16] ** 2).mean()) for sample in (small, paths))
    assert 1.8 < rough / fine < 9.0


def test_without_talk_a_market_is_won_at_the_rate_of_innovation():
    # F' = F + p (1 - F); three comparisons
    firm = bare(40_000, market={"join_base": 0.05}, loyalty={"churn": 0.0})
    share = cs.simulate(firm, seed=34, months=20).monthly["customers_end"].to_numpy() / 40_000
    expected = 1.0 - 0.95 ** np.arange(1, 21)
    off = (share - expected) / np.sqrt(expected * (1.0 - expected) / 40_000)
    assert (np.abs(off[[0, 9, 19]]) < LIMIT).all()


# ---- non-contractual: BG/NBD -------------------------------------------------------------------------------------


def histories(transactions, persons, months):
    """Frequency, recency and T of a cohort whose first purchase was at time 0."""
    by_person = transactions.groupby("person")["time"].agg(["size", "max"]).reindex(range(persons))
    return pd.DataFrame(
        {
            "frequency": by_person["size"].fillna(0).astype(int),
            "recency": by_person["max"].fillna(0.0),
            "T": float(months),
        }
    )


@pytest.mark.parametrize(("r", "alpha", "a", "b"), [(0.7, 1.4, 0.8, 2.5), (0.243, 4.414 / 4.33, 0.793, 2.426)])
def test_maximum_likelihood_recovers_the_bgnbd_world(r, alpha, a, b):
    # The second: the CDNOW estimates of Fader, Hardie & Lee (2005), weeks turned into months. Four parameters and a
    # likelihood ratio at 1 of 10,000, twice: fails in 7 of 10,000
    persons, months = 30_000, 30
    firm = bare(
        persons,
        persons,
        market={"visits_per_month": r / alpha, "visits_shape": r},
        loyalty={"relationship": "noncontractual", "churn": a / (a + b), "churn_shape": a},
    )
    run = cs.simulate(firm, seed=41, months=months)
    data = histories(run.transactions, persons, months)
    assert data["frequency"].sum() == run.monthly["visits"].sum() == run.customers["visits"].sum()
    fitted = BGNBD.fit(data, unit="month")
    table = fitted.summary()
    truth = pd.Series({"r": r, "alpha": alpha, "a": a, "b": b})
    assert (((table["estimate"] - truth) / table["standard_error"]).abs() < LIMIT).all(), table
    gain = 2.0 * (fitted.log_likelihood(data) - BGNBD(r=r, alpha=alpha, a=a, b=b).log_likelihood(data))
    assert stats.chi2.sf(gain, df=4) > 1e-4


def test_a_purchase_times_within_a_month_are_those_of_a_poisson_process():
    # Times between the first two purchases of those who cannot drop out are exponential up to the end: the times of all
    # purchases are uniform, of the first within a busy month they have the law of the smallest of n. 2 tests at 1e-4
    firm = bare(
        20_000, 20_000, market={"visits_per_month": 1.5}, loyalty={"relationship": "noncontractual", "churn": 0.0}
    )
    log = cs.simulate(firm, seed=42, months=6).transactions
    assert stats.kstest(log["time"], stats.uniform(0, 6).cdf).pvalue > 1e-4
    first = log.groupby("person")["time"].min()
    rate = 1.5
    truncated = stats.truncexpon(b=6 * rate, scale=1 / rate)
    assert stats.kstest(first, truncated.cdf).pvalue > 1e-4


def test_the_purchase_after_which_somebody_drops_out_keeps_its_place_in_the_month():
    # Everybody leaves after the first purchase: its time is exponential, however many more were to come that month.
    # One test at 1 of 10,000
    rate = 3.0
    firm = bare(
        20_000,
        20_000,
        market={"visits_per_month": rate},
        loyalty={"relationship": "noncontractual", "churn": 0.999999},
    )
    log = cs.simulate(firm, seed=43, months=12).transactions
    assert log["person"].is_unique
    assert stats.kstest(log["time"], stats.expon(scale=1 / rate).cdf).pvalue > 1e-4


# ---- the complaint desk within a run: Erlang C -------------------------------------------------------------------


def test_the_complaint_desk_of_a_run_waits_as_erlang_c_says():
    # 20,000 customers, none of whom leaves; everybody who is wronged complains and nobody gives up. Complaints of a
    # month are binomial with a chance of .4 %: Poisson but for that share. Two comparisons over 20 independent runs (t
    # with 19 degrees of freedom: 7.7 of 10,000 beyond 4 standard errors): fails in about 1.5 of 1,000
    persons, days, staff, handling, monthly = 20_000, 21.0, 4, 0.85, 88.0
    firm = bare(
        persons,
        persons,
        market={"visits_per_month": 1.0},
        loyalty={"churn": 0.0},
        time={"working_days_per_month": days},
        complaints={
            "failure_rate": monthly / persons,
            "minor_voice": 20.0,
            "major_voice": 20.0,
            "staff": staff,
            "handling_days": handling,
            "patience_days": 1e9,
        },
    )
    waits, waiting = [], []
    for replication in range(20):
        run = cs.simulate(firm, seed=51, replication=replication, months=72)
        assert run.monthly["silent_failures"].sum() == 0
        late = run.tickets[run.tickets["raised"] >= 12]
        queued = late["wait_days"] - late["handling_days"]
        waits.append(queued.mean())
        waiting.append((queued > 1e-9).mean())
    arrivals = run.monthly["complaints"]
    # visits are Poisson(1) a month, so a customer is wronged with probability 1 - exp(-f)
    rate = -persons * math.expm1(-monthly / persons) / days
    assert abs(arrivals.mean() / days - rate) < LIMIT * math.sqrt(rate / days / len(arrivals))
    queue = erlang_c(arrival_rate=rate, service_rate=1.0 / handling, servers=staff)
    assert abs(off_by(waits, float(queue.mean_wait))) < LIMIT
    assert abs(off_by(waiting, float(queue.wait_probability))) < LIMIT
