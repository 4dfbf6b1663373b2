r"""An exact account of a difference in profit: customers kept, customers won, margin per customer, each cost.

Profit of a month is margins less costs, and margins are customers times margin per customer. A difference of products
is split at the middle, :math:`\Delta(Nm) = \bar m \Delta N + \bar N \Delta m`, which leaves nothing over. So is the
number of customers, month by month: with leaving rate h and joiners J,

.. math:: N' = N (1 - h) + J, \qquad
          \Delta N' = (1 - \bar h) \Delta N - \bar N \Delta h + \Delta J,

so that each month's difference in customers is the sum of what other rates of leaving and other joiners left behind.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from custsim.simulation.accounts import CHARGED, COLUMNS, COSTS, MARGINS

__all__ = ["LINES", "SERIES", "account", "label"]

Floats = NDArray[np.float64]

_CUSTOMERS = {
    "opening": "Customers at the opening",
    "kept": "Customers kept",
    "referred": "Customers won by word of mouth",
    "won_back": "Customers won back",
    "joined": "Customers won otherwise",
}
_PER_CUSTOMER = {"margin": "Base margin per customer", "tenure": "Growth with tenure per customer"}
_COSTS = (*CHARGED, *COSTS)
_LABELS = {column.name: column.label for column in COLUMNS}

#: line -> what it is, in the order of the account; costs are named as in ``Run.monthly``
LINES: dict[str, str] = _CUSTOMERS | _PER_CUSTOMER | {name: _LABELS[name] for name in _COSTS}

#: columns of ``Run.monthly`` that the account is made from
SERIES = ("profit", "customers", "left", "joined", "referred", "won_back", *MARGINS, *_COSTS)


def label(line: str) -> str:
    """Name a line of the account.

    Examples
    --------
    >>> label("kept"), label("pay")
    ('Customers kept', 'Pay of the serving staff')
    """
    return LINES[line]


def account(a: Mapping[str, Floats], b: Mapping[str, Floats]) -> Floats:
    """Split the difference in mean monthly profit, b less a, into :data:`LINES`.

    Parameters
    ----------
    a, b
        Column -> values of shape (replications, months), for all of :data:`SERIES`.

    Returns
    -------
    numpy.ndarray
        Shape (lines, replications), currency a month; each column adds up to the difference in mean profit.

    Examples
    --------
    >>> quiet = {name: np.zeros((1, 2)) for name in SERIES}
    >>> dearer = quiet | {"pay": np.full((1, 2), 10.0)}
    >>> dict(zip(LINES, account(quiet, dearer)[:, 0].tolist()))["pay"]
    -10.0
    """
    people = _customers(a, b)
    na, nb = a["customers"], b["customers"]
    base = _per_customer(a["base"], na, b["base"], nb)
    layers = MARGINS[1:]
    tenure = _per_customer(sum((a[name] for name in layers), na * 0), na, sum((b[name] for name in layers), nb * 0), nb)
    middle = (base[0] + base[1] + tenure[0] + tenure[1]) / 2.0
    lines = [part * middle for part in people]
    lines += [(own[1] - own[0]) * (na + nb) / 2.0 for own in (base, tenure)]
    lines += [a[name] - b[name] for name in _COSTS]
    split: Floats = np.array([line.mean(axis=1) for line in lines])
    return split


def _per_customer(a: Floats, na: Floats, b: Floats, nb: Floats) -> tuple[Floats, Floats]:
    """Amounts a customer; where one side has no customers, that of the other, so that all is due to their number."""
    one = np.divide(a, na, out=np.zeros_like(a), where=na > 0)
    other = np.divide(b, nb, out=np.zeros_like(b), where=nb > 0)
    return np.where(na > 0, one, other), np.where(nb > 0, other, one)


def _customers(a: Mapping[str, Floats], b: Mapping[str, Floats]) -> Floats:
    """Difference in customers at the start of each month by cause, shape (causes, replications, months)."""
    na, nb = a["customers"], b["customers"]
    ha, hb = _per_customer(a["left"], na, b["left"], nb)
    stay = 1.0 - (ha + hb) / 2.0
    more = {name: b[name] - a[name] for name in ("referred", "won_back", "joined")}
    more["joined"] = more["joined"] - more["referred"] - more["won_back"]
    more |= {"opening": np.zeros_like(na), "kept": -(hb - ha) * (na + nb) / 2.0}
    new: Floats = np.array([more[name] for name in _CUSTOMERS])
    parts = np.zeros_like(new)
    parts[0, :, 0] = nb[:, 0] - na[:, 0]
    for month in range(na.shape[1] - 1):
        parts[:, :, month + 1] = parts[:, :, month] * stay[:, month] + new[:, :, month]
    return parts
