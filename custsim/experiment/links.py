"""Two firms compared link by link: which links of the chain differ, and every firm in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from custsim.errors import InputError
from custsim.scenario.changes import flattened, plain
from custsim.scenario.model import STRUCTURE, Scenario

__all__ = ["LINKS", "Between", "Link"]

#: link -> name, and the sections of a scenario that belong to it, in the order of the chain
LINKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "opening": ("The firm as it opens", ()),
    "internal_service": ("Internal service", ("internal_service",)),
    "employees": ("Employees", ("employees",)),
    "service_quality": ("Service quality", ("service_quality",)),
    "satisfaction": ("Satisfaction", ("satisfaction",)),
    "complaints": ("Complaints", ("complaints",)),
    "loyalty": ("Loyalty", ("loyalty",)),
    "referral": ("Word of mouth", ("referral",)),
    "profit": ("Market and profit", ("market", "segments", "profit", "time")),
    "luck": ("Luck", ()),
}

#: parts of a scenario that no number depends on
_LABELS = ("name", "title", "description", "currency", "time.start", "time.months")

_LINK_OF = {section: link for link, (_, sections) in LINKS.items() for section in sections}


@dataclass(frozen=True)
class Link:
    """A link in which two firms differ: its name in :data:`LINKS`, its label, and what differs, in words."""

    name: str
    label: str
    changed: tuple[str, ...]


class Between:
    """Two firms and all firms that have some links of the one and the others of the other.

    Parameters
    ----------
    a, b
        The firms.
    months
        Months to live.

    Attributes
    ----------
    links
        The links in which they differ, in the order of the chain.

    Examples
    --------
    >>> bank = Scenario()
    >>> [link.name for link in Between(bank, bank.change({"complaints.staff": 2}), 12).links]
    ['complaints']
    """

    def __init__(self, a: Scenario, b: Scenario, months: int) -> None:
        self.a, self.b = (one.change({"time.months": months}) for one in (a, b))
        self.links = tuple(_differing(self.a, self.b))

    def mixed(self, switched: frozenset[str]) -> Scenario:
        """Return the firm that has the links named in ``switched`` from b and the others from a.

        Raises
        ------
        InputError
            If the two cannot be mixed so, because values of different links do not fit together.
        """
        names = {link.name for link in self.links}
        if not switched & names or switched >= names:
            return self.b if names and switched >= names else self.a
        opening = (self.b if "opening" in switched else self.a).opening
        data: dict[str, Any] = {}
        for section, link in _LINK_OF.items():
            data[section] = plain(getattr(self.b if link in switched else self.a, section))
        for path in STRUCTURE:
            section, _, name = path.partition(".")
            data[section][name] = getattr(getattr(opening, section), name)
        data["interventions"] = [*_interventions(self.a, switched, False), *_interventions(self.b, switched, True)]
        try:
            return opening.change(data)
        except InputError as error:
            taken = ", ".join(LINKS[name][0].lower() for name in LINKS if name in switched)
            raise InputError(
                [
                    f"a firm with {taken} of the second and the rest of the first cannot be, so the difference cannot "
                    "be shared out over links; compare firms that differ less",
                    *error.problems,
                ]
            ) from None


def _differing(a: Scenario, b: Scenario) -> Iterator[Link]:
    one, other = _values(a), _values(b)
    changed: dict[str, list[str]] = {}
    for path in dict.fromkeys([*one, *other]):
        if one.get(path) != other.get(path):
            link = "opening" if path in STRUCTURE else _LINK_OF[path.partition(".")[0]]
            changed.setdefault(link, []).append(_told(path, one.get(path), other.get(path)))
    for link in _LINK_OF.values():
        before, after = (tuple(_interventions(firm, frozenset([link]), True)) for firm in (a, b))
        if before != after:
            changed.setdefault(link, []).append("interventions")
    if _values(a.opening) != _values(b.opening):
        changed.setdefault("opening", ["the state in month 0"])
    for name, (label, _) in LINKS.items():
        if name in changed:
            yield Link(name, label, tuple(dict.fromkeys(changed[name])))


def _values(scenario: Scenario) -> dict[str, Any]:
    """Parameters by path, without labels and interventions; segments count as one."""
    data = plain(scenario)
    del data["interventions"]
    return {path: value for path, value in flattened(data).items() if path not in _LABELS}


def _told(path: str, old: Any, new: Any) -> str:
    simple = all(isinstance(value, str | int | float) for value in (old, new))
    return f"{path} {old} to {new}" if simple else path


def _interventions(scenario: Scenario, links: frozenset[str], wanted: bool) -> Iterator[Mapping[str, Any]]:
    """Yield interventions with those of their changes that act in ``links``, or in all others."""
    for item in plain(scenario.interventions):
        part = {
            path: value
            for path, value in item["change"].items()
            if (_LINK_OF[path.partition(".")[0].partition("[")[0]] in links) == wanted
        }
        if part:
            yield {**item, "change": part}
