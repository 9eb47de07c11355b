"""Atomic writing of tensors (safetensors) and texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_core.files.faults import unwritable, writing
from x2face_core.files.placing import atomic_file

if TYPE_CHECKING:
    from torch import Tensor


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], *, overwrite: bool = True
) -> None:
    """Write safetensors atomically, with permissions from the umask. UsageError if that fails.

    overwrite: replace an existing file; else that is a UsageError
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    with atomic_file(path, overwrite=overwrite) as hidden, writing(path):
        hidden.touch()
        mode = hidden.stat().st_mode  # save_file creates files readable by the owner alone
        try:
            save_file(dict(tensors), hidden, metadata=dict(metadata))
        except SafetensorError as error:  # also raised on a full disk
            raise unwritable(path, error) from error
        hidden.chmod(mode)


def write_text(path: Path, text: str, *, overwrite: bool = True) -> None:
    """Write a text atomically, as UTF-8. UsageError if that fails.

    overwrite: replace an existing file; else that is a UsageError
    """
    with atomic_file(path, overwrite=overwrite) as hidden, writing(path):
        hidden.write_text(text, encoding="utf-8")
