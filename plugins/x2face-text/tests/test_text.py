"""The text driver. A script stands for the program espeak-ng; it writes a real wav and tells how it was called."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from x2face_plugins import InputError, MissingError, Source

from x2face_text import Settings, speaking
from x2face_text.driver import TextDriver, text_of

if os.name == "nt":
    pytest.skip("scripts that stand for programs are made for Unix", allow_module_level=True)

PROGRAM = f"""#!{sys.executable}
import json, math, os, struct, sys, time, wave
arguments, text = sys.argv[1:], sys.stdin.buffer.read().decode()
told = dict(zip(arguments[:-1:2], arguments[1::2]))
with open(os.path.join(os.path.dirname(sys.argv[0]), "called.json"), "w") as file:
    json.dump([arguments, text], file)
if told["-v"] == "gibberish":
    sys.exit("Error: The specified espeak-ng voice does not exist.")
if told["-v"] == "slow":
    time.sleep(30)
if told["-v"] != "dumb":
    with wave.open(told["-w"], "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        for k in range(22050 * len(text.split()) // 4):
            swell = math.sin(k / 22050 * 4 * math.pi) ** 2
            file.writeframesraw(struct.pack("<h", int(9000 * swell * math.sin(k / 22050 * 900))))
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program espeak-ng, the only one on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "espeak-ng").write_text(PROGRAM)
    (folder / "espeak-ng").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.x2face("text")
def test_it_keeps_what_drivers_promise(program: Path, x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def driven(source: Source, settings: Settings) -> np.ndarray:
    return np.concatenate([np.asarray(chunk.vectors) for chunk in TextDriver(settings).drive(source)])


def test_the_lips_move_as_long_as_the_speech_lasts(program: Path, x2face_source: Source) -> None:
    rows = driven(x2face_source, Settings(input="one two three four"))
    assert len(rows) == 25 and np.abs(rows).max() > 1e-3


def test_it_does_what_audio_does_with_the_same_sound(program: Path, x2face_source: Source) -> None:
    driver = TextDriver(Settings(input="one two three four"))
    mine, audio = (
        np.concatenate([np.asarray(chunk.vectors) for chunk in chunks])
        for chunks in (driver.drive(x2face_source), x2face_source.drive("audio", input=str(driver.sound)))
    )
    np.testing.assert_allclose(mine, audio, rtol=0, atol=1e-6)


def test_the_head_is_kept_still(program: Path, x2face_source: Source) -> None:
    pose, rows = x2face_source.mapping("pose"), driven(x2face_source, Settings(input="one two three four"))
    turned = pose.read(x2face_source.vector + x2face_source.vector.new_tensor(rows))
    assert float((turned - pose.read(x2face_source.vector[None])).abs().max()) < 0.01


def test_the_sound_is_there_as_long_as_the_driver_is(program: Path) -> None:
    driver = TextDriver(Settings(input="one two"))
    path = driver.sound
    with wave.open(str(path)) as file:
        assert file.getnframes() == 11025
    del driver
    gc.collect()
    assert not path.parent.exists()


def test_what_is_said_goes_where_no_option_can_be_made_of_it(program: Path) -> None:
    TextDriver(Settings(input="--help; -v x ¡Olé!\n", voice="en-us+f3", speed=99))
    arguments, text = json.loads((program / "called.json").read_text())
    assert text == "--help; -v x ¡Olé!\n"
    assert arguments[:6] == ["-v", "en-us+f3", "-s", "99", "-b", "1"] and arguments[-1] == "--stdin"


def test_a_file_is_read_and_a_text_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "Letter.TXT"
    path.write_text("\ufeffGrüße.\n", encoding="utf-8")
    assert text_of(str(path)) == "Grüße.\n"
    assert text_of("See notes.txt for more.") == "See notes.txt for more."


@pytest.mark.parametrize("text", ["", " \n", "… ?!", "\0"])
def test_a_text_without_a_word_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="nothing in it to say"):
        text_of(text)


def test_files_that_hold_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "folder.txt").mkdir()
    for name, what in (("latin.txt", "UTF-8"), ("folder.txt", "cannot be read"), ("gone.txt", "cannot be read")):
        with pytest.raises(InputError, match=f"{name}.*{what}"):
            text_of(str(tmp_path / name))


@pytest.mark.parametrize("voice", ["", "-w", "../en", "en gb", "en;ls"])
def test_what_is_no_name_of_a_voice_is_refused(voice: str) -> None:
    with pytest.raises(ValueError, match="voice"):
        Settings(input="Hello", voice=voice)


def test_an_unknown_voice_is_named(program: Path) -> None:
    with pytest.raises(InputError, match=r"--text-voice gibberish: espeak-ng.*does not exist"):
        TextDriver(Settings(input="Hello", voice="gibberish"))


def test_a_program_that_makes_no_sound_is_told_of(program: Path) -> None:
    with pytest.raises(InputError, match="no sound"):
        TextDriver(Settings(input="Hello", voice="dumb"))


def test_a_program_that_hangs_is_ended(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "PATIENCE", 0.5)
    with pytest.raises(InputError, match="shorter text"):
        TextDriver(Settings(input="Hello", voice="slow"))


def test_where_nothing_can_speak_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(speaking, "LIBRARY", "espeakng_loader_that_is_not_there")
    with pytest.raises(MissingError, match=r"not installed; .*pip install 'x2face-text\[espeak\]'"):
        TextDriver(Settings(input="Hello"))


@pytest.mark.skipif(not importlib.util.find_spec("espeakng_loader"), reason="needs espeakng-loader")
class TestTheLibrary:
    """eSpeak NG itself."""

    @pytest.fixture(autouse=True)
    def _no_program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

    def seconds(self, **settings: object) -> float:
        driver = TextDriver(Settings(**settings))
        return speaking.seconds_of(driver.sound)

    def test_it_speaks(self, x2face_source: Source) -> None:
        driver = TextDriver(Settings(input="Hello there, how are you today?"))
        with wave.open(str(driver.sound)) as file:
            loud = np.frombuffer(file.readframes(10**6), "<i2").astype(float)
        assert 1 < speaking.seconds_of(driver.sound) < 4 and loud.std() > 500
        assert sum(len(chunk.vectors) for chunk in driver.drive(x2face_source)) > 25

    def test_it_speaks_as_fast_as_it_is_told(self) -> None:
        words = "These are quite a lot of words to be said."
        assert self.seconds(input=words, speed=320) < 0.7 * self.seconds(input=words, speed=160)

    def test_it_refuses_voices_that_it_does_not_know(self) -> None:
        with pytest.raises(InputError, match="--text-voice gibberish.*does not exist"):
            self.seconds(input="Hello", voice="gibberish")
