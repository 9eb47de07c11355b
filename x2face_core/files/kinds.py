"""The kinds of safetensors files that x2face writes, each with a JSON description in its metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from x2face_core.errors import WeightsError, X2FaceError
from x2face_core.files.checksums import checksum, not_finite
from x2face_core.files.descriptions import BROKEN_JSON
from x2face_core.files.faults import reason

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

T = TypeVar("T")
_LONGEST = 10_000_000  # bytes; a longer header is not accepted


@dataclass(frozen=True)
class FileKind:
    """One kind of file: how it is recognised, and how errors name it.

    key: of the description in the metadata; content: what such a file holds, as in "holds no mapping"
    writer: the command that writes it; remedy: what the user can do about a broken one
    error: raised if a file is missing, broken or of another kind
    """

    key: str
    content: str
    writer: str
    remedy: str
    error: type[X2FaceError] = WeightsError

    def metadata(self, description: Mapping[str, Any]) -> dict[str, str]:
        """The safetensors metadata for a description."""
        return {self.key: json.dumps(description)}

    def read(self, path: Path, make: Callable[[dict[str, Any]], T]) -> T:
        """Read a file's description and convert it by `make`. Reads the header only, and does not import torch."""
        text = self.header(path).get("__metadata__", {}).get(self.key)
        if text is None:
            raise self.error(f"{path}: holds no {self.content}, as `{self.writer}` writes; {self.remedy}.")
        try:
            return make(json.loads(text))
        except (KeyError, *BROKEN_JSON) as error:
            raise self.error(f"{path}: its description cannot be read ({reason(error)}); {self.remedy}.") from error

    def header(self, path: Path) -> dict[str, Any]:
        """The safetensors header: dtype, shape and offsets of each tensor, metadata. A file cut short is refused."""
        try:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                if not 0 < length < _LONGEST:
                    raise ValueError("no header of safetensors")
                header = json.loads(file.read(length))
                size = file.seek(0, os.SEEK_END)
            if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
                raise ValueError("no header of safetensors")
            if size < (promised := 8 + length + _end_of_tensors(header)):
                raise ValueError(f"it is cut short: {size} bytes of {promised}")
            return header
        except (OSError, *BROKEN_JSON) as error:
            raise self.error(
                f"{path}: not a safetensors file ({reason(error)}), as `{self.writer}` writes; {self.remedy}."
            ) from error

    def tensors(self, path: Path, prefix: str = "") -> dict[str, Tensor]:
        """The tensors as stored, checked to be finite.

        prefix: only tensors whose names begin with it; it is removed from the names
        """
        found = self._load(path, prefix, "pt")
        if (name := not_finite(found)) is not None:
            raise self.error(f"{path}: {name!r:.80} has numbers that are not finite; {self.remedy}.")
        return found

    def check_sum(self, path: Path, tensors: Mapping[str, Tensor], expected: str) -> None:
        """Raise the error if the tensors do not have the expected checksum."""
        if (found := checksum(tensors)) != expected:
            raise self.error(f"{path}: its tensors have sha256 {found[:12]}…, not {expected[:12]}…; {self.remedy}.")

    def arrays(self, path: Path) -> dict[str, NDArray[Any]]:
        """The tensors as numpy arrays of any shape and dtype, without importing torch."""
        return self._load(path, "", "np")

    def _load(self, path: Path, prefix: str, framework: str) -> dict[str, Any]:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework=framework) as file:
                names = file.keys()
                return {name.removeprefix(prefix): file.get_tensor(name) for name in names if name.startswith(prefix)}
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise self.error(f"{path}: broken ({reason(error)}); {self.remedy}.") from error


def _end_of_tensors(header: Mapping[str, Any]) -> int:
    """The number of bytes of all tensors, from their offsets. ValueError if an offset is none."""
    try:
        ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("no header of safetensors") from error
    return max(ends, default=0)
