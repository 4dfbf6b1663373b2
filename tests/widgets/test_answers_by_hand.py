"""Where an answer or a guess changes from one judgement to the next: sizes, ends, tolerances and shapes."""

from __future__ import annotations

import numpy as np
import pytest

from custsim.errors import InputError
from custsim.widgets import Choice, Guess, Number, Option, Session, Wrong
from custsim.widgets.questions import TRIES, readings


def number(answer: float, **more) -> Session:
    return Session(Number("n", question="?", answer=answer, **more))


def guessed(outcome, guess, **more):
    options = {"question": "?", "low": -1e6, "high": 1e6, "outcome": outcome, "unit": "EUR"} | more
    return Session(Guess("g", **options)).predict(guess).message


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [("2k", 2e3), ("2 thousand", 2e3), ("2 tsd", 2e3), ("2m", 2e6), ("2 mn", 2e6), ("2 mio", 2e6), ("2 million", 2e6),
     ("2 millions", 2e6), ("2 bn", 2e9), ("2 mrd", 2e9), ("2 billion", 2e9), ("-2e3 k", -2e6), ("1/4 million", 2.5e5)],
)  # fmt: skip
def test_words_for_sizes(written, value):
    assert readings(written, unit="EUR") == (value,)


def test_one_size_is_enough():
    with pytest.raises(InputError, match="I do not understand 'k'"):
        readings("2 million k", unit="EUR")


@pytest.mark.parametrize(
    ("written", "values"),
    [("1", (1.0, 0.01)), ("1.1", (0.011, 1.1)), ("3", (0.03, 3.0)), ("3.1", (0.031,)), ("1/4", (0.25,)),
     ("1/4 %", (0.0025,))],
)  # fmt: skip
def test_a_share_up_to_three_may_be_a_fraction_of_one(written, values):
    assert readings(written, percent=True) == pytest.approx(values)


def test_per_cent_that_were_asked_for_come_first():
    assert readings("1", unit="%") == (1.0, 100.0)
    assert readings("1/4 %", unit="%") == (0.25,)


# --- judging ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "right"), [("1246", True), ("1248", False), ("1223", True), ("1221", False)])
def test_one_per_cent_is_near_enough(written, right):
    assert number(1234.5).answer(written).message["right"] is right


def test_a_tolerance_is_of_the_size_and_forgives_the_last_digit_of_a_computer():
    assert number(-100.0).answer("-100.9").message["right"] is True
    assert number(0.1 + 0.2, tolerance=0.0).answer("0.3").message["right"] is True
    assert number(100.0, absolute=5.0).answer("105").message["right"] is True
    assert number(100.0, absolute=5.0).answer("105.01").message["right"] is False


@pytest.mark.parametrize(
    ("right", "written", "ends"),
    [
        (1000.0, "101", ": it is far too small."),
        (1000.0, "110", ": it is too small."),
        (1000.0, "9900", ": it is far too large."),
        (1000.0, "9000", ": it is too large."),
        (1000.0, "1090", ", but close."),
        (1000.0, "910", ", but close."),
        (1000.0, "1110", ": it is too large."),
        (1000.0, "890", ": it is too small."),
        (1000.0, "0", ": it is too small."),
        (1000.0, "-1000", ": the sign is wrong."),
        (-1000.0, "-20000", ": it is far too large."),
        (0.0, "5", ": it is too large."),
    ],
)
def test_how_far_off_it_is_in_words(right, written, ends):
    says = number(right, unit="EUR").answer(written).message["says"]
    assert says.endswith(f"is not it{ends}")


def test_of_two_meanings_that_are_wrong_the_nearer_is_told():
    assert number(1500.0, unit="EUR").answer("1.234").message["says"].startswith("1,234 EUR is not it")
    assert number(1.5, unit="EUR").answer("1,234").message["says"].startswith("1.23 EUR is not it")


def test_a_known_mistake_counts_where_per_cent_may_be_meant():
    share = {"answer": 0.5, "percent": True, "wrong": [Wrong(0.005, "That is half a per cent.")]}
    assert number(**share).answer("0.5").message["right"] is None
    assert number(0.5, percent=True).answer("0.5").message["right"] is True


@pytest.mark.parametrize(
    ("answer", "told"),
    [(12_345.67, "12,346"), (1234.56, "1,234.6"), (1234.0, "1,234"), (12.346, "12.35"), (12.5, "12.5"),
     (0.123456, "0.1235"), (-0.5, "\N{MINUS SIGN}0.5")],
)  # fmt: skip
def test_an_answer_is_shown_with_as_many_digits_as_it_needs(answer, told):
    session = number(answer, unit="EUR")
    for _ in range(TRIES):
        session.answer("7777777")
    assert session.send({"do": "show"}).message["says"] == f"The answer is {told} EUR."


def test_a_share_is_shown_in_per_cent():
    session = number(0.1234, percent=True)
    assert session.answer("50 %").message["says"].startswith("50 % is not it")
    for _ in range(TRIES):
        session.answer("50 %")
    assert session.send({"do": "show"}).message["says"] == "The answer is 12.34 %."


def test_how_many_tries_are_left_is_told():
    session = number(5.0)
    for said in ("3 times more", "2 times more", "once more"):
        with pytest.raises(InputError, match=f"try {said} before"):
            session.send({"do": "show"})
        told = session.answer("100").message
    assert (told["tries"], told["may_show"]) == (3, True)


