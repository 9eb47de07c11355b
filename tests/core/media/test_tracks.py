"""Files with several tracks, and with tracks that cannot be decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from x2face_core.errors import InputError, UsageError
from x2face_core.media.clips import open_clip
from x2face_core.media.sound import read_sound
from x2face_core.media.video import is_film, probe, read_frames

Maker = Callable[..., Path]


def films(path: Path, levels: Sequence[int], *, default: int | None = None) -> Path:
    """A file with a track of 10 frames of each grey; default: the number of the one that is marked so."""
    with av.open(str(path), "w") as out:
        tracks: list[Any] = []
        for number, _ in enumerate(levels, start=1):
            track: Any = out.add_stream("mpeg4", rate=25)
            track.width, track.height, track.pix_fmt = 16 * (2 + number), 48, "yuv420p"
            track.disposition = Disposition.default if number == default else Disposition(0)
            tracks.append(track)
        for k in range(10):
            for track, level in zip(tracks, levels, strict=True):
                grey = np.full((48, track.width, 3), level, dtype=np.uint8)
                frame = av.VideoFrame.from_ndarray(grey).reformat(format="yuv420p")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                out.mux(track.encode(frame))
        for track in tracks:
            out.mux(track.encode(None))
    return path


def level(path: Path, track: int | None = None) -> float:
    return float(next(read_frames(path, track=track)).mean())


def test_the_track_that_a_film_marks_as_its_default_is_read(tmp_path: Path) -> None:
    path = films(tmp_path / "a.mkv", [50, 150], default=2)
    assert level(path) == pytest.approx(150, abs=3)
    assert probe(path).width == 64
    assert level(films(tmp_path / "b.mkv", [50, 150], default=1)) == pytest.approx(50, abs=3)


def test_a_track_can_be_chosen_by_its_number(tmp_path: Path) -> None:
    path = films(tmp_path / "a.mkv", [50, 150, 200], default=2)
    assert [level(path, number) for number in (1, 2, 3)] == pytest.approx([50, 150, 200], abs=3)
    clip = open_clip(str(path), "film", "none", 1.6, track=3)
    assert clip.size == (80, 48)
    assert float(next(clip.pictures(48)).mean()) == pytest.approx(200, abs=3)


def test_a_track_that_is_not_there_is_an_input_error(tmp_path: Path, make_wav: Maker, clicks: Any) -> None:
    path = films(tmp_path / "a.mkv", [50, 150])
    for read in (lambda: level(path, 3), lambda: probe(path, 9)):
        with pytest.raises(InputError, match="has 2 tracks of film"):
            read()
    with pytest.raises(InputError, match="has 0 tracks of film"):
        probe(make_wav(clicks(0.5, [0.1])), 1)


def test_a_folder_or_a_picture_has_no_tracks(tmp_path: Path) -> None:
    for kind in ("folder", "picture"):
        with pytest.raises(UsageError, match="is no film"):
            open_clip(str(tmp_path), kind, "none", 1.6, track=1)


def _of_unknown_codec(path: Path, made: Path, known: bytes, unknown: bytes) -> Path:
    content = made.read_bytes()
    assert known in content
    path.write_bytes(content.replace(known, unknown))
    return path


def test_a_film_of_an_unknown_codec_is_an_input_error(tmp_path: Path, make_film: Maker) -> None:
    path = _of_unknown_codec(tmp_path / "x.avi", make_film("a.avi"), b"FMP4", b"zzQ9")
    assert is_film(path)
    for read in (probe, lambda one: next(read_frames(one)), lambda one: open_clip(str(one), "film", "auto", 1.6)):
        with pytest.raises(InputError, match=r"x\.avi.*(unknown codec|not one frame)"):
            read(path)


def test_a_sound_of_an_unknown_codec_is_an_input_error_and_the_film_is_read(
    tmp_path: Path, make_film: Maker, clicks: Any
) -> None:
    made = make_film("a.mkv", sound=clicks(1, [0.2]))
    path = _of_unknown_codec(tmp_path / "x.mkv", made, b"A_AAC", b"A_QQQ")
    with pytest.raises(InputError, match=r"x\.mkv.*unknown codec"):
        read_sound(path)
    assert len(list(read_frames(path))) == 25


def test_a_film_whose_pictures_are_of_an_unknown_codec_still_sounds(
    tmp_path: Path, make_film: Maker, clicks: Any
) -> None:
    made = make_film("a.mkv", sound=clicks(1, [0.2]))
    path = _of_unknown_codec(tmp_path / "x.mkv", made, b"V_MPEG4/ISO/AVC", b"V_QQQQQ/ISO/QQQ")
    with pytest.raises(InputError, match=r"x\.mkv.*unknown codec"):
        probe(path)
    assert len(read_sound(path)) / 16000 == pytest.approx(1, abs=0.05)
