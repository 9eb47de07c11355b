"""Shell completion of installed names."""

from __future__ import annotations

import click

from x2face_plugins.registry import Registry


def driver_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Drivers and overlays that begin with the incomplete word."""
    return [name for name in Registry.load().drivers() if name.startswith(incomplete)]


def listed_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names in `x2face drivers` that begin with the incomplete word, without duplicates."""
    names = dict.fromkeys(line.name for line in Registry.load().plugins if line.kind is not None)
    return [name for name in names if name.startswith(incomplete)]


def mapping_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Mappings that begin with the incomplete word."""
    names = [line.name for line in Registry.load().plugins if line.kind == "mapping"]
    return [name for name in names if name.startswith(incomplete)]
