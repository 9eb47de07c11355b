from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from x2face_cli.app import main
from x2face_core.errors import UsageError
from x2face_core.files.checksums import file_checksum
from x2face_core.media.images import write_picture
from x2face_core.media.sound import has_sound, sound_seconds
from x2face_core.media.video import probe
from x2face_core.media.writing import write_film
from x2face_lab.demo.earlier import refuse_others
from x2face_lab.demo.inputs import FILM, SPEECH
from x2face_lab.demo.paint import write_paint
from x2face_lab.demo.scenes import playable, scenes
from x2face_plugins.registry import Registry


def test_the_demo_refuses_a_file_as_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "demo"
    taken.write_text("mine")
    assert main(["demo", "-o", str(taken)]) == 2
    assert taken.read_text() == "mine"
    result = capsys.readouterr()
    assert result.out == "" and str(taken) in result.err


def test_every_scene_is_one_that_the_bundled_drivers_can_play(tmp_path: Path) -> None:
    registry = Registry.load()
    paint = write_paint(tmp_path)
    assert len(playable(scenes(paint), registry.drivers())) == len(scenes(paint))
    for scene in scenes(paint):
        for name, values in scene.settings.items():
            registry.driver(name).spec.settings(**values)
        lengths = [scene.seconds, *(values.get("seconds") for values in scene.settings.values())]
        assert all(length is None or length <= 8 for length in lengths)
    assert (probe(FILM).seconds or 9) <= 8 and (sound_seconds(SPEECH) or 9) <= 8


@pytest.mark.slow
@pytest.mark.weights
def test_the_demo_prints_its_films_and_makes_no_other_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a second each; `.ci/run` makes the whole demo."""
    shortened = [replace(scene, seconds=1.0) for scene in scenes(write_paint(tmp_path))]
    monkeypatch.setattr("x2face_lab.demo.scenes.scenes", lambda paint: shortened)
    folder = tmp_path / "deep" / "demo"
    assert main(["demo", "-o", str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert {Path(line) for line in printed} == set(folder.iterdir())
    assert all(line.endswith(".mp4") for line in printed)
    drivers = Registry.load().drivers()
    expected = [name for scene in playable(shortened, drivers) for _, name in scene.films()]
    assert [Path(line).name for line in printed] == expected
    assert [probe(line).seconds for line in printed] == pytest.approx([1.0] * len(printed))
    assert has_sound(folder / "astronaut-audio.mp4") and not has_sound(folder / "astronaut-pose.mp4")


def test_the_demo_replaces_its_own_films_alone(tmp_path: Path) -> None:
    picture = tmp_path / "head.png"
    write_picture(picture, np.full((32, 32, 3), 90, np.uint8))
    of_a_demo = {"inputs": f"source sha256:{file_checksum(picture)}; audio sha256:{'0' * 64}"}
    films, pictures = [("sitter", "sitter-pose.mp4"), ("sitter", "sitter-none.mp4")], {"sitter": picture}
    write_film(tmp_path / "sitter-pose.mp4", [np.zeros((32, 32, 3), np.uint8)], 25, metadata=of_a_demo)
    refuse_others(tmp_path, films, pictures)
    for mine in ({}, {"inputs": f"source sha256:{'0' * 64}"}):
        write_film(tmp_path / "sitter-pose.mp4", [np.zeros((32, 32, 3), np.uint8)], 25, metadata=mine)
        with pytest.raises(UsageError, match="sitter-pose.mp4 exists already and is no film of a demo"):
            refuse_others(tmp_path, films, pictures)


def test_the_demo_refuses_before_it_loads_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitter-edit.mp4").write_text("mine")
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: pytest.fail("weights were loaded"))
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["sitter-edit.mp4"]
