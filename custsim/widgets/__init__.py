"""What learners see and do: boards, questions, predictions and evidence, apart from the front end that draws them."""

from typing import Any

from custsim.widgets.board import Board, Outcome
from custsim.widgets.charts import Chart, Months, Series
from custsim.widgets.component import Component, Reply, Session, State, problem
from custsim.widgets.controls import Control
from custsim.widgets.evidence import Evidence
from custsim.widgets.guess import Guess
from custsim.widgets.numbers import Headline
from custsim.widgets.questions import Choice, Number, Option, Wrong
from custsim.widgets.table import Table


def _shown(component: Component, **kwargs: Any) -> Any:
    """Show a component in a notebook, or say what is missing."""
    try:
        from custsim.widgets.notebook import bundle
    except ModuleNotFoundError as error:
        return {"text/plain": f"{component!r} needs {error.name} to be shown here: pip install 'custsim[lessons]'"}
    return bundle(component, **kwargs)


Component._shown = staticmethod(_shown)

__all__ = [
    "Board",
    "Chart",
    "Choice",
    "Component",
    "Control",
    "Evidence",
    "Guess",
    "Headline",
    "Months",
    "Number",
    "Option",
    "Outcome",
    "Reply",
    "Series",
    "Session",
    "State",
    "Table",
    "Wrong",
    "problem",
]
