import json

import pytest

from custsim.cli import main


def run(capsys, *words):
    """Run a command line; return its exit code, output and errors."""
    code = 0
    try:
        main(["value", *words])
    except SystemExit as end:
        code = end.code
    told = capsys.readouterr()
    return code, told.out, told.err


BASE = ("clv", "--margin", "100", "--retention", "0.8", "--discount", "0.1")


def test_says_the_lifetime_value_and_what_may_be_spent(capsys):
    code, out, _ = run(capsys, *BASE, "--acquisition-cost", "150", "--conversion", "2%")
    assert code == 0
    for part in ("216.67", "366.67", "7.33", "a prospect, if 2.00% are won", "margin paid in advance"):
        assert part in out


def test_json_holds_the_closed_form(capsys):
    _, out, _ = run(capsys, *BASE, "--json")
    answer = json.loads(out)
    assert answer["lifetime_value"] == pytest.approx(110 / 0.3)
    assert answer["retention_plus_1_percentage_points"]["change"] == pytest.approx(110 / 0.29 - 110 / 0.3)
    assert answer["retention_plus_1_relative_per_cent"]["change"] == pytest.approx(110 / 0.292 - 110 / 0.3)
    assert answer["elasticities"]["retention"] == pytest.approx(0.8 / 0.3)


def test_shares_are_written_either_way(capsys):
    one = run(capsys, *BASE, "--json")
    assert one == run(capsys, "clv", "--margin", "100", "--retention", "80%", "--discount", "10 %", "--json")


@pytest.mark.parametrize(("timing", "expected"), [("start", 110 / 0.3), ("end", 100 / 0.3), ("renewal", 80 / 0.3)])
def test_timing(capsys, timing, expected):
    _, out, _ = run(capsys, *BASE, "--timing", timing, "--json")
    assert json.loads(out)["lifetime_value"] == pytest.approx(expected)


def test_annual_figures_become_months_and_a_point_stays_annual(capsys):
    annual = ("clv", "--margin", "1200", "--retention", "0.8", "--discount", "0.1", "--periods-per-year", "12")
    _, out, _ = run(capsys, *annual, "--json")
    answer = json.loads(out)
    i, r = 1.1 ** (1 / 12) - 1, 0.8 ** (1 / 12)
    value = 100 * (1 + i) / (1 + i - r)
    assert answer["lifetime_value"] == pytest.approx(value)
    better = 100 * (1 + i) / (1 + i - 0.81 ** (1 / 12))
    assert answer["retention_plus_1_percentage_points"]["change"] == pytest.approx(better - value)


def test_a_cost_that_never_comes_back_is_null_and_never(capsys):
    _, out, _ = run(capsys, *BASE, "--acquisition-cost", "900", "--json")
    answer = json.loads(out)
    assert answer["payback_periods"] is None
    assert answer["worth_winning"] is False
    assert "never" in run(capsys, *BASE, "--acquisition-cost", "900")[1]


def test_retention_that_cannot_rise_says_nothing_of_it(capsys):
    _, out, _ = run(capsys, "clv", "--margin", "1", "--retention", "1", "--discount", "0.1", "--json")
    assert json.loads(out)["retention_plus_1_percentage_points"] is None


def test_a_picture_is_written(capsys, tmp_path):
    code, out, _ = run(capsys, *BASE, "--picture", str(tmp_path / "value.png"))
    assert code == 0
    assert (tmp_path / "value.png").read_bytes().startswith(b"\x89PNG")
    assert "value.png" in out


def test_bad_input_ends_with_2_and_a_line_for_each_problem(capsys):
    code, out, err = run(capsys, "clv", "--margin", "1", "--retention", "80", "--discount", "10")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "custsim: retention: must be at least 0 and at most 1, got 80.0; write 80 % as 0.8",
        "custsim: discount: must be at least 0 and at most 1, got 10.0; write 10 % as 0.1",
    ]


def test_a_share_that_is_none_is_refused(capsys):
    code, _, err = run(capsys, "clv", "--margin", "1", "--retention", "much", "--discount", "0.1")
    assert code == 2
    assert "'much' is no share: write 0.8 or 80%" in err


def test_a_picture_that_cannot_be_written_ends_with_1(capsys, tmp_path):
    code, _, err = run(capsys, *BASE, "--picture", str(tmp_path / "nowhere" / "value.png"))
    assert code == 1
    assert err.startswith("custsim: picture")
    assert len(err.splitlines()) == 1


def test_help_lists_the_subcommands_that_are_there(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "clv" in out
