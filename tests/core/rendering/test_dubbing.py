"""A film that keeps its own motion: where it changes, how long it is, and what cannot be added to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.acting import active, painting
from tests.factors import FirstNumbers
from tests.films import elsewhere, swaying, wall, write
from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import UsageError
from x2face_core.media.boxes import Box
from x2face_core.media.pasting import paste_masked
from x2face_core.media.scenes import scan_scenes
from x2face_core.media.sound import read_sound
from x2face_core.media.video import probe, read_frames
from x2face_core.rendering.dubbing import Dubbing, moves_mouth_alone, refuse_what_cannot_dub, replaces_mouth
from x2face_core.rendering.dubbing_job import perform_dubbing
from x2face_core.rendering.footage import Footage, read_footage, with_clearest_mouth
from x2face_core.rendering.job import Equipment, Job
from x2face_core.rendering.mouths import mouth_region, with_mouth
from x2face_core.rendering.outputs import Output
from x2face_core.rendering.regions import moved_region, region_in_frames
from x2face_core.sources.portraits import Cropping, Portrait
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.shaping import Shaping

MOUTH = FirstNumbers(("mouth_open", "mouth_width"))


class Speaks:
    """Offsets of one number, of so many rows at 25 a second."""

    def __init__(self, rows: int, much: float = 0.0, number: int = 5) -> None:
        self.offsets = torch.zeros(rows, 128)
        self.offsets[:, number] = much

    def drive(self, source: Any) -> Any:
        yield Chunk(self.offsets, 25.0)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scenes of 12 frames: a face, a wall, the face mirrored and smaller."""
    pictures = swaying(12) + wall(12) + elsewhere(swaying(12, side=300))
    return write(tmp_path_factory.mktemp("film") / "film.mp4", pictures)


@pytest.fixture(scope="module")
def footage(film: Path, tiny_model: Any) -> Footage:
    return read_footage(film, tiny_model, Cropping(side=32), 2, load_mapping=lambda name: MOUTH, rest="mouth")


def frames(path: Path) -> np.ndarray:
    return np.stack(list(read_frames(path)))


class Reads:
    """Reads roll, pitch, yaw and the mouth's opening from the first four numbers."""

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[:, :7]


def test_the_mouth_of_a_scene_is_one_that_is_open_and_looks_ahead() -> None:
    vectors = torch.zeros(6, 128)
    vectors[:, 3] = torch.tensor([0.01, 0.30, 0.10, 0.11, 0.05, 0.12])  # opening
    vectors[:, 2] = torch.tensor([0.0, 30.0, 2.0, -12.0, 0.0, 9.0])  # yaw
    vectors[:, 1] = torch.tensor([0.0, 0.0, -1.0, 0.0, 0.0, 9.0])  # pitch
    portraits = [Portrait(Path("film.mp4"), Box(0, 0, 8), swaying(1)[0], moment) for moment in (0, 1, 2, 3, 4, 5)]
    chosen = with_clearest_mouth(portraits, vectors, Reads())
    assert chosen is not None and chosen.moment == 2
    chosen = with_clearest_mouth(portraits[4:], vectors, Reads())
    assert chosen is not None and chosen.moment == 5  # 0.12 less 18 degrees is 0.06, more than 0.05


def test_every_scene_has_a_box_of_its_own_or_no_face(film: Path) -> None:
    scenes = scan_scenes(film, 25.0)
    assert [(one.start, one.stop) for one in scenes] == [(0, 12), (12, 24), (24, 36)]
    assert scenes[1].scan is None
    first, last = (one.scan.box for one in (scenes[0], scenes[2]) if one.scan is not None)
    assert first.x + first.side / 2 < 160 < last.x + last.side / 2 + 20
    assert first.side > 1.05 * last.side


def test_the_footage_has_all_vectors_of_its_scenes(footage: Footage) -> None:
    assert [tuple(one.vectors.shape) for one in footage.scenes] == [(12, 128), (12, 128)]
    assert (footage.frames, footage.fps, footage.size) == (36, 25, (320, 240))
    opening = footage.scenes[0].vectors[:, 0]
    assert footage.scenes[0].source.vector[0] <= opening.median()  # the mouth at rest


