"""How a face lies in its picture: alone or not, whole or cut by an edge, large or small."""

from __future__ import annotations

from x2face_core.media.boxes import Box
from x2face_core.sources.portraits import Portrait
from x2face_core.suitability.findings import Finding, judged

CUT = 0.03
"""Share of the face's rectangle beyond an edge of the picture from which on the face counts as cut."""
SMEARED = 0.1
"""Share of the crop's side beyond an edge, where the picture's border is repeated."""
SMALLEST = 50
"""Pixels of a face's width: below, poses and mouths are read less well (docs/check.md)."""
_EDGES = ("left", "top", "right", "bottom")
_LEAST_SCALE = 1.2  # crops that are narrower cut the chin or the hair


def face_count(portrait: Portrait) -> Finding:
    """Whether it is the only face; which one was taken."""
    count, number = portrait.seen
    says = f"{count} faces are there, and number {number} from the left, the most prominent, is taken"
    remedy = f"--face N takes another (1 to {count}, from left to right)"
    return judged("faces", count == 1, "one face", says, remedy, count)


def face_size(portrait: Portrait, scale: float) -> Finding:
    """scale: side of the crop in sides of the face's rectangle"""
    wide = portrait.face.w if portrait.face else portrait.box.side / scale
    fine = f"the face is {wide:.0f} pixels wide"
    remedy = f"a picture in which it has {SMALLEST} at least is sharper and followed better"
    return judged("size", wide >= SMALLEST, fine, f"{fine} only", remedy, wide)


def edges(portrait: Portrait) -> Finding:
    """Whether the picture's edge cuts the face, or comes so close that the crop reaches beyond it."""
    if portrait.size is None:
        return Finding("edges", "ok", "nothing is known of the picture around")
    face, remedy = portrait.face, "a picture with more room about the face shows all of it"
    if face is not None:
        beyond, edge = _beyond(Box(face.x, face.y, face.w), portrait.size)
        if beyond > CUT:
            return Finding(
                "edges", "warn", f"the {edge} edge cuts off {beyond:.0%} of the face", remedy, round(beyond, 4)
            )
    beyond, edge = _beyond(portrait.box, portrait.size)
    says = f"{beyond:.0%} of the crop lies beyond the {edge} edge and shows the border smeared"
    return judged("edges", beyond <= SMEARED, "the face has room", says, _narrower(portrait) or remedy, beyond)


def _beyond(box: Box, size: tuple[int, int]) -> tuple[float, str]:
    """The largest share of a box's side that lies beyond an edge, and which edge."""
    width, height = size
    over = (-box.x, -box.y, box.x + box.side - width, box.y + box.side - height)
    most = max(range(4), key=lambda k: over[k])
    return max(0.0, over[most] / box.side), _EDGES[most]


def _narrower(portrait: Portrait) -> str:
    """The scale at which the crop stays within the picture, where a face still fits."""
    face = portrait.face
    if face is None or portrait.size is None:
        return ""
    x, y = face.x + face.w / 2, face.y + face.h / 2
    fits = 2 * min(x, y, portrait.size[0] - x, portrait.size[1] - y) / max(face.w, face.h)
    if fits < _LEAST_SCALE:
        return ""
    return f"--crop-scale {int(fits * 10) / 10:g} leaves that out, or take a picture with more room about the face"
