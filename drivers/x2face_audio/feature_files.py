"""Reading precomputed speech features: files in the format of the released examples, and folders of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_audio.settings import FEATURE_FILES, PAPER_FEATURES
from x2face_plugins import InputError
from x2face_plugins.media import readable_file

KEY = "audio_feat"


def read_features(path: Path) -> Tensor:
    """(n, 256) float32 features, one row for each moment.

    path: a .npz with the array audio_feat, or a .npy, of shape (256,) or (n, 256); or a folder of such files, sorted by
        name
    InputError for anything else.
    """
    if not path.is_dir():
        return _read_file(path)
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in FEATURE_FILES)
    if not files:
        raise InputError(f"{path}: this folder holds no {' or '.join(FEATURE_FILES)}; --audio takes sound or features.")
    return torch.cat([_read_file(file) for file in files])


def _read_file(path: Path) -> Tensor:
    values = _array(path)
    if values.ndim not in (1, 2) or values.shape[-1] != PAPER_FEATURES or not len(values):
        needed = f"({PAPER_FEATURES},) or (n, {PAPER_FEATURES})"
        raise InputError(f"{path}: features of shape {values.shape}; {needed} numbers are needed.")
    if not np.issubdtype(values.dtype, np.floating) or not np.isfinite(values).all():
        raise InputError(f"{path}: features of {values.dtype}, or not finite; floating numbers are needed.")
    return torch.from_numpy(values.reshape(-1, PAPER_FEATURES).astype(np.float32))


def _array(path: Path) -> NDArray[Any]:
    try:
        with readable_file(path).open("rb") as file:
            found = np.load(file, allow_pickle=False)
            return np.asarray(found if isinstance(found, np.ndarray) else found[KEY])
    except KeyError:
        raise InputError(f"{path}: has no array {KEY!r}; the released feature files have one.") from None
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as features ({error}).") from error
