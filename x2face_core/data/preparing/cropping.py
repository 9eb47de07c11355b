"""One photograph: its largest face as a square of 256 pixels, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.cutting import SIDE
from x2face_core.data.preparing.filming import DOUBTFUL, SMALL, SMALLEST, SUREST, UNMESHED
from x2face_core.data.preparing.inputs import Photograph, folder_name
from x2face_core.data.preparing.records import BROKEN, FACELESS, State, Still, trouble_of
from x2face_core.data.preparing.tracks import SCALE
from x2face_core.geometry.mesh import FaceMesh
from x2face_core.media.boxes import Box, crop
from x2face_core.media.faces import find_faces
from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.pictures import Picture


@dataclass(frozen=True)
class StillTask:
    """What is to be done with a photograph. source: the input's name; record: what was done before, or None."""

    photograph: Photograph
    out: Path
    source: str
    landmarks: bool
    record: Still | None = None

    @property
    def due(self) -> bool:
        return self.record is None or (self.landmarks and not self.record.labelled)

    def perform(self) -> Still:
        """Crop the face unless that was done, label it where asked, and note what became of it."""
        state = State(self.out)
        try:
            record = self.record or self._crop()
            if self.landmarks and not record.labelled:
                record = _label(record, state)
        except BROKEN as error:
            record = Still(self.photograph.key, self.photograph.stamp, trouble=trouble_of(self.photograph.path, error))
        state.save(record)
        return record

    def _crop(self) -> Still:
        known = Still(self.photograph.key, self.photograph.stamp, identity=self.photograph.identity)
        file = f"{folder_name(self.source)}/{self.photograph.name}.jpg"
        place = self.out / "pictures" / file
        place.unlink(missing_ok=True)  # of an earlier state of the photograph
        picture = read_picture(self.photograph.path)
        face = next(iter(find_faces(picture)), None)
        if face is None:
            return replace(known, why=FACELESS)
        if face.score < SUREST:
            return replace(known, why=DOUBTFUL, detail=f"{face.score:.2f}")
        box = Box.around(face, SCALE)
        if box.side < SMALLEST:
            return replace(known, why=SMALL, detail=f"{box.side:.0f} pixels")
        place.parent.mkdir(parents=True, exist_ok=True)
        write_picture(place, crop(picture, box, SIDE))
        return replace(known, file=file, face_pixels=round(face.w), over=round(beyond(box, picture), 3))


def beyond(box: Box, picture: Picture) -> float:
    """Share of a box's side by which it reaches over the picture's edge, where it does so furthest."""
    height, width = picture.shape[:2]
    furthest: float = max(-box.x, -box.y, box.x + box.side - width, box.y + box.side - height, 0.0)
    return furthest / box.side


@cache
def _mesh() -> FaceMesh:
    """One a process: a mesh takes a second to start."""
    return FaceMesh(follows=False)


def _label(record: Still, state: State) -> Still:
    """Measure a crop; one in which the mesh finds no face is dropped."""
    if record.file:
        place = state.out / "pictures" / record.file
        found = _mesh().measure(read_picture(place))
        if found is None:
            place.unlink()
            record = replace(record, file="", why=UNMESHED)
        else:
            state.save_labels(record.key, labelling.still_columns([found]))
    return replace(record, labelled=True)
