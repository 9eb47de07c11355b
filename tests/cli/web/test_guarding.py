"""What stands before the page: who may ask, for what, how much, and whose files are whose."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from x2face_web.guarding import COOKIE, HEADERS, LOOPBACK_ONLY, Guard, Ownership, owner_of

ONE, OTHER = "a" * 43, "b" * 43
FILE = "0123456789abcdef" * 4


class Site:
    """A site behind the guard that answers every address: with the body that it got, or what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.ownership = Ownership(folder)
        self.answer: tuple[str, bytes] | None = None
        self.headers: dict[str, str] = {}
        self.guard = Guard(self.app, self.ownership, 2**20, frozenset({"127.0.0.1", "localhost"}))

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"")
        kind, text = self.answer or ("text/plain", body)
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": text})

    def ask(
        self, path: str, owner: str | None = ONE, body: bytes = b"", method: str = "GET", **headers: str
    ) -> tuple[int, bytes, dict]:
        """Status, body and headers of the answer."""
        given = {"host": "127.0.0.1:7860", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if owner is not None:
            given["cookie"] = f"{COOKIE}={owner}"
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        raw: Sequence[tuple[bytes, bytes]] = [(name.encode(), value.encode()) for name, value in given.items()]
        scope = {"type": "http", "path": path, "headers": raw, "method": method}
        asyncio.run(self.guard(scope, receive, send))
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], sent[1]["body"], answered


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(
    "path",
    ["/", "/config", "/theme.css", "/assets/index.js", "/gradio_api/queue/join", "/gradio_api/upload",
     "/gradio_api/heartbeat/abc123", "/gradio_api/run/predict", "/studio/files/t/f/film.mp4"],
)  # fmt: skip
def test_what_the_page_needs_is_answered(site: Site, path: str) -> None:
    assert site.ask(path)[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/proxy=https://example.com/x", "/gradio_api/file=https://example.com/x", "/docs", "/monitoring",
     "/gradio_api/vibe-edit", "/gradio_api/openapi.json", "/login", "/gradio_api/mcp/sse", "/gradio_api/runs"],
)  # fmt: skip
def test_what_it_does_not_need_is_not_there(site: Site, path: str) -> None:
    assert site.ask(path)[0] == 404


def test_only_its_own_names_are_answered_to() -> None:
    site = Site(Path("/nowhere"))
    assert site.ask("/", host="localhost")[0] == 200
    assert site.ask("/", host="rebound.example.com:7860")[0] == 403
    site.guard = Guard(site.app, site.ownership, 1, None)
    assert site.ask("/", host="studio.example.com")[0] == 200


def test_pages_of_other_sites_are_refused_and_links_to_it_are_not(site: Site) -> None:
    assert site.ask("/gradio_api/upload", origin="https://example.com")[0] == 403
    assert site.ask("/gradio_api/upload", origin="http://127.0.0.1:7860")[0] == 200
    assert site.ask("/assets/a.js", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0] == 403
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert site.ask("/", **link)[0] == 200
    form = link | {"origin": "null"}  # of a page that hides where it is
    assert site.ask("/gradio_api/upload", method="POST", **form)[0] == 403


def test_an_upload_over_the_limit_is_refused_before_it_is_read(site: Site) -> None:
    status, text, _ = site.ask("/gradio_api/upload", content_length="500000000")
    assert status == 413 and b"larger than 1 MB, the most that this studio takes" in text
    assert site.ask("/gradio_api/upload", content_length="900000")[0] == 200
    assert site.ask("/gradio_api/queue/join", content_length="4000001")[0] == 413


