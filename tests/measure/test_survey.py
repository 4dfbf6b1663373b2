"""Surveys against the truth they are drawn from: coverage, sampling, response, measurement."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

import custsim as cs
from custsim import measure
from custsim.errors import InputError
from custsim.measure import SurveyDesign, survey, truth
from custsim.scenario.model import DIMENSIONS
from custsim.simulation.population import CUSTOMER, LAPSED

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


def test_months_are_looked_at_in_the_order_asked_for() -> None:
    months = [11, 0, 23]
    found = measure.snapshots(run(), months)
    assert [then.month for then in found] == months
    ends = run().monthly.customers_end.to_numpy()[months]
    assert [(then.people.state == CUSTOMER).sum() for then in found] == ends.tolist()


def test_the_very_run_is_lived_again() -> None:
    """Its seed, its replication and its processes; not just one of the same firm."""

    def cut(simulation: cs.Simulation) -> Any:
        yield simulation.until(3)
        simulation.set({"internal_service.training.spend": 0.0})

    bank = cs.load("neighbourhood_bank").scaled(0.2)
    mine = cs.simulate(bank, seed=5, replication=3, months=6, processes=[cut])
    then, table = measure.snapshot(mine), mine.customers
    assert 100 * then.said[table.index] == pytest.approx(table["reported_satisfaction"].to_numpy(), abs=1e-4)
    assert then.scenario.internal_service.training.spend == 0.0
    assert measure.snapshot(mine, 2).scenario.internal_service.training.spend > 0.0


def test_a_saved_run_that_cannot_be_lived_again_is_not_looked_at(tmp_path) -> None:
    def nothing(simulation: cs.Simulation) -> Any:
        yield simulation.until(1)

    bank = cs.load("neighbourhood_bank").scaled(0.05)
    cs.simulate(bank, seed=1, months=2, processes=[nothing]).save(tmp_path / "own")
    with pytest.raises(InputError, match="processes or a desk of its own"):
        measure.snapshot(cs.Run.load(tmp_path / "own"))
    plain = cs.simulate(bank, seed=1, months=2)
    plain.save(tmp_path / "plain")
    assert np.array_equal(measure.snapshot(cs.Run.load(tmp_path / "plain")).said, measure.snapshot(plain).said)
    with pytest.raises(InputError, match="comes out otherwise now"):
        measure.snapshot(replace(plain, monthly=plain.monthly + 1.0))


def test_where_nobody_serves_there_is_no_quality_to_look_at() -> None:
    empty = cs.load("neighbourhood_bank").scaled(0.05)
    empty = empty.change({"employees.quit_hazard": 1.0, "employees.hiring_delay": 50})
    with pytest.raises(InputError, match="nobody serves customers"):
        measure.snapshot(cs.simulate(empty, seed=1, months=3))


def test_linear_dimensions_are_felt_as_they_are_delivered() -> None:
    """What is delivered is the mean over the staff, which the law of linear kinds leaves as it is."""
    for n, segment in enumerate(now().scenario.segments):
        linear = [getattr(segment, f"{name}_kind") == "linear" for name in DIMENSIONS]
        assert any(linear)
        assert now().felt[n][linear] == pytest.approx(now().delivered[linear], abs=1e-6)


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
    assert not np.array_equal(found[0].said, now().said)  # a copy: the simulation went on
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


def test_what_is_felt_by_hand() -> None:
    """Index points on scales of ten: expectations count twice, once as surprise; nothing beyond the ends of a scale."""
    true, people, said = truth(now()), now().people, now().said
    who = true.index.to_numpy()
    overall, expected = said[who], people.expectation[who].astype(float)
    assert true["satisfaction"].to_numpy() == pytest.approx(100 * overall)
    items = [overall, np.clip(2 * overall - expected - 0.08, 0, 1), np.clip(overall - 0.10, 0, 1)]
    for name, item in zip(measure.ITEMS, items, strict=True):
        assert true[name].to_numpy() == pytest.approx(1 + 9 * item)
    assert true["index"].to_numpy() == pytest.approx(100 * np.stack(items, axis=1) @ measure.OHIO_WEIGHTS)
    for n, name in enumerate(DIMENSIONS):
        assert true[f"performance_{name}"].to_numpy() == pytest.approx(1 + 9 * now().felt[people.segment[who], n])
    ends = truth(now(), design(expectation_shift=1.0, ideal_shift=-1.0))
    assert ends["versus_ideal"].eq(1.0).all()
    assert ends["versus_expectation"].max() == 10.0


def test_who_does_not_answer_leaves_nothing_behind() -> None:
    answers = survey(now())
    silent = answers[~answers.answered].drop(columns=["group", "segment", "stratum", "weight", "answered"])
    assert len(silent) > 0
    assert silent.isna().all().all()
    assert answers[answers.answered].notna().all().all()


EVERYBODY = {"sample": 100_000, "response_rate": 0.999, "response_slope": 0.0}


def answers_of(then: measure.Snapshot, **changes: Any) -> pd.DataFrame:
    """Practically everybody's answers, unrounded and without habits unless asked for."""
    answers = survey(then, design(**{**EVERYBODY, **PERFECT, **changes}))
    return answers[answers.answered]


