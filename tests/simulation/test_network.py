"""Networks: what every one must be, degrees and clustering against theory and networkx, and files of ties.

Statistical tests have fixed seeds; a correct generator would fail one of them for about one seed in 10,000.
"""

from __future__ import annotations

import math

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from custsim.errors import InputError
from custsim.scenario import Scenario
from custsim.simulation.network import Network, build_network, draw_network
from custsim.simulation.streams import key

ALARM = 1e-4


def as_graph(network: Network, strong_only: bool = False) -> networkx.Graph:
    graph = networkx.Graph()
    graph.add_nodes_from(range(network.persons))
    for person in range(network.persons):
        others, strong = network.ties_of(person)
        graph.add_edges_from((person, int(other)) for other in others[strong | (not strong_only)])
    return graph


def must_be_sound(network: Network) -> None:
    """Both ends know of a tie and of its strength; nobody is tied to themselves, or to another twice."""
    person = np.repeat(np.arange(network.persons), network.degrees())
    strong = network.ties >= 0
    other = np.where(strong, network.ties, ~network.ties)
    assert ((other >= 0) & (other < network.persons) & (other != person)).all()
    there, back = person * network.persons + other, other * network.persons + person
    assert np.unique(there).size == there.size
    forward, backward = np.argsort(there), np.argsort(back)
    np.testing.assert_array_equal(there[forward], back[backward])
    np.testing.assert_array_equal(strong[forward], strong[backward])


# ---- what every network must be ---------------------------------------------------------------------------------


@given(
    persons=st.integers(1, 120),
    strong=st.integers(0, 5).map(lambda half: 2 * half),
    weak=st.integers(0, 8),
    rewiring=st.sampled_from([0.0, 0.1, 0.7, 1.0]),
    seed=st.integers(0, 2**64 - 1),
)
def test_small_worlds_are_sound(persons, strong, weak, rewiring, seed):
    if strong + weak >= persons:
        with pytest.raises(InputError, match="fewer than"):
            draw_network("small_world", persons, key(seed), strong_ties=strong, weak_ties=weak)
        return
    network = draw_network("small_world", persons, key(seed), strong_ties=strong, weak_ties=weak, rewiring=rewiring)
    must_be_sound(network)
    assert (network.ties >= 0).sum() == persons * strong  # rewiring moves ties, and neither makes nor breaks any
    assert network.memory_bytes == 8 * (persons + 1) + 4 * network.ties.size


@given(persons=st.integers(1, 120), strong=st.integers(0, 8), weak=st.integers(0, 8), seed=st.integers(0, 2**64 - 1))
def test_scale_free_networks_are_sound(persons, strong, weak, seed):
    if strong + weak >= persons or (strong + weak) % 2:
        with pytest.raises(InputError, match=r"fewer than|must be even"):
            draw_network("scale_free", persons, key(seed), strong_ties=strong, weak_ties=weak)
        return
    network = draw_network("scale_free", persons, key(seed), strong_ties=strong, weak_ties=weak)
    must_be_sound(network)
    half = (strong + weak) // 2
    assert network.ties.size == 2 * half * (persons - half)  # a star of half + 1, then half for each newcomer


@pytest.mark.parametrize("kind", ["small_world", "scale_free"])
def test_the_network_is_a_function_of_seed_and_replication(kind):
    first = draw_network(kind, 500, key(1, 2))
    again, other, third = (draw_network(kind, 500, each) for each in (key(1, 2), key(2, 2), key(1, 3)))
    np.testing.assert_array_equal(first.ties, again.ties)
    np.testing.assert_array_equal(first.offsets, again.offsets)
    for different in (other, third):
        assert not np.array_equal(first.ties, different.ties)


def test_a_scenario_tells_how_its_network_is_made():
    firm = Scenario().change(
        {"market.persons": 300, "market.customers": 90, "referral.strong_ties": 4, "referral.weak_ties": 2}
    )
    expected = draw_network("small_world", 300, key(9), strong_ties=4, weak_ties=2, rewiring=firm.referral.rewiring)
    np.testing.assert_array_equal(build_network(firm, key(9)).ties, expected.ties)
    mixed = build_network(firm.change({"referral.network": "well_mixed"}), key(9))
    assert (mixed.kind, mixed.ties.size) == ("well_mixed", 0)


