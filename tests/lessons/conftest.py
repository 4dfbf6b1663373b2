"""What all tests of lessons share."""

import functools

import pytest
from cells import NOTEBOOKS

from custsim.lessons import firms


def pytest_generate_tests(metafunc):
    """A test that asks for ``lesson`` runs for each notebook there is."""
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])


@pytest.fixture(scope="session")
def seeds():
    """Lucks in which a claim of a lesson must hold: that of the boards, and four others."""
    return (1, 2, 3, 4, 5)


@pytest.fixture(scope="session", autouse=True)
def runs_are_lived_once():
    """Keep the last runs, since several claims are about the same ones; a run is a function of what it is asked for."""
    plain = firms.lived

    @functools.lru_cache(maxsize=48)
    def kept(of, changes, seed, months):
        return plain(known[of], dict(changes), seed=seed, months=months)

    known = {}

    def lived(of, changes=None, *, seed=firms.SEED, months=None):
        name = of if isinstance(of, str) else id(of)
        known[name] = of
        return kept(name, tuple(sorted((changes or {}).items())), seed, months)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(firms, "lived", lived)
        yield
