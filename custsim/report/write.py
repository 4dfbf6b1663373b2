"""``report``: from a store, a results folder or a result to a page and a workbook, both or neither."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from custsim.errors import CustsimError, EnvironmentFailure, InputError
from custsim.experiment.chain import MeasuredChain
from custsim.experiment.compare import Comparison
from custsim.experiment.counterfactual import Counterfactual
from custsim.experiment.kept import kept_experiment
from custsim.experiment.notes import versions
from custsim.experiment.optimise import Optimum
from custsim.experiment.sensitivity import Sensitivity
from custsim.experiment.store import Store
from custsim.experiment.sweep import Sweep
from custsim.experiment.uncertainty import Uncertainty
from custsim.experiment.why import Explanation
from custsim.report import answers, comparison, life, search
from custsim.report.document import Document, Section
from custsim.report.page import page
from custsim.report.workbook import workbook
from custsim.simulation.results import Run
from custsim.simulation.storage import MANIFEST

__all__ = ["Report", "report"]


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes
    ----------
    page, workbook
        The files; ``None`` for what was not asked for.
    document
        What is in it.
    """

    page: Path
    workbook: Path | None
    document: Document

    @property
    def data(self) -> dict[str, Any]:
        """The files and what they hold, as plain data."""
        return {
            "page": str(self.page),
            "workbook": None if self.workbook is None else str(self.workbook),
            "title": self.document.title,
            "experiments": [
                {
                    "kind": section.kind, "title": section.title, "question": section.question,
                    "answer": list(section.answer), "command": section.command, "result": section.data,
                }
                for section in self.document.sections
            ],
        }  # fmt: skip


def report(
    of: Any,
    out: str | os.PathLike[str] | None = None,
    *,
    workbook: bool | str | os.PathLike[str] = True,
    experiments: Sequence[int] | None = None,
    title: str = "",
    question: str = "",
    author: str = "",
) -> Report:
    """Write a report to send: a page with words, pictures, tables and every parameter, and a workbook with the numbers.

    Parameters
    ----------
    of
        A store (the file that ``store=`` or ``--store`` named), the folder of a run, or a result: a
        :class:`~custsim.experiment.Comparison`, :class:`~custsim.experiment.Sweep`,
        :class:`~custsim.experiment.Sensitivity`, :class:`~custsim.experiment.Optimum`,
        :class:`~custsim.experiment.Explanation`, :class:`~custsim.experiment.Counterfactual`,
        :class:`~custsim.experiment.MeasuredChain`, what :func:`custsim.uncertain` returned, a :class:`custsim.Run`, or
        several of them.
    out
        The page, a file that ends in ``.html``; without it ``NAME-report.html`` beside the store or folder, or
        ``report.html`` here.
    workbook
        Whether to write the workbook, beside the page, or its own name, which ends in ``.xlsx``.
    experiments
        Of a store: numbers of the experiments, 1 for the oldest; all without it, the newest first.
    title, question, author
        In your own words, for the head of the page; the question replaces that of the first section.

    Returns
    -------
    Report
        The files, and everything in them.

    Raises
    ------
    InputError
        If there is nothing to report, or what is there is damaged or something else.
    EnvironmentFailure
        If a file cannot be read or written, or jinja2 or openpyxl are not installed. Nothing is left half-written.

    Examples
    --------
    >>> import tempfile, custsim as cs
    >>> small = cs.Scenario().scaled(0.05).change({"time.months": 3}, opening="own")
    >>> found = cs.compare(small, {"complaints.staff": 2}, replications=2, measures="profit", executor="serial")
    >>> made = report(found, Path(tempfile.mkdtemp()) / "two-at-the-desk.html")
    >>> made.page.name, made.workbook.name
    ('two-at-the-desk.html', 'two-at-the-desk.xlsx')
    """
    place = _page_file(of, out)
    sheets = _workbook_file(place, workbook)
    source, sections = _sections(of, experiments)
    if question:
        sections = [_asked(sections[0], question), *sections[1:]]
    document = Document(
        title=title or (sections[0].title if len(sections) == 1 else f"{len(sections)} experiments"),
        sections=tuple(sections),
        made=_day(datetime.now(UTC)),
        source=source,
        author=author,
    )
    contents = {place: page(document).encode("utf-8")}
    if sheets is not None:
        contents[sheets] = _workbook(document)
    _write(contents)
    return Report(place, sheets, document)


_workbook = workbook


def _asked(section: Section, question: str) -> Section:
    from dataclasses import replace

    return replace(section, question=question)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


# --- what is told -----------------------------------------------------------------------------------------------


def _sections(of: Any, experiments: Sequence[int] | None) -> tuple[str, list[Section]]:
    """Name of the source, and its sections."""
    if isinstance(of, str | os.PathLike):
        file = Path(of)
        if file.is_dir():
            if experiments:
                raise InputError(f"{file}: is a folder, and experiments are chosen from a store; leave them out")
            return _of_folder(file)
        return file.name, _of_store(file, experiments)
    results = list(of) if isinstance(of, list | tuple) else [of]
    if experiments:
        raise InputError("experiments: are chosen from a store; leave them out")
    if not results:
        raise InputError("report: there is nothing to report; give a store, a folder or a result")
    return "", [_told(result, _made_now()) for result in results]


