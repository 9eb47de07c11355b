"""Preparation of one photograph: a square crop of its largest face, 256 pixels a side, and its record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.cutting import SIDE
from x2face_core.data.preparing.filming import DOUBTFUL, SMALL, SMALLEST, SUREST, UNMESHED
from x2face_core.data.preparing.inputs import Photograph, folder_name
from x2face_core.data.preparing.records import BROKEN, FACELESS, State, Still, fatal, trouble_of
from x2face_core.data.preparing.tracks import SCALE
from x2face_core.errors import MissingError
from x2face_core.geometry.mesh import FaceMesh
from x2face_core.media.boxes import Box, crop
from x2face_core.media.faces import find_faces
from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.pictures import Picture


@dataclass(frozen=True)
class StillTask:
    """A photograph to process. source: name of the input folder; record: result of an earlier run, or None"""

    photograph: Photograph
    out: Path
    source: str
    landmarks: bool
    record: Still | None = None

    @property
    def due(self) -> bool:
        return self.record is None or (self.landmarks and not self.record.labelled)

    def perform(self) -> Still:
        """Crop the face and label it, skipping what an earlier run did; save the record.

        MissingError where the face mesh is not installed, as that is no fault of the photograph.
        """
        state = State(self.out)
        try:
            record = self.record or self._crop()
            if self.landmarks and not record.labelled:
                record = _label(record, state)
        except MissingError:
            raise
        except BROKEN as error:
            record = Still(self.photograph.key, self.photograph.stamp, trouble=trouble_of(self.photograph.path, error))
        state.save(record)
        return record

    def lost(self) -> Still:
        """The record where the processes that performed this ended."""
        record = Still(self.photograph.key, self.photograph.stamp, trouble=fatal(self.photograph.path))
        State(self.out).save(record)
        return record

    def _crop(self) -> Still:
        known = Still(self.photograph.key, self.photograph.stamp, identity=self.photograph.identity)
        file = f"{folder_name(self.source)}/{self.photograph.name}.jpg"
        target = self.out / "pictures" / file
        target.unlink(missing_ok=True)  # of an earlier state of the photograph
        picture = read_picture(self.photograph.path)
        face = next(iter(find_faces(picture)), None)
        if face is None:
            return replace(known, why=FACELESS)
        if face.score < SUREST:
            return replace(known, why=DOUBTFUL, detail=f"{face.score:.2f}")
        box = Box.around(face, SCALE)
        if box.side < SMALLEST:
            return replace(known, why=SMALL, detail=f"{box.side:.0f} pixels")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_picture(target, crop(picture, box, SIDE))
        return replace(known, file=file, face_pixels=round(face.w), over=round(beyond(box, picture), 3))


def beyond(box: Box, picture: Picture) -> float:
    """How far a box extends beyond the picture, as a share of its side; the largest over the four edges."""
    height, width = picture.shape[:2]
    furthest: float = max(-box.x, -box.y, box.x + box.side - width, box.y + box.side - height, 0.0)
    return furthest / box.side


@cache
def _mesh() -> FaceMesh:
    """One face mesh for each process, as it takes a second to start."""
    return FaceMesh(follows=False)


def _label(record: Still, state: State) -> Still:
    """Label a crop; it is dropped if the mesh finds no face in it."""
    if record.file:
        target = state.out / "pictures" / record.file
        found = _mesh().measure(read_picture(target))
        if found is None:
            target.unlink()
            record = replace(record, file="", why=UNMESHED)
        else:
            state.save_labels(record.key, labelling.still_columns([found]))
    return replace(record, labelled=True)
