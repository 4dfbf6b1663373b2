"""Where a room can be found: its port, its address on the local network, and a code to scan."""

from __future__ import annotations

import io
import socket
import sys

import psutil
import segno

from custsim.errors import EnvironmentFailure, InputError

__all__ = ["addresses", "bound", "code_for_page", "code_for_terminal"]

#: ports after a taken one that are looked at for one to suggest
_NEIGHBOURS = 20


def bound(host: str, port: int) -> socket.socket:
    """Take a port; nobody is let in before a server listens.

    Parameters
    ----------
    host
        Address of this computer, ``"0.0.0.0"`` for all of them.
    port
        Port; 0 for any that is free.

    Raises
    ------
    InputError
        If the port is taken (another is suggested), or the address is not one of this computer.
    EnvironmentFailure
        If the system does not let us.
    """
    try:
        return _bind(host, port)
    except PermissionError:
        raise EnvironmentFailure(f"port {port}: this computer does not let you use it; try --port 8000") from None
    except OSError as error:
        if isinstance(error, socket.gaierror) or not _free(host, 0):
            raise InputError(
                f"--host: {host} is no address of this computer; it has {', '.join(addresses())}, or leave it out"
            ) from None
        free = next((near for near in range(port + 1, min(port + _NEIGHBOURS, 65536)) if _free(host, near)), 0)
        raise InputError(
            f"port {port} is taken by another program, perhaps another workshop; try --port {free or 0}"
        ) from None


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would share the port with another program
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _free(host: str, port: int) -> bool:
    try:
        _bind(host, port).close()
    except OSError:
        return False
    return True


def addresses() -> list[str]:
    """List this computer's addresses (IPv4) that others may reach, the one of the usual way out first.

    Examples
    --------
    >>> all(address.count(".") == 3 for address in addresses())
    True
    """
    found = [
        entry.address
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if entry.family == socket.AF_INET and not entry.address.startswith(("127.", "169.254."))
    ]
    first = _way_out()
    return sorted(dict.fromkeys(found), key=lambda address: address != first) or ["127.0.0.1"]


def _way_out() -> str:
    """Ask the system which address it would send from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that documents are written with, nobody's
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def code_for_terminal(text: str) -> str:
    """Draw a QR code for a terminal, two rows of dots in a line of text.

    Examples
    --------
    >>> len(code_for_terminal("http://192.168.1.5:8000/").splitlines()) > 10
    True
    """
    stream = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(stream, compact=True, border=2)
    return stream.getvalue()


def code_for_page(text: str) -> bytes:
    """Draw a QR code as SVG, sharp at any size."""
    stream = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        stream, kind="svg", scale=10, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=True
    )
    return stream.getvalue()
