"""Conversion of the released pose mapping (posereg.pth, posetobottle.pth; NoSkipNet_X2Face_pose.py)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from x2face_plugins.mappings.affine import Affine
from x2face_pose.fitting import fold
from x2face_pose.mapping import PoseMapping


def released_pose(reading: Mapping[str, Tensor], writing: Mapping[str, Tensor]) -> PoseMapping:
    """Make a fitted PoseMapping; order and radians are the same, the batch norm is folded in.

    reading: weight (3, 128), bias (3,)
    writing: weight (128, 3), norm.weight, norm.bias, norm.running_mean, norm.running_var (128,)
    They are not adjusted to read(write(p)) = p: driving is as released, and only approximately a projection.
    """
    mapping = PoseMapping()
    mapping.reading = Affine(reading["weight"], reading["bias"]).float()
    mapping.writing = _folded(writing).float()
    return mapping


def _folded(writing: Mapping[str, Tensor]) -> Affine:
    outputs, inputs = writing["weight"].shape
    linear, norm = nn.Linear(inputs, outputs, bias=False).double(), nn.BatchNorm1d(outputs).double()
    linear.load_state_dict({"weight": writing["weight"]})
    norm.load_state_dict(
        {name.removeprefix("norm."): value for name, value in writing.items() if name != "weight"}
        | {"num_batches_tracked": torch.tensor(0)}
    )
    return fold(linear, norm)
