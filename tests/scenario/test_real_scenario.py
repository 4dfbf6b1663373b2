"""The declaration of the real scenario: complete, consistent, exportable; and the bundled files."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import tomlkit

from custsim.errors import InputError
from custsim.scenario import Scenario, bundled, declared, describe, load, schema
from custsim.scenario.files import parse
from custsim.scenario.layout import rendered, starter
from custsim.scenario.parameter import BOUNDS, Section, sections_in

PARAMETERS = declared(Scenario)


NUMBERS = [parameter for parameter in PARAMETERS if parameter.type in ("number", "whole number")]


def test_every_parameter_states_unit_meaning_and_source() -> None:
    assert [p.path for p in PARAMETERS if not (p.unit and p.meaning and p.source)] == []


def test_every_source_is_a_publication_with_its_year_or_an_assumption() -> None:
    neither = [
        f"{p.path}: {p.source}" for p in PARAMETERS if not re.search(r"^assumption\b|\b(18|19|20)\d\d", p.source)
    ]
    assert neither == []


def test_every_number_has_a_bound() -> None:
    assert [p.path for p in NUMBERS if all(getattr(p, name) is None for name in BOUNDS)] == []


@pytest.mark.parametrize("name", BOUNDS)
def test_every_bound_is_enforced(name: str) -> None:
    accepted = []
    for parameter in NUMBERS:
        bound = getattr(parameter, name)
        if bound is None or parameter.required or "[]" in parameter.path:
            continue
        step = {"gt": 0, "lt": 0, "ge": -1, "le": 1}[name]
        try:
            Scenario().change({parameter.path: int(bound + step) if parameter.type == "whole number" else bound + step})
        except InputError as error:
            if any(line.startswith(f"{parameter.path}: must be ") for line in error.problems):
                continue
        accepted.append(parameter.path)
    assert accepted == []


def test_the_default_scenario_is_valid_and_differs_in_nothing() -> None:
    assert describe(Scenario(), changed=True) == []
    assert Scenario().change({}) == Scenario()


def test_every_section_says_what_it_is() -> None:
    def below(model: type[Section]) -> set[type[Section]]:
        inner = {kind for info in model.model_fields.values() for kind in sections_in(info.annotation)}
        return inner.union(*(below(kind) for kind in inner))  # type: ignore[arg-type]

    assert all((kind.__doc__ or "").strip() for kind in below(Scenario))


def test_the_schema_is_one_and_tells_all() -> None:
    exported = schema()
    jsonschema.Draft202012Validator.check_schema(exported)
    sections = {**exported["$defs"], "": exported}
    leaves = [
        entry
        for section in sections.values()
        for entry in section["properties"].values()
        if "$ref" not in json.dumps(entry)
    ]
    assert len(leaves) >= len({parameter.path for parameter in PARAMETERS}) / 2
    for entry in leaves:
        assert entry["description"]
        assert entry["unit"]
        assert entry["source"]
    numbers = [entry for entry in leaves if entry.get("type") in ("number", "integer")]
    assert all({"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} & set(entry) for entry in numbers)


def test_the_schema_judges_files_as_the_checker_does() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(tomlkit.parse(starter(Scenario(), "x")).unwrap())
    for wrong in ({"complaints": {"staff": -3}}, {"complaints": {"staf": 3}}, {"complaints": {"staff": "3"}}, {"x": 1}):
        assert not validator.is_valid(wrong)
        with pytest.raises(InputError):
            parse(tomlkit.dumps(wrong), Scenario)


def test_a_partial_table_of_a_driver_keeps_the_other_values() -> None:
    tools = parse("[internal_service.tools]\nspend = 1.0\n", Scenario).internal_service.tools
    assert tools == Scenario().internal_service.tools.model_copy(update={"spend": 1.0})


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_scenario_is_in_order_and_keeps_its_file(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.description
    assert rendered(scenario) == scenario._text


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="neither a file nor the name of a bundled one"):
        load("neighborhood_bnk")


@pytest.mark.parametrize("start", ["January 2025", "2025", "2025-13", "2025-1", "25-01"])
def test_the_start_is_a_month_of_the_calendar(start: str) -> None:
    with pytest.raises(InputError, match="2025-01"):
        Scenario().change({"time.start": start})
    assert Scenario().change({"time.start": "1999-12"}).time.start == "1999-12"


def test_an_intervention_that_would_make_another_firm_is_refused_when_the_scenario_is_read() -> None:
    """And not only when it is run, months after it was checked."""
    for path in Scenario.STRUCTURE:
        with pytest.raises(InputError, match=f"{re.escape(path)}: cannot change during a run"):
            Scenario().change({"interventions": [{"month": 1, "change": {path: 1}}]})
    assert "market.persons" in Scenario.STRUCTURE
