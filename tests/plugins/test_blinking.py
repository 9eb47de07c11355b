"""Blinks go with speech where nobody else moves the eyes."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.errors import MissingError
from x2face_core.foreign import Owner
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.shaping import Shaping
from x2face_plugins.blinking import LOW, blinks_beside, lack_blinks
from x2face_plugins.registry import Registry


class Anything:
    def drive(self, source: Any) -> Any:
        yield from ()


def driver(name: str, **more: Any) -> ActiveDriver:
    return ActiveDriver.of(Anything(), Owner("driver", name), **more)


SPEECH, FILM = driver("audio", follows_sound=True), driver("frame")


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ((), True),
        ((driver("pose", moves=("pose",)),), True),
        ((FILM,), False),
        ((driver("frame", shaping=Shaping(only=("pose", "mouth"))),), True),
        ((driver("frame", shaping=Shaping(without=("eyes",))),), True),
        ((driver("frame", shaping=Shaping(without=("mouth",))),), False),
        ((driver("arkit", moves=("mouth", "eyes")),), False),
        ((driver("idle", shaping=Shaping(without=("eyes",))),), False),
        ((driver("text", follows_sound=True),), True),
    ],
)
def test_speech_lacks_blinks_where_nobody_may_move_the_eyes(others: tuple[ActiveDriver, ...], wanted: bool) -> None:
    assert lack_blinks([SPEECH, *others]) is wanted
    assert lack_blinks([*others, SPEECH]) is wanted


def test_without_speech_nothing_is_added() -> None:
    assert not lack_blinks([]) and not lack_blinks([FILM]) and not lack_blinks([driver("pose", moves=("pose",))])


def test_what_is_added_is_idle_at_a_low_amount() -> None:
    added = blinks_beside([SPEECH], Registry.load(), {"pose": FirstNumbers(), "eyes": FirstNumbers()}.__getitem__)
    assert added is not None and added.by_default and added.name == "idle"
    assert (added.settings.amount, added.settings.blinks) == (LOW["amount"], LOW["blinks"])


def test_weights_that_cannot_blink_are_left_alone() -> None:
    def mapping(name: str) -> FirstNumbers:
        if name == "eyes":
            raise MissingError("no eyes")
        return FirstNumbers()

    assert blinks_beside([SPEECH], Registry.load(), mapping) is None


@pytest.mark.weights
def test_a_session_s_face_blinks_when_it_speaks_unless_it_is_to_be_still(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    from tests.speaking import hum, write_wav
    from x2face_plugins.session import Session

    monkeypatch.setattr("x2face_plugins.session.finished", lambda frames, portrait, **how: frames)
    write_wav(tmp_path / "speech.wav", hum(np.ones(200)))
    session = Session.load(device="cpu")
    face = session.face(np.full((128, 128, 3), 128, np.uint8), crop="none", size=32)

    def moved(**more: Any) -> float:
        film = session.animate(face, session.driver("audio", input=str(tmp_path / "speech.wav")), seconds=3.5, **more)
        vectors = torch.stack([torch.from_numpy(frame.vector).float() for frame in cast("Any", film)])
        return float(np.ptp(session.factor("eyes").read(vectors)[:, 0].numpy()))

    assert moved() > 3 * moved(still=True)
