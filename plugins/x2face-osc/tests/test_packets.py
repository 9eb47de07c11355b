"""Packets: what is OSC, and what is not."""

from __future__ import annotations

import logging
import random
from contextlib import suppress

import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from x2face_osc.packets import MalformedError, messages_of


def message(address: str, *arguments: float | str) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


def bundle(*elements: bytes) -> bytes:
    sized = [len(element).to_bytes(4, "big") + element for element in elements]
    return b"#bundle\0" + bytes(7) + b"\1" + b"".join(sized)


def test_a_message_has_an_address_and_arguments() -> None:
    assert messages_of(message("/head/yaw", 12.5)) == [("/head/yaw", [12.5])]
    assert messages_of(message("/VMC/Ext/Blend/Val", "JawOpen", 0.5)) == [("/VMC/Ext/Blend/Val", ["JawOpen", 0.5])]


def test_a_bundle_has_messages_and_bundles() -> None:
    inside = bundle(message("/b", 2.0), message("/c", 3.0))
    assert messages_of(bundle(message("/a", 1.0), inside)) == [("/a", [1.0]), ("/b", [2.0]), ("/c", [3.0])]


def test_bundles_as_the_library_makes_them_are_read() -> None:
    builder = OscBundleBuilder(IMMEDIATELY)
    inner = OscMessageBuilder("/mouth/open")
    inner.add_arg(0.25)
    builder.add_content(inner.build())
    assert messages_of(builder.build().dgram) == [("/mouth/open", [0.25])]


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0",
        b"rubbish",
        b"/head/yaw",
        b"/head/yaw\0\0\0,i\0\0",
        b"/head\0\0\0f\0\0\0\0\0\0\0",
        b"/head\0\0\0,q\0\0\0\0\0\0",
        b"/\xff\xfe\0,f\0\0\0\0\0\0",
        b"#bundle\0",
        b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc",  # a size of -4 leads back to itself
        b"#bundle\0" + bytes(8) + b"\0\0\0\0",
        b"#bundle\0" + bytes(8) + b"\0\0\1\0/a\0\0",
        bundle(b"abcd"),
    ],
)
def test_anything_else_is_malformed(datagram: bytes) -> None:
    with pytest.raises(MalformedError):
        messages_of(datagram)


def test_bundles_cannot_be_nested_without_end() -> None:
    datagram = message("/a", 1.0)
    for _ in range(2000):
        datagram = bundle(datagram)
    with pytest.raises(MalformedError, match="too deep"):
        messages_of(datagram)


def test_damaged_packets_are_read_or_malformed_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(0)
    whole = [bundle(message("/head/yaw", 1.5), message("/VMC/Ext/Blend/Val", "JawOpen", 0.5)), message("/a", "b", 1.0)]
    with caplog.at_level(logging.DEBUG):
        for _ in range(5000):
            damaged = bytearray(rng.choice(whole))
            for _ in range(rng.randint(1, 4)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            with suppress(MalformedError):
                messages_of(bytes(damaged[: rng.randint(1, len(damaged))]))
    assert not caplog.records  # the library complains into the log where it is let
