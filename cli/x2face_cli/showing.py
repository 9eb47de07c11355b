"""Messages of `x2face run` about its film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_cli import screen

if TYPE_CHECKING:
    from x2face_core.rendering.outputs import Output


_LARGE = 512  # pixels a side up to which a larger size is proposed


def closing_lines(report: Mapping[str, Any], next_step: str) -> Iterator[str]:
    """What was made, what drove it how much, and what could be done next."""
    width, height = report["size"]
    length = f"{report['seconds']:.1f} s at {report['fps']:g} a second"
    moved = f": {report['moved']}" if report["moved"] else ""
    yield f"{report['frames']} frames, {length}, {width}x{height}{moved}"
    yield contributions(report)
    if report.get("signed_by"):
        yield f"signed by {report['signed_by']} (C2PA)"
    if next_step:
        yield f"next: {next_step}"


def next_step(drivers: Iterable[str], options: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """One thing to try that the run has not used. options: of run, as given; report: as of x2face.run"""
    names, pasted, still = set(drivers), options["paste_back"], options["source_motion"] == "still"
    width, pixels = report["size"][0], int(report["view"][2])
    if still and not pasted and width < min(_LARGE, pixels // 2 + 1):
        return f"--size {min(_LARGE, pixels // 2 * 2)} takes the pixels that the source has"
    if "frame" in names and options["finish"] == "none":
        return "--finish poisson takes teeth and closed lids from the driving pictures"
    if "audio" in names and not names & {"frame", "pose", "idle"} and still:
        return "--idle moves the head a little, --pose-yaw=-10:10 --pose-seconds 4 turns it"
    if still and options["background"] == "move":
        return "--background keep holds still what is behind the head"
    if still and not pasted:
        return "--paste-back puts the face back into the whole picture"
    return "" if options["manifest"] else "--manifest notes all it was made from, for `x2face rerun`"


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
