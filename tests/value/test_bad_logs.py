"""Bad logs are refused with counts, all problems at once; nothing is dropped in silence."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from custsim.errors import EnvironmentFailure, InputError
from custsim.value.customers import customer_base
from custsim.value.logs import clean_log, moment, read_log
from custsim.value.purchases import BGBB, BGNBD, GammaGamma, ParetoNBD
from custsim.value.transactions import calibration_holdout, summarise


def _log(**changes):
    table = {"customer": [1, 1, 2, 2], "date": ["2024-01-01", "2024-02-01", "2024-01-05", "2024-03-01"]}
    return pd.DataFrame(table | {"amount": [5.0, 6.0, 7.0, 8.0]} | changes)


def _problems(log, **rules):
    with pytest.raises(InputError) as caught:
        summarise(log, **({"end": "2024-12-31"} | rules))
    return caught.value.problems


def test_a_good_log_passes():
    assert len(summarise(_log(), end="2024-12-31")) == 2


def test_missing_columns_are_named_with_those_there_are():
    problems = _problems(pd.DataFrame({"who": [1], "sum": [2.0]}))
    assert len(problems) == 2
    assert "customer" in problems[0]
    assert "who, sum" in problems[0]
    assert "date" in problems[1]
    assert "'buyer' is not in the log" in _problems(_log(), customer="buyer")[0]


def test_all_problems_are_reported_at_once_with_counts():
    table = _log(
        customer=[1, None, 2, 2],
        date=["2024-01-01", "soon", "2024-01-05", "2025-06-01"],
        amount=[5.0, -6.0, 0.0, "x"],
    )
    problems = _problems(table)
    text = "\n".join(problems)
    assert len(problems) == 5
    assert "1 of 4 rows cannot be read as a date (first: 'soon', row 2)" in text
    assert "1 of 4 rows (first: row 4) not a number" in text
    assert "1 of 4 rows (first: row 2) without a customer" in text
    assert "1 of 4 rows (first: row 4) after the end of observation (2024-12-31)" in text
    assert "2 of 4 rows (first: row 2) of 0 or less (1 negative, 1 zero)" in text


def test_amounts_of_nought_or_less_are_dropped_only_on_request_and_counted():
    table = _log(amount=[5.0, -6.0, 0.0, 8.0])
    kept = summarise(table, end="2024-12-31", nonpositive="drop")
    assert kept.record.nonpositive_dropped == 2
    assert any("2 rows dropped on request: amount of 0 or less" in line for line in kept.record.lines())
    assert kept.frequency.sum() == 0
    assert summarise(table, end="2024-12-31", nonpositive="keep").frequency.sum() == 2


def test_rows_after_the_end_are_dropped_only_on_request_and_counted():
    kept = summarise(_log(), end="2024-02-15", after_end="drop")
    assert kept.record.after_end_dropped == 1
    assert any("1 row dropped on request: after the end" in line for line in kept.record.lines())


def test_duplicates_are_refused_merged_or_kept():
    table = pd.concat([_log(), _log().iloc[[1, 1]]])
    assert "2 of 6 rows (first: row 5) repeating an earlier row" in _problems(table)[0]
    merged = summarise(table, end="2024-12-31", duplicates="merge")
    assert merged.record.duplicates_merged == 2
    assert merged.monetary_value[0] == pytest.approx(6.0)
    kept = summarise(table, end="2024-12-31", duplicates="keep")
    assert kept.record.duplicates_merged == 0
    assert kept.monetary_value[0] == pytest.approx(18.0)


def test_duplicates_that_change_nothing_are_not_refused():
    """Without amounts, two rows of one day are one occasion, entered twice or not."""
    table = pd.concat([_log(), _log().iloc[[1]]]).drop(columns="amount")
    assert summarise(table, end="2024-12-31").record.same_day_merged == 1
    assert "repeating" in _problems(table, same_day="separate")[0]
    assert "repeating" in _problems(table, unit="hour")[0]


def test_duplicates_of_times_that_are_numbers_are_refused():
    """Such times are not merged by the day, so a row entered twice would count as two purchases."""
    table = pd.DataFrame({"customer": [1, 1, 1], "time": [0.0, 3.0, 3.0]})
    assert "1 of 3 rows (first: row 3) repeating" in _problems(table, end=9, unit="month")[0]
    assert summarise(table, end=9, unit="month", duplicates="merge").frequency.tolist() == [1]
    assert summarise(table, end=9, unit="month", same_day="merge").frequency.tolist() == [1]


def test_the_future_is_refused():
    table = _log(date=["2024-01-01", "2024-02-01", "2024-01-05", "2931-03-01"])
    problems = _problems(table, end=None)
    assert "1 of 4 rows (first: row 4) in the future (latest: 2931-03-01)" in problems[0]
    soon = str(np.datetime64("today", "D") + np.timedelta64(3, "D"))
    assert "in the future" in _problems(_log(date=["2024-01-01", "2024-02-01", "2024-01-05", soon]), end=None)[0]


def test_dates_that_can_be_read_two_ways_are_refused():
    table = _log(date=["01/02/2024", "03/02/2024", "01/05/2024", "05/06/2024"])
    assert "day/month or month/day" in _problems(table)[0]
    day_first = summarise(table, end="2024-12-31", unit="day", date_format="%d/%m/%Y")
    month_first = summarise(table, end="2024-12-31", unit="day", date_format="%m/%d/%Y")
    assert day_first.recency[0] == 2
    assert month_first.recency[0] == 60


def test_dates_of_the_wrong_format_are_counted():
    assert "4 of 4 rows cannot be read" in _problems(_log(), date_format="%d.%m.%Y")[0]
    assert "4 of 4 rows cannot be read" in _problems(_log(date=["x", "y", "z", "w"]))[0]
    assert "1 of 4 rows cannot be read" in _problems(_log(date=["2024-01-01", None, "2024-01-05", "2024-03-01"]))[0]


def test_rows_are_counted_and_not_the_different_dates():
    """One good date on three rows outweighs two words on two: the words are what is wrong, and the rows tell where."""
    table = pd.DataFrame({"customer": range(6), "date": ["x", "2024-01-01", "2024-01-01", "2024-01-01", "y", "y"]})
    assert "3 of 6 rows cannot be read as a date (first: 'x', row 1)" in _problems(table)[0]
    figures = table.assign(date=["x", "13/01/2024", "13/01/2024", "13/01/2024", "01/14/2024", "01/15/2024"])
    assert "3 of 6 rows cannot be read as a date (first: 'x', row 1)" in _problems(figures)[0]


def test_times_of_the_wrong_kind():
    assert "without a time" in _problems(_log(date=[0.0, np.nan, 1.0, 2.0]), end=9, unit="week")[0]
    assert "must be a number" in _problems(_log(date=[0.0, 1.0, 1.0, 2.0]), unit="week")[0]
    assert "cannot be read as a date" in _problems(_log(), end="the end")[0]
    assert "cannot be read as a date" in _problems(_log(), end=None, cohort=("never", "2024-01-02"))[0]


def test_empty_logs_and_things_that_are_no_log():
    assert "has no rows" in _problems(_log().iloc[:0])[0]
    assert "must be a table" in _problems([1, 2, 3])[0]
    assert "kept no transactions" in _problems(SimpleNamespace(transactions=None))[0]
    assert "nothing is left" in _problems(_log(amount=[0.0] * 4), nonpositive="drop")[0]


def test_unknown_options_are_refused_all_at_once():
    with pytest.raises(InputError) as caught:
        clean_log(_log(), duplicates="perhaps", nonpositive="never", after_end="soon")
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError, match="timing"):
        summarise(_log(), timing="sometimes")
    with pytest.raises(InputError, match="must be one of hour, day, week"):
        summarise(_log(), unit="lustrum")
    with pytest.raises(InputError, match="'period' is for times that are numbers"):
        summarise(_log(), unit="period", end="2024-12-31")
    with pytest.raises(InputError, match="'period' is for times that are numbers"):
        summarise(_log(date=[0.0, 1.0, 1.0, 2.0]), unit="period", time_unit="month")


@pytest.mark.parametrize("model", [BGNBD, ParetoNBD, BGBB])
def test_one_customer_only_and_nobody_repeats(model):
    rules = {"end": "2024-12-31", "timing": model.timing, "unit": "week"}
    with pytest.raises(InputError, match="1 customer only; differences between customers need at least two"):
        model.fit(summarise(_log().iloc[:2], **rules))
    with pytest.raises(InputError, match="none of 2 customers bought again"):
        model.fit(summarise(_log().iloc[[0, 2]], **rules))
    with pytest.raises(InputError) as caught:
        model.fit(summarise(_log().iloc[:1], **rules))
    assert len(caught.value.problems) == 2


def test_summaries_a_model_cannot_use():
    with pytest.raises(InputError, match="first_purchase='exclude'"):
        BGNBD.fit(summarise(_log(), end="2024-12-31", first_purchase="include"))
    with pytest.raises(InputError, match="timing='continuous'"):
        BGNBD.fit(summarise(_log(), end="2024-12-31", timing="discrete"))
    with pytest.raises(InputError, match="timing='discrete'"):
        BGBB.fit(summarise(_log(), end="2024-12-31"))
    with pytest.raises(InputError, match="do not count opportunities"):
        BGBB.fit(pd.DataFrame({"frequency": [1, 0], "recency": [2.5, 0], "T": [4, 4]}))


def test_spend_that_cannot_be_modelled():
    table = pd.DataFrame({"frequency": [2, 1, 0], "monetary_value": [0.0, 5.0, np.nan]})
    with pytest.raises(InputError, match="1 of 2 customers who bought again have no mean amount above 0"):
        GammaGamma.fit(table)
    with pytest.raises(InputError, match="at least two"):
        GammaGamma.fit(table.iloc[1:])
    with pytest.raises(InputError, match="all amounts are equal"):
        GammaGamma.fit(pd.DataFrame({"frequency": [2, 1], "monetary_value": [5.0, 5.0]}))


def test_files_that_are_no_logs(tmp_path):
    with pytest.raises(EnvironmentFailure, match="cannot be read"):
        read_log(tmp_path / "none.csv")
    for name, content, words in (
        ("empty.csv", b"", "is empty"),
        ("names.csv", b"customer,date\n", "no rows"),
        ("latin.csv", "customer,date\nJosé,2024-01-01\n".encode("latin-1"), "not UTF-8"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3,4\n", "not a table"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=words):
            read_log(tmp_path / name)


def test_nothing_of_a_bad_split_or_base_passes():
    with pytest.raises(InputError, match="calibration_end"):
        calibration_holdout(_log(), calibration_end="tomorrow", end="2024-12-31")
    with pytest.raises(InputError, match="model: must be auto"):
        customer_base(_log(), model="guess")
    with pytest.raises(InputError, match="summarised already"):
        customer_base(summarise(_log(), end="2024-12-31"), unit="day")


def test_an_end_in_the_future_is_refused():
    assert "end: 2931-01-01 is in the future" in _problems(_log(), end="2931-01-01")[0]


@pytest.mark.parametrize(
    ("amounts", "way_out"),
    [
        (["29,33", "5,10", "1,00", "2,00"], "decimal=','"),
        (["2,933.00", "5.10", "1.00", "2.00"], "thousands=','"),
        (["2.933,00", "5,10", "1,00", "2,00"], "decimal=',' and thousands='.'"),
        (["$5", "$6", "$7", "$8"], "without currency signs"),
        (["none", "5", "6", "7"], "mend them, or leave the rows out"),
    ],
)
def test_amounts_that_are_no_numbers_tell_their_way_out(amounts, way_out):
    problems = _problems(_log(amount=amounts))
    assert len(problems) == 1
    assert f"(first: {amounts[0]!r}); " in problems[0]
    assert way_out in problems[0]


@pytest.mark.parametrize(
    ("dates", "gap"),
    [
        (["12/1/2010 8:26", "12/13/2010 17:05"], 12),
        (["01/12/2010 08:26:30", "13/12/2010 17:05:00"], 12),
        (["12/01/2010 8:26 AM", "12/13/2010 5:05 PM"], 12),
        (["01.12.10", "13.12.10"], 12),
        (["1-12-2010", "13-12-2010"], 12),
        (["01 Dec 2010", "13 Dec 2010"], 12),
        (["1-Dec-10", "13-Dec-10"], 12),
        (["1 December 2010", "13 December 2010"], 12),
        (["December 1, 2010", "December 13, 2010"], 12),
        (["2010-12-01T08:26:00Z", "2010-12-13T17:05:00Z"], 12),
    ],
)
def test_dates_as_people_and_programs_write_them(dates, gap):
    table = pd.DataFrame({"customer": [1, 1], "date": dates})
    assert summarise(table, unit="day", end="2010-12-31").table.iloc[0].tolist() == [1, gap, 30]


def test_what_is_often_taken_for_csv_is_called_by_its_name(tmp_path):
    for name, content, words in (
        ("book.csv", b"PK\x03\x04rest", "workbook or another packed file"),
        ("old.xls", b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        ("log.csv.gz", b"\x1f\x8b\x08rest", "is compressed"),
        ("print.csv", b"%PDF-1.7", "is a PDF"),
        ("empty.csv", b"", "is empty"),
        ("letter.txt", b"Dear Sir,\n\nthank you.\nIt was kind, and long, indeed.\n", "line 4 has 3 columns"),
        ("tokyo.csv", "顧客,date\n1,2\n".encode("cp932"), "'cp932' in Japan"),
        ("table.parquet", b"no such thing", "is not a table"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=words) as caught:
            read_log(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="encoding: 'klingon' is not known"):
        read_log(tmp_path / "tokyo.csv", encoding="klingon")
    with pytest.raises(InputError, match="thousands: must differ"):
        read_log(tmp_path / "wide.csv", thousands=".")


def test_files_in_other_encodings_and_parquet_are_read(tmp_path):
    table = pd.DataFrame({"customer": ["José", "Jürgen"], "date": ["2024-01-01"] * 2, "amount": [1.5, 2.5]})
    table.to_csv(tmp_path / "windows.csv", index=False, encoding="cp1252")
    table.to_csv(tmp_path / "wide.csv", index=False, encoding="utf-16", sep="\t")
    table.to_csv(tmp_path / "marked.csv", index=False, encoding="utf-8-sig")
    table.to_parquet(tmp_path / "log.parquet")
    for name, options in (
        ("windows.csv", {"encoding": "cp1252"}),
        ("wide.csv", {"encoding": "utf-16"}),
        ("wide.csv", {}),  # its first two bytes say what it is
        ("marked.csv", {}),
        ("log.parquet", {}),
    ):
        pd.testing.assert_frame_equal(read_log(tmp_path / name, **options), table)


def test_marks_of_thousands_are_taken_from_amounts_and_not_from_dates(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("id;date;amount\n1;02.01.2024;1.209,50\n1;15.02.2024;9,50\n2;03.01.2024;-3\n", encoding="utf-8")
    table = read_log(file, decimal=",", thousands=".")
    assert table["amount"].tolist() == [1209.5, 9.5, -3.0]
    assert table["date"].tolist() == ["02.01.2024", "15.02.2024", "03.01.2024"]
    file.write_text("id;date;amount\n12;02.01.2024;1.209,50\nA3;15.02.2024;9,50\n13;03.01.2024;-3\n", encoding="utf-8")
    assert read_log(file, decimal=",", thousands=".")["id"].tolist() == ["12", "A3", "13"]
    file.write_text(
        "id;date;amount\n1.200;02.01.2024;1.209,50\nA3;15.02.2024;9,50\nB4;03.01.2024;-3\n", encoding="utf-8"
    )
    assert read_log(file, decimal=",", thousands=".")["id"].tolist() == ["1.200", "A3", "B4"]
    file.write_text('id,date,amount\n1,2024-01-02,"1,209.50"\n1,2024-02-15,free\n2,2024-01-03,"2,000"\n')
    mixed = read_log(file, thousands=",")
    assert mixed["amount"].tolist() == [1209.5, "free", 2000.0]
    assert "1 of 3 rows (first: row 2) not a number (first: 'free')" in _problems(mixed)[0]


def test_the_record_says_which_columns_were_taken():
    guessed = summarise(_log(), end="2024-12-31").record.lines()
    assert "columns taken for customer: customer; date: date; amount: amount" in guessed
    named = summarise(_log(), end="2024-12-31", customer="customer", date="date", amount="amount").record.lines()
    assert not any("columns taken" in line for line in named)


def test_a_day_is_that_of_the_clock_on_the_wall():
    """In Japan 8 and 20 o'clock are one day, which in Greenwich are two; so are they in a column with a zone."""
    written = ["2024-01-02T08:00:00+09:00", "2024-01-02 20:00+0900", "2024-01-03T07:59:59.5+09", "2024-02-01T09:30Z"]
    log = pd.DataFrame({"customer": 1, "date": written})
    clean = clean_log(log)
    assert (clean.time - clean.time[0]) * 24 == pytest.approx([0, 12, 24 - 0.5 / 3600, 24 * 30 + 1.5])
    assert np.floor(clean.time[:3] - clean.time[0] // 1).tolist() == [0, 0, 1]
    assert "date: days and times are those of the clock where they were written; zones are left out" in (
        clean.record.assumptions
    )
    stamps = pd.to_datetime(pd.Series(written[:1] * 2)).dt.tz_convert("Asia/Tokyo")
    assert clean_log(pd.DataFrame({"customer": 1, "date": stamps}), duplicates="keep").time[0] == clean.time[0]
    plain = clean_log(pd.DataFrame({"customer": 1, "date": ["2024-01-02", "2024-01-05"]}))
    assert not any("zone" in said for said in plain.record.assumptions)
    assert plain.time[0] == clean.time[0] // 1
    late = moment(pd.Timestamp("2024-12-31 05:00", tz="Asia/Tokyo"), True, "end")
    assert late == moment("2024-12-31", True, "end")


def test_blanks_around_a_customer_make_no_other_customer(tmp_path):
    log = pd.DataFrame({"customer": ["ann", "ann ", " bob"], "date": ["2024-01-02", "2024-02-02", "2024-01-09"]})
    clean = clean_log(log)
    assert clean.labels.tolist() == ["ann", "bob"]
    assert "customer: blanks before or after the name left out in 2 rows" in clean.record.assumptions
    assert log["customer"].tolist() == ["ann", "ann ", " bob"]  # the caller's table stays
    with pytest.raises(InputError, match=r"customer: 1 of 2 rows \(first: row 2\) without a customer"):
        clean_log(pd.DataFrame({"customer": ["ann", "  "], "date": ["2024-01-02", "2024-02-02"]}))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["007", "7", "012"], ["007", "7", "012"]),
        (["12E3", "1E2", "12000"], ["12E3", "1E2", "12000"]),
        (["7", "12", "7"], [7, 12, 7]),
        (["1234567890123456789012", "1", "2"], [1234567890123456789012, 1, 2]),
    ],
)
def test_customers_keep_their_names(tmp_path, written, read):
    """A number read and written again must be what stood there, or tables cannot be put together by it."""
    file = tmp_path / "log.csv"
    file.write_text("Client ID;date\n" + "\n".join(f"{name};2024-01-0{n + 1}" for n, name in enumerate(written)),
                    encoding="utf-8")  # fmt: skip
    assert read_log(file)["Client ID"].tolist() == read
    file.write_text(file.read_text(encoding="utf-8").replace("Client ID", "Kunde"), encoding="utf-8")
    assert read_log(file, customer="Kunde")["Kunde"].tolist() == read


