"""The serving staff: one place for each position, filled or vacant; satisfaction, skill, quitting, quality.

Random numbers belong to a position and its how-manieth holder, so that one more position, or one more quit elsewhere,
leaves everybody else's luck as it was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from custsim.chain import complaints, employees, forms, internal_service, service_quality
from custsim.chain.complaints import failure_probability
from custsim.chain.employees import (
    grow_skill,
    head_target,
    next_norm,
    next_satisfaction,
    quit_probability,
    satisfaction_target,
    served_share,
    survivor_shift,
    time_per_visit,
    work_pressure,
    workload_strain,
)
from custsim.chain.forms import relax
from custsim.chain.internal_service import driver_level, support_access, target_internal_service
from custsim.chain.service_quality import (
    assurance,
    empathy,
    kano,
    reliability,
    responsiveness,
    tangibles,
    weighted_quality,
)
from custsim.scenario.model import Scenario
from custsim.simulation import streams
from custsim.simulation.compiled import kernel, use_laws
from custsim.simulation.firm import planned_heads
from custsim.simulation.streams import Integer, draw4, normal, uniform

__all__ = ["Staff", "fill_place", "new_staff", "staff_month"]

use_laws(forms, internal_service, employees, service_quality, complaints)

_HOLDER = streams.stream_id("employee/trait")
_MONTH = streams.stream_id("employee/month")

#: holders of one position whose luck is told apart
_HOLDERS = 4096


class Staff(NamedTuple):
    """Arrays over positions, shape (positions,); ``quality`` has shape (segments, positions)."""

    filled: NDArray[np.uint8]  #: 1 filled, 0 vacant or not planned
    holder: NDArray[np.int32]  #: how-manieth holder of the position, from 0
    hired: NDArray[np.int32]  #: month of hiring
    due: NDArray[np.float64]  #: time at which a vacancy will be filled, months; inf if none is being filled
    satisfaction: NDArray[np.float64]  #: 0-1
    skill: NDArray[np.float64]  #: share of full skill
    trait: NDArray[np.float64]  #: lasting disposition, index points
    failure: NDArray[np.float64]  #: probability that a visit served from here goes wrong
    quality: NDArray[np.float64]  #: quality as each segment weighs it
    serving: NDArray[np.int32]  #: the filled positions first; see ``heads``
    heads: NDArray[np.int64]  #: one number: how many positions are filled

    def copy(self) -> Staff:
        """Copy every array."""
        arrays: Any = (array.copy() for array in self)
        return Staff(*arrays)


@kernel
def fill_place(
    staff: Staff, place: int, month: int, skill: float, p: NDArray[np.void], k0: Integer, k1: Integer
) -> None:
    """Put a new holder into a position: with a trait of their own, satisfied as the reference, as skilled as given."""
    row = p[0]
    agent = place * _HOLDERS + staff.holder[place] % _HOLDERS
    trait = row.employees_trait_sd * normal(uniform(k0, k1, _HOLDER, 0, agent, 0))
    staff.filled[place] = 1
    staff.hired[place] = month
    staff.due[place] = np.inf
    staff.trait[place] = trait
    staff.skill[place] = skill
    staff.satisfaction[place] = min(1.0, max(0.0, row.employees_satisfaction + trait))


def new_staff(
    scenario: Scenario, positions: int, p: NDArray[np.void], luck: tuple[np.uint32, np.uint32], month: int
) -> Staff:
    """Make a staff of the planned size, all fully skilled.

    Parameters
    ----------
    scenario
        Tells the planned size.
    positions
        Room for so many positions.
    p
        Packed scenario.
    luck
        Key of the run.
    month
        First month of the firm; its staff was hired in the month before.
    """
    staff = Staff(
        filled=np.zeros(positions, np.uint8),
        holder=np.zeros(positions, np.int32),
        hired=np.zeros(positions, np.int32),
        due=np.full(positions, np.inf),
        satisfaction=np.zeros(positions),
        skill=np.zeros(positions),
        trait=np.zeros(positions),
        failure=np.zeros(positions),
        quality=np.zeros((len(scenario.segments), positions)),
        serving=np.zeros(positions, np.int32),
        heads=np.zeros(1, np.int64),
    )
    for place in range(planned_heads(scenario)):
        fill_place(staff, place, month - 1, 1.0, p, luck[0], luck[1])
    return staff


@kernel(inner=True)
def _internal_service(p: NDArray[np.void], firm: NDArray[np.void]) -> None:
    row, f = p[0], firm[0]
    access = support_access(
        f.internal_wait, row.internal_service_tolerated_days, row.internal_service_wait_patience_days
    )
    f.level_tools = row.tools_factor * driver_level(row.internal_service_tools_spend, row.internal_service_tools_scale)
    f.level_training = driver_level(row.internal_service_training_spend, row.internal_service_training_scale)
    f.level_support = access * driver_level(row.internal_service_support_spend, row.internal_service_support_scale)
    f.level_rewards = driver_level(row.internal_service_rewards_spend, row.internal_service_rewards_scale)
    f.level_teamwork = driver_level(row.internal_service_teamwork_spend, row.internal_service_teamwork_scale)
    f.level_empowerment = driver_level(row.internal_service_empowerment_spend, row.internal_service_empowerment_scale)
    target = target_internal_service(
        f.level_tools,
        f.level_training,
        f.level_support,
        f.level_rewards,
        f.level_teamwork,
        f.level_empowerment,
        row.internal_service_tools_weight,
        row.internal_service_training_weight,
        row.internal_service_support_weight,
        row.internal_service_rewards_weight,
        row.internal_service_teamwork_weight,
        row.internal_service_empowerment_weight,
    )
    f.internal_service = relax(
        f.internal_service, target, row.internal_service_months_up, row.internal_service_months_down
    )


@kernel(inner=True)
def _employees(
    p: NDArray[np.void],
    firm: NDArray[np.void],
    staff: Staff,
    month: int,
    k0: Integer,
    k1: Integer,
    out: NDArray[np.int32],
) -> int:
    """Satisfaction, quits and skill of everybody; list the positions that became vacant in ``out``."""
    row, f = p[0], firm[0]
    quits = 0
    strain = workload_strain(f.pressure_strain, row.employees_tolerated_pressure)
    anchor = row.employees_satisfaction - survivor_shift(row.employees_quit_sensitivity, row.employees_trait_sd)
    for place in range(staff.filled.size):
        if staff.filled[place] == 0:
            continue
        agent = place * _HOLDERS + staff.holder[place] % _HOLDERS
        u_mood, u_quit, _, _ = draw4(k0, k1, _MONTH, month, agent, 0)
        target = satisfaction_target(
            anchor,
            f.internal_service - row.reference_level,
            row.employees_pay - 1.0,
            strain,
            f.hostility,
            staff.trait[place],
            row.employees_internal_service_effect,
            row.employees_pay_effect,
            row.employees_strain_effect,
            row.employees_hostility_effect,
        )
        mood = row.employees_mood_sd * normal(u_mood)
        staff.satisfaction[place] = next_satisfaction(
            staff.satisfaction[place], target, mood, row.employees_satisfaction_months
        )
        chance = quit_probability(
            staff.satisfaction[place],
            row.employees_quit_hazard,
            row.employees_quit_sensitivity,
            row.employees_satisfaction,
        )
        if u_quit < chance:
            staff.filled[place] = 0
            staff.holder[place] += 1
            out[quits] = place
            quits += 1
            continue
        staff.skill[place] = grow_skill(
            staff.skill[place],
            f.level_training,
            row.employees_skill_months,
            row.employees_skill_ease,
            row.employees_skill_training_effect,
        )
    return quits


@kernel(inner=True)
def _pressure(p: NDArray[np.void], firm: NDArray[np.void], staff: Staff) -> None:
    """Work pressure from the visits expected, time per visit, the norm that erodes, and who cannot be served."""
    row, f = p[0], firm[0]
    hours = 1e-9
    count = 0
    for place in range(staff.filled.size):
        if staff.filled[place] != 0:
            hours += staff.skill[place] * row.employees_hours_per_month
            staff.serving[count] = place
            count += 1
    staff.heads[0] = count
    exponent = row.employees_pressure_exponent
    f.expected_visits = f.customer_rate * row.market_visits_per_month
    f.pressure = min(100.0, work_pressure(f.expected_visits, f.norm_hours, hours))
    f.pressure_norms += (f.pressure - f.pressure_norms) / row.employees_pressure_smoothing_months
    f.pressure_strain += (f.pressure - f.pressure_strain) / row.employees_strain_smoothing_months
    f.time_hours = time_per_visit(f.norm_hours, f.pressure, exponent)
    f.served_share = served_share(f.pressure, exponent) if count > 0 else 0.0
    f.norm_hours = next_norm(
        f.norm_hours,
        row.employees_visit_hours,
        f.pressure_norms,
        exponent,
        row.employees_norm_dead_band,
        row.employees_norm_erosion_months,
        row.employees_norm_recovery,
    )


@kernel(inner=True)
def _quality(
    p: NDArray[np.void], firm: NDArray[np.void], staff: Staff, weights: NDArray[np.float64], bends: NDArray[np.float64]
) -> None:
    """What each employee delivers in the five dimensions, how each segment weighs it, and how often it goes wrong."""
    row, f = p[0], firm[0]
    anchor = row.service_quality_anchor
    tools = f.level_tools - row.reference_level
    training = f.level_training - row.reference_level
    time = f.time_hours / row.service_quality_time_reference - 1.0
    touch = tangibles(anchor, row.service_quality_tangibles_slope, tools)
    prompt = responsiveness(anchor, row.service_quality_responsiveness_slope, time)
    for place in staff.serving[: staff.heads[0]]:
        skill = staff.skill[place] - row.service_quality_skill_reference
        sure = reliability(
            anchor,
            row.service_quality_reliability_slope,
            skill,
            tools,
            time,
            row.service_quality_reliability_tools,
            row.service_quality_reliability_time,
        )
        knows = assurance(
            anchor, row.service_quality_assurance_slope, training, skill, row.service_quality_assurance_skill
        )
        mood = staff.satisfaction[place] - row.employees_satisfaction
        cares = empathy(anchor, row.service_quality_empathy_slope, mood)
        staff.failure[place] = failure_probability(
            row.complaints_failure_rate,
            sure - anchor,
            f.prevention - row.complaints_prevention_reference,
            row.complaints_reliability_effect,
            row.complaints_prevention_effect,
        )
        for s in range(weights.shape[0]):
            staff.quality[s, place] = weighted_quality(
                kano(sure, anchor, bends[s, 0]),
                kano(knows, anchor, bends[s, 1]),
                kano(touch, anchor, bends[s, 2]),
                kano(cares, anchor, bends[s, 3]),
                kano(prompt, anchor, bends[s, 4]),
                weights[s, 0],
                weights[s, 1],
                weights[s, 2],
                weights[s, 3],
                weights[s, 4],
            )


@kernel
def staff_month(
    p: NDArray[np.void],
    firm: NDArray[np.void],
    staff: Staff,
    weights: NDArray[np.float64],
    bends: NDArray[np.float64],
    shares: NDArray[np.float64],
    month: int,
    k0: Integer,
    k1: Integer,
    vacated: NDArray[np.int32],
    sums: NDArray[np.float64],
) -> tuple[int, int, int]:
    """Live links 1 to 3 for a month: internal service, employees, service quality.

    Parameters
    ----------
    p, firm, staff
        Packed scenario, state of the firm and staff; the last two are changed.
    weights, bends
        What the segments value, see :func:`custsim.simulation.parameters.pack_segments`.
    shares
        Share of each segment among all persons.
    month
        Month, negative in the warm-up.
    k0, k1
        Key of the run.
    vacated
        Room for the positions that become vacant.
    sums
        Room for three sums over the staff: satisfaction, skill and quality (mean of the segments by share).

    Returns
    -------
    quits, waiting, missing : int
        How many quit, how many vacancies are being filled, and how many more the planned staff would need (below 0 if
        it is above the plan: positions are then closed as people leave).
    """
    f = firm[0]
    _internal_service(p, firm)
    quits = _employees(p, firm, staff, month, k0, k1, vacated)
    _pressure(p, firm, staff)
    _quality(p, firm, staff, weights, bends)
    sums[:] = 0.0
    for place in staff.serving[: staff.heads[0]]:
        sums[0] += staff.satisfaction[place]
        sums[1] += staff.skill[place]
        for s in range(shares.size):
            sums[2] += shares[s] * staff.quality[s, place]
    if staff.heads[0] > 0:
        f.empathy = sums[0] / staff.heads[0] - p[0].employees_satisfaction
    waiting = 0
    for place in range(staff.due.size):
        waiting += np.isfinite(staff.due[place])
    target = int(head_target(f.planned_customers, p[0].employees_customers_per_employee))
    return quits, waiting, target - staff.heads[0] - waiting
