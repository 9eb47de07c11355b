"""What a driver carries beside its motion is checked like its vectors."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.driving import EmbeddedFace
from x2face_core.errors import PluginError
from x2face_core.foreign import Owner
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay

NOD = Owner("driver", "nod", "acme", "1.0")


class Nod:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__ |= attributes

    def drive(self, source: Any) -> Any:
        yield from ()


@pytest.mark.parametrize(
    ("attributes", "read"),
    [
        ({"endless": "yes"}, None),
        ({"relative": 1}, None),
        ({"live": []}, None),
        ({"holds": "pose"}, None),
        ({"holds": (1,)}, None),
        ({"sound": 7}, None),
        ({"frames": "many"}, "frames"),
        ({"frames": float("nan")}, "frames"),
        ({"frames": 2.5}, "frames"),
        ({"frames": -1}, "frames"),
        ({"frames": 1e300}, "frames"),
        ({"box": 5}, "box"),
        ({"box": (1, 2, 3)}, "box"),
        ({"box": (1, 2, 3, float("inf"))}, "box"),
        ({"box": (1, 2, 3, "wide")}, "box"),
        ({"warnings": 7}, "warnings"),
    ],
)
def test_what_is_not_of_its_kind_is_its_owner_s_fault(attributes: dict[str, Any], read: str | None) -> None:
    (name,) = attributes
    with pytest.raises(PluginError, match=f"The driver 'nod' of acme 1.0 carries {name}="):
        driver = ActiveDriver.of(Nod(**attributes), NOD)
        assert read is None or getattr(driver, read) is not attributes


def test_what_is_of_its_kind_is_taken() -> None:
    driver = ActiveDriver.of(
        Nod(endless=True, holds=["pose"], sound="a.wav", frames=np.int64(7), box=torch.ones(4), warnings=["a", "a"]),
        NOD,
    )
    assert (driver.endless, driver.holds, driver.sound) == (True, ("pose",), Path("a.wav"))
    assert (driver.frames, list(driver.box or ()), driver.warnings) == (7, [1, 1, 1, 1], ["a"])
    bare = ActiveDriver.of(Nod(), NOD)
    assert (bare.frames, bare.box, bare.sound, bare.warnings) == (None, None, None, [])


def test_an_attribute_that_fails_when_it_is_read_is_its_owner_s_fault() -> None:
    class Broken(Nod):
        @property
        def frames(self) -> int:
            return 1 // 0

    with pytest.raises(PluginError, match="The driver 'nod' of acme 1.0 failed: ZeroDivisionError"):
        _ = ActiveDriver.of(Broken(), NOD).frames


def test_warnings_are_counted_and_do_not_flood() -> None:
    def forever() -> Any:
        while True:
            yield "again"

    assert ActiveDriver.of(Nod(warnings=forever()), NOD).warnings == ["again"]
    many = ActiveDriver.of(Nod(warnings=[f"no. {k}" for k in range(50)]), NOD).warnings
    assert many[:20] == [f"no. {k}" for k in range(20)]
    assert many[20:] == ["driver 'nod' of acme 1.0 warned 30 times more."]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_a_texture_of_no_colours_is_refused(value: float) -> None:
    face = EmbeddedFace(torch.zeros(3, 4, 4), {})
    painted = EmbeddedFace(torch.full((3, 4, 4), value), {})
    overlay: Any = SimpleNamespace(edit=lambda face, seconds: painted)
    with pytest.raises(PluginError, match="gave back a texture with numbers that are not finite, or beyond all use"):
        ActiveOverlay.of(overlay, Owner("overlay", "paint", "acme")).on(face, 0.0)
