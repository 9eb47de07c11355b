"""`x2face batch` over Dask: films of several processes, killed workers, a scheduler that ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dask_cluster import Cluster, kill, running_cluster, wait_for
from tests.films import drawn
from x2face_core.media.images import write_picture
from x2face_core.media.video import probe
from x2face_core.media.writing import write_film

pytestmark = [pytest.mark.scale, pytest.mark.weights, pytest.mark.slow]
FILMS = 8


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of nine films, one of which is of a picture that is not there."""
    monkeypatch.chdir(tmp_path)
    write_picture("a.png", drawn(4))
    write_film("film.mp4", (drawn(k) for k in range(4)), 20)
    rows = [f"a.png,film.mp4,films/{number}.mp4,none,none,64" for number in range(FILMS)]
    rows.insert(2, "missing.png,film.mp4,films/missing.mp4,none,none,64")
    Path("jobs.csv").write_text("\n".join(["source,frame,output,crop,frame_crop,size", *rows]))
    return tmp_path


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as running:
        yield running


def started(*options: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "x2face_cli", "batch", "jobs.csv", "--json", *options]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=600)
    return running.returncode, out, err


def recorded() -> int:
    """Number of films that the record tells are made."""
    record = Path("jobs.csv.done.json")
    return record.read_text().count('"done"') if record.exists() else 0


def assert_all_made(out: str, already: int = 0) -> None:
    told: dict[str, Any] = json.loads(out)
    lines = sorted([film["line"] for film in told["films"]] + told["skipped"])
    assert lines == [2, 3, *range(5, FILMS + 3)]
    assert [(one["line"], one["exit_code"]) for one in told["failed"]] == [(4, 3)]
    assert len(told["skipped"]) >= already
    names = sorted(path.name for path in Path("films").iterdir())
    assert names == [f"{number}.mp4" for number in range(FILMS)]
    assert {probe(f"films/{name}").frames for name in names} == {4}


def test_a_killed_worker_loses_no_film(place: Path, cluster: Cluster) -> None:
    running = started("--scheduler", cluster.address)
    wait_for(lambda: running.poll() is not None or len(list(place.glob("films/*.mp4"))) > 2)
    (place / "films" / ".x2face-0killed_").mkdir()  # a film that it may have begun
    kill(cluster.workers[0])
    code, out, err = ended(running)
    assert code == 3, err  # of the picture that is not there
    assert_all_made(out)


def test_a_killed_scheduler_is_one_line_and_resume_goes_on(place: Path, cluster: Cluster) -> None:
    running = started("--scheduler", cluster.address)
    wait_for(lambda: running.poll() is not None or recorded() > 0)  # a film is there before its record is
    kill(cluster.scheduler)
    code, out, err = ended(running)
    assert (code, out) == (3, "")
    assert err.splitlines()[-1].endswith("has ended; with another one the same line goes on.")
    code, out, err = ended(started("--resume", "--workers", "2"))
    assert code == 3, err
    assert_all_made(out, already=1)
