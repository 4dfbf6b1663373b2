"""Priorities against what the scenario declares: weights, kinds, the evaluation table."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

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


SEEN = np.random.default_rng(1).integers(1, 11, (60, 3)).astype(float)
ENDLESS = pd.DataFrame({"dimension": "speed", "kind": ["linear", "reverse"], "weight": [np.inf, 1.0]})
WEIGHTLESS = pd.DataFrame({"dimension": "speed", "kind": ["linear", "reverse"], "weight": [0.0, 1.0]})
JUDGED = SEEN @ [0.5, 0.3, 0.2] + np.random.default_rng(2).normal(0, 0.5, 60)


def test_derived_importance_looks_at_slopes_only() -> None:
    """Neither level nor scale of the overall judgement matters; an attribute that lowers it counts for nothing."""
    assert measure.derived_importance(SEEN, 7.0 + SEEN @ [5.0, 3.0, 2.0]) == pytest.approx([0.5, 0.3, 0.2])
    assert measure.derived_importance(SEEN, SEEN @ [0.5, -0.3, 0.5]) == pytest.approx([0.5, 0.0, 0.5])


def test_a_respondent_who_stands_for_three_counts_as_three() -> None:
    weights = np.tile([0, 1, 3], 20)
    found = measure.derived_importance(SEEN, JUDGED, weights)
    assert found == pytest.approx(measure.derived_importance(SEEN.repeat(weights, axis=0), JUDGED.repeat(weights)))
    assert found != pytest.approx(measure.derived_importance(SEEN, JUDGED), abs=1e-3)


def test_respondents_with_a_missing_answer_are_left_out() -> None:
    seen, judged = np.vstack([SEEN, [np.nan, 1, 10], [10, 1, 1]]), np.append(JUDGED, [10.0, np.nan])
    assert measure.derived_importance(seen, judged) == pytest.approx(measure.derived_importance(SEEN, JUDGED))


def test_nothing_is_derived_from_an_attribute_all_judge_alike() -> None:
    """It cannot tell judgements apart, whatever their level."""
    alike = SEEN.copy()
    alike[:, 2] = 7.0
    assert measure.derived_importance(alike, 3.0 + SEEN[:, :2].sum(axis=1)) == pytest.approx([0.5, 0.5, 0.0])


def test_derived_importance_has_no_unit_and_is_not_made_of_rounding() -> None:
    """A tiny scale will do; a judgement that goes with no attribute, or never varies, will not."""
    assert measure.derived_importance(SEEN, 1e-12 * (SEEN @ [0.5, 0.3, 0.2])) == pytest.approx([0.5, 0.3, 0.2])
    every = np.stack(np.meshgrid([1.0, 2.0, 3.3], [1.0, 4.0, 6.0], [2.0, 3.0, 9.0]), axis=-1).reshape(-1, 3)
    apart = every - every.mean(axis=0)
    with pytest.raises(InputError, match="nothing can be derived"):
        measure.derived_importance(every, 7.3 + apart[:, 0] * apart[:, 1])
    for seed in range(20):
        rng = np.random.default_rng(seed)
        with pytest.raises(InputError, match="nothing can be derived"):
            measure.derived_importance(SEEN, np.full(60, rng.uniform(1, 10)), rng.uniform(0.1, 9, 60))


def test_answers_enough_are_two_more_than_attributes() -> None:
    exact = SEEN @ [0.5, 0.3, 0.2]
    assert measure.derived_importance(SEEN[:5], exact[:5]) == pytest.approx([0.5, 0.3, 0.2])
    with pytest.raises(InputError, match="4 complete answers are too few"):
        measure.derived_importance(SEEN[:4], exact[:4])


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


def test_the_map_divides_at_the_means() -> None:
    """Not at the medians (here 3), nor one axis at the other's mean."""
    table = measure.importance_performance(table_of([10, 3, 3, 3, 5], [2, 1, 1, 9, 4.5]))
    assert table["quadrant"].tolist() == [
        "concentrate here",
        "low priority",
        "low priority",
        "possible overkill",
        "keep up the good work",
    ]
    assert table["opportunity"].tolist() == pytest.approx([18, 5, 5, -3, 5.5])


