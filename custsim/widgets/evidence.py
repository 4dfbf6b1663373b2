"""What the evidence says: a claim, how strong the evidence is, and where it comes from; lore is marked as lore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from custsim.errors import InputError
from custsim.widgets.component import Component, Reply, State, action, numbered

__all__ = ["STRENGTHS", "Evidence"]

#: strength -> what it means
STRENGTHS = {
    "strong": "Strong: several good studies agree",
    "fair": "Fair: some good studies, or many that leave doubts",
    "weak": "Weak: few studies, or studies that disagree",
    "lore": "Lore: often repeated, without a study that holds",
}


class Evidence(Component):
    """A box that says what is known about a claim.

    Parameters
    ----------
    id
        Its name, unique in a lesson.
    claim
        What is claimed, one sentence.
    strength
        "strong", "fair", "weak" or "lore".
    sources
        "Author Year" of each source, at least one.
    says
        What they found, in a few sentences.
    title
        Heading; "What the evidence says" by default.

    Raises
    ------
    InputError
        If the strength is none of the four, or there is no source.

    Examples
    --------
    >>> box = Evidence("paradox", claim="A good recovery makes customers more loyal than no failure.", strength="weak",
    ...                sources=["de Matos et al. 2007"])
    >>> box.describe()["strength_text"]
    'Weak: few studies, or studies that disagree'
    """

    kind: ClassVar[str] = "evidence"

    def __init__(
        self,
        id: str,
        *,
        claim: str,
        strength: Literal["strong", "fair", "weak", "lore"],
        sources: Sequence[str],
        says: str = "",
        title: str = "What the evidence says",
    ) -> None:
        super().__init__(id, title)
        if strength not in STRENGTHS:
            raise InputError(f"strength: must be one of {', '.join(STRENGTHS)}, got {strength!r}")
        if isinstance(sources, str) or not [one for one in sources if one.strip()]:
            raise InputError(f"{id}: evidence needs a list of sources, such as ['Reichheld & Sasser 1990']")
        self.claim, self.strength, self.sources, self.says = claim, strength, tuple(sources), says

    def describe(self) -> dict[str, Any]:
        """Tell the screen all there is to it."""
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title,
            "claim": self.claim,
            "strength": self.strength,
            "strength_text": STRENGTHS[self.strength],
            "lore": self.strength == "lore",
            "sources": list(self.sources),
            "says": self.says,
        }

    def start(self) -> State:
        """Nothing can be done to it."""
        return {}

    def handle(self, state: State, message: dict[str, Any]) -> tuple[State, Reply]:
        """It can be looked at."""
        action(message, ("look",))
        return state, Reply(numbered({"is": "open"}, message))
