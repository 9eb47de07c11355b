"""Names that a shell completes: what is installed on this machine."""

from __future__ import annotations

import click

from x2face_plugins.registry import Registry


def driver_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The drivers and overlays that begin with what is typed."""
    return [name for name in Registry.load().drivers() if name.startswith(incomplete)]


def listed_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Whatever `x2face drivers` lists that begins with what is typed, once each."""
    names = dict.fromkeys(line.name for line in Registry.load().plugins if line.kind is not None)
    return [name for name in names if name.startswith(incomplete)]


def mapping_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The mappings that begin with what is typed."""
    names = [line.name for line in Registry.load().plugins if line.kind == "mapping"]
    return [name for name in names if name.startswith(incomplete)]
