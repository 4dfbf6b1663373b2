"""Questions: right answers in any reasonable spelling, wrong ones explained, ambiguous ones asked back."""

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.widgets import Choice, Number, Option, Session, Wrong
from custsim.widgets.questions import TRIES, readings


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1234.5", 1234.5),
        ("1,234.50 EUR", 1234.5),
        ("EUR 1,234.50", 1234.5),
        ("€1,234.50", 1234.5),
        ("1.234,50 €", 1234.5),
        ("1 234,5", 1234.5),
        ("1\N{NO-BREAK SPACE}234,5", 1234.5),
        ("1\N{NARROW NO-BREAK SPACE}234.5", 1234.5),
        ("1'234.50", 1234.5),
        ("1.2345e3", 1234.5),
        ("about 1234.5", 1234.5),
        ("ca. 1234,5 euros", 1234.5),
        ("~ 1234.5", 1234.5),
        ("= 1234.5.", 1234.5),
        ("It is 1234.5", 1234.5),
        ("1.2k", 1200),
        ("1,2 k EUR", 1200),
        ("1,2 Mio", 1.2e6),
        ("1.2 million", 1.2e6),
        ("3 thousand euro", 3000),
        ("0,123", 0.123),
        (".5", 0.5),
        ("1,5", 1.5),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("1.234.567,89", 1234567.89),
        ("12 000", 12000),
        ("-3.5", -3.5),
        ("\N{MINUS SIGN}3,5 EUR", -3.5),
        ("+7", 7),
        ("0", 0),
        ("007", 7),
    ],
)
def test_a_number_of_money_in_the_spellings_of_people(written, value):
    assert readings(written, unit="EUR") == (value,)


@pytest.mark.parametrize(
    ("written", "first", "second"), [("1,234", 1234, 1.234), ("1.234", 1.234, 1234), ("12.500", 12.5, 12500)]
)
def test_three_digits_after_one_separator_may_be_thousands_or_decimals(written, first, second):
    assert readings(written) == (first, second)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("12 %", (0.12,)),
        ("12%", (0.12,)),
        ("12 per cent", (0.12,)),
        ("12 percent", (0.12,)),
        ("12", (0.12,)),
        ("12,5", (0.125,)),
        ("0.12", (0.12, 0.0012)),
        ("0.5 %", (0.005,)),
        ("1.28", (0.0128, 1.28)),
        ("-3 %", (-0.03,)),
    ],
)
def test_a_share_as_per_cent_or_as_a_fraction(written, values):
    assert readings(written, percent=True) == pytest.approx(values)
    in_per_cent = readings(written, unit="%")
    assert sorted(in_per_cent) == pytest.approx(sorted(100.0 * value for value in values))
    assert in_per_cent[0] == pytest.approx(float(re.sub("[^0-9.-]", "", written.replace(",", "."))))


@pytest.mark.parametrize(
    ("written", "unit", "says"),
    [
        ("", "EUR", "Write a number in EUR."),
        ("much", "EUR", "I find no number in 'much'; write it in digits, in EUR."),
        ("between 5 and 10", "", "I find 2 numbers"),
        ("5-10", "", "I find 2 numbers"),
        ("12 bananas", "EUR", "I do not understand 'bananas' in '12 bananas'; the answer is asked for in EUR."),
        ("12 %", "EUR", "I do not understand '%'"),
        ("14 EUR a year", "EUR a month", "I do not understand 'year'"),
        ("12 50", "", "I cannot read '12 50' as one number; write it like 1234.5."),
        ("1,23,456", "", "I cannot read"),
        ("1.2.3,4", "", "I cannot read"),
        ("1e999", "", "too large"),
        ("5 <script>", "", "I do not understand"),
    ],
)
def test_what_cannot_be_read_is_asked_back(written, unit, says):
    with pytest.raises(InputError) as error:
        readings(written, unit=unit)
    assert str(error.value).startswith(says) or says in str(error.value)


@given(st.text(max_size=120))
def test_any_text_is_read_or_refused(written):
    for percent in (False, True):
        with contextlib.suppress(InputError):
            values = readings(written, unit="EUR a month", percent=percent)
            assert values
            assert all(isinstance(value, float) for value in values)


@given(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2))
def test_money_written_in_english_or_continental_style_is_the_same_number(value):
    english = f"{value:,.2f}"
    continental = english.replace(",", " ").replace(".", ",")
    german = english.replace(",", "x").replace(".", ",").replace("x", ".")
    for written in (english, continental, german, f"{english} EUR", f"about {english}"):
        assert readings(written, unit="EUR") == (float(value),)


