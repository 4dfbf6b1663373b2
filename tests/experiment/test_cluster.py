"""A real Dask cluster of separate processes, of which one is killed."""

from __future__ import annotations

import importlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import PYTHON, environment, tiny

from custsim.errors import EnvironmentFailure, InputError
from custsim.experiment.evaluate import evaluate
from custsim.experiment.executors import executor_for

pytest.importorskip("distributed")

MEASURES = ("profit", "lifetime_value", "monthly:customers")
POINTS = [{"complaints.compensation": 0.5 + 0.05 * n} for n in range(20)]


def start(role: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [PYTHON, "-m", f"distributed.cli.dask_{role}", "--no-dashboard", *arguments]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler with two workers of one thread each, and the workers' processes."""
    file = tmp_path / "scheduler.json"
    processes = [start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))]
    try:
        until = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        place = str(tmp_path)
        processes += [
            start("worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", place) for _ in range(2)
        ]
        from distributed import Client

        with Client(address, set_as_default=False, timeout="60s") as client:
            client.wait_for_workers(2, timeout=60)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def test_a_worker_that_is_killed_loses_nothing(cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    address, workers = cluster
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if done >= 10 and not killed:
            workers[0].kill()
            killed.append(done)

    base = tiny()
    there = evaluate(POINTS, MEASURES, base=base, replications=4, executor=address, progress=kill_one)
    assert killed
    assert killed[0] < 60  # it died with work to do
    assert there.errors == {}
    assert there.computed == 80
    here = evaluate(POINTS, MEASURES, base=base, replications=4, executor="serial")
    for name, values in here.arrays.items():
        assert np.array_equal(values, there.arrays[name], equal_nan=True)
    # the worker that is left goes on
    with executor_for(address) as executor:
        assert executor.workers == 1
        assert evaluate([base], "profit", executor=executor).values("profit").shape == (1, 1)


def test_a_client_and_the_cluster_it_belongs_to_serve_too(cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    from distributed import Client

    expected = evaluate([tiny()], "profit", replications=2, executor="serial").values("profit")
    with Client(cluster[0], set_as_default=False) as client:
        assert np.array_equal(evaluate([tiny()], "profit", replications=2, executor=client).values("profit"), expected)
        with client.as_current():
            assert np.array_equal(
                evaluate([tiny()], "profit", replications=2, executor="dask").values("profit"), expected
            )


def test_a_cluster_that_is_not_there_is_a_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("custsim.experiment.executors"), "_REACHED_IN", "1s")
    with pytest.raises(EnvironmentFailure, match="no Dask scheduler at"):
        evaluate([tiny()], "profit", executor="tcp://127.0.0.1:9")


def test_an_error_of_the_caller_goes_through_a_cluster_that_was_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """InputError is a ValueError, and so is how distributed says that there is no client: they are not the same."""
    executors = importlib.import_module("custsim.experiment.executors")
    present = SimpleNamespace(get_client=object)
    monkeypatch.setattr(executors, "_distributed", lambda: present)
    with pytest.raises(InputError, match="the caller's own"), executors.executor_for("dask"):
        raise InputError("the caller's own")