def test_what_is_longer_than_it_says_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []
    monkeypatch.setattr(site.ownership, "sweep_later", lambda: swept.append("later"))
    assert site.ask("/gradio_api/component_server", body=b"x" * 2**20)[1] == b"x" * 2**20
    status, text, _ = site.ask("/gradio_api/component_server", body=b"x" * (2**20 + 1))
    assert status == 413 and b"larger than 1 MB" in text and swept == ["later"], "what was written is removed"
    assert site.ask("/gradio_api/cancel", body=b"x" * 4_000_001)[0] == 413
    assert site.ask("/gradio_api/upload", content_length="many")[0] == 400
    assert site.ask("/gradio_api/upload", content_length="-1")[0] == 400


def test_the_browser_is_kept_from_asking_other_hosts(site: Site) -> None:
    _, _, headers = site.ask("/")
    assert headers.items() >= HEADERS.items()
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "http" not in policy and "*" not in policy


def test_a_new_browser_gets_a_name_that_pages_cannot_read(site: Site) -> None:
    _, _, headers = site.ask("/", owner=None)
    said = headers["set-cookie"]
    assert said.startswith(f"{COOKIE}=") and "HttpOnly" in said and "SameSite=Strict" in said
    name = said.partition("=")[2].partition(";")[0]
    assert site.headers["cookie"] == f"{COOKIE}={name}"  # the page's handlers see it at once
    assert "set-cookie" not in site.ask("/", owner=name)[2]
    assert owner_of({"cookie": f"{COOKIE}=short"})[1]


def test_a_file_is_sent_to_the_browser_that_was_told_of_it_and_to_no_other(site: Site, tmp_path: Path) -> None:
    path = f"/gradio_api/file={tmp_path}/{FILE}/photo.png"
    assert site.ask(path)[0] == 403
    site.answer = ("application/json", f'["{tmp_path}/{FILE}/photo.png"]'.encode())
    site.ask("/gradio_api/upload")
    assert site.ask(path)[0] == 200
    assert site.ask(path, owner=OTHER)[0] == 403
    assert site.ask(path, owner=None)[0] == 403
    assert site.ask(f"/gradio_api/file={tmp_path}/{FILE}/../../secret")[0] == 403
    assert site.ask("/gradio_api/file=/etc/passwd")[0] == 403


def test_events_tell_of_files_too(site: Site, tmp_path: Path) -> None:
    site.answer = ("text/event-stream; charset=utf-8", f'data: {{"path": "{tmp_path}/{FILE}/x.webp"}}\n\n'.encode())
    site.ask("/gradio_api/queue/data")
    assert site.ask(f"/gradio_api/file={tmp_path}/{FILE}/x.webp")[0] == 200


