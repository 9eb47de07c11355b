"""Accuracy of mappings of speech on degraded sound, as means over speakers.

    python benchmarks/speech.py TRACKS [MAPPING.safetensors ...] [--weights NAME|FILE] [--split val] [--json]

TRACKS: labelled face tracks with sound in sync (docs/data.md). MAPPING: files of `x2face fit audio` for these weights;
without any, the one that `x2face run` would take.

No picture is made: the mouth's opening is read, by the mapping `mouth`, in the vectors that the driver `audio` would
give, and compared with the labels. `r`: the correlation in each clip whose mouth moves, its mean over each speaker's
clips, then over speakers. `others`: with the mouths of other speakers. `wide`: the vectors' opening to the true one, as
deviations.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from x2face_audio.driver import GAIN, SMOOTH
from x2face_audio.mapping import AudioMapping
from x2face_audio.sync.degrading import (
    add_noise,
    babble_noise,
    coloured_noise,
    reverberate,
    through_codec,
    through_telephone,
)
from x2face_audio.sync.features import stream
from x2face_audio.sync.sounds import Samples
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.driving import Factor
from x2face_core.media.sound import read_sound
from x2face_lab.evaluation.audio import SpeechResult
from x2face_lab.evaluation.speakers import by_person
from x2face_plugins.session import Session
from x2face_plugins.smoothing import smoothed

Random = np.random.Generator
Floats = NDArray[np.float64]
RECORDINGS: dict[str, Callable[[Samples, Random], Samples]] = {
    "as it is": lambda sound, random: sound,
    "noise, 10 dB": lambda sound, random: add_noise(sound, coloured_noise(len(sound), random, 0.9), 10),
    "noise, 0 dB": lambda sound, random: add_noise(sound, coloured_noise(len(sound), random, 0.9), 0),
    "other voices, 5 dB": lambda sound, random: add_noise(sound, babble_noise(sound, random), 5),
    "a room of 0.6 s": lambda sound, random: reverberate(sound, random, 0.6, 0),
    "a telephone": lambda sound, random: through_telephone(sound),
    "MP3 at 16 kb/s": lambda sound, random: through_codec(sound, "mp3", 16000),
    "Opus at 8 kb/s": lambda sound, random: through_codec(sound, "opus", 8000),
    "room, noise and AAC": lambda sound, random: through_codec(
        add_noise(reverberate(sound, random, 0.4, 3), coloured_noise(len(sound), random, 0.9), 12), "aac", 24000
    ),
}
"""Degradations by name; deterministic for a given generator."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracks", type=Path)
    parser.add_argument("mappings", nargs="*", type=Path)
    parser.add_argument("--weights")
    parser.add_argument("--split", choices=("train", "val", "test"), default="val")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = FaceFolder(given.tracks)
    clips = [clip for clip in folder.of_split(given.split) if clip.sound and clip.frames >= 18]
    speakers = list(zip(clips, _truth(folder, clips), strict=True))
    for mapping in given.mappings or [None]:
        session = Session.load(given.weights, mappings=[] if mapping is None else [mapping])
        for name in RECORDINGS:
            figures = measure(session, speakers, name)
            print(
                json.dumps({"mapping": str(mapping), "sound": name} | figures) if given.json else _line(name, figures)
            )


def measure(session: Session, speakers: Sequence[tuple[Clip, Floats]], recording: str) -> dict[str, float]:
    """Figures of one way of recording clips; beside each clip the true opening of its mouth, (frames,)."""
    audio, mouth = session.mapping("audio"), session.factor("mouth")
    assert isinstance(audio, AudioMapping)
    films = []
    for clip, true in speakers:
        sound = RECORDINGS[recording](read_sound(clip.path), np.random.default_rng(clip.row))
        told = _opening(audio, mouth, sound)
        films.append(SpeechResult(clip.identity, true, told, np.zeros((len(told), 3))))
    return by_person(films)


def _truth(folder: FaceFolder, clips: Sequence[Clip]) -> list[Floats]:
    """(frames,) of each clip, NaN where it is not labelled."""
    counts = [clip.frames for clip in clips]
    frames = np.concatenate([np.arange(count) for count in counts])
    rows = folder.labels.rows_of(np.repeat([clip.row for clip in clips], counts), frames)
    opening = np.where(rows >= 0, folder.labels.expression[rows, 0], np.nan).astype(np.float64)
    return np.split(opening, np.cumsum(counts)[:-1])


def _opening(audio: AudioMapping, mouth: Factor, sound: Samples) -> Floats:
    vectors = GAIN * audio.spread * audio.write(torch.cat(list(stream([sound], audio.features))))
    return mouth.read(torch.cat(list(smoothed([vectors], SMOOTH))))[:, 0].double().numpy()


def _line(name: str, figures: dict[str, float]) -> str:
    keys = {"r": "r_by_person", "others": "r_other_by_person", "wide": "amplitude_by_person"}
    return f"{name:22}" + "  ".join(f"{short} {figures[key]:.2f}" for short, key in keys.items() if key in figures)


if __name__ == "__main__":
    main()
