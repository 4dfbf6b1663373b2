"""What comes from a browser: shared texts that may be damaged, messages that may be anything."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.scenario import Scenario
from custsim.widgets import Board, Choice, Evidence, Guess, Number, Option, Session, problem
from custsim.widgets.sharing import restored, shared

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)


@cache
def components():
    board = Board(
        "tiny",
        scenario=Scenario(),
        scale=0.01,
        months=2,
        controls=(
            "complaints.staff",
            "complaints.compensation",
            "profit.tenure_profile",
            "referral.referred_advantage",
        ),
        charts=("chain", "profit"),
        guess=Guess("before", question="?", outcome=1.0, low=0, high=2),
    )
    return {
        "board": board,
        "number": Number("n", question="?", answer=12.0, hint="h"),
        "choice": Choice("c", question="?", options=[Option("a", right=True), Option("b", says="no")], many=True),
        "guess": Guess("g", question="?", outcome=lambda: [1.0, 2.0, 3.0], low=0, high=5, kind="curve", points=3),
        "evidence": Evidence("e", claim="c", strength="weak", sources=["A 2000"]),
    }


DOS = ("look", "move", "undo", "redo", "reset", "restore", "reference", "guess", "answer", "show", "customer")

#: messages that come near to what is understood, with anything in the place of a value
NEAR = st.fixed_dictionaries(
    {"do": st.sampled_from(DOS)},
    optional={
        "n": JSON,
        "rest": JSON,
        "set": st.sampled_from(["now", "start"]) | JSON,
        "text": JSON,
        "chosen": st.lists(st.integers(-1, 3), max_size=3) | JSON,
        "value": JSON,
        "curve": st.lists(st.floats(0, 5), max_size=5) | JSON,
        "person": JSON,
        "setting": JSON
        | st.dictionaries(
            st.sampled_from(["complaints.staff", "complaints.compensation", "profit.tenure_profile", "market.persons"]),
            st.integers(-1, 8) | JSON,
            max_size=3,
        ),
    },
)


def answered(component, state, message):
    """Do what a front end does with a message."""
    try:
        return component.handle(state, message)
    except InputError as error:
        return state, problem(error, message)


@pytest.mark.parametrize("kind", ["board", "number", "choice", "guess", "evidence"])
@settings(max_examples=120)
@given(messages=st.lists(NEAR | JSON, min_size=1, max_size=4))
def test_no_message_breaks_a_component_or_changes_the_state_it_was_given(kind, messages):
    component = components()[kind]
    state = component.start()
    if kind == "board":
        state, _ = component.handle(state, {"do": "guess", "value": 1.0})
    for message in messages:
        before = json.dumps(state)
        after, reply = answered(component, state, message)
        assert json.dumps(state) == before
        assert json.loads(json.dumps(after, allow_nan=False)) == after
        json.dumps(reply.message, allow_nan=False)
        assert 0.0 <= component.progress(after) <= 1.0
        if reply.message["is"] == "problem":
            assert 0 < len(reply.message["text"]) < 1000
            assert after is state
        elif isinstance(message, dict) and "n" in message:
            assert reply.message["n"] == message["n"]
        state = after


@pytest.mark.parametrize("kind", ["board", "number", "choice", "guess", "evidence"])
def test_every_component_describes_itself_and_redraws_from_its_state(kind):
    component = components()[kind]
    told = component.describe()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert (told["kind"], told["id"]) == (kind, component.id)
    state = json.loads(json.dumps(component.start()))
    assert state == component.start()
    assert component.start() is not component.start()
    after, reply = component.handle(state, {"do": "look", "n": 5})
    assert reply.message["n"] == 5
    assert component.handle(after, {"do": "look", "n": 5})[1] == reply


@pytest.mark.parametrize(
    "message", [None, 7, "look", [], {}, {"do": "loook"}, {"do": ["look"]}, {"do": "look", "n": -1}]
)
def test_what_is_no_message_is_refused_in_words(message):
    for component in components().values():
        with pytest.raises(InputError):
            component.handle(component.start(), message)


def test_a_misspelt_action_gets_a_hint():
    with pytest.raises(InputError, match="did you mean 'reset'"):
        Session(components()["board"]).send({"do": "rest"})
    with pytest.raises(InputError, match="nothing that can be done here"):
        Session(components()["number"]).move({"complaints.staff": 1})


# --- shared settings ------------------------------------------------------------------------------------------------

VALUES = st.integers(-(10**12), 10**12) | st.booleans() | st.sampled_from(["rising", "two_stage"])
VALUES |= st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.9g}"))
SETTINGS = st.dictionaries(st.from_regex(r"[a-z_]{1,12}\.[a-z_]{1,20}", fullmatch=True), VALUES, max_size=8)


@given(SETTINGS)
def test_a_shared_setting_comes_back_as_it_was(setting):
    text = shared("staffing", setting)
    assert restored("staffing", text) == setting
    assert restored("staffing", f"\n  {text[:9]} {text[9:]}\n") == setting
    assert restored("staffing", f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}.") == setting
    assert all(character.isalnum() or character in ":=,.~_-+" for character in text)


@given(staff=st.integers(0, 6), compensation=st.integers(0, 60), kind=st.sampled_from(["rising", "flat"]))
def test_a_board_restores_what_another_learner_shared(staff, compensation, kind):
    board = components()["board"]
    one, other = Session(board), Session(board)
    for session in (one, other):
        session.send({"do": "guess", "value": 1})
    setting = {"complaints.staff": staff, "complaints.compensation": compensation / 20, "profit.tenure_profile": kind}
    moved = one.move(setting)
    assert other.restore(one.share()).message["setting"] == moved.message["setting"]
    assert other.reply.buffer == moved.buffer


@given(SETTINGS.filter(bool), st.data())
def test_one_wrong_letter_is_noticed(setting, data):
    text = shared("staffing", setting)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("0123456789abcxyz.,=~").filter(lambda new: new != text[at]))
    damaged = text[:at] + letter + text[at + 1 :]
    with pytest.raises(InputError):
        restored("staffing", damaged)


@given(SETTINGS.filter(bool), st.data())
def test_a_text_that_was_cut_off_is_noticed(setting, data):
    text = shared("staffing", setting)
    with pytest.raises(InputError):
        restored("staffing", text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (shared("pricing", {}), "this setting is of the board 'pricing', and this is staffing"),
        ("staffing:complaints.staff=8~zzzz", "got lost or changed on the way; copy the whole of it again"),
        ("staffing:complaints.staff=8", "is not a shared setting; copy the whole of it"),
        ("http://example.org", "is not a shared setting"),
        ("", "is not a shared setting"),
        ("x" * 5000, "got a text of 5,000 characters"),
        (7, "got 7"),
        (None, "got None"),
    ],
)
def test_foreign_and_damaged_texts_are_told_apart(text, says):
    with pytest.raises(InputError) as error:
        restored("staffing", text)
    assert says in str(error.value)


def test_a_whole_text_with_values_that_cannot_be_is_refused():
    session = Session(components()["board"])
    session.send({"do": "guess", "value": 1})
    for setting in ({"complaints.staff": 99}, {"complaints.staf": 2}, {"profit.tenure_profile": 3}):
        with pytest.raises(InputError):
            session.restore(shared("tiny", setting))
