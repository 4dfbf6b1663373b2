"""Tables of what was computed."""

import pytest

from custsim.errors import InputError
from custsim.widgets import Session
from custsim.widgets.table import Table


def test_rows_are_computed_once_and_when_they_are_first_needed():
    calls = []

    def rows():
        calls.append(1)
        return [["top fifth", "+1,234 (900 to 1,500)"], ["bottom fifth", "\N{MINUS SIGN}12"]]

    table = Table("tiers", headings=["Tier", "EUR"], rows=rows, says="Read it so.")
    assert not calls
    assert table.describe() == table.describe()
    assert len(calls) == 1
    assert table.describe()["numeric"] == [False, True]
    assert table.describe()["says"] == "Read it so."


def test_a_column_with_words_is_not_numeric_and_empty_cells_do_not_count():
    table = Table("mixed", headings=["a", "b", "c"], rows=[["x", "12 %", ""], ["y", "not known", "< 0.1 %"]])
    assert table.describe()["numeric"] == [False, False, True]
    assert Table("none", headings=["a", "b"], rows=[]).describe()["numeric"] == [False, False]
    half = Table("half", headings=["a", "b"], rows=[["x", "1"], ["y", ""]])
    assert half.describe()["numeric"] == [False, True]


def test_it_can_only_be_looked_at():
    session = Session(Table("t", headings=["a"], rows=[["1"]]))
    assert session.look().message == {"is": "open"}
    assert session.progress == 1.0
    with pytest.raises(InputError, match="do"):
        session.send({"do": "answer", "text": "1"})


def test_rows_that_do_not_fit_the_headings_are_refused():
    with pytest.raises(InputError, match="2 cells"):
        Table("t", headings=["a", "b"], rows=[["1"]]).describe()
    with pytest.raises(InputError, match="headings"):
        Table("t", headings=[], rows=[])
