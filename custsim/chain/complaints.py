"""Link 5: failures, voice or silence, and recovery judged by three justices.

A wronged customer carries two marks, never one: a *felt* mark that shows in reported satisfaction and may turn positive
after a good recovery (the recovery paradox), and a *wound*, at least 0, that acts on loyalty only and never heals to
better than unhurt. Both fade.
"""

from __future__ import annotations

import numpy as np

from custsim.chain.types import Real

__all__ = [
    "distributive_justice",
    "failure_in_month",
    "failure_probability",
    "felt_after_recovery",
    "handling_justice",
    "healed_share",
    "interactional_justice",
    "prevention_level",
    "procedural_justice",
    "solve_probability",
    "voice_probability",
    "wound_after_failure",
    "wound_after_recovery",
]


def failure_probability(
    base: Real,
    reliability_gap: Real,
    prevention_gap: Real,
    reliability_effect: Real,
    prevention_effect: Real,
) -> Real:
    r"""Probability that one visit goes wrong, :math:`f = f_0 e^{-k_r (q_r - q_0)} e^{-k_p (\phi - \phi_0)}`, at most 1.

    Parameters
    ----------
    base
        Failures per visit at the reference, :math:`f_0`.
    reliability_gap
        Reliability less its reference, index points.
    prevention_gap
        Share of failures handled (and so learned from) less its reference; silent failures teach nothing.
    reliability_effect, prevention_effect
        Fall of the log probability per unit of the causes.

    References
    ----------
    Assumption; learning acts on the handled *share*, not the count, or large firms would become error-free.

    Examples
    --------
    >>> float(failure_probability(0.035, 0.0, 0.0, 3.0, 1.5))
    0.035
    """
    return np.minimum(1.0, base * np.exp(-reliability_effect * reliability_gap - prevention_effect * prevention_gap))


def failure_in_month(per_visit: Real, visits: Real) -> Real:
    """Probability that at least one of a month's visits goes wrong, ``1 - (1 - f)**n``; at most one counts a month.

    Examples
    --------
    >>> round(float(failure_in_month(0.1, 2)), 2)
    0.19
    """
    return 1.0 - (1.0 - per_visit) ** visits


def prevention_level(level: Real, handled: Real, failures: Real, months: Real) -> Real:
    """Share of failures that the firm handled, smoothed over ``months``: what it could learn from.

    Parameters
    ----------
    level
        Present smoothed share, 0-1.
    handled
        Complaints answered this month.
    failures
        Failures this month, silent ones included; with none the level stays.
    months
        Memory of the organisation, months.

    References
    ----------
    Form: assumption; a share and not a count, or large firms would become free of errors.

    Examples
    --------
    >>> round(float(prevention_level(0.1, 4.0, 10.0, 12.0)), 3)
    0.125
    """
    share = np.minimum(1.0, handled / np.maximum(1.0, failures))
    return level + np.minimum(1.0, failures) * (share - level) / months


def voice_probability(
    intercept: Real, ease: Real, satisfaction_gap: Real, ease_effect: Real, satisfaction_effect: Real
) -> Real:
    r"""Probability that a wronged customer complains instead of staying silent.

    .. math:: \operatorname{logit} v = v_0 + k_e (ease - .5) + k_s (S - S_0)

    Parameters
    ----------
    intercept
        Log odds :math:`v_0` for the severity of the failure, at medium ease.
    ease
        Ease of complaining, 0 (hidden) to 1 (asked for).
    satisfaction_gap
        Satisfaction so far less the reference: those who think well of the firm believe that it pays to complain.
    ease_effect, satisfaction_effect
        Slopes in log odds.

    References
    ----------
    Voice of 50 % and more where money is lost, 5-30 % for mistreatment and quality, 1-5 % reaching head office:
    TARP/Goodman; exit, voice and loyalty: Hirschman (1970).

    Examples
    --------
    >>> float(voice_probability(0.0, 0.5, 0.0, 2.0, 1.5))
    0.5
    """
    return 1.0 / (1.0 + np.exp(-(intercept + ease_effect * (ease - 0.5) + satisfaction_effect * satisfaction_gap)))


