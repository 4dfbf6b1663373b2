"""From logs to frequency, recency, T and monetary value: hand-made logs, CDNOW, and round trips."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custsim.errors import InputError
from custsim.value.logs import clean_log, read_log, recognise_columns
from custsim.value.purchases import BGBB, MBGNBD, GammaGamma
from custsim.value.transactions import CustomerSummary, calibration_holdout, periods_per_year, summarise


@pytest.fixture
def log():
    """Three customers, three months: anna comes often (twice on one day), ben once, cleo comes back late."""
    rows = [
        ("anna", "2024-01-01", 10.0),
        ("ben", "2024-01-15", 50.0),
        ("anna", "2024-01-08", 20.0),
        ("anna", "2024-01-08", 5.0),
        ("cleo", "2024-01-31", 7.0),
        ("anna", "2024-02-05", 15.0),
        ("cleo", "2024-03-31", 9.0),
    ]
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


class Run:
    """Anything with a table of transactions, such as a simulated run: times in months."""

    def __init__(self, transactions):
        self.transactions = transactions


def test_numbers_of_a_log_counted_by_hand(log):
    table = summarise(log, unit="day", end="2024-04-01").table
    assert table["frequency"].to_dict() == {"anna": 2, "ben": 0, "cleo": 1}
    assert table["recency"].to_dict() == {"anna": 35, "ben": 0, "cleo": 60}
    assert table["T"].to_dict() == {"anna": 91, "ben": 77, "cleo": 61}
    assert table["monetary_value"].to_dict() == pytest.approx({"anna": 20.0, "ben": np.nan, "cleo": 9.0}, nan_ok=True)


def test_units_only_rescale(log):
    days = summarise(log, unit="day", end="2024-04-01").table
    lengths = {"hour": 1 / 24, "week": 7, "fortnight": 14, "month": 365.25 / 12, "quarter": 365.25 / 4,
               "half-year": 365.25 / 2, "year": 365.25}  # fmt: skip
    for unit, length in lengths.items():
        other = summarise(log, unit=unit, end="2024-04-01", same_day="merge").table
        assert other["T"].to_numpy() == pytest.approx(days["T"].to_numpy() / length, rel=1e-12)
        assert other["recency"].to_numpy() == pytest.approx(days["recency"].to_numpy() / length, rel=1e-12)
        assert periods_per_year(unit) == pytest.approx(365.25 / length)


def test_equal_numbers_of_days_are_equal_to_the_last_bit():
    """Histories that are equal must group together, whenever they began."""
    starts = pd.date_range("2019-01-01", periods=400, freq="D")
    log = pd.concat(
        [
            pd.DataFrame({"customer": np.arange(400), "date": starts}),
            pd.DataFrame({"customer": np.arange(400), "date": starts + pd.Timedelta(days=26)}),
        ]
    )
    assert len(np.unique(summarise(log, unit="week", end="2021-01-01").recency)) == 1


def test_same_day_rule(log):
    merged = summarise(log, unit="day", end="2024-04-01")
    separate = summarise(log, unit="day", end="2024-04-01", same_day="separate")
    assert merged.record.same_day_merged == 1
    assert separate.record.same_day_merged == 0
    assert (merged.table.loc["anna", "frequency"], separate.table.loc["anna", "frequency"]) == (2, 3)
    # three amounts 20, 5, 15 of which two fall on one day
    assert merged.table.loc["anna", "monetary_value"] == pytest.approx(20)
    assert separate.table.loc["anna", "monetary_value"] == pytest.approx(40 / 3)


def test_first_purchase_rule(log):
    table = summarise(log, unit="day", end="2024-04-01", first_purchase="include").table
    assert table["frequency"].to_dict() == {"anna": 3, "ben": 1, "cleo": 2}
    assert table["monetary_value"].to_dict() == pytest.approx({"anna": 50 / 3, "ben": 50.0, "cleo": 8.0})


def test_end_of_observation_is_the_last_transaction_unless_given_and_is_said(log):
    summary = summarise(log, unit="day")
    assert summary.table["T"].to_dict() == {"anna": 90, "ben": 76, "cleo": 60}
    assert any("observed until the last transaction, 2024-03-31" in line for line in summary.record.lines())


def test_a_day_is_observed_to_its_end():
    log = pd.DataFrame({"customer": [1, 1], "date": pd.to_datetime(["2024-01-01 09:00", "2024-01-10 18:00"])})
    assert summarise(log, unit="day", end="2024-01-10").table.iloc[0].tolist() == [1, 9, 9]
    exact = summarise(log, unit="day", end="2024-01-10", same_day="separate").table.iloc[0]
    assert exact["recency"] == pytest.approx(9 + 9 / 24)
    assert exact["T"] == pytest.approx(9 + 15 / 24, abs=1e-6)


def test_discrete_timing_counts_calendar_periods(log):
    summary = summarise(log, unit="month", end="2024-04-30", timing="discrete")
    # anna: january, then february; cleo: january, then march; four months end in april
    assert summary.table["frequency"].to_dict() == {"anna": 1, "ben": 0, "cleo": 1}
    assert summary.table["recency"].to_dict() == {"anna": 1, "ben": 0, "cleo": 2}
    assert summary.table["T"].to_dict() == {"anna": 3, "ben": 3, "cleo": 3}
    assert any("2 rows fell into a month" in line for line in summary.record.lines())
    weeks = summarise(log, unit="week", end="2024-01-14", timing="discrete", after_end="drop").table
    assert weeks.loc["anna"].tolist()[:3] == [1, 1, 1]  # Mondays the 1st and the 8th
    years = summarise(log, unit="year", end="2025-01-01", timing="discrete").table
    assert years.loc["anna"].tolist()[:3] == [0, 0, 1]


def test_calendar_periods_of_every_unit():
    """Occasions on both sides of a border of the calendar, and end of observation one period later."""
    borders = {
        "hour": ("2024-02-29 12:59", "2024-02-29 13:01", "2024-02-29"),
        "day": ("2024-02-29", "2024-03-01", "2024-03-02"),
        "week": ("2024-03-03", "2024-03-04", "2024-03-11"),  # Sunday, Monday
        "month": ("2024-03-31", "2024-04-01", "2024-05-31"),
        "quarter": ("2024-03-31", "2024-04-01", "2024-09-30"),
        "half-year": ("2024-06-30", "2024-07-01", "2025-06-30"),
        "year": ("2023-12-31", "2024-01-01", "2025-01-01"),
    }
    for unit, (before, after, end) in borders.items():
        log = pd.DataFrame({"customer": [1, 1], "date": pd.to_datetime([before, after], format="mixed")})
        row = summarise(log, unit=unit, end=end, timing="discrete").table.loc[1]
        assert row.tolist() == [1, 1, 11 if unit == "hour" else 2], unit
    fortnight = pd.DataFrame({"customer": [1] * 5, "date": pd.date_range("2024-01-01", periods=5, freq="7D")})
    row = summarise(fortnight, unit="fortnight", end="2024-02-04", timing="discrete").table.loc[1]
    assert row["T"] in (2, 3)  # five weeks lie in three or four fortnights, the first of which is not counted
    assert row["frequency"] == row["recency"] == row["T"]


def test_hours_are_measured_and_not_merged_by_the_day():
    log = pd.DataFrame({"customer": [1, 1], "date": pd.to_datetime(["2024-01-01 09:00", "2024-01-01 18:30"])})
    row = summarise(log, unit="hour", end="2024-01-01").table.loc[1]
    assert row.tolist() == pytest.approx([1, 9.5, 15], abs=1e-6)


def test_periods_of_unknown_length_are_counted():
    log = pd.DataFrame({"donor": ["a", "a", "a", "b"], "campaign": [1, 2, 5, 1]})
    table = summarise(log, customer="donor", date="campaign", unit="period", end=6, timing="discrete")
    assert table.unit == "period"
    assert table.table.loc["a"].tolist() == [2, 4, 5]
    measured = summarise(log, customer="donor", date="campaign", unit="period", end=6.5).table
    assert measured.loc["a"].tolist() == [2, 4, 5.5]
    with pytest.raises(InputError, match="unit: must be one of"):
        periods_per_year("period")


def test_cohort_keeps_those_who_came_in_time(log):
    summary = summarise(log, unit="day", end="2024-04-01", cohort=("2024-01-10", "2024-01-31"))
    assert summary.table.index.tolist() == ["ben", "cleo"]
    assert summary.record.outside_cohort_dropped == 3  # anna's three occasions
    with pytest.raises(InputError, match="nobody first bought"):
        summarise(log, unit="day", cohort=("2025-01-01", "2025-02-01"))


def test_calibration_and_holdout_together_are_the_whole(log):
    split = calibration_holdout(log, calibration_end="2024-02-01", end="2024-04-01", unit="day")
    assert split.calibration.table["frequency"].to_dict() == {"anna": 1, "ben": 0, "cleo": 0}
    assert split.calibration.table["T"].to_dict() == {"anna": 31, "ben": 17, "cleo": 1}
    assert split.holdout["purchases"].to_dict() == {"anna": 1, "ben": 0, "cleo": 1}
    assert split.holdout["amount"].to_dict() == {"anna": 15.0, "ben": 0.0, "cleo": 9.0}
    assert split.periods == 60
    assert split.end_of_calibration == 31


def test_the_last_day_of_calibration_belongs_to_it(log):
    split = calibration_holdout(log, calibration_end="2024-01-15", end="2024-04-01", unit="week")
    assert split.calibration.table.index.tolist() == ["anna", "ben"]  # ben came on that day
    assert split.calibration.table.loc["ben"].tolist()[:3] == [0, 0, 0]
    assert split.periods == pytest.approx(77 / 7)
    assert split.end_of_calibration == pytest.approx(2)


def test_the_first_and_the_last_day_of_a_cohort_belong_to_it(log):
    def names(first, last, **rules):
        return summarise(log, unit="day", end="2024-04-01", cohort=(first, last), **rules).table.index.tolist()

    for rules in ({}, {"same_day": "separate"}):
        assert names("2024-01-15", "2024-01-31", **rules) == ["ben", "cleo"]
    with pytest.raises(InputError, match="nobody first bought"):
        names("2024-01-16", "2024-01-30")


def test_customers_who_came_after_calibration_are_counted(log):
    split = calibration_holdout(log, calibration_end="2024-01-10", end="2024-04-01", unit="day")
    assert split.calibration.table.index.tolist() == ["anna"]
    assert any(line.startswith("2 customers first bought after") for line in split.calibration.record.lines())
    with pytest.raises(InputError, match="before the end of the hold-out"):
        calibration_holdout(log, calibration_end="2024-04-01", end="2024-04-01", unit="day")
    with pytest.raises(InputError, match="nobody bought before"):
        calibration_holdout(log, calibration_end="2023-04-01", end="2024-04-01", unit="day")


def test_objects_with_transactions_are_logs_and_count_months():
    table = pd.DataFrame({"person": [4, 4, 9], "time": [0.5, 12.5, 6.0], "amount": [3.0, 5.0, 8.0]})
    summary = summarise(Run(table), end=24)
    assert summary.unit == "month"
    assert summary.table.loc[4].tolist() == [1, 12.0, 23.5, 5.0]
    years = summarise(Run(table), end=24, unit="year", time_unit="month").table
    assert years.loc[4].tolist() == pytest.approx([1, 1.0, 23.5 / 12, 5.0])


def test_a_run_may_hold_equal_rows_and_a_table_may_not():
    table = pd.DataFrame({"person": [1, 1, 1], "time": [0, 3, 3], "amount": [9.0, 9.0, 9.0]})
    assert summarise(Run(table), end=5).table.loc[1, "frequency"] == 2
    with pytest.raises(InputError, match="repeating an earlier row"):
        summarise(table, end=5, unit="month")
    assert summarise(table, end=5, unit="month", duplicates="merge").table.loc[1, "frequency"] == 1


def test_numeric_times_need_a_unit():
    table = pd.DataFrame({"customer": [1, 1], "time": [0.0, 3.0]})
    with pytest.raises(InputError, match="numbers, not dates"):
        summarise(table)
    assert summarise(table, unit="week", end=10).table.loc[1].tolist() == [1, 3, 10]
    assert summarise(table, customer="customer", date="time", unit="week", time_unit="day", end=14).T[0] == 2
    split = calibration_holdout(table, calibration_end=7, end=14, unit="week", time_unit="day")
    assert (split.calibration.T[0], split.periods) == (1, 1)


def test_cdnow_log_gives_the_published_summary(dataset):
    log = dataset("CDNOW_sample.txt", sep=r"\s+", header=None, names=["master", "customer", "date", "discs", "amount"])
    split = calibration_holdout(
        log, calibration_end="1997-09-30", end="1998-06-30", unit="week", duplicates="keep", nonpositive="keep"
    )
    found = split.calibration
    published = dataset("cdnow_customers_summary_with_transactions.csv")
    assert len(found) == 2357
    assert np.array_equal(found.frequency, published["x"])
    # the published table is rounded to two decimals
    assert np.abs(found.recency - published["t_x"]).max() < 0.0051
    assert np.abs(found.T - published["T"]).max() < 0.0051
    repeat = found.frequency > 0
    assert np.abs(found.monetary_value - published["zbar"])[repeat].max() < 0.0051
    assert np.isnan(found.monetary_value[~repeat]).all()


@pytest.mark.parametrize("kind", ["continuous", "discrete"])
def test_simulated_log_comes_back_as_the_simulated_summary(kind):
    if kind == "continuous":
        model = MBGNBD(r=0.5, alpha=6.0, a=0.9, b=1.6, unit="week")
        drawn = model.simulate(np.linspace(5, 60, 300), seed=4, holdout=20, spend=GammaGamma(p=6.0, q=4.0, v=15.0))
    else:
        drawn = BGBB(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8, unit="year").simulate(
            np.arange(300) % 8 + 1.0, seed=4, holdout=3
        )
    split = calibration_holdout(
        drawn, calibration_end=drawn.end, end=drawn.end + drawn.holdout, unit=drawn.summary.unit, timing=kind
    )
    for name in drawn.summary.table:
        found, expected = split.calibration.table[name].to_numpy(), drawn.summary.table[name].to_numpy()
        assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert split.holdout["purchases"].to_numpy() == pytest.approx(drawn.truth["holdout_purchases"].to_numpy())


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 400), st.floats(0.01, 500)), min_size=1, max_size=60, unique=True
    ),
    wait=st.integers(0, 300),
)
def test_invariants_of_any_log(rows, wait):
    table = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    table["date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(table["day"], unit="D")
    end = table["date"].max() + pd.Timedelta(days=wait)
    summary = summarise(table, date="date", unit="week", end=end)
    x, t_x, T = summary.frequency, summary.recency, summary.T
    assert np.all((x >= 0) & (t_x >= 0) & (t_x <= T + 1e-12))
    assert np.all((x > 0) == (t_x > 0))
    # nothing is lost: occasions are repeats plus one first purchase each, and rows are occasions plus merged rows
    assert x.sum() + len(summary) == summary.record.rows_used
    assert summary.record.rows_used + summary.record.same_day_merged == len(table)
    # and no money either
    included = summarise(table, date="date", unit="week", end=end, first_purchase="include")
    assert (included.frequency * included.monetary_value).sum() == pytest.approx(table["amount"].sum())
    # order of rows does not matter
    shuffled = summarise(table.sample(frac=1, random_state=1), date="date", unit="week", end=end)
    pd.testing.assert_frame_equal(shuffled.table, summary.table)


def test_ready_made_tables_are_checked_with_counts():
    table = pd.DataFrame({"frequency": [1, 0.5, 0, 2], "recency": [5.0, 0.0, 3.0, 9.0], "T": [4.0, 4.0, 4.0, np.nan]})
    with pytest.raises(InputError) as caught:
        CustomerSummary.of(table)
    assert len(caught.value.problems) == 4
    assert all("1 of 4 customers" in problem for problem in caught.value.problems)
    with pytest.raises(InputError, match="lacks T"):
        CustomerSummary.of(table[["frequency", "recency"]])
    with pytest.raises(InputError, match="has none; name the log's amount column"):
        _ = CustomerSummary.of(table.iloc[:1].assign(T=6.0)).monetary_value


def test_columns_are_recognised_or_named():
    assert recognise_columns(["CustomerID", "InvoiceDate", "Sales"]).customer == "CustomerID"
    assert recognise_columns(["id", "date"]).amount is None
    assert recognise_columns(["id", "date", "net"], amount="net").amount == "net"


def test_files_with_other_separators_and_decimal_marks(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("Kunde;date;amount\n1;02.01.2024;9,50\n1;15.01.2024;1,25\n", encoding="utf-8")
    table = read_log(file, decimal=",")
    clean = clean_log(table, customer="Kunde")
    assert clean.amount.tolist() == [9.5, 1.25]
    # 15.01. can only be day first, and that is said
    assert np.diff(clean.time) == 13
    assert any("day first" in line for line in clean.record.lines())


def test_dates_as_whole_numbers_are_dates():
    table = pd.DataFrame({"customer": [1, 1], "date": [19970101, 19970118]})
    assert summarise(table, unit="day", end=19970131).table.iloc[0].tolist() == [1, 17, 30]
