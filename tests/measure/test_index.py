"""Indices and intervals against published numbers, textbook formulas and their stated coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim import measure
from custsim.errors import InputError

TICKS = st.lists(st.tuples(*[st.integers(1, 10)] * 3), min_size=1, max_size=50)


def test_the_published_example_comes_out() -> None:
    """Items 8, 7, 7 with the weights of the State of Ohio are 70.98; with equal weights (sum - 3)/27."""
    assert round(float(measure.satisfaction_index([8, 7, 7], measure.OHIO_WEIGHTS)), 2) == 70.98
    assert float(measure.satisfaction_index([8, 7, 7], measure.EQUAL_WEIGHTS)) == pytest.approx((22 - 3) / 27 * 100)


@given(TICKS)
def test_the_index_of_the_mean_answers_is_the_mean_index(ticks: list[tuple[int, int, int]]) -> None:
    answers = np.array(ticks, dtype=float)
    index = measure.satisfaction_index(answers)
    assert index.min() >= -1e-9
    assert index.max() <= 100 + 1e-9
    assert float(measure.satisfaction_index(answers.mean(axis=0))) == pytest.approx(index.mean())


def test_the_ends_of_the_scale_are_the_ends_of_the_index() -> None:
    assert measure.satisfaction_index([[1, 1, 1], [10, 10, 10]]).tolist() == pytest.approx([0.0, 100.0])


def test_a_missing_answer_makes_that_index_missing() -> None:
    index = measure.satisfaction_index([[8, 7, 7], [8, np.nan, 7]])
    assert np.isnan(index).tolist() == [False, True]


def test_weighted_average_index() -> None:
    scores, weights = {"a": 80.0, "b": 60.0}, {"b": 1.0, "a": 3.0}
    assert measure.weighted_average_index(scores, weights) == pytest.approx((3 * 80 + 60) / 4)


def test_score_and_its_variance() -> None:
    """For large samples the interval is p - d +- z sqrt((p + d - (p - d)^2)/n)."""
    answers = np.repeat([10, 8, 3], [4_000, 3_500, 2_500])
    score = measure.recommendation_score(answers)
    assert score.value == pytest.approx(15.0)
    assert score.margin == pytest.approx(100 * 1.95996 * np.sqrt((0.65 - 0.15**2) / 10_000), rel=1e-3)


@pytest.mark.parametrize(("n", "p", "d"), [(30, 0.5, 0.2), (100, 0.3, 0.3), (400, 0.7, 0.05)])
def test_intervals_of_the_score_cover(n: int, p: float, d: float) -> None:
    """Of 2,000 samples 95 % of intervals cover; 93 % is more than four standard errors (.5 %) below."""
    drawn = np.random.default_rng(1).multinomial(n, [p, 1 - p - d, d], size=2_000)
    found = [measure.recommendation_score(np.repeat([10, 8, 0], counts)) for counts in drawn]
    assert np.mean([e.low <= 100 * (p - d) <= e.high for e in found]) > 0.93


def test_intervals_of_a_mean_cover_with_weights_and_from_a_small_population() -> None:
    """1,000 samples, 95 % intervals: below 92.5 % would be more than 3.5 standard errors (.7 %) too few."""
    rng = np.random.default_rng(2)
    people = rng.beta(5, 2, size=500) * 100
    covered = []
    for _ in range(1_000):
        found = measure.mean_interval(rng.choice(people, 200, replace=False), population=500)
        covered.append(found.low <= people.mean() <= found.high)
    assert 0.925 < np.mean(covered) < 0.975
    few, many = people[:100], people[100:]
    covered = []
    for _ in range(1_000):
        answers = np.concatenate([rng.choice(few, 50), rng.choice(many, 50)])
        found = measure.mean_interval(answers, np.repeat([2.0, 8.0], 50))
        covered.append(found.low <= people.mean() <= found.high)
    assert np.mean(covered) > 0.925


def test_margin_and_sample_size_are_inverse() -> None:
    """The textbook 1,067 answers for three points, and half the margin for four times the answers."""
    assert measure.sample_size(0.03) == 1068
    assert float(measure.margin_of_error(1067)) == pytest.approx(0.03, abs=1e-4)
    assert measure.margin_of_error(100) == pytest.approx(2 * measure.margin_of_error(400))
    assert measure.margin_of_error(measure.sample_size(1.5, sd=17.0), sd=17.0) <= 1.5
    assert measure.margin_of_error(measure.sample_size(0.03, population=2_000), population=2_000) <= 0.03
    assert measure.margin_of_error(200, population=200) == 0.0


def test_top_box() -> None:
    box = measure.top_box([10, 9, 8, 7, np.nan])
    assert (box.value, box.answers) == (0.5, 4)
    assert box.low < 0.5 < box.high


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.satisfaction_index([8, 7]), "one answer for each"),
        (lambda: measure.satisfaction_index([11, 7, 7]), "from 1 to 10"),
        (lambda: measure.satisfaction_index([8, 7, 7], [0, 0, 0]), "weights"),
        (lambda: measure.weighted_average_index({"a": 1.0}, {"b": 1.0}), "same attributes"),
        (lambda: measure.recommendation_score([]), "nobody answered"),
        (lambda: measure.recommendation_score([11]), "from 0 to 10"),
        (lambda: measure.mean_interval([1.0]), "at least two"),
        (lambda: measure.share_interval(3, 2), "count"),
        (lambda: measure.margin_of_error(0), "answers"),
        (lambda: measure.margin_of_error(10, confidence=95), "confidence"),
        (lambda: measure.margin_of_error(10, population=5), "population"),
        (lambda: measure.sample_size(0), "margin"),
        (lambda: measure.top_box([5], boxes=0), "boxes"),
    ],
)
def test_what_cannot_be_computed_is_refused(call, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
