"""`x2face rerun`: makes a film again from its manifest."""

from __future__ import annotations

from pathlib import Path

import click

from x2face_cli import screen
from x2face_cli.values import ExpandedPath, Word
from x2face_core.files.ledger import noting


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("manifest", metavar="OUT.mp4.json", type=ExpandedPath())
@click.option(
    "-o", "--output", type=Word(), metavar="FILE|FOLDER/", help="Default: beside the manifest, as out.rerun.mp4."
)
@click.option("--overwrite", is_flag=True, help="Replace an existing output.")
@click.option("--force", is_flag=True, help="Go on although inputs or weights have changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the film.")
@noting()
def rerun(manifest: Path, output: str | None, overwrite: bool, force: bool, as_json: bool) -> None:
    """Make a film again from the manifest that `x2face run --manifest` wrote, and tell whether it is the same.

    On the same machine its frames are the same bit for bit; what differs otherwise is listed: inputs, weights,
    mappings, versions. Inputs are looked for where they were, and beside the manifest.

    \b
    x2face run -s photo.jpg --audio speech.wav -o out.mp4 --manifest
    x2face rerun out.mp4.json
    """
    from x2face_plugins.rerunning import rerun as make_again

    done = make_again(manifest, output=output, overwrite=overwrite, force=force, progress=screen.follow)
    for difference in done.differences:
        (screen.detail if done.same else screen.warn)(difference)
    if as_json:
        screen.result_json(done.report | {"same": done.same, "differences": done.differences})
        return
    if done.same:
        screen.note("the frames are the same, bit for bit")
    else:
        screen.warn(f"the frames are not those of {manifest}")
    screen.result(done.report["output"])
