"""Ranks, points and ties, worked out by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from custsim.game.leaderboard import Score, leaderboard, ranks, table


def score(name: str, profit: float, equity: float, satisfaction: float) -> Score:
    return Score(name, False, profit, equity, satisfaction)


def test_points_by_hand() -> None:
    places = leaderboard([
        score("Owls", 3_000_000, 28_000_000, 76.0),  # half of the way in profit, four fifths in equity, the best
        score("Foxes", 4_000_000, 24_000_000, 75.0),  # the best, nothing, half
        score("Bears", 2_000_000, 29_000_000, 74.0),  # nothing, the best, nothing
    ])  # fmt: skip
    found = {place.score.name: (place.points, place.by_profit, place.by_equity, place.by_satisfaction, place.overall)
             for place in places}  # fmt: skip
    assert found == {"Owls": (230, 2, 2, 1, 1), "Foxes": (150, 1, 3, 2, 2), "Bears": (100, 3, 1, 3, 3)}
    assert [place.score.name for place in places] == ["Owls", "Foxes", "Bears"]


def test_what_reads_the_same_is_equal() -> None:
    places = leaderboard([
        score("A", 3_000_100, 28_000_400, 75.04), score("B", 2_999_900, 27_999_600, 74.96),
        score("C", 1_000_000, 20_000_000, 70.0),
    ])  # fmt: skip
    assert [
        (place.score.name, place.overall, place.by_profit, place.by_equity, place.by_satisfaction) for place in places
    ] == [("A", 1, 1, 1, 1), ("B", 1, 1, 1, 1), ("C", 3, 3, 3, 3)]


def test_what_reads_otherwise_is_not_equal() -> None:
    places = leaderboard([score("A", 3_001_000, 28_001_000, 75.2), score("B", 3_000_000, 28_000_000, 75.1)])
    assert [(place.by_profit, place.by_equity, place.by_satisfaction) for place in places] == [(1, 1, 1), (2, 2, 2)]


def test_the_sum_is_rounded_and_not_its_parts() -> None:
    places = leaderboard([score("A", 3e6, 3e6, 73.0), score("B", 1e6, 1e6, 71.0), score("C", 0.0, 0.0, 70.0)])
    assert [place.points for place in places] == [300, 100, 0]  # a third of the way in each: 33.3 three times


def test_equals_stand_in_the_order_of_the_alphabet_whatever_their_case() -> None:
    names = ["owls", "Bears", "ants"]
    assert [place.score.name for place in leaderboard([score(name, 1.0, 1.0, 50.0) for name in names])] == [
        "ants", "Bears", "owls"
    ]  # fmt: skip


def test_the_table_says_what_the_places_say() -> None:
    places = leaderboard([
        score("A", 4e6, 20e6, 75.0), score("B", 3e6, 30e6, 73.0), Score("House", True, 2e6, 25e6, 74.0),
    ])  # fmt: skip
    rows = table(places).set_index("team")
    assert rows["by_profit"].to_dict() == {"A": 1, "B": 2, "House": 3}
    assert rows["by_equity"].to_dict() == {"A": 3, "B": 1, "House": 2}
    assert rows["by_satisfaction"].to_dict() == {"A": 1, "B": 3, "House": 2}
    assert rows["profit"].to_dict() == {"A": 4e6, "B": 3e6, "House": 2e6}
    assert rows["equity"].to_dict() == {"A": 20e6, "B": 30e6, "House": 25e6}
    assert rows["satisfaction"].to_dict() == {"A": 75.0, "B": 73.0, "House": 74.0}
    assert rows["house"].to_dict() == {"A": False, "B": False, "House": True}
    # profit 100, 50, 0; equity 0, 100, 50; satisfaction 100, 0, 50
    assert rows["points"].to_dict() == {"A": 200, "B": 150, "House": 100}


def test_of_equal_points_the_higher_profit_leads() -> None:
    places = leaderboard([
        score("Customers", 2_000_000, 30_000_000, 75.0), score("Money", 3_000_000, 20_000_000, 75.0),
    ])  # fmt: skip
    assert [(place.score.name, place.points, place.overall) for place in places] == [
        ("Money", 200, 1),
        ("Customers", 200, 2),
    ]


def test_one_team_or_none() -> None:
    assert [place.overall for place in leaderboard([score("A", -5.0, 0.0, 50.0)])] == [1]
    assert leaderboard([]) == []
    assert list(table([]).columns)[:2] == ["overall", "team"]


numbers = st.floats(-1e8, 1e8)


@given(st.lists(st.tuples(numbers, numbers, st.floats(0, 100)), min_size=1, max_size=12))
def test_a_board_is_in_order_and_a_better_team_is_never_behind(rows: list[tuple[float, float, float]]) -> None:
    places = leaderboard([score(str(n), *row) for n, row in enumerate(rows)])
    assert sorted(place.score.name for place in places) == sorted(str(n) for n in range(len(rows)))
    assert [place.overall for place in places] == sorted(place.overall for place in places)
    assert all(0 <= place.points <= 300 for place in places)
    assert places[0].overall == 1
    for one in places:
        for other in places:
            ahead = (one.by_profit <= other.by_profit and one.by_equity <= other.by_equity
                     and one.by_satisfaction <= other.by_satisfaction)  # fmt: skip
            assert one.overall <= other.overall if ahead else True


@given(st.lists(st.integers(0, 5), max_size=9))
def test_ranks_count_who_is_better(values: list[int]) -> None:
    assert ranks(values) == [1 + len([other for other in values if other > value]) for value in values]
