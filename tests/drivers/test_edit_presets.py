"""Presets and options of the edit overlay: what is read, what is written, what is refused and how."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.layers import plain
from x2face_core.driving import EmbeddedFace
from x2face_core.errors import InputError, UsageError
from x2face_edit import Settings
from x2face_edit.overlay import EditOverlay
from x2face_edit.presets import Layer, read_preset

FACE = EmbeddedFace(torch.zeros(3, 32, 32), {"chin": (0.1, 0.5)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a layer, layer.png."""
    plain(tmp_path / "layer.png")
    return tmp_path


def preset(folder: Path, content: Any) -> Path:
    path = folder / "preset.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_presets_layers_lie_beside_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers: list[dict[str, Any]] = [
        {"layer": "layer.png"},
        {
            "layer": "layer.png",
            "at": "nose",
            "scale": 2,
            "rotate": -45,
            "opacity": 0.5,
            "flip": True,
            "blend": "screen",
        },
        {"layer": "layer.png", "at": [0.5, -0.25]},
    ]
    monkeypatch.chdir("/")
    first, second, third = read_preset(preset(folder, {"layers": layers}))
    assert first.layer == folder / "layer.png"
    assert (first.at, first.scale, first.rotate, first.opacity, first.flip, first.blend) == (
        (0, 0), 0.25, 0, 1, False, "normal",
    )  # fmt: skip
    assert (second.at, second.scale, second.rotate, second.opacity, second.flip, second.blend) == (
        "nose", 2, -45, 0.5, True, "screen",
    )  # fmt: skip
    assert third.at == (0.5, -0.25)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"preset\.json: is no JSON"),
        ("\xff", r"preset\.json"),
        ([], r'a preset is \{"layers"'),
        ({"layers": [], "name": "x"}, "nothing else"),
        ({"layers": []}, r"layers: expected a list of one or more layers, found \[\]"),
        ({"layers": {"layer": "layer.png"}}, "layers: expected a list"),
        ({"layers": ["layer.png"]}, r'layers\[0\]: expected a layer with .*, found "layer\.png"'),
        ({"layers": [{"at": "nose"}]}, r"layers\[0\]: layer is missing"),
        ({"layers": [{"layer": "layer.png"}, {"layer": ""}]}, r"layers\[1\]\.layer is \"\": expected the name"),
        ({"layers": [{"layer": 3}]}, r"layers\[0\]\.layer is 3"),
        ({"layers": [{"layer": "layer.png", "sacle": 1}]}, r"layers\[0\]: 'sacle' is no key .* scale"),
        ({"layers": [{"layer": "layer.png", "scale": 0}]}, r"layers\[0\]\.scale is 0: expected a number from 0\.001"),
        ({"layers": [{"layer": "layer.png", "scale": "1"}]}, r"\.scale is \"1\""),
        ({"layers": [{"layer": "layer.png", "scale": True}]}, r"\.scale is true"),
        ('{"layers": [{"layer": "layer.png", "scale": NaN}]}', r"\.scale is NaN"),
        ({"layers": [{"layer": "layer.png", "opacity": 1.5}]}, r"\.opacity is 1\.5: expected a number from 0 to 1"),
        ({"layers": [{"layer": "layer.png", "flip": 1}]}, r"\.flip is 1: expected true or false"),
        ({"layers": [{"layer": "layer.png", "blend": "over"}]}, r"\.blend is \"over\": .* normal, multiply, screen"),
        ({"layers": [{"layer": "layer.png", "at": "ear"}]}, r"\.at is \"ear\": .* forehead"),
        ({"layers": [{"layer": "layer.png", "at": [0]}]}, r"\.at is \[0\]: expected x,y"),
        ({"layers": [{"layer": "layer.png", "at": 1}]}, r"\.at is 1: expected x,y"),
        ({"layers": [{"layer": "layer.png", "at": [3, 0]}]}, r"layers\[0\]\.at: .*3,0 .*outside"),
        ({"layers": [{"layer": "gone.png"}]}, r"layers\[0\]\.layer: .*gone\.png: there is no such file"),
        ({"layers": [{"layer": "preset.json"}]}, r"layers\[0\]\.layer: .*preset\.json: is not a picture"),
    ],
)
def test_errors_in_presets_name_file_and_key(folder: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        EditOverlay.of(Settings(preset(folder, content)))
    assert "preset.json" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"at": "ear"}, "--edit-at ear: expected x,y from -1 to 1 or one of forehead"),
        ({"at": "1"}, "--edit-at 1"),
        ({"at": "nan,0"}, "--edit-at nan,0"),
        ({"at": "0,0,0"}, "--edit-at"),
        ({"at": "4,0"}, r"--edit-at: with its middle at 4,0 and scale 0\.25 the layer lies wholly outside"),
        ({"scale": 0.0}, "--edit-scale 0.0"),
        ({"opacity": -0.1}, "--edit-opacity"),
        ({"rotate": 1000.0}, "--edit-rotate"),
        ({"blend": "over"}, "--edit-blend over"),
    ],
)
def test_errors_in_options_name_the_option(folder: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        EditOverlay.of(Settings(folder / "layer.png", **given))


def test_what_the_command_line_gives_goes_before_the_preset(folder: Path) -> None:
    path = preset(folder, {"layers": [{"layer": "layer.png", "at": "nose", "flip": True, "rotate": 5}] * 2})
    for layer in EditOverlay.of(Settings(path, at="-0.5,0.5", flip=False)).layers:
        assert (layer.at, layer.flip, layer.rotate) == ((-0.5, 0.5), False, 5)


def test_what_the_command_line_gives_is_its_own_fault(folder: Path) -> None:
    path = preset(folder, {"layers": [{"layer": "layer.png", "at": "nose"}]})
    with pytest.raises(UsageError, match="--edit-at: with its middle at 9,9"):
        EditOverlay.of(Settings(path, at="9,9"))


def test_an_anchor_is_a_place(folder: Path) -> None:
    named, numbered = (
        EditOverlay.of(Settings(folder / "layer.png", at=at)).edit(FACE, 0).texture for at in ("chin", "0.1,0.5")
    )
    assert torch.equal(named, numbered)


def test_an_anchor_that_the_weights_do_not_know_is_refused(folder: Path) -> None:
    overlay = EditOverlay.of(Settings(folder / "layer.png", at="nose"))
    with pytest.raises(UsageError, match="--edit-at: these weights know chin, so there is no 'nose'"):
        overlay.edit(FACE, 0)
    with pytest.raises(UsageError, match="these weights know no anchors"):
        overlay.edit(EmbeddedFace(FACE.texture), 0)
    from_preset = EditOverlay.of(Settings(preset(folder, {"layers": [{"layer": "layer.png", "at": "nose"}]})))
    with pytest.raises(InputError, match=r"layers\[0\]\.at: these weights"):
        from_preset.edit(FACE, 0)


def test_a_saved_preset_paints_the_same(folder: Path) -> None:
    (folder / "presets").mkdir()
    saved = folder / "presets" / "mark.json"
    given = Settings(folder / "layer.png", at="chin", scale=0.4, rotate=30.0, opacity=0.7, blend="screen", save=saved)
    overlay = EditOverlay.of(given)
    assert not saved.exists()
    expected = overlay.edit(FACE, 0).texture
    assert json.loads(saved.read_text())["layers"][0]["layer"] == "../layer.png"
    assert torch.equal(EditOverlay.of(Settings(saved)).edit(FACE, 0).texture, expected)
    assert torch.equal(overlay.edit(FACE, 0).texture, expected)


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.png", "ends in .json"), ("none/a.json", "no folder"), ("b.json", "is there already")],
)
def test_a_preset_is_not_saved_just_anywhere(folder: Path, name: str, message: str) -> None:
    (folder / "b.json").touch()
    with pytest.raises(UsageError, match=message):
        EditOverlay.of(Settings(folder / "layer.png", save=folder / name))


