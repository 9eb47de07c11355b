"""Settings of the driver."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_plugins import option


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --osc, host is --osc-host."""

    input: int = option(metavar="PORT", min=1, max=65535, help="The UDP port to listen at, such as 9000.")
    host: str = option(
        "127.0.0.1", help="The address to listen at; 0.0.0.0 also hears other machines, whoever they are."
    )
    gain: float = option(1.0, min=0, max=4, help="How much mouth and lids move.")
    mirror: bool = option(False, help="Move as in a mirror: left is right.")
