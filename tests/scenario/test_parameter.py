"""Declaring parameters and listing them."""

from __future__ import annotations

import dataclasses
from typing import Literal

import pydantic
import pytest
from small_firm import Desk, Firm, Segment

from custsim.scenario.parameter import Section, declared, param, valued


@pytest.mark.parametrize("blank", ["unit", "meaning", "source"])
def test_an_undocumented_parameter_is_refused_when_it_is_declared(blank: str) -> None:
    words = {"unit": "persons", "meaning": "Staff.", "source": "assumption"} | {blank: " "}
    with pytest.raises(TypeError, match=blank):
        param(1, **words)


def test_choices_that_differ_from_the_type_are_refused_when_they_are_declared() -> None:
    with pytest.raises(TypeError, match="Literal"):

        class _Wrong(Section):
            kind: Literal["a", "b"] = param("a", unit="kind", meaning="Kind.", source="assumption", choices=["a", "c"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("staff", "4"),
        ("staff", 4.0),
        ("staff", True),
        ("compensation", "1"),
        ("compensation", True),
        ("compensation", float("nan")),
        ("compensation", float("inf")),
        ("closes", 1),
        ("closes", "true"),
        ("staff", 0),
        ("nonsense", 1),
    ],
)
def test_a_section_refuses_the_wrong_type_and_unknown_names(field: str, value: object) -> None:
    with pytest.raises(pydantic.ValidationError):
        Desk.model_validate({field: value})


def test_a_whole_number_does_for_a_number_and_a_list_for_a_tuple() -> None:
    assert isinstance(Desk.model_validate({"compensation": 2}).compensation, float)
    assert Firm.model_validate({"weights": [1, 2, 3]}).weights == (1.0, 2.0, 3.0)
    assert Firm.model_validate({"segments": [{"name": "all"}]}).segments == (Segment(name="all"),)


def test_a_section_does_not_change() -> None:
    with pytest.raises(pydantic.ValidationError):
        Desk().staff = 9  # type: ignore[misc]


def test_a_default_out_of_bounds_is_found() -> None:
    class _Wrong(Section):
        staff: int = param(0, unit="persons", meaning="Staff.", source="assumption", ge=1)

    with pytest.raises(pydantic.ValidationError):
        _Wrong()


def test_sections_are_equal_when_their_values_are_and_hash_alike() -> None:
    one, other = Firm(), Firm()
    other._text = "# from a file"
    assert one == other
    assert hash(one) == hash(other)
    assert one != Firm(name="another")
    assert Desk() != Segment(name="x")


def test_declared_lists_every_parameter_once_in_order() -> None:
    paths = [parameter.path for parameter in declared(Firm)]
    assert paths[:4] == ["name", "complaints.staff", "complaints.compensation", "complaints.closes"]
    assert "segments[].share" in paths
    assert "segments[].desk.staff" in paths
    assert {"interventions[].kind", "interventions[].month", "interventions[].changes"} <= set(paths)
    assert len(paths) == len(set(paths))


def test_a_parameter_tells_all_that_was_declared() -> None:
    by_path = {parameter.path: parameter for parameter in declared(Firm)}
    staff = by_path["complaints.staff"]
    assert (staff.unit, staff.type, staff.source, staff.default) == ("persons", "whole number", "assumption", 4)
    assert (staff.ge, staff.le, staff.bounds) == (1, 500, "at least 1, at most 500")
    assert by_path["loyalty.churn"].bounds == "above 0, below 1"
    assert by_path["loyalty.relationship"].choices == {
        "contractual": "renewed each month",
        "noncontractual": "leaves unseen",
    }
    assert by_path["loyalty.floor"].type == "number or nothing"
    assert by_path["weights"].type == "list of number"
    assert by_path["segments[].name"].required
    assert not staff.required
    assert dataclasses.is_dataclass(staff)


def test_valued_compares_items_of_a_list_with_those_that_stand_there_by_default() -> None:
    assert not any(parameter.differs for parameter in valued(Firm()))
    firm = Firm(segments=(Segment(name="young", share=0.5), Segment(name="old", share=0.5)))
    assert [parameter.path for parameter in valued(firm) if parameter.differs] == [
        "segments[0].share",
        "segments[1].share",
    ]


def test_a_table_that_names_some_values_leaves_the_others_as_they_are_there_by_default() -> None:
    class _Branch(Section):
        desk: Desk = Desk(staff=7, compensation=2.0)

    class _Group(Section):
        branch: _Branch = _Branch(desk=Desk(staff=11, compensation=3.0))

    group = _Group.model_validate({"branch": {"desk": {"staff": 5}}})
    assert (group.branch.desk.staff, group.branch.desk.compensation) == (5, 3.0)
    assert {p.path: p.default for p in declared(_Group)}["branch.desk.staff"] == 11
    assert [p.path for p in valued(group) if p.differs] == ["branch.desk.staff"]
