"""Link 3: service quality in the five RATER dimensions, each from its own cause, and how a segment sees it.

Dimensions: reliability, assurance, tangibles, empathy, responsiveness (Parasuraman, Zeithaml & Berry 1988). Every
dimension is an anchored logistic of its causes, 0-1, and equals the anchor when the causes are at their reference.
"""

from __future__ import annotations

import numpy as np

from custsim.chain.forms import anchored_logistic
from custsim.chain.types import Real

__all__ = ["assurance", "empathy", "kano", "reliability", "responsiveness", "tangibles", "weighted_quality"]


def reliability(
    anchor: Real, slope: Real, skill_gap: Real, tools_gap: Real, time_gap: Real, tools_effect: Real, time_effect: Real
) -> Real:
    """Reliability: the promised service, dependably and accurately; from skill, working tools and time given.

    Parameters
    ----------
    anchor, slope
        See :func:`custsim.chain.forms.anchored_logistic`.
    skill_gap
        Employee's skill less its reference.
    tools_gap
        Level of the tools driver less its reference.
    time_gap
        Time given per visit relative to the design, less 1.
    tools_effect, time_effect
        Weight of tools and time relative to skill.

    References
    ----------
    Dimension: Parasuraman, Zeithaml & Berry (1988); causes and slopes: assumption.

    Examples
    --------
    >>> round(float(reliability(0.77, 2.0, 0.0, 0.0, 0.0, 0.25, 0.5)), 2)
    0.77
    """
    return anchored_logistic(anchor, slope, skill_gap + tools_effect * tools_gap + time_effect * time_gap)


def responsiveness(anchor: Real, slope: Real, time_gap: Real) -> Real:
    """Responsiveness: willingness to help promptly; from the time the staff can give.

    Examples
    --------
    >>> bool(responsiveness(0.77, 2.0, -0.1) < 0.77)
    True
    """
    return anchored_logistic(anchor, slope, time_gap)


def assurance(anchor: Real, slope: Real, training_gap: Real, skill_gap: Real, skill_effect: Real) -> Real:
    """Assurance: knowledge and courtesy that inspire trust; from training and skill.

    Examples
    --------
    >>> round(float(assurance(0.77, 1.0, 0.0, 0.0, 0.5)), 2)
    0.77
    """
    return anchored_logistic(anchor, slope, training_gap + skill_effect * skill_gap)


def empathy(anchor: Real, slope: Real, satisfaction_gap: Real) -> Real:
    """Empathy: caring, individual attention; from the employee's own satisfaction (the mirror of the chain).

    References
    ----------
    Employee satisfaction acts on customers through perceived quality: Brown & Lam (2008); slope fitted to the
    Sears ratio 5 : 1.3 (Rucci, Kirn & Quinn 1998).

    Examples
    --------
    >>> bool(empathy(0.77, 4.5, 0.05) > 0.77)
    True
    """
    return anchored_logistic(anchor, slope, satisfaction_gap)


def tangibles(anchor: Real, slope: Real, tools_gap: Real) -> Real:
    """Tangibles: premises, equipment, material; from the tools driver.

    Examples
    --------
    >>> round(float(tangibles(0.77, 1.0, 0.0)), 2)
    0.77
    """
    return anchored_logistic(anchor, slope, tools_gap)


def kano(fulfilment: Real, anchor: Real, curvature: Real) -> Real:
    r"""How a dimension is felt, by its Kano kind, re-anchored so that choosing a kind leaves the baseline where it was.

    .. math:: y = y_0 + \frac{1 - e^{-c (x - y_0)}}{c}

    Level and slope at the baseline are those of the straight line for every kind; the kinds differ away from it.

    Parameters
    ----------
    fulfilment
        Delivered level :math:`x` of the dimension, 0-1.
    anchor
        Level :math:`y_0` at the baseline, 0-1.
    curvature
        :math:`c`: above 0 must-be (concave: shortfalls hurt, a surplus hardly pleases), near 0 linear
        (one-dimensional), below 0 attractive (convex: a surplus delights). 0 is taken as its limit, the straight line.

    Returns
    -------
    Real
        Felt level; may leave 0-1 slightly, as a delight above expectation does.

    References
    ----------
    Kano et al. (1984). Exponential curves with c = 1 and -1: Wang & Ji (2010), here rescaled to the baseline.

    Examples
    --------
    >>> round(float(kano(0.77, 0.77, 2.0)), 3), round(float(kano(0.5, 0.77, 0.0)), 3)
    (0.77, 0.5)
    >>> bool(kano(0.4, 0.77, 2.0) < kano(0.4, 0.77, -2.0)), bool(kano(0.9, 0.77, 2.0) < kano(0.9, 0.77, -2.0))
    (True, True)
    """
    c = curvature + 1e-6
    return anchor - np.expm1(-c * (fulfilment - anchor)) / c


def weighted_quality(
    reliability: Real,
    assurance: Real,
    tangibles: Real,
    empathy: Real,
    responsiveness: Real,
    weight_reliability: Real,
    weight_assurance: Real,
    weight_tangibles: Real,
    weight_empathy: Real,
    weight_responsiveness: Real,
) -> Real:
    r"""Quality as a segment sees it, :math:`\sum w_d y_d / \sum w_d` over the five RATER dimensions.

    Parameters
    ----------
    reliability, assurance, tangibles, empathy, responsiveness
        Felt levels, see :func:`kano`.
    weight_reliability, weight_assurance, weight_tangibles, weight_empathy, weight_responsiveness
        Importance of the dimensions to the segment, at least 0, not all 0.

    References
    ----------
    Weights 32 : 19 : 11 : 16 : 22 in this order: Zeithaml, Parasuraman & Berry (1990).

    Examples
    --------
    >>> float(weighted_quality(0.8, 0.8, 0.8, 0.8, 0.8, 32, 19, 11, 16, 22))
    0.8
    """
    total = weight_reliability + weight_assurance + weight_tangibles + weight_empathy + weight_responsiveness
    weighted = (
        weight_reliability * reliability
        + weight_assurance * assurance
        + weight_tangibles * tangibles
        + weight_empathy * empathy
        + weight_responsiveness * responsiveness
    )
    return weighted / total
