"""Self-reconstruction: L1 with one and three sources against copying the source (paper Table 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.identity.encoding import IdentityEncoder
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures
from x2face_lab.evaluation.blur import cpbd
from x2face_lab.evaluation.inside import measure_eyes, measure_inside
from x2face_lab.evaluation.perceptual import Perceptual
from x2face_lab.evaluation.readers import Reader
from x2face_lab.evaluation.reading import PoseRead, read_pose
from x2face_lab.evaluation.regions import REGIONS, regions_of
from x2face_lab.evaluation.sharpness import likeness, sharpness
from x2face_lab.evaluation.skin import ANGLE, typology_angle
from x2face_lab.evaluation.tally import Tally
from x2face_lab.evaluation.tracks import Film, read_film
from x2face_lab.evaluation.truth import Truth, truth_of

EVERY = 5
"""Every fifth frame is measured: neighbours are nearly equal, and these have landmarks."""
COSTLY_EVERY = 2
"""PSNR, SSIM and sharpness are measured on every second of these frames."""
BATCH = 16


@dataclass(frozen=True)
class Reconstruction:
    """The measurements of self-reconstruction.

    tally: l1_1, l1_3, copy_1, copy_3, psnr, ssim, face_l1, face_copy and so on for each region, inside_l1, inside_copy,
        eyes_l1, eyes_copy, sharp_fused, sharp_best, skin, identity, identity_source, cpbd, cpbd_true, lpips
    poses: poses read from vectors, with their labels
    """

    tally: Tally = field(default_factory=Tally)
    poses: list[PoseRead] = field(default_factory=list)


@dataclass(frozen=True)
class Driven:
    """Frames of a clip and their reconstructions.

    numbers: frame numbers; targets: (n, 3, h, w) true frames; sources: (3, 3, h, w) first, middle and last frame
    vectors: (n, 128) of the frames; fused: (n, 3, h, w) generated from all three sources
    singles: three times (n, 3, h, w), generated from each source
    """

    person: str
    numbers: Sequence[int]
    targets: Tensor
    sources: Tensor
    vectors: Tensor
    fused: Tensor
    singles: tuple[Tensor, Tensor, Tensor]


def reconstruct(
    model: X2Face,
    folder: FaceFolder,
    clips: Sequence[Clip],
    reader: Reader | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    encoder: IdentityEncoder | None = None,
    perceptual: Perceptual | None = None,
) -> Reconstruction:
    """Reconstruct each clip from its first frame, and from its first, middle and last frame.

    The first frame is not measured. The L1 of copying three sources is the mean over the sources.
    reader: finds the face if the folder has no labels; None: no figures by region in that case
    encoder: measures the distance of identities; None: it is not measured
    perceptual: measures LPIPS, and collects what FID needs, as far as it can; None: neither
    """
    found = Reconstruction()
    for number, clip in enumerate(clips):
        _measure(model, folder, clip, reader, encoder, perceptual, found)
        progress(number + 1, len(clips))
    return found


@torch.inference_mode()
def _measure(
    model: X2Face,
    folder: FaceFolder,
    clip: Clip,
    reader: Reader | None,
    encoder: IdentityEncoder | None,
    perceptual: Perceptual | None,
    found: Reconstruction,
) -> None:
    last = clip.frames - 1
    film = read_film(clip, sorted({*range(0, clip.frames, EVERY), last // 2, last}))
    truth = truth_of(folder, clip, film, reader)
    for driven in _driven(model, clip, film):
        _errors(driven, truth, found.tally)
        _costly(driven, truth, found.tally)
        if encoder is not None:
            _identity(driven, encoder, found.tally)
        if perceptual is not None:
            _perceptual(driven, perceptual, found.tally)
        found.poses.extend(read_pose(model, folder, clip, driven.numbers, driven.vectors))
    measure_inside(model, clip.identity, film, truth, found.tally)
    measure_eyes(model, clip.identity, film, truth, found.tally)


def _driven(model: X2Face, clip: Clip, film: Film) -> Iterator[Driven]:
    sources = film.pictures[[0, film.at((clip.frames - 1) // 2), -1]]
    faces = [model.embed(sources), *(model.embed(source[None]) for source in sources)]
    numbers = [number for number in film.numbers if number % EVERY == 0][1:] or film.numbers[-1:]
    for start in range(0, len(numbers), BATCH):
        part = numbers[start : start + BATCH]
        targets = film.pictures[[film.at(number) for number in part]]
        vectors = model.encode(targets)
        fused, first, middle, end = (model.render(face, vectors) for face in faces)
        yield Driven(clip.identity, part, targets, sources, vectors, fused, (first, middle, end))


def _errors(driven: Driven, truth: Truth, tally: Tally) -> None:
    """Add the L1 of whole frames and of regions."""
    made = (driven.singles[0] - driven.targets).abs().mean(1)  # (n, h, w)
    copied = torch.stack([(source - driven.targets).abs().mean(1) for source in driven.sources])  # (3, n, h, w)
    tally.add(driven.person, "l1_1", made.mean((1, 2)).tolist())
    tally.add(driven.person, "l1_3", (driven.fused - driven.targets).abs().mean((1, 2, 3)).tolist())
    tally.add(driven.person, "copy_1", copied[0].mean((1, 2)).tolist())
    tally.add(driven.person, "copy_3", copied.mean((0, 2, 3)).tolist())
    for row, number in enumerate(driven.numbers):
        if (landmarks := truth.landmarks_of(number)) is not None:
            for region, where in zip(REGIONS, regions_of(landmarks, made.shape[-1]), strict=True):
                if where.any():
                    tally.add(driven.person, f"{region}_l1", [float(made[row][where].mean())])
                    tally.add(driven.person, f"{region}_copy", [float(copied[0, row][where].mean())])


def _identity(driven: Driven, encoder: IdentityEncoder, tally: Tally) -> None:
    """Add the Euclidean distance of unit descriptors of true frames to those generated from one source, and to its own.

    The AED of Siarohin et al., First Order Motion Model, 2019.
    """
    true, made = (encoder.embed(pictures[::COSTLY_EVERY]) for pictures in (driven.targets, driven.singles[0]))
    source = encoder.embed(driven.sources[:1])
    tally.add(driven.person, "identity", (true - made).norm(dim=1).tolist())
    tally.add(driven.person, "identity_source", (true - source).norm(dim=1).tolist())


def _perceptual(driven: Driven, perceptual: Perceptual, tally: Tally) -> None:
    """Add LPIPS with one source, and what FID needs."""
    true, made = (pictures[::COSTLY_EVERY] for pictures in (driven.targets, driven.singles[0]))
    if perceptual.lpips is not None:
        tally.add(driven.person, "lpips", perceptual.lpips(true, made).tolist())
    perceptual.add(true, made)


def _costly(driven: Driven, truth: Truth, tally: Tally) -> None:
    """Add PSNR, SSIM and CPBD with one source, sharpness from three sources and the best single one, and the skin."""
    for row in range(0, len(driven.numbers), COSTLY_EVERY):
        psnr, ssim = likeness(driven.targets[row], driven.singles[0][row])
        tally.add(driven.person, "psnr", [psnr])
        tally.add(driven.person, "ssim", [ssim])
        true, made = to_pictures(torch.stack([driven.targets[row], driven.singles[0][row]]))
        tally.add(driven.person, "cpbd_true", [cpbd(true)])
        tally.add(driven.person, "cpbd", [cpbd(made)])
        if (landmarks := truth.landmarks_of(driven.numbers[row])) is not None:
            face, near, _ = regions_of(landmarks, driven.targets.shape[-1])
            pictures = torch.stack([driven.fused[row], *(single[row] for single in driven.singles)])
            fused, *singles = sharpness(pictures, face | near).tolist()
            tally.add(driven.person, "sharp_fused", [fused])
            tally.add(driven.person, "sharp_best", [max(singles)])
            tally.add(driven.person, ANGLE, [typology_angle(driven.targets[row], landmarks)])
