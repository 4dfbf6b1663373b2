"""What holds for every law: compiled it gives what NumPy gives on arrays, and its docstring says what it rests on."""

from __future__ import annotations

import doctest
import inspect
import re

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import LAWS, MODULES, arguments

from custsim.simulation.compiled import use_laws

use_laws(*MODULES.values())
each_law = pytest.mark.parametrize("name", LAWS)
quietly = settings(suppress_health_check=list(HealthCheck))


def compiled(law):
    """A loop of compiled scalar calls over columns of arguments, as in the month."""
    count = len(inspect.signature(law).parameters)
    scalars = ", ".join(f"rows[{i}, j]" for i in range(count))
    space = {"law": law}
    exec(f"def over(rows, out):\n    for j in range(out.size):\n        out[j] = law({scalars})\n", space)
    return numba.njit(error_model="numpy")(space["over"])


@each_law
def test_a_compiled_law_is_the_law_on_arrays(name):
    law = LAWS[name]
    over, values = compiled(law), list(arguments(law).values())

    @given(st.lists(st.tuples(*values), min_size=1, max_size=50))
    @settings(quietly, max_examples=15)
    def agree(samples):
        rows = np.array(samples, dtype=np.float64).T.copy()
        out = np.empty(rows.shape[1])
        over(rows, out)
        on_arrays = np.asarray(law(*rows))
        one_by_one = [float(law(*row)) for row in rows.T.tolist()]
        assert on_arrays.shape == out.shape
        assert np.isfinite(out).all()
        # exp and pow of the compiler may differ from NumPy's in the last bits
        np.testing.assert_allclose(out, on_arrays, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(one_by_one, on_arrays, rtol=1e-11, atol=1e-13)

    agree()


@each_law
def test_a_law_broadcasts(name):
    law, values = LAWS[name], list(arguments(LAWS[name]).values())

    @given(st.tuples(*values), st.integers(0, len(values) - 1))
    @settings(quietly, max_examples=5)
    def broadcasts(sample, varied):
        several = [np.full((3, 1), value) if i == varied else value for i, value in enumerate(sample)]
        np.testing.assert_allclose(law(*several), np.full((3, 1), float(law(*sample))), rtol=1e-12, atol=1e-14)

    broadcasts()


#: laws that are definitions: identities, averages and plain forms, in which every number is an argument
DEFINITIONS = {
    "forms.anchored_logistic",
    "forms.saturating",
    "forms.relax",
    "employees.workload_strain",
    "employees.next_satisfaction",
    "employees.survivor_shift",
    "employees.served_share",
    "employees.head_target",
    "service_quality.responsiveness",
    "service_quality.assurance",
    "service_quality.tangibles",
    "satisfaction.perceived_quality",
    "complaints.failure_in_month",
    "loyalty.behaviour_satisfaction",
    "referral.word_of_mouth_share",
    "profit.tenure_share",
    "profit.visit_revenue_factor",
}


def has_source(name):
    text = inspect.getdoc(LAWS[name]) or ""
    return "References\n----------" in text or bool(re.search("assumption", text, re.IGNORECASE))


@each_law
def test_a_law_says_what_it_is_with_an_example_and_what_it_rests_on(name):
    text = inspect.getdoc(LAWS[name]) or ""
    assert len(text.splitlines()[0]) > 20
    assert doctest.DocTestParser().get_examples(text), "no example that runs"
    assert has_source(name) or name in DEFINITIONS, "neither a reference nor the word assumption"


def test_the_list_of_definitions_holds_only_laws_without_a_source():
    assert {name for name in DEFINITIONS if name not in LAWS or has_source(name)} == set()


def test_every_public_function_of_the_chain_is_in_all():
    for module in MODULES.values():
        own = {n for n, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__}
        assert {name for name in own if not name.startswith("_")} == set(module.__all__)
