r"""Diffusion: how a market fills, by innovation and imitation (Bass), and what one more adopter is worth.

With market size :math:`m`, coefficient of innovation :math:`p`, of imitation :math:`q`, and :math:`F` the share that
has adopted,

.. math:: F'(t) = (p + q F)(1 - F), \qquad F(t) = \frac{1 - e^{-(p+q)t}}{1 + (q/p) e^{-(p+q)t}}.

Services lose adopters again: with attrition :math:`\delta` the users :math:`N` follow

.. math:: N' = \left(p + (1-\delta) q \frac{N}{m}\right)(m - N) - \delta N,

those who left being again in the market (Libai, Muller and Peres 2009).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from custsim.errors import InputError
from custsim.value._inputs import Check, plain

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from custsim.value._inputs import Floats, Value

__all__ = ["AdopterValue", "Bass", "BassFit", "adopter_value", "bass_fit"]


@dataclass(frozen=True)
class Bass:
    r"""Bass diffusion of a product, or of a service whose users may leave.

    Parameters
    ----------
    p
        Coefficient of innovation a period, above 0, at most 1.
    q
        Coefficient of imitation a period, at least 0, at most 5.
    market
        Number of people who will adopt in the end (without attrition), above 0.
    attrition
        Share of users who leave in a period, :math:`\delta`, at least 0, below 1; 0 for durables.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Bass, F. M. (1969), A new product growth model for consumer durables, Management Science 15(5). Libai, B.,
    Muller, E. and Peres, R. (2009), The diffusion of services, Journal of Marketing Research 46(2).

    Examples
    --------
    >>> durable = Bass(p=0.03, q=0.38, market=1000)
    >>> round(durable.peak_time, 2), round(durable.peak_height, 1)
    (6.19, 110.6)
    """

    p: float
    q: float
    market: float
    attrition: float = 0.0

    def __post_init__(self) -> None:
        check = Check()
        check.floats("p", self.p, high=1, above=0, ndim=0, hint="0.03 is typical")
        check.floats("q", self.q, 0, 5, ndim=0, hint="0.38 is typical")
        check.floats("market", self.market, above=0, ndim=0)
        check.floats("attrition", self.attrition, 0, below=1, ndim=0, hint="write 5 % as 0.05")
        check.done()

    @property
    def _effective(self) -> tuple[float, float, float]:
        """Innovation, imitation and market of the Bass curve that the users follow, attrition included.

        The right-hand side is a quadratic in N with one negative and one positive root; the positive one is where
        the users settle. Without attrition they are p, q and market themselves.
        """
        if self.attrition == 0:
            return self.p, self.q, self.market
        imitation = self.q * (1 - self.attrition)
        slope = imitation - self.p - self.attrition
        spread = math.sqrt(slope**2 + 4 * imitation * self.p)
        # The smaller root is computed from the product of roots: the difference would cancel.
        large = (spread + abs(slope)) / 2
        small = imitation * self.p / large
        innovation, imitating = (small, large) if slope >= 0 else (large, small)
        # At launch the flow is that of the innovators, whichever way it is written.
        return innovation, imitating, self.market * self.p / innovation

    def users(self, time: npt.ArrayLike) -> Value:
        """Users at a time since launch; without attrition these are all who have adopted.

        Parameters
        ----------
        time
            Periods since launch, at least 0.

        Returns
        -------
        float or numpy.ndarray
            Users.

        Raises
        ------
        InputError
            If a time is negative.

        Examples
        --------
        >>> Bass(p=0.03, q=0.38, market=1000).users([0, 5, 10]).round()
        array([  0., 331., 813.])
        """
        check = Check()
        t = check.floats("time", time, 0)
        check.done()
        p, q, m = self._effective
        decay = np.exp(-(p + q) * t)
        return plain(np.asarray(-m * np.expm1(-(p + q) * t) / (1 + q / p * decay)))

    def share(self, time: npt.ArrayLike) -> Value:
        """Users as a share of the market, 0 to 1.

        Parameters
        ----------
        time
            Periods since launch, at least 0.

        Returns
        -------
        float or numpy.ndarray
            ``users(time) / market``.

        Raises
        ------
        InputError
            If a time is negative.

        Examples
        --------
        >>> round(Bass(p=0.03, q=0.38, market=1000).share(10), 3)
        0.813
        """
        return self.users(time) / self.market

    def rate(self, time: npt.ArrayLike) -> Value:
        """Net growth of the users a period at a time since launch; without attrition the adoptions a period.

        Parameters
        ----------
        time
            Periods since launch, at least 0.

        Returns
        -------
        float or numpy.ndarray
            Users a period.

        Raises
        ------
        InputError
            If a time is negative.

        Examples
        --------
        >>> Bass(p=0.03, q=0.38, market=1000).rate(0)  # innovators only: p times the market
        30.0
        """
        p, q, m = self._effective
        done = np.asarray(self.users(time)) / m
        return plain(np.asarray(m * (p + q * done) * (1 - done)))

    def adoptions(self, time: npt.ArrayLike) -> Value:
        """Adoptions a period at a time since launch, those who replace leavers included: rate + attrition x users.

        Parameters
        ----------
        time
            Periods since launch, at least 0.

        Returns
        -------
        float or numpy.ndarray
            Adopters a period.

        Raises
        ------
        InputError
            If a time is negative.

        Examples
        --------
        >>> service = Bass(p=0.03, q=0.38, market=1000, attrition=0.1)
        >>> round(service.adoptions(500) / service.users(500), 3)  # in the end, those who come replace those who go
        0.1
        """
        return self.rate(time) + self.attrition * self.users(time)

    @property
    def peak_time(self) -> float:
        r"""Time since launch at which growth is fastest, :math:`T^* = \ln(q/p)/(p+q)`; 0 where it only falls."""
        p, q, _ = self._effective
        return math.log(q / p) / (p + q) if q > p else 0.0

    @property
    def peak_height(self) -> float:
        r"""Growth a period at its fastest, :math:`m (p+q)^2 / 4q`; at launch where it only falls."""
        p, q, m = self._effective
        return m * (p + q) ** 2 / (4 * q) if q > p else m * p

    @property
    def ceiling(self) -> float:
        """Number of users the market settles at; the whole market without attrition."""
        return self._effective[2]

    def by_period(self, periods: int) -> Floats:
        r"""New users in each of the first periods, from continuous time: :math:`N(t) - N(t-1)`.

        Parameters
        ----------
        periods
            Number of periods, whole and at least 1.

        Returns
        -------
        numpy.ndarray
            Shape ``(periods,)``; compare these with sales a period.

        Raises
        ------
        InputError
            If the number is not whole.

        Examples
        --------
        >>> Bass(p=0.03, q=0.38, market=1000).by_period(3).round(1)
        array([35.8, 49.3, 65.4])
        """
        return np.diff(np.asarray(self.users(np.arange(_whole(periods) + 1))))

    def discrete(self, periods: int) -> pd.DataFrame:
        r"""Diffusion in discrete time, period by period, as a spreadsheet would.

        .. math:: n_t = \left(p + (1-\delta) q \frac{N_{t-1}}{m}\right) (m - N_{t-1}), \quad
                  N_t = (1 - \delta) N_{t-1} + n_t

        It is not the continuous model: who adopts in a period persuades from the next only, so it lags behind.

        Parameters
        ----------
        periods
            Number of periods, whole and at least 1.

        Returns
        -------
        pandas.DataFrame
            One row a period from 1: ``adoptions``, ``leavers`` and ``users`` at its end.

        Raises
        ------
        InputError
            If the number is not whole, or the coefficients are too large for steps of one period.

        Examples
        --------
        >>> Bass(p=0.03, q=0.38, market=1000).discrete(2)["adoptions"].round(2).tolist()
        [30.0, 40.16]
        """
        import pandas as pd

        count = _whole(periods)
        if self.p + self.q * (1 - self.attrition) > 1:
            raise InputError(
                f"p + q = {self.p + self.q:g} a period: must be at most 1 in discrete time, or more people adopt than "
                "there are; take shorter periods"
            )
        users, rows = 0.0, []
        for _ in range(count):
            chance = self.p + (1 - self.attrition) * self.q * users / self.market
            new, left = chance * (self.market - users), self.attrition * users
            users += new - left
            rows.append((new, left, users))
        return pd.DataFrame(
            rows, columns=["adoptions", "leavers", "users"], index=pd.RangeIndex(1, count + 1, name="period")
        )


def _whole(periods: int) -> int:
    check = Check()
    count = check.floats("periods", periods, 1, 1_000_000, whole=True, ndim=0)
    check.done()
    return int(count)


# --- fit --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BassFit:
    """A Bass curve fitted to sales, with how sure we are of it.

    ``bass`` is the curve; ``standard_errors`` and ``covariance`` belong to p, q and market, in that order; ``sales``
    and ``fitted`` are by period; ``converged`` and ``message`` tell how the search ended.
    """

    bass: Bass
    standard_errors: Floats
    covariance: Floats
    sales: Floats
    fitted: Floats
    converged: bool
    message: str

    @property
    def residual_error(self) -> float:
        """Standard error of the regression, in units of sales."""
        return math.sqrt(float(((self.sales - self.fitted) ** 2).sum()) / (self.sales.size - 3))

    @property
    def r_squared(self) -> float:
        """Share of the variance of sales that the curve explains."""
        spread = float(((self.sales - self.sales.mean()) ** 2).sum())
        return 1 - float(((self.sales - self.fitted) ** 2).sum()) / spread

    def summary(self) -> pd.DataFrame:
        """Estimates with standard errors and 95 % intervals (Student's t with n - 3 degrees of freedom).

        Returns
        -------
        pandas.DataFrame
            Index ``parameter`` (p, q, market); columns ``estimate``, ``standard_error``, ``low``, ``high``.

        Examples
        --------
        >>> found = bass_fit(Bass(p=0.02, q=0.4, market=5000).by_period(12) + [1, -1] * 6).summary()
        >>> bool(found.loc["q", "low"] < 0.4 < found.loc["q", "high"])
        True
        """
        import pandas as pd
        from scipy.stats import t

        estimate = np.array([self.bass.p, self.bass.q, self.bass.market])
        half = t.ppf(0.975, self.sales.size - 3) * self.standard_errors
        return pd.DataFrame(
            {"estimate": estimate, "standard_error": self.standard_errors, "low": estimate - half,
             "high": estimate + half},
            index=pd.Index(["p", "q", "market"], name="parameter"),
        )  # fmt: skip

    def predict(self, periods: int) -> Floats:
        """Sales by period from the first to ``periods``, also beyond the data.

        Parameters
        ----------
        periods
            Number of periods since launch, whole and at least 1.

        Returns
        -------
        numpy.ndarray
            Shape ``(periods,)``, in units of sales.

        Raises
        ------
        InputError
            If the number is not whole.

        Examples
        --------
        >>> bass_fit(Bass(p=0.02, q=0.4, market=5000).by_period(12)).predict(40).sum().round()
        np.float64(5000.0)
        """
        return self.bass.by_period(periods)


def bass_fit(sales: npt.ArrayLike) -> BassFit:
    r"""Fit a Bass curve to sales a period since launch, by nonlinear least squares.

    Minimises :math:`\sum_t (s_t - m [F(t) - F(t-1)])^2`, which unlike a regression of sales on cumulated sales has no
    bias from the length of the period, and gives standard errors. Searched on logarithms of p, q and market from
    several starts; standard errors are those of p, q and market themselves.

    Parameters
    ----------
    sales
        First purchases in each period from launch on, at least 0, at least 4 periods and not all zero.

    Returns
    -------
    BassFit
        Curve, standard errors, fitted values; ``converged`` is False, with a ``message``, where the data do not
        determine the curve (before the peak they seldom do).

    Raises
    ------
    InputError
        If sales are fewer than 4, negative, or all zero.

    References
    ----------
    Srinivasan, V. and Mason, C. H. (1986), Nonlinear least squares estimation of new product diffusion models,
    Marketing Science 5(2).

    Examples
    --------
    >>> truth = Bass(p=0.02, q=0.4, market=5000)
    >>> fit = bass_fit(truth.by_period(12))
    >>> round(fit.bass.p, 4), round(fit.bass.q, 4), round(fit.bass.market)
    (0.02, 0.4, 5000)
    """
    from scipy.optimize import least_squares

    check = Check()
    s = check.floats("sales", sales, 0, ndim=1)
    check.done()
    if s.size < 4 or not s.any():
        raise InputError(f"sales: needs at least 4 periods and some sales, got {s.size} with a sum of {s.sum():g}")
    scale = float(s.sum())
    ends = np.arange(s.size + 1, dtype=np.float64)

    def curve(log: Floats) -> Floats:
        p, q, m = np.exp(log)
        decay = np.exp(-(p + q) * ends)
        return np.diff(m * -np.expm1(-(p + q) * ends) / (1 + q / p * decay))

    low, high = np.log([1e-8, 1e-8, 1e-3]), np.log([1.0, 5.0, 1e4])
    starts = [(0.03, 0.38, 1.1), (0.003, 0.6, 1.1), (0.01, 0.2, 3.0), (0.1, 0.1, 1.2)]
    searches = [
        least_squares(lambda x: curve(x) - s / scale, np.log(start), bounds=(low, high), x_scale=1.0,
                      xtol=1e-13, ftol=1e-13, gtol=1e-13, max_nfev=2000)
        for start in starts
    ]  # fmt: skip
    best = min(searches, key=lambda found: float(found.cost))
    return _fit_record(best, s, scale, np.asarray(curve(best.x)) * scale)


def _fit_record(best: Any, sales: Floats, scale: float, fitted: Floats) -> BassFit:
    """Turn the search's end into estimates, their covariance and a verdict."""
    p, q, m = (float(value) for value in np.exp(best.x))
    at_bound = bool((np.abs(best.active_mask) > 0).any())
    _, singular, right = np.linalg.svd(best.jac, full_matrices=False)
    determined = bool(singular[-1] > 1e-10 * singular[0])
    covariance = np.full((3, 3), np.nan)
    if determined and sales.size > 3:
        variance = 2 * float(best.cost) / (sales.size - 3)
        natural = np.array([p, q, m * scale])  # d theta / d ln theta
        covariance = (right.T / singular**2) @ right * variance * np.outer(natural, natural)
    converged = bool(best.success) and determined and not at_bound
    message = (
        "converged"
        if converged
        else "the data do not determine the curve: an estimate lies at the edge of what is possible"
        if at_bound or not determined
        else str(best.message)
    )
    return BassFit(
        bass=Bass(p=min(p, 1.0), q=min(q, 5.0), market=m * scale),
        standard_errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        sales=sales,
        fitted=fitted,
        converged=converged,
        message=message,
    )


# --- value of an adopter ----------------------------------------------------------------------------------------


class AdopterValue(NamedTuple):
    """What an adopter is worth by himself, by those whom he makes adopt earlier, and in sum.

    Attributes
    ----------
    direct, indirect, total
        Currency units at the time of adoption.
    """

    direct: Value
    indirect: Value
    total: Value


def adopter_value(bass: Bass, *, value: float, discount: float, time: npt.ArrayLike) -> AdopterValue:
    r"""Value of one adopter: his own, and what he adds by making others adopt earlier.

    The indirect value is what is lost when someone who adopted at time :math:`t_0` falls silent there. In a market
    without attrition everyone adopts in the end; an adopter's talk does not make customers, it brings them forward, and
    without a discount rate that is worth nothing:

    .. math:: I(t_0) = v\, \rho \int_0^\infty e^{-\rho s}\, n(t_0+s)
              \int_0^s \frac{q / m}{p + q F(t_0+u)}\, du\, ds,

    with :math:`n` the adoptions a period, :math:`F` the share that has adopted and :math:`\rho = \ln(1+d)`. It falls
    with :math:`t_0`: early adopters are worth most.

    With attrition :math:`\delta` an adopter talks for as long as he stays, :math:`e^{-\delta s}`, and those whom he
    brings forward may leave and come again, which counts as a further adoption. With :math:`f(N)` the right-hand side
    of the users' equation in the module's heading, the users :math:`y` that his talk adds follow

    .. math:: y' = f'(N)\, y + (1-\delta) \frac{q}{m} (m - N)\, e^{-\delta s}, \quad y(0) = 0, \qquad
              I(t_0) = v\, (\rho + \delta) \int_0^\infty e^{-\rho s}\, y(s)\, ds.

    Parameters
    ----------
    bass
        The market.
    value
        What a customer is worth at the moment of adopting, currency units: the margin of a durable, the lifetime
        value (until he leaves) of a service's customer.
    discount
        Discount rate of one period, 0 to 1.
    time
        When the adopter adopts, periods since launch, at least 0; his value is counted at that time.

    Returns
    -------
    AdopterValue
        ``direct`` (``value`` itself), ``indirect`` and ``total``, of the shape of ``time``.

    Raises
    ------
    InputError
        If a value is outside its range.

    References
    ----------
    Hogan, J. E., Lemon, K. N. and Libai, B. (2003), What is the true value of a lost customer?, Journal of Service
    Research 5(3), for the idea; the integral is the first-order effect of one person in the Bass equation.

    Examples
    --------
    >>> market = Bass(p=0.03, q=0.38, market=1000)
    >>> early, late = adopter_value(market, value=100, discount=0.1, time=[1, 10]).indirect
    >>> print(round(early, 1), round(late, 1))
    103.7 3.2
    """
    check = Check()
    check.floats("value", value, ndim=0)
    check.floats("discount", discount, 0, 1, ndim=0, hint="write 10 % as 0.1")
    when = check.floats("time", time, 0)
    check.done()
    rho = math.log1p(discount)
    effect = _acceleration if bass.attrition == 0 else _effect_in_a_service
    others = np.array([effect(bass, rho, float(t)) for t in when.ravel()]).reshape(when.shape)
    indirect = value * others
    direct = np.full(when.shape, float(value))
    return AdopterValue(plain(direct), plain(np.asarray(indirect)), plain(np.asarray(direct + indirect)))


def _acceleration(bass: Bass, rho: float, start: float) -> float:
    """Discounted adoptions that one adopter's talk from ``start`` on brings forward, net of those they replace."""
    from scipy.integrate import quad

    if rho == 0 or bass.q == 0:
        return 0.0
    speed = bass.p + bass.q
    odds = bass.q / bass.p

    def advance(s: float) -> float:
        faded = math.exp(-speed * start) * -math.expm1(-speed * s) / speed
        return bass.q / bass.market / speed * (s + odds * faded)

    def lost(s: float) -> float:
        return math.exp(-rho * s) * float(bass.rate(start + s)) * advance(s)

    # Adoption dies out at the speed p + q; forty such times leave nothing that a double could hold.
    far = 40 / (speed + rho) + max(0.0, bass.peak_time - start)
    pieces = _pieces(bass, start, far)
    integrate: Callable[..., Any] = quad
    return rho * sum(float(integrate(lost, a, b, epsabs=0, epsrel=1e-10)[0]) for a, b in pieces)


def _effect_in_a_service(bass: Bass, rho: float, start: float) -> float:
    """Discounted adoptions that one user's talk adds, from ``start`` until he leaves, net of those they replace."""
    from scipy.integrate import solve_ivp

    if bass.q == 0:
        return 0.0
    leaving, talk = bass.attrition, (1 - bass.attrition) * bass.q / bass.market

    def change(s: float, state: Floats) -> list[float]:
        users = float(bass.users(start + s))
        left = bass.market - users
        slope = talk * left - (bass.p + talk * users) - leaving
        return [slope * state[0] + talk * left * math.exp(-leaving * s), math.exp(-rho * s) * state[0]]

    # What one user adds fades with his own leaving or with the market's settling, whichever is slower.
    p, q, _ = bass._effective
    far = max(0.0, bass.peak_time - start) + 40 / (rho + min(leaving, p + q))
    solved = solve_ivp(change, (0.0, far), [0.0, 0.0], method="LSODA", rtol=1e-10, atol=1e-14, max_step=far / 50)
    return (rho + leaving) * float(solved.y[1, -1])


def _pieces(bass: Bass, start: float, far: float) -> list[tuple[float, float]]:
    """Split the integral at the peak, so that quadrature cannot miss it."""
    peak = bass.peak_time - start
    return [(0.0, peak), (peak, far)] if 0 < peak < far else [(0.0, far)]
