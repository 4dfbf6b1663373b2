"""Every lesson: its notebook is whole and thin, runs both ways, checks answers as people write them, and has a sheet.

A trainer's sheet has a table with a column "minutes" that adds up to the lesson's minutes, and sections on set-up, what
people get wrong, answers, debrief and how to shorten.
"""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
import pytest
from cells import code_cells, known_values, module_of, notebook, of_kind, shown, spellings, written_as
from nbclient import NotebookClient

from custsim.lessons import catalogue
from custsim.widgets import Board, Choice, Component, Evidence, Guess, Number, Session

LAST_STEPS = ("What the evidence says", "Debrief", "Further reading")
VIEW = "application/vnd.jupyter.widget-view+json"


# ---- the notebook ------------------------------------------------------------------------------------------------


def test_it_is_a_clean_notebook(lesson):
    document = nbformat.read(lesson, as_version=nbformat.NO_CONVERT)
    nbformat.validate(document)
    assert (document.nbformat, document.nbformat_minor) == (4, 5)
    assert document.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in document.cells]
    assert len(set(ids)) == len(ids)
    for cell in document.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_code_is_one_line_calls(lesson):
    first, *others = code_cells(lesson)
    assert first.startswith("from custsim.lessons import ")
    for source in (first, *others):
        assert len(source.strip().splitlines()) <= 2, source
    for source in others:
        assert re.fullmatch(r"lesson\.\w+\(\)", source.strip()), source


def test_who_has_never_seen_a_notebook_is_told_how_to_go_on(lesson):
    """In the first cell of code, which a workshop does not show: there, nothing needs to be run."""
    first = code_cells(lesson)[0]
    assert "Shift+Enter" in first
    assert "model not found" in first  # what JupyterLab says of every cell when it is opened again on another day
    assert not any("Shift+Enter" in cell.text for step in catalogue.read_notebook(lesson).steps for cell in step.cells
                   if cell.kind == "words")  # fmt: skip


def test_no_line_ends_between_a_number_and_its_unit(lesson):
    """Components see to it themselves; Markdown in JupyterLab is shown as it is written."""
    for cell in notebook(lesson)["cells"]:
        if cell["cell_type"] == "markdown":
            parted = re.search(r".{0,20}\d (?:%|[A-Z]{3}\b)", "".join(cell["source"]))
            assert parted is None, f"write a no-break space (U+00A0) before the unit: {parted[0]!r}"


def test_it_opens_with_outcomes_minutes_and_a_situation(lesson):
    read = catalogue.read_notebook(lesson)
    about = notebook(lesson)["metadata"]["custsim"]
    assert 30 <= about["minutes"] <= 90
    assert read.minutes == about["minutes"]
    assert about["title"]
    assert len(read.outcomes) >= 3
    opening = "\n".join(cell.text for cell in read.steps[0].cells if cell.kind == "words")
    assert "### The situation" in opening
    assert len(opening.split("### The situation")[1].split()) > 60, "a situation needs people and a question"


def test_it_goes_through_steps_to_evidence_debrief_and_reading(lesson):
    titles = [step.title for step in catalogue.read_notebook(lesson).steps]
    assert tuple(titles[-3:]) == LAST_STEPS
    assert 3 <= len(titles[1:-3]) <= 6
    assert len(set(titles)) == len(titles)


def test_debrief_asks_and_reading_names_publications(lesson):
    steps = {step.title: "\n".join(cell.text for cell in step.cells) for step in catalogue.read_notebook(lesson).steps}
    assert steps["Debrief"].count("?") >= 3
    entries = [line for line in steps["Further reading"].splitlines() if line.startswith("- ")]
    assert len(entries) >= 3
    for entry in entries:
        assert re.search(r"\((18|19|20)\d\d\)", entry), f"no year: {entry}"


def test_one_predicts_before_one_tries(lesson):
    predicted = False
    boards = 0
    for one in shown(lesson):
        if isinstance(one.component, Guess):
            predicted = True
        if isinstance(one.component, Board):
            boards += 1
            assert predicted or one.component.guess is not None, f"{one.function}: a board without a prediction"
            predicted = False
    assert boards >= 1


def test_what_happened_is_folded_until_one_has_predicted(lesson):
    guesses, told, asked = {one.function for one in shown(lesson) if isinstance(one.component, Guess)}, 0, 0
    for cell in notebook(lesson)["cells"]:
        text = "".join(cell["source"])
        asked = 0 if text.startswith("## ") else asked + (text.removeprefix("lesson.").removesuffix("()") in guesses)
        if "# What happened" not in text:
            assert "jp-MarkdownHeadingCollapsed" not in cell["metadata"]
            continue
        told += 1
        assert text == "### What happened, and why", "the heading stands alone, so that all below it is folded"
        assert cell["metadata"] == {"jp-MarkdownHeadingCollapsed": True}
        assert asked > 0, "nothing was to be predicted in this step"
    assert told > 0


def test_what_is_told_stands_under_what_happened(lesson):
    cells = [cell for step in catalogue.read_notebook(lesson).steps for cell in step.cells]
    assert any(cell.tells for cell in cells)
    calls = {one.function: one.component for one in shown(lesson)}
    for cell in cells:
        component = calls.get(cell.text.removeprefix("lesson.").removesuffix("()"))
        if cell.tells:
            assert not isinstance(component, Guess | Board), f"{cell.text} comes before the outcome is told"


