"""Conversion of the released speech mapping (linearregression_scaledTrue_7000.pkl, scaler_7000.pkl)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from x2face_audio.feature_mapping import FeatureMapping


def released_features(regression: Mapping[str, Tensor], scaling: Mapping[str, Tensor] | None = None) -> FeatureMapping:
    """Make a fitted FeatureMapping.

    regression: weight (128, 256), bias (128,), used unchanged, as the released notebook does not apply the scaler
    scaling: mean (256,), scale (256,), stored but not used
    """
    mapping = FeatureMapping()
    mapping.load_state_dict({**mapping.state_dict(), **regression, **(scaling or {})})
    return mapping
