"""From films and signals to a face that follows signals it has not met, by x2face as it is installed.

The films are the rendered head that x2face carries; the signals are made for what that head is known to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from x2face_core import X2Face

from x2face_emg.demo import write

HEAD = Path(str(files("x2face_lab"))) / "assets" / "demo" / "head.mp4"
PARTS = {"monday": slice(0, 60), "tuesday": slice(60, 120), "take": slice(120, 195)}

pytestmark = pytest.mark.slow


def truth(part: slice) -> dict[str, np.ndarray]:
    table = np.genfromtxt(HEAD.with_suffix(".csv"), delimiter=",", names=True)[part]
    return {name: table[name] for name in table.dtype.names}


def write_signals(path: Path, part: slice, seed: int) -> None:
    """The jaw opens by the digastric and closes by the masseter, lids by the orbicularis; at 1000 samples a second."""
    known = truth(part)
    frames = known["seconds"] - known["seconds"][0]
    time = np.arange(0, frames[-1] + 0.04, 1 / 1000)
    mouth, lids = (np.interp(time, frames, known[name]) for name in ("mouth_open", "blink"))
    write(path, time, {"digastric": 0.2 * mouth, "masseter": 0.05 * (1 - mouth), "orbicularis_oculi": 0.1 * lids}, seed)


def write_film(path: Path, part: slice) -> None:
    with av.open(str(HEAD)) as head, av.open(str(path), "w") as film:
        given = head.streams.video[0]
        stream = film.add_stream("libx264", rate=25, options={"crf": "12", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = given.width, given.height, "yuv420p"
        for frame in list(head.decode(given))[part]:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"), format="rgb24")))
        film.mux(stream.encode())


def x2face(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "x2face_cli", *map(str, arguments)]
    settings = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(line, capture_output=True, text=True, check=False, env=settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With recordings/, take.csv, photo.png, and what x2face fitted."""
    from PIL import Image
    from skimage.data import astronaut

    folder = tmp_path_factory.mktemp("emg")
    (folder / "recordings").mkdir()
    for seed, (name, part) in enumerate(PARTS.items()):
        inside = folder if name == "take" else folder / "recordings"
        write_signals(inside / f"{name}.csv", part, seed)
        if name != "take":
            write_film(inside / f"{name}.mp4", part)
    Image.fromarray(astronaut()).save(folder / "photo.png")
    return folder


@pytest.fixture(autouse=True)
def _home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X2FACE_HOME", str(folder / "home"))


@pytest.fixture(scope="module")
def fitted(folder: Path) -> str:
    """What `x2face fit` said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("X2FACE_HOME", str(folder / "home"))
        done = x2face("fit", "emg", "--data", folder / "recordings")
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_x2face_fits_it_and_says_how_well(fitted: str) -> None:
    assert "films: 2" in fitted and "judged by: films left out" in fitted
    figures = dict(line.split(": ", 1) for line in fitted.splitlines() if ": " in line)
    assert float(figures["r"]) > 0.7


def test_the_mouth_follows_signals_that_were_not_learned_from(fitted: str, folder: Path, x2face_source: Any) -> None:
    source = replace(x2face_source, model=X2Face.load())  # the face is made up, what is read in its vectors is not
    rows = torch.cat([torch.as_tensor(c.vectors) for c in source.drive("emg", input=folder / "take.csv")]).float()
    readings, still = source.read(source.vector + rows), source.read(source.vector[None])
    mouth = truth(PARTS["take"])["mouth_open"]
    assert len(readings) == len(mouth)
    assert np.corrcoef(readings[:, 3], mouth)[0, 1] > 0.9
    assert np.ptp(readings[:, 3].numpy()) > 2 * float(source.reading_scale[3])
    pose = source.mapping("pose")
    assert float((pose.read(source.vector + rows) - pose.read(source.vector[None])).abs().max()) < 0.01
    quiet = mouth.argmin()
    assert float((readings - still)[quiet, 3].abs()) < 0.2 * float(np.ptp(readings[:, 3].numpy()))


def test_a_film_is_made_of_it(fitted: str, folder: Path) -> None:
    output = folder / "film.mp4"
    done = x2face("run", "-s", folder / "photo.png", "--emg", folder / "take.csv", "-o", output, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["frames"] == 75
    assert report["drivers"][0]["dist"] == "x2face-emg" and report["drivers"][0]["rms"] > 0.05


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--emg", "take.csv", "--emg-gain", "11"], 2, "--emg-gain"),
        (["--emg", "gone.csv"], 3, "gone.csv"),
        (["--emg", "photo.png"], 3, "photo.png"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder: Path, arguments: list[str], status: int, said: str) -> None:
    given = [str(folder / one) if "." in one else one for one in arguments]
    done = x2face("run", "-s", folder / "photo.png", *given, "-o", folder / "bad.mp4")
    assert done.returncode == status and said in done.stderr
    assert done.stderr.startswith("x2face: error: ") and len(done.stderr.splitlines()) == 1
    assert not (folder / "bad.mp4").exists()


def test_a_folder_without_pairs_is_told_of(tmp_path: Path) -> None:
    done = x2face("fit", "emg", "--data", tmp_path)
    assert done.returncode == 3 and "no table NAME.csv with a film" in done.stderr
