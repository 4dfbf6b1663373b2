"""Reports as their reader gets them: the page parsed, the workbook opened again, the lines that do it again run."""

from __future__ import annotations

import base64
import html.parser
import importlib
import itertools
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from scipy import stats

import custsim as cs
from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.store import Store
from custsim.report import report
from custsim.report.document import Column, Table, shown
from custsim.report.workbook import workbook as workbook_of
from custsim.scenario import Scenario, describe

#: elements that a page may load something with
LOADING = {"script", "link", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}
VOID = {"meta", "img", "br", "hr", "link", "input", "wbr"}


class Page(html.parser.HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(text)
        assert self.open == [], "every element that is opened is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def small(**changes: Any) -> Scenario:
    firm = Scenario().scaled(0.015).change({"name": "corner_bank", "title": "The <corner> bank & sons"})
    return firm.change({"time.warm_up_months": 0, "time.months": 6, **changes}, opening="own")


def made(file: Path) -> list[Any]:
    """One experiment of each kind, oldest first."""
    base = small()
    common: dict[str, Any] = {"store": file, "executor": "serial"}
    two = [{"complaints.staff": 2}, {"market.price": 0.9, "loyalty.offer_rate": 0.2}]
    return [
        cs.compare(base, *two, replications=4, **common),
        cs.compare(base, {"complaints.staff": 3}, precision={"profit": 1e6}, pilot=5, measures="profit", **common),
        cs.sweep(base, {"market.price": [0.9, 1.0], "complaints.staff": [1, 2]}, replications=2, **common),
        cs.sensitivity(base, {"profit.fixed_cost": (0, 5000), "complaints.staff": (1, 2)}, "tornado", replications=2,
                       **common),
        cs.optimise(base, "profit", {"market.price": (0.8, 1.2), "complaints.staff": (1, 3)}, trials=4, replications=1,
                    finalists=2, final_replications=3, **common),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], Any]:
    folder = tmp_path_factory.mktemp("report")
    results = made(folder / "bank.db")
    return (
        folder,
        results,
        report(folder / "bank.db", folder / "out.html", author="A. Consultant", title="For the board"),
    )


@pytest.fixture(scope="module")
def page(kept: tuple[Path, list[Any], Any]) -> Page:
    return Page(kept[2].page.read_text(encoding="utf-8"))


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_is_complete_in_itself(page: Page) -> None:
    assert not {tag for tag, _ in page.elements} & LOADING
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "background", "action", "poster"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:image/")), f"<{tag} {name}={value[:60]}>"
        assert not [name for name in attributes if name.startswith("on")], "no script hides in an element"
    text = (page.text + " ".join(" ".join(attributes.values())[:300] for _, attributes in page.elements)).lower()
    assert "http:" not in text
    assert "https:" not in text


def test_pictures_are_whole_and_told_in_words(page: Page) -> None:
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(pictures) >= 9
    for attributes in pictures:
        drawn = base64.b64decode(attributes["src"].partition("base64,")[2], validate=True)
        assert drawn.startswith(b"<?xml")
        assert drawn.rstrip().endswith(b"</svg>")
        assert len(attributes["alt"]) > 40
    assert len({attributes["src"] for attributes in pictures}) == len(pictures)


def test_headings_are_in_order_and_every_link_leads_somewhere(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(names)) == len(names)
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    assert {link[1:] for link in links} <= set(names)
    assert ("html", {"lang": "en"}) in page.elements
    assert all(attributes.get("scope") for tag, attributes in page.elements if tag == "th")


def test_what_a_user_wrote_is_shown_and_not_obeyed(page: Page) -> None:
    assert "The <corner> bank & sons" in page.text
    assert "corner" not in {tag for tag, _ in page.elements}


def test_every_parameter_is_listed_with_value_unit_source_and_whether_it_differs(page: Page) -> None:
    (table,) = [table for table in page.tables if table[0][0] == "Parameter" and table[0][-1] == "Source"]
    listed = {row[0]: row for row in table[1:]}
    rows = describe(small())
    assert set(listed) == {row.path for row in rows}
    for row in rows:
        assert listed[row.path][5] == ("yes" if row.differs else "no")
        assert row.source.split(": ")[-1] in listed[row.path][6]
        if isinstance(row.value, float | int) and not isinstance(row.value, bool):
            assert listed[row.path][2] == shown(row.value)


