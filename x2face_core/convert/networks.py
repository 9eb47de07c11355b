"""Conversion of a released checkpoint of both networks to our names."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from x2face_core.convert.names import DRIVING, EMBEDDING, depth_of, network_names
from x2face_core.errors import WeightsError
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks

Tensors = dict[str, Tensor]


def convert_networks(state: Mapping[str, Tensor], where: str) -> tuple[Dims, Tensors]:
    """Convert a state dict with released names to sizes, and tensors under our names.

    where: the file, for errors. WeightsError for missing or unknown tensors, or wrong shapes.
    """
    found = {name: value for name, value in state.items() if name.startswith((EMBEDDING, DRIVING))}
    found = {name: value for name, value in found.items() if not name.endswith("num_batches_tracked")}
    levels = 1 + max((depth_of(name) for name in found), default=0)
    names = network_names(levels)
    _refuse_others(found, names, where)
    dims = _dims(found, levels, where)
    tensors = {ours: found[theirs].float() for theirs, ours in names.items()}
    _check_shapes(dims, tensors, {ours: theirs for theirs, ours in names.items()}, where)
    return dims, tensors


def _refuse_others(found: Mapping[str, Tensor], names: Mapping[str, str], where: str) -> None:
    missing, unknown = sorted(names.keys() - found.keys()), sorted(found.keys() - names.keys())
    if missing:
        raise WeightsError(f"{where}: lacks {len(missing)} tensors of the networks, such as {missing[0]}.")
    if unknown:
        raise WeightsError(f"{where}: has {len(unknown)} tensors that no released network has, such as {unknown[0]}.")


def _dims(found: Mapping[str, Tensor], levels: int, where: str) -> Dims:
    """Sizes inferred from the shapes of the tensors, with the conventions of the released code."""
    inner = "submodule." * (levels - 1) + f"down.{1 if levels > 1 else 0}.weight"
    flow, driving_flow = (len(found[f"{network}up.2.weight"]) for network in (EMBEDDING, DRIVING))
    if flow not in (2, 3) or driving_flow != 2:
        raise WeightsError(
            f"{where}: answers {flow} and {driving_flow} channels; 3 (or 2) and 2 are those of the released networks, "
            "and the noise that the released code has for more is not converted."
        )
    width, deepest = len(found[f"{EMBEDDING}down.0.weight"]), len(found[f"{EMBEDDING}{inner}"])
    return Dims(
        side=2**levels,
        flow_side=2**levels,
        width=width,
        max_factor=max(1, deepest // width),
        vector=len(found[f"{DRIVING}{inner}"]),
        confidence=flow == 3,
        fusion="confidence" if flow == 3 else "mean",
    )


def _check_shapes(dims: Dims, tensors: Tensors, theirs: Mapping[str, str], where: str) -> None:
    with torch.device("meta"):
        wanted = X2FaceNetworks(dims).state_dict()
    for name, value in tensors.items():
        if value.shape != wanted[name].shape:
            shape, expected = tuple(value.shape), tuple(wanted[name].shape)
            raise WeightsError(f"{where}: {theirs[name]} has shape {shape}; {expected} is needed beside the others.")
        if not value.isfinite().all():
            raise WeightsError(f"{where}: {theirs[name]} has numbers that are not finite.")
