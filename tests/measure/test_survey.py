"""Surveys against the truth they are drawn from: coverage, sampling, response, measurement."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import custsim as cs
from custsim import measure
from custsim.errors import InputError
from custsim.measure import SurveyDesign, survey, truth
from custsim.scenario.model import DIMENSIONS
from custsim.simulation.population import CUSTOMER

PERFECT = {"style_sd": 0.0, "noise_sd": 0.0, "whole_ticks": False}


@cache
def run(name: str = "neighbourhood_bank") -> cs.Run:
    return cs.simulate(cs.load(name), seed=1, months=24)


@cache
def now(name: str = "neighbourhood_bank") -> measure.Snapshot:
    return measure.snapshot(run(name))


def design(**changes: Any) -> SurveyDesign:
    return SurveyDesign(**changes)


def test_a_snapshot_is_what_the_run_says() -> None:
    table = run().customers
    assert 100 * now().said[table.index] == pytest.approx(table["reported_satisfaction"].to_numpy(), abs=1e-4)
    assert now().month == 23
    assert (now().people.state == CUSTOMER).sum() == run().monthly.customers_end.iloc[-1]


@pytest.mark.parametrize("name", ["neighbourhood_bank", "hotel", "insurance_contact_centre"])
def test_the_dimensions_add_up_to_the_quality_the_staff_delivers(name: str) -> None:
    """What is computed for the survey by the laws is what the compiled month delivered."""
    shares = [segment.share for segment in now(name).scenario.segments]
    assert 100 * now(name).quality @ shares == pytest.approx(run(name).monthly.service_quality.iloc[-1], rel=1e-9)


def test_a_simulation_under_way_can_be_asked() -> None:
    found: list[measure.Snapshot] = []

    def ask(sim: Any) -> Any:
        yield sim.until(12)
        found.append(measure.snapshot(sim))

    cs.simulate(cs.load("neighbourhood_bank"), seed=1, months=24, processes=[ask])
    then = measure.snapshot(run(), 11)
    assert found[0].month == then.month == 11
    assert np.array_equal(found[0].said, then.said)
    assert survey(found[0]).equals(survey(then))


def test_a_survey_is_repeatable_and_another_seed_asks_others() -> None:
    again = measure.snapshot(run())
    assert survey(now()).equals(survey(again))
    assert set(survey(now()).index) != set(survey(now(), seed=2).index)


def test_without_noise_the_answers_are_the_truth() -> None:
    answers = survey(now(), design(sample=400, response_rate=0.999, response_slope=0.0, **PERFECT))
    given, true = answers[answers.answered], truth(now())
    for item in measure.ITEMS:
        assert given[item].to_numpy() == pytest.approx(true.loc[given.index, item].to_numpy())


def test_judgements_of_the_dimensions_add_up_to_the_overall_one() -> None:
    """Weighed by the segment's weights, person by person; so derived importance finds the weights again, exactly."""
    answers = survey(now(), design(sample=2_000, response_rate=0.999, response_slope=0.0, **PERFECT))
    given = answers[answers.answered]
    seen = given[[f"performance_{name}" for name in DIMENSIONS]].to_numpy()
    for n, segment in enumerate(now().scenario.segments):
        mine = (given.segment == segment.name).to_numpy()
        weights = now().weights[n]
        assert seen[mine] @ weights == pytest.approx(given.overall[mine].to_numpy())
        assert measure.derived_importance(seen[mine], given.overall[mine]) == pytest.approx(weights, abs=1e-9)


def test_sampling_is_unbiased_and_its_margin_honest() -> None:
    """Means of 300 asked over 200 surveys: the error is as margin_of_error says, within 3.5 standard errors (fpc)."""
    true = truth(now())
    mine = true[true.group == "customers"]["index"]
    listed = len(mine)
    means = [mine[survey(now(), design(sample=300), seed=seed).index].mean() for seed in range(200)]
    sd = measure.margin_of_error(300, sd=mine.std(ddof=0), confidence=0.6826895, population=listed)
    assert np.mean(means) == pytest.approx(mine.mean(), abs=3.5 * sd / np.sqrt(200))
    assert np.std(means) == pytest.approx(sd, rel=3.5 / np.sqrt(2 * 200))


def test_response_bias_is_the_covariance_of_answering_and_satisfaction() -> None:
    """Bethlehem (1988): Cov(p, y)/mean p, here everybody asked; 3.5 standard errors of 100 surveys."""
    mine = design(sample=100_000, response_slope=3.0)
    true = truth(now(), mine)
    listed = true[true.group == "customers"]
    expected = measure.nonresponse_bias(listed["index"], listed["response"])
    found = []
    for seed in range(100):
        answers = survey(now(), mine, seed=seed)
        found.append(listed.loc[answers.index[answers.answered], "index"].mean() - listed["index"].mean())
    assert expected > 1.0
    assert np.mean(found) == pytest.approx(expected, abs=3.5 * np.std(found) / 10)


