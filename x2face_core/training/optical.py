"""Optical flow between the frames of a pair, for the motion of hair, neck, shoulders and background."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from x2face_core.errors import MissingError
from x2face_core.pixels import to_bytes
from x2face_core.warping import resize_flow, warp

_FALLOFF = 12.0
"""Trust is exp(-falloff x local L1 between the warped source and the target, in [0, 1])."""
_REACH = 0.6
"""Largest plausible flow in normalised coordinates."""


def compose(driving: Tensor, embedding: Tensor) -> Tensor:
    """Compose two flows (n, 2, h, w) to the flow from driving frame to source picture.

    driving: samples the embedded face; embedding: samples the source
    """
    return driving + warp(embedding, driving)


class OpticalFlow:
    """Dense inverse search (Kroeger et al., ECCV 2016, as in OpenCV), with an initial flow.

    side: of the resulting flows in pixels
    MissingError if OpenCV is not installed.
    """

    def __init__(self, side: int) -> None:
        try:
            import cv2
        except ImportError as error:
            raise MissingError(
                f"the recipe teaches by optical flow, which needs OpenCV ({error}); "
                "pip install 'x2face[training]', or do without it: --set optical=0."
            ) from None
        cv2.setNumThreads(1)  # parallel over pictures, as each is small
        self.side = side
        library: Any = cv2
        self._threads = ThreadPoolExecutor(torch.get_num_threads())
        self._make = partial(library.DISOpticalFlow_create, library.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._own = threading.local()

    @torch.no_grad()
    def flows(self, source: Tensor, target: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """Flows (n, 2, side, side) that sample each target from its source, and their trust.

        source, target: (n, 3, h, w) in [0, 1]
        start: (n, 2, k, k) initial flow in normalised coordinates
        trust: (n, 1, side, side) in [0, 1], from the difference between warped source and target
        """
        height, width = target.shape[-2:]
        rest = self._residuals(_grey(warp(source, start)), _grey(target))
        scale = torch.tensor([2 / (width - 1), 2 / (height - 1)], device=source.device)
        residual = (torch.from_numpy(rest).to(source.device) * scale).permute(0, 3, 1, 2)
        flow = residual + warp(resize_flow(start, height, width), residual)
        error = F.avg_pool2d(
            (warp(source, flow) - target).abs().mean(1, keepdim=True), 5, 1, 2, count_include_pad=False
        )
        trust = torch.exp(-_FALLOFF * error) * (flow.abs().amax(1, keepdim=True) < _REACH)
        small = F.interpolate(torch.cat([flow, trust], 1), size=(self.side, self.side), mode="area")
        return small[:, :2], small[:, 2:]

    def _residuals(self, sources: NDArray[np.uint8], targets: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Flows (n, h, w, 2) in pixels between grey pictures (n, h, w)."""
        return np.stack(list(self._threads.map(self._residual, targets, sources)))

    def _residual(self, target: NDArray[np.uint8], source: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The flow of one pair; each thread has its own search object, which keeps buffers."""
        if not hasattr(self._own, "search"):
            self._own.search = self._make()
        found: NDArray[np.float32] = self._own.search.calc(target, source, None)
        return found


def _grey(pictures: Tensor) -> NDArray[np.uint8]:
    weights = torch.tensor([0.299, 0.587, 0.114], device=pictures.device).view(1, 3, 1, 1)
    grey: NDArray[np.uint8] = to_bytes((pictures * weights).sum(1)).cpu().numpy()
    return grey
