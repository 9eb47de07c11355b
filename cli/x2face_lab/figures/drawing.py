"""Drawing sheets to files with matplotlib, without a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from x2face_core.files.faults import writing
from x2face_core.files.placing import atomic_file, make_folders_above
from x2face_core.media.pictures import Picture
from x2face_lab.figures.sheet import Label, Panel, Place, Sheet, Tile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg")
DPI = 100
_STYLE: Any = {"font.family": "DejaVu Sans", "svg.hashsalt": "x2face"}
_TITLE = "A figure by x2face; the faces in it are generated"
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": "x2face", "Title": _TITLE},
    ".pdf": {"Creator": "x2face", "Title": _TITLE, "CreationDate": None},
    ".svg": {"Creator": "x2face", "Title": _TITLE, "Date": None},
}


def write_sheet(path: Path, sheet: Sheet, *, overwrite: bool = True) -> None:
    """Write a sheet atomically, in the format of its suffix, reproducibly; creates the parent folders.

    A .png has the pixels of the sheet; .pdf and .svg contain pictures at their own resolution.
    overwrite: replace an existing file, else UsageError. UsageError also if the file cannot be written.
    """
    from matplotlib.style import context

    suffix = path.suffix.lower()
    make_folders_above(path)
    with context(["default", _STYLE]), atomic_file(path, overwrite=overwrite) as hidden, writing(path):
        draw(sheet, exact=suffix == ".png").savefig(hidden, format=suffix[1:], metadata=_METADATA[suffix])


def draw(sheet: Sheet, *, exact: bool = True) -> Figure:
    """Draw a sheet. exact: resize pictures to the pixels of their places"""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(sheet.width / DPI, sheet.height / DPI), dpi=DPI, facecolor="white")
    for tile in sheet.tiles:
        _draw_tile(figure, tile, sheet, exact)
    for panel in sheet.panels:
        _draw_panel(figure, panel, sheet)
    for line in sheet.lines:
        across = [x / sheet.width for x, _ in line.points]
        up = [1 - y / sheet.height for _, y in line.points]
        figure.add_artist(Line2D(across, up, color=line.colour, linewidth=0.8))
    for label in sheet.labels:
        _draw_label(figure, label, sheet)
    return figure


def _draw_tile(figure: Figure, tile: Tile, sheet: Sheet, exact: bool) -> None:
    axes = figure.add_axes(_rectangle(tile.place, sheet))
    axes.set_axis_off()
    picture = resized(tile.picture, tile.place) if exact else tile.picture
    axes.imshow(picture, aspect="auto", interpolation="none")


def _draw_panel(figure: Figure, panel: Panel, sheet: Sheet) -> None:
    axes = figure.add_axes(_rectangle(panel.place, sheet))
    axes.tick_params(labelsize=panel.size * 72 / DPI, length=2, pad=1.5, width=0.6)
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
    panel.draw(axes)


def _draw_label(figure: Figure, label: Label, sheet: Sheet) -> None:
    figure.text(
        label.x / sheet.width,
        1 - label.y / sheet.height,
        label.text,
        fontsize=label.size * 72 / DPI,
        ha="center" if label.upright else label.align,
        va="center",
        rotation=90 if label.upright else 0,
        weight="bold" if label.bold else "normal",
        color=label.colour,
        multialignment=label.align,
    )


def _rectangle(place: Place, sheet: Sheet) -> tuple[float, float, float, float]:
    """A place in shares of the sheet, from its lower left corner."""
    return (
        place.x / sheet.width,
        1 - place.bottom / sheet.height,
        place.width / sheet.width,
        place.height / sheet.height,
    )


def resized(picture: Picture, place: Place) -> Picture:
    """The picture resized to the pixels of its place."""
    if picture.shape[:2] == (place.height, place.width):
        return picture
    return np.asarray(Image.fromarray(picture).resize((place.width, place.height), Image.Resampling.LANCZOS))
