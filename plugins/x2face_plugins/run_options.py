"""The options of a run, declared once for the command line (`x2face run`) and Python (`x2face.run`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from x2face_core.bounds import LONGEST
from x2face_plugins.settings import option, read_settings

if TYPE_CHECKING:
    from x2face_core.sources.portraits import Cropping


SHORTEST = 0.001  # seconds
SEEDS = 2**32 - 1  # the largest seed that all generators accept


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Each field is an option of `x2face run`, with - for _, and a keyword of `x2face.run`."""

    source: tuple[Path, ...] = option(
        metavar="PICTURE|FILM|FOLDER",
        help="Picture, film or folder that shows the face; repeatable, for more pictures of the same person.",
    )
    source_frames: int = option(
        3, min=1, max=48, help="Number of pictures taken from a source film or folder: those that differ most."
    )
    source_motion: Literal["still", "keep"] = option(
        "still", help="keep: a film as source keeps its head and eyes, and is given another mouth (dubbing)."
    )
    crop: str = option(
        "auto",
        metavar="auto|none|X,Y,W,H",
        help="Where the source's face is: found, the whole picture, or a box in pixels.",
    )
    face: int | None = option(
        None,
        min=1,
        max=100,
        help="Which face of several, from left to right, from 1; the largest by default.",
    )
    force: bool = option(False, help="Accept sources that look like different people.")
    crop_scale: float = option(
        1.6, min=0.5, max=10, help="Side of the crop, as a multiple of the side of the face's box."
    )
    fusion: Literal["auto", "aligned", "mean", "confidence", "confidence-exp"] = option(
        "auto", help="How several sources become one face; auto: as the weights say."
    )
    no_completion: bool = option(False, help="Do not fill in what no source shows, such as teeth behind closed lips.")
    size: int | None = option(
        None, min=32, max=2048, help="Side of the film in pixels; by default 512 where the source has them, else 256."
    )
    crop_shows: Literal["head", "face"] = option(
        "head", help="head: the film shows the hair too, where the picture has room; face: what the networks see."
    )
    output: str | None = option(
        None,
        metavar="FILE|FOLDER/",
        help="A .mp4, .webm or .gif, or a folder/ of pictures; outputs/{source}--{driving}.mp4 by default.",
    )
    overwrite: bool = option(False, help="Replace existing outputs.")
    embedded: Path | None = option(
        None, metavar="FILE.png", help="An embedded face, as `x2face embed` writes it, instead of the source's own."
    )
    record: str | None = option(None, metavar="FILE.x2v", help="Write the motion to a file, for --track.")
    finish: Literal["none", "poisson"] = option(
        "none", help="poisson: teeth, tongue and closed lids come from the driving pictures."
    )
    smooth: float = option(
        0.0, min=0, max=25, metavar="FRAMES", help="Smooth the motion over so many frames; 1 calms a jittery driver."
    )
    sharpen: float = option(0.0, min=0, max=3, metavar="AMOUNT", help="Sharpen the generated face; 0.5 is a little.")
    background: Literal["move", "keep"] = option(
        "move", help="keep: the source's background stands still behind the person; move: it follows the head."
    )
    manifest: bool = option(
        False, help="Write OUTPUT.json too: inputs, settings, weights and versions, for `x2face rerun`."
    )
    mark: str | None = option(
        None, metavar="TEXT", help="Write a visible mark into a corner of the film, such as AI-generated."
    )
    c2pa_certificate: Path | None = option(
        None, metavar="FILE.pem", help="Sign the output with this certificate and its chain (C2PA), with --c2pa-key."
    )
    c2pa_key: Path | None = option(None, metavar="FILE.pem", help="The certificate's private key, without a password.")
    paste_back: bool = option(False, help="Put the face back into the source's whole picture.")
    compare: bool = option(False, help="Show source, driving picture and result side by side.")
    fps: float | None = option(None, min=1, max=240, help="Frames a second; the driver's by default.")
    seconds: float | None = option(None, min=SHORTEST, max=LONGEST, help="Duration of the film at most, in seconds.")
    still: bool = option(False, help="Add no blinks to speech.")
    sound: str = option("driving", metavar="driving|none|FILE", help="The film's sound.")
    weights: str | None = option(None, metavar="NAME|FILE", help="Weights; see `x2face weights list`.")
    mapping: tuple[Path, ...] = option(
        (), metavar="FILE", help="A mapping that `x2face fit` wrote, instead of the installed one; repeatable."
    )
    engine: Literal["auto", "torch", "openvino", "onnxruntime"] = option(
        "auto", help="What computes the networks; auto: the fastest that is installed and passes, see docs/engines.md."
    )
    device: str = option("auto", help="auto, cpu, cuda, cuda:1 or mps.")
    dtype: Literal["auto", "fp32", "bf16", "fp16", "int8"] = option("auto", help="Precision.")
    batch_size: int = option(16, min=1, max=256, help="Frames rendered at once.")
    seed: int = option(0, min=0, max=SEEDS, help="For drivers that draw random numbers.")
    strict_plugins: bool = option(False, help="Refuse to run while any plugin is broken.")

    @property
    def keeps_motion(self) -> bool:
        """Whether the source is a film that keeps its own motion."""
        return self.source_motion == "keep"

    @property
    def cropping(self) -> Cropping:
        """How the sources are cropped, and what the film shows of them. UsageError for an invalid box."""
        from x2face_core.sources.framing import PLAIN, Framing
        from x2face_core.sources.portraits import Cropping

        shows = "face" if self.paste_back or self.keeps_motion else self.crop_shows
        return Cropping(self.crop, self.crop_scale, self.size or PLAIN, self.face, Framing(shows, self.size))


def options_given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options of a run, by field, that are not the defaults."""
    defaults = {one.name: one.default for one in read_settings(RunOptions)}
    return {name: value for name, value in options.items() if value != defaults[name]}