def test_more_rewiring_leaves_the_other_ties_as_they_were():
    few, many = (
        {frozenset(tie) for tie in as_graph(draw_network("small_world", 800, key(4), weak_ties=0, rewiring=p)).edges}
        for p in (0.0, 0.2)
    )
    expected = 800 * 3 * 0.2
    assert abs(len(few - many) - expected) < stats.norm.isf(ALARM / 2) * math.sqrt(expected * 0.8)


def test_well_mixed_keeps_no_ties():
    network = draw_network("well_mixed", 1000, key(1))
    assert (network.offsets.size, network.ties.size, network.memory_bytes) == (0, 0, 0)
    assert network.degrees().tolist() == [0] * 1000
    assert network.ties_of(3)[0].size == 0


def test_a_network_cannot_be_written_to():
    network = draw_network("small_world", 50, key(1))
    with pytest.raises(ValueError, match="read-only"):
        network.ties[0] = 1


# ---- degrees and clustering -------------------------------------------------------------------------------------


def test_the_unrewired_ring_is_the_lattice():
    graph = as_graph(draw_network("small_world", 60, key(1), strong_ties=6, weak_ties=0, rewiring=0.0))
    assert networkx.is_isomorphic(graph, networkx.watts_strogatz_graph(60, 6, 0.0))
    assert networkx.transitivity(graph) == pytest.approx(3 * (6 - 2) / (4 * (6 - 1)))  # Watts & Strogatz: .6


@pytest.mark.parametrize("rewiring", [0.1, 0.5, 1.0])
def test_rewired_worlds_have_the_degrees_and_clustering_of_networkx(rewiring):
    ours = [
        as_graph(draw_network("small_world", 400, key(7, r), strong_ties=6, weak_ties=0, rewiring=rewiring))
        for r in range(40)
    ]
    theirs = [networkx.watts_strogatz_graph(400, 6, rewiring, seed=r) for r in range(40)]
    for measure in (
        networkx.transitivity,
        lambda graph: np.var([degree for _, degree in graph.degree]),
        lambda graph: len(max(networkx.connected_components(graph), key=len)),
    ):
        a, b = [measure(graph) for graph in ours], [measure(graph) for graph in theirs]
        if np.ptp(a + b) > 0:
            assert stats.mannwhitneyu(a, b).pvalue > ALARM / 9


def test_weak_ties_are_random():
    network = draw_network("small_world", 3000, key(3), strong_ties=0, weak_ties=6)
    assert network.ties.size == 3000 * 6
    assert (network.ties < 0).all()
    counts = np.bincount(np.minimum(network.degrees(), 14), minlength=15)[1:]
    expected = stats.binom.pmf(np.arange(1, 15), 2999, 6 / 2999) * 3000
    expected[-1] = stats.binom.sf(13, 2999, 6 / 2999) * 3000
    # the sum of degrees is fixed, which makes them slightly more even than independent ones: one-sided
    assert stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), counts.size) > ALARM
    assert networkx.transitivity(as_graph(network)) < 0.01


def test_a_weak_tie_upon_a_strong_one_is_lost_in_it():
    network = draw_network("small_world", 12, key(1), strong_ties=6, weak_ties=5)
    must_be_sound(network)
    assert (network.ties >= 0).sum() == 12 * 6
    assert 0 < (network.ties < 0).sum() < 12 * 5


def test_few_know_very_many_in_a_scale_free_network():
    degrees = draw_network("scale_free", 20_000, key(5), strong_ties=3, weak_ties=3).degrees()
    # Barabási and Albert's stationary shares, exact for large networks: P(d) = 2m(m+1) / (d(d+1)(d+2)), m = 3
    for least in (3, 6, 12, 24, 48):
        share = 3 * 4 / (least * (least + 1))  # P(degree >= least)
        found = (degrees >= least).mean()
        assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / degrees.size) + 5e-4
    assert degrees.max() > 200


