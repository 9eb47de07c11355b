"""Weights, plugins and fitted mappings, loaded once, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from x2face_core import driving
from x2face_core.driving import EmbeddedFace
from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures
from x2face_core.rendering.pipeline import animate_source
from x2face_core.sources.films import Films
from x2face_core.sources.portraits import Cropping, crops, find_portraits
from x2face_core.sources.source import MappingsByName, ModelSource, as_factor
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_core.streaming.batching import batches
from x2face_core.streaming.soundtrack import soundtrack
from x2face_core.warping import resize_flow
from x2face_plugins.activating import delegate
from x2face_plugins.blinking import blinks_beside
from x2face_plugins.choosing import choose
from x2face_plugins.faces import Face, Film, as_source
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.registry import Registry
from x2face_plugins.words import known_driver

if TYPE_CHECKING:
    from x2face_plugins.faces import AnyPicture

BATCH = 8


def _active(one: ActiveDriver | ActiveOverlay | driving.Driver | driving.Overlay) -> ActiveDriver | ActiveOverlay:
    if isinstance(one, ActiveDriver | ActiveOverlay):
        return one
    return ActiveOverlay.of(one) if isinstance(one, driving.Overlay) else ActiveDriver.of(one)


def load_model(weights: str | Path | None, device: str, dtype: str) -> X2Face:
    return X2Face.load(weights, device=device, dtype=dtype)


class Session:
    """Loaded once, used for any number of faces and films.

    >>> session = Session.load()
    >>> face = session.face("photo.jpg")
    >>> for frame in session.animate(face, session.driver("audio", input="speech.wav")): ...

    model: the networks; registry: the plugins; load_mapping: a fitted mapping by its name
    """

    def __init__(self, model: X2Face, registry: Registry, load_mapping: MappingsByName) -> None:
        self.model, self.registry, self._load_mapping = model, registry, load_mapping

    @classmethod
    def load(
        cls,
        weights: str | Path | None = None,
        device: str = "auto",
        *,
        dtype: str = "auto",
        mappings: Iterable[str | Path] = (),
        registry: Registry | None = None,
    ) -> Session:
        """Load weights, plugins and mappings.

        weights: a name or a file, see `x2face weights list`; None: those of the package
        device: auto, cpu, cuda, cuda:1 or mps; dtype: auto, fp32, bf16 or fp16
        mappings: files that `x2face fit` wrote, to be used before the installed ones
        registry: what is installed, where it is loaded already
        Raises WeightsError where weights or mappings are missing or broken, UsageError for a device that is not there.
        """
        registry = Registry.load() if registry is None else registry
        model = load_model(weights, device, dtype)
        load_mapping = mapping_loader(registry, model.fingerprint, map(Path, mappings), model.info.path)
        return cls(model, registry, load_mapping)

    def face(
        self,
        *pictures: AnyPicture,
        crop: str = "auto",
        face: int | None = None,
        crop_scale: float = 1.6,
        size: int = 256,
        source_frames: int = 3,
        fusion: str = "auto",
    ) -> Face:
        """Find, crop and embed one person's face.

        pictures: paths of photographs, films or folders; (h, w, 3) uint8 RGB arrays; Pillow's pictures
        crop: auto, none or x,y,w,h; face: which of several, left to right from 1; crop_scale: the crop's side in faces; size: its side in pixels
        source_frames: pictures taken of a film or a folder
        fusion: mean, confidence or confidence-exp; auto: as the weights say
        Raises NoFaceError, InputError for what cannot be read, UsageError for options that there are not.
        """
        if not pictures:
            raise UsageError("A face needs a picture at least.")
        cropping = Cropping(crop, crop_scale, size, face)
        portraits = find_portraits([as_source(one) for one in pictures], cropping, source_frames, self.model)
        return Face(self.source(crops(portraits), fusion), portraits)

    def driver(self, name: str, **settings: Any) -> ActiveDriver | ActiveOverlay:
        """A driver or overlay, loaded.

        name: as `x2face drivers` lists it, or the path of a one-file plugin
        settings: its own, by field, such as input="speech.wav"; and weight, start, stop, only, without of any driver
        Raises UsageError for a name or a setting that there is not, InputError for an input that cannot be read.
        """
        self.registry, name = known_driver(self.registry, name)
        return choose(self.registry, name, settings).load()

    def animate(
        self,
        face: Face,
        *drivers: ActiveDriver | ActiveOverlay | driving.Driver | driving.Overlay,
        fps: float | None = None,
        seconds: float | None = None,
        seed: int = 0,
        batch_size: int = BATCH,
        still: bool = False,
    ) -> Film:
        """Drive a face; iterate over the answer for its frames.

        drivers: what `driver` answered, or objects of your own with `drive` or `edit`; overlays paint in this order
        fps: frames a second; None: the drivers'; seconds: at most so long; seed: for random numbers
        still: no blinks of themselves with speech
        Raises UsageError for drivers that cannot go together, or that would go on for ever without seconds.
        """
        active = [_active(one) for one in drivers]
        overlays = [one for one in active if isinstance(one, ActiveOverlay)]
        moving = [one for one in active if isinstance(one, ActiveDriver)]
        added = None if still else blinks_beside(moving, self.registry, self.mapping)
        if added is not None and isinstance(idle := added.load(), ActiveDriver):
            moving.append(idle)
        animation = animate_source(
            replace(face.source, seed=seed), moving, overlays=overlays, fps=fps, seconds=seconds, batch_size=batch_size
        )
        return Film(animation, soundtrack(moving).path)

    def encode(self, pictures: Tensor | AnyPicture | Sequence[AnyPicture]) -> Tensor:
        """Driving vectors (n, 128) float32.

        pictures: crops (n, 3, h, w) in [0, 1], taken as they are; or the path of a film, a picture or a folder, a row a
            frame; or arrays and Pillow's pictures, in each of which the face is found
        Raises NoFaceError, InputError.
        """
        if isinstance(pictures, Tensor):
            return torch.cat([self.model.encode(torch.stack(rows)) for _, rows in batches(pictures, BATCH)])
        if isinstance(pictures, str | Path):
            return Films(self.model)(pictures)[0]
        listed = [pictures] if hasattr(pictures, "size") else list(pictures)
        cropping = Cropping(side=self.model.dims.side)
        return self.encode(crops(find_portraits([as_source(one) for one in listed], cropping, 1, self.model)))

    def render(self, face: Face | EmbeddedFace, vectors: Tensor) -> Picture:
        """Frames (n, h, w, 3) uint8 of driving vectors (n, 128)."""
        embedded = face.embedded if isinstance(face, Face) else face
        frames = [to_pictures(self.model.render(embedded, torch.stack(rows))) for _, rows in batches(vectors, BATCH)]
        return np.concatenate(frames)

    def flow(self, face: Face | EmbeddedFace, vectors: Tensor) -> Tensor:
        """(n, 2, h, w): how far from itself each pixel of a frame is sampled from the embedded face.

        In normalised coordinates: 0 stays, +1 in channel 0 looks half the face's width to the right, in channel 1 down.
        """
        embedded = face.embedded if isinstance(face, Face) else face
        return resize_flow(self.model.flow(vectors), *embedded.texture.shape[-2:])

    def mapping(self, name: str) -> driving.Mapping:
        """A fitted mapping by its name, bare or `dist:name`. MissingError says which command fits it."""
        return self._load_mapping(name)

    def factor(self, name: str) -> driving.Factor:
        """A fitted mapping that reads vectors too, such as pose. MissingError where it does not."""
        return as_factor(name, self._load_mapping(name))

    def delegate(self, name: str, settings: dict[str, Any]) -> ActiveDriver:
        """A driver for another one that hands its work on."""
        return delegate(self.registry, name, settings)

    def source(self, pictures: Tensor, fusion: str = "auto") -> ModelSource:
        """Crops (k, 3, h, w) in [0, 1] of one face as drivers see them, who find the session's mappings and drivers."""
        return ModelSource.of(self.model, pictures, fusion, load_mapping=self._load_mapping, load_driver=self.delegate)
