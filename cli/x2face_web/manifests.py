"""Manifests of films made on the page: they name files, not where the server kept them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from x2face_core.files.storing import write_text


def make_portable(path: Path) -> None:
    """Replace the paths of a manifest by bare names, so that `x2face rerun` finds the inputs beside it."""
    content = json.loads(path.read_text("utf-8"))
    write_text(path, json.dumps(_named(content) | {"folder": "."}, indent=2, ensure_ascii=False) + "\n")


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _named(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one) for one in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
