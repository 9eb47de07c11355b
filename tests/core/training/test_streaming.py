"""Training on shards: whole runs, resumed runs, and runs of several processes of which one is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from x2face_core.data.folder import FaceFolder
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.writing import write_shards
from x2face_core.errors import InputError, UsageError
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.training.checkpoint import RunState, load_checkpoint
from x2face_core.training.engine import Length
from x2face_core.training.recipes import RECIPES
from x2face_core.training.session import Plan, train
from x2face_core.weights import verify

MakePlan = Callable[..., Plan]


@pytest.fixture(scope="module")
def shards(face_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shards of two training clips each, and one each of val and test."""
    place = tmp_path_factory.mktemp("sharded")
    index = write_shards(FaceFolder(face_folder), Place.of(str(place / "shards")), place / "scratch", size=30_000)
    assert len(index.of_split("train")) == 4
    return place / "shards"


@pytest.fixture
def make_plan(shards: Path, tmp_path: Path, dims: Dims) -> MakePlan:
    def make(recipe: str = "photometric", steps: int = 2, out: str = "run", **changed: Any) -> Plan:
        given = {"batch": 4, "every": 2, "dtype": "fp32", "buffer": 3} | changed
        return Plan(tmp_path / out, shards, replace(RECIPES[recipe], **given), dims, Length(steps=steps), device="cpu")

    return make


def run(plan: Plan) -> tuple[RunState, list[str]]:
    warned: list[str] = []
    return train(plan, lambda report: None, warn=warned.append), warned


@pytest.mark.parametrize("recipe", ["photometric", "guided"])
def test_a_run_on_shards_leaves_weights_that_work(make_plan: MakePlan, recipe: str) -> None:
    plan = make_plan(recipe)
    state, warned = run(plan)
    assert (state.step, state.samples, state.data["frames"], warned) == (2, 8, 48, [])
    model = X2Face.load(plan.out / "weights.safetensors")
    pictures = torch.rand(2, 3, 48, 48)
    assert model.render(model.embed(pictures), model.encode(pictures)).shape == (2, 3, 48, 48)
    info = verify(plan.out / "weights.safetensors")
    assert info.data == "8 clips of 4 people, 4 s: drawn 4 s"
    assert 0 < info.metrics["held_ratio"] < 10
    if recipe == "guided":
        assert torch.isfinite(model.read(model.encode(pictures))).all()


def test_shards_of_object_storage_train_the_same(make_plan: MakePlan, shards: Path) -> None:
    memory = Place.of("memory://tracks")
    for file in shards.iterdir():
        memory.fs.pipe_file(f"{memory.root}/{file.name}", file.read_bytes())
    run(make_plan())
    run(replace(make_plan(out="other"), data="memory://tracks/train-*.tar"))
    same(make_plan().out, make_plan(out="other").out)


@pytest.mark.parametrize("recipe", ["photometric", "guided"])
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(make_plan: MakePlan, recipe: str) -> None:
    """Over the end of an epoch: 48 pairs of frames, 56 drawn."""
    changed = {"batch": 8, "lr": 1e-2, "warmup": 0, "accumulate": 2}
    run(make_plan(recipe, steps=7, **changed))
    run(make_plan(recipe, steps=3, out="halves", schedule="constant", **changed))
    run(make_plan(recipe, steps=7, out="halves", **changed))
    whole, halves = (
        load_checkpoint(plan.out / "checkpoint.safetensors") for plan in (make_plan(), make_plan(out="halves"))
    )
    assert whole[1].step == halves[1].step == 7


def same(one: Path, other: Path) -> None:
    tensors, states = zip(*(load_checkpoint(out / "checkpoint.safetensors") for out in (one, other)), strict=True)
    assert (states[0].step, states[0].samples) == (states[1].step, states[1].samples)
    for name, value in tensors[0].items():
        torch.testing.assert_close(tensors[1][name], value, atol=1e-6, rtol=0)


