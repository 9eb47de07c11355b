"""Drivers, overlays and mappings made by hand: good ones, and what makes a bad one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from x2face_core.errors import X2FaceError
from x2face_core.foreign import Owner, call_foreign
from x2face_plugins import Chunk, DriverSpec, EmbeddedFace, InputError, MappingSpec, OverlaySpec, option
from x2face_plugins.loading import Plugin
from x2face_plugins.registry import Registry
from x2face_testkit import tiny_source
from x2face_testkit.choosing import checks_of

Drive = Callable[[Any, Any], Iterator[Chunk]]


@dataclass(frozen=True)
class Settings:
    input: Path = option(help="A file with how many rows there shall be.")
    size: float = option(0.1, help="How far.", min=0, max=1)


def demo(folder: Path) -> Settings:
    path = folder / "rows.txt"
    path.write_text("7")
    return Settings(path)


def read(path: Path) -> int:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no number of rows ({error}).") from error


def good(driver: Any, source: Any) -> Iterator[Chunk]:
    """As many rows of offsets as the file says, by rng."""
    rng = torch.Generator().manual_seed(source.seed)
    for _ in range(read(driver.settings.input)):
        yield Chunk(driver.settings.size * torch.randn(1, 128, generator=rng), 20.0)


def driver_of(drive: Drive = good, *, attributes: dict[str, Any] | None = None, **declared: Any) -> DriverSpec:
    """A driver that drives so. told: attributes that it has once loaded"""
    kind = type("Handmade", (), {"__init__": _keep, "drive": drive, **(attributes or {})})
    return DriverSpec(**{**dict(name="hand", summary="By hand", relative=True, settings=Settings, load=kind,
                                demo=demo), **declared})  # fmt: skip


def _keep(self: Any, settings: Any) -> None:
    self.settings = settings


def overlay_of(edit: Callable[..., Any], **declared: Any) -> OverlaySpec:
    kind = type("Handmade", (), {"__init__": _keep, "edit": edit})
    return OverlaySpec(**{**dict(name="hand", summary="By hand", settings=Settings, load=kind, demo=demo), **declared})


class Linear:
    """A factor: the vector's first two numbers."""

    def __init__(self) -> None:
        self.scale = torch.ones(1)

    def write(self, values: torch.Tensor) -> torch.Tensor:
        return torch.cat([values * self.scale, torch.zeros(len(values), 126)], dim=1)

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[:, :2] / self.scale

    def examples(self, folder: Path, film: Any) -> Iterator[Any]:
        for path in sorted(folder.glob("*.mp4")):
            vectors, _ = film(path)
            yield vectors[:, :2] / 3, vectors

    def fit(self, examples: Any) -> dict[str, float]:
        x, v = (torch.cat(part) for part in zip(*examples, strict=True))
        self.scale = (v[:, :1].std() / x[:, :1].std()).reshape(1)
        return {"scale": float(self.scale)}

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"scale": self.scale}

    def load_state_dict(self, state: Any) -> None:
        self.scale = state["scale"]


def mapping_of(members: dict[str, Any] | None = None, **declared: Any) -> MappingSpec:
    """Linear, but for the members given."""
    kind = type("Handmade", (Linear,), members or {})
    return MappingSpec(**{**dict(name="hand", summary="By hand", labels=("x", "y"), units=("1", "1"), load=kind,
                                 factor=True, demo=lambda folder: (folder / "a.mp4").touch()), **declared})  # fmt: skip


def registry_of(*specs: Any) -> Registry:
    drivers = tuple(spec for spec in specs if not isinstance(spec, MappingSpec))
    mappings = tuple(spec for spec in specs if isinstance(spec, MappingSpec))
    return Registry([Plugin(name="hand", dist="acme-hand", version="1.0", drivers=drivers, mappings=mappings)])


def source_of(*specs: Any) -> Any:
    return tiny_source(registry_of(*specs))


def brighter(self: Any, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
    read(self.settings.input)
    return replace(face, texture=face.texture * 0.9 + 0.1)


def broken_by(spec: Any, folder: Path) -> set[str]:
    """The promises that a spec breaks."""
    return {check.__name__ for check in checks_of(spec) if breaks(spec, check.__name__, folder / check.__name__)}


def breaks(spec: Any, promise: str, folder: Path) -> bool:
    """Whether a spec breaks that promise, by any kind of failure."""
    (check,) = [check for check in checks_of(spec) if check.__name__ == promise]
    folder.mkdir(exist_ok=True)
    try:
        call_foreign(Owner("driver", "it"), lambda: check(spec, source_of(spec), folder))
    except X2FaceError:
        return True
    return False
