"""What a film says of its origin: that it is generated, by which program and weights, from which inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from x2face_core.media.xmp import KEY, packet

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's digital source type of what a trained model generated."""
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""The same of a recording or photograph in which a part was generated."""


@dataclass(frozen=True)
class InputHash:
    """A file that a film was made from.

    role: the option that named it, without dashes, such as source or audio; sha256: of its content, in hexadecimal
    """

    role: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The origin of a film or picture.

    weights: name and fingerprint; inputs: in the order in which they were named
    drivers: name, distribution and version of each
    composite: the face was put into a photograph or a film that is otherwise as it was
    """

    weights: tuple[str, str]
    inputs: Sequence[InputHash] = ()
    drivers: Sequence[tuple[str, str, str]] = ()
    composite: bool = False
    version: str = field(default_factory=lambda: installed_version() or "of unknown version")

    @property
    def statement(self) -> str:
        """One sentence for people."""
        what = "The face in it was generated" if self.composite else "Generated"
        return f"{what} by a neural network (x2face {self.version}, weights {self.weights[0]})."

    @property
    def source_type(self) -> str:
        return COMPOSITE if self.composite else GENERATED

    def metadata(self) -> dict[str, str]:
        """Texts for write_film, write_folder and write_picture: tags of the film, and an XMP packet."""
        hashes = [f"{one.role} sha256:{one.sha256}" for one in self.inputs]
        return {
            "comment": self.statement,
            "digital_source_type": self.source_type,
            "generator": f"x2face {self.version}",
            "inputs": "; ".join(hashes),
            KEY: self.xmp(),
        }

    def xmp(self) -> str:
        """The same as an XMP packet, with the IPTC properties for generated media (2025.1)."""
        name, fingerprint = self.weights
        return packet(
            {
                "dc:description": self.statement,
                "xmp:CreatorTool": f"x2face {self.version}",
                "Iptc4xmpExt:DigitalSourceType": self.source_type,
                "Iptc4xmpExt:AISystemUsed": "x2face",
                "Iptc4xmpExt:AISystemVersionUsed": self.version,
                "x2face:Weights": name,
                "x2face:WeightsFingerprint": fingerprint,
                "x2face:Drivers": [f"{driver} ({dist} {version})" for driver, dist, version in self.drivers],
                "x2face:Inputs": [f"{one.role} sha256:{one.sha256}" for one in self.inputs],
            }
        )


def installed_version() -> str:
    """The version of x2face; empty in a checkout that is not installed."""
    try:
        return version_of("x2face")
    except PackageNotFoundError:
        return ""
