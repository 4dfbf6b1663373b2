"""A terminal for tests: commands run as a user types them, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from custsim.cli import main


class Done(NamedTuple):
    """How a command ended: the exit code a shell would see, and what was printed."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands in a folder that was empty at first."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *words: str) -> Done:
        self._capsys.readouterr()
        try:
            main(list(words))
            code = 0
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        said = self._capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Done(code, said.out, said.err)

    def files(self) -> list[str]:
        return sorted(str(file.relative_to(self.folder)) for file in self.folder.rglob("*"))


def value(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """Run a command under ``custsim value`` that ends with this code; give what it said, or what was wrong."""
    done = Terminal(Path(), capsys)("value", *map(str, arguments))
    assert done.code == code, done.err
    return done.out if code == 0 else done.err
