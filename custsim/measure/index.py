"""Indices from answers: satisfaction index, weighted average, top box, recommendation score; how sure each is.

Answers are on the survey's own scales (1-10, or 0-10 for recommending); indices are 0-100, shares 0-1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from custsim.errors import InputError

__all__ = [
    "EQUAL_WEIGHTS",
    "OHIO_WEIGHTS",
    "Estimate",
    "margin_of_error",
    "mean_interval",
    "recommendation_score",
    "sample_size",
    "satisfaction_index",
    "share_interval",
    "top_box",
    "weighted_average_index",
]

Floats = NDArray[np.float64]

#: published example weights of the items overall, versus expectation, versus ideal (a survey of the State of Ohio)
OHIO_WEIGHTS = (0.3885, 0.3190, 0.2925)

#: every item counts the same
EQUAL_WEIGHTS = (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0)

#: what Rocks (2016) adds to a sample of recommendation answers: promoters, detractors, answers in all
_ADDED = (0.75, 0.75, 3.0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number from a sample and the interval that goes with it.

    Attributes
    ----------
    value
        The estimate, in the unit of what was asked for.
    low, high
        Confidence interval.
    answers
        How many answers it rests on.
    confidence
        Share of such intervals that would cover the true value.

    Examples
    --------
    >>> Estimate(70.0, 66.0, 74.0, 100, 0.95).margin
    4.0
    """

    value: float
    low: float
    high: float
    answers: int
    confidence: float

    @property
    def margin(self) -> float:
        """Margin of error: half the width of the interval."""
        return (self.high - self.low) / 2.0


