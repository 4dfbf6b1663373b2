"""Why, is it luck, and whose life: each answers from the state, changes nothing, and says what it did."""

from __future__ import annotations

import json
import re
from functools import cache

import numpy as np
import pytest

from custsim.errors import InputError
from custsim.scenario import load
from custsim.simulation import simulate
from custsim.simulation.opening import opening_state
from custsim.simulation.population import LAPSED, PROSPECT
from custsim.widgets import Board, Session
from custsim.widgets.events import events
from custsim.widgets.panels import REPLICATIONS, _fate


@cache
def board() -> Board:
    firm = load("neighbourhood_bank").scaled(0.1).change({"complaints.staff": 1}, opening="own")
    return Board(
        "asked",
        scenario=firm,
        scale=1.0,
        months=24,
        controls=("complaints.staff", "complaints.handling_days", "profit.acquisition_cost", "employees.pay"),
        charts=("answer_time", "profit"),
        numbers=("profit", "response_days", "customers_end"),
    )


def asked(do, setting, **more):
    session = Session(board())
    session.move(setting)
    before = json.dumps(session.state)
    reply = session.send({"do": do, "n": 4, **more})
    assert json.dumps(session.state) == before
    assert reply.message["is"] == do
    assert (reply.message["setting"], reply.message["n"]) == (session.state["setting"], 4)
    assert json.loads(json.dumps(reply.message, allow_nan=False)) == reply.message
    return reply


def test_slow_questions_are_named_so():
    assert Board.slow == {"why", "customer", "band"}


def test_a_band_holds_most_lucks_of_both_settings():
    reply = asked("band", {"complaints.handling_days": 3.0})
    series, months = len(board().series), board().months
    band = reply.numbers.reshape(2, 2, series, months)
    low, high = band[:, 0], band[:, 1]
    there = ~np.isnan(low)
    assert (low[there] <= high[there]).all()
    runs = [simulate(board().scenario, 1, luck).monthly["profit"].to_numpy() for luck in range(REPLICATIONS)]
    inside = np.mean([(low[1, 1] <= run + 1e-2) & (run - 1e-2 <= high[1, 1]) for run in runs])
    assert inside == pytest.approx(0.9, abs=0.02)  # 5 to 95 % of twenty leaves one out on either side
    profit = next(one for one in reply.message["numbers"] if one["name"] == "profit")
    assert "(95 %:" in profit["text"]
    days = next(one for one in reply.message["numbers"] if one["name"] == "response_days")
    assert days["sure"] is True
    assert days["text"].startswith("+")
    assert str(REPLICATIONS) in reply.message["words"][0]


def test_a_band_is_paired_so_that_a_sure_thing_is_sure():
    """Acquisition cost acts on money alone, so each luck differs by exactly the joiners times the price."""
    reply = asked("band", {"profit.acquisition_cost": 310.0})
    numbers = {one["name"]: one for one in reply.message["numbers"]}
    assert numbers["profit"]["sure"] is True
    assert numbers["profit"]["text"].startswith("\N{MINUS SIGN}")
    assert numbers["customers_end"]["text"] == "0 persons (95 %: 0 to 0)"
    assert numbers["customers_end"]["sure"] is False


def test_why_names_the_link_that_carried_the_difference():
    one = asked("why", {"complaints.handling_days": 3.0}).message
    assert [bar["link"] for bar in one["bars"]] == ["complaints"]
    assert one["bars"][0]["value"] == pytest.approx(one["total"]["value"])
    assert one["bars"][0]["low"] < one["bars"][0]["value"] < one["bars"][0]["high"]
    assert any("wait at the complaint desk" in line.casefold() for line in one["words"])
    two = asked("why", {"complaints.handling_days": 3.0, "employees.pay": 1.15}).message
    assert [bar["link"] for bar in two["bars"]] == ["employees", "complaints"]
    assert sum(bar["value"] for bar in two["bars"]) == pytest.approx(two["total"]["value"])
    pay = two["bars"][0]
    assert pay["value"] < 0
    assert pay["text"].startswith("\N{MINUS SIGN}")


