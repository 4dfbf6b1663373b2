"""Reports to send: ``cs.report(store, folder or result, out="report.html")`` writes a page and a workbook.

Both are complete in themselves: a reader needs neither custsim nor a connection. :func:`custsim.report.write.report`
tells the arguments.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from custsim.report.write import Report, report

__all__ = ["Report", "report"]


class _Callable(ModuleType):
    """The package, called, is its function: ``cs.report`` names both, and Python binds it to the package."""

    def __call__(self, *args: Any, **options: Any) -> Report:
        return report(*args, **options)


sys.modules[__name__].__class__ = _Callable
