"""The command line: thin, no logic; each command is loaded when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from custsim.errors import EnvironmentFailure, InputError

#: command -> the module of :mod:`custsim.cli` that defines it as ``command``
COMMANDS: dict[str, str] = {
    "run": "run",
    "compare": "compare",
    "sweep": "sweep",
    "sensitivity": "sensitivity",
    "optimise": "optimise",
    "why": "why",
    "worth": "worth",
    "report": "report",
    "new": "new",
    "check": "check",
    "describe": "describe",
    "schema": "schema",
    "warmup": "warmup",
    "value": "value",
    "lessons": "lessons",
    "workshop": "workshop",
}


_STOPPED = "custsim: stopped; nothing half-written was left"
_STOPPED_CODE = 130


class _Lazy(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: Any = importlib.import_module(f"custsim.cli.{COMMANDS[cmd_name]}").command
        return command  # type: ignore[no-any-return]


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="custsim")
def app() -> None:
    """Customer-value economics: what is retention, complaint handling or word of mouth worth?

    `custsim run` simulates a neighbourhood bank for five years and tells what its customers are worth.
    """


def main(argv: list[str] | None = None) -> None:
    """Run the command line; input errors end with code 2, environment failures with 1, Ctrl-C with 130."""
    try:
        with _stoppable():
            code = app.main(args=argv, prog_name="custsim", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (InputError, EnvironmentFailure) as error:
        for problem in error.problems:
            click.echo(f"custsim: {problem}", err=True)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except (click.Abort, KeyboardInterrupt):
        click.echo(_STOPPED, err=True)
        sys.exit(_STOPPED_CODE)
    except BrokenPipeError:
        # the reader of our output went away, as in `custsim describe | head`; Python must not complain at exit
        _silence_output()
        sys.exit(1)
    except OSError as error:
        click.echo(f"custsim: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
        _silence_output()
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Ctrl-C end the process at once while laws are compiled, and raise KeyboardInterrupt at any other time.

    An exception that is raised in the middle of a compilation is lost in a callback, leaves a function without its
    code, or crashes the interpreter when it ends. Compiled code is written aside and renamed, so nothing is harmed.
    """
    of_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not of_python or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(_signal: int, _frame: object) -> None:
    compiler = sys.modules.get("numba.core.compiler_lock")
    if compiler is not None and compiler.global_compiler_lock.is_locked():  # by this thread
        click.echo(_STOPPED, err=True)
        os._exit(_STOPPED_CODE)
    raise KeyboardInterrupt


def _silence_output() -> None:
    """Drop what could not be written, so that Python does not try again, and complain, when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
