"""Priorities against what the scenario declares: weights, kinds, the evaluation table."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import custsim as cs
from custsim import measure
from custsim.errors import InputError
from custsim.measure import SurveyDesign
from custsim.scenario.model import DIMENSIONS

MANY = SurveyDesign(sample=3_000, sampling="by_segment", response_rate=0.5)


@cache
def now(name: str) -> measure.Snapshot:
    return measure.snapshot(cs.simulate(cs.load(name), seed=1, months=6))


def test_opportunity_is_importance_and_shortfall() -> None:
    assert measure.opportunity([9.0, 4.0], [5.0, 8.0]).tolist() == [13.0, 0.0]
    assert measure.opportunity([9.0, 4.0], [5.0, 8.0], only_shortfalls=True).tolist() == [13.0, 4.0]


def table_of(importance: list[float], performance: list[float]) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 60
    rows: dict[str, Any] = {"answered": True, "weight": 1.0, "overall": rng.integers(3, 10, n).astype(float)}
    for name, i, p in zip(DIMENSIONS, importance, performance, strict=True):
        jitter = np.tile([-0.5, 0.5], n // 2)[rng.permutation(n)]
        rows |= {f"importance_{name}": i, f"points_{name}": 20.0, f"performance_{name}": p + jitter}
    return pd.DataFrame(rows, index=range(n))


def test_the_four_quarters() -> None:
    table = measure.importance_performance(table_of([9, 9, 3, 3, 6], [3, 9, 3, 9, 6]))
    assert table["quadrant"].tolist() == [
        "concentrate here",
        "keep up the good work",
        "low priority",
        "possible overkill",
        "keep up the good work",
    ]
    assert table["opportunity"].idxmax() == "reliability"


def test_stated_importance_ranks_as_declared_and_is_too_even() -> None:
    """Everything is called important: ticks keep the order of the weights but not their distances."""
    answers = measure.survey(now("neighbourhood_bank"), MANY)
    table = measure.importance_performance(answers[answers.segment == "everyday"])
    weights = now("neighbourhood_bank").weights[0]
    assert np.array_equal(np.argsort(table["points"].to_numpy()), np.argsort(weights))
    assert np.array_equal(np.argsort(table["importance"].to_numpy()), np.argsort(weights))
    ticks = table["importance"] / table["importance"].sum()
    assert ticks.max() / ticks.min() < 0.6 * weights.max() / weights.min()


def test_derived_importance_ranks_the_weights_in_spite_of_noise() -> None:
    answers = measure.survey(now("neighbourhood_bank"), MANY)
    table = measure.importance_performance(answers[answers.segment == "everyday"])
    weights = now("neighbourhood_bank").weights[0]
    assert table["derived"].idxmax() == "reliability"
    assert np.corrcoef(table["derived"], weights)[0, 1] > 0.8


def test_a_firm_that_neglects_a_dimension_is_told_so() -> None:
    """Without training the staff does not know what it talks about; assurance then stands out in the survey."""
    bank = cs.load("neighbourhood_bank").change({"internal_service.training.spend": 0.0}, opening="own")
    answers = measure.survey(cs.simulate(bank, seed=1, months=6), MANY)
    table = measure.importance_performance(answers)
    assert table["performance"].idxmin() == "assurance"
    assert table.loc["assurance", "quadrant"] == "concentrate here"


def test_the_evaluation_table() -> None:
    """Berger et al. (1993): O only for like and dislike; A and M in the margins; I within; R mirrored; Q in corners."""
    f, d = np.meshgrid(range(1, 6), range(1, 6), indexing="ij")
    kinds = pd.Series(measure.kano_class(f, d).ravel()).value_counts().to_dict()
    assert kinds == {"indifferent": 9, "reverse": 7, "attractive": 3, "must_be": 3, "questionable": 2, "linear": 1}
    assert measure.kano_class(1, 5) == "linear"
    assert [measure.kano_class(1, n) for n in (2, 3, 4)] == ["attractive"] * 3
    assert [measure.kano_class(n, 5) for n in (2, 3, 4)] == ["must_be"] * 3
    assert measure.kano_class(1, 1) == measure.kano_class(5, 5) == "questionable"


@pytest.mark.parametrize("name", ["neighbourhood_bank", "hotel", "department_store", "insurance_contact_centre"])
def test_kano_answers_give_the_declared_kinds_back(name: str) -> None:
    """Some 750 answers a segment and dimension, two thirds of them right: a wrong mode practically never occurs."""
    found = measure.kano_coefficients(measure.kano_survey(now(name), MANY), ("segment", "dimension"))
    for segment in now(name).scenario.segments:
        for dimension in DIMENSIONS:
            assert found.loc[(segment.name, dimension), "kind"] == getattr(segment, f"{dimension}_kind")


def test_coefficients_of_the_kinds_are_what_the_kinds_mean() -> None:
    """Attractive: much to gain, little to lose; must-be the other way round; linear both."""
    found = measure.kano_coefficients(measure.kano_survey(now("neighbourhood_bank"), MANY), ("segment", "dimension"))
    delight, must = found.loc[("personal", "empathy")], found.loc[("personal", "reliability")]
    linear = found.loc[("everyday", "assurance")]
    assert delight["better"] > 0.8
    assert -delight["worse"] < 0.4
    assert -must["worse"] > 0.8
    assert must["better"] < 0.4
    assert linear["better"] > 0.7
    assert linear["worse"] < -0.7


def test_coefficients_by_hand() -> None:
    kinds = ["attractive"] * 4 + ["linear"] * 3 + ["must_be"] * 2 + ["indifferent"] + ["reverse", "questionable"]
    found = measure.kano_coefficients(pd.DataFrame({"dimension": "speed", "kind": kinds})).iloc[0]
    assert (found["better"], found["worse"], found["answers"], found["kind"]) == (0.7, -0.5, 12, "attractive")


def test_of_equally_frequent_classes_the_stronger_counts() -> None:
    tie = pd.DataFrame({"dimension": "speed", "kind": ["attractive", "must_be", "indifferent", "linear"]})
    assert measure.kano_coefficients(tie)["kind"].tolist() == ["must_be"]


def test_what_does_not_matter_leaves_people_cold() -> None:
    bank = cs.load("neighbourhood_bank").change(
        {f"segments[{n}].tangibles_weight": 0.0 for n in range(2)}, opening="own"
    )
    found = measure.kano_coefficients(measure.kano_survey(cs.simulate(bank, seed=1, months=2), MANY))
    assert found.loc["tangibles", "kind"] == "indifferent"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.opportunity([1.0, 2.0], [1.0]), "shape"),
        (lambda: measure.derived_importance([[1.0, 2.0]], [1.0]), "too few"),
        (lambda: measure.derived_importance([[1.0]], [1.0, 2.0]), "one for each row"),
        (lambda: measure.kano_class(0, 5), "1 .like. to 5"),
        (lambda: measure.kano_class([1, 2], [1]), "shape"),
        (lambda: measure.kano_coefficients(pd.DataFrame({"kind": ["linear"]})), "dimension"),
        (lambda: measure.kano_coefficients(pd.DataFrame({"dimension": ["x"], "kind": ["odd"]})), "odd"),
    ],
)
def test_what_cannot_be_judged_is_refused(call: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
