"""Pictures of docs/concepts.md, from the demo's own heads: `python docs/images/concepts.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from x2face_core.media.boxes import crop
from x2face_core.media.faces import find_box
from x2face_core.media.video import read_frames
from x2face_core.pixels import to_pictures, to_tensor
from x2face_lab.demo.inputs import FILM, read_truth
from x2face_lab.demo.sources import sources
from x2face_plugins.session import Session

HERE = Path(__file__).parent
SIDE, GAP, LABEL, LINE = 108, 3, 124, 18  # pixels
REST = 0  # the film's frame that counts as rest
MOMENTS = (REST, 30, 64, 80, 88, 128, 152)  # right, left, mouth open, up, tipped


@dataclass(frozen=True)
class Row:
    """Pictures (n, 3, h, w) in [0, 1] beside a label, and what stands below each."""

    label: str
    pictures: Tensor
    below: Sequence[str] = ()


def sheet(rows: Sequence[Row]) -> Image.Image:
    columns = max(len(row.pictures) for row in rows)
    heights = [SIDE + (LINE if row.below else 0) + GAP for row in rows]
    whole = Image.new("RGB", (LABEL + columns * (SIDE + GAP) - GAP, sum(heights) - GAP), "white")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        draw(whole, row, top)
        top += height
    return whole


def draw(whole: Image.Image, row: Row, top: int) -> None:
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(14)
    pen.multiline_text((2, top + SIDE // 2), row.label, "black", font, anchor="lm")
    for k, picture in enumerate(to_pictures(row.pictures)):
        x = LABEL + k * (SIDE + GAP)
        whole.paste(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS), (x, top))
        if row.below:
            pen.text((x + SIDE // 2, top + SIDE + LINE // 2), row.below[k], "black", font, anchor="mm")


def save(name: str, rows: Sequence[Row]) -> None:
    sheet(rows).quantize(160).save(HERE / f"concepts-{name}.png", optimize=True)


class Stage:
    """Two faces and a driving film, as the networks see them.

    moments: ascending frame numbers of the film, the first of them at rest
    driving: (n, 3, h, w), the film's face at these moments; vectors: (n, 128)
    """

    def __init__(self, moments: Sequence[int] = MOMENTS) -> None:
        session = Session.load(device="cpu", dtype="fp32")
        self.model = session.model
        seen = [frame for k, frame in enumerate(read_frames(FILM)) if k in moments]
        box = find_box(seen[0], self.model.dims.crop_scale)
        self.driving = to_tensor(crop(frame, box, 2 * self.model.dims.side) for frame in seen)
        self.vectors = self.model.encode(self.driving)
        self.offsets = self.vectors - self.vectors[:1]
        with sources() as paths:
            self.faces = {name: session.face(path).source for name, path in paths.items()}

    def frames(self, name: str, vectors: Tensor) -> Tensor:
        return self.model.render(self.faces[name].face, vectors)

    def moved(self, name: str, offsets: Tensor) -> Tensor:
        """The face's own vector plus offsets, as pictures."""
        return self.frames(name, self.faces[name].vector + offsets)


def flat(stage: Stage) -> list[Row]:
    """Source, embedded face, and frames sampled from it."""
    rows = []
    for name, source in stage.faces.items():
        small = torch.nn.functional.interpolate
        parts = [source.pictures, source.face.texture[None], stage.moved(name, stage.offsets[[0, 1, 3, 4]])]
        rows.append(Row(name, torch.cat([small(part, (256, 256), mode="area") for part in parts])))
    below = ["source", "embedded face", "v_source", *["v_source + o"] * 3]
    return [*rows[:-1], Row(rows[-1].label, rows[-1].pictures, below)]


def offsets(stage: Stage) -> list[Row]:
    """The same film taken absolutely, and as offsets, by two faces."""
    return [
        Row("a film", stage.driving),
        Row("its vectors,\nas they are", stage.frames("astronaut", stage.vectors)),
        Row("as offsets", stage.moved("astronaut", stage.offsets)),
        Row("as offsets,\nanother face", stage.moved("sitter", stage.offsets)),
    ]


def factors(stage: Stage) -> list[Row]:
    """What the factor pose reads, its part of the motion, and what is left when it is held."""
    pose = stage.faces["astronaut"].factor("pose")
    read = pose.read(stage.vectors)
    written = pose.write(read) - pose.write(read[:1])
    truth = read_truth()
    captions = [f"{read[row, 2]:.0f}° ({truth['yaw'][k]:.0f}°)" for row, k in enumerate(MOMENTS)]
    return [
        Row("a film\nyaw: read (true)", stage.driving, captions),
        Row("all of it:\no", stage.moved("astronaut", stage.offsets)),
        Row("its pose:\nw(r(v)) - w(r(v_0))", stage.moved("astronaut", written)),
        Row("pose held:\nthe rest", stage.moved("astronaut", stage.offsets - written)),
    ]


if __name__ == "__main__":
    with torch.inference_mode():
        here = Stage()
        for make in (flat, offsets, factors):
            save(make.__name__, make(here))
