"""What stands before gradio: who may ask, for what, how much, and whose files are whose."""

from __future__ import annotations

import re
import secrets
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "x2face-studio"
LOOPBACK_ONLY = frozenset({"127.0.0.1", "localhost", "::1"})
_API = "/gradio_api/"
_PAGE = re.compile(r"/(config|theme\.css|favicon\.ico|manifest\.json|(static|assets|svelte|studio)/.*)?")
_CALLS = re.compile(
    re.escape(_API)
    + r"(info|queue/(join|data)|upload(_progress)?|heartbeat/\w+|startup-events|cancel|reset|component_server/?|app_id"
    r"|run/\w+/?|stream/[\w/.]+|file=.+)"
)
_LARGEST_CALL = 4_000_000  # bytes of a request that is no upload
_TAKES_FILES = (f"{_API}queue/join", f"{_API}run/")  # calls whose body may name files
_ESCAPED = re.compile(rb"\\u00([0-7][0-9a-fA-F])")
_SENT = re.compile(r"(text/event-stream|application/json)")
_ELSEWHERE = re.compile(
    rb"""<meta\s+(?:property|name)="(?:og|twitter):[^>]*>|https://(?:raw\.githubusercontent|github)\.com/gradio-app/[^"]*"""
)
"""Pictures and examples elsewhere that gradio's page names; nothing of the studio needs them."""
HEADERS = {
    "content-security-policy": "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'self'; form-action 'self'; base-uri 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""Sent with all answers; the first keeps the browser from asking any other host, whatever a page may name."""
_TEMPORARY = re.compile(r"[0-9a-f]{64}|tmp\w+")
_CLAIMED = re.compile(rb"[/\\]([0-9a-f]{64})(?![0-9a-f])", re.IGNORECASE)
_FOREIGN = (403, "This file belongs to somebody else.")
_ABANDONED = 60.0  # seconds after which a file that was sent to nobody is removed


class Ownership:
    """Which browser knows which uploaded or shown file. A file is known by the folder that gradio gives it.

    folder: gradio's folder of temporary files, with a folder a file named by 64 hexadecimal digits
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told = re.compile(re.escape(str(folder)).encode() + rb"/([0-9a-f]{64})")
        self._files: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def note(self, owner: str, text: bytes) -> None:
        """Note the files that an answer names to a browser."""
        if found := {one.decode() for one in self._told.findall(text)}:
            with self._lock:
                self._files.setdefault(owner, set()).update(found)

    def allows(self, owner: str, text: bytes) -> bool:
        """Whether a browser knows all files that its request names, however their paths are written."""
        named = {one.decode().lower() for one in _CLAIMED.findall(_unescaped(text))}
        return named <= self._files.get(owner, set())

    def forget(self, owner: str) -> None:
        """Remove the files of a browser that has no page open any more, but for those that others have too.

        Those that were made for a page that was gone before they could be sent are removed a minute later.
        """
        with self._lock:
            mine = self._files.pop(owner, set())
            theirs: set[str] = set().union(*self._files.values())
        for name in mine - theirs:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.sweep_later()

    def sweep_later(self) -> None:
        """Remove, a minute later, files that were sent to nobody."""
        sweep = threading.Timer(_ABANDONED + 1, self._remove_abandoned)
        sweep.daemon = True
        sweep.start()

    def _remove_abandoned(self) -> None:
        with self._lock:
            known: set[str] = set().union(*self._files.values())
        since, young = time.time() - _ABANDONED, False
        for one in self.folder.glob("*"):
            with suppress(FileNotFoundError):  # another thread may have removed it
                if one.name in known or not _TEMPORARY.fullmatch(one.name):
                    continue
                if one.stat().st_mtime > since:
                    young = True
                    continue
                if one.is_dir():
                    shutil.rmtree(one, ignore_errors=True)
                else:
                    one.unlink()
        if young:  # made after the page had gone
            self.sweep_later()


class Guard:
    """ASGI middleware: refuses other hosts, unknown addresses, large requests and other users' files.

    hosts: names by which the server may be called, against pages elsewhere that resolve their name to it; None: any
    max_bytes: of an upload
    """

    def __init__(self, app: App, ownership: Ownership, max_bytes: int, hosts: frozenset[str] | None) -> None:
        self._app, self._ownership, self._max_bytes, self._hosts = app, ownership, max_bytes, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        owner, is_new = owner_of(headers)
        if refused := self._refused(scope, headers, owner):
            await _answer(send, *refused)
            return
        kept = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        cookie = [(b"cookie", f"{COOKIE}={owner}".encode())] if is_new else []  # read by the page's handlers
        scope["headers"] = [*kept, *cookie]  # answers that are not compressed can be read here
        await self._pass_on(scope, receive, self._noted(send, owner, is_new), owner)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, owner: str) -> None:
        """Let gradio answer, unless the body turns out to be refused, which ends the request for it."""
        refused: list[tuple[int, str]] = []
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            if not refused or started:
                started = True
                await send(message)

        try:
            await self._app(scope, self._checked(scope, receive, owner, refused), sent)
        except Exception:
            if not refused:
                raise
        if refused:
            self._ownership.sweep_later()  # of what gradio had written of it
            if not started:
                await _answer(send, *refused[0])

    def _refused(self, scope: Scope, headers: dict[str, str], owner: str) -> tuple[int, str] | None:
        """Status and reason of a request that is refused; None if it is not."""
        path = unquote(scope["path"])
        if self._hosts is not None and _host(headers.get("host", "")) not in self._hosts:
            return 403, "This studio answers under its own address only."
        if _is_foreign(headers, scope["method"]):
            return 403, "Pages of other sites may not use this studio."
        if not (_PAGE.fullmatch(path) or _CALLS.fullmatch(path)) or "http:" in path or "https:" in path:
            return 404, "There is no such address."
        if path.startswith(f"{_API}file=") and not self._owns(owner, path):
            return _FOREIGN
        length = headers.get("content-length") or "0"
        if not re.fullmatch(r"[0-9]{1,18}", length):
            return 400, "The length of the request is no number."
        if int(length) > self._most(path):
            return self._too_large()
        return None

    def _too_large(self) -> tuple[int, str]:
        return 413, f"The file is larger than {self._max_bytes // 2**20} MB, the most that this studio takes."

    def _most(self, path: str) -> int:
        """The most bytes that a request to an address may have."""
        if path == f"{_API}upload":
            return self._max_bytes + 10_000
        return self._max_bytes if path.startswith(f"{_API}component_server") else _LARGEST_CALL

    def _owns(self, owner: str, path: str) -> bool:
        text = path.removeprefix(f"{_API}file=")
        if ".." in text or not text.startswith(f"{self._ownership.folder}/"):
            return False
        return _CLAIMED.search(text.encode()) is not None and self._ownership.allows(owner, text.encode())

    def _checked(self, scope: Scope, receive: Receive, owner: str, refused: list[tuple[int, str]]) -> Receive:
        """Refuse the body of a call that names somebody else's file, and one that is longer than it said."""
        most, takes_files = self._most(scope["path"]), scope["path"].startswith(_TAKES_FILES)
        size, body = 0, b""

        async def checked() -> Message:
            nonlocal size, body
            message = await receive()
            size += len(message.get("body", b""))
            body += message.get("body", b"") if takes_files else b""
            if size > most:
                refused.append(self._too_large())
            elif not self._ownership.allows(owner, body):
                refused.append(_FOREIGN)
            return {"type": "http.disconnect"} if refused else message

        return checked

    def _noted(self, send: Send, owner: str, is_new: bool) -> Send:
        """Add headers, and note which files the answer names."""
        kind = ""

        async def sent(message: Message) -> None:
            nonlocal kind
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_headers(owner if is_new else None)]
                kind = next((v.decode("latin-1") for k, v in message["headers"] if k.lower() == b"content-type"), "")
            elif _SENT.match(kind):
                self._ownership.note(owner, message.get("body", b""))
            elif kind.startswith("text/html"):
                message["body"] = _ELSEWHERE.sub(lambda found: b" " * len(found[0]), message.get("body", b""))
            await send(message)

        return sent


