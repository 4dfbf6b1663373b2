"""Kept opening states: the same firm again, small while it waits, and never more than the user allows."""

from __future__ import annotations

import numpy as np
import pytest

import custsim as cs
from custsim.errors import InputError
from custsim.scenario.model import Scenario
from custsim.simulation import opening
from custsim.simulation.opening import forget, opening_state


@pytest.fixture(autouse=True)
def nothing_kept():
    forget()
    yield
    forget()


def small() -> Scenario:
    return Scenario().scaled(0.1).change({"time.warm_up_months": 2}, opening="own")


def kept_states() -> list:
    return [state for state, _ in opening._kept.values()]


def test_a_kept_state_opens_as_the_first_one_did_and_belongs_to_who_asked():
    first = opening_state(small(), 1, 0)
    again = opening_state(small(), 1, 0)
    for name, one, other in zip(first.people._fields, first.people, again.people, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)
        assert other.flags.writeable, name
        assert other.flags.c_contiguous, name
        assert not np.shares_memory(one, other), name
    again.people.contribution[:] = 7.0
    again.people.state[:] = 0
    third = opening_state(small(), 1, 0)
    assert not third.people.contribution.any()
    assert third.people.state.any()


def test_a_kept_state_takes_half_of_what_a_living_one_takes():
    living = opening_state(small(), 1, 0)
    (kept,) = kept_states()
    bytes_in_memory = sum(array.nbytes if array.strides[0] else array.itemsize for array in kept.people)
    assert bytes_in_memory < 0.6 * sum(array.nbytes for array in living.people)
    ((_, counted),) = opening._kept.values()
    assert counted == pytest.approx(bytes_in_memory + kept.network.memory_bytes, abs=200)


def test_no_more_is_kept_than_the_environment_allows(monkeypatch):
    firm = small()
    opening_state(firm, 1, 0)
    ((_, size),) = opening._kept.values()
    monkeypatch.setenv("CUSTSIM_OPENINGS_MB", str(5.5 * size / 1e6))
    for seed in range(1, 9):
        opening_state(firm, seed, 0)
    assert len(kept_states()) == 5
    assert [seed for _, seed, _ in opening._kept] == [4, 5, 6, 7, 8]  # the least recently used went first
    monkeypatch.setenv("CUSTSIM_OPENINGS_MB", "0")
    forget()
    unkept = cs.simulate(firm, 1, months=3)
    assert not kept_states()
    monkeypatch.delenv("CUSTSIM_OPENINGS_MB")
    assert cs.simulate(firm, 1, months=3) == unkept


@pytest.mark.parametrize("said", ["much", "-1", "nan", ""])
def test_a_limit_that_is_no_number_is_refused(monkeypatch, said):
    monkeypatch.setenv("CUSTSIM_OPENINGS_MB", said)
    with pytest.raises(InputError, match=r"CUSTSIM_OPENINGS_MB: must be a number of megabytes of at least 0, got"):
        opening_state(small(), 1, 0)
