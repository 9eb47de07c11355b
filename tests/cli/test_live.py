"""`x2face live`: frames in real time on a page of this machine."""

from __future__ import annotations

import json
import queue
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.films import drawn
from x2face_cli import live
from x2face_cli.app import main
from x2face_cli.mjpeg import LivePage, serving
from x2face_core.media.images import write_picture
from x2face_core.media.writing import write_film
from x2face_core.streaming.real_time import Pace
from x2face_core.streaming.resampling import Row
from x2face_core.streaming.streams import paced


class Clock:
    """Time that passes as it is waited for, or as `work` says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waited: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waited.append(round(seconds, 6))
        self.now += seconds


def rows(count: int) -> Iterator[Row]:
    for k in range(count):
        yield Row(np.zeros(1), k)


def shown(work: float) -> tuple[list[int], Pace, Clock]:
    """Numbers of ten rows at 10 a second that are passed on, if each takes `work` seconds."""
    clock = Clock()
    pace, numbers = Pace(clock, clock.wait), []
    for row in pace.rows(rows(10), 10.0):
        numbers.append(row.picture)
        clock.now += work
    return numbers, pace, clock


def test_a_quick_machine_waits_for_every_row() -> None:
    numbers, pace, clock = shown(0.04)
    assert (numbers, pace.dropped) == (list(range(10)), 0)
    assert clock.waited == [0.0] + [0.06] * 9
    assert pace.latency == pytest.approx(0.04)


def test_a_slow_machine_drops_rows_and_does_not_lag() -> None:
    numbers, pace, clock = shown(0.25)
    assert numbers == [0, 2, 4, 7, 9]
    assert pace.dropped == 5
    assert clock.now - 100 == pytest.approx(1.25)


def test_a_live_driver_is_newest_and_what_goes_with_it_keeps_to_the_time() -> None:
    """A sensor that counts tenths of seconds, beside a stream that does so by its rows, on a slow machine."""
    clock = Clock()

    class Sensor:
        def take(self) -> tuple[int, bool]:
            return round(10 * (clock.now - 100)), False

        def close(self) -> None: ...

    pace, pairs = Pace(clock, clock.wait), []
    sensed = paced(Sensor(), 0, 10.0, clock, clock.wait)
    both = (Row(np.zeros(1), (here, other)) for here, other in zip(sensed, range(20), strict=False))
    for row in pace.rows(both, 10.0):
        pairs.append(row.picture)
        clock.now += 0.35
    assert len(pairs) < 8 and pace.dropped == 20 - len(pairs)
    assert all(abs(newest - other) <= 1 for newest, other in pairs)


def get(address: str, host: str | None = None) -> Any:
    return urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host} if host else {}), timeout=600)


def test_the_page_streams_the_newest_frame_and_tells_how_it_goes() -> None:
    page = LivePage()
    with serving(page, 0) as address:
        assert address.startswith("http://127.0.0.1:")
        with get(address) as answer:
            content = answer.read().decode()
        assert 'src="/stream"' in content
        assert "http" not in content.replace("<!doctype html>", "").replace("</html>", "").replace("<html", "")
        page.publish(np.zeros((16, 16, 3), np.uint8), 0.02)
        page.publish(np.full((16, 16, 3), 255, np.uint8), 0.02)
        with get(f"{address}stream") as stream:
            assert stream.readline() == b"--frame\r\n"
            assert stream.readline() == b"Content-Type: image/jpeg\r\n"
            length = int(stream.readline().split()[1])
            stream.readline()
            assert stream.read(length)[:3] == b"\xff\xd8\xff"
        with get(f"{address}stats") as answer:
            told = json.load(answer)
    assert told["frames"] == 2
    assert told["latency_ms"] >= 20


def test_other_hosts_and_paths_are_refused() -> None:
    with serving(LivePage(), 0) as address:
        for asked, host, code in ((f"{address}x", None, 404), (address, "evil.example:80", 403)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                get(asked, host)
            refused.value.close()
            assert refused.value.code == code


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", drawn(4))
    write_film("film.mp4", (drawn(k) for k in range(6)), 20)
    return tmp_path


LINE = ["live", "-s", "source.png", "--crop", "none", "--size", "64", "--frame", "film.mp4", "--frame-crop", "none"]


def test_a_film_stands_in_for_a_camera(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LINE, "--port", "0"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("http://127.0.0.1:")
    told = said.err.strip().splitlines()[-1].split()
    assert told[1] == "frames,"
    assert int(told[0]) + int(told[-3]) == 6  # shown and dropped


def test_frames_that_are_dropped_at_the_end_are_counted(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Late(Pace):
        def rows(self, rows: Iterator[Row], fps: float) -> Generator[Row]:
            *early, _ = rows
            yield from early
            self.dropped += 1

    monkeypatch.setattr("x2face_core.streaming.real_time.Pace", Late)
    assert main([*LINE, "--port", "0"]) == 0
    told = capsys.readouterr().err.strip().splitlines()[-1].split()
    assert (told[0], told[-3]) == ("5", "1")


def test_a_viewer_sees_the_driven_face(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    shown: list[bytes] = []

    def watch(address: str) -> None:
        with get(f"{address}stream") as stream:
            seen.put(stream.read(400))

    def publish_and_wait(page: LivePage, *frame: Any) -> None:
        publish(page, *frame)
        if not shown:
            shown.append(seen.get(timeout=600))

    publish = LivePage.publish
    monkeypatch.setattr(LivePage, "publish", publish_and_wait)
    monkeypatch.setattr(live.screen, "result", lambda address: threading.Thread(target=watch, args=(address,)).start())
    assert main([*LINE, "--port", "0"]) == 0
    assert shown[0].startswith(b"--frame\r\nContent-Type: image/jpeg\r\n")


def test_a_port_in_use_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main([*LINE, "--port", str(taken.getsockname()[1])]) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.endswith("cannot be used (Address already in use); another one, or 0, would do.")


def test_without_a_driver_there_is_nothing_to_show(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "-s", "source.png", "--port", "0"]) == 2
    assert "nothing drives the face" in capsys.readouterr().err


def test_a_virtual_camera_that_is_not_there_is_told_at_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LINE, "--port", "0", "--virtual-camera", "video99"]) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith("x2face: error: --virtual-camera video99: there is none")


def test_a_virtual_camera_gets_every_frame_that_is_shown(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("x2face_core.media.virtual_camera.check_device", lambda path: None)
    monkeypatch.setattr("x2face_core.media.virtual_camera.VirtualCamera.__init__.__defaults__", (25.0, "rawvideo"))
    assert main([*LINE, "--port", "0", "--virtual-camera", "device"]) == 0
    frames = int(capsys.readouterr().err.strip().splitlines()[-1].split()[0])
    assert Path("device").stat().st_size == frames * 64 * 64 * 3 // 2