def owner_of(headers: dict[str, str]) -> tuple[str, bool]:
    """The browser that asks, by its cookie, and whether it is new."""
    cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    known = cookie is not None and re.fullmatch(r"[\w-]{43}", cookie.value)
    return (cookie.value, False) if cookie is not None and known else (secrets.token_urlsafe(32), True)


def _unescaped(text: bytes) -> bytes:
    """JSON without escapes of ASCII characters, which need none in paths."""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), text.replace(b"\\/", b"/"))


def _host(value: str) -> str:
    """The name in a Host header, without the port."""
    return value.rsplit(":", 1)[0].strip("[]").lower() if not value.endswith("]") else value.strip("[]").lower()


def _is_foreign(headers: dict[str, str], method: str) -> bool:
    """Whether a page of another site sends the request; its links to the studio may be followed."""
    origin = headers.get("origin")
    if origin in (None, "null"):
        is_link = headers.get("sec-fetch-mode") == "navigate" and method in ("GET", "HEAD")
        return headers.get("sec-fetch-site", "none") == "cross-site" and not is_link
    return str(origin).partition("//")[2] != headers.get("host", "")


def _headers(owner: str | None) -> list[tuple[bytes, bytes]]:
    found = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    if owner is not None:
        found.append((b"set-cookie", f"{COOKIE}={owner}; HttpOnly; SameSite=Strict; Path=/".encode()))
    return found


async def _answer(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *_headers(None)]})
    await send({"type": "http.response.body", "body": body})
