"""Checks of `x2face doctor` that try libraries on the package's own picture and speech."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from x2face_cli.findings import BROKEN, Finding, fail, ok, warn
from x2face_core.errors import MissingError, X2FaceError

FILM_CODECS = {
    "libx264": ".mp4 films",
    "aac": "sound in .mp4",
    "libvpx-vp9": ".webm films",
    "libopus": "sound in .webm",
}
NEEDED_CODECS = {"libx264", "aac"}
_ANEW = "pip install --force-reinstall av"
_MIC = "needed by `--audio mic` only"
_FRAMES = 5


def check_films() -> Iterator[Finding]:
    """Encoders: write a few frames with sound in each available format, and read them back."""
    try:
        import av
    except BROKEN as error:
        yield fail("films", f"PyAV cannot be imported ({error})", "pip install av")
        return
    lacking = FILM_CODECS.keys() - av.codecs_available
    for codec in sorted(lacking):
        says = f"PyAV has no {codec}, so no {FILM_CODECS[codec]}"
        found = fail if codec in NEEDED_CODECS else warn
        yield found(f"codec {codec}", says, _ANEW)
    faults = {suffix: _written_wrong(suffix) for suffix in _writable(lacking)}
    for suffix, fault in faults.items():
        if fault:
            yield (fail if suffix == ".mp4" else warn)(f"encoder {suffix}", f"a film cannot be written: {fault}", _ANEW)
    works = ", ".join(suffix for suffix, fault in faults.items() if not fault)
    if works:
        yield ok("films", f"PyAV {av.__version__}, wrote and read {works}")


def _writable(lacking: set[str]) -> Iterator[str]:
    codecs = list(FILM_CODECS)
    if not lacking & set(codecs[:2]):
        yield ".mp4"
    if not lacking & set(codecs[2:]):
        yield ".webm"


def _written_wrong(suffix: str) -> str:
    """What is wrong with a film that was written and read back; empty if nothing."""
    import av
    import numpy as np

    from x2face_core.media.sound import has_sound
    from x2face_core.media.video import read_frames
    from x2face_core.media.writing import write_film
    from x2face_lab.demo.inputs import SPEECH

    grey = [np.full((64, 64, 3), 40 * at, np.uint8) for at in range(_FRAMES)]
    with TemporaryDirectory(prefix="x2face-") as folder:
        film = Path(folder) / f"trial{suffix}"
        try:
            write_film(film, grey, 25.0, sound=SPEECH)
            seen = sum(1 for _ in read_frames(film))
            voiced = has_sound(film)
        except (*BROKEN, av.FFmpegError, X2FaceError) as error:
            return str(error)
    if seen != _FRAMES:
        return f"{seen} of {_FRAMES} frames came back"
    return "" if voiced else "its sound is missing"


def check_sound() -> Iterator[Finding]:
    """Decoding, resampling and the features of the audio driver, on the package's own speech."""
    from x2face_core.media.sound import read_sound
    from x2face_lab.demo.inputs import SPEECH

    try:
        from python_speech_features import mfcc

        features = mfcc(read_sound(SPEECH, 16000)[:16000], 16000)
        yield ok("sound", f"speech is decoded, {len(features)} MFCC rows a second")
    except (*BROKEN, X2FaceError) as error:
        yield fail(
            "sound", f"speech cannot be read ({error})", "pip install --force-reinstall av python-speech-features"
        )


def check_microphone() -> Iterator[Finding]:
    try:
        import sounddevice
    except ImportError:
        yield warn("microphone", "sounddevice is not installed", f"pip install 'x2face[microphone]', {_MIC}")
        return
    except OSError as error:
        yield warn("microphone", f"sounddevice cannot be used ({error})", f"install PortAudio, {_MIC}")
        return
    try:
        name = sounddevice.query_devices(kind="input")["name"]
        yield ok("microphone", f"{name}, by sounddevice {version('sounddevice')}")
    except (sounddevice.PortAudioError, ValueError):
        yield warn("microphone", "none is connected", f"connect one, {_MIC}")


def check_faces() -> Iterator[Finding]:
    """The detector finds the face in the package's own picture."""
    from x2face_core.media.images import read_picture
    from x2face_lab.demo.inputs import PICTURE

    remedy = "pip install --force-reinstall dlib-bin, or run --crop none"
    try:
        import dlib

        from x2face_core.media.faces import find_faces

        found = find_faces(read_picture(PICTURE))
    except (*BROKEN, X2FaceError) as error:
        yield fail("faces", f"dlib cannot be used ({error})", remedy)
        return
    if found:
        yield ok("faces", f"dlib {dlib.__version__} found the demo picture's face")
    else:
        yield fail("faces", f"dlib {dlib.__version__} finds no face in the demo picture", remedy)


def check_landmarks() -> Iterator[Finding]:
    """The face mesh measures the package's own picture."""
    from x2face_core.media.images import read_picture
    from x2face_lab.demo.inputs import PICTURE

    remedy = "pip install 'x2face[landmarks]', needed by `prepare --landmarks` only"
    try:
        found = version("mediapipe")
    except PackageNotFoundError:
        yield warn("landmarks", "mediapipe is not installed", remedy)
        return
    try:
        from x2face_core.geometry.mesh import FaceMesh

        with FaceMesh(follows=False) as mesh:
            seen = mesh.measure(read_picture(PICTURE))
    except (*BROKEN, MissingError) as error:
        yield warn("landmarks", f"mediapipe {found} cannot be used ({error})", remedy)
        return
    if seen is None:
        yield warn("landmarks", f"mediapipe {found} finds no face in the demo picture", remedy)
    else:
        yield ok("landmarks", f"mediapipe {found} measured the demo picture's face")
