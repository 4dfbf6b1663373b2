"""Changing and describing scenarios."""

from __future__ import annotations

import numpy as np
import pytest
from small_firm import Firm, Price, Segment, Shift

from custsim.errors import InputError
from custsim.scenario import Scenario
from custsim.scenario.changes import assignments, change
from custsim.scenario.describe import describe, frame
from custsim.scenario.files import parse
from custsim.scenario.layout import rendered
from custsim.scenario.paths import join_path, parse_path


def test_a_change_is_a_new_scenario() -> None:
    firm = parse("name = 'bank'  # ours", Firm)
    changed = change(firm, {"complaints.staff": 8, "segments[0].share": 0.5, "segments[1].share": 0.5})
    assert (firm.complaints.staff, changed.complaints.staff) == (4, 8)
    assert [segment.share for segment in changed.segments] == [0.5, 0.5]
    assert changed.name == "bank"
    assert changed._text == firm._text


def test_all_problems_of_a_change_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        change(
            Firm(),
            {
                "complaints.staf": 8,
                "complaint.staff": 8,
                "segments[7].share": 0.1,
                "segments.share": 0.1,
                "complaints[0]": 1,
                "complaints.staff.x": 3,
                "..": 1,
                "loyalty.churn": 2,
                "complaints.staff": "8",
            },
        )
    assert set(caught.value.problems) == {
        "complaints.staf: no such parameter; did you mean complaints.staff?",
        "complaint.staff: no such parameter; did you mean complaints.staff?",
        "segments[7]: there are 2, counted from 0",
        "segments.share: segments is a list of 2; write segments[0] for its first item",
        "complaints[0]: complaints is not a list",
        "complaints.staff.x: no such parameter; complaints.staff is 4",
        "'..' is not the path of a parameter; write it like complaints.staff or segments[0].share",
        "loyalty.churn: must be below 1, got 2",
        "complaints.staff: must be a whole number, got '8'",
    }


def test_a_table_for_a_section_leaves_what_it_does_not_name() -> None:
    firm = change(Firm(), {"complaints.staff": 8})
    assert change(firm, {"complaints": {"compensation": 2}}).complaints.staff == 8


def test_sections_lists_and_arrays_are_taken_as_values() -> None:
    changed = change(
        Firm(),
        {
            "segments": [Segment(name="all")],
            "weights": np.array([1.0, 3.0]),
            "complaints.staff": np.int64(9),
            "loyalty.churn": np.float64(0.1),
            "interventions": [Price(month=3), {"kind": "shift", "changes": {"loyalty.churn": 0.5}}],
        },
    )
    assert changed.weights == (1.0, 3.0)
    assert changed.complaints.staff == 9
    assert changed.interventions == (Price(month=3), Shift(changes={"loyalty.churn": 0.5}))
    later = change(changed, {"interventions[1].changes.complaints.staff": 9})
    assert later.interventions[1] == Shift(changes={"loyalty.churn": 0.5, "complaints.staff": 9})


def test_a_combination_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="shares must add up to 1"):
        change(Firm(), {"segments[0].share": 0.9})


@pytest.mark.parametrize("path", ["a", "a.b", "a[0].b", "a[0]", "a[3].b.c"])
def test_paths_are_read_and_written_alike(path: str) -> None:
    assert join_path(parse_path(path)) == path


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "[0]", "a.[0]", "a[x]", "a[0]b", "a[0", "a b", "a]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        parse_path(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8", 8),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1e-3", -0.001),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ("{a = 1}", {"a": 1}),
        ("contractual", "contractual"),
        ('"8"', "8"),
        ("", ""),
        ("a=b", "a=b"),
        ("1\nother = 2", "1\nother = 2"),
    ],
)
def test_values_on_the_command_line_are_tomls(text: str, value: object) -> None:
    read = assignments([f"complaints.staff={text}"])["complaints.staff"]
    assert read == value
    assert type(read) is type(value)


def test_all_texts_that_are_no_changes_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        assignments(["complaints.staff", "=3", "a..b=1", "loyalty.churn=1"])
    assert len(caught.value.problems) == 3


def test_description_tells_every_value_and_what_differs() -> None:
    firm = change(Firm(), {"complaints.staff": 8})
    rows = {row.path: row for row in describe(firm)}
    assert (rows["complaints.staff"].value, rows["complaints.staff"].default) == (8, 4)
    assert rows["complaints.staff"].assumed
    assert not rows["complaints.compensation"].assumed
    assert [row.path for row in describe(firm, changed=True)] == ["complaints.staff"]
    assert {row.path.split(".")[0] for row in describe(firm, "complaints")} == {"complaints"}
    assert len(describe(firm, "segments")) == 10
    table = frame(describe(firm))
    assert table.loc["complaints.staff", "unit"] == "persons"
    assert table["differs"].sum() == 1


def test_a_misspelt_section_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean complaints"):
        describe(Firm(), "complaint")


def test_a_changed_firm_opens_as_the_one_it_was_changed_from() -> None:
    bank = Scenario()
    assert bank.opening is bank
    faster = bank.change({"complaints.staff": 8})
    assert faster.opening is bank
    assert faster.change({"complaints.staff": 9}).opening is bank
    assert faster.change({"complaints.staff": bank.complaints.staff}) == bank
    assert bank.change({"complaints.staff": 8}, opening="own").opening.complaints.staff == 8
    assert bank.change({"complaints.staff": 8}, opening="own") != faster


def interventions(*changes: object, **more: object) -> list[dict[str, object]]:
    return [{"month": 12, "change": change, **more} for change in changes]


def test_what_interventions_change_is_checked_before_any_run() -> None:
    with pytest.raises(InputError) as caught:
        Scenario().change(
            {
                "interventions": interventions(
                    {"complaints.staf": 8},
                    {"complaints.staff": -8, "loyalty.churns": 1},
                    {"time.months": 8},
                    {"segments[0].share": 0.5},
                )
            }
        )
    assert caught.value.problems == (
        "interventions[0].change: complaints.staf: no such parameter; did you mean complaints.staff?",
        "interventions[1].change: loyalty.churns: no such parameter; did you mean loyalty.churn?",
        "interventions[2].change: time.months: cannot change during a run; set it in the scenario itself",
        "interventions[3].change: segments[0].share: cannot change during a run; set it in the scenario itself",
    )
    with pytest.raises(InputError) as caught:
        Scenario().change(
            {"interventions": interventions({"complaints.staff": -8, "loyalty": 3}, {"profit": {"x": 1}})}
        )
    assert [line.partition(": must")[0] for line in caught.value.problems] == [
        "interventions[1].change: profit.x: no such parameter",
    ]
    with pytest.raises(InputError) as caught:
        Scenario().change({"interventions": interventions({"complaints.staff": -8, "loyalty": 3})})
    assert [line.partition(" must")[0] for line in caught.value.problems] == [
        "interventions[0].change: complaints.staff:",
        "interventions[0].change: loyalty:",
    ]


def test_what_a_firm_is_does_not_change_during_a_run() -> None:
    class _Fixed(Scenario):
        STRUCTURE = ("market.persons",)

    with pytest.raises(InputError, match=r"market\.persons: cannot change during a run"):
        change(_Fixed(), {"interventions": interventions({"market.persons": 5})})


def test_an_intervention_may_be_written_with_nested_tables() -> None:
    text = "[[interventions]]\nmonth = 12\nchange = { complaints.staff = 8 }  # as one writes\n"
    scenario = parse(text, Scenario)
    assert scenario.interventions[0].change == {"complaints.staff": 8}
    assert rendered(scenario) == text
