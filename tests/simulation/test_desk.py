"""The desk: two engines, one queue; by hand, against closed forms, and ticket by ticket against each other.

Statistical tests have fixed seeds; a correct desk would fail one of them for ``ALARM`` of all seeds.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from custsim.errors import InputError
from custsim.simulation.desk import TICKET, BatchDesk, SimpyDesk
from custsim.value.queueing import erlang_c

ALARM = 1e-4
ENGINES = {"batch": BatchDesk, "simpy": lambda patience=math.inf: SimpyDesk(simpy.Environment(), patience)}


@pytest.fixture(params=ENGINES)
def engine(request):
    return ENGINES[request.param]


def run_months(desk, staff, arrivals, handling, length=21.0, patience=None):
    """Serve month after month; return the finished tickets month by month, and those left open at each end."""
    month = np.floor_divide(arrivals, length).astype(int)
    finished, left = [], []
    for number, servers in enumerate(staff):
        if patience is not None:
            desk.patience = patience[number % len(patience)]
        desk.open_month(number * length, (number + 1) * length, servers)
        (mine,) = np.nonzero(month == number)
        desk.submit(arrivals[mine], handling[mine], owner=mine, tag=mine % 3)
        finished.append(desk.close_month())
        left.append(desk.open)
    return finished, left


# ---- by hand ----------------------------------------------------------------------------------------------------


def test_one_server_regular_arrivals(engine):
    desk = engine()
    desk.open_month(0.0, 21.0, servers=1)
    desk.submit(np.arange(10.0), np.full(10, 1.5), owner=np.arange(10))
    done = desk.close_month()
    np.testing.assert_array_equal(done["start"], 1.5 * np.arange(10))  # each starts as the last one ends
    np.testing.assert_array_equal(done["start"] - done["arrival"], 0.5 * np.arange(10))  # waits grow by .5
    np.testing.assert_array_equal(done["owner"], np.arange(10))


def test_a_month_ends_just_before_its_end(engine):
    desk = engine(patience=6.0)
    desk.open_month(0.0, 21.0, servers=1)
    # served to the very end; would be taken up at the very end; gives up at the very end
    desk.submit([0.0, 15.5, 15.0], [21.0, 1.0, 1.0], owner=[1, 3, 2])
    assert desk.close_month().size == 0
    assert desk.open["owner"].tolist() == [1, 2, 3]
    desk.open_month(21.0, 42.0, servers=1)
    done = desk.close_month()
    # the server is free at 21.0: ticket 2 is taken up in its last moment, and 3 gives up at 21.5
    assert done["owner"].tolist() == [1, 3, 2]
    assert done["finish"].tolist() == [21.0, 21.5, 22.0]
    assert done["abandoned"].tolist() == [False, True, False]


def test_who_would_be_taken_up_at_the_end_meets_the_staff_of_the_next_month(engine):
    desk = engine()
    desk.open_month(0.0, 10.0, servers=1)
    desk.submit([1.0, 2.0], [9.0, 3.0], owner=[1, 2])
    assert desk.close_month().size == 0
    desk.open_month(10.0, 20.0, servers=0)
    assert desk.close_month()["owner"].tolist() == [1]
    desk.open_month(20.0, 30.0, servers=1)
    assert desk.close_month()["start"].tolist() == [20.0]


def test_staff_falls_and_rises_between_months(engine):
    desk = engine()
    desk.open_month(0.0, 10.0, servers=3)
    desk.submit([1.0, 2.0, 3.0, 4.0, 5.0], [8.0, 9.0, 11.0, 5.0, 1.0], owner=[1, 2, 3, 4, 5])
    assert desk.close_month()["owner"].tolist() == [1]  # done at 9, when 4 was taken up until 14
    assert np.isnan(desk.open["start"]).tolist() == [False, False, False, True]
    # The two that would be free last (3 and 4, at 14) leave; the one with 2 in hand stays and is free at 11.
    desk.open_month(10.0, 20.0, servers=1)
    desk.submit([12.5], [1.0], owner=[6])
    done = desk.close_month()
    assert done["owner"].tolist() == [2, 5, 6, 3, 4]
    np.testing.assert_array_equal(done["start"], [2.0, 11.0, 12.5, 3.0, 9.0])
    np.testing.assert_array_equal(done["finish"], [11.0, 12.0, 13.5, 14.0, 14.0])
    desk.open_month(20.0, 30.0, servers=0)
    desk.submit([21.0, 22.0], [1.0, 1.0], owner=[7, 8])
    assert desk.close_month().size == 0
    desk.open_month(30.0, 40.0, servers=2)  # newcomers begin with the month
    np.testing.assert_array_equal(desk.close_month()["start"], [30.0, 30.0])


def test_without_servers_all_give_up(engine):
    desk = engine(patience=5.0)
    desk.open_month(0.0, 21.0, servers=0)
    desk.submit([18.0, 1.0], [1.0, 1.0], owner=[2, 1])
    done = desk.close_month()
    assert (done["owner"].tolist(), done["finish"].tolist(), done["abandoned"].tolist()) == ([1], [6.0], [True])
    assert np.isnan(done["start"]).all()
    desk.open_month(21.0, 42.0, servers=0)
    assert desk.close_month()["finish"].tolist() == [23.0]


def test_patience_may_change_between_months(engine):
    desk = engine(patience=30.0)
    desk.open_month(0.0, 10.0, servers=0)
    desk.submit([1.0, 6.0, 7.0], [1.0, 1.0, 1.0], owner=[1, 2, 3])
    with pytest.raises(InputError, match="within month 0"):
        desk.patience = 5.0
    assert desk.close_month().size == 0
    desk.patience = 6.0
    desk.open_month(10.0, 20.0, servers=0)
    done = desk.close_month()  # 1 has waited too long already when the month begins
    assert (done["owner"].tolist(), done["finish"].tolist()) == ([1, 2, 3], [10.0, 12.0, 13.0])


def test_records_carry_owner_tag_and_month(engine):
    desk = engine()
    desk.open_month(0.0, 21.0, servers=1, month=-72)
    desk.submit([20.0], [3.0], owner=[4711], tag=2)
    desk.close_month()
    desk.open_month(21.0, 42.0, servers=1)
    desk.submit([21.0], [0.5], owner=[4712])
    done = desk.close_month()
    assert done[["owner", "tag", "month"]].tolist() == [(4711, 2, -72), (4712, 0, -71)]


# ---- closed forms -----------------------------------------------------------------------------------------------


def replications(engine, arrival_rate, servers, patience, count, days, seed):
    """Run replications of a stationary desk with exponential handling of mean 1; skip the first third."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        arrivals = np.cumsum(rng.exponential(1 / arrival_rate, int(1.2 * arrival_rate * days)))
        arrivals = arrivals[arrivals < days]
        months = math.ceil(days / 21.0)
        finished, left = run_months(engine(patience), [servers] * months, arrivals, rng.exponential(1.0, arrivals.size))
        tickets = np.concatenate(finished)
        yield tickets[tickets["arrival"] > days / 3], left[months // 3 :]


def agrees(sample, expected):
    """Whether the mean of independent replications fits an expected value, at the alarm rate ``ALARM``."""
    return stats.ttest_1samp(sample, expected).pvalue > ALARM


@pytest.mark.parametrize(("name", "count", "days"), [("batch", 60, 4000.0), ("simpy", 12, 600.0)])
def test_waiting_is_that_of_erlang_c_and_littles_law_holds(name, count, days):
    queue = erlang_c(arrival_rate=2.0, service_rate=1.0, servers=3, within=1.0)
    waited, mean_wait, within, in_system = [], [], [], []
    for tickets, left in replications(ENGINES[name], 2.0, 3, math.inf, count, days, seed=1):
        wait = tickets["start"] - tickets["arrival"]
        waited.append((wait > 0).mean())
        mean_wait.append(wait.mean())
        within.append((wait <= 1.0).mean())
        in_system.append(np.mean([tickets.size for tickets in left]))
    assert agrees(waited, queue.wait_probability)
    assert agrees(mean_wait, queue.mean_wait)
    assert agrees(within, queue.service_level)
    assert agrees(in_system, 2.0 * (queue.mean_wait + 1.0))  # Little (1961): number = arrival rate x time in system


@pytest.mark.parametrize(("name", "count", "days"), [("batch", 60, 2000.0), ("simpy", 12, 400.0)])
@pytest.mark.parametrize("arrival_rate", [2.5, 3.6])
def test_giving_up_is_that_of_the_overloaded_m_m_c_d_queue(name, count, days, arrival_rate):
    # Barrer (1957). Virtual waiting time v by level crossing, a = load, c servers of rate 1, patience d:
    # density a P(c-1) exp((a-c)v) below d, falling as exp(-cv) above; an arrival that would wait beyond d gives up.
    c, d = 3, 1.5
    below = np.array([arrival_rate**n / math.factorial(n) for n in range(c)])
    at_d = arrival_rate * below[-1] * math.exp((arrival_rate - c) * d)
    waits = arrival_rate * below[-1] * math.expm1((arrival_rate - c) * d) / (arrival_rate - c)
    total = below.sum() + waits + at_d / c
    gave_up, at_once = [], []
    for tickets, _ in replications(ENGINES[name], arrival_rate, c, d, count, days, seed=2):
        gave_up.append(tickets["abandoned"].mean())
        at_once.append((tickets["start"] == tickets["arrival"]).mean())
        waits_of_leavers = (tickets["finish"] - tickets["arrival"])[tickets["abandoned"]]
        np.testing.assert_allclose(waits_of_leavers, d, atol=1e-9)
    assert agrees(gave_up, at_d / c / total)
    assert agrees(at_once, below.sum() / total)


# ---- the two engines --------------------------------------------------------------------------------------------

# Half days are exact, and few enough that tickets, patience and months often meet at one moment.
moments = st.integers(0, 63).map(lambda n: n / 2)
durations = st.integers(0, 16).map(lambda n: n / 2)


@settings(max_examples=300)
@given(
    tickets=st.lists(st.tuples(moments, durations), max_size=40),
    staff=st.lists(st.integers(0, 5), min_size=4, max_size=6),
    patience=st.lists(st.one_of(durations, st.just(math.inf)), min_size=1, max_size=6),
)
def test_engines_agree_exactly_where_moments_coincide(tickets, staff, patience):
    arrivals = np.array([when for when, _ in tickets])
    arrivals = arrivals[arrivals < 8.0 * len(staff)]
    handling = np.array([long for _, long in tickets])[: arrivals.size]
    (batch, left), (events, left_events) = (
        run_months(engine(), staff, arrivals, handling, 8.0, patience) for engine in ENGINES.values()
    )
    for one, other in zip(batch + left, events + left_events, strict=True):
        for name in TICKET.names:
            np.testing.assert_array_equal(one[name], other[name])


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    staff=st.lists(st.integers(0, 30), min_size=1, max_size=8),
    patience=st.floats(0.0, 60.0),
    rate=st.floats(0.1, 20.0),
)
def test_engines_agree_ticket_by_ticket_and_tickets_are_conserved(seed, staff, patience, rate):
    rng = np.random.default_rng(seed)
    arrivals = rng.uniform(0.0, 21.0 * len(staff), rng.poisson(rate * 21))
    handling = rng.exponential(1.9, arrivals.size)
    (batch, left), (events, left_events) = (
        run_months(engine(patience), staff, arrivals, handling) for engine in ENGINES.values()
    )
    for one, other in zip(batch + left, events + left_events, strict=True):
        assert one["owner"].tolist() == other["owner"].tolist()
        for name in ("arrival", "handling", "start", "finish"):
            np.testing.assert_allclose(one[name], other[name], rtol=0, atol=1e-9)
    handed_in = np.bincount(np.floor_divide(arrivals, 21.0).astype(int), minlength=len(staff)).cumsum()
    handed_back = np.cumsum([tickets.size for tickets in batch])
    np.testing.assert_array_equal(handed_in, handed_back + [tickets.size for tickets in left])
    everyone = np.concatenate([*batch, left[-1]])
    assert sorted(everyone["owner"]) == list(range(arrivals.size))


