"""The server of the studio, on this machine: the page behind the guard, and the files that it makes."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import MissingError, UsageError
from x2face_core.files.temporary import temporary_folder

if TYPE_CHECKING:
    from x2face_plugins.session import Session
    from x2face_web.limits import StudioOptions

_ANY = ("0.0.0.0", "::")
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_MCP_SERVER": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def serve(
    load: Callable[[], Session], options: StudioOptions, announce: Callable[[str], None] = lambda address: None
) -> None:
    """Serve the page until Ctrl-C.

    load: makes the session, once the address is known to be free; announce: called with the address when it is ready
    MissingError without gradio; UsageError for an address that cannot be used.
    """
    with closing(_bound(options.host, options.port)) as listening, _workplace() as root:
        _refuse_without_gradio()
        app = application(load(), options, root)
        port = listening.getsockname()[1]
        shown = f"[{options.host}]" if ":" in options.host else options.host
        announce(f"http://{shown}:{port}/")
        _run(app, listening)


def application(session: Session, options: StudioOptions, root: Path) -> Any:
    """The ASGI application. root: an empty folder for all files"""
    import gradio as gr
    from fastapi import FastAPI

    from x2face_web.appearance import CSS, WORDS, theme
    from x2face_web.guarding import LOOPBACK_ONLY, Guard, Ownership
    from x2face_web.page import build
    from x2face_web.results import add_files
    from x2face_web.studio import Studio
    from x2face_web.visits import Visits

    (folder := root / "visits").mkdir()
    visits, ownership = Visits(folder, options.max_pages), Ownership(root / "uploads")

    @asynccontextmanager
    async def life(app: Any) -> AsyncIterator[None]:
        yield
        visits.close_all()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    add_files(app, visits)
    gr.mount_gradio_app(
        app,
        build(Studio.of(session, options), visits, ownership),
        "/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        i18n=gr.I18n(en=WORDS),
        show_error=True,
        max_file_size=options.max_bytes,
        blocked_paths=[str(folder)],
        theme=theme(),
        css=CSS,
    )
    hosts = None if options.host in _ANY else LOOPBACK_ONLY | {options.host.lower()}
    return Guard(app, ownership, options.max_bytes, hosts)


@contextmanager
def _workplace() -> Iterator[Path]:
    """A folder for all files of this server, removed at the end; gradio is told to use it, and to ask nobody."""
    with temporary_folder(Path(tempfile.gettempdir())) as root:
        root.chmod(0o700)
        added = _QUIET | {"GRADIO_TEMP_DIR": str(root / "uploads")}
        before = {name: os.environ.get(name) for name in added}
        os.environ.update(added)
        try:
            yield root
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _bound(host: str, port: int) -> socket.socket:
    """A socket at the address; whoever asks before all is ready waits. UsageError if it cannot be had."""
    family = _family(host, port)
    with ExitStack() as closing_it:
        try:
            listening = closing_it.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen()
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UsageError(f"--host {host}: is no address of this machine; 127.0.0.1 is one.") from error
            said = f"--port {port}: {host} cannot be listened at ({error.strerror}); choose another."
            raise UsageError(said) from error
        closing_it.pop_all()
    return listening


def _family(host: str, port: int) -> socket.AddressFamily:
    """The kind of address that a host's name stands for. UsageError for a name that stands for none."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError) as error:  # the latter for names that no name server takes
        said = f"--host {host}: is no address to listen at; 127.0.0.1 is one, and 0.0.0.0 means all."
        raise UsageError(said) from error


def _refuse_without_gradio() -> None:
    try:
        import_module("gradio")
    except ImportError as error:
        raise MissingError(f'The studio needs gradio ({error}): pip install "x2face[web]".') from error


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """False for what uvicorn logs of pages that are open when the server ends: their streams are cancelled."""
    kind = record.exc_info[0] if record.exc_info else None
    return not (str(record.msg).startswith("Cancel ") or (kind and issubclass(kind, asyncio.CancelledError)))


def _run(app: Any, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3, ws="none", server_header=False)
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
    uvicorn.Server(config).run(sockets=[listening])