def test_a_shard_cut_short_is_told_once_and_the_rest_trains(make_plan: MakePlan, shards: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(shards, broken)
    whole = (broken / "train-000001.tar").read_bytes()
    (broken / "train-000001.tar").write_bytes(whole[: len(whole) // 3])
    (broken / "train-000002.tar").unlink()
    state, warned = run(replace(make_plan(steps=14), data=broken))
    assert state.step == 14
    assert state.data["frames"] in (24, 30)  # of 48: one shard is missing, of one a clip or two
    assert sum("train-000001.tar" in text for text in warned) == 1
    assert warned.count(f"{broken}/train-000002.tar: is missing; its 2 samples are left out.") == 1
    for file in broken.glob("train-*.tar"):
        file.write_bytes(b"\0" * file.stat().st_size)
    with pytest.raises(InputError, match="no clip of the split 'train' can be read"):
        run(replace(make_plan(out="none"), data=broken))


def test_damaged_samples_give_their_place_to_others(make_plan: MakePlan, shards: Path, tmp_path: Path) -> None:
    """Of the same size, so that only reading tells."""
    broken = tmp_path / "broken"
    shutil.copytree(shards, broken)
    whole = (broken / "train-000001.tar").read_bytes()
    (broken / "train-000001.tar").write_bytes(whole.replace(b"ftypisom", b"ftypisoX"))
    state, warned = run(replace(make_plan(steps=14), data=broken))
    assert state.step == 14
    assert len(warned) == 2
    assert all("train-000001.tar: drawn/p" in text and "is damaged" in text for text in warned)


def test_what_shards_cannot_train_is_refused(make_plan: MakePlan, shards: Path) -> None:
    with pytest.raises(UsageError, match="completion needs a folder of face tracks; shards are for guided"):
        run(replace(make_plan("completion"), start="light-2"))
    with pytest.raises(InputError, match="no shard of the split 'train' is named nothing-"):
        run(replace(make_plan(), data=f"{shards}/nothing-*.tar"))


def torchrun(
    *arguments: str, options: tuple[str, ...] = (), place: tuple[str, ...] = ("--standalone", "--nproc-per-node=2")
) -> subprocess.Popen[str]:
    launch = [sys.executable, "-m", "torch.distributed.run", *place, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*launch, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


_EPOCHS = """
import sys
from dataclasses import replace
import numpy as np
from x2face_core.data.shards.folder import ShardFolder
from x2face_core.training.processes import join, leave
from x2face_core.training.recipes import RECIPES
from x2face_core.training.streaming import StreamedBatches, use_of

processes = join("cpu")
assert processes.any(processes.rank == 1) and not processes.any(False)
folder = ShardFolder(sys.argv[1])
recipe = replace(RECIPES["photometric"], every=2, buffer=3)
use = use_of(recipe, 32, folder)
batches = StreamedBatches(None, folder, use, recipe, processes, print)
batches.begin(0, 4)
stream = batches.streams[processes.rank]
lines = []
for epoch in range(2):
    for pair in stream.draw(stream.order.length(epoch), np.random.default_rng(0)):
        lines.append(f"{processes.rank} {epoch} {pair.clip.key} {pair.clip.frames[pair.target]}")
sys.stdout.write("\\n".join(lines) + "\\n")
leave()
"""


def expected_epochs(face_folder: Path) -> Counter[str]:
    """The lines of _EPOCHS: every second frame of each training clip, once in each of two epochs."""
    keys = [f"drawn/{clip.path.stem}" for clip in FaceFolder(face_folder).clips if clip.split == "train"]
    return Counter(f"{epoch} {key} {frame}" for epoch in (0, 1) for key in keys for frame in range(0, 12, 2))


@pytest.mark.slow
def test_a_killed_process_is_replaced_and_the_run_ends_as_if_nothing_had_been(
    make_plan: MakePlan, shards: Path, tmp_path: Path
) -> None:
    changed = {"batch": 8, "optimiser": "sgd", "lr": 0.01, "warmup": 0, "schedule": "constant"}
    alone = make_plan(steps=40, accumulate=2, **changed)
    run(alone)
    together = tmp_path / "together"
    settings = [f"--set={key}={value}" for key, value in changed.items()]
    settings += [f"--set={key}={str(value).lower()}" for key, value in alone.dims.to_dict().items()]
    settings += ["--set=every=2", "--set=dtype=fp32", "--set=buffer=3", "--set=checkpoint_minutes=0"]
    command = ["-m", "x2face_cli", "train", str(together), "--data", str(shards), "--recipe", "photometric"]
    running = torchrun(
        *command, "--steps", "40", "--fresh", "--device", "cpu", *settings, options=("--max-restarts", "2")
    )
    while running.poll() is None and not _saved(together, 3):
        time.sleep(0.02)
    ranks = _ranks(running.pid)
    assert len(ranks) == 2
    os.kill(ranks[1], signal.SIGKILL)
    _, err = running.communicate(timeout=600)
    assert running.returncode == 0, err[-3000:]
    begun = [int(number) for number in re.findall(r"going on at step (\d+)", err)]
    assert len(begun) == 1 and 3 <= begun[0] < 40, err[-3000:]
    assert "this is a bug" not in err
    one, state = load_checkpoint(alone.out / "checkpoint.safetensors")
    two, both = load_checkpoint(together / "checkpoint.safetensors")
    assert (state.step, state.samples) == (both.step, both.samples) == (40, 320)
    for name in one:
        if name.startswith("objective.") and not name.endswith(("running_mean", "running_var", "batches_tracked")):
            torch.testing.assert_close(two[name].float(), one[name].float(), atol=1e-5, rtol=0)


@pytest.mark.slow
def test_two_machines_see_each_frame_once_an_epoch(shards: Path, face_folder: Path, tmp_path: Path) -> None:
    """Two agents of torchrun, which find each other at an address, with a process each."""
    script = tmp_path / "epochs.py"
    script.write_text(_EPOCHS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    place = ("--nnodes=2", "--nproc-per-node=1", "--rdzv-backend=c10d", f"--rdzv-endpoint={address}", "--rdzv-id=two")
    running = [torchrun(str(script), str(shards), place=place) for _ in range(2)]
    said = [machine.communicate(timeout=600) for machine in running]
    assert [machine.returncode for machine in running] == [0, 0], said
    each = [[line for line in out.splitlines() if re.match(r"[01] [01] ", line)] for out, _ in said]
    assert [len(lines) for lines in each] == [48, 48]
    assert {lines[0][0] for lines in each} == {"0", "1"}
    assert Counter(line[2:] for lines in each for line in lines) == expected_epochs(face_folder)


def _saved(out: Path, step: int) -> bool:
    checkpoint = out / "checkpoint.safetensors"
    return checkpoint.is_file() and load_checkpoint(checkpoint)[1].step >= step


def _ranks(pid: int) -> list[int]:
    """The processes that torchrun started, by rank."""
    found = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in found.splitlines()[1:]]
    return sorted(int(one) for one, parent in rows if int(parent) == pid)