def solve_probability(anchor: Real, empowerment_gap: Real, empowerment_effect: Real) -> Real:
    """Probability that the desk solves the matter at all: more where the front line may decide; kept within [0, 1].

    References
    ----------
    Form: assumption.

    Examples
    --------
    >>> round(float(solve_probability(0.7, 0.1, 0.3)), 2)
    0.73
    """
    return np.minimum(1.0, np.maximum(0.0, anchor + empowerment_effect * empowerment_gap))


def distributive_justice(compensation: Real, wait_days: Real, floor: Real, best: Real, patience_days: Real) -> Real:
    r"""Distributive justice of an answer: compensation over loss, an inverted U, worth less when late.

    .. math:: D = f + (1 - f)\,\frac{c}{c^*} e^{1 - c/c^*}\, e^{-W/\tau}

    Parameters
    ----------
    compensation
        Compensation over loss :math:`c`, at least 0; 0 if the matter was not solved.
    wait_days
        Time to the answer :math:`W`, working days.
    floor
        Justice :math:`f` of an outcome without compensation, whether the matter was solved or not.
    best
        Compensation ratio :math:`c^*` judged best.
    patience_days
        :math:`\tau`: late money is worth less.

    References
    ----------
    Inverted U, useful to about 1.5 times the price: Haesevoets et al. (2017); immediate beats delayed: Roschk &
    Gelbrich (2014). Form: assumption.

    Examples
    --------
    >>> round(float(distributive_justice(1.25, 0.0, 0.15, 1.25, 15.0)), 2)
    1.0
    """
    ratio = compensation / best
    return floor + (1.0 - floor) * ratio * np.exp(1.0 - ratio) * np.exp(-wait_days / patience_days)


def interactional_justice(
    anchor: Real,
    satisfaction_gap: Real,
    empowerment_gap: Real,
    training_gap: Real,
    satisfaction_effect: Real,
    empowerment_effect: Real,
    training_effect: Real,
) -> Real:
    """Interactional justice, how one was treated: from satisfaction, empowerment and training, within [0, 1].

    References
    ----------
    Tax, Brown & Chandrashekaran (1998); slopes: assumption.

    Examples
    --------
    >>> float(interactional_justice(0.6, 0.0, 0.0, 0.0, 0.6, 0.3, 0.3))
    0.6
    """
    level = (
        anchor
        + satisfaction_effect * satisfaction_gap
        + empowerment_effect * empowerment_gap
        + training_effect * training_gap
    )
    return np.minimum(1.0, np.maximum(0.0, level))


def procedural_justice(wait_days: Real, patience_days: Real) -> Real:
    r"""Procedural justice: speed, :math:`e^{-W/\tau}`.

    References
    ----------
    TARP's satisfied against quickly satisfied complainers is the only published anchor; exponential form: assumption.

    Examples
    --------
    >>> float(procedural_justice(0.0, 5.0))
    1.0
    """
    return np.exp(-wait_days / patience_days)


def handling_justice(
    distributive: Real,
    interactional: Real,
    procedural: Real,
    noise: Real,
    weight_distributive: Real,
    weight_interactional: Real,
    weight_procedural: Real,
) -> Real:
    """Overall judgement of how a complaint was handled: weighted justices plus personal noise, kept within [0, 1].

    References
    ----------
    Order distributive > interactional > procedural: Orsingher, Valentini & de Angelis (2010); .5/.35/.15: assumption.

    Examples
    --------
    >>> round(float(handling_justice(1.0, 0.6, 0.5, 0.0, 0.5, 0.35, 0.15)), 3)
    0.785
    """
    total = weight_distributive + weight_interactional + weight_procedural
    judged = (
        weight_distributive * distributive + weight_interactional * interactional + weight_procedural * procedural
    ) / total
    return np.minimum(1.0, np.maximum(0.0, judged + noise))


