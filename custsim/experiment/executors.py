"""Where runs are made: here, on threads, on processes, or on a Dask cluster; the numbers are the same everywhere.

Embedded engine is joblib (threads, or processes by loky); a cluster is Dask's ``distributed``, reached by the address
of its scheduler. Anything else that has :attr:`Executor.workers` and :meth:`Executor.run` will do.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, runtime_checkable

from custsim.errors import CustsimError, EnvironmentFailure, InputError
from custsim.experiment.work import Outcome, Unit, do, lost
from custsim.scenario.paths import nearest

__all__ = ["NAMES", "Executor", "executor_for"]

#: what may be asked for by name, besides the address of a cluster
NAMES = ("threads", "processes", "serial", "dask")

#: how often a unit is tried again when the process that computed it was killed
_TRIES = 3

#: units that wait at a worker, so that it never has to
_WAITING = 3

#: how long the scheduler of a cluster may take to answer
_REACHED_IN = "10s"


@runtime_checkable
class Executor(Protocol):
    """Makes the runs of units somewhere."""

    @property
    def workers(self) -> int:
        """Units it makes at once."""
        ...

    def run(self, units: Iterable[Unit]) -> Iterator[list[Outcome]]:
        """Make all units, each by :func:`custsim.experiment.work.do`, and yield their outcomes as they come.

        Whoever closes the iterator early (on Ctrl-C, say) ends what is under way.
        """
        ...


def executor_for(asked: str | Executor | Any, jobs: int | None = None) -> AbstractContextManager[Executor]:
    """Open an executor: ``with executor_for("processes", jobs=2) as executor``.

    Parameters
    ----------
    asked
        "serial", "threads", "processes"; "dask" for the cluster this process is a client of, or else a local one;
        "tcp://host:port" for the cluster whose scheduler is there; a ``distributed.Client``; an :class:`Executor`.
    jobs
        Runs at once, for threads, processes and a local cluster; as many as there are processors by default.

    Raises
    ------
    InputError
        If there is no such executor, or ``jobs`` is below 1.
    EnvironmentFailure
        If a cluster cannot be reached, or ``distributed`` is not installed.

    Examples
    --------
    >>> with executor_for("threads", jobs=2) as executor:
    ...     executor.workers
    2
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs: must be at least 1, got {jobs}")
    if asked == "serial":
        return nullcontext(_Serial())
    if asked in ("threads", "processes"):
        return nullcontext(_Joblib("threading" if asked == "threads" else "loky", jobs or _processors()))
    if isinstance(asked, str) and (asked == "dask" or "://" in asked):
        return _cluster(None if asked == "dask" else asked, jobs)
    if isinstance(asked, Executor):
        return nullcontext(asked)
    if hasattr(asked, "scheduler_info") and hasattr(asked, "submit"):
        return nullcontext(_Dask(asked))
    close = nearest(asked, NAMES) if isinstance(asked, str) else None
    hint = f"did you mean {close!r}?" if close else f"there are {', '.join(NAMES)}, and tcp://host:port of a cluster"
    raise InputError(f"executor: no {asked!r}; {hint}")


