"""Receiving datagrams from a UDP socket with a timeout."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from x2face_plugins import InputError

PATIENCE = 0.5  # seconds to wait for a port that was just closed
_LARGEST = 65535  # bytes of a datagram
_AT_ONCE = 512  # largest number of datagrams read at once, so that a flood does not block the driver


class Receiver:
    """Reads datagrams from an open socket."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened

    def receive(self, seconds: float) -> Iterator[bytes]:
        """All pending datagrams; if there are none, the first one that arrives within `seconds`."""
        for count in range(_AT_ONCE):
            self._socket.settimeout(0.0 if count else seconds)
            try:
                yield self._socket.recv(_LARGEST)
            except (TimeoutError, BlockingIOError):
                return
            except ConnectionError:  # on Windows, for an earlier datagram to a closed port
                continue


@contextmanager
def listening(host: str, port: int) -> Iterator[Receiver]:
    """Open a socket at an address. InputError if that fails."""
    opened = _opened(host, port)
    try:
        yield Receiver(opened)
    finally:
        opened.close()


def _opened(host: str, port: int) -> socket.socket:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return _bound(host, port)
        except (OSError, UnicodeError) as error:
            if getattr(error, "errno", None) != errno.EADDRINUSE:
                raise InputError(f"--osc {port}: {host} cannot be listened at: {error}.") from error
            if time.monotonic() > until:
                raise InputError(
                    f"--osc {port}: this port of {host} is taken; choose another, or end the program that has it."
                ) from error
        time.sleep(0.05)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened


def free_port() -> int:
    """A free UDP port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        with suppress(OSError):
            tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
