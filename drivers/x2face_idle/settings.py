"""Settings of the idle driver."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """The strength of the motion."""

    amount: float = option(
        1.0, min=0, max=3, help="How far the head sways and the lids close: 0 is still, 1 as people do at rest."
    )
    blinks: float | None = option(None, min=0, max=3, help="How far the lids close; by default as --idle-amount.")