def test_who_was_right_is_told_so_again_even_after_asking_for_the_answer():
    session = number(5.0, explain="Because.")
    session.answer("5")
    assert session.look().message["may_show"] is False
    assert session.send({"do": "show"}).message["says"] == "The answer is 5."
    assert session.look().message["says"] == "Right."


def test_right_after_three_wrong_tries_the_answer_is_no_longer_offered():
    session = number(5.0, hint="Half of ten.")
    hints = [session.answer(text).message["hint"] for text in ("100", "100", "100", "100")]
    assert hints == [None, None, "Half of ten.", "Half of ten."]
    told = session.answer("5").message
    assert (told["hint"], told["may_show"], told["tries"]) == (None, False, 5)


def test_how_many_options_are_missing_is_counted():
    options = [Option(name, right=True) for name in "abc"] + [Option("d", says="No.")]
    session = Session(Choice("c", question="?", options=options, many=True))
    assert session.choose(0).message["says"] == "What you chose is right, but there are 2 more."
    assert session.choose(0, 2).message["says"] == "What you chose is right, but there is one more."
    assert session.choose(0, 3).message["says"] == "No."


# --- a guess ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guess", "outcome", "apart"),
    [
        (100, 195, "twice as much"), (100, 205, "twice as much"), (100, 194, "94 % more"),
        (100, 206, "2.1 times as much"),
        (100, 990, "9.9 times as much"), (100, 1040, "10 times as much"), (1, 12345, "12,345 times as much"),
        (100, 54, "half as much"), (100, 46, "half as much"), (100, 56, "44 % less"),
        (100, 44, "44 % of what you said"),
        (100, 104, "very close"), (100, 96, "very close"), (100, 106, "6 % more"), (100, 94, "6 % less"),
        (5, 0, "less"), (-5, 0, "more"), (0, -5, "less"), (0, 5, "more"), (-50, -100, "twice as much"),
        (-1, 1, "the other way round"),
    ],
)  # fmt: skip
def test_a_distance_in_words_changes_where_it_should(guess, outcome, apart):
    assert guessed(outcome, guess)["says"].endswith(f": {apart}.")


@pytest.mark.parametrize(
    ("value", "text"), [(60.0, "60"), (12.34, "12.3"), (3.456, "3.46"), (123.4, "123"), (10.0, "10"), (99.96, "100.0")]
)
def test_what_was_said_is_written_as_finely_as_its_size_calls_for(value, text):
    assert guessed(500_000.0, value)["says"].startswith(f"You said {text} EUR;")


def test_ends_of_a_range_may_be_guessed_and_what_lies_beyond_is_not_meant():
    for given, meant in (("0", 0.0), ("1000", 1000.0), ("1.500", 1.5)):
        session = Session(Guess("g", question="?", low=0, high=1000, outcome=5.0, unit="EUR"))
        assert session.send({"do": "guess", "text": given}).message["guess"] == meant
    session = Session(Guess("g", question="?", low=0, high=300, outcome=5.0, unit="%"))
    assert session.send({"do": "guess", "text": "1"}).message["guess"] == 1.0  # one per cent, as it was asked for


def curve(outcome, drawn, **more):
    options = {"kind": "curve", "low": -1000, "high": 1000, "points": len(outcome)} | more
    return guessed(np.array(outcome, dtype=float), list(drawn), **options)


def test_a_curve_is_told_where_it_is_most_off_and_by_how_much_in_the_mean():
    told = curve([10, 20, 30, 40], [10, 24, 30, 28])
    assert told["distance"] == pytest.approx((4 + 12) / 4)
    assert "On average you were 4 EUR away, most in month 4: you drew 28 EUR, too low; it was 40 EUR." in told["says"]
    missing = curve([np.nan, 20, 30, 40], [900, 29, 30, 40])
    assert missing["distance"] == pytest.approx(3.0)
    assert "most in month 2: you drew 29 EUR, too high; it was 20 EUR." in missing["says"]


def test_a_curve_of_two_points_is_a_curve():
    assert curve([1, 2], [1, 2])["says"].endswith("You have the course right: it rises.")


RISE = [0.0, 25.0, 50.0, 75.0, 100.0]


@pytest.mark.parametrize(
    ("drawn", "course"),
    [
        ([0, 0, 0, 0, 14], "ends near its start"),  # a seventh of what happens is 14.3
        ([0, 0, 0, 0, 15], "rises"),
        ([14, 0, 0, 0, 0], "ends near its start"),
        ([15, 8, 5, 2, 0], "falls"),
        ([0, 50, 114, 110, 100], "rises"),
        ([0, 50, 115, 110, 100], "rises, then falls"),
        ([0, -14, 20, 50, 100], "rises"),
        ([0, -15, 20, 50, 100], "falls, then rises"),
        ([100, 114, 50, 20, 0], "falls"),
    ],
)
def test_changes_below_a_seventh_are_none(drawn, course):
    says = curve(RISE, drawn)["says"]
    assert says.endswith("You have the course right: it rises." if course == "rises" else f"Yours {course}; it rises.")


def test_of_many_months_a_single_one_makes_no_course():
    for months, course in ((23, "rises, then falls"), (24, "ends near its start")):
        spike = np.zeros(months)
        spike[months // 2] = 40.0  # alone above a seventh of 100, a third of it not
        assert curve(np.linspace(0, 100, months), spike)["says"].endswith(f"Yours {course}; it rises.")
