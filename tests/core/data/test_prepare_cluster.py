"""Preparation over Dask: killed workers and schedulers lose no film, and none is counted twice."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dask_cluster import Cluster, children, kill, running_cluster, wait_for
from tests.films import swaying, write
from x2face_core.data.preparing.run import prepare

pytestmark = [pytest.mark.scale, pytest.mark.slow]
FILMS = 10


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten films of a face, one without a face, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("films")
    film = write(folder / "0.mp4", swaying(30)).read_bytes()
    for number in range(1, FILMS):
        (folder / f"{number}.mp4").write_bytes(film)
    (folder / "broken.mp4").write_bytes(film[:600])
    return folder


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path, workers=2) as running:
        yield running


def started(films: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """prepare, once two of its films are done."""
    line = [sys.executable, "-m", "x2face_cli", "prepare", str(films), str(out), *options]
    running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: running.poll() is not None or len(list((out / ".prepare").glob("*.json"))) > 2)
    assert running.poll() is None, running.communicate()[1]
    return running


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=600)
    return running.returncode, out, err


def assert_whole(out: Path) -> None:
    """Each film counts once: in the table, on the disk, in the report."""
    with (out / "clips.csv").open(newline="") as lines:
        names = [row["clip"] for row in csv.DictReader(lines)]
    assert sorted(names) == [f"{number}/{number}_0.mp4" for number in range(FILMS)]
    assert sorted(path.relative_to(out / "clips").as_posix() for path in out.glob("clips/*/*")) == sorted(names)
    report = json.loads((out / "prepared.json").read_text())
    assert sorted(film["key"] for film in report["films"]) == [*(f"{n}.mp4" for n in range(FILMS)), "broken.mp4"]
    assert list(report["broken"]) == ["broken.mp4"]
    assert not list(out.rglob(".x2face-*"))


def test_a_killed_worker_of_the_embedded_cluster_loses_nothing(films: Path, tmp_path: Path) -> None:
    running = started(films, tmp_path / "out", "--workers", "2")
    kill(children(running.pid)[0])
    code, out, err = ended(running)
    assert (code, out.strip()) == (0, str(tmp_path / "out")), err
    assert_whole(tmp_path / "out")


def test_ctrl_c_ends_the_embedded_cluster_and_leaves_whole_clips(films: Path, tmp_path: Path) -> None:
    running = started(films, tmp_path / "out", "--workers", "2")
    below = children(running.pid)
    running.send_signal(signal.SIGINT)
    code, out, err = ended(running)
    assert (code, out, err.strip()) == (130, "", "x2face: interrupted")
    assert not list((tmp_path / "out").rglob(".x2face-*"))
    wait_for(lambda: not any(_lives(pid) for pid in below))


def test_killed_workers_of_a_cluster_lose_nothing(films: Path, tmp_path: Path, cluster: Cluster) -> None:
    running = started(films, tmp_path / "out", "--scheduler", cluster.address)
    kill(cluster.workers[0])
    cluster.add_worker()
    kill(cluster.workers[1])
    code, _, err = ended(running)
    assert code == 0, err
    assert_whole(tmp_path / "out")


def test_a_killed_scheduler_is_one_line_and_the_same_line_goes_on(
    films: Path, tmp_path: Path, cluster: Cluster
) -> None:
    running = started(films, tmp_path / "out", "--scheduler", cluster.address)
    kill(cluster.scheduler)
    code, out, err = ended(running)
    assert (code, out) == (3, "")
    assert err.strip() == (
        f"x2face: error: the Dask scheduler at {cluster.address} has ended; with another one the same line goes on."
    )
    assert not (tmp_path / "out" / "clips.csv").exists()
    calls: list[int] = []
    prepare(films, tmp_path / "out", workers=1, progress=lambda done, total, record: calls.append(done))
    assert calls[0] >= 2  # were done before
    assert_whole(tmp_path / "out")


def test_a_film_that_ends_every_process_is_told_and_the_rest_goes_on(films: Path, tmp_path: Path) -> None:
    from x2face_core import clusters

    with clusters.embedded(2) as client:
        found = list(clusters.performed(client, _exit_at_three, range(12), _lost))
    assert sorted(found) == [-3, *(number for number in range(12) if number != 3)]


def test_what_the_scheduler_gives_up_is_tried_again_alone(tmp_path: Path) -> None:
    """It gives up tasks whose workers died four times, also those that were only there when another one ended them."""
    from x2face_core import clusters

    with clusters.embedded(2) as client:
        tasks = [(tmp_path, number) for number in range(4)]
        found = list(clusters.performed(client, _exit_four_times_at_one, tasks, lambda task: -task[1]))
    assert sorted(found) == [0, 1, 2, 3]
    assert len(list(tmp_path.iterdir())) == 4


def test_dask_is_not_imported_before_it_is_asked_for() -> None:
    code = "import sys, x2face_cli.prepare, x2face_core.data.preparing.run; sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def _exit_at_three(number: int) -> int:
    return os._exit(1) if number == 3 else number


def _exit_four_times_at_one(task: tuple[Path, int]) -> int:
    folder, number = task
    if number == 1 and (before := len(list(folder.iterdir()))) < 4:
        (folder / str(before)).touch()
        os._exit(1)
    return number


def _lost(number: int) -> int:
    return -number


def _lives(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
