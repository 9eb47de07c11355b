"""The audio driver on features from files: which files, which rows stand for the source's own sound, and the fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_audio.driver import AudioDriver
from x2face_audio.feature_driver import FeatureDriver
from x2face_audio.feature_files import read_features
from x2face_audio.feature_mapping import FeatureMapping
from x2face_audio.plugin import demo_features, load
from x2face_audio.settings import Settings
from x2face_core.errors import InputError, MissingError, UsageError
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose

from ..speaking import hum, write_wav


@pytest.fixture(scope="module")
def mapping() -> FeatureMapping:
    made = FeatureMapping()
    made.weight, made.bias = torch.zeros(128, 256), torch.arange(128.0)
    made.weight[5, 7], made.weight[6, 8] = 2.0, -1.0
    return made


@pytest.fixture
def source(tiny_model: Any, mapping: FeatureMapping) -> ModelSource:
    return ModelSource.of(
        tiny_model, torch.rand(1, 3, 32, 32), load_mapping={"audio_features": mapping, "audio": None}.__getitem__
    )


def rows(*seventh: float) -> np.ndarray[Any, Any]:
    """Features that are zero but for the seventh number."""
    made = np.zeros((len(seventh), 256), np.float32)
    made[:, 7] = seventh
    return made


def moved(settings: Settings, source: ModelSource) -> np.ndarray[Any, Any]:
    composed = compose([ActiveDriver.of(load(settings))], source)
    return np.stack([row.vector for row in composed.rows]) - source.vector.double().numpy()


def test_offsets_are_the_map_of_a_difference(source: ModelSource, tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", audio_feat=rows(1, 3, 2))
    np.savez(tmp_path / "own.npz", audio_feat=rows(1)[0])
    found = moved(Settings(str(tmp_path / "f.npz"), rest=tmp_path / "own.npz", correction="none"), source)
    assert found[:, 5].tolist() == pytest.approx([0, 4, 2], abs=1e-5)
    assert np.abs(np.delete(found, 5, axis=1)).max() < 1e-5


def test_gain_and_smoothing_are_there_when_asked_for(source: ModelSource, tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", rows(0, 0, 0, 8, 0, 0, 0, 0))
    np.save(tmp_path / "own.npy", rows(0))
    asked = {"input": str(tmp_path / "f.npy"), "rest": tmp_path / "own.npy", "correction": "none"}
    plain, wide, soft = (
        moved(Settings(**asked, **more), source)[:, 5] for more in ({}, {"gain": 2.0}, {"smooth": 1.0})
    )
    assert plain[3] == pytest.approx(16) and wide[3] == pytest.approx(32)
    assert 0 < soft[2] < soft[3] < 16


def test_without_the_source_s_own_features_their_mean_is_rest_and_said(source: ModelSource, tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", audio_feat=rows(1, 3, 2))
    driver = FeatureDriver(Settings(str(tmp_path / "f.npz"), correction="none"))
    assert moved(driver.settings, source)[:, 5].tolist() == pytest.approx([-2, 2, 0], abs=1e-5)
    assert len(driver.warnings) == 1 and "the mean of its 3 rows" in driver.warnings[0]
    np.savez(tmp_path / "one.npz", audio_feat=rows(1)[0])
    with pytest.raises(UsageError, match="--audio-rest"):
        FeatureDriver(Settings(str(tmp_path / "one.npz")))


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name, values in {"0000025.npz": rows(1)[0], "0000100.npz": rows(3), "0000050.npz": rows(2)[0]}.items():
        np.savez(tmp_path / name, audio_feat=values)
    (tmp_path / "0000025.jpg").touch()
    assert read_features(tmp_path)[:, 7].tolist() == [1, 2, 3]


def test_rows_have_the_rate_that_is_said(source: ModelSource, tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", audio_feat=rows(1, 3))
    for fps, settings in ((25.0, {}), (1.0, {"fps": 1.0})):
        driver = load(Settings(str(tmp_path / "f.npz"), correction="none", **settings))
        assert compose([ActiveDriver.of(driver)], source).fps == fps
        assert isinstance(driver, FeatureDriver) and driver.frames == 2


def test_a_folder_called_mic_is_no_microphone_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mic").mkdir()
    assert isinstance(load(Settings("mic")), AudioDriver)


@pytest.mark.parametrize(("name", "value"), [("rest", Path("own.npz")), ("fps", 5.0)])
def test_what_only_features_have_is_refused_with_sound(name: str, value: Any, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", hum(np.ones(5)))
    with pytest.raises(UsageError, match=f"--audio-{name} goes with features"):
        load(Settings(str(path), **{name: value}))


@pytest.mark.parametrize(
    ("input", "given", "told"),
    [
        ("s.wav", {"device": "2"}, "--audio-device goes with mic; .*s.wav is a file"),
        ("mic", {"track": 2}, "--audio-track goes with a file with sound; mic is a microphone"),
        ("f.npy", {"track": 2}, "--audio-track goes with a file with sound; .*f.npy is features"),
        ("f.npy", {"device": "2"}, "--audio-device goes with mic; .*f.npy is features"),
    ],
)
def test_what_only_sound_or_a_microphone_has_is_refused_with_another_input(
    input: str, given: Any, told: str, tmp_path: Path
) -> None:
    write_wav(tmp_path / "s.wav", hum(np.ones(5)))
    np.save(tmp_path / "f.npy", np.ones((4, 256), np.float32))
    with pytest.raises(UsageError, match=told):
        load(Settings(input if input == "mic" else str(tmp_path / input), **given))


BAD: dict[str, tuple[Callable[[Path], Any], str]] = {
    "none.npz": (lambda path: None, "there is no such file"),
    "other.npz": (lambda path: np.savez(path, features=rows(1)), "no array 'audio_feat'"),
    "narrow.npz": (lambda path: np.savez(path, audio_feat=np.zeros((4, 1024), np.float32)), r"shape \(4, 1024\)"),
    "deep.npy": (lambda path: np.save(path, np.zeros((1, 1, 256), np.float32)), r"shape \(1, 1, 256\)"),
    "no.npy": (lambda path: np.save(path, np.zeros((0, 256), np.float32)), r"shape \(0, 256\)"),
    "number.npy": (lambda path: np.save(path, np.float32(3)), r"shape \(\)"),
    "whole.npy": (lambda path: np.save(path, np.zeros(256, np.int64)), "int64"),
    "nan.npy": (lambda path: np.save(path, rows(np.nan)), "not finite"),
    "objects.npy": (lambda path: np.save(path, np.array([{}] * 256), allow_pickle=True), "cannot be read as features"),
    "text.npz": (lambda path: path.write_text("features, honestly"), "cannot be read as features"),
    "cut.npz": (lambda path: path.write_bytes(b"PK\x03\x04"), "cannot be read as features"),
    "empty": (lambda path: path.mkdir(), "holds no .npz or .npy"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_are_no_features_is_refused_by_name(name: str, tmp_path: Path) -> None:
    write, says = BAD[name]
    write(tmp_path / name)
    with pytest.raises(InputError, match=rf"^[^\n]*{name}: [^\n]*{says}[^\n]*$"):
        load(Settings(str(tmp_path / name)))


def test_another_s_mapping_is_not_taken_for_it(tiny_model: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", audio_feat=rows(1, 3))
    source = ModelSource.of(tiny_model, torch.rand(1, 3, 32, 32), load_mapping=lambda name: object())
    with pytest.raises(MissingError, match="x2face fit audio_features"):
        list(load(Settings(str(tmp_path / "f.npz"))).drive(source))


def test_the_fit_is_least_squares_on_scaled_features_used_as_they_are() -> None:
    random = torch.Generator().manual_seed(0)
    values = 3 * torch.rand(300, 256, generator=random) + 5
    weight, bias = torch.randn(128, 256, generator=random), torch.randn(128, generator=random)
    mapping = FeatureMapping()
    figures = mapping.fit([(part, part @ weight.T + bias) for part in values.split(100)])
    assert figures == {"rows": 300, "r2": 1.0}
    deviation = values.std(0, correction=0)
    assert torch.allclose(mapping.scale, deviation, rtol=1e-4) and torch.allclose(
        mapping.mean, values.mean(0), rtol=1e-4
    )
    assert torch.allclose(mapping.weight, weight * deviation, atol=1e-2)
    step = mapping.write(values[:1]) - mapping.write(values[1:2])
    assert torch.allclose(step, (values[:1] - values[1:2]) @ (weight * deviation).T, atol=0.5)


def test_examples_are_features_beside_films(tmp_path: Path) -> None:
    class Film:
        side = 32

        def __call__(self, path: Path) -> tuple[torch.Tensor, float]:
            return torch.ones(30, 128), 25.0

        def encode(self, pictures: torch.Tensor) -> torch.Tensor:
            raise NotImplementedError

    with pytest.raises(InputError, match="with a film"):
        list(FeatureMapping().examples(tmp_path, Film()))
    pairs = list(FeatureMapping().examples(demo_features(tmp_path), Film()))
    assert [(tuple(x.shape), tuple(v.shape)) for x, v in pairs] == [((30, 256), (30, 128))] * 2


def test_a_stored_mapping_writes_as_it_did(mapping: FeatureMapping) -> None:
    other = FeatureMapping()
    other.load_state_dict(mapping.state_dict())
    values = torch.rand(3, 256)
    assert torch.equal(other.write(values), mapping.write(values))
