"""Files that SQLite keeps: founded once, told apart, and refused as they are when something is wrong with them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from custsim.database import Database, Kind
from custsim.errors import EnvironmentFailure, InputError

KIND = Kind("a book of notes", 0x6E6F7465, 2, ("CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT)",))


def opened(file: Path, kind: Kind = KIND) -> Database:
    kind.refuse_foreign(file)
    with kind.troubles(file):
        connection = sqlite3.connect(file, timeout=0.1, isolation_level=None)
        try:
            kind.founded(connection, file)
        except BaseException:
            connection.close()
            raise
    return Database(file, connection)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    with opened(tmp_path / "book.db") as database:
        rows = [(None, f"note {number} " * 40) for number in range(200)]
        database._connection.executemany("INSERT INTO notes VALUES (?, ?)", rows)
    return tmp_path / "book.db"


def test_what_was_founded_is_found_again(book: Path) -> None:
    with opened(book) as database:
        assert database._connection.execute("SELECT count(*) FROM notes").fetchone() == (200,)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind("a game", 0x67616D65, 2, KIND.schema), "is a database of something else, not a game"),
        (Kind("a book of notes", KIND.application, 3, KIND.schema, "wait"), "has layout 2, this custsim reads 3; wait"),
    ],
)
def test_another_kind_or_layout_is_refused_and_stays(book: Path, kind: Kind, told: str) -> None:
    before = book.read_bytes()
    with pytest.raises(InputError, match=told):
        opened(book, kind)
    assert book.read_bytes() == before


def test_damage_within_that_nothing_has_read_yet_is_found(book: Path) -> None:
    content = bytearray(book.read_bytes())
    page = len(content) // 2 // 4096 * 4096
    content[page : page + 4096] = bytes(4096)  # a page of notes, wiped; the list of tables is whole
    book.write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        opened(book)
    assert book.read_bytes() == bytes(content)


@pytest.mark.parametrize(
    ("content", "told"), [(b"year,profit\n1,2\n", "is not a book of notes"), (b"SQLite format 3\0cut", "is damaged")]
)
def test_what_sqlite_did_not_write_is_refused_before_sqlite_sees_it(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "book.db"
    file.write_bytes(content)
    with pytest.raises(InputError, match=told):
        opened(file)
    assert file.read_bytes() == content
    with pytest.raises(InputError, match="is a folder"):
        opened(tmp_path)


def test_a_file_that_somebody_holds_is_said_to_be_in_use(book: Path) -> None:
    with opened(book) as first, opened(book) as second:
        first._connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(EnvironmentFailure, match="another process is using it"), KIND.troubles(book):
            second._connection.execute("INSERT INTO notes VALUES (NULL, 'late')")
        first._connection.execute("ROLLBACK")


def test_two_who_open_a_new_file_at_once_found_it_once(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    with Database(file, sqlite3.connect(file, isolation_level=None)) as first:
        first._connection.execute("BEGIN IMMEDIATE")
        assert KIND.founded(first._connection, file)  # within the caller's transaction
        first._connection.execute("COMMIT")
        with opened(file) as second:
            assert not KIND.founded(second._connection, file)
