"""`x2face embed`: writes the embedded face as a picture, to edit it for `x2face run --embedded`."""

from __future__ import annotations

from typing import Any

import click

from x2face_cli import options, screen
from x2face_cli.values import Word
from x2face_core.files.ledger import noting

OPTIONS = [
    *options.own_options(*options.OF_SOURCES),
    click.Option(["-o", "--output"], type=Word(), metavar="FILE.png", help="Default: outputs/{source}--embedded.png"),
    click.Option(["--overwrite"], is_flag=True, help="Replace an existing output."),
    *options.own_options("c2pa_certificate", "c2pa_key", "weights"),
    options.engine_option(),
    *options.own_options("device"),
]


@click.command(params=OPTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@noting()
def embed(**given: Any) -> None:
    """Write the embedded face, which every frame is sampled from: paint on it, and the paint moves with the face.

    \b
    x2face embed -s photo.jpg -o face.png
    x2face run -s photo.jpg --embedded face.png --frame film.mp4
    """
    from x2face_core.rendering.outputs import default_name, resolve_file

    sources = given["source"]
    text = given["output"] or f"outputs/{default_name(sources[0], 'embedded')}.png"
    output = resolve_file(text, ".png", overwrite=given["overwrite"], inputs=sources)
    from x2face_plugins.signing import tried_credentials

    credentials = tried_credentials(given["c2pa_certificate"], given["c2pa_key"])
    from x2face_core.rendering.provenance import InputHash, Provenance
    from x2face_core.rendering.signing import signed_with
    from x2face_core.sources.embedded import write_embedded
    from x2face_plugins.provenance import input_checksum
    from x2face_plugins.session import Session

    session = Session.load(given["weights"], given["device"], engine=given["engine"])
    face = session.face(*sources, **{name: given[name] for name in options.OF_SOURCES[1:]})
    origin = Provenance(
        weights=(session.model.name, session.model.fingerprint),
        inputs=[InputHash("source", input_checksum(path)) for path in sources],
    )
    write_embedded(
        output.path, face.embedded, session.model.fingerprint, metadata=origin.metadata(), overwrite=output.overwrite,
        seal=signed_with(credentials, origin) if credentials else None,
    )  # fmt: skip
    if credentials:
        screen.note(f"signed by {credentials.holder} (C2PA)")
    screen.result(output)
