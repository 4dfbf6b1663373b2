import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from one_terminal import Terminal, value


def run(capsys, *words):
    """Run a command line; return its exit code, output and errors."""
    return Terminal(Path(), capsys)("value", *words)


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


def test_payments_are_written_one_by_one(capsys, tmp_path):
    out = tmp_path / "payments.csv"
    for timing in ("start", "end", "renewal"):
        line = (*BASE, "--acquisition-cost", "150", "--growth", "2%", "--timing", timing, "--out", str(out))
        _, text, _ = run(capsys, *line, "--json")
        table = pd.read_csv(out, index_col="payment")
        value = json.loads(text)["lifetime_value"]
        # 99 % of what is earned, and not before
        assert table["value_so_far"].iloc[-1] + 150 >= 0.99 * (value + 150) > table["value_so_far"].iloc[-2] + 150
        later = 1 if timing == "renewal" else 0
        assert table["still_there"].to_list() == pytest.approx([0.8 ** (k + later) for k in range(len(table))])
        assert table["margin"].to_list() == pytest.approx([100 * 1.02**k for k in range(len(table))])
        wait = 0 if timing == "start" else 1
        expected = [
            margin * still / 1.1 ** (k + wait)
            for k, (margin, still) in enumerate(zip(table["margin"], table["still_there"], strict=True))
        ]
        assert table["discounted_expected_margin"].to_list() == pytest.approx(expected)
        assert (table["discounted_expected_margin"].cumsum() - 150).to_list() == pytest.approx(
            table["value_so_far"].to_list()
        )
    run(capsys, *BASE, "--horizon", "4", "--out", str(out))
    assert len(pd.read_csv(out)) == 4
    assert [file.name for file in tmp_path.iterdir()] == ["payments.csv"]


@pytest.fixture
def segments(tmp_path):
    file = tmp_path / "segments.csv"
    file.write_text(
        "segment,Margin,retention,acquisition cost\nstudents,40,70%,60\nfamilies,120,0.85,150\nfirms,900,92 %,9000\n",
        encoding="utf-8",
    )
    return file


def test_a_file_of_customers_is_valued_row_by_row(capsys, segments, tmp_path):
    out = tmp_path / "values.csv"
    _, text, _ = run(capsys, "clv", str(segments), "--discount", "10%", "--out", str(out), "--json")
    answer = json.loads(text)
    table = pd.read_csv(out, index_col="customer")
    expected = [m * 1.1 / (1.1 - r) - c for m, r, c in ((40, 0.7, 60), (120, 0.85, 150), (900, 0.92, 9000))]
    assert table["lifetime_value"].to_list() == pytest.approx(expected)
    assert table["break_even_acquisition"].to_list() == pytest.approx([e + c for e, c in zip(expected, (60, 150, 9000),
                                                                                             strict=True)])  # fmt: skip
    assert table["worth_of_a_retention_point"].iloc[0] == pytest.approx(40 * 1.1 / 0.39 - 40 * 1.1 / 0.4)
    assert table["payback_payments"].isna().to_list() == [False, False, True]
    assert answer["totals"]["lifetime_value"] == pytest.approx(sum(expected))
    assert answer["totals"]["not_worth_winning"] == 1
    assert [row["customer"] for row in answer["customers"]] == ["students", "families", "firms"]
    _, screen, _ = run(capsys, "clv", str(segments), "--discount", "10%")
    assert "never" in screen
    assert screen.index("families") < screen.index("students")  # the most valuable first


def test_what_a_file_lacks_must_be_said_and_what_is_no_number_is_counted(capsys, segments, tmp_path):
    code, _, err = run(capsys, "clv", str(segments))
    assert code == 2
    assert "--discount: missing (and no column of that name among: segment, Margin" in err
    code, _, err = run(capsys, "clv")
    assert (code, "--margin, --retention, --discount: missing" in err) == (2, True)
    (tmp_path / "bad.csv").write_text("id,margin,retention\n1,ten,0.8\n2,5,much\n3,6,0.9\n", encoding="utf-8")
    code, _, err = run(capsys, "clv", str(tmp_path / "bad.csv"), "--discount", "0.1")
    assert code == 2
    assert "margin: 1 of 3 rows not a number (first: 'ten', data row 1)" in err
    assert "retention: 1 of 3 rows not a number (first: 'much', data row 2)" in err


def test_a_file_of_customers_has_its_picture_and_long_lists_are_cut(capsys, tmp_path):
    file, picture = tmp_path / "many.csv", tmp_path / "lorenz.png"
    pd.DataFrame({"margin": range(1, 41), "retention": 0.8}).to_csv(file, index=False)
    _, out, _ = run(capsys, "clv", str(file), "--discount", "10%", "--picture", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "The first 20 of 40; all with --out." in out


def test_retention_near_1_has_no_further_point(capsys, tmp_path):
    (tmp_path / "few.csv").write_text("margin,retention\n1,0.995\n1,0.99\n", encoding="utf-8")
    _, text, _ = run(capsys, "clv", str(tmp_path / "few.csv"), "--discount", "0.1", "--json")
    points = [row["worth_of_a_retention_point"] for row in json.loads(text)["customers"]]
    assert points == [None, pytest.approx(1.1 / 0.1 - 1.1 / 0.11)]


def test_numbers_are_written_without_marks(capsys):
    code, _, err = run(capsys, "clv", "--margin", "1,000", "--retention", "0.8", "--discount", "0.1")
    assert code == 2
    assert "'1,000' is no number: write 1000" in err


def test_a_formula_is_answered_without_loading_what_it_does_not_need():
    """A slider's worth of arithmetic must not wait for pandas or matplotlib."""
    line = ["value", *BASE]
    code = f"import sys; from custsim.cli import main; main({line}); print(sorted(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    assert "366.67" in said
    assert not {"'pandas'", "'matplotlib'", "'scipy.optimize'"} & set(said.replace(",", " ").split())


def test_help_lists_the_subcommands_that_are_there(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "clv" in out


def test_a_file_in_german_is_read(capsys, tmp_path):
    file = tmp_path / "kunden.csv"
    file.write_text("name;margin;retention\ngold;1.200,50;95,5 %\nlead;20;0,3\n", encoding="utf-8")
    answer = json.loads(value(capsys, "clv", file, "--discount", "10%", "--decimal", ",", "--thousands", ".", "--json"))
    values = [row["lifetime_value"] for row in answer["customers"]]
    assert values == pytest.approx([1200.5 * 1.1 / (1.1 - 0.955), 20 * 1.1 / 0.8])


def test_of_a_file_each_prospect_too_and_what_was_not_used_is_said(capsys, tmp_path):
    file = tmp_path / "customers.csv"
    file.write_text("name,margin,retention,retension,city\na,100,80%,0.9,Bonn\n", encoding="utf-8")
    line = ("clv", file, "--discount", "10%", "--conversion", "5%")
    answer = json.loads(value(capsys, *line, "--json"))
    assert answer["customers"][0]["break_even_per_prospect"] == pytest.approx(0.05 * 110 / 0.3)
    assert answer["columns_not_used"] == ["retension", "city"]
    text = value(capsys, *line)
    assert "on a prospect" in text
    assert "18.33" in text
    assert "Columns not used: retension, city." in text
    assert "Columns" not in value(capsys, "clv", _plain_file(tmp_path), "--discount", "10%")


def test_an_empty_figure_is_called_nothing_and_one_payment_one(capsys, tmp_path):
    file = tmp_path / "customers.csv"
    file.write_text("name,margin,retention\na,100,80%\nb,,0.5\n", encoding="utf-8")
    assert "(first: nothing, data row 2)" in value(capsys, "clv", file, "--discount", "10%", code=2)
    figures = ("clv", "--margin", 100, "--retention", 0.8, "--discount", 0.1, "--horizon")
    assert "; 1 payment\n" in value(capsys, *figures, 1)
    assert "; 2 payments\n" in value(capsys, *figures, 2)


def _plain_file(folder):
    file = folder / "plain.csv"
    file.write_text("margin,retention\n100,80%\n", encoding="utf-8")
    return file
