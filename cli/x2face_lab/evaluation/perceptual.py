"""LPIPS and FID, where their packages are installed and their networks' weights are on this machine.

Nothing is downloaded: x2face ships neither network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from x2face_core.errors import MissingError

ALEXNET = "alexnet-owt-*.pth"
INCEPTION = "pt_inception-2015-12-05-6726825d.pth"
"""Names under which torch.hub keeps the weights."""
_BATCH = 16


@dataclass
class Perceptual:
    """What can be measured here.

    lpips: distances (n,) of two sets of pictures (n, 3, h, w) in [0, 1], or None; features: (n, 2048) for FID, or None
    notes: what is missing
    """

    lpips: Callable[[Tensor, Tensor], Tensor] | None = None
    features: Callable[[Tensor], Tensor] | None = None
    notes: list[str] = field(default_factory=list)
    _true: list[Tensor] = field(default_factory=list)
    _made: list[Tensor] = field(default_factory=list)

    @classmethod
    def find(cls) -> Perceptual:
        """Load what there is."""
        found = cls()
        for name, load in (("lpips", load_lpips), ("features", load_inception)):
            try:
                setattr(found, name, load())
            except MissingError as error:
                found.notes.append(str(error))
        return found

    def add(self, true: Tensor, made: Tensor) -> None:
        """Keep the features of true and generated pictures (n, 3, h, w), for FID."""
        if self.features is not None:
            self._true.append(self.features(true))
            self._made.append(self.features(made))

    def fid(self) -> dict[str, float]:
        """fid between all true and all generated pictures, fid_pictures: how many of each; {} where it is unknown."""
        count = sum(map(len, self._true))
        if count < 2:
            return {}
        moments = []
        for part in (self._true, self._made):
            known = torch.cat(part).double().numpy()
            moments += [known.mean(axis=0), np.cov(known, rowvar=False)]
        distance = import_module("pytorch_fid.fid_score").calculate_frechet_distance(*moments)
        return {"fid": round(float(distance), 3), "fid_pictures": count}


def load_lpips() -> Callable[[Tensor, Tensor], Tensor]:
    """LPIPS of AlexNet, version 0.1 (Zhang et al. 2018). MissingError where package or weights are missing."""
    package = _package("lpips", "LPIPS")
    weights = _kept(ALEXNET, "LPIPS", "AlexNet's")
    network: Any = package.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    layers = torch.load(weights, map_location="cpu", weights_only=True)
    names = network.net.state_dict()  # slice2.3.weight is features.3.weight of AlexNet
    network.net.load_state_dict({name: layers[f"features.{name.partition('.')[2]}"] for name in names})

    @torch.inference_mode()
    def measured(true: Tensor, made: Tensor) -> Tensor:
        parts = zip(torch.split(true, _BATCH), torch.split(made, _BATCH), strict=True)
        return torch.cat([network(a, b, normalize=True).flatten() for a, b in parts])

    return measured


def load_inception() -> Callable[[Tensor], Tensor]:
    """Features of the Inception network of FID (Heusel et al. 2017). MissingError as load_lpips."""
    _package("pytorch_fid", "FID")
    _kept(INCEPTION, "FID", "the Inception network's")
    network: Any = import_module("pytorch_fid.inception").InceptionV3().eval()

    @torch.inference_mode()
    def measured(pictures: Tensor) -> Tensor:
        return torch.cat([network(part)[0].flatten(1) for part in torch.split(pictures, _BATCH)])

    return measured


def _package(name: str, what: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        asked = name.replace("_", "-")
        raise MissingError(f"{what} is not measured: the package {asked} cannot be imported ({error}).") from error


def _kept(pattern: str, what: str, whose: str) -> Path:
    """A file of torch.hub's folder."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    found = sorted(folder.glob(pattern))
    if not found:
        raise MissingError(f"{what} is not measured: {whose} weights are not there; put {pattern} into {folder}.")
    return found[-1]
