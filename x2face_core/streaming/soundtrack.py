"""The choice of the film's sound among those of its drivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from x2face_core.streaming.active import ActiveDriver


@dataclass(frozen=True)
class Soundtrack:
    """The sound of a film.

    path: file with the sound, None for none; remark: note for the user, if there were several to choose from
    track: number from 1; None: chosen automatically
    """

    path: Path | None = None
    remark: str | None = None
    track: int | None = None


def soundtrack(drivers: Sequence[ActiveDriver]) -> Soundtrack:
    """The sound of the first driver that follows its sound, such as speech; else of the first driver that has sound.

    So speech has precedence over the sound of a driving film, in whatever order drivers are named.
    """
    carrying = [one for one in drivers if one.sound is not None]
    if not carrying:
        return Soundtrack()
    chosen = next((one for one in carrying if one.follows_sound), carrying[0])
    others = [one for one in carrying if not _same(one.sound, chosen.sound)]
    if not others:
        return Soundtrack(chosen.sound, track=chosen.sound_track)
    also = " and ".join(f"{one.name}'s ({one.sound})" for one in others)
    return Soundtrack(
        chosen.sound,
        f"The film has {chosen.name}'s sound ({chosen.sound}), not {also}; --sound FILE takes another.",
        chosen.sound_track,
    )


def _same(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and one.absolute() == other.absolute()