def test_it_has_questions_and_marked_evidence(lesson):
    assert len(of_kind(lesson, Number | Choice)) >= 5
    boxes = [one for one in shown(lesson) if isinstance(one.component, Evidence)]
    assert len(boxes) >= 2
    assert any(one.step == LAST_STEPS[0] for one in boxes)
    titles = [one.component.title for one in boxes]
    assert len({LAST_STEPS[0], *titles}) == len(titles) + 1, "each has a title of its own"


def test_every_component_is_shown_once_under_a_name_of_its_own(lesson):
    module = module_of(lesson)
    functions = [one.function for one in shown(lesson)]
    ids = [one.component.id for one in shown(lesson)]
    assert len(set(functions)) == len(functions)
    assert len(set(ids)) == len(ids)
    assert all(isinstance(one.component, Component) for one in shown(lesson))
    assert set(functions) <= set(module.__all__)


def test_boards_are_small_enough_to_answer_at_once(lesson):
    for board in of_kind(lesson, Board):
        assert board.scenario.market.persons <= 10_000, board.id
        assert board.months <= 120, board.id


# ---- questions ---------------------------------------------------------------------------------------------------


def test_right_answers_are_taken_however_they_are_written(lesson):
    for number in of_kind(lesson, Number):
        for answer in spellings(number):
            verdict = Session(number).answer(answer).message
            assert verdict["right"] is True, f"{number.id}: {answer!r}: {verdict['says']}"
            assert verdict["explain"], f"{number.id}: the right answer is explained"


def test_known_wrong_answers_are_explained_by_what_led_to_them(lesson):
    for number in of_kind(lesson, Number):
        assert number.wrong, f"{number.id}: no wrong answer is explained"
        assert number.hint, f"{number.id}: no hint"
        for known in number.wrong:
            for value in known_values(known):
                verdict = Session(number).answer(written_as(number, value)).message
                assert verdict["right"] is False, f"{number.id}: {value}"
                assert verdict["says"] == known.says, f"{number.id}: {value} is taken for another mistake"


def test_choices_explain_every_option(lesson):
    for choice in of_kind(lesson, Choice):
        right = [at for at, option in enumerate(choice.options) if option.right]
        verdict = Session(choice).choose(*right).message
        assert verdict["right"] is True
        assert verdict["explain"], choice.id
        for at, option in enumerate(choice.options):
            assert option.says, f"{choice.id}: {option.text}"
            if not option.right:
                assert Session(choice).choose(at).message["right"] is False
                assert option.says in Session(choice).choose(at).message["says"]


def test_guesses_can_be_made_and_are_revealed_with_a_reason(lesson):
    for guess in of_kind(lesson, Guess):
        middle = (guess.low + guess.high) / 2.0
        message = {"do": "guess", "value": middle} if guess.form == "number" else {"do": "guess", "curve": [middle] * 2}
        reply = Session(guess).send(message).message
        assert reply["is"] == "revealed"
        assert reply["explain"], guess.id
        if guess.form == "number":
            assert guess.low < guess.outcome < guess.high, f"{guess.id}: nobody could have been right"


def test_boards_move_through_their_whole_range(lesson):
    for board in of_kind(lesson, Board):
        for lever in board.levers:
            ends = (lever.low, lever.high) if lever.kind == "range" else tuple(lever.describe().get("choices", ()))
            for end in ends:
                value = end["value"] if isinstance(end, dict) else int(end) if lever.whole else end
                reply = Session(board).move({lever.path: value})
                assert reply.message["is"] == "view", f"{board.id}: {lever.path} = {value}"
                assert reply.numbers.size == len(board.series) * board.months


# ---- the trainer's sheet -----------------------------------------------------------------------------------------


def test_trainers_plan_adds_up(lesson):
    read = catalogue.read_notebook(lesson)
    sheet = catalogue.sheet_of(read)
    assert sheet is not None, "no trainer's sheet"
    minutes = _minutes(sheet)
    assert len(minutes) >= 5
    assert sum(minutes) == read.minutes
    headings = " ".join(re.findall(r"^#+ (.+)$", sheet, flags=re.MULTILINE)).lower()
    for wanted in ("set-up", "wrong", "answers", "debrief", "shorten"):
        assert wanted in headings, f"no section on {wanted!r}"


def test_trainers_sheet_is_not_shown_to_trainees(lesson):
    assert not [cell for cell in notebook(lesson)["cells"] if "trainer/" in "".join(cell["source"])]


def _minutes(sheet):
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in sheet.splitlines() if "|" in line]
    at = next((row.index("minutes") for row in ([c.lower() for c in r] for r in rows) if "minutes" in row), None)
    assert at is not None, "the plan needs a table with a column 'minutes'"
    return [int(row[at]) for row in rows if len(row) > at and re.fullmatch(r"\d+", row[at])]


# ---- running it --------------------------------------------------------------------------------------------------


def test_it_runs_as_a_notebook(lesson, tmp_path):
    pytest.importorskip("ipykernel")
    document = nbformat.read(lesson, as_version=4)
    NotebookClient(document, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    cells = [cell for cell in document.cells if cell.cell_type == "code"]
    for cell in cells[1:]:
        kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
        assert VIEW in kinds, f"{cell.source} shows nothing"


def test_it_runs_as_a_plain_script(lesson, tmp_path):
    script = tmp_path / f"{lesson.stem}.py"
    script.write_text("\n".join(code_cells(lesson)), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
