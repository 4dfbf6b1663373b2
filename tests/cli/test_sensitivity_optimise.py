"""``custsim sensitivity`` and ``custsim optimise``, used the way a user uses them, and the pictures of what matters."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from one_terminal import Terminal

import custsim as cs
from custsim.cli.sensitivity import ranges
from custsim.errors import InputError
from custsim.experiment.sensitivity import sensitivity_of
from custsim.scenario import Scenario, save


@pytest.fixture
def custsim(custsim: Terminal) -> Terminal:
    firm = Scenario().scaled(0.02).change({"time.months": 2, "time.warm_up_months": 1, "name": "own"}, opening="own")
    save(firm, "own.toml")
    return custsim


OVER = ("--over", "profit.fixed_cost=0..5000", "--over", "loyalty.churn=lognormal(0.01, 0.2, high=0.5)")


def test_sensitivity_tells_what_python_tells(custsim: Terminal) -> None:
    code, out, _ = custsim(
        "sensitivity", "own.toml", *OVER, "--measure", "profit", "--replications", "2", "--picture", "tornado.png",
        "--csv", "table.csv", "--executor", "serial",
    )  # fmt: skip
    assert code == 0
    assert "profit.fixed_cost: from 0 to 5000 it goes from" in out
    assert "by -5,000 (-5,000 to -5,000)" in out
    assert Path("tornado.png").read_bytes().startswith(b"\x89PNG")
    assert Path("table.csv").read_text(encoding="utf-8").startswith("measure,parameter,low,high,base")
    code, out, _ = custsim(
        "sensitivity", "own.toml", *OVER, "--measure", "profit", "--replications", "2", "--executor", "serial", "--json"
    )
    ours = cs.sensitivity(
        cs.load("own.toml"), ranges(OVER[1::2]), "tornado", measures="profit", replications=2, executor="serial"
    )
    assert json.loads(out) == ours.data


def test_a_sensitivity_with_one_run_is_json_without_not_a_number(custsim: Terminal) -> None:
    code, out, _ = custsim(
        "sensitivity", "own.toml", *OVER, "--measure", "profit", "--replications", "1", "--executor", "serial", "--json"
    )
    assert code == 0
    assert json.loads(out)["table"][0]["effect_low"] is None


def test_optimise_tells_what_python_tells_and_goes_on(custsim: Terminal) -> None:
    words = (
        "optimise", "own.toml", "--over", "complaints.staff=1..3", "--over", "market.marketing=0..400:int",
        "--maximise", "profit", "--budget", "marketing.total<=500", "--replications", "1", "--finalists", "2",
        "--final-replications", "2", "--executor", "serial", "--store", "runs.db", "--json",
    )  # fmt: skip
    code, out, _ = custsim(*words, "--trials", "3")
    assert code == 0
    assert len(json.loads(out)["trials"]) == 3
    code, out, _ = custsim(*words, "--trials", "5")
    answer = json.loads(out)
    found = cs.optimise(
        cs.load("own.toml"), "profit", {"complaints.staff": (1, 3), "market.marketing": (0, 400, "int")},
        ("marketing.total", 500.0), trials=5, replications=1, finalists=2, final_replications=2, executor="serial",
        progress=False,
    )  # fmt: skip
    assert answer == found.data
    assert answer["retest"]["cost"] <= 500
    assert Path("runs.study.db").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("sensitivity", "own.toml", "--over", "complaints.staff"), "is no parameter with a range"),
        (("sensitivity", "own.toml", "--over", "complaints.staf=2..8"), "did you mean complaints.staff?"),
        (("sensitivity", "own.toml", "--over", "complaints.staff=2-8"), "is no distribution: write 2..8"),
        (("optimise", "own.toml", "--over", "complaints.staff=2-8"), "is no range; write it like 2..8"),
        (("optimise", "own.toml", "--over", "complaints.staff=2..8", "--budget", "marketing"), "is none; write it"),
    ],
)
def test_bad_input_ends_with_code_2_and_a_line(custsim: Terminal, words: tuple[str, ...], problem: str) -> None:
    code, out, err = custsim(*words)
    assert (code, out) == (2, "")
    assert problem in err


@pytest.mark.parametrize("name", ["sensitivity", "optimise"])
def test_help_teaches_by_example(custsim: Terminal, name: str) -> None:
    code, out, _ = custsim(name, "--help")
    assert code == 0
    assert out.count(f"custsim {name} ") >= 3


# ---- pictures ----------------------------------------------------------------------------------------------------


def test_sobol_bars_are_the_indices_with_the_most_important_on_top() -> None:
    found = sensitivity_of(lambda x, y: 3 * x + y, {"x": (0, 1), "y": (0, 1)}, samples=256)
    ax = cs.plots.sobol(found).axes[0]
    alone, together = ([bar.get_width() for bar in bars] for bars in ax.containers if len(bars) == 2 and
                       hasattr(bars[0], "get_width"))  # fmt: skip
    assert alone[::-1] == pytest.approx(found.table["first"].tolist())
    assert together[::-1] == pytest.approx(found.table["total"].tolist())
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "x"


def test_a_tornado_ends_at_the_results_and_others_are_refused() -> None:
    small = Scenario().scaled(0.02).change({"time.months": 1, "time.warm_up_months": 1}, opening="own")
    over = {"profit.fixed_cost": (0, 5000), "complaints.staff": (1, 2)}
    found = cs.sensitivity(small, over, "tornado", measures="profit", replications=2, executor="serial")
    ax = cs.plots.tornado(found).axes[0]
    row = found.of("profit").loc["profit.fixed_cost"]
    tips = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert any(np.isclose(tip, row["at_high"]) for tip in tips)
    assert any(np.isclose(tip, row["at_low"]) for tip in tips)
    with pytest.raises(InputError, match="is by tornado"):
        cs.plots.sobol(found)
    with pytest.raises(InputError, match="was not measured"):
        cs.plots.tornado(found, "revenue")


def test_morris_bars_are_the_strengths() -> None:
    found = sensitivity_of(lambda x, y: 3 * x - y, {"x": (0, 1), "y": (0, 1)}, "morris")
    bars = cs.plots.morris(found).axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([1.0, 3.0])
    assert bars[0].get_facecolor() != bars[1].get_facecolor()


def test_the_split_of_the_variance_fills_every_bar() -> None:
    small = Scenario().scaled(0.02).change({"time.months": 1, "time.warm_up_months": 1}, opening="own")
    result = cs.uncertain(small, {"profit.fixed_cost": (0, 5000)}, draws=4, replications=2,
                          measures=["profit", "revenue"], executor="serial")  # fmt: skip
    bars = cs.plots.variance_split(result).axes[0].patches
    # the last measure is drawn first; a fixed cost makes none of the variance of revenue
    assert [bar.get_width() for bar in bars[:2]] == pytest.approx([0.0, result.table["share"].iloc[0]], abs=1e-9)
    assert bars[1].get_width() + bars[3].get_width() == pytest.approx(1.0)
