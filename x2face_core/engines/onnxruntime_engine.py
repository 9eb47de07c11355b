"""The engine onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x2face_core.engines.graph_engine import Array, GraphEngine, Run
from x2face_core.engines.interface import Part

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class ONNXRuntimeEngine(GraphEngine):
    """Runs graphs with onnxruntime."""

    name = "onnxruntime"

    @staticmethod
    def devices() -> list[str]:
        """Devices that this engine can use here, by the names that --device takes."""
        import onnxruntime

        there = onnxruntime.get_available_providers()
        return [device for device, provider in _PROVIDERS.items() if provider in there]

    def open_part(self, part: Part, path: Path) -> Run:
        """Load the graph of a part; the result runs it on one input."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.log_severity_level = 3
        # Threads that wait do not spin, as torch warps and films are encoded meanwhile.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session: Any = onnxruntime.InferenceSession(str(path), options, [_PROVIDERS[self.device]])
        name = session.get_inputs()[0].name

        def run(x: Array) -> list[Array]:
            answers: list[Array] = session.run(None, {name: x})
            return answers

        return run
