"""Exporting weights from a training run: the EMA networks, a linear readout, and a description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState
from x2face_core.training.regression import ridge
from x2face_core.weights import WeightsInfo, save_weights


@torch.no_grad()
def fit_reading(
    networks: X2FaceNetworks, bank: Bank, folder: FaceFolder, most: int = 8000, strength: float = 1e-3
) -> dict[str, Tensor]:
    """Ridge regression from driving vectors to pose (degrees) and expression (docs/data.md).

    It uses at most `most` labelled frames of clips, drawn without replacement by the bank's weights.

    weight: (7, 128), bias: (7,), scale: (7,) the standard deviations of what is read
    """
    networks.eval()
    rng = torch.Generator().manual_seed(0)
    weight = bank.weight.cpu() * (bank.clip.cpu() >= 0)
    labels = folder.labels
    weight *= torch.from_numpy(labels.rows_of(bank.clip.cpu().numpy(), bank.frame.cpu().numpy()) >= 0)
    rows = torch.multinomial(weight, min(most, int((weight > 0).sum())), generator=rng)
    v = torch.cat([networks.encode(bank.floats(part.to(bank.pictures.device))).cpu() for part in torch.split(rows, 64)])
    at = labels.rows_of(bank.clip.cpu()[rows].numpy(), bank.frame.cpu()[rows].numpy())
    y = torch.cat([torch.from_numpy(labels.pose[at]), torch.from_numpy(labels.expression[at])], dim=1).double()
    weight, bias = ridge(v, y, strength)
    return {"weight": weight, "bias": bias, "scale": y.std(0).float()}


def ship(
    path: Path,
    networks: X2FaceNetworks,
    state: RunState,
    reading: dict[str, Tensor] | None,
    layout: Tensor | None,
    held_out: dict[str, float],
) -> WeightsInfo:
    """Write weights.

    layout: (71, 3) canonical landmarks in normalised coordinates, or None
    held_out: the latest held-out figures
    """
    tensors = {n: v for n, v in networks.state_dict().items() if v.is_floating_point()}
    if reading is not None:
        tensors |= {f"reading.{part}": value for part, value in reading.items()}
    if layout is not None:
        tensors["layout"] = layout
    recipe = state.recipe | {"steps": state.step, "samples": state.samples, "minutes": round(state.seconds / 60, 1)}
    if "identity" in state.data:
        recipe["identity"] = state.data["identity"]
    info: dict[str, Any] = {
        "name": path.stem,
        "preset": state.recipe.get("preset", "light"),
        "dims": networks.dims.to_dict(),
        "parameters": networks.parameter_counts(),
        "recipe": recipe,
        "metrics": {name: round(value, 4) for name, value in held_out.items()},
        "data": str(state.data.get("statement", "")),
    }
    return save_weights(path, tensors, info)
