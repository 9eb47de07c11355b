"""The mapping `audio_features`: the paper's 256 features of speech to driving vectors (paper 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_audio.feature_files import read_features
from x2face_audio.settings import FEATURE_FILES, PAPER_FEATURES
from x2face_plugins import FilmEncoder, InputError

FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")


class FeatureMapping:
    """v = W a + b, fitted to standardised features, and applied to features without standardisation.

    As in the paper: no normalisation at test time "amplifies the signal". The released notebook loads the scaler of the
    fit and does not apply it.

    mean, scale: (256,) of that scaler, stored but not used
    """

    def __init__(self) -> None:
        self.weight, self.bias = torch.zeros(128, PAPER_FEATURES), torch.zeros(128)
        self.mean, self.scale = torch.zeros(PAPER_FEATURES), torch.ones(PAPER_FEATURES)

    def write(self, values: Tensor) -> Tensor:
        """(n, 256) features to driving vectors (n, 128), up to a constant: only differences are meaningful."""
        return values.to(self.weight) @ self.weight.T + self.bias

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[tuple[Tensor, Tensor]]:
        """A pair for each feature file with a film of the same name next to it: row k belongs to frame k."""
        films = {file: shown for file in _feature_files(folder) if (shown := _film_of(file))}
        if not films:
            raise InputError(f"{folder}: no NAME.npz or NAME.npy with a film NAME.mp4 beside it.")
        for file, shown in films.items():
            values, (vectors, _) = read_features(file), film(shown)
            frames = min(len(values), len(vectors))
            yield values[:frames], vectors[:frames]

    def fit(self, examples: Iterable[tuple[Tensor, Tensor]]) -> Mapping[str, Any]:
        """Ordinary least squares. "rows": number of rows; "r2": share of the vectors' variance that is explained"""
        from sklearn.linear_model import LinearRegression
        from sklearn.preprocessing import StandardScaler

        values, vectors = (torch.cat(rows).double().numpy() for rows in zip(*examples, strict=True))
        scaler = StandardScaler().fit(values)
        found = LinearRegression().fit(scaler.transform(values), vectors)
        self.weight, self.bias = _float(found.coef_), _float(found.intercept_)
        self.mean, self.scale = _float(scaler.mean_), _float(scaler.scale_)
        return {"rows": len(values), "r2": round(float(found.score(scaler.transform(values), vectors)), 4)}

    def state_dict(self) -> dict[str, Tensor]:
        return {"weight": self.weight, "bias": self.bias, "mean": self.mean, "scale": self.scale}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        self.weight, self.bias = state["weight"].float(), state["bias"].float()
        self.mean, self.scale = state["mean"].float(), state["scale"].float()


def _float(values: Any) -> Tensor:
    return torch.as_tensor(values).float().contiguous()


def _feature_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in FEATURE_FILES)


def _film_of(features: Path) -> Path | None:
    return next((path for suffix in FILMS if (path := features.with_suffix(suffix)).is_file()), None)
