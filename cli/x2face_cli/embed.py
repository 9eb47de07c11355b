"""`x2face embed`: the embedded face as a picture, to be painted on and given to `x2face run --embedded`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from x2face_cli import screen
from x2face_cli.sourcing import cropping, source_options
from x2face_core.files.ledger import noting

OPTIONS = [
    *source_options(),
    click.Option(["-o", "--output"], metavar="FILE.png", help="Default: outputs/{source}--embedded.png"),
    click.Option(["--overwrite"], is_flag=True, help="Replace an existing output."),
    click.Option(["--weights"], metavar="NAME|FILE", help="Weights; see `x2face weights list`."),
    click.Option(["--device"], default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps."),
]


@click.command(params=OPTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@noting()
def embed(**given: Any) -> None:
    """Write the embedded face, which every frame is sampled from: paint on it, and the paint moves with the face.

    \b
    x2face embed -s photo.jpg -o face.png
    x2face run -s photo.jpg --embedded face.png --frame film.mp4
    """
    from x2face_core.rendering.outputs import default_name, settle_file

    sources = [Path(source) for source in given["sources"]]
    text = given["output"] or f"outputs/{default_name(sources[0], 'embedded')}.png"
    output = settle_file(text, ".png", overwrite=given["overwrite"], inputs=sources)
    from x2face_cli.running import load_model
    from x2face_core.sources.embedded import write_embedded
    from x2face_core.sources.portraits import crops, find_portraits

    model = load_model({**given, "dtype": "auto"})
    portraits = find_portraits(sources, cropping(given), given["source_frames"], model)
    face = model.embed(crops(portraits), given["fusion"])
    write_embedded(output.path, face, model.fingerprint, overwrite=output.overwrite)
    screen.result(output)
