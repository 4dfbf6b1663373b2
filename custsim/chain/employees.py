"""Link 2: employees, the internal customers: satisfaction, turnover, skill, work pressure and eroding standards."""

from __future__ import annotations

import numpy as np

from custsim.chain.forms import relax
from custsim.chain.types import Real

__all__ = [
    "grow_skill",
    "head_target",
    "next_norm",
    "next_satisfaction",
    "quit_probability",
    "satisfaction_target",
    "served_share",
    "survivor_shift",
    "time_per_visit",
    "work_pressure",
    "workload_strain",
]


def workload_strain(smoothed_pressure: Real, tolerated_pressure: Real) -> Real:
    """Strain from work pressure above what is tolerated, ``max(0, p - p0)``; both relative to full capacity.

    Examples
    --------
    >>> round(float(workload_strain(1.05, 0.95)), 2)
    0.1
    """
    return np.maximum(0.0, smoothed_pressure - tolerated_pressure)


def satisfaction_target(
    anchor: Real,
    internal_service_gap: Real,
    pay_gap: Real,
    strain: Real,
    hostility: Real,
    trait: Real,
    internal_service_effect: Real,
    pay_effect: Real,
    strain_effect: Real,
    hostility_effect: Real,
) -> Real:
    r"""Satisfaction an employee moves to.

    .. math:: e^* = e_0 + a_Q (Q-Q_0) + a_w (w/w_m - 1) - a_s\,strain - a_h\,hostility + trait

    Parameters
    ----------
    anchor
        Satisfaction :math:`e_0` with everything at its reference, index 0-1.
    internal_service_gap
        Internal service quality less its reference.
    pay_gap
        Pay relative to the market less 1.
    strain
        Workload strain, see :func:`workload_strain`.
    hostility
        Service failures per visit relative to the reference, less 1: angry customers.
    trait
        Lasting personal disposition, index points.
    internal_service_effect, pay_effect, strain_effect, hostility_effect
        Slopes, index points per unit of the cause.

    Returns
    -------
    Real
        Target satisfaction, clipped to [0, 1] (the index has no values beyond).

    References
    ----------
    Causes: Heskett et al. (1994); hostile customers: Reynolds & Harris (2006). Slopes are fitted so that five points of
    employee attitude are within reach of internal spending (Rucci, Kirn & Quinn 1998): assumption.

    Examples
    --------
    >>> round(float(satisfaction_target(0.65, 0.0, 0.0, 0.0, 0.0, 0.0, 0.45, 0.5, 0.8, 0.06)), 2)
    0.65
    """
    wanted = (
        anchor
        + internal_service_effect * internal_service_gap
        + pay_effect * pay_gap
        - strain_effect * strain
        - hostility_effect * hostility
        + trait
    )
    return np.minimum(1.0, np.maximum(0.0, wanted))


def next_satisfaction(satisfaction: Real, target: Real, noise: Real, months: Real) -> Real:
    """Employee satisfaction a month later: first-order adjustment plus noise, kept within [0, 1].

    Parameters
    ----------
    satisfaction, target
        Present and target satisfaction, index 0-1.
    noise
        This month's mood, index points.
    months
        Time constant in months, at least 1.

    Examples
    --------
    >>> round(float(next_satisfaction(0.6, 0.9, 0.0, 3.0)), 2)
    0.7
    """
    return np.minimum(1.0, np.maximum(0.0, relax(satisfaction, target, months, months) + noise))


def quit_probability(satisfaction: Real, base: Real, sensitivity: Real, reference: Real) -> Real:
    r"""Probability that an employee quits this month, :math:`1 - \exp(-h_0 e^{-g (e - e_0)})`.

    Parameters
    ----------
    satisfaction
        Employee satisfaction, index 0-1.
    base
        Monthly quit hazard :math:`h_0` at the reference satisfaction.
    sensitivity
        :math:`g`, fall of the log hazard per unit of satisfaction.
    reference
        Reference satisfaction :math:`e_0`.

    References
    ----------
    Form: proportional hazard. Size: unit-level r = -.30 between satisfaction and turnover, Harter, Schmidt &
    Hayes (2002); level: contact-centre turnover of about 25 % a year (trade press).

    Examples
    --------
    >>> round(float(quit_probability(0.65, 0.0205, 2.0, 0.65)), 4)
    0.0203
    """
    return 1.0 - np.exp(-base * np.exp(-sensitivity * (satisfaction - reference)))


def survivor_shift(sensitivity: Real, trait_sd: Real) -> Real:
    r"""How far survivors' mean trait lies above entrants', about :math:`g \sigma^2` at an age of 1/h.

    Those who stay are the easily satisfied; taking the shift off the anchor keeps the mean of the *stock* there.

    Examples
    --------
    >>> round(float(survivor_shift(2.0, 0.08)), 4)
    0.0128
    """
    return sensitivity * trait_sd**2


