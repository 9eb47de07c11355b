"""The source pictures of the demo: a portrait in the public domain, and a rendered head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from x2face_lab.demo.inputs import PICTURE


@contextmanager
def sources() -> Iterator[dict[str, Path]]:
    """A context with the picture of each source, by name.

    astronaut: Eileen Collins, a portrait by NASA from scikit-image; sitter: rendered by synthetic_head
    """
    from skimage.data import astronaut  # part of the wheel

    from x2face_core.media.images import write_picture

    with TemporaryDirectory(prefix="x2face-") as folder:
        portrait = Path(folder) / "astronaut.png"
        write_picture(portrait, astronaut())
        yield {"astronaut": portrait, "sitter": PICTURE}
