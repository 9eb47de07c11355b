"""The declarations of this plugin, without heavy imports; the work is in x2face_text.driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import DriverSpec, hookimpl

from x2face_text.settings import Settings

if TYPE_CHECKING:
    from x2face_text.driver import TextDriver


def load(settings: Settings) -> TextDriver:
    from x2face_text.driver import TextDriver

    return TextDriver(settings)


def demo(folder: Path) -> Settings:
    """Write a greeting to a file."""
    path = folder / "greeting.txt"
    path.write_text("Hello there.\n", encoding="utf-8")
    return Settings(input=str(path))


@hookimpl
def x2face_drivers() -> Iterator[DriverSpec]:
    yield DriverSpec(
        name="text",
        summary="Say a text, by eSpeak NG and the driver audio",
        relative=True,
        follows_sound=True,
        settings=Settings,
        load=load,
        demo=demo,
    )
