"""The story of one person says what the tables say: joining, failures, answers, recruits, leaving, with their dates."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.scenario import Scenario
from custsim.simulation import Run, simulate
from custsim.simulation.story import calendar_month, tell

PERSONS = 1200


@pytest.fixture(scope="module")
def run() -> Run:
    """A firm that makes many mistakes, makes offers and wins back; everybody is followed."""
    firm = Scenario().scaled(PERSONS / 20_000).change(
        {
            "complaints.failure_rate": 0.1,
            "loyalty.offer_rate": 0.3,
            "loyalty.winback_rate": 0.6,
            "referral.positive_peak": 0.15,
            "time.warm_up_months": 12,
        },
        opening="own",
    )  # fmt: skip
    return simulate(firm, seed=2, months=36, trace=range(PERSONS))


@pytest.fixture(scope="module")
def stories(run: Run) -> list[str]:
    return [tell(run, person) for person in range(PERSONS)]


def flat(story: str) -> str:
    return " ".join(story.split())


def told_at(story: str, month: int) -> str:
    """What a story says under the date of a month."""
    when = calendar_month("2025-01", month)
    months = "|".join(calendar_month("2025-01", month).split()[0] for month in range(12))
    parts = re.split(rf"^((?:{months}) \d{{4}}) +", story, flags=re.MULTILINE)
    found = [flat(text.split("\n\n")[0]) for name, text in zip(parts[1::2], parts[2::2], strict=True) if name == when]
    return " ".join(found)


def events(run: Run, name: str) -> pd.DataFrame:
    assert run.trace is not None
    return run.trace[run.trace[name]]


def test_every_story_fits_the_page(stories: list[str]) -> None:
    for person, story in enumerate(stories):
        assert story.startswith(f"Person {person}, ")
        assert max(map(len, story.splitlines())) <= 80
        assert "nan" not in story
        assert "\N{NO-BREAK SPACE}" not in story


def test_every_event_is_told_under_its_date(run: Run, stories: list[str]) -> None:
    words = {
        "joined": r"Joins|Comes back|Is won back",
        "won_back": r"Is won back",
        "left": r"Leaves the firm",
        "saved": r"an offer of the firm holds them",
        "major_failure": r"goes badly wrong",
        "minor_failure": r"Something goes wrong, a trifle",
        "complained": r"They complain",
        "silent": r"They say nothing to the firm",
        "warned": r"Warns up to 10 others",
        "recommended": r"Recommends the firm to up to 5 others",
        "unserved": r"turned away",
    }
    for name, pattern in words.items():
        happened = events(run, name)
        # a customer's first month may hold a recommendation at the door: it is told with the joining
        for person, month in happened[["person", "month"]].itertuples(index=False):
            assert re.search(pattern, told_at(stories[person], month)), (name, person, month)
        told = sum(len(re.findall(pattern, flat(story))) for story in stories)
        assert told == len(happened), name
    assert all(len(events(run, name)) for name in words if name != "unserved")


def test_recruits_and_recruiters_name_each_other(run: Run, stories: list[str]) -> None:
    assert len(run.referrals) > 20
    for month, recruit, recruiter in run.referrals.itertuples(index=False):
        assert f"the recommendation of person {recruiter}." in told_at(stories[recruit], month)
        assert re.search(rf"On their word.*person {recruit}\b", told_at(stories[recruiter], month))
    best = int(run.customers["recruits"].idxmax())
    count = int(run.customers.loc[best, "recruits"])
    assert f"The {count} customers they brought are worth EUR" in flat(stories[best])


def test_answers_are_told_with_waiting_justice_and_verdict(run: Run, stories: list[str]) -> None:
    answered = run.tickets[~run.tickets["gave_up"] & run.tickets["customer"] & (run.tickets["raised"] >= 0)]
    assert len(answered) > 50
    for ticket in answered.itertuples():
        text = told_at(stories[ticket.person], ticket.closed)
        assert f"comes after {ticket.wait_days:.1f} working days" in text
        verdict = "they are satisfied" if ticket.satisfied else "they are not satisfied"
        assert f"{100 * ticket.justice:.0f} of 100, {verdict}" in text
        if not ticket.solved:
            assert "the matter is not put right" in text
        if ticket.compensation > 0:
            assert f"they get EUR {ticket.compensation:,.0f} for the loss" in text


def test_answers_that_come_too_late_are_told_too(run: Run, stories: list[str]) -> None:
    late = run.tickets[~run.tickets["customer"]]
    assert len(late) > 3
    for ticket in late.itertuples():
        text = told_at(stories[ticket.person], ticket.closed)
        assert re.search(r"too late, they have left|nobody has answered|The answer|After \d+ working days", text)


def test_a_silent_defector(run: Run, stories: list[str]) -> None:
    assert run.trace is not None
    leavers = events(run, "left")
    hurt = [
        (person, month)
        for person, month in leavers[["person", "month"]].itertuples(index=False)
        if "nobody at the firm knew" in told_at(stories[person], month)
    ]
    assert len(hurt) > 5
    for person, month in hurt:
        months = run.trace[(run.trace["person"] == person) & (run.trace["month"] <= month)]
        failed = months[months["minor_failure"] | months["major_failure"]].iloc[-1]
        assert failed["silent"]
        assert f"the failure of {calendar_month('2025-01', int(failed['month']))} hurt" in told_at(
            stories[person], month
        )


def test_a_recovered_complainer_reports_more_than_before(run: Run, stories: list[str]) -> None:
    pleased = [story for story in stories if "they even report more satisfaction than before" in flat(story)]
    assert len(pleased) > 3
    assert all("they are satisfied" in flat(story) for story in pleased)


def test_those_who_never_were_customers_have_a_story(run: Run, stories: list[str]) -> None:
    never = sorted(set(range(PERSONS)) - set(run.customers.index))
    assert len(never) > 50
    for person in never:
        assert "To the firm they were worth nothing" in flat(stories[person])
        assert "Leaves" not in stories[person]
    assert any("They never became a customer" in flat(stories[person]) for person in never)
    assert any("Hears the firm recommended" in flat(stories[person]) for person in never)


def test_worth_is_told_observed_and_expected_apart(run: Run, stories: list[str]) -> None:
    for person, row in run.customers.iterrows():
        text = flat(stories[int(str(person))])
        assert f"is worth EUR {row['value_observed']:,.0f}" in text
        assert (f"what may be expected of them after it, EUR {row['value_residual']:,.0f} more" in text) == (
            row["state"] == "customer"
        )


def test_the_same_story_whether_followed_or_lived_again(run: Run, stories: list[str]) -> None:
    short = simulate(run.scenario, seed=2, months=36)
    person = int(run.customers["failures"].idxmax())
    assert short.story(person) == stories[person]


def test_chance_of_leaving_is_the_law_and_no_cause_is_made_up() -> None:
    alike: dict[str, Any] = {
        "loyalty.churn": 0.03, "loyalty.churn_shape": 1e6, "loyalty.floor": 1.0, "loyalty.wound_effect": 0.0,
        "loyalty.negative_effect": 0.0, "loyalty.positive_effect": 0.0, "loyalty.visits_exponent": 0.0,
        "market.opening": "stock",
    }  # fmt: skip
    run = simulate(Scenario().scaled(0.02).change(alike, opening="own"), months=12, trace=range(400))
    leavers = events(run, "left")["person"].unique()
    assert len(leavers) > 10
    for person in leavers:
        text = flat(tell(run, int(person)))
        assert "Nothing along the chain explains it" in text
        assert "was 3.0 %, the usual one for this person" in text


def test_each_cause_is_told_where_it_is_the_only_one() -> None:
    alone: dict[str, Any] = {
        "loyalty.churn": 0.02, "loyalty.churn_shape": 1e6, "loyalty.visits_exponent": 0.0, "loyalty.wound_effect": 0.0,
        "complaints.failure_rate": 0.0, "market.opening": "stock", "loyalty.negative_effect": 0.0,
    }  # fmt: skip
    firm = Scenario().scaled(0.02).change(alone, opening="own")
    for changes, words in (
        ({"market.price": 1.5}, "The most likely cause: the price."),
        ({"satisfaction.entry": 0.3, "service_quality.anchor": 0.3}, "they were not satisfied"),
        ({"complaints.failure_rate": 0.9, "loyalty.wound_effect": 5.0, "loyalty.floor": 1.0}, "the failure of"),
        ({"loyalty.negative_effect": 2.0, "referral.negative_start": 1.0, "referral.negative_peak": 0.9,
          "loyalty.floor": 1.0}, "what others told them"),
        ({"loyalty.churn_shape": 0.5, "loyalty.floor": 1.0}, "more readily than most"),
    ):  # fmt: skip
        run = simulate(firm.change(changes, opening="own"), months=12, trace=range(400))
        told = [flat(tell(run, int(person))) for person in events(run, "left")["person"].unique()[:30]]
        assert np.mean([words in text for text in told]) > 0.5, words


def test_who_drops_out_silently_is_told_so() -> None:
    shop = Scenario().scaled(0.02).change({"loyalty.relationship": "noncontractual"}, opening="own")
    run = simulate(shop, months=18, trace=range(400))
    left = events(run, "left")
    assert len(left) > 3
    for person, month in left[["person", "month"]].itertuples(index=False):
        assert "Comes no more, and tells nobody." in told_at(tell(run, person), month)


def test_levers_that_changed_count_from_their_month() -> None:
    firm = Scenario().scaled(0.02).change(
        {"interventions": [{"month": 6, "change": {"complaints.major_loss": 777.0, "complaints.failure_rate": 0.8}}]}
    )  # fmt: skip
    run = simulate(firm, months=12, trace=range(400))
    for person, month in events(run, "major_failure")[["person", "month"]].itertuples(index=False):
        loss = "EUR 777" if month >= 6 else "EUR 100"
        assert f"a loss of about {loss}." in told_at(tell(run, person), month)


@given(year=st.integers(1900, 2200), month=st.integers(1, 12), later=st.integers(-1200, 1200))
def test_calendar_months_are_those_of_the_calendar(year: int, month: int, later: int) -> None:
    count = year * 12 + month - 1 + later
    expected = date(count // 12, count % 12 + 1, 1)
    assert calendar_month(f"{year}-{month:02}", later) == f"{expected:%B} {expected.year}"


def test_a_start_that_is_no_date_numbers_the_months(run: Run) -> None:
    # no scenario can say so any more; a run from elsewhere may
    time = run.scenario.time.model_copy(update={"start": "some day"})
    undated = dataclasses.replace(run, scenario=run.scenario.model_copy(update={"time": time}))
    person, month = events(run, "left")[["person", "month"]].iloc[0]
    assert re.search(rf"^month {month} .*Leaves the firm", undated.story(person), flags=re.MULTILINE | re.DOTALL)
    assert calendar_month("2025-13", 3) == "month 3"


@pytest.mark.parametrize("person", [-1, PERSONS])
def test_a_person_who_does_not_exist_is_refused(run: Run, person: int) -> None:
    with pytest.raises(InputError, match=f"from 0 to {PERSONS - 1}, got {person}"):
        run.story(person)
