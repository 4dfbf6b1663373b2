"""Link 4: from the encounter to satisfaction: perception, disconfirmation with loss aversion, adapting expectations."""

from __future__ import annotations

import numpy as np

from custsim.chain.types import Real

__all__ = [
    "accumulate_satisfaction",
    "adapt_expectation",
    "disconfirmation",
    "encounter_satisfaction",
    "perceived_quality",
]


def perceived_quality(quality: Real, taste: Real, noise: Real, visits: Real) -> Real:
    r"""Quality a customer perceives over a month's visits, :math:`p = q + z + \varepsilon/\sqrt{n}`.

    Parameters
    ----------
    quality
        Quality delivered by the employee who served, as the customer's segment weighs it, 0-1.
    taste
        Lasting personal leniency or strictness, index points.
    noise
        Luck of one visit, index points.
    visits
        Number of visits :math:`n` this month, at least 1; luck averages out.

    Examples
    --------
    >>> float(perceived_quality(0.77, 0.0, 0.16, 4))
    0.85
    """
    return quality + taste + noise / np.sqrt(visits)


def disconfirmation(gap: Real, gain: Real, loss_aversion: Real) -> Real:
    r"""Effect of being surprised: a shortfall weighs more than an equal surplus.

    .. math:: d = g\,(\max(x, 0) + \lambda \min(x, 0))

    Parameters
    ----------
    gap
        Perceived less expected quality :math:`x`.
    gain
        Effect :math:`g` of a unit of surplus.
    loss_aversion
        :math:`\lambda`, at least 1.

    References
    ----------
    Anderson & Sullivan (1993); ratio 2.25: Tversky & Kahneman (1992).

    Examples
    --------
    >>> round(float(disconfirmation(-0.1, 0.3, 2.25)), 4), round(float(disconfirmation(0.1, 0.3, 2.25)), 4)
    (-0.0675, 0.03)
    """
    return gain * (np.maximum(gap, 0.0) + loss_aversion * np.minimum(gap, 0.0))


def encounter_satisfaction(perceived: Real, expected: Real, gain: Real, loss_aversion: Real) -> Real:
    """Satisfaction with a month's encounters: perceived quality plus :func:`disconfirmation`, kept within [0, 1].

    Expectations act only through disconfirmation.

    References
    ----------
    Anderson & Sullivan (1993); Oliver (1980).

    Examples
    --------
    >>> round(float(encounter_satisfaction(0.7, 0.8, 0.3, 2.25)), 4)
    0.6325
    """
    return np.minimum(1.0, np.maximum(0.0, perceived + disconfirmation(perceived - expected, gain, loss_aversion)))


def adapt_expectation(expected: Real, perceived: Real, speed: Real) -> Real:
    r"""Expectation after the encounter, :math:`x' = x + \lambda (p - x)`: anchoring and adjustment.

    Parameters
    ----------
    expected, perceived
        Expected and perceived quality.
    speed
        Share :math:`\lambda` of the surprise that is learned, 0-1.

    References
    ----------
    Form: Bolton (1998). Speed .2: assumption.

    Examples
    --------
    >>> round(float(adapt_expectation(0.8, 0.7, 0.2)), 2)
    0.78
    """
    return expected + speed * (perceived - expected)


def accumulate_satisfaction(cumulative: Real, encounter: Real, visits: Real, memory: Real) -> Real:
    r"""Cumulative satisfaction after a month with visits, :math:`S' = S + (1 - \rho^n)(s - S)`.

    Parameters
    ----------
    cumulative
        Satisfaction :math:`S` so far, 0-1.
    encounter
        Satisfaction :math:`s` with this month's encounters, 0-1.
    visits
        Visits :math:`n` this month; 0 leaves the satisfaction as it was.
    memory
        Weight :math:`\rho` of the past at each visit, 0-1.

    References
    ----------
    Cumulative satisfaction as an updated prior: Bolton (1998). Memory .9: assumption.

    Examples
    --------
    >>> float(accumulate_satisfaction(0.8, 0.2, 0, 0.9))
    0.8
    """
    return cumulative + (1.0 - memory**visits) * (encounter - cumulative)
