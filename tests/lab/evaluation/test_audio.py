"""Speech measured on drawn faces that speak: what is drawn is known, so the figures are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch

from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import MissingError
from x2face_core.media.sound import read_sound
from x2face_core.networks.dims import Dims
from x2face_core.pixels import to_pictures, to_tensor
from x2face_core.sources.source import no_drivers, no_mappings
from x2face_core.streaming.active import ActiveDriver
from x2face_lab.evaluation.audio import SpeechResult, correlation, jitter, measure_audio, speakers, summary
from x2face_lab.evaluation.offsets import SyncScorer, offset_shares
from x2face_lab.evaluation.readers import Readings
from x2face_lab.evaluation.speakers import by_person
from x2face_lab.evaluation.tracks import clips_of

from ...speaking import write_speakers
from ...tracks import Look, draw


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> FaceFolder:
    return FaceFolder(write_speakers(tmp_path_factory.mktemp("speakers")))


def opening(pictures: torch.Tensor) -> np.ndarray:
    """(n, 3, h, w) to (n,): how much of the lower face is as dark as a drawn mouth is inside, scaled."""
    side = pictures.shape[-1]
    lower = pictures[:, :, side // 2 :, side // 4 : -side // 4]
    dark = (0.74 - lower[:, 0]).clamp_min(0) * (lower[:, 1] < 0.22)
    return 15 * dark.double().mean((1, 2)).numpy()


class DrawingReader:
    """Reads a drawn mouth; a drawn head never turns."""

    name = "drawn"

    def look(self, pictures: torch.Tensor) -> Readings:
        return Readings(self.read(pictures))

    def read(self, pictures: torch.Tensor) -> np.ndarray:
        return np.concatenate([np.zeros((len(pictures), 3)), opening(pictures)[:, None]], axis=1)


@dataclass
class Drawer:
    """Draws whom it does not know with a mouth as wide as the vector's first number says."""

    dims: Dims = field(default_factory=lambda: Dims(side=32, flow_side=16))
    fingerprint: str = "drawn"
    embedded: list[torch.Tensor] = field(default_factory=list)

    def embed(self, pictures: torch.Tensor, fusion: str = "mean", *, complete: bool | None = None) -> EmbeddedFace:
        self.embedded.append(pictures[0])
        return EmbeddedFace(pictures[0])

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(pictures), 128)

    def render(self, face: EmbeddedFace, vectors: torch.Tensor) -> torch.Tensor:
        return to_tensor(draw(Look(mouth_open=float(wide)), person=1) for wide in vectors[:, 0].clamp_min(0))

    def render_pictures(self, face: EmbeddedFace, vectors: torch.Tensor) -> Any:
        return to_pictures(self.render(face, vectors))


class Hearing:
    """A mouth as wide as a frame of the sound is loud, some frames late."""

    relative = True

    def __init__(self, path: str, late: int = 0, wide: float = 3.0) -> None:
        self.path, self.late, self.wide = path, late, wide

    def drive(self, source: Any) -> Iterator[Chunk]:
        samples = read_sound(self.path)[: 24 * 640]
        loud = np.abs(samples).reshape(-1, 640).mean(axis=1)
        vectors = np.zeros((len(loud), 128))
        vectors[:, 0] = self.wide * np.concatenate([np.full(self.late, loud[0]), loud])[: len(loud)]
        yield Chunk(vectors, 25.0)


def films(folder: FaceFolder, clips: list[Clip], model: Drawer | None = None, **driver: Any) -> list[SpeechResult]:
    def load_driver(name: str, settings: dict[str, Any]) -> ActiveDriver:
        assert name == "audio"
        return ActiveDriver.of(Hearing(settings["input"], **driver))

    model = model or Drawer()
    return measure_audio(model, folder, clips, DrawingReader(), no_mappings, load_driver)


def test_a_mouth_that_follows_the_sound_is_found_to_follow(folder: FaceFolder) -> None:
    found = summary(films(folder, clips_of(folder, "train")))
    assert found["r"] > 0.9
    assert found["r"] - found["r_other"] > 0.6
    assert (found["lag"], found["head"]) == (0, 0)


def test_a_late_mouth_is_found_late(folder: FaceFolder) -> None:
    assert summary(films(folder, clips_of(folder, "test"), late=2))["lag"] == 2


def test_amplitude_grows_with_what_the_driver_does(folder: FaceFolder) -> None:
    clips = clips_of(folder, "test")
    small, large = (summary(films(folder, clips, wide=wide))["amplitude"] for wide in (2.0, 4.0))
    assert 1.5 < large / small < 2.5


