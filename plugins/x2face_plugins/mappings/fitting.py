"""Fitting an installed mapping to a folder of data: the implementation of `x2face fit`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from collections.abc import Mapping as Mapped
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError, NoFaceError
from x2face_core.foreign import call_foreign
from x2face_plugins.mappings.files import MappingInfo, as_tensors, check_place, mapping_place, save_mapping
from x2face_plugins.mappings.loading import empty_mapping
from x2face_plugins.offers import Offer
from x2face_plugins.specs import MappingSpec

if TYPE_CHECKING:
    from x2face_core.driving import Factor, Mapping
    from x2face_core.model import X2Face
    from x2face_core.sources.films import FilmReader
    from x2face_plugins.mappings.learning import Examples

Progress = Callable[[str, int, "int | None"], None]


def fit(
    offer: Offer[MappingSpec],
    data: Path,
    model: X2Face,
    output: Path | None = None,
    *,
    whole: bool | None = None,
    progress: Progress = lambda stage, done, total: None,
    warn: Callable[[str], None] = lambda text: None,
) -> MappingInfo:
    """Fit a mapping to a folder for the driving space of a model, check the result, and store it.

    output: file to write; None: in the user's own folder, where runs find it
    whole: films are crops of faces already; None: true for a folder by `x2face prepare`
    progress: called with stage, number done and number in all; warn: called with warnings
    UsageError for a place that cannot be written to, InputError for a folder without examples, PluginError if the
    mapping fails; then nothing is written.
    """
    from x2face_core.sources.films import FilmReader

    check_folder(data, offer)
    place = output or mapping_place(offer, model.fingerprint)
    check_place(place, offer)
    overwrite = output is None or output.exists()
    films = FilmReader(model, whole=_is_prepared(data) if whole is None else whole, read=_FrameCounter(progress).add)
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for results
        learned = _fit(offer, data, films, model.fingerprint)
        info = save_mapping(place, *learned, overwrite=overwrite)
    for path in films.faceless:
        warn(f"{path}: no face was found.")
    for figure in worse_than_the_mean(info.figures):
        warn(
            f"{offer.name}: {figure} is below 0, worse than the mean would be; fit it on more data, or better weights."
        )
    return info


def worse_than_the_mean(figures: Mapped[str, Any]) -> list[str]:
    """The figures whose names begin with r2 that are negative, as texts of name and number."""
    negative = []
    for name, value in figures.items():
        if name.partition(" ")[0].lower() == "r2":
            numbers = value if isinstance(value, list | tuple) else [value]
            negative += [f"{name} {one:g}" for one in numbers if isinstance(one, int | float) and one < 0]
    return negative


def check_folder(data: Path, offer: Offer[MappingSpec]) -> None:
    """InputError if there is no such folder."""
    if not data.is_dir():
        there = "is a file" if data.exists() else "there is no such folder"
        raise InputError(f"{data}: {there}; --data takes the folder that {offer.name} is to learn from.")


def _is_prepared(data: Path) -> bool:
    return (data / "clips.csv").is_file()


class _FrameCounter:
    """Reports the number of frames read."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._frames = 0

    def add(self, frames: int) -> None:
        self._frames += frames
        self._progress("reading films", self._frames, None)


def _fit(offer: Offer[MappingSpec], data: Path, films: FilmReader, space: str) -> tuple[Mapping | Factor, MappingInfo]:
    from x2face_plugins.mappings.learning import Examples, learn

    examples = Examples(offer.owner, offer.spec.labels)
    mapping = empty_mapping(offer)
    try:
        figures = learn(mapping, data, films, examples)
    except InputError:
        if films.faceless and not films.films:
            raise NoFaceError(f"{data}: no film shows a face, such as {films.faceless[0].name}.") from None
        raise
    _try_out(offer, mapping, examples)
    learned_from = f"{data.resolve().name}: {examples.rows} rows" + f", {films.films} films" * bool(films.films)
    return mapping, MappingInfo.of(offer, space, figures=figures, data=learned_from)


def _try_out(offer: Offer[MappingSpec], mapping: Mapping | Factor, examples: Examples) -> None:
    """Check what a run will load: a new mapping with the state of the fitted one."""
    from x2face_plugins.mappings.learning import try_out

    state = as_tensors(call_foreign(offer.owner, mapping.state_dict), offer.owner)
    again = empty_mapping(offer)
    call_foreign(offer.owner, lambda: again.load_state_dict(state))
    try_out(again, examples, factor=offer.spec.factor)