def test_means_and_margins_are_of_persons_not_of_answers() -> None:
    """A respondent stands for as many as the weight says, in every column; a missing answer is left out of its own."""
    answers = table_of([9, 8, 3, 3, 6], [3, 9, 3, 9, 6])
    rng = np.random.default_rng(3)
    for name in DIMENSIONS:
        for kind in ("importance", "points", "performance"):
            answers[f"{kind}_{name}"] += rng.integers(-1, 2, len(answers))
    answers["weight"] = rng.uniform(1, 9, len(answers))
    answers.loc[0, "importance_empathy"] = np.nan
    nobody = answers.assign(overall=np.nan, weight=1e6)
    table = measure.importance_performance(pd.concat([answers, nobody], ignore_index=True))
    for name in DIMENSIONS:
        for kind in ("importance", "points", "performance"):
            given = answers[answers[f"{kind}_{name}"].notna()]
            interval = measure.mean_interval(given[f"{kind}_{name}"], given["weight"])
            mean = np.average(given[f"{kind}_{name}"], weights=given["weight"])
            assert table.loc[name, kind] == pytest.approx(mean) == interval.value
            if kind != "points":
                assert table.loc[name, f"{kind}_margin"] == pytest.approx(interval.margin)
    seen = answers[[f"performance_{name}" for name in DIMENSIONS]]
    derived = measure.derived_importance(seen, answers["overall"], answers["weight"])
    assert table["derived"].to_numpy() == pytest.approx(derived)


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


def test_kano_asks_those_whom_a_survey_would_reach() -> None:
    """The same persons answer, with the same weights, for every seed and month; each seed has luck of its own."""
    run = cs.simulate(cs.load("neighbourhood_bank"), seed=1, months=6)
    design = SurveyDesign(sample=400, sampling="by_segment", response_slope=3.0)
    paired, answers = (ask(run, design, month=3, seed=2) for ask in (measure.kano_survey, measure.survey))
    given = answers[answers.answered]
    for dimension in DIMENSIONS:
        mine = paired[paired.dimension == dimension].set_index("person")
        assert mine["weight"].equals(given["weight"])
        assert mine["segment"].equals(given["segment"])
    everybody = SurveyDesign(sample=100_000, response_rate=0.99)
    one, other = (measure.kano_survey(now("neighbourhood_bank"), everybody, seed=seed) for seed in (1, 2))
    both = one.merge(other, on=["person", "dimension"])
    same = (both["functional_x"] == both["functional_y"]) & (both["dysfunctional_x"] == both["dysfunctional_y"])
    assert 0.2 < same.mean() < 0.8


@cache
def shrugs(month: int) -> pd.DataFrame:
    """Everybody asked about a change too small to be felt: all answers are luck, of .5 on either side."""
    bank = cs.simulate(cs.load("neighbourhood_bank"), seed=1, months=6)
    everybody = SurveyDesign(sample=100_000, response_rate=0.99)
    questions = measure.KanoDesign(change=1e-9, noise_sd=0.5, strong=0.5)
    return measure.kano_survey(bank, everybody, questions, month=month)


def test_how_a_feeling_becomes_one_of_five_answers() -> None:
    """Normal luck in units of its sd: like above 1, dislike below -1, each .1587; half of that is lived with: .1499.

    The other way round where it is not so; what would be missed, and neither liked nor disliked if it is so, must be.
    """
    tail, bearable = special.ndtr(-1.0), special.ndtr(-0.5) - special.ndtr(-1.0)
    must = (1 - 2 * tail) * tail
    expected = {
        "functional": [tail, must, 1 - 2 * tail - must, 0.0, tail],
        "dysfunctional": [tail, 0.0, 1 - 2 * tail - bearable, bearable, tail],
    }
    answers = shrugs(5)
    for question, chances in expected.items():
        shares = answers[question].value_counts(normalize=True).reindex(range(1, 6), fill_value=0.0)
        for share, chance in zip(shares, chances, strict=True):
            assert abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / len(answers))


