"""Indices and intervals against published numbers, textbook formulas and their stated coverage."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from custsim import measure
from custsim.errors import InputError

TICKS = st.lists(st.tuples(*[st.integers(1, 10)] * 3), min_size=1, max_size=50)


def test_the_published_example_comes_out() -> None:
    """Items 8, 7, 7 with the weights of the State of Ohio are 70.98; with equal weights (sum - 3)/27."""
    assert round(float(measure.satisfaction_index([8, 7, 7], measure.OHIO_WEIGHTS)), 2) == 70.98
    assert float(measure.satisfaction_index([8, 7, 7], measure.EQUAL_WEIGHTS)) == pytest.approx((22 - 3) / 27 * 100)


def test_each_item_weighs_what_was_published() -> None:
    """One item at the top and the others at the bottom: its weight in percent; only the ratios of weights count."""
    alone = 1 + 9 * np.eye(3)
    assert measure.satisfaction_index(alone).tolist() == pytest.approx([38.85, 31.90, 29.25])
    tenfold = [10 * weight for weight in measure.OHIO_WEIGHTS]
    assert measure.satisfaction_index(alone, tenfold).tolist() == pytest.approx([38.85, 31.90, 29.25])


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
    assert np.isnan(measure.satisfaction_index([np.nan] * 3))


def test_weighted_average_index() -> None:
    scores, weights = {"a": 80.0, "b": 60.0}, {"b": 1.0, "a": 3.0}
    assert measure.weighted_average_index(scores, weights) == pytest.approx((3 * 80 + 60) / 4)


def test_score_and_its_variance() -> None:
    """For large samples the interval is p - d +- z sqrt((p + d - (p - d)^2)/n)."""
    answers = np.repeat([10, 8, 3], [4_000, 3_500, 2_500])
    score = measure.recommendation_score(answers)
    assert score.value == pytest.approx(15.0)
    assert score.margin == pytest.approx(100 * 1.95996 * np.sqrt((0.65 - 0.15**2) / 10_000), rel=1e-3)


def test_who_promotes_and_who_detracts() -> None:
    """Reichheld (2003): 9 and 10 promote, 0 to 6 detract; one answer of each kind, so 2 less 7 of 11."""
    assert measure.recommendation_score(range(11)).value == pytest.approx(-500 / 11)


def test_the_interval_of_few_answers_by_hand() -> None:
    """Rocks (2016): three answers added, three quarters of one at either end; here to 6, 1 and 3 of 10."""
    score = measure.recommendation_score([10] * 6 + [7] + [0] * 3, confidence=0.90)
    p, d = 6.75 / 13, 3.75 / 13
    half = 1.644854 * sqrt((p + d - (p - d) ** 2) / 13)
    assert (score.value, score.confidence) == (pytest.approx(30.0), 0.90)
    assert (score.low, score.high) == pytest.approx((100 * (p - d - half), 100 * (p - d + half)), rel=1e-6)


def test_weighted_answers_are_persons() -> None:
    """Two answers that stand for 30 and 10 persons tell as much as 40^2/(30^2 + 10^2) = 1.6 that count alike."""
    score = measure.recommendation_score([10, 0, np.nan, 0], weights=[30, 10, 10, 0])
    p, d, z = (0.75 * 1.6 + 0.75) / 4.6, (0.25 * 1.6 + 0.75) / 4.6, 1.959964
    half = z * sqrt((p + d - (p - d) ** 2) / 4.6)
    assert (score.value, score.answers) == (pytest.approx(50.0), 2)
    assert (score.low, score.high) == pytest.approx((100 * (p - d - half), 100 * (p - d + half)), rel=1e-6)
    box = measure.top_box([10, 0, np.nan, 0], weights=[30, 10, 10, 0])
    half = z * sqrt(0.75 * 0.25 / 1.6 + z**2 / 4 / 1.6**2)
    ends = [(0.75 + z**2 / 3.2 + side * half) / (1 + z**2 / 1.6) for side in (-1, 1)]
    assert (box.value, box.answers, box.low, box.high) == pytest.approx((0.75, 2, *ends), rel=1e-6)
    answers = [10] * 6 + [7] + [0] * 3
    assert measure.top_box([9.0] * 7, weights=np.linspace(0.1, 0.7, 7)).high == 1.0
    for estimate in (measure.recommendation_score, measure.top_box):
        alike, plain = estimate(answers, weights=[7.0] * 10), estimate(answers)
        assert (alike.value, alike.low, alike.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_intervals_of_a_sample_by_segment_cover_when_it_is_weighed_back() -> None:
    """A tenth of the customers are half of the sample; of 2,000 intervals 93 % is four standard errors below 95 %."""
    few, many, rng = (0.2, 0.5), (0.5, 0.1), np.random.default_rng(4)  # promoters, detractors
    score = 100 * (0.1 * (few[0] - few[1]) + 0.9 * (many[0] - many[1]))
    share = 0.1 * few[0] + 0.9 * many[0]
    covered, missed, boxed = [], [], []
    for _ in range(2_000):
        counts = [rng.multinomial(80, [p, 1 - p - d, d]) for p, d in (few, many)]
        answers = np.concatenate([np.repeat([10, 8, 0], count) for count in counts])
        weights = np.repeat([1.0, 9.0], 80)
        found = measure.recommendation_score(answers, weights=weights)
        covered.append(found.low <= score <= found.high)
        plain = measure.recommendation_score(answers)
        missed.append(plain.low <= score <= plain.high)
        box = measure.top_box(answers, weights=weights)
        boxed.append(box.low <= share <= box.high)
    assert np.mean(covered) > 0.93
    assert np.mean(boxed) > 0.93
    assert np.mean(missed) < 0.5


def test_no_score_beyond_everybody() -> None:
    assert measure.recommendation_score([10] * 5).high == 100.0
    assert measure.recommendation_score([0] * 5).low == -100.0


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


def test_intervals_of_a_mean_drawn_by_segment_cover_as_often_as_they_say() -> None:
    """2,000 samples from three segments that differ, of which two answer in part; standard error of a coverage .5 %.

    Between 93 and 97 % lies four standard errors either side: by chance outside once in 16,000 samples of luck. The
    interval that does not know of the segments holds the mean far more often than it says.
    """
    rng = np.random.default_rng(4)
    sizes, asked = (2_000, 800, 80), (60, 60, 60)
    people = [rng.normal(mean, 8.0, size) for mean, size in zip((80.0, 55.0, 30.0), sizes, strict=True)]
    truth = np.concatenate(people).mean()
    strata = np.repeat(["many", "some", "few"], asked)
    weights = np.repeat(np.divide(sizes, asked), asked)
    held: dict[str, list[bool]] = {"all answer": [], "some answer": [], "unaware": []}
    for _ in range(2_000):
        values = np.concatenate([rng.choice(part, n, replace=False) for part, n in zip(people, asked, strict=True)])
        some = np.where(rng.random(180) < 0.5, values, np.nan)
        for name, found in {
            "all answer": measure.mean_interval(values, weights, population=2_880, strata=strata),
            "some answer": measure.mean_interval(some, weights, population=2_880, strata=strata),
            "unaware": measure.mean_interval(values, weights),
        }.items():
            held[name].append(found.low <= truth <= found.high)
    assert 0.93 < np.mean(held["all answer"]) < 0.97
    assert 0.93 < np.mean(held["some answer"]) < 0.97
    assert np.mean(held["unaware"]) > 0.999


def test_the_interval_of_a_stratified_mean_by_hand() -> None:
    """Cochran (1977), 5.9 to 5.16: 90 and 10 persons, three asked of each; s^2 of 1 and 4, without and with N."""
    values, strata = [4.0, 5.0, 6.0, 18.0, 20.0, 22.0], ["a"] * 3 + ["b"] * 3
    weights = [30.0] * 3 + [10 / 3] * 3
    large, small = 0.9**2 * 1 / 3, 0.1**2 * 4 / 3
    degrees = (large + small) ** 2 / (large**2 / 2 + small**2 / 2)
    found = measure.mean_interval(values, weights, strata=strata)
    assert found.value == pytest.approx(0.9 * 5 + 0.1 * 20)
    assert found.margin == pytest.approx(stats.t.ppf(0.975, degrees) * sqrt(large + small))
    large, small = large * (1 - 3 / 90), small * (1 - 3 / 10)
    degrees = (large + small) ** 2 / (large**2 / 2 + small**2 / 2)
    found = measure.mean_interval(values, weights, strata=strata, population=100)
    assert found.margin == pytest.approx(stats.t.ppf(0.975, degrees) * sqrt(large + small))
    # all of a stratum are asked and answer: it adds no luck
    everybody = measure.mean_interval([*values[:3], 1.0, 9.0], [30.0] * 3 + [1.0] * 2, strata=[*strata[:3], "c", "c"],
                                      population=92)  # fmt: skip
    assert everybody.margin == pytest.approx(stats.t.ppf(0.975, 2) * (90 / 92) * sqrt(1 / 3 * (1 - 3 / 90)))
    # one stratum is no stratum
    assert measure.mean_interval(values, weights, strata=["a"] * 6) == measure.mean_interval(values, weights)


def test_one_alone_in_a_stratum_differs_from_the_mean_of_all() -> None:
    """There is no spread to see within it; as if drawn from all, so that nothing is said to be surer than it is."""
    found = measure.mean_interval([4.0, 6.0, 11.0], [1.0, 1.0, 1.0], strata=["a", "a", "b"])
    spread = np.array([2 / 1 * (1.0 + 1.0), (11.0 - 7.0) ** 2]) / 9
    degrees = spread.sum() ** 2 / (spread[0] ** 2 / 1 + spread[1] ** 2 / 1)
    assert found.margin == pytest.approx(stats.t.ppf(0.975, degrees) * sqrt(spread.sum()))


def test_the_interval_of_a_mean_by_hand() -> None:
    """Sample variance 50/3, and Student's table: 3.182 for 3 degrees of freedom, 12.706 for one."""
    plain = measure.mean_interval([70.0, 80.0, 75.0, 75.0])
    assert plain.margin == pytest.approx(3.182446 * sqrt(50 / 3 / 4), rel=1e-6)
    weighted = measure.mean_interval([0.0, 1.0], [1, 3])
    assert weighted.value == pytest.approx(0.75)
    assert weighted.margin == pytest.approx(12.706205 * sqrt(2 * (1 * 0.75**2 + 9 * 0.25**2)) / 4, rel=1e-6)
    assert measure.mean_interval([0.0, 1.0], [1, 3], confidence=0.5).margin == pytest.approx(
        0.375
    )  # quartile of t_1: 1


