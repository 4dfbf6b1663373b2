"""Link 6: loyalty: convex behaviour under competition, concave intention, offers and win-back."""

from __future__ import annotations

import numpy as np

from custsim.chain.types import Real

__all__ = [
    "behaviour_satisfaction",
    "discontent",
    "leaving_probability",
    "price_effect",
    "relative_hazard",
    "repurchase_intention",
    "winback_probability",
]


def behaviour_satisfaction(satisfaction: Real, felt: Real) -> Real:
    """Satisfaction that acts on behaviour: a bad mark counts, a pleased one does not (no paradox in repurchase).

    Examples
    --------
    >>> round(float(behaviour_satisfaction(0.8, -0.2)), 2), float(behaviour_satisfaction(0.8, 0.1))
    (0.6, 0.8)
    """
    return np.minimum(1.0, np.maximum(0.0, satisfaction + np.minimum(felt, 0.0)))


def discontent(satisfaction: Real, top: Real, floor: Real, exponent: Real) -> Real:
    r"""Share of the personal churn hazard that a satisfaction leaves in force.

    .. math:: m = 1 - (1 - f)\,\min(1, S/S_1)^k

    Parameters
    ----------
    satisfaction
        Satisfaction that acts on behaviour, 0-1.
    top
        Satisfaction :math:`S_1` from which on a customer is as loyal as can be.
    floor
        Share :math:`f` of the hazard left at the top.
    exponent
        :math:`k` above 1 under competition: retention is convex in satisfaction, only the very satisfied stay;
        below 1 where customers are captive: flat, and steep only at the bottom.

    References
    ----------
    Jones & Sasser (1995); increasing returns in behaviour: Mittal & Kamakura (2001). A proportional hazard
    exp(-b S) would make retention concave; hence the power form (assumption).

    Examples
    --------
    >>> round(float(discontent(0.915, 0.915, 0.05, 3.2)), 2), round(float(discontent(0.0, 0.915, 0.05, 3.2)), 2)
    (0.05, 1.0)
    """
    return 1.0 - (1.0 - floor) * np.minimum(1.0, np.maximum(0.0, satisfaction) / top) ** exponent


def price_effect(price: Real, sensitivity: Real) -> Real:
    r"""Factor of price on the hazard of leaving, :math:`(P/P_m)^{\eta}` (its inverse acts on joining).

    Parameters
    ----------
    price
        Price relative to the market, above 0.
    sensitivity
        :math:`\eta`, elasticity of the hazard to the relative price, at least 0.

    References
    ----------
    Price is among the main switching reasons (30 % of incidents, Keaveney 1995); size: assumption.

    Examples
    --------
    >>> float(price_effect(1.0, 3.0))
    1.0
    """
    return price**sensitivity


def relative_hazard(
    discontent: Real,
    wound: Real,
    switching_cost: Real,
    price_factor: Real,
    negative_messages: Real,
    positive_messages: Real,
    wound_effect: Real,
    negative_effect: Real,
    positive_effect: Real,
) -> Real:
    r"""What a customer's personal hazard of leaving is multiplied by.

    .. math:: m\, e^{-\kappa}\, e^{k_w w}\, P\, e^{k_- n - k_+ p}

    Parameters
    ----------
    discontent
        See :func:`discontent`, relative to that of the reference customer: changing the curve turns it around the
        reference customer, whose hazard stays.
    wound
        Wound, at least 0.
    switching_cost
        :math:`\kappa`, at least 0, in log hazard: contracts, habits, lost points.
    price_factor
        See :func:`price_effect`.
    negative_messages, positive_messages
        Messages in memory.
    wound_effect, negative_effect, positive_effect
        Effects in log hazard per unit.

    References
    ----------
    Proportional hazards on cumulative satisfaction: Bolton (1998). Word of mouth acts on retention less than on
    acquisition: East and colleagues. Sizes: assumption.

    Examples
    --------
    >>> float(relative_hazard(0.5, 0.0, 0.0, 1.0, 0.0, 0.0, 2.2, 0.1, 0.05))
    0.5
    """
    return (
        discontent
        * price_factor
        * np.exp(
            wound_effect * wound
            - switching_cost
            + negative_effect * negative_messages
            - positive_effect * positive_messages
        )
    )


def leaving_probability(base_hazard: Real, relative: Real) -> Real:
    r"""Probability to leave: this month if contractual, after a purchase if not; :math:`1 - e^{-\theta r}`.

    Parameters
    ----------
    base_hazard
        Personal hazard :math:`\theta = -\ln(1 - p)`, where p is the probability to leave of this person at the
        reference satisfaction (Beta across persons).
    relative
        Hazard relative to that of the reference customer, see :func:`relative_hazard`; 1 leaves p untouched.

    References
    ----------
    With r = 1: shifted beta-geometric, Fader & Hardie (2007); after a purchase BG/NBD, Fader, Hardie & Lee (2005).

    Examples
    --------
    >>> round(float(leaving_probability(-np.log(1 - 0.2), 1.0)), 3)
    0.2
    """
    return 1.0 - np.exp(-base_hazard * relative)


def repurchase_intention(
    intercept: Real,
    satisfaction_gap: Real,
    felt: Real,
    wound: Real,
    satisfaction_effect: Real,
    wound_effect: Real,
) -> Real:
    r"""Stated intention to stay, a concave scale apart from behaviour; what a survey hears.

    .. math:: \operatorname{logit} i = i_0 + k_S (S - S_0 + B) - k_w w

    Parameters
    ----------
    intercept
        Log odds of intending to stay at the reference satisfaction, unhurt.
    satisfaction_gap
        Satisfaction less the reference.
    felt, wound
        The two marks of a failure, see :mod:`custsim.chain.complaints`.
    satisfaction_effect, wound_effect
        Effects in log odds.

    References
    ----------
    Intention concave, behaviour convex: Mittal & Kamakura (2001). Fitted to TARP's intentions by outcome.

    Examples
    --------
    >>> round(float(repurchase_intention(2.3, 0.0, 0.0, 0.0, 4.0, 4.3)), 2)
    0.91
    """
    odds = intercept + satisfaction_effect * (satisfaction_gap + felt) - wound_effect * wound
    return 1.0 / (1.0 + np.exp(-odds))


def winback_probability(first_month: Real, months_since: Real, fading_months: Real) -> Real:
    r"""Probability that an approach wins a lapsed customer back, :math:`w_0 e^{-t/\tau}`.

    Parameters
    ----------
    first_month
        Success :math:`w_0` right after leaving.
    months_since
        Months since leaving.
    fading_months
        :math:`\tau`; 47.4 % within 90 days against 29.5 % in the next 90 gives 6.3.

    References
    ----------
    Dillard & Bates (2011): fully dissatisfied car buyers, most of them with the problem resolved; hence lower defaults.

    Examples
    --------
    >>> round(float(winback_probability(0.3, 6.3, 6.3)), 3)
    0.11
    """
    return first_month * np.exp(-months_since / fading_months)