def test_without_a_change_every_frame_stays_as_it_is(footage: Footage, film: Path) -> None:
    still = active("still", Speaks(36), moves=("pose",))
    assert np.array_equal(np.stack(list(Dubbing.of(footage, [still]).pictures())), frames(film))


def test_what_is_driven_changes_the_faces_alone(footage: Footage, film: Path) -> None:
    dubbing = Dubbing.of(footage, [active("speech", Speaks(30, 3.0), follows_sound=True)])
    changed = (np.stack(list(dubbing.pictures())) != frames(film)).any(axis=3)
    assert changed.shape == (36, 240, 320)
    assert dubbing.driven == 30
    assert not changed[12:24].any()
    assert changed[3].any() and changed[27].any()
    for filmed in footage.scenes:
        box, rows = filmed.box, changed[filmed.scene.start : filmed.scene.stop]
        outside = np.ones(rows.shape[1:], bool)
        outside[max(0, int(box.y)) : int(box.y + box.side) + 1, max(0, int(box.x)) : int(box.x + box.side) + 1] = False
        assert not rows[:, outside].any()


def test_the_mouth_makes_way_for_what_moves_it() -> None:
    assert replaces_mouth(active("speech", None, follows_sound=True))
    assert replaces_mouth(active("film", None))
    assert not replaces_mouth(active("pose", None, moves=("pose",)))
    assert not replaces_mouth(active("film", None, shaping=Shaping(only=("pose",))))
    assert not replaces_mouth(active("film", None, shaping=Shaping(without=("mouth",))))


def test_what_is_meant_for_the_mouth_is_told_from_what_moves_the_head() -> None:
    assert moves_mouth_alone(active("speech", None, follows_sound=True))
    assert moves_mouth_alone(active("lips", None, moves=("mouth",)))
    assert moves_mouth_alone(active("film", None, shaping=Shaping(only=("mouth",))))
    assert not moves_mouth_alone(active("film", None))
    assert not moves_mouth_alone(active("pose", None, moves=("pose",)))
    assert not moves_mouth_alone(active("speech", None, follows_sound=True, shaping=Shaping(only=("eyes",))))
    assert not moves_mouth_alone(active("speech", None, follows_sound=True, shaping=Shaping(without=("mouth",))))


def test_the_region_of_speech_lies_between_nose_and_chin() -> None:
    centre = 1 / 63  # a cell's: cells lie at -1 + 2k / 63
    region = mouth_region(EmbeddedFace(torch.zeros(3, 8, 8), {"mouth": (centre, centre - 0.023)}))
    assert region is not None and region.shape == (1, 64, 64)
    across, down = region[0, 32], region[0, :, 32]
    assert across[32] == 1 and down[32] == 1
    assert (across > 0).nonzero().flatten().tolist() == list(range(21, 44))  # 11 cells, 0.349, are less than 0.36
    assert (down > 0).nonzero().flatten().tolist() == list(range(27, 42))  # 5 cells up to 0.16, 9 down to 0.30
    share = 2 * (1 - 8 * (2 / 63) / 0.30)  # of the fade, which begins halfway
    assert down[40] == pytest.approx(share * share * (3 - 2 * share), abs=1e-5)
    assert mouth_region(EmbeddedFace(torch.zeros(3, 8, 8), {})) is None