def off(answers: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """How far the items are ticked from what is felt, on 0-1."""
    return (answers[list(measure.ITEMS)] - true.loc[answers.index, list(measure.ITEMS)]) / 9


def test_luck_is_of_one_answer_and_habit_of_a_person() -> None:
    """Of every item and survey anew the one; the same in all and for good the other; both of the size declared."""
    earlier = measure.snapshot(run(), 11)
    lucky = [off(answers_of(then, noise_sd=0.1), truth(then)) for then in (now(), earlier)]
    both = pd.concat(lucky, axis=1).dropna().to_numpy()
    assert both.std(axis=0) == pytest.approx([0.1] * 6, rel=4 / np.sqrt(2 * len(both)))
    assert np.abs(np.corrcoef(both, rowvar=False) - np.eye(6)).max() < 4 / np.sqrt(len(both))
    used = [off(answers_of(then, style_sd=0.1), truth(then)) for then in (now(), earlier)]
    both = pd.concat(used, axis=1).dropna().to_numpy()
    assert both.std(axis=0) == pytest.approx([0.1] * 6, rel=4 / np.sqrt(2 * len(both)))
    assert both == pytest.approx(both[:, :1].repeat(6, axis=1))


def test_whole_ticks_are_the_nearest() -> None:
    ticked, felt = answers_of(now(), whole_ticks=True), answers_of(now())
    for name in (*measure.ITEMS, "recommend"):
        assert (ticked[name] - felt[name]).abs().max() <= 0.5 + 1e-9
    assert felt["recommend"].to_numpy() == pytest.approx(10 * now().said[felt.index])


def test_a_hundred_points_are_given_by_largest_remainders() -> None:
    """In steps of five; where a step more was given, more had been cut off than where none was."""
    names = [f"points_{name}" for name in DIMENSIONS]
    given, exact = (answers_of(now(), whole_ticks=ticks)[names].to_numpy() / 5 for ticks in (True, False))
    assert exact.sum(axis=1) == pytest.approx(np.full(len(exact), 20.0))
    assert (given == np.rint(given)).all()
    assert (given % 2 == 1).any()
    more, cut = given - np.floor(exact), exact - np.floor(exact)
    assert np.isin(more, (0, 1)).all()
    least = np.where(more == 1, cut, np.inf).min(axis=1)
    most = np.where(more == 0, cut, -np.inf).max(axis=1)
    assert (least >= most - 1e-12).all()


def test_what_matters_by_hand() -> None:
    """Weights of the segment where persons do not differ; the greatest in full, nothing below the floor."""
    alike = answers_of(now(), points_sd=0.0, importance_floor=0.4)
    weights = now().weights[now().people.segment[alike.index]]
    for n, name in enumerate(DIMENSIONS):
        stressed = 0.4 + 0.6 * weights[:, n] / weights.max(axis=1)
        assert alike[f"points_{name}"].to_numpy() == pytest.approx(100 * weights[:, n])
        assert alike[f"importance_{name}"].to_numpy() == pytest.approx(1 + 9 * stressed)


def test_personal_differences_last_and_grow_as_declared() -> None:
    """What matters, in logs, and what one has seen of a dimension: the same a year later, twice for twice the sd.

    The logs are taken against the mean of the five, as scaling to a sum of one shifts all alike.
    """

    def matter(answers: pd.DataFrame) -> Any:
        points = np.log(answers[[f"points_{name}" for name in DIMENSIONS]].to_numpy() / 100)
        apart = points - np.log(now().weights[now().people.segment[answers.index]])
        return apart - apart.mean(axis=1, keepdims=True)

    def seen(answers: pd.DataFrame, then: measure.Snapshot) -> Any:
        own = then.people.segment[answers.index]
        judged = (answers[[f"performance_{name}" for name in DIMENSIONS]].to_numpy() - 1) / 9
        return judged - then.felt[own] - (then.said[answers.index] - then.quality[own])[:, None]

    one, two = answers_of(now()), answers_of(now(), points_sd=0.5, impression_sd=0.2)
    none = answers_of(now(), impression_sd=0.0)
    assert matter(two) == pytest.approx(2 * matter(one))
    assert matter(one).std() == pytest.approx(0.25 * np.sqrt(0.8), rel=0.05)  # around the mean of five: 4/5 is left
    assert seen(two, now()) == pytest.approx(2 * seen(one, now()))
    assert np.abs(seen(none, now())).max() < 1e-9
    earlier = measure.snapshot(run(), 11)
    before = answers_of(earlier)
    both = before.index.intersection(one.index)
    assert matter(one.loc[both]) == pytest.approx(matter(before.loc[both]))
    assert seen(one.loc[both], now()) == pytest.approx(seen(before.loc[both], earlier))


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


def test_the_chance_to_answer_by_hand() -> None:
    """Log odds of the declared rate, moved by the distance from the reference; the lapsed then by a factor."""
    mine = design(response_rate=0.2, response_slope=2.0, response_extremes=9.0, lapsed_response=0.7)
    true = truth(now(), mine)
    gap = true["satisfaction"] / 100 - now().scenario.loyalty.satisfaction_reference
    chance = special.expit(np.log(0.2 / 0.8) + 2.0 * gap + 9.0 * gap**2)
    factor = np.where(true["group"] == "lapsed", 0.7, 1.0)
    assert true["response"].to_numpy() == pytest.approx((factor * chance).to_numpy())


def test_as_many_answer_as_are_likely_to() -> None:
    """Within four standard errors, also of prospects, whose satisfaction is no satisfaction with this firm."""
    mine = design(ask=("customers", "lapsed", "prospects"), sample=100_000, response_slope=5.0, prospect_response=0.5)
    answers, true = survey(now(), mine), truth(now(), mine)
    expected = true.groupby("group")["response"].mean().to_dict() | {"prospects": 0.5 * 0.30}
    for group, rows in answers.groupby("group"):
        chance = expected[str(group)]
        assert abs(rows["answered"].mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / len(rows))


def test_where_only_the_pleased_answer_the_bias_is_all_that_sets_them_apart() -> None:
    assert measure.nonresponse_bias([60.0, 80.0], [0.0, 0.5]) == pytest.approx(80.0 - 70.0)


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


def test_each_step_of_the_error_by_hand() -> None:
    """Persons on the list count alike, so answers by their weights; steps expected are those of the groups asked."""
    mine = design(ask=("lapsed",), sampling="by_segment", sample=200, lapsed_months=15, response_rate=0.9)
    answers = survey(run(), mine, month=17)
    steps = measure.survey_error(run(), answers, mine, month=17)
    true = truth(run(), mine, month=17)
    listed, given = true[true.group == "lapsed"], answers[answers.answered]
    assert steps["persons"].tolist() == [len(true), len(listed), 200, len(given), len(given)]
    weighted = [np.average(true.loc[rows.index, "index"], weights=rows["weight"]) for rows in (answers, given)]
    stated = measure.mean_interval(measure.satisfaction_index(given[list(measure.ITEMS)]), given["weight"]).value
    assert steps["index"].tolist() == pytest.approx([true["index"].mean(), listed["index"].mean(), *weighted, stated])
    bias = measure.nonresponse_bias(listed["index"], listed["response"])
    assert steps["expected"].tolist() == pytest.approx([np.nan, np.nan, 0.0, bias, np.nan], nan_ok=True)


@pytest.mark.parametrize("sampling", ["random", "by_segment"])
def test_one_segment_is_held_against_its_own_truth(sampling: Any) -> None:
    """Its list and its answers; drawn by chance within the segment, so that sampling is all there is to the step."""
    mine = design(sampling=sampling, sample=1_000, ask=("customers", "lapsed"))
    answers, true = survey(now(), mine), truth(now(), mine)
    for name in ("personal", "everyday"):
        steps = measure.survey_error(now(), answers, mine, segment=name)
        own, asked = true[true.segment == name], answers[answers.segment == name]
        assert steps["persons"].iloc[:3].tolist() == [len(own), len(own), len(asked)]
        assert steps["index"].iloc[:2].tolist() == pytest.approx([own["index"].mean()] * 2)
        # two standard errors of a mean with weights at most twice as unlike as in a sample of equal ones
        assert abs(steps.loc["asked", "step"]) < 4 * own["index"].std() * np.sqrt(2 / len(asked))
        assert steps.loc["answered", "expected"] == pytest.approx(
            measure.nonresponse_bias(own["index"], own["response"])
        )


def test_a_part_of_a_survey_is_not_held_against_the_truth_of_all() -> None:
    answers = survey(now(), design(sampling="by_segment"), seed=3)
    for part in (answers[answers.segment == "everyday"], answers[answers.answered], pd.concat([answers, answers])):
        with pytest.raises(InputError, match="give all rows of the survey"):
            measure.survey_error(now(), part)
    with pytest.raises(InputError, match=r"must be one of .*, got 'nobody'"):
        measure.survey_error(now(), answers, segment="nobody")


def test_the_stratum_is_what_was_drawn_from() -> None:
    by_chance = survey(now(), design(ask=("customers", "lapsed")))
    assert by_chance["stratum"].equals(by_chance["group"].rename("stratum"))
    by_segment = survey(now(), design(ask=("customers", "prospects"), sampling="by_segment"))
    for stratum, rows in by_segment.groupby("stratum"):
        group, segment = str(stratum).split("/")
        assert set(rows["group"]) == {group}
        assert set(rows["segment"]) == {segment}
        assert rows["weight"].eq(rows["weight"].iloc[0]).all()
    answered = by_segment[by_segment["overall"].notna()]
    table = measure.importance_performance(by_segment)
    heard = by_segment["performance_empathy"].where(by_segment["overall"].notna())
    found = measure.mean_interval(heard, by_segment["weight"], strata=by_segment["stratum"])
    assert table.loc["empathy", "performance_margin"] == found.margin
    assert found.value == pytest.approx(np.average(answered["performance_empathy"], weights=answered["weight"]))


def test_prospects_among_those_asked_are_no_part_of_the_error() -> None:
    """They have no index; the rest is as if they had not been asked. Answers off the scale have one."""
    with_them, without = (design(ask=ask, whole_ticks=False) for ask in (("prospects", "customers"), ("customers",)))
    found = [measure.survey_error(now(), survey(now(), mine), mine) for mine in (with_them, without)]
    pd.testing.assert_frame_equal(*found)
    assert survey(now(), without)["overall"].max() > 10.0


def test_prospects_can_only_say_what_matters_to_them() -> None:
    answers = survey(now(), design(ask=("prospects",), sample=2_000))
    given = answers[answers.answered]
    assert len(given) > 0
    said = given.drop(columns=["group", "segment", "stratum", "weight", "answered"])
    matters = said.columns.str.startswith(("points_", "importance_"))
    assert matters.sum() == 2 * len(DIMENSIONS)
    assert said.loc[:, ~matters].isna().all().all()
    assert said.loc[:, matters].notna().all().all()
    assert given[[f"points_{name}" for name in DIMENSIONS]].sum(axis=1).eq(100).all()


def test_a_firm_without_contracts_asks_people_who_are_gone_without_knowing() -> None:
    true = truth(now("hotel"))
    listed = true[true.group == "customers"]
    assert 0.02 < (listed.state == "lapsed").mean() < 0.4
    forever = truth(now("hotel"), design(unseen_months=1200))
    assert (forever.group == "customers").all()
    assert set(forever.state) == {"customer", "lapsed"}  # and nobody who never was one
    contract = truth(now())
    assert (contract[contract.group == "customers"].state == "customer").all()


@pytest.mark.parametrize("months", [0, 1, 2])
def test_a_list_holds_those_who_left_unseen_for_so_long(months: int) -> None:
    """All who left in the last months and did not come back; and a firm with contracts reaches just those."""
    hotel = truth(now("hotel"), design(unseen_months=months))
    unseen = (hotel["group"] == "customers") & (hotel["state"] == "lapsed")
    left = pd.Index(np.flatnonzero(gone_for("hotel", months)), name="person")
    assert hotel.index[unseen].equals(left)
    assert hotel.index.is_unique
    if months:
        bank = truth(now(), design(lapsed_months=months))
        assert bank.index[bank["group"] == "lapsed"].equals(pd.Index(np.flatnonzero(gone_for(None, months))))


def gone_for(name: str | None, months: int) -> Any:
    """Who is lapsed now, and was still a customer so many months ago."""
    life = run() if name is None else run(name)
    ends = measure.snapshots(life, range(23 - months, 24))
    return (ends[-1].people.state == LAPSED) & np.any([end.people.state == CUSTOMER for end in ends], axis=0)


def test_everybody_asked_stands_for_nobody_else() -> None:
    answers = survey(now(), design(sample=100_000, ask=("customers", "customers")))
    assert answers["weight"].eq(1.0).all()
    assert set(answers.index) == set(truth(now()).query("group == 'customers'").index)
    assert answers.index.is_unique


@pytest.mark.parametrize(("sample", "asked"), [(1, [1, 1]), (2, [1, 1]), (601, [301, 300])])
def test_every_segment_is_asked_and_stands_for_itself(sample: int, asked: list[int]) -> None:
    answers = survey(now(), design(sampling="by_segment", sample=sample))
    assert sorted(answers["segment"].value_counts(), reverse=True) == asked
    sizes = truth(now()).query("group == 'customers'").segment.value_counts().to_dict()
    assert answers.groupby("segment").weight.sum().to_dict() == pytest.approx(sizes)


def test_a_segment_that_is_not_there_leaves_its_part_to_the_others() -> None:
    alone = replace(now(), people=now().people._replace(segment=np.zeros_like(now().people.segment)))
    answers = survey(alone, design(sampling="by_segment", sample=101))
    assert answers["segment"].value_counts().to_dict() == {now().scenario.segments[0].name: 101}


def test_segments_are_drawn_alike_and_weighted_back() -> None:
    answers = survey(now(), design(sampling="by_segment", sample=600))
    assert answers.segment.value_counts().tolist() == [300, 300]
    sizes = truth(now()).query("group == 'customers'").segment.value_counts().to_dict()
    assert answers.groupby("segment").weight.sum().to_dict() == pytest.approx(sizes)


def test_ticks_are_whole_and_on_their_scales() -> None:
    answers = survey(now(), design(sample=3_000))
    given = answers[answers.answered].drop(columns=["group", "segment", "stratum", "weight", "answered"])
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


FEW = SurveyDesign(sample=5, response_rate=1e-9)
LONG_GONE, RECENT = (SurveyDesign(ask=("lapsed",), lapsed_months=months) for months in (24, 1))


def taken() -> measure.Snapshot:
    """A market in which everybody is a customer."""
    return replace(now(), people=now().people._replace(state=np.full_like(now().people.state, CUSTOMER)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.snapshot(run(), 24), "months 0 to 23"),
        (lambda: measure.snapshot(run(), -1), "months 0 to 23"),
        (lambda: measure.snapshot(now(), 3), "end of month 23"),
        (lambda: survey(now(), design(response_rate=1.5)), "response_rate"),
        (lambda: survey(now(), design(ask=("everybody",))), "ask"),
        (lambda: survey(taken(), design(ask=("prospects",))), "nobody to ask among prospects"),
        (lambda: measure.survey_error(now(), survey(now(), design(ask=("prospects",)))), "who is or was a customer"),
        (lambda: measure.survey_error(now(), survey(now(), FEW), FEW), "raise response_rate"),
        (lambda: measure.survey_error(now(), survey(now(), LONG_GONE), RECENT), "whom this design does not reach"),
        (lambda: measure.nonresponse_bias([], []), "one for each"),
        (lambda: measure.nonresponse_bias([1.0, np.nan], [0.5, 0.5]), "values"),
        (lambda: measure.nonresponse_bias([1.0, 2.0], [0.5, np.nan]), "probabilities"),
        (lambda: measure.nonresponse_bias([1.0, 2.0], [0.0, 0.0]), "probabilities"),
        (lambda: measure.nonresponse_bias([1.0, 2.0], [-0.1, 0.5]), "probabilities"),
        (lambda: measure.nonresponse_bias([1.0], [2.0]), "probabilities"),
        (lambda: measure.nonresponse_bias([1.0, 2.0], [0.5]), "one for each"),
    ],
)
def test_what_cannot_be_asked_is_refused(call: Any, words: str) -> None:
    with pytest.raises((InputError, ValueError), match=words):
        call()
