"""Good plugins keep every promise, and whoever breaks one is told which."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.testkit.handmade import (
    breaks,
    brighter,
    broken_by,
    mapping_of,
    overlay_of,
    source_of,
)
from x2face_plugins import EmbeddedFace, InputError
from x2face_testkit.choosing import OF_MAPPINGS


def darker_in_place(self: Any, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
    face.texture.mul_(0.5)
    return face


BAD_OVERLAYS = {
    "answers a texture": (lambda self, face, seconds: face.texture, "paints_a_face"),
    "answers another size": (
        lambda self, face, seconds: replace(face, texture=face.texture[:, ::2, ::2]), "paints_a_face",
    ),
    "leaves 0..1": (lambda self, face, seconds: replace(face, texture=face.texture + 1), "paints_a_face"),
    "answers doubles": (lambda self, face, seconds: replace(face, texture=face.texture.double()), "paints_a_face"),
    "loses the anchors": (lambda self, face, seconds: EmbeddedFace(face.texture), "keeps_the_anchors"),
    "paints in place": (darker_in_place, "leaves_the_face_alone"),
    "moves and does not say so": (
        lambda self, face, seconds: replace(face, texture=face.texture / (1 + seconds)), "paints_the_same_again",
    ),
    "paints by rng": (
        lambda self, face, seconds: replace(face, texture=torch.rand_like(face.texture)), "paints_the_same_again",
    ),
    "takes no notice of a missing file": (lambda self, face, seconds: face, "says_what_is_missing"),
    "fails": (lambda self, face, seconds: 1 / 0, "shows_in_a_film"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_OVERLAYS)
def test_an_overlay_that_breaks_a_promise_is_caught_at_it(bad: str, tmp_path: Path) -> None:
    edit, promise = BAD_OVERLAYS[bad]
    assert breaks(overlay_of(edit), promise, tmp_path)


def test_an_overlay_that_says_so_may_move(tmp_path: Path) -> None:
    def fading(self: Any, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        return replace(brighter(self, face, seconds), texture=face.texture / (1 + seconds))

    assert broken_by(overlay_of(fading, moving=True), tmp_path) == set()


BAD_MAPPINGS = {
    "cannot be read": ({"read": None}, "reads_what_it_wrote"),
    "writes narrow vectors": ({"write": lambda self, values: values}, "writes_vectors"),
    "writes infinity": ({"write": lambda self, values: torch.full((len(values), 128), torch.inf)}, "writes_vectors"),
    "mixes rows": (
        {"write": lambda self, values: (values - values.mean(0)).repeat(1, 64)}, "writes_vectors",
    ),
    "reports nothing": ({"fit": lambda self, examples: None}, "learns_from_examples"),
    "makes odd examples": ({"examples": lambda self, folder, film: [(torch.zeros(3, 1), torch.zeros(3, 128))]},
                           "learns_from_examples"),
    "makes no examples": ({"examples": lambda self, folder, film: []}, "learns_from_examples"),
    "forgets": ({"state_dict": lambda self: {"scale": torch.ones(1)}}, "survives_being_stored"),
    "stores no tensors": ({"state_dict": lambda self: {"scale": 1.0}}, "survives_being_stored"),
    "reads something else": ({"read": lambda self, vectors: vectors[:, 2:4]}, "reads_what_it_wrote"),
    "makes examples of nothing": ({"examples": lambda self, folder, film: [(torch.rand(9, 2), torch.rand(9, 128))]},
                                  "says_when_there_is_nothing"),
    "breaks on nothing": ({"examples": lambda self, folder, film: [1 / 0]}, "says_when_there_is_nothing"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_MAPPINGS)
def test_a_mapping_that_breaks_a_promise_is_caught_at_it(bad: str, tmp_path: Path) -> None:
    members, promise = BAD_MAPPINGS[bad]
    assert breaks(mapping_of(members), promise, tmp_path)


def test_a_mapping_that_can_be_read_has_to_say_so(tmp_path: Path) -> None:
    assert broken_by(mapping_of(factor=False), tmp_path) == {"is_what_it_says"}


def test_an_empty_folder_may_be_refused(tmp_path: Path) -> None:
    def examples(self: Any, folder: Path, film: Any) -> Any:
        raise InputError(f"{folder}: nothing.")

    check = next(check for check in OF_MAPPINGS if check.__name__ == "says_when_there_is_nothing")
    spec = mapping_of({"examples": examples})
    assert check(spec, source_of(spec), tmp_path) is None


def test_files_that_are_shipped_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_text("rubbish")
    assert breaks(mapping_of(files=(tmp_path / "a.safetensors",)), "ships_what_it_says", tmp_path)
