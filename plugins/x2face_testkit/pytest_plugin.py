"""Plugin for pytest: a source to drive, and the checks of a plugin as tests.

Every pytest run in an environment with x2face imports this module, so it imports nothing but pytest itself.

A plugin's test, whole::

    import pytest


    @pytest.mark.x2face("gamepad")
    def test_it_keeps_its_promises(x2face_promise):
        x2face_promise()

It becomes one test for each promise. A promise that cannot be kept is listed with its reason, such as
`expected={"repeats_itself": "the camera shows something else each time"}`, and is marked xfail (strict).
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
    """Parametrise a test with the checks of everything that the mark names."""
    if "x2face_promise" in metafunc.fixturenames:
        from x2face_testkit.parameters import promises

        metafunc.parametrize(
            "x2face_promise", promises(metafunc.definition.get_closest_marker("x2face")), indirect=True
        )


@pytest.fixture
def x2face_source() -> TinySource:
    """A source with tiny untrained networks, which provides all installed mappings."""
    from x2face_testkit.tiny import tiny_source

    return tiny_source()


@pytest.fixture
def x2face_promise(request: pytest.FixtureRequest, x2face_source: TinySource, tmp_path: Path) -> Callable[[], None]:
    """Run the check by calling it. AssertionError describes a failure; skips if a dependency is missing."""
    from x2face_testkit.parameters import kept

    return lambda: kept(request.param, x2face_source, tmp_path)