def _processors() -> int:
    """Processors this process may use: fewer than there are in a container or under a batch system."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Serial:
    """One run after the other, in this process: for looking into one with a debugger."""

    workers = 1

    def run(self, units: Iterable[Unit]) -> Iterator[list[Outcome]]:
        for unit in units:
            yield do(unit)


class _Joblib:
    """Threads, or processes that outlive one evaluation, by joblib."""

    def __init__(self, backend: str, workers: int) -> None:
        self.backend, self.workers = backend, workers

    def run(self, units: Iterable[Unit]) -> Iterator[list[Outcome]]:
        """Make all units. Those under way when a process is killed are made again, each by itself."""
        from joblib.externals.loky.process_executor import BrokenProcessPool

        open_units: dict[int, Unit] = {}
        waiting: Iterator[tuple[int, Unit]] = enumerate(units)
        while True:
            try:
                for number, outcomes in self._parallel(_noted(waiting, open_units)):
                    del open_units[number]
                    yield outcomes
                return
            except BrokenProcessPool:
                suspects = list(open_units.values())
                open_units.clear()
            for unit in suspects:
                yield self._alone(unit)

    def _alone(self, unit: Unit) -> list[Outcome]:
        """Make one unit with nothing beside it; give it up if its process is killed again and again."""
        from joblib.externals.loky.process_executor import BrokenProcessPool

        for _ in range(_TRIES):
            try:
                return next(outcomes for _, outcomes in self._parallel([(0, unit)]))
            except BrokenProcessPool:
                continue
        return lost(unit, f"the process that computed it was killed {_TRIES} times; is memory short?")

    def _parallel(self, units: Iterable[tuple[int, Unit]]) -> Iterator[tuple[int, list[Outcome]]]:
        import joblib

        # with one job joblib would compute in this process, which no killed run may take with it
        workers = self.workers if self.backend == "threading" else max(2, self.workers)

        parallel = joblib.Parallel(
            n_jobs=workers,
            backend=self.backend,
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch=_WAITING * self.workers if self.workers > 1 else 1,
        )
        make = joblib.delayed(_numbered if self.backend == "threading" else _numbered_elsewhere)
        results = parallel(make(number, unit) for number, unit in units)
        try:
            yield from results
        finally:
            results.close()


def _numbered(number: int, unit: Unit) -> tuple[int, list[Outcome]]:
    return number, do(unit)


def _numbered_elsewhere(number: int, unit: Unit) -> tuple[int, list[Outcome]]:
    """Make a unit in a process of its own, which need not keep a state in which nothing else opens."""
    from custsim.simulation.opening import forget

    try:
        return number, do(unit)
    finally:
        if unit.alone:
            forget()


def _noted(units: Iterable[tuple[int, Unit]], open_units: dict[int, Unit]) -> Iterator[tuple[int, Unit]]:
    """Note which units are given away, until their outcomes are here."""
    for number, unit in units:
        open_units[number] = unit
        yield number, unit


class _Dask:
    """A cluster, by Dask's distributed; a unit whose worker dies is made by another."""

    def __init__(self, client: Any) -> None:
        self.client = client

    @property
    def workers(self) -> int:
        """Threads of all workers that are there now."""
        return max(1, sum(int(threads) for threads in self.client.nthreads().values()))

    def run(self, units: Iterable[Unit]) -> Iterator[list[Outcome]]:
        """Make all units, with a few waiting at each worker; what has come back is forgotten by the cluster."""
        distributed = _distributed()
        waiting = iter(units)
        given: dict[Any, Unit] = {}
        done = distributed.as_completed(loop=self.client.loop)

        def give() -> None:
            while len(given) < _WAITING * self.workers and (unit := next(waiting, None)) is not None:
                future = self.client.submit(do, unit, pure=False)
                given[future] = unit
                done.add(future)

        give()
        try:
            while given:
                future = next(done)
                unit = given.pop(future)
                yield _outcomes(future, unit)
                future.release()
                give()
        finally:
            self.client.cancel(list(given))


def _outcomes(future: Any, unit: Unit) -> list[Outcome]:
    """Outcomes of a finished future; a unit that every worker died of is lost."""
    if future.status == "finished":
        outcomes: list[Outcome] = future.result()
        return outcomes
    error = future.exception() if future.status == "error" else None
    if isinstance(error, CustsimError):
        raise error
    return lost(unit, f"the cluster gave it up: {type(error).__name__}: {error}" if error else "cancelled")


def _present(distributed: Any) -> Any:
    """Give the client this process already has, or None: that is how distributed says that there is none."""
    try:
        return distributed.get_client()
    except ValueError:
        return None


@contextmanager
def _cluster(address: str | None, jobs: int | None) -> Iterator[Executor]:
    distributed = _distributed()
    present = _present(distributed) if address is None else None
    if present is not None:
        yield _Dask(present)  # not ours to close, and its errors are not ours to catch
        return
    client = _connected(distributed, address, jobs)
    try:
        yield _Dask(client)
    finally:
        client.close()


def _connected(distributed: Any, address: str | None, jobs: int | None) -> Any:
    try:
        if address is None:
            workers = jobs or _processors()
            return distributed.Client(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)
        client = distributed.Client(address, timeout=_REACHED_IN, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EnvironmentFailure(
            f"no Dask scheduler at {address}: {error}; start one with: dask scheduler"
            if address
            else f"no local cluster can be started: {error}"
        ) from None
    if not client.nthreads():
        client.close()
        raise EnvironmentFailure(
            f"the Dask scheduler at {address} has no workers; start one with: dask worker {address}"
        )
    return client


def _distributed() -> Any:
    """Load ``distributed``, which only those who have a cluster need to install."""
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise EnvironmentFailure(
            f'a cluster needs the package distributed ({error}); install it with: pip install "custsim[cluster]"'
        ) from None
