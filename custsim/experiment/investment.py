"""What an alternative costs and brings, from the profit and loss accounts: payback, net present value, return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custsim.experiment.paired import ROUNDING, Difference, Ratio, paired, ratio

__all__ = ["Investment", "invested", "payback_month"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Investment:
    """An alternative as an investment: what it costs more, and what that brings.

    Attributes
    ----------
    cost
        Extra own costs of the firm (all but what is charged to customers), discounted to month 0.
    gain
        Extra contribution of customers, discounted to month 0.
    net_present_value
        Extra profit, discounted to month 0: gain less cost.
    with_customers
        The same with the extra value of the customers at the end, discounted to month 0: what a longer run would show.
    value_return
        Net present value over cost; not a number unless the alternative costs more.
    payback
        Month from which the mean extra profit, added up, is no longer negative; 0 if it never was, ``None`` if it still
        is at the end.
    paid_back
        Share of replications in which the extra profit, added up over the run, is not negative.
    """

    cost: Difference
    gain: Difference
    net_present_value: Difference
    with_customers: Difference
    value_return: Ratio
    payback: int | None
    paid_back: float


def invested(
    profit: tuple[Floats, Floats],
    contribution: tuple[Floats, Floats],
    equity: tuple[Floats, Floats],
    rate: float,
    confidence: float = 0.95,
) -> Investment:
    """Look at an alternative as an investment.

    Parameters
    ----------
    profit, contribution
        Of the base and of the alternative, each of shape (replications, months), currency a month.
    equity
        Value of the customers at the end, each of shape (replications,).
    rate
        Discount rate a month; month 0 is not discounted.
    confidence
        Confidence of the intervals.
    """
    months = profit[0].shape[1]
    discount = (1.0 + rate) ** -np.arange(months, dtype=np.float64)
    worth = tuple(series @ discount for series in profit)
    gained = tuple(series @ discount for series in contribution)
    cost = _costs(gained, worth)
    beyond = tuple(
        value + later * (1.0 + rate) ** -float(months) for value, later in zip(worth, equity, strict=True)
    )  # fmt: skip
    extra = profit[1] - profit[0]
    there = np.isfinite(extra).all(axis=1)
    costs = paired(cost[0], cost[1], confidence)
    returned = ratio(worth[1] - worth[0], cost[1] - cost[0], confidence)
    if not costs.difference > 0:
        returned = Ratio(np.nan, np.nan, np.nan)
    return Investment(
        cost=costs,
        gain=paired(gained[0], gained[1], confidence),
        net_present_value=paired(worth[0], worth[1], confidence),
        with_customers=paired(beyond[0], beyond[1], confidence),
        value_return=returned,
        payback=payback_month(extra[there].mean(axis=0)) if there.any() else None,
        paid_back=float((_so_far(extra[there])[:, -1] >= 0).mean()) if there.any() else float("nan"),
    )


def _costs(gained: tuple[Floats, ...], worth: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Own costs of the base and of the alternative; a difference as small as the rounding of large sums is none."""
    base = gained[0] - worth[0]
    extra = gained[1] - worth[1] - base
    rounding = 1e-9 * np.maximum(np.abs(gained[0]), np.abs(worth[0]))
    return base, base + np.where(np.abs(extra) < rounding, 0.0, extra)


def payback_month(extra: Floats) -> int | None:
    """Month from which extra profit, added up, is no longer negative.

    Parameters
    ----------
    extra
        Extra profit a month, shape (months,).

    Returns
    -------
    int or None
        0 if it never was negative, ``None`` if it is negative at the end.

    Examples
    --------
    >>> import numpy as np
    >>> payback_month(np.array([-10.0, 4.0, 4.0, 4.0]))
    3
    """
    summed = _so_far(extra)
    if not summed.size or summed[-1] < 0:
        return None
    behind = np.flatnonzero(summed < 0)
    return int(behind[-1]) + 1 if behind.size else 0


def _so_far(extra: Floats) -> Floats:
    """Add up extra profit along the last axis; a sum as small as its own rounding is 0, neither ahead nor behind."""
    summed = np.cumsum(extra, axis=-1)
    return np.where(np.abs(summed) <= ROUNDING * np.cumsum(np.abs(extra), axis=-1), 0.0, summed)
