"""Options of the studio: its address, its limits, and what its films are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x2face_core.bounds import LONGEST
from x2face_plugins.settings import option


@dataclass(frozen=True, kw_only=True)
class StudioOptions:
    """Each field is an option of `x2face web`, with - for _."""

    host: str = option("127.0.0.1", help="The address to listen at; the default is reached from this machine alone.")
    port: int = option(7860, min=0, max=65535, help="The port to listen at; 0: any that is free.")
    max_megabytes: int = option(200, min=1, max=10_000, help="The largest file that can be uploaded.")
    max_seconds: float = option(60.0, min=1, max=LONGEST, help="The longest film that is made.")
    max_waiting: int = option(8, min=1, max=1000, help="Films and faces that wait at once; more are refused.")
    max_pages: int = option(32, min=1, max=10_000, help="Pages that are open at once; more are refused.")
    c2pa_certificate: Path | None = option(
        None, metavar="FILE.pem", help="Sign all films with this certificate and its chain (C2PA), with --c2pa-key."
    )
    c2pa_key: Path | None = option(None, metavar="FILE.pem", help="The certificate's private key, without a password.")

    @property
    def signing(self) -> dict[str, Any]:
        """The words of a run that sign its film; none if films are not signed."""
        words = {"c2pa_certificate": self.c2pa_certificate, "c2pa_key": self.c2pa_key}
        return {name: path for name, path in words.items() if path is not None}

    @property
    def max_bytes(self) -> int:
        return self.max_megabytes * 2**20
