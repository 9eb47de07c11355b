"""A source for tests."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from x2face_core.sources.source import ModelSource
from x2face_plugins.registry import Registry
from x2face_plugins.session import Session
from x2face_testkit.networks import tiny_model, tiny_pictures
from x2face_testkit.synthetic import mappings_of


@dataclass(frozen=True, eq=False)
class TinySource(ModelSource):
    """A Source with the drivers and mappings of a registry."""

    registry: Registry = field(default_factory=Registry.load)


def tiny_source(registry: Registry | None = None, **more: Any) -> TinySource:
    """A source with tiny untrained networks, the same at each call.

    registry: provides drivers and mappings; None: all that is installed. Mappings are those fitted for the default
        weights, else fitted to their own demo, or to synthetic data
    more: fields of ModelSource, such as seed, seconds or fps
    """
    registry = Registry.load() if registry is None else registry
    source = Session(tiny_model(), registry, mappings_of(registry)).source(tiny_pictures())
    same = {one.name: getattr(source, one.name) for one in fields(ModelSource)}
    return TinySource(**{**same, "registry": registry, **more})
