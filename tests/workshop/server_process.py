"""``custsim workshop`` in a process of its own, started and ended the way a trainer does it, or a power cut."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Terminal:
    """A terminal in which a workshop runs; reads the addresses and the join word off what it prints."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "custsim", "workshop", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONUTF8": "1"},
        )
        self.said = ""
        self.ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line
            if "Ctrl-C ends" in line:
                self.ready.set()
        self.ready.set()

    def wait_until_ready(self) -> Terminal:
        assert self.ready.wait(180), self.said
        assert self._process.poll() is None, self.said
        return self

    def _found(self, pattern: str) -> str:
        match = re.search(pattern, self.said)
        assert match, self.said
        return match[1].strip()

    @property
    def address(self) -> str:
        return self._found(r"Trainees open +(\S+)")

    @property
    def port(self) -> str:
        return self._found(r"Trainees open +\S+:(\d+)/")

    @property
    def word(self) -> str:
        return self._found(r"and type +(.+)")

    @property
    def trainer(self) -> str:
        return self._found(r"Trainer's page +(\S+)")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(20)

    def interrupt(self) -> int:
        """Press Ctrl-C; give the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Wait until it has ended; give the exit code."""
        code = self._process.wait(60)
        self._reader.join(10)
        return code

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        self._reader.join(10)