def test_nobody_speaks_with_their_own_photograph(folder: FaceFolder) -> None:
    model, clips = Drawer(), clips_of(folder, "train")
    found = films(folder, clips, model)
    assert len(found) == len(clips) == 8
    photographs = [whose(picture) for picture in model.embedded[::2]]  # the run's, then the one for its rest
    assert all(film.identity != other for film, other in zip(found, photographs, strict=True))
    assert len(set(photographs)) == 4


def whose(picture: torch.Tensor) -> str:
    people = to_tensor(draw(Look(), person) for person in range(6))
    small = torch.nn.functional.interpolate(picture[None], size=people.shape[-2:], mode="area")
    return f"s{int((people - small).abs().mean((1, 2, 3)).argmin())}"


def test_clips_whose_mouths_vary_most_come_first(folder: FaceFolder) -> None:
    chosen = speakers(folder, clips_of(folder, "train"))
    labels = folder.labels
    varied = [labels.expression[labels.clip == clip.row, 0].std() for clip in chosen]
    assert varied[:4] == sorted(varied[:4], reverse=True)
    assert len({clip.identity for clip in chosen[:4]}) == 4


def test_without_a_driver_or_a_speaker_it_says_so(folder: FaceFolder) -> None:
    clips = clips_of(folder, "test")
    with pytest.raises(MissingError, match="'audio'"):
        measure_audio(Drawer(), folder, clips, DrawingReader(), no_mappings, no_drivers)
    with pytest.raises(MissingError, match="in sync"):
        films(folder, [replace(clip, sound=False) for clip in clips])


def spoken(true: np.ndarray, generated: np.ndarray, identity: str = "a") -> SpeechResult:
    return SpeechResult(identity, true, generated, np.zeros((len(generated), 3)))


def test_frames_without_a_face_and_the_longer_end_do_not_count() -> None:
    true = np.random.default_rng(0).normal(size=30)
    generated = 2 * true[:25]
    generated[[3, 9]] = np.nan
    assert correlation(generated, true) == pytest.approx(1)
    assert summary([spoken(true, generated)])["amplitude"] == pytest.approx(2 * true[:25].std() / true.std(), rel=0.2)


def test_a_mouth_that_stands_still_follows_nothing() -> None:
    true = np.random.default_rng(0).normal(size=30)
    assert correlation(np.zeros(30), true) == 0
    assert "lag" not in summary([spoken(true, np.zeros(30))])
    assert summary([spoken(true * 1e-4, true)]).keys() == {"head"}  # a speaker who keeps silent tells nothing else


def test_another_speakers_sound_is_of_another_speaker() -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 400))
    same = summary([spoken(a, a), spoken(b, b)])
    assert "r_other" not in same
    assert abs(summary([spoken(a, a), spoken(b, b, "b")])["r_other"]) < 0.2


def test_a_speaker_of_many_clips_counts_as_much_as_one_of_a_single_clip() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 400))
    films = [spoken(a, 2 * a), spoken(a, 2 * a), spoken(a, 2 * a), spoken(b, -b, "b")]
    found = by_person(films)
    assert (found["r_by_person"], found["amplitude_by_person"], found["speakers"]) == (0, 1.5, 2)
    assert abs(found["r_other_by_person"]) < 0.2
    assert summary(films)["r"] == pytest.approx(1)
    assert "r_by_person_interval" not in found
    surely = by_person([*films, spoken(a, a, "c")])["r_by_person_interval"]
    assert surely[0] < 1 / 3 < surely[1]


def test_speakers_who_keep_silent_tell_nothing() -> None:
    still = np.zeros(30)
    assert by_person([spoken(still, still)]) == {"speakers": 0}


def test_a_straight_line_does_not_tremble() -> None:
    assert jitter(np.arange(9) * 0.5) == pytest.approx(0)
    assert jitter(np.array([0.0, 1, 0, 1, 0])) == 2


def test_the_heads_reach_is_its_largest_angle() -> None:
    true = np.random.default_rng(0).normal(size=30)
    turned = np.zeros((30, 3))
    turned[:, 1] = -4
    assert summary([SpeechResult("a", true, true, turned)])["head"] == 4


def test_shares_of_offsets_stand_beside_chance() -> None:
    found = offset_shares([(0, 3), (1, 0), (-1, 15), (9, -2)])
    assert found["exact"] == {"real": 0.25, "generated": 0.25, "chance": pytest.approx(1 / 31)}
    assert found["within_1"] == {"real": 0.75, "generated": 0.25, "chance": pytest.approx(3 / 31)}


def test_a_listener_takes_films_shorter_than_their_sound(folder: FaceFolder) -> None:
    networks = SyncNetworks(SyncDims(feature=32, shared=16, context=16, width=16, side=32))
    found = SyncScorer(networks).offset(clips_of(folder, "test")[0].path, torch.rand(22, 3, 64, 64))
    assert -15 <= found <= 15
