"""Reading the pages of the documentation: what can be run on them, what they link to, which files they name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "scenarios").glob("*.md"))]

#: what a command is expected to end with, written after it: "$ custsim check wrong.toml  # exit 2"
_EXIT = re.compile(r"\s#\s*exit (\d+)\s*$")
_NOT_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of its first line, its text and the line it starts in."""

    language: str
    argument: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command shown on a page, the output shown below it, and the code it is said to end with."""

    text: str
    output: str
    code: int


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[Block]:
    """List the fenced blocks of a page in order."""
    found = []
    for token in tokens(page):
        if token.type == "fence" and token.map is not None:
            language, _, argument = token.info.strip().partition(" ")
            found.append(Block(language, argument.strip(), token.content, token.map[0] + 2))
    return found


def commands(block: Block) -> list[Command]:
    """List the commands of a console block; a line that ends with a backslash goes on in the next."""
    found: list[Command] = []
    for line in re.sub(r"\\\n\s*(?:> )?", "", block.text).splitlines():
        if line.startswith("$ "):
            exit_code = _EXIT.search(line)
            text = _EXIT.sub("", line[2:]).strip()
            found.append(Command(text, "", int(exit_code[1]) if exit_code else 0))
        elif found:
            last = found[-1]
            found[-1] = Command(last.text, f"{last.output}{line}\n", last.code)
    return found


def _inline(page: Path) -> Iterator[Token]:
    for token in tokens(page):
        yield from token.children or ()


def names_in_backticks(page: Path) -> set[str]:
    """Collect what a page puts in backticks in its running text."""
    return {token.content for token in _inline(page) if token.type == "code_inline"}


def links(page: Path) -> set[str]:
    """Collect the targets of links and pictures of a page."""
    found = {str(token.attrs["href"]) for token in _inline(page) if token.type == "link_open"}
    return found | {str(token.attrs["src"]) for token in _inline(page) if token.type == "image"}


def anchors(page: Path) -> set[str]:
    """Collect the anchors that hosting sites make from the headings of a page."""
    found, all_tokens = set(), tokens(page)
    for opening, heading in itertools.pairwise(all_tokens):
        if opening.type == "heading_open":
            text = "".join(part.content for part in heading.children or ())
            found.add(_NOT_SLUG.sub("", text.lower()).replace(" ", "-"))
    return found