def test_speech_changes_nothing_but_the_region_of_the_mouth(footage: Footage, film: Path) -> None:
    filmed = footage.scenes[0]
    face = replace(filmed.source.face, anchors={"mouth": (0.0, 0.4)})
    filmed = replace(filmed, source=replace(filmed.source, face=face))
    one = replace(footage, scenes=[filmed])
    dubbing = Dubbing.of(one, [active("speech", Speaks(36, 3.0), follows_sound=True)])
    assert dubbing.confined
    changed = (np.stack(list(dubbing.pictures())) != frames(film)).any(axis=3)[:12]
    after = dubbing._driven_vectors(filmed)
    region = mouth_region(face)
    assert region is not None
    flows = [filmed.source.model.flow(vectors) for vectors in (filmed.vectors, after)]
    shown = torch.maximum(*(region_in_frames(region, flow, 32)[:, 0] for flow in flows))
    mask = paste_masks(shown, filmed.box, changed.shape[1:])
    assert changed.any() and not (changed & ~mask).any()
    assert mask.mean() < 0.5


def paste_masks(shown: torch.Tensor, box: Box, size: tuple[int, ...]) -> np.ndarray:
    """(n, h, w): pixels of the film that masks (n, side, side) in a box may change."""
    black, white = np.zeros((*size, 3), np.uint8), np.full((shown.shape[-1],) * 2 + (3,), 255, np.uint8)
    wide = ((shown > 0.5 / 255) * 255).to(torch.uint8).numpy()
    return np.stack([paste_masked(black, white, mask, box)[..., 0] > 0 for mask in wide])


def test_a_mask_says_where_a_face_is_pasted() -> None:
    picture, face = np.full((40, 40, 3), 10, np.uint8), np.full((16, 16, 3), 210, np.uint8)
    mask = np.zeros((16, 16), np.uint8)
    mask[4:12, 4:12], mask[6, 6] = 255, 51
    pasted = paste_masked(picture, face, mask, Box(8, 8, 16))
    assert pasted[15, 15].tolist() == [210] * 3
    assert pasted[14, 14].tolist() == [50] * 3  # a fifth of the way
    assert (pasted[:12] == 10).all() and (pasted[20:] == 10).all()


class Shifts:
    """Flows of 16 × 16: the first number moves what is below the middle to the right."""

    def flow(self, vectors: torch.Tensor) -> torch.Tensor:
        flows = torch.zeros(len(vectors), 2, 16, 16)
        flows[:, 0, 10:] = vectors[:, :1, None]
        return flows


def test_a_region_is_where_flows_differ() -> None:
    before, after = torch.zeros(4, 128), torch.zeros(4, 128)
    after[:, 0] = 0.1
    region = moved_region(Shifts(), before, after)
    shown = region_in_frames(region, Shifts().flow(after), 32)
    assert shown[0, 0, 24:].min() > 0.9
    assert shown[0, 0, :14].max() < 0.1
    assert moved_region(Shifts(), before, before).max() == 0


def job(film: Path, **more: Any) -> Job:
    return Job(
        sources=(film,), output=Output(film.with_name("out.mp4")), cropping=Cropping(side=32), sound="none", **more
    )


def equipped(model: Any, speech: ActiveDriver) -> Equipment:
    return Equipment(model=model, drivers=[speech], load_mapping=lambda name: MOUTH)


def test_the_film_keeps_its_length_and_says_what_it_left_alone(film: Path, tiny_model: Any) -> None:
    speech = active("speech", Speaks(20, 2.0), follows_sound=True)
    report = perform_dubbing(job(film), equipped(tiny_model, speech))
    assert (report.frames, report.fps, len(report.source_boxes)) == (36, 25, 2)
    assert (probe(report.output).width, probe(report.output).frames) == (320, 36)
    assert [line.partition(": ")[2] or line for line in report.warnings] == [
        "12 of 36 frames without the face stay as they are.",
        "what drives ends at 0.80 of 1.44 s; the mouth rests after it.",
    ]
    assert report.rms[0] > 0


def test_seconds_cut_it(film: Path, tiny_model: Any) -> None:
    speech = active("speech", Speaks(20, 2.0), follows_sound=True)
    report = perform_dubbing(job(film, seconds=0.4), equipped(tiny_model, speech))
    assert (report.frames, report.warnings) == (10, [])


