"""Of a film that is longer than the run, no more is decoded than the run shows, by whatever reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.films import drawn, swaying, wall, write
from x2face_cli.app import main
from x2face_core.media import mixing, sound, video
from x2face_core.media.images import write_picture

WHOLE = 150  # frames of the film, at 25 a second
CUT = 13  # frames decoded for 0.4 s of it: 10, one more to interpolate, and those that tell where these end


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds with a tone, and a face in all of them."""
    return write(tmp_path_factory.mktemp("film") / "film.mp4", swaying(WHOLE), tone=True)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Number of frames and of samples that were decoded."""
    counts: Counter[str] = Counter()
    frames, samples = video.decoded_film, sound.decoded_sound

    def noted(*given: Any, **named: Any) -> Iterator[Any]:
        for frame in frames(*given, **named):
            counts["frames"] += 1
            yield frame

    def heard(*given: Any) -> Iterator[Any]:
        for block in samples(*given):
            counts["samples"] += block.samples
            yield block

    monkeypatch.setattr(video, "decoded_film", noted)
    for module in (sound, mixing):
        monkeypatch.setattr(module, "decoded_sound", heard)
    return counts


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    monkeypatch.setattr("x2face_core.model.X2Face.load", lambda *given, **named: tiny_model)
    write_picture("source.png", drawn(4))
    return tmp_path


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ([], 2),  # the face is searched for, then the film is encoded
        (["--compare"], 3),
        (["--frame-crop", "none"], 1),
        (["--frame-absolute"], 2),
        (["--smooth", "1"], 2),
        (["--fps", "30"], 2),
    ],
)
def test_a_driving_film_is_read_as_far_as_it_drives(
    place: Path, long_film: Path, decoded: Counter[str], options: list[str], passes: int
) -> None:
    run = ["run", "-s", "source.png", "--crop", "none", "--frame", str(long_film), "--size", "32"]
    assert main([*run, "--seconds", "0.4", "--sound", "none", "-o", "cut/", *options]) == 0
    assert len(list((place / "cut").iterdir())) == (12 if "--fps" in options else 10)
    assert 10 * passes < decoded["frames"] <= CUT * passes


def test_a_film_s_sound_is_read_as_far_as_the_film(place: Path, long_film: Path, decoded: Counter[str]) -> None:
    mixing._cached_analysis.cache_clear()
    run = ["run", "-s", "source.png", "--crop", "none", "--frame", str(long_film), "--frame-crop", "none"]
    assert main([*run, "--size", "32", "--seconds", "0.4", "-o", "cut.mp4"]) == 0
    at_all, analysed = 6 * 44100, 5.1 * 44100
    assert 0.4 * 44100 < decoded["samples"] < analysed + 0.6 * 44100 < at_all


def test_a_film_is_checked_as_far_as_wished(place: Path, tmp_path: Path, decoded: Counter[str],
                                            capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = write(tmp_path / "late.mp4", [*swaying(50), *wall(100)])
    assert main(["check", str(path), "--seconds", "0.4"]) == 0
    assert "the face is gone" not in capsys.readouterr().out
    assert 20 < decoded["frames"] <= 2 * CUT
    assert main(["check", str(path)]) == 0
    assert "the face is gone in 67% of the frames" in " ".join(capsys.readouterr().out.split())
