"""Specs: the declarations of drivers, overlays, mappings and commands, as values. Nothing is loaded before use."""

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
    """Declaration of a driver, which moves the face by driving vectors.

    name: lower-case letters, digits and _, a letter first; value of `--driver`, and prefix of its options
    summary: one line for `x2face drivers`
    settings: a frozen dataclass, each field an option of the command line; see `option`
    load: from settings to a driver; heavy libraries are imported here, not earlier
    demo: from an empty folder to working settings, writing a tiny input into that folder; None if the default settings
        work
    relative: it yields offsets from the source's vector, not driving vectors
    holds: names of factors that its offsets must not change, such as "pose"
    moves: names of the only factors that its offsets change; (): not limited
    follows_sound: it moves to its sound, which takes precedence over the sound of a driving film
    endless: it does not end by itself
    live: it follows an input in real time, and its latest row counts
    api: version of this interface that the plugin was written for
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
    """Declaration of an overlay, which edits the embedded face.

    name, summary, settings, demo, api: as of DriverSpec
    load: from settings to an overlay
    moving: it changes with time, so `edit` is called for each frame; an attribute of the loaded overlay overrides it
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
    """Declaration of a mapping, a learned map from numbers to driving vectors, which drivers get by name.

    name, summary, api: as of DriverSpec
    labels: names of its numbers in order, such as ("roll", "pitch", "yaw")
    units: unit of each number
    load: makes an unfitted mapping, whose state the host then loads
    files: fitted mappings that the plugin ships
    factor: it also reads vectors, so that its part of an offset can be taken out or alone
    demo: fills an empty folder with tiny data for `examples`; films in it may be empty files, as the test kit replaces
        their content; without it the kit fits to synthetic numbers
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
    """A command that a plugin added by the hook `x2face_commands`."""

    role: ClassVar[str] = "command"
    kind: ClassVar[str] = "command"

    name: str
    command: click.Command

    @property
    def summary(self) -> str:
        return self.command.get_short_help_str(100)


Spec = DriverSpec | OverlaySpec | MappingSpec
