"""Maximum likelihood with positive parameters: several starts, one polished maximum, a record of how it went.

Every fitted model of :mod:`custsim.value` goes through :func:`maximise`. The search runs on the logarithms of the
parameters, so that no step can leave their range, and a search that fails ends in a :class:`Convergence` record that
says so: a fit that is not to be trusted is a result to be read, not an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special
from threadpoolctl import threadpool_limits

from custsim.errors import InputError

__all__ = ["Convergence", "Estimates", "Fitted", "estimates_table", "maximise", "require_positive"]

Floats = NDArray[np.float64]
#: parameters -> (log-likelihood, its gradient with respect to the parameters)
Likelihood = Callable[[Floats], tuple[float, Floats]]

#: A parameter whose logarithm gets this far from that of the scaled data's unit has run away.
_BOUND = 14.0
#: Largest slope, per customer and per unit of log-parameter, that still counts as a maximum.
_FLAT = 1e-6


@dataclass(frozen=True)
class Convergence:
    """How a search for the maximum ended.

    Attributes
    ----------
    converged
        Whether the estimates are a maximum: flat, curved downwards, away from the bounds of the search.
    message
        What happened, in one sentence, and what to do about it.
    starts
        From how many points the search set out.
    agreeing
        How many of them ended at the same maximum.
    evaluations
        How often the likelihood was evaluated, over all starts.
    steepest_slope
        Largest absolute slope of the log-likelihood per customer in a log-parameter, at the end.
    """

    converged: bool
    message: str
    starts: int
    agreeing: int
    evaluations: int
    steepest_slope: float


@dataclass(frozen=True)
class Estimates:
    """What a fit knows besides the parameters: likelihood, uncertainty, and how the search went.

    Attributes
    ----------
    names
        Parameter names, in order.
    parameters
        Maximum-likelihood estimates, in that order.
    log_likelihood
        At the estimates, summed over customers.
    customers
        Number of customers (the sum of the weights).
    standard_errors
        One for each parameter, from the curvature; not a number where the curvature does not say.
    covariance
        Of the *logarithms* of the parameters.
    convergence
        How the search ended.
    """

    names: tuple[str, ...]
    parameters: tuple[float, ...]
    log_likelihood: float
    customers: float
    standard_errors: tuple[float, ...]
    covariance: Floats = field(repr=False, compare=False)
    convergence: Convergence

    @property
    def aic(self) -> float:
        """Akaike's criterion, ``2 k - 2 LL``: the smaller, the better the model for its number of parameters."""
        return 2.0 * len(self.names) - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``k ln(customers) - 2 LL``."""
        return len(self.names) * float(np.log(self.customers)) - 2.0 * self.log_likelihood


def require_positive(where: str, **parameters: float) -> None:
    """Refuse parameters that are not finite and above 0, all of them at once.

    Raises
    ------
    InputError
        With one line for each parameter that is out of range.

    Examples
    --------
    >>> require_positive("BG/NBD", r=0.243, alpha=4.414)
    """
    problems = [
        f"{where}.{name}: must be a finite number above 0, got {value!r}"
        for name, value in parameters.items()
        if not (np.isfinite(value) and value > 0)
    ]
    if problems:
        raise InputError(problems)


def maximise(
    likelihood: Likelihood,
    names: Sequence[str],
    starts: Sequence[Sequence[float]],
    customers: float,
    units: ArrayLike | None = None,
) -> Estimates:
    """Find the largest likelihood over positive parameters, from several starts.

    Each start is searched with L-BFGS-B on the log-parameters; the best end point is polished with Newton steps, whose
    curvature also gives the standard errors: ``se(theta) = theta se(log theta)``.

    Parameters
    ----------
    likelihood
        ``theta -> (LL, dLL/dtheta)``, summed over customers.
    names
        Parameter names.
    starts
        Points to set out from, in units of ``units``.
    customers
        Number of customers, by which the likelihood is scaled.
    units
        Natural size of each parameter (for instance the length of the observation for a rate's scale); 1 by default.
        The search is for ``log(theta / unit)``.

    Returns
    -------
    Estimates
        Of the best end point, whether or not the search converged; read ``convergence``.

    Examples
    --------
    >>> def exponential(theta):  # waiting times 1, 2 and 3 with rate theta
    ...     return 3 * np.log(theta[0]) - 6 * theta[0], np.array([3 / theta[0] - 6])
    >>> maximise(exponential, ["rate"], [[1.0]], customers=3).parameters
    (0.5,)
    """
    scale = np.log(np.ones(len(names)) if units is None else np.asarray(units, dtype=np.float64))
    count = _Counter()

    def objective(point: Floats) -> tuple[float, Floats]:
        count.calls += 1
        theta = np.exp(point + scale)
        with np.errstate(all="ignore"):
            value, slope = likelihood(theta)
            slope = -slope * theta / customers
        value = -value / customers
        if not (np.isfinite(value) and np.all(np.isfinite(slope))):
            return 1e10, np.zeros_like(point)
        return float(value), slope

    with threadpool_limits(1, "blas"):  # for matrices of four rows threads only wait, on a busy machine for very long
        ends = [_search(objective, np.log(np.asarray(start, dtype=np.float64))) for start in starts]
        best = min(ends, key=lambda end: end[1])
        point, curvature = _polish(objective, best[0])
    agreeing = sum(1 for _, value in ends if value - best[1] < 1e-6)
    value, slope = objective(point)
    covariance, message = _verdict(point, slope, curvature, names, customers)
    theta = np.exp(point + scale)
    with np.errstate(invalid="ignore"):
        errors = theta * np.sqrt(np.diag(covariance))
    record = Convergence(
        converged=message is None,
        message=message or f"a maximum, reached from {agreeing} of {len(starts)} starts",
        starts=len(starts),
        agreeing=agreeing,
        evaluations=count.calls,
        steepest_slope=float(np.abs(slope).max()),
    )
    return Estimates(
        names=tuple(names),
        parameters=tuple(float(f"{v:.12g}") for v in theta),
        log_likelihood=-value * customers,
        customers=float(customers),
        standard_errors=tuple(float(e) for e in errors),
        covariance=covariance,
        convergence=record,
    )


class _Counter:
    """Counts evaluations."""

    calls = 0


def _search(objective: Callable[[Floats], tuple[float, Floats]], start: Floats) -> tuple[Floats, float]:
    """Run one bounded quasi-Newton search."""
    result = optimize.minimize(
        objective,
        np.clip(start, -_BOUND, _BOUND),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * len(start),
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-7},
    )
    return np.asarray(result.x, dtype=np.float64), float(result.fun)


def _curvature(objective: Callable[[Floats], tuple[float, Floats]], point: Floats) -> Floats:
    """Differentiate the exact gradient by central differences."""
    step = 1e-4
    rows = []
    for i in range(len(point)):
        ahead, behind = point.copy(), point.copy()
        ahead[i] += step
        behind[i] -= step
        rows.append((objective(ahead)[1] - objective(behind)[1]) / (2 * step))
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _polish(objective: Callable[[Floats], tuple[float, Floats]], start: Floats) -> tuple[Floats, Floats]:
    """Sharpen a maximum with Newton steps, so that even a flat ridge gives every printed digit."""
    point = start
    value, slope = objective(point)
    curvature = _curvature(objective, point)
    for _ in range(12):
        if np.abs(slope).max() < 1e-11 or np.abs(point).max() >= _BOUND - 1e-6:
            break
        try:
            step = -np.linalg.solve(curvature, slope)
        except np.linalg.LinAlgError:
            break
        if not np.all(np.isfinite(step)) or slope @ step > 0:
            break
        step *= min(1.0, 1.0 / np.abs(step).max())
        trial = np.clip(point + step, -_BOUND, _BOUND)
        new_value, new_slope = objective(trial)
        if new_value > value + 1e-13:
            break
        point, value, slope = trial, new_value, new_slope
        curvature = _curvature(objective, point)
    return point, curvature


def _verdict(
    point: Floats, slope: Floats, curvature: Floats, names: Sequence[str], customers: float
) -> tuple[Floats, str | None]:
    """Return the covariance of the log-parameters and, where the end point is no maximum, what is wrong with it."""
    unknown = np.full((len(point), len(point)), np.nan)
    away = [name for name, at in zip(names, point, strict=True) if abs(at) > _BOUND - 2]
    if away:
        return unknown, (
            f"{' and '.join(away)} ran away: the likelihood keeps rising, so the data do not tell these parameters "
            "apart; use more data or a simpler model"
        )
    if not np.abs(slope).max() < _FLAT:
        return unknown, "the search stopped on a slope: the estimates are not a maximum; check the data's scale"
    eigenvalues = np.linalg.eigvalsh(curvature)
    if eigenvalues[0] <= 1e-10:
        return unknown, (
            "the likelihood is flat in some direction: several parameter sets fit equally well, so read predictions, "
            "not parameters, and use more data or a simpler model"
        )
    return np.asarray(np.linalg.inv(curvature) / customers, dtype=np.float64), None


def estimates_table(names: Sequence[str], values: Sequence[float], estimates: Estimates | None) -> pd.DataFrame:
    """Tabulate estimates with standard errors and 95 % intervals (symmetric on the log scale).

    Examples
    --------
    >>> estimates_table(["r"], [0.25], None)["estimate"].to_dict()
    {'r': 0.25}
    """
    value = np.asarray(values, dtype=np.float64)
    errors = np.full(len(value), np.nan) if estimates is None else np.asarray(estimates.standard_errors)
    with np.errstate(over="ignore"):  # an interval without end is what a flat likelihood gives
        reach = np.exp(float(special.ndtri(0.975)) * errors / value)
    columns: dict[str, Any] = {
        "estimate": value,
        "standard_error": errors,
        "low_95": value / reach,
        "high_95": value * reach,
    }
    return pd.DataFrame(columns, index=pd.Index(list(names), name="parameter"))


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What every model with parameters can tell of itself.

    Parameters
    ----------
    estimates
        How the parameters were found; ``None`` where they were given by hand.
    """

    estimates: Estimates | None = field(default=None, repr=False, compare=False)
    name: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]]

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {name: float(getattr(self, name)) for name in self.parameter_names}

    @property
    def convergence(self) -> Convergence | None:
        """How the fit's search ended; ``None`` if the model was not fitted."""
        return None if self.estimates is None else self.estimates.convergence

    def summary(self) -> pd.DataFrame:
        """Tabulate the parameters with standard errors and 95 % intervals (symmetric on the log scale).

        Returns
        -------
        pandas.DataFrame
            Index ``parameter``; columns ``estimate``, ``standard_error``, ``low_95``, ``high_95``.

        Examples
        --------
        >>> from custsim.value import BGNBD
        >>> BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426).summary()["estimate"].tolist()
        [0.243, 4.414, 0.793, 2.426]
        """
        return estimates_table(self.parameter_names, list(self.parameters.values()), self.estimates)
