"""Weights on disk: what is kept, how they are found, and that what is broken is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from x2face_core import weights
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.kinds import FileKind
from x2face_core.weights import (
    broken_weights,
    find_weights,
    fingerprint,
    home,
    list_weights,
    load_weights,
    read_info,
    save_weights,
    verify,
)

Tensors = dict[str, torch.Tensor]
INFO: dict[str, Any] = {
    "name": "mine",
    "preset": "light",
    "dims": {"side": 32},
    "parameters": {"embedding": 2, "driving": 3},
    "recipe": {"name": "guided", "steps": 7},
    "metrics": {"held_ratio": 0.7},
    "data": "drawn faces",
}


@pytest.fixture
def tensors() -> Tensors:
    random = torch.Generator().manual_seed(0)
    shapes = {
        "driving.encoder.blocks.0.conv.weight": (4, 3, 2, 2),
        "driving.encoder.blocks.1.norm.running_var": (4,),
        "driving.decoder.blocks.0.conv.weight": (4, 4, 3, 3),
        "embedding.encoder.blocks.0.conv.weight": (4, 3, 2, 2),
        "reading.weight": (7, 4),
    }
    return {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}


@pytest.fixture
def own(tensors: Tensors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights called mine, at home."""
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    save_weights(tmp_path / "weights" / "mine.safetensors", tensors, INFO)
    return tmp_path / "weights" / "mine.safetensors"


def test_kernels_are_stored_as_halves_and_the_rest_whole(own: Path, tensors: Tensors) -> None:
    stored = load_file(own)
    assert stored.keys() == tensors.keys()
    for name, value in stored.items():
        halves = name.endswith("conv.weight")
        assert value.dtype == (torch.float16 if halves else torch.float32)
        torch.testing.assert_close(value.float(), tensors[name], rtol=1e-3 if halves else 0, atol=1e-6 if halves else 0)


def test_counters_are_not_stored(tensors: Tensors, tmp_path: Path) -> None:
    save_weights(tmp_path / "w.safetensors", tensors | {"norm.num_batches_tracked": torch.tensor(5)}, INFO)
    assert load_file(tmp_path / "w.safetensors").keys() == tensors.keys()


def test_what_is_known_of_weights_comes_back(own: Path) -> None:
    info = read_info(own)
    assert {name: getattr(info, name) for name in INFO} == INFO
    assert info.path == own


def test_the_description_names_what_the_command_line_promises(own: Path) -> None:
    shown = json.loads(json.dumps(read_info(own).to_json()))
    assert {"name", "preset", "parameters", "fingerprint", "sha256", "recipe", "metrics", "data"} <= set(shown)


def test_saving_the_same_twice_gives_the_same_file(own: Path, tensors: Tensors, tmp_path: Path) -> None:
    save_weights(tmp_path / "again.safetensors", tensors, INFO)
    assert (tmp_path / "again.safetensors").read_bytes() == own.read_bytes()


@pytest.mark.parametrize(
    ("part", "another_space"),
    [
        ("driving.encoder.blocks.0.conv.weight", True),
        ("driving.encoder.blocks.1.norm.running_var", True),
        ("driving.decoder.blocks.0.conv.weight", False),
        ("embedding.encoder.blocks.0.conv.weight", False),
    ],
)
def test_the_fingerprint_is_that_of_the_driving_encoder_alone(
    own: Path, tensors: Tensors, tmp_path: Path, part: str, another_space: bool
) -> None:
    before = read_info(own)
    after = save_weights(tmp_path / "other.safetensors", tensors | {part: tensors[part] + 0.1}, INFO)
    assert re.fullmatch("[0-9a-f]{16}", before.fingerprint)
    assert (after.fingerprint != before.fingerprint) == another_space
    assert after.sha256 != before.sha256


def test_the_fingerprint_is_that_of_what_is_stored(own: Path) -> None:
    assert fingerprint(load_file(own)) == read_info(own).fingerprint


def test_the_checksum_tells_names_shapes_and_kinds_apart() -> None:
    one = checksum({"a": torch.arange(6.0)})
    others = [{"b": torch.arange(6.0)}, {"a": torch.arange(6.0).view(2, 3)}, {"a": torch.arange(6.0).to(torch.float16)}]
    assert len({one, *map(checksum, others)}) == 4


def test_whole_weights_verify(own: Path) -> None:
    assert verify(own).name == "mine"


@pytest.mark.parametrize("from_end", [1, 60, 150])
def test_a_single_flipped_bit_is_noticed(own: Path, from_end: int) -> None:
    content = bytearray(own.read_bytes())
    content[-from_end] ^= 1
    own.write_bytes(content)
    with pytest.raises(WeightsError, match="sha256"):
        verify(own)


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_weights_cut_short_are_broken(own: Path, kept: int) -> None:
    own.write_bytes(own.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=re.escape(str(own))):
        verify(own)


def test_text_is_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_text("weights, honestly " * 10)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_info(path)


def test_a_file_of_other_tensors_is_no_weights(tensors: Tensors, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="holds no x2face weights"):
        read_info(tmp_path / "w.safetensors")


