"""Working ahead: what is lived before anybody asks, and that it gives way to whoever does."""

from __future__ import annotations

import math
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.scenario import Scenario
from custsim.scenario.parameter import valued
from custsim.widgets import Board, Component, Control, Evidence, Session
from custsim.widgets import board as board_module
from custsim.widgets.ahead import Ahead
from custsim.widgets.controls import levers


@pytest.fixture
def board():
    return Board("staffing", scenario=Scenario(), scale=0.03, months=5, charts=["profit"],
                 controls=["complaints.staff", "employees.pay", "profit.tenure_profile"])  # fmt: skip


def until(holds, seconds=30.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.01)


class Endless(Component):
    """A component with something to prepare for as long as it may."""

    kind = "evidence"

    def __init__(self, works=lambda: None):
        super().__init__("endless")
        self.pieces, self.ended, self.works = 0, threading.Event(), works

    def describe(self):
        return {}

    def start(self):
        return {}

    def handle(self, state, message):
        raise NotImplementedError

    def prepare(self, seconds=0.0, goes_on=lambda: True, state=None, together=1):
        self.works()
        while goes_on():
            self.pieces += 1
            time.sleep(0.001)
        self.ended.set()
        return self.pieces


def test_the_next_place_of_a_drag_is_lived_before_it_is_asked_for(board, monkeypatch):
    session = Session(board)
    session.move({"employees.pay": 0.85})
    pay = next(lever for lever in board.levers if lever.path == "employees.pay")
    further, back = pay.beside(0.85, -1), pay.beside(0.85, 1)
    assert further < 0.85 < back
    lived = []
    kept = board_module.live
    monkeypatch.setattr(board_module, "live", lambda scenario, *luck: lived.append(scenario) or kept(scenario, *luck))
    board.prepare(state=session.state)
    assert [one.employees.pay for one in lived[:2]] == [further, back]  # on in the direction of the drag, then back
    assert {one.complaints.staff for one in lived} == {0, 1, 2}  # and the others, where pay stands now
    assert all(one.employees.pay == 0.85 for one in lived if one.complaints.staff != 1)
    assert {one.profit.tenure_profile for one in lived} == {"rising", "flat"}
    count = len(lived)
    session.move({"employees.pay": further})
    session.move({"employees.pay": 0.85, "complaints.staff": 2})
    assert len(lived) == count


def test_what_was_lived_ahead_is_what_would_have_been_lived(board):
    session, alone = Session(board), Session(Board("staffing", scenario=Scenario(), scale=0.03, months=5,
                                                   charts=["profit"], controls=["complaints.staff"]))  # fmt: skip
    board.prepare(state=session.move({"complaints.staff": 3}) and session.state)
    ahead, fresh = session.move({"complaints.staff": 2}), alone.move({"complaints.staff": 2})
    assert ahead.buffer == fresh.buffer
    assert ahead.message["numbers"] == fresh.message["numbers"]


def test_before_the_prediction_nothing_of_the_controls_is_lived(monkeypatch):
    from custsim.widgets import Guess

    board = Board("first", scenario=Scenario(), scale=0.03, months=5, controls=["complaints.staff"],
                  guess=Guess("g", question="?", low=0, high=1, outcome=0.5))  # fmt: skip
    board.describe()
    lived = []
    monkeypatch.setattr(board_module, "live", lambda *told: lived.append(told))
    board.prepare(state=board.start())
    assert lived == []


def test_it_stops_when_somebody_asks_and_goes_on_for_the_next():
    ahead, first, second = Ahead(), Endless(), Endless()
    ahead.work(first, {})
    until(lambda: first.pieces > 2)
    ahead.stop()
    assert first.ended.wait(5)
    ahead.work(second, {})
    until(lambda: second.pieces > 2)
    done = first.pieces
    ahead.stop()
    assert second.ended.wait(5)
    assert first.pieces == done


def test_it_begins_only_when_nobody_has_asked_for_a_while():
    ahead, asked_again, left_alone = Ahead(0.2), Endless(), Endless()
    ahead.work(asked_again, {})
    ahead.stop()  # the next question, at once
    begun = time.monotonic()
    ahead.work(left_alone, {})
    until(lambda: left_alone.pieces > 2)
    assert time.monotonic() - begun >= 0.2
    ahead.stop()
    assert left_alone.ended.wait(5)
    assert asked_again.pieces == 0


def test_what_fails_ahead_disturbs_nobody():
    def fails():
        raise RuntimeError("a bug")

    ahead, broken, sound = Ahead(), Endless(fails), Endless()
    ahead.work(broken, {})
    ahead.work(sound, {})
    until(lambda: sound.pieces > 2)
    ahead.stop()
    assert sound.ended.wait(5)


def test_closed_it_ends_its_thread_and_takes_no_more():
    ahead, part, late = Ahead(), Endless(), Endless()
    ahead.work(part, {})
    until(lambda: part.pieces > 2)
    ahead.close()
    until(lambda: not ahead._thread.is_alive())
    ahead.work(late, {})
    assert late.pieces == 0


def test_parts_with_nothing_to_work_out_do_nothing():
    assert Evidence("e", claim="c", strength="lore", sources=["s"]).prepare(state={}) == 0


PATHS = [one.path for one in valued(Scenario())
         if one.type in ("number", "whole number") and not one.path.startswith(("time.", "interventions"))]  # fmt: skip


@given(st.sampled_from(PATHS), st.integers(-30, 30), st.booleans())
def test_places_of_a_slider_follow_each_other(path, places, log):
    plain = levers(Scenario(), [path])[0]
    scaled = log and plain.low > 0 and not plain.whole
    lever = levers(Scenario(), [Control(path, log=True)])[0] if scaled else plain
    there = lever.beside(lever.start, places)
    if lever.log:
        ratio = math.log(lever.high / lever.low) / 1000  # of one place to the next
        expected, off = lever.start * math.exp(places * ratio), 0.5 * ratio + 1e-3  # places, and four figures
        if there is None:
            assert not lever.low * math.exp(ratio) <= expected <= lever.high * math.exp(-ratio)
        else:
            assert lever.read(there) == there
            assert abs(math.log(there / expected)) <= off
        return
    expected = lever.start + places * lever.step
    if there is None:
        assert not lever.low <= expected <= lever.high
        return
    assert lever.read(there) == there
    assert there == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert lever.beside(there, -places) == pytest.approx(lever.start, rel=1e-6, abs=1e-9)
