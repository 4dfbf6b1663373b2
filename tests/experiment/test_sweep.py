from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny

from custsim.errors import InputError
from custsim.experiment.sweep import design_points, sweep
from custsim.simulation import simulate

STAFF, OFFER = "complaints.staff", "loyalty.offer_rate"


def test_a_grid_is_every_combination_and_a_list_goes_side_by_side() -> None:
    grid = design_points(tiny(), {STAFF: [1, 2], OFFER: [0.0, 0.1, 0.2]})
    assert len(grid) == 6
    assert grid[4] == {STAFF: 2, OFFER: 0.1}
    side = design_points(tiny(), {STAFF: range(1, 4), OFFER: [0.0, 0.1, 0.2]}, design="list")
    assert side == [{STAFF: 1, OFFER: 0.0}, {STAFF: 2, OFFER: 0.1}, {STAFF: 3, OFFER: 0.2}]


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_spread_designs_fill_their_ranges_once_a_part(design: str) -> None:
    points = design_points(tiny(), {OFFER: (0.0, 0.5), STAFF: (1, 4)}, design=design, points=16)  # type: ignore[arg-type]
    offers = np.array([point[OFFER] for point in points])
    # both are stratified: one point in each sixteenth of the range
    assert np.array_equal(np.sort((offers / 0.5 * 16).astype(int)), np.arange(16))
    staff = [point[STAFF] for point in points]
    assert all(isinstance(number, int) for number in staff)
    assert sorted(staff) == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert points == design_points(tiny(), {OFFER: (0.0, 0.5), STAFF: (1, 4)}, design=design, points=16)  # type: ignore[arg-type]
    assert points != design_points(tiny(), {OFFER: (0.0, 0.5), STAFF: (1, 4)}, design=design, points=16, seed=2)  # type: ignore[arg-type]


def test_a_sweep_is_a_table_of_runs() -> None:
    done = sweep(tiny(), {STAFF: [1, 2], OFFER: [0.0, 0.5]}, replications=2, measures=["profit", "monthly:profit"])
    assert done.table.columns.tolist() == ["point", STAFF, OFFER, "replication", "profit", "error"]
    row = done.table.iloc[5]
    run = simulate(tiny().change({STAFF: row[STAFF], OFFER: row[OFFER]}), 1, row["replication"])
    assert row["profit"] == run.monthly["profit"].mean()
    means = done.means
    assert means["profit"].iloc[2] == pytest.approx(done.table["profit"].iloc[4:6].mean())
    assert means["profit_se"].iloc[2] == pytest.approx(done.table["profit"].iloc[4:6].std(ddof=1) / 2**0.5)
    json.dumps(done.data, allow_nan=False)
    assert "best first" in done.summary()


def test_a_point_that_is_not_possible_is_recorded_and_the_others_finish(tmp_path: Path) -> None:
    done = sweep(tiny(), {STAFF: [-1, 1]}, replications=2, measures="profit", store=tmp_path / "s.db")
    assert done.table["error"].str.contains("at least 0").tolist() == [True, True, False, False]
    assert done.means["replications"].tolist() == [0, 2]
    assert sweep(tiny(), {STAFF: [-1, 1]}, replications=2, measures="profit", store=tmp_path / "s.db") \
        .evaluation.computed == 0  # fmt: skip


@pytest.mark.parametrize(
    ("over", "arguments", "message"),
    [
        ({}, {}, "at least one parameter"),
        ({"complaints.staf": [1]}, {}, "did you mean complaints.staff"),
        ({STAFF: [-1, -2]}, {}, "at least 0"),
        ({STAFF: []}, {}, "no values"),
        ({STAFF: [1, 2], OFFER: [0.1]}, {"design": "list"}, "as many values"),
        ({STAFF: [1, 2]}, {"design": "gird"}, "did you mean grid"),
        ({STAFF: [1, 2]}, {"points": 5}, "leave it out"),
        ({OFFER: (0.0, 0.5)}, {"design": "latin"}, "how many"),
        ({OFFER: (0.0, 0.5)}, {"design": "sobol", "points": 100}, "take 64 or 128"),
        ({OFFER: (0.5, 0.0)}, {"design": "latin", "points": 4}, "needs a range"),
        ({STAFF: range(1000), OFFER: range(1001)}, {}, "1,001,000 combinations"),
        ({STAFF: [1]}, {"measures": "monthly:profit"}, "a number a run"),
    ],
)
def test_what_cannot_be_swept_is_refused(over: dict[str, object], arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sweep(tiny(), over, **{"executor": "serial", **arguments})  # type: ignore[arg-type]
