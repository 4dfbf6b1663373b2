"""Predict first: what was guessed is held against what happens, in words that fit the distance."""

import json
import re

import numpy as np
import pytest

from custsim.errors import InputError
from custsim.widgets import Evidence, Guess, Session


def worth(outcome=120.0, **more):
    return Guess("worth", **({"question": "?", "outcome": outcome, "low": -1000, "high": 5000, "unit": "EUR"} | more))


@pytest.mark.parametrize(
    ("guess", "says"),
    [
        (120, "You said 120 EUR, and so it is."),
        (118, "You said 118 EUR; it is 120 EUR: very close."),
        (60, "You said 60 EUR; it is 120 EUR: twice as much."),
        (10, "You said 10 EUR; it is 120 EUR: 12 times as much."),
        (240, "You said 240 EUR; it is 120 EUR: half as much."),
        (1200, "You said 1,200 EUR; it is 120 EUR: 10 % of what you said."),
        (100, "You said 100 EUR; it is 120 EUR: 20 % more."),
        (150, "You said 150 EUR; it is 120 EUR: 20 % less."),
        (-50, "You said \N{MINUS SIGN}50 EUR; it is 120 EUR: the other way round."),
        (0, "You said 0 EUR; it is 120 EUR: more."),
    ],
)
def test_a_number_and_its_distance_in_words(guess, says):
    revealed = Session(worth()).send({"do": "guess", "value": guess}).message
    assert revealed["says"] == says
    assert revealed["distance"] == guess - 120.0


def test_the_first_guess_stands_and_survives_a_reload():
    session = Session(worth(explain="So it is."))
    assert session.look().message == {"is": "open"}
    first = session.send({"do": "guess", "value": 60}).message
    assert first["explain"] == "So it is."
    with pytest.raises(InputError, match="it stands"):
        session.send({"do": "guess", "value": 120})
    assert Session(worth(explain="So it is."), json.loads(json.dumps(session.state))).look().message == first
    assert session.progress == 1.0


def test_the_outcome_is_computed_when_a_guess_was_made_and_once():
    calls = []

    def outcome():
        calls.append(1)
        return 120.0

    guess = worth(outcome)
    assert "120" not in json.dumps(guess.describe())
    Session(guess).look()
    assert calls == []
    for value in (1, 2):
        Session(guess).predict(value)
    assert calls == [1]


def test_a_curve_is_held_against_the_series_month_by_month():
    falling = np.linspace(100, 40, 12)
    guess = worth(falling, kind="curve", points=12, low=0, high=200, unit="customers")
    flat = Session(guess).predict([100.0] * 12).message
    assert flat["distance"] == pytest.approx(np.abs(100 - falling).mean())
    assert "most in month 12: you drew 100 customers, too high; it was 40 customers." in flat["says"]
    assert flat["says"].endswith("Yours ends near its start; it falls.")
    drawn = Session(guess).send({"do": "guess", "curve": [110, 30]}).message
    assert drawn["guess"] == pytest.approx(list(np.linspace(110, 30, 12)), rel=1e-3)
    assert drawn["says"].endswith("You have the course right: it falls.")
    json.dumps(drawn, allow_nan=False)


def test_months_without_a_number_are_left_out():
    outcome = np.array([np.nan, 10.0, 20.0, 30.0])
    guess = worth(outcome, kind="curve", points=4, low=0, high=100)
    told = Session(guess).send({"do": "guess", "curve": [0, 10, 20, 30]}).message
    assert told["distance"] == 0.0
    assert told["outcome"][0] is None
    nothing = Session(worth([float("nan")] * 4, kind="curve", points=4)).send({"do": "guess", "curve": [1, 2]}).message
    assert nothing["distance"] is None


@pytest.mark.parametrize(
    ("drawn", "says"),
    [
        ([0, 100], "Yours rises; it rises, then falls."),
        ([0, 60, 0], "You have the course right: it rises, then falls."),
        ([60, 0, 60], "Yours falls, then rises; it rises, then falls."),
    ],
)
def test_a_curve_over_something_else_is_told_by_its_places_and_its_course(drawn, says):
    rewards = range(0, 401, 50)
    hill = [0, 60, 90, 100, 90, 75, 60, 45, 30]
    guess = worth(hill, kind="curve", low=0, high=200, at=rewards, across="{} EUR of reward")
    described = guess.describe()
    assert (described["points"], described["at"], described["across"]) == (9, list(rewards), "{} EUR of reward")
    told = Session(guess).predict(drawn).message["says"]
    assert told.endswith(says)
    assert re.search(r"most at \d+ EUR of reward: ", told)


def test_places_of_a_curve_are_even_and_named():
    with pytest.raises(InputError, match="rise in even steps"):
        worth([1.0] * 3, kind="curve", at=[0, 1, 4])
    with pytest.raises(InputError, match=r"must hold \{\} once"):
        worth([1.0] * 3, kind="curve", points=3, across="year")


