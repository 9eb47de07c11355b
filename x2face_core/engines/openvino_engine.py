"""The engine openvino."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x2face_core.engines.graph_engine import Array, GraphEngine, Run
from x2face_core.engines.interface import Part

_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


class OpenVINOEngine(GraphEngine):
    """Runs graphs with OpenVINO."""

    name = "openvino"

    @staticmethod
    def devices() -> list[str]:
        """Devices that this engine can use here, by the names that --device takes."""
        import openvino

        return [one.lower() for one in openvino.Core().available_devices]

    def open_part(self, part: Part, path: Path) -> Run:
        """Load the graph of a part; the result runs it on one input."""
        import openvino

        hint = "f32" if part == "embed" else _HINTS[self.precision]
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": hint}
        if self.device == "cpu":
            settings["INFERENCE_NUM_THREADS"] = self.threads
        compiled = openvino.Core().compile_model(str(path), self.device.upper(), settings)
        request = compiled.create_infer_request()

        def run(x: Array) -> list[Array]:
            answers = request.infer([x])
            return [answers[output] for output in compiled.outputs]

        return run
