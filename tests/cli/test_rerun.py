"""`x2face run --manifest` and `x2face rerun`, with tiny untrained networks."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.films import drawn
from x2face_cli.app import main
from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film
from x2face_plugins.manifest import read_manifest
from x2face_plugins.registry import Registry
from x2face_plugins.rerunning import _before

NODS = """
from dataclasses import dataclass
import torch
from x2face_plugins import Chunk, DriverSpec, hookimpl, option

@dataclass(frozen=True)
class Settings:
    far: float = option(1.0, help="How far")

class Nods:
    def __init__(self, settings): self.far = settings.far
    def drive(self, source):
        yield Chunk(self.far * torch.eye(4, len(source.vector)), 20.0)

@hookimpl
def x2face_drivers():
    demo = lambda folder: Settings()
    yield DriverSpec(name="nods", summary="Nods", relative=True, settings=Settings, load=Nods, demo=demo)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with source.png and film.mp4 (6 frames), and a film made of them with a manifest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", drawn(4))
    write_film("film.mp4", (drawn(k) for k in range(6)), 20)
    assert run("-o", "out.mp4", "--manifest") == 0
    return tmp_path


def run(*args: str) -> int:
    return main(["run", "-s", "source.png", "--crop", "none", "--frame", "film.mp4", "--frame-crop", "none",
                 "--size", "64", "--frame-weight", "0.5", *args])  # fmt: skip


def manifest() -> dict[str, Any]:
    report: dict[str, Any] = json.loads(Path("out.mp4.json").read_text())
    return report


def frames(path: str) -> np.ndarray:
    return np.stack(list(read_frames(path)))