@pytest.mark.parametrize("fps", [24000 / 1001, 12.5, 59.94])
def test_an_odd_rate_and_cuts_at_it_are_kept_and_the_sound_is_the_speech_s(
    fps: float, tmp_path: Path, tiny_model: Any
) -> None:
    pictures = swaying(24) + elsewhere(swaying(19, side=300))
    film = write(tmp_path / "film.mp4", pictures, fps=fps, tone=True)
    voice = write(tmp_path / "voice.mp4", wall(50), fps=25, tone=True)
    wave = read_sound(voice, 16_000)
    speech = active("speech", Speaks(50, 3.0), follows_sound=True)
    report = perform_dubbing(replace(job(film), sound=str(voice)), equipped(tiny_model, speech))
    made = probe(report.output)
    assert report.fps == made.fps == pytest.approx(fps, rel=1e-3)
    assert (report.frames, made.frames, len(report.source_boxes)) == (43, 43, 2)
    heard = read_sound(report.output, 16_000)
    seconds = 43 / fps
    assert len(heard) / 16_000 == pytest.approx(min(seconds, 2.0), abs=0.06)
    part = slice(2_000, round(16_000 * min(seconds, 2.0)) - 2_000)
    assert np.corrcoef(heard[part], wave[part])[0, 1] > 0.9, "in step with the speech"
    shown, own = (frames(path)[:, :, :16].astype(int) for path in (report.output, film))  # beside the faces
    assert max(np.abs(shown[k] - own[k]).mean() for k in range(43)) < 5
    assert np.abs(shown[23] - own[24]).mean() > 20, "the cut is where it was"


def test_what_has_a_motion_of_its_own_is_refused(film: Path, tiny_model: Any, tmp_path: Path) -> None:
    for name, more in (("fps", {"fps": 20.0}), ("record", {"record": tmp_path / "m.x2v"})):
        with pytest.raises(UsageError, match=f"--{name}: a film that keeps its motion has its own"):
            perform_dubbing(job(film, **more), Equipment(model=tiny_model))
    for more in ({"background": "keep"}, {"finish": "poisson"}, {"smooth": 1.0}, {"sharpen": 0.5}):
        with pytest.raises(UsageError, match=f"--{next(iter(more))}: is for a driven photograph"):
            perform_dubbing(job(film, **more), Equipment(model=tiny_model))
    with pytest.raises(UsageError, match="film says where the face is, and so does the source film"):
        refuse_what_cannot_dub([active("film", None, relative=False)], [])
    with pytest.raises(UsageError, match="mic is live"):
        refuse_what_cannot_dub([active("mic", None, live=True)], [])
    with pytest.raises(UsageError, match="paint: a film that keeps its motion is not painted on"):
        refuse_what_cannot_dub([], [painting("paint", None)])


def test_a_photograph_has_no_motion_to_keep(tmp_path: Path, tiny_model: Any) -> None:
    from x2face_core.media.images import write_picture

    write_picture(tmp_path / "a.png", swaying(1)[0])
    with pytest.raises(UsageError, match="--source-motion keep: one film is needed as the source, not .*a.png"):
        perform_dubbing(job(tmp_path / "a.png"), Equipment(model=tiny_model))


def test_a_mouth_is_taken_over_in_the_colours_around_it() -> None:
    anchors = {"mouth": (0.0, 0.4)}
    face, other = torch.full((3, 65, 65), 0.5), torch.full((3, 65, 65), 0.3)
    other[0, 45, 32] = 0.6  # the centre: 0.4 · 32 + 32
    mixed = with_mouth(EmbeddedFace(face, anchors), EmbeddedFace(other, anchors)).texture
    assert mixed[0, 45, 32] == pytest.approx(0.8)  # 0.6 and what it lacks of the surroundings, 0.2
    mixed[0, 45, 32] = 0.5
    assert torch.allclose(mixed, face, atol=1e-5)


def test_a_face_without_anchors_keeps_its_mouth() -> None:
    face, other = EmbeddedFace(torch.rand(3, 16, 16), {}), EmbeddedFace(torch.rand(3, 16, 16), {})
    assert with_mouth(face, other) is face
