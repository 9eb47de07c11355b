"""A page on this machine that shows live frames: MJPEG over HTTP, bound to the loopback interface."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from time import monotonic
from typing import Any

HOST = "127.0.0.1"
_HOSTS = {HOST, "localhost", "[::1]"}
_QUALITY = 85
_BOUNDARY = "frame"
_RECENT = 50  # frames over which figures are averaged
_PATIENCE = 2.0  # seconds without a new frame after which the last one is sent again
_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>x2face live</title>
<meta name="viewport" content="width=device-width"><style>body{margin:0;background:#111;color:#ddd;
font:16px sans-serif;text-align:center}img{width:min(100vw,85vh);display:block;margin:0 auto}</style>
<img src="/stream" alt="The face, live"><p id="f" role="status"></p><script>
setInterval(async()=>{try{const s=await(await fetch("/stats")).json();document.getElementById("f").textContent=
`${s.fps} frames a second, ${s.latency_ms} ms from driver to page, ${s.dropped} dropped`}catch{
document.getElementById("f").textContent="ended"}},1000)</script></html>"""


@dataclass(frozen=True)
class Shown:
    """A published frame. number: from 1"""

    number: int
    jpeg: bytes


class LivePage:
    """The latest frame, for any number of viewers; who is slow misses frames, and nobody waits for them."""

    def __init__(self) -> None:
        self._new = threading.Condition()
        self._shown: Shown | None = None
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)  # time and latency of frames
        self.dropped = 0
        self.ended = False

    def publish(self, picture: Any, latency: float) -> None:
        """Show a picture (h, w, 3) uint8. latency: seconds since its driving row; encoding it is added"""
        from PIL import Image

        started = monotonic()
        packed = BytesIO()
        Image.fromarray(picture).save(packed, "JPEG", quality=_QUALITY)
        now = monotonic()
        with self._new:
            self._recent.append((now, latency + now - started))
            self._shown = Shown(1 if self._shown is None else self._shown.number + 1, packed.getvalue())
            self._new.notify_all()

    def end(self) -> None:
        with self._new:
            self.ended = True
            self._new.notify_all()

    def stats(self) -> dict[str, float | int]:
        """Frames, frames a second and mean latency of the recent ones, and dropped frames."""
        with self._new:
            recent, frames = list(self._recent), 0 if self._shown is None else self._shown.number
        span = recent[-1][0] - recent[0][0] if len(recent) > 1 else 0.0
        latency = sum(late for _, late in recent) / len(recent) if recent else 0.0
        fps = (len(recent) - 1) / span if span else 0.0
        return {"frames": frames, "fps": round(fps, 1), "latency_ms": round(1000 * latency), "dropped": self.dropped}

    def newest(self) -> Iterator[bytes]:
        """JPEGs, each the newest at its time, until the end."""
        seen = 0
        while True:
            with self._new:
                self._new.wait_for(partial(self._is_news, seen), _PATIENCE)
                shown = self._shown
                if self.ended:
                    return
            if shown is not None:
                seen = shown.number
                yield shown.jpeg

    def _is_news(self, seen: int) -> bool:
        return self.ended or (self._shown is not None and self._shown.number > seen)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if _without_port(self.headers.get("Host", "")) not in _HOSTS:  # a page elsewhere that calls itself ours
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path == "/":
            self._send(_PAGE, "text/html; charset=utf-8")
        elif self.path == "/stats":
            self._send(json.dumps(self.server.page.stats()).encode(), "application/json")
        elif self.path == "/stream":
            self._stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        try:
            for jpeg in self.server.page.newest():
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not printed."""


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isdecimal() else host


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, page: LivePage) -> None:
        super().__init__((HOST, port), _Handler)
        self.page = page


@contextmanager
def serving(page: LivePage, port: int) -> Iterator[str]:
    """A context in which the page is served; yields its address. OSError if the port is taken.

    port: 0 for any that is free
    """
    server = _Server(port, page)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="x2face-live")
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}/"
    finally:
        page.end()
        server.shutdown()
        server.server_close()