def told_by(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    return line


def test_a_manifest_names_inputs_boxes_settings_and_weights(place: Path, tiny_model: Any) -> None:
    report = manifest()
    hashes = {one["role"]: one["sha256"] for one in report["inputs"]}
    assert hashes["source"] == hashlib.sha256(Path("source.png").read_bytes()).hexdigest()
    assert hashes["frame"] == hashlib.sha256(Path("film.mp4").read_bytes()).hexdigest()
    assert report["boxes"] == {"sources": [[8, 0, 48, 48]], "driving": [8, 0, 48, 48]}
    (driver,) = report["drivers"]
    assert (driver["name"], driver["settings"]["crop"], driver["settings"]["weight"]) == ("frame", "none", 0.5)
    assert report["weights"] == {"name": "tiny", "fingerprint": "0" * 16, "sha256": "0" * 64}
    assert report["output"]["frames"] == 6
    assert report["options"]["frame_weight"] == 0.5
    assert set(report["options"]).isdisjoint({"output", "manifest", "overwrite"})


def test_a_rerun_gives_the_same_frames(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", "out.mp4.json", "--json"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["same"], report["differences"], report["output"]) == (True, [], "out.rerun.mp4")
    assert np.array_equal(frames("out.rerun.mp4"), frames("out.mp4"))


def test_films_from_before_an_option_are_made_as_they_were(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = manifest()
    (driver,) = report["drivers"]
    later = {name: driver["settings"].pop(name) for name in ("raw", "raw_pose", "unmeasured")}
    assert not any(later.values())
    del driver["settings"]["expression"]
    Path("out.mp4.json").write_text(json.dumps(report))
    found = _before(read_manifest(Path("out.mp4.json")), Registry.load())
    assert found == {f"frame_{name}": True for name in later}
    assert main(["rerun", "out.mp4.json", "-o", "then.mp4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["same"]  # these weights have no mappings


def test_options_of_strangers_drivers_of_the_same_name_are_left_alone(place: Path) -> None:
    report = manifest()
    report["drivers"][0].update(dist="acme", settings={})
    Path("out.mp4.json").write_text(json.dumps(report))
    assert _before(read_manifest(Path("out.mp4.json")), Registry.load()) == {}


def test_a_rerun_that_differs_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = manifest()
    report["options"]["frame_weight"] = 0.25
    report["versions"]["numpy"] = "0.0.1"
    Path("out.mp4.json").write_text(json.dumps(report))
    assert main(["rerun", "out.mp4.json", "-o", "b.mp4"]) == 0
    result = capsys.readouterr().err
    assert "numpy was 0.0.1, and is " in result
    assert "the frames are not those of out.mp4.json" in result


def test_a_changed_input_is_refused_until_it_is_forced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture("source.png", drawn(7))
    assert main(["rerun", "out.mp4.json"]) == 3
    assert told_by(capsys).startswith("x2face: error: out.mp4.json: source source.png has changed since; --force")
    assert not Path("out.rerun.mp4").exists()
    assert main(["rerun", "out.mp4.json", "--force"]) == 0
    assert "source source.png has changed since" in capsys.readouterr().err


def test_other_weights_are_refused_until_they_are_forced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = manifest()
    report["weights"]["sha256"] = "f" * 64
    Path("out.mp4.json").write_text(json.dumps(report))
    assert main(["rerun", "out.mp4.json"]) == 5
    assert "with the weights tiny of sha256 ffffffffffff…, and tiny has 000000000000…" in told_by(capsys)
    assert not Path("out.rerun.mp4").exists()
    assert main(["rerun", "out.mp4.json", "--force"]) == 0


def test_inputs_are_found_beside_a_manifest_that_was_moved(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "moved").mkdir()
    report = manifest() | {"folder": "/nowhere/at/all"}
    (place / "moved" / "out.mp4.json").write_text(json.dumps(report))
    for name in ("source.png", "film.mp4"):
        (place / name).rename(place / "moved" / name)
    assert main(["rerun", "moved/out.mp4.json"]) == 0
    assert np.array_equal(frames("moved/out.rerun.mp4"), frames("out.mp4"))


def test_a_missing_input_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("film.mp4").unlink()
    assert main(["rerun", "out.mp4.json"]) == 3
    assert told_by(capsys).endswith("its frame film.mp4 is not there any more; put it beside the manifest.")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"format": 2}', '{"format": 1}', '{"format": 1, "inputs": [{}]}', "[" * 100_000, "\x00\xff"],
)
def test_what_is_no_manifest_is_refused(place: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.json").write_text(text, encoding="latin1")
    assert main(["rerun", "x.json"]) == 3
    assert told_by(capsys).startswith("x2face: error: x.json: is ")


def test_an_existing_manifest_is_not_replaced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.mp4.json").write_text("mine")
    assert run("-o", "b.mp4", "--manifest") == 2
    assert "b.mp4.json exists already" in told_by(capsys)
    assert not Path("b.mp4").exists()
    assert Path("b.mp4.json").read_text() == "mine"


def test_a_folder_of_pictures_has_its_manifest_beside_it(place: Path) -> None:
    assert run("-o", "frames/", "--manifest") == 0
    assert main(["rerun", "frames.json"]) == 0
    first, again = (read_picture(f"{name}/000003.png") for name in ("frames", "frames.rerun"))
    assert np.array_equal(first, again)


def test_a_one_file_driver_is_an_input_too(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("nods.py").write_text(NODS)
    source = ["-s", "source.png", "--crop", "none", "--size", "64"]
    assert main(["run", *source, "--driver", "./nods.py", "--nods-far", "2", "-o", "n.mp4", "--manifest"]) == 0
    assert main(["rerun", "n.mp4.json"]) == 0
    assert np.array_equal(frames("n.rerun.mp4"), frames("n.mp4"))
    Path("nods.py").write_text(f"{NODS}\n# another")
    assert main(["rerun", "n.mp4.json", "--overwrite"]) == 3
    assert "driver nods.py has changed since" in told_by(capsys)


def test_the_film_says_that_it_is_generated(place: Path) -> None:
    content = Path("out.mp4").read_bytes()
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in content
    assert f"frame sha256:{hashlib.sha256(Path('film.mp4').read_bytes()).hexdigest()}".encode() in content
    assert run("-o", "p.mp4", "--paste-back") == 0
    assert b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia" in Path("p.mp4").read_bytes()


def test_a_mark_is_seen_and_one_that_does_not_fit_leaves_nothing(place: Path) -> None:
    assert run("-o", "m/", "--mark", "AI") == 0
    assert run("-o", "plain/") == 0
    marked, plain = read_picture("m/000002.png"), read_picture("plain/000002.png")
    changed = np.argwhere((marked != plain).any(axis=2))
    assert changed[:, 0].min() > 32 and changed[:, 1].max() < 40
    assert run("-o", "n.mp4", "--mark", "much too long for a film of this size") == 2
    assert not Path("n.mp4").exists()


def test_the_manifest_is_not_replaced_by_the_film(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out.mp4.json").rename("made.mp4")
    before = Path("made.mp4").read_bytes()
    assert main(["rerun", "made.mp4", "-o", "made.mp4", "--overwrite"]) == 2
    assert "is one of the files that this run reads" in capsys.readouterr().err
    assert Path("made.mp4").read_bytes() == before


def changed(**options: Any) -> None:
    """Options added to the manifest, as somebody else may have written it; None: left out."""
    report = manifest()
    report["options"] = {name: value for name, value in (report["options"] | options).items() if value is not None}
    Path("out.mp4.json").write_text(json.dumps(report))


def test_a_manifest_writes_the_film_alone(place: Path) -> None:
    changed(record="m.x2v", manifest=True, edit="source.png", edit_save="p.json", edit_opacity=0.0)
    before = set(place.iterdir())
    assert main(["rerun", "out.mp4.json"]) == 0
    assert set(place.iterdir()) - before == {place / "out.rerun.mp4"}


def test_a_film_whose_preset_was_saved_is_made_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-o", "painted.mp4", "--manifest", "--edit", "source.png", "--edit-save", "preset.json") == 0
    assert main(["rerun", "painted.mp4.json"]) == 0
    assert told_by(capsys).endswith("the frames are the same, bit for bit")


def test_the_driver_beside_the_manifest_is_run_not_one_of_its_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sways.py").write_text(NODS.replace('"nods"', '"sways"'))
    source = ["-s", "source.png", "--crop", "none", "--size", "64"]
    assert main(["run", *source, "--driver", "./sways.py", "-o", "n.mp4", "--manifest"]) == 0
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    Path("sways.py").write_text("open('ran', 'w')")
    assert main(["rerun", "../n.mp4.json"]) == 0
    assert not Path("ran").exists()


def test_code_that_a_manifest_does_not_describe_is_not_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("nods.py").write_text("open('ran', 'w')")
    changed(driver=["./nods.py"])
    assert main(["rerun", "out.mp4.json"]) == 3
    assert "names the driver ./nods.py, and not what was in it" in told_by(capsys)
    assert not Path("ran").exists()


@pytest.mark.parametrize(("options", "said"), [({"source": None}, "--source is missing"), ({"driver": [5]}, "no text")])
def test_odd_options_are_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], options: dict[str, Any], said: str
) -> None:
    changed(**options)
    assert main(["rerun", "out.mp4.json"]) in (2, 3)
    assert said in told_by(capsys)


def test_a_source_whose_name_is_no_utf8_is_found_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"\xe9.png")
    try:
        Path(name).write_bytes(Path("source.png").read_bytes())
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    given = ["--crop", "none", "--frame", "film.mp4", "--frame-crop", "none", "--size", "64"]
    assert main(["run", "-s", name, *given, "-o", "named.mp4", "--manifest"]) == 0
    assert main(["rerun", "named.mp4.json"]) == 0
    assert told_by(capsys).endswith("the frames are the same, bit for bit")
