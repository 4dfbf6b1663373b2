"""What the user writes: every parameter of a firm, its staff, its customers and its market, declared once.

Read it in the order of the chain. Defaults are those of the neighbourhood bank that comes with custsim, but for the few
values its file gives. A source that starts with "assumption" was fitted or chosen by us; what it was fitted to is told
in `docs/discussion/calibration.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import PrivateAttr, model_validator

from custsim.errors import InputError
from custsim.scenario.parameter import Section, param

__all__ = [
    "DIMENSIONS",
    "DRIVERS",
    "REFERENCE_LEVEL",
    "STRUCTURE",
    "Complaints",
    "Driver",
    "Employees",
    "InternalService",
    "Intervention",
    "Loyalty",
    "Market",
    "Profit",
    "Referral",
    "Satisfaction",
    "Scenario",
    "Segment",
    "ServiceQuality",
    "Time",
]

#: level of a driver of internal service whose spend equals its scale, 1 - 1/e
REFERENCE_LEVEL = 0.6321205588285577

#: the six drivers of internal service, in the order used everywhere
DRIVERS = ("tools", "training", "support", "rewards", "teamwork", "empowerment")

#: the five RATER dimensions of service quality, in the order used everywhere
DIMENSIONS = ("reliability", "assurance", "tangibles", "empathy", "responsiveness")

#: what a firm is, not what it does: fixed from the opening on; a change of it means another firm with its own opening
STRUCTURE = (
    "time.warm_up_months",
    "time.working_days_per_month",
    "market.persons",
    "market.customers",
    "market.opening",
    "loyalty.relationship",
    "referral.network",
    "referral.edges",
    "referral.strong_ties",
    "referral.weak_ties",
    "referral.rewiring",
)

Kano = Literal["must_be", "linear", "attractive"]
Grade = Literal["A", "B", "C", "D"]

_FITTED = "assumption: fitted to the facts in docs/discussion/calibration.md"
_PER_EMPLOYEE = "currency/employee/month"


class Time(Section):
    """Clock and discounting."""

    months: int = param(60, unit="months", ge=1, le=1200, meaning="Length of the run.", source="assumption")
    start: str = param(
        "2025-01", unit="year-month", meaning="Calendar month of month 0; only names dates.", source="assumption"
    )
    warm_up_months: int = param(
        72,
        unit="months",
        ge=0,
        le=1200,
        meaning="Months lived before month 0, kept apart, so that a steady firm starts in its own steady state.",
        source="assumption: six years outlast every memory in the model",
    )
    annual_discount_rate: float = param(
        0.10,
        unit="1/year",
        ge=0,
        le=1,
        meaning="Annual rate at which future contribution is discounted.",
        source="assumption: the 10-16 % used by Gupta & Lehmann 2003",
    )
    working_days_per_month: float = param(
        21.0, unit="days", gt=0, le=31, meaning="Working days of the desks in a month.", source="assumption"
    )

    @model_validator(mode="after")
    def _is_a_month(self) -> Self:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", self.start):
            raise ValueError(f'start must be a year and a month such as "2025-01", got {self.start!r}')
        return self


class Segment(Section):
    """A kind of customer: how many there are, what they value, how much they visit and spend."""

    name: str = param(
        ..., unit="text", min_length=1, max_length=60, meaning="Name of the segment.", source="assumption"
    )
    share: float = param(
        1.0, unit="share", gt=0, le=1, meaning="Share of all persons; shares add up to 1.", source="assumption"
    )
    visits: float = param(
        1.0, unit="1", gt=0, le=100, meaning="Visits relative to the market's mean.", source="assumption"
    )
    spend: float = param(
        1.0, unit="1", gt=0, le=1000, meaning="Revenue relative to the market's mean.", source="assumption"
    )
    churn: float = param(
        1.0, unit="1", ge=0, le=100, meaning="Hazard of leaving relative to the market's mean.", source="assumption"
    )
    reliability_weight: float = param(
        32.0, unit="1", ge=0, le=1000, meaning="Importance of reliability.", source="Zeithaml et al. 1990: 32 of 100"
    )
    assurance_weight: float = param(
        19.0, unit="1", ge=0, le=1000, meaning="Importance of assurance.", source="Zeithaml et al. 1990: 19 of 100"
    )
    tangibles_weight: float = param(
        11.0, unit="1", ge=0, le=1000, meaning="Importance of tangibles.", source="Zeithaml et al. 1990: 11 of 100"
    )
    empathy_weight: float = param(
        16.0, unit="1", ge=0, le=1000, meaning="Importance of empathy.", source="Zeithaml et al. 1990: 16 of 100"
    )
    responsiveness_weight: float = param(
        22.0, unit="1", ge=0, le=1000, meaning="Importance of responsiveness.", source="Zeithaml et al. 1990: 22 of 100"
    )
    reliability_kind: Kano = param(
        "linear", unit="Kano kind", meaning="How reliability is felt.", source="assumption: Kano kinds are a choice"
    )
    assurance_kind: Kano = param(
        "linear", unit="Kano kind", meaning="How assurance is felt.", source="assumption: Kano kinds are a choice"
    )
    tangibles_kind: Kano = param(
        "linear", unit="Kano kind", meaning="How tangibles are felt.", source="assumption: Kano kinds are a choice"
    )
    empathy_kind: Kano = param(
        "linear", unit="Kano kind", meaning="How empathy is felt.", source="assumption: Kano kinds are a choice"
    )
    responsiveness_kind: Kano = param(
        "linear", unit="Kano kind", meaning="How responsiveness is felt.", source="assumption: Kano kinds are a choice"
    )

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if sum(getattr(self, f"{name}_weight") for name in DIMENSIONS) <= 0:
            raise ValueError("at least one of the five dimension weights must be above 0")
        return self


class Market(Section):
    """The persons there are, and how they come to the firm without word of mouth."""

    persons: int = param(
        20_000, unit="persons", ge=1, le=100_000_000, meaning="Persons in the market.", source="assumption"
    )
    customers: int = param(
        6_000,
        unit="persons",
        ge=0,
        meaning="Customers of the firm at the opening (before the warm-up of a steady firm).",
        source="assumption",
    )
    opening: Literal["steady", "stock", "launch"] = param(
        "steady",
        unit="choice",
        choices={
            "steady": "the stock is drawn as a grown one, then warmed up into the firm's own steady state",
            "stock": "the stock is drawn as a grown one and starts at once; not meant to be stationary",
            "launch": "a random sample of persons starts as customers, all new; not meant to be stationary",
        },
        meaning="State in which the firm starts.",
        source="assumption",
    )
    visits_per_month: float = param(
        1.0, unit="1/month", gt=0, le=200, meaning="Mean visits of a customer.", source="assumption"
    )
    visits_shape: float = param(
        1.5,
        unit="1",
        gt=0,
        le=1e6,
        meaning="Gamma shape of the visit rate across persons; large = all alike.",
        source="assumption: fitted so that the top fifth bring 50-65 % of contribution",
    )
    spend_sd: float = param(
        0.75,
        unit="log points",
        ge=0,
        le=3,
        meaning="Standard deviation of log spend across persons (mean 1).",
        source="assumption: fitted so that the top fifth bring 50-65 % of contribution",
    )
    join_base: float = param(
        0.0017,
        unit="1/month",
        ge=0,
        lt=1,
        meaning="Probability of a prospect to join without advertising or word of mouth.",
        source=_FITTED,
    )
    join_advertised: float = param(
        0.0032,
        unit="1/month",
        ge=0,
        lt=1,
        meaning="Largest addition that advertising can make to that probability.",
        source=_FITTED,
    )
    marketing: float = param(8_000.0, unit="currency/month", ge=0, meaning="Advertising spend.", source="assumption")
    marketing_scale: float = param(
        8_000.0,
        unit="currency/month",
        gt=0,
        meaning="Advertising spend that reaches 63 % of its effect.",
        source="assumption: diminishing returns",
    )
    price: float = param(1.0, unit="1", gt=0, le=10, meaning="Price relative to the market.", source="assumption")
    price_sensitivity: float = param(
        3.0,
        unit="1",
        ge=0,
        le=30,
        meaning="Elasticity to price of the hazard of leaving and, reversed, of the probability to join.",
        source="assumption: price is a reason in 30 % of switching incidents, Keaveney 1995",
    )
    rejoin_months: float = param(
        24.0,
        unit="months",
        gt=0,
        meaning="Time until a lapsed customer can again be won by the ordinary ways (63 %).",
        source="assumption: a closed market without return would run dry",
    )


class Driver(Section):
    """One driver of internal service: what is spent on it, what spend is needed, how much it weighs."""

    spend: float = param(
        0.0,
        unit=_PER_EMPLOYEE,
        ge=0,
        le=100_000,
        meaning="Spend on this driver.",
        source="assumption: all six together 14 % of pay",
    )
    scale: float = param(
        100.0,
        unit=_PER_EMPLOYEE,
        gt=0,
        le=100_000,
        meaning="Spend that buys a level of .632 of this driver.",
        source="assumption: fitted so that the best spend is near, not at, the present one",
    )
    weight: float = param(
        0.2, unit="1", ge=0, le=1000, meaning="Weight in internal service quality.", source="assumption"
    )


class InternalService(Section):
    """Link 1: what the firm does for its own people, and the desk that supports them."""

    tools: Driver = Driver(spend=140.0, scale=140.0, weight=0.20)
    training: Driver = Driver(spend=100.0, scale=100.0, weight=0.20)
    support: Driver = Driver(spend=60.0, scale=60.0, weight=0.20)
    rewards: Driver = Driver(spend=80.0, scale=80.0, weight=0.15)
    teamwork: Driver = Driver(spend=35.0, scale=35.0, weight=0.15)
    empowerment: Driver = Driver(spend=35.0, scale=35.0, weight=0.10)
    supplier_grade: Grade = param(
        "A",
        unit="grade",
        meaning="Grade of the supplier of tools.",
        source="assumption: A-D grading of suppliers is common practice",
    )
    grade_loss: float = param(
        0.067,
        unit="share",
        ge=0,
        le=0.33,
        meaning="Level of tools lost with each grade below A.",
        source="assumption: grade D gives .8 of grade A",
    )
    grade_discount: float = param(
        0.10, unit="share", ge=0, le=0.33, meaning="Price saved with each grade below A.", source="assumption"
    )
    months_up: float = param(
        9.0,
        unit="months",
        ge=1,
        meaning="Time in which internal service quality follows better conditions.",
        source="assumption: trust is built slowly",
    )
    months_down: float = param(
        4.0,
        unit="months",
        ge=1,
        meaning="Time in which internal service quality follows worse conditions.",
        source="assumption: and lost fast",
    )
    requests: float = param(
        1.5,
        unit="1/employee/month",
        ge=0,
        le=100,
        meaning="Requests of an employee to the internal support desk.",
        source="assumption",
    )
    desk_staff: int = param(
        2, unit="persons", ge=0, le=100_000, meaning="Staff of the internal support desk.", source="assumption"
    )
    desk_handling_days: float = param(
        0.3, unit="working days", gt=0, le=60, meaning="Mean work on one internal request.", source="assumption"
    )
    desk_patience_days: float = param(
        20.0,
        unit="working days",
        gt=0,
        meaning="Waiting after which an employee gives up and muddles through.",
        source="assumption: without a limit an overloaded queue has no steady state",
    )
    tolerated_days: float = param(
        0.35, unit="working days", ge=0, meaning="Internal answer time still felt as prompt.", source="assumption"
    )
    wait_patience_days: float = param(
        5.0,
        unit="working days",
        gt=0,
        meaning="Further internal waiting that takes away 63 % of the support.",
        source="assumption",
    )


class Employees(Section):
    """Link 2: the staff that serves customers."""

    customers_per_employee: float = param(
        150.0,
        unit="persons/employee",
        gt=0,
        le=1_000_000,
        meaning="Customers per employee that the firm staffs for: its planned utilisation, the parameter that matters.",
        source="assumption: mean work pressure .93",
    )
    monthly_pay: float = param(
        3_150.0,
        unit=_PER_EMPLOYEE,
        gt=0,
        meaning="Pay at the market's level, with side costs; also of the desks' staff.",
        source="assumption",
    )
    pay: float = param(1.0, unit="1", gt=0, le=10, meaning="Pay relative to the market.", source="assumption")
    satisfaction: float = param(
        0.65,
        unit="index 0-1",
        gt=0,
        lt=1,
        meaning="Employee satisfaction when everything is at its reference.",
        source="assumption",
    )
    internal_service_effect: float = param(
        0.45,
        unit="1",
        ge=0,
        le=5,
        meaning="Effect of internal service quality on employee satisfaction.",
        source="assumption: fitted so that five points of employee attitude need about 40 % more internal spend",
    )
    pay_effect: float = param(
        0.5, unit="1", ge=0, le=5, meaning="Effect of relative pay on employee satisfaction.", source="assumption"
    )
    strain_effect: float = param(
        0.8, unit="1", ge=0, le=10, meaning="Effect of strain on employee satisfaction.", source="assumption"
    )
    hostility_effect: float = param(
        0.06,
        unit="1",
        ge=0,
        le=5,
        meaning="Effect of more failures than usual on employee satisfaction: angry customers.",
        source="assumption: direction from Reynolds & Harris 2006",
    )
    tolerated_pressure: float = param(
        0.95, unit="1", ge=0, le=3, meaning="Work pressure that is felt as normal.", source="assumption"
    )
    satisfaction_months: float = param(
        3.0, unit="months", ge=1, meaning="Time in which employee satisfaction follows its causes.", source="assumption"
    )
    mood_sd: float = param(
        0.03, unit="index 0-1", ge=0, le=1, meaning="Monthly mood of an employee.", source="assumption"
    )
    trait_sd: float = param(
        0.08, unit="index 0-1", ge=0, le=1, meaning="Lasting differences between employees.", source="assumption"
    )
    quit_hazard: float = param(
        0.0195,
        unit="1/month",
        ge=0,
        le=1,
        meaning="Hazard of quitting at the reference satisfaction.",
        source="assumption: fitted to 20-25 % turnover a year; trade press has about 25 % in contact centres",
    )
    quit_sensitivity: float = param(
        2.0,
        unit="1",
        ge=0,
        le=50,
        meaning="Fall of the log hazard of quitting per unit of satisfaction.",
        source="assumption: fitted to r = -.30 between satisfaction and turnover of units, Harter et al. 2002",
    )
    turnover_cost: float = param(
        0.17,
        unit="share of annual pay",
        ge=0,
        le=5,
        meaning="Cost of losing and training a person, without recruiting.",
        source="Boushey & Glynn 2012: .21 with recruiting; the division is an assumption",
    )
    recruiting_cost: float = param(
        1_500.0,
        unit="currency/hire",
        ge=0,
        meaning="Cost of recruiting at a delay of two months; in inverse proportion to the delay.",
        source="Boushey & Glynn 2012: .21 of annual pay in all; the division is an assumption",
    )
    hiring_delay: float = param(
        2.0, unit="months", gt=0, le=60, meaning="Time until a vacancy is filled.", source="assumption"
    )
    head_smoothing_months: float = param(
        6.0, unit="months", ge=1, meaning="Time in which planned staff follows the customers.", source="assumption"
    )
    rookie_skill: float = param(
        0.45, unit="share of full skill", gt=0, le=1, meaning="Skill of a newly hired person.", source="assumption"
    )
    skill_months: float = param(
        3.0,
        unit="months",
        ge=1,
        meaning="Time constant of learning; 95 % of full skill after about eight months.",
        source="assumption: after eight months to full productivity in one large contact centre (trade press)",
    )
    skill_ease: float = param(
        1.25, unit="1", gt=0, le=5, meaning="Factor on learning time without training.", source="assumption"
    )
    skill_training_effect: float = param(
        0.4, unit="1", ge=0, le=5, meaning="Learning time saved by a full level of training.", source="assumption"
    )
    hours_per_month: float = param(
        132.0, unit="hours", gt=0, le=744, meaning="Hours an employee has for customers.", source="assumption"
    )
    visit_hours: float = param(
        0.80, unit="hours", gt=0, le=100, meaning="Hours a visit gets as the service was designed.", source="assumption"
    )
    pressure_exponent: float = param(
        0.64,
        unit="1",
        ge=0,
        le=1,
        meaning="How far time per visit is cut under pressure: 1 all, 0 none.",
        source="Oliva & Sterman 2001: .64",
    )
    pressure_smoothing_months: float = param(
        2.0, unit="months", ge=1, meaning="Smoothing of pressure before norms erode.", source="assumption"
    )
    strain_smoothing_months: float = param(
        3.0, unit="months", ge=1, meaning="Smoothing of pressure felt as strain.", source="assumption"
    )
    norm_dead_band: float = param(
        0.03, unit="1", ge=0, le=1, meaning="Overload that leaves the norm alone.", source="assumption"
    )
    norm_erosion_months: float = param(
        4.33,
        unit="months",
        ge=1,
        meaning="Time constant with which the norm follows cut corners.",
        source="Oliva & Sterman 2001: 18.8 weeks",
    )
    norm_recovery: float = param(
        0.0083,
        unit="1/month",
        ge=0,
        le=1,
        meaning="Share of the lost norm regained in a month without overload; 0 = never.",
        source="assumption: once in ten years; Oliva & Sterman 2001 find practically never",
    )


class ServiceQuality(Section):
    """Link 3: quality in five dimensions, each from its own cause."""

    anchor: float = param(
        0.77, unit="index 0-1", gt=0, lt=1, meaning="Quality with every cause at its reference.", source=_FITTED
    )
    skill_reference: float = param(
        0.98, unit="share of full skill", gt=0, le=1, meaning="Mean skill of a settled staff.", source=_FITTED
    )
    time_reference: float = param(
        0.80,
        unit="hours",
        gt=0,
        le=100,
        meaning="Hours per visit that give the anchor's quality; a firm with other visits needs its own.",
        source=_FITTED,
    )
    reliability_slope: float = param(
        2.0, unit="1", ge=0, le=50, meaning="Steepness of reliability in skill.", source="assumption"
    )
    reliability_tools: float = param(
        0.25, unit="1", ge=0, le=10, meaning="Weight of tools in reliability, relative to skill.", source="assumption"
    )
    reliability_time: float = param(
        1.5, unit="1", ge=0, le=10, meaning="Weight of time in reliability, relative to skill.", source="assumption"
    )
    assurance_slope: float = param(
        1.0, unit="1", ge=0, le=50, meaning="Steepness of assurance in training.", source=_FITTED
    )
    assurance_skill: float = param(
        0.5, unit="1", ge=0, le=10, meaning="Weight of skill in assurance, relative to training.", source="assumption"
    )
    tangibles_slope: float = param(
        1.0, unit="1", ge=0, le=50, meaning="Steepness of tangibles in tools.", source=_FITTED
    )
    empathy_slope: float = param(
        4.5,
        unit="1",
        ge=0,
        le=50,
        meaning="Steepness of empathy in employee satisfaction.",
        source="assumption: fitted to 5 : 1.3 of Rucci, Kirn & Quinn 1998",
    )
    responsiveness_slope: float = param(
        6.0, unit="1", ge=0, le=50, meaning="Steepness of responsiveness in time per visit.", source="assumption"
    )
    kano_curvature: float = param(
        2.0, unit="1", ge=0, le=20, meaning="Curvature of must-be and attractive dimensions.", source="assumption"
    )


class Satisfaction(Section):
    """Link 4: from perception to satisfaction."""

    taste_sd: float = param(
        0.13,
        unit="index 0-1",
        ge=0,
        le=1,
        meaning="Lasting differences between persons in judging the same quality.",
        source="assumption: fitted to 80-85 % satisfied at a mean index of 75-80",
    )
    noise_sd: float = param(0.16, unit="index 0-1", ge=0, le=1, meaning="Luck of a single visit.", source="assumption")
    surprise_effect: float = param(
        0.30,
        unit="1",
        ge=0,
        le=5,
        meaning="Effect of exceeding expectation by one unit.",
        source="assumption: disconfirmation is among the two strongest causes, Szymanski & Henard 2001",
    )
    loss_aversion: float = param(
        2.25,
        unit="1",
        ge=1,
        le=10,
        meaning="Weight of a shortfall relative to an equal surplus.",
        source="Tversky & Kahneman 1992: 2.25; direction Anderson & Sullivan 1993",
    )
    expectation_speed: float = param(
        0.2,
        unit="share/month",
        ge=0,
        le=1,
        meaning="Share of a surprise that becomes the new expectation.",
        source="assumption: form Bolton 1998",
    )
    memory: float = param(
        0.9, unit="share", ge=0, le=1, meaning="Weight of the past in cumulative satisfaction.", source="assumption"
    )
    entry: float = param(
        0.76, unit="index 0-1", ge=0, le=1, meaning="Satisfaction with which a new customer starts.", source=_FITTED
    )
    entry_taste: float = param(
        0.5, unit="1", ge=0, le=2, meaning="Share of personal taste in that start.", source="assumption"
    )
    promise: float = param(
        0.0,
        unit="index 0-1",
        ge=-0.5,
        le=0.5,
        meaning="What advertising promises above what is delivered: expectation of the new.",
        source="assumption: 0 = promises are kept",
    )
    unserved_quality: float = param(
        0.25,
        unit="index 0-1",
        ge=0,
        le=1,
        meaning="Quality perceived by a customer who came and was not served.",
        source="assumption",
    )
    satisfied_above: float = param(
        0.65, unit="index 0-1", ge=0, le=1, meaning="Satisfaction that is reported as satisfied.", source="assumption"
    )


class Complaints(Section):
    """Link 5: failures, silence and voice, the desk, recovery."""

    failure_rate: float = param(
        0.032, unit="1/visit", ge=0, le=1, meaning="Failures per visit at the reference.", source=_FITTED
    )
    reliability_effect: float = param(
        3.0, unit="1", ge=0, le=50, meaning="Effect of reliability on log failures.", source="assumption"
    )
    prevention_effect: float = param(
        1.5,
        unit="1",
        ge=0,
        le=50,
        meaning="Effect of the share of handled failures on log failures: learning.",
        source=_FITTED,
    )
    prevention_reference: float = param(
        0.16, unit="share", ge=0, le=1, meaning="Share of handled failures at the reference.", source=_FITTED
    )
    prevention_months: float = param(
        12.0, unit="months", ge=1, meaning="Memory of the organisation for what it handled.", source="assumption"
    )
    major_share: float = param(
        0.25,
        unit="share",
        ge=0,
        le=1,
        meaning="Share of failures that cost the customer real money.",
        source="assumption",
    )
    minor_loss: float = param(
        10.0, unit="currency", ge=0, meaning="Loss of the customer in a minor failure.", source="assumption"
    )
    major_loss: float = param(
        100.0,
        unit="currency",
        ge=0,
        meaning="Loss of the customer in a major failure.",
        source="TARP 1986: above 100 dollars",
    )
    minor_voice: float = param(
        -3.0,
        unit="log odds",
        ge=-20,
        le=20,
        meaning="Readiness to complain after a minor failure.",
        source="TARP 1986 (Goodman): up to 5 % reach the firm",
    )
    major_voice: float = param(
        0.0,
        unit="log odds",
        ge=-20,
        le=20,
        meaning="Readiness to complain after a loss of money.",
        source="TARP 1986 (Goodman): about 50 %",
    )
    ease: float = param(
        0.5, unit="index 0-1", ge=0, le=1, meaning="Ease of complaining: hidden 0, asked for 1.", source="assumption"
    )
    ease_effect: float = param(
        2.0, unit="log odds", ge=0, le=20, meaning="Effect of ease on complaining.", source="assumption"
    )
    voice_satisfaction: float = param(
        1.5,
        unit="log odds",
        ge=-20,
        le=20,
        meaning="Effect of satisfaction so far on complaining.",
        source="assumption",
    )
    ease_cost: float = param(
        0.4, unit="currency/customer/month", ge=0, meaning="Cost of full ease of complaining.", source="assumption"
    )
    staff: int = param(4, unit="persons", ge=0, le=100_000, meaning="Staff of the complaint desk.", source="assumption")
    handling_days: float = param(
        1.9, unit="working days", gt=0, le=250, meaning="Mean work on one complaint.", source=_FITTED
    )
    patience_days: float = param(
        40.0,
        unit="working days",
        gt=0,
        meaning="Waiting after which a complainer gives up.",
        source="assumption: without a limit an overloaded queue has no steady state",
    )
    compensation: float = param(
        1.0, unit="share of loss", ge=0, le=20, meaning="Compensation relative to the loss.", source="assumption"
    )
    best_compensation: float = param(
        1.25,
        unit="share of loss",
        gt=0,
        le=20,
        meaning="Compensation judged best; more does harm.",
        source="Haesevoets et al. 2017: useful to about 1.5",
    )
    solve_rate: float = param(
        0.50, unit="share", ge=0, le=1, meaning="Share of complaints that the desk can solve.", source="assumption"
    )
    solve_empowerment: float = param(
        0.3, unit="1", ge=0, le=5, meaning="Effect of empowerment on solving.", source="assumption"
    )
    distributive_floor: float = param(
        0.15, unit="index 0-1", ge=0, le=1, meaning="Justice of an outcome without compensation.", source="assumption"
    )
    distributive_patience_days: float = param(
        15.0, unit="working days", gt=0, meaning="Waiting that devalues compensation by 63 %.", source=_FITTED
    )
    interactional: float = param(
        0.60, unit="index 0-1", ge=0, le=1, meaning="Treatment at the reference.", source="assumption"
    )
    interactional_satisfaction: float = param(
        0.6, unit="1", ge=0, le=5, meaning="Effect of employee satisfaction on treatment.", source="assumption"
    )
    interactional_empowerment: float = param(
        0.3, unit="1", ge=0, le=5, meaning="Effect of empowerment on treatment.", source="assumption"
    )
    interactional_training: float = param(
        0.3, unit="1", ge=0, le=5, meaning="Effect of training on treatment.", source="assumption"
    )
    procedural_patience_days: float = param(
        5.0, unit="working days", gt=0, meaning="Waiting that takes away 63 % of procedural justice.", source=_FITTED
    )
    distributive_weight: float = param(
        0.5,
        unit="1",
        ge=0,
        le=100,
        meaning="Weight of the outcome in judging the handling.",
        source="assumption: order from Orsingher et al. 2010",
    )
    interactional_weight: float = param(
        0.35,
        unit="1",
        ge=0,
        le=100,
        meaning="Weight of treatment in judging the handling.",
        source="assumption: order from Orsingher et al. 2010",
    )
    procedural_weight: float = param(
        0.15,
        unit="1",
        ge=0,
        le=100,
        meaning="Weight of speed in judging the handling.",
        source="assumption: order from Orsingher et al. 2010",
    )
    justice_noise_sd: float = param(
        0.12, unit="index 0-1", ge=0, le=1, meaning="Personal luck in judging the handling.", source="assumption"
    )
    satisfied_above: float = param(
        0.55, unit="index 0-1", ge=0, le=1, meaning="Judgement counted as satisfied with the handling.", source=_FITTED
    )
    quick_days: float = param(
        5.0, unit="working days", gt=0, meaning="Answer time counted as quick.", source="assumption"
    )
    minor_hurt: float = param(0.58, unit="wound", ge=0, le=10, meaning="Wound of a minor failure.", source=_FITTED)
    major_hurt: float = param(
        1.0, unit="wound", ge=0, le=10, meaning="Wound of a major failure.", source="assumption: the unit of wounds"
    )
    minor_felt: float = param(
        -0.05, unit="index 0-1", ge=-1, le=0, meaning="Felt mark of a minor failure.", source="assumption"
    )
    major_felt: float = param(
        -0.25, unit="index 0-1", ge=-1, le=0, meaning="Felt mark of a major failure.", source="assumption"
    )
    aggravation: float = param(
        1.5,
        unit="1",
        ge=1,
        le=10,
        meaning="Factor on the wound while an earlier failure is open or unhealed (double deviation).",
        source="assumption: direction from Maxham & Netemeyer 2002",
    )
    fresh_wound: float = param(
        0.3, unit="wound", ge=0, le=10, meaning="Wound from which on a customer is still hurt.", source="assumption"
    )
    deepest_wound: float = param(2.0, unit="wound", gt=0, le=10, meaning="Deepest wound.", source="assumption")
    mark_months: float = param(
        6.0,
        unit="months",
        ge=1,
        meaning="Time in which both marks fade.",
        source="assumption: quick return to normal, Knox & van Oest 2014",
    )
    heal_below: float = param(
        0.25, unit="index 0-1", ge=0, le=1, meaning="Judgement below which nothing heals.", source="assumption"
    )
    heal_range: float = param(
        0.55,
        unit="index 0-1",
        gt=0,
        le=1,
        meaning="Range of judgement over which healing becomes full.",
        source=_FITTED,
    )
    heal_patience_days: float = param(
        20.0, unit="working days", gt=0, meaning="Waiting that takes away 63 % of healing.", source=_FITTED
    )
    insult: float = param(
        0.2, unit="wound", ge=0, le=10, meaning="Wound added by an insulting answer.", source="assumption"
    )
    pleased_above: float = param(
        0.65, unit="index 0-1", gt=0, le=1, meaning="Judgement from which on a recovery pleases.", source="assumption"
    )
    pleased_gain: float = param(
        0.30,
        unit="1",
        ge=0,
        le=5,
        meaning="Gain of the felt mark above it: the recovery paradox, in satisfaction only.",
        source="assumption: direction from de Matos et al. 2007",
    )


class Loyalty(Section):
    """Link 6: who stays."""

    relationship: Literal["contractual", "noncontractual"] = param(
        "contractual",
        unit="choice",
        choices={
            "contractual": "may leave each month, and the firm sees it",
            "noncontractual": "may become inactive after a purchase, and the firm does not see it",
        },
        meaning="Kind of relationship.",
        source="assumption",
    )
    churn: float = param(
        0.0105,
        unit="probability",
        ge=0,
        lt=1,
        meaning="Mean probability to leave, a month or after a purchase, of persons at the reference satisfaction.",
        source="assumption: fitted to a retention of 80-88 % a year",
    )
    churn_shape: float = param(
        2.5,
        unit="1",
        gt=0,
        le=1e6,
        meaning="First parameter of the Beta distribution of that probability; large = all alike.",
        source="assumption: above 1, or the oldest customers would never leave",
    )
    visits_exponent: float = param(
        -0.4,
        unit="1",
        ge=-2,
        le=2,
        meaning="Power of the personal visit rate in the hazard of leaving.",
        source="assumption: without it heavy users, who meet more failures, would leave first",
    )
    satisfaction_reference: float = param(
        0.765, unit="index 0-1", gt=0, le=1, meaning="Satisfaction of the reference customer.", source=_FITTED
    )
    top: float = param(
        0.915, unit="index 0-1", gt=0, le=2, meaning="Satisfaction from which on loyalty is full.", source=_FITTED
    )
    floor: float = param(
        0.02, unit="share", ge=0, le=1, meaning="Share of the hazard left at the top; 1 = no effect.", source=_FITTED
    )
    exponent: float = param(
        3.2,
        unit="1",
        gt=0,
        le=20,
        meaning="Shape of loyalty: above 1 competitive (convex), below 1 captive (flat, steep at the bottom).",
        source="assumption: fitted to a top box that leaves 3-4 times less; shape Jones & Sasser 1995",
    )
    wound_effect: float = param(
        2.2, unit="log hazard", ge=0, le=20, meaning="Effect of a wound on the hazard of leaving.", source=_FITTED
    )
    switching_cost: float = param(
        0.0, unit="log hazard", ge=0, le=10, meaning="What binds customers besides satisfaction.", source="assumption"
    )
    switching_cost_price: float = param(
        6.0,
        unit="currency/customer/month",
        ge=0,
        meaning="Cost of a programme that binds by one unit of switching cost.",
        source="assumption",
    )
    negative_effect: float = param(
        0.10, unit="log hazard", ge=0, le=5, meaning="Effect of a warning heard on leaving.", source="assumption"
    )
    positive_effect: float = param(
        0.05,
        unit="log hazard",
        ge=0,
        le=5,
        meaning="Effect of a recommendation heard on staying.",
        source="assumption: weaker than on acquisition, East and colleagues",
    )
    intention: float = param(
        2.3,
        unit="log odds",
        ge=-20,
        le=20,
        meaning="Intention to stay of the unhurt reference customer.",
        source=_FITTED,
    )
    intention_satisfaction: float = param(
        4.0, unit="log odds", ge=0, le=50, meaning="Effect of satisfaction on intention.", source=_FITTED
    )
    intention_wound: float = param(
        4.3,
        unit="log odds",
        ge=0,
        le=50,
        meaning="Effect of a wound on intention.",
        source="assumption: fitted to TARP's intentions by outcome of a complaint",
    )
    offer_rate: float = param(
        0.0, unit="share", ge=0, le=1, meaning="Share of leavers met with a retention offer.", source="assumption"
    )
    offer_success: float = param(
        0.30, unit="share", ge=0, le=1, meaning="Share of offers accepted.", source="assumption"
    )
    offer_cost: float = param(25.0, unit="currency", ge=0, meaning="Cost of one retention offer.", source="assumption")
    offer_false_alarms: float = param(
        3.0,
        unit="1",
        ge=0,
        le=1000,
        meaning="Offers made to customers who would have stayed, per leaver met.",
        source="assumption",
    )
    winback_rate: float = param(
        0.0,
        unit="share",
        ge=0,
        le=1,
        meaning="Share of the lapsed who are approached, once, within the months below.",
        source="assumption",
    )
    winback_success: float = param(
        0.25,
        unit="share",
        ge=0,
        le=1,
        meaning="Success of an approach right after leaving.",
        source="assumption: Dillard & Bates 2011 find .47 where the problem was resolved for most",
    )
    winback_months: int = param(
        3,
        unit="months",
        ge=1,
        le=60,
        meaning="Months after leaving in which the approach is made.",
        source="assumption",
    )
    winback_fading: float = param(
        6.3,
        unit="months",
        gt=0,
        meaning="Time in which the success of an approach fades to 37 %.",
        source="Dillard & Bates 2011: .474 within 90 days, .295 in the next 90",
    )
    winback_cost: float = param(15.0, unit="currency", ge=0, meaning="Cost of one approach.", source="assumption")


class Referral(Section):
    """Link 7: word of mouth."""

    network: Literal["small_world", "scale_free", "well_mixed", "edges"] = param(
        "small_world",
        unit="choice",
        choices={
            "small_world": "a ring of strong ties, some rewired, and random weak ties",
            "scale_free": "few persons know very many",
            "well_mixed": "everybody meets anybody",
            "edges": "ties from a file of yours",
        },
        meaning="Who talks to whom.",
        source="Watts & Strogatz 1998; Barabasi & Albert 1999",
    )
    edges: str = param(
        "",
        unit="path",
        meaning="File of ties (columns source, target, strong) for network = edges.",
        source="assumption",
    )
    strong_ties: int = param(
        6, unit="persons", ge=0, le=1000, meaning="Strong ties of a person.", source="Goldenberg et al. 2001: 5-29"
    )
    weak_ties: int = param(
        6, unit="persons", ge=0, le=1000, meaning="Weak ties of a person.", source="Goldenberg et al. 2001: 5-29"
    )
    rewiring: float = param(
        0.1, unit="share", ge=0, le=1, meaning="Share of strong ties that reach across the ring.", source="assumption"
    )
    positive_start: float = param(
        0.70, unit="index 0-1", ge=0, lt=1, meaning="Satisfaction from which on people recommend.", source=_FITTED
    )
    positive_peak: float = param(
        0.063,
        unit="1/month",
        ge=0,
        le=1,
        meaning="Probability to recommend at full satisfaction.",
        source="assumption: fitted to 20-40 % of joiners by recommendation",
    )
    positive_base: float = param(
        0.35, unit="share", ge=0, le=1, meaning="Share of that peak at the start.", source="assumption"
    )
    positive_contacts: int = param(
        5,
        unit="persons",
        ge=0,
        le=1000,
        meaning="Persons told by one who recommends.",
        source="TARP 1981: 5 are told of a good experience",
    )
    negative_start: float = param(
        0.60, unit="index 0-1", gt=0, le=1, meaning="Satisfaction below which people warn.", source=_FITTED
    )
    negative_peak: float = param(
        0.16,
        unit="1/month",
        ge=0,
        le=1,
        meaning="Probability to warn at satisfaction 0.",
        source="assumption: fitted to 3 positive messages for 1 negative, East et al. 2007",
    )
    negative_contacts: int = param(
        10,
        unit="persons",
        ge=0,
        le=1000,
        meaning="Persons told by one who warns.",
        source="TARP 1981: 10 are told of a bad one",
    )
    anger_talk: float = param(
        0.22,
        unit="1/month",
        ge=0,
        le=1,
        meaning="Extra probability to warn after an unsatisfying answer or a silent major failure.",
        source="assumption: 75 % of switchers told somebody, Keaveney 1995",
    )
    minor_anger_talk: float = param(
        0.06, unit="1/month", ge=0, le=1, meaning="The same after a silent minor failure.", source="assumption"
    )
    weak_effect: float = param(
        0.01,
        unit="probability",
        ge=0,
        lt=1,
        meaning="Chance that a message from a weak tie convinces (decision = product).",
        source="Goldenberg et al. 2001: .005-.015",
    )
    strong_effect: float = param(
        0.04,
        unit="probability",
        ge=0,
        lt=1,
        meaning="Chance that a message from a strong tie convinces (decision = product).",
        source="Goldenberg et al. 2001: .01-.07",
    )
    negative_discount: float = param(
        0.35, unit="log points", ge=0, le=20, meaning="Effect of a warning (decision = product).", source="assumption"
    )
    message_memory: float = param(
        0.5,
        unit="share/month",
        ge=0,
        lt=1,
        meaning="Share of messages still in mind a month later.",
        source="assumption",
    )
    decision: Literal["product", "two_stage"] = param(
        "product",
        unit="choice",
        choices={
            "product": "every message is a chance to convince (Bass-compatible); warnings are structurally weak",
            "two_stage": "in the market now and then; then a choice that both kinds of talk shift",
        },
        meaning="How a prospect decides.",
        source="Goldenberg et al. 2001; two stages: assumption",
    )
    in_market: float = param(
        0.03,
        unit="1/month",
        gt=0,
        le=1,
        meaning="Probability of a prospect to be looking for a provider (decision = two_stage).",
        source="assumption: once in about three years",
    )
    weak_shift: float = param(
        0.8,
        unit="log odds",
        ge=0,
        le=20,
        meaning="Shift by a message from a weak tie (two_stage).",
        source="assumption",
    )
    strong_shift: float = param(
        1.25,
        unit="log odds",
        ge=0,
        le=20,
        meaning="Shift by a message from a strong tie (two_stage).",
        source="East et al. 2008: +.20; from .12 to .32 is 1.24 in log odds",
    )
    negative_shift: float = param(
        0.8,
        unit="log odds",
        ge=0,
        le=20,
        meaning="Shift by a warning (two_stage).",
        source="East et al. 2008: -.11; from .23 to .12 is .8 in log odds",
    )
    reward: float = param(
        0.0, unit="currency/recruit", ge=0, meaning="Reward for bringing a customer.", source="assumption"
    )
    reward_effect: float = param(
        0.5, unit="1", ge=0, le=20, meaning="Largest relative gain in recommending by a reward.", source="assumption"
    )
    reward_scale: float = param(
        30.0,
        unit="currency/recruit",
        gt=0,
        meaning="Reward that reaches 63 % of that gain.",
        source="assumption: 25 euro in Schmitt et al. 2011",
    )
    referred_advantage: bool = param(
        False,
        unit="switch",
        meaning="Whether referred customers start with lower churn and higher margin.",
        source="assumption: for it Schmitt et al. 2011, against it Wolters & Gedenk 2019",
    )
    referred_churn: float = param(
        0.82,
        unit="1",
        ge=0,
        le=5,
        meaning="Hazard of referred customers (with the switch).",
        source="Schmitt et al. 2011",
    )
    referred_margin: float = param(
        1.2,
        unit="1",
        ge=0,
        le=5,
        meaning="Initial margin of referred customers (with the switch).",
        source="Schmitt et al. 2011: higher at first, fading; size an assumption",
    )
    referred_margin_months: float = param(
        24.0, unit="months", gt=0, meaning="Time in which that edge fades.", source="assumption"
    )


class Profit(Section):
    """Link 8: what a customer brings, and what the firm costs."""

    monthly_revenue: float = param(
        60.0, unit="currency/customer/month", ge=0, meaning="Mean revenue of a new customer.", source="assumption"
    )
    transaction_share: float = param(
        0.3, unit="share", ge=0, le=1, meaning="Share of revenue that comes with visits served.", source="assumption"
    )
    visit_cost: float = param(
        3.0, unit="currency/visit", ge=0, meaning="Variable cost of serving one visit.", source="assumption"
    )
    tenure_profile: Literal["rising", "flat"] = param(
        "rising",
        unit="choice",
        choices={
            "rising": "old customers buy more, cost less and pay better (Reichheld & Sasser 1990)",
            "flat": "they do not (Reinartz & Kumar 2002)",
        },
        meaning="Whether profit rises with tenure.",
        source="assumption: the evidence is mixed",
    )
    purchase_growth: float = param(
        0.12, unit="share of revenue", ge=0, le=10, meaning="Purchase growth of a mature relationship.", source=_FITTED
    )
    cost_saving: float = param(
        0.20,
        unit="share of visit cost",
        ge=0,
        le=1,
        meaning="Cost saving in a mature relationship.",
        source="assumption",
    )
    price_premium: float = param(
        0.02,
        unit="share of revenue",
        ge=0,
        le=10,
        meaning="Price premium of a mature relationship.",
        source="assumption",
    )
    tenure_months: float = param(
        36.0, unit="months", gt=0, meaning="Time in which a relationship matures (63 %).", source="assumption"
    )
    acquisition_cost: float = param(
        300.0, unit="currency/joiner", ge=0, meaning="Cost of taking on a new customer.", source="assumption"
    )
    fixed_cost: float = param(
        127_000.0, unit="currency/month", ge=0, meaning="Premises, systems, head office, risk.", source=_FITTED
    )


class Intervention(Section):
    """A change of levers during the run: from a month on, at once or ramped, for good or for a while."""

    name: str = param("", unit="text", max_length=120, meaning="What it is called in pictures.", source="assumption")
    month: int = param(..., unit="month", ge=0, le=1200, meaning="First month in which it acts.", source="assumption")
    change: dict[str, Any] = param(..., unit="path = value", meaning="The new values, by path.", source="assumption")
    ramp_months: int = param(
        0,
        unit="months",
        ge=0,
        le=1200,
        meaning="Months over which a number moves to its new value.",
        source="assumption",
    )
    until: int | None = param(
        None, unit="month", ge=1, le=1200, meaning="Month from which the old values are back.", source="assumption"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.change:
            raise ValueError('an intervention must change something, such as change = { "complaints.staff" = 8 }')
        if self.until is not None and self.until <= self.month:
            raise ValueError(f"until = {self.until} must be later than month = {self.month}")
        return self


class Scenario(Section):
    """A firm, its people and its market: everything a run needs but the seed."""

    STRUCTURE: ClassVar[tuple[str, ...]] = STRUCTURE

    name: str = param(
        "unnamed", unit="text", min_length=1, max_length=80, meaning="Short name, used for files.", source="assumption"
    )
    title: str = param("", unit="text", max_length=200, meaning="Title for pictures and reports.", source="assumption")
    description: str = param("", unit="text", max_length=4000, meaning="The situation in words.", source="assumption")
    currency: str = param(
        "EUR",
        unit="text",
        min_length=1,
        max_length=12,
        meaning="What money is called; only a label.",
        source="assumption",
    )
    time: Time = Time()
    market: Market = Market()
    internal_service: InternalService = InternalService()
    employees: Employees = Employees()
    service_quality: ServiceQuality = ServiceQuality()
    satisfaction: Satisfaction = Satisfaction()
    complaints: Complaints = Complaints()
    loyalty: Loyalty = Loyalty()
    referral: Referral = Referral()
    profit: Profit = Profit()
    segments: tuple[Segment, ...] = (Segment(name="all"),)
    interventions: tuple[Intervention, ...] = ()

    _opening: Scenario | None = PrivateAttr(default=None)

    @property
    def opening(self) -> Scenario:
        """The scenario whose steady state this firm opens in: itself, or the one it was changed from."""
        return self if self._opening is None else self._opening

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = list(_impossible(self))
        if problems:
            raise InputError(problems)
        return self

    def change(self, changes: Mapping[str, Any], *, opening: Literal["same", "own"] = "same") -> Scenario:
        """Return a new scenario with some values changed; this one stays as it is.

        Parameters
        ----------
        changes
            Values by dotted path, such as ``{"complaints.staff": 8, "segments[0].share": 0.7}``.
        opening
            "same": the changed firm is the same firm from month 0 on, so its opening state is that of this scenario.
            "own": a firm that had always been so; its opening state is its own. A change of what the firm *is* (the
            paths in :data:`STRUCTURE`, such as the number of persons) always makes another firm.

        A file keeps what the firm opens in, too: :func:`custsim.scenario.save` writes it as the table ``opening``.

        Raises
        ------
        InputError
            If a path does not exist (with the nearest right one) or a value is not possible; all problems at once.

        Examples
        --------
        >>> Scenario().change({"complaints.staff": 8}).complaints.staff
        8
        """
        from custsim.scenario.changes import change

        changed = change(self, changes)
        if opening == "same" and not any(_at(changed, path) != _at(self, path) for path in STRUCTURE):
            changed._opening = self.opening
        return changed

    def scaled(self, factor: float) -> Scenario:
        """Return the same firm at another size: persons, customers, desks, marketing and fixed cost times ``factor``.

        Desk staff is rounded, to at least 1 where there was any.

        Examples
        --------
        >>> Scenario().scaled(0.5).market.persons
        10000
        """

        def staff(number: int) -> int:
            return max(1, round(number * factor)) if number else 0

        return self.change(
            {
                "market.persons": max(1, round(self.market.persons * factor)),
                "market.customers": round(self.market.customers * factor),
                "market.marketing": self.market.marketing * factor,
                "market.marketing_scale": self.market.marketing_scale * factor,
                "internal_service.desk_staff": staff(self.internal_service.desk_staff),
                "complaints.staff": staff(self.complaints.staff),
                "profit.fixed_cost": self.profit.fixed_cost * factor,
            },
            opening="own",
        )


def _at(scenario: Scenario, path: str) -> Any:
    section, _, name = path.partition(".")
    return getattr(getattr(scenario, section), name)


def _impossible(scenario: Scenario) -> Iterator[str]:
    """Yield what does not fit together between sections, each as one line with the way out."""
    market, referral = scenario.market, scenario.referral
    if market.customers > market.persons:
        yield (
            f"market.customers: {market.customers} customers do not fit among market.persons = {market.persons}; "
            "lower the one or raise the other"
        )
    names = [segment.name for segment in scenario.segments]
    if not names:
        yield "segments: at least one segment is needed"
    elif abs(sum(segment.share for segment in scenario.segments) - 1.0) > 1e-6:
        total = sum(segment.share for segment in scenario.segments)
        yield f"segments: shares must add up to 1, got {total:g}"
    if len(set(names)) < len(names):
        yield f"segments: names must differ, got {', '.join(names)}"
    yield from _impossible_loyalty(scenario)
    if market.join_base + market.join_advertised >= 1:
        yield "market.join_base + market.join_advertised must stay below 1"
    if referral.decision == "two_stage" and referral.in_market <= market.join_base + market.join_advertised:
        yield (
            f"referral.in_market: must be above market.join_base + market.join_advertised = "
            f"{market.join_base + market.join_advertised:g}, got {referral.in_market:g}"
        )
    if (referral.network == "edges") != bool(referral.edges):
        yield 'referral.edges: give a file exactly when referral.network = "edges"'
    if referral.network == "small_world" and referral.strong_ties % 2:
        yield f"referral.strong_ties: must be even in a small world, got {referral.strong_ties}"
    if (
        referral.network in ("small_world", "scale_free")
        and referral.strong_ties + referral.weak_ties >= market.persons
    ):
        yield (
            f"referral.strong_ties + referral.weak_ties must be fewer than market.persons = {market.persons}, "
            f"got {referral.strong_ties + referral.weak_ties}"
        )
    if sum(getattr(scenario.internal_service, name).weight for name in DRIVERS) <= 0:
        yield "internal_service: at least one driver needs a weight above 0"
    justice = scenario.complaints
    if justice.distributive_weight + justice.interactional_weight + justice.procedural_weight <= 0:
        yield "complaints: at least one of the three justice weights must be above 0"


def _impossible_loyalty(scenario: Scenario) -> Iterator[str]:
    """Yield what would make hazards infinite, or relative to nothing."""
    law, shape = scenario.loyalty, scenario.market.visits_shape
    if law.visits_exponent <= -shape:
        yield (
            f"loyalty.visits_exponent: must be above -market.visits_shape = {-shape:g}, or the mean hazard is "
            f"infinite; got {law.visits_exponent:g}"
        )
    if law.floor <= 0 and law.satisfaction_reference >= law.top:
        yield (
            f"loyalty.floor: must be above 0 with loyalty.satisfaction_reference = {law.satisfaction_reference:g} "
            f"at or above loyalty.top = {law.top:g}, or the customer whom all hazards refer to would never leave"
        )