def test_every_question_dimension_and_month_has_its_own_luck() -> None:
    """Likes go together nowhere: correlations within four standard errors of 0."""
    tables = [shrugs(5).pivot_table(q, "person", "dimension") for q in ("functional", "dysfunctional")]
    tables.append(shrugs(4).pivot_table("functional", "person", "dimension"))
    likes = pd.concat(tables, axis=1, keys=("so", "not so", "before")).dropna() == 1
    together = np.corrcoef(likes.to_numpy(dtype=float), rowvar=False)
    assert together.shape == (15, 15)
    assert np.abs(together - np.eye(15)).max() < 4 / np.sqrt(len(likes))


def test_a_change_that_is_hardly_felt_leaves_people_cold() -> None:
    """A tenth better or worse, against the four tenths that are liked or disliked."""
    small = measure.KanoDesign(change=0.1, noise_sd=0.0)
    assert (measure.kano_survey(now("neighbourhood_bank"), MANY, small)["kind"] == "indifferent").all()


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


def test_coefficients_are_of_persons_not_of_answers() -> None:
    """The one must-be stands for six, the three linear for one each; shares are those within a dimension."""
    mine = pd.DataFrame(
        {
            "dimension": ["speed"] * 5 + ["rooms"] * 2,
            "kind": ["must_be", "linear", "linear", "linear", "reverse", "reverse", "questionable"],
            "weight": [6.0, 1.0, 1.0, 1.0, 3.0, 1.0, 3.0],
        }
    )
    found = measure.kano_coefficients(mine)
    speed, rooms = found.loc["speed"], found.loc["rooms"]
    assert found.index.tolist() == ["speed", "rooms"]
    assert found.columns.name is None  # else pandas prints it above the index, as if it were the index's
    assert (speed["answers"], speed["kind"], rooms["kind"]) == (5, "must_be", "questionable")
    assert speed[list(measure.KANO_CLASSES)].tolist() == pytest.approx([0.5, 0.25, 0.0, 0.0, 0.25, 0.0])
    assert (speed["better"], speed["worse"]) == pytest.approx((3 / 9, -1.0))
    assert rooms[list(measure.KANO_CLASSES)].tolist() == pytest.approx([0, 0, 0, 0, 0.25, 0.75])
    assert np.isnan([rooms["better"], rooms["worse"]]).all()


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
        (lambda: measure.derived_importance(np.ones((0, 3)), []), "too few"),
        (lambda: measure.derived_importance(SEEN, -SEEN.sum(axis=1)), "nothing can be derived"),
        (lambda: measure.derived_importance(SEEN, np.full(60, 7.3)), "nothing can be derived"),
        (lambda: measure.derived_importance(np.full((60, 3), 7.3), JUDGED), "nothing can be derived"),
        (lambda: measure.derived_importance(SEEN, JUDGED, np.ones(6)), "weights"),
        (lambda: measure.derived_importance(SEEN, JUDGED, -np.ones(60)), "weights"),
        (lambda: measure.importance_performance(table_of([5] * 5, [5] * 5)[:6]), "6 are too few"),
        (lambda: measure.importance_performance(table_of([5] * 5, [5] * 5).drop(columns="weight")), "missing weight"),
        (lambda: measure.kano_class(5, 6), "1 .like. to 5"),
        (lambda: measure.kano_class(1, 1.5), "1 .like. to 5"),
        (lambda: measure.kano_class(0, 5), "1 .like. to 5"),
        (lambda: measure.kano_class([1, 2], [1]), "shape"),
        (lambda: measure.kano_coefficients(pd.DataFrame({"kind": ["linear"]})), "dimension"),
        (lambda: measure.kano_coefficients(pd.DataFrame({"dimension": [], "kind": []})), "nobody answered"),
        (lambda: measure.kano_coefficients(pd.DataFrame({"dimension": ["x"], "kind": ["odd"]})), "odd"),
        (lambda: measure.kano_coefficients(WEIGHTLESS), "above 0"),
        (lambda: measure.kano_coefficients(ENDLESS), "finite"),
    ],
)
def test_what_cannot_be_judged_is_refused(call: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
