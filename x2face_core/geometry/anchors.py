"""Anchors: named points of the embedded face, computed from the canonical layout of the landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from x2face_core.geometry.landmarks import POINTS

if TYPE_CHECKING:
    from torch import Tensor

_HAIRLINE, _TIP_OF_NOSE, _EDGE_OF_CHIN = 69, 30, 8  # indices as in geometry.landmarks
_PLACES: dict[str, tuple[tuple[int, float], ...]] = {
    "forehead": ((21, 0.3), (22, 0.3), (_HAIRLINE, 0.4)),  # a little closer to the brows than to the hairline
    "left_cheek": ((2, 0.25), (31, 0.25), (36, 0.25), (48, 0.25)),  # between ear, nose, eye and mouth
    "right_cheek": ((14, 0.25), (35, 0.25), (45, 0.25), (54, 0.25)),
    "nose": ((_TIP_OF_NOSE, 1.0),),
    "chin": ((57, 0.5), (_EDGE_OF_CHIN, 0.5)),  # half-way from the lower lip down
    "left_eye": tuple((point, 1 / 6) for point in range(36, 42)),
    "right_eye": tuple((point, 1 / 6) for point in range(42, 48)),
    "mouth": tuple((point, 1 / 20) for point in range(48, 68)),
}
ANCHORS = tuple(_PLACES)
"""Names of the anchors. Left and right are those of the picture: left_eye is the person's right eye."""


def anchors_of(layout: Tensor | None) -> dict[str, tuple[float, float]]:
    """Each anchor's x and y in normalised coordinates (-1..1, y downwards); empty without a layout.

    layout: (71, 2 or 3) landmarks of the embedded face in normalised coordinates
    """
    if layout is None or len(layout) != POINTS:
        return {}
    points = layout[:, :2].double()
    anchors = {}
    for name, parts in _PLACES.items():
        shares = points.new_tensor([share for _, share in parts])
        x, y = (shares @ points[[point for point, _ in parts]]).tolist()
        anchors[name] = (x, y)
    return anchors
