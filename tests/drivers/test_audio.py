"""The audio driver with a handmade mapping: silence, lengths, bad inputs, and the sound that goes with the film."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers
from x2face_audio.driver import AudioDriver
from x2face_audio.mapping import SOUND_VERSIONS, AudioMapping, sound_versions
from x2face_audio.plugin import Settings, demo
from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError, MissingError
from x2face_core.media.images import write_picture
from x2face_core.media.sound import read_sound
from x2face_core.rendering.job import Equipment, Job, perform
from x2face_core.rendering.outputs import Output
from x2face_core.sources.portraits import Cropping
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose

from ..speaking import hum, write_speakers, write_wav


@pytest.fixture(scope="module")
def mapping() -> AudioMapping:
    torch.manual_seed(0)
    made = AudioMapping()
    made.weight = 10 * torch.randn(128, 128)
    return made


@pytest.fixture
def source(tiny_model: Any, mapping: AudioMapping) -> ModelSource:
    found = {"audio": mapping, "pose": FirstNumbers()}
    return ModelSource.of(tiny_model, torch.rand(1, 3, 32, 32), load_mapping=found.__getitem__)


def spoken(settings: Settings, source: ModelSource) -> np.ndarray:
    composed = compose([ActiveDriver.of(AudioDriver(settings))], source)
    return np.stack([row.vector for row in composed.rows]) - source.vector.double().numpy()


def test_silence_leaves_the_face_as_it_is(source: ModelSource, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", np.zeros(16000))
    assert np.abs(spoken(Settings(str(path)), source)).max() < 1e-3


@pytest.mark.parametrize(("level", "warned"), [(0.0, True), (0.3, False)])
def test_silence_is_warned_of_at_the_end(source: ModelSource, tmp_path: Path, level: float, warned: bool) -> None:
    driver = AudioDriver(Settings(str(write_wav(tmp_path / "s.wav", level * hum(np.ones(20))))))
    list(driver.drive(source))
    assert [("nothing moved" in warning) for warning in driver.warnings] == [True] * warned


def test_the_track_that_was_chosen_moves_the_face_and_is_the_film_s_sound(
    source: ModelSource, tiny_model: Any, tmp_path: Path
) -> None:
    path = two_tracks(tmp_path / "a.mka")
    moved = [np.abs(spoken(Settings(str(path), track=track), source)).max() for track in (1, 2)]
    assert moved[0] < 1e-3 < moved[1]
    write_picture(tmp_path / "s.png", np.full((32, 32, 3), 90, np.uint8))
    job = Job(sources=(tmp_path / "s.png",), output=Output(tmp_path / "o.mp4"), cropping=Cropping("none", 1.0, 32))
    for track, loud in ((1, False), (2, True), (None, True)):
        driver = ActiveDriver.of(AudioDriver(Settings(str(path), track=track)))
        report = perform(job, Equipment(model=tiny_model, drivers=[driver], load_mapping=source.load_mapping))
        assert (float(np.abs(read_sound(tmp_path / "o.mp4")).max()) > 0.1) == loud
        assert any("track 2" in warning for warning in report.warnings) == (track is None)


def two_tracks(path: Path) -> Path:
    """Silence, and a second track that hums for a second."""
    sounds = [np.zeros((1, 16000), np.int16), np.full((1, 16000), 0, np.int16)]
    sounds[1][0] = (9000 * np.sin(np.arange(16000) / 8)).astype(np.int16)
    with av.open(str(path), "w") as out:
        tracks: list[Any] = [out.add_stream("pcm_s16le", rate=16000, layout="mono") for _ in sounds]
        for track, sound in zip(tracks, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16000, 0
            out.mux(track.encode(frame))
            out.mux(track.encode(None))
    return path


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_a_film_is_as_long_as_its_sound_at_any_rate(source: ModelSource, tmp_path: Path, rate: int) -> None:
    path = write_wav(tmp_path / "s.wav", hum(np.ones(20), rate=rate), rate)
    moved = spoken(Settings(str(path)), source)
    assert len(moved) == 20
    assert np.square(moved[5:15]).mean() > 1e-6


def test_the_head_is_held_and_gain_scales(source: ModelSource, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", hum(np.ones(20)))
    once, twice = (spoken(Settings(str(path), gain=gain), source) for gain in (1.0, 2.0))
    assert np.abs(once[:, :3]).max() < 1e-6
    assert np.allclose(twice, 2 * once, rtol=1e-4, atol=1e-3)
    free = spoken(Settings(str(path), correction="none"), source)
    assert np.abs(free[:, :3]).max() > 0.01
    printed = spoken(Settings(str(path), correction="paper"), source)
    assert not np.allclose(printed[:, :3], free[:, :3], atol=0.01)  # it adds what the prose removes


def test_smoothing_lessens_jitter(source: ModelSource, tmp_path: Path) -> None:
    loud = np.random.default_rng(0).uniform(0, 1, 40)
    path = write_wav(tmp_path / "s.wav", hum(loud))
    sharp, soft = (np.diff(spoken(Settings(str(path), smooth=s), source), axis=0).std() for s in (0.0, 1.5))
    assert soft < 0.8 * sharp


def test_what_has_no_sound_is_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no sound here")
    with pytest.raises(InputError, match=r"notes\.txt"):
        AudioDriver(Settings(str(text)))
    with pytest.raises(InputError, match="no such file"):
        AudioDriver(Settings(str(tmp_path / "none.wav")))


def test_an_unfitted_mapping_is_missed_by_name(tiny_model: Any, tmp_path: Path) -> None:
    settings = demo(tmp_path)
    source = ModelSource.of(tiny_model, torch.rand(1, 3, 32, 32))
    with pytest.raises(MissingError):
        list(AudioDriver(settings).drive(source))


def test_a_file_can_play_the_microphone(source: ModelSource, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", hum(np.ones(10)))
    driver = AudioDriver(Settings("mic", device=str(path)))
    assert driver.live and driver.endless and driver.sound is None
    rows = sum(len(chunk.vectors) for chunk in driver.drive(source))
    assert rows == 10


def test_a_microphone_needs_its_library(source: ModelSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)  # importing it fails
    with pytest.raises(MissingError, match="x2face.microphone.*--audio-device FILE"):
        list(AudioDriver(Settings("mic")).drive(source))


def test_a_machine_without_portaudio_or_a_microphone_is_told_what_would_do(
    source: ModelSource, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MissingError, match="PortAudio library not found.*libportaudio2.*--audio-device FILE"):
        list(AudioDriver(Settings("mic")).drive(source))
    library = FakeSounddevice()
    monkeypatch.setattr(library, "read", lambda size: (_ for _ in ()).throw(ValueError("No input device matching.")))
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    with pytest.raises(InputError, match=r"the default microphone: cannot be heard \(No input device.*; another"):
        list(AudioDriver(Settings("mic")).drive(source))


class FakeSounddevice:
    """Stands for the library: a microphone that hums for 10 blocks, and then is pulled out."""

    class PortAudioError(Exception): ...

    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []

    @contextmanager
    def InputStream(self, **given: Any) -> Iterator[FakeSounddevice]:
        self.opened.append(given)
        self.left = 10
        yield self

    def read(self, size: int) -> tuple[np.ndarray, bool]:
        self.left -= 1
        if self.left < 0:
            raise self.PortAudioError("unplugged")
        return np.full((size, 1), 0.1 * (-1) ** self.left, np.float32), False


def test_a_microphone_drives_until_it_is_unplugged(source: ModelSource, monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakeSounddevice()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    chunks = []
    with pytest.raises(InputError, match="unplugged"):
        for chunk in AudioDriver(Settings("mic", device="2")).drive(source):
            chunks.append(chunk)
    assert chunks and all(chunk.vectors.shape[1] == 128 for chunk in chunks)
    assert library.opened == [{"samplerate": 16000, "channels": 1, "dtype": "float32", "device": 2}]


def test_an_impulse_sounds_in_the_frame_in_which_it_falls(source: ModelSource, tiny_model: Any, tmp_path: Path) -> None:
    sound = np.zeros(16000 * 2)
    sound[640 * 30 + 320 : 640 * 30 + 340] = 0.9
    recording = write_wav(tmp_path / "click.wav", sound)
    picture = tmp_path / "face.png"
    write_picture(picture, np.full((64, 64, 3), 120, np.uint8))
    job = Job(sources=(picture,), output=Output(tmp_path / "o.mp4"), cropping=Cropping("none", 1.6, 64))
    part = ActiveDriver.of(AudioDriver(Settings(str(recording))))
    report = perform(job, Equipment(model=tiny_model, drivers=[part], load_mapping=source.load_mapping))
    assert report.frames == 50
    samples = np.abs(read_sound(tmp_path / "o.mp4"))
    assert abs(int(samples.argmax()) / 640 - 30.5) < 1


def test_a_mapping_on_disk_writes_as_it_did(mapping: AudioMapping) -> None:
    other = AudioMapping()
    other.load_state_dict({name: value.clone() for name, value in mapping.state_dict().items()})
    values = torch.rand(3, 128)
    assert torch.equal(other.write(values), mapping.write(values))
    sound = 0.1 * torch.randn(20000).numpy()
    assert torch.allclose(other.features(sound), mapping.features(sound), atol=0.02)


def test_each_clip_is_heard_as_it_is_first_and_then_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_speakers(tmp_path)
    monkeypatch.setattr("x2face_audio.mapping.load_sync", lambda: (SyncNetworks(SyncDims()), None))
    mapping = AudioMapping()
    pairs = list(mapping.examples(folder, lambda film: (torch.arange(24.0)[:, None].expand(-1, 128), None)))
    assert len(pairs) == 4  # people of the split train, of two clips each
    for values, vectors in pairs:
        assert values.shape == vectors.shape == (SOUND_VERSIONS * 48, 128)
        assert torch.equal(vectors[:48], vectors[48:96])
    clip = next(clip for clip in FaceFolder(folder).clips if clip.identity == "s0")
    plain = mapping.features(np.pad(read_sound(clip.path), (mapping.features.centre - 320, 8000)))[:24]
    found = pairs[0][0][:24]
    assert torch.allclose(found - found.mean(0), plain - plain.mean(0), atol=1e-4)
    assert float((pairs[0][0][48:72] - found).abs().max()) > 1e-4


def test_what_is_heard_otherwise_is_as_long_and_drawn_anew_for_another_clip() -> None:
    sound = hum(np.random.default_rng(0).uniform(0, 1, 30)).astype(np.float32)
    first, *others = sound_versions(sound, seed=3)
    assert first is sound and len(others) == SOUND_VERSIONS - 1
    assert all(other.shape == sound.shape and not np.allclose(other, sound, atol=1e-3) for other in others)
    assert np.array_equal(others[0], list(sound_versions(sound, seed=3))[1])
    assert not np.array_equal(others[0], list(sound_versions(sound, seed=4))[1])
