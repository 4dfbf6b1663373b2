"""What all tests of lessons share."""

import pytest
from cells import NOTEBOOKS


def pytest_generate_tests(metafunc):
    """A test that asks for ``lesson`` runs for each notebook there is."""
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])


@pytest.fixture(scope="session")
def seeds():
    """Lucks in which a claim of a lesson must hold: that of the boards, and four others."""
    return (1, 2, 3, 4, 5)
