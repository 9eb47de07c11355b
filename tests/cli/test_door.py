"""The Python door: `import x2face`, the command line's words as keywords."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import x2face
from x2face_core.media.images import write_picture
from x2face_core.media.sound import has_sound
from x2face_core.media.video import probe
from x2face_testkit.synthetic import mappings_of

from .. import films
from ..films import drawn
from ..speaking import hum, write_wav

NOD = """
from dataclasses import dataclass

from x2face_plugins import Chunk, DriverSpec, hookimpl, option


@dataclass(frozen=True)
class Settings:
    rows: int = option(3, help="How many.", min=1)


class Nod:
    def __init__(self, settings):
        self.rows = settings.rows

    def drive(self, source):
        import torch

        yield Chunk(torch.ones(self.rows, len(source.vector)), 10.0)


@hookimpl
def x2face_drivers():
    yield DriverSpec(name="{name}", summary="Nods", relative=True, settings=Settings, load=Nod)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with photo.png and frames/, and networks that load at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    monkeypatch.setattr("x2face_plugins.session.mapping_loader", lambda registry, *more: mappings_of(registry))
    write_picture("photo.png", drawn(4))
    (tmp_path / "frames").mkdir()
    for k in range(4):
        write_picture(f"frames/{k}.png", drawn(k))
    return tmp_path


GIVEN: dict[str, Any] = {"crop": "none", "size": 32, "frame": "frames", "frame_crop": "none"}
LINE = ("run", "-s", "photo.png", "--crop", "none", "--size", "32", "--frame", "frames", "--frame-crop", "none")


def test_importing_it_imports_neither_torch_nor_click() -> None:
    code = "import sys, x2face; print(sorted({'torch', 'click', 'numpy', 'pluggy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_name_of_it_can_be_had() -> None:
    assert all(getattr(x2face, name) is not None for name in x2face.__all__)
    with pytest.raises(AttributeError):
        _ = x2face.nothing


def test_a_run_answers_what_the_command_line_prints(place: Path, x2face: Callable) -> None:
    from x2face import run

    answered = run("photo.png", output="a.mp4", **GIVEN)
    printed = json.loads(x2face(*LINE, "-o", "b.mp4", "--json").out)
    assert list(answered) == list(printed)
    same = set(answered) - {"output", "wall_seconds"}
    assert {key: answered[key] for key in same} == {key: printed[key] for key in same}
    assert probe("a.mp4").frames == answered["frames"] == 4


def test_a_run_s_words_are_the_command_line_s(place: Path) -> None:
    report = x2face.run("photo.png", driver="idle", frame_weight=0.5, output="o/", seconds=0.1, fps=20, **GIVEN)
    assert [one["name"] for one in report["drivers"]] == ["idle", "frame"]
    assert (report["frames"], report["fps"]) == (2, 20) and Path("o/000001.png").is_file()
    alone = x2face.run(source=["photo.png", "photo.png"], idle=True, output="p/", seconds=0.1, crop="none", size=32)
    assert [one["name"] for one in alone["drivers"]] == ["idle"] and len(alone["source_boxes"]) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"poze_yaw": 20}, "there is no option --poze-yaw; did you mean --pose-yaw?"),
        ({"sizes": 20, "idle": True}, "there is no option --sizes; did you mean --size?"),
        ({"nosuch": 20, "idle": True}, "there is no option --nosuch; `x2face run --help` lists those of run."),
        ({"size": 1, "idle": True}, "--size 1: is not from 32 to 2048"),
        ({"source": np.zeros((4, 4, 3), np.uint8), "idle": True}, "--source: a path is needed"),
        ({}, "nothing drives the face"),
        ({"idle": True}, "--seconds"),
    ],
)
def test_a_wrong_word_is_an_error_for_the_user(place: Path, words: dict[str, Any], message: str) -> None:
    from x2face import UsageError

    with pytest.raises(UsageError) as refused:
        x2face.run(**{"source": "photo.png", "crop": "none", **words})
    assert message in str(refused.value)


def test_without_a_source_there_is_nothing_to_drive(place: Path) -> None:
    with pytest.raises(x2face.UsageError, match="no face to drive"):
        x2face.run(source=[], pose_yaw="0:10")