def test_who_is_missing_or_weighs_nothing_is_left_out_with_the_weight() -> None:
    found = measure.mean_interval([np.nan, 70.0, 80.0, 10.0], [9, 1, 3, 0])
    assert found == measure.mean_interval([70.0, 80.0], [1, 3])
    assert (found.value, found.answers) == (pytest.approx(77.5), 2)


def test_the_errors_of_small_populations_are_those_of_all_samples() -> None:
    """Every sample of 3 out of 5 without replacement: the variance of their means, and what the samples say of it."""
    people = np.array([1.0, 2.0, 4.0, 7.0, 11.0])
    samples = list(combinations(people, 3))
    spread = np.var([np.mean(sample) for sample in samples])
    one_sd = 0.6826894921370859
    known = measure.margin_of_error(3, sd=people.std(), confidence=one_sd, population=5)
    assert known == pytest.approx(sqrt(spread))
    quantile = measure.mean_interval([0.0, 0.0, 1.0]).margin / sqrt(1 / 9)
    told = [(measure.mean_interval(sample, population=5).margin / quantile) ** 2 for sample in samples]
    assert np.mean(told) == pytest.approx(spread)


def test_the_score_interval_by_hand() -> None:
    """Wilson (1927), for 8 of 10 and 90 %."""
    share, n, z = 0.8, 10, 1.644854
    middle, half = share + z**2 / 2 / n, z * sqrt(share * (1 - share) / n + z**2 / 4 / n**2)
    found = measure.share_interval(8, n, confidence=0.90)
    assert (found.low, found.high) == pytest.approx(
        ((middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)), rel=1e-6
    )
    assert found == measure.top_box([9] * 8 + [1] * 2, confidence=0.90) == measure.share_interval(8.0, 10.0, 0.90)
    nobody, everybody = measure.share_interval(0, 10), measure.share_interval(10, 10)
    for n in range(1, 100):
        assert (measure.share_interval(0, n).low, measure.share_interval(n, n).high) == (0.0, 1.0)
    assert nobody.high == pytest.approx(1 - everybody.low) == pytest.approx(1.959964**2 / (10 + 1.959964**2), rel=1e-6)


