"""``custsim value fit`` and ``custsim value retention``, from files to answers."""

import json

import numpy as np
import pandas as pd
import pytest

from custsim.cli import main
from custsim.value.customers import customer_base, slipping_away
from custsim.value.purchases import MBGNBD, GammaGamma
from custsim.value.retention import ShiftedBetaGeometric

SURVIVAL = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop's log of two years, with a few customers of each kind."""
    model = MBGNBD(r=0.6, alpha=6.0, a=0.9, b=2.0, unit="week")
    drawn = model.simulate(np.linspace(10, 100, 500), seed=3, spend=GammaGamma(p=6.0, q=4.0, v=15.0))
    table = drawn.transactions
    table["date"] = pd.Timestamp("2023-01-02") + pd.to_timedelta((table["time"] * 7).astype(int), unit="D")
    file = tmp_path_factory.mktemp("shop") / "log.csv"
    table["amount"] = table["amount"].round(2)
    table[["customer", "date", "amount"]].to_csv(file, index=False)
    return file


@pytest.fixture
def survival(tmp_path):
    file = tmp_path / "survival.csv"
    pd.DataFrame({"year": range(13), "left": SURVIVAL}).to_csv(file, index=False)
    return file


def run(capsys, *arguments, code=0):
    """Run the command line and return what it printed."""
    try:
        main(["value", *map(str, arguments)])
        found = 0
    except SystemExit as stop:
        found = stop.code or 0
    printed = capsys.readouterr()
    assert found == code, printed.err
    return printed.out if code == 0 else printed.err


def test_fit_tells_what_the_library_computes(shop, capsys):
    answer = json.loads(run(capsys, "fit", shop, "--margin", "30%", "--end", "2024-12-31", "--json"))
    base = customer_base(pd.read_csv(shop), margin=0.3, end="2024-12-31")
    assert answer["model"] == "MBG/NBD"
    assert answer["convergence"]["converged"] is True
    assert answer["totals"]["residual_value"] == pytest.approx(base.customers["residual_value"].sum())
    assert answer["totals"]["expected_customers"] == pytest.approx(base.customers["probability_alive"].sum())
    assert answer["parameters"]["r"]["estimate"] == pytest.approx(base.model.r)
    assert [row["customer"] for row in answer["slipping_away"]] == slipping_away(base, most=10).index.tolist()


def test_fit_reads_well(shop, capsys):
    text = run(capsys, "fit", shop, "--end", "2024-12-31")
    for words in ("MBG/NBD", "because", "probably still customers", "residual value", "slipping away", "usual gap"):
        assert words in text
    assert "rows read" in text


def test_fit_writes_table_and_picture(shop, tmp_path, capsys):
    out, picture = tmp_path / "customers.csv", tmp_path / "map.png"
    run(capsys, "fit", shop, "--model", "bg-nbd", "--out", out, "--picture", picture, "--top", 0)
    table = pd.read_csv(out, index_col="customer")
    assert len(table) == 500
    assert np.all(table["probability_alive"].between(0, 1))
    assert (table["residual_value"] * (1 - table["probability_alive"])).to_numpy() == pytest.approx(table["at_risk"])
    assert picture.stat().st_size > 10_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["customers.csv", "map.png"]


@pytest.mark.parametrize("model", ["pareto-nbd", "bg-bb"])
def test_other_models_and_units(shop, capsys, model):
    answer = json.loads(run(capsys, "fit", shop, "--model", model, "--unit", "month", "--duplicates", "keep", "--json"))
    assert answer["model"].lower().replace("/", "-") == model
    assert answer["unit"] == "month"
    assert answer["inputs"]["horizon"] == 12


def test_a_log_without_amounts_counts_purchases(shop, tmp_path, capsys):
    file = tmp_path / "visits.csv"
    pd.read_csv(shop)[["customer", "date"]].to_csv(file, index=False)
    text = run(capsys, "fit", file)
    assert "no amounts, so no money" in text
    answer = json.loads(run(capsys, "fit", file, "--json"))
    assert answer["spend"] is None
    assert answer["totals"]["mean_spend"] is None


def test_bad_logs_end_with_code_2_and_a_line_for_each_problem(shop, tmp_path, capsys):
    file = tmp_path / "bad.csv"
    file.write_text("customer,date,amount\n1,2024-01-01,5\n1,soon,-2\n2,2024-02-01,x\n", encoding="utf-8")
    lines = run(capsys, "fit", file, code=2).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("custsim: ") for line in lines)
    assert "no customer column" not in "".join(lines)
    assert "after the end of observation" in run(capsys, "fit", shop, "--end", "2023-06-01", code=2)
    assert "cannot be read" in run(capsys, "fit", tmp_path / "none.csv", code=1)


def test_a_table_that_cannot_be_written_leaves_nothing(shop, tmp_path, capsys):
    error = run(capsys, "fit", shop, "--out", tmp_path / "no" / "folder.csv", code=1)
    assert "cannot be written" in error
    assert list(tmp_path.iterdir()) == []


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


def test_retention_columns(survival, tmp_path, capsys):
    assert "is not in the file" in run(capsys, "retention", survival, "--column", "nobody", code=2)
    file = tmp_path / "words.csv"
    file.write_text("year,left\n0,all\n1,some\n", encoding="utf-8")
    assert "no column of customers left" in run(capsys, "retention", file, code=2)
    assert "not made of numbers" in run(capsys, "retention", file, "--column", "left", code=2)


def test_help_of_both(capsys):
    assert "LOG is a CSV file" in run(capsys, "fit", "--help")
    assert "SURVIVAL is a CSV file" in run(capsys, "retention", "--help")
