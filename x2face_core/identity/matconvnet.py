"""VGG networks of MatConvNet: .mat files of MATLAB 5, read by SciPy."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.files.faults import reading, reason
from x2face_core.files.placing import readable_file
from x2face_core.identity.layers import Layers


def matconvnet_layers(path: Path) -> Layers:
    """The layers of a network: structs "layers" of type conv with weights {filters, biases}, or these as fields.

    Filters are (height, width, in, out); those of fully connected layers cover the whole map. A mean colour of the
    network (normalization.averageImage, RGB) replaces VGG-Face's.
    InputError if the file cannot be read, WeightsError if it holds no such network.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    readable = readable_file(path)
    try:
        with reading(path):
            data = io.BytesIO(readable.read_bytes())
        content = loadmat(data, squeeze_me=True, struct_as_record=False)
        net = content.get("net", content)
        layers = _field(net, "layers")
        if layers is None:
            raise ValueError("it has no layers")
        mean = _mean(net)
        kept = Layers() if mean is None else Layers(mean=mean)
        for layer in np.atleast_1d(layers):
            if str(_field(layer, "type")) == "conv":
                _add(kept, layer)
        return kept
    except (
        MatReadError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        NotImplementedError,
        MemoryError,
        zlib.error,
        OSError,
        EOFError,
    ) as error:
        raise WeightsError(
            f"{path}: no network of MatConvNet's, or cut short ({reason(error)}); copy it again."
        ) from error


def _field(struct: Any, name: str) -> Any:
    return struct.get(name) if isinstance(struct, dict) else getattr(struct, name, None)


def _add(layers: Layers, layer: Any) -> None:
    weights = _field(layer, "weights")
    filters, biases = (_field(layer, "filters"), _field(layer, "biases")) if weights is None else weights
    kernels = np.asarray(filters, np.float32)
    if kernels.ndim == 2:  # (1, 1, in, out), squeezed when read
        kernels = kernels[None, None]
    weight, bias = torch.from_numpy(kernels.transpose(3, 2, 0, 1).copy()), _vector(biases)
    if weight.shape[-2:] == (3, 3) and weight.shape[1] == (
        len(layers.convolutions[-1][0]) if layers.convolutions else 3
    ):
        layers.convolutions.append((weight, bias))
    else:
        layers.dense.append((weight.flatten(1), bias))


def _vector(values: Any) -> Tensor:
    return torch.from_numpy(np.atleast_1d(np.asarray(values, np.float32)).reshape(-1).copy())


def _mean(net: Any) -> tuple[float, ...] | None:
    """Mean RGB in [0, 1] of a network's normalisation, a colour or a picture."""
    meta = _field(net, "meta")
    normalisation = _field(net if meta is None else meta, "normalization")
    average = None if normalisation is None else _field(normalisation, "averageImage")
    if average is None or not np.size(average):
        return None
    colours = np.asarray(average, np.float64).reshape(-1, 3)
    return tuple((colours.mean(axis=0) / 255).tolist())
