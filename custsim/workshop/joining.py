"""Who may come in: join words, nicknames, signed cookies, and a brake on guessing.

The join word keeps out strangers on the same network; it is as secret as a word on a projector is. The trainer's page
has a secret of its own, of 128 bits, that is shown in the terminal only.
"""

from __future__ import annotations

import hmac
import math
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import resources

from itsdangerous import BadSignature, TimestampSigner

from custsim.errors import InputError

__all__ = ["Brake", "Keys", "checked_word", "nickname", "random_word", "same_word"]


_WORD = re.compile(r"[^\W_]+(?: [^\W_]+)*")
_LONGEST_NAME, _LONGEST_WORD = 24, 60
#: seconds a cookie is good for: a course of some days
_COOKIE_LASTS = 7 * 24 * 3600


def random_word() -> str:
    """Draw two plain words that can be said aloud and typed.

    Examples
    --------
    >>> len(random_word().split())
    2
    """
    lists = resources.files("custsim.workshop").joinpath("words.txt").read_text(encoding="utf-8").split("\n\n")
    return " ".join(secrets.choice(words.split()) for words in lists)


def normal_word(word: str) -> str:
    """Write a word as it is compared: small letters, one space between words; hyphens count as spaces.

    Examples
    --------
    >>> normal_word("  Amber-OTTER ")
    'amber otter'
    """
    plain = unicodedata.normalize("NFKC", word).casefold()
    return " ".join(re.split(r"[\s\-_]+", plain.strip()))


def checked_word(word: str) -> str:
    """Check a join word of the trainer's own choice.

    Raises
    ------
    InputError
        If it is shorter than 4 or longer than 60 characters, or has others than letters and digits.

    Examples
    --------
    >>> checked_word("Tea-Time")
    'tea time'
    """
    plain = normal_word(word)
    if not 4 <= len(plain) <= _LONGEST_WORD or not _WORD.fullmatch(plain):
        raise InputError(
            f"--word: must be 4 to {_LONGEST_WORD} letters and digits, spaces between, got {word[:80]!r}; "
            "leave it out for two random words"
        )
    return plain


def same_word(given: str, word: str) -> bool:
    """Tell whether a word is the join word, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(normal_word(given).encode(), normal_word(word).encode())


def nickname(given: str, taken: Iterable[str]) -> str:
    """Check a nickname: 1 to 24 characters that can be seen, and nobody else's.

    Raises
    ------
    InputError
        With a text for the trainee.

    Examples
    --------
    >>> nickname("  Ana  Maria ", ["Ben"])
    'Ana Maria'
    """
    # control characters, and those that turn the direction of text or cannot be seen, have no place in a name
    visible = "".join(letter for letter in given if unicodedata.category(letter)[0] != "C" or letter in "\t\n")
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    if not name or unicodedata.category(name[0])[0] == "M":
        raise InputError("Please enter a nickname.")
    if len(name) > _LONGEST_NAME:
        raise InputError(f"Please take a shorter nickname, of at most {_LONGEST_NAME} letters.")
    others = {unicodedata.normalize("NFKC", other).casefold() for other in taken}
    if unicodedata.normalize("NFKC", name).casefold() in others:
        raise InputError(f"{name} is taken already. Please take another nickname, such as {_free(name, others)}.")
    return name


def _free(name: str, taken: set[str]) -> str:
    stem = name[: _LONGEST_NAME - 3]
    return next(
        free for free in (f"{stem} {number}" for number in range(2, len(taken) + 3)) if free.casefold() not in taken
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of a room: what signs its cookies, and what opens the trainer's page.

    Attributes
    ----------
    signing
        Signs the cookies.
    trainer
        Last part of the trainer's address.
    room
        Names the room's cookies, so that two workshops on one computer do not take each other's.
    """

    signing: str
    trainer: str
    room: str

    @classmethod
    def new(cls) -> Keys:
        """Draw new ones."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(16), secrets.token_hex(4))

    def cookie(self, role: str) -> str:
        """Name the cookie of a role, "seat" or "trainer"."""
        return f"custsim_{role}_{self.room}"

    def sign(self, role: str, value: str) -> str:
        """Sign a value for a role; it opens nothing in another role or another room."""
        return self._signer(role).sign(value).decode()

    def read(self, role: str, cookie: str | None) -> str | None:
        """Read a signed value back; None if it was not signed here for this role, or too long ago."""
        if cookie is None:
            return None
        try:
            return self._signer(role).unsign(cookie, max_age=_COOKIE_LASTS).decode()
        except (BadSignature, UnicodeError):
            return None

    def opens(self, secret: str) -> bool:
        """Tell whether this is the secret of the trainer's page, in a time that does not tell how much is right."""
        return hmac.compare_digest(secret.encode(), self.trainer.encode())

    def _signer(self, role: str) -> TimestampSigner:
        return TimestampSigner(self.signing, salt=f"custsim-{self.room}-{role}")


@dataclass
class Brake:
    """Slows down guessing: each address has a few wrong attempts, which come back one by one.

    Attributes
    ----------
    attempts
        Wrong attempts at once.
    seconds
        Seconds until one of them comes back.
    """

    attempts: int = 8
    seconds: float = 5.0
    now: Callable[[], float] = time.monotonic
    _wrong: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, address: str) -> int:
        """Seconds an address must wait before it may try again; 0 if it may."""
        left = self._left(address)
        return 0 if left >= 1 else math.ceil((1 - left) * self.seconds)

    def wrong(self, address: str) -> None:
        """Note a wrong attempt."""
        if len(self._wrong) > 10_000:  # nobody fills the memory with addresses: those that have waited are forgotten
            self._wrong = {name: kept for name, kept in self._wrong.items() if self._left(name) < self.attempts}
        self._wrong[address] = (self._left(address) - 1, self.now())

    def _left(self, address: str) -> float:
        left, at = self._wrong.get(address, (float(self.attempts), 0.0))
        return min(float(self.attempts), left + (self.now() - at) / self.seconds)