def test_the_words_have_the_numbers_of_the_result(kept: tuple[Path, list[Any], Any], page: Page) -> None:
    compared, _, swept, found, best = kept[1]
    told = [row for row in compared.table.to_dict("records") if not math.isnan(row["difference"])]
    assert len(told) > 10
    for row in told:
        unit = row["unit"]
        if row["low"] == 0 == row["high"]:
            label = row["label"][0].lower() + row["label"][1:]
            assert re.search(rf"The same in every pair: [^.]*{re.escape(label)}", page.text)
            continue
        assert f"{shown(row['low'], unit, difference=True)} to {shown(row['high'], unit, difference=True)}" in page.text
        assert shown(row["difference"], unit, difference=True) in page.text
    for investment in compared.investments.values():
        assert f"net present value {shown(investment.net_present_value.difference, difference=True)}" in page.text
    means = swept.means["profit"]
    assert f"best for the firm at {shown(float(means.max()), 'EUR/month', with_unit=True)}" in page.text
    assert f"least good at {shown(float(means.min()), 'EUR/month', with_unit=True)}" in page.text
    strongest = found.of("profit").iloc[0]
    assert f"Profit: most depends on {strongest.name} " in page.text
    assert shown(float(strongest["effect"]), "EUR/month", difference=True, with_unit=True) in page.text
    retest = best.retest
    assert (
        f"differs by {shown(retest.difference, difference=True)} EUR per month (95 % interval "
        f"{shown(retest.low, difference=True)} to {shown(retest.high, difference=True)})"
    ) in page.text or not best.values


def test_newest_first_and_one_can_be_chosen(kept: tuple[Path, list[Any], Any], tmp_path: Path) -> None:
    folder, results, written = kept
    kinds = [section.kind for section in written.document.sections]
    assert kinds == ["optimum", "sensitivity", "sweep", "comparison", "comparison"]
    chosen = report(folder / "bank.db", tmp_path / "one.html", experiments=[3])
    assert [section.kind for section in chosen.document.sections] == ["sweep"]
    assert chosen.document.sections[0].data["points"] == results[2].data["points"]
    with pytest.raises(InputError, match=r"none of number 9; it has 1 \(compare"):
        report(folder / "bank.db", tmp_path / "two.html", experiments=[9])


def test_an_undecided_difference_is_not_told_as_one() -> None:
    base = small()
    compared = cs.compare(base, {"market.price": 0.9}, replications=3, measures="lifetime_value", executor="serial")
    row = compared.table.iloc[0]
    assert row["low"] < 0 < row["high"]
    from custsim.report.comparison import told

    answer = told(compared, {}).answer[0]
    assert "it is not decided whether" in answer
    assert "holds 0" in answer
    assert "rises" not in answer


def test_what_no_pair_changes_is_told_as_known_and_what_has_no_value_as_not_measured() -> None:
    from custsim.report.comparison import told

    asked = {"measures": ["profit", "satisfaction", "retention"], "replications": 2, "executor": "serial"}
    section = told(cs.compare(small(), {}, {"name": "twin"}, **asked), {})
    assert section.answer[0] == "None of the 2 alternatives changes profit in any pair."
    assert section.answer[1].endswith("profit is the same as the base's in each of the 2 pairs.")
    (_, said), _ = section.more
    assert said[0] == (
        "The same in every pair: cumulative satisfaction. Nothing to measure: retention over twelve months."
    )
    everything = " ".join([*section.answer, *said])
    assert "not decided" not in everything.lower()
    assert "50.0 %" not in everything
    results = next(table for table in section.tables if table.name == "Results")
    at = [column.name for column in results.columns].index("For the firm")
    assert [row[at] for row in results.rows] == 2 * ["the same", "the same", "nothing to measure"]


