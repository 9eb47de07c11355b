"""Checksums of tensors, as files carry them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy
import pytest
import torch
from safetensors.torch import save_file

from x2face_core.errors import WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.kinds import FileKind

KIND = FileKind("x2face.test", "test", "x2face test", "test again")


def test_every_bit_counts_in_the_checksum(tmp_path: Path) -> None:
    tensors = {
        "a": torch.arange(6.0).reshape(2, 3),
        "b": torch.tensor(3),
        "c": torch.zeros(0),
        "d": torch.ones(2).bfloat16(),
    }
    KIND.check_sum(tmp_path, tensors, checksum(tensors))
    for name, other in (
        ("a", torch.arange(6.0).reshape(3, 2)),
        ("a", torch.arange(6.0).reshape(2, 3).double()),
        ("a", -torch.arange(6.0).reshape(2, 3)),
        ("b", torch.tensor(4)),
        ("c", torch.zeros(0, 2)),
    ):
        with pytest.raises(WeightsError, match="its tensors have sha256"):
            KIND.check_sum(tmp_path, {**tensors, name: other}, checksum(tensors))


def test_the_checksum_is_that_of_files_that_were_shipped() -> None:
    values = numpy.arange(4, dtype=numpy.float16).reshape(2, 2)
    by_hand = hashlib.sha256(b"driving.w torch.float16 (2, 2)\n" + values.tobytes()).hexdigest()
    assert checksum({"driving.w": torch.from_numpy(values)}) == by_hand


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.float8_e5m2])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, kind: torch.dtype, value: float) -> None:
    save_file({"good": torch.ones(3), "bad": torch.tensor([1.0, value]).to(kind)}, tmp_path / "x")
    with pytest.raises(WeightsError, match="x: 'bad' has numbers that are not finite; test again"):
        KIND.tensors(tmp_path / "x")
