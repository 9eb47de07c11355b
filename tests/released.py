"""The released code's arithmetic, written out anew in plain torch, and made-up checkpoints with its names.

After what is known of SkipNet.py, NoSkipNet_X2Face.py, NoSkipNet_X2Face_pose.py, UnwrappedFace.py and the notebooks:
names and shapes of the tensors, and which operation follows which. Nothing of it uses our networks.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

State = dict[str, Tensor]
Change = Callable[[Tensor], Tensor]
"""What a notebook does to the driving vector (n, 128) within the driving network."""

UNWRAPPED, SAMPLER = "pix2pixUnwrapped.netG.model.", "pix2pixSampler.netG.model."


def made_up_state(levels: int = 5, width: int = 4, channels: int = 3, seed: int = 0) -> State:
    """A checkpoint's state dict as released, but smaller: 8 levels and a width of 64 are the published networks.

    channels: of the embedding network's answer
    """
    rng = torch.Generator().manual_seed(seed)
    state = _network(UNWRAPPED, levels, width, width * min(8, 2 ** (levels - 1)), channels, True, rng)
    return state | _network(SAMPLER, levels, width, 128, 2, False, rng)


def _network(root: str, levels: int, width: int, inner: int, out: int, skips: bool, rng: torch.Generator) -> State:
    sizes = [width * min(8, 2**level) for level in range(levels - 1)] + [inner]
    state: State = {}
    for depth in range(levels):
        at, first, last = f"{root}{'submodule.' * depth}", depth == 0, depth == levels - 1
        into, outer = (3, out) if first else (sizes[depth - 1], sizes[depth - 1])
        state[f"{at}down.{0 if first else 1}.weight"] = _kernel(sizes[depth], into, 4, rng)
        above = sizes[depth] * (2 if skips and not last else 1)
        state[f"{at}up.2.weight"] = _kernel(outer, above, 3, rng)
        if not first and not last:
            state |= _norm(f"{at}down.2", sizes[depth], rng)
        if not first:
            state |= _norm(f"{at}up.3", outer, rng)
    return state


def _kernel(out: int, into: int, side: int, rng: torch.Generator) -> Tensor:
    """Xavier-normal, as released."""
    return torch.randn(out, into, side, side, generator=rng) * (2 / ((into + out) * side * side)) ** 0.5


def _norm(at: str, size: int, rng: torch.Generator) -> State:
    return {
        f"{at}.weight": 1 + 0.2 * torch.randn(size, generator=rng),
        f"{at}.bias": 0.2 * torch.randn(size, generator=rng),
        f"{at}.running_mean": 0.2 * torch.randn(size, generator=rng),
        f"{at}.running_var": 0.5 + torch.rand(size, generator=rng),
    }


def released_frames(state: State, sources: list[Tensor], driving: Tensor, change: Change | None = None) -> Tensor:
    """What the released model answers: (n, 3, h, w).

    sources: of one person, (n, 3, h, w) each; driving: (n, 3, h, w)
    """
    textures, weights = zip(*(unwrapped(state, source) for source in sources), strict=True)
    texture = sum(one * weight for one, weight in zip(textures, weights, strict=True)) / sum(weights)
    flow = torch.tanh(nested(state, SAMPLER, driving, skips=False, change=change)[0])  # the network's own, then this
    return sampled(texture, torch.tanh(flow))


def unwrapped(state: State, source: Tensor) -> tuple[Tensor, Tensor]:
    """One source's embedded face and its weight, exp of the third channel plus 0.1."""
    answer, _ = nested(state, UNWRAPPED, source, skips=True)
    return sampled(source, torch.tanh(answer[:, :2])), answer[:, 2:3].exp() + 0.1


def released_vector(state: State, pictures: Tensor) -> Tensor:
    """(n, 3, h, w) to (n, 128)."""
    return nested(state, SAMPLER, pictures, skips=False)[1]


def sampled(picture: Tensor, flow: Tensor) -> Tensor:
    """flow: (n, 2, h, w), on top of the grid whose -1 and 1 are the corner pixels' centres; black outside."""
    axis = torch.linspace(-1, 1, picture.shape[2])
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), 2)
    return F.grid_sample(picture, flow.permute(0, 2, 3, 1) + grid, padding_mode="zeros", align_corners=True)


def nested(
    state: State, at: str, x: Tensor, *, skips: bool, change: Change | None = None, first: bool = True
) -> tuple[Tensor, Tensor]:
    """A block and all within it: its answer, and the innermost convolution's raw one (n, vector)."""
    y = F.conv2d(x if first else F.leaky_relu(x, 0.2), state[f"{at}down.{0 if first else 1}.weight"], None, 2, 1)
    y = _normed(state, f"{at}down.2", y)
    if f"{at}submodule.up.2.weight" in state:
        y, vector = nested(state, f"{at}submodule.", y, skips=skips, change=change, first=False)
    else:
        vector = y.flatten(1)
        y = change(vector)[:, :, None, None] if change else y
    y = F.interpolate(F.relu(y), scale_factor=2, mode="bilinear", align_corners=True)
    y = _normed(state, f"{at}up.3", F.conv2d(y, state[f"{at}up.2.weight"], None, 1, 1))
    return (torch.cat([y, x], 1) if skips and not first else y), vector


def _normed(state: State, at: str, x: Tensor) -> Tensor:
    if f"{at}.weight" not in state:
        return x
    mean, variance, weight, bias = (state[f"{at}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return F.batch_norm(x, mean, variance, weight, bias, training=False)


def made_up_pose(seed: int = 1) -> tuple[State, State]:
    """posereg.pth's state dict and posetobottle.pth's."""
    rng = torch.Generator().manual_seed(seed)
    reading = {
        "posefrombottle.weight": 0.1 * torch.randn(3, 128, generator=rng),
        "posefrombottle.bias": 0.1 * torch.randn(3, generator=rng),
    }
    return reading, {"0.weight": torch.randn(128, 3, generator=rng)} | _norm("1", 128, rng)


def released_pose(reading: State, writing: State, target: Tensor) -> Change:
    """Pose2Face.ipynb: v + f(target) - f(p(v)). target: (3,), roll, pitch, yaw in radians, of the head itself"""
    return lambda v: v + written(writing, target[None]) - written(writing, read(reading, v))


def released_speech(
    reading: State, writing: State, regression: tuple[Tensor, Tensor], features: Tensor, own: Tensor
) -> Change:
    """Audio2Face.ipynb: what is heard instead of the source's own sound, and the source's pose instead of what it made.

    regression: (128, 256) and (128,); heard, own: (256,)
    """

    def change(v: Tensor) -> Tensor:
        moved = v + F.linear(features[None], *regression) - F.linear(own[None], *regression)
        return moved + written(writing, read(reading, v)) - written(writing, read(reading, moved))

    return change


def read(reading: State, vectors: Tensor) -> Tensor:
    return F.linear(vectors, reading["posefrombottle.weight"], reading["posefrombottle.bias"])


def written(writing: State, pose: Tensor) -> Tensor:
    return _normed(writing, "1", F.linear(pose, writing["0.weight"]))