def test_nothing_is_saved_of_layers_that_found_no_place(folder: Path) -> None:
    overlay = EditOverlay.of(Settings(folder / "layer.png", at="nose", save=folder / "a.json"))
    with pytest.raises(UsageError):
        overlay.edit(FACE, 0)
    assert not (folder / "a.json").exists()


def test_the_defaults_are_those_that_the_help_names(folder: Path) -> None:
    (layer,) = EditOverlay.of(Settings(folder / "layer.png")).layers
    assert layer == Layer(folder / "layer.png", (0.0, 0.0), 0.25, 0.0, 1.0, False, "normal")


def packed(folder: Path, content: Any, **files: bytes) -> Path:
    """preset.zip with a preset in a folder named mask/, and layer.png beside it."""
    path = folder / "preset.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mask/preset.json", json.dumps(content))
        archive.write(folder / "layer.png", "mask/layer.png")
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_packed_preset_paints_as_an_unpacked_one_and_leaves_no_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place := folder / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    content = {"layers": [{"layer": "layer.png", "at": "chin"}, {"layer": "layer.png", "at": [0.5, -0.5]}]}
    plainly = EditOverlay.of(Settings(preset(folder, content), scale=0.5))
    overlay = EditOverlay.of(Settings(packed(folder, content), scale=0.5))
    assert torch.equal(overlay.edit(FACE, 0.0).texture, plainly.edit(FACE, 0.0).texture)
    assert overlay.edit(FACE, 0.0).texture.any()
    del overlay
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "files", "told"),
    [
        ({"layers": [{"layer": "other.png"}]}, {}, r"preset.zip: layers\[0\].layer: other.png is not in the .zip"),
        ({"layers": [{"layer": "/etc/hostname"}]}, {}, "hostname is not in the .zip; pack it too"),
        ({"layers": [{"layer": "../../layer.png"}]}, {}, "layer.png is not in the .zip"),
        ({"layers": [{"layer": "layer.png", "scale": "x"}]}, {}, r"preset.zip: layers\[0\].scale is \"x\""),
        ({"layers": [{"layer": "layer.png"}]}, {"more.json": b"{}"}, "holds 2 .json files; one preset"),
        ({"layers": [{"layer": "layer.png"}]}, {f"{k}.png": b"" for k in range(200)}, "holds 202 files; 200 are"),
    ],
)
def test_a_packed_preset_that_cannot_be_used_says_why(
    content: Any, files: dict[str, bytes], told: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place := folder / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with pytest.raises(InputError, match=told):
        EditOverlay.of(Settings(packed(folder, content, **files)))
    assert list(place.iterdir()) == []


def test_a_packed_preset_writes_nothing_outside_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place := folder / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    hostile = {"mask/../../../out.png": b"x", "/out.png": b"x", "..\\out.png": b"x", "elsewhere/out.png": b"x"}
    overlay = EditOverlay.of(Settings(packed(folder, {"layers": [{"layer": "layer.png"}]}, **hostile)))
    assert sorted(one.name for one in place.rglob("*") if one.is_file()) == ["layer.png", "preset.json"]
    assert sorted(one.name for one in folder.iterdir()) == ["layer.png", "preset.zip", "tmp"]
    del overlay


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04 cut short"])
def test_a_broken_packed_preset_is_told(content: bytes, folder: Path) -> None:
    (path := folder / "preset.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"preset.zip: is no .zip that can be unpacked"):
        EditOverlay.of(Settings(path))


def test_a_packed_preset_that_unpacks_to_too_much_is_refused(folder: Path) -> None:
    path = folder / "preset.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.png", "w") as large:
        for _ in range(510):
            large.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="holds 510 MB of files; 500 are the most"):
        EditOverlay.of(Settings(path))


def test_a_packed_preset_is_not_saved_as_one_that_names_files(folder: Path) -> None:
    with pytest.raises(UsageError, match="--edit-save: a preset names files that stay"):
        EditOverlay.of(Settings(packed(folder, {"layers": [{"layer": "layer.png"}]}), save=folder / "new.json"))