def test_a_file_without_names_of_columns_is_told_so(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("15,2022-01-01,28.36\n16,2022-01-01,3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no customer column recognised .* the first line must hold the names"):
        clean_log(read_log(file))


def test_an_end_that_is_no_number_is_refused():
    with pytest.raises(InputError, match=r"end: .* must be a number, got nan"):
        clean_log(pd.DataFrame({"customer": [1, 2], "date": [1.0, 2.0]}), end=float("nan"))


def test_a_mark_at_the_end_of_each_row_moves_no_column(tmp_path):
    """Some programs write one more separator than there are columns, which parsers take for names of rows."""
    file = tmp_path / "log.csv"
    rows = "".join(f"{who};2024-01-0{who};5;\n" for who in (1, 2))
    file.write_text(f"customer;date;amount\n{rows}", encoding="utf-8")
    found = {"customer": [1, 2], "date": ["2024-01-01", "2024-01-02"], "amount": [5, 5]}
    assert read_log(file).to_dict("list") == found
    file.write_text("customer;date;amount\n007;2024-01-01;5;\n7;2024-01-02;5;\n", encoding="utf-8")
    assert read_log(file)["customer"].tolist() == ["007", "7"]
    # decimal commas between commas: an amount of 5.50 would be read as 50, at a date of 5
    file.write_text("customer,date,amount\n1,2024-01-01,5,50\n2,2024-01-02,6,00\n", encoding="utf-8")
    with pytest.raises(InputError, match="its rows have more columns than its first line has names"):
        read_log(file)


def test_what_is_missing_is_called_nothing():
    assert (
        "amount: 1 of 4 rows (first: row 2) not a number (first: nothing)"
        in _problems(_log(amount=[5.0, np.nan, 7.0, 8.0]))[0]
    )
    assert "not a number (first: inf)" in _problems(_log(amount=[5.0, np.inf, 7.0, 8.0]))[0]
    assert "(first: nothing, row 1)" in _problems(_log(date=[None, "2024-02-01", "2024-01-05", "2024-03-01"]))[0]


def test_customers_of_a_long_file_are_the_same_from_beginning_to_end(tmp_path):
    """A name with a letter near the end, so that a parser that works piece by piece takes 15 for two customers."""
    file = tmp_path / "log.csv"
    rows = "\n".join(f"{n % 1000 + 1},{n}" for n in range(300_000))
    file.write_text(f"customer,time\n{rows}\nA17,300000\n15,300001\n", encoding="utf-8")
    assert clean_log(read_log(file)).record.customers == 1001


def test_two_columns_of_one_name_are_refused():
    two = pd.DataFrame([[1, "2024-01-02", "2024-02-02"]], columns=["customer", "date", "date"])
    assert _problems(two) == ("date: 2 columns are called 'date'; give them names of their own",)
