import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from custsim.errors import InputError
from custsim.value.lifetime import clv
from custsim.value.markov import MarkovChain, recency_chain


@pytest.fixture
def pfeifer(published):
    entry = published("pfeifer_carraway_markov")
    keys = ("purchase_probability", "net_contribution", "marketing_cost", "discount")
    return entry, recency_chain(**{key: entry["inputs"][key] for key in keys})


class TestPfeiferAndCarraway:
    def test_rewards_and_states_are_theirs(self, pfeifer):
        entry, chain = pfeifer
        assert list(chain.rewards) == entry["inputs"]["rewards"]
        assert list(chain.states) == entry["inputs"]["states"]

    def test_finite_horizon(self, pfeifer):
        entry, chain = pfeifer
        found = chain.value(horizon=4).to_numpy()
        np.testing.assert_allclose(found, entry["recomputed"]["finite horizon, t = 0..4"], atol=1e-8)
        np.testing.assert_allclose(found, entry["expected"]["finite horizon, t = 0..4"], atol=entry["tolerance"]["abs"])

    def test_infinite_horizon(self, pfeifer):
        entry, chain = pfeifer
        found = chain.value().to_numpy()
        np.testing.assert_allclose(found, entry["recomputed"]["infinite"], atol=1e-8)
        np.testing.assert_allclose(found, entry["expected"]["infinite"], atol=entry["tolerance"]["abs"])

    @pytest.mark.parametrize("last", [1, 2, 3])
    def test_stopping_after_a_recency(self, pfeifer, last):
        entry, chain = pfeifer
        keep = [f"recency {k + 1}" for k in range(last)]
        found = chain.stop_after(keep).to_numpy()[: last + 1]
        np.testing.assert_allclose(found, entry["recomputed"][f"stop after recency {last}"], atol=1e-8)

    def test_who_has_just_bought_and_is_given_up_still_brings_the_contribution(self, pfeifer):
        entry, chain = pfeifer
        assert chain.stop_after([]).tolist() == [entry["inputs"]["net_contribution"], 0, 0, 0, 0]

    def test_the_best_rule_is_to_stop_after_recency_3(self, pfeifer):
        entry, chain = pfeifer
        rule = chain.optimal_stopping()
        assert rule.keep.tolist() == [True, True, True, False, False]
        np.testing.assert_allclose(
            rule.value.to_numpy()[:4],
            entry["expected"]["infinite, stop after recency 3"],
            atol=entry["tolerance"]["abs"],
        )
        assert (rule.gain >= -1e-12).all()


chains = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        hnp.arrays(float, (n, n), elements=st.floats(0.01, 1)),
        hnp.arrays(float, n, elements=st.floats(-10, 10)),
        hnp.arrays(float, n, elements=st.floats(-3, 3)),
    )
)


class TestTheory:
    @settings(max_examples=40)
    @given(chains, st.floats(0.02, 0.5))
    def test_no_rule_beats_the_one_found(self, drawn, d):
        matrix, rewards, stop = drawn
        matrix = matrix / matrix.sum(axis=1, keepdims=True)
        chain = MarkovChain(matrix, rewards, d, stopping_rewards=stop)
        best = chain.optimal_stopping().value.to_numpy()
        for keep in itertools.product([False, True], repeat=len(rewards)):
            names = [name for name, kept in zip(chain.states, keep, strict=True) if kept]
            assert (best >= chain.stop_after(names).to_numpy() - 1e-8).all()

    @given(st.floats(0, 0.99), st.floats(0.01, 0.5))
    def test_two_states_are_constant_retention(self, r, d):
        chain = MarkovChain([[r, 1 - r], [0, 1]], [100, 0], d)
        assert chain.value().iloc[0] == pytest.approx(clv(margin=100, retention=r, discount=d))
        assert chain.value(horizon=6).iloc[0] == pytest.approx(clv(margin=100, retention=r, discount=d, horizon=7))

    def test_without_discount_a_life_that_ends_has_a_value(self):
        chain = MarkovChain([[0.8, 0.2], [0, 1]], [100, 0], 0.0)
        assert chain.value().tolist() == pytest.approx([500, 0])

    @pytest.mark.parametrize("rewards", [[100, 1], [1, 0]])
    def test_without_discount_a_life_that_does_not_end_has_none(self, rewards):
        matrix = [[0.8, 0.2], [0, 1]] if rewards[1] else [[1, 0], [0, 1]]
        with pytest.raises(InputError, match="discount: must be above 0 here"):
            MarkovChain(matrix, rewards, 0.0).value()

    def test_customers_are_conserved(self):
        chain = MarkovChain([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0, 0, 1]], [1, 2, 0], 0.1, ["a", "b", "gone"])
        path = chain.distribution([100, 50, 0], 12)
        assert path.shape == (13, 3)
        np.testing.assert_allclose(path.sum(axis=1), 150)
        np.testing.assert_allclose(path.iloc[1], [55, 70, 25])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transitions": [[0.8, 0.1], [0, 1]]}, "row 0 must add up to 1, got 0.9; add the share that leaves"),
        ({"transitions": [[0.8, 0.2]]}, "must be square"),
        ({"rewards": [1, 2, 3]}, "one number for each of the 2 states, got 3"),
        ({"states": ["a", "a"]}, "name each of 2 states once"),
        ({"discount": 10}, "write 10 % as 0.1"),
        ({"stopping_rewards": [1]}, "stopping_rewards"),
    ],
)
def test_refuses_what_is_no_chain(change, words):
    with pytest.raises(InputError, match=words):
        MarkovChain(**({"transitions": [[0.8, 0.2], [0, 1]], "rewards": [1, 0], "discount": 0.1} | change))


def test_unknown_state_is_named():
    with pytest.raises(InputError, match="'rich' is no state; there are: poor, gone"):
        MarkovChain([[0.8, 0.2], [0, 1]], [1, 0], 0.1, ["poor", "gone"]).stop_after(["rich"])
