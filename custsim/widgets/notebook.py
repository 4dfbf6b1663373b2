"""Components in a notebook: one anywidget that draws with the same JavaScript as the workshop page.

Messages go both ways as custom messages, numbers as binary buffers. What takes seconds is answered aside in a thread,
so that sliders never wait for it, and is dropped when a newer one of its kind was asked for. After each answer another
thread works out what the learner may well ask for next, until the next message comes.
"""

from __future__ import annotations

import copy
import logging
import threading
from typing import Any

import anywidget
import traitlets

from custsim.errors import CustsimError, InputError
from custsim.widgets import browser
from custsim.widgets.ahead import Ahead
from custsim.widgets.component import Component, Reply, State, problem

__all__ = ["NotebookWidget", "bundle"]

_BUG = "This could not be worked out, through a mistake in custsim; the log tells more."
_INTERRUPTED = "The kernel was interrupted before this was done; do it once more."
_LOG = logging.getLogger(__name__)


#: works ahead for the learner of this notebook
_ahead = Ahead()


class NotebookWidget(anywidget.AnyWidget):
    """A component in a notebook, with the state of whoever sits before it.

    Parameters
    ----------
    component
        What to show.
    state
        State to go on from; by default the one that was kept, if the component keeps any, or a new learner's.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    #: what the component says of itself, once
    description = traitlets.Dict().tag(sync=True)

    def __init__(self, component: Component, state: State | None = None) -> None:
        self.component = component
        self.state: State = copy.deepcopy(state) if state is not None else _left(component)
        self._waiting: dict[str, tuple[State, dict[str, Any]]] = {}
        self._working: set[str] = set()
        self._lock = threading.Lock()
        super().__init__(
            description=component.describe(),
            _esm=browser.script(*filter(None, [component.browser_source()])),
            _css=browser.stylesheet() + component.browser_style(),
        )
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        # what stands where no front end draws it: in a terminal, in an editor, in a notebook on a web page
        return f"{self.component!r}: run this in JupyterLab to work with it"

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        _ahead.stop()
        do = content.get("do") if isinstance(content, dict) else None
        if isinstance(do, str) and do in self.component.slow:
            self._aside(do, content)
        else:
            before = self.state
            self.state, reply = _handled(self.component, before, content)
            self._say(reply)
            if self.state != before:
                self._keep()
            _ahead.work(self.component, self.state)

    def _keep(self) -> None:
        """Keep the state where the component does; if that fails the learner goes on, and is told."""
        try:
            self.component.keep(self.state)
        except CustsimError as error:
            self._say(problem(InputError([f"what you did is not kept: {line}" for line in error.problems])))

    def _aside(self, do: str, content: dict[str, Any]) -> None:
        """Answer in a thread, from the state as it is now; of those that wait, only the newest of a kind is lived."""
        with self._lock:
            passed_over = self._waiting.get(do)
            self._waiting[do] = (self.state, content)
            idle = do not in self._working
            self._working.add(do)
        if passed_over is not None:
            self._say(_stale(passed_over[1]))
        if idle:
            threading.Thread(
                target=self._work, args=(do,), name=f"custsim {self.component.id} {do}", daemon=True
            ).start()

    def _work(self, do: str) -> None:
        while True:
            with self._lock:
                if do not in self._waiting:
                    self._working.discard(do)
                    return
                state, content = self._waiting.pop(do)
            self._say(_handled(self.component, state, content)[1])

    def _say(self, reply: Reply) -> None:
        self.send(reply.message, [reply.buffer] if reply.buffer else [])


def _left(component: Component) -> State:
    """The state in which a learner left a component, or a new learner's."""
    try:
        kept = component.resume()
    except CustsimError as error:  # a damaged file, or one that may not be read: begin anew, and let the file be
        _LOG.warning("%s begins anew: %s", component.id, error)
        kept = None
    return component.start() if kept is None else kept


def _handled(component: Component, state: State, content: Any) -> tuple[State, Reply]:
    """Answer a message; whatever goes wrong is told on the screen, a bug with its traceback in the log besides."""
    try:
        return component.handle(state, content)
    except InputError as error:
        return state, problem(error, content)
    except CustsimError as error:
        return state, problem(InputError(error.problems), content)
    except KeyboardInterrupt:  # the kernel was told to stop; without an answer the screen would wait on and on
        return state, problem(InputError(_INTERRUPTED), content)
    except Exception:
        _LOG.exception("a message to %s could not be answered", component.id)
        return state, problem(InputError(_BUG), content)


def _stale(content: dict[str, Any]) -> Reply:
    """Tell the screen that a newer message took the place of this one, so that it does not wait for an answer."""
    return Reply({**problem(InputError("a newer one was asked for"), content).message, "is": "stale"})


def bundle(component: Component, **kwargs: Any) -> Any:
    """Show a component where a notebook asks for it."""
    return NotebookWidget(component)._repr_mimebundle_(**kwargs)
