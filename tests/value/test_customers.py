"""A customer base in one call: its table, its totals, and who is slipping away."""

import numpy as np
import pandas as pd
import pytest

from custsim.errors import InputError
from custsim.value.customers import MODELS, CustomerBase, customer_base, slipping_away
from custsim.value.purchases import MBGNBD, GammaGamma
from custsim.value.transactions import CustomerSummary

MODEL = MBGNBD(r=0.6, alpha=6.0, a=0.9, b=2.0, unit="week")
SPEND = GammaGamma(p=6.0, q=4.0, v=15.0)


@pytest.fixture(scope="module")
def drawn():
    return MODEL.simulate(np.linspace(10, 100, 500), seed=3, spend=SPEND)


@pytest.fixture
def hand_made():
    """Five customers: safe, slipping and dear, slipping and cheap, long gone, one-time."""
    table = pd.DataFrame(
        {
            "frequency": [4, 4, 1, 3, 0],
            "recency": [38.0, 28.0, 20.0, 6.0, 0.0],
            "T": [40.0, 40.0, 40.0, 40.0, 40.0],
            "probability_alive": [0.95, 0.5, 0.6, 0.01, 0.3],
            "residual_value": [100.0, 80.0, 20.0, 1.0, 9.0],
            "expected_purchases": [4.0, 2.0, 1.0, 0.1, 0.2],
            "discounted_purchases": [10.0, 8.0, 2.0, 0.1, 0.9],
        },
        index=pd.Index(["safe", "dear", "cheap", "gone", "once"], name="customer"),
    )
    table["at_risk"] = table["residual_value"] * (1 - table["probability_alive"])
    summary = CustomerSummary.of(table[["frequency", "recency", "T"]], unit="week")
    return CustomerBase(table, summary, MODEL, SPEND, None, 0.0, 52.0, 0.1, 1.0)


def test_slipping_away_is_worth_much_and_probably_about_to_be_gone(hand_made):
    table = slipping_away(hand_made)
    assert table.index.tolist() == ["dear", "cheap", "gone"]  # the safe one has more at risk than all but one
    assert table["silent_for"].tolist() == [12, 20, 34]
    assert table["usual_gap"].tolist() == [7, 20, 2]
    assert slipping_away(hand_made, below=1.0).index.tolist() == ["dear", "cheap", "safe", "gone"]
    assert slipping_away(hand_made, most=1).index.tolist() == ["dear"]
    with pytest.raises(InputError, match="most"):
        slipping_away(hand_made, most=0)
    with pytest.raises(InputError, match="below"):
        slipping_away(hand_made, below=75)


def test_totals_add_the_table_up(hand_made):
    totals = hand_made.totals()
    assert totals["customers"] == 5
    assert totals["one_time_buyers"] == 1
    assert totals["expected_customers"] == pytest.approx(2.36)
    assert totals["expected_purchases"] == pytest.approx(7.3)
    assert totals["discounted_purchases"] == pytest.approx(21)
    assert totals["residual_value"] == 210
    assert totals["share_of_top_fifth"] == pytest.approx(100 / 210)
    assert totals["mean_spend"] == SPEND.mean_spend


def test_a_base_is_what_its_models_say(drawn):
    base = customer_base(drawn, unit="week", end=drawn.end, margin=0.3, annual_discount_rate=0.12)
    assert base.periods == 52
    value = base.model.residual_lifetime_value(base.summary, base.spend, annual_discount_rate=0.12, margin=0.3)
    ahead = base.model.predict(base.summary, 52)
    for column in value:
        assert base.customers[column].tolist() == value[column].tolist()
    assert base.customers["expected_purchases"].tolist() == ahead["expected_purchases"].tolist()
    assert base.customers["at_risk"].to_numpy() == pytest.approx(
        base.customers["residual_value"] * (1 - base.customers["probability_alive"])
    )


@pytest.mark.parametrize(
    ("unit", "year"), [("day", 365), ("week", 52), ("fortnight", 26), ("month", 12), ("half-year", 2), ("year", 1)]
)
def test_expected_purchases_look_a_year_ahead_in_any_unit(drawn, unit, year):
    base = customer_base(drawn, unit=unit, time_unit="week", end=drawn.end)
    assert base.periods == year
    weekly = customer_base(drawn, unit="week", end=drawn.end)
    # the same customers, the same year, whatever the unit the times are counted in
    assert base.totals()["expected_purchases"] == pytest.approx(weekly.totals()["expected_purchases"], rel=0.005)
    assert base.totals()["residual_value"] == pytest.approx(weekly.totals()["residual_value"], rel=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_can_be_named(drawn, name):
    whole = drawn.transactions.assign(time=np.floor(drawn.transactions["time"]))
    base = customer_base(whole, model=name, unit="week", end=drawn.end, duplicates="keep")
    assert isinstance(base.model, MODELS[name])
    assert base.choice is None
    assert base.customers["probability_alive"].between(0, 1).all()


def test_intervals_of_a_base_are_around_its_totals(drawn):
    base = customer_base(drawn, unit="week", end=drawn.end, margin=0.3)
    found = base.intervals(seed=1, draws=20)
    totals = base.totals()
    assert found.total["estimate"] == pytest.approx(totals["expected_purchases"])
    assert found.total_value["estimate"] == pytest.approx(totals["residual_value"])
    assert found.total_value["low"] < totals["residual_value"] < found.total_value["high"]
    assert found.customers.index.equals(base.customers.index)
    without = customer_base(drawn.transactions.drop(columns="amount"), unit="week", end=drawn.end)
    assert without.intervals(seed=1, draws=20).total_value["estimate"] == pytest.approx(
        without.totals()["discounted_purchases"]
    )


def test_where_everybody_spends_the_same_no_model_is_needed(drawn):
    log = drawn.transactions.assign(amount=12.5)
    base = customer_base(log, unit="week", end=drawn.end)
    assert base.spend == 12.5
    assert (base.customers["expected_spend"] == 12.5).all()
    assert base.totals()["residual_value"] == pytest.approx(12.5 * base.totals()["discounted_purchases"])
    assert base.totals()["mean_spend"] == 12.5
    ends = base.intervals(seed=1, draws=20).total_value
    assert ends["low"] < base.totals()["residual_value"] < ends["high"]


def test_spend_may_be_given(drawn):
    base = customer_base(drawn, unit="week", end=drawn.end, spend=20)
    assert base.spend == 20
    assert np.isnan(base.spend_frequency_correlation)
    assert base.totals()["residual_value"] == pytest.approx(20 * base.totals()["discounted_purchases"])
    for bad in (0, -1, float("nan")):
        with pytest.raises(InputError, match="spend: must be above 0"):
            customer_base(drawn, unit="week", end=drawn.end, spend=bad)


def test_amounts_of_nought_are_no_tariff(drawn):
    with pytest.raises(InputError, match="no mean amount above 0"):
        customer_base(drawn.transactions.assign(amount=0.0), unit="week", end=drawn.end, nonpositive="keep")
