"""A survey of the simulated customers: whom it asks, who answers, and what is ticked on the questionnaire.

The firm does not see satisfaction; it sees ticks from some of those it asked. Between the two stand, in this order: who
is on the list (coverage), who is drawn (sampling), who answers (response), and how a feeling becomes a tick
(measurement). :func:`survey_error` takes the way apart, against the truth that only a simulation knows.

A questionnaire asks for three 1-10 items (overall, versus expectation, versus ideal), the likelihood to recommend
(0-10), and for each RATER dimension its performance (1-10), its importance (1-10) and its part of 100 points.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from custsim.errors import InputError
from custsim.measure.index import OHIO_WEIGHTS, satisfaction_index
from custsim.measure.snapshot import Floats, Snapshot, snapshot
from custsim.scenario.model import DIMENSIONS
from custsim.scenario.parameter import Section, param
from custsim.simulation import Run, Simulation, streams
from custsim.simulation.population import CUSTOMER, LAPSED, PROSPECT, STATES

__all__ = ["GROUPS", "ITEMS", "SurveyDesign", "nonresponse_bias", "survey", "survey_error", "truth"]

Source: TypeAlias = Run | Simulation | Snapshot
Persons: TypeAlias = NDArray[np.int64]

#: whom a survey may ask
GROUPS = ("customers", "lapsed", "prospects")

#: the items of the satisfaction index, 1-10, in the order of its weights
ITEMS = ("overall", "versus_expectation", "versus_ideal")

#: points are given in steps of this many
_STEP = 5

Group = Literal["customers", "lapsed", "prospects"]


class SurveyDesign(Section):
    """How a survey is made and how people answer."""

    sample: int = param(
        500, unit="persons", ge=1, meaning="Persons asked, of each group that is asked.", source="assumption"
    )
    sampling: Literal["random", "by_segment"] = param(
        "random",
        unit="choice",
        choices={
            "random": "everybody on the list has the same chance",
            "by_segment": "the same number from each segment, so that small segments can be told apart; weighted back",
        },
        meaning="How those asked are drawn from the list.",
        source="assumption",
    )
    ask: tuple[Group, ...] = param(
        ("customers",),
        unit="groups",
        min_length=1,
        meaning="Whom to ask: customers; the lapsed and prospects are missed unless asked for.",
        source="assumption: most surveys go to the list of customers",
    )
    response_rate: float = param(
        0.30,
        unit="share",
        gt=0,
        lt=1,
        meaning="Share of customers at the reference satisfaction who answer.",
        source="assumption",
    )
    response_slope: float = param(
        1.5,
        unit="log odds",
        ge=-20,
        le=20,
        meaning="Effect of satisfaction on answering; above 0 the satisfied answer more.",
        source="assumption: direction Mazor et al. 2002",
    )
    response_extremes: float = param(
        0.0,
        unit="log odds",
        ge=-50,
        le=50,
        meaning="Effect of the squared distance from the reference on answering; above 0 both extremes answer more.",
        source="assumption: form after the U of talking, Anderson 1998",
    )
    lapsed_response: float = param(
        0.4, unit="1", ge=0, le=1, meaning="Answering of the lapsed relative to customers.", source="assumption"
    )
    prospect_response: float = param(
        0.2, unit="1", ge=0, le=1, meaning="Answering of prospects relative to customers.", source="assumption"
    )
    lapsed_months: int = param(
        24,
        unit="months",
        ge=1,
        le=1200,
        meaning="Time since leaving within which the lapsed can still be reached.",
        source="assumption",
    )
    unseen_months: int = param(
        12,
        unit="months",
        ge=0,
        le=1200,
        meaning="Time for which a firm without contracts still takes those who dropped out for customers.",
        source="assumption: a firm without contracts does not see who has left",
    )
    expectation_shift: float = param(
        -0.08,
        unit="index 0-1",
        ge=-1,
        le=1,
        meaning="How much lower the item versus expectation is answered than overall.",
        source="assumption: published items of 8, 7 and 7 for the State of Ohio, about a tenth of the scale apart",
    )
    ideal_shift: float = param(
        -0.10,
        unit="index 0-1",
        ge=-1,
        le=1,
        meaning="How much lower the item versus ideal is answered than overall.",
        source="assumption: published items of 8, 7 and 7 for the State of Ohio, about a tenth of the scale apart",
    )
    style_sd: float = param(
        0.03,
        unit="index 0-1",
        ge=0,
        le=1,
        meaning="Lasting personal habit of ticking high or low, in all items alike.",
        source="assumption",
    )
    noise_sd: float = param(0.05, unit="index 0-1", ge=0, le=1, meaning="Luck of a single answer.", source="assumption")
    impression_sd: float = param(
        0.10,
        unit="index 0-1",
        ge=0,
        le=1,
        meaning="Personal experience of single dimensions around one's own overall judgement, which it adds up to.",
        source="assumption",
    )
    importance_floor: float = param(
        0.55,
        unit="share",
        ge=0,
        le=1,
        meaning="Importance ticked for what does not matter, relative to what matters most: all is called important.",
        source="assumption",
    )
    points_sd: float = param(
        0.25,
        unit="log points",
        ge=0,
        le=3,
        meaning="Personal differences in what matters, around the segment's weights.",
        source="assumption",
    )
    whole_ticks: bool = param(
        True, unit="switch", meaning="Whether answers are whole ticks within the scale.", source="assumption"
    )


def survey(
    source: Source, design: SurveyDesign | None = None, *, month: int | None = None, seed: int = 1
) -> pd.DataFrame:
    """Ask simulated persons, and return what the firm gets back.

    Parameters
    ----------
    source
        A run, a simulation under way, or a snapshot of either.
    design
        How the survey is made and how people answer.
    month
        Month of a run at whose end people are asked, the last by default.
    seed
        Names the luck of the survey. Of two firms with the same persons the same ones are asked, and each answers with
        the same luck, so that a difference between two surveys is not one of luck.

    Returns
    -------
    DataFrame
        One row a person asked, indexed by person: ``group``, ``segment``, ``stratum`` (what the person was drawn from:
        a group, or a segment of one), ``weight`` (persons on the list that the person asked stands for), ``answered``,
        then the answers: the three items of the index (1-10), ``recommend`` (0-10), and for each dimension
        ``performance_…`` (1-10), ``importance_…`` (1-10) and ``points_…`` (of 100). Missing for who did not answer;
        prospects can say only what matters to them.

    Raises
    ------
    InputError
        If nobody is on the list of a group that is asked.

    References
    ----------
    Items: Fornell et al. (1996). Hundred points over the dimensions: Zeithaml, Parasuraman & Berry (1990).

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> answers = survey(run, SurveyDesign(sample=100))
    >>> len(answers), bool(answers.loc[answers.answered, "overall"].between(1, 10).all())
    (100, True)
    """
    design = SurveyDesign() if design is None else design
    now, luck = snapshot(source, month), streams.key(seed)
    drawn = [_draw(now, design, group, luck) for group in dict.fromkeys(design.ask)]
    asked, groups, weights = (np.concatenate([part[n] for part in drawn]) for n in range(3))
    answered = _luck(now, luck, "response", asked) < response_probability(now, design, asked, groups)
    ticks = _answers(now, design, asked, luck)
    ticks.loc[~answered, :] = np.nan
    never = groups == "prospects"
    ticks.loc[never, [name for name in ticks.columns if not name.startswith(("importance", "points"))]] = np.nan
    segments = _segments(now, asked)
    strata = groups + ("/" + segments if design.sampling == "by_segment" else "")
    about = pd.DataFrame(
        {"group": groups, "segment": segments, "stratum": strata, "weight": weights, "answered": answered},
        index=ticks.index,
    )
    return pd.concat([about, ticks], axis=1)


def truth(source: Source, design: SurveyDesign | None = None, *, month: int | None = None) -> pd.DataFrame:
    """Tell what a survey tries to find out: the unrounded, noiseless answers of everybody it could ask.

    Parameters
    ----------
    source, design, month
        As for :func:`survey`; the sample of the design does not matter here.

    Returns
    -------
    DataFrame
        One row a person who is or was a customer and can be reached, indexed by person: ``group`` (whom the firm takes
        the person for), ``state`` (what the person is), ``segment``, ``satisfaction`` (0-100), the three items (1-10),
        ``index`` (the satisfaction index with the weights :data:`custsim.measure.index.OHIO_WEIGHTS`), ``response``
        (probability to answer), and ``performance_…`` (1-10, as the segment feels it).

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> everybody = truth(run)
    >>> int((everybody.state == "customer").sum()) == int(run.monthly.customers_end.iloc[-1])
    True
    """
    design = SurveyDesign() if design is None else design
    now = snapshot(source, month)
    lists = [_list(now, design, group) for group in GROUPS[:2]]
    who = np.concatenate(lists)
    groups = np.repeat(np.array(GROUPS[:2], dtype=object), [part.size for part in lists])
    items = _true_items(now, design, who)
    felt = 1.0 + 9.0 * now.felt[now.people.segment[who]]
    return pd.DataFrame(
        {
            "group": groups,
            "state": np.array(STATES)[now.people.state[who]],
            "segment": _segments(now, who),
            "satisfaction": 100.0 * now.said[who],
            **{name: 1.0 + 9.0 * items[:, n] for n, name in enumerate(ITEMS)},
            "index": satisfaction_index(1.0 + 9.0 * items, OHIO_WEIGHTS),
            "response": response_probability(now, design, who, groups),
            **{f"performance_{name}": felt[:, n] for n, name in enumerate(DIMENSIONS)},
        },
        index=pd.Index(who, name="person"),
    )


def response_probability(now: Snapshot, design: SurveyDesign, who: Persons, groups: NDArray[np.object_]) -> Floats:
    r"""Probability of persons to answer.

    .. math:: \operatorname{logit} \rho = \operatorname{logit} \rho_0 + a (B - B_0) + b (B - B_0)^2

    with the declared rate :math:`\rho_0`, reported satisfaction B (0-1) and its reference; times the factor of the
    lapsed or of prospects, who have no satisfaction to go by.

    Parameters
    ----------
    now, design
        The persons and the survey.
    who
        Persons; shape (n,).
    groups
        The group of :data:`GROUPS` that each is asked in; shape (n,).

    Returns
    -------
    ndarray
        Probabilities from 0 to 1; shape (n,).

    References
    ----------
    Form: assumption; the satisfied answer more: Mazor et al. (2002).
    """
    gap = now.said[who] - now.scenario.loyalty.satisfaction_reference
    gap = np.where(groups == "prospects", 0.0, gap)
    odds = special.logit(design.response_rate) + design.response_slope * gap + design.response_extremes * gap**2
    factors = {"customers": 1.0, "lapsed": design.lapsed_response, "prospects": design.prospect_response}
    chance: Floats = special.expit(odds) * np.array([factors[group] for group in groups])
    return chance


def nonresponse_bias(values: Any, response: Any) -> float:
    r"""Bias of the mean of those who answer, :math:`\operatorname{Cov}(\rho, y)/\bar\rho`.

    It does not shrink with the size of the sample, and hardly with the response rate: it depends on how strongly
    answering goes with what is asked.

    Parameters
    ----------
    values
        What is asked, of everybody on the list.
    response
        Each one's probability to answer, from 0 to 1.

    Raises
    ------
    InputError
        If the two do not fit, a value is missing, or nobody answers.

    References
    ----------
    Bethlehem (1988).

    Examples
    --------
    >>> round(nonresponse_bias([60.0, 80.0], [0.2, 0.3]), 3)
    2.0
    """
    y, p = np.asarray(values, dtype=np.float64), np.asarray(response, dtype=np.float64)
    if y.shape != p.shape or y.size == 0:
        raise InputError(f"response: there must be one for each of the {y.size} values, got {p.size}")
    if not np.all(np.isfinite(y)):
        raise InputError("values: must be finite, and known of everybody; leave out whom they are not known of")
    if not (p.min() >= 0 and p.max() <= 1 and p.sum() > 0):
        raise InputError("response: probabilities must be from 0 to 1, and not all 0")
    return float(((p - p.mean()) * (y - y.mean())).mean() / p.mean())


def survey_error(
    source: Source,
    answers: pd.DataFrame,
    design: SurveyDesign | None = None,
    *,
    month: int | None = None,
    segment: str | None = None,
) -> pd.DataFrame:
    """Take apart how far the index of a survey lies from the truth, step by step.

    Parameters
    ----------
    source, design, month
        What the survey was made with.
    answers
        Result of :func:`survey`, all of it: some of its rows would be held against the truth of all.
    segment
        Name of the one segment to look at, its truth and its answers; all of them by default.

    Returns
    -------
    DataFrame
        One row a step from the truth to the result: ``everybody`` (customers and the lapsed within reach), ``on the
        list`` (groups that were asked), ``asked``, ``answered`` (their true index), ``stated`` (the index of their
        ticks). Columns: ``persons``, ``index`` (0-100), ``step`` (change from the row before), ``expected`` (step to be
        expected from the design: 0 for sampling; :func:`nonresponse_bias` for response; else unknown), ``because``.

    Raises
    ------
    InputError
        If nobody answered who knows the firm, the answers come from another run, month or design or are only a part of
        the survey, or there is no such segment.

    References
    ----------
    Steps: the components of total survey error, Groves (1989).

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> run = simulate(Scenario().scaled(0.05), seed=1, months=6)
    >>> survey_error(run, survey(run)).index.tolist()
    ['everybody', 'on the list', 'asked', 'answered', 'stated']
    """
    design = SurveyDesign() if design is None else design
    everybody = truth(source, design, month=month)
    asked = answers[answers["group"] != "prospects"]
    _require_whole(asked, everybody)
    if segment is not None:
        known = [str(name) for name in pd.unique(everybody["segment"])]
        if segment not in known:
            raise InputError(f"segment: must be one of {', '.join(known)}, got {segment!r}")
        everybody, asked = (table[table["segment"] == segment] for table in (everybody, asked))
    if not asked["answered"].any():
        whose = "" if segment is None else f" of segment {segment!r}"
        raise InputError(
            f"answers: nobody answered who is or was a customer{whose}; ask customers or the lapsed, more of "
            "them (sample), or raise response_rate"
        )
    weight = asked["weight"].to_numpy(dtype=np.float64)
    true, replied = everybody.loc[asked.index, "index"].to_numpy(), asked["answered"].to_numpy(dtype=bool)
    listed = everybody[everybody["group"].isin(asked["group"].unique())]
    ticks = asked.loc[replied, list(ITEMS)].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "persons": [len(everybody), len(listed), len(asked), replied.sum(), replied.sum()],
            "index": [
                everybody["index"].mean(),
                listed["index"].mean(),
                np.average(true, weights=weight),
                np.average(true[replied], weights=weight[replied]),
                # the index is linear: that of the mean ticks; single answers off the scale (whole_ticks off) pass
                satisfaction_index(np.average(ticks, axis=0, weights=weight[replied])),
            ],
        },
        index=pd.Index(["everybody", "on the list", "asked", "answered", "stated"], name="step"),
    )
    table["step"] = table["index"].diff()
    bias = nonresponse_bias(listed["index"], listed["response"])
    table["expected"] = [np.nan, np.nan, 0.0, bias, np.nan]
    table["because"] = ["the truth", "coverage", "sampling", "response", "measurement"]
    return table


def _require_whole(asked: pd.DataFrame, everybody: pd.DataFrame) -> None:
    """Refuse answers of another survey and parts of one: those asked stand for the list, neither more nor less."""
    if not asked.index.isin(everybody.index).all():
        raise InputError(
            "answers: some were asked whom this design does not reach; give the run, month and design of the survey"
        )
    listed, stood_for = int(everybody["group"].isin(asked["group"].unique()).sum()), float(asked["weight"].sum())
    if abs(stood_for - listed) > 1e-6 * max(listed, 1):
        raise InputError(
            f"answers: the persons asked stand for {stood_for:,.0f} of {listed:,} on the list; give all rows of the "
            "survey, those without an answer too, with its run, month and design, and name one segment with segment=..."
        )


def _list(now: Snapshot, design: SurveyDesign, group: str) -> Persons:
    """List whom the firm takes for customers, for lapsed, or for prospects."""
    people = now.people
    away = now.month + 1 - people.changed.astype(np.int64)
    unseen = design.unseen_months if now.scenario.loyalty.relationship == "noncontractual" else 0
    lapsed = people.state == LAPSED
    believed = lapsed & (away < unseen)
    chosen = {
        "customers": (people.state == CUSTOMER) | believed,
        "lapsed": lapsed & ~believed & (away < design.lapsed_months),
        "prospects": people.state == PROSPECT,
    }[group]
    return np.flatnonzero(chosen)


def _draw(
    now: Snapshot, design: SurveyDesign, group: str, luck: tuple[Any, Any]
) -> tuple[Persons, NDArray[np.object_], Floats]:
    """Draw whom to ask in a group, with how many on the list each stands for."""
    listed = _list(now, design, group)
    if listed.size == 0:
        raise InputError(f"ask: there is nobody to ask among {group}; leave the group out")
    order = listed[np.argsort(_luck(now, luck, f"draw/{group}", listed), kind="stable")]
    strata = [order]
    if design.sampling == "by_segment":
        own = now.people.segment[order]
        strata = [order[own == n] for n in range(len(now.scenario.segments)) if (own == n).any()]
    each, rest = divmod(design.sample, len(strata))
    sizes = [min(stratum.size, max(1, each + (n < rest))) for n, stratum in enumerate(strata)]
    asked = np.concatenate([stratum[:size] for stratum, size in zip(strata, sizes, strict=True)])
    weights = np.repeat([stratum.size / size for stratum, size in zip(strata, sizes, strict=True)], sizes)
    return asked, np.full(asked.size, group, dtype=object), weights


def _segments(now: Snapshot, who: Persons) -> NDArray[np.object_]:
    names = np.array([segment.name for segment in now.scenario.segments], dtype=object)
    chosen: NDArray[np.object_] = names[now.people.segment[who]]
    return chosen


def _true_items(now: Snapshot, design: SurveyDesign, who: Persons) -> Floats:
    """Give the three items as felt, 0-1: overall, versus expectation, versus ideal."""
    said = now.said[who]
    surprise = said - now.people.expectation[who]
    items = [said, said + surprise + design.expectation_shift, said + design.ideal_shift]
    return np.clip(np.stack(items, axis=1), 0.0, 1.0)


def _answers(now: Snapshot, design: SurveyDesign, who: Persons, luck: tuple[Any, Any]) -> pd.DataFrame:
    """What persons tick, were they to answer."""
    style = design.style_sd * special.ndtri(_luck(now, luck, "style", who, month=0))

    def tick(feeling: Floats, name: str, low: float = 1.0, high: float = 10.0) -> Floats:
        noise = design.noise_sd * special.ndtri(_luck(now, luck, name, who))
        answer = low + (high - low) * (feeling + style + noise)
        ticked: Floats = np.clip(np.rint(answer), low, high) if design.whole_ticks else answer
        return ticked

    items = _true_items(now, design, who)
    found = {name: tick(items[:, n], name) for n, name in enumerate(ITEMS)}
    found["recommend"] = tick(now.said[who], "recommend", 0.0, 10.0)
    impressions = _impressions(now, design, who, luck)
    for n, name in enumerate(DIMENSIONS):
        found[f"performance_{name}"] = tick(impressions[:, n], f"performance/{name}")
    mine = _own_weights(now, design, who, luck)
    least = design.importance_floor
    stressed = least + (1.0 - least) * mine / mine.max(axis=1, keepdims=True)
    for n, name in enumerate(DIMENSIONS):
        found[f"importance_{name}"] = tick(stressed[:, n], f"importance/{name}")
    points = _points(mine) if design.whole_ticks else 100.0 * mine
    found |= {f"points_{name}": points[:, n] for n, name in enumerate(DIMENSIONS)}
    return pd.DataFrame(found, index=pd.Index(who, name="person"))


def _impressions(now: Snapshot, design: SurveyDesign, who: Persons, luck: tuple[Any, Any]) -> Floats:
    """How persons judge single dimensions, 0-1: weighed by the segment's weights they add up to the overall judgement.

    What the segment feels, plus how far the person's own judgement is from the segment's quality, plus experience of
    single dimensions that cancels out in the sum.
    """
    own = now.people.segment[who]
    score = [special.ndtri(_luck(now, luck, f"impression/{name}", who, month=0)) for name in DIMENSIONS]
    z = design.impression_sd * np.stack(score, axis=1)
    z -= (now.weights[own] * z).sum(axis=1, keepdims=True)
    judged: Floats = now.felt[own] + (now.said[who] - now.quality[own])[:, None] + z
    return judged


def _own_weights(now: Snapshot, design: SurveyDesign, who: Persons, luck: tuple[Any, Any]) -> Floats:
    """What matters to persons, summing to 1: the segment's weights with lasting personal differences."""
    score = [special.ndtri(_luck(now, luck, f"weight/{name}", who, month=0)) for name in DIMENSIONS]
    own = now.weights[now.people.segment[who]] * np.exp(design.points_sd * np.stack(score, axis=1))
    shares: Floats = own / own.sum(axis=1, keepdims=True)
    return shares


def _points(shares: Floats) -> Floats:
    """Give 100 points in steps, the leftover steps to where most was cut off."""
    steps = 100 // _STEP
    exact = shares * steps
    whole = np.floor(exact)
    left = np.rint(steps - whole.sum(axis=1)).astype(np.int64)
    rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1, kind="stable")
    points: Floats = _STEP * (whole + (rank < left[:, None]))
    return points


def _luck(now: Snapshot, luck: tuple[Any, Any], name: str, who: Persons, month: int | None = None) -> Floats:
    """Uniforms of persons for one purpose; ``month = 0`` for what stays the same from survey to survey."""
    wave = now.month + 1 if month is None else month
    return streams.uniforms(luck, streams.stream_id(f"survey/{name}"), wave, who)
