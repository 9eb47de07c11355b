"""Train the default preset on a GPU that is available for a few minutes only.

The GPU's machine needs torch, OpenCV, numpy and safetensors, and this checkout on its PYTHONPATH; no PyAV, no dlib.

    python benchmarks/gpu_train.py pack DATA PACK           where the data lies: H.264 at 128 x 128, and labels
    benchmarks/gpu_train.sh PACK OUT 7                      on the GPU: saves every minute, stops by itself
    benchmarks/gpu_train.sh PACK OUT 9 --then 3             the first of two calls that share one schedule
    benchmarks/gpu_train.sh PACK OUT 3 --go-on              the second
    python benchmarks/gpu_train.py finish OUT DATA WEIGHTS  where the data lies: weights with their reading

`--from WEIGHTS` begins with weights; where OUT has a checkpoint it goes on from there. `--complete MINUTES` trains the
completion network too, at the end, into OUT/completed. It prints samples a second and the share of the GPU's peak
(three times the FLOPs of the forward pass, as torch counts them).
"""

from __future__ import annotations

import argparse
import math
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import LAYOUT_GAZE, POINTS, canonical_layout, with_irises
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState
from x2face_core.training.completing import CompletionObjective
from x2face_core.training.completion_batches import CompletionBatches
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatches
from x2face_core.training.heldout import HeldOut
from x2face_core.training.initial_weights import InitialWeights, load_initial
from x2face_core.training.prefetching import Batches
from x2face_core.training.processes import Processes, join
from x2face_core.training.recipes import RECIPES, CompletionRecipe, GuidedRecipe, Recipe, with_settings
from x2face_core.training.shipping import fit_reading, ship

SIDE = 128
_SAVING = {"checkpoint_minutes": "1", "evaluate_minutes": "2"}
_SMALL = dict.fromkeys(("landmarks", "blend", "gaze", "expression", "pose"), np.float16)


