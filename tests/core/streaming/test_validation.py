"""What drivers yield is checked, and whoever breaks a promise is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.driving import Chunk
from x2face_core.errors import InputError, PluginError
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.validation import guarded
from x2face_core.streaming.vectors import as_vectors

from ...acting import active
from .hands import Rows, Still, Yields


@pytest.mark.parametrize(
    ("chunks", "fault"),
    [
        ([], "no vectors"),
        (["text"], "a str"),
        ([Chunk(np.zeros((2, 3)), 10)], r"\(2, 3\)"),
        ([Chunk(np.zeros(2), 10)], r"\(2,\)"),
        ([Chunk(np.zeros((0, 2)), 10)], r"\(0, 2\)"),
        ([Chunk(np.zeros((1, 2), dtype=int), 10)], "floating"),
        ([Chunk(torch.zeros(1, 2, dtype=torch.int32), 10)], "floating"),
        ([Chunk(np.array([[0, np.nan]]), 10)], "not finite"),
        ([Chunk(np.array([[0, 1e30]]), 10)], r"as large as 1e\+30"),
        ([Chunk(np.zeros((1, 2)), 0)], "positive"),
        ([Chunk(np.zeros((1, 2)), "25")], "'25' rows a second"),
        ([Chunk(np.zeros((1, 2)), None)], "None rows a second"),
        ([Chunk(np.zeros((1, 2)), 1e300)], r"1e\+300 rows a second"),
        ([Chunk(np.zeros((1, 2)), 10), Chunk(np.zeros((1, 2)), 12)], "12 rows a second after 10"),
        ([Chunk(np.zeros((2, 2)), 10, np.zeros((1, 3, 4, 4)))], "1 pictures beside 2"),
    ],
)
def test_a_driver_that_breaks_its_promises_is_named(chunks: list[Any], fault: str) -> None:
    broken = active("broken", Yields(chunks), dist="strange", version="0.3")
    with pytest.raises(PluginError, match=f"'broken' of strange 0.3 .*{fault}"):
        list(guarded(broken, Still()))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_any_floating_vectors_are_taken(dtype: torch.dtype) -> None:
    chunk = Chunk(torch.ones(1, 2, dtype=dtype, requires_grad=True), 10)
    (taken,) = guarded(active("fine", Yields([chunk])), Still())
    assert as_vectors(taken.vectors).tolist() == [[1, 1]]


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def drive(self, source: Any) -> Any:
        yield Chunk(np.zeros((1, 2)), 10)
        raise self.error


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), RuntimeError("x")])
def test_a_drivers_bug_is_told_as_its_own(error: BaseException) -> None:
    with pytest.raises(PluginError, match="'raises' failed"):
        list(guarded(active("raises", Raises(error)), Still()))


@pytest.mark.parametrize("error", [InputError("a bad file"), KeyboardInterrupt()])
def test_bad_input_and_interruptions_pass_through_a_driver(error: BaseException) -> None:
    with pytest.raises(type(error)):
        list(guarded(active("raises", Raises(error)), Still()))


def test_a_loaded_driver_may_say_otherwise_than_its_declaration() -> None:
    driver = Rows([[0, 0]])
    driver.relative = False
    assert not ActiveDriver.of(driver, relative=True).relative
    assert ActiveDriver.of(Rows([[0, 0]]), relative=True, endless=True).endless
