"""Link 1: internal service quality, what the firm does for its own people.

Six drivers (tools, training, support, rewards, teamwork, empowerment; after Hallowell, Schlesinger & Zornitsky 1996)
are bought with money per employee-month, with diminishing returns. Support is also limited by how long the internal
support desk lets its customers, the employees, wait; tools also depend on the grade of the supplier.
"""

from __future__ import annotations

import numpy as np

from custsim.chain.forms import saturating
from custsim.chain.types import Real

__all__ = ["driver_level", "purchase_cost", "support_access", "target_internal_service"]


def driver_level(spend: Real, scale: Real) -> Real:
    r"""Level of one driver of internal service, :math:`L = 1 - e^{-spend/scale}`.

    Parameters
    ----------
    spend
        Money per employee-month, at least 0.
    scale
        Money per employee-month that buys a level of .632.

    Returns
    -------
    Real
        Level in [0, 1).

    References
    ----------
    Form: assumption (diminishing returns). Drivers: Hallowell, Schlesinger & Zornitsky (1996).

    Examples
    --------
    >>> round(float(driver_level(100.0, 100.0)), 3)
    0.632
    """
    return saturating(spend, scale)


def support_access(wait_days: Real, tolerated_days: Real, patience_days: Real) -> Real:
    r"""Share of internal support that reaches employees when they have to wait for it.

    .. math:: a = \exp(-\max(0, W - W_0)/p)

    Parameters
    ----------
    wait_days
        Mean time from an internal request to its answer, working days.
    tolerated_days
        Time that is still felt as prompt, working days.
    patience_days
        Further waiting that takes away 63 % of the support, working days, above 0.

    References
    ----------
    Assumption; exponential patience as for external customers (no published curve of satisfaction against response
    time is known).

    Examples
    --------
    >>> float(support_access(0.2, 0.35, 5.0))
    1.0
    """
    return np.exp(-np.maximum(0.0, wait_days - tolerated_days) / patience_days)


def target_internal_service(
    tools: Real,
    training: Real,
    support: Real,
    rewards: Real,
    teamwork: Real,
    empowerment: Real,
    weight_tools: Real,
    weight_training: Real,
    weight_support: Real,
    weight_rewards: Real,
    weight_teamwork: Real,
    weight_empowerment: Real,
) -> Real:
    r"""Internal service quality that the six drivers would give in the long run, :math:`Q^* = \sum w L / \sum w`.

    Parameters
    ----------
    tools, training, support, rewards, teamwork, empowerment
        Driver levels in [0, 1].
    weight_tools, weight_training, weight_support, weight_rewards, weight_teamwork, weight_empowerment
        Weights, at least 0, not all 0.

    Returns
    -------
    Real
        Internal service quality in [0, 1].

    References
    ----------
    Weights: assumption (no published set of weights that sums over these six drivers was found).

    Examples
    --------
    >>> round(float(target_internal_service(0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.2, 0.2, 0.2, 0.15, 0.15, 0.1)), 2)
    0.6
    """
    total = weight_tools + weight_training + weight_support + weight_rewards + weight_teamwork + weight_empowerment
    weighted = (
        weight_tools * tools
        + weight_training * training
        + weight_support * support
        + weight_rewards * rewards
        + weight_teamwork * teamwork
        + weight_empowerment * empowerment
    )
    return weighted / total


def purchase_cost(spend: Real, price_factor: Real) -> Real:
    """Money per employee-month that tools of a supplier grade cost, for tools worth ``spend`` at grade A.

    Parameters
    ----------
    spend
        Value of the tools at the prices of a grade-A supplier, per employee-month.
    price_factor
        Price of the supplier's grade relative to grade A; a cheaper supplier delivers tools that work less well.

    References
    ----------
    A-D grading of suppliers by quality, delivery, order fill and service is common practice; factors: assumption.

    Examples
    --------
    >>> float(purchase_cost(140.0, 0.9))
    126.0
    """
    return spend * price_factor
