"""Public formats of VGG networks: state dicts of torch, Torch7 and MatConvNet, none of which runs code here.

.pth, .pt: torchvision's names (features.0.weight, classifier.0.weight; ImageNet's normalisation), or those of layers
    (conv1_1.weight, fc6.weight)
.t7: nn modules of Torch7, whose VGG-Face reads BGR
.mat: MatConvNet's vgg-face
The latter three, as VGG-Face was published (Parkhi et al., BMVC 2015), read 0 to 255 with its mean colour subtracted.
Configurations B, D and E load too: VGG-Face itself was published in configuration D.
"""

from __future__ import annotations

from math import isqrt
from pathlib import Path

import torch
from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.identity.layers import Layers
from x2face_core.networks.identity import STAGES, Configuration, IdentityDims

SUFFIXES = (".pth", ".pt", ".t7", ".mat")
_NORM = ("weight", "bias", "running_mean", "running_var")


def read_public(path: Path) -> tuple[IdentityDims, dict[str, Tensor]]:
    """Read a public file to sizes, and tensors under our names; its last layer, the classifier, is left out.

    WeightsError if it is broken or of other shapes; InputError if it cannot be read.
    """
    layers = _read(path)
    dims = _dims(layers, path)
    tensors = {"mean": torch.tensor(layers.mean).float(), "deviation": torch.tensor(layers.deviation).float()}
    for number, (weight, bias) in enumerate(layers.convolutions):
        tensors[f"convolutions.{number}.weight"] = weight
        if layers.norms:
            norm = layers.norms[number]
            tensors |= {f"norms.{number}.{part}": norm[part] for part in _NORM}
            tensors[f"norms.{number}.running_mean"] = norm["running_mean"] - bias  # our convolutions have no bias then
        else:
            tensors[f"convolutions.{number}.bias"] = bias
    for name, (weight, bias) in zip(("hidden", "descriptor"), layers.dense, strict=False):
        tensors |= {f"{name}.weight": weight, f"{name}.bias": bias}
    tensors = {name: value.detach().float().contiguous() for name, value in tensors.items()}
    if odd := next((name for name, value in tensors.items() if not value.isfinite().all()), None):
        raise WeightsError(f"{path}: {odd} has numbers that are not finite.")
    return dims, tensors


def _read(path: Path) -> Layers:
    if path.suffix == ".t7":
        from x2face_core.identity.torch7 import torch7_layers

        return torch7_layers(path)
    if path.suffix == ".mat":
        from x2face_core.identity.matconvnet import matconvnet_layers

        return matconvnet_layers(path)
    from x2face_core.identity.state_dicts import state_dict_layers

    return state_dict_layers(path)


def _dims(layers: Layers, path: Path) -> IdentityDims:
    """Sizes inferred from shapes; WeightsError names the first that no VGG network has."""
    configuration = _configuration(len(layers.convolutions), path)
    width = len(layers.convolutions[0][0])
    if len(layers.dense) < 2:
        raise WeightsError(f"{path}: has {len(layers.dense)} fully connected layers; VGG networks have three.")
    flat = layers.dense[0][0].shape[1]
    side = isqrt(max(1, flat // (8 * width)))
    if flat != 8 * width * side * side:
        raise WeightsError(
            f"{path}: its first fully connected layer reads {flat} numbers; 8 × {width} × a square is needed."
        )
    if layers.norms and len(layers.norms) != len(layers.convolutions):
        raise WeightsError(f"{path}: has {len(layers.norms)} batch norms for {len(layers.convolutions)} convolutions.")
    return IdentityDims(
        side=32 * side,
        configuration=configuration,
        width=width,
        hidden=len(layers.dense[0][0]),
        descriptor=len(layers.dense[1][0]),
        norm=bool(layers.norms),
    )


def _configuration(count: int, path: Path) -> Configuration:
    for configuration, stages in STAGES.items():
        if sum(stages) == count:
            return configuration
    raise WeightsError(
        f"{path}: has {count} convolutions; VGG networks have 8 (configuration A, the paper's), 10, 13 or 16."
    )
