"""Checks of framing: number of faces, faces cut by an edge, size of the face."""

from __future__ import annotations

from x2face_core.media.boxes import Box
from x2face_core.sources.portraits import Portrait
from x2face_core.suitability.findings import Finding, make_finding

CUT = 0.03
"""Largest share of the face's rectangle beyond an edge of the picture before the face counts as cut."""
SMEARED = 0.1
"""Largest share of the crop's side beyond an edge, where the border is replicated."""
SMALLEST = 50
"""Smallest width of a face in pixels; below it pose and mouth are read less accurately (docs/check.md)."""
_EDGES = ("left", "top", "right", "bottom")
_LEAST_SCALE = 1.2  # narrower crops cut chin or hair


def face_count(portrait: Portrait) -> Finding:
    """Whether the picture shows one face, and which one was taken."""
    count, number = portrait.seen
    says = f"{count} faces are there, and number {number} from the left, the most prominent, is taken"
    remedy = f"--face N takes another (1 to {count}, from left to right)"
    return make_finding("faces", count == 1, "one face", says, remedy, count)


def face_size(portrait: Portrait, scale: float) -> Finding:
    """Whether the face is wide enough. scale: side of the crop in sides of the face's rectangle"""
    wide = portrait.face.w if portrait.face else portrait.box.side / scale
    fine = f"the face is {wide:.0f} pixels wide"
    remedy = f"a picture in which it has {SMALLEST} at least is sharper and followed better"
    return make_finding("size", wide >= SMALLEST, fine, f"{fine} only", remedy, wide)


def edges(portrait: Portrait) -> Finding:
    """Whether the face, or too much of its crop, lies beyond an edge of the picture."""
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
    return make_finding("edges", beyond <= SMEARED, "the face has room", says, _narrower(portrait) or remedy, beyond)


def _beyond(box: Box, size: tuple[int, int]) -> tuple[float, str]:
    """The largest share of a box's side that lies beyond an edge, and that edge."""
    width, height = size
    over = (-box.x, -box.y, box.x + box.side - width, box.y + box.side - height)
    most = max(range(4), key=lambda k: over[k])
    return max(0.0, over[most] / box.side), _EDGES[most]


def _narrower(portrait: Portrait) -> str:
    """Advice of a --crop-scale that keeps the crop within the picture; empty if that would cut the face."""
    face = portrait.face
    if face is None or portrait.size is None:
        return ""
    x, y = face.x + face.w / 2, face.y + face.h / 2
    fits = 2 * min(x, y, portrait.size[0] - x, portrait.size[1] - y) / max(face.w, face.h)
    if fits < _LEAST_SCALE:
        return ""
    return f"--crop-scale {int(fits * 10) / 10:g} leaves that out, or take a picture with more room about the face"
