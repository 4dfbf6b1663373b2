"""Erlang C against published values, textbook special cases and identities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.value.queueing import erlang_c


def test_the_published_call_centre(published):
    entry = published("erlang_c")
    given_, expected, decimals = entry["inputs"], entry["expected"], entry["tolerance"]["decimals"]
    queue = erlang_c(
        given_["arrivals_per_second"],
        given_["service_rate_per_second"],
        given_["servers"],
        within=given_["within_seconds"],
    )
    found = {"P_wait": queue.wait_probability, "Tw_s": queue.mean_wait, "service_level": queue.service_level}
    for name, value in found.items():
        assert round(float(value), decimals[name]) == expected[name], name


def test_the_published_table(published):
    rows = np.array(published("erlang_c")["more"]["rows"])
    queue = erlang_c(rows[:, 0], rows[:, 1], rows[:, 2])
    for column, values in enumerate((queue.wait_probability, queue.mean_wait, queue.mean_queue_length)):
        np.testing.assert_allclose(values, rows[:, 3 + column], atol=1e-6)
    np.testing.assert_allclose(queue.utilisation, rows[:, 6], atol=1e-6)


@given(st.floats(0.0, 0.99), st.floats(0.01, 100.0), st.floats(0.0, 50.0))
def test_one_server_is_the_m_m_1_queue(utilisation, service_rate, within):
    queue = erlang_c(utilisation * service_rate, service_rate, 1, within)
    assert queue.wait_probability == pytest.approx(utilisation, rel=1e-9)
    assert queue.mean_wait == pytest.approx(utilisation / (service_rate * (1 - utilisation)), rel=1e-9)
    assert queue.service_level == pytest.approx(
        1 - utilisation * math.exp(-service_rate * (1 - utilisation) * within), rel=1e-9
    )


@given(st.floats(0.01, 0.99), st.integers(1, 300))
def test_it_solves_the_balance_equations(utilisation, servers):
    load = utilisation * servers
    states = np.arange(servers)
    log_weights = states * math.log(load) - np.array([math.lgamma(n + 1) for n in states])
    log_all_busy = servers * math.log(load) - math.lgamma(servers + 1) - math.log1p(-utilisation)
    top = max(log_weights.max(), log_all_busy)
    idle, busy = np.exp(log_weights - top).sum(), math.exp(log_all_busy - top)
    queue = erlang_c(load, 1.0, servers)
    assert queue.wait_probability == pytest.approx(busy / (idle + busy), rel=1e-9)
    assert queue.mean_queue_length == pytest.approx(load * queue.mean_wait, rel=1e-12)
    assert queue.service_level == pytest.approx(1 - queue.wait_probability, rel=1e-9)


def test_arrays_go_together_and_more_servers_wait_less():
    queue = erlang_c([[1.9], [2.9]], 1.0, [3, 4, 5])
    assert queue.mean_wait.shape == (2, 3)
    assert (np.diff(queue.mean_wait, axis=1) < 0).all()
    assert erlang_c(2.9, 1.0, 4).mean_wait == queue.mean_wait[1, 1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((-1.0, 1.0, 1), "arrival_rate"),
        ((1.0, 0.0, 1), "service_rate"),
        ((1.0, 2.0, 0), "servers"),
        ((1.0, 2.0, 1.5), "servers"),
        ((1.0, 2.0, 1, -1.0), "within"),
        ((float("nan"), 2.0, 1), "arrival_rate"),
        ((2.0, 1.0, 2), "without end"),
    ],
)
def test_what_has_no_steady_state_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        erlang_c(*arguments)


def test_all_problems_are_told_at_once():
    with pytest.raises(InputError) as told:
        erlang_c(-1.0, -1.0, 0)
    assert len(told.value.problems) == 3