def grow_skill(skill: Real, training: Real, months: Real, ease: Real, training_effect: Real) -> Real:
    r"""Skill a month later, :math:`s' = s + (1-s)/(\tau(c - k L))`: training shortens the way to full skill.

    Parameters
    ----------
    skill
        Present skill, 0-1 of a fully productive employee.
    training
        Level of the training driver, 0-1.
    months
        Time constant :math:`\tau`, months.
    ease, training_effect
        :math:`c` and :math:`k`; at the reference level .632 they give a factor near 1.

    References
    ----------
    About eight months to full productivity in one large contact centre (trade press); form: assumption.

    Examples
    --------
    >>> round(float(grow_skill(0.45, 0.632, 3.0, 1.25, 0.4)), 3)
    0.634
    """
    return np.minimum(1.0, skill + (1.0 - skill) / np.maximum(1.0, months * (ease - training_effect * training)))


def work_pressure(visits: Real, norm_hours: Real, effective_hours: Real) -> Real:
    """Work pressure: hours the customers would need at the norm, over the effective hours the staff has.

    Parameters
    ----------
    visits
        Customer visits expected this month.
    norm_hours
        Hours a visit should get by the present norm.
    effective_hours
        Skill-weighted hours of the staff this month; at least a small positive number.

    References
    ----------
    Desired over actual service capacity: Oliva & Sterman (2001).

    Examples
    --------
    >>> float(work_pressure(1000.0, 0.8, 1000.0))
    0.8
    """
    return visits * norm_hours / effective_hours


def time_per_visit(norm_hours: Real, pressure: Real, exponent: Real) -> Real:
    r"""Hours a visit gets: :math:`T = T^* p^{-\alpha}` under pressure above 1, the norm :math:`T^*` otherwise.

    Parameters
    ----------
    norm_hours
        Norm :math:`T^*`, hours.
    pressure
        Work pressure, see :func:`work_pressure`.
    exponent
        :math:`\alpha`, 0-1; 1 means corners are cut until everybody is served, 0 that none is.

    References
    ----------
    Oliva & Sterman (2001): exponent .64.

    Examples
    --------
    >>> round(float(time_per_visit(1.0, 1.2, 0.64)), 2)
    0.89
    """
    return norm_hours * np.maximum(1.0, pressure) ** (-exponent)


def served_share(pressure: Real, exponent: Real) -> Real:
    r"""Share of visits that can be served at the shortened time, :math:`\min(1, p^{-(1-\alpha)})`; the rest balk.

    Follows from :func:`time_per_visit`: what shortening does not absorb is not served.

    Examples
    --------
    >>> round(float(served_share(1.2, 0.64)), 3)
    0.936
    """
    return np.maximum(1.0, pressure) ** (exponent - 1.0)


def next_norm(
    norm: Real,
    design: Real,
    smoothed_pressure: Real,
    exponent: Real,
    dead_band: Real,
    months_down: Real,
    recovery_per_month: Real,
) -> Real:
    r"""The norm of time per visit a month later: it follows what is practised under sustained overload.

    .. math::
        T' = T^* + \frac{T^*}{\tau}\left(\max(1, \tfrac{p_s}{1+b})^{-\alpha} - 1\right), \qquad
        T^{*\prime} = T' + r\,\max(0, T_d - T')\,\min(1, \max(0, 50(1.02 - p_s)))

    Overload within the dead band leaves the norm alone; recovery is full at a smoothed pressure of up to 1 and fades
    out at 1.02.

    Parameters
    ----------
    norm, design
        Present norm and the norm the service was designed for, hours.
    smoothed_pressure
        Work pressure smoothed over some months.
    exponent
        See :func:`time_per_visit`.
    dead_band
        Overload that leaves the norm alone, e.g. .03.
    months_down
        Time constant of erosion, months.
    recovery_per_month
        Share of the lost norm regained per month without overload; 0 = never.

    References
    ----------
    Oliva & Sterman (2001): time constant 18.8 weeks downwards, practically never upwards. Smoothing, dead band and slow
    recovery: assumption (taken literally the norm would be the running minimum of noise).

    Examples
    --------
    >>> float(next_norm(0.84, 0.84, 0.9, 0.64, 0.03, 4.33, 0.008))
    0.84
    >>> bool(next_norm(0.84, 0.84, 1.2, 0.64, 0.03, 4.33, 0.008) < 0.84)
    True
    """
    overload = np.maximum(1.0, smoothed_pressure / (1.0 + dead_band))
    eroded = norm + norm * (overload ** (-exponent) - 1.0) / months_down
    slack = np.minimum(1.0, np.maximum(0.0, 50.0 * (1.02 - smoothed_pressure)))
    return eroded + np.maximum(0.0, design - eroded) * recovery_per_month * slack


def head_target(smoothed_customers: Real, customers_per_employee: Real) -> Real:
    """Employees a firm of this size plans for, at least one; smoothed so that staffing follows demand with a delay.

    Examples
    --------
    >>> float(head_target(6000.0, 150.0))
    40.0
    """
    return np.maximum(1.0, np.round(smoothed_customers / customers_per_employee))