def _told(result: Any, facts: Mapping[str, str]) -> Section:
    for kind, tell in _TELLERS.items():
        if isinstance(result, kind):
            section: Section = tell(result, facts)
            return section
    raise InputError(
        f"report: cannot tell a {type(result).__name__}; give a store, the folder of a run, or what compare, sweep, "
        "sensitivity, optimise, why or simulate returned"
    )


#: kind of a result -> what tells it
_TELLERS: dict[type, Callable[[Any, Mapping[str, str]], Section]] = {
    Comparison: comparison.told,
    Sweep: search.sweep,
    Sensitivity: search.sensitivity,
    Optimum: search.optimum,
    Run: life.told,
    Explanation: answers.explanation,
    Counterfactual: answers.counterfactual,
    MeasuredChain: answers.chain,
    Uncertainty: answers.uncertainty,
}


def _made_now() -> dict[str, str]:
    from custsim.experiment.identity import model_version

    return {"Versions": _in_one_line(versions("SALib", "optuna")), "Model": model_version()}


def _in_one_line(known: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in known.items())


def _of_folder(folder: Path) -> tuple[str, list[Section]]:
    if not (folder / MANIFEST).exists():
        raise InputError(f"{folder}: is not the folder of a run: there is no {MANIFEST}; custsim run --out makes one")
    import json

    run = Run.load(folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return folder.name, [life.told(run, {"Versions": _in_one_line(manifest["versions"])})]


def _of_store(file: Path, experiments: Sequence[int] | None) -> list[Section]:
    with Store.read(file) as store:
        entries = {entry["number"]: entry for entry in store.experiments()}
        if not entries:
            kept = len(store)
            raise InputError(
                f"{file}: holds {kept:,} runs, but no experiment that came to its end; ask for it again with the same "
                "store, it goes on from there" if kept else
                f"{file}: holds no experiments; custsim compare, sweep, sensitivity, optimise keep theirs with --store"
            )  # fmt: skip
        wrong = [number for number in experiments or () if number not in entries]
        if wrong:
            raise InputError(
                f"experiments: {file} has none of number {', '.join(map(str, wrong))}; it has {_listed(entries)}"
            )
        chosen = list(experiments) if experiments else sorted(entries, reverse=True)
        return [
            _told(kept_experiment(store, entries[number]), _facts(file, entries[number]))
            for number in dict.fromkeys(chosen)
        ]


def _listed(entries: Mapping[int, Mapping[str, Any]]) -> str:
    return ", ".join(f"{number} ({entry['kind']}, {entry['made'][:10]})" for number, entry in entries.items())


def _facts(file: Path, entry: Mapping[str, Any]) -> dict[str, str]:
    known = entry["finding"].get("versions")
    when = datetime.fromisoformat(entry["made"])
    return {
        "Asked": f"{_day(when)}, {when:%H:%M} UTC; experiment {entry['number']} of {file.name}",
        "Versions": _in_one_line(known) if known else "not noted: the store is of an earlier custsim",
        "Model": str(entry["specification"].get("model", "")),
    }


# --- where it goes ----------------------------------------------------------------------------------------------


def _page_file(of: Any, out: str | os.PathLike[str] | None) -> Path:
    if out is None:
        if isinstance(of, str | os.PathLike):
            source = Path(os.path.abspath(of))
            return source.with_name(f"{source.name if source.is_dir() else source.stem}-report.html")
        return Path("report.html")
    place = Path(out)
    if place.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{place}: a page ends in .html; write {place.with_suffix('.html')}")
    return place


def _workbook_file(place: Path, workbook: bool | str | os.PathLike[str]) -> Path | None:
    if isinstance(workbook, bool):
        return place.with_suffix(".xlsx") if workbook else None
    sheets = Path(workbook)
    if sheets.suffix.lower() != ".xlsx":
        raise InputError(f"{sheets}: a workbook ends in .xlsx; write {sheets.with_suffix('.xlsx')}")
    return sheets


def _write(contents: Mapping[Path, bytes]) -> None:
    """Write all files or none: each aside and to the disk first, then all in their places."""
    aside: dict[Path, Path] = {}
    try:
        for place, content in contents.items():
            with _machine(place):
                if place.is_dir():
                    raise InputError(f"{place}: is a folder; give the name of a file in it")
                if not place.resolve().parent.is_dir():
                    raise InputError(f"{place}: there is no folder {place.parent}; make it first")
                target = place.resolve()
                aside[target] = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}.part")
                with aside[target].open("xb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
        for place, part in aside.items():
            with _machine(place):
                os.replace(part, place)
    finally:
        for part in aside.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


@contextlib.contextmanager
def _machine(place: Path) -> Iterator[None]:
    """Say in one line what the machine refused."""
    try:
        yield
    except CustsimError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise EnvironmentFailure(f"{place}: cannot be written: {reason}") from None
