"""The three figures, of tiny untrained networks and made-up mappings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import MissingError
from x2face_core.model import X2Face
from x2face_core.sources.source import ModelSource
from x2face_lab.figures.audio import audio_sheet, drive_by_sound, opening
from x2face_lab.figures.drawing import write_sheet
from x2face_lab.figures.edit import edit_sheet
from x2face_lab.figures.motion import filmed, swept
from x2face_lab.figures.mouths import cut, find_mouth, find_points
from x2face_lab.figures.pose import pose_sheet
from x2face_lab.figures.sheet import MARGIN, Sheet
from x2face_lab.figures.sound import RATE, envelope, mel_spectrogram
from x2face_lab.figures.subjects import portrait, rendered
from x2face_lab.figures.turning import angles, turned
from x2face_testkit import tiny_source

from ...acting import active, painting

CELL = 40
SWEEPS = {"roll": [-10.0, 0, 10], "pitch": [-5.0, 0, 5], "yaw": [-20.0, 0, 20]}


@pytest.fixture(scope="module")
def subjects() -> list[ModelSource]:
    """Two different faces."""
    one = tiny_source()
    dim = one.pictures * 0.5
    return [one, ModelSource.of(one.model, dim, load_mapping=one.load_mapping)]


class Opening:
    """Opens the mouth, of which the tiny reading is the fourth number, to a given height in each frame."""

    def __init__(self, heights: list[float], pictures: bool = False) -> None:
        self.heights, self.pictures = heights, pictures

    def drive(self, source: Any) -> Iterator[Chunk]:
        for k, height in enumerate(self.heights):
            offset = torch.zeros(1, 128)
            offset[0, 3], offset[0, 2] = height, height * 10
            shown = torch.full((1, 3, 8, 8), k / 255) if self.pictures and source.pictures_wanted else None
            yield Chunk(offset, 25.0, shown)


class Red:
    """Paints everything red; as red as the second, where it moves."""

    def __init__(self, moving: bool = False) -> None:
        self.moving = moving

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        red = torch.zeros_like(face.texture)
        red[0] = seconds if self.moving else 1.0
        return replace(face, texture=red)


def texts(sheet: Sheet) -> list[str]:
    return [label.text for label in sheet.labels]


def test_tiles_never_overlap_and_lie_inside(subjects: list[ModelSource]) -> None:
    speech = drive_by_sound(subjects, active("opening", Opening([0, 1, 0, 2, 0])), np.zeros(3200, np.float32), 9)
    motion = filmed(subjects, active("opening", Opening([0, 1, 0, 2], pictures=True)), 3, 9)
    for sheet in (
        pose_sheet(subjects, SWEEPS, CELL),
        audio_sheet(subjects, speech, 4, CELL),
        edit_sheet(subjects, [painting("red", Red())], motion, CELL),
    ):
        covered = np.zeros((sheet.height, sheet.width), int)
        for rectangle in [tile.rectangle for tile in sheet.tiles] + [panel.rectangle for panel in sheet.panels]:
            covered[rectangle.y : rectangle.bottom, rectangle.x : rectangle.right] += 1
        assert covered.max() == 1
        assert not covered[:MARGIN].any() and not covered[:, :MARGIN].any()
        assert not covered[-MARGIN:].any() and not covered[:, -MARGIN:].any()
        assert all(0 < label.x < sheet.width and 0 < label.y < sheet.height for label in sheet.labels)


def test_a_pose_figure_has_a_row_an_angle_with_its_degrees_above(subjects: list[ModelSource]) -> None:
    sheet = pose_sheet(subjects, SWEEPS, CELL)
    frames = [tile for tile in sheet.tiles if tile.rectangle.width == CELL]
    assert len(frames) == 2 * 3 * 3 and len(sheet.tiles) == len(frames) + 2 * 2
    assert texts(sheet) == 2 * [
        "source", "embedded face", "roll, clockwise", "−10°", "0°", "+10°", "pitch, up", "−5°", "0°", "+5°",
        "yaw, to the right", "−20°", "0°", "+20°",
    ]  # fmt: skip
    for label in [label for label in sheet.labels if label.text.endswith("°")]:
        under = [
            tile.rectangle
            for tile in frames
            if tile.rectangle.middle == label.x and 0 < tile.rectangle.y - label.y < CELL / 2
        ]
        assert len(under) == 1


def test_no_turn_is_the_subject_as_it_is(subjects: list[ModelSource]) -> None:
    for axis in SWEEPS:
        vectors = turned(subjects[0], axis, [0.0, 5.0])
        assert torch.allclose(vectors[0], subjects[0].vector, atol=1e-5)
        assert not torch.allclose(vectors[1], subjects[0].vector, atol=1e-5)


def test_a_turn_changes_the_angle_that_is_asked_for_and_no_other(subjects: list[ModelSource]) -> None:
    pose: Any = subjects[0].mapping("pose")
    own = pose.read(subjects[0].vector[None])
    for absolute, change in ((False, 7.0), (True, 7.0 - float(own[0, 2]))):
        written = pose.read(turned(subjects[0], "yaw", [7.0], absolute=absolute)) - own
        expected = change / float(pose.shown[2])  # so that frames show the change
        assert torch.allclose(written, torch.tensor([[0.0, 0, expected]]), atol=1e-2)


def test_a_mapping_that_cannot_be_read_is_refused(subjects: list[ModelSource]) -> None:
    with pytest.raises(MissingError, match="written but not read"):
        turned(replace(subjects[0], load_mapping=lambda name: object()), "yaw", [0.0])


def test_angles_go_from_one_end_to_the_other() -> None:
    assert angles((-10, 10), 5) == [-10, -5, 0, 5, 10]
    assert angles((-10, 10), 1) == [-10]


def test_an_audio_figure_shows_the_moments_where_the_mouth_turns(subjects: list[ModelSource]) -> None:
    heights = [0.0, 0, 1, 0.9, 0, 0.5, 0.4, 3, 0, 0]
    speech = drive_by_sound(subjects, active("opening", Opening(heights)), np.zeros(6400, np.float32), 9)
    assert np.allclose(np.diff(speech.opening), np.diff(heights), atol=1e-5)
    sheet = audio_sheet(subjects, speech, 4, CELL)
    times = [label for label in sheet.labels if label.text.endswith(" s")]
    assert [label.text for label in times] == ["0.08 s", "0.16 s", "0.28 s", "0.32 s"]
    assert len(sheet.panels) == 3 and len({(p.rectangle.x, p.rectangle.width) for p in sheet.panels}) == 1
    assert len(sheet.tiles) == 2 * (1 + 4 + 4)
    columns = [tile.rectangle.middle for tile in sheet.tiles[1:5]]
    assert [label.x for label in times] == columns == [line.points[1][0] for line in sheet.lines]
    panel = sheet.panels[0].rectangle
    for line, seconds in zip(sheet.lines, (0.08, 0.16, 0.28, 0.32), strict=True):
        assert line.points[0][0] == pytest.approx(panel.x + panel.width * seconds / 0.4)


def test_an_audio_figure_of_one_frame_and_no_sound_can_be_drawn(subjects: list[ModelSource], tmp_path: Path) -> None:
    speech = drive_by_sound(subjects, active("opening", Opening([1.0])), np.zeros(10, np.float32), 9)
    write_sheet(tmp_path / "a.png", audio_sheet(subjects, speech, 8, CELL))
    assert (tmp_path / "a.png").stat().st_size


def test_without_a_reading_moments_follow_the_widest_change(subjects: list[ModelSource]) -> None:
    blind = X2Face(subjects[0].model.networks, subjects[0].model.info)
    vectors = torch.zeros(5, 128)
    vectors[:, 9] = torch.tensor([0.0, 1, 0, -2, 0])
    curve = opening(replace(subjects[0], model=blind), vectors)
    assert np.allclose(np.abs(np.diff(curve)), [1, 1, 2, 2], atol=1e-5)


def test_an_edit_figure_has_the_paint_on_every_face_and_frame(subjects: list[ModelSource]) -> None:
    sheet = edit_sheet(subjects, [painting("red", Red())], swept(subjects, [-20.0, 0, 20]), CELL)
    assert len(sheet.tiles) == 2 * (2 + 3)
    for row, subject in zip((sheet.tiles[:5], sheet.tiles[5:]), subjects, strict=True):
        assert np.array_equal(row[0].picture, portrait(subject))
        assert all((tile.picture == [255, 0, 0]).all() for tile in row[1:])
    labels = {label.text: label.bold for label in sheet.labels}
    assert labels == {
        "source": False, "embedded\nand painted": False, "yaw −20°": True, "yaw 0°": False, "yaw +20°": True
    }  # fmt: skip


def test_a_film_s_widest_turns_are_among_its_columns_and_marked(subjects: list[ModelSource]) -> None:
    part = active("opening", Opening([0.0, 0.1, 0, -2, 0.2, 1, 0], pictures=True))
    motion = filmed(subjects, part, 3, 9, side=8)
    assert [column.label.partition("\n")[0] for column in motion.columns if column.widest] == ["0.12 s", "0.20 s"]
    assert len(motion.columns) == 3 and [len(vectors) for vectors in motion.vectors] == [3, 3]
    shown = [column.driving for column in motion.columns]
    for column, picture in zip(motion.columns, shown, strict=True):
        assert picture is not None and (picture == round(column.seconds * 25)).all()
    sheet = edit_sheet(subjects, [], motion, CELL)
    assert len(sheet.tiles) == 3 + 2 * (2 + 3)


def test_paint_that_moves_is_asked_for_each_column_s_moment(subjects: list[ModelSource]) -> None:
    motion = filmed(subjects[:1], active("opening", Opening([0.0, -1, 1])), 3, 9)
    sheet = edit_sheet(subjects[:1], [painting("red", Red(moving=True), moving=True)], motion, CELL)
    assert [int(tile.picture[0, 0, 0]) for tile in sheet.tiles[1:]] == [0, 0, 10, 20]


def test_a_part_of_a_picture_is_cut_as_its_place_says(subjects: list[ModelSource]) -> None:
    rectangle = find_mouth(subjects[0])
    frame = rendered(subjects[0], subjects[0].vector[None])[0]
    assert cut(frame, rectangle).shape == (rectangle.height, rectangle.width, 3)
    assert rectangle.right <= frame.shape[1] and rectangle.bottom <= frame.shape[0]


def test_anchors_are_found_where_the_frame_shows_them(subjects: list[ModelSource]) -> None:
    class Shifting:
        """A model that shows the embedded face an eighth of a picture further to the right."""

        def render(self, face: EmbeddedFace, vectors: torch.Tensor) -> torch.Tensor:
            return face.texture.roll(4, dims=-1)[None]

    face = EmbeddedFace(torch.zeros(3, 33, 33), {"mouth": (0.0, 0.5)})
    moved = replace(subjects[0], model=Shifting(), face=face)
    assert find_points(moved, ["mouth"]) == {"mouth": (20.0, 24.0)}


def test_a_tone_is_loudest_in_its_own_band() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    decibels = mel_spectrogram(tone)
    band = int(decibels[:, 50].argmax())
    from librosa import mel_frequencies

    assert decibels.shape == (64, 101) and decibels.max() == 0
    assert abs(mel_frequencies(66, fmax=RATE / 2)[band + 1] - 1000) < 80


def test_an_envelope_misses_no_peak() -> None:
    samples = np.zeros(1000, np.float32)
    samples[[3, 996]] = 1, -1
    low, high = envelope(samples, 10)
    assert (high[0], low[-1]) == (1, -1) and len(low) == 10
    assert len(envelope(samples[:4], 10)[0]) == 4
