"""Session: weights, plugins and fitted mappings, loaded once for any number of faces and films."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from x2face_core import driving
from x2face_core.driving import EmbeddedFace
from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture
from x2face_core.model import X2Face
from x2face_core.rendering.background import Background
from x2face_core.rendering.finishing import finished
from x2face_core.rendering.pipeline import animate_source
from x2face_core.sources.films import FilmReader
from x2face_core.sources.framing import PLAIN, Framing
from x2face_core.sources.portraits import Cropping, crops, find_portraits
from x2face_core.sources.source import MappingsByName, ModelSource, as_factor
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_core.streaming.batching import batches
from x2face_core.streaming.real_time import Pace
from x2face_core.streaming.soundtrack import soundtrack
from x2face_core.suitability.same_person import refuse_different_people
from x2face_core.warping import resize_flow
from x2face_plugins.activating import delegate
from x2face_plugins.blinking import blinks_beside
from x2face_plugins.choosing import choose
from x2face_plugins.faces import Face, Film, as_source
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.registry import Registry
from x2face_plugins.run_options import options_given
from x2face_plugins.words import known_driver

if TYPE_CHECKING:
    from x2face_plugins.faces import AnyPicture

BATCH = 8


def _active(one: ActiveDriver | ActiveOverlay | driving.Driver | driving.Overlay) -> ActiveDriver | ActiveOverlay:
    if isinstance(one, ActiveDriver | ActiveOverlay):
        return one
    return ActiveOverlay.of(one) if isinstance(one, driving.Overlay) else ActiveDriver.of(one)


def _embedded(face: Face | EmbeddedFace) -> EmbeddedFace:
    return face.embedded if isinstance(face, Face) else face


def load_model(
    weights: str | Path | None, device: str, dtype: str, completion: bool = True, engine: str = "torch"
) -> X2Face:
    """X2Face.load, in a place where tests and hosts may exchange it."""
    return X2Face.load(weights, device=device, dtype=dtype, completion=completion, engine=engine)


class Session:
    """Weights, plugins and fitted mappings, loaded once, used for any number of faces and films.

    >>> session = Session.load()
    >>> face = session.face("photo.jpg")
    >>> for frame in session.animate(face, session.driver("audio", input="speech.wav")): ...

    model: the networks; registry: the plugins; load_mapping: function from a name to the fitted mapping
    chosen: options of a run by field, such as weights, by which it was loaded, where they are not the defaults
    """

    def __init__(
        self,
        model: X2Face,
        registry: Registry,
        load_mapping: MappingsByName,
        chosen: Mapping[str, Any] | None = None,
    ) -> None:
        self.model, self.registry, self._load_mapping = model, registry, load_mapping
        self.chosen = dict(chosen or {})

    @classmethod
    def load(
        cls,
        weights: str | Path | None = None,
        device: str = "auto",
        *,
        dtype: str = "auto",
        mappings: Iterable[str | Path] = (),
        completion: bool = True,
        registry: Registry | None = None,
        engine: str = "auto",
    ) -> Session:
        """Load weights, plugins and mappings.

        weights: name or file, see `x2face weights list`; None: the default weights
        device: auto, cpu, cuda, cuda:1 or mps; dtype: auto, fp32, bf16, fp16 or int8
        mappings: files written by `x2face fit`, which take precedence over installed ones
        completion: paint what sources do not show, for weights with a network for it
        registry: plugins, if they are loaded already
        engine: what computes the networks: auto, torch, openvino or onnxruntime; auto is the fastest that is installed
        WeightsError if weights or mappings are missing or broken, UsageError for a device that is not available,
        MissingError for an engine that is not installed.
        """
        registry = Registry.load() if registry is None else registry
        files = tuple(map(Path, mappings))
        model = load_model(weights, device, dtype, completion, engine)
        load_mapping = mapping_loader(registry, model.fingerprint, files, model.info.path)
        named = None if weights is None else str(weights)
        chosen: dict[str, Any] = {"weights": named, "mapping": files, "engine": engine, "device": device}
        chosen |= {"dtype": dtype, "no_completion": not completion}
        return cls(model, registry, load_mapping, options_given(chosen))

    def face(
        self,
        *pictures: AnyPicture,
        crop: str = "auto",
        face: int | None = None,
        force: bool = False,
        crop_scale: float = 1.6,
        size: int | None = None,
        crop_shows: Literal["face", "head"] = "face",
        source_frames: int = 3,
        fusion: str = "auto",
        no_completion: bool = False,
    ) -> Face:
        """Find, crop and embed one person's face.

        pictures: paths of photographs, films or folders; (h, w, 3) uint8 RGB arrays; Pillow's pictures
        crop: auto, none or x,y,w,h; face: which of several, from left to right, from 1
        force: take pictures as one person that look like different people, which is refused otherwise
        crop_scale: the crop's side in faces; size: of frames in pixels, 256 by default
        crop_shows: what frames of `animate` show: the crop, or the whole head where the first picture has room
        source_frames: pictures taken from a film or a folder
        fusion: aligned, mean, confidence or confidence-exp; auto: as stored with the weights
        no_completion: leave what no source shows as it is, for weights with a completion network
        NoFaceError, InputError for unreadable files, UsageError for invalid options.
        """
        if not pictures:
            raise UsageError("A face needs a picture at least.")
        side = size or PLAIN
        cropping = Cropping(crop, crop_scale, side, face, Framing(crop_shows, side))
        portraits = find_portraits([as_source(one) for one in pictures], cropping, source_frames, self.model)
        if not force:
            refuse_different_people(portraits, self.model)
        complete = False if no_completion else None
        return Face(self.source(crops(portraits), fusion, complete=complete), portraits)

    def driver(self, name: str, **settings: Any) -> ActiveDriver | ActiveOverlay:
        """Load a driver or an overlay.

        name: as listed by `x2face drivers`, or the path of a one-file plugin
        settings: its own, such as input="speech.wav", and weight, start, stop, only, without of any driver
        UsageError for an unknown name or setting, InputError for an input that cannot be read.
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
        paste_back: bool = False,
        compare: bool = False,
        finish: str = "none",
        smooth: float = 0.0,
        sharpen: float = 0.0,
        background: str = "move",
        pace: Pace | None = None,
    ) -> Film:
        """Drive a face; iterate over the result for its frames.

        drivers: results of `driver`, or objects of your own with `drive` or `edit`; overlays are applied in this order
        fps: frame rate; None: that of the drivers; seconds: largest length; seed: for drivers that draw random numbers
        still: do not add blinks to speech
        paste_back: put the face back into the whole first picture; compare: show source and driving picture to the left
        finish: poisson: take teeth and closed lids from driving pictures; smooth: the motion, over so many frames
        sharpen: the generated face by so much; 0.5 is a little
        background: keep: the first picture's stands still behind the person; move: it follows the flow
        pace: gives frames in real time, and drops late ones
        UsageError for drivers that cannot be combined, for endless ones without seconds, or for a background to keep
        against which no person is made out.
        """
        active = [_active(one) for one in drivers]
        overlays = [one for one in active if isinstance(one, ActiveOverlay)]
        moving = [one for one in active if isinstance(one, ActiveDriver)]
        added = None if still else blinks_beside(moving, self.registry, self.mapping)
        if added is not None and isinstance(idle := added.load(), ActiveDriver):
            moving.append(idle)
        kept = Background.kept(background, face.portraits[0], face.source)
        animation = animate_source(
            replace(face.source, seed=seed, pictures_wanted=compare or finish == "poisson"),
            moving,
            overlays=overlays,
            fps=fps,
            seconds=seconds,
            batch_size=batch_size,
            finish=finish,
            smooth=smooth,
            pace=pace,
            matte=None if kept is None else kept.matte,
        )
        pictures = finished(
            animation, face.portraits, paste_back=paste_back, compare=compare, sharpen=sharpen, background=kept
        )
        return Film(animation, pictures, soundtrack(moving).path)

    def encode(self, pictures: Tensor | AnyPicture | Sequence[AnyPicture]) -> Tensor:
        """Encode pictures as driving vectors (n, 128) float32.

        pictures: crops (n, 3, h, w) in [0, 1]; or the path of a film, a picture or a folder, one row for each frame; or
            arrays and Pillow pictures, in each of which the face is found and cropped
        NoFaceError, InputError.
        """
        if isinstance(pictures, Tensor):
            return torch.cat([self.model.encode(torch.stack(rows)) for _, rows in batches(pictures, BATCH)])
        if isinstance(pictures, str | Path):
            return FilmReader(self.model)(pictures)[0]
        listed = list(pictures) if isinstance(pictures, Sequence) else [pictures]
        cropping = Cropping(side=self.model.dims.side)
        return self.encode(crops(find_portraits([as_source(one) for one in listed], cropping, 1, self.model)))

    def render(self, face: Face | EmbeddedFace, vectors: Tensor) -> Picture:
        """Render driving vectors (n, 128) to frames (n, h, w, 3) uint8."""
        embedded = _embedded(face)
        frames = [self.model.render_pictures(embedded, torch.stack(rows)) for _, rows in batches(vectors, BATCH)]
        return np.concatenate(frames)

    def flow(self, face: Face | EmbeddedFace, vectors: Tensor) -> Tensor:
        """Flows (n, 2, h, w) by which frames are sampled from the embedded face.

        Displacements in normalised coordinates: +1 in channel 0 samples half the width to the right, in channel 1 half
        the height down.
        """
        return resize_flow(self.model.flow(vectors), *_embedded(face).texture.shape[-2:])

    def mapping(self, name: str) -> driving.Mapping:
        """A fitted mapping by name, bare or `dist:name`. MissingError names the command that fits it."""
        return self._load_mapping(name)

    def factor(self, name: str) -> driving.Factor:
        """A fitted mapping that also reads vectors, such as pose. MissingError if it does not."""
        return as_factor(name, self._load_mapping(name))

    def delegate(self, name: str, settings: dict[str, Any]) -> ActiveDriver:
        """Load a driver on behalf of another driver (`Source.drive`)."""
        return delegate(self.registry, name, settings)

    def source(self, pictures: Tensor, fusion: str = "auto", *, complete: bool | None = None) -> ModelSource:
        """The Source of one face from crops (k, 3, h, w) in [0, 1], with the session's mappings and drivers."""
        return ModelSource.of(
            self.model, pictures, fusion, complete=complete, load_mapping=self._load_mapping, load_driver=self.delegate
        )
