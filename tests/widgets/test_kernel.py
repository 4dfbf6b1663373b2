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
    yield client
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
    kernel.execute(f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}")
    kernel.execute(CELL)
    opened = heard(kernel, lambda m: m["msg_type"] == "comm_open" and "description" in str(m["content"]["data"]))
    shown = heard(kernel, lambda m: m["msg_type"] in ("execute_result", "display_data"))
    assert "application/vnd.jupyter.widget-view+json" in shown["content"]["data"]
    comm = opened["content"]["comm_id"]

    def send(content):
        body = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        kernel.shell_channel.send(kernel.session.msg("comm_msg", body))

    def reply(number):
        def wanted(message):
            data = message["content"].get("data") if message["msg_type"] == "comm_msg" else None
            return isinstance(data, dict) and data.get("method") == "custom" and data["content"].get("n") == number

        message = heard(kernel, wanted)
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
