"""The house itself: floors, cycles, length of functions, a light import, examples that run, words to be avoided."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
import rustworkx as rx
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "custsim"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FUNCTION = 60
HEAVY = ("numba", "llvmlite", "pandas", "scipy", "matplotlib", "pydantic", "simpy", "rustworkx", "pyarrow", "numpy")


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [module_name(file) for file in SOURCES]


def test_each_floor_imports_only_floors_below(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out


def test_no_import_goes_round_in_a_circle() -> None:
    graph = grimp.build_graph("custsim", exclude_type_checking_imports=True, cache_dir=None)
    modules = sorted(graph.modules)
    number = {module: index for index, module in enumerate(modules)}
    imports = rx.PyDiGraph()
    imports.add_nodes_from(modules)
    imports.add_edges_from_no_data(
        [
            (number[module], number[imported])
            for module in modules
            for imported in graph.find_modules_directly_imported_by(module)
        ]
    )
    circles = [sorted(imports[node] for node in part) for part in rx.strongly_connected_components(imports)]
    assert [circle for circle in circles if len(circle) > 1] == []


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of a file with its number of lines, its docstring not counted."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                docstring = node.body[0]
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            yield node.name, lines


def test_functions_are_short() -> None:
    long = [
        f"{file.relative_to(ROOT)}: {name} has {lines} lines"
        for file in SOURCES
        for name, lines in functions(file)
        if lines > LONGEST_FUNCTION
    ]
    assert long == []


def test_import_custsim_is_light() -> None:
    code = f"import sys, custsim; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


@pytest.mark.parametrize("module", [name for name in MODULES if name != "custsim.__main__"])
def test_examples_in_docstrings_run_and_public_names_exist(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = importlib.import_module(module)
    missing = [name for name in getattr(loaded, "__all__", ()) if getattr(loaded, name, None) is None]
    assert missing == []
    failures, _ = doctest.testmod(loaded, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failures == 0


#: floors that an extra brings to life: nothing of them is needed to run, to value or to compare
FLOORS_WITH_EXTRAS = {
    "widgets": {"lessons"},
    "lessons": {"lessons"},
    "game": {"lessons", "workshop"},
    "workshop": {"lessons", "workshop"},
    "report": {"reports"},
}


def test_every_package_that_is_imported_is_declared() -> None:
    """A package that is only there because another one needs it may be gone with that one's next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = _names(project["dependencies"])
    extras = {name: _names(lines) for name, lines in project["optional-dependencies"].items()}
    graph = grimp.build_graph("custsim", include_external_packages=True, cache_dir=None)
    used: set[str] = set()
    wrong: list[str] = []
    for package in graph.modules:
        if package.partition(".")[0] in {"custsim", *sys.stdlib_module_names}:
            continue
        used.add(package)
        for module in graph.find_modules_that_directly_import(package):
            floor = module.split(".")[1] if "." in module else ""
            allowed = core.union(*(extras[extra] for extra in FLOORS_WITH_EXTRAS.get(floor, ())))
            wrong += [] if package in allowed else [f"{module} imports {package}"]
    assert wrong == []
    assert core - used - {"pyarrow"} == set()  # pyarrow: what pandas reads and writes Parquet with
    # extras may be imported by name only when they are needed
    texts = "".join(file.read_text(encoding="utf-8").lower() for file in (ROOT / "custsim").rglob("*.py"))
    offered = set().union(*(extras[name] for name in ("lessons", "workshop", "experiments", "cluster", "reports")))
    assert [name for name in offered - {"custsim"} if not re.search(rf"\b{name}\b", texts)] == []


def _names(requirements: list[str]) -> set[str]:
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("-", "_") for line in requirements}
    return {{"markdown_it_py": "markdown_it"}.get(name, name) for name in names}


def test_no_two_test_files_have_the_same_name() -> None:
    """They share one space of names when they are collected: with two alike, the second is not run."""
    names = [file.name for file in (ROOT / "tests").rglob("*.py") if file.name != "conftest.py"]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"work/",
            r"(?<![\w.])/" + r"root/",
            r"(?<![\w.])/" + r"home/\w",
            r"(?<![\w.])/" + r"opt/",
            r"(?<![\w.])/" + r"tmp/\w",
            "[A-Z]:" + r"\\Users\\",
            "pypi" + r"\.org",
            "python" + "hosted",
            "index-" + "url",
            "file:" + "//",
        ]
    )
)
TEXTS = sorted(
    file
    for place in ("custsim", "tests", "docs", "scenarios", "lessons", "benchmarks", ".ci", ".github")
    for file in (ROOT / place).rglob("*")
    if file.is_file()
    and file.suffix in {".py", ".md", ".toml", ".txt", ".json", ".ipynb", ".yml", ".yaml", ".cfg", ".csv", ""}
    and "__pycache__" not in file.parts
) + sorted(file for file in ROOT.glob("*") if file.suffix in {".md", ".toml", ".txt"})


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in TEXTS
        for match in FORBIDDEN.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []
