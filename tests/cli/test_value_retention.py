"""``custsim value retention``, from a file to an answer."""

import json

import numpy as np
import pandas as pd
import pytest
from one_terminal import value as run
from scipy import integrate

from custsim.value.exponentialgamma import ExponentialGamma
from custsim.value.retention import BetaDiscreteWeibull, Geometric, ShiftedBetaGeometric

SURVIVAL = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]


@pytest.fixture
def survival(tmp_path):
    file = tmp_path / "survival.csv"
    pd.DataFrame({"year": range(13), "left": SURVIVAL}).to_csv(file, index=False)
    return file


def test_retention_tells_what_the_library_computes(survival, capsys):
    answer = json.loads(run(capsys, "retention", survival, "--periods", 7, "--project", 12, "--json"))
    model = ShiftedBetaGeometric.fit(SURVIVAL, periods=7)
    assert answer["column"] == "left"
    assert answer["parameters"]["alpha"]["estimate"] == pytest.approx(model.alpha)
    assert answer["parameters"]["alpha"]["standard_error"] is None
    assert answer["discounted_expected_lifetime"] == pytest.approx(model.discounted_lifetime(0.1))
    assert [row["survival"] for row in answer["projection"]] == pytest.approx(list(model.survival(range(13))))
    assert answer["comparison"]["geometric"]["holdout_error"] > 5


def test_retention_reads_well_and_writes(survival, tmp_path, capsys):
    out, picture = tmp_path / "projection.csv", tmp_path / "survival.svg"
    text = run(capsys, "retention", survival, "--customers", 1000, "--out", out, "--picture", picture)
    assert "shifted beta-geometric" in text
    assert "24 (projected)" in text
    assert pd.read_csv(out)["survival"].is_monotonic_decreasing
    assert picture.read_text(encoding="utf-8").lstrip().startswith("<?xml")


@pytest.mark.parametrize(
    ("name", "kind"), [("sbg", ShiftedBetaGeometric), ("bdw", BetaDiscreteWeibull), ("geometric", Geometric)]
)
def test_values_of_customers_by_age(survival, tmp_path, capsys, name, kind):
    """One who has just paid at age n is worth the discounted payments to come, times the margin."""
    out = tmp_path / "ages.csv"
    line = ("retention", survival, "--model", name, "--margin", 50, "--discount", "12%", "--project", 15, "--out", out)
    answer = json.loads(run(capsys, *line, "--json"))
    model = kind.fit(SURVIVAL)
    assert answer["lifetime_value"] == pytest.approx(50 * model.discounted_lifetime(0.12))
    table = pd.read_csv(out, index_col="age")
    t = np.arange(2000)
    for age in (0, 1, 7, 15):
        later = (model.survival(age + t[1:]) / model.survival(age) / 1.12 ** t[1:]).sum()
        assert table.loc[age, "payments_to_come"] == pytest.approx(later, rel=1e-8)
        assert table.loc[age, "residual_value"] == pytest.approx(50 * later, rel=1e-8)
    assert answer["discounted_expected_residual_lifetime"] == pytest.approx(table.loc[12, "payments_to_come"])
    text = run(capsys, *line)
    assert "value to come" in text
    assert f"{answer['lifetime_value']:,.2f}" in text


def test_a_lifetime_without_end_is_called_that(survival, capsys):
    assert "no end" in run(capsys, "retention", survival, "--discount", 0)
    assert json.loads(run(capsys, "retention", survival, "--discount", 0, "--json"))["lifetime_value"] is None


def test_customers_who_may_leave_at_any_moment(survival, tmp_path, capsys):
    """Paid evenly while they are there: the discounted time to come, by quadrature, times the margin of a period."""
    out, picture = tmp_path / "ages.csv", tmp_path / "survival.svg"
    line = ("retention", survival, "--model", "exponential-gamma", "--customers", 1000, "--margin", 50, "--project", 14,
            "--out", out, "--picture", picture)  # fmt: skip
    answer = json.loads(run(capsys, *line, "--json"))
    model = ExponentialGamma.fit_survival(SURVIVAL, customers=1000)
    assert answer["parameters"]["r"]["estimate"] == pytest.approx(model.r)
    assert answer["parameters"]["r"]["standard_error"] > 0
    assert answer["timing"] == "paid evenly while a customer is there; valued at the age itself"
    table = pd.read_csv(out, index_col="age")
    for age in (0, 5, 14):
        later, _ = integrate.quad(
            lambda s, at: (1 + s / at) ** -model.r * 1.1**-s, 0, np.inf, args=(model.alpha + age,)
        )
        assert table.loc[age, "periods_to_come"] == pytest.approx(later, rel=1e-6)
        assert table.loc[age, "residual_value"] == pytest.approx(50 * later, rel=1e-6)
    assert answer["lifetime_value"] == pytest.approx(table.loc[0, "residual_value"])
    assert answer["discounted_expected_residual_lifetime"] == pytest.approx(table.loc[12, "periods_to_come"])
    assert list(answer["comparison"])[-1] == "exponential-gamma"
    text = run(capsys, *line)
    assert "a new customer stays" in text
    assert f"{answer['lifetime_value']:,.2f}" in text
    assert "pay" not in text.replace("paid evenly", "").replace("pays evenly", "")
    assert "time to come" in run(capsys, *line[:6])


def test_answer_says_when_is_paid(survival, capsys):
    answer = json.loads(run(capsys, "retention", survival, "--json"))
    assert answer["timing"] == "paid at ages 0, 1, 2, ...; valued when the payment at the age has just been made"
    assert "exponential-gamma" not in answer["comparison"]


def _file(folder, **columns):
    file = folder / "cohort.csv"
    pd.DataFrame(columns).to_csv(file, index=False)
    return file


def test_ages_are_read_and_not_taken_for_granted(tmp_path, capsys):
    good = [100, 80, 70, 65]
    plain = run(capsys, "retention", _file(tmp_path, age=[0, 1, 2, 3], left=good))
    assert run(capsys, "retention", _file(tmp_path, age=[2, 0, 3, 1], left=[70, 100, 65, 80])) == plain
    assert run(capsys, "retention", _file(tmp_path, year=[2019, 2020, 2021, 2022], left=good)) == plain
    assert run(capsys, "retention", _file(tmp_path, left=good)) == plain
    assert run(capsys, "retention", _file(tmp_path, n=[0, 1, 2, 3], left=good)) == plain
    assert run(capsys, "retention", _file(tmp_path, k=[3, 2, 1, 0], left=good[::-1]), "--age", "k") == plain
    for ages in ([1, 2, 3, 4], [0, 1, 3, 4], [0, 1, 1, 2], [2019, 2021, 2022, 2023]):
        error = run(capsys, "retention", _file(tmp_path, age=ages, left=good), code=2)
        assert f"age: ages must be 0, 1, 2, ... without a gap, got {ages[0]}, {ages[1]}" in error


def test_other_columns_are_named_and_per_cent_signs_understood(tmp_path, capsys):
    two = _file(tmp_path, age=[0, 1, 2], regular=[100, 63.1, 46.8], best=[100, 86.9, 74.3])
    assert "fitted to column regular (also there: best; choose with --column)" in run(capsys, "retention", two)
    assert json.loads(run(capsys, "retention", two, "--column", "best", "--json"))["other_columns"] == ["regular"]
    signs = _file(tmp_path, age=[0, 1, 2], regular=["100%", "63.1 %", "46.8%"])
    plain = _file(tmp_path, age=[0, 1, 2], regular=[100, 63.1, 46.8])
    assert run(capsys, "retention", signs) == run(capsys, "retention", plain)


def test_decimal_commas(tmp_path, capsys):
    file = tmp_path / "german.csv"
    file.write_text("Jahr;Kunden\n0;100\n1;63,1\n2;46,8\n", encoding="utf-8")
    answer = json.loads(run(capsys, "retention", file, "--decimal", ",", "--json"))
    assert answer["column"] == "Kunden"
    file.write_text("Jahr;Kunden\n0;100 %\n1;63,1 %\n2;46,8%\n", encoding="utf-8")
    shares = json.loads(run(capsys, "retention", file, "--decimal", ",", "--json"))
    assert shares == answer
    file.write_text("Jahr;Kunden\n0;100\n1;63,1\n2;46,8\n", encoding="utf-8")
    error = run(capsys, "retention", file, code=2)
    assert "which is no number (Kunden has '63,1')" in error
    assert "--decimal ','" in error


def test_standard_errors_need_the_number_of_customers_and_that_is_said(survival, capsys):
    assert "No standard errors: say how many the cohort began with (--customers)" in run(capsys, "retention", survival)
    assert "std. error" in run(capsys, "retention", survival, "--customers", 1000)


def test_retention_columns(survival, tmp_path, capsys):
    assert "is not in the file" in run(capsys, "retention", survival, "--column", "nobody", code=2)
    file = tmp_path / "words.csv"
    file.write_text("year,left\n0,all\n1,some\n", encoding="utf-8")
    assert "no column of customers left" in run(capsys, "retention", file, code=2)
    assert "not made of numbers" in run(capsys, "retention", file, "--column", "left", code=2)


def test_help(capsys):
    assert "SURVIVAL is a CSV file" in run(capsys, "retention", "--help")


def test_younger_cohorts_have_empty_cells_and_files_empty_lines(tmp_path, capsys):
    file = tmp_path / "cohorts.csv"
    file.write_text("age,c2020,c2021\n0,1000,1200\n1,800,950\n2,700,\n3,650,\n,,\n", encoding="utf-8")
    young = json.loads(run(capsys, "retention", file, "--column", "c2021", "--model", "geometric", "--json"))
    assert young["inputs"]["last_age_observed"] == 1
    assert young["parameters"]["churn"]["estimate"] == pytest.approx(250 / 1200)
    assert json.loads(run(capsys, "retention", file, "--json"))["inputs"]["last_age_observed"] == 3
    file.write_text("age,left\n0,1000\n1,\n2,700\n", encoding="utf-8")
    assert "not a number at age 1" in run(capsys, "retention", file, code=2)


def test_a_file_without_names_and_slips_of_the_pen_are_refused(survival, tmp_path, capsys):
    file = tmp_path / "bare.csv"
    file.write_text("0,100\n1,80\n2,70\n", encoding="utf-8")
    assert "no names of columns in the first line (0, 100)" in run(capsys, "retention", file, code=2)
    for words, said in (
        (("--discount", 10), "10' is 1,000%: write 10 % as 0.1 or 10%"),
        (("--discount", "nan"), "is no share"),
        (("--margin", "inf"), "is no number"),
    ):
        assert said in run(capsys, "retention", survival, *words, code=2)
