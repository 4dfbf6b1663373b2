"""The customers' month as one would write it without custsim: in NumPy, and agent by agent in Mesa.

Both use the very laws of ``custsim.chain`` and start from the state custsim opens in. They leave out what custsim does
besides: the staff's month, both desks and what an answer does, customers turned away, retention offers, win-back,
rewards and who is credited with a recruit, the talk of the newly joined, and reproducible luck. What remains (visits,
perception, satisfaction, failures, voice, margins in four layers, leaving, talk along the ties, joining) is about what
custsim's two passes over the persons do. Numbers are of the same distributions, not the same numbers.
"""

from __future__ import annotations

import math
import random
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from custsim.chain import complaints, loyalty, profit, referral, satisfaction
from custsim.scenario import Scenario
from custsim.simulation.engine import State
from custsim.simulation.parameters import pack
from custsim.simulation.population import CUSTOMER, LAPSED, PROSPECT

STATE = "state segment rate spend taste hazard satisfaction expectation felt wound strong weak warnings changed since"


def packed(scenario: Scenario) -> types.SimpleNamespace:
    """The parameters by their flat names, as plain numbers."""
    record = pack(scenario)
    return types.SimpleNamespace(**{name: float(record[0][name]) for name in record.dtype.names})


class NumpyMonth:
    """The persons as arrays, lived a month at a time with array arithmetic."""

    def __init__(self, scenario: Scenario, state: State) -> None:
        self.scenario, self.p, self.month = scenario, packed(scenario), state.month
        for name in STATE.split():
            setattr(self, name, getattr(state.people, name).copy())
        persons = self.state.size
        self.contribution, self.value = np.zeros(persons), np.zeros(persons)
        self.growth, self.saving, self.premium = np.zeros(persons), np.zeros(persons), np.zeros(persons)
        heads = state.staff.serving[: state.staff.heads[0]]
        self.quality, self.failure = state.staff.quality[:, heads].copy(), state.staff.failure[heads].copy()
        self.offsets, self.ties = state.network.offsets, state.network.ties
        self.rng = np.random.default_rng(1)

    def live(self) -> int:
        """Live a month; return the customers at its start."""
        who = np.flatnonzero(self.state == CUSTOMER)
        visits = self.rng.poisson(self.p.market_visits_per_month * self.rate[who])
        silent_minor, silent_major = self.encounters(who[visits > 0], visits[visits > 0])
        self.margins(who, visits)
        speakers, praise = self.loyalty_and_talk(who, silent_minor, silent_major)
        self.joining()
        self.messages(speakers, praise)
        self.month += 1
        return int(who.size)

    def encounters(self, who: Any, visits: Any) -> tuple[Any, Any]:
        p, rng = self.p, self.rng
        place = rng.integers(self.failure.size, size=who.size)
        noise = p.satisfaction_noise_sd * rng.standard_normal(who.size)
        felt = satisfaction.perceived_quality(self.quality[self.segment[who], place], self.taste[who], noise, visits)
        judged = satisfaction.encounter_satisfaction(
            felt, self.expectation[who], p.satisfaction_surprise_effect, p.satisfaction_loss_aversion
        )
        self.satisfaction[who] = satisfaction.accumulate_satisfaction(
            self.satisfaction[who], judged, visits, p.satisfaction_memory
        )
        self.expectation[who] = satisfaction.adapt_expectation(
            self.expectation[who], felt, p.satisfaction_expectation_speed
        )
        wronged = who[rng.random(who.size) < complaints.failure_in_month(self.failure[place], visits)]
        return self.failures(wronged)

    def failures(self, who: Any) -> tuple[Any, Any]:
        p, rng = self.p, self.rng
        major = rng.random(who.size) < p.complaints_major_share
        hurt = np.where(major, p.complaints_major_hurt, p.complaints_minor_hurt)
        self.wound[who] = complaints.wound_after_failure(
            self.wound[who], hurt, 0.0, p.complaints_fresh_wound, p.complaints_aggravation, p.complaints_deepest_wound
        )
        felt = np.where(major, p.complaints_major_felt, p.complaints_minor_felt)
        self.felt[who] = np.maximum(-1.0, self.felt[who] + felt)
        voice = complaints.voice_probability(
            np.where(major, p.complaints_major_voice, p.complaints_minor_voice),
            p.complaints_ease,
            self.satisfaction[who] - p.loyalty_satisfaction_reference,
            p.complaints_ease_effect,
            p.complaints_voice_satisfaction,
        )
        silent = rng.random(who.size) >= voice
        return who[silent & ~major], who[silent & major]

    def margins(self, who: Any, visits: Any) -> None:
        p = self.p
        grown = profit.tenure_share(self.month - self.changed[who], p.profit_tenure_months)
        usual = profit.visit_revenue_factor(visits, p.market_visits_per_month, p.profit_transaction_share)
        revenue = p.profit_monthly_revenue * p.market_price * self.spend[who] * usual
        serving = p.profit_visit_cost * visits
        growth, saving = revenue * p.growth * grown, serving * p.saving * grown
        premium = (revenue + growth) * p.premium * grown
        margin = revenue - serving + growth + saving + premium
        self.growth[who] += growth
        self.saving[who] += saving
        self.premium[who] += premium
        self.contribution[who] += margin
        self.value[who] += margin * 1.008 ** -np.maximum(0.0, self.month - self.since[who])

    def loyalty_and_talk(self, who: Any, silent_minor: Any, silent_major: Any) -> tuple[Any, Any]:
        p, rng = self.p, self.rng
        acting = loyalty.behaviour_satisfaction(self.satisfaction[who], self.felt[who])
        left = loyalty.discontent(acting, p.loyalty_top, p.loyalty_floor, p.loyalty_exponent) / p.reference_discontent
        relative = loyalty.relative_hazard(
            left,
            self.wound[who],
            p.loyalty_switching_cost,
            p.price_factor,
            self.warnings[who],
            self.strong[who] + self.weak[who],
            p.loyalty_wound_effect,
            p.loyalty_negative_effect,
            p.loyalty_positive_effect,
        )
        gone = who[rng.random(who.size) < loyalty.leaving_probability(self.hazard[who], relative)]
        anger = np.zeros(self.state.size)
        anger[silent_minor], anger[silent_major] = p.referral_minor_anger_talk, p.referral_anger_talk
        warns = referral.negative_talk(acting, p.referral_negative_peak, p.referral_negative_start, anger[who])
        praises = referral.positive_talk(
            acting, p.referral_positive_peak, p.referral_positive_start, p.referral_positive_base, p.reward_factor
        )
        u = rng.random(who.size)
        speaks = (u < warns) | (u > 1.0 - praises)
        self.state[gone], self.changed[gone] = LAPSED, self.month + 1
        fade = 1.0 - 1.0 / p.complaints_mark_months
        self.wound[who] *= fade
        self.felt[who] *= fade
        return who[speaks], u[speaks] >= warns[speaks]

    def joining(self) -> None:
        p = self.p
        out = np.flatnonzero((self.state == PROSPECT) | (self.state == LAPSED))
        chance = np.full(out.size, p.external)
        told = np.flatnonzero(self.weak[out] + self.strong[out] + self.warnings[out])
        heard = self.weak[out[told]], self.strong[out[told]], self.warnings[out[told]]
        if self.scenario.referral.decision == "product":
            chance[told] = referral.join_probability(
                p.external, *heard, p.referral_weak_effect, p.referral_strong_effect, p.referral_negative_discount
            )
        else:
            shifts = p.referral_weak_shift, p.referral_strong_shift, p.referral_negative_shift
            chance[told] = referral.two_stage_probability(p.external, *heard, p.referral_in_market, *shifts)
        lapsed = np.flatnonzero(self.state[out] == LAPSED)
        chance[lapsed] *= referral.rejoin_factor(self.month - self.changed[out[lapsed]], p.market_rejoin_months)
        new = out[self.rng.random(out.size) < chance / p.price_factor]
        self.state[new], self.changed[new], self.since[new] = CUSTOMER, self.month + 1, self.month + 1
        self.wound[new] = self.felt[new] = 0.0
        self.satisfaction[new] = np.clip(p.satisfaction_entry + p.satisfaction_entry_taste * self.taste[new], 0.0, 1.0)
        self.expectation[new] = p.service_quality_anchor + self.taste[new] + p.satisfaction_promise
        self.contribution[new] -= p.profit_acquisition_cost

    def messages(self, speakers: Any, praise: Any) -> None:
        p = self.p
        for heard in (self.strong, self.weak, self.warnings):
            np.multiply(heard, p.referral_message_memory, out=heard)
            heard[heard <= 0.01] = 0.0
        degree = np.diff(self.offsets)[speakers]
        wanted = np.where(praise, p.referral_positive_contacts, p.referral_negative_contacts).astype(int)
        told = np.minimum(wanted, degree)
        start = (self.rng.random(speakers.size) * degree).astype(int)
        speaker = np.repeat(np.arange(speakers.size), told)
        nth = np.arange(speaker.size) - np.repeat(np.cumsum(told) - told, told)
        tie = self.ties[self.offsets[speakers[speaker]] + (start[speaker] + nth) % degree[speaker]]
        hearer, good = np.where(tie >= 0, tie, ~tie), praise[speaker]
        np.add.at(self.strong, hearer[good & (tie >= 0)], 1.0)
        np.add.at(self.weak, hearer[good & (tie < 0)], 1.0)
        np.add.at(self.warnings, hearer[~good], 1.0)


