"""Processes of a run: their store of addresses, and whether they begin alike."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import distributed

from x2face_core.errors import InputError
from x2face_core.training import processes
from x2face_core.training.engine import Length, Trainer
from x2face_core.training.processes import Processes
from x2face_core.training.running import resume_and_run


class Second(Processes):
    """One of two processes, the first of which has done five steps."""

    def broadcast(self, value: float) -> float:
        return 5.0


def test_a_process_that_sees_another_checkpoint_than_the_first_is_refused(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer()
    trainer.processes = Second(1, 1, torch.device("cpu"))
    with pytest.raises(InputError, match="begins with step 5, and this one with step 0.* need to share that folder"):
        resume_and_run(trainer, Length(steps=6), lambda report: None, lambda text: None, fresh=False)


@pytest.mark.parametrize(("shared", "key"), [("True", "restart-2/here"), ("False", "here"), (None, "here")])
def test_each_restart_has_a_part_of_a_store_that_outlives_it(
    monkeypatch: pytest.MonkeyPatch, shared: str | None, key: str
) -> None:
    whole = distributed.HashStore()

    def rendezvous(url: str) -> Iterator[tuple[distributed.Store, int, int]]:
        yield whole, 0, 1

    monkeypatch.setattr(processes, "rendezvous", rendezvous)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    monkeypatch.delenv("TORCHELASTIC_USE_AGENT_STORE", raising=False)
    if shared is not None:
        monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", shared)
    processes._store().set("here", "yes")
    assert whole.check([key])


def test_a_group_that_was_left_is_not_destroyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its destructor waits for a thread that may wait for the lock under which it is called."""
    begin = distributed.init_process_group
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(processes, "_KEPT", [])
    monkeypatch.setattr(processes, "_store", distributed.HashStore)
    monkeypatch.setattr(
        distributed, "init_process_group", lambda kind, *, store, **_: begin(kind, store=store, rank=0, world_size=1)
    )
    processes.join("cpu")
    group = weakref.ref(distributed.group.WORLD)
    processes.leave()
    gc.collect()
    assert not distributed.is_initialized() and group() is not None