def test_a_sweep_tells_how_far_best_and_least_good_are_apart_and_whether_that_is_decided() -> None:
    from custsim.report.search import sweep as told

    def answered(over: dict[str, Any], measure: str, replications: int = 3) -> Any:
        done = cs.sweep(small(), over, measures=measure, replications=replications, executor="serial")
        return done, told(done, {}).answer[0]

    # staff costs the same in all luck
    done, said = answered({"complaints.staff": [1, 2]}, "complaint_desk")
    apart = shown(float(np.ptp(done.means["complaint_desk"])), "EUR/month", difference=True)
    assert said.endswith(f"Between the two lie {apart.replace('+', '−')} EUR per month (95 % interval "
                         f"{apart.replace('+', '−')} to {apart.replace('+', '−')}).")  # fmt: skip
    done, said = answered({"market.price": [0.9, 1.0]}, "lifetime_value")
    first, second = done.evaluation.values("lifetime_value")
    assert stats.ttest_rel(first, second).pvalue > 0.05
    assert "holds 0, so it is not decided which is better" in said
    # Student's quantile of 97.5 % with 2 degrees of freedom, from a table
    assert "4.3 of them either way are a 95 % interval, with 3 replications." in told(done, {}).answer[1]
    _, said = answered({"complaints.staff": [1, 2]}, "lifetime_value")
    assert said.endswith("It is the same at both, in every replication.")
    done, said = answered({"complaints.staff": [2]}, "profit", 1)
    assert "least good" not in said
    assert said.endswith("no other setting has a result to hold against it.")
    assert done.summary().startswith("The <corner> bank & sons: 1 point (grid), 1 replication in the same luck")
    assert "best of many" not in done.summary()
    section = told(done, {})
    assert section.question.startswith("How does profit depend on complaints.staff")
    assert any(sentence.startswith("1 setting: ") for sentence in section.assumed)


def test_a_certain_confidence_is_not_rounded_to_certainty() -> None:
    assert shown(0.99999, "confidence") == "> 99.9 %"
    assert shown(0.00001, "confidence") == "< 0.1 %"


# --- doing it again ---------------------------------------------------------------------------------------------


def test_the_python_lines_give_the_same_results(kept: tuple[Path, list[Any], Any]) -> None:
    for section, result in zip(kept[2].document.sections, reversed(kept[1]), strict=True):
        namespace: dict[str, Any] = {}
        exec(section.python, namespace)
        assert namespace["found"].summary() == result.summary(), section.python


