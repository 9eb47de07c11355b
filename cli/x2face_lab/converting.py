"""Conversion of the released files to one file with weights and mappings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_audio.released import released_features
from x2face_audio.settings import PAPER_FEATURES
from x2face_core.convert.networks import convert_networks
from x2face_core.convert.parts import Part, PartKind, one_of_each, read_part
from x2face_core.errors import InputError, WeightsError
from x2face_core.files.placing import make_folders_above
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_plugins.mappings.carrying import save_with_mappings
from x2face_pose.released import released_pose

if TYPE_CHECKING:
    from x2face_core import driving
    from x2face_core.networks.dims import Dims
    from x2face_core.weights import WeightsInfo
    from x2face_plugins.registry import Registry

Warn = Callable[[str], None]
Parts = Mapping[PartKind, Part]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A released mapping. name: our name; mapping: fitted; files: released files it comes from"""

    name: str
    mapping: driving.Mapping
    files: tuple[Path, ...]


def convert(
    files: Sequence[Path],
    output: Path,
    registry: Registry,
    warn: Warn = lambda text: None,
    *,
    overwrite: bool = True,
) -> WeightsInfo:
    """Convert released files to one file; the weights are named after it.

    files: x2face_model.pth, and any of posereg.pth with posetobottle.pth, linearregression….pkl, scaler….pkl; they are
        recognised by content, not by name
    warn: called with a message for each file that is not used; overwrite: replace an existing file, else UsageError
    InputError if a file cannot be read or none holds the networks, UsageError if two hold the same part, WeightsError
    if one is broken, malicious or of another kind; then nothing is written.
    """
    parts = one_of_each(read_part(path) for path in files)
    if "networks" not in parts:
        listed = ", ".join(f"{part.path} ({kind})" for kind, part in parts.items())
        raise InputError(f"None of the files holds the networks, as x2face_model.pth does; given are {listed}.")
    networks = parts["networks"]
    dims, tensors = convert_networks(networks.tensors, str(networks.path))
    found = [*_mappings(parts, dims, warn)]
    carried = [(registry.mapping(one.name), one.mapping, ", ".join(path.name for path in one.files)) for one in found]
    make_folders_above(output)
    return save_with_mappings(
        output, tensors, _described(output.stem, dims, networks.path), carried, overwrite=overwrite
    )


def _described(name: str, dims: Dims, networks: Path) -> dict[str, object]:
    import torch

    with torch.device("meta"):
        parameters = X2FaceNetworks(dims).parameter_counts()
    return {
        "name": name,
        "preset": "paper",
        "dims": dims.to_dict(),
        "parameters": parameters,
        "recipe": {"name": "released", "file": networks.name},
        "data": f"{networks.name} does not say; it was converted",
    }


def _mappings(parts: Parts, dims: Dims, warn: Warn) -> Iterator[Fitted]:
    """The mappings whose files are all given."""
    reading, writing = parts.get("pose reading"), parts.get("pose writing")
    if reading and writing:
        _check(reading, dims, weight=(3, dims.vector), bias=(3,))
        _check(writing, dims, weight=(dims.vector, 3), **dict.fromkeys(_NORM, (dims.vector,)))
        yield Fitted("pose", released_pose(reading.tensors, writing.tensors), (reading.path, writing.path))
    elif half := reading or writing:
        other = "posetobottle.pth, which writes them" if reading else "posereg.pth, which reads them"
        warn(f"{half.path}: left out, as poses also need {other}.")
    regression, scaling = parts.get("speech regression"), parts.get("speech scaling")
    if regression:
        yield _speech(regression, scaling, dims)
    elif scaling:
        warn(f"{scaling.path}: left out, as it scales for a linearregression….pkl, which is not given.")


_NORM = ("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var")


def _speech(regression: Part, scaling: Part | None, dims: Dims) -> Fitted:
    _check(regression, dims, weight=(dims.vector, PAPER_FEATURES), bias=(dims.vector,))
    if scaling:
        _check(scaling, dims, mean=(PAPER_FEATURES,), scale=(PAPER_FEATURES,))
    files = tuple(part.path for part in (regression, scaling) if part)
    return Fitted("audio_features", released_features(regression.tensors, scaling.tensors if scaling else None), files)


def _check(part: Part, dims: Dims, **shapes: tuple[int, ...]) -> None:
    """WeightsError if a tensor has the wrong shape, or is not finite."""
    for name, shape in shapes.items():
        value = part.tensors[name]
        if tuple(value.shape) != shape:
            raise WeightsError(
                f"{part.path}: its {name} has shape {tuple(value.shape)}; {shape} fits networks whose driving vector "
                f"has {dims.vector} numbers."
            )
        if not value.isfinite().all():
            raise WeightsError(f"{part.path}: its {name} has numbers that are not finite.")