@pytest.mark.parametrize("kind", ["small_world", "scale_free"])
def test_an_id_says_nothing_about_a_persons_place(kind):
    network = draw_network(kind, 4000, key(6), strong_ties=4, weak_ties=4, rewiring=0.0)
    person = np.repeat(np.arange(4000), network.degrees())
    other = np.where(network.ties >= 0, network.ties, ~network.ties)
    once = person < other
    apart = np.abs(person - other)[once]
    # neighbouring ids are no likelier neighbours in the network: distances as of random pairs
    near = (apart <= 200).mean()
    share = 1 - (3799 / 3999) * (3800 / 4000)
    assert abs(near - share) < stats.norm.isf(ALARM / 2) * math.sqrt(share / once.sum()) * 2
    assert abs(stats.spearmanr(np.arange(4000), network.degrees()).statistic) < stats.norm.isf(ALARM / 2) / 60


def test_strong_and_weak_ties_of_a_scale_free_network_have_their_shares():
    network = draw_network("scale_free", 5000, key(8), strong_ties=2, weak_ties=4)
    strong, ties = (network.ties >= 0).sum() / 2, network.ties.size / 2
    assert abs(strong - ties / 3) < stats.norm.isf(ALARM / 2) * math.sqrt(ties * 2 / 9)


def test_the_next_m_ties_from_a_random_start_are_a_fair_sample(tmp_path):
    file = tmp_path / "star.csv"
    file.write_text("source,target\n" + "".join(f"0,{other}\n" for other in range(1, 6)))
    orders = [draw_network("edges", 6, key(seed), file=file).ties_of(0)[0] for seed in range(3000)]
    codes = np.array(orders) @ 6 ** np.arange(5)
    counts = np.unique(codes, return_counts=True)[1]
    assert counts.size == math.factorial(5)  # every order occurs, and all equally often
    assert stats.chisquare(counts).pvalue > ALARM


# ---- files of ties ----------------------------------------------------------------------------------------------


def test_ties_from_a_file(tmp_path):
    file = tmp_path / "ties.csv"
    file.write_text("\ufefftarget, source ,strength\n1,0,strong\n0,1,weak\n\n2,1,weak\n 3 ,1, 0 \n", encoding="utf-8")
    network = draw_network("edges", 5, key(1), file=file)
    must_be_sound(network)
    assert sorted(network.ties_of(1)[0].tolist()) == [0, 2, 3]
    assert network.degrees().tolist() == [1, 3, 1, 1, 0]
    assert as_graph(network, strong_only=True).number_of_edges() == 1  # listed twice: strong if strong once
    plain = tmp_path / "plain.csv"
    plain.write_text("source,target\n0,1\n")
    assert draw_network("edges", 2, key(1), file=plain).ties.tolist() == [1, 0]


def test_every_row_that_cannot_be_used_is_counted(tmp_path):
    file = tmp_path / "ties.csv"
    file.write_text("source,target,strong\n0,1,yes\n0,9,1\n5,1,1\nx,1,1\n2,2,1\n0,2,perhaps\n3\n-1,0,1\n1.5,0,1\n")
    with pytest.raises(InputError) as told:
        draw_network("edges", 5, key(1), file=file)
    said = "\n".join(told.value.problems)
    for part in (
        "3 rows with an id outside 0 ... 4 (first in row 3)",
        "2 rows with an id that is not a whole number (first in row 5)",
        "1 row with a tie of a person to themselves (first in row 6)",
        "1 row with a strength other than strong or weak (1 or 0) (first in row 7)",
        "1 row with missing values (first in row 8)",
    ):
        assert part in said
    assert len(told.value.problems) == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "first line"), (b"from,to\n1,2\n", "source and target"), (b"source,target\n\xff,1\n", "UTF-8")],
)
def test_a_file_that_is_no_list_of_ties_is_refused(tmp_path, content, said):
    file = tmp_path / "ties.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        draw_network("edges", 5, key(1), file=file)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        draw_network("edges", 5, key(1), file=tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "clique"}, "kind"),
        ({"persons": 0}, "persons"),
        ({"strong_ties": -2}, "strong_ties"),
        ({"strong_ties": 3}, "even"),
        ({"rewiring": 1.5}, "rewiring"),
        ({"rewiring": math.nan}, "rewiring"),
        ({"kind": "edges"}, "file"),
        ({"file": "ties.csv"}, "file"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        draw_network(**{"kind": "small_world", "persons": 100, "key": key(1)} | arguments)
