"""Films made in the background, with progress, that can be cancelled."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import UsageError, X2FaceError
from x2face_plugins.filming import run
from x2face_plugins.manifest import manifest_path
from x2face_web.manifests import make_portable
from x2face_web.turns import Turns

if TYPE_CHECKING:
    from x2face_core.media.pictures import Picture
    from x2face_plugins.session import Session


class CancelledError(X2FaceError):
    """The user cancelled a film."""


@dataclass(frozen=True, kw_only=True)
class FilmRequest:
    """A film to be made.

    sources: pictures of the face; words: options of a run as keywords of `x2face.run`; signing: those that sign it
    folder: new folder for the results; output: name of the film in it; extras: files made before, such as a preset
    command: the command line that makes the same film
    """

    sources: Sequence[Path]
    words: Mapping[str, Any]
    folder: Path
    output: str
    command: str
    extras: tuple[Path, ...] = ()
    signing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class FilmTask:
    """A film in the making, or one that waits for its turn.

    done, total: frames, total None if unknown; report: as of `x2face.run`, once it is made
    error: what stopped it; files: results
    """

    request: FilmRequest
    session: Session
    turns: Turns
    done: int = 0
    total: int | None = None
    report: dict[str, Any] | None = None
    error: BaseException | None = None
    files: tuple[Path, ...] = ()
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin as soon as no film is before this one. UsageError if too many wait already."""
        try:
            self.turns.join(self)
        except UsageError:
            self.remove()
            self._ended.set()
            raise
        threading.Thread(target=self._make, name="film", daemon=True).start()

    def cancel(self) -> None:
        """Stop before the next frame, or stop waiting; nothing of the film remains."""
        self._cancelled.set()
        self.turns.look_again()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; returns whether it has come."""
        return self._ended.wait(seconds)

    def remove(self) -> None:
        """Remove all files of the film."""
        shutil.rmtree(self.request.folder, ignore_errors=True)

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def before(self) -> int:
        """Number of films that are made before this one."""
        return self.turns.before(self)

    def _make(self) -> None:
        request = self.request
        film, track = request.folder / request.output, request.folder / "motion.x2v"
        records = {} if request.words.get("source_motion") == "keep" else {"record": str(track)}
        try:
            self.turns.wait(self, unless=self._cancelled.is_set)
            self._stop_if_cancelled()
            self.report = run(
                *request.sources,
                session=self.session,
                progress=self._follow,
                output=str(film),
                manifest=True,
                **records,
                **request.words,
                **request.signing,
            )
            make_portable(manifest := manifest_path(film))
            self.files = tuple(path for path in (film, manifest, track, *request.extras) if path.exists())
        except BaseException as error:  # noqa: BLE001 (shown by the page, whatever it is)
            self.error = error
            self.remove()
        finally:
            self.turns.leave(self)
            self._ended.set()

    def _follow(self, frames: Iterator[Picture], what: str, total: int | None) -> Iterator[Picture]:
        self.total = total
        for frame in frames:
            self._stop_if_cancelled()
            yield frame
            self.done += 1

    def _stop_if_cancelled(self) -> None:
        if self.is_cancelled:
            raise CancelledError("The film was cancelled; nothing of it remains.")