def value_question(**more):
    options = {
        "question": "What is a customer worth?",
        "answer": lambda: 1234.5,
        "unit": "EUR",
        "wrong": [
            Wrong(when=14814, says="A month's margin is not a year's."),
            Wrong(when=lambda value: value < 0, says="Nobody is worth less than nothing here."),
            Wrong(when=lambda: 617.25, says="You took half."),
        ],
        "hint": "Divide the margin by what is lost each month.",
        "explain": "Margin over churn.",
    }
    return Number("worth", **(options | more))


def test_right_answers_within_the_tolerance():
    for written in ("1234.5", "1,234.50 EUR", "1 234,5", "about 1.23k", "1240"):
        verdict = Session(value_question()).answer(written).message
        assert (verdict["right"], verdict["explain"], verdict["tries"]) == (True, "Margin over churn.", 1), written
    assert Session(value_question()).answer("1250").message["right"] is False
    assert Session(value_question(absolute=20.0)).answer("1250").message["right"] is True
    assert Session(value_question(tolerance=0.0)).answer("1234.6").message["right"] is False


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("14,814", "A month's margin is not a year's."),
        ("-5", "Nobody is worth less than nothing here."),
        ("617", "You took half."),
        ("123", "123 EUR is not it: it is far too small."),
        ("100000", "100,000 EUR is not it: it is far too large."),
        ("1300", "1,300 EUR is not it, but close."),
        ("2000", "2,000 EUR is not it: it is too large."),
    ],
)
def test_wrong_answers_are_explained(written, says):
    verdict = Session(value_question()).answer(written).message
    assert (verdict["right"], verdict["says"], verdict["explain"]) == (False, says, None)


def test_an_ambiguous_answer_is_asked_back_and_costs_no_try():
    session = Session(value_question(answer=1234.0))
    verdict = session.answer("1.234").message
    assert verdict["right"] is None
    assert verdict["says"] == "Do you mean 1.23 EUR or 1,234 EUR? Write it without separators."
    assert session.state["tries"] == 0
    assert session.answer("1,234").message["right"] is True
    share = Session(Number("share", question="?", answer=0.005, percent=True))
    assert share.answer("0.5").message["says"] == "Do you mean 50 % or 0.5 %? Write the % sign."
    assert share.answer("0.5 %").message["right"] is True
    sixth = Session(Number("share", question="?", answer=0.06266, percent=True))
    asked = "Do you mean 6,266 % or 6.27 %? Write it without separators."  # the % sign alone would be asked back again
    assert [sixth.answer(given).message["says"] for given in ("6,266", "6,266 %")] == [asked, asked]
    assert sixth.answer("6.266").message["right"] is True
    assert share.progress == 1.0


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ({"answer": 0.32, "percent": True}, {"32": True, "32 %": True, "0.32": True, "0.32 %": False}),
        ({"answer": 0.0032, "percent": True}, {"0.32 %": True, "0.0032": True, "0.32": None, "32 %": False}),
        ({"answer": 128.0, "unit": "%"}, {"128": True, "128 %": True, "1.28": None, "1.28 %": False}),
        ({"answer": 0.8, "unit": "%"}, {"0.8": True, "0.8 %": True, "0.008": None, "80": False}),
        ({"answer": 1.28, "percent": True}, {"128": True, "128 %": True, "1.28": None, "1.28 %": False}),
    ],
)
def test_per_cent_are_understood_or_asked_back(question, answers):
    for written, right in answers.items():
        verdict = Session(Number("share", question="?", **question)).answer(written).message
        assert verdict["right"] is right, f"{written}: {verdict['says']}"
        if right is None:
            assert verdict["says"].endswith("Write the % sign.")


def test_what_may_be_right_or_a_known_mistake_is_asked_back():
    """8 of 2,500 is 0.0032, or 0.32 %; 8 of 250,000 is 0.0032 %."""
    share = Number("s", question="?", answer=0.0032, percent=True, wrong=[Wrong(0.000032, "It is the margin.")])
    assert Session(share).answer("0.0032").message["says"] == "Do you mean 0.32 % or 0.0032 %? Write the % sign."
    assert Session(share).answer("0.0032 %").message["says"] == "It is the margin."


def test_a_wrong_share_is_taken_for_the_nearer_of_what_it_may_mean():
    says = Session(Number("s", question="?", answer=0.0032, percent=True)).answer("0.4").message["says"]
    assert says.startswith("0.4 % is not it")


def test_what_cannot_be_read_costs_no_try():
    session = Session(value_question())
    verdict = session.answer("a lot").message
    assert (verdict["right"], verdict["tries"]) == (None, 0)


def test_a_hint_after_three_tries_and_then_the_answer():
    session = Session(value_question())
    with pytest.raises(InputError, match="try 3 times more before the answer is shown"):
        session.send({"do": "show"})
    hints = [session.answer(text).message["hint"] for text in ("1", "2", "3")]
    assert hints == [None, None, "Divide the margin by what is lost each month."]
    assert session.look().message["may_show"] is True
    shown = session.send({"do": "show"}).message
    assert shown["says"] == "The answer is 1,234.5 EUR."
    assert shown["explain"] == "Margin over churn."
    assert session.progress == 1.0
    assert session.look().message["says"] == shown["says"]