def test_a_session_makes_films_too(place: Path) -> None:
    from x2face import Session, UsageError, run

    session = Session.load()
    assert run("photo.png", session=session, output="a.mp4", **GIVEN)["frames"] == 4
    with pytest.raises(UsageError, match="weights: a session that is loaded has its own"):
        run("photo.png", session=session, weights="light-1", **GIVEN)


def test_a_driver_in_one_file_is_named_by_its_path(place: Path, x2face: Callable) -> None:
    name = f"nod{place.name[-1]}"
    (place / f"{name}.py").write_text(NOD.format(name=name))
    result = x2face("run", "-s", "photo.png", "--crop", "none", "--size", "32", "--driver", f"./{name}.py",
                  f"--{name}-rows", "5", "-o", "a.mp4", "--json")  # fmt: skip
    assert result.code == 0, result.err
    report = json.loads(result.out)
    assert report["frames"] == 5
    (driver,) = report["drivers"]
    assert (driver["name"], driver["dist"], driver["version"]) == (name, f"{name}.py", "")
    from x2face import run

    assert (
        run("photo.png", driver=f"{name}.py", crop="none", size=32, output="b.mp4", **{f"{name}_rows": 2})["frames"]
        == 2
    )


def test_a_path_that_brings_no_driver_is_refused(place: Path, x2face: Callable) -> None:
    (place / "empty.py").write_text("x = 1\n")
    result = x2face("run", "-s", "photo.png", "--driver", "./empty.py")
    assert result.code == 6 and "does not load: it has none of the hooks" in result.err
    assert x2face("run", "-s", "photo.png", "--driver", "./gone.py").code == 3


def test_a_driver_s_own_option_names_it_and_one_without_input_has_a_flag(place: Path, x2face: Callable) -> None:
    line = ("run", "-s", "photo.png", "--crop", "none", "--size", "32", "--seconds", "0.1", "--json")
    for more in (("--idle",), ("--idle-amount", "2"), ("--idle-weight", "0.5")):
        result = x2face(*line, "--overwrite", *more)
        assert result.code == 0 and [one["name"] for one in json.loads(result.out)["drivers"]] == ["idle"], result.err
    result = x2face(*line, "--overwrite", "--pose-yaw", "20")
    assert [one["name"] for one in json.loads(result.out)["drivers"]] == ["pose"]


def test_an_unknown_option_names_the_nearest_of_all_drivers_options(place: Path, x2face: Callable) -> None:
    for wrong, nearest in (("--idle-ammount", "--idle-amount"), ("--poze-yaw", "--pose-yaw"), ("--fsp", "--fps"),
                           ("--idle-wait", "--idle-weight")):  # fmt: skip
        result = x2face("run", "-s", "photo.png", "--idle", wrong, "1")
        assert result.code == 2 and f"there is no option {wrong}; did you mean {nearest}?" in result.err


def test_a_broken_plugin_s_option_names_its_failure(place: Path, x2face: Callable, install: Callable) -> None:
    install("acme-nod", "import there_is_no_such_module", entry="nod")
    result = x2face("run", "-s", "photo.png", "--nod-size", "1")
    assert result.code == 6 and "the plugin nod of acme-nod failed to load: ModuleNotFoundError" in result.err


def test_a_driver_s_unreadable_input_is_the_user_s_to_mend(place: Path, x2face: Callable, install: Callable) -> None:
    text = NOD.replace('rows: int = option(3, help="How many.", min=1)', 'input: str = option(help="A file.")')
    text = text.replace("settings.rows", "len(Path(settings.input).read_text(encoding='utf-8'))").format(name="nod")
    text = text.replace("from dataclasses", "from pathlib import Path\nfrom dataclasses")
    install("acme-nod", text)
    result = x2face("run", "-s", "photo.png", "--nod", "gone.txt")
    assert result.code == 3 and "--nod gone.txt: cannot be read (No such file or directory)" in result.err
    result = x2face("run", "-s", "photo.png", "--nod", "photo.png")
    assert result.code == 3 and "--nod photo.png: is no text in UTF-8 (byte 0)" in result.err


