"""Components in a notebook: one anywidget that draws with the same JavaScript as the workshop page.

Messages go both ways as custom messages, numbers as binary buffers. What takes seconds is answered aside in a thread,
so that sliders never wait for it, and is dropped when a newer one of its kind was asked for.
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
from custsim.widgets.component import Component, Reply, State, problem

__all__ = ["NotebookWidget", "bundle"]

_BUG = "This could not be worked out, through a mistake in custsim; the log tells more."
_LOG = logging.getLogger(__name__)


class NotebookWidget(anywidget.AnyWidget):
    """A component in a notebook, with the state of whoever sits before it.

    Parameters
    ----------
    component
        What to show.
    state
        State to go on from; a new learner's by default.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    #: what the component says of itself, once
    description = traitlets.Dict().tag(sync=True)

    def __init__(self, component: Component, state: State | None = None) -> None:
        self.component = component
        self.state: State = component.start() if state is None else copy.deepcopy(state)
        self._asked: dict[str, int] = {}
        self._lock = threading.Lock()
        super().__init__(
            description=component.describe(),
            _esm=browser.script(*filter(None, [component.browser_source()])),
            _css=browser.stylesheet() + component.browser_style(),
        )
        self.on_msg(self._hear)

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        do = content.get("do") if isinstance(content, dict) else None
        if isinstance(do, str) and do in self.component.slow:
            self._aside(do, content)
        else:
            self.state, reply = _handled(self.component, self.state, content)
            self._say(reply)

    def _aside(self, do: str, content: dict[str, Any]) -> None:
        """Answer in a thread of its own, from the state as it is now; only the newest of a kind is sent."""
        with self._lock:
            number = self._asked[do] = self._asked.get(do, 0) + 1
        state = self.state

        def answer() -> None:
            reply = _handled(self.component, state, content)[1]
            with self._lock:
                newest = self._asked[do] == number
            if newest:
                self._say(reply)

        threading.Thread(target=answer, name=f"custsim {self.component.id} {do}", daemon=True).start()

    def _say(self, reply: Reply) -> None:
        self.send(reply.message, [reply.buffer] if reply.buffer else [])


def _handled(component: Component, state: State, content: Any) -> tuple[State, Reply]:
    """Answer a message; whatever goes wrong is told on the screen, a bug with its traceback in the log besides."""
    try:
        return component.handle(state, content)
    except InputError as error:
        return state, problem(error, content)
    except CustsimError as error:
        return state, problem(InputError(error.problems), content)
    except Exception:
        _LOG.exception("a message to %s could not be answered", component.id)
        return state, problem(InputError(_BUG), content)


def bundle(component: Component, **kwargs: Any) -> Any:
    """Show a component where a notebook asks for it."""
    return NotebookWidget(component)._repr_mimebundle_(**kwargs)