@pytest.mark.parametrize(
    "message",
    [
        {"do": "guess"},
        {"do": "guess", "value": "60"},
        {"do": "guess", "value": True},
        {"do": "guess", "value": float("nan")},
        {"do": "guess", "value": 1e9},
        {"do": "guess", "value": [60]},
    ],
)
def test_what_is_no_guess_is_refused(message):
    with pytest.raises(InputError, match=r"value|your guess"):
        Session(worth()).send(message)


@pytest.mark.parametrize("curve", [None, [], [1], [1, "2"], [1, 1e9], "12", [1] * 5000])
def test_what_is_no_curve_is_refused(curve):
    with pytest.raises(InputError, match="curve"):
        Session(worth([1.0] * 12, kind="curve", points=12)).send({"do": "guess", "curve": curve})


def test_guesses_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="below high"):
        worth(low=5, high=5)
    with pytest.raises(InputError, match="kind"):
        worth(kind="drawing")
    with pytest.raises(InputError, match="points"):
        worth(kind="curve", points=1)
    with pytest.raises(InputError, match="must be 12 numbers"):
        Session(worth([1.0] * 3, kind="curve", points=12)).send({"do": "guess", "curve": [1, 2]})


def test_evidence_says_how_strong_it_is_and_lore_is_lore():
    told = Evidence(
        "iceberg", claim="24 are silent.", strength="lore", sources=["TARP 1981"], says="No study."
    ).describe()
    assert told["lore"] is True
    assert told["strength_text"].startswith("Lore")
    assert Evidence("bad", claim="c", strength="strong", sources=["A 2000"]).describe()["lore"] is False
    with pytest.raises(InputError, match="strength: must be one of"):
        Evidence("e", claim="c", strength="certain", sources=["A 2000"])
    with pytest.raises(InputError, match="needs a list of sources"):
        Evidence("e", claim="c", strength="fair", sources=[])
    with pytest.raises(InputError, match="needs a list of sources"):
        Evidence("e", claim="c", strength="fair", sources="A 2000")


@pytest.mark.parametrize(
    ("given", "unit", "high", "meant"),
    [
        ("12,5", "EUR", 1000, 12.5),
        ("12.5 %", "%", 100, 12.5),
        ("1,500", "EUR", 3000, 1500),
        ("1.5k", "EUR", 3000, 1500),
        ("\N{EURO SIGN} 300", "EUR", 1000, 300),
        ("1\N{THIN SPACE}500 EUR", "EUR", 3000, 1500),
        ("approx. 3", "guests", 10, 3),
        ("minus 3", "guests", 10, -3),
        ("\N{MINUS SIGN}3", "guests", 10, -3),
        ("1/3", "%", 100, 100 / 3),
        ("1/4", "EUR", 100, 0.25),
        ("2.5", "%", 300, 2.5),
    ],
)
def test_a_guess_is_read_as_people_write_numbers(given, unit, high, meant):
    guess = Guess("a", question="?", low=-10, high=high, outcome=0, unit=unit)
    revealed = Session(guess).send({"do": "guess", "text": given}).message
    assert revealed["guess"] == pytest.approx(meant)


@pytest.mark.parametrize(
    ("given", "unit", "told"),
    [
        ("0.4", "%", "Do you mean 0.4 % or 40 %? Write it with the % sign."),
        ("1.500", "EUR", "Do you mean 1.5 EUR or 1,500 EUR? Write it without separators."),
        ("2 or 3", "EUR", "I find 2 numbers in '2 or 3'; write one."),
        ("", "EUR", "Write a number in EUR."),
        ("many", "%", "I find no number in 'many'; write it in digits, in %."),
        ("40 %", "EUR", "I do not understand '%' in '40 %'; the answer is asked for in EUR."),
        ("9,000", "EUR", "9,000 EUR is out of range; write a guess from 0 EUR to 2,000 EUR."),
        ("2,001", "%", "2,001 % is out of range; write a guess from 0 % to 2,000 %."),
        ("-0.5 %", "%", "\N{MINUS SIGN}0.5 % is out of range; write a guess from 0 % to 2,000 %."),
    ],
)
def test_a_guess_that_may_mean_two_things_is_asked_back_and_not_taken(given, unit, told):
    session = Session(Guess("a", question="?", low=0, high=2000, outcome=0, unit=unit))
    with pytest.raises(InputError) as error:
        session.send({"do": "guess", "text": given})
    assert str(error.value) == told
    assert session.send({"do": "look"}).message["is"] == "open"


def test_an_outcome_that_was_published_is_not_called_the_models():
    guess = Guess("a", question="?", low=0, high=100, outcome=39.4, label="The cohort")
    assert guess.describe()["label"] == "The cohort"
    assert worth().describe()["label"] == "The model"
