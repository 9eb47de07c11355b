"""Groups of options in `x2face run --help`: common ones first, those for experts last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

GROUPS: dict[str, tuple[str, ...]] = {
    "Common": (
        "source", "driver", "output", "overwrite", "seconds", "sound", "size", "crop_shows", "paste_back", "compare",
        "help",
    ),
    "The source": (
        "face", "crop", "crop_scale", "source_frames", "source_motion", "fusion", "no_completion", "embedded", "force",
    ),
    "Finishing": ("background", "finish", "smooth", "sharpen", "mark", "still", "fps"),
    "Records": ("record", "manifest", "c2pa_certificate", "c2pa_key", "as_json"),
}  # fmt: skip
LAST = "For experts"
"""The group of all other options of a run."""


def grouped(params: Sequence[click.Parameter]) -> Iterator[tuple[str, list[click.Option]]]:
    """Options by group, in the order of the groups and within each; drivers' own stand between common and expert ones.

    An option of a driver is told by the dot in its name, see options.driver_options.
    """
    options = {one.name or "": one for one in params if isinstance(one, click.Option)}
    known = {name for names in GROUPS.values() for name in names}
    for title, names in GROUPS.items():
        yield title, [options[name] for name in names if name in options]
    drivers = list(dict.fromkeys(name.partition(".")[0] for name in options if "." in name))
    for driver in drivers:
        yield f"--driver {driver}", [one for name, one in options.items() if name.partition(".")[0] == driver]
    yield LAST, [one for name, one in options.items() if name not in known and name not in drivers and "." not in name]


def write_groups(params: Sequence[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write each group that has options as a section of the help."""
    for title, options in grouped(params):
        if records := [record for one in options if (record := one.get_help_record(ctx))]:
            with formatter.section(title):
                formatter.write_dl(records)
