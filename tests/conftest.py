"""What several rooms' tests share: a real pair of networks, tiny and untrained."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from x2face_core.model import X2Face

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a script's background; programs that tests start inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny_model() -> X2Face:
    """Untrained networks; the reading is a vector's first seven numbers."""
    import torch

    from x2face_core.model import X2Face
    from x2face_core.networks.dims import Dims
    from x2face_core.networks.x2face import X2FaceNetworks
    from x2face_core.weights import WeightsInfo

    torch.manual_seed(0)
    dims = Dims(side=32, flow_side=16, width=4, padding="border")
    info = WeightsInfo("tiny", "light", dims.to_dict(), "0" * 16, "0" * 64, {})
    return X2Face(X2FaceNetworks(dims), info, reading=(torch.eye(7, 128), torch.zeros(7), torch.ones(7)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs clips, a device or an extra that are not there; a browser is for `-m browser` alone."""
    if "browser" not in config.option.markexpr:
        shown = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=shown)
        items[:] = [item for item in items if item not in shown]
    for item in items:
        if item.get_closest_marker("shared") and _shared_folder() is None:
            item.add_marker(pytest.mark.skip(reason="no ../shared and no $X2FACE_SHARED"))
        if item.get_closest_marker("landmarks") and find_spec("mediapipe") is None:
            item.add_marker(pytest.mark.skip(reason="the extra `landmarks` is not installed"))
        if item.get_closest_marker("scale") and find_spec("distributed") is None:
            item.add_marker(pytest.mark.skip(reason="the extra `scale` is not installed"))
        if item.get_closest_marker("engines") and not all(map(find_spec, ("openvino", "onnxruntime", "onnx"))):
            item.add_marker(pytest.mark.skip(reason="the extras `openvino` and `onnxruntime` are not installed"))
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
