"""``custsim value fit``, from files to answers."""

import json

import numpy as np
import pandas as pd
import pytest
from one_terminal import value as run

from custsim.value.customers import customer_base, slipping_away
from custsim.value.purchases import MBGNBD, GammaGamma, holdout_check
from custsim.value.transactions import calibration_holdout


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


def test_fit_tells_what_the_library_computes(shop, capsys):
    answer = json.loads(run(capsys, "fit", shop, "--margin", "30%", "--end", "2024-12-31", "--json"))
    base = customer_base(pd.read_csv(shop), margin=0.3, end="2024-12-31")
    assert answer["model"] == "MBG/NBD"
    assert answer["convergence"]["converged"] is True
    assert answer["totals"]["residual_value"] == pytest.approx(base.customers["residual_value"].sum())
    assert answer["totals"]["expected_customers"] == pytest.approx(base.customers["probability_alive"].sum())
    assert answer["parameters"]["r"]["estimate"] == pytest.approx(base.model.r)
    assert [row["customer"] for row in answer["slipping_away"]] == slipping_away(base, most=10).index.tolist()


def test_table_of_customers_holds_every_figure_to_its_last_digit(shop, capsys, tmp_path):
    run(capsys, "fit", shop, "--end", "2024-12-31", "--out", tmp_path / "table.csv")
    written = (tmp_path / "table.csv").read_text(encoding="utf-8")
    base = customer_base(pd.read_csv(shop), end="2024-12-31")
    assert written.splitlines() == base.customers.to_csv().splitlines()
    assert ",," in written  # one-time buyers have no monetary value


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


def test_a_tariff_is_no_reason_to_fail_and_spend_may_be_given(shop, tmp_path, capsys):
    file = tmp_path / "tickets.csv"
    pd.read_csv(shop).assign(amount=12.5).to_csv(file, index=False)
    text = run(capsys, "fit", file, "--duplicates", "keep", "--same-day", "separate")
    assert "12.50   the same for all" in text
    line = ("fit", shop, "--spend", 20, "--json")
    answer = json.loads(run(capsys, *line))
    assert answer["spend"]["amount"] == 20
    assert answer["totals"]["residual_value"] == pytest.approx(20 * answer["totals"]["discounted_purchases"])
    assert "custsim: --spend: must be above 0" in run(capsys, "fit", shop, "--spend", 0, code=2)


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


def test_fit_names_what_was_typed(shop, tmp_path, capsys):
    """Problems name options and not the library's arguments, and rows of the data."""
    file = tmp_path / "bad.csv"
    file.write_text("customer,date,amount\n1,2024-01-01,5\n1,2024-02-01,-2\n2,soon,7\n", encoding="utf-8")
    said = run(capsys, "fit", file, code=2)
    assert "(--nonpositive drop)" in said
    assert "(first: data row 2)" in said
    assert "(first: 'soon', data row 3)" in said
    assert "(--date-format %d.%m.%Y)" in said
    assert "='" not in said
    file.write_text("Kunde,Tag\n1,2024-01-01\n", encoding="utf-8")
    assert "name it (--customer NAME)" in run(capsys, "fit", file, code=2)
    file.write_text("customer;date;amount\n1;2024-01-01;2,50\n1;2024-02-01;3,50\n", encoding="utf-8")
    assert "with --decimal ','" in run(capsys, "fit", file, code=2)
    assert "custsim: --margin: must be a share" in run(capsys, "fit", shop, "--margin", 30, code=2)
    assert "custsim: --discount: must be above 0" in run(capsys, "fit", shop, "--discount", 0, code=2)
    assert "custsim: --bootstrap: must be at least 20" in run(capsys, "fit", shop, "--bootstrap", 3, code=2)


def test_fit_reads_files_as_people_keep_them(shop, tmp_path, capsys):
    table = pd.read_csv(shop)
    plain = json.loads(run(capsys, "fit", shop, "--end", "2024-12-31", "--json"))
    table["date"] = pd.to_datetime(table["date"]).dt.strftime("%d.%m.%Y")
    table["amount"] = [f"{amount * 1000:,.2f}".translate(str.maketrans(",.", ".,")) for amount in table["amount"]]
    file = tmp_path / "german.csv"
    table.set_axis(["Kundennr.", "Kaufdatum", "Umsatz"], axis=1).to_csv(file, index=False, sep=";", encoding="cp1252")
    names = ("--customer", "Kundennr.", "--date", "Kaufdatum", "--amount", "Umsatz", "--encoding", "cp1252")
    marks = ("--decimal", ",", "--thousands", ".", "--separator", ";")
    german = json.loads(run(capsys, "fit", file, *names, *marks, "--end", "2024-12-31", "--json"))
    assert german["totals"]["residual_value"] == pytest.approx(1000 * plain["totals"]["residual_value"], rel=1e-6)
    assert any("dates read day first" in line for line in german["log"])


