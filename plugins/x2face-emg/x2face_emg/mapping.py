"""The mapping `emg`: muscle activity to driving vectors, by ridge regression on films with recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from x2face_plugins import FilmEncoder, InputError

from x2face_emg.envelopes import activity
from x2face_emg.recording import read_recording
from x2face_emg.regression import Pair, fit_best_ridge
from x2face_emg.settings import CHANNELS

FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")
SHORTEST = 1.0  # least overlap of a film and its recording in seconds


class EmgMapping:
    """v = x A + b, where x is activity relative to rest, in the unit of the recording.

    learned: (k,), 1 for each muscle in the training data
    """

    def __init__(self) -> None:
        self.weight, self.bias = torch.zeros(len(CHANNELS), 128), torch.zeros(128)
        self.learned = torch.zeros(len(CHANNELS))

    def write(self, values: Tensor) -> Tensor:
        """(n, k) to (n, 128)."""
        return torch.as_tensor(values).float() @ self.weight + self.bias

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[tuple[Tensor, Tensor]]:
        """A pair for each film with a table of the same name: activity (n, k) and vectors (n, 128) of frames in both.

        InputError if there is no pair, or film and recording hardly overlap.
        """
        pairs = [(table, shown) for table in sorted(folder.glob("*.csv")) if (shown := film_of(table))]
        if not pairs:
            raise InputError(f"{folder}: no table NAME.csv with a film NAME.mp4 beside it.")
        for table, shown in pairs:
            recording = read_recording(table)
            vectors, fps = film(shown)
            moments = np.arange(len(vectors)) / fps
            both = (moments >= recording.seconds[0] - 1e-6) & (moments <= recording.seconds[-1] + 1 / fps)
            if not len(vectors):
                continue  # the host reports that the film shows no face
            if both.sum() < SHORTEST * fps:
                raise InputError(
                    f"{table}: has {both.sum() / fps:.1f} s in common with {shown.name}, which begins at 0; "
                    f"{SHORTEST:g} s at least are needed."
                )
            values = activity(recording, moments[both], fps)
            yield torch.from_numpy(values).float(), vectors[torch.from_numpy(both)]

    def fit(self, examples: Iterable[tuple[Tensor, Tensor]]) -> Mapping[str, Any]:
        """Ridge regression; figures as of regression.fit_best_ridge, and `muscles`, those in the training data."""
        pairs = [Pair.of(x.double().numpy(), v.double().numpy()) for x, v in examples]
        found, figures = fit_best_ridge(pairs)
        x, v = (np.concatenate(part) for part in zip(*((pair.x, pair.v) for pair in pairs), strict=True))
        self.weight = torch.from_numpy(found).float()
        self.bias = torch.from_numpy(v.mean(axis=0) - x.mean(axis=0) @ found).float()
        self.learned = torch.from_numpy(x.std(axis=0) > 0).float()
        muscles = [name for name, there in zip(CHANNELS, self.learned.tolist(), strict=True) if there]
        return {"muscles": muscles, **figures}

    def state_dict(self) -> dict[str, Tensor]:
        return {"weight": self.weight, "bias": self.bias, "learned": self.learned}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        self.weight, self.bias, self.learned = state["weight"], state["bias"], state["learned"]


def film_of(table: Path) -> Path | None:
    """The film with the name of a table, or None."""
    return next((path for suffix in FILMS if (path := table.with_suffix(suffix)).is_file()), None)
