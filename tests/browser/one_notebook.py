"""JupyterLab with one notebook, on this machine only, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page, expect

#: settings under which JupyterLab asks nobody for news and updates
QUIET = {"fetchNews": "false", "checkForUpdates": False}


def _server(runtime: Path, process: subprocess.Popen[bytes], log: Path, patience: float = 60.0) -> dict[str, Any]:
    """Wait for the server to write down where it is."""
    until = time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            text = file.read_text(encoding="utf-8")
            if text.endswith("}"):
                found: dict[str, Any] = json.loads(text)
                return found
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def lab(folder: Path, *cells: str, lesson: Path | None = None) -> Iterator[str]:
    """Start JupyterLab on a notebook with these cells, or on a lesson; gives the address that opens it."""
    work, runtime, settings = (folder / name for name in ("work", "runtime", "settings"))
    notes = settings / "@jupyterlab" / "apputils-extension"
    for place in (work, runtime, notes):
        place.mkdir(parents=True)
    (notes / "notification.jupyterlab-settings").write_text(json.dumps(QUIET), encoding="utf-8")
    if lesson is not None:
        notebook = nbformat.read(lesson, as_version=4)
    else:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, work / "one.ipynb")
    log, token = folder / "log.txt", secrets.token_hex(16)
    environment = os.environ | {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_TOKEN": token,
    }
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", f"--ServerApp.root_dir={work}"]
    with log.open("wb") as written:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{_server(runtime, process, log)['port']}"
            yield f"{address}/lab/tree/one.ipynb?token={token}"
        finally:
            process.terminate()
            process.wait(20)


def run_cell(page: Page, cell: int) -> None:
    """Run a cell as soon as the notebook takes keys; a key that comes while it is still being built is lost.

    Before there is a kernel, JupyterLab would ask which one to start.
    """
    expect(page.locator(".jp-Toolbar-kernelName")).to_contain_text("Python")
    prompt = page.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-prompt").nth(cell)
    for _ in range(10):
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(cell).click()
        page.keyboard.press("Shift+Enter")
        try:
            expect(prompt).to_have_text(re.compile(r"\[(\*|\d+)\]"), timeout=5_000)
        except AssertionError:
            continue
        return
    raise AssertionError("the cell does not run")
