"""Fitting the pose mapping: reading by least absolute deviations, writing by a linear layer with batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from x2face_plugins import InputError
from x2face_plugins.mappings.affine import Affine, inverse
from x2face_pose.settings import AXES

Pair = tuple[Tensor, Tensor]
_LEAST = 0.5  # least standard deviation of an angle in degrees
_RIDGE = 1e-3  # relative to the mean variance of the vectors, against overfitting to few pictures
_ROUNDS = 30
_FLOOR = 0.05  # degrees: floor of the residuals, keeping IRLS weights bounded


def fit_pose(pairs: Sequence[Pair]) -> tuple[Affine, Affine]:
    """Fit reading and writing, in radians, to pairs of degrees (n, 3) and vectors (n, 128), float64.

    Reading is fitted to all rows, writing to deviations from the mean of each pair, so that identity does not enter;
    then writing is adjusted so that read(write(p)) = p.
    InputError if an angle hardly varies, or is collinear with others.
    """
    degrees, vectors = (torch.cat(column) for column in zip(*pairs, strict=True))
    within = [(p - p.mean(0), v - v.mean(0)) for p, v in pairs]
    turns, moves = (torch.cat(column) for column in zip(*within, strict=True))
    _check(turns)
    weight, bias = least_absolute(vectors, degrees)
    reading = Affine(weight.deg2rad(), bias.deg2rad())
    direction = fit_normed(turns.deg2rad(), moves).weight
    about = vectors.mean(0) - direction @ degrees.mean(0).deg2rad()
    return reading.float(), inverse(reading, Affine(direction, about)).float()


def _check(turns: Tensor) -> None:
    """InputError if the angles do not vary independently."""
    deviation = turns.std(0) if len(turns) > 1 else torch.zeros(3)
    for axis, degrees in zip(AXES, deviation.tolist(), strict=True):
        if not degrees >= _LEAST:
            raise InputError(
                f"{axis} hardly differs among these pictures (by {degrees:.1f} degrees); the mapping pose is learned "
                "from heads in many poses, those of a person in one folder."
            )
    if torch.linalg.eigvalsh(turns.T @ turns / len(turns))[0] < _LEAST**2 / 4:
        raise InputError("Roll, pitch and yaw change together in these pictures, so nothing tells them apart.")


def least_absolute(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (k, d) and bias (k,) with the least sum of |y - weight @ x - bias|, by IRLS.

    x: (n, d); y: (n, k), in units for which _FLOOR is small
    """
    mean = x.mean(0)
    rows = torch.cat([x - mean, x.new_ones(len(x), 1)], dim=1)
    ridge = torch.full((rows.shape[1],), _RIDGE * float(x.var(0).mean()) + 1e-12).to(x)
    ridge[-1] = 0
    found = [_least_absolute(rows, column, ridge) for column in y.unbind(1)]
    weight = torch.stack([one[:-1] for one in found])
    bias = torch.stack([one[-1] for one in found]) - weight @ mean
    return weight, bias


def _least_absolute(rows: Tensor, wanted: Tensor, ridge: Tensor) -> Tensor:
    shares = torch.ones_like(wanted)
    for _ in range(_ROUNDS):
        weighed = rows * (shares / shares.mean())[:, None]
        found: Tensor = torch.linalg.solve(rows.T @ weighed + torch.diag(ridge * len(rows)), weighed.T @ wanted)
        shares = 1 / (rows @ found - wanted).abs().clamp_min(_FLOOR)
    return found


def fit_normed(x: Tensor, y: Tensor) -> Affine:
    """Fit the published Linear and BatchNorm1d to x (n, k) and y (n, d) in one batch, folded into one affine map."""
    linear = nn.Linear(x.shape[1], y.shape[1], bias=False, dtype=x.dtype)
    norm = nn.BatchNorm1d(y.shape[1], momentum=None, dtype=x.dtype)
    with torch.no_grad():  # start near the solution, so that the optimisation is short and reproducible
        linear.weight.copy_((x.T @ y / len(x)).T + 1e-6)
    network = nn.Sequential(linear, norm)
    descent = torch.optim.LBFGS(network.parameters(), max_iter=300, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        descent.zero_grad()
        loss: Tensor = (network(x) - y).square().mean()
        loss.backward()
        return loss

    descent.step(closure)
    norm.reset_running_stats()
    network(x)
    return fold(linear, norm)


@torch.no_grad()
def fold(linear: nn.Linear, norm: nn.BatchNorm1d) -> Affine:
    """Fold a linear layer and the trained batch norm after it into one affine map."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    bias = linear.bias if linear.bias is not None else torch.zeros_like(norm.bias)
    return Affine(scale[:, None] * linear.weight, scale * (bias - norm.running_mean) + norm.bias)


def reading_figures(reading: Affine, pairs: Sequence[Pair], *, held_out: bool) -> dict[str, Any]:
    """Figures of the reading for each angle: mean absolute error, that of predicting the mean, and R²."""
    true, vectors = (torch.cat(column).double() for column in zip(*pairs, strict=True))
    found, centred = reading(vectors).rad2deg(), true - true.mean(0)
    missed = found - true
    explained = 1 - missed.square().sum(0) / centred.square().sum(0).clamp_min(1e-12)
    return {
        "judged by": f"{len(true)} pictures held out" if held_out else "the pictures it learned from",
        "mae": [round(one, 2) for one in missed.abs().mean(0).tolist()],
        "mae of mean": [round(one, 2) for one in centred.abs().mean(0).tolist()],
        "r2": [round(one, 3) for one in explained.tolist()],
    }
