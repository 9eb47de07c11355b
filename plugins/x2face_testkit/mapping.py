"""Checks of mappings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from x2face_core.driving import Factor
from x2face_core.errors import X2FaceError
from x2face_core.streaming.vectors import as_vectors
from x2face_plugins.mappings.files import MappingInfo, load_state, read_mapping_info, save_mapping
from x2face_plugins.mappings.loading import empty_mapping, load_mapping
from x2face_plugins.specs import MappingSpec
from x2face_testkit.networks import TinyFilm
from x2face_testkit.promising import broken
from x2face_testkit.synthetic import VECTOR, Linear, made_up_pairs, pairs_of
from x2face_testkit.tiny import TinySource

NEAR = 1e-2  # of a unit, or of the value if that is larger: tolerance of read(write(p)) = p


def _fitted(spec: MappingSpec, source: TinySource) -> Any:
    """The mapping as a driver gets it: fitted for the default weights, else to synthetic numbers."""
    mapping = source.mapping(source.registry.offer_of(spec).full_name)
    if isinstance(mapping, Linear):
        broken("it could not be fitted, so this was not looked at; see learns_from_examples")
    return mapping


def _values(spec: MappingSpec) -> torch.Tensor:
    return made_up_pairs(spec)[0][0][:5]


def is_what_it_says(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """The loaded object has all methods of a mapping, and `read` if and only if it is declared a factor."""
    mapping = empty_mapping(source.registry.offer_of(spec))
    if isinstance(mapping, Factor) and not spec.factor:
        broken("it can be read, and does not say factor=True")
    return None


def writes_vectors(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """It writes values (n, k) as finite floating-point vectors (n, 128), each row independently."""
    mapping, values = _fitted(spec, source), _values(spec)
    vectors = mapping.write(values)
    if tuple(vectors.shape) != (len(values), VECTOR) or "float" not in str(vectors.dtype):
        broken(f"{tuple(values.shape)} becomes {tuple(vectors.shape)} of {vectors.dtype}")
    rows = torch.cat([torch.from_numpy(as_vectors(mapping.write(row[None]))) for row in values])
    vectors = torch.from_numpy(as_vectors(vectors))
    if not vectors.isfinite().all():
        broken("there are numbers that are not finite")
    if not torch.allclose(vectors, rows, rtol=1e-4, atol=1e-5):
        broken("a row alone becomes another vector than among others")
    return None


def learns_from_examples(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """It fits the examples of its demo, or synthetic ones without a demo, and returns figures."""
    mapping, values = empty_mapping(source.registry.offer_of(spec)), _values(spec)
    pairs = pairs_of(spec, mapping, folder)
    if not pairs:
        broken("its examples make nothing of its demo")
    for x, v in pairs:
        if tuple(x.shape) != (len(v), len(spec.labels)) or tuple(v.shape[1:]) != (VECTOR,):
            broken(f"its examples are {tuple(x.shape)} and {tuple(v.shape)}; (n, k) and (n, {VECTOR}) are needed")
    report = mapping.fit(iter(pairs))
    if not isinstance(report, Mapping):
        broken(f"fit answers {report!r}; a dictionary of figures is needed")
    if tuple(mapping.write(values).shape) != (len(values), VECTOR):
        broken("once it is fitted it writes no vectors")
    return None if spec.demo else "it has no demo, so the examples were made up"


def survives_being_stored(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """A new mapping with its state, after a round trip through a file, writes the same vectors."""
    mapping, values, path = _fitted(spec, source), _values(spec), folder / "stored.safetensors"
    offer = source.registry.offer_of(spec)
    save_mapping(path, mapping, MappingInfo.of(offer, "0" * 16))
    again = load_mapping(offer, read_mapping_info(path))
    if not np.allclose(as_vectors(mapping.write(values)), as_vectors(again.write(values)), rtol=1e-4, atol=1e-5):
        broken("stored and loaded again it writes other vectors; is all of it in state_dict?")
    return None


def reads_what_it_wrote(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """A factor reads from a vector the values that it wrote."""
    if not spec.factor:
        return "it is no factor"
    mapping, values = _fitted(spec, source), _values(spec)
    read = torch.from_numpy(as_vectors(mapping.read(mapping.write(values))))
    if read.shape != values.shape:
        broken(f"of {len(values)} vectors it reads {tuple(read.shape)}; {tuple(values.shape)} is needed")
    if ((read - values).abs() > NEAR * values.abs().clamp(min=1)).any():
        broken(f"it reads up to {float((read - values).abs().max()):.2g} beside what it wrote; fit read and write so "
               "that one undoes the other")  # fmt: skip
    return None


def says_when_there_is_nothing(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """An empty folder gives no examples, or an error for the user."""
    try:
        pairs = [*empty_mapping(source.registry.offer_of(spec)).examples(folder, TinyFilm())]
    except X2FaceError:
        return None
    if pairs:
        broken(f"of an empty folder it makes {len(pairs)} examples")
    return None


def ships_what_it_says(spec: MappingSpec, source: TinySource, folder: Path) -> str | None:
    """Each file that it ships is a fitted mapping of this name and these labels."""
    offer = source.registry.offer_of(spec)
    for path in spec.files:
        info = read_mapping_info(path)
        if not info.is_of(offer):
            broken(f"{path.name} holds {info.name} of {info.dist}")
        load_mapping(offer, info)
        if any(not tensor.isfinite().all() for tensor in load_state(path).values() if tensor.is_floating_point()):
            broken(f"{path.name} holds numbers that are not finite")
    return None if spec.files else "it ships none"
