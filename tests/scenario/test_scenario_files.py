"""Reading and writing scenario files."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_firm import Desk, Firm, Loyalty, Price, Segment, Shift

from custsim.errors import EnvironmentFailure, InputError
from custsim.scenario.changes import change
from custsim.scenario.files import LARGEST, parse, read_text, save, write_text
from custsim.scenario.layout import rendered, starter


def problems_in(text: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse(text, Firm, "firm.toml")
    return caught.value.problems


def test_every_problem_is_reported_at_once_with_path_bound_and_value() -> None:
    problems = problems_in(
        """
        name = 7
        wieghts = [1.0]
        [complaints]
        staff = -3
        compensation = "much"
        closes = 1
        compensatoin = 1
        [loyalty]
        relationship = "contractul"
        churn = 0
        [[segments]]
        share = 1.5
        [[interventions]]
        kind = "price"
        month = 2.5
        [[interventions]]
        kind = "prise"
        [loyalti]
        """
    )
    assert set(problems) == {
        "name: must be text, got 7",
        "wieghts: no such parameter; did you mean weights?",
        "complaints.staff: must be at least 1, got -3",
        "complaints.compensation: must be a number, got 'much'",
        "complaints.closes: must be true or false, got 1",
        "complaints.compensatoin: no such parameter; did you mean complaints.compensation?",
        "loyalty.relationship: must be one of 'contractual' or 'noncontractual', got 'contractul'; "
        "did you mean 'contractual'?",
        "loyalty.churn: must be above 0, got 0",
        "segments[0].name: must be given",
        "segments[0].share: must be at most 1, got 1.5",
        "interventions[0].month: must be a whole number, got 2.5",
        "interventions[1].kind: must be one of 'price', 'shift', got 'prise'; did you mean 'price'?",
        "loyalti: no such parameter; did you mean loyalty?",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("churn = 0.1", "churn: no such parameter; did you mean loyalty.churn?"),
        ("[complaints]\nchurn = 0.1", "complaints.churn: no such parameter; did you mean loyalty.churn?"),
        ("complaints = 3", "complaints: must be a table, got 3"),
        ("weights = []", "weights: must have at least 1 item, got 0"),
        ("weights = [1, 'x']", "weights[1]: must be a number, got 'x'"),
        ("name = ''", "name: must have at least 1 character, got 0"),
        ("[loyalty]\nfloor = 'x'", "loyalty.floor: must be a number, got 'x'"),
        ("[loyalty]\nchurn = nan", "loyalty.churn: must be a finite number, got nan"),
        ("[complaints]\nstaff = 2020-01-01", "complaints.staff: must be a whole number, got 2020-01-01"),
        ("[[segments]]\nname='a'\nshare=0.5", "segments: shares must add up to 1, got 0.5"),
        (
            "[[interventions]]\nkind='shift'\nchanges={'a.b'=[1]}",
            "interventions[0].changes.a.b: must be a number or text, got [1]",
        ),
        ("[[interventions]]\nmonth=1", "interventions[0]: kind must be given"),
        ("segments = 3", "segments: must be a list, got 3"),
        ("qqqqqqqq = 1", "qqqqqqqq: no such parameter"),
    ],
)
def test_what_is_said_about_one_problem(text: str, line: str) -> None:
    assert problems_in(text) == (line,)


def test_checks_of_combinations_may_report_several_problems() -> None:
    problems = problems_in("[complaints]\nstaff=200\ncloses=true\n[[segments]]\nname='a'\nshare=0.5")
    assert len(problems) == 2


@pytest.mark.parametrize(
    "text",
    ["a = ", "[x\n", "a = 1\na = 2", "é = 1", "x = 1e", "[" * 3000, "x = " + "[" * 100_000, f"x = {'9' * 5000}"],
)
def test_a_fault_in_the_toml_is_one_plain_line(text: str) -> None:
    (line,) = problems_in(text)
    assert line.startswith("firm.toml: not TOML: ")
    assert "\n" not in line


def test_a_fault_in_the_toml_is_told_with_line_and_column() -> None:
    (line,) = problems_in('name = "x"\nstaff == 3\n')
    assert "line 2, column 8" in line


@pytest.mark.parametrize("content", [b"\x00\xff\xfe", b"name = '\xe9'", bytes(range(256))])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match="not a text file in UTF-8"):
        read_text(file)


def test_files_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_text(tmp_path / "none.toml")
    with pytest.raises(InputError, match="is a folder"):
        read_text(tmp_path)
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(InputError, match="at most"):
        read_text(huge)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="not an ordinary file"):
        read_text(tmp_path / "pipe.toml")


def test_a_machine_that_does_not_read_is_not_the_users_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.toml"
    file.write_text("")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(EnvironmentFailure, match="cannot be read: Permission denied"):
        read_text(file)


def test_a_mark_that_windows_editors_write_at_the_start_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes("\ufeffname = 'bank'\r\n[complaints]\r\nstaff = 2\r\n".encode())
    assert parse(read_text(file), Firm).complaints.staff == 2


FILE = """\
# My bank.   Do not tidy   this up.
name  =  "bank"   # what we call it

[complaints]   # the desk
compensation = 1.0   # equal to the default, kept because it was said
staff        = 6     # since March

# -- who stays --
[loyalty]
churn = 0.05

[[segments]]
name = "young"   # under 30
share = 0.4

