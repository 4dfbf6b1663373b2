"""Random numbers: the published vectors, the contract, and statistical tests whose false-alarm rate is stated.

Every statistical test here has fixed seeds, so it fails always or never; ``ALARM`` is how often a perfect
generator would fail it had the seeds been drawn afresh. All of them together would do so in about one of a hundred
thousand choices of seeds.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from custsim.errors import InputError
from custsim.simulation import streams
from custsim.simulation.compiled import kernel
from custsim.simulation.streams import (
    beta_ppf,
    draw4,
    fill1,
    fill4,
    fill_poisson,
    gamma_ppf,
    key,
    normal,
    philox,
    poisson,
    stream_id,
    uniform,
    uniforms,
)

ALARM = 1e-6
WORDS = 2**32
#: Uniforms exactly as a stream can give them.
stream_uniforms = st.integers(0, WORDS - 1).map(lambda word: (word + 0.5) / WORDS)
CHURN = stream_id("churn")


@kernel
def normals(u, out):
    for i in range(u.size):
        out[i] = normal(u[i])


@kernel
def poissons(u, mean, out):
    for i in range(u.size):
        out[i] = poisson(u[i], mean)


@kernel
def in_any_order(k0, k1, stream, month, agents, out):
    for i in range(agents.size):
        for k in range(8):
            out[agents[i], k] = uniform(k0, k1, stream, month, agents[i], k)


# ---- published vectors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key_words", "expected"),
    [  # tests/kat_vectors of Random123 (D. E. Shaw Research), lines "philox4x32 10"
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers(counter, key_words, expected):
    assert philox(*counter, *key_words) == expected
    assert philox.py_func(*counter, *key_words) == expected


@pytest.mark.parametrize(("name", "expected"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
def test_stream_ids_are_the_published_fnv_1a_values(name, expected):  # RFC 9923
    assert stream_id(name) == expected


# ---- the contract -----------------------------------------------------------------------------------------------


def test_counter_is_agent_month_stream_block_and_words_become_open_uniforms():
    k0, k1 = key(7, 3)
    for month, agent, block in itertools.product((-72, -1, 0, 59), (0, 12345, WORDS - 1), (0, 3)):
        words = philox(agent, month % WORDS, CHURN, block, k0, k1)
        assert draw4(k0, k1, CHURN, month, agent, block) == tuple((int(w) + 0.5) / WORDS for w in words)


@given(st.integers(0, WORDS - 1), st.integers(-1200, 1200), st.integers(0, WORDS - 1), st.integers(0, 1000))
def test_uniform_is_the_kth_word_of_draw4(stream, month, agent, k):
    k0, k1 = key(1)
    assert uniform(k0, k1, stream, month, agent, k) == draw4(k0, k1, stream, month, agent, k >> 2)[k & 3]
    assert uniforms((k0, k1), stream, month, [agent], k)[0] == uniform(k0, k1, stream, month, agent, k)


def test_draws_do_not_depend_on_order_or_on_other_draws():
    k0, k1 = key(1)
    n = 500
    forward, shuffled = np.zeros((n, 8)), np.zeros((n, 8))
    in_any_order(k0, k1, CHURN, -3, np.arange(n), forward)
    uniforms((k0, k1), stream_id("a stream that was added"), -3, np.arange(n), 0)
    in_any_order(k0, k1, CHURN, -3, np.random.default_rng(0).permutation(n), shuffled)
    np.testing.assert_array_equal(forward, shuffled)
    out = np.empty((4, n))
    fill4(k0, k1, CHURN, -3, np.arange(n), 1, out[0], out[1], out[2], out[3])
    np.testing.assert_array_equal(out.T, forward[:, 4:])
    fill1(k0, k1, CHURN, -3, np.arange(n), 1, out[0])
    np.testing.assert_array_equal(out[0], forward[:, 4])


def test_every_part_of_the_name_of_a_draw_gives_unrelated_numbers():
    agents = np.arange(100_000)
    named = [
        uniforms(key(1, 0), CHURN, 0, agents, 0),
        uniforms(key(2, 0), CHURN, 0, agents, 0),
        uniforms(key(1, 1), CHURN, 0, agents, 0),
        uniforms(key(1 + 2**32, 0), CHURN, 0, agents, 0),
        uniforms(key(1, 0), stream_id("voice"), 0, agents, 0),
        uniforms(key(1, 0), CHURN, 1, agents, 0),
        uniforms(key(1, 0), CHURN, -1, agents, 0),
        uniforms(key(1, 0), CHURN, 0, agents + 1, 0),
        uniforms(key(1, 0), CHURN, 0, agents, 1),
        uniforms(key(1, 0), CHURN, 0, agents, 4),
    ]
    correlation = np.corrcoef(named) - np.eye(len(named))
    pairs = len(named) * (len(named) - 1) / 2
    assert np.abs(correlation).max() < stats.norm.isf(ALARM / pairs / 2) / np.sqrt(agents.size)


def test_keys_are_hashed_together_not_added():
    pairs = list(itertools.product([*range(60), WORDS, 2**63, 2**64 - 1], range(60)))
    keys = {key(seed, replication) for seed, replication in pairs}
    assert len(keys) == len(pairs)  # 64-bit keys: a chance collision has probability 1e-12


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "1", True])
def test_a_seed_that_is_no_64_bit_number_is_refused(seed):
    with pytest.raises(InputError, match="seed"):
        key(seed)
    with pytest.raises(InputError, match="replication"):
        key(1, seed)


def test_ids_that_are_no_integers_are_refused():
    with pytest.raises(InputError, match="agents"):
        uniforms(key(1), CHURN, 0, [0.5])


# ---- statistics -------------------------------------------------------------------------------------------------


def chi_square_alarm(cells: np.ndarray) -> float:
    """Probability that equally likely cells are this uneven, or this even, by chance (two-sided)."""
    p = stats.chisquare(cells.ravel()).pvalue
    return 2 * min(p, 1 - p)


@pytest.mark.parametrize("word", range(4))
def test_uniform_over_agents_months_and_bits(word):
    sample = np.concatenate([uniforms(key(3), CHURN, month, np.arange(20_000), word) for month in range(-2, 8)])
    assert 0 < sample.min() <= sample.max() < 1
    assert chi_square_alarm(np.histogram(sample, 256, (0, 1))[0]) > ALARM  # the leading byte
    low_byte = (sample * WORDS).astype(np.int64) & 255
    assert chi_square_alarm(np.bincount(low_byte, minlength=256)) > ALARM


@pytest.mark.parametrize("apart", ["agent", "month", "word", "stream", "replication"])
def test_neighbouring_draws_fill_the_square_evenly(apart):
    agents, k = np.arange(100_000), key(5)
    first = uniforms(k, 10, 0, agents, 0)
    second = {
        "agent": lambda: uniforms(k, 10, 0, agents + 1, 0),
        "month": lambda: uniforms(k, 10, 1, agents, 0),
        "word": lambda: uniforms(k, 10, 0, agents, 1),
        "stream": lambda: uniforms(k, 11, 0, agents, 0),
        "replication": lambda: uniforms(key(5, 1), 10, 0, agents, 0),
    }[apart]()
    cells = np.histogram2d(first, second, 16, ((0, 1), (0, 1)))[0]
    assert chi_square_alarm(cells) > ALARM


def test_one_agent_over_many_months_is_uniform_and_not_serially_correlated():
    k0, k1 = key(11)
    path = np.array([uniform(k0, k1, CHURN, month, 4711, 0) for month in range(-1000, 9000)])
    assert stats.kstest(path, "uniform").pvalue > ALARM
    for lag in (1, 2, 12):
        r = np.corrcoef(path[lag:], path[:-lag])[0, 1]
        assert abs(r) * np.sqrt(path.size - lag) < stats.norm.isf(ALARM / 6)


@pytest.mark.parametrize("mean", [0.05, 0.9, 4.0, 30.0, 150.0, 700.0])
def test_poisson_counts_have_the_poisson_distribution(mean):
    u = uniforms(key(17), CHURN, 0, np.arange(50_000), 2)
    counts = np.empty(u.size)
    poissons(u, mean, counts)
    np.testing.assert_array_equal(counts, stats.poisson.ppf(u, mean))  # the inverse, draw by draw
    assert abs(counts.mean() - mean) < stats.norm.isf(ALARM / 2) * np.sqrt(mean / u.size)


def test_poisson_counts_drawn_at_once_are_those_drawn_one_by_one():
    u = uniforms(key(18), CHURN, 0, np.arange(50_000), 1)
    mean = np.geomspace(1e-6, 2000.0, u.size)[np.random.default_rng(0).permutation(u.size)]
    one_by_one, at_once = np.empty(u.size), np.empty(u.size, np.uint16)
    for i in range(u.size):
        one_by_one[i] = poisson(u[i], mean[i])
    fill_poisson(u, mean, at_once, 65_000)
    np.testing.assert_array_equal(at_once, one_by_one)
    np.testing.assert_array_equal(at_once, stats.poisson.ppf(u, mean))
    fill_poisson(u, mean, at_once, 50)
    np.testing.assert_array_equal(at_once, np.minimum(one_by_one, 50))


@given(mean=st.floats(0.0, 1e-3) | st.floats(0.0, 700.0))
def test_the_exponential_of_counts_is_that_of_the_library(mean):
    assert streams._exp_of_minus(mean) == pytest.approx(np.exp(-mean), rel=1e-15, abs=0.0)


def test_normal_and_exponential_samples_have_their_distributions():
    u = uniforms(key(19), CHURN, 0, np.arange(50_000), 0)
    z = np.empty(u.size)
    normals(u, z)
    assert stats.kstest(z, "norm").pvalue > ALARM
    waits = np.array([streams.exponential(x, 1.9) for x in u])
    assert stats.kstest(waits, "expon", args=(0, 1.9)).pvalue > ALARM


# ---- inverse distribution functions -----------------------------------------------------------------------------


def grid() -> np.ndarray:
    """Uniforms of a stream: both ends, the middle, and a thick sample between, in rising order."""
    ends = np.arange(2000)
    words = np.concatenate(
        [ends, WORDS - 1 - ends, WORDS // 2 + ends - 1000, np.linspace(0, WORDS - 1, 200_000).astype(np.int64)]
    )
    return (np.unique(words) + 0.5) / WORDS


def test_normal_is_the_normal_quantile_and_strictly_rising():
    u, z = grid(), np.empty(grid().size)
    normals(u, z)
    np.testing.assert_allclose(z, special.ndtri(u), rtol=0, atol=2e-8)
    assert (np.diff(z) > 0).all()
    mirrored = np.empty(u.size)
    normals(1 - u, mirrored)
    np.testing.assert_array_equal(mirrored, -z)


@pytest.mark.parametrize("u", [1e-300, 1e-30, 1e-11, 1 - 1e-11, 1 - 2.0**-53])
def test_normal_beyond_the_table_is_exact(u):
    assert normal(u) == pytest.approx(special.ndtri(u), rel=1e-13)


def test_normal_outside_zero_and_one_is_not_a_number():
    assert normal(0.0) == -np.inf
    assert normal(1.0) == np.inf
    assert np.isnan(normal(1.5))
    assert np.isnan(normal(np.nan))


@given(stream_uniforms, stream_uniforms, st.floats(0, 500), st.floats(0, 500))
def test_more_luck_is_never_less(u, v, mean, other):
    u, v = sorted((u, v))
    mean, other = sorted((mean, other))
    assert normal(u) <= normal(v)
    assert poisson(u, mean) <= poisson(v, mean)
    assert streams.exponential(u, mean) <= streams.exponential(v, mean)
    assert streams.exponential(u, mean) <= streams.exponential(u, other)
    if other > mean * (1 + 1e-9):  # at equality, rounding of the sums may decide
        assert poisson(u, mean) <= poisson(u, other)
    p, q = sorted((mean / 500, other / 500))
    assert streams.bernoulli(u, p) <= streams.bernoulli(u, q)


@given(st.floats(0.01, 900))
def test_poisson_ends_even_for_a_uniform_of_one(mean):
    assert poisson(1.0, mean) > mean


@pytest.mark.parametrize("shape", [0.02, 0.05, 0.3, 1.0, 1.5, 40.0, 1e5])
def test_gamma_draws_are_the_gamma_quantiles_and_rising(shape):
    u = grid()[::20]
    draws = gamma_ppf(u, shape, mean=3.0)
    exact = np.where(u < 0.5, special.gammaincinv(shape, u), special.gammainccinv(shape, 1 - u)) * 3.0 / shape
    np.testing.assert_allclose(draws, exact, rtol=1e-7)
    assert (np.diff(draws) >= 0).all()


@pytest.mark.parametrize(("a", "b"), [(0.02, 3.0), (0.5, 0.5), (1.0, 1.0), (2.5, 97.5), (90.0, 0.1), (1e4, 3e4)])
def test_beta_draws_are_the_beta_quantiles_and_rising(a, b):
    u = grid()[::20]
    draws = beta_ppf(u, a, b)
    np.testing.assert_allclose(draws, special.betaincinv(a, b, u), rtol=1e-6)
    np.testing.assert_allclose(1 - draws, special.betaincinv(b, a, 1 - u), rtol=1e-6, atol=1e-15)
    assert (np.diff(draws) >= 0).all()


def test_impossible_distributions_and_uniforms_are_refused():
    with pytest.raises(InputError, match="shape"):
        gamma_ppf([0.5], 0.0)
    with pytest.raises(InputError, match="mean"):
        gamma_ppf([0.5], 1.0, mean=-1.0)
    with pytest.raises(InputError, match="b must"):
        beta_ppf([0.5], 1.0, np.inf)
    with pytest.raises(InputError, match="u:"):
        beta_ppf([0.0], 1.0, 2.0)
    with pytest.raises(InputError, match="u:"):
        gamma_ppf([np.nan], 1.0)
