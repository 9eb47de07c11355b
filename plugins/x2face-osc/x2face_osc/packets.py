"""Parsing OSC packets with python-osc, after validation of what it does not handle.

It loops endlessly on a negative size in a bundle, and logs unknown types; such packets are refused.
The format: https://opensoundcontrol.stanford.edu/spec-1_0.html
"""

from __future__ import annotations

import struct
from typing import Any

from pythonosc.osc_packet import OscPacket, ParseError

_BUNDLE = b"#bundle\0"
_HEAD = 16  # bytes of a bundle before its first element: its name and its time
_TYPES = set(b"ihfdsbrmtTFN[]")
_DEEPEST = 8  # bundles in bundles


class MalformedError(ValueError):
    """A datagram that is not an OSC packet."""


def messages_of(datagram: bytes) -> list[tuple[str, list[Any]]]:
    """Addresses and arguments in a datagram, sorted by time. MalformedError if it is not an OSC packet."""
    _check(datagram)
    try:
        return [(timed.message.address, timed.message.params) for timed in OscPacket(datagram).messages]
    except (ParseError, ValueError, IndexError, OverflowError, struct.error) as error:
        raise MalformedError(str(error)) from error


def _check(datagram: bytes, depth: int = 0) -> None:
    if not datagram.startswith(_BUNDLE):
        _check_message(datagram)
        return
    at = _HEAD
    if depth > _DEEPEST or len(datagram) < at:
        raise MalformedError("a bundle without a time, or too deep")
    while at < len(datagram):
        size = int.from_bytes(datagram[at : at + 4], "big", signed=True)
        if size <= 0 or at + 4 + size > len(datagram):
            raise MalformedError(f"an element of {size} bytes")
        _check(datagram[at + 4 : at + 4 + size], depth + 1)
        at += 4 + size


def _check_message(datagram: bytes) -> None:
    if not datagram.startswith(b"/") or b"\0" not in datagram:
        raise MalformedError("no address")
    types = datagram[datagram.index(b"\0") // 4 * 4 + 4 :].partition(b"\0")[0]
    if types and (types[:1] != b"," or not set(types[1:]) <= _TYPES):
        raise MalformedError(f"arguments of types {types!r}")
