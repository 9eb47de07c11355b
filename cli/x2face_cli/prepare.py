"""`x2face prepare`: training data from films and photographs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x2face_cli import screen
from x2face_cli.values import ExpandedPath, WholeRange, Word
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.data.preparing.records import Record, Still
    from x2face_core.data.preparing.tables import Report


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", metavar="IN", type=ExpandedPath())
@click.argument("out", metavar="OUT", type=ExpandedPath())
@click.option("--landmarks", is_flag=True, help="Label the faces with a face mesh: the recipe `guided` needs it.")
@click.option("--workers", type=click.IntRange(1, 256), show_default="one a core", help="Files at a time.")
@click.option(
    "--scheduler",
    type=Word(),
    metavar="ADDRESS",
    help="A Dask scheduler, whose workers share the disk and do the work.",
)
@click.option("--shards", type=Word(), metavar="PLACE", help="Write shards too: a folder, or a URL such as s3://…")
@click.option(
    "--shard-size", type=WholeRange(1, 100_000), default=256, show_default=True, help="MiB of a shard, about."
)
def prepare(
    source: Path,
    out: Path,
    landmarks: bool,
    workers: int | None,
    scheduler: str | None,
    shards: str | None,
    shard_size: int,
) -> None:
    """Turn the films and photographs in a folder, and in the folders within, into faces to train on.

    Each face in a film gets a fixed square of 256 pixels from cut to cut, at 25 frames a second, with the film's sound;
    of a photograph the largest face becomes such a square. People are told apart by folders named id/video/clip.mp4 or
    person/picture.jpg; elsewhere each file counts as somebody of its own. The same line resumes a run that was stopped.

    \b
    x2face prepare films tracks --landmarks
    x2face prepare films tracks --scheduler tcp://node1:8786   # on many machines (docs/scale.md)
    x2face prepare films tracks --shards s3://bucket/tracks    # the same as tar archives, for `x2face train` to stream
    """
    if workers and scheduler:
        raise UsageError("--workers counts processes here, and --scheduler uses workers elsewhere: give one of them.")
    from x2face_core.data.preparing.run import prepare as run

    with ExitStack() as bars:
        shown = _PrepareDisplay(bars)
        report = run(
            source,
            out,
            landmarks=landmarks,
            workers=workers,
            scheduler=scheduler,
            shards=shards,
            shard_size=shard_size * 2**20,
            progress=shown.done,
        )
    _summarise(report)
    screen.result(out)


class _PrepareDisplay:
    """A progress bar over files, and with -v a line for each."""

    def __init__(self, bars: ExitStack) -> None:
        self.bars = bars
        self.advance: Callable[[float], None] = lambda done: None

    def done(self, done: int, total: int, record: Record | Still | None) -> None:
        if record is None:
            if done:
                screen.note(f"{done} of {total} files were done before")
            self.advance = self.bars.enter_context(screen.progress("preparing", total, "files"))
            self.advance(done)
            return
        self.advance(1)
        screen.detail(f"{record.key}: {record}")


def _summarise(report: Report) -> None:
    from x2face_core.data.tables import SPLITS

    for name in SPLITS:
        (clips, people, seconds), (pictures, faces) = report.of_split(name), report.stills_of_split(name)
        films = f"{clips:6} clips {people:5} people {seconds:9.1f} s" if report.clips else ""
        stills = f"{pictures:6} pictures {faces:5} people" if report.stills else ""
        screen.note(f"{name:<6}{films}{stills}")
    for why, (tracks, seconds) in report.dropped.items():
        screen.note(f"dropped {why}: {tracks} tracks, {seconds:.1f} s")
    for why, count in report.dropped_stills.items():
        screen.note(f"dropped {why}: {count} pictures")
    for key in report.without_face:
        screen.warn(f"{key}: no face was found.")
    for trouble in report.broken.values():
        screen.warn(trouble)
    _warn_of_splits(report)
    screen.note(f"what was dropped and why: {report.out / 'prepared.json'}")


def _warn_of_splits(report: Report) -> None:
    if not report.clips:
        screen.warn("pictures alone train nothing: prepare films with them, in one folder.")
    elif not report.of_split("val")[0]:
        screen.warn("all clips show one person: none is left for val, which training asks for. Add films of others.")
    elif not report.of_split("test")[0]:
        screen.warn("two people only: none is left for test; evaluate with --split val, or add films of others.")
