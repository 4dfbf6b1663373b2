"""A board as a picture: what is set, what it shows, and the reference behind it."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from custsim.errors import InputError
from custsim.scenario import Scenario
from custsim.widgets import Board, Session
from custsim.widgets.numbers import HEADLINES
from custsim.widgets.picture import _spread, picture


@cache
def board() -> Board:
    return Board(
        "pictured",
        scenario=Scenario(),
        scale=0.05,
        months=24,
        controls=["complaints.staff", "employees.pay"],
        charts=("chain", "answer_time", "profit"),
        numbers=("profit", "response_days"),
        title="The desk",
    )


def words(figure):
    texts = [text.get_text() for text in figure.texts]
    for ax in figure.axes:
        if ax.get_visible():
            texts += [ax.get_title(loc="left"), ax.get_ylabel(), *(text.get_text() for text in ax.texts)]
    return "\n".join([*texts, figure.get_supxlabel()])


def test_a_picture_shows_each_series_and_behind_it_the_reference():
    session = Session(board())
    session.move({"complaints.staff": 4})
    figure = picture(board(), session.state)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert len(shown) == 3
    chain, answer, _ = shown
    assert len([line for line in chain.lines if line.get_linewidth() > 2]) == 4
    grey, bold = answer.lines
    assert np.allclose(bold.get_ydata(), board().values("response_days", {"complaints.staff": 4}), equal_nan=True)
    assert np.allclose(grey.get_ydata(), board().values("response_days"), equal_nan=True)
    assert tuple(answer.get_ylim()) == tuple(session.look().message["scales"]["answer_time"])


def test_a_picture_says_what_was_set_and_what_came_of_it():
    session = Session(board())
    view = session.move({"complaints.staff": 4}).message
    told = words(picture(board(), session.state))
    for text in ("The desk", "Staff of the complaint desk 4 persons", "Grey: the reference", "1,000 persons, 24 months",
                 "EUR a month", "working days", "Internal service"):  # fmt: skip
        assert text in told
    for one in view["numbers"]:
        assert one["text"] in told
        assert one["change"] in told
    assert "All controls as at the start" in words(picture(board()))


def test_nothing_is_cut_off():
    session = Session(board())
    session.move({"complaints.staff": 4, "employees.pay": 1.5})
    figure = picture(board(), session.state)
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    texts = [text for ax in figure.axes if ax.get_visible() for text in (*ax.texts, ax.title, ax.yaxis.label)]
    for text in (*texts, *figure.texts):
        if text.get_text():
            box = text.get_window_extent()
            assert box.x0 >= -1, text.get_text()
            assert box.x1 <= width + 1, text.get_text()
            assert box.y0 >= -1, text.get_text()
            assert box.y1 <= height + 1, text.get_text()


def test_many_numbers_stand_in_rows_and_not_on_each_other():
    many = tuple(HEADLINES)[:12]
    firm = board().scenario
    full = Board("full", scenario=firm, controls=["complaints.staff"], charts=("chain", "profit"), numbers=many)
    session = Session(full)
    session.move({"complaints.staff": 5})
    figure = picture(full, session.state)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.texts]
    assert len(boxes) > 2 * len(many)
    for at, box in enumerate(boxes):
        for other in boxes[at + 1 :]:
            wide = min(box.x1, other.x1) - max(box.x0, other.x0)
            high = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert wide <= 1 or high <= 6, "two numbers stand on each other"


def test_a_picture_is_saved(tmp_path):
    written = board().save_picture(tmp_path / "desk.png")
    assert written.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="the ending must be one of"):
        board().save_picture(tmp_path / "desk.bmp")


def test_labels_at_line_ends_do_not_stand_on_each_other():
    places = _spread([0.5, 0.51, 0.9, 0.1])
    assert all(after - before >= 0.08 for before, after in itertools.pairwise(places))
