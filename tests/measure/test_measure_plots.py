"""Pictures of what a firm sees show the numbers they are given, and save."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custsim as cs
from custsim import measure, plots
from custsim.errors import InputError
from custsim.measure import Estimate

TABLE = pd.DataFrame(
    {
        "importance": [9.0, 8.0, 3.0],
        "performance": [4.0, 8.0, 6.5],
        "quadrant": ["concentrate here", "keep up the good work", "possible overkill"],
    },
    index=["speed", "rooms", "names"],
)


def title(figure) -> str:
    return figure.axes[0].get_title(loc="left")


def test_the_map_shows_every_attribute_and_names_the_first() -> None:
    figure = plots.importance_performance(TABLE)
    ax = figure.axes[0]
    dots = {(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in ax.lines if line.get_marker() == "o"}
    assert dots == {(4.0, 9.0), (8.0, 8.0), (6.5, 3.0)}
    assert {"speed", "rooms", "names"} <= {text.get_text() for text in ax.texts}
    assert title(figure) == "Work first on speed"


def test_the_map_says_when_the_answers_are_too_few() -> None:
    wide = TABLE.assign(importance_margin=0.2, performance_margin=5.0)
    assert "leave it open" in title(plots.importance_performance(wide))
    narrow = TABLE.assign(importance_margin=0.2, performance_margin=0.3)
    assert title(plots.importance_performance(narrow)) == "Work first on speed"


def test_intervals_tell_what_they_miss() -> None:
    found = {"a": Estimate(70.0, 68.0, 72.0, 100, 0.95), "b": Estimate(60.0, 59.0, 61.0, 400, 0.95)}
    assert title(plots.index_intervals(found, {"a": 71.0, "b": 60.5})) == "Every interval holds the truth"
    assert title(plots.index_intervals(found, {"a": 71.0, "b": 62.0})) == "1 of 2 intervals miss the truth"
    lines = plots.index_intervals(found).axes[0].lines
    assert list(lines[0].get_xdata()) == [68.0, 72.0]


def test_the_staircase_leads_from_the_truth_to_the_survey(tmp_path) -> None:
    run = cs.simulate(cs.load("neighbourhood_bank").scaled(0.2), seed=1, months=12)
    answers = measure.survey(run)
    steps = measure.survey_error(run, answers)
    found = measure.mean_interval(measure.satisfaction_index(answers[list(measure.ITEMS)]), answers.weight)
    figure = plots.survey_against_truth(steps, found)
    bars = figure.axes[0].patches
    assert [bar.get_height() for bar in bars] == pytest.approx(np.diff(steps["index"]))
    assert f"{steps['index'].iloc[-1]:.1f}" in title(figure)
    assert plots.save(figure, tmp_path / "steps.png", dpi=40).stat().st_size > 2000


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plots.importance_performance(TABLE.drop(columns="quadrant")), "quadrant"),
        (lambda: plots.importance_performance(TABLE.assign(quadrant="odd")), "must be one of"),
        (lambda: plots.index_intervals({}), "at least one"),
        (lambda: plots.index_intervals({"a": Estimate(1, 0, 2, 9, 0.95)}, {"b": 1.0}), "no estimate of b"),
        (lambda: plots.survey_against_truth(TABLE), "missing"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
