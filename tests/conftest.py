"""What several rooms' tests share: a real pair of networks, tiny and untrained."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest


@dataclass
class TinyModel:
    """Untrained networks of the real kind with X2Face's methods; reads the first seven numbers of a vector."""

    networks: Any
    name: str = "tiny"
    fingerprint: str = "0" * 16
    device: str = "cpu"
    dtype: str = "torch.float32"

    @property
    def dims(self) -> Any:
        return self.networks.dims

    @property
    def reading_scale(self) -> Any:
        import torch

        return torch.ones(7)

    def embed(self, pictures: Any) -> Any:
        import torch

        from x2face_core.driving import EmbeddedFace

        with torch.inference_mode():
            return EmbeddedFace(self.networks.embed(pictures)[0].mean(dim=0))

    def encode(self, pictures: Any) -> Any:
        import torch

        with torch.inference_mode():
            return self.networks.encode(pictures)

    def render(self, face: Any, vectors: Any) -> Any:
        return self.networks.render(face.texture, vectors)

    def read(self, vectors: Any) -> Any:
        return vectors[:, :7]


@pytest.fixture(scope="session")
def tiny_model() -> TinyModel:
    import torch

    from x2face_core.networks.dims import Dims
    from x2face_core.networks.x2face import X2FaceNetworks

    torch.manual_seed(0)
    networks = X2FaceNetworks(Dims(side=32, flow_side=16, width=4, padding="border")).eval().requires_grad_(False)
    return TinyModel(networks)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs clips or a device that are not there."""
    for item in items:
        if item.get_closest_marker("shared") and _shared_folder() is None:
            item.add_marker(pytest.mark.skip(reason="no ../shared and no $X2FACE_SHARED"))
        if item.get_closest_marker("gpu") and not _has_gpu():
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))


def _shared_folder() -> Path | None:
    """The clips' folder: $X2FACE_SHARED, else the one named shared beside the checkout."""
    folder = Path(os.environ.get("X2FACE_SHARED") or Path(__file__).parents[2] / "shared")
    return folder if folder.is_dir() else None


@cache
def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture
def shared_folder() -> Path:
    """For tests marked `shared`."""
    folder = _shared_folder()
    assert folder is not None
    return folder


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """install(dist, text, entry, version) makes a distribution whose entry point names a module of that text.

    A real one, if tiny: a module and a .dist-info on the path is all that importlib.metadata asks for.
    """
    site = tmp_path_factory.mktemp("site")
    monkeypatch.delenv("X2FACE_PLUGINS", raising=False)
    monkeypatch.syspath_prepend(site)
    modules = []

    def make(dist: str, text: str, entry: str | None = None, version: str = "1.0") -> None:
        module = f"installed_{dist.replace('-', '_')}"
        (site / f"{module}.py").write_text(text)
        info = site / f"{dist.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[x2face]\n{entry or dist} = {module}\n")
        modules.append(module)

    yield make
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def face_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn, labelled face tracks of six people, as docs/data.md has them: four to train, one to judge, one to test."""
    from .tracks import write_tracks

    return write_tracks(tmp_path_factory.mktemp("tracks"))