# ---- agent by agent ----------------------------------------------------------------------------------------------

_MATH = types.SimpleNamespace(
    exp=math.exp, expm1=math.expm1, log1p=math.log1p, sqrt=math.sqrt, minimum=min, maximum=max, round=round
)


def plain(law: Callable[..., Any]) -> Callable[..., Any]:
    """Give the same law over Python's own floats, several times as fast for one number as over NumPy's."""
    names = {
        name: plain(value) if isinstance(value, types.FunctionType) and "custsim.chain" in value.__module__ else value
        for name, value in law.__globals__.items()
        if name in law.__code__.co_names and name != "np"
    }
    return types.FunctionType(law.__code__, {**names, "np": _MATH})


def mesa_model(mesa: Any, scenario: Scenario, state: State) -> tuple[Any, Callable[[], int]]:
    """A Mesa model of the customers' month over the same state; returns it with a function that lives one month."""
    p = packed(scenario)
    laws = types.SimpleNamespace(
        **{
            name: plain(getattr(module, name))
            for module in (satisfaction, complaints, loyalty, referral, profit)
            for name in module.__all__
        }
    )
    people, rng = state.people, random.Random(1)
    heads = state.staff.serving[: state.staff.heads[0]]
    quality, failure = state.staff.quality[:, heads].tolist(), state.staff.failure[heads].tolist()
    offsets, ties = state.network.offsets.tolist(), state.network.ties.tolist()

    class Person(mesa.Agent):
        def __init__(self, model: Any, person: int) -> None:
            super().__init__(model)
            self.person, self.told = person, 0
            self.praise = self.warnings = 0.0
            for name in STATE.split():
                if name not in ("strong", "weak", "warnings"):
                    setattr(self, name, getattr(people, name)[person].item())
            self.contribution = 0.0

        def step(self) -> None:
            if self.state == CUSTOMER:
                self.be_customer()
            elif self.state != CUSTOMER:
                self.decide()
            self.praise *= p.referral_message_memory
            self.warnings *= p.referral_message_memory

        def be_customer(self) -> None:
            visits, left, mean = 0, rng.random(), p.market_visits_per_month * self.rate
            chance = total = math.exp(-mean)
            while left > total and visits < 1000:
                visits += 1
                chance *= mean / visits
                total += chance
            if visits:
                self.meet(visits)
            grown = laws.tenure_share(self.model.month - self.changed, p.profit_tenure_months)
            usual = laws.visit_revenue_factor(visits, p.market_visits_per_month, p.profit_transaction_share)
            revenue = p.profit_monthly_revenue * p.market_price * self.spend * usual
            serving, growth = p.profit_visit_cost * visits, revenue * p.growth * grown
            saving, premium = serving * p.saving * grown, (revenue + growth) * p.premium * grown
            self.contribution += revenue - serving + growth + saving + premium
            self.talk_and_stay()

        def meet(self, visits: int) -> None:
            place = rng.randrange(len(failure))
            noise = p.satisfaction_noise_sd * rng.gauss(0.0, 1.0)
            felt = laws.perceived_quality(quality[self.segment][place], self.taste, noise, visits)
            judged = laws.encounter_satisfaction(
                felt, self.expectation, p.satisfaction_surprise_effect, p.satisfaction_loss_aversion
            )
            self.satisfaction = laws.accumulate_satisfaction(self.satisfaction, judged, visits, p.satisfaction_memory)
            self.expectation = laws.adapt_expectation(self.expectation, felt, p.satisfaction_expectation_speed)
            if rng.random() < laws.failure_in_month(failure[place], visits):
                self.wound = laws.wound_after_failure(
                    self.wound,
                    p.complaints_minor_hurt,
                    0.0,
                    p.complaints_fresh_wound,
                    p.complaints_aggravation,
                    p.complaints_deepest_wound,
                )

        def talk_and_stay(self) -> None:
            acting = laws.behaviour_satisfaction(self.satisfaction, self.felt)
            warns = laws.negative_talk(acting, p.referral_negative_peak, p.referral_negative_start, 0.0)
            praises = laws.positive_talk(
                acting, p.referral_positive_peak, p.referral_positive_start, p.referral_positive_base, p.reward_factor
            )
            u, first, last = rng.random(), offsets[self.person], offsets[self.person + 1]
            if last > first and (u < warns or u > 1.0 - praises):
                wanted = p.referral_negative_contacts if u < warns else p.referral_positive_contacts
                for tie in rng.sample(ties[first:last], min(int(wanted), last - first)):
                    hearer = self.model.persons[tie if tie >= 0 else ~tie]
                    if u < warns:
                        hearer.warnings += 1.0
                    else:
                        hearer.praise += 1.0
            left = laws.discontent(acting, p.loyalty_top, p.loyalty_floor, p.loyalty_exponent) / p.reference_discontent
            relative = laws.relative_hazard(
                left,
                self.wound,
                p.loyalty_switching_cost,
                p.price_factor,
                self.warnings,
                self.praise,
                p.loyalty_wound_effect,
                p.loyalty_negative_effect,
                p.loyalty_positive_effect,
            )
            if rng.random() < laws.leaving_probability(self.hazard, relative):
                self.state, self.changed = LAPSED, self.model.month + 1
            self.wound *= 1.0 - 1.0 / p.complaints_mark_months

        def decide(self) -> None:
            chance = p.external
            if self.praise or self.warnings:
                chance = laws.join_probability(
                    chance,
                    self.praise,
                    0.0,
                    self.warnings,
                    p.referral_weak_effect,
                    p.referral_strong_effect,
                    p.referral_negative_discount,
                )
            if self.state == LAPSED:
                chance *= laws.rejoin_factor(self.model.month - self.changed, p.market_rejoin_months)
            if rng.random() < chance:
                self.state, self.changed, self.wound, self.felt = CUSTOMER, self.model.month + 1, 0.0, 0.0
                self.satisfaction = min(1.0, max(0.0, p.satisfaction_entry + p.satisfaction_entry_taste * self.taste))
                self.expectation = p.service_quality_anchor + self.taste + p.satisfaction_promise

    model = mesa.Model()
    model.month = state.month
    model.persons = [Person(model, person) for person in range(people.state.size)]

    def live() -> int:
        customers = sum(person.state == CUSTOMER for person in model.persons)
        model.agents.do("step")
        model.month += 1
        return customers

    return model, live
