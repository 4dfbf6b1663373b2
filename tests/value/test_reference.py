"""What is public is documented: sections of the docstrings, examples, and a place on a reference page."""

import inspect
import json
import re
from pathlib import Path

import pytest

from custsim import value

ROOT = Path(__file__).parents[2]
PAGES = "\n".join((ROOT / "docs" / "reference" / name).read_text("utf-8") for name in ("value.md", "value-models.md"))
NAMES = sorted(value.__all__)
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(value, name))]
CLASSES = [name for name in NAMES if inspect.isclass(getattr(value, name))]
METHODS = sorted(
    f"{name}.{key}"
    for name in CLASSES
    for key, found in vars(getattr(value, name)).items()
    if not key.startswith("_") and inspect.isfunction(getattr(found, "__func__", found))
)

#: house-keeping and house rules, for which there is no publication
UNPUBLISHED = {"periods_per_year", "read_log", "slipping_away"}
#: cannot go wrong: yes-or-no questions, or no arguments at all
NEVER_RAISE = {"choose_model", "strategy_table"}


def sections(thing) -> set[str]:
    return set(re.findall(r"^([A-Z][a-z]+)\n-{4,}$", inspect.getdoc(thing) or "", re.MULTILINE))


def arguments(function) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_takes_gives_refuses_and_where_it_comes_from(name):
    function = getattr(value, name)
    expected = {"Returns", "Examples"}
    expected |= {"Parameters"} if arguments(function) else set()
    expected |= {"Raises"} if name not in NEVER_RAISE else set()
    expected |= {"References"} if name not in UNPUBLISHED else set()
    assert expected - sections(function) == set()
    assert ">>> " in inspect.getdoc(function)


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_every_argument_is_described(name):
    thing, _, method = name.partition(".")
    function = getattr(getattr(value, thing), method) if method else getattr(value, thing)
    text = inspect.getdoc(function)
    found = re.search(r"^Parameters\n-+\n(.*?)(?=^[A-Z][a-z]+\n-{4,}$|\Z)", text, re.MULTILINE | re.DOTALL)
    described = re.findall(r"^\*{0,2}(\w[\w, *]*)$", found[1], re.MULTILINE) if found else []
    named = {word.strip(" *") for line in described for word in line.split(",")}
    assert set(arguments(function)) - named == set()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_it_takes_gives_and_refuses(name):
    thing, _, method = name.partition(".")
    function = getattr(getattr(value, thing), method)
    expected = {"Returns", "Examples"} | ({"Parameters", "Raises"} if arguments(function) else set())
    assert expected - sections(function) == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_a_place_on_a_reference_page(name):
    assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", PAGES)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_says_what_it_holds(name):
    kind = getattr(value, name)
    text = inspect.getdoc(kind)
    assert len(text) > 60
    if not {"Parameters", "Attributes"} & sections(kind):
        fields = getattr(kind, "_fields", None) or list(kind.__dataclass_fields__)
        assert [field for field in fields if not field.startswith("_") and field not in text] == []


MODELS = ["BGNBD", "MBGNBD", "ParetoNBD", "BGBB", "GammaGamma", "Geometric", "ShiftedBetaGeometric",
          "BetaDiscreteWeibull", "ExponentialGamma", "Bass", "MarkovChain", "ResponseCurve"]  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_parameters_refusals_source_and_example(name):
    assert {"Parameters", "Raises", "References", "Examples"} - sections(getattr(value, name)) == set()


@pytest.mark.parametrize(
    "name",
    ["clv", "margin_multiple", "expected_lifetime", "clv_from_curves", "break_even_acquisition", "payback_periods",
     "elasticities", "retention_ledger", "contact_cost_table", "customer_equity", "ResponseCurve", "balance_equity",
     "acquisition_retention_balance", "referral_multiplier", "adopter_value", "bass_fit", "concentration",
     "cost_to_serve", "why_retention_rises", *(name for name in MODELS if name not in ("MarkovChain", "Bass"))],
)  # fmt: skip
def test_what_computes_shows_its_formula(name):
    text = inspect.getdoc(getattr(value, name))
    assert ":math:" in text or ".. math::" in text or "``S(t) = " in text


class TestDataFile:
    """One data file, with source, grade and tolerance; every entry is put to use."""

    FILE = Path(__file__).with_name("published_clv.json")
    ENTRIES = json.loads(FILE.read_text("utf-8"))["entries"]

    @pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
    def test_an_entry_is_complete_and_of_a_grade_that_may_be_tested(self, entry):
        assert {"id", "model", "grade", "source", "inputs", "expected", "tolerance"} <= set(entry)
        assert entry["grade"] in ("A", "C", "R")

    @pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
    def test_an_entry_is_read_by_a_test(self, entry):
        tests = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
        assert f'"{entry["id"]}"' in tests
