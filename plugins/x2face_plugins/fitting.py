"""`x2face fit`, as a call: any installed mapping, from a folder to a checked file."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_core.errors import InputError, NoFaceError
from x2face_core.foreign import call_foreign
from x2face_core.mappings import MappingInfo, as_tensors, mapping_place, save_mapping
from x2face_plugins.fitted import empty_mapping, owner

if TYPE_CHECKING:
    from x2face_core.driving import Factor, Mapping
    from x2face_core.films import Films
    from x2face_core.fitting import Examples
    from x2face_core.model import X2Face
    from x2face_plugins.registry import Registry
    from x2face_plugins.specs import MappingSpec

Progress = Callable[[str, int, "int | None"], None]


def fit(
    registry: Registry,
    name: str,
    data: Path,
    model: X2Face,
    output: Path | None = None,
    *,
    whole: bool | None = None,
    progress: Progress = lambda stage, done, total: None,
    warn: Callable[[str], None] = lambda text: None,
) -> MappingInfo:
    """Fit a mapping to a folder for the driving space of a model, try it out, and store it.

    name: bare or `dist:name`; output: None for the user's own place, where runs find it
    whole: films show faces cropped already; None: they do where the folder is one that `x2face prepare` made
    Raises InputError for a folder without examples, PluginError where the mapping fails; then nothing is written.
    """
    from x2face_core.films import Films

    spec, (dist, version) = registry.mapping(name), registry.mapping_dist_of(name)
    check_folder(data, spec)
    films = Films(model, whole=_is_prepared(data) if whole is None else whole, read=_Meter(progress).add)
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for results
        info = _fit(spec, dist, version, data, films, model.fingerprint, output)
    for path in films.faceless:
        warn(f"{path}: no face was found.")
    return info


def check_folder(data: Path, spec: MappingSpec) -> None:
    """InputError where there is no folder to learn from."""
    if not data.is_dir():
        there = "is a file" if data.exists() else "there is no such folder"
        raise InputError(f"{data}: {there}; --data takes the folder that {spec.name} is to learn from.")


def _is_prepared(data: Path) -> bool:
    return (data / "clips.csv").is_file()


class _Meter:
    """Tells how many frames were read."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._frames = 0

    def add(self, frames: int) -> None:
        self._frames += frames
        self._progress("reading films", self._frames, None)


def _fit(
    spec: MappingSpec, dist: str, version: str, data: Path, films: Films, space: str, output: Path | None
) -> MappingInfo:
    from x2face_core.fitting import Examples, learn

    examples = Examples(owner(spec, dist, version), len(spec.labels))
    mapping = empty_mapping(spec, dist, version)
    try:
        figures = learn(mapping, data, films, examples)
    except InputError:
        if films.faceless and not films.films:
            raise NoFaceError(f"{data}: no film shows a face, such as {films.faceless[0].name}.") from None
        raise
    _try_out(spec, dist, version, mapping, examples)
    told = MappingInfo(
        name=spec.name,
        space=space,
        dist=dist,
        version=version,
        labels=spec.labels,
        units=spec.units,
        figures=figures,
        data=f"{data.resolve().name}: {examples.rows} rows, {films.films} films",
    )
    return save_mapping(output or mapping_place(spec.name, dist, space), mapping, told)


def _try_out(spec: MappingSpec, dist: str, version: str, mapping: Mapping | Factor, examples: Examples) -> None:
    """Try what a run will load: an empty mapping that takes up what this one learned."""
    from x2face_core.fitting import try_out

    state = as_tensors(call_foreign(examples.owner, mapping.state_dict), examples.owner)
    again = empty_mapping(spec, dist, version)
    call_foreign(examples.owner, lambda: again.load_state_dict(state))
    try_out(again, examples, factor=spec.factor)
