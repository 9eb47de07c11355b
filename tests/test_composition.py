"""All bundled drivers together: every one has its part, and the order in which they are named does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.model import X2Face
from x2face_core.rendering.pipeline import Animation, animate
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_plugins.activating import load
from x2face_plugins.registry import Registry
from x2face_plugins.specs import DriverSpec
from x2face_testkit import tiny_source

REGISTRY = Registry.load()
BUNDLED = [name for name, offer in REGISTRY.drivers().items() if offer.bundled]
DRIVERS = [name for name in BUNDLED if isinstance(REGISTRY.driver(name).spec, DriverSpec)]
ORDERS = [BUNDLED, BUNDLED[::-1], BUNDLED[1:] + BUNDLED[:1]]

Film = Callable[[Sequence[str]], Animation]


@cache
def portrait() -> torch.Tensor:
    """(1, 3, 128, 128): a public-domain portrait that a dependency carries."""
    from skimage.data import astronaut

    from x2face_core.media.boxes import crop
    from x2face_core.media.faces import find_box
    from x2face_core.pixels import to_tensor

    return to_tensor([crop(astronaut(), find_box(astronaut()), 128)])


@pytest.fixture(params=["tiny", pytest.param("default", marks=pytest.mark.weights)])
def film(request: Any, tmp_path: Path) -> Film:
    """Frames by bundled drivers in a given order, each with its own demo, for half a second at most."""
    source: ModelSource = tiny_source(REGISTRY)
    model = source.model if request.param == "tiny" else X2Face.load(device="cpu")
    settings = {}
    for name in BUNDLED:
        (tmp_path / name).mkdir()
        settings[name] = REGISTRY.driver(name).spec.demo(tmp_path / name)

    def make(names: Sequence[str]) -> Animation:
        loaded = [load(REGISTRY.driver(name), settings[name]) for name in names]
        drivers = [one for one in loaded if isinstance(one, ActiveDriver)]
        overlays = [one for one in loaded if isinstance(one, ActiveOverlay)]
        more = {"load_mapping": source.load_mapping, "load_driver": source.load_driver}
        return animate(model, portrait(), drivers, overlays=overlays, fps=25, seconds=0.5, **more)

    return make


def pictures(animation: Animation) -> np.ndarray:
    return np.stack([frame.picture for frame in animation])


def test_the_order_of_drivers_does_not_matter(film: Film) -> None:
    one, *others = (pictures(film(order)) for order in ORDERS)
    assert len(one) > 1
    for other in others:
        assert np.array_equal(one, other)


def test_every_driver_moves_the_face_and_no_two_are_alike(film: Film) -> None:
    animation = film(BUNDLED)
    list(animation)
    moved = {name: meter.rms for name, meter in zip(DRIVERS, animation.composed.meters, strict=True)}
    assert all(rms > 0 for rms in moved.values()), moved
