"""What this plugin brings. x2face imports this module at every start: values only, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl, option

if TYPE_CHECKING:
    from x2face_osc.driver import OscDriver


@dataclass(frozen=True)
class Settings:
    """Each field is an option of `x2face run`: input is --osc, host is --osc-host."""

    input: int = option(metavar="PORT", min=1, max=65535, help="The UDP port to listen at, such as 9000.")
    host: str = option(
        "127.0.0.1", help="The address to listen at; 0.0.0.0 also hears other machines, whoever they are."
    )
    gain: float = option(1.0, min=0, max=4, help="How much mouth and lids move.")
    mirror: bool = option(False, help="Move as in a mirror: left is right.")


def load(settings: Settings) -> OscDriver:
    """Called once the driver is used; here it may take its time."""
    from x2face_osc.driver import OscDriver

    return OscDriver(settings)


def demo(folder: Path) -> Settings:
    """Anybody can try the driver without a sender: it listens at a port that nobody has, and the face is at rest."""
    from x2face_osc.listening import free_port

    return Settings(input=free_port())


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="osc",
        summary="Move live by OSC messages over UDP: head, mouth, lids, and VMC's blendshapes",
        relative=True,
        endless=True,
        live=True,
        settings=Settings,
        load=load,
        demo=demo,
    )