def pack(data: Path, out: Path, crf: int = 24) -> None:
    """Pack labelled frames of the splits train and val, and photographs of train, for the GPU's machine."""
    import av

    from x2face_core.data.folder import FaceFolder
    from x2face_core.data.loading import load_bank
    from x2face_core.training.statements import statement

    folder = FaceFolder(data)
    out.mkdir(parents=True, exist_ok=True)
    train = load_bank(folder, "train", SIDE, stills=_guided_recipe().stills)
    banks = {"train": train, "val": load_bank(folder, "val", SIDE)}
    arrays: dict[str, Any] = {"statement": np.array(statement(folder.of_split("train")))}
    with av.open(str(out / "frames.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "slow", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for split, bank in banks.items():
            for picture in bank.pictures.numpy():
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            arrays |= {f"{split}.{name}": value for name, value in _arrays(bank).items()}
            assert bank.person is not None
            arrays[f"{split}.people"] = bank.person.numpy()
        container.mux(stream.encode(None))
    np.savez_compressed(out / "labels.npz", **arrays)
    print(f"{sum(f.stat().st_size for f in out.iterdir()) / 2**20:.1f} MiB in {out}")


def _guided_recipe() -> GuidedRecipe:
    recipe = RECIPES["guided"]
    assert isinstance(recipe, GuidedRecipe)
    return recipe


def _arrays(bank: Bank) -> dict[str, np.ndarray[Any, Any]]:
    found = {f.name: getattr(bank, f.name) for f in fields(bank) if f.name not in ("pictures", "person")}
    return {name: v.numpy().astype(_SMALL.get(name, v.numpy().dtype)) for name, v in found.items() if v is not None}


def unpack(folder: Path, device: torch.device) -> tuple[Bank, Bank, torch.Tensor, str]:
    """Both banks on the device, the person in each frame of the second, and a description of the training data."""
    import cv2

    with np.load(folder / "labels.npz", allow_pickle=False) as labels:
        arrays = dict(labels)
    film, pictures = cv2.VideoCapture(str(folder / "frames.mp4")), []
    while (frame := film.read())[0]:
        pictures.append(frame[1][..., ::-1])
    count = len(arrays["train.clip"])
    if len(pictures) != count + len(arrays["val.clip"]):
        raise SystemExit(f"{folder}: {len(pictures)} frames for {count + len(arrays['val.clip'])} labels.")
    banks = [
        _bank(arrays, split, np.stack(part)).to(device)
        for split, part in (("train", pictures[:count]), ("val", pictures[count:]))
    ]
    return banks[0], banks[1], torch.from_numpy(arrays["val.people"]), str(arrays["statement"])


def _bank(arrays: dict[str, Any], split: str, pictures: np.ndarray[Any, Any]) -> Bank:
    found = {f.name: arrays.get(f"{split}.{f.name}") for f in fields(Bank) if f.name != "pictures"}
    wide = {name: v.astype(np.float32) if v.dtype == np.float16 else v for name, v in found.items() if v is not None}
    return Bank(pictures=torch.from_numpy(pictures), **{name: torch.from_numpy(v) for name, v in wide.items()})


def run(given: argparse.Namespace) -> None:
    """Train, save every minute, and print how fast it went.

    SIGTERM and Ctrl-C end the run after the step, evaluated and saved, with exit code 1.
    """
    started = time.monotonic()
    end = started + given.minutes * 60 - given.reserve
    terminated = _terminated()
    processes = join(given.device)
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    lr = RECIPES["guided"].lr * (given.batch / RECIPES["guided"].batch) ** 0.5
    settings = _SAVING | {"batch": str(given.batch), "lr": str(lr), "dtype": "bf16"}
    settings |= dict(text.split("=", 1) for text in given.set)
    recipe, dims = with_settings(RECIPES["guided"], PRESETS["light"], settings)
    assert isinstance(recipe, GuidedRecipe)
    train, val, people, statement = unpack(given.pack, processes.device)
    print(f"{len(train)} and {len(val)} frames on {processes.device} after {time.monotonic() - started:.1f} s")
    begun = None if given.start is None else load_initial(given.start, dims)
    ground = _Ground(train, HeldOut.of(val, people), _layout(train, begun), processes, statement)
    trainer = _guided(given.out, recipe, dims, ground, begun)
    trainer.resume()
    flops = _flops(trainer)
    left = end - given.complete * 60 - time.monotonic()
    before = trainer.state.seconds if given.go_on else 0.0
    length = Length(minutes=(before + left) / 60 + given.then)
    handover = time.monotonic() + left if given.then else math.inf
    _timed(trainer, length, flops, given.peak, lambda: terminated.is_set() or time.monotonic() > handover)
    if given.complete and not terminated.is_set():
        length = Length(minutes=(end - time.monotonic()) / 60)
        _completed(given.out / "completed", trainer.ema.networks, ground).run(length, _report, terminated.is_set)
    if terminated.is_set():
        raise SystemExit(1)


def _terminated() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set, instead of ending the process."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event


def _timed(trainer: Trainer[Any], length: Length, flops: float, peak: float, stop: Callable[[], bool]) -> None:
    samples, begun_at = trainer.state.samples, time.monotonic()
    state = trainer.run(length, _report, stop)
    rate = (state.samples - samples) / (time.monotonic() - begun_at)
    if (progress := length.progress(state)) < 1:
        print(f"stopped at {progress:.0%} of the schedule; checkpoint and weights of the last step are saved")
    print(f"{rate:.0f} samples/s, {3 * flops * rate / peak / 1e12:.1%} of {peak} TFLOP/s", flush=True)


@dataclass(frozen=True)
class _Ground:
    """The common data of both recipes. layout: (73, 3)"""

    bank: Bank
    held_out: HeldOut
    layout: torch.Tensor
    processes: Processes
    statement: str

    def trainer(
        self, out: Path, objective: GuidedObjective | CompletionObjective, batches: Batches, recipe: Recipe
    ) -> Trainer[X2FaceNetworks]:
        out.mkdir(parents=True, exist_ok=True)
        objective.to(self.processes.device)

        def judge(ema: X2FaceNetworks, state: RunState) -> dict[str, float]:
            figures = self.held_out.figures(ema)
            ship(out / "weights.safetensors", ema, state, None, self.layout[:POINTS].cpu(), held_out=figures)
            return figures

        dtype = torch.bfloat16 if recipe.dtype == "bf16" else torch.float32
        data: dict[str, object] = {"statement": self.statement, "frames": len(self.bank)}
        return Trainer(out, objective, batches, recipe, self.processes, dtype, judge, data)

    def networks(self, dims: Dims) -> X2FaceNetworks:
        return in_memory_format(X2FaceNetworks(dims), torch.channels_last, self.processes.device)


def _layout(bank: Bank, begun: InitialWeights | None) -> torch.Tensor:
    assert bank.landmarks is not None
    points = canonical_layout(bank.landmarks[bank.clip >= 0, :POINTS].cpu().numpy())
    points = points if begun is None or begun.layout is None else begun.layout.numpy()
    layout = with_irises(points[None], np.array([LAYOUT_GAZE], np.float32))[0]
    return torch.from_numpy(layout).to(bank.pictures.device)


def _guided(
    out: Path, recipe: GuidedRecipe, dims: Dims, ground: _Ground, begun: InitialWeights | None
) -> Trainer[X2FaceNetworks]:
    bank, networks = ground.bank, ground.networks(dims)
    measures, scores = 7 if bank.gaze is None else 9, 0 if bank.blend is None else bank.blend.shape[1]
    objective = GuidedObjective(networks, ground.layout, recipe, measures, scores)
    if begun is not None:
        networks.load_state_dict(begun.tensors, strict=False)
    return ground.trainer(out, objective, GuidedBatches(bank, ground.layout, recipe), recipe)


def _completed(out: Path, trained: X2FaceNetworks, ground: _Ground, batch: int = 128) -> Trainer[X2FaceNetworks]:
    """Train the completion network with the other networks frozen."""
    recipe, _ = with_settings(RECIPES["completion"], None, _SAVING | {"batch": str(batch)})
    assert isinstance(recipe, CompletionRecipe)
    networks = ground.networks(replace(trained.dims, completion=recipe.channels))
    networks.load_state_dict(trained.state_dict(), strict=False)
    objective = CompletionObjective(networks, ground.layout, recipe)
    return ground.trainer(out, objective, CompletionBatches(ground.bank, ground.layout, recipe, networks), recipe)


def _flops(trainer: Trainer[X2FaceNetworks]) -> float:
    """FLOPs of the forward pass for one sample."""
    batch = trainer.batches.draw(generator(0, 0, 0, trainer.processes.device), 8)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        trainer.objective(batch, 0.0)
    return counter.get_total_flops() / 8


def _report(report: Report) -> None:
    state = report.state
    if state.step % 50 == 0 or report.held_out:
        shown = {**report.losses, **(report.held_out or {})}
        rate = state.samples / max(1e-9, state.seconds)
        print(f"step {state.step} {rate:.0f}/s " + " ".join(f"{k} {v:.4f}" for k, v in shown.items()), flush=True)


def finish(out: Path, data: Path, weights: Path) -> None:
    """Fit the linear readout of the weights, which needs the folder's labels, and describe their training data.

    Reads OUT/weights.safetensors and, if it exists, OUT/completed/weights.safetensors.
    """
    from x2face_core.data.folder import FaceFolder
    from x2face_core.data.loading import load_bank
    from x2face_core.training.statements import statement_of
    from x2face_core.weights import load_weights, save_weights

    info, tensors = load_weights(out / "weights.safetensors")
    shown = {key: getattr(info, key) for key in ("preset", "dims", "parameters", "recipe", "metrics")}
    completed = out / "completed" / "weights.safetensors"
    if completed.is_file():
        last, tensors = load_weights(completed)
        shown |= {"dims": last.dims, "parameters": last.parameters, "metrics": last.metrics}
        shown["recipe"] = info.recipe | {"completion": last.recipe}
    folder = FaceFolder(data)
    networks = X2FaceNetworks(Dims.from_dict(shown["dims"]))
    networks.load_state_dict({name: value.float() for name, value in tensors.items() if name != "layout"}, strict=False)
    reading = fit_reading(networks, load_bank(folder, "train", SIDE), folder)
    tensors |= {f"reading.{part}": value for part, value in reading.items()}
    saw = statement_of(folder, replace(_guided_recipe(), stills=info.recipe["stills"]), None)
    save_weights(weights, tensors, shown | {"name": weights.stem, "data": saw})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    packing, running, finishing = (commands.add_parser(name) for name in ("pack", "run", "finish"))
    for command, paths in ((packing, "data pack"), (running, "pack out"), (finishing, "out data weights")):
        for path in paths.split():
            command.add_argument(path, type=Path)
    running.add_argument("--minutes", type=float, default=7, help="of this call, decoding included")
    running.add_argument("--then", type=float, default=0, help="minutes of a later call with --go-on")
    running.add_argument("--go-on", action="store_true", help="the schedule is that of one long run of all calls")
    running.add_argument("--from", dest="start", help="weights to begin with")
    running.add_argument("--complete", type=float, default=0, help="of these minutes, for the completion network")
    running.add_argument("--reserve", type=float, default=22, help="seconds for imports and the last evaluation")
    running.add_argument("--batch", type=int, default=384, help="pairs a step; the learning rate grows by its root")
    running.add_argument("--device", default="auto")
    running.add_argument("--peak", type=float, default=790, help="TFLOP/s of the GPU in bf16, for the share of it")
    running.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of `x2face train`")
    given = parser.parse_args()
    if given.command == "pack":
        pack(given.data, given.pack)
    elif given.command == "run":
        run(given)
    else:
        finish(given.out, given.data, given.weights)


if __name__ == "__main__":
    main()
