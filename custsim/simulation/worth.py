"""What is left after the run ends: residual value and tied capacity in closed form, and the dates of visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custsim.chain import loyalty, profit
from custsim.scenario.model import Scenario
from custsim.simulation import streams
from custsim.simulation.compiled import kernel
from custsim.simulation.population import CUSTOMER, People
from custsim.simulation.streams import Integer

if TYPE_CHECKING:
    from custsim.simulation.engine import Simulation

__all__ = ["residual_value", "tied_capacity", "visit_times"]

Floats = NDArray[np.float64]

_TIMES = streams.stream_id("visit times")


def _monthly_rate(scenario: Scenario) -> float:
    return float((1.0 + scenario.time.annual_discount_rate) ** (1.0 / 12.0) - 1.0)


def leaving_chance(people: People, who: NDArray[np.int64], scenario: Scenario) -> Floats:
    """Probability of customers to leave next month once wounds and messages have faded; 1 for those who left.

    A non-contractual customer with rate r and dropout probability p after a visit leaves a month with probability
    :math:`1 - e^{-rp}`.
    """
    law, price = scenario.loyalty, loyalty.price_effect(scenario.market.price, scenario.market.price_sensitivity)
    left = loyalty.discontent(people.satisfaction[who].astype(float), law.top, law.floor, law.exponent)
    left /= loyalty.discontent(law.satisfaction_reference, law.top, law.floor, law.exponent)
    relative = loyalty.relative_hazard(left, 0.0, law.switching_cost, price, 0.0, 0.0, 0.0, 0.0, 0.0)
    if scenario.referral.referred_advantage:
        relative = np.where(people.referred[who] > 0, relative * scenario.referral.referred_churn, relative)
    chance: Floats = loyalty.leaving_probability(people.hazard[who].astype(float), relative)
    if law.relationship == "noncontractual":
        chance = 1.0 - np.exp(-people.rate[who] * scenario.market.visits_per_month * chance)
    return np.where(people.state[who] == CUSTOMER, chance, 1.0)


def residual_value(people: People, who: NDArray[np.int64], scenario: Scenario, end: int) -> tuple[Floats, Floats]:
    r"""Expected contribution after the run of those who are customers at its end, discounted to their first month.

    .. math:: m \frac{1 + i}{1 + i - r}\,(1 + i)^{-(T - t_0)}

    with the person's expected monthly margin m at the present tenure, retention r and monthly discount rate i.

    Parameters
    ----------
    people, who, scenario
        Persons, which of them, levers in force at the end.
    end
        Month after the last.

    Returns
    -------
    value, chance
        Residual value, and the probability to leave next month that it is based on; shape of ``who``.

    References
    ----------
    Gupta & Lehmann (2003), first margin at once.
    """
    money, i = scenario.profit, _monthly_rate(scenario)
    chance = leaving_chance(people, who, scenario)
    tenure = np.maximum(0, end - people.changed[who].astype(int))
    grown = profit.tenure_share(tenure, money.tenure_months) if money.tenure_profile == "rising" else 0.0
    visits = people.rate[who].astype(float) * scenario.market.visits_per_month
    usual = profit.visit_revenue_factor(visits, scenario.market.visits_per_month, money.transaction_share)
    revenue = money.monthly_revenue * scenario.market.price * people.spend[who] * usual
    sold = revenue * (1.0 + money.purchase_growth * grown)
    margin = sold * (1.0 + money.price_premium * grown) - money.visit_cost * visits * (1.0 - money.cost_saving * grown)
    discount = (1.0 + i) ** -(end - people.since[who].astype(float))
    stays = (people.state[who] == CUSTOMER) & (margin != 0.0)
    return np.multiply(margin * discount, _forever(i, chance), out=np.zeros(chance.shape), where=stays), chance


def _forever(i: float, chance: Floats) -> Floats:
    """Discounted months a customer will still stay; infinite for who never leaves, where nothing is discounted."""
    months: Floats = np.divide(1.0 + i, i + chance, out=np.full(chance.shape, np.inf), where=i + chance > 0.0)
    return months


def tied_capacity(
    people: People, who: NDArray[np.int64], scenario: Scenario, end: int, chance: Floats
) -> tuple[Floats, Floats]:
    """Cost of the staff a customer ties up, because staff follows customers; discounted as the value is.

    Returns
    -------
    observed, residual
        In the run (from ``since`` to the end or to leaving, one spell), and expected after it.
    """
    staff, i = scenario.employees, _monthly_rate(scenario)
    cost = staff.pay * staff.monthly_pay / staff.customers_per_employee
    until = np.where(people.state[who] == CUSTOMER, end, people.changed[who].astype(int))
    months = np.maximum(0, until - people.since[who].astype(int))
    observed = cost * months if i == 0 else cost * (1.0 + i) / i * (1.0 - (1.0 + i) ** -months.astype(float))
    after = cost * _forever(i, chance) * (1.0 + i) ** -(end - people.since[who].astype(float))
    return observed, np.where(people.state[who] == CUSTOMER, after, 0.0)


@kernel
def _draw_times(
    k0: Integer, k1: Integer, month: NDArray[np.int64], person: NDArray[np.int64], nth: NDArray[np.int64], out: Floats
) -> None:
    for j in range(month.size):
        out[j] = streams.uniform(k0, k1, _TIMES, month[j], person[j], nth[j])


def visit_times(simulation: Simulation) -> pd.DataFrame:
    """Give every visit of the run a time within its month and an amount.

    The visits meant in a month are spread evenly at random (that is what a Poisson process is, given its count), from
    the person's own luck. Who dropped out made only the first of them; visits turned away in the month of dropping out
    count as its last. The amount is the revenue of a visit.
    """
    log = simulation.log.visits
    people, scenario = simulation.state.people, simulation.scenario
    who, visits, meant = (
        np.concatenate([month[n] for month in log]).astype(int) if log else np.zeros(0, int) for n in (1, 2, 3)
    )
    months = np.repeat([m for m, _, _, _ in log], [who.size for _, who, _, _ in log]).astype(int)
    entry = np.repeat(np.arange(meant.size), meant)
    nth = np.arange(entry.size) - np.repeat(np.cumsum(meant) - meant, meant)
    luck = np.empty(entry.size)
    _draw_times(*simulation.state.luck, months[entry], who[entry], nth, luck)
    luck = luck[np.lexsort((luck, entry))]  # in the order of time within each entry, so that nth tells the place
    made = nth < visits[entry]
    person, time = who[entry[made]], months[entry[made]] + luck[made]
    money = scenario.profit
    amount = money.monthly_revenue * scenario.market.price / scenario.market.visits_per_month
    table = pd.DataFrame({"person": person, "time": time, "amount": amount * people.spend[person].astype(float)})
    return table.sort_values(["person", "time"], ignore_index=True)
