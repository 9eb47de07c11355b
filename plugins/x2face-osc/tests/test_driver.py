"""The driver, on real sockets of the loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from pythonosc.udp_client import SimpleUDPClient
from x2face_blendshapes.demo import write_take
from x2face_plugins import InputError, Source
from x2face_plugins.mappings.affine import offset_of

from x2face_osc import Settings
from x2face_osc.driver import OscDriver
from x2face_osc.listening import free_port
from x2face_osc.send import main, send

PATIENCE = 600.0  # seconds; a guard against waiting for ever


class Driven:
    """A driver that listens, and somebody who sends to it."""

    def __init__(self, source: Source, **more: Any) -> None:
        self.port = free_port()
        self.driver = OscDriver(Settings(input=self.port, **more))
        self.stream: Any = self.driver.drive(source)
        self.first = self.next()
        self.client = SimpleUDPClient("127.0.0.1", self.port)

    def next(self) -> torch.Tensor:
        return torch.as_tensor(next(self.stream).vectors)

    def after(self, *messages: tuple[Any, ...]) -> torch.Tensor:
        """The offset once messages have arrived; the last of them comes last on the loopback."""
        for address, *arguments in messages:
            self.client.send_message(address, arguments)
        time.sleep(0.05)
        return self.next()

    def close(self) -> None:
        self.stream.close()
        self.client.close()


@pytest.fixture
def driven(x2face_source: Source) -> Iterator[Driven]:
    with closing(Driven(x2face_source)) as one:
        yield one


def turned(source: Source, offsets: torch.Tensor) -> list[float]:
    pose = source.factor("pose")
    (row,) = pose.read(source.vector + offsets) - pose.read(source.vector[None])
    return [round(float(angle), 1) + 0.0 for angle in row]


def written(source: Source, degrees: list[float]) -> list[float]:
    """What is written for a turn, more than is asked for where frames show less."""
    pose = source.factor("pose")
    return turned(source, offset_of(pose, pose.read(source.vector[None]), torch.tensor([degrees])))


def test_a_sender_who_never_speaks_stalls_nothing(driven: Driven) -> None:
    rows = torch.cat([driven.next() for _ in range(10)])  # would never come if the driver waited for a message
    assert driven.first.shape == (1, 128) and rows.abs().max() < 1e-3
    assert "Nothing was heard" in driven.driver.warnings[0]


def test_the_head_turns_as_it_is_told_and_stays(driven: Driven, x2face_source: Source) -> None:
    moved = driven.after(("/head/yaw", 12.0), ("/head/pitch", -6.0), ("/head/roll", 3.0))
    assert turned(x2face_source, moved) == pytest.approx(written(x2face_source, [3, -6, 12]), abs=0.2)
    torch.testing.assert_close(driven.next(), moved)
    assert not driven.driver.warnings


def test_the_mouth_opens_without_the_head(driven: Driven, x2face_source: Source) -> None:
    moved = driven.after(("/VMC/Ext/Blend/Val", "JawOpen", 0.5))
    assert moved.norm() > 1
    assert turned(x2face_source, moved) == pytest.approx([0, 0, 0], abs=0.2)
    torch.testing.assert_close(driven.after(("/mouth/open", 1.0)), 2 * moved, rtol=1e-3, atol=1e-3)


def test_the_eyes_look_aside_without_the_head(driven: Driven, x2face_source: Source) -> None:
    moved = driven.after(("/VMC/Ext/Blend/Val", "EyeLookOutLeft", 1.0), ("/VMC/Ext/Blend/Val", "EyeLookInRight", 1.0))
    eyes = x2face_source.factor("eyes")
    asked = offset_of(eyes, eyes.read(x2face_source.vector[None]), torch.tensor([[0.0, 0.0, 0.2, 0.0]]))
    torch.testing.assert_close(moved, asked, atol=1e-3, rtol=1e-3)


def test_the_newest_of_many_packets_counts(driven: Driven, x2face_source: Source) -> None:
    moved = driven.after(*[("/head/yaw", float(k)) for k in range(21)])
    assert turned(x2face_source, moved) == pytest.approx(written(x2face_source, [0, 0, 20]), abs=0.2)


def test_malformed_packets_are_ignored_and_counted(driven: Driven, x2face_source: Source) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        for datagram in (b"rubbish", b"", b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc"):
            raw.sendto(datagram, ("127.0.0.1", driven.port))
    moved = driven.after(("/foo", 1.0), ("/head/yaw", 8.0))
    assert turned(x2face_source, moved) == pytest.approx(written(x2face_source, [0, 0, 8]), abs=0.2)
    malformed, strange = driven.driver.warnings
    assert "Of 5 packets, 3 were no OSC" in malformed and "1 had an address" in strange and "/foo" in strange


def test_a_port_that_is_taken_is_named(driven: Driven, x2face_source: Source) -> None:
    with pytest.raises(InputError, match=rf"--osc {driven.port}: .* is taken; choose another"):
        next(OscDriver(Settings(input=driven.port)).drive(x2face_source))


def test_one_who_stops_listening_lets_go_of_the_port(
    driven: Driven, x2face_source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("x2face_osc.listening.PATIENCE", PATIENCE)
    threading.Timer(0.2, driven.stream.close).start()
    again = OscDriver(Settings(input=driven.port)).drive(x2face_source)
    with closing(again):
        next(again)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1", "x" * 300])
def test_an_address_that_is_not_ours_is_named(x2face_source: Source, host: str) -> None:
    with pytest.raises(InputError, match="cannot be listened at"):
        next(OscDriver(Settings(input=free_port(), host=host)).drive(x2face_source))


def test_a_mirror_turns_the_other_way(x2face_source: Source) -> None:
    with closing(Driven(x2face_source, mirror=True)) as one:
        moved = one.after(("/head/yaw", 10.0))
        assert turned(x2face_source, moved) == pytest.approx(written(x2face_source, [0, 0, -10]), abs=0.2)


def test_a_take_can_be_played_to_it(driven: Driven, x2face_source: Source, tmp_path: Path) -> None:
    sender = threading.Thread(target=send, args=(write_take(tmp_path / "take.csv"), "127.0.0.1", driven.port))
    sender.start()
    rows, until = [], time.monotonic() + PATIENCE
    while sender.is_alive() and time.monotonic() < until:
        rows.append(driven.next())
    sender.join()
    motion = torch.cat(rows)
    yaw = [turned(x2face_source, row[None])[2] for row in motion[:: max(1, len(motion) // 40)]]
    assert motion.norm(dim=1).max() > 2 and min(yaw) < -8  # the demo's jaw, and its head
    assert not driven.driver.warnings


def test_a_take_that_is_missing_is_told_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "gone.csv")]) == 3
    printed = capsys.readouterr().err
    assert "gone.csv" in printed and printed.count("\n") == 1
