"""What is bundled keeps the promises that strangers' plugins have to keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from x2face_plugins.loading import load_plugins
from x2face_plugins.registry import Registry
from x2face_testkit import driver_checks, mapping_checks, tiny_source

REGISTRY = Registry.load()
OURS = [
    pytest.param(spec, check, id=f"{spec.name}-{spec.kind}-{check.__name__}",
                 marks=[pytest.mark.slow] * (check.__name__ == "learns_from_examples"))
    for spec, check in [*driver_checks(REGISTRY), *mapping_checks(REGISTRY)]
    if REGISTRY.offer_of(spec).bundled
]  # fmt: skip


@pytest.mark.parametrize(("spec", "check"), OURS)
def test_it_keeps_its_promise(spec: Any, check: Callable[..., str | None], tmp_path: Path) -> None:
    check(spec, tiny_source(REGISTRY), tmp_path)


def test_bundled_plugins_are_called_as_their_entry_points_are() -> None:
    """For a bundled name is kept, by its entry point, even while the plugin itself does not load."""
    entries = {plugin.name for plugin in load_plugins() if plugin.bundled}
    ours = [offer for offer in REGISTRY.offers() if offer.bundled]
    assert entries - {offer.name for offer in ours} == {"expression"}  # it brings mappings alone, mouth and eyes
    assert {offer.name for offer in ours if offer.spec.kind != "mapping"} <= entries