def test_the_commands_give_the_same_results(
    kept: tuple[Path, list[Any], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import shlex

    from custsim.cli import main

    monkeypatch.chdir(tmp_path)
    changing = ("computed", "from_store", "seconds", "pilot", "wanted", "base")
    for section, result in zip(kept[2].document.sections, reversed(kept[1]), strict=True):
        for name, text in section.files.items():
            Path(name).write_text(text, encoding="utf-8")
        words = shlex.split(section.command.replace("\\\n", " "))
        assert words[0] == "custsim"
        if "--precision" in words:
            continue  # the pilot of the command line is 30 runs
        with pytest.raises(SystemExit) as ended:
            main([*words[1:], "--json"])
        told = capsys.readouterr().out
        assert not ended.value.code, section.command
        again = {name: value for name, value in json.loads(told).items() if name not in changing}
        before = json.loads(json.dumps({name: value for name, value in result.data.items() if name not in changing}))
        assert again == before, section.command


def test_firms_that_were_changed_in_month_0_can_be_done_again_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a firm was before month 0 is in its file, so that the command makes the same firm, and the same numbers."""
    import shlex

    from custsim.cli import main

    monkeypatch.chdir(tmp_path)
    base = small().change({"complaints.staff": 2, "internal_service.training.spend": 150.0})
    asked: dict[str, Any] = {"measures": ["profit", "customer_equity"], "replications": 2, "executor": "serial"}
    always = base.change({"market.price": 0.9}, opening="own")
    results = [
        cs.compare(base, {"market.price": 0.9}, names=["Müller, \"Söhne\" & Co"], **asked),
        cs.compare(base, base.change({"name": "twin"}), always, base.opening, names=["a", "b = c", "before, 1"],
                   **asked),
        cs.sweep(base, {"complaints.staff": [1, 2]}, **asked),
    ]  # fmt: skip
    for result in results:
        section = report(result, tmp_path / "again.html", workbook=False).document.sections[0]
        for name, text in section.files.items():
            Path(name).write_text(text, encoding="utf-8")
        words = shlex.split(section.command.replace("\\\n", " "))
        with pytest.raises(SystemExit) as ended:
            main([*words[1:], "--json"])
        told = capsys.readouterr().out
        assert not ended.value.code, section.command
        again = json.loads(told)
        for kind in ("alternatives", "points"):
            assert again.get(kind) == json.loads(json.dumps(result.data)).get(kind), section.command


def test_a_plan_of_interventions_is_told_as_a_plan() -> None:
    from custsim.report.parameters import in_words

    plan = [
        {"name": "more hands", "month": 2, "change": {"complaints.staff": 3}},
        {"name": "sale", "month": 3, "until": 4, "change": {"market.price": 0.9}},
    ]
    planned = small().change({"interventions": plan})
    told = "more hands (in month 2: complaints.staff = 3) and sale (from month 3 until 4: market.price = 0.9)"
    assert in_words(small(), planned) == f"planned interventions from none to {told}"
    assert in_words(planned, small()) == f"planned interventions from {told} to none"
    assert in_words(planned, planned.change({"complaints.staff": 5})).startswith("complaints.staff from")


def test_what_alternatives_open_in_is_told_as_it_is() -> None:
    from custsim.report.parameters import assumed_in

    base = small()
    same, own = base.change({"complaints.staff": 2}), base.change({"complaints.staff": 2}, opening="own")
    twin = base.change({"name": "twin"}, opening="own")

    def said(*others: Scenario) -> str:
        return next(sentence for sentence in assumed_in(base, others) if "lternatives" in sentence)

    assert said(same, twin, base).startswith("Alternatives are the same firm with the same customers")
    assert said(own).startswith("Alternatives are firms that had always been so")
    assert said(own, same).startswith("Some alternatives are the same firm")
    assert said(same.change({"market.price": 0.9})).startswith("Alternatives are the same firm")


# --- the workbook -----------------------------------------------------------------------------------------------


def test_the_workbook_has_real_numbers_and_units_in_headings(kept: tuple[Path, list[Any], Any]) -> None:
    book = openpyxl.load_workbook(kept[2].workbook)
    assert book.sheetnames[0] == "Contents"
    listed = [row[0].value for row in book["Contents"].iter_rows() if row[0].hyperlink]
    assert listed == book.sheetnames[1:]
    compared = kept[1][0]
    sheet = book["5 Results"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[:4] == ["Alternative", "Measure", "Unit", "Base [see Unit]"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for row, known in zip(rows, compared.table.to_dict("records"), strict=True):
        assert row[0] == known["scenario"]
        if math.isnan(known["difference"]):
            assert row[5] is None, "nothing to measure is an empty cell"
            continue
        assert row[5] == pytest.approx(known["difference"], rel=1e-12)
        assert isinstance(row[3], int | float)
    over = book["5 Over time"]
    assert "Profit, difference [EUR per month]" in [cell.value for cell in over[1]]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2", sheet.title
        assert all(sheet.column_dimensions[cell.column_letter].width >= 10 for cell in sheet[1])


def test_small_parameters_are_not_rounded_away(kept: tuple[Path, list[Any], Any]) -> None:
    book = openpyxl.load_workbook(kept[2].workbook)
    sheet = book["1 Parameters"]
    for row in sheet.iter_rows(min_row=2):
        if isinstance(row[2].value, float) and not row[2].value.is_integer():
            assert row[2].number_format == "General"


def test_no_number_is_text_and_no_cell_is_an_error(kept: tuple[Path, list[Any], Any]) -> None:
    book = openpyxl.load_workbook(kept[2].workbook)
    number = re.compile(r"[+−-]?[\d,]*\.?\d+( %)?")
    for sheet in book.worksheets:
        if sheet.title.endswith("About"):
            continue
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                assert cell.data_type != "e"
                assert cell.data_type != "f"
                if isinstance(cell.value, str):
                    assert not number.fullmatch(cell.value), f"{sheet.title}!{cell.coordinate}: {cell.value!r}"


def test_text_is_never_a_formula_and_names_of_sheets_are_such_as_excel_takes() -> None:
    from custsim.report.document import Document, Section

    bad = Table("a/very:long*name?" * 4, "=1+1", (Column("=cmd()"), Column("b", "EUR")), [("=2+2\x07", math.nan)])
    twin = Table(bad.name, "twin", bad.columns, [("@x", math.inf)])
    section = Section("sweep", "=title", "q", ("a",), None, tables=(bad, twin))
    import io

    book = openpyxl.load_workbook(io.BytesIO(workbook_of(Document("=t", (section, section), "today"))))
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in book.sheetnames)
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    sheet = book[book.sheetnames[1]]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["B2"].value) == ("=2+2", "s", None)
    assert book[book.sheetnames[2]]["B2"].value == "infinite"


# --- other sources ----------------------------------------------------------------------------------------------


def test_a_run_is_told_from_its_folder(tmp_path: Path) -> None:
    run = cs.simulate(small(**{"time.months": 14}), seed=3)
    run.save(tmp_path / "this-run")
    before = sorted(os.listdir(tmp_path / "this-run"))
    written = report(tmp_path / "this-run")
    assert written.page == tmp_path / "this-run-report.html"
    assert sorted(os.listdir(tmp_path / "this-run")) == before, "a run's folder holds a run and nothing else"
    page = Page(written.page.read_text(encoding="utf-8"))
    profit = float(run.monthly["profit"].sum())
    assert f"{'earns' if profit >= 0 else 'loses'} {shown(abs(profit))} EUR" in page.text
    assert "It is one run in one luck" in page.text
    assert "seed 3" in page.text
    book = openpyxl.load_workbook(written.workbook)
    months = book["Months"]
    column = next(cell.column for cell in months[1] if cell.value == "Profit [EUR]")
    profits = [row[column - 1].value for row in months.iter_rows(min_row=2)]
    assert profits == pytest.approx(run.monthly["profit"].tolist(), rel=1e-12)
    assert book["Customers"].max_row == len(run.customers) + 1
    namespace: dict[str, Any] = {}
    exec(written.document.sections[0].python, namespace)
    assert namespace["run"] == run


def test_results_are_told_without_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compared = cs.compare(small(), {"complaints.staff": 2}, replications=2, measures="profit", executor="serial")
    written = cs.report([compared, cs.simulate(small(), seed=1)], workbook=False, question="Do we need <two>?")
    assert os.listdir(tmp_path) == ["report.html"]
    assert written.workbook is None
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "Do we need <two>?" in text
    with pytest.raises(InputError, match="cannot tell a dict"):
        cs.report({})


def test_cs_report_is_called_whatever_was_imported_first() -> None:
    for line in ("", "import custsim.report.page;"):
        code = f"import custsim; {line} import custsim.report; print(callable(custsim.report), custsim.report.__name__)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["True", "custsim.report"]


def test_measures_of_the_users_own_and_failed_runs_are_told(tmp_path: Path) -> None:
    def busiest(run: Any) -> float:
        return float(run.monthly["visits"].max())

    base = small()
    cs.sweep(
        base, {"complaints.staff": [1, -1]}, measures=["profit", busiest], store=tmp_path / "s.db", executor="serial"
    )
    text = Page(report(tmp_path / "s.db").page.read_text(encoding="utf-8")).text
    assert "busiest" in text
    assert "1 runs failed" in text
    assert "must be at least 0" in text


# --- what goes wrong --------------------------------------------------------------------------------------------


def _one_line(refused: Any) -> str:
    assert len(refused.value.problems) == 1
    assert "\n" not in refused.value.problems[0]
    return str(refused.value)


def test_an_empty_store_and_one_without_an_experiment_are_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "empty.db").close()
    with pytest.raises(InputError, match="holds no experiments") as refused:
        report(tmp_path / "empty.db")
    _one_line(refused)
    cs.evaluate([small()], "profit", store=tmp_path / "runs.db", executor="serial")
    with pytest.raises(InputError, match="holds 1 runs, but no experiment that came to its end"):
        report(tmp_path / "runs.db")
    (tmp_path / "nothing.db").touch()
    with pytest.raises(InputError, match="is empty"):
        report(tmp_path / "nothing.db")
    assert sorted(os.listdir(tmp_path)) == ["empty.db", "nothing.db", "runs.db"]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n" * 50, b"SQLite format 3\0" + bytes(range(256)) * 40])
def test_a_damaged_or_foreign_file_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        report(file)
    assert str(file) in _one_line(refused)
    assert file.read_bytes() == content
    assert os.listdir(tmp_path) == ["s.db"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = cs.compare(small(), {"complaints.staff": 2}, replications=2, measures="profit", executor="serial")
    (tmp_path / "old.html").write_text("the older report")
    (tmp_path / "old.xlsx").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        report(compared, tmp_path / "old.html")
    assert (tmp_path / "old.html").read_text() == "the older report"
    with pytest.raises(InputError, match="there is no folder"):
        report(compared, tmp_path / "nowhere" / "a.html")
    with pytest.raises(InputError, match=r"write a\.html"):
        report(compared, "a.pdf")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFailure, match="No space left on device"):
        report(compared, tmp_path / "old.html", workbook=False)
    assert (tmp_path / "old.html").read_text() == "the older report"
    assert sorted(os.listdir(tmp_path)) == ["old.html", "old.xlsx"], "nothing half-written stays"


@pytest.mark.parametrize("package", ["jinja2", "openpyxl"])
def test_a_missing_package_is_named_with_the_way_out(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest)

    compared = cs.compare(small(), {"complaints.staff": 2}, replications=2, measures="profit", executor="serial")
    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(EnvironmentFailure, match=rf"{package}.*custsim\[reports\]"):
        report(compared, tmp_path / "a.html")
    assert os.listdir(tmp_path) == []


def test_explanations_values_chains_and_uncertainty_are_told_too(tmp_path: Path) -> None:
    from custsim.experiment import internal_service_point, lost_customer_cost, measure_chain, word_of_mouth_worth

    base = small(**{"complaints.failure_rate": 0.1})
    results: list[Any] = [
        cs.why(base, base.change({"complaints.staff": 2, "employees.pay": 1.1}), replications=3, progress=False),
        word_of_mouth_worth(base, ["profit"], replications=3, progress=False),
        internal_service_point(base, replications=3, progress=False),
        lost_customer_cost(base, month=2, persons=3, replications=2),
        measure_chain(base, levers=["employees.pay"], replications=3, progress=False),
        cs.uncertain(
            base, {"profit.monthly_revenue": (50, 70)}, draws=4, replications=2, measures="profit", progress=False
        ),
    ]
    written = report(results, tmp_path / "all.html")
    page = Page(written.page.read_text(encoding="utf-8"))
    assert [section.kind for section in written.document.sections] == [
        "explanation", "counterfactual", "counterfactual", "counterfactual", "chain", "uncertainty",
    ]  # fmt: skip
    told, worth = results[0], results[1]
    for row in told.table.to_dict("records"):
        assert shown(row["contribution"], difference=True) in page.text
    for row in worth.table.to_dict("records"):
        assert shown(row["value"], difference=True) in page.text
    assert not re.findall(r"currency(?:/| per| a )\S*", page.text), "money has the name it has in the scenario"
    for section, result in ((written.document.sections[0], told), (written.document.sections[4], results[4])):
        namespace: dict[str, Any] = {}
        exec(section.python, namespace)
        assert namespace["found"].summary() == result.summary()
    book = openpyxl.load_workbook(written.workbook)
    values = [[cell.value for cell in row] for row in book["2 Values"].iter_rows(min_row=2)]
    assert [row[3] for row in values] == pytest.approx(worth.table["value"].tolist(), rel=1e-12)