@given(st.floats(0.02, 2.0), st.floats(0.0, 3.0), st.none() | st.integers(1, 5_000))
def test_the_sample_size_is_the_least_that_will_do(margin: float, sd: float, population: int | None) -> None:
    n = measure.sample_size(margin, sd, population=population)
    assert n >= 1
    assert measure.margin_of_error(n, sd, population=population) <= margin * (1 + 1e-6)
    assert n == 1 or measure.margin_of_error(n - 1, sd, population=population) > margin * (1 - 1e-6)


def test_a_sample_size_that_comes_out_even_is_not_rounded_up() -> None:
    for n in range(1, 100):
        assert measure.sample_size(measure.margin_of_error(n, sd=1.0), sd=1.0) == n
    assert measure.sample_size(1.0, sd=0.0, population=1) == 1


def test_margin_and_sample_size_are_inverse() -> None:
    """The textbook 1,067 answers for three points, and half the margin for four times the answers."""
    assert measure.sample_size(0.03) == 1068
    assert float(measure.margin_of_error(1067)) == pytest.approx(0.03, abs=1e-4)
    assert measure.margin_of_error(100) == pytest.approx(2 * measure.margin_of_error(400))
    assert measure.margin_of_error(measure.sample_size(1.5, sd=17.0), sd=17.0) <= 1.5
    assert measure.margin_of_error(measure.sample_size(0.03, population=2_000), population=2_000) <= 0.03
    assert measure.margin_of_error(200, population=200) == measure.margin_of_error(1, population=1) == 0.0
    assert measure.margin_of_error([100, 400]) == pytest.approx([measure.margin_of_error(n) for n in (100, 400)])


