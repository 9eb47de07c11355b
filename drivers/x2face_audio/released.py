"""The released speech mapping as ours (linearregression_scaledTrue_7000.pkl, scaler_7000.pkl)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from x2face_audio.feature_mapping import FeatureMapping


def released_features(regression: Mapping[str, Tensor], scaling: Mapping[str, Tensor] | None = None) -> FeatureMapping:
    """A fitted mapping.

    regression: weight (128, 256), bias (128,); it goes into the mapping as it is, for the released notebook leaves the
        scaler out
    scaling: mean (256,), scale (256,), kept beside
    """
    mapping = FeatureMapping()
    mapping.load_state_dict({**mapping.state_dict(), **regression, **(scaling or {})})
    return mapping
