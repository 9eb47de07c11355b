"""The X2Face model: weights loaded for inference, with embed, encode and render."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.driving import EmbeddedFace
from x2face_core.engines.choosing import Candidate, check_engine, choose
from x2face_core.engines.interface import rendering_threads, torch_threads
from x2face_core.engines.torch_engine import DTYPES, device_of
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.geometry.anchors import anchors_of
from x2face_core.networks.dims import Dims, Fusion
from x2face_core.networks.folding import fold
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import WeightsInfo, find_weights, load_weights

READINGS = ("roll", "pitch", "yaw", "mouth_open", "mouth_width", "eye_left", "eye_right")
FUSIONS: tuple[Fusion, ...] = get_args(Fusion)
"""Ways to make one face of several sources."""
_FAVOUR = 0.05  # difference in colour that counts as much as eyes or mouth open by 1


class X2Face:
    """The two networks, and a linear readout of pose and expression from driving vectors.

    engine, precision, device_name: what computes the networks, how and where, see x2face_core.engines
    device, dtype: of torch, which warps and completes
    anchors: (x, y) of named points in normalised coordinates of the embedded face, see x2face_core.geometry.anchors

    >>> model = X2Face.load()
    >>> face = model.embed(pictures)                        # (k, 3, H, W) float32 in [0, 1]
    >>> frames = model.render(face, model.encode(driving))  # (n, 3, H, W) float32 in [0, 1]
    """

    def __init__(
        self,
        networks: X2FaceNetworks,
        info: WeightsInfo,
        *,
        reading: tuple[Tensor, Tensor, Tensor] | None = None,
        layout: Tensor | None = None,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
        completion: bool = True,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.dtype = dtype
        self.engine, self.precision = "torch", next(name for name, one in DTYPES.items() if one == dtype)
        self.device_name = str(self.device)
        self.is_light = networks.is_light
        self._cores = torch.get_num_threads()
        self.completion = completion
        self.info = info
        self.dims = networks.dims
        self._reading = reading
        self.anchors = anchors_of(layout)
        self.networks = networks.eval().requires_grad_(False)
        in_memory_format(self.networks, torch.channels_last, self.device)

    @classmethod
    def load(
        cls,
        weights: str | Path | None = None,
        *,
        device: str = "auto",
        dtype: str = "auto",
        completion: bool = True,
        engine: str = "torch",
    ) -> X2Face:
        """Load weights by name or path; None: the default ones.

        device: auto, cpu, cuda, cuda:1 or mps; for other engines than torch, one of theirs
        dtype: fp32, bf16, fp16 or int8; auto is fp32 on GPUs, for light networks with torch bf16 where the processor
            multiplies in it and else fp32, for others the fastest that passes a trial
        completion: let `embed` fill in what sources do not show, if the weights have a network for it
        engine: torch, openvino or onnxruntime; auto: the fastest that is installed and passes a trial, which is made
            once a machine
        WeightsError if weights are missing or broken, UsageError for a device or dtype that is not available,
        MissingError for an engine that is not installed.
        """
        check_engine(engine, dtype)
        path = find_weights(weights)
        chosen = device_of(device) if engine in ("auto", "torch") else torch.device("cpu")
        with torch_threads(1) as cores:  # more wait for one another, in work that is over at once
            info, tensors = load_weights(path)
            networks = _networks(_dims(info, path), tensors, path, chosen)
            reading, layout = _reading(tensors, networks.dims, path), _layout(tensors, path)
            model = cls(networks, info, reading=reading, layout=layout, device=chosen, completion=completion)
        model._cores = cores
        model._use(engine, dtype, device)
        return model

    def _use(self, engine: str, dtype: str, device: str) -> None:
        """Let an engine compute the networks."""
        threads, graphs = rendering_threads(self.is_light), self.device.type == "cpu"
        found: Candidate = choose(
            engine if graphs else "torch", dtype, self.networks, self.info.sha256, device=device, threads=threads
        )
        self.engine, self.precision = found
        if self.engine == "torch":
            self.dtype = _dtype(self.precision, self.device)
            return
        from x2face_core.engines.graph_engine import replace_networks
        from x2face_core.engines.preparing import make_engine

        made = make_engine(*found, self.networks, self.info.sha256, device=device, threads=threads)
        self.device_name = made.device
        replace_networks(self.networks, made)

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def fingerprint(self) -> str:
        return self.info.fingerprint

    @property
    def workers(self) -> int:
        """Number of batches to compute at the same time.

        Light networks use CPU cores better with a batch each than together for one batch; other engines than torch
        have threads of their own.
        """
        apart = self.is_light and self.engine == "torch" and self.device.type == "cpu"
        return self._cores if apart else 1

    @property
    def reading_scale(self) -> Tensor:
        """(7,) standard deviation of each number of `read` in the training set, to normalise distances."""
        return self._read_with()[2]

    @torch.inference_mode()
    def embed(self, pictures: Tensor, fusion: str = "auto", *, complete: bool | None = None) -> EmbeddedFace:
        """Compute the embedded face of one person (paper 3.1); several pictures are fused (section 5).

        pictures: (k, 3, H, W) float32 in [0, 1], square crops of any one size
        fusion: aligned, embedded faces registered to the best one, with one of them chosen per texel (networks.fusing);
            mean; confidence, weights exp(c) + 0.1 as in the released forward; confidence-exp, weights exp(c) as in its
            get_unwrapped; the latter two are the mean without a confidence channel. auto: as stored with the weights
        complete: fill in what no source shows, for weights with a completion network; None: as given to `load`
        UsageError for an unknown fusion.
        """
        chosen = next((one for one in FUSIONS if one == (self.dims.fusion if fusion == "auto" else fusion)), None)
        if chosen is None:
            raise UsageError(f"fusion is {fusion!r}; it may be {', '.join(('auto', *FUSIONS))}.")
        pictures = _checked(pictures).to(self.device)
        complete = self.completion if complete is None else complete
        with self._autocast() if self.device.type != "cpu" else nullcontext():  # once a film: fp32 costs nothing there
            texture = self.networks.fuse(pictures, chosen, complete=complete, favour=self._favour)
        return EmbeddedFace(texture.float().cpu(), self.anchors)

    def _favour(self, vectors: Tensor) -> Tensor | None:
        """(n,) preference for sources with open eyes and an open mouth; None for weights without a reading."""
        if self._reading is None:
            return None
        read = self.read(vectors.cpu())
        return _FAVOUR * (read[:, 5:].mean(dim=1) + read[:, 3])

    @torch.inference_mode()
    def encode(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) float32 in [0, 1], cropped as the sources are, to driving vectors (n, 128) float32."""
        with self._autocast():
            return self.networks.encode(_checked(pictures).to(self.device)).float().cpu()

    @torch.inference_mode()
    def render(self, face: EmbeddedFace, vectors: Tensor) -> Tensor:
        """Driving vectors (n, 128) to frames (n, 3, H, W) float32 in [0, 1], as large as the texture."""
        with self._autocast():
            return self.networks.render(face.texture.to(self.device), self._vectors(vectors)).cpu()

    @torch.inference_mode()
    def render_pictures(self, face: EmbeddedFace, vectors: Tensor) -> NDArray[np.uint8]:
        """The same frames rounded to bytes, (n, H, W, 3) uint8 RGB: faster than rounding those of `render`."""
        with self._autocast():
            pictures = self.networks.render_bytes(face.texture.to(self.device), self._vectors(vectors))
        return pictures.cpu().numpy()

    @torch.inference_mode()
    def flow(self, vectors: Tensor) -> Tensor:
        """Driving vectors (n, 128) to flows (n, 2, h, w) in normalised coordinates, at the networks' own resolution.

        Displacements: +1 in channel 0 samples half the embedded face's width to the right, in channel 1 half its height
        down.
        """
        with self._autocast():
            return self.networks.driving.decode(self._vectors(vectors)).float().cpu()

    def _vectors(self, vectors: Tensor) -> Tensor:
        if vectors.dim() != 2 or vectors.shape[1] != self.dims.vector:
            raise InputError(f"Driving vectors of shape {tuple(vectors.shape)}; expected (n, {self.dims.vector}).")
        return vectors.float().to(self.device)

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, 7): roll, pitch, yaw in degrees, mouth_open, mouth_width, eye_left, eye_right.

        A linear regression fitted on the training set (as the pose in paper 5.3); docs/data.md defines the measures.
        """
        weight, bias, _ = self._read_with()
        return vectors.float() @ weight.T + bias

    def _read_with(self) -> tuple[Tensor, Tensor, Tensor]:
        if self._reading is None:
            raise WeightsError(
                f"The weights {self.name!r} carry no reading of pose and expression; "
                "`x2face train` fits one where the data has labels."
            )
        return self._reading

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def _checked(pictures: Tensor) -> Tensor:
    if pictures.dim() != 4 or pictures.shape[1] != 3 or not pictures.is_floating_point():
        raise InputError(
            f"Pictures of shape {tuple(pictures.shape)} and {pictures.dtype}; expected (n, 3, H, W) floats in [0, 1]."
        )
    return pictures


def _dtype(dtype: str, device: torch.device) -> torch.dtype:
    if dtype == "fp16" and device.type == "cpu":
        raise UsageError("dtype fp16: CPUs compute it slowly or not at all; fp32 or bf16 would do.")
    return DTYPES[dtype]


def _dims(info: WeightsInfo, path: Path) -> Dims:
    try:
        return Dims.from_dict(info.dims)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error


def _reading(tensors: dict[str, Tensor], dims: Dims, path: Path) -> tuple[Tensor, Tensor, Tensor] | None:
    """Weight (7, 128), bias (7,) and scale (7,) of the linear readout, or None."""
    shapes = {"weight": (len(READINGS), dims.vector), "bias": (len(READINGS),), "scale": (len(READINGS),)}
    found = {part: tensors.get(f"reading.{part}") for part in shapes}
    if all(value is None for value in found.values()):
        return None
    for part, shape in shapes.items():
        value = found[part]
        if value is None or value.shape != shape:
            there = "missing" if value is None else f"of shape {tuple(value.shape)}"
            raise WeightsError(f"{path}: reading.{part} is {there}; {shape} is needed.")
    weight, bias, scale = (value.to(torch.float32, copy=True) for value in found.values() if value is not None)
    return weight, bias, scale.clamp(min=1e-6)


def _layout(tensors: dict[str, Tensor], path: Path) -> Tensor | None:
    """(71, 2 or 3) canonical landmarks, or None."""
    layout = tensors.get("layout")
    if layout is not None and (layout.dim() != 2 or layout.shape[1] not in (2, 3) or not layout.is_floating_point()):
        raise WeightsError(f"{path}: its layout is of shape {tuple(layout.shape)}; (71, 3) is needed.")
    return layout


def _networks(dims: Dims, tensors: dict[str, Tensor], path: Path, device: torch.device) -> X2FaceNetworks:
    """Networks for inference on a device."""
    with torch.device("meta"):
        networks = X2FaceNetworks(dims)
    wanted = {name for name in networks.state_dict() if not name.endswith("num_batches_tracked")}
    parts = ("embedding.", "driving.", "completion.")
    # Copies, even of what is float32 already: one tensor of the file's would keep all of it in memory.
    found = {name: value.to(torch.float32, copy=True) for name, value in tensors.items() if name.startswith(parts)}
    if wanted != set(found):
        odd = sorted(wanted ^ set(found))
        raise WeightsError(f"{path}: its tensors do not fit its sizes ({len(odd)} differ, such as {odd[0]}).")
    try:
        networks.load_state_dict(found, strict=False, assign=True)
    except RuntimeError as error:
        raise WeightsError(
            f"{path}: its tensors do not fit its sizes ({str(error).splitlines()[1].strip()})."
        ) from error
    return fold(networks, upsampling=device.type == "cpu")
