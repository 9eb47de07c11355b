"""Visits: what the studio keeps for an open page, in a folder of its own, until the page is closed."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_core.errors import UsageError
from x2face_web.surroundings import Surroundings

CLOSED = "This page was closed; load it again."
_REMEMBERED = 1000  # pages that were closed
_PATIENCE = 60.0  # seconds that a film gets to notice that its page was closed

if TYPE_CHECKING:
    from torch import Tensor

    from x2face_core.driving import EmbeddedFace
    from x2face_plugins.faces import Face
    from x2face_web.films import FilmTask


@dataclass(eq=False)
class Visit:
    """An open page.

    owner: of the browser, from its cookie; token: part of the addresses of its files; folder: its files
    sources: pictures and films of the face; face: embedded, None before one is loaded
    surroundings: what the preview shows around the face
    small: its embedded face in the size of the preview; painted: the same with paint and overlays
    paint: picture of what is painted on the canvas; offset: (128,), of the sliders
    task: the film being made, or made last
    """

    owner: str
    folder: Path
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    sources: tuple[Path, ...] = ()
    face: Face | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)
    small: EmbeddedFace | None = None
    painted: EmbeddedFace | None = None
    paint: Path | None = None
    offset: Tensor | None = None
    task: FilmTask | None = None
    closed: bool = False
    _beginning: threading.Lock = field(default_factory=threading.Lock)

    def loaded(self) -> Face:
        """The face. UsageError before one is loaded, and once the page is closed."""
        if self.closed:
            raise UsageError(CLOSED)
        if self.face is None:
            raise UsageError("No face is loaded yet; upload a picture of one first.")
        return self.face

    def kept(self, picture: Path, stem: str) -> Path:
        """A copy of an uploaded picture in the visit's folder, under a name that says what it is."""
        (folder := self.folder / picture.parent.name).mkdir(exist_ok=True)
        return Path(shutil.copy(picture, folder / f"{stem}{picture.suffix}"))

    def begin(self, task: FilmTask) -> FilmTask:
        """Begin a film in place of the one before, whose files are removed. UsageError if too many wait already.

        One in the making is cancelled first; one that is ready stays if the new one cannot begin.
        """
        with self._beginning:
            before = self.task
            if before is not None and not before.wait(0):
                before.cancel()
                before.wait()
            if self.closed:
                task.cancel()
            task.start()
            self.task = task
            if before is not None:
                before.remove()
        if self.closed:  # meanwhile
            task.cancel()
        return task

    def cancel(self) -> None:
        """Close the page to new films, and end the one that is being made, soon."""
        self.closed = True
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        """End the film that is being made, and remove all files."""
        self.cancel()
        if self.task is not None:
            self.task.wait(_PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)


class Visits:
    """All open pages by key, which the browser chooses for each of them.

    root: folder in which each visit has its own; most: number of pages that may be open at once
    """

    def __init__(self, root: Path, most: int) -> None:
        self._root, self._most = root, most
        self._visits: dict[str, Visit] = {}
        self._closed: deque[str] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()

    def of(self, key: str, owner: str) -> Visit:
        """The visit of a page, begun if it is new. UsageError if too many are open, or it is somebody else's."""
        with self._lock:
            visit = self._visits.get(key)
            if key in self._closed:  # a call that was under way
                raise UsageError(CLOSED)
            if visit is None:
                visit = self._visits[key] = self._begin(owner)
        if visit.owner != owner:
            raise UsageError("This page was opened by another browser; load it again.")
        return visit

    def _begin(self, owner: str) -> Visit:
        if len(self._visits) >= self._most:
            raise UsageError(f"{self._most} pages are open, the most at once; close one, or come back later.")
        folder = self._root / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return Visit(owner, folder)

    def close(self, key: str) -> str | None:
        """Close a page; returns its owner if that was the owner's last one."""
        with self._lock:
            visit = self._visits.pop(key, None)
            self._closed.append(key)
        if visit is None:
            return None
        visit.close()
        return None if any(one.owner == visit.owner for one in self) else visit.owner

    def close_all(self) -> None:
        """Close all pages; no film that waits for its turn begins meanwhile."""
        for visit in self:
            visit.cancel()
        for key in list(self._visits):
            self.close(key)

    def file(self, token: str, folder: str, name: str, owner: str) -> Path | None:
        """A result of a visit of this owner; None if there is none of that name."""
        for visit in self:
            if _same(visit.token, token) and visit.owner == owner and visit.task is not None:
                files = (path for path in visit.task.files if path.is_file())
                return next((path for path in files if (path.parent.name, path.name) == (folder, name)), None)
        return None

    def __iter__(self) -> Iterator[Visit]:
        return iter(list(self._visits.values()))

    def __len__(self) -> int:
        return len(self._visits)


def _same(secret: str, given: str) -> bool:
    """Whether somebody knows a secret; takes as long for any text, ASCII or not."""
    return secrets.compare_digest(secret.encode(), given.encode("utf-8", "surrogatepass"))
