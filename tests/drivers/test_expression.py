"""The mappings `mouth` and `eyes`: what they learn from, and that reading undoes writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_expression import mapping as mappings
from x2face_expression.demo import FRAMES, write_tracks
from x2face_expression.fitting import Table, fit_factor
from x2face_expression.gathering import gather, interest, placed
from x2face_expression.mapping import EYES_KIND, MOUTH_KIND, ExpressionMapping, FactorKind
from x2face_plugins.mappings.following import Crossing

Tensor = torch.Tensor


class Eyes:
    """Reads a crop as its mean colours, repeated: another vector for every picture."""

    side = 32
    reading_scale = torch.ones(7)

    def __call__(self, path: Path) -> tuple[Tensor, float]:
        raise AssertionError("crops are encoded, films are not read whole")

    def encode(self, pictures: Tensor) -> Tensor:
        small = torch.nn.functional.adaptive_avg_pool2d(pictures, 7).flatten(1)
        return torch.nn.functional.pad(small, (0, 128))[:, :128]

    def read(self, vectors: Tensor) -> Tensor:
        return vectors[:, :7]

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        return vectors[:, :, None, None]


def table(values: Tensor, ways: Tensor, noise: float = 0.05, seed: int = 1) -> Table:
    """Vectors that go along ways (m, 128) as values (n, m) do, and some noise; one person."""
    rng = torch.Generator().manual_seed(seed)
    vectors = values @ ways + noise * torch.randn(len(values), 128, generator=rng, dtype=torch.float64)
    return Table.of([(values, vectors)])


def drawn(rows: int, columns: int, seed: int) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_what_is_written_is_read_and_the_others_are_left_alone() -> None:
    ways = drawn(3, 128, 0)
    learned, held_out = table(drawn(600, 3, 1), ways), table(drawn(200, 3, 2), ways, seed=3)
    found = fit_factor(learned, held_out, 2)
    assert found.known == [True, True]
    values = torch.tensor([[0.0, 0.0], [1.0, -2.0]], dtype=torch.float64)
    torch.testing.assert_close(found.reading(found.writing(values)), values)
    moved = found.writing(values[1:]) - found.writing(values[:1])
    other = fit_factor(Table(learned.values[:, [2, 0, 1]], learned.vectors, learned.weight), held_out=None, k=1)
    assert float((other.reading(moved) - other.reading(torch.zeros_like(moved))).abs()) < 0.05
    torch.testing.assert_close(moved[0], ways[0] - 2 * ways[1], atol=0.2, rtol=0)


def test_what_vectors_do_not_know_is_told_and_written_the_shortest_way() -> None:
    ways = drawn(2, 128, 0)
    ways[1] = 0
    learned, held_out = table(drawn(600, 2, 1), ways, noise=1.0), table(drawn(600, 2, 2), ways, noise=1.0, seed=3)
    found = fit_factor(learned, held_out, 2)
    assert found.known == [True, False]
    values = torch.eye(2, dtype=torch.float64)
    torch.testing.assert_close(found.reading(found.writing(values)), values)


def test_closing_lids_are_not_read_as_a_look_down() -> None:
    ways = drawn(2, 128, 0)
    lids, gaze = drawn(900, 1, 1), drawn(900, 1, 2)
    measures = torch.cat([lids, gaze + 0.8 * lids], dim=1)  # the measure of the gaze falls with the lids
    learned = Table.of([(measures, torch.cat([lids, gaze], dim=1) @ ways + 0.05 * drawn(900, 128, 3))])
    blind = fit_factor(learned, None, 2)
    found = fit_factor(learned, None, 2, hidden=(1,), hiding=(0,))
    blink = torch.tensor([[-1.0, 0.0]], dtype=torch.float64)
    rest = torch.zeros(1, 2, dtype=torch.float64)
    closed = found.writing(blink) - found.writing(rest)
    torch.testing.assert_close(closed[0], -ways[0], atol=0.15, rtol=0)
    assert float((blind.writing(blink) - blind.writing(rest) + ways[0]).norm()) > 5  # it looks up to make up for it


def test_people_count_alike_however_many_pictures_they_have() -> None:
    many, one = torch.zeros(99, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    both = Table.of([(many, torch.zeros(99, 128)), (one, torch.zeros(1, 128))])
    assert float(both.weight @ both.values[:, 0]) == pytest.approx(0.5)


def test_a_mouth_that_never_moves_teaches_nothing() -> None:
    still = Table.of([(torch.zeros(50, 2), drawn(50, 128, 0))])
    with pytest.raises(InputError, match="hardly differs"):
        fit_factor(still, None, 2)


def test_weights_that_know_nothing_of_it_are_refused() -> None:
    nothing = torch.zeros(2, 128, dtype=torch.float64)
    with pytest.raises(InputError, match="do not tell"):
        fit_factor(table(drawn(300, 2, 1), nothing), table(drawn(300, 2, 2), nothing, seed=3), 2)


def test_closed_lids_and_open_mouths_are_drawn_more_often() -> None:
    values = np.zeros((3, 13))
    values[:, 5:7] = [[0.3, 0.3], [0.3, 0.3], [0.1, 0.1]]  # the last one is a blink: six times
    values[:, 3] = [0.0, 0.06, 0.0]  # 0.02 and the opening: the second counts four times
    assert interest(values) == pytest.approx(np.array([1, 4, 6]) / 11)


def test_place_and_size_of_a_face_are_told_from_its_landmarks() -> None:
    points = np.random.default_rng(0).uniform(0.3, 0.7, (1, 68, 3))
    moved = points + np.array([0.1, -0.05, 0])
    larger = points * 2
    (x, y, size, brows), there, grown = placed(points)[0], placed(moved)[0], placed(larger)[0]
    assert there == pytest.approx([x + 0.1, y - 0.05, size, brows])
    assert grown[2:] == pytest.approx([size + np.log(2), brows])


def test_a_person_is_a_sample_of_labelled_frames(tmp_path: Path) -> None:
    (sample,) = gather(write_tracks(tmp_path), Eyes())
    assert (sample.values.shape, sample.vectors.shape, sample.held_out) == ((FRAMES, 13), (FRAMES, 128), False)


def test_labels_without_gaze_say_what_would_measure_it(tmp_path: Path) -> None:
    folder = write_tracks(tmp_path)
    with np.load(folder / "labels.npz") as data:
        labels = {name: data[name] for name in data if name != "gaze"}
    np.savez(folder / "labels.npz", **labels)
    with pytest.raises(InputError, match=r"knows no gaze; `x2face prepare .* --landmarks`"):
        list(gather(folder, Eyes()))


@pytest.mark.parametrize("kind", [MOUTH_KIND, EYES_KIND])
def test_a_mapping_learns_from_a_folder_and_keeps_it(kind: Any, tmp_path: Path) -> None:
    mapping, again = ExpressionMapping(kind), ExpressionMapping(kind)
    measures = mapping.fit(mapping.examples(write_tracks(tmp_path), Eyes()))
    assert measures["judged by"] == "the pictures it learned from"
    assert len(measures["r2"]) == len(kind.labels)
    again.load_state_dict(mapping.state_dict())
    values = torch.full((2, len(kind.labels)), 0.1)
    torch.testing.assert_close(again.read(again.write(values)), values, atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", [MOUTH_KIND, EYES_KIND])
def test_it_writes_as_much_more_as_frames_show_less(
    kind: FactorKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = ExpressionMapping(kind)

    def reader(numbers: Any, width: int) -> Any:
        """What would be read in the vectors that were rendered, but only 0.8 of the change from the first frame."""

        def read(frames: Tensor) -> Tensor:
            read = mapping.read(frames[:, :, 0, 0])
            return read[:1] + 0.8 * (read - read[:1])

        return read

    monkeypatch.setattr(mappings, "read_by_mesh", reader)
    figures = mapping.fit(mapping.examples(write_tracks(tmp_path), Eyes()))
    assert figures["shown"] == pytest.approx([0.8] * len(kind.labels), abs=0.01)
    monkeypatch.setattr(mappings, "read_by_mesh", lambda numbers, width: None)
    assert "landmarks" in mapping.fit(mapping.examples(tmp_path, Eyes()))["shown"]
    assert mapping.shown.tolist() == [1.0] * len(kind.labels)


@pytest.mark.parametrize("kind", [MOUTH_KIND, EYES_KIND])
def test_it_measures_what_frames_of_others_follow(
    kind: FactorKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping, k = ExpressionMapping(kind), len(kind.labels)
    (clip,) = FaceFolder(write_tracks(tmp_path)).clips

    def read(frames: Tensor) -> Tensor:
        """What vectors say: of driving frames, and of rendered ones, which show 0.8 of the change from the first."""
        if frames.shape[1] == 3:
            return mapping.read(Eyes().encode(frames))
        shown = mapping.read(frames[:, :, 0, 0])
        return shown[:1] + 0.8 * (shown - shown[:1])

    monkeypatch.setattr(mappings, "read_by_mesh", lambda numbers, width: read)
    without = mapping.fit(mapping.examples(tmp_path, Eyes()))
    assert "two people of the split val" in without["followed"] and mapping.followed.tolist() == [1.0] * k
    monkeypatch.setattr(mappings, "crossings_of", lambda folder: [Crossing(clip, clip)])
    figures = mapping.fit(mapping.examples(tmp_path, Eyes()))
    assert figures["followed"] == pytest.approx([0.8] * k, abs=0.01)
    assert figures["followed by"] == "1 people held out"
    assert figures["slope across people"] == pytest.approx([0.8] * k, abs=0.01)
    assert figures["r across people"] == pytest.approx([1.0] * k, abs=0.01)
    again = ExpressionMapping(kind)
    again.load_state_dict(mapping.state_dict())
    torch.testing.assert_close(again.followed, mapping.followed)
    assert again.limits is not None and torch.equal(again.limits, mapping.limits)


def test_limits_are_those_of_the_pictures_and_some_slack() -> None:
    values = torch.stack([torch.linspace(0, 1, 201), torch.linspace(0.05, 0.45, 201)], dim=1)
    found = mappings._limits(values, (0.25, 0.0))
    torch.testing.assert_close(found, torch.tensor([[0.02 - 0.24, 0.98 + 0.24], [0.058, 0.442]]))


@pytest.mark.x2face("mouth", "eyes")
def test_they_keep_their_promises(x2face_promise: Any) -> None:
    x2face_promise()
