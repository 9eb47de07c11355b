"""Train the default preset on a GPU that is at hand for minutes only.

The GPU's machine needs torch, OpenCV, numpy and safetensors, and this checkout on its PYTHONPATH; no PyAV, no dlib.

    python benchmarks/gpu_train.py pack DATA PACK           where the data lies: H.264 at 128 x 128, and labels
    benchmarks/gpu_train.sh PACK OUT 7                      on the GPU: saves every minute, stops by itself
    python benchmarks/gpu_train.py finish OUT DATA WEIGHTS  where the data lies: weights with their reading

`--from WEIGHTS` begins with weights; where OUT has a checkpoint it goes on from there. It prints samples a second and
the share of the GPU's peak (three times the FLOPs of the forward pass, as torch counts them).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import LAYOUT_GAZE, POINTS, canonical_layout, with_irises
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Length, Report, Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatches
from x2face_core.training.heldout import HeldOut, people_of
from x2face_core.training.processes import Processes, join
from x2face_core.training.recipes import RECIPES, GuidedRecipe, with_settings
from x2face_core.training.shipping import fit_reading, ship
from x2face_core.training.starting import starting

SIDE = 128
_SMALL = {
    "landmarks": np.float16,
    "blend": np.float16,
    "gaze": np.float16,
    "expression": np.float16,
    "pose": np.float16,
}


def pack(data: Path, out: Path, crf: int = 24) -> None:
    """Frames of the splits train and val that have landmarks, and the photographs of train."""
    import av

    from x2face_core.data.folder import FaceFolder
    from x2face_core.data.loading import load_bank
    from x2face_core.training.session import statement

    folder = FaceFolder(data)
    out.mkdir(parents=True, exist_ok=True)
    banks = {"train": load_bank(folder, "train", SIDE, stills=0.25), "val": load_bank(folder, "val", SIDE)}
    arrays: dict[str, Any] = {"statement": np.array(statement(folder.of_split("train")))}
    with av.open(str(out / "frames.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "slow", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for split, bank in banks.items():
            for picture in bank.pictures.numpy():
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            arrays |= {f"{split}.{name}": value for name, value in _arrays(bank).items()}
            arrays[f"{split}.people"] = people_of(folder, replace(bank, clip=bank.clip.clamp_min(0))).numpy()
        container.mux(stream.encode(None))
    np.savez_compressed(out / "labels.npz", **arrays)
    print(f"{sum(f.stat().st_size for f in out.iterdir()) / 2**20:.1f} MiB in {out}")


def _arrays(bank: Bank) -> dict[str, np.ndarray[Any, Any]]:
    found = {f.name: getattr(bank, f.name) for f in fields(bank) if f.name != "pictures"}
    return {name: v.numpy().astype(_SMALL.get(name, v.numpy().dtype)) for name, v in found.items() if v is not None}


def unpack(folder: Path, device: torch.device) -> tuple[Bank, Bank, torch.Tensor, str]:
    """Both banks on the device, who is in each frame of the second, and what the first was taken from."""
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
    """Train, save every minute, and print how fast it went."""
    started = time.monotonic()
    processes = join(given.device)
    torch.manual_seed(0)
    settings = {"batch": str(given.batch), "checkpoint_minutes": "1", "evaluate_minutes": "2", "dtype": "bf16"}
    settings |= dict(text.split("=", 1) for text in given.set)
    recipe, dims = with_settings(RECIPES["guided"], PRESETS["light"], settings)
    assert isinstance(recipe, GuidedRecipe)
    train, val, people, statement = unpack(given.pack, processes.device)
    print(f"{len(train)} and {len(val)} frames on {processes.device} after {time.monotonic() - started:.1f} s")
    trainer, layout = _trainer(given, recipe, dims, train, processes, HeldOut.of(val, people), statement)
    trainer.resume()
    left = given.minutes * 60 - (time.monotonic() - started)
    length = Length(minutes=(trainer.state.seconds + left) / 60) if given.go_on else Length(minutes=left / 60)
    flops = _flops(trainer, recipe)
    samples, begun = trainer.state.samples, time.monotonic()
    trainer.run(length, _report)
    rate = (trainer.state.samples - samples) / (time.monotonic() - begun)
    print(f"{rate:.0f} samples/s, {3 * flops * rate / given.peak / 1e12:.1%} of {given.peak} TFLOP/s")


def _trainer(
    given: argparse.Namespace,
    recipe: GuidedRecipe,
    dims: Dims,
    bank: Bank,
    processes: Processes,
    held: HeldOut,
    statement: str,
) -> tuple[Trainer[X2FaceNetworks], torch.Tensor]:
    begun = None if given.start is None else starting(given.start, dims)
    assert bank.landmarks is not None
    measures, scores = 7 if bank.gaze is None else 9, 0 if bank.blend is None else bank.blend.shape[1]
    points = canonical_layout(bank.landmarks[bank.clip >= 0, :POINTS].cpu().numpy())
    points = points if begun is None or begun.layout is None else begun.layout.numpy()
    layout = torch.from_numpy(with_irises(points[None], np.array([LAYOUT_GAZE], np.float32))[0]).to(processes.device)
    networks = X2FaceNetworks(dims).to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective = GuidedObjective(networks, layout, recipe, measures, scores)
    if begun is not None:
        networks.load_state_dict(begun.tensors, strict=False)
    objective.to(processes.device)
    given.out.mkdir(parents=True, exist_ok=True)

    def judge(averaged: X2FaceNetworks, state: Any) -> dict[str, float]:
        figures = held.figures(averaged)
        ship(given.out / "weights.safetensors", averaged, state, None, layout[:POINTS].cpu(), held=figures)
        return figures

    batches, data = GuidedBatches(bank, layout, recipe), {"statement": statement, "frames": len(bank)}
    return Trainer(given.out, objective, batches, recipe, processes, torch.bfloat16, judge, data), layout


def _flops(trainer: Trainer[X2FaceNetworks], recipe: GuidedRecipe) -> float:
    """Of the forward pass, a sample."""
    batch = trainer.batches.draw(generator(0, 0, 0, trainer.processes.device), 8)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        trainer.objective(batch, 0.0)
    return counter.get_total_flops() / 8


def _report(report: Report) -> None:
    state = report.state
    if state.step % 50 == 0 or report.held:
        told = {**report.losses, **(report.held or {})}
        rate = state.samples / max(1e-9, state.seconds)
        print(f"step {state.step} {rate:.0f}/s " + " ".join(f"{k} {v:.4f}" for k, v in told.items()), flush=True)


def finish(out: Path, data: Path, weights: Path) -> None:
    """Fit the linear reading that weights carry, which needs the folder's labels."""
    from safetensors.torch import load_file

    from x2face_core.data.folder import FaceFolder
    from x2face_core.data.loading import load_bank
    from x2face_core.training.checkpoint import CHECKPOINT, load_checkpoint
    from x2face_core.weights import read_info

    trained, folder = out / "weights.safetensors", FaceFolder(data)
    info = read_info(trained)
    _, state = load_checkpoint(out / CHECKPOINT)
    networks, tensors = X2FaceNetworks(Dims.from_dict(info.dims)), load_file(trained)
    layout = tensors.pop("layout")
    networks.load_state_dict(tensors, strict=False)
    reading = fit_reading(networks, load_bank(folder, "train", SIDE), folder)
    ship(weights, networks, state, reading, layout, held=info.metrics)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    packing, running, finishing = (commands.add_parser(name) for name in ("pack", "run", "finish"))
    packing.add_argument("data", type=Path)
    packing.add_argument("pack", type=Path)
    running.add_argument("pack", type=Path)
    running.add_argument("out", type=Path)
    running.add_argument("--minutes", type=float, default=7, help="of this call, decoding included")
    running.add_argument("--go-on", action="store_true", help="the learning rate is that of one long run of both calls")
    running.add_argument("--from", dest="start", help="weights to begin with")
    running.add_argument("--batch", type=int, default=256)
    running.add_argument("--device", default="auto")
    running.add_argument("--peak", type=float, default=790, help="TFLOP/s of the GPU in bf16, for the share of it")
    running.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of `x2face train`")
    for name, kind in (("out", Path), ("data", Path), ("weights", Path)):
        finishing.add_argument(name, type=kind)
    given = parser.parse_args()
    if given.command == "pack":
        pack(given.data, given.pack)
    elif given.command == "run":
        run(given)
    else:
        finish(given.out, given.data, given.weights)


if __name__ == "__main__":
    main()
