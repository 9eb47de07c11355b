"""The scenes of the demo. Add a line here for the film of a new driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x2face_lab.demo.inputs import FILM, SPEECH

ASTRONAUT, SITTER = "astronaut", "sitter"

Settings = Mapping[str, Mapping[str, Any]]

TURN = {"yaw": "0,18,-18,0,0,0,0", "pitch": "0,0,0,0,13,-13,0", "seconds": 5.0}
NOD = {"yaw": "0,14,-4,-14,4,10,-8,0", "roll": "0,3,-6,5,0,-5,3,0", "seconds": 7.5}
LEAN = {"roll": "0,13,-13,0,0,0", "yaw": "0,0,0,18,-18,0", "seconds": 5.0}


@dataclass(frozen=True)
class Scene:
    """One film for each of the sources.

    settings: values of each driver's settings, by its name
    seconds: length of the film; None: that of the drivers; compare: show source and driving picture too
    """

    name: str
    settings: Settings
    sources: tuple[str, ...] = (ASTRONAUT, SITTER)
    seconds: float | None = None
    compare: bool = False

    def keywords(self) -> dict[str, Any]:
        """The settings as keywords of `x2face.run`."""
        fields = [(name, field, value) for name, of in self.settings.items() for field, value in of.items()]
        options = {name if field == "input" else f"{name}_{field}": value for name, field, value in fields}
        return {"driver": list(self.settings), **options}

    def films(self) -> Iterator[tuple[str, str]]:
        """Pairs of source name and file name of its film."""
        for source in self.sources:
            yield source, f"{source}-{self.name}.mp4"


def scenes(paint: Path) -> tuple[Scene, ...]:
    """All scenes. paint: layer or preset for the edit overlay"""
    film, speech, layer = {"input": str(FILM)}, {"input": str(SPEECH)}, {"input": paint}
    return (
        Scene("frame", {"frame": film}, compare=True),
        Scene("pose", {"pose": TURN}),
        Scene("audio", {"audio": speech}),
        Scene("idle", {"idle": {}}, (ASTRONAUT,), seconds=5.0),
        Scene("edit", {"edit": layer, "pose": LEAN}),
        Scene("together", {"audio": speech, "pose": NOD, "idle": {}, "edit": layer}),
    )


def playable(candidates: Iterable[Scene], drivers: Iterable[str]) -> list[Scene]:
    """The scenes whose drivers are all installed."""
    installed = set(drivers)
    return [scene for scene in candidates if installed.issuperset(scene.settings)]
