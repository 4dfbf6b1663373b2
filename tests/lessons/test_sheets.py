"""Trainer's sheets of lessons 1 to 6 tell every answer, and the answers are those that the lessons compute."""

import pytest
from cells import NOTEBOOKS, answer_in_sheet, shown

from custsim.lessons import catalogue
from custsim.widgets import Choice, Guess, Number

FIRST_SIX = [path for path in NOTEBOOKS if path.stem[:2] in ("01", "02", "03", "04", "05", "06")]


@pytest.mark.parametrize("path", FIRST_SIX, ids=[path.stem for path in FIRST_SIX])
def test_every_answer_is_in_the_sheet(path):
    sheet = catalogue.sheet_of(catalogue.read_notebook(path))
    for one in shown(path):
        component = one.component
        if isinstance(component, Number | Choice | Guess):
            assert f"**{component.id}**" in sheet, component.id
        if isinstance(component, Number):
            assert answer_in_sheet(component, sheet), f"{component.id}: {component._write(component.right)}"
