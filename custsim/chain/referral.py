"""Link 7: word of mouth: who speaks, who listens, and how a message turns a prospect into a customer."""

from __future__ import annotations

import numpy as np

from custsim.chain.forms import saturating
from custsim.chain.types import Real

__all__ = [
    "external_influence",
    "join_probability",
    "negative_talk",
    "positive_talk",
    "rejoin_factor",
    "reward_factor",
    "two_stage_probability",
    "word_of_mouth_share",
]


def positive_talk(satisfaction: Real, peak: Real, start: Real, base_share: Real, on_top: Real) -> Real:
    r"""Probability that a satisfied customer recommends this month: the right branch of the asymmetric U.

    .. math:: t_+ = t\,(b + (1 - b)\,(S - S_+)/(1 - S_+)) \quad\text{for } S > S_+,\ \text{else } 0

    Parameters
    ----------
    satisfaction
        Satisfaction that acts on behaviour, 0-1.
    peak
        Probability :math:`t` at full satisfaction.
    start
        Satisfaction :math:`S_+` from which on people recommend.
    base_share
        Share :math:`b` of the peak reached at the start.
    on_top
        Factor from a referral reward, see :func:`reward_factor`; 1 without.

    References
    ----------
    Anderson (1998): an asymmetric U. East, Hammond & Wright (2007): about 3 positive to 1 negative. Form: assumption.

    Examples
    --------
    >>> float(positive_talk(0.69, 0.056, 0.7, 0.35, 1.0)), round(float(positive_talk(1.0, 0.056, 0.7, 0.35, 1.0)), 3)
    (0.0, 0.056)
    """
    above = np.maximum(0.0, satisfaction - start)
    speaks = np.minimum(1.0, 1e9 * above)
    return np.minimum(1.0, on_top * peak * speaks * (base_share + (1.0 - base_share) * above / (1.0 - start)))


def negative_talk(satisfaction: Real, peak: Real, start: Real, event: Real) -> Real:
    r"""Probability that a dissatisfied customer warns others this month: the left branch of the U, plus fresh anger.

    .. math:: t_- = \min(1,\ t\,\max(0, S_- - S)/S_- + e)

    Parameters
    ----------
    satisfaction
        Satisfaction that acts on behaviour, 0-1.
    peak
        Probability :math:`t` at satisfaction 0.
    start
        Satisfaction :math:`S_-` below which people warn.
    event
        Extra probability :math:`e` in the month of an unsatisfied complaint or a silent failure.

    References
    ----------
    Anderson (1998); 75 % of switchers told somebody about the incident: Keaveney (1995). Sizes: assumption.

    Examples
    --------
    >>> float(negative_talk(0.6, 0.22, 0.6, 0.0)), round(float(negative_talk(0.3, 0.22, 0.6, 0.3)), 2)
    (0.0, 0.41)
    """
    return np.minimum(1.0, peak * np.maximum(0.0, start - satisfaction) / start + event)


def reward_factor(reward: Real, effect: Real, scale: Real) -> Real:
    r"""Factor of a referral reward on recommending, :math:`1 + k(1 - e^{-r/s})`.

    Parameters
    ----------
    reward
        Money per recruited customer, at least 0.
    effect, scale
        Largest gain :math:`k` and money :math:`s` that reaches 63 % of it.

    References
    ----------
    Rewards of 25 euro paid in Schmitt, Skiera & Van den Bulte (2011); response: assumption.

    Examples
    --------
    >>> float(reward_factor(0.0, 0.5, 30.0))
    1.0
    """
    return 1.0 + effect * saturating(reward, scale)


def external_influence(base: Real, advertised: Real, spend: Real, scale: Real) -> Real:
    r"""Monthly probability :math:`a` to join without word of mouth: a base plus what advertising adds.

    .. math:: a = a_0 + a_1 (1 - e^{-m/s})

    Parameters
    ----------
    base
        Probability without advertising.
    advertised
        Largest addition by advertising.
    spend, scale
        Advertising a month and the spend that reaches 63 % of its effect.

    References
    ----------
    Innovators of Bass (1969); diminishing returns of advertising: assumption.

    Examples
    --------
    >>> float(external_influence(0.002, 0.003, 0.0, 8000.0))
    0.002
    """
    return base + advertised * saturating(spend, scale)


