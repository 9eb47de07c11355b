"""Driving by a camera in real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from x2face_frame.settings import Settings
from x2face_plugins import Chunk, Source
from x2face_plugins.mappings.measured import MeasuringEncoder
from x2face_plugins.mappings.transferring import Transfer
from x2face_plugins.media import Box, Picture, crop, find_faces, read_camera, to_tensor

FPS = 25.0


def drive_by_camera(
    settings: Settings,
    source: Source,
    encoder: Source | MeasuringEncoder,
    transfer: Callable[[Source, Tensor], Transfer] | None,
    found: Callable[[Box], None],
) -> Iterator[Chunk]:
    """Yield a chunk of one row for each picture, endlessly; the first one with a face is the rest frame.

    encoder: encodes the pictures
    transfer: makes offsets from the source and the rest vector (128,); None: vectors as they are
    found: called with the crop box from that picture
    """
    box: Box | None = None
    motion: Transfer | None = None
    for picture in read_camera(int(settings.input)):
        if box is None:
            box = _find(picture, settings.crop, source.crop_scale)
            if box is None:
                continue
            found(box)
        vector = encoder.encode(to_tensor([crop(picture, box, source.side)]))
        if motion is None and transfer is not None:
            motion = transfer(source, vector[0])
        shown = to_tensor([crop(picture, box, source.pictures.shape[-1])]) if source.pictures_wanted else None
        yield Chunk(vector if motion is None else motion(vector), FPS, shown)


def _find(picture: Picture, crop_at: str, scale: float) -> Box | None:
    if crop_at != "auto":
        return Box.given(crop_at, picture.shape[1], picture.shape[0], "the camera's picture")
    faces = find_faces(picture)
    return Box.around(faces[0], scale) if faces else None
