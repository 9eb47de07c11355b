"""The tiny source: quick, always the same, and with every installed mapping and driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.testkit.handmade import demo, driver_of, mapping_of, overlay_of, registry_of
from x2face_core.errors import InputError, MissingError, UsageError
from x2face_core.geometry.anchors import ANCHORS
from x2face_plugins import Factor, hookspecs
from x2face_plugins.registry import Registry
from x2face_testkit import driver_checks, mapping_checks, tiny_source
from x2face_testkit.networks import TinyFilm
from x2face_testkit.synthetic import Linear


def test_it_is_the_same_each_time_and_leaves_the_dice_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, second = tiny_source(registry_of()), tiny_source(registry_of())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.vector, second.vector) and torch.equal(first.face.texture, second.face.texture)
    assert first.vector.shape == (128,) and first.pictures.shape == (1, 3, 32, 32)
    assert first.pictures.min() >= 0 and first.pictures.max() <= 1
    assert tuple(first.face.anchors) == ANCHORS


def test_it_offers_a_stranger_s_mapping_fitted_to_its_own_demo() -> None:
    mapping = tiny_source(registry_of(mapping_of())).mapping("hand")
    assert mapping.state_dict()["scale"] == pytest.approx(3)  # its examples are a third of the vectors


def test_a_mapping_that_cannot_be_fitted_is_stood_in_for_by_a_linear_one() -> None:
    def fit(self: Any, examples: Any) -> Any:
        raise RuntimeError("no")

    mapping = tiny_source(registry_of(mapping_of({"fit": fit}))).mapping("hand")
    assert isinstance(mapping, Linear) and isinstance(mapping, Factor)
    values = torch.rand(4, 2)
    torch.testing.assert_close(mapping.read(mapping.write(values)), values, rtol=1e-3, atol=1e-4)


def test_it_offers_the_bundled_mappings_and_no_others() -> None:
    source = tiny_source(Registry.load())
    assert source.mapping("pose").write(torch.zeros(2, 3)).shape == (2, 128)
    with pytest.raises(MissingError, match="no mapping is called nobody"):
        source.mapping("nobody")


def test_it_delegates_to_drivers_but_not_to_overlays(tmp_path: Path) -> None:
    overlay = overlay_of(lambda self, face, seconds: face, name="paint")
    source = tiny_source(registry_of(driver_of(), overlay))
    chunks = list(source.drive("hand", input=demo(tmp_path).input))
    assert sum(len(np.asarray(chunk.vectors)) for chunk in chunks) == 7
    with pytest.raises(UsageError, match="paint is an overlay and yields no vectors"):
        next(source.drive("paint", input=demo(tmp_path).input))


def test_its_films_are_what_their_names_make_them(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    film = TinyFilm()
    (a, fps), (again, _), (b, _) = film(tmp_path / "a.mp4"), film(tmp_path / "a.mp4"), film(tmp_path / "b.mp4")
    assert (a.shape, fps) == ((50, 128), 25.0)
    assert torch.equal(a, again) and not torch.equal(a, b)
    assert film.encode(torch.zeros(2, 3, film.side, film.side)).shape == (2, 128)
    with pytest.raises(InputError, match=r"gone\.mp4"):
        film(tmp_path / "gone.mp4")


def test_the_examples_in_the_hooks_docstrings_keep_their_promises(install: Any, tmp_path: Path) -> None:
    from tests.plugins.test_hook_examples import example

    for hook in ("x2face_drivers", "x2face_mappings"):
        assert getattr(hookspecs, hook)
        install(f"acme-{hook.removeprefix('x2face_')}", example(hook))
    registry = Registry.load()
    for spec, check in [*driver_checks(registry, "vectors"), *mapping_checks(registry, "stick")]:
        folder = tmp_path / f"{spec.name}-{check.__name__}"
        folder.mkdir()
        check(spec, tiny_source(registry), folder)