def test_nothing_differs_where_nothing_was_moved():
    told = asked("why", {}).message
    assert (told["bars"], told["total"]["value"]) == ([], 0.0)
    assert "Move a control first" in told["words"][0]
    band = asked("band", {}).message
    assert "nothing differs" in band["words"][1]
    person = asked("customer", {}).message
    assert person["before"] == []
    assert person["months"]["reference"] is None


def test_a_customer_whom_the_change_concerns_is_told_in_both_lives():
    told = asked("customer", {"complaints.handling_days": 6.0}).message
    person = told["person"]
    now, then = (simulate(board().changed(s), 1).customers for s in ({"complaints.handling_days": 6.0}, {}))
    fates = [table["state"].get(person, "none") for table in (now, then)]
    assert fates[0] != fates[1]
    assert told["words"][0].startswith(f"Person {person}")
    assert told["before"][0].startswith(f"Person {person}")
    assert told["words"] != told["before"]
    assert "In the reference" in told["difference"]
    present = told["months"]["present"]["satisfaction"]
    assert len(present) == board().months
    assert all(value is None or 0 <= value <= 100 for value in present)


def test_a_story_is_a_list_of_its_dates():
    told = asked("customer", {"complaints.handling_days": 6.0}).message
    run = simulate(board().changed({"complaints.handling_days": 6.0}), 1)
    story = run.story(told["person"])
    assert "".join("".join(told["words"]).replace(":", "").split()) == "".join(
        story.replace("=", "").replace(":", "").split()
    )
    assert all("\n" not in line and "  " not in line for line in told["words"])


def test_marks_of_a_life_are_what_its_story_tells():
    told = asked("customer", {"complaints.handling_days": 6.0}).message
    both = {"present": told["words"], "reference": told["before"]}
    runs = {name: simulate(board().changed(s), 1) for name, s in
            (("present", {"complaints.handling_days": 6.0}), ("reference", {}))}  # fmt: skip
    words = {
        "complaint": "They complain",
        "leaving": "Leaves the firm|Comes no more|an offer of the firm holds them",
        "joining": "Joins|Comes back|Is won back",
    }
    for name, story in both.items():
        marked = told["events"][name]
        assert marked == sorted(marked, key=lambda event: event["month"])
        for lane, word in words.items():
            assert sum(event["lane"] == lane for event in marked) == sum(len(re.findall(word, line)) for line in story)
        months = runs[name].followed(told["person"])
        for lane, columns in {
            "trouble": ["minor_failure", "major_failure", "unserved"],
            "answer": ["answered"],
            "talk": ["recommended", "warned"],
        }.items():
            there = months.index[months[columns].any(axis=1)].tolist()
            assert [event["month"] for event in marked if event["lane"] == lane] == there
    used = {event["lane"] for events in told["events"].values() for event in events}
    assert {lane["lane"] for lane in told["lanes"]} == used
    assert "leaving" in used


def test_who_comes_again_comes_back():
    run = simulate(load("department_store").scaled(0.1), 1)
    again = run.joined[run.joined["person"].duplicated()]["person"]
    for person in again[:3]:
        joining = [event["says"] for event in events(run, person) if event["lane"] == "joining"]
        assert joining[-1] == "comes back"
    assert len(again) > 0


def test_a_person_may_be_asked_for():
    told = asked("customer", {"complaints.staff": 2}, person=11).message
    assert told["person"] == 11
    for wrong in (-1, 10**6, "11", 1.5, True):
        with pytest.raises(InputError, match="person"):
            Session(board()).send({"do": "customer", "person": wrong})


def test_a_panel_that_is_not_there_is_refused():
    bare = Board("bare", scenario=board().scenario, controls=["complaints.staff"], months=3, panels=["why"])
    with pytest.raises(InputError, match="band is not to be had here"):
        Session(bare).send({"do": "band"})


def test_who_was_a_customer_once_is_not_said_never_to_have_been_one():
    run = board().run({})
    opened = opening_state(board().scenario, run.seed, run.replication).people.state
    for state, said in ((LAPSED, "they do not come back"), (PROSPECT, "they never become a customer")):
        person = next(int(one) for one in np.flatnonzero(opened == state) if one not in run.customers.index)
        assert _fate(run, person) == said
