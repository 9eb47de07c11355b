"""`x2face embed` and `x2face run --embedded`, with tiny untrained networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.films import drawn
from x2face_core.media.images import read_picture, write_picture
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import WeightsInfo


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with source.png and frames/, and networks that load at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", drawn(4))
    (tmp_path / "frames").mkdir()
    for k in range(4):
        write_picture(f"frames/{k}.png", drawn(k))
    return tmp_path


RUN = ("run", "-s", "source.png", "--crop", "none", "--size", "64", "--frame", "frames", "--frame-crop", "none")


def frames(folder: str) -> np.ndarray:
    return np.stack([read_picture(path) for path in sorted(Path(folder).iterdir())]).astype(int)


def test_the_embedded_face_is_a_picture_of_the_size_asked_for(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face("embed", "-s", "source.png", "--crop", "none", "--size", "96", "-o", "new/face.png")
    assert result == (0, "new/face.png\n", "")
    assert read_picture("new/face.png").shape == (96, 96, 3)


def test_without_an_output_it_is_called_after_the_source(place: Path, x2face: Callable[..., Any]) -> None:
    assert x2face("embed", "-s", "source.png", "--crop", "none").out == "outputs/source--embedded.png\n"


def test_a_film_of_the_picture_is_the_film_of_the_source(place: Path, x2face: Callable[..., Any]) -> None:
    assert x2face("embed", "-s", "source.png", "--crop", "none", "--size", "64", "-o", "face.png").code == 0
    assert x2face(*RUN, "-o", "plain/").code == 0
    assert x2face(*RUN, "--embedded", "face.png", "-o", "again/").code == 0
    assert np.abs(frames("plain") - frames("again")).max() <= 1


def test_what_was_painted_on_it_is_in_the_film(place: Path, x2face: Callable[..., Any]) -> None:
    Image.new("RGB", (64, 64), (10, 200, 30)).save("face.png")
    assert x2face(*RUN, "--embedded", "face.png", "-o", "green/").code == 0
    assert (frames("green") == [10, 200, 30]).all()


def test_completion_is_shown_and_can_be_left_out(
    place: Path, x2face: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that paints black what the source does not show."""
    model = completing()
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: model)
    embed = ("embed", "-s", "source.png", "--crop", "none", "--size", "64")
    assert x2face(*embed, "-o", "painted.png").code == 0
    assert x2face(*embed, "--no-completion", "-o", "bare.png").code == 0
    painted, bare = (read_picture(path).astype(int) for path in ("painted.png", "bare.png"))
    assert (painted <= bare + 1).all() and (bare - painted).max() > 10
    assert x2face(*RUN, "-o", "painted/").code == x2face(*RUN, "--no-completion", "-o", "bare/").code == 0
    assert (frames("painted") <= frames("bare") + 1).all()
    assert (frames("bare") - frames("painted")).max() > 10


def completing() -> X2Face:
    torch.manual_seed(0)
    dims = Dims(side=32, flow_side=16, width=4, padding="border", completion=4)
    networks = X2FaceNetworks(dims)
    assert networks.completion is not None
    with torch.no_grad():
        networks.completion.last.weight.zero_()
        networks.completion.last.bias.copy_(torch.full((3,), -30.0))
    info = WeightsInfo("black", "light", dims.to_dict(), "0" * 16, "0" * 64, {})
    return X2Face(networks, info)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["-o", "face.jpg"], 2, "has to end in .png"),
        (["-o", "source.png"], 2, "--overwrite"),
        (["-o", "source.png", "--overwrite"], 2, "one of the inputs"),
        (["-o", "frames"], 2, ".png"),
        (["-s", "gone.png", "-o", "face.png"], 3, "gone.png"),
        (["--crop", "auto", "-o", "face.png"], 4, "source.png"),
    ],
)
def test_what_cannot_be_embedded_is_one_line_and_an_exit_code(
    place: Path, x2face: Callable[..., Any], args: list[str], code: int, message: str
) -> None:
    before = sorted(place.rglob("*"))
    result = x2face("embed", "-s", "source.png", "--crop", "none", *args)
    assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1)
    assert message in result.err
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize(("name", "code"), [("source.png", 3), ("gone.png", 3), ("frames", 3)])
def test_what_is_no_embedded_face_is_one_line_and_an_exit_code(
    place: Path, x2face: Callable[..., Any], name: str, code: int
) -> None:
    result = x2face(*RUN, "--embedded", name, "-o", "film/")
    assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1)
    assert name in result.err
    assert not (place / "film").exists()
