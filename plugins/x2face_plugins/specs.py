"""What a plugin says of each thing it brings. Values only: nothing is loaded before it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import click

    from x2face_core.driving import Driver, Mapping, Overlay

API = 1


@dataclass(frozen=True, kw_only=True)
class DriverSpec:
    """Something that moves the face: it yields driving vectors.

    name: letters, digits and _, a letter first; what follows `--driver`, and how its options begin
    summary: one line for `x2face drivers`
    settings: a frozen dataclass, each field an option of the command line; see `option`
    load: settings to a driver; heavy libraries are imported here and not before
    demo: an empty folder to settings that work at once, from a tiny input which it writes into that folder; None where
        settings work as they are, with the defaults of all their fields
    relative: it yields offsets to the source's vector, not vectors
    holds: names of factors that its offsets leave as they are, such as "pose"
    moves: names of the factors that it moves, where it moves nothing else; () where it may move anything
    follows_sound: it moves to the sound that it carries, so that sound goes before one that a film happens to have
    endless: it never stops of its own accord
    live: it waits for the world, and the newest row counts
    api: the form of this interface that the plugin was written for
    """

    role: ClassVar[str] = "driver"

    name: str
    summary: str
    settings: type[Any]
    load: Callable[[Any], Driver]
    relative: bool
    demo: Callable[[Path], Any] | None = None
    holds: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    follows_sound: bool = False
    endless: bool = False
    live: bool = False
    api: int = API

    @property
    def kind(self) -> str:
        return "offset" if self.relative else "absolute"


@dataclass(frozen=True, kw_only=True)
class OverlaySpec:
    """Something that paints on the embedded face.

    name, summary, settings, demo, api: as of DriverSpec
    load: settings to an overlay
    moving: its picture changes with time, so it is asked again for each frame; the loaded overlay may carry its own
    """

    role: ClassVar[str] = "overlay"
    kind: ClassVar[str] = "overlay"

    name: str
    summary: str
    settings: type[Any]
    load: Callable[[Any], Overlay]
    demo: Callable[[Path], Any] | None = None
    moving: bool = False
    api: int = API


@dataclass(frozen=True, kw_only=True)
class MappingSpec:
    """A learned map from something measured to driving vectors, which drivers ask for by name.

    name, summary, api: as of DriverSpec
    labels: what each measured number is, in order, such as ("roll", "pitch", "yaw")
    units: the unit of each
    load: an unfitted mapping; the host loads its numbers
    files: fitted ones that the plugin ships
    factor: it reads a vector too, so its part of one can be held
    demo: an empty folder to one that `examples` reads, tiny; the films in it may be empty files, as the test kit
        answers for films; without one the kit fits to numbers of its own
    """

    role: ClassVar[str] = "mapping"
    kind: ClassVar[str] = "mapping"

    name: str
    summary: str
    labels: tuple[str, ...]
    units: tuple[str, ...]
    load: Callable[[], Mapping]
    files: tuple[Path, ...] = ()
    factor: bool = False
    demo: Callable[[Path], Any] | None = None
    api: int = API


@dataclass(frozen=True, kw_only=True)
class CommandSpec:
    """A command that a plugin added to the group which `x2face_commands` was given."""

    role: ClassVar[str] = "command"
    kind: ClassVar[str] = "command"

    name: str
    command: click.Command

    @property
    def summary(self) -> str:
        return self.command.get_short_help_str(100)


Spec = DriverSpec | OverlaySpec | MappingSpec