@given(
    seed=st.integers(0, 2**32 - 1),
    staff=st.lists(st.integers(0, 6), min_size=1, max_size=6),
    patience=st.floats(0.0, 30.0),
)
def test_what_every_month_of_a_desk_must_satisfy(seed, staff, patience):
    rng = np.random.default_rng(seed)
    arrivals = np.sort(rng.uniform(0.0, 21.0 * len(staff), rng.poisson(30 * len(staff))))
    finished, left = run_months(BatchDesk(patience), staff, arrivals, rng.exponential(2.0, arrivals.size))
    for number, tickets in enumerate(finished):
        assert (np.diff(tickets["finish"]) >= 0).all()
        assert ((tickets["finish"] >= 21.0 * number) & (tickets["finish"] < 21.0 * (number + 1))).all()
    done = np.concatenate([*finished, left[-1]])
    served = done[~np.isnan(done["start"])]
    assert (served["start"] - served["arrival"] <= patience + 1e-9).all()
    assert (np.diff(served["start"][np.argsort(served["arrival"])]) >= 0).all()  # first come, first served
    # never more in hand than there are servers, and those whose place was cut while they had a ticket
    for number, servers in enumerate(staff):
        before = served[served["start"] < 21.0 * number]
        mine = served[np.floor_divide(served["start"], 21.0) == number]
        for moment in mine["start"]:
            assert ((mine["start"] <= moment) & (moment < mine["finish"])).sum() <= servers
            if servers >= max(staff[:number], default=0):  # nobody's place was ever cut
                everyone = np.concatenate([before, mine])
                assert ((everyone["start"] <= moment) & (moment < everyone["finish"])).sum() <= servers


