"""A setting as a short text that can be copied, sent and typed in again.

Such as ``staffing:complaints.staff=8,complaints.compensation=1.2~pfd2``: the board, what differs from its start, and
four letters that tell when something got lost on the way. All of it may stand in an address as it is.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from custsim.errors import InputError
from custsim.widgets.component import shown

__all__ = ["restored", "shared"]

#: letters and digits of the check, without those that look alike
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_LONGEST = 2000
#: what stands around a text in a letter or a chat and gets copied with it
_AROUND = "\"'`.,;()[]<>\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
_AROUND += "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
_AROUND += "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
_TEXT = re.compile(r"(?P<board>[a-z][a-z0-9_-]*):(?P<values>[^~]*)~(?P<check>[0-9a-z]{4})")


def shared(board: str, setting: Mapping[str, Any]) -> str:
    """Write a setting as text.

    Parameters
    ----------
    board
        Id of the board.
    setting
        Path -> value: a number, a word, or true or false.

    Examples
    --------
    >>> shared("staffing", {"complaints.staff": 8, "referral.referred_advantage": True})
    'staffing:complaints.staff=8,referral.referred_advantage=true~ttv2'
    """
    values = ",".join(f"{path}={_written(value)}" for path, value in setting.items())
    head = f"{board}:{values}"
    return f"{head}~{_check(head)}"


def restored(board: str, text: Any) -> dict[str, Any]:
    r"""Read a shared text; whether the values are possible is for the board to say.

    Parameters
    ----------
    board
        Id of the board it must be of.
    text
        What was pasted; blanks, line ends, quotation marks and a full stop that came with it do no harm.

    Returns
    -------
    dict
        Path -> value.

    Raises
    ------
    InputError
        If it is no such text, of another board, or damaged.

    Examples
    --------
    >>> restored("staffing", " staffing:complaints.staff=8,referral.referred_advantage=true~ttv2\n")
    {'complaints.staff': 8, 'referral.referred_advantage': True}
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        what = f"a text of {len(text):,} characters" if isinstance(text, str) else shown(text)
        raise InputError(f"text: a shared setting is a text of at most {_LONGEST:,} characters, got {what}")
    found = _TEXT.fullmatch("".join(text.split()).strip(_AROUND))
    if found is None:
        raise InputError(
            f"text: {shown(text.strip())} is not a shared setting; copy the whole of it, from the board's name "
            f"({board}:) to the four letters after ~"
        )
    if found["board"] != board:
        raise InputError(f"text: this setting is of the board {shown(found['board'])}, and this is {board}")
    if _check(f"{board}:{found['values']}") != found["check"]:
        raise InputError("text: something of this setting got lost or changed on the way; copy the whole of it again")
    setting: dict[str, Any] = {}
    for item in filter(None, found["values"].split(",")):
        path, equals, value = item.partition("=")
        if not equals or path in setting:
            raise InputError(f"text: {shown(item)} is not a value of this setting; copy the whole of it again")
        setting[path] = _read(value)
    return setting


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if re.fullmatch(r"-?\d{1,15}", value):
        return int(value)
    if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d{1,3})?", value):
        return float(value)
    return value


def _check(head: str) -> str:
    # a cyclic check of 16 bits misses no change of a single letter, nor of two that stand side by side
    number = binascii.crc_hqx(head.encode(), 0)
    return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(4))
