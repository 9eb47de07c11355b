"""Checks of declarations, before anything is loaded."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from x2face_plugins.settings import Setting, read_settings
from x2face_plugins.specs import DriverSpec, MappingSpec, OverlaySpec, Spec
from x2face_testkit.promising import broken
from x2face_testkit.tiny import TinySource

HEAVY = (
    "PIL", "av", "cv2", "dlib", "jax", "librosa", "matplotlib", "mediapipe", "numba", "numpy", "onnxruntime",
    "openvino", "pandas", "scipy", "skimage", "sklearn", "soundfile", "tensorflow", "torch", "transformers",
)  # fmt: skip
DECLARE = """
import json, sys
arguments = json.loads(sys.argv[1])
sys.path[:] = arguments["path"]
from importlib.metadata import EntryPoint
module = EntryPoint("", arguments["module"], "").load()
for hook in ("x2face_drivers", "x2face_mappings"):
    list(getattr(module, hook, tuple)())
print()
print(json.dumps(sorted(set(arguments["heavy"]) & set(sys.modules))))
"""
TINY = 10_000_000  # bytes


def is_declared_lightly(spec: Spec, source: TinySource, folder: Path) -> str | None:
    """Declaring it imports no heavy library, so that it does not slow other commands down."""
    module = source.registry.offer_of(spec).module
    if not module:
        return "nobody knows which module declares it"
    arguments = json.dumps({"path": sys.path, "module": module, "heavy": HEAVY})
    done = subprocess.run([sys.executable, "-c", DECLARE, arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        broken(f"{module} cannot be imported alone: {done.stderr.strip().splitlines()[-1]}")
    if found := json.loads(done.stdout.splitlines()[-1]):
        broken(f"{module} imports {', '.join(found)}; import them in what load calls")
    return None


def documents_its_options(spec: DriverSpec | OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """Each of its options has a line of help, and a default within the option's own limits."""
    for setting in read_settings(spec.settings):
        if not setting.help.strip():
            broken(f"{setting.name} has no help; write option(…, help=…)")
        if not setting.required and (fault := _fault(setting)):
            broken(f"{setting.name} is {setting.default!r} unless it is given, {fault}")
    return None


def _fault(setting: Setting) -> str | None:
    """Describe what is wrong with a setting's help or default, or None."""
    values = setting.default if setting.many else (setting.default,)
    for value in values or ():
        if value is None and setting.optional:
            continue
        if not isinstance(value, (int, float) if setting.kind is float else setting.kind):
            return f"which is no {setting.kind.__name__}"
        if setting.choices and setting.kind is str and value not in setting.choices:
            return f"none of {', '.join(setting.choices)}"
        if setting.min is not None and value < setting.min or setting.max is not None and value > setting.max:
            return f"not between {setting.min} and {setting.max}"
    return None


def brings_a_demo(spec: DriverSpec | OverlaySpec, source: TinySource, folder: Path) -> str | None:
    """Its demo returns settings that load, with a tiny input which it writes into the given folder."""
    settings = demo_of(spec, folder)
    if not isinstance(settings, spec.settings):
        broken(f"its demo gave {settings!r}, not its {spec.settings.__name__}")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > TINY:
        broken(f"its demo wrote {size / 1e6:.0f} MB; {TINY / 1e6:.0f} are the most")
    spec.load(settings)
    return None


def demo_of(spec: DriverSpec | OverlaySpec | MappingSpec, folder: Path) -> Any:
    """The result of the spec's demo for a new folder."""
    inside = folder / "demo"
    inside.mkdir(parents=True)
    if spec.demo is not None:
        return spec.demo(inside)
    return None if isinstance(spec, MappingSpec) else _defaults(spec)


def _defaults(spec: DriverSpec | OverlaySpec) -> Any:
    """The default settings, for a spec without a demo."""
    if required := [setting.name for setting in read_settings(spec.settings) if setting.required]:
        broken(
            f"it has no demo, and {', '.join(required)} no default; write demo=…, which makes an input to try it with"
        )
    return spec.settings()


def files_of(settings: Any) -> dict[str, Path]:
    """The settings that are paths of existing files or folders, by field."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    named = {name: Path(value) for name, value in values.items() if isinstance(value, str | Path) and str(value)}
    return {name: path for name, path in named.items() if path.is_absolute() and path.exists()}