def test_a_closing_process_may_live_in_the_environment():
    env, seen = simpy.Environment(), []
    desk, alone = SimpyDesk(env, patience=4.0), BatchDesk(patience=4.0)
    rng = np.random.default_rng(5)

    def months():
        for number in range(3):
            arrivals, handling = rng.uniform(21.0 * number, 21.0 * (number + 1), 40), rng.exponential(1.0, 40)
            for each in (desk, alone):
                each.open_month(21.0 * number, 21.0 * (number + 1), servers=2)
                each.submit(arrivals, handling, owner=np.arange(40))
            yield env.timeout(21.0)
            seen.append((desk.close_month(), alone.close_month()))

    env.run(env.process(months()))
    assert len(seen) == 3
    for events, batch in seen:
        np.testing.assert_array_equal(events["owner"], batch["owner"])
        np.testing.assert_allclose(events["finish"], batch["finish"], rtol=0, atol=1e-9)


def test_a_discipline_of_ones_own():
    class LastComeFirstServed(SimpyDesk):
        def choose(self, waiting):
            return len(waiting) - 1

    desk = LastComeFirstServed(simpy.Environment())
    desk.open_month(0.0, 21.0, servers=1)
    desk.submit([0.0, 1.0, 2.0], [3.0, 3.0, 3.0], owner=[1, 2, 3])
    assert desk.close_month()["owner"].tolist() == [1, 3, 2]