def test_once_right_stays_right():
    session = Session(value_question())
    session.answer("1234.5")
    session.answer("7")
    assert session.progress == 1.0
    assert session.state["tries"] == 1


def test_a_reload_shows_what_was_typed():
    session = Session(value_question())
    assert session.look().message == {"is": "open"}
    verdict = session.answer("14814").message
    assert verdict["answer"] == {"text": "14814"}
    again = Session(value_question(), json.loads(json.dumps(session.state)))
    assert again.look().message == verdict


def test_the_answer_is_computed_once_and_only_when_needed_and_never_sent():
    calls = []

    def answer():
        calls.append(1)
        return 1234.5

    question = value_question(answer=answer)
    question.describe()
    Session(question).look()
    assert calls == []
    for _ in range(3):
        Session(question).answer("5")
    assert calls == [1]
    assert "1234" not in json.dumps(question.describe())


def test_questions_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="not both"):
        value_question(tolerance=0.1, absolute=3)
    with pytest.raises(InputError, match="at least 0"):
        value_question(tolerance=-0.1)
    right, wrong = Option("yes", right=True), Option("no", says="Because.")
    for options in ([right], [wrong, wrong], [right, right]):
        with pytest.raises(InputError, match="needs at least two options"):
            Choice("c", question="?", options=options)
    with pytest.raises(InputError, match="says why it is wrong"):
        Choice("c", question="?", options=[right, Option("no")])


def leavers(**more):
    options = [
        Option("Those who complain", says="They give the firm a chance."),
        Option("Those who say nothing", right=True, says="Silence is the sign."),
        Option("Those who were lost before", right=more.get("many", False), says="They are gone."),
    ]
    return Choice("who", question="Who leaves?", options=options, explain="See the iceberg.", **more)


def test_a_choice_explains_what_was_chosen():
    session = Session(leavers())
    wrong = session.choose(0).message
    assert (wrong["right"], wrong["says"]) == (False, "They give the firm a chance.")
    assert wrong["options"] == [{"option": 0, "right": False, "says": "They give the firm a chance."}]
    right = session.choose(1).message
    assert (right["right"], right["says"], right["explain"]) == (
        True,
        "Right. Silence is the sign.",
        "See the iceberg.",
    )
    assert session.progress == 1.0
    assert session.look().message["answer"] == {"chosen": [1]}


def test_of_many_all_are_to_be_chosen_and_no_other():
    session = Session(leavers(many=True))
    assert session.choose(1).message["says"] == "What you chose is right, but there is one more."
    assert session.choose(0, 1, 2).message["right"] is False
    assert session.choose(2, 1).message["right"] is True


@pytest.mark.parametrize("chosen", [None, [], [3], [-1], ["0"], [True], [0, 1], [0] * 99, {}])
def test_what_no_option_is_is_refused(chosen):
    with pytest.raises(InputError, match="chosen"):
        Session(leavers()).send({"do": "answer", "chosen": chosen})


def test_which_is_right_is_not_in_the_description():
    assert "right" not in json.dumps(leavers().describe())
    assert "Silence" not in json.dumps(leavers().describe())


def test_tries_needed_are_told():
    assert value_question().describe()["hint_after"] == TRIES


@pytest.mark.parametrize(
    ("written", "unit", "percent", "meant"),
    [
        ("1/3", "", True, 1 / 3),
        ("about 1 / 3", "", True, 1 / 3),
        ("2/3", "%", False, 200 / 3),
        ("1/4", "EUR", False, 0.25),
        ("minus 1/2", "EUR", False, -0.5),
        ("minus 3 EUR", "EUR", False, -3.0),
        ("24000 EUR per year", "EUR a year", False, 24_000.0),
        ("\N{EURO SIGN} 24k a year", "EUR a year", False, 24_000.0),
        ("5.6 persons", "people", False, 5.6),
        ("2.1 working days", "days", False, 2.1),
        ("13 wks", "weeks", False, 13.0),
        ("63 pts", "points", False, 63.0),
        ("11 times", "", False, 11.0),
        ("11x", "", False, 11.0),
    ],
)
def test_fractions_signs_in_words_and_other_names_of_a_unit_are_read(written, unit, percent, meant):
    assert readings(written, unit=unit, percent=percent) == (pytest.approx(meant),)


@pytest.mark.parametrize("written", ["1/0", "33 1/3", "1/3/4", "1/3 or 1/4", "1.5/3", "2000 EUR a month"])
def test_what_is_no_plain_fraction_or_another_unit_is_refused(written):
    with pytest.raises(InputError):
        readings(written, unit="EUR a year")
