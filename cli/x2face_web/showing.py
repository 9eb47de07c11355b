"""Pieces of HTML that the page shows. All text is escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from x2face_core.errors import X2FaceError

if TYPE_CHECKING:
    from x2face_core.suitability.findings import Finding

FILES = "/studio/files"
CAMERA = "camera"
"""Name, without suffix, of a picture that was taken on the page."""
_WORDS = {"ok": "Good", "warn": "Advice", "fail": "Not usable"}


_PLACES = re.compile(r"\S*/\.x2face-\w+/(?:uploads|visits)/\w+/(?:film-\w+/|[0-9a-f]{64}/)?")


def said(text: str) -> str:
    """A text for the page: escaped, with names of files and not where the server keeps them."""
    return escape(_PLACES.sub("", text))


def note(text: str) -> str:
    return f'<p role="status">{said(text)}</p>' if text else ""


def problem(error: BaseException) -> str:
    """What went wrong, as one sentence; for a bug its type, as the traceback is in the server's log."""
    text = str(error) if isinstance(error, X2FaceError) else _bug(error)
    return f'<p role="alert" class="problem">{said(text)}</p>'


def _bug(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory for this; a smaller size would do."
    if isinstance(error, OSError):
        return f"The server cannot read or write a file ({error.strerror or type(error).__name__})."
    return f"This is a bug of the studio ({type(error).__name__}); the server's log has more. Other things still work."


def preview(jpeg: bytes, what: str) -> str:
    data = base64.b64encode(jpeg).decode()
    return f'<img class="preview" id="preview-picture" alt="{escape(what)}" src="data:image/jpeg;base64,{data}">'


def advice(found: Iterable[tuple[str, Sequence[Finding] | X2FaceError]]) -> str:
    """The findings of `x2face check`, what is not good first."""
    lines = [line for name, findings in found for line in _of_input(name, findings)]
    return f'<div role="status"><ul class="findings">{"".join(lines)}</ul></div>'


def _of_input(name: str, findings: Sequence[Finding] | X2FaceError) -> list[str]:
    if isinstance(findings, X2FaceError):
        return [_line("fail", name, str(findings))]
    ordered = sorted(findings, key=lambda one: one.status == "ok")
    return [_line(one.status, f"{name}, {one.name}", one.line) for one in ordered]


def _line(status: str, name: str, text: str) -> str:
    return f'<li class="{status}"><strong>{_WORDS[status]}</strong> {escape(name)}: {said(text)}</li>'


def waiting(before: int) -> str:
    """That a film waits for its turn."""
    return note(f"Waiting: {before} {'film is' if before == 1 else 'films are'} made before this one.")


def progress(done: int, total: int | None) -> str:
    """How far a film is."""
    if not done:
        return note("The film is being prepared: sources, drivers, sound.")
    of = f" of {total}" if total else ""
    bar = f'<progress max="{total}" value="{done}" aria-label="Frames rendered"></progress>' if total else ""
    return f'<p role="status">Rendering: frame {done}{of}.</p>{bar}'


def result(token: str, film: Path, files: Sequence[Path], report: dict[str, Any]) -> str:
    """The film with its sound, what was done, and links to all files."""
    done = f"{report['frames']} frames, {report['seconds']:.1f} s, {report['fps']:g} frames a second."
    if report.get("signed_by"):
        done += f" Signed by {report['signed_by']} (C2PA)."
    remarks = "".join(f"<li>{said(one)}</li>" for one in (*report["warnings"], *report["advice"]))
    links = "".join(f"<li>{_link(token, path)}</li>" for path in files)
    return (
        f'<video id="film" controls playsinline preload="auto" aria-label="The film" src="{_address(token, film)}">'
        f'</video><p role="status">{escape(done)}</p><ul>{remarks}</ul><h3>Download</h3><ul id="downloads">{links}</ul>'
    )


def command(line: str) -> str:
    """A command line, to copy."""
    copy = "navigator.clipboard.writeText(this.previousElementSibling.value).then(() => this.innerText = 'Copied')"
    return (
        '<label for="command-line">The same on the command line</label>'
        f'<textarea id="command-line" rows="4" readonly spellcheck="false">{escape(line)}</textarea>'
        f'<button type="button" onclick="{copy}">Copy</button>'
    )


_KINDS = {
    ".mp4": "the film",
    ".x2v": "a motion, for --track",
    ".png": "what is painted, for --embedded",
    ".zip": "what is painted as a preset, for --edit",
    ".json": "its manifest, for x2face rerun",
    ".wav": "the sound that was recorded",
}


def _link(token: str, path: Path) -> str:
    kind = "the picture of the camera" if path.stem == CAMERA else _KINDS.get(path.suffix, "a file")
    return f'<a href="{_address(token, path)}" download>{escape(path.name)}</a>, {kind}'


def _address(token: str, path: Path) -> str:
    return f"{FILES}/{token}/{quote(path.parent.name)}/{quote(path.name)}"


def unusable(plugins: dict[str, str]) -> str:
    """Plugins that did not load, with the reason."""
    lines = "".join(f"<li><strong>{escape(name)}</strong>: {escape(why)}</li>" for name, why in plugins.items())
    return f'<p>These plugins cannot be used:</p><ul class="problem">{lines}</ul>' if plugins else ""
