"""The composition desk: settings that x2face adds to every driver, --NAME-weight, --NAME-start and so on."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_core.bounds import LONGEST
from x2face_core.streaming.shaping import Shaping, names
from x2face_plugins.settings import option
from x2face_plugins.specs import DriverSpec, OverlaySpec


@dataclass(frozen=True)
class DriverDesk:
    """Settings added to a driver; see x2face_core.streaming.shaping.Shaping."""

    weight: float = option(1.0, min=-10, max=10, help="Factor on its motion: 0 is none of it, -1 reverses it.")
    start: float | None = option(None, min=0, max=LONGEST, help="Second at which it starts; fades in over 0.2 s.")
    stop: float | None = option(None, min=0, max=LONGEST, help="Second at which it stops; faded out over 0.2 s.")
    only: tuple[str, ...] = option((), metavar="FACTOR,…", help="Move only these factors, such as pose.")
    without: tuple[str, ...] = option((), metavar="FACTOR,…", help="Leave these factors as they are.")


@dataclass(frozen=True)
class OverlayDesk:
    """Settings added to an overlay, which has no factors."""

    weight: float = option(1.0, min=0, max=1, help="How much of its paint shows.")
    start: float | None = option(None, min=0, max=LONGEST, help="Second at which it appears; fades in over 0.2 s.")
    stop: float | None = option(None, min=0, max=LONGEST, help="Second at which it is gone; faded out over 0.2 s.")


Desk = DriverDesk | OverlayDesk


def desk_of(spec: DriverSpec | OverlaySpec) -> type[Desk]:
    """The settings that the host adds to a driver or an overlay: weight, start, stop; of a driver only and without."""
    return OverlayDesk if isinstance(spec, OverlaySpec) else DriverDesk


def shaping_of(desk: Desk) -> Shaping:
    """The Shaping of desk settings. ValueError for settings that contradict one another."""
    factors = (
        {}
        if isinstance(desk, OverlayDesk)
        else {name: _factors(name, getattr(desk, name)) for name in ("only", "without")}
    )
    return Shaping(weight=desk.weight, start=desk.start, stop=desk.stop, **factors)


def _factors(option: str, given: tuple[str, ...]) -> tuple[str, ...]:
    """Names of factors. ValueError where an option is given and names none."""
    found = names(given)
    if given and not found:
        raise ValueError(f"{option} names no factor; leave the option out, or name one, such as pose")
    return found
