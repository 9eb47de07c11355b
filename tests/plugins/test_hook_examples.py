"""Every hook's docstring holds a whole plugin, and it works."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from x2face_plugins import hookspecs
from x2face_plugins.checking import HOOKS
from x2face_plugins.registry import Registry


def example(hook: str) -> str:
    """The first block of code in a hook's docstring."""
    lines = (inspect.getdoc(getattr(hookspecs, hook)) or "").partition("::\n")[2].splitlines()
    end = next((k for k, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    return textwrap.dedent("\n".join(lines[:end]))


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_is_a_plugin_that_loads(install: Callable[..., str], hook: str) -> None:
    install("acme-example", example(hook))
    (line,) = [line for line in Registry.load().plugins if line.dist == "acme-example"]
    assert (line.status, line.error) == ("ok", None)


def test_the_example_driver_yields_the_vectors_of_its_demo(install: Callable[..., str], tmp_path: Path) -> None:
    install("acme-example", example("x2face_drivers"))
    spec = Registry.load().driver("vectors").spec
    (chunk,) = spec.load(spec.demo(tmp_path)).drive(None)
    assert chunk.vectors.shape == (5, 128) and chunk.vectors.dtype == np.float32 and chunk.fps == 25.0


def test_the_example_mapping_fits_what_is_linear(install: Callable[..., str]) -> None:
    install("acme-example", example("x2face_mappings"))
    mapping = Registry.load().mapping("stick").spec.load()
    measured, matrix = torch.rand(20, 2), torch.rand(2, 128)
    mapping.fit([(measured, measured @ matrix)])
    torch.testing.assert_close(mapping.write(measured), measured @ matrix, atol=1e-4, rtol=0)
