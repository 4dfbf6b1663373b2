"""A board, without a browser: every kind of control moved through its range, and what must follow along the chain."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from custsim.errors import InputError
from custsim.experiment.measures import measure
from custsim.scenario import Scenario, load
from custsim.simulation import simulate
from custsim.widgets import Board, Chart, Control, Guess, Headline, Number, Series, Session, problem
from custsim.widgets.board import UNDOS
from custsim.widgets.charts import CHARTS
from custsim.widgets.numbers import HEADLINES, told
from custsim.widgets.quick import QUICK, live

#: path -> name of a number, and whether it rises (+1) or falls (-1) when the control is pushed up, all else equal
MOVES = {
    "internal_service.training.spend": ("internal_service", +1),
    "internal_service.desk_staff": ("internal_wait", -1),
    "internal_service.requests": ("internal_wait", +1),
    "internal_service.months_up": ("profit", 0),
    "employees.pay": ("turnover", -1),
    "employees.customers_per_employee": ("work_pressure", +1),
    "employees.hiring_delay": ("vacancies", +1),
    "employees.quit_hazard": ("turnover", +1),
    "service_quality.anchor": ("satisfaction", +1),
    "satisfaction.promise": ("satisfaction", -1),
    "complaints.staff": ("response_days", -1),
    "complaints.handling_days": ("response_days", +1),
    "complaints.ease": ("silent_share", -1),
    "complaints.solve_rate": ("resolved_share", +1),
    "complaints.failure_rate": ("complaints", +1),
    "loyalty.churn": ("lost", +1),
    "loyalty.offer_rate": ("lost", -1),
    "loyalty.switching_cost": ("lost", -1),
    "loyalty.winback_rate": ("won_back", +1),
    "referral.reward": ("recommendations", +1),
    "referral.positive_contacts": ("recommendations", +1),
    "referral.negative_peak": ("warnings", +1),
    "market.marketing": ("won", +1),
    "market.price": ("lost", +1),
    "profit.acquisition_cost": ("profit", -1),
    "profit.fixed_cost": ("profit", -1),
    "segments[0].spend": ("profit", +1),
    "time.annual_discount_rate": ("net_present_value", -1),
}

NUMBERS = tuple(dict.fromkeys(name for name, _ in MOVES.values()))


@cache
def mover() -> Board:
    return Board("mover", scenario=Scenario(), scale=0.15, months=24, controls=tuple(MOVES),
                 charts=tuple(CHARTS), numbers=NUMBERS)  # fmt: skip


@cache
def bank() -> Board:
    """A small board with one control of each kind."""
    return Board(
        "staffing",
        scenario="neighbourhood_bank",
        scale=0.05,
        months=14,
        controls=(
            "complaints.staff",
            Control("complaints.compensation", low=0, high=3, step=0.1, label="Compensation, times the loss"),
            "employees.pay",
            "profit.tenure_profile",
            "referral.referred_advantage",
        ),
        charts=("chain", "complaints", "answer_time", "profit"),
        numbers=("profit", "customer_equity", "lifetime_value", "retention", "response_days"),
    )


def rows(reply, board):
    return reply.numbers.reshape(-1, board.months)


# --- what moves -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MOVES)
def test_every_control_moves_its_part_of_the_chain_in_the_right_direction(path):
    board, (name, direction) = mover(), MOVES[path]
    lever = next(one for one in board.levers if one.path == path)
    session = Session(board)
    seen = []
    places = (lever.low, (lever.low + lever.high) / 2, lever.high)
    for place in places:
        value = round(place) if lever.whole else place
        reply = session.move({path: value})
        assert reply.message["is"] == "view"
        assert rows(reply, board).shape == (len(board.series), board.months)
        seen.append(board.number(name, session.state["setting"]))
    if direction:
        assert direction * (seen[2] - seen[0]) > 0, (path, name, seen)


@pytest.mark.parametrize("scenario", ["neighbourhood_bank", "mobile_operator", "hotel", "department_store"])
def test_more_staff_answers_sooner_in_every_firm(scenario):
    board = Board("s", scenario=scenario, scale=0.2, months=18, controls=["complaints.staff"], charts=["answer_time"],
                  numbers=["response_days"])  # fmt: skip
    few, many = (rows(Session(board).move({"complaints.staff": n}), board)[0] for n in (1, 6))
    assert np.nanmean(many) < np.nanmean(few)


def test_compensation_beyond_the_best_does_harm_and_none_is_poor():
    board = Board("s", scenario=Scenario(), scale=0.25, months=24, controls=["complaints.compensation"],
                  charts=["recovery"], numbers=["resolved_share"])  # fmt: skip
    none, best, absurd = (board.number("resolved_share", {"complaints.compensation": x}) for x in (0, 1.25, 3.0))
    assert none < best > absurd


def test_a_choice_and_a_switch_act():
    board = bank()
    rising, flat = (board.values("profit", {"profit.tenure_profile": x}).sum() for x in ("rising", "flat"))
    assert flat < rising
    assert board.number("lifetime_value", {"referral.referred_advantage": True}) > board.number("lifetime_value")


def test_the_reference_and_a_setting_are_the_same_firm_in_the_same_luck():
    """Compensation acts only on those who are answered, so nothing differs before the first answer."""
    board = bank()
    before, after = board.values("satisfaction"), board.values("satisfaction", {"complaints.compensation": 0.0})
    assert before[0] == after[0]
    assert not np.array_equal(before, after)


def test_numbers_on_the_quick_path_are_the_measures():
    for name in ("neighbourhood_bank", "hotel"):
        firm = load(name).scaled(0.05).change({"complaints.staff": 2, "time.months": 20})
        run = simulate(firm, 3, 1)
        lived = live(firm, 3, 1)
        for number, of in QUICK.items():
            factor = 100.0 if number == "retention" else 1.0
            assert of(lived) == pytest.approx(factor * measure(run, number), rel=1e-9), (name, number)
        assert np.array_equal(lived.run.monthly.to_numpy(), run.monthly.to_numpy(), equal_nan=True)


def test_series_of_the_charts_are_what_they_say():
    board = mover()
    run = simulate(board.scenario, 1)
    monthly = run.monthly
    discount = (1 + board.scenario.time.annual_discount_rate) ** (-np.arange(24) / 12)
    assert board.values("discounted_profit")[-1] == pytest.approx(float(monthly["profit"] @ discount), rel=1e-5)
    assert board.values("churn_percent")[11] == pytest.approx(
        100 * monthly["left"][:12].sum() / monthly["customers"][:12].mean(), rel=1e-5
    )
    assert board.values("churn_percent")[23] == pytest.approx(
        100 * monthly["left"][12:].sum() / monthly["customers"][12:].mean(), rel=1e-5
    )
    assert np.isnan(board.values("churn_percent")[:2]).all()
    assert board.values("own_cost") + board.values("profit") == pytest.approx(board.values("contribution"), rel=1e-5)


def test_numbers_above_the_picture_add_up_to_what_happened():
    board = mover()
    run = simulate(board.scenario, 1)
    for name in ("net_present_value", "customers_end", "internal_wait"):
        measured = {"customers_end": "customers_end.last", "internal_wait": "internal_wait_days"}.get(name, name)
        assert HEADLINES[name].of(run) == pytest.approx(measure(run, measured))
    tickets = run.tickets
    assert HEADLINES["response_days"].of(run) == pytest.approx(tickets["wait_days"].mean(), rel=1e-9)
    assert HEADLINES["resolved_share"].of(run) == pytest.approx(100 * tickets["satisfied"].mean(), rel=1e-9)


# --- undo, reset, reference, restore ----------------------------------------------------------------------------------


def test_undo_and_redo_go_back_and_forth():
    session = Session(bank())
    session.move({"complaints.staff": 3})
    session.move({"complaints.compensation": 2.0})
    assert session.undo().message["setting"] == {"complaints.staff": 3}
    assert session.undo().message["setting"] == {}
    with pytest.raises(InputError, match="nothing to take back"):
        session.undo()
    assert session.redo().message["setting"] == {"complaints.staff": 3}
    assert session.redo().message["setting"] == {"complaints.staff": 3, "complaints.compensation": 2.0}
    with pytest.raises(InputError, match="nothing was taken back"):
        session.redo()


def test_a_drag_is_one_step():
    session = Session(bank())
    for staff in (2, 3, 4):
        view = session.move({"complaints.staff": staff}, rest=False).message
        assert view["setting"] == ({} if staff == bank().levers[1].start else {"complaints.staff": staff})
    assert session.state["undo"] == []
    session.move({"complaints.staff": 5})
    assert len(session.state["undo"]) == 1
    assert session.undo().message["setting"] == {}


def test_an_undo_in_the_middle_of_a_drag_goes_back_to_where_the_drag_began():
    session = Session(bank())
    session.move({"complaints.staff": 3})
    session.move({"complaints.staff": 5}, rest=False)
    assert session.undo().message["setting"] == {"complaints.staff": 3}
    assert session.redo().message["setting"] == {"complaints.staff": 5}


def test_a_new_move_forgets_what_was_taken_back():
    session = Session(bank())
    session.move({"complaints.staff": 3})
    session.undo()
    assert session.move({"employees.pay": 1.2}).message["redo"] is False


def test_what_can_be_taken_back_is_bounded_and_the_state_stays_small():
    session = Session(bank())
    paths = {"complaints.compensation": 0.1, "employees.pay": 1.5, "profit.tenure_profile": "flat",
             "referral.referred_advantage": True}  # fmt: skip
    for n in range(UNDOS + 9):
        session.move({**paths, "complaints.staff": n % 2})
    assert len(session.state["undo"]) == UNDOS
    assert len(json.dumps(session.state)) < 8000


def test_reset_goes_to_the_start_and_can_be_taken_back():
    session = Session(bank())
    session.move({"complaints.staff": 4})
    session.send({"do": "reference", "set": "now"})
    view = session.reset().message
    assert (view["setting"], view["reference"]) == ({}, {})
    assert session.undo().message["setting"] == {"complaints.staff": 4}


def test_a_value_put_back_to_its_start_is_no_change():
    session = Session(bank())
    session.move({"complaints.compensation": 2.0})
    assert session.move({"complaints.compensation": 1.0}).message["setting"] == {}


def test_another_reference_is_frozen_and_compared_with():
    board = bank()
    session = Session(board)
    session.move({"complaints.staff": 4})
    frozen = session.send({"do": "reference", "set": "now"})
    assert frozen.message["is"] == "reference"
    both = rows(frozen, board)
    assert both.shape == (2 * len(board.series), board.months)
    assert np.array_equal(both[: len(board.series)], both[len(board.series) :], equal_nan=True)
    assert all(one["change"] == "" and one["direction"] == "same" for one in frozen.message["numbers"])
    moved = session.move({"complaints.staff": 1})
    assert moved.message["reference"] == {"complaints.staff": 4}
    days = next(one for one in moved.message["numbers"] if one["name"] == "response_days")
    assert (days["direction"], days["good"]) == ("up", False)
    assert days["change"].startswith("+")
    again = rows(session.look(), board)
    assert np.array_equal(again[: len(board.series)], both[: len(board.series)], equal_nan=True)
    assert session.send({"do": "reference", "set": "start"}).message["reference"] == {}


def test_a_screen_is_drawn_again_from_the_state_alone():
    board = bank()
    session = Session(board)
    moved = session.move({"complaints.staff": 4})
    reloaded = Session(board, json.loads(json.dumps(session.state))).look()
    assert reloaded == moved


def test_signs_tell_what_is_good():
    session = Session(bank())
    numbers = {one["name"]: one for one in session.move({"complaints.staff": 0}).message["numbers"]}
    assert (numbers["response_days"]["direction"], numbers["response_days"]["good"]) == ("up", False)
    numbers = {one["name"]: one for one in session.move({"complaints.staff": 6}).message["numbers"]}
    assert (numbers["response_days"]["direction"], numbers["response_days"]["good"]) == ("down", True)
    assert numbers["response_days"]["change"].startswith("\N{MINUS SIGN}")
    assert (numbers["profit"]["direction"], numbers["profit"]["good"]) == ("down", False)


# --- what the screen is told ----------------------------------------------------------------------------------------


def test_a_description_holds_all_a_screen_needs():
    board = bank()
    told = json.loads(json.dumps(board.describe(), allow_nan=False))
    assert board.describe() is board.describe()
    assert [group["link"] for group in told["groups"]] == ["employees", "complaints", "referral", "profit"]
    assert [path for group in told["groups"] for path in group["controls"]] == [one["path"] for one in told["controls"]]
    assert {one["kind"] for one in told["controls"]} == {"range", "choice", "switch"}
    assert all(one["meaning"] and one["source"] and one["label"] for one in told["controls"])
    assert len(told["reference"]) == len(told["series"])
    assert all(len(row) == told["months"] for row in told["reference"])
    assert [name for chart in told["charts"] for name in chart["series"]] == [one["name"] for one in told["series"]]
    assert set(told["view"]["scales"]) == {chart["id"] for chart in told["charts"]}
    start = rows(Session(board).look(), board)
    same = np.array([[np.nan if v is None else v for v in row] for row in told["reference"]], dtype="<f4")
    assert np.allclose(start, same, rtol=1e-5, equal_nan=True)


def test_a_months_without_an_answer_is_no_number():
    board = Board("s", scenario=Scenario(), scale=0.02, months=6, controls=["complaints.staff"], charts=["answer_time"])
    session = Session(board)
    assert np.isnan(session.move({"complaints.staff": 0}).numbers).any()
    assert "NaN" not in json.dumps(session.look().message)


def test_axes_stay_while_what_they_show_fits():
    session = Session(mover())
    path = "profit.fixed_cost"
    start = mover().levers[-1]
    assert start.path in MOVES
    at = next(one for one in mover().levers if one.path == path).start
    first = session.look().message["scales"]["profit"]
    near = session.move({path: at * 1.02}).message["scales"]["profit"]
    far = session.move({path: at * 2.5}).message["scales"]["profit"]
    assert near == first
    assert far[0] < first[0]


def test_the_sentence_for_a_screen_reader_names_control_and_numbers():
    said = Session(bank()).move({"complaints.staff": 6}).message["said"]
    assert "Staff of the complaint desk 6 persons" in said
    assert "Profit" in said
    assert "down" in said


def test_replies_carry_the_number_of_the_message():
    board = bank()
    assert Session(board).send({"do": "look", "n": 17}).message["n"] == 17
    assert problem(InputError("no"), {"do": "look", "n": 17}).message == {
        "is": "problem", "text": "no", "n": 17, "do": "look"
    }  # fmt: skip


def test_own_charts_and_numbers():
    twice = Series("twice", "Twice", lambda months: 2 * months["employees"])
    staffed = Chart("staffed", "Staff", "persons", (Series("employees"), twice))
    cost = Headline("cost", "Cost of the desk", "currency", lambda run: run.monthly["complaint_desk"].sum(), "less")
    board = Board("own", scenario=Scenario(), scale=0.02, months=4, controls=["complaints.staff"], charts=[staffed],
                  numbers=[cost, "vacancies"])  # fmt: skip
    assert board.values("twice") == pytest.approx(2 * board.values("employees"))
    session = Session(board)
    told = {one["name"]: one for one in session.move({"complaints.staff": 4}).message["numbers"]}
    assert told["cost"]["good"] is False
    assert told["cost"]["text"].endswith("EUR")


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"complaints.staff": 2.5}, "complaints.staff: must be a whole number, got 2.5"),
        ({"complaints.staff": "3"}, "complaints.staff: must be a number, got '3'"),
        ({"complaints.staff": True}, "complaints.staff: must be a number, got True"),
        ({"complaints.staff": 10**400}, "complaints.staff: must be from 0 to 6, got a very large number"),
        ({"complaints.compensation": 3.01}, "complaints.compensation: must be from 0 to 3, got 3.01"),
        ({"complaints.compensation": float("nan")}, "complaints.compensation: must be from 0 to 3, got nan"),
        ({"profit.tenure_profile": "falling"}, "profit.tenure_profile: must be one of rising, flat, got 'falling'"),
        ({"referral.referred_advantage": 1}, "referral.referred_advantage: must be true or false, got 1"),
        ({"market.persons": 10**9}, "setting: 'market.persons' is no control here"),
        ({"__class__": 1}, "setting: '__class__' is no control here"),
        ([1], "setting: must be a table of controls and values, got a list"),
        (None, "setting: must be a table"),
    ],
)
def test_a_setting_from_a_browser_is_checked(setting, says):
    session = Session(bank())
    before = json.dumps(session.state)
    with pytest.raises(InputError) as error:
        session.send({"do": "move", "setting": setting})
    assert str(error.value).startswith(says)
    assert json.dumps(session.state) == before


def test_values_that_do_not_fit_together_are_refused_in_the_words_of_the_scenario():
    board = Board("shares", scenario="neighbourhood_bank", scale=0.02, months=3, controls=["segments[0].share"],
                  charts=["profit"])  # fmt: skip
    with pytest.raises(InputError, match="shares must add up to 1"):
        Session(board).move({"segments[0].share": 0.5})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"controls": []}, "a board needs at least one"),
        ({"controls": ["complaints.staf"]}, "did you mean complaints.staff?"),
        ({"controls": ["complaints.staff", "complaints.staff"]}, "is a control twice"),
        ({"controls": ["segments[0].name"]}, "cannot be a control"),
        ({"controls": ["time.months"]}, "cannot be a control"),
        ({"controls": [Control("complaints.staff", low=5, high=9)]}, "does not hold the scenario's 4; widen it"),
        ({"controls": [Control("complaints.compensation", low=-1, high=3)]}, "goes beyond what it may be, at least 0"),
        ({"controls": [Control("complaints.staff", step=0.5)]}, "step must be a whole number"),
        ({"controls": [Control("complaints.staff", log=True)]}, "needs low above 0"),
        ({"charts": ["chains"]}, "did you mean chain?"),
        ({"charts": []}, "needs at least one of"),
        ({"numbers": ["profits"]}, "did you mean profit?"),
        ({"numbers": ["monthly:profit"]}, "ask for profit"),
        ({"panels": ["how"]}, "there are why, customer, band"),
        ({"scale": 0.0}, "scale: must be above 0"),
        ({"scenario": 7}, "scenario: must be a name or a Scenario"),
        ({"scenario": "bank"}, "no scenario 'bank'"),
    ],
)
def test_a_board_that_cannot_be_says_why(options, says):
    given = {"scenario": Scenario(), "controls": ["complaints.staff"], "scale": 1.0, **options}
    with pytest.raises(InputError) as error:
        Board("b", **given)
    assert says in str(error.value)


def test_all_problems_of_controls_are_told_at_once():
    with pytest.raises(InputError) as error:
        Board("b", scenario=Scenario(), controls=["complaints.staf", "loyalty.chrn"])
    assert len(error.value.problems) == 2


@pytest.mark.parametrize("wrong", ["", "Staffing", "9lives", "a b", "x" * 61])
def test_an_id_has_a_form(wrong):
    with pytest.raises(InputError, match="id: must be small letters"):
        Board(wrong, scenario=Scenario(), controls=["complaints.staff"])


# --- size and rooms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["neighbourhood_bank", "insurance_contact_centre", "mobile_operator", "hotel",
                                  "department_store"])  # fmt: skip
def test_a_board_is_small_and_its_desks_are_no_busier_than_they_were(name):
    firm = load(name)
    small = Board("b", scenario=name, controls=["complaints.staff"]).scenario
    assert 5_000 < small.market.persons <= 10_000
    ratio = small.market.persons / firm.market.persons
    for staff in ("complaints.staff", "internal_service.desk_staff"):
        section, _, field = staff.partition(".")
        large, little = (getattr(getattr(one, section), field) for one in (firm, small))
        assert large * ratio / little < 1.06, staff


def test_a_room_shares_one_board_and_nobody_sees_another():
    board = Board("room", scenario=Scenario(), scale=0.05, months=8, controls=["complaints.staff", "employees.pay"],
                  charts=["chain", "profit"])  # fmt: skip
    gate = threading.Barrier(8)

    def trainee(number):
        session = Session(board)
        gate.wait()
        seen = []
        for step in range(5):
            setting = {"complaints.staff": 1 + (number + step) % 4, "employees.pay": 1.0 + 0.05 * number}
            seen.append((setting, session.move(setting)))
        return seen

    with ThreadPoolExecutor(8) as pool:
        everybody = list(pool.map(trainee, range(8)))
    alone = Board("alone", scenario=Scenario(), scale=0.05, months=8, controls=["complaints.staff", "employees.pay"],
                  charts=["chain", "profit"])  # fmt: skip
    for seen in everybody:
        setting, reply = seen[-1]
        assert np.array_equal(reply.numbers, Session(alone).move(setting).numbers, equal_nan=True)


def test_what_two_ask_for_at_once_is_lived_once(monkeypatch):
    lived = []
    gate = threading.Barrier(6)

    def slowly(*given):
        lived.append(given)
        time.sleep(0.2)
        return live(*given)

    monkeypatch.setattr("custsim.widgets.board.live", slowly)
    board = Board("once", scenario=Scenario(), scale=0.02, months=3, controls=["complaints.staff"], charts=["profit"])

    def ask(_):
        gate.wait()
        return board.outcome({"complaints.staff": 2})

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    assert len(lived) == 1
    assert all(one is found[0] for one in found)


def test_who_waits_for_what_cannot_be_is_told_so_too_and_it_is_tried_again(monkeypatch):
    board = Board("never", scenario=Scenario(), scale=0.02, months=3, controls=["complaints.staff"], charts=["profit"])

    def fails(*_):
        raise InputError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("custsim.widgets.board.live", fails)
        with pytest.raises(InputError, match="no room"):
            board.outcome({"complaints.staff": 2})
    assert board.outcome({"complaints.staff": 2}).series.shape == (1, 3)


def test_a_room_that_is_prepared_lives_nothing_when_it_moves_one_control_or_two(monkeypatch):
    board = Board("ready", scenario="neighbourhood_bank", scale=0.02, months=3, charts=["profit"],
                  controls=["complaints.staff", "profit.tenure_profile", "referral.referred_advantage",
                            Control("complaints.ease", step=0.1)])  # fmt: skip
    places = sum(len(lever.places) for lever in board.levers)
    assert board.prepare() == places
    monkeypatch.setattr("custsim.widgets.board.live", None)
    for lever in board.levers:
        for place in lever.places:
            Session(board).move({lever.path: place})
    monkeypatch.undo()
    pairs = [(one, other) for at, one in enumerate(board.levers) for other in board.levers[at + 1 :]]
    assert board.prepare(together=2) == sum(len(one.places) * len(other.places) for one, other in pairs)
    monkeypatch.setattr("custsim.widgets.board.live", None)
    for one, other in pairs:
        for place in one.places:
            Session(board).move({one.path: place, other.path: other.places[-1]})
    assert board.prepare(seconds=0) == 0
    assert board.prepare(goes_on=lambda: False) == 0


def test_questions_are_prepared_too():
    calls = []
    guess = Guess("g", question="?", low=0, high=9, outcome=lambda: calls.append(1) or 3.0)
    number = Number("n", question="?", answer=lambda: calls.append(2) or 3.0)
    assert (guess.prepare(), number.prepare()) == (1, 1)
    Session(guess).send({"do": "guess", "value": 1})
    Session(number).answer("4")
    assert calls == [1, 2]


# --- predict first ----------------------------------------------------------------------------------------------------


def test_controls_wait_for_the_prediction():
    inner = Board("inner", scenario=Scenario(), scale=0.05, months=6, controls=["complaints.staff"], numbers=["profit"])
    guess = Guess("worth", question="?", unit="EUR", low=-1e6, high=1e6,
                  outcome=lambda: inner.number("profit", {"complaints.staff": 0}))  # fmt: skip
    board = Board("first", scenario=Scenario(), scale=0.05, months=6, controls=["complaints.staff"], guess=guess)
    session = Session(board)
    assert session.look().message["guessed"] is False
    assert session.progress == 0.0
    with pytest.raises(InputError, match="first predict"):
        session.move({"complaints.staff": 0})
    revealed = session.send({"do": "guess", "value": 100.0, "n": 3}).message
    assert revealed["is"] == "revealed"
    assert revealed["n"] == 3
    assert session.progress == 1.0
    assert session.move({"complaints.staff": 0}).message["guessed"] is True
    assert session.look().message["prediction"]["guess"] == 100.0
    assert json.loads(json.dumps(session.state)) == session.state


def test_a_board_without_a_guess_takes_none():
    with pytest.raises(InputError, match="nothing to predict"):
        Session(bank()).send({"do": "guess", "value": 1})


def test_a_change_that_rounds_to_nothing_is_no_change_whatever_its_unit():
    one = Headline("complaints", "Complaints", "per 100 customers", lambda run: 0.0, "less", 2)
    assert told(one, 2.001, 2.0, "EUR")["direction"] == "same"
    assert told(one, 2.01, 2.0, "EUR") | {"text": ""} == {
        "name": "complaints", "label": "Complaints", "text": "", "change": "+0.01 per 100 customers", "direction": "up",
        "good": False,
    }  # fmt: skip


def test_who_waits_for_a_run_that_is_interrupted_lives_it_themselves(monkeypatch):
    board = Board("b", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.02, months=4)
    began, waits, asked = threading.Event(), threading.Event(), []

    def interrupted_once(*given):
        asked.append(given)
        if len(asked) == 1:
            began.set()
            assert waits.wait(30)
            raise KeyboardInterrupt
        return live(*given)

    class Waiting(Future):
        def result(self, timeout=None):
            waits.set()
            return super().result(timeout)

    monkeypatch.setattr("custsim.widgets.board.live", interrupted_once)
    monkeypatch.setattr("custsim.widgets.board.Future", Waiting)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(board.outcome)
        assert began.wait(30)
        second = pool.submit(board.outcome)
        assert second.result(60).numbers
        with pytest.raises(KeyboardInterrupt):
            first.result(60)
