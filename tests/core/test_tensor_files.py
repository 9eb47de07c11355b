"""Files of tensors are believed nothing: neither what they say of themselves nor their numbers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from safetensors.torch import save_file

from x2face_core.errors import PluginError, WeightsError
from x2face_core.files.names import checked_dist, checked_space
from x2face_core.tensor_files import check_sum, checksum, described, load_tensors, read_description, read_header


@dataclass(frozen=True)
class Told:
    name: str
    labels: tuple[str, ...]
    parameters: dict[str, int] = field(default_factory=dict)
    fps: float = 25.0
    path: Path | None = None


GOOD = {"name": "a", "labels": ["x", "y"], "parameters": {"embedding": 3}, "fps": 30}


def test_what_a_file_says_of_itself_comes_back_in_its_types() -> None:
    assert described(Told, GOOD) == {**GOOD, "labels": ("x", "y")}
    assert described(Told, {"name": "a", "labels": []}) == {"name": "a", "labels": ()}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "NoneType, not names and values"),
        ([], "list, not names and values"),
        ({**GOOD, "mood": 1}, "'mood' is unknown here"),
        ({"labels": []}, "name is missing"),
        ({**GOOD, "name": None}, "name is null; text is needed"),
        ({**GOOD, "name": 7}, "name is 7; text is needed"),
        ({**GOOD, "labels": "xy"}, 'labels is "xy"; a list of texts is needed'),
        ({**GOOD, "labels": [1]}, "labels is [1]; a list of texts is needed"),
        ({**GOOD, "parameters": {"embedding": "3"}}, "names and numbers is needed"),
        ({**GOOD, "fps": True}, "fps is true; a number is needed"),
        ({**GOOD, "path": "/etc/passwd"}, "'path' is unknown here"),
        ({**GOOD, "name": ["x" * 1000]}, "…; text is needed"),
    ],
)
def test_what_is_not_of_its_kind_is_named(told: Any, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        described(Told, told)
    assert said in str(refused.value)


def file(path: Path, told: str, tensors: dict[str, torch.Tensor] | None = None) -> Path:
    save_file(tensors or {"a": torch.ones(2)}, path, metadata={"key": told})
    return path


@pytest.mark.parametrize("told", ["{", "null", "7", "[" * 200_000, '"name"', json.dumps({**GOOD, "name": None})])
def test_a_description_that_is_none_is_one_error(tmp_path: Path, told: str) -> None:
    with pytest.raises(WeightsError, match="its description cannot be read"):
        read_description(file(tmp_path / "a.safetensors", told), "key", Told, "x2face train", "weights")
    with pytest.raises(WeightsError, match="holds no weights; `x2face train` writes such files"):
        read_description(tmp_path / "a.safetensors", "other key", Told, "x2face train", "weights")


def header(path: Path, text: bytes, length: int | None = None) -> Path:
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text)
    return path


@pytest.mark.parametrize(
    ("text", "length"),
    [(b"{", None), (b"[]", None), (b"[" * 100_000, None), (b"{}", 2**63), (b"", 0), (b"\xff\xfe", None), (b"", None)],
)
def test_what_is_no_header_is_one_error(tmp_path: Path, text: bytes, length: int | None) -> None:
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_header(header(tmp_path / "a.safetensors", text, length))


@pytest.mark.parametrize("metadata", [b"null", b"7", b"[]", b'{"key": null}', b'{"key": 7}', b'{"key": {}}'])
def test_metadata_of_any_kind_is_one_error(tmp_path: Path, metadata: bytes) -> None:
    path = header(tmp_path / "a.safetensors", b'{"__metadata__": ' + metadata + b"}")
    with pytest.raises(WeightsError, match="holds no weights|cannot be read"):
        read_description(path, "key", Told, "x2face train", "weights")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.float8_e5m2])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, kind: torch.dtype, value: float) -> None:
    tensors = {"good": torch.ones(3), "bad": torch.tensor([1.0, value]).to(kind)}
    with pytest.raises(WeightsError, match="'bad' has numbers that are not finite; copy or train it again"):
        load_tensors(file(tmp_path / "a.safetensors", "{}", tensors))


def test_every_bit_counts_in_the_checksum(tmp_path: Path) -> None:
    tensors = {
        "a": torch.arange(6.0).reshape(2, 3),
        "b": torch.tensor(3),
        "c": torch.zeros(0),
        "d": torch.ones(2).bfloat16(),
    }
    check_sum(tmp_path, tensors, checksum(tensors))
    for name, other in (
        ("a", torch.arange(6.0).reshape(3, 2)),
        ("a", torch.arange(6.0).reshape(2, 3).double()),
        ("a", -torch.arange(6.0).reshape(2, 3)),
        ("b", torch.tensor(4)),
        ("c", torch.zeros(0, 2)),
    ):
        with pytest.raises(WeightsError, match="its tensors have sha256"):
            check_sum(tmp_path, {**tensors, name: other}, checksum(tensors))


def test_the_checksum_is_that_of_files_that_were_shipped() -> None:
    values = numpy.arange(4, dtype=numpy.float16).reshape(2, 2)
    by_hand = hashlib.sha256(b"driving.w torch.float16 (2, 2)\n" + values.tobytes()).hexdigest()
    assert checksum({"driving.w": torch.from_numpy(values)}) == by_hand


@pytest.mark.parametrize(
    "space", ["", "..", "../../../etc", "0" * 15, "0" * 17, "A" * 16, "g" * 16, "0" * 16 + "\n", "0/" * 8]
)
def test_a_space_is_sixteen_digits_and_no_way_elsewhere(space: str) -> None:
    with pytest.raises(WeightsError, match="no fingerprint"):
        checked_space(space)
    assert checked_space("0123456789abcdef") == "0123456789abcdef"


@pytest.mark.parametrize("dist", ["", ".", "..", "../evil", "a/b", "a\\b", "-a", "a-", "a b", "a\n", "ä", "x" * 101])
def test_a_distribution_is_a_name_and_no_way_elsewhere(dist: str) -> None:
    with pytest.raises(PluginError, match="no name of a distribution"):
        checked_dist(dist)
    for good in ("x2face", "acme-stick", "Acme.Stick_2", "a", "7zip"):
        assert checked_dist(good) == good