def wound_after_failure(
    wound: Real, hurt: Real, open_complaint: Real, fresh_wound: Real, aggravation: Real, deepest: Real
) -> Real:
    """Wound after a failure: hurts more while an earlier one is open or unhealed (double deviation); bounded.

    Parameters
    ----------
    wound
        Wound carried so far, at least 0.
    hurt
        Wound this failure makes on an unhurt customer (by severity).
    open_complaint
        1 while a complaint is open, else 0.
    fresh_wound
        Wound from which on a customer counts as still hurt.
    aggravation
        Factor on the hurt in that case, at least 1.
    deepest
        Deepest wound.

    References
    ----------
    Double deviation: Maxham & Netemeyer (2002).

    Examples
    --------
    >>> float(wound_after_failure(0.0, 1.0, 0, 0.3, 1.5, 2.0)), float(wound_after_failure(0.5, 1.0, 0, 0.3, 1.5, 2.0))
    (1.0, 2.0)
    """
    still_hurt = np.minimum(1.0, np.maximum(open_complaint, 1e9 * np.maximum(0.0, wound - fresh_wound)))
    return np.minimum(deepest, wound + hurt * (1.0 + (aggravation - 1.0) * still_hurt))


def healed_share(justice: Real, wait_days: Real, patience_days: Real, none_below: Real, full_range: Real) -> Real:
    r"""Share of a wound that a handled complaint heals, at most 1: never better than unhurt.

    .. math:: e^{-W/\tau}\,\operatorname{clip}((F - F_0)/r, 0, 1)

    Parameters
    ----------
    justice
        Judgement :math:`F` of the handling, 0-1.
    wait_days
        Time to the answer, working days.
    patience_days
        :math:`\tau`: late healing heals less.
    none_below, full_range
        :math:`F_0` below which nothing heals, and the range over which healing becomes full.

    References
    ----------
    Recovery rarely restores the state before the failure: Knox & van Oest (2014); no paradox in repurchase:
    de Matos, Henrique & Rossi (2007).

    Examples
    --------
    >>> float(healed_share(0.9, 0.0, 20.0, 0.25, 0.55))
    1.0
    """
    return np.exp(-wait_days / patience_days) * np.minimum(1.0, np.maximum(0.0, (justice - none_below) / full_range))


def wound_after_recovery(
    wound: Real, healed: Real, justice: Real, insult_below: Real, insult: Real, deepest: Real
) -> Real:
    """Wound after a complaint was answered: healed in part, or deepened where the handling itself was an insult.

    References
    ----------
    A poor recovery is worse than none: Maxham & Netemeyer (2002). Form: assumption.

    Examples
    --------
    >>> float(wound_after_recovery(1.0, 0.75, 0.8, 0.25, 0.2, 2.0))
    0.25
    """
    insulted = np.minimum(1.0, 1e9 * np.maximum(0.0, insult_below - justice))
    return np.minimum(deepest, wound * (1.0 - healed) + insult * insulted)


def felt_after_recovery(felt: Real, justice: Real, pleased_above: Real, gain: Real) -> Real:
    r"""Felt mark after an answer; a handling above ``pleased_above`` may leave it positive (the paradox).

    .. math:: B' = B(1 - \min(1, F/F_p)) + g \max(0, F - F_p)

    for a negative mark; a positive one is kept.

    References
    ----------
    Recovery paradox in satisfaction only: de Matos, Henrique & Rossi (2007). Form: assumption.

    Examples
    --------
    >>> round(float(felt_after_recovery(-0.25, 0.85, 0.65, 0.3)), 2)
    0.06
    """
    remaining = np.minimum(felt, 0.0) * (1.0 - np.minimum(1.0, justice / pleased_above))
    return np.maximum(felt, 0.0) + remaining + gain * np.maximum(0.0, justice - pleased_above)