# ---- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrivals", "handling"), [([21.0], [1.0]), ([-0.1], [1.0]), ([np.nan], [1.0]), ([1.0], [-1.0]), ([1.0], [np.inf])]
)
def test_tickets_outside_the_month_are_refused_and_leave_no_trace(engine, arrivals, handling):
    desk = engine()
    desk.open_month(0.0, 21.0, servers=1)
    with pytest.raises(InputError, match="must arrive from 0"):
        desk.submit(arrivals, handling, owner=[1])
    assert desk.close_month().size == desk.open.size == 0


def test_months_out_of_turn_are_refused(engine):
    desk = engine()
    with pytest.raises(InputError, match="no month is open"):
        desk.close_month()
    with pytest.raises(InputError, match="servers"):
        desk.open_month(0.0, 21.0, servers=-1)
    with pytest.raises(InputError, match="a month must go"):
        desk.open_month(21.0, 21.0, servers=1)
    desk.open_month(0.0, 21.0, servers=1)
    with pytest.raises(InputError, match="still open"):
        desk.open_month(21.0, 42.0, servers=1)
    desk.close_month()
    with pytest.raises(InputError, match=r"the next month begins|must be opened"):
        desk.open_month(20.0, 42.0, servers=1)


@pytest.mark.parametrize("patience", [-1.0, math.nan])
def test_an_impossible_patience_is_refused(engine, patience):
    with pytest.raises(InputError, match="patience"):
        engine(patience=patience)
