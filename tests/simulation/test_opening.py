"""Kept opening states: the same firm again, small while it waits, and never more than the user allows."""

from __future__ import annotations

import re
import tomllib

import numpy as np
import pytest

import custsim as cs
from custsim.errors import InputError
from custsim.scenario import save
from custsim.scenario.model import Scenario
from custsim.simulation import opening
from custsim.simulation.opening import fingerprint, forget, opening_state


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


#: changes of every kind: levers, segments, what traits are drawn from, plans, labels, and what does not act at all
CHANGES = [
    {"complaints.staff": 9, "complaints.compensation": 1.5},
    {"loyalty.churn": 0.02, "title": "Disloyal", "time.months": 6},
    {"employees.visit_hours": 0.5, "interventions": [{"month": 3, "change": {"employees.visit_hours": 0.4}}]},
    {"segments": [{"name": "young", "share": 0.4, "churn": 1.5}, {"name": "old", "share": 0.6}]},
    {"time.annual_discount_rate": 0.2, "profit.monthly_revenue": 20.0},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_a_firm_changed_in_month_0_is_saved_and_loaded_as_the_same_firm(changes, tmp_path):
    changed = small().change({"time.months": 12}, opening="own").change(changes)
    save(changed, tmp_path / "changed.toml")
    loaded = cs.load(tmp_path / "changed.toml")
    assert loaded.change({}, opening="own") == changed.change({}, opening="own")  # in all its values
    one, other = (cs.simulate(firm, seed=1, months=8) for firm in (changed, loaded))
    for name in ("monthly", "customers", "tickets", "employees", "joined"):
        assert getattr(one, name).equals(getattr(other, name)), name
    if "loyalty.churn" in changes:  # what a firm that had always been so is not
        always = cs.simulate(changed.change({}, opening="own"), seed=1, months=8)
        assert not always.monthly.equals(one.monthly)
    save(loaded.change({"complaints.ease": 0.5}), tmp_path / "again.toml")
    again = cs.load(tmp_path / "again.toml")
    assert fingerprint(again.opening) == fingerprint(loaded.opening)  # and so on, however often


def test_a_file_says_what_was_otherwise_before_and_no_more(tmp_path):
    bank = cs.load("neighbourhood_bank")
    file = tmp_path / "bank.toml"
    save(bank.change({"complaints.staff": 9, "title": "Ours", "time.months": 24}), file)
    assert tomllib.loads(file.read_text(encoding="utf-8"))["opening"] == {"complaints.staff": bank.complaints.staff}
    loaded = cs.load(file)
    assert (loaded.complaints.staff, loaded.opening.complaints.staff) == (9, bank.complaints.staff)
    save(loaded.change({}, opening="own"), file)
    assert "opening]" not in file.read_text(encoding="utf-8")
    nested = "[complaints]\nstaff = 9\n[opening.complaints]\nstaff = 2\n"
    file.write_text(nested, encoding="utf-8")
    assert cs.load(file).opening.complaints.staff == 2
    save(cs.load(file), file)
    assert file.read_text(encoding="utf-8") == nested  # what says the same is left as it is


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"complaints.staf" = 1', "opening: complaints.staf: no such parameter; did you mean complaints.staff?"),
        ('"complaints.staff" = -1', "opening: complaints.staff: must be at least 0, got -1"),
        ('"market.persons" = 9', "opening: market.persons: a firm is the same in this from its opening on"),
        ('title = "Theirs"', "opening: title: a firm is the same in this"),
        ('"time.months" = 9', "opening: time.months: a firm is the same in this"),
    ],
)
def test_an_opening_that_cannot_be_is_refused(text, words, tmp_path):
    file = tmp_path / "firm.toml"
    file.write_text(f"[opening]\n{text}\n", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(words)):
        cs.load(file)
    file.write_text("opening = 3\n", encoding="utf-8")
    with pytest.raises(InputError, match="opening: must be a table"):
        cs.load(file)
