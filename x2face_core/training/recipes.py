"""Training recipes: all hyperparameters as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from x2face_core.bounds import fault_of
from x2face_core.errors import UsageError, WeightsError
from x2face_core.networks.dims import Dims
from x2face_core.networks.identity import IdentityDims

_WEIGHT, _SHARE, _ANGLE = (0.0, 1e6), (0.0, 1.0), (0.0, 90.0)

BOUNDS = {
    **dict.fromkeys(
        ("momentum", "ema", "end", "guidance_end", "stills", "turned", "growth", "shift", "gaze_share", "gaze"), _SHARE
    ),
    **dict.fromkeys(("gamma", "gain", "view_gamma", "view_gain"), _SHARE),
    **dict.fromkeys(("same", "other"), (0.0, 100.0)),
    **dict.fromkeys(("lid_pairs", "pose_pairs", "shut"), _SHARE),
    **dict.fromkeys(("singles", "margin", "zoom", "blur"), _SHARE),
    **dict.fromkeys(("yaw", "pitch", "roll", "tilt"), _ANGLE),
    "lr": (1e-12, 10.0),
    "weight_decay": (0.0, 100.0),
    "warmup": (0, 1e9),
    "batch": (2, 65_536),
    "accumulate": (1, 65_536),
    "every": (1, 1e6),
    "buffer": (1, 1e6),
    "far": (1, 64),
    "frames": (2, 1e6),
    "seed": (0, 2**32 - 1),
    "checkpoint_minutes": (0.0, 1e5),
    "evaluate_minutes": (0.0, 1e5),
    "spline_side": (4, 512),
    "channels": (1, 512),
    "moments": (1, 1024),
    "versions": (1, 64),
}
"""Bounds of the fields of all recipes; fields that are not listed are loss weights."""


@dataclass(frozen=True)
class Recipe:
    """Fields of all recipes.

    preset: the sizes that it trains by default (networks.dims.PRESETS)
    batch: pairs of pictures in a step over all processes; accumulate: number of parts of a step in one process
    every: every nth frame of a clip is used (25 at 25 fps is the 1 fps of the paper)
    buffer: number of clips in memory from which pairs are drawn at a time, where shards are read
    far: number of candidates for the source, of which the one farthest in pose is taken; 1: uniform
    ema: decay of the EMA of the weights, which is evaluated and shipped; 0: no averaging
    end: the learning rate at the end, as a share of lr (cosine); plateau: divided by 10 when held-out L1
        stalls; constant: as the released training script has it
    dtype: auto measures a few steps and takes the faster of fp32 and bf16
    norms: batch norm by each batch's own statistics, or by those of the weights that the run began with; auto: kept if
        it began with some. A few pictures' statistics are too few for weights trained with hundreds: L1 of light-2
        doubles by those of 16
    """

    name: str
    preset: Literal["light", "paper"] = "light"
    optimiser: Literal["adamw", "sgd"] = "adamw"
    lr: float = 8e-4
    momentum: float = 0.9
    weight_decay: float = 1e-4
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    end: float = 0.02
    warmup: int = 200
    clip_norm: float = 1.0
    batch: int = 32
    accumulate: int = 1
    ema: float = 0.999
    every: int = 5
    buffer: int = 256
    far: int = 1
    seed: int = 0
    dtype: Literal["auto", "fp32", "bf16"] = "auto"
    norms: Literal["auto", "batch", "kept"] = "auto"
    checkpoint_minutes: float = 3.0
    evaluate_minutes: float = 10.0

    def __post_init__(self) -> None:
        """UsageError for values out of bounds."""
        numbers = {field.name: _WEIGHT for field in fields(self) if field.type in ("int", "float")}
        if fault := fault_of(self, numbers | BOUNDS):
            raise UsageError(f"The recipe {self.name}: {fault}")


@dataclass(frozen=True)
class StageTwoRecipe(Recipe):
    """The second stage of the paper (3.2, section 5), which needs the weights of a first one and an identity network.

    same: strength of each content loss between a frame and the one generated for it, relative to the photometric loss
    other: strength of each content loss between the source and what another person's frame makes of it
    """

    same: float = 1.0
    other: float = 0.1


@dataclass(frozen=True)
class LabelledRecipe(Recipe):
    """Fields of recipes that use labels.

    stills: share of draws of single photographs, if the folder has some
    turned: share of pictures with a synthetic turn by up to yaw, pitch, roll in degrees, growth and shift as shares;
        one of the two pictures of a photograph is always turned
    """

    far: int = 2
    stills: float = 0.35
    turned: float = 0.4
    yaw: float = 25.0
    pitch: float = 16.0
    roll: float = 15.0
    growth: float = 0.08
    shift: float = 0.06


@dataclass(frozen=True)
class GuidedRecipe(LabelledRecipe):
    """Flows supervised by landmark splines and optical flow (docs/training.md), and a photometric loss.

    photometric, photometric_end: weight of the photometric loss at the start and at the end, linear in between: while
        flows are unknown it has no useful gradient, and at the end it alone sees what guidance does not tell
    optical: initial weight of the distance of the composed flow to optical flow, outside the face, decaying as
        guidance; 0: not used, OpenCV is not needed
    outside: weight outside the face, relative to inside, in the losses against splines
    guidance: initial weight of the flow losses, decaying to the share guidance_end
    relative: weight of the flow across people, relative to guidance
    stretch: weight of the error in flow derivatives, relative to guidance; it opens mouths and closes eyes
    gaps: weight of the error in the distance between the lips, relative to guidance; lids, irises: relative weights of
        the distances between lids, and between iris and eye corners
    spline_side: side of the splines' flows in pixels; 32 blurs the lips
    landmarks, expression, blend: weights of the linear heads on v, which are discarded after training: expression, pose
        and gaze in one, blendshape scores in another
    lips, eyes: additional weight of pixels there in the losses
    lips_gain, lids_gain, gaze_gain: gain of the driver's motion of lips, lids and irises in the target across people,
        since a network taught by an L1 loss moves less than what it is taught
    gaze_share: share of pictures whose irises are moved synthetically, by up to `gaze` in eye widths
    gamma, gain: colour jitter common to source and target; view_gamma, view_gain: of the driving input only
    """

    photometric: float = 6.0
    photometric_end: float = 30.0
    optical: float = 20.0
    outside: float = 0.1
    guidance: float = 14.0
    guidance_end: float = 0.3
    relative: float = 1.0
    stretch: float = 0.3
    gaps: float = 3.0
    lids: float = 4.0
    irises: float = 6.0
    spline_side: int = 64
    landmarks: float = 2.0
    expression: float = 1.2
    blend: float = 0.6
    lips: float = 24.0
    eyes: float = 8.0
    lips_gain: float = 1.25
    lids_gain: float = 1.3
    gaze_gain: float = 1.3
    gaze_share: float = 0.5
    gaze: float = 0.15
    gamma: float = 0.25
    gain: float = 0.2
    view_gamma: float = 0.33
    view_gain: float = 0.25


@dataclass(frozen=True)
class CompletionRecipe(LabelledRecipe):
    """Training of the completion network, after embedding and driving network (docs/training.md).

    lid_pairs, pose_pairs: shares of the pairs of film frames that are chosen to differ in how far the lids are open,
        or in head pose; the others differ in how far the lips are
    shut: share of photographs whose eyes are closed synthetically in the source
    channels: of its first level; the critic has twice as many
    lips, eyes: additional weights of mouth and eyes
    edges: weight of the spatial derivatives, against blurred teeth
    adversarial: weight of the adversarial loss, relative to the L1
    """

    turned: float = 0.3
    lid_pairs: float = 0.3
    pose_pairs: float = 0.15
    shut: float = 0.3
    channels: int = 16
    lips: float = 8.0
    eyes: float = 8.0
    edges: float = 0.5
    adversarial: float = 0.03

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lid_pairs + self.pose_pairs > 1:
            raise UsageError(
                f"The recipe {self.name}: lid_pairs {self.lid_pairs:g} and pose_pairs {self.pose_pairs:g} are shares "
                "of the same pairs; together they may be 1 at most."
            )


R = TypeVar("R", bound=Recipe)
D = TypeVar("D", Dims, IdentityDims, None)

_PUBLISHED: dict[str, Any] = dict(
    preset="paper",
    optimiser="sgd",
    weight_decay=0.0,
    schedule="plateau",
    warmup=0,
    clip_norm=0.0,
    batch=16,
    ema=0.0,
    every=25,
)
RECIPES: dict[str, Recipe] = {
    "guided": GuidedRecipe(name="guided"),
    "completion": CompletionRecipe(
        name="completion",
        lr=3e-3,
        weight_decay=0.0,
        warmup=50,
        batch=16,
        ema=0.995,
        dtype="fp32",
        norms="batch",
        evaluate_minutes=5.0,
    ),
    "photometric": Recipe(name="photometric", lr=3e-4),
    "identity": StageTwoRecipe(name="identity", lr=1e-4, warmup=100, batch=16),
    "paper": Recipe(name="paper", lr=1e-3, **_PUBLISHED),
}
STAGE_TWO = {
    "light": RECIPES["identity"],
    "paper": StageTwoRecipe(name="identity", lr=1e-4, norms="batch", **_PUBLISHED),
}
"""The recipe identity by the preset of the weights that it begins with."""


def with_settings(recipe: R, dims: D, settings: Mapping[str, str]) -> tuple[R, D]:
    """Recipe and dims with fields replaced, given as text as by `--set key=value`; dims may be None.

    UsageError for an unknown field, or a value that is out of its bounds.
    """
    ours = _settable(recipe)
    theirs: dict[str, Any] = {} if dims is None else _settable(dims)
    for key, text in settings.items():
        if key not in ours | theirs:
            choices = ", ".join(sorted(ours | theirs))
            raise UsageError(f"--set {key}={text}: the recipe {recipe.name} has no {key!r}; it has {choices}.")
    changes = {key: _parsed(key, text, (ours | theirs)[key]) for key, text in settings.items()}
    try:
        return (
            replace(recipe, **{key: value for key, value in changes.items() if key in ours}),
            dims if dims is None else replace(dims, **{k: value for k, value in changes.items() if k in theirs}),
        )
    except (WeightsError, UsageError) as error:
        raise UsageError(f"--set: {error}") from None


def _settable(values: Recipe | Dims | IdentityDims) -> dict[str, Any]:
    kinds = get_type_hints(type(values))
    return {field.name: kinds[field.name] for field in fields(values) if field.name not in ("name", "preset")}


def _parsed(key: str, text: str, kind: Any) -> Any:
    choices = get_args(kind)
    if choices:
        if text not in choices:
            raise UsageError(f"--set {key}={text}: expected one of {', '.join(choices)}.")
        return text
    if kind is bool:
        if text not in ("true", "false"):
            raise UsageError(f"--set {key}={text}: expected true or false.")
        return text == "true"
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f"--set {key}={text}: expected {'a whole number' if kind is int else 'a number'}.") from None
