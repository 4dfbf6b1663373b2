r"""Markov-chain lifetime value: customers move between states, and each state earns or costs something.

Rewards are received at the start of a period, by customers in that state: with transition matrix :math:`P`, reward
vector :math:`R` and discount rate :math:`d`,

.. math:: V_T = \sum_{t=0}^{T} \frac{P^t R}{(1+d)^t}, \qquad V_\infty = \left(I - \frac{P}{1+d}\right)^{-1} R.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from custsim.errors import CustsimError, InputError
from custsim.value._inputs import Check

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from custsim.value._inputs import Floats

__all__ = ["MarkovChain", "StoppingRule", "recency_chain"]


class StoppingRule(NamedTuple):
    """In which states to go on, and what customers are worth when one does.

    ``keep`` is true for states in which to go on; ``value`` is the lifetime value by state under the rule; ``gain``
    is how much that is above never stopping. Both are pandas Series indexed by state.
    """

    keep: pd.Series[bool]
    value: pd.Series[float]
    gain: pd.Series[float]


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """Customers who move between states once a period.

    Parameters
    ----------
    transitions
        Probability of moving from the row's state to the column's in one period, shape ``(n, n)``; rows add up to 1.
    rewards
        What a customer in each state brings at the start of a period, net of what is spent on him, currency units,
        shape ``(n,)``.
    discount
        Discount rate of one period, 0 to 1; must be above 0 for endless values unless the chain ends in worthless
        states.
    states
        Names of the states; numbered from 1 by default.
    stopping_rewards
        What a customer in each state still brings when one stops serving him, shape ``(n,)``; 0 by default.

    Raises
    ------
    InputError
        If the matrix is not square, a row does not add up to 1, lengths differ or names repeat.

    References
    ----------
    Pfeifer, P. E. and Carraway, R. L. (2000), Modeling customer relationships as Markov chains, Journal of
    Interactive Marketing 14(2).

    Examples
    --------
    >>> chain = MarkovChain([[0.8, 0.2], [0, 1]], rewards=[100, 0], discount=0.1, states=["customer", "former"])
    >>> round(float(chain.value()["customer"]), 2)
    366.67
    """

    transitions: npt.ArrayLike
    rewards: npt.ArrayLike
    discount: float
    states: Sequence[str] = ()
    stopping_rewards: npt.ArrayLike | None = None
    _p: Floats = field(init=False, repr=False, compare=False)
    _r: Floats = field(init=False, repr=False, compare=False)
    _stop: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check = Check()
        p = check.floats("transitions", self.transitions, 0, 1, ndim=2)
        r = check.floats("rewards", self.rewards, ndim=1)
        check.floats("discount", self.discount, 0, 1, ndim=0, hint="write 10 % as 0.1")
        stop = check.floats("stopping_rewards", np.zeros(r.size) if self.stopping_rewards is None else
                            self.stopping_rewards, ndim=1)  # fmt: skip
        check.done(broadcast=False)
        n = p.shape[0]
        names = tuple(self.states) or tuple(str(k + 1) for k in range(n))
        check.require(p.shape == (n, n), f"transitions: must be square, got shape {p.shape}")
        check.require(r.shape == (n,), f"rewards: must have one number for each of the {n} states, got {r.size}")
        check.require(stop.shape == (n,), f"stopping_rewards: must have one number for each of {n} states")
        check.require(
            len(names) == n and len(set(names)) == n, f"states: must name each of {n} states once, got {names}"
        )
        sums = p.sum(axis=1)
        for k in np.flatnonzero(~np.isclose(sums, 1.0, rtol=0, atol=1e-9)):
            check.require(
                False, f"transitions: row {k} must add up to 1, got {sums[k]:.10g}; add the share that leaves"
            )
        check.done(broadcast=False)
        for key, value in (("_p", p), ("_r", r), ("_stop", stop), ("states", names)):
            object.__setattr__(self, key, value)

    def value(self, horizon: int | None = None) -> pd.Series[float]:
        """Lifetime value of a customer by the state he is in now.

        Parameters
        ----------
        horizon
            Last period counted, whole and at least 0; rewards of periods 0 to ``horizon`` are added up. None counts
            all.

        Returns
        -------
        pandas.Series
            Value by state, currency units.

        Raises
        ------
        InputError
            If the horizon is not a whole number, or an endless value does not exist (no discount, and a state that
            is never left has a reward).

        Examples
        --------
        >>> chain = MarkovChain([[0.8, 0.2], [0, 1]], rewards=[100, 0], discount=0.1, states=["customer", "former"])
        >>> chain.value(horizon=1).round(2).tolist()
        [172.73, 0.0]
        """
        if horizon is None:
            return self._series(self._solve(np.ones(self._r.size, dtype=bool)))
        check = Check()
        last = int(check.floats("horizon", horizon, 0, whole=True, ndim=0).item())
        check.done()
        total = self._r.copy()
        for _ in range(last):
            total = self._r + self._p @ total / (1 + self.discount)
        return self._series(total)

    def distribution(self, start: npt.ArrayLike, periods: int) -> pd.DataFrame:
        """Expected number of customers in each state, from period 0 to ``periods``.

        Parameters
        ----------
        start
            Customers in each state now, at least 0, shape ``(n,)``.
        periods
            Number of periods to go on, at least 0.

        Returns
        -------
        pandas.DataFrame
            One row a period, one column a state.

        Raises
        ------
        InputError
            If a number is negative or lengths differ.

        Examples
        --------
        >>> chain = MarkovChain([[0.8, 0.2], [0, 1]], rewards=[100, 0], discount=0.1, states=["customer", "former"])
        >>> chain.distribution([100, 0], 2)["customer"].round(6).tolist()
        [100.0, 80.0, 64.0]
        """
        import pandas as pd

        check = Check()
        now = check.floats("start", start, 0, ndim=1)
        last = int(check.floats("periods", periods, 0, whole=True, ndim=0).item())
        check.require(now.size == self._r.size, f"start: must have {self._r.size} numbers, got {now.size}")
        check.done(broadcast=False)
        rows = [now]
        for _ in range(last):
            rows.append(rows[-1] @ self._p)
        return pd.DataFrame(rows, columns=list(self.states), index=pd.RangeIndex(last + 1, name="period"))

    def stop_after(self, keep: Sequence[str]) -> pd.Series[float]:
        """Lifetime value by state when customers are served only in the states ``keep``.

        Parameters
        ----------
        keep
            Names of the states in which one goes on.

        Returns
        -------
        pandas.Series
            Value by state; in the other states it is the stopping reward.

        Raises
        ------
        InputError
            If a name is not a state.

        Examples
        --------
        >>> chain = MarkovChain([[0.8, 0.2], [0, 1]], rewards=[100, 0], discount=0.1, states=["customer", "former"])
        >>> chain.stop_after([]).tolist()  # nobody is served any more
        [0.0, 0.0]
        """
        unknown = [name for name in keep if name not in self.states]
        if unknown:
            raise InputError(f"keep: {unknown[0]!r} is no state; there are: {', '.join(self.states)}")
        return self._series(self._solve(np.array([name in set(keep) for name in self.states])))

    def optimal_stopping(self) -> StoppingRule:
        r"""Find the states in which to go on serving customers, and those in which to let them go.

        Solves :math:`V = \max(\text{stop},\; R + P V / (1+d))` by policy iteration, which ends after finitely many
        steps at the best of all rules, and checks that equation.

        Returns
        -------
        StoppingRule
            ``keep``, ``value`` and ``gain`` by state. Where both are worth the same the state is let go.

        Raises
        ------
        InputError
            If an endless value does not exist.

        Examples
        --------
        >>> costly = MarkovChain([[0.8, 0.2], [0, 1]], rewards=[100, -1], discount=0.1, states=["customer", "former"])
        >>> costly.optimal_stopping().keep.tolist()
        [True, False]
        """
        keep = np.ones(self._r.size, dtype=bool)
        never = self._solve(keep)
        value = never
        slack = 1e-12 * max(1.0, float(np.abs(self._r).max()))
        for _ in range(10 * self._r.size + 10):
            go_on = self._r + self._p @ value / (1 + self.discount)
            better = go_on > self._stop + slack
            if (better == keep).all():
                break
            keep = better
            value = self._solve(keep)
        best = np.maximum(self._stop, self._r + self._p @ value / (1 + self.discount))
        if not np.allclose(best, value, rtol=1e-9, atol=1e-9):
            raise CustsimError("optimal stopping did not settle: its optimality condition is not met")
        return StoppingRule(self._series(keep), self._series(value), self._series(value - never))

    def _solve(self, keep: npt.NDArray[np.bool_]) -> Floats:
        """Endless value when the states outside ``keep`` are given up for their stopping reward."""
        value = self._stop.copy()
        factor = self._p[np.ix_(keep, keep)] / (1 + self.discount)
        reward = self._r[keep] + self._p[np.ix_(keep, ~keep)] @ self._stop[~keep] / (1 + self.discount)
        system = np.eye(int(keep.sum())) - factor
        # Without discount a state that is never left makes the system singular; without reward it is worth nothing.
        idle = np.isclose(system, 0.0).all(axis=1)
        if (idle & (reward != 0)).any() or (self.discount == 0 and self._endless(factor, reward)):
            raise InputError("discount: must be above 0 here, because a state that is never left has a reward")
        inside = np.ix_(~idle, ~idle)
        part = np.zeros(int(keep.sum()))
        part[~idle] = np.linalg.solve(system[inside], reward[~idle])
        value[keep] = part
        return value

    @staticmethod
    def _endless(factor: Floats, reward: Floats) -> bool:
        """Whether, without discount, customers stay for ever in states that do not all go to a single idle one."""
        moving = ~np.isclose(np.eye(len(factor)) - factor, 0.0).all(axis=1)
        if not moving.any():
            return False
        radius = np.abs(np.linalg.eigvals(factor[np.ix_(moving, moving)])).max()
        return bool(radius > 1 - 1e-12 and (reward[moving] != 0).any())

    def _series(self, values: npt.NDArray[np.generic]) -> pd.Series:
        import pandas as pd

        return pd.Series(values, index=pd.Index(self.states, name="state"))


def recency_chain(
    *,
    purchase_probability: npt.ArrayLike,
    net_contribution: float,
    marketing_cost: float,
    discount: float,
) -> MarkovChain:
    """Chain of direct marketing: a customer is in the state of how many periods ago he last bought.

    In recency ``k`` he buys with the k-th probability and goes back to recency 1, or moves on to ``k + 1``; after the
    last recency he is a former customer. Who has just bought brings the net contribution; everyone who is not former
    costs the marketing of the period. One who has just bought and is given up still brings the contribution.

    Parameters
    ----------
    purchase_probability
        Probability of buying in the next period, by recency 1, 2, ..., each 0 to 1.
    net_contribution
        Contribution of a purchase, currency units.
    marketing_cost
        Cost of marketing to one customer for one period, at least 0.
    discount
        Discount rate of one period, 0 to 1.

    Returns
    -------
    MarkovChain
        States ``recency 1``, ..., ``former``.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Pfeifer, P. E. and Carraway, R. L. (2000), Modeling customer relationships as Markov chains, Journal of
    Interactive Marketing 14(2).

    Examples
    --------
    >>> chain = recency_chain(
    ...     purchase_probability=[0.3, 0.2, 0.15, 0.05], net_contribution=40, marketing_cost=4, discount=0.2
    ... )
    >>> round(float(chain.value()["recency 1"]), 2)
    52.32
    >>> chain.optimal_stopping().keep[lambda kept: kept].index.tolist()
    ['recency 1', 'recency 2', 'recency 3']
    """
    check = Check()
    p = check.floats("purchase_probability", purchase_probability, 0, 1, ndim=1, hint="write 30 % as 0.3")
    gain = float(check.floats("net_contribution", net_contribution, ndim=0))
    cost = float(check.floats("marketing_cost", marketing_cost, 0, ndim=0))
    check.done(broadcast=False)
    n = p.size
    matrix = np.zeros((n + 1, n + 1))
    matrix[:n, 0] = p
    matrix[np.arange(n), np.arange(1, n + 1)] += 1 - p
    matrix[n, n] = 1.0
    rewards = np.full(n + 1, -cost)
    rewards[0] += gain
    rewards[n] = 0.0
    stop = np.zeros(n + 1)
    stop[0] = gain
    names = [*(f"recency {k + 1}" for k in range(n)), "former"]
    return MarkovChain(matrix, rewards, discount, names, stop)