def test_an_answer_that_has_begun_is_ended_as_it_is(site: Site) -> None:
    async def answers_first(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        kind = (await receive())["type"]
        await send({"type": "http.response.body", "body": kind.encode()})

    site.guard = Guard(answers_first, site.ownership, 1, None)
    assert site.ask("/gradio_api/cancel", body=b"x" * 4_000_001)[:2] == (200, b"http.disconnect")


def test_a_fault_of_the_page_is_not_hidden(site: Site) -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("a fault" if (await receive())["type"] == "http.request" else "gone")

    site.guard = Guard(fails, site.ownership, 1, None)
    with pytest.raises(ValueError, match="a fault"):
        site.ask("/gradio_api/cancel")
    assert site.ask("/gradio_api/cancel", body=b"x" * 4_000_001)[0] == 413


def test_a_call_that_names_somebody_else_s_file_is_refused(site: Site, tmp_path: Path) -> None:
    body = f'{{"data": [{{"path": "{tmp_path}/{FILE}/photo.png"}}]}}'.encode()
    status, text, _ = site.ask("/gradio_api/run/predict", body=body)
    assert status == 403 and b"somebody else" in text
    site.ownership.note(ONE, body)
    assert site.ask("/gradio_api/run/predict", body=body)[1] == body
    assert site.ask("/gradio_api/queue/join", body=body, owner=OTHER)[0] == 403
    escaped = body.replace(b"/", b"\\/")
    assert site.ask("/gradio_api/queue/join", body=escaped, owner=OTHER)[0] == 403
    assert site.ask("/gradio_api/queue/join", body=escaped)[1] == escaped


@pytest.mark.parametrize(
    "written",
    ["{folder}/./{file}/x.png", "{folder}//{file}/x.png", "/tmp/..{folder}/{file}/x.png", "{folder}\\u002f{file}/x.png",
     "{folder}/\\u0030{file[1:]}/x.png", "{folder}/{FILE}/x.png"],
)  # fmt: skip
def test_somebody_else_s_file_is_known_however_its_path_is_written(site: Site, tmp_path: Path, written: str) -> None:
    path = written.replace("{folder}", str(tmp_path)).replace("{file[1:]}", FILE[1:])
    body = path.replace("{file}", FILE).replace("{FILE}", FILE.upper()).encode()
    assert site.ask("/gradio_api/queue/join", body=body)[0] == 403
    site.ownership.note(ONE, f"{tmp_path}/{FILE}/x.png".encode())
    assert site.ask("/gradio_api/queue/join", body=body)[1] == body


def test_files_of_a_browser_that_has_gone_are_removed_but_for_shared_ones(site: Site, tmp_path: Path) -> None:
    mine, both = FILE, FILE[::-1]
    for name in (mine, both):
        (tmp_path / name).mkdir()
    site.ownership.note(ONE, f"{tmp_path}/{mine} {tmp_path}/{both}".encode())
    site.ownership.note(OTHER, f"{tmp_path}/{both}".encode())
    site.ownership.forget(ONE)
    assert [one.name for one in tmp_path.iterdir()] == [both]
    site.ownership.forget(OTHER)
    assert list(tmp_path.iterdir()) == []


class AtOnce:
    """A timer that is over when it is started; one that is started meanwhile waits in `later`."""

    running = False
    later: ClassVar[list[Callable[[], None]]] = []

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        assert seconds > 60
        self._call = call

    def start(self) -> None:
        if AtOnce.running:
            AtOnce.later.append(self._call)
            return
        AtOnce.running = True
        self._call()
        AtOnce.running = False


def test_files_that_were_made_for_a_page_that_had_gone_are_removed_a_minute_later(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("x2face_web.guarding.threading.Timer", AtOnce)
    late, fresh, kept = FILE, FILE[::-1], FILE[1:] + FILE[:1]
    for name in (late, fresh, kept, "vibe_edit_history"):
        (tmp_path / name).mkdir()
    (tmp_path / "tmpab_1c2").touch()
    for name in (late, kept, "tmpab_1c2", "vibe_edit_history"):
        os.utime(tmp_path / name, (0, 0))
    site.ownership.note(OTHER, f"{tmp_path}/{kept}".encode())
    site.ownership.forget(ONE)
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([fresh, kept, "vibe_edit_history"])
    os.utime(tmp_path / fresh, (0, 0))  # which was made after the page had gone, and is a minute old now
    (again,) = AtOnce.later
    AtOnce.later.clear()
    again()
    assert AtOnce.later == []
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([kept, "vibe_edit_history"])


def test_what_gradio_s_page_names_elsewhere_is_left_out(site: Site) -> None:
    text = (
        b'<meta property="og:image"\n content="https://a.b/c.jpg" />"https://github.com/gradio-app/gradio/x.wav"<title>'
    )
    site.answer = ("text/html; charset=utf-8", text)
    answered = site.ask("/")[1]
    assert b"http" not in answered and answered.endswith(b'"<title>') and len(answered) == len(text)


def test_gradio_s_answers_are_not_compressed_so_that_they_can_be_read(site: Site) -> None:
    site.ask("/gradio_api/queue/data", accept_encoding="br, gzip")
    assert "accept-encoding" not in site.headers


def test_loopback_has_three_names() -> None:
    assert {"127.0.0.1", "localhost", "::1"} == LOOPBACK_ONLY