def test_more_answers_do_not_cure_the_bias_and_equal_response_does() -> None:
    bias = {}
    for slope in (0.0, 3.0):
        for sample in (500, 5_000):
            mine = design(sample=sample, response_slope=slope, **PERFECT)
            steps = [measure.survey_error(now(), survey(now(), mine, seed=s), mine)["step"] for s in range(40)]
            bias[slope, sample] = np.mean([step["answered"] for step in steps])
    assert abs(bias[0.0, 500]) < 0.5
    assert abs(bias[0.0, 5_000]) < 0.15
    assert bias[3.0, 5_000] == pytest.approx(bias[3.0, 500], rel=0.3)
    assert bias[3.0, 5_000] > 1.0


def test_both_extremes_may_answer_more() -> None:
    mine = truth(now(), design(response_slope=0.0, response_extremes=20.0))
    middle = mine[mine.satisfaction.between(70, 80)].response.mean()
    assert mine[mine.satisfaction < 50].response.mean() > middle
    assert mine[mine.satisfaction > 92].response.mean() > middle


def test_a_survey_of_customers_misses_those_who_left() -> None:
    """The lapsed are less satisfied; who asks customers only does not hear them."""
    true = truth(now())
    means = true.groupby("group")["satisfaction"].mean()
    assert means["lapsed"] < means["customers"]
    steps = measure.survey_error(now(), survey(now()))
    assert steps.loc["on the list", "step"] > 0
    both = design(ask=("customers", "lapsed"))
    answers = survey(now(), both)
    assert set(answers.group) == {"customers", "lapsed"}
    assert measure.survey_error(now(), answers, both).loc["on the list", "step"] == pytest.approx(0.0)


def test_the_steps_of_the_error_add_up() -> None:
    steps = measure.survey_error(now(), survey(now()))
    assert steps["step"].iloc[1:].sum() == pytest.approx(steps["index"].iloc[-1] - steps["index"].iloc[0])


def test_prospects_can_only_say_what_matters_to_them() -> None:
    answers = survey(now(), design(ask=("prospects",), sample=2_000))
    given = answers[answers.answered]
    assert len(given) > 0
    assert given[["overall", "recommend", "performance_empathy"]].isna().all().all()
    assert given[[f"points_{name}" for name in DIMENSIONS]].sum(axis=1).eq(100).all()


def test_a_firm_without_contracts_asks_people_who_are_gone_without_knowing() -> None:
    true = truth(now("hotel"))
    listed = true[true.group == "customers"]
    assert 0.02 < (listed.state == "lapsed").mean() < 0.4
    contract = truth(now())
    assert (contract[contract.group == "customers"].state == "customer").all()


def test_segments_are_drawn_alike_and_weighted_back() -> None:
    answers = survey(now(), design(sampling="by_segment", sample=600))
    assert answers.segment.value_counts().tolist() == [300, 300]
    sizes = truth(now()).query("group == 'customers'").segment.value_counts().to_dict()
    assert answers.groupby("segment").weight.sum().to_dict() == pytest.approx(sizes)


def test_ticks_are_whole_and_on_their_scales() -> None:
    answers = survey(now(), design(sample=3_000))
    given = answers[answers.answered].drop(columns=["group", "segment", "weight", "answered"])
    points = given.filter(like="points_")
    assert (given == given.round()).all().all()
    ticks = given.drop(columns=[*points.columns, "recommend"]).to_numpy()
    assert ((ticks >= 1) & (ticks <= 10)).all()
    assert given["recommend"].between(0, 10).all()
    assert points.sum(axis=1).eq(100).all()
    assert given["recommend"].min() < 7 < given["recommend"].max()


def test_points_give_the_weights_back() -> None:
    """Mean points against the declared weights of the larger segment, within a point and a half."""
    answers = survey(now(), design(sample=4_000, response_rate=0.9))
    mine = answers[answers.answered & (answers.segment == "everyday")]
    points = [mine[f"points_{name}"].mean() for name in DIMENSIONS]
    assert points == pytest.approx((100 * now().weights[0]).tolist(), abs=1.5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.snapshot(run(), 24), "months 0 to 23"),
        (lambda: measure.snapshot(now(), 3), "end of month 23"),
        (lambda: survey(now(), design(response_rate=1.5)), "response_rate"),
        (lambda: survey(now(), design(ask=("everybody",))), "ask"),
        (lambda: measure.nonresponse_bias([1.0], [2.0]), "probabilities"),
        (lambda: measure.nonresponse_bias([1.0, 2.0], [0.5]), "one for each"),
    ],
)
def test_what_cannot_be_asked_is_refused(call: Any, words: str) -> None:
    with pytest.raises((InputError, ValueError), match=words):
        call()
