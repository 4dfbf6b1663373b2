"""What the documentation shows works: its code runs, its commands end as it says, its links and files exist.

On every page, in order and in one empty folder:

- ``python`` blocks run one after another in one namespace; with ``>>>`` their output is compared;
- in ``console`` blocks every line ``$ custsim …`` is run and must end with code 0, or with the code that stands behind
  it (``# exit 2``); with ``console checked`` its output is compared too, ``...`` standing for anything;
- ``toml`` blocks are read, and written to the file named behind ``toml``, if one is.

What is shown without being run (how to install, say) stands in ``sh`` blocks.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pages import PAGES, ROOT, Block, anchors, blocks, commands, links, names_in_backticks

#: a page may not keep the tests waiting longer than this for one command
SECONDS = 300

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def run_python(block: Block, namespace: dict[str, Any], page: Path) -> None:
    if ">>> " not in block.text:
        # Empty lines in front, so that a traceback shows the line of the page.
        exec(compile("\n" * (block.line - 1) + block.text, name_of(page), "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.text, namespace, name_of(page), name_of(page), block.line - 1)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=report.append, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
    namespace.update(test.globs)


def run_console(block: Block) -> None:
    for command in commands(block):
        words = shlex.split(command.text, comments=True)
        assert words[0] == "custsim", f"{command.text}: only custsim is run; show other commands in a block called sh"
        assert not {"|", ">", ">>", "<", "&&", ";"} & set(words), f"{command.text}: no shell runs this"
        done = subprocess.run(
            [sys.executable, "-m", "custsim", *words[1:]],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
            env=os.environ | {"PYTHONUTF8": "1"},
        )
        said = done.stdout + done.stderr
        assert done.returncode == command.code, f"{command.text} ended with {done.returncode}:\n{said}"
        if block.argument == "checked":
            same = doctest.OutputChecker().check_output(command.output, said, FLAGS)
            assert same, f"{command.text} says:\n{said}\nThe page says:\n{command.output}"


def run_toml(block: Block) -> None:
    tomllib.loads(block.text)
    if block.argument:
        Path(block.argument).write_text(block.text, encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_shows_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__page__"}
    ran = 0
    for block in blocks(page):
        if block.language in ("python", "pycon"):
            run_python(block, namespace, page)
        elif block.language == "console":
            run_console(block)
        elif block.language == "toml":
            run_toml(block)
        else:
            continue
        ran += 1
    if not ran:
        pytest.skip("nothing to run on this page")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


TOP = {entry.name for entry in ROOT.iterdir()}
FILES = {
    file.relative_to(ROOT).as_posix()
    for file in ROOT.rglob("*")
    if file.suffix in {".py", ".md"} and not {".venv", "build", "dist"} & set(file.parts)
}


def exists(name: str) -> bool:
    """Whether a name in backticks that looks like a file of this repository is one."""
    name = re.sub(r":\d+$", "", name)
    if "/" in name and name.split("/")[0] in TOP:
        return any(ROOT.glob(name.rstrip("/")))
    if re.fullmatch(r"[\w\-/.]+\.(py|md)", name):
        return any(file == name or file.endswith(f"/{name}") for file in FILES)
    return True


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_a_page_names_exist(page: Path) -> None:
    missing = [name for name in sorted(names_in_backticks(page)) if " " not in name and not exists(name)]
    assert missing == []


def test_the_readme_has_its_two_commands_each_on_one_line() -> None:
    lines = [line for block in blocks(ROOT / "README.md") if block.language == "sh" for line in block.text.splitlines()]
    assert len(lines) == 2
    assert all(line.startswith("python3 -m venv .venv && ") and "-c constraints.txt" in line for line in lines)
    assert lines[0].endswith("custsim run")
    assert ".venv/bin/pytest" in lines[1]
