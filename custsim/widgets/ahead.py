"""Working ahead: while a learner looks at one answer, the next ones are made.

After each answer a thread works out what the learner may well ask for next (:meth:`Component.prepare`), and begins
nothing more as soon as anybody asks for something. A slider that moves on finds its next place lived already.
"""

from __future__ import annotations

import functools
import itertools
import logging
import threading
from collections.abc import Iterator
from queue import SimpleQueue

from custsim.widgets.component import Component, State

__all__ = ["Ahead"]

_LOG = logging.getLogger(__name__)


#: seconds after the first piece of work, mostly the next place of a drag, until the others begin: a picture is drawn
#: meanwhile, and on a small machine that needs the processors
_PAUSE = 0.25


class Ahead:
    """Works ahead for whoever asked last, in one thread, until somebody asks again.

    Parameters
    ----------
    quiet
        Seconds without a question after which it begins. Where many ask in turn, what is begun between two questions
        takes a processor from the second.

    Examples
    --------
    >>> from custsim.widgets import Board, Session
    >>> board = Board("staffing", scenario="neighbourhood_bank", controls=["complaints.staff"], scale=0.05, months=6)
    >>> ahead = Ahead()
    >>> ahead.work(board, Session(board).state)
    >>> ahead.stop()
    """

    def __init__(self, quiet: float = 0.0) -> None:
        self._quiet = quiet
        self._asked = 0
        self._news = threading.Event()
        self._closed = False
        self._learners: SimpleQueue[tuple[int, Component, State] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="custsim ahead", daemon=True)

    def stop(self) -> None:
        """Begin nothing more: somebody waits for an answer."""
        self._asked += 1
        self._news.set()

    def work(self, component: Component, state: State) -> None:
        """Work out what a learner may ask for who is in ``state``.

        Parameters
        ----------
        component, state
            What the learner works with, and all that the learner did to it.
        """
        if self._closed:
            return
        self._learners.put((self._asked, component, state))
        if not self._thread.is_alive():
            self._thread.start()

    def close(self) -> None:
        """End the thread, after the piece of work that is under way."""
        self._closed = True
        self.stop()
        self._learners.put(None)

    def _run(self) -> None:
        while (learner := self._learners.get()) is not None:
            asked, component, state = learner
            self._news.clear()
            waits = itertools.chain([self._quiet, _PAUSE], itertools.repeat(0.0))
            try:
                component.prepare(goes_on=functools.partial(self._goes_on, asked, waits), state=state)
            except Exception:  # the same fault comes again, and is told, when the learner asks for it
                _LOG.debug("working ahead for %s failed", component.id, exc_info=True)

    def _goes_on(self, asked: int, waits: Iterator[float]) -> bool:
        if asked == self._asked and (wait := next(waits)):
            self._news.wait(wait)
        return asked == self._asked
