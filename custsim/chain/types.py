"""The one type of the laws: a real number, or an array of them."""

from __future__ import annotations

from typing import Any, TypeAlias

#: A float, a NumPy scalar or a NumPy array of floats; arrays broadcast. (A plain alias of ``Any``: the laws are
#: compiled for scalars and called on arrays, and no static type says both.)
Real: TypeAlias = Any
