"""Who talks to whom: the ties between persons, strong and weak.

Four kinds: a small world (a ring of acquaintances, some of them rewired across it, and random weak ties), a
scale-free network (few persons know very many), well mixed (everybody may meet anybody: no ties are kept), and
your own list of ties from a file.

Scale-free networks and random weak ties come from rustworkx. The ring is drawn here: rustworkx has no generator of
small worlds, and that of networkx takes tens of seconds and gigabytes for a million persons. Persons are placed in
the generated networks at random, so that neither a low id nor neighbouring ids mean anything.

References
----------
Watts, D. J., & Strogatz, S. H. (1998). Collective dynamics of 'small-world' networks. Nature, 393.
Barabási, A.-L., & Albert, R. (1999). Emergence of scaling in random networks. Science, 286.
Goldenberg, J., Libai, B., & Muller, E. (2001). Talk of the network. Marketing Letters, 12(3).
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import rustworkx
from numpy.typing import NDArray

from custsim.errors import EnvironmentFailure, InputError
from custsim.simulation.compiled import kernel
from custsim.simulation.streams import Integer, draw4, philox, stream_id, uniforms

if TYPE_CHECKING:
    from custsim.scenario.model import Scenario

__all__ = ["Kind", "Network", "build_network", "draw_network"]

Kind: TypeAlias = Literal["small_world", "scale_free", "well_mixed", "edges"]
Key: TypeAlias = tuple[Integer, Integer]
Whole: TypeAlias = NDArray[np.int64]

_MOST_PERSONS = 2**31 - 1
_ATTEMPTS = 50  # to rewire a tie that met one that is there already; each attempt settles nearly all
_PLACE, _REWIRE, _ACROSS, _STRENGTH, _SHUFFLE, _LIBRARY = (
    stream_id(f"network {use}") for use in ("place", "rewire", "across", "strength", "shuffle", "library")
)
_STRONG = {"strong": True, "1": True, "true": True, "yes": True, "weak": False, "0": False, "false": False, "no": False}


@dataclass(frozen=True, eq=False)
class Network:
    """The ties of all persons, each tie with both of its ends.

    Attributes
    ----------
    kind
        How it was made.
    persons
        How many persons there are.
    offsets
        int64, shape (persons + 1,): the ties of person i are ``ties[offsets[i] : offsets[i + 1]]``. Empty if the
        population is well mixed.
    ties
        int32: the id of the other person; of a weak tie ``~id``, which is negative. The ties of a person are in
        random order, so that the next m from a random start, going round, are a fair sample without repetition.

    Examples
    --------
    >>> from custsim.simulation.streams import key
    >>> network = draw_network("small_world", 1000, key(1), strong_ties=6, weak_ties=4)
    >>> float(network.degrees().mean().round(1))
    10.0
    """

    kind: Kind
    persons: int
    offsets: NDArray[np.int64]
    ties: NDArray[np.int32]

    @property
    def memory_bytes(self) -> int:
        """Memory the ties take, in bytes."""
        return self.offsets.nbytes + self.ties.nbytes

    def degrees(self) -> NDArray[np.int64]:
        """Count each person's ties; 0 for all if the population is well mixed."""
        return np.diff(self.offsets) if self.offsets.size else np.zeros(self.persons, dtype=np.int64)

    def ties_of(self, person: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return a person's ties: the others' ids, and whether each is strong."""
        if not 0 <= person < self.persons:
            raise InputError(f"person: must be from 0 to {self.persons - 1}, got {person}")
        mine = self.ties[self.offsets[person] : self.offsets[person + 1]] if self.offsets.size else self.ties
        strong: NDArray[np.bool_] = mine >= 0
        return np.where(strong, mine, ~mine), strong


def build_network(scenario: Scenario, key: Key) -> Network:
    """Draw the network of a scenario's market; see :func:`draw_network`.

    Parameters
    ----------
    scenario
        Its sections ``referral`` and ``market`` tell how.
    key
        The key of the run, from :func:`custsim.simulation.streams.key`.
    """
    referral = scenario.referral
    return draw_network(
        referral.network,
        scenario.market.persons,
        key,
        strong_ties=referral.strong_ties,
        weak_ties=referral.weak_ties,
        rewiring=referral.rewiring,
        file=referral.edges or None,
    )


def draw_network(
    kind: Kind,
    persons: int,
    key: Key,
    *,
    strong_ties: int = 6,
    weak_ties: int = 6,
    rewiring: float = 0.1,
    file: str | Path | None = None,
) -> Network:
    """Draw the network of a market.

    Parameters
    ----------
    kind
        ``"small_world"``: a ring with ``strong_ties`` neighbours each, of which a share ``rewiring`` reaches across
        it, and random weak ties, ``weak_ties`` on average (one that falls on a strong tie is lost in it).
        ``"scale_free"``: by preferential attachment, strong and weak ties together, ``strong_ties + weak_ties`` on
        average; each is strong with the probability of their share. ``"well_mixed"``: no ties. ``"edges"``: the
        ties in ``file``.
    persons
        Persons in the market, with ids from 0.
    key
        The key of the run, from :func:`custsim.simulation.streams.key`: the network depends on nothing else drawn.
    strong_ties, weak_ties
        Ties of a person; ``strong_ties`` is even in a small world, and the sum is even in a scale-free network.
    rewiring
        Share of the ring's ties that are rewired, 0-1.
    file
        A CSV file with the columns source, target and, if wanted, strength (or strong): strong or weak, 1 or 0. A
        tie acts both ways; a tie listed twice counts once, and as strong if it is strong once.

    Returns
    -------
    Network
        Without ties to oneself, without duplicates; read-only.

    Raises
    ------
    InputError
        If an argument is outside its range, or a row of the file cannot be used (all such rows are counted).
    EnvironmentFailure
        If the file cannot be read.

    Examples
    --------
    >>> from custsim.simulation.streams import key
    >>> draw_network("well_mixed", 1000, key(1)).ties.size
    0
    """
    _check(kind, persons, strong_ties, weak_ties, rewiring, file)
    if kind == "well_mixed":
        return Network(kind, persons, _frozen(np.empty(0, np.int64)), _frozen(np.empty(0, np.int32)))
    if kind == "edges":
        codes = _read_edges(Path(str(file)), persons)
    elif kind == "small_world":
        codes = _small_world(persons, key, strong_ties, weak_ties, rewiring)
    else:
        codes = _scale_free(persons, key, strong_ties, weak_ties)
    codes.sort()
    offsets, ties = _to_lists(codes, persons, *key)
    return Network(kind, persons, _frozen(offsets), _frozen(ties))


def _check(kind: str, persons: int, strong: int, weak: int, rewiring: float, file: str | Path | None) -> None:
    """Refuse what cannot be drawn, all of it in one error."""
    problems = []
    if kind not in get_args(Kind):
        problems.append(f"kind: must be one of {', '.join(get_args(Kind))}, got {kind!r}")
    if not 1 <= persons <= _MOST_PERSONS:
        problems.append(f"persons: must be from 1 to {_MOST_PERSONS}, got {persons}")
    problems += [
        f"{name}: must be at least 0, got {ties}"
        for name, ties in (("strong_ties", strong), ("weak_ties", weak))
        if ties < 0
    ]
    if not 0 <= rewiring <= 1:
        problems.append(f"rewiring: must be from 0 to 1, got {rewiring}")
    if kind in ("small_world", "scale_free") and strong + weak >= persons:
        problems.append(f"strong_ties + weak_ties: must be fewer than the {persons} persons, got {strong + weak}")
    if kind == "small_world" and strong % 2:
        problems.append(f"strong_ties: must be even in a small world, half to either side of the ring, got {strong}")
    if kind == "scale_free" and (strong + weak) % 2:
        problems.append(f"strong_ties + weak_ties: must be even in a scale-free network, got {strong + weak}")
    if (kind == "edges") != (file is not None):
        problems.append(f"file: give one with kind 'edges', and only then; got {file!r} with {kind!r}")
    if problems:
        raise InputError(problems)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


# A tie between two persons is one number, (lower id x persons + higher id) x 2, and 1 more if it is weak. In a
# sorted list of these, all there is about a pair stands together, the strong first; and it takes 8 bytes a tie.


def _codes(one: Whole, other: Whole, weak: int | NDArray[np.bool_], persons: int) -> Whole:
    codes: Whole = np.minimum(one, other).astype(np.int64) * persons
    codes += np.maximum(one, other)
    codes *= 2
    codes += weak
    return codes


def _small_world(persons: int, key: Key, strong_ties: int, weak_ties: int, rewiring: float) -> Whole:
    """Draw a ring, rewire it, add weak ties, and place the persons."""
    person_at = _placed(persons, key)
    count = round(persons * weak_ties / 2)
    weak = np.empty(0, dtype=np.int64)
    if count:
        weak = _library_codes(
            rustworkx.undirected_gnm_random_graph(persons, count, seed=_library_seed(key)), person_at, 1
        )
    return np.concatenate([*_ring(person_at, key, strong_ties // 2, rewiring), weak])


def _ring(person_at: Whole, key: Key, reach: int, rewiring: float) -> list[Whole]:
    """Draw the ring of Watts and Strogatz: each of its ties keeps one end and may be rewired to anybody else.

    A rewired tie leads to none of the ring's own neighbours and to nobody it leads to already; where all are taken
    (in very small, very dense worlds), it stays as it was.
    """
    persons = person_at.size
    place, others = np.arange(persons), persons - 2 * reach - 1
    codes, pending = [], []
    for step in range(1, reach + 1):
        moves = np.zeros(persons, dtype=bool)
        if others > 0:  # else everybody neighbours everybody
            moves = uniforms(key, _REWIRE, 0, place, step) < rewiring
        stay = place[~moves]
        codes.append(_codes(person_at[stay], person_at[(stay + step) % persons], 0, persons))
        pending.append(place[moves] + step * persons)
    todo, moved = np.concatenate([np.empty(0, dtype=np.int64), *pending]), np.empty(0, dtype=np.int64)
    for attempt in range(_ATTEMPTS):
        if not todo.size:
            break
        steps, start = np.divmod(todo, persons)
        luck = _uniforms_of(key, attempt, start, steps)
        target = (start + reach + 1 + (luck * others).astype(np.int64)) % persons
        tried = _codes(person_at[start], person_at[target], 0, persons)
        unique, first = np.unique(tried, return_index=True)
        first = first[~np.isin(unique, moved)]
        moved = np.concatenate([moved, tried[first]])
        todo = np.delete(todo, first)
    steps, start = np.divmod(todo, persons)
    return [*codes, moved, _codes(person_at[start], person_at[(start + steps) % persons], 0, persons)]


def _uniforms_of(key: Key, attempt: int, start: Whole, steps: Whole) -> NDArray[np.float64]:
    """Draw where each pending tie leads, by its place and step on the ring and the attempt."""
    luck = np.empty(start.size)
    for step in np.unique(steps):
        luck[steps == step] = uniforms(key, _ACROSS, attempt, start[steps == step], step)
    return luck


def _scale_free(persons: int, key: Key, strong_ties: int, weak_ties: int) -> Whole:
    """Draw a network by preferential attachment, place the persons, and make each tie strong or weak."""
    half = (strong_ties + weak_ties) // 2
    if not half:
        return np.empty(0, dtype=np.int64)
    # The library's own initial star has one person fewer: without any tie, if half is 1, and that it cannot extend.
    star = rustworkx.generators.star_graph(half + 1)
    graph = rustworkx.barabasi_albert_graph(persons, half, seed=_library_seed(key), initial_graph=star)
    codes = _library_codes(graph, _placed(persons, key), 0)
    codes += uniforms(key, _STRENGTH, 0, np.arange(codes.size), 0) >= strong_ties / (2 * half)
    return codes


def _library_codes(graph: rustworkx.PyGraph[Any, Any], person_at: Whole, weak: int) -> Whole:
    pairs = np.asarray(graph.edge_list()).reshape(-1, 2)
    return _codes(person_at[pairs[:, 0]], person_at[pairs[:, 1]], weak, person_at.size)


def _library_seed(key: Key) -> int:
    """Turn the key of the run into a 64-bit seed for a generator of the library."""
    words = philox(0, 0, _LIBRARY, 0, key[0], key[1])
    return int(words[0]) | int(words[1]) << 32


def _placed(persons: int, key: Key) -> Whole:
    """Give the places of a generated network to the persons at random."""
    person_at: Whole = np.argsort(uniforms(key, _PLACE, 0, np.arange(persons), 0), kind="stable")
    return person_at


def _read_edges(file: Path, persons: int) -> Whole:
    """Read ties from a CSV file; every row that cannot be used is counted by its reason."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            rows = list(csv.reader(text))
    except FileNotFoundError:
        raise InputError(f"file: there is no file {file}; give the path of a CSV file of ties") from None
    except UnicodeDecodeError as error:
        raise InputError(f"file: {file} is not text in UTF-8 ({error.reason}); save it as CSV in UTF-8") from None
    except OSError as error:
        raise EnvironmentFailure(f"file: {file} cannot be read: {error.strerror or error}") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if "source" not in header or "target" not in header:
        raise InputError(f"file: the first line of {file} must name the columns source and target, got {header}")
    source, target = header.index("source"), header.index("target")
    strength = next((header.index(name) for name in ("strength", "strong") if name in header), None)
    bad: Counter[str] = Counter()
    first: dict[str, int] = {}
    pairs, strong = np.empty((len(rows), 2), dtype=np.int64), np.ones(len(rows), dtype=bool)
    good = 0
    for line, row in enumerate(rows[1:], start=2):
        if not "".join(row).strip():
            continue
        reason = _read_row(row, source, target, strength, persons, pairs[good], strong[good : good + 1])
        if reason:
            bad[reason] += 1
            first.setdefault(reason, line)
        else:
            good += 1
    if bad:
        raise InputError(
            f"file: {file}, {count} row{'s' if count > 1 else ''} with {reason} (first in row {first[reason]})"
            for reason, count in bad.items()
        )
    return _codes(pairs[:good, 0], pairs[:good, 1], ~strong[:good], persons)


def _read_row(
    row: list[str],
    source: int,
    target: int,
    strength: int | None,
    persons: int,
    pair: Whole,
    strong: NDArray[np.bool_],
) -> str:
    """Read a row into ``pair`` and ``strong``; return what is wrong with it, or nothing."""
    if len(row) <= max(source, target, strength or 0):
        return "missing values"
    try:
        pair[:] = int(row[source]), int(row[target])
    except (ValueError, OverflowError):
        return "an id that is not a whole number"
    if pair.min() < 0 or pair.max() >= persons:
        return f"an id outside 0 ... {persons - 1}"
    if pair[0] == pair[1]:
        return "a tie of a person to themselves"
    if strength is not None:
        word = row[strength].strip().lower()
        if word not in _STRONG:
            return "a strength other than strong or weak (1 or 0)"
        strong[0] = _STRONG[word]
    return ""


def _to_lists(codes: Whole, persons: int, k0: Integer, k1: Integer) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """List each person's ties from sorted codes, each pair once, and shuffle each list (Fisher and Yates).

    The passes fill arrays instead of returning them: Numba crashes where Ctrl-C came while a kernel ran that returns
    a tuple of arrays.
    """
    offsets = np.zeros(persons + 1, dtype=np.int64)
    _count_ties(codes, persons, offsets)
    ties = np.empty(int(offsets[persons]), dtype=np.int32)
    _list_ties(codes, offsets, offsets[:-1].copy(), k0, k1, ties)
    return offsets, ties


@kernel
def _count_ties(codes: Whole, persons: int, offsets: NDArray[np.int64]) -> None:
    """Count where each person's list begins."""
    pair = -1
    for code in codes:
        if code >> 1 != pair:
            pair = code >> 1
            offsets[pair // persons + 1] += 1
            offsets[pair % persons + 1] += 1
    for person in range(persons):
        offsets[person + 1] += offsets[person]


@kernel
def _list_ties(
    codes: Whole,
    offsets: NDArray[np.int64],
    place: NDArray[np.int64],
    k0: Integer,
    k1: Integer,
    ties: NDArray[np.int32],
) -> None:
    """Write each pair into both lists, and shuffle them."""
    persons = offsets.size - 1
    pair = -1
    for code in codes:
        if code >> 1 != pair:  # what follows of the same pair is a repetition, or weaker
            pair = code >> 1
            low, high = pair // persons, pair % persons
            ties[place[low]] = ~high if code & 1 else high
            ties[place[high]] = ~low if code & 1 else low
            place[low] += 1
            place[high] += 1
    for person in range(persons):
        _shuffle(ties[offsets[person] : offsets[person + 1]], person, k0, k1)


@kernel(inner=True)
def _shuffle(mine: NDArray[np.int32], person: int, k0: Integer, k1: Integer) -> None:
    luck = (0.0, 0.0, 0.0, 0.0)
    for step in range(mine.size - 1):
        if step & 3 == 0:
            luck = draw4(k0, k1, _SHUFFLE, 0, person, step >> 2)
        last = mine.size - 1 - step
        other = int(luck[step & 3] * (last + 1))
        mine[last], mine[other] = mine[other], mine[last]