@pytest.mark.parametrize("description", ["{", "[1]", '{"name": "x"}', '{"surprise": 1}'])
def test_a_description_that_cannot_be_read_is_told(tensors: Tensors, tmp_path: Path, description: str) -> None:
    save_file(tensors, tmp_path / "w.safetensors", metadata={"x2face.weights": description})
    with pytest.raises(WeightsError, match="description"):
        read_info(tmp_path / "w.safetensors")


def test_weights_are_found_by_name_and_by_path(own: Path) -> None:
    assert find_weights("mine") == own
    assert find_weights(str(own)) == find_weights(own) == own


@pytest.mark.parametrize("missing", ["nobody", "nowhere/w.safetensors", "w.safetensors"])
def test_missing_weights_are_named(own: Path, missing: str) -> None:
    with pytest.raises(WeightsError, match=missing):
        find_weights(missing)


def test_ones_own_weights_hide_packaged_ones_of_the_same_name(
    own: Path, tensors: Tensors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = tmp_path / "packaged"
    packaged.mkdir()
    monkeypatch.setattr(weights, "_PACKAGED", packaged)
    for name in ("mine", "theirs"):
        save_weights(packaged / f"{name}.safetensors", tensors, INFO | {"name": name})
    assert [(info.name, info.path) for info in list_weights()] == [
        ("mine", own),
        ("theirs", packaged / "theirs.safetensors"),
    ]
    assert find_weights("mine") == own
    assert find_weights("theirs") == packaged / "theirs.safetensors"


def test_weights_are_not_written_to_a_folder_that_is_not_there(tensors: Tensors, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        save_weights(tmp_path / "no" / "w.safetensors", tensors, INFO)


def test_writing_leaves_nothing_beside(own: Path, tensors: Tensors) -> None:
    assert [path.name for path in own.parent.iterdir()] == ["mine.safetensors"]
    before = own.read_bytes()
    with pytest.raises(TypeError):
        save_weights(own, tensors, INFO | {"data": object()})  # cannot be described
    assert [path.name for path in own.parent.iterdir()] == ["mine.safetensors"]
    assert own.read_bytes() == before


def test_describing_weights_does_not_import_torch(own: Path) -> None:
    code = (
        f"import sys; from x2face_core import weights; weights.read_info({str(own)!r}); print('torch' in sys.modules)"
    )
    the_description = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert the_description.stdout.strip() == "False"


def rewritten(path: Path, **changed: Any) -> Path:
    """The same file, saying something else of itself."""
    the_description = json.loads(FileKind("", "", "", "").header(path)["__metadata__"]["x2face.weights"])
    save_file(load_file(path), path, metadata={"x2face.weights": json.dumps(the_description | changed)})
    return path


@pytest.mark.parametrize(
    "changed",
    [
        {"fingerprint": "../../../../tmp/a"},
        {"fingerprint": None},
        {"fingerprint": "0" * 15},
        {"sha256": ""},
        {"dims": [1]},
        {"parameters": {"embedding": "many"}},
        {"name": None},
        {"mood": "good"},
    ],
)
def test_weights_that_say_odd_things_of_themselves_are_refused(own: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(WeightsError, match=re.escape(str(own))):
        read_info(rewritten(own, **changed))


def test_a_flipped_bit_is_noticed_where_weights_are_loaded(own: Path) -> None:
    load_weights(own)
    content = bytearray(own.read_bytes())
    content[-3] ^= 1
    own.write_bytes(content)
    with pytest.raises(WeightsError, match="its tensors have sha256"):
        load_weights(own)


def test_a_fingerprint_of_another_encoder_is_noticed(own: Path) -> None:
    with pytest.raises(WeightsError, match="its driving encoder has another fingerprint than it says"):
        load_weights(rewritten(own, fingerprint="0123456789abcdef"))


def test_broken_files_among_weights_are_told_and_in_nobody_s_way(own: Path) -> None:
    folder = own.parent
    (folder / "text.safetensors").write_text("no weights")
    (folder / "empty.safetensors").touch()
    (folder / "folder.safetensors").mkdir()
    os.mkfifo(folder / "pipe.safetensors")  # to open it would wait for ever
    save_file({"a": torch.ones(1)}, folder / "other.safetensors")
    assert "mine" in {info.name for info in list_weights()}
    assert {path.stem for path in broken_weights()} == {"text", "empty", "other"}
    assert find_weights("mine") == own
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_info(find_weights("text"))


def test_names_that_no_disk_takes_are_those_of_no_weights() -> None:
    for name in ("n" * 5000, "a\0b", "a/" + "n" * 300):
        with pytest.raises(WeightsError, match="no weights of this name|no such weights"):
            find_weights(name)


def test_without_a_home_folder_packaged_weights_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("X2FACE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert find_weights().name == "light-2.safetensors"
    assert [info.name for info in list_weights()] == ["light-1", "light-2"]
    with pytest.raises(UsageError, match="set X2FACE_HOME"):
        home()
