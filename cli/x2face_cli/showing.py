"""Messages of `x2face run` about its film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_cli import screen

if TYPE_CHECKING:
    from x2face_core.rendering.outputs import Output


def contributions(report: Mapping[str, Any]) -> str:
    """One line with the rms of each driver's offsets; overlays are listed without a number."""
    return ", ".join(_contribution(one) for one in report["drivers"])


def _contribution(driver: Mapping[str, Any]) -> str:
    much = "painted" if driver["kind"] == "overlay" else f"{driver['rms']:.2g}"
    return f"{driver['name']} {much}{' (--still leaves it out)' if driver.get('by_default') else ''}"


@contextmanager
def telling_what_is_left(output: Output) -> Iterator[None]:
    """On Ctrl-C, print the path of the part of the film that was finished."""
    before = _changed(output.path)
    try:
        yield
    except KeyboardInterrupt:
        if _changed(output.path) != before:
            screen.note(f"{output} has what was done so far")
        raise


def _changed(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None
