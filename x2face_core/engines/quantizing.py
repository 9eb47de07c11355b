"""int8 graphs: static quantization of the convolutions, calibrated on frames of the demo's film."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor


def quantize(graph: Path, examples: Sequence[Mapping[str, Tensor]], target: Path, *, floating: Sequence[int]) -> None:
    """Write the int8 version of a graph.

    graph, target: ONNX files in fp32 and int8
    examples: inputs by name, each (n, …) as the graph takes them, as typical as can be
    floating: indices of convolutions that stay in float, from 0, or from -1 at the end
    """
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory(prefix="x2face-") as folder, _quiet():
        simple = Path(folder) / "simple.onnx"
        quant_pre_process(graph, simple, skip_symbolic_shape=True)
        convolutions = [node.name for node in onnx.load(simple).graph.node if node.op_type == "Conv"]
        quantize_static(
            simple,
            target,
            _reader(examples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[
                name for k, name in enumerate(convolutions) if k in floating or k - len(convolutions) in floating
            ],
        )


def _reader(examples: Sequence[Mapping[str, Tensor]]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # a class without types
        def __init__(self) -> None:
            self.rows: Iterator[Any] = iter({name: value.numpy() for name, value in one.items()} for one in examples)

        def get_next(self) -> Any:
            return next(self.rows, None)

    return Reader()


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the quantizer, which prints and logs its progress."""
    import io
    from contextlib import redirect_stdout

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)
