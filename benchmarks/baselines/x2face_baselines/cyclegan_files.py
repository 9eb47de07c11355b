"""Trained CycleGANs in a folder: a file a pair, found again by its pictures and settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from x2face_baselines.cyclegan import CycleGAN, CycleGANSettings, train_cyclegan
from x2face_core.errors import WeightsError
from x2face_core.files.faults import writing
from x2face_core.files.placing import make_folders_above
from x2face_core.files.storing import write_tensors
from x2face_core.files.temporary import temporary_folder


class CycleGANFolder:
    """Trains models once. path: where they are kept; None: nowhere"""

    def __init__(self, path: Path | None, settings: CycleGANSettings) -> None:
        self.path, self.settings = path, settings

    def model(self, a: Tensor, b: Tensor, progress: Callable[[int, int], None] = lambda done, total: None) -> CycleGAN:
        """The model of two people's pictures (n, 3, side, side) uint8, read if it is kept, else trained.

        InputError as train_cyclegan; WeightsError for a file that is broken; UsageError, before it trains, for a folder
        that cannot be written.
        """
        if self.path is None:
            return train_cyclegan(a, b, self.settings, progress)
        file = self.path / f"cyclegan-{self._key(a, b)}.safetensors"
        if file.exists():
            return self._read(file)
        make_folders_above(file)
        with writing(file), temporary_folder(file.parent):  # so that what cannot be kept is not trained
            pass
        model = train_cyclegan(a, b, self.settings, progress)
        write_tensors(file, model.state_dict(), self.settings.as_text())
        return model

    def _key(self, a: Tensor, b: Tensor) -> str:
        """16 digits that tell settings and pictures."""
        digest = hashlib.sha256(json.dumps(self.settings.as_text(), sort_keys=True).encode())
        for pictures in (a, b):
            digest.update(str(tuple(pictures.shape)).encode())
            digest.update(pictures.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def _read(self, file: Path) -> CycleGAN:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        model = CycleGAN(self.settings)
        try:
            model.load_state_dict(load_file(file))
        except (OSError, RuntimeError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise WeightsError(f"{file}: is no CycleGAN of these settings ({reason}); delete it.") from error
        return model.eval()
