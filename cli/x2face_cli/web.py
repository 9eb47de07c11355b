"""`x2face web`: opens the studio, a page in the browser."""

from __future__ import annotations

from typing import Any

import click

from x2face_cli import options, screen
from x2face_plugins.registry import Registry
from x2face_plugins.settings import read_settings
from x2face_plugins.signing import tried_credentials
from x2face_web.limits import StudioOptions

OPTIONS = [
    *options.options_of(StudioOptions),
    *options.own_options("weights", "mapping", "engine", "device", "dtype", "strict_plugins"),
]


@click.command(params=OPTIONS, context_settings={"help_option_names": ["-h", "--help"]})
def web(**given: Any) -> None:
    """Open the studio, a page in the browser: load a face, paint on it, drive it, and save the film.

    \b
    pip install "x2face[web]"
    x2face web

    It is reached from this machine alone, and asks no other.
    """
    from x2face_web.server import serve

    registry = Registry.load(strict=given["strict_plugins"])
    own = StudioOptions(**{one.name: given[one.name] for one in read_settings(StudioOptions)})
    tried_credentials(own.c2pa_certificate, own.c2pa_key)

    def load() -> Any:
        from x2face_plugins.session import Session

        return Session.load(
            given["weights"],
            given["device"],
            engine=given["engine"],
            dtype=given["dtype"],
            mappings=given["mapping"],
            registry=registry,
        )

    serve(load, own, announce=lambda address: screen.result(f"The studio is at {address}; Ctrl-C ends it."))