def join_probability(
    external: Real,
    weak_messages: Real,
    strong_messages: Real,
    negative_messages: Real,
    weak_effect: Real,
    strong_effect: Real,
    negative_discount: Real,
) -> Real:
    r"""Probability that a prospect joins this month, Bass-compatible.

    .. math:: \left[1 - (1-a)(1-\beta_w)^{w}(1-\beta_s)^{s}\right] e^{-k n}

    Parameters
    ----------
    external
        Probability :math:`a` without word of mouth.
    weak_messages, strong_messages, negative_messages
        Messages in memory from weak and strong ties, and negative ones.
    weak_effect, strong_effect
        :math:`\beta_w`, :math:`\beta_s`: probability that one message convinces.
    negative_discount
        :math:`k`.

    References
    ----------
    Goldenberg, Libai & Muller (2001).

    Examples
    --------
    >>> round(float(join_probability(0.01, 0.0, 1.0, 0.0, 0.01, 0.04, 0.35)), 4)
    0.0496
    """
    untouched = (1.0 - external) * (1.0 - weak_effect) ** weak_messages * (1.0 - strong_effect) ** strong_messages
    return (1.0 - untouched) * np.exp(-negative_discount * negative_messages)


def two_stage_probability(
    external: Real,
    weak_messages: Real,
    strong_messages: Real,
    negative_messages: Real,
    in_market: Real,
    weak_shift: Real,
    strong_shift: Real,
    negative_shift: Real,
) -> Real:
    r"""Probability to join in two stages: in the market this month, then a choice that both kinds of talk shift.

    .. math:: m \cdot \frac{1}{1 + \exp(-(\operatorname{logit}(a/m) + k_w w + k_s s - k_n n))}

    Without messages it equals ``external``, as :func:`join_probability` does; a negative message weighs as a
    positive one does, while the product form makes it structurally weak.

    Parameters
    ----------
    external
        Probability :math:`a` to join without word of mouth, below ``in_market``.
    weak_messages, strong_messages, negative_messages
        Messages in memory.
    in_market
        Probability :math:`m` to be looking for a provider this month.
    weak_shift, strong_shift, negative_shift
        Shifts of the choice in log odds per message.

    References
    ----------
    Mean shifts of purchase probability of about +.20 by positive and -.11 by negative messages from priors below .5:
    East, Hammond & Lomax (2008). Two-stage form: assumption.

    Examples
    --------
    >>> round(float(two_stage_probability(0.004, 0.0, 0.0, 0.0, 0.03, 0.4, 0.8, 0.5)), 4)
    0.004
    """
    odds = (
        external
        / np.maximum(1e-12, in_market - external)
        * np.exp(weak_shift * weak_messages + strong_shift * strong_messages - negative_shift * negative_messages)
    )
    return in_market * odds / (1.0 + odds)


def rejoin_factor(months_since: Real, months: Real) -> Real:
    r"""Readiness of a lapsed customer to come back by the ordinary ways, :math:`1 - e^{-t/\tau}`.

    References
    ----------
    Form: assumption (without return a closed market would run dry).

    Examples
    --------
    >>> round(float(rejoin_factor(24.0, 24.0)), 3)
    0.632
    """
    return saturating(months_since, months)


def word_of_mouth_share(joined: Real, external: Real) -> Real:
    r"""Probability that word of mouth is the cause of a joining: log-share of what remains beyond the external chance.

    .. math:: 1 - \frac{\ln(1 - a)}{\ln(1 - p)} \quad\text{for } p > a,\ \text{else } 0

    Parameters
    ----------
    joined
        Probability :math:`p` to join with the messages in memory.
    external
        Probability :math:`a` to join without them.

    Examples
    --------
    >>> float(word_of_mouth_share(0.01, 0.01)), round(float(word_of_mouth_share(0.0199, 0.01)), 2)
    (0.0, 0.5)
    """
    return np.maximum(0.0, 1.0 - np.log1p(-external) / np.log1p(-np.maximum(joined, 1e-12)))
