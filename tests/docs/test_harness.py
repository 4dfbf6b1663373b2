"""The tests of the documentation notice what they are there to notice."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import ROOT, Block, Command, anchors, blocks, commands, links, names_in_backticks
from test_docs import exists, run_console, run_python, run_toml

PAGE = """\
# A page: with `code` & more

See [there](other.md#part), ![picture](images/x.png) and `custsim/errors.py`.

```console checked
$ custsim --version
custsim, version ...
$ custsim check \\
    none.toml  # exit 2
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.md"
    file.write_text(PAGE, encoding="utf-8")
    return file


def test_a_page_is_read(page: Path) -> None:
    (block,) = blocks(page)
    assert (block.language, block.argument, block.line) == ("console", "checked", 6)
    assert commands(block) == [
        Command("custsim --version", "custsim, version ...\n", 0),
        Command("custsim check none.toml", "", 2),
    ]
    assert links(page) == {"other.md#part", "images/x.png"}
    assert names_in_backticks(page) == {"code", "custsim/errors.py"}
    assert anchors(page) == {"a-page-with-code--more"}


def console(text: str, argument: str = "") -> Block:
    return Block("console", argument, text, 1)


def test_right_commands_pass() -> None:
    run_console(console("$ custsim --version\ncustsim, version ...\n", "checked"))
    run_console(console("$ custsim check none.toml  # exit 2\n"))


@pytest.mark.parametrize(
    "block",
    [
        console("$ custsim check none.toml\n"),
        console("$ custsim --version  # exit 2\n"),
        console("$ custsim --version\nsomething else\n", "checked"),
        console("$ ls\n"),
        console("$ custsim --version | head\n"),
    ],
)
def test_wrong_commands_fail(block: Block) -> None:
    with pytest.raises(AssertionError):
        run_console(block)


def test_wrong_python_and_toml_fail() -> None:
    page = ROOT / "README.md"
    run_python(Block("python", "", "x = 1", 1), {}, page)
    run_python(Block("python", "", ">>> 1 + 1\n2\n", 1), {}, page)
    with pytest.raises(ZeroDivisionError):
        run_python(Block("python", "", "1 / 0", 1), {}, page)
    with pytest.raises(AssertionError):
        run_python(Block("python", "", ">>> 1 + 1\n3\n", 1), {}, page)
    with pytest.raises(ValueError, match="nvalid"):
        run_toml(Block("toml", "", "x = ", 1))


def test_names_of_files_are_looked_up() -> None:
    assert exists("custsim/errors.py")
    assert exists("errors.py")
    assert exists("scenarios/*.md")
    assert exists("my_firm.toml")
    assert exists("complaints.staff")
    assert not exists("custsim/no_such_file.py")
    assert not exists("no_such_file.py")
    assert not exists("docs/no-such-folder/")
