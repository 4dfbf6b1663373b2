"""The cache of compiled code: it must follow an edited law, serve an unchanged one, and never be a reason to fail.

Each test runs a small copy of the package in a process of its own, with the real ``compiled.py`` in it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from custsim.simulation import compiled

LAW = """
__all__ = ["level"]
from custsim.chain.constants import GAIN
def level(spend):
    return GAIN * spend
"""
MONTH = """
from custsim.chain import law
from custsim.simulation.compiled import kernel, use_laws
use_laws(law)
use_laws(law)
@kernel
def month(spend):
    return law.level(spend) + 1.0
"""
RUN = """
import json, numba
from custsim.simulation import compiled, month
from elsewhere import other
result, folder = month.month(2.0), compiled.cache_folder()
print(json.dumps({
    "result": result,
    "hits": sum(month.month.stats.cache_hits.values()),
    "misses": sum(month.month.stats.cache_misses.values()),
    "folder": folder and str(folder),
    "setting": numba.config.CACHE_DIR,
    "other": other.stats.cache_path,
}))
"""
ELSEWHERE = """
import custsim.simulation.compiled
import numba
@numba.njit(cache=True)
def other(x):
    return x
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one law, one constant and one kernel, besides the real ``compiled.py``."""
    root = tmp_path / "site"
    for folder in ("custsim/chain", "custsim/simulation"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").touch()
    (root / "custsim/__init__.py").touch()
    (root / "custsim/chain/law.py").write_text(LAW)
    (root / "custsim/chain/constants.py").write_text("GAIN = 10.0\n")
    (root / "custsim/simulation/month.py").write_text(MONTH)
    (root / "custsim/simulation/compiled.py").write_text(Path(compiled.__file__).read_text(encoding="utf-8"))
    (root / "elsewhere.py").write_text(ELSEWHERE)
    return root


def start(package: Path, code: str = RUN, **environment: str) -> subprocess.Popen[str]:
    """Start ``code`` on the copied package in a new process, compiled code in ``cache`` unless told otherwise."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    settings = clean | {"NUMBA_CACHE_DIR": str(package.parent / "cache")} | environment
    return subprocess.Popen(  # the folder comes first among the places to import from
        [sys.executable, "-c", code],
        cwd=package,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told_by(process: subprocess.Popen[str]) -> Any:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(output)


def run(package: Path, code: str = RUN, **environment: str) -> Any:
    return told_by(start(package, code, **environment))


def test_an_unchanged_package_loads_and_an_edited_law_or_constant_acts(package):
    first = run(package)
    assert (first["result"], first["hits"], first["misses"]) == (21.0, 0, 1)

    again = run(package)
    assert (again["result"], again["hits"], again["misses"]) == (21.0, 1, 0)

    law = package / "custsim/chain/law.py"
    law.write_text(LAW.replace("GAIN * spend", "GAIN / spend"))
    edited = run(package)
    assert (edited["result"], edited["hits"]) == (6.0, 0)

    (package / "custsim/chain/constants.py").write_text("GAIN = 20.0\n")
    assert run(package)["result"] == 11.0

    law.write_text(LAW)
    (package / "custsim/chain/constants.py").write_text("GAIN = 10.0\n")
    back = run(package)
    assert (back["result"], back["hits"]) == (21.0, 1)


def test_an_edit_where_no_kernel_can_reach_keeps_the_cache(package):
    run(package)
    for place in ("custsim/plots.py", "custsim/cli/run.py"):
        (package / place).parent.mkdir(exist_ok=True)
        (package / place).write_text("COLOUR = 'blue'\n")
    assert run(package)["hits"] == 1


def test_a_run_imports_only_what_its_cache_is_named_by():
    simulation = Path(compiled.__file__).parent
    reached = {
        found
        for file in simulation.rglob("*.py")
        for found in re.findall(r"^\s*(?:from|import) custsim[. ](?:import )?(\w+)", file.read_text(), re.MULTILINE)
    }
    assert reached <= {*compiled._FLOORS, "errors"}


def test_the_users_folder_is_kept_to_and_other_packages_are_left_alone(package):
    told = run(package)
    users = package.parent / "cache"
    assert Path(told["folder"]).parent == users
    assert told["setting"] == str(users)
    assert Path(told["other"]).parent == users


def test_without_a_setting_the_users_cache_folder_serves(package):
    home = package.parent / "home"
    told = run(package, NUMBA_CACHE_DIR="", HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
    if sys.platform != "win32":
        assert home in Path(told["folder"]).parents
    assert any(Path(told["folder"]).rglob("*.nbc"))


@pytest.mark.parametrize("variable", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME"])
@pytest.mark.skipif(sys.platform == "win32", reason="the user's cache folder is not set by HOME there")
def test_where_nothing_can_be_written_it_compiles_without_a_cache(package, variable):
    wall = package.parent / "a file, not a folder"
    wall.touch()
    unwritable = {"NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": str(wall / "cache"), "HOME": str(wall / "home")}
    elsewhere = package / "elsewhere.py"
    elsewhere.write_text(ELSEWHERE.replace("cache=True", "cache=False"))
    code = RUN.replace("other.stats.cache_path", "None")
    told = run(package, code, **unwritable | {variable: str(wall / "cache")})
    assert (told["result"], told["folder"]) == (21.0, None)
    assert not list(package.rglob("*.nb?"))  # and nothing beside the sources, where it would not follow the laws


def test_a_nearly_full_disk_is_not_written_to(package):
    code = "import shutil\nshutil.disk_usage = lambda path: shutil._ntuple_diskusage(10, 9, 1)\n" + RUN
    told = run(package, code)
    assert (told["result"], told["folder"]) == (21.0, None)


def test_sources_edited_while_the_process_runs_are_not_cached(package):
    code = "import custsim.simulation.compiled, os\n" + RUN
    ahead = time.time() + 3600
    os.utime(package / "custsim/chain/law.py", (ahead, ahead))
    told = run(package, code)
    assert (told["result"], told["folder"]) == (21.0, None)


@pytest.mark.parametrize(("hours", "left"), [((0.1, 0.2, 0.3, 0.4, 2.0, 3.0), 4), ((2.0, 3.0, 4.0, 5.0, 6.0), 3)])
def test_only_long_unused_folders_of_older_sources_are_removed(package, hours, left):
    users = package.parent / "cache"
    ours = [f"custsim-{number:016x}" for number in range(len(hours))]
    not_ours = ["custsim-mine", "month_0123"]
    for name, age in zip([*ours, *not_ours], [*hours, 99.0, 99.0], strict=True):
        (users / name).mkdir(parents=True)
        (users / name / "kernel.nbc").touch()
        os.utime(users / name, (time.time() - age * 3600,) * 2)
    current = Path(run(package)["folder"]).name
    there = {folder.name for folder in users.iterdir() if folder.name in [*ours, *not_ours, current]}
    assert there == {*ours[:left], *not_ours, current}  # the newest few, the lately used, and what is not ours


def test_processes_that_start_together_do_not_disturb_each_other(package):
    both = [start(package), start(package)]
    assert [told_by(process)["result"] for process in both] == [21.0, 21.0]
    assert run(package)["hits"] == 1


def test_switching_the_compiler_off_leaves_plain_functions(package):
    code = "from custsim.simulation.month import month\nprint(month(2.0))"
    assert run(package, code, NUMBA_DISABLE_JIT="1") == 21.0


def test_laws_stay_plain_functions_for_python(package):
    code = (
        "import json, numpy as np\nfrom custsim.simulation import month\nfrom custsim.chain import law\n"
        "print(json.dumps([law.level(np.array([1.0, 2.0])).tolist(), type(law.level).__name__]))"
    )
    assert run(package, code) == [[10.0, 20.0], "function"]
