"""Trainer's sheets tell every answer by the name that the trainer's page shows, as the lessons compute it."""

import pytest
from cells import NOTEBOOKS, answer_in_sheet, shown

from custsim.lessons import catalogue
from custsim.widgets import Choice, Guess, Number


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_every_answer_is_in_the_sheet(path):
    sheet = catalogue.sheet_of(catalogue.read_notebook(path))
    for one in shown(path):
        component = one.component
        if isinstance(component, Number | Choice | Guess):
            assert f"**{component.id}**" in sheet, component.id
        if isinstance(component, Number):
            assert answer_in_sheet(component, sheet), f"{component.id}: {component._write(component.right)}"
