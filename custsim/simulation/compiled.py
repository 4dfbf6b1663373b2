"""How the month becomes machine code: one decorator, one cache on disk that follows the sources.

Numba keeps compiled code on disk, but it looks only at the file of the decorated function: a law that was
edited in another file would go on acting as it did before. Here the cache folder is named by a hash of *all*
Python sources that compiled code can be made of (the floors of the scenario, the laws and the run), so an edited law
acts at the next run, and unchanged ones load in a moment whatever happened to a picture or a command.

The laws in :mod:`custsim.chain` are plain Python functions and know nothing of Numba. :func:`use_laws` makes
them callable from compiled code; from Python they stay what they are.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast, overload

import numba
import numpy as np
import platformdirs
from numba.extending import register_jitable

import custsim

__all__ = ["cache_folder", "kernel", "sources_hash", "use_laws"]

Function = TypeVar("Function", bound=Callable[..., Any])

#: What every compiled function is compiled with. No fast-math: the order of additions is part of the result. Nobody
#: calls from C, and a way in from there takes a tenth of the time to compile.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "fastmath": False,
    "boundscheck": False,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
}

#: A law is compiled as part of the kernel that calls it, with the same rules of arithmetic.
_LAW_OPTIONS: dict[str, Any] = {name: value for name, value in _OPTIONS.items() if name != "nogil"}

#: The floors that a kernel can reach; a run imports from no other.
_FLOORS = ("scenario", "chain", "simulation")

_FOLDER = "custsim-{}"
_FOLDER_PATTERN = re.compile(r"custsim-[0-9a-f]{16}")
#: Cache folders of older sources that are kept, and the hours since last use below which none is removed.
_KEPT, _KEPT_HOURS = 3, 1.0
#: A full disk would fail in the middle of a save; below this much free space nothing is cached.
_LEAST_FREE_BYTES = 100_000_000

#: When this process loaded the package; laws may have been imported, and their files edited, from then on.
_loaded_at: float = getattr(custsim, "_LOADED_AT", time.time())

_lock = threading.RLock()
_lawful: set[Any] = set()


def sources_hash() -> str:
    """Hash every Python source that compiled code can be made of, with the versions of the compiler.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    OSError
        If the package is not a folder of readable ``.py`` files (for instance inside a zip archive).

    Examples
    --------
    >>> sources_hash() == sources_hash()
    True
    """
    folder, files = _sources()
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__}".encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _sources() -> tuple[Path, list[Path]]:
    folder = Path(__file__).resolve().parents[1]
    files = sorted(file for floor in _FLOORS for file in (folder / floor).rglob("*.py"))
    if not files:
        raise FileNotFoundError(f"{folder}: no Python sources there to name the cache by")
    return folder, files


def _edited_since_loaded() -> bool:
    """Tell whether a source was written after this process loaded custsim: nobody then knows which law it holds."""
    return any(file.stat().st_mtime > _loaded_at for file in _sources()[1])


@functools.cache
def cache_folder() -> Path | None:
    """Tell where this process keeps compiled code, or None if it keeps none.

    The folder lies in ``NUMBA_CACHE_DIR`` if that is set, otherwise in the user's cache folder. None means that
    no folder can be written, that the disk is nearly full, or that the sources cannot be read as files or were
    edited while this process ran: custsim then compiles at every start instead of failing. The answer is found
    once, when first asked.

    Returns
    -------
    pathlib.Path or None
        The folder for exactly the present sources.
    """
    config: Any = numba.config
    base = Path(config.CACHE_DIR or platformdirs.user_cache_dir("custsim", appauthor=False)).absolute()
    try:
        if _edited_since_loaded():
            return None
        folder = base / _FOLDER.format(sources_hash())
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()  # its age since last use decides what is removed
        tempfile.TemporaryFile(dir=folder).close()
        if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
            return None
    except OSError:
        return None
    _remove_stale(base, folder)
    return folder


def _remove_stale(base: Path, current: Path) -> None:
    """Remove cache folders of older sources, except the newest few and any that was used within an hour.

    Another process may still use an older folder, or remove it at the same time. Both are harmless: Numba makes
    a missing folder anew, and a folder that has gone already needs no removal.
    """
    ages: list[tuple[float, Path]] = []
    for folder in base.iterdir():
        if folder != current and _FOLDER_PATTERN.fullmatch(folder.name):
            try:
                ages.append((time.time() - folder.stat().st_mtime, folder))
            except OSError:  # removed by another process in this moment
                continue
    for age, folder in sorted(ages)[_KEPT:]:
        if age > _KEPT_HOURS * 3600:
            shutil.rmtree(folder, ignore_errors=True)


@overload
def kernel(function: Function) -> Function: ...
@overload
def kernel(*, inline: bool = False, inner: bool = False) -> Callable[[Function], Function]: ...
def kernel(
    function: Function | None = None, *, inline: bool = False, inner: bool = False
) -> Function | Callable[[Function], Function]:
    """Compile a function on its first call, to machine code that releases the interpreter lock.

    Compiled code is kept in :func:`cache_folder` and loaded from there while no source of the package changes.
    Division by zero gives infinity or NaN as in NumPy, indices are not checked, additions are not reordered.

    Parameters
    ----------
    function
        A function at the top level of a module, in the part of Python that Numba compiles.
    inline
        Whether to write the function's body into each compiled caller. LLVM does that by itself with small
        functions, but too late to vectorise the caller's loop; each use costs compile time.
    inner
        Whether only other kernels call it: the way in from Python, with every argument unpacked and checked, is then
        not compiled. Python must not call it.

    Returns
    -------
    callable
        A Numba dispatcher; ``.stats`` tells how often code came from the cache, ``.py_func`` is the function.

    Examples
    --------
    >>> @kernel
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    """
    if function is None:
        return lambda function: _compiled(function, inline, inner)
    return _compiled(function, inline, inner)


def _compiled(function: Function, inline: bool, inner: bool) -> Function:
    options = _OPTIONS | ({"inline": "always"} if inline else {}) | ({"no_cpython_wrapper": True} if inner else {})
    folder = cache_folder()
    # A function of the prompt or of a script that was piped in has no file whose change could be seen.
    if folder is None or not Path(function.__code__.co_filename).is_file():
        return cast(Function, numba.njit(**options)(function))
    with _caching_in(folder):
        compiled = numba.njit(cache=True, **options)(function)
    stats = getattr(compiled, "stats", None)  # no stats where NUMBA_DISABLE_JIT leaves the function as it was
    if stats is not None and Path(stats.cache_path).parent != folder:
        # Numba chose another place (ours became unwritable); code kept there would not follow the sources.
        return cast(Function, numba.njit(**options)(function))
    return cast(Function, compiled)


@contextmanager
def _caching_in(folder: Path) -> Iterator[None]:
    """Let Numba keep the functions decorated inside in ``folder``, and those of other packages where they were.

    Numba fixes a function's cache path when it is decorated, so the setting is put back at once.
    """
    config: Any = numba.config
    with _lock:
        before = config.CACHE_DIR, getattr(config, "CACHE_LOCATOR_CLASSES", "")
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = str(folder), ""
        try:
            yield
        finally:
            config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before


def use_laws(*modules: ModuleType) -> None:
    """Make the laws of chain modules callable inside kernels.

    Every plain function named in a module's ``__all__`` is registered with Numba. The function itself is not
    changed: called from Python it still works on NumPy arrays.

    Parameters
    ----------
    modules
        Modules of :mod:`custsim.chain`, each with an ``__all__``.

    Raises
    ------
    AttributeError
        If a module has no ``__all__``, or it names something the module does not have: a bug of the module.

    """
    for module in modules:
        for name in module.__all__:
            law = getattr(module, name)
            if inspect.isfunction(law) and law not in _lawful:
                register_jitable(**_LAW_OPTIONS)(law)
                _lawful.add(law)
