"""`x2face export`: writes the networks as graphs for other programs."""

from __future__ import annotations

from typing import Any

import click

from x2face_cli import options, screen
from x2face_cli.values import Word
from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting

SUFFIXES = {"onnx": ".onnx", "openvino": ".xml"}
GRAPHS = ("frames", "embed", "encode", "decode")
OPTIONS = [
    click.Option(["--engine"], type=click.Choice(list(SUFFIXES)), required=True, help="The format."),
    click.Option(["-o", "--output"], type=Word(), required=True, metavar="FILE.onnx|FILE.xml", help="Where it goes."),
    click.Option(
        ["--part"], type=click.Choice(GRAPHS), default="frames", show_default=True,
        help="frames: a face and driving pictures to frames; embed, encode and decode: the networks' own functions.",
    ),
    click.Option(
        ["--dtype"], type=click.Choice(["fp32", "bf16", "int8"]), default="fp32", show_default=True, help="Precision."
    ),
    click.Option(
        ["--opset"], type=int, default=17, show_default=True, metavar="N", help="Version of the ONNX operators."
    ),
    *options.own_options("size", "weights"),
    click.Option(["--overwrite"], is_flag=True, help="Replace existing files."),
    click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object about the graph."),
]  # fmt: skip


@click.command(params=OPTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@noting()
def export(
    engine: Any, output: str, part: Any, dtype: str, opset: int, size: int, overwrite: bool, as_json: bool, **given: Any
) -> None:
    """Write the networks as an ONNX file, or as OpenVINO's .xml and .bin, for any number of pictures.

    \b
    x2face export --engine onnx -o x2face.onnx
    x2face export --engine openvino --part encode --dtype int8 -o encode.xml

    Its metadata say whose weights these are, and what goes in and comes out (docs/engines.md).
    """
    from x2face_core.rendering.outputs import resolve_file

    target = resolve_file(output, SUFFIXES[engine], overwrite=overwrite, inputs=())
    beside = target.path.with_suffix(".bin")
    if engine == "openvino" and beside.exists() and not overwrite:
        raise UsageError(f"{beside} exists already, and would hold the graph's numbers; --overwrite replaces it.")
    from x2face_core.engines import exporting

    exporting.check_export(engine, dtype, opset)
    from x2face_core.files.placing import make_folders_above
    from x2face_core.model import X2Face

    model = X2Face.load(given["weights"], device="cpu", dtype="fp32")
    make_folders_above(target.path)
    described = exporting.export(
        model.networks, model.info, target.path, engine, part,
        dtype=dtype, opset=opset, size=size, overwrite=overwrite,
    )  # fmt: skip
    if as_json:
        screen.result_json(described | {"output": str(target)})
        return
    screen.note(f"{part} of {model.name}, {dtype}: {_shapes(described['inputs'])} to {_shapes(described['outputs'])}")
    screen.result(target)


def _shapes(named: dict[str, list[object]]) -> str:
    return ", ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in named.items())
