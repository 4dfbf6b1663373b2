"""A board in a real kernel: the messages of a browser, sent by hand."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

pytest.importorskip("anywidget")
manager = pytest.importorskip("jupyter_client.manager")

CELL = """
from custsim.widgets import Board
Board("staffing", scenario="neighbourhood_bank", controls=["complaints.staff"], charts=["profit"], scale=0.02, months=4)
"""


@pytest.fixture(scope="module")
def kernel():
    found, client = manager.start_new_kernel(kernel_name="python3", extra_arguments=["--quiet"])
    yield found, client
    client.stop_channels()
    found.shutdown_kernel(now=True)


def heard(client, wanted, seconds=60):
    """Wait for the message on the kernel's broadcast channel for which ``wanted`` holds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        message = client.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
        assert message["msg_type"] != "error", message["content"]
        if wanted(message):
            return message
    raise AssertionError("the kernel did not say it in time")


def test_a_board_in_a_kernel_answers_moves_at_once_and_panels_from_their_thread(kernel):
    _, client = kernel
    client.execute(f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}")
    client.execute(CELL)
    opened = heard(client, lambda m: m["msg_type"] == "comm_open" and "description" in str(m["content"]["data"]))
    shown = heard(client, lambda m: m["msg_type"] in ("execute_result", "display_data"))
    assert "application/vnd.jupyter.widget-view+json" in shown["content"]["data"]
    comm = opened["content"]["comm_id"]

    def send(content):
        body = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        client.shell_channel.send(client.session.msg("comm_msg", body))

    def reply(number):
        def wanted(message):
            data = message["content"].get("data") if message["msg_type"] == "comm_msg" else None
            return isinstance(data, dict) and data.get("method") == "custom" and data["content"].get("n") == number

        message = heard(client, wanted)
        return message["content"]["data"]["content"], message["buffers"]

    send({"do": "move", "n": 1, "setting": {"complaints.staff": 3}})
    view, buffers = reply(1)
    assert (view["is"], view["setting"]) == ("view", {"complaints.staff": 3})
    assert np.frombuffer(buffers[0], "<f4").size == 4
    send({"do": "why", "n": 2})
    assert reply(2)[0]["is"] == "why"
    send({"do": "move", "n": 3, "setting": {"complaints.staff": -3}})
    assert reply(3)[0] == {"is": "problem", "do": "move", "n": 3,
                           "text": "complaints.staff: must be from 0 to 6, got -3"}  # fmt: skip


DEEP = """
import time
from custsim.widgets import Component, Reply

class Deep(Component):
    kind = "deep"

    def describe(self):
        return {"kind": self.kind, "id": self.id, "title": ""}

    def start(self):
        return {}

    def handle(self, state, message):
        print("digs", flush=True)
        while message["do"] == "dig":
            time.sleep(0.01)
        return state, Reply({"is": "dug", "n": message["n"]})

Deep("deep")
"""


def test_an_interrupted_answer_is_told_and_the_next_one_comes(kernel):
    manager, client = kernel
    client.execute(DEEP)
    opened = heard(client, lambda m: m["msg_type"] == "comm_open" and "description" in str(m["content"]["data"]))

    def send(content):
        body = {"comm_id": opened["content"]["comm_id"], "data": {"method": "custom", "content": content}}
        client.shell_channel.send(client.session.msg("comm_msg", body))

    def said(message):
        return message["msg_type"] == "comm_msg" and message["content"]["data"]["method"] == "custom"

    send({"do": "dig", "n": 1})
    heard(client, lambda m: m["msg_type"] == "stream" and "digs" in m["content"]["text"])
    manager.interrupt_kernel()
    told = heard(client, said)["content"]["data"]["content"]
    assert told == {"is": "problem", "do": "dig", "n": 1,
                    "text": "The kernel was interrupted before this was done; do it once more."}  # fmt: skip
    send({"do": "look", "n": 2})
    assert heard(client, said)["content"]["data"]["content"] == {"is": "dug", "n": 2}
