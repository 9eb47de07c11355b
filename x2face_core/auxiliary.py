"""Auxiliary networks on disk, such as the identity network: safetensors with a description, found by name or path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from x2face_core.errors import WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.descriptions import described
from x2face_core.files.kinds import FileKind
from x2face_core.files.storing import write_tensors
from x2face_core.weights import is_file, own_files

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class AuxiliaryInfo:
    """The description in a file; fields as of weights.WeightsInfo."""

    name: str
    dims: dict[str, Any]
    sha256: str
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    data: str = ""


@dataclass(frozen=True)
class AuxiliaryKind:
    """One kind of network.

    file: the kind of its files; folder: where the user's own are, below $X2FACE_HOME; packaged: where those are that
        are shipped; suffixes: of files in formats of others, beside .safetensors
    """

    file: FileKind
    folder: str
    packaged: Path
    suffixes: tuple[str, ...] = ()

    def find(self, asked: str | Path) -> Path:
        """The file of a network by name or path. WeightsError if there is none."""
        makes = f"`{self.file.writer} OUT --data DIR` makes one"
        if Path(asked).suffix in (".safetensors", *self.suffixes):
            if not is_file(asked):
                raise WeightsError(f"{asked}: no such {self.file.content}; {makes}.")
            return Path(asked)
        for path in (*own_files(self.folder, "*.safetensors"), *self.packaged.glob("*.safetensors")):
            if path.stem == str(asked) and is_file(path):
                return path
        raise WeightsError(f"{str(asked)!r}: no {self.file.content} of this name; {makes}.")

    def read_info(self, path: Path) -> AuxiliaryInfo:
        """Read the description without the tensors. WeightsError if the file holds none."""
        return self.file.read(path, lambda told: described(AuxiliaryInfo, told))

    def load(self, path: Path, build: Callable[[dict[str, Any]], N]) -> tuple[N, AuxiliaryInfo]:
        """A network for inference. WeightsError if the file is broken or does not fit.

        build: makes a network from the sizes in the description
        """
        info, tensors = self.read_info(path), self.file.tensors(path)
        self.file.check_sum(path, tensors, info.sha256)
        return self.filled(lambda: build(info.dims), tensors, path), info

    def filled(self, build: Callable[[], N], tensors: Mapping[str, Tensor], path: Path) -> N:
        """A network for inference, with tensors given. WeightsError names one that is missing or of another shape."""
        with torch.device("meta"):
            network = build()
        state = network.state_dict()
        for name, value in state.items():
            found = tensors.get(name)
            if value.is_floating_point() and (found is None or found.shape != value.shape):
                there = "missing" if found is None else f"of shape {tuple(found.shape)}"
                needed = f"{tuple(value.shape)} is needed in a {self.file.content} of its sizes"
                raise WeightsError(f"{path}: {name} is {there}; {needed}.")
        whole = {
            n: tensors[n].float() if v.is_floating_point() else torch.zeros_like(v, device="cpu")
            for n, v in state.items()
        }
        network.load_state_dict(whole, assign=True)
        return network.eval().requires_grad_(False)

    def save(self, path: Path, network: nn.Module, dims: Mapping[str, Any], about: Mapping[str, Any]) -> AuxiliaryInfo:
        """Write a network atomically; matrices and kernels as fp16, the rest as fp32.

        about: the fields of AuxiliaryInfo without dims and sha256
        """
        stored = {name: _stored(value) for name, value in network.state_dict().items() if value.is_floating_point()}
        info = AuxiliaryInfo(**about, dims=dict(dims), sha256=checksum(stored))
        write_tensors(path, stored, self.file.metadata(info.__dict__))
        return info


def _stored(value: Tensor) -> Tensor:
    return value.detach().cpu().to(torch.float16 if value.dim() >= 2 else torch.float32).contiguous()
