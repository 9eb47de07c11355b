"""For pytest: a source to drive, and a driver's promises as tests of their own.

Every pytest run of an environment with x2face imports this module, so it imports nothing but pytest itself.

A plugin's test, whole::

    import pytest


    @pytest.mark.x2face("gamepad")
    def test_it_keeps_its_promises(x2face_promise):
        x2face_promise()

It becomes a test a promise. One that cannot be kept is named with its reason, `expected={"repeats_itself": "the camera
shows something else each time"}`, and is reported as expected to fail; should it hold, the test fails.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from x2face_testkit.tiny import TinySource

MARKER = "x2face(*names, expected={}): the drivers, overlays and mappings whose promises x2face_promise keeps"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each promise of each thing that the mark names."""
    if "x2face_promise" in metafunc.fixturenames:
        from x2face_testkit.parameters import promises

        metafunc.parametrize(
            "x2face_promise", promises(metafunc.definition.get_closest_marker("x2face")), indirect=True
        )


@pytest.fixture
def x2face_source() -> TinySource:
    """A face to drive: real networks, but tiny and untrained; every installed mapping can be asked for."""
    from x2face_testkit.tiny import tiny_source

    return tiny_source()


@pytest.fixture
def x2face_promise(request: pytest.FixtureRequest, x2face_source: TinySource, tmp_path: Path) -> Callable[[], None]:
    """A promise; call it. AssertionError says how it was broken; what needs a thing that is not there is skipped."""
    from x2face_testkit.parameters import kept

    return lambda: kept(request.param, x2face_source, tmp_path)