def test_fit_reads_a_saved_runs_transactions(tmp_path, capsys):
    drawn = MBGNBD(r=0.6, alpha=1.5, a=0.9, b=8.0, unit="month").simulate(24.0, customers=300, seed=2)
    drawn.transactions.rename(columns={"customer": "person"}).to_parquet(tmp_path / "transactions.parquet")
    file = tmp_path / "transactions.parquet"
    answer = json.loads(run(capsys, "fit", file, "--time-unit", "month", "--end", 24, "--json"))
    assert (answer["unit"], answer["totals"]["customers"]) == ("month", 300)
    yearly = json.loads(
        run(capsys, "fit", file, "--time-unit", "month", "--unit", "year", "--end", 24, "--same-day", "separate",
            "--json")
    )  # fmt: skip
    # the end is on the scale of the log's times, the answer in years
    assert yearly["inputs"]["horizon"] == 1
    assert yearly["totals"]["expected_purchases"] == pytest.approx(answer["totals"]["expected_purchases"], rel=1e-4)
    assert "what they count (--unit week" in run(capsys, "fit", file, code=2)


def test_fit_checks_itself_on_a_holdout(shop, capsys):
    answer = json.loads(run(capsys, "fit", shop, "--end", "2024-12-31", "--holdout", "2024-03-31", "--json"))
    split = calibration_holdout(pd.read_csv(shop), calibration_end="2024-03-31", end="2024-12-31")
    check = holdout_check(MBGNBD.fit(split.calibration), split)
    assert answer["holdout"]["predicted"] == pytest.approx(check.predicted_total)
    assert answer["holdout"]["actual"] == check.actual_total == split.holdout["purchases"].sum()
    assert answer["holdout"]["by_frequency"]["0"]["customers"] == check.by_frequency.loc["0", "customers"]
    text = run(capsys, "fit", shop, "--end", "2024-12-31", "--holdout", "2024-03-31")
    assert f"{check.predicted_total:,.0f} purchases predicted, {check.actual_total:,.0f} came" in text
    late = run(capsys, "fit", shop, "--end", "2024-12-31", "--holdout", "2024-12-31", code=2)
    assert "custsim: --holdout: must be before the end" in late


def test_fit_puts_intervals_on_its_totals_and_on_each_customer(shop, tmp_path, capsys):
    out = tmp_path / "customers.csv"
    line = ("fit", shop, "--end", "2024-12-31", "--bootstrap", 20, "--seed", 4, "--out", out)
    answer = json.loads(run(capsys, *line, "--json"))
    ends = answer["intervals"]["residual_value"]
    assert ends["low"] < answer["totals"]["residual_value"] < ends["high"]
    assert f"95 % between {ends['low']:,.0f} and {ends['high']:,.0f}" in " ".join(run(capsys, *line).split())
    table = pd.read_csv(out)
    for name in ("probability_alive", "expected_purchases", "expected_spend", "residual_value"):
        assert (table[f"{name}_low"] <= table[f"{name}_high"]).all()


def test_fit_keeps_to_a_cohort(shop, capsys):
    answer = json.loads(run(capsys, "fit", shop, "--cohort", "2023-01-02", "2023-06-30", "--json"))
    first = pd.to_datetime(pd.read_csv(shop).groupby("customer")["date"].min())
    assert answer["totals"]["customers"] == (first <= "2023-06-30").sum()


def test_the_list_counts_the_first_purchase_too(shop, capsys):
    """A row of the list says how often somebody bought, not how often again."""
    base = customer_base(pd.read_csv(shop), end="2024-12-31")
    first = slipping_away(base, most=1)
    bought = (pd.read_csv(shop)["customer"] == first.index[0]).sum()
    row = next(line for line in run(capsys, "fit", shop, "--end", "2024-12-31", "--top", 1).splitlines()
               if line.split()[:1] == [str(first.index[0])])  # fmt: skip
    assert row.split()[1] == str(bought)


def test_a_table_cut_off_in_the_middle_leaves_the_older_one(shop, tmp_path, capsys, monkeypatch):
    out = tmp_path / "customers.csv"
    written = []
    whole = pd.DataFrame.to_csv

    def watched(self, path, **options):
        written.append(path)
        return whole(self, path, **options)

    def half(self, path, **_options):
        path.write_text("half a tab", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", watched)
    run(capsys, "fit", shop, "--out", out)
    assert len(written) == 1
    assert out not in written  # beside its place first, then moved there in one step
    out.write_text("older", encoding="utf-8")
    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    assert "No space left on device" in run(capsys, "fit", shop, "--out", out, code=1)
    assert out.read_text(encoding="utf-8") == "older"
    assert [file.name for file in tmp_path.iterdir()] == ["customers.csv"]


def test_a_picture_of_an_unknown_kind_is_refused_before_the_work(shop, tmp_path, capsys):
    error = run(capsys, "fit", tmp_path / "not-even-there.csv", "--picture", "map.jpg", code=2)
    assert "one of .png, .svg, .pdf, got '.jpg'" in error


def test_help(capsys):
    text = run(capsys, "fit", "--help")
    for words in ("LOG is a CSV file", "[default: refuse]", "--holdout", "--bootstrap", "--cohort FIRST LAST"):
        assert words in text
