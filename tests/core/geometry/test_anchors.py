"""Named places of the embedded face."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from x2face_core.geometry.anchors import ANCHORS, anchors_of
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import save_weights

NAMES = ("forehead", "left_cheek", "right_cheek", "nose", "chin", "left_eye", "right_eye", "mouth")


def layout() -> torch.Tensor:
    """All landmarks in the middle but for the left eye, the brows' inner ends and the hair line."""
    points = torch.zeros(71, 3)
    points[36:42] = torch.tensor([[-0.6, -0.1, 9.0], [-0.5, -0.2, 9], [-0.4, -0.2, 9], [-0.3, -0.1, 9],
                                  [-0.4, 0.0, 9], [-0.5, 0.0, 9]])  # fmt: skip
    points[[21, 22], 1], points[69, 1] = -0.2, -0.7
    return points


def test_all_anchors_have_a_place() -> None:
    assert tuple(anchors_of(layout())) == ANCHORS == NAMES


def test_an_eye_is_the_middle_of_its_six_landmarks() -> None:
    assert anchors_of(layout())["left_eye"] == pytest.approx((-0.45, -0.1))


def test_the_forehead_is_between_brows_and_hair() -> None:
    assert anchors_of(layout())["forehead"] == pytest.approx((0, -0.4))


def test_weights_without_a_layout_have_no_anchors() -> None:
    assert anchors_of(None) == {}


def test_an_embedded_face_knows_the_anchors_of_its_weights(tmp_path: Path) -> None:
    dims = Dims(side=32, flow_side=16, width=4, padding="border")
    networks = X2FaceNetworks(dims)
    info = {"name": "tiny", "preset": "light", "dims": dims.to_dict(), "parameters": {}}
    for name, more in (("without", {}), ("with", {"layout": layout()})):
        save_weights(tmp_path / f"{name}.safetensors", networks.state_dict() | more, info)
        model = X2Face.load(tmp_path / f"{name}.safetensors")
        assert model.embed(torch.rand(1, 3, 32, 32)).anchors == anchors_of(more.get("layout"))


@pytest.mark.weights
def test_anchors_of_the_default_weights_lie_as_in_a_face_seen_from_the_front() -> None:
    x, y = ({name: place[k] for name, place in X2Face.load().anchors.items()} for k in (0, 1))
    assert -1 < y["forehead"] < y["left_eye"] < y["nose"] < y["mouth"] < y["chin"] < 1
    assert x["left_cheek"] < -0.1 < x["nose"] < 0.1 < x["right_cheek"]
    assert x["left_eye"] == pytest.approx(-x["right_eye"], abs=0.01)