[[segments]]
name = "old"
share = 0.6      # the rest
"""


def test_saving_what_was_loaded_changes_no_byte(tmp_path: Path) -> None:
    for text in (FILE, FILE.replace("\n", "\r\n"), "", "# nothing\n", "complaints.staff = 6\n", "complaints={staff=6}"):
        save(parse(text, Firm), tmp_path / "x.toml")
        assert (tmp_path / "x.toml").read_bytes().decode() == text


def test_saving_a_change_touches_only_its_lines() -> None:
    changed = change(parse(FILE, Firm), {"complaints.staff": 9, "segments[0].name": "novices"})
    before, after = FILE.splitlines(), rendered(changed).splitlines()
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == [
        ("staff        = 6     # since March", "staff        = 9     # since March"),
        ('name = "young"   # under 30', 'name = "novices"   # under 30'),
    ]


def test_saving_writes_only_what_differs_or_was_there() -> None:
    text = rendered(change(parse(FILE, Firm), {"loyalty.relationship": "noncontractual"}))
    assert 'relationship = "noncontractual"' in text
    assert "closes" not in text
    assert "compensation = 1.0" in text
    assert rendered(Firm()) == ""
    assert rendered(Firm(complaints=Desk(staff=9))) == "[complaints]\nstaff = 9\n"


def test_saving_lists_that_grow_and_shrink() -> None:
    start = parse(FILE, Firm)
    three = [{"name": name, "share": 0.25} for name in "abc"] + [{"name": "d", "share": 0.25, "desk": {"staff": 9}}]
    grown = change(start, {"segments": three})
    assert parse(rendered(grown), Firm) == grown
    shrunk = change(start, {"segments": [{"name": "all", "share": 1.0}], "interventions": [{"kind": "price"}]})
    assert parse(rendered(shrunk), Firm) == shrunk
    assert "under 30" in rendered(shrunk)


def test_a_scenario_travels_to_other_processes_with_its_comments() -> None:
    firm = parse(FILE, Firm)
    copy = pickle.loads(pickle.dumps(firm))
    assert copy == firm
    assert rendered(copy) == FILE


def test_what_a_file_cannot_say_is_an_input_error() -> None:
    class _Base(Loyalty):
        floor: float | None = 0.1

    with pytest.raises(InputError, match="floor"):
        rendered(_Base(floor=None))


names = st.text(min_size=1, max_size=12)
numbers = st.floats(0, 1e9, allow_nan=False)
desks = st.builds(Desk, staff=st.integers(1, 100), compensation=numbers, closes=st.booleans())
firms = st.builds(
    Firm,
    name=names,
    complaints=desks,
    loyalty=st.builds(
        Loyalty,
        relationship=st.sampled_from(["contractual", "noncontractual"]),
        churn=st.floats(1e-6, 0.99),
        floor=st.none() | st.floats(0, 1),
    ),
    weights=st.lists(numbers, min_size=1, max_size=3).map(tuple),
    segments=st.lists(st.builds(Segment, name=names, share=st.just(0.25), desk=desks), min_size=4, max_size=4).map(
        tuple
    ),
    interventions=st.lists(
        st.builds(Price, month=st.integers(0, 60))
        | st.builds(Shift, changes=st.dictionaries(names, numbers | names, max_size=2)),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=50)
@given(firm=firms, text=st.sampled_from([FILE, "", "complaints.staff = 6\n", "complaints = {staff = 6}\n[loyalty]\n"]))
def test_whatever_is_saved_is_what_is_read(firm: Firm, text: str) -> None:
    from_file = parse(text, Firm)
    data: dict[str, Any] = {name: getattr(firm, name) for name in Firm.model_fields}
    moved = change(from_file, data)
    assert moved == firm
    assert parse(rendered(moved), Firm) == firm
    assert parse(starter(firm, "A start."), Firm) == firm


def test_a_starter_tells_every_parameter_and_changes_nothing() -> None:
    text = starter(Firm(), "My firm.\n\nSecond line.")
    assert parse(text, Firm) == Firm()
    assert text.startswith("# My firm.\n#\n# Second line.\n")
    for words in ("# The complaint desk.", "#staff = 4", "at least 1, at most 500", "Smith 1999", "#[[interventions]]"):
        assert words in text
    filled = text.replace("#churn = 0.02", "churn = 0.5")
    assert parse(filled, Firm).loyalty.churn == 0.5


def test_writing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.toml"
    file.write_text("before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFailure, match="cannot be written: No space left on device"):
        write_text(file, "after")
    assert file.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.toml"]


def test_an_interrupt_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "x.toml", "after")
    assert not list(tmp_path.iterdir())


def test_writing_refuses_folders_and_what_must_stay(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("before")
    with pytest.raises(InputError, match="is a folder"):
        write_text(tmp_path, "")
    with pytest.raises(InputError, match="there is no folder"):
        write_text(tmp_path / "none" / "x.toml", "")
    with pytest.raises(InputError, match="left as it is"):
        write_text(file, "after", overwrite=False)
    with pytest.raises(InputError, match="no path a file can have"):
        write_text(tmp_path / ("x" * 300), "")
    with pytest.raises(InputError, match="no path a file can have"):
        read_text("x" * 5000)
    assert file.read_text() == "before"


@pytest.mark.skipif(sys.platform == "win32", reason="links and permissions of POSIX")
def test_writing_follows_links_and_keeps_permissions(tmp_path: Path) -> None:
    file, link = tmp_path / "x.toml", tmp_path / "link.toml"
    file.write_text("before")
    file.chmod(0o640)
    link.symlink_to(file)
    write_text(link, "after")
    assert link.is_symlink()
    assert file.read_text() == "after"
    assert file.stat().st_mode & 0o777 == 0o640
