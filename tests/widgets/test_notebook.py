"""The notebook's widget, through the messages that a browser would send."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("anywidget")

from custsim.errors import EnvironmentFailure
from custsim.scenario import Scenario
from custsim.widgets import Board, Component, Evidence, Number, Reply, Session
from custsim.widgets.notebook import NotebookWidget


class Browser:
    """Stands for the browser's end of the wire."""

    def __init__(self, component, monkeypatch, state=None):
        self.heard: list[tuple[dict[str, Any], list[bytes]]] = []
        self.arrived = threading.Condition()
        self.widget = NotebookWidget(component, state)
        monkeypatch.setattr(self.widget.comm, "publish_msg", self._hear)

    def _hear(self, kind, data=None, metadata=None, buffers=None, **_):
        if kind == "comm_msg" and data["method"] == "custom":
            with self.arrived:
                self.heard.append((json.loads(json.dumps(data["content"], allow_nan=False)), buffers or []))
                self.arrived.notify_all()

    def send(self, content):
        self.widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def answer(self, n):
        """Wait for the reply to message ``n``."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(one.get("n") == n for one, _ in self.heard), timeout=30)
            return next((one, buffers) for one, buffers in self.heard if one.get("n") == n)


@pytest.fixture(scope="module")
def board():
    return Board("staffing", scenario=Scenario(), scale=0.03, months=5, controls=["complaints.staff"],
                 charts=["chain", "profit"])  # fmt: skip


def test_a_move_goes_in_and_numbers_come_back_in_a_buffer(board, monkeypatch):
    browser = Browser(board, monkeypatch)
    browser.send({"do": "move", "n": 1, "setting": {"complaints.staff": 3}})
    message, (buffer,) = browser.answer(1)
    assert (message["is"], message["setting"]) == ("view", {"complaints.staff": 3})
    expected = Session(board).move({"complaints.staff": 3})
    assert np.array_equal(np.frombuffer(buffer, "<f4"), expected.numbers, equal_nan=True)
    browser.send({"do": "undo", "n": 2})
    assert browser.answer(2)[0]["setting"] == {}


def test_what_is_wrong_is_told_and_changes_nothing(board, monkeypatch):
    browser = Browser(board, monkeypatch)
    before = browser.widget.state
    for n, content in enumerate([{"do": "move", "setting": {"complaints.staff": 999}}, {"do": "fly"}, {"do": ["x"]}]):
        browser.send({**content, "n": n})
        message, buffers = browser.answer(n)
        assert message["is"] == "problem"
        assert message["text"]
        assert buffers == []
    browser.send("not even a table")
    assert browser.heard[-1][0]["is"] == "problem"
    assert browser.widget.state == before


class Slow(Component):
    """A component with something that takes long, until it is let go."""

    kind: ClassVar[str] = "slow"
    slow: ClassVar[frozenset[str]] = frozenset({"dig"})

    def __init__(self):
        super().__init__("slow")
        self.go, self.dug = threading.Event(), []

    def describe(self):
        return {"kind": self.kind, "id": self.id, "title": ""}

    def start(self):
        return {"moves": 0}

    def handle(self, state, message):
        if message["do"] == "dig":
            self.dug.append(message["n"])
            assert self.go.wait(30)
            return {"moves": -1}, Reply({"is": "dug", "n": message["n"], "moves": state["moves"]})
        if message["do"] == "break":
            raise EnvironmentFailure("the disk is full")
        if message["do"] == "fail":
            raise ZeroDivisionError("a bug")
        return {"moves": state["moves"] + 1}, Reply({"is": "moved", "n": message["n"]})


def test_what_is_slow_does_not_hold_up_moves_and_only_the_newest_waits(monkeypatch):
    component = Slow()
    browser = Browser(component, monkeypatch)
    browser.send({"do": "dig", "n": 1})
    browser.send({"do": "move", "n": 2})
    assert browser.answer(2)[0]["is"] == "moved"  # while the first still digs
    browser.send({"do": "dig", "n": 3})
    browser.send({"do": "dig", "n": 4})
    assert browser.answer(3)[0] == {"is": "stale", "do": "dig", "n": 3, "text": "a newer one was asked for"}
    component.go.set()
    assert browser.answer(1)[0]["moves"] == 0
    assert browser.answer(4)[0]["moves"] == 1
    assert component.dug == [1, 4]
    assert browser.widget.state == {"moves": 1}  # what is slow never changes the state
    browser.send({"do": "dig", "n": 5})
    assert browser.answer(5)[0]["is"] == "dug"


def test_slow_panels_of_a_board_come_back_by_themselves(board, monkeypatch):
    browser = Browser(board, monkeypatch)
    browser.send({"do": "move", "n": 1, "setting": {"complaints.staff": 0}})
    for n, do in enumerate(("why", "customer", "band"), 2):
        browser.send({"do": do, "n": n})
    assert [browser.answer(n)[0]["is"] for n in (2, 3, 4)] == ["why", "customer", "band"]
    assert len(browser.answer(4)[1][0]) == 4 * 2 * 2 * len(board.series) * board.months


def test_a_failing_machine_and_a_bug_are_told_and_logged(monkeypatch, caplog):
    # import-linter, in another test of this process, switches off all loggers that exist
    monkeypatch.setattr(logging.getLogger("custsim.widgets.notebook"), "disabled", False)
    browser = Browser(Slow(), monkeypatch)
    browser.send({"do": "break", "n": 1})
    assert browser.answer(1)[0]["text"] == "the disk is full"
    with caplog.at_level(logging.ERROR):
        browser.send({"do": "fail", "n": 2})
    assert "mistake in custsim" in browser.answer(2)[0]["text"]
    assert "ZeroDivisionError" in caplog.text


def test_two_screens_of_one_component_are_two_learners(board, monkeypatch):
    one, other = Browser(board, monkeypatch), Browser(board, monkeypatch)
    one.send({"do": "move", "n": 1, "setting": {"complaints.staff": 4}})
    other.send({"do": "look", "n": 1})
    assert other.answer(1)[0]["setting"] == {}


def test_a_widget_goes_on_from_a_state(board, monkeypatch):
    session = Session(board)
    session.move({"complaints.staff": 4})
    browser = Browser(board, monkeypatch, session.state)
    browser.send({"do": "look", "n": 1})
    assert browser.answer(1)[0]["setting"] == {"complaints.staff": 4}


def test_the_widget_carries_description_script_and_style(board):
    widget = NotebookWidget(board)
    state = widget.get_state()
    assert state["description"]["id"] == "staffing"
    assert "export default" in state["_esm"]
    assert "import " not in "".join(line for line in state["_esm"].splitlines() if line.startswith("import "))
    assert ".custsim" in state["_css"]
    for text in (state["_esm"], state["_css"]):
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text


def test_a_kind_of_its_own_brings_its_script(monkeypatch):
    class Own(Slow):
        def browser_source(self):
            return "register('slow', () => ({}));"

        def browser_style(self):
            return ".custsim .own {}"

    widget = NotebookWidget(Own())
    assert "register('slow'" in widget._esm
    assert widget._css.endswith(".custsim .own {}")


@pytest.mark.parametrize(
    "component",
    [
        Number("n", question="?", answer=1.0),
        Evidence("e", claim="c", strength="weak", sources=["A 2000"]),
    ],
)
def test_a_component_shows_itself_as_the_last_expression_of_a_cell(component):
    shown = component._repr_mimebundle_()
    data = shown[0] if isinstance(shown, tuple) else shown
    assert "application/vnd.jupyter.widget-view+json" in data


def test_without_anywidget_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "custsim.widgets.notebook", raising=False)
    shown = Number("n", question="?", answer=1.0)._repr_mimebundle_()
    assert "pip install 'custsim[lessons]'" in shown["text/plain"]


def test_a_thread_ends_when_its_work_is_done(monkeypatch):
    component = Slow()
    component.go.set()
    browser = Browser(component, monkeypatch)
    browser.send({"do": "dig", "n": 1})
    browser.answer(1)
    for _ in range(100):
        if not any(thread.name == "custsim slow dig" for thread in threading.enumerate()):
            return
        time.sleep(0.02)
    pytest.fail("the thread is still there")


def test_where_nothing_draws_it_a_word_says_what_it_is(board):
    pytest.importorskip("IPython")
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(board)
    assert data["text/plain"] == "Board('staffing'): run this in JupyterLab to work with it"