def test_a_film_s_sound_is_heard_whatever_else_drives_and_in_any_order(place: Path, x2face: Callable) -> None:
    films.write(place / "spoken.mp4", [drawn(k) for k in range(5)], tone=True)
    frame, pose = ("--frame", "spoken.mp4", "--frame-crop", "none"), ("--pose-yaw", "0:5", "--pose-seconds", "0.2")
    for name, order in (("a.mp4", (*frame, *pose)), ("b.mp4", (*pose, *frame))):
        result = x2face("run", "-s", "photo.png", "--crop", "none", "--size", "64", *order, "-o", name)
        assert result.code == 0 and has_sound(name) and "sound" not in result.err, result.err


def test_speech_is_heard_over_a_film_and_the_run_says_so(place: Path, x2face: Callable) -> None:
    films.write(place / "spoken.mp4", [drawn(k) for k in range(5)], tone=True)
    write_wav(place / "speech.wav", hum(np.ones(10)))
    frame, audio = ("--frame", "spoken.mp4", "--frame-crop", "none"), ("--audio", "speech.wav")
    for name, order in (("a.mp4", (*frame, *audio)), ("b.mp4", (*audio, *frame))):
        result = x2face("run", "-s", "photo.png", "--crop", "none", "--size", "64", *order, "-o", name, "--json")
        (warning,) = json.loads(result.out)["warnings"]
        assert warning == (
            "The film has audio's sound (speech.wav), not frame's (spoken.mp4); --sound FILE takes another."
        )
    assert not json.loads(x2face("run", "-s", "photo.png", "--crop", "none", "--size", "64", *frame, *audio, "--sound",
                                 "none", "-o", "c.mp4", "--json").out)["warnings"]  # fmt: skip


def test_a_driver_is_taken_in_part_from_the_command_line(place: Path, x2face: Callable) -> None:
    def moved(*more: str) -> float:
        result = x2face(*LINE, "-o", "o/", "--overwrite", "--json", *more)
        assert result.code == 0, result.err
        (driver,) = json.loads(result.out)["drivers"]
        return float(driver["rms"])

    whole = moved()
    assert moved("--frame-weight", "0.5") == pytest.approx(whole / 2)
    assert moved("--frame-weight", "-1") == pytest.approx(whole)
    assert moved("--frame-start", "60") == 0
    only, without = moved("--frame-only", "pose"), moved("--frame-without", "pose")
    assert only > 0 and without > 0 and only != pytest.approx(whole) and without != pytest.approx(whole)


def test_what_cannot_be_taken_is_wrong_usage(place: Path, x2face: Callable) -> None:
    for more, message in (
        (("--frame-only", "nose"), "--frame-only nose: there is no such factor; there are"),
        (("--frame-only", "pose", "--frame-without", "pose"), "pose cannot be among both only and without"),
        (("--frame-start", "2", "--frame-stop", "1"), "start 2 is not before stop 1"),
        (("--frame-weight", "11"), "11.0 is not in the range -10<=x<=10"),
    ):
        result = x2face(*LINE, *more)
        assert result.code == 2 and message in result.err, result.err


def test_speech_brings_blinks_unless_the_face_is_to_be_still(place: Path, x2face: Callable) -> None:
    write_wav(place / "speech.wav", hum(np.ones(10)))
    line = ("run", "-s", "photo.png", "--crop", "none", "--size", "64", "--audio", "speech.wav", "--overwrite")
    result = x2face(*line, "--json")
    assert [(one["name"], one.get("by_default")) for one in json.loads(result.out)["drivers"]] == [
        ("audio", None), ("idle", True),
    ]  # fmt: skip
    assert "idle 0" in x2face(*line).err and "(--still leaves it out)" in x2face(*line).err
    for more in (("--still",), ("--frame", "frames", "--frame-crop", "none")):
        assert "idle" not in x2face(*line, *more, "--json").out
    named = json.loads(x2face(*line, "--idle-amount", "1", "--json").out)["drivers"]
    assert [(one["name"], one.get("by_default")) for one in named] == [("audio", None), ("idle", None)]
