"""The mathematical forms that recur along the chain.

Laws are written with NumPy arithmetic only, without branches, so that the same function serves scalars inside the
compiled month, arrays in a plot, and a reader.
"""

from __future__ import annotations

import numpy as np

from custsim.chain.types import Real

__all__ = ["anchored_logistic", "relax", "saturating"]


def anchored_logistic(anchor: Real, slope: Real, deviation: Real) -> Real:
    r"""Logistic response that equals its anchor where the cause is at its reference.

    .. math:: y = \frac{1}{1 + \exp(-(\operatorname{logit} y_0 + k x))}

    Parameters
    ----------
    anchor
        Level :math:`y_0` at the reference, in (0, 1).
    slope
        Steepness :math:`k`, per unit of the cause; the slope of the response at the reference is :math:`k y_0 (1-y_0)`.
    deviation
        Cause minus its reference value, :math:`x`.

    Returns
    -------
    Real
        Response in (0, 1).

    Examples
    --------
    >>> round(float(anchored_logistic(0.77, 2.0, 0.0)), 3)
    0.77
    """
    odds = (1.0 - anchor) / anchor
    return 1.0 / (1.0 + odds * np.exp(-slope * deviation))


def saturating(amount: Real, scale: Real) -> Real:
    r"""Diminishing returns: :math:`1 - e^{-a/s}`, the share of the possible that an amount buys.

    Parameters
    ----------
    amount
        Amount spent or elapsed, at least 0, in the unit of ``scale``.
    scale
        Amount that buys 63.2 % of the possible, above 0.

    Examples
    --------
    >>> round(float(saturating(140.0, 140.0)), 3)
    0.632
    """
    return 1.0 - np.exp(-amount / scale)


def relax(level: Real, target: Real, months_up: Real, months_down: Real) -> Real:
    r"""One month of first-order adjustment with its own speed upwards and downwards.

    .. math:: x' = x + \max(x^* - x, 0)/\tau_{up} + \min(x^* - x, 0)/\tau_{down}

    Parameters
    ----------
    level, target
        Present level and the level it moves to, same unit.
    months_up, months_down
        Time constants in months, at least 1.

    Examples
    --------
    >>> float(relax(0.5, 0.8, 3.0, 1.0)), float(relax(0.5, 0.2, 3.0, 1.0))
    (0.6, 0.2)
    """
    gap = target - level
    return level + np.maximum(gap, 0.0) / months_up + np.minimum(gap, 0.0) / months_down