def satisfaction_index(items: ArrayLike, weights: Sequence[float] = OHIO_WEIGHTS) -> Floats:
    r"""Satisfaction index of the American Customer Satisfaction Index, 0-100, of each respondent.

    .. math:: \frac{\sum_j w_j (x_j - 1)}{9 \sum_j w_j} \times 100

    Parameters
    ----------
    items
        Answers on 1-10, last axis = items (overall, versus expectation, versus ideal); fractions (means) are welcome.
        A missing answer (NaN) makes that respondent's index missing.
    weights
        One for each item; in a published index they come out of an estimated model and differ between firms.

    Returns
    -------
    ndarray
        Shape of ``items`` without its last axis.

    Raises
    ------
    InputError
        If an answer is outside 1-10, or weights and items do not fit.

    References
    ----------
    Fornell et al. (1996). Weights .3885, .3190, .2925: published example of the State of Ohio.

    Examples
    --------
    >>> round(float(satisfaction_index([8, 7, 7])), 2), round(float(satisfaction_index([8, 7, 7], EQUAL_WEIGHTS)), 2)
    (70.98, 70.37)
    """
    answers, given = np.asarray(items, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if answers.ndim == 0 or answers.shape[-1] != given.size:
        raise InputError(
            f"items: the last axis must have one answer for each of the {given.size} weights, got shape {answers.shape}"
        )
    _check_weights(given)
    _check_scale(answers, 1.0, 10.0)
    index: Floats = (answers - 1.0) @ given / given.sum() / 9.0 * 100.0
    return index


def weighted_average_index(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    r"""Weighted average index of a list of attributes, :math:`\sum w_a s_a / \sum w_a`, in the unit of the scores.

    The index of everyday practice: ask about each attribute, weigh by importance, average.

    Parameters
    ----------
    scores
        Mean score of each attribute.
    weights
        Importance of each attribute, at least 0, not all 0.

    Raises
    ------
    InputError
        If the two do not name the same attributes, a score is missing, or the weights are not possible.

    Examples
    --------
    >>> weighted_average_index({"delivery": 80.0, "advice": 60.0}, {"delivery": 3, "advice": 1})
    75.0
    """
    odd = sorted(set(scores) ^ set(weights))
    if odd:
        raise InputError(f"scores and weights must name the same attributes; only one of them has {', '.join(odd)}")
    missing = [name for name in scores if not math.isfinite(scores[name])]
    if missing or not scores:
        raise InputError(f"scores: each attribute needs a number; missing {', '.join(missing) or 'all'}")
    _check_weights(np.array([weights[name] for name in scores], dtype=np.float64))
    return float(sum(weights[name] * scores[name] for name in scores) / sum(weights[name] for name in scores))


def top_box(
    answers: ArrayLike, boxes: int = 2, top: int = 10, confidence: float = 0.95, *, weights: ArrayLike | None = None
) -> Estimate:
    """Share of answers in the highest boxes of the scale, with its interval (:func:`share_interval`).

    Parameters
    ----------
    answers
        Answers; missing ones (NaN) are left out.
    boxes
        How many of the highest answers count, such as 2 for 9 and 10.
    top
        Highest answer of the scale.
    confidence
        Confidence of the interval, above 0 and below 1.
    weights
        As for :func:`recommendation_score`.

    Raises
    ------
    InputError
        If there is no answer, one above ``top`` or below 0, the scale has not so many boxes, or weights are no weights.

    References
    ----------
    Interval: Wilson (1927); effective number of weighted answers: Kish (1965).

    Examples
    --------
    >>> top_box([10, 9, 8, 3]).value
    0.5
    """
    given, counts = _answers(answers, weights)
    if not 1 <= boxes <= top:
        raise InputError(f"boxes: must be from 1 to {top}, got {boxes}")
    _check_scale(given, 0.0, top)
    share = float(counts[given > top - boxes].sum() / counts.sum())
    return _wilson(share, _effective(counts), given.size, confidence)


def recommendation_score(answers: ArrayLike, confidence: float = 0.95, *, weights: ArrayLike | None = None) -> Estimate:
    r"""Recommendation score: promoters (9, 10) minus detractors (0-6), in points from -100 to 100, with its interval.

    With shares p and d of n answers the variance of the difference is :math:`(p + d - (p - d)^2)/n`. The interval is
    the adjusted Wald one: three answers are added, three quarters of one to the promoters and to the detractors each.

    Parameters
    ----------
    answers
        "How likely are you to recommend us?", 0-10; missing ones (NaN) are left out.
    confidence
        Confidence of the interval.
    weights
        Weight of each answer, such as how many persons a respondent stands for; all alike by default. Shares are then
        those of persons, and n is :math:`(\sum w)^2/\sum w^2`, the number of answers of equal weight that tell as much.
        What weighs 0 is left out.

    Returns
    -------
    Estimate
        The value is the plain score; the interval need not lie evenly around it.

    Raises
    ------
    InputError
        If there is no answer, one outside 0-10, or weights are not possible.

    References
    ----------
    Score: Reichheld (2003); not superior to satisfaction: Keiningham et al. (2007). Interval: Rocks (2016). Effective
    number of weighted answers: Kish (1965).

    Examples
    --------
    >>> score = recommendation_score([10] * 50 + [8] * 30 + [3] * 20)
    >>> score.value, round(score.low), round(score.high)
    (30.0, 14, 44)
    """
    given, counts = _answers(answers, weights)
    _check_scale(given, 0.0, 10.0)
    n, total = _effective(counts), float(counts.sum())
    promoters, detractors = float(counts @ (given >= 9)), float(counts @ (given <= 6))
    more, fewer, added = _ADDED
    p, d = (n * promoters / total + more) / (n + added), (n * detractors / total + fewer) / (n + added)
    half = _z(confidence) * math.sqrt((p + d - (p - d) ** 2) / (n + added))
    low, high = max(-1.0, p - d - half), min(1.0, p - d + half)
    return Estimate(100.0 * (promoters - detractors) / total, 100.0 * low, 100.0 * high, given.size, confidence)


def mean_interval(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
    population: int | None = None,
    *,
    strata: ArrayLike | None = None,
) -> Estimate:
    r"""Mean of answers with its confidence interval (Student's t).

    With :math:`z_i = w_i (x_i - \bar x)` and the :math:`n_h` drawn from stratum h the standard error is

    .. math:: \sqrt{\sum_h v_h} \Big/ \sum_i w_i, \qquad
              v_h = \frac{n_h}{n_h - 1} \sum_{i \in h} (z_i - \bar z_h)^2 - \frac{r_h^2}{N_h} s_h^2

    with the r answers of a stratum, the variance :math:`s_h^2` of their z, and the N persons of whom it was drawn; the
    last term only if ``population`` is given. The degrees of freedom are :math:`(\sum v_h)^2 / \sum v_h^2/(r_h - 1)`.
    Without strata there is one. Where all who were asked answer it is the textbook's :math:`\sum W_h^2 s_h^2/n_h`.

    Parameters
    ----------
    values
        Values; missing ones (NaN) are left out.
    weights
        Weight of each value, such as how many persons a respondent stands for; all alike by default. Values that weigh
        0 are left out.
    confidence
        Confidence of the interval.
    population
        Size N of the population the n were drawn from, to correct for a sample that is a large part of it: without
        strata the standard error is multiplied by :math:`\sqrt{1 - n/N}`. Strata have parts of it as their weights say.
    strata
        The stratum that each value was drawn from, where it was settled before how many are drawn from each, as by
        ``sampling = "by_segment"``: the column ``stratum`` of a survey. What sets strata apart then is no luck, and the
        interval is narrower. Give those who did not answer, too (as NaN), for how many answer of those asked is luck.
        One alone in a stratum is held against the mean of all.

    Raises
    ------
    InputError
        If there are fewer than two values, one is infinite, weights are not possible, strata do not fit, or the
        population is smaller than the sample.

    References
    ----------
    Cochran (1977), sections 5.3 to 5.4 and 5A.13 (those who answer as a part of the strata); Satterthwaite (1946) for
    the degrees of freedom.

    Examples
    --------
    >>> mean_interval([70.0, 80.0, 75.0, 75.0]).value
    75.0
    """
    given, counts = _weighed(values, weights)
    if given.size < 2:
        raise InputError(f"values: an interval needs at least two answers, got {given.size}; ask more people")
    if not np.all(np.isfinite(given)):
        raise InputError("values: must be finite, or NaN where missing")
    n, total = given.size, float(counts.sum())
    mean = float(counts @ given / total)
    _finite(n, population)
    variances, degrees = np.array(
        [_stratum(*part, population) for part in _strata(values, weights, strata, mean)], dtype=np.float64
    ).T
    spread = float(variances.sum())
    freedom = spread**2 / float((variances**2 / degrees).sum()) if spread > 0 else float(degrees.sum())
    half = float(stats.t.ppf(0.5 + _checked(confidence) / 2.0, freedom)) * math.sqrt(spread) / total
    return Estimate(mean, mean - half, mean + half, n, confidence)


def _strata(
    values: ArrayLike, weights: ArrayLike | None, strata: ArrayLike | None, mean: float
) -> Iterator[tuple[str, Floats, NDArray[np.bool_], float]]:
    """Give, stratum by stratum, its name, the z of all drawn from it, who of them answered, and its part of all."""
    x = np.asarray(values, dtype=np.float64).ravel()
    w = np.ones(x.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    there = weighty(~np.isnan(x), w)
    if strata is None:
        x, w, own = x[there], w[there], np.zeros(int(there.sum()))
        there = np.ones(x.size, dtype=np.bool_)
    else:
        own = np.asarray(strata, dtype=object).ravel()
        if own.size != x.size:
            raise InputError(f"strata: there must be one for each of the {x.size} values, got {own.size}")
        unknown = int(pd.isna(own).sum())
        if unknown:
            raise InputError(f"strata: missing of {unknown} of {own.size}; say from which stratum each was drawn")
        _check_weights(w)
    z = np.where(there, w * (np.where(there, x, mean) - mean), 0.0)
    codes, names = pd.factorize(own)
    for code, name in enumerate(names):
        here = (codes == code) & (w > 0)
        if there[here].any():
            yield str(name), z[here], there[here], float(w[here].sum() / w.sum())


def _stratum(
    name: str, z: Floats, there: NDArray[np.bool_], part: float, population: int | None
) -> tuple[float, float]:
    """Variance that a stratum adds to the weighted sum, and its degrees of freedom."""
    drawn, answers = z.size, int(there.sum())
    # alone in a stratum: no spread to see, so held against the mean of all
    found = float(((z - z.mean()) ** 2).sum()) * drawn / (drawn - 1) if drawn > 1 else float(z[0] ** 2)
    if population is not None:
        persons = population * part
        if answers > persons * (1 + 1e-9):
            raise InputError(
                f"population: by their weights {persons:g} persons of stratum {name!r}, of whom {answers} answered; "
                "weights must say how many persons each stands for"
            )
        within = float(np.var(z[there], ddof=1)) if answers > 1 else found
        found = max(
            found - answers**2 / persons * within, 0.0
        )  # the difference of two estimates, of which luck is part
    return found, max(answers - 1, 1)


def share_interval(count: int, answers: int, confidence: float = 0.95) -> Estimate:
    r"""Share with its interval (score interval: it stays between 0 and 1, and is right for small samples too).

    With share p of n answers and normal quantile z the ends are

    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    count
        How many answers count, from 0 to ``answers``.
    answers
        Answers in all n, at least 1.
    confidence
        Confidence of the interval, above 0 and below 1.

    Raises
    ------
    InputError
        If the two are not whole numbers, or not within these bounds.

    References
    ----------
    Wilson (1927).

    Examples
    --------
    >>> share = share_interval(8, 10)
    >>> share.value, round(share.low, 3), round(share.high, 3)
    (0.8, 0.49, 0.943)
    """
    if not (answers >= 1 and 0 <= count <= answers):
        raise InputError(f"count: must be from 0 to answers (at least 1), got {count} of {answers}")
    if not (float(count).is_integer() and float(answers).is_integer()):
        raise InputError(f"count: count and answers must be whole numbers, got {count} of {answers}")
    return _wilson(count / answers, answers, int(answers), confidence)


def margin_of_error(
    answers: ArrayLike, sd: float = 0.5, confidence: float = 0.95, population: int | None = None
) -> Any:
    r"""Margin of error of a mean or a share for a number of answers, :math:`z\,\sigma/\sqrt{n}`.

    It tells the error of *sampling* only: not that of those who do not answer, or were never asked.

    Parameters
    ----------
    answers
        Number of answers n, at least 1; arrays are welcome.
    sd
        Standard deviation of one answer, in the unit wanted; .5 is the largest that a share can have.
    confidence
        Confidence.
    population
        Size N of the population, to correct for a sample that is a large part of it: the margin is multiplied by
        :math:`\sqrt{(N - n)/(N - 1)}`.

    Raises
    ------
    InputError
        If a number is outside the bounds named here, or more people answer than there are.

    References
    ----------
    Cochran (1977).

    Examples
    --------
    >>> round(float(margin_of_error(1067)), 3)
    0.03
    """
    n = np.asarray(answers, dtype=np.float64)
    if not np.all(n >= 1):
        raise InputError(f"answers: must be at least 1, got {n.min():g}")
    _check_sd(sd)
    margin = _z(confidence) * sd / np.sqrt(n) * _finite(n, population)
    return float(margin) if np.ndim(answers) == 0 else margin


def sample_size(margin: float, sd: float = 0.5, confidence: float = 0.95, population: int | None = None) -> int:
    r"""Answers needed for a margin of error, :math:`n = (z\sigma/e)^2`, rounded up.

    In a population of N it is :math:`n/(1 + (n - 1)/N)`, and that rounded up.

    Parameters
    ----------
    margin
        Margin of error wanted, in the unit of ``sd``, above 0.
    sd, confidence, population
        As for :func:`margin_of_error`.

    Raises
    ------
    InputError
        If a number is outside its bounds.

    References
    ----------
    Cochran (1977).

    Examples
    --------
    >>> sample_size(0.03), sample_size(0.03, population=2000)
    (1068, 697)
    """
    if not margin > 0:
        raise InputError(f"margin: must be above 0, got {margin:g}")
    _check_sd(sd)
    wanted = max(1.0, (_z(confidence) * sd / margin) ** 2)
    if population is not None:
        _finite(1, population)
        wanted = wanted / (1.0 + (wanted - 1.0) / population)
    return math.ceil(wanted - 1e-9)


def _weighed(values: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Values that are there and weigh something, and their weights."""
    given = np.asarray(values, dtype=np.float64).ravel()
    counts = np.ones(given.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    if counts.size != given.size:
        raise InputError(f"weights: there must be one for each of the {given.size} values, got {counts.size}")
    there = weighty(~np.isnan(given), counts)
    return given[there], counts[there]


def _answers(answers: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    given, counts = _weighed(answers, weights)
    if given.size == 0:
        raise InputError("answers: nobody answered; ask more people or lower the hurdle to answer")
    return given, counts


def _effective(weights: Floats) -> float:
    """Number of answers of equal weight that tell as much."""
    return float(weights.sum() ** 2 / (weights @ weights))


def _wilson(share: float, n: float, answers: int, confidence: float) -> Estimate:
    """Share of n answers, which may be an effective number, with its score interval."""
    z = _z(confidence)
    middle, half = share + z**2 / 2.0 / n, z * math.sqrt(share * (1.0 - share) / n + z**2 / 4.0 / n**2)
    # at the ends exactly, in spite of rounding
    low = 0.0 if share == 0.0 else (middle - half) / (1.0 + z**2 / n)
    high = 1.0 if share == 1.0 else (middle + half) / (1.0 + z**2 / n)
    return Estimate(share, low, high, answers, confidence)


def _check_scale(answers: Floats, low: float, high: float) -> None:
    there = answers[~np.isnan(answers)]
    if there.size and (there.min() < low or there.max() > high):
        raise InputError(f"answers: must be from {low:g} to {high:g}, got {there.min():g} to {there.max():g}")


def weighty(there: NDArray[np.bool_], weights: Floats) -> NDArray[np.bool_]:
    """Tell who of those who answered weighs something; refuse weights by which nothing can be weighed."""
    if there.any():
        _check_weights(weights[there])
    counting: NDArray[np.bool_] = there & (weights > 0)
    return counting


def _check_weights(weights: Floats) -> None:
    if weights.size == 0 or not np.all(np.isfinite(weights)) or weights.min() < 0 or weights.sum() <= 0:
        raise InputError("weights: must be finite, at least 0, and not all 0")


def _check_sd(sd: float) -> None:
    if not 0 <= sd < math.inf:
        raise InputError(f"sd: must be at least 0 and finite, got {sd:g}")


def _checked(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(f"confidence: must be above 0 and below 1, got {confidence:g}; 0.95 is usual")
    return confidence


def _z(confidence: float) -> float:
    return float(stats.norm.ppf(0.5 + _checked(confidence) / 2.0))


def _finite(n: Any, population: int | None, degrees: int = 1) -> Any:
    """Correction for finite populations, sqrt((N - n)/(N - 1)).

    That is for the spread of the population, sum of squares over N. A spread estimated from the sample, over n - 1, is
    already the larger by N/(N - 1) on average: then ``degrees`` is 0, and the correction sqrt((N - n)/N).
    """
    if population is None:
        return 1.0
    if not np.all(n <= population):
        raise InputError(f"population: must be at least as many as answered ({np.max(n):g}), got {population}")
    return np.sqrt((population - n) / max(1.0, population - degrees))