def test_top_box() -> None:
    box = measure.top_box([10, 9, 8, 7, np.nan])
    assert (box.value, box.answers) == (0.5, 4)
    assert box.low < 0.5 < box.high
    assert [measure.top_box([1, 2, 3, 4, 5], boxes=n, top=5).value for n in (1, 2, 5)] == [0.2, 0.4, 1.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.satisfaction_index([8, 7]), "one answer for each"),
        (lambda: measure.satisfaction_index(8.0), "one answer for each"),
        (lambda: measure.satisfaction_index([11, 7, 7]), "from 1 to 10"),
        (lambda: measure.satisfaction_index([0, 7, 7]), "from 1 to 10"),
        (lambda: measure.satisfaction_index([11, np.nan, 7]), "from 1 to 10"),
        (lambda: measure.satisfaction_index([8, 7, 7], [1, -1, 1]), "weights"),
        (lambda: measure.satisfaction_index([8, 7, 7], [1, np.nan, 1]), "weights"),
        (lambda: measure.satisfaction_index(np.ones((2, 0)), []), "weights"),
        (lambda: measure.satisfaction_index([8, 7, 7], [0, 0, 0]), "weights"),
        (lambda: measure.weighted_average_index({"a": 1.0}, {"b": 1.0}), "same attributes"),
        (lambda: measure.weighted_average_index({"a": 1.0}, {"a": 1.0, "b": 1.0}), "only one of them has b"),
        (lambda: measure.weighted_average_index({"a": 1.0}, {"a": -1.0}), "weights"),
        (lambda: measure.weighted_average_index({"a": 1.0, "b": np.nan}, {"a": 1.0, "b": 1.0}), "missing b"),
        (lambda: measure.weighted_average_index({}, {}), "missing all"),
        (lambda: measure.recommendation_score([]), "nobody answered"),
        (lambda: measure.recommendation_score([11]), "from 0 to 10"),
        (lambda: measure.recommendation_score([9, 8], weights=[1.0]), "one for each of the 2"),
        (lambda: measure.top_box([9, 8], weights=[1.0, -1.0]), "weights"),
        (lambda: measure.mean_interval([1.0]), "at least two"),
        (lambda: measure.mean_interval([np.nan, np.nan]), "at least two"),
        (lambda: measure.mean_interval([1.0, 2.0], [1.0, 0.0]), "at least two"),
        (lambda: measure.mean_interval([1.0, 2.0], [1.0]), "one for each of the 2"),
        (lambda: measure.mean_interval([1.0, 2.0, 3.0], [3.0, -1.0, 3.0]), "weights"),
        (lambda: measure.mean_interval([1.0, np.inf]), "finite"),
        (lambda: measure.mean_interval([1.0, 2.0], population=1), "population"),
        (lambda: measure.mean_interval([1.0, 2.0], strata=["a"]), "strata: there must be one for each of the 2"),
        (lambda: measure.mean_interval([1, 2, 3], [9, 1, 1], population=4, strata=list("abb")), "of stratum 'b'"),
        (lambda: measure.mean_interval([1.0, 2.0], strata=["a", None]), "strata: missing of 1"),
        (lambda: measure.share_interval(3, 2), "count"),
        (lambda: measure.share_interval(-1, 2), "count"),
        (lambda: measure.share_interval(0, 0), "count"),
        (lambda: measure.share_interval(1.5, 2), "whole"),
        (lambda: measure.share_interval(1, 2.5), "whole"),
        (lambda: measure.margin_of_error(0), "answers"),
        (lambda: measure.margin_of_error(0.5), "answers"),
        (lambda: measure.margin_of_error([10, np.nan]), "answers"),
        (lambda: measure.margin_of_error(10, sd=-1.0), "sd"),
        (lambda: measure.sample_size(0.1, sd=-1.0), "sd"),
        (lambda: measure.sample_size(0.1, sd=np.inf), "sd"),
        (lambda: measure.sample_size(0.1, population=0), "population"),
        (lambda: measure.margin_of_error(10, confidence=95), "confidence"),
        (lambda: measure.margin_of_error(10, confidence=0.0), "confidence"),
        (lambda: measure.mean_interval([1.0, 2.0], confidence=1.0), "confidence"),
        (lambda: measure.margin_of_error(10, population=5), "population"),
        (lambda: measure.margin_of_error([4, 6], population=5), "population"),
        (lambda: measure.sample_size(0), "margin"),
        (lambda: measure.top_box([5], boxes=0), "boxes"),
        (lambda: measure.top_box([5], boxes=6, top=5), "boxes"),
        (lambda: measure.top_box([11, 9]), "from 0 to 10"),
        (lambda: measure.top_box([6, 4], top=5), "from 0 to 5"),
    ],
)
def test_what_cannot_be_computed_is_refused(call, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
