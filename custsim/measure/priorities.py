"""What to improve first: opportunity, the importance-performance map, Kano classes from paired answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from custsim.chain import service_quality
from custsim.errors import InputError
from custsim.measure.index import Estimate, mean_interval, weighty
from custsim.measure.snapshot import Floats, Snapshot, snapshot
from custsim.measure.survey import Source, SurveyDesign, survey
from custsim.scenario.model import DIMENSIONS
from custsim.scenario.parameter import Section, param
from custsim.simulation import streams

__all__ = [
    "KANO_ANSWERS",
    "KANO_CLASSES",
    "KANO_TABLE",
    "QUADRANTS",
    "KanoDesign",
    "derived_importance",
    "importance_performance",
    "kano_class",
    "kano_coefficients",
    "kano_survey",
    "opportunity",
]

#: the four quarters of the map, by (important, performs well)
QUADRANTS = {
    (True, False): "concentrate here",
    (True, True): "keep up the good work",
    (False, False): "low priority",
    (False, True): "possible overkill",
}

#: answers to "how do you feel if it is so?" and "… if it is not so?", numbered from 1
KANO_ANSWERS = ("like", "must be", "neutral", "live with", "dislike")

#: classes, strongest first: of equally frequent ones the earlier counts
KANO_CLASSES = ("must_be", "linear", "attractive", "indifferent", "reverse", "questionable")

_LETTERS = dict(zip("MOAIRQ", KANO_CLASSES, strict=True))

#: the evaluation table: row = answer to the functional, column = answer to the dysfunctional question
KANO_TABLE = ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")


class KanoDesign(Section):
    """How the paired questions are put, and how a feeling becomes one of five answers."""

    change: float = param(
        0.5,
        unit="index 0-1",
        gt=0,
        le=1,
        meaning="How much better, and how much worse, the questions let the customer imagine a dimension.",
        source="assumption",
    )
    strong: float = param(
        0.41,
        unit="index 0-1",
        gt=0,
        le=2,
        meaning="Change of felt quality above which people like or dislike instead of shrugging.",
        source="assumption: between what a straight line and the weak side of a bent one give for the change imagined",
    )
    noise_sd: float = param(
        0.10, unit="index 0-1", ge=0, le=1, meaning="Personal differences in each answer.", source="assumption"
    )
    matters: float = param(
        0.25,
        unit="share",
        gt=0,
        le=1,
        meaning="Weight, relative to an equal share, below which a dimension begins to leave people cold.",
        source="assumption",
    )


def opportunity(importance: ArrayLike, satisfaction: ArrayLike, *, only_shortfalls: bool = False) -> Any:
    r"""Opportunity of an attribute, :math:`I + (I - S)`: what matters much and is done badly comes first.

    Parameters
    ----------
    importance, satisfaction
        Importance I and satisfaction S on the same scale, such as 1-10.
    only_shortfalls
        Whether a satisfaction above the importance counts as 0, :math:`I + \max(0, I - S)`, instead of lowering it.

    Raises
    ------
    InputError
        If the two do not have the same shape.

    References
    ----------
    Ulwick (2002), with the shortfall only; the plain form is that of practice in quality management.

    Examples
    --------
    >>> opportunity(9.0, 5.0), opportunity(4.0, 8.0), opportunity(4.0, 8.0, only_shortfalls=True)
    (13.0, 0.0, 4.0)
    """
    i, s = np.asarray(importance, dtype=np.float64), np.asarray(satisfaction, dtype=np.float64)
    if i.shape != s.shape:
        raise InputError(f"satisfaction: must have the shape of importance {i.shape}, got {s.shape}")
    gap = np.maximum(0.0, i - s) if only_shortfalls else i - s
    found = i + gap
    return float(found) if found.ndim == 0 else found


def derived_importance(performance: ArrayLike, overall: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    r"""Importance as behaviour shows it: weights of the attributes in the overall judgement, by least squares.

    What people *say* matters is answered too evenly; what moves their judgement can be estimated from it. Negative
    estimates stand for 0; the rest is scaled to sum to 1. Rounded and noisy ticks pull the estimates together. An
    attribute that all judge alike gets 0: nothing can be seen of it.

    Parameters
    ----------
    performance
        Judgements of the attributes, shape (respondents, attributes); respondents with a missing answer are left out.
    overall
        Overall judgements, shape (respondents,).
    weights
        Persons each respondent stands for; who weighs 0 is left out.

    Raises
    ------
    InputError
        If there are fewer complete answers than attributes and two more, weights are not possible, or nothing can be
        estimated.

    Examples
    --------
    >>> seen = np.array([[1.0, 5, 2], [4, 2, 8], [7, 7, 1], [9, 3, 5], [2, 8, 4], [6, 1, 9]])
    >>> derived_importance(seen, seen @ [0.5, 0.3, 0.2]).round(6).tolist()
    [0.5, 0.3, 0.2]
    """
    x, y = np.asarray(performance, dtype=np.float64), np.asarray(overall, dtype=np.float64)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise InputError(f"overall: must be one for each row of performance {x.shape}, got {y.shape}")
    counts = np.ones(y.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if counts.shape != y.shape:
        raise InputError(f"weights: must be one for each of the {y.size} respondents, got {counts.size}")
    there = weighty(~(np.isnan(x).any(axis=1) | np.isnan(y)), counts)
    x, y, counts = x[there], y[there], counts[there]
    if y.size < x.shape[1] + 2:
        raise InputError(f"performance: {y.size} complete answers are too few for {x.shape[1]} attributes; ask more")
    x, y, root = _centred(x, counts), _centred(y, counts), np.sqrt(counts)
    slopes = np.maximum(0.0, np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0])
    if not (slopes * x.std(axis=0)).sum() > 1e-9 * y.std():
        raise InputError("performance: no attribute goes with the overall judgement; nothing can be derived from it")
    share: Floats = slopes / slopes.sum()
    return share


def importance_performance(answers: pd.DataFrame) -> pd.DataFrame:
    """Tell what to work on first: the importance-performance table of the five dimensions from a survey.

    Parameters
    ----------
    answers
        Result of :func:`custsim.measure.survey`; give one segment's rows for its own table. Margins are those of the
        strata that were drawn, if there is a column ``stratum``, as there is in a survey.

    Returns
    -------
    DataFrame
        One row a dimension: ``importance`` and ``performance`` (weighted means, 1-10), ``points`` (of 100),
        ``derived`` (share, see :func:`derived_importance`), ``opportunity`` (:func:`opportunity`), the margins of error
        ``importance_margin`` and ``performance_margin`` (95 %), and ``quadrant`` of the map that the two means divide:
        "concentrate here", "keep up the good work", "low priority", "possible overkill". What lies on a dividing line
        counts as important, or as performing well.

    Raises
    ------
    InputError
        If hardly anybody answered, or a column is missing.

    Notes
    -----
    The quarters are relative to the firm's own means: there is always something to concentrate on, even where the
    margins of error are wider than the map.

    References
    ----------
    Martilla & James (1977).

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> answers = survey(simulate(Scenario().scaled(0.05), seed=1, months=6))
    >>> importance_performance(answers)["importance"].idxmax()
    'reliability'
    """
    columns = [f"{kind}_{name}" for kind in ("importance", "performance", "points") for name in DIMENSIONS]
    missing = [name for name in ("weight", "overall", *columns) if name not in answers.columns]
    if missing:
        raise InputError(f"answers: needs the columns of a survey; missing {', '.join(missing)}")
    given = answers[answers["overall"].notna()]
    if len(given) < len(DIMENSIONS) + 2:
        raise InputError(
            f"answers: {len(given)} are too few for a map of {len(DIMENSIONS)} dimensions; ask more people"
        )
    weight = given["weight"].to_numpy(dtype=np.float64)

    def asked(prefix: str) -> list[Estimate]:
        # those who did not answer stay in: where strata were drawn, how many answer in each is luck as well
        heard = answers[[f"{prefix}_{name}" for name in DIMENSIONS]].where(answers["overall"].notna())
        return [mean_interval(heard[name], answers["weight"], strata=answers.get("stratum")) for name in heard]

    found = {kind: asked(kind) for kind in ("importance", "performance", "points")}
    importance, performance, points = (np.array([one.value for one in found[kind]]) for kind in found)
    seen = given[[f"performance_{name}" for name in DIMENSIONS]].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "importance": importance,
            "performance": performance,
            "points": points,
            "derived": derived_importance(seen, given["overall"].to_numpy(dtype=np.float64), weight),
            "opportunity": opportunity(importance, performance),
            **{f"{kind}_margin": [one.margin for one in found[kind]] for kind in ("importance", "performance")},
        },
        index=pd.Index(DIMENSIONS, name="dimension"),
    )
    important, well = importance >= importance.mean() - 1e-9, performance >= performance.mean() - 1e-9
    table["quadrant"] = [QUADRANTS[bool(i), bool(p)] for i, p in zip(important, well, strict=True)]
    return table


def kano_class(functional: ArrayLike, dysfunctional: ArrayLike) -> Any:
    """Kano class of paired answers, by the evaluation table of five by five.

    Parameters
    ----------
    functional
        "How do you feel if it is so?": 1 like, 2 must be, 3 neutral, 4 live with, 5 dislike.
    dysfunctional
        "How do you feel if it is not so?", the same.

    Returns
    -------
    str or ndarray of str
        "must_be", "linear" (one-dimensional), "attractive", "indifferent", "reverse" or "questionable".

    Raises
    ------
    InputError
        If an answer is not 1 to 5.

    References
    ----------
    Kano et al. (1984); table: Berger et al. (1993).

    Examples
    --------
    >>> kano_class(1, 5), kano_class(1, 3), kano_class(3, 5)
    ('linear', 'attractive', 'must_be')
    """
    f, d = np.asarray(functional), np.asarray(dysfunctional)
    if f.shape != d.shape:
        raise InputError(f"dysfunctional: must have the shape of functional {f.shape}, got {d.shape}")
    if not (np.isin(f, range(1, 6)).all() and np.isin(d, range(1, 6)).all()):
        raise InputError("answers: must be whole numbers from 1 (like) to 5 (dislike)")
    table = np.array([[_LETTERS[letter] for letter in row] for row in KANO_TABLE], dtype=object)
    found = table[f.astype(int) - 1, d.astype(int) - 1]
    return str(found) if f.ndim == 0 else found


def kano_survey(
    source: Source,
    design: SurveyDesign | None = None,
    questions: KanoDesign | None = None,
    *,
    month: int | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    r"""Ask the two Kano questions about each dimension, of the persons that :func:`custsim.measure.survey` would reach.

    How a person feels a dimension that were better, or worse, by an amount follows the law of the chain
    (:func:`custsim.chain.service_quality.kano`) with the kind of the person's segment. A change felt strongly is liked
    or disliked; what would be missed, but gives no pleasure, "must be".

    Parameters
    ----------
    source, design, month, seed
        As for :func:`custsim.measure.survey`.
    questions
        How the questions are put and answered.

    Returns
    -------
    DataFrame
        One row a respondent and dimension: ``person``, ``segment``, ``weight``, ``dimension``, ``functional``,
        ``dysfunctional`` (1-5, :data:`KANO_ANSWERS`) and ``kind`` (:func:`kano_class`). Without rows if nobody answers.

    Raises
    ------
    InputError
        As :func:`custsim.measure.survey`.

    References
    ----------
    Kano et al. (1984); Berger et al. (1993).

    Examples
    --------
    >>> from custsim.scenario.model import Scenario
    >>> from custsim.simulation import simulate
    >>> paired = kano_survey(simulate(Scenario().scaled(0.05), seed=1, months=6))
    >>> paired.groupby("dimension")["kind"].agg(lambda kinds: kinds.mode()[0]).unique().tolist()
    ['linear']
    """
    questions = KanoDesign() if questions is None else questions
    now = snapshot(source, month)
    replies = survey(now, design, seed=seed)
    replies = replies[replies["answered"]]
    who, luck = replies.index.to_numpy(), streams.key(seed)
    parts = []
    for n, name in enumerate(DIMENSIONS):
        better, worse = (_felt(now, questions, who, n, sign, luck) for sign in (1.0, -1.0))
        functional, dysfunctional = _paired(better, worse, questions.strong)
        about = {"person": who, "segment": replies["segment"].to_numpy(), "weight": replies["weight"].to_numpy()}
        parts.append(
            pd.DataFrame(about | {"dimension": name, "functional": functional, "dysfunctional": dysfunctional})
        )
    table = pd.concat(parts, ignore_index=True)
    table["kind"] = kano_class(table["functional"].to_numpy(), table["dysfunctional"].to_numpy())
    return table


def kano_coefficients(paired: pd.DataFrame, by: Sequence[str] = ("dimension",)) -> pd.DataFrame:
    r"""Class and better/worse coefficients of each dimension from paired answers.

    .. math:: CS = \frac{A + O}{A + O + M + I}, \qquad DS = -\frac{O + M}{A + O + M + I}

    with the weighted numbers of attractive, one-dimensional (linear), must-be and indifferent answers: how much
    fulfilling can raise satisfaction (0 to 1), and how much failing can lower it (0 to -1).

    Parameters
    ----------
    paired
        Result of :func:`kano_survey`, or a table of your own with ``kind`` and the columns of ``by``; a column
        ``weight`` is used if there is one.
    by
        What to group by, such as ``("segment", "dimension")``: segments may see the same thing differently, and their
        sum may be no one's view.

    Returns
    -------
    DataFrame
        One row a group: ``answers``, the shares of the six classes, ``kind`` (most frequent; of equals the first of
        :data:`KANO_CLASSES`), ``better`` (CS) and ``worse`` (DS), both missing where all answers are reverse or
        questionable.

    Raises
    ------
    InputError
        If nobody answered, a column is missing, a kind is unknown, or a weight is not above 0.

    References
    ----------
    Berger et al. (1993).

    Examples
    --------
    >>> mine = pd.DataFrame({"dimension": ["speed"] * 4, "kind": ["must_be", "must_be", "linear", "indifferent"]})
    >>> kano_coefficients(mine)[["kind", "better", "worse"]].values.tolist()
    [['must_be', 0.25, -0.75]]
    """
    missing = [name for name in (*by, "kind") if name not in paired.columns]
    if missing:
        raise InputError(f"paired: needs the columns {', '.join((*by, 'kind'))}; missing {', '.join(missing)}")
    if paired.empty:
        raise InputError("paired: nobody answered; ask more people or lower the hurdle to answer")
    unknown = sorted(set(paired["kind"]) - set(KANO_CLASSES))
    if unknown:
        raise InputError(f"kind: must be one of {', '.join(KANO_CLASSES)}, got {', '.join(map(str, unknown))}")
    heavy = paired.assign(_weight=paired["weight"] if "weight" in paired.columns else 1.0)
    if not ((heavy["_weight"] > 0) & np.isfinite(heavy["_weight"])).all():
        raise InputError("weight: must be finite and above 0; leave out who does not count")
    counts = heavy.pivot_table(index=list(by), columns="kind", values="_weight", aggfunc="sum", sort=False)
    counts = counts.reindex(columns=list(KANO_CLASSES)).fillna(0.0)
    table = counts.div(counts.sum(axis=1), axis=0)
    table.insert(0, "answers", paired.groupby(list(by), sort=False).size())
    usable = counts[["attractive", "linear", "must_be", "indifferent"]].sum(axis=1)
    table["kind"] = counts.idxmax(axis=1)
    table["better"] = (counts["attractive"] + counts["linear"]) / usable
    table["worse"] = -(counts["linear"] + counts["must_be"]) / usable
    table.columns.name = None
    return table


def _centred(values: Floats, counts: Floats) -> Floats:
    """Values less their weighted mean; exactly 0 where all are alike, lest rounding pass for a difference."""
    apart = values - np.average(values, axis=0, weights=counts)
    centred: Floats = np.where(np.ptp(values, axis=0) == 0.0, 0.0, apart)
    return centred


def _felt(
    now: Snapshot, questions: KanoDesign, who: NDArray[np.int64], dimension: int, sign: float, luck: tuple[Any, Any]
) -> Floats:
    """Change of felt quality, with personal noise, if a dimension were better (+) or worse (-) than usual."""
    quality = now.scenario.service_quality
    bend = {"must_be": quality.kano_curvature, "linear": 0.0, "attractive": -quality.kano_curvature}
    name = DIMENSIONS[dimension]
    bends = np.array([bend[getattr(segment, f"{name}_kind")] for segment in now.scenario.segments])
    anchor = quality.anchor
    change = np.asarray(service_quality.kano(anchor + sign * questions.change, anchor, bends)) - anchor
    own = now.people.segment[who]
    heed = np.minimum(1.0, now.weights[own, dimension] * len(DIMENSIONS) / questions.matters)
    stream = streams.stream_id(f"survey/kano/{name}/{'better' if sign > 0 else 'worse'}")
    noise = special.ndtri(streams.uniforms(luck, stream, now.month + 1, who))
    felt: Floats = heed * change[own] + questions.noise_sd * noise
    return felt


def _paired(better: Floats, worse: Floats, strong: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Answers (1-5) to the functional and the dysfunctional question from what would be felt."""
    missed = worse <= -strong
    functional = np.select([better >= strong, better <= -strong, missed], [1, 5, 2], 3)
    dysfunctional = np.select([missed, worse >= strong, worse <= -strong / 2.0], [5, 1, 4], 3)
    return functional, dysfunctional
