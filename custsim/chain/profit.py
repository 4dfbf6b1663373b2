"""Link 8: profit: a customer's margin in the five classical layers, and the cost of every lever.

Layers (Reichheld & Sasser 1990): base profit, purchase growth, cost saving, price premium, referrals; the last is
attributed afterwards through the referral tree. Whether the middle ones rise with tenure is a switch, because the
evidence is mixed (Reinartz & Kumar 2002).
"""

from __future__ import annotations

import numpy as np

from custsim.chain.forms import saturating
from custsim.chain.types import Real

__all__ = [
    "complaint_channel_cost",
    "hiring_cost",
    "lock_in_cost",
    "referred_margin_factor",
    "tenure_share",
    "visit_revenue_factor",
]


def tenure_share(tenure_months: Real, months: Real) -> Real:
    r"""How far a relationship has come on its way to a mature one, :math:`1 - e^{-t/\tau}`.

    Parameters
    ----------
    tenure_months
        Completed months as a customer, at least 0.
    months
        Time constant, months.

    Examples
    --------
    >>> float(tenure_share(0.0, 36.0))
    0.0
    """
    return saturating(np.maximum(0.0, tenure_months), months)


def visit_revenue_factor(served: Real, expected: Real, transaction_share: Real) -> Real:
    r"""Revenue of the month, :math:`1 - s + s\,n/\bar n` of an average one's: part is fees, part follows visits.

    Parameters
    ----------
    served
        Visits served this month.
    expected
        Mean visits a month of an average customer of the market, above 0: who comes more often brings more.
    transaction_share
        Share :math:`s` of revenue that comes with transactions, 0-1.

    Examples
    --------
    >>> float(visit_revenue_factor(0, 1.0, 0.3))
    0.7
    """
    return 1.0 - transaction_share + transaction_share * served / expected


def referred_margin_factor(tenure_months: Real, initial: Real, fading_months: Real) -> Real:
    r"""Margin of a referred customer relative to others, :math:`1 + (f_0 - 1)e^{-t/\tau}`: the edge fades.

    References
    ----------
    Schmitt, Skiera & Van den Bulte (2011): higher at first, fading; Wolters & Gedenk (2019) find the reverse: a switch.

    Examples
    --------
    >>> float(referred_margin_factor(0.0, 1.2, 24.0))
    1.2
    """
    return 1.0 + (initial - 1.0) * np.exp(-np.maximum(0.0, tenure_months) / fading_months)


def complaint_channel_cost(ease: Real, cost: Real, customers: Real) -> Real:
    """Monthly cost of making it easy to complain, rising with the square of ease: hotline, asking back, evenings.

    References
    ----------
    Form: assumption (the last who stay silent are the dearest to hear).

    Examples
    --------
    >>> float(complaint_channel_cost(0.5, 0.4, 1000.0))
    100.0
    """
    return cost * ease**2 * customers


def lock_in_cost(switching_cost: Real, cost: Real, customers: Real) -> Real:
    """Monthly cost of a programme that raises switching cost: points, gifts, contract benefits; per log-hazard unit.

    References
    ----------
    Form: assumption.

    Examples
    --------
    >>> float(lock_in_cost(0.1, 20.0, 1000.0))
    2000.0
    """
    return cost * switching_cost * customers


def hiring_cost(delay_months: Real, cost: Real, reference_delay: Real) -> Real:
    """Cost of filling one vacancy: faster hiring costs more, in inverse proportion to the delay.

    No delay counts as shorter than a quarter of a month, so that the cost stays finite.

    References
    ----------
    Form: assumption; no vacancy is filled faster than in a week.

    Examples
    --------
    >>> float(hiring_cost(1.0, 800.0, 2.0))
    1600.0
    """
    return cost * reference_delay / np.maximum(0.25, delay_months)
