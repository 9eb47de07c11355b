"""Drivers, read to their end."""

from __future__ import annotations

import torch

from x2face_core.driving import Driver, Source


def vectors(driver: Driver, source: Source) -> torch.Tensor:
    """(n, 128): all that a driver gives, one chunk after the other."""
    return torch.cat([torch.as_tensor(chunk.vectors) for chunk in driver.drive(source)])
